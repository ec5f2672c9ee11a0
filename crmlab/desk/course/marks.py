"""Marks: the files of a grading, written beside those of an earlier one and put in their place together."""

import html
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from crmlab.desk import report
from crmlab.desk.course import classreport, defence, feedback, gradebook, likeness, marking, rubric
from crmlab.desk.course.handing import folder
from crmlab.desk.course.intake import LEFT_OUT, Intake, Problem, each, left_open, uncounted
from crmlab.desk.course.likeness import Likeness
from crmlab.desk.course.marking import Paper
from crmlab.desk.course.plan import Course, Week
from crmlab.desk.course.roster import Roster
from crmlab.desk.course.rubric import Judged
from crmlab.desk.exercises.books import Book
from crmlab.frame import places
from crmlab.frame.errors import counted, listed
from crmlab.frame.record import spreadsheet_safe

GRADES = "grades.csv"
FILES = (GRADES, "upload.csv", "problems.csv", "misconceptions.csv", "defence.csv", "to_talk_about.csv", "class.html",
         "class.pdf")


class Graded(NamedTuple):
    """A class's marks, and what is to be known about them."""

    course: Course
    week: Week
    book: Book
    roster: Roster
    intake: Intake
    papers: dict[str, Paper]
    problems: list[Problem]

    @property
    def open(self) -> dict[str, Problem]:
        return left_open(self.problems, self.papers)

    @property
    def uncounted(self) -> dict[str, Problem]:
        return uncounted(self.problems, self.papers)

    @property
    def unmarked(self) -> list[str]:
        """Who handed in and has no marks, though nobody wished it so, and the files of nobody known."""
        without = [one for one, why in {**self.uncounted, **self.open}.items() if why.problem != LEFT_OUT]
        return without + [one.file for one in self.problems if one.problem == "unknown"]


class Told(str):
    """What is told of a grading; ``whole`` where everybody who handed in has marks, and every file could be written."""

    whole = True

    @classmethod
    def of(cls, lines: Iterable[str], whole: bool) -> "Told":
        told = cls("\n".join(lines))
        told.whole = whole
        return told

    def more(self, lines: Iterable[str]) -> "Told":
        return Told.of([self, *lines], self.whole)


class _Sheet(NamedTuple):
    """What one paper gives."""

    page: bytes
    row: dict
    question: tuple[str, ...]


def earlier(out: Path) -> list[Path]:
    """The files of an earlier grading, which go when new ones come. Sheets that a person fills in stay."""
    return [path for path in (*map(out.joinpath, FILES), *out.glob("feedback/*.html")) if path.is_file()]


def with_words(papers: Mapping[str, Paper], judged: Mapping[str, Mapping[str, Judged]],
               earned: str) -> dict[str, Paper]:
    """The papers with what a person gave for answers in words, where points are given for what is right."""
    out = dict(papers)
    for student, said in judged.items() if earned != "answered" else ():
        marks = papers[student].marks
        shares = {exercise: words.points / words.most for exercise, words in said.items()
                  if marks[exercise].reply.outcome == "noted"}
        new = {exercise: marks[exercise]._replace(points=marking.points(marks[exercise], share, earned))
               for exercise, share in shares.items()}
        out[student] = replace(papers[student], marks=marks | new)
    return out


def written(graded: Graded, roster: Path, out: Path, judged: Mapping[str, Mapping[str, Judged]],
            rubric_file: str | Path | None = None) -> Told:
    """Every file of a grading, in place of those of an earlier one; returns what to tell the instructor."""
    graded, sheets = _sheets(graded, judged)
    with places.fresh(out, earlier, private=True) as new:
        _csv(_grades(graded, sheets, judged), new / GRADES)
        back, how = gradebook.upload(roster, graded.roster, graded.papers, graded.course, graded.week, graded.uncounted)
        places.write(new / "upload.csv", back.to_csv(index=False).encode("utf-8-sig"), private=True)
        problems = [one._replace(counted="yes" if one.counted else "no") for one in graded.problems]
        _csv(pd.DataFrame(problems, columns=Problem._fields), new / "problems.csv")
        _csv(gradebook.misconceptions(graded.papers, graded.book), new / "misconceptions.csv")
        _csv(defence.table([one.question for one in sheets.values()]), new / "defence.csv")
        alike = likeness.likenesses(graded.papers, graded.book)
        _csv(_talk(alike), new / "to_talk_about.csv")
        _pages(graded, sheets, new / "feedback")
        texts = rubric.texts(graded.papers, graded.book, graded.course)
        waits = rubric.waiting(texts, new, out, rubric_file) if len(texts) else None
        found = classreport.ClassReport(graded.course, graded.week, graded.book, graded.papers,
                                        len(graded.roster.students))
        failed = _tried(lambda: classreport.written(found, new))
    return _told(graded, out, how, alike, waits, failed)


