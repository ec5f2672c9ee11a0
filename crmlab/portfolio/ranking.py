"""Rules that put customers in an order, and what an order catches of the value that comes later."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse

from crmlab.frame.errors import CrmlabError, counted, listed
from crmlab.measures import purchases, tables
from crmlab.portfolio.scoring import AXES, rfm

#: What a rule looks at, in the order in which they are shown.
RULES = {
    "RFM": "the sum of recency, frequency and monetary score",
    "bought most often": "days with a purchase so far",
    "bought last": "the fewest days since the last purchase (the hiatus rule)",
    "spent most": "value so far",
    "last period again": "value in the last stretch, as long as the one to come",
}
NAIVE = "last period again"
FEWEST = 20  # crmlab rule: of fewer customers no rule is judged


class Halves(NamedTuple):
    """A log cut at a day: what was known by then, and what came later."""

    summary: pd.DataFrame
    later: pd.DataFrame
    scores: dict[str, np.ndarray]
    split: str
    days: int


def halves(log: pd.DataFrame, split: str | None = None, weights=(1, 1, 1)) -> Halves:
    """The customers known by ``split``, a score from each rule, and what they did until the end of the log.

    Without a split the log is cut in the middle. Raises CrmlabError where nothing lies on one side of it.
    """
    day = pd.Timedelta(days=1)
    first, last = log["date"].min(), pd.Timestamp(tables.provenance(log).get("until") or log["date"].max())
    at = first + ((last - first) // day - 1) // 2 * day if split is None else _day(split)
    if first >= last:
        raise CrmlabError("A log of one day has no two halves.", f"All of it is of {first:%Y-%m-%d}.",
                          "Open a log of several days, so that a later one can show who came back.")
    if not first <= at < last:
        raise CrmlabError("The split lies outside the log.", f"It is {at:%Y-%m-%d}.",
                          f"Give a day from {first:%Y-%m-%d} to {last - day:%Y-%m-%d}.")
    bought = log.loc[log["amount"] >= 0, "date"]
    if len(bought) and bought.min() > at:
        raise CrmlabError(f"Nobody had bought by the split, {at:%Y-%m-%d}.", f"The first purchase is of {bought.min():%Y-%m-%d}.",
                          f"Give a later day, as in split='{min(bought.min(), last - day):%Y-%m-%d}', or a log that begins with purchases.")
    summary = purchases.customer_summary(log, until=at)
    after = purchases.later(summary, log, after=at)
    begin = at - (last - at)
    again = summary["value"] if begin < first else purchases.later(summary, log, after=begin, until=at)["later_value"]
    scores = {"RFM": rfm(summary, weights=weights).customers["sum"], "bought most often": summary["orders"],
              "bought last": -summary["days_since_last"], "spent most": summary["value"], NAIVE: again}
    if begin < first:  # the last stretch is all there is, so the two rules are one
        del scores["spent most"]
    return Halves(summary, after, {name: score.to_numpy(float) for name, score in scores.items()}, f"{at:%Y-%m-%d}",
                  (last - at).days)


def ranks(cut: Halves) -> pd.DataFrame:
    """Percentile ranks of what was known and what came later, ready for a theory to be tested.

    ``frequency`` ranks orders, ``silence`` the days since the last purchase, ``past_value`` and ``later_value`` the money.

    A theory tested on these is judged by Spearman's rho, which a few large spenders cannot bend. Equal values share a
    mean rank.

    >>> import crmlab as crm
    >>> cut = halves(crm.open_table("transactions", "world:shop", n=200, seed=1))
    >>> ranks(cut).columns.tolist()
    ['customer_id', 'frequency', 'silence', 'past_value', 'later_value']
    """
    columns = {"orders": "frequency", "days_since_last": "silence", "value": "past_value"}
    known = cut.summary[list(columns)].rename(columns=columns)
    ranked = known.assign(later_value=cut.later["later_value"].to_numpy()).rank(pct=True)
    ranked.insert(0, "customer_id", cut.summary["customer_id"].to_numpy())
    return tables.stamp(ranked, {**tables.provenance(cut.summary), "ranks": True})


def _day(split) -> pd.Timestamp:
    try:
        return pd.Timestamp(split)
    except ValueError:
        raise CrmlabError("The split is not a day.", f"It reads '{split}'.", "Write it as in '1997-09-30'.") from None


def caught(score: np.ndarray, worth: np.ndarray, share: float, times: np.ndarray | None = None) -> np.ndarray:
    """Worth of the best ``share`` of customers by a score, a number for each row of ``times`` (how often each counts).

    Customers with the same score are taken in a random order, so their mean counts for those who still fit in.
    """
    times = np.ones((1, len(score))) if times is None else times
    size, value = cumulated(score, worth, times)
    target = share * size[:, -1:]
    place = (size < target - 1e-9).sum(axis=1, keepdims=True)
    before = [np.take_along_axis(np.pad(part, ((0, 0), (1, 0))), place, 1) for part in (size, value)]
    at = [np.take_along_axis(part, place, 1) for part in (size, value)]
    block = np.maximum(at[0] - before[0], 1e-12)
    return (before[1] + (target - before[0]) / block * (at[1] - before[1])).ravel()


def cumulated(score: np.ndarray, worth: np.ndarray, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Customers and worth from the best score down, a column per distinct score."""
    levels, level = np.unique(-score, return_inverse=True)
    held = [sparse.csr_matrix((each, (level, np.arange(len(score)))), (len(levels), len(score)))
            for each in (np.ones(len(score)), worth)]
    size, value = ((part @ times.T).T.cumsum(axis=1) for part in held)
    return size, value


def weighted(given, offered) -> tuple[float, float, float]:
    """The three weights of a reader's own rule; an error for anything else, with the rules that are offered."""
    sound = isinstance(given, dict) and given and not set(given) - set(AXES)
    if not sound or min(given.values()) < 0 or max(given.values()) == 0:
        raise CrmlabError("That is no rule.", f"Found {given!r}.",
                          f"Name one of {listed(offered, 9)}, or weights from 0 as in {{'recency': 2, 'frequency': 1}}.")
    return tuple(float(given.get(axis, 0)) for axis in AXES)


def too_little(cut: Halves) -> str:
    """Why nothing can be said of a log cut like this, or nothing."""
    if len(cut.summary) < FEWEST:
        return f"{counted(len(cut.summary), 'customer')} known on {cut.split}, fewer than {FEWEST}"
    return "" if cut.later["later_value"].sum() > 0 else f"nobody known on {cut.split} spent anything after it"
