"""What every world has: an edition, named streams of chance, and tables that come with their truth."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import betaincinv, gammaincinv

from crmlab.frame import stats
from crmlab.frame.errors import CrmlabError, unknown

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


def told(world: str, parts: dict[str, Given], changed: dict, n: int, least: int = 1, whom: str = "customers",
         name: str = "A world") -> dict:
    """The whole truth: the defaults with what is changed; an error for a part that does not exist, and for nobody."""
    for part in changed:
        if part not in parts:
            raise unknown("truth", part, f"The world '{world}'", parts)
    if n < least:
        raise CrmlabError(f"{name} needs {whom}.", f"Found n = {n}.", f"Give n of {least} or more.")
    return {part: changed.get(part, given.default) for part, given in parts.items()}


def provenance(what: str, maker: str, note: str, frame: pd.DataFrame, seed: int, truth: dict, **more) -> dict:
    """Where a simulated table comes from, and the truth behind it.

    Of ``more``, ``behind`` holds what two scores measure and how it correlates, ``runs`` the form of a relation: a
    verdict on this world prints them beside it.
    """
    return {"title": f"simulated {what}, edition {EDITION}, seed {seed}", "source": f"crmlab.sources.worlds.{maker}",
            "licence": "BSD-3-Clause", "rows_read": len(frame), "rows_kept": len(frame), "notes": [note],
            "simulated": True, "truth": truth, **more}


class Chance(NamedTuple):
    """Named streams of chance, so that another truth meets the same customers."""

    world: str
    seed: int
    n: int

    def _stream(self, step: str) -> np.random.Generator:
        return stats.rng(self.seed, f"world:{self.world}", f"edition {EDITION}", step)

    def normal(self, step: str, *shape: int) -> np.ndarray:
        return self._stream(step).normal(size=shape or self.n)

    def uniform(self, step: str, size: int | None = None) -> np.ndarray:
        return self._stream(step).random(self.n if size is None else size)

    def amounts(self, step: str, shape: float, size: int) -> np.ndarray:
        """Gamma values with mean 1."""
        return self._stream(step).gamma(shape, 1 / shape, size)

    def gamma(self, step: str, shape: float) -> np.ndarray:
        """Gamma values with mean 1; each customer keeps the place in the order when the shape changes."""
        return gammaincinv(shape, self.uniform(step)) / shape if np.isfinite(shape) else np.ones(self.n)

    def beta(self, step: str, one: float, other: float) -> np.ndarray:
        return betaincinv(one, other, self.uniform(step))

    def count(self, step: str, mean: np.ndarray) -> np.ndarray:
        return self._stream(step).poisson(mean)

    def thinned(self, step: str, counts: np.ndarray, share: float) -> np.ndarray:
        return self._stream(step).binomial(counts, share)

    def within(self, step: str, branch: np.ndarray, icc: float) -> np.ndarray:
        """Standard normal values of which the share ``icc`` is common to a branch."""
        common = self.normal(f"{step} of branches", branch.max() + 1)[branch] if icc else 0.0
        return np.sqrt(icc) * common + np.sqrt(1 - icc) * self.normal(step)
