"""What is said before answers are believed: tests and broken-off answers, people who answer twice, TRUE and FALSE, days in words."""

import numpy as np
import pandas as pd
import pytest

from crmlab.desk.validate import validate
from crmlab.frame import dates
from crmlab.measures import scales, tables
from crmlab.sources.opening import open_table

ROWS = 12
DEVICE = "Wed May 01 2024 12:30:22 GMT+0200 (Central European Summer Time)"


def answers(**changes) -> pd.DataFrame:
    plain = {"satisfaction_1": [1, 7, 5, 6] * 3, "loyalty_1": [1, 6, 7, 4] * 3}
    return pd.DataFrame({**plain, **changes})


def saved(frame: pd.DataFrame, path) -> str:
    {".csv": frame.to_csv, ".xlsx": frame.to_excel, ".parquet": frame.to_parquet, ".tsv": lambda path, index: frame.to_csv(
        path, sep="\t", index=index)}[path.suffix](path, index=False)
    return path


def notes(data) -> list[str]:
    return tables.provenance(open_table("survey", data))["notes"]


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.xlsx", "a.parquet"])
def test_true_and_false_are_read_alike(name, tmp_path):
    frame = answers(paid=[True, False] * 6, behaviour=[True, True, False] * 4)
    survey = open_table("survey", saved(frame, tmp_path / name))
    assert survey["paid"].astype(str).tolist() == ["TRUE", "FALSE"] * 6 and survey["behaviour"].tolist() == [1, 1, 0] * 4
    assert tables.provenance(survey)["notes"][:2] == [
        "Column 'paid' holds TRUE and FALSE: kept as words.", "In 'behaviour' TRUE was read as 1 and FALSE as 0."]
    pd.testing.assert_frame_equal(survey, open_table("survey", frame))
    pd.testing.assert_frame_equal(survey, open_table("survey", survey))


LEAVE = "They count like the others; if they should not, delete"


@pytest.mark.parametrize("columns, said", [
    ({"Status": ["IP Address"] * 10 + ["Survey Preview"] * 2},
     f"In 'Status' 2 cells read 'Survey Preview': previews and tests, no customers. {LEAVE} rows 12 and 13 of the file."),
    ({"Status": [0] * 11 + [1], "Progress": 100},
     f"In 'Status' 1 cell reads '1': previews and tests, no customers. {LEAVE} row 13 of the file."),
    ({"DistributionChannel": ["preview"] + ["anonymous"] * 11},
     f"In 'DistributionChannel' 1 cell reads 'preview': previews and tests, no customers. {LEAVE} row 2 of the file."),
    ({"Finished": [True] * 10 + [False] * 2, "Progress": [100] * 10 + [40, 60]},
     f"In 'Finished' 2 cells read 'FALSE': answers that were left unfinished. {LEAVE} rows 12 and 13 of the file."),
    ({"Finished": [1] * 11 + [0]},
     f"In 'Finished' 1 cell reads '0': answers that were left unfinished. {LEAVE} row 13 of the file."),
    ({"Progress": [40] + [100] * 11},
     f"In 'Progress' 1 cell reads '40': answers that were left unfinished. {LEAVE} row 2 of the file."),
    ({"submitdate": ["2024-05-01 10:00:00"] * 9 + [None] * 3},
     f"In 'submitdate' 3 cells are empty: answers that were left unfinished. {LEAVE} rows 11, 12 and 13 of the file."),
    ({"Date submitted": [None] + ["2024-05-01"] * 11},
     f"In 'Date submitted' 1 cell is empty: answers that were left unfinished. {LEAVE} row 2 of the file.")])
def test_what_a_survey_tool_says_of_its_rows_is_passed_on(columns, said, tmp_path):
    assert said in notes(saved(answers(**columns), tmp_path / "a.csv"))


@pytest.mark.parametrize("columns", [{"Status": ["active", "left"] * 6}, {"Status": [0, 1] * 6}, {"Progress": ["good"] * 12},
                                     {"Finished": [True] * 12}, {"status": ["paid"] * 12}])
def test_columns_of_ones_own_are_no_tests(columns):
    assert not [note for note in notes(answers(**columns)) if "They count like the others" in note]


