"""Named segments: a readable grid over the RFM scores, whose cells neither overlap nor leave anybody out."""

import tomllib
from functools import cache
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd

from crmlab.frame import picture, stats
from crmlab.frame.errors import CrmlabError
from crmlab.frame.glossary import percent
from crmlab.frame.result import Caption, Result, kind
from crmlab.portfolio.scoring import AXES, Rfm

FIFTHS = 5
#: One for each segment, in the order of the file; the name on the cell is the second cue.
SHADES = (picture.ACCENT, *picture.GROUPS[1:3], picture.GROUPS[4], picture.QUIET, picture.GROUPS[0], picture.GROUPS[3],
          picture.GREY)


@kind
class Segments(Result):
    """A row per segment; ``customers`` has the segment of each and the rule that gave it."""

    customers: pd.DataFrame
    grid: pd.DataFrame

    def text(self) -> str:
        first, most = self.table.iloc[0], self.table.loc[self.table["share"].idxmax()]
        return (f"The segment “{first['segment']}” holds {percent(first['share'])} of the customers and "
                f"{percent(first['value_share'])} of what was spent; the largest is “{most['segment']}” with "
                f"{percent(most['share'])} of the customers and {percent(most['value_share'])} of the value. That those who "
                "spent much hold much of the spending is how they were chosen, not a finding. Where a segment begins is a "
                "crmlab rule.")

    def caption(self) -> Caption:
        first = self.table.iloc[0]
        said = "; ".join(f"{row.segment}: {percent(row.share)} of customers, {percent(row.value_share)} of value"
                         for row in self.table.itertuples())
        return Caption(f"{first['segment'].capitalize()}: {percent(first['share'])} of customers, "
                       f"{percent(first['value_share'])} of value",
                       f"{self.source.get('title', '')} · n = {len(self.customers):,} · each cell of the grid has one name", said)

    @property
    def size(self):
        return (7.2, 4.6)

    def draw(self, ax) -> None:
        shades = dict(zip(self.table["segment"], SHADES, strict=True))
        for (recency, often), share in self._cells().items():
            corner = (often - 0.5, recency - 0.5)
            ax.add_patch(mpl.patches.Rectangle(corner, 1, 1, color=shades[self.grid.loc[recency, often]], alpha=0.45, lw=0))
            ax.annotate(percent(share), (often, recency - 0.33), ha="center", va="center", fontsize=9)
        for name in shades:
            ax.annotate(name.replace(" ", "\n"), self._middle(name), ha="center", va="center", fontsize=10.5,
                        fontweight="bold")
        self._borders(ax)
        ax.set_xlim(0.5, FIFTHS + 0.5)
        ax.set_ylim(0.5, FIFTHS + 0.5)
        ax.grid(visible=False)
        ax.set_xlabel("mean of frequency and monetary score (right: often and much)")
        ax.set_ylabel("recency score (top: bought lately)")

    def _borders(self, ax) -> None:
        """White lines where one segment ends and the next begins."""
        for recency, row in self.grid.iterrows():
            for often, name in row.items():
                if often < FIFTHS and row[often + 1] != name:
                    ax.plot([often + 0.5] * 2, [recency - 0.5, recency + 0.5], color="white", lw=4)
                if recency > 1 and self.grid.loc[recency - 1, often] != name:
                    ax.plot([often - 0.5, often + 0.5], [recency - 0.5] * 2, color="white", lw=4)

    def _cells(self) -> dict:
        counts = self.customers.groupby(["row", "column"]).size() / len(self.customers)
        return {(row, column): float(counts.get((row, column), 0.0)) for row in self.grid.index for column in self.grid}

    def _middle(self, name: str) -> tuple[float, float]:
        """The cell of the segment that lies nearest to the middle of all its cells."""
        cells = np.argwhere(self.grid.to_numpy() == name)
        best = cells[np.abs(cells - cells.mean(axis=0)).sum(axis=1).argmin()]
        return float(self.grid.columns[best[1]]), float(self.grid.index[best[0]]) + 0.1

    def headline(self) -> dict:
        return {"customers": len(self.customers), "shares": dict(zip(self.table["segment"], self.table["share"], strict=True)),
                "value_shares": dict(zip(self.table["segment"], self.table["value_share"], strict=True))}


