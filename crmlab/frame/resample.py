"""Resampling: one way for every correlation, with clusters and with survey weights.

A relation of two scores is kept as :class:`Cells`: the distinct pairs and how often each resampling unit
(a customer, or a cluster of them) holds them. Every correlation is a function of weights on cells, so one
bootstrap serves Pearson, Spearman and Kendall. Many customers are drawn in batches that fit into memory.

Chance meets the customers in an order of their own, by what they answered, so that the order of the rows changes
nothing; and what differs by the last binary digits alone counts as equal.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.special import ndtr, ndtri

from crmlab.frame.stats import Interval, parts, rng

FEWEST_UNITS = 5  # crmlab rule: of fewer clusters no interval is drawn
MANY_CELLS = 1_500  # beyond it, Kendall's tau is resampled through its linear part
MANY_UNITS = 2_000  # beyond it, the acceleration rests on a sample of the units
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

    @property
    def total(self) -> np.ndarray:
        return np.asarray(self.units.sum(axis=0))

    def resampled(self, draws: int, chance: np.random.Generator) -> Iterator[np.ndarray]:
        """Batches of a draws × cells matrix of weights: units drawn with replacement."""
        for times in _drawn(self.units.shape[0], draws, chance, self.units.shape[1]):
            yield (sparse.csr_matrix(times) @ self.units).toarray()

    def left_out(self) -> tuple[Iterator[np.ndarray], np.ndarray]:
        """Batches of weights with one unit left out at a time, alike units once, and how many are alike."""
        count = self.units.shape[0]
        some = np.arange(count) if count <= MANY_UNITS else (
            rng(1, "left out").choice(count, MANY_UNITS, replace=False))
        rows = self.units[some]
        if rows.nnz == len(some):  # a customer each: alike are those with the same answers and weight
            alike = np.column_stack([rows.indices, rows.data])
            _, first, times = np.unique(alike, axis=0, return_index=True, return_counts=True)
        else:
            first, times = np.arange(len(some)), np.ones(len(some))
        if count == 1:
            return iter([self.total]), np.ones(1)
        batches = (self.total - rows[part].toarray() for part in np.array_split(
            first, len(parts(len(first), rows.shape[1], 1_000_000))))
        return batches, times * count / len(some)


def _units(n: int, cluster) -> np.ndarray:
    return np.arange(n) if cluster is None else np.unique(cluster, return_inverse=True)[1]


def _drawn(count: int, draws: int, chance: np.random.Generator, width: int = 1) -> Iterator[np.ndarray]:
    """Batches of how often each of ``count`` units is drawn; ``width`` is that of a row made of it."""
    for part in parts(draws, max(count, width), 1_000_000):
        yield chance.multinomial(count, np.full(count, 1 / count), size=part)


# ---- correlations as functions of weights on cells --------------------------------------------------------


def _ratio(top: np.ndarray, square: np.ndarray, against: np.ndarray) -> np.ndarray:
    """top / √square; missing where the square is nothing but rounding (a score that does not vary)."""
    square = np.where(square > 1e-14 * against, square, np.nan)
    return np.clip(top / np.sqrt(square), -1, 1)


def _moments(weights, x, y):
    size = weights.sum(axis=1, keepdims=True)
    dx, dy = (v - (weights * v).sum(1, keepdims=True) / size for v in (x, y))
    xx, yy = (weights * dx**2).sum(1), (weights * dy**2).sum(1)
    return _ratio((weights * dx * dy).sum(1), xx * yy, (weights * x**2).sum(1) * (weights * y**2).sum(1))


def _pearson(weights: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    # Five products instead of three dense tables: on 2,000 resamples this is the difference of 10 to 1.
    x, y = x - x.mean(), y - y.mean()
    size, sx, sy, sxx, syy, sxy = (weights @ np.column_stack([np.ones_like(x), x, y, x * x, y * y, x * y])).T
    return _ratio(size * sxy - sx * sy, (size * sxx - sx**2) * (size * syy - sy**2), size**2 * sxx * syy)


def _midranks(weights: np.ndarray, values: np.ndarray) -> np.ndarray:
    levels, where = np.unique(values, return_inverse=True)
    shape = (len(values), len(levels))
    held = weights @ sparse.csr_matrix((np.ones(len(values)), (np.arange(len(values)), where)), shape)
    return (held.cumsum(axis=1) - held / 2)[:, where]


def _spearman(weights: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return _moments(weights, _midranks(weights, x), _midranks(weights, y))


def _kendall(weights: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    agree = np.sign(x[:, None] - x) * np.sign(y[:, None] - y)
    size = weights.sum(axis=1) ** 2
    tied = [size - ((weights @ (axis[:, None] == np.unique(axis))) ** 2).sum(1) for axis in (x, y)]
    return _ratio(((weights @ agree) * weights).sum(1), tied[0] * tied[1], size**2)


def _kendall_linear(cells: Cells) -> tuple[float, np.ndarray]:
    """Kendall's tau-b of very many cells, and how it moves with a little more weight on each of them."""
    x, y, w = cells.x, cells.y, cells.total.ravel()
    agree = _below(x, y, w) + _below(-x, -y, w) - _below(x, -y, w) - _below(-x, y, w)
    held = [np.bincount(where, w)[where] for where in (np.unique(v, return_inverse=True)[1] for v in (x, y))]
    apart = [float(w @ (w.sum() - h)) for h in held]
    tau = float(w @ agree / np.sqrt(apart[0] * apart[1]))
    slope = 2 * agree / np.sqrt(apart[0] * apart[1])
    return tau, slope - tau * sum((w.sum() - h) / a for h, a in zip(held, apart, strict=True))


