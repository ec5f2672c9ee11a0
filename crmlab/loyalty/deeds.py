"""Do customers do what they say? Intention and behaviour beside each other."""

from itertools import combinations

import numpy as np
import pandas as pd

from crmlab.frame import correlations, picture, stats
from crmlab.frame.errors import counted
from crmlab.frame.glossary import number, p_clause
from crmlab.frame.result import Caption, Result, kind
from crmlab.loyalty.pairs import FEWEST, data_words, left_out, pair, span_of, told


@kind
class Deeds(Result):
    """Two rows: satisfaction with what customers say, and with what they did."""

    names: tuple
    difference: stats.Interval
    p: float
    level: float

    binary: bool

    size_p: float  # of "equally close, whichever way"

    @property
    def closer(self) -> str:
        """What goes clearly more closely along: ``"words"``, ``"deeds"``, neither, or ``"apart"``."""
        said, did = self.table["estimate"]
        (low_1, high_1), (low_2, high_2) = self.table[["low", "high"]].to_numpy()
        if low_1 > 0 > high_2 or low_2 > 0 > high_1:
            return "apart"
        if not max(self.p, self.size_p) < 1 - self.level:
            return ""
        return "words" if abs(said) > abs(did) else "deeds"

    def text(self) -> str:
        said, did = (stats.Interval(row.estimate, row.low, row.high) for row in self.table.itertuples())
        x, y, z = self.names
        verdict = {"words": "goes more closely with what customers say than with what they did",
                   "deeds": "goes more closely with what customers did than with what they say",
                   "apart": "goes one way with what customers say, the other way with what they did"}
        verdict = f"{x.capitalize()} {verdict[self.closer]}" if self.closer else (
            "That is no evidence of a gap between words and deeds")
        form = " A yes-or-no deed caps the correlation by its form alone." if self.binary else ""
        return (f"{x.capitalize()} and {y} (what customers say): r = {told(said)}. {x.capitalize()} and {z} "
                f"(what they did): r = {told(did)}. {verdict}: the difference is {told(self.difference)}, "
                f"{p_clause(self.p)}, n = {self.table['n'].iloc[0]:,}.{form}")

    def caption(self) -> Caption:
        x = self.names[0]
        finding = {"words": f"Words follow {x} more closely than deeds do",
                   "deeds": f"Deeds follow {x} more closely than words do",
                   "apart": f"Words and deeds follow {x} in opposite ways",
                   "": "No clear gap between words and deeds"}[self.closer]
        n = f"n = {self.table['n'].iloc[0]:,}"
        return Caption(finding, f"{data_words(self.source)} · {n} · correlation with {x}",
                       "; ".join(f"{r.term} {number(r.estimate)}" for r in self.table.itertuples()))

    @property
    def size(self):
        return (7.2, 2.4)

    def draw(self, ax) -> None:
        looks = zip(self.table.itertuples(), (picture.SECOND, picture.ACCENT), "oD", strict=True)
        for place, (row, color, marker) in enumerate(looks):
            picture.span(ax, place, row.estimate, row.low, row.high, color=color, marker=marker)
            ax.annotate(number(row.estimate), (row.estimate, place), (0, 9), textcoords="offset points",
                        ha="center",
                        color=color)
        picture.names_down(ax, [f"{self.names[1]} (says)", f"{self.names[2]} (did)"])
        ax.axvline(0, color=picture.GREY, lw=1.2)
        ax.set_xlim(*span_of(self.table))
        ax.set_xlabel(f"correlation with {self.names[0]}")

    def headline(self) -> dict:
        return {"said": float(self.table["estimate"].iloc[0]), "did": float(self.table["estimate"].iloc[1]),
                "difference": self.difference.estimate, "p": self.p}


def behaviour(scores: pd.DataFrame, x: str = "satisfaction", y: str = "loyalty", *, did: str = "behaviour",
              alpha: float = 0.05) -> Result:
    """Whether satisfaction goes more closely with what customers say than with what they did.

    Two correlations that share a customer and a variable: their difference has Zou's (2007) interval, which knows
    how the two go along with each other, and the p that belongs to it; one customer (or cluster) is left out at a
    time. Without a behaviour column the step is left out and says so.

    >>> import crmlab as crm
    >>> scores = crm.score(crm.open_table("survey", "world:survey", n=2000, seed=1))
    >>> behaviour(scores).difference.estimate > 0
    True
    """
    title = "Do customers do what they say?"
    whole = scores.dropna(subset=[name for name in (x, y, did) if name in scores])
    reason = _cannot_compare(whole, x, y, did)
    if reason:
        return left_out(title, scores, reason)
    p = pair(whole, x, y)
    if p.too_few:
        return left_out(title, scores, p.too_few)
    z = whole[did].to_numpy(float)[p.rows]
    who, level = (p.cluster, p.weight), 1 - alpha
    gap, chance = correlations.apart(p.x, p.y, z, *who, level)
    if not np.isfinite(chance):
        alike = max(abs(correlations.correlation("pearson", a, b)) for a, b in combinations((p.x, p.y, z), 2))
        return left_out(title, scores, "two of the three columns say the same" if alike >= stats.PERFECT else
                        "one customer alone decides how they go together")
    said, done = p.correlation(level), correlations.interval("pearson", p.x, z, *who, level)
    size = correlations.apart(p.x, p.y, -z, *who, level)[1] if said.estimate * done.estimate < 0 else chance
    rows = [{"term": name, **i._asdict(), "n": p.n} for name, i in ((y, said), (did, done))]
    unit = "customer" if p.cluster is None or p.repeated else "cluster"
    return Deeds(title=title, table=pd.DataFrame(rows), names=(x, y, did), source=p.source, p=chance,
                 size_p=size, difference=gap, level=level, binary=len(np.unique(z)) == 2,
                 settings=f"each r by leaving out one {unit} at a time; the difference with Zou's (2007) interval")


def _cannot_compare(whole: pd.DataFrame, x: str, y: str, did: str) -> str:
    if did not in whole:
        return "these data say what customers mean to do, not what they did"
    if len(whole) < FEWEST:
        return f"{counted(len(whole), 'customer')} with both scores and '{did}' are too few"
    for name in (did, x, y):
        if name in whole and whole[name].nunique() < 2:
            known = "" if name == did else f" of whom '{did}' is known"
            return f"'{name}' is the same for all customers{known}"
    return ""
