"""Slips of the pen: one helpful sentence where Python would show a page of red."""

import builtins
import re
import sys
from collections.abc import Iterable

from crmlab.frame.errors import did_you_mean

#: What Python says of a line it cannot read, and what a teacher would say.
SYNTAX = [
    (r"was never closed|incomplete input", "a bracket or a quotation mark was opened and never closed"),
    (r"unmatched|does not match", "a bracket is closed that was not opened like that"),
    (r"unterminated|EOL while", "a quotation mark is missing at the end of the text"),
    (r"leading zeros", "decimals are written with a point, as in `0.05`"),
    (r"forgot a comma", "between two values something is missing, most often a comma or an operator"),
    (r"Maybe you meant '=='", "`=` gives a name to a value; to compare, write `==`"),
    (r"expected ':'", "a colon is missing at the end"),
    (r"invalid character", "a sign stands there that Python does not know, such as a curly quotation mark"),
    (r"invalid decimal literal", "a number runs into letters; a name cannot begin with a digit"),
    (r"unexpected indent|unindent|expected an indented", "it begins with blanks that do not fit; begin at the left edge"),
]


def name_error(name: str, known: Iterable[str]) -> str:
    """The sentence for a name that does not exist.

    >>> name_error("scroes", ["scores"])
    "There is no 'scroes' here. Did you mean 'scores'? If not, run the cell further up that makes it."
    """
    near = did_you_mean(name, [word for word in known if not word.startswith("_")]) or did_you_mean(
        name, [word for word in dir(builtins) if word.islower() and not word.startswith("_")])
    if near:
        return f"There is no '{name}' here. {near} If not, run the cell further up that makes it."
    return (f"There is no '{name}' here. If it is text, put it in quotation marks; if a cell further up makes it, run "
            "the cells above first (Run, then Run All Above Selected Cell).")


def syntax_error(error: SyntaxError) -> str:
    """The sentence for a line that Python cannot read.

    >>> syntax_error(SyntaxError("'(' was never closed", ("", 1, 9, "round(r, 2", 1, 9)))
    'Python cannot read line 1, `round(r, 2`: a bracket or a quotation mark was opened and never closed.'
    """
    line = (error.text or "").strip()
    said = next((words for pattern, words in SYNTAX if re.search(pattern, error.msg or "")), "")
    if not said:
        said = ("after the equals sign something is missing; put the dots `...` back or give an answer"
                if line.endswith("=") else "look for a missing comma, bracket or quotation mark")
    at = f" line {error.lineno}" if error.lineno else " this"
    return f"Python cannot read{at}{f', `{line}`' if line else ''}: {said}."


def _shown(shell, kind, error, trace, tb_offset=None) -> None:
    """One sentence for a slip in a cell; a fault inside a package shows itself as ever."""
    last = trace
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    if isinstance(error, SyntaxError):
        lines = [syntax_error(error)]
    elif last is not None and last.tb_frame.f_globals is shell.user_ns:
        lines = [name_error(error.name or str(error), set(shell.user_ns) - set(shell.user_ns_hidden))]
    else:
        lines = shell.InteractiveTB.structured_traceback(kind, error, trace, tb_offset=tb_offset)
    shell._showtraceback(kind, error, lines)


def install() -> None:
    """Answer slips in an open notebook; elsewhere nothing happens."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is not None and hasattr(shell, "kernel"):
        shell.set_custom_exc((NameError, SyntaxError), _shown)
