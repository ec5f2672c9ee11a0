"""Concentration: how much of the value comes from how few, as a curve and as four numbers."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from crmlab.frame import picture, resample, stats
from crmlab.frame.errors import counted
from crmlab.frame.glossary import number, percent
from crmlab.frame.result import Caption, LeftOut, Result, kind
from crmlab.measures import tables
from crmlab.portfolio.rows import column, few

MATERIAL = 0.001  # crmlab rule: share of the value from which on refunds are told as a cost
MOST_CELLS = 250_000_000  # customers left out × distinct values; beyond it fewer are left out, and stand for their like
TITLES = {"value": "How few bring how much?", "margin": "Who earns it, and who costs?"}
PAPER = {"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 1}  # behind words set over lines
THINNED = 2_000  # distinct values left out one at a time; of more, those at the top and some below


class Curve(NamedTuple):
    """Distinct values, the largest first, and how many customers hold each of them."""

    values: np.ndarray
    counts: np.ndarray

    @classmethod
    def of(cls, values) -> "Curve":
        distinct, counts = np.unique(np.asarray(values, float), return_counts=True)
        return cls(distinct[::-1], counts[::-1].astype(float))

    def points(self) -> tuple[np.ndarray, np.ndarray]:
        """Share of customers, best first, and the share of value they bring; both begin at 0."""
        customers, value = np.cumsum(self.counts), np.cumsum(self.counts * self.values)
        return np.append(0, customers / customers[-1]), np.append(0, value / value[-1])

    def top(self, share) -> np.ndarray:
        """Share of value of the best ``share`` of customers; of a customer in part, that part of it."""
        return np.interp(share, *self.points())

    def gini(self) -> float:
        """Twice the area between the curve and the line of equality; above 1 only with negative values."""
        return float(2 * np.trapezoid(*self.points()[::-1]) - 1)


def figures(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Top 10 %, top 20 %, Gini, share that brings 80 %, peak: a row for each row of weights on the values.

    ``values`` fall. A row whose values sum to nothing has no shares and is missing.
    """
    weights = np.atleast_2d(weights)
    customers, value = np.cumsum(weights, axis=1), np.cumsum(weights * values, axis=1)
    size, total = customers[:, -1], np.where(value[:, -1] > 0, value[:, -1], np.nan)
    area = (weights * (value - weights * values / 2)).sum(axis=1) / (size * total)
    return np.column_stack([
        _crossing(customers, value, 0.1 * size) / total, _crossing(customers, value, 0.2 * size) / total,
        2 * area - 1, _crossing(value, customers, 0.8 * total) / size, value.max(axis=1) / total])


def _crossing(level: np.ndarray, other: np.ndarray, at: np.ndarray) -> np.ndarray:
    """What ``other`` is where ``level``, both running sums, first reaches ``at``; straight between steps."""
    row, here = np.arange(len(level)), np.argmax(level >= at[:, None] * (1 - 1e-12), axis=1)
    before = np.where(here > 0, here - 1, 0)
    low, low_other = (np.where(here > 0, sums[row, before], 0.0) for sums in (level, other))
    step = level[row, here] - low
    part = np.where(step > 0, (at - low) / np.where(step > 0, step, 1), 0)
    return low_other + part * (other[row, here] - low_other)


def intervals(curve: Curve, level: float) -> list[stats.Interval]:
    """Intervals of the five figures from leaving out one customer at a time, shares on the logistic scale."""
    found, (left, times) = figures(curve.values, curve.counts)[0], _left_out(curve)
    left = np.repeat(left, times.astype(int), axis=0)
    within = (left > 0).all(axis=0) & (left < 1).all(axis=0)
    scales = [(logit, expit) if inside else (np.positive, np.positive) for inside in within]
    return [resample.even_interval(float(at), column, *scale, level) for at, column, scale in
            zip(found, left.T, scales, strict=True)]


