"""The door: every command answers in words, with exit code 2 for the reader's input and 1 for what broke."""

import io
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest

from crmlab import cli
from crmlab.desk import kernel, report, run
from crmlab.frame import places
from crmlab.frame.errors import CrmlabError

HERE = Path(__file__).parent


@pytest.fixture
def crmlab(monkeypatch, capfd, tmp_path):
    """Say a command; get back exit code, stdout and stderr as a terminal would."""
    monkeypatch.setattr(places, "SHARE", HERE)
    monkeypatch.chdir(tmp_path)

    def say(*words):
        with pytest.raises(SystemExit) as left:
            cli.main(list(words), prog_name="crmlab")
        said = capfd.readouterr()
        return left.value.code or 0, said.out, said.err

    return say


@pytest.fixture
def asked(monkeypatch):
    """What the desk is asked to run, without running it."""
    calls = []

    def remember(*words, **more):
        calls.append(words)
        return run.Run(Path(words[2]), "", True, {})

    monkeypatch.setattr(run, "run", remember)
    return calls


def test_help_names_every_command_and_comes_at_once():
    ask = [sys.executable, "-X", "importtime", "-m", "crmlab", "--help"]
    said = subprocess.run(ask, capture_output=True, text=True)
    assert said.returncode == 0
    for command in ("list", "start", "doctor", "template", "validate", "course", "handout", "grade", "run", "report"):
        assert f"\n  {command} " in said.stdout
    for heavy in ("numpy", "pandas", "papermill", "nbformat", "matplotlib"):
        assert f" {heavy}\n" not in said.stderr


@pytest.mark.parametrize("command", ["list", "start", "doctor", "template", "validate", "course", "handout", "grade",
                                     "run", "report"])
def test_every_help_teaches_with_an_example(crmlab, command):
    code, out, err = crmlab(command, "--help")
    assert code == 0 and err == "" and f"crmlab {command}" in out.partition("\n")[2]


def test_the_version(crmlab):
    assert crmlab("--version")[1].startswith("crmlab 0.")


def test_the_list_of_lessons(crmlab):
    assert crmlab("list") == (0, "lesson   question                     minutes\n"
                                 "good     Is everything in its place?  5\n"
                                 "broken   What breaks?\n"
                                 "refused  What is refused?\n", "")


def test_a_lesson_shows_its_parameters(crmlab):
    expected = """good: Is everything in its place?

crmlab run good [--parameter value ...] [--out DIR]

parameter     type                      default  meaning
--data        str                       mobi     a set, a world, or your own file
--columns     dict[str, str]                     your names = our names
--seed        int                       1        of everything = random
--alpha       float                     0.05     of each verdict, e.g. "0.05" # or less
--drop-items  list[str]                 CUSL2    items left out
--group       str | None                none     a column to compare by
--form        Literal['line', 'curve']  line     what is fitted

Lists take commas: A,B. Pairs are written name=value: Kunde=customer_id,Z1=satisfaction_1. Where a
parameter may be None, 'none' says so. A value that begins with two hyphens needs '=': --word=--x.
"""
    for words in (("list", "good"), ("run", "good", "--help"), ("report", "good", "--help")):
        assert crmlab(*words) == (0, expected, "")


