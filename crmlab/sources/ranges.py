"""Which answers a question allows: said by the user, or taken from a usual scale and written down."""

import re

import pandas as pd

from crmlab.frame.cells import rows
from crmlab.frame.errors import CrmlabError, listed, unknown
from crmlab.sources import labels

USUAL = ((1, 5), (1, 7), (1, 10), (0, 10), (0, 100))
LEAST_STEPS = 3  # fewer different answers show no scale
SHORT = 12  # the longest of the short scales, whose codes lie far off
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


def ranged(
    constructs: dict, answers: pd.DataFrame, given: dict, labelled: dict, table: str = "survey"
) -> tuple[dict, list[str], list[CrmlabError]]:
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
            beside = codes(_given(seen))
            ends = (not beside and usual(seen)) or (None, None)
            if beside:
                problems.append(_coded(name, seen, beside, table))
            elif ends[0] is not None:
                taken.setdefault(ends, []).append(name)
            elif seen.notna().any(axis=None):
                problems.append(_doubtful(name, seen, table))
        complete[name] = {**spec, "low": ends[0], "high": ends[1]}
    return complete, labels.noted(used) + [_taken(names, *ends) for ends, names in taken.items()], problems


def _ends(scale) -> tuple:
    match = ENDS.fullmatch(scale.strip()) if isinstance(scale, str) else None
    try:
        low, high = (_whole(float(end)) for end in (match.groups() if match else scale))
    except (TypeError, ValueError, OverflowError):
        raise CrmlabError(
            "scale: the lowest and the highest answer are needed.",
            f"Found {scale!r}.",
            "Write scale='1-7', or scale='satisfaction=1-7, loyalty=0-10'.",
        ) from None
    if low >= high:
        raise CrmlabError(
            "scale: the lowest answer comes first.",
            f"Found {low} to {high}.",
            f"Write scale='{high}-{low}', and end the names of reversed items in '_r'.",
        )
    return low, high


def _whole(value: float) -> int | float:
    if value - value != 0:
        raise ValueError(value)
    return int(value) if value.is_integer() else value


def _taken(names: list[str], low: int, high: int) -> str:
    return (
        f"The scale of {listed(names, quote=False)} was taken as {low} to {high}, since the highest "
        f"answer is {high}: if that is not so, say scale='{names[0]}=…'."
    )


def codes(given: pd.Series) -> list:
    """Answers that hardly lie on the scale of the others: apart from them, or a few just beyond a usual end.

    >>> codes(pd.Series([1, 2, 3, 4, 5, 6, 7, 7] * 4 + [9, 99]))
    [9, 99]
    """
    found = []
    while more := _apart(given) or _beside(given, bool(found)):
        found += more
        given = given[~given.isin(more)]
    return sorted(_whole(float(code)) for code in found)


def _apart(given: pd.Series) -> list[float]:
    """Codes beyond a gap. Within a usual scale a gap may be chance: there it has to be wide and they have to be few."""
    values, runs = sorted(given.unique()), []
    for value in values:
        runs = [*runs[:-1], [*runs[-1], value]] if runs and value - runs[-1][-1] <= 1 else [*runs, [value]]
    run = max(runs, key=lambda run: given.isin(run).sum(), default=[])
    if len(run) < LEAST_STEPS:  # too few answers to show the steps, and codes all the same
        run = [value for value in values if 0 <= value <= SHORT]
        run *= all(value < 0 or value > 2 * SHORT for value in values if value not in run)
    if len(run) < 2 or 3 * given.isin(run).sum() < 2 * len(given):
        return []
    plain = usual(given.to_frame())
    low = [value for value in values if value < run[0] and (value < 0 or value == 0 and not plain and run[-1] < 10)]
    high = [value for value in values if value > run[-1]]
    if not high:
        return low
    gap, first = max((high[at] - [run[-1], *high][at], high[at]) for at in range(len(high)))
    high = [value for value in high if value >= first]
    share = given.isin(high).mean()
    chance = plain and not (gap >= 3 and len(given) >= 20 and share <= 0.1 or len(given) >= 40 and share <= 0.05)
    return low if chance else low + high


