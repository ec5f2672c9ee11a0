"""Portfolio: which groups of customers a firm has, whether they are there at all, and who brings the value.

| question | function |
|---|---|
| How much of the value comes from how few? | :func:`concentration` |
| How much of that is luck? | :func:`true_concentration` |
| Are there groups of customers, or one crowd? | :func:`clusters` |
"""

from crmlab.portfolio.groups import Clusters, clusters
from crmlab.portfolio.lorenz import Concentration, concentration
from crmlab.portfolio.luck import TrueConcentration, true_concentration
from crmlab.portfolio.portraits import Profiles

__all__ = ["Clusters", "Concentration", "Profiles", "TrueConcentration", "clusters", "concentration",
           "true_concentration"]
