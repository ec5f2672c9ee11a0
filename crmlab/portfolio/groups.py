"""Are there groups of customers at all, or is it one crowd that can be sliced anywhere?"""

import numpy as np
import pandas as pd

from crmlab.frame import partition, picture, stats
from crmlab.frame.errors import CrmlabError, counted, listed
from crmlab.frame.glossary import number, p_clause, percent
from crmlab.frame.result import Caption, LeftOut, Result, kind
from crmlab.measures import tables
from crmlab.portfolio import cloud
from crmlab.portfolio.features import FEATURES, standardised
from crmlab.portfolio.portraits import Profiles, portraits

MOST = 1_500  # customers tested; of more, a random sample
FEWEST = 50
AT_LEAST = 0.05  # crmlab rule: what groups three standard deviations apart show (tests/test_clusters.py)
PAIRS, FEW_PAIRS, MIXTURES = 10, 5, 3  # of bootstrap solutions at the data and in the cloud; of clouds for BIC
STARTS = 10  # of k-means for the clusters that are handed out
GROUPS, CONTINUUM = "groups", "a continuum"


@kind
class Clusters(Result):
    """A row per k, held against one cloud; ``customers`` has the cluster of each, ``profiles`` what they are like.

    ``k`` is the number of clusters handed out: that of the groups found, or of slices of a continuum.
    """

    k: int
    verdict: str
    customers: pd.DataFrame
    profiles: Profiles
    search: cloud.Search
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
        return (f"These {counted(self.n, 'customer')} form {self.k} groups. Their silhouette is {number(row.silhouette)}; one "
                f"cloud with the same margins and rank correlations reaches {number(row.silhouette_null)} (middle 95 % "
                f"{number(row.null_low)} to {number(row.null_high)}; {p_clause(row.p_adjusted)} for all {len(self.table)} numbers "
                f"of clusters tried). Two bootstrap solutions agree to {number(row.stability)}, in the cloud to "
                f"{number(row.stability_null)} (adjusted Rand, 1 is the same).")

    def _continuum(self) -> str:
        row, ks = self.at, self.search.ks
        tried = f"{min(ks)} to {max(ks)} clusters" if len(ks) > 1 else f"{ks[0]} clusters"
        return (f"These {counted(self.n, 'customer')} are a continuum: with {tried} nothing stands out from one cloud with the "
                f"same margins and rank correlations. {self.k} clusters look well, with a silhouette of "
                f"{number(row.silhouette)}, but the cloud reaches {number(row.silhouette_null)}. {self._small()}"
                f"Two bootstrap solutions agree to {number(row.stability)}, and in the cloud to {number(row.stability_null)} "
                "(adjusted Rand, 1 is the same): what can be repeated need not be there. Slice where it helps; the cut is yours.")

    def _small(self) -> str:
        """What to say where a difference is seen that is too small to speak of groups."""
        seen = self.table[self.table["p_adjusted"] <= self.alpha]
        if not len(seen):
            return ""
        excess = seen["silhouette"] - seen["silhouette_null"]
        row = seen.loc[excess.idxmax()]
        return (f"At {int(row.k)} clusters it is beaten ({p_clause(row.p_adjusted)}), but by {number(excess.max())} only; "
                f"crmlab speaks of groups from {number(self.at_least)} on. ")

    def _bic(self) -> str:
        asked, null = self.bic
        typical = int(np.median(null)) if null else 0
        if asked == 1 or not null:
            return ""
        return (f"BIC would have {counted(asked, 'cluster')}; in the cloud, where there are none, it would have {typical}."
                if typical > 1 else f"BIC would have {counted(asked, 'cluster')}, and in the cloud one.")

    def _caution(self) -> str:
        part = f"Tested on a random {self.tested:,} of them. " if self.tested < self.n else ""
        return part + ("What stands apart in one column alone, such as those who bought once, stands apart in the cloud too "
                       "and does not count.")

    def caption(self) -> Caption:
        row, title = self.at, self.source["title"]
        finding = (f"{self.k} groups: silhouette {number(row.silhouette)}, one cloud {number(row.silhouette_null)}"
                   if self.verdict == GROUPS else
                   f"No groups: {self.k} clusters reach {number(row.silhouette)}, one cloud {number(row.silhouette_null)}")
        rows = "; ".join(f"k {r.k}: {number(r.silhouette)}, cloud {number(r.silhouette_null)}, stability {number(r.stability)}"
                         for r in self.table.itertuples())
        shown = f"{self.tested:,} of {self.n:,}" if self.tested < self.n else f"{self.n:,}"
        return Caption(finding, f"{title} · n = {shown} · k-means · band: 95 % of the clouds",
                       f"Verdict: {self.verdict}. By number of clusters: {rows}")

    def draw(self, ax) -> None:
        t = self.table
        ax.fill_between(t["k"], t["null_low"], t["null_high"], color=picture.QUIET, alpha=0.35, linewidth=0, zorder=2)
        lines = (("one cloud, same margins", "silhouette_null", picture.INK, "--"),
                 ("columns shuffled", "shuffled", picture.GREY, ":"), ("these customers", "silhouette", picture.ACCENT, "-"))
        for _, column, color, dashes in lines:
            ax.plot(t["k"], t[column], color=color, linestyle=dashes, linewidth=2.2 if dashes == "-" else 1.4, zorder=3)
        beats = (t["p_adjusted"] <= self.alpha) & (t["silhouette"] - t["silhouette_null"] >= self.at_least)
        for row, wins in zip(t.itertuples(), beats, strict=True):
            ax.plot([row.k], [row.silhouette], "o", color=picture.ACCENT, markersize=8, zorder=5,
                    markerfacecolor=picture.ACCENT if wins else "white", markeredgewidth=1.8)
        handles = [picture.line(name, color, 2.2 if dashes == "-" else 1.4, dashes) for name, _, color, dashes in lines]
        ax.legend(handles=[handles[2], *handles[:2]], frameon=False, fontsize=9.5, loc="upper right")
        everything = t[["silhouette", "null_low", "null_high", "shuffled"]].to_numpy()
        ax.set_ylim(*picture.room(everything.ravel(), above=0.18))
        ax.set_xlim(t["k"].min() - 0.4, t["k"].max() + 0.4)
        ax.set_xticks(t["k"], [f"{row.k}\n{number(row.stability)}" for row in t.itertuples()])
        ax.grid(axis="x", visible=False)
        ax.set_xlabel("number of clusters; below it: stability (adjusted Rand of two bootstrap solutions)")
        ax.set_ylabel("mean silhouette")
        ax.figure.subplots_adjust(bottom=0.72 / ax.figure.get_figheight())

    def headline(self) -> dict:
        row = self.at
        return {"k": self.k, "silhouette": float(row.silhouette), "silhouette_null": float(row.silhouette_null),
                "stability": float(row.stability), "verdict": self.verdict}


