"""Worlds keep their word: what they state is what one finds in them."""

import numpy as np
import pytest

import crmlab as crm
from crmlab.frame import correlations, stats
from crmlab.frame.errors import CrmlabError
from crmlab.measures import curves, tables
from crmlab.measures.scorecard import ELEMENTS, scored
from crmlab.sources.worlds import TRUTH, WORLDS, common, firms, survey
from crmlab.sources.worlds.opinions import CONSTRUCTS

SEEDS = range(20)


def frame(n=600, seed=1, **truth):
    return survey(n, seed, truth).tables["survey"]


def score(table, construct):
    return table[CONSTRUCTS[construct]["items"]].mean(axis=1).to_numpy()


def r(table, x="satisfaction", y="loyalty"):
    return correlations.correlation("pearson", score(table, x), score(table, y))


@pytest.fixture(scope="module")
def defaults():
    return [frame(seed=seed) for seed in SEEDS]


@pytest.fixture(scope="module")
def population_r():
    return r(frame(400_000, 10_000))


def test_defaults_are_as_stated(defaults, population_r):
    def mean(of):
        return np.mean([of(table) for table in defaults])

    def alpha(construct):
        return mean(lambda table: stats.cronbach_alpha(table[CONSTRUCTS[construct]["items"]].to_numpy(float)))

    assert survey().truth["latent_correlation"] == pytest.approx(0.648, abs=0.001)
    assert population_r == pytest.approx(0.55, abs=0.01)
    assert mean(r) == pytest.approx(0.55, abs=0.02)
    assert alpha("satisfaction") == pytest.approx(0.82, abs=0.01)
    assert alpha("loyalty") == pytest.approx(0.81, abs=0.01)
    assert mean(lambda table: score(table, "satisfaction").mean()) == pytest.approx(7.7, abs=0.05)
    assert mean(lambda table: score(table, "satisfaction").std()) == pytest.approx(1.3, abs=0.05)
    assert mean(lambda table: stats.skewness(score(table, "satisfaction"))) == pytest.approx(-0.75, abs=0.1)


def test_intention_goes_further_than_behaviour(defaults):
    kept = [correlations.correlation("pearson", score(table, "satisfaction"), table["behaviour"])
            for table in defaults]
    assert 0.1 < np.mean(kept) < 0.3 < np.mean([r(table) for table in defaults])


def test_intervals_cover_the_population_value(population_r):
    hits = []
    for seed in range(40):
        low, high = stats.fisher(r(frame(250, seed)), 250)[1:]
        hits.append(low <= population_r <= high)
    assert sum(hits) >= 33


def test_clusters_widen_the_error():
    naive, aware = [], []
    for seed in SEEDS:
        table = frame(500, seed, clusters=25, icc=0.30)
        x, y = score(table, "satisfaction"), score(table, "loyalty")
        naive.append(stats.z_error(x, y)[0])
        aware.append(stats.z_error(x, y, table["cluster"])[0])
    assert np.mean(aware) > 1.15 * np.mean(naive)


def test_branches_are_alike_within():
    table = frame(4000, clusters=200, icc=0.30)
    assert table["cluster"].value_counts().unique().tolist() == [20]
    between = score(table, "satisfaction").var()
    within = table.assign(score=score(table, "satisfaction")).groupby("cluster")["score"].var().mean()
    assert 1 - within / between == pytest.approx(0.30 * 0.75, abs=0.07)  # items dilute what branches share
    assert "cluster" not in frame()


def test_where_nothing_is_raised_only_the_mood_is_left():
    assert abs(r(frame(20_000, b=0.0, method=0.0))) < 0.02
    assert r(frame(20_000, b=0.0)) == pytest.approx(0.08, abs=0.02)


def test_shapes_bend():
    bent = {shape: curves.quadratic(score(table, "satisfaction"), score(table, "loyalty")).estimate
            for shape in ("linear", "diminishing", "accelerating") for table in [frame(20_000, shape=shape)]}
    assert bent["diminishing"] < bent["linear"] - 0.05 < bent["accelerating"] - 0.10


def test_another_truth_meets_the_same_customers():
    one, other = frame(b=0.66), frame(b=0.30)
    items = CONSTRUCTS["satisfaction"]["items"]
    assert one[items].equals(other[items]) and not one["loyalty_1"].equals(other["loyalty_1"])
    assert one.equals(frame()) and not one.equals(frame(seed=2))


def test_the_edition_enters_the_seed(monkeypatch):
    before = frame()
    monkeypatch.setattr(common, "EDITION", common.EDITION + 1)
    assert not frame().equals(before)


