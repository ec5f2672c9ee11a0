"""The holdout: what customers did after the day on which they were judged."""

import numpy as np
import pandas as pd

from crmlab.frame import correlations, picture, resample, stats
from crmlab.frame.errors import CrmlabError, counted
from crmlab.frame.glossary import in_money, interval, money, number, percent, priced
from crmlab.frame.result import Caption, LeftOut, Result, kind
from crmlab.measures import tables
from crmlab.portfolio.naming import Segments
from crmlab.portfolio.ranking import NAIVE, RULES, Halves, caught, cumulated, halves, too_little

TOP = 0.2
CLEAR = 0.02  # crmlab rule: so much more must another rule catch to stand in the title
FEW = 20  # crmlab rule: the mean of fewer customers is shown and not spoken of


@kind
class Holdout(Result):
    """A row per rule: how its order goes with later value, and the lift of its best fifth.

    ``gap`` is how much more of the later value RFM catches than the naive rule, as a share, with its interval.
    """

    halves: Halves
    gap: stats.Interval
    level: float
    newcomers: int

    def _row(self, rule: str) -> pd.Series:
        return self.table.set_index("rule").loc[rule]

    def text(self) -> str:
        mine, naive, best = self._row("RFM"), self._row(NAIVE), self.table.loc[self.table["estimate"].idxmax()]
        said = [f"The best fifth by RFM on {self.halves.split} brought {percent(mine['caught'])} of what was spent in the "
                f"{counted(self.halves.days, 'day')} after: {interval(mine['estimate'], mine['low'], mine['high'], 1)} times "
                "as much as a fifth taken blindly.",
                f"The naive rule “{NAIVE}” catches {percent(naive['caught'])}; {self._verdict()}"]
        if best["rule"] not in ("RFM", NAIVE) and percent(best["caught"]) != percent(mine["caught"]):
            said.append(f"The best of all is “{best['rule']}” with {percent(best['caught'])}.")
        if "spent most" not in self.halves.scores:
            said.append(f"The stretch before is all there was, so “{NAIVE}” ranks by all that was spent so far.")
        quiet = float((self.halves.later["later_orders"] == 0).mean())
        said.append(f"{percent(quiet)} of the customers bought nothing after.")
        if self.newcomers:
            said.append(f"{counted(self.newcomers, 'customer')} came only after {self.halves.split} and could not be judged.")
        return " ".join(said)

    def _verdict(self) -> str:
        gap = f"{number(100 * self.gap.estimate, 1)} points [{number(100 * self.gap.low, 1)}, {number(100 * self.gap.high, 1)}]"
        if self.gap.low > 0:
            return f"RFM is ahead by {gap}."
        if self.gap.high < 0:
            return f"the naive rule wins, RFM differs by {gap}."
        return f"the difference, {gap}, may be nothing: three scores were not needed to beat one column."

    def caption(self) -> Caption:
        mine, naive = self._row("RFM")["caught"], self._row(NAIVE)["caught"]
        said = "; ".join(f"{row.rule}: {percent(row.caught)}" for row in self.table.itertuples())
        doubt = ": no clear difference" if self.gap.low <= 0 <= self.gap.high else ""
        best = self.table.loc[self.table["caught"].idxmax()]
        if best["caught"] >= max(mine, naive) + CLEAR:
            doubt += f"; most by “{best['rule']}”: {percent(best['caught'])}"
        return Caption(f"A fifth chosen by RFM brought {percent(mine)} of later value, by “{NAIVE}” {percent(naive)}{doubt}",
                       f"{self.source.get('title', '')} · n = {len(self.halves.summary):,} customers · judged "
                       f"{self.halves.split}, followed for {self.halves.days} days", f"Share caught by the best fifth: {said}")

    @property
    def size(self):
        return (7.2, 5.0)

    def draw(self, ax) -> None:
        worth = self.halves.later["later_value"].to_numpy()
        styles = dict(zip(self.table["rule"], ((picture.ACCENT, 2.6, "-"), (picture.GREY, 1.4, "-."), (picture.GREY, 1.4, ":"),
                                               (picture.QUIET, 1.4, "-"), (picture.SECOND, 2.2, "--")), strict=False))
        styles[NAIVE] = (picture.SECOND, 2.2, "--")
        handles = []
        for rule, (color, width, dashes) in styles.items():
            size, value = (np.append(0, part[0]) for part in cumulated(self.halves.scores[rule], worth, np.ones((1, len(worth)))))
            ax.plot(size / size[-1], value / worth.sum(), color=color, lw=width, ls=dashes, zorder=4 if width > 2 else 3)
            handles.append(picture.line(rule, color, width, dashes))
        ax.plot([0, 1], [0, 1], color=picture.GREY, lw=1, zorder=1)
        handles.append(picture.line("taken blindly", picture.GREY, 1))
        ax.legend(handles=handles, loc="lower right", frameon=False)
        ax.figure.subplots_adjust(left=0.95 / self.size[0], right=1 - 0.35 / self.size[0])
        picture.reference(ax, TOP)
        ax.annotate("a fifth", (TOP, 1.0), xytext=(5, -3), textcoords="offset points", va="top", color=picture.GREY, fontsize=9.5)
        ax.set_xlim(0, 1)
        ax.set_ylim(0, 1.02)
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_formatter(lambda value, _: percent(value))
        ax.set_xlabel("share of customers, the best by the rule first")
        ax.set_ylabel("share of later value they brought")

    def headline(self) -> dict:
        return {"spearman_frequency": self._row("bought most often")["spearman"],
                "spearman_recency": self._row("bought last")["spearman"], "lift_top20": self._row("RFM")["estimate"],
                "naive_lift_top20": self._row(NAIVE)["estimate"]}


