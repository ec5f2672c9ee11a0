"""Any system applied to a table: a class per row, the rule that gave it, and how much the cuts decide."""

import numpy as np
import pandas as pd

from crmlab.frame import picture, stats
from crmlab.frame.errors import CrmlabError, counted, listed
from crmlab.frame.glossary import percent
from crmlab.frame.result import Caption, Result, kind
from crmlab.measures import rules, tables
from crmlab.measures.systems.book import SIGNS, Entry, entry, register
from crmlab.measures.systems.inputs import looked_at, placed, roles, short

NOT_KNOWN = "not known"


@kind
class Classified(Result):
    """A row per class; ``customers`` has class and rule of each row of the data, ``moves`` what a cut moves.

    ``cuts`` are the values used, in the form in which :func:`classify` takes them.
    """

    system: Entry
    cuts: dict
    customers: pd.DataFrame
    moves: dict

    @property
    def n(self) -> int:
        """How many have a class."""
        return int(self.table.loc[self.table["class"] != NOT_KNOWN, "rows"].sum())

    @property
    def moved(self) -> float:
        return max(self.moves.values(), default=float("nan"))

    def _shares(self) -> dict:
        return {row[1]: row.share for row in self.table.itertuples() if row[1] != NOT_KNOWN}

    def text(self) -> str:
        said = ", ".join(f"{percent(share)} {name}" for name, share in self._shares().items())
        return " ".join(
            part
            for part in (
                f"By {self.system.name}, {counted(self.n, self.system.unit)}: {said}.",
                self._cut(),
                self._unknown(),
                self._trust(),
            )
            if part
        )

    def _cut(self) -> str:
        if not self.moves:
            return ""
        worst = max(self.moves, key=self.moves.get)
        return (
            f"Move the cut of {worst} to the next score seen, and {percent(self.moved)} change class. "
            "Where to cut is a crmlab rule; the source does not decide it."
        )

    def _unknown(self) -> str:
        missing = self.customers.loc[self.customers["class"] == NOT_KNOWN, "rule"]
        if not len(missing):
            return ""
        verb = "has" if len(missing) == 1 else "have"
        return (
            f"{counted(len(missing), self.system.unit)} {verb} no class (most often: {missing.mode().iloc[0]}); "
            "nothing was guessed."
        )

    def _trust(self) -> str:
        if self.system.evidence == "source":
            return ""
        return f"Our telling of {self.system.source}: {self.system.evidence}."

    def caption(self) -> Caption:
        shares = self._shares()
        most = max(shares, key=shares.get)
        return Caption(
            f"The largest class is “{most}” with {percent(shares[most])}",
            f"{self.system.name} · {self.source.get('title', '')} · n = {self.n:,}",
            "Classes: " + ", ".join(f"{name} {percent(share)}" for name, share in shares.items()),
        )

    @property
    def size(self):
        return (7.2, 1.6 + 0.44 * len(self._shares()))

    def draw(self, ax) -> None:
        known = self.table[self.table["class"] != NOT_KNOWN].reset_index(drop=True)
        for place, row in known.iterrows():
            color = picture.ACCENT if row["share"] == known["share"].max() else picture.SECOND
            picture.span(ax, place, row["share"], row["low"], row["high"], color=color)
            ax.annotate(
                percent(row["share"]),
                (row["high"], place),
                (7, 0),
                textcoords="offset points",
                va="center",
                color=color,
                fontsize=10,
            )
        picture.names_down(ax, known["class"])
        ax.set_xlim(0, min(1.12, known["high"].max() * 1.15 + 0.03))
        ax.xaxis.set_major_formatter(lambda value, _: percent(value))
        ax.set_xlabel(f"share of {self.system.unit}s, with interval")

    def headline(self) -> dict:
        return {
            "n": self.n,
            "shares": self._shares(),
            "not_known": len(self.customers) - self.n,
            "moved_by_next_score": self.moved,
        }


