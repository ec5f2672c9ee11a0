"""What every format needs: rows numbered as a person sees them, one value in a cell, the error for a damaged file."""

import re

import numpy as np
import pandas as pd

from crmlab.frame.cells import numbers
from crmlab.frame.errors import CrmlabError, listed
from crmlab.measures import tables

DECIMALS = {"point": ".", ".": ".", "comma": ",", ",": ","}
SEVERAL = (list, tuple, set, dict, np.ndarray, bytes, bytearray, memoryview, complex)


def counted_from(frame: pd.DataFrame, first: int) -> pd.DataFrame:
    """The frame with rows numbered from ``first``."""
    return frame.set_axis(range(first, first + len(frame)), axis=0)


def unreadable(file: str, kind: str, broken: str) -> CrmlabError:
    """The error for a damaged file, with the reason its reader gave."""
    reason = broken.strip().split("\n")[0].rstrip(".") or "no reason given"
    return CrmlabError(
        f"'{file}' cannot be read as {kind}.",
        f"Reading stopped with: {reason}.",
        "Open it in the program that made it and save it again.",
    )


def flat(frame: pd.DataFrame, columns: dict, prov: dict) -> pd.DataFrame:
    """The frame with a plain value in each cell: exact decimals as numbers, and columns of lists left out.

    >>> frame = pd.DataFrame({"age": [20, 30], "basket": [[1, 2], [3]]})
    >>> list(flat(frame, {}, {"notes": []}))
    ['age']
    """
    loose = {
        name: pd.api.types.infer_dtype(frame[name], skipna=True) for name in frame if frame[name].dtype.kind in "Oc"
    }
    yes = [name for name in frame if pd.api.types.is_bool_dtype(frame[name]) or loose.get(name) == "boolean"]
    frame = frame.assign(
        **{name: frame[name].map(lambda cell: str(cell).upper(), na_action="ignore").astype(object) for name in yes}
    )
    exact = [name for name, kind in loose.items() if kind == "decimal"]
    several = [
        name
        for name, kind in loose.items()
        if kind in ("mixed", "bytes", "complex") and any(isinstance(cell, SEVERAL) for cell in frame[name])
    ]
    for name in several:
        called = columns.get(name, name)
        if called in tables.NAMES or tables.ITEM.fullmatch(called):
            row = next(row for row, cell in frame[name].items() if isinstance(cell, SEVERAL))
            raise CrmlabError(
                f"Column '{name}' does not hold one value in each cell.",
                f"Row {row} reads {_short(frame[name][row])}.",
                "Write a number or a word into each cell, and give lists a row or a column for each part.",
            )
    left = [name for name in several if columns.get(name) != "-"]
    if left:
        prov["notes"].append(
            f"{listed(left, 9)} {'holds' if len(left) == 1 else 'hold'} lists or other things of several "
            "parts, which no table has a place for: left out."
        )
    empty = dict.fromkeys(set(several) - set(left))  # the reader left them out already
    return frame.drop(columns=left).assign(**empty, **{name: frame[name].astype(float) for name in exact})


def _short(cell) -> str:
    said = repr(cell.tolist() if isinstance(cell, np.ndarray) else cell)
    return said if len(said) <= 40 else said[:37] + "…"


def plain(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame without sparse columns and types of pyarrow, which pandas treats differently in each version."""
    sparse = [name for name in frame if isinstance(frame[name].dtype, pd.SparseDtype)]
    frame = frame.assign(**{name: frame[name].sparse.to_dense() for name in sparse})
    arrow = [name for name in frame if isinstance(frame[name].dtype, pd.ArrowDtype)]
    if not arrow:
        return frame
    import pyarrow as pa  # slow to load

    return frame.assign(**{name: pa.array(frame[name]).to_pandas().set_axis(frame.index) for name in arrow})


def decided(frame: pd.DataFrame, decimal: str | None, columns: dict, prov: dict) -> tuple[pd.DataFrame, str]:
    """The frame with numbers read by the decimal sign that the reader told, and that sign.

    >>> frame = pd.DataFrame({"spend": ["2.798", "615,50"]})
    >>> decided(frame, "comma", {}, {"notes": []})[0]["spend"].tolist()
    [2798.0, 615.5]
    """
    if not decimal:
        return frame, ""
    if decimal not in DECIMALS:
        raise CrmlabError(
            "open_table: decimal is 'point' or 'comma'.",
            f"Found {decimal!r}.",
            "Name the sign that stands before decimals in your file.",
        )
    sign = DECIMALS[decimal]
    told, other = ("comma", ".") if sign == "," else ("point", ",")
    marked = re.compile(rf"[+-]?\d{{1,3}}(?:\{other}\d{{3}})+(?:\{sign}\d+)?|[+-]?\d*\{sign}\d+")
    for name in frame:
        cells = frame[name]
        if cells.dtype.kind not in "OT" or columns.get(name, name) in ("customer_id", "date"):
            continue
        sizes = {
            cell: float(cell.replace(other, "").replace(sign, "."))
            for cell in cells.unique()
            if isinstance(cell, str) and marked.fullmatch(cell.strip())
        }
        if sizes and numbers(cells).notna().sum() >= cells.notna().sum() / 2:
            frame = frame.assign(
                **{name: cells.map(lambda cell, sizes=sizes: sizes.get(cell, cell) if isinstance(cell, str) else cell)}
            )
            first, size = next(iter(sizes.items()))
            prov["notes"].append(
                f"In '{name}' numbers were read with a decimal {told}, as told: '{first}' as {size:.15g}."
            )
    return frame, sign
