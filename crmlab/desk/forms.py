"""Forms to fill in: a workbook with a sheet for each rater, or a plain csv, the same bytes each time."""

import io
import re
import zipfile
from pathlib import Path

import pandas as pd
from openpyxl import Workbook
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Alignment, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.pagebreak import Break

from crmlab.desk.instructions import instructions
from crmlab.desk.paper import (
    AMBER,
    CENTRE,
    GREY,
    INDENTED,
    INK,
    LEFT,
    PALE,
    RIGHT,
    WHITE,
    Font,
    filled,
    printed,
    protected,
    put,
    underlined,
    unlocked,
)
from crmlab.frame import places
from crmlab.frame.errors import CrmlabError, listed, unknown
from crmlab.frame.record import spreadsheet_safe
from crmlab.measures import casebook
from crmlab.measures.scorecard.form import COLUMNS, ELEMENTS, INTENTION, REALITY, STAGES, asked, mark
from crmlab.qci.telling import case

TEMPLATES = ("assessment", "case")
MOST_RATERS = 40
STAMP = b"2026-01-01T00:00:00Z"  # one date for all: the same form is the same bytes
PAGES = ("targeting", "development", "information")  # what begins a new page
LINES = 26  # points: two lines of a statement, or of evidence
WIDTHS = {"practice": 9, "statement": 60, "intention": 10, "reality": 10, "applicable": 11, "evidence": 46,
          "importance": 11, "effort": 10}
SHORT_WIDTHS = {"statement": 72, "intention": 13, "reality": 13, "applicable": 13}
WORDS = {"practice": LEFT, "statement": LEFT, "evidence": INDENTED}  # the columns that hold words
FIELDS = {"Firm": "", "Rater": "Your name, or a number.",
          "Year": "Of the assessment, if you mean to repeat it."}
COPY = {"Copy": "The letter at the foot of the case, if you read one."}  # of the short form, which is for a class
ASKED = {  # the values a cell takes, and what is said beside it
    "intention": ("0,1,2,3,4", "Is it meant?", INTENTION),
    "reality": ("0,1,2,3,4", "Is it done?", REALITY),
    "applicable": ("yes,no", "Does it apply to us?",
                   "Leave it empty, or choose yes, if it does. Choose no if it cannot apply here, and leave "
                   "the ratings empty. What we could do and do not is a 0, not a no."),
    "evidence": ("", "What shows it?",
                 "A document, a figure, a place to look. Reality of 3 or 4 without evidence counts as 2."),
    "importance": ("0,1,2,3", "How much does it matter?", "0 not at all\n1 a little\n2 much\n3 decisive"),
    "effort": ("1,2,3", "What would it cost to do more?", "1 little\n2 some\n3 much"),
}


def template(what: str, out: str | Path, *, short: bool = False, raters: int = 1, firm: str = "") -> Path:
    """Write an empty form, an ``.xlsx`` with a sheet for each rater or one long ``.csv``; returns its path.

    The long form has sixty practices, for firms; the short one sixteen, for a class, without evidence,
    importance and effort. A file that is there already may hold answers and is never written over.
    """
    path = Path(out)
    if what != TEMPLATES[0]:
        raise unknown("form", what, "crmlab", TEMPLATES)
    if not 1 <= raters <= MOST_RATERS:
        raise CrmlabError(f"A form is for 1 to {MOST_RATERS} raters.", f"Found raters = {raters}.",
                          "Write a second form for the others.")
    if path.exists():
        raise CrmlabError(f"There is a file '{path.name}' already.", "It may hold somebody's answers.",
                          "Give another name, or remove it first.")
    write = {".xlsx": workbook, ".csv": long_table}.get(path.suffix.lower())
    if not write:
        raise CrmlabError(f"A form cannot be written as '{path.name}'.", "crmlab writes .xlsx and .csv.",
                          f"Say --out {path.stem or 'form'}.xlsx.")
    return places.write(path, write(short, raters, firm.strip()))


