"""One way in: files as people have them open alike, and broken ones say what is wrong in three sentences."""

import gzip
import io
import os
import string
import sys
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crmlab.cli import main
from crmlab.frame.errors import CrmlabError
from crmlab.measures import ids, tables
from crmlab.sources import datasets, files
from crmlab.sources.opening import open_table

ROWS = 12
CASES = Path(__file__).parent / "cases"


def answers(**changes) -> pd.DataFrame:
    """Twelve customers on a scale of 1 to 7."""
    plain = {"customer_id": [f"C{row}" for row in range(ROWS)], "satisfaction_1": [1, 7, 5, 6] * 3,
             "satisfaction_2": [2, 7, 4, 6] * 3, "loyalty_1": [1, 6, 7, 4] * 3}
    return pd.DataFrame({**plain, **changes})


def changed(column: str, *cells) -> pd.DataFrame:
    """The same with other words in the first rows of a column, which are rows 2, 3, … of the file."""
    frame = answers().astype({column: object} if column in answers() else {})
    return frame.assign(**{column: [*cells, *frame.get(column, pd.Series(range(1, ROWS + 1)))[len(cells):]]})


def as_csv(frame: pd.DataFrame, **habits) -> bytes:
    return frame.to_csv(index=False, **habits).encode()


def zipped() -> bytes:
    sheet = io.BytesIO()
    with zipfile.ZipFile(sheet, "w") as archive:
        archive.writestr("a.txt", "a")
    return sheet.getvalue()


GOOD = as_csv(answers())
NINE = [1, 7, 5] * 3 + [np.nan] * 3
LEAVE = "Map it to '-' in columns to leave it out."

