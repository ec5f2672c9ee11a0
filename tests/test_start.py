"""Start: working copies with outputs cleared, and never a file of the reader's written over."""

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner

from crmlab.cli import main
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


def opens(tmp_path, monkeypatch, source: str, root: bool = False) -> list[str]:
    """A stand-in for JupyterLab that runs `source`; the words it was called with are returned."""
    words, real = [], subprocess.Popen
    monkeypatch.setattr(start, "find_spec", lambda package: True)
    monkeypatch.setattr(start.os, "geteuid", lambda: 0 if root else 1000, raising=False)
    monkeypatch.setattr(subprocess, "Popen",
                        lambda said, cwd: words.extend([said, Path(cwd)]) or real([sys.executable, "-c", source]))
    return words


def test_jupyterlab_opens_on_the_first_page(tmp_path, monkeypatch, capsys):
    words = opens(tmp_path, monkeypatch, "")
    assert start.start(tmp_path / "work") == ""
    assert words == [[sys.executable, "-m", "jupyter", "lab", "00_start_here.ipynb"], tmp_path / "work"]
    assert "JupyterLab opens 00_start_here.ipynb; stop it with Ctrl-C." in capsys.readouterr().out


@pytest.mark.parametrize("source, status", [("raise SystemExit(1)", 1), ("raise SystemExit(17)", 17), ("import nix", 1),
                                            ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", 143)])
def test_the_exit_status_of_jupyterlab_is_handed_on(tmp_path, monkeypatch, capfd, source, status):
    opens(tmp_path, monkeypatch, source)
    done = CliRunner().invoke(main, ["start", str(tmp_path / "work")])
    assert done.exit_code == status
    assert f"JupyterLab ended with status {status}; its reason stands above." in done.output
    assert ("No module named 'nix'" in capfd.readouterr().err) == ("nix" in source)


def test_root_is_allowed_and_told(tmp_path, monkeypatch, capsys):
    words = opens(tmp_path, monkeypatch, "", root=True)
    start.start(tmp_path / "work")
    assert words[0][-1] == "--allow-root"
    assert capsys.readouterr().out.splitlines()[1] == (
        "You are root, so JupyterLab is told to allow that (--allow-root). It answers this computer alone; where you can, "
        "start it as an ordinary user.")


def test_ctrl_c_is_left_to_jupyterlab(tmp_path, monkeypatch):
    class Waiting:
        waited = iter([KeyboardInterrupt, KeyboardInterrupt, 0])

        def wait(self):
            found = next(self.waited)
            if found is KeyboardInterrupt:
                raise KeyboardInterrupt
            return found

    monkeypatch.setattr(start, "find_spec", lambda package: True)
    monkeypatch.setattr(subprocess, "Popen", lambda words, cwd: Waiting())
    assert start.start(tmp_path / "work") == ""


def test_make_start_is_never_silent():
    """What takes minutes says so beforehand, and lets pip speak."""
    text = (Path(__file__).parent.parent / "Makefile").read_text()
    for target in ("start", "$(READY)"):
        recipe = text.split(f"\n{target}: ", 1)[1].split("\n\n")[0]
        assert "pip install -q" not in recipe and "pip install" in recipe
        assert "minutes" in recipe.split("pip install")[0]
