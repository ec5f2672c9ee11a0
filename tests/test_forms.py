"""The form: what is written, what comes back, and fifteen ways to fill it wrongly, each with its cells."""

import csv
import datetime
import io
import re
import shutil
import subprocess

import openpyxl
import pytest

import crmlab as crm
from crmlab.desk.forms import template
from crmlab.desk.validate import validate
from crmlab.frame.errors import CrmlabError
from crmlab.frame.record import spreadsheet_safe
from crmlab.measures import tables
from crmlab.measures.scorecard import KEYS, PRACTICES, SHORT

FEW = {"AP1": (3, 2), "AP2": (4, 4), "WE3": (1, 0)}  # what a rater answers here: intention and reality


@pytest.fixture(scope="module")
def empty(tmp_path_factory) -> bytes:
    """The long form for two raters."""
    return template("assessment", tmp_path_factory.mktemp("form") / "form.xlsx", raters=2, firm="Muster & Co").read_bytes()


@pytest.fixture(scope="module")
def plain(empty) -> bytes:
    """One rater's sheet without lists and colours, which take their time."""
    book = openpyxl.load_workbook(io.BytesIO(empty))
    del book["Instructions"], book["Rater 2"]
    sheet = book["Rater 1"]
    sheet.data_validations.dataValidation, sheet.conditional_formatting = [], type(sheet.conditional_formatting)()
    answer(sheet, "Ann")
    return saved(book)


@pytest.fixture
def form(empty, plain, tmp_path):
    """Fill the form in and save it: each change is a function of the workbook, or a cell of the first sheet."""
    def filled(*changes, two=False, **cells):
        book = openpyxl.load_workbook(io.BytesIO(empty if two else plain))
        answer(book["Rater 1"], "Ann")
        for change in changes:
            change(book)
        for at, value in cells.items():
            book["Rater 1"][at] = value
        (tmp_path / "filled.xlsx").write_bytes(saved(book))
        return tmp_path / "filled.xlsx"
    return filled


def saved(book) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def answer(sheet, rater: str | None, given=FEW) -> None:
    sheet["B3"] = rater
    for key, (intention, reality) in given.items():
        sheet[f"C{row(sheet, key)}"], sheet[f"D{row(sheet, key)}"] = intention, reality
    for row_ in ([row(sheet, "AP2")] if "AP2" in given else []):
        sheet[f"F{row_}"] = "sales report"


def row(sheet, key: str) -> int:
    return next(cell.row for cell in sheet["A"] if cell.value == key)


def bob(book) -> None:
    answer(book["Rater 2"], "Bob", {"AP1": (2, 1)})


def opened(path):
    return crm.open_table("assessments", path)


def notes(path) -> list[str]:
    return tables.provenance(opened(path))["notes"]


def problems(path) -> list[str]:
    return [str(problem) for problem in validate(path).problems]


def rated(table) -> dict:
    """Practices with their ratings, by rater."""
    full = table.dropna(subset=["intention", "reality"])
    return {rater: dict(zip(own["practice"], zip(own["intention"], own["reality"], strict=True), strict=True))
            for rater, own in full.groupby("rater")}


# ---- what is written ---------------------------------------------------------------------------------------

def test_the_form_has_instructions_and_a_sheet_for_each_rater(empty):
    book = openpyxl.load_workbook(io.BytesIO(empty))
    assert book.sheetnames == ["Instructions", "Rater 1", "Rater 2"]
    said = " ".join(str(cell.value) for line in book["Instructions"].iter_rows() for cell in line if cell.value)
    for word in ("bought into by all concerned", "partly in place", "Evidence", "cannot apply", "Empty is not 0",
                 "crmlab validate", "CMAT is a trademark of others", "ours (crmlab rules)"):
        assert word in said
    sheet = book["Rater 2"]
    assert [cell.value for cell in sheet["A"] if cell.value in KEYS] == list(KEYS)
    assert {sheet[f"A{at}"].value: sheet[f"B{at}"].value for at in range(1, sheet.max_row + 1)
            if sheet[f"A{at}"].value in KEYS} == {p.practice: p.statement for p in PRACTICES}
    assert sheet["B2"].value == "Muster & Co" and sheet["H1"].value == "crmlab form 1, long"
    assert [sheet.cell(5, place).value for place in range(1, 9)] == [
        "Practice", "Statement", "Intention", "Reality", "Applicable", "Evidence", "Importance", "Effort"]


