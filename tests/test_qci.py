"""The room: one firm's standing, its stages, its raters."""

import re

import numpy as np
import pandas as pd
import pytest

import crmlab as crm
from crmlab.frame.errors import CrmlabError
from crmlab.frame.result import LeftOut
from crmlab.measures.scorecard import KEYS, SHORT, STAGES, scored
from crmlab.qci.choosing import latest


@pytest.fixture(scope="module")
def table():
    return crm.open_table("assessments", "world:firms", n=40, seed=2)


@pytest.fixture(scope="module")
def judged():
    return crm.open_table("assessments", "world:firms", n=4, seed=2, truth={"raters": 3})


def sheet(answers: dict, firm="us", rater="a", **further) -> pd.DataFrame:
    rows = [(key, *pair) for key, pair in answers.items()]
    frame = pd.DataFrame(rows, columns=["practice", "intention", "reality"])
    return crm.open_table("assessments", frame.assign(firm=firm, rater=rater, **further))


# ---- standing ---------------------------------------------------------------------------------------------


def test_the_headline_is_the_scorecard(table):
    found, card = crm.qci.assessment(table, firm="F07", draws=200), scored(table).of("F07")
    head = found.headline()
    assert head["overall"] == pytest.approx(card.firms["score"].item())
    assert head["elements"] == pytest.approx(card.elements.set_index("element")["score"].to_dict())
    assert head["gap"] == pytest.approx(card.firms["gap"].item())
    assert (head["weakest"], head["band"]) == tuple(card.firms.iloc[0][["weakest", "band"]])
    assert head["quartile"] in (1, 2, 3, 4) and head["overall_low"] < head["overall"] < head["overall_high"]
    assert found.compared == 39 and len(found.table) == 9


def test_quarters_are_counted_among_the_others_on_the_same_practices(table):
    answered = table[(table["firm"] == "F07") & table["intention"].notna() & table["reality"].notna()]["practice"]
    others = scored(table[table["firm"] != "F07"], among=answered).firms["score"]
    found = crm.qci.assessment(table, firm="F07", draws=200)
    assert found.whole.comparison == pytest.approx(others.median())
    assert found.whole.quartile == 1 + (found.whole.score >= others.quantile([0.25, 0.5, 0.75])).sum()


def test_the_best_firm_is_in_the_highest_quarter_and_the_worst_in_the_lowest(table):
    order = scored(table).firms.sort_values("score")["firm"]
    assert crm.qci.assessment(table, firm=order.iloc[-1], draws=100).headline()["quartile"] == 4
    assert crm.qci.assessment(table, firm=order.iloc[0], draws=100).headline()["quartile"] == 1


def test_a_firm_of_ones_own_beside_a_sample(table):
    own = sheet({"AP5": (4, 2), "AP6": (2, 2), "CX1": (1, 0), "CX4": (0, 0)})
    found = crm.qci.assessment(own, compare=table, draws=200)
    assert found.compared == 40 and found.firm == "us"
    assert "Evidence was asked of one side only, so the two are not on one scale." in found.text()
    assert "12 of 16 practices lack an answer; the scores leave them out." in found.text()
    assert np.isnan(found.table.set_index("element").loc["Measurement", "score"])


def test_text_names_what_has_no_evidence_what_is_missing_and_what_does_not_apply():
    answers = {key: (2.0, 1.0) for key in KEYS} | {"PR1": (4, 4), "PR2": (4, 3), "CX1": (2, None), "CX2": (None, None)}
    own = sheet(answers, evidence=["seen" if key == "PR1" else None for key in KEYS],
                applicable=[0 if key == "CX2" else 1 for key in KEYS])
    text = crm.qci.assessment(own, draws=200).text()
    assert "1 practice said to be in place showed no evidence and counts as partly in place: PR2, " in text  # and its statement
    assert re.search(r"1 of 60 practices lacks an answer \(CX1, .+?\) and 1 does not apply \(CX2, .+?\); the scores leave them out\.", text)
    assert "There are too few other firms for a comparison." in text
    assert "One person judged; nobody can tell what another would have said." in text


