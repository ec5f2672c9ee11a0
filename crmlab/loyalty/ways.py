"""Would another analyst have found the same? Many honest ways to do one sum."""

from itertools import product

import numpy as np
import pandas as pd

from crmlab.claims import verdict_of
from crmlab.frame import picture, stats
from crmlab.frame.errors import CrmlabError, counted, listed
from crmlab.frame.glossary import number
from crmlab.frame.result import Caption, Result, kind
from crmlab.loyalty.habit import FEWEST_ITEMS
from crmlab.loyalty.pairs import Pair, data_words, left_out, pair, span_of
from crmlab.measures import scales, tables

MANY = 40  # more ways than these are drawn without their names


@kind
class Specifications(Result):
    """A row per way an analyst could have done it; sorted by size."""

    at_least: float
    names: tuple

    def text(self) -> str:
        t = self.table
        lowest, highest = t.iloc[0], t.iloc[-1]
        good, against, open_ = (int((t["verdict"] == word).sum()) for word in ("supported", "contradicted", "undecided"))
        claim = f"the claim that the correlation is at least {number(self.at_least)}"
        if len(t) in (good, against):
            verdict = f"Each of them {'supports' if good else 'contradicts'} {claim}."
        elif good or against:
            found = [(good, "supports it", "support it"), (against, "contradicts it", "contradict it"),
                     (open_, "leaves it open", "leave it open")]
            verdict = f"Of {claim}: " + listed([f"{count} {one if count == 1 else many}"
                                                for count, one, many in found if count], quote=False) + "."
        else:
            verdict = f"None of them supports {claim}."
        return (f"{counted(len(t), 'way')} to do the same sum give between {number(lowest['estimate'])} "
                f"({lowest['dropped']}, {lowest['method']}) and {number(highest['estimate'])} "
                f"({highest['dropped']}, {highest['method']}). {verdict}")

    def caption(self) -> Caption:
        t = self.table
        hangs = "hangs" if t["verdict"].nunique() > 1 else "does not hang"
        ways = counted(len(t), "way")
        return Caption(f"The verdict {hangs} on how it was done",
                       f"{data_words(self.source)} · {ways} to compute the correlation, sorted",
                       f"From {number(t['estimate'].iloc[0])} to {number(t['estimate'].iloc[-1])}")

    @property
    def size(self):
        return (7.2, 1.5 + (0.27 if len(self.table) <= MANY else 0.1) * len(self.table))

    def draw(self, ax) -> None:
        named = len(self.table) <= MANY
        for place, row in enumerate(self.table.itertuples()):
            good = row.verdict == "supported"
            picture.span(ax, place, row.estimate, row.low, row.high, size=5.5 if named else 3,
                         color=picture.SECOND if good else picture.ACCENT, marker="o" if good else "D")
        names = [f"{r.dropped} · {r.method} · {r.rule}" for r in self.table.itertuples()]
        picture.names_down(ax, names if named else [""] * len(names), width=70)
        ax.tick_params(axis="y", labelsize=9)
        ax.set_ylim(len(self.table) + (0.3 if named else 2), -0.6)  # a free line for the label of the claim
        picture.reference(ax, self.at_least, f"claimed: {number(self.at_least)}")
        ax.set_xlim(*span_of(self.table))
        ax.set_xlabel("correlation (diamond: not supported)")

    def headline(self) -> dict:
        t = self.table
        return {"ways": len(t), "lowest": float(t["estimate"].iloc[0]),
                "highest": float(t["estimate"].iloc[-1]),
                "supported": float((t["verdict"] == "supported").mean())}


def sensitivity(survey: pd.DataFrame, x: str = "satisfaction", y: str = "loyalty", *, drop=(),
                at_least: float = 0.30,
                alpha: float = 0.05) -> Result:
    """Whether another analyst would have reached the same verdict: items left out × method × customers kept.

    Every single item is left out in turn (beside those in ``drop``), with Pearson and Spearman, with all
    customers and without those who gave one answer throughout. The verdict is a one-sided test against
    ``at_least`` at level alpha, on Fisher's z. Ways that leave too few customers, or a score that does not
    vary, are left out.

    >>> import crmlab as crm
    >>> s = sensitivity(crm.open_table("survey", "world:survey", seed=1))
    >>> len(s.table)  # seven sets of items × two methods; nobody answered in a straight line
    14
    """
    title = "Would another analyst have found the same?"
    tables.needs(survey, x, y)
    drop = [drop] if isinstance(drop, str) else list(drop)
    kept = scales.kept_items(survey, drop)
    items = [item for name in (x, y) for item in kept[name]["items"] if len(kept[name]["items"]) > 1]
    rows = []
    for out, (who, base) in product([None, *items], _bases(survey, kept).items()):
        try:
            p = pair(scales.score(base, drop=[*drop, *([out] if out else [])]), x, y)
        except CrmlabError:  # too few customers or a constant score: this way is closed
            continue
        rows += [_way(p, method, out, who, at_least, alpha) for method in ("pearson", "spearman")]
    rows = [row for row in rows if row]
    if not rows:
        return left_out(title, survey, "none of the ways to do the sum has an interval")
    table = pd.DataFrame(rows).sort_values("estimate", kind="stable").reset_index(drop=True)
    return Specifications(title=title, table=table, at_least=at_least, names=(x, y),
                          source=tables.provenance(survey),
                          settings="one item out at a time, Pearson and Spearman, with and without straight-liners; "
                                   f"verdicts one-sided, p of at most {number(at_least)}")


def _bases(survey: pd.DataFrame, kept: dict) -> dict[str, pd.DataFrame]:
    """All customers, and where there are straight-liners, the others."""
    every = [item for spec in kept.values() for item in spec["items"]]
    straight = survey[every].nunique(axis=1).eq(1) & survey[every].notna().all(axis=1)
    if len(every) < FEWEST_ITEMS or not straight.any():
        return {"all customers": survey}
    return {"all customers": survey, "no straight-liners": survey[~straight]}


def _way(p: Pair, method: str, out: str | None, who: str, at_least: float, alpha: float) -> dict | None:
    r, error, df = p.measured(method)
    i = stats.z_interval(r, error, df, 1 - alpha)
    if not np.isfinite(i.low):
        return None
    above = stats.upper_tail((np.arctanh(r) - np.arctanh(at_least)) / error, df)
    return {"dropped": f"without {out}" if out else "all items", "method": method, "rule": who,
            **i._asdict(), "n": p.n, "p": above,
            "verdict": verdict_of(zero=1.0, claimed=above, equal=1.0, short=1 - above, alpha=alpha)}
