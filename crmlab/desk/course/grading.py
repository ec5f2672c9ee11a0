"""Grading: hand-ins in, marks, pages and a report out. Nothing of a student is run or unpickled on the way."""

import html
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from tqdm import tqdm

from crmlab.desk import report
from crmlab.desk.course import (
    classreport,
    defence,
    feedback,
    gradebook,
    ledger,
    likeness,
    marking,
    plan,
    rubric,
)
from crmlab.desk.course import roster as rosters
from crmlab.desk.course.envelopes import Envelope, envelopes
from crmlab.desk.course.handing import folder
from crmlab.desk.course.intake import Intake, Problem, lesson_of, taken_in
from crmlab.desk.course.likeness import Likeness
from crmlab.desk.course.marking import Paper, Truth
from crmlab.desk.course.plan import Course, Week
from crmlab.desk.course.roster import Roster
from crmlab.desk.course.rubric import Judged
from crmlab.desk.exercises.books import Book
from crmlab.frame import places
from crmlab.frame.errors import CrmlabError, counted, listed
from crmlab.frame.record import spreadsheet_safe


class Graded(NamedTuple):
    """A class's marks, and what is to be known about them."""

    course: Course
    week: Week
    book: Book
    roster: Roster
    intake: Intake
    papers: dict[str, Paper]
    problems: list[Problem]


def grade(handins: str | Path, roster: str | Path, out: str | Path, course: str | Path | None = None,
          lesson: str | None = None, rubric_file: str | Path | None = None) -> str:
    """Mark a class's hand-ins and write everything into the folder ``out``; returns what to tell the instructor.

    Raises CrmlabError where the hand-ins, the roster, the course or the rubric cannot be read, and where the marks
    would lie among the hand-ins.
    """
    if Path(handins).resolve() in [Path(out).resolve(), *Path(out).resolve().parents]:
        raise CrmlabError("The marks would lie among the hand-ins.", f"'{out}' is in '{handins}'.",
                          "Name another folder.")
    graded = marks(handins, roster, course, lesson)
    judged, lost = {}, []
    if rubric_file:
        judged, lost = rubric.said(rubric.read(rubric_file), graded.papers, graded.course)
        graded = graded._replace(papers=_with_words(graded.papers, judged, graded.week.kind == "exam"))
    said = written(graded, Path(roster), Path(out), judged, rubric_file)
    return "\n".join([said, *_lost(lost)])


def marks(handins: str | Path, roster: str | Path, course: str | Path | None = None,
          lesson: str | None = None) -> Graded:
    """The marks of a class. Truths that were computed are kept beside the list of what was handed out."""
    people = rosters.read(roster)
    files = list(tqdm(envelopes(handins), desc="Hand-ins", unit="file"))
    lesson = lesson or lesson_of(files)
    planned = plan.read(course) if course else _as_claimed(files)
    week, book = planned.week(lesson), planned.book(lesson)
    if book is None:
        raise CrmlabError(f"The lesson '{lesson}' has no exercises.", "So nothing can be marked.",
                          "Name another lesson.")
    intake = taken_in(files, people, lesson, week.due, week.groups)
    owners = [handed.owner.id for handed in intake.handed.values()]
    truths = _truths(owners, planned, week, book, ledger.found(course, roster))
    asked = planned.asked(lesson)
    papers = {student: marking.marked(handed, truths[handed.owner.id], book, asked, week.kind == "exam")
              for student, handed in intake.handed.items()}
    found = [flag for paper in papers.values() for flag in marking.flags(paper, planned)]
    return Graded(planned, week, book, people, intake, papers, intake.problems + found)


def _truths(owners: list[str], course: Course, week: Week, book: Book, path: Path) -> dict[str, Truth]:
    """The truths of these students: those kept by handout or by an earlier call, and the others computed."""
    known = ledger.kept(path, course, week, book, owners)
    told = ledger.attempts(path, week.lesson)
    new = marking.truths([one for one in owners if one not in known], course, week, told)
    if new:
        ledger.add(new, path, course, week)
    return known | new


def _as_claimed(files: list[Envelope]) -> Course:
    """The course as most hand-ins name it, where no course.toml was given."""
    named = Counter((one.answers["course"], one.answers["run"]) for one in files if one.answers)
    (name, run), _ = named.most_common(1)[0] if named else (("", ""), 0)
    standing = plan.standing()
    return replace(standing, id=name or standing.id, run=run)


def _with_words(papers: Mapping[str, Paper], judged: Mapping[str, Mapping[str, Judged]],
                exam: bool) -> dict[str, Paper]:
    """The papers with what a person gave for answers in words; in an exam it is their points."""
    out = dict(papers)
    for student, said in judged.items() if exam else ():
        new = {exercise: papers[student].marks[exercise]._replace(
                   points=papers[student].marks[exercise].worth * words.points / words.most)
               for exercise, words in said.items() if papers[student].marks[exercise].reply.outcome == "noted"}
        out[student] = replace(papers[student], marks=papers[student].marks | new)
    return out


# ---- what is written --------------------------------------------------------------------------------------


