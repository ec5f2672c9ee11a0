"""An exercise: what is right and what is a known mistake, as functions of the student's own data."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from itertools import combinations, islice
from typing import Any

import numpy as np
import pandas as pd

from crmlab.desk.exercises.kinds import Labels, Numbers, Order, Unreadable, is_open
from crmlab.desk.exercises.reply import OUTCOMES, Reply
from crmlab.frame.errors import CrmlabError, listed

DECISION = ("choice", "number", "because", "would_change_if")
FOR_EXAMS, SALT = "40000000", 2727  # checksums up to a quarter; a salt with which the lessons print what they printed
MOST_VERSIONS = 20  # of a personal version, and of a personal world: so many are tried, no more


@dataclass(frozen=True, eq=False)
class Exercise:
    """Functions of the data ``d``, and of the personal version they are asked for (its fields as arguments).

    ``versions`` gives the versions in the order in which they are tried, ``shows`` the cases to judge, ``also``
    another value that is right where the data have one (weighted customers).
    """

    name: str
    right: Callable
    wrong: Mapping[str, Callable] = field(default_factory=dict)
    versions: Callable[[Any, np.random.Generator], Iterable[dict]] = lambda d, chance: [{}]
    shows: Callable | None = None
    also: Callable = lambda d, **version: None


@dataclass(frozen=True, eq=False)
class Words:
    """What the toml file says about an exercise."""

    goal: str
    question: str
    hints: list[str]
    solution: str = ""
    kind: str = "number"
    points: int = 1
    decimals: int = 2
    tolerance: float | None = None
    unit: str = ""
    see: str = ""
    otherwise: str = ""
    needs: str = "No version of it can be asked."
    options: dict = field(default_factory=dict)
    also: dict = field(default_factory=dict)
    mistakes: dict = field(default_factory=dict)
    most_words: int = 0

    def reader(self) -> Numbers | Labels | Order:
        if self.kind in ("number", "numbers"):
            return Numbers(self.decimals, self.tolerance, self.unit)
        if self.kind == "order":
            return Order(Numbers(self.decimals, self.tolerance).tolerance)
        return Labels(list(self.options), self.also)

    def fault(self, **texts: Any) -> str:
        """What is wrong with the form of an answer in words, or nothing."""
        for name, text in texts.items():
            if not isinstance(text, str) or not text.strip():
                return f"'{name}' is a sentence in quotation marks."
            if self.most_words and len(text.split()) > self.most_words:
                return (f"'{name}' has {len(text.split())} words, and {self.most_words} are enough. As it is it earns "
                        "nothing; what can go, and what is the point?")
        return ""


@dataclass(frozen=True, eq=False)
class Posed:
    """An exercise as it is put to one student: a version, its truth, and its known mistakes."""

    words: Words
    version: dict
    truth: Any
    mistakes: dict
    shows: pd.DataFrame | None = None
    also: Any = None

    @property
    def separated(self) -> bool:
        """Whether the truth and all mistakes stand ten tolerances apart, and no mistake reads as the truth rounded."""
        kind = self.words.reader()
        return all(kind.apart(one, other) for one, other in combinations([self.truth, *self.mistakes.values()], 2)) and (
            not any(kind.mistakable(mistake, self.truth) for mistake in self.mistakes.values()))

    @property
    def question(self) -> str:
        options = "".join(f"\n`{key}`: {text}" for key, text in self.words.options.items() if text)
        return self.filled(self.words.question) + options

    def filled(self, text: str) -> str:
        """The text with the version's own names and numbers in its braces; other braces stay."""
        return re.sub(r"\{(\w+)\}", lambda m: str(self.version.get(m[1], m[0])), text)

    def judge(self, answer: Any) -> Reply:
        """The outcome of an answer, with words that never hold the value that was asked for."""
        kind = self.words.reader()
        if is_open(answer):
            return Reply("todo")
        try:
            value = kind.read(answer, self.truth)
        except Unreadable as why:
            return Reply("kind", str(why))
        hits = kind.hits(value, self.truth)
        twins = [name for name, mistake in self.mistakes.items() if kind.hits(value, mistake).all()]
        if hits.all() or (self.also is not None and kind.hits(value, self.also).all()):
            return Reply("right", self._alike(twins))
        nearly = kind.nearly(value, self.truth)
        if nearly:
            return Reply("close", nearly)
        if twins:
            return Reply(f"wrong:{twins[0]}", " ".join([self._says(twins[0]), *self._either(twins)]))
        return self._rescaled(kind, value) or self._partly(kind, value, hits)

    def _rescaled(self, kind, value) -> Reply | None:
        """A right answer, or a known mistake, in the unit that people mix up with the one asked for."""
        again = kind.rescaled(value)
        if not again:
            return None
        advice, value = again
        if kind.hits(value, self.truth).all():
            return Reply("wrong:unit", advice)
        twin = next((name for name, other in self.mistakes.items() if kind.hits(value, other).all()), None)
        return Reply(f"wrong:{twin}", f"{self._says(twin)} {advice}") if twin else None

    def _partly(self, kind, value, hits: np.ndarray) -> Reply:
        right, count = int(hits.sum()), len(hits)
        score = f"{right} of {count} are right. " if count > 1 else ""
        like = [name for name, other in self.mistakes.items() if right and (hits | kind.hits(value, other)).all()]
        if like:
            return Reply(f"wrong:{like[0]}", f"{score}The others: {self._says(like[0])}")
        return Reply("wrong", f"{score}{self.filled(self.words.otherwise)}".strip())

    def _says(self, mistake: str) -> str:
        told = self.words.mistakes.get(mistake)
        return self.filled(told.get("says", "")) if told else ""

    def _called(self, mistakes: list[str]) -> str:
        known = [self.words.mistakes.get(name, {}).get("name", name) for name in mistakes]
        return listed(map(self.filled, known), quote=False)

    def _alike(self, twins: list[str]) -> str:
        if not twins:
            return ""
        return f"Your data cannot tell this apart from a mistake: {self._called(twins)} would give the same."

    def _either(self, twins: list[str]) -> list[str]:
        if len(twins) < 2:
            return []
        return [f"Or it is {self._called(twins[1:])}: your data cannot tell these apart."]


