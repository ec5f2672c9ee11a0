"""Handing out: a notebook of their own for everybody in the roster, and a list of who got what."""

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple
from unicodedata import normalize

from crmlab.desk.course import answers, copies, crowd, draws, ledger, marking, plan, roster, seeds
from crmlab.desk.course.ledger import LEDGER
from crmlab.desk.course.marking import Truth
from crmlab.desk.course.plan import Course
from crmlab.desk.exercises.books import normal
from crmlab.frame import places
from crmlab.frame.errors import CrmlabError

RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # no file may be called so on Windows


class Handed(NamedTuple):
    """A row of the list: whose draw of which lesson lies in which folder."""

    student: str
    lesson: str
    attempt: int
    seed: int
    data_sha256: str
    folder: str


def handout(lesson: str, people: str | Path, out: str | Path, course: str | Path | None = None, core: bool = False,
            colab: bool = False, progress: bool = True) -> str:
    """Write everybody's copy into a folder of their own below ``out``; returns what to tell the instructor.

    A file that is there already is a student's work, and is never written over; what is there is not made again.
    The list of who got what lies beside the course (or the roster), outside the students' folders.
    Raises CrmlabError where the roster, the course or the lesson cannot be read, or the list is of another term.
    """
    planned = plan.read(course) if course else plan.standing()
    week = replace(planned.week(lesson), core=core or planned.week(lesson).core)
    planned = replace(planned, weeks=tuple(week if one.lesson == lesson else one for one in planned.weeks))
    listed = Path(course or people).parent / LEDGER
    rows, students = _read(listed), roster.read(people).students
    _same_course(rows, planned, lesson, listed.name)
    out, file = Path(out), copies.file(planned, lesson)
    known = {one.id: rows.get((one.id, lesson)) for one in students}
    jobs = [(one, row and row.attempt) for one, row in known.items()
            if not (row and (out / row.folder / file).is_file())]
    new, truths = 0, {}
    for row, files, truth in _made(jobs, planned, lesson, colab, progress):
        new += _put(out / row.folder, files)
        truths |= {row.student: truth} if truth else {}
        rows[row.student, row.lesson] = row
        places.write(listed, _written(rows.values()), private=True)
    if truths:
        ledger.add(truths, listed, planned, week)
    return (f"{new} new, {len(students) - new} kept in {out}.\n"
            f"{listed} says who got which data. It is yours, not the students'.")


def folder(student: str) -> str:
    """A name for the student's folder that every file system takes; an id that is none is told apart by a checksum.

    >>> folder("s0123"), folder("Müller/Zoë ")
    ('s0123', 'Muller-Zoe-6df1e8')
    """
    plain = normalize("NFKD", student).encode("ascii", "ignore").decode()
    safe = re.sub(r"[^\w.@+-]+", "-", plain, flags=re.ASCII).strip(".-")[:60] or "student"
    if safe == student and not RESERVED.fullmatch(safe):
        return safe
    return f"{safe}-{sha256(normal(student).encode()).hexdigest()[:6]}"


def _made(jobs: list, course: Course, lesson: str, colab: bool, progress: bool) -> Iterable[tuple[Handed, dict, Truth | None]]:
    """Row, files and truth of each student, side by side where they are many."""
    return crowd.each(_one, jobs, _begin, (course, lesson, colab), desc=lesson, disable=None if progress else True)


_AT_WORK: dict = {}  # of this process: the course, and what all copies share; the functions of a book cannot be sent


def _begin(course: Course, lesson: str, colab: bool) -> None:
    exam = course.week(lesson).kind == "exam"
    _AT_WORK.update(course=course, lesson=lesson, colab=colab, book=course.book(lesson), exam=exam,
                    blank=None if exam else copies.blank(course, lesson, colab))


def _one(job: tuple[str, int | None]) -> tuple[Handed, dict[str, str], Truth | None]:
    student, attempt = job
    course, lesson, book = _AT_WORK["course"], _AT_WORK["lesson"], _AT_WORK["book"]
    draw = draws.personal(course, lesson, student, attempt)
    truth = marking.truth(draw, course.week(lesson), book, student) if book else None
    data = truth.sha256 if truth else answers.fingerprint(draw.table)
    row = Handed(student, lesson, draw.attempt, draw.seed, data, folder(student))
    if _AT_WORK["exam"]:
        return row, copies.sat(book, course, student, draw, _AT_WORK["colab"]), truth
    text = copies.personal(_AT_WORK["blank"], course, lesson, student, draw)
    return row, {copies.file(course, lesson): text}, truth


def _put(place: Path, files: dict[str, str]) -> bool:
    """Write what is not there yet; whether the notebook, the first of the files, is new."""
    there = [name for name in files if (place / name).exists()]
    for name, text in reversed(files.items()):  # the notebook last: where it lies, its data lie too
        if name not in there:
            places.write(place / name, text)
    return next(iter(files)) not in there


# ---- the list ---------------------------------------------------------------------------------------------


def _read(path: Path) -> dict[tuple[str, str], Handed]:
    """The rows of the list so far, by student and lesson."""
    if not path.is_file():
        return {}
    rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))))
    if rows and not set(Handed._fields) <= set(rows[0]):
        raise CrmlabError(f"'{path.name}' is no list of crmlab handout.", "It has other columns.", "Move it away.")
    found = [Handed(**{name: row[name] for name in Handed._fields}) for row in rows]
    return {(row.student, row.lesson): row._replace(attempt=int(row.attempt), seed=int(row.seed)) for row in found}


def _written(rows: Iterable[Handed]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([Handed._fields, *rows])
    return text.getvalue().encode("utf-8-sig")  # so that Excel reads the names as they are


def _same_course(rows: dict, course: Course, lesson: str, name: str) -> None:
    """Refuse a list of another course or term: its seeds would be mixed with others."""
    secret = course.secret if course.week(lesson).kind == "exam" else None
    for row in rows.values():
        who = (course.id, course.run, lesson, row.student, row.attempt, secret)
        if row.lesson == lesson and row.seed != seeds.seed(*who):
            raise CrmlabError(f"'{name}' was written for another course, term or secret.",
                              f"There '{row.student}' has other data than '{course.id}', '{course.run}' would give.",
                              "Move it and the folders away, or put the course's id and run back.")
