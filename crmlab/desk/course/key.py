"""The answer key: what is right for everybody, and one student's notebook with the solutions, for the instructor alone."""

import html
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import nbformat
import pandas as pd
from nbformat.v4 import new_markdown_cell

from crmlab.desk import lessons, report
from crmlab.desk.course import copies, draws, handing, ledger, marking, roster
from crmlab.desk.course.feedback import STYLE
from crmlab.desk.course.marking import Truth
from crmlab.desk.course.plan import Course, Week
from crmlab.desk.exercises.books import Book
from crmlab.desk.exercises.exercise import Posed
from crmlab.frame import places
from crmlab.frame.errors import CrmlabError
from crmlab.frame.record import spreadsheet_safe


class Row(NamedTuple):
    """An answer and what is said to it: the right one, another that is right as well, or a known mistake by its name."""

    exercise: str
    points: float
    question: str
    case: str
    answer: str
    accepted: str
    reply: str


def key(lesson: str, people: str | Path, out: str | Path, course: str | Path | None = None, core: bool = False,
        progress: bool = True) -> str:
    """Write the key of a lesson or an exam into the folder ``out``, handing out nothing; returns what to tell.

    As csv and as page: for each student and exercise the right answer, how far off it is still accepted, and each known
    mistake with what is said to it; and the first student's notebook with the solutions below its questions.
    Raises CrmlabError where the lesson has no exercises, and where the key would lie among what was handed out.
    """
    planned, listed, out = handing.planned(lesson, course, core), Path(course or people).parent / ledger.LEDGER, Path(out)
    week, book, students = planned.week(lesson), planned.book(lesson), roster.read(people).students
    if book is None:
        raise CrmlabError(f"The lesson '{lesson}' has no exercises.", "So there is nothing to be right.", "Name another lesson.")
    folders = [row.folder for row in ledger.read(listed).values() if (out / row.folder).is_dir()]
    if folders:
        raise CrmlabError("The key would lie among what was handed out.", f"'{out}' has the folder '{folders[0]}'.",
                          "Name another folder for the key.")
    truths = _truths([one.id for one in students], planned, week, book, listed, progress)
    rows = [(one.id, one.name, *row) for one in students for row in _rows(truths[one.id], book, planned.asked(lesson))]
    table = pd.DataFrame(rows, columns=["student", "name", *Row._fields])
    safe = spreadsheet_safe(table).assign(answer=table["answer"])  # which begins with a minus sign where it is below 0
    paths = [out / f"key-{lesson}.{form}" for form in ("csv", "html")] + [out / f"preview-{lesson}.ipynb"]
    contents = (safe.to_csv(index=False).encode("utf-8-sig"), _page(table, planned, lesson),
                _preview(planned, week, book, students[0].id, truths[students[0].id]))
    for path, content in zip(paths, contents, strict=True):
        places.write(path, content, private=True)
    return (f"{out}: {', '.join(path.name for path in paths)}. What is right for {len(students)} of the roster, and the "
            f"notebook of '{students[0].id}' with its solutions.\nThey are yours, not the students'.")


def _truths(ids: list[str], course: Course, week: Week, book: Book, listed: Path, progress: bool) -> dict[str, Truth]:
    known = ledger.kept(listed, course, week, book, ids)
    told = ledger.attempts(listed, week.lesson)
    return known | marking.truths([one for one in ids if one not in known], course, week, told, progress)


# ---- what is right ----------------------------------------------------------------------------------------


def _rows(truth: Truth, book: Book, asked: list[str]) -> Iterator[Row]:
    for exercise in asked:
        name = exercise.partition(".")[2]
        if name == "review" and truth.summary:
            said = truth.summary
            faults = " ".join(f"{place}: {line.why}" for place, line in enumerate(said.lines, 1) if line.fault)
            yield Row(exercise, book.worth(exercise), said.asks, "right", " and ".join(map(str, said.truth)), "these two", faults)
        for part in (name, f"{name}_number"):
            if part in truth.posed:
                yield from _judged(exercise, book.said[part].get("points", 1), truth.posed[part])
        if name != "review" and name not in truth.posed:
            words, read = book.words[name], book.words[name].kind == "text"
            yield Row(exercise, book.worth(exercise) if read else 0, words.question, "read by a person" if read else "left out", "",
                      f"at most {words.most_words} words" if words.most_words else "",
                      "" if read else "These data do not have what the exercise needs.")


