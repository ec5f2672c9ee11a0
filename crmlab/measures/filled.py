"""The data card of assessments: whose forms they are, how full, and where the answers lie."""

import numpy as np
import pandas as pd

from crmlab.frame import picture
from crmlab.frame.errors import counted
from crmlab.frame.glossary import percent
from crmlab.frame.result import Caption, Result, kind
from crmlab.measures import tables

STEPS = range(5)
RATED = ("intention", "reality")


@kind
class Filled(Result):
    """The codebook as table; ``answers`` has the share of each step from 0 to 4, of intention and of reality."""

    answers: pd.DataFrame
    firms: int
    raters: int
    practices: int
    asked: int
    missing: int
    idle: int

    def text(self) -> str:
        source, sheets = self.source, counted(self.raters, "form")
        said = [f"{counted(self.firms, 'firm')}, {sheets} filled in, {counted(self.practices, 'practice')}: "
                f"{counted(self.asked, 'judgement')}."]
        if self.idle:
            said.append(f"{counted(self.idle, 'judgement')} {'says' if self.idle == 1 else 'say'} that the practice does not apply.")
        said.append("Nothing was left empty." if not self.missing else
                    f"{counted(self.missing, 'judgement')} {'lacks' if self.missing == 1 else 'lack'} intention or reality; the scores "
                    "leave them out.")
        said += [f"Dropped: {counted(part['count'], part.get('unit', 'row'))} ({part['reason']})." for part in source["dropped"]]
        said += [note if note.endswith(".") else f"{note}." for note in source["notes"]]
        return " ".join(said)

    def caption(self) -> Caption:
        shown = self._shown
        done, meant = (percent(float(shown.loc[name].iloc[3:].sum())) for name in ("reality", "intention"))
        each = "; ".join(f"{name}: " + ", ".join(f"{step} {percent(share)}" for step, share in row.items())
                         for name, row in shown.iterrows())
        return Caption(f"In place: {done} of what was judged; planned and communicated: {meant}",
                       f"{self.source['title']} · share of {counted(self.asked, 'judgement')} at each step from 0 to 4", each)

    @property
    def _shown(self) -> pd.DataFrame:
        """The shares in whole per cents that add up, so that what is added by eye comes out (largest remainder)."""
        return self.answers.apply(_whole, axis=1)

    @property
    def size(self):
        return (7.2, 2.7)

    def draw(self, ax) -> None:
        left = pd.Series(0.0, index=self.answers.index)
        for step, shares in self._shown.items():
            shade = 0.15 + 0.85 * step / STEPS[-1]
            ax.barh(range(len(shares)), shares, 0.6, left=left, color=picture.SECOND, alpha=shade, edgecolor="white", lw=1.5)
            for place, (share, start) in enumerate(zip(shares, left, strict=True)):
                inside, last = share > 0.035, step == STEPS[-1] and share > 0  # a narrow last one is told beside the bar
                if inside or last:
                    ax.annotate(f"{step}\n{percent(share)}", (start + share / 2 if inside else 1.01, place), va="center",
                                ha="center" if inside else "left", fontsize=9, annotation_clip=False,
                                color="white" if inside and shade > 0.6 else picture.INK)
            left += shares
        picture.names_down(ax, self.answers.index)
        ax.set_xlim(0, 1)
        ax.figure.subplots_adjust(right=0.93)
        ax.xaxis.set_major_formatter(lambda value, _: percent(value))
        ax.set_xlabel("share of the judgements at each step (0 none, 4 all of it)")

    def headline(self) -> dict:
        return {"firms": self.firms, "forms": self.raters, "practices": self.practices, "missing": self.missing}


def _whole(shares: pd.Series) -> pd.Series:
    """Shares in whole per cents with the same sum.

    >>> _whole(pd.Series([0.335, 0.335, 0.33])).tolist()
    [0.34, 0.33, 0.33]
    """
    low = np.floor(shares * 100 + 1e-9)
    more = (shares * 100 - low).sort_values(ascending=False, kind="stable").index[:round(100 * shares.sum() - low.sum())]
    return (low + low.index.isin(more)) / 100


def form(table: pd.DataFrame) -> Filled:
    """The data card of a table of assessments: codebook, how many judged what, and the share of each step.

    From step 3 on a practice is in place (reality), or planned and communicated (intention). Judgements that say "does not apply" count in neither share.
    """
    source = tables.provenance(table)
    idle = table["applicable"] == 0 if "applicable" in table else pd.Series(False, index=table.index)
    asked = table[~idle]
    answers = pd.DataFrame({name: asked[name].dropna().round().value_counts(normalize=True).reindex(STEPS, fill_value=0.0)
                            for name in RATED}).T
    whole = asked[list(RATED)].notna().all(axis=1)
    raters = table[[name for name in ("firm", "rater", "wave") if name in table]].drop_duplicates()
    return Filled(title=f"The data: {source['title']}", table=tables.codebook(table), answers=answers, source=source,
                  firms=table["firm"].nunique(), raters=len(raters), practices=table["practice"].nunique(), asked=len(asked),
                  missing=int((~whole).sum()), idle=int(idle.sum()),
                  settings="; ".join(part for part in (source["source"], source["licence"]) if part))
