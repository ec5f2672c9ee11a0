"""One hand-in never stops a class: two hundred students, every attack we know of, and the marks of all others as they were."""

import csv
import json
import os
import shutil
import struct
import time
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path

import classes
import numpy as np
import openpyxl
import pandas as pd
import pytest
from click.testing import CliRunner

from crmlab import cli
from crmlab.desk.course import answers, copies, defence, draws, envelopes, feedback, grading, intake, ledger, marking, marks, plan, rubric
from crmlab.desk.course import roster as rosters
from crmlab.desk.course.senders import Register, sender
from crmlab.frame import places
from crmlab.frame.errors import CrmlabError

N, OWN, FEW = 200, 6, 6
COURSE = '[course]\nid = "crm"\nrun = "winter"\n[[week]]\nlesson = "loyalty"\npoints = 10\ndue = 2026-11-30\n'
HEAVY = "ab\ud800c\x00d\ufffee\uffffg\x1b[2J\u202eh\u2066i\x85j\U0001fffek"
PLAIN = ("é", "日本", "🐘", "a\u200db", "=1+1", "@x", "-5", "+49", "\tz")


class Room:
    """A class on the disk: who is in it, the course, and what is right for each; nobody's truth is computed twice."""

    def __init__(self, folder: Path):
        self.folder, self.ids = folder, [f"s{at:04}" for at in range(N)]
        (folder / "course.toml").write_text(COURSE)
        names = [f"Ada Quist{at}" for at in range(N)]
        names[30:36] = ["Jörg Müller", "Zoë Šubrt", "Jane Doe", "Li Wei", "O’Brien Pat", "Renée Gómez"]
        rows = [f'{one},{name},{4000 + at}' for at, (one, name) in enumerate(zip(self.ids, names, strict=True))]
        (folder / "roster.csv").write_text("id,name,Canvas ID\n" + "\n".join(rows) + "\n", "utf-8")
        self.course = plan.read(folder / "course.toml")
        self.week, self.book = self.course.week("loyalty"), self.course.book("loyalty")
        made = marking.truths(self.ids[:OWN], self.course, self.week, progress=False)
        self.truths = {one: made[self.ids[at % OWN]] for at, one in enumerate(self.ids)}
        ledger.add(self.truths, folder / ledger.LEDGER, self.course, self.week)
        self.few = folder / "few"
        self.few.mkdir()
        (self.few / "course.toml").write_text(COURSE)
        (self.few / "roster.csv").write_text("id,name,Canvas ID\n" + "\n".join(rows[:FEW]) + "\n", "utf-8")
        ledger.add({one: self.truths[one] for one in self.ids[:FEW]}, self.few / ledger.LEDGER, self.course, self.week)

    def sheet(self, at: int, **changed) -> dict:
        """A right hand-in, with other answers to some exercises."""
        right = classes.right(self.truths[self.ids[at]], self.book)
        for name, answer in changed.items():
            right[f"loyalty.{name}"]["answer"] = answer
        return classes.sheet(self.ids[at], self.truths[self.ids[at]], right, self.course)

    def grade(self, files: Path, out: Path, all: bool = False, **more) -> marks.Told:
        folder = self.folder if all else self.few
        return grading.grade(files, folder / "roster.csv", out, folder / "course.toml", **more)

    def paper(self, at: int, earned: str = "answered", **changed) -> marking.Paper:
        one = rosters.Student(self.ids[at])
        return marking.marked(intake.Handed(one, one, "x", self.sheet(at, **changed)), self.truths[self.ids[at]], self.book,
                              self.book.ids(), earned)


