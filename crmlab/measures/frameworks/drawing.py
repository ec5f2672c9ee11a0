"""A framework as a picture, empty or filled with scores."""

import math

import numpy as np
import pandas as pd

import crmlab.measures.frameworks.bands as bands
import crmlab.measures.frameworks.boxes as boxes
import crmlab.measures.frameworks.loop as loop
from crmlab.frame.errors import CrmlabError, counted, listed, unknown
from crmlab.frame.result import Caption, Result, Sentence, kind
from crmlab.measures.frameworks.book import Framework, Part, framework
from crmlab.measures.frameworks.boxes import Words

SHORT = " · dot: in the short form"


@kind
class Drawing(Result):
    """The framework drawn; ``values`` are the scores by key of a part or practice, missing ones left out."""

    framework: Framework
    values: dict | None
    opened: str | None

    @property
    def _plan(self):
        if self.framework.layout["kind"] == "loop":
            return loop.plan(self.framework, self.opened, self.values is not None)
        return bands.Plan(self.framework, self.values is not None)

    @property
    def _rated(self) -> list[Part]:
        """The parts that can have a score."""
        return rated(self.framework)

    def _lowest(self) -> list[Part]:
        """The weakest of the assessed elements, or of the stages where no element was assessed."""
        return lowest(self.framework, self.values or {})

    def _words(self) -> dict[str, Words]:
        low, scored = {part.key for part in self._lowest()}, {part.key for part in self._rated}
        brief = self.framework.layout["kind"] == "loop"
        values = self.values or {}
        return {part.key: Words(part.brief, part.hint if brief else part.meaning, values.get(part.key),
                                self.values is not None and part.key in scored, part.key in low)
                for part in drawn(self.framework)}

    def _statements(self) -> dict[str, Words]:
        if not self.opened:
            return {}
        return {row.practice: Words(row.practice, row.statement, (self.values or {}).get(row.practice))
                for row in self.framework.practices(self.opened).itertuples()}

    def text(self) -> str:
        said = [self._structure()]
        if self.values is not None:
            said.append(self._scores())
        if self.opened:
            said.append(self._opened())
        if self.values is None and not self.opened:
            said.append(f"{self.framework.reading}. {self._history()}")
        return " ".join(part for part in said if part)

    def _structure(self) -> str:
        f = self.framework
        kinds = {}
        for part in drawn(f):
            kinds.setdefault(part.kind, []).append(part.name)
        parts = "; ".join(f"{counted(len(names), name) if len(names) > 1 else name}: "
                          f"{listed(names, 9, quote=False)}" for name, names in kinds.items())
        return f"{f.title} ({f.source}). {parts[0].upper()}{parts[1:]}."

    def names(self) -> Sentence:
        """Which names of the drawn parts are the book's, and which are ours.

        >>> draw("five_processes").names()
        All names in the picture are those of the source (Payne & Frow 2005).
        """
        f, parts = self.framework, drawn(self.framework)
        ours = [part.name for part in parts if part.evidence.startswith("name from memory")]
        if not ours:
            how = "are those" if all(part.evidence == "source" for part in parts) else "come from a summary"
            return Sentence(f"All names in the picture {how} of the source ({f.source}).")
        stages = [part.name for part in parts if part.kind == "stage" and part.name not in ours]
        theirs = f", of the stages {listed(stages, 9, quote=False)}" if stages else ""
        return Sentence(f"The names are those of the book ({f.source}){theirs}; {listed(ours, 9, quote=False)} could "
                        "not be checked there and are ours, after its sense.")

    def _history(self) -> str:
        others = len(self.framework.history) - 1
        later = f"; {counted(others, 'other version')} known" if others else ""
        return f"Version: {self.framework.version}{later}. What the parts mean is told in our own words."

    def _scores(self) -> str:
        known = {p.name: self.values[p.key] for p in self._rated if p.key in self.values}
        if not known:
            return "No part is assessed."
        top = max(known.values())
        best = [name for name, value in known.items() if value == top]
        said = [f"Assessed are {len(known)} of {counted(len(self._rated), 'part')}.",
                f"Highest: {listed(best, 3, quote=False)}, {top:.0f} of 100. {self._weakest()}."]
        missing = [p.name for p in self._rated if p.key not in self.values]
        return " ".join(said + ([f"Not assessed: {listed(missing, 15, quote=False)}."] if missing else []))

    def _weakest(self) -> str:
        low = self._lowest()
        return f"Weakest: {_names(low)}, {self.values[low[0].key]:.0f} of 100"

    def _opened(self) -> str:
        rows = self.framework.practices(self.opened)
        sentences = " ".join(f"{row.practice}: {row.statement}" for row in rows.itertuples())
        return (f"{self.framework.part(self.opened).name} has {counted(len(rows), 'practice')}, in our own "
                f"words (crmlab rule). {sentences}")

    def caption(self) -> Caption:
        f, short = self.framework, SHORT if self.opened else ""
        if self.values is not None:
            known = sum(part.key in self.values for part in self._rated)
            measure = f"{f.name} · score 0 to 100 · {known} of {counted(len(self._rated), 'part')} assessed"
            low, at = self._lowest(), "No part is assessed"
            if low:
                at = f"Weakest: {_names(low, 'brief')} at {self.values[low[0].key]:.0f}"
            return Caption(at, measure + short, self._alt())
        if self.opened:
            n = len(f.practices(self.opened))
            finding = f"{f.part(self.opened).brief}: {counted(n, 'practice')} to rate"
            measure = f"{f.name} · statements in our own words (crmlab rule){short}"
            return Caption(finding, measure, self._alt())
        return Caption(f.finding, f"{f.name} · {f.source} · {f.version}", self._alt())

    def _alt(self) -> str:
        """Structure, arrows and numbers for those who cannot see the picture."""
        f, said = self.framework, [self._structure().removesuffix(".")]
        for how in dict.fromkeys(link.kind for link in f.links):
            pairs = [f"{f.part(a).brief} to {f.part(b).brief}" for a, b, kind_ in f.links if kind_ == how]
            said.append(f"Arrows ({how}): {'; '.join(pairs)}")
        if self.values is not None:
            said.append("; ".join(f"{p.name} {boxes.number(self._words()[p.key])}" for p in self._rated))
        if self.opened:
            said.append(self._opened().removesuffix("."))
        return ". ".join(said)

    def headline(self) -> dict:
        if self.values is None:
            return {"parts": len(self.framework.members), "drawn": len(drawn(self.framework))}
        low = self._lowest()
        return {"assessed": sum(part.key in self.values for part in self._rated),
                "weakest": low[0].key if low else None,
                "lowest": self.values[low[0].key] if low else None}

    @property
    def size(self):
        return boxes.size(self._plan.height)

    def draw(self, ax) -> None:
        if self.framework.layout["kind"] == "loop":
            loop.paint(ax, self.framework, self._plan, self._words(), self._statements())
        else:
            bands.paint(ax, self._plan, self._words())


