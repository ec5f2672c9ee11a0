"""The frameworks as values, read from the toml files of this folder: a new file is a new framework."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from crmlab.frame.errors import CrmlabError, listed, unknown

HERE = Path(__file__).parent


class Part(NamedTuple):
    """One part of a framework, with its meaning in our own words."""

    key: str
    name: str
    kind: str
    meaning: str
    source: str
    evidence: str
    parent: str = ""
    label: str = ""  # a shorter name for a drawing
    hint: str = ""  # a few words below it

    @property
    def brief(self) -> str:
        return self.label or self.name


class Link(NamedTuple):
    start: str
    end: str
    kind: str


class Practice(NamedTuple):
    """A statement to rate, by the part it asks about: its sub-activity, or its stage."""

    practice: str
    element: str
    section: str
    part: str
    statement: str
    short: bool


class Version(NamedTuple):
    """One telling of the framework; the year is missing where none was found."""

    version: str
    source: str
    year: int | None = None


@dataclass(frozen=True, eq=False)
class Framework:
    """A framework of customer management: its parts, what leads to what, and where that comes from."""

    key: str
    name: str
    spoken: str  # its name inside a sentence
    title: str
    source: str
    year: int
    version: str
    unit: str
    about: str
    reading: str
    finding: str
    evidence: str
    alone: str
    note: str
    members: tuple[Part, ...]
    links: tuple[Link, ...]
    statements: tuple[Practice, ...]
    history: tuple[Version, ...]
    layout: dict

    @property
    def parts(self) -> pd.DataFrame:
        """A row per ``part`` (the key), with name, kind, parent, meaning, source and evidence."""
        columns = ["part", "name", "kind", "parent", "meaning", "source", "evidence"]
        return pd.DataFrame([[p.key, p.name, p.kind, p.parent, p.meaning, p.source, p.evidence]
                             for p in self.members], columns=columns)

    @property
    def versions(self) -> pd.DataFrame:
        """A row per telling of the framework: ``year`` (missing where unknown), ``version``, ``source``."""
        frame = pd.DataFrame(self.history, columns=list(Version._fields))[["year", "version", "source"]]
        return frame.astype({"year": "Int64"})

    def part(self, key: str) -> Part:
        """
        >>> framework("qci").part("winback").name
        'Winback'
        """
        found = {p.key: p for p in self.members}
        if key not in found:
            raise unknown("part", key, self.name, found)
        return found[key]

    def inside(self, key: str) -> tuple[Part, ...]:
        """The parts a part is made of, one level down.

        >>> [stage.name for stage in framework("qci").inside("activity")][:3]
        ['Targeting', 'Enquiry', 'Welcoming']
        """
        return tuple(p for p in self.members if p.parent == self.part(key).key)

    def practices(self, of: str | None = None, *, short: bool = False) -> pd.DataFrame:
        """The statements to rate: all, those of one element or section, or the short form for a class.

        Columns: ``practice`` (the key, as ``"WE1"``), ``element``, ``section`` (a stage of activity;
        elsewhere the element itself), ``part``, ``statement`` in our own words (crmlab rule) and ``short``,
        True for those of the short form.

        Raises CrmlabError for a framework without practices and for a part without any.

        >>> framework("qci").practices("dissatisfaction")["statement"].item()
        'Dissatisfaction is looked for, recorded, cured and its causes removed.'
        >>> len(framework("qci").practices()), len(framework("qci").practices(short=True))
        (60, 16)
        """
        if not self.statements:
            raise CrmlabError(f"{self.name} has no practices to rate.", "It is described by its parts only.",
                              "The QCi model has them: framework(\"qci\").practices().")
        frame = pd.DataFrame(self.statements)
        if of is not None:
            sections = dict.fromkeys([*frame["element"], *frame["section"]])
            if of not in sections:
                raise unknown("part with practices", of, self.name, sections)
            frame = frame[(frame["element"] == of) | (frame["section"] == of)]
        return frame[frame["short"] | (not short)].reset_index(drop=True)

    def __repr__(self) -> str:
        top = [p.name for p in self.members if not p.parent]
        return f"{self.title} ({self.source}, {self.version}): {listed(top, 12, quote=False)}."


@cache
def register() -> dict[str, Framework]:
    """Every framework by its key, which is the name of its file."""
    order = ["qci", "idic", "value_chain", "five_processes", "building_blocks", "competencies"]
    files = {path.stem: path for path in sorted(HERE.glob("*.toml"))}
    return {key: _read(key, files[key]) for key in [*order, *(key for key in files if key not in order)]}


def _read(key: str, path: Path) -> Framework:
    spec = tomllib.loads(path.read_text(encoding="utf-8"))
    parts = {name: Part(**{"key": name, "source": spec["source"], **words})
             for name, words in spec.pop("parts").items()}
    links = tuple(Link(*(link[word] for word in ("from", "to", "kind"))) for link in spec.pop("links"))
    statements = tuple(_practice(row, parts) for row in spec.pop("practices", []))
    return Framework(key=key, members=tuple(parts.values()), links=links, statements=statements,
                     history=tuple(Version(**row) for row in spec.pop("versions")), **{"note": "", **spec})


def _practice(row: dict, parts: dict[str, Part]) -> Practice:
    """A practice with its element and section, found by going up from its part."""
    line = [row["of"]]
    while parts[line[-1]].parent:
        line.append(parts[line[-1]].parent)
    stage = next((name for name in line if parts[name].kind == "stage"), line[-1])
    return Practice(row["key"], line[-1], stage, row["of"], row["text"], row.get("short", False))


def framework(name: str) -> Framework:
    """The framework of this key: a frozen value with its parts as a table.

    Keys are listed by :func:`catalogue`. Raises CrmlabError for a framework that does not exist.

    >>> framework("idic").parts["name"].tolist()
    ['Identify', 'Differentiate', 'Interact', 'Customise']
    >>> framework("value_chain").version
    'textbook version (2004): five primary stages, four supporting conditions'
    """
    if name not in register():
        raise unknown("framework", name, "The catalogue", register())
    return register()[name]


def catalogue() -> pd.DataFrame:
    """Every framework: a row each, with its source, its version and how far we trust our telling of it.

    Columns: ``framework`` (the key), ``name``, ``year``, ``version``, ``about``, ``parts`` (their number),
    ``source`` and ``evidence``.

    >>> catalogue().set_index("framework")["parts"].to_dict()["idic"]
    4
    """
    rows = [{"framework": f.key, "name": f.name, "year": f.year, "version": f.version, "about": f.about,
             "parts": len(f.members), "source": f.source, "evidence": f.evidence}
            for f in register().values()]
    return pd.DataFrame(rows)
