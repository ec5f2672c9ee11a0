"""A filled form becomes the long table of assessments, read cell by cell.

A form is known by its header: the columns ``practice`` and ``statement``. In a workbook with a sheet for
each rater the header stands below a few lines; a csv form has it in the first row.
"""

import re
from pathlib import Path

import numpy as np
import pandas as pd

from crmlab.frame.errors import CrmlabError, counted
from crmlab.measures import tables
from crmlab.sources import adapting, answers, files, sheets, workbooks
from crmlab.sources.answers import Page, sentence
from crmlab.sources.files import Raw

NAMES = {"practice", "statement"}
SPARED = re.compile(r"^'(?=[=+@-])")  # the sign that keeps a word from being a formula


def recognised(data) -> str:
    """``"sheets"`` for a form with a sheet for each rater, ``"long"`` for one in one table, else nothing."""
    if not isinstance(data, str | Path) or not (path := Path(data).expanduser()).is_file():
        return ""
    if path.suffix.lower() == ".csv":
        with path.open("rb") as file:
            first = file.read(2000).replace(b"\0", b"").partition(b"\n")[0]  # utf-16 has a 0 in each letter
        return "long" if set(re.findall(r"\w+", first.decode("utf-8", "replace"))) >= NAMES else ""
    tops = workbooks.tops(path) if path.suffix.lower() == ".xlsx" else []
    if any(workbooks.header(rows) or workbooks.marked(rows) for rows in tops):
        return "sheets"
    return "long" if tops and tops[0] and set(tops[0][0]) >= NAMES else ""


def examined(kind: str, path: str | Path, columns: dict, scale,
             missing: list | None) -> tuple[pd.DataFrame, list[CrmlabError]]:
    """The table of assessments as far as it can be typed, and every problem of the form, by its cells."""
    read = workbooks.read if kind == "sheets" else _read
    raw, pages, problems = read(Path(path).expanduser(), columns)
    prov, frames = raw.prov, []
    prov["rows_read"] = sum(int(page.frame["practice"].notna().sum()) for page in pages)
    for page in pages:
        if not page.touched:
            prov["notes"].append(f"{sentence(page.who)} is not filled in and was left out.")
            continue
        page = page._replace(frame=adapting.without_codes(page.frame, missing or [], prov))
        frame, wrong, notes = answers.examined(page)
        frames.append(frame.set_axis([f"{page.title}!{row}" if page.title else row for row in frame.index]))
        problems += wrong
        prov["notes"] += notes
    if not frames:
        prov["rows_kept"] = 0
        return tables.stamp(pd.DataFrame(), prov), problems or [_empty(prov["title"], pages)]
    whole = pd.concat(frames).drop(columns="statement", errors="ignore")
    try:
        typed, further = sheets.examined(raw._replace(frame=whole), scale, unfinished=lambda typed: [])
    except CrmlabError:
        if not problems:
            raise
        prov["rows_kept"] = 0  # no answer is left, and each cell that was none says why
        return tables.stamp(pd.DataFrame(), prov), problems
    return typed, problems or further


def _empty(title: str, pages: list[Page]) -> CrmlabError:
    return CrmlabError("assessments: no practice is answered.",
                       f"'{title}' has {counted(len(pages), 'rater')}, none with an answer.",
                       "Fill in intention and reality for one practice at least.")


def _read(path: Path, columns: dict) -> tuple[Raw, list[Page], list[CrmlabError]]:
    """A form in one long table, with a page for each firm and rater."""
    raw = files.read(path)
    letters = {workbooks.word(name): workbooks.letter(place) for place, name in enumerate(raw.frame, 1)}
    raw = raw._replace(frame=files.named(raw.frame, path.name),
                       prov=tables.recorded(raw.prov | {"table": "assessments"}))
    raw = adapting.renamed(raw, columns)
    letters = {columns.get(own, own): place for own, place in letters.items()}
    sheets.complete(raw.frame)
    frame = _with_names(raw.frame)
    who = [name for name in ("firm", "rater", "wave") if name in frame]
    keys = [frame[name].map(workbooks.word) for name in who] or [pd.Series("", frame.index)]
    return raw, [Page("", _called(dict(zip(who, key, strict=False))), part, letters)
                 for key, part in frame.groupby(keys, sort=False)], []


def _with_names(frame: pd.DataFrame) -> pd.DataFrame:
    """Firm, rater and copy of the case as they were meant; a column nobody filled is none."""
    frame = frame.rename(columns={"copy": "arm"}) if "arm" not in frame else frame
    for name in [name for name in ("firm", "rater", "arm") if name in frame]:
        words = frame[name].map(workbooks.word).str.replace(SPARED, "", regex=True)
        frame = frame.assign(**{name: words.replace("", np.nan)}) if words.any() else frame.drop(columns=name)
    return frame


def _called(key: dict) -> str:
    rater, firm, wave = (key.get(name, "") for name in ("rater", "firm", "wave"))
    said = [f"rater '{rater}'" if rater else "the form", f"of '{firm}'" if firm else "",
            f"in {wave}" if wave else ""]
    return " ".join(filter(None, said))
