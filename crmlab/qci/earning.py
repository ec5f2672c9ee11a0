"""Do firms that manage their customers well do well? Scores beside results, firm by firm."""

import numpy as np
import pandas as pd

from crmlab.frame import correlations, picture, stats
from crmlab.frame.errors import counted, listed
from crmlab.frame.glossary import number, p_clause
from crmlab.frame.result import Caption, LeftOut, Result, kind
from crmlab.measures.scorecard import ELEMENTS, scored
from crmlab.qci.choosing import latest, small, source
from crmlab.qci.drawing import at_right, explain
from crmlab.qci.firms import firm_scores

FEWEST = 10  # crmlab rule: of fewer firms no correlation is shown
NAMED, AGAINST = ("people", "measurement", "activity"), "information"
PUBLISHED = 21  # companies in Woodcock (2000)
ALTERNATIVE = 0.8  # a correlation to show what a small sample leaves open
WHOLE = "Overall"


@kind
class Performance(Result):
    """A row per correlation with performance, then one per difference of two; ``firms`` as scored."""

    firms: pd.DataFrame
    level: float

    def _rows(self, unit: str) -> pd.DataFrame:
        return self.table[self.table["unit"] == unit]

    @property
    def whole(self) -> pd.Series:
        return self.table.iloc[0]

    @property
    def side(self) -> int:
        """The direction these firms show: 1 or −1, or 0 where they do not settle it."""
        r = self.whole
        if abs(r.estimate) >= stats.PERFECT:
            return int(np.sign(r.estimate))
        return stats.side(stats.Interval(r.estimate, r.low, r.high))

    def text(self) -> str:
        return " ".join([self._found(), self._elements(), self._claim(), self._how_little(), CAUTION, CLAIM])

    def _found(self) -> str:
        r = self.whole
        ends = f"{self.level * 100:g} % interval {number(r.low)} to {number(r.high)}" if np.isfinite(r.low) else (
            "no interval")
        holds = "The interval holds 0, so these" if np.isfinite(r.low) else "These"
        open_ = "" if self.side else f" {holds} firms do not settle whether the two go together."
        return (
            f"Over {counted(int(r.firms), 'firm')} the overall score and performance have r ="
            f" {number(r.estimate)}, {ends}.{open_}"
        )

    def _elements(self) -> str:
        rows = self._rows("r").iloc[1:]
        rows = rows[rows["estimate"].notna()]
        if len(rows) < 2:
            return "Element by element nothing can be said."
        best, least = rows.loc[rows["estimate"].idxmax()], rows.loc[rows["estimate"].idxmin()]
        apart = " Their intervals overlap." if best.low < least.high else ""
        return (
            f"Of the elements {small(best.term)} has the highest r with it ({number(best.estimate)}), "
            f"{small(least.term)} the lowest ({number(least.estimate)}).{apart}"
        )

    def _claim(self) -> str:
        rows = self._rows("difference of r").dropna(subset=["estimate"])
        rows = rows.assign(short=rows["term"].str.split(" less ").str[0].map(small))
        start = (
            "Woodcock, Stone & Foss (2003) name measurement, people and activity as the areas that go most"
            " with performance. "
        )
        if not len(rows):
            return start + "These elements were not answered, so this cannot be looked at here."
        sizes = [
            f"{number(row.estimate)} for {row.short} ({p_clause(row.p_adjusted)})"
            for row in rows.itertuples()
        ]
        clear = rows[(rows["p_adjusted"] < 1 - self.level) & (rows["estimate"] > 0)]
        fate = (
            "none is above 0 beyond doubt"
            if not len(clear)
            else (
                f"{listed(clear['short'], quote=False)} {'is' if len(clear) == 1 else 'are'} above 0 beyond"
                " doubt"
            )
        )
        return (
            f"{start}Here their r, less that of information and technology, is {listed(sizes, quote=False)},"
            f" p after Holm; {fate}."
        )

    def _how_little(self) -> str:
        n = int(self.whole.firms)
        quiet, loud = stats.fisher(0.0, n, self.level), stats.fisher(ALTERNATIVE, PUBLISHED, self.level)
        return (
            f"How little such a sample settles: with no relation at all, r over {counted(n, 'firm')} still"
            f" wanders between {number(quiet.low)} and {number(quiet.high)}; and r = {number(ALTERNATIVE)}"
            f" over {PUBLISHED} firms would leave anything from {number(loud.low)} to {number(loud.high)}"
            " open."
        )

    def caption(self) -> Caption:
        r = self.whole
        finding = (
            "These firms do not settle whether managing customers well goes with doing well"
            if not self.side
            else (
                f"Firms that score higher do {'better' if self.side > 0 else 'worse'}: r ="
                f" {number(r.estimate)}"
            )
        )
        each = "; ".join(f"{row.term} {number(row.estimate)}" for row in self._rows("r").itertuples())
        return Caption(
            finding,
            f"{self.source['title']} · correlation with performance · {counted(int(r.firms), 'firm')}",
            f"Estimates with {self.level * 100:g} % intervals: {each}",
        )

    @property
    def size(self):
        return (7.2, 4.9)

    def draw(self, ax) -> None:
        rows = self._rows("r")
        keys = ["overall", *ELEMENTS]
        for place, row in enumerate(rows.itertuples()):
            color = (
                picture.ACCENT
                if place == 0
                else (
                    picture.SECOND
                    if keys[place] in NAMED
                    else picture.INK
                    if keys[place] == AGAINST
                    else picture.QUIET
                )
            )
            if np.isfinite(row.estimate):
                picture.span(ax, place, row.estimate, row.low, row.high, color, "D" if place == 0 else "o")
                at_right(ax, place, number(row.estimate), strong=place == 0)
        picture.names_down(ax, rows["term"], 24)
        ax.axhline(0.5, color=picture.FAINT, lw=1)
        picture.reference(ax, 0)
        ax.set_xlim(min(-0.35, np.nanmin(rows["low"]) - 0.05), 1)
        ax.set_xlabel("correlation with performance")
        ax.figure.subplots_adjust(right=0.92)
        key = (
            "Line: interval. Blue: the three elements that Woodcock, Stone & Foss (2003) name as most linked"
            " with performance. Dark: the one they are set against."
        )
        explain(ax.figure, key)

    def headline(self) -> dict:
        elements = dict(zip(ELEMENTS, self._rows("r")["estimate"].iloc[1:].astype(float), strict=True))
        gaps = self._rows("difference of r")
        return {
            "r_overall": float(self.whole.estimate),
            "r_low": float(self.whole.low),
            "r_high": float(self.whole.high),
            "n": int(self.whole.firms),
            "elements": elements,
            "less_information": dict(zip(NAMED, gaps["estimate"].astype(float), strict=True)),
        }


