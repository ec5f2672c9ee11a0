"""What the data say about one claim: an estimate with its error, and the three p values a verdict needs."""

from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from crmlab.claims.declare import Claim
from crmlab.frame import resample, stats
from crmlab.frame.errors import counted, did_you_mean, listed
from crmlab.measures import curves

FEWEST = 10  # customers; below, an interval says nothing that a look at the rows does not say better
FEWEST_CLUSTERS = 5
FEWEST_IN_GROUP = 5


class PValues(NamedTuple):
    """Of no effect (two-sided), of the claim's own null, and of an effect that would matter."""

    zero: float = np.nan
    claimed: float = np.nan
    equal: float = np.nan


class Evidence(NamedTuple):
    """The estimate of a claim with interval and p values; ``reason`` says why there is none.

    ``null`` is the estimate that the margins alone would show; ``wrong`` says that the sign is not the
    claimed one; ``note`` is what a reader must know about the groups.
    """

    n: int = 0
    estimate: float = np.nan
    low: float = np.nan
    high: float = np.nan
    p: PValues = PValues()
    wrong: bool = False
    null: float = 0.0
    reason: str = ""
    note: str = ""


def evidence(claim: Claim, scores: pd.DataFrame, alpha: float, draws: int, seed: int) -> Evidence:
    """Judge one claim on a frame of scores; intervals have level 1 − alpha."""
    rows, reason = _rows(claim, scores)
    if reason:
        return Evidence(n=len(rows), reason=reason)
    roles = [rows[role].to_numpy() if role in _roles(claim, rows) else None for role in ("cluster", "weight")]
    if claim.by:
        found = _differs(claim, rows, roles, alpha)
    else:
        x, y = (rows[name].to_numpy(float) for name in claim.columns)
        found = _goes_with(claim, x, y, roles, alpha) if claim.grammar.unit == "r" else (
            _bends(claim, x, y, roles, alpha, draws, seed))
    if not found.reason and not np.isfinite([found.low, found.high, *found.p]).all():
        return Evidence(n=len(rows), reason="no error can be computed")
    return found


def p_values(gap: float, error: float, df: float, sign: int, bound: float, margin: float) -> PValues:
    """The three p values of an estimate that lies ``gap`` from its null, on a scale where it is about normal.

    Equivalence by two one-sided tests (Schuirmann 1987).

    >>> [round(p, 3) for p in p_values(0.2, 0.1, np.inf, sign=1, bound=0.0, margin=0.1)]
    [0.046, 0.023, 0.841]
    """
    zero = min(1.0, 2 * stats.upper_tail(abs(gap) / error, df))
    claimed = stats.upper_tail(sign * (gap - bound) / error, df) if sign else zero
    equal = max(stats.upper_tail((margin + gap) / error, df), stats.upper_tail((margin - gap) / error, df))
    return PValues(zero, claimed, equal)


def _roles(claim: Claim, scores: pd.DataFrame) -> list[str]:
    return [role for role in ("cluster", "weight") if role in scores and role not in claim.columns]


