"""Value labels give a scale its ends and direction, and name what is no answer."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from crmlab import loyalty
from crmlab.desk.validate import validate
from crmlab.frame.errors import CrmlabError
from crmlab.measures import scales, tables
from crmlab.sources.labels import bare, nothing, unanswered
from crmlab.sources.opening import open_table

pyreadstat = pytest.importorskip("pyreadstat")
CASES = Path(__file__).parent / "cases"
ITEMS = ("satisfaction_1", "satisfaction_2", "loyalty_1")
SEVEN = {1: "very dissatisfied", 2: "b", 3: "c", 4: "neither", 5: "e", 6: "f", 7: "very satisfied"}


def answers(low=1, top=5, **changes) -> pd.DataFrame:
    """Twenty customers whose answers run from ``low`` to ``top``."""
    steps = np.arange(20)
    frame = {"customer_id": [f"C{row}" for row in steps], "satisfaction_1": low + steps % (top - low + 1),
             "satisfaction_2": low + steps // 2 % (top - low + 1), "loyalty_1": low + (steps + 1) % (top - low + 1)}
    return pd.DataFrame({**frame, **changes}).astype({name: float for name in ITEMS})


def saved(path: Path, frame: pd.DataFrame, labels: dict, **more) -> Path:
    """The frame with these labels on each question, as an SPSS or a Stata file."""
    named = {**dict.fromkeys(ITEMS, labels), **more.pop("also", {})}
    write = pyreadstat.write_sav if path.suffix == ".sav" else pyreadstat.write_dta
    write(frame, str(path), variable_value_labels=named, **more)
    return path


def scale(survey: pd.DataFrame, construct: str = "satisfaction") -> tuple:
    spec = tables.provenance(survey)["constructs"][construct]
    return spec["low"], spec["high"]


def notes(survey: pd.DataFrame) -> list[str]:
    return tables.provenance(survey)["notes"]


def message(path: Path, **options) -> str:
    with pytest.raises(CrmlabError) as error:
        open_table("survey", path, **options)
    assert str(error.value) in validate(path, "survey", **options).text()
    return str(error.value)


@pytest.mark.parametrize("file, n, shares, r", [
    ("h02_dont_know_5_on_1_to_4.sav", 26, (0.5769, 0.1154, 0.1154, 0.1923), 0.6635),
    ("h03_labels_1_to_7_top_unused.sav", 30, (0, 0, 0, 1), 0.7447)])
def test_the_right_numbers_of_files_that_were_read_wrongly(file, n, shares, r):
    scores = scales.score(open_table("survey", CASES / file))
    assert loyalty.zones(scores).table["share"].tolist() == pytest.approx(shares, abs=5e-5)
    pair = loyalty.correlation(scores).table.iloc[0]
    assert (pair["n"], pair["estimate"]) == (n, pytest.approx(r, abs=5e-5))


def test_what_is_taken_from_labels_is_said():
    assert notes(open_table("survey", CASES / "h02_dont_know_5_on_1_to_4.sav")) == [
        "Labelled as no answer and taken as missing: 5 ('don't know'), 1 time in 'satisfaction_1', 1 time in "
        "'satisfaction_2', 1 time in 'loyalty_1' and 1 time in 'loyalty_2'; if it is an answer, give the scale that holds it "
        "in scale.",
        "The scale of satisfaction and loyalty was taken from the value labels, 1 ('no') to 4 ('yes')."]


@pytest.mark.parametrize("said", [
    "Don't know", "DON’T KNOW", "DK", "Refused", "No answer", "9 - No answer", "99=DK/NA", "Don't know (spontaneous)",
    "Refused / don't know", "Prefer not to say", "I don't know", "Can't choose", "Not applicable", "Weiß nicht",
    "weiss nicht", "keine Angabe", "k. A.", "k.A.", "verweigert", "Weiß nicht / keine Angabe", "trifft nicht zu",
    "kann ich nicht beurteilen", "Ne sait pas", "NSP", "Refus", "Sans réponse", "ne sait pas / refus", "No sabe", "NS/NC",
    "No contesta", "No sabe o no contesta", "Prefiero no contestar", "[No answer]", "-9. Refusal", "hard to say"])
def test_what_labels_call_no_answer(said, tmp_path):
    assert nothing(said)
    labels = {1: "schlecht", 2: "b", 3: "c", 4: "d", 5: "gut", 9: said}
    frame = answers()
    frame.loc[:2, "loyalty_1"] = 9
    survey = open_table("survey", saved(tmp_path / "a.sav", frame, labels))
    assert survey["loyalty_1"].isna().sum() == 3 and scale(survey, "loyalty") == (1, 5)
    assert notes(survey)[0] == (f"Labelled as no answer and taken as missing: 9 ('{said}'), 3 times in 'loyalty_1'; if it is "
                                "an answer, give the scale that holds it in scale.")


@pytest.mark.parametrize("said", ["no", "rather no", "none at all", "not at all", "never", "nie", "stimme nicht zu", "jamais",
                                  "nunca", "neither / nor", "7", "", "not satisfied", "know", "disagree", "nada"])
def test_answers_that_are_answers(said):
    assert not nothing(said)


def test_a_label_of_no_answer_may_be_a_step():
    degrees = {1: "trifft zu", 2: "trifft eher zu", 3: "trifft eher nicht zu", 4: "trifft nicht zu", 9: "weiß nicht"}
    assert unanswered(degrees) == [9]
    assert unanswered({1: "trifft nicht zu", 5: "stimmt genau"}) == []
    assert unanswered({1: "bad", 2: "no opinion", 3: "good"}) == []
    assert unanswered({1: "applies fully", 2: "b", 3: "does not apply", 8: "DK"}) == [8]
    assert bare("7 – Very satisfied!") == "very satisfied"


@pytest.mark.parametrize("low, top, labels, ends", [
    (1, 5, SEVEN, (1, 7)),
    (0, 5, {code: f"step {code}" for code in range(7)}, (0, 6)),
    (2, 6, {1: "not at all", 7: "fully"}, (1, 7)),
    (1, 6, {code: f"{code} - {word}" for code, word in SEVEN.items()}, (1, 7)),
    (1, 3, {1: "1 schlecht", 2: "2", 3: "3", 4: "4 gut", 8: "verweigert", 9: "weiß nicht"}, (1, 4)),
    (3, 9, {0: "certainly not", 10: "certainly", 97: "refused"}, (0, 10)),
    (-1, 1, {-2: "much worse", -1: "b", 0: "same", 1: "d", 2: "much better"}, (-2, 2)),
    (1, 4, {code: str(code) for code in range(1, 7)}, (1, 6))])
@pytest.mark.parametrize("name", ["a.sav", "a.dta"])
def test_labels_give_the_scale(low, top, labels, ends, name, tmp_path):
    frame = answers(low, top)
    frame = frame.astype(dict.fromkeys(ITEMS, int)) if name == "a.dta" else frame
    survey = open_table("survey", saved(tmp_path / name, frame, labels))
    assert scale(survey) == scale(survey, "loyalty") == ends
    assert f"from the value labels, {ends[0]} ('{labels[ends[0]]}') to {ends[1]} ('{labels[ends[1]]}')." in notes(survey)[-1]


@pytest.mark.parametrize("best, worst", [
    ("very satisfied", "very dissatisfied"), ("strongly agree", "strongly disagree"), ("sehr zufrieden", "sehr unzufrieden"),
    ("stimme voll zu", "stimme gar nicht zu"), ("sehr gut", "mangelhaft"), ("très satisfait", "pas du tout satisfait"),
    ("muy satisfecho", "muy insatisfecho"), ("1 - excellent", "5 - very poor"), ("definitely yes", "definitely no"),
    ("trifft zu", "trifft nicht zu"), ("très satisfait", "peu satisfait"), ("high", "low"), ("definitely would", "definitely would not"),
    ("sehr zufrieden", "kaum zufrieden"), ("always", "rarely"), ("very important", "not important at all"), ("sí", "no")])
def test_a_scale_that_runs_downwards_is_refused_until_the_reader_says_so(best, worst, tmp_path):
    labels = {1: best, 2: "b", 3: "c", 4: "d", 5: worst}
    path = saved(tmp_path / "a.sav", answers(), labels)
    assert message(path) == (
        "survey: the answers to 'satisfaction_1' run downwards, and a score would read them upside down. 1 is labelled "
        f"'{best}', and 5 '{worst}'. Say columns={{'satisfaction_1': 'satisfaction_1_r'}}, so that it is turned; or recode it "
        "in the file.")
    turned = open_table("survey", path, columns={item: f"{item}_r" for item in ITEMS})
    upright = open_table("survey", answers())
    assert scales.score(turned)["satisfaction"].tolist() == (6 - scales.score(upright)["satisfaction"]).tolist()


def test_the_name_of_the_file_stands_in_the_remedy(tmp_path):
    frame = answers().rename(columns={"satisfaction_1": "Q1"})
    path = tmp_path / "a.sav"
    pyreadstat.write_sav(frame, str(path), variable_value_labels={"Q1": {1: "very satisfied", 5: "very dissatisfied"}})
    assert "Say columns={'Q1': 'satisfaction_1_r'}, so that it is turned;" in message(path, columns={"Q1": "satisfaction_1"})
    assert len(open_table("survey", path, columns={"Q1": "satisfaction_1_r"})) == 20


@pytest.mark.parametrize("code, label, refused", [
    (1, "very satisfied", True), (5, "strongly disagree", True), (1, "sehr gut", True), (1, "strongly disagree", False),
    (5, "very satisfied", False), (1, "satisfied", False), (1, "first", False)])
def test_one_label_may_tell_the_direction(code, label, refused, tmp_path):
    path = saved(tmp_path / "a.sav", answers(), {code: label, 9: "no answer"})
    if refused:
        assert f"run downwards, and a score would read them upside down. {code} is labelled '{label}'." in message(path)
    else:
        assert scale(open_table("survey", path)) == (1, 5)


@pytest.mark.parametrize("top, label, offered", [(7, "fully agree", "1-7"), (10, "extremely likely", "1-10"), (0, "not at all", "0-5")])
def test_one_label_beyond_all_answers_is_an_end_that_nobody_chose(top, label, offered, tmp_path):
    path = saved(tmp_path / "a.sav", answers(), {top: label, 99: "refused"})
    assert message(path) == (
        f"survey: the scale of 'satisfaction' is not plain from its answers. They run from 1 to 5, and {top} is labelled '{label}'. Say "
        f"the lowest and highest answer possible, as in scale='satisfaction={offered}'.")
    assert scale(open_table("survey", path, scale=offered)) == tuple(map(int, offered.split("-")))


def test_one_label_within_the_scale_that_is_taken_is_enough(tmp_path):
    assert scale(open_table("survey", saved(tmp_path / "a.sav", answers(low=2), {1: "not at all"}))) == (1, 5)


@pytest.mark.parametrize("worst, best", [("peu satisfait", "très satisfait"), ("low", "high"), ("kaum", "sehr"), ("a little", "a lot"),
                                         ("very poor", "excellent"), ("sehr unwahrscheinlich", "sehr wahrscheinlich"),
("strongly disagree", "strongly agree"), ("not at all", "completely"), ("nie", "immer"),
                                         ("pas d'accord", "tout à fait d'accord"), ("satisfied", "delighted"), ("low", "high")])
def test_a_scale_that_runs_upwards_is_read(worst, best, tmp_path):
    assert scale(open_table("survey", saved(tmp_path / "a.sav", answers(), {1: worst, 5: best}))) == (1, 5)


def test_a_scale_that_is_said_goes_before_the_labels(tmp_path):
    frame = answers()
    path = saved(tmp_path / "a.sav", frame, {1: "no", 2: "b", 3: "c", 4: "yes", 5: "don't know"})
    survey = open_table("survey", path, scale="satisfaction=1-5")
    assert scale(survey) == (1, 5) and survey["satisfaction_1"].isna().sum() == 0 and survey["loyalty_1"].isna().sum() == 4
    assert notes(survey) == [
        "Labelled as no answer and taken as missing: 5 ('don't know'), 4 times in 'loyalty_1'; if it is an answer, give the "
        "scale that holds it in scale.",
        "Labelled as no answer and kept, since scale holds it: 5 ('don't know'), 4 times in 'satisfaction_1' and 4 times in "
        "'satisfaction_2'.",
        "The scale of loyalty was taken from the value labels, 1 ('no') to 4 ('yes')."]


def test_declared_codes_are_no_ends_of_a_scale(tmp_path):
    frame = answers(1, 5)
    frame.loc[:3, "loyalty_1"] = [96, 97, 98, 99]
    labels = {**SEVEN, 96: "broke off", 97: "interviewer", 98: "weiß nicht", 99: "refused"}
    survey = open_table("survey", saved(tmp_path / "a.sav", frame, labels,
                                        missing_ranges={item: [{"lo": 96, "hi": 99}] for item in ITEMS}))
    assert scale(survey, "loyalty") == (1, 7) and survey["loyalty_1"].isna().sum() == 4
    assert notes(survey)[0] == ("Declared missing in 'loyalty_1': broke off (1 time), interviewer (1 time), weiß nicht (1 time) "
                                "and refused (1 time).")


def test_further_missing_codes_of_stata_keep_their_labels(tmp_path):
    frame = answers(1, 5).astype({name: object for name in ITEMS})
    frame.loc[0, "loyalty_1"], frame.loc[1, "loyalty_1"] = "a", "b"
    labels = {1: "poor", 2: "b", 3: "c", 4: "d", 5: "e", 6: "good"}
    lost = dict.fromkeys(ITEMS, ["a", "b"])
    survey = open_table("survey", saved(tmp_path / "a.dta", frame, labels, missing_user_values=lost, also={
        "loyalty_1": {**labels, "a": "refused", "b": "filter"}}))
    assert scale(survey, "loyalty") == (1, 6) and survey["loyalty_1"].isna().sum() == 2
    assert notes(survey)[0] == "Declared missing in 'loyalty_1': refused (1 time) and filter (1 time)."


def test_labels_that_stand_apart_are_asked_for(tmp_path):
    labels = {**SEVEN, 99: "filter", 98: "broke off"}
    path = saved(tmp_path / "a.sav", answers(), labels)
    assert message(path) == (
        "survey: not all labels of 'satisfaction_1' are steps of one scale. They run from 1 to 7, and 98 ('broke off') and 99 "
        "('filter') stand apart. Say missing=[98, 99] if that means no answer, or give the scale, as in "
        "scale='satisfaction=1-99'.")
    assert scale(open_table("survey", path, scale="1-7")) == (1, 7)


def test_items_of_a_construct_with_different_labels(tmp_path):
    five = {1: "bad", 5: "good"}
    path = saved(tmp_path / "a.sav", answers(), {1: "bad", 7: "good"}, also={"satisfaction_2": five})
    assert message(path) == (
        "survey: the items of 'satisfaction' have different scales. By their labels: satisfaction_1 1 to 7 and satisfaction_2 "
        "1 to 5. Bring them to one scale in the file, or map those of another scale to '-' in columns.")


def test_no_answer_is_no_group(tmp_path):
    frame = answers(region=[1.0, 2.0, 9.0, 2.0] * 5, age=[30.0, 40.0, 99.0, 35.0] * 5)
    path = saved(tmp_path / "a.sav", frame, SEVEN, also={"region": {1: "north", 2: "south", 9: "refused"}, "age": {99: "refused"}})
    survey = open_table("survey", path)
    assert list(survey["region"].cat.categories) == ["north", "south"] and survey["region"].isna().sum() == 5
    assert survey["age"].max() == 40
    assert notes(survey)[0].startswith("Labelled as no answer and taken as missing: 9 ('refused'), 5 times in 'region';")


def test_categories_of_a_frame_are_no_labels_of_a_scale():
    frame = answers(2, 5).astype({"satisfaction_1": "category"})
    assert scale(open_table("survey", frame)) == (1, 5)
