"""A filled form becomes the long table of assessments: a sheet for each rater, read cell by cell.

A form is known by its header: the columns ``practice`` and ``statement``. In a workbook the header stands below a
few lines, and the first of them says which form it is; a csv form has its header in the first row.
"""

import hashlib
import io
import re
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from crmlab.frame import schema
from crmlab.frame.errors import CrmlabError, counted, listed, unknown
from crmlab.measures import tables
from crmlab.measures.scorecard.form import KEYS, PRACTICES
from crmlab.sources import adapting, answers, files, sheets
from crmlab.sources.answers import LOST, Page, sentence
from crmlab.sources.files import Raw

VERSION = 1
LONG = ("practice", "statement", "intention", "reality", "applicable", "evidence", "importance", "effort")
COLUMNS = {False: LONG, True: LONG[:5]}  # by whether the form is the short one
SPARE = {"statement", "importance", "effort"}  # may be taken out: nothing else rests on them
MARK = re.compile(r"crmlab form (\d+), (long|short)")
FIELDS = ("firm", "rater", "year")
COVER = "Instructions"
TOP, BOTTOM = 20, 2000  # the header stands above the first of these rows, and answers above the second
ANEW = "Copy the answers into a new form: crmlab template assessment."


def mark(short: bool) -> str:
    """The words in the first row of a sheet that say which form it is.

    >>> mark(short=True)
    'crmlab form 1, short'
    """
    return f"crmlab form {VERSION}, {'short' if short else 'long'}"


def recognised(data) -> str:
    """``"sheets"`` for a form with a sheet per rater, ``"long"`` for one in one table, else nothing."""
    if not isinstance(data, str | Path) or not (path := Path(data).expanduser()).is_file():
        return ""
    if path.suffix.lower() == ".csv":
        first = path.read_bytes()[:2000].replace(b"\0", b"").partition(b"\n")[0].decode("utf-8", "replace")
        return "long" if {"practice", "statement"} <= set(re.findall(r"\w+", first)) else ""
    if path.suffix.lower() != ".xlsx":
        return ""
    try:
        book = _opened(path.read_bytes(), read_only=True)
        tops = [list(sheet.iter_rows(max_row=TOP, values_only=True)) for sheet in book.worksheets]
    except Exception:  # a damaged archive raises anything; the ordinary way says what is wrong with it
        return ""
    if any(_header(rows) or _marked(rows) for rows in tops):
        return "sheets"
    first = set(map(_word, tops[0][0])) if tops and tops[0] else set()
    return "long" if {"practice", "statement"} <= first else ""


def examined(kind: str, path: str | Path, columns: dict, scale,
             missing: list) -> tuple[pd.DataFrame, list[CrmlabError]]:
    """The table of assessments as far as it can be typed, and every problem of the form, named by its cells."""
    raw, pages, problems = (_in_sheets if kind == "sheets" else _in_rows)(Path(path).expanduser(), columns)
    prov, frames = raw.prov, []
    prov["rows_read"] = sum(int(page.frame["practice"].notna().sum()) for page in pages)
    for page in pages:
        if not page.touched:
            prov["notes"].append(f"{sentence(page.who)} is not filled in and was left out.")
            continue
        page = page._replace(frame=adapting.without_codes(page.frame, missing or [], prov))
        frame, more, notes = answers.examined(page)
        frames.append(frame.set_axis([f"{page.title}!{row}" if page.title else row for row in frame.index]))
        problems += more
        prov["notes"] += notes
    if not frames:
        raise (problems or [_empty(prov["title"], pages)])[0]
    whole = pd.concat(frames).drop(columns="statement", errors="ignore")
    typed, further = sheets.examined(raw._replace(frame=whole), scale, unfinished=lambda typed: [])
    return typed, problems or further


def _empty(title: str, pages: list[Page]) -> CrmlabError:
    return CrmlabError("assessments: no practice is answered.",
                       f"'{title}' has {counted(len(pages), 'rater')}, none with an answer.",
                       "Fill in intention and reality for one practice at least.")


# ---- a form in one table -----------------------------------------------------------------------------------

