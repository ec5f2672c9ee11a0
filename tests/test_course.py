"""The course: its file, its roster as platforms export it, its seeds, and what is handed in."""

import hashlib
import hmac
import json
import math
import re
import textwrap
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import crmlab as crm
from crmlab import cli
from crmlab.desk import lessons
from crmlab.desk.course import answers, draws, lines, marking, plan, roster, seeds
from crmlab.desk.course import exam as exams
from crmlab.desk.exercises import books
from crmlab.frame.errors import CrmlabError

ROOT = Path(__file__).parent.parent

# ---- the roster -------------------------------------------------------------------------------------------

MOODLE = ("\ufeffVorname,Nachname,Matrikelnummer,E-Mail-Adresse,Gruppen\n"
          "Zoë,Müller,0123456,zoe@example.org,Gruppe A\nJan,de Vries,0123457,jan@example.org,\n")
CANVAS = ("Student,ID,SIS User ID,SIS Login ID,Section,Essay (77)\n    Points Possible,,,,,10\n"
          "\"Müller, Zoë\",9001,s0123,zmueller,A,\n\"de Vries, Jan\",9002,s0124,jdevries,A,8\n\"Student, Test\",9003,,x,A,\n")
BLACKBOARD = ('"Last Name"\t"First Name"\t"Username"\t"Student ID"\t"Last Access"\n'
              '"Müller"\t"Zoë"\t"zmueller"\t"s0123"\t""\n"de Vries"\t"Jan"\t"jdevries"\t"s0124"\t""\n')
WORKSHEET = ("Identifier;Full name;Email address;Status\nParticipant 12;Zoë Müller;zoe@example.org;\n"
             "Teilnehmer/in13;Jan de Vries;jan@example.org;\n")


@pytest.mark.parametrize(("file", "content", "by", "ids", "called"), [
    ("moodle.csv", MOODLE.encode(), "Matrikelnummer", ["0123456", "0123457"], "zoë müller"),
    ("moodle_old.csv", MOODLE[1:].encode("cp1252"), "Matrikelnummer", ["0123456", "0123457"], "ZOE@example.org"),
    ("canvas.csv", CANVAS.encode(), "SIS User ID", ["s0123", "s0124"], "9001"),
    ("blackboard.xls", BLACKBOARD.encode("utf-16"), "Student ID", ["s0123", "s0124"], "zmueller"),
    ("worksheet.csv", WORKSHEET.encode(), "Email address", ["zoe@example.org", "jan@example.org"], "12"),
    ("own.csv", "ID;Name;Group\n s0123 ;Zoë Müller;A\ns0124;Jan de Vries;\n".encode(), "ID", ["s0123", "s0124"], "S0123"),
])
def test_a_roster_is_read_as_platforms_export_it(tmp_path, file, content, by, ids, called):
    (tmp_path / file).write_bytes(content)
    found = roster.read(tmp_path / file)
    assert (found.by, [one.id for one in found.students]) == (by, ids)
    assert [one.id for one in found.called(called)] == ids[:1]
    assert "Zoë" in found.students[0].name or file == "worksheet"


def test_numbers_of_a_workbook_are_ids_without_a_point(tmp_path):
    pd.DataFrame({"id": [123, 124], "name": ["A", "B"]}).to_excel(tmp_path / "roster.xlsx", index=False)
    assert [one.id for one in roster.read(tmp_path / "roster.xlsx").students] == ["123", "124"]


@pytest.mark.parametrize(("content", "message"), [
    ("id,name\ns1,A\nS1 ,B\ns2,C\n", "'roster.csv' names a student twice. 's1' and 'S1' in 'id': rows 2 and 3. Remove the "
     "copies; capitals and blanks do not tell ids apart."),
    ("id,name\ns1,A\n,B\n", "'roster.csv' has students without an id. The column 'id' is empty in row 3. Fill these cells."),
    ("usernme,nick\ns1,A\n", "'roster.csv' has no column that tells the students apart. Its columns are 'usernme' and "
     "'nick'. Name the column 'usernme' 'id'."),
    ("id,name\n", "'roster.csv' has no students. There is no row below the names of the columns. Export it again."),
])
def test_a_roster_that_cannot_tell_students_apart_is_refused(tmp_path, content, message):
    (tmp_path / "roster.csv").write_text(content)
    with pytest.raises(CrmlabError) as raised:
        roster.read(tmp_path / "roster.csv")
    assert str(raised.value) == message


def test_one_who_is_not_in_the_roster_is_refused_with_the_nearest_id():
    with pytest.raises(CrmlabError) as raised:
        roster.Roster((roster.Student("s0123"), roster.Student("t9"))).student("s0132")
    assert str(raised.value) == "'s0132' is not in the roster. It has 2 students. Did you mean 's0123'?"


# ---- seeds ------------------------------------------------------------------------------------------------


