"""How far classification systems sort the same rows alike."""

from itertools import combinations

import numpy as np
import pandas as pd
import seaborn as sns

from crmlab.frame import picture
from crmlab.frame.errors import CrmlabError, counted, did_you_mean, listed
from crmlab.frame.result import Caption, Result, kind
from crmlab.measures import tables
from crmlab.measures.systems.applying import NOT_KNOWN, applicable, classify
from crmlab.measures.systems.book import entry, register
from crmlab.measures.systems.crossing import Two, compared

DOTS = 15  # pairs that are still read one by one; beyond it a map
V, RAND = "Cramér's V", "adjusted Rand"


@kind
class Agreement(Result):
    """Two rows per pair of systems, Cramér's V and adjusted Rand; ``classes`` has a column per system."""

    pairs: list
    classes: pd.DataFrame
    inputs: dict
    unit: str

    def _ranked(self) -> list[Two]:
        return sorted(
            (two for two in self.pairs if np.isfinite(two.v.estimate)), key=lambda two: -two.v.estimate
        )

    def text(self) -> str:
        ranked = self._ranked()
        if not ranked:
            return "No two systems can be compared: too few rows in common, or everybody in one class."
        said = [
            f"{counted(self.classes.shape[1], 'system')} on {counted(len(self.classes), self.unit)}. "
            + self._ends(ranked)
        ]
        if len(ranked) < len(self.pairs):
            said.append(f"{counted(len(self.pairs) - len(ranked), 'pair')} could not be compared.")
        said.append(
            "Systems agree where their cuts fall alike in these answers. That is agreement of cuts, not "
            "evidence that the classes exist in nature."
        )
        return " ".join(said)

    def _ends(self, ranked: list[Two]) -> str:
        most, least = ranked[0], ranked[-1]
        built = (
            f" Both look at {listed(both, quote=False)}, so part of it is built in."
            if (both := self._shared(most))
            else ""
        )
        if len(ranked) == 1:
            return f"{most.names}: {V[:-1]}{most.told()}.{built}"
        return (
            f"Most alike are {most.names}, {V[:-1]}{most.told()}.{built} "
            f"Least alike are {least.names}, {least.told()}."
        )

    def _shared(self, two: Two) -> list[str]:
        return [name for name in self.inputs.get(two.first, []) if name in self.inputs.get(two.second, [])]

    def caption(self) -> Caption:
        ranked = self._ranked()
        what = V if len(self.pairs) > DOTS else "agreement"
        finding = f"Most alike: {ranked[0].names}" if ranked else "No two systems can be compared"
        return Caption(
            finding,
            f"{self.source.get('title', '')} · {what} of every two systems, 0 to 1",
            "; ".join(f"{two.names} {two.told()}" for two in ranked),
        )

    @property
    def size(self):
        if len(self.pairs) > DOTS:
            return (7.2, 2.6 + 0.36 * self.classes.shape[1])
        return (7.2, 1.9 + 0.62 * max(len(self._ranked()), 1))

    def draw(self, ax) -> None:
        (self._map if len(self.pairs) > DOTS else self._dots)(ax)

    def _dots(self, ax) -> None:
        ranked = self._ranked()
        for place, two in enumerate(ranked):
            color = picture.ACCENT if place == 0 else picture.SECOND
            for at, shift, shade, marker in (
                (two.v, -0.13, color, "o"),
                (two.rand, 0.17, picture.QUIET, "D"),
            ):
                picture.span(ax, place + shift, *at, color=shade, marker=marker)
            if place == 0:
                for at, shift, shade, word in (
                    (two.v, -0.13, color, V),
                    (two.rand, 0.17, picture.GREY, RAND),
                ):
                    end = np.nanmax([at.estimate, at.high])
                    left = end > 0.75
                    start = np.nanmin([at.estimate, at.low]) if left else end
                    ax.annotate(
                        word,
                        (start, shift),
                        (-8 if left else 8, 0),
                        textcoords="offset points",
                        va="center",
                        ha="right" if left else "left",
                        color=shade,
                        fontsize=9.5,
                    )
        picture.names_down(ax, [f"{two.first} – {two.second}" for two in ranked])
        ends = [edge for two in ranked for edge in (two.v.low, two.rand.low, two.rand.estimate)]
        ax.set_xlim(min(-0.02, *(end - 0.03 for end in ends if np.isfinite(end)), 0), 1.02)
        ax.set_xlabel("agreement, with interval")

    def _map(self, ax) -> None:
        names = list(self.classes)
        grid = pd.DataFrame(np.nan, index=names, columns=names)
        for two in self.pairs:
            grid.loc[two.second, two.first] = two.v.estimate
        grid = grid.iloc[1:, :-1]
        shades = sns.light_palette(picture.SECOND, as_cmap=True)
        words = grid.map(lambda v: "" if np.isnan(v) else f"{v:.2f}".removeprefix("0"))
        sns.heatmap(
            grid,
            ax=ax,
            cmap=shades,
            vmin=0,
            vmax=1,
            annot=words,
            fmt="",
            cbar=False,
            linewidths=1.5,
            annot_kws={"fontsize": 8.5},
        )
        ax.set_xticklabels(names[:-1], rotation=40, ha="right", rotation_mode="anchor", fontsize=8.5)
        ax.set_yticklabels(names[1:], rotation=0, fontsize=8.5)
        ax.tick_params(length=0)
        ax.grid(visible=False)
        picture.room_for_names(ax, names, 0.07)
        longest = max(map(len, names))
        ax.figure.subplots_adjust(bottom=(0.25 + 0.05 * longest) / ax.figure.get_figheight())

    def headline(self) -> dict:
        ranked = self._ranked()
        ends = {"highest_v": ranked[0].v.estimate, "lowest_v": ranked[-1].v.estimate} if ranked else {}
        return {
            "systems": self.classes.shape[1],
            "rows": len(self.classes),
            **ends,
            "v": {two.names: two.v.estimate for two in ranked},
            "adjusted_rand": {two.names: two.rand.estimate for two in ranked},
        }


