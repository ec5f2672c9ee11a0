"""Names that do not exist: columns, options and exercises without quotation marks, one's own with a slip in them."""

import ast
import builtins
import copy
import inspect
import json
import re
import sys
from difflib import get_close_matches
from functools import cache
from typing import Any

from crmlab.desk.slips.columns import asked_of, missing
from crmlab.desk.slips.where import FILES, INDEXERS, UNKNOWN, Place, is_frame, is_series, match, rooms
from crmlab.frame import places
from crmlab.frame.errors import did_you_mean

ABOVE = "run the cells above first (Run, then Run All Above Selected Cell)."
IMPORTS = {"pd": "import pandas as pd", "np": "import numpy as np", "plt": "import matplotlib.pyplot as plt",
           "sns": "import seaborn as sns", "stats": "from scipy import stats", "scipy": "import scipy",
           "pandas": "import pandas", "numpy": "import numpy", "crm": "import crmlab as crm",
           "crmlab": "import crmlab as crm"}
NOT_OWN = {*dir(builtins), "In", "Out", "exit", "quit", "get_ipython"}


def name_error(error: NameError, place: Place) -> str:
    """The sentences for a name that does not exist, or nothing."""
    name = error.name or (re.findall(r"'(\w+)'", str(error)) or [""])[0]
    if type(error).__name__ == "UndefinedVariableError":  # a table was asked with words of its columns
        table = asked_of(place)
        frame = place.value(table)
        return missing([name], ast.unparse(table), frame, place) if is_frame(frame) else ""
    if place.below or not name or isinstance(error, UnboundLocalError):
        return ""
    steps = (_capitals, _dotted, _column, _import, _exercise, _door, _text, _made, _near)
    found = next(filter(None, (step(name, place) for step in steps)), "")
    return found or (f"There is no '{name}' here. If it is text, put it in quotation marks; if a cell further up makes it, "
                     f"{ABOVE}")


def import_error(error: ImportError, place: Place) -> str:
    """The sentences for a package or a name of crmlab that is spelt otherwise, or nothing."""
    import crmlab

    if place.below:
        return ""
    if isinstance(error, ModuleNotFoundError):
        top = (error.name or "").partition(".")[0]
        if "crm" in top.casefold() and top != "crmlab":
            return f"There is no package '{top}'. It is called crmlab: write `import crmlab as crm`."
        near = get_close_matches(top, ("pandas", "numpy", "scipy", "matplotlib", "crmlab"), 1, 0.7)
        return f"There is no package '{top}'. Did you mean '{near[0]}'?" if near and near[0] != top else ""
    wanted = re.match(r"cannot import name '(\w+)' from 'crmlab(?:\.\w+)*'", str(error))
    if not wanted:
        return ""
    near = "" if wanted[1] == "crm" else did_you_mean(wanted[1], crmlab.__all__)
    near = near or "Write `import crmlab as crm`, and then `crm.` before its names."
    return f"There is no '{wanted[1]}' in crmlab. {near}"


def near_own(name: str, place: Place) -> str:
    """The reader's own name that is spelt most alike, or nothing; Python's names are none of the reader's."""
    own = {one.casefold(): one for one in place.own if one not in NOT_OWN}
    near = [name.casefold()] if name.casefold() in own else get_close_matches(name.casefold(), own, 1, 0.7)
    return own[near[0]] if near else ""


# ---- the steps, in their order ----------------------------------------------------------------------------


def _capitals(name: str, place: Place) -> str:
    known = {"true": "True", "false": "False", "none": "None"} | {
        one.casefold(): one for one in place.own if one not in NOT_OWN}
    right = known.get(name.casefold())
    return f"There is no '{name}' here. Capital letters count: write `{right}`." if right else ""


def _dotted(name: str, place: Place) -> str:
    """Exercises and files, whose names have a point in them, and rooms that want their `crm.`."""
    chain = [node for node in place.around if isinstance(node, ast.Attribute)]
    if not (chain and place.around[0] is chain[0]):
        return ""
    text = f"{name}.{chain[0].attr}"
    called = _role(chain[0], place.around[1:]) == "called"
    if not called and text in exercises():
        return f"'{text}' is the name of an exercise. Put quotation marks around it: `\"{text}\"`."
    if not called and chain[0].attr in FILES:
        return f"'{text}' is the name of a file. Put quotation marks around it: `\"{text}\"`."
    if name in rooms() and hasattr(rooms()[name], chain[0].attr):
        return f"There is no '{name}' here. It belongs to crmlab: write `crm.{text}`."
    return ""


