"""The schema: kinds, messages, codebook."""

import numpy as np
import pandas as pd
import pytest

from crmlab.frame import glossary
from crmlab.frame.cells import numbers
from crmlab.frame.errors import CrmlabError
from crmlab.frame.schema import Column, Schema

AGE = Column("age", "number", "age in years", low=0, high=120)
PLAN = Schema("survey", (
    Column("id", "id", "who", required=True),
    Column("q", "item", "an answer", low=1, high=7),
    AGE,
    Column("size", "category", "size of the firm", levels=("small", "large")),
))
GOOD = pd.DataFrame({"id": ["a", "b", "c"], "q": ["1", "", "7"], "age": ["20", "30,5", " 40 "],
                     "size": ["large", "small", " "]}, index=[2, 3, 4])
PAD = ["5"] * 9
MANY = pd.concat([GOOD] * 3).set_axis(range(2, 11), axis=0)


def test_words_become_values():
    table = PLAN.check(GOOD)
    assert table["q"].tolist()[::2] == [1, 7] and np.isnan(table["q"].iloc[1])
    assert table["age"].tolist() == [20, 30.5, 40]
    assert list(table["size"].cat.categories) == ["small", "large"] and table["size"].isna().sum() == 1
    assert list(table.index) == [2, 3, 4]


def test_the_codebook_speaks_the_glossary():
    book = PLAN.codebook(PLAN.check(GOOD))
    assert set(book.columns) <= set(glossary.COLUMNS)
    assert book.drop(columns="mean").to_numpy().tolist() == [
        ["id", "id", "who", "–", 3, 0], ["q", "item", "an answer", "1 to 7", 2, 1],
        ["age", "number", "age in years", "0 to 120", 3, 0],
        ["size", "category", "size of the firm", "small and large", 2, 1]]
    assert book["mean"].round(2).tolist()[1:3] == [4, 30.17]


PROBLEMS = {
    "text, with words and slips": (
        {"q": ["n/a", "k. A.", "8?"]},
        "survey: column 'q' holds text. Rows 2, 3 and 4 read 'n/a', 'k. A.' and '8?'. Say which words mean "
        "missing with missing=['n/a', 'k. A.'], and look at row 4."),
    "text, slips alone": (
        {"q": ["1", "6-7", "5"]},
        "survey: column 'q' holds text. Row 3 reads '6-7'. Look at row 3 and write plain numbers."),
    "NA is no empty cell": (
        {"q": ["1", "NA", "NA"]},
        "survey: column 'q' holds text. Rows 3 and 4 read 'NA'. Say which words mean missing with "
        "missing=['NA']."),
    "nan is a word too": (
        {"age": ["nan", "20", "30"]},
        "survey: column 'age' holds text. Row 2 reads 'nan'. Say which words mean missing with "
        "missing=['nan']."),
    "words throughout": (
        {"age": ["young", "old", "old"] * 3},
        "survey: column 'age' holds text. Rows 2, 3, 4, 5, 6 and 4 more read 'young' and 'old'. Code its "
        "words as numbers in the file, or map it to '-' in columns to leave it out."),
    "beyond a scale": (
        {"q": ["0", "4", "99"]},
        "survey: column 'q' leaves its range, 1 to 7. Rows 2 and 4 read '0' and '99'. Correct the cells, "
        "say missing=[0, 99] if they mean no answer, or give another scale."),
    "beyond a limit": (
        {"age": [20, -1.0, 30]},
        "survey: column 'age' leaves its range, 0 to 120. Row 3 reads '-1'. Correct the cells: a number "
        "below 0 has no meaning here."),
    "far beyond a limit": (
        {"age": [20, 999, 30]},
        "survey: column 'age' leaves its range, 0 to 120. Row 3 reads '999'. Correct the cells, or say "
        "missing=[999] if they mean no answer."),
    "infinite": (
        {"age": ["inf", "20", "1e999"]},
        "survey: column 'age' holds infinite values. Rows 2 and 4 read 'inf' and '1e999'. Look for a "
        "division by zero, and leave such cells empty."),
    "empty item": (
        {"q": ["", None, np.nan] * 3},
        "survey: column 'q' is empty. No row holds an answer. Map it to '-' in columns to leave it out."),
    "constant item": (
        {"q": [5, 5, np.nan] * 3},
        "survey: column 'q' does not vary. All 6 answers read '5'. Map it to '-' in columns to leave it "
        "out."),
    "two decimal signs in one column": (
        {"age": ["3,5", "3.5", "4"]},
        "survey: decimal commas and decimal points stand side by side. Row 2 of 'age' reads '3,5', and row "
        "3 of 'age' reads '3.5'. Write one of the two throughout."),
    "two decimal signs in two columns": (
        {"age": ["3,5", "3", "4"], "q": ["3.5", "3", "4"]},
        "survey: decimal commas and decimal points stand side by side. Row 2 of 'age' reads '3,5', and row "
        "2 of 'q' reads '3.5'. Write one of the two throughout."),
    "a sign for thousands beside the other decimal sign": (
        {"age": ["1.082,93", "3.5", "4"]},
        "survey: decimal commas and decimal points stand side by side. Row 2 of 'age' reads '1.082,93', and "
        "row 3 of 'age' reads '3.5'. Write one of the two throughout."),
    "thousands or decimals": (
        {"age": ["1,200", "80", "2,450"]},
        "survey: column 'age' can be read in two ways. Rows 2 and 4 read '1,200' and '2,450': 1,200 may "
        "mean 1200, or 1 and a bit. Say decimal='point' if the comma marks thousands, or decimal='comma' if it marks decimals."),
    "unknown level": (
        {"size": ["small", "huge", *["large"] * 7]},
        "survey: column 'size' holds words that it does not know. Row 3 reads 'huge'. Use 'small' and "
        "'large'."),
    "unknown column": (
        {"agee": [1, 2, 3]},
        "survey: there is no place for column 'agee'. The schema has 'id', 'q', 'age' and 'size'. Did you "
        "mean 'age'?"),
}


