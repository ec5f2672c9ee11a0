"""Whether trust, commitment and fairness are one thing, so that one may average them, or several."""

from itertools import combinations

import numpy as np
import pandas as pd

from crmlab.frame import picture, resample, stats
from crmlab.frame.errors import CrmlabError, listed
from crmlab.frame.glossary import number
from crmlab.frame.result import Caption, LeftOut, Result, kind
from crmlab.measures import scales, tables
from crmlab.relationships.climbing import latest
from crmlab.relationships.samples import FEWEST, answered, claimed, correlated, enough, roles, told, with_items

ATTITUDES = ("trust", "commitment", "fairness")
CUT = 0.85  # a convention (Henseler, Ringle & Sarstedt 2015); others take 0.90
TITLE = "One attitude, or several?"
METHODS = ("r of the scores", "HTMT")


@kind
class Quality(Result):
    """A row per construct with its alpha, and two per pair: as scored, and freed of the items' unreliability.

    ``pairs`` has both intervals of each pair, ``readings`` one of "one", "apart", "open" and "unknown".
    """

    alphas: dict
    pairs: dict
    readings: dict
    level: float

    def text(self) -> str:
        said = [self._pair(pair) for pair in list(self.pairs)[:2]]
        known = [f"{name} {number(alpha)}" if np.isfinite(alpha) else f"{name} not known"
                 for name, alpha in self.alphas.items()]
        said.append(f"Alpha: {listed(known, quote=False)}.")
        if {"one", "apart", "open"} & set(self.readings.values()):
            said.append(f"The cut of {number(CUT)} is a convention.")
        said.append("One questionnaire at one time: asking alike makes answers alike, and nothing here says which of "
                    "these came first.")
        return " ".join(said)

    def _pair(self, pair: tuple) -> str:
        (x, y), (r, h) = pair, self.pairs[pair]
        how = ("is not seen to go with", "goes with", "goes against")[claimed(r)]
        corrected = f"; corrected for unreliable questions, {told(h, self.level, 'HTMT')}" if np.isfinite(h.estimate) else ""
        passed = " (above 1 reads as 1)" if h.estimate > 1 else ""
        return f"{y.capitalize()} {how} {x}: {told(r, self.level)}{corrected}{passed}. {self._reading(pair)}"

    def _reading(self, pair: tuple) -> str:
        reading = self.readings[pair]
        if reading == "unknown":
            weak = [name for name in pair if not self.alphas[name] >= scales.WEAK_SCALE]
            lacking = f"several questions about {listed(weak, quote=False)} that go together" if weak else "more answers"
            return f"Whether the two are one thing cannot be told: that takes {lacking}."
        if pair != ATTITUDES[:2]:
            return {"one": "The two can hardly be told apart.", "apart": "The two are kept apart.",
                    "open": f"Whether they are kept apart stays open, since {self._holds(pair)}."}[reading]
        return {"one": "The two go together so closely that an average of them, as the ladder takes it, loses little.",
                "apart": "The two are kept apart: an average of them, as the ladder takes it, hides which one is low.",
                "open": "Whether an average of them, as the ladder takes it, loses much stays open, since "
                        f"{self._holds(pair)}."}[reading]

    def _holds(self, pair: tuple) -> str:
        return f"the interval holds {number(CUT)}" if np.isfinite(self.pairs[pair][1].low) else "there is no interval"

    def caption(self) -> Caption:
        pair = next(iter(self.pairs))
        both = f"{pair[0].capitalize()} and {pair[1]}"
        finding = {"one": f"{both} are one thing in these answers", "apart": f"{both} are two things",
                   "open": f"{both}: one thing or two stays open",
                   "unknown": f"{both}: the questions do not tell whether they are one"}[self.readings[pair]]
        least, most = (f"{of(row.n for row in self.table.itertuples()):,}" for of in (min, max))
        said = [f"{x} and {y}: r {number(r.estimate)}, HTMT {number(h.estimate)}" for (x, y), (r, h) in self.pairs.items()]
        return Caption(finding, "correlation · dot: of the scores · diamond: freed of unreliability (HTMT) · n = "
                       + (least if least == most else f"{least} to {most}"), "; ".join(said))

    @property
    def size(self):
        return (7.2, 1.6 + 0.62 * len(self.pairs))

    def draw(self, ax) -> None:
        for place, intervals in enumerate(self.pairs.values()):
            for up, i, color, marker in zip((-0.16, 0.16), intervals, (picture.SECOND, picture.ACCENT), "oD", strict=True):
                picture.span(ax, place + up, *i, color=color, marker=marker)
                end = np.nanmax([i.estimate, i.high]) if np.isfinite(i.estimate) else np.nan
                if np.isfinite(end):
                    ax.annotate(number(i.estimate), (end, place + up), (7, 0), textcoords="offset points", va="center",
                                color=color, fontsize=9.5, bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6})
        picture.names_down(ax, [" and ".join(pair) for pair in self.pairs])
        ax.set_ylim(len(self.pairs) - 0.1, -0.5)
        ends = [v for pair in self.pairs.values() for i in pair for v in i if np.isfinite(v)]
        ax.set_xlim(min([-0.02, *(v - 0.05 for v in ends)]), max([1.06, *(v + 0.12 for v in ends)]))
        picture.reference(ax, 1, color=picture.FAINT, style_="-")
        ax.axvline(CUT, color=picture.GREY, ls="--", lw=1.1, zorder=1)
        ax.annotate(f"{number(CUT)}, a convention", (CUT, 0.03), (-5, 0), xycoords=("data", "axes fraction"), ha="right",
                    textcoords="offset points", color=picture.GREY, fontsize=9.5)
        ax.set_xlabel("0 nothing in common, 1 the same")

    def headline(self) -> dict:
        values = {method: {" and ".join(pair): found[place].estimate for pair, found in self.pairs.items()}
                  for place, method in enumerate(("correlations", "htmt"))}
        return {"customers": int(self.table["n"].max()), "alphas": self.alphas, **values}


