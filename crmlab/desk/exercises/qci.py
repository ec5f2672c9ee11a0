"""Exercises of the lesson on how firms manage their customers: what is right, and what people do instead."""

from collections.abc import Iterator
from functools import cache, cached_property

import numpy as np
import pandas as pd

from crmlab.desk.exercises.exercise import Exercise, shuffled
from crmlab.desk.exercises.qci_sheets import KAPPA, PLACE, SCORED, Sheets
from crmlab.frame import correlations, stats
from crmlab.frame.errors import counted
from crmlab.frame.glossary import number, percent
from crmlab.measures.scorecard import BANDS, ELEMENTS, PRACTICES, STAGES, band, intervals, scored
from crmlab.qci.choosing import Beside, beside, choose, latest, small
from crmlab.qci.standing import QUARTERS
from crmlab.sources.opening import open_table

STUDY, ERRORS = 21, 1.96  # firms of the study best known (Woodcock 2000); errors to either side of r
FEWEST = 10  # firms of which a correlation is taken, as in the lesson
FIVE, TRIES = 5, 3  # elements to put in order, and how often each firm is looked at


class Desk:
    """What the exercises look at: the last forms of all firms, their scores, and the firm of the lesson."""

    def __init__(self, table: pd.DataFrame, firm: str | None = None, compare: pd.DataFrame | None = None):
        self.table, self.compare, self.firm = table, compare, choose(table, firm)[0]
        forms = latest(table).set_axis(table.columns, axis=1)
        forms.attrs = {}  # what pandas would copy at every step
        self.card, self.sheets = scored(forms), Sheets(forms)
        self.all = self.card.firms.set_index("firm")
        self.own = self.all.loc[self.firm]
        self.others = [name for name in self.all.index if name != self.firm]

    @cached_property
    def elements(self) -> dict[str, pd.DataFrame]:
        """By measure: firms × elements."""
        shape = -1, len(ELEMENTS)
        return {name: pd.DataFrame(self.card.elements[name].to_numpy().reshape(shape), self.all.index, list(ELEMENTS))
                for name in ("score", "intention", "reality")}

    @cached_property
    def firms(self) -> pd.DataFrame:
        """Overall score, elements and performance of the firms that have all but elements."""
        earned = self.all["performance"].astype(float) if "performance" in self.all else np.nan
        frame = self.elements["score"].assign(overall=self.all["score"], performance=earned)
        return frame.dropna(subset=["overall", "performance"])

    @cached_property
    def gap(self) -> stats.Interval:
        """Intention less reality of the firm, as the lesson gives it."""
        return intervals(self.card.of(self.firm), "gap")["overall"]


# ---- eight practices and the stages they belong to ---------------------------------------------------------

STAGE = {practice.practice: STAGES[practice.section] for practice in PRACTICES if practice.section in STAGES}
MIXED = ("GK1", "DI1", "WI5")  # the ones that are put elsewhere


def _eights(d: Desk, chance):
    rest = [key for key in STAGE if key not in MIXED]
    while True:
        yield {"some": shuffled([*MIXED, *shuffled(rest, chance)[:5]], chance)}


def _told(**instead: str):
    """The stages, with another one for some of the practices, or for a whole stage."""
    return lambda d, some: [instead.get(key, instead.get(STAGE[key], STAGE[key])) for key in some]


def _eight(d: Desk, some: list) -> pd.DataFrame:
    return pd.DataFrame({"case": range(1, len(some) + 1), "practice": [PRACTICES[PLACE[key]].statement for key in some]})


STAGED = Exercise("stages", versions=_eights, shows=_eight, right=_told(), wrong={
    "early": _told(Welcoming="Getting to know", GK1="Welcoming"),
    "back": _told(WI5="Welcoming"),
    "lost": _told(DI1="Winback"),
    "growing": _told(GK1="Development"),
})


# ---- what is done, weakest first ---------------------------------------------------------------------------