@pytest.fixture(scope="module")
def room(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(draws, "personal", classes.shared(draws.personal))
        patch.setattr(answers, "fingerprint", classes.once(answers.fingerprint))
        yield Room(tmp_path_factory.mktemp("room"))


def rows(path: Path) -> list[dict]:
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


# ---- the class --------------------------------------------------------------------------------------------


#: What each attacker hands in: the changed parts of a right hand-in, by the exercise or by the part of the sheet.
LABELS = {"CUSL1": 0.5, "CUSL2": 0.4, "CUSL3": 0.3}
SHAPES = [LABELS, [LABELS, {"a": 1}], {"a": {"b": {"c": 1}}}, "nan", float("inf"), 10**400, -(10**400), True, "x" * 150_000, [[1, 2], [3]],
          {"": ""}, "1+2j", "2026-11-30", [None, ...][:1], {"choice": [1], "number": {"a": 2}}, [True, 4], ["y" * 9_000] * 10,
          {"choice": "z" * 90_000, "number": "1", "because": "So.", "would_change_if": "If."}, 1e308, "", [], {}]
TEXTS = {2: {"student": HEAVY}, 3: {"course": HEAVY}, 4: {"run": "\ud83d"}, 5: {"settings": {HEAVY: [HEAVY]}}, 6: {"crmlab": HEAVY},
         7: {"guesses": {"loyalty.pearson": {"low": "nan", "high": HEAVY}}}, 8: {"student": "z" * 900_000}}


def attacked(room: Room, folder: Path) -> dict[int, str]:
    """Write the hand-ins of a class with attackers in it; returns of each attacker what problems.csv calls it."""
    folder.mkdir()
    special: dict[int, str] = {}

    def put(at: int, sheet: dict | str | bytes, kind: str, name: str = "") -> None:
        text = sheet if isinstance(sheet, str | bytes) else json.dumps(sheet)
        (folder / (name or f"{room.ids[at]}.json")).write_bytes(text.encode() if isinstance(text, str) else text)
        special[at] = kind

    for at, told in TEXTS.items():
        put(at, room.sheet(at) | told, "claim" if at == 8 else "signs")
    decision = classes.right(room.truths["s0010"], room.book)["loyalty.decide"]["answer"]
    put(10, room.sheet(10, decide=decision | {"because": HEAVY}), "signs")
    put(11, room.sheet(11, decide=decision | {"because": "w " * 3000 + "\n" * 4000}), "")
    put(12, room.sheet(12, pearson=HEAVY), "signs")
    for at, shape in enumerate(SHAPES, 40):
        put(at, room.sheet(at, pearson=shape, items=shape, decide=shape, review=shape, zones=shape), "")
    put(70, json.dumps(room.sheet(70))[:-40], "unread")
    put(71, b"\xff\xfe" + json.dumps(room.sheet(71)).encode("utf-16-le"), "unread")
    put(72, "[" * 100_000, "unread")
    put(73, room.sheet(73) | {"lesson": HEAVY * 1000}, "other lesson")
    put(74, room.sheet(74) | {"exercises": {"loyalty.pearson": 3}}, "unread")
    put(75, room.sheet(75) | {"attempt": 10**4000}, "")
    put(76, classes.archive({"a/answers.json": json.dumps(room.sheet(76)), "b.json": "{"})[:-30], "unread", "s0076.zip")
    put(77, classes.archive({"a/Grades.csv": "Full name,Last modified (submission)\nJane Doe,2027-01-01\n",
                             "liwei_4033_7_answers.json": json.dumps(room.sheet(77))}), "", "s0077.zip")
    put(78, room.sheet(78) | {"data_sha256": "\udfff"}, "signs")
    put(79, "{}", "unread", "Week 1_s0079_attempt_2026-99-99-99-99-99_answers.json")
    put(80, room.sheet(80), "date", "Week 1_s0080_attempt_2026-02-30-12-00-00_answers.json")
    put(81, room.sheet(81, decide={"because": "w " * 500_000}), "unread")
    for at, name in {82: "Jane Doe_777_assignsubmission_file_answers.json", 83: "Week 1_s0032_attempt_2026-11-01-00-00-00_a.json",
                     84: "liwei_4033_9_answers.json"}.items():
        put(at, room.sheet(at), "late", f"adaquist{at}_LATE_{4000 + at}_12_{name}")
    os.symlink(room.folder / "course.toml", folder / "s0085.json")
    special[85] = "unread"
    for at, name in {30: "Jörg Müller", 31: "Zoë Šubrt"}.items():
        code = "cp850" if at == 30 else "cp852"
        put(at, foreign(f"{name}_99_assignsubmission_file_/answers.json", json.dumps(room.sheet(at)), name.encode(code)), "", f"pack{at}.zip")
    for at in range(N):
        if at not in special:
            put(at, room.sheet(at), "")
            del special[at]
    return special


def foreign(name: str, content: str, raw: bytes) -> bytes:
    """An archive whose names are not marked as UTF-8, as other makers write it: the person's name as these bytes."""
    plain = "~" * len(raw) + name[name.index("_"):]
    return classes.archive({plain: content}).replace(b"~" * len(raw), raw)


@pytest.fixture(scope="module")
def graded(room, tmp_path_factory):
    folder = tmp_path_factory.mktemp("attacked")
    special = attacked(room, folder / "in")
    begun = time.process_time()
    told = room.grade(folder / "in", folder / "out", all=True)
    return folder, special, told, time.process_time() - begun


def test_a_class_with_every_attack_is_marked_as_without_them(room, graded, tmp_path):
    folder, special, told, seconds = graded
    (tmp_path / "in").mkdir()
    honest = [at for at in range(N) if at not in special]
    for at in honest:
        (tmp_path / "in" / f"{room.ids[at]}.json").write_text(json.dumps(room.sheet(at)))
    room.grade(tmp_path / "in", tmp_path / "out", all=True)
    before, after = ({row["student"]: row for row in rows(out / "grades.csv")} for out in (tmp_path / "out", folder / "out"))
    assert len(honest) > 140 and [after[room.ids[at]] for at in honest] == [before[room.ids[at]] for at in honest]
    assert {after[room.ids[at]]["points"] for at in honest} == {"10.0"} and seconds < 10
    known = {(row["student"], row["problem"]) for row in rows(folder / "out" / "problems.csv")}
    assert not {(room.ids[at], kind) for at, kind in special.items() if kind} - known
    assert not [row for row in rows(folder / "out" / "problems.csv") if row["problem"] == "unmarked"]
    without = {at for at in special if after[room.ids[at]]["handed_in"] != "yes"}
    assert without == {at for at, kind in special.items() if kind in ("unread", "other lesson")} | {77}
    assert not told.whole and "Handed in, and without marks: " in told


def test_a_classmate_is_never_hurt(room, graded):
    folder, *_ = graded
    after = {row["student"]: row for row in rows(folder / "out" / "grades.csv")}
    assert [after[one]["points"] for one in ("s0032", "s0033")] == ["10.0", "10.0"]
    assert [after[one]["late"] for one in ("s0032", "s0033", "s0082", "s0083", "s0084")] == ["no", "no", "yes", "yes", "yes"]
    why = next(row for row in rows(folder / "out" / "problems.csv") if "s0077.zip!liwei" in row["file"])
    assert (why["problem"], why["reason"][:90]) == ("unknown", "It lies with what s0077 sent, and its name fits s0033: nobody can tell whose it is. "
                                                    "The answers name 's0077'; if that is true, rename the file so."[:90])


def test_every_file_of_a_grading_can_be_read(graded):
    folder, *_ = graded
    for path in (folder / "out").rglob("*"):
        if path.suffix in (".csv", ".html"):
            text = path.read_text("utf-8-sig")
            assert not [sign for sign in text if sign not in "\n\t\r" and (ord(sign) < 32 or ord(sign) in (0xFFFE, 0xFFFF, 0x202E))], path
        if path.is_file():
            assert path.stat().st_mode & 0o077 == 0 or os.name == "nt", path
    page = openpyxl.load_workbook(folder / "out" / "rubric.xlsx")["texts"]
    said = [row[2] for row in page.iter_rows(min_row=2, values_only=True)]
    assert any("ab�c�d�e�g�[2J�h�i�j" in words for words in said) and max(map(len, said)) <= 4000
    assert rubric.read(folder / "out" / "rubric.xlsx") == {}


# ---- shapes, texts, names ---------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [*SHAPES, *PLAIN, {"a": float("nan")}, [{"a": 1}] * 50, np.float64(3), np.array([1.0, 2]),
                                   pd.Series(LABELS), pd.DataFrame({"a": [1, 2], "b": [3, 4]}), pd.Timestamp("2026-01-01"), 3 + 2j], ids=repr)