def test_evidence_that_one_of_two_raters_shows_is_told_as_that():
    answers = {key: (2.0, 1.0) for key in KEYS} | {"PR2": (4, 4)}
    shown, bare = (sheet(answers, evidence=[said if key == "PR2" else None for key in KEYS]).assign(rater=name)
                   for name, said in (("Ann", "the plan of March"), ("Bob", None)))
    text = crm.qci.assessment(pd.concat([shown, bare], ignore_index=True), draws=200).text()
    assert ("For 1 practice at least one rater said that it is in place and showed no evidence; such an answer counts as "
            "partly in place: PR2, ") in text


def test_gap_in_both_directions_and_none():
    def said(pair):
        return crm.qci.assessment(sheet(dict.fromkeys(KEYS, pair)), draws=100).text()

    assert "What is meant runs ahead of what is done: intention 75, reality 25, a gap of 50 points." in said((3, 1))
    assert "More is done than was ever meant: intention 25, reality 50, a gap of 25 points." in said((1, 2))
    assert "intention and reality are level" in said((2, 2))


def test_where_nobody_names_a_firm_the_first_is_shown_and_said(table):
    found = crm.qci.assessment(table, draws=100)
    assert found.firm == "F01"
    assert found.text().startswith("No firm was named: this is the first of 40 firms in the table. F01 scores")
    assert "No firm was named" not in crm.qci.assessment(table, firm="F01", draws=100).text()


def test_weights_move_the_whole_and_are_named(table):
    plain, other = (crm.qci.assessment(table, firm="F03", weights=w, draws=100) for w in (None, {"experience": 5}))
    assert plain.whole.score != other.whole.score and "weights experience 5" in other.note()


def test_the_last_wave_counts():
    both = crm.open_table("assessments", "world:firms", n=12, seed=1, truth={"waves": 2})
    now = both[both["wave"] == "2025"]
    pd.testing.assert_frame_equal(latest(both), now)
    found = crm.qci.assessment(both, firm="F03", draws=100)
    assert found.whole.score == crm.qci.assessment(now, firm="F03", draws=100).whole.score
    assert "assessment of 2025" in found.note()


def test_an_unknown_firm(table):
    few = table[table["firm"].isin(["F01", "F02"])]
    with pytest.raises(CrmlabError) as refused:
        crm.qci.assessment(few, firm="F1")
    assert str(refused.value) == "There is no firm 'F1'. The table has: F01 and F02. Did you mean 'F01'?"


def test_other_tables_are_refused():
    with pytest.raises(CrmlabError) as refused:
        crm.qci.assessment(pd.DataFrame({"customer_id": [1]}))
    assert str(refused.value) == ("qci: this is no table of assessments. There is no column 'firm'. "
                                  'Open it with crm.open_table("assessments", …).')
    empty = sheet({"PR1": (4, 4)}).assign(reality=np.nan)
    with pytest.raises(CrmlabError) as refused:
        crm.qci.assessment(empty)
    assert str(refused.value) == ("qci: no practice of 'us' can be scored. None applies and has both intention and reality. "
                                  "Fill in both for one at least.")


def test_the_line_for_a_board_says_that_the_others_are_simulated(table):
    found = crm.qci.assessment(table, firm="F07", draws=200)
    row = found.whole
    quarter = {1: "lowest", 2: "second", 3: "third", 4: "highest"}[int(row.quartile)]
    assert found.answer() == (
        f"F07 scores {row.score:.0f} of 100 points (95 % interval {row.low:.0f} to {row.high:.0f}): {found.headline()['band']}, "
        f"in the {quarter} quarter of 39 simulated firms; what is meant is {row.gap:.0f} points ahead of what is done; judged "
        "by 1 rater.")
    assert "quarter of the 39 simulated firms compared with" in found.text()
    own = sheet({"PR1": (2, 2)}, firm="our <firm>")
    assert crm.qci.assessment(own).name()._repr_html_() == '<p class="crm-heading"><b>Our &lt;firm&gt;</b></p>'
    assert crm.qci.assessment(own).answer() == (
        "Our <firm> scores 50 of 100 points: established; intention and reality are level; judged by 1 rater.")


