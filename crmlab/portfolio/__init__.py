"""Portfolio: which groups of customers a firm has, whether they are there at all, and what they are worth next.

| question | function |
|---|---|
| How much of the value comes from how few? | :func:`concentration` |
| How much of that is luck? | :func:`true_concentration` |
| Are there groups, or one crowd that can be sliced anywhere? | :func:`clusters` |
| What are the customers of each cluster like? | :func:`profiles` |
| How lately, how often, how much? | :func:`rfm` |
| Which segment is each customer in? | :func:`segments` |
| How do the halves of a log look, before and after a day? | :func:`halves`, :func:`ranks` |
| What did each segment spend next? | :func:`outcome` |
| Which rule finds the best customers of the next period? | :func:`holdout` |
| Whom shall we write to? | :func:`mailing` |
| What does a log say of each account? | :func:`accounts` |
| Which class has each customer, by explicit cuts, and what did it do next? | :func:`matrix` |
| What might one offer to whom? | :func:`treatments` |
| Who moved between two periods, and what of it would chance have done? | :func:`migration` |
| Which share of the wallet goes with the rank customers give us? | :func:`wallet_allocation` |
"""

from crmlab.portfolio.afterwards import Holdout, Outcome, holdout, outcome
from crmlab.portfolio.between import Migration, migration, periods
from crmlab.portfolio.groups import Clusters, clusters, profiles
from crmlab.portfolio.letters import Mailing, Posted, mailing
from crmlab.portfolio.lorenz import Concentration, concentration
from crmlab.portfolio.luck import TrueConcentration, true_concentration
from crmlab.portfolio.matrices import Matrix, matrix
from crmlab.portfolio.naming import Segments, segments
from crmlab.portfolio.portraits import Profiles
from crmlab.portfolio.proposals import Treatments, treatments
from crmlab.portfolio.ranking import RULES, Halves, halves, ranks
from crmlab.portfolio.scoring import Rfm, rfm
from crmlab.portfolio.standing import accounts
from crmlab.portfolio.wallets import Wallets, wallet_allocation

__all__ = [
    "RULES", "Clusters", "Concentration", "Halves", "Holdout", "Mailing", "Matrix", "Migration", "Outcome",
    "Posted", "Profiles", "Rfm", "Segments", "Treatments", "TrueConcentration", "Wallets", "accounts",
    "clusters", "concentration", "halves", "holdout", "mailing", "matrix", "migration", "outcome",
    "periods", "profiles", "ranks", "rfm", "segments", "treatments", "true_concentration", "wallet_allocation",
]
