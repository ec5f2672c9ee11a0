"""Cells that Python cannot read: decimal commas, signs, brackets, quotation marks."""

import linecache
import re
from collections.abc import Iterable

from crmlab.frame.errors import listed

WORDS = ("class|lambda|from|import|is|in|not|and|or|global|def|return|pass|with|as|for|if|else|while|try|del|yield|"
         "None|True|False")
#: A sign that Python does not know, and what to write.
SIGNS = {**dict.fromkeys("“”„‟«»‘’‚′″", 'there stands a curly quotation mark; write a straight one, `"`'),
         **dict.fromkeys("–—−", "there stands a long dash; a minus is `-`"),
         "≥": "at least is written `>=`", "≤": "at most is written `<=`", "≠": "unequal is written `!=`",
         "×": "times is written `*`", "·": "times is written `*`", "÷": "divided by is written `/`",
         "²": "squared is written `** 2`", "…": "dots in place of an answer are three points, `...`",
         **dict.fromkeys("€£¥", "a number has no currency; leave the sign out")}
#: What Python says, what the line looks like (its texts emptied), and what a teacher would say. The first that fits.
SYNTAX = [
    (r"unicodeescape", "", r"in a path `\` has a meaning of its own; write `/` in its place"),
    (r"invalid syntax|line continuation", r"\b[A-Za-z]:\\",
     r"a path is text; put it in quotation marks, and write `/` for `\`"),
    (r"non-printable", "", "a hidden sign stands there, most often from copying; delete the blank and type it again"),
    (r"unterminated", r"\d'\d", "a number has no mark between its thousands, as in `1000`"),
    (r"unterminated", r"'[^']*\w'\w", "text with an apostrophe goes between double quotation marks, `\"`"),
    (r"unterminated|EOL while", "", "a quotation mark is missing at the end of the text"),
    (r"was never closed", r"\([^)]*;",
     "values in brackets are parted by commas, and decimals are written with a point"),
    (r"was never closed|incomplete input", "", "a bracket or a quotation mark was opened and never closed"),
    (r"unmatched|does not match", "", "a bracket is closed that was not opened like that"),
    (r"leading zeros", "", "a number does not begin with a 0, unless a point follows"),
    (r"assign to literal", r"^\s*['\"]", "the name before `=` has no quotation marks"),
    (r"assign to literal", "", "the name stands before `=`, the value after it"),
    (r"assign to function call", r"^[^=]*\)\s*=(?!=)",
     "nothing can be put into a call; what goes in stands between its brackets"),
    (r"assign to expression", r"^\s*\w+(-\w+)+\s*=(?!=)", "a name has no minus in it; write `_`"),
    (r"assign to (True|False|None)", "", "`True`, `False` and `None` are words of Python's own; choose another name"),
    (r"Maybe you meant '=='", "", "`=` gives a name to a value; to compare, write `==`"),
    (r"keyword argument repeated", "", "one of the names before `=` stands there twice"),
    (r"positional argument follows", "", "values with a name, as in `low=0.2`, stand after those without"),
    (r"Missing parentheses", "", "brackets are missing, as in `print(r)`"),
    (r"invalid decimal literal", "",
     "a number runs into letters; a unit is left out, and a name cannot begin with a digit"),
    (r"expected an indented", "", "the lines that belong to it begin with four blanks"),
    (r"unexpected indent|unindent|inconsistent use of tabs", "",
     "it begins with blanks that do not fit; begin at the left edge"),
    (r"forgot a comma", "", "between two values something is missing, most often a comma or an operator"),
    (r"expected ':'|invalid syntax", r"^\s*else if\b", "'or else, if' is written `elif`"),
    (r"expected ':'", "", "a colon is missing at the end"),
    (r"invalid syntax", r"^\s*(import|from)\b.*\bcrm", "the package is called crmlab; write `import crmlab as crm`"),
    (r"invalid syntax", rf"(^|[(,])\s*({WORDS})\s*=(?!=)",
     "a word of Python's own cannot be a name; choose another one"),
    (r"invalid syntax", r"[=(,]\s*,\s*\d", "a decimal begins with a number and a point, as in `0.6`"),
    (r"invalid syntax|expected ':'|forgot a comma", r"^\s*(IF|If|FOR|For|WHILE|While|IMPORT|Import|FROM|From|DEF|Def)\b",
     "the words of Python are written in small letters"),
    (r"invalid syntax", r"\w.*=\s+=", "to compare, write `==` without a blank; to give a name, one `=`"),
    (r"invalid syntax", r"=>|=\s*<|> =|< =", "at least is written `>=`, and at most `<=`"),
    (r"invalid syntax", r"<>", "unequal is written `!=`"),
    (r"invalid syntax", r"&&|\|\|", "of columns 'and' is written `&`, and 'or' `|`, each comparison in brackets"),
    (r"invalid syntax", r"\d\s*%\s*($|[),\]])",
     "Python knows no per cent sign; leave it out, and write a share as `0.45`"),
    (r"invalid syntax", r"\$", "a number has no currency; leave the sign out"),
    (r"invalid syntax", r"[(\[][^)\]]*;",
     "values in brackets are parted by commas, and decimals are written with a point"),
    (r"invalid syntax", r":=", "a name gets its value with one `=`"),
    (r"invalid syntax", r"\d \d", "a number has no blanks in it, as in `1000`"),
    (r"invalid syntax", r"\d\.\d*\.", "a number has one point at most"),
    (r"invalid syntax", r"\d [A-Za-z]\w*\s*$", "a unit after a number is left out"),
    (r"invalid syntax", r"^\s*\w+( \w+)+\s*=(?!=)", "a name is one word; write `_` for the blank"),
    (r"invalid syntax", r"[(,=]\s*\w+:\w+\s*[,)]",
     "a source such as `world:survey` is text; put it in quotation marks"),
    (r"invalid syntax", r"[^=!<>]=\s*$",
     "after the equals sign something is missing; put the dots `...` back or give an answer"),
    (r"invalid syntax", r"[-+*/<>&|.!=]\s*$", "after the last sign something is missing"),
    (r"invalid syntax", "", "look for a missing comma, bracket or quotation mark"),
]
RUN = re.compile(r"(?<![\w.,])(-?\d+(?:,\d+)+)(?![\w.(])")