def test_a_world_says_what_it_is():
    table = frame(100, clusters=5)
    prov = tables.provenance(table)
    assert prov["title"] == "simulated survey, edition 1, seed 1"
    assert prov["simulated"] and prov["moderator"] == "switching"
    assert prov["roles"] == ["cluster", "behaviour"]
    assert set(prov["meanings"]) == set(table.columns) and prov["constructs"] == CONSTRUCTS
    assert prov["truth"]["clusters"] == 5 and prov["truth"]["latent_correlation"] < 0.66
    answers = table[[item for spec in CONSTRUCTS.values() for item in spec["items"]]]
    assert answers.isin(range(1, 11)).all(axis=None) and table["customer_id"].is_unique
    assert WORLDS["survey"] is survey and all(given.meaning and given.source for given in TRUTH.values())


@pytest.mark.parametrize(("arguments", "message"), [
    ({"truth": {"swiching": 0.3}},
     "There is no truth 'swiching'. The world 'survey' has: b, moderation, competition, switching, quality, shape, "
     "bend, method, satisfaction_loading, loyalty_loading, cuts, clusters and icc. "
     "Did you mean 'switching'?"),
    ({"truth": {"shape": "diminish"}},
     "There is no shape 'diminish'. The world 'survey' has: linear, diminishing and accelerating. "
     "Did you mean 'diminishing'?"),
    ({"n": 0}, "A world needs customers. Found n = 0. Give n of 1 or more."),
    ({"truth": {"b": 1.0}},
     "Satisfaction and switching cost explain more than all of loyalty. Found b = 1.0 and switching = 0.2. "
     "Keep b² + switching² at 1 or below."),
    ({"truth": {"method": 0.9}},
     "The loadings do not fit together. Found method = 0.9, satisfaction_loading = 0.8 and "
     "loyalty_loading = 0.78. Keep method ≤ both loadings ≤ 1."),
    ({"n": 10, "truth": {"clusters": 20}},
     "There cannot be such branches. Found n = 10, clusters = 20 and icc = 0.15. "
     "Keep clusters between 0 and n, and icc between 0 and 1."),
    ({"truth": {"cuts": [1, 2]}},
     "The cuts do not make a scale from 1 to 10. Found cuts = [1, 2]. Give nine cuts in rising order."),
])
def test_refusals(arguments, message):
    with pytest.raises(CrmlabError) as refused:
        survey(**arguments)
    assert str(refused.value) == message


# ---- firms ------------------------------------------------------------------------------------------------


def assessed(n=60, seed=1, **truth):
    return firms(n, seed, truth)


def overall(world):
    return scored(world.tables["assessments"]).firms["score"].to_numpy()


def test_performance_goes_with_ability_as_stated():
    for rho in (0.0, 0.4, 0.8):
        frame = assessed(2_000, rho=rho).tables["firms"]
        assert frame["ability"].corr(frame["performance"]) == pytest.approx(rho, abs=0.05)


def test_halo_lets_a_spurious_correlation_arise():
    """Ability and performance have nothing in common; raters who know the results make them go together."""
    found = {halo: np.mean([np.corrcoef(overall(world), world.tables["firms"]["performance"])[0, 1]
                            for world in (assessed(60, seed, rho=0.0, halo=halo) for seed in range(6))])
             for halo in (0.0, 0.25, 0.5)}
    assert abs(found[0.0]) < 0.15 < 0.35 < found[0.25] < found[0.5] and found[0.5] > 0.55


def test_another_truth_meets_the_same_firms():
    one, other = assessed(raters=1), assessed(raters=3, halo=0.3)
    shared = ["firm", "sector", "performance", "ability", "overall"]
    assert one.tables["firms"][shared].equals(other.tables["firms"][shared])
    assert one.tables["assessments"].equals(assessed().tables["assessments"])
    assert not one.tables["assessments"].equals(assessed(seed=2).tables["assessments"])
    calm = other.tables["assessments"].query("rater == 'rater 1'").reset_index(drop=True)
    assert (calm["importance"] == one.tables["assessments"]["importance"]).all()


def test_rows_of_the_firms_are_as_stated():
    table = assessed(200, raters=2).tables["assessments"]
    assert len(table) == 200 * 2 * 60 and not table.duplicated(["firm", "rater", "practice"]).any()
    answers = table.dropna(subset=["intention", "reality"])
    assert (answers["intention"] >= answers["reality"]).all() and answers["reality"].isin(range(5)).all()
    assert (table["applicable"] == 0).mean() == pytest.approx(0.02, abs=0.005)
    assert table.loc[table["applicable"] == 1, "reality"].isna().mean() == pytest.approx(0.01, abs=0.004)
    high = answers[answers["reality"] >= 3]
    assert high["evidence"].notna().mean() == pytest.approx(0.9, abs=0.02)
    assert table.loc[table["reality"] < 3, "evidence"].isna().all()
    assert table["importance"].isin(range(4)).all() and table["effort"].isin([1, 2, 3]).all()


