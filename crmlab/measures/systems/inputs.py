"""What the rules of a system look at: the columns as numbers, and where each is cut."""

import re
from difflib import get_close_matches

import numpy as np
import pandas as pd

from crmlab.frame.errors import CrmlabError, counted, listed, unknown
from crmlab.measures import tables
from crmlab.measures.systems.book import Entry

OF_THE_SCALE = re.compile(r"(\d+)/(\d+) of the scale")
OF_THE_ROWS = re.compile(r"the top (\d+) %")


class Undivided(CrmlabError):
    """No cut of our own can be made, since all rows are alike in the column."""


def short(value: float) -> str:
    """
    >>> short(5.0), short(14 / 3), short(12345.6)
    ('5', '4.667', '12,346')
    """
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def looked_at(table: pd.DataFrame, which: Entry) -> pd.DataFrame:
    """The columns of the rules as numbers; missing where there is no answer."""
    missing = [name for name in which.inputs if name not in table.columns]
    if missing:
        raise _missing(which, missing, table)
    raw = pd.DataFrame({name: _number(table[name], which.key, which.limits) for name in which.inputs})
    for column in which.columns:
        parts = which.parts(column)
        if parts != [column]:
            minus = " minus " in which.derived[column]
            raw[column] = raw[parts[0]] - raw[parts[1]] if minus else raw[parts].mean(axis=1, skipna=False)
    return raw[[*which.columns, *(name for name in which.inputs if name not in which.columns)]]


def _number(column: pd.Series, where: str, limits: dict) -> np.ndarray:
    values = pd.to_numeric(column, errors="coerce").to_numpy(float, na_value=np.nan)
    bad = np.flatnonzero(np.isnan(values) & column.notna().to_numpy())
    if len(bad):
        raise CrmlabError(
            f"{where}: the column '{column.name}' holds text.",
            f"{counted(len(bad), 'row')} cannot be read as a number, such as "
            f"{listed(column.iloc[bad].astype(str).unique(), 3)}.",
            "Say which words mean missing when you open the table, with missing=[…].",
        )
    low, high = limits.get(column.name, (-np.inf, np.inf))
    out = values[(values < low) | (values > high)]
    if len(out):
        raise CrmlabError(
            f"{where}: '{column.name}' lies between {low:g} and {high:g}.",
            f"{counted(len(out), 'row')} lie outside, such as {out[0]:g}.",
            f"Divide by 100 if these are per cent: {column.name} is a share.",
        )
    return values


def _missing(which: Entry, missing: list[str], table: pd.DataFrame) -> CrmlabError:
    free = {str(name).casefold(): str(name) for name in table.columns if name not in which.inputs}
    near = {name: free[hit[0]] for name in missing if (hit := get_close_matches(name, free, 1, 0.7))}
    found = (
        f"The table has {listed(table.columns, 12, quote=False)}."
        if len(table.columns)
        else "The table is empty."
    )
    pairs = ", ".join(f"'{own}': '{name}'" for name, own in near.items())
    remedy = (
        f"If the nearest columns are meant, rename them: table.rename(columns={{{pairs}}})."
        if near
        else "Map the columns when you open the table, as in columns={'Q1': '" + missing[0] + "'}."
    )
    return CrmlabError(
        f"{which.name} needs {listed(which.inputs)}, and {listed(missing)} "
        f"{'is' if len(missing) == 1 else 'are'} missing.",
        found,
        remedy,
    )


def roles(table: pd.DataFrame, whole: np.ndarray):
    """Cluster and weight of the rows that count, or None, and which rows count (weight 0 is nobody)."""
    counts, weight = whole.copy(), None
    if "weight" in table.columns:
        every = _number(table["weight"], "weight", {})
        counts &= every > 0
        weight = every[counts]
        if whole.any() and not counts.any():
            raise CrmlabError(
                "Nobody counts.",
                "Every row with an answer has a weight of 0 or none.",
                "Give weights above 0, or leave the column 'weight' out.",
            )
    return tables.units(table[counts])[0], weight, counts


# ---- where the cuts lie -----------------------------------------------------------------------------------


