"""Are the eight elements eight things, or one thing seen eight times?"""

import numpy as np
import pandas as pd

from crmlab.frame import picture
from crmlab.frame.errors import counted
from crmlab.frame.glossary import number, percent
from crmlab.frame.result import Caption, LeftOut, Result, kind
from crmlab.measures.components import parallel_analysis
from crmlab.measures.scorecard import ELEMENTS
from crmlab.qci.choosing import source
from crmlab.qci.firms import firm_scores

FEWEST = 20


@kind
class Structure(Result):
    """A row per component: its eigenvalue, and what shuffled scores give."""

    components: int
    firms: int

    @property
    def first(self) -> float:
        return float(self.table["share"].iloc[0])

    def text(self) -> str:
        found = {
            0: "No component rises above chance: the elements have nothing in common here.",
            1: (
                "Only one does: firms differ in how well they manage customers as such, and the elements say"
                " the same eight times, each with its own noise."
            ),
        }
        rest = (
            f"{self.components} do: the elements are more than one thing, and one overall score hides some"
            " of it."
        )
        return (
            f"Over {counted(self.firms, 'firm')} the first component of the {len(self.table)} elements"
            f" carries {percent(self.first)} of their variance. How many components rise above what shuffled"
            f" scores give? {found.get(self.components, rest)} One component may also be one rater's general"
            " impression: a halo looks just the same."
        )

    def caption(self) -> Caption:
        finding = {0: "The elements share nothing beyond chance", 1: "The elements move as one"}.get(
            self.components, f"{self.components} components rise above chance"
        )
        return Caption(
            finding,
            f"{self.source['title']} · eigenvalues of {len(self.table)} elements ·"
            f" {counted(self.firms, 'firm')}",
            "Eigenvalues: " + "; ".join(number(value) for value in self.table["estimate"]),
        )

    def draw(self, ax) -> None:
        places = np.arange(1, len(self.table) + 1)
        ax.plot(places, self.table["chance"], color=picture.GREY, ls="--", lw=1.4)
        ax.plot(places, self.table["estimate"], color=picture.SECOND, lw=1.4, zorder=2)
        above = places <= self.components
        ax.plot(places[above], self.table["estimate"][above], "o", color=picture.ACCENT, ms=9, zorder=3)
        ax.plot(places[~above], self.table["estimate"][~above], "o", color=picture.SECOND, ms=6, zorder=3)
        ax.annotate(
            "shuffled scores",
            (places[-1], self.table["chance"].iloc[-1]),
            (0, 16),
            textcoords="offset points",
            ha="right",
            color=picture.GREY,
            fontsize=9.5,
        )
        ax.set_xticks(places)
        ax.set_ylim(0, float(self.table["estimate"].max()) * 1.12)
        ax.set_xlabel("component")

    def headline(self) -> dict:
        return {"components": self.components, "share": self.first, "firms": self.firms}


def structure(table: pd.DataFrame, *, draws: int = 500, seed: int = 1) -> Structure | LeftOut:
    """Whether the eight elements are one factor over firms: parallel analysis (Horn 1965) of their scores.

    A row of the table: ``term``, ``estimate`` (eigenvalue of the correlations), ``chance`` (95th percentile
    of shuffled scores), ``share`` of the variance. Firms with all elements count; of several waves the
    last. Left out below 20 of them, or where fewer than three elements vary.

    >>> import crmlab as crm
    >>> structure(crm.open_table("assessments", "world:firms", seed=1), draws=100).headline()["components"]
    1
    """
    frame = firm_scores(table)[list(ELEMENTS)].dropna(axis=1, how="all").dropna()
    title, from_ = "Are the eight elements one thing?", source(table)
    found = parallel_analysis(frame.to_numpy(float), draws=draws, seed=seed, what="element")
    if not np.isfinite(found.count):
        return LeftOut(
            title=title,
            table=pd.DataFrame(),
            source=from_,
            reason=(
                f"{counted(len(frame), 'firm')} with all elements; "
                f"it takes {FEWEST}, and three elements that vary"
            ),
        )
    table_ = pd.DataFrame(
        {
            "term": [f"component {k}" for k in range(1, found.of + 1)],
            "estimate": found.found,
            "chance": found.chance,
            "share": found.found / found.of,
        }
    )
    return Structure(
        title=title,
        table=table_,
        components=int(found.count),
        firms=len(frame),
        source=from_,
        settings=f"correlations of element scores; 95th percentile of {draws} shuffles, seed {seed}",
    )
