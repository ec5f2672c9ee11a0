"""Scores of practices, sections, elements and firms, by rules that stand in one place."""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crmlab.frame.errors import CrmlabError, unknown
from crmlab.measures.scorecard.form import ELEMENTS, KEYS, PRACTICES, SHORT

POINTS = 25  # a step of the scale from 0 to 4
NEEDS_EVIDENCE, WITHOUT = (
    3,
    2,
)  # from this step on evidence is asked for; without it the answer counts as this
BANDS = ((20, "absent"), (35, "emerging"), (50, "developing"), (65, "established"), (np.inf, "leading"))
#: Words of a form that say that there is none, without signs and gaps.
NO_EVIDENCE = set("0 no none na notapplicable notavailable nil null nan false missing unknown tbd todo open nothing nein "
                  "keine keiner keines ka nichts fehlt offen unbekannt geen aucun aucune xx xxx".split())
OF_A_ROW = (
    "rater",
    "practice",
    "intention",
    "reality",
    "applicable",
    "evidence",
    "importance",
    "effort",
    "arm",
)
PRACTICE_AT = {key: at for at, key in enumerate(KEYS)}
SECTIONS = tuple(dict.fromkeys(practice.section for practice in PRACTICES))
_SECTION = np.array([[practice.section == name for name in SECTIONS] for practice in PRACTICES], float)
_ELEMENT_OF = {practice.section: practice.element for practice in PRACTICES}
_ELEMENT = np.array([[_ELEMENT_OF[section] == name for name in ELEMENTS] for section in SECTIONS], float)
MEASURES = ("score", "intention", "reality", "gap")


@dataclass(frozen=True, eq=False)
class Scorecard:
    """Scores from 0 to 100 on four levels; every frame begins with ``firm``, and ``wave`` where there is one.

    ``firms``: a row per firm with ``score``, ``intention``, ``reality``, ``gap``, ``weakest`` (an
    element, none where several stand lowest), ``band``, the numbers of practices ``scored``, ``missing``,
    ``not_applicable`` and
    ``unevidenced``, of ``raters``, and what the table says of the firm (``sector``, ``performance``, …).
    ``elements`` and ``sections``: the same four measures and the number of ``practices`` they rest on.
    ``practices``: a row per firm and practice of the form, with ``status`` (scored, missing, not
    applicable), ``unevidenced`` and how many ``raters`` answered. ``rule`` says whether the form asks for
    evidence, ``short`` whether it is the short form, ``weights`` what each element counts.
    """

    firms: pd.DataFrame
    elements: pd.DataFrame
    sections: pd.DataFrame
    practices: pd.DataFrame
    weights: dict
    rule: bool
    short: bool

    def of(self, firm: str) -> "Scorecard":
        """The scorecard of one firm."""
        own = [
            frame[frame["firm"] == firm].reset_index(drop=True)
            for frame in (self.firms, self.elements, self.sections, self.practices)
        ]
        return Scorecard(*own, self.weights, self.rule, self.short)


def band(score: float) -> str:
    """The band of a score, by a crmlab rule.

    >>> band(19.9), band(20), band(49.9), band(65)
    ('absent', 'emerging', 'developing', 'leading')
    """
    return next((name for end, name in BANDS if score < end), "")


