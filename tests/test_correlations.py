"""Errors of r, rho and tau: against leaving out by hand, against derivatives, and what their intervals hold."""

import time

import numpy as np
import pytest
from scipy.special import ndtri
from scipy.stats import kendalltau, pearsonr, spearmanr

import crmlab as crm
from crmlab.frame import correlations, stats

WORLDS, PEERS = 400, {"pearson": pearsonr, "spearman": spearmanr, "kendall": kendalltau}


def ratings(seed=0, n=80, levels=7):
    latent = np.random.default_rng(seed).normal(size=(n, 2)) @ np.array([[1, 0.5], [0, 0.87]])
    return np.clip(np.round(latent * 1.3 + levels / 2 + 1), 1, levels).T


# ---- the numbers ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", PEERS)
@pytest.mark.parametrize("levels", [2, 5, 100])
def test_correlations_equal_scipy(method, levels):
    x, y = ratings(1, 60, levels)
    assert correlations.correlation(method, x, y) == pytest.approx(PEERS[method](x, y)[0], abs=1e-12)
    weight = np.random.default_rng(1).integers(1, 4, 60)
    many = PEERS[method](np.repeat(x, weight), np.repeat(y, weight))[0]
    assert correlations.correlation(method, x, y, weight) == pytest.approx(many, abs=1e-12)


@pytest.mark.parametrize("roles", ["customers", "clusters", "weights", "both"])
def test_left_out_is_leaving_out(roles):
    x, y = ratings(2, 40)
    unit = np.arange(40) // 4 if roles in ("clusters", "both") else np.arange(40)
    weight = np.random.default_rng(3).uniform(0.3, 3, 40) if roles in ("weights", "both") else np.ones(40)
    _, left = stats.left_out(x, y, unit, weight)
    by_hand = [correlations.correlation("pearson", x[unit != k], y[unit != k], weight[unit != k]) for k in np.unique(unit)]
    assert left == pytest.approx(by_hand)
    z = np.arctanh(by_hand)
    error = np.sqrt((len(z) - 1) / len(z) * ((z - z.mean()) ** 2).sum())
    assert stats.z_error(x, y, unit, weight)[0] == pytest.approx(error)


@pytest.mark.parametrize("method", correlations.RANKED)
@pytest.mark.parametrize("levels", [3, 10, 1000])
def test_influence_is_the_derivative(method, levels):
    """A little more weight on one customer moves rho and tau as their influence says."""
    x, y = ratings(4, 50, levels)
    w, step = np.full(50, 1 / 50), 1e-6
    r, influence = correlations.RANKED[method](x, y, w)
    for k in range(0, 50, 7):
        more = w * (1 - step) + step * (np.arange(50) == k)
        moved = (correlations.correlation(method, x, y, more) - r) / step
        assert influence[k] == pytest.approx(moved / 50, abs=1e-5)


def test_an_offset_changes_nothing():
    x, y = ratings(5)
    for method in PEERS:
        assert correlations.interval(method, x + 1e6, y * 1e-6) == pytest.approx(correlations.interval(method, x, y))


@pytest.mark.parametrize("method", PEERS)
def test_no_interval_where_there_is_none(method):
    x = np.arange(30.0)
    assert np.isnan(correlations.interval(method, x, x).low) and np.isnan(correlations.interval(method, x, -x).high)
    alone = np.append(np.zeros(29), 1.0)  # without the last customer nobody differs
    assert np.isnan(correlations.interval("pearson", alone, x).low)


def test_a_partial_correlation_is_that_of_residuals():
    t, (x, y) = np.arange(80.0) % 11, ratings(6)
    x, y = x + t, y - t
    rest = [v - np.polyval(np.polyfit(t, v, 1), t) for v in (x, y)]
    found = correlations.partial(x, y, t)
    assert found.estimate == pytest.approx(np.corrcoef(*rest)[0, 1])
    assert found.low < found.estimate < found.high


def test_difference_and_p_agree():
    for seed in range(20):
        x, y, z = np.random.default_rng(seed).normal(size=(3, 40))
        gap, p = correlations.apart(x, x + y, x + 2 * z)
        assert (gap.low <= 0 <= gap.high) == (p > 0.05)
    assert np.isnan(correlations.apart(x, y, y)[1])


def test_many_customers_take_a_moment():
    x, y = np.random.default_rng(7).normal(size=(2, 20_000))
    start = time.process_time()
    found = {method: correlations.interval(method, x, x + y) for method in PEERS}
    assert time.process_time() - start < 2  # 0.2 s on a quiet machine
    assert found["kendall"].estimate == pytest.approx(kendalltau(x, x + y)[0], abs=1e-12)


# ---- what the intervals hold: answers that are not normal, clusters, weights (the long table: make thorough) ---


def pairs(r, n, chance):
    a, b = chance.normal(size=(2, n))
    return a, r * a + np.sqrt(1 - r**2) * b


