"""Runs: by this Python, done once, the same bytes each time, and nothing finished after a failure."""

import json
import shutil
import sys
from pathlib import Path

import nbformat
import pytest

from crmlab.desk import kernel, provenance, report, run
from crmlab.frame import places
from crmlab.frame.errors import CrmlabError

HERE = Path(__file__).parent


@pytest.fixture(scope="module", autouse=True)
def share(tmp_path_factory):
    folder = tmp_path_factory.mktemp("share")
    shutil.copytree(HERE / "notebooks", folder / "notebooks")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(places, "SHARE", folder)
        patch.setattr(places, "PACKAGE", folder / "package")  # founders at work must not change the key
        yield folder


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    return run.run("good", {"alpha": "0.01", "columns": "A=b=c"}, tmp_path_factory.mktemp("out") / "good")


@pytest.fixture
def counted(monkeypatch):
    """Instead of executing, remember how often one was asked to."""
    calls = []
    monkeypatch.setattr(kernel, "execute",
                        lambda notebook, given, *_: calls.append((notebook, given)) or notebook)
    return calls


def tree(folder: Path) -> dict:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_a_run_leaves_its_notebook_results_and_stamp(good):
    assert good.fresh and good.lesson == "good"
    assert sorted(tree(good.folder)) == [
        "good.ipynb", "results.json",
        *(f"results/{name}/{file}" for name in ("first", "second")
          for file in ("figure.png", "figure.svg", "result.json", "source.json", "table.csv", "text.txt")),
        "stamp.json"]


def test_results_keep_their_order_and_ten_digits(good):
    written = json.loads((good.folder / "results.json").read_text())
    assert list(written) == ["lesson", "parameters", "provenance", "results"]
    assert list(written["results"]) == ["second", "first"] == list(good.results)
    assert written["parameters"]["alpha"] == 0.01 and written["parameters"]["columns"] == {"A=b": "c"}
    assert written["provenance"]["title"] == "Three customers"
    first = written["results"]["first"]
    assert list(first) == ["title", "headline", "table", "text", "settings"]
    assert first["headline"] == {"r": 0.123456789, "none": None}
    assert first["table"][0] == {"term": "<script>alert(1)</script>", "estimate": 0.123456789, "n": 1250}


def test_a_run_says_its_answer_and_what_was_decided(good, tmp_path):
    assert good.said() == ['Dots "rise" <b>.']
    folder = shutil.copytree(good.folder, tmp_path / "good")
    written = json.loads((folder / "results.json").read_text())
    written["provenance"] |= {"dropped": [{"reason": "no item answered", "count": 2, "rows": [5, 9]}],
                              "notes": ["Left out as asked: 'noise'."]}
    (folder / "results.json").write_text(json.dumps(written))
    assert run.Run(folder, "good", False, good.results).said() == [
        'Dots "rise" <b>.', "2 rows dropped, no item answered: rows 5 and 9.", "Left out as asked: 'noise'."]


def test_only_what_differs_from_the_defaults_is_injected(good):
    cells = nbformat.read(good.notebook, as_version=4).cells
    injected = next(cell for cell in cells if cell.id == "injected-parameters")
    assert injected.source == '# Parameters\ncolumns = {"A=b": "c"}\nalpha = 0.01\n'
    assert [cell.id for cell in cells if cell.id.startswith("only")] == ["only-mobi"]
    assert next(cell for cell in cells if cell.id == "deeper-value").outputs[0].data["text/plain"] == "0.01"


def test_neither_clock_nor_path_nor_host_is_kept(good):
    text = good.notebook.read_text() + (good.folder / "stamp.json").read_text()
    assert str(good.folder) not in text and str(HERE) not in text and sys.executable not in text
    assert "papermill" not in text and "start_time" not in text and "shell.execute_reply" not in text
    metadata = nbformat.read(good.notebook, as_version=4).metadata
    assert set(metadata) == {"crmlab", "kernelspec", "language_info"}
    assert set(good.stamp) - {"commit", "changed"} == {
        "key", "lesson", "crmlab", "python", "packages", "data", "data_sha256", "seed", "parameters"}


def test_the_same_run_gives_the_same_bytes(good, tmp_path):
    again = run.run("good", {"alpha": 0.01, "columns": {"A=b": "c"}}, tmp_path / "again")
    assert tree(again.folder) == tree(good.folder)


def test_what_is_done_is_not_done_again(good, counted):
    again = run.run("good", {"columns": "A=b=c", "alpha": 0.01, "seed": "1"}, good.folder)
    assert not counted and not again.fresh and again.results == good.results


def test_an_edited_sentence_or_another_parameter_runs_anew(good, counted, share, tmp_path):
    folder = shutil.copytree(good.folder, tmp_path / "good")
    (folder / "good.pdf").write_text("of the earlier run")
    assert run.run("good", {"alpha": 0.02}, folder).fresh and counted[0][1] == {"alpha": 0.02}
    assert not (folder / "good.pdf").exists()
    path, before = share / "notebooks" / "01_good.ipynb", (share / "notebooks" / "01_good.ipynb").read_text()
    path.write_text(before.replace("A remark about mobi.", "A remark on mobi."))
    assert run.run("good", {"alpha": 0.02}, folder).fresh and len(counted) == 2
    assert not run.run("good", {"alpha": 0.02}, folder).fresh
    path.write_text(before)


