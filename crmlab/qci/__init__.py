"""QCi: how an organisation manages its customers, assessed practice by practice after the QCi model.

| question | function |
|---|---|
| Where does the firm stand, and what is its weakest element? | :func:`assessment` |
| At which stage of the customer's path does it lose ground? | :func:`stages` |
| Do the raters see the same firm? | :func:`raters` |

The form is ours, in our own words; CMAT is a trademark, and its questionnaire is not here.
"""

from crmlab.qci.judges import Raters, raters
from crmlab.qci.path import Stages, stages
from crmlab.qci.standing import Assessment, assessment

__all__ = ["Assessment", "Raters", "Stages", "assessment", "raters", "stages"]
