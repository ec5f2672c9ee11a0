"""Primary and secondary relations: between persons, or between roles."""

import math

import numpy as np
import pandas as pd

from crmlab.frame import picture, stats
from crmlab.frame.errors import counted, listed
from crmlab.frame.glossary import number, percent
from crmlab.frame.result import Caption, LeftOut, Result, kind
from crmlab.measures import scales, tables
from crmlab.relationships.climbing import latest
from crmlab.relationships.profiles import SIDES, on_one_scale

SIGNS = {"primary": ("liking", "respect", "interdependence", "social"),
         "secondary": ("roles", "etiquette", "short_term")}
CLASSES = ("primary", "mixed", "secondary")
BAND = 0.5  # crmlab rule: points of a scale from 1 to 7 within which a relation is mixed


@kind
class Primary(Result):
    """A row per class; ``customers`` has both scores, their difference, the class and the rule of each."""

    customers: pd.DataFrame
    band: float
    missing: tuple

    def _shares(self) -> dict:
        return {row[1]: float(row.share) for row in self.table.itertuples()}

    def text(self) -> str:
        known, unsure = int(self.table["customers"].sum()), int(self.customers["class"].isna().sum())
        first, between, second = (percent(self._shares()[name]) for name in CLASSES)
        said = [(f"Of {counted(known, 'relation')} {first} are primary, from person to person, and {second} "
                 f"secondary, from role to role; {between} lie within {number(self.band)} of the middle and "
                 "are called mixed. The band is ours.")]
        if self.missing:
            said.append(f"Not asked: {_words(self.missing)}.")
        if unsure:
            said.append(f"{counted(unsure, 'relation')} left too much unanswered; nothing was guessed.")
        return " ".join(said)

    def caption(self) -> Caption:
        shares = self._shares()
        known = int(self.table["customers"].sum())
        first, second = percent(shares["primary"]), percent(shares["secondary"])
        return Caption(f"{first} from person to person, {second} from role to role",
                       f"primary less secondary score, points of the scale · n = {known:,}",
                       "Differences around " + number(self.customers["difference"].mean()) + "; " + ", ".join(
                           f"{name} {percent(share)}" for name, share in shares.items()))

    @property
    def size(self):
        return (7.2, 3.2)

    def draw(self, ax) -> None:
        values = self.customers["difference"].dropna()
        wide = max(float(values.abs().max()), 2 * self.band) * 1.05
        bins = np.arange(-math.ceil(wide / self.band), math.ceil(wide / self.band) + 1) * self.band
        # On the edge of the band a relation is mixed, so edges belong to the bar nearer to 0.
        heights = np.histogram(values - np.sign(values) * 1e-6, bins)[0]
        colors = np.select([bins[:-1] > 0.5 * self.band, bins[:-1] < -1.5 * self.band],
                           [picture.ACCENT, picture.SECOND], picture.QUIET)
        ax.bar(bins[:-1], heights, self.band * 0.94, align="edge", color=colors, zorder=2)
        ax.set_ylim(0, heights.max() * 1.25)
        for name, (x, ha), color in zip(CLASSES, ((0.99, "right"), (0.5, "center"), (0.01, "left")),
                                        (picture.ACCENT, picture.GREY, picture.SECOND), strict=True):
            ax.annotate(f"{name} {percent(self._shares()[name])}", (x, 0.97), xycoords="axes fraction", ha=ha,
                        va="top", fontweight="bold", color=color)
        ax.set_xlim(-wide, wide)
        ax.grid(axis="x", visible=False)
        ax.set_xlabel("from role to role  ←  0  →  from person to person")
        ax.set_ylabel("relations")

    def headline(self) -> dict:
        return {"difference_mean": float(self.customers["difference"].mean()), "shares": self._shares()}


def primary(scores: pd.DataFrame, *, alpha: float = 0.05) -> Primary | LeftOut:
    """Primary less secondary score of every relation, and its class with a mixed band.

    Primary: liking, respect, mutual dependence, knowing each other as people. Secondary: roles, etiquette,
    short term. Each score is the mean of its signs where two thirds of them were answered; beyond ±0.5 on a
    scale from 1 to 7 (a crmlab rule, moved to the scale of the data) a relation is one or the other. Two of
    the primary signs are dimensions of :func:`dimensions`, so that the two results do not confirm each other.
    Returns :class:`LeftOut` where too few signs were asked.

    >>> import crmlab as crm
    >>> primary(crm.score(crm.open_table("dyads", "world:dyads", seed=1))).table["class"].tolist()
    ['primary', 'mixed', 'secondary']
    """
    scores = latest(scores)
    source, title = tables.provenance(scores), "From person to person, or from role to role?"
    names = [name for signs in SIGNS.values() for name in signs]
    found = on_one_scale(scores, [*names, *SIDES], source.get("scales", {}))
    values = found.values
    if set(SIDES) <= set(values):
        values = values.assign(interdependence=values[list(SIDES)].sum(axis=1, skipna=False) / 2)
    missing = tuple(name for name in names if name not in values)
    for side, signs in SIGNS.items():
        there = [name for name in signs if name in values]
        if len(there) < _enough(signs):
            return LeftOut(title=title, table=pd.DataFrame(), source=source,
                           reason=f"the {side} score needs {_enough(signs)} of {_words(signs)}, "
                                  f"and the table has {_words(there) or 'none of them'}")
    customers = _placed(values, BAND * (found.high - found.low) / 6)
    customers.insert(0, "customer_id", tables.ids(scores))
    return Primary(title=title, table=_classes(customers, 1 - alpha), source=source, customers=customers,
                   band=BAND * (found.high - found.low) / 6, missing=missing,
                   settings="signs count alike; the band is a crmlab rule; weights and clusters not used")


def _enough(signs) -> int:
    return math.ceil(scales.LEAST * len(signs) - 1e-9)


def _words(names) -> str:
    return listed([name.replace("_", " ") for name in names], quote=False)


def _placed(values: pd.DataFrame, band: float) -> pd.DataFrame:
    out = pd.DataFrame(index=values.index)
    for side, signs in SIGNS.items():
        part = values[[name for name in signs if name in values]]
        out[side] = part.mean(axis=1).where(part.notna().sum(axis=1) >= _enough(signs))
    out["difference"] = out["primary"] - out["secondary"]
    known = out["difference"].notna()
    # Means of thirds and quarters: a difference of exactly the band must not hang on the last binary digit.
    beyond = [out["difference"] > band + 1e-9, out["difference"] < -band - 1e-9]
    named = np.select(beyond, ["primary", "secondary"], "mixed")
    out["class"] = pd.Series(named, index=values.index, dtype=object).where(known, None)
    out["rule"] = [f"primary {p:.3g} − secondary {s:.3g} = {number(d)}" if np.isfinite(d) else "not answered"
                   for p, s, d in out[["primary", "secondary", "difference"]].to_numpy()]
    return out


def _classes(customers: pd.DataFrame, level: float) -> pd.DataFrame:
    known, rows = int(customers["class"].notna().sum()), []
    for name in CLASSES:
        count = int((customers["class"] == name).sum())
        share = count / known if known else np.nan
        low, high = stats.wilson(share, known, level) if known else (np.nan, np.nan)
        rows.append({"class": name, "customers": count, "share": share, "low": low, "high": high})
    return pd.DataFrame(rows)