def test_what_to_do_first_names_the_top_the_quick_wins_and_why():
    worth = pd.DataFrame([("PR1", 3, 1, 1, 1), ("PR2", 0, 0, 3, 1), ("CX1", 2, 1, 3, 3), ("ME1", 2, 1, 1, 1)],
                         columns=["practice", "intention", "reality", "importance", "effort"])
    found = crm.qci.priorities(crm.open_table("assessments", worth.assign(firm="us", rater="a")))
    lines = found.answer().splitlines()
    assert [line.split(":")[0] for line in lines] == ["Top priority", "Quick win", "Quick win"]
    assert lines[0].endswith("(proposition; 0 points, meant 0, done 0, importance 3 of 3, effort 1 of 3).")
    plain = crm.qci.priorities(crm.open_table("assessments", worth[["practice", "intention", "reality"]]))
    assert [line.split(":")[0] for line in plain.answer().splitlines()] == ["Top priority", "Next", "Next"]
    assert found.answer()._repr_html_().startswith("<ul><li><strong>Top priority:</strong> “")


# ---- stages -----------------------------------------------------------------------------------------------


def test_seven_stages_in_the_order_of_the_path(table):
    found, card = crm.qci.stages(table, firm="F07", draws=200), scored(table).of("F07")
    assert found.table["stage"].tolist() == list(STAGES.values())
    assert found.headline()["stages"] == pytest.approx(
        card.sections.set_index("section")["score"].reindex(list(STAGES)).dropna().to_dict())
    assert "rest on a single practice" in found.text()


def test_the_short_form_asks_about_two_stages_only(table):
    short = table[table["practice"].isin(SHORT)]
    found = crm.qci.stages(short, firm="F07", draws=100)
    assert found.rows["stage"].tolist() == ["Welcoming", "Dissatisfaction"]
    assert "The short form does not ask about targeting, enquiry, getting to know, development and winback." in found.text()


@pytest.mark.parametrize("keys", [["TA1"], ["TA1", "WE1"]])
def test_a_picture_of_one_stage_or_two_holds(keys):
    found = crm.qci.stages(sheet(dict.fromkeys(keys, (3, 1))), draws=50)
    fig = found.figure()
    fig.canvas.draw()
    texts = [text.get_window_extent() for text in fig.axes[0].texts if text.get_text()]
    assert len(texts) == 7 and all(0 <= at.x0 and at.x1 <= fig.bbox.x1 for at in texts)
    assert ("furthest apart" in found.text()) is (len(keys) > 1)


def test_stages_are_left_out_without_an_answer():
    found = crm.qci.stages(sheet({"AP1": (2, 2)}))
    assert isinstance(found, LeftOut)
    assert found.text() == "Left out: no practice of customer management activity was answered."


# ---- raters -----------------------------------------------------------------------------------------------


def test_raters_agree_as_far_as_the_world_lets_them():
    def head(**truth):
        rows = crm.open_table("assessments", "world:firms", n=1, seed=5, truth={"raters": 3, **truth})
        return crm.qci.raters(rows, draws=100).headline()

    close, apart = head(rater_noise=0.1), head(rater_noise=0.9)
    assert close["kappa"] > apart["kappa"] and close["icc"] > apart["icc"] and close["icc_mean"] > close["icc"]
    assert head(leniency=1.5)["icc"] < head()["icc"]  # absolute agreement counts leniency against the raters


def test_kappa_is_that_of_the_answers(judged):
    from sklearn.metrics import cohen_kappa_score

    two = judged[(judged["firm"] == "F1") & judged["rater"].isin(["rater 1", "rater 2"])]
    wide = two.pivot(index="practice", columns="rater", values="reality").dropna()
    mine = crm.qci.raters(two, draws=100).headline()["kappa"]
    assert mine == pytest.approx(cohen_kappa_score(*wide.to_numpy().T, weights="quadratic", labels=range(5)))


def test_one_rater_is_left_out(table):
    found = crm.qci.raters(table, firm="F02")
    assert isinstance(found, LeftOut)
    assert found.text() == "Left out: F02 has 1 rater with 59 practices; agreement takes two raters and 5 practices."


def test_a_rater_who_answered_little_is_left_out_and_named(judged):
    lazy = judged.copy()
    lazy.loc[(lazy["rater"] == "rater 3") & lazy["practice"].isin(KEYS[10:]), "reality"] = np.nan
    found = crm.qci.raters(lazy, firm="F1", draws=100)
    assert found.headline()["raters"] == 2 and "left out, with fewer than half answered: rater 3" in found.note()