def _in_rows(path: Path, columns: dict) -> tuple[Raw, list[Page], list[CrmlabError]]:
    """A form in one long table, with a page for each firm and rater."""
    raw = files.read(path)
    letters = {_word(name): _letter(place) for place, name in enumerate(raw.frame, 1)}
    raw = raw._replace(frame=files.named(raw.frame, path.name), prov=tables.recorded(raw.prov | {"table": "assessments"}))
    raw = adapting.renamed(raw, columns)
    letters = {columns.get(own, own): letter for own, letter in letters.items()}
    sheets.complete(raw.frame)
    frame = _who(raw.frame)
    who = [name for name in ("firm", "rater", "wave") if name in frame]
    keys = [frame[name].map(_word) for name in who] or [pd.Series("", frame.index)]
    pages = [Page("", _called(dict(zip(who, key, strict=False))), part, letters)
             for key, part in frame.groupby(keys, sort=False)]
    return raw, pages, []


def _who(frame: pd.DataFrame) -> pd.DataFrame:
    """Firm and rater as they were meant: without a column nobody filled, or the sign that spared a formula."""
    for name in [name for name in ("firm", "rater") if name in frame]:
        words = frame[name].map(_word)
        frame = frame.drop(columns=name) if (words == "").all() else frame.assign(
            **{name: words.str.replace(r"^'(?=[=+@-])", "", regex=True).replace("", np.nan)})
    return frame


def _called(key: dict) -> str:
    rater = f"rater '{key['rater']}'" if key.get("rater") else "the form"
    return rater + (f" of '{key['firm']}'" if key.get("firm") else "") + (f" in {key['wave']}" if key.get("wave") else "")


# ---- a form with a sheet for each rater --------------------------------------------------------------------

def _in_sheets(path: Path, columns: dict) -> tuple[Raw, list[Page], list[CrmlabError]]:
    """A form with a sheet for each rater; other sheets are named in a note."""
    content = path.read_bytes()
    prov = tables.recorded({"title": path.name, "source": "own file", "file": path.name, "table": "assessments",
                            "sha256": hashlib.sha256(content).hexdigest()})
    stored, written = (_opened(content, data_only=values) for values in (True, False))
    pages, said, problems, met = [], [], [], set()
    for sheet in stored.worksheets:
        rows = [[_word(cell) for cell in row] for row in sheet.iter_rows(max_row=TOP, values_only=True)]
        head = _header(rows, columns) or (_marked(rows) and _header(rows, columns, least=1))
        if not head:
            problems += [_headless(sheet.title)] if _marked(rows) else []
            prov["notes"] += _stray(sheet, _marked(rows))
            continue
        met |= set(rows[head - 1])
        places, short, more = _columns(sheet.title, rows, head, columns, prov)
        problems += more
        if not {"practice", "intention", "reality"} <= set(places):
            continue
        page = _page(sheet, written[sheet.title], head, places, short)
        pages.append(page)
        if page.touched:
            said.append((len(pages) - 1, _fields(sheet, rows[:head - 1])))
            problems += _merged(sheet, page, head)
    strange = [own for own in columns if own not in met]
    if strange:
        raise unknown("column", strange[0], "The form", [name for name in dict.fromkeys(met) if name])
    problems = _named(pages, said, prov) + problems
    return Raw(pd.DataFrame(), prov), pages, problems


def _columns(title: str, rows: list, head: int, columns: dict, prov: dict) -> tuple[dict, bool, list[CrmlabError]]:
    """Where each column of the form stands, whether it is the short form, and what is wrong with its heading."""
    names = [columns.get(word, word.casefold()) for word in rows[head - 1]]
    marked = _marked(rows)
    short = marked[2] == "short" if marked else "evidence" not in names
    asked = COLUMNS[short]
    problems = [] if marked and int(marked[1]) == VERSION else [_unmarked(title, marked, short)]
    places = {name: place for place, name in enumerate(names, 1) if name in LONG}
    for name in asked:
        if names.count(name) > 1:
            twice = [f"{_letter(place)}{head}" for place, word in enumerate(names, 1) if word == name]
            problems.append(CrmlabError(f"assessments: sheet '{title}', cells {listed(twice, quote=False)} both read '{name}'.",
                                        "Each column of the form stands once.", "Remove the one that is too many."))
        elif name not in places and name in SPARE:
            prov["notes"] += [f"Sheet '{title}' has no column '{name}'."] * (name != "statement")
        elif name not in places:
            problems.append(_lacking(title, name, asked, names, rows[head - 1], head))
    spare = [word for word, name in zip(rows[head - 1], names, strict=True) if word and name not in asked]
    known = [word for word in spare if word.casefold() not in LONG]
    if known and not problems:
        prov["notes"].append(f"Sheet '{title}': {listed(known)} {'is' if len(known) == 1 else 'are'} no part of the form "
                             "and was left out.".replace("was", "was" if len(known) == 1 else "were"))
    return places, short, problems


