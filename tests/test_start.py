"""Start: working copies with outputs cleared, and never a file of the reader's written over."""

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from crmlab.desk import start
from crmlab.frame import places


@pytest.fixture(autouse=True)
def share(tmp_path, monkeypatch):
    said = nbformat.v4.new_output("stream", text="2")
    cell = nbformat.v4.new_code_cell("1 + 1", execution_count=1, outputs=[said])
    for name in ("00_start_here", "05_loyalty"):
        places.write(tmp_path / "share" / "notebooks" / f"{name}.ipynb",
                     nbformat.writes(nbformat.v4.new_notebook(cells=[cell])))
    monkeypatch.setattr(places, "SHARE", tmp_path / "share")


def test_copies_are_cleared_and_what_is_there_is_kept(tmp_path):
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "05_loyalty.ipynb").write_text("my own work")
    assert start.start(folder, copy_only=True) == (f"1 new, 1 kept in {folder}.\n"
                                                   "Kept as you left them: 05_loyalty.ipynb.")
    assert (folder / "05_loyalty.ipynb").read_text() == "my own work"
    (cell,) = nbformat.read(folder / "00_start_here.ipynb", as_version=4).cells
    assert (cell.outputs, cell.execution_count, cell.source) == ([], None, "1 + 1")


def test_without_jupyterlab_it_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setattr(start, "find_spec", lambda package: None)
    folder = tmp_path / "work"
    assert start.start(folder) == (
        f"2 new, 0 kept in {folder}.\n"
        "JupyterLab is not installed. Say: pip install 'crmlab[lab]', and then crmlab start again.\n"
        f"Or open {folder / '00_start_here.ipynb'} in any editor that runs notebooks.")


def test_jupyterlab_opens_on_the_first_page(tmp_path, monkeypatch, capsys):
    opened = []
    monkeypatch.setattr(start, "find_spec", lambda package: True)
    monkeypatch.setattr(subprocess, "run", lambda words, cwd: opened.append((words, Path(cwd))))
    assert start.start(tmp_path / "work") == ""
    assert opened == [([sys.executable, "-m", "jupyter", "lab", "00_start_here.ipynb"], tmp_path / "work")]
    assert "JupyterLab opens 00_start_here.ipynb; stop it with Ctrl-C." in capsys.readouterr().out
