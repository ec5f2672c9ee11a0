"""From a log of purchases to a row per customer: how often, how long, how lately, how much.

Purchases of one day count as one: whoever pays twice at the till has not come back. A line below 0 is a refund; it
lowers the value of a customer, but it is no purchase. Everything is counted in days, and every column says from when to
when, since the field has used the word recency for two opposite things.
"""

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from crmlab.frame.errors import CrmlabError, counted, did_you_mean, listed
from crmlab.measures import tables

COLUMNS = ("customer_id", "date", "amount")
DAY = np.timedelta64(1, "D")


def customer_summary(log: pd.DataFrame, *, until=None) -> pd.DataFrame:
    """A row per customer who has bought by ``until``, in the order of their first line in the log.

    What lifetimes calls frequency, recency, T and monetary value (Fader, Hardie & Lee 2005; Fader & Hardie 2013), in
    days and under names that cannot be misread.

    Parameters
    ----------
    log : a line per purchase: ``customer_id``, ``date`` (a day), ``amount`` (below 0: a refund).
    until : the last day that is looked at; the last date of the log unless said.

    Returns
    -------
    ``customer_id``; ``orders``, days with a purchase; ``repeats``, those after the first; ``active_days`` from the
    first to the last purchase; ``age_days`` from the first purchase to ``until``; ``days_since_last`` from the last one
    to ``until``; ``value``, the sum of all amounts, refunds taken off; ``mean_value``, the mean spent on a day of repeat
    purchase (the first day left out, refunds not counted), missing where there was none.
    Customers with refunds only are left out, and the provenance says how many.

    Errors where a column is missing, is of another kind or has gaps, and where nobody has bought by ``until``.

    >>> log = pd.DataFrame({"customer_id": ["ann", "bob", "ann", "ann"], "amount": [10.0, 5.0, 20.0, -3.0],
    ...                     "date": pd.to_datetime(["2024-01-01", "2024-01-03", "2024-01-08", "2024-01-09"])})
    >>> print(customer_summary(log).to_string(index=False))
    customer_id  orders  repeats  active_days  age_days  days_since_last  value  mean_value
            ann       2        1            7         8                1   27.0        20.0
            bob       1        0            0         6                6    5.0         NaN
    """
    ids, days, amounts = _columns(log)
    last = _day(until, "until") if until is not None else int(days.max())
    if days.max() > last:
        seen = days <= last
        ids, days, amounts = ids[seen], days[seen], amounts[seen]
    bought = amounts >= 0
    if not bought.any():
        raise _nobody(log, last)
    codes, names = _factorised(ids)
    counts = _counts(codes, days, amounts, bought, len(names))
    return _summary(log, names, counts, last)


def later(summary: pd.DataFrame, log: pd.DataFrame, *, after, until=None) -> pd.DataFrame:
    """What each customer of a summary did afterwards: a row per customer, in the order of the summary.

    Parameters
    ----------
    summary : a table with a row per ``customer_id``, such as :func:`customer_summary` gives.
    log : as for :func:`customer_summary`; best the same one.
    after, until : the first day looked at is the one after ``after``; the last one is ``until``, or the log's last.

    Returns
    -------
    ``customer_id``; ``later_orders``, days with a purchase; ``later_value``, the sum of all amounts, refunds taken off.
    Both are 0 for customers of whom nothing was heard. Customers who are not in the summary are left out, and the
    provenance says how many.

    >>> log = pd.DataFrame({"customer_id": ["ann", "bob", "ann"], "amount": [10.0, 5.0, 20.0],
    ...                     "date": pd.to_datetime(["2024-01-01", "2024-01-03", "2024-01-08"])})
    >>> later(customer_summary(log, until="2024-01-05"), log, after="2024-01-05")["later_value"].tolist()
    [20.0, 0.0]
    """
    ids, days, amounts = _columns(log)
    first, last = _day(after, "after"), _day(until, "until") if until is not None else int(days.max())
    if first >= last:
        raise CrmlabError("There is no time left to look at.",
                          f"It would begin after {_iso(first)} and end with {_iso(last)}.",
                          "Give an earlier day to after, or a later one to until.")
    codes, names = _factorised(ids)
    places = _places(summary, names)[codes]
    seen = (days > first) & (days <= last)
    newcomers = len(np.unique(codes[seen & (places < 0)]))
    seen &= places >= 0
    places, days, amounts = places[seen], days[seen], amounts[seen]
    bought, size = amounts >= 0, len(summary)
    orders = _per_day(places[bought], days[bought], size)[0] if bought.any() else np.zeros(size, int)
    table = pd.DataFrame({"customer_id": summary["customer_id"].to_numpy(), "later_orders": orders,
                          "later_value": np.bincount(places, amounts, size)})
    note = [f"{counted(newcomers, 'customer')} of the later days not in the summary left out"] if newcomers else []
    prov = tables.provenance(log)
    return tables.stamp(table, {**prov, "after": _iso(first), "until": _iso(last), "notes": prov["notes"] + note})