def clusters(summary: pd.DataFrame, *, k=range(2, 9), at_least: float = AT_LEAST, alpha: float = 0.05, draws: int = 99,
             seed: int = 1) -> Result:
    """Groups of customers by k-means, and whether they are more than slices of one cloud.

    Customers are compared by √days since the last purchase, log(1 + orders) and log(1 + value), each
    standardised; a value below 0 counts as 0. For each k: the mean silhouette (Rousseeuw 1987), how far two
    bootstrap solutions agree (adjusted Rand; Dolnicar & Leisch 2010, after Hennig 2007) and BIC of a mixture.

    The null is **one cloud** with exactly the margins of the data, ties included, and their rank correlations
    (a Gaussian copula, ``draws`` of them). The verdict is "groups" where for some k the silhouette beats the
    cloud, corrected for all k tried (Westfall & Young 1993), **and** by ``at_least``; k is the one with the
    largest excess. Otherwise it is "a continuum", and the slices handed out are those of the most stable k. The
    second condition is there because no real crowd is exactly Gaussian, and with enough customers any
    departure shows: 0.05 is what groups three standard deviations apart show (a crmlab rule). The null has
    what stands apart in one column, so that groups are seen only where columns stand apart together; and a
    crowd bent like a banana may be taken for groups.

    Of more than 1,500 customers a random 1,500 are tested; all get their cluster. Clusters are numbered by
    value per customer, the highest first.

    Raises CrmlabError where a column is missing or has gaps, or a k is not a whole number from 2 on. Of fewer
    than 50 customers, or where fewer than two columns vary, the step is left out.

    >>> chance = stats.rng(1, "example")
    >>> likes, group = chance.normal(size=(150, 3)), np.resize([0.0, 3.0], 150)
    >>> shop = pd.DataFrame({"customer_id": range(150), "orders": np.exp(likes[:, 0] + 2 + group).round(),
    ...                      "days_since_last": (8 - 2 * group + likes[:, 1]) ** 2, "value": np.exp(likes[:, 2] + 3 + group)})
    >>> clusters(shop, k=[2, 3], draws=39).headline()["verdict"]
    'groups'
    """
    ks = _numbers(k)
    points, used, below = standardised(summary)
    source, title = tables.provenance(summary), "Are there groups at all?"
    distinct = len(np.unique(points, axis=0)) if points.shape[1] else 1
    ks = tuple(one for one in ks if 3 * one <= distinct)
    if len(points) < FEWEST or len(used) < 2 or not ks:
        return LeftOut(title=title, table=pd.DataFrame(), source=source, reason=_reason(len(points), used))
    some = points if len(points) <= MOST else points[stats.rng(seed, "tested").choice(len(points), MOST, replace=False)]
    found = cloud.search(some, ks, draws=draws, seed=seed)
    bic, table = _table(some, found, seed)
    excess = np.where((found.p_adjusted <= alpha) & (found.excess >= at_least), found.excess, -np.inf)
    verdict = GROUPS if np.isfinite(excess).any() else CONTINUUM
    best = ks[int(excess.argmax())] if verdict == GROUPS else ks[int(table["stability"].to_numpy().argmax())]
    labels = _numbered(partition.k_means(points, best, stats.rng(seed, "clusters"), starts=STARTS)[1], summary["value"])
    customers = pd.DataFrame({"customer_id": summary["customer_id"].astype(str).to_numpy(), "cluster": labels})
    return Clusters(
        title=title, table=table, source=source, k=best, verdict=verdict, customers=customers, search=found, bic=bic,
        profiles=portraits(summary, labels, "group" if verdict == GROUPS else "slice", source),
        at_least=at_least, alpha=alpha, n=len(points), tested=len(some), settings="; ".join(part for part in (
            f"k-means on {listed((FEATURES[name].words for name in used), quote=False)}, standardised",
            f"{counted(below, 'value')} below 0 counted as 0" if below else "",
            f"groups from p ≤ {alpha:g} and {at_least:g} above the cloud on; {draws:,} clouds, seed {seed}") if part))


