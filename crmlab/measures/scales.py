"""Scales: items become scores, and scores say how far they can be trusted.

A score is the mean of the answered items on the scale of the questionnaire, given to everyone who answered
at least two thirds of them; reversed items are turned first.
"""

import math

import numpy as np
import pandas as pd

from crmlab.frame import correlations, picture, stats
from crmlab.frame.errors import CrmlabError, counted, did_you_mean, listed
from crmlab.frame.glossary import number, percent
from crmlab.frame.result import Caption, Result, kind
from crmlab.measures import tables

LEAST = 2 / 3
WEAK_ITEM = 0.30  # crmlab rule: an item–rest correlation below this asks for a second look
WEAK_SCALE = 0.60  # crmlab rule: below this alpha a correction for unreliability is not believed


def score(survey: pd.DataFrame, *, drop=()) -> pd.DataFrame:
    """Scores of all constructs: a row per customer, a column per construct, beside roles and groups.

    Parameters
    ----------
    survey : a table from :func:`crmlab.open_table`, items on their own scale.
    drop : item names to leave out of every score.

    Returns a frame in which each construct is the mean of its items (units of the scale), missing where
    fewer than two thirds of the items were answered. Its provenance carries, per construct, the items used,
    alpha and how many customers have a score.

    Raises CrmlabError for an item name that does not exist, and where no item of a construct is left.

    >>> import crmlab as crm
    >>> scores = score(crm.open_table("survey", "world:survey", seed=1))
    >>> scores[["satisfaction", "loyalty"]].round(2).head(2).shape
    (2, 2)
    """
    source = tables.provenance(survey)
    constructs = kept_items(survey, drop)
    items = {item for spec in source["constructs"].values() for item in spec["items"]}
    answers = pd.DataFrame(survey)  # without its provenance, which pandas would copy at every step
    out = answers.drop(columns=[c for c in survey.columns if c in items])
    scales, asked = {}, Answers()
    for name, spec in constructs.items():
        asked.of[name] = turned(answers, spec)
        values = asked.of[name].to_numpy(float)
        known = ~np.isnan(values)
        count = known.sum(axis=1)
        enough = count >= math.ceil(LEAST * values.shape[1] - 1e-9)
        out[name] = np.where(known, values, 0).sum(axis=1) / np.where(enough, count, np.nan)
        alpha = stats.cronbach_alpha(values[known.all(axis=1)])
        scales[name] = {**spec, "alpha": alpha, "answered": int(enough.sum())}
    dropped = [item for item in ([drop] if isinstance(drop, str) else drop) if item in items]
    out = tables.stamp(out, {**source, "scales": scales, "items_dropped": dropped})
    out.attrs["answers"] = asked
    return out


class Answers(dict):
    """The answers behind scores, by construct; they travel beside them, read and never changed, and are not saved."""

    def __init__(self):
        super().__init__()
        self.of: dict[str, pd.DataFrame] = {}

    def __deepcopy__(self, memo) -> "Answers":
        return self


def answers(scores: pd.DataFrame, name: str) -> np.ndarray | None:
    """The answers that a score is the mean of, customers × questions; None where they are not known or are others.

    A score in another unit (turned, or in standard units) still has its answers, turned with it.

    >>> import crmlab as crm
    >>> scores = score(crm.open_table("survey", "world:survey", n=50, seed=1))
    >>> answers(scores.head(20), "loyalty").shape, answers(scores, "competition")
    ((20, 3), None)
    """
    held = getattr(scores.attrs.get("answers"), "of", {}).get(name)
    if held is None or held.shape[1] < 2 or not scores.index.is_unique or not scores.index.isin(held.index).all():
        return None
    values = held.loc[scores.index].to_numpy(float)
    known = ~np.isnan(values)
    if not known.any(axis=1).all():
        return None
    mean, own = np.where(known, values, 0).sum(axis=1) / known.sum(axis=1), scores[name].to_numpy(float)
    if not min(np.ptp(mean), np.ptp(own)) > 0:
        return None
    r = correlations.correlation("pearson", mean, own)
    return np.sign(r) * values if abs(r) > stats.PERFECT else None


