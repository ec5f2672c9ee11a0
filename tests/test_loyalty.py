"""The room: reference numbers of a real survey, known truths, edges, and what the sentences say."""

import re

import numpy as np
import pandas as pd
import pytest
from scipy import stats as peer

import crmlab as crm
from crmlab.loyalty import others
from crmlab.measures import tables


@pytest.fixture(scope="module")
def mobi():
    return crm.open_table("survey", "mobi")


@pytest.fixture(scope="module")
def scores(mobi):
    return crm.score(mobi)


@pytest.fixture(scope="module")
def cleaned(mobi):
    return crm.score(mobi, drop=["CUSL2"])


@pytest.fixture(scope="module")
def world():
    return crm.open_table("survey", "world:survey", n=1500, seed=2)


def table(seed=0, n=120, slope=0.5, **more) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    return pd.DataFrame({"satisfaction": x, "loyalty": slope * x + rng.normal(size=n), **more})


# ---- numbers of domain.md 9.2 (ECSI mobi, Tenenhaus et al. 2005; recomputed with pandas and scipy) ---------


@pytest.mark.parametrize(("drop", "expected"), [
    ([], {"n": 250, "pearson": 0.558, "pearson_low": 0.422, "pearson_high": 0.670, "spearman": 0.525,
          "kendall": 0.400, "alpha_satisfaction": 0.770, "alpha_loyalty": 0.442}),
    (["CUSL2"], {"n": 250, "pearson": 0.622, "pearson_low": 0.459, "pearson_high": 0.744, "spearman": 0.614,
                 "kendall": 0.490, "alpha_satisfaction": 0.770, "alpha_loyalty": 0.695}),
])
def test_correlation_of_mobi(mobi, drop, expected):
    found = crm.loyalty.correlation(crm.score(mobi, drop=drop)).headline()
    assert {key: round(value, 3) for key, value in found.items()} == expected


def test_disattenuated_mobi(mobi):
    bad, better = crm.loyalty.disattenuated(mobi), crm.loyalty.disattenuated(mobi, drop=["CUSL2"])
    assert round(bad.corrected.estimate, 3) == 0.957 and not bad.believable
    assert round(better.corrected.estimate, 3) == 0.850 and better.believable
    assert "Do not believe it: the items of loyalty do not carry a correction." in bad.text()


def test_curve_of_mobi(cleaned, scores):
    """HC3 p .034, against the margins of its questions .30: it may be only the ceiling. Slopes 1.26 and 0.58 at 7.7."""
    curve = crm.loyalty.shape(cleaned)
    head = curve.headline()
    assert head["bend_p"] == pytest.approx(0.034, abs=0.002)
    assert 0.2 < head["bend_p_null"] < 0.4
    broken = [head[name] for name in ("slope_below", "slope_above", "knot")]
    assert broken == pytest.approx([1.265, 0.583, 7.667], abs=0.001)
    assert "a curve that may be only the ceiling" in curve.text()
    quadratic = np.polyfit(cleaned["satisfaction"], cleaned["loyalty"], 2)
    assert quadratic[0] == pytest.approx(-0.1105, abs=0.0005)  # anchors/loyalty.md 3.1


def test_zones_of_mobi(cleaned):
    """Cut 8/8 with CUSL1 and CUSL3: 33.6 / 7.6 / 19.6 / 39.2 % (domain.md 5, Jones & Sasser)."""
    z = crm.loyalty.zones(cleaned)
    shares = dict(zip(z.table["class"], (100 * z.table["share"]).round(1), strict=True))
    assert shares == {"loyalist": 33.6, "mercenary": 7.6, "hostage": 19.6, "defector": 39.2}
    assert z.customers["rule"].str.contains("≥|<").all() and len(z.customers) == 250
    assert 0 < z.moved < 0.2 and 0.4 < z.retest < 0.8


