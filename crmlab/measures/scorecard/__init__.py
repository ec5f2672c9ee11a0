"""The scorecard: from what raters answer on practices to sections, elements and one number.

:func:`scored` gives a :class:`Scorecard` of all firms; :func:`intervals` says how far the scores of one
firm would move with other practices of the same kind.
"""

from crmlab.measures.scorecard.form import ELEMENTS, KEYS, PRACTICES, SHORT, STAGES
from crmlab.measures.scorecard.sampling import FEWEST, intervals
from crmlab.measures.scorecard.scoring import BANDS, POINTS, WITHOUT, Scorecard, band, groups, scored, unshown

__all__ = [
    "BANDS",
    "ELEMENTS",
    "FEWEST",
    "KEYS",
    "POINTS",
    "PRACTICES",
    "SHORT",
    "STAGES",
    "WITHOUT",
    "Scorecard",
    "band",
    "groups",
    "intervals",
    "scored",
    "unshown",
]