def test_every_answer_has_a_list_and_a_word_beside_it(empty):
    sheet = openpyxl.load_workbook(io.BytesIO(empty))["Rater 1"]
    for name, letter, values in (("intention", "C", "0,1,2,3,4"), ("reality", "D", "0,1,2,3,4"),
                                 ("applicable", "E", "yes,no"), ("importance", "G", "0,1,2,3"), ("effort", "H", "1,2,3")):
        for key in KEYS:
            rule = lists(sheet)[f"{letter}{row(sheet, key)}"]
            assert rule.formula1 == f'"{values}"' and rule.showErrorMessage and rule.prompt, name
            assert len(rule.prompt) <= 255 and len(rule.promptTitle) <= 32
    assert "4 in place, evidenced, reviewed" in lists(sheet)["D7"].prompt


def lists(sheet) -> dict:
    """The validation rule of each cell that takes something from a list."""
    return {f"{openpyxl.utils.get_column_letter(place)}{at}": rule
            for rule in sheet.data_validations.dataValidation if rule.type == "list" for area in rule.sqref.ranges
            for place in range(area.min_col, area.max_col + 1) for at in range(area.min_row, area.max_row + 1)}


def test_it_reads_and_prints_well(empty):
    sheet = openpyxl.load_workbook(io.BytesIO(empty))["Rater 1"]
    assert sheet.freeze_panes == "C6" and sheet.print_title_rows == "$5:$5"
    assert sheet.page_setup.orientation == "landscape" and sheet.page_setup.fitToWidth == 1
    assert sheet.protection.sheet and not sheet.protection.password
    assert sheet["B7"].protection.locked and not sheet["C7"].protection.locked and not sheet["B3"].protection.locked


def test_the_short_form_is_for_a_class(tmp_path):
    path = template("assessment", tmp_path / "short.xlsx", short=True)
    sheet = openpyxl.load_workbook(path)["Rater 1"]
    asked = [cell.value for cell in sheet["A"] if cell.value in KEYS]
    assert set(asked) == SHORT and len(asked) == 16 and sheet.max_column == 5
    book = openpyxl.load_workbook(path)
    for key in SHORT:
        book["Rater 1"][f"C{row(sheet, key)}"], book["Rater 1"][f"D{row(sheet, key)}"] = 4, 4
    book.save(path)
    table = opened(path)
    assert len(table) == 16 and "evidence" not in table and "importance" not in table
    assert crm.qci.assessment(table).headline()["overall"] == 100  # no evidence is asked for, so no rule applies
    assert notes(path) == ["No sheet names a firm: it was taken as 'our firm'.",
                           "Sheet 'Rater 1' names no rater: its title was taken."]


@pytest.mark.parametrize("name", ["form.xlsx", "form.csv"])
def test_the_same_form_is_the_same_bytes(tmp_path, monkeypatch, name):
    first = template("assessment", tmp_path / "a" / name, raters=2).read_bytes()
    monkeypatch.setattr("time.time", lambda: 2e9)
    assert template("assessment", tmp_path / "b" / name, raters=2).read_bytes() == first
    assert datetime.date.today().isoformat().encode() not in first


def test_a_firm_called_like_a_formula_stays_a_name(tmp_path):
    book = openpyxl.load_workbook(template("assessment", tmp_path / "a.xlsx", firm="=cmd()"))
    assert book["Rater 1"]["B2"].data_type == "s"
    path = template("assessment", tmp_path / "a.csv", short=True, firm="=cmd()")
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    assert lines[1].startswith("'=cmd(),Rater 1,,AP5,Lifetime value is estimated and watched.,")
    path.write_text("\n".join([lines[0], lines[1].removesuffix(",,,") + ",,3,2,"]).replace(",,3,2,", ",3,2,"))
    assert opened(path)["firm"].tolist() == ["=cmd()"]