#: name of the case: file, its bytes, options, the whole message
BROKEN = {
    "empty file": (
        "a.csv", b"", {},
        "'a.csv' is empty. It has no header and no rows. Export it again, with the names of the columns in "
        "the first row."),
    "blank lines alone": (
        "a.csv", b"\n\n", {},
        "'a.csv' is empty. It has no header and no rows. Export it again, with the names of the columns in "
        "the first row."),
    "header alone": (
        "a.csv", GOOD.split(b"\n")[0], {},
        "survey: there are too few rows. 'a.csv' has 0 rows, and 10 are the least. Export the answers once more: there are "
        "none below the names."),
    "one row": (
        "a.csv", as_csv(answers()[:1]), {},
        "survey: there are too few rows. 'a.csv' has 1 row, and 10 are the least. Ask more customers first."),
    "too few who answered": (
        "a.csv", as_csv(answers(satisfaction_1=NINE, satisfaction_2=NINE, loyalty_1=NINE)), {},
        "survey: there are too few rows. 'a.csv' has 9 rows with an answer, and 10 are the least. Ask more "
        "customers first."),
    "text in a number column": (
        "a.csv", as_csv(changed("loyalty_1", "n/a", 3, "k. A.", "8?")), {},
        "survey: column 'loyalty_1' holds text. Rows 2, 4 and 5 read 'n/a', 'k. A.' and '8?'. Say which "
        "words mean missing with missing=['n/a', 'k. A.'], and look at row 5."),
    "duplicate ids": (
        "a.csv", as_csv(changed("customer_id", "C5")), {},
        "survey: a customer_id stands in more than one row; answers of one customer are not independent. "
        "Look at rows 2 and 7: 'C5'. Remove the copies, or map a column on 'wave' or 'cluster' that tells "
        "the rows apart."),
    "an id without a value": (
        "a.csv", as_csv(changed("customer_id", "", " ")), {},
        "survey: column 'customer_id' has empty cells. Look at rows 2 and 3. Fill them, or map the column "
        "to '-' in columns to leave it out."),
    "all-missing column": (
        "a.csv", as_csv(answers(loyalty_2=np.nan)), {},
        f"survey: column 'loyalty_2' is empty. No row holds an answer. {LEAVE}"),
    "constant column": (
        "a.csv", as_csv(answers(loyalty_2=5)), {},
        f"survey: column 'loyalty_2' does not vary. All 12 answers read '5'. {LEAVE}"),
    "scale out of range": (
        "a.csv", as_csv(changed("loyalty_1", 0, 8)), {"scale": "1-7"},
        "survey: column 'loyalty_1' leaves its range, 1 to 7. Rows 2 and 3 read '0' and '8'. Correct the "
        "cells, say missing=[0, 8] if they mean no answer, or give another scale."),
    "a zip file called csv": (
        "a.csv", zipped(), {},
        "'a.csv' is not a csv file. It begins like an Excel or zip file. Give it the ending .xlsx, or "
        "unpack it first."),
    "bytes that are no letters": (
        "a.csv", b"\x00\x81\x8d" + GOOD, {},
        "'a.csv' is not a text file. It holds bytes that stand for no letter. Save it again as 'CSV "
        "UTF-8', or give it its true ending."),
    "half an UTF-16 file": (
        "a.csv", b"\xff\xfe" + "name".encode("utf-16-le")[:-1], {},
        "'a.csv' is not a text file. It holds bytes that stand for no letter. Save it again as 'CSV "
        "UTF-8', or give it its true ending."),
    "no gzip inside": (
        "a.csv.gz", GOOD, {},
        "'a.csv.gz' cannot be read as a gzip file. Reading stopped with: Not a gzipped file (b'cu'). Open "
        "it in the program that made it and save it again."),
    "a quotation mark that is never closed": (
        "a.csv", GOOD + b'C99,1,2,"3\n', {},
        "'a.csv' cannot be read as a csv file. Reading stopped with: unexpected end of data. Open it in "
        "the program that made it and save it again."),
    "rows of unequal length": (
        "a.csv", GOOD + b"C99,1,2\n", {},
        "'a.csv' has rows of unequal length. The first row has 4 cells, row 14 has 3. Look at the end of the file, from row 14 "
        "on: delete what is no answer, or fill in the cells that are lacking."),
    "unknown name in the mapping": (
        "a.csv", as_csv(answers(Kunde=1)), {"columns": {"Kunden": "cluster"}},
        "There is no column 'Kunden'. The table has: customer_id, satisfaction_1, satisfaction_2, "
        "loyalty_1 and Kunde. Did you mean 'Kunde'?"),
    "mapping on a misspelt item": (
        "a.csv", as_csv(answers(Z1=1)), {"columns": {"Z1": "satisfactoin_3"}},
        "columns: 'satisfactoin_3' is no item that crmlab knows. 'Z1' is mapped on it. Did you mean "
        "'satisfaction_3'?"),
    "two columns mapped on one": (
        "a.csv", as_csv(answers(Z1=1, Z2=2)), {"columns": {"Z1": "trust_1", "Z2": "trust_1"}},
        "columns: more than one column would be called 'trust_1'. They are 'Z1' and 'Z2'. Give each a name "
        "of its own, or map one to '-' to leave it out."),
    "mapping on a name in use": (
        "a.csv", as_csv(answers(Z1=1)), {"columns": {"Z1": "loyalty_1"}},
        "columns: more than one column would be called 'loyalty_1'. They are 'loyalty_1' and 'Z1'. Give "
        "each a name of its own, or map one to '-' to leave it out."),
    "infinite values": (
        "a.csv", as_csv(changed("loyalty_1", "inf", "-inf")), {},
        "survey: column 'loyalty_1' holds infinite values. Rows 2 and 3 read 'inf' and '-inf'. Look for a "
        "division by zero, and leave such cells empty."),
    "duplicate names": (
        "a.csv", GOOD.replace(b"satisfaction_2", b"loyalty_1"), {},
        "'a.csv' has more than one column 'loyalty_1'. Columns 3 and 4 share the name. Give every column a "
        "name of its own in the file."),
    "a column without a name": (
        "a.csv", GOOD.replace(b"satisfaction_2", b" "), {},
        "'a.csv' has a column without a name. Column 3 holds values below an empty first row. Give every "
        "column a name in the first row."),
    "no items": (
        "a.csv", as_csv(answers().set_axis(["customer_id", "Z1", "Z2", "Z3"], axis=1)), {},
        "survey: 'a.csv' has no items. Its columns are 'customer_id', 'Z1', 'Z2' and 'Z3'. Say which "
        "column asks what, as in columns={'Z1': 'satisfaction_1'}."),
    "an id is no item": (
        "a.csv", as_csv(answers().set_axis(["Kundennr", "Z1", "Loyal", "Z3"], axis=1)), {},
        "survey: 'a.csv' has no items. Its columns are 'Kundennr', 'Z1', 'Loyal' and 'Z3'. Say which column "
        "asks what, as in columns={'Loyal': 'loyalty_1'}."),
    "nothing but ids": (
        "a.csv", as_csv(pd.DataFrame({"Kundennr": [1] * ROWS, "Mail": list("abcdefghijkl")})), {},
        "survey: 'a.csv' has no items. Its columns are 'Kundennr' and 'Mail'. Add the answers, a column for "
        "each question, such as 'satisfaction_1' and 'loyalty_1'."),
    "a misspelt item": (
        "a.csv", as_csv(answers(satisfacton_3=[1, 7, 5] * 4)), {},
        "survey: column 'satisfacton_3' is no item that crmlab knows. No score would use it; if it is "
        "something else, map it to a name without a number. Did you mean 'satisfaction_3'?"),
    "nothing but misspelt items": (
        "a.csv", as_csv(answers()[["loyalty_1"]].set_axis(["loyality_1"], axis=1)), {},
        "survey: column 'loyality_1' is no item that crmlab knows. No score would use it; if it is something "
        "else, map it to a name without a number. Did you mean 'loyalty_1'?"),
    "an item in capitals": (
        "a.csv", as_csv(answers(Trust_1=[1, 7, 5] * 4)), {},
        "survey: column 'Trust_1' is no item that crmlab knows. No score would use it; if it is something "
        "else, map it to a name without a number. Did you mean 'trust_1'?"),
    "thousands in a file of semicolons": (
        "a.csv", as_csv(changed("Umsatz", *["615", "2.798", "398", "4.386"] * 3), sep=";"), {},
        "survey: column 'Umsatz' can be read in two ways. Rows 3, 5, 7, 9, 11 and 1 more read '2.798' and "
        "'4.386': 2.798 may mean 2798, or 2 and a bit. Say decimal='comma' if the point marks thousands, or decimal='point' "
        "if it marks decimals."),
    "thousands beside decimal commas": (
        "a.csv", as_csv(answers(weight="1,5", spend=["615", "2.798", "398", "4.386"] * 3), sep=";"), {},
        "survey: column 'spend' can be read in two ways. Rows 3, 5, 7, 9, 11 and 1 more read '2.798' and "
        "'4.386': 2.798 may mean 2798, or 2 and a bit. Say decimal='comma' if the point marks thousands, or decimal='point' "
        "if it marks decimals."),
    "negative weight": (
        "a.csv", as_csv(changed("weight", 1, -2)), {},
        "survey: column 'weight' leaves its range, from 0. Row 3 reads '-2'. Correct the cells: a number "
        "below 0 has no meaning here."),
    "weight of nothing": (
        "a.csv", as_csv(changed("weight", 0)), {},
        "survey: a weight is above 0. It is 0 in row 2. Remove these rows from the file, or correct the "
        "weights."),
    "two decimal signs": (
        "a.csv", as_csv(changed("weight", "3,5", "3.5"), sep=";"), {},
        "survey: decimal commas and decimal points stand side by side. Row 2 of 'weight' reads '3,5', and "
        "row 3 of 'weight' reads '3.5'. Write one of the two throughout."),
    "a scale that its answers do not show": (
        "a.csv", as_csv(answers(loyalty_1=[2, 6, 3] * 4)), {},
        "survey: the scale of 'loyalty' is not plain from its answers. They run from 2 to 6. Say the lowest and highest "
        "answer possible: scale='loyalty=1-6', or scale='loyalty=1-7' if 7 could be chosen."),
    "a scale with a code in it": (
        "a.csv", as_csv(changed("loyalty_1", -99)), {},
        "survey: the scale of 'loyalty' is not plain from its answers. They run from -99 to 7, and all but row 2 lie on 1 to "
        "7. -99 looks like a code for no answer: say missing=[-99], or correct the cells."),
    "a code beyond a usual scale": (
        "a.csv", as_csv(answers(loyalty_1=[10, 88, 1, 88, *range(1, 9)])), {},
        "survey: the scale of 'loyalty' is not plain from its answers. They run from 1 to 88, and all but rows 3 and 5 lie on "
        "1 to 10. 88 looks like a code for no answer: say missing=[88], or correct the cells."),
    "a scale of percent that nobody filled": (
        "a.csv", as_csv(answers(loyalty_1=range(5, 65, 5))), {},
        "survey: the scale of 'loyalty' is not plain from its answers. They run from 5 to 60. Say the lowest and highest answer "
        "possible: scale='loyalty=0-100' if these are parts of a hundred."),
    "answers on no usual scale": (
        "a.csv", as_csv(answers(loyalty_1=range(100, 1300, 100))), {},
        "survey: 'loyalty' hardly holds answers on a scale. They run from 100 to 1200. Give the column a name without a number "
        "in columns, or say its ends, as in scale='loyalty=1-1200'."),
    "a scale that runs downwards": (
        "a.csv", GOOD, {"scale": "7-1"},
        "scale: the lowest answer comes first. Found 7 to 1. Write scale='1-7', and end the names of "
        "reversed items in '_r'."),
    "a scale that is none": (
        "a.csv", GOOD, {"scale": "seven"},
        "scale: the lowest and the highest answer are needed. Found 'seven'. Write scale='1-7', or "
        "scale='satisfaction=1-7, loyalty=0-10'."),
    "a scale for nobody": (
        "a.csv", GOOD, {"scale": "loyality=1-7"},
        "There is no construct 'loyality'. The table has: satisfaction and loyalty. Did you mean 'loyalty'?"),
    "no Excel inside": (
        "a.xlsx", GOOD, {},
        "'a.xlsx' cannot be read as an Excel file. Reading stopped with: File is not a zip file. Open it "
        "in the program that made it and save it again."),
    "no SPSS inside": (
        "a.sav", GOOD, {},
        "'a.sav' cannot be read as an SPSS file. Reading stopped with: Unable to read from file. "
        "Open it in the program that made it and save it again."),
    "unknown ending": (
        "a.pdf", GOOD, {},
        "'a.pdf' cannot be read as a table. crmlab reads .csv, .csv.gz, .tsv, .xlsx, .parquet, .sav and .dta. "
        "Save it as .xlsx or .csv first."),
    "size of a real file": (
        "a.csv", GOOD, {"n": 500},
        "open_table: n and truth are for simulated worlds. The data here is 'a.csv'. "
        "Leave them out, or say data=\"world:survey\"."),
}


