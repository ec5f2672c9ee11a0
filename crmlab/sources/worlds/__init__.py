"""Worlds: simulated customers whose truth is known, because we wrote it.

A world returns its tables and its truth. Students change the truth and see what a survey makes of it;
every estimator of crmlab is tested against it.
"""

from crmlab.sources.worlds.assessing import firms
from crmlab.sources.worlds.classroom import classroom
from crmlab.sources.worlds.common import World
from crmlab.sources.worlds.opinions import TRUTH, survey
from crmlab.sources.worlds.relations import dyads
from crmlab.sources.worlds.shops import shop

WORLDS = {"survey": survey, "dyads": dyads, "shop": shop, "firms": firms, "classroom": classroom}
#: The canonical table that each world simulates.
HOLDS = {"survey": "survey", "dyads": "dyads", "shop": "transactions", "firms": "assessments", "classroom": "assessments"}

__all__ = ["HOLDS", "TRUTH", "WORLDS", "World", "classroom", "dyads", "firms", "shop", "survey"]