CAUTION = (
    "Scores and results were taken at one time, and whoever rates a firm mostly knows how it does: the scores"
    " may follow the results as well as the results the scores."
)
CLAIM = (
    f"The claim best known was published by one of the makers of the assessment: over {PUBLISHED} companies"
    ' "positive correlation is clear" (Woodcock 2000), and its own abstract adds that other causes may'
    " correlate as well or better; we could verify no coefficient."
)


def performance(
    table: pd.DataFrame, *, alpha: float = 0.05
) -> Performance | LeftOut:
    """Whether firms that manage their customers well do well: scores beside ``performance``, over firms.

    A row of the table for the overall score and each element: ``estimate`` (Pearson's r with
    ``performance``), ``low`` and ``high`` and ``p`` by leaving out one firm at a time (Hinkley 1978), ``firms``.
    Then, in the unit ``difference of r``, how far people, measurement and activity go more with performance
    than information and technology: Zou's (2007) interval and the p that belongs to it; the intervals hold
    together (Dunn 1961), p is corrected for the three (Holm 1979). Several raters of a firm are averaged first; of
    several waves the last counts. Left out without ``performance`` or below 10 firms.

    >>> import crmlab as crm
    >>> found = performance(crm.open_table("assessments", "world:firms", seed=1))
    >>> found.headline()["n"], len(found.table)
    (60, 12)
    """
    frame, from_, title = firm_scores(table), source(table), "Do firms that manage customers well do well?"
    why = _why_not(frame)
    if why:
        return LeftOut(title=title, table=pd.DataFrame(), source=from_, reason=why)
    frame = frame.dropna(subset=["overall", "performance"])
    level, rows = 1 - alpha, []
    for key, name in [("overall", WHOLE), *ELEMENTS.items()]:
        rows.append(_row(name, frame[[key, "performance"]].dropna(), level))
    gaps = [_gap(key, frame[["performance", key, AGAINST]].dropna(), 1 - alpha / len(NAMED)) for key in NAMED]
    adjusted = stats.adjusted([gap["p"] for gap in gaps])
    rows += [{**gap, "p_adjusted": p} for gap, p in zip(gaps, adjusted, strict=True)]
    asked = "rule of evidence kept" if scored(latest(table)).rule else "no evidence asked"
    table_ = pd.DataFrame(
        rows, columns=["term", "unit", "estimate", "low", "high", "p", "p_adjusted", "firms"]
    )
    return Performance(
        title=title,
        table=table_,
        firms=frame,
        level=level,
        source=from_,
        settings=(
            "Pearson's r by leaving out one firm at a time, differences with Zou's (2007) interval; those of the "
            f"{len(NAMED)} differences hold together, p by Holm; {asked}; intervals of elements are not corrected "
            "for their number"
        ),
    )


def _why_not(frame: pd.DataFrame) -> str:
    if "performance" not in frame:
        return "the table has no column 'performance' with one value per firm"
    both = frame.dropna(subset=["overall", "performance"])
    if len(both) < FEWEST:
        return f"{counted(len(both), 'firm')} with a score and a performance; a correlation takes {FEWEST}"
    if both["overall"].nunique() < 2 or both["performance"].nunique() < 2:
        return "all firms have the same score or the same performance"
    return ""


def _row(name: str, both: pd.DataFrame, level: float) -> dict:
    row = {
        "term": name,
        "unit": "r",
        "estimate": np.nan,
        "low": np.nan,
        "high": np.nan,
        "p": np.nan,
        "p_adjusted": np.nan,
        "firms": len(both),
    }
    if len(both) < FEWEST or (both.nunique() < 2).any():
        return row
    r, error, df = correlations.measured("pearson", *both.to_numpy(float).T)
    known = abs(r) < stats.PERFECT and np.isfinite(error)
    p = 2 * stats.upper_tail(abs(np.arctanh(r)) / error, df) if known else np.nan
    return row | stats.z_interval(r, error, df, level)._asdict() | {"p": p}


def _gap(key: str, three: pd.DataFrame, level: float) -> dict:
    """How much more one element goes with performance than information and technology does."""
    row = {
        "term": f"{ELEMENTS[key]} less {small(ELEMENTS[AGAINST])}",
        "unit": "difference of r",
        "estimate": np.nan,
        "low": np.nan,
        "high": np.nan,
        "p": np.nan,
        "firms": len(three),
    }
    if len(three) < FEWEST or (three.nunique() < 2).any():
        return row
    interval, p = correlations.apart(*three.to_numpy(float).T, level=level)
    return row | interval._asdict() | {"p": p}
