"""A class marked by crmlab, which reads answers, beside nbgrader, which runs notebooks (make benchmark).

Writes benchmarks/grading.md, whichever way it falls.
"""

import os
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import nbformat
import numpy as np

from crmlab.desk.course import answers, grading, ledger, marking, plan
from crmlab.desk.course.answers import envelope

HERE = Path(__file__).parent
STUDENTS, DRAWN, NBGRADED, ROUNDS = 1000, 100, 10, 3
EXERCISES = {"pearson": 0.5, "elsewhere": 75, "items": [0.5, 0.6, 0.7], "review": [1, 2], "zones": ["loyalist"] * 10, "groups": 1.0,
             "range": 0.3, "decide": {"choice": "pilot", "number": 0.5, "because": "Why.", "would_change_if": "What."}}


def a_class(folder: Path, n: int) -> None:
    """A roster, and an answer sheet of each student, as lab.submit() writes it."""
    (folder / "in").mkdir()
    (folder / "roster.csv").write_text("id,name\n" + "".join(f"s{at:05},Student {at}\n" for at in range(n)))
    state = {"code": "right", "first": "wrong", "tries": 2, "hints": 0, "solution_seen": False}
    given = {f"loyalty.{name}": {"answer": answer, **state} for name, answer in EXERCISES.items()}
    for at in range(n):
        told = envelope("loyalty", f"s{at:05}", None, given, {"loyalty.pearson": (0.3, 0.7)}, course="crm", run="bench",
                        attempt=0, kind="practice", settings={})
        (folder / "in" / f"s{at:05}.json").write_text(answers.written(told))


def crmlab_marks(n: int, kept: bool) -> dict[str, np.ndarray]:
    """Seconds for the marks, and for everything; with the truths that handout keeps, or without."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        a_class(folder, n)
        if kept:  # those of a few students, under everybody's name: to read and to judge is the same work
            course = replace(plan.standing(), id="crm", run="bench")
            few = list(marking.truths([f"s{at:05}" for at in range(8)], course, course.week("loyalty"), progress=False).values())
            ledger.add({f"s{at:05}": few[at % 8] for at in range(n)}, folder / ledger.LEDGER, course, course.week("loyalty"))
        begun = clocks()
        graded = grading.marks(folder / "in", folder / "roster.csv")
        marked = clocks() - begun
        grading.written(graded, folder / "roster.csv", folder / "out", {})
        assert len(graded.papers) == n
        return {"marks": marked, "marks and pages": clocks() - begun}


def nbgrader_marks(n: int) -> dict[str, np.ndarray]:
    """Seconds of nbgrader's autograde and of its feedback for as many copies of a notebook with eight numbers."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "source" / "ps1"
        source.mkdir(parents=True)
        nbformat.write(_assignment(), source / "problem.ipynb")
        (folder / "nbgrader_config.py").write_text(f"c = get_config()\nc.CourseDirectory.root = {str(folder)!r}\n")
        _said(folder, "generate_assignment", "ps1", "--create")
        released = nbformat.read(folder / "release" / "ps1" / "problem.ipynb", as_version=4)
        for cell in released.cells:
            cell.source = cell.source.replace("# YOUR CODE HERE\nraise NotImplementedError()", "answer = 0.5")
        for at in range(n):
            place = folder / "submitted" / f"s{at:05}" / "ps1"
            place.mkdir(parents=True)
            nbformat.write(released, place / "problem.ipynb")
        begun = clocks()
        _said(folder, "autograde", "ps1")
        marked = clocks() - begun
        _said(folder, "generate_feedback", "ps1")
        assert len(list((folder / "feedback").rglob("*.html"))) == n
        return {"marks": marked, "marks and pages": clocks() - begun}


def clocks() -> np.ndarray:
    """Seconds on the wall, and of all processors, those of processes that have ended with them."""
    return np.array([time.perf_counter(), sum(os.times()[:4])])


