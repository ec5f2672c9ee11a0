"""Which answers a question allows: said by the user, or taken from a usual scale and written down."""

import re

import pandas as pd

from crmlab.frame.errors import CrmlabError, listed, unknown

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


def ranged(constructs: dict, answers: pd.DataFrame, scale) -> tuple[dict, list[str], list[CrmlabError]]:
    """The constructs with their scales, the sentences about those that were taken, and the doubtful ones."""
    given, taken, problems = said(scale, list(constructs)), {}, []
    complete = {}
    for name, spec in constructs.items():
        ends = given.get(name) or (spec["low"], spec["high"])
        if ends[0] is None:
            seen = answers[spec["items"]].replace([float("inf"), float("-inf")], float("nan"))
            ends = usual(seen) or (None, None)
            if ends[0] is not None:
                taken.setdefault(ends, []).append(name)
            elif seen.notna().any(axis=None):
                problems.append(_doubtful(name, seen))
        complete[name] = {**spec, "low": ends[0], "high": ends[1]}
    return complete, [_taken(names, *ends) for ends, names in taken.items()], problems


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


def _doubtful(name: str, answers: pd.DataFrame) -> CrmlabError:
    low, high = answers.min().min(), answers.max().max()
    code = low if low < 0 else high
    codes = f", and a code for no answer as in missing=[{code:g}]" if low < 0 or high > 10 else ""
    return CrmlabError(f"survey: the scale of '{name}' is not plain from its answers.",
                       f"They run from {low:g} to {high:g}.",
                       f"Say the lowest and highest answer possible, as in scale='{name}=1-7'{codes}.")
