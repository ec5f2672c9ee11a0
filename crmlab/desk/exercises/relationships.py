"""Exercises of the lesson on relationships: what is right, and what people do instead."""

from dataclasses import replace
from functools import cached_property

import numpy as np
import pandas as pd

from crmlab.desk.exercises.exercise import Exercise, shuffled
from crmlab.desk.exercises.relationships_views import KAPPA, VIEW, WARM
from crmlab.frame import stats
from crmlab.frame.glossary import number, percent
from crmlab.measures import rules, scales, tables
from crmlab.relationships import climbing, guttman
from crmlab.relationships.climbing import RUNGS, Cuts, rung, steps
from crmlab.relationships.samples import correlated

CASES = 8
SHOWN = ("orders", "days_since_last", "intention", "attitude", "recommend", "referrals", "joint", "mutual")
HAIR = 1e-6  # beyond the tolerance of the rule, below any step of a score
FELT = 3  # from this rung on customers feel the relationship
SHIFTS = (-2, -1.5, -0.5, 0.5, 1, 1.5)  # of the cut of attitude, in sixths of its scale; the lesson shows −1
RELIABLE = 1.96


class Desk:
    """What the exercises look at: the customers today, what the ladder sees of them, and their answers to it."""

    def __init__(self, dyads: pd.DataFrame, cuts: Cuts | None = None):
        scores = scales.score(dyads)
        self.source = tables.provenance(scores)
        self.scores = pd.DataFrame(scores)  # without what pandas would copy at every step
        self.today = climbing.latest(self.scores)
        self.values = climbing.seen(self.today)
        self.cuts = (cuts or Cuts()).on(self.source["scales"])
        self.measured = climbing.measured(self.values, self.cuts)
        self.answers = steps(self.values, self.cuts)
        self.at = rung(self.answers)

    @cached_property
    def felt(self) -> bool:
        """Whether somebody can be seen above client."""
        return set(RUNGS[1:FELT + 1]) <= set(self.measured) and bool((self.at >= FELT).any())

    @cached_property
    def waves(self) -> list[str]:
        return sorted(self.scores["wave"].dropna().astype(str).unique()) if "wave" in self.scores else []

    @cached_property
    def climbs(self) -> dict[str, np.ndarray]:
        """A rung of every customer, by what one does with the five questions."""
        return {name: climb(self) for name, climb in CLIMBS.items()}

    @cached_property
    def then(self) -> pd.DataFrame:
        """The customers as they stood at the first date."""
        return self.scores[self.scores["wave"].astype(str) == self.waves[0]]

    @cached_property
    def lined(self) -> tuple[float, float, float] | None:
        """Reproducibility, its floor, and the mean share of yes, of customers whose five answers are known."""
        if guttman.lacking(self.answers, self.measured):
            return None
        yes = self.answers.dropna().to_numpy()
        most = np.maximum(yes.mean(axis=0), 1 - yes.mean(axis=0))
        return float(guttman.reproducibility(guttman.counted(yes))), float(most.mean()), float(yes.mean())

    def rounded(self, name: str) -> np.ndarray:
        """The scores of today, rounded as the page rounds them."""
        return self.today[name].to_numpy(float).round(2)

    def under(self, **cuts: float) -> pd.DataFrame:
        """The five answers under other cuts."""
        return steps(self.values, replace(self.cuts, **cuts))


# ---- the rung of eight customers -----------------------------------------------------------------------------


def _above(d: Desk) -> np.ndarray:
    """Every cut taken as "above" in place of "from on"."""
    moved = {name: cut + HAIR for name, cut in d.cuts.numbers.items() if name != "window_days"}
    return rung(d.under(**moved, window_days=d.cuts.window_days - HAIR))


def _either(d: Desk) -> np.ndarray:
    """One of the two conditions taken to be enough, where both are asked."""
    parts = [d.under(recommend=-np.inf, joint=-np.inf), d.under(referrals=-np.inf, mutual=-np.inf)]
    return rung(np.maximum(*(part.fillna(0) for part in parts)))