def _below(x, y, w) -> np.ndarray:
    """Weight of the cells below each one in both coordinates, by merging halves of the order of x."""
    order = np.lexsort((-y, x))  # equal x: higher y first, so that they are never counted below each other
    y, w, place, out = y[order], w[order], np.arange(len(x)), np.zeros(len(x))
    for bit in range(int(len(x) - 1).bit_length()):
        block, left = place >> (bit + 1), (place >> bit) & 1 == 0
        merged = np.lexsort((left, y, block))  # equal y: the right half first, since only lower ones count
        running = np.cumsum(np.where(left, w, 0.0)[merged])
        before = np.append(0.0, running)[np.searchsorted(block, block)]
        sums = np.empty(len(x))
        sums[merged] = running
        out += np.where(left, 0.0, sums - before)
    unsorted = np.empty(len(x))
    unsorted[order] = out
    return unsorted


CORRELATIONS = {"pearson": _pearson, "spearman": _spearman, "kendall": _kendall}


def correlation(method: str, x, y, weight=None) -> float:
    """Pearson's r, Spearman's rho or Kendall's tau-b, with survey weights where given.

    >>> round(correlation("kendall", [1, 2, 3, 4], [1, 3, 2, 4]), 3)
    0.667
    """
    return _function(method, Cells.of(x, y, weight=weight))[0]


def _function(method: str, cells: Cells):
    """The correlation at the data, and as a function of batches of weights."""
    if method == "kendall" and len(cells.x) > MANY_CELLS:
        tau, slope = _kendall_linear(cells)
        return tau, lambda weights: tau + (weights - cells.total) @ slope
    at = float(CORRELATIONS[method](cells.total, cells.x, cells.y)[0])
    return at, lambda weights: CORRELATIONS[method](weights, cells.x, cells.y)


# ---- intervals and tests ----------------------------------------------------------------------------------


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


def bootstrap_correlations(x, y, methods, *, cluster=None, weight=None, level=0.95, draws=2000, seed=1):
    """BCa intervals of several correlations from one set of resamples, and the draws of the first.

    Where a cluster is given, whole clusters are drawn. Returns ``({method: Interval}, draws, failed)``.
    """
    cells = Cells.of(x, y, cluster, weight)
    found = {method: _function(method, cells) for method in methods}
    batches, times = cells.left_out()
    values = _over(cells.resampled(draws, rng(seed, "bootstrap")), found)
    left = _over(batches, found)
    out = {method: bca(at, values[method], left[method], times, level) for method, (at, _) in found.items()}
    first = values[methods[0]]
    return out, first, int(np.sum(~np.isfinite(first)))


def _over(batches: Iterator[np.ndarray], found: dict) -> dict[str, np.ndarray]:
    rows = [[of(weights) for _, of in found.values()] for weights in batches]
    return {method: np.concatenate(column) for method,
            column in zip(found, zip(*rows, strict=True), strict=True)}


