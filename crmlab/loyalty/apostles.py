"""Loyalists, mercenaries, hostages, defectors: four names for two cuts; the happiest loyalists are the apostles."""

import numpy as np
import pandas as pd

from crmlab.frame import picture, stats
from crmlab.frame.glossary import number, percent
from crmlab.frame.result import Caption, Result, kind
from crmlab.loyalty.pairs import Pair, data_words, pair, scatter, share_words
from crmlab.measures import rules, tables

PLURAL = {"loyalist": "loyalists", "mercenary": "mercenaries", "hostage": "hostages", "defector": "defectors"}
CORNERS = {"loyalist": (1, 1), "mercenary": (1, 0), "hostage": (0, 1), "defector": (0, 0)}  # right, top


@kind
class Zones(Result):
    """A row per zone; ``customers`` says for each customer class, rule and distance."""

    pair: Pair
    cuts: dict
    customers: pd.DataFrame
    moved: float
    retest: float

    def _share(self, name: str) -> float:
        return float(self.table.set_index("class").loc[name, "share"])

    def text(self) -> str:
        x, y = self.pair.name_x, self.pair.name_y
        shares = [f"{share_words(row.share)} {PLURAL[row[1]]}"
                  for row in self.table.itertuples()]
        rounded = "" if sum(round(100 * share) for share in self.table["share"]) == 100 else ", rounded"
        said = [f"Cut at {number(self.cuts[x], 1)} for {x} and {number(self.cuts[y], 1)} for {y}: "
                f"{', '.join(shares)} (n = {self.pair.n:,}{rounded}).", self._moving()]
        if np.isfinite(self.retest):
            said.append(f"Going by alpha, the reliability within one sitting, about {percent(self.retest)} would land in "
                        "the same zone if asked the same once more; a retest after some days is likely to find fewer.")
        else:
            said.append("How many would land in the same zone when asked again is not known: for that, both "
                        "scores need a reliability between 0 and 1, and so two items or more that are no copies.")
        return " ".join(said)

    def _moving(self) -> str:
        if not self.moved:
            return "No cut can move to a score that would change a customer's name."
        return (f"If a cut moved to the next score one can attain, up to {share_words(self.moved)} of the "
                "customers would change their name.")

    def caption(self) -> Caption:
        at = self.table.loc[self.table["share"].idxmax()]
        known = f", {percent(1 - self.retest)} would change, going by alpha" if np.isfinite(self.retest) else ""
        return Caption(f"{share_words(at['share'])} are {PLURAL[at['class']]}; the cut decides who",
                       f"{data_words(self.pair.source)} · n = {self.pair.n:,}{known}",
                       "Zones: " + ", ".join(f"{r[1]} {share_words(r.share)}"
                                             for r in self.table.itertuples()))

    def draw(self, ax) -> None:
        tones = (picture.SECOND, picture.GROUPS[1], picture.GROUPS[3], picture.QUIET)
        colors = dict(zip(PLURAL, tones, strict=True))
        scatter(ax, self.pair, colors=[colors[c] for c in self.customers["class"]])
        ax.set_ylim(*picture.room(self.pair.y, below=0.14, above=0.16))
        edge = self.customers.attrs["edges"]
        ax.axvline(edge[self.pair.name_x], color=picture.ACCENT, ls="--", lw=1.4)
        ax.axhline(edge[self.pair.name_y], color=picture.ACCENT, ls="--", lw=1.4)
        for name, (right, top) in CORNERS.items():
            ax.annotate(f"{PLURAL[name]} {share_words(self._share(name))}",
                        (0.985 if right else 0.02, 0.98 if top else 0.02),
                        xycoords="axes fraction", ha="right" if right else "left",
                        va="top" if top else "bottom",
                        fontsize=10.5, fontweight="bold",
                        color=colors[name] if name != "defector" else picture.INK,
                        bbox=dict(facecolor="white", alpha=0.85, edgecolor="none", pad=1.5))

    def headline(self) -> dict:
        return {"n": self.pair.n, **{f"share_{row[1]}": row.share for row in self.table.itertuples()},
                "moved_by_next_score": self.moved, "retest_agreement": self.retest}


def zones(scores: pd.DataFrame, x: str = "satisfaction", y: str = "loyalty", *, cuts: dict | None = None,
          alpha: float = 0.05) -> Zones:
    """Four zones of satisfied and loyal customers (Jones & Sasser 1995), and how much the cut decides.

    ``cuts`` gives the score at which "high" begins, by construct; without it 7/9 of the scale (8 of 10), a
    crmlab rule. Shares have Wilson's (1927) interval, at the effective n where customers are weighted or come
    in clusters. ``moved`` is the largest share that changes class when
    one cut moves to the next attainable score; ``retest`` the share expected in the same class when asked
    again, from the reliability of both scores.

    >>> import crmlab as crm
    >>> z = zones(crm.score(crm.open_table("survey", "world:survey", seed=1)))
    >>> round(float(z.table["share"].sum()), 6)
    1.0
    """
    p = pair(scores, x, y)
    whole = scores.iloc[p.rows][[x, y]]
    spec = {name: p.scale(name) or {"low": whole[name].min(), "high": whole[name].max()} for name in (x, y)}
    system = rules.on(rules.APOSTLE, x, y)
    at = rules.cuts(system, spec, cuts)
    classes = rules.classify(whole, system, at)
    customers = pd.DataFrame({"customer_id": tables.ids(scores.iloc[p.rows]), "class": classes, "rule": rules.trace(whole, system, at),
                              **{f"{name}_from_cut": whole[name] - at[name] for name in (x, y)}}, index=whole.index)
    customers.attrs["edges"] = {name: rules.edge(whole[name], at[name]) for name in (x, y)}
    rows = []
    for name in PLURAL:
        hit = (classes == name).to_numpy(float)
        share = stats.share_interval(hit, p.cluster, p.weight, 1 - alpha)
        ends = (np.nan, np.nan) if p.too_few else share[1:]
        rows.append({"class": name, "customers": int(hit.sum()), "share": share.estimate,
                     **dict(zip(("low", "high"), ends, strict=True))})
    reliability = {name: spec[name].get("alpha", np.nan) for name in (x, y)}
    weighted = ", weighted" if p.weight is not None else ""
    return Zones(title="Who is satisfied, who is loyal, who is both?", table=pd.DataFrame(rows),
                 source=p.source, pair=p, cuts=at, customers=customers,
                 moved=rules.moved_by_next_score(whole, system, at, p.weight),
                 retest=rules.retest_agreement(whole, system, at, reliability, p.weight),
                 settings=f"{system.evidence}; same zone once more from alpha, errors independent{weighted}")
