"""What the number does not carry: who was asked, how they were asked, and who did the sums."""

from itertools import product

import numpy as np
import pandas as pd

from crmlab.frame import picture, resample, stats
from crmlab.frame.errors import CrmlabError, counted
from crmlab.frame.glossary import number, percent
from crmlab.frame.result import Caption, Result, kind
from crmlab.loyalty.pair import FEWEST, data_words, pair
from crmlab.measures import scales, tables


@kind
class Restriction(Result):
    """A row per cut: the correlation among customers with at least that satisfaction."""

    names: tuple
    ceilings: dict
    whole: float
    corrected: float

    def text(self) -> str:
        x, y = self.names
        top = self.table.iloc[-1]
        crowded = " and ".join(f"{percent(c)} of the {name} scores" for name, c in self.ceilings.items())
        return (f"All customers: r = {number(self.whole)}. Only those with {x} of {number(top['cut'], 1)} or more: r = "
                f"{number(top['estimate'])}, interval {number(top['low'])} to {number(top['high'])}, n = {top['n']:,.0f}. "
                f"Nobody changed an answer; part of the range is gone. Corrected back for it (Thorndike's case 2) the "
                f"{number(top['estimate'])} becomes {number(self.corrected)}. The scale restricts too: {crowded} sit at "
                "the highest value one can give.")

    def caption(self) -> Caption:
        top = self.table.iloc[-1]
        return Caption("Ask only the content, and the link fades",
                       f"{data_words(self.source)} · correlation among customers at or above each {self.names[0]}",
                       f"From {number(self.whole)} for all to {number(top['estimate'])} at {number(top['cut'], 1)} "
                       "and above")

    def draw(self, ax) -> None:
        t = self.table
        ax.fill_between(t["cut"], t["low"], t["high"], color=picture.ACCENT, alpha=0.16, lw=0)
        ax.plot(t["cut"], t["estimate"], color=picture.ACCENT, lw=2.4, marker="o", ms=5)
        ax.axhline(self.whole, color=picture.SECOND, ls="--", lw=1.4)
        ax.annotate(f"all customers {number(self.whole)}", (1, self.whole), (-2, 5), textcoords="offset points",
                    xycoords=("axes fraction", "data"), color=picture.SECOND, fontsize=9.5, ha="right")
        for place, side in ((0, "left"), (-1, "right")):
            row = t.iloc[place]
            ax.annotate(f"n = {row['n']:,.0f}", (row["cut"], row["low"]), (0, -13), textcoords="offset points",
                        ha=side, color=picture.GREY, fontsize=9.5)
        ax.axhline(0, color=picture.GREY, lw=1)
        ax.set_ylim(min(-0.15, t["low"].min() - 0.12), 1)
        ax.set_xlabel(f"lowest {self.names[0]} still asked")
        ax.set_ylabel("correlation")

    def headline(self) -> dict:
        top = self.table.iloc[-1]
        return {"whole": self.whole, "cut": float(top["cut"]), "restricted": float(top["estimate"]),
                "restricted_n": int(top["n"]),
                "corrected_back": self.corrected, **{f"ceiling_{name}": c for name, c in self.ceilings.items()}}


def restriction(scores: pd.DataFrame, x: str = "satisfaction", y: str = "loyalty", *, at: float | None = None,
                alpha: float = 0.05) -> Restriction:
    """What one would find if only satisfied customers had been asked, and how full the top of the scale is.

    ``at`` is the satisfaction from which customers are asked, the last row of the table; without it 7/9 of
    the scale (8 of 10). The correction back is Thorndike's (1949) case 2.

    >>> import crmlab as crm
    >>> r = restriction(crm.score(crm.open_table("survey", "world:survey", seed=1)))
    >>> bool(r.table["estimate"].iloc[-1] < r.whole)
    True
    """
    p = pair(scores, x, y)
    spec = p.scale(x)
    low, high = (spec["low"], spec["high"]) if spec else (p.x.min(), p.x.max())
    last = low + 7 / 9 * (high - low) if at is None else at
    steps = [c for c in np.unique(p.x) if c < last - 1e-9 and c >= np.quantile(p.x, 0.02)] + [last]
    rows = [row for row in (_above(p, cut, alpha) for cut in steps) if row]
    if not rows:
        raise CrmlabError(f"Too few customers have {x} of {last:.3g} or more.", f"The highest is {p.x.max():.3g}.",
                          "Choose a lower cut with at=….")
    top, whole = rows[-1], resample.correlation("pearson", p.x, p.y, p.weight)
    ratio = p.x.std() / p.x[p.x >= top["cut"] - 1e-9].std()
    r = top["estimate"]
    tops = {name: float(np.mean(v == (p.scale(name).get("high", v.max())))) for name, v in ((x, p.x), (y, p.y))}
    return Restriction(title="What if only the content had been asked?", table=pd.DataFrame(rows), names=(x, y),
                       ceilings=tops, whole=whole, corrected=float(r * ratio / np.sqrt(1 + r**2 * (ratio**2 - 1))),
                       source=p.source, settings="Fisher's interval at each cut")