def test_method_numbers_of_mobi(mobi):
    m = crm.loyalty.common_method(mobi)
    assert round(100 * m.harman, 1) == 39.5  # anchors/loyalty.md 3.1
    assert m.straight == 1
    assert "That settles nothing" in m.text()


def test_another_analyst_may_differ(mobi):
    ways = crm.loyalty.sensitivity(mobi)
    assert len(ways.table) == 28 and ways.table["verdict"].nunique() == 2
    assert ways.headline()["highest"] == pytest.approx(0.622, abs=0.0005)


def test_restriction_of_mobi(cleaned):
    r = crm.loyalty.restriction(cleaned)
    happy = cleaned[cleaned["satisfaction"] >= 8]
    assert r.headline()["restricted"] == pytest.approx(peer.pearsonr(happy["satisfaction"],
                                                                     happy["loyalty"])[0])
    assert r.headline()["restricted_n"] == len(happy)


# ---- peers and known truths -------------------------------------------------------------------------------


def test_groups_are_correlations_and_their_differences():
    frame = table(1, 300, group=np.repeat(["a", "b"], 150))
    g = crm.loyalty.groups(frame, by="group")
    r = [peer.pearsonr(*frame.loc[frame.group == k, ["satisfaction", "loyalty"]].to_numpy().T)[0]
         for k in "ab"]
    z = (np.arctanh(r[0]) - np.arctanh(r[1])) / np.sqrt(2 / 147)
    gap = g.differences.iloc[0]
    assert g.table["estimate"].tolist() == pytest.approx(r)
    assert gap["p"] == pytest.approx(2 * peer.norm.sf(abs(z)), abs=0.05)  # answers are normal here
    assert (gap["low"] <= 0 <= gap["high"]) == (gap["p"] > 0.05)


def test_moderation_recovers_the_world():
    """The slope falls as switching grows, as built in; a plain curve does not pass for a moderator."""
    big = crm.score(crm.open_table("survey", "world:survey", n=20_000, seed=3))
    m = crm.loyalty.moderation(big, by="switching")
    assert m.interaction.high < 0
    rng = np.random.default_rng(4)
    a = rng.normal(size=4000)
    b = 0.8 * a + 0.6 * rng.normal(size=4000)
    curved = pd.DataFrame({"satisfaction": a, "switching": b,
                           "loyalty": a - 0.4 * a**2 + rng.normal(size=4000)})
    assert crm.loyalty.moderation(curved, by="switching").p > 0.01


def test_johnson_neyman_stays_inside_what_was_seen():
    m = crm.loyalty.moderation(table(2, 400, switching=np.random.default_rng(5).uniform(2, 6, 400)),
                               by="switching")
    assert m.band["at"].min() >= 2 and m.band["at"].max() <= 6
    simple = (m.table["high"] - m.table["low"]).to_numpy()
    there = np.interp(m.table["cut"], m.band["at"], m.band["high"] - m.band["low"])
    assert (there > simple).all()  # a band for all values at once is wider than an interval at one


def test_words_beat_deeds_in_the_world(world):
    d = crm.loyalty.behaviour(crm.score(world))
    assert d.difference.low > 0 and d.p < 0.05
    assert "goes more closely with what customers say than with what they did" in d.text()


def test_disattenuation_finds_the_latent_correlation():
    found = [crm.loyalty.disattenuated(crm.open_table("survey", "world:survey", n=1500, seed=s,
                                                      truth={"method": 0})).corrected for s in range(12)]
    truth = crm.worlds.survey(n=50, truth={"method": 0}).truth["latent_correlation"]
    assert np.mean([f.estimate for f in found]) == pytest.approx(truth, abs=0.03)


