"""Senders: who handed in, and when, by what the platform wrote into the names of its files and into its lists.

What an answer sheet says of its own author is a claim, and is not looked at here. Of the parts of a place the
outermost that a platform wrote counts: what lies within it the student has named.
"""

import datetime as dt
import io
import re
from pathlib import PurePosixPath
from typing import NamedTuple
from unicodedata import combining, normalize

import pandas as pd

from crmlab.desk.course.roster import Roster, Student
from crmlab.desk.exercises.books import normal
from crmlab.frame.errors import counted

#: How platforms begin the name of a file or a folder; what follows the group ``key`` the student has named.
MOODLE = re.compile(r"(?P<key>(?P<name>.+?)_(?P<id>\d{1,20}))_assignsubmission_(?:file|onlinetext)(?:_.*)?")
CANVAS = re.compile(r"(?P<key>(?P<name>[^_]+)_(?P<late>LATE_)?(?P<id>\d{1,20})_(?P<turn>\d{1,20}))"
                    r"_.+?(?:-(?P<again>\d{1,9}))?\.\w+")
BLACKBOARD = re.compile(r"(?P<key>.+?_(?P<id>.+?)_attempt_(?P<sent>\d{4}(?:-\d\d){5}))(?:[_.].*)?")
LONGEST = 255  # signs of a name; no platform writes a longer one
#: Columns of a platform's own list, in English and German.
WHEN = re.compile(r"last modified \(submission\)|zuletzt geändert \(abgabe\)|submi(ssion|tted)( at| date| time)?")
STATE = re.compile(r"late|status|verspätet|verspätung")
NO_GROUP = {"defaultgroup", "standardgruppe"}  # what Moodle calls the group of those who are in none
MONTHS = ("januar janner", "februar feber", "marz", "april", "mai", "juni", "juli", "august", "september", "oktober",
          "november", "dezember")  # as letters() leaves them; any may be cut short
DATE = re.compile(r"(\d{1,2})\. ?(\d{1,2}\.|[^\W\d]+\.?) ?(\d{4})(?:,? (?:um )?(\d{1,2}):(\d\d))?")  # as in German
LATE = re.compile(r"\blate\b|verspät|^(yes|true|1|ja)$", re.IGNORECASE)


class Sender(NamedTuple):
    """What a file's name says: the words for the person, when it came, and whether the platform calls it late."""

    ids: tuple[str, ...] = ()
    name: str = ""
    late: bool = False
    sent: dt.datetime | None = None
    turn: tuple[int, int] = (0, 0)  # a later hand-in has a larger one
    platform: str = ""  # who named the file after its sender; nobody, where it was named by hand
    doubt: str = ""  # what in the name cannot be so
    others: tuple["Sender", ...] = ()  # as the name can be read, too
    around: tuple[str, ...] = ()  # the folders and archives that it lies in

    @property
    def by_platform(self) -> bool:
        """Whether a platform named the file after who sent it; such a file is a student's."""
        return bool(self.platform)


def sender(place: str) -> Sender:
    """What the platform says about a file, by its place; of a file named by hand, every word of its name.

    Where a name can be read in several ways, the one that begins leftmost counts: what follows is the student's own.

    >>> sender("hand-ins.zip!doejane_LATE_123_456_answers-1.json")[:5]
    (('123',), 'doejane', True, None, (456, 1))
    >>> sender("Jane Doe_777_assignsubmission_file_/answers.json").name
    'Jane Doe'
    >>> sender("Week 3_jdoe_attempt_2026-11-22-12-00-00_answers.json").sent.hour
    12
    """
    pieces = re.split(r"(?<=\.zip)!", place, flags=re.IGNORECASE)
    parts = [part for piece in pieces for part in PurePosixPath(piece).parts]
    stems = [part.removesuffix(PurePosixPath(part).suffix) if at == len(parts) or part.lower().endswith(".zip") else part
             for at, part in enumerate(parts, 1)]
    for at, part in enumerate(parts):
        found = [(match.end("key"), read(match)) for pattern, read in READINGS
                 if (match := pattern.fullmatch(part[:LONGEST]))]
        if found:
            first, *others = [one for _, one in sorted(found, key=lambda one: one[0])]
            return first._replace(others=tuple(others), around=tuple(stems[:at]))
    pieces = [word for stem in stems for word in (stem, *re.split(r"[_\s()]+", stem[:LONGEST]))]
    return Sender(tuple(dict.fromkeys(filter(None, pieces))))


def _moodle(found: re.Match) -> Sender:
    return Sender((found["id"],), found["name"], platform="Moodle")


def _canvas(found: re.Match) -> Sender:
    return Sender((found["id"],), found["name"], bool(found["late"]),
                  turn=(int(found["turn"]), int(found["again"] or 0)), platform="Canvas")


def _blackboard(found: re.Match) -> Sender:
    words = found["id"].split("_")
    by = Sender(tuple("_".join(words[at:]) for at in range(len(words))), platform="Blackboard")
    try:
        return by._replace(sent=dt.datetime.strptime(found["sent"], "%Y-%m-%d-%H-%M-%S"))
    except ValueError:
        return by._replace(doubt=f"Its name says {found['sent']}, and there is no such time. Whether it came late "
                           "nobody can tell.")


READINGS = ((MOODLE, _moodle), (CANVAS, _canvas), (BLACKBOARD, _blackboard))


def letters(name: str) -> str:
    """A name without blanks, marks and accents, as platforms write it into file names.

    >>> letters("Doé, Jane")
    'doejane'
    """
    plain = "".join(sign for sign in normalize("NFKD", name.casefold()) if not combining(sign))
    return "".join(sign for sign in plain if sign.isalnum())


