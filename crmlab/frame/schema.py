"""The first waist: tables. A schema types what comes in, finds every problem and prints the codebook."""

import math
import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from crmlab.frame import dates, replies
from crmlab.frame.cells import GROUPED, NUMBER, cleaned, each, number, numbers, rows_read, two_ways, word
from crmlab.frame.errors import CrmlabError, did_you_mean, listed

POINT, COMMA = re.compile(r"[^.]*\.\d[^.,]*"), re.compile(r"[^,]*,\d[^.,]*")
CODEBOOK = ["column", "kind", "meaning", "range", "answered", "missing", "mean"]
THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")
MOST_LEVELS = 12
MAIL = r"[^@\s]+@[^@\s]+\.[^@\s]+"
PHONE = r"\+\d[\d\s()/.-]{6,}|0\d{2,}[\s/(-][\d\s/.-]{4,}"
NAMED = re.compile(r"(recipient|contact)?[ _]?(first|last|sur|full|family|user|customer|vor|nach|familien|kunden)?[ _]?name",
                   re.I)
DAYS = re.compile(r"\d{1,4}[-./]\d{1,2}[-./]\d{2,4}|\d{1,2}:\d{2}")
IP = r"\d{1,3}(\.\d{1,3}){3}|[0-9a-f]{1,4}(:[0-9a-f]{0,4}){4,7}"
#: What columns hold that survey tools add, by their names; also where they hold numbers.
ADDED = {"addresses of devices": r"ip|ip[ _-]?address|ipadresse|ip[ _-]?addr",
         "places": r"(location)?[ _-]?(latitude|longitude|lat|lon|lng|geo|gps)|geolocation|coordinates",
         "e-mail addresses": r"(recipient|contact|customer)?[ _-]?e?-?mail([ _-]?address|adresse)?",
         "ids by which a person can be found again": r"(response|respondent|participant)[ _-]?id|token|"
                                                     r"external(data)?[ _-]?reference"}
LONG_ANSWER = 40  # signs; the name of a group is shorter


@dataclass(frozen=True)
class Column:
    """One column: its kind is ``id``, ``item``, ``number``, ``date``, ``category``, or ``text``, of which nothing is printed."""

    name: str
    kind: str
    meaning: str
    low: float | None = None
    high: float | None = None
    levels: tuple = ()
    required: bool = False

    @property
    def range(self) -> str:
        """
        >>> Column("weight", "number", "how much the row counts", low=0).range
        'from 0'
        """
        if self.low is None:
            return listed(self.levels, quote=False) or "–"
        return f"from {self.low:g}" if self.high is None else f"{self.low:g} to {self.high:g}"