@pytest.mark.parametrize("earned", ["answered", "right", "half"])
def test_no_answer_of_any_shape_stops_a_paper(room, shape, earned):
    kept = answers.plain(shape)
    paper = room.paper(0, earned, **{name.partition(".")[2]: kept for name in room.book.ids()})
    week = replace(room.week, earned=earned)
    assert feedback.page(paper, room.book, room.course, week).encode()
    assert rubric.words_of(paper) is not None
    for mark in paper.marks.values():
        asked = defence._asked(mark, paper, room.book, np.random.default_rng(1)) if mark.answered else ("", "", "")
        assert "{" not in asked[1].replace(str(kept), "") and 0 <= mark.points <= mark.worth


def test_a_labelled_answer_is_no_decision(room):
    truth = room.truths["s0000"].posed["items"].truth
    kept = answers.plain(pd.Series(truth.to_numpy(), index=[str(one) for one in truth.index]))
    paper = room.paper(0, "right", items=kept)
    assert isinstance(kept, dict) and paper.marks["loyalty.items"].reply.code == "right"
    asked = defence._asked(paper.marks["loyalty.items"], paper, room.book, np.random.default_rng(1))
    assert "You found" in asked.question and "chose" not in asked.question and rubric.words_of(paper).keys() == {"loyalty.decide"}


