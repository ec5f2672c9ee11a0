"""What the choice of customers does to the number: the content alone, and a scale that ends."""

import numpy as np
import pandas as pd

from crmlab.frame import correlations, picture, stats
from crmlab.frame.glossary import number
from crmlab.frame.result import Caption, Result, kind
from crmlab.loyalty.pairs import FEWEST, Pair, data_words, left_out, pair, share_words, told

MOST_STEPS = 25


@kind
class Restriction(Result):
    """A row per cut: the correlation among customers with at least that satisfaction."""

    names: tuple
    ceilings: dict
    ends: list  # the names of scores whose highest possible value is known
    whole: float
    corrected: float
    change: stats.Interval  # r among the content less r among all
    fate: str


    def text(self) -> str:
        x = self.names[0]
        top = self.table.iloc[-1]
        back = ("" if not np.isfinite(self.corrected) else
                f" Corrected back for it (Thorndike's case 2) the {number(top['estimate'])} becomes "
                f"{number(self.corrected)}{self._missed()}.")
        said = {"fades": "", "grows": " Here the link is closer among the content.",
                "turns": " Here the link runs the other way among the content.",
                "differs": f" Here r is another among the content: the change is {told(self.change)}.",
                "open": f" Whether the link fades is not settled: the change in r is {told(self.change)}."}[self.fate]
        return (f"All customers: r = {number(self.whole)}. Only those with {x} of {number(top['cut'], 1)} or "
                f"more: r = {told(stats.Interval(top['estimate'], top['low'], top['high']))}, n = "
                f"{top['n']:,.0f}. Nobody changed an answer; part of the range is gone.{said}{back}{self._crowded()}")

    def _crowded(self) -> str:
        crowd = " and ".join(f"{share_words(self.ceilings[name])} of the {name} scores" for name in self.ends)
        return f" The scale restricts too: {crowd} are at the highest value one can give." if crowd else ""

    def _missed(self) -> str:
        """Whether the correction finds back to all customers; it supposes a straight line with even scatter."""
        if abs(self.corrected - self.whole) <= 0.1:
            return ""
        return (f", which misses the {number(self.whole)} of all: the correction supposes a straight line with even "
                "scatter, and near the end of a scale there is neither")

    def caption(self) -> Caption:
        top = self.table.iloc[-1]
        return Caption({"fades": "Ask only the content, and the link fades",
                        "grows": "Ask only the content, and here the link grows closer",
                        "turns": "Ask only the content, and here the link turns round",
                        "differs": "Ask only the content, and here the link is another one",
                        "open": "Ask only the content: whether the link fades is not settled"}[self.fate],
                       f"{data_words(self.source)} · correlation among customers at or above each "
                       f"{self.names[0]}",
                       f"From {number(self.whole)} for all to {number(top['estimate'])} at "
                       f"{number(top['cut'], 1)} and above")

    def draw(self, ax) -> None:
        t = self.table
        ax.fill_between(t["cut"], t["low"], t["high"], color=picture.ACCENT, alpha=0.16, lw=0)
        ax.plot(t["cut"], t["estimate"], color=picture.ACCENT, lw=2.4, marker="o", ms=5)
        ax.axhline(self.whole, color=picture.SECOND, ls="--", lw=1.4)
        up = self.whole >= 0
        ax.annotate(f"all customers {number(self.whole)}", (1, self.whole), (-2, 5 if up else -13),
                    textcoords="offset points", xycoords=("axes fraction", "data"), color=picture.SECOND,
                    fontsize=9.5,
                    ha="right")
        for place, side in ((0, "left"), (-1, "right"))[:len(t)]:
            row = t.iloc[place]
            end = row["estimate"] if np.isnan(row["low"]) else row["low"] if up else row["high"]
            ax.annotate(f"n = {row['n']:,.0f}", (row["cut"], end), (0, -13 if up else 6), color=picture.GREY,
                        textcoords="offset points", ha=side, fontsize=9.5)
        ax.axhline(0, color=picture.GREY, lw=1)
        least = np.nanmin([*t["low"], *t["estimate"], self.whole])
        most = np.nanmax([*t["high"], *t["estimate"], self.whole])
        ax.set_ylim(max(-1.16, min(-0.15, least - 0.14)), 1.08 if up else min(1.16, max(0.15, most + 0.14)))
        ax.set_xlabel(f"lowest {self.names[0]} still asked")
        ax.set_ylabel("correlation")

    def headline(self) -> dict:
        top = self.table.iloc[-1]
        return {"whole": self.whole, "cut": float(top["cut"]), "restricted": float(top["estimate"]),
                "restricted_n": int(top["n"]),
                "corrected_back": self.corrected,
                **{f"ceiling_{name}": c for name, c in self.ceilings.items()}}