def agreement(
    table: pd.DataFrame,
    names: list[str] | None = None,
    *,
    extra: dict | None = None,
    alpha: float = 0.05,
    draws: int = 2000,
    seed: int = 1,
) -> Agreement:
    """How far every two systems sort the same rows alike: Cramér's V and the adjusted Rand index.

    ``names`` are keys of systems, or of ``extra``; without it, all that the columns allow. ``extra`` holds
    classes from elsewhere, as in ``{"ladder": ladder.customers["class"]}``: one for every row of the table.
    Each pair rests on the rows that both classify; "not known" is no class. V is 1 where the finer system
    settles the other; the Rand index is 1 only where both make the same groups.

    V is corrected for its bias (Bergsma 2013). Intervals are percentiles of a bootstrap of rows, or of whole
    clusters where there are any; its tables are corrected a second time, since plain percentiles at
    independence cover about 60 instead of 95 % for a table of six by four classes and 1,000 rows.

    Raises CrmlabError for fewer than two systems, and for classes that do not fit the table.

    >>> import crmlab as crm
    >>> scores = crm.score(crm.open_table("survey", "world:survey", seed=1))
    >>> often = (scores["behaviour"] > scores["behaviour"].median()).map({True: "often", False: "seldom"})
    >>> found = agreement(scores, ["jones_sasser", "buys"], extra={"buys": often}, draws=200)
    >>> found.table["method"].tolist()
    ["Cramér's V", 'adjusted Rand']
    """
    extra = extra or {}
    chosen = _chosen(table, names, extra)
    classes = _classes(table, chosen, extra)
    pairs = [
        compared(first, second, classes, table, 1 - alpha, draws, seed)
        for first, second in combinations(classes, 2)
    ]
    rows = [
        {"system": two.first, "other": two.second, "method": method, "n": two.n, **at._asdict()}
        for two in pairs
        for method, at in ((V, two.v), (RAND, two.rand))
    ]
    known = [entry(key) for key in chosen if key not in extra]
    inputs = {e.name: e.inputs for e in known}
    return Agreement(
        title="Do the systems agree?",
        table=pd.DataFrame(rows),
        pairs=pairs,
        classes=classes,
        inputs=inputs,
        unit="customer" if all(e.unit == "customer" for e in known) else "row",
        source=tables.provenance(table),
        settings="V corrected for bias (Bergsma 2013); cuts of the systems are crmlab rules; percentiles of "
        f"{draws:,} draws, seed {seed}",
    )


def _chosen(table: pd.DataFrame, names, extra: dict) -> list[str]:
    chosen = list(dict.fromkeys(names)) if names is not None else [*extra, *applicable(table)]
    for key in chosen:
        if key not in extra and key not in register() and extra:
            raise CrmlabError(
                f"There is no system '{key}'.",
                f"The classes handed over are {listed(extra, 12)}.",
                did_you_mean(key, [*extra, *register()])
                or "crm.systems.catalogue() lists the rest.",
            )
    shown = [_name(key, extra) for key in chosen]
    if len(set(shown)) < len(shown):
        twice = next(name for name in shown if shown.count(name) > 1)
        raise CrmlabError(
            f"Two systems are called '{twice}'.",
            f"The names are {listed(shown, 12)}.",
            "Give the classes of your own another name in extra.",
        )
    if len(shown) < 2:
        found = f"Found {listed(chosen)}." if chosen else "Found none."
        raise CrmlabError(
            "Agreement needs at least two systems.",
            found,
            "Name two whose inputs the table has, or hand classes over with extra={'mine': …}.",
        )
    return chosen


def _classes(table: pd.DataFrame, chosen: list[str], extra: dict) -> pd.DataFrame:
    """A column of classes per system; missing where a row has none."""
    found = {
        _name(key, extra): _given(key, extra[key], table)
        if key in extra
        else classify(table, key).customers["class"].to_numpy(object)
        for key in chosen
    }
    classes = pd.DataFrame(found, index=table.index)
    return classes.where(classes.notna() & (classes != NOT_KNOWN), None)


def _name(key: str, extra: dict) -> str:
    return str(key) if key in extra else entry(key).name


def _given(key: str, given, table: pd.DataFrame) -> np.ndarray:
    series = given if isinstance(given, pd.Series) else pd.Series(list(given))
    same = len(series) == len(table) and (not isinstance(given, pd.Series) or given.index.equals(table.index))
    if not same:
        found = (
            f"It has {counted(len(series), 'class', 'classes')} for {counted(len(table), 'row')}."
            if len(series) != len(table)
            else "Its index names other rows than the table's."
        )
        raise CrmlabError(
            f"The classes '{key}' do not fit the table.",
            found,
            "Give a class for every row, in the table's order and with its index.",
        )
    return series.astype(object).to_numpy()