def _beside(given: pd.Series, coded: bool) -> list[float]:
    """A few answers just beyond an end: scales to 6 are many, from 0 to 5 or 7 some, to 8, 9 or 11 hardly any."""
    if given.empty or usual(given.to_frame()):
        return []
    low, high = given.min(), given.max()
    ways = (
        (high == 6 and low >= 1 and not coded, given == 6, 0.05),
        (low == 0 and high in (5, 7), given == 0, 0.1),
        (high in (8, 9) and low >= 1, given > 7, 0.15),
        (high in (11, 12), given > 10, 0.2),
    )
    return next((sorted(given[where].unique()) for fits, where, share in ways if fits and where.mean() <= share), [])


def _coded(name: str, answers: pd.DataFrame, found: list[float], table: str) -> CrmlabError:
    """The likeliest cause first: a code; then that it is an answer after all, unless it lies far off."""
    given = _given(answers)
    inner, where = given[~given.isin(found)], answers.isin(found).any(axis=1)
    low, high = inner.min(), inner.max()
    words = ", ".join(f"{code:g}" for code in found)
    many = len(found) > 1
    longer = f", or '{name}={low:g}-10' if 10 could be chosen" if high in (7, 8) and max(found) in (8, 9) else ""
    far = min(found) < 0 or max(found) > high + max(3, high - low)
    other = (
        "or correct the cells"
        if far
        else (
            f"if {'they are answers' if many else 'it is an answer'}, say scale='{name}={min(given.min(), 1):g}-{given.max():g}'{longer}"
        )
    )
    return CrmlabError(
        f"{table}: the scale of '{name}' is not plain from its answers.",
        f"They run from {given.min():g} to {given.max():g}, and all but {rows(answers, where)} lie on {low:g} to "
        f"{high:g}.",
        f"{listed([f'{code:g}' for code in found], quote=False)} look{'' if many else 's'} like "
        f"{'codes' if many else 'a code'} for no answer: say missing=[{words}]{', ' if far else '; '}{other}.",
    )


def _doubtful(name: str, answers: pd.DataFrame, table: str) -> CrmlabError:
    """The scale that the answers show, and the next usual one, of which nobody may have chosen the end."""
    low, high = answers.min().min(), answers.max().max()
    first = f"scale='{name}={min(low, 1):g}-{high:g}'"
    ends = next((ends for ends in USUAL if ends[0] <= low and high <= ends[1]), None)
    if low == 0 and high in (8, 9):
        remedy = f"scale='{name}=0-10' if 10 could be chosen, or {first}."
    elif low == 0 and high < 10:
        remedy = f"{first}, or missing=[0] if 0 means no answer."
    elif -SHORT < low < 0 < high < SHORT:
        far = max(-low, high)
        remedy = f"scale='{name}={-far:g}-{far:g}', or more on either side."
    elif not ends:
        return CrmlabError(
            f"{table}: '{name}' hardly holds answers on a scale.",
            f"They run from {low:g} to {high:g}.",
            f"Give the column a name without a number in columns, or say its ends, as in {first}.",
        )
    elif high > 10:
        remedy = f"scale='{name}={ends[0]}-{ends[1]}' if these are parts of a hundred."
    else:
        remedy = f"{first}, or scale='{name}={ends[0]}-{ends[1]}' if {ends[1]} could be chosen."
    return CrmlabError(
        f"{table}: the scale of '{name}' is not plain from its answers.",
        f"They run from {low:g} to {high:g}.",
        f"Say the lowest and highest answer possible: {remedy}",
    )


def _given(answers: pd.DataFrame) -> pd.Series:
    return pd.Series(answers.to_numpy(float).ravel()).dropna()
