"""One way in: a public set, a simulated world or an own file, and the same validated table comes out."""

from pathlib import Path

import pandas as pd
from pandas.api.types import is_numeric_dtype

from crmlab.frame import schema
from crmlab.frame.errors import CrmlabError, counted, listed, unknown
from crmlab.measures import tables
from crmlab.sources import files, forms, ranges, sheets
from crmlab.sources.adapting import in_words, misspelt, nearest_item, renamed, thousands, without_codes
from crmlab.sources.datasets import DATASETS
from crmlab.sources.files import Raw
from crmlab.sources.raw import counted_from

LEAST_ROWS = 10
FEW_CLUSTERS = 30
NUMBERED = "There is no customer_id: the rows were numbered from 1."


def open_table(table: str, data, *, columns: dict | None = None, scale=None, missing: list | None = None,
               seed: int = 1, n: int | None = None, truth: dict | None = None) -> pd.DataFrame:
    """A validated table with its provenance in ``attrs["crmlab"]``; nothing is dropped or guessed in silence.

    Parameters
    ----------
    table : str
        Which canonical table: ``"survey"``, ``"dyads"`` or ``"assessments"``.
    data : str, Path or DataFrame
        A public set (``"mobi"``), a simulated world (``"world:survey"``), or an own file: csv, csv.gz, xlsx,
        parquet, sav, dta.
    columns : dict
        Own column name to crmlab's, as in ``{"CustNo": "customer_id", "Z1": "satisfaction_1"}``; ``"-"``
        leaves a column out.
    scale : str or tuple
        Lowest and highest answer: ``"1-7"``, ``(1, 7)`` or ``"satisfaction=1-7, loyalty=0-10"``. Not given, a
        usual scale is taken where the answers reach its top, and a note says so.
    missing : list
        Codes and words that mean no answer, such as ``[-99, "k. A."]``; an empty cell always does.
    seed, n, truth
        For worlds: the seed, the number of customers, the truth behind the data.

    Raises
    ------
    CrmlabError
        The first problem, with row numbers as in the spreadsheet; ``crmlab validate`` lists all.

    Examples
    --------
    >>> answers = pd.DataFrame({"satisfaction_1": [1, 5, 4, 5, 3] * 2, "loyalty_1": [1, 5, 5, 4, 2] * 2})
    >>> survey = open_table("survey", answers)
    >>> tables.provenance(survey)["notes"][-1]
    "The scale of satisfaction and loyalty was taken as 1 to 5, since the highest answer is 5: if that is not
    so, say scale='satisfaction=…'."
    """
    frame, problems = examined(table, data, columns=columns, scale=scale, missing=missing,
                               seed=seed, n=n, truth=truth)
    if problems:
        raise problems[0]
    return frame


def examined(table: str, data, *, columns=None, scale=None, missing=None, seed=1, n=None, truth=None):
    """The table as far as it can be typed, and every problem it has; what cannot be read at all is raised."""
    if table not in tables.TABLES:
        raise unknown("table", table, "crmlab", tables.TABLES)
    form = forms.recognised(data) if table == "assessments" and n is None and truth is None else ""
    if form:
        return forms.examined(form, data, columns or {}, scale, missing)
    raw = renamed(_found(table, data, seed, n, truth), columns or {})
    prov = raw.prov | {"table": table}
    prov["rows_read"] = prov["rows_read"] or len(raw.frame)
    if table == "assessments":
        return sheets.examined(raw._replace(prov=prov), scale, missing)
    _enough(raw.frame, prov)
    items = [item for spec in prov["constructs"].values() for item in spec["items"]]
    acts = {column.name for column in tables.TABLES[table].columns} - set(tables.MEMBERS)
    slips = misspelt(raw.frame, table)
    if not items and not acts & set(raw.frame):
        raise (slips or [_no_items(raw.frame, prov)])[0]
    frame = without_codes(raw.frame, missing or [], prov)
    asked = [*items, *acts & set(frame)]
    frame = in_words(_answered(_with_ids(frame, prov), asked, prov), items, raw.levels, prov)
    _enough(frame, prov)
    answers = pd.DataFrame({item: schema.numbers(frame[item]) for item in items})
    prov["constructs"], taken, doubtful = ranges.ranged(prov["constructs"], answers, scale, table)
    plan = tables.schema(frame, prov)
    typed, problems = plan.read(frame, raw.semicolons)
    problems = slips + problems + doubtful + _role_problems(frame, typed, table)
    prov["notes"] += thousands(frame[_numeric(typed)]) + taken + _few_clusters(typed)
    prov |= {"rows_kept": len(typed), "roles": [role for role in tables.ROLES if role in typed],
             "meanings": {column.name: column.meaning for column in plan.columns}}
    return tables.stamp(typed.reset_index(drop=True), prov), problems


def _found(table: str, data, seed: int, n: int | None, truth: dict | None) -> Raw:
    """The raw table behind the word, the path or the frame."""
    if isinstance(data, str) and data.startswith("world:"):
        return _world(table, data, seed, n, truth)
    if n is not None or truth is not None:
        raise CrmlabError("open_table: n and truth are for simulated worlds.",
                          f"The data here is '{_called(data)}'.",
                          'Leave them out, or say data="world:survey".')
    if isinstance(data, pd.DataFrame):
        return _framed(data)
    if isinstance(data, str) and data in DATASETS:
        known = DATASETS[data]
        if known.table != table:
            raise _other_table(table, data, known.table)
        raw = files.read(known.path())
        return raw._replace(prov=tables.recorded({**raw.prov, **known.provenance()}))
    return _own_file(data)


