"""Are there groups of customers at all, or is it one crowd that can be sliced anywhere?"""

import numpy as np
import pandas as pd

from crmlab.frame import partition, picture, stats
from crmlab.frame.errors import CrmlabError, counted, listed, there_are
from crmlab.frame.glossary import number, p_clause, percent
from crmlab.frame.result import Caption, LeftOut, Result, kind
from crmlab.measures import tables
from crmlab.portfolio.cloud import DEEP, Cloud, Search, preferred, search, stability
from crmlab.portfolio.features import FEATURES, standardised
from crmlab.portfolio.portraits import Profiles, portraits

MOST = 1_500  # customers tested; of more, a random sample
FEWEST = 50
AT_LEAST = 0.05  # crmlab rule: what groups three standard deviations apart show (tests/thorough.md)
PAIRS, FEW_PAIRS, MIXTURES = 10, 5, 3  # of bootstrap solutions at the data and in the cloud; clouds for BIC
STARTS = 10  # of k-means for the clusters that are handed out
LINES = (("these customers", "silhouette", picture.ACCENT, 2.4, "-"),
         ("one cloud, same margins", "silhouette_null", picture.INK, 1.4, "--"),
         ("columns shuffled", "shuffled", picture.GREY, 1.4, ":"))
GROUPS, CONTINUUM = "groups", "a continuum"


@kind
class Clusters(Result):
    """A row per k, held against one cloud; ``customers`` has the cluster of each, ``profiles`` portrays them.

    ``k`` is the number of clusters handed out: that of the groups found, or of slices of a continuum.
    """

    k: int
    verdict: str
    customers: pd.DataFrame
    profiles: Profiles
    search: Search
    bic: tuple[int, list[int]]
    at_least: float
    alpha: float
    n: int
    tested: int

    @property
    def at(self) -> pd.Series:
        """The row of the table that belongs to ``k``."""
        return self.table.set_index("k").loc[self.k]

    def text(self) -> str:
        told = self._groups() if self.verdict == GROUPS else self._continuum()
        return " ".join(part for part in (told, self._bic(), self._caution()) if part)

    def _groups(self) -> str:
        row = self.at
        many = f" for all {len(self.table)} numbers of clusters tried" if len(self.table) > 1 else ""
        return (f"These {counted(self.n, 'customer')} form {self.k} groups. Their silhouette is "
                f"{number(row.silhouette)}; one cloud with the same margins and rank correlations reaches "
                f"{number(row.silhouette_null)} (middle 95 % {number(row.null_low)} to "
                f"{number(row.null_high)}; {p_clause(row.p_adjusted)}{many}). Between the groups stand "
                f"{percent(self._valley(self.k))} of the customers who stand there in the cloud. {self._stable()}.")

    def _valley(self, k: int) -> float:
        return float(self.search.valley[self.search.ks.index(k)])

    def _stable(self) -> str:
        row = self.at
        return (f"Two bootstrap solutions agree to {number(row.stability)}, in the cloud to "
                f"{number(row.stability_null)} (adjusted Rand, 1 is the same)")

    def _continuum(self) -> str:
        row, ks = self.at, self.search.ks
        tried = f"{min(ks)} to {max(ks)} clusters" if len(ks) > 1 else f"{ks[0]} clusters"
        return (f"These {counted(self.n, 'customer')} are a continuum: {tried} do not stand apart as "
                "groups would, held against one cloud with the same margins and rank correlations. "
                f"{self.k} clusters have a silhouette of {number(row.silhouette)}, and in the cloud they "
                f"have {number(row.silhouette_null)}. {self._small()}{self._stable()}: what can be repeated need "
                "not be there. Slice where it helps; the cut is yours.")

    def _small(self) -> str:
        """What to say where a difference is seen that is too small, or no gap, to speak of groups."""
        excess = np.where(self.search.p_adjusted <= self.alpha, self.search.excess, -np.inf)
        if not np.isfinite(excess).any():
            return ""
        k, most = self.search.ks[int(excess.argmax())], excess.max()
        beaten = f"At {k} clusters the cloud is beaten ({p_clause(self.search.p_adjusted[excess.argmax()])})"
        if most < self.at_least:
            return f"{beaten}, but by {number(most)} only; crmlab speaks of groups from {number(self.at_least)} on. "
        return (f"{beaten}, by {number(most)}, but hardly anybody is missing between the clusters "
                f"({percent(self._valley(k))} of those who stand there in the cloud): a crowd that bends, not groups. ")

    def _bic(self) -> str:
        asked, null = self.bic
        typical = int(np.median(null)) if null else 0
        if asked == 1 or not null:
            return ""
        said = f"BIC would have {counted(asked, 'cluster')}"
        return f"{said}; in the cloud, where there are none, {typical}."

    def _caution(self) -> str:
        part = f"Tested on a random {self.tested:,} of them. " if self.tested < self.n else ""
        return part + ("The cloud is one crowd whose columns go together in a straight line once ranked; what stands "
                       "apart in one column alone, such as those who bought once, stands apart in it too and does not count.")

    def caption(self) -> Caption:
        title = self.source["title"]
        rows = "; ".join(f"k {r.k}: {number(r.silhouette)}, cloud {number(r.silhouette_null)}, stability "
                         f"{number(r.stability)}" for r in self.table.itertuples())
        shown = f"{self.tested:,} of {self.n:,}" if self.tested < self.n else f"{self.n:,}"
        return Caption(self._finding(), f"{title} · n = {shown} · k-means · band: 95 % of clouds",
                       f"Verdict: {self.verdict}. By number of clusters: {rows}")

    def _finding(self) -> str:
        if self.verdict == GROUPS:
            here, there = number(self.at.silhouette), number(self.at.silhouette_null)
            return f"{self.k} groups: they stand apart more than one crowd would (silhouette {here}, {there})"
        return "No groups, a continuum: the customers differ by more and less"

    def draw(self, ax) -> None:
        t = self.table
        wide = t if len(t) > 1 else pd.concat([t.assign(k=t["k"] + side) for side in (-0.3, 0.3)])
        ax.fill_between(wide["k"], wide["null_low"], wide["null_high"], color=picture.QUIET, alpha=0.35,
                        linewidth=0, zorder=2)
        for _, column, color, width, dashes in LINES:
            ax.plot(wide["k"], wide[column], color=color, linestyle=dashes, linewidth=width, zorder=3)
        beats = np.isfinite(self.search.groups(self.alpha, self.at_least))
        for row, wins in zip(t.itertuples(), beats, strict=True):
            ax.plot([row.k], [row.silhouette], "o", color=picture.ACCENT, markersize=8, zorder=5,
                    markerfacecolor=picture.ACCENT if wins else "white", markeredgewidth=1.8)
        ax.legend(handles=[picture.line(name, *look) for name, _, *look in LINES], frameon=False,
                  fontsize=9.5, loc="upper right")
        everything = t[["silhouette", "null_low", "null_high", "shuffled"]].to_numpy().ravel()
        low, high = picture.room(everything, above=0.3)
        ax.set_ylim(low, max(high, low + 0.1))
        ax.yaxis.set_major_formatter(lambda at, _: number(at))
        ax.set_xlim(t["k"].min() - 0.4, t["k"].max() + 0.4)
        ax.set_xticks(t["k"], [f"{row.k}\n{number(row.stability)}" for row in t.itertuples()])
        ax.grid(axis="x", visible=False)
        ax.locator_params(axis="y", nbins=6, steps=[1, 2, 5, 10])
        ax.set_xlabel("number of clusters; below it: stability (adjusted Rand of two bootstrap solutions)")
        ax.set_ylabel("mean silhouette")
        ax.figure.subplots_adjust(bottom=0.72 / ax.figure.get_figheight())

    def headline(self) -> dict:
        row = self.at
        return {"k": self.k, "silhouette": float(row.silhouette),
                "silhouette_null": float(row.silhouette_null), "stability": float(row.stability),
                "verdict": self.verdict}


