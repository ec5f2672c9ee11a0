"""Draws: the table that belongs to one student in one lesson, made by the lesson's own lines."""

import ast
from functools import lru_cache
from types import CodeType
from typing import NamedTuple

import pandas as pd

from crmlab.desk import lessons, params
from crmlab.desk.course.plan import Course
from crmlab.desk.course.seeds import seed
from crmlab.desk.exercises.books import book, settled


class Draw(NamedTuple):
    """What one student works on; ``choices`` are what the lesson gives its exercises besides the table."""

    attempt: int
    seed: int
    table: pd.DataFrame
    choices: dict


def personal(course: Course, lesson: str, student: str, attempt: int | None = None) -> Draw:
    """The student's own draw of a lesson: the first in which no known mistake looks like the truth, or the one told.

    Public data are the same for all: of them there is one draw. Raises CrmlabError where no draw will do.
    """
    data, draws = course.week(lesson).data, {}

    def table(attempt: int) -> pd.DataFrame:
        number = seed(course.id, course.run, lesson, student, attempt)
        draws[attempt] = Draw(attempt, number, *opened(lesson, data=data, seed=number))
        return draws[attempt].table

    if attempt is None and data.startswith("world:") and book(lesson):
        attempt, _ = settled(lesson, table, student, **opened(lesson)[1])
    else:
        table(attempt or 0)
    return draws[attempt or 0]


def opened(lesson: str, **told) -> tuple[pd.DataFrame, dict]:
    """The table that a lesson opens with these parameters, and its further choices for the exercises."""
    found = lessons.find(lesson)
    known = {name: value for name, value in told.items() if name in found.parameters}
    names = params.bind(lesson, found.parameters, known)
    lines, table, choices = _lines(lesson)
    exec(lines, names)  # the lesson's own lines, from this package
    return eval(table, names), {name: eval(line, names) for name, line in choices.items()}


@lru_cache
def _lines(lesson: str) -> tuple[CodeType, CodeType, dict[str, CodeType]]:
    """The lines of a lesson that make its table, and what `crm.lesson` is given: the table, and by name the rest."""
    cells = [cell for cell in lessons.find(lesson).notebook.cells
             if cell.cell_type == "code" and "parameters" not in lessons.tags(cell)]
    body = [node for cell in cells for node in ast.parse(cell.source).body]
    asked = next((node for node in body if _call(node, "lesson")), None)
    call = asked and _call(asked, "lesson")
    table = call.args[1] if call and len(call.args) > 1 else ast.Name(
        next(node for node in body if _call(node, "open_table")).targets[0].id, ast.Load(), lineno=1, col_offset=0)
    choices = {word.arg: word.value for word in (call.keywords if call else [])
               if word.arg not in ("student", "practice")}
    wanted, kept = {"crm"}.union(*map(_names, [table, *choices.values()])), []
    for node in reversed(body[:body.index(asked)] if asked else body):
        if _names(node, ast.Store) & wanted:
            kept.insert(0, node)
            wanted |= _names(node)
    return (compile(ast.Module(kept, []), lesson, "exec"), _compiled(table),
            {name: _compiled(value) for name, value in choices.items()})


def _compiled(value: ast.expr) -> CodeType:
    return compile(ast.Expression(value), "lesson", "eval")


def _call(node: ast.stmt, name: str) -> ast.Call | None:
    """The call of crm.name in a line."""
    return next((part for part in ast.walk(node) if isinstance(part, ast.Call)
                 and isinstance(part.func, ast.Attribute) and part.func.attr == name), None)


def _names(node: ast.AST, kind: type = ast.expr_context) -> set[str]:
    """The names in a line; those that it makes where ``kind`` is Store."""
    if isinstance(node, ast.Import):
        return {alias.asname or alias.name for alias in node.names}
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, kind)}
