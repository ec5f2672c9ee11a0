"""What a student is told: a symbol, a word, a sentence, and never the number that was asked for."""

import html
from dataclasses import dataclass, replace

import pandas as pd

from crmlab.frame.result import unbroken

#: Symbol and word of each outcome, so that nobody has to see colours.
OUTCOMES = {
    "todo": ("…", "Not answered yet."),
    "kind": ("?", "Cannot be read yet."),
    "right": ("✔", "Right."),
    "close": ("≈", "Nearly."),
    "wrong": ("✘", "Not yet."),
    "left_out": ("–", "Left out."),
    "noted": ("✎", "Noted."),
    "hint": ("→", "Hint."),
    "told": ("→", ""),
}


@dataclass(frozen=True, eq=False)
class Reply:
    """One answer to a student. ``code`` is for tests and grading: ``right``, ``wrong:covariance``, …"""

    code: str
    says: str = ""
    asks: str = ""
    shows: pd.DataFrame | None = None

    @property
    def outcome(self) -> str:
        return self.code.partition(":")[0]

    @property
    def mistake(self) -> str:
        return self.code.partition(":")[2]

    def asking(self, question: str, shows: pd.DataFrame | None = None) -> "Reply":
        return replace(self, asks=question, shows=shows if self.shows is None else self.shows)

    def _parts(self) -> tuple[str, str]:
        symbol, word = OUTCOMES[self.outcome]
        return " ".join(part for part in (symbol, word) if part), self.says

    def __repr__(self) -> str:
        head, says = self._parts()
        table = "" if self.shows is None else self.shows.to_string(index=False)
        return "\n".join(part for part in (self.asks, table, f"{head} {says}".strip()) if part)

    def _repr_html_(self) -> str:
        head, says = self._parts()
        asks = f"<p>{_lines(self.asks)}</p>\n" if self.asks else ""
        table = "" if self.shows is None else self.shows.to_html(index=False, border=0) + "\n"
        return (f'<div class="crm-reply crm-{self.outcome}">\n{asks}{table}<p><b>{html.escape(head)}</b> '
                f"{_lines(says)}</p>\n</div>")


def _lines(text: str) -> str:
    """Escaped text with its line breaks and its `code`."""
    parts = text.split("`")
    coded = [f"<code>{html.escape(part)}</code>" if place % 2 else unbroken(part)
             for place, part in enumerate(parts)]
    return "".join(coded).replace("\n", "<br>\n")


class NotRight(AssertionError):
    """In strict mode: an answer that is not right, so that a test of the lesson fails."""
