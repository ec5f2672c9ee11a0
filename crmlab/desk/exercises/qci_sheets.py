"""Exercises on the sheets that raters fill in: the score of one, and how far two agree."""

from collections.abc import Iterator
from functools import cached_property
from itertools import combinations

import numpy as np
import pandas as pd

from crmlab.desk.exercises.exercise import Exercise, shuffled
from crmlab.frame.glossary import number
from crmlab.measures import raters
from crmlab.measures.scorecard import ELEMENTS, KEYS, POINTS, PRACTICES, STAGES, WITHOUT, groups, unshown

FEWEST, MOST = 3, 12  # lines of a sheet: enough for a mean of means, few enough to be scored by hand
COMMON = 10  # practices that two raters have both answered
STEPS = 5
PART = np.array([practice.section for practice in PRACTICES])
PLACE = {key: at for at, key in enumerate(KEYS)}
NAMES = {**STAGES, **ELEMENTS}
INSIDE = np.array([PART == part for part in NAMES], float).T
PAIRS = [pair for pool in (list(STAGES), [key for key in ELEMENTS if key != "activity"]) for pair in combinations(pool, 2)]


class Sheets:
    """A row of ``who`` per firm and rater, and in ``marks`` what stands on it, sheets × practices of the form."""

    def __init__(self, forms: pd.DataFrame):
        self.forms, names = forms, [name for name in ("firm", "rater") if name in forms]
        self.sheet = groups(forms, *names)
        self.who = forms[names].iloc[np.unique(self.sheet, return_index=True)[1]].reset_index(drop=True)
        idle = forms["applicable"].to_numpy(float) == 0 if "applicable" in forms else np.full(len(forms), False)
        meant, said = (np.where(idle, np.nan, forms[name].to_numpy(float)) for name in ("intention", "reality"))
        bare = unshown(forms) & ~idle
        marks = {"meant": meant, "said": said, "done": np.where(bare, WITHOUT, said), "idle": idle, "bare": bare,
                 "blank": ~idle & ~np.isfinite(meant + said), "asked": np.full(len(forms), True)}
        at = self.sheet, forms["practice"].map(PLACE).to_numpy()
        self.marks = {name: self._spread(values, at) for name, values in marks.items()}

    def _spread(self, values: np.ndarray, at: tuple) -> np.ndarray:
        out = np.full((len(self.who), len(KEYS)), False if values.dtype == bool else np.nan)
        out[at] = values
        return out

    @cached_property
    def rated(self) -> np.ndarray:
        return np.isfinite(self.marks["meant"] + self.marks["said"])

    def shown(self, at: int, parts: tuple) -> pd.DataFrame:
        """The lines of two parts of a sheet, as the rater filled them in."""
        rows = self.forms.iloc[np.flatnonzero(self.sheet == at)]
        rows = rows[np.isin(PART[rows["practice"].map(PLACE)], parts)]
        out = pd.DataFrame({"part": [NAMES[PART[PLACE[key]]] for key in rows["practice"]], "practice": list(rows["practice"]),
                            **{name: [number(value, 0) for value in rows[name]] for name in ("intention", "reality")}})
        if "applicable" in rows:
            out["applies"] = np.where(rows["applicable"] == 0, "no", "yes")
        if "evidence" in rows:
            out["evidence"] = [word if isinstance(word, str) and word.strip() else "–" for word in rows["evidence"]]
        return out


# ---- the score of a sheet: something idle, something without evidence, parts of unlike size -----------------


def _parts(d, chance) -> Iterator[dict]:
    """Two parts on one rater's sheet; first those where most of it can be done wrong."""
    marks, found = {**d.sheets.marks, "rated": d.sheets.rated}, []
    lines = {name: dict(zip(NAMES, (marks[name].astype(float) @ INSIDE).T, strict=True))
             for name in ("asked", "blank", "idle", "bare", "rated")}
    for one, other in PAIRS:
        rated = lines["rated"][one], lines["rated"][other]
        both = {name: of[one] + of[other] for name, of in lines.items()}
        fit = (rated[0] > 0) & (rated[1] > 0) & (both["asked"] >= FEWEST) & (both["asked"] <= MOST) & (both["blank"] == 0)
        snags = (both["idle"] > 0) + 1 * (both["bare"] > 0) + (rated[0] != rated[1])
        found.append(np.where(fit, snags, -1))
    cases = np.stack(found)
    for place in np.lexsort((chance.random(cases.size), -cases.ravel())):
        pair, at = divmod(int(place), cases.shape[1])
        if cases[pair, at] >= 0:
            yield _version(d.sheets.who.loc[at], at, PAIRS[pair])


