"""Spelling: names and texts that others wrote, with signs that every page, sheet and table can hold."""

import os
import re
import struct
import zipfile
from pathlib import PurePath
from typing import Any
from zlib import crc32

from crmlab.frame.errors import listed

#: What no page, sheet or table can hold: control signs, signs that turn the line, half signs, and signs that are none.
NONE = "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000))
UNSHOWN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef"
                     + NONE + "]")
GONE = "\ufffd"  # stands where such a sign stood
#: How archives spell names that are not marked as UTF-8, by the systems they come from.
CODES = ("cp850", "cp1252", "cp437", "cp852", "cp1250", "cp866", "cp1251", "gbk", "cp932", "big5", "cp949")
UTF_8, NAMED = 0x800, 0x7075  # the mark of a name in UTF-8, and of the part that holds it once more


def cleaned(told: Any) -> tuple[Any, str]:
    """Plain values with texts that can be written, and which signs are gone; every text of a hand-in passes here.

    >>> cleaned({"because": "so\\x00 it\\ud800 is", "n": [1, None]})
    ({'because': 'so� it� is', 'n': [1, None]}, 'U+0000 and U+D800')
    """
    gone: dict[str, None] = {}

    def text(words: str) -> str:
        words = words.replace("\r\n", "\n").replace("\r", "\n")
        gone.update(dict.fromkeys(UNSHOWN.findall(words)))
        return UNSHOWN.sub(GONE, words)

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {text(name): plain(part) for name, part in value.items()}
        if isinstance(value, list):
            return [plain(part) for part in value]
        return text(value) if isinstance(value, str) else value

    told, names = plain(told), [f"U+{ord(sign):04X}" for sign in gone]
    return told, listed(names, 5, quote=False) if names else ""


def shown(place: str) -> str:
    """A name as it can be printed: signs that would move the cursor or turn the line are spelled out.

    >>> shown("../a\\x1b[2J.json")
    '../a\\\\x1b[2J.json'
    """
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in place)


def of_entry(entry: zipfile.ZipInfo) -> list[str]:
    """The name of a file in an archive, in every spelling that it may have; the likeliest first."""
    if entry.flag_bits & UTF_8 or entry.filename.isascii():
        return [entry.filename]
    try:
        raw = entry.filename.encode("cp437")  # as zipfile read it
    except UnicodeEncodeError:
        return [entry.filename]
    return _again(entry.extra, raw) or _spelled(raw) or [entry.filename]


def of_file(path: str | PurePath) -> list[str]:
    """The name of a file on the disk, as a path with slashes; in several spellings where it is not in the system's."""
    place = PurePath(path).as_posix()
    try:
        place.encode()
    except UnicodeEncodeError:
        return _spelled(os.fsencode(place)) or [place]
    return [place]


def _spelled(raw: bytes) -> list[str]:
    try:
        return [raw.decode()]
    except UnicodeDecodeError:
        read = [text for code in CODES if (text := _read(raw, code))]
    return list(dict.fromkeys(read))


def _read(raw: bytes, code: str) -> str:
    """The bytes read so; nothing, where that gives other signs than letters beside the plain ones."""
    try:
        text = raw.decode(code)
    except UnicodeDecodeError:
        return ""
    return text if all(sign.isalpha() or sign in "’´" for sign in text if not sign.isascii()) else ""


def _again(extra: bytes, raw: bytes) -> list[str]:
    """The name that an archive holds once more in UTF-8 (APPNOTE 4.6.9), where it is of this very name."""
    while len(extra) >= 4:
        kind, size = struct.unpack("<HH", extra[:4])
        part, extra = extra[4:4 + size], extra[4 + size:]
        if kind == NAMED and part[1:5] == struct.pack("<I", crc32(raw)):
            return [part[5:].decode("utf-8", "replace")]
    return []
