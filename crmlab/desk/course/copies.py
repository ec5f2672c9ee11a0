"""Copies: the notebook that one student gets, of a lesson or of an exam."""

import ast
import json
from collections.abc import Mapping
from copy import deepcopy
from importlib.metadata import version

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from crmlab.desk import lessons
from crmlab.desk.course import exam as exams
from crmlab.desk.course.draws import Draw
from crmlab.desk.course.exam import Exam
from crmlab.desk.course.lines import reads
from crmlab.desk.course.plan import TOLD, Course, day, deeper
from crmlab.desk.exercises.exercise import form
from crmlab.desk.start import cleared
from crmlab.frame.errors import counted, listed
from crmlab.measures import tables

#: What a lesson calls its table, so that the words of an exercise fit.
CALLED = {"survey": "survey", "dyads": "dyads", "transactions": "log", "assessments": "table"}
LAB = "lab = crm.lesson("


def file(course: Course, lesson: str) -> str:
    """The name of the notebook."""
    return f"{lesson}.ipynb" if course.week(lesson).kind == "exam" else lessons.find(lesson).path.name


def blank(course: Course, lesson: str, colab: bool = False) -> nbformat.NotebookNode:
    """The lesson as everybody gets it: outputs cleared, without what speaks of other data, with a cell to hand in."""
    week = course.week(lesson)
    notebook = cleared(lessons.about(lessons.find(lesson).notebook, week.data))
    without = {"report", "deeper"} if week.core else {"report"}  # a report is for who runs it, and names deeper results
    notebook.cells = [cell for cell in notebook.cells if not without & set(lessons.tags(cell))]
    at = next((place for place, cell in enumerate(notebook.cells, 1) if LAB in cell.source), None)
    said = {"words": course.said(lesson), "without": sorted(deeper(lesson)) if week.core else []}
    if at and any(said.values()):
        told = ", ".join(f"{name}={value!r}" for name, value in said.items() if value)
        notebook.cells.insert(at, _code("course", f"lab.adapt({told})", hidden=True))
    if at:
        notebook.cells += _last(course, lesson)
    return _opened_in(notebook, course, colab)


def personal(notebook: nbformat.NotebookNode, course: Course, lesson: str, student: str, draw: Draw) -> str:
    """The text of one student's notebook: the blank one with their own data, and how it is handed in."""
    notebook = deepcopy(notebook)
    settings = {"data": course.week(lesson).data, "seed": draw.seed, "student": student}
    for cell in notebook.cells:
        if "parameters" in lessons.tags(cell):
            cell.source = told(cell.source, settings)
    return _addressed(notebook, course, lesson, draw, "data=data, seed=seed")


def sat(found: Exam, course: Course, student: str, draw: Draw, colab: bool = False) -> dict[str, str]:
    """The files of one student's exam: the notebook that only notes, and the data beside it."""
    frames = {reads(one): frame for one, frame in draw.choices["tables"].items()}
    cells = [_front(found, course, student), _code("imports", "import crmlab as crm")]
    cells += [_code(f"open-{table}", _opening(table, frame)) for table, frame in frames.items()]
    cells.append(_code("lab", f'lab = crm.lesson("{found.lesson}", {CALLED[tables.provenance(draw.table)["table"]]}, '
                              f"student={_quoted(student)}, practice=False)"))
    for name in found.words:
        cells += _question(found, name, draw, student)
    notebook = new_notebook(cells=cells + _last(course, found.lesson), metadata=lessons.every()[0].notebook.metadata)
    files = {f"{table}.csv": exams.written(frame) for table, frame in frames.items()}
    data = _quoted(", ".join(files))
    text = _addressed(_opened_in(notebook, course, colab), course, found.lesson, draw, f"data={data}")
    return {f"{found.lesson}.ipynb": text, **files}