@pytest.mark.parametrize("name", ["ResponseId", "RespondentID", "respondent_id", "Teilnehmer-Nr", "Token", "id", "E-Mail", "CustomerID"])
def test_people_who_answer_twice_are_named_where_nobody_mapped_them(name):
    frame = answers(**{name: ["R1", "R1", *[f"R{row}" for row in range(2, 12)]]})
    assert (f"In '{name}' 1 value stands in more than one row (rows 1 and 2), and the rows were taken as different customers: if "
            f"it tells who answered, say columns={{'{name}': 'customer_id'}}.") in notes(frame)
    assert [note for note in notes(frame.assign(**{name: list("abcdef") * 2})) if "6 values stand in more than one row" in note]
    assert not [note for note in notes(frame.assign(**{name: range(12)})) if "more than one row" in note]
    assert not [note for note in notes(frame.assign(**{name: ["a", "b"] * 6})) if "more than one row" in note]


PRIVATE = {
    "IPAddress": ("10.0.0.1", "addresses of devices"), "adr": ("192.168.1.17", "addresses of devices"),
    "LocationLatitude": (52.52, "places"), "LocationLongitude": (13.4, "places"), "RecipientEmail": ("a@b.org", "e-mail addresses"),
    "RecipientLastName": ("Miller", "names of people"), "First Name": ("Ann", "names of people"),
    "ResponseId": ("R_1", "ids by which a person can be found again"), "ExternalReference": (77, "ids by which a person can be found again"),
    "StartDate": ("2024-05-01 12:30:22", ""), "Recorded": (DEVICE, ""), "region": ("north", ""), "Duration (in seconds)": (300, "")}


def test_what_a_survey_tool_adds_is_private(tmp_path):
    frame = answers(**{name: cell for name, (cell, _) in PRIVATE.items()})
    assert validate(saved(frame, tmp_path / "a.csv")).private == tuple(
        f"Column '{name}' looks like {what}: leave it out with '-' in columns before you share anything."
        for name, (_, what) in PRIVATE.items() if what)


def test_two_questions_that_run_against_each_other_are_told_so():
    first = np.array([*range(1, 8)] * 5)
    frame = answers().iloc[:0].reindex(range(35)).assign(satisfaction_1=first, satisfaction_2=8 - first + ([0, 0, -1, 1, 0, 0, 0] * 5),
                                                         loyalty_1=first)
    found = scales.reliability(open_table("survey", frame, scale="0-8"), "satisfaction")
    assert ("The two items of satisfaction run against each other (correlation −0.96): was one worded the other way round? Then "
            "end its name in '_r', and it is turned.") in found.text()
    assert found.caption().finding == "The items of satisfaction run against each other"
    turned = open_table("survey", frame, columns={"satisfaction_2": "satisfaction_2_r"}, scale="0-8")
    assert "against" not in scales.reliability(turned, "satisfaction").text()


@pytest.mark.parametrize("said, day", [
    ("09-Jul-2024", "2024-07-09"), ("9 July 2024", "2024-07-09"), ("July 9, 2024", "2024-07-09"), ("Jul 9 2024", "2024-07-09"),
    ("9. Juli 2024", "2024-07-09"), ("09.Mär.2024", "2024-03-09"), ("9 août 2024", "2024-08-09"), ("9 ene 2024", "2024-01-09"),
    ("31-DEC-2024 23:10", "2024-12-31"), ("Wed, 09 Oct 2024", "2024-10-09"), ("1st May 2024", "2024-05-01"), ("29-Feb-2024", "2024-02-29"),
    ("09/Jul/2024", "2024-07-09"), ("2024-07-09", "2024-07-09")])
def test_days_whose_month_is_a_word_are_read(said, day):
    found = dates.read(pd.Series([said, "2024-01-31"], name="day"))
    assert not found.problems and f"{found.days[0]:%Y-%m-%d}" == day


@pytest.mark.parametrize("said", ["09-Jul-24", "Jul 2024", "31-Feb-2024", "9 Xyz 2024", "May", "32 May 2024"])
def test_days_that_are_not_plain_are_refused(said):
    assert dates.read(pd.Series([said, "2024-01-31"], name="day")).problems


def test_a_log_with_months_in_words(tmp_path):
    log = pd.DataFrame({"Kunde": ["A", "B"] * 6, "Datum": ["09-Jul-2024", "10-Aug-2024"] * 6, "Betrag": [5.5, 7.25] * 6})
    read = open_table("transactions", saved(log, tmp_path / "a.csv"),
                      columns={"Kunde": "customer_id", "Datum": "date", "Betrag": "amount"})
    assert read["date"].dt.month.tolist() == [7, 8] * 6
