"""Does the line bend, or does the scale merely end?"""

import numpy as np
import pandas as pd

from crmlab.frame import picture, stats
from crmlab.frame.glossary import number, p_clause
from crmlab.frame.result import Caption, Result, kind
from crmlab.loyalty.pair import Pair, data_words, pair, scatter
from crmlab.measures import curves


@kind
class Curve(Result):
    """A row per form; ``p`` takes it at face value, ``p_null`` against a straight relation with these margins."""

    pair: Pair
    bend: curves.Fit
    break_: curves.Kink
    grid: np.ndarray
    fitted: np.ndarray
    low: np.ndarray
    high: np.ndarray
    straight: np.ndarray
    local: np.ndarray
    level: float

    def _p(self, form: str) -> tuple[float, float]:
        row = self.table.set_index("form").loc[form]
        return float(row["p"]), float(row["p_null"])

    @property
    def bends(self) -> bool:
        return self._p("bend")[1] < 1 - self.level

    def text(self) -> str:
        x, y, b = self.pair.name_x, self.pair.name_y, self.bend
        face, null = self._p("bend")
        way = "flattens" if b.estimate < 0 else "steepens"
        said = [f"The fitted curve {way} (β of the squared term {number(b.estimate)}, interval "
                f"{number(self._row('bend').low)} to {number(self._row('bend').high)}).",
                f"Taken at face value {p_clause(face)}; against a straight relation between people that is pressed "
                f"through these two scales, {p_clause(null)}."]
        if self.bends:
            said.append(f"The end of the scale alone does not explain it: {y} bends with {x}.")
        elif face < 1 - self.level:
            said.append("So it is a curve that may be only the ceiling: a straight relation, cut off where the scale "
                        "ends, looks like this often enough.")
        else:
            said.append("That is no evidence of a bend, and none of a straight line either.")
        k = self.break_
        if np.isfinite(k.knot):
            said.append(f"Two straight pieces would meet at {number(k.knot, 1)}: one point of {x} goes with "
                        f"{number(k.below)} points of {y} below and {number(k.above)} above "
                        f"({p_clause(self._p('kink')[1])}, the search for the place counted in).")
        return " ".join(said)

    def _row(self, form: str):
        return self.table.set_index("form").loc[form]

    def caption(self) -> Caption:
        x, y = self.pair.name_x, self.pair.name_y
        way = "flattens" if self.bend.estimate < 0 else "steepens"
        if self.bends:
            finding = f"Each further point of {x} brings {'less' if self.bend.estimate < 0 else 'more'} {y}"
        elif self._p("bend")[0] < 1 - self.level:
            finding = f"The curve {way}, but so would a straight relation on these scales"
        else:
            finding = "A straight line does as well as a curve"
        return Caption(finding, f"{data_words(self.pair.source)} · n = {self.pair.n:,} · bend "
                       f"{p_clause(self._p('bend')[1])} against the straight relation",
                       f"Curve from {number(self.fitted[0], 1)} at {x} {number(self.grid[0], 1)} to "
                       f"{number(self.fitted[-1], 1)} at {number(self.grid[-1], 1)}, with its interval; the dashed "
                       "line is what a straight relation between people would show")

    def draw(self, ax) -> None:
        scatter(ax, self.pair)
        ax.fill_between(self.grid, self.low, self.high, color=picture.ACCENT, alpha=0.16, lw=0, zorder=3)
        ax.plot(self.grid, self.fitted, color=picture.ACCENT, lw=2.6, zorder=5)
        ax.plot(self.grid, self.straight, color=picture.SECOND, lw=1.8, ls=(0, (5, 3)), zorder=6)
        ax.plot(self.grid, self.local, color=picture.INK, lw=1.1, ls=":", zorder=4)
        ax.set_ylim(*picture.room(self.pair.y))
        ax.legend(handles=[
            picture.line("fitted curve, with interval", picture.ACCENT, 2.6),
            picture.line("what a straight relation\nwould show on these scales", picture.SECOND, 1.8, (0, (5, 3))),
            picture.line("local average (LOESS)", picture.INK, 1.1, ":"),
        ], loc="lower right", frameon=True, framealpha=0.9, edgecolor="none", fontsize=9)

    def headline(self) -> dict:
        return {"n": self.pair.n, "bend": self.bend.estimate, "bend_p": self._p("bend")[0],
                "bend_p_null": self._p("bend")[1], "knot": self.break_.knot, "slope_below": self.break_.below,
                "slope_above": self.break_.above, "kink_p_null": self._p("kink")[1]}


