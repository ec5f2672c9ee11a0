"""Files that are laid out otherwise, and answers in words: recognised, with the remedy for the likeliest cause."""

import pandas as pd
import pytest

from crmlab.desk.validate import validate
from crmlab.frame.errors import CrmlabError
from crmlab.sources.opening import open_table

ROWS = 12
NAMES = ["customer_id", "satisfaction_1", "satisfaction_2", "loyalty_1"]


def answers(**changes) -> pd.DataFrame:
    plain = {"customer_id": [f"C{row}" for row in range(ROWS)], "satisfaction_1": [1, 7, 5, 6] * 3,
             "satisfaction_2": [2, 7, 4, 6] * 3, "loyalty_1": [1, 6, 7, 4] * 3}
    return pd.DataFrame({**plain, **changes})


GOOD = answers().to_csv(index=False)
ANSWERS = GOOD.partition("\n")[2]
IMPORTED = ",".join(f'"{{""ImportId"":""Q{at}""}}"' for at in range(4))
LOOK = "Look at the end of the file, from row 14 on: delete what is no answer, or fill in the cells that are lacking."

#: name of the case: the file, the whole message
SHAPES = {
    "a title above the names": (
        f"Customer survey 2024,,,\n,,,\n\n{GOOD}",
        "'a.csv' does not begin with the names of its columns. It begins with 'Customer survey 2024', and row 4 reads "
        "'customer_id', 'satisfaction_1', 'satisfaction_2' and 'loyalty_1'. Delete what stands above row 4, and open the file "
        "again."),
    "a title in a line of its own": (
        f"Export of 2024-05-01\n{GOOD}",
        "'a.csv' does not begin with the names of its columns. It begins with 'Export of 2024-05-01', and row 2 reads "
        "'customer_id', 'satisfaction_1', 'satisfaction_2' and 'loyalty_1'. Delete what stands above row 2, and open the file "
        "again."),
    "blank rows above the names": (
        f",,,\n,,,\n{GOOD}",
        "'a.csv' does not begin with the names of its columns. It begins with 'customer_id', after blank rows, and row 3 reads "
        "'customer_id', 'satisfaction_1', 'satisfaction_2' and 'loyalty_1'. Delete what stands above row 3, and open the file "
        "again."),
    "Qualtrics": (
        f"{','.join(NAMES)}\nId,How satisfied?,And today?,Will you stay?\n{IMPORTED}\n{ANSWERS}",
        "'a.csv' is an export from Qualtrics with 3 rows of names. Row 3 holds 'ImportId', and row 2 the questions. Delete "
        "rows 2 and 3 of the file, so that the answers begin below the names, and open the file again."),
    "Qualtrics, half cleaned": (
        f"{','.join(NAMES)}\n{IMPORTED}\n{ANSWERS}",
        "'a.csv' is an export from Qualtrics with 2 rows of names. Row 2 holds 'ImportId'. Delete row 2 of the file, so that "
        "the answers begin below the names, and open the file again."),
    "questions below the names": (
        f"{','.join(NAMES)}\nId,How satisfied?,And today?,Will you stay?\n{ANSWERS}",
        "survey: row 2 holds no answers but a second row of names. In 'satisfaction_1' it reads 'How satisfied?'. Delete row 2 "
        "of the file, and open the file again."),
    "two exports joined": (
        GOOD + GOOD,
        "'a.csv' names its columns more than once. Row 14 reads like row 1. Delete row 14, and open the file again."),
    "rows in one cell": (
        '"' + GOOD.strip().replace("\n", '"\n"').replace(",", ";") + '"',
        "'a.csv' holds each row in one cell. The first reads 'customer_id;satisfaction_1;satisfaction_2;loyalty_1'. Part the column at "
        "the sign ';' (in Excel: Data, Text to Columns), or export it again without quotation marks around each row."),
    "a web page": (
        "<!DOCTYPE html>\n<html><body>Please sign in</body></html>",
        "'a.csv' is a web page. It begins with '<!DOCTYPE html'. It may be the page on which one signs in: sign in, and download "
        "the file again."),
    "a table of a web page": (
        "<table><tr><td>customer_id</td></tr></table>",
        "'a.csv' is a table written as a web page or as XML. It begins with '<table'. Open it in Excel or "
        "LibreOffice, and save it as .xlsx."),
    "a sum at the foot": (
        GOOD + "Total,12\n",
        f"'a.csv' has rows of unequal length. The first row has 4 cells, row 14 has 2. {LOOK}"),
    "a remark at the foot": (
        GOOD + "Exported on 2024-05-01\n",
        f"'a.csv' has rows of unequal length. The first row has 4 cells, row 14 has 1. {LOOK}"),
    "a row that broke off": (
        GOOD.replace("C3,6,6,4", "C3,6"),
        "'a.csv' has rows of unequal length. The first row has 4 cells, row 5 has 2. Look at row 5: cells are lacking there."),
    "decimal commas between commas": (
        GOOD.replace("C3,6,6,4", "C3,6,6,4,5").replace("C5,7,7,6", "C5,7,5,7,6"),
        "'a.csv' has rows of unequal length. The first row has 4 cells, row 5 has 5. Its decimals seem to have commas: export "
        "it with semicolons between the cells, or as .xlsx."),
    "commas in words": (
        GOOD.replace("C3,6,6,4", "Miller, Ann,6,6,4"),
        "'a.csv' has rows of unequal length. The first row has 4 cells, row 5 has 5. Put cells that hold the sign ',' into "
        "quotation marks, or export it as .xlsx."),
}