def holdout(log: pd.DataFrame, *, split: str | None = None, weights=(1, 1, 1), alpha: float = 0.05, draws: int = 4000,
            seed: int = 1) -> Result:
    """Does it predict? Customers are put in order on the day ``split`` and followed until the log ends.

    Beside RFM stand the rules anybody could use: who bought most often, who bought last (the hiatus of Wübben & von
    Wangenheim 2008), who spent most, and *last period again*. A row of the table is a rule with Spearman's rho between
    its order and later value, the share of later value that the best fifth caught, and its lift, that share over a
    fifth, with a percentile bootstrap interval over customers. Equal scores are taken in a random order. Without a
    split the log is cut in the middle. Left out where nobody bought after the split.

    >>> import crmlab as crm
    >>> log = crm.open_table("transactions", "world:shop", n=200, seed=1)
    >>> holdout(log, draws=100).table["rule"].tolist()
    ['RFM', 'bought most often', 'bought last', 'last period again']
    """
    both = halves(log, split, weights)
    source, worth = tables.provenance(log), both.later["later_value"].to_numpy()
    if too_little(both):
        return LeftOut(title="The holdout", table=pd.DataFrame(), source=source, reason=too_little(both))
    share = {rule: caught(score, worth, TOP) / worth.sum() for rule, score in both.scores.items()}
    draws = resample.enough(draws, len(worth), cheap=10_000_000, least=500)
    drawn = _drawn(both, worth, draws, seed)
    ends = [alpha / 2, 1 - alpha / 2]
    rows = []
    for rule, score in both.scores.items():
        low, high = np.quantile(drawn[rule], ends)
        rows.append({"rule": rule, "meaning": RULES[rule], "spearman": correlations.correlation("spearman", score, worth)
                     if np.ptp(score) and np.ptp(worth) else np.nan,
                     "caught": float(share[rule][0]), "estimate": float(share[rule][0]) / TOP, "low": low / TOP,
                     "high": high / TOP, "unit": "times a fifth taken blindly"})
    gap = stats.Interval(float(share["RFM"][0] - share[NAIVE][0]), *map(float, np.quantile(drawn["RFM"] - drawn[NAIVE], ends)))
    return Holdout(title="The holdout", table=pd.DataFrame(rows), halves=both, gap=gap, level=1 - alpha, source=source,
                   newcomers=log["customer_id"].nunique() - len(both.summary),
                   settings=f"judged {both.split}, followed for {counted(both.days, 'day')}; ties in a random order; "
                            f"percentile intervals from {draws:,} resamples of customers, seed {seed}")


def _drawn(both: Halves, worth: np.ndarray, draws: int, seed: int) -> dict[str, np.ndarray]:
    """Share caught by each rule's best fifth in resamples of the customers."""
    chance, parts = stats.rng(seed, "holdout"), []
    order = resample.in_order(worth, *both.scores.values())
    worth, scores = worth[order], {rule: score[order] for rule, score in both.scores.items()}
    for batch in stats.parts(draws, len(worth), 2_000_000):
        picks = chance.integers(0, len(worth), (batch, len(worth)))
        times = np.stack([np.bincount(row, minlength=len(worth)) for row in picks]).astype(float)
        total = times @ worth
        with np.errstate(invalid="ignore", divide="ignore"):
            parts.append([caught(score, worth, TOP, times) / np.where(total > 0, total, np.nan)
                          for score in scores.values()])
    columns = (np.concatenate(column) for column in zip(*parts, strict=True))
    return {rule: column[np.isfinite(column)] for rule, column in zip(scores, columns, strict=True)}


