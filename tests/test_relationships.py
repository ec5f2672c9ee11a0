"""The room: the edge cases of the ladder, what a cut does, and whether it is a ladder at all."""

import re

import numpy as np
import pandas as pd
import pytest

import crmlab as crm
from crmlab.frame.errors import CrmlabError
from crmlab.frame.record import plain
from crmlab.measures import tables
from crmlab.measures.systems.book import register
from crmlab.relationships import guttman as scale
from crmlab.relationships.climbing import ASKED_BY, QUESTIONS, RUNGS, Cuts, climb, latest, seen
from crmlab.relationships.rungs import SCORES
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


def test_cuts_move_with_the_scale_unless_they_are_given():
    scales = {"trust": {"low": 1, "high": 10}, "mutual": {"low": 1, "high": 7}}
    assert Cuts().on(scales) == Cuts(intention=5, attitude=7, mutual=5)
    assert Cuts(attitude=8).on(scales).attitude == 8  # a cut that somebody chose was once overwritten
    with pytest.raises(crm.CrmlabError) as error:
        Cuts(attitude=11).on(scales)
    assert str(error.value) == ("The cut of attitude lies above its scale. It is 11, and the highest answer is 10. "
                                "Give a cut from 1 to 10.")


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


def without(*columns, n=400) -> pd.DataFrame:
    """The world where these columns were never asked."""
    scores = world(n, waves=1)
    return tables.stamp(scores.drop(columns=list(columns)), tables.provenance(scores))


#: What was not asked, the highest rung that can be seen then, and the finding.
CEILINGS = [
    (("days_since_last", "intention"), "customer", "N % bought; whether they come back, these data do not say"),
    (("trust", "commitment"), "client", "N % buy again; what they feel, nobody asked"),
    (("referrals",), "supporter", "N % feel the relationship; N % have not bought yet"),
    (("joint", "mutual"), "ambassador", "N % feel the relationship; N % have not bought yet"),
    (("mutual",), "ambassador", "N % feel the relationship; N % have not bought yet"),
]


@pytest.mark.parametrize(("lacking", "top", "finding"), CEILINGS)
def test_nobody_is_called_cold_where_nobody_asked(lacking, top, finding):
    """The first question that was not asked ends the ladder; above it stands no share, and no 0 %."""
    scores = without(*lacking)
    found = crm.relationships.ladder(scores, draws=50)
    at = RUNGS.index(top)
    assert found.top == top and list(found.headline()["rung_shares"]) == list(RUNGS[:at + 1])
    assert found.table["share"].isna().tolist() == [False] * (at + 1) + [True] * (5 - at)
    assert f"the ladder ends at {top}." in found.text() and "100 %" not in found.text()
    assert found.order is None and "H =" not in found.text() and not np.isfinite(found.retest)
    assert found.moves.keys() <= {name for name, step in SCORES.items() if RUNGS.index(step) <= at}
    warm = {name: float((found.customers["class"] == name).mean()) for name in RUNGS}
    assert found.headline()["rung_shares"] == pytest.approx({name: warm[name] for name in RUNGS[:at + 1]})
    assert re.sub(r"\d+ %", "N %", found.caption().finding) == finding
    assert found.answer() == f"{found.caption().finding}. With these data nobody can be seen above {top}."


def test_only_buyers_means_no_share_of_prospects():
    scores = world(300, waves=1)
    buyers = tables.stamp(scores[scores["orders"] > 0], tables.provenance(scores))
    found = crm.relationships.ladder(buyers, draws=50)
    assert "prospect" not in found.headline()["rung_shares"] and "Only buyers are in these data." in found.text()
    assert "have not bought" not in found.caption().finding


def test_customers_chosen_by_their_answer_make_no_order():
    """Complete are only those who bought less than twice: an H of them would be an H of the selection."""
    scores = world(400, waves=1)
    often = scores["orders"] >= 2
    thin = scores.assign(days_since_last=scores["days_since_last"].mask(often), intention=scores["intention"].mask(often))
    thin.loc[thin.index[often][:1], "intention"] = 7  # one of them answered, so the question was asked
    thin.loc[thin.index[often][:1], "trust"] = thin.loc[thin.index[often][:1], "commitment"] = MISSING
    found = crm.relationships.ladder(tables.stamp(thin, tables.provenance(scores)), draws=50)
    assert found.order is None
    assert found.unseen == (f"the five answers are known of {(~often).sum()} of 400 customers, and these all say no to "
                            '"more than one purchase in mind?"')
    assert crm.relationships.order(found).text() == f"Left out: {found.unseen}."


