"""The cells of a filled form: each is read kindly where it can mean one thing only, and named where it cannot."""

import re
from datetime import date, time, timedelta
from typing import NamedTuple

import numpy as np
import pandas as pd

from crmlab.frame import schema
from crmlab.frame.errors import CrmlabError, counted, did_you_mean, listed
from crmlab.measures import tables
from crmlab.measures.scorecard.form import KEYS, PRACTICES
from crmlab.measures.scorecard.scoring import NEEDS_EVIDENCE, NO_EVIDENCE

OWN = {column.name: column for column in tables.ASSESSMENTS.columns}
RATED = ("intention", "reality")
STEPS = (*RATED, "importance", "effort")
ANSWERS = (*STEPS, "applicable", "evidence")
YES = {"yes", "y", "ja", "j", "oui", "true", "wahr", "applicable", "applies"}
NO = {"no", "n", "nein", "non", "false", "falsch", "n/a", "na", "n.a.", "n. a.", "not applicable", "entfällt"}
PERCENT = re.compile(r"[\d.,]+\s*%")
SPAN = re.compile(r"\d\s*(?:-|–|/|,|;|to|bis|or|oder)\s*\d")
BROKEN = re.compile(r"#[A-Z]+[A-Z0-9/]*[!?]?")  # what a cell shows instead of a result
STATEMENTS = {practice.practice: practice.statement for practice in PRACTICES}
MOST = 20  # cells or keys in one sentence


class Lost:
    """A formula whose result was never stored."""

    def __repr__(self) -> str:
        return "a formula without a stored result"


LOST = Lost()


class Page(NamedTuple):
    """The answers of one rater: the index carries the rows a person sees, ``letters`` the columns.

    ``who`` is how it is called in a sentence, ``title`` the sheet it stands on (empty in a csv); ``keys`` are the
    practices it should have, or none where any will do.
    """

    title: str
    who: str
    frame: pd.DataFrame
    letters: dict
    keys: tuple = ()

    @property
    def touched(self) -> bool:
        """Whether anybody answered anything."""
        asked = self.frame[[name for name in ANSWERS if name in self.frame]]
        return bool(asked.apply(lambda cells: schema.cleaned(cells.astype(object)).notna()).to_numpy().any())

    def at(self, *cells: tuple[str, int]) -> str:
        """Where the cells are, each given by its column and row."""
        names = listed([f"{self.letters[name]}{row}" for name, row in cells], MOST, quote=False)
        return f"{f'sheet {self.title!r}, ' * bool(self.title)}{'cell' if len(cells) == 1 else 'cells'} {names}"


def examined(page: Page) -> tuple[pd.DataFrame, list[CrmlabError], list[str]]:
    """The answers of a page in numbers and words, every problem with its cells, and what there is to note."""
    frame, problems, notes = _practices(page)
    page = page._replace(frame=frame)
    typed = frame.copy()
    for name in (name for name in STEPS if name in frame):
        typed[name], more = _steps(page, name)
        problems += more
    if "applicable" in frame:
        typed["applicable"], more, said = _applies(page)
        problems, notes = problems + more, notes + said
    if "evidence" in frame:
        typed["evidence"], more = _evidence(page)
        problems += more
    page = page._replace(frame=typed)
    more, said = _contradictions(page)
    return typed, problems + more, [*notes, *said, *_unfinished(page, frame), *_unshown(page), *_reworded(page)]


def sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _error(page: Page, cells: list[tuple[str, int]], said: str, found: str, remedy: str) -> CrmlabError:
    return CrmlabError(f"assessments: {page.at(*cells)} {said}", found, remedy)


# ---- the practices -----------------------------------------------------------------------------------------

def _practices(page: Page) -> tuple[pd.DataFrame, list[CrmlabError], list[str]]:
    """The rows of known practices; rows without a key are headings, unless somebody answered in them."""
    keys = page.frame["practice"].map(schema.word, na_action="ignore")
    known, problems = page.keys or KEYS, []
    for row in page.frame.index[keys.isna()]:
        filled = [name for name in ANSWERS if name in page.frame and pd.notna(page.frame.at[row, name])]
        if filled:
            problems.append(_error(page, [("practice", row)], "is empty.",
                                   f"Its row has an answer in {listed([f'{page.letters[name]}{row}' for name in filled], 9, False)}.",
                                   "Write the key of the practice there, or empty the row."))
    for row in keys.index[keys.notna() & ~keys.isin(known)]:
        form = "form" if set(known) < set(KEYS) else "model"
        problems.append(_error(page, [("practice", row)], f"reads '{keys[row]}'.", f"The {form} has no such practice.",
                               did_you_mean(keys[row], known) or "Remove the row."))
    frame = page.frame[keys.isin(known)].assign(practice=keys)
    for key in keys[keys.isin(known) & keys.duplicated()].unique():
        rows = [("practice", row) for row in keys.index[keys == key]]
        problems.append(_error(page, rows, f"all read '{key}'." if len(rows) > 2 else f"both read '{key}'.",
                               "A rater answers a practice once.", "Remove the rows that are too many."))
    gone = [key for key in page.keys if key not in set(keys)]
    notes = [f"{sentence(page.who)} has no row for {listed(gone, MOST, False)}: counted as not answered."] if gone else []
    return frame[~frame["practice"].duplicated()], problems, notes


