"""From a log of purchases to a row per customer: how often, how long, how lately, how much.

Purchases of one day count as one: whoever pays twice at the till has not come back. A line below 0 is a
refund; it lowers the value of a customer, but it is no purchase. Everything is counted in days, and every
column says from when to when, since the field has used the word recency for two opposite things.
"""

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from crmlab.frame.errors import CrmlabError, counted, listed
from crmlab.measures import database, entries, ids, tables

PER_DAY = {"s": 86_400, "ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}


def customer_summary(log: pd.DataFrame, *, until=None) -> pd.DataFrame:
    """A row per customer who has bought by ``until``, in the order of their first line in the log.

    What lifetimes calls frequency, recency, T and monetary value (Fader, Hardie & Lee 2005; Fader & Hardie
    2013), in days, under names that cannot be misread. An Ibis table, as ``ibis.read_parquet("log.parquet")``
    gives it (extra ``big``), is summarised by its database; the rows come in the order of ``customer_id``.

    Parameters
    ----------
    log : a line per purchase: ``customer_id``, ``date`` (a day), ``amount`` (below 0: a refund).
    until : the last day that is looked at; not given, the day up to which the log was opened, or its last date.

    Returns
    -------
    ``customer_id`` as the log writes it; ``orders``, days with a purchase; ``repeats``, all but the first;
    ``active_days`` from the first to the last purchase; ``age_days`` from the first purchase to ``until``;
    ``days_since_last`` from the last one to ``until``; ``value``, the sum of all amounts, refunds taken off;
    ``mean_value``, the mean spent on a day of repeat purchase (the first day left out, refunds not counted),
    missing where there was none. Customers with refunds only are left out, and the provenance says how many.

    Errors where a column is missing, of another kind or has gaps, and where nobody has bought by ``until``.

    >>> log = pd.DataFrame({"customer_id": ["ann", "bob", "ann", "ann"], "amount": [10.0, 5.0, 20.0, -3.0],
    ...                     "date": pd.to_datetime(["2024-01-01", "2024-01-03", "2024-01-08", "2024-01-09"])})
    >>> print(customer_summary(log).to_string(index=False))
    customer_id  orders  repeats  active_days  age_days  days_since_last  value  mean_value
            ann       2        1            7         8                1   27.0        20.0
            bob       1        0            0         6                6    5.0         NaN
    """
    if database.holds(log):
        found = database.ends(log)
        last = found.last if until is None else entries.day(until, "until")
        if found.first is None or found.first > last:
            raise entries.nobody(last, found.first)
        names, counts = database.counts(log, last)
        return _summary(tables.UNRECORDED, names, counts, last)
    customers, days, amounts = _columns(log)
    latest = int(days.max())
    last = _end(log, until, latest)
    bought = amounts >= 0
    if latest > last:
        seen = days <= last
        if not (bought & seen).any():
            raise entries.nobody(last, int(days[bought].min()) if bought.any() else None)
        customers, days, amounts, bought = customers[seen], days[seen], amounts[seen], bought[seen]
    elif not bought.any():
        raise entries.nobody(last, None)
    codes, size, first = ids.numbered(customers)
    order = codes[first]
    counts = [count[order] for count in _counts(codes, days, amounts, bought, size)]
    table = _summary(tables.provenance(log), ids.names(customers, first), counts, last)
    return _earned(table, log, last) if "margin" in log else table


def later(summary: pd.DataFrame, log: pd.DataFrame, *, after, until=None) -> pd.DataFrame:
    """What each customer of a summary did afterwards: a row per customer, in the order of the summary.

    Parameters
    ----------
    summary : a table with a row per ``customer_id``, such as :func:`customer_summary` gives.
    log : as for :func:`customer_summary`; best the same one.
    after, until : the first day looked at is the one after ``after``; the last is ``until``, or the log's.

    Returns
    -------
    ``customer_id``; ``later_orders``, days with a purchase; ``later_value``, the sum of all amounts, refunds
    taken off. Both are 0 for customers of whom nothing was heard. Customers who are not in the summary are
    left out, and the provenance says how many.

    >>> log = pd.DataFrame({"customer_id": ["ann", "bob", "ann"], "amount": [10.0, 5.0, 20.0],
    ...                     "date": pd.to_datetime(["2024-01-01", "2024-01-03", "2024-01-08"])})
    >>> later(customer_summary(log, until="2024-01-05"), log, after="2024-01-05")["later_value"].tolist()
    [20.0, 0.0]
    """
    start = entries.day(after, "after")
    if database.holds(log):
        last = database.ends(log).last if until is None else entries.day(until, "until")
        if start >= last:
            raise entries.no_time(start, last)
        names, seen, orders, value = database.afterwards(log, start, last)
        return _later(summary, tables.UNRECORDED, names, (seen, orders, value), (start, last))
    customers, days, amounts = _columns(log)
    last = _end(log, until, int(days.max()))
    if start >= last:
        raise entries.no_time(start, last)
    codes, size, first = ids.numbered(customers)
    order, seen = codes[first], (days > start) & (days <= last)
    codes, days, amounts = codes[seen], days[seen], amounts[seen]
    bought = amounts >= 0
    orders = _per_day(codes[bought], days[bought], size)[0] if bought.any() else np.zeros(size, int)
    counts = np.bincount(codes, minlength=size), orders, np.bincount(codes, amounts, size)
    counts = [count[order] for count in counts]
    return _later(summary, tables.provenance(log), ids.names(customers, first), counts, (start, last))


def _end(log: pd.DataFrame, until, latest: int) -> int:
    """The last day that is looked at: as said here, as said when the log was opened, or the last date it has."""
    said = until if until is not None else tables.provenance(log).get("until")
    return latest if said is None else entries.day(said, "until")


def _columns(log: pd.DataFrame) -> tuple[pd.Series, np.ndarray, np.ndarray]:
    """Ids, days since 1970 and amounts; an error where they are not what they should be."""
    if not isinstance(log, pd.DataFrame):
        raise CrmlabError("The log is no table.", f"It is a {type(log).__name__}.",
                          "Give a pandas table or, with crmlab[big] installed, an Ibis table.")
    entries.need_columns(list(log))
    dates, amounts = log["date"], log["amount"]
    if not isinstance(dates.dtype, np.dtype) or dates.dtype.kind != "M":
        raise entries.wrong_kind("date", dates.dtype)
    if not is_numeric_dtype(amounts) or is_bool_dtype(amounts):
        raise entries.wrong_kind("amount", amounts.dtype)
    entries.need_lines(len(log), {name: int(log[name].isna().sum()) for name in entries.COLUMNS})
    unit = np.datetime_data(dates.dtype)[0]
    days = np.empty(len(log), np.int32 if unit in ("us", "ns") else np.int64)  # coarser dates may lie further off
    np.floor_divide(dates.to_numpy().view("i8"), PER_DAY[unit], out=days, casting="unsafe")
    return log["customer_id"], days, amounts.to_numpy(float)


def _per_day(codes: np.ndarray, days: np.ndarray, size: int) -> np.ndarray:
    """Per customer: days with a line, and the first and the last of them (0 where there is none)."""
    start, known = int(days.min()), None
    span = int(days.max()) - start + 1
    if size * span > np.iinfo(np.int64).max:  # dates millions of years apart: number only the days that occur
        known, days = np.unique(days, return_inverse=True)
        start, span = 0, len(known)
    kind = np.uint32 if size * span <= np.iinfo(np.uint32).max else np.int64  # half the width sorts in half the time
    keys = codes.astype(kind)
    keys *= kind(span)
    np.add(keys, days, out=keys, casting="unsafe")  # both steps may run over; together they come back
    keys -= np.int64(start).astype(kind)
    keys.sort()
    keys = keys[_changes(keys)]
    owner = keys // kind(span)
    begins = np.flatnonzero(_changes(owner))
    ends, who = np.append(begins[1:], len(keys)) - 1, owner[begins]
    found = np.zeros((3, size), np.int64)
    found[0, who] = ends - begins + 1
    for row, at in ((1, begins), (2, ends)):
        shift = (keys[at] - who.astype(kind) * kind(span)).astype(np.int64)
        found[row, who] = shift + start if known is None else known[shift]
    return found


def _changes(ordered: np.ndarray) -> np.ndarray:
    """Where a value is not the one before it."""
    changed = np.ones(len(ordered), bool)
    np.not_equal(ordered[1:], ordered[:-1], out=changed[1:])
    return changed


def _counts(codes, days, amounts, bought, size: int) -> tuple[np.ndarray, ...]:
    """Per customer: orders, first and last day, value, and what was spent on days of repeat purchase."""
    value = spent = np.bincount(codes, amounts, size)
    if not bought.all():
        codes, days, amounts = codes[bought], days[bought], amounts[bought]
        spent = np.bincount(codes, amounts, size)
    orders, first, last = _per_day(codes, days, size)
    # Lines of first days are few, so taking them off is the quicker way.
    opening = np.concatenate([np.flatnonzero(days[part] <= first[codes[part]]) + part.start for part in ids.blocks(len(days))])
    return orders, first, last, value, spent - np.bincount(codes[opening], amounts[opening], size)


def _summary(prov: dict, names: pd.Index, counts, last: int) -> pd.DataFrame:
    buyers = counts[0] > 0
    left_out = int((~buyers).sum())
    if left_out:
        names, counts = names[buyers], [count[buyers] for count in counts]
    orders, first, latest, value, repeated = counts
    repeats = orders - 1
    means = np.divide(repeated, repeats, out=np.full(len(orders), np.nan), where=repeats > 0)
    table = pd.DataFrame({
        "customer_id": names, "orders": orders, "repeats": repeats, "active_days": latest - first,
        "age_days": last - first, "days_since_last": last - latest, "value": value,
        "mean_value": means}, copy=False)
    note = [f"{counted(left_out, 'customer')} with refunds only left out"] if left_out else []
    return _noted(table, prov, note, until=entries.iso(last))


def _earned(table: pd.DataFrame, log: pd.DataFrame, last: int) -> pd.DataFrame:
    """The summary with the sum of margins, where the log has them; missing for customers of whom one is missing."""
    seen = log[log["date"].to_numpy().astype("datetime64[D]").astype("i8") <= last]
    margins = seen.groupby("customer_id", observed=True)["margin"].sum().astype(float)
    margins[pd.unique(seen.loc[seen["margin"].isna(), "customer_id"])] = np.nan
    return table.assign(margin=table["customer_id"].map(margins).to_numpy(float))


def _noted(table: pd.DataFrame, prov: dict, note: list[str], **days) -> pd.DataFrame:
    table.attrs["crmlab"] = tables.recorded({**prov, **days, "notes": [*prov["notes"], *note]})
    return table


def _later(summary: pd.DataFrame, prov: dict, names: pd.Index, counts, period) -> pd.DataFrame:
    """The counts of the customers of the summary, in its order."""
    customers = pd.Index(summary["customer_id"])
    if not customers.is_unique:
        twice = customers[customers.duplicated()].unique()
        raise CrmlabError("The summary has customers twice.", f"They are {listed(twice)}.",
                          "Give one row per customer.")
    places = names.get_indexer(customers)
    known = places >= 0
    if len(known) and not known.any():
        raise CrmlabError("The summary and the log have no customer in common.",
                          f"The summary begins with {customers[0]!r}, the log with {names[0]!r}.",
                          "Give the log that the summary was made from.")
    seen, orders, value = counts
    new = seen > 0
    new[places[known]] = False
    table = pd.DataFrame({"customer_id": customers, "later_orders": np.where(known, orders[places], 0),
                          "later_value": np.where(known, value[places], 0.0)})
    note = [f"{counted(int(new.sum()), 'customer')} who came later left out"] if new.any() else []
    after, until = map(entries.iso, period)
    return _noted(table, prov, note, after=after, until=until)