@pytest.mark.parametrize(("what", "out", "more", "message"), [
    ("asessment", "a.xlsx", {}, "There is no form 'asessment'. crmlab has: assessment and case. Did you mean 'assessment'?"),
    ("assessment", "a.pdf", {}, "A form cannot be written as 'a.pdf'. crmlab writes .xlsx and .csv. Say --out a.xlsx."),
    ("assessment", "a.xlsx", {"raters": 0}, "A form is for 1 to 40 raters. Found raters = 0. "
                                            "Write a second form for the others."),
    ("assessment", "there.xlsx", {}, "There is a file 'there.xlsx' already. It may hold somebody's answers. "
                                     "Give another name, or remove it first."),
])
def test_refusals_of_the_template(tmp_path, what, out, more, message):
    (tmp_path / "there.xlsx").write_text("answers")
    with pytest.raises(CrmlabError) as error:
        template(what, tmp_path / out, **more)
    assert str(error.value) == message
    assert (tmp_path / "there.xlsx").read_text() == "answers"


# ---- what comes back ---------------------------------------------------------------------------------------

def test_a_filled_form_comes_back(form):
    table = opened(form(bob, two=True))
    assert rated(table) == {"Ann": FEW, "Bob": {"AP1": (2, 1)}}
    assert set(table["firm"]) == {"Muster & Co"} and len(table) == 120
    assert table.loc[table["practice"] == "AP2", "evidence"].tolist()[0] == "sales report"
    assert list(table) == ["practice", "intention", "reality", "applicable", "evidence", "importance", "effort", "firm", "rater"]
    assert tables.provenance(table)["table"] == "assessments" and len(tables.provenance(table)["sha256"]) == 64
    assert crm.qci.assessment(table).headline()["overall"] > 0


def test_a_sheet_nobody_touched_is_left_out_and_named(form):
    path = form(two=True)
    assert rated(opened(path)) == {"Ann": FEW}
    left = "TA1, TA2, TA3, TA4, TA5"
    assert notes(path) == [
        f"Sheet 'Rater 1' leaves 57 of 60 practices open: AP3, AP4, AP5, AP6, AP7, AP8, AP9, PR1, PR2, PR3, PR4, PR5, PR6, "
        f"{left}, EN1, WE1 and 37 more.",
        "Sheet 'Rater 2' is not filled in and was left out."]


def test_partly_filled_practices_are_kept_and_their_cells_named(form):
    path = form(C9=2, D10=1)
    assert "Sheet 'Rater 1', cells D9 and C10 are empty beside a rating: their practices will not be scored." in notes(path)
    assert "leaves 55 of 60 practices open" in str(notes(path))


def test_validate_knows_a_form_without_being_told(form):
    found = validate(form(two=True))
    assert found.fine and "qci: 1 firm can be assessed." in found.text()
    assert "Sheet 'Rater 2' is not filled in and was left out." in found.text()


def test_the_year_makes_a_wave(form):
    def again(book):
        answer(book["Rater 2"], "Ann", FEW)
        book["Rater 2"]["B4"] = 2026

    table = opened(form(again, two=True, B4=2025))
    assert table["wave"].astype(str).unique().tolist() == ["2025", "2026"]
    assert problems(form(bob, two=True, B4=2025)) == [
        "assessments: sheet 'Rater 2', cell B4 is empty. Another sheet gives its year. "
        "Write the year of the assessment, such as 2026."]
    assert problems(form(B4="25")) == ["assessments: sheet 'Rater 1', cell B4 reads '25'. A year has four digits. "
                                       "Write the year of the assessment, such as 2026."]


def test_sheets_may_be_renamed_and_others_stand_beside(form):
    def change(book):
        book["Rater 1"].title = "Ann's view"
        book.create_sheet("Remarks")["A1"] = "see mail"

    assert rated(opened(form(change))) == {"Ann": FEW}
    assert "Sheet 'Remarks' is no sheet of the form and was left out." in notes(form(change))


def test_words_of_the_source_are_never_repeated(form):
    said = validate(form(F7="told by Eva Muster"))
    assert "Eva" not in said.text() and "Column 'evidence'" not in said.text().partition("Notes")[2].partition("Lessons")[0]


