"""Resampling: customers, or clusters of them, are left out one at a time, or drawn anew, with survey weights.

Chance meets the customers in an order of their own, by what they answered, so that the order of the rows changes
nothing; and what differs by the last binary digits alone counts as equal.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.special import ndtr, ndtri

from crmlab.frame.stats import Interval, critical, jackknife, parts

FEWEST_UNITS = 5  # crmlab rule: of fewer clusters no interval is drawn
SAME = 1e-9  # share of their range within which draws count as equal


def in_order(*columns) -> np.ndarray:
    """Places of the rows in an order of their own: by the first column, then by the next.

    >>> in_order(["b", "a", "b"], [2, 3, 1]).tolist()
    [1, 2, 0]
    """
    return np.lexsort([np.unique(column, return_inverse=True)[1] for column in columns[::-1]])


def _settled(rows, cluster, weight) -> tuple[np.ndarray, np.ndarray | None, np.ndarray | None]:
    """Rows, numbers of their clusters and weights, in an order of their own; clusters by their first row."""
    rows = np.asarray(rows, float)
    weight, cluster = (None if role is None else np.asarray(role) for role in (weight, cluster))
    order = in_order(*rows.T, *(role for role in (weight, cluster) if role is not None))
    if cluster is not None:
        _, first, cluster = np.unique(cluster[order], return_index=True, return_inverse=True)
        cluster = np.argsort(np.argsort(first))[cluster]
    return rows[order], cluster, None if weight is None else weight[order]


def enough(draws: int, units: int, *, cheap: int = 5_000_000, least: int = 2_000) -> int:
    """As many draws as asked for; of very many units fewer, whose ends need fewer to stand still.

    >>> enough(10_000, 250), enough(10_000, 100_000), enough(200, 100_000)
    (10000, 2000, 200)
    """
    return min(draws, max(least, cheap // max(units, 1)))


@dataclass(frozen=True, eq=False)
class Cells:
    """Distinct (x, y) pairs, and a units × cells matrix of the weight each resampling unit puts on them."""

    x: np.ndarray
    y: np.ndarray
    units: sparse.csr_matrix

    @classmethod
    def of(cls, x, y, cluster=None, weight=None) -> "Cells":
        rows, cluster, weight = _settled(np.column_stack([x, y]), cluster, weight)
        pairs, cell = np.unique(rows, axis=0, return_inverse=True)
        values = np.ones(len(x)) if weight is None else np.asarray(weight, float)
        unit = _units(len(x), cluster)
        units = sparse.csr_matrix((values, (unit, cell.ravel())), shape=(unit.max() + 1, len(pairs)))
        return cls(pairs[:, 0], pairs[:, 1], units)

    def resampled(self, draws: int, chance: np.random.Generator) -> Iterator[np.ndarray]:
        """Batches of a draws × cells matrix of weights: units drawn with replacement."""
        for times in _drawn(self.units.shape[0], draws, chance, self.units.shape[1]):
            yield (sparse.csr_matrix(times) @ self.units).toarray()


def _units(n: int, cluster) -> np.ndarray:
    return np.arange(n) if cluster is None else np.unique(cluster, return_inverse=True)[1]


def _drawn(count: int, draws: int, chance: np.random.Generator, width: int = 1) -> Iterator[np.ndarray]:
    """Batches of how often each of ``count`` units is drawn; ``width`` is that of a row made of it."""
    for part in parts(draws, max(count, width), 1_000_000):
        yield chance.multinomial(count, np.full(count, 1 / count), size=part)


# ---- intervals --------------------------------------------------------------------------------------------


def bca(estimate: float, draws: np.ndarray, jackknife: np.ndarray, times=1, level: float = 0.95) -> Interval:
    """Bias-corrected and accelerated interval (Efron 1987) from draws and leave-one-out values.

    ``times`` says how many units each leave-one-out value stands for. Without 100 draws that differ, or with
    fewer than five units, there is no interval.
    """
    draws = draws[np.isfinite(draws)]
    times = np.broadcast_to(times, jackknife.shape)
    if not np.isfinite(estimate) or times.sum() < FEWEST_UNITS or len(draws) < 100 or np.ptp(draws) < 1e-9:
        return Interval(estimate, np.nan, np.nan)
    gap = (draws - estimate) / np.ptp(draws)
    below = (np.mean(gap < -SAME) + np.mean(gap <= SAME)) / 2
    bias = ndtri(np.clip(below, 1 / len(draws), 1 - 1 / len(draws)))
    ok = np.isfinite(jackknife)
    gap = np.average(jackknife[ok], weights=times[ok]) - jackknife[ok] if ok.any() else np.zeros(1)
    spread = (times[ok] * gap**2).sum()
    bend = (times[ok] * gap**3).sum() / (6 * spread**1.5) if spread > 0 else 0.0
    far = bias + ndtri([(1 - level) / 2, (1 + level) / 2])
    at = ndtr(bias + far / np.maximum(1 - bend * far, 1e-6))  # past its pole the formula would turn round
    return Interval(estimate, *map(float, np.quantile(draws, at)))


def disattenuated(items: np.ndarray, first: int, *, standardised=False, cluster=None, weight=None,
                  level=0.95) -> tuple[Interval, tuple[float, float]]:
    """The correlation of two sums of items, corrected for their alphas, with its interval; and the alphas.

    One unit is left out at a time, so nothing is drawn. The interval is even on r + r³/3, which is Fisher's z to its
    second term and exists beyond 1 as well. Of ``standardised`` items the corrected correlation is the
    heterotrait–monotrait ratio (Henseler et al. 2015).

    >>> from crmlab.frame import stats
    >>> chance = stats.rng(1, "example").normal(size=(60, 5))
    >>> found, alphas = disattenuated(chance[:, :1] + chance[:, 1:], 2)
    >>> [round(value, 2) for value in (*found, *alphas)]
    [1.0, 0.83, 1.14, 0.73, 0.75]
    """
    centred = items - items.mean(axis=0)
    rows, columns = np.triu_indices(items.shape[1])
    each = np.column_stack([np.ones(len(items)), centred, centred[:, rows] * centred[:, columns]])
    each = each if weight is None else each * np.asarray(weight, float)[:, None]
    if cluster is not None:
        unit = _units(len(each), cluster)
        each = np.column_stack([np.bincount(unit, column) for column in each.T])
    total = each.sum(axis=0)
    _, at, *alphas = _disattenuated(total[None, :], items.shape[1], first, standardised)
    left = _disattenuated(total - each if len(each) > 1 else total[None, :], items.shape[1], first, standardised)[1]
    corrected = even_interval(float(at[0]), left, _stretched, _shrunk, level)
    return corrected, (float(alphas[0][0]), float(alphas[1][0]))


def _stretched(r):
    return r + r**3 / 3


def _shrunk(z):
    return 2 * np.sinh(np.arcsinh(1.5 * z) / 3)


def even_interval(estimate: float, left: np.ndarray, there, back, level: float) -> Interval:
    """The interval of a jackknife that is even on another scale, such as that of a logarithm.

    ``left`` are the estimates without each unit, ``there`` leads to the scale and ``back`` from it.
    """
    error, df = jackknife(there(left))
    if not np.isfinite(error) or len(left) < FEWEST_UNITS:
        return Interval(estimate, np.nan, np.nan)
    half = critical(level, df) * error
    return Interval(estimate, *(float(back(there(estimate) + side * half)) for side in (-1, 1)))


def _disattenuated(sums: np.ndarray, width: int, first: int, standardised: bool) -> tuple[np.ndarray, ...]:
    """Observed r, corrected r, and the two alphas, for rows of sums of items and of their products."""
    rows, columns = np.triu_indices(width)
    size, mean = sums[:, :1], sums[:, 1:1 + width] / sums[:, :1]
    covariance = np.empty((len(sums), width, width))
    covariance[:, rows, columns] = sums[:, 1 + width:] / size - mean[:, rows] * mean[:, columns]
    covariance[:, columns, rows] = covariance[:, rows, columns]
    if standardised:
        sd = np.sqrt(np.diagonal(covariance, axis1=1, axis2=2))
        covariance /= np.where(sd > 1e-9, sd, np.nan)[:, :, None] * sd[:, None, :]
    blocks = (slice(0, first), slice(first, width))
    spread = [covariance[:, b, b].sum((1, 2)) for b in blocks]
    spread = [np.where(s > 1e-12 * np.median(s), s, np.nan) for s in spread]
    r = covariance[:, blocks[0], blocks[1]].sum((1, 2)) / np.sqrt(spread[0] * spread[1])
    alphas = [k / (k - 1) * (1 - np.trace(covariance[:, b, b], axis1=1, axis2=2) / s)
              for b, s, k in zip(blocks, spread, (first, width - first), strict=True)]
    sound = (alphas[0] > 1e-9) & (alphas[1] > 1e-9)
    return r, r / np.sqrt(np.where(sound, alphas[0] * alphas[1], np.nan)), *alphas


def skewed_mean(values, *, level=0.95) -> Interval:
    """The mean and its ABC interval (DiCiccio & Efron 1992): that of BCa, without drawing, so that every digit stands.

    Skewed spending needs more than a normal interval. Fewer than five values, or values all alike, have none.

    >>> Interval(*(round(v, 2) for v in skewed_mean([0.0, 0, 0, 1, 2, 9])))
    Interval(estimate=2.0, low=0.32, high=6.51)
    """
    values = np.sort(np.asarray(values, float))
    mean = float(values.mean()) if len(values) else np.nan
    away = values - mean
    square = (away**2).sum()
    if len(values) < FEWEST_UNITS or not square > SAME**2 * (values**2).sum():
        return Interval(mean, np.nan, np.nan)
    bend = (away**3).sum() / (6 * square**1.5)
    far = bend + ndtri([(1 - level) / 2, (1 + level) / 2])
    low, high = mean + far / np.maximum(1 - bend * far, 1e-6) ** 2 * np.sqrt(square) / len(values)
    return Interval(mean, float(max(low, values[0])), float(min(high, values[-1])))
