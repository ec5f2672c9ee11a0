"""The plan of a course: course.toml with weeks, deadlines, points and words, and the syllabus made of it."""

import datetime as dt
import re
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path

from crmlab.desk import lessons
from crmlab.desk.course import declared, exam
from crmlab.desk.course.lines import world
from crmlab.desk.exercises.books import Book, all_filled, book
from crmlab.frame.errors import CrmlabError, listed, unknown
from crmlab.sources.datasets import DATASETS
from crmlab.sources.worlds import HOLDS

COURSE = {"name": str, "id": str, "run": str, "secret": str, "wheel": str, "points": str}
WEEK = {"week": int, "lesson": str, "due": dt.date, "points": (int, float, str), "data": str, "kind": str, "exam": str,
        "goals": list, "core": bool, "groups": bool}
WORDS = {"points": int, "goal": str, "question": str, "hints": list, "otherwise": str, "solution": str,
         "mistakes": dict}
KINDS = ("practice", "exam")
NAME = re.compile(r"(?!(con|prn|aux|nul|com\d|lpt\d)$)[a-z][a-z0-9_]{0,39}")  # of an exam; some are no files on Windows
EARNED = ("answered", "right", "half")  # what practice earns its points by; half is half for trying, half for right
#: The same, as students and the class are told.
TOLD = {"answered": "In practice an answer earns its points whichever way it fell.",
        "right": "Points are for what is right; a part of an answer earns its part.",
        "half": "Half of the points are for trying, whichever way it fell, and half for what is right."}


@dataclass(frozen=True)
class Week:
    """One lesson, or one exam, of the course. ``data`` is what the students get; ``core`` leaves out what is deeper."""

    lesson: str
    week: int | None = None
    due: dt.date | None = None
    points: float = 0
    data: str = ""
    kind: str = "practice"
    exam: Path | None = None
    goals: tuple[str, ...] = ()
    core: bool = False
    groups: bool = False  # whether a hand-in counts for the whole group of the roster
    earned: str = ""  # one of EARNED: what the points are given for; in an exam always "right"


@dataclass(frozen=True)
class Course:
    """A course as its file has it; ``wheel`` is where Colab finds crmlab: a link, or an uploaded file.

    ``points`` is what practice earns its points by (one of EARNED), where a week says nothing else.
    """

    name: str = "Customer relationship management"
    id: str = "crm"
    run: str = ""
    weeks: tuple[Week, ...] = ()
    words: dict[str, dict] = field(default_factory=dict)
    secret_file: Path | None = None
    wheel: str = ""
    points: str = EARNED[0]

    def week(self, lesson: str) -> Week:
        """What the course says of a lesson. Raises CrmlabError with the nearest name where it has none."""
        for one in self.weeks:
            if one.lesson == lesson:
                return one
        if not self.weeks:
            raise CrmlabError(f"There is no lesson '{lesson}'.", "The course has no weeks.", "Begin one with [[week]].")
        raise unknown("lesson", lesson, "The course", [one.lesson for one in self.weeks])

    def book(self, lesson: str) -> Book | None:
        """The exercises of a lesson in the words of this course, or the questions of an exam; None where it has none.

        Its files are read once for a course, however often this is asked, so that everybody gets the same exam.
        """
        if lesson not in self._books:
            self._books[lesson] = self._book(lesson)
        return self._books[lesson]

    def _book(self, lesson: str) -> Book | None:
        week = self.week(lesson)
        if week.kind == "exam":
            return exam.read(lesson, week.exam, self.secret)
        found = book(lesson)
        return found and found.reworded(self.said(lesson))

    @cached_property
    def _books(self) -> dict[str, Book | None]:
        return {}

    def __getstate__(self) -> dict:
        """What another process is sent; the functions of a book cannot be, and it reads them once itself."""
        return {name: value for name, value in vars(self).items() if name != "_books"}

    def asked(self, lesson: str) -> list[str]:
        """The exercises that the students get: all, or those of the core path."""
        found, week = self.book(lesson), self.week(lesson)
        if found is None:
            return []
        return [one for one in found.ids() if not week.core or one not in deeper(lesson)]

    def said(self, lesson: str) -> dict[str, dict]:
        """What the course says otherwise, by exercise id; empty where nothing is changed."""
        return {one: said for one, said in self.words.items() if one.partition(".")[0] == lesson}

    @cached_property
    def secret(self) -> str:
        """The course's secret, for exams. Raises CrmlabError where there is none."""
        if self.secret_file is None:
            raise CrmlabError("An exam needs the course's secret.", "The part [course] names no file with it.",
                              'Write secret = "course.secret" there; crmlab course --new makes both.')
        try:
            secret = self.secret_file.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError):
            secret = ""
        if len(secret) < 16:
            raise CrmlabError("An exam needs the course's secret.",
                              f"'{self.secret_file.name}' is missing beside the course, or shorter than 16 signs.",
                              "Put it back; with another secret the data of the exam are others.")
        return secret


