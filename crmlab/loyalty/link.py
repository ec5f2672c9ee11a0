"""How strongly satisfaction and loyalty go together, as observed."""

import numpy as np
import pandas as pd

from crmlab.frame import picture, resample, stats
from crmlab.frame.errors import counted, listed
from crmlab.frame.glossary import number, p_clause, percent
from crmlab.frame.result import Caption, Result, Sentence, kind
from crmlab.loyalty.pairs import FEW_CLUSTERS, Pair, data_words, pair, scatter

METHODS = ("pearson", "spearman", "kendall")


def strength(r: float) -> str:
    """How a correlation reads in a sentence; the cuts are Cohen's (1988) .1, .3 and .5.

    >>> strength(0.62), strength(-0.2), strength(0.03), strength(-1.0)
    ('go closely together', 'go weakly against each other', 'hardly go together', 'say the exact opposite')
    """
    size = abs(r)
    if size >= stats.PERFECT:
        return "say the same" if r > 0 else "say the exact opposite"
    if size < 0.1:
        return "hardly go together"
    how = "closely" if size >= 0.5 else "moderately" if size >= 0.3 else "weakly"
    return f"go {how} together" if r > 0 else f"go {how} against each other"


def accounts(r: float, x: str, y: str) -> str:
    """What the square of a correlation says; the two shares add up to all.

    >>> accounts(0.62, "satisfaction", "loyalty")
    'Satisfaction accounts for 38 % of the differences in loyalty; 62 % lie elsewhere.'
    >>> accounts(0.03, "satisfaction", "loyalty")
    'Satisfaction accounts for less than 1 % of the differences in loyalty.'
    """
    share = round(100 * r**2)
    if not 1 <= share <= 99:
        size = "less than 1 %" if share < 1 else "all" if abs(r) >= stats.PERFECT else "nearly all"
        return f"{x.capitalize()} accounts for {size} of the differences in {y}."
    lie = "lies" if share == 99 else "lie"
    rest = f"{100 - share} % {lie} elsewhere"
    return f"{x.capitalize()} accounts for {share} % of the differences in {y}; {rest}."


