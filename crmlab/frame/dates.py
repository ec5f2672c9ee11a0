"""Calendar days out of cells: the usual ways to write a date are read; where two readings fit, none is."""

import re
from typing import NamedTuple

import numpy as np
import pandas as pd
from pandas.api.types import is_datetime64_any_dtype

from crmlab.frame.cells import cleaned, rows, rows_read, word
from crmlab.frame.errors import counted, listed

DATE = re.compile(
    r"(?:(?P<compact>\d{8})|(?P<year>\d{4})(?P<sign>[-/.])(?P<month>\d{1,2})(?P=sign)(?P<day>\d{1,2})"
    r"|(?P<one>\d{1,2})(?P<mark>[-/.])(?P<two>\d{1,2})(?P=mark)(?P<last>\d{4}))"
    r"(?:(?:T|,? +)(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?"
    r" ?(?P<half>[AaPp][Mm])? ?(?P<offset>Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?)?", re.ASCII)
PLAIN = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}:\d{2})?", re.ASCII)
SPELT = re.compile(
    r"(?:[^\W\d]{2,9}\.?,? )?(?:(?P<day>\d{1,2})(?:st|nd|rd|th)?[-./ ]*(?P<month>[^\W\d]{3,9})"
    r"|(?P<month2>[^\W\d]{3,9})\.?[- ](?P<day2>\d{1,2})(?:st|nd|rd|th)?)\.?[-,./ ]+(?P<year>\d{4})(?P<time>[ T,].*)?")
#: How the names of months begin, in English, German, French and Spanish.
MONTHS = [("jan", "jän", "ene"), ("feb", "fév", "fev"), ("mar", "mär", "mrz", "maer"), ("apr", "avr", "abr"),
          ("may", "mai"), ("jun", "juin"), ("jul", "juil"), ("aug", "aoû", "aou", "ago"), ("sep", "set"), ("oct", "okt"),
          ("nov",), ("dec", "dez", "déc", "dic")]
DAY, MONTH = "day first", "month first"
ORDERS = (DAY, MONTH)
SHORT_YEAR = re.compile(r"(\d{1,2}([./-])\d{1,2}\2|[^\W\d]{3,9}-\d{1,2}-|\d{1,2}-[^\W\d]{3,9}-)\d\d(?!\d).*")
SECONDS = re.compile(r"1\d{9}(\d{3}|\d{6})?(\.0)?")  # from 2001 to 2033
SERIAL = re.compile(r"[1-6]\d{4}(\.\d+)?")  # the day numbers of spreadsheets, 1927 to 2091
NO_DAY = np.iinfo(np.int64).min


class Days(NamedTuple):
    """The days of a column (midnight, none where there is no date), what is wrong, and what was decided."""

    days: pd.Series
    problems: list[tuple[str, str, str]]
    notes: list[str]


def read(column: pd.Series, order: str | None = None, zone: str | None = None) -> Days:
    """The calendar days of a column; its index has the row numbers that a person sees.

    ``order`` is ``"day first"`` or ``"month first"`` for dates such as 05/06/2024; without it the whole
    column has to tell. ``zone``, an IANA name, is where dates with an offset from UTC are looked at before
    the day is taken; without it they are taken as written, if all have the same offset.

    >>> found = read(pd.Series(["31/05/2024", "01/06/2024 23:10", "20240602"], name="day"))
    >>> found.days.dt.strftime("%d %B").tolist()
    ['31 May', '01 June', '02 June']
    >>> found.notes[0]
    "In 'day' dates were read as day/month/year, since row 0 reads '31/05/2024'."
    """
    if is_datetime64_any_dtype(column):
        return _stamped(column, zone)
    cells = cleaned(column)
    codes, distinct = pd.factorize(cells.astype(object))
    words = [numbered(word(cell)) for cell in distinct]
    plain = _plain(words)
    if plain is not None:
        said = [_nothing_moved(cells, zone)] if zone else []
        return _finished(cells, codes, plain, np.ones(len(plain), bool), [], said)
    parts = pd.Series(words, dtype=object).str.extract(re.compile(rf"\A(?:{DATE.pattern})\Z", re.ASCII))
    order, problems, notes = _ordered(cells, codes, distinct, parts, order)
    seconds, good = _seconds(parts, order)
    if not problems:
        wrong = pd.Series(~np.append(good, True)[codes], index=cells.index)
        problems = [_no_date(cells, wrong)] if wrong.any() else []
    offset = _offsets(parts).where(good)
    seconds, more, said = _moved(cells, codes, seconds, good, offset, zone)
    if more or order is None and problems:  # no reading is better than another
        good = np.zeros(len(good), bool)
    return _finished(cells, codes, seconds, good, problems + more, notes + said)