def _framed(data: pd.DataFrame) -> Raw:
    frame = counted_from(files.named(data, "the data frame"), 1)
    levels = {name: {level: schema.word(level) for level in frame[name].cat.categories}
              for name in frame if isinstance(frame[name].dtype, pd.CategoricalDtype)}
    given = data.attrs.get("crmlab", {"title": "a data frame", "source": "own data frame"})
    return Raw(frame, tables.recorded(given), levels)


def _own_file(data) -> Raw:
    if not isinstance(data, str | Path) or not str(data).strip():
        raise CrmlabError("open_table: data is a name, a path or a data frame.", f"Found {data!r}.",
                          'Say data="mobi", data="world:survey" or data="my/answers.csv".')
    path = Path(data).expanduser()
    if not path.exists() and not path.suffix and path.name == str(data):
        raise unknown("data set", str(data), "The catalogue", [*DATASETS, "world:survey"])
    raw = files.read(path)
    return raw._replace(frame=files.named(raw.frame, path.name), prov=tables.recorded(raw.prov))


def _world(table: str, data: str, seed: int, n: int | None, truth: dict | None) -> Raw:
    from crmlab.sources.worlds import WORLDS

    name = data.removeprefix("world:")
    if name not in WORLDS:
        raise unknown("world", name, "crmlab", WORLDS)
    asked = {key: value for key, value in (("n", n), ("truth", truth)) if value is not None}
    world = WORLDS[name](seed=seed, **asked)
    if table not in world.tables:
        raise _other_table(table, data, next(iter(world.tables)))
    return _framed(world.tables[table])


def _other_table(table: str, data: str, holds: str) -> CrmlabError:
    world = "firms" if table == "assessments" else table
    fitting = [name for name, known in DATASETS.items() if known.table == table] + [f"world:{world}"]
    return CrmlabError(f"'{data}' is no table of {table}.", f"It holds {holds}.",
                       f"For {table} there is {listed(fitting, quote=False)}, or a file of your own.")


def _called(data) -> str:
    return "a data frame" if isinstance(data, pd.DataFrame) else str(data)


def _with_ids(frame: pd.DataFrame, prov: dict) -> pd.DataFrame:
    if "customer_id" in frame:
        return frame
    prov["notes"].append(NUMBERED)
    numbered = frame.copy()
    numbered.insert(0, "customer_id", range(1, len(frame) + 1))
    return numbered


def _answered(frame: pd.DataFrame, items: list[str], prov: dict) -> pd.DataFrame:
    """The rows with at least one answer; the others are counted and named."""
    silent = frame[items].isna().all(axis=1)
    if silent.any():
        rows = [int(row) for row in frame.index[silent]]
        prov["dropped"].append({"reason": "no item answered", "count": len(rows), "rows": rows})
    return frame[~silent]


def _enough(frame: pd.DataFrame, prov: dict) -> None:
    if len(frame) < LEAST_ROWS:
        rows = counted(len(frame), "row") + (" with an answer" if prov["dropped"] else "")
        raise CrmlabError(f"{prov['table']}: there are too few rows.",
                          f"'{prov['title']}' has {rows}, and {LEAST_ROWS} are the least.",
                          "Ask more customers first.")


def _no_items(frame: pd.DataFrame, prov: dict) -> CrmlabError:
    near = nearest_item(frame)
    remedy = f"Say which column asks what, as in columns={dict([near])}." if near else (
        "Add the answers, a column for each question, such as 'satisfaction_1' and 'loyalty_1'.")
    return CrmlabError(f"{prov['table']}: '{prov['title']}' has no items.",
                       f"Its columns are {listed(frame, 30)}.", remedy)


def _numeric(frame: pd.DataFrame) -> list[str]:
    return [name for name in frame if is_numeric_dtype(frame[name])]


def _few_clusters(frame: pd.DataFrame) -> list[str]:
    clusters = frame["cluster"].nunique() if "cluster" in frame else FEW_CLUSTERS
    return [f"{'There is' if clusters == 1 else 'There are'} {counted(clusters, 'cluster')}: with fewer than {FEW_CLUSTERS}, intervals that respect them "
            "are rough."] if clusters < FEW_CLUSTERS else []


def _role_problems(raw: pd.DataFrame, frame: pd.DataFrame, table: str) -> list[CrmlabError]:
    """A role speaks for its whole row, so it may not be empty; and a customer answers once."""
    problems = []
    for role in ("customer_id", "cluster", "weight", "wave"):
        if role in raw and raw[role].isna().any():
            problems.append(CrmlabError(
                f"{table}: column '{role}' has empty cells.", f"Look at {_rows(raw, raw[role].isna())}.",
                "Fill them, or map the column to '-' in columns to leave it out."))
    if "weight" in frame and (frame["weight"] == 0).any():
        problems.append(CrmlabError(
            f"{table}: a weight is above 0.", f"It is 0 in {_rows(frame, frame['weight'] == 0)}.",
            "Remove these rows from the file, or correct the weights."))
    key = ["customer_id", "wave"] if "wave" in frame else ["customer_id"]
    again = frame.duplicated(key, keep=False) & frame["customer_id"].notna()
    if "cluster" not in frame and again.any():
        problems.append(CrmlabError(
            f"{table}: a customer_id stands in more than one row; answers of one customer are not "
            "independent.",
            f"Look at {_rows(frame, again)}: {listed(frame.loc[again, 'customer_id'].unique())}.",
            "Remove the copies, or map a column on 'wave' or 'cluster' that tells the rows apart."))
    return problems


def _rows(frame: pd.DataFrame, where: pd.Series) -> str:
    rows = frame.index[where]
    return f"{'row' if len(rows) == 1 else 'rows'} {listed(rows, quote=False)}"
