"""RFM: three scores for every customer, from how lately, how often and how much they bought."""

import numpy as np
import pandas as pd
import seaborn as sns

from crmlab.frame import picture
from crmlab.frame.errors import CrmlabError, counted, listed, there_are, unknown
from crmlab.frame.glossary import in_money, money, number, percent
from crmlab.frame.result import Caption, Result, kind
from crmlab.measures import tables

#: What each score looks at, and whether more of it is better.
AXES = {"recency": ("days_since_last", -1), "frequency": ("orders", 1), "monetary": ("value", 1)}
UNITS = {"recency": "days since the last purchase", "frequency": "days with a purchase", "monetary": "value so far"}


@kind
class Rfm(Result):
    """A row per score; ``customers`` has the three scores of each, the cell they make, and their sum."""

    customers: pd.DataFrame
    bins: int

    def text(self) -> str:
        said = [f"{counted(len(self.customers), 'customer')} scored from 1 to {self.bins} on how lately, how often and how "
                "much they bought. A score says how many of the others a customer leaves behind; equal values get equal "
                "scores."]
        wide = self.table.loc[self.table["share"].idxmax()]
        if wide["share"] > 1.5 / self.bins:
            ends = " to ".join(f"{value:,.0f}" for value in dict.fromkeys([wide["lowest"], wide["highest"]]))
            said.append(f"{percent(wide['share'])} share {wide['axis']} score {wide['score']:.0f} ({UNITS[wide['axis']]}: "
                        f"{ends}): nobody can cut between equals.")
        same, cells = self.customers.groupby("sum")["cell"].nunique(), self.customers["cell"].nunique()
        alone = f"; the sum {same.idxmax():g} alone stands for {counted(int(same.max()), 'different cell')}" if (
            same.max() > 1) else ""
        said.append(f"{there_are(cells, 'cell')}{alone}.")
        return " ".join(said)

    def caption(self) -> Caption:
        grid = self._grid("value", "mean")
        top = self.customers.loc[(self.customers["recency"] == self.bins) & (self.customers["frequency"] == self.bins)]
        mine, all_ = (money(part["value"].mean(), self.source) for part in (top, self.customers))
        finding = f"{counted(len(top), 'customer')} in the best corner: {mine} each, against {all_} on average" if len(
            top) else f"Nobody is in the best corner; {all_} on average"
        rows = "; ".join(f"recency {at}: " + ", ".join(f"frequency {to} {number(mean, 0)}" for to, mean in row.dropna().items())
                         for at, row in grid.iterrows())
        return Caption(finding, f"{self.source.get('title', '')} · n = {len(self.customers):,} · colour: mean value, number: "
                       "customers", f"Mean value by cell: {rows}")

    def _grid(self, column: str, how: str) -> pd.DataFrame:
        scores = range(1, self.bins + 1)
        wide = self.customers.pivot_table(index="recency", columns="frequency", values=column, aggfunc=how)
        return wide.reindex(index=list(scores)[::-1], columns=scores)

    @property
    def size(self):
        return (7.2, 1.7 + 0.55 * self.bins)

    def draw(self, ax) -> None:
        sizes = self._grid("value", "size").map(lambda n: f"{n:,.0f}" if n == n else "")
        sns.heatmap(self._grid("value", "mean"), ax=ax, cmap=sns.light_palette(picture.SECOND, as_cmap=True), annot=sizes,
                    fmt="", linewidths=1.5, annot_kws={"fontsize": 10}, cbar_kws={"label": in_money("mean value", self.source), "pad": 0.02})
        ax.set_yticklabels(ax.get_yticklabels(), rotation=0)
        ax.tick_params(length=0)
        ax.grid(visible=False)
        ax.set_xlabel("frequency score (right: bought on more days)")
        ax.set_ylabel("recency score (top: bought lately)")

    def headline(self) -> dict:
        return {"customers": len(self.customers), "cells": self.customers["cell"].nunique(),
                "widest_score": float(self.table["share"].max())}


