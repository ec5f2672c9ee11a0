"""The ladder from prospect to partner, with the customers on it."""

from dataclasses import replace
from itertools import takewhile

import numpy as np
import pandas as pd
from scipy.special import ndtr

from crmlab.frame import picture, stats
from crmlab.frame.errors import counted
from crmlab.frame.glossary import number, p_clause, percent
from crmlab.frame.result import Caption, Result, Sentence, kind
from crmlab.measures import rules, tables
from crmlab.relationships.climbing import (
    ASKED_BY,
    ATTITUDE,
    QUESTIONS,
    RUNGS,
    Cuts,
    climb,
    latest,
    measured,
    question,
    rung,
    seen,
    steps,
)
from crmlab.relationships.guttman import Scalogram, lined_up, unlike

PLURAL = {"prospect": "prospects", "customer": "customers", "client": "clients", "supporter": "supporters",
          "ambassador": "ambassadors", "partner": "partners"}
SCORES = {"attitude": "supporter", "recommend": "ambassador", "intention": "client", "mutual": "partner"}
MOKKEN = ((0.5, "strong"), (0.4, "medium"), (0.3, "weak"))
#: What data do not say that end at this rung.
ENDS = {"customer": "These data do not say whether those who bought come back",
        "client": "These data say what was bought, not what is felt",
        "supporter": "These data do not say who recommends and brings others along",
        "ambassador": "These data do not say where both sides are active"}


