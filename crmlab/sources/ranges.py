"""Which answers a question allows: said by the user, or taken from a usual scale and written down."""

import re

import pandas as pd

from crmlab.frame.errors import CrmlabError, listed, unknown
from crmlab.sources import labels

USUAL = ((1, 5), (1, 7), (1, 10), (0, 10), (0, 100))
ENDS = re.compile(r"(-?\d+(?:\.\d+)?)\s*[-–]\s*(-?\d+(?:\.\d+)?)")


def said(scale, constructs) -> dict[str, tuple]:
    """The lowest and highest answer of each construct that ``scale`` speaks of.

    >>> said("1-7", ["satisfaction", "loyalty"])
    {'satisfaction': (1, 7), 'loyalty': (1, 7)}
    >>> said("loyalty=0-10", ["satisfaction", "loyalty"])
    {'loyalty': (0, 10)}
    """
    if scale is None or scale == "":
        return {}
    if not isinstance(scale, str) or "=" not in scale:
        return dict.fromkeys(constructs, _ends(scale))
    ranges = {}
    for part in scale.split(","):
        name, _, ends = (word.strip() for word in part.partition("="))
        if name not in constructs:
            raise unknown("construct", name, "The table", constructs)
        ranges[name] = _ends(ends)
    return ranges


def usual(answers: pd.DataFrame) -> tuple | None:
    """The smallest usual scale whose top is the highest answer given, or None.

    >>> usual(pd.DataFrame({"trust_1": [2, 7], "trust_2": [4, 6]}))
    (1, 7)
    """
    low, high = answers.min().min(), answers.max().max()
    return next((ends for ends in USUAL if ends[0] <= low and ends[1] == high), None)


def ranged(constructs: dict, answers: pd.DataFrame, given: dict, labelled: dict,
           table: str = "survey") -> tuple[dict, list[str], list[CrmlabError]]:
    """The constructs with their scales, the sentences about those that were taken, and the doubtful ones.

    A scale is ``given`` by the reader, or else known from the source or from value labels.
    """
    taken, problems, complete, used = {}, [], {}, {}
    for name, spec in constructs.items():
        ends = given.get(name) or (spec["low"], spec["high"])
        if ends[0] is None and name in labelled:
            ends, used[name] = labelled[name][:2], labelled[name]
        if ends[0] is None:
            seen = answers[spec["items"]].replace([float("inf"), float("-inf")], float("nan"))
            ends = usual(seen) or (None, None)
            if ends[0] is not None:
                taken.setdefault(ends, []).append(name)
            elif seen.notna().any(axis=None):
                problems.append(_doubtful(name, seen, table))
        complete[name] = {**spec, "low": ends[0], "high": ends[1]}
    return complete, labels.noted(used) + [_taken(names, *ends) for ends, names in taken.items()], problems


def _ends(scale) -> tuple:
    match = ENDS.fullmatch(scale.strip()) if isinstance(scale, str) else None
    try:
        low, high = (_whole(float(end)) for end in (match.groups() if match else scale))
    except (TypeError, ValueError):
        raise CrmlabError("scale: the lowest and the highest answer are needed.", f"Found {scale!r}.",
                          "Write scale='1-7', or scale='satisfaction=1-7, loyalty=0-10'.") from None
    if low >= high:
        raise CrmlabError("scale: the lowest answer comes first.", f"Found {low} to {high}.",
                          f"Write scale='{high}-{low}', and end the names of reversed items in '_r'.")
    return low, high


def _whole(value: float) -> int | float:
    return int(value) if value.is_integer() else value


def _taken(names: list[str], low: int, high: int) -> str:
    return (f"The scale of {listed(names, quote=False)} was taken as {low} to {high}, since the highest "
            f"answer is {high}: if that is not so, say scale='{names[0]}=…'.")


def _doubtful(name: str, answers: pd.DataFrame, table: str) -> CrmlabError:
    low, high = answers.min().min(), answers.max().max()
    wrong = f"{table}: the scale of '{name}' is not plain from its answers."
    run = f"They run from {low:g} to {high:g}"
    ends = next((ends for ends in USUAL if ends[0] <= low and high <= ends[1]), None)
    inner = _nearly(answers) if low < 0 or high > 10 else None
    if not inner:
        codes = "" if ends else f", and a code for no answer as in missing=[{low if low < 0 else high:g}]"
        low, high = ends or (1, 7)
        return CrmlabError(wrong, f"{run}.", "Say the lowest and highest answer possible, as in "
                                             f"scale='{name}={low}-{high}'{codes}.")
    outside = (answers < inner[0]) | (answers > inner[1])
    rows = list(answers.index[outside.any(axis=1)])
    codes = ", ".join(f"{code:g}" for code in _given(answers.where(outside)).unique()[:5])
    return CrmlabError(wrong, f"{run}, and all but {'row' if len(rows) == 1 else 'rows'} "
                              f"{listed(rows, quote=False)} lie on {inner[0]} to {inner[1]}.",
                       f"Say missing=[{codes}] if that means no answer, or correct the cells and say "
                       f"scale='{name}={inner[0]}-{inner[1]}'.")


def _given(answers: pd.DataFrame) -> pd.Series:
    return pd.Series(answers.to_numpy(float).ravel()).dropna()


def _nearly(answers: pd.DataFrame) -> tuple | None:
    """The usual scale that holds all answers but few, or all but one or two codes; its top is among them.

    >>> _nearly(pd.DataFrame({"trust_1": [1, 10, 3, 5] * 6 + [88]}))
    (1, 10)
    """
    given = _given(answers)
    held = {ends: given.between(*ends) for ends in USUAL if (given == ends[1]).any()}
    best = max(held, key=lambda ends: held[ends].sum(), default=None)
    if best is None:
        return None
    outside = given[~held[best]]
    few = len(outside) <= max(1, 0.05 * len(given))
    codes = outside.nunique() <= 2 and 2 * len(outside) < len(given)
    return best if few or codes else None
