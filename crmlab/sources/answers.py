"""The cells of a filled form: read kindly where they can mean one thing only, named where they cannot."""

import re
from datetime import date, time, timedelta
from typing import NamedTuple

import numpy as np
import pandas as pd

from crmlab.frame import schema
from crmlab.frame.errors import CrmlabError, counted, did_you_mean, listed
from crmlab.measures import tables
from crmlab.measures.scorecard.form import KEYS, PRACTICES
from crmlab.measures.scorecard.scoring import WITHOUT, unshown

OWN = {column.name: column for column in tables.ASSESSMENTS.columns}
RATED = ("intention", "reality")
STEPS = (*RATED, "importance", "effort")
ANSWERS = (*STEPS, "applicable", "evidence")
YES = {"yes", "y", "ja", "j", "oui", "true", "wahr", "applicable", "applies"}
NO = {"no", "n", "nein", "non", "false", "falsch"}
APART = {"n/a", "na", "n.a.", "n. a.", "not applicable", "entfällt"}
DATES = (25_000, 75_000)  # days since 1900: what a spreadsheet makes of 2/3 in a plain cell
PERCENT = re.compile(r"[\d.,]+\s*%")
SPAN = re.compile(r"\d\s*(?:-|–|/|,|;|to|bis|or|oder)\s*\d")
BROKEN = re.compile(r"#[A-Z]+[A-Z0-9/]*[!?]?")  # what a cell shows instead of a result
STATEMENTS = {practice.practice: practice.statement for practice in PRACTICES}
NO_RESULT = {True: "holds a formula without a result.", False: "hold formulas without a result."}
MOST = 20  # cells or keys in one sentence


class Lost:
    """A formula whose result was never stored."""

    def __repr__(self) -> str:
        return "a formula without a stored result"


LOST = Lost()


class Page(NamedTuple):
    """The answers of one rater: the index carries the rows a person sees, ``letters`` the columns.

    ``who`` is how it is called in a sentence, ``title`` the sheet it stands on (empty in a csv); ``keys``
    are the practices it should have, or none where any will do.
    """

    title: str
    who: str
    frame: pd.DataFrame
    letters: dict
    keys: tuple = ()

    @property
    def touched(self) -> bool:
        """Whether anybody answered anything."""
        given = [schema.cleaned(self.frame[name].astype(object)) for name in ANSWERS if name in self.frame]
        return any(cells.notna().any() for cells in given)

    def at(self, *cells: tuple[str, int]) -> str:
        """Where the cells are, each given by its column and row."""
        names = listed([f"{self.letters[name]}{row}" for name, row in cells], MOST, quote=False)
        sheet = f"sheet '{self.title}', " if self.title else ""
        return f"{sheet}{'cell' if len(cells) == 1 else 'cells'} {names}"

    def error(self, cells: list[tuple[str, int]], said: str, found: str, remedy: str) -> CrmlabError:
        return CrmlabError(f"assessments: {self.at(*cells)} {said}", found, remedy)

    def note(self, cells: list[tuple[str, int]], one: str, more: str) -> list[str]:
        """A note on the cells, if there are any: what is said of one, and of more."""
        return [f"{sentence(self.at(*cells))} {one if len(cells) == 1 else more}"] if cells else []


def examined(page: Page) -> tuple[pd.DataFrame, list[CrmlabError], list[str]]:
    """The answers of a page in numbers and words, every problem with its cells, and what there is to note."""
    frame, problems, notes = _practices(page)
    page, typed = page._replace(frame=frame), frame.copy()
    for name in (name for name in STEPS if name in frame):
        typed[name], wrong = _steps(page, name)
        problems += wrong
    for name, how in (("applicable", _applies), ("evidence", _shown)):
        if name in frame:
            typed[name], wrong, said = how(page)
            problems, notes = problems + wrong, notes + said
    page = page._replace(frame=typed)
    wrong, said = _contradictions(page)
    notes += [*said, *_unfinished(page, frame), *_unshown(page), *_reworded(page)]
    return typed, problems + wrong, notes


def sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


# ---- the practices -----------------------------------------------------------------------------------------