@kind
class Correlation(Result):
    """A row per method; Pearson twice, with Fisher's interval and with one from resampling customers."""

    pair: Pair
    pearson: stats.Interval
    permutation: float
    design_effect: float
    level: float

    def text(self) -> str:
        r, p = self.pearson, self.pair
        said = [self.answer(), accounts(r.estimate, p.name_x, p.name_y), self._perfect(), self._undecided(),
                self._resampled(), self._made(), self._clustered(), self._weighted()]
        if p.source.get("design", "survey") == "survey":
            way, does = ("together", "raises") if r.estimate >= 0 else ("against each other", "lowers")
            link = "hardly go together, and no more than that" if abs(r.estimate) < 0.1 else (
                f"go {way}, not that raising one {does} the other")
            said.append(f"This is a survey at one time: it shows that the two {link}.")
        return " ".join(part for part in said if part)

    def answer(self) -> Sentence:
        r, p = self.pearson, self.pair
        interval = (f"{percent(self.level)} interval {number(r.low)} to {number(r.high)}"
                    if np.isfinite(r.low) else "no interval")
        return Sentence(f"{p.name_x.capitalize()} and {p.name_y} {strength(r.estimate)}: r = "
                        f"{number(r.estimate)}, {interval}, n = {p.n:,}.")

    def _perfect(self) -> str:
        if abs(self.pearson.estimate) < stats.PERFECT:
            return ""
        return "Every customer lies on one line: look whether one of the scores was copied from the other."

    def _undecided(self) -> str:
        if self.pearson.low <= 0 <= self.pearson.high and self.pearson.high > 0.1:
            return "The interval holds 0: these customers cannot tell whether the two go together at all."
        return ""

    def _resampled(self) -> str:
        rows = self.table.set_index("method")
        if "Pearson, Fisher" not in rows.index:
            return ""
        fisher, boot = rows.loc["Pearson, Fisher"], rows.loc["Pearson, resampled"]
        if boot.high - boot.low > 1.15 * (fisher.high - fisher.low):
            return (f"Resampling the customers gives a wider interval, {number(boot.low)} to "
                    f"{number(boot.high)}: the formula takes the answers for normal, resampling does not.")
        return ""

    def _made(self) -> str:
        said = []
        for name in (self.pair.name_x, self.pair.name_y):
            left = self.pair.scale(name).get("items", [])
            asked = self.pair.source.get("constructs", {}).get(name, {}).get("items", [])
            out = [item for item in self.pair.source.get("items_dropped", []) if item in asked]
            if out and left:
                made = "the mean of" if len(left) > 1 else "the answer to"
                said.append(f"{listed(out, quote=False)} {'was' if len(out) == 1 else 'were'} left out after "
                            f"looking (post hoc); {name} is {made} {listed(left, quote=False)}.")
        return " ".join(said)

    def _clustered(self) -> str:
        count = self.pair.clusters
        if self.pair.too_few:
            return f"There is no interval, since {self.pair.too_few}."
        if count is None:
            return ""
        few = f" With fewer than {FEW_CLUSTERS} clusters the interval is still too short." if (
            count < FEW_CLUSTERS) else ""
        known = np.isfinite(self.design_effect)
        effect = f"; the design effect is {number(self.design_effect, 1)}" if known else ""
        drawn = (f"{count:,} customers with all their answers instead of single rows" if self.pair.repeated
                 else
                 f"{count:,} whole clusters instead of single customers")
        return f"The interval draws {drawn}{effect}.{few}"

    def _weighted(self) -> str:
        if self.pair.weight is None:
            return ""
        worth = round(stats.kish(self.pair.weight))
        return f"The answers are weighted; they are worth {counted(worth, 'customer')} of equal weight."

    def caption(self) -> Caption:
        r, p = self.pearson, self.pair
        x, y = p.name_x.capitalize(), p.name_y
        if abs(r.estimate) >= stats.PERFECT:
            finding = f"{x} and {y} {strength(r.estimate)}"
        elif max(abs(r.low), abs(r.high)) < 0.1:
            finding = f"{x} says next to nothing about {y}"
        elif r.low <= 0 <= r.high:
            finding = f"These customers do not settle whether {p.name_x} goes with {y}"
        elif round(100 * r.estimate**2) < 1:
            finding = f"{x} accounts for less than 1 % of the differences in {y}"
        else:
            finding = f"{x} accounts for {percent(r.estimate**2)} of the differences in {y}"
        way = "hardly tilted" if abs(r.estimate) < 0.1 else "rising" if r.estimate > 0 else "falling"
        ends = f" [{number(r.low)}, {number(r.high)}]" if np.isfinite(r.low) else ""
        return Caption(finding, f"{data_words(p.source)} · n = {p.n:,} · r = {number(r.estimate)}{ends}",
                       f"Scatter of {p.n:,} customers, a {way} cloud around a straight line; "
                       f"{p.label(p.name_x)} across, {p.label(p.name_y)} up")

    def draw(self, ax) -> None:
        scatter(ax, self.pair)
        x, y = self.pair.x, self.pair.y
        (middle_x, spread_x), (middle_y, spread_y) = (_moments(v, self.pair.weight) for v in (x, y))
        slope = self.pearson.estimate * spread_y / spread_x
        ends = np.array([x.min(), x.max()])
        line = middle_y + slope * (ends - middle_x)
        ax.plot(ends, line, color=picture.ACCENT, lw=2.6, zorder=4)
        gap = spread_y * np.sqrt(1 - self.pearson.estimate**2)
        ax.fill_between(ends, line - gap, line + gap, color=picture.ACCENT, alpha=0.10, lw=0, zorder=1)
        inside = np.abs(y - middle_y - slope * (x - middle_x)) <= gap
        share = float(np.average(inside, weights=self.pair.weight))
        remark = f"{percent(share)} of the customers\nlie in the band"
        if gap > 1e-6 * spread_y:
            picture.remark(ax, remark, 0.985, 0.04 if slope >= 0 else 0.88)
        ax.set_ylim(*picture.room(y))

    def headline(self) -> dict:
        rows = self.table.set_index("method")["estimate"]
        alphas = {f"alpha_{name}": self.pair.scale(name).get("alpha", np.nan)
                  for name in (self.pair.name_x, self.pair.name_y)}
        return {"n": self.pair.n, "pearson": self.pearson.estimate, "pearson_low": self.pearson.low,
                "pearson_high": self.pearson.high, "spearman": float(rows["Spearman, resampled"]),
                "kendall": float(rows["Kendall, resampled"]), **alphas}