def test_banks_lead_and_a_year_brings_a_little():
    frame = assessed(600, between_sectors=0.4).tables["firms"]
    assert frame.groupby("sector", observed=True)["ability"].mean().idxmax() == "banking"
    world = assessed(300, waves=2)
    scores = scored(world.tables["assessments"]).firms.pivot(index="firm", columns="wave", values="score")
    assert 1 < (scores["2025"] - scores["2024"]).mean() < 4
    assert scores["2025"].corr(scores["2024"]) > 0.7
    truth = world.tables["firms"]
    assert (truth["overall"] - truth["overall_before"]).mean() == pytest.approx(
        (scores["2025"] - scores["2024"]).mean(), abs=0.5)


def test_noise_of_raters_is_a_part_of_the_noise():
    """However many raters there are, one of them answers like the only one."""
    spread = [np.std(assessed(300, seed=3, raters=raters).tables["assessments"].query("rater == 'rater 1'")["reality"])
              for raters in (1, 3)]
    assert spread[0] == pytest.approx(spread[1])
    alone, three = (scored(assessed(300, raters=k).tables["assessments"]).firms["score"].std() for k in (1, 3))
    assert three < alone + 0.3


@pytest.mark.parametrize(("arguments", "message"), [
    ({"truth": {"hallo": 0.3}},
     "There is no truth 'hallo'. The world 'firms' has: ability, elements, element_noise, difficulty, noise, level, cuts, "
     "ahead, evidenced, not_applicable, unanswered, between_sectors, rho, halo, raters, rater_noise, leniency, waves, "
     "progress and kept. Did you mean 'halo'?"),
    ({"n": 0}, "A world needs firms. Found n = 0. Give n of 1 or more."),
    ({"truth": {"rho": 1.2}}, "The truth 'rho' lies between 0 and 1. Found rho = 1.2. Keep it within."),
    ({"truth": {"raters": 5}}, "A world of firms has no such number of raters. Found raters = 5. Give 1, 2 or 3."),
    ({"truth": {"rater_noise": 2}}, "The noise of one rater is a part of the noise. Found rater_noise = 2 and noise = 0.9. "
                                    "Keep rater_noise between 0 and noise."),
    ({"truth": {"cuts": [1, 2]}}, "The elements or the cuts do not fit the form. Found 8 elements and cuts = [1, 2]. "
                                  "Give 8 elements, and four cuts in rising order."),
])
def test_refusals_of_firms(arguments, message):
    with pytest.raises(CrmlabError) as refused:
        firms(**arguments)
    assert str(refused.value) == message


# ---- the truth behind two scores --------------------------------------------------------------------------


def behind(frame) -> dict:
    return {frozenset(pair): r for *pair, r in tables.provenance(frame)["behind"]}


@pytest.mark.parametrize("name, truth", [
    ("dyads", {}), ("dyads", {"cumulative": 0.5, "one_attitude": 0.6, "never": 0.3}), ("dyads", {"orders": 0.9, "reciprocity": 0.2}),
    ("survey", {"method": 0.0}), ("survey", {"method": 0.0, "b": 0.4, "quality": 0.3, "switching": 0.4}),
])
def test_the_truth_behind_two_scores_is_what_perfect_questions_would_show(name, truth):
    """Correlations of scores in a large world, corrected for their alphas; orders and recommend as they stand."""
    extra = {"waves": 1} if name == "dyads" else {}
    world_ = WORLDS[name](20_000, 3, {**truth, **extra}).tables[name]
    scores = crm.score(world_)
    alphas = {key: spec["alpha"] for key, spec in tables.provenance(scores)["scales"].items()}
    for pair, r in behind(world_).items():
        x, y = pair
        seen = scores[x].corr(scores[y]) / np.sqrt(alphas.get(x, 1.0) * alphas.get(y, 1.0))
        assert seen == pytest.approx(r, abs=0.05), (x, y)


@pytest.mark.parametrize("truth", [{}, {"rho": 0.8}, {"element_noise": 0.6, "ability": 0.3}])
def test_the_truth_behind_performance_is_that_of_the_firms_themselves(truth):
    world_ = firms(4000, 3, truth)
    seen, known = world_.tables["firms"], behind(world_.tables["assessments"])
    for name in ("overall", *ELEMENTS):
        assert seen[name].corr(seen["performance"]) == pytest.approx(known[frozenset((name, "performance"))], abs=0.04), name


def test_a_verdict_on_simulated_firms_says_their_truth():
    scores = crm.qci.firm_scores(crm.open_table("assessments", "world:firms", seed=1))
    said = crm.theory(crm.raises("overall", "performance")).test(scores).text()
    assert "In this world the truth behind the two scores is r = 0.39." in said
