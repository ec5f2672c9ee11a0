"""Portfolio: which groups of customers a firm has, whether they are there at all, and what they are worth next.

| question | function |
|---|---|
| How lately, how often, how much? | :func:`rfm` |
| Which segment is each customer in? | :func:`segments` |
| What did each segment spend next? | :func:`outcome` |
| Which rule finds the best customers of the next period? | :func:`holdout` |
| Whom shall we write to? | :func:`mailing` |
"""

from crmlab.portfolio.afterwards import Holdout, Outcome, holdout, outcome
from crmlab.portfolio.letters import Mailing, Posted, mailing
from crmlab.portfolio.naming import Segments, segments
from crmlab.portfolio.ranking import RULES, Halves, halves, ranks
from crmlab.portfolio.scoring import Rfm, rfm

__all__ = ["RULES", "Halves", "Holdout", "Mailing", "Outcome", "Posted", "Rfm", "Segments", "halves", "holdout", "mailing", "outcome", "ranks", "rfm", "segments"]