def message(data, table="survey", **options) -> str:
    with pytest.raises(CrmlabError) as error:
        open_table(table, data, **options)
    return str(error.value)


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_in_three_sentences(case, tmp_path, monkeypatch):
    name, content, options, expected = BROKEN[case]
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(content)
    assert message(name, **options) == expected
    if not {"n", "truth"} & set(options):
        told = CliRunner().invoke(main, ["validate", name, *flags(options)])
        assert told.exit_code == 2 and expected in told.output


def flags(options: dict) -> list[str]:
    """The same options as a person types them."""
    pairs = ",".join(f"{own}={ours}" for own, ours in options.get("columns", {}).items())
    codes = ",".join(str(code) for code in options.get("missing", []))
    said = {"--columns": pairs, "--missing": codes, "--scale": str(options.get("scale") or "")}
    return [word for flag, value in said.items() if value for word in (flag, value)]


@pytest.mark.parametrize("data, expected", {
    "mobbi": "There is no data set 'mobbi'. The catalogue has: mobi, cdnow, cdnow_sample, case, case_key and world:survey. Did you mean "
             "'mobi'?",
    "answrs.csv": "There is no file 'answrs.csv'. The folder 'here' has: answers.csv. Did you mean "
                  "'answers.csv'?",
    "empty/a.csv": "There is no file 'a.csv'. The folder 'empty' holds no table. Check the path, or give "
                   "the whole of it.",
    "far/a.csv": "There is no file 'far/a.csv'. There is no folder 'far' either. Check the path, or give "
                 "the whole of it.",
    "../here": "'here' is a folder. It holds 'answers.csv'. Name one file.",
    "empty": "'empty' is a folder. It holds no table. Name one file.",
    "": "open_table: data is a name, a path or a data frame. Found ''. "
        "Say data=\"mobi\", data=\"world:survey\" or data=\"my/answers.csv\".",
    "world:surveys": "There is no world 'surveys'. crmlab has: survey, dyads, shop, firms and classroom. Did you mean 'survey'?",
}.items(), ids=str)
def test_nothing_lies_there(data, expected, tmp_path, monkeypatch):
    (tmp_path / "here" / "empty").mkdir(parents=True)
    (tmp_path / "here" / "answers.csv").write_bytes(GOOD)
    monkeypatch.chdir(tmp_path / "here")
    assert message(data).replace(os.sep, "/") == expected