def test_a_seed_is_four_bytes_of_hmac():
    message = "crm\x1f2026 winter\x1floyalty\x1fs0123\x1f0".encode()
    digest = hmac.new(b"crmlab practice", message, hashlib.sha256).digest()
    assert seeds.seed("crm", "2026 winter", "loyalty", "s0123") == int.from_bytes(digest[:4], "big") == GOLDEN


GOLDEN = 3207272912  # a number for ever: another one would give every student other data


def test_every_part_and_the_secret_draw_other_data():
    said = ("crm", "2026 winter", "loyalty", "s0123", 0)
    others = [("kam", *said[1:]), ("crm", "2027 winter", *said[2:]), ("crm", "2026 winter", "qci", *said[3:]),
              (*said[:3], "s0124", 0), (*said[:4], 1), (*said, "a secret of the course"), (*said, "another secret")]
    assert len({seeds.seed(*one) for one in [said, *others]}) == 8


@pytest.mark.parametrize("spelled", ["S0123", " s0123\t", "ｓ０１２３", "s0123\u00a0"])
def test_a_student_is_the_same_however_the_id_is_typed(spelled):
    assert seeds.seed("crm", "w", "loyalty", spelled) == seeds.seed("crm", "w", "loyalty", "s0123")


# ---- the plan ---------------------------------------------------------------------------------------------

COURSE = """
[course]
name = "CRM"
id = "crm"
run = "2026 winter"
secret = "course.secret"
[[week]]
week = 1
lesson = "loyalty"
due = 2026-11-30
[[week]]
week = 2
lesson = "exam"
kind = "exam"
exam = "exam.toml"
points = 12
[exercises."loyalty.pearson"]
points = 3
hints = ["Think."]
mistakes = {square = "One step back."}
"""


@pytest.fixture
def file(tmp_path):
    (tmp_path / "course.toml").write_text(COURSE)
    return tmp_path / "course.toml"


def test_a_course_is_read_and_its_words_are_said(file):
    course = plan.read(file)
    said = course.book("loyalty").words["pearson"]
    assert (said.points, said.hints, said.mistakes["square"]["says"]) == (3, ["Think."], "One step back.")
    assert said.mistakes["slope"] == plan.book("loyalty").words["pearson"].mistakes["slope"]
    assert [(one.lesson, one.data, one.kind) for one in course.weeks] == [
        ("loyalty", "world:survey", "practice"), ("exam", "", "exam")]
    book = plan.book("loyalty")
    assert course.week("loyalty").points == sum(map(book.worth, book.ids())) + 1


def test_a_core_week_asks_less_and_is_worth_less(file):
    file.write_text(COURSE.replace("due = 2026-11-30", "core = true"))
    course, book = plan.read(file), plan.book("loyalty")
    left = {"loyalty.zones", "loyalty.groups", "loyalty.range"}
    assert course.asked("loyalty") == [one for one in book.ids() if one not in left]
    assert course.week("loyalty").points == sum(map(book.worth, {*book.ids()} - left)) + 1


def test_a_syllabus_says_what_a_teacher_would_hand_out(file):
    assert plan.syllabus(plan.read(file)) == """CRM · 2026 winter

Week 1: loyalty (70 minutes, due 30 November 2026, 20 points)
  How strongly does satisfaction go with loyalty?
  - read a correlation with its interval
  - spot a question that does not belong in a questionnaire
  - tell a curve from the end of a scale

Week 2: exam (exam, 12 points)

Together 32 points."""


def test_practice_earns_points_as_the_course_or_the_week_says(file):
    def earned(old="", new=""):
        file.write_text(COURSE.replace(old, new))
        return [(one.earned, one.points) for one in plan.read(file).weeks]

    assert {one.earned for one in plan.standing().weeks} == {"answered"}
    assert earned() == [("answered", 20), ("right", 12)]
    assert earned('name = "CRM"', 'points = "half"') == [("half", 20), ("right", 12)]
    assert earned("due = 2026-11-30", 'points = "right"') == [("right", 20), ("right", 12)]
    assert earned("points = 12", 'points = "right"') == [("answered", 20), ("right", 0)]


