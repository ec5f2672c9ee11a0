"""Ids are watched for damage, and become numbers: the slowest step of counting by customer, so the one with shortcuts.

Categories, and whole numbers that lie close together, are such numbers already. Text of up to eight bytes is
read as one whole number of eight, customer numbers kept as text as what they say. The rest is looked up.
"""

import datetime
import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
from pandas.api.types import is_integer_dtype, is_numeric_dtype

from crmlab.frame.cells import numbers, rows_read, word
from crmlab.frame.errors import CrmlabError, counted, listed
from crmlab.frame.schema import Schema

#: What programs and people write into a cell that names nobody; bare NA is no word for nothing among categories.
VOID = (r"[-–—−_.…?*/#'\"]+|-?nan|nat|<na>|[(<\[]?(?:null|none|blank|empty|leer|vide|vacío|en blanco|undefined)[)>\]]?|"
        r"#?n[./] ?[ad]\.?|#n/?[av]|#(?:null!|ref!|bezug!|value!|wert!|div/0!|name\?|num!|zahl!)|k\. ?a\.?|"
        r"keine angaben?|s/d|\\n")
NOTHING = re.compile(VOID, re.IGNORECASE)
NOBODY = re.compile(VOID + "|na|nil|missing|fehlt|unknown|unbekannt|inconnue?|desconocido", re.IGNORECASE)
MANY_IN_ONE = re.compile(r"0[0-]*|-1|9{4,}|guests?|gast|anonym(ous)?|walk-?in|bar(verkauf)?|cash|laufkundschaft|invit[eé]|invitado|test",
                         re.IGNORECASE)
ROUNDED = re.compile(r"[+-]?(?:\d+[.,]\d+E\+?\d+|\d+E\+\d+)", re.IGNORECASE)
POINT_ZERO = re.compile(r"(\d+)[.,]0{1,2}")
THOUSANDS = re.compile(r"\d{1,3}([,.'])\d{3}(?:\1\d{3})*")
MONTH = (r"(?:jan(?:uary?|uar|v|vier)?|feb(?:ruary?|ruar)?|févr?(?:ier)?|m[aä]r(?:ch|z|s|zo)?|mrz|a[pv]r(?:il)?|ma[iy]|mayo|ju[nl][ieyo]?|"
         r"juin|juil(?:let)?|aug(?:ust)?|ao[uû]t|sept?(?:ember|embre)?|o[ck]t(?:ober|obre)?|nov(?:ember|embre)?|de[czk](?:ember)?|déc(?:embre)?)")
DAY_LIKE = re.compile(rf"\d{{1,2}}[. -]+{MONTH}\.?(?:[ -]\d\d(?:\d\d)?)?|{MONTH}\.?[ -]\d\d(?:\d\d)?", re.IGNORECASE)
KEPT = 15  # digits of a number that a spreadsheet keeps
EXACT = 2**53  # from here on a float stands for several whole numbers

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


class Watched(NamedTuple):
    """Ids as they are counted, what was repaired or is doubtful in words, and what cannot be counted."""

    cells: pd.Series
    notes: list[str]
    problems: list[tuple[str, str, str]]


def watched(column: pd.Series, spared: Iterable = ()) -> Watched:
    """The ids of a column before anything is counted: words for nobody are missing, what is certain is repaired.

    Certain are signs that nobody sees, blanks around, letters in two parts (Unicode NFC), and 12345.0 beside 12345
    where all are numbers. What is doubtful, such as capitals and zeros in front, gets a note; what a spreadsheet
    rounded is a problem. ``spared`` are words that the reader has named as missing already.

    >>> found = watched(pd.Series(["7", "7.0", "nan"], name="customer_id"))
    >>> found.cells.tolist(), found.notes[0]
    (['7', '7', nan], "In 'customer_id' 1 cell reads 'nan': nobody.")
    """
    if is_integer_dtype(column):
        return Watched(column, [], [])
    codes, distinct = pd.factorize(column.astype(object))
    written = [word(cell) for cell in distinct]
    read = np.array([*map(_repaired, written), np.nan], object)
    cells = pd.Series(read[codes], index=column.index, name=column.name).replace("", np.nan)
    notes = _repairs(column, written, read, codes)
    spared = {word(one) for one in spared}
    cells, said = voided(cells, NOBODY, "nobody", spared)
    cells, points = _without_points(cells)
    found = [one for one in pd.unique(cells.dropna()) if one not in spared]
    notes += said + points + _alike(cells, found) + _doubtful(cells, distinct, found)
    return Watched(cells, notes, _rounded(column, distinct, codes))


