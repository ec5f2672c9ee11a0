"""The data card of assessments: whose forms they are, how full, and where the answers lie."""

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
        said += [f"Dropped: {counted(part['count'], 'row')} ({part['reason']})." for part in source["dropped"]]
        said += [note if note.endswith(".") else f"{note}." for note in source["notes"]]
        return " ".join(said)

    def caption(self) -> Caption:
        done, meant = (percent(float(self.answers.loc[name].iloc[3:].sum())) for name in ("reality", "intention"))
        each = "; ".join(f"{name}: " + ", ".join(f"{step} {percent(share)}" for step, share in row.items())
                         for name, row in self.answers.iterrows())
        return Caption(f"In place or better: {done} of what is done, {meant} of what is meant",
                       f"{self.source['title']} · share of {counted(self.asked, 'judgement')} at each step from 0 to 4", each)

    @property
    def size(self):
        return (7.2, 2.6)

    def draw(self, ax) -> None:
        left = pd.Series(0.0, index=self.answers.index)
        for step, shares in self.answers.items():
            shade = 0.15 + 0.85 * step / STEPS[-1]
            ax.barh(range(len(shares)), shares, 0.6, left=left, color=picture.SECOND, alpha=shade, edgecolor="white", lw=1.5)
            for place, (share, start) in enumerate(zip(shares, left, strict=True)):
                if share > 0.03:
                    ax.annotate(f"{step}: {percent(share)}", (start + share / 2, place), ha="center", va="center", fontsize=9,
                                color="white" if shade > 0.6 else picture.INK)
            left += shares
        picture.names_down(ax, self.answers.index)
        ax.set_xlim(0, 1)
        ax.xaxis.set_major_formatter(lambda value, _: percent(value))
        ax.set_xlabel("share of the judgements (0 none, 4 all of it)")

    def headline(self) -> dict:
        return {"firms": self.firms, "forms": self.raters, "practices": self.practices, "missing": self.missing}


def form(table: pd.DataFrame) -> Filled:
    """The data card of a table of assessments: codebook, how many judged what, and the share of each step.

    A step that means "in place" is 3 or 4. Judgements that say "does not apply" count in neither share.
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
