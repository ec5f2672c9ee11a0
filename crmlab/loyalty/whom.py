"""For whom the link is stronger: groups side by side, and a moderator that shifts the slope."""

from itertools import combinations

import numpy as np
import pandas as pd

from crmlab.frame import picture, resample, stats
from crmlab.frame.errors import CrmlabError, counted, did_you_mean, listed
from crmlab.frame.glossary import number, p_clause
from crmlab.frame.result import Caption, LeftOut, Result, kind
from crmlab.loyalty.pair import data_words, pair
from crmlab.measures import tables

FEWEST = 20  # crmlab rule: a correlation of fewer customers is not compared


def _chosen(scores: pd.DataFrame, by: str | None, x: str, y: str) -> str | None:
    name = by or tables.provenance(scores).get("moderator")
    if name is None or (by is None and name not in scores.columns):
        return None
    if name not in scores.columns or name in (x, y):
        known = [c for c in scores.columns if c not in (x, y, "customer_id", "weight")]
        raise CrmlabError(f"The customers cannot be grouped by '{name}'.", f"The table has {listed(known, 20, quote=False)}.",
                          did_you_mean(name, known) or "Choose one of these with group='…'.")
    return name


def _kinds(values: pd.Series) -> tuple[pd.Series, str]:
    """Groups as they stand, or two halves of a number; and how the halves were made."""
    if not pd.api.types.is_numeric_dtype(values) or values.nunique() <= 6:
        return values.astype(object).where(values.isna(), values.astype(str)), ""
    middle = values.median()
    high = values > middle if (values > middle).mean() >= 0.25 else values >= middle
    names = np.where(high, f"high {values.name}", f"low {values.name}")
    return pd.Series(names, index=values.index).where(values.notna()), f"{values.name} split at its median {middle:.3g}"


@kind
class Groups(Result):
    """A row per group with its correlation; ``differences`` holds Fisher's z test for every two of them."""

    by: str
    differences: pd.DataFrame
    left_out: list
    level: float
    how: str

    def text(self) -> str:
        rows = [f"{r.group}: r = {number(r.estimate)} [{number(r.low)}, {number(r.high)}], n = {r.n:,}"
                for r in self.table.itertuples()]
        said = [f"By {self.by}: {'; '.join(rows)}."]
        clear = self.differences[self.differences["p_adjusted"] < 1 - self.level]
        if len(clear):
            first = clear.iloc[0]
            said.append(f"The link differs between {first['term']}: by {number(first['estimate'])} in r, "
                        f"{p_clause(first['p_adjusted'])}.")
        else:
            widest = self.differences.loc[self.differences["estimate"].abs().idxmax()]
            said.append(f"That is no evidence that the link differs: the largest gap, {widest['term']}, is "
                        f"{number(widest['estimate'])} in r, interval {number(widest['low'])} to "
                        f"{number(widest['high'])}.")
        if self.how:
            said.append(f"The groups are {self.how}; another cut would make other groups.")
        if self.left_out:
            said.append(f"Left out for having fewer than {FEWEST} customers: {listed(self.left_out)}.")
        return " ".join(said)

    def caption(self) -> Caption:
        clear = (self.differences["p_adjusted"] < 1 - self.level).any()
        finding = f"The link {'differs' if clear else 'does not clearly differ'} by {self.by}"
        return Caption(finding, f"{data_words(self.source)} · correlation of satisfaction and loyalty within each group",
                       "; ".join(f"{r.group} {number(r.estimate)}" for r in self.table.itertuples()))

    @property
    def size(self):
        return (7.2, 1.6 + 0.42 * len(self.table))

    def draw(self, ax) -> None:
        for place, row in enumerate(self.table.itertuples()):
            color, marker = picture.GROUPS[place % 6], picture.MARKERS[place % 6]
            picture.span(ax, place, row.estimate, row.low, row.high, color=color, marker=marker)
            ax.annotate(f"{number(row.estimate)}   n = {row.n:,}", (row.estimate, place), (0, 9), color=color,
                        textcoords="offset points", ha="center", fontsize=9.5)
        picture.names_down(ax, self.table["group"])
        ax.set_xlim(min(0, self.table["low"].min() - 0.05), 1)
        ax.set_xlabel("correlation, with interval")

    def headline(self) -> dict:
        return {str(r.group): r.estimate for r in self.table.head(8).itertuples()} | {
            "smallest_p_adjusted": float(self.differences["p_adjusted"].min())}