@pytest.mark.parametrize(("name", "message"), [
    ("trust", "columns: 'trust' needs a number, since it may take several questions. 'Z1' is mapped on it. Say 'trust_1', and "
              "'trust_2' for the next one."),
    ("order", "columns: crmlab knows no column 'order'. 'Z1' is mapped on it. Did you mean 'orders'?"),
    ("days_since", "columns: crmlab knows no column 'days_since'. 'Z1' is mapped on it. Did you mean 'days_since_last'?"),
])
def test_a_column_is_mapped_on_a_name_that_somebody_knows(name, message):
    """A misspelt target was once swallowed, and then nobody had been asked about trust."""
    with pytest.raises(CrmlabError) as error:
        open_table("dyads", answers(Z1=3), columns={"Z1": name})
    assert str(error.value) == message
    own = open_table("survey", answers(Z1=3), columns={"Z1": "contract"})
    assert "crmlab looks for no column 'contract': kept as it is." in tables.provenance(own)["notes"]


def test_an_unknown_table():
    assert message(answers(), table="surveys") == (
        "There is no table 'surveys'. crmlab has: survey, dyads, transactions and assessments. Did you mean 'survey'?")


@pytest.mark.parametrize("name, kind", [("a.sav", "an SPSS file"), ("a.dta", "a Stata file")])
def test_without_the_extra_for_spss(tmp_path, monkeypatch, name, kind):
    monkeypatch.setitem(sys.modules, "pyreadstat", None)
    (tmp_path / name).write_bytes(GOOD)
    assert message(tmp_path / name) == (
        f"'{name}' is {kind}. The package that reads it is not installed. "
        'Say pip install "crmlab[spss]", or save the file as .xlsx.')