@kind
class Ladder(Result):
    """A row per rung; ``customers`` has rung, rule and next step of each, ``moves`` the share a cut moves.

    ``measured`` are the rungs whose question these data answer, ``unseen`` says why there is no ``order``.
    """

    customers: pd.DataFrame
    answers: pd.DataFrame
    spelled: pd.Series
    measured: tuple
    cuts: Cuts
    moves: dict
    retest: float
    order: Scalogram | None
    unseen: str
    level: float

    def _shares(self) -> dict:
        """Share of each rung that these data can see."""
        return {row[1]: row.share for row in self.table.itertuples() if row.share == row.share}

    @property
    def top(self) -> str:
        """The highest rung that these data can see."""
        return RUNGS[_ceiling(self.measured)]

    @property
    def felt(self) -> bool:
        """Whether the data say what customers feel; without it nobody can be seen above client."""
        return _ceiling(self.measured) >= 3

    @property
    def moved(self) -> float:
        return max(self.moves.values(), default=0.0)

    def text(self) -> str:
        said = ", ".join(f"{percent(share)} {PLURAL[name]}" for name, share in self._shares().items())
        parts = (f"Of {len(self.customers):,}: {said}.", self._bounds(), self._cut(), self._order(), self._unknown())
        return " ".join(part for part in parts if part)

    def _bounds(self) -> str:
        """What these data cannot see below and above."""
        below = "" if "prospect" in self._shares() else "Only buyers are in these data."
        both = self.top == "supporter" and self.cuts.felt_by == "both"
        ends = "These data do not say whether the other side feels it too" if both else ENDS.get(self.top)
        above = f"{ends}: the ladder ends at {self.top}." if ends else ""
        return f"{below} {above}".strip()

    def _cut(self) -> str:
        if not self.moves:
            return ""
        worst = max(self.moves, key=self.moves.get)
        known = (f" If attitude and mutual effort were asked again, about {percent(self.retest)} would stand on "
                 "the same rung, going by the alphas of these; all else, single questions and counts, is taken as it "
                 "stands, so that in truth it may be fewer." if np.isfinite(self.retest) else "")
        return (f"Move the cut of {worst} to the next score one can give, and {percent(self.moved)} change their "
                f"rung.{known}")

    def _order(self) -> str:
        o = self.order
        if o is None:
            return f"Whether the steps form a ladder cannot be seen: {self.unseen}."
        if o.p >= 1 - self.level:
            said = (f"It is not a ladder: H = {number(o.h.estimate)}, {p_clause(o.p)}; the steps line up no better than "
                    f"chance would have it. Reproducibility {number(o.reproducibility)} looks fine and means nothing, "
                    f"since chance alone gives {number(o.reproducibility_null)}.")
        else:
            how = next((f"a {word} ladder" for cut, word in MOKKEN if o.h.estimate >= cut), "a ladder with many exceptions")
            said = (f"The steps form {how}: H = {number(o.h.estimate)}, interval {number(o.h.low)} to {number(o.h.high)}, "
                    f"over and above what the definitions alone force. Reproducibility is {number(o.reproducibility)}, but "
                    f"chance alone would give {number(o.reproducibility_null)}.")
        return f"{said} {self.rests}".strip()

    @property
    def rests(self) -> str:
        """On how many customers the order rests where not all answered, and whether they are like the rest."""
        whole = self.answers.notna().all(axis=1)
        if self.order is None or whole.all():
            return ""
        said = f"That rests on the {self.order.customers:,} of {len(whole):,} whose five answers are known"
        odd = unlike(self.answers, whole)
        return f"{said}; {odd}." if odd else f"{said}."

    def _unknown(self) -> str:
        flags, said = self.customers["flag"], []
        for missing, asked in (ATTITUDE, ATTITUDE[::-1]):
            alone = int((flags == f"{missing} missing").sum())
            said += [f"For {counted(alone, 'customer')} attitude is {asked} alone."] * bool(alone)
        whole = {f"{name} not measured" for name in RUNGS[1:] if name not in self.measured}
        unsure = flags[flags.str.endswith("not measured") & ~flags.isin(whole)]
        if len(unsure) and self.felt:
            said.append(f"For {counted(len(unsure), 'customer')} something was not measured (most often: "
                        f"{unsure.mode().iloc[0]}); nothing was guessed.")
        return " ".join(said)

    def answer(self) -> Sentence:
        """The finding with what it hangs on: more than the title of the picture beside it says."""
        worst = max(self.moves, key=self.moves.get, default="")
        hangs = (f"With these data nobody can be seen above {self.top}." if self.top in ENDS else
                 f"The cuts are ours: one score further on {worst}, and {percent(self.moved)} stand on another rung.")
        return Sentence(f"{self._finding()}. {hangs}")

    def _finding(self) -> str:
        shares = self._shares()
        if self.felt:
            warm = sum(shares.get(name, 0) for name in RUNGS[3:])
            cold = f"; {percent(shares['prospect'])} have not bought yet" if "prospect" in shares else ""
            return f"{percent(warm)} feel the relationship{cold}"
        if self.top == "client":
            return f"{percent(shares['client'])} buy again; what they feel, nobody asked"
        return f"{percent(shares['customer'])} bought; whether they come back, these data do not say"

    def caption(self) -> Caption:
        return Caption(self._finding(),
                       f"{self.source.get('title', '')} · n = {len(self.customers):,} · share of customers on each rung",
                       "Ladder from bottom to top: " + ", ".join(f"{k} {percent(v)}" for k, v in self._shares().items()))

    @property
    def size(self):
        return (7.2, 4.9)

    def draw(self, ax) -> None:
        """A rung is filled as far as it is peopled, the fullest wholly; below it stands the question that leads to it."""
        shares, wide = self._shares(), max(self.table["share"].max(), 0.01)
        end = _ceiling(self.measured)
        for rail in (0, 1):
            ax.plot([rail, rail], [-0.45, 5.4], color=picture.INK, lw=4, zorder=4, solid_capstyle="round")
        for place, name in enumerate(RUNGS):
            known = name in shares
            ax.barh(place, 1, 0.34, color=picture.FAINT if known else "none", edgecolor=picture.FAINT,
                    ls="-" if known else ":", zorder=1)
            ax.barh(place, shares.get(name, 0) / wide, 0.34, color=picture.ACCENT if place >= min(end, 3) else picture.QUIET,
                    zorder=3)
            ax.annotate(name, (0, place), (-10, 0), textcoords="offset points", ha="right", va="center",
                        fontweight="bold", fontsize=11.5, color=picture.INK if known else picture.GREY)
            ax.annotate(percent(shares[name]) if known else "not seen here", (shares.get(name, 0) / wide, place), (6, 0),
                        textcoords="offset points", va="center", zorder=5, color=picture.INK if known else picture.GREY)
            if place:
                ax.annotate(question(name, self.cuts), (0, place - 0.5), (8, 0), textcoords="offset points", va="center",
                            style="italic", color=picture.GREY, fontsize=9.5)
        note, at = ("above, somebody must have asked", 2) if end == 5 else (f"not seen above {self.top}", end)
        ax.annotate(f"▲ {note}", (1, at + 0.5), (-10, 0), textcoords="offset points", ha="right", va="center", fontsize=9.5)
        ax.set_xlim(-0.01, 1.1)
        ax.set_ylim(-0.5, 5.45)
        ax.set_axis_off()
        width, height = ax.figure.get_size_inches()
        ax.figure.subplots_adjust(left=1.3 / width, bottom=0.1 / height)

    def headline(self) -> dict:
        o = self.order
        scale = dict(zip(("reproducibility", "reproducibility_null", "scalability", "loevinger_h"),
                         (o.reproducibility, o.reproducibility_null, o.scalability, o.h.estimate) if o else [np.nan] * 4,
                         strict=True))
        return {"customers": len(self.customers), "rung_shares": self._shares(), **scale,
                "moved_by_next_score": self.moved}

    def record(self) -> dict:
        return {**super().record(), "cuts": vars(self.cuts), "asked_by": ASKED_BY, "moved_by": self.moves,
                "same_rung_at_retest": self.retest}


