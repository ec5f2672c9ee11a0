"""Year on year: did the firm move, or was it only asked again?"""

import numpy as np
import pandas as pd

from crmlab.frame import picture
from crmlab.frame.errors import counted, listed
from crmlab.frame.glossary import number
from crmlab.frame.result import Caption, LeftOut, Result, kind
from crmlab.frame.stats import Interval, side
from crmlab.measures.scorecard import ELEMENTS, Scorecard, intervals, scored
from crmlab.qci.choosing import choose, small, source
from crmlab.qci.drawing import at_right

MEASURES = ("score", "intention", "reality", "gap")
WHOLE = "Overall"


@kind
class Change(Result):
    """A row per element and one for the whole: score in both years, and the difference with its interval."""

    firm: str
    years: tuple
    common: int
    lost: int
    level: float

    @property
    def whole(self) -> pd.Series:
        return self.table.iloc[-1]

    def _elements(self) -> pd.DataFrame:
        return self.table.iloc[:-1].dropna(subset=["estimate"])

    def text(self) -> str:
        said = [
            self._moved(),
            self._parts(),
            self._open(),
            (
                "The same firm was asked twice: it may have done better, "
                "or have learned what the form likes to hear; evidence tells the two apart."
            ),
        ]
        return " ".join(part for part in said if part)

    def _moved(self) -> str:
        row = self.whole
        how = "stayed" if row.before == row.now else "rose" if row.estimate > 0 else "fell"
        ends = (
            f" ({self.level * 100:g} % interval {number(row.low, 1)} to {number(row.high, 1)})"
            if np.isfinite(row.low)
            else ""
        )
        sure = " The interval holds 0, so it may not have moved at all." if row.low <= 0 <= row.high else ""
        if how == "stayed":
            return (f"From {self.years[0]} to {self.years[1]} the score of {self.firm} stayed at {row.now} "
                    f"points{ends}.{sure}")
        return (
            f"From {self.years[0]} to {self.years[1]} the score of {self.firm} {how} from {row.before} to"
            f" {row.now} points, by {number(abs(row.estimate), 1)}{ends}.{sure}"
        )

    def _parts(self) -> str:
        rows = self._elements()
        clear = rows[(rows["low"] > 0) | (rows["high"] < 0)]
        if not len(clear):
            return "No element moved beyond what other practices of its kind might show."
        named = [f"{small(row.element)} by {number(row.estimate, 0)}" for row in clear.itertuples()]
        return f"Clear of 0, each for itself: {listed(named, 8, quote=False)}."

    def _open(self) -> str:
        return (
            f"{counted(self.common, 'practice')} answered in both years {'is' if self.common == 1 else 'are'}"
            f" compared; {self.lost} answered in one only {'stays' if self.lost == 1 else 'stay'} out."
            if self.lost
            else ""
        )

    def caption(self) -> Caption:
        row = self.whole
        finding = (
            f"{self.firm} may not have moved since {self.years[0]}"
            if not side(Interval(row.estimate, row.low, row.high))
            else (
                f"{self.firm} {'gained' if row.estimate > 0 else 'lost'} {number(abs(row.estimate), 0)}"
                f" points since {self.years[0]}"
            )
        )
        said = "; ".join(f"{r.element} {number(r.estimate, 0)}" for r in self.table.itertuples())
        return Caption(
            finding,
            f"{self.source['title']} · difference in points · {counted(self.common, 'practice')}",
            f"Differences with intervals: {said}",
        )

    @property
    def size(self):
        return (7.2, 4.7)

    def draw(self, ax) -> None:
        rows = pd.concat([self.table.iloc[-1:], self.table.iloc[:-1]])
        for place, row in enumerate(rows.itertuples()):
            clear = row.low > 0 or row.high < 0
            color = picture.ACCENT if clear else picture.QUIET
            picture.span(ax, place, row.estimate, row.low, row.high, color, "D" if place == 0 else "o")
            at_right(ax, place, f"{float(row.before):.0f} → {float(row.now):.0f}", strong=place == 0, gap=8)
        picture.names_down(ax, rows["element"], 24)
        ax.axhline(0.5, color=picture.FAINT, lw=1)
        picture.reference(ax, 0)
        ends = np.nan_to_num(rows[["low", "high", "estimate"]].to_numpy(float))
        ax.set_xlim(*picture.room([min(ends.min(), -5), max(ends.max(), 5)]))
        ax.set_xlabel(f"points gained since {self.years[0]}; red: the interval does not hold 0")
        ax.figure.subplots_adjust(right=0.86)

    def headline(self) -> dict:
        return {
            "difference": float(self.whole.estimate),
            "low": float(self.whole.low),
            "high": float(self.whole.high),
            "elements": dict(zip(ELEMENTS, self.table["estimate"].iloc[:-1].astype(float), strict=True)),
            "practices": self.common,
        }


