"""Parameters: a lesson's own annotated cell as flags. Annotation = type, comment = help, value = default."""

import ast
import io
import math
import re
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
#: What a well-known parameter must be besides its type.
BOUNDS = {
    "alpha": (lambda value: 0 < value <= 0.5, "is above 0 and at most 0.5"),
    "seed": (lambda value: value >= 0, "is a whole number of 0 or more"),
}
#: What a lesson on a log takes within its parameter ``reading``: how doubtful lines are read.
READING = ("refunds", "duplicates", "incomplete", "timezone", "until", "dates", "currency", "count", "decimal")
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
        if self.name == "columns" and isinstance(value, str) and not value.startswith("{"):
            value = _mapped(value)
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
        whose = f"the lesson '{lesson}'"
        bound[name] = fitted(parameters[name], value, whose)
        holds, words = BOUNDS.get(name, (None, ""))
        if holds and bound[name] is not None and not holds(bound[name]):
            raise _ill(parameters[name], value, f"of {whose} {words}")
    return bound


def fitted(parameter: Parameter, value, whose: str):
    """The value in the parameter's type, or an error that says how to write it."""
    try:
        return parameter.cast(value)
    except ValueError:
        raise _ill(parameter, value, f"of {whose} takes {parameter.described()[0]}") from None


def _ill(parameter: Parameter, value, wrong: str) -> CrmlabError:
    return CrmlabError(f"The parameter '{parameter.name}' {wrong}.", f"It was given '{spelled(value)}'.",
                       f"Write it like {parameter.flag} {parameter.described()[1]}.")


def flags(words: list[str], parameters: dict[str, Parameter] | None = None) -> dict[str, str]:
    """Typed words as parameters; the lesson's own tell whether one that is given twice takes a list.

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
                              _once((parameters or {}).get(name)))
        given[name] = value if joined else rest.pop(0)
    return given


def _once(parameter: Parameter | None) -> str:
    if parameter is None or not parameter.type_text.startswith(("list", "dict")):
        return "Give it once."
    return f"Give it once, with commas: {parameter.flag} {parameter.described()[1]}."


def at_shell(message: str, known) -> str:
    """The hints of a message, written for Python, as one line for the shell; another for what it says instead.

    >>> at_shell("Say missing=['n/a', 'k. A.'], and columns={'Z1': 'trust_1'}.", ["missing", "columns"])
    'At the shell: --missing "n/a,k. A." --columns Z1=trust_1'
    >>> print(at_shell("Say missing=[9]; if it is an answer, say scale='1-9'.", ["missing", "scale"]))
    At the shell: --missing 9
    Or instead: --scale 1-9
    >>> at_shell("Say count={'Status': ['paid', 'sent']}.", ["reading"])
    'At the shell: --reading "count=Status=paid|sent"'
    """
    ways, ends = [{}], 0
    for found in re.finditer(r"\b([a-z_]+)=(?=[\[{'\"])", message):
        literal = _literal(message[found.end():])
        there = found[1] in known or found[1] in READING and "reading" in known
        if literal and there and "…" not in str(literal[0]) and not any(found[1] in way for way in ways):  # … leaves it to the reader
            if ways[-1] and re.search(r"\b(or|if)\b", message[ends:found.start()]):
                ways.append({})
            ways[-1][found[1]] = _states(literal[0]) if found[1] == "count" else literal[0]
            ends = found.end()
    said = "\nOr instead: ".join(_line(way, known) for way in ways if way)
    return f"At the shell: {said}" if said else ""


def _line(hints: dict, known) -> str:
    within = {name: hints.pop(name) for name in READING if name in hints and name not in known}
    hints |= {"reading": within} if within else {}
    return " ".join(_flagged(name, value) for name, value in hints.items())


def _states(count) -> str:
    """Which rows count, in one line."""
    return count if isinstance(count, str) else ";".join(
        f"{name}={cells if isinstance(cells, str) else '|'.join(map(str, cells))}" for name, cells in count.items())


def _literal(text: str) -> list:
    """The list, dict or text that stands first, in a list of its own; an empty list where there is none."""
    for end in (close.end() for close in re.finditer(r"[\]}'\"]", text)):
        try:
            return [ast.literal_eval(text[:end])]
        except (ValueError, SyntaxError):
            continue
    return []


def _flagged(name: str, value) -> str:
    parts = [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else []
    unclear = any(re.search("," if name == "reading" else "[,=]", part) for part in parts if isinstance(part, str))
    word = repr(value) if unclear else spelled(value)
    if not re.fullmatch(r"[\w.,=:/+-]+", word):
        word = '"' + re.sub(r'([\\"$`])', r"\\\1", word) + '"'
    return f"--{name.replace('_', '-')}{'=' if word.startswith('--') else ' '}{word}"


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


#: How a value of each kind begins in Python.
OPENED = {list: ("[",), dict: ("{",), str: ("'", '"')}


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
    if kind == "str" and text:
        return _from_python(value, str)
    if kind == "bool" and isinstance(value, bool):
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


def _from_python(text: str, kind: type):
    """The value where the text is written as in Python, as hints are; else the text."""
    try:
        value = ast.literal_eval(text) if text[:1] in OPENED[kind] else text
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text
    return value if isinstance(value, kind) else text


def _worded(part):
    """Codes in a hint are numbers, as in missing=[-99], and texts at the shell."""
    return part if isinstance(part, str) else spelled(part)


def _cast_list(kind, value) -> list:
    written = _from_python(value, list) if isinstance(value, str) else value
    if written is not value:
        value = [_worded(part) for part in written]
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",") if part.strip()]
    if not isinstance(value, list | tuple):
        raise ValueError
    return [_cast(_inner(kind)[0], part) for part in value]


def _cast_dict(kind, value) -> dict:
    written = _from_python(value, dict) if isinstance(value, str) else value
    if written is not value:
        value = {_worded(key): _worded(part) for key, part in written.items()}
    if isinstance(value, str):
        pairs = [part.partition("=") for part in value.split(",") if part.strip()]
        value = {key.strip(): part.strip() for key, _, part in pairs}
        if len(value) < len(pairs) or not all(key and sign for key, sign, _ in pairs):
            raise ValueError
    if not isinstance(value, dict):
        raise ValueError
    keys, values = _inner(kind)
    return {_cast(keys, key): _cast(values, part) for key, part in value.items()}


def _mapped(text: str) -> dict[str, str]:
    """Own names to crmlab's: ours hold neither commas nor equals signs, so that a name of one's own may.

    >>> _mapped("Betrag (=EUR)=amount, Kunde, Nr.=customer_id")
    {'Betrag (=EUR)': 'amount', 'Kunde, Nr.': 'customer_id'}
    """
    found, waiting = {}, ""
    for part in text.split(","):
        waiting += "," * bool(waiting) + part
        own, sign, name = waiting.rpartition("=")
        if sign and own.strip() and name.strip() and own.strip() not in found:
            found[own.strip()], waiting = name.strip(), ""
    if waiting.strip():
        raise ValueError
    return found


def _cast_literal(kind, value):
    for option in _options(kind):
        if value == option or value == spelled(option):
            return option
    raise ValueError