def ladder(scores: pd.DataFrame, *, cuts: Cuts | None = None, felt_by: str | None = None, alpha: float = 0.05,
           draws: int = 2000, seed: int = 1) -> Ladder:
    """The rung of every customer from what was bought, felt and done (Payne et al. 1993), and how sure it is.

    Whose the dividing questions are is kept in :data:`~crmlab.relationships.climbing.ASKED_BY` and in the record;
    the cuts are crmlab rules (:class:`Cuts`). ``felt_by="both"`` asks both sides before somebody is an ambassador, as
    Peelen (2005) does; otherwise the customer alone is asked, a rung earlier. A missing attitude stops
    the climb at client and is flagged. With several waves the last one counts. ``moves`` says for each score
    which share changes rung when its cut moves to the next attainable score; ``retest`` the share expected on the
    same rung when attitude and mutual effort are asked again (their alphas; single questions, such as
    ``recommend``, and counts as they stand). Whether it is a ladder at all: Loevinger's H (1948) over the steps
    that do not follow by definition, with a BCa interval and a permutation p, and Guttman's reproducibility
    beside what chance gives.

    Raises CrmlabError without a column of orders.

    >>> import crmlab as crm
    >>> ladder(crm.score(crm.open_table("dyads", "world:dyads", seed=1)), draws=200).table["class"].tolist()
    ['prospect', 'customer', 'client', 'supporter', 'ambassador', 'partner']
    """
    source, scores = tables.provenance(scores), latest(scores)
    cuts = replace(cuts or Cuts(), **{"felt_by": felt_by} if felt_by else {}).on(source.get("scales", {}))
    values = seen(scores)
    answers, asked = steps(values, cuts), measured(values, cuts)
    customers = climb(scores, cuts)
    customers.insert(0, "customer_id", tables.ids(scores))
    order, unseen = lined_up(answers, asked, 1 - alpha, draws, seed, shared=cuts.felt_by == "both")
    return Ladder(title="The ladder of relationships", table=_rows(customers["class"], asked, alpha),
                  customers=customers.drop(columns="steps"), spelled=customers["steps"], answers=answers, measured=asked,
                  cuts=cuts, moves=_moves(values, answers, cuts, asked), retest=_retest(values, answers, cuts, source, asked),
                  order=order, unseen=unseen, level=1 - alpha, source=source,
                  settings=f"cuts (crmlab rules): {_told(cuts)}; {draws:,} draws, seed {seed}")


def _ceiling(asked: tuple) -> int:
    """How far up the questions were asked without a gap."""
    return len(list(takewhile(lambda step: step in asked, RUNGS[1:])))


