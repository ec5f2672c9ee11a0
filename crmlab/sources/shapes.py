"""The shape of a file: a row of names and rows below it; what is laid out otherwise is recognised and told."""

import re

import pandas as pd

from crmlab.frame.cells import number, word
from crmlab.frame.errors import CrmlabError, counted, listed
from crmlab.sources.raw import counted_from

IMPORT_ID = re.compile(r"""\s*\{\s*["']+ImportId["']""")  # the third row of an export from Qualtrics
MARKUP = re.compile(rb"\s*<(!doctype html|html|head|body|table|\?xml|!--)", re.IGNORECASE)
HIGH = 30  # names stand above this row, if anywhere
AGAIN = "and open the file again."


def marked_up(content: bytes, file: str) -> CrmlabError | None:
    """The error for a web page or a table in markup that goes by another ending, if it is one."""
    if re.match(rb"\s*(\{|\[\s*\{)", content[:200].removeprefix(b"\xef\xbb\xbf")):
        return CrmlabError(
            f"'{file}' is JSON, and no table.",
            f"It begins with '{content[:20].decode('utf-8', 'replace').split(':')[0]}'.",
            "Export it as .csv or .xlsx; if it is an error of the server, download the file again.",
        )
    begun = MARKUP.match(content.removeprefix(b"\xef\xbb\xbf")[:200])
    if not begun:
        return None
    first = begun[0].decode().strip()
    page = b"<tr" not in content.lower() and b"<row" not in content.lower()
    return CrmlabError(
        f"'{file}' is {'a web page' if page else 'a table written as a web page or as XML'}.",
        f"It begins with '{first}'.",
        "It may be the page on which one signs in: sign in, and download the file again."
        if page
        else "Open it in Excel or LibreOffice, and save it as .xlsx.",
    )


def table(rows: list[list], file: str, delimiter: str | None = None) -> pd.DataFrame:
    """Names and rows as a frame; the names are row 1, and blank rows at the end are no rows."""
    while rows and not any(map(_filled, rows[-1])):
        rows.pop()
    if not rows:
        raise CrmlabError(
            f"'{file}' is empty.",
            "It has no header and no rows.",
            "Export it again, with the names of the columns in the first row.",
        )
    for problem in (_in_one, _below, _exported, _repeated):
        if found := problem(rows, file):
            raise found
    header, *body = rows
    width = len(header)
    body = [
        row[:width] if len(row) > width and not any(map(_filled, row[width:])) else row or [None] * width
        for row in body
    ]
    uneven = [number_ for number_, row in enumerate(body, 2) if len(row) != width]
    if uneven:
        raise _uneven(header, body, uneven, file, delimiter)
    columns = dict(enumerate(zip(*body, strict=True))) if body else {}
    frame = pd.DataFrame({place: pd.Series(columns.get(place, ()), dtype=object) for place in range(width)})
    return counted_from(frame, 2).set_axis(header, axis=1)


def _filled(cell) -> bool:
    return cell is not None and bool(str(cell).strip())


def _named(row: list) -> list[str]:
    """The cells of a row that may be names: words, each once."""
    words = [word(cell).strip() for cell in row if _filled(cell)]
    spoken = [said for said in words if number(said) != number(said)]
    return words if len(set(words)) == len(words) and len(spoken) > len(words) / 2 else []


def _in_one(rows: list[list], file: str) -> CrmlabError | None:
    """Whole rows in one cell, as where a csv file was pasted into a sheet or each row stands in quotation marks."""
    first = [word(row[0]) for row in rows[: HIGH + 1] if len(row) == 1 and _filled(row[0])]
    if len(first) < min(len(rows), HIGH + 1):
        return None
    sign = max(";,\t|", key=first[0].count)
    if not first[0].count(sign) or any(one.count(sign) != first[0].count(sign) for one in first):
        return None
    return CrmlabError(
        f"'{file}' holds each row in one cell.",
        f"The first reads '{first[0]}'.",
        f"Part the column at the sign {sign!r} (in Excel: Data, Text to Columns), or export it again without "
        "quotation marks around each row.",
    )


