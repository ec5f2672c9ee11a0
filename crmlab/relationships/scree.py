"""What lies behind the dimensions: how many components the answers carry, and what weights would change."""

import numpy as np
import pandas as pd

from crmlab.frame import picture
from crmlab.frame.errors import counted
from crmlab.frame.glossary import number
from crmlab.frame.result import Caption, LeftOut, Result, kind
from crmlab.relationships.five import NUMERALS, Dimensions

TITLE = "Are the dimensions as many as their names?"
SHOWN = 8  # eigenvalues; the later ones lie below chance and look alike


@kind
class Structure(Result):
    """A row per component: its eigenvalue as found, and the 95th percentile of shuffled answers."""

    dimensions: Dimensions

    def text(self) -> str:
        return f"{self._components()} {self._index()}"

    def _components(self) -> str:
        c, names = self.dimensions.components, NUMERALS[len(self.dimensions.relations.present)]
        carried = (f"Of the {counted(c.of, c.what)} {c.count or 'no'} component{'s' * (c.count > 1)} "
                   f"rise{'s' * (c.count < 2)} above chance")
        if c.what != "item":
            return f"{carried}; whether the dimensions are {names} can be seen from items, not from scores."
        if NUMERALS.get(c.count) == names:
            return f"{carried}, as many as there are dimensions."
        if c.count <= 1:
            return f"{carried}: {'no more than one closeness' if c.count else 'nothing in common'} could be seen here."
        return f"{carried}, not {names}."

    def _index(self) -> str:
        d, like = self.dimensions, self.dimensions.weights.estimate
        how = "much as" if like >= 0.95 else "not quite as"
        same = (f"; equal weights order the relations {how} the first principal component does "
                f"(r = {number(like)})" if np.isfinite(like) else "")
        return (f"Closeness, the mean of the {NUMERALS[len(d.relations.present)]} dimensions, is "
                f"{number(d.closeness)} on a scale from {d.relations.low:g} to {d.relations.high:g}{same}.")

    def caption(self) -> Caption:
        c = self.dimensions.components
        found = [number(value) for value in c.found[:SHOWN]]
        return Caption(f"{counted(int(c.count), 'component')} above chance",
                       f"eigenvalues of {counted(c.of, c.what)} · dot: found · square: 95th percentile of shuffled answers",
                       f"Found, from the largest: {', '.join(found)}")

    @property
    def size(self):
        return (7.2, 3.6)

    def draw(self, ax) -> None:
        c = self.dimensions.components
        at = np.arange(1, min(c.of, SHOWN) + 1)
        ax.plot(at, c.chance[:SHOWN], "s-", color=picture.QUIET, ms=5, lw=1.4)
        ax.plot(at, c.found[:SHOWN], "o-", color=picture.SECOND, ms=7, lw=1.8)
        above = at <= c.count
        ax.plot(at[above], c.found[:SHOWN][above], "o", color=picture.ACCENT, ms=9)
        ax.set_xticks(at)
        ax.set_ylim(0, None)
        ax.set_xlabel("component")
        ax.set_ylabel("eigenvalue")

    def headline(self) -> dict:
        d = self.dimensions
        return {"components": d.components.count, "closeness_mean": d.closeness, "first_component_r": d.weights.estimate}


def structure(dimensions: Dimensions | LeftOut) -> Structure | LeftOut:
    """How many components the answers to the dimensions carry (Horn 1965), and what equal weights cost.

    A row is an eigenvalue, as found and as the 95th percentile of shuffled answers has it. Left out, and said so,
    without dimensions or with fewer than 20 relations answered in full.

    >>> import crmlab as crm
    >>> five = crm.relationships.dimensions(crm.open_table("dyads", "world:dyads", seed=1), draws=100)
    >>> structure(five).headline()["components"]
    5
    """
    reason = dimensions.reason if isinstance(dimensions, LeftOut) else (
        "that takes 20 relations answered in full" if not np.isfinite(dimensions.components.count) else "")
    if reason:
        return LeftOut(title=TITLE, table=pd.DataFrame(), source=dimensions.source, reason=reason)
    c = dimensions.components
    rows = [{"term": f"component {k + 1}", "estimate": c.found[k], "by_chance": c.chance[k]} for k in range(min(c.of, SHOWN))]
    return Structure(title=TITLE, table=pd.DataFrame(rows), dimensions=dimensions, source=dimensions.source,
                     settings=dimensions.settings)
