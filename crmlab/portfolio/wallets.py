"""Share of wallet from ranks: it is not how content customers are, but which place they give us."""

import numpy as np
import pandas as pd

from crmlab.frame import picture, stats
from crmlab.frame.errors import CrmlabError, counted, listed
from crmlab.frame.glossary import percent
from crmlab.frame.result import Caption, Result, kind
from crmlab.measures import tables

LEAST = 5  # crmlab rule: of fewer users no interval is drawn


@kind
class Wallets(Result):
    """A row per brand: its users, how many put it first, the share of their wallet it may expect.

    ``customers`` has the predicted share of every brand for each customer; a row sums to 1.
    """

    customers: pd.DataFrame

    def text(self) -> str:
        said = "; ".join(f"{row.brand} {percent(row.estimate)}{self._within(row)} of what its "
                         f"{counted(row.customers, 'user')} spend, put first by {percent(row.first)}"
                         for row in self.table.itertuples())
        return (f"Shares of wallet foretold from ranks alone: {said}. The rule knows the place of a brand and the number of "
                "brands used, and nothing of prices or incomes; hold it against real shares where there are any.")

    @staticmethod
    def _within(row) -> str:
        return f" ({percent(row.low)} to {percent(row.high)})" if np.isfinite(row.low) else ""

    def caption(self) -> Caption:
        best = self.table.loc[self.table["estimate"].idxmax()]
        return Caption(f"“{best['brand']}” may expect {percent(best['estimate'])} of its users' wallet",
                       f"wallet allocation rule · {self.source.get('title', '')} · n = {len(self.customers):,}",
                       "; ".join(f"{row.brand} {percent(row.estimate)}" for row in self.table.itertuples()))

    @property
    def size(self):
        return (7.2, 1.7 + 0.44 * len(self.table))

    def draw(self, ax) -> None:
        for place, row in enumerate(self.table.itertuples()):
            color = picture.ACCENT if row.estimate == self.table["estimate"].max() else picture.SECOND
            picture.span(ax, place, row.estimate, row.low, row.high, color=color)
            ax.annotate(percent(row.estimate), (np.nanmax([row.high, row.estimate]), place), (8, 0), va="center",
                        textcoords="offset points", color=color, fontsize=10)
        picture.names_down(ax, self.table["brand"])
        ax.set_xlim(0, 1.12)
        ax.set_xticks([0, 0.25, 0.5, 0.75, 1])
        ax.xaxis.set_major_formatter(lambda value, _: percent(value))
        ax.set_xlabel("share of wallet of its users, foretold, with interval")

    def headline(self) -> dict:
        return {"customers": len(self.customers),
                "shares": dict(zip(self.table["brand"], self.table["estimate"], strict=True))}


def wallet_allocation(ratings: pd.DataFrame, brands: list[str] | None = None, *, alpha: float = 0.05) -> Wallets:
    """The share of wallet that each brand may expect from the rank its users give it (Keiningham et al. 2011).

    ``ratings`` has a row per customer and a column per brand with how content the customer is with it, higher
    is better; blank where the brand is not used. ``brands`` names the columns; without it all but customer_id.
    Share = (1 − rank / (n + 1)) × 2 / n, with n the brands this customer uses; equal ratings share their mean
    rank, so that the shares of a customer sum to 1. ``estimate`` is the mean over the users of a brand, with
    Student's interval.

    Raises CrmlabError for unknown brands, ratings that are no numbers, and brands that nobody uses.

    >>> wallet_allocation(pd.DataFrame({"we": [9.0], "they": [7.0], "others": [8.0]})).customers.round(3).to_dict("records")
    [{'we': 0.5, 'they': 0.167, 'others': 0.333}]
    """
    brands = [name for name in ratings.columns if name != "customer_id"] if brands is None else list(brands)
    missing = [name for name in brands if name not in ratings.columns]
    if missing or not brands:
        raise CrmlabError(f"There is no column for {listed(missing)}." if missing else "No brand is named.",
                          f"The table has {listed(ratings.columns, 12, quote=False)}.",
                          "Give a column of ratings per brand, blank where it is not used.")
    values = ratings[brands].apply(pd.to_numeric, errors="coerce").astype(float)
    text = [name for name in brands if (values[name].isna() & ratings[name].notna()).any()]
    if text:
        raise CrmlabError(f"The ratings of {listed(text)} hold text.", "They must be numbers, higher for more content.",
                          "Say which words mean missing when you open the table, with missing=[…].")
    unused = [name for name in brands if values[name].isna().all()]
    if unused:
        raise CrmlabError(f"Nobody uses {listed(unused)}.", "Its column is blank." if len(unused) == 1 else
                          "Their columns are blank.", "Leave it out of brands." if len(unused) == 1 else "Leave them out of brands.")
    used = values.notna().sum(axis=1)
    values, used = values[used > 0], used[used > 0]
    ranks = values.rank(axis=1, ascending=False, method="average")
    shares = (1 - ranks.div(used + 1, axis=0)).mul(2 / used, axis=0)
    rows = [{"brand": name, **_row(shares[name].dropna().to_numpy(), ranks[name].dropna().to_numpy(), 1 - alpha)}
            for name in brands]
    nobody = len(ratings) - len(used)
    aside = f"; {counted(nobody, 'customer')} without any brand left aside" if nobody else ""
    return Wallets(title="Which share of the wallet goes with which place", table=pd.DataFrame(rows),
                   source=tables.provenance(ratings), customers=shares.fillna(0.0),
                   settings=f"Keiningham et al. 2011; equal ratings share their mean rank{aside}")


def _row(shares: np.ndarray, ranks: np.ndarray, level: float) -> dict:
    n, mean = len(shares), float(shares.mean())
    half = stats.critical(level, n - 1) * shares.std(ddof=1) / np.sqrt(n) if n >= LEAST else np.nan
    return {"customers": n, "first": float((ranks == 1).mean()), "estimate": mean,
            "low": max(mean - half, 0.0) if np.isfinite(half) else np.nan,
            "high": min(mean + half, 1.0) if np.isfinite(half) else np.nan}
