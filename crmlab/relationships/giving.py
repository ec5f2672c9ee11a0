"""Whether giving is mutual: what one side gives beside what it gets, and how even the two are."""

import numpy as np
import pandas as pd

from crmlab.frame import picture, stats
from crmlab.frame.errors import CrmlabError, counted, listed
from crmlab.frame.glossary import number, percent
from crmlab.frame.result import Caption, LeftOut, Result, kind
from crmlab.measures import tables
from crmlab.relationships.climbing import latest
from crmlab.relationships.samples import FEWEST, answered, claimed, correlated, enough, roles, told

TITLE = "Is giving mutual?"
BOTH = ("given", "received")
WAYS = ("we give more", "even", "they give more")
TENTH, CONE = 0.1, 0.5


@kind
class Reciprocity(Result):
    """A row per number; ``customers`` has amount given and received, evenness and who gives more, of each."""

    customers: pd.DataFrame
    mutual: stats.Interval
    committed: stats.Interval
    equal: stats.Interval
    ends: tuple
    level: float

    def _value(self, term: str) -> float:
        return float(self.table.set_index("term").loc[term, "estimate"])

    def text(self) -> str:
        nothing = int(self.customers["evenness"].isna().sum())
        said = [self._mutual(), self._evenness()]
        if nothing:
            said.append(f"In {counted(nothing, 'relation')} nothing is exchanged, so nothing can be even.")
        said += [self._commitment(), "One side rated both. And one date says nothing of direction: not who began, nor "
                 "whether even giving holds commitment or commitment evens it."]
        return " ".join(said)

    def _mutual(self) -> str:
        r = self.mutual
        reading = ("That giving is mutual cannot be seen here",
                   "Giving is mutual, in part: where one side does more, so does the other",
                   "Giving runs the other way: where one side does more, the other does less")[claimed(r)]
        return f"{reading} ({told(r, self.level)}, n = {len(self.customers):,})."

    def _evenness(self) -> str:
        return (f"On evenness from 0, one side does all, to 1, both do the same, the middle relation has "
                f"{number(self._value('evenness, median'))} and the most one-sided tenth at most "
                f"{number(self._value('evenness, lowest tenth'))}; in {percent(self._value('we give more'))} we do more, in "
                f"{percent(self._value('they give more'))} they do.")

    def _commitment(self) -> str:
        if not np.isfinite(self.committed.estimate):
            return ("Whether evenness goes with commitment cannot be seen: nobody was asked about it, too few answered, or "
                    "all alike.")
        way = ("Evenness is not seen to go with commitment", "More evenness comes with more commitment",
               "More evenness comes with less commitment")[claimed(self.committed)]
        return (f"{way}: {told(self.committed, self.level)}. The index divides by all that is exchanged; among "
                f"relations that exchange the same, {told(self.equal, self.level)}.")

    def caption(self) -> Caption:
        finding = ("Giving is not seen to be mutual", "Who gives more gets more, in part",
                   "Who gives more gets less")[claimed(self.mutual)]
        return Caption(f"{finding}: r = {number(self.mutual.estimate)}",
                       f"bubble: relations with these answers · line: even · red: evenness {number(CONE)} or less · "
                       f"n = {len(self.customers):,}",
                       f"Median evenness {number(self._value('evenness, median'))}; {percent(self._share_outside())} of "
                       "the relations lie on or outside the dashed lines")

    def _share_outside(self) -> float:
        return float((self.customers["evenness"].dropna() <= CONE + 1e-9).mean())

    @property
    def size(self):
        return (7.2, 5.4)

    def draw(self, ax) -> None:
        spots = self.customers.groupby(["x", "y"], as_index=False).agg(count=("x", "size"), evenness=("evenness", "first"))
        (x0, x1), (y0, y1) = self.ends
        area = 520 * spots["count"] / max(spots["count"].max(), 12)
        colors = np.where(spots["evenness"] <= CONE + 1e-9, picture.ACCENT, picture.QUIET)
        ax.scatter(spots["x"], spots["y"], s=area, c=colors, alpha=0.75, linewidth=0, zorder=3)
        ax.plot([x0, x1], [y0, y1], color=picture.INK, lw=1.4, zorder=2)
        slope = CONE / (2 - CONE)  # where evenness is E, the less is E / (2 − E) of the more
        ax.plot([x0, x1], [y0, y0 + slope * (y1 - y0)], color=picture.GREY, lw=1.1, ls="--", zorder=2)
        ax.plot([x0, x0 + slope * (x1 - x0)], [y0, y1], color=picture.GREY, lw=1.1, ls="--", zorder=2)
        note = {"xycoords": "axes fraction", "fontsize": 9.5, "color": picture.INK, "zorder": 6,
                "bbox": {"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 1.5}}
        ax.annotate(f"they give more\n{percent(self._value('they give more'))}", (0.02, 0.98), va="top", **note)
        ax.annotate(f"we give more\n{percent(self._value('we give more'))}", (0.98, 0.02), ha="right", **note)
        ax.set_xlim(*picture.room((x0, x1), 0.06, 0.06))
        ax.set_ylim(*picture.room((y0, y1), 0.15, 0.15))
        ax.set_xlabel("what we give")
        ax.set_ylabel("what they give")

    def headline(self) -> dict:
        return {"customers": len(self.customers), "r": self.mutual.estimate, "r_low": self.mutual.low,
                "r_high": self.mutual.high, "evenness_median": self._value("evenness, median"),
                "evenness_mean": self._value("evenness, mean"), "evenness_commitment": self.committed.estimate,
                "evenness_commitment_equal": self.equal.estimate,
                "shares": {way: self._value(way) for way in WAYS}}


def reciprocity(scores: pd.DataFrame, *, alpha: float = 0.05) -> Reciprocity | LeftOut:
    """Whether giving is mutual: what we give beside what they give, "we" being the side that answered.

    ``scores`` is a table of scores with ``given`` and ``received``, and ``commitment`` where it was asked.
    Amounts count from the lowest answer, as a share of the scale; a table without scales is taken as amounts.
    Returns Pearson's r of the two; the evenness of each relation, the balance index 1 − |a − b| / (a + b): 1
    where both give the same, 0 where one side gives all, missing where nothing is given; and its r with
    commitment. Since the index divides by the sum of both, which may go with commitment by itself, that r is
    also given at equal sums (partial correlation). Intervals of r by leaving out one unit at a time, of shares
    Wilson's (1927),
    of the mean by its standard error; clusters and weights are respected. With several waves the last one
    counts.

    A row of the table is a number with its unit. Returns :class:`LeftOut` where one side was not asked, or of
    too few customers. Raises CrmlabError for a table of answers, and for amounts below 0.

    >>> import crmlab as crm
    >>> found = reciprocity(crm.score(crm.open_table("dyads", "world:dyads", seed=1)))
    >>> found.mutual.low > 0.2, round(found.headline()["evenness_median"], 1)
    (True, 0.9)
    """
    scores = latest(scores)
    source, level = tables.provenance(scores), 1 - alpha
    reason = _lacking(scores, source)
    if reason:
        return LeftOut(title=TITLE, table=pd.DataFrame(), source=source, reason=reason)
    rows = answered(scores, BOTH)
    customers, ends = _customers(rows, source.get("scales", {}))
    mutual = correlated(rows["given"], rows["received"], level, **roles(rows))
    committed, equal, n = _with_commitment(rows, customers, level)
    customers.insert(0, "customer_id", tables.ids(rows))
    table = [("given and received", "r", mutual, len(rows)), ("evenness and commitment", "r", committed, n),
             ("evenness and commitment, equal sums", "partial r", equal, n), *_spread(rows, customers, level)]
    return Reciprocity(
        title=TITLE, source=source, customers=customers, mutual=mutual, committed=committed, equal=equal, ends=ends,
        level=level, table=pd.DataFrame([{"term": t, "unit": unit, **i._asdict(), "n": n} for t, unit, i, n in table]),
        settings="evenness 1 − |a − b| / (a + b), amounts from the lowest answer up; each interval by itself")


def _lacking(scores: pd.DataFrame, source: dict) -> str:
    """Why there is nothing to see, or nothing; an error for a table that was not scored."""
    items = [item for name in BOTH for item in source["constructs"].get(name, {}).get("items", [])
             if name not in scores.columns and item in scores.columns]
    if items:
        raise CrmlabError("reciprocity looks at scores, not at answers.", f"The table has {listed(items)}.",
                          "Score it first, as in reciprocity(crm.score(dyads)).")
    there = [name for name in BOTH if name in scores.columns]
    if len(there) < 2:
        return (f"it takes what each side gives, {listed(BOTH, quote=False)}, and the table has "
                f"{listed(there, quote=False) or 'neither'}")
    rows = answered(scores, BOTH)
    if len(rows) < FEWEST:
        return f"{counted(len(rows), 'customer')} answered about both sides, and {FEWEST} are the least"
    alike = [name for name in BOTH if np.ptp(rows[name].to_numpy(float)) < 1e-9]
    return f"all answer alike about {listed(alike, quote=False)}" if alike else ""


def _customers(rows: pd.DataFrame, scales: dict) -> tuple[pd.DataFrame, tuple]:
    """Amounts, evenness and who gives more; and the ends of both scales."""
    ends, amounts = [], []
    scaled = all(name in scales and scales[name].get("low") is not None for name in BOTH)
    most = float(rows[list(BOTH)].to_numpy(float).max())
    for name in BOTH:
        values = rows[name].to_numpy(float)
        low, high = (scales[name]["low"], scales[name]["high"]) if scaled else (0.0, most)
        if values.min() < low - 1e-9:
            raise CrmlabError("Evenness needs amounts from 0 up.", f"'{name}' goes down to {values.min():g}.",
                              "Give what was given as an amount, or open the table with its scale, as in scale='1-7'.")
        ends.append((low, high))
        amounts.append((values - low) / (high - low))
    a, b = amounts
    total = np.where(a + b > 1e-9, a + b, np.nan)
    way = np.select([a - b > 1e-9, b - a > 1e-9], [WAYS[0], WAYS[2]], WAYS[1])
    return pd.DataFrame({"x": rows["given"], "y": rows["received"], "given": a, "received": b,
                         "evenness": 1 - np.abs(a - b) / total, "class": way}, index=rows.index), tuple(ends)


def _with_commitment(rows: pd.DataFrame, customers: pd.DataFrame, level: float) -> tuple:
    """r of evenness and commitment, the same at equal sums, and how many it rests on."""
    unknown = stats.Interval(np.nan, np.nan, np.nan)
    if "commitment" not in rows.columns:
        return unknown, unknown, 0
    others = [name for name in ("commitment", "cluster", "weight") if name in rows.columns]
    rows = customers[["evenness"]].assign(total=customers["given"] + customers["received"]).join(rows[others])
    rows = answered(rows, ("evenness", "total", "commitment"))
    x, y, total = (rows[name].to_numpy(float) for name in ("evenness", "commitment", "total"))
    found = correlated(x, y, level, **roles(rows))
    if not np.isfinite(found.estimate) or np.ptp(total) < 1e-9:
        return found, found, len(rows)
    return found, correlated(x, y, level, **roles(rows), given=total), len(rows)


def _spread(rows: pd.DataFrame, customers: pd.DataFrame, level: float) -> list[tuple]:
    """How even relations are: mean, median and lowest tenth, and who gives more."""
    known = customers["evenness"].notna().to_numpy()
    even, who = customers["evenness"].to_numpy()[known], roles(rows[known])
    weight = np.ones(len(even)) if who["weight"] is None else who["weight"]
    mean = float(np.average(even, weights=weight))
    error, df = stats.sandwich(weight * (even - mean) / weight.sum(), who["cluster"])
    half = stats.critical(level, df) * error if enough(**who) else np.nan
    out = [("evenness, mean", "0 to 1", stats.Interval(mean, mean - half, mean + half), len(even))]
    for name, share in (("evenness, median", 0.5), ("evenness, lowest tenth", TENTH)):
        out.append((name, "0 to 1", stats.Interval(_quantile(even, share, weight), np.nan, np.nan), len(even)))
    for way in WAYS:
        hit = (customers["class"] == way).to_numpy(float)
        out.append((way, "share", stats.share_interval(hit, **roles(rows), level=level), len(rows)))
    return out


def _quantile(values: np.ndarray, share: float, weight: np.ndarray) -> float:
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weight[order])
    return float(values[order][np.searchsorted(reached, share * reached[-1] - 1e-9)])
