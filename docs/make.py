"""Write docs/teaching.md from what the exercises really say: `python docs/make.py`."""

from pathlib import Path

import crmlab as crm
from crmlab.desk.exercises.books import book, settled
from crmlab.desk.exercises.exercise import MOST_VERSIONS
from crmlab.desk.exercises.kinds import APART
from crmlab.sources import worlds

STUDENT = "Ada"
TYPICAL = [  # what was done, the exercise, and the answer: a mistake by name, or what was typed
    ("The covariance in place of the correlation", "pearson", "covariance"),
    ("A comma for the decimals", "pearson", (0, 62)),
    ("r read as a share", "elsewhere", "r"),
    ("Each question laid beside a score that holds it", "items", "total"),
    ("The wrong customers kept", "range", "others"),
]

HEAD = """# Exercises, and what they say

<!-- Written by docs/make.py from the exercises themselves; a test compares. Do not edit by hand. -->

An exercise knows the student's own data, and so the number that is right for this student, and the numbers to which
known mistakes lead. The reply names the mistake and asks the next question; it never shows the number. Below are
five typical mistakes of one student, {student}, with the replies as the notebook gives them.
"""
RULES = """
## What comes back

| symbol | meaning |
|---|---|
| `… Not answered yet.` | dots still stand where the answer goes; the lesson runs from top to bottom all the same |
| `? Cannot be read yet.` | text, a pair, a table, NaN, a whole result: it is said what to write instead |
| `✔ Right.` | right to the decimals asked; a note, where these data give a known mistake the same number |
| `≈ Nearly.` | right to fewer decimals, or cut off where it should be rounded |
| `✘ Not yet.` | a mistake known by name, or an unknown one with the way to a hint |
| `– Left out.` | these data do not have what the exercise needs |

## Rules, open to everybody

- Truth and mistakes are computed from the data at hand. Nothing is stored that one could look up.
- A version belongs to a student: the columns, the cut, the cases are drawn from the name. At most {versions} versions
  are tried until the truth and all known mistakes stand {apart} tolerances apart; if none will do, the first is asked,
  and the reply says what these data cannot tell apart. A personal world is drawn again by the same rule.
- Practice is open book. Hints and solutions are there to be used; how many were, is noted.
- Texts, hints and points stand in `crmlab/desk/exercises/<lesson>.toml`: change them without Python.
- `CRMLAB_STRICT=1` makes a check raise on anything but right. So `make test` proves every solution.

## The exercises of `loyalty`

| exercise | goal | points | mistakes it knows |
|---|---|---|---|
"""


def page() -> str:
    _, survey = settled("loyalty", lambda attempt: worlds.survey(n=250, seed=attempt).tables["survey"], STUDENT)
    lab, found = crm.lesson("loyalty", survey, student=STUDENT), book("loyalty")
    parts = [HEAD.format(student=STUDENT)]
    for what, name, answer in TYPICAL:
        posed = found.posed(name, found.desk(survey), STUDENT)
        given = _typed(posed.mistakes[answer], posed.words.decimals) if isinstance(answer, str) else answer
        reply = lab.check(f"loyalty.{name}", given)
        shown = ",".join(map(str, given)) if isinstance(given, tuple) else given
        parts.append(f"\n## {what}\n\n> {reply.asks}\n\n    answer = {shown}\n\n{str(reply).splitlines()[-1]}\n")
    rows = [f"| `loyalty.{name}` | {words.goal} | {words.points} | "
            f"{', '.join(told['name'] for told in words.mistakes.values())} |\n" for name, words in found.words.items()]
    rows.append("| `loyalty.review` | hear when a summary claims too much | 3 | "
                f"{', '.join(line['fault'] for line in found.said['review']['too_much'])} |\n")
    return "".join([*parts, RULES.format(versions=MOST_VERSIONS, apart=APART), *rows])


def _typed(value, decimals: int):
    """A mistake as a student would type it."""
    numbers = [round(float(number), decimals) if decimals else round(number) for number in value]
    return numbers[0] if len(numbers) == 1 else numbers


if __name__ == "__main__":
    Path(__file__).with_name("teaching.md").write_text(page(), "utf-8")