def message(data, **options) -> str:
    with pytest.raises(CrmlabError) as error:
        open_table("survey", data, **options)
    return str(error.value)


@pytest.mark.parametrize("case", SHAPES)
def test_a_file_of_another_shape_is_recognised(case, tmp_path):
    text, expected = SHAPES[case]
    (tmp_path / "a.csv").write_text(text)
    assert message(tmp_path / "a.csv") == expected
    assert expected in validate(tmp_path / "a.csv").text()


@pytest.mark.parametrize("text", [GOOD, GOOD.replace("\n", ",,\n").replace("loyalty_1,,", "loyalty_1", 1), GOOD + "\n\n", "﻿" + GOOD, "\ufeff\ufeff" + GOOD,
                                  GOOD.replace("\n", "\r\n"), GOOD.replace(",", "\t")])
def test_shapes_that_lose_nothing_are_read(text, tmp_path):
    (tmp_path / "a.csv").write_text(text)
    pd.testing.assert_frame_equal(open_table("survey", tmp_path / "a.csv"), open_table("survey", answers()))


@pytest.mark.parametrize("above", [1, 3, 6])
def test_names_further_down_in_a_workbook(above, tmp_path):
    with pd.ExcelWriter(tmp_path / "a.xlsx") as book:
        answers().to_excel(book, index=False, startrow=above)
        book.sheets["Sheet1"]["A1"] = "Customer survey"
    assert f"Delete what stands above row {above + 1}, and open the file again." in message(tmp_path / "a.xlsx")


@pytest.mark.parametrize("cover", [pd.DataFrame({"Project": ["Survey"], "2024": ["by us"]}), pd.DataFrame({"Read me": ["a", "b"]})])
def test_a_cover_sheet_names_the_sheet_with_the_answers(cover, tmp_path):
    with pd.ExcelWriter(tmp_path / "a.xlsx") as book:
        cover.to_excel(book, sheet_name="Cover", index=False)
        answers().to_excel(book, sheet_name="Data", index=False)
    assert message(tmp_path / "a.xlsx") == (
        f"survey: 'a.xlsx' has no items. Its columns are {' and '.join(map(repr, cover))}. The sheet 'Data' seems to hold "
        "them: move it to the front, or save it as a file of its own.")


@pytest.mark.parametrize("names", [["Kunde", "Datum", "Betrag"], ["customer_id", "date", "amount"], ["Email", "Paid at", "Total"]])
def test_a_cover_sheet_without_names_names_the_sheet_with_the_log(names, tmp_path):
    log = pd.DataFrame([["K1", "2024-03-05", 12.5], ["K2", "2024-04-05", 8]] * 6, columns=names)
    with pd.ExcelWriter(tmp_path / "a.xlsx") as book:
        pd.DataFrame([["Report", None], ["created", "2024-01-01"]]).to_excel(book, sheet_name="Cover", index=False, header=False)
        log.to_excel(book, sheet_name="Data", index=False)
    with pytest.raises(CrmlabError) as error:
        open_table("transactions", tmp_path / "a.xlsx")
    assert str(error.value) == (
        "'a.xlsx' has a column without a name. Column 2 holds values below an empty first row. The sheet 'Data' seems to hold them: "
        "move it to the front, or save it as a file of its own.")


