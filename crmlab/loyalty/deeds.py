"""Do customers do what they say? Intention and behaviour beside each other."""

import numpy as np
import pandas as pd

from crmlab.frame import picture, resample, stats
from crmlab.frame.glossary import number, p_clause
from crmlab.frame.result import Caption, LeftOut, Result, kind
from crmlab.loyalty.pair import data_words, pair
from crmlab.measures import tables


@kind
class Deeds(Result):
    """Two rows: satisfaction with what customers say, and with what they did."""

    names: tuple
    difference: stats.Interval
    p: float
    level: float

    def text(self) -> str:
        said, did, d = self.table.iloc[0], self.table.iloc[1], self.difference
        x, y, z = self.names
        clear = self.p < 1 - self.level
        verdict = (f"{x.capitalize()} goes more closely with what customers say than with what they did"
                   if clear and d.estimate > 0 else
                   f"{x.capitalize()} goes more closely with what customers did than with what they say" if clear else
                   "That is no evidence of a gap between words and deeds")
        return (f"{x.capitalize()} and {y} (what customers say): r = {number(said['estimate'])}, interval "
                f"{number(said['low'])} to {number(said['high'])}. {x.capitalize()} and {z} (what they did): r = "
                f"{number(did['estimate'])}, interval {number(did['low'])} to {number(did['high'])}. {verdict}: the "
                f"difference is {number(d.estimate)}, interval {number(d.low)} to {number(d.high)}, "
                f"{p_clause(self.p)}, n = {said['n']:,}. A yes-or-no deed caps the correlation by its form alone.")

    def caption(self) -> Caption:
        clear = self.p < 1 - self.level and self.difference.estimate > 0
        return Caption("Words follow satisfaction more closely than deeds do" if clear else
                       "Words and deeds follow satisfaction alike",
                       f"{data_words(self.source)} · n = {self.table['n'].iloc[0]:,} · correlation with {self.names[0]}",
                       "; ".join(f"{r.term} {number(r.estimate)}" for r in self.table.itertuples()))

    @property
    def size(self):
        return (7.2, 2.4)

    def draw(self, ax) -> None:
        for place, (row, color, marker) in enumerate(zip(self.table.itertuples(), (picture.SECOND, picture.ACCENT),
                                                         "oD", strict=False)):
            picture.span(ax, place, row.estimate, row.low, row.high, color=color, marker=marker)
            ax.annotate(number(row.estimate), (row.estimate, place), (0, 9), textcoords="offset points", ha="center",
                        color=color)
        picture.names_down(ax, [f"{self.names[1]} (says)", f"{self.names[2]} (did)"])
        ax.set_xlim(min(0, self.table["low"].min() - 0.05), 1)
        ax.set_xlabel(f"correlation with {self.names[0]}")

    def headline(self) -> dict:
        return {"said": float(self.table["estimate"].iloc[0]), "did": float(self.table["estimate"].iloc[1]),
                "difference": self.difference.estimate, "p": self.p}


def behaviour(scores: pd.DataFrame, x: str = "satisfaction", y: str = "loyalty", *, did: str = "behaviour",
              alpha: float = 0.05, draws: int = 2000, seed: int = 1) -> Result:
    """Whether satisfaction goes more closely with what customers say than with what they did.

    Two correlations that share a customer and a variable: Meng, Rosenthal & Rubin's (1992) z; the difference
    with a BCa interval from resampled customers. Without a behaviour column the step is left out and says so.

    >>> import crmlab as crm
    >>> scores = crm.score(crm.open_table("survey", "world:survey", n=2000, seed=1))
    >>> behaviour(scores).difference.estimate > 0
    True
    """
    if did not in scores.columns or scores[did].dropna().nunique() < 2:
        return LeftOut(title="Words and deeds", table=pd.DataFrame(), source=tables.provenance(scores),
                       reason="these data say what customers mean to do, not what they did")
    whole = scores[scores[did].notna()]
    p = pair(whole, x, y)
    z = whole.loc[p.rows, did].to_numpy(float)
    triple = np.column_stack([p.x, p.y, z])
    at, values, left = resample.bootstrap_dependent(triple, cluster=p.cluster, draws=draws, seed=seed)
    intervals = [resample.bca(float(a), v, j, level=1 - alpha) for a, v, j in zip(at, values, left, strict=True)]
    rows = [{"term": name, **i._asdict(), "n": p.n} for name, i in zip((y, did), intervals, strict=False)]
    between = resample.correlation("pearson", p.y, z)
    return Deeds(title="Do customers do what they say?", table=pd.DataFrame(rows), names=(x, y, did), source=p.source,
                 difference=intervals[2], level=1 - alpha,
                 p=stats.meng(intervals[0].estimate, intervals[1].estimate, between, p.n),
                 settings=f"Meng, Rosenthal & Rubin z; {draws:,} BCa resamples, seed {seed}")
