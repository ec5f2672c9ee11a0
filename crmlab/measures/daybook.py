"""The data card of a transaction log: who bought, on which days, and what was decided about doubtful rows."""

import numpy as np
import pandas as pd

from crmlab.frame import picture
from crmlab.frame.errors import counted
from crmlab.frame.glossary import money
from crmlab.frame.result import Caption, Result, kind
from crmlab.measures import tables

FEW_DAYS = 62  # crmlab rule: a log of two months is drawn by days
MOST_TICKS = 7


@kind
class Daybook(Result):
    """The codebook as table; ``periods`` has the purchases per month (or day), and if it is seen whole."""

    periods: pd.DataFrame
    unit: str
    customers: int
    rows: int
    purchases: int
    days: int
    amount: float
    refunds: int
    first: str
    last: str

    def text(self) -> str:
        source = self.source
        said = [f"{counted(self.customers, 'customer')}, {counted(self.rows, 'row')}, from {self.first} to "
                f"{self.last} ({counted(self.days, 'day')}): {counted(self.purchases, 'purchase')}, where a day on "
                f"which a customer bought is one, and {money(self.amount, source, 2)} in all."]
        said.append("No row was dropped." if not source["dropped"] else " ".join(
            f"Dropped: {counted(part['count'], 'row')} ({part['reason']})." for part in source["dropped"]))
        said += [note if note.endswith(".") else f"{note}." for note in source["notes"]]
        return " ".join(said)

    def _most(self) -> pd.Series:
        whole = self.periods[self.periods["whole"]]
        shown = whole if len(whole) else self.periods
        return shown.loc[shown["purchases"].idxmax()]

    def caption(self) -> Caption:
        most, typical = self._most(), self.periods["purchases"].median()
        when = f"{'in' if self.unit == 'month' else 'on'} {most['name']}"
        finding = f"Most purchases fall {when}: {most['purchases']:,}"
        return Caption(finding if self.purchases else "No purchases, refunds only",
                       f"{self.source['title']} · purchases per {self.unit}, n = {self.purchases:,}",
                       f"{counted(len(self.periods), self.unit)}; half of them have {typical:,.0f} purchases or "
                       "more")

    @property
    def size(self):
        return (7.2, 3.0)

    def draw(self, ax) -> None:
        places = np.arange(len(self.periods))
        whole = self.periods["whole"].to_numpy()
        colours = np.where(whole, picture.SECOND, picture.QUIET)
        colours[self._most().name] = picture.ACCENT
        ax.bar(places, self.periods["purchases"], width=0.82, color=colours)
        ax.grid(axis="x", visible=False)
        step = -(-len(places) // MOST_TICKS)
        ax.set_xticks(places[::step], self.periods["tick"][::step])
        ax.set_ylabel("purchases")
        ax.yaxis.set_major_formatter("{x:,.0f}")
        if not whole.all():
            ax.set_xlabel(f"paler: not seen whole, the log starts or ends within the {self.unit}")
        longest = f"{self.periods['purchases'].max():,}"
        ax.figure.subplots_adjust(left=(0.5 + 0.085 * len(longest)) / ax.figure.get_figwidth())

    def headline(self) -> dict:
        names = ("customers", "rows", "purchases", "days", "amount", "refunds")
        return {name: getattr(self, name) for name in names}


def entries(log: pd.DataFrame) -> Daybook:
    """The data card of the table ``transactions``: a row of its table is a column of the log.

    Purchases are days on which a customer bought; rows with an amount below 0 are refunds and none.

    >>> log = pd.DataFrame({"customer_id": ["A", "A", "B"], "date": pd.to_datetime(["2024-01-03"] * 3),
    ...                     "amount": [10.0, 5.0, 20.0]})
    >>> entries(tables.stamp(log, {"table": "transactions"})).headline()["purchases"]
    2
    """
    source, first, last = tables.provenance(log), log["date"].min(), log["date"].max()
    bought = log.loc[log["amount"] >= 0, ["customer_id", "date"]].drop_duplicates()
    days = (last - first).days + 1
    unit = "day" if days <= FEW_DAYS else "month"
    origin = "; ".join(part for part in (source["source"], source["licence"]) if part)
    return Daybook(
        title=f"The data: {source['title']}", table=tables.codebook(log), source=source, settings=origin,
        periods=_periods(bought, first, last, unit), unit=unit, days=days, rows=len(log), purchases=len(bought),
        customers=int(log["customer_id"].nunique()), amount=round(float(log["amount"].sum()), 2),
        refunds=int((log["amount"] < 0).sum()), first=f"{first:%Y-%m-%d}", last=f"{last:%Y-%m-%d}")


def _periods(bought: pd.DataFrame, first: pd.Timestamp, last: pd.Timestamp, unit: str) -> pd.DataFrame:
    span = pd.period_range(first, last, freq=unit[0].upper())
    counts = bought["date"].dt.to_period(unit[0].upper()).value_counts().reindex(span, fill_value=0)
    starts, ends = span.start_time >= first, span.end_time.normalize() <= last
    forms = ("%B %Y", "%b %Y") if unit == "month" else ("%d %B %Y", "%d %b")
    name, tick = (span.strftime(form).str.lstrip("0") for form in forms)
    return pd.DataFrame({"name": name, "tick": tick, "purchases": counts.to_numpy(), "whole": starts & ends})