def _above(p, cut: float, alpha: float) -> dict | None:
    kept = p.x >= cut - 1e-9
    if kept.sum() < FEWEST or np.ptp(p.x[kept]) == 0 or np.ptp(p.y[kept]) == 0:
        return None
    weight = None if p.weight is None else p.weight[kept]
    r = resample.correlation("pearson", p.x[kept], p.y[kept], weight)
    return {"cut": float(cut), **stats.fisher(r, int(kept.sum()), 1 - alpha)._asdict(), "n": int(kept.sum())}


@kind
class Method(Result):
    """A row per check for what a common questionnaire alone may have done."""

    observed: float
    harman: float
    straight: int
    n: int
    needed: dict
    names: tuple

    def text(self) -> str:
        lines = "nobody" if not self.straight else counted(self.straight, "customer")
        return (f"Harman's first factor carries {percent(self.harman)} of the variance of all items. That settles "
                "nothing: honest answers to related questions share a first factor too, and the test does not tell one from "
                f"the other. A better question is what it would take. A method factor that every item loads on with "
                f"{number(self.needed['half'])} would halve the link, one with {number(self.needed['all'])} would explain "
                f"all of r = {number(self.observed)} between single answers. {lines.capitalize()} gave the same answer to every question.")

    def caption(self) -> Caption:
        return Caption("How strong a habit of answering would it take?",
                       f"{data_words(self.source)} · n = {self.n:,} · r between answers left after a common method factor",
                       f"From {number(self.observed)} without a method factor to 0 at a loading of "
                       f"{number(self.needed['all'])}")

    def draw(self, ax) -> None:
        loading = np.linspace(0, self.needed["all"], 200)
        left = (self.observed - loading**2) / (1 - loading**2)
        ax.plot(loading, left, color=picture.ACCENT, lw=2.6)
        ax.fill_between(loading, 0, left, color=picture.ACCENT, alpha=0.10, lw=0)
        ax.plot([self.needed["half"]], [self.observed / 2], "o", color=picture.SECOND, ms=7)
        ax.annotate(f"half is gone at {number(self.needed['half'])}", (self.needed["half"], self.observed / 2), (8, 6),
                    textcoords="offset points", color=picture.SECOND)
        ax.axhline(0, color=picture.GREY, lw=1)
        ax.set_xlim(0, 1)
        ax.set_ylim(0, max(0.05, self.observed * 1.15))
        ax.set_xlabel("loading of every item on a common method factor")
        ax.set_ylabel("correlation left over")

    def headline(self) -> dict:
        return {"harman_share": self.harman, "loading_that_halves": self.needed["half"],
                "loading_that_explains_all": self.needed["all"], "straight_liners": self.straight, "n": self.n}


def common_method(survey: pd.DataFrame, x: str = "satisfaction", y: str = "loyalty", *, drop=()) -> Method:
    """What a common questionnaire may have done: Harman's share, and the method factor it would take.

    If every item loads on one method factor with λ, the mean correlation m between items of x and y keeps
    (m − λ²)/(1 − λ²) (Lindell & Whitney 2001). Harman's one-factor share is shown because people ask for it,
    not because it answers (Podsakoff et al. 2003).

    >>> import crmlab as crm
    >>> m = common_method(crm.open_table("survey", "world:survey", seed=1))
    >>> 0 < m.needed["half"] < m.needed["all"] < 1
    True
    """
    tables.needs(survey, x, y)
    kept = scales.kept_items(survey, drop)
    items = pd.concat([scales.turned(survey, spec) for spec in kept.values()], axis=1).dropna()
    if len(items) < FEWEST:
        raise CrmlabError("Too few customers answered every item.", f"There are {len(items)}.",
                          f"The check needs at least {FEWEST}.")
    between = items.corr().loc[kept[x]["items"], kept[y]["items"]].to_numpy()
    m = float(between.mean())
    share = stats.first_component_share(items.loc[:, items.std() > 0].to_numpy(float))
    needed = {"all": float(np.sqrt(max(m, 0))), "half": float(np.sqrt(max(m, 0) / 2 / (1 - m / 2)))}
    straight = int((items.nunique(axis=1) == 1).sum())
    table = pd.DataFrame([
        {"term": "Harman: share of the first factor over all items", "estimate": share, "n": len(items)},
        {"term": f"mean correlation of a {x} item with a {y} item", "estimate": m, "n": len(items)},
        {"term": "method loading that would halve it", "estimate": needed["half"], "n": len(items)},
        {"term": "method loading that would explain all of it", "estimate": needed["all"], "n": len(items)},
    ])
    return Method(title="Is it the questionnaire talking?", table=table, observed=m, harman=share, straight=straight,
                  n=len(items), needed=needed, names=(x, y), source=tables.provenance(survey),
                  settings=f"{counted(items.shape[1], 'item')}, customers who answered all of them")


