"""The five dimensions of a relation: how close it is, of which kind, and whether the five are five."""

import textwrap

import numpy as np
import pandas as pd

import crmlab.relationships.closeness as close
import crmlab.relationships.profiles as named
from crmlab.frame import picture, stats
from crmlab.frame.errors import counted, listed
from crmlab.frame.glossary import number, percent
from crmlab.frame.result import Caption, LeftOut, Result, kind
from crmlab.measures import scales, tables
from crmlab.measures.components import Components, parallel_analysis
from crmlab.relationships.climbing import latest
from crmlab.relationships.profiles import DIMENSIONS, MIXED, PROFILES, SIDES, ProfileCuts, Relations
from crmlab.relationships.samples import with_items

FEWEST = 3  # crmlab rule: of fewer dimensions closeness is not computed
WORDS = {"close partnership": "close partnerships", "working partnership": "working partnerships",
         "arm's length": "at arm's length", MIXED: "mixed, fitting no rule"}
NUMERALS = {3: "three", 4: "four", 5: "five"}


@kind
class Dimensions(Result):
    """A row per dimension.

    ``customers`` has profile, rule, closeness and dimensions of each, ``profiles`` a row per profile with its
    share and means, ``moves`` per cut the share that changes profile when it moves to the next score.
    """

    customers: pd.DataFrame
    profiles: pd.DataFrame
    moves: dict
    components: Components
    weights: stats.Interval
    one_sided: stats.Interval | None
    asymmetry: stats.Interval | None
    relations: Relations
    cuts: ProfileCuts
    level: float

    @property
    def closeness(self) -> float:
        """Mean of the dimensions, on their scale."""
        return float(self.customers["mean"].mean())

    def _shares(self) -> dict:
        return {row[1]: float(row.share) for row in self.profiles.itertuples()}

    def text(self) -> str:
        said = (self._who(), self._sides(), self._cut(), self._unknown())
        return " ".join(part for part in said if part)

    def _who(self) -> str:
        if not self._shares():
            return "No profile can be seen: no rule finds all it asks for."
        said = sorted(((share, name) for name, share in self._shares().items() if share), key=lambda p: -p[0])
        parts = [f"{percent(share)} {WORDS.get(name, name)}" for share, name in said]
        whole = counted(int(self.profiles["customers"].sum()), "relation")
        return f"Of {whole}: {listed(parts, 9, quote=False)}."

    def _sides(self) -> str:
        if self.asymmetry is None:
            return ""
        said, r = [], self.one_sided
        if r:
            told = ("comes with less cooperation", "shows neither in more nor in less cooperation",
                    "comes with more cooperation")[stats.side(r) + 1]
            said.append(f"One-sided dependence, whichever side depends, {told}: {self._r(r)}.")
        told = ("goes with distance", "tells nothing of closeness that could be seen here",
                "goes with closeness")[stats.side(self.asymmetry) + 1]
        said.append(f"Which side depends more {told}: {self._r(self.asymmetry)}.")
        return " ".join(said)

    def _r(self, r: stats.Interval) -> str:
        if not np.isfinite(r.low):
            return f"r = {number(r.estimate)}"
        return f"r = {number(r.estimate)}, {percent(self.level)} interval {number(r.low)} to {number(r.high)}"

    def _cut(self) -> str:
        if not self.moves:
            return ""
        worst = max(self.moves, key=self.moves.get)
        return (f"The cuts are ours: shift {named.CUT_WORDS[worst]} ({getattr(self.cuts, worst):.3g}) to "
                f"the next score one can give, and {percent(self.moves[worst])} change their profile.")

    def _unknown(self) -> str:
        said, shares = [], self._shares()
        if self.relations.missing:
            unseen = listed([name for name in PROFILES if name not in shares], 9, quote=False)
            more = f"; these profiles cannot be seen without: {unseen}" if shares and unseen else ""
            said.append(f"Not measured: {listed(self.relations.missing, quote=False)}{more}.")
        unsure = int(self.customers["class"].isna().sum()) if shares else 0
        if unsure:
            said.append(f"{counted(unsure, 'relation')} left a dimension unanswered and "
                        f"{'has' if unsure == 1 else 'have'} no profile; nothing was guessed.")
        return " ".join(said)

    def caption(self) -> Caption:
        rows = [row for row in self.profiles.sort_values("share", ascending=False, kind="stable").itertuples()
                if row[1] != MIXED and row.share]
        said = [", ".join(f"{percent(row.share)} {WORDS.get(row[1], row[1])}" for row in rows[:2])]
        said += [f"{percent(self._shares()[MIXED])} fit no rule"] if MIXED in self._shares() else []
        means = [f"{row[1]} ({percent(row.share)}): "
                 + ", ".join(f"{name} {number(getattr(row, name), 1)}" for name in self._columns)
                 for row in self.profiles.itertuples() if row.customers]
        return Caption("; ".join(part for part in said if part) or "No profile can be seen",
                       f"means by profile, n = {self._size} · diamond: what its rule asks, beside "
                       "the cut · dot: what came along · grey line: mean of all",
                       "Means by profile. " + "; ".join(means))

    @property
    def _size(self) -> str:
        """How many have a profile, and of how many where not all do."""
        named, of = int(self.customers["class"].notna().sum()), len(self.customers)
        return f"{named:,}" if named == of else f"{named:,} of {of:,}"

    @property
    def _columns(self) -> list[str]:
        return list(self.relations.values.columns)

    @property
    def size(self):
        return (7.2, 1.55 + 0.46 * max(int((self.profiles["customers"] > 0).sum()), 1))

    def draw(self, ax) -> None:
        rows = [row for row in self.profiles.itertuples() if row.customers]
        names = [" ".join((row[1], percent(row.share).replace(" ", "\u00a0"))) for row in rows]
        picture.names_down(ax, names or [" "], 16)
        for place, name in enumerate(self._columns):
            self._column(ax, place, name, rows)
        ax.set_xlim(-0.07, len(self._columns) - 0.05)
        ax.set_ylim(max(len(rows), 1) - 0.5, -1.9)
        ax.set_xticks([])
        ax.grid(visible=False)
        ax.spines["bottom"].set_visible(False)
        ax.figure.subplots_adjust(bottom=0.12 / ax.figure.get_figheight())

    def _column(self, ax, place: int, name: str, rows: list) -> None:
        wide = self.relations.high - self.relations.low
        low, high = (-wide, wide) if name == "asymmetry" else (self.relations.low, self.relations.high)

        def at(value):
            return place + 0.88 * (np.clip(value, low, high) - low) / (high - low)

        pole = "+ = we need them more" if name == "asymmetry" else f"{high:g} = {DIMENSIONS[name][1]}"
        ax.annotate(name.replace("inter", "inter-\n"), (place, -1.3), va="bottom", fontweight="bold",
                    fontsize=8.5, linespacing=0.95)
        ax.annotate("\n".join(textwrap.wrap(pole, 12)), (place, -1.22), va="top", fontsize=8,
                    color=picture.GREY)
        centre = at(self.relations.values[name].mean())
        ax.plot([centre, centre], [-0.35, len(rows) - 0.6], color=picture.GREY, lw=1, zorder=1)
        for y, row in enumerate(rows):
            ax.plot([place, place + 0.88], [y, y], color=picture.FAINT, lw=4, zorder=0)
            self._mean(ax, at, y, row, name)

    def _mean(self, ax, at, y: int, row, name: str) -> None:
        """Mean and interval of a profile; where its rule asked for the dimension, with the cut."""
        cuts = {score: getattr(self.cuts, cut) for score, _, cut in PROFILES.get(row[1], ())}
        color, value = picture.ACCENT if name in cuts else picture.SECOND, getattr(row, name)
        if name in cuts:
            ax.plot([at(cuts[name])] * 2, [y - 0.17, y + 0.17], color=color, lw=1.2, zorder=2)
        spread = self.customers.loc[self.customers["class"] == row[1], name].std()
        half = stats.critical(self.level, max(row.customers - 1, 1)) * spread / np.sqrt(row.customers)
        if np.isfinite(half):
            ax.plot([at(value - half), at(value + half)], [y, y], color=color, lw=2.4, zorder=2)
        ax.plot(at(value), y, "D" if name in cuts else "o", color=color, ms=6, zorder=4)
        ax.annotate(number(value, 1), (at(value), y), (0, 6.5), textcoords="offset points", ha="center",
                    color=color, fontsize=8.5, zorder=3,
                    bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.4})

    def headline(self) -> dict:
        one_sided, asymmetry = self.one_sided or close.UNKNOWN, self.asymmetry or close.UNKNOWN
        return {"closeness_mean": self.closeness, "components": self.components.count,
                "profiles": self._shares(), "one_sided_cooperation": one_sided.estimate,
                "asymmetry_closeness": asymmetry.estimate,
                "moved_by_next_score": max(self.moves.values(), default=0.0)}


