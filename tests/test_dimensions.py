"""The five dimensions: four written cases, known numbers of components, a world whose truth is known."""

import re

import numpy as np
import pandas as pd
import pytest

import crmlab as crm
from crmlab.frame import glossary, stats
from crmlab.frame.result import LeftOut, Result
from crmlab.measures import tables
from crmlab.measures.components import parallel_analysis
from crmlab.relationships.five import dimensions
from crmlab.relationships.profiles import DIMENSIONS, PROFILES, SIDES, ProfileCuts, profile, traced
from crmlab.relationships.scree import structure
from crmlab.relationships.sides import primary
from crmlab.sources import worlds

FIVE = list(DIMENSIONS)


def relations(n: int = 300, seed: int = 3) -> pd.DataFrame:
    return crm.open_table("dyads", "world:dyads", n=n, seed=seed, truth={"waves": 1})


def written(own: float, their: float, *key: float) -> pd.DataFrame:
    """One case of domain 13.5: the five dimensions, and how far each side depends."""
    return pd.DataFrame([dict(zip(FIVE, key, strict=True), asymmetry=own - their)])


# ---- four written cases -----------------------------------------------------------------------------------

CASES = {
    # One knows each other by name and likes to come; neither would suffer much without the other.
    "bakery and regular": (3, 3, (6, 5, 3, 6, 6), "friendly"),
    # The borrower cannot leave, the bank can: polite, formal, and one side decides.
    "bank and mortgage customer": (5, 1, (4, 2, 3, 2, 2), "captive"),
    # Neither can do without the other, and each plays the other off.
    "wholesaler and supermarket chain": (5, 5, (2, 2, 5, 3, 3), "rivalrous"),
    # Developing together and deciding together, but by plan and contract rather than over coffee.
    "software house and hospital": (6, 6, (6, 5, 6, 4, 4), "working partnership"),
}


@pytest.mark.parametrize("name", CASES)
def test_written_cases_get_the_profile_a_reader_expects(name):
    own, their, key, expected = CASES[name]
    case = written(own, their, *key)
    assert profile(case, ProfileCuts()).tolist() == [expected]


def test_without_knowing_who_depends_the_bank_is_mixed_and_the_rule_says_what_is_near():
    bank = written(3, 3, *CASES["bank and mortgage customer"][2])
    named = profile(bank, ProfileCuts())
    assert named.tolist() == ["mixed"]
    assert traced(bank, named, ProfileCuts()) == ["nearest to arm's length: cooperation 4, needs ≤ 3.5"]


def test_rules_say_what_they_saw():
    for name, rule in (("bakery and regular", "cooperation 6 ≥ 4.5; social 6 ≥ 4.5; informal 6 ≥ 4.5"),
                       ("bank and mortgage customer", "asymmetry 4 ≥ 2"),
                       ("wholesaler and supermarket chain", "cooperation 2 ≤ 3; interdependence 5 ≥ 5"),
                       ("software house and hospital",
                        "cooperation 6 ≥ 4.5; balance 5 ≥ 4.5; interdependence 6 ≥ 4.5")):
        own, their, key, expected = CASES[name]
        assert traced(written(own, their, *key), [expected], ProfileCuts()) == [rule]


def test_the_first_rule_that_fires_counts():
    three = pd.concat([written(7, 5, 6, 6, 6, 6, 6), written(7, 3, 3, 4, 5, 3, 3),
                       written(4, 4, 3, 4, 5, 3, 3)])
    assert profile(three, ProfileCuts()).tolist() == ["close partnership", "captive", "rivalrous"]


def test_every_profile_can_be_reached_and_nobody_is_forgotten():
    found = dimensions(relations(2000), draws=20)
    assert set(found.customers["class"]) == {*PROFILES, "mixed"}
    assert found.profiles["customers"].sum() == 2000
    assert sum(found.headline()["profiles"].values()) == pytest.approx(1)


def test_cuts_follow_the_scale():
    assert ProfileCuts().on(1, 7) == ProfileCuts()
    five = ProfileCuts().on(1, 5)
    assert (five.high, five.low, five.asymmetry) == pytest.approx((10 / 3, 8 / 3, 4 / 3))
    table = crm.score(relations())
    source = tables.provenance(table)
    halved = table.assign(**{name: 1 + (table[name] - 1) * 4 / 6 for name in source["scales"]})
    narrow = {name: {**spec, "high": 5} for name, spec in source["scales"].items()}
    again = dimensions(tables.stamp(halved, {**source, "scales": narrow}), draws=20)
    first = dimensions(table, draws=20)
    assert again.customers["class"].tolist() == first.customers["class"].tolist()
    assert again.closeness == pytest.approx(1 + (first.closeness - 1) * 4 / 6)
    # one dimension alone on another scale is stretched onto the first one's, and the settings say so
    mixed = table.assign(social=halved["social"])
    spoken = {**source["scales"], "social": narrow["social"]}
    third = dimensions(tables.stamp(mixed, {**source, "scales": spoken}), draws=20)
    assert third.customers["class"].tolist() == first.customers["class"].tolist()
    assert "scales differ, stretched onto 1 to 7" in third.settings