def test_weights_and_clusters_are_used():
    frame = table(3, 200, weight=np.tile([1.0, 3.0], 100), cluster=np.repeat(np.arange(20), 10))
    r = crm.loyalty.correlation(frame)
    assert r.table["method"].tolist() == ["Pearson r", "Spearman rho", "Kendall tau"]
    assert "The interval counts 20 whole clusters instead of single customers" in r.text()
    heavy = frame.loc[frame.index.repeat(frame["weight"].astype(int))]
    assert r.pearson.estimate == pytest.approx(np.corrcoef(heavy["satisfaction"], heavy["loyalty"])[0, 1])


# ---- edges and messages -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("frame", "message"), [
    (table().rename(columns={"loyalty": "loyality"}),
     "There is no score 'loyalty'. The table has satisfaction and loyality. Did you mean 'loyality'?"),
    (table(n=9), "Too few customers have both satisfaction and loyalty. There are 9. A correlation with an "
                 "interval needs at least 10."),
    (table().assign(satisfaction=5.0),
     "The score 'satisfaction' does not vary. All 120 customers have 5. A correlation needs customers who "
     "differ."),
])
def test_what_cannot_be_done_is_said(frame, message):
    with pytest.raises(crm.CrmlabError) as error:
        crm.loyalty.correlation(frame)
    assert str(error.value) == message


def test_unknown_group_is_refused_with_the_nearest():
    with pytest.raises(crm.CrmlabError) as error:
        crm.loyalty.groups(table(contract=np.tile(["a", "b"], 60)), by="contact")
    assert str(error.value) == ("The customers cannot be grouped by 'contact'. The table has contract. Did "
                                "you mean 'contract'?")


def test_single_item_is_not_corrected_and_the_comparison_copes(mobi):
    single = crm.loyalty.disattenuated(mobi, "satisfaction", "complaints")
    assert single.text() == ("Left out: 'complaints' rests on one item, CUSCO, so its reliability is not "
                             "known; ask at least two questions about it.")
    forest = crm.loyalty.literature(crm.loyalty.correlation(crm.score(mobi)), single)
    assert forest.table["correction"].tolist() == ["observed", "corrected", "corrected", "corrected"]
    assert "These customers have none: 'complaints' rests on one item" in forest.text()
    assert not forest.believable


def test_steps_that_the_data_do_not_allow_are_left_out_and_say_so():
    plain = table()
    for result, why in [
        (crm.loyalty.groups(plain), "Left out: no column to tell customers apart was named; choose one with "
                                    "group='…'."),
        (crm.loyalty.behaviour(plain), "Left out: these data say what customers mean to do, not what they "
                                       "did."),
        (crm.loyalty.groups(table(shop=["a"] * 115 + ["b"] * 5), by="shop"),
         "Left out: 'shop' has 1 group of 20 customers or more; a comparison needs two."),
        (crm.loyalty.moderation(table(shop=["a", "b"] * 60), by="shop"),
         "Left out: 'shop' is no number with several values; see the comparison of groups."),
    ]:
        assert result.text() == why


def test_post_hoc_is_said_wherever_the_number_goes(cleaned):
    assert "CUSL2 was left out after looking (post hoc)" in crm.loyalty.correlation(cleaned).text()


def test_a_table_without_a_source_says_so():
    assert crm.loyalty.correlation(table()).note().startswith("source not recorded")


def test_published_numbers_are_laid_beside_corrected_ones_only(mobi, scores):
    forest = crm.loyalty.literature(crm.loyalty.correlation(scores), crm.loyalty.disattenuated(mobi))
    published = forest.table[forest.table["source"] == "Curtis et al. 2011"]
    assert published["estimate"].tolist() == [0.54, 0.63, 0.71]
    assert set(published["correction"]) == {"corrected"}
    assert "not to be believed" in forest.text()


@pytest.mark.parametrize("drop, term, mean", [
    (["CUSL2"], "satisfaction – loyalty", "0.54"), ([], "satisfaction – loyalty", "0.54"),
    (["CUSL2", "CUSL3"], "satisfaction – intention to buy again", "0.63"),
])
def test_a_published_mean_is_chosen_by_what_the_questions_ask(mobi, drop, term, mean):
    forest = crm.loyalty.literature(crm.loyalty.correlation(crm.score(mobi, drop=drop)), crm.loyalty.disattenuated(mobi, drop=drop))
    assert forest.nearest.term == term and mean in forest.text()
    assert "the interval of these customers" not in forest.text()