@pytest.mark.parametrize(("place", "found"), [
    ("doejane_LATE_4032_12_Li Wei_9_assignsubmission_file_answers.json", ("s0032", True)),
    ("doejane_4032_12_Week 1_s0033_attempt_2026-11-01-00-00-00_answers.json", ("s0032", False)),
    ("doejane_LATE_4032_12_x.zip!liwei_4033_2_answers.json", ("s0032", True)),
    ("doejane_4032_12_x!liwei_4033_2_answers.json", ("s0032", False)),
    ("Week 1_s0032_attempt_2026-11-22-12-00-00_x_s0033_attempt_2026-11-01-00-00-00_a.json", ("s0032", False)),
    ("Week 1_s0032_attempt_2026-11-22-12-00-00_Li Wei_9_assignsubmission_file_a.json", ("s0032", False)),
    ("Jane Doe_9_assignsubmission_file_/Week 1_s0033_attempt_2026-11-22-12-00-00_a.json", ("s0032", False)),
    ("Jane Doe_9_assignsubmission_file_liwei_4033_2_answers.json", ("s0032", False)),
    ("s0032/liwei_4033_2_answers.json", None), ("s0032.zip!Week 1_s0033_attempt_2026-11-22-12-00-00_a.json", None),
    ("hw_1_2_s0033_attempt_2026-11-22-12-00-00_a.json", None), ("gruppe_1_2_x-Jane Doe_9_assignsubmission_file_a.json", None),
    ("gruppe_1_2-Jane Doe_9_assignsubmission_file_a.json", ("s0032", False)),
    ("s0032.ZIP!answers.JSON", ("s0032", False)), ("_" * 60_000 + ".json", None), ("a_" * 120 + "_attempt_2026-11-22-12-00-00.json", None), ("!" * 300, None), ("", None),
    ("Jane Doe_" + "9" * 5000 + "_assignsubmission_file_a.json", None), ("\ud800_1_2_a.json", None)])
def test_the_leftmost_platform_counts_and_doubt_is_nobodys(room, place, found):
    by = sender(place)
    who, why = Register(rosters.read(room.folder / "roster.csv")).find(by)
    assert ([one.id for one in who] == [found[0]] and by.late == found[1]) if found else (not who and why)


def test_a_name_in_two_spellings_of_two_people_is_nobodys():
    read = lambda raw: envelopes.spelling.of_entry(zipfile.ZipInfo(raw.decode("cp437")))
    for raw, names in ((b"Ren\xe9", {"René", "RenÚ"}), ("René".encode(), {"René"}), (b"J\x94rg", {"Jörg"}), (b"plain", {"plain"})):
        assert names <= {*read(raw)}
    spelled = [f"{name}_1_assignsubmission_file_a.json" for name in read("René Ta".encode("cp1252"))]
    one = envelopes.Envelope(spelled[0], {"exercises": {}}, spelled=tuple(spelled[1:]))
    people = [rosters.Student("s1", "Renú Ta"), rosters.Student("s2", "René Ta")]
    found = [intake.found_sender(one, Register(rosters.Roster(tuple(some)))) for some in (people[1:], people)]
    assert [student.id for student in found[0][1]] == ["s2"] and found[0][3] == "René Ta_1_assignsubmission_file_a.json"
    assert found[1][1:3] == ([], "Its name can be spelled so that it fits s1 and s2: nobody can tell whose it is.")


@pytest.mark.parametrize("code", ["utf-8", "cp850", "cp437", "cp1252", "mac"])
def test_names_of_other_makers_of_archives_are_read(room, tmp_path, code):
    name = "Jörg Müller" if code != "mac" else "Jo\u0308rg Mu\u0308ller"
    raw = name.encode("utf-8" if code == "mac" else code)
    (tmp_path / "all.zip").write_bytes(foreign(f"{name}_9_assignsubmission_file_/answers.json", json.dumps(room.sheet(30)), raw))
    (one,) = envelopes.envelopes(tmp_path / "all.zip")
    found = intake.found_sender(one, Register(rosters.read(room.folder / "roster.csv")))
    assert [student.id for student in found[1]] == ["s0030"] and one.answers and "rg M" in found[3]


def test_a_name_that_an_archive_holds_twice_is_read_where_it_is_told_best():
    raw = b"J?rg"
    entry = zipfile.ZipInfo("J\u0192rg")
    entry.extra = struct.pack("<HHBI", 0x7075, 5 + 5, 1, zlib.crc32(entry.filename.encode("cp437"))) + "Jörg".encode()
    assert envelopes.spelling.of_entry(entry) == ["Jörg"] and raw


@pytest.mark.skipif(os.name == "nt", reason="names of files are bytes elsewhere")
def test_a_file_whose_name_is_not_in_the_systems_spelling_is_read(room, tmp_path):
    try:
        (tmp_path / os.fsdecode("Jörg Müller_9_assignsubmission_file_a.json".encode("cp1252"))).write_text(json.dumps(room.sheet(30)))
    except OSError:
        pytest.skip("This disk takes no such name.")
    (one,) = envelopes.envelopes(tmp_path)
    assert [student.id for student in intake.found_sender(one, Register(rosters.read(room.folder / "roster.csv")))[1]] == ["s0030"]


