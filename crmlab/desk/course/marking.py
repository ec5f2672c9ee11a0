"""Marking: each student's truth is computed again from the roster and the course, and each answer judged on it.

What a hand-in says of its own outcome is the student's record: it tells what was first believed, and earns nothing.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from crmlab.desk.course import answers, crowd, draws
from crmlab.desk.course.draws import Draw
from crmlab.desk.course.intake import Handed, Problem
from crmlab.desk.course.plan import Course, Week
from crmlab.desk.exercises.books import Book
from crmlab.desk.exercises.exercise import Posed, decided
from crmlab.desk.exercises.kinds import Unreadable, is_open
from crmlab.desk.exercises.reply import OUTCOMES, Reply
from crmlab.desk.exercises.summary import TOO_MUCH, Summary
from crmlab.frame.errors import CrmlabError


@dataclass(frozen=True, eq=False)
class Truth:
    """What is right for one student: the exercises in the own version, on the own data."""

    attempt: int
    settings: dict  # what the notebook that was handed out says
    sha256: str
    posed: dict[str, Posed]
    summary: Summary | None = None
    guessed: dict[str, float] = field(default_factory=dict)


class Mark(NamedTuple):
    """What became of one exercise: ``right`` of ``parts`` are right, ``points`` of ``worth`` are earned."""

    exercise: str
    answer: Any
    reply: Reply
    first: str
    right: int
    parts: int
    points: float
    worth: float

    @property
    def answered(self) -> bool:
        return self.reply.outcome not in ("todo", "kind", "left_out")


@dataclass(frozen=True, eq=False)
class Paper:
    """One student's marked hand-in. ``held`` says of each guess whether it held the number."""

    handed: Handed
    truth: Truth
    marks: dict[str, Mark]
    held: dict[str, bool]


# ---- the truth --------------------------------------------------------------------------------------------


def truths(owners: Iterable[str], course: Course, week: Week, ledger: Mapping[str, int] | None = None,
           progress: bool = True, failed: dict[str, CrmlabError] | None = None) -> dict[str, Truth]:
    """The truth of each student by id; many are computed side by side.

    ``ledger`` has the attempts that were handed out; who is not in it gets the first attempt that keeps the mistakes
    apart, by the same public rule. Whose truth cannot be computed goes into ``failed`` with the reason; where nobody's
    can, or nothing was given for that, the reason is raised.
    """
    owners = list(dict.fromkeys(owners))
    jobs = [(one, (ledger or {}).get(one)) for one in owners]
    made = crowd.each(_truth, jobs, _begin, (course, week), desc="Truths", disable=not progress)
    found = dict(zip(owners, made, strict=True))
    broken = {one: why for one, why in found.items() if isinstance(why, CrmlabError)}
    if broken and (failed is None or 1 < len(broken) == len(found)):
        raise next(iter(broken.values()))
    if broken:
        failed.update(broken)
    return {one: truth for one, truth in found.items() if one not in broken}


_AT_WORK: dict = {}  # of this process: course, week and book; the functions of a book cannot be sent


def _begin(course: Course, week: Week) -> None:
    _AT_WORK.update(course=course, week=week, book=course.book(week.lesson))


def _truth(job: tuple[str, int | None]) -> Truth | CrmlabError:
    course, week = _AT_WORK["course"], _AT_WORK["week"]
    try:
        return truth(draws.personal(course, week.lesson, *job), week, _AT_WORK["book"], job[0])
    except CrmlabError as why:
        return why
    except Exception as why:  # the functions of an exam are the instructor's own
        return CrmlabError(f"What is right for '{job[0]}' cannot be computed.", f"{type(why).__name__}: {why}.",
                           "Look at the functions of the exam with the data of this student.")


def truth(draw: Draw, week: Week, book: Book, student: str) -> Truth:
    """What is right for one student on a draw."""
    exam, d = week.kind == "exam", draw.desk
    own = {"seed": draw.seed} if week.data.startswith("world:") else {}
    settings = {} if exam else answers.shareable({"data": week.data, **own, **draw.choices})
    return Truth(draw.attempt, settings, answers.fingerprint(draw.table),
                 book.asked(d, student), _summary(book, d, student),
                 {name: float(value(d)) for name, value in book.guessed.items()})


def _summary(found: Book, d: Any, student: str) -> Summary | None:
    try:
        return found.summary(d, student) if "review" in found.said else None
    except CrmlabError:
        return None


# ---- the marks --------------------------------------------------------------------------------------------


def marked(handed: Handed, truth: Truth, book: Book, asked: Iterable[str], earned: str | bool) -> Paper:
    """Every exercise that was asked, judged on the student's own data; nothing of the hand-in is believed.

    ``earned`` is what the points are given for, as the week says (see `Week.earned`); True is for an exam.
    """
    marks = {}
    for exercise in asked:
        state = handed.answers["exercises"].get(exercise, {})
        answer = state.get("answer")
        reply, right, parts = judged(exercise, answer, truth, book)
        worth = 0 if reply.outcome == "left_out" else book.worth(exercise)
        mark = Mark(exercise, answer, reply, _first(state, exercise, book), right, parts, 0.0, worth)
        marks[exercise] = mark._replace(points=points(mark, right / parts, earned))
    held = {name: one for name, value in truth.guessed.items()
            if (one := _held(handed.answers["guesses"].get(f"{book.lesson}.{name}"), value)) is not None}
    return Paper(handed, truth, marks, held)


def points(mark: Mark, right: float, earned: str | bool) -> float:
    """The points of an exercise of which this share is right: for answering, for what is right, or half for each."""
    tried = {"answered": 1.0, "half": 0.5}.get(earned or "answered", 0.0)
    return float(mark.worth * (tried + (1 - tried) * right)) if mark.answered else 0.0


