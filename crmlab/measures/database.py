"""The counts behind a customer summary, where the log lies: one expression, run by its database.

The table is an Ibis one (extra ``big`` brings Ibis with DuckDB, which reads Parquet and CSV where they are;
Spark, BigQuery and Postgres take the same expression). Only a line per customer comes back.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from crmlab.frame.errors import CrmlabError, counted, listed
from crmlab.measures import entries

EPOCH = pd.Timestamp(0)
DAY = pd.Timedelta(days=1)
#: What stands in a database for a customer that nobody knows; crmlab.measures.ids has more, for files.
NOBODY = ("nan", "null", "none", "#n/a", "n/a", "<na>", "nat", "(blank)", "-", "")


class Ends(NamedTuple):
    """The last day of a log and the day of its first purchase (missing where there is none), since 1970."""

    last: int
    first: int | None


def holds(log) -> bool:
    """Whether the log is an Ibis table, without importing Ibis to find out."""
    return type(log).__module__.partition(".")[0] == "ibis"


def ends(log) -> Ends:
    """The ends of the log; an error where a column is missing, of another kind, or has gaps."""
    entries.need_columns(log.columns)
    date, amount = log["date"].type(), log["amount"].type()
    if not (date.is_date() or date.is_timestamp()) or getattr(date, "timezone", None):
        raise entries.wrong_kind("date", date)
    if not amount.is_numeric() or amount.is_boolean():
        raise entries.wrong_kind("amount", amount)
    lines = _lines(log)
    void = lines.amount.isnull() | lines.amount.isnan()
    named = log["customer_id"].type().is_string()
    nobody = lines.customer_id.strip().lower().isin(NOBODY).sum() if named else lines.customer_id.isnull().sum()
    found = _fetched(lines.aggregate(
        lines=lines.count(), customer_id=lines.customer_id.isnull().sum(), date=lines.day.isnull().sum(),
        amount=void.sum(), nobody=nobody, last=lines.day.max().cast("timestamp"),
        first=lines.day.min(where=lines.amount >= 0).cast("timestamp"))).iloc[0]
    entries.need_lines(int(found["lines"]), {name: int(found[name] or 0) for name in entries.COLUMNS})
    if named and found["nobody"]:
        raise CrmlabError("transactions: column 'customer_id' holds words for nobody.",
                          f"One of {listed(NOBODY, 12)} stands in {counted(int(found['nobody']), 'line')}.",
                          "Leave these lines out of the table, or give them their customers.")
    return Ends(_number(found["last"]), None if pd.isna(found["first"]) else _number(found["first"]))


def counts(log, last: int) -> tuple[pd.Index, tuple[np.ndarray, ...]]:
    """Ids in their order, and per customer: orders, first and last day, value, spent on repeat days.

    A customer with refunds only has 0 orders, and no days.
    """
    lines = _lines(log)
    lines = lines.filter(lines.day <= _date(last))
    first = lines.group_by("customer_id").aggregate(first=lines.day.min(where=lines.amount >= 0))
    lines = lines.join(first, "customer_id")
    bought = lines.amount >= 0
    table = _fetched(lines.group_by("customer_id").aggregate(
        orders=lines.day.nunique(where=bought), first=lines.first.min().cast("timestamp"),
        latest=lines.day.max(where=bought).cast("timestamp"), value=lines.amount.sum(),
        repeated=lines.amount.sum(where=bought & (lines.day > lines.first))).order_by("customer_id"))
    days = [((table[name].fillna(EPOCH) - EPOCH) // DAY).to_numpy("i8") for name in ("first", "latest")]
    return _ids(table), (table["orders"].to_numpy("i8"), *days, table["value"].to_numpy(float),
                         table["repeated"].fillna(0).to_numpy(float))


def afterwards(log, after: int, last: int) -> tuple[pd.Index, np.ndarray, np.ndarray, np.ndarray]:
    """Ids in their order, and per customer: lines, orders and value after one day and by another."""
    lines = _lines(log)
    seen = (lines.day > _date(after)) & (lines.day <= _date(last))
    table = _fetched(lines.group_by("customer_id").aggregate(
        seen=seen.sum(), orders=lines.day.nunique(where=seen & (lines.amount >= 0)),
        value=lines.amount.sum(where=seen)).order_by("customer_id"))
    return (_ids(table), table["seen"].to_numpy("i8"), table["orders"].to_numpy("i8"),
            table["value"].fillna(0).to_numpy(float))


def _lines(log):
    return log.select("customer_id", day=log["date"].cast("date"), amount=log["amount"].cast("float64"))


def _date(day: int):
    return (EPOCH + day * DAY).date()


def _number(moment) -> int:
    return (pd.Timestamp(moment) - EPOCH) // DAY


def _ids(table: pd.DataFrame) -> pd.Index:
    """The ids as pandas would read them: text as text, not as objects."""
    ids = table["customer_id"]
    return pd.Index(ids.astype("str") if pd.api.types.is_string_dtype(ids) else ids)


def _fetched(expression) -> pd.DataFrame:
    try:
        return expression.to_pandas()
    except Exception as error:
        said = " ".join(str(error).split("\n\n")[0].split()).rstrip(".")
        if not isinstance(error, ImportError) and "not installed" not in said:  # Ibis has no error of its own for it
            raise
        raise CrmlabError("The database behind this log is not installed.", f"Ibis says: {said}.",
                          "Install DuckDB with: pip install 'crmlab[big]'.") from error