@pytest.mark.parametrize(("words", "message"), [
    (["run", "good", "--drop-item", "A"],
     "There is no parameter 'drop_item'. The lesson 'good' has: data, columns, seed, alpha, drop_items, "
     "group and form. Did you mean 'drop_items'?"),
    (["run", "good", "--alpha=0,05", "--out", "x"],
     "The parameter 'alpha' of the lesson 'good' takes a number. It was given '0,05'. "
     "Write it like --alpha 0.05."),
    (["report", "goood"],
     "There is no lesson 'goood'. crmlab has: good, broken and refused. Did you mean 'good'?"),
    (["list", "goood"],
     "There is no lesson 'goood'. crmlab has: good, broken and refused. Did you mean 'good'?"),
    (["report", "good", "--to", "pdff"],
     "There is no kind of document 'pdff'. crmlab report has: html, pdf and docx. Did you mean 'pdf'?"),
    (["validate", "x.csv", "--columns", "A"],
     "The parameter 'columns' of crmlab validate takes pairs with commas between them. It was given 'A'. "
     "Write it like --columns Kunde=customer_id,Z1=satisfaction_1."),
    (["run", "good", "--alpha", "5"],
     "The parameter 'alpha' of the lesson 'good' is above 0 and at most 0.5. It was given '5'. "
     "Write it like --alpha 0.05."),
    (["report", "good", "--seed", "-3"],
     "The parameter 'seed' of the lesson 'good' is a whole number of 0 or more. It was given '-3'. "
     "Write it like --seed 100."),
    (["run", "good", "--alpha", "0.1", "--alpha", "0.2"],
     "The parameter 'alpha' is given twice. One value would be lost. Give it once."),
    *((words, "Which lesson? crmlab has: good, broken and refused. "
              "Write its name first, as in crmlab run good --data my/answers.csv.")
      for words in (["run"], ["run", "--out", "x"], ["run", "--alpha", "0.1", "good"])),
    (["report", "--data", "my.csv"],
     "Which lesson? crmlab has: good, broken and refused. "
     "Write its name first, as in crmlab report good --data my/answers.csv."),
    (["report", "good", "--to", ","],
     "There is no kind of document ','. crmlab report has: html, pdf and docx. Use one of these names."),
])
def test_wrong_words_are_refused_before_a_kernel_starts(crmlab, monkeypatch, words, message):
    monkeypatch.setattr(kernel, "execute", None)
    assert crmlab(*words) == (2, "", message + "\n")


def test_parameters_are_flags_in_any_spelling(crmlab, asked):
    words = ("--drop-items", "CUSL2", "--columns=A=b", "--seed", "-99", "--out", "o")
    assert crmlab("run", "good", *words) == (0, "Done: o\n", "")
    assert asked == [("good", {"drop_items": "CUSL2", "columns": "A=b", "seed": "-99"}, "o")]


def test_a_refusal_within_a_lesson_is_the_message_alone(crmlab):
    assert crmlab("run", "refused", "--data", "my.csv") == (
        2, "", "survey: column 'loyalty_1' holds text. Row 14 of 'my.csv' reads 'n/a'. "
               "Say which words mean missing.\n")


def test_a_hint_within_a_lesson_is_said_for_the_shell(crmlab, monkeypatch):
    def refuse(*_):
        raise CrmlabError("Odd.", "Found 'A'.", "Say drop_items=['A', 'B b'] and by='A'.")

    monkeypatch.setattr(kernel, "execute", refuse)
    assert crmlab("run", "good") == (
        2, "", "Odd. Found 'A'. Say drop_items=['A', 'B b'] and by='A'.\n"
               "At the shell: --drop-items \"A,B b\"\n")


def test_a_run_says_its_answer_and_what_was_decided(crmlab, monkeypatch):
    monkeypatch.setattr(run.Run, "said", lambda done: ["They go together.", "1 row dropped."])
    monkeypatch.setattr(run, "run", lambda *words: run.Run(Path("o"), "good", False, {}))
    assert crmlab("run", "good") == (
        0, "Nothing has changed; done before: o\nThey go together.\n1 row dropped.\n", "")


def test_a_broken_lesson_names_its_cell(crmlab):
    assert crmlab("report", "broken") == (
        1, "", "The lesson 'broken' stopped in cell [3], which begins 'y = x / 0'.\n"
               "ZeroDivisionError: division by zero\n")


