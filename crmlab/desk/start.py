"""Start: working copies of the lessons, with outputs cleared, and JupyterLab on the first page."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import nbformat

from crmlab.frame import places


def start(folder: str | Path = "crmlab-work", copy_only: bool = False) -> str:
    """Copy the lessons into the folder and open JupyterLab there; returns what to tell the reader.

    A file that is there already is the reader's own work and is never written over. Where JupyterLab ends with an
    error, so does this Python, with the same exit status.
    """
    folder = Path(folder)
    new, kept = copies(folder)
    said = [f"{len(new)} new, {len(kept)} kept in {folder}."]
    if kept:
        said.append(f"Kept as you left them: {', '.join(kept)}.")
    first = next(iter(places.lessons().values())).name
    if copy_only:
        return "\n".join(said)
    if not find_spec("jupyterlab"):
        said.append("JupyterLab is not installed. Say: pip install 'crmlab[lab]', "
                    "and then crmlab start again.\n"
                    f"Or open {folder / first} in any editor that runs notebooks.")
        return "\n".join(said)
    root = getattr(os, "geteuid", lambda: -1)() == 0  # JupyterLab refuses root, and in a container there is nobody else
    if root:
        said.append("You are root, so JupyterLab is told to allow that (--allow-root). It answers this computer alone; where "
                    "you can, start it as an ordinary user.")
    print("\n".join(said), f"JupyterLab opens {first}; stop it with Ctrl-C.", sep="\n", flush=True)
    status = _lab([first, *["--allow-root"] * root], folder)
    if status:
        print(f"JupyterLab ended with status {status}; its reason stands above.", file=sys.stderr)
        sys.exit(status)
    return ""


def _lab(words: list[str], folder: Path) -> int:
    """JupyterLab's exit status, as a shell would give it. Ctrl-C is JupyterLab's to answer, so we wait for its end."""
    lab = subprocess.Popen([sys.executable, "-m", "jupyter", "lab", *words], cwd=folder)
    while True:
        try:
            status = lab.wait()
            return status if status >= 0 else 128 - status
        except KeyboardInterrupt:
            continue


def copies(folder: Path) -> tuple[list[str], list[str]]:
    """Write working copies; the names of the new ones and of those kept."""
    new, kept = [], []
    for path in places.lessons().values():
        target = folder / path.name
        if target.exists():
            kept.append(path.name)
            continue
        places.write(target, nbformat.writes(cleared(nbformat.read(path, as_version=4))) + "\n")
        new.append(path.name)
    return new, kept


def cleared(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The notebook without outputs, so that no prediction is spoilt."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook
