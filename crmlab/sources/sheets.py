"""Assessments in long format: a row per firm, rater and practice; what is filled in partly is counted.

A form with a sheet per rater becomes such a table first, and then goes the same way.
"""

import pandas as pd

from crmlab.frame.errors import CrmlabError, counted, did_you_mean, listed
from crmlab.measures import casebook, tables
from crmlab.measures.scorecard import KEYS
from crmlab.sources.adapting import in_words, without_codes
from crmlab.sources.files import Raw

OWN = {column.name: column for column in tables.ASSESSMENTS.columns}
STEPS = ("intention", "reality", "applicable", "importance", "effort")
KEY = ("firm", "rater", "practice", "wave")
OF_THE_FIRM = ("sector", "performance")
ABSENT = {"firm": "our firm", "rater": "rater 1"}


def examined(raw: Raw, scale=None, missing: list | None = None,
             unfinished=None) -> tuple[pd.DataFrame, list[CrmlabError]]:
    """The table of assessments as far as it can be typed, and every problem it has.

    ``unfinished`` gives the notes on practices without answers, where a form names their cells itself.
    """
    if scale is not None and scale != "":
        raise CrmlabError(
            "assessments: the scale is fixed.",
            f"Found scale = {scale!r}.",
            "Intention and reality go from 0 to 4; recode other answers first.",
        )
    prov = raw.prov
    complete(raw.frame)
    frame = _dealt(_named(without_codes(raw.frame, missing or [], prov), prov))
    frame = in_words(frame, [name for name, own in OWN.items() if own.kind != "category"], raw.levels, prov)
    plan = tables.schema(frame, prov)
    typed, problems = plan.read(frame)
    problems += [*_unnamed(frame), *_strangers(typed), *_between(typed), *_twice(typed), *_unsteady(typed), *_uncopied(typed)]
    again = any("will not be scored" in note for note in prov["notes"])  # counted when it was first opened
    prov["notes"] += [] if again else (unfinished or _unfinished)(typed)
    prov |= {
        "rows_kept": len(typed),
        "roles": [role for role in ("wave",) if role in typed],
        "meanings": {column.name: column.meaning for column in plan.columns},
    }
    if not problems and not _answered(typed).any():
        raise CrmlabError(
            "assessments: no practice is answered.",
            f"'{prov['title']}' has {counted(len(typed), 'row')}, none with intention and reality.",
            "Fill in both for one practice at least.",
        )
    return tables.stamp(typed.reset_index(drop=True), prov), problems


def complete(frame: pd.DataFrame) -> None:
    """Refuse a table without practices, intention or reality."""
    lacking = [name for name, own in OWN.items() if own.required and name not in frame]
    if lacking:
        raise CrmlabError(f"assessments: there is no column '{lacking[0]}'.", f"The columns are {listed(frame, 30)}.",
                          did_you_mean(lacking[0], frame) or "Add it, or map one of these on it in columns.")


def _named(frame: pd.DataFrame, prov: dict) -> pd.DataFrame:
    """Firm and rater get a name where the file speaks of one only."""
    for name in reversed([name for name in ABSENT if name not in frame]):
        frame = frame.copy()
        frame.insert(0, name, ABSENT[name])
        prov["notes"].append(
            f"There is no column '{name}': all rows were taken as those of '{ABSENT[name]}'."
        )
    return frame


def _dealt(frame: pd.DataFrame) -> pd.DataFrame:
    """Which copy of the case was read, in our words, however it is spelled; what is no copy stays."""
    if "arm" not in frame:
        return frame
    said = frame["arm"].astype(object)
    return frame.assign(arm=said.map(casebook.arm_of, na_action="ignore").fillna(said))


def _uncopied(typed: pd.DataFrame) -> list[CrmlabError]:
    if "arm" not in typed:
        return []
    strange = typed["arm"].notna() & ~typed["arm"].isin(list(casebook.arms()))
    return [
        CrmlabError(
            "assessments: column 'arm' tells which copy of the case was read.",
            f"{_rows(typed, strange).capitalize()} {'reads' if strange.sum() == 1 else 'read'}"
            f" {listed(typed.loc[strange, 'arm'].unique())}.",
            f"Write {' or '.join(casebook.signs())}, the letter at its foot.",
        )
    ] if strange.any() else []


