"""The ledger: what was handed out to whom, and each student's truth, kept so that a class is marked in seconds.

Truths are kept as JSON under a key of everything they hang on; with another key they are computed again.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from crmlab.desk import provenance
from crmlab.desk.course.marking import Truth
from crmlab.desk.course.plan import Course, Week
from crmlab.desk.exercises.books import Book
from crmlab.desk.exercises.exercise import Posed
from crmlab.desk.exercises.summary import Line, Summary
from crmlab.frame import places
from crmlab.frame.errors import CrmlabError

LEDGER = "handout.csv"  # who got what; beside the course, or the roster


class Handed(NamedTuple):
    """A row of the list: whose draw of which lesson lies in which folder."""

    student: str
    lesson: str
    attempt: int
    seed: int
    data_sha256: str
    folder: str


def found(course: str | Path | None, roster: str | Path) -> Path:
    """Where the ledger lies, or would lie."""
    places_ = [Path(one).parent / LEDGER for one in (course, roster) if one]
    return next((path for path in places_ if path.is_file()), places_[0])


def read(path: Path) -> dict[tuple[str, str], Handed]:
    """The rows of the list so far, by student and lesson."""
    rows = _listed(path, lambda row: Handed(**{name: row[name] for name in Handed._fields})._replace(
        attempt=int(row["attempt"]), seed=int(row["seed"])))
    return {(row.student, row.lesson): row for row in rows}


def attempts(path: Path, lesson: str) -> dict[str, int]:
    """The attempts that were handed out, by student."""
    rows = _listed(path, lambda row: (row["lesson"], row["student"], int(row["attempt"])))
    return {student: attempt for of, student, attempt in rows if of == lesson}


def _listed(path: Path, of: Callable[[dict], Any]) -> list:
    if not path.exists():
        return []
    try:
        return [of(row) for row in csv.DictReader(io.StringIO(path.read_text("utf-8-sig")))]
    except (OSError, ValueError, KeyError, TypeError, csv.Error) as why:
        raise CrmlabError(f"'{path.name}' cannot be read as the list of what was handed out.",
                          f"Reading stopped with: {' '.join(str(why).split())[:200].rstrip('.')}.",
                          "Put the one back that crmlab handout wrote; without it nobody can tell who got which "
                          "data.") from None


def written(rows: Iterable[Handed]) -> bytes:
    """The list as it is written."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([Handed._fields, *rows])
    return text.getvalue().encode("utf-8-sig")  # so that Excel reads the names as they are


def key(course: Course, week: Week) -> str:
    """sha256 of what truths hang on: the course with words and secret, the exam, crmlab and what it computes with."""
    files = [week.exam, week.exam.with_suffix(".py")] if week.exam else []
    exam = [sha256(path.read_bytes()).hexdigest() for path in files if path.is_file()]
    facts = [course.id, course.run, course.said(week.lesson), week.lesson, week.data, week.kind, exam,
             course.secret if week.kind == "exam" else "", provenance.versions(provenance.COMPUTING)]
    total = sha256(json.dumps(facts, sort_keys=True, default=str).encode())
    for path in sorted(path for form in ("*.py", "*.toml") for path in places.PACKAGE.rglob(form)):
        total.update(path.read_bytes())
    return total.hexdigest()


def add(new: Mapping[str, Truth], path: Path, course: Course, week: Week) -> Path:
    """Write truths beside the ledger, to those that are there. They tell what is right and stay with the instructor."""
    name = key(course, week)
    held = {**_held(path, week, name), **{student: _written(truth) for student, truth in new.items()}}
    return places.write(_file(path, week), json.dumps({"key": name, "truths": held}, default=_plain),
                        private=True)


def kept(path: Path, course: Course, week: Week, book: Book, students: Iterable[str]) -> dict[str, Truth]:
    """The truths of these students that were kept beside the ledger, under the same key and for what was handed out."""
    held, told, out = _held(path, week, key(course, week)), attempts(path, week.lesson), {}
    for student in students:
        with suppress(LookupError, TypeError, ValueError, AttributeError):  # what is not kept whole is computed again
            if told.get(student, held[student]["attempt"]) == held[student]["attempt"]:
                out[student] = _read(held[student], book)
    return out


def _held(path: Path, week: Week, name: str) -> dict[str, dict]:
    """The truths in the file; none where it is of another key, or damaged."""
    try:
        held = json.loads(_file(path, week).read_text("utf-8"))
        return held["truths"] if held["key"] == name and isinstance(held["truths"], dict) else {}
    except (OSError, ValueError, LookupError, TypeError):
        return {}


def _file(path: Path, week: Week) -> Path:
    return path.with_name(f"truths-{week.lesson}.json")


def _written(truth: Truth) -> dict:
    posed = {name: {"version": one.version, "truth": _value(one.truth), "also": _value(one.also),
                    "mistakes": {mistake: _value(value) for mistake, value in one.mistakes.items()},
                    "shows": None if one.shows is None else one.shows.to_dict("split")}
             for name, one in truth.posed.items()}
    said = truth.summary
    summary = said and [said.question, [(line.text, line.why, line.fault) for line in said.lines]]
    return {"attempt": truth.attempt, "settings": truth.settings, "sha256": truth.sha256, "posed": posed,
            "summary": summary, "guessed": truth.guessed}


def _read(held: dict, book: Book) -> Truth:
    posed = {name: Posed(book.words[name], one["version"], _series(one["truth"]),
                         {mistake: _series(value) for mistake, value in one["mistakes"].items()},
                         one["shows"] and pd.DataFrame(**one["shows"]), _series(one["also"]))
             for name, one in held["posed"].items()}
    summary = held["summary"] and Summary(tuple(Line(*line) for line in held["summary"][1]), held["summary"][0])
    return Truth(held["attempt"], held["settings"], held["sha256"], posed, summary, held["guessed"])


def _value(value: Any) -> Any:
    """A truth as it can be written: words as they are, numbers with their labels."""
    if not isinstance(value, pd.Series):
        return value
    labels = None if isinstance(value.index, pd.RangeIndex) else value.index.tolist()
    return {"labels": labels, "numbers": value.tolist()}


def _series(held: Any) -> Any:
    if not isinstance(held, dict):
        return held
    numbers = np.array(held["numbers"], float)
    return pd.Series(numbers, _index(len(numbers), json.dumps(held["labels"])), copy=False)


@lru_cache
def _index(count: int, labels: str) -> pd.Index:
    """Labels are the same for many students, and to make an index takes longer than all the rest."""
    found = json.loads(labels)
    if found is None:
        return pd.RangeIndex(count)
    return pd.MultiIndex.from_tuples(map(tuple, found)) if isinstance(found[0], list) else pd.Index(found)


def _plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else str(value)
