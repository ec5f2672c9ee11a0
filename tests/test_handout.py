"""Handing out: everybody gets a copy of their own that runs, and nobody's work is written over."""

import ast
import builtins
import csv
import errno
import itertools
import os
import re
import subprocess
import sys
import time
import tomllib
from dataclasses import replace

import nbformat
import pandas as pd
import pytest
from click.testing import CliRunner
from nbclient import NotebookClient

import crmlab as crm
from crmlab import cli
from crmlab.desk import kernel, lessons
from crmlab.desk.course import answers, copies, crowd, draft, draws, handing, lines, plan, seeds
from crmlab.desk.course import key as answer_key
from crmlab.desk.exercises import exercise, watermark
from crmlab.desk.exercises.books import book
from crmlab.frame import places
from crmlab.frame.errors import CrmlabError

HOSTILE = ["s0123", "../../etc/passwd", "Müller/Zoë", "con", "NUL.txt", "a b", "=cmd()", "-rf", ".", "李", "x" * 300,
           "zoe@example.org", 'quo"te\\', "\u2028{data}", "o'clock"]


@pytest.fixture
def people(tmp_path):
    with open(tmp_path / "roster.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["id", "name"], *([one, "Somebody"] for one in HOSTILE)])
    return tmp_path / "roster.csv"


def handed(tmp_path, *ids, lesson="loyalty", **more):
    """The paths of the notebooks that these students get."""
    (tmp_path / "roster.csv").write_text("\n".join(["id", *ids]) + "\n", "utf-8")
    handing.handout(lesson, tmp_path / "roster.csv", tmp_path / "out", progress=False, **more)
    return [next((tmp_path / "out" / handing.folder(one)).glob("*.ipynb")) for one in ids]


def executed(path, **values):
    """The notebook after all of its cells, run where it lies as JupyterLab would."""
    notebook = nbformat.read(path, as_version=4)
    manager = kernel.manager(None)()
    manager.kernel_spec.env.pop("CRMLAB_OUT")
    NotebookClient(notebook, km=manager, resources={"metadata": {"path": str(path.parent)}}, **values).execute()
    return notebook


def test_hostile_ids_become_folders_of_their_own(people, tmp_path):
    handing.handout("start_here", people, tmp_path / "out", progress=False)
    folders = [path for path in (tmp_path / "out").iterdir()]
    assert len(folders) == len({path.name.casefold() for path in folders}) == len(HOSTILE)
    assert all(re.fullmatch(r"[\w@+-][\w.@+-]{0,66}", path.name, re.ASCII) for path in folders)
    assert {path.name for path in tmp_path.iterdir()} == {"out", "roster.csv", "handout.csv"}
    with open(tmp_path / "handout.csv", newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert [row["student"] for row in rows] == [one.strip() for one in HOSTILE]
    assert all((tmp_path / "out" / row["folder"] / "00_start_here.ipynb").is_file() for row in rows)


def test_a_copy_has_the_students_own_parameters_and_no_outputs(tmp_path):
    (path,) = handed(tmp_path, 'quo"te\\')
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    told = next(cell.source for cell in notebook.cells if "parameters" in lessons.tags(cell))
    names = {}
    exec(told, names)
    drawn = draws.personal(plan.standing(), "loyalty", 'quo"te\\')
    assert (names["data"], names["seed"], names["student"]) == ("world:survey", drawn.seed, 'quo"te\\')
    assert not [cell for cell in notebook.cells if cell.get("outputs") or "report" in lessons.tags(cell)]
    assert notebook.metadata.crmlab == {"course": "crm", "run": "", "attempt": drawn.attempt, "lesson": "loyalty",
                                        "kind": "practice"}
    assert notebook.cells[-1].source == (
        f'lab.submit(course="crm", run="", attempt={drawn.attempt}, data=data, seed=seed)')


def test_every_lesson_has_what_a_copy_needs():
    """A lesson that hands in names its student, so that versions are personal."""
    for one in lessons.every():
        course = plan.standing()
        notebook = copies.blank(course, one.word)
        assert ("submit" in [cell.id for cell in notebook.cells]) == any(copies.LAB in c.source for c in notebook.cells)
        if course.book(one.word):
            assert {"data", "seed", "student"} <= set(one.parameters)


@pytest.mark.parametrize("lesson", [one.word for one in lessons.every()])
def test_a_core_copy_needs_nothing_of_the_deeper_part(lesson):
    """Every name that a cell reads was made further up, so the copy runs; one of them is run below."""
    week = plan.standing().week(lesson)
    notebook = copies.blank(plan.Course(weeks=(replace(week, core=True),)), lesson)
    assert not [cell for cell in notebook.cells if {"deeper", "report"} & set(lessons.tags(cell))]
    made = {*dir(builtins), "display"}
    for node in (node for cell in notebook.cells if cell.cell_type == "code" for node in ast.parse(cell.source).body):
        names = [part for part in ast.walk(node) if isinstance(part, ast.Name)]
        assert {part.id for part in names if isinstance(part.ctx, ast.Load)} <= made | {"crm"}
        made |= {part.id for part in names if isinstance(part.ctx, ast.Store)}


def test_a_copy_in_the_words_of_a_course_hands_in_what_it_shows(tmp_path):
    (tmp_path / "course.toml").write_text("""
[course]
run = "2026 winter"
[[week]]
lesson = "loyalty"
due = 2026-11-30
core = true
[exercises."loyalty.pearson"]
question = "In the course's words: {x} and {y}?"
""")
    (path,) = handed(tmp_path, "s0123", course=tmp_path / "course.toml")
    path.write_text(path.read_text("utf-8").replace("answer = ...", "answer = 0.5", 1), "utf-8")
    notebook = executed(path)
    shown = notebook.cells[-1].outputs[-1].data
    assert shown[answers.MIME] == answers.read((path.parent / "answers.json").read_bytes())
    assert (shown[answers.MIME]["run"], shown[answers.MIME]["student"]) == ("2026 winter", "s0123")
    assert list(shown[answers.MIME]["exercises"]) == plan.read(tmp_path / "course.toml").asked("loyalty")
    assert shown[answers.MIME]["exercises"]["loyalty.pearson"]["answer"] == 0.5
    drawn = draws.personal(plan.standing(), "loyalty", "s0123")
    assert "until 30 November 2026" in notebook.cells[-2].source and drawn.attempt == 0
    asked = next(cell for cell in notebook.cells if cell.id == "pearson-answer").outputs[-1].data["text/plain"]
    assert asked.startswith("In the course's words: ")
    nbformat.validate(notebook)


def test_a_students_work_is_kept_and_who_comes_later_is_served(tmp_path):
    first, second = handed(tmp_path, "s1", "s2")
    rows = (tmp_path / "handout.csv").read_text("utf-8-sig").splitlines()
    first.write_text("my own work")
    second.unlink()  # as after a handout that was cut short
    _, again, third = handed(tmp_path, "s1", "s2", "s3")
    assert first.read_text() == "my own work"
    assert (tmp_path / "handout.csv").read_text("utf-8-sig").splitlines()[:3] == rows
    assert again.is_file() and third.is_file()
    (tmp_path / "handout.csv").unlink()
    handed(tmp_path, "s1", "s2", "s3")
    assert first.read_text() == "my own work"
    assert (tmp_path / "handout.csv").read_text("utf-8-sig").splitlines()[:3] == rows


def test_a_list_of_another_term_is_refused(tmp_path):
    handed(tmp_path, "s1")
    (tmp_path / "course.toml").write_text('[course]\nrun = "2027 summer"\n[[week]]\nlesson = "loyalty"\n')
    with pytest.raises(CrmlabError) as raised:
        handed(tmp_path, "s1", course=tmp_path / "course.toml")
    assert str(raised.value) == (
        "'handout.csv' was written for another course, term or secret. There 's1' has other data than 'crm', '2027 summer' "
        "would give. Move it and the folders away, or put the course's id and run back.")


def test_many_students_are_drawn_side_by_side_as_one_by_one(tmp_path):
    ids = [f"s{number}" for number in range(crowd.ALONE + 3)]
    many = handed(tmp_path, *ids)
    (alone,) = handed(tmp_path / "alone", ids[-1]) if not (tmp_path / "alone").mkdir() else ()
    assert many[-1].read_text() == alone.read_text()


def test_colab_gets_one_cell_that_installs(tmp_path):
    course = plan.Course(weeks=plan.standing().weeks, wheel="https://example.org/crmlab.whl")
    plain, colab = (copies.blank(course, "loyalty", colab=one) for one in (False, True))
    assert [cell for cell in colab.cells if cell.id != "install"] == plain.cells
    assert colab.cells[1].source == "%pip install -q https://example.org/crmlab.whl"


@pytest.mark.parametrize("cell", [
    'data: str = "mobi"            # "mobi", or your own\ncolumns: dict[str, str] = {}  # names\nseed: int = 1                 # chance',
    'seed: int = 1\nstudent: str | None = None  # ümlaut = 1', 'alpha: float = 0.05  # error'])
def test_parameters_are_told_and_comments_stay(cell):
    new = copies.told(cell, {"data": "world:survey", "seed": 4_294_967_295, "student": "Zoë"})
    assert [line.partition("#")[2] for line in new.split("\n")] == [line.partition("#")[2] for line in cell.split("\n")]
    names = {}
    exec(new, names)
    assert [names.get(name) for name in ("data", "seed", "student")] == [
        value if f"{name}:" in cell else None for name, value in
        (("data", "world:survey"), ("seed", 4_294_967_295), ("student", "Zoë"))]


# ---- what only the instructor may read --------------------------------------------------------------------


def mode(path):
    return oct(path.stat().st_mode & 0o777)


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps no such modes")
@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_what_is_private_is_its_owners_alone_whatever_the_umask_says(tmp_path, mask):
    (tmp_path / "there").mkdir()
    before = os.umask(mask)
    try:
        paths = [places.write(tmp_path / "there" / name, "x", private=True) for name in ("truths.json", "a/b/truths.json")]
        open_ = places.write(tmp_path / "there" / "class.html", "x")
        paths[0].chmod(0o644)  # as an earlier version wrote it
        places.write(paths[0], "y", private=True)
    finally:
        os.umask(before)
    assert [mode(path) for path in paths] == ["0o600"] * 2 and mode(open_) == oct(0o666 & ~mask)
    assert [mode(path) for path in (paths[1].parent, paths[1].parent.parent)] == ["0o700"] * 2
    assert mode(tmp_path / "there") != "0o700" or mask == 0o077
    assert not list(tmp_path.rglob("*.part"))


def test_what_cannot_be_written_is_told_and_leaves_nothing(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    with pytest.raises(CrmlabError) as raised:
        places.write(tmp_path / "file" / "truths.json", "x", private=True)
    assert str(raised.value) == (f"'{tmp_path / 'file' / 'truths.json'}' cannot be written. The system says: File exists. "
                                 "Make room there, or name another place.")

    def full(*said):
        raise OSError(errno.ENOSPC, "No space left on device")

    places.write(tmp_path / "kept.csv", "good")
    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(CrmlabError) as raised:
        places.write(tmp_path / "kept.csv", "new")
    assert str(raised.value) == (f"'{tmp_path / 'kept.csv'}' cannot be written. The system says: No space left on device. "
                                 "Make room there, or name another place.")
    assert (tmp_path / "kept.csv").read_text() == "good" and not list(tmp_path.rglob("*.part"))


# ---- exams ------------------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps no such modes")
def test_what_a_handout_leaves_is_the_instructors(exam, tmp_path):
    (path,) = handed(tmp_path, "s0123", lesson="exam", course=exam)
    private = ["handout.csv", "truths-exam.json", "course.secret"]
    assert [mode(tmp_path / name) for name in private] == ["0o600"] * 3
    assert [mode(one) for one in (path.parent, path.parent.parent)] == ["0o700"] * 2
    assert sorted(one.name for one in tmp_path.iterdir()) == sorted([*private, "out", "roster.csv", "course.toml", "exam.toml"])
    assert [one.name for one in (tmp_path / "out").iterdir()] == ["s0123"]


# ---- two at once, and what is cut short -------------------------------------------------------------------


def test_two_handouts_at_once_are_told_apart(tmp_path):
    with places.alone(tmp_path / "handout.csv.lock"), pytest.raises(CrmlabError) as raised:
        handed(tmp_path, "s1", lesson="start_here")
    assert str(raised.value) == (f"Another crmlab is writing into '{tmp_path}'. It has not finished. Wait until it has, or name "
                                 "another folder.")
    handed(tmp_path, "s1", lesson="start_here")
    assert len((tmp_path / "handout.csv").read_text("utf-8-sig").splitlines()) == 2


def test_a_handout_that_is_killed_leaves_nobody_at_work_and_goes_on(tmp_path):
    ids = [f"s{number:03}" for number in range(150)]
    (tmp_path / "roster.csv").write_text("\n".join(["id", *ids]) + "\n")
    said = [sys.executable, "-m", "crmlab", "handout", "start_here", "--roster", "roster.csv", "--out", "out"]
    with subprocess.Popen(said, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as one:
        until(lambda: (tmp_path / "handout.csv").is_file() and b"s002" in (tmp_path / "handout.csv").read_bytes())
        one.kill()
    assert (tmp_path / "out" / handing.UNFINISHED).is_file()
    assert (tmp_path / "out" / handing.UNFINISHED).read_text().startswith("Not everybody's folder is here yet.")
    begun = len((tmp_path / "handout.csv").read_text("utf-8-sig").splitlines()) - 1
    assert 3 <= begun < len(ids)
    (tmp_path / "out" / "s000" / "00_start_here.ipynb.1.part").write_text("half of it")
    (tmp_path / "handout.csv.1.part").write_text("half of it")
    (tmp_path / "out" / "s000" / "00_start_here.ipynb").unlink()

    def again():  # the lock is given back once the last of the processes has gone
        with places.alone(tmp_path / "handout.csv.lock"):
            return True

    until(again)
    handed(tmp_path, *ids[:begun + 5], lesson="start_here")
    rows = (tmp_path / "handout.csv").read_text("utf-8-sig").splitlines()[1:]
    assert [row.partition(",")[0] for row in rows] == ids[:begun + 5]
    assert {one.name for one in tmp_path.iterdir()} == {"roster.csv", "handout.csv", "out"}
    assert not [*tmp_path.rglob("*.part"), *tmp_path.rglob(handing.UNFINISHED)]


def until(done):
    for _ in range(600):
        try:
            if done():
                return
        except CrmlabError:
            pass
        time.sleep(0.05)
    raise AssertionError("It never happened.")


def test_places_that_cannot_be_written_are_told_before_anything_is_handed_out(tmp_path, monkeypatch):
    def refused(**more):
        with pytest.raises(CrmlabError) as raised:
            handed(tmp_path, "s1", "s2", lesson="start_here", **more)
        return str(raised.value)

    (tmp_path / "out").write_text("")
    assert refused() == f"'{tmp_path / 'out'}' is a file. The students' folders need a folder to lie in. Name another one."
    (tmp_path / "out").unlink()
    (tmp_path / "handout.csv").mkdir()
    assert refused() == ("'handout.csv' cannot be read as the list of what was handed out. Reading stopped with: [Errno 21] Is a "
                         f"directory: '{tmp_path / 'handout.csv'}'. Put the one back that crmlab handout wrote; without it nobody "
                         "can tell who got which data.")
    (tmp_path / "handout.csv").rmdir()
    replace_ = os.replace

    def full(source, target):
        if "s2" in str(target):
            raise OSError(errno.ENOSPC, "No space left on device")
        replace_(source, target)

    monkeypatch.setattr(os, "replace", full)
    assert refused() == (f"'{tmp_path / 'out' / 's2' / '00_start_here.ipynb'}' cannot be written. The system says: No space left on "
                         "device. Make room there, or name another place.")
    assert (tmp_path / "out" / handing.UNFINISHED).is_file() and (tmp_path / "out" / "s1" / "00_start_here.ipynb").is_file()
    monkeypatch.undo()
    handed(tmp_path, "s1", "s2", lesson="start_here")
    assert {one.name for one in (tmp_path / "out").iterdir()} == {"s1", "s2"}


@pytest.mark.parametrize("id", ["CON.txt", "nul.a.b", "com1", "aux"])
def test_no_folder_is_called_as_windows_calls_its_devices(id):
    assert not handing.RESERVED.fullmatch(handing.folder(id)) and handing.folder(id) != id


@pytest.fixture
def exam(tmp_path):
    draft.begin(tmp_path / "course.toml")
    (tmp_path / "course.toml").write_text("""
[course]
run = "2026 winter"
secret = "course.secret"
[[week]]
lesson = "exam"
kind = "exam"
exam = "exam.toml"
""")
    (tmp_path / "exam.toml").write_text("""
[r1]
like = "loyalty.pearson"
points = 4
[r2]
like = "loyalty.zones"
[why]
kind = "text"
question = "Why?"
most_words = 50
""")
    return tmp_path / "course.toml"


def test_an_exam_runs_notes_and_hands_in(exam, tmp_path):
    (path,) = handed(tmp_path, "s0123", lesson="exam", course=exam)
    assert {one.name for one in path.parent.iterdir()} == {"exam.ipynb", "survey.csv"}
    path.write_text(path.read_text("utf-8").replace("answer = ...", "answer = 0.5", 1), "utf-8")
    notebook = executed(path)
    sent = answers.read((path.parent / "answers.json").read_bytes())
    assert {one: state["code"] for one, state in sent["exercises"].items()} == {
        "exam.r1": "noted", "exam.r2": "todo", "exam.why": "todo"}
    course = plan.read(exam)
    drawn = draws.personal(course, "exam", "s0123")
    posed = course.book("exam").posed("r1", drawn.desk, "s0123")
    assert (sent["kind"], sent["data_sha256"]) == ("exam", answers.fingerprint(drawn.table))
    assert posed.question in "".join(cell.source for cell in notebook.cells)
    assert posed.judge(sent["exercises"]["exam.r1"]["answer"]).code != "kind"


def test_the_folder_of_an_exam_does_not_tell_the_truth(exam, tmp_path):
    """Neither the secret nor the seed, nor an answer, lies there; and the seed cannot be had without the secret."""
    (path,) = handed(tmp_path, "s0123", lesson="exam", course=exam)
    course = plan.read(exam)
    drawn = draws.personal(course, "exam", "s0123")
    everything = "".join(one.read_text("utf-8") for one in path.parent.iterdir())
    assert course.secret not in everything and str(drawn.seed) not in everything
    public = seeds.seed(course.id, course.run, "exam", "s0123", drawn.attempt)
    assert public != drawn.seed
    text = path.read_text("utf-8")
    posed = course.book("exam").posed("r1", drawn.desk, "s0123")
    assert f"{posed.truth.iloc[0]:.2f}" not in text
    labels = course.book("exam").posed("r2", drawn.desk, "s0123").truth
    words = course.book("exam").words["r2"].options
    assert set(labels) <= set(words)  # every option stands there equally often: in the question and in the form
    assert {len(re.findall(rf"\b{zone}\b", text)) for zone in words} == {2}


def test_the_key_of_an_exam_is_right_and_the_instructors_alone(exam, tmp_path):
    (tmp_path / "roster.csv").write_text("id,name\ns1,Ada <b>\n=s2,Bo\n")
    said = answer_key.key("exam", tmp_path / "roster.csv", tmp_path / "key", exam, progress=False)
    assert said == (f"{tmp_path / 'key'}: key-exam.csv, key-exam.html, preview-exam.ipynb. What is right for 2 of the roster, and the "
                    "notebook of 's1' with its solutions.\nThey are yours, not the students'.")
    table = pd.read_csv(tmp_path / "key" / "key-exam.csv", dtype=str, keep_default_na=False)
    course = plan.read(exam)
    found = course.book("exam")
    for student in ("s1", "=s2"):
        rows = table[table["student"] == (student if student == "s1" else f"'{student}")].set_index(["exercise", "case"])
        posed = found.asked(draws.personal(course, "exam", student).desk, student)
        assert posed["r1"].judge(float(rows.loc[("exam.r1", "right"), "answer"])).code == "right"
        assert rows.loc[("exam.r1", "right"), "accepted"] == "± 0.005" and rows.loc[("exam.r1", "right"), "points"] == "4"
        assert posed["r2"].judge(rows.loc[("exam.r2", "right"), "answer"].split(", ")).code == "right"
        assert rows.loc[("exam.why", "read by a person"), "accepted"] == "at most 50 words"
        for mistake, value in posed["r1"].mistakes.items():
            told = rows.loc[("exam.r1", posed["r1"].filled(posed["r1"].words.mistakes[mistake]["name"]))]
            assert posed["r1"].judge(float(told["answer"])).code == f"wrong:{mistake}" and float(told["answer"]) == round(value.iloc[0], 3)
            assert told["reply"] == posed["r1"].filled(posed["r1"].words.mistakes[mistake]["says"])
    page = (tmp_path / "key" / "key-exam.html").read_text("utf-8")
    assert "Ada &lt;b&gt;" in page and page.count("± 0.005") == 2 and "One step back" not in page
    preview = nbformat.read(tmp_path / "key" / "preview-exam.ipynb", as_version=4)
    nbformat.validate(preview)
    ids = [cell.id for cell in preview.cells]
    for name, has in (("r1", ".corr("), ("r2", "a part for each that is right"), ("why", "at most 50 words")):
        cell = preview.cells[ids.index(f"{name}-answer") + 1]
        assert cell.id == f"{name}-key" and has in cell.source
    assert os.name == "nt" or {mode(one) for one in (tmp_path / "key").iterdir()} == {"0o600"}
    assert not (tmp_path / "handout.csv").exists()


def test_the_key_of_a_lesson_has_every_exercise(tmp_path):
    (tmp_path / "roster.csv").write_text("id\ns1\n")
    said = CliRunner().invoke(cli.main, ["handout", "qci", "--roster", str(tmp_path / "roster.csv"), "--out", str(tmp_path / "key"), "--key"])
    assert said.exit_code == 0, said.output
    table = pd.read_csv(tmp_path / "key" / "key-qci.csv")
    assert set(table["exercise"]) == set(book("qci").ids())
    preview = nbformat.read(tmp_path / "key" / "preview-qci.ipynb", as_version=4)
    assert {cell.id for cell in preview.cells if cell.id.endswith("-key")} == {f"{one.partition('.')[2]}-key" for one in book("qci").ids()}


def test_a_key_does_not_lie_among_what_was_handed_out(exam, tmp_path):
    handed(tmp_path, "s1", lesson="start_here")
    for lesson, out, message in (
            ("exam", "out", f"The key would lie among what was handed out. '{tmp_path / 'out'}' has the folder 's1'. Name another "
                            "folder for the key."),
            ("start_here", "key", "The lesson 'start_here' has no exercises. So there is nothing to be right. Name another lesson.")):
        with pytest.raises(CrmlabError) as raised:
            answer_key.key(lesson, tmp_path / "roster.csv", tmp_path / out, exam if lesson == "exam" else None)
        assert str(raised.value) == message
    assert not list(tmp_path.rglob("key-*"))


# ---- practice does not sit an exam -------------------------------------------------------------------------

ABOUT = {"loyalty": "pearson", "relationships": "cut", "portfolio": "share", "qci": "interval"}
REFUSED = ("These data are those of an exam. Nothing is asked, checked or solved on them here. Note your answers in the notebook "
           "of the exam, and practise on data of your own.")


@pytest.fixture(scope="module")
def sat(tmp_path_factory):
    """An exam about every lesson: its draw and its book."""
    folder = tmp_path_factory.mktemp("sat")
    (folder / "course.secret").write_text("0123456789abcdef")
    (folder / "course.toml").write_text("""
[course]
secret = "course.secret"
[[week]]
lesson = "exam"
kind = "exam"
exam = "exam.toml"
""")
    (folder / "exam.toml").write_text("\n".join(f'[{lesson}]\nlike = "{lesson}.{name}"' for lesson, name in ABOUT.items()))
    course = plan.read(folder / "course.toml")
    return draws.personal(course, "exam", "s0123"), course.book("exam")


DISGUISES = {
    "as it is": lambda table: table,
    "without its provenance": lambda table: pd.DataFrame(table.to_dict("list")),
    "in another order": lambda table: table.sample(frac=1, random_state=1).iloc[:, ::-1],
    "four of five rows": lambda table: table.sample(frac=0.8, random_state=1),
    "with other ids": lambda table: table.assign(**{name: pd.factorize(table[name])[0].astype(str) for name in watermark.IDS
                                                    if name in table}),
    "with other values": lambda table: table.assign(**{name: table[name].sample(frac=1, random_state=1).to_numpy() for name in table
                                                       if name not in watermark.IDS}),
    "with ten rows of one's own": lambda table: pd.concat([table, table.head(10).assign(**{
        name: [f"own {at}" for at in range(10)] for name in watermark.IDS if name in table})]),
}


@pytest.mark.parametrize("disguise", DISGUISES)
@pytest.mark.parametrize("lesson", ABOUT)
def test_practice_refuses_the_data_of_an_exam_however_disguised(sat, lesson, disguise):
    drawn, found = sat
    table = DISGUISES[disguise](drawn.choices["tables"][lesson])
    assert watermark.found(table)
    if disguise == "as it is":
        truth, name = found.asked(drawn.desk, "s0123")[lesson].truth, f"{lesson}.{ABOUT[lesson]}"
        for practice in (True, False):
            lab = crm.lesson(lesson, table, student="z0", practice=practice)
            for reply in (lab.check(name, truth.tolist()), lab.hint(name), lab.ask(name), lab.review([1, 2])):
                assert (reply.code, reply.says) == ("left_out", REFUSED)
        assert crm.lesson(lesson, table).solution(name).says == REFUSED
        lab = crm.lesson(lesson, drawn.choices["tables"][lesson].head(0))
        lab._table = table
        assert lab.check(name, truth.tolist()).says == REFUSED


@pytest.mark.parametrize("lesson", [one.word for one in lessons.every() if one.table])
def test_no_other_data_are_taken_for_an_exams(lesson):
    data = lines.world(lesson)
    assert not any(watermark.found(lines.opened(lesson, data=data, seed=seed)[0]) for seed in (1, 2**31))


def test_own_data_in_few_words_are_not_taken_for_an_exams():
    top = pd.DataFrame({f"{name}_{at}": [10] * 900 + list(range(1, 11)) * 10 for name in ("satisfaction", "loyalty", "trust", "commitment")
                        for at in (1, 2)})
    blank = top.astype(object).where(top["trust_1"] < 10, None).assign(customer_id="C00004")
    words = top.astype(str).assign(amount="a lot", customer_id=range(1000))
    assert not any(map(watermark.found, (top, blank, words, top.head(0), pd.DataFrame())))


def test_an_exam_asks_no_version_that_practice_asks(sat):
    """For whoever disguises the data beyond recognition: no student's name brings the question of the exam."""
    drawn, found = sat
    for lesson, name in ABOUT.items():
        asked = {str(found.posed(lesson, drawn.desk, f"s{one}").version) for one in range(20)}
        practised = {str(book(lesson).posed(name, drawn.desk[lesson], f"z{one}").version) for one in range(20)}
        assert asked and practised and not asked & practised


def test_versions_are_shared_between_exams_and_practice():
    one, two, many = ([{"x": at} for at in range(count)] for count in (1, 2, 20))
    def kept(versions, exam):
        return list(exercise._kept(versions, exam))
    assert kept(one, True) == kept(one, False) == one  # there is no other
    assert [len(kept(two, exam)) for exam in (True, False)] == [1, 1] and kept(two, True) != kept(two, False)
    assert sorted(kept(many, True) + kept(many, False), key=lambda version: version["x"]) == many
    endless = [kept(({"x": at} for at in itertools.count()), exam) for exam in (True, False)]
    assert sum(map(len, endless)) == 3 * exercise.MOST_VERSIONS and min(map(len, endless)) > 5


# ---- the door ---------------------------------------------------------------------------------------------


def test_the_course_to_begin_with_is_read_as_it_is_and_with_every_comment_taken_away(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = CliRunner().invoke(cli.main, ["course", "--new", "course.toml"])
    assert said.output.startswith(f"course.toml is a course with {len(lessons.every())} lessons;")
    assert len((tmp_path / "course.secret").read_text().strip()) == 43
    course = plan.read("course.toml")
    assert [one.lesson for one in course.weeks] == [one.word for one in lessons.every()] and course.secret
    again = CliRunner().invoke(cli.main, ["course", "--new", "course.toml"])
    assert again.exit_code == 2 and "'course.toml' is there already." in again.output
    bare = re.sub(r"(?m)^# (?=\w+ = |\[)", "", (tmp_path / "course.toml").read_text("utf-8"))
    assert set(tomllib.loads(bare)) == {"course", "week", "exercises"}
    (tmp_path / "course.toml").write_text(bare.replace("{{", "{").replace("}}", "}"), "utf-8")
    assert plan.read("course.toml").weeks[-1].kind == "exam"


def test_the_door_hands_out_and_prints_the_syllabus(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "roster.csv").write_text("id\ns1\n")
    said = CliRunner().invoke(cli.main, ["handout", "start_here", "--roster", "roster.csv", "--out", "out"])
    assert said.output == ("1 new, 0 kept in out.\nhandout.csv says who got which data. It is yours, not the students'.\n")
    assert "Week" not in CliRunner().invoke(cli.main, ["course"]).output
    wrong = CliRunner().invoke(cli.main, ["handout", "loyality", "--roster", "roster.csv", "--out", "out"])
    assert wrong.exit_code == 2 and "Did you mean 'loyalty'?" in wrong.output