def test_no_published_mean_is_laid_beside_another_pair(mobi):
    pair = "quality", "value"
    forest = crm.loyalty.literature(crm.loyalty.correlation(crm.score(mobi), *pair), crm.loyalty.disattenuated(mobi, *pair))
    assert forest.nearest is None and "None of those shown asks about these two scores." in forest.text()
    assert [row.term for row in others.PUBLISHED][2] == "loyalty – buying again, done or meant"


def test_scaling_does_not_change_a_correlation(scores):
    doubled = tables.stamp(scores.assign(satisfaction=2 * scores["satisfaction"] + 3), {"title": "doubled"})
    assert crm.loyalty.correlation(doubled).pearson == pytest.approx(crm.loyalty.correlation(scores).pearson)


# ---- clusters, weights, signs -----------------------------------------------------------------------------


def test_groups_that_share_clusters_are_compared_within_them():
    """A branch that answers high in both groups says nothing about their difference."""
    rng = np.random.default_rng(6)
    branch = np.repeat(np.arange(40), 20)
    slope = rng.normal(0.5, 0.5, 40)[branch]
    x = rng.normal(size=800)
    frame = pd.DataFrame({"satisfaction": x, "loyalty": slope * x + 0.7 * rng.normal(size=800),
                          "cluster": branch,
                          "group": np.tile(["a", "b"], 400)})
    within = crm.loyalty.groups(frame, by="group")
    a, b = (within.table.set_index("group").loc[name] for name in "ab")
    apart = np.hypot(a["high"] - a["low"], b["high"] - b["low"])
    gap = within.differences.iloc[0]
    assert gap["high"] - gap["low"] < 0.6 * apart  # Zou for correlated estimates, not for independent ones
    assert within.differences["p"].iloc[0] > 0.05


def test_waves_of_one_customer_are_a_cluster():
    frame = table(7, 60, customer_id=np.arange(60), wave=1)
    twice = pd.concat([frame, frame.assign(wave=2)], ignore_index=True)
    r, once = crm.loyalty.correlation(twice), crm.loyalty.correlation(frame)
    assert "The interval counts 60 customers with all their answers instead of single rows" in r.text()
    assert r.design_effect == pytest.approx(2, abs=0.15)
    assert r.pearson.high - r.pearson.low > 0.85 * (once.pearson.high - once.pearson.low)


def test_weights_are_repeated_customers_wherever_they_are_used(mobi):
    weight = np.random.default_rng(2).integers(1, 4, len(mobi)).astype(float)
    weighted = tables.stamp(mobi.assign(weight=weight), tables.provenance(mobi))
    rows = mobi.index.repeat(weight.astype(int))
    heavy = tables.stamp(mobi.loc[rows].reset_index(drop=True).assign(customer_id=np.arange(len(rows))),
                         tables.provenance(mobi))
    light, full = crm.loyalty.disattenuated(weighted), crm.loyalty.disattenuated(heavy)
    assert light.corrected.estimate == pytest.approx(full.corrected.estimate)
    for of, number in [(crm.loyalty.zones, lambda z: z.table["share"].tolist() + [z.moved, z.retest]),
                       (crm.loyalty.restriction, lambda r: [r.whole, r.corrected, *r.ceilings.values()])]:
        assert number(of(crm.score(weighted))) == pytest.approx(number(of(crm.score(heavy))), abs=0.01)


