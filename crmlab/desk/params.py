"""Parameters: a lesson's own annotated cell as flags. Annotation = type, comment = help, value = default."""

import ast
import io
import math
import tokenize
from typing import NamedTuple

from crmlab.frame.errors import CrmlabError, unknown

#: How a type is named to the reader, and what a value of it looks like.
WORDS = {
    "int": ("a whole number", "100"),
    "float": ("a number", "0.05"),
    "str": ("a text", "mobi"),
    "bool": ("true or false", "true"),
    "list": ("a list with commas between its parts", "A,B"),
    "dict": ("pairs with commas between them", "Kunde=customer_id,Z1=satisfaction_1"),
}
TRUTHS = {"true": True, "yes": True, "false": False, "no": False}


class Parameter(NamedTuple):
    name: str
    type_text: str
    default: object
    help: str

    @property
    def flag(self) -> str:
        return "--" + self.name.replace("_", "-")

    def cast(self, value):
        """The value in the declared type; a ValueError where it does not fit."""
        return _cast(ast.parse(self.type_text, mode="eval").body, value)

    def described(self) -> tuple[str, str]:
        """The type in words and an example of a value."""
        kinds = [kind for kind in _choices(ast.parse(self.type_text, mode="eval").body) if not _is_none(kind)]
        optional = " or none" if "None" in self.type_text else ""
        if ast.unparse(kinds[0]).startswith("Literal["):
            options = [spelled(option) for option in _options(kinds[0])]
            return f"one of {', '.join(options)}{optional}", options[0]
        words, example = WORDS[ast.unparse(kinds[0]).partition("[")[0]]
        return words + optional, example


def read(notebook) -> dict[str, Parameter]:
    """The parameters of a notebook by name, in order; none where no cell is tagged ``parameters``."""
    cells = (cell.source for cell in notebook.cells if "parameters" in cell.metadata.get("tags", []))
    source = next(cells, "")
    comments = {}
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            comments[token.start[0]] = token.string.lstrip("#").strip()
    found = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.AnnAssign) and node.value is not None:
            said = (comments.get(line) for line in range(node.lineno, node.end_lineno + 1))
            found[node.target.id] = Parameter(node.target.id, ast.unparse(node.annotation),
                                              ast.literal_eval(node.value), " ".join(filter(None, said)))
    return found


def bind(lesson: str, parameters: dict[str, Parameter], given: dict) -> dict:
    """A value for every parameter: the given ones in their types, the others at their defaults."""
    bound = {name: parameter.default for name, parameter in parameters.items()}
    for name, value in given.items():
        if name not in parameters:
            raise unknown("parameter", name, f"The lesson '{lesson}'", parameters)
        bound[name] = fitted(parameters[name], value, f"the lesson '{lesson}'")
    return bound


def fitted(parameter: Parameter, value, whose: str):
    """The value in the parameter's type, or an error that says how to write it."""
    try:
        return parameter.cast(value)
    except ValueError:
        words, example = parameter.described()
        raise CrmlabError(f"The parameter '{parameter.name}' of {whose} takes {words}.",
                          f"It was given '{spelled(value)}'.",
                          f"Write it like {parameter.flag} {example}.") from None


def flags(words: list[str]) -> dict[str, str]:
    """Typed words as parameters.

    >>> flags(["--drop-items", "CUSL2", "--columns=A=b", "--missing", "-99"])
    {'drop_items': 'CUSL2', 'columns': 'A=b', 'missing': '-99'}
    """
    given, rest = {}, list(words)
    while rest:
        word = rest.pop(0)
        if not word.startswith("--"):
            raise CrmlabError("A value stands alone.", f"Found '{word}'.",
                              f"Write its parameter before it, as in --data {word}.")
        name, joined, value = word[2:].partition("=")
        name = name.replace("-", "_")
        if not joined and (not rest or rest[0].startswith("--")):
            raise CrmlabError(f"The parameter '{name}' has no value.", f"Nothing follows '{word}'.",
                              f"Write {word} VALUE, or leave it out for the default.")
        if name in given:
            raise CrmlabError(f"The parameter '{name}' is given twice.", "One value would be lost.",
                              f"Give it once; a list takes commas: {word.partition('=')[0]} A,B.")
        given[name] = value if joined else rest.pop(0)
    return given


def spelled(value) -> str:
    """A value as one would type it.

    >>> spelled(["A", "B"]), spelled({"Kunde": "customer_id"}), spelled(None), spelled(True)
    ('A,B', 'Kunde=customer_id', 'none', 'true')
    """
    if isinstance(value, dict):
        return ",".join(f"{spelled(key)}={spelled(part)}" for key, part in value.items())
    if isinstance(value, list | tuple):
        return ",".join(map(spelled, value))
    return str(value).lower() if value is None or isinstance(value, bool) else str(value)


# ---- casting by the annotation ----------------------------------------------------------------------------


def _is_none(kind: ast.expr) -> bool:
    return isinstance(kind, ast.Constant) and kind.value is None


def _choices(kind: ast.expr) -> list[ast.expr]:
    """The parts of ``A | B``."""
    return [*_choices(kind.left), *_choices(kind.right)] if isinstance(kind, ast.BinOp) else [kind]


def _inner(kind: ast.expr) -> list[ast.expr]:
    """The parts in the brackets of ``dict[A, B]``."""
    return kind.slice.elts if isinstance(kind.slice, ast.Tuple) else [kind.slice]


def _options(kind: ast.expr) -> list:
    return [ast.literal_eval(part) for part in _inner(kind)]


def _cast(kind: ast.expr, value):
    if isinstance(kind, ast.BinOp):
        return _cast_one_of(_choices(kind), value)
    if isinstance(kind, ast.Subscript):
        many = {"list": _cast_list, "dict": _cast_dict, "Literal": _cast_literal}[kind.value.id]
        return many(kind, value)
    return _cast_plain(kind.id, value)


def _cast_plain(kind: str, value):
    text = isinstance(value, str)
    if kind == "str" and text or kind == "bool" and isinstance(value, bool):
        return value
    if kind == "bool" and text and value.lower() in TRUTHS:
        return TRUTHS[value.lower()]
    if isinstance(value, str | int) and not isinstance(value, bool) and kind == "int":
        return int(value)
    if isinstance(value, str | int | float) and not isinstance(value, bool) and kind == "float":
        if math.isfinite(float(value)):
            return float(value)
    raise ValueError


def _cast_one_of(kinds: list[ast.expr], value):
    empty = value is None or (isinstance(value, str) and value.lower() == "none")
    if empty and any(map(_is_none, kinds)):
        return None
    for kind in kinds:
        if _is_none(kind):
            continue
        try:
            return _cast(kind, value)
        except ValueError:
            continue
    raise ValueError


def _cast_list(kind, value) -> list:
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",") if part.strip()]
    if not isinstance(value, list | tuple):
        raise ValueError
    return [_cast(_inner(kind)[0], part) for part in value]


def _cast_dict(kind, value) -> dict:
    if isinstance(value, str):
        pairs = [part.partition("=") for part in value.split(",") if part.strip()]
        value = {key.strip(): part.strip() for key, _, part in pairs}
        if len(value) < len(pairs) or not all(key and sign for key, sign, _ in pairs):
            raise ValueError
    if not isinstance(value, dict):
        raise ValueError
    keys, values = _inner(kind)
    return {_cast(keys, key): _cast(values, part) for key, part in value.items()}


def _cast_literal(kind, value):
    for option in _options(kind):
        if value == option or value == spelled(option):
            return option
    raise ValueError