def rfm(summary: pd.DataFrame, *, bins: int = 5, cuts: dict | None = None, weights=(1, 1, 1)) -> Rfm:
    """Recency, frequency and monetary scores from 1 to ``bins`` (Bult & Wansbeek 1995; Hughes 1994), safe with ties.

    A customer who does better than the share q of all customers gets the score ⌊bins · q⌋ + 1, so equal values get
    equal scores, and fifths are equal only where no values are. ``cuts`` sets the lowest value of each score from 2
    up instead, for one axis or more, as in ``{"monetary": [20, 50, 100, 300]}``; for recency the cuts are days and
    fall: ``{"recency": [180, 90, 30, 7]}`` gives 5 to a purchase within 7 days. ``weights`` count in the ``sum``.

    Takes the frame of :func:`crmlab.customer_summary`. A row of the table is a score that somebody has, with the
    lowest and highest value in it. ``customers`` has ``recency``, ``frequency``, ``monetary``, their ``cell`` ("543"),
    their weighted ``sum``, and ``value``. Raises CrmlabError for missing columns, bins below 2 and cuts out of order.

    >>> log = pd.DataFrame({"customer_id": list("abcde"), "days_since_last": [9, 5, 5, 3, 1], "orders": [1, 1, 1, 2, 9],
    ...                     "value": [5.0, 8.0, 20.0, 30.0, 90.0]})
    >>> rfm(log).customers["cell"].tolist()
    ['111', '212', '213', '444', '555']
    """
    looked_at(summary, "customer_id", *(column for column, _ in AXES.values()))
    if bins < 2 or bins > 9:
        raise CrmlabError("rfm: that many scores make no cell.", f"bins is {bins}.", "Give 2 to 9.")
    for axis in cuts or {}:
        if axis not in AXES:
            raise unknown("axis", axis, "RFM", AXES)
    bare = pd.DataFrame(summary).reset_index(drop=True)  # without its provenance, which pandas would copy at every step
    customers, rows = bare[["customer_id"]].copy(), []
    for axis, (column, sign) in AXES.items():
        values = bare[column].astype(float)
        given = (cuts or {}).get(axis)
        customers[axis] = _beaten(sign * values, bins) if given is None else _cut(axis, values, sign, given, bins)
        rows += _rows(axis, customers[axis], values)
    three = customers[list(AXES)].to_numpy()
    customers["cell"] = (three @ [100, 10, 1]).astype(str).astype(object)
    customers["sum"] = three @ np.asarray(_weights(weights), float)
    customers["value"] = summary["value"].to_numpy(float)
    how = ", ".join(f"{axis} by cuts of your own {listed(given, 9, quote=False)}" for axis, given in (cuts or {}).items())
    return Rfm(title="Recency, frequency, monetary value", table=pd.DataFrame(rows), customers=customers, bins=bins,
               source=tables.provenance(summary),
               settings=f"a score is the fifth (of {bins}) of customers one leaves behind; {how or 'no cut of our own'}; "
                        f"weights {listed(weights, quote=False)}")


def looked_at(summary: pd.DataFrame, *columns: str) -> None:
    """An error where the frame is no summary of customers, or an empty one."""
    missing = [column for column in columns if column not in summary.columns]
    if missing:
        raise CrmlabError("That is no summary of customers.", f"There is no column {listed(missing)}.",
                          "Make one with crm.customer_summary(log).")
    if not len(summary):
        raise CrmlabError("The summary is empty.", "It has no customers.", "Open a log with purchases first.")


def _beaten(values: pd.Series, bins: int) -> np.ndarray:
    share = (values.rank(method="min") - 1) / len(values)
    return np.floor(bins * share + 1e-9).astype(int).to_numpy() + 1


def _cut(axis: str, values: pd.Series, sign: int, given, bins: int) -> np.ndarray:
    edges = sign * np.asarray(list(given), float)
    if len(edges) != bins - 1 or not np.all(np.diff(edges) > 0):
        way = "fall from many days to few" if sign < 0 else "rise"
        raise CrmlabError(f"rfm: the cuts of {axis} do not make {bins} scores.", f"Found {listed(given, 9, quote=False)}.",
                          f"Give {bins - 1} numbers that {way}.")
    return np.searchsorted(edges, sign * values.to_numpy(), side="right") + 1


def _rows(axis: str, scores: pd.Series, values: pd.Series) -> list[dict]:
    score, value = scores.to_numpy(), values.to_numpy()
    held = {int(one): value[score == one] for one in np.unique(score)}
    return [{"axis": axis, "score": one, "lowest": mine.min(), "highest": mine.max(), "customers": len(mine),
             "share": len(mine) / len(value)} for one, mine in held.items()]


def _weights(weights) -> tuple:
    if len(weights) != 3 or min(weights) < 0 or max(weights) == 0:
        raise CrmlabError("rfm: weights are three numbers from 0.", f"Found {weights!r}.",
                          "Give one each for recency, frequency and monetary, as in weights=(2, 1, 1).")
    return tuple(weights)