@kind
class Outcome(Result):
    """A row per segment: how many bought again, and the mean they spent, with its interval."""

    days: int

    def text(self) -> str:
        kept = self.table[self.table["customers"] > 0]
        told = kept[kept["customers"] >= min(FEW, kept["customers"].max())]
        best, worst = told.loc[told["estimate"].idxmax()], told.loc[told["estimate"].idxmin()]
        everyone = float(np.average(kept["estimate"], weights=kept["customers"]))
        times = f", {number(best['estimate'] / everyone, 1)} times the mean of all" if everyone > 0 else ""
        return (f"In the {counted(self.days, 'day')} after, “{best['segment']}” spent "
                f"{priced(interval(best['estimate'], best['low'], best['high'], 1), self.source)} each{times}, and {percent(best['bought_later'])} of them "
                f"bought at all; “{worst['segment']}” spent {priced(interval(worst['estimate'], worst['low'], worst['high'], 1), self.source)}. "
                "A name is a promise about the next period only as far as these intervals keep it.")

    def caption(self) -> Caption:
        kept = self.table[self.table["customers"] > 0]
        best = kept.loc[kept["estimate"].idxmax()]
        said = "; ".join(f"{r.segment}: {number(r.estimate, 1)}, {percent(r.bought_later)} bought" for r in kept.itertuples())
        return Caption(f"“{best['segment'].capitalize()}” spent most afterwards: {money(best['estimate'], self.source)} each",
                       f"{self.source.get('title', '')} · mean spending per customer in the {self.days} days after", said)

    @property
    def size(self):
        return (7.2, 1.7 + 0.42 * int((self.table["customers"] > 0).sum()))

    def draw(self, ax) -> None:
        kept = self.table[self.table["customers"] > 0].sort_values("estimate", ascending=False).reset_index(drop=True)
        reach = np.nanmax(kept[["estimate", "high"]].to_numpy())
        for place, row in kept.iterrows():
            color = picture.ACCENT if place == 0 else picture.SECOND
            picture.span(ax, place, row["estimate"], row["low"], row["high"], color=color)
            ax.annotate(f"{percent(row['bought_later'])} bought", (np.nanmax([row["high"], row["estimate"]]), place), (8, 0),
                        textcoords="offset points", va="center", fontsize=9.5, color=picture.GREY)
        picture.names_down(ax, [f"{row.segment} (n = {row.customers:,})" for row in kept.itertuples()])
        ax.set_xlim(min(0, float(np.nanmin(kept[["estimate", "low"]].to_numpy()))), reach * 1.24 or 1.0)
        ax.set_xlabel(in_money("mean spending per customer, with interval", self.source))

    def headline(self) -> dict:
        return {"spent": dict(zip(self.table["segment"], self.table["estimate"], strict=True)),
                "bought_later": dict(zip(self.table["segment"], self.table["bought_later"], strict=True))}


def outcome(segments: Segments, later: pd.DataFrame, *, alpha: float = 0.05) -> Outcome:
    """What each segment did next: the share who bought, and the mean spent with an interval for skewed values.

    ``later`` is the frame of :func:`crmlab.measures.purchases.later` for the same customers. A row of the table is a
    segment. Raises CrmlabError where customers of the segments are missing in it.
    """
    known = later.set_index("customer_id")
    absent = ~segments.customers["customer_id"].isin(known.index)
    if absent.any():
        raise CrmlabError("Some customers of the segments are not in later.", f"{counted(int(absent.sum()), 'customer')} "
                          "are missing.", "Make both from the same summary.")
    after = known.loc[segments.customers["customer_id"]]
    rows = []
    for name in segments.table["segment"]:
        mine = after[(segments.customers["segment"] == name).to_numpy()]
        spent = resample.skewed_mean(mine["later_value"].to_numpy(), level=1 - alpha)
        rows.append({"segment": name, "customers": len(mine),
                     "bought_later": float((mine["later_orders"] > 0).mean()) if len(mine) else np.nan,
                     "estimate": spent.estimate, "low": spent.low, "high": spent.high, "unit": "mean spent per customer"})
    prov = tables.provenance(later)
    return Outcome(title="What the segments did next", table=pd.DataFrame(rows), source=prov, days=_days(later),
                   settings="ABC intervals (DiCiccio & Efron 1992), which skewed spending needs")


def _days(later: pd.DataFrame) -> int:
    prov = later.attrs.get("crmlab", {})
    return (pd.Timestamp(prov["until"]) - pd.Timestamp(prov["after"])).days
