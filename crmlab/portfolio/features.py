"""By what customers are compared: three columns of the summary, bent so that no big buyer decides alone."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd

from crmlab.frame import partition
from crmlab.portfolio.rows import column


class Feature(NamedTuple):
    """How a column is bent before it is standardised, and how one says that."""

    bend: Callable[[np.ndarray], np.ndarray]
    words: str


FEATURES = {
    "days_since_last": Feature(np.sqrt, "√days since last"),
    "orders": Feature(np.log1p, "log(1 + orders)"),
    "value": Feature(np.log1p, "log(1 + value)"),
}


def standardised(summary: pd.DataFrame) -> tuple[np.ndarray, list[str], int]:
    """z-scores of the bent columns that vary, their names, and how many values below 0 were counted as 0.

    They lie on the grid of :mod:`crmlab.frame.partition`, so that no logarithm's last digit decides anything.

    >>> shop = pd.DataFrame({"days_since_last": [0, 4], "orders": [1, 1], "value": [-5.0, 9.0]})
    >>> points, used, below = standardised(shop)
    >>> points.tolist(), used, below
    ([[-1.0, -1.0], [1.0, 1.0]], ['days_since_last', 'value'], 1)
    """
    raw = {name: column(summary, name) for name in FEATURES}
    below = int(sum((values < 0).sum() for values in raw.values()))
    bent = np.column_stack([FEATURES[name].bend(np.maximum(values, 0)) for name, values in raw.items()])
    varies = np.ptp(bent, axis=0) > 1e-9 if len(bent) else np.zeros(len(FEATURES), bool)
    bent, used = bent[:, varies], [name for name, kept in zip(FEATURES, varies, strict=True) if kept]
    return partition.on_grid((bent - bent.mean(axis=0)) / bent.std(axis=0)) / partition.GRID, used, below
