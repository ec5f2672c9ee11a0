"""A class marked by crmlab, which reads answers, beside nbgrader, which runs notebooks (make benchmark).

Writes benchmarks/grading.md, whichever way it falls.
"""

import os
import platform
import subprocess
import sys
import tempfile
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import nbformat

from crmlab.desk.course import answers, grading, plan
from crmlab.desk.course.answers import envelope

HERE = Path(__file__).parent
STUDENTS, NBGRADED, ROUNDS = 1000, 10, 3
EXERCISES = {"pearson": 0.5, "elsewhere": 75, "items": [0.5, 0.6, 0.7], "review": [1, 2], "zones": ["apostle"] * 10, "groups": 1.0,
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


def crmlab_marks(n: int) -> dict[str, float]:
    """Seconds of a first call, of its marks alone, and of a later call, which finds the truths that were kept."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        a_class(folder, n)
        times = {}
        for call in ("first call", "later call"):
            begun = time.perf_counter()
            graded = grading.marks(folder / "in", folder / "roster.csv")
            marked = time.perf_counter()
            grading.written(graded, folder / "roster.csv", folder / "out", {})
            times[f"{call}, marks"], times[call] = marked - begun, time.perf_counter() - begun
        assert len(graded.papers) == n and plan.standing().week("loyalty").lesson == "loyalty"
        return times


def nbgrader_marks(n: int) -> dict[str, float]:
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
        begun = time.perf_counter()
        _said(folder, "autograde", "ps1")
        marked = time.perf_counter()
        _said(folder, "generate_feedback", "ps1")
        assert len(list((folder / "feedback").rglob("*.html"))) == n
        return {"marks": marked - begun, "marks and pages": time.perf_counter() - begun}


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
    subprocess.run([sys.executable, "-m", "nbgrader", *words], cwd=folder, check=True, capture_output=True)


def page(ours: list[dict[str, float]], theirs: list[dict[str, float]]) -> str:
    """The table, each time the median of its rounds and per submission in milliseconds."""
    def row(name: str, rounds: list[dict[str, float]], key: str, n: int) -> str:
        seconds = sorted(one[key] for one in rounds)
        middle = seconds[len(seconds) // 2]
        return f"| {name} | {n:,} | {middle:,.1f} | {seconds[0]:,.1f} to {seconds[-1]:,.1f} | {1000 * middle / n:,.1f} |"

    rows = [row("crmlab, first call: truths computed, marks", ours, "first call, marks", STUDENTS),
            row("crmlab, first call: and pages, rubric, class report", ours, "first call", STUDENTS),
            row("crmlab, later call: truths kept, marks", ours, "later call, marks", STUDENTS),
            row("crmlab, later call: and pages, rubric, class report", ours, "later call", STUDENTS)]
    rows += [row(f"nbgrader: {key}", theirs, key, NBGRADED) for key in (theirs[0] if theirs else {})]
    without = "" if theirs else "nbgrader is not installed here, so nothing is said of its time.\n\n"
    return ("# Marking a class\n\nGenerated by make benchmark (benchmarks/grading.py); published whichever way it falls.\n\n"
            f"{_versions()}; {platform.system()} {platform.machine()}, {os.cpu_count()} cores, which other work may share.\n\n"
            "crmlab reads eight answers of the lesson loyalty from each student, draws the student's own data again, and judges the "
            "answers on them; it uses all cores. nbgrader runs each student's notebook, here one that imports numpy and holds eight "
            "numbers with a check each; it uses one core. A lesson that computes anything takes it longer, and crmlab not. What is the same "
            "for both: numbers in, marks out, a page for each student. What is not: nbgrader also marks code.\n\n" + without +
            "| | submissions | seconds, median | lowest to highest | milliseconds per submission |\n|---|--:|--:|--:|--:|\n"
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
    ours = [crmlab_marks(STUDENTS) for _ in range(ROUNDS)]
    theirs = [nbgrader_marks(NBGRADED) for _ in range(ROUNDS)] if found else []
    (HERE / "grading.md").write_text(page(ours, theirs), "utf-8")
