"""Is that what others found? The number beside published ones, corrected and observed kept apart."""

import re
from typing import NamedTuple

import numpy as np
import pandas as pd

from crmlab.frame import picture
from crmlab.frame.glossary import interval, number
from crmlab.frame.result import Caption, LeftOut, Result, kind
from crmlab.loyalty.link import Correlation
from crmlab.loyalty.perfect import Disattenuated


class Published(NamedTuple):
    term: str
    estimate: float
    correction: str
    source: str


#: Mean correlations of a meta-analysis, corrected for unreliability (Hunter & Schmidt's method).
PUBLISHED = (
    Published("satisfaction – loyalty", 0.54, "corrected", "Curtis et al. 2011"),
    Published("satisfaction – intention to buy again", 0.63, "corrected", "Curtis et al. 2011"),
    Published("loyalty – buying again, done or meant", 0.71, "corrected", "Curtis et al. 2011"),
)
BUYING_AGAIN = r"\b(again|stay|remain|repurchase|repeat|renew|next time)\b"


@kind
class Forest(Result):
    """A row per number: these customers, observed and corrected, and published means."""

    believable: bool
    nearest: Published | None  # the published mean that asks the same, or nothing
    uncorrected: str  # why there is no corrected number of these customers, or nothing

    def text(self) -> str:
        best = self.nearest
        rule = ("Published mean correlations are corrected for unreliable items, so only the corrected number may be laid "
                "beside them")
        last = "The observed number stands apart: it is what these questions put to these customers gave."
        if best is None:
            return f"{rule}. None of those shown asks about these two scores. {last}"
        if self.uncorrected:
            return (f"{rule}. These customers have none: {self.uncorrected}. So there is nothing to compare "
                    f"with the {number(best.estimate)} of {best.source}. {last}")
        mine = self.table.set_index("term").loc["these customers, corrected"]
        said = [f"{rule}: {interval(mine['estimate'], mine['low'], mine['high'])} here. By what these questions ask, the "
                f"nearest is {best.term}: {number(best.estimate)} in {best.source}.",
                "That is a mean over studies which differ, so it need not lie within the interval of one."]
        if not self.believable:
            said.append("But the corrected number of these customers is not to be believed, so neither is "
                        "the comparison.")
        return " ".join([*said, last])

    def caption(self) -> Caption:
        return Caption("Compare like with like: corrected with corrected",
                       "correlations with interval where one is known · published means from "
                       f"{PUBLISHED[0].source}",
                       "; ".join(f"{r.term} ({r.correction}) {number(r.estimate)}"
                                 for r in self.table.itertuples()))

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
            ax.annotate(number(row.estimate), (row.estimate, place), (0, 9), textcoords="offset points",
                        ha="center",
                        color=color, fontsize=9.5)
        picture.names_down(ax, [f"{r.term}" for r in self.table.itertuples()], width=40)
        first = int((self.table["correction"] == "observed").sum())
        ax.axhline(first - 0.58, color=picture.GREY, lw=1)
        left = self.table["estimate"].min() > 0.15
        for text, at in (("observed", -0.35), ("corrected", first - 0.34)):
            ax.annotate(text, (0.01 if left else 0.99, at), xycoords=("axes fraction", "data"),
                        color=picture.GREY,
                        fontsize=9.5, va="center", ha="left" if left else "right")
        low, high = np.nanmin(self.table[["low", "estimate"]]), np.nanmax(self.table[["high", "estimate"]])
        ax.set_xlim(max(-1.5, min(0, low - 0.05)), max(1.02, min(1.5, high + 0.03)))
        ax.set_xlabel("correlation")


def literature(observed: Correlation, corrected: Disattenuated | LeftOut) -> Forest:
    """Own observed and corrected correlations beside published meta-analytic means.

    Published means come without an interval here, so they are drawn without one. Sources: Curtis, Abratt,
    Rhoades & Dion (2011). The text compares with the one that asks nearest to the same: satisfaction with buying
    again where all questions about loyalty ask that, otherwise with loyalty; a mean over studies that differ is no
    prediction of one (Hunter & Schmidt 2004). Where the correction was left out, the published means stand alone,
    and the text says why.

    >>> import crmlab as crm
    >>> survey = crm.open_table("survey", "world:survey", seed=1)
    >>> forest = literature(crm.loyalty.correlation(crm.score(survey)), crm.loyalty.disattenuated(survey))
    >>> forest.table["correction"].tolist()
    ['observed', 'corrected', 'corrected', 'corrected', 'corrected']
    """
    mine = [("these customers, observed", observed.pearson, "observed")]
    done = isinstance(corrected, Disattenuated)
    if done:
        mine.append(("these customers, corrected", corrected.corrected, "corrected"))
    rows = [{"term": t, **i._asdict(), "correction": c, "source": "these data"} for t, i, c in mine]
    rows += [{"term": p.term, "estimate": p.estimate, "low": np.nan, "high": np.nan,
              "correction": p.correction,
              "source": p.source} for p in PUBLISHED]
    return Forest(title="Beside what others found", table=pd.DataFrame(rows), source=observed.source,
                  nearest=_nearest(observed), believable=done and corrected.believable, uncorrected="" if done else corrected.reason,
                  settings="published means without interval")


def _nearest(observed: Correlation) -> Published | None:
    """The published mean of the same two things, going by what the questions ask; None where there is none."""
    pair, source = observed.pair, observed.source
    both = {pair.name_x, pair.name_y}
    if both == {"loyalty", "intention"}:
        return PUBLISHED[2]
    if both == {"satisfaction", "intention"}:
        return PUBLISHED[1]
    if both != {"satisfaction", "loyalty"}:
        return None
    items = source.get("scales", {}).get("loyalty", {}).get("items", [])
    asked = [source.get("meanings", {}).get(item, "") for item in items]
    return PUBLISHED[1] if asked and all(re.search(BUYING_AGAIN, one.lower()) for one in asked) else PUBLISHED[0]
