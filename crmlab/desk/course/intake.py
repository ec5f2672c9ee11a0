"""Intake: every file gets its student, its time and its place in the count; whatever is left out is left out aloud."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from crmlab.desk.course.envelopes import Envelope
from crmlab.desk.course.roster import Roster, Student
from crmlab.desk.course.senders import Register, Sender, sender, times
from crmlab.desk.exercises.books import normal
from crmlab.frame.errors import CrmlabError, listed

UNCOUNTED = ("unread", "other lesson")  # whose student has handed in all the same


class Problem(NamedTuple):
    """A thing to know about a file or a student; ``counted`` says whether the hand-in earns marks all the same."""

    student: str
    file: str
    problem: str
    counted: bool
    reason: str


class Handed(NamedTuple):
    """The hand-in that counts for a student; ``owner`` is the student whose data it was made with."""

    student: Student
    owner: Student
    place: str
    answers: dict
    late: bool = False


class Intake(NamedTuple):
    """All of a class: what counts, what is to be known, and how many files there were of which kind."""

    handed: dict[str, Handed]
    problems: list[Problem]
    files: Counter

    @property
    def uncounted(self) -> dict[str, Problem]:
        """Who handed in, but nothing that counts; and why, of the last file."""
        return {one.student: one for one in self.problems
                if one.student and one.problem in UNCOUNTED and one.student not in self.handed}


class _Post(NamedTuple):
    envelope: Envelope
    by: Sender
    members: tuple[Student, ...]  # one, or the members of a group
    sent: dt.datetime | None
    late: bool

    @property
    def order(self) -> tuple:
        return (self.sent or dt.datetime.min, self.by.turn, self.envelope.modified,
                self.envelope.place.endswith(".json"), self.envelope.place)


def taken_in(files: Iterable[Envelope], roster: Roster, lesson: str, due: dt.date | None,
             groups: bool = False) -> Intake:
    """Sort a class's files: the last of each student counts.

    With ``groups`` it counts for those of the group who sent none of their own, too.
    """
    register, files, problems, counts = Register(roster, groups), list(files), [], Counter()
    lists = {one.place: times(one.text, register) for one in files if one.text}
    said = {student: moment for found, _ in lists.values() for student, moment in found.items()}
    posts: list[_Post] = []
    for one in files:
        counts["files"] += 1
        if one.answers is None and not one.refused:
            _, lost = lists.get(one.place, ({}, ""))
            counts["lists"] += 1
            problems += [Problem("", one.place, "list", False, lost)] if lost else []
            continue
        posts += _post(one, register, said, due, lesson, problems)
    counts["hand-ins"] = len(posts)
    handed = _counting(posts, register, problems)
    intake = Intake(handed, problems, counts)
    problems += [Problem(one.id, "", "missing", False, "Nothing was handed in.") for one in roster.students
                 if one.id not in handed and one.id not in intake.uncounted]
    return intake


def lesson_of(files: Iterable[Envelope]) -> str:
    """The lesson that all hand-ins are of. Raises CrmlabError where there is none, or several."""
    named = Counter(one.answers["lesson"] for one in files if one.answers)
    if len(named) != 1:
        what = listed((f"{name} ({count})" for name, count in named.most_common()), 8, quote=False)
        raise CrmlabError("Which lesson is to be graded?", f"The hand-ins are of {what}." if named else
                          "No file there is a hand-in.", "Say it, as in --lesson loyalty.")
    return next(iter(named))


def _post(one: Envelope, register: Register, said: dict, due, lesson: str, problems: list[Problem]) -> list[_Post]:
    """The file with its sender, or nothing and a problem that says why."""
    by = sender(one.place)
    found, why = register.find(by)
    who = found[0].id if len(found) == 1 else ""
    if one.refused:
        problems.append(Problem(who, one.place, "unread", False, one.refused))
        return []
    if not found:
        problems.append(Problem("", one.place, "unknown", False, f"{why} The answers name {_claim(one)!r}; if that is "
                                "true, rename the file so."))
        return []
    if one.answers["lesson"] != lesson:
        problems.append(Problem(who, one.place, "other lesson", False,
                                f"It is of the lesson {one.answers['lesson'][:40]!r}."))
        return []
    sent, marked = said.get(who, (None, False))
    sent = by.sent or sent
    return [_Post(one, by, tuple(found), sent, by.late or marked or _after(sent, due))]


def _after(sent: dt.datetime | None, due: dt.date | None) -> bool:
    if sent is None or due is None:
        return False
    end = due if isinstance(due, dt.datetime) else dt.datetime.combine(due, dt.time(23, 59, 59))
    return sent > end.replace(tzinfo=None)


def _claim(one: Envelope) -> str:
    return one.answers["student"][:40]


def _counting(posts: list[_Post], register: Register, problems: list[Problem]) -> dict[str, Handed]:
    """Who gets which hand-in: one's own first, and else the last of one's group."""
    handed: dict[str, Handed] = {}
    own: dict[str, list[_Post]] = {}
    teams: dict[str, list[_Post]] = {}
    for post in sorted(posts, key=lambda post: post.order):
        if len(post.members) == 1:
            own.setdefault(post.members[0].id, []).append(post)
        if normal(post.members[0].group) in register.groups:
            teams.setdefault(normal(post.members[0].group), []).append(post)
    for (*before, last) in own.values():
        name = last.members[0].id
        handed[name] = _handed(last.members[0], last, register, problems)
        problems += [_twice(name, post, last) for post in before]
    for word, (*before, last) in teams.items():
        problems += [_twice("", post, last) for post in before if len(post.members) > 1]
        for one in register.groups[word]:
            if one.id not in handed:
                handed[one.id] = _handed(one, last, register, problems)
    return handed


def _twice(name: str, post: _Post, last: _Post) -> Problem:
    same = post.envelope.answers["exercises"] == last.envelope.answers["exercises"]
    words = "The same answers came again" if same else "A later hand-in replaces it"
    return Problem(name, post.envelope.place, "twice", False, f"{words}: {last.envelope.place} counts.")


def _handed(student: Student, post: _Post, register: Register, problems: list[Problem]) -> Handed:
    """The hand-in as it counts for a student; whose data it was made with is one's own, or another member's."""
    place, claim = post.envelope.place, normal(post.envelope.answers["student"])
    if post.late:
        when = f"It came on {post.sent:%d %B %Y, %H:%M}." if post.sent else "The platform says so."
        problems.append(Problem(student.id, place, "late", True, f"After the time it was due. {when}"))
    if student not in post.members:
        problems.append(Problem(student.id, place, "group", True,
                                f"The hand-in of {post.members[0].id} counts for the whole of {student.group}."))
    team = register.groups.get(normal(student.group), [student])
    owner = next((one for one in (*post.members, *team) if claim and claim in {normal(one.id), *one.known}), None)
    if owner is None:
        owner = post.members[0]
        if claim:
            problems.append(Problem(student.id, place, "claim", True, f"The answers name '{_claim(post.envelope)}', "
                                    f"the platform says {owner.id}. They were judged on the data of {owner.id}."))
    return Handed(student, owner, place, post.envelope.answers, post.late)
