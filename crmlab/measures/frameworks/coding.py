"""The crosswalk: which part of which framework speaks of what the QCi model speaks of, by our own coding."""

from functools import cache
from itertools import combinations

import numpy as np
import pandas as pd

import crmlab.measures.frameworks.boxes as boxes
from crmlab.frame.errors import counted, listed
from crmlab.frame.glossary import percent
from crmlab.frame.picture import ACCENT, SECOND
from crmlab.frame.result import Caption, Result, kind
from crmlab.measures.frameworks.book import HERE, Framework, framework, register
from crmlab.measures.frameworks.boxes import CALM, FILL, NAME, SMALL

FULL = 2
OURS = "our coding (crmlab rule), to be coded again by you"
YARD = "qci"
NAMES, CELL, LINE, HEAD, GROUP, FOOT = 2.24, 0.225, 0.25, 1.86, 0.42, 0.42


@cache
def _grid() -> pd.DataFrame:
    return pd.read_csv(HERE / "crosswalk.csv").set_index(["framework", "part"])


def grid() -> pd.DataFrame:
    """A row per framework and part, a column per row of the QCi model; 0 absent, 1 partly, 2 covered."""
    return _grid().copy()


def yard(row: str, brief: bool = False) -> str:
    """The name of a row of the QCi model; two stages that are coded together are joined.

    >>> yard("enquiry+welcoming")
    'Enquiry and welcoming'
    """
    names = [getattr(framework(YARD).part(key), "brief" if brief else "name") for key in row.split("+")]
    return (" & " if brief else " and ").join([names[0], *(name[0].lower() + name[1:] for name in names[1:])])


def profile(key: str) -> pd.Series:
    """What a framework covers of the QCi rows: in each row its best part. The QCi model covers itself."""
    coded = _grid()
    if key == YARD:
        return pd.Series(FULL, index=coded.columns, name=key)
    return coded.loc[key].max().rename(key)


def coded() -> list[Framework]:
    """The frameworks that are coded against the QCi model."""
    there = set(_grid().index.get_level_values("framework"))
    return [found for key, found in register().items() if key in there]


def smallest(profiles: pd.DataFrame) -> list[tuple[str, ...]]:
    """The smallest sets of rows of the profiles that together cover every column; none where all fall short.

    >>> smallest(pd.DataFrame({"a": [2, 0, 2], "b": [0, 2, 1]}, index=["x", "y", "z"]))
    [('x', 'y'), ('y', 'z')]
    """
    covered = profiles >= FULL
    for many in range(1, len(profiles) + 1):
        found = [team for team in combinations(profiles.index, many) if covered.loc[list(team)].any().all()]
        if found:
            return found
    return []


@kind
class Crosswalk(Result):
    """A row per cell of the coding; ``models`` has a row per framework: what it covers and leaves out."""

    models: pd.DataFrame
    profiles: pd.DataFrame
    sets: list

    @property
    def rows(self) -> int:
        return self.profiles.shape[1]

    def text(self) -> str:
        each = "; ".join(f"{m.name} {m.covered} and {m.touched}" for m in self._ranked())
        left = " ".join(f"Nothing in {framework(m.framework).spoken} on {m.left_out}."
                        for m in self._ranked() if m.left_out)
        alone = "; ".join(f"{m.name}: {m.alone}" for m in self._ranked() if m.alone)
        return (f"Rows of the QCi model fully covered, and touched at all, of {self.rows}: {each}. {left} "
                f"{self._teams()} The QCi model is the yardstick, so what it has no row for counts for "
                f"nothing here. {alone}. This is {OURS}; another coder may well decide otherwise.")

    def _ranked(self) -> list:
        by = ["covered", "coverage"]
        return list(self.models.sort_values(by, ascending=False, kind="stable").itertuples())

    def _teams(self) -> str:
        teams = [_team(team) for team in self.sets]
        if not teams:
            return "All of them together do not cover every row."
        if len(self.sets[0]) > 1:
            n = counted(len(self.sets[0]), "framework")
            return f"To cover every row it takes {n}: {'; or '.join(teams)}."
        rest = self.profiles.drop(index=[team[0] for team in self.sets])
        gaps = [yard(row).lower() for row in rest.columns if rest[row].max() < FULL]
        left = (f"the others together never fully cover {listed(gaps, 9, quote=False)}" if gaps
                else f"otherwise by {'; or by '.join(map(_team, smallest(rest)))}")
        return f"Every row is covered by {' or '.join(teams)} alone; {left}."

    def caption(self) -> Caption:
        first = self._ranked()[0]
        numbers = "; ".join(f"{m.name}: {m.covered} of {self.rows} rows covered, {m.touched} touched, "
                            f"coverage {percent(m.coverage)}" for m in self._ranked())
        return Caption(f"Furthest: {first.name}, {first.covered} of {self.rows}",
                       f"Rows of the QCi model that each framework covers · {OURS}",
                       f"A grid of {len(_grid())} parts of {len(self.models)} frameworks by {self.rows} rows "
                       f"of the QCi model; dark is covered, light is partly. {numbers}")

    @property
    def size(self):
        return boxes.size(self._height)

    @property
    def _height(self) -> float:
        return HEAD + LINE * len(_grid()) + GROUP * len(self.models) + FOOT

    def draw(self, ax) -> None:
        coding, y = _grid(), HEAD
        boxes.sheet(ax, self._height)
        starts = [NAMES + CELL * place for place in range(self.rows)]
        for x, row in zip(starts, coding.columns, strict=True):
            boxes.say(ax, x + CELL / 2 + 0.04, HEAD, yard(row, True), SMALL, ha="right", rotation=-62,
                      rotation_mode="anchor")
        for model in self.models.itertuples():
            self._heading(ax, model, starts, y + GROUP - 0.16)
            y += GROUP
            for part, line in coding.loc[model.framework].iterrows():
                boxes.say(ax, 0.08, y + LINE / 2, framework(model.framework).part(part).brief, SMALL)
                cells(ax, [(x + CELL / 2, y + LINE / 2, value) for x, value in zip(starts, line, strict=True)])
                y += LINE
        legend(ax, y + 0.26)
        cross(ax, 2.82, y + 0.26)
        boxes.say(ax, 2.96, y + 0.26, "absent in all its parts", SMALL, color=CALM)

    def _heading(self, ax, model, starts: list[float], y: float) -> None:
        """Name and rows covered; a cross in the columns of which the framework says nothing."""
        boxes.say(ax, 0, y, model.name, NAME, "bold")
        boxes.say(ax, NAMES - 0.05, y, f"{model.covered}/{self.rows}", SMALL, color=CALM, ha="right")
        for x, value in zip(starts, self.profiles.loc[model.framework], strict=True):
            if value == 0:
                cross(ax, x + CELL / 2, y)
        boxes.line(ax, [0, NAMES + CELL * self.rows], [y + 0.12] * 2, CALM, 0.8)

    def headline(self) -> dict:
        by = self.models.set_index("framework")
        return {"rows": self.rows, "covered": by["covered"].to_dict(), "touched": by["touched"].to_dict(),
                "coverage": by["coverage"].to_dict()}