def to_xlsx(frame, path):
    frame.to_excel(path, index=False)


def to_sav(frame, path):
    pytest.importorskip("pyreadstat").write_sav(frame, str(path))


def to_dta(frame, path):
    pytest.importorskip("pyreadstat").write_dta(frame, str(path))


RICH = answers(region=["Süd", "Österreich", "Nord"] * 4, weight=[1.25, 0.5, 2] * 4)
HABITS = {
    "plain.csv": lambda path: RICH.to_csv(path, index=False),
    "german.csv": lambda path: path.write_bytes(as_csv(RICH, sep=";", decimal=",")),
    "bom.csv": lambda path: path.write_bytes(b"\xef\xbb\xbf" + as_csv(RICH, sep=";", decimal=",")),
    "latin.csv": lambda path: RICH.to_csv(path, sep=";", decimal=",", index=False, encoding="latin-1"),
    "utf16.csv": lambda path: RICH.to_csv(path, sep="\t", index=False, encoding="utf-16"),
    "windows.csv": lambda path: path.write_bytes(
        b"sep=;\r\n" + as_csv(RICH, sep=";", lineterminator="\r\n") + b";;;;;\r\n"),
    "tabs.tsv": lambda path: RICH.to_csv(path, sep="\t", index=False),
    "packed.csv.gz": lambda path: path.write_bytes(gzip.compress(as_csv(RICH))),
    "CAPITALS.CSV": lambda path: RICH.to_csv(path, index=False),
    "sheet.xlsx": lambda path: to_xlsx(RICH, path),
    "columns.parquet": lambda path: RICH.to_parquet(path),
    "spss.sav": lambda path: to_sav(RICH, path),
    "stata.dta": lambda path: to_dta(RICH, path),
}


@pytest.mark.parametrize("name", HABITS)
def test_every_habit_opens_to_the_same_table(name, tmp_path):
    HABITS[name](tmp_path / name)
    survey = open_table("survey", tmp_path / name)
    pd.testing.assert_frame_equal(survey, open_table("survey", RICH))
    prov = tables.provenance(survey)
    assert prov["file"] == prov["title"] == name and len(prov["sha256"]) == 64
    assert any("Windows-1252" in note for note in prov["notes"]) == (name == "latin.csv")


def test_what_travels_with_an_own_file(tmp_path):
    frame = changed("loyalty_1", -99, "k. A.").rename(columns={"loyalty_1": "Z1", "customer_id": "Kunde"})
    frame = frame.assign(noise=1, contract=["short", "long"] * 6, satisfaction_3_r=[7, 1, 2, 3] * 3)
    frame.loc[3, ["satisfaction_1", "satisfaction_2", "satisfaction_3_r", "Z1"]] = [np.nan] * 4
    frame.to_csv(tmp_path / "a.csv", index=False)
    survey = open_table("survey", tmp_path / "a.csv", missing=[-99, "k. A.", 98], scale="loyalty=0-10",
                        columns={"Kunde": "customer_id", "Z1": "loyalty_1", "noise": "-"})
    prov = tables.provenance(survey)
    assert prov["notes"] == [
        "Left out as asked: 'noise'.",
        "In 'loyalty_1' 2 answers read '-99' and 'k. A.': missing.",
        "No cell reads '98', named as missing.",
        "The scale of satisfaction was taken as 1 to 7, since the highest answer is 7: if that is not so, "
        "say "
        "scale='satisfaction=…'."]
    assert prov["dropped"] == [{"reason": "no item answered", "count": 1, "rows": [5]}]
    assert (prov["rows_read"], prov["rows_kept"]) == (12, 11) and list(survey.index) == list(range(11))
    assert prov["constructs"]["satisfaction"]["reversed"] == ["satisfaction_3_r"]
    assert (prov["constructs"]["loyalty"]["low"], prov["constructs"]["loyalty"]["high"]) == (0, 10)
    assert prov["meanings"]["loyalty_1"].endswith("(your column 'Z1')")
    assert list(survey["contract"].cat.categories) == ["long", "short"]


@pytest.mark.parametrize("top, low, scale", [
    (5, 1, (1, 5)), (7, 1, (1, 7)), (10, 1, (1, 10)), (10, 0, (0, 10)), (100, 0, (0, 100)),
    (100, 30, (0, 100))])
