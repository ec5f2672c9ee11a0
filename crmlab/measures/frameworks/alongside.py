"""Two frameworks side by side: which parts answer each other, and what only one of them has."""

import numpy as np
import pandas as pd

import crmlab.measures.frameworks.boxes as boxes
from crmlab.frame.errors import CrmlabError, counted, listed
from crmlab.frame.glossary import number
from crmlab.frame.picture import ACCENT, GREY, SECOND
from crmlab.frame.result import Caption, Result, kind
from crmlab.measures.frameworks.book import Framework, framework
from crmlab.measures.frameworks.boxes import CALM, INSIDE, NAME, SMALL, Box, wrapped
from crmlab.measures.frameworks.coding import FULL, OURS, YARD, coded, cosine, grid, profile, yard

SIDE, STEP, TOP = 1.72, 0.12, 0.42
HOW = {2: "covered by both", 1: "partly", 0: "none"}


@kind
class Comparison(Result):
    """A row per part of either framework with its counterparts; ``pairs`` has a row per pair of parts."""

    first: Framework
    second: Framework
    pairs: pd.DataFrame
    overlap: float

    def text(self) -> str:
        a, b = self.first, self.second
        said = [self._answered(a, b), self._answered(b, a),
                f"The overlap of what they cover is {number(self.overlap)} (cosine; 1 is the same)."]
        said += [f"Covered in {one.spoken}, absent in {other.spoken}: {_lower(rows)}."
                 for one, other in ((a, b), (b, a)) if (rows := only(one.key, other.key))]
        if not only(a.key, b.key) and not only(b.key, a.key):
            said.append("Nothing is covered in one and absent in the other.")
        return " ".join(said) + f" Measured on the rows of the QCi model by {OURS}."

    def _answered(self, one: Framework, other: Framework) -> str:
        full, some, none = (self._parts(one, level) for level in (2, 1, 0))
        n, has = len(full) + len(some) + len(none), "has" if len(full) == 1 else "have"
        said = (f"Of {counted(n, 'part')} of {one.spoken}, {len(full)} {has} a full counterpart in "
                f"{other.spoken}")
        said += f", {len(some)} only a partial one" if some else ""
        return said + (f", {len(none)} none at all: {_lower(none)}." if none else ".")

    def caption(self) -> Caption:
        lines = [f"{r.part} and {r.other_part} ({HOW[r.shared]})" for r in self._drawn().itertuples()]
        a, b = self.first.name, self.second.name
        measure = f"Overlap {number(self.overlap)} (cosine, 0 to 1) · our coding (crmlab rule)"
        return Caption(self._finding(), measure,
                       f"{a} on the left, {b} on the right; a line joins parts that speak of the same: "
                       f"{'; '.join(lines) or 'no lines'}")

    def _finding(self) -> str:
        """The side with more parts that find nothing, or that all find something."""
        sides = [(len(self._parts(one, 0)), sum(self.table["framework"] == one.name), one, other)
                 for one, other in ((self.first, self.second), (self.second, self.first))]
        none, n, one, other = max(sides, key=lambda side: side[0] / side[1])
        if none:
            return f"{none} of {n} parts of {one.spoken} find nothing in {other.spoken}"
        return "Each part finds a counterpart in the other"

    def headline(self) -> dict:
        count = {f"{side}_{word}": len(self._parts(one, level))
                 for side, one in (("first", self.first), ("second", self.second))
                 for word, level in (("covered", FULL), ("none", 0))}
        return {"overlap": self.overlap, **count}

    def _places(self) -> tuple[dict, dict, float]:
        """Where the parts of both sides stand, each side spread over the same height."""
        sides = [self.table.loc[self.table["framework"] == one.name, "part"]
                 for one in (self.first, self.second)]
        tall = [[0.17 * len(wrapped(part, SIDE - 0.16, SMALL)) + 0.16 for part in side] for side in sides]
        full = max(sum(side) + STEP * (len(side) - 1) for side in tall)
        found = []
        for names, heights, x in zip(sides, tall, (0.02, INSIDE - SIDE - 0.02), strict=True):
            gap = (full - sum(heights)) / (len(names) - 1) if len(names) > 1 else 0
            y, boxes_ = TOP, {}
            for name, height in zip(names, heights, strict=True):
                boxes_[name] = Box(name, x, y, SIDE, height)
                y += height + gap
            found.append(boxes_)
        return *found, TOP + full

    @property
    def size(self):
        return boxes.size(self._places()[2] + 0.42)

    def _parts(self, one: Framework, level: int) -> list[str]:
        """The parts of one side whose best counterpart is of this level."""
        mine = self.table[self.table["framework"] == one.name]
        return mine.loc[mine["counterpart"] == HOW[level], "part"].tolist()

    def _drawn(self) -> pd.DataFrame:
        """Pairs with a line: the full ones, and partial ones of a part that has no other."""
        weak = ~(self.pairs["part"].isin(self._parts(self.first, FULL))
                 & self.pairs["other_part"].isin(self._parts(self.second, FULL)))
        return self.pairs[(self.pairs["shared"] == FULL) | (weak & (self.pairs["shared"] > 0))]

    def draw(self, ax) -> None:
        left, right, foot = self._places()
        boxes.sheet(ax, foot + 0.42)
        for one, x, ha in ((self.first, 0.02, "left"), (self.second, INSIDE - 0.02, "right")):
            boxes.say(ax, x, 0.16, one.name, NAME, "bold", ha=ha)
        for row in self._drawn().itertuples():
            a, b = left[row.part], right[row.other_part]
            strong = row.shared == FULL
            boxes.line(ax, [a.right, b.x], [a.middle[1], b.middle[1]], SECOND if strong else GREY,
                       2.2 if strong else 0.8, z=2 if strong else 1, linestyle="-" if strong else (0, (4, 3)))
        for one, side in ((self.first, left), (self.second, right)):
            alone = self._parts(one, 0)
            for box in side.values():
                _part(ax, box, box.key in alone)
        _legend(ax, foot + 0.26)


