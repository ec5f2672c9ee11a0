"""A folder of filled forms as one table of assessments: a row for each person and practice, and no file lost."""

import re
from hashlib import sha256
from pathlib import Path

import pandas as pd

from crmlab.frame.errors import CrmlabError, counted, listed
from crmlab.measures import tables
from crmlab.sources import files, forms, sheets
from crmlab.sources.files import Raw

SAID = re.compile(r"names no rater|names a firm|There is no column '(firm|rater)'")  # of one form; here others name them
UNNAMED = re.compile(r"rater ?\d+", re.IGNORECASE)  # what a form calls a person who gave no name


def recognised(data) -> bool:
    """Whether it is a folder with a form in it, however deep."""
    return isinstance(data, str | Path) and Path(data).expanduser().is_dir() and any(map(_form, inside(data)))


def _form(path: Path) -> bool:
    try:
        return bool(forms.recognised(path)) or {"practice", *sheets.STEPS[:2]} <= set(files.read(path).frame)
    except CrmlabError:
        return False


def inside(folder: str | Path) -> list[Path]:
    """The files of a folder and of those in it, in order, without what an open program leaves beside a file."""
    return sorted(path for path in Path(folder).expanduser().rglob("*")
                  if path.is_file() and not path.name.startswith((".", "~$")))


def examined(folder: str | Path, columns: dict, scale,
             missing: list | None) -> tuple[pd.DataFrame, list[CrmlabError]]:
    """The table of all forms that can be read. The others are counted and named; all of them broken are problems."""
    folder = Path(folder).expanduser()
    read, problems, remarks, shas = {}, {}, [], {}
    for path in inside(folder):
        name = path.relative_to(folder).as_posix()
        digest = sha256(path.read_bytes()).hexdigest()
        if digest in shas:
            remarks.append(f"{name} is a copy of {shas[digest]} and was left out.")
            continue
        shas[digest] = name
        try:
            frame, wrong = forms.examined(forms.recognised(path) or "long", path, columns, scale, missing)
        except CrmlabError as fatal:
            frame, wrong = None, [fatal]
        if wrong:
            problems[name] = [CrmlabError(f"{name}: {one.wrong}", one.found, one.remedy) for one in wrong]
        else:
            read[name] = frame
            remarks += [f"{name}: {note}" for note in tables.provenance(frame)["notes"] if not SAID.search(note)]
    prov = _provenance(folder.resolve().name, read, problems, shas)
    if not read:
        return tables.stamp(pd.DataFrame(), prov), [one for wrong in problems.values() for one in wrong]
    prov["files"] = [f"Left out, {one}" for wrong in problems.values() for one in wrong] + remarks
    whole = _one_firm(_apart(read, prov), prov)
    return sheets.examined(Raw(whole, prov), None, None, unfinished=lambda typed: [])


def _provenance(name: str, read: dict, problems: dict, shas: dict) -> dict:
    prov = tables.recorded({"title": f"{name}, {counted(len(read), 'form')}", "source": "own files", "file": name,
                            "table": "assessments", "sha256": sha256("".join(shas).encode()).hexdigest()})
    prov["rows_read"] = prov["rows_kept"] = sum(map(len, read.values()))
    if problems:
        prov["dropped"].append({"reason": "not to be read as forms", "count": len(problems), "rows": list(problems),
                                "unit": "file"})
    return prov


def _apart(read: dict, prov: dict) -> pd.DataFrame:
    """All forms in one frame; who gave no name is called as the file, and two of one name are told apart by it."""
    frames, met = [], {}
    for name, frame in read.items():
        stem = re.sub(r"\.\w+(\.gz)?$", "", name)
        alone = frame["rater"].nunique() == 1
        called = {}
        for rater in frame["rater"].unique():
            own = rater
            if UNNAMED.fullmatch(str(rater)):
                own = stem if alone else f"{stem}, {rater}"
                prov["files"].append(f"{name} names nobody: its rater is called '{own}'.")
            if own.casefold() in met:
                prov["files"].insert(0, f"{name} names one who is called as in {met[own.casefold()]}, '{own}': both were kept; "
                                     "remove one if it is the same person.")
                own = f"{own} ({name})"
            met[own.casefold()] = name
            called[rater] = own
        frames.append(frame.assign(rater=frame["rater"].map(called)).set_axis([f"{name}!{row}" for row in frame.index]))
    return pd.concat([frame.astype({name: object for name in frame.select_dtypes("category")}) for frame in frames])


def _one_firm(whole: pd.DataFrame, prov: dict) -> pd.DataFrame:
    """The firm written in one way, and given to forms that name none where all the others name the same."""
    bare = whole["firm"].map(lambda name: " ".join(str(name).split()).casefold())
    most = whole["firm"].groupby(bare).agg(lambda names: names.value_counts().index[0])
    named = [key for key in most.index if key != sheets.ABSENT["firm"]]
    if len(named) == 1 and len(most) == 2:
        prov["notes"].append(f"Forms that name no firm were taken as those of '{most[named[0]]}'.")
        most[sheets.ABSENT["firm"]] = most[named[0]]
    if len(named) > 1:
        prov["notes"].append(f"The forms name {len(named)} firms: {listed(most[named], 9)}. If they are one, write one name "
                             "into all.")
    return whole.assign(firm=bare.map(most))

