"""The rubric: answers in words, without names, in a sheet to fill in, and read back with points and comments."""

import tomllib
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from openpyxl import Workbook
from openpyxl.styles import Alignment

from crmlab.desk.course.marking import Paper
from crmlab.desk.course.plan import Course
from crmlab.desk.exercises.books import Book
from crmlab.desk.paper import INK, WHITE, filled, printed, put, underlined
from crmlab.frame.cells import number
from crmlab.frame.errors import CrmlabError, counted, listed

BANK = Path(__file__).parent / "rubric.toml"
FIXED = ["id", "exercise", "text"]
TEXT = Alignment(vertical="top", wrap_text=True)
WORDS = ("because", "would_change_if")  # of a decision


class Judged(NamedTuple):
    """What a person said of one text: points, the most there are, and sentences for the student."""

    points: float
    most: float
    comments: list[str]


def texts(papers: Mapping[str, Paper], book: Book, course: Course) -> pd.DataFrame:
    """Every answer in words under an id that tells nothing, in the order of these ids."""
    rows = []
    for student, paper in papers.items():
        for exercise, mark in paper.marks.items():
            said = mark.answer
            if isinstance(said, dict):
                said = "\n".join(f"{part}: {said[part]}" for part in WORDS if isinstance(said.get(part), str))
            elif mark.reply.outcome != "noted":
                said = ""
            if said and isinstance(said, str):
                rows.append((hidden(student, exercise, course), exercise, said[:4000]))
    return pd.DataFrame(rows, columns=FIXED).sort_values(["exercise", "id"], ignore_index=True)


def hidden(student: str, exercise: str, course: Course) -> str:
    """The id under which a text is read: the same at every call, and another one in every exercise."""
    digest = sha256("\x1f".join([course.id, course.run, exercise, student]).encode()).hexdigest()
    return f"t{digest[:8]}"  # with a letter before it no spreadsheet takes it for a number


def sheet(found: pd.DataFrame) -> Workbook:
    """The workbook to fill in: texts with the columns of the rubric, and the comments with their codes."""
    bank, book = tomllib.loads(BANK.read_text("utf-8")), Workbook()
    page = book.active
    page.title = "texts"
    columns = [f"{name} (0-{most})" for name, most in bank["columns"].items()]
    _head(page, [*FIXED, *columns, "comments"], [11, 22, 80, *[14] * len(columns), 18])
    for at, row in enumerate(found.itertuples(index=False), 2):
        for letter, words in zip("ABC", row, strict=True):
            put(page, f"{letter}{at}", _plain(words), TEXT)
        for cell in page[at]:
            underlined(cell, between=True)
        page.row_dimensions[at].height = 14 * (len(row.text) // 78 + row.text.count("\n") + 1) + 6
    codes = book.create_sheet("comments")
    _head(codes, ["code", "comment"], [8, 100])
    for at, (code, comment) in enumerate(bank["comments"].items(), 2):
        put(codes, f"A{at}", code, bold=True)
        put(codes, f"B{at}", comment)
    for one in book:
        printed(one, 0, "crmlab: answers in words")
    return book


def _head(page, names: list[str], widths: list[int]) -> None:
    for at, (name, width) in enumerate(zip(names, widths, strict=True), 1):
        cell = page.cell(1, at)
        put(page, cell.coordinate, name, TEXT, bold=True, color=WHITE).fill = filled(INK)
        page.column_dimensions[cell.column_letter].width = width
    page.row_dimensions[1].height = 30
    page.freeze_panes = "A2"


def _plain(words: str) -> str:
    """Without the signs that a workbook cannot hold."""
    return "".join(sign for sign in words if sign >= " " or sign in "\n\t")


def read(path: str | Path) -> dict[tuple[str, str], Judged]:
    """A filled sheet (xlsx or csv): by id and exercise what was said of the text; what was left empty is left out.

    Raises CrmlabError where it is no such sheet, where points are none, and where a code has no comment.
    """
    path = Path(path)
    table, bank = _opened(path)
    columns = {name: number(name.rpartition("(0-")[2].rstrip(")")) for name in table if "(0-" in name}
    if not {"id", "exercise", "comments"} <= set(table) or not columns:
        raise CrmlabError(f"'{path.name}' is no rubric.", f"Its columns are {listed(table, 12)}.",
                          "Fill in the rubric.xlsx that crmlab grade wrote; its columns keep their names.")
    out = {}
    for at, row in enumerate(table.to_dict("records"), 2):
        given = {name: row[name].strip() for name in columns if row[name].strip()}
        codes = row["comments"].replace(",", " ").replace(";", " ").split()
        lost = [code for code in codes if code.casefold() not in bank]
        wrong = [words for name, words in given.items() if not 0 <= number(words) <= columns[name]]
        if lost or wrong:
            what = "is no code of a comment" if lost else "is no such number of points"
            raise CrmlabError(f"'{path.name}' cannot be read in row {at}.", f"{listed(lost or wrong)} {what}.",
                              "Correct it; codes stand on the sheet 'comments', the most points in the heading.")
        if given or codes:
            out[row["id"], row["exercise"]] = Judged(sum(map(number, given.values())), sum(columns.values()),
                                                     [bank[code.casefold()] for code in codes])
    return out


def _opened(path: Path) -> tuple[pd.DataFrame, dict[str, str]]:
    """The texts as words, and the comments by their codes in small letters."""
    try:
        if path.suffix.lower() == ".csv":
            table = pd.read_csv(path, sep=None, engine="python", dtype=str, encoding="utf-8-sig").fillna("")
            comments = tomllib.loads(BANK.read_text("utf-8"))["comments"]
        else:
            sheets = pd.read_excel(path, sheet_name=None, dtype=str)
            table = sheets["texts"].fillna("")
            comments = dict(sheets["comments"].iloc[:, :2].dropna().itertuples(index=False, name=None))
    except (OSError, ValueError, KeyError) as why:
        raise CrmlabError(f"'{path.name}' cannot be read as a rubric.", f"Reading stopped with: {why}.",
                          "Give the rubric.xlsx that crmlab grade wrote, filled in.") from None
    return table, {code.strip().casefold(): comment for code, comment in comments.items()}


def said(judged: Mapping[tuple[str, str], Judged], papers: Mapping[str, Paper],
         course: Course) -> dict[str, dict[str, Judged]]:
    """By student and exercise. Raises CrmlabError where ids are of nobody here."""
    whose = {(hidden(student, exercise, course), exercise): student
             for student, paper in papers.items() for exercise in paper.marks}
    lost = [one for one, _ in judged if (one, _) not in whose]
    if lost:
        raise CrmlabError("The rubric has texts of nobody here.", f"{counted(len(lost), 'id')}: {listed(lost)}.",
                          "Give the same roster, course and hand-ins as when it was written.")
    out: dict[str, dict[str, Judged]] = {}
    for (one, exercise), words in judged.items():
        out.setdefault(whose[one, exercise], {})[exercise] = words
    return out