def shape(scores: pd.DataFrame, x: str = "satisfaction", y: str = "loyalty", *, alpha: float = 0.05,
          draws: int = 2000, seed: int = 1) -> Curve:
    """Whether the line bends: quadratic, one kink, and LOESS, against what the margins alone would do.

    ``bend`` is the standardised coefficient of the squared term with HC3 errors; ``kink`` the difference of
    the slopes (points of y per point of x) at the best knot, found by search; ``line`` the slope. Both
    ``p_null`` compare the statistic (for the kink its largest value over all knots) with simulated straight
    relations of normal latents with these margins and this correlation. Forms after Anderson & Mittal (2000).

    Raises CrmlabError where a score is missing or does not vary.

    >>> import crmlab as crm
    >>> curve = shape(crm.score(crm.open_table("survey", "world:survey", seed=1)), draws=200)
    >>> curve.table["form"].tolist()
    ['line', 'bend', 'kink']
    """
    p = pair(scores, x, y)
    bend, knee = curves.quadratic(p.x, p.y, p.cluster, p.weight), curves.kink(p.x, p.y)
    null_bend = curves.null_statistics(p.x, p.y, form="quadratic", draws=draws, seed=seed)
    null_kink = curves.null_statistics(p.x, p.y, form="kink", draws=max(200, draws // 2), seed=seed)
    grid = np.linspace(p.x.min(), p.x.max(), 60)
    fitted, low, high = _band(p, grid, 1 - alpha)
    return Curve(
        title=f"The form of the relation of {p.names}", source=p.source, pair=p, bend=bend, break_=knee, grid=grid,
        table=_rows(p, bend, knee, null_bend, null_kink, 1 - alpha), fitted=fitted, low=low, high=high,
        straight=curves.straight_null(p.x, p.y, grid, seed), local=stats.loess(p.x, p.y, grid), level=1 - alpha,
        settings=f"HC3 errors; {draws:,} straight worlds for the bend, {len(null_kink):,} for the kink, seed {seed}")


def _rows(p: Pair, bend, knee, null_bend, null_kink, level: float) -> pd.DataFrame:
    line = stats.regression(p.y, [p.x], p.cluster, p.weight)
    t = stats.critical(level, bend.df)
    normal = stats.critical(level)
    found = [
        ("line", line.params[1], line.bse[1], float(line.pvalues[1]), np.nan, f"{p.name_y} per point", t),
        ("bend", bend.estimate, bend.error, 2 * stats.upper_tail(abs(bend.statistic), bend.df),
         _extreme(np.abs(null_bend), abs(bend.statistic)), "β", t),
        ("kink", knee.difference, knee.error, 2 * stats.upper_tail(knee.statistic) if knee.statistic else np.nan,
         _extreme(null_kink, knee.statistic), f"{p.name_y} per point", normal),
    ]
    return pd.DataFrame([{"form": form, "estimate": b, "low": b - c * e, "high": b + c * e, "unit": unit, "p": pv,
                          "p_null": null, "n": p.n} for form, b, e, pv, null, unit, c in found])


def _extreme(null: np.ndarray, seen: float) -> float:
    return float((1 + np.sum(null >= seen)) / (len(null) + 1)) if np.isfinite(seen) else np.nan


def _band(p: Pair, grid: np.ndarray, level: float):
    centre = p.x.mean()
    model = stats.regression(p.y, [p.x - centre, (p.x - centre) ** 2], p.cluster, p.weight)
    at = np.column_stack([np.ones_like(grid), grid - centre, (grid - centre) ** 2])
    fitted = at @ model.params
    error = np.sqrt(np.einsum("ij,jk,ik->i", at, model.cov_params(), at))
    half = stats.critical(level, p.n - 3) * error
    return fitted, fitted - half, fitted + half