def test_a_bend_against_the_ceiling_is_seen():
    """The straight worlds lean to the concave side; a clear convex bend is far from them all the same."""
    rng = np.random.default_rng(3)
    a = rng.normal(size=400)
    x = np.clip(np.round(2 * (7.6 + 1.3 * a)) / 2, 1, 10)
    y = np.clip(np.round(2 * (7.0 + 1.6 * a + 0.3 * (a**2 - 1) + 1.3 * rng.normal(size=400))) / 2, 1, 10)
    curve = crm.loyalty.shape(pd.DataFrame({"satisfaction": x, "loyalty": y}), draws=400)
    assert curve.bend.estimate > 0 and curve.bends and "brings more loyalty" in curve.caption().finding


SAID = {"less": "supported", "more": "contradicted", "too little": "negligible"}


@pytest.mark.parametrize(("course", "finding"), [
    (lambda x: 3 * np.log(x), "Each further point of satisfaction brings less loyalty"),
    (lambda x: -3 * np.log(x), "Each further point of satisfaction costs less loyalty"),
    (lambda x: -3 * np.log(11 - x), "Each further point of satisfaction brings more loyalty"),
    (lambda x: 3 * np.log(11 - x), "Each further point of satisfaction costs more loyalty"),
    (lambda x: 0.97 * np.minimum(x, 7) - 4.13 * np.maximum(x - 7, 0), "Loyalty rises with satisfaction up to 5.1 and falls beyond"),
    (lambda x: (x - 4) ** 2, "Loyalty falls with satisfaction up to 4.0 and rises beyond"),
    (lambda x: -((x - 5.5) ** 2), "Loyalty rises with satisfaction up to 5.5 and falls beyond"),
    (lambda x: x - 0.004 * x**2, "The line bends too little to matter"),
])
def test_no_headline_denies_the_way_the_line_runs(course, finding):
    rng = np.random.default_rng(4)
    x = rng.uniform(1, 10, 800)
    frame = pd.DataFrame({"satisfaction": x, "loyalty": course(x) + 0.4 * rng.normal(size=800)})
    curve = crm.loyalty.shape(frame, draws=200, sesoi=0.03)
    assert curve.caption().finding == finding
    claim = crm.theory(crm.bends("satisfaction", "loyalty", sesoi=0.03)).test(frame, draws=200).table["verdict"].iloc[0]
    assert (claim == "negligible") == curve.negligible and not (curve.bends and claim == "negligible")
    assert claim == next((verdict for word, verdict in SAID.items() if word in finding), claim)


def test_small_bends_are_not_announced_where_the_claim_finds_them_negligible():
    for seed in range(4):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=1500)
        frame = pd.DataFrame({"satisfaction": x, "loyalty": x - 0.04 * x**2 + rng.normal(size=1500)})
        curve = crm.loyalty.shape(frame, draws=99)
        verdict = crm.theory(crm.bends("satisfaction", "loyalty")).test(frame, draws=99).table["verdict"].iloc[0]
        assert verdict == "negligible" and not curve.bends and "bends with" not in curve.text()
        assert curve.caption().finding == "The line bends too little to matter"


def test_regions_with_a_hole_say_so():
    """A slope clear of 0 at both ends and not in between is not clear "from the one to the other"."""
    rng = np.random.default_rng(8)
    x, z = rng.normal(size=600), rng.uniform(0, 10, 600)
    frame = pd.DataFrame({"satisfaction": x, "loyalty": (0.6 - 0.12 * z) * x + 0.5 * rng.normal(size=600),
                          "tenure": z})
    found = crm.loyalty.moderation(frame, by="tenure")
    assert re.search(r"the slope is above 0 where tenure is at most \d\.\d and below 0 where tenure is at "
                     r"least \d\.\d",
                     found.text())
    assert found.caption().finding == "More tenure turns the link"


def test_moderation_of_a_score_of_two_values_has_no_square():
    rng = np.random.default_rng(9)
    x, z = rng.integers(0, 2, 400).astype(float), rng.normal(size=400)
    found = crm.loyalty.moderation(pd.DataFrame({"satisfaction": x, "loyalty": x + rng.normal(size=400),
                                                 "tenure": z}),
                                   by="tenure")
    assert found.table["estimate"].iloc[1] == pytest.approx(1, abs=0.25)
    assert found.interaction.low < 0 < found.interaction.high


