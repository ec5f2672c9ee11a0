"""Do raters agree? Weighted kappa for steps of a scale, and the intraclass correlation for scores."""

from itertools import combinations
from typing import NamedTuple

import numpy as np
from scipy.stats import f as fisher_f

from crmlab.frame import resample, stats
from crmlab.frame.errors import CrmlabError, counted
from crmlab.frame.stats import Interval


class Intraclass(NamedTuple):
    """Intraclass correlations of ``n`` things judged by the same ``k`` raters, and the mean squares
    behind them.

    ``single`` is ICC(2,1), how far one rater can be trusted to stand for any other; ``mean`` is ICC(2,k), the
    same for the mean of these many raters. Both count a difference in leniency against the raters.
    """

    single: Interval
    mean: Interval
    between: float
    raters: float
    rest: float
    n: int
    k: int


def kappa(counts, weights=None) -> np.ndarray:
    """Weighted kappa (Cohen 1968) of stacked square tables of counts, a row per step of the first rater.

    ``weights`` holds the disagreement of each pair of steps; by default its square, so that kappa is
    nearly an intraclass correlation (Fleiss & Cohen 1973). Missing where both raters gave the same step
    throughout.

    >>> round(float(kappa([[4, 1, 0], [1, 3, 1], [0, 0, 2]])), 3)
    0.786
    """
    counts = np.asarray(counts, float)
    size = counts.shape[-1]
    apart = (
        np.subtract.outer(np.arange(size), np.arange(size)) ** 2
        if weights is None
        else np.asarray(weights, float)
    )
    seen = (counts * apart).sum(axis=(-2, -1))
    chance = np.einsum("...i,ij,...j->...", counts.sum(axis=-1), apart, counts.sum(axis=-2))
    with np.errstate(invalid="ignore", divide="ignore"):
        expected = chance / counts.sum(axis=(-2, -1))
        return np.where(expected > 0, 1 - seen / expected, np.nan)


def kappas(ratings, steps, *, level: float = 0.95, draws: int = 2000, seed: int = 1) -> Interval:
    """Quadratic kappa, the mean over all pairs of raters, with a BCa interval over what was rated.

    ``ratings`` has a row per thing and a column per rater, NaN where a rater did not answer; ``steps``
    are the values of the scale in order. A pair shares the things both have rated. A pair whose kappa is
    missing leaves the mean.

    >>> two = np.array([[0, 1], [1, 1], [2, 2], [3, 4], [4, 4], [2, 1]])
    >>> round(kappas(two, range(5)).estimate, 2)
    0.86
    """
    ratings, steps = np.asarray(ratings, float), list(steps)
    place = {step: at for at, step in enumerate(steps)}
    given = ratings[~np.isnan(ratings)]
    if not np.isin(given, steps).all():
        strange = given[~np.isin(given, steps)][0]
        raise CrmlabError(
            "kappa: a rating is no step of the scale.",
            f"Found {strange:g}.",
            f"The steps are {steps[0]:g} to {steps[-1]:g}.",
        )
    code = np.array([[place.get(value, -1) for value in row] for row in ratings])
    cells = [_cells(code[:, a], code[:, b], len(steps)) for a, b in combinations(range(ratings.shape[1]), 2)]
    if not cells or not len(ratings):
        return Interval(np.nan, np.nan, np.nan)
    n = len(ratings)
    times = stats.rng(seed, "kappa").multinomial(n, np.full(n, 1 / n), size=draws)
    drawn, left = (_mean_kappa(weight, cells, len(steps)) for weight in (times, 1 - np.eye(n)))
    return resample.bca(float(_mean_kappa(np.ones((1, n)), cells, len(steps))[0]), drawn, left, level=level)


def _cells(first: np.ndarray, second: np.ndarray, steps: int) -> np.ndarray:
    """A row per thing with a 1 in the cell of the table of both raters; none where one did not answer."""
    out = np.zeros((len(first), steps * steps))
    both = np.flatnonzero((first >= 0) & (second >= 0))
    out[both, first[both] * steps + second[both]] = 1
    return out


def _mean_kappa(weight: np.ndarray, cells: list, steps: int) -> np.ndarray:
    each = np.stack([kappa((weight @ cell).reshape(-1, steps, steps)) for cell in cells])
    there = np.isfinite(each)
    with np.errstate(invalid="ignore"):
        return np.where(there, each, 0).sum(axis=0) / there.sum(axis=0)


def icc(scores, *, level: float = 0.95) -> Intraclass:
    """ICC(2,1) and ICC(2,k) of things × raters without gaps (Shrout & Fleiss 1979), with intervals on F.

    Things and raters are both seen as samples; the intervals are those of absolute agreement (McGraw &
    Wong 1996, table 7). Raises CrmlabError for fewer than two things or raters, or with gaps.

    >>> judges = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    >>> found = icc(judges)                                     # Shrout & Fleiss 1979, table 2
    >>> round(found.single.estimate, 2), round(found.mean.estimate, 2)
    (0.29, 0.62)
    """
    scores = np.asarray(scores, float)
    n, k = scores.shape
    if n < 2 or k < 2 or np.isnan(scores).any():
        raise CrmlabError(
            "icc: it takes two raters and two things at least, and no gaps.",
            f"Found {counted(n, 'thing')}, {counted(k, 'rater')} and "
            f"{counted(int(np.isnan(scores).sum()), 'gap')}.",
            "Leave out what not all have rated.",
        )
    things, raters = scores.mean(axis=1), scores.mean(axis=0)
    between = k * things.var(ddof=1)
    apart = n * raters.var(ddof=1)
    rest = ((scores - things[:, None] - raters + scores.mean()) ** 2).sum() / ((n - 1) * (k - 1))
    below = between + (k - 1) * rest + k * (apart - rest) / n
    if below <= 1e-12:  # all scores are the same
        return Intraclass(*[Interval(np.nan, np.nan, np.nan)] * 2, between, apart, rest, n, k)
    single = (between - rest) / below
    low, high = _bounds(single, between, apart, rest, n, k, level)
    return Intraclass(
        Interval(float(single), low, high),
        Interval(*(_stepped(r, k) for r in (single, low, high))),
        float(between),
        float(apart),
        float(rest),
        n,
        k,
    )


def _stepped(r: float, k: int) -> float:
    """Spearman–Brown: the reliability of the mean of k raters."""
    below = 1 + (k - 1) * r
    return float(k * r / below) if below > 0 else np.nan


def _bounds(r, between, apart, rest, n, k, level) -> tuple[float, float]:
    if rest <= 1e-12 * between or r >= 1:  # no error of raters is left to reckon with
        return np.nan, np.nan
    a, b = k * r / (n * (1 - r)), 1 + k * r * (n - 1) / (n * (1 - r))
    df = (a * apart + b * rest) ** 2 / ((a * apart) ** 2 / (k - 1) + (b * rest) ** 2 / ((n - 1) * (k - 1)))
    far = (1 + level) / 2
    lower, upper = fisher_f.ppf(far, n - 1, df), fisher_f.ppf(far, df, n - 1)
    mixed = k * apart + (k * n - k - n) * rest
    low = n * (between - lower * rest) / (lower * mixed + n * between)
    high = n * (upper * between - rest) / (mixed + n * upper * between)
    return float(low), float(high)
