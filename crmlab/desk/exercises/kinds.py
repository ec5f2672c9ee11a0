"""Kinds of answers: how one is read, how it is compared, and when two values can be told apart."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from crmlab.frame.errors import counted, did_you_mean, listed
from crmlab.frame.result import Result

APART = 10  # values of an exercise stand at least this many tolerances apart


class Unreadable(Exception):
    """An answer of the wrong kind; the message says what to write instead."""


def is_open(answer: Any) -> bool:
    """Whether dots still stand where the answer goes.

    >>> is_open(...), is_open([0.1, ...]), is_open(0)
    (True, True, False)
    """
    if answer is ... or answer is None:
        return True
    parts = answer.values() if isinstance(answer, Mapping) else answer if isinstance(answer, list | tuple) else ()
    return any(part is ... for part in parts)


# ---- numbers: one, several, a table of them ---------------------------------------------------------------


class Numbers:
    """One number, a vector or a table; the truth has the shape that is asked for."""

    def __init__(self, decimals: int, tolerance: float | None = None, unit: str = ""):
        self.decimals, self.unit = decimals, unit
        self.tolerance = (0.5 * 10.0**-decimals if tolerance is None else tolerance) * (1 + 1e-9) + 1e-12

    def canon(self, truth) -> pd.Series:
        if isinstance(truth, pd.DataFrame):
            return truth.astype(float).stack()
        if isinstance(truth, pd.Series):
            return truth.astype(float)
        return pd.Series(np.atleast_1d(np.asarray(truth, float)))

    def read(self, answer, truth: pd.Series) -> np.ndarray:
        named = None if isinstance(truth.index, pd.RangeIndex) else truth.index
        values = _one(answer) if len(truth) == 1 else _many(answer, named, len(truth))
        if not np.isfinite(values).all():
            what = "infinite" if np.isinf(values).any() else "not a number (NaN)"
            raise Unreadable(f"That is {what}. Somewhere a value was missing, or something was divided by 0.")
        return values

    def hits(self, value: np.ndarray, other: pd.Series) -> np.ndarray:
        return np.abs(value - other.to_numpy(float)) <= self.tolerance

    def apart(self, one: pd.Series, other: pd.Series) -> bool:
        return bool(np.max(np.abs(one.to_numpy(float) - other.to_numpy(float))) >= APART * self.tolerance)

    def nearly(self, value: np.ndarray, truth: pd.Series) -> str:
        """Why an answer is right only to fewer decimals than asked, or nothing."""
        goal = truth.to_numpy(float)
        for places in range(self.decimals - 1, -1, -1):
            fewer = (np.round(value, places) == value) & (np.abs(value - goal) <= 0.5 * 10.0**-places + 1e-9)
            if np.all((fewer & (np.abs(goal) * 10.0**places >= 1)) | self.hits(value, truth)):
                return (f"Right to fewer decimals than asked. {_decimals(self.decimals)}, please: others will "
                        "calculate with it.")
        step = 10.0**-self.decimals
        cut = np.trunc(goal / step) * step
        if self.decimals and np.all(np.isclose(value, cut, rtol=0, atol=step * 1e-6) | self.hits(value, truth)):
            return "Right, but cut off after the last digit. Round it: look at the digit that follows."
        return ""

    def mistakable(self, other: pd.Series, truth: pd.Series) -> bool:
        """Whether another value, as it would be typed, is the truth to fewer decimals than asked."""
        return bool(self.nearly(np.round(other.to_numpy(float), self.decimals), truth))

    def rescaled(self, value: np.ndarray) -> tuple[str, np.ndarray] | None:
        """The answer as it would read in the other of the two units people mix up."""
        if self.unit == "%" and np.all(np.abs(value) <= 1):
            return "That is a share. Give it in per cent: times 100.", value * 100
        if not self.unit and np.any(np.abs(value) > 1):
            return "Did you multiply by 100? It is asked as a plain number, not in per cent.", value / 100
        return None


def _decimals(count: int) -> str:
    words = ("No", "One", "Two", "Three", "Four")
    return f"{words[count]} decimal{'' if count == 1 else 's'}"


def _one(answer) -> np.ndarray:
    """A single finite number, from whatever holds exactly one."""
    _refuse(answer)
    shape = np.shape(answer)
    if math.prod(shape) == 1 and shape:
        answer = np.asarray(answer, dtype=object).reshape(-1)[0]
        _refuse(answer)
        shape = ()
    if hasattr(answer, "statistic") and hasattr(answer, "pvalue"):
        raise Unreadable("That holds a number and its p value. Take the number alone: add [0].")
    if len(shape) == 1 and shape[0] > 1:
        _commas(list(answer))
    if shape:
        size = " × ".join(str(side) for side in shape)
        what = f"{counted(shape[0], 'value')}" if len(shape) == 1 else f"a table of {size}"
        raise Unreadable(f"One number is asked, and that is {what}. Which of them answers the question?")
    return np.array([_float(answer)])


def _commas(parts: list) -> None:
    """Refuse what Python makes of a decimal comma, or of one between thousands."""
    whole = [type(part) is int or isinstance(part, np.integer) for part in parts]
    written = ",".join(map(str, parts))
    groups = all(whole[:-1]) and parts[0] != 0 and all(100 <= abs(part) < 1000 for part in parts[1:])
    plain = "".join(map(str, parts))
    if all(whole) and len(parts) == 2 and parts[1] >= 0:
        thousands = f" If the comma marks thousands, write `{plain}`." if groups else ""
        raise Unreadable(f"Python reads `{written}` as two numbers, {parts[0]} and {parts[1]}. Write `{parts[0]}.{parts[1]}`."
                         f"{thousands}")
    if groups and len(parts) < 5:
        raise Unreadable(f"Python reads `{written}` as {len(parts)} numbers. Write `{plain}`, without a mark between the "
                         "thousands.")
    if all(whole) and len(parts) == 4 and parts[0] == 0:
        raise Unreadable("Python reads a comma as the end of a number. Write decimals with a point, as in `0.5`. One number "
                         "is asked.")


def _many(answer, labels, count: int) -> np.ndarray:
    """As many numbers as asked, put in order by their labels where they carry the ones asked for."""
    _refuse(answer)
    if isinstance(answer, Mapping):
        answer = pd.Series(dict(answer))
    if isinstance(answer, pd.DataFrame):
        answer = answer.iloc[:, 0] if answer.shape[1] == 1 else answer.stack()
    labelled = isinstance(answer, pd.Series) and labels is not None and answer.index.is_unique
    if labelled and set(answer.index) == set(labels):
        answer = answer.loc[list(labels)]
    flat = np.asarray(answer, dtype=object).reshape(-1)
    if count < len(flat) <= 2 * count and _whole(flat) and 0 in flat[::2]:
        raise Unreadable("Python reads a comma as the end of a number. Write decimals with a point, as in `0.5`.")
    if len(flat) != count:
        known = labels is not None and not isinstance(labels, pd.MultiIndex)
        asked = f" ({listed(labels, 12, quote=False)})" if known else ""
        raise Unreadable(f"{count} numbers are asked{asked}, and that is {counted(len(flat), 'value')}.")
    for part in flat:
        _refuse(part)
    return np.array([_float(part) for part in flat])


def _whole(parts) -> bool:
    return all(isinstance(part, int | np.integer) and not isinstance(part, bool) and part >= 0 for part in parts)


def _refuse(answer) -> None:
    if isinstance(answer, str):
        point = answer.strip().replace(",", ".")
        try:
            float(point)
        except ValueError:
            raise Unreadable("That is text. A number is asked, without quotation marks.") from None
        raise Unreadable(f"That is text. Write `{point}`: no quotation marks, and a point for the decimals.")
    if isinstance(answer, Result):
        raise Unreadable("That is a whole result. Give the number in it; `result.table` shows where it stands.")
    if isinstance(answer, bool | np.bool_):
        raise Unreadable(f"That is {bool(answer)}, the answer to a comparison. A number is asked.")
    if callable(answer):
        raise Unreadable("That is a function which has not been called. Add brackets: `()`.")


def _float(answer) -> float:
    try:
        return float(answer)
    except (TypeError, ValueError, OverflowError):
        raise Unreadable(f"That is of the kind '{type(answer).__name__}'. A number is asked.") from None


# ---- words: a choice, classes of given cases, an ordering -------------------------------------------------


class Labels:
    """One of several words (a choice), or a word for each of the given cases."""

    def __init__(self, allowed: list[str], also: Mapping[str, str] | None = None):
        self.allowed = list(allowed)
        self._known = {word.casefold(): word for word in allowed}
        self._known |= {other.casefold(): word for other, word in (also or {}).items()}

    def canon(self, truth) -> list[str]:
        return [truth] if isinstance(truth, str) else list(truth)

    def read(self, answer, truth: list[str]) -> list[str]:
        given = [answer] if isinstance(answer, str) else answer
        if isinstance(given, Mapping):
            given = list(given.values())
        if isinstance(given, pd.Series | np.ndarray | tuple):
            given = list(np.asarray(given, dtype=object).reshape(-1))
        if not isinstance(given, list):
            raise Unreadable(f"{'One word is' if len(truth) == 1 else 'Words are'} asked: "
                             f"{listed(self.allowed, 12)}.")
        if len(given) != len(truth):
            raise Unreadable(f"{counted(len(truth), 'answer')} {'is' if len(truth) == 1 else 'are'} asked, and that is "
                             f"{len(given)}.")
        return [self._word(part) for part in given]

    def _word(self, part) -> str:
        word = str(part).strip().casefold()
        if word not in self._known:
            near = did_you_mean(word, self.allowed) if isinstance(part, str) else ""
            raise Unreadable(f"'{part}' is none of the answers. They are {listed(self.allowed, 12)}. {near}".strip())
        return self._known[word]

    def hits(self, value: list[str], other: list[str]) -> np.ndarray:
        return np.array([a == b for a, b in zip(value, other, strict=True)])

    def apart(self, one: list[str], other: list[str]) -> bool:
        return one != other

    def nearly(self, value, truth) -> str:
        return ""

    def mistakable(self, other, truth) -> bool:
        return False

    def rescaled(self, value) -> None:
        return None


class Order(Labels):
    """An ordering of words; the truth is a size for each, the largest first; equal sizes stand in any order."""

    def __init__(self, tolerance: float):
        self.tolerance = tolerance

    def canon(self, truth) -> pd.Series:
        return pd.Series(dict(truth), dtype=float).sort_values(ascending=False, kind="stable")

    def read(self, answer, truth: pd.Series) -> list[str]:
        reader = Labels(sorted(truth.index))
        words = reader.read(list(answer) if not isinstance(answer, str) else answer, [""] * len(truth))
        twice = next((word for word in words if words.count(word) > 1), None)
        if twice:
            raise Unreadable(f"'{twice}' stands there twice. Name each once: {listed(reader.allowed, 12)}.")
        return words

    def hits(self, value: list[str], other: pd.Series) -> np.ndarray:
        return np.abs(other.loc[value].to_numpy() - other.to_numpy()) <= self.tolerance

    def apart(self, one: pd.Series, other: pd.Series) -> bool:
        """Two orders differ, and neither hangs on sizes that all but agree."""
        clear = all(np.all(-np.diff(sizes.to_numpy()) >= APART * self.tolerance) for sizes in (one, other))
        return clear and list(one.index) != list(other.index)