def test_a_usual_scale_is_taken_and_said(top, low, scale):
    survey = open_table("survey", answers(loyalty_1=[low, top, top - 1] * 4))
    loyalty = tables.provenance(survey)["constructs"]["loyalty"]
    assert (loyalty["low"], loyalty["high"]) == scale
    assert any(f"loyalty was taken as {scale[0]} to {scale[1]}" in note.replace("satisfaction and ", "")
               for note in tables.provenance(survey)["notes"])


def test_roles_speak_for_their_row():
    frame = answers(customer_id=["A", "B"] * 6, wave=[str(wave) for wave in range(12)], behaviour=[0, 1] * 6)
    survey = open_table("survey", frame)
    assert tables.provenance(survey)["roles"] == ["wave", "behaviour"]
    assert survey["wave"].cat.categories[-1] == "11"
    nested = open_table("survey", answers(customer_id=["A", "B"] * 6, cluster=["x", "y", "z"] * 4))
    assert "There are 3 clusters: with fewer than 30, intervals that respect them are rough." in (
        tables.provenance(nested)["notes"])
    assert message(frame.assign(wave="1")).startswith("survey: a customer_id stands in more than one row")


def test_rows_without_an_id_are_numbered():
    survey = open_table("survey", answers().drop(columns="customer_id"))
    assert survey["customer_id"].tolist() == [str(row) for row in range(1, 13)]
    assert tables.provenance(survey)["notes"][0] == "There is no customer_id: the rows were numbered from 1."


def test_words_of_a_stranger_stay_words(tmp_path):
    words = ["<script>alert(1)</script>", "=cmd()", "+49", "Süd; Nord"]
    answers(region=words * 3).to_csv(tmp_path / "a.csv", index=False)
    survey = open_table("survey", tmp_path / "a.csv")
    assert survey["region"].astype(str).tolist() == words * 3


def test_ids_keep_their_zeros(tmp_path):
    answers(customer_id=[f"{row:05}" for row in range(ROWS)]).to_csv(tmp_path / "a.csv", index=False)
    assert open_table("survey", tmp_path / "a.csv")["customer_id"].iloc[3] == "00003"


def test_almost_numbers_are_kept_as_words_and_said():
    survey = open_table("survey", answers(age=[20, 30, 40, "old"] * 3))
    assert tables.provenance(survey)["notes"][0] == (
        "Column 'age' holds numbers and also 'old', so it was kept as words; if these mean no answer, say "
        "missing=['old'].")
    assert open_table("survey", answers(age=[20, 30, 40, "old"] * 3), missing=["old"])["age"].dtype == float


def test_spss_labels_and_reasons(tmp_path):
    pyreadstat = pytest.importorskip("pyreadstat")
    frame = answers(kind=[1.0, 2.0, 9.0] * 4, behaviour=[0.0, 1.0] * 6, loyalty_1=[1.0, 7.0, -98, -99] * 3)
    pyreadstat.write_sav(
        frame, str(tmp_path / "a.sav"),
        column_labels={"loyalty_1": "I mean to stay", "kind": "kind of contract"},
        variable_value_labels={"kind": {1: "prepaid", 2: "contract", 9: "refused"},
                               "loyalty_1": {-99: "no answer"}, "behaviour": {0: "left", 1: "stayed"}},
        missing_ranges={"kind": [9], "loyalty_1": [{"lo": -99, "hi": -98}]})
    survey = open_table("survey", tmp_path / "a.sav", scale="1-7")
    prov = tables.provenance(survey)
    assert list(survey["kind"].cat.categories) == ["prepaid", "contract"] and survey["kind"].isna().sum() == 4
    assert survey["behaviour"].sum() == 6
    assert prov["meanings"]["loyalty_1"] == "I mean to stay"
    assert prov["meanings"]["kind"] == "kind of contract"
    assert prov["notes"] == ["Declared missing in 'loyalty_1': -98 (3 times) and no answer (3 times).",
                             "Declared missing in 'kind': refused (4 times)."]


def test_stata_labels_and_reasons(tmp_path):
    pyreadstat = pytest.importorskip("pyreadstat")
    frame = answers(kind=[1, 2, 1] * 4).astype({"loyalty_1": object})
    frame.loc[0, "loyalty_1"] = "a"
    pyreadstat.write_dta(frame, str(tmp_path / "a.dta"),
                         variable_value_labels={"kind": {1: "prepaid", 2: "contract"}},
                         missing_user_values={"loyalty_1": ["a"]})
    survey = open_table("survey", tmp_path / "a.dta")
    assert survey["loyalty_1"].dtype == float and np.isnan(survey["loyalty_1"][0])
    assert survey["kind"].value_counts().to_dict() == {"prepaid": 8, "contract": 4}
    assert tables.provenance(survey)["notes"][0] == "Declared missing in 'loyalty_1': a (1 time)."