def _columns(log: pd.DataFrame) -> tuple[pd.Series, np.ndarray, np.ndarray]:
    """Ids, days since 1970 and amounts; an error where they are not what they should be."""
    lacking = [name for name in COLUMNS if name not in log]
    if lacking:
        near = did_you_mean(lacking[0], log.columns)
        raise CrmlabError(f"transactions: there is no column {listed(lacking)}.",
                          f"The columns are {listed(log.columns, 30)}." if len(log.columns) else "There are none.",
                          near or "Open the log with crm.open_table('transactions', …, columns={…}).")
    if not len(log):
        raise CrmlabError("transactions: the log is empty.", "It has its columns, but 0 rows.",
                          "Look at the file, and at what was left out of it.")
    dates, amounts = log["date"], log["amount"]
    if dates.dtype.kind != "M" or isinstance(dates.dtype, pd.DatetimeTZDtype):
        raise _kind("date", dates, "days without a time zone")
    if not is_numeric_dtype(amounts) or is_bool_dtype(amounts):
        raise _kind("amount", amounts, "numbers")
    gaps = {name: int(log[name].isna().sum()) for name in COLUMNS}
    if any(gaps.values()):
        name = next(name for name in COLUMNS if gaps[name])
        raise CrmlabError(f"transactions: column '{name}' has gaps.", f"{counted(gaps[name], 'row')} say nothing there.",
                          "Open the log with crm.open_table, which counts and names what it leaves out.")
    return log["customer_id"], dates.to_numpy().astype("datetime64[D]").view("i8"), amounts.to_numpy(float)


def _kind(name: str, column: pd.Series, wanted: str) -> CrmlabError:
    return CrmlabError(f"transactions: column '{name}' does not hold {wanted}.", f"It holds {column.dtype}.",
                       "Open the log with crm.open_table('transactions', …), which reads and checks it.")


def _nobody(log: pd.DataFrame, last: int) -> CrmlabError:
    bought = log.loc[log["amount"] >= 0, "date"]
    found = f"The first purchase is of {bought.min():%Y-%m-%d}." if len(bought) else "The log has refunds only."
    return CrmlabError(f"Nobody has bought by {_iso(last)}.", found,
                       "Give a later day to until." if len(bought) else "Look at the signs of the amounts.")


def _day(value, name: str) -> int:
    """A day as days since 1970."""
    try:
        day = pd.Timestamp(value)
    except (ValueError, TypeError):
        day = pd.NaT
    if day is pd.NaT:
        raise CrmlabError(f"{name} is not a day.", f"It reads '{value}'.", "Write it as in '1997-09-30'.")
    return int(day.tz_localize(None).to_datetime64().astype("datetime64[D]").astype("i8"))


def _iso(day: int) -> str:
    return str(np.datetime64(day, "D"))


def _factorised(ids: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """A number per line and the ids they stand for, as the log writes them."""
    codes, names = pd.factorize(ids)
    return codes, pd.Index(names).astype(ids.cat.categories.dtype) if ids.dtype == "category" else names


def _places(summary: pd.DataFrame, names) -> np.ndarray:
    """Where each customer of the log stands in the summary, −1 for nowhere."""
    customers = pd.Index(summary["customer_id"])
    if not customers.is_unique:
        twice = customers[customers.duplicated()].unique()
        raise CrmlabError("The summary has customers twice.", f"They are {listed(twice)}.", "Give a row per customer.")
    places = customers.get_indexer(pd.Index(names))
    if (places < 0).all():
        raise CrmlabError("Summary and log have no customer in common.",
                          f"The summary begins with {customers[0]!r}, the log with {names[0]!r}.",
                          "Give the log that the summary was made from.")
    return places


def _per_day(codes: np.ndarray, days: np.ndarray, size: int):
    """Per customer: days with a line, and the first and the last of them (0 where there is none)."""
    start, span = int(days.min()), int(days.max() - days.min()) + 1
    shift = days - start
    if size * span > np.iinfo(np.int64).max:  # dates millions of years apart: number only the days that occur
        known, shift = np.unique(shift, return_inverse=True)
        span = len(known)
    else:
        known = None
    small = size * span <= np.iinfo(np.uint32).max  # half the width sorts in half the time
    kind = np.uint32 if small else np.int64
    keys = codes.astype(kind)
    keys *= kind(span)
    keys += shift.astype(kind)
    keys.sort()
    keys = keys[np.concatenate([[True], keys[1:] != keys[:-1]])]
    owner = keys // kind(span)
    orders = np.bincount(owner, minlength=size)
    ends = np.cumsum(orders)
    places = np.concatenate([ends - orders, ends - 1])
    at = (keys[np.minimum(places, len(keys) - 1)] % kind(span)).astype(np.int64)
    at = (at if known is None else known[at]) + start
    return orders, at[:size], at[size:]


def _counts(codes, days, amounts, bought, size: int) -> tuple[np.ndarray, ...]:
    """Per customer: orders, first and last day, value, and what was spent on days of repeat purchase."""
    value = np.bincount(codes, amounts, size)
    if not bought.all():
        codes, days, amounts = codes[bought], days[bought], amounts[bought]
    orders, first, last = _per_day(codes, days, size)
    repeated = np.bincount(codes, amounts * (days > first[codes]), size)
    return orders, first, last, value, repeated


def _summary(log: pd.DataFrame, names, counts: tuple[np.ndarray, ...], last: int) -> pd.DataFrame:
    buyers = counts[0] > 0
    left_out = int((~buyers).sum())
    if left_out:
        names, counts = names[buyers], [count[buyers] for count in counts]
    orders, first, latest, value, repeated = counts
    repeats = orders - 1
    table = pd.DataFrame({
        "customer_id": names, "orders": orders, "repeats": repeats, "active_days": latest - first,
        "age_days": last - first, "days_since_last": last - latest, "value": value,
        "mean_value": np.divide(repeated, repeats, out=np.full(len(orders), np.nan), where=repeats > 0)}, copy=False)
    note = [f"{counted(left_out, 'customer')} with refunds only left out"] if left_out else []
    prov = tables.provenance(log)
    table.attrs["crmlab"] = {**prov, "until": _iso(last), "notes": prov["notes"] + note}
    return table