def read(path: str | Path) -> Course:
    """The course in a toml file.

    Raises CrmlabError for a key, lesson, exercise or kind that does not exist, and for a value of another type.
    """
    path = Path(path)
    said = declared.read(path, f"'{path.name}'", (f"There is no course '{path}'.",
                                                  f"Say crmlab course --new {path} for one to begin with."))
    declared.known(said, {"course": dict, "week": list, "exercises": dict}, f"'{path.name}'")
    weeks, reworded = said.get("week", []), said.get("exercises", {})
    if not isinstance(reworded, dict):
        raise CrmlabError("The part [exercises] is no table.", f"Found {reworded!r}.", 'Write [exercises."loyalty.pearson"].')
    if not isinstance(weeks, list):
        raise CrmlabError(f"'{path.name}' has no list of weeks.", f"Found week = {weeks!r}.", "Begin each one with [[week]].")
    head = declared.typed(said.get("course", {}), COURSE, "The part [course]")
    named = {"secret_file": path.parent / head.pop("secret")} if "secret" in head else {}
    _earned(head.get("points", EARNED[0]), "The part [course]")
    weeks = tuple(_week(one, place, path.parent) for place, one in enumerate(weeks, 1))
    twice = [one.lesson for place, one in enumerate(weeks) if one.lesson in [w.lesson for w in weeks[:place]]]
    if twice:
        raise CrmlabError(f"'{path.name}' has the lesson '{twice[0]}' in two weeks.",
                          "A student gets it, and hands it in, once.", "Remove one of the two.")
    course = Course(weeks=weeks, words=_words(reworded), **head, **named)
    return replace(course, weeks=tuple(_complete(one, course) for one in weeks))


def standing() -> Course:
    """The course without a file: every lesson as practice, with what it is worth."""
    course = Course(weeks=tuple(Week(one.word) for one in lessons.every()))
    return replace(course, weeks=tuple(_complete(one, course) for one in course.weeks))


@lru_cache
def deeper(lesson: str) -> frozenset[str]:
    """The exercises that stand only in the deeper part of a lesson."""
    cells = [cell for cell in lessons.find(lesson).notebook.cells if "exercise" in lessons.tags(cell)]
    asked = [{*re.findall(rf'"({lesson}\.\w+)"', cell.source)} for cell in cells]
    on = {one for cell, ids in zip(cells, asked, strict=True) for one in ids if "deeper" not in lessons.tags(cell)}
    return frozenset().union(*asked) - on


def goals(lesson: str) -> list[str]:
    """What one can do after a lesson, as its first cell says."""
    found = re.search(r"\*\*After this you can\*\* (.+?)\.?$", lessons.find(lesson).opening, re.MULTILINE)
    return found[1].split(" · ") if found else []


def syllabus(course: Course) -> str:
    """The course as a teacher would hand it out: week, lesson, question, goals, minutes, due, points."""
    parts = [" · ".join(filter(None, [course.name, course.run]))]
    for one in course.weeks:
        known = one.kind == "practice"
        facts = [f"{lessons.find(one.lesson).minutes} minutes" if known else "exam",
                 f"due {day(one.due)}" if one.due else "",
                 f"{one.points:g} point{'' if one.points == 1 else 's'}" if one.points else ""]
        week = f"Week {one.week}: " if one.week is not None else ""
        lines = [f"{week}{one.lesson} ({', '.join(filter(None, facts))})"]
        lines += [f"  {lessons.find(one.lesson).question}"] if known else []
        parts.append("\n".join(lines + [f"  - {goal}" for goal in one.goals]))
    total = sum(one.points for one in course.weeks)
    return "\n\n".join([*parts, f"Together {total:g} points."])