@kind
class Specifications(Result):
    """A row per way an analyst could have done it; sorted by size."""

    at_least: float
    names: tuple

    def text(self) -> str:
        t = self.table
        verdicts = t["verdict"].value_counts()
        one = len(verdicts) == 1
        lowest, highest = t.iloc[0], t.iloc[-1]
        return (f"{counted(len(t), 'way')} to do the same sum give between {number(lowest['estimate'])} "
                f"({lowest['dropped']}, {lowest['method']}) and {number(highest['estimate'])} ({highest['dropped']}, "
                f"{highest['method']}). {'Each of them supports' if one and verdicts.index[0] == 'supported' else _split(verdicts)} "
                f"the claim that the correlation is at least {number(self.at_least)}. Kendall's tau runs on a "
                "smaller scale by nature and is not held against the others.")

    def caption(self) -> Caption:
        t = self.table
        same = t["verdict"].nunique() == 1
        return Caption("The verdict does not hang on how it was done" if same else "The verdict hangs on how it was done",
                       f"{data_words(self.source)} · {counted(len(t), 'way')} to compute the correlation, sorted",
                       f"From {number(t['estimate'].iloc[0])} to {number(t['estimate'].iloc[-1])}")

    @property
    def size(self):
        return (7.2, 1.5 + 0.27 * len(self.table))

    def draw(self, ax) -> None:
        for place, row in enumerate(self.table.itertuples()):
            good = row.verdict == "supported"
            picture.span(ax, place, row.estimate, row.low, row.high, size=5.5,
                         color=picture.SECOND if good else picture.ACCENT, marker="o" if good else "D")
        picture.names_down(ax, [f"{r.dropped} · {r.method} · {r.rule}" for r in self.table.itertuples()], width=70)
        ax.tick_params(axis="y", labelsize=9)
        picture.reference(ax, self.at_least, f"claimed: {number(self.at_least)}")
        ax.set_xlim(min(0, self.table["low"].min() - 0.03), 1)
        ax.set_xlabel("correlation (diamond: not supported)")

    def headline(self) -> dict:
        t = self.table
        return {"ways": len(t), "lowest": float(t["estimate"].iloc[0]), "highest": float(t["estimate"].iloc[-1]),
                "supported": float((t["verdict"] == "supported").mean())}


def _split(verdicts: pd.Series) -> str:
    parts = [f"{count} end with '{name}'" for name, count in verdicts.items()]
    return f"Of these {', '.join(parts)} for"


def sensitivity(survey: pd.DataFrame, x: str = "satisfaction", y: str = "loyalty", *, drop=(), at_least: float = 0.30,
                alpha: float = 0.05) -> Specifications:
    """Whether another analyst would have reached the same verdict: items left out × method × customers kept.

    Every single item is left out in turn (beside those in ``drop``), with Pearson and Spearman, with all
    customers and without those who gave one answer throughout. The verdict is a one-sided test against
    ``at_least`` at level alpha, on Fisher's z.

    >>> import crmlab as crm
    >>> s = sensitivity(crm.open_table("survey", "world:survey", seed=1))
    >>> len(s.table)  # seven sets of items × two methods; nobody answered in a straight line
    14
    """
    tables.needs(survey, x, y)
    kept = scales.kept_items(survey, drop)
    items = [item for name in (x, y) for item in kept[name]["items"] if len(kept[name]["items"]) > 1]
    every = [item for spec in kept.values() for item in spec["items"]]
    straight = survey[every].nunique(axis=1).eq(1) & survey[every].notna().all(axis=1)
    bases = {"all customers": survey}
    if straight.any():
        bases["no straight-liners"] = survey[~straight]
    rows = []
    for out, (who, base) in product([None, *items], bases.items()):
        p = pair(scales.score(base, drop=[*drop, *([out] if out else [])]), x, y)
        z, df = stats.z_error(p.x, p.y, p.cluster, p.weight)
        rows += [_way(p, method, out, who, z, df, at_least, alpha) for method in ("pearson", "spearman")]
    table = pd.DataFrame(rows).sort_values("estimate", kind="stable").reset_index(drop=True)
    return Specifications(title="Would another analyst have found the same?", table=table, at_least=at_least,
                          names=(x, y), source=tables.provenance(survey),
                          settings="one item out at a time, Pearson and Spearman, with and without straight-liners")


def _way(p, method, out, who, z, df, at_least, alpha) -> dict:
    r = resample.correlation(method, p.x, p.y, p.weight)
    z = z * np.sqrt(1 + r**2 / 2) if method == "spearman" else z
    centre, half = np.arctanh(r), stats.critical(1 - alpha, df) * z
    beyond = stats.upper_tail((centre - np.arctanh(at_least)) / z, df)
    return {"dropped": f"without {out}" if out else "all items", "method": method, "rule": who, "estimate": r,
            "low": np.tanh(centre - half), "high": np.tanh(centre + half), "n": p.n, "p": 2 * min(beyond, 1 - beyond),
            "verdict": "supported" if beyond < alpha else "undecided"}