def test_the_csv_goes_the_same_way(tmp_path):
    path = template("assessment", tmp_path / "form.csv", raters=2, firm="us")
    lines = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    assert lines[0] == ["firm", "rater", "practice", "statement", "intention", "reality", "applicable", "evidence",
                        "importance", "effort"] and len(lines) == 121
    lines[1][4:8] = ["3", " 2 ", "ja", ""]
    lines[2][4:8] = ["4", "4", "", "sales report"]
    write(path, lines)
    assert rated(opened(path)) == {"Rater 1": {"AP1": (3, 2), "AP2": (4, 4)}}
    assert notes(path)[0] == "Cell G2 reads 'ja': taken as yes." and notes(path)[-1] == (
        "Rater 'Rater 2' of 'us' is not filled in and was left out.")
    lines[1][4:8] = ["3", "5", "maybe", ""]
    write(path, lines)
    assert problems(path) == [
        "assessments: cell F2 reads '5'. Reality goes from 0 to 4. Correct the cell, or empty it if there is no answer.",
        "assessments: cell G2 reads 'maybe'. Applicable takes yes or no, and empty means yes. "
        "Write 'no' where the practice cannot apply, and nothing elsewhere."]


def test_a_csv_form_saved_as_a_workbook(tmp_path):
    path = template("assessment", tmp_path / "form.csv", short=True)
    book = openpyxl.Workbook()
    for line in csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))):
        book.active.append([cell or None for cell in line])
    book.active["F2"], book.active["G2"] = 3, 2
    book.save(tmp_path / "form.xlsx")
    assert rated(opened(tmp_path / "form.xlsx")) == {"Rater 1": {"AP5": (3, 2)}}


def test_a_csv_with_semicolons(tmp_path):
    path = template("assessment", tmp_path / "form.csv", short=True)
    lines = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    lines[1][5:7] = ["3", "2"]
    write(path, lines, ";")
    assert rated(opened(path)) == {"Rater 1": {"AP5": (3, 2)}}


def write(path, lines, delimiter=",") -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=delimiter).writerows(lines)


def test_an_ordinary_long_table_goes_its_own_way(tmp_path):
    (tmp_path / "a.csv").write_text("practice,intention,reality\nAP1,3,7\n")
    with pytest.raises(CrmlabError, match="Row 2 reads '7'"):
        opened(tmp_path / "a.csv")


def test_own_headings_can_be_mapped(form):
    path = form(D5="Ist")
    assert rated(crm.open_table("assessments", path, columns={"Ist": "reality"})) == {"Ann": FEW}
    table = crm.open_table("assessments", form(D5="Reality"), columns={"evidence": "-", "Effort": "-"})
    assert not {"evidence", "effort"} & set(table) and rated(table) == {"Ann": FEW}
    assert "Left out as asked: 'evidence' and 'Effort'." in tables.provenance(table)["notes"]
    with pytest.raises(CrmlabError) as error:
        crm.open_table("assessments", form(D5="Ist"), columns={"Jetzt": "reality"})
    assert str(error.value).startswith("There is no column 'Jetzt'. The form has: Practice, Statement, Intention, Ist")


def test_codes_for_missing(form):
    path = form(C7=99)
    table = crm.open_table("assessments", path, missing=[99])
    assert "In 'intention' 1 answer read '99': missing." in tables.provenance(table)["notes"]


# ---- fifteen ways to fill it wrongly -----------------------------------------------------------------------

def bare(path) -> list[str]:
    """The notes without those on what is still open."""
    return [note for note in notes(path) if "open:" not in note and "not filled in" not in note]


WHOLE = "Decide for one: a whole number, 0 to 4."