#: the first cells of a column of answers, what is said after "holds text. Rows … read …."
WORDS = {
    "no answer in words": (
        ["Prefer not to say", "n/a"], "Say which words mean missing with missing=['Prefer not to say', 'n/a']."),
    "no answer with an apostrophe": (
        ["don't know", "I'd rather not say"],
        "Say which words mean missing with missing=[\"don't know\", \"I'd rather not say\"]."),
    "codes of LimeSurvey": (
        ["A1", "A7", "A3"] * 4, "These look like answer codes, as LimeSurvey exports them: remove the 'A' in the file, so that "
        "A1 becomes 1, and look up which end of the scale that is."),
    "other codes of LimeSurvey": (
        ["AO01", "AO05", "AO02", "Refused"] * 3, "These look like answer codes, as LimeSurvey exports them: remove the 'AO' in the "
        "file, so that AO1 becomes 1, and look up which end of the scale that is, and say missing=['Refused']."),
    "numbers with their meaning": (
        ["7 - strongly agree", "1 - strongly disagree"],
        "Keep the number alone in each cell, as in 7 for '7 - strongly agree'."),
    "numbers with their meaning in parentheses": (
        ["1 (not at all)", 2, 3, "5 (fully)"] * 3, "Keep the number alone in each cell, as in 1 for '1 (not at all)'."),
    "names with numbers": (
        ["Filiale 3", "Filiale 7", "Filiale 1"] * 4, "Code its words as numbers in the file, or map it to '-' in columns to leave it out."),
    "numbers that run downwards": (
        ["1 - Strongly agree", "5 - Strongly disagree", "2 - Agree", "4 - Disagree"] * 3,
        "Keep the number alone in each cell, as in 1 for '1 - Strongly agree', and end the name of the column in '_r', since the "
        "numbers run downwards."),
    "numbers that run downwards, behind": (
        ["sehr zufrieden (1)", "zufrieden (2)", "unzufrieden (4)", "sehr unzufrieden (5)"] * 3,
        "Keep the number alone in each cell, as in 1 for 'sehr zufrieden (1)', and end the name of the column in '_r', since the "
        "numbers run downwards."),
    "numbers behind their meaning": (
        ["Very good 5", 2, "Very bad 1"], "Keep the number alone in each cell, as in 5 for 'Very good 5'."),
    "agreement in words": (
        ["Strongly agree", "Agree", "Disagree", "Strongly disagree", "Neutral", "Agree"] * 2,
        "Write numbers for the words in the file, as in 1 for 'Strongly disagree', 2 for 'Disagree', 3 for 'Neutral', 4 for "
        "'Agree' and 5 for 'Strongly agree', on a scale from 1 to 5."),
    "agreement in words and silence": (
        ["Strongly agree", "Agree", "Disagree", "Prefer not to say"] * 3,
        "Write numbers for the words in the file, as in 2 for 'Disagree', 4 for 'Agree' and 5 for 'Strongly agree', on a scale "
        "from 1 to 5, if those are its steps, and say missing=['Prefer not to say']."),
    "German": (
        ["trifft zu", "trifft eher zu", "trifft nicht zu", "verweigert"] * 3,
        "Write numbers for the words in the file, as in 1 for 'trifft nicht zu', 4 for 'trifft eher zu' and 5 for 'trifft "
        "zu', on a scale from 1 to 5, if those are its steps, and say missing=['verweigert']."),
    "French": (
        ["Très satisfait", "Satisfait", "Insatisfait", "Ne sait pas"] * 3,
        "Write numbers for the words in the file, as in 2 for 'Insatisfait', 4 for 'Satisfait' and 5 for 'Très satisfait', on "
        "a scale from 1 to 5, if those are its steps, and say missing=['Ne sait pas']."),
    "dates that a spreadsheet made": (
        ["2024-05-03"], "A spreadsheet makes dates of answers such as 3-5: format the column as a number, and write them again."),
    "yes and no": (
        ["yes", "no"] * 6, "Code its words as numbers in the file, or map it to '-' in columns to leave it out."),
}


@pytest.mark.parametrize("case", WORDS)
def test_words_get_the_remedy_of_the_likeliest_cause(case, tmp_path):
    cells, remedy = WORDS[case]
    frame = answers(loyalty_1=[*cells, *[1, 7, 5, 6] * 3][:ROWS])
    frame.to_csv(tmp_path / "a.csv", index=False)
    assert remedy in message(tmp_path / "a.csv")


@pytest.mark.parametrize("name, cells, remedy", [
    ("weight", pd.date_range("2024-01-01", periods=ROWS), "The column holds days: map another one on 'weight', or this one to '-' "
     "in columns to leave it out."),
    ("behaviour", ["2024-12-03", *range(11)], "A spreadsheet makes dates of numbers such as 3.12: format the column as a number, "
     "and write them again.")])
def test_days_where_numbers_belong(name, cells, remedy):
    assert message(answers(**{name: cells})).endswith(remedy)


def test_a_first_answer_in_words_is_no_second_row_of_names():
    words = ["Strongly disagree", *["Agree", "Disagree", "Neutral"] * 4][:ROWS]
    told = message(answers(satisfaction_1=words, satisfaction_2=words, loyalty_1=words))
    assert "Write numbers for the words in the file, as in 1 for 'Strongly disagree'" in told
    asked = answers(satisfaction_1=["How content?", *words[1:]], satisfaction_2=["And today?", *words[1:]], loyalty_1=["Stay?", *words[1:]])
    assert message(asked).startswith("survey: row 1 holds no answers but a second row of names.")


@pytest.mark.parametrize("said", ["Total", "Summe", "Average", "Mittelwert:", "Moyenne"])
def test_a_sum_at_the_foot_is_no_customer(said, tmp_path):
    frame = pd.concat([answers(), pd.DataFrame({"customer_id": [said], "satisfaction_1": [57], "satisfaction_2": [57], "loyalty_1": [54]})])
    frame.to_excel(tmp_path / "a.xlsx", index=False)
    assert message(tmp_path / "a.xlsx") == (
        f"survey: the last row is no customer. Row 14 reads '{said}'. Delete row 14 of the file, and open the file again.")