def test_interval_and_p_of_a_moderator_agree():
    for seed in range(30):
        tenure = np.random.default_rng(seed + 99).normal(size=24)
        found = crm.loyalty.moderation(table(seed, 24, tenure=tenure), by="tenure")
        assert (found.p < 0.05) == (found.interaction.low > 0 or found.interaction.high < 0)


def test_straight_lines_are_counted_before_items_are_turned():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.integers(1, 8, (40, 4)),
                         columns=["satisfaction_1", "satisfaction_2_r", "loyalty_1", "loyalty_2"])
    frame.iloc[:3] = 6  # turned, the reversed item would read 2
    survey = crm.open_table("survey", frame, scale="1-7")
    assert crm.loyalty.common_method(survey).straight >= 3


def test_a_negative_link_is_no_habit_and_no_closeness_to_words():
    survey = hostile(slope=-0.8, behaviour=np.random.default_rng(1).integers(0, 2, 120))
    scores = crm.score(survey)
    assert "there is no link that a common habit could have made" in crm.loyalty.common_method(survey).text()
    assert "go closely against each other" in crm.loyalty.correlation(scores).text()
    assert crm.loyalty.behaviour(scores).closer == "words"


# ---- hostile, legal data: every function runs, draws and speaks in whole sentences ------------------------


def hostile(n=120, seed=0, items=(3, 3), slope=0.7, high=10, scale=None, edit=None, **more):
    """A survey of so many items of each; ``edit`` changes the frame before it is opened."""
    rng = np.random.default_rng(seed)
    a = rng.normal(size=n)
    b = slope * a + np.sqrt(1 - slope**2) * rng.normal(size=n)
    feeling = {f"{name}_{k + 1}": v + 0.55 * rng.normal(size=n)
               for name, v, count in zip(("satisfaction", "loyalty"), (a, b), items, strict=True)
               for k in range(count)}
    frame = pd.DataFrame(feeling).mul(0.15).add(0.68).mul(high).round().clip(1, high)
    frame = frame.assign(**more)
    return crm.open_table("survey", frame if edit is None else edit(frame), scale=scale or (1, high))


def copied(frame):
    return frame.assign(**{f"loyalty_{k}": frame[f"satisfaction_{k}"] for k in (1, 2, 3)})


def meaned(name, of):
    return lambda frame: frame.assign(**{name: frame.filter(like=of).mean(axis=1)})


def still(frame):
    loyal = frame.filter(like="loyalty_")
    return frame.assign(**loyal.mask(frame["shop"] == "b", 7))


def fresh():
    return np.random.default_rng(9)


