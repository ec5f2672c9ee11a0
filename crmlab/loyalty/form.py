"""Does the line bend, or does the scale merely end?"""

import numpy as np
import pandas as pd

from crmlab.claims.declare import capital
from crmlab.frame import correlations, picture, stats
from crmlab.frame.errors import counted
from crmlab.frame.glossary import number, p_clause
from crmlab.frame.result import Caption, Result, kind
from crmlab.loyalty.pairs import Pair, data_words, left_out, pair, scatter
from crmlab.measures import curves, scales

MORE = {"flattens": "less", "steepens": "more"}
FEWEST_LOCAL = 30  # crmlab rule: of fewer customers a local average follows single ones


@kind
class Curve(Result):
    """A row per form; ``p`` takes it at face value, ``p_null`` against a straight one with these margins."""

    pair: Pair
    bend: curves.Bend
    break_: curves.Kink
    turn: tuple[float, bool, bool]
    grid: np.ndarray
    fitted: np.ndarray
    low: np.ndarray
    high: np.ndarray
    straight: np.ndarray
    local: np.ndarray | None
    level: float
    sesoi: float

    def _row(self, form: str):
        return self.table.set_index("form").loc[form]

    @property
    def bends(self) -> bool:
        """More than the ends of the scales alone would make it, and not shown to be too little to matter."""
        return self._row("bend").p_null < 1 - self.level and not self.negligible

    @property
    def negligible(self) -> bool:
        """Within ``sesoi`` of what the ends of the scales alone would show, as the verdict on a claim has it."""
        return self.bend.equal(self.sesoi) < 1 - self.level

    @property
    def looks_bent(self) -> bool:
        return self._row("bend").p < 1 - self.level

    def _way(self, bend: float) -> str:
        return "flattens" if bend * self._row("line").estimate < 0 else "steepens"

    @property
    def way(self) -> str:
        """How the fitted curve goes on from its rise (or fall) at the mean, or where it turns."""
        place, rises, sure = self.turn
        if sure:
            first, then = ("rising", "falling") if rises else ("falling", "rising")
            return f"turns at {number(place, 1)}, {first} before and {then} beyond"
        return self._way(self.bend.estimate)

    def text(self) -> str:
        bend, y, x = self._row("bend"), self.pair.name_y, self.pair.name_x
        sure = self.turn[2] or self.looks_bent or stats.side(bend[["estimate", "low", "high"]].to_list())
        curve = f"The fitted curve {self.way}" if sure else "Which way a curve would bend stays open"
        said = [f"{curve} (β of the squared term {number(bend.estimate)}, interval "
                f"{number(bend.low)} to {number(bend.high)}; the ends of the scales alone would show "
                f"{number(self.bend.centre)}).",
                f"Taken at face value {p_clause(bend.p)}; against a straight relation between people that is "
                f"pressed through these two scales, {p_clause(bend.p_null)}."]
        if self.bends:
            said.append(f"The ends of the scales alone do not explain it: {y} bends with {x}.")
        elif self.negligible:
            said.append(f"Beyond what the ends of the scales do, the bend lies within ±{number(self.sesoi)}: too "
                        "little to matter.")
        elif self.looks_bent:
            said.append("So it is a curve that may be only the ceiling: a straight relation, cut off where "
                        "the scale ends, looks like this often enough.")
        else:
            said.append("That is no evidence of a bend, and none of a straight line either.")
        k, kinked = self.break_, self._row("kink")
        if np.isfinite(k.knot) and np.isfinite(kinked.p_null):
            said.append(f"Two straight pieces would meet at {number(k.knot, 1)}: one point of {x} goes with "
                        f"{number(k.below)} points of {y} below and {number(k.above)} above "
                        f"({p_clause(kinked.p_null)}, the search for the place counted in).")
        return " ".join(said)

    def _finding(self) -> str:
        x, y = self.pair.name_x, self.pair.name_y
        if self.negligible:
            return "The line bends too little to matter"
        if not self.bends:
            return ("A curve does not clearly do better than a straight line" if not self.looks_bent else
                    f"The curve {self.way}, but so would a straight relation on these scales")
        line, (place, rises, sure) = self._row("line"), self.turn
        if sure:
            first, then = ("rises", "falls") if rises else ("falls", "rises")
            return f"{capital(y)} {first} with {x} up to {number(place, 1)} and {then} beyond"
        places = [place, self.break_.knot if self.break_.below * self.break_.above < 0 else np.nan]
        turns = [number(at, 1) for at in places if np.isfinite(at)]
        if turns or not line.p < 1 - self.level:  # no word on each further point where some may go the other way
            return "The line bends" + f", and may turn at {turns[0]}" * bool(turns)
        way = self._way(self.bend.estimate - self.bend.centre)
        if way != self._way(self.bend.estimate):
            return f"{capital(y)} {way} with {x} beyond what the ends of the scales show"
        return f"Each further point of {x} {'brings' if line.estimate > 0 else 'costs'} {MORE[way]} {y}"

    def caption(self) -> Caption:
        x = self.pair.name_x
        return Caption(self._finding(), f"{data_words(self.pair.source)} · n = {self.pair.n:,} · bend "
                       f"{p_clause(self._row('bend').p_null)} against the straight relation",
                       f"Curve from {number(self.fitted[0], 1)} at {x} {number(self.grid[0], 1)} to "
                       f"{number(self.fitted[-1], 1)} at {number(self.grid[-1], 1)}, with its interval; the "
                       "dashed line is what a straight relation between people would show")

    def draw(self, ax) -> None:
        scatter(ax, self.pair)
        ax.fill_between(self.grid, self.low, self.high, color=picture.ACCENT, alpha=0.16, lw=0, zorder=3)
        ax.plot(self.grid, self.fitted, color=picture.ACCENT, lw=2.6, zorder=5)
        ax.plot(self.grid, self.straight, color=picture.SECOND, lw=1.8, ls=(0, (5, 3)), zorder=6)
        if self.local is not None:
            ax.plot(self.grid, self.local, color=picture.INK, lw=1.1, ls=":", zorder=4)
        rising = self._row("line").estimate >= 0
        ax.set_ylim(*picture.room(self.pair.y, **{"below" if rising else "above": 0.25}))
        ax.legend(handles=[
            picture.line("fitted curve, with interval", picture.ACCENT, 2.6),
            picture.line("what a straight relation\nwould show on these scales", picture.SECOND, 1.8,
                         (0, (5, 3))),
            *([] if self.local is None else [picture.line("local average (LOESS)", picture.INK, 1.1, ":")]),
        ], loc="lower right" if rising else "upper right", frameon=True, framealpha=0.9, edgecolor="none",
                  fontsize=9)

    def headline(self) -> dict:
        bend = self._row("bend")
        return {"n": self.pair.n, "bend": self.bend.estimate, "bend_p": float(bend.p),
                "bend_p_null": float(bend.p_null), "knot": self.break_.knot, "slope_below": self.break_.below,
                "slope_above": self.break_.above, "kink_p_null": float(self._row("kink").p_null)}