def quality(relations: pd.DataFrame, *, alpha: float = 0.05) -> Quality | LeftOut:
    """Whether trust, commitment and fairness, as far as they were asked, are one thing or several.

    ``relations`` is a table of answers. Per pair: Pearson's r of the scores and the heterotrait–monotrait ratio (HTMT;
    Henseler, Ringle & Sarstedt 2015), with intervals from leaving out one unit at a time. The ratio is the mean correlation of the items of one construct with those of the other, over the geometric
    mean of the mean correlations within each; it equals r of standardised scores corrected for their alphas,
    may pass 1, and estimates the latent correlation where the items of a construct load alike. A pair is
    "apart" where the whole interval lies below 0.85 and "one" where none of it does. No reading where an
    alpha is below 0.60, or for a construct of one item. Clusters and weights are respected; with several
    waves the last one counts.

    Returns :class:`LeftOut` where fewer than two were asked, or of too few customers. Raises CrmlabError for
    a table of scores, which has no items to look at.

    >>> import crmlab as crm
    >>> found = quality(crm.open_table("dyads", "world:dyads", seed=1))
    >>> round(found.pairs["trust", "commitment"][1].estimate, 2), found.readings["trust", "fairness"]
    (0.81, 'apart')
    """
    relations = with_items(latest(relations))
    source, level = tables.provenance(relations), 1 - alpha
    asked = [name for name in ATTITUDES if name in source["constructs"]]
    if not asked and set(ATTITUDES) & set(relations.columns):
        scored = [name for name in ATTITUDES if name in relations.columns]
        raise CrmlabError("quality looks at the answers, not at their scores.",
                          f"The table has {listed(scored, quote=False)}, and none of their items.",
                          "Give the table as it was opened, as in quality(dyads).")
    if len(asked) < 2:
        return LeftOut(title=TITLE, table=pd.DataFrame(), source=source,
                       reason=f"it takes items for two of {listed(ATTITUDES, quote=False)}, and the table has "
                              f"{listed(asked, quote=False) or 'none of them'}")
    scores, specs = scales.score(relations), scales.kept_items(relations)
    alphas = {name: tables.provenance(scores)["scales"][name]["alpha"] for name in asked}
    rows = [_row(name, "alpha", stats.Interval(alphas[name], np.nan, np.nan),
                 len(scales.turned(relations, specs[name]).dropna())) for name in asked]
    pairs, more = _pairs(relations, scores, {name: specs[name] for name in asked}, level)
    if not pairs:
        return LeftOut(title=TITLE, table=pd.DataFrame(), source=source,
                       reason=f"fewer than {FEWEST} customers answered about two of "
                              f"{listed(asked, quote=False)} and answered not all alike")
    readings = {pair: _reading(h, [alphas[name] for name in pair]) for pair, (_, h) in pairs.items()}
    return Quality(title=TITLE, table=pd.DataFrame(rows + more), source=source, alphas=alphas, pairs=pairs,
                   readings=readings, level=level,
                   settings="r of those who have both scores; HTMT of those who answered every item of both, "
                            "items weighing alike; intervals by leaving out one unit at a time, each by itself")


def _pairs(relations: pd.DataFrame, scores: pd.DataFrame, specs: dict, level: float) -> tuple:
    """Per pair of constructs r and HTMT, and their rows; without a pair that too few answered."""
    pairs, rows = {}, []
    for x, y in combinations(specs, 2):
        both = answered(scores, (x, y))
        r = correlated(both[x], both[y], level, **roles(both))
        if np.isfinite(r.estimate):
            h, n = _ratio(relations, specs[x], specs[y], level)
            pairs[x, y] = (r, h)
            rows += [_row(f"{x} and {y}", METHODS[0], r, len(both)), _row(f"{x} and {y}", METHODS[1], h, n)]
    return pairs, rows


def _row(term: str, method: str, i: stats.Interval, n: int) -> dict:
    return {"term": term, "method": method, **i._asdict(), "n": n}


def _ratio(relations: pd.DataFrame, x: dict, y: dict, level: float) -> tuple[stats.Interval, int]:
    """The heterotrait–monotrait ratio of two constructs, and how many answered every item of both."""
    items = pd.concat([scales.turned(relations, x), scales.turned(relations, y)], axis=1)
    names, others = list(items), [name for name in ("cluster", "weight") if name in relations.columns]
    rows = answered(items.join(relations[others]), names)
    unknown = stats.Interval(np.nan, np.nan, np.nan)
    if min(len(x["items"]), len(y["items"])) < 2 or len(rows) < FEWEST or not (rows[names].std() > 1e-9).all():
        return unknown, len(rows)
    found, _ = resample.disattenuated(rows[names].to_numpy(float), len(x["items"]), standardised=True, **roles(rows), level=level)
    return (found if enough(**roles(rows)) else unknown._replace(estimate=found.estimate)), len(rows)


def _reading(h: stats.Interval, alphas: list) -> str:
    if not np.isfinite(h.estimate) or not min(alphas) >= scales.WEAK_SCALE:
        return "unknown"
    low, high = sorted(abs(end) for end in (h.low, h.high))
    if not np.isfinite(h.low):
        return "open"
    return "apart" if high < CUT else "one" if low >= CUT and h.low * h.high > 0 else "open"