def guarded(frame: pd.DataFrame, schema: Schema, spared: Iterable = ()) -> tuple[pd.DataFrame, list[str], list[CrmlabError]]:
    """A raw table whose ids were watched and whose groups are no words for nothing, with notes and problems."""
    kinds = {column.name: column.kind for column in schema.columns}
    notes, problems, spared = [], [], [spared] if isinstance(spared, str | int | float) else list(spared)
    for name in frame:
        cells, said = frame[name], []
        if kinds.get(name) == "id" and name != "practice":
            cells, said, wrong = watched(cells, spared)
            problems += [CrmlabError(f"{schema.table}: {one}", *more) for one, *more in wrong]
        elif kinds.get(name, "category") == "category" and numbers(cells).notna().sum() < cells.notna().sum() / 2:
            cells, said = voided(cells, spared=set(map(word, spared)))
        notes += said
        frame = frame if cells is frame[name] else frame.assign(**{name: cells})
    return frame, notes, problems


def voided(column: pd.Series, words: re.Pattern = NOTHING, said: str = "missing", spared: Iterable = ()):
    """The column with words for nothing as missing, and a note that counts them.

    >>> voided(pd.Series(["a", "(blank)"], name="branch"))[1]
    ["In 'branch' 1 cell reads '(blank)': missing."]
    """
    if is_numeric_dtype(column):
        return column, []
    met = {one: str(one).strip() for one in pd.unique(column.dropna()) if words.fullmatch(str(one).strip())}
    met = {one: short for one, short in met.items() if short and short not in spared}
    if not met:
        return column, []
    count = int(column.isin(list(met)).sum())
    return column.astype(object).where(~column.isin(list(met))), [
        f"In '{column.name}' {counted(count, 'cell')} {'reads' if count == 1 else 'read'} {listed(met.values())}: {said}."]


def _repaired(cell: str) -> str:
    if cell.isascii() and cell.isprintable():
        return cell.strip()
    seen = "".join(" " if sign.isspace() else sign for sign in cell if unicodedata.category(sign) not in ("Cf", "Cc"))
    return unicodedata.normalize("NFC", seen).strip()


def _repairs(column: pd.Series, written: list, read: np.ndarray, codes: np.ndarray) -> list[str]:
    """What was repaired; mere blanks around are worth a word only where they parted one customer in two."""
    changed = np.flatnonzero([was != now for was, now in zip(written, read, strict=False)])
    twice = len(set(written) - {was for was, now in zip(written, read, strict=False) if not now}) - len({*read[:-1]} - {""})
    hidden = [place for place in changed if written[place].strip() != read[place]]
    if not hidden and not (twice and len(changed)):
        return []
    one = hidden[0] if hidden else changed[0]
    rows = int(np.isin(codes, changed).sum())
    became = f"; {counted(twice, 'id')} became one with another" if twice else ""
    return [f"In '{column.name}' {counted(rows, 'cell')} held blanks around, signs that cannot be seen or letters in two parts, as "
            f"{ascii(written[one])} for '{read[one]}': repaired{became}."]


def _rounded(column: pd.Series, distinct, codes: np.ndarray) -> list[tuple[str, str, str]]:
    """A problem where digits of the ids are lost, as a spreadsheet loses them."""
    def lost(cell) -> bool:
        if isinstance(cell, str):
            return bool(ROUNDED.fullmatch(cell.strip()))
        if isinstance(cell, float | np.floating):
            return abs(cell) >= EXACT
        digits = str(cell).lstrip("-")
        return isinstance(cell, int) and len(digits) > KEPT and not digits[KEPT:].strip("0")

    where = pd.Series(np.array([*map(lost, distinct), False])[codes], index=column.index)
    if not where.any():
        return []
    return [(f"column '{column.name}' holds ids of which a spreadsheet has lost the last digits.",
             f"{rows_read(column, where).removesuffix('.')}, so that several ids may have become one.",
             "Export the column as text from where it comes from; the digits cannot be brought back here.")]


