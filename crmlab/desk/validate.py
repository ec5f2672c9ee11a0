"""A file on the bench: all that is wrong in it, what each lesson can do with it, and what is private."""

import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from pandas.api.types import is_numeric_dtype

from crmlab.frame.errors import CrmlabError, counted, listed
from crmlab.measures import tables
from crmlab.sources import opening

MOST_GROUPS = 12
LONG_ANSWER = 40  # signs; the name of a group is shorter
MAIL = r"[^@\s]+@[^@\s]+\.[^@\s]+"
PHONE = r"\+\d[\d\s()/.-]{6,}|0\d{2,}[\s/(-][\d\s/.-]{4,}"
NAMED = re.compile(r"(first|last|sur|full|family|user|customer|vor|nach|familien|kunden)?_?name", re.I)


@dataclass(frozen=True, eq=False)
class Checked:
    """What a check found: problems that stop the reading, notes, abilities and private columns."""

    file: str
    problems: tuple[CrmlabError, ...]
    notes: tuple[str, ...] = ()
    abilities: tuple[str, ...] = ()
    private: tuple[str, ...] = ()

    @property
    def fine(self) -> bool:
        return not self.problems

    def text(self) -> str:
        """The whole finding, a line for each thing."""
        if self.problems:
            head = f"{self.file} cannot be used yet: {counted(len(self.problems), 'problem')}."
            lines = [f"{number}. {problem}" for number, problem in enumerate(self.problems, 1)]
        else:
            head, lines = f"{self.file} can be read.", []
        for title, part in (("Notes", self.notes), ("Lessons", self.abilities), ("Privacy", self.private)):
            lines += ["", f"{title}:"] * bool(part) + [f"- {line}" for line in part]
        return "\n".join([head, *lines])


def validate(path: str | Path, table: str = "survey", **open_options) -> Checked:
    """Every problem of a file at once; the options are those of ``open_table``.

    >>> print(validate("answers.pdf").text().split("\\n")[0])
    answers.pdf cannot be used yet: 1 problem.
    """
    try:
        frame, problems = opening.examined(table, path, **open_options)
    except CrmlabError as fatal:
        return Checked(Path(path).name, (fatal,))
    able = () if problems else tuple(_abilities(frame))
    return Checked(Path(path).name, tuple(problems), tuple(_notes(frame)), able, tuple(_private(frame)))


def _notes(frame: pd.DataFrame) -> list[str]:
    source = tables.provenance(frame)
    read = counted(source["rows_read"], "row")
    lines = [f"{source['rows_kept']:,} of {read} kept, {len(frame.columns)} columns."]
    for part in source["dropped"]:
        rows = listed(part["rows"], quote=False)
        lines.append(f"{counted(part['count'], 'row')} dropped, {part['reason']}: {rows}.")
    return lines + source["notes"]


def _abilities(frame: pd.DataFrame) -> list[str]:
    constructs = tables.provenance(frame)["constructs"]
    try:
        needed = tables.needs(frame, "satisfaction", "loyalty")
        items = [f"{counted(len(spec['items']), 'item')} for {name}" for name, spec in needed.items()]
        lines = [f"loyalty: can be run, with {listed(items, quote=False)}."]
        lines += [f"loyalty: '{name}' has one item only, so nothing can be said about its reliability."
                  for name, spec in needed.items() if len(spec["items"]) == 1]
    except CrmlabError as lacking:
        lines = [f"loyalty: cannot be run. {lacking}"]
    return lines + [_groups(frame, constructs), _cluster(frame), _behaviour(frame)]


def _groups(frame: pd.DataFrame, constructs: dict) -> str:
    taken = {item for spec in constructs.values() for item in spec["items"]} | {"customer_id", *tables.ROLES}
    groups = [name for name in frame if name not in taken and 2 <= frame[name].nunique() <= MOST_GROUPS]
    if groups:
        return f"Groups can be compared by {listed(groups)}."
    return f"No groups can be compared: no further column has 2 to {MOST_GROUPS} different values."


def _cluster(frame: pd.DataFrame) -> str:
    if "cluster" not in frame:
        return "No column 'cluster': the customers are taken as independent of each other."
    return f"Intervals will respect the {counted(frame['cluster'].nunique(), 'cluster')} of column 'cluster'."


def _behaviour(frame: pd.DataFrame) -> str:
    if "behaviour" not in frame:
        return "No column 'behaviour': what the customers did later cannot be set against what they said."
    return "What the customers did later (column 'behaviour') can be set against what they said."


def _private(frame: pd.DataFrame) -> list[str]:
    """A line for each column that may tell who a customer is."""
    lines = []
    for name in frame:
        if not is_numeric_dtype(frame[name]):
            words = pd.Series(frame[name].dropna().astype(str).unique(), dtype=object)
            sight = _sight(name, words)
            if sight:
                lines.append(f"Column '{name}' looks like {sight}: leave it out with '-' in columns before "
                             "you share anything.")
    return lines


def _sight(name: str, words: pd.Series) -> str:
    """What the words look like; one address in a column is one too many."""
    if words.str.contains(MAIL).any():
        return "e-mail addresses"
    if words.str.fullmatch(PHONE).any():
        return "phone numbers"
    if NAMED.fullmatch(name):
        return "names of people"
    return "free text" if len(words) and words.str.len().max() > LONG_ANSWER else ""
