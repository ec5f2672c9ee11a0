"""What the customers of each cluster are like, in words a shopkeeper would use."""

import numpy as np
import pandas as pd

from crmlab.frame import picture
from crmlab.frame.errors import counted
from crmlab.frame.glossary import money, percent
from crmlab.frame.result import Caption, Result, kind

SAME = 0.95  # crmlab rule: so much of either in the other, and two sets of customers are called the same


@kind
class Profiles(Result):
    """A row per cluster: how many customers, what they are like, what they bring."""

    noun: str
    once: int | None

    def text(self) -> str:
        said = [f"{self.noun.capitalize()} {row.cluster}: {row.profile}." for row in self.table.itertuples()]
        if self.noun == "slice":
            said.insert(0, "These are slices of a continuum: next to every border stand customers who are "
                        "nearly alike.")
        if self.once is not None:
            said.append(f"{self.noun.capitalize()} {self.once} is simply the customers who bought once: "
                        "counting made it, not a kind of customer.")
        return " ".join(said)

    def _top(self) -> int:
        """The row that brings most; the first one where nothing was brought at all."""
        return int(self.table["value_share"].fillna(0).to_numpy().argmax())

    def caption(self) -> Caption:
        top = self.table.loc[self._top()]
        return Caption(f"{self.noun.capitalize()} {top.cluster}: {percent(top.share)} of the customers, "
                       f"{percent(top.value_share)} of the value",
                       f"{self.source['title']} · n = {self.table['customers'].sum():,} · {self.noun}s by "
                       "k-means",
                       "; ".join(f"{self.noun} {row.cluster}: {row.profile}"
                                 for row in self.table.itertuples()))

    @property
    def size(self):
        return (7.2, 1.5 + 0.75 * len(self.table))

    def draw(self, ax) -> None:
        t = self.table.reset_index(drop=True)
        top = self._top()
        for place, row in t.iterrows():
            color = picture.ACCENT if place == top else picture.SECOND
            for y, share, tone, word in ((place - 0.17, row["share"], picture.QUIET, "of customers"),
                                         (place + 0.17, row["value_share"], color, "of value")):
                length = 100 * np.nan_to_num(max(share, 0))
                ax.barh(y, length, 0.3, color=tone, zorder=3)
                ax.annotate(f"{percent(share)} {word}", (length, y), (5, 0), textcoords="offset points",
                            va="center", fontsize=9.5)
        picture.names_down(ax, [_short(self.noun, row) for row in t.itertuples()], 24)
        ax.set_xlim(0, 100 * np.nanmax(t[["share", "value_share"]].to_numpy()) * 1.42 + 3)
        ax.set_xticks([tick for tick in ax.get_xticks() if tick <= 100])
        ax.set_xlabel("share (%)")

    def headline(self) -> dict:
        return {"clusters": len(self.table), "largest": float(self.table["share"].max()),
                "top_value_share": float(self.table["value_share"].max())}


def portraits(summary: pd.DataFrame, labels: np.ndarray, noun: str, source: dict) -> Profiles:
    """The profile of each cluster, from the summary and the number of each customer's cluster."""
    total, rows = summary["value"].sum(), []
    for cluster, part in summary.groupby(labels):
        row = {"cluster": int(cluster), "customers": len(part), "share": len(part) / len(summary),
               "days_since_last": float(part["days_since_last"].median()),
               "orders": float(part["orders"].median()), "mean_value": float(part["value"].mean()),
               "value_share": float(part["value"].sum() / total) if total > 0 else np.nan}
        rows.append({**row, "profile": _told(row, source)})
    return Profiles(title="What they are like", table=pd.DataFrame(rows), source=source, noun=noun,
                    once=_once(summary["orders"].to_numpy(float), labels),
                    settings="days and orders are medians, value is a mean; numbered by value per customer")


def _told(row: dict, source: dict) -> str:
    brings = f", {percent(row['value_share'])} of the value" if np.isfinite(row["value_share"]) else ""
    last, orders = counted(round(row["days_since_last"]), "day"), counted(round(row["orders"]), "order")
    return (f"bought last {last} ago, {orders}, {money(row['mean_value'], source)} in value: "
            f"{percent(row['share'])} of the customers{brings}")


def _short(noun: str, row) -> str:
    words = (f"{noun} {row.cluster}: {counted(round(row.orders), 'order')},",
             f"last {counted(round(row.days_since_last), 'day')} ago")
    return " ".join(part.replace(" ", "\u00a0") for part in words)  # a line each


def _once(orders: np.ndarray, labels: np.ndarray) -> int | None:
    """The cluster that is nearly the same as those who bought once, if there is one."""
    once = orders == 1
    for cluster in np.unique(labels):
        inside = labels == cluster
        both = (once & inside).sum()
        if once.any() and both >= SAME * inside.sum() and both >= SAME * once.sum() and not once.all():
            return int(cluster)
    return None