def test_an_order_says_on_whom_it_rests():
    scores = world(400, waves=1)
    cold = scores["orders"].to_numpy() == 0
    silent = cold & (np.arange(400) % 3 > 0)
    thin = scores.assign(trust=scores["trust"].mask(silent), commitment=scores["commitment"].mask(silent))
    found = crm.relationships.ladder(tables.stamp(thin, tables.provenance(scores)), draws=50)
    whole = int(found.answers.notna().all(axis=1).sum())
    assert f"That rests on the {whole} of 400 whose five answers are known; they say yes to \"bought once?\" in" in found.text()
    assert "so read it for them alone." in crm.relationships.order(found).text()
    assert "That rests on" not in crm.relationships.ladder(scores, draws=50).text()


def test_attitude_of_one_question_is_named():
    scores = world(200, waves=1)
    alone = scores["commitment"].mask(np.arange(200) < 100)
    said = crm.relationships.ladder(tables.stamp(scores.assign(commitment=alone), tables.provenance(scores)), draws=50)
    many = (said.customers["flag"] == "commitment missing").sum()
    assert many > 0 and f"For {many} customers attitude is trust alone." in said.text()
    assert "nothing was guessed" not in said.text()


def test_a_trace_tells_not_reached_from_not_asked():
    found = crm.relationships.ladder(crm.score(crm.open_table("dyads", "cdnow")), draws=50)
    client = found.customers.loc[found.customers["class"] == "client", "customer_id"].iloc[0]
    trace = crm.relationships.trace(found, client)
    assert trace.table["verdict"].tolist() == ["yes", "yes", "not asked", "not asked", "not asked"]
    assert trace.text() == (f'Customer {client} is a client. The climb ends at the question "feels the relationship?": '
                            "these data do not answer it.")
    whole = crm.relationships.ladder(world(300), draws=50)
    prospect = whole.customers.loc[whole.customers["class"] == "prospect", "customer_id"].iloc[0]
    assert crm.relationships.trace(whole, prospect).table["verdict"].tolist() == ["no", *["not reached"] * 4]
    assert crm.relationships.trace(whole, prospect).headline() == {"customer": prospect, "rung": "prospect",
                                                                   "next": "orders 0, needs 1"}


def test_the_record_of_a_ladder_can_be_defended():
    """Cuts, what each score moves, and the rule of every customer can be read without the sentence."""
    found = crm.relationships.ladder(world(300), draws=200)
    record = plain(found.record())
    assert record["cuts"] == {"orders": 2, "window_days": 365, "intention": 5, "attitude": 5, "recommend": 9, "referrals": 1,
                              "joint": 1, "mutual": 5, "felt_by": "customer"}
    assert list(record["asked_by"]) == list(QUESTIONS) and record["asked_by"]["client"] == "Peelen 2005"
    assert record["moved_by"].keys() == SCORES.keys() and 0 < record["same_rung_at_retest"] < 1
    assert record["settings"].startswith("cuts (crmlab rules): orders 2, window days 365, intention 5, attitude 5, ")
    assert list(found.customers) == ["customer_id", "class", "rule", "next", "flag"]
    head = crm.relationships.order(found).headline()
    assert head["loevinger_h_low"] < head["loevinger_h"] < head["loevinger_h_high"] and head["customers"] == 300


def test_felt_by_both_asks_the_other_side_before_somebody_is_an_ambassador():
    scores = world(600)
    alone, both = (crm.relationships.ladder(scores, felt_by=side, draws=100) for side in ("customer", "both"))
    values, at = seen(latest(scores)), {"customer": alone.customers["class"], "both": both.customers["class"]}
    at = {side: found.to_numpy() for side, found in at.items()}
    down = (at["customer"] == "ambassador") & (values["mutual"].to_numpy() < 5 - 1e-9)
    assert down.any() and (at["both"][down] == "supporter").all() and (at["both"][~down] == at["customer"][~down]).all()
    first = int(np.flatnonzero(down)[0])
    assert both.customers["next"].iloc[first] == f"mutual {values['mutual'].iloc[first]:.3g}, needs 5"
    told = crm.relationships.recut(alone, both, guess=5)
    assert told.changed == pytest.approx(down.mean())
    assert told.text().startswith("With the relation felt by both sides instead of the customer alone, ")
    assert "Loevinger" not in told.text(), "another pair of steps is counted, so the two numbers do not compare"
    assert both.settings.startswith("cuts (crmlab rules): ") and "; felt by both sides; " in both.settings
    assert "felt by both, and speaks for us?" in crm.relationships.trace(both).table["term"].tolist()


