"""The hand-in: what `lab.submit()` writes beside the notebook and grading reads. Plain JSON, never code."""

import json
import math
import sys
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import sha256
from importlib.metadata import version
from numbers import Real
from pathlib import Path
from typing import Any

import pandas as pd
from pandas.api.types import is_numeric_dtype

from crmlab.desk.exercises.reply import Reply
from crmlab.frame import places
from crmlab.frame.errors import CrmlabError, counted, listed

FORMAT = "crmlab answers 1"
MIME = "application/vnd.crmlab.answers+json"
FILE = "answers.json"
LARGEST = 1_000_000  # bytes; a lesson with long texts needs some ten thousand
SAID = {"course": str, "run": str, "lesson": str, "attempt": int, "kind": str, "student": str, "settings": dict,
        "data_sha256": str, "exercises": dict, "guesses": dict}


@dataclass(frozen=True, eq=False, repr=False)
class Submitted(Reply):
    """What is shown of a hand-in: a few words for the student, and the hand-in itself for grading."""

    handed: dict = field(default_factory=dict)

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        return {MIME: self.handed, "text/html": self._repr_html_(), "text/plain": repr(self)}


def submitted(handed: dict, folder: Path) -> Submitted:
    """Write the hand-in into the folder, and say what is in it, what is open, and what to do next."""
    states = handed["exercises"]
    still, unread = ([one for one, state in states.items() if state["code"] == code] for code in ("todo", "kind"))
    opened = f"Still open: {listed(still, 20, quote=False)}." if still else "Nothing is open."
    if unread:
        opened += f" {len(unread)} cannot be read and earn{'s' * (len(unread) == 1)} nothing: "
        opened += f"{listed(unread, 20, quote=False)}."
    says = (f"{len(states) - len(still) - len(unread)} of {counted(len(states), 'exercise')} answered. {opened}\n"
            f"{_kept(folder, handed)} You may change answers and run this cell again: what you hand in last counts.")
    return Submitted("told", says, handed=handed)


def _kept(folder: Path, handed: dict) -> str:
    """Write the file, and say what to hand in; where nothing can be written, the notebook carries the answers."""
    try:
        file = places.write(_place(folder, handed), written(handed)).name
    except CrmlabError:
        return "No file could be written here. Save this notebook, which holds your answers, and hand it in."
    return f"Your answers are in `{file}`. Save this notebook, and hand in one of the two where your course collects it."


def _place(folder: Path, handed: dict) -> Path:
    """answers.json, unless the hand-in of another lesson or student lies there."""
    try:
        there = read((folder / FILE).read_bytes())
    except (OSError, CrmlabError):
        return folder / FILE
    same = all(there[part] == handed[part] for part in ("lesson", "student"))
    return folder / (FILE if same else f"answers-{handed['lesson']}.json")


def envelope(lesson: str, student: str, table: pd.DataFrame | None, exercises: dict, guesses: dict, *, course: str,
             run: str, attempt: int, kind: str, settings: dict) -> dict:
    """What a student hands in, as plain values; all of it but the answers is a claim."""
    return strict({
        "format": FORMAT, "course": course, "run": run, "lesson": lesson, "attempt": attempt, "kind": kind,
        "student": student, "settings": shareable(settings), "data_sha256": "" if table is None else fingerprint(table),
        "crmlab": version("crmlab"), "numpy": version("numpy"), "python": sys.version.split()[0],
        "exercises": exercises,
        "guesses": {one: {"low": low, "high": high} for one, (low, high) in guesses.items()}})


def shareable(settings: dict) -> dict:
    """Settings as plain values; of a table its fingerprint."""
    return {name: fingerprint(value) if isinstance(value, pd.DataFrame) else plain(value)
            for name, value in settings.items()}


