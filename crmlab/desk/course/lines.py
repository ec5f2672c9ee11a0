"""A lesson's own lines, run again with other parameters: the table that a student will open, without a notebook."""

import ast
from functools import lru_cache
from types import CodeType

import pandas as pd

from crmlab.desk import lessons, params
from crmlab.sources.worlds import HOLDS


@lru_cache
def reads(lesson: str) -> str:
    """The canonical table that a lesson reads, as in survey, or nothing."""
    return lessons.find(lesson).table


def world(lesson: str) -> str:
    """The simulated world that a lesson reads, as in world:survey; nothing where it reads no table."""
    return next((f"world:{name}" for name, held in HOLDS.items() if held == reads(lesson)), "")


def opened(lesson: str, **told) -> tuple[pd.DataFrame, dict]:
    """The table that a lesson opens with these parameters, and its further choices for the exercises."""
    known, lines, table, choices = _lines(lesson)
    names = params.bind(lesson, known, {name: value for name, value in told.items() if name in known})
    exec(lines, names)  # the lesson's own lines, from this package
    return eval(table, names), {name: eval(line, names) for name, line in choices.items()}


@lru_cache
def _lines(lesson: str) -> tuple[dict, CodeType, CodeType, dict[str, CodeType]]:
    """The parameters of a lesson, the lines that make its table, and what `crm.lesson` is given: table and rest."""
    found = lessons.find(lesson)
    cells = [cell for cell in found.notebook.cells
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
    return (found.parameters, compile(ast.Module(kept, []), lesson, "exec"), _compiled(table),
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
