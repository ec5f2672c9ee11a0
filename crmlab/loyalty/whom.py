"""For whom the link is stronger: groups side by side."""

from itertools import combinations

import numpy as np
import pandas as pd

from crmlab.frame import correlations, picture, stats
from crmlab.frame.errors import CrmlabError, counted, did_you_mean, listed
from crmlab.frame.glossary import number, p_clause
from crmlab.frame.result import Caption, Result, kind
from crmlab.loyalty.pairs import Pair, data_words, left_out, pair, span_of
from crmlab.measures import tables

FEWEST = 20  # crmlab rule: a correlation of fewer customers is not compared
MOST = 12  # of more groups than these, the largest are compared
NOBODY = "no column to tell customers apart was named; choose one with group='…'"


def chosen(scores: pd.DataFrame, by: str | None, x: str, y: str) -> str | None:
    """The column that tells customers apart: the one named, or the one the source suggests."""
    name = by or tables.provenance(scores).get("moderator")
    if name is None or (by is None and name not in scores.columns):
        return None
    if name not in scores.columns or name in (x, y):
        known = [c for c in scores.columns if c not in (x, y, "customer_id", "weight")]
        raise CrmlabError(f"The customers cannot be grouped by '{name}'.",
                          f"The table has {listed(known, 20, quote=False) or 'no column for it'}.",
                          did_you_mean(name, known) or "Choose another column with group='…'.")
    return name


def _kinds(values: pd.Series) -> tuple[np.ndarray, list[str], str]:
    """The group of each row (or none), the groups in order, and how they were made, if they were."""
    if not pd.api.types.is_numeric_dtype(values) or values.nunique() <= 6:
        levels = values.cat.categories if isinstance(values.dtype, pd.CategoricalDtype) else (
            sorted(values.dropna().unique(), key=lambda v: (isinstance(v, str), v)))
        names = {level: f"{level:g}" if isinstance(level, float) else str(level) for level in levels}
        return values.astype(object).map(names).to_numpy(object), list(dict.fromkeys(names.values())), ""
    middle = values.median()
    high = values > middle if (values > middle).mean() >= 0.25 else values >= middle
    order = [f"high {values.name}", f"low {values.name}"]
    return (np.where(values.isna(), None, np.where(high, *order)), order,
            f"{values.name} split at its median {middle:.3g}")


def _closer(one: pd.Series, other: pd.Series) -> bool:
    """Whether a link above 0 is closer than one that is known to be lower: nothing speaks for as much below 0."""
    floor = min(one["low"], one["high"])  # of numbers that were turned round the ends are, too
    return floor > 0 and other["estimate"] >= 0 and min(other["low"], other["high"]) > -floor


