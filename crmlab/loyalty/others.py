"""Is that what others found? The number beside published ones, corrected and observed kept apart."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from crmlab.frame import picture
from crmlab.frame.glossary import interval, number
from crmlab.frame.result import Caption, Result, kind
from crmlab.loyalty.link import Correlation, Disattenuated


class Published(NamedTuple):
    term: str
    estimate: float
    correction: str
    source: str


#: Mean correlations of a meta-analysis, corrected for unreliability (Hunter & Schmidt's method).
PUBLISHED = (
    Published("satisfaction – loyalty", 0.54, "corrected", "Curtis et al. 2011"),
    Published("satisfaction – intention to buy again", 0.63, "corrected", "Curtis et al. 2011"),
    Published("loyalty – intention to buy again", 0.71, "corrected", "Curtis et al. 2011"),
)


@kind
class Forest(Result):
    """A row per number: these customers, observed and corrected, and published means."""

    believable: bool

    def text(self) -> str:
        rows = self.table.set_index("term")
        mine, best = rows.loc["these customers, corrected"], PUBLISHED[0]
        inside = mine["low"] <= best.estimate <= mine["high"]
        place = "within" if inside else "below" if mine["high"] < best.estimate else "above"
        said = [f"Published mean correlations of {best.term} are corrected for unreliable items, so only the corrected "
                f"number may be laid beside them: {interval(mine['estimate'], mine['low'], mine['high'])} here, "
                f"{number(best.estimate)} in {best.source}."]
        said.append(f"The published mean lies {'inside the interval of these customers' if inside else 'outside the interval of these customers, which is ' + place + ' it'}.")
        if not self.believable:
            said.append("But the corrected number of these customers is not to be believed, so neither is the comparison.")
        said.append("The observed number stands apart: it is what these questions in this firm gave.")
        return " ".join(said)

    def caption(self) -> Caption:
        return Caption("Compare like with like: corrected with corrected", "correlations with interval where one is known · "
                       "published means from " + PUBLISHED[0].source,
                       "; ".join(f"{r.term} ({r.correction}) {number(r.estimate)}" for r in self.table.itertuples()))

    @property
    def size(self):
        return (7.2, 3.6)

    def draw(self, ax) -> None:
        for place, row in enumerate(self.table.itertuples()):
            mine = row.source == "these data"
            color = picture.ACCENT if mine else picture.SECOND
            if np.isfinite(row.low):
                picture.span(ax, place, row.estimate, row.low, row.high, color=color)
            else:
                ax.plot(row.estimate, place, "D", color=color, ms=8)
            ax.annotate(number(row.estimate), (row.estimate, place), (0, 9), textcoords="offset points", ha="center",
                        color=color, fontsize=9.5)
        picture.names_down(ax, [f"{r.term}" for r in self.table.itertuples()], width=40)
        first = int((self.table["correction"] == "observed").sum())
        ax.axhline(first - 0.58, color=picture.GREY, lw=1)
        for text, at in (("observed", -0.35), ("corrected", first - 0.34)):
            ax.annotate(text, (0.01, at), xycoords=("axes fraction", "data"), color=picture.GREY, fontsize=9.5, va="center")
        ax.set_xlim(0, max(1.02, min(1.5, self.table["high"].max() + 0.03)))
        ax.set_xlabel("correlation")


def literature(observed: Correlation, corrected: Disattenuated) -> Forest:
    """Own observed and corrected correlations beside published meta-analytic means.

    Published means come without an interval here, so they are drawn without one. Sources: Curtis, Abratt,
    Rhoades & Dion (2011).

    >>> import crmlab as crm
    >>> survey = crm.open_table("survey", "world:survey", seed=1)
    >>> forest = literature(crm.loyalty.correlation(crm.score(survey)), crm.loyalty.disattenuated(survey))
    >>> forest.table["correction"].tolist()
    ['observed', 'corrected', 'corrected', 'corrected', 'corrected']
    """
    mine = [("these customers, observed", observed.pearson, "observed"),
            ("these customers, corrected", corrected.corrected, "corrected")]
    rows = [{"term": t, **i._asdict(), "correction": c, "source": "these data"} for t, i, c in mine]
    rows += [{"term": p.term, "estimate": p.estimate, "low": np.nan, "high": np.nan, "correction": p.correction,
              "source": p.source} for p in PUBLISHED]
    return Forest(title="Beside what others found", table=pd.DataFrame(rows), believable=corrected.believable,
                  source=observed.source, settings="published means without interval")
