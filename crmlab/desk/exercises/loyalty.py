"""Exercises of the lesson on satisfaction and loyalty: what is right, and what people do instead."""

from functools import cached_property
from itertools import combinations

import numpy as np
import pandas as pd

from crmlab.desk.exercises.exercise import Exercise, shuffled
from crmlab.frame import correlations, stats
from crmlab.frame.errors import CrmlabError
from crmlab.frame.glossary import number, percent
from crmlab.loyalty.pairs import FEWEST, pair
from crmlab.measures import rules, scales, tables

PRINTED = ({"satisfaction", "loyalty"}, {"quality", "satisfaction"})  # pairs whose r the lesson shows
ZONES = ("loyalist", "mercenary", "hostage", "defector")
CASES, SMALLEST_GROUP = 10, 20


class Desk:
    """What the exercises look at: the answers, and the scores made of them, as plain columns."""

    def __init__(self, survey: pd.DataFrame, drop=()):
        scores = scales.score(survey, drop=drop)
        self.link = pair(scores)  # satisfaction and loyalty of those who have both
        self.source = tables.provenance(scores)
        self.items = {name: spec["items"] for name, spec in scales.kept_items(survey, drop).items()}
        self.turned = {name: scales.turned(survey, {**spec, "items": self.items[name], "reversed": [
            item for item in spec.get("reversed", []) if item in self.items[name]]}).dropna()
            for name, spec in self.source["constructs"].items()}
        self.weight = survey["weight"].to_numpy(float) if "weight" in survey else None
        self.scored = {name: scores[name].to_numpy(float) for name in self.items}
        self.single = {item: survey[item].to_numpy(float) for items in self.items.values() for item in items}
        for frame in self.turned.values():
            frame.attrs = {}  # what pandas would copy with every column

    @cached_property
    def constructs(self) -> list[str]:
        """The scores that vary, in the order of the survey."""
        return [name for name, values in self.scored.items() if len(np.unique(values[np.isfinite(values)])) > 2]

    @cached_property
    def cut(self) -> dict[str, float]:
        """Where 'high' begins, as in the lesson's zones."""
        spec = {name: self.source["scales"][name] for name in ("satisfaction", "loyalty")}
        return rules.cuts(rules.on(rules.APOSTLE, "satisfaction", "loyalty"), spec, None)

    def questions(self, *but: str) -> list[str]:
        """The single questions of the other constructs that vary."""
        return [item for name in self.constructs if name not in but for item in self.items[name]]

    def column(self, name: str) -> np.ndarray:
        """A score, or the answers to a single question."""
        return self.scored[name] if name in self.scored else self.single[name]

    def code(self, name: str) -> str:
        """How the notebook calls that column."""
        return f'{"scores" if name in self.scored else "survey"}["{name}"]'

    def both(self, *names: str) -> list[np.ndarray]:
        """Columns of the customers who have all of them."""
        columns = [self.column(name) for name in names]
        whole = np.all([np.isfinite(column) for column in columns], axis=0)
        return [column[whole] for column in columns]


def _r(x, y) -> float:
    return float(np.corrcoef(x, y)[0, 1]) if len(x) >= FEWEST else np.nan


# ---- r of a pair that the lesson does not show, and what its square leaves ---------------------------------


def _pairs(d: Desk, chance) -> list[dict]:
    """Two scores, or a single question and a score: enough that some pair keeps r and the slopes apart."""
    scores = [pair_ for pair_ in combinations(d.constructs, 2) if set(pair_) not in PRINTED]
    single = [(item, y) for y in d.constructs for item in d.questions(y)]
    chosen = shuffled(scores, chance)[:8] + shuffled(single, chance)
    return [{"x": x, "y": y, "left": d.code(x)} for x, y in chosen]


def _linked(measure):
    """A measure of two columns."""
    return lambda d, x, y, left: float(measure(*d.both(x, y)))


def _slope(x, y) -> float:
    return float(np.polyfit(x, y, 1)[0])


def _weighted(d: Desk, x: str, y: str, left: str) -> float | None:
    """The r that the lesson's own functions give where customers are weighted."""
    if d.weight is None:
        return None
    whole = np.isfinite(d.column(x)) & np.isfinite(d.column(y)) & (d.weight > 0)
    return correlations.correlation("pearson", d.column(x)[whole], d.column(y)[whole], d.weight[whole])


