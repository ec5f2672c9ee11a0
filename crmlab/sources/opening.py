"""One way in: a public set, a simulated world or an own file, and the same validated table comes out."""

from pathlib import Path

import pandas as pd
from pandas.api.types import is_numeric_dtype

from crmlab.frame.cells import numbers, word
from crmlab.frame.errors import CrmlabError, counted, listed, unknown
from crmlab.measures import ids, tables
from crmlab.sources import files, folders, forms, guess, labels, logs, ranges, refused, remarks, sheets
from crmlab.sources.adapting import ORDERED, in_words, mapping, misspelt, odd_counts, renamed, thousands, without_codes
from crmlab.sources.datasets import DATASETS
from crmlab.sources.files import Raw
from crmlab.sources.raw import counted_from, decided, flat, plain

FEW_CLUSTERS = 30
NUMBERED = "There is no customer_id: the rows were numbered from 1."


def open_table(table: str, data, *, columns: dict | None = None, scale=None, missing: list | None = None,
               decimal: str | None = None, seed: int = 1, n: int | None = None, truth: dict | None = None, refunds: str = "subtract",
               duplicates: str = "keep", incomplete: str = "refuse", timezone: str | None = None, until=None,
               dates: str | None = None, currency: str = "", count: dict | str | None = None) -> pd.DataFrame:
    """A validated table with its provenance in ``attrs["crmlab"]``; nothing is dropped or guessed in silence.

    Parameters
    ----------
    table : str
        Which canonical table: ``"survey"``, ``"dyads"``, ``"transactions"`` or ``"assessments"``.
    data : str, Path or DataFrame
        A public set (``"mobi"``), a simulated world (``"world:survey"``), or an own file: csv, csv.gz, xlsx,
        parquet, sav, dta; for assessments also a folder of filled forms.
    columns : dict
        Own column name to crmlab's, as in ``{"CustNo": "customer_id", "Z1": "satisfaction_1"}``; ``"-"``
        leaves a column out.
    scale : str or tuple
        Lowest and highest answer: ``"1-7"``, ``(1, 7)`` or ``"satisfaction=1-7, loyalty=0-10"``. Not given, a
        usual scale is taken where the answers reach its top, and a note says so.
    missing : list
        Codes and words that mean no answer, such as ``[-99, "k. A."]``; an empty cell always does.
    decimal : str
        ``"point"`` or ``"comma"``, where all marked numbers of a column have three digits after the sign: 2.798 is 2798
        or 2 and a bit.
    seed, n, truth
        For worlds: the seed, the number of customers, the truth behind the data.
    refunds : str
        For transactions, as all that follows. Amounts below 0: ``"subtract"`` lets them lower the value (they
        are no purchases), ``"drop"`` leaves them out, ``"refuse"`` stops.
    duplicates : str
        Exact copies of a row: ``"keep"`` (several lines a day are normal), ``"drop"``, ``"refuse"``.
    incomplete : str
        Rows without customer, date or amount: ``"refuse"`` or ``"drop"``.
    timezone : str
        An IANA name such as ``"Europe/Berlin"``: where dates with an offset are looked at before the calendar
        day is taken. Not given, dates with one offset are taken as written, and those with several refused.
    until : str
        The last day that is kept, such as ``"2024-05-31"``; without it no row may lie in the future.
    dates : str
        ``"day first"`` or ``"month first"`` where 05/06/2024 could be either.
    currency : str
        What amounts are in, such as ``"EUR"``; not given, the sign that stands beside them, if one does.
    count : dict or str
        Which rows are purchases, where a column tells states: ``{"Status": ["paid"]}``, or ``"Status=paid|shipped"``.
        ``"all"`` takes every row; ``{"Order": "first"}`` takes the first row of each order.

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
    frame, problems = examined(table, data, columns=columns, scale=scale, missing=missing, decimal=decimal, seed=seed, n=n,
                               truth=truth, refunds=refunds, duplicates=duplicates, incomplete=incomplete,
                               timezone=timezone, until=until, dates=dates, currency=currency, count=count)
    if problems:
        raise problems[0]
    return frame


def examined(table: str, data, *, columns=None, scale=None, missing=None, seed=1, n=None, truth=None, decimal=None,
             **decisions):
    """The table as far as it can be typed, and every problem it has; what cannot be read at all is raised."""
    if table not in tables.TABLES:
        raise unknown("table", table, "crmlab", tables.TABLES)
    how = logs.Decisions(**decisions).checked(table)
    columns = mapping(columns)
    own = table == "assessments" and n is None and truth is None and not (isinstance(data, str) and data in DATASETS)
    if own and folders.recognised(data):
        return folders.examined(data, columns, scale, missing)
    if form := forms.recognised(data) if own else "":
        return forms.examined(form, data, columns, scale, missing)
    raw = _found(table, data, seed, n, truth)
    frame, sign = decided(flat(raw.frame, columns, raw.prov), decimal, columns, raw.prov)
    raw = raw._replace(frame=frame, decimal=sign)
    if table == logs.TABLE:
        return logs.examined(raw, columns, missing, how)
    raw = renamed(raw, columns)
    prov = raw.prov | {"table": table}
    prov["rows_read"] = prov["rows_read"] or len(raw.frame)
    frame, said, damaged = ids.guarded(remarks.flags(raw.frame, prov), tables.TABLES[table], missing or [])
    raw, prov["notes"] = raw._replace(frame=frame), [*prov["notes"], *said]
    if table == "assessments":
        frame, problems = sheets.examined(raw._replace(prov=prov), scale, missing)
        return frame, damaged + problems
    typed, problems = _asked(raw._replace(prov=prov), table, scale, missing)
    return typed, damaged + problems


def _asked(raw: Raw, table: str, scale, missing) -> tuple[pd.DataFrame, list[CrmlabError]]:
    """A table of questions or deeds as far as it can be typed, and every problem it has."""
    prov = raw.prov
    items = [item for spec in prov["constructs"].values() for item in spec["items"]]
    acts = {column.name for column in tables.TABLES[table].columns} - set(tables.MEMBERS)
    slips = misspelt(raw.frame, table)
    if not items and not acts & set(raw.frame):
        raise (slips or [refused.no_items(raw)])[0]
    if extra := refused.second_names(raw.frame, items, table) or refused.foot(raw.frame, items, table):
        raise extra[0]
    refused.enough(raw.frame, raw)
    prov["notes"] += [*remarks.twice(raw.frame), *remarks.unfinished(raw.frame)]
    frame = without_codes(raw.frame, missing or [], prov)
    given = ranges.said(scale, list(prov["constructs"]))
    on = {item: given[name] for name, spec in prov["constructs"].items() if name in given for item in spec["items"]}
    frame, levels = labels.without(frame, raw.levels, on, prov)
    asked = [*items, *acts & set(frame)]
    frame = in_words(_answered(_with_ids(frame, prov), asked, prov), items, levels, prov)
    refused.enough(frame, raw)
    answers = pd.DataFrame({item: numbers(frame[item]) for item in items})
    levels = {name: said for name, said in levels.items() if not isinstance(raw.frame[name].dtype, pd.CategoricalDtype)}
    labelled, unlike = labels.scales(prov["constructs"], levels, given, table, answers)
    turned = labels.downward(prov["constructs"], levels, raw.called, table) + unlike
    prov["constructs"], taken, doubtful = ranges.ranged(prov["constructs"], answers, given, labelled, table)
    plan = tables.schema(frame, prov)
    typed, problems = plan.read(frame)
    problems = slips + turned + problems + doubtful + refused.roles(frame, typed, table)
    prov["notes"] += thousands(frame[_numeric(typed)]) + taken + _few_clusters(typed)
    prov["notes"] += odd_counts(typed.set_axis(frame.index)) if table == "dyads" else []
    prov |= {"rows_kept": len(typed), "roles": [role for role in tables.ROLES if role in typed],
             "meanings": {column.name: column.meaning for column in plan.columns}}
    return tables.stamp(typed.reset_index(drop=True), prov), problems


def recognised(path: str | Path, columns: dict | None = None) -> str:
    """The table that a file looks like, as a form or by the names of its columns; without a sign it is a survey."""
    if forms.recognised(path) or folders.recognised(path):
        return "assessments"
    names = _own_file(path, "survey").frame.columns
    called = [(columns or {}).get(name, name) for name in names]
    if guess.recognised(called):
        return logs.TABLE
    if {"practice", "intention", "reality"} <= set(called):
        return "assessments"
    questions = tables.constructs_in(called)
    counts = "orders" in called or not questions and any(map(ORDERED.search, called))
    return "dyads" if counts else "survey"


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
        known = DATASETS[data].get(table)
        if known is None:
            raise _other_table(table, data, DATASETS[data])
        raw = files.read(known.path())
        return raw._replace(prov=tables.recorded({**raw.prov, **known.provenance()}))
    return _own_file(data, table)


def _framed(data: pd.DataFrame) -> Raw:
    frame = plain(counted_from(files.named(data, "the data frame"), 1))
    levels = {name: {level: word(level) for level in frame[name].cat.categories}
              for name in frame if isinstance(frame[name].dtype, pd.CategoricalDtype)}
    given = data.attrs.get("crmlab", {"title": "a data frame", "source": "own data frame"})
    return Raw(frame, tables.recorded(given), levels)


def _own_file(data, table: str) -> Raw:
    if not isinstance(data, str | Path) or not str(data).strip():
        raise CrmlabError("open_table: data is a name, a path or a data frame.", f"Found {data!r}.",
                          'Say data="mobi", data="world:survey" or data="my/answers.csv".')
    path = Path(data).expanduser()
    if not path.exists() and not path.suffix and path.name == str(data):
        raise unknown("data set", str(data), "The catalogue", [*DATASETS, *_worlds(table)])
    raw = files.read(path)
    try:
        return raw._replace(frame=files.named(raw.frame, path.name), prov=tables.recorded(raw.prov))
    except CrmlabError as unnamed:
        remedy = refused.elsewhere(raw._replace(frame=raw.frame.dropna(axis=1, thresh=2)))
        raise CrmlabError(unnamed.wrong, unnamed.found, remedy or unnamed.remedy) from None


def _world(table: str, data: str, seed: int, n: int | None, truth: dict | None) -> Raw:
    from crmlab.sources.worlds import HOLDS, WORLDS

    name = data.removeprefix("world:")
    if name not in WORLDS:
        raise unknown("world", name, "crmlab", WORLDS)
    if table != HOLDS[name]:
        raise _other_table(table, data, [HOLDS[name]])
    asked = {key: value for key, value in (("n", n), ("truth", truth)) if value is not None}
    return _framed(WORLDS[name](seed=seed, **asked).tables[table])


def _worlds(table: str) -> list[str]:
    from crmlab.sources.worlds import HOLDS

    return [f"world:{name}" for name, held in HOLDS.items() if held == table]


def _other_table(table: str, data: str, holds) -> CrmlabError:
    fitting = [name for name, held in DATASETS.items() if table in held] + _worlds(table)
    return CrmlabError(f"'{data}' is no table of {table}.", f"It holds {listed(holds, quote=False)}.",
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
        lost = [int(row) for row in frame.index[silent]]
        prov["dropped"].append({"reason": "no item answered", "count": len(lost), "rows": lost})
    return frame[~silent]


def _numeric(frame: pd.DataFrame) -> list[str]:
    return [name for name in frame if is_numeric_dtype(frame[name])]


def _few_clusters(frame: pd.DataFrame) -> list[str]:
    clusters = frame["cluster"].nunique() if "cluster" in frame else FEW_CLUSTERS
    return [f"{'There is' if clusters == 1 else 'There are'} {counted(clusters, 'cluster')}: with fewer than {FEW_CLUSTERS}, intervals that respect them "
            "are rough."] if clusters < FEW_CLUSTERS else []