@pytest.mark.parametrize(("old", "new", "message"), [
    ('name = "CRM"', 'nam = "CRM"', "There is no key 'nam'. The part [course] has: name, id, run, secret, wheel and points. Did you mean 'name'?"),
    ("[[week]]\nweek = 1", "[[weeks]]\nweek = 1", "There is no key 'weeks'. 'course.toml' has: course, week and exercises. "
     "Did you mean 'week'?"),
    ('lesson = "loyalty"', 'lesson = "loyality"', "There is no lesson 'loyality'. crmlab has: start_here, relationships, "
     "loyalty, portfolio and qci. Did you mean 'loyalty'?"),
    ("due = 2026-11-30", 'due = "30.11."', "Week 1: 'due' is a date without quotation marks, as in 2026-11-30. Found '30.11.'. "
     "Write it so."),
    ("due = 2026-11-30", "points = -1", "Week 1: 'points' is 0 or more. Found -1. Write it so."),
    ('name = "CRM"', 'points = "rigth"', "There is no way to earn points 'rigth'. For practice, the part [course] has: answered, right "
     "and half. Did you mean 'right'?"),
    ("due = 2026-11-30", 'points = "all"', "There is no way to earn points 'all'. For practice, week 1 has: answered, right and half. "
     "Use one of these names."),
    ("points = 12", 'points = "half"', "Week 2 is an exam, and an exam earns its points by what is right. Found points = 'half'. "
     "Write a number, or strike that line out."),
    ("points = 12", "points = true", "Week 2: 'points' is a number, or a word. Found True. Write it so."),
    ("due = 2026-11-30", 'kind = "exm"', "There is no kind 'exm'. Week 1 has: practice and exam. Did you mean 'exam'?"),
    ("due = 2026-11-30", 'data = "world:shop"', "There is no data set 'world:shop'. For the lesson 'loyalty' crmlab has: "
     "world:survey and mobi. Did you mean 'world:survey'?"),
    ('exam = "exam.toml"', "", "Week 2 is an exam, and an exam has a name of small letters and a file. Found lesson = 'exam', "
     'and no file. Write lesson = "exam" and exam = "exam.toml".'),
    ("square =", "sqare =", "There is no key 'sqare'. The part [exercises.\"loyalty.pearson\"], mistakes, has: covariance, "
     "square, slope, back and printed. Did you mean 'square'?"),
    ('lesson = "exam"\nkind = "exam"\nexam = "exam.toml"', 'lesson = "loyalty"', "'course.toml' has the lesson 'loyalty' in two "
     "weeks. A student gets it, and hands it in, once. Remove one of the two."),
])
def test_a_wrong_course_is_refused_with_the_nearest_word(file, old, new, message):
    file.write_text(COURSE.replace(old, new))
    with pytest.raises(CrmlabError) as raised:
        plan.read(file)
    assert str(raised.value) == message


@pytest.mark.parametrize(("exercise", "changed", "message"), [
    ("loyalty.pearson", 'question = "How closely do {x} and {z} go together?"',
     "The part [exercises.\"loyalty.pearson\"] has '{z}', and nothing stands for it. Found 'How closely do {x} and {z} go "
     "together?'. Its names in braces are {left}, {x} and {y}."),
    ("loyalty.elsewhere", 'mistakes = {r = "Look at {what}."}', "The part [exercises.\"loyalty.elsewhere\"] has '{what}', and "
     "nothing stands for it. Found 'Look at {what}.'. Its names in braces are {left}, {x} and {y}."),
    ("loyalty.decide", 'hints = ["See {x}."]', "The part [exercises.\"loyalty.decide\"] has '{x}', and nothing stands for it. "
     "Found 'See {x}.'. It has no names in braces. Write the words themselves."),
])
def test_a_name_in_braces_that_nothing_fills_is_refused(tmp_path, exercise, changed, message):
    (tmp_path / "c.toml").write_text(f'[exercises."{exercise}"]\n{changed}\n')
    with pytest.raises(CrmlabError) as raised:
        plan.read(tmp_path / "c.toml")
    assert str(raised.value) == message
    (tmp_path / "c.toml").write_text('[exercises."loyalty.pearson"]\nquestion = "{y}, {x}?"\nsolution = "f(\\"{r}\\")"\n')
    assert plan.read(tmp_path / "c.toml").words


def test_an_unknown_exercise_is_refused(file):
    file.write_text(COURSE.replace("loyalty.pearson", "loyalty.pearsn"))
    with pytest.raises(CrmlabError, match=r"There is no exercise 'loyalty.pearsn'.* Did you mean 'loyalty.pearson'\?"):
        plan.read(file)