def kept_items(survey: pd.DataFrame, drop=()) -> dict[str, dict]:
    """The constructs of a survey without the dropped items, and without those that nobody answered."""
    constructs, answers = tables.provenance(survey).get("constructs", {}), pd.DataFrame(survey)
    known = [item for spec in constructs.values() for item in spec["items"]]
    drop = [drop] if isinstance(drop, str) else list(drop)
    for item in drop:
        if item not in known:
            raise CrmlabError(f"There is no item '{item}' to drop.",
                              f"The survey has {listed(known, 30, quote=False)}.",
                              did_you_mean(item, known) or "Use one of these names.")
    out = {}
    for name, spec in constructs.items():
        left = [item for item in spec["items"] if item not in drop]
        if not left:
            raise CrmlabError(f"No item of '{name}' is left.", f"All were dropped: {listed(spec['items'])}.",
                              "Keep at least one.")
        answered = [item for item in left if answers[item].notna().any()] or left
        out[name] = {**spec, "items": answered,
                     "reversed": [i for i in spec.get("reversed", []) if i in answered]}
    return out


def turned(survey: pd.DataFrame, spec: dict) -> pd.DataFrame:
    """The items of one construct with reversed ones turned round."""
    values = survey[spec["items"]].astype(float)
    back = spec.get("reversed", [])
    if back:
        values[back] = spec["low"] + spec["high"] - values[back]
    return values