def groups(scores: pd.DataFrame, x: str = "satisfaction", y: str = "loyalty", *, by: str | None = None,
           alpha: float = 0.05) -> Result:
    """The correlation within each group, and whether the groups differ (Fisher's z; Holm for several pairs).

    ``by`` is a column of categories, or a number, which is split at its median and said so; without it the
    moderator that the data source suggests. The interval of a difference is that of Zou (2007). Without any
    column to group by, the result says that the step was left out.

    >>> import crmlab as crm
    >>> scores = crm.score(crm.open_table("survey", "world:survey", seed=1))
    >>> groups(scores, by="competition").table["group"].tolist()
    ['little', 'strong']
    """
    name = _chosen(scores, by, x, y)
    if name is None:
        return _nobody(scores, "Groups")
    kinds, how = _kinds(scores[name])
    sizes = kinds[scores[[x, y]].notna().all(axis=1)].value_counts()
    named = sorted(sizes.index[sizes >= FEWEST])
    if len(named) < 2:
        return LeftOut(title="Groups", table=pd.DataFrame(), source=tables.provenance(scores),
                       reason=f"'{name}' has {counted(len(named), 'group')} of {FEWEST} customers or more; a "
                              "comparison needs two")
    rows = []
    for label in named:
        p = pair(scores[kinds == label], x, y)
        z, df = stats.z_error(p.x, p.y, p.cluster, p.weight)
        r, half = resample.correlation("pearson", p.x, p.y, p.weight), stats.critical(1 - alpha, df) * z
        rows.append({"group": label, "estimate": r, "low": np.tanh(np.arctanh(r) - half),
                     "high": np.tanh(np.arctanh(r) + half), "n": p.n, "error": z})
    table = pd.DataFrame(rows)
    return Groups(title=f"Is the link the same for all? By {name}", table=table.drop(columns="error"), by=name,
                  differences=_differences(table), source=tables.provenance(scores), level=1 - alpha, how=how,
                  left_out=[str(g) for g in sizes.index if g not in named],
                  settings="Fisher's z within groups; differences with Zou's (2007) interval, p by Holm")