@pytest.mark.parametrize(("content", "message"), [
    (b"week = 1", "'course.toml' has no list of weeks. Found week = 1. Begin each one with [[week]]."),
    (b"exercises = 1", "The part [exercises] is no table. Found 1. Write [exercises.\"loyalty.pearson\"]."),
    ('[course]\nname = "Münster"'.encode("cp1252"), "'course.toml' cannot be read. Reading stopped with: no UTF-8 at byte 18. Save it "
     "as UTF-8; most editors ask for the encoding when they save."),
    ('[course]\nname = "M"'.encode("utf-16"), "'course.toml' cannot be read. Reading stopped with: no UTF-8 at byte 0. Save it as "
     "UTF-8; most editors ask for the encoding when they save."),
    (b'[course]\nid = "a\\u0000b"', "'course.toml' holds a sign that cannot be printed. Found U+0000 in 'a\\x00b'. Take it out."),
    (b'[course]\nrun = "\\uffff"', "'course.toml' holds a sign that cannot be printed. Found U+FFFF in '\\uffff'. Take it out."),
    (b'[[week]]\nlesson = "loyalty"\ngoals = ["\\u001b"]', "'course.toml' holds a sign that cannot be printed. Found U+001B in "
     "'\\x1b'. Take it out."),
    (b'[course]\nname = "\\ud800"', "'course.toml' cannot be read. Reading stopped with: Escaped character is not a Unicode scalar "
     "value (at line 2, column 15). Look at that line: texts stand in quotation marks, dates do not."),
    (b'[[week]]\nlesson = "loyalty"\npoints = nan', "Week 1: 'points' is 0 or more. Found nan. Write it so."),
    (b'[[week]]\nlesson = "nul"\nkind = "exam"\nexam = "e.toml"', "Week 1 is an exam, and an exam has a name of small letters and a "
     "file. Found lesson = 'nul'. Write lesson = \"exam\" and exam = \"exam.toml\"."),
    (b'[[week]]\nlesson = "loyalty"\nkind = "exam"\nexam = "e.toml"', "Week 1 is an exam, and has the name of a lesson. Found lesson "
     "= 'loyalty'. Write another one, as in lesson = \"exam_loyalty\"."),
])
def test_a_course_that_is_broken_is_told(file, content, message):
    file.write_bytes(content)
    with pytest.raises(CrmlabError) as raised:
        plan.read(file)
    assert str(raised.value) == message


@pytest.mark.parametrize("text", ["😀 👩\u200d👧", "=cmd()", "../..\\\\con", "x" * 180, "李", "a\\nb"])
def test_a_course_may_be_called_as_it_likes(file, text):
    file.write_text(f'[course]\nname = "{text}"\nid = "{text}"\nrun = "{text}"\n[[week]]\nlesson = "loyalty"\n', "utf-8-sig")
    assert plan.read(file).id and plan.syllabus(plan.read(file))


def test_a_course_without_weeks_has_no_lesson(file):
    file.write_text("")
    with pytest.raises(CrmlabError) as raised:
        plan.read(file).week("loyalty")
    assert str(raised.value) == "There is no lesson 'loyalty'. The course has no weeks. Begin one with [[week]]."


@pytest.mark.parametrize("secret", [b"short", b"\xff\xfe" * 20, None])
def test_a_secret_that_is_none_is_told(file, secret):
    place = file.parent / "course.secret"
    place.mkdir() if secret is None else place.write_bytes(secret)
    (file.parent / "exam.toml").write_text(EXAM)
    with pytest.raises(CrmlabError) as raised:
        plan.read(file).book("exam")
    assert str(raised.value) == ("An exam needs the course's secret. 'course.secret' is missing beside the course, or "
                                 "shorter than 16 signs. Put it back; with another secret the data of the exam are others.")


def test_an_exam_needs_the_secret(file):
    course = plan.read(file)
    with pytest.raises(CrmlabError) as raised:
        _ = course.secret
    assert str(raised.value) == ("An exam needs the course's secret. 'course.secret' is missing beside the course, or "
                                 "shorter than 16 signs. Put it back; with another secret the data of the exam are others.")


# ---- what is handed in ------------------------------------------------------------------------------------

PLAIN = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
                     lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner))


def handed(**exercises) -> dict:
    return answers.envelope("loyalty", "s0123", pd.DataFrame({"a": [1, 2]}), {
        one: {"answer": answer} for one, answer in exercises.items()}, {"loyalty.pearson": (0.2, 0.5)}, course="crm",
        run="w", attempt=0, kind="practice", settings={"data": "world:survey", "seed": 1, "drop": []})


@given(PLAIN)
@settings(max_examples=50)
def test_a_hand_in_is_strict_json_and_comes_back_as_it_went(answer):
    sent = handed(one=answer)
    text = answers.written(sent)
    assert json.loads(text, parse_constant=lambda word: pytest.fail(word)) == answers.read(text) == sent


def test_nan_is_a_word():
    assert handed(one=[math.nan, math.inf, -math.inf])["exercises"]["one"]["answer"] == ["nan", "inf", "-inf"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "crmlab answers 2"}', "[" * 100_000, '{"format": NaN}',
                                  "x" * (answers.LARGEST + 1)])
def test_what_is_no_hand_in_is_refused_in_a_sentence(text):
    with pytest.raises(CrmlabError, match=r"^This is no hand-in of crmlab\. "):
        answers.read(text)


@pytest.mark.parametrize("part", answers.SAID)
def test_every_part_of_a_hand_in_is_there_and_in_its_kind(part):
    for wrong in ({}, {part: None}, {part: [1]}, {part: True}):
        with pytest.raises(CrmlabError, match=f"Its part '{part}' is missing, or no"):
            answers.checked({key: value for key, value in handed().items() if key != part} | wrong)


