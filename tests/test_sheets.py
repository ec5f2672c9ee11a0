"""Assessments in long format: what opens, what is kept and counted, and what is refused with its rows."""

import pandas as pd
import pytest

import crmlab as crm
from crmlab.desk.validate import validate
from crmlab.frame.errors import CrmlabError
from crmlab.measures import tables

ROWS = [["us", "ann", "PR1", 4, 3, "seen"], ["us", "ann", "PR2", 2, 1, ""], ["us", "bob", "PR1", 3, 3, "plan"],
        ["them", "ann", "PR1", 1, 0, ""]]
NAMES = ["firm", "rater", "practice", "intention", "reality", "evidence"]


def frame(rows=ROWS, names=NAMES) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=names)


def opened(table, **options) -> pd.DataFrame:
    return crm.open_table("assessments", table, **options)


def notes(table) -> list[str]:
    return tables.provenance(table)["notes"]


def refused(table, **options) -> str:
    with pytest.raises(CrmlabError) as error:
        opened(table, **options)
    return str(error.value)


def test_a_file_in_long_format_opens(tmp_path):
    for name, write in (("a.csv", frame().to_csv), ("a.xlsx", frame().to_excel)):
        write(tmp_path / name, index=False)
        table = opened(tmp_path / name)
        assert table[["practice", "intention", "reality"]].values.tolist() == [
            ["PR1", 4, 3], ["PR2", 2, 1], ["PR1", 3, 3], ["PR1", 1, 0]]
        assert table["evidence"].isna().tolist() == [False, True, False, True]
        assert tables.provenance(table)["table"] == "assessments" and not notes(table)


def test_few_rows_are_enough():
    assert len(opened(frame(ROWS[:1]))) == 1


def test_one_firm_and_one_rater_need_no_column():
    table = opened(frame([row[2:] for row in ROWS[:2]], NAMES[2:]))
    assert set(table["firm"]) == {"our firm"} and set(table["rater"]) == {"rater 1"}
    assert notes(table) == ["There is no column 'rater': all rows were taken as those of 'rater 1'.",
                            "There is no column 'firm': all rows were taken as those of 'our firm'."]


def test_rows_filled_in_partly_are_kept_and_counted():
    table = opened(frame([*ROWS, ["us", "ann", "PR3", 4, None, ""], ["us", "ann", "PR4", None, None, ""]]))
    assert len(table) == 6
    assert notes(table) == ["2 rows lack intention or reality and will not be scored: rows 5 and 6."]


def test_a_practice_that_does_not_apply_lacks_nothing():
    table = opened(frame([[*ROWS[0], 1], ["us", "ann", "PR3", None, None, "", 0]], [*NAMES, "applicable"]))
    assert not notes(table)


def test_own_names_are_mapped_and_codes_go():
    own = frame([["PR1", 4, 3], ["PR2", 99, 2]], ["Praktik", "Absicht", "Wirklichkeit"])
    table = opened(own, columns={"Praktik": "practice", "Absicht": "intention", "Wirklichkeit": "reality"}, missing=[99])
    assert table["intention"].isna().tolist() == [False, True]


def test_no_evidence_is_printed():
    """Evidence may name people: neither the codebook nor a note repeats it."""
    said = ["told by Eva Muster, eva@example.org", "17", "18", "19"]
    table = opened(frame([[*row[:5], words] for row, words in zip(ROWS, said, strict=True)]))
    book = tables.codebook(table).set_index("column")
    assert book.loc["evidence", ["kind", "range", "answered"]].tolist() == ["text", "–", 4]
    assert "Eva" not in str(notes(table)) + str(book.to_dict())


def test_the_world_opens_with_its_source():
    table = opened("world:firms", n=20, seed=3)
    assert table["firm"].nunique() == 20 and table["practice"].nunique() == 60
    assert tables.provenance(table)["simulated"] and len(opened("world:firms", n=20, seed=3, truth={"raters": 2})) == 2400