def _differences(table: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for a, b in combinations(table.itertuples(), 2):
        z = (np.arctanh(a.estimate) - np.arctanh(b.estimate)) / np.hypot(a.error, b.error)
        gap = a.estimate - b.estimate
        rows.append({"term": f"{a.group} and {b.group}", "estimate": gap,
                     "low": gap - np.hypot(a.estimate - a.low, b.high - b.estimate),
                     "high": gap + np.hypot(a.high - a.estimate, b.estimate - b.low),
                     "p": 2 * stats.upper_tail(abs(z)), "n": a.n + b.n})
    return pd.DataFrame(rows).assign(p_adjusted=lambda t: stats.adjusted(t["p"]))


def _nobody(scores: pd.DataFrame, title: str) -> LeftOut:
    return LeftOut(title=title, table=pd.DataFrame(), source=tables.provenance(scores),
                   reason="no column to tell customers apart was named; choose one with group='…'")


@kind
class Moderation(Result):
    """Simple slopes at low, middle and high values of the moderator; ``band`` is the slope along all of it."""

    by: str
    names: tuple
    interaction: stats.Interval
    p: float
    band: pd.DataFrame
    n: int
    level: float

    def regions(self) -> str:
        """Where along the observed moderator the slope is clear of 0."""
        clear = self.band[(self.band["low"] > 0) | (self.band["high"] < 0)]["at"]
        if not len(clear):
            return "nowhere in the observed range is the slope clear of 0"
        if len(clear) == len(self.band):
            return "the slope is clear of 0 everywhere in the observed range"
        return f"the slope is clear of 0 from {number(clear.min(), 1)} to {number(clear.max(), 1)} of {self.by}"

    def text(self) -> str:
        i, (x, y) = self.interaction, self.names
        low, high = self.table.iloc[0], self.table.iloc[-1]
        clear = self.p < 1 - self.level
        return (f"One point of {x} goes with {number(low['estimate'])} points of {y} where {self.by} is low and "
                f"{number(high['estimate'])} where it is high; the change per point of {self.by} is "
                f"{number(i.estimate)}, interval {number(i.low)} to {number(i.high)}, {p_clause(self.p)}. "
                f"{'So the link depends on ' + self.by if clear else 'That is no evidence that the link depends on ' + self.by}; "
                f"{self.regions()} (a band that holds at all values at once). The squares of both are in the model, "
                "so that a mere curve is not mistaken for a moderator.")

    def caption(self) -> Caption:
        clear = self.p < 1 - self.level
        way = "weakens" if self.interaction.estimate < 0 else "strengthens"
        finding = (f"More {self.by} {way} the link" if clear else f"The link does not clearly depend on {self.by}")
        return Caption(finding, f"{data_words(self.source)} · n = {self.n:,} · slope of {self.names[1]} on "
                       f"{self.names[0]} along {self.by}",
                       f"Slope {number(self.band['estimate'].iloc[0])} at the lowest and "
                       f"{number(self.band['estimate'].iloc[-1])} at the highest {self.by}")

    def draw(self, ax) -> None:
        band = self.band
        ax.fill_between(band["at"], band["low"], band["high"], color=picture.ACCENT, alpha=0.16, lw=0)
        ax.plot(band["at"], band["estimate"], color=picture.ACCENT, lw=2.6)
        ax.axhline(0, color=picture.GREY, lw=1.2)
        for row in self.table.itertuples():
            ax.plot([row.cut, row.cut], [row.low, row.high], color=picture.SECOND, lw=2.4, zorder=4)
            ax.plot(row.cut, row.estimate, "o", color=picture.SECOND, ms=7, zorder=5)
            ax.annotate(number(row.estimate), (row.cut, row.high), (0, 5), textcoords="offset points", ha="center",
                        color=picture.SECOND, fontsize=9.5)
        ax.annotate("no link", (1, 0), (-4, 4), xycoords=("axes fraction", "data"), textcoords="offset points",
                    ha="right", color=picture.GREY, fontsize=9.5)
        ax.set_xlabel(f"{self.by} (observed range)")
        ax.set_ylabel(f"slope of {self.names[1]} on {self.names[0]}")

    def headline(self) -> dict:
        return {"interaction": self.interaction.estimate, "interaction_low": self.interaction.low,
                "interaction_high": self.interaction.high, "p": self.p, "n": self.n}


def moderation(scores: pd.DataFrame, x: str = "satisfaction", y: str = "loyalty", *, by: str | None = None,
               alpha: float = 0.05) -> Result:
    """Whether a number such as switching cost shifts the slope of loyalty on satisfaction.

    Least squares with x, the moderator, their product and both squares, centred, HC3 errors (or by cluster).
    Simple slopes at the mean and one standard deviation to either side (inside the observed range); the
    Johnson–Neyman band is Working & Hotelling's, so it holds along the whole moderator (Bauer & Curran 2005).
    A column of categories is for :func:`groups`; the result then says that the step was left out.

    >>> import crmlab as crm
    >>> scores = crm.score(crm.open_table("survey", "world:survey", n=5000, seed=1))
    >>> moderation(scores, by="switching").interaction.estimate < 0
    True
    """
    name = _chosen(scores, by, x, y)
    if name is None:
        return _nobody(scores, "Moderation")
    if not pd.api.types.is_numeric_dtype(scores[name]) or scores[name].nunique() < 4:
        return LeftOut(title="Moderation", table=pd.DataFrame(), source=tables.provenance(scores),
                       reason=f"'{name}' is no number with several values; see the comparison of groups")
    whole = scores[scores[name].notna()]
    p = pair(whole, x, y)
    z = whole.loc[p.rows, name].to_numpy(float)
    middle, a, b = z.mean(), p.x - p.x.mean(), z - z.mean()
    model = stats.regression(p.y, [a, b, a * b, a**2, b**2], p.cluster, p.weight)
    df = len(np.unique(p.cluster)) - 1 if p.cluster is not None else p.n - 6
    t, wide = stats.critical(1 - alpha, df), stats.scheffe(1 - alpha, 2, df)
    product, error = float(model.params[3]), float(model.bse[3])
    along = np.linspace(z.min(), z.max(), 121)
    points = np.unique(np.clip([middle - z.std(), middle, middle + z.std()], z.min(), z.max()))
    slopes = _slopes(model, points - middle, t)
    table = pd.DataFrame({"term": [f"slope at {name} {v:.3g}" for v in points], "cut": points, **slopes, "n": p.n})
    return Moderation(title=f"Does {name} change the link?", table=table, by=name, names=(x, y), p=float(model.pvalues[3]),
                      interaction=stats.Interval(product, product - t * error, product + t * error),
                      band=pd.DataFrame({"at": along, **_slopes(model, along - middle, wide)}), n=p.n, level=1 - alpha,
                      source=p.source, settings="HC3 errors, squares of both in the model, simultaneous band")


def _slopes(model, at: np.ndarray, critical: float) -> dict:
    covariance = np.asarray(model.cov_params())
    slope = model.params[1] + model.params[3] * at
    error = np.sqrt(covariance[1, 1] + 2 * at * covariance[1, 3] + at**2 * covariance[3, 3])
    return {"estimate": slope, "low": slope - critical * error, "high": slope + critical * error}
