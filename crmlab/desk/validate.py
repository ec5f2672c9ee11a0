"""A file on the bench: all that is wrong in it, what each lesson can do with it, and what is private."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from pandas.api.types import is_datetime64_any_dtype, is_numeric_dtype

from crmlab.desk import rehearsal
from crmlab.frame.errors import CrmlabError, counted, listed
from crmlab.frame.result import LeftOut
from crmlab.frame.schema import sight
from crmlab.measures import scales, tables
from crmlab.sources import money, opening

RECOGNISED = {
    "transactions": "The file was taken as a log of purchases, since it names a customer, a date and an amount: if that is "
                    "not so, say table='survey'.",
    "dyads": "The file was taken as a table of relations (dyads), since it counts orders: if that is not so, say "
             "table='survey'."}
MOST_GROUPS = 12
FEW_ROWS = 5
EARNED = ("margin", "profit", "deckungsbeitrag", "gewinn", "marge", "contribution", "earned")  # often called so
MOST_NUMBERS = 6  # of more different numbers than these, groups are made at the median


@dataclass(frozen=True, eq=False)
class Checked:
    """What a check found: problems that stop the reading, notes, abilities and private columns."""

    file: str
    problems: tuple[CrmlabError, ...]
    notes: tuple[str, ...] = ()
    abilities: tuple[str, ...] = ()
    private: tuple[str, ...] = ()
    files: tuple[str, ...] = ()

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
        for title, part in (("Notes", self.notes), ("Files", self.files), ("Lessons", self.abilities), ("Privacy", self.private)):
            lines += ["", f"{title}:"] * bool(part) + [f"- {line}" for line in part]
        return "\n".join([head, *lines])


def validate(path: str | Path, table: str | None = None, **open_options) -> Checked:
    """Every problem of a file at once; the options are those of ``open_table``.

    Without a table the columns tell: a customer, a date and an amount make a log, orders a table of relations,
    anything else a survey.

    >>> print(validate("answers.pdf").text().split("\\n")[0])
    answers.pdf cannot be used yet: 1 problem.
    """
    try:
        taken = table or opening.recognised(path, open_options.get("columns"))
        frame, problems = opening.examined(taken, path, **open_options)
    except CrmlabError as fatal:
        return Checked(Path(path).name, (fatal,))
    able = () if problems else tuple(_abilities(frame))
    notes = _notes(frame) + ([RECOGNISED[taken]] if not table and taken in RECOGNISED else [])
    files = tables.provenance(frame).get("files", ())
    return Checked(Path(path).name, tuple(problems), tuple(notes), able, tuple(_private(frame)), tuple(files))


def decided(source: dict) -> list[str]:
    """What was dropped, left out or assumed on the way to the table, a sentence each."""
    lines = []
    for part in source.get("dropped", []):
        unit = part.get("unit", "row")
        lines.append(f"{counted(part['count'], unit)} dropped, {part['reason']}: {_rows(part, unit)}.")
    return lines + source.get("notes", [])


def _rows(part: dict, unit: str) -> str:
    """The rows of those dropped; of very many only the first are recorded."""
    shown = [*part["rows"][:FEW_ROWS], *[""] * (part["count"] - len(part["rows"][:FEW_ROWS]))]
    return f"{unit if part['count'] == 1 else unit + 's'} {listed(shown, FEW_ROWS, quote=False)}"


def _notes(frame: pd.DataFrame) -> list[str]:
    source = tables.provenance(frame)
    read = counted(source["rows_read"], "row")
    own = len(frame.columns) - (opening.NUMBERED in source["notes"])
    return [f"{source['rows_kept']:,} of {read} kept, {counted(own, 'column')}.", *decided(source)]


def _abilities(frame: pd.DataFrame) -> list[str]:
    constructs = tables.provenance(frame)["constructs"]
    table = tables.provenance(frame)["table"]
    if table == "dyads":
        return _relations(frame) + ([_loyalty(frame)[0]] if {"satisfaction", "loyalty"} <= set(constructs) else [])
    if table == "transactions":
        return _portfolio(frame)
    if table == "assessments":
        return _assessed(frame)
    weight = ["Each customer counts with the number in column 'weight'."] if "weight" in frame else []
    return _loyalty(frame) + [_groups(frame, constructs), *weight, _cluster(frame), _behaviour(frame)]


def _loyalty(frame: pd.DataFrame) -> list[str]:
    try:
        needed = tables.needs(frame, "satisfaction", "loyalty")
        list(rehearsal.loyalty(frame))
    except CrmlabError as lacking:
        return [f"loyalty: cannot be run. {lacking}"]
    items = [f"{counted(len(spec['items']), 'item')} for {name}" for name, spec in needed.items()]
    return [f"loyalty: can be run, with {listed(items, quote=False)}.",
            *(f"loyalty: '{name}' has one item only, so nothing can be said about its reliability."
              for name, spec in needed.items() if len(spec["items"]) == 1)]


def _relations(dyads: pd.DataFrame) -> list[str]:
    """What the lesson on relationships makes of them."""
    try:
        (_, ladder), *steps = rehearsal.relationships(dyads)
    except CrmlabError as lacking:
        return [f"relationships: cannot be run. {lacking}"]
    lacking = [name for name in ("trust", "commitment", "recommend", "orders") if name not in scales.score(dyads)]
    claims = [f"Not every claim can be tested: they also need {listed(lacking, quote=False)}."] if lacking else []
    return [f"relationships: the ladder can be drawn up to {ladder.top}.",
            *(f"{name}: {rehearsal.outcome(result)}" for name, result in steps), *claims]


def _portfolio(log: pd.DataFrame) -> list[str]:
    """What the lesson on customer portfolios can do with a log."""
    try:
        steps = list(rehearsal.portfolio(log))
    except CrmlabError as lacking:
        return [f"portfolio: cannot be run. {lacking}"]
    days = log.loc[log["amount"] >= 0, ["customer_id", "date"]].drop_duplicates()
    lines = [f"portfolio: can be run, with {counted(len(days), 'purchase')} of {counted(days['customer_id'].nunique(), 'customer')} "
             f"over {counted((log['date'].max() - log['date'].min()).days + 1, 'day')}.",
             *(f"{name}: {rehearsal.outcome(result)}" for name, result in steps if isinstance(result, LeftOut))]
    if "margin" in log:
        return [*lines, "Profit can be told from revenue by column 'margin'."]
    near = next((name for name in log if any(word in name.casefold() for word in EARNED) and is_numeric_dtype(log[name])
                 and not money.SHARE.search(name)), "")
    hint = f" If '{near}' is that, say columns={{'{near}': 'margin'}}." if near else ""
    return [*lines, f"No column 'margin': value is what was paid, not what was earned.{hint}"]


def _assessed(frame: pd.DataFrame) -> list[str]:
    try:
        list(rehearsal.qci(frame))
    except CrmlabError as lacking:
        return [f"qci: cannot be run. {lacking}"]
    firms, most = frame["firm"].nunique(), frame.groupby("firm")["rater"].nunique().max()
    lines = [f"{counted(firms, 'firm')} can be assessed.",
             f"Agreement can be shown: there are up to {most} raters of a firm." if most > 1 else
             "One rater for each firm: nothing can be said about agreement.",
             "Reality of 3 or 4 without evidence will count as 2." if "evidence" in frame else
             "No column 'evidence': what is claimed will count as it is claimed."]
    if "arm" in frame:
        read = frame.groupby("rater")["arm"].first().value_counts()
        lines.append(f"The two copies of the case were read by {listed(sorted(read), quote=False)}.")
    return [f"qci: {line}" for line in lines]


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
    unit, word = tables.units(frame)
    if word == "customer" and unit is not None:
        return (f"{counted(len(frame), 'row')} of {counted(len(np.unique(unit)), 'customer')}: the answers of one customer "
                "are kept together, in intervals and verdicts.")
    if "cluster" not in frame:
        return "No column 'cluster': the customers are taken as independent of each other."
    crossed = (frame.groupby("customer_id")["cluster"].nunique() > 1).sum() if "customer_id" in frame else 0
    split = (f" {counted(int(crossed), 'customer')} {'stands' if crossed == 1 else 'stand'} in more than one of them and "
             "will count as somebody else in each; leave the column out to keep each customer's answers together.")
    return (f"Intervals will respect the {counted(frame['cluster'].nunique(), 'cluster')} of column 'cluster'."
            + split * bool(crossed))


def _behaviour(frame: pd.DataFrame) -> str:
    if "behaviour" not in frame:
        return "No column 'behaviour': what the customers did later cannot be set against what they said."
    return "What the customers did later (column 'behaviour') can be set against what they said."


def _private(frame: pd.DataFrame) -> list[str]:
    """A line for each column that may tell who a customer is."""
    lines = []
    for name in frame:
        if not is_datetime64_any_dtype(frame[name]):
            filled = frame[name].dropna()
            words = filled if is_numeric_dtype(filled) else pd.Series(filled.astype(str).unique(), dtype=object)
            seen = sight(name, words)
            if seen:
                lines.append(f"Column '{name}' looks like {seen}: leave it out with '-' in columns before "
                             "you share anything.")
    return lines
