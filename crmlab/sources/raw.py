"""What every format needs: rows numbered as a person sees them, and the error for a damaged file."""

import pandas as pd

from crmlab.frame.errors import CrmlabError


def counted_from(frame: pd.DataFrame, first: int) -> pd.DataFrame:
    """The frame with rows numbered from ``first``."""
    return frame.set_axis(range(first, first + len(frame)), axis=0)


def unreadable(file: str, kind: str, broken: str) -> CrmlabError:
    """The error for a damaged file, with the reason its reader gave."""
    reason = broken.strip().split("\n")[0].rstrip(".") or "no reason given"
    return CrmlabError(f"'{file}' cannot be read as {kind}.", f"Reading stopped with: {reason}.",
                       "Open it in the program that made it and save it again.")