# ---- draws ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lesson", [one.word for one in lessons.every()])
def test_a_draw_is_the_table_that_the_lesson_opens(lesson):
    """The table is made by the lesson's own lines: executed as a notebook they give the same rows."""
    found = lessons.find(lesson)
    shell = {name: parameter.default for name, parameter in found.parameters.items()}
    data = lines.world(lesson)
    shell |= {"data": data, "seed": 4_294_967_295}
    code = "\n".join(cell.source for cell in found.notebook.cells if cell.id in ("imports", "open"))
    exec(code.replace("display(", "print("), shell)
    table, _ = lines.opened(lesson, data=data, seed=4_294_967_295)
    assert answers.fingerprint(table) in [
        answers.fingerprint(one) for one in shell.values() if isinstance(one, pd.DataFrame)]


def test_a_student_keeps_the_draw_and_the_redraw_is_bounded(monkeypatch):
    course = plan.standing()
    drawn = draws.personal(course, "loyalty", "s0123")
    assert drawn.seed == seeds.seed("crm", "", "loyalty", "s0123", drawn.attempt) and drawn.choices == {"drop": []}
    again = draws.personal(course, "loyalty", "S0123", drawn.attempt)
    assert answers.fingerprint(again.table) == answers.fingerprint(drawn.table)
    tried = []
    monkeypatch.setattr(draws, "seed", lambda *said: tried.append(said[4]) or 1)
    monkeypatch.setattr(draws, "opened", lambda *said, **told: (drawn.table, drawn.choices))
    monkeypatch.setattr(books.Book, "separated", lambda *said: False)
    with pytest.raises(CrmlabError, match="No draw for 's0123' keeps the mistakes of 'loyalty' apart. 20 were tried."):
        draws.personal(course, "loyalty", "s0123")
    assert tried == list(range(20))


def test_public_data_are_the_same_for_all():
    course = plan.Course(weeks=(plan.Week("portfolio", data="cdnow_sample"),))
    tables = [draws.personal(course, "portfolio", student) for student in ("s1", "s2")]
    assert [one.attempt for one in tables] == [0, 0]
    assert tables[0].table.equals(tables[1].table)


# ---- handing in -------------------------------------------------------------------------------------------