def test_report_without_a_lesson_makes_all_and_the_index(crmlab, asked, monkeypatch):
    written = []
    monkeypatch.setattr(report, "report", lambda run, to: written.append(to))
    monkeypatch.setattr(report, "index", lambda folder, runs: Path(folder) / "index.html")
    code, out, err = crmlab("report", "--to", "html, pdf,", "--out", "all")
    assert (code, out) == (0, f"{Path('all') / 'index.html'}\n") and "Reports: 100%" in err
    assert [(word, given, out) for word, given, out in asked] == [
        (word, {}, Path("all") / word) for word in ("good", "broken", "refused")]
    assert written == [["html", "pdf"]] * 3


def test_validate_hands_over_what_was_said(crmlab, monkeypatch):
    from crmlab.desk import validate

    given = {}
    checked = SimpleNamespace(text=lambda: "Row 3 is odd. Say missing=['k. A.'].", fine=False)
    monkeypatch.setattr(validate, "validate",
                        lambda *words, **more: given.update(more, words=words) or checked)
    words = ("validate", "my.csv", "--columns", "A=b", "--missing", "-99,n/a", "--scale", "1-7")
    assert crmlab(*words) == (2, "Row 3 is odd. Say missing=['k. A.'].\n"
                                 "At the shell: --missing \"k. A.\"\n", "")
    assert given == {"words": ("my.csv", None), "columns": {"A": "b"}, "scale": "1-7",
                     "missing": ["-99", "n/a"]}
    crmlab("validate", "my.csv", "--columns", "{'A': 'b'}", "--missing", "[-99, 'n/a']", "--scale", "'1-7'")
    assert given == {"words": ("my.csv", None), "columns": {"A": "b"}, "scale": "1-7",
                     "missing": ["-99", "n/a"]}
    crmlab("validate", "my.csv")
    assert given == {"words": ("my.csv", None), "columns": {}, "scale": None, "missing": []}


def test_a_form_is_written_and_known_again(crmlab, tmp_path):
    code, out, err = crmlab("template", "assessment", "--short", "--raters", "2", "--firm", "Us", "--out", "class.csv")
    assert (code, out, err) == (0, "class.csv is ready to be filled in. Then say: crmlab validate class.csv\n", "")
    assert len((tmp_path / "class.csv").read_text(encoding="utf-8-sig").splitlines()) == 1 + 2 * 16
    assert crmlab("template", "assessment", "--out", "class.csv") == (
        2, "", "There is a file 'class.csv' already. It may hold somebody's answers. "
        "Give another name, or remove it first.\n")
    assert crmlab("validate", "class.csv")[1].startswith("class.csv cannot be used yet: 1 problem.\n"
                                                         "1. assessments: no practice is answered.")


def test_start_copies(crmlab, tmp_path):
    assert crmlab("start", "mine", "--copy-only") == (0, "3 new, 0 kept in mine.\n", "")
    assert len(list((tmp_path / "mine").iterdir())) == 3


def test_doctor_is_ready(crmlab):
    code, out, err = crmlab("doctor")
    assert (code, err) == (0, "") and out.startswith("Ready.\ncrmlab 0.")


def test_doctor_writes_the_paragraph_for_the_teacher(crmlab, monkeypatch, tmp_path):
    monkeypatch.setattr(places, "SHARE", tmp_path)

    def fail(*_):
        raise kernel.LessonBroken("no kernel")

    monkeypatch.setattr(kernel, "execute", fail)
    code, out, err = crmlab("doctor")
    assert (code, err) == (1, "") and out.startswith(
        "Not ready. Please send this paragraph to your teacher: No lessons were found in "
        f"{tmp_path / 'notebooks'}. A notebook could not be run: LessonBroken: no kernel. This is crmlab 0.")


# ---- terminals and files that know few signs, and files of the reader's with our names ------------------------------------


SAID = "Best 20 %: 46 % [−3, 0.5] – “√2 × 3” ≥ 1 · €, Müller, 山"