HOSTILE = {
    "n = 10": (lambda: hostile(10, 3), None),
    "r = 1": (lambda: hostile(60, edit=copied, shop=["a", "b"] * 30, behaviour=fresh().integers(0, 2, 60)),
              "shop"),
    "r = 0": (lambda: crm.open_table("survey", pd.DataFrame(
        [[1, 1, 1, 1], [1, 1, 5, 5], [5, 5, 1, 1], [5, 5, 5, 5]] * 10,
        columns=["satisfaction_1", "satisfaction_2", "loyalty_1", "loyalty_2"])), None),
    "r < 0": (lambda: hostile(slope=-0.8, shop=["a", "b"] * 60), "shop"),
    "two values": (lambda: hostile(80, items=(1, 1), scale=(0, 1),
                                   edit=lambda f: (f > 6).astype(int).assign(age=range(80))),
                   "age"),
    "1 and 2 items": (lambda: hostile(items=(1, 2)), None),
    "2 and 1 items": (lambda: hostile(items=(2, 1)), None),
    "holes": (lambda: hostile(200, edit=lambda f: f.mask(fresh().random(f.shape) < 0.55)), None),
    "1 cluster": (lambda: hostile(cluster="a", tenure=fresh().normal(5, 1, 120)), "tenure"),
    "3 clusters": (lambda: hostile(cluster=["a", "b", "c"] * 40, shop=["x", "y"] * 60), "shop"),
    "12 clusters": (lambda: hostile(cluster=np.arange(120) % 12, tenure=fresh().normal(5, 1, 120),
                                    behaviour=fresh().integers(0, 2, 120)), "tenure"),
    "a cluster each": (lambda: hostile(cluster=np.arange(120)), None),
    "three heavy weights": (lambda: hostile(weight=np.where(np.arange(120) < 3, 1000, 0.001),
                                            shop=["x", "y"] * 60,
                                            behaviour=fresh().integers(0, 2, 120)), "shop"),
    "weights": (lambda: hostile(weight=fresh().uniform(0.5, 2, 120), tenure=fresh().normal(5, 1, 120),
                                behaviour=fresh().gamma(2, 50, 120)), "tenure"),
    "one level": (lambda: hostile(shop="a"), "shop"),
    "19 and 101": (lambda: hostile(shop=["a"] * 19 + ["b"] * 101), "shop"),
    "20 and 100": (lambda: hostile(shop=["a"] * 20 + ["b"] * 100), "shop"),
    "three numbers": (lambda: hostile(kids=[0, 1, 2] * 40), "kids"),
    "0 to 100": (lambda: hostile(high=100, scale=(0, 100)), None),
    "forgot to reverse": (lambda: hostile(edit=lambda f: f.assign(loyalty_2=11 - f["loyalty_2"])), None),
    "constant in a group": (lambda: hostile(shop=["a", "b", "c"] * 40, edit=still), "shop"),
    "constant moderator": (lambda: hostile(tenure=3.0), "tenure"),
    "moderator is a copy": (lambda: hostile(edit=meaned("tenure", "satisfaction")), "tenure"),
    "one deed": (lambda: hostile(behaviour=1), None),
    "deeds are words": (lambda: hostile(edit=meaned("behaviour", "loyalty")), None),
    "thirty long names": (lambda: hostile(900, branch=[f"Branch {k % 30} in the outer district"
                                                       for k in range(900)]), "branch"),
    "all at the top": (lambda: hostile(edit=lambda f: f.mask(fresh().random(f.shape) < 0.9, 10)), None),
    "18 items": (lambda: hostile(60, items=(9, 9)), None),
    "items against each other": (lambda: hostile(60, edit=lambda f: f.assign(
        satisfaction_2=11 - f["satisfaction_1"])), None),
}


def everything(survey, group):
    scores, room = crm.score(survey), crm.loyalty
    r, d = room.correlation(scores), room.disattenuated(survey)
    yield from (crm.card(survey, "satisfaction", "loyalty"),
                crm.reliability(survey, "satisfaction", "loyalty"), r, d)
    yield from (room.shape(scores, draws=200), room.groups(scores, by=group),
                room.moderation(scores, by=group))
    yield from (room.behaviour(scores), room.zones(scores), room.restriction(scores))
    yield from (room.common_method(survey), room.sensitivity(survey), room.literature(r, d))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_data_are_answered(name):
    make, group = HOSTILE[name]
    for result in everything(make(), group):
        said = f"{result.text()} {result.caption().alt}"
        assert not re.search(r"\bnan\b|\binf\b|  |\.\.|\b1 (customers|items|groups)|0\.0 %|–\]|– to",
                             said), said
        picture = result.figure()
        drawn = picture.get_tightbbox(picture.canvas.get_renderer())
        assert drawn.x0 > -0.01 and drawn.x1 < picture.get_figwidth() + 0.01, result.title
        assert drawn.y0 > -0.01 and drawn.y1 < picture.get_figheight() + 0.01, result.title


