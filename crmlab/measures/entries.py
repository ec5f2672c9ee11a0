"""What a log of purchases must hold before anything is counted: ids, days without gaps, and amounts."""

import numpy as np
import pandas as pd

from crmlab.frame.errors import CrmlabError, counted, did_you_mean, listed

COLUMNS = ("customer_id", "date", "amount")
OPEN = "Open the log with crm.open_table('transactions', …), which reads it and checks it."


def day(value, name: str) -> int:
    """A day as days since 1970.

    >>> day("1970-01-11", "until")
    10
    """
    try:
        moment = pd.Timestamp(value)
    except (ValueError, TypeError):
        moment = pd.NaT
    if moment is pd.NaT:
        raise CrmlabError(f"{name} is not a day.", f"It reads '{value}'.", "Write it as in '1997-09-30'.")
    return int(moment.tz_localize(None).to_datetime64().astype("datetime64[D]").astype("i8"))


def iso(day: int) -> str:
    """
    >>> iso(10)
    '1970-01-11'
    """
    return str(np.datetime64(day, "D"))


def need_columns(names) -> None:
    """An error where one of the three columns is not there."""
    names = list(names)
    lacking = [name for name in COLUMNS if name not in names]
    if lacking:
        there = "is no column" if len(lacking) == 1 else "are no columns"
        raise CrmlabError(f"transactions: there {there} {listed(lacking)}.",
                          f"It has {listed(names, 30, quote=False)}." if names else "It has none at all.",
                          did_you_mean(lacking[0], names) or OPEN)


def need_lines(lines: int, gaps: dict[str, int]) -> None:
    """An error where the log is empty, or where a column has gaps."""
    if not lines:
        raise CrmlabError("transactions: the log is empty.", "It has its columns, but no line.",
                          "Look at the file, and at what was left out of it.")
    for name, missing in gaps.items():
        if missing:
            raise CrmlabError(f"transactions: column '{name}' has gaps.",
                              f"It is empty in {counted(missing, 'line')} of {lines:,}.", OPEN)


def wrong_kind(name: str, found) -> CrmlabError:
    """The error for a column that holds something else."""
    wanted = {"date": "days without a time zone", "amount": "numbers"}[name]
    return CrmlabError(f"transactions: column '{name}' does not hold {wanted}.", f"It holds {found}.", OPEN)


def nobody(last: int, first: int | None) -> CrmlabError:
    """The error where nobody has bought by the last day; ``first`` is when somebody did, if ever."""
    wrong = f"Nobody has bought by {iso(last)}."
    if first is None:
        return CrmlabError(wrong, "The log has refunds only.", "Look at the signs of the amounts.")
    return CrmlabError(wrong, f"The first purchase is of {iso(first)}.", "Give a later day to until.")


def no_time(after: int, last: int) -> CrmlabError:
    """The error for a period that ends before it begins."""
    return CrmlabError("There is no time left to look at.",
                       f"It would begin after {iso(after)} and end with {iso(last)}.",
                       "Give an earlier day to after, or a later one to until.")