def copies(out: str | Path) -> list[Path]:
    """Write the case for a class, a file for each of its two copies; the letter in the name stands at its foot."""
    path = Path(out)
    return [case(sign).write(path.with_name(f"{path.stem}-{sign}{path.suffix}")) for sign in casebook.signs()]


def long_table(short: bool, raters: int, firm: str) -> bytes:
    """The form as csv: a row per rater and practice, with the statements as a column."""
    rows = [{"firm": firm, "rater": f"Rater {number}", "practice": practice.practice,
             "statement": practice.statement} for number in range(1, raters + 1) for practice in asked(short)]
    frame = pd.DataFrame(rows).reindex(columns=["firm", "rater", *["copy"] * short, *COLUMNS[short]])
    return spreadsheet_safe(frame).to_csv(index=False, lineterminator="\n").encode("utf-8-sig")


def workbook(short: bool, raters: int, firm: str) -> bytes:
    """The form as a workbook: instructions first, then a sheet for each rater."""
    book = Workbook()
    book._named_styles["Normal"].font = Font()  # the widths of columns are counted in its digits
    book.properties.creator, book.properties.title = "crmlab", "Assessment after the QCi model"
    instructions(book.active, short)
    for number in range(1, raters + 1):
        _rater(book.create_sheet(f"Rater {number}"), short, firm)
    packed = io.BytesIO()
    book.save(packed)
    return _undated(packed.getvalue())


def _undated(packed: bytes) -> bytes:
    """The archive without the time at which it was written."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(packed)) as given, zipfile.ZipFile(out, "w") as made:
        for name in given.namelist():
            content = given.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"(<dcterms:\w+[^>]*>)[^<]*", rb"\g<1>" + STAMP, content)
            made.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _rater(sheet, short: bool, firm: str) -> None:
    """One rater's sheet."""
    letters = {name: get_column_letter(place) for place, name in enumerate(COLUMNS[short], 1)}
    _heading(sheet, short, firm, letters)
    head = _header(sheet, letters, 8 if short else 5)
    rows = _statements(sheet, short, head, letters)
    _lists(sheet, letters, rows)
    _colours(sheet, letters, head + 1, rows[-1])
    for name, width in (WIDTHS | (SHORT_WIDTHS if short else {})).items():
        if name in letters:
            sheet.column_dimensions[letters[name]].width = width
    sheet.freeze_panes = f"{letters['intention']}{head + 1}"
    sheet.print_title_rows, sheet.print_area = f"{head}:{head}", f"A1:{[*letters.values()][-1]}{rows[-1]}"
    protected(sheet)
    printed(sheet, 1 if short else 0, f"&A · {mark(short)}")


def _heading(sheet, short: bool, firm: str, letters: dict) -> None:
    """The title, the cells for firm, rater and year, and the steps in a line each."""
    put(sheet, "A1", "Assessment after the QCi model", size=14, bold=True)
    put(sheet, f"{[*letters.values()][-1]}1", mark(short), RIGHT, size=8, color=GREY)
    sheet.row_dimensions[1].height = 24
    for row, (label, hint) in enumerate((FIELDS | (COPY if short else {})).items(), 2):
        put(sheet, f"A{row}", label, bold=True)
        cell = put(sheet, f"B{row}", firm if label == "Firm" else None)
        cell.fill = filled(PALE)
        underlined(cell)
        unlocked(cell)
        if hint:
            _rule(sheet, [cell.coordinate], showInputMessage=True, promptTitle=label, prompt=hint)
    lines = [f"Intention: {_in_a_line(INTENTION)}", f"Reality: {_in_a_line(REALITY)}"]
    lines += [] if short else ["Importance: 0 not at all · 1 a little · 2 much · 3 decisive.  "
                               "Effort: 1 little · 2 some · 3 much.  Both may stay empty."]
    for at, line in zip(("A6", "A7") if short else ("C2", "C3", "C4"), lines, strict=True):
        put(sheet, at, line, LEFT if short else INDENTED, size=9, color=GREY)


def _in_a_line(steps: tuple, between: str = " · ") -> str:
    return between.join(f"{number} {name}" for number, (name, _) in enumerate(steps))


