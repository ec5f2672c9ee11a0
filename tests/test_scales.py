"""Scores, and how far they can be trusted."""

import numpy as np
import pandas as pd
import pytest

import crmlab as crm
from crmlab.measures import tables


def survey(**columns) -> pd.DataFrame:
    """A tiny survey of four satisfaction items on a scale of 1 to 7, the last one reversed."""
    items = [f"satisfaction_{k}" for k in (1, 2, 3)] + ["satisfaction_4_r"]
    frame = pd.DataFrame(columns, columns=items)
    spec = {"items": items, "reversed": ["satisfaction_4_r"], "low": 1, "high": 7}
    return tables.stamp(frame, {"title": "four questions", "constructs": {"satisfaction": spec}})


FOUR = survey(satisfaction_1=[7, 1, 4, np.nan], satisfaction_2=[7, 2, 4, np.nan],
              satisfaction_3=[6, 1, np.nan, 5],
              satisfaction_4_r=[1, 6, 4, 3])


def test_reversed_items_are_turned_and_two_thirds_must_be_answered():
    assert crm.score(FOUR)["satisfaction"].tolist()[:3] == [6.75, 1.5, 4.0]
    assert np.isnan(crm.score(FOUR)["satisfaction"].iloc[3])  # two of four answered


def test_two_of_three_is_enough():
    assert crm.score(FOUR, drop=["satisfaction_4_r"])["satisfaction"].tolist()[2] == 4.0


def test_provenance_travels_and_input_is_left_alone():
    before = FOUR.copy()
    scores = crm.score(FOUR, drop=["satisfaction_2"])
    pd.testing.assert_frame_equal(FOUR, before)
    source = tables.provenance(scores)
    assert source["title"] == "four questions" and source["items_dropped"] == ["satisfaction_2"]
    assert source["scales"]["satisfaction"]["answered"] == 4


def test_items_that_do_not_exist_are_refused_with_the_nearest():
    with pytest.raises(crm.CrmlabError) as error:
        crm.score(FOUR, drop=["satisfaction_5"])
    assert str(error.value) == ("There is no item 'satisfaction_5' to drop. The survey has satisfaction_1, "
                                "satisfaction_2, satisfaction_3 and satisfaction_4_r. Did you mean "
                                "'satisfaction_3'?")


def test_the_last_item_cannot_be_dropped():
    with pytest.raises(crm.CrmlabError) as error:
        crm.score(FOUR, drop=list(FOUR.columns))
    assert str(error.value) == ("No item of 'satisfaction' is left. All were dropped: 'satisfaction_1', "
                                "'satisfaction_2', 'satisfaction_3' and 'satisfaction_4_r'. Keep at least "
                                "one.")


def test_mobi_reliability_numbers():
    """Alphas of domain.md 9.2, recomputed from the file; .77, .44 and .70 (ECSI, Tenenhaus et al. 2005)."""
    mobi = crm.open_table("survey", "mobi")
    alphas = crm.reliability(mobi).headline()
    assert {k: round(v, 3) for k, v in alphas.items() if k in ("alpha_satisfaction", "alpha_loyalty")} == {
        "alpha_satisfaction": 0.770, "alpha_loyalty": 0.442}
    assert (round(alphas["alpha_image"], 2), round(alphas["alpha_expectation"], 2)) == (0.71, 0.43)
    assert (round(alphas["alpha_quality"], 2), round(alphas["alpha_value"], 2)) == (0.87, 0.82)
    assert round(crm.reliability(mobi, "loyalty", drop=["CUSL2"]).headline()["alpha_loyalty"], 3) == 0.695


def test_the_item_that_does_not_belong():
    """CUSL2 correlates .04–.13 with the other loyalty items (domain.md 8, P11)."""
    mobi = crm.open_table("survey", "mobi")
    items = crm.reliability(mobi, "satisfaction", "loyalty")
    assert items.weak == ["CUSL2"]
    assert "CUSL2 hardly goes with the rest of its scale" in items.text()
    row = items.table.set_index("item").loc["CUSL2"]
    assert row["item_rest"] == pytest.approx(mobi["CUSL2"].corr(mobi["CUSL1"] + mobi["CUSL3"]))
    assert row["without"] == pytest.approx(0.695, abs=0.001)
    assert items.table.set_index("item").loc["CUSA1", "mean"] == pytest.approx(7.99, abs=0.005)