def _names(parts: list[Part], how: str = "name") -> str:
    return listed([getattr(part, how) for part in parts], 3, quote=False)


def drawn(framework: Framework) -> list[Part]:
    """The parts a drawing shows, in the order of the file."""
    look = framework.layout
    if look["kind"] == "loop":
        stages = [part.key for part in framework.inside(look["middle"])]
        keys = {*look["top"], look["middle"], *stages, *look["bottom"], *look["supports"], look["around"]}
    else:
        keys = {key for band in look["bands"] for row in band["rows"] for key in row}
    return [part for part in framework.members if part.key in keys]


def rated(framework: Framework) -> list[Part]:
    """The drawn parts that can have a score: not what surrounds the firm, nor its goal."""
    return [part for part in drawn(framework) if part.kind not in ("surroundings", "goal")]


def lowest(framework: Framework, values: dict) -> list[Part]:
    known = [part for part in rated(framework) if part.key in values]
    whole = {part.key for part in rated(framework)}
    first = [part for part in known if part.parent not in whole] or known
    low = min((values[part.key] for part in first), default=None)
    return [part for part in first if values[part.key] == low]


def draw(name: str, values=None, open: str | None = None) -> Drawing:
    """The framework as a picture: empty, or with a score in each part.

    ``values`` are numbers from 0 to 100 by key of a part (a dict or a Series); a part without one is hatched
    and says "not assessed". ``open`` is an element or a stage whose practices are to be shown; their keys may
    then have values too. Where the numbers come from is yours to say: the drawing does not compute any.

    A row of the table is a part, or a practice of the opened part.

    Raises CrmlabError for an unknown framework, part or practice, for a part that is not scored, and for a
    value that is no number from 0 to 100.

    >>> draw("idic").answer()
    Four tasks, from knowing who it is to acting on it.
    >>> draw("idic", {"identify": 60, "interact": 30}).headline()
    {'assessed': 2, 'weakest': 'interact', 'lowest': 30.0}
    """
    found = framework(name)
    if open is not None:
        found.practices(open)
    if not isinstance(values, dict | pd.Series | None):
        raise CrmlabError("The values cannot be drawn.", f"They are of type {type(values).__name__}.",
                          "Give a dict or a Series of numbers by key, as in {\"analysis\": 38}.")
    scores = None if values is None else _checked(found, dict(values), open)
    source = {"title": f"{found.key}.toml of crmlab, after {found.source}"}
    return Drawing(title=f"{found.title}, drawn", table=_table(found, scores, open), framework=found,
                   values=scores, opened=open, source=source,
                   settings=f"version: {found.version}; evidence: {found.evidence}; told in our own words")


def _checked(found: Framework, values: dict, opened: str | None) -> dict[str, float]:
    """The values that are there, as numbers; an error for one that cannot be drawn."""
    parts = {part.key: part.name for part in rated(found)}
    practices = set(found.practices(opened)["practice"]) if opened else set()
    scores = {}
    for key, value in values.items():
        if key in {part.key for part in drawn(found)} - set(parts):
            raise CrmlabError(f"'{key}' has no score.", f"{found.part(key).name} is drawn, not assessed.",
                              f"Parts with a score are {listed(parts, 20, quote=False)}.")
        if key not in parts and key not in practices:
            raise unknown("part", key, "The drawing", [*parts, *sorted(practices)])
        if pd.api.types.is_scalar(value) and pd.isna(value):
            continue
        scores[key] = _score(key, value)
    return scores


def _score(key: str, value) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if isinstance(value, bool | np.bool_ | str) or not 0 <= number <= 100:
        raise CrmlabError(f"The value of '{key}' cannot be drawn.", f"It is {value!r}.",
                          "Give a number from 0 to 100, or leave the part out.")
    return number


def _table(found: Framework, scores: dict | None, opened: str | None) -> pd.DataFrame:
    rows = [{"part": p.name, "kind": p.kind, "meaning": p.meaning, "source": p.source, "evidence": p.evidence,
             "key": p.key} for p in drawn(found)]
    if opened:
        rows += [{"part": row.practice, "kind": "practice", "meaning": row.statement, "source": "crmlab rule",
                  "evidence": "ours", "key": row.practice} for row in found.practices(opened).itertuples()]
    table = pd.DataFrame(rows)
    if scores is not None:
        table.insert(2, "score", table["key"].map(scores).astype(float))
    return table.drop(columns="key")
