"""Is it a ladder at all? Steps that follow from each other, or steps that were merely stacked.

By definition a client has bought, so some order is built in. What counts is the order beyond that: every
measure is held against steps that keep the definition and know nothing else of each other.
"""

from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd

from crmlab.frame import resample, stats
from crmlab.frame.errors import listed
from crmlab.frame.glossary import percent
from crmlab.relationships.climbing import QUESTIONS

FEWEST = 20  # crmlab rule: of fewer customers nothing is said about the order of the steps
STEPS = 5
IMPLIED = {(0, 1)}  # a client is a customer by definition
SHARED = {(3, 4)}  # where it must be felt by both, ambassador and partner look at the same mutual effort
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


def loevinger(counts: np.ndarray, implied: set = IMPLIED) -> np.ndarray:
    """Loevinger's (1948) H of the steps in their order, without the pairs that are true by definition."""
    counts = np.atleast_2d(counts)
    size = counts.sum(axis=1)
    found, expected = np.zeros(len(counts)), np.zeros(len(counts))
    for low, high in combinations(range(STEPS), 2):
        if (low, high) not in implied:
            found += counts @ ((PATTERNS[:, high] == 1) & (PATTERNS[:, low] == 0))
            expected += (counts @ PATTERNS[:, high]) * (size - counts @ PATTERNS[:, low]) / size
    with np.errstate(invalid="ignore", divide="ignore"):
        return 1 - found / expected


def counted(answers: np.ndarray) -> np.ndarray:
    """How many customers show each of the 32 patterns."""
    return np.bincount(answers.astype(int) @ 2 ** np.arange(STEPS)[::-1], minlength=2**STEPS).astype(float)


def scalogram(answers: np.ndarray, *, level: float = 0.95, draws: int = 2000, seed: int = 1,
              shared: bool = False) -> Scalogram:
    """The measures for customers × steps of 0 and 1, with BCa interval of H and a permutation p.

    The null deals the upper three steps anew among the customers and leaves the first two together, so that
    a client stays a customer; where the two uppermost share a condition (``shared``), they stay together too.
    """
    implied = IMPLIED | (SHARED if shared else set())
    answers, counts, chance = answers[resample.in_order(*answers.T)], counted(answers), stats.rng(seed, "scalogram")
    size = int(counts.sum())
    dealt = np.array([counted(_dealt(answers, chance, shared)) for _ in range(draws)])
    h, null = float(loevinger(counts, implied)[0]), loevinger(dealt, implied)
    weights = chance.multinomial(size, counts / size, size=draws).astype(float)
    held = counts > 0
    left = counts - np.eye(len(counts))[held]
    interval = resample.bca(h, loevinger(weights, implied), loevinger(left, implied), counts[held], level) if np.isfinite(h) else (
        stats.Interval(h, np.nan, np.nan))
    return Scalogram(size, float(reproducibility(counts)), float(reproducibility(dealt).mean()), scalability(counts),
                     interval, float((1 + np.sum(null >= h - 1e-12)) / (draws + 1)))


def _dealt(answers: np.ndarray, chance, shared: bool = False) -> np.ndarray:
    out = answers.copy()
    if shared:
        out[:, 2], out[:, 3:] = chance.permutation(answers[:, 2]), chance.permutation(answers[:, 3:])
        return out
    out[:, 2:] = chance.permuted(answers[:, 2:], axis=0)
    return out


def lacking(answers: pd.DataFrame, asked: tuple) -> str:
    """Why it cannot be seen how well the steps line up, or nothing."""
    whole = answers.dropna()
    if len(asked) < len(QUESTIONS):
        lost = listed([f"\"{QUESTIONS[step]}\"" for step in QUESTIONS if step not in asked], quote=False)
        return f"these data do not answer {lost}"
    if len(whole) < FEWEST:
        return f"the five answers are known of {len(whole):,} of {len(answers):,} customers, and {FEWEST} are the least"
    for step in answers:
        # Complete rows that all say the same, where others do not, were chosen by that very answer.
        if whole[step].nunique() < 2 <= answers[step].nunique():
            said = "yes" if whole[step].iloc[0] else "no"
            return (f"the five answers are known of {len(whole):,} of {len(answers):,} customers, and these all say "
                    f"{said} to \"{QUESTIONS[step]}\"")
    return ""


def lined_up(answers: pd.DataFrame, asked: tuple, level: float, draws: int, seed: int,
             shared: bool = False) -> tuple[Scalogram | None, str]:
    """How well the steps line up for those with five known answers, or why that cannot be seen."""
    why = lacking(answers, asked)
    if why:
        return None, why
    return scalogram(answers.dropna().to_numpy(), level=level, draws=draws, seed=seed, shared=shared), ""


def unlike(answers: pd.DataFrame, whole: pd.Series) -> str:
    """The question that those with five answers meet most unlike the others, if beyond chance."""
    gaps = {}
    for step in answers:
        mine, others = answers.loc[whole, step], answers.loc[~whole, step].dropna()
        if len(others) and stats.shares_differ(mine, others) < 0.01 / len(QUESTIONS):
            gaps[step] = (float(mine.mean()), float(others.mean()))
    if not gaps:
        return ""
    step = max(gaps, key=lambda name: abs(gaps[name][0] - gaps[name][1]))
    return (f"they say yes to \"{QUESTIONS[step]}\" in {percent(gaps[step][0])}, the others in {percent(gaps[step][1])}, "
            "so read it for them alone")
