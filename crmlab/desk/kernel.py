"""The kernel: papermill with this very Python, and nothing left in the notebook that changes by the day."""

import logging
import re
import subprocess
import sys
from pathlib import Path

import papermill
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec
from nbformat import NotebookNode

from crmlab.frame.errors import CrmlabError

THREADS = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
#: Not by -m ipykernel_launcher, which takes the current folder off the path even where PYTHONPATH names it.
LAUNCH = "from ipykernel.kernelapp import launch_new_instance; launch_new_instance()"
NAMED = {"display_name": "Python 3", "language": "python", "name": "python3"}


class LessonBroken(RuntimeError):
    """A cell failed for a reason that is not the reader's input."""


class Relayed(CrmlabError):
    """A CrmlabError that a cell raised, with its message as it was."""

    def __init__(self, message: str):
        ValueError.__init__(self, message)

    def __reduce__(self):
        return type(self), (str(self),)


def manager(out: Path | None) -> type[AsyncKernelManager]:
    """A kernel manager that starts this interpreter, whatever kernels the machine has installed."""
    # An empty CRMLAB_OUT counts as none: an outer run's folder must not leak into a refresh.
    # A pandas.py or crmlab.py that lies in the current folder is the reader's, and is not imported.
    env = {**THREADS, "PYTHONHASHSEED": "0", "PYTHONSAFEPATH": "1", "CRMLAB_OUT": str(out.resolve()) if out else ""}
    spec = KernelSpec(argv=[sys.executable, "-P", "-c", LAUNCH, "-f", "{connection_file}", "--IPKernelApp.ignore_cwd=True"], env=env, display_name=NAMED["display_name"],
                      language=NAMED["language"])

    class ThisPython(AsyncKernelManager):
        kernel_spec = spec

        async def _async_launch_kernel(self, kernel_cmd, **kw):
            # What a kernel says to the terminal is about sockets, never about customers.
            await super()._async_launch_kernel(kernel_cmd, **{**kw, "stderr": subprocess.DEVNULL})

    return ThisPython


def execute(notebook: NotebookNode, parameters: dict, out: Path | None, progress: bool,
            word: str) -> NotebookNode:
    """The executed notebook, stripped of what changes from run to run."""
    logging.getLogger("papermill").setLevel(logging.CRITICAL)
    try:
        done = papermill.execute_notebook(
            notebook, None, parameters=parameters, kernel_name=NAMED["name"], language=NAMED["language"],
            progress_bar=progress and sys.stderr.isatty(), kernel_manager_class=manager(out),
            coalesce_streams=True)
    except papermill.PapermillExecutionError as error:
        if error.ename == "CrmlabError":
            raise Relayed(error.evalue) from None
        line = next((line for line in error.source.splitlines() if line.strip()), "")
        why = re.sub(r"\x1b\[[0-9;]*m", "", f"{error.ename}: {error.evalue}").strip()
        raise LessonBroken(f"The lesson '{word}' stopped in cell [{error.exec_count}], "
                           f"which begins '{line}'.\n{why}") from None
    except RuntimeError as error:
        raise LessonBroken(f"The lesson '{word}' stopped: its Python did not answer, most often for want of "
                           f"memory.\n{error}") from None
    return stripped(done)


def stripped(notebook: NotebookNode) -> NotebookNode:
    """Without times, paths and versions; papermill's own cell gets a name that stays."""
    notebook.metadata = NotebookNode(kernelspec=NAMED, language_info={"name": NAMED["language"]})
    for cell in notebook.cells:
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        if "injected-parameters" in cell.metadata["tags"]:
            cell.id = "injected-parameters"
        if not cell.metadata["tags"]:
            del cell.metadata["tags"]  # papermill's own, on every cell
    return notebook
