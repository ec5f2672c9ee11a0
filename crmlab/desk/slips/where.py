"""Where in a cell something went wrong: the expression, what stands around it, and what its names mean."""

import ast
import linecache
import types
from dataclasses import dataclass
from importlib import import_module
from typing import Any

UNKNOWN = object()
INDEXERS = ("_LocIndexer", "_AtIndexer")
FILES = ("csv", "xlsx", "xls", "tsv", "txt", "sav", "json", "parquet", "ods", "zip", "ipynb", "dta")


@dataclass(frozen=True)
class Place:
    """The expression of a cell that failed; ``around`` holds what it stands in, the innermost first."""

    source: str
    node: ast.AST | None
    around: tuple[ast.AST, ...]
    names: dict
    hidden: frozenset
    below: tuple[str, ...]  # the modules that the cell had called
    held: Any = None  # the table whose method failed below

    @property
    def own(self) -> list[str]:
        """The names that the reader has made."""
        return [name for name in self.names if not name.startswith("_") and name not in self.hidden]

    @property
    def inside_crmlab(self) -> bool:
        return any(module.partition(".")[0] == "crmlab" for module in self.below)

    def frames(self) -> dict[str, Any]:
        """The tables among the reader's names."""
        return {name: self.names[name] for name in self.own if is_frame(self.names[name])}

    def value(self, node: ast.AST | None) -> Any:
        """What an expression stands for, as far as it can be looked up without calling anything."""
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Name):
            return self.names.get(node.id, UNKNOWN)
        if isinstance(node, ast.Attribute):
            base = self.value(node.value)
            known = isinstance(base, types.ModuleType) or type(base).__module__.startswith(("crmlab", "pandas"))
            return getattr(base, node.attr, UNKNOWN) if base is not UNKNOWN and known else UNKNOWN
        if isinstance(node, ast.Subscript):
            base, key = self.value(node.value), self.value(node.slice)
            return base[key] if is_frame(base) and isinstance(key, str) and key in base.columns else UNKNOWN
        return UNKNOWN

    def call(self) -> ast.Call | None:
        """The call that failed, or the one in which the expression stands."""
        return next((one for one in (self.node, *self.around) if isinstance(one, ast.Call)), None)


def place(trace, names: dict, hidden: frozenset | set = frozenset()) -> Place | None:
    """The place in the reader's own cells, or None where the error did not pass through them."""
    last, below, held = None, [], None
    while trace is not None:
        if trace.tb_frame.f_globals is names:
            last, below, held = trace, [], None
        else:
            below.append(trace.tb_frame.f_globals.get("__name__") or "")
            self_ = trace.tb_frame.f_locals.get("self")
            held = self_ if held is None and is_frame(self_) else held
        trace = trace.tb_next
    if last is None:
        return None
    code, source, node, around = last.tb_frame.f_code, "", None, ()
    source = "".join(linecache.getlines(code.co_filename))
    spots = list(code.co_positions())
    spot = spots[last.tb_lasti // 2] if last.tb_lasti // 2 < len(spots) else None
    try:
        node, around = _found(ast.parse(source), spot)
    except (SyntaxError, ValueError):
        pass
    return Place(source, node, around, names | last.tb_frame.f_locals, frozenset(hidden), tuple(below), held)


def _found(tree: ast.AST, spot) -> tuple[ast.AST | None, tuple]:
    """The outermost expression at exactly these positions, and what it stands in."""
    stack = [(tree, ())]
    while stack:
        node, around = stack.pop()
        if isinstance(node, ast.expr) and spot == (node.lineno, node.end_lineno, node.col_offset, node.end_col_offset):
            return node, around
        stack += [(child, (node, *around)) for child in ast.iter_child_nodes(node)]
    return None, ()


def is_frame(value: Any) -> bool:
    return type(value).__name__ == "DataFrame" and type(value).__module__.startswith("pandas")


def is_series(value: Any) -> bool:
    return type(value).__name__ == "Series" and type(value).__module__.startswith("pandas")


def is_result(value: Any) -> bool:
    """Whether a value is a Result of crmlab."""
    return any(one.__module__ == "crmlab.frame.result" and one.__name__ == "Result" for one in type(value).__mro__)


def kind(value: Any) -> str:
    """What a value is, in a student's words."""
    if is_result(value):
        return "a whole result"
    if is_frame(value):
        return "a table"
    known = {str: "text", bool: "yes or no", int: "a number", float: "a number", list: "a list", tuple: "a tuple",
             dict: "a dict", type(None): "nothing (None)"}
    return "a column" if is_series(value) else known.get(type(value), f"of the kind '{type(value).__name__}'")


def match(name: str, frame) -> Any:
    """The column of that name, with capitals and blanks around it left out of account, or None."""
    known = {str(column).casefold().strip(): column for column in reversed(list(frame.columns))}
    return name if name in frame.columns else known.get(str(name).casefold().strip())


def rooms() -> dict:
    """The rooms of crmlab, by the name people type."""
    import crmlab

    return {word: import_module(f"crmlab.{path}") for word, path in crmlab._ROOMS.items()}