def _column(name: str, place: Place) -> str:
    """A column without its quotation marks."""
    inside = _sliced(place)
    if inside:
        base, frame = inside
        right = match(name, frame)
        if right is None:
            near = get_close_matches(name.casefold(), {str(one).casefold(): one for one in frame.columns}, 1, 0.7)
            right = None if near_own(name, place) or not near else match(near[0], frame)
            said = f"There is no '{name}' here. Did you mean the column '{right}'?"
        else:
            table = base.value if type(place.value(base)).__name__ in INDEXERS else base
            said = f"'{right}' is a column of {ast.unparse(table)}."
        outer = next(node for node in place.around if isinstance(node, ast.Subscript) and node.value is base)
        if isinstance(outer.slice, ast.Tuple) and is_frame(place.value(base)):  # several columns at once
            outer = ast.Subscript(base, ast.List(outer.slice.elts, ast.Load()), ast.Load())
        return "" if right is None else f"{said} Put quotation marks around it: `{_quoted(outer, place, frame)}`."
    holders = {own: match(name, frame) for own, frame in place.frames().items() if match(name, frame) is not None}
    if not holders or (_role(place.node, place.around) == "called" and name in rooms()):
        return ""
    own = "scores" if "scores" in holders else next(iter(holders))
    said = f"'{holders[own]}' is a column of {own}."
    given = _handed(place)
    if given and not _of_numbers(place):
        return f"{said} Put quotation marks around it: `{given.replace(name, repr(holders[own]))}`."
    if isinstance(place.around[0], ast.List | ast.Tuple | ast.Set) and not given:
        return f"{said} In a list of names put quotation marks around it: `'{holders[own]}'`."
    if isinstance(place.around[0], ast.Assign | ast.AnnAssign):
        return f"{said} Its name is `'{holders[own]}'`, in quotation marks; its values are `{own}['{holders[own]}']`."
    return f"{said} Its values are `{own}['{holders[own]}']`."


def _import(name: str, place: Place) -> str:
    if name == "crmlab" and "crm" in place.own:
        return "There is no 'crmlab' here. It is called `crm`: write that."
    if name in IMPORTS and _role(place.node, place.around) in ("base", "called", "given"):
        return f"There is no '{name}' here. Run `{IMPORTS[name]}` first."
    if name in sys.stdlib_module_names and _role(place.node, place.around) == "base" and not near_own(name, place):
        return f"There is no '{name}' here. Run `import {name}` first."
    return ""


def _exercise(name: str, place: Place) -> str:
    """The name of an exercise, handed to the lesson."""
    call = place.call()
    lab = place.value(call.func.value) if call and isinstance(call.func, ast.Attribute) else UNKNOWN
    if type(lab).__name__ != "Lesson" or place.node not in call.args[:1]:
        return ""
    near = get_close_matches(f"{lab.name}.{name.removeprefix(lab.name).lstrip('_')}", exercises(), 1, 0.8)
    return near and f"'{name}' is the name of an exercise. Write it whole and in quotation marks: `\"{near[0]}\"`."


def _door(name: str, place: Place) -> str:
    """A function of crmlab, of the lesson or of a column, without what stands before its point."""
    if _role(place.node, place.around) not in ("called", "base"):
        return ""
    import crmlab

    lesson = next((own for own in place.own if type(place.names[own]).__name__ == "Lesson"), "")
    if name in crmlab._NAMES or (name in crmlab._ROOMS and _role(place.node, place.around) == "base"):
        return f"There is no '{name}' here. It belongs to crmlab: write `crm.{name}`."
    if lesson and callable(getattr(place.names[lesson], name, None)):
        return f"There is no '{name}' here. It belongs to the lesson: write `{lesson}.{name}`."
    room = next((word for word, room in rooms().items() if callable(getattr(room, name, None))), "")
    if room and _role(place.node, place.around) == "called":
        return f"There is no '{name}' here. It belongs to crmlab: write `crm.{room}.{name}`."
    call = place.call()
    of = place.value(call.args[0]) if call and call.func is place.node and call.args else UNKNOWN
    if (is_series(of) or is_frame(of)) and callable(getattr(type(of), name, None)):
        first, rest = ast.unparse(call.args[0]), ", ".join(map(ast.unparse, call.args[1:]))
        return f"There is no '{name}' here. It stands behind the column or table: `{first}.{name}({rest})`."
    return ""


def _text(name: str, place: Place) -> str:
    """A word that crmlab knows, or that stands where text is wanted."""
    role = _role(place.node, place.around)
    wanted = "str" in str(_wanted(place)) and "DataFrame" not in str(_wanted(place))
    from crmlab.measures import tables

    if role in ("base", "called") or not (wanted or (name in words() and name not in made())):
        return ""
    own, given = near_own(name, place), _handed(place) or name
    if own and not wanted:
        return (f"There is no '{name}' here. Did you mean '{own}'? If it is text, put quotation marks around it: "
                f"`'{name}'`.")
    columns_there = {str(column) for frame in place.frames().values() for column in frame.columns}
    near = [] if name in words() else get_close_matches(name, columns_there | tables.CONSTRUCTS.keys(), 1, 0.8)
    given = given.removesuffix(name) + repr(near[0] if near else name)
    return f"'{name}' is text. Put quotation marks around it: `{given}`."