@kind
class Groups(Result):
    """A row per group with its correlation; ``differences`` holds a test for every two of them."""

    by: str
    names: tuple
    differences: pd.DataFrame
    left_out: list
    level: float
    how: str  # how a number was cut into groups; whether the link depends on it is then for the moderator to say

    @property
    def clear(self) -> pd.DataFrame:
        """The pairs that differ, the surest first."""
        pairs = self.differences
        return pairs[pairs["p_adjusted"] < 1 - self.level].sort_values("p", kind="stable")

    def text(self) -> str:
        said = [self._listed(), self._footnote() if self.how else self._verdict()]
        if self.left_out:
            said.append(f"Left out: {listed(self.left_out, quote=False)}.")
        return " ".join(said)

    @property
    def _gap(self) -> pd.Series:
        return (self.clear if len(self.clear) else self.differences.sort_values("estimate", ascending=False)).iloc[0]

    def _size(self) -> str:
        gap = self._gap
        return f"{number(gap['estimate'])} in r, interval {number(gap['low'])} to {number(gap['high'])}"

    def _verdict(self) -> str:
        gap = self._gap
        higher, lower = gap["pair"]
        if not len(self.clear):
            widest = "the largest gap" if len(self.differences) > 1 else "the gap"
            return f"That is no evidence that the link differs: {widest}, {higher} less {lower}, is {self._size()}."
        up, down = (self.table.set_index("group").loc[group] for group in (higher, lower))
        closer = (f"it is closer for {higher} than for {lower}, by" if _closer(up, down) else
                  f"it is closer for {lower} than for {higher}, by" if _closer(-down, -up) else
                  f"r is higher for {higher} than for {lower}, by")
        others = len(self.clear) - 1
        more = f"; {counted(others, 'more pair')} of groups {'differs' if others == 1 else 'differ'}" if others else ""
        return f"The link differs: {closer} {self._size()}, {p_clause(gap['p_adjusted'])}{more}."

    def _footnote(self) -> str:
        """A number cut into groups knows less than the number, so the verdict is left to the moderator."""
        gap = self._gap
        higher, lower = gap["pair"]
        return (f"The gap, {higher} less {lower}, is {self._size()}, {p_clause(gap['p_adjusted'])}. The groups are "
                f"{self.how}, and another cut would make other groups: whether the link depends on {self.by} is judged "
                "from all its values, with the moderator.")

    def _listed(self) -> str:
        if len(self.table) > 6:
            r = self.table["estimate"]
            least, most = self.table.loc[r.idxmin()], self.table.loc[r.idxmax()]
            return (f"By {self.by}: over {len(self.table)} groups r runs from {number(least['estimate'])} "
                    f"({least['group']}) to {number(most['estimate'])} ({most['group']}).")
        rows = [f"{r.group}: r = {number(r.estimate)} [{number(r.low)}, {number(r.high)}], n = {r.n:,}"
                for r in self.table.itertuples()]
        return f"By {self.by}: {'; '.join(rows)}."

    def caption(self) -> Caption:
        finding = f"The link {'differs' if len(self.clear) else 'does not clearly differ'} by {self.by}"
        if self.how:
            finding = f"The link at low and high {self.by}; the moderator judges"
        return Caption(finding,
                       f"{data_words(self.source)} · correlation of {' and '.join(self.names)} in each group",
                       "; ".join(f"{r.group} {number(r.estimate)}" for r in self.table.itertuples()))

    @property
    def size(self):
        return (7.2, 1.6 + 0.46 * len(self.table))

    def draw(self, ax) -> None:
        left, right = span_of(self.table)
        for place, row in enumerate(self.table.itertuples()):
            color, marker = picture.GROUPS[place % 6], picture.MARKERS[place % 6]
            picture.span(ax, place, row.estimate, row.low, row.high, color=color, marker=marker)
            at = np.clip(row.estimate, left + 0.13 * (right - left), right - 0.13 * (right - left))
            ax.annotate(f"{number(row.estimate)}   n = {row.n:,}", (at, place), (0, 8), color=color,
                        textcoords="offset points", ha="center", fontsize=9.5)
        picture.names_down(ax, self.table["group"])
        ax.set_xlim(left, right)
        ax.set_xlabel("correlation, with interval")

    def headline(self) -> dict:
        return {str(r.group): r.estimate for r in self.table.head(8).itertuples()} | {
            "smallest_p_adjusted": float(self.differences["p_adjusted"].min())}