@pytest.mark.parametrize(("cells", "messages"), [
    # what stands in a rating
    ({"C7": 5, "C8": "yes", "C9": 2.5, "C10": "2-3", "C11": datetime.date(2026, 3, 2), "C12": "75 %", "C13": "n/a",
      "C14": "=1+2"},
     ["cell C7 reads '5'. Intention goes from 0 to 4. Correct the cell, or empty it if there is no answer.",
      "cell C8 reads 'yes'. Intention takes a whole number, 0 to 4. "
      "Write the number of the step, or leave the cell empty.",
      f"cell C9 reads '2.5'. That lies between two steps. {WHOLE}",
      f"cell C10 reads '2-3'. Those are two steps. {WHOLE}",
      f"cell C11 reads '2026-03-02'. A spreadsheet makes a date of 2/3 or 2-3. {WHOLE}",
      "cell C12 reads '75 %'. The steps are no percentages. Write a whole number, 0 to 4, and no percent sign.",
      "cell C13 reads 'n/a'. Intention takes a whole number, 0 to 4. Leave it empty, and write 'no' under Applicable.",
      "cell C14 holds a formula without a result. Another program wrote it and did not compute it. "
      "Write the number, or open the form in Excel or LibreOffice and save it again."]),
    # several cells at once, in other columns and other habits
    ({"C7": True, "C9": "2,5", "D7": 5, "D8": -1, "D9": "2 bis 3", "D10": "2–3", "D11": 46056, "H9": 0},
     ["cell C7 reads 'TRUE'. Intention takes a whole number, 0 to 4. "
      "Write the number of the step, or leave the cell empty.",
      f"cell C9 reads '2,5'. That lies between two steps. {WHOLE}",
      "cells D7 and D8 read '5' and '-1'. Reality goes from 0 to 4. "
      "Correct the cells, or empty them if there is no answer.",
      f"cells D9 and D10 read '2 bis 3' and '2–3'. Those are two steps. {WHOLE}",
      f"cell D11 reads '46056'. A spreadsheet makes a date of 2/3 or 2-3. {WHOLE}",
      "cell H9 reads '0'. Effort goes from 1 to 3. Correct the cell, or empty it if there is no answer."]),
    # whether it applies, and what shows it
    ({"E7": "no", "E8": "perhaps", "F8": "=cmd()", "F9": "#NAME?"},
     ["cell E8 reads 'perhaps'. Applicable takes yes or no, and empty means yes. "
      "Write 'no' where the practice cannot apply, and nothing elsewhere.",
      "cells F8 and F9 hold formulas without a result. Evidence is read as text, and '=' begins a formula. "
      "Begin with a word.",
      "cell E7 says that AP1 does not apply. C7 reads 3 and D7 reads 2. Empty the ratings, or write 'yes'."]),
    # the keys of the practices
    ({"A7": None, "A9": "AP99", "A10": "own one", "A11": "AP2"},
     ["cell A7 is empty. Its row has an answer in C7 and D7. Write the key of the practice there, or empty the row.",
      "cell A9 reads 'AP99'. The model has no such practice. Did you mean 'AP9'?",
      "cell A10 reads 'own one'. The model has no such practice. Remove the row.",
      "cells A8 and A11 both read 'AP2'. A rater answers a practice once. Remove the rows that are too many."]),
    # headings, and which form it is
    ({"D5": "Ist"}, ["cell D5 reads 'Ist'. The form has 'Reality' there. Write 'Reality' back into the cell."]),
    ({"D5": "Intention"},
     ["cells C5 and D5 both read 'Intention'. Each column of the form stands once. "
      "Correct the heading, or remove the copy.",
      "has no column 'Reality'. Row 5 reads 'Practice', 'Statement', 'Intention', 'Intention', 'Applicable', "
      "'Evidence', 'Importance' and 'Effort'. Put it back after 'Intention'; its cells may stay empty."]),
    ({"A5": "Nr", "B5": "Frage"}, ["has no header. No row down to row 20 reads 'Practice', 'Statement', 'Intention' "
                                   "and 'Reality'. Copy the answers into a new form: crmlab template assessment."]),
    ({"H1": None}, ["does not say which form it is. Cell H1 should read 'crmlab form 1, long'. "
                    "Write it there if the form is of this crmlab; else copy the answers into a new one."]),
    ({"H1": "crmlab form 2, long"},
     ["is another version of the form. It reads 'crmlab form 2, long', and this crmlab reads form 1. "
      "Copy the answers into a new form: crmlab template assessment."]),
])
def test_a_slip_is_named_by_its_cell(form, cells, messages):
    assert problems(form(**cells)) == [f"assessments: sheet 'Rater 1'{',' * message.startswith('cell')} {message}"
                                       for message in messages]