def clusters(summary: pd.DataFrame, *, k=range(2, 9), at_least: float = AT_LEAST, alpha: float = 0.05,
             draws: int = 99, seed: int = 1) -> Result:
    """Groups of customers by k-means, and whether they are more than slices of one cloud.

    Customers are compared by √days since the last purchase, log(1 + orders) and log(1 + value), each
    standardised; a value below 0 counts as 0. For each k: the mean silhouette (Rousseeuw 1987), how far two
    bootstrap solutions agree (adjusted Rand; Dolnicar & Leisch 2010, after Hennig 2007) and BIC of a mixture.

    The null is **one cloud** with exactly the margins of the data, ties included, and their rank correlations
    (a Gaussian copula, ``draws`` of them). The verdict is "groups" where for some k the silhouette beats the
    cloud, corrected for all k tried (Westfall & Young 1993), by ``at_least``, **and** a valley lies between the
    clusters: at most 0.7 of the customers who stand there in the cloud. k is the one with the largest excess.
    Otherwise it is "a continuum", and the slices handed out are those of the most stable k.
    The second condition is there because no real crowd is exactly Gaussian, and with enough customers any
    departure shows: 0.05 is what two groups some three standard deviations apart show (a crmlab rule). The cloud has
    what stands apart in one column, so that groups are seen only where columns stand apart together. It supposes
    that columns go together in a straight line once ranked; a crowd that bends beats it without being groups, and
    therefore the third condition: slices of a bent crowd have no valley between them (a crmlab rule; how often
    each kind of crowd is still taken for groups stands in tests/thorough.md).

    Of more than 1,500 customers a random 1,500 are tested; all get their cluster. Clusters are numbered by
    value per customer, the highest first.

    Raises CrmlabError where a column is missing or has gaps, or a k is not a whole number from 2 on. Of fewer
    than 50 customers, or where fewer than two columns vary, the step is left out.

    >>> chance = stats.rng(1, "example")
    >>> likes, group = chance.normal(size=(150, 3)), np.resize([0.0, 3.0], 150)
    >>> shop = pd.DataFrame({"customer_id": range(150), "orders": np.exp(likes[:, 0] + 2 + group).round(),
    ...                      "days_since_last": (8 - 2 * group + likes[:, 1]) ** 2,
    ...                      "value": np.exp(likes[:, 2] + 3 + group)})
    >>> clusters(shop, k=[2, 3], draws=39).headline()["verdict"]
    'groups'
    """
    ks = _numbers(k)
    points, used, below = standardised(summary)
    # Chance meets the customers in an order of their own, not in that of the rows.
    order = np.lexsort(points.T) if used else np.arange(len(points))
    points = points[order]
    source, title = tables.provenance(summary), "Are there groups at all?"
    distinct = len(np.unique(points, axis=0)) if points.shape[1] else 1
    ks = tuple(one for one in ks if 3 * one <= distinct)
    if len(points) < FEWEST or len(used) < 2 or not ks:
        return LeftOut(title=title, table=pd.DataFrame(), source=source, reason=_reason(len(points), used))
    some = points if len(points) <= MOST else (
        points[stats.rng(seed, "tested").choice(len(points), MOST, replace=False)])
    with partition.one_thread():
        found = search(some, ks, draws=draws, seed=seed)
        bic, table = _table(some, found, seed)
    excess = found.groups(alpha, at_least)
    verdict = GROUPS if np.isfinite(excess).any() else CONTINUUM
    best = ks[int((excess if verdict == GROUPS else table["stability"].to_numpy()).argmax())]
    labels = np.empty(len(points), int)
    labels[order] = partition.k_means(points, best, stats.rng(seed, "clusters"), starts=STARTS)[1]
    labels = _numbered(labels, summary["value"])
    return Clusters(
        title=title, table=table, source=source, k=best, verdict=verdict, search=found, bic=bic,
        customers=pd.DataFrame({"customer_id": summary["customer_id"].to_numpy(str), "cluster": labels}),
        profiles=portraits(summary, labels, "group" if verdict == GROUPS else "slice", source),
        at_least=at_least, alpha=alpha, n=len(points), tested=len(some),
        settings=_settings(used, below, f"groups from p ≤ {alpha:g}, {at_least:g} above the cloud and a valley of "
                           f"{DEEP:g} of the cloud's on; "
                           f"{draws:,} clouds, seed {seed}"))


