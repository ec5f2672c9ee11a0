"""Columns and methods that a table does not have, and names that an object does not know."""

import ast
import re
import types
from difflib import get_close_matches
from typing import Any

from crmlab.desk.slips.where import FILES, INDEXERS, UNKNOWN, Place, is_frame, is_result, is_series, match, rooms
from crmlab.frame.errors import did_you_mean, listed

#: What people ask of a column or table in the words of other programs, and what pandas calls it.
METHODS = {
    "cor": "corr()", "correl": "corr()", "correlation": "corr()", "correlate": "corr()", "covariance": "cov()",
    "average": "mean()", "avg": "mean()", "mittelwert": "mean()", "med": "median()", "stdev": "std()", "sd": "std()",
    "stddev": "std()", "variance": "var()", "maximum": "max()", "minimum": "min()", "total": "sum()",
    "summary": "describe()", "summarize": "describe()", "sort": "sort_values()", "order": "sort_values()",
    "group": "groupby()",
    "group_by": "groupby()", "groupBy": "groupby()", "freq": "value_counts()", "frequency": "value_counts()",
    "table": "value_counts()", "tabulate": "value_counts()", "percentile": "quantile()", "histogram": "hist()",
    "names": "columns", "colnames": "columns", "column": "columns", "dim": "shape", "len": "shape[0]",
    "length": "shape[0]", "nrow": "shape[0]", "nrows": "shape[0]", "rows": "shape[0]", "ncol": "shape[1]",
}
#: The columns that crm.customer_summary makes.
BOUGHT = ("orders", "repeats", "active_days", "age_days", "days_since_last", "value", "mean_value")


def key_error(error: KeyError, place: Place) -> str:
    """The sentences for a column or a label that is not there, or nothing."""
    if place.inside_crmlab or not error.args:
        return ""
    base = asked_of(place)
    value = place.value(base)
    if isinstance(value, dict):
        return f"There is no {error.args[0]!r} in {ast.unparse(base)}. {_has(error.args[0], list(value))}"
    if is_series(value):
        near = _near(error.args[0], list(value.index)) or "A column is asked for rows."
        return f"{ast.unparse(base)} has no row {error.args[0]!r}. {near}"
    if type(value).__name__ in INDEXERS:
        return _label(error.args[0], base, value.obj)
    of = place.node.value if isinstance(place.node, ast.Subscript) else None
    if isinstance(of, ast.Call) and not place.below and isinstance(error.args[0], str):
        return f"There is no '{error.args[0]}' in {ast.unparse(of)}. What there is says `list({ast.unparse(of)})`."
    if of is not None and place.held is not None and not _holds(place.value(of)):
        base, value = of, place.held  # a table that has no name
    return missing(_keys(error, value), ast.unparse(base), value, place) if is_frame(value) else ""


def missing(keys: list, base: str, frame, place: Place) -> str:
    """The sentences for columns that a table does not have."""
    if not keys:
        return ""
    key, node = keys[0], place.node
    if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "drop" and key in frame.columns:
        return f"`drop` leaves out rows. To leave out a column say `{base}.drop(columns='{key}')`."
    if isinstance(key, tuple) and all(part in frame.columns for part in key):
        return f"Several columns stand in double square brackets: `{base}[{list(key)}]`."
    if isinstance(key, int):
        return f"{base} has no column {key}, its columns have names. The row of that number is `{base}.iloc[{key}]`."
    said, right = f"{base} has no column '{key}'.", match(str(key), frame)
    if right is not None:
        return f"{said} Capital letters and blanks count: write `{base}['{right}']`."
    made = _made_by(key, base, frame)
    other = next((own for own, there in place.frames().items() if key in there.columns and there is not frame), "")
    if other:
        return f"{said} {made or 'Another table has it:'} `{other}['{key}']`."
    if made:
        return f"{said} {made} `{_maker(key, base)}`."
    return f"{said} {_has(key, list(frame.columns))}"