CROWDED = ndtri([0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.13, 0.2, 1 / 3])  # two thirds at the top of ten


def normal(n, chance):
    return pairs(0.6, n, chance)


def crowded(n, chance):
    return (np.searchsorted(CROWDED, v).astype(float) for v in pairs(0.75, n, chance))


def lognormal(n, chance):
    return (np.exp(v) for v in pairs(0.41, n, chance))


def uneven(n, chance):
    x = np.exp(chance.normal(size=n))
    return x, x * chance.normal(size=n)


#: A world with its r; that of the crowded answers from four million customers.
TRUE = {normal: 0.6, crowded: 0.653, lognormal: (np.exp(0.41) - 1) / (np.e - 1), uneven: 0.0}
SINGLE = list(TRUE)


def judged(world, n, cluster=None, weight=None):
    """Shares of worlds whose interval holds the truth, and that a one-sided test at .05 puts above or below it."""
    chance, truth, found = stats.rng(1, world.__name__, str(n)), TRUE[world], []
    for _ in range(WORLDS):
        x, y = world(n, chance)
        r, error, df = correlations.measured("pearson", x, y, cluster, weight(chance) if weight else None)
        t = (np.arctanh(r) - np.arctanh(truth)) / error
        found.append((abs(t) <= stats.critical(0.95, df), t > stats.critical(0.90, df), -t > stats.critical(0.90, df)))
    return np.mean(found, axis=0)


@pytest.mark.parametrize("world", SINGLE)
@pytest.mark.parametrize("n", [20, 250])
def test_the_interval_of_r_holds_on_answers_that_are_not_normal(world, n):
    """Of 2,000 worlds .920 to .962, false verdicts at the bound .066 at most; Fisher's formula .35 to .95."""
    holds, above, below = judged(world, n)
    assert holds > 0.895 and max(above, below) < 0.10


def branches(n, chance):
    a, b = (np.repeat(v, n // 6) for v in pairs(0.6, 6, chance))
    x, y = pairs(0.6, n, chance)
    return 0.55 * a + 0.835 * x, 0.55 * b + 0.835 * y


TRUE[branches] = 0.6


def test_few_clusters_and_uneven_weights():
    """Six branches of forty: .96 of 2,000 worlds, false verdicts .041; lognormal weights .966 and .045."""
    holds, above, below = judged(branches, 240, cluster=np.repeat(np.arange(6), 40))
    assert holds > 0.91 and max(above, below) < 0.08
    holds, above, below = judged(normal, 100, weight=lambda chance: np.exp(chance.normal(size=100)))
    assert holds > 0.91 and max(above, below) < 0.09


@pytest.mark.parametrize("world", SINGLE)
@pytest.mark.parametrize("part", [20, 102])
def test_two_parts_of_one_population_do_not_differ(world, part):
    """Nominal .05; of 2,000 worlds .018 to .065. Fisher's formula finds a difference in up to 66 of 100."""
    chance, first = stats.rng(2, world.__name__), np.arange(204) < part
    false = 0
    for _ in range(150):
        x, y = world(204, chance)
        one, other = (stats.left_out(x, y, weight=first == side) for side in (True, False))
        false += correlations.difference(one, other)[1] < 0.05
    assert false <= 18


# ---- claims on ranks --------------------------------------------------------------------------------------


def test_a_table_of_ranks_is_judged_by_rho():
    """A theory on ranks says rho, with rho's own error; so does one that asks for ranks, on the values themselves."""
    cut = crm.portfolio.halves(crm.open_table("transactions", "world:shop", n=300, seed=2))
    ranks, values = crm.portfolio.ranks(cut), cut.summary.assign(later_value=cut.later["later_value"].to_numpy())
    claims = crm.raises("frequency", "later_value", at_least=0.30), crm.lowers("silence", "later_value")
    found = crm.theory(*claims, design="log").test(ranks)
    for row, name in zip(found.table.itertuples(), ("orders", "days_since_last"), strict=True):
        assert (row.estimate, row.low, row.high) == pytest.approx(
            correlations.interval("spearman", values[name], values["later_value"]))
    assert found.table["unit"].tolist() == ["rho", "rho"] and "by at least rho = 0.30" in found.text()
    assert "rho is the rank correlation of the scores (Spearman 1904)" in found.settings
    assert "as observed" not in found.settings and "r = " not in found.text()
    asked = crm.theory(crm.raises("orders", "later_value", at_least=0.30), ranks=True)
    assert repr(asked) == ("1. Orders raises later value, by at least rho = 0.30. Null: rho is 0.30 or below; negligible "
                           "within rho = ±0.10.")
    assert asked.test(values).table["estimate"].iloc[0] == pytest.approx(found.table["estimate"].iloc[0])
    assert set(asked.power(250).table["unit"]) == {"rho"}
    assert set(crm.theory(crm.raises("orders", "later_value")).test(values).table["unit"]) == {"r"}