def shape(scores: pd.DataFrame, x: str = "satisfaction", y: str = "loyalty", *, alpha: float = 0.05,
          draws: int = 2000, seed: int = 1, sesoi: float = 0.10) -> Result:
    """Whether the line bends: quadratic, one kink, and LOESS, against what the margins alone would do.

    ``bend`` is the standardised coefficient of the squared term; ``kink`` the difference of the slopes (points of
    y per point of x) at the best knot, found by search; ``line`` the slope. Both ``p_null`` compare the statistic
    with simulated straight relations of normal latents with the margins of every question and these correlations,
    as the claim :func:`crmlab.bends` does: for the bend either way; for the kink its largest value over all knots. A
    bend shown to lie within ``sesoi`` of what the ends of the scales do is too small to matter. With clusters or
    weights, which the simulated worlds do not know, the bend is tested against their middle by its own error, and
    the kink is not judged. Forms after Anderson & Mittal (2000). A score of two values, or scores on one line,
    cannot bend: the step is then left out and says so.

    Raises CrmlabError where a score is missing or does not vary.

    >>> import crmlab as crm
    >>> curve = shape(crm.score(crm.open_table("survey", "world:survey", seed=1)), draws=200)
    >>> curve.table["form"].tolist()
    ['line', 'bend', 'kink']
    """
    p = pair(scores, x, y)
    title = f"The form of the relation of {p.names}"
    reason = _cannot_bend(p)
    asked = tuple(scales.answers(scores.iloc[p.rows], name) for name in (x, y))
    judged = {"draws": draws, "seed": seed, "answers": asked}
    bend = None if reason else curves.bent(p.x, p.y, p.cluster, p.weight, **judged)
    if reason or not np.isfinite(bend.error) or bend.error < 1e-9:
        return left_out(title, scores, reason or "too few customers differ enough for a line to bend")
    simple = p.cluster is None and p.weight is None
    knee = curves.kink(p.x, p.y) if simple else curves.Kink(*[np.nan] * 6)
    null_kink = np.empty(0)
    if np.isfinite(knee.statistic):
        null_kink = curves.null_statistics(p.x, p.y, form="kink", **judged | {"draws": max(200, draws // 2)})
    grid = np.linspace(p.x.min(), p.x.max(), 60)
    fitted, low, high = _band(p, grid, 1 - alpha, bend.df)
    kinked = f", {len(null_kink):,} for the kink" if len(null_kink) else "; no kink judged"
    behind = sum(1 if items is None else items.shape[1] for items in asked)
    margins = counted(behind, "question") if any(items is not None for items in asked) else "the scores"
    unit = "customer" if p.cluster is None else "unit"
    errors = "HC3 errors" if simple else f"errors by leaving out one {unit} at a time"
    return Curve(
        title=title, source=p.source, pair=p, bend=bend, break_=knee, turn=curves.turn(p.x, p.y, p.cluster, p.weight),
        grid=grid, table=_rows(p, bend, knee, null_kink, 1 - alpha), fitted=fitted, low=low, high=high,
        straight=curves.straight_null(p.x, p.y, grid, seed, answers=asked),
        local=stats.loess(p.x, p.y, grid) if p.n >= FEWEST_LOCAL else None, level=1 - alpha, sesoi=sesoi,
        settings=f"{errors}; {len(bend.chance) or draws:,} straight worlds for the bend{kinked}, with the margins of "
                 f"{margins}, seed {seed}; too small to matter within ±{number(sesoi)}")


def _cannot_bend(p: Pair) -> str:
    if len(np.unique(p.x)) < 3:
        return f"'{p.name_x}' has two values only, too few for a line to bend"
    if p.too_few:
        return p.too_few
    if abs(correlations.correlation("pearson", p.x, p.y, p.weight)) >= stats.PERFECT:
        return "the two scores lie on one line exactly"
    return ""


def _rows(p: Pair, bend, knee, null_kink, level: float) -> pd.DataFrame:
    line = stats.regression(p.y - p.y.mean(), [p.x - p.x.mean()], p.cluster, p.weight)
    half = stats.critical(level, bend.df) * line.bse[1]
    wide = np.sort(null_kink)[::-1][curves.beyond(null_kink, 1 - level)] if len(null_kink) else stats.critical(level)
    reach = wide * knee.error  # as wide as the search for the place asks
    kink_p = 2 * stats.upper_tail(knee.statistic) if np.isfinite(knee.statistic) else np.nan
    found = [
        ("line", line.params[1], line.params[1] - half, line.params[1] + half, f"{p.name_y} per point",
         float(line.pvalues[1]), np.nan),
        ("bend", bend.estimate, *bend.interval(level), "β", 2 * stats.upper_tail(abs(bend.statistic), bend.df),
         bend.p),
        ("kink", knee.difference, knee.difference - reach, knee.difference + reach, f"{p.name_y} per point", kink_p,
         _extreme(null_kink, knee.statistic)),
    ]
    return pd.DataFrame([{"form": form, "estimate": b, "low": low, "high": high, "unit": unit, "p": pv,
                          "p_null": null, "n": p.n} for form, b, low, high, unit, pv, null in found])


def _extreme(null: np.ndarray, seen: float) -> float:
    return float((1 + np.sum(null >= round(seen, 8))) / (len(null) + 1)) if np.isfinite(seen) and len(null) else np.nan


def _band(p: Pair, grid: np.ndarray, level: float, df: float):
    x, grid = ((values - p.x.mean()) / p.x.std() for values in (p.x, grid))
    model = stats.regression(p.y - p.y.mean(), [x, x**2], p.cluster, p.weight)
    at = np.column_stack([np.ones_like(grid), grid, grid**2])
    fitted = p.y.mean() + at @ model.params
    error = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", at, model.cov_params(), at), 0))
    half = stats.critical(level, df if np.isfinite(df) else p.n - 3) * error
    return fitted, fitted - half, fitted + half
