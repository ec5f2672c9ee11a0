"""Numbers against published values, against peers, and by properties."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as peer
from statsmodels.stats.multitest import multipletests

from crmlab.frame import resample, stats

PEERS = {"pearson": peer.pearsonr, "spearman": peer.spearmanr, "kendall": peer.kendalltau}


def sample(seed=0, n=80, levels=7):
    rng = np.random.default_rng(seed)
    latent = rng.normal(size=(n, 2)) @ np.array([[1, 0.5], [0, 0.87]])
    return np.clip(np.round(latent * 1.3 + levels / 2 + 1), 1, levels).T


@pytest.mark.parametrize("method", PEERS)
@given(seed=st.integers(0, 10_000), levels=st.sampled_from([2, 5, 10, 100]))
@settings(max_examples=25, deadline=None)
def test_correlations_equal_scipy(method, seed, levels):
    x, y = sample(seed, 40, levels)
    if np.ptp(x) and np.ptp(y):
        assert resample.correlation(method, x, y) == pytest.approx(PEERS[method](x, y)[0], abs=1e-12)


@pytest.mark.parametrize("method", PEERS)
def test_weights_are_repeated_customers(method):
    x, y = sample(3)
    weight = np.random.default_rng(1).integers(1, 4, len(x))
    repeated = resample.correlation(method, np.repeat(x, weight), np.repeat(y, weight))
    assert resample.correlation(method, x, y, weight) == pytest.approx(repeated, abs=1e-12)


def test_fisher_interval_is_that_of_scipy():
    x, y = sample(5)
    mine = stats.fisher(peer.pearsonr(x, y)[0], len(x))
    theirs = peer.pearsonr(x, y).confidence_interval()
    assert (mine.low, mine.high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


def test_bca_agrees_with_scipy():
    x, y = sample(7, 120, 10)
    mine = resample.bootstrap_correlations(x, y, ["pearson"], draws=8000)[0]["pearson"]
    theirs = peer.bootstrap((x, y), lambda a, b: peer.pearsonr(a, b)[0], paired=True, vectorized=False,
                            n_resamples=3000, method="BCa", rng=np.random.default_rng(2)).confidence_interval
    assert (mine.low, mine.high) == pytest.approx((theirs.low, theirs.high), abs=0.02)


def test_bca_of_a_constant_has_no_interval():
    out = resample.bca(1.0, np.ones(500), np.ones(10))
    assert np.isnan(out.low) and np.isnan(out.high)


def test_whole_clusters_are_drawn():
    """Customers who are copies of their branch carry no more than the branch does."""
    x, y = sample(2, 30, 100)
    copies = 8
    cluster = np.repeat(np.arange(30), copies)
    one = resample.bootstrap_correlations(x, y, ["pearson"], draws=4000)[0]["pearson"]
    many = resample.bootstrap_correlations(np.repeat(x, copies), np.repeat(y, copies), ["pearson"],
                                           cluster=cluster,
                                           draws=4000)[0]["pearson"]
    assert many == pytest.approx(one, abs=1e-9)
    assert stats.z_error(np.repeat(x, copies), np.repeat(y, copies), cluster) == pytest.approx(stats.z_error(x, y))


def test_permutation_p_is_uniform_without_a_relation():
    rng = np.random.default_rng(4)
    p = [resample.permutation_p(rng.normal(size=25), rng.normal(size=25), draws=200, seed=i)
         for i in range(150)]
    assert peer.kstest(p, "uniform").pvalue > 0.001
    assert min(p) >= 1 / 201


def test_clustered_permutation_is_not_fooled_by_branches():
    """Both scores shift by branch, without any relation between branches: clusters must be flipped whole."""
    naive, honest = 0, 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        cluster = np.repeat(np.arange(12), 15)
        x, y = (np.repeat(rng.normal(size=12), 15) + 0.5 * rng.normal(size=180) for _ in range(2))
        naive += resample.permutation_p(x, y, draws=200, seed=seed) < 0.05
        honest += resample.permutation_p(x, y, cluster=cluster, draws=200, seed=seed) < 0.05
    assert naive > 20 and honest <= 9


def test_alpha_against_feldt_1969_style_identity():
    """Alpha is the Spearman–Brown step-up of the mean correlation when items have equal variance."""
    rng = np.random.default_rng(1)
    items = rng.normal(size=(400, 1)) + rng.normal(size=(400, 4))
    items = (items - items.mean(0)) / items.std(0, ddof=1)
    r = np.corrcoef(items, rowvar=False)[np.triu_indices(4, 1)].mean()
    assert stats.cronbach_alpha(items) == pytest.approx(4 * r / (1 + 3 * r), abs=1e-12)


def test_omega_recovers_the_loadings_of_a_world():
    rng = np.random.default_rng(3)
    loadings = np.array([0.9, 0.7, 0.5, 0.6])
    items = rng.normal(size=(40_000, 1)) * loadings + rng.normal(size=(40_000, 4)) * np.sqrt(1 - loadings**2)
    truth = loadings.sum() ** 2 / (loadings.sum() ** 2 + (1 - loadings**2).sum())
    assert stats.mcdonald_omega(items) == pytest.approx(truth, abs=0.01)
    assert np.isnan(stats.mcdonald_omega(items[:, :2]))


def test_omega_is_refused_where_one_factor_does_not_fit():
    rng = np.random.default_rng(0)
    a = rng.normal(size=300)
    assert np.isnan(stats.mcdonald_omega(np.column_stack([a, a + 1e-6 * rng.normal(size=300),
                                                          rng.normal(size=300)])))


@pytest.mark.parametrize(("method", "name"), [("holm", "holm"), ("bh", "fdr_bh")])
@given(p=st.lists(st.floats(0, 1), min_size=1, max_size=9))
@settings(max_examples=40, deadline=None)
def test_adjusted_is_statsmodels(method, name, p):
    assert stats.adjusted(p, method) == pytest.approx(multipletests(p, method=name)[1], abs=1e-12)


def test_holm_counts_the_untested():
    assert stats.adjusted([0.01, np.nan, 0.04])[0] == pytest.approx(0.03)
    assert np.isnan(stats.adjusted([0.01, np.nan, 0.04])[1])


def test_streams_do_not_depend_on_each_other():
    assert stats.rng(1, "a").random() == stats.rng(1, "a").random()
    assert len({stats.rng(seed, key).random() for seed in (1, 2) for key in ("a", "b")}) == 4


# ---- edges, weights and many customers --------------------------------------------------------------------


@pytest.mark.filterwarnings("error")
def test_a_perfect_correlation_has_no_interval():
    x = np.arange(20.0)
    for sign in (1, -1):
        assert np.isnan(stats.fisher(sign, 20).low)
        assert np.isnan(resample.bootstrap_correlations(x, sign * x,
                                                        ["pearson", "kendall"])[0]["kendall"].low)
    assert np.isnan(stats.z_error(x, x)[0])


def test_few_clusters_have_no_interval():
    x, y = sample(1, 90, 10)
    for count, known in ((1, False), (4, False), (5, True)):
        found = resample.bootstrap_correlations(x, y, ["spearman"],
                                                cluster=np.arange(90) % count)[0]["spearman"]
        assert np.isfinite(found.low) == known


@pytest.mark.parametrize("weighted", [False, True])
def test_kendall_of_many_cells_is_kendall(weighted, monkeypatch):
    x, y = sample(11, 300, 30)
    weight = np.random.default_rng(3).uniform(0.5, 2, 300) if weighted else None
    exact = resample.bootstrap_correlations(x, y, ["kendall"], weight=weight)[0]["kendall"]
    monkeypatch.setattr(resample, "MANY_CELLS", 10)
    linear = resample.bootstrap_correlations(x, y, ["kendall"], weight=weight)[0]["kendall"]
    assert linear.estimate == pytest.approx(exact.estimate, abs=1e-12)
    assert (linear.low, linear.high) == pytest.approx((exact.low, exact.high), abs=0.01)


def test_many_customers_are_jackknifed_by_a_sample(monkeypatch):
    rng = np.random.default_rng(2)
    x = rng.exponential(size=600)
    y = x + rng.exponential(size=600)
    exact = resample.bootstrap_correlations(x, y, ["pearson"])[0]["pearson"]
    monkeypatch.setattr(resample, "MANY_UNITS", 300)
    assert resample.bootstrap_correlations(x, y, ["pearson"])[0]["pearson"] == pytest.approx(exact, abs=0.01)


def test_batches_do_not_change_the_draws(monkeypatch):
    x, y = sample(4, 60, 10)
    whole = resample.bootstrap_correlations(x, y, ["pearson", "spearman"], draws=500)
    monkeypatch.setattr(resample, "parts", lambda draws, width, limit=0: [7] * (draws // 7) + [draws % 7])
    again = resample.bootstrap_correlations(x, y, ["pearson", "spearman"], draws=500)
    assert again[0]["spearman"] == pytest.approx(whole[0]["spearman"]) and again[1] == pytest.approx(whole[1])


def test_bca_past_its_pole_stays_in_order():
    draws = np.random.default_rng(0).beta(30, 1, 2000)
    jackknife = np.append(np.full(9, 0.97), 0.2)
    found = resample.bca(0.97, draws, jackknife)
    assert draws.min() <= found.low <= found.high <= draws.max()


def test_weighted_permutation_asks_the_weighted_question():
    """Two halves with opposite relations: which one is weighted decides."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=200)
    y = np.where(np.arange(200) < 100, x, -x) + 0.3 * rng.normal(size=200)
    heavy = np.where(np.arange(200) < 100, 9.0, 1.0)
    assert resample.permutation_p(x, y, weight=heavy, draws=500) < 0.01
    assert resample.permutation_p(x, y, weight=np.ones(200), draws=500) > 0.1
    null = [resample.permutation_p(*rng.normal(size=(2, 60)), weight=rng.uniform(0.2, 3, 60), draws=200,
                                   seed=k)
            for k in range(120)]
    assert np.mean(np.array(null) < 0.05) < 0.12


def test_share_interval_knows_weights_and_clusters():
    hit = (np.random.default_rng(1).random(400) < 0.3).astype(float)
    assert stats.share_interval(hit)[1:] == pytest.approx(stats.wilson(hit.mean(), 400))
    copies = np.repeat(hit[:100], 4)
    assert stats.share_interval(copies, np.repeat(np.arange(100), 4))[1:] == pytest.approx(
        stats.wilson(hit[:100].mean(), 100), abs=0.002)
    assert stats.share_interval(np.zeros(40), np.arange(40) % 8)[1:] == pytest.approx(stats.wilson(0, 8))


def test_degrees_of_freedom_follow_the_weights():
    """Four customers who carry all leave three at most; a hundred of equal weight many more."""
    x, y = sample(6, 100, 10)
    assert stats.z_error(x, y, weight=np.ones(100)) == pytest.approx(stats.z_error(x, y))
    assert stats.z_error(x, y)[1] > 20
    assert stats.z_error(x, y, weight=np.where(np.arange(100) < 4, 1e6, 1.0))[1] < 4.1