def _practices(page: Page) -> tuple[pd.DataFrame, list[CrmlabError], list[str]]:
    """The rows of known practices; rows without a key are headings, unless somebody answered in them."""
    keys = page.frame["practice"].map(schema.word, na_action="ignore").astype(object)
    known, notes = page.keys or KEYS, []
    where = "form" if len(known) < len(KEYS) else "model"
    problems = [_keyless(page, row) for row in keys.index[keys.isna()] if _filled(page, row)]
    for row in keys.index[keys.notna() & ~keys.isin(known)]:
        problems.append(page.error([("practice", row)], f"reads '{keys[row]}'.",
                                   f"The {where} has no such practice.",
                                   did_you_mean(keys[row], known) or "Remove the row."))
    for key in keys[keys.isin(known) & keys.duplicated()].unique():
        rows = [("practice", row) for row in keys.index[keys == key]]
        problems.append(page.error(rows, f"{'both' if len(rows) == 2 else 'all'} read '{key}'.",
                                   "A rater answers a practice once.", "Remove the rows that are too many."))
    gone = [key for key in page.keys if key not in set(keys)]
    if gone:
        notes.append(f"{sentence(page.who)} has no row for {listed(gone, MOST, quote=False)}: "
                     "counted as not answered.")
    return page.frame[keys.isin(known) & ~keys.duplicated()].assign(practice=keys), problems, notes


def _filled(page: Page, row: int) -> list[str]:
    return [name for name in ANSWERS if name in page.frame and pd.notna(page.frame.at[row, name])]


def _keyless(page: Page, row: int) -> CrmlabError:
    cells = [f"{page.letters[name]}{row}" for name in _filled(page, row)]
    return page.error([("practice", row)], "is empty.",
                      f"Its row has an answer in {listed(cells, MOST, quote=False)}.",
                      "Write the key of the practice there, or empty the row.")


def _reworded(page: Page) -> list[str]:
    """Statements that are not those of their key; the key decides."""
    if "statement" not in page.frame:
        return []
    said = page.frame["statement"].dropna()
    keys = page.frame["practice"]
    rows = [("statement", row) for row in said.index if _bare(said[row]) != _bare(STATEMENTS[keys[row]])]
    followed = f"the key in column {page.letters['practice']} was followed."
    return page.note(rows, f"is not the statement of its practice: {followed}",
                     f"are not the statements of their practices: {followed}")


def _bare(text) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", str(text).casefold()))


# ---- steps -------------------------------------------------------------------------------------------------

def _steps(page: Page, name: str) -> tuple[pd.Series, list[CrmlabError]]:
    """A column of steps as numbers; what is none is missing, and a problem for each way to go wrong."""
    cells, own = page.frame[name], OWN[name]
    kinds = pd.Series([_kind(cell, own.low, own.high) for cell in cells], cells.index, dtype=object)
    typed = [np.nan if kind or pd.isna(cell) else schema.number(cell)
             for cell, kind in zip(cells, kinds, strict=True)]
    problems = [_amiss(page, name, kind, list(cells.index[kinds == kind]))
                for kind in dict.fromkeys(kinds) if kind]
    return pd.Series(typed, index=cells.index, dtype=float), problems


def _kind(cell, low: float, high: float) -> str:
    """How a cell fails to be a step, or nothing."""
    if cell is LOST:
        return "lost"
    if isinstance(cell, date | time | timedelta):
        return "date"
    if pd.isna(cell):
        return ""
    size, said = schema.number(cell), str(cell).casefold()
    if DATES[0] <= size <= DATES[1]:
        return "date"
    if size == size:
        return "beyond" if not low <= size <= high else "between" if size % 1 else ""
    if PERCENT.fullmatch(said):
        return "percent"
    return "span" if SPAN.fullmatch(said) else "apart" if said in APART else "word"


def _amiss(page: Page, name: str, kind: str, rows: list[int]) -> CrmlabError:
    """The three sentences for one kind of slip in one column."""
    own, what, one = OWN[name], name.capitalize(), len(rows) == 1
    words = dict.fromkeys(schema.word(cell) for cell in page.frame.loc[rows, name])
    whole, decide = f"a whole number, {own.range}", f"Decide for one: a whole number, {own.range}."
    read = f"{'reads' if one else 'read'} {listed(words)}."
    cell, it = ("the cell", "it") if one else ("the cells", "them")
    said, found, remedy = {
        "beyond": (read, f"{what} goes from {own.low:g} to {own.high:g}.",
                   f"Correct {cell}, or empty {it} if there is no answer."),
        "between": (read, "That lies between two steps.", decide),
        "span": (read, "Those are two steps.", decide),
        "percent": (read, "The steps are no percentages.", f"Write {whole}, and no percent sign."),
        "apart": (read, f"{what} takes {whole}.", f"Leave {it} empty, and write 'no' under Applicable."),
        "word": (read, f"{what} takes {whole}.", f"Write the number of the step, or leave {cell} empty."),
        "date": (read, "A spreadsheet makes a date of 2/3 or 2-3.", decide),
        "lost": (NO_RESULT[one], "Another program wrote it and did not compute it.",
                 "Write the number, or open the form in Excel or LibreOffice and save it again."),
    }[kind]
    return page.error([(name, row) for row in rows], said, found, remedy)