def _below(rows: list[list], file: str) -> CrmlabError | None:
    """Titles above the names: the first rows have few cells, and one further down names all columns."""
    wide = [sum(map(_filled, row)) for row in rows[:HIGH]]
    width = max(wide)
    at = next((at for at, row in enumerate(rows[:HIGH]) if wide[at] == width and len(_named(row)) == width), 0)
    if not at or width < 2 or max(wide[:at]) > width / 2 or at + 1 >= len(rows):
        return None
    first = next(word(cell) for row in rows for cell in row if _filled(cell))
    blank = "" if wide[0] else ", after blank rows"
    return CrmlabError(
        f"'{file}' does not begin with the names of its columns.",
        f"It begins with '{first}'{blank}, and row {at + 1} reads {listed(_named(rows[at]))}.",
        f"Delete what stands above row {at + 1}, {AGAIN}",
    )


def _exported(rows: list[list], file: str) -> CrmlabError | None:
    """Three rows of names: what Qualtrics calls a column, the question, and what it is imported as."""
    at = next(
        (at for at, row in enumerate(rows[:4]) if any(isinstance(cell, str) and IMPORT_ID.match(cell) for cell in row)),
        0,
    )
    if not at:
        return None
    which = "row 2" if at == 1 else f"rows {listed(range(2, at + 2), quote=False)}"
    return CrmlabError(
        f"'{file}' is an export from Qualtrics with {counted(at + 1, 'row')} of names.",
        f"Row {at + 1} holds 'ImportId'" + (", and row 2 the questions." if at > 1 else "."),
        f"Delete {which} of the file, so that the answers begin below the names, {AGAIN}",
    )


def _repeated(rows: list[list], file: str) -> CrmlabError | None:
    """The names once more further down, as where two exports were joined."""
    again = [at for at, row in enumerate(rows[1:], 2) if len(row) > 1 and row == rows[0] and _named(row)]
    if not again:
        return None
    where = f"{'row' if len(again) == 1 else 'rows'} {listed(again, quote=False)}"
    return CrmlabError(
        f"'{file}' names its columns more than once.",
        f"{where.capitalize()} read{'s' * (len(again) == 1)} like row 1.",
        f"Delete {where}, {AGAIN}",
    )


def _uneven(header: list, body: list, uneven: list[int], file: str, delimiter: str | None) -> CrmlabError:
    """Rows of another length, and the likeliest cause: decimal commas, a sign within a cell, or lacking cells."""
    width, rows = len(header), [body[at - 2] for at in uneven]
    where = f"{'row' if len(uneven) == 1 else 'rows'} {listed(uneven, quote=False)}"
    longer, even = [row for row in rows if len(row) > width], [row for row in body if len(row) == width]
    words = [sum(number(cell) != number(cell) for cell in row if _filled(cell)) for row in even]
    if len(longer) < len(rows):
        short = next(at for at, row in zip(uneven, rows, strict=True) if len(row) < width)
        foot = [row for row in body[short - 2 :] if len(row) == width]
        remedy = (
            f"Look at {where}: cells are lacking there."
            if foot
            else (
                f"Look at the end of the file, from row {short} on: delete what is no answer, or fill in the cells "
                "that are lacking."
            )
        )
    elif delimiter == "," and even and all(_split(row, max(words)) for row in longer):
        remedy = "Its decimals seem to have commas: export it with semicolons between the cells, or as .xlsx."
    else:
        remedy = f"Put cells that hold the sign {delimiter!r} into quotation marks, or export it as .xlsx."
    return CrmlabError(
        f"'{file}' has rows of unequal length.",
        f"The first row has {counted(width, 'cell')}, row {uneven[0]} has {len(body[uneven[0] - 2])}.",
        remedy,
    )


def _split(row: list, typical: int) -> bool:
    """Whether a row that is too long has no more words than the others: then numbers came apart, not words."""
    return sum(number(cell) != number(cell) for cell in row if _filled(cell)) <= typical
