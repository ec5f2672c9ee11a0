"""Errors are prose: what is wrong, what was found, what to do; and prose is written in any code page."""

import codecs
import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches


class CrmlabError(ValueError):
    """Something in the input that crmlab will not guess about.

    Its message has three short sentences: what is wrong, what was found, what to do.
    Notebooks show the message alone, without a traceback.
    """

    def __init__(self, wrong: str, found: str, remedy: str):
        self.wrong, self.found, self.remedy = wrong, found, remedy
        super().__init__(f"{wrong} {found} {remedy}")

    def __reduce__(self):
        return type(self), (self.wrong, self.found, self.remedy)

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


def listed(values: Iterable, limit: int = 5, quote: bool = True) -> str:
    """Values as a reader would list them.

    >>> listed(["a", "b", "c"])
    "'a', 'b' and 'c'"
    >>> listed(range(9), limit=3, quote=False)
    '0, 1, 2 and 6 more'
    """
    words = [f"'{v}'" if quote else str(v) for v in values]
    if len(words) > limit:
        return f"{', '.join(words[:limit])} and {len(words) - limit} more"
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def counted(n: int, noun: str, plural: str | None = None) -> str:
    """A number with its noun.

    >>> counted(1, "row"), counted(1200, "row")
    ('1 row', '1,200 rows')
    """
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"


def there_are(n: int, noun: str) -> str:
    """
    >>> there_are(1, "cell"), there_are(2, "cell")
    ('There is 1 cell', 'There are 2 cells')
    """
    return f"There {'is' if n == 1 else 'are'} {counted(n, noun)}"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The nearest known name as a closing question, or nothing.

    >>> did_you_mean("drop_item", ["data", "drop_items"])
    "Did you mean 'drop_items'?"
    """
    names = {str(name).casefold(): str(name) for name in known}
    lowered = str(word).casefold()
    near = get_close_matches(lowered, names, n=1, cutoff=0.6)
    near = near or [name for name in names if len(lowered) > 2 and lowered in name]
    return f"Did you mean '{names[near[0]]}'?" if near else ""


def unknown(kind: str, word: str, where: str, known: Iterable[str]) -> CrmlabError:
    """The error for a name that does not exist, with the names that do."""
    known = list(known)
    remedy = did_you_mean(word, known) or "Use one of these names."
    there = f"{where} has: {listed(known, 40, quote=False)}."
    return CrmlabError(f"There is no {kind} '{word}'.", there, remedy)


#: What a terminal or a file that knows few signs gets instead of ours.
PLAIN = {"−": "-", "–": "-", "—": "-", "×": "x", "·": "|", "…": "...", "≥": ">=", "≤": "<=", "≠": "not =", "→": "->", "€": "EUR",
         "“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "√": "sqrt ", "\u00a0": " ", "\u202f": " ", "ß": "ss"}


def plainly(error: UnicodeError) -> tuple[str, int]:
    """The signs that cannot be written, in ones that can: never an error for the sake of a minus sign.

    >>> "−3 €".encode("ascii", "crmlab.plainly")
    b'-3 EUR'
    """
    said = "".join(PLAIN.get(sign) or unicodedata.normalize("NFKD", sign).encode("ascii", "ignore").decode() or "?"
                   for sign in error.object[error.start:error.end])
    return said, error.end


codecs.register_error("crmlab.plainly", plainly)