def decided(answer: Any, choice: Posed, number: Posed) -> tuple[Reply, int]:
    """The outcome of a decision, and how many of its two parts that a rule can judge are right."""
    given = dict.fromkeys(DECISION) | (answer if isinstance(answer, dict) else {})
    still = [key for key in DECISION if is_open(given[key])]
    if still:
        return Reply("todo", f"Still open: {listed(still, quote=False)}."), 0
    fault = choice.words.fault(**{key: given[key] for key in DECISION[2:]})
    if fault:
        return Reply("kind", fault), 0
    parts = {"choice": choice.judge(given["choice"]), "number": number.judge(given["number"])}
    said = "\n".join(f"{part.capitalize()}: {' '.join(OUTCOMES[one.outcome])} {one.says}".strip()
                     for part, one in parts.items())
    wrong = next((one for one in parts.values() if one.code != "right"), None)
    return (Reply(wrong.code if wrong else "right", f"{said}\nWords: noted; a person reads them."),
            sum(one.code == "right" for one in parts.values()))


def form(words: Words, posed: Posed | None) -> dict[str, Any]:
    """What an answer must look like to be read; nothing in it says what is right. See :func:`misread`."""
    if posed is None:
        return {"kind": words.kind} | ({"most": words.most_words} if words.most_words else {})
    names = [*words.options, *words.also]
    if isinstance(posed.truth, pd.Series) and all(isinstance(name, str) for name in posed.truth.index):
        names = sorted(posed.truth.index)
    many = {"count": len(posed.truth)} if len(posed.truth) > 1 else {}
    return {"kind": words.kind} | many | ({"names": names} if names else {})


def misread(answer: Any, kind: str = "", count: int = 1, names: Iterable[str] = (), most: int = 0) -> str:
    """What is wrong with the form of an answer, or nothing, by the same readers that judge it.

    >>> misread("0,5", "number")
    'That is text. Write `0.5`: no quotation marks, and a point for the decimals.'
    """
    names = list(names)
    words = Words("", "", [], kind=kind, options=dict.fromkeys(names), most_words=most)
    if kind in ("", "text"):
        return words.fault(text=answer) if kind else ""
    shape = [""] * count if kind not in ("number", "numbers", "order") else pd.Series(
        0.0, index=names if len(names) == count else range(count))
    try:
        words.reader().read(answer, shape)
    except Unreadable as why:
        return str(why)
    return ""


def shuffled(options: Iterable, chance: np.random.Generator) -> list:
    """The options in an order of chance."""
    options = list(options)
    return [options[place] for place in chance.permutation(len(options))]


def pose(exercise: Exercise, words: Words, d: Any, chance: np.random.Generator, exam: bool = False) -> Posed:
    """The personal version: the first of at most twenty whose truth and mistakes stand apart, or else the first.

    An exam and practice never draw the same version, where there are two. Raises CrmlabError where the data do not have
    what the exercise needs.
    """
    chosen = None
    for version in islice(_kept(exercise.versions(d, chance), exam), MOST_VERSIONS):
        posed = _posed(exercise, words, d, version)
        chosen = chosen or posed
        if posed and posed.separated:
            chosen = posed
            break
    if chosen is None:
        raise CrmlabError("These data do not have what the exercise needs.", words.needs, "Leave it out.")
    return replace(chosen, shows=exercise.shows(d, **chosen.version)) if exercise.shows else chosen


def _kept(versions: Iterable[dict], exam: bool) -> Iterator[dict]:
    """The versions that are kept for exams, or the others: about a quarter by a checksum, at least one of a list.

    Where there are none of the one kind, all.
    """
    line, left, some = FOR_EXAMS, [], False
    if isinstance(versions, list):
        known = sorted({_checksum(one) for one in versions})
        line = min(max(line, known[0]), known[-2]) if len(known) > 1 else line
    for one in islice(versions, 3 * MOST_VERSIONS):
        if (_checksum(one) <= line) == exam:
            some = True
            yield one
        else:
            left.append(one)
    yield from [] if some else left


def _checksum(version: dict) -> str:
    return sha256(f"{SALT} {_spelled(sorted(version.items()))}".encode()).hexdigest()[:8]


def _spelled(value: Any) -> str:
    """A version in words that no processor and no numpy changes."""
    if isinstance(value, list | tuple):
        return " ".join(map(_spelled, value))
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _posed(exercise: Exercise, words: Words, d: Any, version: dict) -> Posed | None:
    """One version with its values; None where the truth cannot be computed, and without mistakes that cannot."""
    kind = words.reader()
    with np.errstate(all="ignore"):
        truth = exercise.right(d, **version)
        if truth is None or not _finite(kind.canon(truth)):
            return None
        mistakes = {name: function(d, **version) for name, function in exercise.wrong.items()}
    if words.kind == "choice":  # every other option is a mistake with a message of its own
        mistakes |= {option: option for option in words.options if option != truth}
    known = {name: kind.canon(value) for name, value in mistakes.items() if value is not None}
    other = exercise.also(d, **version)
    return Posed(words, version, kind.canon(truth), {n: v for n, v in known.items() if _finite(v)},
                 also=None if other is None else kind.canon(other))


def _finite(value) -> bool:
    return not isinstance(value, pd.Series) or bool(np.isfinite(value.to_numpy(float)).all())
