"""Whether groups of customers differ in the mean of a score: Cohen's d of every two groups, and how sure it is."""

from functools import lru_cache
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import studentized_range

from crmlab.claims.declare import Claim
from crmlab.claims.rows import Evidence, PValues, Roles
from crmlab.frame import stats
from crmlab.frame.errors import listed

FEWEST_IN_GROUP = 5
FEWEST_UNITS_IN_GROUP = 2
MOST_GROUPS = 50
KEPT = 0.5  # of the nearer end, at the least: what the test of no difference has shown, the interval shows as well
SKEWED = 2.0  # measured: of lognormal scores (skewness 6) the interval of d holds .89 to .94
MOST = 0.8  # of the squared deviation its error may be at most this; at 1 an interval would have no end


class Gap(NamedTuple):
    """A difference of two means in pooled standard deviations.

    Whether it is ``size`` is tested on "second mean − first mean − size × standard deviation": that needs the
    variances of both parts and their covariance, and knows that the deviation is estimated as well (Fieller 1954).
    ``apart`` is the error of d itself by the jackknife, with its degrees of freedom: where a few customers make the
    deviation, that test says too surely how far apart the groups are.
    """

    pair: tuple[int, int]
    d: float
    of_means: float
    of_both: float
    of_sd: float
    df: float
    apart: tuple[float, float]

    def t(self, size: float = 0.0) -> float:
        return (self.d - size) / np.sqrt(self.of_means - 2 * size * self.of_both + size**2 * self.of_sd)

    def equal(self, margin: float) -> float:
        return max(stats.upper_tail(-self.t(margin), self.df), stats.upper_tail(self.t(-margin), self.df))

    def interval(self, critical: float) -> tuple[float, float]:
        """The sizes that the test would not refuse; they stay finite where single customers make the deviation."""
        of_sd = min(self.of_sd, MOST / critical**2)
        of_both = self.of_both * np.sqrt(of_sd / self.of_sd) if of_sd else 0.0
        square, middle = 1 - critical**2 * of_sd, self.d - critical**2 * of_both
        half = np.sqrt(max(0.0, middle**2 - square * (self.d**2 - critical**2 * self.of_means)))
        return (middle - half) / square, (middle + half) / square

    def covering(self, level: float, groups: int) -> tuple[float, float]:
        """The interval whose end nearer to 0 allows for scores of which a few are large; it holds 0 as the test does."""
        low, high = self.interval(_critical(level, groups, self.df))
        error, df = self.apart
        reach = _critical(level, groups, min(self.df, df)) * error if np.isfinite(error) else 0.0
        if low > 0:
            return min(low, max(KEPT * low, self.d - reach)), high
        return (low, max(high, min(KEPT * high, self.d + reach))) if high < 0 else (low, high)


def differing(claim: Claim, rows: pd.DataFrame, roles: Roles, alpha: float) -> Evidence:
    """The two groups that differ most surely; of more than two, p and interval allow for all pairs at once.

    Of several groups by the studentised range (Tukey 1953), for unequal groups as Games & Howell (1976).
    """
    group, names, keep, left_out = _groups(claim, rows, roles)
    y, roles = rows[claim.object].to_numpy(float)[keep], roles.among(keep)
    if len(names) < 2:
        return Evidence(n=len(y), reason=f"fewer than two groups of '{claim.by}' have "
                                         f"{FEWEST_IN_GROUP} customers or more")
    if len(names) > MOST_GROUPS:
        return Evidence(n=len(y), reason=f"'{claim.by}' has {len(names)} groups, more than {MOST_GROUPS}: too many to "
                                         "compare two by two")
    gaps = _gaps(y - y.mean(), group, roles)
    if not gaps or not all(gap.of_means > 0 for gap in gaps):
        return Evidence(n=len(y), reason="customers within a group do not differ")
    surest = min(gaps, key=lambda gap: stats.upper_tail(abs(gap.t()), gap.df))
    zero = _of_all(surest, len(names))
    low, high = surest.covering(1 - alpha, len(names))
    inner = [gap.interval(stats.critical(1 - 2 * alpha, gap.df)) for gap in gaps]
    equal = max(gap.equal(claim.sesoi) for gap in gaps)
    first, second = (names[place] for place in surest.pair)
    rest = y - np.bincount(group, y)[group] / np.bincount(group)[group]
    far = "the scores are skewed, and the interval supposes that few among all are much further out than these"
    note = "; ".join(filter(None, (f"{second} against {first}", far * (abs(stats.skewness(rest)) > SKEWED), left_out)))
    return Evidence(len(y), surest.d, low, high, PValues(zero, zero, equal, 1.0), note=note,
                    bounds=(min(low for low, _ in inner), max(high for _, high in inner)))


