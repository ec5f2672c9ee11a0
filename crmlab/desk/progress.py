"""What a student did in a lesson so far, kept while the notebook is open, so that a cell may be run again."""

import json
import os
import sys
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from crmlab.desk.course import answers
from crmlab.desk.exercises.books import normal
from crmlab.frame import places
from crmlab.frame.errors import counted, listed


@dataclass
class Progress:
    """What became of one exercise so far."""

    code: str = "todo"
    first: str = ""
    tries: int = 0
    hints: int = 0
    solution_seen: bool = False
    answer: Any = None

    @property
    def begun(self) -> bool:
        return self != Progress()


@dataclass
class State:
    """The answers and the guesses of one student in one lesson: plain values, one object."""

    exercises: dict[str, Progress] = field(default_factory=dict)
    guesses: dict[str, tuple[float, float]] = field(default_factory=dict)

    def said(self) -> str:
        """What there is, in words, or nothing.

        >>> State({"a": Progress(code="right"), "b": Progress(hints=1)}, {"c": (0.2, 0.5)}).said()
        '1 answer, 1 guess and hints'
        """
        answered = sum(one.code != "todo" for one in self.exercises.values())
        hints = any(one.hints or one.solution_seen for one in self.exercises.values())
        parts = [counted(answered, "answer") if answered else "",
                 counted(len(self.guesses), "guess", "guesses") if self.guesses else "", "hints" if hints else ""]
        return listed(filter(None, parts), quote=False)


_OPEN: dict[tuple, State] = {}  # of this kernel, by notebook, lesson, student, data and settings


def state(lesson: str, student: str | None, table: pd.DataFrame | None, practice: bool, choices: dict) -> State:
    """The state of a lesson: in an open notebook the one that is there already, and a line that says so.

    Other data or other settings have other right answers, so they begin afresh.
    """
    ipython = sys.modules.get("IPython")
    if places.running() or ipython is None or ipython.get_ipython() is None:
        return State()
    whose = (os.environ.get("JPY_SESSION_NAME", ""), lesson, normal(student), practice)
    data = "" if table is None else answers.fingerprint(table)
    key = (*whose, data, json.dumps(answers.shareable(choices), sort_keys=True, default=str))
    there = _OPEN.setdefault(key, State())
    if there.said():
        print(f"Kept from before: {there.said()}.")
    elif any(other[:len(whose)] == whose and old.said() for other, old in _OPEN.items()):
        print("Other data or settings than before, so the answers begin afresh. With the earlier ones the earlier "
              "answers come back.")
    return there
