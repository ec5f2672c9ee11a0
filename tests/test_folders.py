"""A folder of forms, as a class hands it in: a row for each person and practice, and no file lost."""

import shutil

import openpyxl
import pandas as pd
import pytest

import crmlab as crm
from crmlab.desk import provenance
from crmlab.desk.forms import copies, template
from crmlab.desk.validate import validate
from crmlab.measures import casebook, tables
from crmlab.measures.scorecard import SHORT
from crmlab.measures.scorecard.form import asked

KEYS = [practice.practice for practice in asked(short=True)]


@pytest.fixture(scope="module")
def forms(tmp_path_factory):
    """An empty form as workbook, and one as text."""
    folder = tmp_path_factory.mktemp("forms")
    return [template("assessment", folder / f"form.{form}", short=True) for form in ("xlsx", "csv")]


@pytest.fixture
def hand_in(forms, tmp_path):
    """Fill in a form and put it into the folder of the class, as a person might."""
    book = openpyxl.load_workbook(forms[0])
    sheet = book["Rater 1"]
    sheet.data_validations.dataValidation, sheet.conditional_formatting = [], type(sheet.conditional_formatting)()
    lines = {cell.value: cell.row for cell in sheet["A"] if cell.value in SHORT}
    (tmp_path / "class").mkdir()

    def filled(name, step=2, rater=None, copy=None, firm="Amselhof Pianos"):
        path = tmp_path / "class" / name
        path.parent.mkdir(exist_ok=True)
        if path.suffix == ".csv":
            frame = pd.read_csv(forms[1], dtype=object)
            frame.assign(firm=firm, rater=rater, copy=copy, intention=step, reality=step).to_csv(path, index=False)
            return
        sheet["B2"], sheet["B3"], sheet["B5"] = firm, rater, copy
        for row in lines.values():
            sheet[f"C{row}"] = sheet[f"D{row}"] = step
        book.save(path)

    filled.folder = tmp_path / "class"
    return filled


def test_a_row_for_each_person_and_practice_however_it_was_filled_in(hand_in):
    hand_in("a.xlsx", 1, "Ann", "K")
    hand_in("b.csv", 2, "Ben", "m", firm="amselhof  pianos")
    hand_in("4711 submission/form.xlsx", 3, None, "ROSE", firm=None)
    table = crm.open_table("assessments", hand_in.folder)
    assert len(table) == 3 * 16 and table.groupby("rater")["practice"].nunique().to_dict() == {
        "4711 submission/form": 16, "Ann": 16, "Ben": 16}
    assert table.groupby("rater")["arm"].first().to_dict() == {"4711 submission/form": "rose", "Ann": "rose", "Ben": "fell"}
    assert table.groupby("rater")["reality"].first().to_dict() == {"4711 submission/form": 3, "Ann": 1, "Ben": 2}
    assert table["firm"].unique().tolist() == ["Amselhof Pianos"] and tables.provenance(table)["title"] == "class, 3 forms"
    assert [path.name for path in provenance.data_files(str(hand_in.folder))] == ["form.xlsx", "a.xlsx", "b.csv"]


def test_what_cannot_be_read_is_counted_and_named_and_nothing_is_lost(hand_in, forms):
    hand_in("a.xlsx", 1, "Ann", "K")
    hand_in("b.xlsx", 2, "ann", "M")
    hand_in("c.xlsx", 2, "Cem", "A")
    shutil.copy(hand_in.folder / "a.xlsx", hand_in.folder / "a2.xlsx")
    shutil.copy(forms[0], hand_in.folder / "d.xlsx")
    (hand_in.folder / "notes.txt").write_text("do not forget")
    (hand_in.folder / "~$a.xlsx").write_text("open in Excel")
    found = validate(hand_in.folder)
    assert found.fine and found.text().startswith("class can be read.")
    assert "3 files dropped, not to be read as forms: files c.xlsx, d.xlsx and notes.txt." in found.notes
    assert found.files == (
        "b.xlsx names one who is called as in a.xlsx, 'ann': both were kept; remove one if it is the same person.",
        "Left out, c.xlsx: assessments: sheet 'Rater 1', cell B5 reads 'A'. The copies of the case are K and M. "
        "Write the letter at the foot of the pages that were read.",
        "Left out, d.xlsx: assessments: no practice is answered. 'd.xlsx' has 1 rater, none with an answer. "
        "Fill in intention and reality for one practice at least.",
        "Left out, notes.txt: 'notes.txt' cannot be read as a table. crmlab reads .csv, .csv.gz, .tsv, .xlsx, .parquet, .sav and "
        ".dta. Save it as .xlsx or .csv first.",
        "a2.xlsx is a copy of a.xlsx and was left out.")
    assert "qci: The two copies of the case were read by 1 and 1." in found.abilities
    table = crm.open_table("assessments", hand_in.folder)
    assert table["rater"].unique().tolist() == ["Ann", "ann (b.xlsx)"]
    assert "Dropped: 3 files (not to be read as forms)." in crm.card(table).text() and "Cem" not in crm.card(table).text()


def test_where_no_form_can_be_read_each_says_why(hand_in):
    hand_in("a.xlsx", 7, "Ann")
    (hand_in.folder / "b.csv").write_text("practice,statement,intention\nAP5,x,1\n")
    named = [str(problem).partition(":")[0] for problem in validate(hand_in.folder).problems]
    assert list(dict.fromkeys(named)) == ["a.xlsx", "b.csv"]
    with pytest.raises(crm.CrmlabError, match=r"^a\.xlsx: assessments: sheet 'Rater 1', cell"):
        crm.open_table("assessments", hand_in.folder)


def test_two_firms_stay_two_and_are_named(hand_in):
    hand_in("a.xlsx", 1, "Ann", firm="Amselhof")
    hand_in("b.xlsx", 2, "Ben", firm="Amselhof Pianos")
    table = crm.open_table("assessments", hand_in.folder)
    assert table["firm"].nunique() == 2 and "arm" not in table
    assert tables.provenance(table)["notes"] == [
        "The forms name 2 firms: 'Amselhof' and 'Amselhof Pianos'. If they are one, write one name into all."]


def test_a_strange_letter_in_a_table_is_refused():
    frame = pd.DataFrame({"rater": ["a", "b"], "practice": "CX1", "intention": 1, "reality": 1, "arm": ["Rose", "B"]})
    with pytest.raises(crm.CrmlabError) as refused:
        crm.open_table("assessments", frame)
    assert str(refused.value) == ("assessments: column 'arm' tells which copy of the case was read. Row 2 reads 'B'. "
                                  "Write K or M, the letter at its foot.")


def test_both_copies_are_written_and_neither_form_nor_copy_tells_what_the_letter_means(forms, tmp_path):
    paths = copies(tmp_path / "case.html")
    assert [path.name for path in paths] == ["case-K.html", "case-M.html"]
    for path, sign in zip(paths, casebook.signs(), strict=True):
        assert f"Copy {sign}. Write this letter into your form." in path.read_text("utf-8")
    book = openpyxl.load_workbook(forms[0])
    said = " ".join(str(cell.value) for sheet in book for row in sheet for cell in row if cell.value).casefold()
    assert "copy" in said and not any(word in said for word in ("rose", "fell", "arm ", "telling", "halo", "profit"))