# ---- what breaks on our side ------------------------------------------------------------------------------


@pytest.fixture
def three(room, tmp_path, monkeypatch):
    """Three students who hand in, all right; the class report takes longer than the rest, and is short here."""
    monkeypatch.setattr(marks.classreport, "written", lambda found, folder: [
        places.write(folder / f"class.{form}", "Few.", private=True) for form in marks.classreport.FORMS])
    (tmp_path / "in").mkdir()
    for at in (1, 2, 3):
        (tmp_path / "in" / f"{room.ids[at]}.json").write_text(json.dumps(room.sheet(at)))

    def grade(**more) -> marks.Told:
        return room.grade(tmp_path / "in", tmp_path / "out", **more)

    grade.files, grade.out = tmp_path / "in", tmp_path / "out"
    return grade


BREAK = [(marking, "marked"), (marking, "flags"), (feedback, "page"), (defence, "question"), (rubric, "words_of"), (marks.gradebook, "made_by"),
         (feedback, "answered"), (defence, "_asked")]


@pytest.mark.parametrize(("module", "name"), BREAK, ids=lambda one: getattr(one, "__name__", one))
def test_what_breaks_on_one_paper_is_a_row_and_its_marks_are_open(room, three, monkeypatch, module, name):
    work = getattr(module, name)

    def breaks(*given, **more):
        here = getattr(given[0], "handed", given[0])
        if "s0002" in str(getattr(here, "student", here)) or name in ("answered", "_asked") and breaks.at == 2:
            raise ZeroDivisionError("of\nours")
        return work(*given, **more)

    page = feedback.page if name in ("answered", "_asked") else None
    breaks.at = 0
    monkeypatch.setattr(module, name, breaks)
    if page:
        question = defence.question
        monkeypatch.setattr(feedback, "page", lambda paper, *rest: (setattr(breaks, "at", int(paper.handed.student.id[-1])), page(paper, *rest))[1])
        monkeypatch.setattr(defence, "question", lambda paper, *rest: (setattr(breaks, "at", int(paper.handed.student.id[-1])), question(paper, *rest))[1])
    told = three()
    (row,) = [row for row in rows(three.out / "problems.csv") if row["problem"] == "unmarked"]
    assert (row["student"], row["file"], row["counted"], row["reason"]) == (
        "s0002", "s0002.json", "no", "This paper could not be marked: ZeroDivisionError: of ours Its marks are left open. Report it with this line "
        "and the file, and mark it by hand.")
    found = {row["student"]: (row["handed_in"], row["points"]) for row in rows(three.out / "grades.csv")}
    assert [found[one] for one in ("s0001", "s0002", "s0003")] == [("yes", "10.0"), ("open", ""), ("yes", "10.0")]
    assert [row["crm loyalty"] for row in rows(three.out / "upload.csv")][1:4] == ["10.0", "", "10.0"]
    page = (three.out / "feedback" / "s0002.html").read_text("utf-8")
    assert "Loyalty: your hand-in is not marked yet" in page and "ZeroDivision" not in page and not told.whole


def test_a_class_report_that_breaks_leaves_the_marks(three, monkeypatch):
    three()

    def breaks(*given):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(marks.classreport, "written", breaks)
    told = three()
    assert "The class report could not be written: [Errno 28] No space left on device" in told and not told.whole
    assert not (three.out / "class.pdf").exists() and len(rows(three.out / "grades.csv")) == FEW


def test_who_is_left_out_is_named_and_an_unknown_id_is_refused(room, three, monkeypatch):
    read = envelopes.opened
    monkeypatch.setattr(envelopes, "opened", lambda text, *more: 1 / (b"s0002" not in text) and read(text, *more))
    told = three(without=["S0002", "s0005"])
    found = {row["student"]: (row["problem"], row["reason"]) for row in rows(three.out / "problems.csv") if row["problem"] == "left out"}
    assert found == dict.fromkeys(("s0002", "s0005"), ("left out", "Left out, as --without says. The marks are open."))
    assert told.whole and not (three.out / "feedback" / "s0002.html").exists()
    assert [row["points"] for row in rows(three.out / "grades.csv")][1:4] == ["10.0", "", "10.0"]
    with pytest.raises(CrmlabError) as error:
        three(without=["s0002x"])
    assert str(error.value) == "'s0002x' is not in the roster. It has 6 students. Did you mean 's0002'?"


def test_the_exit_status_tells(room, three):
    def said(*more):
        return CliRunner().invoke(cli.main, ["grade", str(three.files), "--roster", str(room.few / "roster.csv"), "--course",
                                             str(room.few / "course.toml"), "--out", str(three.out), *more])
    assert said().exit_code == 0
    (three.files / "s0004.json").write_text("{")
    assert said().exit_code == 1 and said("--without", "s0004", "--without", "s0005").exit_code == 0
    assert said("--without", "nobody").exit_code == 2


