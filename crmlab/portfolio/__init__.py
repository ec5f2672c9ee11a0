"""Portfolio: which groups of customers a firm has, whether they are there at all, and who brings the value.

| question | function |
|---|---|
| How much of the value comes from how few? | :func:`concentration` |
| How much of that is luck? | :func:`true_concentration` |
"""

from crmlab.portfolio.lorenz import Concentration, concentration
from crmlab.portfolio.luck import TrueConcentration, true_concentration

__all__ = ["Concentration", "TrueConcentration", "concentration", "true_concentration"]
