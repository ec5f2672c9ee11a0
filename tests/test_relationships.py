"""The room: the edge cases of the ladder, what a cut does, and whether it is a ladder at all."""

import numpy as np
import pandas as pd
import pytest

import crmlab as crm
from crmlab.measures import tables
from crmlab.relationships import guttman as scale
from crmlab.relationships.climbing import RUNGS, Cuts, climb
from crmlab.sources.worlds import common

MISSING = float("nan")
COLUMNS = ["orders", "days_since_last", "intention", "trust", "commitment", "recommend", "referrals", "joint", "mutual"]

#: domain.md 13.2: twelve edge cases, the rung, and the flag.
EDGES = [
    ((0, MISSING, 6, 7, 7, 10, 3, 2, 7), "prospect", ""),
    ((1, 10, 7, 6, 6, 10, 2, 0, 4), "customer", ""),
    ((2, 30, 4, 4, 4, 9, 1, 0, 3), "client", ""),
    ((2, 30, 4, 5, 5, 8, 0, 0, 3), "supporter", ""),
    ((9, 500, 3, 6, 6, 9, 2, 0, 4), "customer", ""),
    ((9, 500, 6, 6, 6, 9, 2, 0, 4), "ambassador", ""),
    ((5, 20, 6, 6, 6, 9, 0, 1, 6), "supporter", ""),
    ((5, 20, 6, 6, 6, 8, 4, 1, 6), "supporter", ""),
    ((5, 20, 6, 6, 6, 9, 1, 1, 5), "partner", ""),
    ((5, 20, 6, 6, 6, 10, 1, 1, 4), "ambassador", ""),
    ((5, 20, 6, MISSING, 6, 9, 1, 0, 5), "ambassador", "trust missing"),
    ((5, 20, 6, MISSING, MISSING, 9, 1, 1, 6), "client", "attitude not measured"),
]


def world(n=1000, seed=1, **truth) -> pd.DataFrame:
    return crm.score(crm.open_table("dyads", "world:dyads", n=n, seed=seed, truth=truth or None))


@pytest.mark.parametrize(("values", "expected", "flag"), EDGES)
def test_edge_cases(values, expected, flag):
    found = climb(pd.DataFrame([values], columns=COLUMNS)).iloc[0]
    assert (found["class"], found["flag"]) == (expected, flag)


def test_the_rule_that_fired_and_the_distance_to_the_next_rung():
    found = climb(pd.DataFrame([EDGES[4][0], EDGES[7][0], EDGES[8][0]], columns=COLUMNS))
    assert found["rule"].iloc[0] == ("orders 9 ≥ 1; orders 9 ≥ 2; last order 500 days ago, beyond 365 and intention 3 < 5")
    assert found["next"].tolist() == ["an order within the window, or the intention to buy again",
                                      "recommend 8, needs 9", ""]


def test_every_customer_stands_on_one_rung_and_more_never_means_lower():
    scores = world(300)
    before = climb(scores)["class"].map(RUNGS.index)
    more = scores.assign(orders=scores["orders"] + 1, trust=np.minimum(scores["trust"] + 1, 7),
                         recommend=np.minimum(scores["recommend"] + 1, 10))
    assert (climb(more)["class"].map(RUNGS.index) >= before).all()
    assert crm.relationships.ladder(scores, draws=100).table["customers"].sum() == 300


def test_the_world_keeps_its_stated_shares():
    """S2 (domain.md O03): prospects 30 %, customers 22, clients 25, supporters 17, ambassadors 3, partners 3; CR .93, CS .72."""
    heads = [crm.relationships.ladder(world(2000, seed), draws=50).headline() for seed in range(6)]
    shares = pd.DataFrame([head["rung_shares"] for head in heads]).mean()
    assert shares.tolist() == pytest.approx([0.30, 0.22, 0.25, 0.17, 0.03, 0.03], abs=0.035)
    assert np.mean([head["reproducibility"] for head in heads]) == pytest.approx(0.93, abs=0.01)
    assert np.mean([head["scalability"] for head in heads]) == pytest.approx(0.72, abs=0.03)


def test_chance_alone_already_reproduces():
    """domain.md 0.0 (6): independent steps give reproducibility about .84 and scalability about .38 by definition alone."""
    head = crm.relationships.ladder(world(3000, cumulative=0.0)).headline()
    assert 0.80 < head["reproducibility"] < 0.90 and head["reproducibility"] == pytest.approx(
        head["reproducibility_null"], abs=0.01)
    assert head["scalability"] > 0.3
    assert abs(head["loevinger_h"]) < 0.1


def test_independent_steps_are_no_ladder_at_the_nominal_rate():
    called = sum(crm.relationships.ladder(world(250, seed, cumulative=0.0), draws=200).order.p < 0.05
                 for seed in range(60))
    assert called <= 8
    assert "It is not a ladder" in crm.relationships.ladder(world(600, 3, cumulative=0.0)).text()


