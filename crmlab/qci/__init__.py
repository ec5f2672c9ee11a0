"""QCi: how an organisation manages its customers, assessed practice by practice after the QCi model.

| question | function |
|---|---|
| Where does the firm stand, and what is its weakest element? | :func:`assessment` |
| At which stage of the customer's path does it lose ground? | :func:`stages` |
| What should it do first, and what comes cheap? | :func:`priorities` |
| Did it move on within the year? | :func:`change` |
| Do the raters see the same firm? | :func:`raters` |
| Do firms that manage customers well do well? | :func:`performance`, :func:`firm_scores` |
| What would it take for 21 firms to show r = .8? | :func:`halo` |
| Are the eight elements one thing? | :func:`structure` |
| A firm to judge, and what a class made of it | :func:`case`, :func:`class_halo` |

The form is ours, in our own words; CMAT is a trademark, and its questionnaire is not here.
"""

from crmlab.qci.debrief import ClassHalo, class_halo
from crmlab.qci.earning import Performance, performance
from crmlab.qci.factor import Structure, structure
from crmlab.qci.firms import firm_scores
from crmlab.qci.first import Priorities, priorities
from crmlab.qci.judges import Raters, raters
from crmlab.qci.moving import Change, change
from crmlab.qci.path import Stages, stages
from crmlab.qci.standing import Assessment, assessment
from crmlab.qci.taking import Halo, halo
from crmlab.qci.telling import Case, case

__all__ = [
    "Assessment", "Case", "Change", "ClassHalo", "Halo", "Performance", "Priorities", "Raters", "Stages",
    "Structure", "assessment", "case", "change", "class_halo", "firm_scores", "halo", "performance", "priorities", "raters",
    "stages", "structure",
]
