"""Draws: what belongs to one student in one lesson or exam."""

from typing import Any, NamedTuple

import pandas as pd

from crmlab.desk.course.lines import opened
from crmlab.desk.course.plan import Course
from crmlab.desk.course.seeds import seed


class Draw(NamedTuple):
    """What one student works on; ``choices`` are what the exercises are given besides the table.

    ``desk`` is what the exercises look at (of a lesson with exercises), ``table`` of an exam the first one.
    """

    attempt: int
    seed: int
    table: pd.DataFrame
    choices: dict
    desk: Any


def personal(course: Course, lesson: str, student: str, attempt: int | None = None) -> Draw:
    """The student's own draw: the first in which no known mistake looks like the truth, or the one of that attempt.

    Public data are the same for all: of them there is one draw. Raises CrmlabError where no draw will do.
    """
    week, found, draws = course.week(lesson), course.book(lesson), {}
    secret = course.secret if week.kind == "exam" else None

    def desk(attempt: int) -> Any:
        number = seed(course.id, course.run, lesson, student, attempt, secret)
        if secret:
            tables = found.tables(number)
            table, choices = next(iter(tables.values())), {"tables": tables}
        else:
            table, choices = opened(lesson, data=week.data, seed=number)
        draws[attempt] = Draw(attempt, number, table, choices, found and found.desk(table, **choices))
        return draws[attempt].desk

    chosen = bool(found) and (secret or week.data.startswith("world:"))
    if attempt is None and chosen:
        attempt = found.settled(desk, student)
    else:
        desk(attempt or 0)
    return draws[attempt or 0]
