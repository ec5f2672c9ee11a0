"""No sentence and no caption claims a direction that its interval denies: every room over a grid of intervals."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import crmlab as crm
from crmlab.frame import stats
from crmlab.frame.stats import Interval

NAN = np.nan
#: Clear and unclear, of either sign; small and sure; wide; at the edge; perfect; without an interval.
GRID = [Interval(*ends) for ends in (
    (0.62, 0.46, 0.74), (-0.62, -0.74, -0.46), (0.24, -0.08, 0.51), (-0.24, -0.51, 0.08), (0.0, -0.3, 0.3), (0.02, -0.05, 0.09),
    (-0.02, -0.09, 0.05), (0.05, 0.02, 0.08), (-0.05, -0.08, -0.02), (0.09, 0.01, 0.17), (0.3, -0.9, 0.98), (-0.3, -0.98, 0.9),
    (0.18, -0.01, 0.37), (0.9999995, 0.999999, 0.9999999), (-0.9999995, -0.9999999, -0.999999), (1.0, NAN, NAN),
    (-1.0, NAN, NAN), (0.5, NAN, NAN), (-0.5, NAN, NAN), (0.35, 0.0001, 0.6))]
SMALL = 0.1


def said(result) -> str:
    caption = result.caption()
    return f"{result.text()} {caption.finding}."


def claims(r: Interval) -> int:
    return int(np.sign(r.estimate)) if abs(r.estimate) >= stats.PERFECT else stats.side(r)


def table(n=60, seed=1) -> pd.DataFrame:
    x, rest, more, did = np.random.default_rng(seed).normal(size=(4, n))
    return pd.DataFrame({"satisfaction": x, "loyalty": 0.5 * x + rest, "tenure": more, "behaviour": 0.3 * x + did + 5,
                         "branch": np.where(more > 0, "a", "b")})


@pytest.fixture(scope="module")
def link():
    return crm.loyalty.correlation(table())


@pytest.mark.parametrize("r", GRID)
def test_a_correlation_says_what_its_interval_says(link, r):
    found = replace(link, pearson=r)
    text, way = said(found), claims(r)
    together = re.search(r"(?<!Whether satisfaction and loyalty )\bgo (\w+ )?together|say the same|raising one raises the other\.", text)
    against = re.search(r"\bgo (\w+ )?against|exact opposite|lowers the other", text)
    hardly = max(abs(r.low), abs(r.high)) < SMALL or abs(r.estimate) < SMALL
    if way <= 0 and not hardly and "whatever the link" not in text:
        assert not together, text
    if way >= 0:
        assert not against, text
    if not way and not max(abs(r.low), abs(r.high)) < SMALL:
        assert "accounts for" not in text and "go together" not in text.replace("go together stays open", ""), text
    if "nearly all" in text:
        assert "100 %" not in text and abs(r.estimate) < stats.PERFECT
    assert not re.search(r"\bnan\b|– to|100 % of", text), text


@pytest.mark.parametrize("n", [12, 25, 60])
@pytest.mark.parametrize("slope", [-0.6, -0.2, 0.0, 0.2, 0.6])
def test_few_customers_and_every_slope(n, slope):
    """From the data up: whoever reads text, caption and closing meets one story."""
    for seed in range(8):
        x, rest = np.random.default_rng(seed).normal(size=(2, n))
        found = crm.loyalty.correlation(pd.DataFrame({"satisfaction": x, "loyalty": slope * x + rest}))
        text, way = said(found), claims(found.pearson)
        shows = re.search(r"it shows that the two (go together|go against|hardly)", text)
        assert bool(shows) == bool(way or found.found == "hardly"), text
        assert ("stays open" in text) == ("do not settle" in text) == (found.found == "open"), text


@pytest.mark.parametrize("observed", GRID[:13])
@pytest.mark.parametrize("alphas", [(0.8, 0.8), (0.28, 0.8), (0.3, 0.2)])
def test_a_correction_says_why(observed, alphas):
    survey = crm.open_table("survey", "world:survey", n=100, seed=1)
    base = crm.loyalty.disattenuated(survey)
    up = 1 / np.sqrt(alphas[0] * alphas[1])
    corrected = Interval(*(value * up for value in observed))
    text = said(replace(base, observed=observed, corrected=corrected, alphas=alphas))
    assert ("too good to be true" in text) == (abs(corrected.estimate) > 1)
    assert ("too unreliable to correct with" in text) == (min(alphas) < 0.6 and abs(corrected.estimate) <= 1)
    if "closer link" in text or "hardly a link" in text:
        assert stats.side(observed) == stats.side(corrected) != 0


ALONG = [[(0, 10, 1)], [(0, 10, -1)], [(0, 10, 0)], [(0, 4, 1), (4, 10, 0)], [(0, 4, -1), (4, 10, 0)], [(0, 4, 0), (4, 10, 1)],
         [(0, 3, 1), (3, 7, 0), (7, 10, -1)], [(0, 3, -1), (3, 7, 0), (7, 10, 1)], [(0, 4, 0), (4, 10, -1)]]


@pytest.mark.parametrize("stretches", ALONG)
@pytest.mark.parametrize(("interaction", "p"), [((0.1, 0.02, 0.18), 0.01), ((-0.1, -0.18, -0.02), 0.01), ((0.1, -0.1, 0.3), 0.3)])
def test_a_moderator_turns_a_link_only_where_it_is_shown_to(stretches, interaction, p):
    base = crm.loyalty.moderation(table(), by="tenure")
    found = replace(base, stretches=stretches, interaction=Interval(*interaction), p=p)
    finding, sides = found.caption().finding, {side for *_, side in stretches}
    assert ("turns" in finding) == (p < 0.05 and {1, -1} <= sides)
    if "strengthens" in finding:
        assert len(sides - {0}) == 1 and (1 in sides) == (interaction[0] > 0)
    if "weakens" in finding:
        assert len(sides - {0}) == 1 and (1 in sides) == (interaction[0] < 0)
    assert ("does not clearly" in finding) == (p >= 0.05)


def test_the_edges_of_a_region_are_where_the_band_ends():
    """The band at an edge touches 0: solved, not looked up on a grid."""
    chance = np.random.default_rng(8)
    x, z = chance.normal(size=600), chance.uniform(0, 10, 600)
    frame = pd.DataFrame({"satisfaction": x, "loyalty": (0.6 - 0.12 * z) * x + 0.5 * chance.normal(size=600), "tenure": z})
    found = crm.loyalty.moderation(frame, by="tenure")
    edges = [last for _, last, _ in found.stretches[:-1]]
    fine = np.linspace(z.min(), z.max(), 4001)
    low, high = (np.interp(fine, found.band["at"], found.band[end]) for end in ("low", "high"))
    crossings = [fine[k] for ends in (low, high) for k in np.flatnonzero(np.diff(np.sign(ends)))]
    assert sorted(edges) == pytest.approx(sorted(crossings), abs=0.02) and len(edges) == 2


def test_one_of_split_and_moderator_speaks():
    """A median split that differs beside a moderator that does not: only the moderator judges."""
    for seed in range(12):
        frame = table(120, seed)
        split, line = crm.loyalty.groups(frame, by="tenure"), crm.loyalty.moderation(frame, by="tenure")
        assert "The link differs" not in said(split) and "no evidence that the link differs" not in said(split)
        assert "whether the link depends on tenure is judged from all its values, with the moderator" in split.text()
        assert ("does not clearly rise or fall" in said(line)) == (line.p >= 0.05)
        kinds = crm.loyalty.groups(frame, by="branch")
        assert ("The link differs" in said(kinds)) == bool(len(kinds.clear))
        gap = kinds.differences.iloc[0]
        assert (gap["low"] <= 0 <= gap["high"]) == (gap["p_adjusted"] >= 0.05)


def test_the_widest_of_many_gaps_has_an_interval_that_holds_for_all():
    """Six groups without a difference: the printed interval leaves out 0 about as often as the verdict is wrong."""
    wrong = 0
    for seed in range(40):
        x, rest = np.random.default_rng(seed).normal(size=(2, 360))
        frame = pd.DataFrame({"satisfaction": x, "loyalty": x + rest, "shop": np.arange(360) % 6}).astype({"shop": str})
        found = crm.loyalty.groups(frame, by="shop")
        gap = found.differences.sort_values("estimate", ascending=False).iloc[0]
        wrong += gap["low"] > 0
        assert ("no evidence" in found.text()) == (not len(found.clear))
    assert wrong <= 6


@pytest.mark.parametrize(("whole", "top", "change", "finding"), [
    ((0.6, 0.4, 0.7), (0.2, -0.1, 0.5), (-0.4, -0.7, -0.1), "and the link fades"),
    ((0.6, 0.4, 0.7), (0.5, 0.2, 0.7), (-0.1, -0.4, 0.2), "whether the link fades is not settled"),
    ((-0.6, -0.7, -0.4), (-0.2, -0.5, 0.1), (0.4, 0.1, 0.7), "and the link fades"),
    ((0.4, 0.2, 0.6), (-0.4, -0.6, -0.2), (-0.8, -1.0, -0.6), "and here the link turns round"),
    ((0.3, 0.1, 0.5), (0.8, 0.7, 0.9), (0.5, 0.3, 0.7), "and here the link grows closer"),
    ((0.1, -0.1, 0.3), (-0.4, -0.6, -0.2), (-0.5, -0.7, -0.3), "and here the link is another one"),
    ((0.3, 0.1, 0.5), (-0.4, -0.8, 0.1), (-0.7, -1.0, -0.4), "and here the link is another one"),
    ((0.6, 0.4, 0.7), (0.2, NAN, NAN), (-0.4, NAN, NAN), "whether the link fades is not settled"),
])
def test_a_link_fades_only_where_the_change_is_clear(whole, top, change, finding):
    from crmlab.loyalty.asked import _fate

    base = crm.loyalty.restriction(table(200))
    rows = base.table.copy()
    rows.loc[rows.index[-1], ["estimate", "low", "high"]] = list(top)
    found = replace(base, table=rows, whole=whole[0], change=Interval(*change),
                    fate=_fate(Interval(*whole), Interval(*top), Interval(*change)))
    assert finding in said(found) and "does not fade" not in said(found)
    assert ("not settled" in said(found)) == (not stats.side(Interval(*change)))
    assert "highest value one can give" not in said(found)  # scores without a known scale, such as z-scores


@pytest.mark.parametrize("first", GRID[:13])
@pytest.mark.parametrize("second", [GRID[0], GRID[3], GRID[1]])
def test_words_and_deeds(first, second):
    base = crm.loyalty.behaviour(table(200))
    rows = base.table.copy()
    rows[["estimate", "low", "high"]] = [first, second]
    for p in (0.01, 0.6):
        text = said(replace(base, table=rows, p=p, size_p=p))
        if p > 0.05 and "opposite ways" not in text:
            assert "more closely" not in text
        if "opposite ways" in text:
            assert stats.side(first) * stats.side(second) < 0


@pytest.mark.parametrize("r", GRID)
def test_giving_is_called_mutual_only_where_it_is_seen(r):
    dyads = crm.score(crm.open_table("dyads", "world:dyads", n=60, seed=1))
    text = said(replace(crm.relationships.reciprocity(dyads), mutual=r, committed=r, equal=r))
    assert ("Giving is mutual, in part" in text) == ("Who gives more gets more" in text) == (claims(r) > 0)
    assert ("Giving runs the other way" in text) == ("Who gives more gets less" in text) == (claims(r) < 0)
    assert ("comes with more commitment" in text) == (claims(r) > 0)


@pytest.mark.parametrize("r", GRID)
def test_attitudes_go_with_each_other_only_where_they_are_seen_to(r):
    base = crm.relationships.quality(crm.open_table("dyads", "world:dyads", n=60, seed=1))
    pairs = {names: (r, h) for names, (_, h) in base.pairs.items()}
    text = base._pair.__func__(replace(base, pairs=pairs), next(iter(pairs)))
    assert ("goes with" in text) == (claims(r) > 0) and ("goes against" in text) == (claims(r) < 0)


@pytest.mark.parametrize("r", GRID)
def test_firms_do_better_only_where_they_are_seen_to(r):
    base = crm.qci.performance(crm.open_table("assessments", "world:firms", n=20, seed=1))
    rows = base.table.copy()
    rows.loc[rows.index[0], ["estimate", "low", "high"]] = list(r)
    text = said(replace(base, table=rows))
    assert ("do better" in text) == (claims(r) > 0) and ("do worse" in text) == (claims(r) < 0)
    assert ("do not settle" in text) == (not claims(r)) and "– to" not in text


def test_an_item_of_few_customers_is_not_thrown_out():
    """Item–rest .2 of twelve customers settles nothing; of three hundred it does."""
    for n, word in ((12, "may not belong to the others"), (400, "does not belong to the others")):
        chance = np.random.default_rng(1)
        good, loose = chance.normal(size=n), chance.normal(size=n)
        items = {f"satisfaction_{k}": np.clip(np.round(5 + good + 0.4 * chance.normal(size=n)), 1, 10) for k in (1, 2, 3)}
        items["satisfaction_4"] = np.clip(np.round(5 + 0.1 * good + loose), 1, 10)
        frame = pd.DataFrame({"customer_id": [f"c{k}" for k in range(n)], **items, "loyalty_1": items["satisfaction_1"]})
        found = crm.reliability(crm.open_table("survey", frame, scale="1-10"), "satisfaction")
        assert word in found.caption().finding, (n, found.caption().finding, found.text())
        assert ("may not go with the rest" in found.text()) == (n == 12)


@pytest.mark.parametrize("unit", [1e-9, 1e-6, 1e6, 1e9])
def test_units_and_offsets_change_no_verdict_on_a_form(unit):
    """Squares of 1e9 swallowed the constant: a slope of 0.13 read 1.08, and a kink's p .224 read .154."""
    chance = np.random.default_rng(1)
    x, z = chance.normal(size=120).round(1), chance.normal(size=120)
    frame = pd.DataFrame({"satisfaction": x, "loyalty": (x + 0.3 * x * z + 0.2 * x**2 + chance.normal(size=120)).round(1),
                          "tenure": z})
    scores = ["satisfaction", "loyalty"]
    other = frame.assign(**{name: frame[name] * unit for name in scores}, tenure=z * unit)
    first, second = (crm.loyalty.moderation(one, by="tenure") for one in (frame, other))
    assert second.p == pytest.approx(first.p) and second.caption().finding == first.caption().finding
    assert second.interaction.estimate * unit == pytest.approx(first.interaction.estimate)
    moved = frame.assign(**{name: frame[name] + 1e9 for name in scores})
    p = [crm.loyalty.shape(one, draws=200).table["p_null"].tolist() for one in (frame, other, moved)]
    assert p[1] == pytest.approx(p[0], nan_ok=True) and p[2] == pytest.approx(p[0], nan_ok=True)


