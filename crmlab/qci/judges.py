"""Do the raters of one firm see the same firm?"""

import math
import textwrap

import numpy as np
import pandas as pd

from crmlab.frame import picture
from crmlab.frame.errors import counted, listed
from crmlab.frame.glossary import number, percent
from crmlab.frame.result import Caption, LeftOut, Result, kind
from crmlab.frame.stats import Interval
from crmlab.measures.raters import icc, kappas
from crmlab.measures.scorecard import ELEMENTS, KEYS, scored
from crmlab.qci.choosing import beside, source
from crmlab.qci.drawing import down

STEPS = range(5)
FEWEST = 5  # crmlab rule: of fewer practices that all have rated no agreement is computed
KAPPA = "weighted κ, mean of all pairs"


@kind
class Raters(Result):
    """A row per coefficient; ``elements`` has the score that each rater gives each element."""

    firm: str
    elements: pd.DataFrame
    scores: pd.Series
    common: int
    together: int
    asked: int
    level: float
    named: bool  # of a class nobody is

    def _row(self, term: str, start: str) -> pd.Series:
        rows = self.table[(self.table["term"] == term) & self.table["method"].str.startswith(start)]
        return rows.iloc[0]

    def text(self) -> str:
        reality, intention = (self._row(term, "weighted") for term in ("reality", "intention"))
        one, all_ = (self._row("score", f"ICC(2,{k})") for k in ("1", "k"))
        kind_, strict = self.scores.idxmax(), self.scores.idxmin()
        said = []
        said.append(
            f"{len(self.scores)} raters judged {self.firm}. On what is really done they agree with weighted "
            f"κ = {_spelled(reality)}, on what is meant with {_spelled(intention)}; 1 would be the same "
            "answer everywhere, 0 no more than chance."
        )
        if np.isfinite(one.estimate):
            said.append(
                f"Of the differences between practices in one rater's scores about "
                f"{percent(max(one.estimate, 0))} would be seen by any other rater too: ICC(2,1) = "
                f"{_spelled(one)}. The mean of the {self.together} carries {number(all_.estimate)}, "
                f"interval {number(all_.low)} to {number(all_.high)}."
                if np.isfinite(all_.low) and all_.estimate > 0
                else f"ICC(2,1) is {_spelled(one)}."
            )
        kindest, strictest = (f", {name}," if self.named else "" for name in (kind_, strict))
        said.append(
            f"The kindest{kindest} gives {self.scores[kind_]:.0f} points in all, the strictest{strictest} "
            f"{self.scores[strict]:.0f}."
            if self.scores[kind_] - self.scores[strict] >= 1
            else "None of them is kinder in all than the others, by as much as a point."
        )
        if self.common < self.asked:
            said.append(
                f"{self.common} of {counted(self.asked, 'practice')} were answered by all; the intraclass "
                "correlations rest on these."
            )
        elif self.together < len(self.scores):
            said.append(
                f"{self.together} of {len(self.scores)} raters answered every practice; the intraclass "
                "correlations rest on them."
            )
        return " ".join(said)

    def caption(self) -> Caption:
        reality = self._row("reality", "weighted")
        said = "agree with" if reality.estimate > 0 else "do not agree, with"
        finding = f"The raters of {self.firm} {said} κ = {number(reality.estimate)} on what is done"
        wide = (self.elements.max(axis=1) - self.elements.min(axis=1)).sort_values(ascending=False)
        return Caption(
            finding,
            f"{self.source['title']} · score of each element, by rater · {counted(self.asked, 'practice')}",
            f"Widest apart: {wide.index[0]}, by {wide.iloc[0]:.0f} points" if len(wide) else "",
        )

    @property
    def size(self):
        return (7.2, 4.8 + self._legend)

    @property
    def _legend(self) -> float:
        """Inches that the signs of the raters take, three in a row."""
        count = self.elements.shape[1]
        return 0.12 + 0.21 * math.ceil(count / 3) if self.named else 0.0

    def draw(self, ax) -> None:
        few = self.named
        for place, (_, row) in enumerate(self.elements.iterrows()):
            ax.plot([row.min(), row.max()], [place, place], color=picture.FAINT, lw=7, zorder=1)
            ax.plot([row.mean()] * 2, [place - 0.28, place + 0.28], color=picture.INK, lw=1.8, zorder=3)
        for at, name in enumerate(self.elements):
            color, marker = (picture.GROUPS[at], picture.MARKERS[at]) if few else (picture.QUIET, "o")
            ax.plot(
                self.elements[name],
                range(len(self.elements)),
                marker,
                color=color,
                ms=7 if few else 5,
                alpha=0.95 if few else 0.5,
                label=str(name),
                zorder=4 if few else 2,
            )
        key = "Stroke: mean of the raters."
        if not few:
            down(ax, self.elements.index, f"{key} A dot is one of {self.elements.shape[1]} raters.")
            return
        down(ax, self.elements.index, key, below=self._legend)
        names = [textwrap.shorten(str(name), 24, placeholder="…") or str(name)[:24] for name in self.elements]
        ax.figure.legend(
            ax.lines[-len(names) :], names, loc="lower left", ncols=3, frameon=False, fontsize=9.5
        )

    def headline(self) -> dict:
        one, all_ = (self._row("score", f"ICC(2,{k})") for k in ("1", "k"))
        return {
            "kappa": self._row("reality", "weighted").estimate,
            "icc": one.estimate,
            "icc_mean": all_.estimate,
            "kappa_intention": self._row("intention", "weighted").estimate,
            "raters": len(self.scores),
            "practices": self.asked,
        }