def numbered(said: str) -> str:
    """A date whose month is a word, with the number of the month; any other cell as it is.

    >>> numbered("09-Jul-2024"), numbered("9. März 2024 10:30"), numbered("July 9, 2024"), numbered("9-Xyz-2024")
    ('2024-07-09', '2024-03-09 10:30', '2024-07-09', '9-Xyz-2024')
    """
    match = SPELT.fullmatch(said) if any(map(str.isalpha, said)) else None
    if not match:
        return said
    name = (match["month"] or match["month2"]).casefold()
    month = next((at for at, begins in enumerate(MONTHS, 1) if name.startswith(begins)), 0)
    return f"{match['year']}-{month:02}-{int(match['day'] or match['day2']):02}{match['time'] or ''}" if month else said


def _finished(cells, codes, seconds, good, problems, notes) -> Days:
    """The days in the order of the cells."""
    if (seconds[good] % 86400).any():
        notes.append(_cut(cells))
    days = np.append(np.where(good, seconds - seconds % 86400, NO_DAY), NO_DAY)[codes]
    return Days(pd.Series(days.astype("datetime64[s]"), index=cells.index, name=cells.name), problems, notes)


def _plain(words: list[str]) -> np.ndarray | None:
    """Seconds since 1970 where all cells are plain ISO: numpy reads millions of them in a second."""
    try:
        return np.array(words, "datetime64[s]").astype(np.int64) if all(map(PLAIN.fullmatch, words)) else None
    except ValueError:  # there is no such day
        return None


def _stamped(column: pd.Series, zone: str | None) -> Days:
    """Dates that are dates already, with a time zone or without."""
    notes, own, name = [], getattr(column.dtype, "tz", None), column.name
    if own is not None:
        local = column.dt.tz_convert(zone) if zone else column
        notes.append(f"In '{name}' the days are those of {zone}." if zone else
                     f"In '{name}' dates carry the time zone {own}: the days were taken as written there.")
        column = local.dt.tz_localize(None)
    elif zone:
        notes.append(_nothing_moved(column, zone))
    days = column.dt.normalize()
    if (days != column)[column.notna()].any():
        notes.append(_cut(column))
    return Days(days.astype("datetime64[s]"), [], notes)


def _calendar(year, month, day) -> tuple[np.ndarray, np.ndarray]:
    """Seconds since 1970 of midnight, and whether there is such a day."""
    year, month, day = (np.asarray(part, float) for part in (year, month, day))
    there = (month >= 1) & (month <= 12) & (day >= 1) & (year >= 1)
    months = np.where(there, (year - 1970) * 12 + month - 1, 0).astype(np.int64).astype("datetime64[M]")
    first, next_ = months.astype("datetime64[D]"), (months + 1).astype("datetime64[D]")
    there &= np.nan_to_num(day) <= (next_ - first).astype(int)
    days = first.astype(np.int64) + np.where(there, day - 1, 0).astype(np.int64)
    return days * 86400, there


def _numeric(parts: pd.DataFrame, *names: str) -> list[np.ndarray]:
    return [pd.to_numeric(parts[name], errors="coerce").to_numpy(float) for name in names]