PEARSON = Exercise("pearson", versions=_pairs, right=_linked(_r), also=_weighted, wrong={
    "covariance": _linked(lambda x, y: np.cov(x, y)[0, 1]),
    "square": _linked(lambda x, y: _r(x, y) ** 2),
    "slope": _linked(_slope),
    "back": _linked(lambda x, y: _slope(y, x)),
    "printed": lambda d, **_: _r(d.link.x, d.link.y),
})

ELSEWHERE = Exercise("elsewhere", versions=_pairs, right=_linked(lambda x, y: 100 * (1 - _r(x, y) ** 2)),
                     also=lambda d, **v: None if d.weight is None else 100 * (1 - _weighted(d, **v) ** 2), wrong={
    "along": _linked(lambda x, y: 100 * _r(x, y) ** 2),
    "unsquared": _linked(lambda x, y: 100 * (1 - abs(_r(x, y)))),
    "r": _linked(lambda x, y: 100 * abs(_r(x, y))),
})


# ---- item–rest correlations of a scale that the lesson does not show ---------------------------------------


def _scales(d: Desk, chance) -> list[dict]:
    long = [name for name in d.constructs if name not in ("satisfaction", "loyalty") and len(d.items[name]) >= 3]
    return [{"construct": name, "items": ", ".join(d.items[name])} for name in shuffled(long, chance)]


def _each(measure):
    """A number per item, from its answers and those to the others of its scale."""
    def of(d: Desk, construct: str, items: str) -> pd.Series:
        answers = d.turned[construct].to_numpy()
        return pd.Series({item: float(measure(answers[:, k], np.delete(answers, k, axis=1)))
                          for k, item in enumerate(d.items[construct])})
    return of


ITEMS = Exercise("items", versions=_scales, right=_each(lambda one, rest: _r(one, rest.mean(axis=1))), wrong={
    "total": _each(lambda one, rest: _r(one, rest.sum(axis=1) + one)),
    "single": _each(lambda one, rest: np.mean([_r(one, other) for other in rest.T])),
    "without": _each(lambda one, rest: stats.cronbach_alpha(rest)),
})


# ---- ten customers in four zones ---------------------------------------------------------------------------


def _tens(d: Desk, chance):
    """Ten customers, some of them exactly at a cut, some where the names are mixed up."""
    x, y = d.link.x, d.link.y
    at = (np.abs(x - d.cut["satisfaction"]) < 1e-9) | (np.abs(y - d.cut["loyalty"]) < 1e-9)
    mixed = (x >= d.cut["satisfaction"] - 1e-9) != (y >= d.cut["loyalty"] - 1e-9)
    words = {name: number(cut, 1) for name, cut in d.cut.items()}
    while True:
        some = []
        for wanted, count in ((at, 3), (mixed, 6), (np.ones(len(x), bool), CASES)):
            left = np.setdiff1d(np.flatnonzero(wanted), some)
            some += chance.permutation(left)[:count - len(some)].tolist()
        yield {"some": shuffled(some, chance), **words}


def _zone(x, y, cut_x: float, cut_y: float, reach: float = 1e-9) -> list[str]:
    content, loyal = x >= cut_x - reach, y >= cut_y - reach
    return np.where(content, np.where(loyal, *ZONES[:2]), np.where(loyal, *ZONES[2:])).tolist()


def _zones(reach: float = 1e-9, swap: bool = False, middle: bool = False):
    def of(d: Desk, some: list, **_) -> list[str]:
        spec = d.source["scales"]
        cuts = [(spec[name]["low"] + spec[name]["high"]) / 2 if middle else d.cut[name]
                for name in ("satisfaction", "loyalty")]
        names = _zone(d.link.x[some], d.link.y[some], *cuts, reach)
        other = {"mercenary": "hostage", "hostage": "mercenary"} if swap else {}
        return [other.get(name, name) for name in names]
    return of


def _ten(d: Desk, some: list, **_) -> pd.DataFrame:
    return pd.DataFrame({"case": range(1, len(some) + 1), "satisfaction": [number(v) for v in d.link.x[some]],
                         "loyalty": [number(v) for v in d.link.y[some]]})


ZONED = Exercise("zones", versions=_tens, shows=_ten, right=_zones(), wrong={
    "swapped": _zones(swap=True), "above": _zones(reach=-1e-9), "middle": _zones(middle=True)})


# ---- two groups --------------------------------------------------------------------------------------------


def _splits(d: Desk, chance) -> list[dict]:
    """Columns at whose median both groups are large enough, but not the one the lesson shows."""
    found = [name for name in d.constructs if name not in ("satisfaction", "loyalty", d.source.get("moderator"))]
    names = shuffled(found, chance) + shuffled(d.questions("satisfaction", "loyalty"), chance)
    names.sort(key=lambda name: np.isnan(d.column(name)).any())  # who did not answer is in neither group: rather nobody
    return [{"by": name, "column": d.code(name), "median": number(np.nanmedian(d.column(name)))} for name in names
            if min(len(x) for x, _ in _halves(d, name)) >= SMALLEST_GROUP]


