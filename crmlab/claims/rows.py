"""Who can speak about a claim, and what they can say: complete rows, their units and weights, p values."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from crmlab.claims.declare import Claim
from crmlab.frame import stats
from crmlab.frame.errors import counted, did_you_mean
from crmlab.measures import tables

FEWEST = 10  # customers; below, an interval says nothing that a look at the rows does not say better
FEWEST_CLUSTERS = 5


class PValues(NamedTuple):
    """Of no effect (two-sided), of the claim's own null, of an effect that would matter, of the size claimed."""

    zero: float = np.nan
    claimed: float = np.nan
    equal: float = np.nan
    short: float = np.nan


class Evidence(NamedTuple):
    """The estimate of a claim with interval and p values; ``reason`` says why there is none.

    ``low`` and ``high`` are the two-sided interval at 1 − alpha, ``bounds`` the one at 1 − 2 alpha, whose ends are
    the bounds of the one-sided tests and of equivalence. ``null`` is the estimate that the margins alone would
    show; ``wrong`` says that the sign is not the claimed one; ``note`` is what a reader must know about the
    groups or the form; ``against`` says which straight worlds a bend was judged by.
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
    bounds: tuple[float, float] = (np.nan, np.nan)
    against: str = ""


class Roles(NamedTuple):
    """The unit and the weight of each row, or None."""

    unit: np.ndarray | None = None
    weight: np.ndarray | None = None

    def among(self, kept) -> "Roles":
        return Roles(*(None if role is None else role[kept] for role in self))


def p_values(gap: float, error: float, df: float, sign: int, bound: float, margin: float) -> PValues:
    """The p values of an estimate that lies ``gap`` from its null, on a scale where it is about normal.

    Equivalence by two one-sided tests (Schuirmann 1987); without a bound nothing can be short of it.

    >>> [round(p, 3) for p in p_values(0.2, 0.1, np.inf, sign=1, bound=0.0, margin=0.1)]
    [0.046, 0.023, 0.841, 1.0]
    """
    zero = min(1.0, 2 * stats.upper_tail(abs(gap) / error, df))
    ahead = sign * (gap - bound) / error
    claimed = stats.upper_tail(ahead, df) if sign else zero
    equal = max(stats.upper_tail((margin + gap) / error, df), stats.upper_tail((margin - gap) / error, df))
    return PValues(zero, claimed, equal, stats.upper_tail(-ahead, df) if bound else 1.0)


def rows_of(claim: Claim, scores: pd.DataFrame) -> tuple[pd.DataFrame, Roles, str]:
    """The rows with an answer in every column of the claim, their roles, and why they do not suffice."""
    reason = next(filter(None, (_amiss(name, name == claim.by, scores) for name in claim.columns)), "")
    roles = [role for role in ("cluster", "weight", "customer_id") if role in scores and role not in claim.columns]
    if not reason and "weight" in roles:
        reason = _amiss("weight", False, scores)
    if reason:
        return scores.iloc[:0], Roles(), reason
    rows = scores.loc[scores[[*claim.columns, *(r for r in roles if r != "customer_id")]].notna().all(axis=1)]
    if "weight" in roles:
        if (rows["weight"] < 0).any():
            return rows, Roles(), f"column 'weight' holds {counted(int((rows['weight'] < 0).sum()), 'number')} below 0"
        rows = rows[rows["weight"] > 0]  # a row of weight 0 stands for nobody
    unit, word = tables.units(rows[[role for role in roles if role != "weight"]])
    found = Roles(unit, rows["weight"].to_numpy(float) if "weight" in roles else None)
    return rows, found, _too_few(claim, rows, found, word)


def _amiss(name: str, groups: bool, scores: pd.DataFrame) -> str:
    """Why a column cannot be used at all."""
    if name not in scores:
        return f"there is no column '{name}'{_hint(name, scores)}"
    if groups:
        return ""
    if not is_numeric_dtype(scores[name]):
        return f"column '{name}' holds no numbers"
    endless = int(np.isinf(scores[name].to_numpy(float, na_value=np.nan)).sum())
    return f"column '{name}' holds {counted(endless, 'infinite number')}" if endless else ""


def _too_few(claim: Claim, rows: pd.DataFrame, roles: Roles, word: str) -> str:
    unit, weight = roles
    customers = len(np.unique(unit)) if word == "customer" and unit is not None else len(rows)
    if customers < FEWEST:
        return f"only {counted(customers, 'customer')} answered, fewer than {FEWEST}"
    for name in claim.columns:
        if rows[name].nunique() < 2:
            return f"all customers have the same value of '{name}'"
    clusters = word == "cluster" and unit is not None
    if clusters and len(np.unique(unit)) < FEWEST_CLUSTERS:
        return f"there are only {len(np.unique(unit))} clusters, fewer than {FEWEST_CLUSTERS}"
    if weight is not None:
        held = weight if unit is None else np.bincount(np.unique(unit, return_inverse=True)[1], weight)
        worth, least = stats.kish(held), FEWEST_CLUSTERS if clusters else FEWEST
        if worth < least:
            return (f"the weights leave the worth of {counted(max(1, round(worth)), word)}, "
                    f"fewer than {least}")
    return ""


def _hint(name: str, scores: pd.DataFrame) -> str:
    if f"{name}_1" in scores:
        return ", only its items: turn them into scores first"
    return f". {did_you_mean(name, scores.columns)}".rstrip(". ")