def syntax_error(error: SyntaxError) -> str:
    """The sentences for a line that Python cannot read, or nothing.

    >>> syntax_error(SyntaxError("'(' was never closed", ("", 1, 9, "round(r, 2", 1, 9)))
    'Python cannot read line 1, `round(r, 2`: a bracket or a quotation mark was opened and never closed.'
    """
    said, line = error.msg or "", (error.text or "").strip()
    if re.search(r"positional argument follows|leading zeros|after dictionary key", said):
        cell = linecache.getlines(error.filename or "") or [line]
        found = commas("".join(cell), loose="positional" in said) if len(cell) < 60 else ""
        if found:
            return found
    sign = re.search(r"invalid character '(.)'", said)
    words = SIGNS.get(sign[1], f"`{sign[1]}` is a sign that Python does not know") if sign else _told(said, line)
    at = f"line {error.lineno}" if error.lineno else "this"
    return words and f"Python cannot read {at}{f', `{line}`' if line else ''}: {words}."


def _told(said: str, line: str) -> str:
    """What a teacher would say of it: texts in the line are emptied first, unless a quotation mark is what is missing."""
    bare = line if "unterminated" in said else bared(line)
    return next((words for python, looks, words in SYNTAX if re.search(python, said) and re.search(looks, bare)), "")


def bared(source: str) -> str:
    """Code with its texts emptied and without remarks.

    >>> bared("lab.check('a, b', 0,6)  # 1,2")
    "lab.check('', 0,6)  "
    """
    return re.sub(r"#.*", "", re.sub(r"(['\"])(?:\\.|(?!\1).)*\1", r"\1\1", source))


def commas(source: str, loose: bool = False) -> str:
    """The sentence for decimal commas in a line of code, or nothing.

    >>> commas("low=0,6, high=0,9")
    'Python reads `0,6` as two numbers, 0 and 6. Decimals are written with a point: `0.6` and `0.9`.'
    >>> commas("x = [1,2]")
    ''
    """
    bare = bared(source)
    bare = re.sub(r"(?<==)\s*(\d+),\s+(\d+)(?=\s*[,)])", r"\1,\2", bare) if loose else bare
    return told(pair for run in RUN.finditer(bare) for pair in _pairs(run, bare))


def told(pairs: Iterable[tuple[str, str]]) -> str:
    pairs = list(dict.fromkeys(pairs))
    if not pairs:
        return ""
    first, second = pairs[0]
    points = listed([f"`{whole}.{part}`" for whole, part in pairs], quote=False)
    return (f"Python reads `{first},{second}` as two numbers, {first} and {second}. Decimals are written with a point: "
            f"{points}.")


def _pairs(run: re.Match, bare: str) -> list[tuple[str, str]]:
    """Wholes and parts of the decimals in a run of digits and commas; a list of numbers is none."""
    parts = run[1].split(",")
    before, after = bare[:run.start()].rstrip()[-1:], bare[run.end():].lstrip()[:1]
    listing = before == "[" or (before == "(" and after == ")" and parts[0].lstrip("-") != "0")
    if listing or len(parts) not in (2, 4) or (len(parts) == 4 and parts[0].lstrip("-") != "0"):
        return []
    return list(zip(parts[::2], parts[1::2], strict=True))
