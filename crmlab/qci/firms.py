"""A row per firm, for tests of one's own."""

import pandas as pd

from crmlab.measures import tables
from crmlab.measures.scorecard import ELEMENTS, scored
from crmlab.qci.choosing import latest, refuse


def firm_scores(table: pd.DataFrame) -> pd.DataFrame:
    """A row per firm for tests of one's own, as with ``crm.theory``: scores, and what the table says of it.

    Columns: ``firm``, ``overall``, the eight elements by their keys, ``intention``, ``reality``, ``gap``
    (points), and whatever has one value per firm, such as ``sector`` or ``performance``. Of several waves
    the last counts.

    >>> import crmlab as crm
    >>> frame = firm_scores(crm.open_table("assessments", "world:firms", seed=1))
    >>> frame.shape, crm.theory(crm.raises("overall", "performance")).test(frame).table["n"].tolist()
    ((60, 15), [60])
    """
    refuse(table)
    card = scored(latest(table))
    elements = card.elements.pivot(index="firm", columns="element", values="score")
    firms = card.firms.set_index("firm")
    ours = {"score": "overall", "intention": "intention", "reality": "reality", "gap": "gap"}
    said = [
        name for name in firms if name in table and name not in {*ours, *ours.values(), *ELEMENTS, "rater", "wave"}
    ]
    frame = (
        firms[["score"]]
        .join(elements[list(ELEMENTS)])
        .join(firms[[*list(ours)[1:], *said]])
        .rename(columns=ours)
    )
    return tables.stamp(frame.reset_index(), tables.provenance(table))
