"""Excel workbooks as people have them: the sheet that is seen, whole, and what is hidden is said."""

import io
import re
import warnings
import zipfile

from crmlab.frame.errors import CrmlabError, counted, listed

HIDDEN = re.compile(rb'<(?:\w+:)?row\b[^>]*\bhidden="(?:1|true)"[^>]*>')
LOCKED = b"\xd0\xcf\x11\xe0"  # the old format, in which workbooks with a password are kept as well


def opened(content: bytes, values: bool = True, cells: bool = False):
    """The workbook with the values that its formulas had when it was saved, or with the formulas.

    ``cells`` keeps all of it at hand. Other programs than Excel store a size that is too small: it is not believed.
    """
    import openpyxl  # slow to load, and most files are csv

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about styles and drop-down lists, which hold no data
        if cells:
            return openpyxl.load_workbook(io.BytesIO(content), data_only=values)
        try:
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=values)
        except Exception:  # a stored size that is no size, or a chart beside the sheets: reading all cells gets over it
            return openpyxl.load_workbook(io.BytesIO(content), data_only=values)
    for sheet in book.worksheets:
        sheet.reset_dimensions()
    return book


def rows(content: bytes, file: str, prov: dict) -> tuple[list[list], tuple]:
    """The rows of the first sheet that is not hidden, all of one width; title and first row of the other such sheets.

    What a reader may not expect is noted.
    """
    book = opened(content)
    place, sheet = _seen(book)
    table = _values(sheet)
    others = tuple(
        (other.title, [cell for cell in top if cell is not None])
        for other in book.worksheets
        if other is not sheet and other.sheet_state == "visible"
        for top in [_first(other)]
        if top
    )
    if not table and others:
        raise _empty(file, sheet.title, [title for title, _ in others])
    if not table:
        return [], ()
    prov["notes"] += _about(book, place, sheet) + _hidden(content, sheet, len(table))
    lost = _uncounted(content, place, table) if any(None in row for row in table) else {}
    for name, count in lost.items():
        hold = (
            "holds a formula without a stored value and was"
            if count == 1
            else ("hold a formula without a stored value and were")
        )
        prov["notes"].append(
            f"In '{name}' {counted(count, 'cell')} {hold} read as empty: open the file in Excel and save it again."
        )
    width = max(map(len, table))
    return [row + [None] * (width - len(row)) for row in table], others


def locked(content: bytes, file: str) -> CrmlabError | None:
    """The error for a workbook of the old format or with a password, if it is one."""
    return (
        CrmlabError(
            f"'{file}' is no .xlsx inside.",
            "It is a workbook of the old format .xls, or has a password.",
            "Open it in Excel, take the password away, and save it as .xlsx.",
        )
        if content.startswith(LOCKED)
        else None
    )


def _seen(book) -> tuple[int, object]:
    """The first sheet that is not hidden, and its place."""
    sheets = list(enumerate(book.worksheets))
    return next(((place, sheet) for place, sheet in sheets if sheet.sheet_state == "visible"), sheets[0])


def _values(sheet) -> list[list]:
    """The cells down to the last row that holds something; a yes or no reads as it is shown."""
    table = [
        [str(cell).upper() if isinstance(cell, bool) else cell for cell in row]
        for row in sheet.iter_rows(values_only=True)
    ]
    while table and all(cell is None or cell == "" for cell in table[-1]):
        table.pop()
    return table


def _first(sheet) -> tuple:
    """The first row that holds something."""
    return next((row for row in sheet.iter_rows(values_only=True) if any(cell is not None for cell in row)), ())


def _about(book, place: int, sheet) -> list[str]:
    sheets, title = len(book.worksheets), sheet.title
    if place:
        return [f"The workbook has {sheets} sheets; the first that is not hidden, '{title}', was read."]
    return [f"The workbook has {sheets} sheets; the first, '{title}', was read."] if sheets > 1 else []


def _hidden(content: bytes, sheet, last: int) -> list[str]:
    """A note on rows that nobody sees: a filter hides them, and they count all the same."""
    part = getattr(sheet, "_worksheet_path", "")  # openpyxl tells hidden rows only where it keeps all cells
    if not part:
        found = [row for row, how in sheet.row_dimensions.items() if how.hidden]
    else:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            tags = HIDDEN.findall(parts.read(part))
        found = [int(row[1]) for row in map(re.compile(rb'\br="(\d+)"').search, tags) if row]
    found = sorted(row for row in found if row <= last)
    if not found:
        return []
    are = "is hidden and was" if len(found) == 1 else "are hidden and were"
    return [
        f"In sheet '{sheet.title}' {counted(len(found), 'row')} {are} read like the others: {listed(found, quote=False)}."
    ]


def _uncounted(content: bytes, place: int, table: list[list]) -> dict:
    """How many formulas of each column have no value, as another program than Excel may leave them."""
    lost = {}
    written = opened(content, values=False).worksheets[place].iter_rows()
    for row, cells in zip(table, written, strict=False):
        for name, value, cell in zip(table[0], row, cells, strict=False):  # a row may end early
            if value is None and cell.data_type == "f":
                lost[name] = lost.get(name, 0) + 1
    return lost


def _empty(file: str, title: str, others: list[str]) -> CrmlabError:
    return CrmlabError(
        f"The first sheet of '{file}', '{title}', is empty.",
        f"There is something in {listed(others)}.",
        f"Move the sheet '{others[0]}' to the front, or save it as a file of its own.",
    )