def test_the_next_score_is_the_next_score_one_can_give():
    values = pd.DataFrame({"cooperation": [3, 3.5, 2, 6], "interdependence": [5, 5, 4.5, 5]}, dtype=float)
    table = tables.stamp(values.assign(social=[4.0] * 4), {})
    found = dimensions(table, draws=20)
    assert found.customers["class"].tolist() == ["rivalrous", "mixed", "mixed", "mixed"]
    # cooperation ≤ 3.5 adds the second, ≤ 2 loses the first; interdependence ≥ 4.5 adds the third
    assert found.moves == {"against": 0.25, "needed": 0.25}


# ---- how many components ----------------------------------------------------------------------------------

def answers(n: int, factors: int, each: int, loading: float, key: str) -> np.ndarray:
    """Answers from 1 to 7: ``each`` items on every factor, factors independent."""
    chance = stats.rng(11, "test", key)
    latent = np.repeat(chance.normal(size=(n, factors)), each, axis=1)
    own = chance.normal(size=(n, factors * each))
    return np.clip(np.round(4 + 1.4 * (loading * latent + np.sqrt(1 - loading**2) * own)), 1, 7)


@pytest.mark.parametrize(("factors", "each"), [(1, 10), (5, 2), (5, 3), (2, 4)])
def test_parallel_analysis_finds_the_number_of_factors(factors, each):
    for k in range(5):
        table = answers(400, factors, each, 0.8, f"{factors} {each} {k}")
        assert parallel_analysis(table, draws=200, seed=k).count == factors


def test_parallel_analysis_finds_nothing_in_noise():
    tables_ = [answers(100, 8, 1, 0.0, f"noise {k}") for k in range(120)]
    found = [parallel_analysis(table, draws=150, seed=k).count for k, table in enumerate(tables_)]
    assert np.mean(np.array(found) == 0) >= 0.90


def test_many_rows_meet_the_same_chance():
    table = answers(5000, 5, 2, 0.8, "many")
    few, many = (parallel_analysis(t, draws=300) for t in (table, np.vstack([table, table[:1]])))
    assert few.count == many.count == 5
    assert np.abs(few.chance - many.chance).max() < 0.01


def test_too_few_rows_and_items_give_no_number():
    table = answers(400, 1, 10, 0.8, "few")
    assert np.isnan(parallel_analysis(table[:19]).count)
    assert np.isnan(parallel_analysis(table[:, :2]).count)
    flat = np.column_stack([table, np.full(400, 7)])
    assert parallel_analysis(flat, draws=50).of == 10
    assert np.isnan(parallel_analysis(np.empty((0, 4))).count)


def test_the_items_of_the_world_carry_five():
    found = [dimensions(relations(1000, seed), draws=100).components for seed in range(5)]
    assert [c.count for c in found] == [5] * 5
    assert {(c.of, c.what) for c in found} == {(10, "item")}


# ---- the world, whose truth is known ----------------------------------------------------------------------

def test_asymmetry_as_the_world_states_it():
    """S2: asymmetry knows nothing of closeness; its size goes with cooperation at about −0.3."""
    heads = [dimensions(relations(1500, seed), draws=2).headline() for seed in range(8)]
    assert np.mean([h["one_sided_cooperation"] for h in heads]) == pytest.approx(-0.30, abs=0.03)
    assert np.mean([h["asymmetry_closeness"] for h in heads]) == pytest.approx(0, abs=0.025)


def test_closeness_drives_every_dimension_unless_it_is_told_not_to():
    close = dimensions(crm.score(worlds.dyads(n=2000).tables["dyads"]), draws=5).table
    apart = dimensions(crm.score(worlds.dyads(n=2000, truth={"cumulative": 0.0, "asymmetry_cost": 0.0})
                                 .tables["dyads"]), draws=5).table
    assert (close["low"][:5] > 0.2).all()
    assert apart["estimate"].abs().max() < 0.08