# ---- whether it applies, and what shows it -----------------------------------------------------------------

def _applies(page: Page) -> tuple[pd.Series, list[CrmlabError], list[str]]:
    """1 or 0; empty means that it applies, and other words than yes and no are named."""
    given = page.frame["applicable"]
    words = pd.Series([_plain(cell) for cell in given], index=given.index, dtype=object)
    known = {**dict.fromkeys((*YES, "1", ""), 1.0), **dict.fromkeys((*NO, *APART, "0"), 0.0)}
    problems, notes = [], []
    for word in dict.fromkeys(words):
        rows = [("applicable", row) for row in words.index[words == word]]
        verb = "reads" if len(rows) == 1 else "read"
        if word not in known:
            problems.append(page.error(rows, f"{verb} '{schema.word(given[rows[0][1]])}'.",
                                       "Applicable takes yes or no, and empty means yes.",
                                       "Write 'no' where the practice cannot apply, and nothing elsewhere."))
        elif word not in ("", "yes", "no", "1", "0"):
            said = f"'{word}': taken as {'yes' if known[word] else 'no'}."
            notes += page.note(rows, f"reads {said}", f"read {said}")
    return words.map(known).astype(float), problems, notes


def _plain(cell) -> str:
    return "" if cell is not LOST and pd.isna(cell) else schema.word(cell).casefold()


def _shown(page: Page) -> tuple[pd.Series, list[CrmlabError], list[str]]:
    """Evidence in words; what a spreadsheet took for a formula is lost."""
    cells = page.frame["evidence"]
    broken = [cell is LOST or isinstance(cell, str) and bool(BROKEN.fullmatch(cell)) for cell in cells]
    rows = [("evidence", row) for row in cells.index[broken]]
    problems = [page.error(rows, NO_RESULT[len(rows) == 1], "Evidence is read as text, and '=' begins a "
                           "formula.", "Begin with a word.")] if rows else []
    return cells.mask(broken).map(schema.word, na_action="ignore").astype(object), problems, []


def _contradictions(page: Page) -> tuple[list[CrmlabError], list[str]]:
    """Practices that do not apply and are rated: above 0 nobody can know which is meant."""
    problems, idle = [], []
    for row in page.frame.index[~_asked(page)]:
        rated = {name: page.frame.at[row, name] for name in RATED if pd.notna(page.frame.at[row, name])}
        if not any(rated.values()):
            idle += [(name, row) for name in rated]
            continue
        read = [f"{page.letters[name]}{row} reads {value:g}" for name, value in rated.items()]
        problems.append(page.error([("applicable", row)],
                                   f"says that {page.frame.at[row, 'practice']} does not apply.",
                                   f"{listed(read, quote=False)}.", "Empty the ratings, or write 'yes'."))
    left = "for practices that do not apply: left out, not counted as 0."
    return problems, page.note(idle, f"reads 0 {left}", f"read 0 {left}")


# ---- what is still to be said ------------------------------------------------------------------------------

def _asked(page: Page) -> pd.Series:
    """Which rows ask for an answer."""
    return page.frame.get("applicable", pd.Series(1.0, page.frame.index)) != 0


def _unfinished(page: Page, given: pd.DataFrame) -> list[str]:
    """Practices that apply and lack an answer stay; the scores leave them out, and the form says so."""
    asked = page.frame[_asked(page)]
    lacks = given.loc[asked.index, list(RATED)].isna()  # a slip is no empty cell
    half, none = lacks[lacks.sum(axis=1) == 1], asked.loc[lacks.all(axis=1), "practice"]
    cells = [(name, row) for row in half.index for name in RATED if half.at[row, name]]
    notes = page.note(cells, "is empty beside a rating: its practice will not be scored.",
                      "are empty beside a rating: their practices will not be scored.")
    if len(none):
        notes.append(f"{sentence(page.who)} leaves {len(none)} of {counted(len(asked), 'practice')} open: "
                     f"{listed(none, MOST, False)}.")
    return notes


def _unshown(page: Page) -> list[str]:
    """High reality without evidence counts as less: a rule, not an error, and named before it strikes."""
    if "evidence" not in page.frame:
        return []
    bare = unshown(page.frame) & _asked(page)
    claim = f"reality of 3 or 4 without evidence: {{}} as {WITHOUT}."
    return page.note([("reality", row) for row in page.frame.index[bare]],
                     f"claims {claim.format('it counts')}", f"claim {claim.format('they count')}")
