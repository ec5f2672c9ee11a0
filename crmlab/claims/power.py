"""What a study could and could not find: the probability of each verdict if a given size were true."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import ndtri

from crmlab.claims.declare import LINKS, Claim, capital
from crmlab.claims.rows import p_values
from crmlab.claims.verdicts import MARKS, WORDS, verdict_of
from crmlab.frame import picture
from crmlab.frame.errors import counted, listed
from crmlab.frame.glossary import number, percent
from crmlab.frame.result import Caption, Result, kind

FOUND = ("supported", "undecided", "negligible", "contradicted")
#: None, small, medium and large: after Cohen (1988) for r and d, our choice for bends.
SIZES = {"r": (0.0, 0.10, 0.30, 0.50), "rho": (0.0, 0.10, 0.30, 0.50),
         "β": (0.0, 0.05, 0.10, 0.20), "Δβ": (0.0, 0.20, 0.50, 0.80),
         "d": (0.0, 0.20, 0.50, 0.80)}
ENOUGH = 0.80
GRID = ndtri((np.arange(1000) + 0.5) / 1000)


class Plan(NamedTuple):
    """All that the probability of a verdict depends on, beside n and the truth: claims alike share it."""

    unit: str
    sign: int
    bound: float
    sesoi: float
    alpha: float

    def error(self, n: float, truth: float) -> float:
        """Standard error at n customers: normal scores, the kink in the middle, two groups of one size."""
        spread = {"β": 2.0, "Δβ": 1 / 4 - 1 / (2 * np.pi), "d": 1 / (4 + truth**2 / 2)}
        if self.unit in LINKS:
            return float(np.sqrt((1.06 if self.unit == "rho" else 1.0) / (n - 3)))  # of ranks: Fieller et al. (1957)
        return 1 / np.sqrt(n * spread[self.unit])

    def on_scale(self, size: float) -> float:
        return float(np.arctanh(size)) if self.unit in LINKS else size


@kind
class Power(Result):
    """A row per claim and true size: the probability of each verdict."""

    claims: tuple[Claim, ...]
    customers: int
    alpha: float

    def text(self) -> str:
        opening = f"This is what {self.customers:,} customers can show."
        return " ".join([opening, *map(self._say, self._alike().items())])

    def _alike(self) -> dict[Plan, list[Claim]]:
        groups = {}
        for claim in self.claims:
            groups.setdefault(_plan(claim, self.alpha, len(self.claims)), []).append(claim)
        return groups

    def _say(self, group) -> str:
        plan, claims = group
        rows = self._rows(claims[0])
        sizes = [f"{_of_hundred(row.supported)} if it is {number(row.true_size)}"
                 for row in rows if row.true_size]
        sizes[0] = f"{_studies(rows[1].supported)} if the true {plan.unit} is {number(rows[1].true_size)}"
        reach = next(row.negligible for row in rows if row.true_size == 0)
        small = "could not be reached" if reach < 0.005 else f"would be reached {_studies(reach)}"
        needs = "" if reach >= ENOUGH else (f": to reach it in {100 * ENOUGH:.0f} of 100 needs about "
                                            f"{enough_for_negligible(plan):,} customers")
        others = f", like {counted(len(claims) - 1, 'other claim')}," if len(claims) > 1 else ""
        comma = "," if claims[0].at_least and not others else ""
        found = listed(sizes, quote=False)
        return (f"The claim that {claims[0].words}{others}{comma} would be supported {found}. "
                f"If it is 0, the verdict 'negligible' {small}{needs}.")

    def _rows(self, claim: Claim) -> list:
        return list(self.table[self.table["claim"] == claim.words].itertuples())

    def caption(self) -> Caption:
        plan, claims = next(iter(self._alike().items()))
        rows = [row for row in self._rows(claims[0]) if row.true_size]
        row = next((row for row in rows if row.supported >= ENOUGH), rows[-1])
        return Caption(f"{self.customers:,} customers would find a true {plan.unit} of {number(row.true_size)} "
                       f"{_studies(row.supported)}",
                       "studies that end supported (blue), undecided (light), negligible (dark) or "
                       f"contradicted (red) · {counted(len(self.claims), 'claim')}, alpha {self.alpha:g}",
                       self.text())

    def headline(self) -> dict:
        return {"n": self.customers, "supported": {
            f"{row.claim}, true {row.unit} = {number(row.true_size)}": row.supported
            for row in self.table.itertuples() if row.true_size}}

    @property
    def size(self):
        groups = self._alike().values()
        return (7.2, 1.8 + 0.34 * sum(len(self._rows(claims[0])) + 1 for claims in groups))

    def draw(self, ax) -> None:
        names = []
        for plan, claims in self._alike().items():
            ax.annotate(_named(claims), (0.12 / self.size[0], len(names)), va="center", fontweight="bold",
                        xycoords=("figure fraction", "data"))
            names.append("")
            for row in self._rows(claims[0]):
                _bar(ax, len(names), row)
                names.append(f"{plan.unit} = {number(row.true_size)}")
        picture.names_down(ax, names)
        ax.figure.subplots_adjust(right=1 - 0.4 / self.size[0])
        ax.grid(visible=False)
        ax.set_xlim(0, 1)
        ax.set_xticks(np.linspace(0, 1, 5), [percent(share) for share in np.linspace(0, 1, 5)])
        ax.set_xlabel("of all studies of this size")


def _bar(ax, place: int, row) -> None:
    left = 0.0
    for word in FOUND:
        share = getattr(row, word)
        ax.barh(place, share, left=left, height=0.78, color=FILLS[word], edgecolor="white", linewidth=1)
        if share >= 0.08:
            said = f"{word} {percent(share)}" if share >= 0.2 else percent(share)
            ax.text(left + share / 2, place, said, ha="center", va="center", fontsize=9,
                    color=picture.INK if word == "undecided" else "white")
        left += share


def _named(claims: list[Claim]) -> str:
    others = f" (and {len(claims) - 1} more)" if len(claims) > 1 else ""
    return capital(claims[0].words) + others


def _of_hundred(share: float) -> str:
    if 0.005 <= share < 0.995:
        return f"in {100 * share:.0f} of 100"
    return "in nearly all" if share > 0.5 else "in hardly any"


def _studies(share: float) -> str:
    """
    >>> _studies(0.473), _studies(0.999)
    ('in 47 of 100 studies', 'in nearly all studies')
    """
    return f"{_of_hundred(share)} studies"


FILLS = {word: MARKS[word][0] for word in WORDS} | {"undecided": picture.FAINT}


def power_of(claims: tuple[Claim, ...], n: int, alpha: float) -> Power:
    """The :class:`Power` of a theory; :meth:`crmlab.claims.Theory.power` says how."""
    rows = []
    for claim in claims:
        plan, sign = _plan(claim, alpha, len(claims)), claim.grammar.sign or 1
        for size in sorted({*SIZES[plan.unit], *([claim.at_least] if claim.at_least else [])}):
            rows.append({"claim": claim.words, "true_size": sign * size or 0.0, "unit": plan.unit,
                         **chances(plan, n, sign * size)})
    settings = ("normal distribution of the estimate; alpha divided by the number of claims; bends of a line "
                "that clearly rises but explains little of two normal scores (where it explains more, more is found); "
                "two groups of one size; clusters and crowded answers lower every number")
    return Power(title=f"What {n:,} customers could show", table=pd.DataFrame(rows), settings=settings,
                 source={"title": "none, only the theory and the number of customers"}, claims=claims,
                 customers=n, alpha=alpha)


def _plan(claim: Claim, alpha: float, family: int) -> Plan:
    verb = claim.grammar
    return Plan(verb.unit, verb.sign, claim.bound, claim.sesoi, alpha / family)


@lru_cache(maxsize=4096)
def chances(plan: Plan, n: int, truth: float) -> dict[str, float]:
    """Probability of each verdict at ``n`` customers if ``truth`` were the size, on a grid of quantiles.

    >>> plan = Plan("r", sign=1, bound=0.0, sesoi=0.05, alpha=0.025)
    >>> round(chances(plan, 84, 0.30)["supported"], 2)
    0.8
    """
    error = plan.error(n, truth)
    bound, margin = plan.on_scale(plan.bound), plan.on_scale(plan.sesoi)
    found = dict.fromkeys(FOUND, 0.0)
    for gap in plan.on_scale(truth) + error * GRID:
        p = p_values(gap, error, np.inf, plan.sign, bound, margin)
        found[verdict_of(*p, plan.sign * gap < 0, plan.alpha)] += 1 / len(GRID)
    return found


@lru_cache(maxsize=256)
def enough_for_negligible(plan: Plan) -> int:
    """Customers from which on a true size of 0 is found negligible in 80 of 100 studies, to tens."""
    low, high = 10, 20
    while chances(plan, high, 0.0)["negligible"] < ENOUGH:
        low, high = high, 2 * high
    while high - low > high // 500 + 1:
        middle = (low + high) // 2
        low, high = (low, middle) if chances(plan, middle, 0.0)["negligible"] >= ENOUGH else (middle, high)
    step = max(10, 10 ** (len(str(high)) - 3))
    return -(-high // step) * step
