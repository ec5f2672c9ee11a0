"""Envelopes: what students handed in, opened without running, unpickling or unpacking anything of it to the disk.

A hand-in is read as text and parsed as JSON, no more. Limits stand before every step: what is too large, too deep,
packed to burst or named to climb out of its folder is refused with its reason, and no file is passed over in silence.
"""

import io
import json
import lzma
import re
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from crmlab.desk.course import answers, spelling
from crmlab.desk.course.senders import LONGEST, Sender, sender
from crmlab.desk.course.spelling import shown
from crmlab.frame.errors import CrmlabError, counted

MEGABYTE = 2**20
LARGEST = 25 * MEGABYTE  # of one file; a notebook with all its pictures has one or two
ARCHIVE = 200 * MEGABYTE  # of a zip inside a zip, which is read into memory
MOST = {1: (50_000, 8_000 * MEGABYTE), 2: (500, 200 * MEGABYTE)}  # files and bytes: of a class, and of one student
BURST = 150  # a file that grows more than so many times as it is unpacked is no homework
DEEPEST = 12  # lists within lists of an answer sheet; a real one has four
LISTS = (".csv", ".tsv", ".xlsx", ".txt")  # what platforms lay beside the hand-ins
CLUTTER = re.compile(r"(^|/)(__MACOSX/|\.DS_Store$|Thumbs\.db$|desktop\.ini$|\._)")
DAMAGE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError)  # the bytes are not those that were written
TRICKS = re.compile(r"(^|[/\\])\.\.([/\\]|$)|^[/\\]|^[A-Za-z]:|[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


class Refused(Exception):
    """Why a file is not taken as a hand-in, as a sentence."""


class Envelope(NamedTuple):
    """One file: where it was found, and its answers, or why there are none."""

    place: str  # as a path with slashes; inside an archive, behind the archive's name and "!"
    answers: dict | None = None
    refused: str = ""
    modified: float = 0.0  # of the file; it only breaks ties
    text: bytes = b""  # of the lists that a platform lays beside
    whole: str = ""  # the beginning of the place that is the archive of the whole class, and nobody's
    spelled: tuple[str, ...] = ()  # the place in other spellings, where the archive does not say how it is spelled
    signs: str = ""  # which signs of the answers no page can show
    damaged: bool = False  # whether the outermost archive is at fault, and not what lies in it

    @property
    def senders(self) -> list[Sender]:
        """What the name says, in each of its spellings."""
        return [sender(place.removeprefix(self.whole)) for place in (self.place, *self.spelled)]


def envelopes(where: str | Path, spared: Callable[[Envelope], bool] = lambda one: False) -> Iterator[Envelope]:
    """Every file in a folder, an archive or alone, in order of their names; what is to be ``spared`` is not opened.

    Raises CrmlabError where there is nothing to read.
    """
    where = Path(where)
    if not where.exists():
        raise CrmlabError("The hand-ins are not there.", f"'{where}' does not exist.",
                          "Name the folder, or the archive as the platform gave it.")
    if where.is_file() and where.suffix.lower() == ".zip":
        at = Envelope(shown(where.name), whole=f"{shown(where.name)}!")
        yield from _archive(where, at, 1, spared)
        return
    for path in [where] if where.is_file() else sorted(where.rglob("*")):
        names = spelling.of_file(path.relative_to(where) if path != where else path.name)
        at = Envelope(shown(names[0]), spelled=tuple(map(shown, names[1:])))
        if path.is_symlink() and path != where:
            yield at._replace(refused="It is a link to another file, and links are not followed.")
        elif path.is_file():
            yield from _file(path, names[0], at, spared)
        elif not path.is_dir():
            yield at._replace(refused="It is no ordinary file.")


def _file(path: Path, name: str, at: Envelope, spared: Callable) -> Iterator[Envelope]:
    try:
        facts = path.stat()
        if path.suffix.lower() == ".zip":
            yield from _archive(path, at, 1, spared)
        elif TRICKS.search(name):
            yield at._replace(refused="Its name holds signs that no file name needs.")
        else:
            yield _opened(at._replace(modified=facts.st_mtime), facts.st_size, path.read_bytes, spared, "/" not in name)
    except OSError as why:
        yield at._replace(refused=f"It cannot be read ({type(why).__name__}).")


def _opened(at: Envelope, size: int, read: Callable[[], bytes], spared: Callable, outside: bool) -> Envelope:
    """One file with what it holds; ``read`` is called only where the size allows it."""
    ending = Path(at.place).suffix.lower()
    try:
        if spared(at):
            raise Refused("Left out, as --without says.")
        by = at.senders[0]
        if by.platform == "Blackboard" and ending == ".txt":  # the note that it lays beside each hand-in
            return at
        # A list is the platform's own or it is none: what a student puts beside the answers is not believed.
        kinds = (".json", ".ipynb", *LISTS) if outside and not by.by_platform else (".json", ".ipynb")
        if CLUTTER.search(at.place) or ending not in kinds:
            raise Refused(f"A file of the kind '{shown(ending or Path(at.place).name)[:40]}' is no hand-in. "
                          "Hand-ins are answers.json, or the notebook.")
        most = answers.LARGEST if ending == ".json" else LARGEST
        if size > most:
            raise Refused(f"It is too large: {size / MEGABYTE:,.0f} MB, and {most / MEGABYTE:.0f} are enough." if
                          size > 2 * most else f"It is too large: {size:,} bytes, and {most:,} are enough.")
        text = read()
        if ending in LISTS:
            return at._replace(text=text)
        told, signs = spelling.cleaned(opened(text, ending))
        return at._replace(answers=told, signs=signs)
    except Refused as why:
        return at._replace(refused=str(why))
    except DAMAGE:
        raise
    except Exception as why:  # whatever stands in one file, the others are read
        return at._replace(refused=f"It cannot be read ({type(why).__name__}).")


# ---- archives ---------------------------------------------------------------------------------------------


def _archive(source: Path | io.BytesIO, at: Envelope, inside: int, spared: Callable) -> Iterator[Envelope]:
    try:
        with zipfile.ZipFile(source) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            files, size = len(entries), sum(entry.file_size for entry in entries)
            if files > MOST[inside][0] or size > MOST[inside][1]:
                raise Refused(f"It holds {counted(files, 'file')} of {size / MEGABYTE:,.0f} MB. That is too much.")
            for entry in entries:
                yield from _entry(archive, entry, at, inside, spared)
    except Refused as why:
        yield at._replace(refused=str(why))
    except Exception as why:
        yield at._replace(refused=f"The archive cannot be read ({type(why).__name__}).", damaged=inside == 1)


def _entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, at: Envelope, inside: int,
           spared: Callable) -> Iterator[Envelope]:
    names = spelling.of_entry(entry)
    places = [f"{place}!{shown(name[:2 * LONGEST])}" for place in (at.place, *at.spelled) for name in names]
    here = at._replace(place=places[0], spelled=tuple(dict.fromkeys(places[1:]))[:20])
    try:
        _safe(entry)
        if Path(names[0]).suffix.lower() == ".zip":
            if inside > 1:
                raise Refused("An archive in an archive in an archive is not opened.")
            if spared(here):
                raise Refused("Left out, as --without says.")
            yield from _archive(io.BytesIO(_bytes(archive, entry, ARCHIVE)), here, inside + 1, spared)
        else:
            when = float(f"{entry.date_time[0]:04}" + "".join(f"{part:02}" for part in entry.date_time[1:]))
            outside = inside == 1 and bool(at.whole) and "/" not in names[0]
            read = partial(_bytes, archive, entry, LARGEST)
            yield _opened(here._replace(modified=when), entry.file_size, read, spared, outside)
    except Refused as why:
        yield here._replace(refused=str(why))
    except Exception as why:
        yield here._replace(refused=f"It cannot be read ({type(why).__name__}).",
                            damaged=inside == 1 and isinstance(why, DAMAGE))