class Register:
    """Finds the one student, or the one group, that a platform means."""

    def __init__(self, roster: Roster, together: bool = False):
        """``together`` says whether groups hand in together; else a group is nobody, whatever the roster names."""
        self.roster, self._names, self._words = roster, {}, {}
        for one in roster.students:
            for word in {*one.known, normal(one.id)}:
                self._words.setdefault(word, []).append(one)
            for written in _orders(one.name):
                self._names.setdefault(written, []).append(one)
        self.groups: dict[str, list[Student]] = {}
        for one in roster.students if together else ():
            if one.group:
                self.groups.setdefault(normal(one.group), []).append(one)
        self._called = {letters(part) for one in roster.students for part in (one.group, *one.group.split(","))} - {""}

    def find(self, who: Sender) -> tuple[list[Student], str]:
        """The student (of a group: all its members), or nobody and the reason.

        A name that can be read in several ways, and fits in another than the leftmost, is nobody's.
        """
        found, why = self._fits(who)
        elsewhere = next((one for one in who.others if not found and self._fits(one)[0]), None)
        if elsewhere:
            return [], (f"Its name can be read as {who.platform} writes it, and as {elsewhere.platform} does: nobody "
                        "can tell whose it is.")
        around = {*map(normal, who.around)}
        within = [one for one in self.roster.students if normal(one.id) in around] if around else []
        if within and found and within != found:
            return [], (f"It lies with what {within[0].id} sent, and its name fits {found[0].id}: nobody can tell whose "
                        "it is.")
        return found, why

    def _fits(self, who: Sender) -> tuple[list[Student], str]:
        by_id = _each(self._words.get(normal(word), []) for word in who.ids)
        by_name = self._named(who.name)
        both = [one for one in by_id if one in by_name]
        for found in (both, by_id + [one for one in by_name if one not in by_id]):
            if len(found) == 1:
                return found, ""
            if found:
                return [], f"Its name fits {' and '.join(one.id for one in found[:5])}: nobody can tell whose it is."
        group = next((self.groups[word] for word in map(normal, (who.name, *who.ids)) if word in self.groups), [])
        if not group and self._called & {*map(letters, (who.name, *who.ids))} - {""}:
            return [], "Its name is a group's, and course.toml does not say groups = true for this week."
        return (group, "") if group else ([], "Its name fits nobody in the roster.")

    def _named(self, name: str) -> list[Student]:
        """Who is called so; Moodle writes the name of a group, and "-", before the name of who is in one.

        Where the roster names its groups, only these may stand there: Anna-Lena Doe is not Lena Doe.
        """
        whole = self._names.get(letters(name), [])
        cuts = [at for at, sign in enumerate(name) if sign == "-"] if not whole else []
        fit = [self._names.get(letters(name[at:]), []) for at in cuts
               if not self._called or letters(name[:at]) in self._called | NO_GROUP]
        return _each([whole, *fit])


def _each(found) -> list[Student]:
    return list(dict.fromkeys(one for some in found for one in some))


def _orders(name: str) -> set[str]:
    """A name in the orders that platforms write it: first name first, and last name first."""
    last, _, first = name.partition(",")
    if not first:
        *before, last = name.split() or [""]
        first = " ".join(before)
    return {letters(first + last), letters(last + first)} - {""}


def times(text: bytes, register: Register) -> tuple[dict[str, tuple[dt.datetime | None, bool]], str]:
    """When whom sent, and who is late, from a list that the platform exports; and what of it could not be read."""
    try:
        table = pd.read_csv(io.BytesIO(text), sep=None, engine="python", dtype=str, encoding="utf-8-sig").fillna("")
    except Exception:  # whatever somebody calls a list
        return {}, "It is no list that can be read."
    named = {name: normal(name) for name in table}
    when = next((name for name, word in named.items() if WHEN.fullmatch(word)), None)
    state = next((name for name, word in named.items() if STATE.fullmatch(word)), None)
    if when is None and state is None:
        return {}, "No column of it tells when, or who is late. It was not read."
    out, met, lost = {}, 0, []
    for _, row in table.iterrows():
        words = [cell for name, cell in row.items() if name not in (when, state) and cell]
        names = _each(register._names.get(letters(cell), []) for cell in words)
        found = _each(register._words.get(normal(cell), []) for cell in words) or names
        late, said = bool(state and LATE.search(row[state])), row[when].strip(" -") if when else ""
        sent = moment(said)
        met += len(found) == 1
        lost += [said] if said and sent is None else []
        if len(found) == 1 and (late or sent):
            out[found[0].id] = (sent, late)
    if lost:
        return out, (f"{counted(len(lost), 'date')} of it cannot be read, as '{lost[0][:60]}'. It does not tell "
                     "whether these hand-ins came late.")
    return out, "" if met else "It names nobody in the roster. It was not read."


def moment(said: str) -> dt.datetime | None:
    """A date as platforms write it, in English or German; None where it is none.

    >>> moment("Samstag, 21. November 2026, 10:05") == moment("Saturday, 21 November 2026, 10:05 AM")
    True
    """
    if found := DATE.search(said):
        day, word, year, hour, minute = found.groups(default="0")
        plain = letters(word.casefold().replace("ae", "a"))
        month = [at for at, names in enumerate(MONTHS, 1) if re.search(rf"\b{plain}", names) and len(plain) > 2]
        try:
            return dt.datetime(int(year), month[0] if month else int(plain), int(day), int(hour), int(minute))
        except ValueError:
            return None
    sent = pd.to_datetime(said, errors="coerce", format="mixed")
    return None if pd.isna(sent) else sent.to_pydatetime().replace(tzinfo=None)