def _seconds(parts: pd.DataFrame, order: str | None) -> tuple[np.ndarray, np.ndarray]:
    """Seconds since 1970 as written, and where there is such a date."""
    compact = parts["compact"].astype(object)
    year, month, day, one, two, last = _numeric(parts, "year", "month", "day", "one", "two", "last")
    whole = [pd.to_numeric(compact.str[cut], errors="coerce").to_numpy(float)
             for cut in (slice(0, 4), slice(4, 6), slice(6, 8))]
    turned = (last, *((one, two) if order == MONTH else (two, one)))
    ways = zip((year, month, day), whole, turned, strict=True)
    midnight, good = _calendar(*(_either(*three) for three in ways))
    hour, minute, second = (np.nan_to_num(part) for part in _numeric(parts, "hour", "minute", "second"))
    half = parts["half"].str.upper()
    good &= (hour <= np.where(half.notna(), 12, 23)) & (minute <= 59) & (second <= 60)
    hour = np.where(half.notna(), hour % 12 + 12 * (half == "PM"), hour)
    return midnight + (hour * 3600 + minute * 60 + second).astype(np.int64), good


def _either(*ways: np.ndarray) -> np.ndarray:
    found = ways[0]
    for way in ways[1:]:
        found = np.where(np.isnan(found), way, found)
    return found


def _offsets(parts: pd.DataFrame) -> pd.Series:
    """Minutes ahead of UTC, missing where none is written."""
    words = parts["offset"].astype(object)
    words = words.where(~words.isin(["Z", "UTC", "GMT"]), "+0000").str.replace(":", "").str.ljust(5, "0")
    size = pd.to_numeric(words.str[1:3]) * 60 + pd.to_numeric(words.str[3:5])
    return (size * np.where(words.str[0] == "-", -1, 1)).astype(float)


def _ordered(cells, codes, distinct, parts, order):
    """Day first or month first, by what the whole column allows; its problems and notes."""
    if order or parts["one"].isna().all():
        return order, [], []
    one, two, last = _numeric(parts, "one", "two", "last")
    day, month = _calendar(last, two, one)[1], _calendar(last, one, two)[1]
    real = day | month

    def where(some) -> pd.Series:
        return pd.Series(np.append(some, False)[codes], index=cells.index)

    if any(not isinstance(cell, str) and hasattr(cell, "month") for cell in distinct):
        return None, [_half_turned(cells, where(real))], []
    if day[real].all() and month[real].all():
        if (one[real] == two[real]).all():
            return DAY, [], []
        if (parts["mark"][real] == ".").all():
            return DAY, [], [_usual(cells, where(real & (one != two)))]
        return None, [_two_ways(cells, where(real & (one != two)))], []
    for name, mine, other in ((DAY, day, month), (MONTH, month, day)):
        if mine[real].all():
            return name, [], [_told(cells, where(real & ~other), name)]
    return None, [_both_orders(cells, where(real & ~month), where(real & ~day))], []


def _moved(cells, codes, seconds, good, offset, zone):
    """The seconds in the zone of the reader, with problems and notes about offsets."""
    carried = offset.notna().to_numpy()
    if not carried.any():
        return seconds, [], [_nothing_moved(cells, zone)] if zone else []
    bare = pd.Series(np.append(good & ~carried, False)[codes], index=cells.index)
    names = sorted({_ahead(minutes) for minutes in offset.dropna().unique()})
    if zone is None and (len(names) > 1 or bare.any()):
        return seconds, [_mixed(cells, names, bare)], []
    if zone is None:
        return seconds, [], [f"In '{cells.name}' all dates carry the offset {names[0]}: the days were taken as "
                             "written."]
    utc = pd.to_datetime(seconds[carried] - offset[carried].to_numpy() * 60, unit="s", utc=True)
    local = utc.tz_convert(zone).tz_localize(None).to_numpy().astype("datetime64[s]").astype(np.int64)
    moved = seconds.copy()
    moved[carried] = local
    other = np.append(moved // 86400 != seconds // 86400, False)[codes].sum()
    said = f"In '{cells.name}' the days are those of {zone}: {counted(int(other), 'row')} changed the day."
    if bare.any():
        said += f" {counted(int(bare.sum()), 'date')} without an offset stayed as written."
    return moved, [], [said]


def _ahead(minutes: float) -> str:
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02.0f}:{abs(minutes) % 60:02.0f}"