def _safe(entry: zipfile.ZipInfo) -> None:
    if any(len(part) > LONGEST for part in entry.filename.split("/")):
        raise Refused(f"Its name is longer than the {LONGEST} signs that a platform writes.")
    if TRICKS.search(entry.orig_filename) or TRICKS.search(entry.filename):
        raise Refused("Its name leads out of its folder, or holds signs that no file name needs.")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise Refused("It is a link to another file, and links are not followed.")
    if entry.flag_bits & 1:
        raise Refused("It is locked with a password.")
    if entry.file_size > MEGABYTE and entry.file_size > BURST * max(entry.compress_size, 1):
        raise Refused(f"It would grow {entry.file_size // max(entry.compress_size, 1):,} times as it is unpacked, "
                      f"to {entry.file_size / MEGABYTE:,.0f} MB. It was not unpacked.")


def _bytes(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> bytes:
    """What the entry holds, never more than ``most``: what an archive says of its sizes may be untrue."""
    with archive.open(entry) as file:
        text = file.read(most + 1)
    if len(text) > most:
        raise Refused(f"It is too large: more than {most // MEGABYTE} MB.")
    return text


# ---- what a file holds ------------------------------------------------------------------------------------


def opened(text: bytes, ending: str = ".json") -> dict:
    """The answers in a file's bytes: plain values alone, each part in its kind.

    Raises Refused with the reason.
    """
    try:
        held = json.loads(text.decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise Refused("It is damaged: it cannot be read as JSON.") from None
    held = _last_output(held) if ending == ".ipynb" else held
    if _depth(held) > DEEPEST:
        raise Refused("It is nested too deep for an answer sheet.")
    try:
        return answers.checked(held) | {"exercises": {name: state | {"answer": _spelled(state["answer"])}
                                              for name, state in held["exercises"].items()}}
    except CrmlabError as why:
        raise Refused(f"{why.wrong} {shown(why.found)[:200]}") from None


def _last_output(notebook: Any) -> Any:
    """The answer sheet that the last submit cell left in a notebook; nothing else in it is looked at."""
    found = None
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    for cell in cells if isinstance(cells, list) else []:
        outputs = cell.get("outputs") if isinstance(cell, dict) else None
        for output in outputs if isinstance(outputs, list) else []:
            data = output.get("data") if isinstance(output, dict) else None
            found = data.get(answers.MIME, found) if isinstance(data, dict) else found
    if found is None:
        raise Refused("The notebook holds no answers: its last cell, lab.submit(), was not run before it was saved.")
    if isinstance(found, list):  # as some editors keep a text: line by line
        found = "".join(map(str, found))
    try:
        return json.loads(found) if isinstance(found, str) else found
    except (ValueError, RecursionError):
        raise Refused("The answers in the notebook are damaged.") from None


def _depth(value: Any) -> int:
    """How deep lists and tables stand in each other; no recursion, whatever comes."""
    deepest, open_ = 0, [(value, 1)]
    while open_ and deepest <= DEEPEST:
        part, at = open_.pop()
        if isinstance(part, dict | list):
            deepest = max(deepest, at)
            open_ += [(inner, at + 1) for inner in (part.values() if isinstance(part, dict) else part)]
    return deepest


def _spelled(answer: Any) -> Any:
    """The answer with "nan", "inf" and "-inf" as the numbers that JSON cannot write."""
    if isinstance(answer, dict):
        return {name: _spelled(part) for name, part in answer.items()}
    if isinstance(answer, list):
        return [_spelled(part) for part in answer]
    return float(answer) if answer in ("nan", "inf", "-inf") else answer