@pytest.mark.parametrize(("change", "message"), [
    ({"practice": ["PR1", "PR22", "PR1", "PR1"]},
     "assessments: column 'practice' holds keys that the model does not have. Row 2 reads 'PR22'. Did you mean 'PR2'?"),
    ({"practice": ["pr1", "pr2", "pr1", "pr1"]},
     "assessments: column 'practice' holds keys that the model does not have. Rows 1, 2, 3 and 4 read 'pr1' and 'pr2'. "
     "Did you mean 'PR1'?"),
    ({"practice": ["PR1", "Q7", "PR1", "PR1"]},
     "assessments: column 'practice' holds keys that the model does not have. Row 2 reads 'Q7'. "
     "The keys run from AP1 to CX4."),
    ({"reality": [3, 5, 3, 0]},
     "assessments: column 'reality' leaves its range, 0 to 4. Row 2 reads '5'. "
     "Correct the cells, or say missing=[5] if they mean no answer."),
    ({"intention": [4, "many", 3, 1]},
     "assessments: column 'intention' holds text. Row 2 reads 'many'. Write 'many' as a number in the file; only a word that means no answer belongs in missing."),
    ({"intention": [4, 2.5, 3, 1]},
     "assessments: column 'intention' holds answers between two steps. Row 2 reads '2.5'. Give whole numbers, 0 to 4."),
    ({"practice": ["PR1", "PR1", "PR1", "PR1"]},
     "assessments: a rater answers a practice more than once. Look at rows 1 and 2: 'PR1'. "
     "Remove the copies, or tell the rows apart by 'firm', 'rater' or 'wave'."),
    ({"rater": ["ann", None, "bob", "ann"]},
     "assessments: column 'rater' has empty cells. Look at row 2. Fill them, so that each row has its place."),
    ({"sector": ["bank", "retail", "bank", "bank"]},
     "assessments: 'sector' speaks of the firm and differs between its rows. Firm 'us' has 'bank' and 'retail'. "
     "Write the same value into all rows of a firm."),
    ({"applicable": [1, 2, 1, 1]},
     "assessments: column 'applicable' leaves its range, 0 to 1. Row 2 reads '2'. "
     "Correct the cells, or say missing=[2] if they mean no answer."),
    ({"reality": [None] * 4},
     "assessments: no practice is answered. 'a data frame' has 4 rows, none with intention and reality. "
     "Fill in both for one practice at least."),
])
def test_refusals(change, message):
    assert refused(frame().assign(**change)) == message


def test_refusals_of_the_whole():
    assert refused(frame().drop(columns="practice")) == (
        "assessments: there is no column 'practice'. The columns are 'firm', 'rater', 'intention', 'reality' and 'evidence'. "
        "Did you mean 'rater'?")
    assert refused(frame(), scale="1-5") == ("assessments: the scale is fixed. Found scale = '1-5'. "
                                             "Intention and reality go from 0 to 4; recode other answers first.")
    assert refused("world:survey") == ("'world:survey' is no table of assessments. It holds survey. "
                                       "For assessments there is case, case_key, world:firms and world:classroom, or a file of your own.")


def test_a_wave_tells_rows_apart():
    twice = pd.concat([frame().assign(wave="2024"), frame().assign(wave="2025")])
    assert tables.provenance(opened(twice))["roles"] == ["wave"]


def test_validate_lists_all(tmp_path):
    wrong = frame().assign(practice=["PR1", "PR1", "PX1", "PR1"], reality=[9, 1, 3, 0])
    wrong.to_csv(tmp_path / "wrong.csv", index=False)
    found = validate(tmp_path / "wrong.csv", table="assessments")
    assert [problem.wrong for problem in found.problems] == [
        "assessments: column 'reality' leaves its range, 0 to 4.",
        "assessments: column 'practice' holds keys that the model does not have.",
        "assessments: a rater answers a practice more than once."]
    assert "Row 2 reads '9'." in found.text() and "rows 2 and 3" in found.text()
    frame().to_csv(tmp_path / "fine.csv", index=False)
    said = validate(tmp_path / "fine.csv", table="assessments").text()
    assert "qci: 2 firms can be assessed." in said and "up to 2 raters" in said
