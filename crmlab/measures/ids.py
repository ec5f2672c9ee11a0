"""Ids become numbers: the slowest step of counting by customer, so the one with shortcuts.

Categories, and whole numbers that lie close together, are such numbers already. Text of up to eight bytes is
read as one whole number of eight, customer numbers kept as text as what they say. The rest is looked up.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

CLOSE = 4  # whole numbers lie close together if they span less than this many times the lines
BYTES = 8
BLOCK = 1 << 15
MASKS = np.array([(1 << 8 * length) - 1 for length in range(BYTES + 1)], np.uint64)
POWERS = np.array([10**length for length in range(BYTES + 1)])
LETTER_0, UPPER_HALF, SIX, EVERY_FOURTH = (
    np.uint64(int(byte * times, 16)) for byte, times in (("30", 8), ("f0", 8), ("06", 8), ("000000ff", 2)))


class Numbered(NamedTuple):
    """A number per line, below ``size``, and the first line of each number that occurs, in their order."""

    codes: np.ndarray
    size: int
    first: np.ndarray


def numbered(ids: pd.Series) -> Numbered:
    """The ids as numbers, one for one.

    >>> numbered(pd.Series([9, 12, 9])), numbered(pd.Series(["bob", "ann", "bob"]))
    (Numbered(codes=array([0, 3, 0]), size=4, first=array([0, 1])),
     Numbered(codes=array([0, 1, 0]), size=2, first=array([0, 1])))
    """
    if isinstance(ids.dtype, pd.CategoricalDtype):
        codes, size = ids.cat.codes.to_numpy().astype(np.intp), len(ids.cat.categories)
        return Numbered(codes, size, _openings(codes, size))
    numbers, most = _numbers(ids), CLOSE * len(ids)
    low, high = (0, most) if numbers is None else (int(numbers.min()), int(numbers.max()))
    if 0 <= low and high < most:
        codes, size = numbers.astype(np.intp, copy=False), high + 1
    elif numbers is not None and high - low < most:
        codes, size = (numbers - numbers.min()).astype(np.intp, copy=False), high - low + 1
    else:
        codes, found = pd.factorize(ids if numbers is None else numbers)
        size = len(found)
    return Numbered(codes, size, _openings(codes, size))


def blocks(lines: int) -> list[slice]:
    """The lines in blocks that stay in the processor's own memory from step to step."""
    return [slice(at, min(at + BLOCK, lines)) for at in range(0, lines, BLOCK)]


def names(ids: pd.Series, lines: np.ndarray) -> pd.Index:
    """The ids of these lines, as the log writes them."""
    found = pd.Index(ids.take(lines), name=None)
    return found.astype(found.categories.dtype) if isinstance(found, pd.CategoricalIndex) else found


def _openings(codes: np.ndarray, size: int) -> np.ndarray:
    lines = len(codes)
    kind = np.int32 if lines < np.iinfo(np.int32).max else np.int64
    first = np.full(size, lines, kind)
    for part in reversed(blocks(lines)):  # written from the end, so that the first line stays
        first[codes[part][::-1]] = np.arange(part.stop - 1, part.start - 1, -1, dtype=kind)
    first.sort()
    return first[:np.searchsorted(first, lines)].astype(np.intp)


def _numbers(ids: pd.Series) -> np.ndarray | None:
    """A whole number for each id, one for one; nothing where that is no shortcut."""
    if isinstance(ids.dtype, np.dtype) and ids.dtype.kind == "i":
        return ids.to_numpy().astype(np.int64, copy=False)
    if isinstance(ids.dtype, pd.StringDtype) and ids.dtype.storage == "pyarrow":
        text = pa.array(ids)
        text = text.combine_chunks() if isinstance(text, pa.ChunkedArray) else text
        wide = {pa.large_string(): np.int64, pa.string(): np.int32}.get(text.type)
        return None if wide is None else _read(text, wide)
    return None


def _read(text: pa.Array, wide) -> np.ndarray | None:
    """Short text as whole numbers, by its bytes; nothing where it is longer."""
    _, ends, data = text.buffers()
    ends = np.frombuffer(ends, wide)[text.offset:text.offset + len(text) + 1]
    start, stop, lengths = int(ends[0]), int(ends[-1]), np.diff(ends)
    if lengths.max() > BYTES or start == stop:
        return None
    padded = np.zeros(stop - start + BYTES, np.uint8)
    padded[:-BYTES] = np.frombuffer(data, np.uint8)[start:stop]
    if not padded[:-BYTES].all():  # a byte of 0 within a text could not be told from one after it
        return None
    words, starts = np.ndarray(stop - start + 1, "<u8", padded, strides=1), ends[:-1] - start
    numbers = np.empty(len(text), np.int64)
    for reading in (_digits, _spread):
        for part in blocks(len(text)):
            length = lengths[part]
            read = reading(words[starts[part]] & MASKS[length], length)
            if read is None:
                break
            numbers[part] = read
        else:
            return numbers
    return None


def _digits(words: np.ndarray, lengths: np.ndarray) -> np.ndarray | None:
    """What text of digits alone says, plus 10 to the power of its length: 01 is not 1.

    Zeros are written in front up to eight digits; then pairs, fours and eights of digits are added up within
    the word, as fast number readers do it (Lemire 2021).
    """
    front = BYTES - lengths
    words = words << (8 * front).astype(np.uint64)
    words |= LETTER_0 & MASKS[front]
    words ^= LETTER_0
    if ((words | (words + SIX)) & UPPER_HALF).any():
        return None
    words = words * np.uint64(10) + (words >> np.uint64(8))
    pairs, others = words & EVERY_FOURTH, (words >> np.uint64(16)) & EVERY_FOURTH
    pairs *= np.uint64(100 + (10**6 << 32))
    others *= np.uint64(1 + (10**4 << 32))
    pairs += others
    pairs >>= np.uint64(32)
    return pairs.view(np.int64) + POWERS[lengths]


def _spread(words: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Words of text are alike in most bits; one for one, this spreads them over the table of the look-up."""
    for step in (32, 29):
        words ^= words >> np.uint64(step)
        words *= np.uint64(0x9E3779B97F4A7C15)
    return words.view(np.int64)