def written(monkeypatch, encoding: str, *words) -> tuple[int, str]:
    """What a command writes into a file of that encoding, on both roads, and its exit code."""
    roads = [io.TextIOWrapper(io.BytesIO(), encoding=encoding) for _ in range(2)]
    monkeypatch.setattr(sys, "stdout", roads[0])
    monkeypatch.setattr(sys, "stderr", roads[1])
    with pytest.raises(SystemExit) as left:
        cli.main(list(words), prog_name="crmlab")
    said = []
    for road in roads:
        road.flush()
        said.append(road.buffer.getvalue().decode("utf-8" if encoding == "ascii" else encoding))  # as click has it
    return left.value.code or 0, "".join(said)


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "ascii", "cp437"])
def test_no_command_fails_for_a_sign_that_cannot_be_written(encoding, monkeypatch, tmp_path):
    refunds = HERE / "cases" / "h09_refunds_outweigh.csv"
    done = run.Run(tmp_path, "loyalty", True, {})
    monkeypatch.setattr(run.Run, "said", lambda self: [SAID])
    monkeypatch.setattr(run, "run", lambda *_: done)
    monkeypatch.setattr(report, "one", lambda *_: [tmp_path / SAID])
    monkeypatch.setattr("crmlab.desk.doctor.examine", lambda: (True, SAID))
    (tmp_path / "roster.csv").write_text("name,student\n山,−1\n", encoding="utf-8")
    for words in [("list",), ("list", "loyalty"), ("list", "qci"), ("run", "portfolio", "--help"), ("validate", refunds),
                  ("validate", tmp_path / "− 山.csv"), ("run", "loyalty"), ("report", "loyalty"), ("doctor",), ("course",),
                  ("start", tmp_path / "−", "--copy-only"), ("template", "assessment", "--out", tmp_path / "−.csv"),
                  ("handout", "−", "--roster", tmp_path / "roster.csv", "--out", tmp_path / "o"), ("nothing−",),
                  ("grade", tmp_path / "−", "--roster", tmp_path / "roster.csv", "--out", tmp_path / "g"), ("run", "loyalty", "--−", "1")]:
        code, said = written(monkeypatch, encoding, *map(str, words))
        assert code in (0, 2) and said, words
    assert "−10,036.82 in all" in written(monkeypatch, "utf-8", "validate", str(refunds))[1]
    plain = "−" if encoding == "ascii" else "-"
    assert f"{plain}10,036.82 in all" in written(monkeypatch, encoding, "validate", str(refunds))[1]


def test_signs_are_written_in_others_that_can_be():
    said = SAID.encode("ascii", "crmlab.plainly").decode()
    assert said == 'Best 20 %: 46 % [-3, 0.5] - "sqrt 2 x 3" >= 1 | EUR, Muller, ?'


@pytest.fixture
def shadowed(tmp_path, monkeypatch):
    """A folder of the reader's whose files have the names of modules."""
    for name in ("crmlab", "pandas", "numpy", "random", "papermill", "ipykernel", "json"):
        (tmp_path / f"{name}.py").write_text(f"raise SystemExit('{name}.py of the reader was run')\n")
    (tmp_path / "mine.csv").write_text("a\n1\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_files_called_like_modules_are_left_alone(shadowed):
    """A kernel takes none of them, and finds the reader's data beside them as before."""
    cell = nbformat.v4.new_code_cell("import json, random, numpy, pandas, crmlab\nprint(open('mine.csv').read(), crmlab.__version__)")
    done = kernel.execute(nbformat.v4.new_notebook(cells=[cell]), {}, None, False, "mine")
    assert done.cells[0].outputs[0].text == "a\n1\n 0.1.0\n"


def test_the_module_run_as_a_command_takes_none_of_them(shadowed):
    (shadowed / "crmlab.py").unlink()  # Python itself would run this one, before anything of ours
    said = subprocess.run([sys.executable, "-m", "crmlab", "validate", "mine.csv"], capture_output=True, text=True)
    assert said.returncode == 2 and said.stdout.startswith("mine.csv cannot be used yet") and said.stderr == ""