def test_a_ladder_is_found():
    found = crm.relationships.ladder(world())
    assert found.order.p < 0.01 and found.order.h.low > 0.3
    assert "over and above what the definitions alone force" in found.text()


def test_loevinger_against_a_hand_made_table():
    """Three customers, steps 11100, 11000 and 10100: one error in the pair of second and third step."""
    answers = np.array([[1, 1, 1, 0, 0], [1, 1, 0, 0, 0], [1, 0, 1, 0, 0]], float)
    counts = scale.counted(answers)
    assert scale.reproducibility(counts) == pytest.approx(1 - 2 / 15)
    assert scale.loevinger(counts)[0] == pytest.approx(1 - 1 / (2 / 3 * (1 - 2 / 3) * 3))


def test_a_perfect_ladder():
    answers = np.repeat([[1] * k + [0] * (5 - k) for k in range(6)], 10, axis=0).astype(float)
    found = scale.scalogram(answers, draws=200)
    assert (found.reproducibility, found.scalability, found.h.estimate) == pytest.approx((1, 1, 1))


def test_behaviour_alone_ends_at_client_and_says_so():
    scores = world()
    only = tables.stamp(scores[["customer_id", "orders", "days_since_last"]], {"title": "log", "table": "dyads"})
    found = crm.relationships.ladder(only)
    assert set(found.customers["class"]) == {"prospect", "customer", "client"}
    assert "These data say what was bought, not what is felt: the ladder ends at client." in found.text()
    assert found.table["share"].isna().tolist() == [False] * 3 + [True] * 3
    assert found.headline()["loevinger_h"] != found.headline()["loevinger_h"]


def test_cuts_move_with_the_scale():
    scales = {"trust": {"low": 1, "high": 10}, "mutual": {"low": 1, "high": 7}}
    assert Cuts().on(scales) == Cuts(attitude=7.0)


@pytest.mark.parametrize("truth", [{}, {"one_attitude": 0.5}])
def test_retest_is_what_a_second_survey_finds(truth, monkeypatch):
    """The same relations asked twice: other errors of the questions, everything else as it stands."""
    first = world(8000, 2, waves=1, **truth)
    normal = common.Chance.normal

    def again(self, step, *shape):
        other = self._replace(seed=1000) if step in [f"items of {n}" for n in ("trust", "commitment", "mutual")] else self
        return normal(other, step, *shape)

    monkeypatch.setattr(common.Chance, "normal", again)
    second = climb(world(8000, 2, waves=1, **truth))["class"]
    found = crm.relationships.ladder(first, draws=50)
    assert found.retest == pytest.approx((second == found.customers["class"]).mean(), abs=0.01)
    assert (f"If attitude and mutual effort were asked again, about {round(100 * found.retest)} % would stand on the same "
            "rung, going by the alphas of these; all else, single questions and counts, is taken as it stands, so that "
            "in truth it may be fewer.") in found.text()


def test_without_orders_there_is_no_ladder():
    with pytest.raises(crm.CrmlabError) as error:
        crm.relationships.ladder(pd.DataFrame({"trust": [1, 2], "bought": [0, 1]}))
    assert str(error.value) == ("The ladder needs to know what was bought. The table has 'trust' and 'bought'. "
                                "Give a column of orders, as in columns={'Bestellungen': 'orders'}.")


def test_own_file_of_relations(tmp_path):
    own = crm.open_table("dyads", "world:dyads", n=60, seed=2).rename(columns={"orders": "Bestellungen"})
    own.to_csv(tmp_path / "own.csv", index=False)
    opened = crm.open_table("dyads", tmp_path / "own.csv", columns={"Bestellungen": "orders"}, scale="1-7")
    mine, theirs = (crm.relationships.ladder(crm.score(t), draws=50) for t in (
        opened, own.rename(columns={"Bestellungen": "orders"})))
    assert mine.customers["class"].tolist() == theirs.customers["class"].tolist()


@pytest.mark.parametrize(("answer", "said"), [
    ([...] * 10, "Not answered yet. Put 10 rungs in place of the dots."),
    (["client"] * 3, "There are 10 customers, and you named 3 rungs."),
    (["clint"] * 10, "'clint' is no rung. The rungs are prospect, customer, client, supporter, ambassador and partner. "
                     "Did you mean 'client'?"),
])
def test_a_hand_classification_never_fails_a_student(answer, said):
    assert crm.relationships.cases(world()).compare(answer) == said


def test_agreeing_with_the_rule():
    ten = crm.relationships.cases(world())
    assert ten.compare(ten.rule["class"].tolist()).text() == (
        "You and the rule agree on all 10. Now ask which cut you had in mind.")
    assert (ten.rule["class"].value_counts() <= 2).all()
