"""Senders: who handed in, and when, by what the platform wrote into the names of its files and into its lists.

What an answer sheet says of its own author is a claim, and is not looked at here. Of the parts of a place the
outermost that a platform wrote counts: what lies within it the student has named.
"""

import datetime as dt
import io
import re
from pathlib import PurePosixPath
from typing import NamedTuple
from unicodedata import combining, normalize

import pandas as pd

from crmlab.desk.course.roster import Roster, Student
from crmlab.desk.exercises.books import normal

MOODLE = re.compile(r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_(?:file|onlinetext)(?:_.*)?")
CANVAS = re.compile(r"(?P<name>[^_]+)_(?P<late>LATE_)?(?P<id>\d+)_(?P<turn>\d+)_(?P<file>.+?)(?:-(?P<again>\d+))?\.\w+")
BLACKBOARD = re.compile(r".+?_(?P<id>.+)_attempt_(?P<sent>\d{4}(?:-\d\d){5})(?:[_.].*)?")
#: Columns of a platform's own list, in English and German.
WHEN = re.compile(r"last modified \(submission\)|zuletzt geändert \(abgabe\)|submi(ssion|tted)( at| date| time)?")
STATE = re.compile(r"late|status|verspätet|verspätung")
LATE = re.compile(r"\blate\b|verspät|^(yes|true|1|ja)$", re.IGNORECASE)


class Sender(NamedTuple):
    """What a file's name says: the words for the person, when it came, and whether the platform calls it late."""

    ids: tuple[str, ...] = ()
    name: str = ""
    late: bool = False
    sent: dt.datetime | None = None
    turn: tuple[int, int] = (0, 0)  # a later hand-in has a larger one

    @property
    def by_platform(self) -> bool:
        """Whether a platform named the file after who sent it; such a file is a student's."""
        return bool(self.name or self.sent)


def sender(place: str) -> Sender:
    """What the platform says about a file, by its place; of a file named by hand, every word of its name.

    >>> sender("hand-ins.zip!doejane_LATE_123_456_answers-1.json")
    Sender(ids=('123',), name='doejane', late=True, sent=None, turn=(456, 1))
    >>> sender("Jane Doe_777_assignsubmission_file_/answers.json").name
    'Jane Doe'
    >>> sender("Week 3_jdoe_attempt_2026-11-22-12-00-00_answers.json").sent.hour
    12
    """
    parts = PurePosixPath(place.replace("!", "/")).parts
    for part in parts:
        if found := MOODLE.fullmatch(part):
            return Sender((found["id"],), found["name"])
        if found := BLACKBOARD.fullmatch(part):
            words = found["id"].split("_")
            ids = tuple("_".join(words[at:]) for at in range(len(words)))
            return Sender(ids, sent=dt.datetime.strptime(found["sent"], "%Y-%m-%d-%H-%M-%S"))
        if found := CANVAS.fullmatch(part):
            return Sender((found["id"],), found["name"], bool(found["late"]),
                          turn=(int(found["turn"]), int(found["again"] or 0)))
    stems = [part.removesuffix(PurePosixPath(part).suffix) if part == parts[-1] or part.endswith(".zip") else part
             for part in parts]
    pieces = [word for stem in stems for word in (stem, *re.split(r"[_\s()]+", stem))]
    return Sender(tuple(dict.fromkeys(filter(None, pieces))))


def letters(name: str) -> str:
    """A name without blanks, marks and accents, as platforms write it into file names.

    >>> letters("Doé, Jane")
    'doejane'
    """
    plain = "".join(sign for sign in normalize("NFKD", name.casefold()) if not combining(sign))
    return "".join(sign for sign in plain if sign.isalnum())


class Register:
    """Finds the one student, or the one group, that a platform means."""

    def __init__(self, roster: Roster):
        self.roster, self._names, self._words = roster, {}, {}
        for one in roster.students:
            for word in {*one.known, normal(one.id)}:
                self._words.setdefault(word, []).append(one)
            for written in _orders(one.name):
                self._names.setdefault(written, []).append(one)
        self.groups = {}
        for one in roster.students:
            if one.group:
                self.groups.setdefault(normal(one.group), []).append(one)

    def find(self, who: Sender) -> tuple[list[Student], str]:
        """The student (of a group: all its members), or nobody and the reason."""
        by_id = _each(self._words.get(normal(word), []) for word in who.ids)
        by_name = _each([self._names.get(letters(who.name), [])]) if who.name else []
        both = [one for one in by_id if one in by_name]
        for found in (both, by_id + [one for one in by_name if one not in by_id]):
            if len(found) == 1:
                return found, ""
            if found:
                return [], f"Its name fits {' and '.join(one.id for one in found[:5])}: nobody can tell whose it is."
        group = next((self.groups[word] for word in map(normal, (who.name, *who.ids)) if word in self.groups), [])
        return (group, "") if group else ([], "Its name fits nobody in the roster.")


def _each(found) -> list[Student]:
    return list(dict.fromkeys(one for some in found for one in some))


def _orders(name: str) -> set[str]:
    """A name in the orders that platforms write it: first name first, and last name first."""
    last, _, first = name.partition(",")
    if not first:
        *before, last = name.split() or [""]
        first = " ".join(before)
    return {letters(first + last), letters(last + first)} - {""}


def times(text: bytes, register: Register) -> dict[str, tuple[dt.datetime | None, bool]] | None:
    """When whom sent, and who is late, from a list that the platform exports; None where it is no such list."""
    try:
        table = pd.read_csv(io.BytesIO(text), sep=None, engine="python", dtype=str, encoding="utf-8-sig").fillna("")
    except (ValueError, UnicodeDecodeError, pd.errors.ParserError):
        return None
    named = {name: normal(name) for name in table}
    when = next((name for name, word in named.items() if WHEN.fullmatch(word)), None)
    state = next((name for name, word in named.items() if STATE.fullmatch(word)), None)
    if when is None and state is None:
        return None
    sent = pd.to_datetime(table[when], errors="coerce", format="mixed") if when else pd.Series(pd.NaT, table.index)
    out = {}
    for at, row in table.iterrows():
        words = [cell for name, cell in row.items() if name not in (when, state) and cell]
        names = _each(register._names.get(letters(cell), []) for cell in words)
        found = _each(register._words.get(normal(cell), []) for cell in words) or names
        late = bool(state and LATE.search(row[state]))
        if len(found) == 1 and (late or sent[at] == sent[at]):
            moment = sent[at].to_pydatetime().replace(tzinfo=None) if sent[at] == sent[at] else None
            out[found[0].id] = (moment, late)
    return out or None
