"""A lesson's exercises: what its toml file says, and the functions beside it."""

import re
import tomllib
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pandas as pd

from crmlab.desk.exercises import exercise, summary
from crmlab.desk.exercises.exercise import MOST_VERSIONS, Exercise, Posed, Words
from crmlab.desk.exercises.summary import Summary
from crmlab.frame import stats
from crmlab.frame.errors import CrmlabError, listed

HERE = Path(__file__).parent
BRACES = re.compile(r"\{(\w+)\}")


class Unasked(CrmlabError):
    """A question whose function stopped: not for want of data, and so never left out without a word."""


@dataclass(frozen=True, eq=False)
class Book:
    """The exercises of one lesson, in the order of its toml file."""

    lesson: str
    said: dict
    desk: type
    functions: dict[str, Exercise]
    facts: Callable | None
    guessed: dict[str, Callable] = field(default_factory=dict, kw_only=True)  # the numbers that `lab.predict` asks for, by name

    @cached_property
    def _kept(self) -> list:
        return []

    @cached_property
    def words(self) -> dict[str, Words]:
        """By name: everything a teacher may change."""
        return {name: Words(**one) for name, one in self.said.items() if name not in ("review", "terms")}

    @property
    def terms(self) -> dict[str, str]:
        return self.said.get("terms", {})

    def ids(self) -> list[str]:
        """What a student can be asked; the number of a decision belongs to the decision."""
        names = [name for name in self.said if name != "terms" and not name.endswith("_number")]
        return [f"{self.lesson}.{name}" for name in names]

    def worth(self, exercise: str) -> int:
        """The points of an exercise; the number of a decision counts with it."""
        name = exercise.partition(".")[2]
        return sum(self.said[part].get("points", 1) for part in (name, f"{name}_number") if part in self.said)

    def reworded(self, changed: dict[str, dict]) -> "Book":
        """The book with other words and points, by exercise id; of a mistake only what is said."""
        said = dict(self.said)
        for name, new in ((one.partition(".")[2], new) for one, new in changed.items()):
            told = {one: {**said[name]["mistakes"][one], "says": says} for one, says in new.get("mistakes", {}).items()}
            told = {"mistakes": said[name]["mistakes"] | told} if told else {}
            said[name] = {**said[name], **new, **told}
        return replace(self, said=said)

    def posed(self, name: str, d: Any, student: str) -> Posed:
        """The exercise in this student's version."""
        return exercise.pose(self.functions[name], self.words[name], d, self._chance(name, student))

    def summary(self, d: Any, student: str) -> Summary:
        """The management summary with this student's numbers."""
        return summary.compose(self.said["review"], self.facts(d), self._chance("review", student))

    def _chance(self, name: str, student: str):
        return stats.rng(0, self.lesson, name, normal(student))

    def asked(self, d: Any, student: str) -> dict[str, Posed]:
        """By name: the exercises that these data allow, in this student's version.

        Kept until another desk is asked about: a draw, its truth and its copy ask the same, one after the other.
        """
        if not self._kept or self._kept[0] is not d or self._kept[1] != student:
            found = {}
            for name in self.functions:
                try:
                    found[name] = self.posed(name, d, student)
                except Unasked:
                    raise
                except CrmlabError:
                    continue
            self._kept[:] = d, student, found
        return self._kept[2]

    def separated(self, d: Any, student: str) -> bool:
        """Whether in every exercise that can be asked the truth and all known mistakes stand ten tolerances apart."""
        return all(posed.separated for posed in self.asked(d, student).values())

    def settled(self, desk: Callable[[int], Any], student: str = "") -> int:
        """The first attempt (0, 1, …) at whose desk no known mistake looks like the truth.

        The rule is public, and at most twenty are tried. Raises CrmlabError where none of them will do.
        """
        for attempt in range(MOST_VERSIONS):
            if self.separated(desk(attempt), student):
                return attempt
        raise CrmlabError(f"No draw for '{student}' keeps the mistakes of '{self.lesson}' apart.",
                          f"{MOST_VERSIONS} were tried.", "Give more customers, or other parts of the truth.")


def normal(student: str | None) -> str:
    """A student's name as it enters chance: in one spelling (NFKC), without blanks around it, in small letters."""
    return normalize("NFKC", normalize("NFKC", str(student or "")).casefold()).strip()


def book(lesson: str) -> Book | None:
    """The exercises of a lesson, or None where it has none."""
    found = _read(lesson)
    return found and replace(found, said=deepcopy(found.said))


@lru_cache
def _read(lesson: str) -> Book | None:
    """The book as its files have it, read once: a course asks for all of them often."""
    path = HERE / f"{lesson}.toml"
    if not path.is_file():
        return None
    module = import_module(f"crmlab.desk.exercises.{lesson}")
    functions = {one.name: one for one in module.EXERCISES}
    return Book(lesson, tomllib.loads(path.read_text("utf-8")), module.Desk, functions, getattr(module, "facts", None),
                guessed=getattr(module, "GUESSED", {}))


def settled(lesson: str, draw: Callable[[int], pd.DataFrame], student: str = "", **choices) -> tuple[int, pd.DataFrame]:
    """The first personal draw in which no known mistake looks like the truth: attempt and table.

    ``draw`` gives the table of an attempt (0, 1, …). Raises CrmlabError where none of twenty will do.
    """
    found, tables = book(lesson), {}

    def desk(attempt: int) -> Any:
        tables[attempt] = draw(attempt)
        return found.desk(tables[attempt], **choices)

    attempt = found.settled(desk, student)
    return attempt, tables[attempt]


def all_filled(changed: dict, said: dict, where: str) -> None:
    """Raises CrmlabError where a reworded text names in braces what the exercise does not fill in.

    A solution is code and may have braces of its own.
    """
    there = {name for text in _texts(said) for name in BRACES.findall(text)}
    for text in _texts({key: part for key, part in changed.items() if key != "solution"}):
        for name in BRACES.findall(text):
            if name not in there:
                known = [f"{{{one}}}" for one in sorted(there)]
                raise CrmlabError(f"{where} has '{{{name}}}', and nothing stands for it.", f"Found {text!r}.",
                                  f"Its names in braces are {listed(known, quote=False)}." if known else
                                  "It has no names in braces. Write the words themselves.")


def _texts(said: Any) -> list[str]:
    """Every text in a table of texts, lists and tables."""
    if isinstance(said, str):
        return [said]
    parts = said.values() if isinstance(said, dict) else said if isinstance(said, list) else ()
    return [text for part in parts for text in _texts(part)]
