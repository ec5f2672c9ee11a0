"""Exercises of the lesson on the portfolio: what is right, and what people do instead."""

from functools import cached_property
from itertools import combinations

import numpy as np
import pandas as pd

from crmlab.desk.exercises.exercise import Exercise, shuffled
from crmlab.frame import stats
from crmlab.frame.errors import listed
from crmlab.frame.glossary import number, percent
from crmlab.measures import purchases, tables
from crmlab.portfolio.afterwards import FEW, TOP
from crmlab.portfolio.between import stretches
from crmlab.portfolio.groups import AT_LEAST, CONTINUUM, GROUPS
from crmlab.portfolio.lorenz import Curve
from crmlab.portfolio.naming import board, named
from crmlab.portfolio.ranking import NAIVE, caught, halves, too_little
from crmlab.portfolio.scoring import AXES, rfm

MONEY = (*range(25, 80, 5), 85, 90)  # per cent of the value; the lesson shows 80
CUSTOMERS, LINES = 5, 8
HIGH, STABLE = 0.5, 0.85  # a silhouette that books call reasonable; a stability that they call stable
BEST = next(iter(board()[1]))
DAY = pd.Timedelta(days=1)


class Desk:
    """What the exercises look at: the customers to the end of the log, those known at the split, and what came after."""

    def __init__(self, log: pd.DataFrame, split: str | None = None):
        self.log, self._lines = log, {}
        self.summary = purchases.customer_summary(log)
        self.until = tables.provenance(self.summary)["until"]
        self.first = halves(log, split)
        self.later = self.first.later["later_value"].to_numpy(float)
        self.spent = self.first.summary["value"].to_numpy(float)

    @cached_property
    def scored(self):
        return rfm(self.first.summary)

    @cached_property
    def named(self) -> np.ndarray:
        """The segment of each customer known at the split."""
        return named(self.scored)

    @cached_property
    def best(self) -> np.ndarray | None:
        """Who has the first of the names; none where they are too few, or where nobody bought after the split."""
        best = self.named == BEST
        return best if min(best.sum(), (~best).sum()) >= FEW and not too_little(self.first) else None

    @cached_property
    def before(self) -> np.ndarray:
        """Orders in the earlier of two equal periods, of all who were known by its end."""
        (start, last), _ = stretches(self.log)
        known = self.summary[self.summary["age_days"] >= (pd.Timestamp(self.until) - last).days]
        return purchases.later(known, self.log, after=start - DAY, until=last)["later_orders"].to_numpy(float)


    def lines(self, place: int) -> pd.DataFrame:
        """Dates and amounts of one customer, from the first on."""
        if place not in self._lines:
            mine = (self.log["customer_id"] == self.summary["customer_id"].iloc[place]).to_numpy()
            self._lines[place] = pd.DataFrame(self.log)[mine][["date", "amount"]].sort_values("date", kind="stable")
        return self._lines[place]


# ---- how few bring half of the money -------------------------------------------------------------------------


def _reaching(values: np.ndarray, money: int) -> float:
    """Customers, in per cent, in the order given, until they have brought so many per cent of the value."""
    reached = np.cumsum(values) >= money / 100 * values.sum() * (1 - 1e-12)
    return 100 * (float(np.argmax(reached)) + 1) / len(values)


def _few(measure):
    """A measure of the values, the largest first; none where all of them sum to nothing."""
    return lambda d, money: (float(measure(np.sort(d.summary["value"].to_numpy(float))[::-1], money))
                             if d.summary["value"].sum() > 0 else None)


SHARE = Exercise(
    "share", versions=lambda d, chance: [{"money": money} for money in shuffled(MONEY, chance)],
    right=_few(_reaching),
    also=_few(lambda values, money: 100 * np.interp(money / 100, *Curve.of(values).points()[::-1])), wrong={
        "turned": _few(lambda values, money: 100 * Curve.of(values).top(money / 100)),
        "rest": _few(lambda values, money: 100 - _reaching(values, money)),
    })


# ---- the cells of five customers -----------------------------------------------------------------------------


def _fives(d: Desk, chance):
    while len(d.spent) >= CUSTOMERS:
        yield {"some": chance.choice(len(d.spent), CUSTOMERS, replace=False).tolist(), "split": d.first.split}


def _cells(cell):
    """A number of three digits, or what people write in its place, from the three scores."""
    def of(d: Desk, some: list, split: str) -> pd.Series:
        scores = d.scored.customers[list(AXES)].to_numpy()[some]
        return pd.Series(cell(*scores.T)).astype(float)
    return of