def test_old_columns_did_not_move_when_the_dimensions_came():
    frame = worlds.dyads(n=200, seed=1, truth={"dimension_loading": 0.9}).tables["dyads"]
    plain = worlds.dyads(n=200, seed=1).tables["dyads"]
    old = [c for c in plain if re.match(r"orders|days|recommend|referrals|joint|trust|commitment|mutual", c)]
    pd.testing.assert_frame_equal(frame[old], plain[old])
    assert not frame["cooperation_1"].equals(plain["cooperation_1"])


def test_closeness_by_hand():
    values = pd.DataFrame({"cooperation": [1, 4, 7], "balance": [2, 4, 6], "social": [3, 4, 5]}, dtype=float)
    found = dimensions(values, draws=5)
    assert found.customers["closeness"].tolist() == pytest.approx([-1, 0, 1])
    assert found.customers["mean"].tolist() == pytest.approx([2, 4, 6])
    assert found.weights.estimate == pytest.approx(1)
    assert found.headline()["closeness_mean"] == pytest.approx(4)


def test_a_dimension_is_not_held_against_itself():
    scores = crm.score(relations())
    found = dimensions(scores, draws=5)
    z = (found.customers[FIVE] - found.customers[FIVE].mean()) / found.customers[FIVE].std()
    expected = np.corrcoef(scores["balance"], z.drop(columns="balance").mean(axis=1))[0, 1]
    assert found.table.set_index("construct").loc["balance", "estimate"] == pytest.approx(expected)
    assert found.table.set_index("construct").loc["balance", "alpha"] == pytest.approx(
        tables.provenance(scores)["scales"]["balance"]["alpha"])


# ---- what is missing --------------------------------------------------------------------------------------

def test_a_missing_dimension_is_said_and_its_profiles_are_not_guessed():
    found = dimensions(relations().drop(columns=["social_1", "social_2"]), draws=20)
    assert found.text().endswith("Not measured: social; these profiles cannot be seen without: close "
                                 "partnership, arm's length and friendly.")
    assert set(found.headline()["profiles"]) == {"working partnership", "captive", "rivalrous", "mixed"}
    behind = structure(found).text()
    assert "the mean of the four dimensions" in behind and behind.startswith("Of the 8 items 4 components rise above chance")


def test_no_rule_finds_what_it_asks():
    found = dimensions(crm.score(relations())[["balance", "social", "informal"]], draws=20)
    assert found.text().startswith("No profile can be seen: no rule finds all it asks for.")
    assert found.headline()["profiles"] == {} and found.customers["class"].isna().all()
    assert found.text().endswith("Not measured: cooperation and interdependence.")
    assert found.figure().bytes("svg")


def test_fewer_than_three_dimensions_are_left_out():
    some = dimensions(crm.score(relations())[["balance", "social"]])
    assert isinstance(some, LeftOut)
    assert some.text() == ("Left out: closeness needs three of the dimensions cooperation, balance, "
                           "interdependence, social and informal, and the table has balance and social.")
    none = dimensions(pd.DataFrame({"orders": [1, 2]}))
    assert none.text() == ("Left out: closeness needs three of the dimensions cooperation, balance, "
                           "interdependence, social and informal, and the table has none of them.")


def test_one_side_alone_is_no_interdependence():
    found = dimensions(relations().drop(columns="their_dependence_1"), draws=20)
    assert "interdependence" not in found.table["construct"].tolist()
    assert found.asymmetry is None and np.isnan(found.headline()["asymmetry_closeness"])
    assert "Not measured: interdependence" in found.text()


def test_an_unanswered_dimension_gives_no_profile():
    table = crm.score(relations())
    table.loc[0, "social"] = np.nan
    table.loc[1, ["social", "balance", "informal"]] = np.nan
    found = dimensions(table, draws=20)
    assert found.customers.loc[[0, 1], "class"].isna().all()
    assert found.customers.loc[0, "rule"] == "social not answered"
    assert np.isfinite(found.customers.loc[0, "closeness"]) and np.isnan(found.customers.loc[1, "closeness"])
    assert found.text().endswith("2 relations left a dimension unanswered and have no profile; nothing was "
                                 "guessed.")
    assert found.profiles["customers"].sum() == 298


@pytest.mark.parametrize("n", [1, 2, 5])
def test_few_relations(n):
    found = dimensions(worlds.dyads(n=n).tables["dyads"], draws=20)
    assert np.isnan(found.components.count) and found.text().endswith(".")
    assert structure(found).text() == "Left out: that takes 20 relations answered in full."
    assert found.figure().bytes("svg") and len(found.customers) == n