def _reworded(page: Page) -> list[str]:
    """Statements that are not those of their key; the key decides."""
    if "statement" not in page.frame:
        return []
    rows = [row for row, said, key in zip(page.frame.index, page.frame["statement"], page.frame["practice"], strict=True)
            if pd.notna(said) and _bare(said) != _bare(STATEMENTS[key])]
    if not rows:
        return []
    own = "not the statement of its practice" if len(rows) == 1 else "not the statements of their practices"
    return [f"{sentence(page.at(*[('statement', row) for row in rows]))}: {own}; the key in column "
            f"'{page.letters['practice']}' was followed."]


def _bare(text) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", str(text).casefold()))


# ---- steps -------------------------------------------------------------------------------------------------

def _steps(page: Page, name: str) -> tuple[pd.Series, list[CrmlabError]]:
    """A column of steps as numbers; what is none is missing, and a problem for each way to go wrong."""
    cells, own = page.frame[name], OWN[name]
    kinds = cells.map(lambda cell: _kind(cell, own.low, own.high)).astype(object)
    problems = [_amiss(page, name, kind, list(kinds.index[kinds == kind])) for kind in dict.fromkeys(kinds) if kind]
    typed = [np.nan if kind or pd.isna(cell) else schema.number(cell) for cell, kind in zip(cells, kinds, strict=True)]
    return pd.Series(typed, index=cells.index, dtype=float), problems


def _kind(cell, low: float, high: float) -> str:
    """How a cell fails to be a step, or nothing."""
    if cell is LOST:
        return "lost"
    if isinstance(cell, date | time | timedelta):
        return "date"
    if pd.isna(cell):
        return ""
    size = schema.number(cell)
    if size == size:
        return "" if size % 1 == 0 and low <= size <= high else "beyond" if not low <= size <= high else "between"
    word = str(cell).casefold()
    return ("percent" if PERCENT.fullmatch(word) else "span" if SPAN.fullmatch(word)
            else "apart" if word in NO - {"no", "n"} else "word")


def _amiss(page: Page, name: str, kind: str, rows: list[int]) -> CrmlabError:
    """The three sentences for one kind of slip in one column."""
    own, read = OWN[name], [schema.word(cell) for cell in page.frame.loc[rows, name]]
    whole = f"{name.capitalize()} takes a whole number, {own.range}."
    cell = "the cell" if len(rows) == 1 else "the cells"
    said = f"{'reads' if len(rows) == 1 else 'read'} {listed(dict.fromkeys(read))}."
    found, remedy = {
        "beyond": (f"{name.capitalize()} goes from {own.low:g} to {own.high:g}.",
                   f"Correct {cell}, or empty {cell} if there is no answer.".replace("empty the cells", "empty them")
                   .replace("empty the cell", "empty it")),
        "between": ("That lies between two steps.", f"Decide for one: a whole number, {own.range}."),
        "span": ("Those are two steps.", f"Decide for one: a whole number, {own.range}."),
        "percent": ("The steps are no percentages.", f"Write a whole number, {own.range}, and no percent sign."),
        "apart": (whole, "Leave it empty, and write 'no' under Applicable."),
        "word": (whole, f"Write the number of the step, or leave {cell} empty."),
        "date": ("Excel makes a date of 2/3 or 2-3.", f"Decide for one step: a whole number, {own.range}."),
        "lost": ("Another program wrote it and did not compute it.",
                 "Write the number, or open the form in Excel or LibreOffice and save it again."),
    }[kind]
    if kind == "lost":
        said = "holds a formula without a result." if len(rows) == 1 else "hold formulas without a result."
    if kind == "date":
        said = f"{'holds a date' if len(rows) == 1 else 'hold dates'}: {listed(dict.fromkeys(read), quote=False)}."
    return _error(page, [(name, row) for row in rows], said, found, remedy)


# ---- whether it applies, and what shows it -----------------------------------------------------------------