def _version(who: pd.Series, at: int, parts: tuple) -> dict:
    kind, call = ("stage", "stages") if parts[0] in STAGES else ("element", "assessment")
    own = " & ".join(f'(table["{name}"] == {who[name]!r})' for name in who.index)
    both = [NAMES[part] for part in parts]
    code = (f'sheet = table[{own}]\nparts = crm.qci.{call}(sheet).table.set_index("{kind}")\n'
            f'answer = parts.loc[{both}, "score"].mean()')
    return {"at": at, "parts": parts, "one": both[0], "other": both[1], "kind": kind, "firm": who["firm"],
            "rater": who.get("rater", "one person"), "code": code}


def _mean(worth, where: str | None = None, pooled: bool = False):
    """The mean of the two parts, or of all practices; None where nothing on the sheet is so."""
    def of(d, at: int, parts: tuple, **_) -> float | None:
        marks = {name: values[at] for name, values in d.sheets.marks.items()}
        values = [worth(**{name: mark[part == PART] for name, mark in marks.items()}) for part in parts]
        values = [part[np.isfinite(part)] for part in values]
        absent = where and not marks[where][np.isin(PART, parts)].any()
        if absent or not all(len(part) for part in values) or pooled and len(values[0]) == len(values[1]):
            return None
        return POINTS * float(np.concatenate(values).mean() if pooled else np.mean([part.mean() for part in values]))
    return of


def _worth(meant, done, **_):
    return (meant + done) / 2


SCORED = Exercise(
    "score", versions=_parts, shows=lambda d, at, parts, **_: d.sheets.shown(at, parts), right=_mean(_worth), wrong={
        "zero": _mean(lambda idle, **marks: np.where(idle, 0.0, _worth(**marks)), "idle"),
        "believed": _mean(lambda meant, said, **_: (meant + said) / 2, "bare"),
        "struck": _mean(lambda bare, **marks: np.where(bare, np.nan, _worth(**marks)), "bare"),
        "pooled": _mean(_worth, pooled=True),
        "meant": _mean(lambda meant, **_: meant),
        "done": _mean(lambda done, **_: done),
        "steps": lambda d, **version: _mean(_worth)(d, **version) / POINTS,
    })


# ---- two raters --------------------------------------------------------------------------------------------


def _duos(d, chance) -> Iterator[dict]:
    """Two raters of a firm that the lesson does not show, where there is one."""
    who, rated = d.sheets.who, d.sheets.rated
    for firm in [*shuffled(d.others, chance), d.firm] if "rater" in who else []:
        for pair in combinations(shuffled(np.flatnonzero(who["firm"] == firm).tolist(), chance), 2):
            if (rated[pair[0]] & rated[pair[1]]).sum() >= COMMON:
                one, other = who["rater"].loc[list(pair)]
                code = (f'two = table[table["rater"].isin({[one, other]})]\n'
                        f'answer = crm.qci.raters(two, firm={firm!r}).headline()["kappa"]')
                yield {"pair": pair, "firm": firm, "one": one, "other": other, "code": code}


def _counts(d, pair: tuple, what: str = "said") -> np.ndarray:
    """A row per step of the one rater, a column per step of the other."""
    one, other = (d.sheets.marks[what][at] for at in pair)
    both = np.isfinite(one) & np.isfinite(other)
    out = np.zeros((STEPS, STEPS), int)
    np.add.at(out, (one[both].astype(int), other[both].astype(int)), 1)
    return out


def _crossed(d, pair: tuple, one: str, other: str, **_) -> pd.DataFrame:
    return pd.DataFrame(_counts(d, pair), [f"{one}: {step}" for step in range(STEPS)],
                        [f"{other}: {step}" for step in range(STEPS)]).rename_axis("reality").reset_index()


def _agreed(measure, what: str = "said"):
    return lambda d, pair, **_: float(measure(_counts(d, pair, what)))


KAPPA = Exercise("kappa", versions=_duos, shows=_crossed, right=_agreed(raters.kappa), wrong={
    "same": _agreed(lambda counts: np.trace(counts) / counts.sum()),
    "plain": _agreed(lambda counts: raters.kappa(counts, 1 - np.eye(STEPS))),
    "meant": _agreed(raters.kappa, "meant"),
})
