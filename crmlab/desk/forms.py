"""Forms to fill in: a workbook with a sheet for each rater, or a plain csv, the same bytes each time."""

import io
import re
import zipfile
from functools import partial
from pathlib import Path

import pandas as pd
from openpyxl import Workbook
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Alignment, Border, PatternFill, Protection, Side
from openpyxl.styles import Font as AnyFont
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.pagebreak import Break

from crmlab.frame import places
from crmlab.frame.errors import CrmlabError, listed, unknown
from crmlab.frame.record import spreadsheet_safe
from crmlab.measures.scorecard.form import ELEMENTS, INTENTION, PRACTICES, QCI, REALITY, STAGES
from crmlab.sources import forms

TEMPLATES = ("assessment",)
MOST_RATERS = 40
INK, GREY, FAINT, PALE, AMBER = "1F2D3A", "6B7680", "CFD6DC", "E6EBEF", "FBE7C6"  # as in our pictures
LINES = 26  # points: two lines of a statement, or of evidence
PAGES = ("targeting", "development", "information")  # what begins a new page
WIDTHS = {"practice": 9, "statement": 60, "intention": 10, "reality": 10, "applicable": 11, "evidence": 46,
          "importance": 11, "effort": 10}
SHORT_WIDTHS = {"statement": 72, "intention": 13, "reality": 13, "applicable": 13}
ASKED = {  # the values a cell takes, and what is said beside it
    "intention": ("0,1,2,3,4", "Is it meant?", INTENTION),
    "reality": ("0,1,2,3,4", "Is it done?", REALITY),
    "applicable": ("yes,no", "Does it apply to us?",
                   "Leave it empty, or choose yes, if it does. Choose no if it cannot apply here, and leave the "
                   "ratings empty. What we could do and do not is a 0, not a no."),
    "evidence": ("", "What shows it?",
                 "A document, a figure, a place to look. Reality of 3 or 4 without evidence counts as 2."),
    "importance": ("0,1,2,3", "How much does it matter?", (("not at all", ""), ("a little", ""), ("much", ""),
                                                            ("decisive", ""))),
    "effort": ("1,2,3", "What would it cost to do more?", "1 little\n2 some\n3 much\nMay stay empty."),
}
Font = partial(AnyFont, name="Arial", size=10)
LINE = Side(style="thin", color=FAINT)
STAMP = "2026-01-01T00:00:00Z"  # one date for all: the same form is the same bytes


def template(what: str, out: str | Path, *, short: bool = False, raters: int = 1, firm: str = "") -> Path:
    """Write an empty form, as ``.xlsx`` with a sheet for each rater or as one long ``.csv``; returns its path.

    The long form has sixty practices, for firms; the short one sixteen, for a class, without evidence,
    importance and effort. A file that is there already may hold answers and is never written over.
    """
    if what not in TEMPLATES:
        raise unknown("form", what, "crmlab", TEMPLATES)
    path, raters = Path(out), _few(raters)
    if path.exists():
        raise CrmlabError(f"There is a file '{path.name}' already.", "It may hold somebody's answers.",
                          "Give another name, or remove it first.")
    write = {".xlsx": workbook, ".csv": long_table}.get(path.suffix.lower())
    if not write:
        raise CrmlabError(f"A form cannot be written as '{path.name}'.", "crmlab writes .xlsx and .csv.",
                          f"Say --out {path.stem or 'form'}.xlsx.")
    return places.write(path, write(short, raters, firm.strip()))


def _few(raters: int) -> int:
    if not 1 <= raters <= MOST_RATERS:
        raise CrmlabError(f"A form is for 1 to {MOST_RATERS} raters.", f"Found raters = {raters}.",
                          "Write a second form for the others.")
    return raters


def long_table(short: bool, raters: int, firm: str) -> bytes:
    """The form as csv: a row per rater and practice, with the statements as a column."""
    rows = [{"firm": firm, "rater": f"Rater {number}", "practice": practice.practice,
             "statement": practice.statement} for number in range(1, raters + 1) for practice in _asked(short)]
    frame = pd.DataFrame(rows).reindex(columns=["firm", "rater", *forms.COLUMNS[short]])
    return spreadsheet_safe(frame).to_csv(index=False, lineterminator="\n").encode("utf-8-sig")