def _halves(d: Desk, by: str) -> list[tuple[np.ndarray, np.ndarray]]:
    x, y, values = d.both("satisfaction", "loyalty", by)
    high = values > np.nanmedian(d.column(by))
    return [(x[high], y[high]), (x[~high], y[~high])]


def _gap(measure):
    """A comparison of r above and r at or below the median, with the error of two Fisher z."""
    def of(d: Desk, by: str, **_) -> float:
        halves = _halves(d, by)
        a, b = (_r(x, y) for x, y in halves)
        return float(measure(a, b, np.sqrt(sum(1 / (len(x) - 3) for x, _ in halves))))
    return of


GROUPS = Exercise("groups", versions=_splits, right=_gap(lambda a, b, e: (np.arctanh(a) - np.arctanh(b)) / e), wrong={
    "turned": _gap(lambda a, b, e: (np.arctanh(b) - np.arctanh(a)) / e),
    "undivided": _gap(lambda a, b, e: np.arctanh(a) - np.arctanh(b)),
    "raw": _gap(lambda a, b, e: (a - b) / e),
    "unrooted": _gap(lambda a, b, e: (np.arctanh(a) - np.arctanh(b)) / e**2),
})


# ---- who was asked -----------------------------------------------------------------------------------------


def _belows(d: Desk, chance) -> list[dict]:
    """Attainable scores below which a fifth to six tenths of the customers stand."""
    share = {cut: float((d.link.x < cut - 1e-9).mean()) for cut in np.unique(d.link.x)}
    fit = [float(cut) for cut, below in share.items() if 0.2 <= below <= 0.6]
    return [{"below": cut, "cut": number(cut)} for cut in shuffled(fit, chance)]


RANGE = Exercise(
    "range", versions=_belows,
    right=lambda d, below, cut: _r(d.link.x[d.link.x < below - 1e-9], d.link.y[d.link.x < below - 1e-9]), wrong={
        "others": lambda d, below, cut: _r(d.link.x[d.link.x >= below - 1e-9], d.link.y[d.link.x >= below - 1e-9]),
        "all": lambda d, below, cut: _r(d.link.x, d.link.y),
        "square": lambda d, below, cut: _r(d.link.x[d.link.x < below - 1e-9], d.link.y[d.link.x < below - 1e-9]) ** 2,
    })


# ---- the decision ------------------------------------------------------------------------------------------


def _decision(d: Desk) -> str:
    link = d.link.correlation(0.95)
    return "drop" if link.high < 0.10 else "pilot"


DECIDE = Exercise("decide", right=_decision)
RISE = Exercise("decide_number", right=lambda d: _r(d.link.x, d.link.y) * np.std(d.link.y, ddof=1), wrong={
    "perfect": lambda d: np.std(d.link.y, ddof=1),
    "slope": lambda d: _slope(d.link.x, d.link.y),
})

EXERCISES = [PEARSON, ELSEWHERE, ITEMS, DECIDE, RISE, ZONED, GROUPS, RANGE]
GUESSED = {"pearson": lambda d: _r(d.link.x, d.link.y)}


def facts(d: Desk) -> dict[str, str]:
    """The student's own results as words, for the management summary."""
    r, low, high = d.link.correlation(0.95)
    if not np.isfinite(low):
        raise CrmlabError("These data give no interval.", "A perfect link, or too few clusters.", "Leave the summary out.")
    y, cut = d.link.y, d.cut["loyalty"]
    above = np.unique(y[y > cut + 1e-9])
    ends = sorted(1 - value**2 for value in (low, high)) if low > 0 or high < 0 else None
    said = {"n": f"{d.link.n:,}", "r": number(r), "low": number(low), "high": number(high),
            "slope": number(_slope(d.link.x, y)), "cut": number(cut, 1),
            "loyal": percent(float((y >= cut - 1e-9).mean()))}
    if ends:
        said |= {"elsewhere": percent(1 - r**2), "least": percent(ends[0]), "most": percent(ends[1])}
    if 0.15 < abs(r) < 0.9:
        said["r_percent"] = percent(abs(r))
    if len(above):
        said |= {"next_cut": number(above[0]), "next_loyal": percent(float((y >= above[0] - 1e-9).mean()))}
    return said