def _unmarked(title: str, marked, short: bool) -> CrmlabError:
    cell = f"{_letter(len(COLUMNS[short]))}1"
    if marked:
        return CrmlabError(f"assessments: sheet '{title}' is another version of the form.",
                           f"Cell {cell} reads '{marked[0]}', and this crmlab reads form {VERSION}.", ANEW)
    return CrmlabError(f"assessments: sheet '{title}' does not say which form it is.",
                       f"Cell {cell} should read '{mark(short)}'.",
                       "Write it there if the form is of this crmlab; else copy the answers into a new one.")


def _headless(title: str) -> CrmlabError:
    return CrmlabError(f"assessments: sheet '{title}' has no header.",
                       f"No row above row {TOP} reads {listed(LONG[:4])}.", ANEW)


def _lacking(title: str, name: str, asked: tuple, names: list, words: list, head: int) -> CrmlabError:
    """A column that was renamed, where another name stands in its place, or deleted."""
    place = asked.index(name)
    if place < len(names) and names[place] and names[place] not in LONG:
        return CrmlabError(f"assessments: sheet '{title}', cell {_letter(place + 1)}{head} reads '{words[place]}'.",
                           f"The form has '{name.capitalize()}' there.", f"Write '{name.capitalize()}' back into the cell.")
    after = asked[place - 1].capitalize()
    return CrmlabError(f"assessments: sheet '{title}' has no column '{name.capitalize()}'.",
                       f"Row {head} reads {listed([word for word in words if word], 12)}.",
                       f"Put it back after '{after}'; its cells may stay empty.")


def _page(sheet, written, head: int, places: dict, short: bool) -> Page:
    """The cells below the header; a number shown in percent keeps its sign, a formula without a result is lost."""
    rows = {}
    for row in range(head + 1, min(sheet.max_row, BOTTOM) + 1):
        cells = {name: _value(sheet.cell(row, place), written.cell(row, place)) for name, place in places.items()}
        if any(cell is not None for cell in cells.values()):
            rows[row] = cells
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=list(places), dtype=object)
    frame = frame.apply(lambda cells: schema.cleaned(cells.astype(object)))
    keys = tuple(practice.practice for practice in PRACTICES if practice.short or not short)
    return Page(sheet.title, f"sheet '{sheet.title}'", frame, {name: _letter(place) for name, place in places.items()}, keys)


def _value(cell, formula):
    value = cell.value
    if value is None:
        return LOST if formula.data_type == "f" else None
    if isinstance(value, bool):
        return str(value).upper()  # a spreadsheet shows it so, and True would pass for a 1
    if isinstance(value, int | float) and "%" in cell.number_format:
        return f"{value * 100:.10g}%"
    return value


def _merged(sheet, page: Page, head: int) -> list[CrmlabError]:
    """Merged cells in which answers stand: one cell would speak for several."""
    places = {letter: name for name, letter in page.letters.items() if name in answers.ANSWERS}
    return [CrmlabError(f"assessments: sheet '{sheet.title}', cells {area.coord} are merged.",
                        "One answer would stand for several.", "Unmerge the cells and answer each on its own.")
            for area in sheet.merged_cells.ranges
            if area.max_row > head and any(_letter(place) in places for place in range(area.min_col, area.max_col + 1))]


