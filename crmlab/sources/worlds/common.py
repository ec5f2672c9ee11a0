"""What every world has: an edition, named streams of chance, and tables that come with their truth."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from crmlab.frame import stats

#: Enters the seed; a new edition may change the customers, and then every stored number that rests on them.
EDITION = 1


class Given(NamedTuple):
    """A part of the truth: its value unless told otherwise, what it means, and where the value comes from."""

    default: float | str | tuple
    meaning: str
    source: str


@dataclass(frozen=True, eq=False)
class World:
    """Simulated tables, and the truth behind them: what was set, and what follows from it."""

    tables: dict[str, pd.DataFrame]
    truth: dict


class Chance(NamedTuple):
    """Named streams of chance, so that another truth meets the same customers."""

    world: str
    seed: int
    n: int

    def _stream(self, step: str) -> np.random.Generator:
        return stats.rng(self.seed, f"world:{self.world}", f"edition {EDITION}", step)

    def normal(self, step: str, *shape: int) -> np.ndarray:
        return self._stream(step).normal(size=shape or self.n)

    def uniform(self, step: str) -> np.ndarray:
        return self._stream(step).random(self.n)

    def count(self, step: str, mean: np.ndarray) -> np.ndarray:
        return self._stream(step).poisson(mean)

    def thinned(self, step: str, counts: np.ndarray, share: float) -> np.ndarray:
        return self._stream(step).binomial(counts, share)

    def within(self, step: str, branch: np.ndarray, icc: float) -> np.ndarray:
        """Standard normal values of which the share ``icc`` is common to a branch."""
        common = self.normal(f"{step} of branches", branch.max() + 1)[branch] if icc else 0.0
        return np.sqrt(icc) * common + np.sqrt(1 - icc) * self.normal(step)
