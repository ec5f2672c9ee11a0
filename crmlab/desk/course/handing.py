"""Handing out: a notebook of their own for everybody in the roster, and a list of who got what."""

import re
from collections.abc import Iterable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from unicodedata import normalize

from crmlab.desk.course import answers, copies, crowd, draws, ledger, marking, plan, roster, seeds
from crmlab.desk.course.ledger import LEDGER, Handed
from crmlab.desk.course.marking import Truth
from crmlab.desk.course.plan import Course, Week
from crmlab.desk.exercises.books import normal
from crmlab.frame import places
from crmlab.frame.errors import CrmlabError

UNFINISHED = "UNFINISHED.txt"  # lies among the folders until all of them are there
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # no file may be called so on Windows


def handout(lesson: str, people: str | Path, out: str | Path, course: str | Path | None = None, core: bool = False,
            colab: bool = False, progress: bool = True) -> str:
    """Write everybody's copy into a folder of their own below ``out``; returns what to tell the instructor.

    A file that is there already is a student's work, and is never written over; what is there is not made again.
    The list of who got what lies beside the course (or the roster), outside the students' folders.
    Raises CrmlabError where the roster, the course or the lesson cannot be read, where a place cannot be written, where
    the list is of another term, and where another handout is at work on it.
    """
    course_, listed, out = planned(lesson, course, core), Path(course or people).parent / LEDGER, Path(out)
    students = roster.read(people).students
    if out.exists() and not out.is_dir():
        raise CrmlabError(f"'{out}' is a file.", "The students' folders need a folder to lie in.", "Name another one.")
    with places.alone(listed.with_name(f"{LEDGER}.lock")):
        rows = ledger.read(listed)
        _same_course(rows, course_, lesson, listed.name)
        new = _handed(course_, course_.week(lesson), [one.id for one in students], rows, listed, out, colab, progress)
    return (f"{new} new, {len(students) - new} kept in {out}.\n"
            f"{listed} says who got which data. It is yours, not the students'.")


def planned(lesson: str, course: str | Path | None, core: bool) -> Course:
    """The course, with a lesson whose faults were told: those of its book as well."""
    found = plan.read(course) if course else plan.standing()
    week = replace(found.week(lesson), core=core or found.week(lesson).core)
    found = replace(found, weeks=tuple(week if one.lesson == lesson else one for one in found.weeks))
    found.book(lesson)
    return found


def _handed(course: Course, week: Week, students: list[str], rows: dict, listed: Path, out: Path, colab: bool,
            progress: bool) -> int:
    """Write what is not there yet, and how many notebooks that were; until the end the folder says that it is not whole."""
    lesson = week.lesson
    file, known = copies.file(course, lesson), {one: rows.get((one, lesson)) for one in students}
    jobs = [(one, row and row.attempt) for one, row in known.items()
            if not (row and (out / row.folder / file).is_file())]
    for path in listed.parent.glob(f"{LEDGER}.*.part"):  # of a handout that was killed
        path.unlink(missing_ok=True)
    places.folder(out, private=True)
    begun = places.write(out / UNFINISHED, "Not everybody's folder is here yet. If crmlab handout has stopped, say the same line "
                                           "again: it goes on where it was, and then this file is gone.\n")
    places.write(listed, ledger.written(rows.values()), private=True)  # where it cannot be written, nothing is handed out
    new, truths = 0, {}
    for row, files, truth in _made(jobs, course, lesson, colab, progress):
        new += _put(out / row.folder, files)
        truths |= {row.student: truth} if truth else {}
        rows[row.student, row.lesson] = row
        places.write(listed, ledger.written(rows.values()), private=True)
    if truths:
        ledger.add(truths, listed, course, week)
    begun.unlink(missing_ok=True)
    return new


def folder(student: str) -> str:
    """A name for the student's folder that every file system takes; an id that is none is told apart by a checksum.

    >>> folder("s0123"), folder("Müller/Zoë ")
    ('s0123', 'Muller-Zoe-6df1e8')
    """
    plain = normalize("NFKD", student).encode("ascii", "ignore").decode()
    safe = re.sub(r"[^\w.@+-]+", "-", plain, flags=re.ASCII).strip(".-")[:60] or "student"
    if safe == student and not RESERVED.fullmatch(safe):
        return safe
    if RESERVED.fullmatch(safe):
        safe = safe.replace(".", "-")  # what stands before a dot must not be reserved either
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
    places.folder(place, private=True)
    for half in place.glob("*.part"):  # of a handout that was killed
        half.unlink(missing_ok=True)
    there = [name for name in files if (place / name).exists()]
    for name, text in reversed(files.items()):  # the notebook last: where it lies, its data lie too
        if name not in there:
            places.write(place / name, text)
    return next(iter(files)) not in there


def _same_course(rows: dict, course: Course, lesson: str, name: str) -> None:
    """Refuse a list of another course or term: its seeds would be mixed with others."""
    secret = course.secret if course.week(lesson).kind == "exam" else None
    for row in rows.values():
        who = (course.id, course.run, lesson, row.student, row.attempt, secret)
        if row.lesson == lesson and row.seed != seeds.seed(*who):
            raise CrmlabError(f"'{name}' was written for another course, term or secret.",
                              f"There '{row.student}' has other data than '{course.id}', '{course.run}' would give.",
                              "Move it and the folders away, or put the course's id and run back.")
