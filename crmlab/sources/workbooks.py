"""The form as a workbook: its sheets, their headings and the names on them, each known by its cell."""

import hashlib
import io
import re
import zipfile
from pathlib import Path

import pandas as pd

from crmlab.frame import schema
from crmlab.frame.errors import CrmlabError, listed, unknown
from crmlab.measures import casebook, tables
from crmlab.measures.scorecard.form import COLUMNS, LONG, VERSION, asked, mark
from crmlab.sources import answers, books, sheets
from crmlab.sources.answers import LOST, Page, sentence
from crmlab.sources.files import Raw

MARK = re.compile(r"crmlab form (\d+), (long|short)")
FORMULA = re.compile(rb"<f[ >/]")
YEAR = re.compile(r"(19|20)\d\d")
SPARE = ("statement", "importance", "effort")  # may be taken out: nothing else rests on them
FIELDS = ("firm", "rater", "year", "copy")
COVER = "Instructions"
TOP, BOTTOM = 20, 2000  # the header stands above the first of these rows, and answers above the second
ANEW = "Copy the answers into a new form: crmlab template assessment."


def read(path: Path, columns: dict) -> tuple[Raw, list[Page], list[CrmlabError]]:
    """A page for each sheet of the form, with the problems of headings and names; other sheets are noted."""
    content = path.read_bytes()
    prov = tables.recorded({"title": path.name, "source": "own file", "file": path.name,
                            "table": "assessments", "sha256": hashlib.sha256(content).hexdigest()})
    stored, written = _both(content)
    pages, names, problems, met = [], [], [], {}
    for sheet in stored.worksheets:
        rows = _top(sheet)
        head = header(rows, columns) or (header(rows, columns, least=1) if marked(rows) else 0)
        if not head:
            problems += [_headless(sheet.title)] if marked(rows) else []
            prov["notes"] += [] if marked(rows) else _stray(sheet.title, rows)
            continue
        met |= {name.casefold(): name for name in rows[head - 1] if name}
        places, short, wrong = _columns(sheet.title, rows, head, columns, prov)
        problems += wrong
        if {"practice", "intention", "reality"} <= set(places):
            page = _page(sheet, written[sheet.title], head, places, short)
            pages.append(page)
            names += [(len(pages) - 1, _fields(rows[:head - 1]))] if page.touched else []
            problems += _merged(sheet, page, head) if page.touched else []
    strange = [own for own in columns if own.casefold() not in met]
    if strange:
        raise unknown("column", strange[0], "The form", met.values())
    out = [own for own, name in columns.items() if name == "-"]
    prov["notes"] += [f"Left out as asked: {listed(out, 30)}."] * bool(out)
    return Raw(pd.DataFrame(), prov), pages, _named(pages, names, prov) + problems


# ---- opening -----------------------------------------------------------------------------------------------

def tops(path: Path) -> list[list]:
    """The first rows of each sheet, in words; nothing where the file is no workbook."""
    try:
        return [_top(sheet) for sheet in books.opened(path.read_bytes()).worksheets]
    except Exception:  # a damaged archive raises anything; the ordinary way says what is wrong with it
        return []


def _top(sheet) -> list[list[str]]:
    return [[word(cell) for cell in row] for row in sheet.iter_rows(max_row=TOP, values_only=True)]


def _both(content: bytes):
    """The workbook with the results of its formulas, and with the formulas, if it has any."""
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        formulas = any(FORMULA.search(parts.read(name)) for name in parts.namelist() if "worksheets/" in name)
    stored = books.opened(content, cells=True)
    return stored, books.opened(content, values=False, cells=True) if formulas else stored


def header(rows: list, columns: dict | None = None, least: int = 3) -> int:
    """The row below the first in which most columns of the form are named, or 0."""
    names = [_meant(row, columns or {}) for row in rows]
    hits = [len(set(found) & set(LONG)) if {"practice", "statement"} & set(found) else 0 for found in names]
    best = max(range(1, len(rows)), key=lambda at: hits[at], default=0)
    return best + 1 if best and hits[best] >= least else 0


def _meant(row: list, columns: dict) -> list[str]:
    """The names of columns as they are meant; a heading's capital letter is no part of its name."""
    return [columns.get(cell, columns.get(cell.casefold(), cell.casefold())) for cell in row]


def marked(rows: list):
    """What says which form it is, wherever it stands in the first rows."""
    return next((found for row in rows for cell in row if (found := MARK.search(cell))), None)