def _part(ax, box: Box, alone: bool) -> None:
    boxes.shape(ax, box, "white" if alone else boxes.GROUND, ACCENT if alone else SECOND, z=3)
    lines = wrapped(box.key, SIDE - 0.16, SMALL)
    for place, line in enumerate(lines):
        boxes.say(ax, box.x + 0.08, box.middle[1] + 0.17 * (place - (len(lines) - 1) / 2), line, SMALL)


def _legend(ax, y: float) -> None:
    for x, color, width, dashes, word in ((0.02, SECOND, 2.2, "-", HOW[2]),
                                          (1.66, GREY, 0.9, (0, (4, 3)), "only partly")):
        boxes.line(ax, [x, x + 0.3], [y, y], color, width, linestyle=dashes)
        boxes.say(ax, x + 0.37, y, word, SMALL, color=CALM)
    boxes.shape(ax, Box("", 3.0, y - 0.08, 0.3, 0.16), "white", ACCENT, corner=0.03)
    boxes.say(ax, 3.37, y, "finds nothing", SMALL, color=CALM)


def _lower(names: list[str]) -> str:
    return listed([name[0].lower() + name[1:] for name in names], 12, quote=False)


def vectors(key: str) -> pd.DataFrame:
    """A row per part of the framework on the rows of the QCi model, which are that model's own parts."""
    coding = grid()
    if key == YARD:
        return pd.DataFrame([[FULL * (row == other) for other in coding.columns] for row in coding.columns],
                            columns=coding.columns, index=[yard(row) for row in coding.columns])
    found = coding.loc[key]
    return found.set_axis([framework(key).part(part).name for part in found.index])


def only(one: str, other: str) -> list[str]:
    """Rows the one covers and the other does not touch."""
    mine, theirs = profile(one), profile(other)
    return [yard(row) for row in mine.index if mine[row] == FULL and theirs[row] == 0]


def compare(a: str, b: str) -> Comparison:
    """Two frameworks side by side on the rows of the QCi model, by our own coding.

    Two parts are full counterparts where both cover the same row, and partial ones where both touch one. A
    row of the table is a ``part`` of either ``framework``, with its best ``counterpart`` (covered by both,
    partly, none), the ``other_part`` or parts it is found in, and ``overlap``, the largest cosine of the two
    codings. The overlap of the whole is the cosine of what each covers at best.

    Raises CrmlabError for an unknown framework, one that is not coded, and for twice the same.

    >>> compare("idic", "qci").headline()["second_none"]
    3
    """
    keys = [found.key for found in coded()] + [YARD]
    for key in (a, b):
        if framework(key).key not in keys:
            raise CrmlabError(f"'{key}' is not coded yet.", f"Coded are {listed(keys, 12, quote=False)}.",
                              "Add its rows to crosswalk.csv.")
    if a == b:
        raise CrmlabError("compare needs two frameworks.", f"Both are '{a}'.", "Name another one beside it.")
    first, second = framework(a), framework(b)
    pairs = _pairs(vectors(a), vectors(b))
    turned = pairs.rename(columns={"part": "other_part", "other_part": "part"})
    table = pd.concat([_best(pairs, first.name), _best(turned, second.name)], ignore_index=True)
    return Comparison(title=f"{first.name} beside {second.name}", table=table, first=first, second=second,
                      pairs=pairs, overlap=cosine(profile(a), profile(b)),
                      source={"title": "crosswalk.csv of crmlab"},
                      settings=f"{OURS}; {first.name}: {first.version}; {second.name}: {second.version}")


def _pairs(mine: pd.DataFrame, theirs: pd.DataFrame) -> pd.DataFrame:
    """A row per pair of parts: the highest code that both have in one row, and the cosine of the two codings."""
    x, y = mine.to_numpy()[:, None, :], theirs.to_numpy()[None, :, :]
    size = np.linalg.norm(x, axis=2) * np.linalg.norm(y, axis=2)
    overlap = np.divide((x * y).sum(axis=2), size, out=np.zeros_like(size), where=size > 0)
    names = pd.MultiIndex.from_product([mine.index, theirs.index], names=["part", "other_part"]).to_frame(index=False)
    return names.assign(shared=np.minimum(x, y).max(axis=2).ravel(), overlap=overlap.ravel())


def _best(pairs: pd.DataFrame, name: str) -> pd.DataFrame:
    rows = []
    for part, mine in pairs.groupby("part", sort=False):
        level = mine["shared"].max()
        found = mine.loc[mine["shared"] == level, "other_part"] if level else []
        rows.append({"framework": name, "part": part, "counterpart": HOW[int(level)],
                     "other_part": "; ".join(found), "overlap": float(mine["overlap"].max())})
    return pd.DataFrame(rows)