def _fields(sheet, rows: list) -> dict[str, tuple[str, str]]:
    """What stands beside Firm, Rater and Year, each with its cell."""
    said = {}
    for number, row in enumerate(rows, 1):
        if row and row[0].casefold() in FIELDS:
            said[row[0].casefold()] = (row[1] if len(row) > 1 else "", f"B{number}")
    return said


def _named(pages: list[Page], said: list, prov: dict) -> list[CrmlabError]:
    """Firm, rater and year written into the pages; two raters of one name and two firms are refused."""
    def of(fields: dict, name: str) -> str:
        return fields.get(name, ("", ""))[0]

    firms = {of(fields, "firm"): (pages[at].title, fields) for at, fields in reversed(said) if of(fields, "firm")}
    years = [of(fields, "year") for _, fields in said]
    problems, met = [], {}
    if len(firms) > 1:
        found = [f"'{title}' {fields['firm'][1]} reads '{firm}'" for firm, (title, fields) in reversed(firms.items())]
        problems.append(CrmlabError("assessments: the sheets name different firms.", f"{sentence(listed(found, quote=False))}.",
                                    "Write one name into all sheets, or give each firm a form of its own."))
    if said and not firms:
        prov["notes"].append(f"No sheet names a firm: it was taken as '{sheets.ABSENT['firm']}'.")
    for at, fields in said:
        page, rater, year = pages[at], of(fields, "rater"), of(fields, "year")
        if not rater:
            prov["notes"].append(f"{sentence(page.who)} names no rater: its title was taken.")
        rater = rater or page.title
        problems += _year(page, fields, year, any(years))
        if (rater.casefold(), year) in met:
            problems.append(CrmlabError("assessments: two raters have the same name.",
                                        f"Sheets '{met[rater.casefold(), year]}' and '{page.title}' are both of '{rater}'.",
                                        "Tell them apart in the cell beside Rater, or remove the copy."))
        met[rater.casefold(), year] = page.title
        frame = page.frame.assign(firm=next(iter(firms), sheets.ABSENT["firm"]), rater=rater)
        pages[at] = page._replace(frame=frame.assign(wave=year) if any(years) else frame)
    return problems


def _year(page: Page, fields: dict, year: str, asked: bool) -> list[CrmlabError]:
    if re.fullmatch(r"(19|20)\d\d", year) or not (year or asked):
        return []
    cell = fields["year"][1] if "year" in fields else "B4"
    said = f"reads '{year}'." if year else "is empty."
    found = "A year has four digits." if year else "Another sheet gives its year."
    return [CrmlabError(f"assessments: sheet '{page.title}', cell {cell} {said}", found,
                        "Write the year of the assessment, such as 2026.")]


def _stray(sheet, marked) -> list[str]:
    empty = all(cell is None for row in sheet.iter_rows(max_row=TOP, values_only=True) for cell in row)
    if marked or empty or sheet.title == COVER:
        return []
    return [f"Sheet '{sheet.title}' is no sheet of the form and was left out."]


# ---- small things ------------------------------------------------------------------------------------------

def _opened(content: bytes, **options):
    import openpyxl  # slow to load

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about styles and drop-down lists, which hold no data
        return openpyxl.load_workbook(io.BytesIO(content), **{"data_only": True, **options})


def _header(rows: list, columns: dict | None = None, least: int = 3) -> int:
    """The row below the first in which most columns of the form are named, or 0."""
    names = [{(columns or {}).get(_word(cell), _word(cell).casefold()) for cell in row} for row in rows]
    hits = [len(found & set(LONG)) for found in names]
    best = max(range(1, len(rows)), key=lambda at: hits[at], default=0)
    return best + 1 if best and hits[best] >= least and ("practice" in names[best] or "statement" in names[best]) else 0


def _marked(rows: list):
    """What says which form it is, wherever it stands above the header."""
    return next((found for row in rows for cell in row if (found := MARK.search(_word(cell)))), None)


def _word(cell) -> str:
    return "" if cell is None or cell != cell else schema.word(cell).strip()


def _letter(place: int) -> str:
    """
    >>> _letter(4), _letter(28)
    ('D', 'AB')
    """
    return _letter((place - 1) // 26) + chr(65 + (place - 1) % 26) if place else ""