def classify(
    table: pd.DataFrame, system: str, *, cuts: dict | None = None, alpha: float = 0.05
) -> Classified:
    """The class of every row by one of the register's systems, the rule that fired, and how sure it is.

    ``system`` is a key of :func:`systems`. ``cuts`` moves the cuts, by column: a number where "high" begins,
    or two, (low, high), where the system has three levels. Without it: a share of the scale, or the median,
    as the register says; all of them crmlab rules. Where the scale of a score is not recorded, its median (or
    thirds) stands in, and the settings line says so. A row that lacks one of the inputs is "not known".

    A row of the result is a class with its share and Wilson's (1927) interval; ``moves`` says for each column
    which share changes class when a cut moves to the next attainable score. Clusters and weights count.

    Raises CrmlabError for a system or cut that does not exist, missing columns, text among numbers.

    >>> items = pd.DataFrame({"profit_impact": [9, 8, 2, 1], "supply_risk": [8, 1, 9, 2]})
    >>> classify(items, "kraljic", cuts={"profit_impact": 5, "supply_risk": 5}).customers["class"].tolist()
    ['strategic', 'leverage', 'bottleneck', 'non-critical']
    """
    which, source = entry(system), tables.provenance(table)
    values = looked_at(table, which)
    whole = values.notna().all(axis=1).to_numpy()
    if not whole.any():
        raise CrmlabError(
            f"{system}: nobody can be classified.",
            f"{_lacking(values).mode().iloc[0].capitalize()}." if len(values) else "The table is empty.",
            f"It needs {listed(which.inputs)} in one row.",
        )
    scales = {
        **{name: (at["low"], at["high"]) for name, at in source.get("scales", {}).items()},
        **which.limits,
    }
    at, how = placed(values[whole], which, scales, cuts or {})
    code = np.full(len(values), -1)
    code[whole] = _codes(values[whole], which, at)
    customers = pd.DataFrame(
        {
            "class": [which.rules[k].gives if k >= 0 else NOT_KNOWN for k in code],
            "rule": _trace(values, which, at, code),
        },
        index=table.index,
    )
    if "customer_id" in table:
        customers.insert(0, "customer_id", table["customer_id"])
    cluster, weight, counts = roles(table, whole)
    rows = _rows(customers["class"].to_numpy(), counts, which, cluster, weight, 1 - alpha)
    return Classified(
        title=f"{which.name}: {which.unit}s by class",
        table=rows,
        source=source,
        system=which,
        cuts={name: tuple(c.values()) if len(c) > 1 else c["high"] for name, c in at.items()},
        customers=customers,
        moves=_moves(values[counts], which, at, weight),
        settings=f"{which.source}; evidence: {which.evidence}{how}{'. ' + which.note if which.note else ''}",
    )


def applicable(table: pd.DataFrame) -> list[str]:
    """Keys of the systems whose inputs are all columns of the table.

    >>> applicable(pd.DataFrame(columns=["satisfaction", "loyalty"]))
    ['jones_sasser']
    """
    return [key for key, e in register().items() if e.rules and set(e.inputs) <= set(table.columns)]


# ---- the rules at work ------------------------------------------------------------------------------------


def _codes(values: pd.DataFrame, which: Entry, at: dict) -> np.ndarray:
    """Place of the first rule whose conditions all hold, for rows without gaps."""
    hits = np.column_stack(
        [
            np.logical_and.reduce([np.ones(len(values), bool), *(c.holds(values, at) for c in rule.when)])
            for rule in which.rules
        ]
    )
    return np.where(hits.any(axis=1), hits.argmax(axis=1), -1)


def _trace(values: pd.DataFrame, which: Entry, at: dict, code: np.ndarray) -> list[str]:
    """The rule that fired for every row, with the values it saw; for the others what is missing."""
    said = _lacking(values).to_numpy(object).copy()
    for place, rule in enumerate(which.rules):
        mine = code == place
        seen = values[mine]
        parts = [
            [
                f"{c.column} {short(x)} {SIGNS[c.sign]} {short(y)}"
                for x, y in zip(seen[c.column], np.broadcast_to(c.right(seen, at), len(seen)), strict=True)
            ]
            for c in rule.when
        ]
        rest = [[f"{name} {short(x)}" for x in seen[name]] for name in which.columns] if not rule.when else []
        lead = "" if rule.when else "no rule above fits: "
        said[mine] = [lead + " and ".join(row) for row in zip(*(parts or rest), strict=True)]
    return said.tolist()


def _lacking(values: pd.DataFrame) -> pd.Series:
    gaps = values.isna().to_numpy()
    return pd.Series(
        [f"{listed(values.columns[row], quote=False)} not measured" if row.any() else "" for row in gaps],
        index=values.index,
        dtype=object,
    )


def _rows(
    classes: np.ndarray, counts: np.ndarray, which: Entry, cluster, weight, level: float
) -> pd.DataFrame:
    rows = []
    for name, meaning in which.classes.items():
        share = stats.share_interval(classes[counts] == name, cluster, weight, level)
        rows.append(
            {
                "class": name,
                "meaning": meaning,
                "rows": int((classes == name).sum()),
                "share": share.estimate,
                "low": share.low,
                "high": share.high,
            }
        )
    unknown_ = int((classes == NOT_KNOWN).sum())
    if unknown_:
        rows.append(
            {
                "class": NOT_KNOWN,
                "meaning": "an answer is missing",
                "rows": unknown_,
                "share": np.nan,
                "low": np.nan,
                "high": np.nan,
            }
        )
    return pd.DataFrame(rows)


def changed(values: pd.DataFrame, which: Entry, at: dict, other: dict, weight=None) -> float:
    """Share of rows without gaps, weighted, that change class when the cuts ``at`` become ``other``."""
    names = np.array([rule.gives for rule in which.rules])
    before, after = (names[_codes(values, which, cuts)] for cuts in (at, {**at, **other}))
    return float(np.average(before != after, weights=weight))


def _moves(values: pd.DataFrame, which: Entry, at: dict, weight) -> dict[str, float]:
    """Per column, the largest share that changes class when a cut moves to the next attainable score."""
    out = {}
    for name, spec in at.items():
        moved = [0.0]
        for key in spec:
            below, _, after = rules.neighbours(values[name], spec[key])
            for cut in (below, after):
                other = {**spec, key: cut}
                if np.isfinite(cut) and list(other.values()) == sorted(other.values()):
                    moved.append(changed(values, which, at, {name: other}, weight))
        out[name] = max(moved)
    return out
