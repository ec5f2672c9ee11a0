"""Calls and calculations that do not fit: options, brackets, text where numbers are wanted, commas."""

import ast
import inspect
import re
from typing import Any

from crmlab.desk.slips.reading import commas, told
from crmlab.desk.slips.where import UNKNOWN, Place, is_frame, is_result, is_series, kind
from crmlab.frame.errors import did_you_mean, listed

COUNT = r"takes .* arguments? but|takes from|got multiple values|at most \d+ argument|\bexpected \d+ arguments?"


def call_error(error: BaseException, place: Place) -> str:
    """The sentences for a call or a calculation that does not fit, or nothing."""
    said = str(error)
    if place.inside_crmlab:
        return _handed(place)
    if isinstance(error, FileNotFoundError):
        return (f"There is no file '{error.filename}' here. Lay it beside this notebook, and write its name as the folder "
                "shows it.")
    found = next((words(place, hit) for pattern, words in ANSWERS if (hit := re.search(pattern, said))), "")
    index = type(error).__name__ == "InvalidIndexError"
    if found or not place.node or not (index or isinstance(error, TypeError | ValueError)):
        return found
    return commas(ast.get_source_segment(place.source, place.node) or "")  # a page of red that a comma has made


# ---- how something is called ------------------------------------------------------------------------------


def _count(place: Place, hit: re.Match) -> str:
    """More values than a function takes: most often a decimal comma."""
    segment = ast.get_source_segment(place.source, place.node) if place.node else place.source
    return commas(segment or "") or _spread(place)


def _spread(place: Place) -> str:
    """Decimal commas with a blank behind them, where a lesson or crmlab got too many numbers."""
    call = place.call()
    given = [one.value for one in (call.args if call else ()) if isinstance(one, ast.Constant)]
    parts = [one for one in given if type(one) is int]
    home = getattr(place.value(call.func), "__module__", "") if call else ""
    if home.startswith("crmlab") and len(parts) in (2, 4) and parts[0] in (0, 1):
        return told((str(a), str(b)) for a, b in zip(parts[::2], parts[1::2], strict=True))
    return ""


def _option(place: Place, hit: re.Match) -> str:
    call = place.call()
    known = _parameters(place.value(call.func)) if call else []
    near = did_you_mean(hit[2], known) or (f"It has {listed(known, 12, quote=False)}." if known else "")
    return near and f"{hit[1].rpartition('.')[2]}() has no option '{hit[2]}'. {near}"


def _lacking(place: Place, hit: re.Match) -> str:
    call = place.call()
    name = ast.unparse(call.func) if call else hit[1]
    wanted = re.findall(r"'(\w+)'", hit[2])
    example = next((own for own in (*wanted, *place.frames()) if own in place.frames()), "...")
    home = getattr(place.value(call.func), "__module__", "") if call else ""
    if not (home or "").startswith("crmlab"):
        return ""
    example = example if wanted[0] in ("survey", "scores", "log", "table", "dyads", "frame", "data") else "..."
    return f"{name}() wants {listed(wanted)}. Put it between the brackets: `{name}({example})`."


def _handed(place: Place) -> str:
    """A table is wanted and something else was given, or text, or one number and a decimal comma made it two."""
    call = place.call()
    func = place.value(call.func) if call else UNKNOWN
    if not (getattr(func, "__module__", "") or "").startswith("crmlab"):
        return ""
    known = [one for one in inspect.signature(func).parameters.values() if one.name != "self"]
    pairs = [(one, node) for one, node in zip(known, call.args, strict=False)]
    pairs += [(one, word.value) for word in call.keywords for one in known if one.name == word.arg]
    for one, node in pairs:
        value, name = place.value(node), f"{ast.unparse(call.func)}()"
        wanted, whole = str(one.annotation), ast.literal_eval(node) if isinstance(node, ast.Tuple) else value
        pair = isinstance(whole, tuple) and len(whole) == 2 and all(type(part) is int for part in whole)
        if pair and "float" in wanted:
            return told([(str(whole[0]), str(whole[1]))])
        if value is UNKNOWN:
            continue
        if "DataFrame" in wanted and not is_frame(value):
            tip = f" Without quotation marks: `{value}`." if isinstance(value, str) and value in place.names else ""
            return f"{name} wants a whole table for '{one.name}', and that is {kind(value)}.{tip}"
        if wanted in ("str", "<class 'str'>") and not isinstance(value, str):
            return (f"{name} wants text for '{one.name}', and that is {kind(value)}. Put quotation marks around the "
                    "word.")
    return ""