def change(
    table: pd.DataFrame, *, firm: str | None = None, alpha: float = 0.05, draws: int = 2000, seed: int = 1
) -> Change | LeftOut:
    """How one firm moved between its last two waves: overall and by element, with intervals.

    Both years are scored on the practices answered in both, and the differences of practices are drawn anew
    within their sections (:func:`crmlab.measures.scorecard.intervals`), so that what makes a practice hard
    cancels. The intervals say how far the difference might have been another with other practices of the
    same kind.

    A row of the table: ``element``, ``before`` and ``now`` (points), ``estimate`` (the difference),
    ``low``, ``high``, ``practices``. Left out for a firm with one wave.

    >>> import crmlab as crm
    >>> firms = crm.open_table("assessments", "world:firms", seed=1, truth={"waves": 2})
    >>> crm.qci.change(firms, firm="F07", draws=200).headline()["practices"]
    60
    """
    name, _ = choose(table, firm)
    title, from_, level = f"How {name} moved", source(table), 1 - alpha
    own = table[table["firm"] == name]
    years = list(pd.Series(own["wave"].astype(object)).dropna().map(str).unique()) if "wave" in own else []
    order = (
        [str(level_) for level_ in own["wave"].cat.categories]
        if "wave" in own and hasattr(own["wave"], "cat")
        else sorted(years)
    )
    years = [year for year in order if year in years][-2:]
    if len(years) < 2:
        return LeftOut(
            title=title,
            table=pd.DataFrame(),
            source=from_,
            reason=f"{name} was assessed once; a change takes two waves",
        )
    sheets = [own[own["wave"].astype(str) == year].drop(columns="wave") for year in years]
    cards = [scored(sheet) for sheet in sheets]
    answered = [set(card.practices.loc[card.practices["status"] == "scored", "practice"]) for card in cards]
    both = answered[0] & answered[1]
    if not both:
        return LeftOut(
            title=title,
            table=pd.DataFrame(),
            source=from_,
            reason=f"{name} answered no practice in both years",
        )
    before, now = (scored(sheet[sheet["practice"].isin(both)], among=both) for sheet in sheets)
    found = intervals(_difference(before, now), "gap", level=level, draws=draws, seed=seed)
    rows = [_row(key, ELEMENTS.get(key, WHOLE), before, now, found) for key in (*ELEMENTS, "overall")]
    return Change(
        title=title,
        table=pd.DataFrame(rows),
        firm=name,
        years=tuple(years),
        common=len(both),
        lost=len(answered[0] ^ answered[1]),
        level=level,
        source=from_,
        settings=(
            "practices answered in both years; differences of practices drawn anew within sections,"
            f" {draws:,} draws, seed {seed}; {level * 100:g} % intervals, not corrected for the number of"
            " elements"
        ),
    )


def _row(key: str, name: str, before: Scorecard, now: Scorecard, found: dict) -> dict:
    was, is_ = (
        float(
            card.firms["score"].iloc[0]
            if key == "overall"
            else card.elements.set_index("element").loc[key, "score"]
        )
        for card in (before, now)
    )
    count = (
        int(now.firms["scored"].iloc[0])
        if key == "overall"
        else int(now.elements.set_index("element").loc[key, "practices"])
    )
    _, low, high = found.get(key, (0, np.nan, np.nan))
    return {
        "element": name,
        "before": number(was, 1),
        "now": number(is_, 1),
        "estimate": is_ - was,
        "low": low,
        "high": high,
        "practices": count,
    }


def _difference(before: Scorecard, now: Scorecard) -> Scorecard:
    """A scorecard of differences. They stand in the column ``gap``, the one measure that may be below 0."""

    def less(name: str) -> pd.DataFrame:
        was, is_ = getattr(before, name), getattr(now, name)
        return is_.assign(gap=is_["score"].to_numpy() - was["score"].to_numpy())

    return Scorecard(
        *(less(name) for name in ("firms", "elements", "sections", "practices")),
        now.weights,
        now.rule,
        now.short,
    )
