"""How strongly satisfaction and loyalty go together, as observed and as it would be with perfect items."""

import numpy as np
import pandas as pd

from crmlab.frame import picture, resample, stats
from crmlab.frame.errors import counted, listed
from crmlab.frame.glossary import number, p_clause, percent
from crmlab.frame.result import Caption, Result, Sentence, kind
from crmlab.loyalty.pair import Pair, data_words, pair, scatter
from crmlab.measures import scales, tables

METHODS = ("pearson", "spearman", "kendall")


def strength(r: float) -> str:
    """How a correlation reads in a sentence; the cuts are Cohen's (1988) .1, .3 and .5.

    >>> strength(0.62), strength(-0.2), strength(0.03)
    ('go closely together', 'go weakly against each other', 'hardly go together')
    """
    size = abs(r)
    if size < 0.1:
        return "hardly go together"
    how = "closely" if size >= 0.5 else "moderately" if size >= 0.3 else "weakly"
    return f"go {how} together" if r > 0 else f"go {how} against each other"


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
        said = [self.answer(),
                f"{p.name_x.capitalize()} accounts for {percent(r.estimate**2)} of the differences in {p.name_y}; "
                f"{percent(1 - r.estimate**2)} lie elsewhere."]
        said += [self._resampled(), self._made(), self._clustered()]
        if self.pair.source.get("design", "survey") == "survey":
            said.append("This is a survey at one time: it shows that the two go together, not that raising one "
                        "raises the other.")
        return " ".join(part for part in said if part)

    def answer(self) -> Sentence:
        r, p = self.pearson, self.pair
        return Sentence(f"{p.name_x.capitalize()} and {p.name_y} {strength(r.estimate)}: r = {number(r.estimate)}, "
                        f"{percent(self.level)} interval {number(r.low)} to {number(r.high)}, n = {p.n:,}.")

    def _resampled(self) -> str:
        rows = self.table.set_index("method")
        if "Pearson, Fisher" not in rows.index:
            return ""
        fisher, boot = rows.loc["Pearson, Fisher"], rows.loc["Pearson, resampled"]
        if boot.high - boot.low > 1.15 * (fisher.high - fisher.low):
            return (f"Resampling the customers gives a wider interval, {number(boot.low)} to {number(boot.high)}: "
                    "a few who answer against the trend weigh heavily.")
        return ""

    def _made(self) -> str:
        dropped = self.pair.source.get("items_dropped", [])
        mine = {n: self.pair.scale(n) for n in (self.pair.name_x, self.pair.name_y)}
        if not dropped or not all(mine.values()):
            return ""
        return (f"{listed(dropped, quote=False)} {'was' if len(dropped) == 1 else 'were'} left out after looking "
                f"(post hoc); {self.pair.name_y} is the mean of {listed(mine[self.pair.name_y]['items'], quote=False)}.")

    def _clustered(self) -> str:
        if self.pair.cluster is None:
            return ""
        groups = len(np.unique(self.pair.cluster))
        few = " With fewer than 30 clusters the interval is still too short." if groups < 30 else ""
        return (f"The interval draws {groups} whole clusters instead of single customers; the design effect is "
                f"{number(self.design_effect, 1)}.{few}")

    def caption(self) -> Caption:
        r, p = self.pearson, self.pair
        share = percent(r.estimate**2)
        finding = (f"{p.name_x.capitalize()} accounts for {share} of the differences in {p.name_y}"
                   if abs(r.estimate) >= 0.1 else f"{p.name_x.capitalize()} says next to nothing about {p.name_y}")
        way = "rising" if r.estimate > 0 else "falling"
        return Caption(finding, f"{data_words(p.source)} · n = {p.n:,} · r = {number(r.estimate)} "
                       f"[{number(r.low)}, {number(r.high)}]",
                       f"Scatter of {p.n:,} customers, a {way} cloud around a straight line; {p.label(p.name_x)} "
                       f"across, {p.label(p.name_y)} up")

    def draw(self, ax) -> None:
        scatter(ax, self.pair)
        x, y = self.pair.x, self.pair.y
        slope = self.pearson.estimate * y.std() / x.std()
        ends = np.array([x.min(), x.max()])
        line = y.mean() + slope * (ends - x.mean())
        ax.plot(ends, line, color=picture.ACCENT, lw=2.6, zorder=4)
        gap = y.std() * np.sqrt(1 - self.pearson.estimate**2)
        ax.fill_between(ends, line - gap, line + gap, color=picture.ACCENT, alpha=0.10, lw=0, zorder=1)
        fitted = y.mean() + slope * (x - x.mean())
        inside = percent(float(np.mean(np.abs(y - fitted) <= gap)))
        picture.remark(ax, f"{inside} of the customers\nlie in the band", 0.985, 0.04)
        ax.set_ylim(*picture.room(y))

    def headline(self) -> dict:
        rows = self.table.set_index("method")["estimate"]
        alphas = {f"alpha_{n}": self.pair.scale(n).get("alpha", np.nan) for n in (self.pair.name_x, self.pair.name_y)}
        return {"n": self.pair.n, "pearson": self.pearson.estimate, "pearson_low": self.pearson.low,
                "pearson_high": self.pearson.high, "spearman": float(rows["Spearman, resampled"]),
                "kendall": float(rows["Kendall, resampled"]), **alphas}