def _not_callable(place: Place, hit: re.Match) -> str:
    call = place.node if isinstance(place.node, ast.Call) else place.call()
    base, value = ast.unparse(call.func), place.value(call.func)
    if is_frame(value):
        inside = ", ".join(map(ast.unparse, call.args))
        many = f"[{inside}]" if len(call.args) > 1 else inside
        return f"Columns stand in square brackets: `{base}[{many}]`."
    if hit[1] == "module":
        return (f"{base} is a part of crmlab and does nothing by itself. Name a function behind a point: `{base}.`, then "
                "Tab.")
    if isinstance(call.func, ast.Constant):
        return f"`{base}` stands before a bracket as if it could be called. Times is written `*`: `{base} * (...)`."
    if is_series(value) or is_result(value):
        return f"{base} is {kind(value)} and needs no brackets: write `{base}`."
    if hit[1] in ("int", "float", "str", "tuple", "list", "float64") and value is not UNKNOWN:
        return (f"{base} is {kind(value)}, and brackets behind it would call it. Times is written `*`; if {base} was a "
                f"function before, a cell gave that name to something else: `del {base}`.")
    return ""


def _not_subscriptable(place: Place, hit: re.Match) -> str:
    node = place.node
    if not isinstance(node, ast.Subscript):
        return ""
    base, value, key = ast.unparse(node.value), place.value(node.value), ast.unparse(node.slice)
    if is_result(value):
        return f"{base} is a whole result. Its numbers stand in `{base}.table` and in `{base}.headline()`."
    if hit[1] in ("method", "function", "builtin_function_or_method"):
        return f"{base} is called with round brackets: `{base}(...)`, not `{base}[{key}]`."
    return ""


def _by_place(place: Place, hit: re.Match) -> str:
    node = place.node
    if not (isinstance(node, ast.Subscript) and isinstance(node.value, ast.Attribute)):
        return ""
    base, key = ast.unparse(node.value.value), ast.unparse(node.slice)
    return f"`.iloc` counts rows and columns by numbers, from 0. By its name a column is `{base}[{key}]`."


def _parameters(func: Any) -> list[str]:
    try:
        return [name for name in inspect.signature(func).parameters if name not in ("self", "args", "kwargs")]
    except (TypeError, ValueError):
        return []


# ---- what is calculated with ------------------------------------------------------------------------------


def _ambiguous(place: Place, hit: re.Match) -> str:
    text = ast.unparse(place.node) if place.node else place.source
    if re.search(r"\b(and|or|not)\b", text):
        return ("A column is many answers, so 'and', 'or' and 'not' cannot join them. Write `&`, `|` and `~`, and put "
                "each comparison in brackets: `(a > 5) & (b > 3)`.")
    if re.search(r"[&|]", text):
        return "Each comparison wants brackets of its own: `(a > 5) & (b > 3)`."
    return ("A column is many answers, not one yes or no. Ask for rows with it, `scores[scores['loyalty'] > 5]`, or add "
            "`.any()`.")


def _brackets(place: Place, hit: re.Match) -> str:
    return "Each comparison wants brackets of its own: `(a > 5) & (b > 3)`." if re.search("[&|]", place.source) else ""