def test_a_cell_of_two_lines_is_one_row(tmp_path):
    frame = changed("loyalty_1", 1, 1, 1, "x").assign(remark="two\nlines")
    frame.to_csv(tmp_path / "a.csv", index=False)
    assert "Row 5 reads 'x'." in message(tmp_path / "a.csv")


def test_further_sheets_are_said(tmp_path):
    with pd.ExcelWriter(tmp_path / "a.xlsx") as book:
        answers().to_excel(book, sheet_name="wave 1", index=False)
        answers().to_excel(book, sheet_name="wave 2", index=False)
    assert tables.provenance(open_table("survey", tmp_path / "a.xlsx"))["notes"][0] == (
        "The workbook has 2 sheets; the first, 'wave 1', was read.")


def test_columns_of_ones_own_are_no_misspelt_items():
    names = ["value_added_2", "brand_1", "operation_1", "quantity_1", "wave_1", "independence_2"]
    own = dict.fromkeys(names, 1)
    assert set(own) <= set(open_table("survey", answers(**own)).columns)
    named = open_table("survey", answers(invention_1=1), columns={"invention_1": "inventions"})
    assert "inventions" in named


@pytest.mark.parametrize("cells, delimiter, sizes, note", [
    (["1.082,93", "615", "398,5"], ";", [1082.93, 615, 398.5],
     "In 'spend' 4 numbers have a sign for thousands: '1.082,93' was read as 1082.93."),
    (["1,082.93", "615", "1,000,000.50"], ",", [1082.93, 615, 1000000.5],
     "In 'spend' 8 numbers have a sign for thousands: '1,082.93' was read as 1082.93.")])
def test_thousands_beside_decimals_are_read_and_said(tmp_path, cells, delimiter, sizes, note):
    answers(spend=cells * 4).to_csv(tmp_path / "a.csv", index=False, sep=delimiter)
    survey = open_table("survey", tmp_path / "a.csv")
    assert survey["spend"].tolist() == sizes * 4 and tables.provenance(survey)["notes"][0] == note


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx", "a.parquet"])
@pytest.mark.parametrize("cells, decimal, sizes", [
    (["615", "2.798"], "comma", [615, 2798]), (["615", "2.798"], "point", [615, 2.798]), (["1,200", "80"], "point", [1200, 80]),
    (["1,200", "80"], "comma", [1.2, 80]), (["1.082", "2.798", "3.500"], ",", [1082, 2798, 3500])])
def test_three_digits_after_a_sign_are_asked_for_in_any_file(name, cells, decimal, sizes, tmp_path):
    frame = answers(spend=(cells * 12)[:12])
    writers = {"a.csv": frame.to_csv, "a.xlsx": frame.to_excel, "a.parquet": frame.to_parquet}
    writers[name](tmp_path / name, index=False)
    assert "column 'spend' can be read in two ways." in message(tmp_path / name)
    survey = open_table("survey", tmp_path / name, decimal=decimal)
    assert survey["spend"].tolist() == (sizes * 12)[:12]
    called = {"comma": "comma", "point": "point", ",": "comma"}[decimal]
    assert f"In 'spend' numbers were read with a decimal {called}, as told: " in tables.provenance(survey)["notes"][0]


def test_points_for_thousands_are_never_read_as_decimals_unasked():
    case = CASES / "h08_points_for_thousands.xlsx"
    assert message(case, "transactions") == (
        "transactions: column 'amount' can be read in two ways. Rows 2, 3, 4, 5, 6 and 35 more read '1.000', '2.137', '3.274', "
        "'4.411', '5.548' and 35 more: 1.000 may mean 1000, or 1 and a bit. Say decimal='comma' if the point marks thousands, or "
        "decimal='point' if it marks decimals.")
    told = CliRunner().invoke(main, ["validate", str(case), "--table", "transactions", "--decimal", "comma"])
    assert told.exit_code == 0, told.output
    assert open_table("transactions", case, decimal="comma")["amount"].sum() == 208_860
    assert open_table("transactions", case, decimal="point")["amount"].sum() == pytest.approx(208.86)
    margins = open_table("transactions", case, decimal="comma").assign(margin="1.200")
    assert message(margins, "transactions").startswith("transactions: column 'margin' can be read in two ways.")
    assert message(case, "transactions", decimal="dot") == (
        "open_table: decimal is 'point' or 'comma'. Found 'dot'. Name the sign that stands before decimals in your file.")


