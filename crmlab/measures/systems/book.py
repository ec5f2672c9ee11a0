"""The register of systems, read from ``systems.toml``, and the small language of its rules."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from crmlab.frame.errors import CrmlabError, listed, unknown

CONDITION = re.compile(r"(\w+) (>=|<=|>|<) (-?\d+(?:\.\d+)?|\w+)")
MADE = re.compile(r"(\w+) minus (\w+)|mean of (\w+(?:, \w+)+)")
SIGNS = {">=": "≥", "<=": "≤", ">": ">", "<": "<"}
LEVELS = ("low", "high", "top")  # the names of cuts, from the lowest to the highest
BLUR = 1e-9  # a mean of items that is 5 but for rounding is 5


class Condition(NamedTuple):
    """One comparison of a rule: a column, a sign, and a number, a cut or another column."""

    column: str
    sign: str
    against: float | str

    @classmethod
    def read(cls, words: str) -> "Condition":
        """
        >>> Condition.read("trust >= high")
        Condition(column='trust', sign='>=', against='high')
        """
        match = CONDITION.fullmatch(words)
        if not match:
            raise CrmlabError(
                "A condition of a system cannot be read.",
                f"It says '{words}'.",
                "Write it as 'trust >= high', 'profit < 0' or 'this >= that'.",
            )
        right = match[3] if match[3][-1].isalpha() or "_" in match[3] else float(match[3])
        return cls(match[1], match[2], right)

    def right(self, values: pd.DataFrame, cuts: dict):
        """What the column is compared with."""
        if isinstance(self.against, float):
            return self.against
        return (
            cuts[self.column][self.against]
            if self.against in LEVELS
            else values[self.against].to_numpy()
        )

    def holds(self, values: pd.DataFrame, cuts: dict) -> np.ndarray:
        left, right = values[self.column].to_numpy(), self.right(values, cuts)
        return {
            ">=": left >= right - BLUR,
            "<": left < right - BLUR,
            ">": left > right + BLUR,
            "<=": left <= right + BLUR,
        }[self.sign]


class Rule(NamedTuple):
    gives: str
    when: tuple[Condition, ...]


@dataclass(frozen=True)
class Entry:
    """One classification system as it stands in the file."""

    key: str
    name: str
    unit: str
    source: str
    evidence: str
    classes: dict
    rules: tuple[Rule, ...]
    cuts: dict
    cuts_are: str
    derived: dict
    limits: dict
    note: str
    lives: str
    described: str

    @property
    def columns(self) -> list[str]:
        """What the rules look at, in the order of reading."""
        named = [word for rule in self.rules for c in rule.when for word in (c.column, c.against)]
        return list(
            dict.fromkeys(word for word in named if isinstance(word, str) and word not in LEVELS)
        )

    def parts(self, column: str) -> list[str]:
        """The columns of the table that a column of the rules is made of: itself, unless it is derived."""
        made = MADE.fullmatch(self.derived.get(column, ""))
        return [column] if not made else made[3].split(", ") if made[3] else [made[1], made[2]]

    @property
    def inputs(self) -> list[str]:
        return list(dict.fromkeys(part for column in self.columns for part in self.parts(column)))


@cache
def _file() -> dict:
    return tomllib.loads((Path(__file__).parent / "systems.toml").read_text(encoding="utf-8"))


def meanings() -> dict[str, str]:
    """What each column that a system may ask for says."""
    return dict(_file()["inputs"])


@cache
def register() -> dict[str, Entry]:
    """Every system by its key."""
    return {key: _entry(key, spec) for key, spec in _file()["systems"].items()}


def _entry(key: str, spec: dict) -> Entry:
    optional = {
        "classes": {},
        "cuts": {},
        "cuts_are": "",
        "derived": {},
        "limits": {},
        "note": "",
        "lives": "",
        "described": "",
        "rules": [],
    }
    spec = {**optional, **spec}
    rules = tuple(Rule(r["class"], tuple(map(Condition.read, r["when"]))) for r in spec.pop("rules"))
    spec["limits"] = {name: tuple(at) for name, at in spec["limits"].items()}
    return Entry(key=key, rules=rules, **spec)


def entry(system: str) -> Entry:
    """The system of this key; an error for one that does not exist, or that has no rule to apply.

    >>> entry("kraljic").inputs
    ['profit_impact', 'supply_risk']
    """
    if system not in register():
        raise unknown("system", system, "The register", [key for key, e in register().items() if e.rules])
    found = register()[system]
    if found.lives:
        raise CrmlabError(
            f"'{system}' is not one of the simple rules.",
            f"It lives in its room, as {found.lives}.",
            f"Call {found.lives}(scores) there, and hand its classes on with extra={{'{system}': …}}.",
        )
    if not found.rules:
        ruled = [key for key, e in register().items() if e.rules]
        raise CrmlabError(
            f"'{system}' is described only and cannot be applied.",
            f"The reason: {found.described}.",
            f"Systems with a rule are {listed(ruled, 30, quote=False)}.",
        )
    return found


def catalogue() -> pd.DataFrame:
    """Every system of the register: a row each, with what it looks at and how far we trust our telling of it.

    Columns: ``system`` (the key), ``unit`` (what is classified), ``inputs``, ``classes``, ``source`` and
    ``evidence``: "source", what was checked in which public text, or "from memory, to be checked"; cuts are
    always crmlab rules.

    >>> catalogue().set_index("system").loc["kraljic", "classes"]
    'strategic, leverage, bottleneck, non-critical'
    """
    rows = [
        {
            "system": e.key,
            "unit": e.unit,
            "inputs": ", ".join(e.inputs) or _where(e),
            "classes": ", ".join(e.classes),
            "source": e.source,
            "evidence": _evidence(e),
        }
        for e in register().values()
    ]
    return pd.DataFrame(rows)


def _where(e: Entry) -> str:
    return f"see {e.lives}" if e.lives else "described only"


def _evidence(e: Entry) -> str:
    return f"{e.evidence}; cuts: {e.cuts_are}" if e.cuts else e.evidence