def _five(d: Desk, some: list, split: str) -> pd.DataFrame:
    rows = d.first.summary.iloc[some]
    return pd.DataFrame({"case": range(1, len(some) + 1), "days since last": rows["days_since_last"].to_numpy(),
                         "orders": rows["orders"].to_numpy(), "value": [number(v) for v in rows["value"]]})


CELLS = Exercise("cells", versions=_fives, shows=_five, right=_cells(lambda r, f, m: 100 * r + 10 * f + m), wrong={
    "turned": _cells(lambda r, f, m: 100 * (6 - r) + 10 * f + m),
    "order": _cells(lambda r, f, m: 100 * f + 10 * r + m),
    "sum": _cells(lambda r, f, m: r + f + m),
})


# ---- groups, or a continuum? ---------------------------------------------------------------------------------

#: Six shops: least and most of the cloud's mean, of what the silhouette has beyond it, and of the stability.
SHOPS = (((0.22, 0.30), (0.08, 0.14), (0.55, 0.75)), ((0.52, 0.60), (-0.01, 0.01), (0.90, 0.98)),
         ((0.54, 0.60), (-0.01, 0.01), (0.60, 0.75)), ((0.30, 0.40), (0.03, 0.04), (0.55, 0.80)),
         ((0.40, 0.48), (0.12, 0.20), (0.88, 0.97)), ((0.28, 0.38), (-0.01, 0.01), (0.88, 0.96)))


def _shops(d: Desk, chance):
    while True:
        rows = []
        for spans in shuffled(SHOPS, chance):
            cloud, more, stability = (round(chance.uniform(*span), 2) for span in spans)
            rows.append((round(cloud + more, 2), cloud, round(cloud + 0.02, 2), round(cloud - 0.15, 2), stability))
        yield {"rows": rows, "least": number(AT_LEAST)}


def _groups(found):
    """Groups or a continuum, by a rule on silhouette, cloud, end of its band, shuffled columns and stability."""
    return lambda d, rows, least: np.where(found(*np.transpose(rows)), GROUPS, CONTINUUM).tolist()


CROWD = Exercise(
    "crowd", versions=_shops, right=_groups(lambda s, cloud, end, mixed, again: (s > end) & (s - cloud >= AT_LEAST - 1e-9)),
    shows=lambda d, rows, least: pd.DataFrame(
        [[f"{value:.2f}" for value in row] for row in rows],
        columns=["silhouette", "cloud", "95 % of clouds up to", "columns shuffled", "stability"]).rename_axis("shop").reset_index(),
    wrong={"high": _groups(lambda s, cloud, end, mixed, again: s >= HIGH),
           "stable": _groups(lambda s, cloud, end, mixed, again: again >= STABLE),
           "band": _groups(lambda s, cloud, end, mixed, again: s > end),
           "mixed": _groups(lambda s, cloud, end, mixed, again: s > mixed)})


# ---- what a summary counts -----------------------------------------------------------------------------------


def _buyers(d: Desk, chance) -> list[dict]:
    """Customers with a few purchases, those first who bought twice on one day."""
    lines = d.log["customer_id"].value_counts().reindex(d.summary["customer_id"]).to_numpy()
    orders = d.summary["orders"].to_numpy()
    fit = np.flatnonzero((orders >= 3) & (lines <= LINES))
    fit = sorted(shuffled(fit, chance), key=lambda place: lines[place] == orders[place])
    return [{"place": int(place), "customer": str(d.summary["customer_id"].iloc[place]), "until": d.until}
            for place in fit[:20]]


def _counts(measure):
    """Repeat purchases, days since the last one and mean value, from a row of the summary and the customer's lines."""
    def of(d: Desk, place: int, **_) -> pd.Series | None:
        found = measure(d.summary.iloc[place], d.lines(place)["amount"].to_numpy(float))
        return None if found is None else pd.Series(found, ["repeat purchases", "days since the last", "mean value"], dtype=float)
    return of


COUNTING = Exercise(
    "counting", versions=_buyers, right=_counts(lambda row, paid: (row.repeats, row.days_since_last, row.mean_value)),
    shows=lambda d, place, **_: pd.DataFrame({"date": d.lines(place)["date"].dt.strftime("%Y-%m-%d"),
                                              "amount": d.lines(place)["amount"].map(number)}),
    wrong={"orders": _counts(lambda row, paid: (row.orders, row.days_since_last, row.mean_value)),
           "active": _counts(lambda row, paid: (row.repeats, row.active_days, row.mean_value)),
           "all": _counts(lambda row, paid: (row.repeats, row.days_since_last, paid[paid >= 0].sum() / row.orders)),
           "lines": _counts(lambda row, paid: None if len(paid) == row.orders else
                            (len(paid) - 1, row.days_since_last, paid[1:].mean()))})