def _nothing_moved(cells: pd.Series, zone: str) -> str:
    return f"In '{cells.name}' no date carries an offset: timezone='{zone}' changed nothing."


def _cut(cells: pd.Series) -> str:
    return f"In '{cells.name}' the times of day were left out: the day is what counts."


def _spelt(cell: str, order: str) -> str:
    one, two, year = re.findall(r"\d+", cell)[:3]
    day, month = (one, two) if order == DAY else (two, one)
    return f"{int(day)} {pd.Timestamp(2000, int(month), 1).strftime('%B')} {year}"


def _first(cells: pd.Series, where: pd.Series) -> tuple:
    row = cells.index[where][0]
    return row, cells[row]


def _told(cells, where, order: str) -> str:
    row, cell = _first(cells, where)
    sign = re.search(r"\D", cell)[0]
    way = sign.join(("day", "month", "year") if order == DAY else ("month", "day", "year"))
    return f"In '{cells.name}' dates were read as {way}, since row {row} reads '{cell}'."


def _usual(cells, where) -> str:
    row, cell = _first(cells, where)
    return (f"In '{cells.name}' dates were read as day.month.year, as is usual with points: '{cell}' as "
            f"{_spelt(cell, DAY)}; if that is not so, say dates='{MONTH}'.")


def _two_ways(cells, where) -> tuple[str, str, str]:
    row, cell = _first(cells, where)
    return (f"column '{cells.name}' can be read in two ways.",
            f"{rows_read(cells, where).removesuffix('.')}: '{cell}' may be {_spelt(cell, DAY)} or "
            f"{_spelt(cell, MONTH)}.",
            f"Say dates='{DAY}' or dates='{MONTH}', or write 2024-05-31.")


def _both_orders(cells, day, month) -> tuple[str, str, str]:
    (row, cell), (other, word_) = _first(cells, day), _first(cells, month)
    return (f"column '{cells.name}' has dates in both orders.",
            f"Row {row} reads '{cell}', with the day first, and row {other} reads '{word_}', with the month "
            "first.",
            "Write all as 2024-05-31.")


def _half_turned(cells, where) -> tuple[str, str, str]:
    return (f"column '{cells.name}' holds dates and words that look like dates.",
            f"{rows_read(cells, where).removesuffix('.')}; a spreadsheet that made dates of the others may "
            "have swapped their day and month.", "Import the column as text, or write all as 2024-05-31.")


def _mixed(cells, names: list[str], bare: pd.Series) -> tuple[str, str, str]:
    some = f"; {rows(cells, bare)} {'has' if bare.sum() == 1 else 'have'} none" if bare.any() else ""
    return (f"column '{cells.name}' mixes time zones, so the days are not plain.",
            f"The {'offset is' if len(names) == 1 else 'offsets are'} {listed(names, quote=False)}{some}.",
            "Name the zone in which you count days, as in timezone='Europe/Berlin'.")


def _no_date(cells: pd.Series, wrong: pd.Series) -> tuple[str, str, str]:
    """Words without a digit may mean missing; the rest are slips, or the day numbers of a spreadsheet."""
    words = [word(cell) for cell in cells[wrong].unique()]
    lost = [said for said in words if not re.search(r"\d", said)]
    slips = wrong & ~cells.map(word).isin(lost)
    look = f"look at {rows(cells, slips)}, and write dates as 2024-05-31."
    if words and all(map(SERIAL.fullmatch, words)):
        remedy = ("These may be a spreadsheet's day numbers: format the column as a date there, and save it "
                  "again.")
    elif words and all(map(SHORT_YEAR.fullmatch, words)):
        remedy = "Their years have two digits: write them with four, best as 2024-05-31."
    elif words and all(map(SECONDS.fullmatch, words)):
        remedy = "They may count seconds since 1970: make days of them in the file, as 2024-05-31."
    elif not lost:
        remedy = look[0].upper() + look[1:]
    else:
        remedy = f"Say which words mean missing with missing={lost[:5]}{f', {look}' if slips.any() else '.'}"
    return f"column '{cells.name}' holds cells that are no date.", rows_read(cells, wrong), remedy