CLIMBS = {
    "right": lambda d: d.at,
    "highest": lambda d: (d.answers.fillna(0).to_numpy() * np.arange(1, len(RUNGS))).max(axis=1).astype(int),
    "above": _above,
    "either": _either,
    "ever": lambda d: rung(d.under(window_days=np.inf)),
    "met": lambda d: np.maximum(d.at, 1),
}


def _eights(d: Desk, chance):
    """Eight customers of whom all is known, some for each mistake that it would place elsewhere."""
    if len(d.measured) < len(RUNGS) - 1:
        return
    known = d.values[[name for name in SHOWN if name != "days_since_last"]].notna().all(axis=1).to_numpy()
    pools = [np.flatnonzero(known & (at != d.at)) for name, at in d.climbs.items() if name != "right"]
    words = {name: f"{cut:.3g}" for name, cut in d.cuts.numbers.items()}
    while known.sum() >= CASES:
        some = []
        for pool in [*pools, np.flatnonzero(known & (d.at > 0)), np.flatnonzero(known)]:
            left = np.setdiff1d(pool, some)
            wanted = 1 if len(some) < len(pools) else CASES - len(some)
            some += chance.permutation(left)[:max(wanted, 0)].tolist()
        yield {"some": shuffled(some, chance), **words}


def _shown(d: Desk, some: list, **_) -> pd.DataFrame:
    rows = d.values.iloc[some][list(SHOWN)]
    digits = {name: 2 if name in ("intention", "attitude", "mutual") else 0 for name in SHOWN}
    told = {name.replace("_", " "): [number(v, digits[name]) for v in rows[name]] for name in SHOWN}
    return pd.DataFrame({"case": range(1, len(some) + 1), **told})


def _climbed(name: str):
    return lambda d, some, **_: [RUNGS[place] for place in d.climbs[name][some]]


PLACED = Exercise("rungs", versions=_eights, shows=_shown, right=_climbed("right"),
                  wrong={name: _climbed(name) for name in CLIMBS if name != "right"})


# ---- another cut ---------------------------------------------------------------------------------------------


def _cuts(d: Desk, chance) -> list[dict]:
    if not d.felt:
        return []
    spec = next(d.source["scales"][name] for name in climbing.ATTITUDE if name in d.source["scales"])
    to = [round(d.cuts.attitude + shift * (spec["high"] - spec["low"]) / 6, 2) for shift in SHIFTS]
    return [{"to": cut, "was": f"{d.cuts.attitude:.3g}"} for cut in shuffled(to, chance)
            if spec["low"] < cut <= spec["high"]]


def _recut(share):
    """A share in per cent, of the answers and rungs before and under the other cut."""
    def of(d: Desk, to: float, was: str) -> float:
        after = d.under(attitude=to)
        return 100 * float(share(d, after["supporter"].fillna(0).to_numpy(), rung(after)))
    return of


MOVED = Exercise("cut", versions=_cuts, right=_recut(lambda d, felt, at: np.mean(at != d.at)), wrong={
    "answers": _recut(lambda d, felt, at: np.mean(felt != d.answers["supporter"].fillna(0).to_numpy())),
    "level": _recut(lambda d, felt, at: np.mean(at >= FELT)),
    "clients": _recut(lambda d, felt, at: np.sum(at != d.at) / np.sum(d.at >= FELT - 1)),
    "rung": _recut(lambda d, felt, at: abs(np.mean(at == FELT) - np.mean(d.at == FELT))),
})


# ---- reproducibility, and the floor under it -----------------------------------------------------------------


def _lined(measure):
    return lambda d: None if d.lined is None else measure(*d.lined)


FLOOR = Exercise("floor", right=_lined(lambda found, floor, yes: floor), wrong={
    "found": _lined(lambda found, floor, yes: found),
    "gain": _lined(lambda found, floor, yes: found - floor),
    "rare": _lined(lambda found, floor, yes: 1 - floor),
    "yes": _lined(lambda found, floor, yes: yes),
})


# ---- two dates, and a shaky answer ---------------------------------------------------------------------------


