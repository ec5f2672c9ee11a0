"""Exercises of the lesson on relationships that look twice: with another yardstick, from the other side."""

from itertools import combinations

import numpy as np
import pandas as pd

from crmlab.desk.exercises.exercise import Exercise, shuffled
from crmlab.relationships import climbing

RELATIONS = 6
WARM = ("intention", "trust", "commitment", "mutual", "satisfaction", "loyalty", "liking", "recommend")
LEAST_SHARE = 0.1
NEEDS = ("own_dependence", "their_dependence")


# ---- two yardsticks ------------------------------------------------------------------------------------------


def _yardsticks(d, chance) -> list[dict]:
    """Two scores, cut at two thirds of their scales, that neither few nor nearly all reach."""
    cuts = {name: round(spec["low"] + climbing.HIGH * (spec["high"] - spec["low"]), 2)
            for name, spec in d.source["scales"].items()}
    cuts |= {"recommend": d.cuts.recommend} if "recommend" in d.today else {}
    shares = {name: (d.rounded(name) >= cuts[name]).mean() for name in WARM if name in cuts}
    fit = [name for name in shares if LEAST_SHARE <= shares[name] <= 1 - LEAST_SHARE]
    return [{"x": x, "y": y, "cut_x": cuts[x], "cut_y": cuts[y]} for x, y in shuffled(combinations(fit, 2), chance)]


def _agreed(measure):
    """A measure of the agreement found, the one by chance, and the share that both call high."""
    def of(d, x: str, y: str, cut_x: float, cut_y: float) -> float:
        first, second = d.rounded(x), d.rounded(y)
        known = ~np.isnan(first + second)
        one, other = first[known] >= cut_x, second[known] >= cut_y
        a, b = one.mean(), other.mean()
        return float(measure((one == other).mean(), a * b + (1 - a) * (1 - b), (one & other).mean()))
    return of


KAPPA = Exercise("kappa", versions=_yardsticks, right=_agreed(lambda found, chance, both: (found - chance) / (1 - chance)),
                 wrong={"raw": _agreed(lambda found, chance, both: found),
                        "chance": _agreed(lambda found, chance, both: chance),
                        "excess": _agreed(lambda found, chance, both: found - chance),
                        "both": _agreed(lambda found, chance, both: both)})


# ---- whose view ----------------------------------------------------------------------------------------------


def _sixes(d, chance):
    """Six relations: some in which one side needs the other more, some the other side, some any."""
    if not set(NEEDS) <= set(d.today):
        return
    gap = d.rounded(NEEDS[0]) - d.rounded(NEEDS[1])
    pools = [np.flatnonzero(gap > 0), np.flatnonzero(gap < 0), np.flatnonzero(np.isfinite(gap))]
    while min(map(len, pools)) >= RELATIONS:
        some = []
        for pool in pools:
            some += chance.permutation(np.setdiff1d(pool, some))[:RELATIONS // len(pools)].tolist()
        yield {"some": shuffled(some, chance)}


def _upper(lead):
    """Who has the upper hand, from what the one who did not fill in the form is ahead by."""
    def of(d, some: list) -> list[str]:
        spec = d.source["scales"][NEEDS[0]]
        ahead = lead(*(d.rounded(name)[some] for name in NEEDS), (spec["low"] + spec["high"]) / 2)
        return np.select([ahead > 0, ahead < 0], ["you", "they"], "neither").tolist()
    return of


VIEW = Exercise(
    "view", versions=_sixes, right=_upper(lambda own, their, middle: own - their),
    shows=lambda d, some: pd.DataFrame({"case": range(1, len(some) + 1), **{
        name.replace("_", " "): [f"{v:.3g}" for v in d.rounded(name)[some]] for name in NEEDS}}),
    wrong={"stayed": _upper(lambda own, their, middle: their - own),
           "alone": _upper(lambda own, their, middle: own - middle),
           "near": _upper(lambda own, their, middle: np.where(np.abs(own - their) > 1, own - their, 0))})
