"""Closeness: one number from several dimensions, by equal weights, beside the first component."""

import math

import numpy as np
import pandas as pd

from crmlab.frame import correlations, stats
from crmlab.measures import scales

UNKNOWN = stats.Interval(np.nan, np.nan, np.nan)


def standardised(values: pd.DataFrame) -> pd.DataFrame:
    """z-scores by column; 0 for everybody where all answer alike."""
    spread = values.std()
    return (values - values.mean()) / spread.where(spread > 0, 1.0)


def mean_of_most(values: pd.DataFrame) -> pd.Series:
    """The mean of a row where at least two thirds of it were answered."""
    enough = values.notna().sum(axis=1) >= math.ceil(scales.LEAST * values.shape[1] - 1e-9)
    return values.mean(axis=1).where(enough)


def correlated(x: pd.Series, y: pd.Series, level: float) -> stats.Interval:
    """Pearson's r of those who have both, with its interval; missing where one of them does not vary."""
    both = x.notna() & y.notna()
    x, y = x[both], y[both]
    if len(x) < 3 or not (np.ptp(x) > 1e-12 and np.ptp(y) > 1e-12):
        return UNKNOWN
    return correlations.interval("pearson", x.to_numpy(float), y.to_numpy(float), level=level)


def agreement(z: pd.DataFrame, closeness: pd.Series, level: float) -> stats.Interval:
    """How equal weights go with the first principal component, whose own sign is arbitrary."""
    whole = z.dropna()
    if len(whole) < 3:
        return UNKNOWN
    first = whole @ np.linalg.eigh(np.cov(whole.to_numpy(), rowvar=False))[1][:, -1]
    r = correlated(first, closeness[whole.index], level)
    return stats.Interval(-r.estimate, -r.high, -r.low) if r.estimate < 0 else r


def table(values: pd.DataFrame, z: pd.DataFrame, known: dict, level: float) -> pd.DataFrame:
    """A row per dimension; its r is with the closeness of the others, so that none is held against itself."""
    rows = []
    for name in values:
        r = correlated(values[name], mean_of_most(z.drop(columns=name, errors="ignore")), level)
        rows.append({"construct": name, "n": int(values[name].notna().sum()), "mean": values[name].mean(),
                     "sd": values[name].std(), "alpha": known.get(name, {}).get("alpha", np.nan),
                     "estimate": r.estimate, "low": r.low, "high": r.high,
                     "unit": "r with closeness" if name == "asymmetry" else "r with the others"})
    return pd.DataFrame(rows)
