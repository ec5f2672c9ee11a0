"""Two classifications of the same rows: Cramér's V and the adjusted Rand index, with their intervals."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from crmlab.frame import resample, stats
from crmlab.frame.glossary import number
from crmlab.measures.systems.inputs import roles

FEWEST = 10  # crmlab rule: two systems with fewer rows in common are not compared


def association(counts: np.ndarray, times: int = 1) -> np.ndarray:
    """Cramér's V of stacked tables of counts, corrected for its bias (Bergsma 2013); missing with one class.

    Where one system settles the other, V is 1: there is nothing left to correct.
    ``times`` is 2 for the tables of a bootstrap: the bias came in with the sample, and again with the draw.
    """
    size, across, down = counts.sum(axis=(1, 2)), counts.sum(axis=2), counts.sum(axis=1)
    expected = across[:, :, None] * down[:, None, :] / size[:, None, None]
    with np.errstate(all="ignore"):
        square = np.nansum((counts - expected) ** 2 / expected, axis=(1, 2)) / size
        r, c = (across > 0).sum(axis=1), (down > 0).sum(axis=1)
        perfect = square > np.minimum(r, c) - 1 - 1e-9
        square = np.maximum(square - times * (r - 1) * (c - 1) / (size - 1), 0)
        most = np.minimum(r - (r - 1) ** 2 / (size - 1), c - (c - 1) ** 2 / (size - 1)) - 1
        most -= (times - 1) * (np.minimum(r, c) - 1) ** 2 / (size - 1)
        return np.where(
            (r > 1) & (c > 1), np.where(perfect, 1.0, np.sqrt(np.minimum(square / most, 1))), np.nan
        )


def rand(counts: np.ndarray, times: int = 1) -> np.ndarray:
    """The adjusted Rand index (Hubert & Arabie 1985) of stacked tables of counts; missing with one class."""

    def alike(n):
        return n * (n - times) / 2

    across, down, size = counts.sum(axis=2), counts.sum(axis=1), counts.sum(axis=(1, 2))
    same, first, second = alike(counts).sum(axis=(1, 2)), alike(across).sum(axis=1), alike(down).sum(axis=1)
    with np.errstate(all="ignore"):
        chance = first * second / alike(size)
        index = (same - chance) / ((first + second) / 2 - chance)
    return np.where(((across > 0).sum(axis=1) > 1) & ((down > 0).sum(axis=1) > 1), index, np.nan)


class Two(NamedTuple):
    """Two systems: how many rows both classify, and both measures with their intervals."""

    first: str
    second: str
    n: int
    v: stats.Interval
    rand: stats.Interval

    @property
    def names(self) -> str:
        return f"{self.first} and {self.second}"

    def told(self) -> str:
        within = (
            f", interval {number(self.v.low)} to {number(self.v.high)}" if np.isfinite(self.v.low) else ""
        )
        return f"V = {number(self.v.estimate)}{within} (adjusted Rand {number(self.rand.estimate)})"


def compared(
    first: str, second: str, classes: pd.DataFrame, table: pd.DataFrame, level: float, draws: int, seed: int
) -> Two:
    both = classes[[first, second]].notna().all(axis=1).to_numpy()
    cluster, weight, both = roles(table, both)
    none, n = stats.Interval(np.nan, np.nan, np.nan), int(both.sum())
    if n < FEWEST:
        return Two(first, second, n, none, none)
    x, y = (pd.factorize(classes.loc[both, name].astype(str), sort=True)[0] for name in (first, second))
    shape = (x.max() + 1, y.max() + 1)
    if min(shape) < 2:
        return Two(first, second, n, none, none)
    if weight is not None:
        weight = weight / weight.sum() * stats.kish(weight)
    counts = np.bincount(x * shape[1] + y, weight, shape[0] * shape[1])
    chance = stats.rng(seed, "agreement", first, second)
    drawn = _drawn(x * shape[1] + y, counts, cluster, weight, draws, chance).reshape(-1, *shape)
    found = []
    for measure in (association, rand):
        at = float(measure(counts.reshape(1, *shape))[0])
        found.append(_interval(at, measure(drawn, 2), level, cluster))
    return Two(first, second, n, *found)


def _drawn(cell, counts, cluster, weight, draws: int, chance) -> np.ndarray:
    """Tables of resampled rows, or of resampled clusters, one a draw."""
    if cluster is None and weight is None:
        return chance.multinomial(len(cell), counts / counts.sum(), size=draws).astype(float)
    cells = resample.Cells.of(cell, np.zeros(len(cell)), cluster, weight)
    out = np.zeros((draws, len(counts)))
    out[:, cells.x.astype(int)] = np.concatenate(list(cells.resampled(draws, chance)))
    return out


def _interval(at: float, drawn: np.ndarray, level: float, cluster) -> stats.Interval:
    few = cluster is not None and len(np.unique(cluster)) < resample.FEWEST_UNITS
    drawn = drawn[np.isfinite(drawn)]
    if few or len(drawn) < 100 or np.ptp(drawn) < 1e-9:
        return stats.Interval(at, np.nan, np.nan)
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return stats.Interval(at, float(low), float(high))
