"""Pearson's r, Spearman's rho and Kendall's tau-b, each with the one interval that belongs to it.

All are judged on Fisher's z with Student's t. The error of r comes from leaving one unit (a customer or a cluster) out
at a time; those of rho and tau from what each unit adds to them (its influence): exact with ties, in n log n.
"""

import numpy as np
from scipy.special import stdtrit

from crmlab.frame import stats

NAMES = {"pearson": "r", "spearman": "rho", "kendall": "tau"}


def measured(method: str, x, y, cluster=None, weight=None) -> tuple[float, float, float]:
    """A correlation with the standard error of its Fisher z and the degrees of freedom.

    >>> x = np.arange(40.0)
    >>> [round(v, 2) for v in measured("kendall", x, x % 7 + x / 5)]
    [0.64, 0.11, 39.0]
    """
    if method == "pearson":
        return stats.left_out(x, y, weight=weight)[0], *stats.z_error(x, y, cluster, weight)
    w = np.ones(len(x)) if weight is None else np.asarray(weight, float)
    r, influence = RANKED[method](np.asarray(x, float), np.asarray(y, float), w / w.sum())
    error, df = stats.sandwich(influence, cluster)
    return r, error / (1 - r**2) if abs(r) < stats.PERFECT and error > 0 else np.nan, df


def correlation(method: str, x, y, weight=None) -> float:
    """Pearson's r, Spearman's rho or Kendall's tau-b, with survey weights where given.

    >>> round(correlation("kendall", [1, 2, 3, 4], [1, 3, 2, 4]), 3)
    0.667
    """
    return measured(method, x, y, weight=weight)[0]


def interval(method: str, x, y, cluster=None, weight=None, level: float = 0.95) -> stats.Interval:
    """A correlation with its interval; none for a perfect one, nor where one unit alone makes it.

    >>> x = np.arange(40.0)
    >>> stats.Interval(*(round(v, 2) for v in interval("spearman", x, x % 7 + x / 5)))
    Interval(estimate=0.79, low=0.61, high=0.89)
    """
    r, error, df = measured(method, x, y, cluster, weight)
    return stats.z_interval(r, error, df, level)


def difference(first, second, level: float = 0.95) -> tuple[stats.Interval, float]:
    """One r less another, each as :func:`crmlab.frame.stats.left_out` gives it for the same units; interval and p.

    Zou's (2007) interval puts the two intervals together and knows how the two go along with each other; the
    two-sided p is the alpha at which it touches 0. None where a single unit makes one of the two.
    """
    (a, left), (b, other) = first, second
    with np.errstate(divide="ignore", invalid="ignore"):
        z, each = np.arctanh([a, b]), np.arctanh([left, other])
        found = [stats.jackknife(values) for values in (*each, each[0] - each[1])]
    errors, df = np.array(found)[:2].T
    if not np.isfinite([*z, *errors]).all():
        return stats.Interval(float(a - b), np.nan, np.nan), np.nan
    apart_ = 0.0 if np.isnan(found[2][0]) else found[2][0]
    along = float(np.clip((errors @ errors - apart_**2) / (2 * errors[0] * errors[1]), -1, 1))

    def ends(alpha: float) -> tuple[float, float]:
        half = -stdtrit(df, alpha / 2) * errors
        low, high = np.abs([a, b] - np.tanh(z - half)), np.abs(np.tanh(z + half) - [a, b])
        reach = [np.sqrt(max(c**2 + d**2 - 2 * along * c * d, 0)) for c, d in ((low[0], high[1]), (high[0], low[1]))]
        return float(a - b - reach[0]), float(a - b + reach[1])

    sure, unsure = -40.0, 0.0  # the logarithm of alpha, halved until it stands still
    for _ in range(50):
        at = (sure + unsure) / 2
        low, high = ends(np.exp(at))
        sure, unsure = (sure, at) if low > 0 or high < 0 else (at, unsure)
    return stats.Interval(float(a - b), *ends(1 - level)), float(np.exp(unsure))


def apart(x, y, z, cluster=None, weight=None, level: float = 0.95) -> tuple[stats.Interval, float]:
    """r(x, y) less r(x, z) of the same units, with interval and two-sided p; none where y and z say the same.

    >>> x = np.arange(40.0)
    >>> gap, p = apart(x, x % 7 + x / 5, x % 5)
    >>> round(gap.estimate, 2), p < 0.001
    (0.66, True)
    """
    first, second = (stats.left_out(x, v, cluster, weight) for v in (y, z))
    if abs(correlation("pearson", y, z, weight)) >= stats.PERFECT:
        return stats.Interval(first[0] - second[0], np.nan, np.nan), np.nan
    return difference(first, second, level)


