"""Statistics: the door to scipy, statsmodels and scikit-learn; intervals, tests and regressions."""

import warnings
from hashlib import sha256
from typing import NamedTuple

import numpy as np
import statsmodels.api as sm
from scipy import stats as scipy_stats
from scipy.special import ndtr, ndtri
from sklearn.decomposition import FactorAnalysis
from sklearn.exceptions import ConvergenceWarning
from statsmodels.stats.oneway import anova_oneway
from statsmodels.stats.proportion import proportion_confint


def rng(seed: int, *key: str) -> np.random.Generator:
    """A stream of chance for one named step, so that a new step never shifts the others.

    >>> float(rng(1, "a").random()) == float(rng(1, "a").random()), rng(1, "a").random() == rng(1, "b").random()
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


def fisher(r: float, n: float, level: float = 0.95, method: str = "pearson") -> Interval:
    """Interval on Fisher's z (1921); for ranks with the variances of Bonett & Wright (2000) and Fieller (1957).

    >>> Interval(*(round(v, 3) for v in fisher(0.622, 250)))
    Interval(estimate=0.622, low=0.54, high=0.693)
    """
    error = {"pearson": 1.0, "spearman": 1 + r**2 / 2, "kendall": 0.437 * (n - 3) / (n - 4)}[method]
    half = ndtri((1 + level) / 2) * np.sqrt(error / (n - 3)) if n > 4 else np.nan
    return Interval(r, float(np.tanh(np.arctanh(r) - half)), float(np.tanh(np.arctanh(r) + half)))


def z_error(x, y, cluster=None, weight=None) -> tuple[float, float]:
    """Standard error of Fisher's z and its degrees of freedom.

    Without cluster and weight 1/√(n−3); with them the sandwich of the influence of each unit.
    """
    if cluster is None and weight is None:
        return 1 / np.sqrt(len(x) - 3), np.inf
    w = np.ones(len(x)) if weight is None else np.asarray(weight, float)
    zx, zy = ((v - np.average(v, weights=w)) for v in (np.asarray(x, float), np.asarray(y, float)))
    zx, zy = (v / np.sqrt(np.average(v**2, weights=w)) for v in (zx, zy))
    r = np.average(zx * zy, weights=w)
    influence = w * (zx * zy - r * (zx**2 + zy**2) / 2) / w.sum()
    unit = np.arange(len(w)) if cluster is None else np.unique(cluster, return_inverse=True)[1]
    sums = np.bincount(unit, influence)
    error = np.sqrt((sums**2).sum() * len(sums) / (len(sums) - 1)) / (1 - r**2)
    return float(error), float(len(sums) - 1) if cluster is not None else np.inf


# ---- measurement ------------------------------------------------------------------------------------------


def cronbach_alpha(items: np.ndarray) -> float:
    """Cronbach's alpha (1951) of a customers × items table without gaps; NaN for a single item."""
    count = items.shape[1]
    if count < 2:
        return np.nan
    total = items.sum(axis=1).var(ddof=1)
    return float(count / (count - 1) * (1 - items.var(axis=0, ddof=1).sum() / total)) if total else np.nan


def mcdonald_omega(items: np.ndarray) -> float:
    """McDonald's omega (1999) from one maximum-likelihood factor.

    NaN below three items, and where one factor does not describe them (an item without a rest of its own).
    """
    spread = items.std(axis=0, ddof=1)
    if items.shape[1] < 3 or not np.all(spread > 0):
        return np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the climb towards an improper solution is endless
        fit = FactorAnalysis(1, tol=1e-8, max_iter=2_000, svd_method="lapack").fit(items / spread)
    if fit.n_iter_ == 2_000 or fit.noise_variance_.min() < 0.01:
        return np.nan
    common = (fit.components_[0] @ spread) ** 2
    return float(common / (common + fit.noise_variance_ @ spread**2))


def first_component_share(items: np.ndarray) -> float:
    """Share of the variance of standardised items that the first principal component carries."""
    values = np.linalg.eigvalsh(np.corrcoef(items, rowvar=False))
    return float(values[-1] / values.sum())


# ---- regression and tests ---------------------------------------------------------------------------------


def regression(y, columns, cluster=None, weight=None):
    """Least squares with HC3 errors, or errors by cluster; a fitted statsmodels result with a constant first."""
    design = sm.add_constant(np.column_stack(columns), has_constant="add")
    model = sm.OLS(y, design) if weight is None else sm.WLS(y, design, weights=weight)
    if cluster is None:
        return model.fit(cov_type="HC3")
    groups = np.unique(cluster, return_inverse=True)[1]
    return model.fit(cov_type="cluster", cov_kwds={"groups": groups}, use_t=True)


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


def welch_anova(values: np.ndarray, group: np.ndarray) -> float:
    """p of "all groups have the same mean", without equal variances (Welch 1951)."""
    return float(anova_oneway(values, group, use_var="unequal").pvalue)


def upper_tail(z: float, df: float = np.inf) -> float:
    """Probability above z, of the normal or of Student's t."""
    return float(ndtr(-z) if np.isinf(df) else scipy_stats.t.sf(z, df))


def critical(level: float, df: float = np.inf) -> float:
    """Two-sided critical value of the normal or of Student's t."""
    return float(scipy_stats.norm.ppf((1 + level) / 2) if np.isinf(df) else scipy_stats.t.ppf((1 + level) / 2, df))


def scheffe(level: float, dimensions: int, df: float) -> float:
    """Critical value of a band that holds at every point at once (Working & Hotelling 1929, Scheffé 1953)."""
    return float(np.sqrt(dimensions * scipy_stats.f.ppf(level, dimensions, df)))


def chi2_tail(value: float, df: int) -> float:
    return float(scipy_stats.chi2.sf(value, df))


def skewness(values) -> float:
    return float(scipy_stats.skew(values, bias=False)) if np.ptp(values) > 0 else np.nan


def loess(x, y, at, frac: float = 0.6) -> np.ndarray:
    """Cleveland's (1979) local straight lines at the given points."""
    return sm.nonparametric.lowess(y, x, frac=frac, xvals=np.asarray(at, float))


def meng(first: float, second: float, between: float, n: int) -> float:
    """Two-sided p that r(x, y) and r(x, z) are equal, where y and z correlate (Meng, Rosenthal & Rubin 1992).

    >>> round(meng(0.63, -0.03, -0.19, 15), 3)  # their example, z = 1.68
    0.093
    """
    square = (first**2 + second**2) / 2
    f = min((1 - between) / (2 * (1 - square)), 1.0)
    h = (1 - f * square) / (1 - square)
    z = (np.arctanh(first) - np.arctanh(second)) * np.sqrt((n - 3) / (2 * (1 - between) * h))
    return 2 * upper_tail(abs(float(z)))


def wilson(share: float, n: int, level: float = 0.95) -> tuple[float, float]:
    """Wilson's (1927) interval of a share.

    >>> [round(v, 3) for v in wilson(0.5, 100)]
    [0.404, 0.596]
    """
    low, high = proportion_confint(share * n, n, alpha=1 - level, method="wilson")
    return float(low), float(high)
