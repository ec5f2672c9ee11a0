"""What an instructor declares in a toml file: read as text, every key known, every value of its type."""

import datetime as dt
import math
import re
import tomllib
from pathlib import Path
from typing import Any

from crmlab.frame.errors import CrmlabError, unknown

NUMBER = (int, float)
CALLED = {str: "a text in quotation marks", bool: "true or false", int: "a whole number", NUMBER: "a number",
          (int, float, str): "a number, or a word", list: "a list of texts",
          dt.date: "a date without quotation marks, as in 2026-11-30", dict: "a table of texts"}
UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]")  # no document can hold these


def read(path: Path, called: str, absent: tuple[str, str] = ("", "")) -> dict:
    """What the file says. Raises CrmlabError where it cannot be read; ``absent`` is said where there is none."""
    try:
        said = tomllib.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError as why:
        raise CrmlabError(absent[0] or f"{called} cannot be read.", "Nothing can be read there." if absent[0] else
                          f"Reading stopped with: {why.strerror}.", absent[1] or
                          "It is a toml file beside course.toml, with a part for each question.") from None
    except OSError as why:
        raise CrmlabError(f"{called} cannot be read.", f"Reading stopped with: {why.strerror}.",
                          "Name a toml file that you may read.") from None
    except UnicodeDecodeError as why:
        raise CrmlabError(f"{called} cannot be read.", f"Reading stopped with: no UTF-8 at byte {why.start}.",
                          "Save it as UTF-8; most editors ask for the encoding when they save.") from None
    except (tomllib.TOMLDecodeError, RecursionError) as why:
        raise CrmlabError(f"{called} cannot be read.", f"Reading stopped with: {why}.",
                          "Look at that line: texts stand in quotation marks, dates do not.") from None
    _printable(said, called)
    return said


def _printable(said: Any, where: str) -> None:
    """A sign that no document can hold would stop a report much later."""
    parts = [*said, *said.values()] if isinstance(said, dict) else said if isinstance(said, list) else []
    for part in parts:
        _printable(part, where)
    if isinstance(said, str) and (found := UNPRINTABLE.search(said)):
        raise CrmlabError(f"{where} holds a sign that cannot be printed.",
                          f"Found U+{ord(found[0]):04X} in {said[:40]!r}.", "Take it out.")


def known(said: dict, keys: dict, where: str) -> None:
    for key in said:
        if key not in keys:
            raise unknown("key", key, where, keys)


def typed(said: Any, keys: dict, where: str) -> dict:
    """A copy of a table of the file, where every key exists and every value is of its type."""
    if not isinstance(said, dict):
        raise CrmlabError(f"{where} is no table.", f"Found {said!r}.",
                          "Write keys and values, as in lesson = \"loyalty\".")
    known(said, keys, where)
    for key, value in said.items():
        texts = not isinstance(value, list) or all(isinstance(part, str) for part in value)
        if not isinstance(value, keys[key]) or isinstance(value, bool) != (keys[key] is bool) or not texts:
            raise CrmlabError(f"{where}: '{key}' is {CALLED[keys[key]]}.", f"Found {value!r}.", "Write it so.")
        if isinstance(value, int | float) and not 0 <= value < math.inf:
            raise CrmlabError(f"{where}: '{key}' is 0 or more.", f"Found {value!r}.", "Write it so.")
    return dict(said)
