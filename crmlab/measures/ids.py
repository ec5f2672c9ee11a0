"""Ids become numbers: the slowest step of counting by customer, so the one with shortcuts.

Whole numbers that lie close together and categories are numbers already. Text of up to eight bytes is read as one whole
number of eight, which is looked up several times faster than text. All else is looked up as it is.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

CLOSE = 4  # whole-number ids lie close together if they span less than this many times the lines
BYTES = 8


class Numbered(NamedTuple):
    """A number per line, the ids that the numbers stand for, and the numbers in the order of their first line."""

    codes: np.ndarray
    names: pd.Index
    order: np.ndarray


def numbered(ids: pd.Series) -> Numbered:
    """The ids as numbers from 0; numbers that do not occur may have names too, but have no place in the order.

    >>> numbered(pd.Series([7, 3, 7])).codes, numbered(pd.Series(["bob", "ann", "bob"])).codes
    (array([4, 0, 4]), array([0, 1, 0]))
    """
    if isinstance(ids.dtype, pd.CategoricalDtype):
        codes, names = ids.cat.codes.to_numpy().astype(np.intp), ids.cat.categories
        return Numbered(codes, names, codes[_openings(codes, len(names))])
    if isinstance(ids.dtype, np.dtype) and ids.dtype.kind == "i":
        low, high = int(ids.min()), int(ids.max())
        if high - low < CLOSE * len(ids):
            codes = ids.to_numpy().astype(np.intp, copy=False) - low
            return Numbered(codes, pd.RangeIndex(low, high + 1), codes[_openings(codes, high - low + 1)])
    words = _words(ids)
    codes, found = pd.factorize(ids if words is None else words)
    names = pd.Index(found if words is None else ids.take(_openings(codes, len(found))))
    return Numbered(codes, names, np.arange(len(names)))


def _openings(codes: np.ndarray, size: int) -> np.ndarray:
    """The first line of each number that occurs."""
    lines = len(codes)
    first = np.full(size, lines)
    first[codes[::-1]] = np.arange(lines - 1, -1, -1)  # written from the end, so that the first line stays
    opening = np.zeros(lines + 1, bool)
    opening[first] = True
    return np.flatnonzero(opening[:lines])


def _words(ids: pd.Series) -> np.ndarray | None:
    """Short text as whole numbers, one for one; nothing where it is long, or kept as Python objects."""
    if not isinstance(ids.dtype, pd.StringDtype) or ids.dtype.storage != "pyarrow":
        return None
    text = pa.array(ids)
    text = text.combine_chunks() if isinstance(text, pa.ChunkedArray) else text
    if not (pa.types.is_large_string(text.type) or pa.types.is_string(text.type)):
        return None
    _, ends, data = text.buffers()
    wide = np.int64 if pa.types.is_large_string(text.type) else np.int32
    ends = np.frombuffer(ends, wide)[text.offset:text.offset + len(text) + 1]
    start, stop, lengths = int(ends[0]), int(ends[-1]), np.diff(ends)
    if lengths.max() > BYTES or start == stop:
        return None
    padded = np.zeros(stop - start + BYTES, np.uint8)
    padded[:-BYTES] = np.frombuffer(data, np.uint8)[start:stop]
    if not padded[:-BYTES].all():  # a byte of 0 within a text could not be told from one after it
        return None
    words = np.ndarray(stop - start + 1, "<u8", padded, strides=1)[ends[:-1] - start]
    words &= np.array([(1 << 8 * length) - 1 for length in range(BYTES + 1)], np.uint64)[lengths]
    return words