@pytest.mark.parametrize("cells", [["2.798", "0.125"], ["2.798", "12.5"], ["2.7980", "2.798"], ["1.5", "2.25"], ["12", "1398"]])
def test_one_number_that_is_plain_settles_the_column(cells):
    assert open_table("survey", answers(spend=cells * 6))["spend"].tolist() == [float(cell) for cell in cells] * 6


def test_formulas_that_nobody_worked_out_are_said(tmp_path):
    frame = changed("age", "=20+1", "=20+2", 40)
    frame["satisfaction_2"] = ["=B2", *frame["satisfaction_2"][1:]]
    frame.to_excel(tmp_path / "a.xlsx", index=False)
    survey = open_table("survey", tmp_path / "a.xlsx")
    assert survey["age"].isna().sum() == 2 and tables.provenance(survey)["notes"][:2] == [
        "In 'satisfaction_2' 1 cell holds a formula without a stored value and was read as empty: open the "
        "file in Excel and save it again.",
        "In 'age' 2 cells hold a formula without a stored value and were read as empty: open the file in "
        "Excel and save it again."]


def test_empty_cells_are_no_formulas(tmp_path):
    answers(age=[20, None] * 6).to_excel(tmp_path / "a.xlsx", index=False)
    assert not [note for note in tables.provenance(open_table("survey", tmp_path / "a.xlsx"))["notes"]
                if "formula" in note]


def test_the_input_is_left_as_it_was():
    frame = answers(region=pd.Categorical(["b", "a"] * 6, categories=["b", "a"]), weight=["1,5", "2"] * 6)
    before = frame.copy(deep=True)
    survey = open_table("survey", frame, columns={"satisfaction_2": "-"}, missing=[4])
    pd.testing.assert_frame_equal(frame, before)
    assert frame.attrs == {} and list(survey["region"].cat.categories) == ["b", "a"]


@pytest.mark.parametrize("table, data", [
    ("survey", "world:survey"), ("dyads", "world:dyads"), ("transactions", "world:shop"),
    *((table, name) for name, held in datasets.DATASETS.items() for table in held)])
def test_opening_twice_changes_nothing(table, data):
    try:
        once = open_table(table, data)
    except CrmlabError as absent:
        pytest.skip(str(absent))
    twice = open_table(table, once)
    pd.testing.assert_frame_equal(once, twice)
    assert once.attrs == twice.attrs


def test_a_world_takes_seed_size_and_truth():
    first, other = (open_table("survey", "world:survey", n=40, seed=s, truth={"b": 0.5}) for s in (1, 2))
    assert len(first) == 40 and not first.equals(other)
    assert tables.provenance(first)["simulated"] and tables.provenance(first)["truth"]["b"] == 0.5


def test_items_of_a_set_can_be_left_out_and_used_otherwise():
    if "mobi" not in datasets.DATASETS:
        pytest.skip("no mobi")
    try:
        survey = open_table("survey", "mobi", columns={"CUSL2": "switching_1", "CUSCO": "-"})
    except CrmlabError as absent:
        pytest.skip(str(absent))
    constructs = tables.provenance(survey)["constructs"]
    assert constructs["loyalty"]["items"] == ["CUSL1", "CUSL3"] and "complaints" not in constructs
    assert constructs["switching"]["items"] == ["switching_1"]


NAMES = st.text(string.ascii_letters + "äöüß .-", min_size=1, max_size=8).map(str.strip).filter(
    lambda name: name and not ids.NOTHING.fullmatch(name))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(st.integers(-10**6, 10**6), min_size=10, max_size=20),
       words=st.lists(NAMES, min_size=10), delimiter=st.sampled_from(",;\t"), decimal=st.sampled_from(".,"),
       encoding=st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16"]),
       ends=st.sampled_from(["\n", "\r\n"]))
def test_any_delimiter_and_decimal_read_back(tmp_path, values, words, delimiter, decimal, encoding, ends):
    size = min(len(values), len(words))
    frame = pd.DataFrame({"loyalty_1": ([1, 7] * size)[:size], "change": np.array([8, *values][:size]) / 16,
                          "region": words[:size]})
    frame.to_csv(tmp_path / "a.csv", index=False, sep=delimiter, decimal=decimal, encoding=encoding,
                 lineterminator=ends)
    survey = open_table("survey", tmp_path / "a.csv")
    assert survey["change"].tolist() == frame["change"].tolist()
    assert survey["region"].astype(str).tolist() == frame["region"].tolist()


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60), st.sampled_from(["a.csv", "a.csv.gz", "a.xlsx", "a.parquet"]))
def test_any_bytes_are_read_or_refused_in_words(tmp_path_factory, content, name):
    file = tmp_path_factory.getbasetemp() / name
    file.write_bytes(content)
    try:
        files.read(file)
    except CrmlabError as refused:
        assert str(refused).endswith(".")