def test_other_lessons_and_names_of_lessons_do_not_stop_a_class(room, three):
    (three.files / "s0004.json").write_text(json.dumps(room.sheet(4) | {"lesson": "qci"}))
    told = three()
    assert [row["student"] for row in rows(three.out / "problems.csv") if row["problem"] == "other lesson"] == ["s0004"] and not told.whole


# ---- what was there stays -------------------------------------------------------------------------------------


def lies(out: Path) -> dict[str, bytes]:
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}


def flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1:]


@pytest.fixture(scope="module")
def good(room, tmp_path_factory):
    """A good grading of three students."""
    folder = tmp_path_factory.mktemp("good")
    (folder / "in").mkdir()
    for at in (1, 2, 3):
        (folder / "in" / f"{room.ids[at]}.json").write_text(json.dumps(room.sheet(at)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(marks.classreport, "written", lambda *given: None)
        room.grade(folder / "in", folder / "out")
    return folder / "out"


DAMAGED = {"cut in half": lambda whole: whole[:len(whole) // 2], "without its end": lambda whole: whole[:-1], "empty": lambda whole: b"",
           "a page to log in": lambda whole: b"<html>Please log in</html>", "one byte": lambda whole: flipped(whole, 90),
           "a list of names that is broken": lambda whole: flipped(whole, whole.index(b"PK\x01\x02")),
           "of another class": lambda whole: classes.archive({"nobody.json": "{}"}), "without files": lambda whole: classes.archive({})}


@pytest.mark.parametrize("how", DAMAGED)
@pytest.mark.parametrize("inside", [False, True])
def test_a_damaged_archive_over_a_good_grading_changes_nothing(room, good, three, tmp_path, how, inside):
    shutil.copytree(good, three.out)
    before, sheet = lies(three.out), json.dumps(room.sheet(1))
    whole = classes.archive({f"s000{at}.json": sheet for at in (1, 2, 3)})
    (tmp_path / "again").mkdir()
    (tmp_path / "again" / "all.zip").write_bytes(DAMAGED[how](whole))
    with pytest.raises(CrmlabError) as error:
        room.grade(tmp_path / "again" if inside else tmp_path / "again" / "all.zip", three.out, lesson="loyalty")
    assert error.value.remedy.startswith(("Download it again", "Look whether it is the right one")) and lies(three.out) == before
    if how == "cut in half" and not inside:
        assert str(error.value) == ("The archive 'all.zip' is damaged. The archive cannot be read (BadZipFile). Download it again; nothing was "
                                    "changed.")
    if how == "one byte" and not inside:
        assert str(error.value) == (f"'all.zip' is damaged, and marks lie in '{three.out}' already. 1 file in it cannot be read, as "
                                    "'all.zip!s0001.json'. Download it again, or name another folder; the marks are as they were.")


def test_where_no_marks_lie_a_damaged_file_is_its_students_row(room, tmp_path):
    whole = classes.archive({f"s000{at}.json": json.dumps(room.sheet(at)) for at in (1, 2, 3)})
    (tmp_path / "all.zip").write_bytes(flipped(whole, 90))
    told = room.grade(tmp_path / "all.zip", tmp_path / "out")
    (row,) = [row for row in rows(tmp_path / "out" / "problems.csv") if row["problem"] == "damaged"]
    assert row["student"] == "s0001" and row["reason"].endswith("The archive is damaged there: download it again. The marks are open.")
    assert [row["points"] for row in rows(tmp_path / "out" / "grades.csv")][1:4] == ["", "10.0", "10.0"] and not told.whole


@pytest.mark.parametrize("moment", [0, 4, 10])
def test_a_kill_while_saving_leaves_the_marks_that_were_there(good, three, monkeypatch, moment):
    shutil.copytree(good, three.out)
    before, write, left = lies(three.out), places.write, iter(range(moment))
    (three.files / "s0004.json").write_text("{")

    def killed(path, *more, **how):
        if places.NEW in str(path) and next(left, None) is None:
            raise KeyboardInterrupt
        return write(path, *more, **how)

    monkeypatch.setattr(places, "write", killed)
    with pytest.raises(KeyboardInterrupt):
        three()
    monkeypatch.setattr(places, "write", write)
    assert lies(three.out) == before
    three()
    assert (three.out / "feedback" / "s0004.html").exists() and not list(three.out.glob(".crmlab*"))


BROKEN = {"cut": lambda whole: whole[:len(whole) // 2], "empty": lambda whole: b"", "text": lambda whole: b"id,exercise,text\n",
          "a sign that is none": lambda whole: _within(whole, "\ufffe"), "no sheet": lambda whole: _within(whole, "", "xl/workbook.xml")}


def _within(whole: bytes, sign: str, part: str = "xl/worksheets/sheet1.xml") -> bytes:
    """The workbook with a sign in its first sheet that xml does not allow, or without a part."""
    with zipfile.ZipFile(envelopes.io.BytesIO(whole)) as book:
        held = {name: book.read(name) for name in book.namelist()}
    held[part] = held[part].replace(b"<sheetData>", b"<sheetData>" + sign.encode()) if sign else b""
    return classes.archive(held)


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_rubric_never_stops_a_grading(good, three, how):
    shutil.copytree(good, three.out)
    first = three.out / "rubric.xlsx"
    first.write_bytes(BROKEN[how](first.read_bytes()))
    broken = first.read_bytes()
    told = three()
    assert "'rubric.xlsx' cannot be read as a rubric. " in told and "points yet: rubric-new.xlsx." in told and not told.whole
    assert first.read_bytes() == broken and len(rows(three.out / "grades.csv")) == FEW
    before = lies(three.out)
    with pytest.raises(CrmlabError) as error:
        three(rubric_file=first)
    assert error.value.wrong == "'rubric.xlsx' cannot be read as a rubric."
    assert error.value.remedy == f"The last one that can be read is '{three.out / 'rubric-new.xlsx'}': go on in that."
    assert lies(three.out) == before


def test_the_last_rubric_that_was_read_is_kept(three, tmp_path):
    three()
    first = tmp_path / "mine.xlsx"
    book = openpyxl.load_workbook(three.out / "rubric.xlsx")
    book["texts"]["D2"] = 2
    book.save(first)
    three(rubric_file=first)
    assert (three.out / "rubric-read.xlsx").read_bytes() == first.read_bytes()
    (three.out / "rubric.xlsx").write_bytes(b"")
    with pytest.raises(CrmlabError) as error:
        three(rubric_file=three.out / "rubric.xlsx")
    assert str(error.value) == ("'rubric.xlsx' cannot be read as a rubric. Reading stopped with: File contains no valid workbook part. The last one "
                                f"that can be read is '{three.out / 'rubric-read.xlsx'}': go on in that.") or "rubric-read.xlsx" in str(error.value)
    assert three(rubric_file=three.out / "rubric-read.xlsx") and rows(three.out / "grades.csv")[1]["words of"] in ("4.0", "")


def test_faults_are_told_before_the_work_begins(room, three, tmp_path, monkeypatch):
    monkeypatch.setattr(marking, "marked", None)  # nothing is marked
    (tmp_path / "file").write_text("")
    for out, reason in ((tmp_path / "file", "File exists"), (tmp_path / "file" / "out", "File exists")):
        with pytest.raises(CrmlabError) as error:
            room.grade(three.files, out)
        assert str(error.value) == f"'{out}' cannot be written. The system says: {reason}. Make room there, or name another place."
    monkeypatch.setattr(grading.shutil, "disk_usage", lambda path: type("Usage", (), {"free": 2_000_000}))
    with pytest.raises(CrmlabError) as error:
        three()
    assert str(error.value) == (f"There is no room for the marks in '{three.out}'. 2.0 MB are free there, and 3 MB may be needed. Make room there, "
                                "or name another folder.")
    monkeypatch.setattr(grading.report, "find_spec", lambda name: None)
    with pytest.raises(CrmlabError) as error:
        three()
    assert str(error.value) == ("The documents cannot be written. The package 'pypandoc' is not installed. Install the extra: pip install "
                                "'crmlab[report]'.")
    assert not three.out.exists()


def test_a_disk_that_fills_up_changes_nothing(three, monkeypatch):
    three()
    before, replace_ = lies(three.out), Path.replace

    def full(self, target):
        if self.name.startswith("defence"):
            raise OSError(28, "No space left on device")
        return replace_(self, target)

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(CrmlabError) as error:
        three()
    assert error.value.found == "The system says: No space left on device." and lies(three.out) == before


def test_two_gradings_at_once_are_refused(three):
    with places.alone(three.out / places.LOCK), pytest.raises(CrmlabError) as error:
        three()
    assert str(error.value) == (f"Another crmlab is writing into '{three.out}'. It has not finished. Wait until it has, or name another folder.")
    assert three().whole


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"key": 1, "truths": []}', b"\xff\xfe", b'{"truths": {}}'])
def test_truths_that_are_damaged_are_computed_again(room, tmp_path, content):
    for name in ("course.toml", "roster.csv"):
        (tmp_path / name).write_bytes((room.folder / name).read_bytes())
    kept = tmp_path / "truths-loyalty.json"
    kept.write_bytes(content)
    assert ledger.kept(tmp_path / ledger.LEDGER, room.course, room.week, room.book, ["s0001"]) == {}
    ledger.add({"s0001": room.truths["s0001"]}, tmp_path / ledger.LEDGER, room.course, room.week)
    held = json.loads(kept.read_text())
    kept.write_text(json.dumps(held | {"truths": held["truths"] | {"s0002": {"attempt": 0}, "s0003": 7}}))
    assert list(ledger.kept(tmp_path / ledger.LEDGER, room.course, room.week, room.book, room.ids[:5])) == ["s0001"]


def test_a_list_of_what_was_handed_out_that_is_broken_is_told(tmp_path):
    (tmp_path / ledger.LEDGER).write_text("student,lesson,attempt\ns1,loyalty,x\n")
    with pytest.raises(CrmlabError) as error:
        ledger.attempts(tmp_path / ledger.LEDGER, "loyalty")
    assert str(error.value) == ("'handout.csv' cannot be read as the list of what was handed out. Reading stopped with: invalid literal for int() with "
                                "base 10: 'x'. Put the one back that crmlab handout wrote; without it nobody can tell who got which data.")


# ---- what is told ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("earned", "points", "half_right", "text"), [("answered", 2.0, 3.0, "whichever way it fell"), ("right", 0.0, 2.0, "for what is right"),
                                                                  ("half", 1.0, 2.5, "half for what is right")])
def test_points_are_for_what_the_course_says(room, tmp_path, earned, points, half_right, text):
    wrong = [*classes.plain(room.truths["s0001"].posed["items"].truth)[:2], 9.0]
    paper = room.paper(1, earned, pearson=0.123, items=wrong, elsewhere=None, range="x")
    marks_ = {name.partition(".")[2]: mark.points for name, mark in paper.marks.items()}
    worth = {name: room.book.worth(f"loyalty.{name}") for name in ("pearson", "items")}
    assert worth == {"pearson": 2, "items": 3} and (marks_["pearson"], marks_["items"]) == (points, half_right)
    assert (marks_["elsewhere"], marks_["range"]) == (0, 0) and marks_["zones"] == room.book.worth("loyalty.zones")
    (tmp_path / "course.toml").write_text(COURSE.replace('id = "crm"', f'id = "crm"\npoints = "{earned}"'))
    course = plan.read(tmp_path / "course.toml")
    assert text in feedback.page(paper, room.book, course, course.week("loyalty")).replace("\u00a0", " ")
    report = marks.classreport.ClassReport(course, course.week("loyalty"), room.book, {"s0001": paper}, 1)
    assert text in report._note() and text in copies._last(course, "loyalty")[0].source


def test_a_question_without_a_goal_is_asked_by_its_words(room):
    said = room.book.said | {"pearson": room.book.said["pearson"] | {"goal": "", "hints": [], "mistakes": {}}}
    bare = replace(room.book, said=said)
    posed = room.truths["s0001"].posed["pearson"]
    truth = replace(room.truths["s0001"], posed={"pearson": replace(posed, words=bare.words["pearson"], mistakes={})})
    one = rosters.Student("s0001")
    paper = marking.marked(intake.Handed(one, one, "x", room.sheet(1, pearson=0.12345)), truth, bare, ["loyalty.pearson"], "right")
    asked = defence.question(paper, bare, room.course, room.week)
    assert asked[3] == f"{posed.filled(posed.words.question)} You answered 0.1235. Why not otherwise?" and asked[4]
    page = feedback.page(paper, bare, room.course, replace(room.week, earned="right"))
    assert "<h2>Question pearson<span>" in page and "''" not in page
    nothing = marking.marked(intake.Handed(one, one, "x", room.sheet(1, pearson=None)), truth, bare, ["loyalty.pearson"], "right")
    assert defence.question(nothing, bare, room.course, room.week)[3].startswith("You left the exercises open. How")


def test_a_text_that_nobody_has_read_has_no_points_yet(room):
    paper = room.paper(1, "right")
    note = paper.marks["loyalty.pearson"]._replace(reply=marking.Reply("noted"), points=0.0)
    paper = replace(paper, marks=paper.marks | {"loyalty.pearson": note})
    week = replace(room.week, earned="right")
    page = feedback.page(paper, room.book, room.course, week)
    assert "2 points, not read yet" in page and "points so far. " in page and "0 of 2 points" not in page
    read_ = marks.with_words({"s0001": paper}, {"s0001": {"loyalty.pearson": rubric.Judged(3.0, 4.0, ["Well."])}}, "right")["s0001"]
    page = feedback.page(read_, room.book, room.course, week, {"loyalty.pearson": ["3 of 4.", "Well."]})
    assert "1.5 of 2 points" in page and "not read yet" not in page and "so far" not in page
