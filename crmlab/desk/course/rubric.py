"""The rubric: answers in words, without names, in a sheet to fill in, and read back with points and comments."""

import hmac
import io
import tomllib
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from openpyxl import Workbook
from openpyxl.styles import Alignment

from crmlab.desk.course.marking import Paper
from crmlab.desk.course.plan import Course
from crmlab.desk.course.spelling import cleaned
from crmlab.desk.exercises.books import Book
from crmlab.desk.paper import INK, WHITE, filled, printed, put, underlined
from crmlab.frame import places
from crmlab.frame.cells import number
from crmlab.frame.errors import CrmlabError, listed

BANK = Path(__file__).parent / "rubric.toml"
FIXED = ["id", "exercise", "text"]
TEXT = Alignment(vertical="top", wrap_text=True)
WORDS = ("because", "would_change_if")  # of a decision
LONGEST = 4000  # signs of a text that are shown
TALLEST = 400  # points of a row; a spreadsheet takes no more
FIRST, LATER, LAST_READ = "rubric.xlsx", "rubric-new", "rubric-read"  # the sheets that lie beside the marks


class Judged(NamedTuple):
    """What a person said of one text: points, the most there are, and sentences for the student."""

    points: float
    most: float
    comments: list[str]


def texts(papers: Mapping[str, Paper], book: Book, course: Course) -> pd.DataFrame:
    """Every answer in words under an id without a name, in the order of these ids."""
    rows = [(one, exercise, text) for (one, exercise), (_, text) in _texts(papers, course).items()]
    return pd.DataFrame(rows, columns=FIXED).sort_values(["exercise", "id"], ignore_index=True)


def _texts(papers: Mapping[str, Paper], course: Course) -> dict[tuple[str, str], tuple[str, str]]:
    """By id and exercise: whose text it is, and the text."""
    return {(hidden(student, exercise, said, course), exercise): (student, said[:LONGEST])
            for student, paper in papers.items() for exercise, said in words_of(paper).items()}


def words_of(paper: Paper) -> dict[str, str]:
    """What a student wrote in words, by exercise: a text, or the reasons of a decision."""
    out = {}
    for exercise, mark in paper.marks.items():
        said = mark.answer if mark.reply.outcome == "noted" else ""
        if f"{exercise.partition('.')[2]}_number" in paper.truth.posed and isinstance(mark.answer, dict):
            said = "\n".join(f"{part}: {mark.answer[part]}" for part in WORDS if isinstance(mark.answer.get(part), str))
        if said and isinstance(said, str):
            out[exercise] = said
    return out


def hidden(student: str, exercise: str, text: str, course: Course) -> str:
    """The id under which a text is read: the same at every call, another one in every exercise and for a new text.

    With the course's secret nobody else can tell whose it is; without one, who has the roster and crmlab can.
    """
    try:
        secret = course.secret
    except CrmlabError:  # practice needs none
        secret = ""
    parts = "\x1f".join([course.id, course.run, exercise, student, text])
    digest = hmac.digest(secret.encode(), parts.encode("utf-8", "replace"), "sha256").hex()
    return f"t{digest[:8]}"  # with a letter before it no spreadsheet takes it for a number


