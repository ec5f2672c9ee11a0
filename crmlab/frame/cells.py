"""Cells as people write them: blanks, words, numbers with either decimal sign, and where they stand."""

import math
import re

import numpy as np
import pandas as pd
from pandas.api.types import is_datetime64_any_dtype, is_numeric_dtype

from crmlab.frame.errors import listed

NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)(e[+-]?\d+)?|[+-]?inf(inity)?", re.IGNORECASE)
GROUPED = re.compile(r"[+-]?\d{1,3}(?:(?:\.\d{3})+,\d+|(?:,\d{3})+\.\d+)")  # the last sign is the decimal one


def cleaned(column: pd.Series) -> pd.Series:
    """The column without blanks around its words; an empty cell is missing.

    >>> cleaned(pd.Series([" 5", " ", None, "n/a"])).tolist()
    ['5', nan, nan, 'n/a']
    """
    if is_numeric_dtype(column) or is_datetime64_any_dtype(column):
        return column
    return each(column, lambda cell: (cell.strip() or np.nan) if isinstance(cell, str) else cell, object)


def each(column: pd.Series, how, dtype) -> pd.Series:
    """The column with ``how`` applied once to each distinct cell: a survey has few of them."""
    codes, distinct = pd.factorize(column.astype(object))
    out = np.empty(len(distinct) + 1, dtype=dtype)
    out[:-1] = [how(cell) for cell in distinct]
    out[-1] = np.nan  # the code of a missing cell is -1
    return pd.Series(out[codes], index=column.index, name=column.name, dtype=dtype)


def numbers(column: pd.Series) -> pd.Series:
    """The column as floats; what is no number becomes missing.

    >>> numbers(pd.Series(["1", "2,5", "-3.5", "n/a", None])).tolist()
    [1.0, 2.5, -3.5, nan, nan]
    """
    if is_numeric_dtype(column):
        return column.astype(float)
    return each(column, number, float)


def word(cell) -> str:
    """A cell as a person writes it.

    >>> word(3.0), word("k. A."), word(pd.Timestamp("2024-05-01"))
    ('3', 'k. A.', '2024-05-01')
    """
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).removesuffix(" 00:00:00")


def number(cell) -> float:
    """The cell as a float, NaN where it is no number.

    >>> number("2,5"), number("1.082,93"), number("1,082.93"), number("n/a")
    (2.5, 1082.93, 1082.93, nan)
    """
    if isinstance(cell, str):
        if GROUPED.fullmatch(cell):
            whole, decimals = re.fullmatch(r"(.*)[.,](.*)", cell).groups()
            return float(f"{re.sub('[.,]', '', whole)}.{decimals}")
        return float(cell.replace(",", ".")) if NUMBER.fullmatch(cell) else math.nan
    try:
        return float(cell)
    except (TypeError, ValueError):
        return math.nan


def rows(cells: pd.Series | pd.DataFrame, where) -> str:
    """The rows as a person finds them: 'row 3', or 'rows 3 and 5'."""
    found = list(cells.index[where])
    return f"{'row' if len(found) == 1 else 'rows'} {listed(found, quote=False)}"


def rows_read(cells: pd.Series, where) -> str:
    """The rows and what they read, as a sentence."""
    verb = "reads" if where.sum() == 1 else "read"
    return f"{rows(cells, where).capitalize()} {verb} {listed(map(word, cells[where].unique()))}."


def two_ways(column: pd.Series, where: pd.Series, cell: str) -> tuple[str, str, str]:
    """What is wrong where each sign in a column stands before three digits: both readings, and what decides.

    >>> column = pd.Series(["2.798", "615"], name="spend")
    >>> print(" ".join(two_ways(column, column == "2.798", "2.798")[1:]))
    Row 0 reads '2.798': 2.798 may mean 2798, or 2 and a bit.
    Say decimal='comma' if the point marks thousands, or decimal='point' if it marks decimals.
    """
    whole, sign, decimals = re.search(r"(\d+)([.,])(\d{3})", cell).groups()
    called, other = ("point", "comma") if sign == "." else ("comma", "point")
    return (f"column '{column.name}' can be read in two ways.",
            f"{rows_read(column, where).removesuffix('.')}: {whole}{sign}{decimals} may mean {whole}{decimals}, or {whole} "
            "and a bit.",
            f"Say decimal='{other}' if the {called} marks thousands, or decimal='{called}' if it marks decimals.")