def segments(scored: Rfm, *, alpha: float = 0.05) -> Segments:
    """Eight named segments on the grid of recency against the mean of frequency and monetary score.

    The grid stands in ``segments.toml``; every cell has one name, so that the segments cover everybody once. A row
    of the result is a segment with its customers, their share with Wilson's (1927) interval, and the share of all
    value they hold. ``customers`` keeps for each the segment and the rule with the scores it saw. Where the segments
    begin is a crmlab rule.

    >>> import crmlab as crm
    >>> log = pd.DataFrame({"customer_id": list("abcde"), "days_since_last": [9, 5, 5, 3, 1], "orders": [1, 1, 1, 2, 9],
    ...                     "value": [5.0, 8.0, 20.0, 30.0, 90.0]})
    >>> segments(crm.portfolio.rfm(log)).customers["segment"].tolist()
    ['asleep', 'asleep', 'asleep', 'loyal', 'champions']
    """
    if not isinstance(scored, Rfm):
        raise CrmlabError("segments: that is no RFM scoring.", f"Found a {type(scored).__name__}.",
                          "Give crm.portfolio.rfm(summary).")
    grid, meanings = board()
    customers = scored.customers[["customer_id", "recency", "frequency", "monetary", "value"]].copy()
    worth = (customers["frequency"] + customers["monetary"]) / 2
    customers["row"], customers["column"] = _fifth(customers["recency"], scored.bins), _fifth(worth, scored.bins)
    customers["segment"] = named(scored)
    customers["rule"] = [f"recency {r}, frequency and monetary {w:g} → row {row}, column {column}" for r, w, row, column in
                         zip(customers["recency"], worth, customers["row"], customers["column"], strict=True)]
    return Segments(title="Named segments", table=pd.DataFrame(_rows(customers, meanings, 1 - alpha)), customers=customers,
                    grid=grid, source=scored.source, settings="grid of segments.toml, a crmlab rule; " + scored.settings)


def named(scored: Rfm) -> np.ndarray:
    """The segment of each customer, without more."""
    recency, frequency, monetary = (scored.customers[axis] for axis in AXES)
    row, column = _fifth(recency, scored.bins), _fifth((frequency + monetary) / 2, scored.bins)
    return board()[0].to_numpy()[FIFTHS - row, column - 1]


def _fifth(score: pd.Series, bins: int) -> np.ndarray:
    """The fifth of the grid for a score out of ``bins``; halves go up."""
    return np.clip(np.floor(score * FIFTHS / bins + 0.5), 1, FIFTHS).astype(int).to_numpy()


def _rows(customers: pd.DataFrame, meanings: dict, level: float) -> list[dict]:
    total, rows = customers["value"].sum(), []
    for name, meaning in meanings.items():
        mine = customers["segment"] == name
        low, high = stats.wilson(mine.mean(), len(customers), level)
        rows.append({"segment": name, "meaning": meaning, "customers": int(mine.sum()), "share": float(mine.mean()),
                     "low": low, "high": high, "value_share": float(customers.loc[mine, "value"].sum() / total) if total else np.nan})
    return rows


@cache
def _file() -> dict:
    return tomllib.loads((Path(__file__).parent / "segments.toml").read_text(encoding="utf-8"))


def board() -> tuple[pd.DataFrame, dict[str, str]]:
    """The grid of names, recency down from 5, and what each name means, in the order of the file."""
    spec = _file()
    rows = {int(score): [spec["segments"][key]["name"] for key in cells.split()] for score, cells in spec["grid"].items()}
    grid = pd.DataFrame.from_dict(rows, orient="index", columns=range(1, FIFTHS + 1)).sort_index(ascending=False)
    return grid, {entry["name"]: entry["meaning"] for entry in spec["segments"].values()}