def dimensions(relations: pd.DataFrame, *, cuts: ProfileCuts | None = None, alpha: float = 0.05,
               draws: int = 500, seed: int = 1) -> Dimensions | LeftOut:
    """The five dimensions of every relation (Peelen 2005), its closeness, and its profile by rules.

    ``relations`` is a table of answers or of scores; with answers, parallel analysis (Horn 1965) says how
    many components the items carry. Closeness is a crmlab rule: the mean of the z-scores of the dimensions
    (``mean`` keeps their scale), for those with two thirds of them answered. Profiles and cuts are crmlab
    rules too (:data:`PROFILES`, :class:`ProfileCuts`), moved from 1 to 7 to the scale of the data; the first
    rule that fires counts. Asymmetry is our dependence minus theirs, "us" being the side that answered.

    A row of the table is a dimension; its estimate is r with the closeness of the others, so that no
    dimension is held against itself. Alpha of interdependence is not given: two sides are not two measures
    of one thing. Returns :class:`LeftOut` with fewer than three dimensions.

    >>> import crmlab as crm
    >>> found = dimensions(crm.open_table("dyads", "world:dyads", seed=1), draws=100)
    >>> found.table["construct"].tolist()
    ['cooperation', 'balance', 'interdependence', 'social', 'informal', 'asymmetry']
    """
    relations = latest(relations)
    scores, title = _scored(relations), "Five dimensions of a relation"
    source, level = tables.provenance(scores), 1 - alpha
    found = named.related(scores, source.get("scales", {}))
    values, there = found.values, found.values[found.present]
    if len(found.present) < FEWEST:
        return LeftOut(title=title, table=pd.DataFrame(), source=source,
                       reason=f"closeness needs three of the dimensions {listed(DIMENSIONS, quote=False)}, "
                              f"and the table has {listed(found.present, quote=False) or 'none of them'}")
    cuts, z = (cuts or ProfileCuts()).on(found.low, found.high), close.standardised(there)
    customers = _customers(values, there, z, cuts)
    customers.insert(0, "customer_id", tables.ids(scores))
    tilt, cooperation = values.get("asymmetry"), values.get("cooperation")
    uneven = None if tilt is None or cooperation is None else close.correlated(tilt.abs(), cooperation, level)
    return Dimensions(
        title=title, table=close.table(values, z, source.get("scales", {}), level), source=source,
        customers=customers, profiles=_profiles(customers, values, level), moves=named.moved(values, cuts),
        components=_components(relations, scores, draws, seed), relations=found, cuts=cuts, level=level,
        weights=close.agreement(z, customers["closeness"], level), one_sided=uneven,
        asymmetry=None if tilt is None else close.correlated(tilt, customers["closeness"], level),
        settings=_settings(found, cuts, draws, seed))


