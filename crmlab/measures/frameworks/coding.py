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
from crmlab.measures.frameworks.boxes import CALM, FILL, INSIDE, SMALL

FULL = 2
OURS = "our coding (crmlab rule), to be coded again by you"
YARD = "qci"
NAMES, LINE, HEAD, FOOT = 1.56, 0.34, 0.66, 0.5  # inches: room for names, a row, the head, the key


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
        each = "; ".join(f"{m.name} {m.covered}" + (f", and {m.touched - m.covered} more in part" if m.touched > m.covered else "")
                         for m in self._ranked())
        left = " ".join(f"Nothing in {framework(m.framework).spoken} on {m.left_out}."
                        for m in self._ranked() if m.left_out)
        alone = "; ".join(f"{m.name}: {m.alone}" for m in self._ranked() if m.alone)
        return (f"How many of the {self.rows} rows of the QCi model each covers: {each}. {left} "
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
        first, last = self._ranked()[0], self._ranked()[-1]
        numbers = "; ".join(f"{m.name}: {m.covered} of {self.rows} rows covered, {m.touched} touched, "
                            f"coverage {percent(m.coverage)}" for m in self._ranked())
        return Caption(f"{first.name}: {first.covered} of {self.rows} rows of QCi; {last.name}: {last.covered}",
                       f"Rows of the QCi model that each framework covers · {OURS}",
                       f"A grid of {self.rows} rows of the QCi model by {len(self.models)} frameworks; dark is covered, "
                       f"light is partly. {numbers}")

    @property
    def _printed(self):
        return self.table.iloc[:0]  # a page of marks says more than hundreds of rows; the files hold them

    @property
    def size(self):
        return boxes.size(HEAD + LINE * (self.rows + 1) + FOOT)

    def draw(self, ax) -> None:
        boxes.sheet(ax, HEAD + LINE * (self.rows + 1) + FOOT)
        places = self._columns(ax)
        for at, (row, codes) in enumerate(self.profiles.items()):
            y = HEAD + LINE * (at + 0.5)
            lines = boxes.wrapped(yard(row, True), NAMES - 0.1, SMALL)
            for place, words in enumerate(lines):
                boxes.say(ax, 0, y + boxes.LINE * (place - (len(lines) - 1) / 2), words, SMALL)
            cells(ax, [(x, y, value) for x, value in zip(places, codes, strict=True) if value])
            for x, value in zip(places, codes, strict=True):
                if value == 0:
                    cross(ax, x, y)
            boxes.line(ax, [0, INSIDE], [y + LINE / 2] * 2, boxes.FILL, 0.6)
        y = HEAD + LINE * (self.rows + 0.5)
        boxes.say(ax, 0, y, f"covered, of {self.rows}", SMALL, color=CALM)
        for x, model in zip(places, self.models.itertuples(), strict=True):
            boxes.say(ax, x, y, str(model.covered), SMALL, "bold", ha="center")
        legend(ax, y + 0.4, "absent")

    def _columns(self, ax) -> list[float]:
        """The names of the frameworks, a word on a line; returns the middle of each column."""
        words = [name.split() for name in self.models["name"]]
        wide = [max(boxes.long(word, SMALL, "bold") for word in name) for name in words]
        air = (INSIDE - NAMES - sum(wide)) / len(wide)
        places = [NAMES + sum(wide[:at]) + air * (at + 0.5) + own / 2 for at, own in enumerate(wide)]
        for x, name in zip(places, words, strict=True):
            for place, word in enumerate(name):
                boxes.say(ax, x, HEAD - 0.16 - boxes.LINE * (len(name) - 1 - place), word, SMALL, "bold", ha="center")
        boxes.line(ax, [0, INSIDE], [HEAD] * 2, CALM, 0.9)
        return places

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


def legend(ax, y: float, crossed: str = "") -> None:
    """What the marks mean; ``crossed`` is the word for the cross, where it stands in place of the dot."""
    for x, value, word in ((0.12, 2, "covered"), (1.12, 1, "partly"), (1.92, 0, crossed or "absent")):
        if value or not crossed:
            cells(ax, [(x, y, value)])
        else:
            cross(ax, x, y)
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
