"""Numbers against published values, against peers, and by properties."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as peer
from statsmodels.stats.multitest import multipletests

from crmlab.frame import correlations, resample, stats

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
        assert correlations.correlation(method, x, y) == pytest.approx(PEERS[method](x, y)[0], abs=1e-12)


def test_fisher_interval_is_that_of_scipy():
    x, y = sample(5)
    mine = stats.fisher(peer.pearsonr(x, y)[0], len(x))
    theirs = peer.pearsonr(x, y).confidence_interval()
    assert (mine.low, mine.high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


def test_bca_of_a_constant_has_no_interval():
    out = resample.bca(1.0, np.ones(500), np.ones(10))
    assert np.isnan(out.low) and np.isnan(out.high)


def test_whole_clusters_are_left_out():
    """Customers who are copies of their branch carry no more than the branch does."""
    x, y = sample(2, 30, 100)
    copies = 8
    cluster = np.repeat(np.arange(30), copies)
    assert stats.z_error(np.repeat(x, copies), np.repeat(y, copies), cluster) == pytest.approx(stats.z_error(x, y))


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
    assert np.isnan(stats.z_error(x, x)[0])


def test_bca_past_its_pole_stays_in_order():
    draws = np.random.default_rng(0).beta(30, 1, 2000)
    jackknife = np.append(np.full(9, 0.97), 0.2)
    found = resample.bca(0.97, draws, jackknife)
    assert draws.min() <= found.low <= found.high <= draws.max()


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