@kind
class Reliability(Result):
    """A row per item: how it lies with the other items of its scale."""

    scales: dict
    silent: list
    rests: dict  # the item–rest correlation of each item with its interval

    @property
    def weak(self) -> list[str]:
        """At most one item per scale of three or more: the weakest, if its scale is better off without it."""
        out = []
        for name, spec in self.scales.items():
            rows = self.table[self.table["construct"] == name]
            if len(rows) >= 3 and rows["item_rest"].notna().any():
                worst = rows.loc[rows["item_rest"].idxmin()]
                if worst["item_rest"] < WEAK_ITEM and worst["without"] > spec["alpha"]:
                    out.append(worst["item"])
        return out

    def text(self) -> str:
        said = [self._reliable(name, spec) for name, spec in self.scales.items()]
        rests = self.table["item_rest"]
        if self.misplaced:
            said += [self._misplaced_words(name, item) for name, item in self.misplaced.items()]
        else:
            goes = "goes" if self._settled else "seems to go"
            said.append(f"Every item {goes} with the rest of its scale (item–rest correlations from "
                        f"{number(rests.min())} up)." if rests.notna().any()
                        else "There is no item–rest correlation to look at.")
        if (self.table["ceiling"] > 0).any():
            top = self.table.loc[self.table["ceiling"].idxmax()]
            said.append(f"The most crowded item is {top['item']}: {percent(top['ceiling'])} gave the highest "
                        "answer.")
        if self.silent:
            said.append(f"Nobody answered {listed(self.silent, quote=False)}; no score counts on it.")
        return " ".join(said)

    def _reliable(self, name: str, spec: dict) -> str:
        if len(spec["items"]) == 1:
            return f"{name.capitalize()} rests on one item; its reliability is not known."
        if not np.isfinite(spec["alpha"]):
            return f"{name.capitalize()}: no alpha, since too few answered every item or their sums agree."
        omega = f", omega {number(spec['omega'])}" if np.isfinite(spec["omega"]) else ""
        return (f"{name.capitalize()}: alpha {number(spec['alpha'])}{omega} from "
                f"{counted(len(spec['items']), 'item')}.")

    @property
    def _settled(self) -> bool:
        """Whether every interval of an item–rest correlation lies above 0."""
        return all(stats.side(i) > 0 for i in self.rests.values() if np.isfinite(i.estimate))

    @property
    def misplaced(self) -> dict[str, str]:
        """By construct the item that goes least with the rest, if hardly; no item's name where none goes."""
        out = {}
        for name, spec in self.scales.items():
            rows = self.table[(self.table["construct"] == name) & (self.table["item_rest"] < WEAK_ITEM)]
            if len(rows):
                worst = rows.loc[rows["item_rest"].idxmin()]
                none_goes = len(rows) == len(spec["items"]) and not worst["without"] >= WEAK_SCALE
                out[name] = "" if none_goes else worst["item"]
        return out

    def _misplaced_words(self, construct: str, item: str) -> str:
        if not item:
            least, most = self.table.loc[self.table["construct"] == construct,
                                         "item_rest"].agg(["min", "max"])
            how = f"from {number(least)} to {number(most)}" if most - least > 0.005 else number(least)
            if self._against(construct):
                return (f"The two items of {construct} run against each other (correlation {how}): was one worded the other "
                        "way round? Then end its name in '_r', and it is turned.")
            return f"The items of {construct} hardly go together (item–rest correlation {how})."
        worst = self.table.set_index("item").loc[item]
        size = number(worst["item_rest"])
        rest = self.rests[item]
        goes = f"{item} hardly goes with the rest of its scale (item–rest correlation {size})"
        if stats.side(rest) < 0:
            goes = (f"{item} runs against the rest of its scale (item–rest correlation {size}; was it worded "
                    "the other way round?)")
        elif not rest.high < WEAK_ITEM:
            reach = f", interval {number(rest.low)} to {number(rest.high)}" if np.isfinite(rest.low) else ""
            goes = (f"{item} may not go with the rest of its scale (item–rest correlation {size}{reach}); "
                    f"{counted(int(worst['n']), 'customer')} do not settle it")
        better = worst["without"] > self.scales[construct]["alpha"]
        return (f"{goes}; without it alpha of {construct} would {'be' if better else 'still not be better:'} "
                f"{number(worst['without'])}.")

    def _against(self, construct: str) -> bool:
        """Whether a scale of two items has a correlation whose interval lies below 0."""
        items = self.scales[construct]["items"]
        return len(items) == 2 and all(stats.side(self.rests[item]) < 0 for item in items)

    def caption(self) -> Caption:
        items = [item for item in self.misplaced.values() if item]
        loose = [construct for construct, item in self.misplaced.items() if not item]
        clear = [item for item in items if self.rests[item].high < WEAK_ITEM]
        open_ = [item for item in items if item not in clear]
        do = "does" if len(clear) == 1 else "do"
        parts = [f"{listed(clear, 3, quote=False)} {do} not belong to the others"] if clear else []
        parts += [f"{listed(open_, 3, quote=False)} may not belong to the others"] if open_ else []
        against = bool(loose) and all(map(self._against, loose))
        together = "run against each other" if against else "hardly go together"
        parts += [f"the items of {listed(loose, 3, quote=False)} {together}"] if loose else []
        if parts:
            finding = "; ".join(parts)
            finding = finding if items else finding[0].upper() + finding[1:]
        elif self.table["item_rest"].notna().any():
            finding = f"The items of each scale {'go' if self._settled else 'seem to go'} together"
        else:
            finding = "Single items: nothing to go together with"
        rows = [f"{row.item} {number(row.item_rest)}" for row in self.table.itertuples()]
        least, most = self.table["n"].min(), self.table["n"].max()
        n = f"{least:,.0f}" if least == most else f"{least:,.0f} to {most:,.0f}"
        return Caption(finding,
                       f"correlation of each item with the mean of the others of its scale · n = {n}",
                       "Item–rest correlations: " + ", ".join(rows))

    @property
    def size(self):
        return (7.2, 1.75 + 0.34 * len(self.table))

    def draw(self, ax) -> None:
        for place, row in enumerate(self.table.itertuples()):
            weak = row.item_rest < WEAK_ITEM
            ax.plot([0, row.item_rest], [place, place], color=picture.ACCENT if weak else picture.QUIET, lw=2)
            ax.plot(row.item_rest, place, "o" if not weak else "D", ms=8,
                    color=picture.ACCENT if weak else picture.SECOND)
            if np.isfinite(row.item_rest):
                ax.annotate(number(row.item_rest), (max(row.item_rest, 0), place), (9, 0), va="center",
                            textcoords="offset points", color=picture.ACCENT if weak else picture.INK)
        picture.names_down(ax, [f"{r.item} ({r.construct})" for r in self.table.itertuples()])
        ax.set_ylim(len(self.table) + 0.1, -0.6)  # a free line for the label of the rule
        picture.reference(ax, WEAK_ITEM, f"{number(WEAK_ITEM)}, our rule")
        ax.set_xlim(np.nanmin([0, *self.table["item_rest"]]) - 0.02, 1.1)
        ax.set_xlabel("item–rest correlation (0 none, 1 perfect)")

    def headline(self) -> dict:
        return {f"alpha_{name}": spec["alpha"] for name, spec in self.scales.items()}


