"""Portfolio: which groups of customers there are, what they are worth, and how they move.

| question | function |
|---|---|
| What does a log say of each account? | :func:`accounts` |
| Which class has each customer, by explicit cuts, and what did it do next? | :func:`matrix` |
"""

from crmlab.portfolio.matrices import Matrix, matrix
from crmlab.portfolio.standing import accounts

__all__ = ["Matrix", "accounts", "matrix"]
