"""The ladder from prospect to partner, with the customers on it."""

import numpy as np
import pandas as pd
from scipy.special import ndtr

from crmlab.frame import picture, stats
from crmlab.frame.errors import counted
from crmlab.frame.glossary import number, p_clause, percent
from crmlab.frame.result import Caption, Result, kind
from crmlab.measures import rules, tables
from crmlab.relationships.climbing import ATTITUDE, QUESTIONS, RUNGS, Cuts, climb, latest, rung, seen, steps
from crmlab.relationships.guttman import Scalogram, scalogram

PLURAL = {"prospect": "prospects", "customer": "customers", "client": "clients", "supporter": "supporters",
          "ambassador": "ambassadors", "partner": "partners"}
SCORES = ("attitude", "recommend", "intention", "mutual")
MOKKEN = ((0.5, "strong"), (0.4, "medium"), (0.3, "weak"))


@kind
class Ladder(Result):
    """A row per rung; ``customers`` has rung, rule and next step of each, ``moves`` the share a cut moves."""

    customers: pd.DataFrame
    ids: pd.Series
    answers: pd.DataFrame
    moves: dict
    retest: float
    order: Scalogram | None
    level: float

    def _shares(self) -> dict:
        """Share of each rung that these data can see."""
        return {row[1]: row.share for row in self.table.itertuples() if row.share == row.share}

    @property
    def felt(self) -> bool:
        """Whether the data say what customers feel; without it nobody can be seen above client."""
        return "supporter" in self._shares()

    @property
    def moved(self) -> float:
        return max(self.moves.values(), default=0.0)

    def text(self) -> str:
        said = ", ".join(f"{percent(share)} {PLURAL[name]}" for name, share in self._shares().items())
        return " ".join(part for part in (f"Of {len(self.customers):,}: {said}.", self._cut(), self._order(),
                                          self._unknown()) if part)

    def _cut(self) -> str:
        if not self.felt:
            return "These data say what was bought, not what is felt: the ladder ends at client."
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
            return "Whether the steps form a ladder cannot be seen: too few customers have all five answered."
        if o.p >= 1 - self.level:
            return (f"It is not a ladder: H = {number(o.h.estimate)}, {p_clause(o.p)}; the steps line up no better than "
                    f"chance would have it. Reproducibility {number(o.reproducibility)} looks fine and means nothing, "
                    f"since chance alone gives {number(o.reproducibility_null)}.")
        how = next((f"a {word} ladder" for cut, word in MOKKEN if o.h.estimate >= cut), "a ladder with many exceptions")
        return (f"The steps form {how}: H = {number(o.h.estimate)}, interval {number(o.h.low)} to {number(o.h.high)}, "
                f"over and above what the definitions alone force. Reproducibility is {number(o.reproducibility)}, but "
                f"chance alone would give {number(o.reproducibility_null)}.")

    def _unknown(self) -> str:
        flags = self.customers["flag"]
        unsure = flags[flags != ""]
        if not len(unsure) or not self.felt:
            return ""
        return (f"For {counted(len(unsure), 'customer')} something was not measured (most often: "
                f"{unsure.mode().iloc[0]}); nothing was guessed.")

    def caption(self) -> Caption:
        shares = self._shares()
        warm = sum(shares.get(name, 0) for name in RUNGS[3:])
        finding = (f"{percent(warm)} feel the relationship; {percent(shares['prospect'])} have not bought yet"
                   if self.felt else f"{percent(shares['client'])} buy again; what they feel, nobody asked")
        return Caption(finding, f"{self.source.get('title', '')} · n = {len(self.customers):,} · share of customers on each rung",
                       "Ladder from bottom to top: " + ", ".join(f"{k} {percent(v)}" for k, v in shares.items()))

    @property
    def size(self):
        return (7.2, 5.2)

    def draw(self, ax) -> None:
        shares, wide = self._shares(), max(self.table["share"].max(), 0.01)
        for place, name in enumerate(RUNGS):
            left = 0.16 * place
            share = shares.get(name, 0.0)
            told = place >= 3 if self.felt else place == 2
            color = picture.ACCENT if told else picture.QUIET
            ax.barh(place, share / wide, 0.52, left=left, color=color, zorder=3)
            ax.annotate(name, (left, place), (-7, 0), textcoords="offset points", ha="right", va="center",
                        fontweight="bold", fontsize=11.5)
            ax.annotate(percent(shares.get(name, np.nan)), (left + share / wide, place), (6, 0), textcoords="offset points", va="center")
            if place:
                ax.annotate(QUESTIONS[name], (left, place - 0.5), (-2, 0), textcoords="offset points", va="center",
                            style="italic", color=picture.GREY, fontsize=9.5)
        note = "above this line attitude is needed" if self.felt else "above this line: not asked"
        ax.axhline(2.3, color=picture.GREY, ls="--", lw=1.1, zorder=1)
        ax.annotate(note, (0, 2.32), xycoords=("axes fraction", "data"), ha="left", va="bottom", color=picture.GREY,
                    fontsize=9.5)
        ax.set_xlim(-0.42, 0.16 * 5 + 1.12)
        ax.set_ylim(-0.45, 5.45)
        ax.set_axis_off()

    def headline(self) -> dict:
        o = self.order
        scale = dict(zip(("reproducibility", "reproducibility_null", "scalability", "loevinger_h"),
                         (o.reproducibility, o.reproducibility_null, o.scalability, o.h.estimate) if o else [np.nan] * 4,
                         strict=True))
        return {"customers": len(self.customers), "rung_shares": self._shares(), **scale,
                "moved_by_next_score": self.moved}


