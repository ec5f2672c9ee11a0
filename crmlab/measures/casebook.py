"""The case that a class judges: an invented firm, told in two ways that differ in two sentences."""

import re
import tomllib
from functools import cache
from typing import NamedTuple

import pandas as pd

from crmlab.frame import places
from crmlab.frame.errors import unknown

FOLDER = places.SHARE / "data" / "case"


class Part(NamedTuple):
    """A memo or an interview: its heading, who speaks and where, and the paragraphs; ``*…*`` marks stress."""

    heading: str
    who: str
    paragraphs: tuple[str, ...]


class Telling(NamedTuple):
    """One telling of the case, without its key figures."""

    sign: str
    firm: str
    lead: str
    parts: tuple[Part, ...]


@cache
def arms() -> dict[str, dict[str, str]]:
    """The sentences in which the tellings differ, by arm."""
    return tomllib.loads((FOLDER / "arms.toml").read_text("utf-8"))


def arm_of(said) -> str | None:
    """The arm that a word means, or the sign at the foot of the case; none for any other.

    >>> arm_of("ROSE"), arm_of(" m "), arm_of("x")
    ('rose', 'fell', None)
    """
    word = str(said).strip().casefold()
    return next((arm for arm, telling in arms().items() if word in (arm, telling["sign"].casefold())), None)


def signs() -> list[str]:
    """The letters at the foot of the case, by which a form tells what was read without saying it."""
    return [telling["sign"] for telling in arms().values()]


@cache
def told(arm: str) -> Telling:
    """The case as one half of the class reads it. Raises CrmlabError for an arm that does not exist.

    >>> told("rose").firm, len(told("fell").parts)
    ('Amselhof Pianos', 4)
    """
    if arm not in arms():
        raise unknown("arm", arm, "The case", arms())
    text = (FOLDER / "case.md").read_text("utf-8").format(**arms()[arm])
    head, *parts = re.split(r"^## ", text, flags=re.MULTILINE)
    firm, lead = _paragraphs(head.removeprefix("# "))
    return Telling(arms()[arm]["sign"], firm, lead, tuple(_part(*_paragraphs(part)) for part in parts))


def _paragraphs(text: str) -> list[str]:
    """Heading and paragraphs; the first two lines of a part stand on lines of their own."""
    heading, rest = text.strip().split("\n", 1)
    return [heading, *(" ".join(block.split()) for block in re.split(r"\n\s*\n", rest.strip()))]


def _part(heading: str, who: str, *paragraphs: str) -> Part:
    return Part(heading, who.strip("*"), paragraphs)


def figures() -> pd.DataFrame:
    """The sheet of key figures, as written: ``figure``, ``unit``, ``before``, ``now``, ``source``."""
    return pd.read_csv(FOLDER / "figures.csv", dtype=str, encoding="utf-8")


def key() -> pd.DataFrame:
    """Our own reading of the case, a row per practice, with the reason and the evidence shown in the text."""
    return pd.read_csv(FOLDER / "key.csv", encoding="utf-8")
