"""The first sheet of a form: what the steps mean, what counts as evidence, how to hand it back."""

from openpyxl.styles import Alignment

from crmlab.desk.paper import INK, WHITE, filled, printed, protected, put, underlined
from crmlab.measures.scorecard.form import ELEMENTS, INTENTION, QCI, REALITY, asked, mark

SIGNS = 112  # on a line of text
TEXT = Alignment(vertical="top", wrap_text=True)
WRAPPED = Alignment(vertical="center", wrap_text=True)


def instructions(sheet, short: bool) -> None:
    """Write them on the sheet."""
    sheet.title = "Instructions"
    put(sheet, "A1", "How well do we manage our customers?", size=18, bold=True)
    sheet.row_dimensions[1].height = 30
    row = _paragraphs(sheet, 2, _opening(short))
    row = _table(sheet, row + 1)
    _paragraphs(sheet, row + 1, _rules(short))
    for letter, width in (("A", 16), ("B", 52), ("C", 52)):
        sheet.column_dimensions[letter].width = width
    protected(sheet)
    printed(sheet, 1, mark(short))


def _paragraphs(sheet, row: int, said: list[tuple[str, str]]) -> int:
    """A label and its text in a row each; returns the next free row."""
    for label, text in said:
        put(sheet, f"A{row}", label, Alignment(vertical="top"), bold=True)
        put(sheet, f"B{row}", text, TEXT)
        sheet.merge_cells(f"B{row}:C{row}")
        sheet.row_dimensions[row].height = 13 * (len(text) // SIGNS + 1) + 8
        row += 1
    return row


def _table(sheet, row: int) -> int:
    """The five steps of both scales, spelled out; returns the next free row."""
    for at, words in zip("ABC", ("Step", "Intention: is it meant?", "Reality: is it done?"), strict=True):
        put(sheet, f"{at}{row}", words, bold=True, color=WHITE).fill = filled(INK)
    sheet.row_dimensions[row].height = 20
    for number, pair in enumerate(zip(INTENTION, REALITY, strict=True)):
        row += 1
        underlined(put(sheet, f"A{row}", str(number), bold=True))
        for at, (name, sign) in zip("BC", pair, strict=True):
            underlined(put(sheet, f"{at}{row}", f"{name}: {sign}", WRAPPED))
        sheet.row_dimensions[row].height = 28
    return row + 1


def _opening(short: bool) -> list[tuple[str, str]]:
    return [("What it is", f"{len(asked(short))} statements about how an organisation manages its "
             f"customers, in {len(ELEMENTS)} elements, from planning to what customers live through. Rate "
             "each statement twice: how far it is meant, and how far it is done.")]


def _rules(short: bool) -> list[tuple[str, str]]:
    firms = [] if short else [
        ("Evidence", "Reality of 3 or 4 needs something that shows it: a document, a figure, a place "
         "to look. Write it under Evidence; without it the answer counts as 2. Name no more people "
         "than you must."),
        ("For the plan", "Importance and Effort help to say what to do first. Both may stay empty.")]
    evidence = "" if short else "the rule of evidence, "
    return [
        ("Your sheet", "One sheet for each rater. Write your name, or a number, at the top. Fill it "
         "in alone, before you talk to the others: only then does it mean something that you agree."),
        *firms,
        ("Does it apply?", "Choose 'no' under Applicable where a statement cannot apply to this "
         "organisation, and leave the ratings empty: it then leaves the sum. What could be done and is not "
         "is a 0, not a 'no'."),
        ("Do not know?", "Leave the cells empty. Empty is not 0: it is counted as missing and left out."),
        ("The sheets", "Statements and headings are locked without a password, so that they stay what they "
         "are. A cell turns amber where something is still to be said."),
        ("Hand it back", "Save it as .xlsx, under a name of its own. Whoever collects it says: "
         "crmlab validate FILE. It tells what is missing or wrong, cell by cell."),
        ("Where it is from", f"After {QCI.spoken} ({QCI.source}); its elements are told in our own words. "
         "CMAT is a trademark of others, and none of its questions is here: these statements, the steps, "
         f"{evidence}and the choice of sixteen for a class are ours (crmlab rules)."),
    ]
