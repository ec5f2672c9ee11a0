"""Portfolio: which groups of customers there are, what they are worth, and how they move.

| question | function |
|---|---|
| What does a log say of each account? | :func:`accounts` |
| Which class has each customer, by explicit cuts, and what did it do next? | :func:`matrix` |
| What might one offer to whom? | :func:`treatments` |
| Who moved between two periods, and what of it would chance have done? | :func:`migration` |
| Which share of the wallet goes with the rank customers give us? | :func:`wallet_allocation` |
"""

from crmlab.portfolio.between import Migration, migration, periods
from crmlab.portfolio.matrices import Matrix, matrix
from crmlab.portfolio.proposals import Treatments, treatments
from crmlab.portfolio.standing import accounts
from crmlab.portfolio.wallets import Wallets, wallet_allocation

__all__ = [
    "Matrix", "Migration", "Treatments", "Wallets", "accounts", "matrix", "migration", "periods", "treatments",
    "wallet_allocation",
]
