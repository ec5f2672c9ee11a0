"""Grading: marks as they should be, nothing of a student run, and no file lost."""

import csv
import json
import os
import pickle
import re
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import classes
import numpy as np
import openpyxl
import pandas as pd
import pytest

from crmlab.desk import lessons
from crmlab.desk.course import (
    answers,
    crowd,
    defence,
    draws,
    envelopes,
    feedback,
    gradebook,
    grading,
    intake,
    ledger,
    likeness,
    marking,
    plan,
    rubric,
)
from crmlab.desk.course import roster as rosters
from crmlab.desk.course.classreport import ClassReport, Share
from crmlab.desk.course.senders import Register, moment, sender, times
from crmlab.desk.exercises.books import book
from crmlab.frame.errors import CrmlabError

COURSE = """[course]
name = "Customer relationship management"
id = "crm"
run = "2026 winter"
[[week]]
week = 1
lesson = "loyalty"
due = 2026-11-30
points = 10
groups = true
"""
N = 200


class Canary:
    """What an attacker would pickle: to load it is to write a file."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return (open, (self.path, "w"))


class Class:
    """A class on the disk, and what its marks should be."""

    def __init__(self, folder: Path, own: int):
        self.folder, self.files, self.wanted, self.canary = folder, folder / "in", {}, folder / "canary"
        self.files.mkdir()
        (folder / "course.toml").write_text(COURSE)
        (folder / "roster.csv").write_text(classes.roster(N, groups=True), "utf-8")
        self.course = plan.read(folder / "course.toml")
        self.week, self.book = self.course.week("loyalty"), self.course.book("loyalty")
        self.ids = [f"s{at:04}" for at in range(N)]
        made = marking.truths(self.ids[:own], self.course, self.week, progress=False)
        self.truths = {one: made[self.ids[at % own]] for at, one in enumerate(self.ids)}

    def right(self, at: int) -> dict:
        return classes.right(self.truths[self.ids[at]], self.book)

    def sheet(self, at: int, exercises: dict, **other) -> dict:
        return classes.sheet(self.ids[at], self.truths[self.ids[at]], exercises, self.course) | other

    def put(self, at: int, exercises: dict, name: str = "", **other) -> None:
        """A hand-in of its own, named by hand if nothing is said."""
        (self.files / (name or f"{self.ids[at]}.json")).write_text(json.dumps(self.sheet(at, exercises, **other)))

    def zipped(self, name: str, entries: dict) -> None:
        (self.files / name).write_bytes(classes.archive(entries))


def the_class(folder: Path, own: int = N) -> Class:
    """Two hundred students, so many of them with a truth of their own: most are right, and there is what comes in."""
    made = Class(folder, own)
    mistakes = [(name, mistake) for name, posed in made.truths["s0000"].posed.items() for mistake in posed.mistakes
                if name not in ("decide", "decide_number")]
    for at, (name, mistake) in enumerate(mistakes):
        known = made.truths[made.ids[at]].posed[name].mistakes
        if mistake in known:
            answers = made.right(at)
            answers[f"loyalty.{name}"] |= {"answer": classes.plain(known[mistake]), "code": "right", "first": f"wrong:{mistake}"}
            made.wanted[at] = {f"loyalty.{name}": f"wrong:{mistake}"}
            made.put(at, answers)
    odd = {40: 123.0, 41: "forty two", 42: "nan", 43: "-inf", 44: None, 45: [[1], [1, 2]], 46: {"a": {"b": 1}}, 47: True,
           48: 10**400, 49: "0,62"}
    for at, answer in odd.items():
        answers = made.right(at)
        answers["loyalty.pearson"] |= {"answer": answer, "code": "right", "first": "right"}
        made.wanted[at] = {"loyalty.pearson": {40: "wrong", 44: "todo"}.get(at, "kind")}
        made.put(at, answers)
    _seeds_and_claims(made)
    _files_that_do_not_count(made)
    _archives(made)
    taken = {int(found[1]) for path in made.files.rglob("*") for found in re.finditer(r"s(\d{4})", path.name)}
    for at in set(range(N)) - taken - {111, 121, 122, 150, 151, 152, 153, 154, 160, 161, 162, 163, 164, 165, 170, 171}:
        made.put(at, made.right(at))
    return made


def _seeds_and_claims(made: Class) -> None:
    sheet = made.sheet(60, made.right(61))  # another one's numbers, and a seed to fit
    sheet["settings"]["seed"] = 7
    (made.files / "s0060.json").write_text(json.dumps(sheet))
    made.put(62, made.right(62), student="s0063")
    made.put(64, made.right(64), data_sha256="0" * 64)
    made.put(65, made.right(65), run="2025 winter")
    made.put(120, made.right(120))  # the rest of team 40, s0121 and s0122, sends nothing


def _files_that_do_not_count(made: Class) -> None:
    with open(made.files / "s0150.json", "wb") as large:
        large.truncate(100 * 2**20)
    (made.files / "s0151.json").write_text('{"format": "crmlab answers 1", "exer')
    (made.files / "s0152.json").write_text("[" * 50_000 + "]" * 50_000)
    (made.files / "s0153.pkl").write_bytes(pickle.dumps(Canary(made.canary)))
    cell = f"open({str(made.canary)!r}, 'w')"
    (made.files / "s0154.ipynb").write_text(json.dumps({"cells": [{"cell_type": "code", "source": cell, "outputs": []}]}))
    made.put(1, made.right(1), name="nobody-we-know.json")
    os.symlink(made.folder / "course.toml", made.files / "s0155.json")
    deep = made.sheet(156, made.right(156))
    deep["exercises"]["loyalty.pearson"]["answer"] = json.loads("[" * 40 + "]" * 40)
    (made.files / "s0156.json").write_text(json.dumps(deep))


def _archives(made: Class) -> None:
    ok = {at: json.dumps(made.sheet(at, made.right(at))) for at in (160, 161, 162, 163, 164, 165, 170, 171)}
    link = zipfile.ZipInfo("s0161.json")
    link.external_attr = 0o120777 << 16
    made.zipped("tricks.zip", {"../s0160.json": ok[160], str(made.folder / "s0160.json"): ok[160], "C:\\s0160.json": ok[160],
                               "s0160\x1b[2J.json": ok[160], link: "/etc/passwd", "bomb/s0162.json": b"0" * 40_000_000,
                               "inner.zip": classes.archive({"s0163.json": ok[163], "s0165.ipynb": classes.notebook(
                                   json.loads(ok[165]), f"open({str(made.canary)!r}, 'w')"),
                                   "deeper.zip": classes.archive({"s0164.json": ok[164]})})})
    early = json.dumps(made.sheet(170, made.right(171)))
    made.zipped("blackboard.zip", {
        "Week 1_s0170_attempt_2026-11-22-12-00-00_answers.json": early,
        "Week 1_s0170_attempt_2026-11-23-12-00-00_answers.json": ok[170],
        "Week 1_s0170_attempt_2026-11-23-12-00-00.txt": "Name: s0170",
        "Week 1_s0171_attempt_2026-12-01-00-00-01_answers.json": ok[171]})


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """The class, marked once; its students share six worlds and forty truths, so that it is quick."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(draws, "personal", classes.shared(draws.personal))
        patch.setattr(answers, "fingerprint", classes.once(answers.fingerprint))
        patch.setattr(crowd, "ALONE", 10**6)
        made = the_class(tmp_path_factory.mktemp("class"), own=40)
        made.list = made.folder / ledger.LEDGER
        ledger.add(made.truths, made.list, made.course, made.week)
        made.out, made.roster = made.folder / "out", made.folder / "roster.csv"
        made.graded = grading.marks(made.files, made.roster, made.folder / "course.toml")
        made.said = grading.written(made.graded, made.roster, made.out, {})
        made.grades = read(made.out / "grades.csv")
        made.problems = read(made.out / "problems.csv")
        yield made