def _rows(claim: Claim, scores: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """The customers with an answer in every column of the claim, and why they do not suffice."""
    for name in claim.columns:
        if name not in scores:
            return scores.iloc[:0], f"there is no column '{name}'{_hint(name, scores)}"
        if name != claim.by and not is_numeric_dtype(scores[name]):
            return scores.iloc[:0], f"column '{name}' holds no numbers"
    rows = scores[[*claim.columns, *_roles(claim, scores)]].dropna()
    if len(rows) < FEWEST:
        return rows, f"only {counted(len(rows), 'customer')} answered, fewer than {FEWEST}"
    for name in claim.columns:
        if rows[name].nunique() < 2:
            return rows, f"all customers have the same value of '{name}'"
    if "cluster" in rows and "cluster" not in claim.columns and rows["cluster"].nunique() < FEWEST_CLUSTERS:
        return rows, f"there are only {rows['cluster'].nunique()} clusters, fewer than {FEWEST_CLUSTERS}"
    return rows, ""


def _hint(name: str, scores: pd.DataFrame) -> str:
    if f"{name}_1" in scores:
        return ", only its items: turn them into scores first"
    return f". {did_you_mean(name, scores.columns)}".rstrip(". ")


def _goes_with(claim: Claim, x, y, roles, alpha: float) -> Evidence:
    cluster, weight = roles
    r = resample.correlation("pearson", x, y, weight)
    if abs(r) > 1 - 1e-9:
        return Evidence(n=len(x), reason="the two columns say the same")
    error, df = stats.z_error(x, y, cluster, weight)
    z, half = np.arctanh(r), stats.critical(1 - alpha, df) * error
    sign = claim.grammar.sign
    p = p_values(z, error, df, sign, np.arctanh(claim.bound), np.arctanh(claim.sesoi))
    return Evidence(len(x), r, *map(float, np.tanh([z - half, z + half])), p, wrong=sign * z < 0)


def _bends(claim: Claim, x, y, roles, alpha: float, draws: int, seed: int) -> Evidence:
    cluster, weight = roles
    given = cluster is not None or weight is not None
    if claim.shape == "kinked" and given:
        return Evidence(n=len(x), reason="a kink is not judged for customers in clusters or with weights")
    if len(np.unique(x)) < 3:
        return Evidence(n=len(x), reason=f"'{claim.subject}' has two values only, too few for a line to bend")
    form = "kink" if claim.shape == "kinked" else "quadratic"
    chance = curves.null_statistics(x, y, form=form, draws=draws, seed=seed)
    if form == "kink":
        found = curves.kink(curves.standardised(x), curves.standardised(y))
        estimate, error, statistic, df, centre = found.difference, found.error, found.statistic, np.inf, 0.0
    else:
        estimate, error, statistic, df = curves.quadratic(x, y, cluster, weight)
        centre = float(np.median(chance)) * curves.quadratic(x, y).error
    sign, half = claim.grammar.sign, stats.critical(1 - alpha, df) * error
    p = p_values(estimate - centre, error, df, sign, 0.0, claim.sesoi)
    if not given:  # the straight worlds know no clusters and no weights: there, only their centre is used
        sides = chance >= statistic, chance <= statistic
        above, below = ((1 + int(side.sum())) / (draws + 1) for side in sides)
        p = PValues(min(1.0, 2 * min(above, below)) if sign else above, below if sign < 0 else above, p.equal)
    wrong = sign * (estimate - centre) < 0
    return Evidence(len(x), estimate, estimate - half, estimate + half, p, wrong, centre)


def _differs(claim: Claim, rows: pd.DataFrame, roles, alpha: float) -> Evidence:
    sizes = rows[claim.by].value_counts()
    small = sizes[(sizes > 0) & (sizes < FEWEST_IN_GROUP)].index
    left_out = f"left out, fewer than {FEWEST_IN_GROUP} customers: {listed(sorted(map(str, small)))}"
    keep = ~rows[claim.by].isin(small).to_numpy()
    cluster, weight = (None if role is None else role[keep] for role in roles)
    group, names = pd.factorize(rows[claim.by][keep], sort=True)
    y = rows[claim.object].to_numpy(float)[keep]
    if len(names) < 2:
        return Evidence(n=len(y), reason=f"fewer than two groups of '{claim.by}' have "
                                         f"{FEWEST_IN_GROUP} customers or more")
    y = y / (_pooled_sd(y, group) or np.nan)
    pairs = {pair: _pair(y, group, pair, cluster, weight) for pair in combinations(range(len(names)), 2)}
    if not all(error > 0 for _, error, _ in pairs.values()):
        return Evidence(n=len(y), reason="customers within a group do not differ")
    largest = max(pairs, key=lambda pair: abs(pairs[pair][0]))
    d, error, df = pairs[largest]
    equal = max(p_values(*pair, 0, 0.0, claim.sesoi).equal for pair in pairs.values())
    zero = p_values(d, error, df, 0, 0.0, claim.sesoi).zero if len(names) == 2 else (
        _omnibus(y, group, cluster, weight))
    half = stats.critical(1 - alpha, df) * error
    first, second = (names[place] for place in largest)
    note = f"{second} against {first}" + (f"; {left_out}" if len(small) else "")
    return Evidence(len(y), d, d - half, d + half, PValues(zero, zero, equal), note=note)


def _pooled_sd(y, group) -> float:
    within = y - (np.bincount(group, y) / np.bincount(group))[group]
    return float(np.sqrt(within @ within / (len(y) - group.max() - 1)))


def _pair(y, group, pair, cluster, weight) -> tuple[float, float, float]:
    """Difference of two means, its error and degrees of freedom (Welch 1947), or by cluster and weight."""
    first, second = (y[group == place] for place in pair)
    if cluster is None and weight is None:
        parts = np.array([part.var(ddof=1) / len(part) for part in (first, second)])
        free = parts**2 / [len(first) - 1, len(second) - 1]
        df = parts.sum() ** 2 / free.sum() if free.sum() else np.nan
        return second.mean() - first.mean(), np.sqrt(parts.sum()), df
    held = np.isin(group, pair)
    cluster, weight = (None if role is None else role[held] for role in (cluster, weight))
    model = stats.regression(y[held], [(group[held] == pair[1]).astype(float)], cluster, weight)
    df = np.inf if cluster is None else len(np.unique(cluster)) - 1
    return float(model.params[1]), float(model.bse[1]), df


def _omnibus(y, group, cluster, weight) -> float:
    """p value of "all means are the same": Welch's (1951) analysis of variance, or Wald's test."""
    if cluster is None and weight is None:
        return stats.welch_anova(y, group)
    dummies = [(group == place).astype(float) for place in range(1, group.max() + 1)]
    model = stats.regression(y, dummies, cluster, weight)
    return float(model.f_test(np.eye(len(dummies) + 1)[1:]).pvalue)