def scored(table: pd.DataFrame, weights: dict | None = None, among=None) -> Scorecard:
    """The scorecard of every firm of a table of assessments, after the QCi model.

    A practice scores 25 · (intention + reality) / 2, the mean over the raters who answered both. Where
    the form has a column for evidence, reality of 3 or 4 without any counts as 2. A practice that does
    not apply, or lacks an answer, leaves the denominator. A section is the mean of its practices, an
    element of its sections, the firm of its elements, all alike or by ``weights`` (elements not named
    count 1). The gap is intention less reality, in points. ``among`` keeps some practices only, by their
    keys. With waves a firm has a row per wave.

    Raises CrmlabError for weights that do not fit.

    >>> sheet = pd.DataFrame({"firm": "us", "rater": "a", "practice": ["PR1", "PR2", "CX1"],
    ...                       "intention": [4, 2, 2], "reality": [2, 2, 0]})
    >>> scored(sheet).firms[["score", "gap", "weakest", "missing"]].values.tolist()
    [[43.75, 37.5, 'experience', 57]]
    """
    weight = _weights(weights or {})
    table = table.set_axis(table.columns, axis=1)
    table.attrs = {}  # pandas copies them at every step, and a provenance is long
    keys, unit = _units(table)
    short = SHORT >= set(table["practice"].unique())
    form = np.array(
        [
            (practice.short or not short) and (among is None or practice.practice in set(among))
            for practice in PRACTICES
        ]
    )
    cells, rule = _cells(table, unit, len(keys), form)
    levels = _levels(cells, np.array(list(weight.values())))
    practices = _long(keys, KEYS, cells["practice"], "practice")
    practices = practices.assign(
        section=np.tile([p.section for p in PRACTICES], len(keys)),
        element=np.tile([p.element for p in PRACTICES], len(keys)),
        status=cells["status"].ravel(),
        unevidenced=cells["unevidenced"].ravel(),
        raters=cells["raters"].ravel(),
    )
    sections = _long(keys, SECTIONS, levels["section"], "section").assign(
        element=np.tile([_ELEMENT_OF[name] for name in SECTIONS], len(keys)),
        practices=levels["in section"].ravel(),
    )
    elements = _long(keys, list(ELEMENTS), levels["element"], "element").assign(
        practices=levels["in element"].ravel()
    )
    return Scorecard(
        _firms(table, unit, keys, cells, levels),
        elements,
        sections,
        practices[np.tile(form, len(keys))].reset_index(drop=True),
        weight,
        rule,
        short,
    )


def _weights(given: dict) -> dict[str, float]:
    for name, value in given.items():
        if name not in ELEMENTS:
            raise unknown("element", name, "The model", ELEMENTS)
        if not (isinstance(value, int | float) and 0 <= value < np.inf):
            raise CrmlabError(
                "weights: a weight is a number of 0 or more.",
                f"'{name}' has {value!r}.",
                "Give numbers, such as {'people': 2}; elements not named count 1.",
            )
    out = {name: float(given.get(name, 1)) for name in ELEMENTS}
    if not any(out.values()):
        raise CrmlabError(
            "weights: all elements have the weight 0.",
            "Nothing would be left to score.",
            "Let one element count at least.",
        )
    return out


def groups(table: pd.DataFrame, *names: str) -> np.ndarray:
    """The group of each row by the values of some columns, numbered as they first appear.

    >>> groups(pd.DataFrame({"firm": ["b", "a", "b"], "wave": [1, 1, 2]}), "firm", "wave").tolist()
    [0, 1, 2]
    """
    at = np.zeros(len(table), int)
    for name in names:
        of = pd.factorize(table[name], use_na_sentinel=False)[0]
        at = pd.factorize(at * (of.max() + 1) + of)[0]
    return at


def _units(table: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray]:
    """The firms (and waves) in the order of the table, and the firm of each row."""
    names = [name for name in ("firm", "wave") if name in table]
    unit = groups(table, *names)
    keys = table[names].iloc[np.unique(unit, return_index=True)[1]].reset_index(drop=True)
    return keys, unit


def unshown(table: pd.DataFrame) -> np.ndarray:
    """Rows that say "in place" and have nothing to show; none where the form does not ask for evidence.

    A sign, a single letter, a nought and words such as "n/a" show nothing.

    >>> unshown(pd.DataFrame({"reality": [3, 4, 2], "evidence": ["n/a", "minutes seen", None]})).tolist()
    [True, False, False]
    """
    out = table["reality"].to_numpy(float) >= NEEDS_EVIDENCE
    if "evidence" not in table:
        return np.full(len(table), False)
    words = table["evidence"].to_numpy(object)[out]
    out[out] = [_says_nothing(word) for word in words]
    return out


def _says_nothing(word) -> bool:
    bare = "" if pd.isna(word) else re.sub(r"[\W_]", "", str(word)).casefold()
    return not bare.strip("0") or bare in NO_EVIDENCE or (len(bare) == 1 and bare.isalpha())


