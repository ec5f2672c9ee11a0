"""SPSS and Stata files: labels become words and meanings, and declared missing codes keep their reasons."""

import warnings
from pathlib import Path

import pandas as pd

from crmlab.frame.cells import word
from crmlab.frame.errors import CrmlabError, counted, listed
from crmlab.sources.raw import counted_from, unreadable


def read(content: bytes, path: Path, prov: dict) -> tuple[pd.DataFrame, dict]:
    """The raw table with rows from 1, and the levels of its coded columns."""
    kind = "an SPSS file" if path.suffix.lower() == ".sav" else "a Stata file"
    try:
        import pyreadstat  # an extra
    except ImportError:
        raise CrmlabError(f"'{path.name}' is {kind}.",
                          "The package that reads it is not installed.",
                          'Say pip install "crmlab[spss]", or save the file as .xlsx.') from None
    reader = pyreadstat.read_sav if path.suffix.lower() == ".sav" else pyreadstat.read_dta
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about dates out of range in columns nobody may need
            frame, meta = reader(str(path), user_missing=True)
    except Exception as broken:  # pyreadstat has errors of its own for damaged files
        raise unreadable(path.name, kind, str(broken)) from None
    frame = counted_from(frame, 1)
    prov["meanings"] = {name: label for name, label in meta.column_names_to_labels.items() if label}
    levels = {}
    for name in list(frame):
        labels = meta.variable_value_labels.get(name, {})
        lost = _declared(frame[name], meta)
        frame[name] = _answered(frame[name], lost, labels, prov["notes"])
        declared = [code for code in labels if _declared(pd.Series([code], name=name), meta)[0]]
        levels[name] = {code: label for code, label in labels.items() if code not in declared}
    return frame, {name: labels for name, labels in levels.items() if labels}


def _declared(column: pd.Series, meta) -> pd.Series:
    """Where the cells are codes that the file declares missing."""
    lost = column.isin(meta.missing_user_values.get(column.name, []))
    for ends in meta.missing_ranges.get(column.name, []):
        same = ends["lo"] == ends["hi"] or column.map(type).eq(str).any()
        lost |= column == ends["lo"] if same else column.between(ends["lo"], ends["hi"])
    return lost


def _answered(column: pd.Series, lost: pd.Series, labels: dict, notes: list) -> pd.Series:
    """The column without its declared missing codes; each code is counted with its reason."""
    if not lost.any():
        return column
    counts = column[lost].value_counts(sort=False)
    reasons = [f"{labels.get(code, word(code))} ({counted(n, 'time')})" for code, n in counts.items()]
    notes.append(f"Declared missing in '{column.name}': {listed(reasons, quote=False)}.")
    return column.astype(object).where(~lost).infer_objects()