def _judged(exercise: str, points: float, posed: Posed) -> Iterator[Row]:
    told = exercise, points, posed.question
    yield Row(*told, "right", _spelled(posed, posed.truth), _accepted(posed), posed.filled(posed.words.solution).strip())
    if posed.also is not None:
        yield Row(*told, "right as well", _spelled(posed, posed.also), _accepted(posed), "")
    for mistake, value in posed.mistakes.items():
        said = posed.words.mistakes.get(mistake, {})
        yield Row(*told, posed.filled(said.get("name", mistake)), _spelled(posed, value), "", posed.filled(said.get("says", "")))


def _spelled(posed: Posed, value: pd.Series | list) -> str:
    """An answer as one would type it, with a decimal more than asked."""
    if not isinstance(value, pd.Series):
        return ", ".join(map(str, value))
    if posed.words.kind == "order":
        return ", ".join(map(str, value.index))
    labels = [""] * len(value) if isinstance(value.index, pd.RangeIndex) else [
        f"{' '.join(map(str, one)) if isinstance(one, tuple) else one} " for one in value.index]
    return ", ".join(f"{label}{number:.{posed.words.decimals + 1}f}" for label, number in zip(labels, value, strict=True))


def _accepted(posed: Posed) -> str:
    if not isinstance(posed.truth, pd.Series):
        return "exactly" if len(posed.truth) == 1 else "a part for each that is right"
    if posed.words.kind == "order":
        return "in this order; equal ones in any"
    unit = f" {posed.words.unit}" if posed.words.unit else ""
    return f"± {posed.words.reader().tolerance:.3g}{unit}"


# ---- the page and the notebook ----------------------------------------------------------------------------


def _page(table: pd.DataFrame, course: Course, lesson: str) -> str:
    title = f"{course.name}: key of {lesson}"
    parts = [f"<h1>{html.escape(title)}</h1>",
             '<p class="score">For the instructor alone. A number is right within what is accepted.</p>']
    for (student, name), rows in table.groupby(["student", "name"], sort=False):
        parts.append(f"<h2>{html.escape(f'{student} {name}'.strip())}</h2>")
        for (exercise, question, points), cases in rows.groupby(["exercise", "question", "points"], sort=False):
            lines = "".join(f"<tr>{''.join(f'<td>{html.escape(part)}</td>' for part in case)}</tr>"
                            for case in cases[["case", "answer", "accepted", "reply"]].itertuples(index=False))
            parts.append(f'<section class="one"><h2>{html.escape(exercise)}<span>{points:g}</span></h2>'
                         f"<p>{html.escape(question)}</p><table><thead><tr><th></th><th>answer</th><th>accepted</th>"
                         f"<th>what is said</th></tr></thead><tbody>{lines}</tbody></table></section>")
    stamp = " · ".join(filter(None, [f"crmlab {version('crmlab')}", course.run]))
    return report.page(report.Head(title, stamp), "\n".join(parts), STYLE)


def _preview(course: Course, week: Week, book: Book, student: str, truth: Truth) -> str:
    """The notebook as this student gets it, and below each question what is right and how one comes to it."""
    draw = draws.personal(course, week.lesson, student, truth.attempt)
    file = copies.file(course, week.lesson)
    text = copies.sat(book, course, student, draw)[file] if week.kind == "exam" else copies.personal(
        copies.blank(course, week.lesson), course, week.lesson, student, draw)
    notebook, cells = nbformat.reads(text, as_version=4), []
    right = {}
    for row in _rows(truth, book, course.asked(week.lesson)):
        if row.case in ("right", "read by a person", "left out"):
            right.setdefault(row.exercise, []).append(row)
    for cell in notebook.cells:
        cells.append(cell)
        for exercise, rows in right.items():
            called = "lab.review(" if exercise.endswith(".review") else f'"{exercise}"'
            if cell.cell_type == "code" and called in cell.source and (week.kind == "exam" or "exercise" in lessons.tags(cell)):
                cells.append(new_markdown_cell("\n\n".join(map(_solved, rows)), id=f"{exercise.partition('.')[2]}-key"))
    notebook.cells = cells
    return nbformat.writes(notebook) + "\n"


def _solved(row: Row) -> str:
    accepted = f" ({row.accepted})" if row.accepted else ""
    way = f"\n\n```python\n{row.reply}\n```" if "\n" in row.reply or "=" in row.reply else f"\n\n{row.reply}" if row.reply else ""
    return f"> **{row.case.capitalize()}:** {row.answer}{accepted}{way}"