def _texts(place: Place, hit: re.Match) -> str:
    """A column of text, or a text, where numbers are wanted."""
    column = _text_column(place)
    if column:
        return (f"{column} holds text, and a number is wanted. Choose a column of numbers, or count it: "
                f"`{column}.value_counts()`.")
    bases = [node.value for node in _inside(place) if isinstance(node, ast.Subscript)]
    table = next((node for node in _inside(place) if node not in bases and is_frame(place.value(node))), None)
    if table is not None:
        frame = place.value(table)
        worded = [str(name) for name in frame.columns if frame[name].dtype.kind not in "biufcmM"]
        if worded:
            base = ast.unparse(table)
            return (f"Columns of text cannot be calculated with, and {base} has {listed(worded, 3)}. Choose the columns "
                    f"of numbers: `{base}[['...', '...']]`.")
    return _quoted(place)


def _quoted(place: Place) -> str:
    """A number in quotation marks."""
    keys = [node.slice for node in _inside(place) if isinstance(node, ast.Subscript)]
    parts = [node for node in _inside(place) if node not in keys]
    for node in parts:
        value = place.value(node)
        if isinstance(value, str) and re.fullmatch(r"\s*-?\d+([.,]\d+)?\s*", value):
            name = f"`{node.id}`" if isinstance(node, ast.Name) else "That"
            point = value.strip().replace(",", ".")
            return f"{name} is text, and cannot be calculated with. Write `{point}`, without quotation marks."
        if isinstance(value, str):
            own = next((own for own, frame in place.frames().items() if value in frame.columns), "")
            if own:
                return f"'{value}' is text, the name of a column. Its values are `{own}['{value}']`."
    alone = next((node.value for node in parts if isinstance(node, ast.Constant) and isinstance(node.value, str)), "")
    return alone and f"Text and numbers cannot be calculated together, and '{alone}' is text."


def _text_column(place: Place) -> str:
    for node in _inside(place):
        value = place.value(node)
        if is_series(value) and value.dtype.kind not in "biufcmM":
            return ast.unparse(node)
    return ""


def _inside(place: Place) -> list[ast.AST]:
    """The parts of the expression that can be looked up, the largest first."""
    kinds = ast.Name | ast.Subscript | ast.Attribute | ast.Constant
    return [node for node in ast.walk(place.node) if isinstance(node, kinds)] if place.node else []


def _result(place: Place, hit: re.Match) -> str:
    for node in _inside(place):
        value = place.value(node)
        if is_result(value):
            base = ast.unparse(node)
            head = value.headline()
            first = next((name for name in head if f"{name}_low" in head), next(iter(head), ""))
            one = f", as in `{base}.headline()['{first}']`" if first else ""
            return f"{base} is a whole result, and a number is wanted. Take one of its numbers{one}."
        if type(value).__name__ in ("function", "method") and not isinstance(node, ast.Name):
            return f"{ast.unparse(node)} has not been called. Put brackets behind it: `{ast.unparse(node)}()`."
    return _texts(place, hit)


ANSWERS = [
    (COUNT, _count),
    (r"([\w.]+)\(\) got an unexpected keyword argument '(\w+)'", _option),
    (r"([\w.]+)\(\) missing \d+ required .*arguments?: (.*)", _lacking),
    (r"'(\w+)' object is not callable", _not_callable),
    (r"'(\w+)' object is not subscriptable", _not_subscriptable),
    (r"truth value of a (Series|DataFrame|array)", _ambiguous),
    (r"Cannot perform 'r?(and|or)_'|unsupported operand type\(s\) for [&|]", _brackets),
    (r"Cannot index by location", _by_place),
    (r"unsupported type: <class 'str'>", lambda place, hit: _quoted(place)),
    (r"could not convert string|string dtype|Could not convert|dtype=str|for dtype 'str'|type <class 'str'>|<U\d",
     _texts),
    (r"unsupported operand|not supported between|can only concatenate|doesn't define __round__|must be str|bad operand|"
     r"must be a string or a real|must be real number", _result),
]