def attribute_error(error: AttributeError, place: Place) -> str:
    """The sentences for a name behind a point that is not known there, or nothing."""
    node = next((one for one in (place.node, *place.around) if isinstance(one, ast.Attribute)), None)
    node = place.node.func if isinstance(place.node, ast.Call) and isinstance(place.node.func, ast.Attribute) else node
    name = error.name or (node.attr if node else "")
    if place.inside_crmlab and not re.match("crmlab has no '", str(error)):
        return ""
    value = error.obj if error.obj is not None or not node else place.value(node.value)
    base = ast.unparse(node.value) if node and node.attr == name else "it"
    called = any(isinstance(one, ast.Call) and one.func is node for one in (place.node, *place.around))
    if is_frame(value) or is_series(value):
        return _of_table(name, base, value, called, place)
    if type(value).__name__.endswith("GroupBy"):
        return _pandas(name, base, value)
    if isinstance(value, types.ModuleType):
        return _of_module(name, base, value)
    if type(value).__module__.startswith("crmlab"):
        return _of_crmlab(name, base, value)
    return _of_other(name, base, value, place)


# ---- columns ----------------------------------------------------------------------------------------------


def asked_of(place: Place) -> ast.AST | None:
    """What was asked for a key: what stands before the square brackets, or the table whose method was called."""
    node = place.node.value if isinstance(place.node, ast.Subscript) else place.node
    while isinstance(node, ast.Call | ast.Attribute | ast.Subscript) and not _holds(place.value(node)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node


def _holds(value: Any) -> bool:
    return is_frame(value) or is_series(value) or isinstance(value, dict) or type(value).__name__ in INDEXERS


def _keys(error: KeyError, frame) -> list:
    key = error.args[0]
    if isinstance(key, str) and re.search(r"not in index|not found in axis|are in the \[", key):
        named = re.findall(r"'([^']*)'", key.split("dtype")[0])
        here = [one for one in named if one in frame.columns and "axis" in key]
        return [one for one in named if one not in frame.columns] or here
    return [key.removeprefix("Column not found: ") if isinstance(key, str) else key]


def _label(key: Any, base: ast.AST, frame) -> str:
    """`.loc` asks for rows first; a column in their place, or a column that is not there."""
    table = ast.unparse(base.value)
    if isinstance(key, str) and key in frame.columns:
        return f"'{key}' is a column, and `.loc` asks for rows first: write `{table}['{key}']`."
    near = _near(key, list(frame.columns)) or _near(key, list(frame.index))
    return f"There is no {key!r} in {table}. {near or _has(key, list(frame.columns))}"


def _made_by(key: Any, base: str, frame) -> str:
    """Which step makes a column that a table does not have yet."""
    from crmlab.measures import tables

    if key in tables.provenance(frame)["constructs"] and frame.attrs.get("crmlab"):
        return "It is made by crm.score:"
    return "It is made by crm.customer_summary:" if key in BOUGHT and {"date", "amount"} <= set(frame.columns) else ""


def _maker(key: Any, base: str) -> str:
    return f"summary = crm.customer_summary({base})" if key in BOUGHT else f"scores = crm.score({base})"


def _near(key: Any, known: list) -> str:
    near = get_close_matches(str(key).casefold(), {str(one).casefold(): one for one in known}, 1, 0.6)
    return f"Did you mean {next(one for one in known if str(one).casefold() == near[0])!r}?" if near else ""


def _has(key: Any, known: list) -> str:
    return _near(key, known) or f"It has {listed(known, 12, quote=False) or 'none'}."


# ---- what stands behind a point ---------------------------------------------------------------------------


def _of_table(name: str, base: str, value: Any, called: bool, place: Place) -> str:
    import crmlab

    what = "table" if is_frame(value) else "column"
    if name in crmlab._NAMES and called:
        return f"A {what} has no '.{name}'. It belongs to crmlab: write `crm.{name}({base})`."
    if name in FILES and not called:
        return f"'{base}.{name}' is the name of a file. Put quotation marks around it: `\"{base}.{name}\"`."
    if is_frame(value) and not called:
        right = match(name, value)
        if right is not None:
            return f"{base} has no column '{name}'. Capital letters count: write `{base}['{right}']`."
    if name in METHODS or called:
        found = _pandas(name, base, value)
        near = called and is_frame(value) and _near(name, list(value.columns))
        return found or (near and f"{base} has no '{name}'. {near} A column has no brackets: `{base}['...']`.") or (
            f"A {what} has no '.{name}()'. Ask for the hint of the exercise, or try `{base}.describe()`.")
    if is_frame(value):
        near = _near(name, list(value.columns))
        return (_pandas(name, base, value) if not near else "") or missing([name], base, value, place)
    return _pandas(name, base, value)


def _pandas(name: str, base: str, value: Any) -> str:
    known = [one for one in dir(type(value)) if not one.startswith("_")]
    near = get_close_matches(name.casefold(), known, 1, 0.75)
    other = get_close_matches(name.casefold(), METHODS, 1, 0.85)
    right = METHODS.get(name) or METHODS.get(other[0] if other else "") or (
        near[0] + "()" * callable(getattr(type(value), near[0])) if near else "")
    if not right or not hasattr(type(value), re.match(r"\w+", right)[0]):
        return ""
    what = "column" if is_series(value) else "table" if is_frame(value) else "group"
    return f"A {what} has no '.{name}'. Did you mean '.{right}'?"


def _of_module(name: str, base: str, value: types.ModuleType) -> str:
    import crmlab

    near = did_you_mean(name, [one for one in dir(value) if not one.startswith("_")])
    others = [word for word, room in rooms().items() if hasattr(room, name) and room is not value]
    if value.__name__.startswith("crmlab") and name in crmlab._NAMES:
        return f"{base} has no '{name}'. It stands at the door: write `crm.{name}`."
    if others and value.__name__.startswith("crmlab"):
        return f"{base} has no '{name}'. It belongs to another room: write `crm.{others[0]}.{name}`."
    return near and f"{base} has no '{name}'. {near}"


def _of_crmlab(name: str, base: str, value: Any) -> str:
    known = [one for one in dir(value) if not one.startswith("_")]
    instead = {"plot": "figure", "show": "figure", "chart": "figure", "print": "text", "summary": "text",
               "data": "table", "dataframe": "table", "df": "table", "answer": "check", "help": "hint"}.get(name, "")
    if is_result(value) and name in value.headline():
        return f"A result keeps its numbers together: write `{base}.headline()['{name}']`."
    if instead in known:
        brackets = "()" * callable(getattr(value, instead))
        return f"There is no '.{name}' in {base}. Did you mean '.{instead}{brackets}'?"
    near = did_you_mean(name, known)
    if is_result(value) and not near:
        near = f"Its numbers stand in `{base}.table`."
    return near and f"There is no '.{name}' in {base}. {near}"


def _of_other(name: str, base: str, value: Any, place: Place) -> str:
    import pandas

    if isinstance(value, types.FunctionType | types.MethodType | types.BuiltinFunctionType):
        return f"{base} is a function that has not been called. Put its brackets behind it: `{base}(...).{name}`."
    if value is None and base != "it" and place.value(ast.parse(base, mode="eval").body) is not UNKNOWN:
        return f"{base} holds nothing (None). The call that made it gives nothing back; run that cell again without it."
    method = METHODS.get(name, f"{name}()")
    if isinstance(value, str):
        own = next((own for own, frame in place.frames().items() if value in frame.columns), "")
        return own and f"'{value}' is text, the name of a column. Its values are `{own}['{value}']`."
    if isinstance(value, list | tuple) and hasattr(pandas.Series, re.match(r"\w+", method)[0]):
        return f"A list has no '.{name}'. A column of numbers has it: `pd.Series({base}).{method}`."
    if isinstance(value, int | float) and name in (*METHODS, "mean", "median", "std", "sum", "corr"):
        return f"{base} is one number already, so there is no '.{name}' of it."
    if isinstance(value, float) and name == "round":
        return f"A number has no '.round'. Write `round({base}, 2)`."
    return ""
