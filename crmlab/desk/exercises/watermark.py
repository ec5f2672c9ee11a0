"""Watermark: what an exam's data carry so that practice knows them again, in another order and under other names.

Ids are numbers of a kind, and so are the sums of each row's answers, or the amounts: by chance one in sixteen, or in
five, would be, and in an exam nearly all are. The rule is public; it keeps a quick try from being answered, and stops
nobody who computes for themselves.
"""

from zlib import crc32

import numpy as np
import pandas as pd

from crmlab.measures import tables

IDS = ("customer_id", "firm")
#: Scores whose questions are marked together, and numbers with decimals: how many finest parts one has, and the least.
PAIRS = (("satisfaction", "loyalty"), ("trust", "commitment"))
FINE = {"amount": (100, 1), "performance": (1000, -np.inf)}
ONE_IN, ID_ONE_IN = 5, 16
ENOUGH, SHARE = 25, 0.7  # of so many different ids, rows or values this share is marked: never by chance
REACH, STEPS = 15, 2  # so many finest parts, or steps of a scale, may a number be moved by


def marked(table: pd.DataFrame) -> pd.DataFrame:
    """The table of an exam with its watermark: other ids, and some answers moved by one step of their scale."""
    table = table.copy()
    for name in (name for name in IDS if name in table):
        table[name] = table[name].map(_ids(table[name].unique()))
    for name, (parts, least) in FINE.items():
        if name in table:
            table[name] = _moved(table[[name]].to_numpy(float) * parts, least, np.inf, REACH)[:, 0] / parts
    scales = tables.provenance(table)["constructs"]
    for items in _pairs(table):
        spec = scales[next(name for name in scales if items[0] in scales[name]["items"])]
        table[items] = _moved(table[items].to_numpy(float), spec["low"], spec["high"], STEPS)
    return table


def found(table: pd.DataFrame) -> bool:
    """Whether the table is an exam's, by its ids or its values; other data are not by chance.

    >>> found(pd.DataFrame({"customer_id": [f"C{n}" for n in range(600)], "amount": np.arange(600) / 7}))
    False
    """
    ids = [_is_id(one) for name in IDS if name in table for one in table[name].dropna().unique()]
    rows = [_numbers(table[[name]]) * parts for name, (parts, _) in FINE.items() if name in table]
    rows += [_numbers(table[items]) for items in _pairs(table)]
    return _clear(ids) or any(_clear(_hits(np.unique(one, axis=0))) for one in rows)


def _numbers(columns: pd.DataFrame) -> np.ndarray:
    return columns.apply(pd.to_numeric, errors="coerce").to_numpy(float).clip(-1e12, 1e12)


def _clear(hits) -> bool:
    return len(hits) >= ENOUGH and float(np.mean(hits)) >= SHARE


def _pairs(table: pd.DataFrame) -> list[list[str]]:
    known = tables.constructs_in(table)
    return [sorted(item for name in pair for item in known[name]["items"]) for pair in PAIRS if set(pair) <= set(known)]


def _is_id(one: object) -> bool:
    return crc32(str(one).encode("utf-8", "replace")) % ID_ONE_IN == 0


def _ids(old: np.ndarray) -> dict:
    """New ids in the order of the old ones."""
    new, number = [], 0
    while len(new) < len(old):
        number += 1
        if _is_id(one := f"{str(old[0])[:1]}{number:05}"):
            new.append(one)
    return dict(zip(sorted(old), new, strict=True))


def _moved(values: np.ndarray, low: float, high: float, reach: int) -> np.ndarray:
    """Whole numbers in rows that are marked, each row after the first small move of one of its numbers that does."""
    values, at = np.rint(values), np.arange(len(values))
    for step in (sign * size for size in range(1, reach + 1) for sign in (1, -1)):
        for turn in range(values.shape[1]):
            tried = values.copy()
            tried[at, (at + turn) % values.shape[1]] += step
            better = ~_hits(values) & _hits(tried) & ((tried >= low) & (tried <= high)).all(axis=1)
            values[better] = tried[better]
    return values


def _hits(values: np.ndarray) -> np.ndarray:
    """Of each row whether it is marked; one with a gap is not."""
    whole, apart = np.isfinite(values).all(axis=1), 1000 * np.arange(values.shape[1])
    mixed = _mixed(_mixed(np.rint(np.where(whole[:, None], values, 0)) + apart).sum(axis=1, dtype=np.uint64))
    return whole & (mixed % np.uint64(ONE_IN) == 0)


def _mixed(values: np.ndarray) -> np.ndarray:
    """Numbers that look like chance, one for each whole number (SplitMix64; Steele, Lea and Flood, 2014)."""
    z = (values if values.dtype == np.uint64 else values.astype(np.int64).astype(np.uint64)) + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))