def told(source: str, values: Mapping) -> str:
    """The cell of the parameters with other values; what it does not have is left out, and comments keep their place.

    >>> told('data: str = "mobi"    # a name\\nseed: int = 1', {"data": "world:survey", "seed": 7, "n": 3})
    'data: str = "world:survey"  # a name\\nseed: int = 7'
    """
    lines = source.split("\n")
    for node in ast.parse(source).body:
        if isinstance(node, ast.AnnAssign) and node.target.id in values:
            line, new = lines[node.lineno - 1].encode(), _quoted(values[node.target.id])
            rest = line[node.value.end_col_offset:].decode()
            gap = len(rest) - len(rest.lstrip()) - len(new) + node.value.end_col_offset - node.value.col_offset
            rest = rest and " " * max(2, gap) + rest.lstrip()
            lines[node.lineno - 1] = f"{line[:node.value.col_offset].decode()}{new}{rest}"
    return "\n".join(lines)


# ---- cells ------------------------------------------------------------------------------------------------


def _code(id: str, source: str, hidden: bool = False, **more):
    metadata = {"jupyter": {"source_hidden": True}} if hidden else {}
    return new_code_cell(source, id=id, metadata=metadata | more)


def _quoted(value) -> str:
    """A text or a number as Python reads it."""
    return json.dumps(value, ensure_ascii=False)


def _last(course: Course, lesson: str) -> list:
    due, earned = course.week(lesson).due, course.week(lesson).earned
    words = ("## Hand in\n\nRun this cell last. It writes your answers to `answers.json` beside this notebook, and says what "
             "is still open. Then save the notebook, and upload one of the two where your course collects it"
             + (f", until {day(due)}." if due else ".") + f" {TOLD[earned]}" * (earned in TOLD))
    return [new_markdown_cell(words, id="hand-in"), _code("submit", "lab.submit()")]


def _addressed(notebook: nbformat.NotebookNode, course: Course, lesson: str, draw: Draw, settings: str) -> str:
    """The text of the notebook, with the course and the attempt in its last cell and in its metadata."""
    who = {"course": course.id, "run": course.run, "attempt": draw.attempt}
    if notebook.cells[-1].id == "submit":
        words = ", ".join(f"{name}={_quoted(value)}" for name, value in who.items())
        notebook.cells[-1].source = f"lab.submit({words}, {settings})"
    notebook.metadata["crmlab"] = who | {"lesson": lesson, "kind": course.week(lesson).kind}
    return nbformat.writes(notebook) + "\n"


def _opened_in(notebook: nbformat.NotebookNode, course: Course, colab: bool) -> nbformat.NotebookNode:
    """The notebook; for Colab with the cell that installs crmlab."""
    if colab:
        wheel = course.wheel or f"crmlab-{version('crmlab')}-py3-none-any.whl"
        notebook.cells.insert(1, _code("install", f"%pip install -q {wheel}"))
    return notebook


def _front(found: Exam, course: Course, student: str):
    most = sum(map(found.worth, found.ids()))
    return new_markdown_cell(
        f"# {course.name}: {found.lesson}\n\nFor {student}. {counted(len(found.ids()), 'question')}, "
        f"{counted(most, 'point')}. The data are yours alone; they lie beside this notebook. Nothing is checked here: "
        "put your answer in place of the dots, and run the cell. You may change an answer as often as you like.",
        id="front")


def _opening(table: str, frame) -> str:
    scale = exams.scale(frame)
    named = CALLED[table]
    lines = [f'{named} = crm.open_table("{table}", "{table}.csv"' + (f', scale="{scale}")' if scale else ")")]
    return "\n".join(lines + ([f"scores = crm.score({named})"] if scale else []))


def _question(found: Exam, name: str, draw: Draw, student: str) -> list:
    """A question in the student's own version, and the cell that notes the answer."""
    one, words = f"{found.lesson}.{name}", found.words[name]
    posed = found.asked(draw.desk, student)[name] if name in found.functions else None
    look = ", ".join(f"{key}={_quoted(value)}" for key, value in form(words, posed).items())
    asked, table = words.question, ""
    if posed:
        asked = posed.question.replace("\n", "\n\n")
        table = "" if posed.shows is None else f"\n\n{posed.shows.to_html(index=False, border=0)}"
        if words.options and not any(words.options.values()):
            asked += f" The words are {listed(words.options, 12)}."
    elif words.most_words:
        asked += f" At most {words.most_words} words, in quotation marks."
    return [new_markdown_cell(f"**{name}** ({counted(found.worth(one), 'point')})\n\n{asked}{table}", id=f"{name}-asked"),
            _code(f"{name}-answer", f'answer = ...\nlab.note("{one}", answer, {look})')]
