"""Classification systems as data: axes with cuts, classes, and the rule that gave each customer a class.

A cut makes classes; nature does not. So every classification says which rule fired, how many customers would
change class if a cut moved to the next attainable score, and how many would keep their class at a retest.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.special import ndtr

from crmlab.frame.errors import unknown


@dataclass(frozen=True)
class Axis:
    """One score and the share of its scale at which "high" begins (0 the lowest, 1 the highest answer)."""

    construct: str
    at: float

    def cut(self, low: float, high: float) -> float:
        return low + self.at * (high - low)


@dataclass(frozen=True)
class System:
    """A two-axis classification: ``classes`` maps (first axis high, second axis high) to a name."""

    name: str
    axes: tuple[Axis, Axis]
    classes: dict
    source: str
    evidence: str


APOSTLE = System(
    name="zones of Jones & Sasser",
    axes=(Axis("satisfaction", 7 / 9), Axis("loyalty", 7 / 9)),
    classes={(True, True): "loyalist", (True, False): "mercenary",
             (False, True): "hostage", (False, False): "defector"},
    source="Jones & Sasser 1995",
    evidence="classes from the source, which calls the happiest loyalists apostles; the cut (8 on a scale of 1 to 10) "
             "is a crmlab rule",
)


def cuts(system: System, scales: dict, given: dict | None = None) -> dict[str, float]:
    """Where each axis is cut: a share of its scale, unless a value is given."""
    names = [axis.construct for axis in system.axes]
    for name in given or {}:
        if name not in names:
            raise unknown("cut", name, "The classification", names)
    usual = {axis.construct: axis.cut(scales[axis.construct]["low"], scales[axis.construct]["high"])
             for axis in system.axes}
    return {**usual, **(given or {})}


def classify(scores: pd.DataFrame, system: System, at: dict[str, float]) -> pd.Series:
    """The class of every customer with both scores; missing where one is missing."""
    first, second = (axis.construct for axis in system.axes)
    keys = zip(scores[first] >= at[first] - 1e-9, scores[second] >= at[second] - 1e-9, strict=True)
    named = pd.Series([system.classes[key] for key in keys], index=scores.index, name="class", dtype=object)
    return named.where(scores[[first, second]].notna().all(axis=1))


def trace(scores: pd.DataFrame, system: System, at: dict[str, float]) -> pd.Series:
    """The rule that fired for every customer, with the values it saw."""
    def half(name):
        high = scores[name] >= at[name] - 1e-9
        sign = np.where(high, "≥", "<")
        return [f"{name} {value:.3g} {s} {at[name]:.3g}" for value, s in zip(scores[name], sign, strict=True)]

    return pd.Series([" and ".join(pair)
                      for pair in zip(*(half(a.construct) for a in system.axes), strict=True)],
                     index=scores.index, name="rule")


def on(system: System, first: str, second: str) -> System:
    """The same system on two other constructs."""
    axes = tuple(replace(axis, construct=name) for axis,
                 name in zip(system.axes, (first, second), strict=True))
    return replace(system, axes=axes)


def neighbours(values: pd.Series, cut: float) -> tuple[float, float, float]:
    """Around a cut: the highest score below it, the lowest at or above it, and the one after that."""
    seen = np.unique(values.dropna())
    below, above = seen[seen < cut - 1e-9], seen[seen >= cut - 1e-9]
    return (float(below[-1]) if len(below) else -np.inf, float(above[0]) if len(above) else np.inf,
            float(above[1]) if len(above) > 1 else np.inf)


def edge(values: pd.Series, cut: float) -> float:
    """Halfway between the last score below the cut and the first at or above it."""
    below, above, _ = neighbours(values, cut)
    return (below + above) / 2 if np.isfinite(below + above) else cut


def moved_by_next_score(scores: pd.DataFrame, system: System, at: dict[str, float], weight=None) -> float:
    """Largest (weighted) share that changes class when one cut moves to the next attainable score."""
    before, moved = classify(scores, system, at), []
    for axis in system.axes:
        below, _, after = neighbours(scores[axis.construct], at[axis.construct])
        for cut in (below, after):
            if np.isfinite(cut):
                other = classify(scores, system, {**at, axis.construct: cut}) != before
                moved.append(np.average(other, weights=weight))
    return float(max(moved, default=0.0))


def retest_agreement(scores: pd.DataFrame, system: System, at: dict[str, float], reliability: dict,
                     weight=None) -> float:
    """Share of customers expected in the same class if they answered again.

    A second answer is normal around the regressed first one, mean + ρ(x − mean) with variance
    s²(1 − ρ²), independently on both axes (Lord & Novick 1968); ρ is the reliability of the score.
    """
    stay = np.ones(len(scores))
    for axis in system.axes:
        values, rho = scores[axis.construct], reliability[axis.construct]
        if not 0 < rho <= 1:
            return np.nan
        x, cut = values.to_numpy(float), at[axis.construct]
        mean = np.average(x, weights=weight)
        spread = np.sqrt(np.average((x - mean) ** 2, weights=weight))
        far = mean + rho * (x - mean) - edge(values, cut)
        above = ndtr(far / max(spread * np.sqrt(1 - rho**2), 1e-12))
        stay *= np.where(x >= cut - 1e-9, above, 1 - above)
    return float(np.average(stay, weights=weight))