def _fives(d: Desk, chance) -> Iterator[dict]:
    """Five elements of a firm that the lesson does not show; first where plans and deeds clearly stand in unlike order."""
    sizes, later = np.array([d.elements[name] for name in ("reality", "score", "intention")]), []
    for firm in TRIES * shuffled(d.others or [d.firm], chance):
        rows = sizes[:, d.all.index.get_loc(firm)]
        some = shuffled(np.flatnonzero(np.isfinite(rows[0])).tolist(), chance)[:FIVE]
        version = {"firm": firm, "some": [list(ELEMENTS)[place] for place in some], "code": repr(firm)}
        orders = {tuple(row) for row in rows[:, some].argsort(axis=1)}
        if len(some) == FIVE and len(orders) == len(rows) and np.diff(np.sort(rows[:, some], axis=1)).min() >= 0.5:
            yield version
        elif len(some) == FIVE:
            later.append(version)
    yield from later


def _sized(measure: str, sign: int = -1):
    """A size for each element; the largest comes first."""
    return lambda d, firm, some, **_: sign * d.elements[measure].loc[firm].loc[some]


def _keys(d: Desk, some: list, **_) -> pd.DataFrame:
    return pd.DataFrame({"write": some, "for": [ELEMENTS[key] for key in some]})


WEAKEST = Exercise("weakest", versions=_fives, shows=_keys, right=_sized("reality"), wrong={
    "turned": _sized("reality", 1), "score": _sized("score"), "meant": _sized("intention")})


# ---- a correlation over firms: a halo taken out, and what few firms leave open ------------------------------


def _r(firms: pd.DataFrame, what: str = "overall") -> float:
    x, y = firms[what].to_numpy(float), firms["performance"].to_numpy(float)
    there = np.isfinite(x)
    return float(np.corrcoef(x[there], y[there])[0, 1]) if there.sum() >= FEWEST else np.nan


def _halos(d: Desk, chance) -> Iterator[dict]:
    """A correlation of the student's firms, and a halo in whole per cent that makes about half of its square."""
    for key in shuffled(["overall", *ELEMENTS], chance):
        r = round(_r(d.firms, key), 2)
        likely = [part / 100 for part in range(2, 40) if 0.4 * r**2 < part / 100 < 0.85 * r**2] or [round(r**2 / 2, 4)]
        for halo in shuffled(likely, chance) if r > 0 else []:
            what = "the overall score" if key == "overall" else small(ELEMENTS[key])
            yield {"what": what, "r": r, "halo": halo, "percent": percent(halo)}


def _without(of):
    return lambda d, r, halo, **_: float(of(r, halo))


HALO = Exercise("halo", versions=_halos, right=_without(lambda r, h: np.sqrt((r**2 - h) / (1 - h))), wrong={
    "added": _without(lambda r, h: np.sqrt(r**2 + h * (1 - r**2))),
    "taken": _without(lambda r, h: r - h),
    "unrooted": _without(lambda r, h: (r**2 - h) / (1 - h)),
})


def _studies(d: Desk, chance) -> list[dict]:
    """As many firms in a row as the study had, out of more."""
    names, starts = d.firms.index, list(range(len(d.firms) - STUDY)) if len(d.firms) > STUDY else []
    return [{"start": start, "first": names[start], "final": names[start + STUDY - 1], "study": STUDY,
             "code": f"{names[start]!r}:{names[start + STUDY - 1]!r}"} for start in shuffled(starts, chance)]


def _ends(errors: float = ERRORS, back=np.tanh, of_all: bool = False):
    """Both ends of an interval of r by Fisher's z."""
    def of(d: Desk, start: int, **_) -> np.ndarray:
        few = d.firms if of_all else d.firms.iloc[start:start + STUDY]
        return back(np.arctanh(_r(few)) + np.array([-1, 1]) * errors / np.sqrt(len(few) - 3))
    return of


INTERVAL = Exercise("interval", versions=_studies, right=_ends(), wrong={
    "z": _ends(back=lambda z: z),
    "one": _ends(errors=1),
    "all": _ends(of_all=True),
    "turned": lambda d, **version: _ends()(d, **version)[::-1],
})


