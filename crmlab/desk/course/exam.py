"""An exam: the instructor's own questions, or known exercises again, on data and in versions drawn with the secret."""

import io
import runpy
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import pandas as pd

from crmlab.desk import lessons
from crmlab.desk.course.lines import opened, reads, world
from crmlab.desk.exercises import exercise, watermark
from crmlab.desk.exercises.books import Book, all_filled, book, normal
from crmlab.desk.exercises.exercise import Posed, Words
from crmlab.frame import stats
from crmlab.frame.errors import CrmlabError, listed, unknown
from crmlab.measures import tables
from crmlab.sources.opening import open_table

WORDS = {one.name for one in fields(Words)}


@dataclass(frozen=True, eq=False)
class Exam(Book):
    """A book whose exercises come from several lessons, or from the instructor's own exam.py.

    ``source`` says of each question which lesson's table it is about. A question in words has no function, and a
    person reads it.
    """

    source: dict[str, str] = field(default_factory=dict)
    secret: str = ""

    @property
    def lessons(self) -> list[str]:
        """The lessons whose tables are asked about, each table once."""
        by_table = {reads(one): one for one in reversed(self.source.values())}
        return list(reversed(by_table.values()))

    def tables(self, seed: int) -> dict[str, pd.DataFrame]:
        """The personal tables with their watermark, as they come back from the csv files that are handed out."""
        return {one: _from_file(watermark.marked(opened(one, data=world(one), seed=seed)[0])) for one in self.lessons}

    def posed(self, name: str, d: Mapping[str, Any], student: str) -> Posed:
        """The question in a version that nobody without the secret can foretell, and that practice never asks."""
        chance = stats.rng(0, self.lesson, name, normal(student), self.secret)
        return exercise.pose(self.functions[name], self.words[name], d[name], chance, exam=True)

    def separated(self, d: Mapping[str, Any], student: str) -> bool:
        """Whether every question can be asked, and none confuses a mistake with the truth."""
        return len(self.asked(d, student)) == len(self.functions) and super().separated(d, student)


def _desks(source: Mapping[str, str], desks: Mapping[str, type]) -> Callable:
    """What the exercises look at, by question: a desk for each table that is asked about, made once."""
    def of(table: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
        read = {reads(one): frame for one, frame in tables.items()}
        named = {name: reads(one) for name, one in source.items()}
        made = {pair: pair[0](read[pair[1]]) for pair in {(desks[name], named[name]) for name in source}}
        return {name: made[desks[name], named[name]] for name in source}
    return of


def read(name: str, path: Path, secret: str) -> Exam:
    """The exam in a toml file, with the functions of exam.py beside it where a question is the instructor's own.

    Raises CrmlabError for a question that is like none, and for a key that does not exist.
    """
    try:
        said = tomllib.loads(path.read_text("utf-8-sig"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as why:
        raise CrmlabError(f"The exam '{path.name}' cannot be read.", f"Reading stopped with: {why}.",
                          "It is a toml file beside course.toml, with a part for each question.") from None
    own = path.with_suffix(".py")
    module = runpy.run_path(str(own)) if own.is_file() else {}
    mine = {one.name: one for one in module.get("EXERCISES", [])}
    words, source, functions, desks = {}, {}, {}, {}
    for question, told in said.items():
        words[question], like = _question(question, told, path.name)
        if words[question].get("kind") == "text":
            continue
        lesson, _, twin = like.partition(".")
        source[question] = lesson
        functions[question] = book(lesson).functions[twin] if twin else _mine(question, mine, own)
        desks[question] = book(lesson).desk if twin else module.get("Desk", _as_it_is)
    if not source:
        raise CrmlabError(f"The exam '{path.name}' asks about no data.", f"Its questions are {listed(said) or 'none'}.",
                          'Give at least one that is like = "loyalty.pearson".')
    return Exam(name, words, _desks(source, desks), functions, None, source=source, secret=secret)


def _question(name: str, told: Any, file: str) -> tuple[dict, str]:
    """The words of a question: those of the exercise it is like, and what is said otherwise."""
    if not isinstance(told, dict):
        raise CrmlabError(f"'{name}' in '{file}' is no question.", f"Found {told!r}.",
                          f'Write [{name}], and like = "loyalty.pearson" below it.')
    for key in told:
        if key not in WORDS | {"like"}:
            raise unknown("key", key, f"The question '{name}'", sorted(WORDS | {"like"}))
    like = told.get("like", "")
    lesson, _, twin = like.partition(".")
    found = book(lesson) if like else None
    known = [f"{one}.{each}" for one in _taught() for each in book(one).functions]
    if like and like not in [*known, *_taught()] or not like and told.get("kind") != "text":
        raise unknown("exercise", like, f"For the question '{name}' crmlab", known)
    if twin:
        all_filled(told, found.said[twin], f"The question '{name}'")
    words = {"goal": "", "hints": [], **(found.said[twin] if twin else {}), **told}
    words.pop("like", None)
    if "question" not in words:
        raise CrmlabError(f"The question '{name}' of '{file}' asks nothing.", "It has no words of its own.",
                          'Write question = "…".')
    return words, like


def _as_it_is(table: pd.DataFrame) -> pd.DataFrame:
    return table


def _taught() -> list[str]:
    return [one.word for one in lessons.every() if book(one.word)]


def _mine(name: str, mine: dict, own: Path):
    if name not in mine:
        raise CrmlabError(f"The question '{name}' has no function.",
                          f"'{own.name}' has {listed(mine) or 'none'}" + ("." if own.is_file() else
                                                                          ", and is not there."),
                          f"Write Exercise(\"{name}\", right=…) into EXERCISES there, or say what it is like.")
    return mine[name]


# ---- personal data as a file ------------------------------------------------------------------------------


def written(table: pd.DataFrame) -> str:
    """The table as the csv that is handed out."""
    return table.to_csv(index=False, lineterminator="\n")


def scale(table: pd.DataFrame) -> str | None:
    """The range of the answers, as open_table is told it with the csv; None where nothing was asked."""
    known = tables.provenance(table)["constructs"]
    ranges = {name: f"{one['low']:g}-{one['high']:g}" for name, one in known.items()}
    if len(set(ranges.values())) > 1:
        return ",".join(f"{name}={one}" for name, one in ranges.items())
    return next(iter(ranges.values()), None)


def _from_file(table: pd.DataFrame) -> pd.DataFrame:
    rows = pd.read_csv(io.StringIO(written(table)), dtype=str, keep_default_na=False)
    return open_table(tables.provenance(table)["table"], rows, scale=scale(table))
