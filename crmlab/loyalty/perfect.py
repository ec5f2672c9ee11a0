"""What perfectly reliable items would show, and when not to believe it."""

import numpy as np
import pandas as pd

from crmlab.frame import correlations, picture, resample, stats
from crmlab.frame.errors import counted
from crmlab.frame.glossary import interval, number
from crmlab.frame.result import Caption, Result, kind
from crmlab.loyalty.pairs import FEWEST, clusters, left_out, told, too_few
from crmlab.measures import scales, tables

TITLE = "What perfect items would show"


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
        return min(self.alphas) >= scales.WEAK_SCALE and abs(self.corrected.estimate) <= 1

    def text(self) -> str:
        x, y = self.names
        said = [f"Corrected for unreliable items the correlation of {x} and {y} would be "
                f"{told(self.corrected, ',')} instead of {number(self.observed.estimate)}.",
                f"The correction rests on alpha {number(self.alphas[0])} for {x} and "
                f"{number(self.alphas[1])} for {y}.", self._belief()]
        return " ".join(said)

    def _belief(self) -> str:
        x, y = self.names
        c = self.corrected
        if min(self.alphas) < scales.WEAK_SCALE:
            weak = " and ".join(n for n, a in zip((x, y), self.alphas, strict=True) if a < scales.WEAK_SCALE)
            return (f"Do not believe it: the items of {weak} do not carry a correction. A formula repaired a "
                    "number that should have been mended in the questionnaire.")
        if not self.believable:
            return ("Do not believe it: no correlation passes 1. The two scales share more than what they "
                    "are meant to measure, or do not measure two things.")
        if c.high > 1 or c.low < -1:
            return (f"The interval passes {'1' if c.high > 1 else '−1'}, which no correlation can: read the "
                    "correction as a direction, not as a number.")
        return "Read it as what perfect questionnaires might show, not as what these customers said."

    def _finding(self) -> str:
        """What the correction shows, as far as both intervals go, or why it is not believed."""
        if abs(self.corrected.estimate) > 1:
            return "Corrected, the link looks too good to be true"
        if not self.believable:
            weak = [name for name, alpha in zip(self.names, self.alphas, strict=True) if alpha < scales.WEAK_SCALE]
            return f"The items of {' and '.join(weak)} are too unreliable to correct with"
        if abs(self.observed.estimate) >= stats.PERFECT:
            return "The two scores lie on one line; no items could bring them closer"
        if not stats.side(self.observed) or stats.side(self.observed) != stats.side(self.corrected):
            return "Whether better items would show a link is not settled"
        if abs(self.corrected.estimate - self.observed.estimate) < 0.005:
            return "The items are so reliable that there is nothing to correct"
        return "Better items would show a closer link" if abs(self.observed.estimate) >= 0.1 else (
            "Even perfect items would show hardly a link")

    def caption(self) -> Caption:
        return Caption(self._finding(), f"correlation of {' and '.join(self.names)} · n = {self.n:,} · alpha "
                       f"{number(self.alphas[0])} and {number(self.alphas[1])}",
                       f"Observed {number(self.observed.estimate)}, corrected "
                       f"{number(self.corrected.estimate)}")

    @property
    def size(self):
        return (7.2, 2.6)

    def draw(self, ax) -> None:
        seen = [abs(v) for v in (*self.observed, *self.corrected) if np.isfinite(v)]
        side = -1 if self.observed.estimate < 0 else 1
        near = min([0, *(side * v - 0.05 for v in (*self.observed, *self.corrected) if np.isfinite(v))])
        far = max(1.3, min(1.6, max(seen) + 0.12))
        for place, (i, color, marker) in enumerate([(self.observed, picture.SECOND, "o"),
                                                    (self.corrected, picture.ACCENT, "D")]):
            picture.span(ax, place, *i, color=color, marker=marker)
            at = side * np.clip(side * i.estimate, near + 0.22 * (far - near), far - 0.22 * (far - near))
            ax.annotate(interval(*i), (at, place), (0, 9), textcoords="offset points", ha="center",
                        color=color)
        picture.names_down(ax, ["observed", "corrected"])
        ax.axvline(side, color=picture.GREY, lw=1.2)
        ax.axvspan(side, side * far, color=picture.FAINT, zorder=0)
        ax.annotate("no correlation\nlives here", (side * (1 + far) / 2, -0.33), color=picture.GREY,
                    fontsize=9,
                    va="center", ha="center", visible=far - near < 1.6)
        ax.set_xlim(*sorted((side * near, side * far)))
        ax.set_xlabel("correlation")

    def headline(self) -> dict:
        return {"observed": self.observed.estimate, "corrected": self.corrected.estimate,
                "corrected_low": self.corrected.low, "corrected_high": self.corrected.high,
                "believable": self.believable}