def _scored(relations: pd.DataFrame) -> pd.DataFrame:
    """Scores from the items that are in the table; a table of scores as it stands."""
    known = with_items(relations)
    return scales.score(known) if tables.provenance(known)["constructs"] else relations


def _settings(found: Relations, cuts: ProfileCuts, draws: int, seed: int) -> str:
    said = "profiles and cuts are crmlab rules: " + ", ".join(f"{k} {v:.3g}" for k, v in vars(cuts).items())
    other = f"; scales differ, stretched onto {found.low:g} to {found.high:g}" if found.stretched else ""
    return f"{said}{other}; parallel analysis {draws:,} draws, seed {seed}; weights and clusters not used"


def _customers(values: pd.DataFrame, there: pd.DataFrame, z: pd.DataFrame, cuts: ProfileCuts) -> pd.DataFrame:
    classes = named.profile(values, cuts) if named.asked(values) else np.full(len(values), None)
    return pd.DataFrame({"class": classes, "rule": named.traced(values, classes, cuts),
                         "closeness": close.mean_of_most(z), "mean": close.mean_of_most(there), **values},
                        index=values.index)


def _profiles(customers: pd.DataFrame, values: pd.DataFrame, level: float) -> pd.DataFrame:
    known, rows = int(customers["class"].notna().sum()), []
    for name in [*named.asked(values), MIXED] if known else []:
        mine = customers[customers["class"] == name]
        low, high = stats.wilson(len(mine) / known, known, level)
        rows.append({"class": name, "customers": len(mine), "share": len(mine) / known, "low": low,
                     "high": high, **{column: mine[column].mean() for column in values}})
    return pd.DataFrame(rows, columns=["class", "customers", "share", "low", "high", *values])


def _components(relations: pd.DataFrame, scores: pd.DataFrame, draws: int, seed: int) -> Components:
    """Of the items where the table has them, otherwise of the scores; both dependences count apart."""
    used = [name for name in (*DIMENSIONS, *SIDES) if name in scores.columns]
    constructs = tables.provenance(relations)["constructs"]
    items = [item for name in used for item in constructs.get(name, {}).get("items", []) if item in relations]
    frame, what = (relations[items], "item") if items else (scores[used], "score")
    return parallel_analysis(frame.dropna().to_numpy(float), draws=draws, seed=seed, what=what)