def test_all_answer_alike():
    found = dimensions(pd.DataFrame({name: [4.0] * 30 for name in FIVE}), draws=20)
    assert found.customers["closeness"].tolist() == [0.0] * 30
    assert found.headline()["profiles"]["mixed"] == 1 and found.figure().bytes("svg")


# ---- primary and secondary --------------------------------------------------------------------------------

def persons(**changed) -> pd.DataFrame:
    given = {"liking": 5, "respect": 5, "interdependence": 5, "social": 5,
             "roles": 4, "etiquette": 4, "short_term": 4}
    return pd.DataFrame([{**given, **changed}], dtype=float)


@pytest.mark.parametrize(("changed", "expected"), [
    ({}, "primary"), ({"roles": 5.5}, "mixed"), ({"roles": 7, "etiquette": 7}, "secondary"),
    ({"liking": np.nan}, "primary"), ({"liking": np.nan, "social": np.nan}, None)])
def test_primary(changed, expected):
    frame = pd.concat([persons(), persons(**changed)], ignore_index=True)
    assert primary(frame).customers["class"].tolist()[1] == expected


def test_bakery_and_bank_are_what_one_would_say():
    bakery = persons(liking=6, social=6, interdependence=3, roles=2, etiquette=3, short_term=2)
    bank = persons(liking=3, social=2, interdependence=3, roles=6, etiquette=6, short_term=4)
    assert primary(pd.concat([bakery, bank])).customers["class"].tolist() == ["primary", "secondary"]


def test_primary_goes_with_closeness_in_the_world():
    scores = crm.score(relations(2000))
    closeness = dimensions(scores, draws=5).customers["closeness"]
    assert np.corrcoef(primary(scores).customers["difference"], closeness)[0, 1] > 0.5


def test_primary_says_what_was_not_asked():
    whole = crm.score(relations())
    assert primary(whole.drop(columns="liking")).text().endswith("The band is ours. Not asked: liking.")
    short = primary(whole[["liking", "social", "roles", "etiquette"]])
    assert isinstance(short, LeftOut)
    assert short.text() == ("Left out: the primary score needs 3 of liking, respect, interdependence and "
                            "social, and the table has liking and social.")
    assert primary(whole.drop(columns=["roles", "short_term"])).text() == (
        "Left out: the secondary score needs 2 of roles, etiquette and short term, and the table has "
        "etiquette.")


# ---- the contract -----------------------------------------------------------------------------------------

ANALYSES = {
    "dimensions": lambda d: dimensions(d, draws=50),
    "of scores": lambda d: dimensions(crm.score(d), draws=50),
    "without sides": lambda d: dimensions(d.drop(columns=[f"{side}_1" for side in SIDES]), draws=50),
    "left out": lambda d: dimensions(d[["customer_id", "orders"]]),
    "primary": lambda d: primary(crm.score(d)),
    "primary left out": lambda d: primary(crm.score(d).drop(columns=["roles", "etiquette"])),
}


@pytest.mark.parametrize("name", ANALYSES)
def test_contract(name, tmp_path):
    table = relations()
    before = table.copy(deep=True)
    result, again = ANALYSES[name](table), ANALYSES[name](table)
    pd.testing.assert_frame_equal(table, before)
    assert isinstance(result, Result)
    assert set(result.table.columns) <= set(glossary.COLUMNS)
    assert result._repr_html_() == again._repr_html_()
    assert result.text().endswith(".") and "nan" not in result.text().lower().split()
    assert not re.search(r"  |\.\.|\bNone\b", result.text())
    assert len(result.headline()) <= 10
    picture = result.figure()
    assert picture.alt.endswith(".") and picture.bytes("svg") == again.figure().bytes("svg")
    drawn = picture.get_tightbbox(picture.canvas.get_renderer())
    assert drawn.x0 > -0.01 and drawn.y0 > -0.01
    assert drawn.x1 < picture.get_figwidth() + 0.01 and drawn.y1 < picture.get_figheight() + 0.01
    assert (result.save(tmp_path) / "result.json").is_file()


def test_an_own_file_with_the_new_words(tmp_path):
    relations(60).to_csv(tmp_path / "own.csv", index=False)
    own = crm.open_table("dyads", tmp_path / "own.csv")
    assert {"own_dependence", "their_dependence", "short_term"} <= set(tables.provenance(own)["constructs"])
    assert dimensions(own, draws=20).customers["class"].tolist() == dimensions(
        relations(60), draws=20).customers["class"].tolist()