# ---- the decision ------------------------------------------------------------------------------------------


def _own(d: Desk, chance) -> list[dict]:
    return [{"firm": d.firm}]


DECIDE = Exercise("decide", versions=_own,
                  right=lambda d, **_: "start" if d.own["raters"] > 1 and d.gap.low > 0 else "look")
GAIN = Exercise("decide_number", versions=_own, right=lambda d, **_: d.own["gap"] / 2 if d.own["gap"] > 0 else None, wrong={
    "whole": lambda d, **_: d.own["gap"],
    "level": lambda d, **_: d.own["intention"],
})


@cache
def _our_reading() -> float:
    """The overall score of the case as we read it, which is what everybody guesses at."""
    return float(scored(open_table("assessments", "case_key")).firms["score"].iloc[0])


EXERCISES = [STAGED, SCORED, HALO, DECIDE, GAIN, WEAKEST, INTERVAL, KAPPA]
GUESSED = {"overall": lambda d: _our_reading()}


# ---- the summary -------------------------------------------------------------------------------------------


def facts(d: Desk) -> dict[str, str]:
    """The student's own results as words, for the management summary."""
    given = beside(d.table, d.firm, d.compare)
    own, whole = given.card.firms.iloc[0], intervals(given.card)["overall"]
    said = {"firm": d.firm, "score": number(own["score"], 0), "practices": str(own["scored"]), "band": own["band"]}
    sure = bool(np.isfinite(whole.low))
    if sure:
        said |= {"low": number(whole.low, 0), "high": number(whole.high, 0)}
        if band(whole.low) != band(whole.high):
            said |= {"band_low": band(whole.low), "band_high": band(whole.high),
                     "edge": number(next(end for end, _ in BANDS if whole.low < end <= whole.high), 0)}
    if own["gap"] >= 3:
        said |= {name: number(own[name], 0) for name in ("intention", "reality", "gap")}
    if own["unevidenced"] and own["raters"] == 1:  # of several, some may have shown it
        said["bare"] = counted(own["unevidenced"], "practice")
    return said | _judged(given) | _among(given, whole if sure else None) | _paid(d)


def _judged(given: Beside) -> dict[str, str]:
    """What each rater alone would have said, or that there was one only."""
    if given.card.firms["raters"].iloc[0] < 2:
        return {"alone": number(given.score, 0)}
    scores = scored(given.rows.assign(firm=given.rows["rater"])).firms.set_index("firm")["score"].dropna()
    said = {"raters": str(len(scores)), "lowest": number(scores.min(), 0), "highest": number(scores.max(), 0)}
    return said | ({"judge": str(scores.idxmax())} if said["lowest"] != said["highest"] else {})


def _among(given: Beside, whole: stats.Interval | None) -> dict[str, str]:
    """Where the firm stands among the others, and whether its interval holds their median."""
    others = given.compared
    if not len(others):
        return {}
    middle, below = float(np.median(others)), float((others < given.score).mean())
    said = {"compared": given.peers, "median": number(middle, 0),
            "quarter": QUARTERS[int(given.row("elements", "overall", {})["quartile"])]}
    if given.simulated and 0.05 < below < 0.995:
        said["below"] = percent(below)
    if whole and whole.low <= middle <= whole.high and said["median"] != number(given.score, 0):
        said["better"] = "better" if given.score > middle else "worse"
    return said


def _paid(d: Desk) -> dict[str, str]:
    """How score and performance go together over the firms, where there are enough."""
    if len(d.firms) < FEWEST or (d.firms[["overall", "performance"]].nunique() < 2).any():
        return {}
    r = _r(d.firms)
    low, high = correlations.interval("pearson", *d.firms[["overall", "performance"]].to_numpy(float).T)[1:]
    slope = 10 * r * d.firms["performance"].std() / d.firms["overall"].std()
    said = {"n": str(len(d.firms)), "r": number(r), "r_low": number(low), "r_high": number(high), "slope": number(slope)}
    return said | ({"r_percent": percent(abs(r))} if 0.15 < abs(r) < 0.9 else {})
