"""Start: working copies of the lessons, with outputs cleared, and JupyterLab on the first page."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import nbformat

from crmlab.frame import places


def start(folder: str | Path = "crmlab-work", copy_only: bool = False) -> str:
    """Copy the lessons into the folder and open JupyterLab there; returns what to tell the reader.

    A file that is there already is the reader's own work and is never written over.
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
    print("\n".join(said), f"JupyterLab opens {first}; stop it with Ctrl-C.", sep="\n", flush=True)
    subprocess.run([sys.executable, "-m", "jupyter", "lab", first], cwd=folder)
    return ""


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
