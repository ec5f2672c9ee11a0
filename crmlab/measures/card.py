"""The data card: where a survey comes from, who is missing, and how the answers lie on the scale."""

import numpy as np
import pandas as pd
import seaborn as sns

from crmlab.frame import picture
from crmlab.frame.errors import counted
from crmlab.frame.glossary import percent
from crmlab.frame.result import Caption, Result, kind
from crmlab.measures import daybook, filled, tables


@kind
class Card(Result):
    """The codebook as table; ``answers`` has the share of customers per item and answer."""

    answers: pd.DataFrame
    customers: int
    middle: float
    highest: float
    lowest: float
    shared: bool  # all questions have the same scale
    dates: int

    def text(self) -> str:
        source = self.source
        shown = counted(len(self.answers), "question")
        at = f" at {self.dates} dates" if self.dates > 1 else ""
        said = [f"{counted(self.customers // self.dates, 'customer')}{at}, {shown} shown here."]
        lost = source["dropped"]
        said.append("No row was dropped." if not lost else " ".join(
            f"Dropped: {counted(d['count'], 'row')} ({d['reason']})." for d in lost))
        gaps = self.table[self.table["missing"] > 0]
        said.append("Nobody skipped a question." if not len(gaps) else
                    f"Most gaps: {gaps.loc[gaps['missing'].idxmax(), 'column']} with "
                    f"{counted(int(gaps['missing'].max()), 'missing answer')}.")
        said.append(self._leaning())
        said += [note if note.endswith(".") else f"{note}." for note in source["notes"]]
        return " ".join(said)

    def _leaning(self) -> str:
        """Where the answers lie on their scales, from 0 at the lowest answer to 1 at the highest."""
        way = "lean to the top" if self.middle >= 0.6 else "lean to the bottom" if self.middle <= 0.4 else (
            "lie around the middle")
        return (f"Answers {way} of the scale (on average {percent(self.middle)} of the way up): "
                f"{percent(self.highest)} are the highest one can give, {percent(self.lowest)} the lowest.")

    def caption(self) -> Caption:
        shares = ", ".join(f"{item} {percent(float(row.iloc[-1]))}" for item, row in self.answers.iterrows())
        who = f"n = {self.customers:,} customers" if self.dates == 1 else f"{self.customers:,} rows"
        return Caption("How the answers lie on the scale", f"{self.source['title']} · share of {who} giving each answer",
                       f"Share of the highest answer: {shares}")

    @property
    def size(self):
        return (7.2, 1.5 + 0.33 * len(self.answers))

    def draw(self, ax) -> None:
        answer = "answer" if self.shared else "answer, as a share of the way up its own scale"
        _strips(ax, self.answers, f"{answer} (numbers in the cells: % of customers)")

    def headline(self) -> dict:
        return {"customers": self.customers, "questions": len(self.answers),
                "missing": int(self.table["missing"].sum())}


def card(survey: pd.DataFrame, *constructs: str) -> Result:
    """The data card of a survey: provenance, codebook, gaps, and the answers to the items of the constructs.

    A row of the table is a column of the survey. A transaction log gives its own card, with purchases per
    month, and a table of assessments one with the share of each step.
    Raises CrmlabError where a construct has no items.

    >>> import crmlab as crm
    >>> card(crm.open_table("survey", "world:survey", seed=1), "satisfaction").answers.shape
    (3, 10)
    """
    own = {"transactions": daybook.entries, "assessments": filled.form}.get(tables.provenance(survey)["table"])
    if own and not constructs:
        return own(survey)
    present = tables.needs(survey, *constructs) if constructs else tables.provenance(survey)["constructs"]
    if not present:
        return _counts(survey)
    ends = {item: (spec["low"], spec["high"]) for spec in present.values() for item in spec["items"]}
    up = pd.DataFrame({item: (survey[item].astype(float) - low) / (high - low) for item,
                       (low, high) in ends.items()})
    shared = len(set(ends.values())) == 1
    low, high = next(iter(ends.values()))
    steps = int(high - low) if shared and high - low <= 10 and float(high - low).is_integer() else 10
    answers = np.linspace(0, 1, steps + 1)
    names = [f"{low + a * (high - low):g}" if shared else percent(a) for a in answers]
    shares = pd.DataFrame([_shares(up[item], answers) for item in ends], index=list(ends), columns=names)
    book = tables.codebook(survey)
    told = book[book["column"].isin(list(ends)) | ~book["column"].isin(_items(survey))]
    source = tables.provenance(survey)
    return Card(title=f"The data: {source['title']}", table=told.reset_index(drop=True), answers=shares,
                customers=len(survey), dates=_dates(survey), middle=float(up.mean().mean()), highest=_at(up, 1), lowest=_at(up, 0),
                shared=shared, source=source, settings=_licence(survey))


def _dates(survey: pd.DataFrame) -> int:
    return int(survey["wave"].nunique()) if "wave" in survey.columns else 1


@kind
class Counts(Result):
    """The codebook as table; ``counts`` has the share of rows per column and count, the last one and more."""

    counts: pd.DataFrame
    rows: int

    def text(self) -> str:
        source, first = self.source, self.counts.iloc[0]
        lost = " ".join(f"Dropped: {counted(d['count'], 'row')} ({d['reason']})." for d in source["dropped"])
        return (f"{counted(self.rows, 'row')} of deeds, no questions were asked. {lost or 'No row was dropped.'} "
                f"{percent(float(first.iloc[1]))} have exactly one in '{self.counts.index[0]}'.")

    def caption(self) -> Caption:
        said = "; ".join(f"{name} " + ", ".join(f"{at}: {percent(share)}" for at, share in row.items())
                         for name, row in self.counts.iterrows())
        return Caption("What was done, and how often", f"{self.source['title']} · share of {self.rows:,} rows", said)

    @property
    def size(self):
        return (7.2, 1.5 + 0.4 * len(self.counts))

    def draw(self, ax) -> None:
        _strips(ax, self.counts, "how often (numbers in the cells: % of rows)")

    def headline(self) -> dict:
        return {"rows": self.rows}


def _strips(ax, shares: pd.DataFrame, label: str) -> None:
    """A row per question or deed, a cell per answer, shaded by its share."""
    numbers = shares.map(lambda share: f"{share * 100:.0f}" if share >= 0.005 else "")
    sns.heatmap(shares, ax=ax, cmap=sns.light_palette(picture.SECOND, as_cmap=True), cbar=False, vmin=0,
                linewidths=1.5, annot=numbers, fmt="", annot_kws={"fontsize": 9}, yticklabels=False)
    names = picture.fitting_names(ax, shares.index)
    picture.room_for_names(ax, names)
    ax.set_yticks(np.arange(len(shares)) + 0.5, names, rotation=0)
    ax.tick_params(length=0)
    ax.set_xlabel(label)
    ax.set_ylabel("")


def _counts(survey: pd.DataFrame) -> Counts:
    source, deeds = tables.provenance(survey), ("orders", "referrals", "joint")
    names = [name for name in deeds if name in survey.columns] or list(survey.select_dtypes("number").columns[:3])
    last = 8
    shares = pd.DataFrame([np.bincount(np.minimum(survey[name].dropna().to_numpy(int), last), minlength=last + 1)
                           / max(survey[name].notna().sum(), 1) for name in names], index=names,
                          columns=[*map(str, range(last)), f"{last} or more"])
    return Counts(title=f"The data: {source['title']}", table=tables.codebook(survey), counts=shares, rows=len(survey),
                  source=source, settings=_licence(survey))


def _at(up: pd.DataFrame, end: float) -> float:
    """Mean share of the answers at one end of the scale."""
    return float((np.abs(up - end) < 1e-9).where(up.notna()).astype(float).mean().mean())


def _items(survey: pd.DataFrame) -> set:
    return {item for spec in tables.provenance(survey)["constructs"].values() for item in spec["items"]}


def _shares(up: pd.Series, answers: np.ndarray) -> np.ndarray:
    given = up.dropna().to_numpy(float)
    nearest = np.rint(given * (len(answers) - 1)).astype(int)
    return np.bincount(nearest, minlength=len(answers)) / max(len(given), 1)


def _licence(survey: pd.DataFrame) -> str:
    source = tables.provenance(survey)
    return "; ".join(part for part in (source["source"], source["licence"]) if part)
