"""Relationships: what kind of relationship a firm has with each customer, and what a cut makes of people.

| question | function |
|---|---|
| On which rung does each customer stand, and why? | :func:`ladder` |
| Is it a ladder at all? | :func:`order` |
| Why does this customer stand there? | :func:`trace` |
| What kind of relation is it, on five dimensions? | :func:`dimensions` |
| Are the five dimensions five? | :func:`structure` |
| From person to person, or from role to role? | :func:`primary` |
| Are trust, commitment and fairness one thing or several? | :func:`quality` |
| Is giving mutual, and how even is it? | :func:`reciprocity` |
| Who moved between two dates? | :func:`movement` |
| Do the classification systems agree? | :func:`agreement` |
| What does another cut make of the same customers? | :func:`recut` |
| Would I have classified them the same way? | :func:`cases` |
"""

from crmlab.relationships.agree import agreement
from crmlab.relationships.attitudes import Quality, quality
from crmlab.relationships.byhand import Cases, Compared, cases
from crmlab.relationships.climbing import RUNGS, Cuts, asked, climb, latest
from crmlab.relationships.cutting import Recut, recut
from crmlab.relationships.five import Dimensions, dimensions
from crmlab.relationships.giving import Reciprocity, reciprocity
from crmlab.relationships.moves import Movement, movement
from crmlab.relationships.profiles import PROFILES, ProfileCuts
from crmlab.relationships.rungs import Ladder, ladder
from crmlab.relationships.scree import Structure, structure
from crmlab.relationships.sides import Primary, primary
from crmlab.relationships.why import Order, Trace, order, trace

__all__ = [
    "PROFILES", "RUNGS", "Cases", "Compared", "Cuts", "Dimensions", "Ladder", "Movement", "Order", "Primary", "ProfileCuts",
    "Quality", "Reciprocity", "Recut", "Structure", "Trace", "agreement", "asked", "cases", "climb", "dimensions", "ladder",
    "latest", "movement", "order", "primary", "quality", "reciprocity", "recut", "structure", "trace",
]