def _cells(table: pd.DataFrame, unit: np.ndarray, firms: int, form: np.ndarray) -> tuple[dict, bool]:
    """Firms × practices: intention and reality in points, what was answered, and what stands in the way."""
    intention, reality = table["intention"].to_numpy(float), table["reality"].to_numpy(float)
    applies = (
        table["applicable"].fillna(1).to_numpy(float) != 0
        if "applicable" in table
        else np.full(len(table), True)
    )
    rule, claimed = "evidence" in table, unshown(table)
    full = applies & ~np.isnan(intention) & ~np.isnan(reality)
    cell = unit * len(KEYS) + table["practice"].map(PRACTICE_AT).to_numpy(int)

    def summed(of: np.ndarray) -> np.ndarray:
        return np.bincount(cell[of], minlength=firms * len(KEYS)).reshape(firms, -1)

    def mean(values: np.ndarray) -> np.ndarray:
        total = np.bincount(cell[full], values[full], minlength=firms * len(KEYS)).reshape(firms, -1)
        with np.errstate(invalid="ignore"):
            return np.where(form, POINTS * total / summed(full), np.nan)

    raters, out = summed(full), summed(~applies)
    status = np.select(
        [raters > 0, (out > 0) & (out == summed(np.full(len(table), True)))],
        ["scored", "not applicable"],
        "missing",
    )
    counted = np.where(claimed, WITHOUT, reality)
    return {
        "practice": _four(mean(intention), mean(counted)),
        "raters": raters,
        "status": status,
        "unevidenced": summed(full & claimed) > 0,
        "form": form,
    }, rule


def _four(intention: np.ndarray, reality: np.ndarray) -> dict[str, np.ndarray]:
    return dict(
        zip(MEASURES, ((intention + reality) / 2, intention, reality, intention - reality), strict=True)
    )


def _levels(cells: dict, weight: np.ndarray) -> dict:
    """Sections, elements and firms: each the mean of what it has, so that gaps leave the denominator."""
    there = ~np.isnan(cells["practice"]["score"])
    out = {"in section": (there @ _SECTION).astype(int), "section": {}, "element": {}, "firm": {}}
    out["in element"] = (out["in section"] @ _ELEMENT).astype(int)
    for name, values in cells["practice"].items():
        section = _mean(values, _SECTION)
        element = _mean(section, _ELEMENT)
        out["section"][name], out["element"][name] = section, element
        out["firm"][name] = _mean(element, weight[:, None])[:, 0]
    return out


def _mean(values: np.ndarray, belongs: np.ndarray) -> np.ndarray:
    there = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        return (np.where(there, values, 0) @ belongs) / (there @ belongs)


def _long(keys: pd.DataFrame, names, measures: dict, what: str) -> pd.DataFrame:
    frame = keys.iloc[np.repeat(np.arange(len(keys)), len(names))].reset_index(drop=True)
    return frame.assign(
        **{what: np.tile(np.array(names, dtype=object), len(keys))},
        **{name: values.ravel() for name, values in measures.items()},
    )


def _firms(table, unit, keys, cells, levels) -> pd.DataFrame:
    element = levels["element"]["score"]
    reach = np.where(np.isnan(element), np.inf, element)
    lowest = reach.argmin(axis=1)
    alone = (reach < reach.min(axis=1, keepdims=True) + 1e-9).sum(axis=1) == 1
    scores = levels["firm"]["score"]
    status, form = cells["status"], cells["form"]
    raters = table["rater"].groupby(unit).nunique().to_numpy() if "rater" in table else 1
    ours = dict(
        **levels["firm"],
        weakest=np.where(np.isnan(scores) | ~alone, "", np.array(list(ELEMENTS), dtype=object)[lowest]),
        band=[band(score) for score in scores],
        scored=(form & (status == "scored")).sum(axis=1),
        missing=(form & (status == "missing")).sum(axis=1),
        not_applicable=(form & (status == "not applicable")).sum(axis=1),
        unevidenced=(form & cells["unevidenced"]).sum(axis=1),
        raters=raters,
    )
    return keys.assign(**ours, **_said_of_firms(table, unit, (*keys, *ours)))


def _said_of_firms(table: pd.DataFrame, unit: np.ndarray, taken: tuple) -> dict:
    """Columns with one value in all rows of a firm, such as its sector or its performance; our words are taken."""
    names = [name for name in table if name not in (*OF_A_ROW, *taken)]
    out = {}
    for name in names:
        value = pd.factorize(table[name])[0]
        rows = np.flatnonzero(value >= 0)[::-1]
        first = np.full(unit.max() + 1, -1)
        first[unit[rows]] = rows  # the first row of a firm is written last
        if (value[rows] == value[first[unit[rows]]]).all():
            out[name] = table[name].array.take(first, allow_fill=True)
    return out
