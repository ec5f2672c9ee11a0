"""Lessons: a word, a notebook, and what its first cell and its parameters say about it."""

import re
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import nbformat

from crmlab.desk import params
from crmlab.frame import places
from crmlab.frame.errors import unknown


def tags(cell) -> list[str]:
    return cell.metadata.get("tags", [])


def about(notebook: nbformat.NotebookNode, data) -> nbformat.NotebookNode:
    """A copy without the cells that speak about another data set."""
    notebook = deepcopy(notebook)
    notebook.cells = [cell for cell in notebook.cells if _applies(cell, data)]
    return notebook


def _applies(cell, data) -> bool:
    only = [tag.removeprefix("only:") for tag in tags(cell) if tag.startswith("only:")]
    return not only or data in only


@dataclass(frozen=True)
class Lesson:
    """One notebook, known by its word."""

    word: str
    path: Path

    @cached_property
    def notebook(self) -> nbformat.NotebookNode:
        return nbformat.read(self.path, as_version=4)

    @cached_property
    def parameters(self) -> dict[str, params.Parameter]:
        return params.read(self.notebook)

    @property
    def opening(self) -> str:
        return next((cell.source for cell in self.notebook.cells if cell.cell_type == "markdown"), "")

    @property
    def heading(self) -> str:
        """The lesson's title, as markdown."""
        title = re.search(r"^# +(.+)$", self.opening, re.MULTILINE)
        return title[1].strip() if title else self.word

    @property
    def question(self) -> str:
        """The lesson's title, which is a question, without marks."""
        return re.sub(r"[*`]", "", self.heading)

    @property
    def minutes(self) -> str:
        """How long the core path takes with its exercises, where the first cell says so in figures (``50 minutes``)."""
        found = re.search(r"(\d+) minutes", self.opening)
        return found[1] if found else ""

    @property
    def table(self) -> str:
        """The table that a file of one's own is read as, or nothing."""
        code = "\n".join(cell.source for cell in self.notebook.cells if cell.cell_type == "code")
        opened = re.search(r'open_table\("(\w+)", data', code)
        return opened[1] if opened else ""

    @property
    def claims(self) -> str:
        """The markdown under the heading "The claims", or nothing."""
        for cell in self.notebook.cells:
            if cell.cell_type == "markdown" and re.match(r"#+ +The claims\b", cell.source):
                return cell.source.partition("\n")[2].strip()
        return ""


def every() -> list[Lesson]:
    """All lessons in the order of their numbers."""
    return [Lesson(word, path) for word, path in places.lessons().items()]


def find(word: str) -> Lesson:
    """The lesson of that word; another word is refused with the nearest one."""
    known = places.lessons()
    if word not in known:
        raise unknown("lesson", word, "crmlab", known)
    return Lesson(word, known[word])


def contents() -> str:
    """One line a lesson: word, question, minutes."""
    return grid(["lesson", "question", "minutes"],
                [[lesson.word, lesson.question, lesson.minutes] for lesson in every()])


def description(lesson: Lesson) -> str:
    """What a lesson asks, claims and can be told, as its help page."""
    rows = [[param.flag, param.type_text, params.spelled(param.default), param.help]
            for param in lesson.parameters.values()]
    about = [
        f"{lesson.word}: {lesson.question}",
        f"crmlab run {lesson.word} [--parameter value ...] [--out DIR]"
        + (f"\ncrmlab list {lesson.word} names the columns that a file of your own may have." if lesson.table else ""),
        grid(["parameter", "type", "default", "meaning"], rows) if rows else "It has no parameters.",
        "Lists take commas: A,B. Pairs are written name=value: Kunde=customer_id,Z1=satisfaction_1. Where a\n"
        "parameter may be None, 'none' says so. A value that begins with two hyphens needs '=': --word=--x.",
    ]
    return "\n\n".join(about + ([f"The claims\n{lesson.claims}"] if lesson.claims else []))


#: What a row stands for where it is no customer, and a name that one may have for a column.
ROWS = {"transactions": ("purchase", "Kunde=customer_id"), "assessments": ("firm, rater and practice", "Firma=firm")}


def columns(lesson: Lesson) -> str:
    """The columns that a file of one's own may have for the lesson, with what each says."""
    from crmlab.measures import tables  # pandas comes with it, and help should come at once

    if not lesson.table:
        return ""
    table = tables.TABLES[lesson.table]
    rows = [[column.name, column.meaning] for column in table.columns]
    asked = [[f"{name}_1", meaning] for name, meaning in tables.CONSTRUCTS.items() if name not in {row[0] for row in rows}]
    row, name = ROWS.get(table.table, ("customer", "Kunde=customer_id"))
    said = (f"Your own file: a table of {table.table}, a row per {row}. None of your names has to change: --columns \"{name}\".\n"
            f"crmlab validate FILE --table {table.table} says what can be done with it.")
    rows += list(tables.PARTS.items()) if table.table == "transactions" else []
    if table.table in ROWS:
        return f"{said}\n\n{grid(['column', 'meaning'], rows)}"
    more = "Questions carry a number, and _r where they are put the other way round: trust_1, trust_2, trust_3_r."
    return "\n\n".join([said, grid(["column", "meaning"], rows), more, grid(["question", "meaning"], asked)])


def grid(head: list[str], rows: list[list[str]]) -> str:
    """Words in columns, for a terminal.

    >>> print(grid(["word", "n"], [["loyalty", "250"]]))
    word     n
    loyalty  250
    """
    lines = [head, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)