def _sheets(graded: Graded, judged: Mapping[str, Mapping[str, Judged]]) -> tuple[Graded, dict[str, _Sheet]]:
    """What every paper gives, each made by itself; one of which nothing can be made has open marks."""
    asked = graded.course.asked(graded.week.lesson)

    def sheet(paper: Paper) -> _Sheet:
        student = paper.handed.student
        said = {exercise: [f"{one.points:g} of {one.most:g}.", *one.comments]
                for exercise, one in judged.get(student.id, {}).items()}
        page = feedback.page(paper, graded.book, graded.course, graded.week, said).encode()
        gradebook.made_by(paper), rubric.words_of(paper)
        return _Sheet(page, gradebook.row(student, paper, asked, graded.week),
                      defence.question(paper, graded.book, graded.course, graded.week))

    sheets, problems = each(graded.papers, sheet, lambda paper: paper.handed.place)
    papers = {student: paper for student, paper in graded.papers.items() if student in sheets}
    return graded._replace(papers=papers, problems=graded.problems + problems), sheets


def _tried(work: Callable[[], Any]) -> str:
    """Why the work failed, or nothing; the marks are there without it."""
    try:
        work()
    except Exception as why:
        return " ".join(str(why).split())[:300] or type(why).__name__
    return ""


def _grades(graded: Graded, sheets: Mapping[str, _Sheet], judged: Mapping[str, Mapping[str, Judged]]) -> pd.DataFrame:
    asked = graded.course.asked(graded.week.lesson)
    open_ = graded.open
    table = pd.DataFrame([sheets[one.id].row if one.id in sheets else
                          gradebook.row(one, None, asked, graded.week, one.id in open_) for one in graded.roster.students])
    if judged:
        sums = {student: (sum(one.points for one in said.values()), sum(one.most for one in said.values()))
                for student, said in judged.items()}
        for at, column in enumerate(("words", "words of")):
            table.insert(7 + at, column, [sums.get(one, ("", ""))[at] for one in table["student"]])
    return table


def _pages(graded: Graded, sheets: Mapping[str, _Sheet], where: Path) -> None:
    """A page for everybody who handed in."""
    pages = {student: sheet.page for student, sheet in sheets.items()}
    for student, why in {**graded.uncounted, **graded.open}.items():
        if why.problem != LEFT_OUT:
            pages[student] = _sorry(why, graded.week, student in graded.open)
    for student, page in pages.items():
        places.write(where / f"{folder(student)}.html", page, private=True)


def _sorry(problem: Problem, week: Week, open_: bool) -> str:
    """The page of who handed in something that has no marks: why, and what to do."""
    file = re.split("[!/]", problem.file)[-1]
    if open_:
        title = f"{week.lesson}: your hand-in is not marked yet"
        words = ["It has come, and could not be marked. Your marks are open. There is nothing that you have to do: "
                 "your teacher knows, and marks it another way."]
    else:
        title = f"{week.lesson}: your hand-in does not count yet"
        words = [problem.reason, f"Open your notebook of '{week.lesson}', run all of its cells, save it, and hand in "
                 "that notebook, or the answers.json that its last cell wrote. Where the time is over, speak with your "
                 "teacher."]
    body = [f"<h1>{html.escape(title.capitalize())}</h1>", f'<p class="score">{html.escape(file)}</p>',
            *(f"<p>{html.escape(said)}</p>" for said in words)]
    head = report.Head(title, f"crmlab {version('crmlab')} · {problem.student}")
    return report.page(head, "\n".join(body), feedback.STYLE)


# ---- what is told -----------------------------------------------------------------------------------------


def _told(graded: Graded, out: Path, how: str, alike: list[Likeness], waits: rubric.Waiting | None,
          failed: str) -> Told:
    report_ = () if failed else ("class.html", "class.pdf")
    files = ", ".join([GRADES, "upload.csv", "feedback", *report_, "misconceptions.csv", "defence.csv"])
    lines = [gradebook.summary(graded.intake.files, graded.papers, graded.problems, graded.roster),
             f"{out}: {files}.", how]
    lines += _waiting(waits, graded.week) if waits else []
    if alike:
        lines.append("to_talk_about.csv names answers that would be right on somebody else's data. For your eyes "
                     "alone: a reason to talk, no verdict.")
    if graded.unmarked:
        lines.append(f"Handed in, and without marks: {listed(graded.unmarked, 8, quote=False)}. problems.csv says why.")
    lines += [f"The class report could not be written: {failed}"] if failed else []
    return Told.of(lines, not (graded.unmarked or failed or waits and waits.broken))


def _waiting(waits: rubric.Waiting, week: Week) -> list[str]:
    """What is told where a person has not read every answer in words, and of a sheet that is broken."""
    until = " Until then a question in words has no points." if week.kind == "exam" else ""
    have = "has" if waits.texts == 1 else "have"
    return [waits.broken] * bool(waits.broken) + [
        f"{counted(waits.texts, 'answer')} in words {have} no points yet: {waits.place.name}. Fill it in, then say the "
        f"same again with --rubric {waits.place}.{until}"] * bool(waits.texts)


def _talk(alike: list[Likeness]) -> pd.DataFrame:
    rows = [(one.student, one.other, ", ".join(one.exercises), f"{one.chance:.2g}",
             f"{len(one.exercises)} answers are not right on the data of {one.student} and would be right on those of "
             f"{one.other}. Luck alone would give about {one.chance:.2g} such pairs in a class like this. They may "
             "have worked together, taken the wrong file, or shared numbers: ask how the numbers came about.")
            for one in alike]
    return pd.DataFrame(rows, columns=["student", "other", "exercises", "by_luck", "what_it_may_mean"])


def _csv(table: pd.DataFrame, path: Path) -> None:
    places.write(path, spreadsheet_safe(table).to_csv(index=False).encode("utf-8-sig"), private=True)