def _answered(typed: pd.DataFrame) -> pd.Series:
    return typed[["intention", "reality"]].notna().all(axis=1)


def _unfinished(typed: pd.DataFrame) -> list[str]:
    """Rows that apply and lack an answer stay; the scores leave them out, and the table says so."""
    asked = typed["applicable"] != 0 if "applicable" in typed else pd.Series(True, index=typed.index)
    open_ = asked & ~_answered(typed)
    if not open_.any():
        return []
    lack = "lacks" if open_.sum() == 1 else "lack"
    return [
        f"{counted(int(open_.sum()), 'row')} {lack} intention or reality and will not be scored: "
        f"{_rows(typed, open_)}."
    ]


def _unnamed(frame: pd.DataFrame) -> list[CrmlabError]:
    return [
        CrmlabError(
            f"assessments: column '{name}' has empty cells.",
            f"Look at {_rows(frame, frame[name].isna())}.",
            "Fill them, so that each row has its place.",
        )
        for name in KEY
        if name in frame and frame[name].isna().any()
    ]


def _strangers(typed: pd.DataFrame) -> list[CrmlabError]:
    strange = typed["practice"].notna() & ~typed["practice"].isin(KEYS)
    if not strange.any():
        return []
    words = list(typed.loc[strange, "practice"].unique())
    reads = "reads" if strange.sum() == 1 else "read"
    return [
        CrmlabError(
            "assessments: column 'practice' holds keys that the model does not have.",
            f"{_rows(typed, strange).capitalize()} {reads} {listed(words)}.",
            did_you_mean(words[0], KEYS) or f"The keys run from {KEYS[0]} to {KEYS[-1]}.",
        )
    ]


def _between(typed: pd.DataFrame) -> list[CrmlabError]:
    """Answers between two steps."""
    problems = []
    for name in STEPS:
        if name in typed and (typed[name] % 1 > 0).any():
            where = typed[name] % 1 > 0
            reads = "reads" if where.sum() == 1 else "read"
            values = listed([f"{value:g}" for value in typed.loc[where, name].unique()])
            problems.append(
                CrmlabError(
                    f"assessments: column '{name}' holds answers between two steps.",
                    f"{_rows(typed, where).capitalize()} {reads} {values}.",
                    f"Give whole numbers, {OWN[name].range}.",
                )
            )
    return problems


def _twice(typed: pd.DataFrame) -> list[CrmlabError]:
    key = [name for name in KEY if name in typed]
    again = typed.duplicated(key, keep=False) & typed[key].notna().all(axis=1)
    if not again.any():
        return []
    return [
        CrmlabError(
            "assessments: a rater answers a practice more than once.",
            f"Look at {_rows(typed, again)}: {listed(typed.loc[again, 'practice'].unique())}.",
            "Remove the copies, or tell the rows apart by 'firm', 'rater' or 'wave'.",
        )
    ]


def _unsteady(typed: pd.DataFrame) -> list[CrmlabError]:
    """What is said of a firm is the same in all its rows of a year."""
    problems = []
    key = [name for name in ("firm", "wave") if name in typed]
    for name in OF_THE_FIRM:
        if name not in typed:
            continue
        different = typed.groupby(key, observed=True)[name].nunique()
        if (different > 1).any():
            firm = different.index[different > 1][0]
            firm = firm if isinstance(firm, str) else firm[0]
            values = typed.loc[typed["firm"] == firm, name].dropna().unique()
            problems.append(
                CrmlabError(
                    f"assessments: '{name}' speaks of the firm and differs between its rows.",
                    f"Firm '{firm}' has {listed([str(value) for value in values])}.",
                    "Write the same value into all rows of a firm.",
                )
            )
    return problems


def _rows(frame: pd.DataFrame, where: pd.Series) -> str:
    rows = frame.index[where]
    return f"{'row' if len(rows) == 1 else 'rows'} {listed(rows, quote=False)}"
