"""The room: reference numbers of a real survey, known truths, edges, and what the sentences say."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats as peer

import crmlab as crm
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


def table(seed=0, n=120, **more) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    return pd.DataFrame({"satisfaction": x, "loyalty": 0.5 * x + rng.normal(size=n), **more})


# ---- numbers of domain.md 9.2 (ECSI mobi, Tenenhaus et al. 2005; recomputed with pandas and scipy) ---------


@pytest.mark.parametrize(("drop", "expected"), [
    ([], {"n": 250, "pearson": 0.558, "pearson_low": 0.466, "pearson_high": 0.638, "spearman": 0.525,
          "kendall": 0.400, "alpha_satisfaction": 0.770, "alpha_loyalty": 0.442}),
    (["CUSL2"], {"n": 250, "pearson": 0.622, "pearson_low": 0.539, "pearson_high": 0.692, "spearman": 0.614,
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
    """HC3 p .034 (loyalty-and-margins null .11): the curve may be only the ceiling. Slopes 1.26 and 0.58 at 7.7."""
    curve = crm.loyalty.shape(cleaned)
    head = curve.headline()
    assert head["bend_p"] == pytest.approx(0.034, abs=0.002)
    assert 0.05 < head["bend_p_null"] < 0.2
    assert (head["slope_below"], head["slope_above"], head["knot"]) == pytest.approx((1.265, 0.583, 7.667), abs=0.001)
    assert "a curve that may be only the ceiling" in curve.text()
    quadratic = np.polyfit(cleaned["satisfaction"], cleaned["loyalty"], 2)
    assert quadratic[0] == pytest.approx(-0.1105, abs=0.0005)  # anchors/loyalty.md 3.1


def test_zones_of_mobi(cleaned):
    """Cut 8/8 with CUSL1 and CUSL3: 33.6 / 7.6 / 19.6 / 39.2 % (domain.md 5, Jones & Sasser)."""
    z = crm.loyalty.zones(cleaned)
    shares = dict(zip(z.table["class"], (100 * z.table["share"]).round(1), strict=True))
    assert shares == {"apostle": 33.6, "mercenary": 7.6, "hostage": 19.6, "defector": 39.2}
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
    assert r.headline()["restricted"] == pytest.approx(peer.pearsonr(happy["satisfaction"], happy["loyalty"])[0])
    assert r.headline()["restricted_n"] == len(happy)


# ---- peers and known truths -------------------------------------------------------------------------------


def test_groups_is_fishers_z():
    frame = table(1, 300, group=np.repeat(["a", "b"], 150))
    g = crm.loyalty.groups(frame, by="group")
    r = [peer.pearsonr(*frame.loc[frame.group == k, ["satisfaction", "loyalty"]].to_numpy().T)[0] for k in "ab"]
    z = (np.arctanh(r[0]) - np.arctanh(r[1])) / np.sqrt(2 / 147)
    assert g.table["estimate"].tolist() == pytest.approx(r)
    assert g.differences["p"].iloc[0] == pytest.approx(2 * peer.norm.sf(abs(z)))


def test_moderation_recovers_the_world():
    """The slope falls as switching grows, as built in; a plain curve does not pass for a moderator."""
    big = crm.score(crm.open_table("survey", "world:survey", n=20_000, seed=3))
    m = crm.loyalty.moderation(big, by="switching")
    assert m.interaction.high < 0
    rng = np.random.default_rng(4)
    a = rng.normal(size=4000)
    b = 0.8 * a + 0.6 * rng.normal(size=4000)
    curved = pd.DataFrame({"satisfaction": a, "switching": b, "loyalty": a - 0.4 * a**2 + rng.normal(size=4000)})
    assert crm.loyalty.moderation(curved, by="switching").p > 0.01


def test_johnson_neyman_stays_inside_what_was_seen():
    m = crm.loyalty.moderation(table(2, 400, switching=np.random.default_rng(5).uniform(2, 6, 400)), by="switching")
    assert m.band["at"].min() >= 2 and m.band["at"].max() <= 6
    simple = (m.table["high"] - m.table["low"]).to_numpy()
    there = np.interp(m.table["cut"], m.band["at"], m.band["high"] - m.band["low"])
    assert (there > simple).all()  # a band for all values at once is wider than an interval at one


def test_words_beat_deeds_in_the_world(world):
    d = crm.loyalty.behaviour(crm.score(world))
    assert d.difference.low > 0 and d.p < 0.05
    assert "goes more closely with what customers say than with what they did" in d.text()


def test_disattenuation_finds_the_latent_correlation():
    found = [crm.loyalty.disattenuated(crm.open_table("survey", "world:survey", n=1500, seed=s, truth={"method": 0}),
                                       draws=200).corrected for s in range(12)]
    truth = crm.worlds.survey(n=50, truth={"method": 0}).truth["latent_correlation"]
    assert np.mean([f.estimate for f in found]) == pytest.approx(truth, abs=0.03)


def test_weights_and_clusters_are_used():
    frame = table(3, 200, weight=np.tile([1.0, 3.0], 100), cluster=np.repeat(np.arange(20), 10))
    r = crm.loyalty.correlation(frame)
    assert "Pearson, Fisher" not in r.table["method"].tolist()
    assert "draws 20 whole clusters" in r.text() and "fewer than 30 clusters" in r.text()
    heavy = frame.loc[frame.index.repeat(frame["weight"].astype(int))]
    assert r.pearson.estimate == pytest.approx(np.corrcoef(heavy["satisfaction"], heavy["loyalty"])[0, 1])


# ---- edges and messages -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("frame", "message"), [
    (table().rename(columns={"loyalty": "loyality"}),
     "There is no score 'loyalty'. The table has satisfaction and loyality. Did you mean 'loyality'?"),
    (table(n=9), "Too few customers have both satisfaction and loyalty. There are 9. "
                 "A correlation with an interval needs at least 10."),
    (table().assign(satisfaction=5.0),
     "The score 'satisfaction' does not vary. All 120 customers have 5. A correlation needs customers who differ."),
])
def test_what_cannot_be_done_is_said(frame, message):
    with pytest.raises(crm.CrmlabError) as error:
        crm.loyalty.correlation(frame)
    assert str(error.value) == message


def test_unknown_group_is_refused_with_the_nearest():
    with pytest.raises(crm.CrmlabError) as error:
        crm.loyalty.groups(table(contract=np.tile(["a", "b"], 60)), by="contact")
    assert str(error.value) == ("The customers cannot be grouped by 'contact'. The table has contract. "
                                "Did you mean 'contract'?")


def test_single_item_is_not_corrected(mobi):
    with pytest.raises(crm.CrmlabError) as error:
        crm.loyalty.disattenuated(mobi, "satisfaction", "complaints")
    assert str(error.value) == ("The reliability of 'complaints' is not known. It rests on one item, CUSCO. "
                                "Ask at least two questions about it, or keep the observed correlation.")


def test_steps_that_the_data_do_not_allow_are_left_out_and_say_so():
    plain = table()
    for result, why in [
        (crm.loyalty.groups(plain), "Left out: no column to tell customers apart was named; choose one with group='…'."),
        (crm.loyalty.behaviour(plain), "Left out: these data say what customers mean to do, not what they did."),
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


def test_scaling_does_not_change_a_correlation(scores):
    doubled = tables.stamp(scores.assign(satisfaction=2 * scores["satisfaction"] + 3), {"title": "doubled"})
    assert crm.loyalty.correlation(doubled).pearson == pytest.approx(crm.loyalty.correlation(scores).pearson)