# ---- headings ----------------------------------------------------------------------------------------------

def _columns(title: str, rows: list, head: int, columns: dict,
             prov: dict) -> tuple[dict, bool, list[CrmlabError]]:
    """Where each column stands, whether it is the short form, and what is wrong with its headings."""
    words, found = rows[head - 1], marked(rows)
    names = _meant(words, columns)
    short = found[2] == "short" if found else "evidence" not in names
    problems = [] if found and int(found[1]) == VERSION else [_unmarked(title, found, short)]
    for name in COLUMNS[short]:
        if names.count(name) > 1:
            problems.append(_double(title, name, names, head))
        elif name not in names and columns.get(name.capitalize(), columns.get(name)) == "-":
            continue
        elif name not in names and name not in SPARE:
            problems.append(_lacking(title, name, COLUMNS[short], words, names, head))
        elif name not in names and name != "statement":
            prov["notes"].append(f"Sheet '{title}' has no column '{name}'.")
    strange = [word for word, name in zip(words, names, strict=True) if word and name not in (*LONG, "-")]
    if strange and not problems:
        was = "is no part of the form and was" if len(strange) == 1 else "are no parts of the form and were"
        prov["notes"].append(f"Sheet '{title}': {listed(strange)} {was} left out.")
    return {name: place for place, name in enumerate(names, 1) if name in LONG}, short, problems


def _unmarked(title: str, found, short: bool) -> CrmlabError:
    if found:
        return CrmlabError(f"assessments: sheet '{title}' is another version of the form.",
                           f"It reads '{found[0]}', and this crmlab reads form {VERSION}.", ANEW)
    return CrmlabError(f"assessments: sheet '{title}' does not say which form it is.",
                       f"Cell {letter(len(COLUMNS[short]))}1 should read '{mark(short)}'.",
                       "Write it there if the form is of this crmlab; else copy the answers into a new one.")


def _headless(title: str) -> CrmlabError:
    return CrmlabError(f"assessments: sheet '{title}' has no header.",
                       f"No row down to row {TOP} reads {listed(map(str.capitalize, LONG[:4]))}.", ANEW)


def _double(title: str, name: str, names: list, head: int) -> CrmlabError:
    cells = [f"{letter(place)}{head}" for place, found in enumerate(names, 1) if found == name]
    return CrmlabError(f"assessments: sheet '{title}', cells {listed(cells, quote=False)} all read "
                       f"'{name.capitalize()}'.".replace(" all", " both" if len(cells) == 2 else " all"),
                       "Each column of the form stands once.", "Correct the heading, or remove the copy.")


def _lacking(title: str, name: str, whole: tuple, words: list, names: list, head: int) -> CrmlabError:
    """A column that was renamed, where another name stands in its place, or deleted."""
    place, own = whole.index(name), name.capitalize()
    if place < len(names) and names[place] and names[place] not in LONG:
        cell = f"{letter(place + 1)}{head}"
        return CrmlabError(f"assessments: sheet '{title}', cell {cell} reads '{words[place]}'.",
                           f"The form has '{own}' there.", f"Write '{own}' back into the cell.")
    where = f"after '{whole[place - 1].capitalize()}'" if place else "in front"
    return CrmlabError(f"assessments: sheet '{title}' has no column '{own}'.",
                       f"Row {head} reads {listed([word for word in words if word], 12)}.",
                       f"Put it back {where}; its cells may stay empty.")


def _stray(title: str, rows: list) -> list[str]:
    if title == COVER or not any(map(any, rows)):
        return []
    return [f"Sheet '{title}' is no sheet of the form and was left out."]


# ---- cells -------------------------------------------------------------------------------------------------

def _page(sheet, written, head: int, places: dict, short: bool) -> Page:
    """The cells below the header."""
    rows = {}
    for row in range(head + 1, min(sheet.max_row, BOTTOM) + 1):
        cells = {name: _value(sheet.cell(row, at), written.cell(row, at)) for name, at in places.items()}
        if any(cell is not None for cell in cells.values()):
            rows[row] = cells
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=list(places), dtype=object)
    frame = frame.apply(lambda cells: schema.cleaned(cells.astype(object)))
    letters = {name: letter(at) for name, at in places.items()}
    return Page(sheet.title, f"sheet '{sheet.title}'", frame, letters,
                tuple(practice.practice for practice in asked(short)))


