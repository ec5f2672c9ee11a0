"""Profiles of a relation by rules one can read; the first rule that fires gives the name."""

from dataclasses import dataclass, fields, replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from crmlab.measures import rules

#: The five dimensions (Peelen 2005) with what their lowest and highest answers say, in our words.
DIMENSIONS = {
    "cooperation": ("playing each other off", "best for both"),
    "balance": ("one side decides", "both decide"),
    "interdependence": ("can do without", "need each other"), "social": ("only business", "know each other"),
    "informal": ("rules and forms", "easy and informal"),
}
SIDES = ("own_dependence", "their_dependence")
MIXED = "mixed"


@dataclass(frozen=True)
class ProfileCuts:
    """Where a dimension counts as high or low, on a scale from 1 to 7; all of them crmlab rules."""

    high: float = 4.5
    low: float = 3.5
    asymmetry: float = 2
    against: float = 3
    needed: float = 5

    def on(self, low: float, high: float) -> "ProfileCuts":
        """The same share of another scale than 1 to 7."""
        stretch = (high - low) / 6
        moved = {f.name: low + stretch * (getattr(self, f.name) - 1) for f in fields(self)}
        return ProfileCuts(**{**moved, "asymmetry": stretch * self.asymmetry})


#: What each profile asks, all of it at once: score, direction, name of the cut.
PROFILES = {
    "close partnership": tuple((name, "≥", "high") for name in DIMENSIONS),
    "working partnership": tuple((name, "≥", "high") for name in list(DIMENSIONS)[:3]),
    "captive": (("asymmetry", "≥", "asymmetry"),),
    "rivalrous": (("cooperation", "≤", "against"), ("interdependence", "≥", "needed")),
    "arm's length": tuple((name, "≤", "low") for name in ("cooperation", "social", "informal")),
    "friendly": tuple((name, "≥", "high") for name in ("cooperation", "social", "informal")),
}
CUT_WORDS = {"high": "where a dimension counts as high", "low": "where a dimension counts as low",
             "asymmetry": "where dependence counts as one-sided",
             "against": "where cooperation counts as rivalry", "needed": "where a rival is needed"}


class Relations(NamedTuple):
    """A row per relation with the dimensions measured, on one scale; asymmetry where both sides answered."""

    values: pd.DataFrame
    low: float
    high: float
    stretched: bool

    @property
    def present(self) -> list[str]:
        return [name for name in DIMENSIONS if name in self.values]

    @property
    def missing(self) -> list[str]:
        return [name for name in DIMENSIONS if name not in self.values]


def on_one_scale(scores: pd.DataFrame, names, scales: dict) -> Relations:
    """The named scores that exist, stretched onto the scale of the first where their scales differ."""
    present = [name for name in names if name in scores.columns and scores[name].notna().any()]
    spans = [(scales.get(name, {}).get("low"), scales.get(name, {}).get("high")) for name in present]
    spans = [(1, 7) if None in span else span for span in spans]
    low, high = spans[0] if spans else (1, 7)
    values = {name: low + (scores[name].astype(float) - a) * (high - low) / (b - a)
              for name, (a, b) in zip(present, spans, strict=True)}
    return Relations(pd.DataFrame(values, index=scores.index), float(low), float(high), len(set(spans)) > 1)


def related(scores: pd.DataFrame, scales: dict) -> Relations:
    """The five dimensions as far as they were measured: interdependence is the mean of both dependences."""
    found = on_one_scale(scores, (*DIMENSIONS, *SIDES), scales)
    values = found.values
    if set(SIDES) <= set(values):
        own, their = (values[side] for side in SIDES)
        values = values.assign(interdependence=(own + their) / 2, asymmetry=own - their)
    kept = [name for name in (*DIMENSIONS, "asymmetry") if name in values]
    return found._replace(values=values[kept])


def asked(values: pd.DataFrame) -> dict:
    """The profiles whose inputs were measured; the others cannot be seen."""
    return {name: rule for name, rule in PROFILES.items() if all(score in values for score, *_ in rule)}


def _short(values: pd.DataFrame, rule: tuple, cuts: ProfileCuts) -> np.ndarray:
    """By how many points each relation misses a rule, all its conditions together; 0 where it fires."""
    gaps = [(getattr(cuts, cut) - values[name]) * (1 if sign == "≥" else -1) for name, sign, cut in rule]
    gaps = np.column_stack(gaps)
    return np.where(gaps > 1e-9, gaps, 0).sum(axis=1)


def profile(values: pd.DataFrame, cuts: ProfileCuts) -> np.ndarray:
    """The profile of every relation; missing where a dimension that others answered was not answered.

    >>> rival = pd.DataFrame({"cooperation": [2.0], "interdependence": [5.0]})
    >>> profile(rival, ProfileCuts()).tolist()
    ['rivalrous']
    """
    named = np.full(len(values), MIXED, dtype=object)
    for name, rule in reversed(asked(values).items()):
        named[_short(values, rule, cuts) == 0] = name
    named[values.isna().any(axis=1).to_numpy()] = None
    return named


def traced(values: pd.DataFrame, named: np.ndarray, cuts: ProfileCuts) -> list[str]:
    """The rule that fired with the values it saw; for a mixed relation the profile it comes nearest to."""
    known = asked(values)
    short = np.column_stack([_short(values, rule, cuts) for rule in known.values()]) if known else None
    nearest = [list(known)[k] for k in short.argmin(axis=1)] if known else [None] * len(values)
    return [_said(row, name, near, known, cuts) for row, name, near in
            zip(values.to_dict("records"), named, nearest, strict=True)]


def _said(row: dict, name: str | None, near: str | None, known: dict, cuts: ProfileCuts) -> str:
    if name is None:
        return f"{', '.join(score for score, value in row.items() if np.isnan(value))} not answered"
    if near is None:
        return ""
    rule = known[near if name == MIXED else name]
    seen = [(score, row[score], sign, getattr(cuts, cut)) for score, sign, cut in rule]
    if name != MIXED:
        return "; ".join(f"{score} {value:.3g} {sign} {cut:.3g}" for score, value, sign, cut in seen)
    short = [f"{score} {value:.3g}, needs {sign} {cut:.3g}" for score, value, sign, cut in seen
             if (cut - value) * (1 if sign == "≥" else -1) > 1e-9]
    return f"nearest to {near}: " + " and ".join(short)


def moved(values: pd.DataFrame, cuts: ProfileCuts) -> dict[str, float]:
    """Per cut, the largest share that changes profile when it moves to the next attainable score."""
    before, out = profile(values, cuts), {}
    for field in fields(cuts):
        seen = {(name, sign) for rule in asked(values).values() for name, sign, at in rule
                if at == field.name}
        if seen:
            turn = 1 if next(iter(seen))[1] == "≥" else -1
            pool = turn * pd.concat([values[name] for name, _ in sorted(seen)])
            below, _, after = rules.neighbours(pool, turn * getattr(cuts, field.name))
            after_all = [profile(values, replace(cuts, **{field.name: turn * cut}))
                         for cut in (below, after) if np.isfinite(cut)]
            changed = [(named != before).mean() for named in after_all]
            out[field.name] = float(max(changed, default=0.0))
    return out
