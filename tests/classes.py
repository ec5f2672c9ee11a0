"""A class of students who hand in what students hand in, for the tests of grading."""

import io
import random
import zipfile
import zlib

import nbformat

from crmlab.desk.course import answers, marking
from crmlab.desk.course.plan import Course


def plain(value):
    """A truth or a mistake as the plain value that a student would hand in."""
    if isinstance(value, list):
        return value if len(value) > 1 else value[0]
    values = [round(float(one), 4) for one in value]
    return values if len(values) > 1 else values[0]


def right(truth: marking.Truth, book) -> dict:
    """Every exercise answered right."""
    out = {}
    for exercise in book.ids():
        name = exercise.partition(".")[2]
        if name == "review":
            answer = truth.summary.truth
        elif f"{name}_number" in book.said:
            answer = {"choice": truth.posed[name].truth[0], "number": plain(truth.posed[f"{name}_number"].truth),
                      "because": "One survey shows no cause.", "would_change_if": "A trial by lot shows a gain."}
        else:
            answer = plain(truth.posed[name].truth)
        out[exercise] = {"answer": answer, "code": "right", "first": "right", "tries": 1, "hints": 0, "solution_seen": False}
    return out


def sheet(student: str, truth: marking.Truth, exercises: dict, course: Course) -> dict:
    """The answer sheet as `lab.submit()` writes it."""
    told = answers.envelope("loyalty", student, None, exercises, {"loyalty.pearson": (0.2, 0.7)}, course=course.id, run=course.run,
                            attempt=truth.attempt, kind="practice", settings=dict(truth.settings))
    return {**told, "data_sha256": truth.sha256}


def notebook(told: dict, cell: str = "lab.submit()") -> str:
    """A notebook with the sheet as an output of its last cell."""
    output = nbformat.v4.new_output("display_data", {answers.MIME: told, "text/plain": "handed in"})
    return nbformat.writes(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell, outputs=[output])]))


def archive(entries: dict) -> bytes:
    """A zip of the entries, whatever their names."""
    sheet_ = io.BytesIO()
    with zipfile.ZipFile(sheet_, "w", zipfile.ZIP_DEFLATED) as out:
        for name, content in entries.items():
            out.writestr(zipfile.ZipInfo(name) if isinstance(name, str) else name, content, zipfile.ZIP_DEFLATED)
    return sheet_.getvalue()


def shared(personal, worlds: int = 6):
    """`draws.personal` for a class that shares a few worlds; the versions of the exercises stay each student's own."""
    made = {}

    def draw(course, lesson: str, student: str, attempt: int | None = None):
        of = zlib.crc32(student.encode()) % worlds
        if of not in made:
            made[of] = personal(course, lesson, f"world {of}")
        return made[of]

    return draw


def once(function):
    """The function, called once for each object."""
    made = {}
    return lambda one: made.setdefault(id(one), (one, function(one)))[1] if id(one) not in made else made[id(one)][1]


def roster(n: int, groups: bool = False) -> str:
    names = random.Random(1)
    first, last = ("Ada", "Bo", "Cleo", "Dan", "Eva", "Finn", "Gül", "Hao"), ("Quist", "Rey", "Sørensen", "Tang", "Ufer")
    rows = [f"s{at:04},{names.choice(first)} {names.choice(last)}{at},s{at:04}@uni.example," + ("team 40" if groups and at // 3 == 40 else "")
            for at in range(n)]
    return "\n".join(["id,name,email,group", *rows]) + "\n"