def placed(values: pd.DataFrame, which: Entry, scales: dict, given: dict) -> tuple[dict, str]:
    """Each cut as a number, and how it was placed, in words."""
    for name in given:
        if name not in which.cuts:
            raise unknown("cut", name, which.name, which.cuts or ["no cuts"])
    at, said = {}, []
    for name, spec in which.cuts.items():
        if name in given:
            at[name], how = _given(name, spec, given[name]), "as given"
        else:
            at[name], how = _usual(values[name], spec, _scale(name, which, scales))
        said.append(f"{name} {listed(map(short, at[name].values()), quote=False)} ({how})")
    return at, f"; cuts ({which.cuts_are}): {', '.join(said)}" if said else ""


def _given(name: str, spec: dict, cut) -> dict:
    parts = list(cut) if isinstance(cut, list | tuple) else [cut]
    number = all(isinstance(part, int | float) and np.isfinite(part) for part in parts)
    if not number or len(parts) != len(spec) or parts != sorted(parts):
        names = f"({', '.join(spec)})"
        wanted = {1: "one number", 2: f"two numbers, {names}", 3: f"three numbers, {names}"}[len(spec)]
        raise CrmlabError(
            f"The cut of '{name}' is {wanted}.",
            f"Found {cut!r}.",
            f"Write cuts={{'{name}': {(5, (3, 5), (3, 5, 9))[len(spec) - 1]}}}.",
        )
    return dict(zip(spec, map(float, parts), strict=True))


def _scale(name: str, which: Entry, scales: dict) -> tuple[float, float] | None:
    """The scale of a column of the rules, where it is recorded for all that the column is made of."""
    found = {scales.get(part) for part in which.parts(name)}
    if len(found - {None}) > 1:
        raise CrmlabError(
            f"{which.key}: '{name}' is made of answers on different scales.",
            f"It takes {which.derived[name]}.",
            "Bring them to one scale first.",
        )
    return None if None in found else found.pop()


def _usual(values: pd.Series, spec: dict, scale) -> tuple[dict, str]:
    """The register's cut: a number, a share of the scale, or a middle of the values without a scale."""
    if all(isinstance(cut, int | float) for cut in spec.values()):
        return {key: float(cut) for key, cut in spec.items()}, "fixed"
    if all(OF_THE_ROWS.fullmatch(cut) for cut in spec.values()):
        return {key: _ranked(values, cut) for key, cut in spec.items()}, listed(spec.values(), quote=False)
    shares = {key: _share(cut) for key, cut in spec.items()}
    if scale and None not in shares.values():
        return {key: scale[0] + share * (scale[1] - scale[0]) for key, share in shares.items()}, " and ".join(
            spec.values()
        )
    seen = np.unique(values)
    if len(seen) < len(spec) + 1:
        raise _alike("middle", values)
    thirds = [values.quantile(share) for share in shares.values()] if len(spec) > 1 else [values.median()]
    # Where the lowest value is the middle too, "high" begins above it, or everybody would be high.
    cuts = [max(third, seen[k + 1]) for k, third in enumerate(thirds)]
    middle = "thirds" if len(spec) > 1 else "the median"
    return dict(
        zip(spec, map(float, cuts), strict=True)
    ), middle if None in shares.values() else f"{middle}: no scale recorded"


def _ranked(values: pd.Series, cut: str) -> float:
    """The value at which the share of rows at or above it comes nearest to the one asked for.

    Equal values are never parted, so with many of them a class may be larger than its name, or empty.
    """
    seen, rows = np.unique(values, return_counts=True)
    if len(seen) < 2:
        raise _alike("rank", values)
    above = rows[::-1].cumsum()[::-1] / rows.sum()
    near = np.abs(above - int(OF_THE_ROWS.fullmatch(cut)[1]) / 100)
    return float(seen[np.flatnonzero(near <= near.min() + 1e-12)[-1]])


def _alike(what: str, values: pd.Series) -> Undivided:
    return Undivided(
        f"No {what} divides '{values.name}'.",
        f"It has {counted(values.nunique(), 'value')} here.",
        f"Say where to cut, as in cuts={{'{values.name}': …}}.",
    )


def _share(cut: str) -> float | None:
    match = OF_THE_SCALE.fullmatch(cut)
    return int(match[1]) / int(match[2]) if match else None
