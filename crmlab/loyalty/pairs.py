"""Two scores of the same customers, side by side, with the roles that travel along."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crmlab.frame import correlations, picture, resample, stats
from crmlab.frame.cells import rows as rows_named
from crmlab.frame.errors import CrmlabError, counted, did_you_mean, listed
from crmlab.frame.glossary import number, percent
from crmlab.frame.result import LeftOut
from crmlab.measures import tables

FEWEST = 10


@dataclass(frozen=True, eq=False)
class Pair:
    """Complete pairs of two scores; ``rows`` are their places in the table."""

    name_x: str
    name_y: str
    x: np.ndarray
    y: np.ndarray
    cluster: np.ndarray | None
    weight: np.ndarray | None
    rows: np.ndarray
    source: dict
    repeated: bool = False  # the clusters are customers who answered more than once

    @property
    def n(self) -> int:
        return len(self.x)

    @property
    def names(self) -> str:
        return f"{self.name_x} and {self.name_y}"

    @property
    def clusters(self) -> int | None:
        return None if self.cluster is None else len(np.unique(self.cluster))

    @property
    def too_few(self) -> str:
        """Why clusters or weights leave too little for any interval, or nothing."""
        return too_few(self.cluster, self.weight)

    def among(self, kept: np.ndarray) -> "Pair":
        """The pairs of some of the customers."""
        of = {name: None if role is None else role[kept]
              for name, role in (("cluster", self.cluster), ("weight", self.weight))}
        return Pair(self.name_x, self.name_y, self.x[kept], self.y[kept], **of, rows=self.rows[kept],
                    source=self.source, repeated=self.repeated)

    def correlation(self, level: float, method: str = "pearson") -> stats.Interval:
        """The correlation with the one interval that belongs to it."""
        return stats.z_interval(*self.measured(method), level)

    def measured(self, method: str = "pearson") -> tuple[float, float, float]:
        """The correlation, the error of its Fisher z and the degrees of freedom; no error where there is too little."""
        r, error, df = correlations.measured(method, self.x, self.y, self.cluster, self.weight)
        return r, np.nan if self.too_few else error, df

    def scale(self, name: str) -> dict:
        return self.source.get("scales", {}).get(name, {})

    def label(self, name: str) -> str:
        """The axis label: construct, number of items, range of the scale."""
        spec = self.scale(name)
        if not spec:
            return name
        made = f"mean of {counted(len(spec['items']), 'item')}" if len(spec["items"]) > 1 else "one item"
        return f"{name} ({made}, {spec['low']:g}–{spec['high']:g})"


def pair(scores: pd.DataFrame, x: str = "satisfaction", y: str = "loyalty") -> Pair:
    """The customers who have both scores, and their cluster and weight where the table has them.

    A customer who stands in several rows (waves) is a cluster, unless clusters are given.

    Raises CrmlabError where a score is missing, endless or does not vary, where fewer than ten customers have both,
    and for weights that are none.
    """
    for name in (x, y):
        if name not in scores.columns:
            raise _no_score(name, scores)
    roles = [name for name in ("cluster", "weight") if name in scores.columns and name not in (x, y)]
    whole = scores[[x, y, *roles]].notna().all(axis=1).to_numpy()
    if "weight" in roles:
        whole = whole & tables.stands(scores)
    both = scores[whole]
    for name in (x, y):
        endless = np.isinf(both[name].astype(float))
        if endless.any():
            raise CrmlabError(f"The score '{name}' holds infinite values.", f"See {rows_named(both[name], endless)}.",
                              "A division by 0 leaves such values; correct them or make them missing.")
    if len(both) < FEWEST:
        raise CrmlabError(f"Too few customers have both {x} and {y}.",
                          f"There {'is' if len(both) == 1 else 'are'} {len(both)}.",
                          f"A correlation with an interval needs at least {FEWEST}.")
    for name in (x, y):
        if np.ptp(both[name].to_numpy(float)) < 1e-9:
            raise CrmlabError(f"The score '{name}' does not vary.",
                              f"All {len(both)} customers have {both[name].iloc[0]:.3g}.",
                              "A correlation needs customers who differ.")
    values = both[[x, y]].to_numpy(float)
    weight = both["weight"].to_numpy(float) if "weight" in roles else None
    return Pair(x, y, values[:, 0], values[:, 1], clusters(both), weight, np.flatnonzero(whole),
                tables.provenance(scores), repeated=tables.units(both)[1] == "customer")


def clusters(rows: pd.DataFrame) -> np.ndarray | None:
    """The cluster of each row, or its customer where one has several; None where all stand alone."""
    return tables.units(rows)[0]


def too_few(cluster, weight) -> str:
    """Why clusters or weights leave too little for any interval, or nothing."""
    least = resample.FEWEST_UNITS
    count = least if cluster is None else len(np.unique(cluster))
    if count < least:
        return f"the customers come in {counted(count, 'cluster')}, and {least} are the least"
    if weight is not None and stats.kish(weight) < least:
        return (f"the weights leave the worth of {counted(round(stats.kish(weight)), 'customer')}, and "
                f"{least} are the least")
    return ""


def _no_score(name: str, scores: pd.DataFrame) -> CrmlabError:
    numeric = [c for c in scores.columns if pd.api.types.is_numeric_dtype(scores[c]) and c != "customer_id"]
    return CrmlabError(f"There is no score '{name}'.", f"The table has {listed(numeric, 12, quote=False)}.",
                       did_you_mean(name, numeric) or "Map its items when you open the survey, as in "
                       f"columns={{'Q1': '{name}_1'}}.")


def left_out(title: str, table: pd.DataFrame, reason: str) -> LeftOut:
    """A step that the data do not allow, with the reason."""
    return LeftOut(title=title, table=pd.DataFrame(), source=tables.provenance(table), reason=reason)


def told(i: stats.Interval, closing: str = "") -> str:
    """A number with its interval as words.

    >>> told(stats.Interval(0.622, 0.539, 0.693)), told(stats.Interval(1.0, np.nan, np.nan))
    ('0.62, interval 0.54 to 0.69', '1.00 (no interval)')
    """
    if not np.isfinite(i[1]):
        return f"{number(i[0])} (no interval)"
    return f"{number(i[0])}, interval {number(i[1])} to {number(i[2])}{closing}"


def share_words(share: float) -> str:
    """A share as per cent; one too small for a decimal is not called nothing.

    >>> share_words(0.386), share_words(0.0001), share_words(0)
    ('39 %', 'under 0.1 %', '0 %')
    """
    return "under 0.1 %" if 0 < share < 0.0005 else percent(share)


def scatter(ax, pair_: Pair, seed: int = 1, colors=picture.QUIET) -> None:
    """The customers as quiet dots, shaken a little so that equal answers do not hide each other."""
    chance = stats.rng(seed, "jitter")
    shake = [np.diff(np.unique(v)).min() * 0.22 for v in (pair_.x, pair_.y)]
    x, y = (v + chance.uniform(-s, s, pair_.n) for v, s in zip((pair_.x, pair_.y), shake, strict=True))
    some = np.arange(pair_.n) if pair_.n <= 3000 else chance.permutation(pair_.n)[:3000]
    colors = colors if isinstance(colors, str) else [colors[place] for place in some]
    ax.scatter(x[some], y[some], s=17, color=colors, alpha=0.55 if pair_.n <= 600 else 0.28, linewidth=0,
               zorder=2)
    ax.set_xlabel(pair_.label(pair_.name_x))
    ax.set_ylabel(pair_.label(pair_.name_y))


def data_words(source: dict) -> str:
    """The name of the data for the line under a picture."""
    return source.get("title") or "source not recorded"


def span_of(table: pd.DataFrame) -> tuple[float, float]:
    """Limits of an axis of correlations: 0 to 1, or further left where an interval reaches there."""
    low = np.nanmin(table[["estimate", "low"]].to_numpy(float))
    return (min(-0.02, low - 0.07), 1.02)