def _header(sheet, letters: dict, row: int) -> int:
    """The names of the columns; returns their row."""
    for name, letter in letters.items():
        side = WORDS.get(name, CENTRE)
        put(sheet, f"{letter}{row}", name.capitalize(), side, bold=True, color=WHITE).fill = filled(INK)
    sheet.row_dimensions[row].height = 22
    return row


def _statements(sheet, short: bool, row: int, letters: dict) -> list[int]:
    """The practices under their elements and stages, below this row; returns the rows that ask."""
    rows, element, section = [], "", ""
    for practice in asked(short):
        above = row
        if practice.element != element:
            row += 1
            _band(sheet, row, letters, ELEMENTS[practice.element], PALE)
        if practice.section != section and not short:
            if practice.section in STAGES:
                row += 1
                _band(sheet, row, letters, STAGES[practice.section], None)
            if practice.section in PAGES:
                sheet.row_breaks.append(Break(id=above))
        element, section = practice.element, practice.section
        row += 1
        rows.append(row)
        _ask(sheet, row, letters, practice)
    return rows


def _band(sheet, row: int, letters: dict, name: str, back: str | None) -> None:
    """The name of an element on a band, or of a stage on a line."""
    for letter in letters.values():
        underlined(sheet[f"{letter}{row}"])
        if back:
            sheet[f"{letter}{row}"].fill = filled(back)
    put(sheet, f"{letters['statement']}{row}", name, bold=True, color=INK if back else GREY)
    sheet.row_dimensions[row].height = 18


def _ask(sheet, row: int, letters: dict, practice) -> None:
    for name, letter in letters.items():
        cell = sheet[f"{letter}{row}"]
        cell.alignment = WORDS.get(name, CENTRE) + Alignment(wrap_text=name != "practice")
        cell.font = Font(color=GREY, size=8) if name == "practice" else Font(color=INK)
        underlined(cell, between=name not in ("practice", "statement"))
        if name in ("practice", "statement"):
            cell.value = getattr(practice, name)
        else:
            unlocked(cell)
    sheet.row_dimensions[row].height = LINES


def _lists(sheet, letters: dict, rows: list[int]) -> None:
    """What a cell takes, and the words that appear beside it."""
    for name, (values, title, said) in ASKED.items():
        if name not in letters:
            continue
        prompt = said if isinstance(said, str) else _in_a_line(said, "\n")
        words = listed(values.split(","), 9, quote=False).replace(" and ", " or ")
        strict = {"type": "list", "formula1": f'"{values}"', "showErrorMessage": True,
                  "errorTitle": name.capitalize(),
                  "error": f"Please choose {words}, or leave the cell empty."}
        _rule(sheet, [f"{letters[name]}{row}" for row in rows], allow_blank=True, showInputMessage=True,
              promptTitle=title, prompt=prompt, **(strict if values else {}))


def _rule(sheet, cells: list[str], **said) -> None:
    rule = DataValidation(**said)
    for cell in cells:
        rule.add(cell)
    sheet.add_data_validation(rule)


def _colours(sheet, letters: dict, first: int, last: int) -> None:
    """Amber for what is still to be said, grey for what does not apply."""
    meant, done, applies = (f"${letters[name]}{first}" for name in ("intention", "reality", "applicable"))
    out = f'LOWER({applies})="no"'
    half = f'AND($A{first}<>"",NOT({out}),ISBLANK({meant})<>ISBLANK({done}),ISBLANK(%s))'
    amber = {"intention": half % meant, "reality": half % done}
    if "evidence" in letters:
        shown = f"${letters['evidence']}{first}"
        amber["evidence"] = f"AND(ISNUMBER({done}),{done}>=3,ISBLANK({shown}),NOT({out}))"
    sheet.conditional_formatting.add(f"A{first}:{[*letters.values()][-1]}{last}",
                                     FormulaRule([out], font=Font(color="A9B2BA", italic=True)))
    for name, formula in amber.items():
        sheet.conditional_formatting.add(f"{letters[name]}{first}:{letters[name]}{last}",
                                         FormulaRule([formula], fill=PatternFill("solid", bgColor=AMBER)))
