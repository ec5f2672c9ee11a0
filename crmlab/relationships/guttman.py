"""Is it a ladder at all? Steps that follow from each other, or steps that were merely stacked.

By definition a client has bought, so some order is built in. What counts is the order beyond that: every
measure is held against steps that keep the definition and know nothing else of each other.
"""

from itertools import combinations
from typing import NamedTuple

import numpy as np

from crmlab.frame import resample, stats

STEPS = 5
IMPLIED = {(0, 1)}  # a client is a customer by definition
PATTERNS = np.array(np.meshgrid(*[[0, 1]] * STEPS, indexing="ij")).reshape(STEPS, -1).T


class Scalogram(NamedTuple):
    """How well five steps line up, and how well they would by chance."""

    customers: int
    reproducibility: float
    reproducibility_null: float
    scalability: float
    h: stats.Interval
    p: float


def reproducibility(counts: np.ndarray) -> np.ndarray:
    """Guttman's coefficient with Goodenough and Edwards' count of errors, for rows of pattern counts."""
    ideal = np.arange(STEPS) < PATTERNS.sum(axis=1)[:, None]
    return 1 - counts @ (PATTERNS != ideal).sum(axis=1) / (STEPS * counts.sum(axis=-1))


def scalability(counts: np.ndarray) -> float:
    """Menzel's (1953) coefficient: the share of possible improvement over the margins that is reached."""
    passed = counts @ PATTERNS / counts.sum()
    floor = np.maximum(passed, 1 - passed).mean()
    return float((reproducibility(counts) - floor) / (1 - floor)) if floor < 1 else np.nan


def loevinger(counts: np.ndarray) -> np.ndarray:
    """Loevinger's (1948) H of the steps in their order, without the pairs that are true by definition."""
    counts = np.atleast_2d(counts)
    size = counts.sum(axis=1)
    found, expected = np.zeros(len(counts)), np.zeros(len(counts))
    for low, high in combinations(range(STEPS), 2):
        if (low, high) not in IMPLIED:
            found += counts @ ((PATTERNS[:, high] == 1) & (PATTERNS[:, low] == 0))
            expected += (counts @ PATTERNS[:, high]) * (size - counts @ PATTERNS[:, low]) / size
    with np.errstate(invalid="ignore", divide="ignore"):
        return 1 - found / expected


def counted(answers: np.ndarray) -> np.ndarray:
    """How many customers show each of the 32 patterns."""
    return np.bincount(answers.astype(int) @ 2 ** np.arange(STEPS)[::-1], minlength=2**STEPS).astype(float)


def scalogram(answers: np.ndarray, *, level: float = 0.95, draws: int = 2000, seed: int = 1) -> Scalogram:
    """The measures for customers × steps of 0 and 1, with BCa interval of H and a permutation p.

    The null deals the upper three steps anew among the customers and leaves the first two together, so that
    a client stays a customer.
    """
    counts, chance = counted(answers), stats.rng(seed, "scalogram")
    size = int(counts.sum())
    dealt = np.array([counted(_dealt(answers, chance)) for _ in range(draws)])
    h, null = float(loevinger(counts)[0]), loevinger(dealt)
    weights = chance.multinomial(size, counts / size, size=draws).astype(float)
    held = counts > 0
    left = counts - np.eye(len(counts))[held]
    interval = resample.bca(h, loevinger(weights), loevinger(left), counts[held], level) if np.isfinite(h) else (
        stats.Interval(h, np.nan, np.nan))
    return Scalogram(size, float(reproducibility(counts)), float(reproducibility(dealt).mean()), scalability(counts),
                     interval, float((1 + np.sum(null >= h - 1e-12)) / (draws + 1)))


def _dealt(answers: np.ndarray, chance) -> np.ndarray:
    out = answers.copy()
    out[:, 2:] = chance.permuted(answers[:, 2:], axis=0)
    return out