def reliability(survey: pd.DataFrame, *constructs: str, drop=()) -> Reliability:
    """How far the items of each construct go together: alpha, omega, item–rest correlations.

    A row of the table is an item; ``without`` is alpha of its scale if it were left out. Alpha is Cronbach's
    (1951), omega McDonald's (1999). Customers who answered all items of the scale count.

    >>> import crmlab as crm
    >>> survey = crm.open_table("survey", "world:survey", seed=1)
    >>> reliability(survey, "satisfaction").table["item"].tolist()
    ['satisfaction_1', 'satisfaction_2', 'satisfaction_3']
    """
    tables.needs(survey, *constructs)
    kept = kept_items(survey, drop)
    chosen = {name: kept[name] for name in constructs or kept}
    rows, scales, rests = [], {}, {}
    for name, spec in chosen.items():
        complete = turned(survey, spec).dropna()
        values = complete.to_numpy(float)
        scales[name] = {**spec, "alpha": stats.cronbach_alpha(values), "omega": stats.mcdonald_omega(values)}
        rests |= {item: _rest(complete, item) for item in spec["items"]}
        rows += [_item_row(name, item, complete, spec, rests[item].estimate) for item in spec["items"]]
    source = tables.provenance(survey)
    drop = [drop] if isinstance(drop, str) else list(drop)
    silent = [item for name in chosen for item in source["constructs"][name]["items"]
              if item not in drop and survey[item].isna().all()]
    said = "alpha and omega from customers who answered every item of the scale"
    if any(np.isfinite(spec["omega"]) for spec in scales.values()):
        said += ("; omega from one maximum-likelihood factor of the standardised items, put back on the items' own "
                 "spread, and so of their plain sum")
    unweighted = "; weights not used" if "weight" in survey.columns else ""
    return Reliability(title="Do the items belong together?", table=pd.DataFrame(rows), scales=scales,
                       source=source, silent=silent, rests=rests,
                       settings=said + unweighted)


def _rest(complete: pd.DataFrame, item: str) -> stats.Interval:
    """The correlation of an item with the mean of the others of its scale, with its interval."""
    values, rest = complete[item].to_numpy(float), complete.drop(columns=item).to_numpy(float)
    mean = rest.mean(axis=1) if rest.size else np.zeros(len(values))
    if len(values) < 3 or np.ptp(values) < 1e-9 or np.ptp(mean) < 1e-9:
        return stats.Interval(np.nan, np.nan, np.nan)
    return correlations.interval("pearson", values, mean)


def _item_row(construct: str, item: str, complete: pd.DataFrame, spec: dict, rest: float) -> dict:
    values = complete[item].to_numpy(float)
    return {
        "construct": construct, "item": item, "n": len(complete),
        "mean": values.mean() if len(values) else np.nan,
        "sd": values.std(ddof=1) if len(values) > 1 else np.nan,
        "skew": stats.skewness(values),
        "ceiling": float(np.mean(values >= spec["high"] - 1e-9)) if len(values) else np.nan,
        "item_rest": rest,
        "without": stats.cronbach_alpha(complete.drop(columns=item).to_numpy(float)),
    }