def test_percent_as_excel_keeps_it(form):
    def percent(book):
        book["Rater 1"]["C7"], book["Rater 1"]["C7"].number_format = 0.75, "0%"

    assert problems(form(percent)) == ["assessments: sheet 'Rater 1', cell C7 reads '75%'. The steps are no percentages. "
                                       "Write a whole number, 0 to 4, and no percent sign."]


def test_a_row_deleted_is_counted_as_not_answered(form):
    path = form(lambda book: book["Rater 1"].delete_rows(9))
    assert bare(path) == ["Sheet 'Rater 1' has no row for AP3: counted as not answered."]
    assert rated(opened(path)) == {"Ann": FEW}


def test_a_row_inserted_does_no_harm_until_it_is_answered(form):
    assert bare(form(lambda book: book["Rater 1"].insert_rows(9))) == []
    path = form(lambda book: book["Rater 1"].insert_rows(9), C9=3)
    assert problems(path) == ["assessments: sheet 'Rater 1', cell A9 is empty. Its row has an answer in C9. "
                              "Write the key of the practice there, or empty the row."]


@pytest.mark.parametrize(("place", "name", "after"), [(4, "Reality", "Intention"), (6, "Evidence", "Applicable")])
def test_a_column_deleted(form, place, name, after):
    path = form(lambda book: book["Rater 1"].delete_cols(place), lambda book: book["Rater 1"].__setitem__("H1", None),
                lambda book: book["Rater 1"].__setitem__("G1", "crmlab form 1, long"))
    kept = ["Practice", "Statement", "Intention", "Reality", "Applicable", "Evidence", "Importance", "Effort"]
    kept.remove(name)
    read = ", ".join(f"'{word}'" for word in kept[:-1]) + f" and '{kept[-1]}'"
    assert problems(path)[0] == (f"assessments: sheet 'Rater 1' has no column '{name}'. Row 5 reads {read}. "
                                 f"Put it back after '{after}'; its cells may stay empty.")


def test_importance_and_effort_may_go(form):
    path = form(lambda book: book["Rater 1"].delete_cols(7, 2), H1="crmlab form 1, long")
    assert bare(path) == ["Sheet 'Rater 1' has no column 'importance'.", "Sheet 'Rater 1' has no column 'effort'."]


def test_two_raters_of_one_name(form):
    assert problems(form(lambda book: answer(book["Rater 2"], " ann "), two=True)) == [
        "assessments: two raters have the same name. Sheets 'Rater 1' and 'Rater 2' are both of 'ann'. "
        "Tell them apart in the cell beside Rater, or remove the copy."]


def test_two_firms(form):
    path = form(bob, lambda book: book["Rater 2"].__setitem__("B2", "Muster"), two=True)
    assert problems(path) == [
        "assessments: the sheets name different firms. 'Rater 1' B2 reads 'Muster & Co' and 'Rater 2' B2 reads 'Muster'. "
        "Write one name into all sheets, or give each firm a form of its own."]


def test_yes_and_no_are_read_kindly(form):
    path = form(E9="no", E10="No ", E11="n/a", E12="nein", E13=0, E14=False, E15="yes", E17="JA", E18=1, E19=None)
    assert opened(path)["applicable"].tolist()[:13] == [1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1]
    assert bare(path) == [f"Sheet 'Rater 1', cell {at} reads '{word}': taken as {said}." for at, word, said in (
        ("E11", "n/a", "no"), ("E12", "nein", "no"), ("E14", "false", "no"), ("E17", "ja", "yes"))]


def test_zeros_beside_no_mean_the_same(form):
    assert bare(form(C9=0, D9=0, E9="no")) == [
        "Sheet 'Rater 1', cells C9 and D9 read 0 for practices that do not apply: left out, not counted as 0."]