def cells(ax, codes: list[tuple[float, float, int]]) -> None:
    """Covered is large and dark, partly smaller and light, absent a dot: readable without colour."""
    for value, marker, size, color in ((2, "s", 14, SECOND), (1, "s", 9.5, FILL), (0, "o", 2.2, "#a9b4bd")):
        at = [(x, y) for x, y, code in codes if code == value]
        if at:
            ax.plot(*zip(*at, strict=True), marker, markersize=size, color=color, markeredgewidth=0, zorder=2)


def cross(ax, x: float, y: float) -> None:
    boxes.say(ax, x, y, "×", 13, "bold", ACCENT, ha="center", va="center_baseline")


def legend(ax, y: float) -> None:
    for x, value, word in ((0.12, 2, "covered"), (1.12, 1, "partly"), (1.92, 0, "absent")):
        cells(ax, [(x, y, value)])
        boxes.say(ax, x + 0.16, y, word, SMALL, color=CALM)


def _team(keys) -> str:
    return listed([framework(key).spoken for key in keys], 9, quote=False)


def crosswalk() -> Crosswalk:
    """What each framework says of the rows of the QCi model: 0 absent, 1 partly, 2 covered; our own coding.

    A row of the table is a ``part`` of the QCi model, a ``framework`` and the ``other_part`` in it, with
    ``coded``. A framework covers a row with its best part; ``models`` counts rows ``covered`` (2 somewhere)
    and ``touched`` (not 0 everywhere), and gives ``coverage``, the sum of the best codes of all rows by the
    largest possible sum. ``left_out`` names the rows of which it says nothing.

    The coding is ours (crmlab rule): code a column again, and hold yours beside it.

    >>> found = crosswalk()
    >>> found.models.set_index("framework")["covered"].to_dict()["building_blocks"]
    12
    """
    coding = _grid()
    long = coding.stack().rename("coded").reset_index().rename(columns={"level_2": "row"})
    pairs = zip(long["framework"], long["part"], strict=True)
    parts = [framework(key).part(part).name for key, part in pairs]
    table = pd.DataFrame({"part": long["row"].map(yard), "coded": long["coded"], "other_part": parts,
                          "framework": [framework(key).name for key in long["framework"]]})
    table = table[["part", "framework", "other_part", "coded"]]
    profiles = pd.DataFrame([profile(found.key) for found in coded()])
    return Crosswalk(title="What the frameworks cover, row by row", table=table, models=_models(profiles),
                     profiles=profiles, sets=smallest(profiles), source={"title": "crosswalk.csv of crmlab"},
                     settings=f"{OURS}; 0 absent, 1 partly, 2 covered; a framework covers a row with its "
                     "best part; the four competencies are coded from one sentence on each")


def _models(profiles: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for key, line in profiles.iterrows():
        found = framework(key)
        left = [yard(row).lower() for row, value in line.items() if value == 0]
        rows.append({"framework": key, "name": found.name, "coverage": float(line.sum() / (FULL * len(line))),
                     "covered": int((line == FULL).sum()), "touched": int((line > 0).sum()),
                     "left_out": listed(left, 12, quote=False), "alone": found.alone})
    return pd.DataFrame(rows)


def cosine(a, b) -> float:
    """Cosine of two codings; 0 where one of them is empty."""
    a, b = np.asarray(a, float), np.asarray(b, float)
    size = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / size if size else 0.0