@dataclass(frozen=True)
class Schema:
    """A table as a value: its name and its columns."""

    table: str
    columns: tuple[Column, ...]

    def read(self, raw: pd.DataFrame) -> tuple[pd.DataFrame, list[CrmlabError]]:
        """The typed table, and every problem in the order of the file.

        The index of ``raw`` carries the row numbers that a person sees; cells may be strings or values.

        >>> raw = pd.DataFrame({"weight": ["1", "2,5", "n/a"]}, index=[2, 3, 4])
        >>> table, problems = Schema("survey", (Column("weight", "number", "counts"),)).read(raw)
        >>> print(problems[0])
        survey: column 'weight' holds text. Row 4 reads 'n/a'.
        Say which words mean missing with missing=['n/a'].
        """
        known = {column.name: column for column in self.columns}
        cells = {name: cleaned(raw[name]) for name in raw}
        problems = [self._absent(column, raw) for column in self.columns
                    if column.required and column.name not in raw]
        problems += self._signs(known, cells)
        typed = {}
        for name, column in cells.items():
            if name not in known:
                problems.append(self._stranger(name, known))
                continue
            if known[name].kind == "date":
                typed[name], found, _ = dates.read(column)
                problems += [self._error(*said) for said in found]
                continue
            typed[name] = TYPED[known[name].kind](column, known[name])
            problems += self._problems(known[name], column, typed[name])
        return pd.DataFrame(typed, index=raw.index), problems

    def check(self, raw: pd.DataFrame) -> pd.DataFrame:
        """The typed table; the first problem is raised."""
        typed, problems = self.read(raw)
        if problems:
            raise problems[0]
        return typed

    def codebook(self, frame: pd.DataFrame) -> pd.DataFrame:
        """A row per column of the frame: what it means, what it allows, how many answered."""
        known = {column.name: column for column in self.columns}
        book = [_codebook_row(known[name], frame[name]) for name in frame if name in known]
        return pd.DataFrame(book, columns=CODEBOOK)

    def _error(self, wrong: str, found: str, remedy: str) -> CrmlabError:
        return CrmlabError(f"{self.table}: {wrong}", found, remedy)

    def _absent(self, column: Column, raw: pd.DataFrame) -> CrmlabError:
        return self._error(f"there is no column '{column.name}'.", f"The columns are {listed(raw, 30)}.",
                           did_you_mean(column.name, raw) or "Add it, or map one of these on it in columns.")

    def _stranger(self, name: str, known) -> CrmlabError:
        return self._error(f"there is no place for column '{name}'.", f"The schema has {listed(known, 30)}.",
                           did_you_mean(name, known) or "Leave it out.")

    def _signs(self, known: dict, cells: dict) -> list[CrmlabError]:
        """Decimal commas are read, but never beside points, and neither where all of a column may mark thousands."""
        numeric = [cells[name] for name in cells if name in known and known[name].kind in ("item", "number")]
        words = {column.name: _with_signs(column) for column in numeric if not is_numeric_dtype(column)}
        commas, points = ({name: _signed(some, sign) for name, some in words.items()} for sign in (COMMA, POINT))
        doubtful = [(name, some[name]) for name in words for some in (points, commas)
                    if known[name].kind == "number" and _thousands(words[name]) and some[name]]
        if doubtful:
            return [self._error(*two_ways(cells[name], cells[name].isin(some), some[0])) for name, some in doubtful]
        comma, point = _first(commas, cells), _first(points, cells)
        return [self._error("decimal commas and decimal points stand side by side.",
                            f"{comma[0].upper()}{comma[1:]}, and {point}.",
                            "Write one of the two throughout.")] if comma and point else []

    def _problems(self, column: Column, cells: pd.Series, typed: pd.Series) -> list[CrmlabError]:
        if column.kind in ("id", "text"):
            return []
        text = cells.notna() & typed.isna()
        if column.kind == "category":
            return [self._levels(column, cells, text)] if text.any() else []
        infinite = np.isinf(typed)
        beyond = ~infinite & ((typed < _bound(column.low, -1)) | (typed > _bound(column.high, 1)))
        problems = [self._text(column, cells, text)] if text.any() else []
        problems += [self._infinite(column, cells, infinite)] if infinite.any() else []
        problems += [self._beyond(column, cells, beyond)] if beyond.any() else []
        return problems or self._idle(column, typed)

    def _levels(self, column: Column, cells, wrong) -> CrmlabError:
        return self._error(f"column '{column.name}' holds words that it does not know.",
                           rows_read(cells, wrong), f"Use {listed(column.levels)}.")

    def _text(self, column: Column, cells, text) -> CrmlabError:
        """Words that say nothing may mean missing; others are answers in words, dates or slips."""
        return self._error(f"column '{column.name}' holds text.", rows_read(cells, text),
                           replies.remedy(cells, text, column.kind == "item"))

    def _infinite(self, column: Column, cells, infinite) -> CrmlabError:
        return self._error(f"column '{column.name}' holds infinite values.", rows_read(cells, infinite),
                           "Look for a division by zero, and leave such cells empty.")

    def _beyond(self, column: Column, cells, beyond) -> CrmlabError:
        codes = ", ".join(_code(value) for value in cells[beyond].unique()[:5])
        remedy = f"Correct the cells, or say missing=[{codes}] if they mean no answer."
        if column.kind == "item":
            remedy = (f"Correct the cells, say missing=[{codes}] if they mean no answer, "
                      "or give another scale.")
        elif column.low == 0 and (numbers(cells[beyond]) < 0).any():
            remedy = "Correct the cells: a number below 0 has no meaning here."
        return self._error(f"column '{column.name}' leaves its range, {column.range}.",
                           rows_read(cells, beyond), remedy)

    def _idle(self, column: Column, typed) -> list[CrmlabError]:
        """An item without answers, or with the same one everywhere, cannot go with anything."""
        answers = typed.dropna()
        if column.kind != "item" or answers.nunique() > 1:
            return []
        leave = "Map it to '-' in columns to leave it out."
        if answers.empty:
            return [self._error(f"column '{column.name}' is empty.", "No row holds an answer.", leave)]
        return [self._error(f"column '{column.name}' does not vary.",
                            f"All {len(answers):,} answers read '{answers.iloc[0]:g}'.", leave)]