def test_a_class_of_raters_on_the_short_form():
    chance = np.random.Generator(np.random.PCG64(1))
    rows = [(f"S{k:02d}", key, *chance.integers(0, 5, 2)) for k in range(25) for key in sorted(SHORT)]
    frame = pd.DataFrame(rows, columns=["rater", "practice", "intention", "reality"])
    found = crm.qci.raters(crm.open_table("assessments", frame), draws=100)
    assert found.headline()["raters"] == 25 and abs(found.headline()["kappa"]) < 0.1
    assert found.figure().alt and "S0" not in found.text() + found.note() and "S1" not in found.text() + found.note()


def test_few_practices_that_all_answered_leave_the_icc_open(judged):
    holes = judged[judged["firm"] == "F1"].copy()
    for at, key in enumerate(KEYS[:57]):
        holes.loc[(holes["practice"] == key) & (holes["rater"] == f"rater {at % 3 + 1}"), "reality"] = np.nan
    found = crm.qci.raters(holes, draws=100)
    assert np.isnan(found.headline()["icc"]) and np.isfinite(found.headline()["kappa"])
    assert "3 of 58 practices were answered by all" in found.text()


@pytest.mark.parametrize("name", ["WWW Maschinenbau Mommenheim GmbH & Co.", "i" * 80])
def test_a_long_name_leaves_no_picture(name, judged):
    rows = judged[judged["firm"] == "F1"].assign(firm=name)
    for found in (crm.qci.assessment(rows, draws=50), crm.qci.stages(rows, draws=50), crm.qci.priorities(rows)):
        fig = found.figure()
        assert fig.texts[0].get_window_extent().x1 <= fig.bbox.x1 and fig.get_figwidth() == 5.2


# ---- several that stand level -----------------------------------------------------------------------------


def stood(**levels) -> pd.DataFrame:
    """Every practice at 2 of 4, but for those whose key begins with one of ``levels``."""
    steps = {key: next((step for start, step in levels.items() if key.startswith(start)), 2) for key in KEYS}
    return sheet({key: (step, step) for key, step in steps.items()})


@pytest.mark.parametrize(("levels", "says", "weakest"), [
    ({}, "All elements stand level, at 50 points: none is weakest or strongest.", ""),
    ({"PO": 1, "IT": 1}, "The weakest elements are people and organisation and information and technology with 25 points "
                         "each, the strongest elements are", ""),
    ({"PO": 1}, "The weakest element is people and organisation with 25 points, the strongest elements are", "people"),
    ({"CX": 3}, "each, the strongest element is the customer experience with 75 points.", ""),
    ({"PO": 1, "CX": 3}, "The weakest element is people and organisation with 25 points, the strongest customer "
                         "experience with 75", "people"),
])
def test_elements_that_stand_level_are_named_together(levels, says, weakest):
    found = crm.qci.assessment(stood(**levels), draws=100)
    assert says.replace("the customer experience", "customer experience") in found.text(), found.text()
    assert found.headline()["weakest"] == weakest
    assert ("weakest" in found.caption().finding) == bool(levels) and found.figure()


def test_stages_that_stand_level_are_named_together():
    even = crm.qci.stages(stood(), draws=100)
    assert "stands level, at 50 of 100 points" in even.text() and "all stages stand level" in even.caption().finding
    assert even.headline()["weakest"] == "" and "worst" not in even.text() and even.figure()


@pytest.mark.parametrize("word", ["n/a", "?", "x", "", None, "-", "…", "N.A.", "k. A.", "0", 0.0, "unknown", "Keine", "tbd", " none "])
def test_what_shows_nothing_is_no_evidence(word):
    form = pd.DataFrame({"practice": KEYS, "intention": 3, "reality": 3, "evidence": word, "firm": "us", "rater": "a"})
    assert scored(form).firms["unevidenced"].item() == len(KEYS)


@pytest.mark.parametrize("word", ["minutes seen", "CRM log 2024", "yes", "1", 1.0, "ISO", "siehe Ordner 3"])
def test_what_shows_something_is_evidence(word):
    form = pd.DataFrame({"practice": KEYS, "intention": 3, "reality": 3, "evidence": word, "firm": "us", "rater": "a"})
    assert scored(form).firms["unevidenced"].item() == 0
