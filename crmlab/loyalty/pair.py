"""Two scores of the same customers, side by side, with the roles that travel along."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crmlab.frame import picture, stats
from crmlab.frame.errors import CrmlabError, counted, did_you_mean, listed
from crmlab.measures import tables

FEWEST = 10


@dataclass(frozen=True, eq=False)
class Pair:
    """Complete pairs of two scores; ``rows`` says which customers of the table they are."""

    name_x: str
    name_y: str
    x: np.ndarray
    y: np.ndarray
    cluster: np.ndarray | None
    weight: np.ndarray | None
    rows: pd.Index
    source: dict

    @property
    def n(self) -> int:
        return len(self.x)

    @property
    def names(self) -> str:
        return f"{self.name_x} and {self.name_y}"

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
    """The customers who have both scores.

    Raises CrmlabError where a score is missing, does not vary, or fewer than ten customers have both.
    """
    for name in (x, y):
        if name not in scores.columns:
            numeric = [c for c in scores.columns if pd.api.types.is_numeric_dtype(scores[c]) and c != "customer_id"]
            raise CrmlabError(f"There is no score '{name}'.", f"The table has {listed(numeric, 12, quote=False)}.",
                              did_you_mean(name, numeric) or "Map its items when you open the survey, as in "
                              f"columns={{'Q1': '{name}_1'}}.")
    both = scores[[x, y]].dropna()
    if len(both) < FEWEST:
        raise CrmlabError(f"Too few customers have both {x} and {y}.", f"There {'is' if len(both) == 1 else 'are'} "
                          f"{len(both)}.", f"A correlation with an interval needs at least {FEWEST}.")
    for name in (x, y):
        if both[name].nunique() == 1:
            raise CrmlabError(f"The score '{name}' does not vary.",
                              f"All {len(both)} customers have {both[name].iloc[0]:.3g}.",
                              "A correlation needs customers who differ.")
    values = both.to_numpy(float)
    role = {name: scores.loc[both.index, name].to_numpy() if name in scores.columns else None
            for name in ("cluster", "weight")}
    return Pair(x, y, values[:, 0], values[:, 1], role["cluster"], role["weight"], both.index,
                tables.provenance(scores))


def scatter(ax, pair_: Pair, seed: int = 1, colors=picture.QUIET) -> None:
    """The customers as quiet dots, shaken a little so that equal answers do not hide each other."""
    chance = stats.rng(seed, "jitter")
    shake = [np.diff(np.unique(v)).min() * 0.22 if len(np.unique(v)) > 1 else 0 for v in (pair_.x, pair_.y)]
    x, y = (v + chance.uniform(-s, s, pair_.n) for v, s in zip((pair_.x, pair_.y), shake, strict=True))
    some = slice(None) if pair_.n <= 3000 else chance.permutation(pair_.n)[:3000]
    ax.scatter(x[some], y[some], s=17, color=colors, alpha=0.55 if pair_.n <= 600 else 0.28, linewidth=0, zorder=2)
    ax.set_xlabel(pair_.label(pair_.name_x))
    ax.set_ylabel(pair_.label(pair_.name_y))


def data_words(source: dict) -> str:
    """The name of the data for the line under a picture."""
    return source.get("title") or "source not recorded"