@pytest.mark.parametrize("case", PROBLEMS)
def test_a_problem_in_three_sentences(case):
    cells, message = PROBLEMS[case]
    with pytest.raises(CrmlabError) as error:
        PLAN.check(MANY.assign(**{name: [*some, *PAD[len(some):]] for name, some in cells.items()}))
    assert str(error.value) == message


def test_a_column_is_lacking():
    with pytest.raises(CrmlabError) as error:
        PLAN.check(GOOD.rename(columns={"id": "idd"}))
    assert str(error.value) == ("survey: there is no column 'id'. The columns are 'idd', 'q', 'age' and "
                                "'size'. Did you mean 'idd'?")


def test_every_problem_is_found_in_the_order_of_the_file():
    _, problems = PLAN.read(GOOD.assign(q=["x", "9", "1"], age=["y", "20", "300"]))
    assert [problem.wrong.split("'")[1] for problem in problems] == ["q", "q", "age", "age"]


def test_long_lists_are_cut():
    raw = pd.DataFrame({"age": ["x"] * 20 + ["1"]})
    _, problems = Schema("survey", (AGE,)).read(raw)
    assert problems[0].found == "Rows 0, 1, 2, 3, 4 and 15 more read 'x'."


@pytest.mark.parametrize("values", [
    pd.array([1, None, 3], dtype="Int64"), pd.array([True, None, False], dtype="boolean"),
    pd.Series([1, None, 3], dtype="float32"), pd.Series(["1", None, "3"], dtype="string"),
    pd.Categorical(["1", None, "3"]), pd.Series([1, None, "3"], dtype=object)])
def test_numbers_come_in_many_dress(values):
    found = numbers(pd.Series(values))
    assert found.dtype == float and np.isnan(found[1]) and found[0] == 1


def spend(*cells) -> Schema:
    return Schema("survey", (Column("Größe", "number", "size"), Column("Alter", "number", "age"))).read(
        pd.DataFrame({"Größe": cells, "Alter": ["1,5"] * len(cells)}, index=range(2, 2 + len(cells))))


def test_a_point_among_semicolons_may_mark_thousands():
    _, problems = spend("615", "2.798", "398", "4.386")
    assert list(map(str, problems)) == [
        "survey: column 'Größe' can be read in two ways. Rows 3 and 5 read '2.798' and '4.386': 2.798 may "
        "mean 2798, or 2 and a bit. Say decimal='comma' if the point marks thousands, or decimal='point' if it marks decimals."]


def test_names_in_messages_keep_their_case():
    _, problems = spend("2.79", "3,5")
    assert str(problems[0]) == (
        "survey: decimal commas and decimal points stand side by side. Row 3 of 'Größe' reads '3,5', and row "
        "2 of 'Größe' reads '2.79'. Write one of the two throughout.")


@pytest.mark.parametrize("cells", [["0.125", "2.798"], ["2.7980", "2.798"], ["12", "1398"]])
def test_points_that_cannot_mark_thousands_are_read(cells):
    table = Schema("survey", (Column("x", "number", "size"),))
    typed, problems = table.read(pd.DataFrame({"x": cells}))
    assert not problems and typed["x"].tolist() == list(map(float, cells))


def test_the_mean_of_three_items_is_no_thousand():
    assert not PLAN.read(GOOD.assign(q=["4.333", "5.667", "6.333"], age="20"))[1]


@pytest.mark.parametrize("name, words, said", [
    ("mail", ["ann@example.org"] + ["none"] * 19, "2 different"),
    ("tel", ["+49 151 2345678"] + ["none"] * 19, "2 different"),
    ("Vorname", ["Ann", "Bob"] * 10, "2 different"),
    ("remark", ["I find that everything has become much too dear."] + [None] * 19, "1 different"),
    ("nick", ["a1", "b2", "c3", *[None] * 17], "3 different"),
    ("town", [f"town {row % 13}" for row in range(60)], "13 different"),
    ("region", [f"r{row % 12}" for row in range(60)], "r0, r1, r10, r11, r2 and 7 more"),
    ("contract", ["short", "long"] * 10, "long and short")])
def test_the_codebook_tells_no_persons(name, words, said):
    plan = Schema("survey", (Column(name, "category", "words"),))
    book = plan.codebook(plan.check(pd.DataFrame({name: words})))
    assert book["range"].tolist() == [said]