def _left_out(curve: Curve) -> tuple[np.ndarray, np.ndarray]:
    """The figures with one customer left out; of very many values the top ones, and below them some."""
    width = len(curve.values)
    places = np.arange(width)
    half = min(THINNED, max(200, MOST_CELLS // width)) // 2
    if width > 2 * half:
        places = np.unique(np.append(places[:half], np.linspace(half, width - 1, half).astype(int)))
    rows = []
    for part in np.array_split(places, len(stats.parts(len(places), width, 1_000_000))):
        rows.append(figures(curve.values, curve.counts - (np.arange(width) == part[:, None])))
    nearest = np.searchsorted(places, np.arange(width), side="right") - 1
    return np.concatenate(rows), np.bincount(nearest, curve.counts, minlength=len(places))


@kind
class Concentration(Result):
    """A row per figure with its interval; ``curve`` is the Lorenz curve, or the whale curve."""

    curve: Curve
    found: list[stats.Interval]
    costly: int
    of: str

    @property
    def n(self) -> int:
        return int(self.curve.counts.sum())

    @property
    def whale(self) -> bool:
        """Whether what some customers cost is worth a word: a thousandth of the value and more."""
        return self.costly > 0 and self.found[4].estimate > 1 + MATERIAL

    def text(self) -> str:
        ten, twenty, gini, eighty, _ = self.found
        said = [f"The best 10 % of {counted(self.n, 'customer')} bring {percent(ten.estimate)} of the {self.of}, "
                f"the best 20 % bring {_told(twenty)}.",
                f"80 % of the {self.of} comes from {_told(eighty)} of the customers."]
        if self.whale:
            said.append(self._whale())
        else:
            said.append(f"Gini is {number(gini.estimate)}, where 0 means that all bring the same and 1 that "
                        "one brings all.")
        said.append("The curve tells what was bought, luck included; it does not tell who will buy.")
        return " ".join(said)

    @property
    def _cost(self) -> str:
        return "cost money" if self.costly != 1 else "costs money"

    def _whale(self) -> str:
        gini, peak = self.found[2], self.found[4]
        return (f"{counted(self.costly, 'customer')} {self._cost}: before them the sum stands at {_told(peak)} "
                f"of the {self.of}, and {percent(peak.estimate - 1)} is given back. With values below 0 Gini has no "
                f"upper bound; it is {number(gini.estimate)} here, and the peak of the curve says more.")

    def caption(self) -> Caption:
        twenty, gini = self.found[1], self.found[2]
        form = "whale curve" if self.whale else "Lorenz curve"
        finding = (f"{counted(self.costly, 'customer')} {self._cost}: {percent(self.found[4].estimate - 1)} of the {self.of} is "
                   "given back" if self.whale else f"One customer in five: {percent(twenty.estimate)} of the {self.of}")
        return Caption(finding,
                       f"{self.source['title']} · n = {self.n:,} · Gini {number(gini.estimate)}",
                       f"{form.capitalize()} from the best customer to the last; the best 20 % bring "
                       f"{_told(twenty)}")

    def draw(self, ax) -> None:
        x, y = (100 * v for v in self.curve.points())
        equality(ax)
        ax.fill_between(x, x, y, color=picture.ACCENT, alpha=0.10, linewidth=0, zorder=1)
        ax.plot(x, y, color=picture.ACCENT, linewidth=2.6, zorder=4)
        for at, (share, low, high) in zip((10, 20), self.found[:2], strict=True):
            ax.plot([at, at], [100 * low, 100 * high], color=picture.INK, linewidth=4, alpha=0.55, zorder=5)
            ax.plot([at], [100 * share], "o", color=picture.ACCENT, markersize=7, zorder=6)
            known = f" [{100 * low:.0f}, {100 * high:.0f}]" if np.isfinite(low) else ""
            ax.annotate(f"best {at} %: {100 * share:.0f}{known} %", (at, 100 * share), (9, -4), va="top",
                        textcoords="offset points", fontweight="bold" if at == 20 else "normal", zorder=7,
                        bbox=PAPER)
        if self.whale:
            self._draw_peak(ax, x, y)
        axes(ax, f"share of {self.of} (%)", max(100.0, y.max()))

    def _draw_peak(self, ax, x, y) -> None:
        ax.axhline(100, color=picture.GREY, linewidth=1, zorder=1)
        ax.plot([x[y.argmax()]], [y.max()], "s", color=picture.INK, markersize=6, zorder=6)
        right = x[y.argmax()] > 50
        ax.annotate(f"peak {percent(y.max() / 100)}: the rest costs money", (x[y.argmax()], y.max()),
                    (-6 if right else 6, 6), textcoords="offset points", ha="right" if right else "left")

    def headline(self) -> dict:
        ten, twenty, gini, eighty, peak = (float(i.estimate) for i in self.found)
        return {"customers": self.n, "top10_share": ten, "top20_share": twenty, "gini": gini,
                "share_for_80": eighty, "peak": peak, "top20_share_low": float(self.found[1].low),
                "top20_share_high": float(self.found[1].high)}


def concentration(summary: pd.DataFrame, *, of: str = "value", alpha: float = 0.05) -> Result:
    """How much of the ``value``, or of the ``margin``, comes from how few: Lorenz curve (1905), Gini (1912) and top shares.

    A row of the result is a figure with its interval: the share of value of the best 10 % and 20 % of the
    customers, Gini, the smallest share of customers that brings 80 %. Where 20 % is not a whole number of
    customers, the last one counts in part, with that part of the value (a straight line between two
    customers). Gini is that of the customers at hand, without the factor n/(n − 1).

    Negative values are allowed: the curve then rises above 100 % before those who cost money bring it down (a
    whale curve), Gini has no upper bound, and ``peak`` is the height of the curve. Intervals come from
    leaving out one customer at a time (Tukey 1958), with the degrees of freedom that their squares leave.

    Raises CrmlabError where the table has no ``value``, gaps in it, or fewer than ten customers. Where the
    values sum to 0 or less, or there are no margins, the step is left out.

    >>> shop = pd.DataFrame({"customer_id": [str(i) for i in range(10)], "value": [91.0] + [1.0] * 9})
    >>> concentration(shop).headline()["top10_share"]
    0.91
    """
    source, title = tables.provenance(summary), TITLES[of]
    if of == "margin" and of not in summary:
        return LeftOut(title=title, table=pd.DataFrame(), source=source,
                       reason="the log has no column 'margin', and what was paid is not what was earned")
    values = column(summary, of)
    few(values)
    if not values.sum() > 0:
        return LeftOut(title=title, table=pd.DataFrame(), source=source,
                       reason=f"all customers together bring {number(values.sum())}, and of that nobody has a "
                              "share")
    curve = Curve.of(values)
    found = intervals(curve, 1 - alpha)
    costly = int((values < 0).sum())
    share = f"share of {of}"
    terms = (("best 10 %", share), ("best 20 %", share), ("Gini", "0 alike, 1 one has all"),
             (f"for 80 % of the {of}", "share of customers"), ("peak", share))
    rows = [{"term": term, "estimate": i.estimate, "low": i.low, "high": i.high, "unit": unit}
            for (term, unit), i in zip(terms, found, strict=True)][:5 if costly else 4]
    return Concentration(
        title=title, table=pd.DataFrame(rows), source=source, curve=curve, found=found, costly=costly, of=of,
        settings="customers in part by straight lines; Gini without n/(n − 1); intervals of "
                 f"{percent(1 - alpha)} by leaving out one customer at a time")


def _told(share: stats.Interval) -> str:
    if not np.isfinite(share.low):
        return percent(share.estimate)
    return f"{percent(share.estimate)} (interval {percent(share.low)} to {percent(share.high)})"


def equality(ax) -> None:
    """The line on which all customers would bring the same."""
    ax.plot([0, 100], [0, 100], color=picture.GREY, linestyle="--", linewidth=1.1, zorder=2)
    ax.annotate("if all were alike", (66, 66), (4, -4), textcoords="offset points", va="top",
                color=picture.GREY, fontsize=9.5)


def axes(ax, label: str, height: float = 100.0) -> None:
    """Both axes in per cent, customers from the best to the last."""
    ax.set_xlim(0, 100.5)
    ax.set_ylim(0, height * (1.09 if height > 100 else 1.03))
    ax.set_xlabel("share of customers, best first (%)")
    ax.set_ylabel(label)
