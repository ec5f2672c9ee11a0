"""How strongly satisfaction and loyalty go together, as observed."""

import numpy as np
import pandas as pd

from crmlab.frame import correlations, picture, stats
from crmlab.frame.errors import counted, listed
from crmlab.frame.glossary import number, percent
from crmlab.frame.result import Caption, Result, Sentence, kind
from crmlab.loyalty.pairs import Pair, data_words, pair, scatter

HARDLY = 0.1  # Cohen's (1988) small correlation; an interval within it shows that there is hardly a link
ALONE = 0.25  # crmlab rule: a unit that makes this share of the variance is named
CROWDED, FEW = 0.5, 100  # measured: where half the answers are one, the interval of so few is a little short


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


def along(r: float) -> str:
    """How much of the differences a correlation accounts for, as words.

    >>> along(0.62), along(0.03), along(0.9999995), along(-1.0)
    ('38 %', 'less than 1 %', 'nearly all', 'all')
    """
    share = round(100 * r**2)
    if 1 <= share <= 99:
        return f"{share} %"
    return "less than 1 %" if share < 1 else "all" if abs(r) >= stats.PERFECT else "nearly all"


def accounts(r: float, x: str, y: str) -> str:
    """What the square of a correlation says; the two shares add up to all.

    >>> accounts(0.62, "satisfaction", "loyalty")
    'Satisfaction accounts for 38 % of the differences in loyalty; 62 % lie elsewhere.'
    >>> accounts(0.03, "satisfaction", "loyalty")
    'Satisfaction accounts for less than 1 % of the differences in loyalty.'
    """
    said, share = f"{x.capitalize()} accounts for {along(r)} of the differences in {y}", round(100 * r**2)
    if not 1 <= share <= 99:
        return f"{said}."
    return f"{said}; {100 - share} % {'lies' if share == 99 else 'lie'} elsewhere."


@kind
class Correlation(Result):
    """A row per method, each with the interval that belongs to it."""

    pair: Pair
    pearson: stats.Interval
    design_effect: float
    level: float
    alone: tuple  # the share of the variance that one unit makes, and r without that one

    @property
    def found(self) -> str:
        """What may be said: ``"linked"``, ``"hardly"`` a link, ``"open"``, ``"perfect"``, or ``"unknown"``."""
        r = self.pearson
        if abs(r.estimate) >= stats.PERFECT:
            return "perfect"
        if not np.isfinite(r.low):
            return "unknown"
        if max(abs(r.low), abs(r.high)) < HARDLY:
            return "hardly"
        return "linked" if stats.side(r) else "open"

    def text(self) -> str:
        r, p = self.pearson, self.pair
        sized = self.found in ("linked", "hardly", "perfect")
        said = [self.answer(), accounts(r.estimate, p.name_x, p.name_y) if sized else "", self._perfect(),
                self._supposes(), self._made(), self._clustered(), self._weighted(), self._caution()]
        return " ".join(part for part in said if part)

    def answer(self) -> Sentence:
        r, p = self.pearson, self.pair
        interval = (f"{percent(self.level)} interval {number(r.low)} to {number(r.high)}"
                    if np.isfinite(r.low) else "no interval")
        said = {"open": f"Whether {p.name_x} and {p.name_y} go together stays open",
                "unknown": f"Of {p.name_x} and {p.name_y} no more than the number is known",
                "hardly": f"{p.name_x.capitalize()} and {p.name_y} hardly go together"}.get(
                    self.found, f"{p.name_x.capitalize()} and {p.name_y} {strength(r.estimate)}")
        return Sentence(f"{said}: r = {number(r.estimate)}, {interval}, n = {p.n:,}.")

    def _caution(self) -> str:
        """What a survey at one time shows, as far as its interval goes."""
        r = self.pearson
        if self.pair.source.get("design", "survey") != "survey":
            return ""
        if self.found in ("open", "unknown"):
            return ("This is a survey at one time: whatever the link, it does not show that raising one raises the "
                    "other.")
        if self.found == "hardly" or abs(r.estimate) < HARDLY:
            shows = "hardly go together, and no more than that"
        elif r.estimate > 0:
            shows = "go together, not that raising one raises the other"
        else:
            shows = "go against each other, not that raising one lowers the other"
        return f"This is a survey at one time: it shows that the two {shows}."

    def _perfect(self) -> str:
        if self.found != "perfect":
            return ""
        return "Every customer lies on one line: look whether one of the scores was copied from the other."

    def _supposes(self) -> str:
        """What the interval takes for granted, where these answers make it doubtful."""
        share, without = self.alone
        if not np.isfinite(self.pearson.low):
            return ""
        if share >= ALONE:
            unit = "customer" if self.pair.cluster is None or self.pair.repeated else "cluster"
            return (f"One {unit} alone makes {percent(share)} of the interval's variance: without that one r is "
                    f"{number(without)}, and the interval supposes that such a one is as rare among all.")
        for name, values in ((self.pair.name_x, self.pair.x), (self.pair.name_y, self.pair.y)):
            if self.pair.n < FEW and np.unique(values, return_counts=True)[1].max() >= CROWDED * self.pair.n:
                return (f"Half of the {name} scores or more are the same: on answers that crowd so, an interval from "
                        "few customers is still a little short.")
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
        known = np.isfinite(self.design_effect)
        effect = f"; the design effect is {number(self.design_effect, 1)}" if known else ""
        counts = (f"{count:,} customers with all their answers instead of single rows" if self.pair.repeated else
                  f"{count:,} whole clusters instead of single customers")
        return f"The interval counts {counts}{effect}."

    def _weighted(self) -> str:
        if self.pair.weight is None:
            return ""
        worth = round(stats.kish(self.pair.weight))
        return f"The answers are weighted; they are worth {counted(worth, 'customer')} of equal weight."

    def caption(self) -> Caption:
        r, p = self.pearson, self.pair
        x, y = p.name_x.capitalize(), p.name_y
        finding = {"perfect": f"{x} and {y} {strength(r.estimate)}",
                   "hardly": f"{x} says next to nothing about {y}",
                   "unknown": f"{x} and {y}: too little for an interval",
                   "open": f"These customers do not settle whether {p.name_x} goes with {y}",
                   "linked": f"{x} accounts for {along(r.estimate)} of the differences in {y}"}[self.found]
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
                "pearson_high": self.pearson.high, "spearman": float(rows["Spearman rho"]),
                "kendall": float(rows["Kendall tau"]), **alphas}


