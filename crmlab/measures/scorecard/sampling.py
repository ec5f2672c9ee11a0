"""How sure a score is: the practices asked are a sample of the practices one might ask."""

from typing import NamedTuple

import numpy as np
from scipy.special import ndtr

from crmlab.frame import stats
from crmlab.frame.stats import Interval
from crmlab.measures.scorecard.scoring import Scorecard

FEWEST = 4  # crmlab rule: an element on fewer practices has no interval


def intervals(
    card: Scorecard, measure: str = "score", *, level: float = 0.95, draws: int = 2000, seed: int = 1
) -> dict[str, Interval]:
    """Intervals of every element and section of one firm, and of ``"overall"``, from its practices.

    The estimand is the score the firm would have on average over all practices of the same kind; elements
    and sections stay as they are. Within each element the distances of practices from the mean of their
    section are drawn anew with replacement (Efron & Tibshirani 1993), since three of the activity's
    sections rest on a single practice; few practices make distances too small, so they are stretched by
    √(n / (n − 1)), and percentiles are taken at the level of Student's t (Hesterberg 2015), with degrees
    of freedom after Satterthwaite (1946). Firms rated on the same practices share their difficulty:
    between them scores are surer than these intervals say. An element of fewer than four practices has no
    interval, and one on a single practice borrows the distances of the others for that of the firm.
    """
    rows = card.practices[card.practices["status"] == "scored"]
    section, element = (rows[name].to_numpy() for name in ("section", "element"))
    inside = {name: element == name for name in dict.fromkeys(element)}
    pools = {name: _distances(rows[measure].to_numpy(float)[at], section[at]) for name, at in inside.items()}
    others = np.concatenate([np.zeros(0), *(pool for pool, df in pools.values() if df)])
    elements, sections = (
        dict(zip(frame[name], frame[measure].astype(float), strict=True))
        for frame, name in ((card.elements, "element"), (card.sections, "section"))
    )
    chance, out, moved = stats.rng(seed, "practices", measure), {}, {}
    how_wide = (level, -100 if measure == "gap" else 0)
    for name, at in inside.items():
        pool, df = pools[name]
        pool, lent = (pool, df) if df or not len(others) else (others, len(others) - 1)
        drawn = pool[chance.integers(len(pool), size=(draws, at.sum()))]
        parts = {
            part: _Moved(drawn @ share, float(pool.var() * (share**2).sum()), df)
            for part, share in _shares(section[at]).items()
        }
        moved[name] = parts.pop("all")
        out[name] = _interval(elements[name], moved[name], *how_wide)
        stages = {part: how for part, how in parts.items() if part != name}
        out |= {part: _interval(sections[part], how, *how_wide) for part, how in stages.items()}
        moved[name] = moved[name]._replace(df=lent)
    out["overall"] = _interval(
        float(card.firms[measure].iloc[0]), _whole(moved, card.weights), *how_wide, least=1
    )
    return out


class _Moved(NamedTuple):
    """How a score moved: the draws around 0, their variance, and its degrees of freedom."""

    draws: np.ndarray
    variance: float
    df: float


def _distances(values: np.ndarray, section: np.ndarray) -> tuple[np.ndarray, int]:
    """Distances of practices from the mean of their section, or of the element where all stand alone."""
    at, sizes = np.unique(section, return_inverse=True, return_counts=True)[1:]
    if sizes.max() == 1:
        at, sizes = np.zeros(len(values), int), np.array([len(values)])
    if len(values) < 2:
        return np.zeros(1), 0
    mean, size = np.bincount(at, values) / sizes, sizes[at]
    kept = size > 1
    pool = (values - mean[at])[kept] * np.sqrt(size[kept] / (size[kept] - 1))
    return pool - pool.mean(), int((sizes[sizes > 1] - 1).sum())


def _shares(section: np.ndarray) -> dict[str, np.ndarray]:
    """What each practice counts in its section, and in the element as the mean of the sections."""
    names = list(dict.fromkeys(section))
    shares = {name: (section == name) / (section == name).sum() for name in names}
    return {**shares, "all": np.mean(list(shares.values()), axis=0)}


def _whole(moved: dict[str, _Moved], weights: dict) -> _Moved:
    """The firm's score as the weighted mean of its elements, which move apart from each other."""
    counts = {name: weights[name] for name in moved if weights[name]}
    if not counts or not all(moved[name].df for name in counts):
        return _Moved(np.zeros(1), 0.0, 0)
    each = np.array(list(counts.values())) / sum(counts.values())
    variances = each**2 * [moved[name].variance for name in counts]
    draws = sum(share * moved[name].draws for share, name in zip(each, counts, strict=True))
    below = (variances**2 / [moved[name].df for name in counts]).sum()
    return _Moved(draws, float(variances.sum()), float(variances.sum() ** 2 / below) if below else np.inf)


def _interval(at: float, moved: _Moved, level: float, floor: float, least: int = FEWEST - 1) -> Interval:
    if moved.df < least:
        return Interval(at, np.nan, np.nan)
    below = ndtr(-stats.critical(level, moved.df))
    low, high = at + np.quantile(moved.draws, [below, 1 - below])
    return Interval(at, float(max(low, floor)), float(min(high, 100)))