def restriction(scores: pd.DataFrame, x: str = "satisfaction", y: str = "loyalty", *, at: float | None = None,
                alpha: float = 0.05) -> Result:
    """What one would find if only satisfied customers had been asked, and how full the top of the scale is.

    ``at`` is the satisfaction from which customers are asked, the last row of the table; without it 7/9 of
    the scale (8 of 10). Intervals know clusters and weights; that the link fades is said where the interval of
    the change says so. The correction back is Thorndike's (1949) case 2. Where too few customers stand
    above any cut, the step is left out and says so.

    >>> import crmlab as crm
    >>> r = restriction(crm.score(crm.open_table("survey", "world:survey", seed=1)))
    >>> bool(r.table["estimate"].iloc[-1] < r.whole)
    True
    """
    p, title = pair(scores, x, y), "What if only the content had been asked?"
    spec = p.scale(x)
    low, high = (spec["low"], spec["high"]) if spec else (p.x.min(), p.x.max())
    last = low + 7 / 9 * (high - low) if at is None else at
    rows = [row for row in (_above(p, cut, alpha) for cut in _steps(p.x, last)) if row]
    if not rows or rows[-1]["n"] == p.n:
        return left_out(title, scores, f"too few customers who differ have {x} of {last:.3g} or more, or too "
                                       f"few have less; a correlation needs {FEWEST}")
    top, all_ = rows[-1], p.correlation(1 - alpha)
    content = p.among(p.x >= top["cut"] - 1e-9)
    ratio = _spread(p) / _spread(content)
    r, change = top["estimate"], _change(p, p.x >= top["cut"] - 1e-9, 1 - alpha)
    tops = {name: float(np.average(v >= p.scale(name).get("high", v.max()) - 1e-9, weights=p.weight))
            for name, v in ((x, p.x), (y, p.y))}
    return Restriction(title=title, table=pd.DataFrame(rows), names=(x, y), ceilings=tops, whole=all_.estimate,
                       ends=[name for name in tops if "high" in p.scale(name)], change=change,
                       fate=_fate(all_, stats.Interval(r, top["low"], top["high"]), change),
                       corrected=float(r * ratio / np.sqrt(1 + r**2 * (ratio**2 - 1))), source=p.source,
                       settings="each r by leaving out one unit at a time, the change with Zou's (2007) interval")


def _change(p: Pair, kept: np.ndarray, level: float) -> stats.Interval:
    """r among some less r among all of the same customers."""
    weight = np.ones(p.n) if p.weight is None else p.weight
    some, all_ = (stats.left_out(p.x, p.y, p.cluster, w) for w in (weight * kept, weight))
    if p.too_few:
        return stats.Interval(some[0] - all_[0], np.nan, np.nan)
    return correlations.difference(some, all_, level)[0]


def _fate(all_: stats.Interval, content: stats.Interval, change: stats.Interval) -> str:
    """What becomes of the link among the content, as far as intervals claim it."""
    if not stats.side(change):
        return "open"
    if not stats.side(all_):
        return "differs"
    if stats.side(all_) * stats.side(content) < 0:
        return "turns"
    if stats.side(all_) * stats.side(change) > 0:
        return "grows"
    return "fades" if abs(content.estimate) < abs(all_.estimate) else "differs"


def _steps(x: np.ndarray, last: float) -> list[float]:
    """Scores at which to cut, each once: from the lowest (but a fiftieth of the customers) to the last."""
    steps = np.unique(x)
    steps = steps[(steps < last - 1e-9) & (steps >= np.quantile(x, 0.02))]
    if len(steps) > MOST_STEPS:
        steps = steps[np.linspace(0, len(steps) - 1, MOST_STEPS).round().astype(int)]
    return [*map(float, steps), float(last)]


def _spread(p: Pair) -> float:
    return float(np.sqrt(np.average((p.x - np.average(p.x, weights=p.weight)) ** 2, weights=p.weight)))


def _above(p: Pair, cut: float, alpha: float) -> dict | None:
    kept = p.x >= cut - 1e-9
    if kept.sum() < FEWEST or np.ptp(p.x[kept]) < 1e-9 or np.ptp(p.y[kept]) < 1e-9:
        return None
    return {"cut": cut, **p.among(kept).correlation(1 - alpha)._asdict(), "n": int(kept.sum())}
