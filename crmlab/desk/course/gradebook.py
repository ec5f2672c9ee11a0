"""The gradebook: marks added up, in a table of our own and in the one that the platform reads back."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import pandas as pd

from crmlab.desk.course import roster as rosters
from crmlab.desk.course.marking import Paper, named
from crmlab.desk.course.plan import Course, Week
from crmlab.desk.course.roster import Roster, Student
from crmlab.desk.exercises.books import Book
from crmlab.frame.errors import counted

MISCONCEPTIONS = ["exercise", "mistake", "name", "first_try", "at_hand_in"]


def total(paper: Paper | None, week: Week) -> float:
    """The points of a hand-in on the scale of the week, to two decimals."""
    marks = paper.marks.values() if paper else []
    worth = sum(mark.worth for mark in marks)
    return round(week.points * sum(mark.points for mark in marks) / worth, 2) if worth else 0.0


def row(one: Student, paper: Paper | None, asked: Sequence[str], week: Week, open_: bool = False) -> dict:
    """A student's row: points and outcome of each exercise, how many are right, and the total.

    Marks that are left open (``open_``) are blank.
    """
    marks = paper.marks if paper else {}
    out = {"student": one.id, "name": one.name, "group": one.group,
           "handed_in": "open" if open_ else "yes" if paper else "no",
           "late": "yes" if paper and paper.handed.late else "no",
           "points": "" if open_ else total(paper, week), "of": week.points,
           "answered": sum(mark.answered for mark in marks.values()),
           "right": sum(mark.reply.code == "right" for mark in marks.values())}
    for exercise in asked:
        mark = marks.get(exercise)
        out[f"{exercise} points"] = round(mark.points, 2) if mark else "" if open_ else 0.0
        out[f"{exercise} outcome"] = mark.reply.code if mark else "open" if open_ else "missing"
    return out


def grades(papers: Mapping[str, Paper], roster: Roster, asked: Sequence[str], week: Week,
           open_: Collection[str] = ()) -> pd.DataFrame:
    """A row per student of the roster."""
    return pd.DataFrame([row(one, papers.get(one.id), asked, week, one.id in open_) for one in roster.students])


def upload(path: str | Path, roster: Roster, papers: Mapping[str, Paper], course: Course, week: Week,
           uncounted: Collection[str] = ()) -> tuple[pd.DataFrame, str]:
    """The roster as the platform exported it, with a column of points, and how to bring it back.

    Who handed in nothing gets an empty cell; who handed in what does not count (``uncounted``), a 0.
    """
    table = rosters.table(path)
    column = f"{course.id} {week.lesson}"
    words = {str(name).strip().casefold() for name in table}
    points = {one.id: total(papers.get(one.id), week) for one in roster.students
              if one.id in papers or one.id in uncounted}
    keys = table[roster.by].astype(str).str.strip()
    if "sis user id" in words or "sis login id" in words:
        table[column] = keys.map(points)
        first = table[next(name for name in table if str(name).strip().casefold() == "student")].astype(str)
        table.loc[first.str.contains("Points Possible", case=False), column] = week.points
        return table, "Canvas: Grades, Import, choose the file, and match the new column with the assignment."
    if {"username", "last name"} <= words:
        column = f"{column} [Total Pts: {week.points:g} Score]"
        table[column] = keys.map(points)
        return table, "Blackboard: Gradebook, Upload, choose the file; it is matched by Username."
    table[column] = keys.map(points)
    return table, (f"Moodle: Grades, Import, CSV file; map '{roster.by}' to the same field of the user, and "
                   f"'{column}' to the grade item.")


def misconceptions(papers: Mapping[str, Paper], book: Book) -> pd.DataFrame:
    """A row per known mistake that was made: how many made it at their first try, and how many at hand-in.

    The first try is what the students' own record says.
    """
    before, after = Counter(), Counter()
    for paper in papers.values():
        for one, made in zip((before, after), made_by(paper), strict=True):
            one.update(made)
    rows = [(exercise, mistake, said["name"], before[exercise, mistake], after[exercise, mistake])
            for exercise in book.ids() for mistake, said in named(exercise, book).items()]
    table = pd.DataFrame([row for row in rows if row[3] or row[4]], columns=MISCONCEPTIONS)
    return table.sort_values(["at_hand_in", "first_try"], ascending=False, kind="stable", ignore_index=True)


def made_by(paper: Paper) -> tuple[list, list]:
    """The mistakes of one student by exercise, at the first try and at hand-in."""
    return ([(exercise, mark.first.partition(":")[2]) for exercise, mark in paper.marks.items()],
            [(exercise, mark.reply.mistake) for exercise, mark in paper.marks.items()])


def summary(files: Mapping[str, int], papers: Mapping[str, Paper], problems: list, roster: Roster) -> str:
    """What became of every file, so that the numbers add up."""
    left = files["files"] - files["hand-ins"] - files["lists"]
    return (f"{counted(files['files'], 'file')}: {counted(files['hand-ins'], 'hand-in')} of known students, "
            f"{counted(files['lists'], 'list')} of the platform, {left} that could not be counted. "
            f"{len(papers)} of {counted(len(roster.students), 'student')} have marks. "
            f"{counted(len(problems), 'thing')} to know in problems.csv.")