def judged(exercise: str, answer: Any, truth: Truth, book: Book) -> tuple[Reply, int, int]:
    """The outcome of an answer, and how many of its parts are right."""
    name = exercise.partition(".")[2]
    there = truth.summary is not None if name == "review" else name in truth.posed
    if not there and book.said[name].get("kind") != "text":
        return Reply("left_out", "These data do not have what the exercise needs."), 0, 1
    try:
        with np.errstate(all="ignore"):
            return _judged(name, answer, truth, book)
    except Exception as why:  # an answer may have any shape, and no shape may stop a class's marks
        return Reply("kind", f"This answer could not be read ({type(why).__name__})."), 0, 1


def _judged(name: str, answer: Any, truth: Truth, book: Book) -> tuple[Reply, int, int]:
    if name == "review":
        return _reviewed(answer, truth.summary)
    if decides(name, book):
        return _decided(name, answer, truth.posed)
    if book.words[name].kind == "text":
        said, given = book.words[name], answer if answer != "" else None
        fault = "" if given is None else said.fault(text=given)
        reply = Reply("todo") if given is None else Reply("kind", fault) if fault else Reply("noted", "A person reads it.")
        return reply.asking(said.question), 0, 1
    posed = truth.posed[name]
    return posed.judge(answer).asking(posed.question, posed.shows), *_parts(posed, answer)


def decides(name: str, book: Book) -> bool:
    """Whether an exercise asks for a decision; the exercise says it, whatever the answer looks like."""
    return f"{name}_number" in book.said


def goal(exercise: str, book: Book) -> str:
    """What an exercise is about, as a heading; a question without a goal is called by its name."""
    name = exercise.partition(".")[2]
    said = book.said[name].get("goal") or ("see what claims too much" if name == "review" else f"question {name}")
    return said[0].upper() + said[1:]


def _parts(posed: Posed, answer: Any) -> tuple[int, int]:
    kind, count = posed.words.reader(), len(posed.truth)
    try:
        if is_open(answer):
            return 0, count
        value = kind.read(answer, posed.truth)
    except Unreadable:
        return 0, count
    also = posed.also is not None and kind.hits(value, posed.also).all()
    return count if also else int(kind.hits(value, posed.truth).sum()), count


def _reviewed(answer: Any, summary: Summary) -> tuple[Reply, int, int]:
    reply = summary.judge(answer).asking(summary.asks)
    named = {part for part in answer if _plain_number(part)} if isinstance(answer, list) else set()
    return reply, len(named & set(summary.truth)) if reply.outcome in ("right", "wrong") else 0, TOO_MUCH


def _decided(name: str, answer: Any, posed: Mapping[str, Posed]) -> tuple[Reply, int, int]:
    asked = posed[name], posed[f"{name}_number"]
    reply, right = decided(answer, *asked)
    return reply.asking("\n".join(one.question for one in asked)), right, 2


def _first(state: dict, exercise: str, book: Book) -> str:
    """What came of the first try, as the student's record has it; only outcomes that there are."""
    said = str(state.get("first", ""))
    outcome, _, mistake = said.partition(":")
    if outcome not in OUTCOMES:
        return ""
    return said if not mistake or mistake in named(exercise, book) else outcome


def named(exercise: str, book: Book) -> dict[str, dict]:
    """The known mistakes of an exercise, those of a decision's number with it."""
    name = exercise.partition(".")[2]
    if name == "review":
        name = "a summary that claims too much ({})"
        return {f"missed {one['fault']}": {"name": name.format(one["fault"]), "says": one["why"]}
                for one in book.said["review"]["too_much"]}
    options = book.said[name].get("options", {})
    called = {key: {"name": f"'{option.partition(':')[0]}'"} for key, option in options.items() if option}
    known = {key: {"name": key, "says": ""} | said | called.get(key, {})
             for part in (name, f"{name}_number") for key, said in book.said.get(part, {}).get("mistakes", {}).items()}
    return known | {"unit": {"name": "another unit", "says": "The unit was mixed up: a share, or per cent?"}}


def _held(guess: Any, value: float) -> bool | None:
    ends = [guess.get("low"), guess.get("high")] if isinstance(guess, dict) else []
    if len(ends) != 2 or not all(map(_plain_number, ends)):
        return None
    return bool(min(ends) <= value <= max(ends))


def _plain_number(value: Any) -> bool:
    """Whether it is a finite number, and no truth value that counts as one."""
    return isinstance(value, int) and not isinstance(value, bool) or isinstance(value, float) and math.isfinite(value)


# ---- what does not fit ------------------------------------------------------------------------------------


def flags(paper: Paper, course: Course) -> list[Problem]:
    """What a hand-in says of its data that is not what was handed out. It was judged on what was handed out."""
    told, truth, student = paper.handed.answers, paper.truth, paper.handed.student.id
    other = [f"{key} was {told['settings'][key]!r} in place of {value!r}" for key, value in truth.settings.items()
             if key in told["settings"] and told["settings"][key] != value]
    out = []
    if (told["course"], told["run"]) != (course.id, course.run):
        out.append(("other course", f"It is of '{told['course'][:40]}', '{told['run'][:40]}'."))
    if other:
        out.append(("other data", f"{other[0][0].upper()}{'; '.join(other)[1:200]}."))
    elif told["data_sha256"] not in ("", truth.sha256):
        same = told.get("crmlab") == answers.version("crmlab") and told.get("numpy") == answers.version("numpy")
        why = "" if same else " crmlab or numpy had another version there, which may be all."
        out.append(("other data", f"The data differ from those handed out, though the seed is the same.{why}"))
    return [Problem(student, paper.handed.place, problem, True, f"{said} It was judged on the data handed out.")
            for problem, said in out]