def _assignment() -> nbformat.NotebookNode:
    """Eight answers and their checks; nothing is computed and nothing but numpy is imported."""
    cells = [nbformat.v4.new_code_cell("import numpy as np")]
    for at in range(8):
        common = {"schema_version": 3, "task": False}
        solve = {**common, "grade": False, "solution": True, "locked": False, "grade_id": f"solve{at}"}
        check = {**common, "grade": True, "solution": False, "locked": True, "points": 1, "grade_id": f"check{at}"}
        cells.append(nbformat.v4.new_code_cell("### BEGIN SOLUTION\nanswer = 0.5\n### END SOLUTION", metadata={"nbgrader": solve}))
        cells.append(nbformat.v4.new_code_cell("assert np.isclose(answer, 0.5)", metadata={"nbgrader": check}))
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return nbformat.v4.new_notebook(cells=cells, metadata=kernel)


def _said(folder: Path, *words: str) -> None:
    beside = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # nbgrader calls alembic by its name
    subprocess.run([sys.executable, "-m", "nbgrader", *words], cwd=folder, check=True, capture_output=True,
                   env={**os.environ, "PATH": beside})


def page(kept: list[dict[str, np.ndarray]], drawn: list[dict[str, np.ndarray]], theirs: list[dict[str, np.ndarray]]) -> str:
    """The table, each time the median of its rounds and per submission in milliseconds."""
    def row(name: str, rounds: list[dict[str, np.ndarray]], key: str, n: int) -> str:
        wall, work = np.array([one[key] for one in rounds]).T
        each = [1000 * np.median(times) / n for times in (wall, work)]
        return (f"| {name} | {n:,} | {np.median(wall):,.1f} | {wall.min():,.1f} to {wall.max():,.1f} | {each[0]:,.0f} "
                f"| {each[1]:,.0f} |")

    methods = [("crmlab, truths kept by handout", kept, STUDENTS), ("crmlab, truths drawn again", drawn, DRAWN),
               ("nbgrader", theirs, NBGRADED)]
    rows = [row(f"{name}: {key}", rounds, key, n) for name, rounds, n in methods for key in (rounds[0] if rounds else {})]
    without = "" if theirs else "nbgrader is not installed here, so nothing is said of its time.\n\n"
    return ("# Marking a class\n\nGenerated by make benchmark (benchmarks/grading.py); published whichever way it falls.\n\n"
            f"{_versions()}; {platform.system()} {platform.machine()}, {os.cpu_count()} cores, which other work may share.\n\n"
            "crmlab reads eight answers of the lesson loyalty from each student and judges them on the student's own data. What is right "
            "there handout has kept; where it is not kept, data are drawn and exercises posed again, on all cores. Pages are one for each "
            "student, rubric, defence and class report. nbgrader runs each student's notebook, here one that imports numpy and holds eight "
            "numbers with a check each; it uses one core. A lesson that computes anything takes it longer, and crmlab not. What is the same "
            "for both: numbers in, marks out, a page for each student. What is not: nbgrader also marks code.\n\n" + without +
            "*Time* is the clock on the wall, which other work on the machine lengthens, *work* that of all processors together.\n\n"
            "| | submissions | seconds, median | lowest to highest | time, ms each | work, ms each |\n|---|--:|--:|--:|--:|--:|\n"
            + "\n".join(rows) + "\n")


def _versions() -> str:
    said = [f"Python {platform.python_version()}"]
    for name in ("crmlab", "numpy", "pandas", "nbgrader"):
        try:
            said.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return ", ".join(said)


if __name__ == "__main__":
    found = "nbgrader" in _versions()
    kept, drawn = ([crmlab_marks(n, ready) for _ in range(ROUNDS)] for n, ready in ((STUDENTS, True), (DRAWN, False)))
    theirs = [nbgrader_marks(NBGRADED) for _ in range(ROUNDS)] if found else []
    (HERE / "grading.md").write_text(page(kept, drawn, theirs), "utf-8")