def _table(points: np.ndarray, found: cloud.Search, seed: int) -> tuple[tuple[int, list[int]], pd.DataFrame]:
    """A row per k; and which k BIC asks for, at the data and in a few clouds."""
    one, chance = cloud.Cloud.of(points), stats.rng(seed, "further clouds")
    bic, asked = cloud.preferred(points, found.ks, stats.rng(seed, "mixtures"))
    null = [cloud.preferred(one.draw(chance), found.ks, chance)[1] for _ in range(MIXTURES)]
    low, high = np.quantile(found.null, [0.025, 0.975], axis=0)
    table = pd.DataFrame({
        "k": found.ks, "silhouette": found.found, "silhouette_null": found.null.mean(axis=0), "null_low": low,
        "null_high": high, "shuffled": found.shuffled,
        "stability": cloud.stability(points, found.ks, PAIRS, stats.rng(seed, "bootstrap")),
        "stability_null": np.mean([cloud.stability(one.draw(chance), found.ks, 1, chance) for _ in range(FEW_PAIRS)], axis=0),
        "bic": bic, "p": found.p, "p_adjusted": found.p_adjusted})
    return (asked, null), table


def _numbers(k) -> tuple[int, ...]:
    ks = tuple(sorted({*([k] if np.isscalar(k) else k)}))
    wrong = [one for one in ks if isinstance(one, bool) or one != int(one) or one < 2]
    if wrong or not ks:
        raise CrmlabError("A number of clusters is a whole number from 2 on.", f"Found: {listed(wrong, quote=False) or 'none'}.",
                          "Give several, as in k=range(2, 9).")
    return tuple(int(one) for one in ks)


def _reason(n: int, used: list[str]) -> str:
    if n < FEWEST:
        return f"there are {counted(n, 'customer')}, and groups are not looked for in fewer than {FEWEST}"
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