def strict(value: Any) -> Any:
    """Values that every JSON reader understands: NaN and the infinities become words.

    >>> strict({"a": [1.5, float("nan"), float("-inf")]})
    {'a': [1.5, 'nan', '-inf']}
    """
    if isinstance(value, dict):
        return {str(key): strict(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [strict(part) for part in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def as_read(answer: Any, posed: Any = None) -> Any:
    """The answer in plain values, in the order asked for where it could be read; judged again, it is judged alike."""
    try:
        values = list(posed.words.reader().read(answer, posed.truth))
        return plain(values[0] if len(values) == 1 else values)
    except Exception:  # words, decisions, notes, and what cannot be read at all
        pass
    try:
        return plain(answer)
    except Exception:  # any object may be given, and even its name may be refused
        return type(answer).__name__


def plain(answer: Any, deep: int = 0) -> Any:
    """An answer as plain numbers, words and lists, short enough to keep; numbers with labels keep them.

    >>> plain(pd.Series({"CUSA1": 0.5, "CUSA2": 0.25})), plain(pd.Series([0.5]))
    ({'CUSA1': 0.5, 'CUSA2': 0.25}, [0.5])
    """
    if isinstance(answer, pd.DataFrame):
        answer = answer.iloc[:, 0] if answer.shape[1] == 1 else answer.stack().tolist()
    if isinstance(answer, pd.Series) and len(answer) > 1 and is_numeric_dtype(answer) and _labelled(answer):
        answer = answer.to_dict()
    if hasattr(answer, "tolist"):
        answer = answer.tolist()
    if isinstance(answer, dict) and deep < 3:
        return {str(key): plain(part, deep + 1) for key, part in list(answer.items())[:100]}
    if isinstance(answer, list | tuple) and deep < 3:
        return [plain(part, deep + 1) for part in answer[:100]]
    if answer is None or isinstance(answer, bool | float):
        return answer
    if isinstance(answer, Real | Decimal):
        return answer if isinstance(answer, int) and abs(answer) < 2**63 else _float(answer)
    return str(answer)[:2000]


def written(handed: dict) -> str:
    """The hand-in as the text of answers.json."""
    return json.dumps(handed, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def read(text: str | bytes) -> dict:
    """A hand-in from its text, with every part in its kind; nothing in it is believed, and nothing is run.

    Raises CrmlabError where it is no hand-in, too long, or a part of it is missing or of another kind.
    """
    if len(text) > LARGEST:
        raise _no_hand_in(f"It has {len(text):,} signs, and {LARGEST:,} are the most.")
    try:
        handed = json.loads(text, parse_constant=_not_strict)
    except (ValueError, RecursionError) as why:
        raise _no_hand_in(f"It is no JSON: {why}.") from None
    return checked(handed)


def checked(handed: Any) -> dict:
    """The hand-in itself, where every part of it is there and in its kind. Raises CrmlabError where not."""
    if not isinstance(handed, dict) or handed.get("format") != FORMAT:
        raise _no_hand_in(f"It does not begin with the format '{FORMAT}'.")
    for part, kind in SAID.items():
        if not isinstance(handed.get(part), kind) or isinstance(handed[part], bool):
            raise _no_hand_in(f"Its part '{part}' is missing, or no {_KINDS[kind]}.")
    for one, state in handed["exercises"].items():
        if not isinstance(state, dict) or "answer" not in state:
            raise _no_hand_in(f"Its exercise '{one}' has no answer.")
    return handed


def fingerprint(table: pd.DataFrame) -> str:
    """sha256 of a table's rows, the same with every version of pandas and on every machine.

    >>> fingerprint(pd.DataFrame({"a": [1, 2]}))[:12]
    'd4fa155a0784'
    """
    return sha256(table.to_csv(index=False, float_format="%.10g", lineterminator="\n").encode()).hexdigest()


def _labelled(answer: pd.Series) -> bool:
    return answer.index.is_unique and all(isinstance(label, str) for label in answer.index)


def _float(number: Real) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf


_KINDS = {str: "text", int: "whole number", dict: "table of names"}


def _not_strict(word: str):
    raise ValueError(f"{word} is no number of JSON")


def _no_hand_in(found: str) -> CrmlabError:
    return CrmlabError("This is no hand-in of crmlab.", found,
                       "Open the lesson, run its last cell again, and hand in the new answers.json.")