def _moments(values, weight) -> tuple[float, float]:
    mean = np.average(values, weights=weight)
    return mean, np.sqrt(np.average((values - mean) ** 2, weights=weight))


def correlation(scores: pd.DataFrame, x: str = "satisfaction", y: str = "loyalty", *, alpha: float = 0.05,
                draws: int = 2000, seed: int = 1) -> Correlation:
    """How strongly two scores go together: Pearson, Spearman and Kendall with intervals.

    Estimand: the correlation of observed composite scores. Intervals: Fisher's z for Pearson, and BCa
    bootstrap (Efron 1987) for all three from one set of resamples. Where the table has a ``cluster``, whole
    clusters are drawn, Fisher's interval is left out and the design effect is printed (the variance by
    cluster over that by customer); of fewer than five clusters there is no interval. A ``weight`` is used
    throughout. ``permutation`` is the two-sided p of "no relation at all".

    Raises CrmlabError where a score is missing or does not vary.

    >>> import crmlab as crm
    >>> r = correlation(crm.score(crm.open_table("survey", "world:survey", seed=1)))
    >>> 0.4 < r.pearson.estimate < 0.7
    True
    """
    p = pair(scores, x, y)
    intervals, _, failed = resample.bootstrap_correlations(
        p.x, p.y, METHODS, cluster=p.cluster, weight=p.weight, level=1 - alpha, draws=draws, seed=seed)
    simple = p.cluster is None and p.weight is None
    if p.too_few:
        intervals = {method: stats.Interval(i.estimate, np.nan, np.nan) for method, i in intervals.items()}
    r = intervals["pearson"].estimate
    permutation = resample.permutation_p(p.x, p.y, cluster=p.cluster, weight=p.weight, seed=seed)
    fisher = stats.fisher(r, p.n, 1 - alpha)
    rows = [("Pearson, Fisher", fisher)] if simple else []
    rows += [(f"{method.capitalize()}, resampled", intervals[method]) for method in METHODS]
    return Correlation(
        title=f"Correlation of {p.names}", source=p.source, pair=p, level=1 - alpha, permutation=permutation,
        table=pd.DataFrame([{"method": name, **i._asdict(), "n": p.n} for name, i in rows]),
        pearson=fisher if simple else intervals["pearson"], design_effect=_design_effect(p),
        settings=_settings(p, draws, failed, seed, permutation))


def _design_effect(p: Pair) -> float:
    each = stats.influence(p.x, p.y, p.weight)
    return float((stats.sandwich(each, p.cluster)[0] / stats.sandwich(each)[0]) ** 2)


def _settings(p: Pair, draws: int, failed: int, seed: int, permutation: float) -> str:
    unit = "clusters" if p.cluster is not None else "customers"
    lost = f", {counted(failed, 'failed draw')}" if failed else ""
    weighted = ", weighted" if p.weight is not None else ""
    return (f"complete pairs, {draws:,} BCa resamples of {unit}{weighted}, seed {seed}{lost}; permutation "
            f"{p_clause(permutation)}")