def test_a_world_knows_its_reliability():
    """Alpha of a tau-equivalent scale is its reliability: 3 items loading .8 give .84 before the cutting."""
    rng = np.random.default_rng(1)
    items = 0.8 * rng.normal(size=(30_000, 1)) + 0.6 * rng.normal(size=(30_000, 3))
    frame = tables.stamp(pd.DataFrame(items, columns=["trust_1", "trust_2", "trust_3"]), {
        "title": "w",
        "constructs": {"trust": {"items": ["trust_1", "trust_2", "trust_3"], "reversed": [], "low": -9,
                                               "high": 9}}})
    truth = 9 * 0.64 / (9 * 0.64 + 3 * 0.36)
    found = crm.reliability(frame, "trust").scales["trust"]
    assert (found["alpha"], found["omega"]) == pytest.approx((truth, truth), abs=0.01)


def test_single_item_has_no_known_reliability():
    mobi = crm.open_table("survey", "mobi")
    assert "rests on one item" in crm.reliability(mobi, "complaints").text()


def test_an_item_that_was_not_turned_is_named_alone():
    """It makes its neighbours look weak as well; only the culprit is named, with the likely reason."""
    frame = crm.open_table("survey", "world:survey", seed=2)
    wrong = tables.stamp(frame.assign(loyalty_2=11 - frame["loyalty_2"]), tables.provenance(frame))
    items = crm.reliability(wrong, "loyalty")
    assert (items.table["item_rest"] < 0.3).all()
    assert items.caption().finding == "loyalty_2 does not belong to the others"
    assert "was it worded the other way round?" in items.text()


def test_two_items_that_do_not_go_together_are_named_together():
    rng = np.random.default_rng(3)
    frame = crm.open_table("survey", pd.DataFrame(rng.integers(1, 6, (200, 2)),
                                                  columns=["trust_1", "trust_2"]))
    items = crm.reliability(frame)
    assert items.caption().finding == "The items of trust hardly go together" and not items.weak
    assert "without it" not in items.text()


def test_an_item_that_nobody_answered_is_no_part_of_the_score():
    frame = crm.open_table("survey", pd.DataFrame({"shop": ["a", "b"] * 10, "trust_1": [1, 2, 3, 5] * 5,
                                                   "trust_2": [np.nan, 2, np.nan, 5] * 5}))
    quiet = frame[frame["shop"] == "a"]
    assert crm.score(quiet)["trust"].notna().all()
    assert "Nobody answered trust_2; no score counts on it." in crm.reliability(quiet).text()


def test_card_says_where_answers_lean_and_respects_each_scale():
    low = pd.DataFrame({"trust_1": [1, 1, 2, 1, 5] * 4, "effort_1": [10, 10, 20, 0, 100] * 4})
    card = crm.card(crm.open_table("survey", low, scale="trust=1-5, effort=0-100"))
    assert ("Answers lean to the bottom of the scale (on average 26 % of the way up): 20 % are the highest "
            "one can give, 40 % the lowest.") in card.text()
    assert card.answers.columns[[0, -1]].tolist() == ["0 %", "100 %"]
    assert card.answers.loc["trust_1", "100 %"] == 0.2 and card.answers.loc["effort_1", "100 %"] == 0.2
    card.figure()


def test_omega_says_what_it_rests_on():
    survey = crm.open_table("survey", "world:survey", n=80, seed=1)
    said = "omega from one maximum-likelihood factor of the standardised items"
    assert said in crm.reliability(survey, "satisfaction").settings
    two = survey.drop(columns="satisfaction_3").assign(satisfaction_2=survey["satisfaction_2"])
    assert said not in crm.reliability(tables.stamp(two, {**tables.provenance(survey), "constructs": {
        "satisfaction": {**tables.provenance(survey)["constructs"]["satisfaction"],
                         "items": ["satisfaction_1", "satisfaction_2"]}}}), "satisfaction").settings