def disattenuated(survey: pd.DataFrame, x: str = "satisfaction", y: str = "loyalty", *, drop=(),
                  alpha: float = 0.05) -> Result:
    """The correlation as it would be with perfectly reliable items: r / √(α_x α_y) (Spearman 1904).

    Estimand: the correlation of what the items have in common, if alpha is their reliability. Both intervals come
    from leaving out one unit at a time, for the corrected one in r and in both alphas, so that it knows that alpha,
    too, is an estimate. Customers who answered every item count, so r may differ in the third decimal from the one of the scores. A result with
    alpha below 0.60 or beyond 1 is not believed, and says so. A construct of a single item has no known
    reliability, and items that go against each other have none above 0: the step is then left out.

    >>> import crmlab as crm
    >>> d = disattenuated(crm.open_table("survey", "world:survey", seed=1))
    >>> d.corrected.estimate > d.observed.estimate
    True
    """
    tables.needs(survey, x, y)
    kept = scales.kept_items(survey, drop)
    values = [scales.turned(survey, kept[name]) for name in (x, y)]
    items = pd.concat(values, axis=1)
    whole = items.notna().all(axis=1).to_numpy() & tables.stands(survey)
    rows, complete = survey[whole], items[whole].to_numpy(float)
    reason = _too_little((x, y), values, len(rows))
    if reason:
        return left_out(TITLE, survey, reason)
    weight = rows["weight"].to_numpy(float) if "weight" in rows else None
    corrected, alphas = resample.disattenuated(complete, values[0].shape[1], cluster=clusters(rows), weight=weight,
                                               level=1 - alpha)
    if not np.isfinite(corrected.estimate):
        return left_out(TITLE, survey, _nothing_to_correct(alphas, (x, y)))
    if too_few(clusters(rows), weight):
        return left_out(TITLE, survey, too_few(clusters(rows), weight))
    sums = np.split(complete, [values[0].shape[1]], axis=1)
    observed = correlations.interval("pearson", *(block.sum(axis=1) for block in sums), clusters(rows), weight, 1 - alpha)
    both = {"observed": observed, "corrected": corrected}
    table = pd.DataFrame([{"correction": name, **both[name]._asdict(), "n": len(rows)} for name in both])
    weighted = "" if weight is None else ", weighted"
    return Disattenuated(title=TITLE, table=table, names=(x, y), alphas=alphas, source=tables.provenance(survey),
                         n=len(rows), **both,
                         settings=f"customers with every item{weighted}, intervals by leaving out one unit at a time; "
                                  "that of the corrected r in r and both alphas, even on r + r³/3")


def _too_little(names: tuple, values: list[pd.DataFrame], n: int) -> str:
    for name, items in zip(names, values, strict=True):
        if items.shape[1] < 2:
            return (f"'{name}' rests on one item, {items.columns[0]}, so its reliability is not known; ask "
                    "at least two questions about it")
    if n < FEWEST:
        few = f"{counted(n, 'customer')} answered every item of {' and '.join(names)}"
        return f"{few}, and {FEWEST} are the least"
    return ""


def _nothing_to_correct(alphas: tuple, names: tuple) -> str:
    for name, alpha in zip(names, alphas, strict=True):
        if not np.isfinite(alpha):
            return f"'{name}' does not vary among the customers who answered every item"
        if alpha <= 1e-9:
            return (f"alpha of '{name}' is {number(alpha)}: its items do not go together, so there is "
                    "nothing to correct with")
    return "the observed correlation cannot be computed"
