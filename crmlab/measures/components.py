"""How many components the answers carry: as many as rise above what shuffled answers give."""

from typing import NamedTuple

import numpy as np

from crmlab.frame import stats

MANY_ROWS = 5_000  # beyond it a permuted correlation is normal with variance 1 / (n − 1)


class Components(NamedTuple):
    """How many components rise above chance; the eigenvalues found, the 95th percentile of shuffled ones."""

    count: float
    of: int
    what: str
    found: np.ndarray
    chance: np.ndarray


def parallel_analysis(answers: np.ndarray, *, draws: int = 500, seed: int = 1,
                      what: str = "item") -> Components:
    """Components whose eigenvalue beats the 95th percentile of shuffled columns (Horn 1965), in order.

    ``answers`` are customers × items without gaps; an item that everybody answers alike is left out.
    The count is missing below 20 customers or 3 items.

    >>> both = stats.rng(1, "example").normal(size=(200, 1)) + stats.rng(2, "example").normal(size=(200, 4))
    >>> parallel_analysis(both, draws=100).count
    1
    """
    answers = answers[:, np.ptp(answers, axis=0) > 0] if len(answers) else answers
    size, width = answers.shape
    if size < 20 or width < 3:
        return Components(np.nan, width, what, np.array([]), np.array([]))
    answers = answers[np.lexsort(answers.T)]  # dealt from an order of their own, not from that of the rows
    found = _eigenvalues(np.corrcoef(answers, rowvar=False))
    source = stats.rng(seed, "parallel analysis")
    chance = np.quantile([_eigenvalues(_shuffled(answers, source)) for _ in range(draws)], 0.95, axis=0)
    above = found > chance
    return Components(int(np.argmin(above)) if not above.all() else width, width, what, found, chance)


def _eigenvalues(correlations: np.ndarray) -> np.ndarray:
    return np.linalg.eigvalsh(correlations)[::-1]


def _shuffled(answers: np.ndarray, source: np.random.Generator) -> np.ndarray:
    size, width = answers.shape
    if size <= MANY_ROWS:
        return np.corrcoef(source.permuted(answers, axis=0), rowvar=False)
    upper = np.triu(source.normal(scale=(size - 1) ** -0.5, size=(width, width)), 1)
    return upper + upper.T + np.eye(width)
