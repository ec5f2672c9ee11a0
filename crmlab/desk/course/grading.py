"""Grading: hand-ins in, marks, pages and a report out. Nothing of a student is run or unpickled on the way.

One hand-in never stops a class: whatever goes wrong with one paper is a row of problems.csv, and its marks are open.
"""

import shutil
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from tqdm import tqdm

from crmlab.desk import report
from crmlab.desk.course import classreport, ledger, marking, plan, rubric
from crmlab.desk.course import roster as rosters
from crmlab.desk.course.envelopes import Envelope, envelopes
from crmlab.desk.course.intake import DAMAGED, Intake, each, found_sender, lesson_of, taken_in
from crmlab.desk.course.marking import Truth
from crmlab.desk.course.marks import GRADES, Graded, Told, earlier, with_words, written
from crmlab.desk.course.plan import Course, Week
from crmlab.desk.course.roster import Roster
from crmlab.desk.course.senders import Register
from crmlab.desk.exercises.books import Book
from crmlab.frame import places
from crmlab.frame.errors import CrmlabError, counted, listed

ROOM = 60_000  # bytes that the files of one student take, at most


def grade(handins: str | Path, roster: str | Path, out: str | Path, course: str | Path | None = None,
          lesson: str | None = None, rubric_file: str | Path | None = None, without: Iterable[str] = ()) -> Told:
    """Mark a class's hand-ins and write everything into the folder ``out``; returns what to tell the instructor.

    Who is ``without`` is left out, with marks left open. All is read before anything is written, and what is written
    takes its place at the end: where grading fails, ``out`` is as it was.
    Raises CrmlabError where the hand-ins, the roster, the course or the rubric cannot be read, where the archive is
    damaged and marks lie there already, and where the marks would lie among the hand-ins or cannot be written.
    """
    out = Path(out)
    if Path(handins).resolve() in [out.resolve(), *out.resolve().parents]:
        raise CrmlabError("The marks would lie among the hand-ins.", f"'{out}' is in '{handins}'.",
                          "Name another folder.")
    report.ready(classreport.FORMS)
    with places.alone(out / places.LOCK):
        places.settled(out, earlier)
        judged = rubric.read(rubric_file) if rubric_file else {}
        graded = marks(handins, roster, course, lesson, without, out)
        said, lost = rubric.said(judged, graded.papers, graded.course)
        graded = graded._replace(papers=with_words(graded.papers, said, graded.week.earned))
        told = written(graded, Path(roster), out, said, rubric_file)
    return told.more(_lost(lost))


def marks(handins: str | Path, roster: str | Path, course: str | Path | None = None, lesson: str | None = None,
          without: Iterable[str] = (), out: Path | None = None) -> Graded:
    """The marks of a class. Truths that were computed are kept beside the list of what was handed out.

    Raises CrmlabError where what was read is less than what lies in ``out`` was made of.
    """
    people = rosters.read(roster)
    left_out = {people.student(one).id for one in without}
    if out:
        _room(out, people)
    planned = plan.read(course) if course else None
    files = _files(Path(handins), Register(people), left_out)
    lesson = lesson or lesson_of(files)
    planned = planned or _as_claimed(files)
    week, book = planned.week(lesson), planned.book(lesson)
    if book is None:
        raise CrmlabError(f"The lesson '{lesson}' has no exercises.", "So nothing can be marked.",
                          "Name another lesson.")
    intake = taken_in(files, Register(people, week.groups), lesson, week.due, left_out)
    _enough(intake, Path(handins), out)
    owners, failed = [handed.owner.id for handed in intake.handed.values()], {}
    truths = _truths(owners, planned, week, book, ledger.found(course, roster), failed)
    asked = planned.asked(lesson)

    def marked(handed) -> tuple:
        if handed.owner.id in failed:
            raise failed[handed.owner.id]
        paper = marking.marked(handed, truths[handed.owner.id], book, asked, week.earned)
        rubric.words_of(paper)
        return paper, marking.flags(paper, planned)

    done, problems = each(intake.handed, marked)
    found = [flag for _, flags in done.values() for flag in flags]
    papers = {student: paper for student, (paper, _) in done.items()}
    return Graded(planned, week, book, people, intake, papers, intake.problems + problems + found)


def _files(handins: Path, register: Register, left_out: set[str]) -> list[Envelope]:
    """Every file, opened; those of who is left out are not. Raises CrmlabError where the whole archive is damaged."""
    def spared(one: Envelope) -> bool:
        found = found_sender(one, register)[1] if left_out else []
        return bool(found) and {student.id for student in found} <= left_out

    files = list(tqdm(envelopes(handins, spared), desc="Hand-ins", unit="file"))
    if len(files) == 1 and files[0].damaged and f"{files[0].place}!" == files[0].whole:
        raise CrmlabError(f"The archive '{handins.name}' is damaged.", files[0].refused,
                          "Download it again; nothing was changed.")
    return files


def _enough(intake: Intake, handins: Path, out: Path | None) -> None:
    """Refuse to write over marks what was read from a damaged archive, or from one in which nothing counts."""
    there = bool(out) and (out / GRADES).is_file()
    damaged = [one for one in intake.problems if one.problem == DAMAGED]
    if damaged and there:
        raise CrmlabError(f"'{handins.name}' is damaged, and marks lie in '{out}' already.",
                          f"{counted(len(damaged), 'file')} in it cannot be read, as '{damaged[0].file}'.",
                          "Download it again, or name another folder; the marks are as they were.")
    if there and not intake.handed:
        why = next((one.reason for one in intake.problems if one.file), "It holds no file.")
        raise CrmlabError(f"No hand-in in '{handins.name}' counts, and marks lie in '{out}' already.", why,
                          "Look whether it is the right one, or name another folder; the marks are as they were.")


def _room(out: Path, people: Roster) -> None:
    """Refuse a disk that is full before the work begins."""
    need, free = ROOM * (len(people.students) + 50), shutil.disk_usage(out).free
    if free < need:
        raise CrmlabError(f"There is no room for the marks in '{out}'.",
                          f"{free / 1e6:,.1f} MB are free there, and {need / 1e6:,.0f} MB may be needed.",
                          "Make room there, or name another folder.")


def _truths(owners: list[str], course: Course, week: Week, book: Book, path: Path, failed: dict) -> dict[str, Truth]:
    """The truths of these students: those kept by handout or by an earlier call, and the others computed."""
    known = ledger.kept(path, course, week, book, owners)
    told = ledger.attempts(path, week.lesson)
    new = marking.truths([one for one in owners if one not in known], course, week, told, failed=failed)
    if new:
        with suppress(CrmlabError):  # where they cannot be kept, they are computed again the next time
            ledger.add(new, path, course, week)
    return known | new


def _as_claimed(files: list[Envelope]) -> Course:
    """The course as most hand-ins name it, where no course.toml was given."""
    named = Counter((one.answers["course"], one.answers["run"]) for one in files if one.answers)
    (name, run), _ = named.most_common(1)[0] if named else (("", ""), 0)
    standing = plan.standing()
    return replace(standing, id=name or standing.id, run=run)


def _lost(ids: list[str]) -> list[str]:
    """What is told of rows of the rubric whose text is gone."""
    return [f"{counted(len(ids), 'row')} of the rubric {'is' if len(ids) == 1 else 'are'} of no text that counts now "
            f"({listed(ids, quote=False)}): another text was handed in, or none, or course or secret are others. "
            "Their points count for nobody."] if ids else []
