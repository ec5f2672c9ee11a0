"""Does something turn the link up or down? A moderator shifts the slope."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from crmlab.frame import picture, stats
from crmlab.frame.errors import counted
from crmlab.frame.glossary import number, p_clause
from crmlab.frame.result import Caption, Result, kind
from crmlab.loyalty.pairs import Pair, data_words, left_out, pair
from crmlab.loyalty.whom import FEWEST, NOBODY, chosen


class Plane(NamedTuple):
    """Coefficients (constant, score, moderator, product) and their covariance, in the units of the scores."""

    params: np.ndarray
    covariance: np.ndarray


@kind
class Moderation(Result):
    """Simple slopes at low, middle and high values of the moderator; ``band`` is the slope along it.

    ``stretches`` are the parts of the observed range with the side of 0 on which the whole band lies, or 0.
    """

    by: str
    names: tuple
    interaction: stats.Interval
    p: float
    band: pd.DataFrame
    stretches: list
    n: int
    level: float

    @property
    def clear(self) -> bool:
        return self.p < 1 - self.level

    def _place(self, value: float) -> str:
        """A value of the moderator, with as many digits as its range deserves."""
        return number(value, max(0, 1 - int(np.floor(np.log10(np.ptp(self.band["at"]))))))

    def regions(self) -> str:
        """Where along the observed moderator the slope is clear of 0."""
        sides, (lowest, highest) = [side for *_, side in self.stretches], (self.stretches[0][0], self.stretches[-1][1])
        if not any(sides):
            return "nowhere in the observed range is the slope clear of 0"
        if len(sides) == 1:
            return "the slope is clear of 0 everywhere in the observed range"
        both = {1, -1} <= set(sides)
        way = {1: "above 0 ", -1: "below 0 "} if both else {1: "", -1: ""}
        parts = [way[side] + self._stretch(first, last, lowest, highest) for first, last, side in self.stretches if side]
        return f"the slope is {'' if both else 'clear of 0 '}{' and '.join(parts)}"

    def _stretch(self, first: float, last: float, lowest: float, highest: float) -> str:
        if first == lowest:
            return f"where {self.by} is at most {self._place(last)}"
        if last == highest:
            return f"where {self.by} is at least {self._place(first)}"
        return f"where {self.by} is {self._place(first)} to {self._place(last)}"

    def text(self) -> str:
        i, (x, y) = self.interaction, self.names
        low, high = self.table.iloc[0], self.table.iloc[-1]
        fine = int(np.clip(1 - np.floor(np.log10(max(abs(i.low), abs(i.high)))), 2, 6))
        found = f"So the link depends on {self.by}" if self.clear else (
            f"That is no evidence that the link depends on {self.by}")
        return (f"One point of {x} goes with {number(low['estimate'])} points of {y} where {self.by} is low "
                f"({self._place(low['cut'])}) and {number(high['estimate'])} where it is high "
                f"({self._place(high['cut'])}); the change per point of {self.by} is "
                f"{number(i.estimate, fine)}, interval {number(i.low, fine)} to {number(i.high, fine)}, "
                f"{p_clause(self.p)}. {found}; {self.regions()} (a band that holds at all values at once). "
                "The squares of both are in the model, so that a mere curve is not mistaken for a moderator.")

    def _does(self) -> str:
        """What more of the moderator does to the link, as far as the band shows it."""
        sides = {side for *_, side in self.stretches}
        if {1, -1} <= sides:
            return "turns"
        if not sides - {0}:
            return "changes"
        return "strengthens" if (1 in sides) == (self.interaction.estimate > 0) else "weakens"

    def caption(self) -> Caption:
        ends = self.band["estimate"].iloc[[0, -1]].to_numpy()
        finding = f"The link does not clearly rise or fall with {self.by}"
        if self.clear:
            finding = f"More {self.by} {self._does()} the link"
        return Caption(finding, f"{data_words(self.source)} · n = {self.n:,} · slope of {self.names[1]} on "
                       f"{self.names[0]} along {self.by}",
                       f"Slope {number(ends[0])} at the lowest, {number(ends[1])} at the highest {self.by}")

    def draw(self, ax) -> None:
        band = self.band
        ax.fill_between(band["at"], band["low"], band["high"], color=picture.ACCENT, alpha=0.16, lw=0)
        ax.plot(band["at"], band["estimate"], color=picture.ACCENT, lw=2.6)
        ax.axhline(0, color=picture.GREY, lw=1.2)
        for row in self.table.itertuples():
            ax.plot([row.cut, row.cut], [row.low, row.high], color=picture.SECOND, lw=2.4, zorder=4)
            ax.plot(row.cut, row.estimate, "o", color=picture.SECOND, ms=7, zorder=5)
            ax.annotate(number(row.estimate), (row.cut, row.high), (0, 5), textcoords="offset points",
                        ha="center",
                        color=picture.SECOND, fontsize=9.5)
        ax.annotate("no link", (1, 0), (-4, 4), xycoords=("axes fraction", "data"),
                    textcoords="offset points",
                    ha="right", color=picture.GREY, fontsize=9.5)
        ax.set_ylim(*picture.room([0, *band["low"], *band["high"]], above=0.1))
        ax.set_xlabel(f"{self.by} (observed range)")
        ax.set_ylabel(f"slope of {self.names[1]} on {self.names[0]}")

    def headline(self) -> dict:
        return {"interaction": self.interaction.estimate, "interaction_low": self.interaction.low,
                "interaction_high": self.interaction.high, "p": self.p, "n": self.n}


def moderation(scores: pd.DataFrame, x: str = "satisfaction", y: str = "loyalty", *, by: str | None = None,
               alpha: float = 0.05) -> Result:
    """Whether a number such as switching cost shifts the slope of loyalty on satisfaction.

    Least squares with x, the moderator, their product and both squares (of a score of two values there is
    none), centred, HC3 errors (or by cluster), Student's t. Simple slopes at the mean and one standard
    deviation to either side (inside the observed range); the Johnson–Neyman band is Working & Hotelling's, so
    it holds along the whole moderator (Bauer & Curran 2005). A column of categories is for :func:`groups`;
    the result then says that the step was left out, as it does for fewer than 20 customers.

    >>> import crmlab as crm
    >>> scores = crm.score(crm.open_table("survey", "world:survey", n=5000, seed=1))
    >>> moderation(scores, by="switching").interaction.estimate < 0
    True
    """
    name, title = chosen(scores, by, x, y), "Moderation"
    if name is None:
        return left_out(title, scores, NOBODY)
    whole = scores.dropna(subset=[column for column in (x, y, name) if column in scores])
    if not pd.api.types.is_numeric_dtype(scores[name]) or scores[name].nunique() < 4:
        return left_out(title, scores, f"'{name}' is no number with several values; see the comparison of "
                                       "groups")
    if len(whole) < FEWEST:
        return left_out(title, scores, f"{counted(len(whole), 'customer')} with both scores and '{name}' are "
                                       f"too few; {FEWEST} are the least")
    p = pair(whole, x, y)
    z = whole[name].to_numpy(float)[p.rows]
    fitted = _fit(p, z)
    if isinstance(fitted, str):
        return left_out(title, scores, fitted.format(x=x, y=y, by=name))
    model, df = fitted
    return _moderation(p, name, z, model, df, alpha)


def _moderation(p: Pair, name: str, z: np.ndarray, model, df: float, alpha: float) -> Moderation:
    middle = np.average(z, weights=p.weight)
    spread = np.average((z - middle) ** 2, weights=p.weight)
    t, wide = stats.critical(1 - alpha, df), stats.scheffe(1 - alpha, 2, df)
    product, error = float(model.params[3]), float(np.sqrt(model.covariance[3, 3]))
    along = np.linspace(z.min(), z.max(), 121)
    points = np.unique(np.clip(middle + np.sqrt(spread) * np.array([-1, 0, 1]), z.min(), z.max()))
    errors = "HC3 errors" if p.cluster is None else "errors by cluster"
    table = pd.DataFrame({"term": [f"slope at {name} {v:.3g}" for v in points], "cut": points,
                          **_slopes(model, points - middle, t), "n": p.n})
    return Moderation(title=f"Does {name} change the link?", table=table, by=name, n=p.n,
                      names=(p.name_x, p.name_y), level=1 - alpha,
                      p=2 * stats.upper_tail(abs(product) / error, df),
                      interaction=stats.Interval(product, product - t * error, product + t * error),
                      band=pd.DataFrame({"at": along, **_slopes(model, along - middle, wide)}),
                      stretches=_stretches(model, along[[0, -1]] - middle, wide, middle),
                      source=p.source,
                      settings=f"{errors}, squares of both in the model, simultaneous band")


def _fit(p: Pair, z: np.ndarray):
    """The model with its degrees of freedom, or why there is none."""
    if p.too_few:
        return p.too_few
    if np.ptp(z) < 1e-9:
        return "'{by}' does not vary among the customers with both scores"
    spread = p.x.std(), z.std(), p.y.std()  # of very large and very small scores the squares would swallow the digits
    a, b = (p.x - np.average(p.x, weights=p.weight)) / spread[0], (z - np.average(z, weights=p.weight)) / spread[1]
    columns = [a, b, a * b, *(v**2 for v, raw in ((a, p.x), (b, z)) if len(np.unique(raw)) > 2)]
    if not stats.full_rank(columns):
        return "{x} and '{by}' cannot be told apart in these data"
    y = (p.y - p.y.mean()) / spread[2]
    model = stats.regression(y, columns, p.cluster, p.weight)
    if not np.isfinite(model.bse).all() or np.ptp(model.resid) < 1e-9 * np.ptp(y):
        return "a few customers alone decide the slope of {y}, or nothing of it is left to explain"
    size = p.n if p.weight is None else stats.kish(p.weight)
    unit = spread[2] / np.array([1, spread[0], spread[1], spread[0] * spread[1]])
    plane = Plane(model.params[:4] * unit, np.asarray(model.cov_params())[:4, :4] * np.outer(unit, unit))
    return plane, (p.clusters - 1 if p.cluster is not None else max(size - len(columns) - 1, 1))


def _slopes(model, at: np.ndarray, critical: float) -> dict:
    covariance = model.covariance
    slope = model.params[1] + model.params[3] * at
    error = np.sqrt(np.maximum(covariance[1, 1] + 2 * at * covariance[1, 3] + at**2 * covariance[3, 3], 0))
    return {"estimate": slope, "low": slope - critical * error, "high": slope + critical * error}


def _stretches(model, ends: np.ndarray, critical: float, middle: float) -> list[tuple]:
    """The observed range cut exactly where an end of the band crosses 0 (Johnson & Neyman 1936)."""
    v, (b, c) = model.covariance, (model.params[1], model.params[3])
    square = [c**2 - critical**2 * v[3, 3], 2 * (b * c - critical**2 * v[1, 3]), b**2 - critical**2 * v[1, 1]]
    roots = sorted(float(root.real) for root in np.roots(square) if abs(root.imag) < 1e-12)
    cuts = np.array([ends[0], *(root for root in roots if ends[0] < root < ends[1]), ends[1]])
    found = _slopes(model, (cuts[1:] + cuts[:-1]) / 2, critical)
    sides = (found["low"] > 0).astype(int) - (found["high"] < 0)
    return [(float(first), float(last), int(side)) for first, last, side in
            zip(cuts[:-1] + middle, cuts[1:] + middle, sides, strict=True)]
