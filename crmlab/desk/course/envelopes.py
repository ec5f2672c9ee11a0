"""Envelopes: what students handed in, opened without running, unpickling or unpacking anything of it to the disk.

A hand-in is read as text and parsed as JSON, no more. Limits stand before every step: what is too large, too deep,
packed to burst or named to climb out of its folder is refused with its reason, and no file is passed over in silence.
"""

import io
import json
import re
import stat
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from crmlab.desk.course import answers
from crmlab.desk.course.senders import sender
from crmlab.frame.errors import CrmlabError, counted

MEGABYTE = 2**20
LARGEST = 25 * MEGABYTE  # of one file; a notebook with all its pictures has one or two
ARCHIVE = 200 * MEGABYTE  # of a zip inside a zip, which is read into memory
MOST = {1: (50_000, 8_000 * MEGABYTE), 2: (500, 200 * MEGABYTE)}  # files and bytes: of a class, and of one student
BURST = 150  # a file that grows more than so many times as it is unpacked is no homework
DEEPEST = 12  # lists within lists of an answer sheet; a real one has four
LISTS = (".csv", ".tsv", ".xlsx", ".txt")  # what platforms lay beside the hand-ins
CLUTTER = re.compile(r"(^|/)(__MACOSX/|\.DS_Store$|Thumbs\.db$|desktop\.ini$|\._)")
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


def envelopes(where: str | Path) -> Iterator[Envelope]:
    """Every file in a folder, an archive or alone, in order of their names.

    Raises CrmlabError where there is nothing to read.
    """
    where = Path(where)
    if not where.exists():
        raise CrmlabError("The hand-ins are not there.", f"'{where}' does not exist.",
                          "Name the folder, or the archive as the platform gave it.")
    files = [where] if where.is_file() else sorted(where.rglob("*"))
    for path in files:
        place = path.relative_to(where).as_posix() if path != where else path.name
        if path.is_symlink() and path != where:
            yield Envelope(shown(place), refused="It is a link to another file, and links are not followed.")
        elif path.is_file():
            yield from _file(path, place)
        elif not path.is_dir():
            yield Envelope(shown(place), refused="It is no ordinary file.")


def _file(path: Path, place: str) -> Iterator[Envelope]:
    facts = path.stat()
    if path.suffix.lower() == ".zip":
        yield from _archive(path, shown(place), 1)
    elif TRICKS.search(place):
        yield Envelope(shown(place), refused="Its name holds signs that no file name needs.")
    else:
        yield _opened(place, facts.st_size, facts.st_mtime, lambda: path.read_bytes())


def _opened(place: str, size: int, modified: float, read: Callable[[], bytes]) -> Envelope:
    """One file with what it holds; ``read`` is called only where the size allows it."""
    ending = Path(place).suffix.lower()
    try:
        by = sender(place)
        if by.sent and ending == ".txt":  # the note that Blackboard lays beside each hand-in
            return Envelope(shown(place), modified=modified)
        # A list is the platform's own or it is none: what a student puts beside the answers is not believed.
        kinds = (".json", ".ipynb") if by.by_platform else (".json", ".ipynb", *LISTS)
        if CLUTTER.search(place) or ending not in kinds:
            raise Refused(f"A file of the kind '{ending or Path(place).name}' is no hand-in. "
                          "Hand-ins are answers.json, or the notebook.")
        most = answers.LARGEST if ending == ".json" else LARGEST
        if size > most:
            raise Refused(f"It is too large: {size / MEGABYTE:,.0f} MB, and {most / MEGABYTE:.0f} are enough.")
        text = read()
        if ending in LISTS:
            return Envelope(shown(place), modified=modified, text=text)
        return Envelope(shown(place), answers=opened(text, ending), modified=modified)
    except Refused as why:
        return Envelope(shown(place), refused=str(why), modified=modified)
    except (OSError, zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, RuntimeError) as why:
        return Envelope(shown(place), refused=f"It cannot be read ({type(why).__name__}).", modified=modified)


# ---- archives ---------------------------------------------------------------------------------------------


def _archive(source: Path | io.BytesIO, place: str, inside: int) -> Iterator[Envelope]:
    try:
        with zipfile.ZipFile(source) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            files, size = len(entries), sum(entry.file_size for entry in entries)
            if files > MOST[inside][0] or size > MOST[inside][1]:
                raise Refused(f"It holds {counted(files, 'file')} of {size / MEGABYTE:,.0f} MB. That is too much.")
            for entry in entries:
                yield from _entry(archive, entry, place, inside)
    except Refused as why:
        yield Envelope(place, refused=str(why))
    except (OSError, zipfile.BadZipFile, NotImplementedError, ValueError) as why:
        yield Envelope(place, refused=f"The archive cannot be read ({type(why).__name__}).")


def _entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, place: str, inside: int) -> Iterator[Envelope]:
    name = entry.filename
    here = f"{place}!{shown(name)}"
    try:
        _safe(entry)
        if Path(name).suffix.lower() == ".zip":
            if inside > 1:
                raise Refused("An archive in an archive in an archive is not opened.")
            yield from _archive(io.BytesIO(_bytes(archive, entry, ARCHIVE)), here, inside + 1)
        else:
            when = float(f"{entry.date_time[0]:04}" + "".join(f"{part:02}" for part in entry.date_time[1:]))
            yield _opened(here, entry.file_size, when, lambda: _bytes(archive, entry, LARGEST))
    except Refused as why:
        yield Envelope(here, refused=str(why))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as why:
        yield Envelope(here, refused=f"It cannot be read ({type(why).__name__}).")


def _safe(entry: zipfile.ZipInfo) -> None:
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
        raise Refused(f"{why.wrong} {shown(why.found)}") from None


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


def shown(place: str) -> str:
    """A name as it can be printed: signs that would move the cursor or turn the line are spelled out.

    >>> shown("../a\\x1b[2J.json")
    '../a\\\\x1b[2J.json'
    """
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in place)