def ladder(scores: pd.DataFrame, *, cuts: Cuts | None = None, alpha: float = 0.05, draws: int = 2000,
           seed: int = 1) -> Ladder:
    """The rung of every customer from what was bought, felt and done (Payne et al. 1993), and how sure it is.

    The dividing questions are the field's; the cuts are crmlab rules (:class:`Cuts`). A missing attitude stops
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
    cuts = (cuts or Cuts()).on(source.get("scales", {}))
    values = seen(scores)
    answers = steps(values, cuts)
    customers = climb(scores, cuts)
    shares, felt = customers["class"].value_counts(normalize=True), values["attitude"].notna().any()
    rows = []
    for name in RUNGS:
        share = float(shares.get(name, 0.0)) if felt or name in RUNGS[:3] else np.nan
        low, high = stats.wilson(share, len(customers), 1 - alpha) if share == share else (np.nan, np.nan)
        rows.append({"class": name, "customers": int((customers["class"] == name).sum()), "share": share,
                     "low": low, "high": high})
    whole = answers.dropna().to_numpy()
    order = scalogram(whole, level=1 - alpha, draws=draws, seed=seed) if len(whole) >= 20 else None
    return Ladder(title="The ladder of relationships", table=pd.DataFrame(rows), customers=customers,
                  ids=_ids(scores), answers=answers,
                  moves=_moves(values, answers, cuts), retest=_retest(values, answers, cuts, source), order=order,
                  level=1 - alpha, source=source,
                  settings=f"cuts (crmlab rules): {_spelled(cuts)}; {draws:,} draws, seed {seed}")


def _ids(scores: pd.DataFrame) -> pd.Series:
    known = "customer_id" in scores.columns
    return scores["customer_id"].astype(str) if known else pd.Series(scores.index.astype(str), index=scores.index)


def _spelled(cuts: Cuts) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value:g}" for name, value in vars(cuts).items())


def _moves(values: pd.DataFrame, answers: pd.DataFrame, cuts: Cuts) -> dict[str, float]:
    """Per score, the largest share that changes rung when its cut moves to the next attainable score."""
    before, out = rung(answers), {}
    for name in SCORES:
        if values[name].notna().any():
            below, _, after = rules.neighbours(values[name], getattr(cuts, name))
            changed = [np.mean(rung(steps(values, Cuts(**{**vars(cuts), name: cut}))) != before)
                       for cut in (below, after) if np.isfinite(cut)]
            out[name] = float(max(changed, default=0.0))
    return out


def _retest(values: pd.DataFrame, answers: pd.DataFrame, cuts: Cuts, source: dict) -> float:
    scales = source.get("scales", {})
    reliable = {"attitude": _attitude_alpha(values, scales), "mutual": scales.get("mutual", {}).get("alpha", np.nan)}
    again = {name: _above_again(values[name], getattr(cuts, name), reliable[name]) for name in reliable}
    if again["attitude"] is None or again["mutual"] is None:
        return np.nan
    at, q = rung(answers), answers.fillna(0).to_numpy()
    felt, mutual = again["attitude"], np.where(values["joint"] >= cuts.joint, again["mutual"], 0.0)
    stays = np.ones(len(at))
    stays = np.where(at == 2, 1 - felt, stays)
    stays = np.where(at >= 3, felt, stays)
    climbs = np.where(q[:, 3] == 1, mutual, 0.0)
    stays = np.where(at == 4, stays * (1 - climbs), np.where(at == 5, stays * mutual, stays))
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
