"""Intake: every file gets its student, its time and its place in the count; whatever is left out is left out aloud."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, NamedTuple

from crmlab.desk.course.envelopes import Envelope
from crmlab.desk.course.roster import Student
from crmlab.desk.course.senders import Register, Sender, sender, times
from crmlab.desk.exercises.books import normal
from crmlab.frame.errors import CrmlabError, listed

UNCOUNTED = ("unread", "other lesson")  # whose student has handed in all the same
#: Whose marks are open: by wish, since the archive is damaged there, or since crmlab could not give any.
OPEN = LEFT_OUT, DAMAGED, UNMARKED = "left out", "damaged", "unmarked"


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


def uncounted(problems: Iterable[Problem], counting: Collection[str]) -> dict[str, Problem]:
    """Who handed in, but nothing that counts; and why, of the last file."""
    open_ = left_open(problems, counting)
    return {one.student: one for one in problems
            if one.student and one.problem in UNCOUNTED and one.student not in counting and one.student not in open_}


def left_open(problems: Iterable[Problem], counting: Collection[str]) -> dict[str, Problem]:
    """Whose marks are open, and why: nobody can say that they handed in nothing."""
    return {one.student: one for one in problems if one.student and one.problem in OPEN and one.student not in counting}


def each(papers: Mapping[str, Any], work: Callable[[Any], Any],
         place: Callable[[Any], str] = lambda handed: handed.place) -> tuple[dict[str, Any], list[Problem]]:
    """What the work makes of each paper, one by one; the papers on which it fails, as problems with the reason.

    Here ends whatever goes wrong with one paper: the others are marked as they would be without it.
    """
    done, problems = {}, []
    for student, paper in papers.items():
        try:
            done[student] = work(paper)
        except Exception as why:
            said = str(why) if isinstance(why, CrmlabError) else f"{type(why).__name__}: {why}"
            problems.append(Problem(student, place(paper), UNMARKED, False,
                                    f"This paper could not be marked: {' '.join(said.split())[:300]} Its marks are "
                                    "left open. Report it with this line and the file, and mark it by hand."))
    return done, problems


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


def taken_in(files: Iterable[Envelope], register: Register, lesson: str, due: dt.date | None,
             without: Iterable[str] = ()) -> Intake:
    """Sort a class's files: the last of each student counts; of who is ``without``, none.

    Where the register holds groups it counts for those of the group who sent none of their own, too.
    """
    files, problems, counts, without = list(files), [], Counter(), set(without)
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
        posts += _post(one, register, said, due, lesson, without, problems)
    counts["hand-ins"] = len(posts)
    handed = {student: one for student, one in _counting(posts, register, problems).items() if student not in without}
    problems += [Problem(one, "", LEFT_OUT, False, "Left out, as --without says. The marks are open.")
                 for one in sorted(without)]
    there = {*handed, *uncounted(problems, handed), *left_open(problems, handed)}
    problems += [Problem(one.id, "", "missing", False, "Nothing was handed in.") for one in register.roster.students
                 if one.id not in there]
    return Intake(handed, problems, counts)


def lesson_of(files: Iterable[Envelope]) -> str:
    """The lesson that more than half of the hand-ins are of. Raises CrmlabError where there is none."""
    named = Counter(one.answers["lesson"] for one in files if one.answers)
    most = next((name for name, count in named.items() if 2 * count > named.total()), None)
    if most is None:
        what = listed((f"{name[:40]} ({count})" for name, count in named.most_common()), 8, quote=False)
        raise CrmlabError("Which lesson is to be graded?", f"The hand-ins are of {what}." if named else
                          "No file there is a hand-in.", "Say it, as in --lesson loyalty.")
    return most


def _post(one: Envelope, register: Register, said: dict, due, lesson: str, without: set[str],
          problems: list[Problem]) -> list[_Post]:
    """The file with its sender, or nothing and a problem that says why."""
    try:
        return _placed(one, register, said, due, lesson, without, problems)
    except Exception as why:  # whatever a name holds, the others are sorted
        problems.append(Problem("", one.place, "unread", False, f"Its name cannot be read ({type(why).__name__})."))
        return []


def _placed(one: Envelope, register: Register, said: dict, due, lesson: str, without: set[str],
            problems: list[Problem]) -> list[_Post]:
    by, found, why, place = found_sender(one, register)
    who = found[0].id if len(found) == 1 else ""
    one = one._replace(place=place)
    if found and {student.id for student in found} <= without:
        return []
    archive = sender(place.partition("!")[0])
    if one.damaged and (one.whole or not register.find(archive)[0]):  # what a platform packed, and not a student
        problems.append(Problem(who, place, DAMAGED, False, f"{one.refused} The archive is damaged there: download it "
                                "again. The marks are open."))
        return []
    if one.refused:
        problems.append(Problem(who, place, "unread", False, one.refused))
        return []
    if not found:
        problems.append(Problem("", place, "unknown", False, f"{why} The answers name {_claim(one)!r}; if that is "
                                "true, rename the file so."))
        return []
    if one.answers["lesson"] != lesson:
        problems.append(Problem(who, place, "other lesson", False,
                                f"It is of the lesson {one.answers['lesson'][:40]!r}."))
        return []
    problems += [Problem(who, place, "date", True, by.doubt)] if by.doubt else []
    problems += [Problem(who, place, "signs", True, f"It holds signs that no page can show ({one.signs}). A � stands "
                         "for them.")] if one.signs else []
    sent, marked = said.get(who, (None, False))
    sent = by.sent or sent
    return [_Post(one, by, tuple(found), sent, by.late or marked or _after(sent, due))]


def found_sender(one: Envelope, register: Register) -> tuple[Sender, list[Student], str, str]:
    """What the name says, who is meant, else why nobody, and the spelling in which it fits.

    Of several spellings the one that fits somebody counts; where two fit different people, nobody is meant.
    """
    read = [(by, *register.find(by), place) for by, place in zip(one.senders, (one.place, *one.spelled), strict=True)]
    fitting = {tuple(student.id for student in one[1]): one for one in reversed(read) if one[1]}
    if len(fitting) > 1:
        names = " and ".join(sorted({name for names in fitting for name in names})[:5])
        why = f"Its name can be spelled so that it fits {names}: nobody can tell whose it is."
        return read[0][0], [], why, one.place
    return next(iter(fitting.values()), read[0])


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
