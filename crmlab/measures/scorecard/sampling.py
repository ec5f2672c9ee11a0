"""How sure a score is: the practices asked are a sample of the practices one might ask."""

import numpy as np
from scipy.special import ndtr

from crmlab.frame import stats
from crmlab.frame.stats import Interval
from crmlab.measures.scorecard.scoring import Scorecard

FEWEST = 4  # crmlab rule: an element on fewer practices has no interval


def intervals(card: Scorecard, measure: str = "score", *, level: float = 0.95, draws: int = 2000,
              seed: int = 1) -> dict[str, Interval]:
    """Intervals of every element and section of one firm, and of ``"overall"``, from its practices.

    The estimand is the score the firm would have on average over all practices of the same kind; elements and
    sections stay as they are. Within each element the distances of practices from the mean of their section are
    drawn anew with replacement (Efron & Tibshirani 1993), since three of the activity's sections rest on a single
    practice; few practices make distances too small, so they are stretched by √(n / (n − 1)), and percentiles are
    taken at the level of Student's t (Hesterberg 2015), with degrees of freedom after Satterthwaite (1946). Firms
    rated on the same practices share their difficulty: between them scores are surer than these intervals say.
    An element of fewer than four practices has no interval; where one rests on a single practice, nor has the firm.
    """
    rows = card.practices[card.practices["status"] == "scored"]
    values = rows[measure].to_numpy(float)
    section, element = (rows[name].to_numpy() for name in ("section", "element"))
    chance, out, moved = stats.rng(seed, "practices", measure), {}, {}
    for name in dict.fromkeys(element):
        inside = element == name
        pool, df = _distances(values[inside], section[inside])
        drawn = pool[chance.integers(len(pool), size=(draws, inside.sum()))] if df else np.full((draws, 1), np.nan)
        parts = _parts(section[inside])
        moved[name] = _Part(drawn @ parts["all"] if df else drawn[:, 0], float(pool.var() * (parts["all"] ** 2).sum()),
                            df)
        at = _estimate(card.elements, "element", name, measure)
        out[name] = _interval(at, moved[name], level, measure, FEWEST - 1)
        for part, share in parts.items():
            if part not in ("all", name):
                spread = _Part(drawn @ share if df else drawn[:, 0], float(pool.var() * (share**2).sum()), df)
                out[part] = _interval(_estimate(card.sections, "section", part, measure), spread, level, measure,
                                      FEWEST - 1)
    out["overall"] = _interval(float(card.firms[measure].iloc[0]), _whole(moved, card.weights), level, measure, 1)
    return out


class _Part:
    """How a part of the score moved: the draws around 0, their variance, and its degrees of freedom."""

    def __init__(self, draws: np.ndarray, variance: float, df: float):
        self.draws, self.variance, self.df = draws, variance, df


def _distances(values: np.ndarray, section: np.ndarray) -> tuple[np.ndarray, int]:
    """Distances of practices from the mean of their section (or of the element, where all stand alone), pooled."""
    at, sizes = np.unique(section, return_inverse=True, return_counts=True)[1:]
    if sizes.max() == 1:
        at, sizes = np.zeros(len(values), int), np.array([len(values)])
    if len(values) < 2:
        return np.zeros(1), 0
    mean, size = np.bincount(at, values) / sizes, sizes[at]
    kept = size > 1
    pool = (values - mean[at])[kept] * np.sqrt(size[kept] / (size[kept] - 1))
    return pool - pool.mean(), int((sizes[sizes > 1] - 1).sum())


def _parts(section: np.ndarray) -> dict[str, np.ndarray]:
    """What each practice counts in its section, and in the element as the mean of the sections."""
    names = list(dict.fromkeys(section))
    parts = {name: (section == name) / (section == name).sum() for name in names}
    return {**parts, "all": np.mean(list(parts.values()), axis=0)}


def _whole(moved: dict[str, _Part], weights: dict) -> _Part:
    counts = {name: weights[name] for name in moved if weights[name]}
    total = sum(counts.values())
    if not counts or not all(moved[name].df for name in counts):
        return _Part(np.full(1, np.nan), np.nan, 0)
    each = [counts[name] / total for name in counts]
    variances = np.array([share**2 * moved[name].variance for share, name in zip(each, counts, strict=True)])
    draws = sum(share * moved[name].draws for share, name in zip(each, counts, strict=True))
    below = (variances**2 / [moved[name].df for name in counts]).sum()
    return _Part(draws, float(variances.sum()), float(variances.sum() ** 2 / below) if below else np.inf)


def _estimate(frame, column: str, name: str, measure: str) -> float:
    return float(frame.loc[frame[column] == name, measure].iloc[0])


def _interval(at: float, part: _Part, level: float, measure: str, least: int) -> Interval:
    if part.df < least or not np.isfinite(part.draws).all():
        return Interval(at, np.nan, np.nan)
    below = ndtr(-stats.critical(level, part.df))
    low, high = at + np.quantile(part.draws, [below, 1 - below])
    floor = -100 if measure == "gap" else 0
    return Interval(at, float(max(low, floor)), float(min(high, 100)))