def correlation(scores: pd.DataFrame, x: str = "satisfaction", y: str = "loyalty", *, alpha: float = 0.05,
                draws: int = 2000, seed: int = 1) -> Correlation:
    """How strongly two scores go together: Pearson, Spearman and Kendall with intervals.

    Estimand: the correlation of observed composite scores. Intervals: Fisher's z for Pearson, and BCa
    bootstrap (Efron 1987) for all three from one set of resamples. Where the table has a ``cluster``, whole
    clusters are drawn, Fisher's interval is left out and the design effect is printed; a ``weight`` is used
    throughout. ``permutation`` is the two-sided p of "no relation at all".

    Raises CrmlabError where a score is missing or does not vary.

    >>> import crmlab as crm
    >>> r = correlation(crm.score(crm.open_table("survey", "world:survey", seed=1)))
    >>> 0.4 < r.pearson.estimate < 0.7
    True
    """
    p = pair(scores, x, y)
    intervals, values, failed = resample.bootstrap_correlations(
        p.x, p.y, METHODS, cluster=p.cluster, weight=p.weight, level=1 - alpha, draws=draws, seed=seed)
    simple = p.cluster is None and p.weight is None
    r, permutation = intervals["pearson"].estimate, resample.permutation_p(p.x, p.y, cluster=p.cluster, seed=seed)
    fisher = stats.fisher(r, p.n, 1 - alpha)
    rows = [("Pearson, Fisher", fisher)] if simple else []
    rows += [(f"{method.capitalize()}, resampled", intervals[method]) for method in METHODS]
    table = pd.DataFrame([{"method": name, **i._asdict(), "n": p.n} for name, i in rows])
    return Correlation(
        title=f"Correlation of {p.names}", table=table, source=p.source, pair=p, level=1 - alpha,
        pearson=fisher if simple else intervals["pearson"],
        permutation=permutation,
        design_effect=float(np.nanvar(values, ddof=1) * (p.n - 1) / (1 - r**2) ** 2),
        settings=_settings(p, draws, failed, seed, permutation))


def _settings(p: Pair, draws: int, failed: int, seed: int, permutation: float) -> str:
    unit = "clusters" if p.cluster is not None else "customers"
    lost = f", {counted(failed, 'failed draw')}" if failed else ""
    weighted = ", weighted" if p.weight is not None else ""
    return (f"complete pairs, {draws:,} BCa resamples of {unit}{weighted}, seed {seed}{lost}; "
            f"permutation {p_clause(permutation)}")