def _moments(values, weight) -> tuple[float, float]:
    mean = np.average(values, weights=weight)
    return mean, np.sqrt(np.average((values - mean) ** 2, weights=weight))


def correlation(scores: pd.DataFrame, x: str = "satisfaction", y: str = "loyalty", *,
                alpha: float = 0.05) -> Correlation:
    """How strongly two scores go together: Pearson's r, Spearman's rho and Kendall's tau-b with intervals.

    Estimand: the correlation of observed composite scores. Intervals on Fisher's z with Student's t: for r the
    jackknife, which leaves out one customer at a time (Hinkley 1978), for rho and tau what each customer adds to
    them. Degrees of freedom follow how unlike the customers' shares are (Satterthwaite 1946). Where the table has
    a ``cluster``, or customers in several rows, whole clusters are left out and the design effect is printed (the
    variance by cluster over that by customer); of fewer than five there is no interval. A ``weight`` is used
    throughout.

    Raises CrmlabError where a score is missing or does not vary.

    >>> import crmlab as crm
    >>> r = correlation(crm.score(crm.open_table("survey", "world:survey", seed=1)))
    >>> 0.4 < r.pearson.estimate < 0.7
    True
    """
    p = pair(scores, x, y)
    found = {method: p.correlation(1 - alpha, method) for method in correlations.NAMES}
    left = stats.left_out(p.x, p.y, p.cluster, p.weight)[1]
    return Correlation(
        title=f"Correlation of {p.names}", source=p.source, pair=p, level=1 - alpha,
        table=pd.DataFrame([{"method": f"{method.capitalize()} {name}", **found[method]._asdict(), "n": p.n}
                            for method, name in correlations.NAMES.items()]),
        pearson=found["pearson"], design_effect=_design_effect(p), alone=_alone(left), settings=_settings(p))


def _alone(left: np.ndarray) -> tuple[float, float]:
    """The largest share of the variance that one unit makes, and r without it."""
    with np.errstate(divide="ignore", invalid="ignore"):
        square = np.square(np.arctanh(left) - np.arctanh(left).mean())
    if not square.sum() > 0 or not np.isfinite(square).all():
        return 0.0, np.nan
    return float(square.max() / square.sum()), float(left[square.argmax()])


def _design_effect(p: Pair) -> float:
    if p.cluster is None:
        return 1.0
    by_cluster, by_row = (stats.z_error(p.x, p.y, role, p.weight)[0] for role in (p.cluster, None))
    return float((by_cluster / by_row) ** 2)


def _settings(p: Pair) -> str:
    unit = "customer" if p.cluster is None or p.repeated else "cluster"
    weighted = ", weighted" if p.weight is not None else ""
    df = p.measured()[2]
    return (f"complete pairs{weighted}; r by leaving out one {unit} at a time, rho and tau by influence; Fisher's z, "
            f"Student's t, for r with {number(df, 0)} degrees of freedom")