def permutation_p(x, y, *, cluster=None, weight=None, draws: int = 5000, seed: int = 1) -> float:
    """Two-sided p of "no relation at all".

    Customers are dealt anew; with clusters or weights the contribution of each cluster (each customer) keeps
    or flips its sign (Kline & Santos 2012), so that likeness within a branch is not taken for evidence.
    """
    rows, cluster, weight = _settled(np.column_stack([x, y]), cluster, weight)
    x, y = (rows - np.average(rows, axis=0, weights=weight)).T
    chance = rng(seed, "permutation")
    if cluster is not None or weight is not None:
        sums = np.bincount(_units(len(x), cluster), x * y * (1.0 if weight is None else weight))
        seen, size = abs(float(sums.sum())), np.abs(sums).sum()
        null = [chance.choice([-1.0, 1.0], size=(part, len(sums))) @ sums for part in parts(draws, len(sums))]
    else:
        seen, size = abs(float(x @ y)), np.linalg.norm(x) * np.linalg.norm(y)
        null = [chance.permuted(np.tile(y, (part, 1)), axis=1) @ x for part in parts(draws, len(x))]
    reached = np.abs(np.concatenate(null)) >= seen - 1e-12 * size
    return float((1 + reached.sum()) / (draws + 1))


def _sums(each: np.ndarray, cluster, weight, draws: int, chance) -> tuple[np.ndarray, ...]:
    """Weighted column sums: at the data, over resampled units, and with one unit left out at a time."""
    each = each if weight is None else each * np.asarray(weight, float)[:, None]
    if cluster is not None:
        unit = _units(len(each), cluster)
        each = np.column_stack([np.bincount(unit, column) for column in each.T])
    total = each.sum(axis=0)
    drawn = np.concatenate([times @ each for times in _drawn(len(each), draws, chance)])
    return total[None, :], drawn, total - each if len(each) > 1 else total[None, :]


class Corrected(dict):
    """``observed`` and ``corrected`` intervals; ``alphas`` of both blocks, and the ``failed`` draws."""

    alphas: tuple[float, float]
    failed: int


def bootstrap_disattenuated(items: np.ndarray, first: int, *, standardised=False, cluster=None, weight=None,
                            level=0.95, draws=2000, seed=1) -> Corrected:
    """Observed and corrected correlation of two sums of items, resampled with their alphas.

    The covariances of the items are all one needs, so each resample is one product of counts and squares. Of
    ``standardised`` items the corrected correlation is the heterotrait–monotrait ratio (Henseler et al. 2015).
    """
    items, cluster, weight = _settled(items, cluster, weight)
    centred = items - items.mean(axis=0)
    rows, columns = np.triu_indices(items.shape[1])
    each = np.column_stack([np.ones(len(items)), centred, centred[:, rows] * centred[:, columns]])
    at, drawn, left = (_disattenuated(sums, items.shape[1], first, standardised)
                       for sums in _sums(each, cluster, weight, draws, rng(seed, "items")))
    out = Corrected({name: bca(float(at[k][0]), drawn[k], left[k], level=level)
                     for k, name in enumerate(("observed", "corrected"))})
    out.alphas, out.failed = (float(at[2][0]), float(at[3][0])), int(np.sum(~np.isfinite(drawn[1])))
    return out


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


def bootstrap_mean(values, *, cluster=None, weight=None, level=0.95, draws=2000, seed=1) -> Interval:
    """BCa interval of a (weighted) mean, which skewed spending needs more than a normal one.

    >>> bootstrap_mean([5.0, 5.0, 5.0]).estimate
    5.0
    """
    if not len(values):
        return Interval(np.nan, np.nan, np.nan)
    rows, cluster, weight = _settled(np.asarray(values, float)[:, None], cluster, weight)
    each = np.column_stack([np.ones(len(rows)), rows])
    at, drawn, left = (sums[:, 1] / sums[:, 0] for sums in _sums(each, cluster, weight, draws, rng(seed, "mean")))
    return bca(float(at[0]), drawn, left, level=level)


def bootstrap_dependent(triple: np.ndarray, *, cluster=None, weight=None, draws=2000, seed=1):
    """r(x, y), r(x, z) and their difference: at the data, in resamples, and with one unit left out."""
    triple, cluster, weight = _settled(triple, cluster, weight)
    x, y, z = (triple - triple.mean(axis=0)).T
    each = np.column_stack([np.ones_like(x), x, y, z, x * x, y * y, z * z, x * y, x * z])

    def three(sums):
        s, x, y, z, xx, yy, zz, xy, xz = sums.T
        first = _ratio(s * xy - x * y, (s * xx - x**2) * (s * yy - y**2), s**2 * xx * yy)
        second = _ratio(s * xz - x * z, (s * xx - x**2) * (s * zz - z**2), s**2 * xx * zz)
        return np.stack([first, second, first - second])

    at, drawn, left = _sums(each, cluster, weight, draws, rng(seed, "dependent"))
    return three(at)[:, 0], three(drawn), three(left)
