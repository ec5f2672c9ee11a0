"""Four systems that name the same customers, and how far their names agree."""

import pandas as pd

from crmlab.frame.result import LeftOut, Result
from crmlab.measures import systems, tables
from crmlab.relationships.five import Dimensions
from crmlab.relationships.rungs import Ladder

OTHERS = ("johnson_selnes", "jones_sasser")


def agreement(scores: pd.DataFrame, ladder: Ladder, dimensions: Result, *, alpha: float = 0.05, draws: int = 2000,
              seed: int = 1) -> Result:
    """How far the ladder, the five dimensions, Johnson & Selnes (2004) and Jones & Sasser (1995) agree.

    Every two of the systems whose inputs these data have, on the customers both classify; the measures are those
    of :func:`crmlab.measures.systems.agreement`. Left out, and said so, where fewer than two can be applied.

    >>> import crmlab as crm
    >>> dyads = crm.open_table("dyads", "world:dyads", n=300, seed=1)
    >>> room, today = crm.relationships, crm.relationships.latest(crm.score(dyads))
    >>> len(room.agreement(today, room.ladder(today, draws=50), room.dimensions(dyads, draws=20), draws=100).table)
    12
    """
    extra = {"ladder": ladder.customers["class"]} if ladder.felt else {}
    if isinstance(dimensions, Dimensions):
        extra["five dimensions"] = dimensions.customers["class"]
    names = [*extra, *(name for name in OTHERS if name in systems.applicable(scores))]
    if len(names) < 2:
        return LeftOut(title="Do the systems agree?", table=pd.DataFrame(), source=tables.provenance(scores),
                       reason="fewer than two systems can be applied to what was asked here")
    return systems.agreement(scores, names, extra=extra, alpha=alpha, draws=draws, seed=seed)