def partial(x, y, given, cluster=None, weight=None, level: float = 0.95) -> stats.Interval:
    """r of x and y at equal values of ``given`` (Yule 1907), with the interval of its jackknife.

    >>> t = np.arange(60.0)
    >>> round(partial(t + t % 7, t - t % 7, t).estimate, 2)
    -1.0
    """
    sides = (x, y), (x, given), (y, given)
    whole, left = zip(*(stats.left_out(*both, cluster, weight) for both in sides), strict=True)
    r, without = (float(_partial(*whole)), _partial(*left))
    with np.errstate(divide="ignore", invalid="ignore"):
        return stats.z_interval(r, *stats.jackknife(np.arctanh(without)), level)


def _partial(xy, xt, yt) -> np.ndarray:
    square = (1 - np.square(xt)) * (1 - np.square(yt))
    return np.clip((xy - xt * yt) / np.sqrt(np.where(square > 1e-14, square, np.nan)), -1, 1)


# ---- what each customer adds to a rank correlation ---------------------------------------------------------


def _spearman(x, y, w) -> tuple[float, np.ndarray]:
    """r of the midranks; a customer also moves the ranks of all who answered higher."""
    f, g = (_midrank(v, w) for v in (x, y))
    f, g = f - w @ f, g - w @ g
    vf, vg = w @ f**2, w @ g**2
    scale = np.sqrt(vf * vg)
    r = float(np.clip(w @ (f * g) / scale, -1, 1))
    own = f * g / scale - r * (f**2 / vf + g**2 / vg) / 2
    # one more customer at x_i lifts f_j by 1 for x_j > x_i and by ½ for a tie
    moved = (_above(x, w * g) + _above(y, w * f)) / scale - r * (_above(x, w * f) / vf + _above(y, w * g) / vg)
    return r, w * (own + moved)


def _kendall(x, y, w) -> tuple[float, np.ndarray]:
    """tau-b: concordant less discordant pairs, over the root of the pairs not tied in x and of those not tied in y."""
    agree = _below(x, y, w) + _below(-x, -y, w) - _below(x, -y, w) - _below(-x, y, w)
    untied = [1 - np.bincount(at, w)[at] for at in (np.unique(v, return_inverse=True)[1] for v in (x, y))]
    total = [w @ each for each in untied]
    root = np.sqrt(total[0] * total[1])
    tau = float(np.clip(w @ agree / root, -1, 1))
    each = 2 * agree / root - tau * (untied[0] / total[0] + untied[1] / total[1])
    return tau, w * (each - w @ each)


RANKED = {"spearman": _spearman, "kendall": _kendall}


def _midrank(values, w) -> np.ndarray:
    at = np.unique(values, return_inverse=True)[1]
    held = np.bincount(at, w)
    return (held.cumsum() - held / 2)[at]


def _above(values, mass) -> np.ndarray:
    """The mass of those with a higher value and half of those with the same."""
    at = np.unique(values, return_inverse=True)[1]
    held = np.bincount(at, mass)
    return (held.sum() - held.cumsum() + held / 2)[at]


def _below(x, y, w) -> np.ndarray:
    """Weight of those below each one in both coordinates, by merging halves of the order of x."""
    order = np.lexsort((-y, x))  # equal x: higher y first, so that they are never counted below each other
    rank = np.unique(y, return_inverse=True)[1][order]
    w, out, place, wide = w[order], np.zeros(len(x)), np.arange(len(x)), 2 * int(rank.max()) + 2
    for bit in range(int(len(x) - 1).bit_length()):
        block, left = place >> (bit + 1), (place >> bit) & 1 == 0
        merged = np.argsort(block * wide + 2 * rank + left, kind="stable")  # equal y: the right half first
        running = np.cumsum(np.where(left, w, 0.0)[merged])
        before = np.append(0.0, running)[block << (bit + 1)]
        sums = np.empty(len(x))
        sums[merged] = running
        out += np.where(left, 0.0, sums - before)
    back = np.empty(len(x))
    back[order] = out
    return back
