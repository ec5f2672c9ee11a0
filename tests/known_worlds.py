"""Worlds whose truth is known, on which an estimator must keep its word: skewed, crowded, repeated and few, too.

A world is a function of a size and a stream of chance; it returns a data frame with the columns ``x`` and ``y`` and,
where it has them, ``cluster``, ``weight`` or a repeated ``customer_id``. Its truth is that of a very large draw.
"""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
import pandas as pd

from crmlab.frame import correlations, stats
from crmlab.measures.scales import score
from crmlab.sources.opening import open_table

LARGE = 1_000_000
CROWDED = (-3.0, -2.7, -2.4, -2.1, -1.8, -1.5, -1.2, -0.85, -0.43)  # two thirds answer 10 of 10


class World(NamedTuple):
    n: int
    draw: Callable[[int, np.random.Generator], pd.DataFrame]
    exact: float | None = None  # Pearson's r in the population, where it is known without drawing

    def frame(self, name: str, seed: int) -> pd.DataFrame:
        """One survey of that world, from a seed of its own."""
        return self.draw(self.n, stats.rng(seed, name))


def normal(r: float):
    return lambda n, chance: pair(*chance.multivariate_normal([0, 0], [[1, r], [r, 1]], n).T)


def pair(x, y, **roles) -> pd.DataFrame:
    return pd.DataFrame({"x": x, "y": y, **roles})


def levels(r: float, cuts):
    """Two normal latents, each cut into answers."""
    def draw(n, chance):
        return pair(*(np.searchsorted(cuts, z) + 1.0 for z in normal(r)(n, chance).to_numpy().T))
    return draw


def crowded(n, chance, r: float = 0.72):
    """Means of three ten-point questions of which two thirds are answered with 10."""
    latent = normal(r)(n, chance).to_numpy()
    return pair(*((np.searchsorted(CROWDED, 0.8 * z[:, None] + 0.6 * chance.normal(size=(n, 3))) + 1).mean(axis=1)
                  for z in latent.T))


def lognormal(n, chance):
    return np.exp(normal(0.4)(n, chance))


def heteroscedastic(n, chance):
    """Uncorrelated, but the larger x, the wider y."""
    x = np.exp(chance.normal(size=n))
    return pair(x, x * chance.normal(size=n))


@cache
def mobi() -> pd.DataFrame:
    return score(open_table("survey", "mobi"), drop=["CUSL2"])[["satisfaction", "loyalty"]].dropna()


def from_mobi(n, chance):
    """Customers drawn from the real survey mobi, with replacement."""
    return pair(*mobi().to_numpy()[chance.integers(len(mobi()), size=n)].T)


def repeated(n, chance, waves: int = 6):
    """Customers asked six times: their level stays, and x has nothing to do with y."""
    who = np.repeat(np.arange(-(-n // waves)), waves)[:n]
    x, y = (np.sqrt(0.7) * chance.normal(size=who[-1] + 1)[who] + np.sqrt(0.3) * chance.normal(size=n) for _ in "xy")
    return pair(x, y, customer_id=[f"C{k:04d}" for k in who])


def branches(count: int, r: float = 0.0, icc: float = 0.3):
    """Customers of branches; what they share is as much related as the rest."""
    def draw(n, chance):
        branch = np.arange(n) % count
        shared, own = normal(r)(count, chance).to_numpy()[branch], normal(r)(n, chance).to_numpy()
        both = np.sqrt(icc) * shared + np.sqrt(1 - icc) * own
        return pair(*both.T, cluster=[f"b{k:03d}" for k in branch])
    return draw


def weighted(n, chance, r: float = 0.5):
    """Survey weights that have nothing to do with the answers, of a usual spread."""
    return normal(r)(n, chance).assign(weight=np.exp(0.6 * chance.normal(size=n)))


FIVE = (-1.6, -0.9, -0.2, 0.9)
WORLDS = {
    "normal, n 12": World(12, normal(0.5), 0.5),
    "normal, n 20": World(20, normal(0.5), 0.5),
    "normal, n 50": World(50, normal(0.5), 0.5),
    "normal, n 250": World(250, normal(0.5), 0.5),
    "five levels, n 50": World(50, levels(0.5, FIVE)),
    "five levels, n 250": World(250, levels(0.5, FIVE)),
    "two thirds at the top, n 50": World(50, crowded),
    "two thirds at the top, n 250": World(250, crowded),
    "lognormal, n 50": World(50, lognormal, (np.exp(0.4) - 1) / (np.e - 1)),
    "lognormal, n 250": World(250, lognormal, (np.exp(0.4) - 1) / (np.e - 1)),
    "heteroscedastic, n 250": World(250, heteroscedastic, 0.0),
    "drawn from mobi, n 250": World(250, from_mobi),
    "panel of 60 × 6": World(360, repeated, 0.0),
    "6 × 40 clusters": World(240, branches(6), 0.0),
    "25 × 20 clusters": World(500, branches(25, 0.5), 0.5),
    "weights, n 100": World(100, weighted, 0.5),
    "weights, n 250": World(250, weighted, 0.5),
}


def measured(frame: pd.DataFrame, method: str) -> stats.Interval:
    """A correlation of x and y with its interval, by the roles that the frame has."""
    roles = frame.get("cluster", frame.get("customer_id")), frame.get("weight")
    return correlations.interval(method, *frame[["x", "y"]].to_numpy(float).T, *(None if r is None else r.to_numpy() for r in roles))


@cache
def truth(name: str, method: str = "pearson") -> float:
    """The correlation in the population of a world."""
    world = WORLDS[name]
    if method == "pearson" and world.exact is not None:
        return float(world.exact)
    if world.draw is from_mobi:
        return correlations.correlation(method, *mobi().to_numpy().T)
    if world.exact == 0 and method != "pearson":
        return 0.0
    if world.exact is not None and "cluster" in world.frame(name, 0):  # normal: Pearson (1907), Greiner (1909)
        return 6 / np.pi * np.arcsin(world.exact / 2) if method == "spearman" else 2 / np.pi * np.arcsin(world.exact)
    size = LARGE if method == "pearson" else LARGE // 5
    x, y = world.draw(size, stats.rng(10_000, "population"))[["x", "y"]].to_numpy().T
    return correlations.correlation(method, x, y)