def _category(column: pd.Series, spec: Column) -> pd.Series:
    words = each(column, word, object)
    levels = spec.levels or sorted(words.dropna().unique(), key=lambda level: (_order(level), level))
    return words.where(words.isin(levels)).astype(pd.CategoricalDtype(list(levels)))


def _order(level: str) -> float:
    value = number(level)
    return math.inf if math.isnan(value) else value


TYPED = {
    "id": lambda column, spec: each(column, word, object),
    "text": lambda column, spec: each(column, word, object),
    "category": _category,
    "item": lambda column, spec: numbers(column),
    "number": lambda column, spec: numbers(column),
}


def _bound(value: float | None, side: int) -> float:
    return side * math.inf if value is None else value


def _code(cell) -> str:
    return word(cell) if number(cell) == number(cell) else repr(cell)


def sight(name: str, words: pd.Series) -> str:
    """What private thing a column of words looks like, or nothing; one address in a column is one too many.

    >>> sight("contact", pd.Series(["no", "ann@example.org"])), sight("region", pd.Series(["north"]))
    ('e-mail addresses', '')
    """
    if len(words) and (added := next((what for what, names in ADDED.items() if re.fullmatch(names, name, re.I)), "")):
        return added
    if is_numeric_dtype(words):
        return ""
    if words.str.contains(MAIL).any():
        return "e-mail addresses"
    if words.str.fullmatch(IP).any():
        return "addresses of devices"
    if words.str.fullmatch(PHONE).any():
        return "phone numbers"
    if NAMED.fullmatch(name):
        return "names of people"
    told = words[~words.str.contains(DAYS)]
    return "free text" if len(told) and told.str.len().max() > LONG_ANSWER else ""


def _with_signs(column: pd.Series) -> list[str]:
    return [cell for cell in column.unique() if isinstance(cell, str) and ("," in cell or "." in cell)]


def _signed(words: list[str], sign: re.Pattern) -> list[str]:
    return [word for word in words
            if sign.fullmatch(word) and (NUMBER.fullmatch(word) or GROUPED.fullmatch(word))]


def _thousands(words: list[str]) -> bool:
    return bool(words) and all(map(THOUSANDS.fullmatch, words))


def _first(words: dict, cells: dict) -> str:
    """Where such words are first used, as a clause."""
    for name, used in words.items():
        if used:
            row = cells[name].index[cells[name].isin(used)][0]
            return f"row {row} of '{name}' reads '{cells[name][row]}'"
    return ""


def _codebook_row(column: Column, values: pd.Series) -> tuple:
    mean = float(values.mean()) if column.kind in ("item", "number") else math.nan
    said = column.range
    if column.kind == "category":
        said = _levels_said(column, values)
    if column.kind == "date" and values.notna().any():
        said = f"{values.min():%Y-%m-%d} to {values.max():%Y-%m-%d}"
    answered = int(values.notna().sum())
    return (column.name, column.kind, column.meaning, said, answered, len(values) - answered, mean)


def _levels_said(column: Column, values: pd.Series) -> str:
    """The levels in words, or how many there are where they are too many or may tell who a customer is."""
    answers = values.dropna().astype(str)
    different = answers.nunique()
    unique = len(values) >= 10 and different > 0.8 * len(answers)
    if different > MOST_LEVELS or unique or sight(column.name, answers):
        return f"{different:,} different"
    return listed(values.astype("category").cat.categories, quote=False) or "–"
