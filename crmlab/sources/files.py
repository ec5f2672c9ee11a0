"""Files as people have them: each format becomes a raw table whose index carries the rows a person sees."""

import csv
import gzip
import hashlib
import io
import math
import re
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from crmlab.frame.cells import number, word
from crmlab.frame.errors import CrmlabError, listed, unknown
from crmlab.sources import books, shapes, spss
from crmlab.sources.raw import counted_from, unreadable

CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ufffe\uffff]")
BYTE_ORDER = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
LIMIT = 8


class Raw(NamedTuple):
    """A table before anybody looked at it; ``levels`` are the words of coded columns, in order.

    ``decimal`` is the decimal sign, where the reader told it; ``others`` are the sheets of a workbook that were
    not read, each with its title and its first row; ``called`` has the names of the file for renamed columns.
    """

    frame: pd.DataFrame
    prov: dict
    levels: dict = {}
    decimal: str = ""
    others: tuple = ()
    called: dict = {}


def read(path: str | Path) -> Raw:
    """The file as a raw table with title, file name, sha256 and notes."""
    path = Path(path)
    ending = _ending(path)
    if path.is_dir():
        raise _folder(path)
    if not path.is_file():
        raise _missing(path)
    if ending not in FORMATS:
        raise CrmlabError(f"'{path.name}' cannot be read as a table.",
                          f"crmlab reads {listed(FORMATS, 9, False)}.",
                          "Save it as .xlsx or .csv first.")
    content = path.read_bytes()
    if not content:
        shapes.table([], path.name)
    if marked := shapes.marked_up(content, path.name):
        raise marked
    prov = {"title": path.name, "source": "own file", "file": path.name, "notes": [],
            "sha256": hashlib.sha256(content).hexdigest(), "meanings": {}}
    frame, *more = FORMATS[ending](content, path, prov)
    return Raw(frame, prov, *more)


def named(frame: pd.DataFrame, file: str) -> pd.DataFrame:
    """The frame with plain text names; two alike, or none above a filled column, are refused."""
    names = [_name(name) for name in frame.columns]
    frame = frame.set_axis(range(len(names)), axis=1)
    for place, name in enumerate(names):
        if not name and (frame[place].notna() & (frame[place] != "")).any():
            raise CrmlabError(f"'{file}' has a column without a name.",
                              f"Column {place + 1} holds values below an empty first row.",
                              f"Give every column a name in the first row{_rest(frame[place].iloc[0])}.")
    kept = [place for place, name in enumerate(names) if name]
    for name in dict.fromkeys(names):
        places = [place + 1 for place in kept if names[place] == name]
        if len(places) > 1:
            raise CrmlabError(f"'{file}' has more than one column '{name}'.",
                              f"Columns {listed(places, quote=False)} share the name.",
                              "Give every column a name of its own in the file.")
    return frame[kept].set_axis([names[place] for place in kept], axis=1)


def _name(name) -> str:
    """The name of a column as text; of one with several levels, those that are there, joined by a line.

    >>> _name(("trust", 1)), _name(2024.0), _name(None)
    ('trust_1', '2024', '')
    """
    if isinstance(name, tuple):
        return "_".join(filter(None, map(_name, name)))
    return "" if pd.isna(name) else word(name).strip()


def _rest(first) -> str:
    """What is said where the row below the names holds words."""
    spoken = isinstance(first, str) and first.strip() and math.isnan(number(first))
    return ", and delete the row below if it holds the rest of the names" if spoken else ""


