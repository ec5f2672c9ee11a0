"""What one should know of answers before believing them: tests, unfinished ones, people who answer twice."""

import re

import pandas as pd

from crmlab.frame.cells import cleaned, number, rows, word
from crmlab.frame.errors import counted, listed
from crmlab.measures import tables

TESTS = re.compile(r".*\b(preview|test|vorschau)\b.*|spam", re.IGNORECASE)
PREVIEW = "1"  # in the column Status of Qualtrics, where it exports numbers
WHO = re.compile(
    r"(respon(se|dent)|participant|teilnehmer|panel|customer|client|kunde\w*|user|member|token|case)[\W_]*"
    r"(id|nr|no|num|number|nummer|key|code|token)?|id|e?mail|e-mail|email ?address|recipient ?email",
    re.IGNORECASE,
)
WAVES = 4  # so often a panel is asked
YES, NO = "TRUE", "FALSE"


def flags(frame: pd.DataFrame, prov: dict) -> pd.DataFrame:
    """The frame with TRUE and FALSE read alike in each format: words, or 1 and 0 where numbers are asked for.

    >>> flags(pd.DataFrame({"paid": ["True", "false"]}), {"notes": [], "table": "survey"})["paid"].tolist()
    ['TRUE', 'FALSE']
    """
    sized = {column.name for column in tables.TABLES[prov["table"]].columns if column.kind == "number"}
    for name in frame:
        words = frame[name].map(lambda cell: word(cell).strip().upper(), na_action="ignore").astype(object)
        if not words.isin([YES, NO]).any() or not words.dropna().isin([YES, NO, ""]).all():
            continue
        said = (
            f"In '{name}' TRUE was read as 1 and FALSE as 0."
            if name in sized
            else (f"Column '{name}' holds TRUE and FALSE: kept as words.")
        )
        prov["notes"] += [said] * (said not in prov["notes"])
        frame = frame.assign(**{name: words.map({YES: 1, NO: 0}) if name in sized else words})
    return frame


def unfinished(frame: pd.DataFrame) -> list[str]:
    """Rows of a survey tool that are no customer's whole answers, a sentence each: tests, and answers broken off."""
    own = {re.sub(r"[\W_]", "", name).casefold(): name for name in frame}
    notes = []
    for key in ("status", "distributionchannel"):
        if key in own and not notes:
            said = cleaned(frame[own[key]]).map(word, na_action="ignore").astype(object)
            numbered = key == "status" and {"responseid", "progress"} & set(own)
            tests = (
                said.fillna("")
                .astype(str)
                .map(lambda one: bool(TESTS.fullmatch(one)) or numbered and one == PREVIEW)
                .astype(bool)
            )
            notes += _told(frame[own[key]], tests, "previews and tests, no customers")
    broken = {
        "finished": lambda cell: word(cell).casefold() in ("false", "0", "no"),
        "progress": lambda cell: number(cell) < 100,
    }
    for key, how in broken.items():
        if key in own and len([note for note in notes if "unfinished" in note]) == 0:
            notes += _told(
                frame[own[key]],
                frame[own[key]].map(how, na_action="ignore").eq(True),
                "answers that were left unfinished",
            )
    for key in ("submitdate", "datesubmitted"):
        if key in own:
            notes += _told(frame[own[key]], cleaned(frame[own[key]]).isna(), "answers that were left unfinished")
    return notes


def _told(cells: pd.Series, where: pd.Series, what: str) -> list[str]:
    if not where.any():
        return []
    words = [word(cell) for cell in cells[where].dropna().unique() if str(cell).strip()]
    reads = (
        f"{'reads' if where.sum() == 1 else 'read'} {listed(words)}"
        if words
        else f"{'is' if where.sum() == 1 else 'are'} empty"
    )
    return [
        f"In '{cells.name}' {counted(int(where.sum()), 'cell')} {reads}: {what}. They count like the others; if they "
        f"should not, delete {rows(cells, where)} of the file."
    ]


def twice(frame: pd.DataFrame) -> list[str]:
    """A note where nobody said who answers, and a column that seems to tell it names some more than once."""
    if "customer_id" in frame:
        return []
    for name in frame:
        cells = cleaned(frame[name]).map(word, na_action="ignore").astype(object)
        given = cells.dropna()
        again = cells.duplicated(keep=False) & cells.notna()
        if WHO.fullmatch(name) and again.any() and given.nunique() >= len(given) / WAVES:
            return [
                f"In '{name}' {counted(int(cells[again].nunique()), 'value stands', 'values stand')} in more "
                f"than one row ({rows(frame, again)}), and the rows were taken as different customers: if it tells who answered, say columns={ {name: 'customer_id'} }."
            ]
    return []
