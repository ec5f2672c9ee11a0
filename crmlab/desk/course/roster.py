"""The roster: who is in the course, from the file that the platform exports."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from crmlab.desk.exercises.books import normal
from crmlab.frame.cells import rows, word
from crmlab.frame.errors import CrmlabError, counted, did_you_mean, listed
from crmlab.sources import files

#: How Moodle, Canvas, Blackboard and people call a column, in English and German; the first one that is filled counts.
IDS = ("sis user id", "id", "student id", "id number", "id nummer", "matrikelnummer", "kennung", "username",
       "anmeldename", "sis login id", "email address", "e mail adresse", "e mail", "email")
NAMES = ("name", "full name", "student name", "student", "vollständiger name")
FIRST, LAST = ("first name", "vorname"), ("last name", "surname", "nachname")
GROUPS = ("group", "groups", "gruppe", "gruppen")  # a section is no group: its members do not hand in together
#: Other words that a platform knows a student by, and puts into the names of files.
KNOWN = (*IDS, "integration id", "identifier", "participant", "canvas id", "moodle id", "blackboard id")
NOBODY = ("points possible", "student, test", "test student")  # rows that Canvas adds
TEXTS = (".xls", ".txt", ".tsv")  # Blackboard gives its text files the ending .xls


class Student(NamedTuple):
    """One person: ``id`` as written in the roster, and ``known`` every normalised word a platform has for them."""

    id: str
    name: str = ""
    group: str = ""
    known: frozenset[str] = frozenset()


class Roster(NamedTuple):
    """The students in the order of the file; ``by`` is the column that their ids were taken from."""

    students: tuple[Student, ...]
    by: str = "id"

    def called(self, said: str) -> list[Student]:
        """Everybody whom the platform knows by this word: one, or nobody, or namesakes."""
        return [one for one in self.students if normal(said) in one.known]

    def student(self, id: str) -> Student:
        """The student with this id. Raises CrmlabError with the nearest id where there is none."""
        for one in self.students:
            if normal(one.id) == normal(id):
                return one
        raise CrmlabError(f"'{id}' is not in the roster.", f"It has {counted(len(self.students), 'student')}.",
                          did_you_mean(id, [one.id for one in self.students]) or "Look at the ids in it.")


def read(path: str | Path) -> Roster:
    """The roster in a csv (any delimiter and encoding), a Blackboard .xls, or an xlsx.

    Raises CrmlabError where no column has ids, where a student has none, and where two have the same.
    """
    frame = table(path)
    file = Path(path).name
    named = {" ".join(str(name).replace("_", " ").replace("-", " ").casefold().split()): name for name in frame}
    cells = frame.map(lambda cell: "" if pd.isna(cell) else word(cell).strip())
    names = _names(cells, named)
    real = ~names.str.casefold().str.startswith(NOBODY) & cells[[*named.values()]].ne("").any(axis=1)
    cells, names = cells[real], names[real]
    by = _ids(cells, named, file)
    _refuse(cells[by], by, file)
    groups = _first(cells, named, GROUPS)
    words = cells[[named[name] for name in KNOWN if name in named]].assign(name=names)
    known = [frozenset(_words(row)) for row in words.itertuples(index=False)]
    return Roster(tuple(map(Student, cells[by], names, groups, known)), by)


def table(path: str | Path) -> pd.DataFrame:
    path = Path(path)
    if path.suffix.lower() in TEXTS and path.is_file():
        raw = files.FORMATS[".csv"](path.read_bytes(), path, {"notes": []})[0]
        return files.named(raw, path.name)
    return files.named(files.read(path).frame, path.name)


def _names(cells: pd.DataFrame, named: dict) -> pd.Series:
    whole = _first(cells, named, NAMES)
    parts = (_first(cells, named, FIRST) + " " + _first(cells, named, LAST)).str.strip()
    return whole.where(whole != "", parts)


def _first(cells: pd.DataFrame, named: dict, words: Iterable[str]) -> pd.Series:
    """The first of these columns that the file has, or blanks."""
    return next((cells[named[one]] for one in words if one in named), pd.Series("", index=cells.index))


def _ids(cells: pd.DataFrame, named: dict, file: str) -> str:
    """The column that the students are known by: the first one that is filled, or filled best."""
    there = [named[one] for one in IDS if one in named]
    if not there:
        near = next((name for one, name in named.items() if did_you_mean(one, IDS)), None)
        raise CrmlabError(f"'{file}' has no column that tells the students apart.",
                          f"Its columns are {listed(cells, 30)}.",
                          f"Name the column {near!r} 'id'." if near else "Add a column 'id'.")
    if cells.empty:
        raise CrmlabError(f"'{file}' has no students.", "There is no row below the names of the columns.",
                          "Export it again.")
    return max(there, key=lambda name: (cells[name] != "").sum())


def _refuse(ids: pd.Series, by: str, file: str) -> None:
    """A student without an id, and two with the same, cannot be told apart."""
    if (ids == "").any():
        raise CrmlabError(f"'{file}' has students without an id.",
                          f"The column '{by}' is empty in {rows(ids, ids == '')}.", "Fill these cells.")
    again = ids.map(normal).duplicated(keep=False)
    if again.any():
        raise CrmlabError(f"'{file}' names a student twice.",
                          f"{listed(dict.fromkeys(ids[again]))} in '{by}': {rows(ids, again)}.",
                          "Remove the copies; capitals and blanks do not tell ids apart.")


def _words(row: Iterable[str]) -> set[str]:
    """What a platform may call this student: each word as it is, and Moodle's 'Participant 12' as '12' too."""
    said = {normal(one) for one in row if one}
    return said | {found[1] for one in said if (found := re.fullmatch(r"(?:participant|teilnehmer\S*?) *(\d+)", one))}