def written(graded: Graded, roster: Path, out: Path, judged: Mapping[str, Mapping[str, Judged]],
            rubric_file: str | Path | None = None) -> str:
    """Every file of a grading; returns what to tell the instructor."""
    course, week, book, papers = graded.course, graded.week, graded.book, graded.papers
    table = gradebook.grades(papers, graded.roster, course.asked(week.lesson), week)
    if judged:
        sums = {student: (sum(one.points for one in said.values()), sum(one.most for one in said.values()))
                for student, said in judged.items()}
        for at, column in enumerate(("words", "words of")):
            table.insert(7 + at, column, [sums.get(one, ("", ""))[at] for one in table["student"]])
    _csv(table, out / "grades.csv")
    back, how = gradebook.upload(roster, graded.roster, papers, course, week, graded.intake.uncounted)
    places.write(out / "upload.csv", back.to_csv(index=False).encode("utf-8-sig"))
    problems = [one._replace(counted="yes" if one.counted else "no") for one in graded.problems]
    _csv(pd.DataFrame(problems, columns=Problem._fields), out / "problems.csv")
    _csv(gradebook.misconceptions(papers, book), out / "misconceptions.csv")
    _csv(defence.questions(papers, book, course, week), out / "defence.csv")
    alike = likeness.likenesses(papers, book)
    _csv(_talk(alike), out / "to_talk_about.csv")
    _pages(graded, out / "feedback", judged)
    texts = rubric.texts(papers, book, course)
    words = _waiting(*rubric.waiting(texts, out, rubric_file), week) if len(texts) else []
    classreport.written(classreport.ClassReport(course, week, book, papers, len(graded.roster.students)), out)
    return "\n".join(_told(graded, out, how, alike, words))


def _pages(graded: Graded, where: Path, judged: Mapping[str, Mapping[str, Judged]]) -> None:
    """A page for everybody who handed in; one of an earlier grading goes, where nothing is there any more."""
    uncounted = graded.intake.uncounted
    for student in tqdm([one.id for one in graded.roster.students], desc="Pages", unit="student"):
        place = where / f"{folder(student)}.html"
        if student in graded.papers:
            said = {exercise: [f"{one.points:g} of {one.most:g}.", *one.comments]
                    for exercise, one in judged.get(student, {}).items()}
            page = feedback.page(graded.papers[student], graded.book, graded.course, graded.week, said)
            places.write(place, page)
        elif student in uncounted:
            places.write(place, _sorry(uncounted[student], graded.week))
        else:
            place.unlink(missing_ok=True)


def _sorry(problem: Problem, week: Week) -> str:
    """The page of who handed in something that does not count: why, and what to do."""
    title, file = f"{week.lesson}: your hand-in does not count yet", re.split("[!/]", problem.file)[-1]
    do = (f"Open your notebook of '{week.lesson}', run all of its cells, save it, and hand in that notebook, or the "
          "answers.json that its last cell wrote. Where the time is over, speak with your teacher.")
    words = [f"<h1>{html.escape(title.capitalize())}</h1>", f'<p class="score">{html.escape(file)}</p>',
             *(f"<p>{html.escape(said)}</p>" for said in (problem.reason, do))]
    head = report.Head(title, f"crmlab {version('crmlab')} · {problem.student}")
    return report.page(head, "\n".join(words), feedback.STYLE)


def _told(graded: Graded, out: Path, how: str, alike: list[Likeness], words: list[str]) -> list[str]:
    lines = [gradebook.summary(graded.intake.files, graded.papers, graded.problems, graded.roster),
             f"{out}: grades.csv, upload.csv, feedback, class.html, class.pdf, misconceptions.csv, defence.csv.", how]
    lines += words
    if alike:
        lines.append("to_talk_about.csv names answers that would be right on somebody else's data. For your eyes alone: "
                     "a reason to talk, no verdict.")
    return lines


def _waiting(texts: int, place: Path, week: Week) -> list[str]:
    """What is told where a person has not read every answer in words."""
    until = " Until then a question in words has no points." if week.kind == "exam" else ""
    have = "has" if texts == 1 else "have"
    return [f"{counted(texts, 'answer')} in words {have} no points yet: {place.name}. Fill it in, then say the same "
            f"again with --rubric {place}.{until}"] if texts else []


def _lost(ids: list[str]) -> list[str]:
    """What is told of rows of the rubric whose text is gone."""
    return [f"{counted(len(ids), 'row')} of the rubric {'is' if len(ids) == 1 else 'are'} of no text that counts now "
            f"({listed(ids, quote=False)}): another text was handed in, or none, or course or secret are others. "
            "Their points count for nobody."] if ids else []


def _talk(alike: list[Likeness]) -> pd.DataFrame:
    rows = [(one.student, one.other, ", ".join(one.exercises), f"{one.chance:.2g}",
             f"{len(one.exercises)} answers are not right on the data of {one.student} and would be right on those of "
             f"{one.other}. Luck alone would give about {one.chance:.2g} such pairs in a class like this. They may have "
             "worked together, taken the wrong file, or shared numbers: ask how the numbers came about.")
            for one in alike]
    return pd.DataFrame(rows, columns=["student", "other", "exercises", "by_luck", "what_it_may_mean"])


def _csv(table: pd.DataFrame, path: Path) -> None:
    places.write(path, spreadsheet_safe(table).to_csv(index=False).encode("utf-8-sig"))
