"""Runs: a lesson with parameters becomes a notebook with results; what is done is not done again."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import nbformat

from crmlab.desk import kernel, lessons, params, provenance, rehearsal
from crmlab.desk.validate import decided
from crmlab.frame import places
from crmlab.frame.record import as_json


@dataclass(frozen=True)
class Run:
    """One lesson on one set of parameters; ``fresh`` is False where an earlier run was still true."""

    folder: Path
    lesson: str
    fresh: bool
    results: dict

    @property
    def notebook(self) -> Path:
        return self.folder / f"{self.lesson}.ipynb"

    @property
    def stamp(self) -> dict:
        return _read(self.folder / "stamp.json")

    def said(self) -> list[str]:
        """The answer of the lesson's first page, and what was dropped or assumed on the way to it."""
        if not self.results:
            return []
        answer = _answer(nbformat.read(self.notebook, as_version=4))
        return [*filter(None, [answer]), *decided(_read(self.folder / "results.json")["provenance"])]


def run(lesson: str, given: dict, out: str | Path, progress: bool = True,
        then: Callable[[Run], Any] = lambda done: None) -> Run:
    """Execute a lesson and collect what it publishes.

    ``given`` holds parameters by name, typed or as written on a command line. The folder ``out`` gets the
    executed notebook, results.json, stamp.json and a folder for each published result. Nothing is executed
    where the folder already holds the run of the same cells, parameters, package, versions and data.
    A new run, and what ``then`` makes of it, takes the place of an earlier one when it is whole; until then that stays.
    Raises CrmlabError where another process writes into the folder.
    """
    found, out = lessons.find(lesson), Path(out)
    bound = params.bind(lesson, found.parameters, given)
    key = provenance.key(found.notebook, bound)
    earlier = partial(_earlier, lesson)
    with places.alone(out / places.LOCK):
        places.settled(out, earlier)
        done = _finished(lesson, key, out)
        if done:
            return done
        defaults = {name: parameter.default for name, parameter in found.parameters.items()}
        rehearsal.refused(lesson, bound, defaults)
        changed = {name: value for name, value in bound.items() if value != defaults[name]}
        with places.fresh(out, earlier) as new:
            executed = kernel.execute(lessons.about(found.notebook, bound.get("data")), changed, new, progress, lesson)
            results, source = _collected(new)
            stamp = provenance.stamp(lesson, bound, source)
            executed.metadata["crmlab"] = stamp
            places.write(new / f"{lesson}.ipynb", nbformat.writes(executed) + "\n")
            places.write(new / "results.json", as_json({"lesson": lesson, "parameters": stamp["parameters"],
                                                        "provenance": source, "results": results}))
            places.write(new / "stamp.json", as_json({"key": key, **stamp}))
            then(Run(new, lesson, True, results))
    return Run(out, lesson, True, results)


def _finished(lesson: str, key: str, out: Path) -> Run | None:
    stamp, results = out / "stamp.json", out / "results.json"
    if not (stamp.is_file() and results.is_file() and (out / f"{lesson}.ipynb").is_file()):
        return None
    if _read(stamp).get("key") != key:
        return None
    return Run(out, lesson, False, _read(results)["results"])


def _earlier(lesson: str, out: Path) -> list[Path]:
    """What an earlier run left, documents included: nothing old is to look new."""
    written = [f"{lesson}.{form}" for form in ("ipynb", "html", "pdf", "docx")]
    # Only what publish() wrote: the folder is the user's, and 'results' is a common name.
    published = [path for source in (out / "results").glob("*/source.json") for path in source.parent.rglob("*")]
    files = [*(out / name for name in ["stamp.json", "results.json", *written]), *published]
    return [path for path in files if path.is_file()]


def _answer(notebook) -> str:
    """The one sentence on the first page for those who read no further."""
    bundles = [output.data for cell in notebook.cells if "front" in lessons.tags(cell)
               for output in cell.get("outputs", []) if "data" in output]
    return next((bundle["text/plain"] for bundle in bundles
                 if bundle.get("text/html", "").startswith('<p class="crm-answer">')), "")


def _collected(out: Path) -> tuple[dict, dict]:
    """The published results in their order, and the provenance of the first one's data."""
    found = [(_read(path), path.parent) for path in (out / "results").glob("*/source.json")]
    found.sort(key=lambda one: (one[0]["order"], one[1].name))
    results = {folder.name: _read(folder / "result.json") for _, folder in found}
    return results, found[0][0]["provenance"] if found else {}


def _read(path: Path) -> dict:
    return json.loads(path.read_text("utf-8"))


def refresh(notebooks: str | Path) -> None:
    """Execute the lessons of a folder in place, at their defaults, keeping cell ids."""
    for path in sorted(Path(notebooks).glob("[0-9]*_*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        executed = kernel.execute(notebook, {}, None, True, path.stem.split("_", 1)[1])
        places.write(path, nbformat.writes(executed) + "\n")


if __name__ == "__main__":
    refresh(sys.argv[1])