@pytest.fixture
def lab(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    drawn = draws.personal(plan.standing(), "loyalty", "s0123")
    return crm.lesson("loyalty", drawn.table, student="s0123", **drawn.choices)


def test_what_is_submitted_is_the_file_and_the_output(lab, tmp_path):
    lab.predict("loyalty.pearson", low=0.2, high=0.5)
    lab.check("loyalty.pearson", float("nan"))
    lab.decide("loyalty.decide", choice="pilot", number=0.5, because="It is a link.", would_change_if="A trial says so.")
    shown = lab.submit(course="crm", run="w", attempt=0, data="world:survey", seed=7)
    bundle = shown._repr_mimebundle_()
    handed = answers.read((tmp_path / "answers.json").read_bytes())
    assert bundle[answers.MIME] == handed
    assert handed["exercises"]["loyalty.pearson"] | {"answer": "nan", "code": "kind", "tries": 1} == (
        handed["exercises"]["loyalty.pearson"])
    assert handed["exercises"]["loyalty.decide"]["answer"]["choice"] == "pilot"
    assert (handed["settings"], handed["guesses"]) == (
        {"data": "world:survey", "seed": 7, "drop": []}, {"loyalty.pearson": {"low": 0.2, "high": 0.5}})
    assert handed["data_sha256"] == answers.fingerprint(lab._table)
    assert bundle["text/plain"].startswith("→ 1 of 8 exercises answered. Still open: loyalty.elsewhere, loyalty.items, ")
    assert " 1 cannot be read and earns nothing: loyalty.pearson.\n" in bundle["text/plain"]
    assert "`answers.json`" in bundle["text/plain"] and "<code>answers.json</code>" in bundle["text/html"]


def test_another_hand_in_in_the_folder_is_kept(lab, tmp_path):
    (tmp_path / "answers.json").write_text(answers.written(handed() | {"lesson": "qci"}))
    lab.submit()
    assert answers.read((tmp_path / "answers.json").read_text())["lesson"] == "qci"
    assert answers.read((tmp_path / "answers-loyalty.json").read_text())["lesson"] == "loyalty"


def test_where_nothing_can_be_written_the_notebook_carries_the_answers(lab, tmp_path):
    (tmp_path / "answers.json").mkdir()
    shown = lab.submit()
    assert "No file could be written here." in repr(shown)
    assert answers.checked(shown._repr_mimebundle_()[answers.MIME])["lesson"] == "loyalty"


def test_in_a_run_nothing_is_written(lab, tmp_path, monkeypatch):
    monkeypatch.setenv("CRMLAB_OUT", "")
    assert lab.submit() is None
    assert not list(tmp_path.iterdir())


def test_no_lesson_of_the_package_hands_in():
    assert not [one.word for one in lessons.every() if "submit(" in one.path.read_text()]


def test_a_recorded_answer_is_judged_as_it_was(lab):
    """The record keeps what was read: an answer with its labels in another order is still the same answer."""
    for name in lab._book.functions:
        posed = lab._posed(name)
        truth = posed.truth.tolist() if isinstance(posed.truth, pd.Series) else posed.truth
        mistakes = [value.tolist() if isinstance(value, pd.Series) else value for value in posed.mistakes.values()]
        labelled = [posed.truth.iloc[::-1]] if isinstance(posed.truth, pd.Series) and len(posed.truth) > 1 else []
        for answer in [truth, *mistakes, *labelled, pd.DataFrame({"a": [1.0], "b": [2.0]}), "0,62", (0, 62), Decimal("0.5"),
                       10**400, np.float32(0.5), True, math.inf, ["apostle"] * 10]:
            if name == "decide_number":
                continue
            said = lab.check(f"loyalty.{name}", answer)
            recorded = json.loads(answers.written(answers.strict(lab.record())))[f"loyalty.{name}"]["answer"]
            assert posed.judge(recorded).code == said.code, (name, answer)


def test_a_note_is_not_judged_and_counts_as_answered(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lab = crm.lesson("exam", pd.DataFrame({"a": [1]}), student="s0123", practice=False)
    assert repr(lab.note("exam.r1", ...)) == "… Not answered yet."
    assert repr(lab.note("exam.r2", pd.Series({"b": 0.25, "a": 0.5}))) == "✎ Noted. Your answer: {'b': 0.25, 'a': 0.5}"
    handed = lab.submit().handed
    assert (handed["kind"], handed["exercises"]["exam.r1"]["code"], handed["exercises"]["exam.r2"]["answer"]) == (
        "exam", "todo", {"b": 0.25, "a": 0.5})
    for act in (lambda: lab.check("exam.r2", 1), lambda: lab.hint("exam.r2"), lambda: lab.solution("exam.r2")):
        assert "nothing is checked" in repr(act())


def test_a_decision_that_cannot_be_read_in_the_notebook_cannot_be_read_in_the_marks(lab):
    truth = marking.Truth(0, {}, "", lab._book.asked(lab._desk, lab.student))
    rise = float(lab._posed("decide_number").truth.iloc[0])
    whole = {"choice": lab._posed("decide").truth[0], "number": rise, "because": "b", "would_change_if": "c"}
    for change, code in (({}, "right"), ({"would_change_if": ""}, "kind"), ({"because": "word " * 80}, "kind"),
                         ({"number": "0,5"}, "kind"), ({"choice": None}, "todo")):
        given = whole | change
        reply, right, parts = marking.judged("loyalty.decide", given, truth, lab._book)
        assert (reply.code, reply.says) == (code, lab.decide("loyalty.decide", **given).says), change
        assert (right, parts) == (2 if code == "right" else "number" in change, 2), change


def test_an_exam_says_what_cannot_be_read_and_nothing_of_what_is_right():
    lab = crm.lesson("exam", pd.DataFrame({"a": [1]}), student="s0123", practice=False)
    number, text = {"kind": "number"}, {"kind": "text", "most": 60}
    several = {"kind": "numbers", "count": 2, "names": ["a", "b"]}
    for answer, form, says in (
            ("0,5", number, "That is text. Write `0.5`: no quotation marks, and a point for the decimals."),
            ((0, 34), number, "Python reads `0,34` as two numbers, 0 and 34. Write `0.34`."),
            ([0.5], several, "2 numbers are asked (a and b), and that is 1 value."),
            ("weasel", {"kind": "choice", "names": ["pilot", "fund"]},
             "'weasel' is none of the answers. They are 'pilot' and 'fund'."),
            (["x", "x"], {"kind": "order", "count": 2, "names": ["x", "y"]},
             "'x' stands there twice. Name each once: 'x' and 'y'."),
            (5, text, "'text' is a sentence in quotation marks."),
            ("word " * 100, text, "'text' has 100 words, and 60 are enough. As it is it earns nothing; what can go, "
                                  "and what is the point?")):
        reply = lab.note("exam.q", answer, **form)
        assert (reply.code, reply.says) == ("kind", says)
    for answer, form in ((-99, number), ({"b": 1, "a": 2}, several), ("fund", {"kind": "choice", "names": ["pilot", "fund"]}),
                         ("word " * 60, text), ("any", {})):
        assert lab.note("exam.q", answer, **form).code == "noted"


# ---- exams ------------------------------------------------------------------------------------------------

EXAM = """
[r1]
like = "loyalty.pearson"
points = 4
[r2]
like = "loyalty.zones"
question = "Name the zones."
[why]
kind = "text"
question = "Why?"
most_words = 50
"""


@pytest.fixture
def exam(file):
    (file.parent / "course.secret").write_text("a secret of the course")
    (file.parent / "exam.toml").write_text(EXAM)
    return plan.read(file)


def test_an_exam_reuses_exercises_on_secret_data(exam, file):
    book, drawn = exam.book("exam"), draws.personal(exam, "exam", "s0123")
    assert (book.ids(), book.worth("exam.r1")) == (["exam.r1", "exam.r2", "exam.why"], 4)
    assert drawn.seed == seeds.seed("crm", "2026 winter", "exam", "s0123", drawn.attempt, "a secret of the course")
    posed = {name: book.posed(name, drawn.desk, "s0123") for name in book.functions}
    assert posed["r2"].question.startswith("Name the zones.") and len(posed["r2"].truth) == 10
    assert posed["r1"].judge(posed["r1"].truth.iloc[0]).code == "right"
    (file.parent / "course.secret").write_text("another secret of the course")
    other = draws.personal(plan.read(file), "exam", "s0123")
    assert answers.fingerprint(other.table) != answers.fingerprint(drawn.table)


def test_the_file_of_an_exam_opens_as_the_table_that_is_judged(exam, tmp_path):
    """What a student computes from the csv is what the instructor computes from the secret."""
    table = draws.personal(exam, "exam", "s0123").table
    (tmp_path / "survey.csv").write_text(exams.written(table))
    opened = crm.open_table("survey", tmp_path / "survey.csv", scale=exams.scale(table))
    pd.testing.assert_frame_equal(opened, table)
    assert not {"truth", "simulated"} & {name for name, said in opened.attrs["crmlab"].items() if said}


def test_an_exam_may_have_functions_of_its_own(exam, file):
    (file.parent / "exam.toml").write_text(EXAM + """
[mean]
like = "loyalty"
question = "What is the mean of satisfaction?"
""")
    (file.parent / "exam.py").write_text("""
from crmlab.desk.exercises.exercise import Exercise
EXERCISES = [Exercise("mean", right=lambda survey: survey["satisfaction_1"].mean())]
""")
    drawn = draws.personal(exam, "exam", "s0123")
    truth = exam.book("exam").posed("mean", drawn.desk, "s0123").truth.iloc[0]
    assert truth == drawn.table["satisfaction_1"].mean()


@pytest.mark.parametrize(("old", "new", "message"), [
    ('"loyalty.pearson"', '"loyalty.pearsn"', r"There is no exercise 'loyalty.pearsn'. .* Did you mean 'loyalty.pearson'\?"),
    ("points = 4", "pionts = 4", r"There is no key 'pionts'. The question 'r1' has: .* Did you mean 'points'\?"),
    ('"loyalty.pearson"', '"loyalty"', "The question 'r1' of 'exam.toml' asks nothing. It has no words of its own."),
    ('like = "loyalty.pearson"', 'like = "loyalty"\nquestion = "?"', "The question 'r1' has no function. 'exam.py' has none, "
     "and is not there."),
    (EXAM, '[why]\nkind = "text"\nquestion = "Why?"', "The exam 'exam.toml' asks about no data. Its questions are 'why'."),
    ("points = 4", 'hints = ["See {z}."]', r"The question 'r1' has '\{z\}', and nothing stands for it. Found 'See \{z\}.'. Its "
     r"names in braces are \{left\}, \{x\} and \{y\}."),
    ("points = 4", 'points = "4"', "The question 'r1': 'points' is a number. Found '4'. Write it so."),
    ("points = 4", "decimals = -1", "The question 'r1': 'decimals' is 0 or more. Found -1. Write it so."),
    ("points = 4", "mistakes = {sqare = 'x'}", "There is no key 'sqare'. The question 'r1', mistakes, has: covariance, square, slope, "
     "back and printed. Did you mean 'square'\\?"),
    ("points = 4", 'kind = "order"', "The question 'r1' has another kind than the exercise it is like. Found 'order', and that one is "
     "'number'. Strike out the line with kind."),
    ('kind = "text"', 'kind = "txt"', "There is no exercise ''. For the question 'why' crmlab has: .*"),
    ("[r1]", '["r/1"]', "A question of 'exam.toml' has a name that cannot be used. Found 'r/1'. Take up to 40 letters, figures and "
     "hyphens; not 'review', 'terms' or an end in '_number'."),
    ("[r1]", "[r_number]", "A question of 'exam.toml' has a name that cannot be used. Found 'r_number'. Take up to 40 letters, figures "
     "and hyphens; not 'review', 'terms' or an end in '_number'."),
    (EXAM, "r1 = 4", "'r1' in 'exam.toml' is no question. Found 4."),
    (EXAM, "[r1", "The exam 'exam.toml' cannot be read. Reading stopped with"),
])
def test_a_wrong_exam_is_refused(exam, file, old, new, message):
    (file.parent / "exam.toml").write_text(EXAM.replace(old, new))
    with pytest.raises(CrmlabError, match=message):
        exam.book("exam")


# ---- the pages --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["students", "instructors"])
def test_a_page_names_only_commands_options_and_keys_that_exist(page):
    text = (ROOT / "docs" / f"{page}.md").read_text("utf-8")
    lines = re.findall(r"(?:^    |`)(?:crm/bin/|crm\\\\Scripts\\\\)?crmlab (\w+)([^`\n]*)", text, re.MULTILINE)
    assert lines and not [command for command, _ in lines if command not in cli.main.commands]
    for command, rest in lines:
        known = {flag for option in cli.main.commands[command].params for flag in option.opts}
        assert set(re.findall(r"(?<=\s)--[a-z]+", rest)) <= known
    acts = set(re.findall(r"lab\.(\w+)\(", text))
    assert not [act for act in acts if not hasattr(crm.lesson("loyalty"), act)]


OWN = """
from crmlab.desk.exercises.exercise import Exercise
EXERCISES = [Exercise("top", right=lambda survey: %s)]
"""


@pytest.mark.parametrize(("program", "message"), [
    ("def (", "'exam.py' stopped before it had given its exercises. SyntaxError in line 1: invalid syntax (exam.py, line 1). Mend it "
     "until 'python exam.py' says nothing."),
    ("1\nimport no_such_module", "'exam.py' stopped before it had given its exercises. ModuleNotFoundError in line 2: No module named "
     "'no_such_module'. Mend it until 'python exam.py' says nothing."),
    ("raise SystemExit(3)", "'exam.py' stopped before it had given its exercises. SystemExit in line 1: 3. Mend it until 'python "
     "exam.py' says nothing."),
    ("EXERCISES = 3", "EXERCISES in 'exam.py' is no list of exercises. Found 3. Write EXERCISES = [Exercise(\"top\", right=top_share)]."),
    (OWN % "survey['nothing'].mean()", "The question 'top' cannot be asked: its function stopped. On the data of 's0123', KeyError: "
     "'nothing'. Try it on the table of a student; it takes the table, and returns the right answer."),
    (OWN % "'a'", "The question 'top' cannot be asked: its function stopped. On the data of 's0123', ValueError: could not convert "
     "string to float: 'a'. Try it on the table of a student; it takes the table, and returns the right answer."),
    (OWN % "None", "The question 'top' cannot be asked: its function stopped. On the data of 's0123', it gave nothing that can be read. "
     "Try it on the table of a student; it takes the table, and returns the right answer."),
])
def test_a_program_of_an_exam_that_stops_is_told(exam, file, program, message):
    (file.parent / "exam.toml").write_text('[top]\nlike = "loyalty"\nquestion = "Which share?"')
    (file.parent / "exam.py").write_text(program)
    with pytest.raises(CrmlabError) as raised:
        draws.personal(exam, "exam", "s0123")
    assert str(raised.value) == message


def test_known_mistakes_of_an_exam_may_be_reworded_and_named(exam, file):
    (file.parent / "exam.toml").write_text(
        '[r1]\nlike = "loyalty.pearson"\nmistakes = {square = "One step back."}\n'
        '[top]\nlike = "loyalty"\nquestion = "Which share?"\nmistakes = {share = "In per cent."}\n')
    (file.parent / "exam.py").write_text("""
from crmlab.desk.exercises.exercise import Exercise
EXERCISES = [Exercise("top", right=lambda survey: 50.0, wrong={"share": lambda survey: 0.5, "none": lambda survey: 0.0})]
""")
    words = exam.book("exam").words
    assert words["r1"].mistakes["square"] == {"name": "r²", "says": "One step back."}
    assert words["r1"].mistakes["slope"] == plan.book("loyalty").words["pearson"].mistakes["slope"]
    assert words["top"].mistakes == {"share": {"name": "share", "says": "In per cent."}, "none": {"name": "none", "says": ""}}
    assert words["top"].goal == "top"


def test_the_exam_and_the_words_of_the_instructors_page_are_read(exam, file):
    text = (ROOT / "docs" / "instructors.md").read_text("utf-8")
    parts = [textwrap.dedent(part) for part in re.findall(r"(?:^    .*\n|^\n)+", text, re.MULTILINE)]
    (file.parent / "exam.toml").write_text("".join(part for part in parts if "[r1]" in part or "[top]" in part))
    (file.parent / "exam.py").write_text(re.search(r"```python\n(.*?)```", text, re.DOTALL)[1])
    file.write_text(COURSE.partition("[exercises")[0] + next(part for part in parts if "[exercises" in part))
    course = plan.read(file)
    drawn = draws.personal(course, "exam", "s0123")
    asked = course.book("exam").asked(drawn.desk, "s0123")
    assert list(asked) == ["r1", "r2", "top"] and "{" not in asked["r2"].question
    assert asked["top"].truth.iloc[0] == 100 * (drawn.table["satisfaction_1"] >= 9).mean()
    assert course.book("loyalty").words["pearson"].hints[0] == "Which two columns are meant?"