def _groups(claim: Claim, rows: pd.DataFrame, roles: Roles):
    """Group of each row that stays, the names, which rows stay, and which groups are too small."""
    every, names = pd.factorize(rows[claim.by], sort=True)
    unit = np.arange(len(rows)) if roles.unit is None else roles.unit
    width = int(unit.max()) + 1
    sizes, units = np.bincount(every), np.bincount(np.unique(every * width + unit) // width, minlength=len(names))
    small = [place for place in range(len(names))
             if sizes[place] < FEWEST_IN_GROUP or units[place] < FEWEST_UNITS_IN_GROUP]
    said = f"left out, fewer than {FEWEST_IN_GROUP} customers: {listed(sorted(str(names[k]) for k in small))}"
    keep = ~np.isin(every, small)
    group, left = pd.factorize(every[keep], sort=True)
    return group, [names[place] for place in left], keep, said if small else ""


def _gaps(y, group, roles: Roles) -> list[Gap]:
    """Every pair's gap, its variances from leaving out one unit at a time (Tukey 1958), within groups where it can.

    There is none where customers within a group do not differ. Without clusters and weights the variance of the
    means is Welch's (1947), and so are the degrees of freedom.
    """
    unit = np.arange(len(y)) if roles.unit is None else np.unique(roles.unit, return_inverse=True)[1]
    weight = np.ones(len(y)) if roles.weight is None else roles.weight
    sums = np.zeros((unit.max() + 1, group.max() + 1, 4))
    np.add.at(sums, (unit, group), np.column_stack([np.ones_like(y), weight, weight * y, weight * y**2]))
    within = (sums[..., 0] > 0).sum(axis=1)
    strata = sums[..., 0].argmax(axis=1) if (within == 1).all() else np.zeros(len(sums), int)
    means, sd = _means_and_sd(sums.sum(axis=0))
    if not sd > 0:
        return []
    left_means, left_sd = _means_and_sd(sums.sum(axis=0) - sums)
    gaps = []
    for first, second in combinations(range(group.max() + 1), 2):
        change = np.stack([left_means[:, second] - left_means[:, first], left_sd]) / sd
        parts, counts = zip(*(_spread(change[:, strata == stratum]) for stratum in np.unique(strata)), strict=True)
        with np.errstate(invalid="ignore", divide="ignore"):
            without = (left_means[:, second] - left_means[:, first]) / left_sd
        variance = sum(parts)
        shares = np.array([part[0, 0] for part in parts])
        free = (shares**2 / (np.array(counts) - 1)).sum()
        gaps.append(Gap((first, second), float((means[second] - means[first]) / sd), variance[0, 0], variance[0, 1],
                        variance[1, 1], float(shares.sum() ** 2 / free) if free > 0 else np.nan,
                        _apart(without, strata)))
    return gaps


def _apart(without: np.ndarray, strata: np.ndarray) -> tuple[float, float]:
    """Jackknife error of a number from its values without each unit, and degrees of freedom; none if one is missing."""
    change = np.concatenate([(found - found.mean()) * np.sqrt((len(found) - 1) / len(found)) for found in (
        without[strata == stratum] for stratum in np.unique(strata))])
    if not np.isfinite(change).all():
        return np.nan, 0.0
    return float(np.sqrt((change**2).sum())), stats.freedom(change**2) if change.any() else 0.0


def _spread(change: np.ndarray) -> tuple[np.ndarray, int]:
    """Jackknife variances and covariance of two numbers over the units of one stratum, and how many these are."""
    count, off = change.shape[1], change - change.mean(axis=1, keepdims=True)
    return (count - 1) / count * off @ off.T, count


def _means_and_sd(sums: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means of the groups, and the standard deviation within them, from counts, weights and moments."""
    with np.errstate(invalid="ignore", divide="ignore"):
        count, weight, first, second = np.moveaxis(sums, -1, 0)
        rest = (second - first**2 / weight).sum(axis=-1) / weight.sum(axis=-1)
        many = count.sum(axis=-1)
        return first / weight, np.sqrt(np.maximum(rest, 0) * many / (many - count.shape[-1]))


def _of_all(surest: Gap, groups: int) -> float:
    """p of no difference between any two groups."""
    t = abs(surest.t())
    if groups == 2:
        return min(1.0, 2 * stats.upper_tail(t, surest.df))
    return float(studentized_range.sf(t * np.sqrt(2), groups, _whole(surest.df)))


def _critical(level: float, groups: int, df: float) -> float:
    return stats.critical(level, df) if groups == 2 else _widest(level, groups, _whole(df))


def _whole(df: float) -> float:
    """Degrees of freedom for the studentised range: whole ones below, since its quantiles take their time."""
    return np.inf if df > 2000 else max(1.0, np.floor(df))


@lru_cache(maxsize=512)
def _widest(level: float, groups: int, df: float) -> float:
    return float(studentized_range.ppf(level, groups, df) / np.sqrt(2))