def test_high_reality_without_evidence_is_a_note(form):
    path = form(C9=4, D9=3, C10=4, D10=4, F10=" - ")
    assert bare(path) == ["Sheet 'Rater 1', cells D9 and D10 claim reality of 3 or 4 without evidence: they count as 2."]


def test_merged_answers(form):
    assert problems(form(lambda book: book["Rater 1"].merge_cells("C7:C8"))) == [
        "assessments: sheet 'Rater 1', cells C7:C8 are merged. One answer would stand for several. "
        "Unmerge the cells and answer each on its own."]


def test_nothing_filled_in(form, tmp_path):
    path = form(lambda book: answer(book["Rater 1"], None, dict.fromkeys(FEW, (None, None))), F8=None)
    assert problems(path) == ["assessments: no practice is answered. 'filled.xlsx' has 1 rater, none with an answer. "
                              "Fill in intention and reality for one practice at least."]
    path = template("assessment", tmp_path / "form.csv", short=True)
    assert problems(path) == ["assessments: no practice is answered. 'form.csv' has 1 rater, none with an answer. "
                              "Fill in intention and reality for one practice at least."]


def test_pasted_blanks_and_text_numbers(form):
    path = form(C7="  3 ", D7="2.0", A9=" AP3 ")
    assert rated(opened(path)) == {"Ann": FEW} and bare(path) == []


def test_a_statement_overwritten_is_noted(form):
    assert bare(form(B8="We count things.")) == [
        "Sheet 'Rater 1', cell B8 is not the statement of its practice: the key in column A was followed."]


def test_evidence_that_looks_like_a_formula_is_harmless(form):
    def text(book):
        book["Rater 1"]["F7"] = "=cmd()"
        book["Rater 1"]["F7"].data_type = "s"

    table = opened(form(text))
    assert table["evidence"][0] == "=cmd()"
    assert spreadsheet_safe(table)["evidence"][0] == "'=cmd()"


def test_all_problems_at_once(form, tmp_path):
    said = problems(form(lambda book: answer(book["Rater 2"], "Bob", {"AP1": (9, 1)}), two=True, C7="yes", D8=7, E9="x"))
    assert [re.search(r"'(Rater \d)', cell (\w+)", line).groups() for line in said] == [
        ("Rater 1", "C7"), ("Rater 1", "D8"), ("Rater 1", "E9"), ("Rater 2", "C7")]
    with pytest.raises(CrmlabError) as error:
        opened(tmp_path / "filled.xlsx")
    assert str(error.value) == said[0]


def test_a_damaged_form_goes_the_ordinary_way(tmp_path, empty):
    (tmp_path / "a.xlsx").write_bytes(empty[:4000])
    with pytest.raises(CrmlabError, match="cannot be read as an Excel file"):
        opened(tmp_path / "a.xlsx")


# ---- another program ---------------------------------------------------------------------------------------

@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed")
@pytest.mark.parametrize("way", [["ods"], ["xlsx"]])
def test_libreoffice_fills_and_saves_the_form(form, tmp_path, way):
    """The form as LibreOffice writes it, by way of its own format or directly, says the same and keeps its lists."""
    path = form(bob, two=True, F7="Bericht für Köln", E9="no")
    before = opened(path)
    for step in dict.fromkeys([*way, "xlsx"]):
        folder = tmp_path / f"as {step}"
        subprocess.run(["soffice", f"-env:UserInstallation=file://{tmp_path}/office", "--headless", "--convert-to", step,
                        "--outdir", folder, path], check=True, capture_output=True, timeout=180)
        path = folder / f"filled.{step}"
    after = opened(path)
    assert after.equals(before)
    given, kept = (openpyxl.load_workbook(name)["Rater 2"] for name in (tmp_path / "filled.xlsx", path))
    assert set(lists(kept)) == set(lists(given)) and {rule.formula1 for rule in lists(kept).values()} == {
        '"0,1,2,3,4"', '"yes,no"', '"0,1,2,3"', '"1,2,3"'}
    assert {rule.prompt for rule in lists(kept).values()} == {rule.prompt for rule in lists(given).values()}
    assert kept.protection.sheet and kept.page_setup.orientation == "landscape" and kept.print_title_rows == "$5:$5"
