"""Statistics: the door to scipy, statsmodels and scikit-learn; intervals, tests and regressions."""

import warnings
from hashlib import sha256
from typing import NamedTuple

import numpy as np
import statsmodels.api as sm
from scipy import stats as scipy_stats
from scipy.special import ndtr, ndtri, stdtr, stdtrit
from sklearn.decomposition import FactorAnalysis
from sklearn.exceptions import ConvergenceWarning
from statsmodels.stats.proportion import proportion_confint


def rng(seed: int, *key: str) -> np.random.Generator:
    """A stream of chance for one named step, so that a new step never shifts the others.

    >>> float(rng(1, "a").random()) == float(rng(1, "a").random()), rng(1, "a") == rng(1, "b")
    (True, False)
    """
    words = tuple(int.from_bytes(sha256(word.encode()).digest()[:4]) for word in key)
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=words))


class Interval(NamedTuple):
    estimate: float
    low: float
    high: float


def parts(draws: int, width: int, limit: int = 4_000_000) -> list[int]:
    """Sizes of the batches in which many draws fit into memory."""
    step = max(1, min(draws, limit // max(width, 1)))
    return [min(step, draws - start) for start in range(0, draws, step)]


PERFECT = 1 - 1e-9  # beyond it two scores say the same, and no error of r can be computed


def fisher(r: float, n: float, level: float = 0.95) -> Interval:
    """What r of n pairs leaves open where both are normal (Fisher 1921): for a planned study, not for answers.

    >>> Interval(*(round(v, 3) for v in fisher(0.8, 21)))
    Interval(estimate=0.8, low=0.563, high=0.916)
    """
    return z_interval(r, 1 / np.sqrt(n - 3) if n > 4 else np.nan, level=level)


def z_interval(r: float, error: float, df: float = np.inf, level: float = 0.95) -> Interval:
    """The interval of a correlation from the standard error of its Fisher z; none for a perfect one."""
    if not abs(r) < PERFECT or not np.isfinite(error):
        return Interval(float(r), np.nan, np.nan)
    centre, half = np.arctanh(r), critical(level, df) * error
    return Interval(float(r), float(np.tanh(centre - half)), float(np.tanh(centre + half)))


def left_out(x, y, cluster=None, weight=None) -> tuple[float, np.ndarray]:
    """Pearson's r, and r with one unit (a customer, or a cluster of them) left out at a time, from sums alone.

    Missing where a score does not vary without the unit. Customers of weight 0 are there and count nothing.

    >>> r, left = left_out([1, 2, 3, 9], [1, 3, 2, 0])
    >>> round(r, 2), left.round(2).tolist()
    (-0.68, [-0.98, -0.72, -0.68, 0.5])
    """
    w = np.ones(len(x)) if weight is None else np.asarray(weight, float)
    x, y = ((v - np.average(v, weights=w)) for v in (np.asarray(x, float), np.asarray(y, float)))
    x, y = (v / np.sqrt(np.average(v**2, weights=w)) for v in (x, y))
    each = np.stack([w, w * x, w * y, w * x**2, w * y**2, w * x * y])
    if cluster is not None:
        unit = np.unique(cluster, return_inverse=True)[1]
        each = np.stack([np.bincount(unit, row) for row in each])
    total = each.sum(axis=1)
    return float(_pearson(total)), _pearson(total[:, None] - each)


def _pearson(sums) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        x, y, xx, yy, xy = sums[1:] / sums[0]
        xx, yy = (np.where(v > 1e-12, v, np.nan) for v in (xx - x**2, yy - y**2))  # else nothing but rounding
        return np.clip((xy - x * y) / np.sqrt(xx * yy), -1, 1)


def jackknife(left: np.ndarray) -> tuple[float, float]:
    """Standard error of an estimate from its values without each unit (Tukey 1958), and degrees of freedom.

    No error where a value is missing or all are the same: one unit alone decides, or none does.
    """
    square = (left - left.mean()) ** 2
    if len(left) < 2 or not np.isfinite(square).all() or not square.sum() > 1e-24:
        return np.nan, 0.0
    return float(np.sqrt(square.sum() * (len(left) - 1) / len(left))), freedom(square)


def freedom(square: np.ndarray) -> float:
    """Degrees of freedom of a sum of squares, from how unlike they are (Satterthwaite 1946, Hinkley 1977).

    At most the squares less one; a few large ones, be it of answers or of weights, leave fewer.

    >>> freedom(np.ones(20)), round(freedom(np.append(np.ones(19), 30.0)), 1)
    (19.0, 6.0)
    """
    unlike = float((square**2).mean() / square.mean() ** 2) - 1
    return float(min(len(square) - 1, 2 * len(square) / max(unlike, 1e-9)))


def z_error(x, y, cluster=None, weight=None) -> tuple[float, float]:
    """Standard error of Fisher's z of Pearson's r, and its degrees of freedom, by the jackknife (Hinkley 1978).

    One unit is left out at a time: a customer, or a whole cluster. It supposes neither normal answers nor even
    scatter. Missing where one unit alone makes the correlation.

    >>> x = np.arange(50)
    >>> [round(v, 2) for v in z_error(x, x % 5)], [round(v, 2) for v in z_error(x, x % 5, x // 5)]
    ([0.15, 48.1], [0.02, 9.0])
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return jackknife(np.arctanh(left_out(x, y, cluster, weight)[1]))


def side(i: Interval) -> int:
    """The direction an interval claims: 1 or −1 where all of it lies on one side of 0, otherwise 0.

    >>> side(Interval(0.2, 0.1, 0.3)), side(Interval(-0.24, -0.51, 0.08)), side(Interval(0.2, np.nan, np.nan))
    (1, 0, 0)
    """
    return int(i[1] > 0) - int(i[2] < 0)


def sandwich(influence: np.ndarray, cluster=None) -> tuple[float, float]:
    """Standard error and degrees of freedom of a sum of influences: by cluster, or by customer."""
    sums = influence if cluster is None else np.bincount(np.unique(cluster, return_inverse=True)[1], influence)
    if len(sums) < 2 or not (sums**2).sum() > 0:
        return (np.nan if len(sums) < 2 else 0.0), 0.0
    return float(np.sqrt((sums**2).sum() * len(sums) / (len(sums) - 1))), freedom(sums**2)


def kish(weight) -> float:
    """How many equally weighted customers the weighted ones are worth (Kish 1965).

    >>> kish([1, 1, 1, 1]), round(kish([0.001, 0.001, 1000]), 3)
    (4.0, 1.0)
    """
    weight = np.asarray(weight, float)
    return float(weight.sum() ** 2 / (weight**2).sum())


# ---- measurement ------------------------------------------------------------------------------------------


def cronbach_alpha(items: np.ndarray) -> float:
    """Cronbach's alpha (1951) of a customers × items table without gaps; NaN for a single item."""
    count = items.shape[1]
    if count < 2 or len(items) < 2:
        return np.nan
    total = items.sum(axis=1).var(ddof=1)
    return float(count / (count - 1) * (1 - items.var(axis=0, ddof=1).sum() / total)) if total else np.nan


def mcdonald_omega(items: np.ndarray) -> float:
    """McDonald's omega (1999) from one maximum-likelihood factor.

    NaN below three items, and where one factor does not describe them (an item without a rest of its own).
    """
    if items.shape[1] < 3 or len(items) <= items.shape[1]:
        return np.nan
    spread = items.std(axis=0, ddof=1)
    if not np.all(spread > 0):
        return np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # towards an improper solution it climbs for ever
        fit = FactorAnalysis(1, tol=1e-8, max_iter=2_000, svd_method="lapack").fit(items / spread)
    if fit.n_iter_ == 2_000 or fit.noise_variance_.min() < 0.01:
        return np.nan
    common = (fit.components_[0] @ spread) ** 2
    return float(common / (common + fit.noise_variance_ @ spread**2))


def first_component_share(items: np.ndarray) -> float:
    """Share of the variance of standardised items that the first principal component carries."""
    if items.shape[1] < 2:
        return np.nan
    values = np.linalg.eigvalsh(np.corrcoef(items, rowvar=False))
    return float(values[-1] / values.sum())


# ---- regression and tests ---------------------------------------------------------------------------------


def regression(y, columns, cluster=None, weight=None):
    """Least squares with HC3 errors, or errors by cluster; statsmodels' result, a constant first."""
    design = sm.add_constant(np.column_stack(columns), has_constant="add")
    model = sm.OLS(y, design) if weight is None else sm.WLS(y, design, weights=weight)
    with np.errstate(all="ignore"):  # one customer alone may decide a slope; its error is then not finite
        if cluster is None:
            return model.fit(cov_type="HC3")
        groups = np.unique(cluster, return_inverse=True)[1]
        return model.fit(cov_type="cluster", cov_kwds={"groups": groups}, use_t=True)


def full_rank(columns) -> bool:
    """Whether no column is a sum of the others and a constant."""
    design = np.column_stack([np.ones(len(columns[0])), *columns])
    scale = np.linalg.norm(design, axis=0)
    return bool(np.all(scale > 0)) and np.linalg.matrix_rank(design / scale, tol=1e-7) == design.shape[1]


def adjusted(p, method: str = "holm") -> np.ndarray:
    """p values corrected for their number: ``"holm"`` (Holm 1979) or ``"bh"`` (Benjamini & Hochberg 1995).

    A missing p stays missing and still counts as one of the family.

    >>> adjusted([0.01, 0.04, np.nan]).tolist()
    [0.03, 0.08, nan]
    """
    p = np.asarray(p, float)
    filled = np.where(np.isfinite(p), p, 1.0)
    if method == "bh":
        return np.where(np.isfinite(p), scipy_stats.false_discovery_control(filled), np.nan)
    order = np.argsort(filled, kind="stable")
    stepped = np.maximum.accumulate(filled[order] * np.arange(len(p), 0, -1))
    out = np.empty(len(p))
    out[order] = np.minimum(stepped, 1)
    return np.where(np.isfinite(p), out, np.nan)


def welch(first, second, level: float = 0.95) -> Interval:
    """Mean of the first less mean of the second, with Welch's (1947) interval; none where a group has no spread to go by.

    >>> Interval(*(round(v, 2) for v in welch([3, 4, 5, 6], [1, 2, 3])))
    Interval(estimate=2.5, low=0.27, high=4.73)
    """
    first, second = (np.asarray(group, float) for group in (first, second))
    gap = float(first.mean() - second.mean())
    if min(len(first), len(second)) < 2 or not first.var() + second.var() > 0:
        return Interval(gap, np.nan, np.nan)
    parts_ = np.array([group.var(ddof=1) / len(group) for group in (first, second)])
    df = parts_.sum() ** 2 / (parts_**2 / [len(first) - 1, len(second) - 1]).sum()
    half = critical(level, df) * np.sqrt(parts_.sum())
    return Interval(gap, float(gap - half), float(gap + half))


def upper_tail(z: float, df: float = np.inf) -> float:
    """Probability above z, of the normal or of Student's t."""
    return float(ndtr(-z) if np.isinf(df) else stdtr(df, -z))


def critical(level: float, df: float = np.inf) -> float:
    """Two-sided critical value of the normal or of Student's t."""
    return float(ndtri((1 + level) / 2) if np.isinf(df) else stdtrit(df, (1 + level) / 2))


def scheffe(level: float, dimensions: int, df: float) -> float:
    """Critical value of a band that holds at every point at once (Working & Hotelling 1929, Scheffé 1953)."""
    return float(np.sqrt(dimensions * scipy_stats.f.ppf(level, dimensions, df)))


def skewness(values) -> float:
    return float(scipy_stats.skew(values, bias=False)) if len(values) > 2 and np.ptp(values) > 0 else np.nan


def loess(x, y, at, frac: float = 0.6, most: int = 3000) -> np.ndarray:
    """Cleveland's (1979) local straight lines at the given points; of many customers, a sample."""
    some = rng(1, "loess").choice(len(x), most, replace=False) if len(x) > most else slice(None)
    with np.errstate(all="ignore"):
        return sm.nonparametric.lowess(y[some], x[some], frac=frac, xvals=np.asarray(at, float))


def wilson(share: float, n: float, level: float = 0.95) -> tuple[float, float]:
    """Wilson's (1927) interval of a share.

    >>> [round(v, 3) for v in wilson(0.5, 100)]
    [0.404, 0.596]
    """
    low, high = proportion_confint(share * n, n, alpha=1 - level, method="wilson")
    return float(low) if share > 0 else 0.0, float(high) if share < 1 else 1.0  # not the last binary digit of it


def shares_differ(first, second) -> float:
    """Fisher's exact p that two groups of noughts and ones have the same share.

    >>> round(shares_differ([1] * 9 + [0], [1] + [0] * 9), 5)
    0.00109
    """
    counts = [[np.sum(group), len(group) - np.sum(group)] for group in (first, second)]
    return float(scipy_stats.fisher_exact(counts)[1])


def share_interval(hit: np.ndarray, cluster=None, weight=None, level: float = 0.95) -> Interval:
    """A (weighted) share with Wilson's interval at the number of independent customers it is worth.

    With clusters or weights that number is p(1 − p) over the sandwich variance (Korn & Graubard 1998), at
    most n; where nobody or everybody is hit, the clusters or Kish's number.
    """
    share, n = float(np.average(hit, weights=weight)), float(len(hit))
    w = np.ones(len(hit)) if weight is None else np.asarray(weight, float)
    if cluster is not None or weight is not None:
        error, _ = sandwich(w * (hit - share) / w.sum(), cluster)
        least = kish(w) if cluster is None else min(kish(w), len(np.unique(cluster)))
        n = min(n, share * (1 - share) / error**2) if error > 0 else least
    return Interval(share, *wilson(share, n, level))