def day(due: dt.date) -> str:
    """A date as one says it, with the hour where it has one."""
    clock = f", {due:%H:%M}" if isinstance(due, dt.datetime) else ""
    return f"{due.day} {due:%B %Y}{clock}"


# ---- reading ---------------------------------------------------------------------------------------------


def _week(said: dict, place: int, folder: Path) -> Week:
    where = f"Week {said.get('week', place)}" if isinstance(said, dict) else f"Week {place}"
    said = declared.typed(said, WEEK, where)
    if "lesson" not in said:
        raise CrmlabError(f"{where} has no lesson.", f"It has {listed(said) or 'nothing'}.",
                          f'Write lesson = "{lessons.every()[-1].word}", or another one.')
    kind = said.get("kind", KINDS[0])
    if kind not in KINDS:
        raise unknown("kind", kind, where, KINDS)
    if kind == "practice":
        lessons.find(said["lesson"])
    elif "exam" not in said or not NAME.fullmatch(said["lesson"]):
        raise CrmlabError(f"{where} is an exam, and an exam has a name of small letters and a file.",
                          f"Found lesson = '{said['lesson']}'" + (", and no file." if "exam" not in said else "."),
                          'Write lesson = "exam" and exam = "exam.toml".')
    elif said["lesson"] in [one.word for one in lessons.every()]:
        raise CrmlabError(f"{where} is an exam, and has the name of a lesson.", f"Found lesson = '{said['lesson']}'.",
                          f'Write another one, as in lesson = "exam_{said["lesson"]}".')
    if kind == "exam" and said.get("groups"):
        raise CrmlabError(f"{where} is an exam, and in an exam everybody answers alone.", "Found groups = true.",
                          "Strike that line out.")
    if isinstance(said.get("points"), str):
        said["earned"] = _earned(said.pop("points"), where)
    if kind == "exam" and said.get("earned", "right") != "right":
        raise CrmlabError(f"{where} is an exam, and an exam earns its points by what is right.",
                          f"Found points = '{said['earned']}'.", "Write a number, or strike that line out.")
    if "exam" in said:
        said["exam"] = folder / said["exam"]
    return Week(**{**said, "goals": tuple(said.get("goals", ()))})


def _earned(said: str, where: str) -> str:
    if said not in EARNED:
        raise unknown("way to earn points", said, f"For practice, {where[0].lower()}{where[1:]}", EARNED)
    return said


def _complete(one: Week, course: Course) -> Week:
    """The week with what its lesson says where the file says nothing."""
    if one.kind == "exam":
        asked = exam.read(one.lesson, one.exam, "") if one.exam.is_file() else None
        return replace(one, points=one.points or (sum(map(asked.worth, asked.ids())) if asked else 0), earned="right")
    found = course.book(one.lesson)
    return replace(one, data=_offered(one) if one.data else world(one.lesson), earned=one.earned or course.points,
                   goals=one.goals or tuple(goals(one.lesson)),
                   points=one.points or (sum(map(found.worth, course.asked(one.lesson))) if found else 0))


def _offered(one: Week) -> str:
    """The data of a week, where the lesson can read them: a world, or a public set that all share."""
    table = lessons.find(one.lesson).table
    fitting = [*(f"world:{name}" for name, held in HOLDS.items() if held == table),
               *(name for name, held in DATASETS.items() if table in held)]
    if one.data not in fitting:
        raise unknown("data set", one.data, f"For the lesson '{one.lesson}' crmlab", fitting)
    return one.data


def _words(said: dict) -> dict[str, dict]:
    """The part [exercises], where every id, key and mistake exists."""
    for one, changed in said.items():
        found = book(one.partition(".")[0])
        ids = [f"{found.lesson}.{name}" for name in found.said if name != "terms"] if found else [
            id for lesson in lessons.every() if (known := book(lesson.word)) for id in known.ids()]
        if one not in ids:
            raise unknown("exercise", one, "crmlab", ids)
        where = f"The part [exercises.\"{one}\"]"
        declared.typed(changed, WORDS, where)
        known = found.said[one.partition(".")[2]].get("mistakes", {})
        declared.known(changed.get("mistakes", {}), dict.fromkeys(known, str), f"{where}, mistakes,")
        declared.typed(changed.get("mistakes", {}), dict.fromkeys(known, str), where)
        all_filled(changed, found.said[one.partition(".")[2]], where)
    return said