def _rows(classes: pd.Series, asked: tuple, alpha: float) -> pd.DataFrame:
    """A row per rung; no share where the question was not asked, nor of prospects where all have bought."""
    rows = []
    for place, name in enumerate(RUNGS):
        count = int((classes == name).sum())
        known = 0 < place <= _ceiling(asked) or place == 0 < count
        share = count / len(classes) if known else np.nan
        low, high = stats.wilson(share, len(classes), 1 - alpha) if known else (np.nan, np.nan)
        rows.append({"class": name, "customers": count, "share": share, "low": low, "high": high})
    return pd.DataFrame(rows)


def _told(cuts: Cuts) -> str:
    said = ", ".join(f"{name.replace('_', ' ')} {value:.3g}" for name, value in cuts.numbers.items())
    return said + "; felt by both sides" * (cuts.felt_by == "both")


def _moves(values: pd.DataFrame, answers: pd.DataFrame, cuts: Cuts, asked: tuple) -> dict[str, float]:
    """Per score that decides here, the largest share that changes rung when its cut moves to the next attainable one."""
    before, out = rung(answers), {}
    first = {"mutual": "ambassador"} if cuts.felt_by == "both" else {}
    for name, step in (SCORES | first).items():
        if values[name].notna().any() and step in RUNGS[:_ceiling(asked) + 1]:
            below, _, after = rules.neighbours(values[name], getattr(cuts, name))
            changed = [np.mean(rung(steps(values, replace(cuts, **{name: cut}))) != before)
                       for cut in (below, after) if np.isfinite(cut)]
            out[name] = float(max(changed, default=0.0))
    return out


def _retest(values: pd.DataFrame, answers: pd.DataFrame, cuts: Cuts, source: dict, asked: tuple) -> float:
    if len(asked) < len(QUESTIONS):
        return np.nan
    scales = source.get("scales", {})
    reliable = {"attitude": _attitude_alpha(values, scales), "mutual": scales.get("mutual", {}).get("alpha", np.nan)}
    again = {name: _above_again(values[name], getattr(cuts, name), reliable[name]) for name in reliable}
    if again["attitude"] is None or again["mutual"] is None:
        return np.nan
    at, q = rung(answers), answers.fillna(0).to_numpy()
    if cuts.felt_by == "both":
        return _retest_both(values, at, cuts, *again.values())
    felt, mutual = again["attitude"], np.where(values["joint"] >= cuts.joint, again["mutual"], 0.0)
    stays = np.ones(len(at))
    stays = np.where(at == 2, 1 - felt, stays)
    stays = np.where(at >= 3, felt, stays)
    climbs = np.where(q[:, 3] == 1, mutual, 0.0)
    stays = np.where(at == 4, stays * (1 - climbs), np.where(at == 5, stays * mutual, stays))
    return float(stays.mean())


def _retest_both(values: pd.DataFrame, at: np.ndarray, cuts: Cuts, felt: np.ndarray, mutual: np.ndarray) -> float:
    """The same where mutual effort is asked of ambassadors too: with it they stay, and those who speak for us come."""
    speaks = (values["recommend"] >= cuts.recommend) & (values["referrals"] >= cuts.referrals)
    stays = np.select([at == 2, at == 3, at >= 4], [1 - felt, felt * (1 - np.where(speaks, mutual, 0)), felt * mutual], 1.0)
    return float(stays.mean())


def _attitude_alpha(values: pd.DataFrame, scales: dict) -> float:
    """Reliability of the mean of trust and commitment: stratified alpha (Cronbach, Schönemann & McKie 1965)."""
    asked = [name for name in ATTITUDE if name in scales]
    both = values[asked].dropna()
    error, total = sum(both[name].var() * (1 - scales[name]["alpha"]) for name in asked), both.sum(axis=1).var()
    return float(1 - error / total) if total > 0 else np.nan


def _above_again(values: pd.Series, cut: float, rho: float) -> np.ndarray | None:
    """Probability that a second answer reaches the cut (Lord & Novick 1968); 0 where nothing was answered."""
    if not 0 < rho < 1 or values.notna().sum() < 2:
        return None
    again = values.mean() + rho * (values - values.mean())
    edge = rules.edge(values, cut)
    return ndtr((again - edge) / (values.std() * np.sqrt(1 - rho**2))).fillna(0).to_numpy()