def _csv(content: bytes, path: Path, prov: dict):
    text = _decoded(content, path.name, prov)
    first, _, rest = text.partition("\n")
    # Excel writes such a line itself and never shows it
    hint = re.fullmatch(r'"?sep=(.)"?', first.strip("\r"), re.IGNORECASE)
    text, first = (rest, rest.partition("\n")[0]) if hint else (text, first)
    signs = "\t" if path.suffix.lower() == ".tsv" and "\t" in first else ",;\t|"
    delimiter = hint[1] if hint else max(signs, key=re.sub(r'"[^"]*"', "", first).count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as broken:
        raise unreadable(path.name, "a csv file", str(broken)) from None
    return shapes.table(rows, path.name, delimiter), {}


def _csv_gz(content: bytes, path: Path, prov: dict):
    try:
        return _csv(gzip.decompress(content), path, prov)
    except (OSError, EOFError) as broken:
        raise unreadable(path.name, "a gzip file", str(broken)) from None


def _decoded(content: bytes, file: str, prov: dict) -> str:
    """UTF-8 or what the first bytes announce; else the Windows habit, which is said aloud."""
    if content[:4] == b"PK\x03\x04":
        raise CrmlabError(f"'{file}' is not a csv file.", "It begins like an Excel or zip file.",
                          "Give it the ending .xlsx, or unpack it first.")
    if content[:2] == b"\x1f\x8b":
        raise CrmlabError(f"'{file}' is not a csv file.", "It begins like a gzip file.",
                          "Give it the ending .csv.gz, or unpack it first.")
    announced = next((code for mark, code in BYTE_ORDER.items() if content.startswith(mark)), None)
    for code in [announced] if announced else ["utf-8", "cp1252"]:
        try:
            text = content.decode(code)
        except UnicodeDecodeError:
            continue
        if not CONTROL.search(text):
            if code == "cp1252":
                prov["notes"].append("The file is not UTF-8 and was read as Windows-1252 (Latin-1): "
                                     "look at its umlauts.")
            return text.lstrip("\ufeff")  # two programs may have marked it, one after the other
    raise CrmlabError(f"'{file}' is not a text file.", "It holds bytes that stand for no letter.",
                      "Save it again as 'CSV UTF-8', or give it its true ending.")


def _xlsx(content: bytes, path: Path, prov: dict):
    if locked := books.locked(content, path.name):
        raise locked
    try:
        rows, others = books.rows(content, path.name, prov)
    except CrmlabError:
        raise
    except Exception as broken:  # openpyxl lets through whatever a damaged archive raises
        raise unreadable(path.name, "an Excel file", str(broken)) from None
    return shapes.table(rows, path.name), {}, "", others


def _parquet(content: bytes, path: Path, prov: dict):
    import pyarrow.parquet  # slow to load

    try:
        table = pyarrow.parquet.ParquetFile(io.BytesIO(content)).read()
        frame = table.to_pandas(ignore_metadata=True)  # in which other versions of pandas name types of their own
    except Exception as broken:  # pyarrow has an error of its own for each way to be damaged
        raise unreadable(path.name, "a parquet file", str(broken)) from None
    unnamed = [name for name in frame if re.fullmatch(r"__index_level_\d+__", str(name))]
    return counted_from(frame.drop(columns=unnamed), 1), {}


def _statistical(content: bytes, path: Path, prov: dict):
    return spss.read(content, path, prov)


FORMATS = {".csv": _csv, ".csv.gz": _csv_gz, ".tsv": _csv, ".xlsx": _xlsx, ".parquet": _parquet, ".sav": _statistical,
           ".dta": _statistical}


def _ending(path: Path) -> str:
    name = path.name.lower()
    return next((ending for ending in FORMATS if name.endswith(ending)), path.suffix)


def _tables_in(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir() if _ending(file) in FORMATS)


def _folder(path: Path) -> CrmlabError:
    inside = _tables_in(path)
    found = f"It holds {listed(inside, LIMIT)}." if inside else "It holds no table."
    return CrmlabError(f"'{path.resolve().name}' is a folder.", found, "Name one file.")


def _missing(path: Path) -> CrmlabError:
    if not path.parent.is_dir():
        return CrmlabError(f"There is no file '{path}'.", f"There is no folder '{path.parent}' either.",
                           "Check the path, or give the whole of it.")
    inside, folder = _tables_in(path.parent), path.parent.resolve().name
    if not inside:
        return CrmlabError(f"There is no file '{path.name}'.", f"The folder '{folder}' holds no table.",
                           "Check the path, or give the whole of it.")
    return unknown("file", path.name, f"The folder '{folder}'", inside)