def _asked_twice(d: Desk, chance) -> list[dict]:
    """Scores of several questions that were asked at two dates."""
    if len(d.waves) < 2:
        return []
    fit = {name: spec["alpha"] for name, spec in d.source["scales"].items()
           if name in WARM and len(spec["items"]) > 1 and 0 < spec["alpha"] < 1}
    return [{"construct": name, "rel": f"{fit[name]:.2f}", "first": d.waves[0]} for name in shuffled(fit, chance)]


def _shaky(measure):
    """A measure of the spread at the first date, the reliability as it is shown, and the number of customers."""
    def of(d: Desk, construct: str, rel: str, first: str) -> float:
        then = d.then[construct].dropna()
        return RELIABLE * float(measure(then.std(), 1 - float(rel), len(then)))
    return of


TWICE = Exercise("retest", versions=_asked_twice, right=_shaky(lambda s, e, n: s * np.sqrt(2 * e)), wrong={
    "once": _shaky(lambda s, e, n: s * np.sqrt(e)),
    "spread": _shaky(lambda s, e, n: s),
    "error": _shaky(lambda s, e, n: s * np.sqrt(2 * e) / RELIABLE),
    "mean": _shaky(lambda s, e, n: s * np.sqrt(2 / n)),
})


# ---- the decision --------------------------------------------------------------------------------------------


def _orders(d: Desk) -> list[np.ndarray]:
    """Orders of those who feel the relationship, of clients, and of all who do not feel it."""
    orders = d.values["orders"].to_numpy(float)
    return [orders[mine & np.isfinite(orders)] for mine in (d.at >= FELT, d.at == FELT - 1, d.at < FELT)]


def _decision(d: Desk) -> str | None:
    felt, clients, _ = _orders(d)
    if not d.felt or min(len(felt), len(clients)) < 2:
        return None
    return "drop" if stats.welch(felt, clients).high <= 0 else "pilot"


def _ahead(measure):
    return lambda d: float(measure(*(part.mean() for part in _orders(d)))) if _decision(d) else None


DECIDE = Exercise("decide", right=_decision)
AHEAD = Exercise("decide_number", right=_ahead(lambda felt, clients, rest: felt - clients), wrong={
    "others": _ahead(lambda felt, clients, rest: felt - rest),
    "times": _ahead(lambda felt, clients, rest: felt / clients),
    "turned": _ahead(lambda felt, clients, rest: clients - felt),
})

EXERCISES = [PLACED, MOVED, FLOOR, DECIDE, AHEAD, TWICE, KAPPA, VIEW]


def facts(d: Desk) -> dict[str, str]:
    """The student's own results as words, for the management summary."""
    said = {"n": f"{len(d.at):,}"}
    if d.felt:
        share = stats.share_interval(d.at >= FELT)
        _, _, after = rules.neighbours(d.values["attitude"], d.cuts.attitude)
        said |= dict(zip(("felt", "felt_low", "felt_high"), map(percent, share), strict=True), cut=f"{d.cuts.attitude:.3g}")
        if np.isfinite(after):
            said |= {"next_cut": number(after), "moved": percent(np.mean(rung(d.under(attitude=after)) != d.at))}
    if d.lined:
        said["found"] = number(d.lined[0])
    both = d.values[list(climbing.ATTITUDE)].dropna()
    r = correlated(*(both[name] for name in climbing.ATTITUDE), 0.95)
    if np.isfinite(r.low):
        said |= {"r": number(r.estimate), "low": number(r.low), "high": number(r.high)}
        said |= {"r_percent": percent(r.estimate)} if 0.15 < r.estimate < 0.9 else {}
    return said | _risen(d)


def _risen(d: Desk) -> dict[str, str]:
    """The share that stands higher than at the first date, where there was one."""
    if len(d.waves) < 2 or not d.felt:
        return {}
    before = pd.Series(rung(steps(climbing.seen(d.then), d.cuts)), index=d.then["customer_id"])
    now = pd.Series(d.at, index=d.today["customer_id"])
    gap = (now - before).dropna()
    return {"rose": percent((gap > 0).mean()), "fell": percent((gap < 0).mean())} if len(gap) else {}