@kind
class Disattenuated(Result):
    """Observed and corrected correlation, with the reliabilities that carry the correction."""

    names: tuple
    alphas: tuple
    observed: stats.Interval
    corrected: stats.Interval
    n: int

    @property
    def believable(self) -> bool:
        return min(self.alphas) >= scales.WEAK_SCALE and self.corrected.estimate <= 1

    def text(self) -> str:
        x, y = self.names
        c = self.corrected
        said = [f"Corrected for unreliable items the correlation of {x} and {y} would be {number(c.estimate)}, "
                f"interval {number(c.low)} to {number(c.high)}, instead of {number(self.observed.estimate)}.",
                f"The correction rests on alpha {number(self.alphas[0])} for {x} and {number(self.alphas[1])} for {y}."]
        if not self.believable:
            weak = x if self.alphas[0] < self.alphas[1] else y
            said.append(f"Do not believe it: the items of {weak} do not carry a correction. A formula repaired a "
                        "number that should have been mended in the questionnaire.")
        elif c.high > 1:
            said.append("The interval passes 1, which no correlation can: read the correction as a direction, "
                        "not as a number.")
        else:
            said.append("Read it as what perfect questionnaires might show, not as what these customers said.")
        return " ".join(said)

    def caption(self) -> Caption:
        finding = ("Corrected, the link looks too good to be true" if not self.believable
                   else "Better items would show a closer link")
        return Caption(finding, f"correlation of {' and '.join(self.names)} · n = {self.n:,} · alpha "
                       f"{number(self.alphas[0])} and {number(self.alphas[1])}",
                       f"Observed {number(self.observed.estimate)}, corrected {number(self.corrected.estimate)}")

    @property
    def size(self):
        return (7.2, 2.5)

    def draw(self, ax) -> None:
        for place, (i, color, marker) in enumerate([(self.observed, picture.SECOND, "o"),
                                                    (self.corrected, picture.ACCENT, "D")]):
            picture.span(ax, place, *i, color=color, marker=marker)
            ax.annotate(f"{number(i.estimate)} [{number(i.low)}, {number(i.high)}]", (i.estimate, place),
                        (0, 9), textcoords="offset points", ha="center", color=color)
        picture.names_down(ax, ["observed", "corrected"])
        ax.axvline(1, color=picture.GREY, lw=1.2)
        ax.axvspan(1, 2, color=picture.FAINT, zorder=0)
        right = max(1.3, min(1.6, self.corrected.high + 0.12))
        ax.annotate("no correlation\nlives here", ((1 + right) / 2, 0), color=picture.GREY, fontsize=9, va="center",
                    ha="center")
        ax.set_xlim(min(0, self.observed.low - 0.05), right)
        ax.set_xlabel("correlation")

    def headline(self) -> dict:
        return {"observed": self.observed.estimate, "corrected": self.corrected.estimate,
                "corrected_low": self.corrected.low, "corrected_high": self.corrected.high,
                "believable": self.believable}


def disattenuated(survey: pd.DataFrame, x: str = "satisfaction", y: str = "loyalty", *, drop=(),
                  alpha: float = 0.05, draws: int = 2000, seed: int = 1) -> Disattenuated:
    """The correlation as it would be with perfectly reliable items: r / √(α_x α_y) (Spearman 1904).

    Estimand: the correlation of what the items have in common, if alpha is their reliability. Observed r and
    both alphas are resampled together, so the interval knows that alpha, too, is an estimate. Customers who
    answered every item count, so r may differ in the third decimal from the one of the scores. A result with
    alpha below 0.60 or above 1 is not believed, and says so.

    Raises CrmlabError for a construct of a single item: its reliability is not known.

    >>> import crmlab as crm
    >>> d = disattenuated(crm.open_table("survey", "world:survey", seed=1))
    >>> d.corrected.estimate > d.observed.estimate
    True
    """
    tables.needs(survey, x, y)
    kept = scales.kept_items(survey, drop)
    values = [scales.turned(survey, kept[name]) for name in (x, y)]
    for name, items in zip((x, y), values, strict=True):
        if items.shape[1] < 2:
            raise scales.single_item(name, items.columns[0])
    complete = pd.concat(values, axis=1).dropna()
    first = values[0].shape[1]
    cluster = survey.loc[complete.index, "cluster"] if "cluster" in survey.columns else None
    both = resample.bootstrap_disattenuated(complete.to_numpy(float), first, cluster=cluster, level=1 - alpha,
                                         draws=draws, seed=seed)
    rows = [{"correction": name, **both[name]._asdict(), "n": len(complete)} for name in ("observed", "corrected")]
    alphas = tuple(stats.cronbach_alpha(v.loc[complete.index].to_numpy(float)) for v in values)
    return Disattenuated(title="What perfect items would show", table=pd.DataFrame(rows), names=(x, y), alphas=alphas,
                         source=tables.provenance(survey), n=len(complete), **both,
                         settings=f"customers with every item, {draws:,} BCa resamples of r and alpha, seed {seed}")