def test_a_link_is_closer_only_where_the_other_cannot_be_as_close_the_other_way():
    chance = np.random.default_rng(4)
    x, group = chance.normal(size=400), np.repeat(["a", "b"], 200)
    for slopes, words in {(0.8, 0.2): "it is closer for a than for b, by", (-0.8, -0.2): "it is closer for a than for b, by",
                          (0.8, -0.5): "r is higher for a than for b, by", (-0.5, 0.15): "r is higher for b than for a, by"
                          }.items():
        y = np.where(group == "a", *slopes) * x + 0.6 * chance.normal(size=400)
        found = crm.loyalty.groups(pd.DataFrame({"satisfaction": x, "loyalty": y, "shop": group}), by="shop")
        assert f"The link differs: {words} " in found.text(), found.text()


def test_copies_need_no_better_items():
    x = np.resize([1.0, 2, 2, 3, 4, 5], 60)
    survey = crm.open_table("survey", pd.DataFrame({"customer_id": range(60), **{
        f"{name}_{k}": x for name in ("satisfaction", "loyalty") for k in (1, 2)}}))
    corrected = crm.loyalty.disattenuated(survey)
    assert corrected.caption().finding == "The two scores lie on one line; no items could bring them closer"
    zones = crm.loyalty.zones(crm.score(survey)).text()
    assert zones.endswith("is not known: for that, both scores need a reliability between 0 and 1, and so two items or "
                          "more that are no copies.")


def test_a_question_stays_a_question():
    method = crm.loyalty.common_method(crm.open_table("survey", "mobi"))
    assert "would it take? " in method.caption().alt and "?." not in method.caption().alt
    assert method.answer() == "How strong a habit of answering would it take?"
