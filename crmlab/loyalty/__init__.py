"""Satisfaction and loyalty: how strongly, in what form, for whom, and what the number does not carry.

| question | function |
|---|---|
| How strongly do they go together? | :func:`correlation` |
| What if the items were perfectly reliable? | :func:`disattenuated` |
| Does the line bend? | :func:`shape` |
| For whom is it stronger? | :func:`groups`, :func:`moderation` |
| Do customers do what they say? | :func:`behaviour` |
| Who is satisfied and loyal, who only one of the two? | :func:`zones` |
| What did the choice of customers do to the number? | :func:`restriction` |
| Is it the questionnaire talking? | :func:`common_method` |
| Would another analyst have found the same? | :func:`sensitivity` |
| Is that what others found? | :func:`literature` |
"""

from crmlab.claims import raises, theory
from crmlab.loyalty.apostles import Zones, zones
from crmlab.loyalty.asked import Restriction, restriction
from crmlab.loyalty.deeds import Deeds, behaviour
from crmlab.loyalty.form import Curve, shape
from crmlab.loyalty.habit import Method, common_method
from crmlab.loyalty.link import Correlation, correlation
from crmlab.loyalty.moderators import Moderation, moderation
from crmlab.loyalty.others import Forest, literature
from crmlab.loyalty.perfect import Disattenuated, disattenuated
from crmlab.loyalty.ways import Specifications, sensitivity
from crmlab.loyalty.whom import Groups, groups

SERVICE_PROFIT_CHAIN = theory(
    raises("quality", "satisfaction", because="Heskett et al. 1994"),
    raises("value", "satisfaction", because="Yang & Peterson 2004"),
    raises("satisfaction", "loyalty", because="Curtis et al. 2011", at_least=0.30),
    design="survey",
)

__all__ = [
    "SERVICE_PROFIT_CHAIN", "Correlation", "Curve", "Deeds", "Disattenuated", "Forest", "Groups", "Method",
    "Moderation", "Restriction", "Specifications", "Zones", "behaviour", "common_method", "correlation",
    "disattenuated", "groups", "literature", "moderation", "restriction", "sensitivity", "shape", "zones",
]