def sheet(found: pd.DataFrame, filled: pd.DataFrame | None = None, bank: Mapping[str, str] | None = None) -> Workbook:
    """The workbook to fill in: texts with the columns of the rubric, and the comments with their codes.

    What stands in a sheet ``filled`` before, for the same texts, is kept, with its columns and its ``bank``.
    """
    said, book = tomllib.loads(BANK.read_text("utf-8")), Workbook()
    page = book.active
    page.title = "texts"
    columns = [*(f"{name} (0-{most})" for name, most in said["columns"].items()), "comments"]
    if filled is not None:
        columns = [name for name in filled if name not in FIXED]
        filled = filled.drop(columns="text", errors="ignore").drop_duplicates(FIXED[:2])
        found = found.merge(filled, how="left").fillna("")
    found = found.reindex(columns=[*FIXED, *columns], fill_value="")
    _head(page, [*found], [11, 22, 80, *[14] * (len(columns) - 1), 18])
    for at, row in enumerate(found.itertuples(index=False), 2):
        for cell, words in zip(page[1], row, strict=True):
            put(page, f"{cell.column_letter}{at}", cleaned(words)[0], TEXT)
        for cell in page[at]:
            underlined(cell, between=True)
        page.row_dimensions[at].height = min(14 * (len(row[2]) // 78 + row[2].count("\n") + 1) + 6, TALLEST)
    codes = book.create_sheet("comments")
    _head(codes, ["code", "comment"], [8, 100])
    for at, (code, comment) in enumerate((bank or said["comments"]).items(), 2):
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
            what = ("is no code of a comment" if len(lost) == 1 else "are no codes of comments" if lost else
                    "is no such number of points" if len(wrong) == 1 else "are no such numbers of points")
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
    except Exception as why:  # what is broken may be broken in any way
        raise CrmlabError(f"'{path.name}' cannot be read as a rubric.", f"Reading stopped with: {_why(why)}.",
                          _instead(path)) from None
    return table, {code.strip().casefold(): comment for code, comment in comments.items()}


def _why(error: Exception) -> str:
    return " ".join(str(error).split())[:200].rstrip(".") or type(error).__name__


def _instead(path: Path) -> str:
    """What to do about a broken sheet: the last one beside it that can be read, if there is one."""
    beside = {one for name in (f"{LAST_READ}.*", f"{LATER}*.xlsx", FIRST) for one in path.parent.glob(name)}
    known = sorted(beside - {path}, key=lambda one: one.stat().st_mtime, reverse=True)
    for one in known if path.is_file() else ():
        try:
            _keys(one)
        except Exception:  # broken, too
            continue
        return f"The last one that can be read is '{one}': go on in that."
    return ("Give the rubric.xlsx that crmlab grade wrote, filled in; where it is broken, move it away, and a new one is "
            "written.")


def _keys(path: Path) -> set[tuple[str, str]]:
    table = pd.read_excel(path, sheet_name="texts", dtype=str).fillna("")
    return {*table[FIXED[:2]].itertuples(index=False, name=None)}


def said(judged: Mapping[tuple[str, str], Judged], papers: Mapping[str, Paper],
         course: Course) -> tuple[dict[str, dict[str, Judged]], list[str]]:
    """By student and exercise; and the ids of texts that are not there any more, whose points count for nobody."""
    whose, out = _texts(papers, course), {}
    for (one, exercise), words in judged.items():
        if (one, exercise) in whose:
            out.setdefault(whose[one, exercise][0], {})[exercise] = words
    return out, [one for one, exercise in judged if (one, exercise) not in whose]


class Waiting(NamedTuple):
    """How many texts have no points yet, the sheet that they stand in, and what is wrong with the one that was there."""

    texts: int
    place: Path
    broken: str = ""


def waiting(found: pd.DataFrame, new: Path, folder: Path, given: str | Path | None) -> Waiting:
    """Where the texts without points stand: in the sheet in ``folder``, or in one that is written into ``new``.

    A sheet that a person may be filling in is never written over: texts that came after it stand in another one,
    which holds all that was filled in so far. One that cannot be read stays where it is, and is told.
    """
    first, broken = Path(given or folder / FIRST), ""
    if not first.exists():
        return Waiting(len(found), folder / _saved(sheet(found), new / FIRST).name)
    judged = read(first) if given else {}
    if given:
        places.write(new / f"{LAST_READ}{first.suffix.lower()}", first.read_bytes(), private=True)
    still = [key for key in found[FIXED[:2]].itertuples(index=False, name=None) if key not in judged]
    try:
        filled_in, bank = _opened(first)
        there = {*filled_in[FIXED[:2]].itertuples(index=False, name=None)}
    except (CrmlabError, KeyError) as why:
        filled_in, bank, there, broken = None, None, set(), str(why)
    place, names = first, (folder / f"{LATER}{'' if at == 1 else f'-{at}'}.xlsx" for at in count(1))
    while place.exists() and (broken and place == first or not {*still} <= there):
        place = next(names)
        there = _there(place)
    if not place.exists():
        _saved(sheet(found, filled_in, bank), new / place.name)
    return Waiting(len(still), place, broken)


def _there(place: Path) -> set[tuple[str, str]]:
    """The texts in a sheet; none where it cannot be read."""
    try:
        return _keys(place)
    except Exception:
        return set()


def _saved(book: Workbook, path: Path) -> Path:
    content = io.BytesIO()
    book.save(content)
    return places.write(path, content.getvalue(), private=True)
