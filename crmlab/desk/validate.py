"""A file on the bench: all that is wrong in it, what each lesson can do with it, and what is private."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from pandas.api.types import is_numeric_dtype

from crmlab.frame.errors import CrmlabError, counted, listed
from crmlab.frame.schema import sight
from crmlab.measures import tables
from crmlab.sources import forms, opening

MOST_GROUPS = 12
MOST_NUMBERS = 6  # of more different numbers than these, groups are made at the median


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
    """Every problem of a file at once; the options are those of ``open_table``. A filled form is known as one.

    >>> print(validate("answers.pdf").text().split("\\n")[0])
    answers.pdf cannot be used yet: 1 problem.
    """
    try:
        if table == "survey" and forms.recognised(path):
            table = "assessments"
        frame, problems = opening.examined(table, path, **open_options)
    except CrmlabError as fatal:
        return Checked(Path(path).name, (fatal,))
    able = () if problems else tuple(_abilities(frame))
    return Checked(Path(path).name, tuple(problems), tuple(_notes(frame)), able, tuple(_private(frame)))


def decided(source: dict) -> list[str]:
    """What was dropped, left out or assumed on the way to the table, a sentence each."""
    lines = []
    for part in source.get("dropped", []):
        rows = f"{'row' if len(part['rows']) == 1 else 'rows'} {listed(part['rows'], quote=False)}"
        lines.append(f"{counted(part['count'], 'row')} dropped, {part['reason']}: {rows}.")
    return lines + source.get("notes", [])


def _notes(frame: pd.DataFrame) -> list[str]:
    source = tables.provenance(frame)
    read = counted(source["rows_read"], "row")
    own = len(frame.columns) - (opening.NUMBERED in source["notes"])
    return [f"{source['rows_kept']:,} of {read} kept, {counted(own, 'column')}.", *decided(source)]


def _abilities(frame: pd.DataFrame) -> list[str]:
    constructs = tables.provenance(frame)["constructs"]
    if tables.provenance(frame)["table"] == "dyads":
        return _ladder(frame, constructs)
    if tables.provenance(frame)["table"] == "assessments":
        return _assessed(frame)
    try:
        needed = tables.needs(frame, "satisfaction", "loyalty")
        items = [f"{counted(len(spec['items']), 'item')} for {name}" for name, spec in needed.items()]
        lines = [f"loyalty: can be run, with {listed(items, quote=False)}."]
        lines += [f"loyalty: '{name}' has one item only, so nothing can be said about its reliability."
                  for name, spec in needed.items() if len(spec["items"]) == 1]
    except CrmlabError as lacking:
        lines = [f"loyalty: cannot be run. {lacking}"]
    weight = ["Each customer counts with the number in column 'weight'."] if "weight" in frame else []
    return lines + [_groups(frame, constructs), *weight, _cluster(frame), _behaviour(frame)]


def _ladder(frame: pd.DataFrame, constructs: dict) -> list[str]:
    if "orders" not in frame:
        return ["relationships: the ladder cannot be drawn, there is no column 'orders'."]
    felt = [name for name in ("trust", "commitment") if name in constructs]
    top = (f"with attitude from {listed(felt, quote=False)}" if felt else
           "up to client: nobody was asked about trust or commitment")
    twice = "wave" in frame and frame["wave"].nunique() > 1
    return [f"relationships: the ladder can be drawn, {top}.",
            "Movement between the first and the last wave can be shown." if twice else
            "No column 'wave' with two dates: who moved cannot be seen."]


def _assessed(frame: pd.DataFrame) -> list[str]:
    firms, most = frame["firm"].nunique(), frame.groupby("firm")["rater"].nunique().max()
    return [f"qci: {counted(firms, 'firm')} can be assessed.",
            f"Agreement can be shown: there are up to {most} raters of a firm." if most > 1 else
            "One rater for each firm: nothing can be said about agreement.",
            "Reality of 3 or 4 without evidence will count as 2." if "evidence" in frame else
            "No column 'evidence': what is claimed will count as it is claimed."]


def _groups(frame: pd.DataFrame, constructs: dict) -> str:
    taken = {item for spec in constructs.values() for item in spec["items"]} | {"customer_id", *tables.ROLES}
    free = [name for name in frame if name not in taken and frame[name].nunique() > 1]
    sized = [name for name in free if is_numeric_dtype(frame[name]) and frame[name].nunique() > MOST_NUMBERS]
    groups = [name for name in free if name not in sized and frame[name].nunique() <= MOST_GROUPS]
    ways = [listed(groups)] * bool(groups) + [f"{listed(sized)}, split at the median"] * bool(sized)
    if ways:
        return f"Groups can be compared by {', and by '.join(ways)}."
    return ("No groups can be compared: no further column is a number or has "
            f"2 to {MOST_GROUPS} different values.")


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
            seen = sight(name, words)
            if seen:
                lines.append(f"Column '{name}' looks like {seen}: leave it out with '-' in columns before "
                             "you share anything.")
    return lines
