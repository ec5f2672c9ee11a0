"""The data card: where a survey comes from, who is missing, and how the answers lie on the scale."""

import numpy as np
import pandas as pd
import seaborn as sns

from crmlab.frame import picture
from crmlab.frame.errors import counted, listed
from crmlab.frame.glossary import percent
from crmlab.frame.result import Caption, Result, kind
from crmlab.measures import tables


@kind
class Card(Result):
    """The codebook as table; ``answers`` has the share of customers per item and answer."""

    answers: pd.DataFrame
    customers: int

    def text(self) -> str:
        source = self.source
        said = [f"{counted(self.customers, 'customer')}, {counted(len(self.answers), 'question')} shown here."]
        lost = source["dropped"]
        said.append("No row was dropped." if not lost else " ".join(
            f"Dropped: {counted(d['count'], 'row')} ({d['reason']})." for d in lost))
        gaps = self.table[self.table["missing"] > 0]
        said.append("Nobody skipped a question." if not len(gaps) else
                    f"Most gaps: {gaps.loc[gaps['missing'].idxmax(), 'column']} with "
                    f"{counted(int(gaps['missing'].max()), 'missing answer')}.")
        top = self.answers.iloc[:, -1]
        said.append(f"Answers crowd at the top: {percent(float(top.mean()))} are the highest one can give, "
                    f"{percent(float(self.answers.iloc[:, 0].mean()))} the lowest.")
        said += [note if note.endswith(".") else f"{note}." for note in source["notes"]]
        return " ".join(said)

    def caption(self) -> Caption:
        shares = ", ".join(f"{item} {percent(float(row.iloc[-1]))}" for item, row in self.answers.iterrows())
        return Caption("How the answers lie on the scale", f"{self.source['title']} · share of n = {self.customers:,} "
                       "customers giving each answer", f"Share of the highest answer: {shares}")

    @property
    def size(self):
        return (7.2, 1.5 + 0.33 * len(self.answers))

    def draw(self, ax) -> None:
        numbers = self.answers.map(lambda share: f"{share * 100:.0f}" if share >= 0.005 else "")
        sns.heatmap(self.answers, ax=ax, cmap=sns.light_palette(picture.SECOND, as_cmap=True), cbar=False, vmin=0,
                    linewidths=1.5, annot=numbers, fmt="", annot_kws={"fontsize": 9}, yticklabels=False)
        picture.room_for_names(ax, self.answers.index)
        ax.set_yticks(np.arange(len(self.answers)) + 0.5, self.answers.index, rotation=0)
        ax.tick_params(length=0)
        ax.set_xlabel("answer (numbers in the cells: % of customers)")
        ax.set_ylabel("")

    def headline(self) -> dict:
        return {"customers": self.customers, "questions": len(self.answers),
                "missing": int(self.table["missing"].sum())}


def card(survey: pd.DataFrame, *constructs: str) -> Card:
    """The data card of a survey: provenance, codebook, gaps, and the answers to the items of the constructs.

    A row of the table is a column of the survey. Raises CrmlabError where a construct has no items.

    >>> import crmlab as crm
    >>> card(crm.open_table("survey", "world:survey", seed=1), "satisfaction").answers.shape
    (3, 10)
    """
    present = tables.needs(survey, *constructs) if constructs else tables.provenance(survey)["constructs"]
    items = [item for spec in present.values() for item in spec["items"]]
    low, high = min(s["low"] for s in present.values()), max(s["high"] for s in present.values())
    answers = np.arange(low, high + 1) if high - low <= 10 else np.linspace(low, high, 11)
    shares = pd.DataFrame([_shares(survey[item], answers) for item in items], index=items,
                          columns=[f"{a:g}" for a in answers])
    book = tables.codebook(survey)
    told = book[book["column"].isin([*items, *(c for c in book["column"] if c not in _items(survey))])]
    return Card(title=f"The data: {tables.provenance(survey)['title']}", table=told.reset_index(drop=True), answers=shares,
                customers=len(survey), source=tables.provenance(survey), settings=_licence(survey))


def _items(survey: pd.DataFrame) -> set:
    return {item for spec in tables.provenance(survey)["constructs"].values() for item in spec["items"]}


def _shares(values: pd.Series, answers: np.ndarray) -> np.ndarray:
    given = values.dropna().to_numpy(float)
    nearest = np.abs(given[:, None] - answers).argmin(axis=1)
    return np.bincount(nearest, minlength=len(answers)) / max(len(given), 1)


def _licence(survey: pd.DataFrame) -> str:
    source = tables.provenance(survey)
    return listed([part for part in (source["source"], source["licence"]) if part], quote=False).replace(" and ", "; ")