def workbook(short: bool, raters: int, firm: str) -> bytes:
    """The form as a workbook: instructions first, then a sheet for each rater."""
    book = Workbook()
    book._named_styles["Normal"].font = Font()
    book.properties.creator, book.properties.title = "crmlab", "Assessment after the QCi model"
    _instructions(book.active, short)
    for number in range(1, raters + 1):
        _sheet(book.create_sheet(f"Rater {number}"), short, firm)
    book.active = 1
    for sheet in book.worksheets:
        sheet.sheet_view.tabSelected = sheet.title == "Rater 1"
    packed = io.BytesIO()
    book.save(packed)
    return _undated(packed.getvalue())


def _undated(packed: bytes) -> bytes:
    """The archive without the time at which it was written."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(packed)) as given, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name in given.namelist():
            content = given.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"(<dcterms:\w+[^>]*>)[^<]*", rb"\g<1>" + STAMP.encode(), content)
            made.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _asked(short: bool) -> list:
    return [practice for practice in PRACTICES if practice.short or not short]


# ---- a rater's sheet ---------------------------------------------------------------------------------------

def _sheet(sheet, short: bool, firm: str) -> None:
    columns = forms.COLUMNS[short]
    letters = {name: get_column_letter(place) for place, name in enumerate(columns, 1)}
    head = _heading(sheet, short, firm, columns)
    rows = _statements(sheet, short, head, columns)
    _validated(sheet, letters, rows)
    _coloured(sheet, letters, head + 1, sheet.max_row)
    widths = WIDTHS | (SHORT_WIDTHS if short else {})
    for name, letter in letters.items():
        sheet.column_dimensions[letter].width = widths[name]
    sheet.freeze_panes = f"{letters['intention']}{head + 1}"
    sheet.sheet_view.showGridLines = False
    _protected(sheet)
    _printed(sheet, short, f"{head}:{head}", f"A1:{letters[columns[-1]]}{sheet.max_row}")


def _heading(sheet, short: bool, firm: str, columns: tuple) -> int:
    """Title, the cells for firm, rater and year, the steps in a line each, the header; returns its row."""
    _put(sheet, "A1", "Assessment after the QCi model", Font(size=14, bold=True, color=INK))
    sheet.row_dimensions[1].height = 24
    last = get_column_letter(len(columns))
    _put(sheet, f"{last}1", forms.mark(short), Font(size=8, color=GREY), Alignment(horizontal="right"))
    for row, (label, hint) in enumerate((("Firm", ""), ("Rater", "your name, or a number"),
                                         ("Year", "if you assess again later")), 2):
        _put(sheet, f"A{row}", label, Font(bold=True, color=INK))
        cell = _put(sheet, f"B{row}", firm if label == "Firm" else None, Font(color=INK))
        cell.fill, cell.border = PatternFill("solid", PALE), Border(bottom=LINE)
        cell.alignment, cell.protection = Alignment(horizontal="left"), Protection(locked=False)
        if hint:
            prompt = DataValidation(showInputMessage=True, promptTitle=label, prompt=f"{hint[0].upper()}{hint[1:]}.")
            prompt.add(f"B{row}")
            sheet.add_data_validation(prompt)
    lines = [f"{name}: {_steps(steps)}" for name, steps in (("Intention", INTENTION), ("Reality", REALITY))]
    lines += [] if short else ["Importance: 0 not at all · 1 a little · 2 much · 3 decisive.  Effort: 1 little · 2 some "
                               "· 3 much.  Both may stay empty."]
    at = [f"A{row}" for row in (5, 6)] if short else [f"C{row}" for row in (2, 3, 4)]
    for place, line in zip(at, lines, strict=True):
        _put(sheet, place, line, Font(size=9, color=GREY))
    head = 7 if short else 5
    for place, name in enumerate(columns, 1):
        cell = _put(sheet, f"{get_column_letter(place)}{head}", name.capitalize(), Font(bold=True, color="FFFFFF"),
                    Alignment(horizontal="left" if name in ("practice", "statement", "evidence") else "center",
                              vertical="center"))
        cell.fill = PatternFill("solid", INK)
    sheet.row_dimensions[head].height = 22
    return head


def _steps(steps: tuple) -> str:
    return " · ".join(f"{number} {name}" for number, (name, _) in enumerate(steps))


def _statements(sheet, short: bool, head: int, columns: tuple) -> list[int]:
    """The practices under their elements and stages; returns the rows that ask."""
    rows, row, seen = [], head, ("", "")
    for practice in _asked(short):
        if practice.element != seen[0]:
            row += 1
            _band(sheet, row, columns, ELEMENTS[practice.element], PALE)
        if practice.section in STAGES and practice.section != seen[1] and not short:
            row += 1
            _band(sheet, row, columns, STAGES[practice.section], None)
        if practice.section in PAGES and practice.section != seen[1] and not short:
            sheet.row_breaks.append(Break(id=row - 1 - (practice.section == "targeting")))
        seen = practice.element, practice.section
        row += 1
        rows.append(row)
        _row(sheet, row, columns, practice)
    return rows


def _band(sheet, row: int, columns: tuple, name: str, back: str | None) -> None:
    """The name of an element on a band, or of a stage on a line."""
    for place in range(1, len(columns) + 1):
        cell = sheet.cell(row, place)
        cell.border = Border(bottom=LINE)
        if back:
            cell.fill = PatternFill("solid", back)
    _put(sheet, f"B{row}", name, Font(bold=True, color=INK if back else GREY), Alignment(vertical="center"))
    sheet.row_dimensions[row].height = 18


def _row(sheet, row: int, columns: tuple, practice) -> None:
    for place, name in enumerate(columns, 1):
        cell = sheet.cell(row, place)
        words = name in ("practice", "statement", "evidence")
        cell.alignment = Alignment(horizontal="left" if words else "center", vertical="center",
                                   wrap_text=name in ("statement", "evidence"))
        cell.border = Border(bottom=LINE, left=LINE if place > 2 else None, right=LINE if place > 2 else None)
        cell.font = Font(color=GREY, size=8) if name == "practice" else Font(color=INK)
        cell.protection = Protection(locked=name in ("practice", "statement"))
    sheet.cell(row, 1, practice.practice)
    sheet.cell(row, 2, practice.statement)
    sheet.row_dimensions[row].height = LINES


def _validated(sheet, letters: dict, rows: list[int]) -> None:
    """What a cell takes, and the words that appear beside it."""
    for name, (values, title, said) in ASKED.items():
        if name not in letters:
            continue
        prompt = said if isinstance(said, str) else "\n".join(
            f"{number} {step}" for number, (step, _) in enumerate(said))
        rule = DataValidation(type="list" if values else None, formula1=f'"{values}"' if values else None,
                              allow_blank=True, showErrorMessage=bool(values), showInputMessage=True,
                              promptTitle=title, prompt=prompt, errorTitle=name.capitalize(),
                              error=f"Please choose {listed(values.split(','), 9, False).replace(' and ', ' or ')}, "
                                    "or leave the cell empty." if values else None)
        for row in rows:
            rule.add(f"{letters[name]}{row}")
        sheet.add_data_validation(rule)


def _coloured(sheet, letters: dict, first: int, last: int) -> None:
    """Amber for what is still to be said, grey for what does not apply."""
    meant, done, applies = (f"${letters[name]}{first}" for name in ("intention", "reality", "applicable"))
    out = f'LOWER({applies})="no"'
    half = f'AND($A{first}<>"",NOT({out}),ISBLANK({meant})<>ISBLANK({done}),ISBLANK(%s))'
    rules = {f"A{first}:{get_column_letter(len(letters))}{last}": (out, None, Font(color="A9B2BA", italic=True)),
             f"{letters['intention']}{first}:{letters['intention']}{last}": (half % meant, AMBER, None),
             f"{letters['reality']}{first}:{letters['reality']}{last}": (half % done, AMBER, None)}
    if "evidence" in letters:
        shown = f"${letters['evidence']}{first}"
        rules[f"{letters['evidence']}{first}:{letters['evidence']}{last}"] = (
            f'AND(ISNUMBER({done}),{done}>=3,ISBLANK({shown}),NOT({out}))', AMBER, None)
    for place, (formula, fill, font) in rules.items():
        sheet.conditional_formatting.add(place, FormulaRule(
            [formula], font=font, fill=PatternFill("solid", bgColor=fill) if fill else None))


def _protected(sheet) -> None:
    """Statements cannot be overwritten by a slip; there is no password."""
    sheet.protection.sheet = True
    sheet.protection.formatColumns = sheet.protection.formatRows = sheet.protection.formatCells = False


def _printed(sheet, short: bool, titles: str, area: str) -> None:
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 1 if short else 0
    sheet.print_title_rows, sheet.print_area = titles, area
    sheet.print_options.horizontalCentered = True
    for side in ("left", "right", "top", "bottom"):
        setattr(sheet.page_margins, side, 0.5)
    sheet.page_margins.bottom, sheet.page_margins.footer = 0.65, 0.3
    sheet.oddFooter.left.text, sheet.oddFooter.right.text = f"&A · {forms.mark(short)}", "&P / &N"
    sheet.oddFooter.left.size = sheet.oddFooter.right.size = 8


def _put(sheet, at: str, text: str | None, font: Font, alignment: Alignment | None = None):
    """Words stay words, whatever sign they begin with."""
    cell = sheet[at]
    cell.value = text or None
    cell.font, cell.alignment = font, alignment or Alignment(vertical="center")
    if text:
        cell.data_type, cell.quotePrefix = "s", text[:1] in "=+-@"
    return cell


# ---- the first sheet ---------------------------------------------------------------------------------------

def _instructions(sheet, short: bool) -> None:
    sheet.title = "Instructions"
    _put(sheet, "A1", "How well do we manage our customers?", Font(size=18, bold=True, color=INK))
    sheet.row_dimensions[1].height = 30
    row = _paragraphs(sheet, 2, _opening(short))
    row = _table(sheet, row + 1)
    _paragraphs(sheet, row + 1, _rules(short))
    for letter, width in (("A", 16), ("B", 52), ("C", 52)):
        sheet.column_dimensions[letter].width = width
    sheet.sheet_view.showGridLines = False
    _protected(sheet)
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_setup.fitToWidth = sheet.page_setup.fitToHeight = 1
    sheet.print_options.horizontalCentered = True


def _paragraphs(sheet, row: int, said: list[tuple[str, str]]) -> int:
    """A label and its text in a row each; returns the next free row."""
    for label, text in said:
        _put(sheet, f"A{row}", label, Font(bold=True, color=INK), Alignment(vertical="top"))
        _put(sheet, f"B{row}", text, Font(color=INK), Alignment(vertical="top", wrap_text=True))
        sheet.merge_cells(f"B{row}:C{row}")
        sheet.row_dimensions[row].height = 13 * (len(text) // 112 + 1) + 8
        row += 1
    return row


def _table(sheet, row: int) -> int:
    """The five steps of both scales, spelled out."""
    for at, words in zip("ABC", ("Step", "Intention: is it meant?", "Reality: is it done?"), strict=True):
        cell = _put(sheet, f"{at}{row}", words, Font(bold=True, color="FFFFFF"))
        cell.fill = PatternFill("solid", INK)
    sheet.row_dimensions[row].height = 20
    for number, pair in enumerate(zip(INTENTION, REALITY, strict=True)):
        row += 1
        cells = [_put(sheet, f"A{row}", str(number), Font(bold=True, color=INK))]
        cells += [_put(sheet, f"{at}{row}", f"{name}: {sign}", Font(color=INK),
                       Alignment(vertical="center", wrap_text=True)) for at, (name, sign) in zip("BC", pair, strict=True)]
        for cell in cells:
            cell.border = Border(bottom=LINE)
        sheet.row_dimensions[row].height = 28
    return row + 1


def _opening(short: bool) -> list[tuple[str, str]]:
    return [("What it is", f"{len(_asked(short))} statements about how an organisation manages its customers, in "
             f"{len(ELEMENTS)} elements, from planning to what customers live through. Rate each statement twice: "
             "how far it is meant, and how far it is done.")]


def _rules(short: bool) -> list[tuple[str, str]]:
    firms = [] if short else [
        ("Evidence", "Reality of 3 or 4 needs something that shows it: a document, a figure, a place to look. Write it "
         "under Evidence; without it the answer counts as 2. Name no more people than you must."),
        ("For the plan", "Importance and Effort help to say what to do first. Both may stay empty.")]
    return [
        ("Your sheet", "One sheet for each rater. Write your name, or a number, at the top. Fill it in alone, before "
         "you talk to the others: only then does it mean something that you agree."),
        *firms,
        ("Does it apply?", "Choose 'no' under Applicable where a statement cannot apply to this organisation, and leave "
         "the ratings empty: it then leaves the sum. What could be done and is not is a 0, not a 'no'."),
        ("Do not know?", "Leave the cells empty. Empty is not 0: it is counted as missing and left out."),
        ("The sheets", "Statements and headings are locked without a password, so that they stay what they are. A cell "
         "turns amber where something is still to be said."),
        ("Hand it back", "Save it as .xlsx, under a name of its own. Whoever collects it says: crmlab validate FILE. "
         "It tells what is missing or wrong, cell by cell."),
        ("Where it is from", f"After {QCI.spoken} ({QCI.source}); its elements are told in our own words. CMAT is a "
         "trademark of others, and none of its questions is here: these statements, the steps, the rule of evidence "
         "and the choice of sixteen for a class are ours (crmlab rules)."),
    ]