def _without_points(cells: pd.Series) -> tuple[pd.Series, list[str]]:
    """12345.0 and 12345 are one id, where all ids are numbers and both forms occur."""
    distinct = pd.unique(cells.dropna())
    whole = [one for one in distinct if one.isdigit()]
    pointed = [one for one in distinct if POINT_ZERO.fullmatch(one)]
    if not whole or not pointed or len(whole) + len(pointed) < len(distinct):
        return cells, []
    plain = cells.replace({one: POINT_ZERO.fullmatch(one)[1] for one in pointed})
    count, lost = int(cells.isin(pointed).sum()), len(distinct) - plain.nunique()
    became = f"; {counted(lost, 'id')} became one with another" if lost else ""
    return plain, [f"In '{cells.name}' {counted(count, 'cell')} {'carries' if count == 1 else 'carry'} a decimal point and others none, as '{pointed[0]}': all are "
                   f"numbers, so '{pointed[0]}' was read as '{POINT_ZERO.fullmatch(pointed[0])[1]}'{became}."]


def _key(one: str) -> str:
    """What ids share that a person may have meant as one."""
    if one.isdigit() and one.isascii():
        return one.lstrip("0") or "0"
    one = one.lstrip("'")
    one = re.sub("[,.']", "", one) if THOUSANDS.fullmatch(one) else one
    key = unicodedata.normalize("NFKC", re.sub(r" *[-‐‑‒–—−] *", "-", " ".join(one.split()))).casefold()
    pointed = POINT_ZERO.fullmatch(key)
    key = pointed[1] if pointed else key
    return key.lstrip("0") or "0" if key.isdigit() else key


def _alike(cells: pd.Series, found: list[str]) -> list[str]:
    """A note for each way in which ids differ that are perhaps one."""
    first, ways = {}, {}
    for one in found:
        other = first.setdefault(_key(one), one)
        if other != one:
            way = "capitals" if other.casefold() == one.casefold() else "zeros in front" if (
                other.lstrip("0") == one.lstrip("0")) else "blanks, points or the kind of a sign"
            ways.setdefault(way, []).append((other, one))
    return [f"In '{cells.name}' {counted(len(pairs), 'id differs', 'ids differ')} from another only by {way}, as '{pairs[0][0]}' and "
            f"'{pairs[0][1]}': they count as different; if they are one, write them alike in the file."
            for way, pairs in ways.items()]


def _doubtful(cells: pd.Series, distinct, found: list[str]) -> list[str]:
    """Notes on ids that may stand for many, and on those that have the marks of a spreadsheet."""
    notes, name = [], cells.name
    crowd = [one for one in found if MANY_IN_ONE.fullmatch(one)]
    crowd = [one for one in crowd if (cells == one).sum() > 2 * len(cells) / len(found)]
    if crowd:
        notes.append(f"In '{name}' {listed(crowd)} may stand for somebody unknown and counts as one: if so, say missing={crowd[:5]}.")
    long = [one for one in found if len(one) > KEPT and one.isdigit()]
    typed = any(isinstance(one, int) and abs(one) >= 10**KEPT for one in distinct)
    if long and (typed or len(long) > 2 and not any(one[KEPT:].strip("0") for one in long)):
        notes.append(f"In '{name}' {counted(len(long), 'id has', 'ids have')} more than {KEPT} digits, as '{long[0]}', and a spreadsheet "
                     f"keeps {KEPT} of a number: if it went through one, export the column as text.")
    days = [one for one in distinct if isinstance(one, datetime.date)]
    days = days * (len(days) < len(distinct)) or [one for one in found if DAY_LIKE.fullmatch(one)]
    if days:
        notes.append(f"In '{name}' {counted(len(days), 'id is a date', 'ids are dates')}, as '{word(days[0])}': a spreadsheet may have "
                     "made them of ids such as 3-5; export the column as text.")
    return notes


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