def _spelled(row) -> str:
    return number(row.estimate) + (
        f" ({number(row.low)} to {number(row.high)})" if np.isfinite(row.low) else ""
    )


def raters(
    table: pd.DataFrame, *, firm: str | None = None, alpha: float = 0.05, draws: int = 2000, seed: int = 1
) -> Raters | LeftOut:
    """How far the raters of one firm agree, practice by practice.

    Quadratic weighted kappa (Cohen 1968; Fleiss & Cohen 1973) of reality and of intention as they were
    answered, the mean over all pairs of raters, with a BCa interval over practices; ICC(2,1) and ICC(2,k)
    (Shrout & Fleiss 1979) of the scores, with intervals on F (McGraw & Wong 1996); they take no gaps, and so
    rest on the practices that all have rated or on the raters who rated all, whichever are more answers. Raters who answered fewer than half of the practices are left out and named. Left out
    with one rater, or fewer than 5 practices.

    >>> import crmlab as crm
    >>> firms = crm.open_table("assessments", "world:firms", seed=1, truth={"raters": 3})
    >>> crm.qci.raters(firms, firm="F07", draws=200).headline()["raters"]
    3
    """
    given, level = beside(table, firm), 1 - alpha
    title, from_ = f"Do the raters of {given.firm} agree?", source(table)
    rows = given.rows[given.rows["applicable"].fillna(1) != 0] if "applicable" in given.rows else given.rows
    wide, out = _wide(rows)
    if len(wide["score"].columns) < 2 or len(wide["score"]) < FEWEST:
        judged = counted(len(wide["score"].columns), "rater")
        practices = counted(len(wide["score"]), "practice")
        takes = f"agreement takes two raters and {FEWEST} practices"
        return LeftOut(
            title=title,
            table=pd.DataFrame(),
            source=from_,
            reason=f"{given.firm} has {judged} with {practices}; {takes}",
        )
    coefficients = _coefficients(wide, level, draws, seed)
    by_rater = scored(rows[rows["rater"].isin(wide["score"].columns)].assign(firm=lambda t: t["rater"]))
    elements = by_rater.elements.pivot(index="element", columns="firm", values="score")
    elements = elements.reindex(index=list(ELEMENTS), columns=list(wide["score"].columns)).dropna(how="all")
    named = not given.card.short and len(elements.columns) <= len(picture.GROUPS)
    who = listed(out, quote=False) if named else counted(len(out), "rater")
    settings = (
        "disagreements count by their square; answers as given, "
        f"scores {'as the short form has them' if given.card.short else 'with the rule of evidence'}; "
        f"{level * 100:g} % intervals, {draws:,} draws, seed {seed}"
        + (f"; left out, with fewer than half answered: {who}" if out else "")
    )
    return Raters(
        title=title,
        table=coefficients,
        firm=given.firm,
        elements=elements.rename(index=ELEMENTS),
        scores=by_rater.firms.set_index("firm")["score"],
        common=int(coefficients["n"].iloc[-1]),
        together=_whole(wide["score"]).shape[1],
        asked=len(wide["score"]),
        level=level,
        named=named,
        source=from_,
        settings=settings,
    )


def _coefficients(wide: dict, level: float, draws: int, seed: int) -> pd.DataFrame:
    """Kappa of both answers, and the two intraclass correlations of what is rated without gaps."""
    whole = _whole(wide["score"])
    fit = len(whole) >= FEWEST and len(whole.columns) > 1
    agree = icc(whole.to_numpy(), level=level) if fit else None
    none = Interval(np.nan, np.nan, np.nan)
    found = [
        (term, KAPPA, kappas(wide[term], STEPS, level=level, draws=draws, seed=seed), int((wide[term].notna().sum(axis=1) > 1).sum()))
        for term in ("reality", "intention")
    ]
    one, mean = (agree.single, agree.mean) if agree else (none, none)
    found += [
        ("score", "ICC(2,1), one rater", one, len(whole)),
        ("score", f"ICC(2,k), mean of {len(whole.columns)} raters", mean, len(whole)),
    ]
    rows = [{"term": term, "method": method, **at._asdict(), "n": n} for term, method, at, n in found]
    return pd.DataFrame(rows)


def _whole(score: pd.DataFrame) -> pd.DataFrame:
    """The practices without a gap, or the raters without one: whichever keeps more answers."""
    return max(score.dropna(), score.dropna(axis=1), key=lambda part: part.size)


def _wide(rows: pd.DataFrame) -> tuple[dict[str, pd.DataFrame], list[str]]:
    """Practices × raters of what was answered and of the scores, and the raters who answered too little."""
    named = rows if "rater" in rows else rows.assign(rater="rater 1")
    by_rater = scored(named.assign(firm=named["rater"])).practices.rename(columns={"firm": "rater"})
    score = by_rater.pivot(index="practice", columns="rater", values="score").reindex(KEYS).dropna(how="all")
    kept = [
        name for name in dict.fromkeys(named["rater"]) if name in score and score[name].notna().mean() >= 0.5
    ]
    wide = {
        name: named.pivot(index="practice", columns="rater", values=name)
        .reindex(KEYS)[kept]
        .dropna(how="all")
        for name in ("reality", "intention")
    }
    return {"score": score[kept].dropna(how="all"), **wide}, [str(name) for name in score if name not in kept]
