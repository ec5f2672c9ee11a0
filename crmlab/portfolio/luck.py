"""Truth in concentration: how much of it chance alone would make, and how unequal customers really are.

Even customers who are all alike do not buy equally often in one year, so the counts are more unequal than the
customers. The NBD (Ehrenberg 1959) takes the chance out: each customer buys at a rate of their own, and the
rates follow a gamma distribution, whose own Lorenz curve is the true concentration (Schmittlein, Cooper &
Morrison 1993).
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import digamma, gammainc, gammaincinv, gammaln, polygamma, xlogy

from crmlab.frame import picture, stats
from crmlab.frame.errors import CrmlabError, counted
from crmlab.frame.glossary import number, p_clause, percent, settled
from crmlab.frame.result import Caption, LeftOut, Result, kind
from crmlab.measures import tables
from crmlab.portfolio.lorenz import PAPER, Curve, axes, equality
from crmlab.portfolio.rows import column, few

ALIKE = 1_000.0  # a gamma with this shape or a larger one: rates within a tenth of each other
GRID = np.linspace(0, 1, 401)
NEWTON = 6  # steps from where the search stopped to the very top
TAIL = 1e-9  # probability left out at the top of a distribution of counts


class NBD(NamedTuple):
    """Shape ``r`` and ``alpha`` (in the unit of the exposure) of the gamma of rates, with the error of log r.

    ``log_likelihood`` is that of the purchases at their times; that of the counts differs by a constant.
    ``p`` is that of "all buy at the same rate" (likelihood ratio at the edge, Self & Liang 1987).
    """

    r: float
    alpha: float
    log_likelihood: float
    error: float
    p: float


def nbd(counts, exposure) -> NBD:
    """The NBD by maximum likelihood from counts of purchases and the time over which each was counted.

    >>> fit = nbd([0, 0, 0, 1, 0, 2, 9, 0], [10.0] * 8)
    >>> round(fit.r / fit.alpha, 4)  # the mean rate: twelve purchases in eighty days
    0.15
    """
    pairs, times = np.unique(np.column_stack([counts, exposure]).astype(float), axis=0, return_counts=True)
    x, t = pairs.T
    rate = (times * x).sum() / (times * t).sum()

    def loss(logs):
        r, alpha = np.exp(logs)
        each = gammaln(r + x) - gammaln(r) + r * np.log(alpha) - (r + x) * np.log(alpha + t)
        return -float(times @ each)

    best = minimize(loss, [0.0, -np.log(rate)], method="L-BFGS-B", options={"ftol": 1e-14, "gtol": 1e-9},
                    bounds=[(-12, np.log(ALIKE)), (-30, 60)])
    alike_ = float((times * x).sum() * (np.log(rate) - 1))
    if best.x[0] > np.log(ALIKE) - 1e-6:
        return NBD(np.inf, np.inf, alike_, np.nan, 1.0)
    logs, error = _polished(best.x, x, t, times)
    r, alpha = (settled(v) for v in np.exp(logs))
    gain = max(-loss(logs) - alike_, 0.0)
    return NBD(r, alpha, -loss(logs), error, stats.upper_tail((2 * gain) ** 0.5))


def _polished(logs: np.ndarray, x: np.ndarray, t: np.ndarray, times: np.ndarray) -> tuple[np.ndarray, float]:
    """The logs of r and alpha at the very top, by Newton's steps, and the standard error of the first.

    Where a search stops on its way up is not the same on every processor; where the slope is 0 is.
    """
    for _ in range(NEWTON):
        r, a = np.exp(logs)
        slope = np.array([times @ (digamma(r + x) - digamma(r) + np.log(a / (a + t))),
                          times @ (r / a - (r + x) / (a + t))])
        across = times @ (1 / a - 1 / (a + t))
        bend = np.array([[times @ (polygamma(1, r + x) - polygamma(1, r)), across],
                         [across, times @ ((r + x) / (a + t) ** 2 - r / a**2)]])
        scale = np.array([r, a])
        slope, bend = slope * scale, bend * np.outer(scale, scale) + np.diag(slope * scale)
        if not np.linalg.eigvalsh(bend)[-1] < 0:
            return logs, np.nan
        logs = logs - np.linalg.solve(bend, slope)
    rest = bend[0, 1] ** 2 / bend[1, 1] - bend[0, 0]
    return logs, settled(rest**-0.5) if rest > 0 else np.nan


def gamma_top(share, r: float) -> np.ndarray:
    """Share of all purchases in the long run of the ``share`` of customers with the highest gamma rates.

    >>> round(float(gamma_top(0.2, 1.0)), 4)  # exponential rates: .2 × (1 − log .2)
    0.5219
    """
    share = np.asarray(share, float)
    if not np.isfinite(r):
        return share
    return 1 - gammainc(r + 1, gammaincinv(r, 1 - share))


def alike(counts: np.ndarray, exposure: np.ndarray) -> Curve:
    """The distribution of counts if all customers bought at the same rate: a mixture of Poissons."""
    t, times = np.unique(exposure, return_counts=True)
    mean = counts.sum() / exposure.sum() * t
    x = np.arange(int(mean.max() + 12 * np.sqrt(mean.max()) + 25))[:, None]
    chance = np.exp(xlogy(x, mean) - mean - gammaln(x + 1)) @ (times / times.sum())
    held = chance > TAIL / len(x)
    return Curve(x[held, 0][::-1].astype(float), chance[held][::-1])


@kind
class TrueConcentration(Result):
    """A row each for what was seen, what chance alone would show, the rates behind; ``fit`` is the NBD."""

    seen: Curve
    chance: Curve
    fit: NBD
    n: int
    alpha: float

    def _share(self, place: int) -> float:
        return float(self.table["estimate"].iloc[place])

    def text(self) -> str:
        seen, chance, true = (percent(self._share(k)) for k in range(3))
        said = [f"The fifth of {counted(self.n, 'customer')} that bought again most often made {seen} of all "
                "repeat purchases.",
                f"Had all customers bought at one and the same rate, chance alone would have made it "
                f"{chance}."]
        if self.fit.p > self.alpha:
            said.append(f"The counts differ no more than chance would have it ({p_clause(self.fit.p)}): a "
                        "concentration that is true cannot be seen in these data.")
        else:
            said.append(self._true(true))
        said.append("It assumes that each customer bought at one rate over the whole time: who left early "
                    "counts as slow.")
        return " ".join(said)

    def _true(self, share: str) -> str:
        low, high = self.table[["low", "high"]].iloc[2]
        known = f" (interval {percent(low)} to {percent(high)})" if np.isfinite(low) else ""
        end = ("So part of the best fifth was lucky, and next time will be ordinary."
               if self._share(2) < self._share(0) else
               "So the counts, if anything, hide how unequal the rates are.")
        return (f"Behind the counts stand rates that differ: the fifth with the highest rates accounts for "
                f"{share}{known} in the long run (gamma with shape {number(self.fit.r)}). {end}")

    def caption(self) -> Caption:
        seen, chance, true = (percent(self._share(k)) for k in range(3))
        return Caption(f"The busiest fifth bought {seen}; chance alone would make it {chance}",
                       f"{self.source['title']} · n = {self.n:,} · repeat purchases",
                       f"Three Lorenz curves, top fifth: seen {seen}; true rates {true}; one rate {chance}")

    def draw(self, ax) -> None:
        equality(ax)
        lines = [("seen", *self.seen.points(), picture.ACCENT, "-", 2.6),
                 ("true rates", GRID, gamma_top(GRID, self.fit.r), picture.SECOND, "-", 1.8),
                 ("chance alone, one rate for all", *self.chance.points(), picture.INK, ":", 1.8)]
        for _, x, y, color, dashes, width in lines:
            ax.plot(100 * x, 100 * y, color=color, linestyle=dashes, linewidth=width, zorder=4)
        heights = {name: 100 * float(np.interp(0.2, x, y)) for name, x, y, *_ in lines}
        for (name, _, _, color, *_), at in zip(lines, _apart(heights), strict=True):
            ax.plot([20], [heights[name]], "o", color=color, markersize=5.5, zorder=6)
            leader = {"arrowstyle": "-", "color": color, "linewidth": 0.8, "shrinkB": 3, "relpos": (0, 0.5)}
            ax.annotate(f"{name}: {percent(heights[name] / 100)}", (20, heights[name]), (44, at), color=color,
                        fontsize=9.5, fontweight="bold" if name == "seen" else "normal", va="center",
                        zorder=7, arrowprops=leader, bbox=PAPER)
        picture.reference(ax, 20, "the busiest fifth")
        axes(ax, "share of repeat purchases (%)")

    def headline(self) -> dict:
        seen, chance, true = (self._share(k) for k in range(3))
        return {"customers": self.n, "top20_seen": seen, "top20_chance": chance, "top20_true": true,
                "r": self.fit.r, "alpha_days": self.fit.alpha}


def true_concentration(summary: pd.DataFrame, *, alpha: float = 0.05) -> Result:
    """How much of the concentration of repeat purchases is chance (Schmittlein, Cooper & Morrison 1993).

    Three shares of the busiest fifth of the customers: what was seen; what chance alone would show if all
    bought at one and the same rate over their own ``age_days`` (Poisson); and what the customers with the
    highest true rates account for in the long run: the Lorenz curve of the gamma in an NBD (Ehrenberg 1959),
    fitted by maximum likelihood to ``repeats`` over ``age_days``. The first purchase, which made the
    customer one, is not counted. The interval of the true share comes from the error of log r.

    Raises CrmlabError where ``repeats`` or ``age_days`` is missing, has gaps or is negative, or where
    somebody bought again in no time. Without any repeat purchase the step is left out.

    >>> shop = pd.DataFrame({"repeats": [0, 0, 0, 1, 0, 2, 9, 0, 0, 4], "age_days": [100] * 10})
    >>> [round(share, 2) for share in true_concentration(shop).table["estimate"]]
    [0.81, 0.44, 0.77]
    """
    x, t = (column(summary, name) for name in ("repeats", "age_days"))
    few(x)
    odd = np.flatnonzero((x < 0) | (t < 0) | (x != np.round(x)) | ((x > 0) & (t == 0)))
    if len(odd):
        raise CrmlabError("Repeat purchases are whole numbers over a time that has passed.",
                          f"Row {odd[0]} has {x[odd[0]]:g} in {t[odd[0]]:g} days.",
                          "Make the summary from a log of transactions with crm.customer_summary(log).")
    source, title = tables.provenance(summary), "How much of it is luck?"
    if not x.sum():
        return LeftOut(title=title, table=pd.DataFrame(), source=source, reason="nobody bought a second time")
    seen, chance, fit = Curve.of(x), alike(x, t), nbd(x, t)
    table = pd.DataFrame({
        "term": ["seen", "chance alone", "true rates"],
        "estimate": [float(seen.top(0.2)), float(chance.top(0.2)), float(gamma_top(0.2, fit.r))],
        **dict(zip(("low", "high"), _ends(fit, 1 - alpha), strict=True)),
        "unit": "share of repeat purchases of the best 20 %",
        "method": ["counts", "Poisson, one rate for all", "gamma of the NBD"]})
    return TrueConcentration(
        title=title, table=table, source=source, seen=seen, chance=chance, fit=fit, n=len(x), alpha=alpha,
        settings=f"NBD by maximum likelihood, r {number(fit.r, 4)}, alpha {number(fit.alpha, 2)} days; "
                 "interval from the error of log r")


def _ends(fit: NBD, level: float) -> list[list[float]]:
    """Lower and upper ends for the three rows; only the true share has them. A larger r is less unequal."""
    if not np.isfinite(fit.error):
        return [[np.nan] * 3] * 2
    away = stats.critical(level) * fit.error
    return [[np.nan, np.nan, float(gamma_top(0.2, fit.r * np.exp(sign * away)))] for sign in (1, -1)]


def _apart(heights: dict, least: float = 8.5) -> list[float]:
    """Where the labels of three curves stand, lower right of them and never on each other."""
    wanted = {name: height - 8 for name, height in heights.items()}
    last, at = np.inf, {}
    for name in sorted(wanted, key=wanted.get, reverse=True):
        last = at[name] = max(min(wanted[name], last - least), 6.0)
    return [at[name] for name in heights]