# ---- whose spending held -------------------------------------------------------------------------------------


def _fours(d: Desk, chance) -> list[dict]:
    """Four segments of enough customers who had spent something."""
    names, counts = np.unique(d.named, return_counts=True)
    fit = [str(name) for name, count in zip(names, counts, strict=True) if count >= FEW and d.spent[d.named == name].sum() > 0]
    fours = [] if too_little(d.first) else shuffled(combinations(fit, 4), chance)
    drawn = [shuffled(four, chance) for four in fours]
    return [{"names": names, "listed": listed(names, quote=False)} for names in drawn]


def _by_segment(measure):
    """A size of each of the four, from what they spent after and before."""
    def of(d: Desk, names: list, **_) -> dict:
        return {name: float(measure(d.later[d.named == name], d.spent[d.named == name])) for name in names}
    return of


KEPT = Exercise("kept", versions=_fours, right=_by_segment(lambda later, spent: later.sum() / spent.sum()), wrong={
    "after": _by_segment(lambda later, spent: later.mean()),
    "turned": _by_segment(lambda later, spent: -later.sum() / spent.sum()),
})


# ---- back to the middle --------------------------------------------------------------------------------------


def _busy(d: Desk, chance) -> list[dict]:
    """Numbers of orders above the mean that somebody has, where habits differ."""
    x = d.before
    if len(x) < FEW or not 0 < x.mean() < x.var(ddof=1):
        return []
    return [{"x": int(count)} for count in shuffled(np.intersect1d(x, np.arange(np.ceil(x.mean()) + 2, 13)), chance)]


def _expected(measure):
    """A number of orders, from the mean of all, the share of the differences that is habit, and those seen."""
    def of(d: Desk, x: int) -> float:
        mean = d.before.mean()
        return float(measure(mean, 1 - mean / d.before.var(ddof=1), x))
    return of


BACK = Exercise("back", versions=_busy, right=_expected(lambda mean, habit, x: mean + habit * (x - mean)), wrong={
    "same": _expected(lambda mean, habit, x: x),
    "mean": _expected(lambda mean, habit, x: mean),
    "chance": _expected(lambda mean, habit, x: mean + (1 - habit) * (x - mean)),
    "zero": _expected(lambda mean, habit, x: habit * x),
})


# ---- the decision --------------------------------------------------------------------------------------------


def _decision(d: Desk) -> str | None:
    if d.best is None:
        return None
    return "none" if stats.welch(d.later[d.best], d.later[~d.best]).high <= 0 else "trial"


def _lift(measure):
    return lambda d: None if d.best is None else float(measure(d.best, d.later, d.spent))


DECIDE = Exercise("decide", right=_decision)
LIFT = Exercise("decide_number", right=_lift(lambda best, later, spent: later[best].mean() / later.mean()), wrong={
    "share": _lift(lambda best, later, spent: later[best].sum() / later.sum()),
    "others": _lift(lambda best, later, spent: later[best].mean() / later[~best].mean()),
    "before": _lift(lambda best, later, spent: spent[best].mean() / spent.mean()),
    "gap": _lift(lambda best, later, spent: later[best].mean() - later.mean()),
})

EXERCISES = [SHARE, CELLS, CROWD, DECIDE, LIFT, COUNTING, KEPT, BACK]


def facts(d: Desk) -> dict[str, str]:
    """The student's own results as words, for the management summary."""
    said = {"n": f"{len(d.spent):,}", "split": d.first.split, "days": f"{d.first.days:,}", "naive_rule": NAIVE}
    if d.spent.sum() > 0:
        said["top"] = percent(float(Curve.of(d.spent).top(TOP)))
    if d.best is not None:
        bought = stats.share_interval((d.first.later["later_orders"] > 0).to_numpy()[d.best])
        said |= dict(zip(("bought", "bought_low", "bought_high"), map(percent, bought), strict=True))
        said |= {"best": percent(d.best.mean()), "held": percent(d.spent[d.best].sum() / d.spent.sum()),
                 "lift": number(LIFT.right(d), 1)}
        mine, naive = (float(caught(d.first.scores[rule], d.later, TOP)[0] / d.later.sum()) for rule in ("RFM", NAIVE))
        said |= {"rfm": percent(mine), "naive": percent(naive)}
        said |= {"ahead": number(100 * (mine - naive), 1)} if mine - naive >= 0.001 else {}
    return said