def _made(name: str, place: Place) -> str:
    return f"There is no '{name}' here. A cell further up makes it: {ABOVE}" if name in made() else ""


def _near(name: str, place: Place) -> str:
    own = near_own(name, place)
    return own and f"There is no '{name}' here. Did you mean '{own}'? If not, run the cell further up that makes it."


# ---- what stands around a name ----------------------------------------------------------------------------


def _role(node: ast.AST | None, around: tuple) -> str:
    """Whether a name is called, is what something is asked of (base), is handed over (given), or none of these."""
    over = around[0] if around else None
    if isinstance(over, ast.Attribute) or (isinstance(over, ast.Subscript) and over.value is node):
        return "base"
    if isinstance(over, ast.Call):
        return "called" if over.func is node else "given"
    return "given" if isinstance(over, ast.keyword) else ""


def _handed(place: Place) -> str:
    """What is handed to a call, as it stands there: the name, or option=name."""
    listed = [node for node in place.around[:2] if isinstance(node, ast.List | ast.Tuple)]
    rest = place.around[len(listed):]
    if rest and isinstance(rest[0], ast.keyword):
        return ast.unparse(place.node if listed else rest[0])
    given = rest and isinstance(rest[0], ast.Call) and rest[0].func is not place.node
    return ast.unparse(place.node) if given else ""


def _of_numbers(place: Place) -> bool:
    """Whether the call wants the values: all but those of crmlab, of the lesson and of a table."""
    func = place.call().func
    value = place.value(func)
    home = getattr(value, "__module__", "") or type(value).__module__
    of_table = isinstance(func, ast.Attribute) and is_frame(place.value(func.value))
    return not (of_table or home.startswith("crmlab"))


def _sliced(place: Place) -> tuple[ast.AST, Any] | None:
    """The table in whose square brackets the name stands."""
    below = place.node
    for node in place.around:
        if isinstance(node, ast.Subscript) and node.slice is below:
            base = place.value(node.value)
            base = getattr(base, "obj", base) if type(base).__name__ in INDEXERS else base
            return (node.value, base) if is_frame(base) else None
        if not isinstance(node, ast.List | ast.Tuple):
            return None
        below = node
    return None


def _quoted(node: ast.AST, place: Place, frame) -> str:
    """The code again, its columns in quotation marks."""
    class Quoting(ast.NodeTransformer):
        def visit_Name(self, one):
            if one.id in place.names:
                return one
            small = [str(column).casefold() for column in frame.columns]
            near = get_close_matches(one.id.casefold(), small, 1, 0.7)
            right = match(one.id, frame)
            right = match(near[0], frame) if right is None and near else right
            return one if right is None else ast.Constant(right)

    return ast.unparse(Quoting().visit(copy.deepcopy(node)))


def _wanted(place: Place) -> Any:
    """How the called function of crmlab describes what is handed over here."""
    call = place.call()
    func = place.value(call.func) if call else UNKNOWN
    if not (getattr(func, "__module__", "") or "").startswith("crmlab"):
        return ""
    known = list(inspect.signature(func).parameters.values())
    if place.node in call.args:
        spot = call.args.index(place.node)
        return known[spot].annotation if spot < len(known) else ""
    option = next((one.arg for one in call.keywords if one.value is place.node), None)
    return next((one.annotation for one in known if one.name == option), "")


# ---- the words of crmlab ----------------------------------------------------------------------------------


@cache
def exercises() -> frozenset[str]:
    """The names of all exercises."""
    from crmlab.desk.exercises.books import book

    return frozenset(one for lesson in places.lessons() for one in (book(lesson).ids() if book(lesson) else ()))


@cache
def words() -> frozenset[str]:
    """What crmlab takes as text: constructs, columns, tables, data, answers of exercises, names of correlations."""
    from crmlab.desk.exercises.books import book
    from crmlab.frame.glossary import COLUMNS
    from crmlab.measures import tables
    from crmlab.sources.datasets import DATASETS
    from crmlab.sources.worlds import WORLDS

    books = [found for found in map(book, places.lessons()) if found]
    options = {word for found in books for one in found.words.values() for word in (*one.options, *one.also)}
    terms = {term for found in books for term in found.terms}
    return frozenset({*tables.CONSTRUCTS, *tables.NAMES, *tables.TABLES, *COLUMNS, *DATASETS, *WORLDS, *options, *terms,
                      "pearson", "spearman", "kendall"})


@cache
def made() -> frozenset[str]:
    """The names that the lessons' own cells make."""
    books = [json.loads(path.read_text("utf-8")) for path in places.lessons().values()]
    cells = [cell for book in books for cell in book["cells"] if cell["cell_type"] == "code"]
    lines = [line for cell in cells for line in "".join(cell["source"]).splitlines()]
    return frozenset(word for line in lines for word in re.findall(r"^(\w+)(?:: [\w |\[\], ]+)? = ", line))