def groups(scores: pd.DataFrame, x: str = "satisfaction", y: str = "loyalty", *, by: str | None = None,
           alpha: float = 0.05) -> Result:
    """The correlation within each group, and whether the groups differ (Holm for several pairs).

    ``by`` is a column of categories, or a number, which is split at its median and said so; without it the
    moderator that the data source suggests. A difference has Zou's (2007) interval, put together from the
    intervals of both r, and the p that belongs to it; one customer is left out at a time, or one cluster from all
    groups at once. Intervals of several differences hold together (Dunn 1961). Of a number that is cut in two the
    groups are shown and :func:`moderation` judges. Groups of fewer than 20 customers, or whose scores do not vary,
    are left out and named. Without two groups, or any column to group by, the result
    says that the step was left out.

    >>> import crmlab as crm
    >>> scores = crm.score(crm.open_table("survey", "world:survey", seed=1))
    >>> groups(scores, by="competition").table["group"].tolist()
    ['little', 'strong']
    """
    name = chosen(scores, by, x, y)
    if name is None:
        return left_out("Groups", scores, NOBODY)
    whole = pair(scores, x, y)
    kinds, order, how = _kinds(scores[name])
    kinds = kinds[whole.rows]
    within, out = _usable(whole, kinds, order)
    if len(within) < 2:
        return left_out("Groups", scores, _too_few_groups(name, within, out, kinds, order))
    if len(within) > MOST:
        out.append(f"all but the {MOST} largest of {len(within)} groups")
        largest = sorted(within, key=lambda label: -within[label].n)[:MOST]
        within = {label: within[label] for label in within if label in largest}
    silent = int(pd.isna(kinds).sum())
    out += [f"{counted(silent, 'customer')} without an answer to '{name}'"] if silent else []
    rows = [{"group": label, **p.correlation(1 - alpha)._asdict(), "n": p.n} for label, p in within.items()]
    return Groups(title=f"Is the link the same for all? By {name}", table=pd.DataFrame(rows), by=name,
                  names=(x, y), differences=_differences(whole, kinds, list(within), alpha), left_out=out, how=how,
                  source=tables.provenance(scores), level=1 - alpha,
                  settings="each r by leaving out one unit at a time; differences with Zou's (2007) interval and the p "
                           "that belongs to it; intervals of several hold together, p by Holm")


def _usable(whole: Pair, kinds: np.ndarray, order: list) -> tuple[dict[str, Pair], list[str]]:
    """The groups whose correlation can be compared, and the others with the reason."""
    within = {label: whole.among(kinds == label) for label in order}
    closed = {label: _closed(p) for label, p in within.items()}
    return ({label: p for label, p in within.items() if not closed[label]},
            [f"{label} ({why})" for label, why in closed.items() if why and within[label].n])


def _closed(p: Pair) -> str:
    """Why the correlation of a group is not compared, or nothing."""
    worth = p.n if p.weight is None or not p.n else int(stats.kish(p.weight))
    if worth < FEWEST:
        return counted(p.n, "customer") + ("" if p.n < FEWEST else f", worth {worth} by their weights")
    for name, values in ((p.name_x, p.x), (p.name_y, p.y)):
        if np.ptp(values) < 1e-9:
            return f"{name} does not vary"
    if abs(correlations.correlation("pearson", p.x, p.y, p.weight)) >= stats.PERFECT:
        return "both scores lie on one line"
    return counted(p.clusters, "cluster") if p.too_few else ""


def _too_few_groups(name: str, within: dict, out: list, kinds: np.ndarray, order: list) -> str:
    enough = sum(int((kinds == label).sum()) >= FEWEST for label in order)
    if enough < 2:
        has = counted(enough, "group")
        return f"'{name}' has {has} of {FEWEST} customers or more; a comparison needs two"
    usable = "none" if not within else "only one"
    return f"of the groups of '{name}' {usable} can be used; left out: {listed(out, quote=False)}"


def _differences(whole: Pair, kinds: np.ndarray, labels: list, alpha: float) -> pd.DataFrame:
    """Every two groups, the higher r first; a customer outside a group has no weight in it."""
    weight = np.ones(whole.n) if whole.weight is None else whole.weight
    found = {label: stats.left_out(whole.x, whole.y, whole.cluster, weight * (kinds == label)) for label in labels}
    pairs, rows = list(combinations(labels, 2)), []
    for pair_ in pairs:
        higher, lower = sorted(pair_, key=lambda label: -found[label][0])
        gap, p = correlations.difference(found[higher], found[lower], 1 - alpha / len(pairs))
        rows.append({"term": f"{pair_[0]} and {pair_[1]}", **gap._asdict(), "p": p,
                     "n": int(np.isin(kinds, pair_).sum()), "pair": (higher, lower)})
    return pd.DataFrame(rows).assign(p_adjusted=lambda t: stats.adjusted(t["p"]))
