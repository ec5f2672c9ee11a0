"""What the room asks of a customer summary: its columns, without gaps, of enough customers."""

import tomllib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from crmlab.frame.errors import CrmlabError, counted, listed
from crmlab.measures.systems import entry

FEWEST = 10


def column(summary: pd.DataFrame, name: str) -> np.ndarray:
    """The numbers of a column; an error where it is missing or has gaps.

    >>> column(pd.DataFrame({"value": [1, 2]}), "value").tolist()
    [1.0, 2.0]
    """
    if name not in summary.columns:
        raise CrmlabError(f"The customer summary has no column '{name}'.",
                          f"It has {listed(summary.columns, 12, quote=False)}.",
                          "Make it from a log of transactions with crm.customer_summary(log).")
    values = pd.to_numeric(summary[name], errors="coerce").to_numpy(float)
    gaps = np.flatnonzero(~np.isfinite(values))
    if len(gaps):
        raise CrmlabError(f"The column '{name}' must hold a number for every customer.",
                          f"{counted(len(gaps), 'row has', 'rows have')} none: {listed(gaps, quote=False)}.",
                          "Leave these customers out, or give them a number, and say so.")
    return values


def called(names: Iterable) -> str:
    """What the parts of a classification are called: tiers of the pyramid, segments of the RFM grid, or classes.

    >>> called(["gold", "lead"]), called(["champions"]), called(["butterfly"])
    ('tier', 'segment', 'class')
    """
    grid = tomllib.loads((Path(__file__).parent / "segments.toml").read_text(encoding="utf-8"))["segments"].values()
    known = {"tier": set(entry("customer_pyramid").classes), "segment": {one["name"] for one in grid}}
    return next((word for word, parts in known.items() if set(names) and set(names) <= parts), "class")


def plural(word: str) -> str:
    return f"{word}es" if word == "class" else f"{word}s"


def few(values: np.ndarray) -> None:
    """An error where there are too few customers to speak of shares."""
    if len(values) < FEWEST:
        raise CrmlabError("There are too few customers to speak of shares.",
                          f"The summary has {counted(len(values), 'customer')}.", f"Give at least {FEWEST}.")
