"""Who counts: the customers who answered, with their cluster and weight, and correlations among them."""

import numpy as np
import pandas as pd

from crmlab.frame import correlations, resample, stats
from crmlab.frame.glossary import number, percent
from crmlab.measures import tables

FEWEST = 10  # crmlab rule: of fewer customers no correlation is shown


def with_items(relations: pd.DataFrame) -> pd.DataFrame:
    """The table with those constructs alone whose items it has, and with those items alone."""
    source, constructs = tables.provenance(relations), {}
    for name, spec in source["constructs"].items():
        items = [item for item in spec["items"] if item in relations.columns]
        if items:
            constructs[name] = {**spec, "items": items, "reversed": [i for i in spec["reversed"] if i in items]}
    return tables.stamp(relations, {**source, "constructs": constructs})


def answered(table: pd.DataFrame, columns) -> pd.DataFrame:
    """The rows that have all the columns, their cluster and their weight; a weight of 0 stands for nobody."""
    roles = [name for name in ("cluster", "weight") if name in table.columns]
    return table[table[[*columns, *roles]].notna().all(axis=1) & tables.stands(table)]


def roles(rows: pd.DataFrame) -> dict:
    """The unit of each row (cluster, or customer in several rows) and its weight, None where there is none."""
    return {"cluster": tables.units(rows)[0], "weight": rows["weight"].to_numpy(float) if "weight" in rows.columns else None}


def enough(cluster, weight) -> bool:
    """Whether clusters and weights leave five independent units, the least for an interval."""
    units = [np.inf if cluster is None else len(np.unique(cluster)), np.inf if weight is None else stats.kish(weight)]
    return min(units) >= resample.FEWEST_UNITS


def correlated(x, y, level: float, cluster=None, weight=None, given=None) -> stats.Interval:
    """Pearson's r with the interval of its jackknife, by cluster and with weights; at equal values of ``given``.

    >>> correlated(np.arange(50), np.arange(50) % 5, 0.95).low < 0.14
    True
    """
    x, y = (np.asarray(v, float) for v in (x, y))
    if len(x) < FEWEST or not min(np.ptp(x), np.ptp(y)) > 1e-9:
        return stats.Interval(np.nan, np.nan, np.nan)
    who = {"cluster": cluster, "weight": weight, "level": level}
    r = correlations.interval("pearson", x, y, **who) if given is None else correlations.partial(x, y, given, **who)
    return r if enough(cluster, weight) else r._replace(low=np.nan, high=np.nan)


def claimed(r: stats.Interval) -> int:
    """The direction of a correlation that may be said: 1, −1 or 0; a perfect one needs no interval."""
    return int(np.sign(r.estimate)) if abs(r.estimate) >= stats.PERFECT else stats.side(r)


def told(i: stats.Interval, level: float, name: str = "r") -> str:
    """
    >>> told(stats.Interval(0.5, 0.4, 0.6), 0.95), told(stats.Interval(0.5, np.nan, np.nan), 0.95)
    ('r = 0.50, 95 % interval 0.40 to 0.60', 'r = 0.50 (no interval)')
    """
    if not np.isfinite(i.low):
        return f"{name} = {number(i.estimate)} (no interval)"
    return f"{name} = {number(i.estimate)}, {percent(level)} interval {number(i.low)} to {number(i.high)}"