def _value(cell, formula):
    """What a person sees: a number shown in percent keeps its sign, a formula without a result is lost."""
    value = cell.value
    if value is None:
        return LOST if formula.data_type == "f" else None
    if isinstance(value, bool):
        return str(value).upper()  # True would pass for a 1
    if isinstance(value, int | float) and "%" in cell.number_format:
        return f"{value * 100:.10g}%"
    return value


def _merged(sheet, page: Page, head: int) -> list[CrmlabError]:
    """Merged cells in which answers stand: one cell would speak for several."""
    ours = {place for name, place in page.letters.items() if name in answers.ANSWERS}
    return [CrmlabError(f"assessments: sheet '{sheet.title}', cells {area.coord} are merged.",
                        "One answer would stand for several.",
                        "Unmerge the cells and answer each on its own.")
            for area in sheet.merged_cells.ranges
            if area.max_row > head and ours & {letter(at) for at in range(area.min_col, area.max_col + 1)}]


# ---- firm, rater and year ----------------------------------------------------------------------------------

def _fields(rows: list) -> dict[str, tuple[str, str]]:
    """What stands beside Firm, Rater and Year, each with its cell."""
    found = {row[0].casefold(): (row[1], f"B{at}") for at, row in enumerate(rows, 1) if len(row) > 1}
    return {name: found.get(name, ("", f"B{at}")) for at, name in enumerate(FIELDS, 2)}


def _named(pages: list[Page], names: list, prov: dict) -> list[CrmlabError]:
    """Firm, rater and year written into the pages; two firms, and two raters of one name, are refused."""
    firms = {}
    for at, fields in names:
        firm, cell = fields["firm"]
        firms.setdefault(firm, f"'{pages[at].title}' {cell} reads '{firm}'")
    nameless = firms.pop("", "")
    problems, met = [], {}
    if len(firms) > 1:
        problems.append(CrmlabError(
            "assessments: the sheets name different firms.", f"{listed(firms.values(), quote=False)}.",
            "Write one name into all sheets, or give each firm a form of its own."))
    if nameless and not firms:
        prov["notes"].append(f"No sheet names a firm: it was taken as '{sheets.ABSENT['firm']}'.")
    dated = any(fields["year"][0] for _, fields in names)
    for at, fields in names:
        page, (rater, _), (year, _) = pages[at], fields["rater"], fields["year"]
        prov["notes"] += [f"{sentence(page.who)} names no rater: its title was taken."] * (not rater)
        rater = rater or page.title
        problems += _undated(page, *fields["year"]) if dated else []
        if (rater.casefold(), year) in met:
            problems.append(CrmlabError(
                "assessments: two raters have the same name.",
                f"Sheets '{met[rater.casefold(), year]}' and '{page.title}' are both of '{rater}'.",
                "Tell them apart in the cell beside Rater, or remove the copy."))
        met[rater.casefold(), year] = page.title
        problems += _uncopied(page, *fields["copy"])
        more = {"wave": year} if dated else {}
        more |= {"arm": fields["copy"][0]} if fields["copy"][0] else {}
        frame = page.frame.assign(firm=next(iter(firms), sheets.ABSENT["firm"]), rater=rater, **more)
        pages[at] = page._replace(frame=frame)
    return problems


def _undated(page: Page, year: str, cell: str) -> list[CrmlabError]:
    if YEAR.fullmatch(year):
        return []
    said, found = (f"reads '{year}'.", "A year has four digits.") if year else (
        "is empty.", "Another sheet gives its year.")
    return [CrmlabError(f"assessments: sheet '{page.title}', cell {cell} {said}", found,
                        "Write the year of the assessment, such as 2026.")]


def _uncopied(page: Page, copy: str, cell: str) -> list[CrmlabError]:
    if not copy or casebook.arm_of(copy):
        return []
    return [CrmlabError(f"assessments: sheet '{page.title}', cell {cell} reads '{copy}'.",
                        f"The copies of the case are {' and '.join(casebook.signs())}.",
                        "Write the letter at the foot of the pages that were read.")]


# ---- small things ------------------------------------------------------------------------------------------

def word(cell) -> str:
    """A cell as a person reads it; an empty one is no word.

    >>> word(None), word(" Rater "), word(2026.0)
    ('', 'Rater', '2026')
    """
    return "" if cell is None or cell != cell else schema.word(cell).strip()


def letter(place: int) -> str:
    """The name of a column in a spreadsheet.

    >>> letter(4), letter(28)
    ('D', 'AB')
    """
    return letter((place - 1) // 26) + chr(65 + (place - 1) % 26) if place else ""