@pytest.mark.parametrize(("name", "analysis", "said"), [
    ("r = 1", "correlation", "Satisfaction and loyalty say the same: r = 1.00, no interval, n = 60."),
    ("3 clusters", "correlation", "There is no interval, since the customers come in 3 clusters, and 5 are "
                                  "the least."),
    ("three heavy weights", "correlation",
     "the weights leave the worth of 3 customers, and 5 are the least."),
    ("two values", "shape", "Left out: 'satisfaction' has two values only, too few for a line to bend."),
    ("constant in a group", "groups", "Left out: b (loyalty does not vary)."),
    ("19 and 101", "groups", "Left out: 'shop' has 1 group of 20 customers or more; a comparison needs two."),
    ("20 and 100", "groups", "That is no evidence that the link differs"),
    ("thirty long names", "groups", "Left out: all but the 12 largest of 30 groups."),
    ("moderator is a copy", "moderation", "Left out: satisfaction and 'tenure' cannot be told apart in these "
                                          "data."),
    ("one deed", "behaviour", "Left out: 'behaviour' is the same for all customers."),
    ("deeds are words", "behaviour", "Left out: two of the three columns say the same."),
])
def test_what_hostile_data_are_told(name, analysis, said):
    make, group = HOSTILE[name]
    more = {"by": group} if analysis in ("groups", "moderation") else {"draws": 200} if analysis == "shape" else {}
    assert said in getattr(crm.loyalty, analysis)(crm.score(make()), **more).text()


def test_many_customers_with_continuous_scores():
    """20,000 distinct pairs: no table of pairs by pairs, no row per customer in a table, a sample of dots."""
    big = table(4, 20_000, tenure=np.random.default_rng(1).normal(size=20_000))
    r = crm.loyalty.correlation(big)
    assert r.headline()["kendall"] == pytest.approx(peer.kendalltau(big["satisfaction"], big["loyalty"])[0],
                                                    abs=1e-12)
    curve = crm.loyalty.shape(big, draws=150)
    assert len(curve.table) == 3 and np.ptp(np.diff(curve.straight[15:45])) < 0.1
    assert len(crm.loyalty.restriction(big).table) <= 26
    for result in (r, curve, crm.loyalty.zones(big), crm.loyalty.moderation(big, by="tenure")):
        assert result.figure().bytes("png")


# ---- weights that are none, scores without end ------------------------------------------------------------


@pytest.mark.parametrize(("more", "message"), [
    ({"weight": np.where(np.arange(120) == 3, -1.0, 1.0)},
     "Column 'weight' holds numbers that are no weights. Row 3 reads '-1'. A weight says how many customers a row stands "
     "for; correct these, or leave the column out."),
    ({"weight": np.where(np.arange(120) < 2, np.inf, 1.0)},
     "Column 'weight' holds numbers that are no weights. Rows 0 and 1 read 'inf'. A weight says how many customers a row "
     "stands for; correct these, or leave the column out."),
    ({"weight": np.where(np.arange(120) == 7, 5000.0, 1.0)},
     "One row weighs more than all others together. Row 7 reads '5000'. Look whether column 'weight' holds an amount or a "
     "code; if it is a weight, cap it."),
    ({"satisfaction": np.append(np.inf, np.arange(119.0))},
     "The score 'satisfaction' holds infinite values. See row 0. A division by 0 leaves such values; correct them or make "
     "them missing."),
])
def test_what_is_no_weight_or_score_is_refused(more, message):
    with pytest.raises(crm.CrmlabError) as error:
        crm.loyalty.correlation(table().assign(**more))
    assert str(error.value) == message


def test_a_row_of_weight_nought_stands_for_nobody():
    r = crm.loyalty.correlation(table(weight=np.where(np.arange(120) < 20, 0.0, 1.0)))
    assert r.pair.n == 100 and r.pearson == pytest.approx(crm.loyalty.correlation(table()[20:]).pearson)
