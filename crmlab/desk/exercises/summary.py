"""The management summary: five sentences about the student's own results, of which two claim too much."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from crmlab.desk.exercises.kinds import is_open
from crmlab.desk.exercises.reply import Reply
from crmlab.frame.errors import CrmlabError

SENTENCES, TOO_MUCH = 5, 2


@dataclass(frozen=True)
class Line:
    """One sentence with the student's numbers in it; ``fault`` names what it claims too much, if it does."""

    text: str
    why: str
    fault: str = ""


@dataclass(frozen=True)
class Summary:
    """Five sentences in an order of their own for each student."""

    lines: tuple[Line, ...]
    question: str

    @property
    def truth(self) -> list[int]:
        return [place for place, line in enumerate(self.lines, 1) if line.fault]

    @property
    def asks(self) -> str:
        return "\n".join([self.question, *(f"{place}. {line.text}" for place, line in enumerate(self.lines, 1))])

    def judge(self, answer: Any) -> Reply:
        """What is to be said about each sentence that was named; of the others, nothing."""
        if is_open(answer):
            return Reply("todo", "Name the two by their numbers, as in `[1, 5]`.")
        named = _numbers(answer)
        if named is None or len(named) != TOO_MUCH or not set(named) <= set(range(1, SENTENCES + 1)):
            return Reply("kind", f"Two different numbers from 1 to {SENTENCES} are asked, as in `[1, 5]`.")
        hits = [place for place in named if self.lines[place - 1].fault]
        said = "\n".join(f"Sentence {place} {'claims too much' if place in hits else 'may stand'}: "
                         f"{self.lines[place - 1].why}" for place in named)
        if len(hits) == TOO_MUCH:
            return Reply("right", said)
        missed = next(self.lines[place - 1].fault for place in self.truth if place not in hits)
        return Reply(f"wrong:missed {missed}", f"{len(hits)} of {TOO_MUCH} are right.\n{said}")


def _numbers(answer) -> list[int] | None:
    """Different whole numbers in rising order, whatever holds them, or nothing."""
    if isinstance(answer, str | bool):
        return None
    try:
        parts = np.asarray(list(answer), dtype=object).reshape(-1)
        values = [float(part) for part in parts if not isinstance(part, bool | np.bool_)]
    except (TypeError, ValueError, OverflowError):
        return None
    whole = sorted({int(value) for value in values if np.isfinite(value) and value == int(value)})
    return whole if len(whole) == len(parts) else None


def compose(said: Mapping, facts: Mapping[str, str], chance: np.random.Generator) -> Summary:
    """Draw two sentences that claim too much and three that may stand, and shuffle them.

    A sentence whose facts these data do not have is not drawn.
    """
    pools = []
    for name, count in (("too_much", TOO_MUCH), ("fair", SENTENCES - TOO_MUCH)):
        fitting = [line for line in said[name] if _fits(line["text"], facts)]
        if len(fitting) < count:
            raise CrmlabError("These data do not fill the summary.", f"Of '{name}' {len(fitting)} sentences are left.",
                              "Leave it out.")
        pools += [fitting[place] for place in chance.permutation(len(fitting))[:count]]
    lines = tuple(Line(one["text"].format(**facts), one["why"].format(**facts), one.get("fault", ""))
                  for one in (pools[place] for place in chance.permutation(SENTENCES)))
    return Summary(lines, said["question"])


def _fits(text: str, facts: Mapping[str, str]) -> bool:
    try:
        text.format(**facts)
    except KeyError:
        return False
    return True