def _applies(page: Page) -> tuple[pd.Series, list[CrmlabError], list[str]]:
    """1 or 0; empty means that it applies, and other words than yes and no are named."""
    cells = page.frame["applicable"].map(lambda cell: "" if cell is not LOST and pd.isna(cell) else schema.word(cell).casefold())
    typed = cells.map(lambda word: 1.0 if word in YES | {"", "1"} else 0.0 if word in NO | {"0"} else np.nan).astype(float)
    problems, notes = [], []
    for word in dict.fromkeys(cells):
        rows = [("applicable", row) for row in cells.index[cells == word]]
        verb = "reads" if len(rows) == 1 else "read"
        if np.isnan(typed[rows[0][1]]):
            read = schema.word(page.frame.at[rows[0][1], "applicable"])
            problems.append(_error(page, rows, f"{verb} '{read}'.", "Applicable takes yes or no, and empty means yes.",
                                   "Write 'no' where the practice cannot apply, and nothing elsewhere."))
        elif word not in ("", "yes", "no", "1", "0"):
            notes.append(f"{sentence(page.at(*rows))} {verb} '{word}': taken as {'yes' if typed[rows[0][1]] else 'no'}.")
    return typed, problems, notes


def _evidence(page: Page) -> tuple[pd.Series, list[CrmlabError]]:
    cells = page.frame["evidence"]
    broken = cells.map(lambda cell: cell is LOST or isinstance(cell, str) and bool(BROKEN.fullmatch(cell))).astype(bool)
    typed = cells.mask(broken).map(schema.word, na_action="ignore").astype(object)
    if not broken.any():
        return typed, []
    rows = [("evidence", row) for row in cells.index[broken]]
    return typed, [_error(page, rows, "holds a formula without a result." if len(rows) == 1 else
                          "hold formulas without a result.", "Evidence is read as text, and '=' begins a formula.",
                          "Begin with a word.")]


def _contradictions(page: Page) -> tuple[list[CrmlabError], list[str]]:
    """Practices that do not apply and are rated: above 0 nobody can know which is meant."""
    if "applicable" not in page.frame:
        return [], []
    problems, idle = [], []
    for row in page.frame.index[page.frame["applicable"] == 0]:
        rated = {name: page.frame.at[row, name] for name in RATED if pd.notna(page.frame.at[row, name])}
        if not any(rated.values()):
            idle += [(name, row) for name in rated]
            continue
        read = [f"{page.letters[name]}{row} reads {value:g}" for name, value in rated.items()]
        problems.append(_error(page, [("applicable", row)], f"says that {page.frame.at[row, 'practice']} does not apply.",
                               f"{sentence(listed(read, quote=False))}.", "Empty the ratings, or write 'yes'."))
    verb = "reads" if len(idle) == 1 else "read"
    return problems, [f"{sentence(page.at(*idle))} {verb} 0 for practices that do not apply: left out, not counted as 0."
                      ] if idle else []


# ---- what is still to be said ------------------------------------------------------------------------------

def _unfinished(page: Page, given: pd.DataFrame) -> list[str]:
    """Practices that apply and lack an answer stay; the scores leave them out, and the form says so."""
    asked = page.frame[page.frame["applicable"] != 0] if "applicable" in page.frame else page.frame
    lacks = given.loc[asked.index, list(RATED)].isna()  # a slip is no empty cell
    half, none = lacks[lacks.sum(axis=1) == 1], asked.loc[lacks.all(axis=1), "practice"]
    notes = []
    if len(half):
        cells = [(name, row) for row in half.index for name in RATED if half.at[row, name]]
        is_ = "is empty beside a rating: its practice" if len(cells) == 1 else "are empty beside a rating: their practices"
        notes.append(f"{sentence(page.at(*cells))} {is_} will not be scored.")
    if len(none):
        notes.append(f"{sentence(page.who)} leaves {len(none)} of {counted(len(asked), 'practice')} open: "
                     f"{listed(none, MOST, False)}.")
    return notes


def _unshown(page: Page) -> list[str]:
    """High reality without evidence counts as less: a rule, not an error, and named before it strikes."""
    if "evidence" not in page.frame:
        return []
    words = page.frame["evidence"].map(lambda cell: "" if pd.isna(cell) else str(cell).strip().casefold())
    bare = (page.frame["reality"] >= NEEDS_EVIDENCE) & words.isin(["", *NO_EVIDENCE])
    if "applicable" in page.frame:
        bare &= page.frame["applicable"] != 0
    rows = [("reality", row) for row in page.frame.index[bare]]
    verb, it = ("claims", "it counts") if len(rows) == 1 else ("claim", "they count")
    return [f"{sentence(page.at(*rows))} {verb} reality of 3 or 4 without evidence: {it} as 2."] if rows else []
