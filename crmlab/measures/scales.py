"""Scales: items become scores, and scores say how far they can be trusted.

A score is the mean of the answered items on the scale of the questionnaire, given to everyone who answered
at least two thirds of them; reversed items are turned first.
"""

import math

import numpy as np
import pandas as pd

from crmlab.frame import picture, resample, stats
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
    out = survey.drop(columns=[c for c in survey.columns if c in items])
    scales = {}
    for name, spec in constructs.items():
        values = turned(survey, spec)
        enough = values.notna().sum(axis=1) >= math.ceil(LEAST * values.shape[1] - 1e-9)
        out[name] = values.mean(axis=1).where(enough)
        alpha = stats.cronbach_alpha(values.dropna().to_numpy(float))
        scales[name] = {**spec, "alpha": alpha, "answered": int(enough.sum())}
    dropped = [item for item in drop if item in items]
    return tables.stamp(out, {**source, "scales": scales, "items_dropped": dropped})


def kept_items(survey: pd.DataFrame, drop=()) -> dict[str, dict]:
    """The constructs of a survey without the dropped items."""
    constructs = tables.provenance(survey).get("constructs", {})
    known = [item for spec in constructs.values() for item in spec["items"]]
    drop = [drop] if isinstance(drop, str) else list(drop)
    for item in drop:
        if item not in known:
            raise CrmlabError(f"There is no item '{item}' to drop.", f"The survey has {listed(known, 30, quote=False)}.",
                              did_you_mean(item, known) or "Use one of these names.")
    out = {}
    for name, spec in constructs.items():
        left = [item for item in spec["items"] if item not in drop]
        if not left:
            raise CrmlabError(f"No item of '{name}' is left.", f"All were dropped: {listed(spec['items'])}.",
                              "Keep at least one.")
        out[name] = {**spec, "items": left, "reversed": [i for i in spec.get("reversed", []) if i in left]}
    return out


def turned(survey: pd.DataFrame, spec: dict) -> pd.DataFrame:
    """The items of one construct with reversed ones turned round."""
    values = survey[spec["items"]].astype(float)
    back = spec.get("reversed", [])
    values[back] = spec["low"] + spec["high"] - values[back]
    return values


@kind
class Reliability(Result):
    """A row per item: how it lies with the other items of its scale."""

    scales: dict

    @property
    def weak(self) -> list[str]:
        """At most one item per scale of three or more: the weakest, if its scale is better off without it."""
        out = []
        for name, spec in self.scales.items():
            rows = self.table[self.table["construct"] == name]
            worst = rows.loc[rows["item_rest"].idxmin()] if rows["item_rest"].notna().any() else None
            if len(rows) >= 3 and worst["item_rest"] < WEAK_ITEM and worst["without"] > spec["alpha"]:
                out.append(worst["item"])
        return out

    def text(self) -> str:
        parts = []
        for name, spec in self.scales.items():
            omega = f", omega {number(spec['omega'])}" if np.isfinite(spec["omega"]) else ""
            parts.append(f"{name.capitalize()}: alpha {number(spec['alpha'])}{omega} from "
                         f"{counted(len(spec['items']), 'item')}." if len(spec["items"]) > 1 else
                         f"{name.capitalize()} rests on one item; its reliability is not known.")
        weak = self.table[self.table["item_rest"] < WEAK_ITEM]
        if len(weak):
            worst = weak.loc[weak["item_rest"].idxmin()]
            parts.append(f"{worst['item']} hardly goes with the rest of its scale (item–rest correlation "
                         f"{number(worst['item_rest'])}); without it alpha of {worst['construct']} would be "
                         f"{number(worst['without'])}.")
        else:
            parts.append(f"Every item goes with the rest of its scale (item–rest correlations from "
                         f"{number(self.table['item_rest'].min())} up)." if self.table["item_rest"].notna().any()
                         else "There is no item–rest correlation to look at.")
        top = self.table.loc[self.table["ceiling"].idxmax()]
        parts.append(f"The most crowded item is {top['item']}: {percent(top['ceiling'])} gave the highest answer.")
        return " ".join(parts)

    def caption(self) -> Caption:
        weak = self.table[self.table["item_rest"] < WEAK_ITEM]["item"].tolist()
        finding = (f"{listed(weak, quote=False)} {'does' if len(weak) == 1 else 'do'} not belong to the others"
                   if weak else "The items of each scale go together")
        rows = [f"{row.item} {number(row.item_rest)}" for row in self.table.itertuples()]
        return Caption(finding, f"correlation of each item with the mean of the others of its scale · "
                       f"n = {self.table['n'].min():,.0f}", "Item–rest correlations: " + ", ".join(rows))

    @property
    def size(self):
        return (7.2, 1.6 + 0.34 * len(self.table))

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
        picture.reference(ax, WEAK_ITEM, f"{number(WEAK_ITEM)}, our rule")
        ax.set_xlim(min(0, self.table["item_rest"].min()) - 0.02, 1)
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
    rows, scales = [], {}
    for name, spec in chosen.items():
        complete = turned(survey, spec).dropna()
        values = complete.to_numpy(float)
        scales[name] = {**spec, "alpha": stats.cronbach_alpha(values), "omega": stats.mcdonald_omega(values)}
        rows += [_item_row(name, item, complete, spec) for item in spec["items"]]
    source = tables.provenance(survey)
    return Reliability(title="Do the items belong together?", table=pd.DataFrame(rows), scales=scales, source=source,
                       settings="alpha and omega from customers who answered every item of the scale")


def _item_row(construct: str, item: str, complete: pd.DataFrame, spec: dict) -> dict:
    values, rest = complete[item].to_numpy(float), complete.drop(columns=item)
    alone = rest.shape[1] == 0
    return {
        "construct": construct, "item": item, "n": len(complete), "mean": values.mean(),
        "sd": values.std(ddof=1), "skew": stats.skewness(values),
        "ceiling": float(np.mean(values == spec["high"])),
        "item_rest": np.nan if alone else resample.correlation("pearson", values, rest.mean(axis=1).to_numpy()),
        "without": stats.cronbach_alpha(rest.to_numpy(float)),
    }


def single_item(construct: str, item: str) -> CrmlabError:
    """The error for a construct whose reliability nobody can know."""
    return CrmlabError(f"The reliability of '{construct}' is not known.", f"It rests on one item, {item}.",
                       "Ask at least two questions about it, or keep the observed correlation.")