def test_the_readers_own_file_is_part_of_the_key(counted, tmp_path):
    answers = tmp_path / "answers.csv"
    answers.write_text("a\n1\n")
    assert run.run("good", {"data": str(answers)}, tmp_path / "out").fresh
    assert not run.run("good", {"data": str(answers)}, tmp_path / "out").fresh
    answers.write_text("a\n2\n")
    again = run.run("good", {"data": str(answers)}, tmp_path / "out")
    assert again.fresh and again.stamp["parameters"]["data"] == "answers.csv"
    assert [cell.id for cell in counted[0][0].cells if cell.id.startswith("only")] == []


def test_files_of_the_reader_in_the_folder_stay(counted, tmp_path):
    own = tmp_path / "results" / "thesis" / "table.csv"
    own.parent.mkdir(parents=True)
    own.write_text("mine")
    run.run("good", {}, tmp_path)
    assert own.read_text() == "mine"


def test_a_broken_cell_is_named_and_what_was_there_stays(good, tmp_path):
    shutil.copytree(good.folder, tmp_path / "out")
    with pytest.raises(kernel.LessonBroken) as caught:
        run.run("broken", {}, tmp_path / "out")
    assert str(caught.value) == ("The lesson 'broken' stopped in cell [3], which begins 'y = x / 0'.\n"
                                 "ZeroDivisionError: division by zero")
    assert tree(tmp_path / "out") == tree(good.folder)


@pytest.mark.parametrize("where", ["kernel", "document", "swap"])
def test_a_report_that_is_interrupted_leaves_the_good_one(good, counted, tmp_path, monkeypatch, where):
    folder = shutil.copytree(good.folder, tmp_path / "good")
    (folder / "good.pdf").write_text("of the good run")
    before = tree(folder)

    def interrupted(*given, **more):
        raise KeyboardInterrupt

    monkeypatch.setattr(*{"kernel": (kernel, "execute"), "document": (report.word, "reference"),
                          "swap": (places.Path, "rename")}[where], interrupted)
    with pytest.raises(KeyboardInterrupt):
        report.one("good", {"alpha": 0.02}, folder, ("docx",))
    assert tree(folder) == before
    monkeypatch.undo()


def test_two_runs_into_one_folder_are_refused(counted, tmp_path):
    with places.alone(tmp_path / places.LOCK), pytest.raises(CrmlabError) as caught:
        run.run("good", {}, tmp_path)
    assert str(caught.value) == (f"Another crmlab is writing into '{tmp_path}'. It has not finished. Wait until it has, or name "
                                 "another folder.")


def test_a_refusal_in_a_cell_comes_out_as_it_was(tmp_path, capfd):
    with pytest.raises(CrmlabError) as caught:
        run.run("refused", {"data": "my.csv"}, tmp_path)
    assert str(caught.value) == ("survey: column 'loyalty_1' holds text. Row 14 of 'my.csv' reads 'n/a'. "
                                 "Say which words mean missing.")
    assert capfd.readouterr().err == "" and list(tmp_path.iterdir()) == []


def test_an_unknown_lesson_is_refused(tmp_path):
    with pytest.raises(CrmlabError) as caught:
        run.run("goood", {}, tmp_path)
    assert str(caught.value) == ("There is no lesson 'goood'. crmlab has: good, broken and refused. "
                                 "Did you mean 'good'?")


def test_the_kernel_is_this_python_whatever_the_machine_has_installed(tmp_path, monkeypatch):
    foreign = tmp_path / "jupyter" / "kernels" / "python3"
    foreign.mkdir(parents=True)
    (foreign / "kernel.json").write_text('{"argv": ["false"], "display_name": "Other", "language": "python"}')
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    path = tmp_path / "01_where.ipynb"
    ask = "import os, sys\n[sys.executable, os.environ['OMP_NUM_THREADS'], os.environ['CRMLAB_OUT']]"
    cell = nbformat.v4.new_code_cell(ask, id="kept", metadata={"execution": {"iopub.status.busy": "2026"}})
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
    monkeypatch.setenv("CRMLAB_OUT", "elsewhere")
    run.refresh(tmp_path)
    (done,) = nbformat.read(path, as_version=4).cells
    assert done.outputs[0].data["text/plain"] == str([sys.executable, "1", ""])
    assert (done.id, done.execution_count, dict(done.metadata)) == ("kept", 1, {})


def test_the_stamp_is_one_line():
    stamp = {"crmlab": "1.0", "commit": "abc", "changed": True, "data_sha256": "f" * 64, "seed": 3,
             "python": "3.12.1", "packages": {"numpy": "2.0"}}
    assert provenance.line(stamp) == ("crmlab 1.0 · commit abc with changes · data sha256 ffffffffffff · "
                                      "seed 3 · python 3.12.1 · numpy 2.0")