def profiles(clusters: Result) -> Result:
    """What the customers of each cluster are like; where clusters were left out, the reason why."""
    return clusters if isinstance(clusters, LeftOut) else clusters.profiles


def _settings(used: list[str], below: int, rule: str) -> str:
    parts = [f"k-means on {listed((FEATURES[name].words for name in used), quote=False)}, standardised"]
    if below:
        parts.append(f"{counted(below, 'value')} below 0 counted as 0")
    return "; ".join([*parts, rule])


def _table(points: np.ndarray, found: Search, seed: int) -> tuple[tuple[int, list[int]], pd.DataFrame]:
    """A row per k; and which k BIC asks for, at the data and in a few clouds."""
    one, chance = Cloud.of(points), stats.rng(seed, "further clouds")
    bic, asked = preferred(points, found.ks, stats.rng(seed, "mixtures"))
    null = [preferred(one.draw(chance), found.ks, chance)[1] for _ in range(MIXTURES)]
    few = [stability(one.draw(chance), found.ks, 1, chance) for _ in range(FEW_PAIRS)]
    low, high = np.quantile(found.null, [0.025, 0.975], axis=0)
    table = pd.DataFrame({
        "k": found.ks, "silhouette": found.found, "silhouette_null": found.null.mean(axis=0), "null_low": low,
        "null_high": high, "shuffled": found.shuffled,
        "stability": stability(points, found.ks, PAIRS, stats.rng(seed, "bootstrap")),
        "stability_null": np.mean(few, axis=0), "bic": bic, "p": found.p, "p_adjusted": found.p_adjusted})
    return (asked, null), table


def _numbers(k) -> tuple[int, ...]:
    ks = [k] if np.isscalar(k) else list(k)
    wrong = [one for one in ks if not isinstance(one, int | np.integer) or isinstance(one, bool) or one < 2]
    if wrong or not ks:
        raise CrmlabError("A number of clusters is a whole number from 2 on.",
                          f"Found: {listed(wrong, quote=False) or 'none'}.",
                          "Give several, as in k=range(2, 9).")
    return tuple(sorted({int(one) for one in ks}))


def _reason(n: int, used: list[str]) -> str:
    if n < FEWEST:
        return f"{there_are(n, 'customer').lower()}, and groups are not looked for in fewer than {FEWEST}"
    if len(used) < 2:
        alone = f"only {FEATURES[used[0]].words} differs" if used else "nothing differs"
        return f"{alone} between the customers, and one column alone is better looked at than clustered"
    return "too many customers are alike for that many clusters"


def _numbered(labels: np.ndarray, value: pd.Series) -> np.ndarray:
    """Clusters from 1 on, the highest value per customer first."""
    means = np.bincount(labels, value.to_numpy(float)) / np.maximum(np.bincount(labels), 1)
    place = np.empty(len(means), int)
    place[np.argsort(-means, kind="stable")] = np.arange(1, len(means) + 1)
    return place[labels]
