"""The house holds: imports run downward, the same word stands on every floor, documents tell the truth."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import crmlab
from crmlab.frame import glossary, places
from crmlab.sources import datasets, worlds

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "crmlab"

#: From the ground up. On a floor a module may import from those to its left; rooms and data never meet.
FLOORS = [
    ["frame.errors", "frame.glossary", "frame.places", "frame.cells", "frame.dates", "frame.replies", "frame.schema",
     "frame.stats", "frame.correlations", "frame.exact", "frame.resample", "frame.partition", "frame.picture", "frame.record",
     "frame.result"],
    ["measures.tables", "measures.curves", "measures.daybook", "measures.filled", "measures.card",
     "measures.scales", "measures.ids", "measures.entries", "measures.database", "measures.purchases",
     "measures.rules", "measures.systems", "measures.transitions", "measures.components",
     "measures.raters", "measures.frameworks", "measures.casebook", "measures.scorecard"],
    ["claims"],
    ["relationships", "loyalty", "portfolio", "qci"],
    ["desk"],
    ["cli", "__main__"],
]
DATA_WING = ["sources.datasets", "sources.worlds", "sources.opening"]


def modules() -> dict[str, Path]:
    """Every module by its dotted name inside the package, without the door."""
    names = {path.relative_to(PACKAGE).with_suffix("").as_posix().replace("/", "."): path
             for path in PACKAGE.rglob("*.py") if "_share" not in path.parts}
    return {name.removesuffix(".__init__"): path for name, path in names.items() if name != "__init__"}


def imports(path: Path) -> set[str]:
    """What a module imports from crmlab, as dotted names inside the package."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return {name.removeprefix("crmlab.") for name in found if name.startswith("crmlab.")}


def place(name: str, floors: list[list[str]]) -> tuple[int, int] | None:
    """Floor and place of a module, by the longest entry that is it or its folder."""
    hits = [(len(entry), (floor, spot)) for floor, row in enumerate(floors) for spot, entry in enumerate(row)
            if name == entry or name.startswith(entry + ".")]
    return max(hits)[1] if hits else None


def test_imports_run_downward():
    wrong = []
    for name, path in modules().items():
        mine = place(name, FLOORS)
        for other in imports(path):
            theirs = place(other, FLOORS)
            if mine is None or theirs is None or name.split(".")[0] == other.split(".")[0] == "loyalty":
                continue
            if theirs > mine:
                wrong.append(f"{name} imports {other}")
    assert not wrong


def test_rooms_and_data_never_meet():
    rooms = [entry for entry in FLOORS[3]]
    for name, path in modules().items():
        if name.split(".")[0] in rooms:
            assert not [other for other in imports(path) if other.startswith("sources")], name
            assert not [o for o in imports(path) if o.split(".")[0] in rooms and o.split(".")[0] != name.split(".")[0]]
        if name.startswith("sources."):
            assert not [other for other in imports(path) if other.split(".")[0] in [*rooms, "claims", "desk"]], name


def test_every_module_has_its_place():
    homeless = [name for name in modules() if not place(name, FLOORS) and not name.startswith("sources")
                and name not in ("frame", "measures", "desk")]
    assert not homeless


def test_no_import_cycles():
    known = modules()
    graph = {name: imports(path) & set(known) for name, path in known.items()}
    state = {}

    def walk(name, trail):
        assert state.get(name) != "open", " -> ".join([*trail, name])
        if name not in state:
            state[name] = "open"
            for other in graph[name] - {name}:
                walk(other, [*trail, name])
            state[name] = "done"

    for name in graph:
        walk(name, [])


@pytest.mark.parametrize("room", [entry for entry in FLOORS[3]])
def test_same_word_on_every_floor(room):
    assert room in crmlab._ROOMS
    assert [path for word, path in places.lessons().items() if word.split("_")[0] == room]
    assert (ROOT / "tests" / f"test_{room}.py").is_file()
    assert re.search(rf"^\|.*`{room}`", (ROOT / "README.md").read_text(), re.MULTILINE)


def test_door_opens_every_name():
    for name in crmlab.__all__:
        assert getattr(crmlab, name) is not None
    with pytest.raises(AttributeError, match="crmlab has no 'loyality'"):
        _ = crmlab.loyality


def test_readme_lists_exactly_the_lessons_with_their_questions():
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+?) \|", (ROOT / "README.md").read_text(), re.MULTILINE))
    titles = {word: re.search(r'"# (.+?)\\n"', path.read_text())[1] for word, path in places.lessons().items()}
    assert {word: rows.get(word) for word in titles} == titles


def test_readme_and_makefile_name_the_same_targets():
    targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"`make ([a-z-]+)`", (ROOT / "README.md").read_text()))
    assert named <= targets
    assert {"report", "test"} <= named


def dependencies() -> dict[str, str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = [line for name, lines in project["optional-dependencies"].items() if name not in ("peers", "bench") for line in lines]
    return dict(re.fullmatch(r"([\w-]+)(.*)", line).groups() for line in [*project["dependencies"], *extras])


#: The same thing under another name on conda-forge; seminr is not there, so pip brings it.
CONDA = {"pypandoc-binary": "pypandoc", "typst": "typst-py", "ibis-framework": "ibis-duckdb"}


def test_environment_names_what_pyproject_names():
    lines = re.findall(r"^ +- ([\w-]+)(>=[\d.]+)?$", (ROOT / "environment.yml").read_text(), re.MULTILINE)
    listed = {name: bound for name, bound in lines if name not in ("pip", "python", "conda-forge")}
    expected = {CONDA.get(name, name): "" if name in CONDA else bound for name, bound in dependencies().items()}
    assert listed == expected


def test_lock_has_hashes_for_every_dependency_and_no_address():
    text = (ROOT / "requirements.lock").read_text()
    assert "://" not in text
    pinned = {name.lower() for name in re.findall(r"^([\w.-]+)==", text, re.MULTILINE)}
    assert {name for name in dependencies() if name != "jupyterlab"} <= pinned
    assert all("--hash=sha256:" in block for block in re.split(r"\n(?=\w)", text.strip()))


def test_import_is_light():
    code = "import sys, crmlab; print([m for m in ('pandas', 'numpy', 'scipy', 'click') if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_glossary_knows_its_hands():
    assert {word.hand for word in glossary.COLUMNS.values()} <= set(glossary.HANDS)
    assert list(glossary.COLUMNS) == sorted(glossary.COLUMNS)


def test_one_chance():
    """Randomness comes from numpy's default_rng alone, through stats.rng."""
    for name, path in modules().items():
        source = path.read_text()
        assert not re.search(r"np\.random\.(?!default_rng|Generator|SeedSequence)|import random|RandomState", source), name
        assert name == "frame.stats" or "default_rng(" not in source, name


def test_data_readme_names_every_source_with_its_licence():
    text = (ROOT / "data" / "README.md").read_text()
    rows = set(re.findall(r"^\| `([\w:]+)` \|", text, re.MULTILINE))
    assert rows == {*datasets.DATASETS, *(f"world:{name}" for name in worlds.WORLDS)}
    assert "GPL-3" in text and "never copied" in text