def test_felt_by_both_needs_the_other_side():
    frame = tables.stamp(world(300).drop(columns="mutual"), tables.provenance(world(300)))
    both = crm.relationships.ladder(frame, felt_by="both", draws=50)
    assert both.top == "supporter"
    assert "These data do not say whether the other side feels it too: the ladder ends at supporter." in both.text()
    with pytest.raises(CrmlabError) as error:
        Cuts(felt_by="us")
    assert str(error.value) == "There is no side 'us'. 'felt_by' has: customer and both. Use one of these names."


def test_a_shared_condition_makes_no_ladder():
    """Ambassador and partner both ask for mutual effort: steps that know nothing else of each other are no ladder."""
    found = [crm.relationships.ladder(world(800, seed, cumulative=0.0), felt_by="both", draws=200).order for seed in range(6)]
    assert sum(one.p < 0.05 for one in found) <= 1 and abs(np.mean([one.h.estimate for one in found])) < 0.08


def test_every_question_says_whose_it_is():
    assert list(ASKED_BY) == list(QUESTIONS)
    assert [step for step, whose in ASKED_BY.items() if whose == "Peelen 2005"] == ["customer", "client", "partner"]
    assert ASKED_BY["supporter"].startswith("ours") and "felt by both: Peelen 2005" in ASKED_BY["ambassador"]
    evidence = register()["ladder"].evidence
    assert "four of the five dividing questions are Peelen's" in evidence


def test_what_the_ladder_adds_is_the_difference_of_what_is_printed():
    said = crm.relationships.order(crm.relationships.ladder(world())).text()
    found, chance, adds = map(float, re.search(r"is (\S+), but .* give (\S+); the ladder adds (\S+)\.", said).groups())
    assert adds == pytest.approx(found - chance)


def test_another_cut_gives_other_names_to_the_same_customers():
    scores = world(600)
    five, four = (crm.relationships.ladder(scores, cuts=Cuts(attitude=cut), draws=50) for cut in (5, 4))
    found = crm.relationships.recut(five, four, guess=10)
    assert found.changed == pytest.approx((five.customers["class"] != four.customers["class"]).mean())
    assert found.text().startswith("With the cut of attitude at 4 instead of 5, ")
    assert found._repr_html_().count(" %</td>") == 12  # shares of six rungs, twice, and none as 0.29
    assert found.text().endswith("You said 10 of 100: too few. No customer has done, felt or said anything new.")
    assert crm.relationships.recut(five, five, guess=0).text() == (
        f"With the same cuts, 0 % change their rung. Loevinger's H goes from {five.order.h.estimate:.2f} to "
        f"{five.order.h.estimate:.2f}. You said 0 of 100: close. No customer has done, felt or said anything new.")
    assert crm.relationships.recut(five, four) == "Not guessed yet. Put a number from 0 to 100 in place of the dots."
    assert crm.relationships.recut(five, four, "ten") == "A guess is a number from 0 to 100, as in 10."
    with pytest.raises(crm.CrmlabError) as error:
        crm.relationships.recut(five, crm.relationships.ladder(world(500), draws=50), 10)
    assert str(error.value) == ("The two ladders are not of the same customers. One has 600 customers, the other 500. "
                                "Make both from the same scores, with other cuts.")


def test_the_act_tells_its_scale_and_where_the_climb_stopped():
    ten = crm.relationships.cases(world())
    assert ten.table["customer"].str.contains(r"trust [\d.]+ of 7, commitment [\d.]+ of 7, recommends \d+ of 10").all()
    assert "two of each rung" not in ten.note()
    compared = ten.compare(["client"] * 10)
    assert list(compared.table) == ["case", "yours", "rule_says", "rule"] and "two of each rung" in compared.note()
    questions = tuple(QUESTIONS.values())
    assert all(rule.startswith(questions) or rule == "five times yes" for rule in compared.table["rule"])


def test_without_orders_there_is_no_ladder():
    with pytest.raises(crm.CrmlabError) as error:
        crm.relationships.ladder(pd.DataFrame({"trust": [1, 2], "bought": [0, 1]}))
    assert str(error.value) == ("The ladder needs to know what was bought. The table has 'trust' and 'bought'. "
                                "Give a column of orders, as in columns={'Bestellungen': 'orders'}.")


def test_an_empty_column_of_orders_is_no_crowd_of_prospects():
    with pytest.raises(crm.CrmlabError) as error:
        crm.relationships.ladder(pd.DataFrame({"orders": [MISSING, MISSING]}))
    assert str(error.value) == ("The ladder needs to know what was bought. The column 'orders' is empty. "
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