def read(path: Path) -> dict[str, dict] | list[dict]:
    with open(path, encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    return {row["student"]: row for row in rows} if path.name == "grades.csv" else rows


def problem(world, student: str = "", file: str = "") -> dict:
    return next(row for row in world.problems if row["student"] == student and file in row["file"])


# ---- the marks --------------------------------------------------------------------------------------------


def test_marks_are_as_they_should_be(world):
    for at, student in enumerate(world.ids):
        row = world.grades[student]
        if row["handed_in"] == "no":
            continue
        wanted = world.wanted.get(at, {})
        for exercise in world.book.ids():
            if at != 60:
                assert row[f"{exercise} outcome"] == wanted.get(exercise, "right"), (student, exercise)
        if at not in range(41, 50):
            assert row["points"] == "10.0", student  # practice: tried is tried
        if at not in (*range(40), 60) and not wanted:
            assert row["right"] == "8"
    assert world.grades["s0042"]["points"] == "8.95"  # 17 of 19: what cannot be read was not tried
    assert sum(len(wanted) for wanted in world.wanted.values()) > 25


def test_nothing_is_run_and_nothing_leaves_its_folder(world):
    assert not world.canary.exists()
    assert {path.name for path in world.folder.iterdir()} == {"in", "out", "course.toml", "roster.csv", "truths-loyalty.json"}
    assert not (world.folder / "s0160.json").exists() and not list(world.folder.parent.glob("s0160.json"))
    pickle.loads((world.files / "s0153.pkl").read_bytes()).close()  # it would have sung
    assert world.canary.exists()
    world.canary.unlink()


def test_every_file_is_accounted_for(world):
    files = [one.place for one in envelopes.envelopes(world.files)]
    counts = world.said.partition("\n")[0]
    assert counts == ("203 files: 187 hand-ins of known students, 1 list of the platform, 15 that could not be counted. "
                      "188 of 200 students have marks. 25 things to know in problems.csv.")
    assert len(set(files)) == 203
    assert not [row for row in world.problems if row["counted"] == "no" and not row["reason"]]
    lost = {row["file"] for row in world.problems if row["counted"] == "no" and row["file"]}
    assert {place for place in files if not re.search(r"s0\d{3}", place)} <= lost | {"tricks.zip!inner.zip"}


@pytest.mark.parametrize(("student", "file", "kind", "reason"), [
    ("s0150", "s0150", "unread", "It is too large: 100 MB, and 1 are enough."),
    ("s0151", "s0151", "unread", "It is damaged: it cannot be read as JSON."),
    ("s0152", "s0152", "unread", "It is damaged: it cannot be read as JSON."),
    ("s0153", "s0153", "unread", "A file of the kind '.pkl' is no hand-in. Hand-ins are answers.json, or the notebook."),
    ("s0154", "s0154", "unread", "The notebook holds no answers: its last cell, lab.submit(), was not run before it was saved."),
    ("s0155", "s0155", "unread", "It is a link to another file, and links are not followed."),
    ("s0156", "s0156", "unread", "It is nested too deep for an answer sheet."),
    ("s0160", "!../s0160", "unread", "Its name leads out of its folder, or holds signs that no file name needs."),
    ("s0160", "!/tmp", "unread", "Its name leads out of its folder, or holds signs that no file name needs."),
    ("s0161", "s0161", "unread", "It is a link to another file, and links are not followed."),
    ("s0162", "bomb", "unread", "It would grow 1,0"),
    ("", "deeper.zip", "unread", "An archive in an archive in an archive is not opened."),
    ("", "nobody", "unknown", "Its name fits nobody in the roster. The answers name 's0001'; if that is true, rename the file so."),
    ("s0170", "11-22", "twice", "A later hand-in replaces it: blackboard.zip!Week 1_s0170_attempt_2026-11-23-12-00-00_answers.json counts."),
    ("s0171", "s0171", "late", "After the time it was due. It came on 01 December 2026, 00:00."),
    ("s0111", "", "missing", "Nothing was handed in."),
    ("s0121", "s0120", "group", "The hand-in of s0120 counts for the whole of team 40."),
    ("s0062", "s0062", "claim", "The answers name 's0063', the platform says s0062. They were judged on the data of s0062."),
    ("s0064", "s0064", "other data", "The data differ from those handed out, though the seed is the same. It was judged on the data handed out."),
    ("s0065", "s0065", "other course", "It is of 'crm', '2025 winter'. It was judged on the data handed out."),
])
def test_what_is_to_be_known_is_said(world, student, file, kind, reason):
    found = problem(world, student, file)
    assert (found["problem"], found["reason"][:len(reason)]) == (kind, reason)
    assert found["counted"] == ("yes" if kind in ("late", "claim", "group", "other data", "other course") else "no")


def test_an_edited_seed_earns_nothing_right(world):
    row = world.grades["s0060"]
    assert problem(world, "s0060")["reason"].startswith("Seed was 7 in place of ")
    paper = world.graded.papers["s0060"]
    asked = replace(paper, truth=replace(paper.truth, settings={"column": "Trust Now"}), handed=paper.handed._replace(
        answers=paper.handed.answers | {"settings": {"column": "CUSA1"}}))
    assert marking.flags(asked, world.course)[0].reason.startswith("Column was 'CUSA1' in place of 'Trust Now'.")
    assert int(row["right"]) <= 3 and row["loyalty.pearson outcome"].startswith("wrong")


def test_a_group_counts_together(world):
    assert {world.grades[one]["handed_in"] for one in ("s0120", "s0121", "s0122")} == {"yes"}
    assert world.grades["s0121"]["right"] == "8" and world.grades["s0111"]["handed_in"] == "no"


def test_other_files_hold_what_they_say(world):
    table = pd.read_csv(world.out / "misconceptions.csv")
    assert list(table) == gradebook.MISCONCEPTIONS and (table["at_hand_in"] > 0).sum() > 15
    back = pd.read_csv(world.out / "upload.csv")
    assert list(back) == ["id", "name", "email", "group", "crm loyalty"] and back["crm loyalty"].max() == 10
    asked = pd.read_csv(world.out / "defence.csv")
    assert len(asked) == 188 and asked["question"].nunique() > 100 and not asked.isna().any(axis=None)
    assert not asked.apply(lambda column: column.str.contains(r"\{\w+\}")).any(axis=None)
    assert (world.out / "class.pdf").read_bytes()[:4] == b"%PDF"


@pytest.mark.parametrize(("roster", "column", "points"), [
    ("Student,ID,SIS User ID,SIS Login ID,Section\n    Points Possible,,,,\n\"Rey, Bo\",9,s0001,brey,A\n", "crm loyalty", [10, 10]),
    ("Last Name\tFirst Name\tUsername\nRey\tBo\ts0001\n", "crm loyalty [Total Pts: 10 Score]", [10]),
    ("Vorname;Nachname;Matrikelnummer;E-Mail-Adresse\nBo;Rey;s0001;b@uni.example\n", "crm loyalty", [10]),
])
def test_the_platform_gets_its_own_table_back(world, tmp_path, roster, column, points):
    (tmp_path / "roster.csv").write_text(roster)
    people = rosters.read(tmp_path / "roster.csv")
    back, how = gradebook.upload(tmp_path / "roster.csv", people, world.graded.papers, world.course, world.week)
    assert list(back) == [*re.split("[,;\t]", roster.partition("\n")[0]), column] and back[column].tolist() == points
    assert how.partition(":")[0] == {",": "Canvas", "\t": "Blackboard", ";": "Moodle"}[re.search("[,;\t]", roster)[0]]


def test_a_page_never_holds_the_value_that_was_asked_for(world):
    page = (world.out / "feedback" / "s0040.html").read_text()
    truth = world.truths["s0040"].posed["pearson"].truth.iloc[0]
    assert "123.0" in page and f"{truth:.2f}" not in page.replace("0.62", "")
    assert "Where to look" in page and "http" not in page and "<script" not in page
    evil = world.right(1)
    evil["loyalty.pearson"]["answer"] = "<script>alert(1)</script>$style$"
    handed = intake.Handed(rosters.Student("s0001", "<b>Ada</b>"), rosters.Student("s0001"), "x", world.sheet(1, evil))
    paper = marking.marked(handed, world.truths["s0001"], world.book, world.book.ids(), False)
    page = feedback.page(paper, world.book, world.course, world.week)
    assert "<script" not in page and "&lt;script&gt;alert(1)&lt;/script&gt;$style$" in page and "<b>Ada" not in page


def _paper(world, at, changed, exam=False, owner=None, **other):
    sheet = world.right(at)
    for exercise, answer in changed.items():
        sheet[f"loyalty.{exercise}"]["answer"] = answer
    one, id = rosters.Student(f"s{at:04}"), world.ids[at]
    handed = intake.Handed(one, rosters.Student(owner) if owner else one, "x", world.sheet(at, sheet) | other)
    return marking.marked(handed, world.truths[id], world.book, world.book.ids(), exam)


def test_a_page_says_that_the_data_were_others(world):
    page = lambda paper: feedback.page(paper, world.book, world.course, world.week)
    kind = "These answers seem to come from other data than those handed out to "
    assert kind not in page(_paper(world, 4, {}))
    assert f"{kind}you, and were judged" in page(_paper(world, 4, {}, data_sha256="0" * 64))
    assert f"{kind}your group, and" in page(_paper(world, 4, {}, owner="s0005", data_sha256="0" * 64))


def test_a_page_shows_an_answer_as_it_was_asked(world):
    page = feedback.page(_paper(world, 4, {"pearson": 0.1234567890123456, "elsewhere": "forty two"}), world.book, world.course,
                         world.week)
    assert "<code>0.1235</code>" in page and "<code>“forty two”</code>" in page


def test_the_page_of_an_exam_says_who_still_reads_and_has_one_scale(world):
    week, paper = replace(world.week, kind="exam"), _paper(world, 4, {}, exam=True)
    note = paper.marks["loyalty.pearson"]._replace(reply=marking.Reply("noted"), points=0.0)
    paper = replace(paper, marks=paper.marks | {"loyalty.pearson": note})
    waits = "A person will still read what you answered in words, and give the points for it."
    before = feedback.page(paper, world.book, world.course, week)
    assert waits in before and "The questions add up to" in before
    after = feedback.page(paper, world.book, world.course, week, {"loyalty.pearson": ["3.5 of 4.", "Well put."]})
    assert waits not in after and "3.5 of 4" not in after and "Well put." in after


def test_the_defence_says_what_is_true_of_who_is_asked(world):
    unread = {exercise.partition(".")[2]: {"no": ["answer"]} for exercise in world.book.ids()}
    silent = dict.fromkeys(unread)
    papers = {"s0004": _paper(world, 4, unread), "s0005": _paper(world, 5, silent)}
    asked = defence.questions(papers, world.book, world.course, world.week).set_index("student")["question"]
    assert asked["s0004"].startswith("What you answered could not be read.") and "left" not in asked["s0004"]
    asked = {}
    for owner in ("s0004", "s0005"):
        paper = _paper(world, 4, {"pearson": 0.1234567890123456}, owner=owner)
        marks = (paper.marks["loyalty.pearson"], paper.marks["loyalty.elsewhere"], paper.marks["loyalty.decide"])
        asked[owner] = [defence._asked(mark, paper, world.book, np.random.default_rng(1)).question for mark in marks]
    for own, others, verb in zip(asked["s0004"], asked["s0005"], ("wrote 0.1235.", "found", "chose"), strict=True):
        assert f"You {verb}" in own and f"Your group {verb}" in others and not re.search(r"\bYou (wrote|found|chose)", others)


def test_truths_that_were_kept_are_the_truths(world, tmp_path):
    kept = ledger.kept(world.list, world.course, world.week, world.book, ["s0007", "nobody"])
    assert list(kept) == ["s0007"]
    for name, posed in world.truths["s0007"].posed.items():
        again = kept["s0007"].posed[name]
        assert repr(again.judge(classes.plain(again.truth))) == repr(posed.judge(classes.plain(posed.truth)))
        assert again.question == posed.question and list(again.mistakes) == list(posed.mistakes)
    other = replace(world.course, run="2027 summer")
    assert ledger.kept(world.list, other, world.week, world.book, ["s0007"]) == {}
    elsewhere = tmp_path / ledger.LEDGER
    ledger.add({"s0007": world.truths["s0007"]}, elsewhere, world.course, world.week)
    elsewhere.write_text("student,lesson,attempt\ns0007,loyalty,9\n")
    assert ledger.kept(elsewhere, world.course, world.week, world.book, ["s0007"]) == {}


@pytest.mark.parametrize("lesson", [one.word for one in lessons.every() if book(one.word)])
def test_every_lesson_can_be_marked(lesson, tmp_path):
    course = plan.standing()
    week, found, student = course.week(lesson), course.book(lesson), rosters.Student("s1")
    truth = marking.truth(draws.personal(course, lesson, "s1", 0), week, found, "s1")
    told = classes.sheet("s1", truth, classes.right(truth, found), course, lesson)
    ledger.add({"s1": truth}, tmp_path / ledger.LEDGER, course, week)
    again = ledger.kept(tmp_path / ledger.LEDGER, course, week, found, ["s1"])["s1"]
    for known, exam in ((truth, False), (again, True)):
        paper = marking.marked(intake.Handed(student, student, "x", told), known, found, course.asked(lesson), exam)
        assert {exercise: mark.reply.code for exercise, mark in paper.marks.items()} == dict.fromkeys(found.ids(), "right")
        assert gradebook.total(paper, week) == week.points and not marking.flags(paper, course)
        assert set(paper.held) <= {"pearson"} and "Right." in feedback.page(paper, found, course, week)
        for mark in paper.marks.values():
            asked = defence._asked(mark, paper, found, np.random.default_rng(1))
            assert not re.search(r"\{\w+\}", asked.question + asked.good_answer) and asked.good_answer


# ---- exams, words -----------------------------------------------------------------------------------------


def test_an_exam_gives_a_part_for_a_part(world):
    answers = world.right(3)
    answers["loyalty.items"]["answer"] = [*answers["loyalty.items"]["answer"][:2], 9.0]
    answers["loyalty.decide"]["answer"] |= {"number": -77}
    answers["loyalty.pearson"]["answer"] = -0.5
    answers["loyalty.review"]["answer"] = [world.truths["s0003"].summary.truth[0]] * 2
    handed = intake.Handed(world_student := rosters.Student("s0003"), world_student, "x", world.sheet(3, answers))
    marks = marking.marked(handed, world.truths["s0003"], world.book, world.book.ids(), True).marks
    earned = {exercise.partition(".")[2]: (mark.right, mark.parts, mark.points) for exercise, mark in marks.items()}
    assert earned["items"] == (2, 3, 2.0) and earned["decide"] == (1, 2, 1.0)
    assert earned["pearson"] == (0, 1, 0.0) and earned["review"] == (0, 2, 0.0) and earned["zones"] == (10, 10, 2.0)


def test_a_rubric_goes_out_without_names_and_comes_back(world, tmp_path):
    path = world.out / "rubric.xlsx"
    sheets = openpyxl.load_workbook(path)
    page = sheets["texts"]
    assert [cell.value for cell in page[1]] == ["id", "exercise", "text", "fits the numbers (0-2)", "says what is not known (0-2)",
                                                "comments"]
    assert not re.search(r"s0\d{3}", " ".join(str(cell.value) for cell in page["A"]))
    ids = {one: whose for (one, _), (whose, _) in rubric._texts(world.graded.papers, world.course).items()}
    page["D2"], page["E2"], page["F2"] = 2, "1,5", "a1 B2"
    sheets.save(tmp_path / "filled.xlsx")
    judged = rubric.read(tmp_path / "filled.xlsx")
    (one, _), words = next(iter(judged.items()))
    assert len(judged) == 1 and (words.points, words.most, len(words.comments)) == (3.5, 4.0, 2)
    student = ids[one]
    few = world.graded._replace(papers={student: world.graded.papers[student]})
    said, lost = rubric.said(judged | {("t0", "loyalty.decide"): words}, few.papers, world.course)
    assert lost == ["t0"]
    grading.written(few, world.roster, tmp_path, said, tmp_path / "filled.xlsx")
    assert read(tmp_path / "grades.csv")[student]["words"] == "3.5"
    assert "You speak of a cause" in (tmp_path / "feedback" / f"{student}.html").read_text()
    page["F2"] = "A1 Z9 free"
    sheets.save(tmp_path / "wrong.xlsx")
    with pytest.raises(CrmlabError) as error:
        rubric.read(tmp_path / "wrong.xlsx")
    assert str(error.value) == ("'wrong.xlsx' cannot be read in row 2. 'Z9' and 'free' are no codes of comments. Correct it; codes stand on the "
                                "sheet 'comments', the most points in the heading.")


@pytest.fixture
def small(world, tmp_path):
    """Three students of the class in groups, and what two of them hand in; nobody's truth is computed again."""
    (tmp_path / "in").mkdir()
    (tmp_path / "roster.csv").write_text("id,name,Gruppen\ns0001,Ada A,red\ns0002,Bo B,red\ns0003,Cy C,red\n")

    def course(*lines: str) -> Path:
        (tmp_path / "course.toml").write_text(COURSE.replace("groups = true", "\n".join(lines)))
        read = plan.read(tmp_path / "course.toml")
        ledger.add({one: world.truths[one] for one in world.ids[1:4]}, tmp_path / ledger.LEDGER, read, read.week("loyalty"))
        return tmp_path / "course.toml"

    def grade(lines: tuple = (), **other) -> str:
        return grading.grade(tmp_path / "in", tmp_path / "roster.csv", tmp_path / "out", course(*lines), **other)

    def put(at: int, because: str = "", sender: int = 0) -> None:
        answers = world.right(at)
        if because:
            answers["loyalty.decide"]["answer"] |= {"because": because}
        (tmp_path / "in" / f"{world.ids[sender or at]}.json").write_text(json.dumps(world.sheet(at, answers)))

    grade.put, grade.out = put, tmp_path / "out"
    return grade


def test_groups_count_only_where_the_course_says_so(small):
    small.put(1)
    assert "1 of 3 students have marks." in small()
    assert [row["points"] for row in read(small.out / "grades.csv").values()] == ["10.0", "0.0", "0.0"]
    assert (small.out / "upload.csv").read_text("utf-8-sig").splitlines()[1:] == ["s0001,Ada A,red,10.0", "s0002,Bo B,red,", "s0003,Cy C,red,"]
    assert "3 of 3 students have marks." in small(("groups = true",))
    exam = COURSE.replace('lesson = "loyalty"', 'lesson = "exam"\nkind = "exam"\nexam = "exam.toml"')
    (small.out.parent / "course.toml").write_text(exam)
    with pytest.raises(CrmlabError) as error:
        plan.read(small.out.parent / "course.toml")
    assert str(error.value) == ("Week 1 is an exam, and in an exam everybody answers alone. Found groups = true. Strike that line out.")


def test_a_group_mates_answers_are_flagged(small):
    small.put(1)
    small.put(1, sender=2)
    small()
    claims = [row["reason"] for row in read(small.out / "problems.csv") if row["problem"] == "claim"]
    assert claims == ["The answers name 's0001', the platform says s0002. They were judged on the data of s0002."]
    assert int(read(small.out / "grades.csv")["s0002"]["right"]) < 8
    small(("groups = true",))
    assert read(small.out / "grades.csv")["s0002"]["right"] == "8"


def test_points_belong_to_a_text_and_later_texts_wait(small, tmp_path):
    small.put(1, "First words.")
    small.put(2, "Other words.")
    assert f"2 answers in words have no points yet: rubric.xlsx. Fill it in, then say the same again with --rubric {small.out}" in small()
    first = small.out / "rubric.xlsx"
    book = openpyxl.load_workbook(first)
    for row in (2, 3):
        book["texts"][f"D{row}"], book["texts"][f"F{row}"] = 2, "m1"
    book["comments"].append(["m1", "My own comment."])
    book.save(first)
    kept = first.read_bytes()
    assert "points yet" not in small(rubric_file=first) and not (small.out / "rubric-new.xlsx").exists()
    small.put(1, "Quite another text.")
    said = small(rubric_file=first)
    assert "1 answer in words has no points yet: rubric-new.xlsx." in said
    assert "1 row of the rubric is of no text that counts now (t" in said and "Their points count for nobody." in said
    assert [read(small.out / "grades.csv")[one]["words"] for one in ("s0001", "s0002")] == ["", "2.0"]
    assert first.read_bytes() == kept
    new = openpyxl.load_workbook(small.out / "rubric-new.xlsx")
    rows = {row[2].partition("Quite")[1]: row for row in new["texts"].iter_rows(min_row=2, values_only=True)}
    assert (rows[""][3], rows[""][5], rows["Quite"][3]) == ("2", "m1", None) and new["comments"].max_row == book["comments"].max_row
    small.put(3, "Late words.")
    assert "2 answers in words have no points yet: rubric-new-2.xlsx." in small(rubric_file=small.out / "rubric-new.xlsx")
    assert "2 answers in words have no points yet: rubric-new-2.xlsx." in small(rubric_file=small.out / "rubric-new-2.xlsx")


def test_a_secret_hides_better(world, tmp_path):
    (tmp_path / "course.secret").write_text("x" * 16)
    known = rubric.hidden("s0001", "loyalty.decide", "Words.", world.course)
    assert known != rubric.hidden("s0001", "loyalty.decide", "Words.", replace(world.course, secret_file=tmp_path / "course.secret"))
    assert known != rubric.hidden("s0001", "loyalty.decide", "Words!", world.course)


def test_pages_are_of_those_who_handed_in_now(small):
    small.put(1)
    small.put(2)
    small.put(3)
    small()
    (small.out.parent / "in" / "s0002.json").write_text("{")
    (small.out.parent / "in" / "s0003.json").unlink()
    small()
    pages = {path.stem: path.read_text("utf-8") for path in (small.out / "feedback").iterdir()}
    assert set(pages) == {"s0001", "s0002"} and "10 of 10 points" in pages["s0001"]
    assert "Loyalty: your hand-in does not count yet" in pages["s0002"] and "It is damaged: it cannot be read as JSON." in pages["s0002"]
    assert "hand in that notebook" in pages["s0002"] and "http" not in pages["s0002"]
    assert [(row["student"], row["problem"]) for row in read(small.out / "problems.csv")] == [("s0002", "unread"), ("s0003", "missing")]
    assert (small.out / "upload.csv").read_text("utf-8-sig").splitlines()[1:] == ["s0001,Ada A,red,10.0", "s0002,Bo B,red,0.0", "s0003,Cy C,red,"]


# ---- a neighbour's numbers ---------------------------------------------------------------------------------


def test_a_neighbours_numbers_are_a_reason_to_talk_and_chance_is_not(world):
    names = ("pearson", "items", "groups", "range")
    few = world.ids[:40]
    chance = np.random.default_rng(1)

    def own(one: marking.Truth) -> marking.Truth:
        posed = {name: replace(one.posed[name], truth=one.posed[name].truth + chance.normal(0, 0.2, len(one.posed[name].truth)))
                 for name in names}
        return replace(one, posed=one.posed | posed)

    truths = {one: own(world.truths[one]) for one in few}
    shown = {}
    for at, one in enumerate(few):
        told = classes.right(truths[few[at + 1]] if one == few[7] else truths[one], world.book)
        for name in names if at % 2 and at > 8 else ():
            told[f"loyalty.{name}"]["answer"] = classes.plain(truths[one].posed[name].truth + chance.normal(0, 0.2))
        handed = intake.Handed(rosters.Student(one), rosters.Student(one), "x", classes.sheet(one, truths[one], told, world.course))
        shown[one] = marking.marked(handed, truths[one], world.book, world.book.ids(), False)
    found = likeness.likenesses(shown, world.book)
    assert [(one.student, one.other) for one in found] == [(few[7], few[8])]
    assert {"pearson", "items", "groups"} <= set(found[0].exercises) and found[0].chance < 0.001


# ---- names of files ----------------------------------------------------------------------------------------


PEOPLE = rosters.Roster((
    rosters.Student("s1", "Jane Doe", "", frozenset({"s1", "jane doe", "j_doe", "777"})),
    rosters.Student("s2", "Núñez, José María", "red", frozenset({"s2", "jose@uni.example"})),
    rosters.Student("s3", "Li Wei", "red", frozenset({"s3", "li wei"})),
    rosters.Student("s4", "Li Wei", "blue", frozenset({"s4", "li wei", "4711"}))))


@pytest.mark.parametrize(("place", "found"), [
    ("a.zip!Jane Doe_12345_assignsubmission_file_/answers.json", ["s1"]),
    ("Jane Doe_12345_assignsubmission_file_answers.json", ["s1"]),
    ("José María Núñez_9_assignsubmission_file_/x/answers.json", ["s2"]),
    ("doejane_LATE_123_456_answers.json", ["s1"]),
    ("nunezjosemaria_88_99_answers-2.json", ["s2"]),
    ("liwei_4711_99_answers.json", ["s4"]),
    ("liwei_1_99_answers.json", []),
    ("Week_1_j_doe_attempt_2026-11-22-12-00-00_answers.json", ["s1"]),
    ("jose@uni.example.json", ["s2"]),
    ("s1/answers.json", ["s1"]),
    ("answers (s3).json", ["s3"]),
    ("red_55_assignsubmission_file_/answers.json", ["s2", "s3"]),
    ("Jane Doe_4711_assignsubmission_file_/answers.json", []),
    ("Jane Doe_1_assignsubmission_file_/Li Wei_4711_assignsubmission_file_/s3.json", ["s1"]),
    ("doejane_1_2_homework.zip!liwei_4711_2_answers.json", ["s1"]),
    ("s1.zip!s3.json", []),
    ("red-José María Núñez_9101_assignsubmission_file/answers.json", ["s2"]),
    ("Standardgruppe-Jane Doe_9101_assignsubmission_file/answers.json", ["s1"]),
    ("Mary-Jane Doe_9101_assignsubmission_file/answers.json", []),
])
def test_a_sender_is_known_by_what_the_platform_writes(place, found):
    assert [one.id for one in Register(PEOPLE, together=True).find(sender(place))[0]] == found


def test_a_group_is_nobody_where_the_course_does_not_say_so():
    assert Register(PEOPLE).find(sender("red_55_assignsubmission_file_/answers.json")) == (
        [], "Its name is a group's, and course.toml does not say groups = true for this week.")
    alone = rosters.Roster((rosters.Student("s1", "Lena Müller"),))
    assert Register(alone).find(sender("A-Lena Müller_1_assignsubmission_file_/a.json"))[0] == list(alone.students)


def test_the_platforms_own_list_says_when():
    list_ = ("Identifier,Full name,Status,Grade,Last modified (submission)\n"
             "Participant 1,Jane Doe,Submitted for grading - 2 hours late,,\"Monday, 30 November 2026, 11:15 PM\"\n"
             "Participant 2,José María Núñez,Submitted,,\"Friday, 20 November 2026, 10:15 AM\"\n")
    found = times(list_.encode(), Register(PEOPLE))
    assert {one: (moment.day, late) for one, (moment, late) in found[0].items()} == {"s1": (30, True), "s2": (20, False)}
    assert times(b"a,b\n1,2\n", Register(PEOPLE)) == ({}, "No column of it tells when, or who is late. It was not read.")
    assert times(b"\xff\xfe\x00", Register(PEOPLE)) == ({}, "It is no list that can be read.")


def test_a_german_list_says_when_and_what_cannot_be_read_is_told():
    rows = ["Jane Doe;Zur Bewertung;Samstag, 21. November 2026, 10:05", "José María Núñez;Zur Bewertung;Montag, 1. März 2027, 9:30",
            "Li Wei;Kein;-"]
    head = "Vollständiger Name;Status;Zuletzt geändert (Abgabe)\n"
    found, why = times((head + "\n".join(rows)).encode(), Register(PEOPLE))
    assert {one: f"{sent:%Y-%m-%d %H:%M}" for one, (sent, _) in found.items()} == {
        "s1": "2026-11-21 10:05", "s2": "2027-03-01 09:30"} and why == ""
    found, why = times((head + "Jane Doe;Da;lauantai 21. marraskuuta 2026\n").encode(), Register(PEOPLE))
    assert (found, why) == ({}, "1 date of it cannot be read, as 'lauantai 21. marraskuuta 2026'. It does not tell whether "
                                "these hand-ins came late.")
    assert times((head + "Bo Rey;Da;05.11.2026, 10:05\n").encode(), Register(PEOPLE))[1] == (
        "It names nobody in the roster. It was not read.")
    assert moment("05.11.2026 10:05").month == 11 and moment("Friday, 5 June 2026, 1:15 PM").hour == 13


def test_a_students_own_list_is_not_believed(tmp_path):
    list_ = "Full name,Last modified (submission)\nJane Doe,2027-01-01 00:00\n"
    (tmp_path / "Grades.csv").write_text(list_)
    (tmp_path / "Li Wei_9_assignsubmission_file_").mkdir()
    (tmp_path / "Li Wei_9_assignsubmission_file_" / "Grades.csv").write_text(list_)
    found = {one.place: (bool(one.text), one.refused) for one in envelopes.envelopes(tmp_path)}
    assert found == {"Grades.csv": (True, ""), "Li Wei_9_assignsubmission_file_/Grades.csv": (
        False, "A file of the kind '.csv' is no hand-in. Hand-ins are answers.json, or the notebook.")}
    students = classes.archive({f"{at}.json": "{}" for at in range(501)})
    (tmp_path / "Grades.csv").unlink()
    (tmp_path / "all.zip").write_bytes(classes.archive({"s1.zip": students}))
    (found,) = envelopes.envelopes(tmp_path / "all.zip")
    assert (found.place, found.refused) == ("all.zip!s1.zip", "It holds 501 files of 0 MB. That is too much.")


def test_lessons_and_places_are_asked_for(world, tmp_path):
    files = [envelopes.Envelope("a", {"lesson": "loyalty"}), envelopes.Envelope("b", {"lesson": "qci"})]
    with pytest.raises(CrmlabError) as error:
        intake.lesson_of(files)
    assert str(error.value) == ("Which lesson is to be graded? The hand-ins are of loyalty (1) and qci (1). Say it, as in "
                                "--lesson loyalty.")
    with pytest.raises(CrmlabError) as error:
        grading.grade(tmp_path, tmp_path / "roster.csv", tmp_path / "out")
    assert str(error.value) == f"The marks would lie among the hand-ins. '{tmp_path / 'out'}' is in '{tmp_path}'. Name another folder."
    with pytest.raises(CrmlabError) as error:
        list(envelopes.envelopes(tmp_path / "none"))
    assert error.value.wrong == "The hand-ins are not there."


# ---- the class report --------------------------------------------------------------------------------------


def test_small_counts_are_not_told():
    assert Share(3, 40).words() == "under 5 of 40" and Share(38, 40).words() == "nearly all of 40"
    assert Share(2, 4).words() == "too few to tell" and Share(20, 40).words().split() == ["50", "%", "[35", "%,", "65", "%]"]


def test_the_class_report_says_what_to_teach_next(world, tmp_path):
    graded = world.graded
    found = ClassReport(graded.course, graded.week, graded.book, graded.papers, N)
    text = found.text(tmp_path)
    assert "188 of 200 students handed in." in text and text.count("<li><b>") == 2
    assert "### Two things to teach next" in text
    assert not re.search(r"s0\d{3}|Quist|Tang", text)
    few = ClassReport(graded.course, graded.week, graded.book, dict(list(graded.papers.items())[:3]), 3)
    text = few.text(tmp_path)
    assert "That is too few to tell more without telling on somebody." in text and "%" not in text.replace("95 %", "")


def _report(world, monkeypatch, goals, students=24):
    """The report of a class with these shares right at hand-in and no known mistakes."""
    papers = dict(list(world.graded.papers.items())[:students])
    found = ClassReport(world.graded.course, world.graded.week, world.graded.book, papers, students)
    last = {f"loyalty.{name}": (Share(hits, students),) * 2 for name, hits in goals.items()}
    monkeypatch.setattr(ClassReport, "goals", last)
    return found


def _next_of(found, *rows):
    table = pd.DataFrame(rows, columns=["exercise", "mistake", "name", "first_try", "at_hand_in"])
    object.__setattr__(found, "mistakes", table)
    return re.sub("<[^>]+>", " ", "\n".join(found._next()))


def test_the_worst_goal_is_the_one_that_the_table_has_not_another(world, tmp_path, monkeypatch):
    found = _report(world, monkeypatch, {"pearson": 10, "elsewhere": 2, "items": 14, "zones": 24})
    text = found._goals_picture(tmp_path) and (tmp_path / "goals.svg").read_text()
    most, least = found._extreme(max), found._extreme(min)
    assert text and (most, least) == (found._goal("loyalty.zones"), found._goal("loyalty.elsewhere"))
    says = _next_of(found, *[(f"loyalty.{name}", "square", "r²", 0, 9) for name in ("pearson",)])
    assert says.startswith("### Three things to teach next") and f"{least}.  Reached by under 5 of 24." in says
    found = _report(world, monkeypatch, {"pearson": 10, "elsewhere": 2, "items": 1, "zones": 24})
    assert found._extreme(min) == "2 goals alike"


def test_things_to_teach_are_counted_and_said_once(world, monkeypatch):
    found = _report(world, monkeypatch, {"elsewhere": 10, "decide": 23, "zones": 24})
    says = _next_of(found, ("loyalty.elsewhere", "along", "the share that does go along", 0, 9))
    assert says.startswith("### One thing to teach next")
    assert "9 of 24 still hand in the share that does go along.  How much is left?" in says
    assert marking.named("loyalty.decide", world.book)["drop"]["name"] == "'drop it'"


def test_a_small_class_is_told_in_a_sentence(world, monkeypatch):
    found = _report(world, monkeypatch, {"pearson": 3, "elsewhere": 2, "items": 1}, 7)
    assert "Right at hand-in, under 5 of 7: every goal." in found._goals_table() and "<table>" not in found._goals_table()
    assert found._next() == ["### What to teach next", "Too few handed in to say."]
    monkeypatch.setattr(ClassReport, "calibration", lambda self: Share(3, 5))
    assert found._calibrated() == "Ranges meant to hold the number nine times in ten held it in under 5 of 5 guesses."


@pytest.mark.slow
def test_a_whole_class_on_its_own_worlds(tmp_path):
    made = the_class(tmp_path)
    begun = time.perf_counter()
    said = grading.grade(made.files, tmp_path / "roster.csv", tmp_path / "out", tmp_path / "course.toml")
    assert "188 of 200 students have marks." in said and time.perf_counter() - begun < 120
    row = read(tmp_path / "out" / "grades.csv")["s0180"]
    assert (row["right"], row["points"]) == ("8", "10.0")
