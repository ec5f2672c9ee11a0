"""An exam: the instructor's own questions, or known exercises again, on data and in versions drawn with the secret."""

import io
import re
import runpy
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from crmlab.desk import lessons
from crmlab.desk.course import declared
from crmlab.desk.course.lines import opened, reads, world
from crmlab.desk.exercises import exercise, watermark
from crmlab.desk.exercises.books import Book, Unasked, all_filled, book, normal
from crmlab.desk.exercises.exercise import Exercise, Posed
from crmlab.frame import stats
from crmlab.frame.errors import CrmlabError, listed, unknown
from crmlab.measures import tables
from crmlab.sources.opening import open_table

KINDS = ("number", "numbers", "order", "choice", "classes", "text")
QUESTION = {"like": str, "kind": str, "goal": str, "question": str, "hints": list, "solution": str, "points": declared.NUMBER,
            "decimals": int, "tolerance": declared.NUMBER, "unit": str, "see": str, "otherwise": str, "needs": str,
            "options": dict, "also": dict, "mistakes": dict, "most_words": int}


@dataclass(frozen=True, eq=False)
class Exam(Book):
    """A book whose exercises come from several lessons, or from the instructor's own exam.py.

    ``source`` says of each question which lesson's table it is about. A question in words has no function, and a
    person reads it.
    """

    source: dict[str, str] = field(default_factory=dict)
    secret: str = ""
    own: frozenset[str] = frozenset()  # the questions whose function is the instructor's

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
        try:
            return exercise.pose(self.functions[name], self.words[name], d[name], chance, exam=True)
        except Exception as why:
            if name not in self.own:
                raise
            found = "it gave nothing that can be read" if isinstance(why, CrmlabError) else f"{type(why).__name__}: {why}"
            raise Unasked(f"The question '{name}' cannot be asked: its function stopped.", f"On the data of '{student}', {found}.",
                          "Try it on the table of a student; it takes the table, and returns the right answer.") from None

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
    said, own = declared.read(path, f"The exam '{path.name}'"), path.with_suffix(".py")
    module = _module(own) if own.is_file() else {}
    mine = {one.name: one for one in module.get("EXERCISES", [])}
    words, source, functions, desks = {}, {}, {}, {}
    for question, told in said.items():
        words[question], like = _question(question, told, path.name)
        if words[question].get("kind") == "text":
            continue
        lesson, _, twin = like.partition(".")
        source[question] = lesson
        functions[question] = book(lesson).functions[twin] if twin else _mine(question, mine, own)
        told = words[question].setdefault("mistakes", {})
        told |= {one: {"name": one, "says": ""} for one in functions[question].wrong if one not in told}
        desks[question] = book(lesson).desk if twin else module.get("Desk", _as_it_is)
    if not source:
        raise CrmlabError(f"The exam '{path.name}' asks about no data.", f"Its questions are {listed(said) or 'none'}.",
                          'Give at least one that is like = "loyalty.pearson".')
    return Exam(name, words, _desks(source, desks), functions, None, source=source, secret=secret,
                own=frozenset(functions) & frozenset(mine))


def _module(path: Path) -> dict:
    """What exam.py gives its names to; it is the instructor's own program, and may stop anywhere."""
    try:
        module = runpy.run_path(str(path))
    except (Exception, SystemExit) as why:
        line = next((frame.lineno for frame in reversed(traceback.extract_tb(why.__traceback__))
                     if frame.filename == str(path)), getattr(why, "lineno", None))
        raise CrmlabError(f"'{path.name}' stopped before it had given its exercises.",
                          f"{type(why).__name__}{f' in line {line}' if line else ''}: {why}.",
                          f"Mend it until 'python {path.name}' says nothing.") from None
    given = module.get("EXERCISES", [])
    odd = [one for one in given if not isinstance(one, Exercise)] if isinstance(given, list | tuple) else [given]
    if odd:
        raise CrmlabError(f"EXERCISES in '{path.name}' is no list of exercises.", f"Found {odd[0]!r}.",
                          'Write EXERCISES = [Exercise("top", right=top_share)].')
    return module


def _question(name: str, told: Any, file: str) -> tuple[dict, str]:
    """The words of a question: those of the exercise it is like, and what is said otherwise."""
    if not isinstance(told, dict):
        raise CrmlabError(f"'{name}' in '{file}' is no question.", f"Found {told!r}.",
                          f'Write [{name}], and like = "loyalty.pearson" below it.')
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,39}", name) or name in ("terms", "review") or name.endswith("_number"):
        raise CrmlabError(f"A question of '{file}' has a name that cannot be used.", f"Found '{name}'.",
                          "Take up to 40 letters, figures and hyphens; not 'review', 'terms' or an end in '_number'.")
    told = declared.typed(told, QUESTION, f"The question '{name}'")
    like = told.get("like", "")
    lesson, _, twin = like.partition(".")
    found = book(lesson) if like else None
    known = [f"{one}.{each}" for one in _taught() for each in book(one).functions]
    if like and like not in [*known, *_taught()] or not like and told.get("kind") != "text":
        raise unknown("exercise", like, f"For the question '{name}' crmlab", known)
    twin_said = found.said[twin] if twin else {}
    if twin:
        all_filled(told, twin_said, f"The question '{name}'")
    words = {"goal": name, "hints": [], **twin_said, **told}
    words.pop("like", None)
    if "mistakes" in told:
        words["mistakes"] = _mistakes(told["mistakes"], twin_said.get("mistakes"), name)
    _kind(words.get("kind", "number"), twin_said.get("kind"), words.get("options"), name)
    if "question" not in words:
        raise CrmlabError(f"The question '{name}' of '{file}' asks nothing.", "It has no words of its own.",
                          'Write question = "…".')
    return words, like


def _mistakes(told: dict, known: dict | None, name: str) -> dict:
    """What is said to known mistakes: texts, or tables with a name; of an exercise that is repeated, those it has."""
    where = f"The question '{name}', mistakes,"
    if known is not None:
        declared.known(told, known, where)
    for one, said in told.items():
        if not isinstance(said, str):
            declared.typed(said, {"name": str, "says": str}, f"{where} '{one}'")
    new = {one: {"says": said} if isinstance(said, str) else said for one, said in told.items()}
    return {one: {"name": one, "says": "", **(known or {}).get(one, {}), **new.get(one, {})} for one in (known or new)}


def _kind(kind: str, twin: str | None, options: dict | None, name: str) -> None:
    """Refuse a kind of answer that there is not, or that the function of the question does not give."""
    where = f"The question '{name}'"
    if kind not in KINDS:
        raise unknown("kind", kind, where, KINDS)
    if twin is not None and kind != twin:
        raise CrmlabError(f"{where} has another kind than the exercise it is like.", f"Found '{kind}', and that one is '{twin}'.",
                          "Strike out the line with kind.")
    if kind in ("choice", "classes") and not options:
        raise CrmlabError(f"{where} has no options.", f"Its kind is '{kind}'.",
                          'Write options = {yes = "They do.", no = "They do not."}.')


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
