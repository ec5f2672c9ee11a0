"""Write docs/teaching.md from what the exercises really say: `python docs/make.py`."""

from pathlib import Path
from textwrap import indent

import crmlab as crm
from crmlab.desk import lessons
from crmlab.desk.exercises.books import book, settled
from crmlab.desk.exercises.exercise import MOST_VERSIONS
from crmlab.desk.exercises.kinds import APART
from crmlab.sources import worlds

STUDENT = "Ada"
#: The personal table of an attempt, by lesson.
DRAWS = {
    "loyalty": lambda attempt: worlds.survey(n=250, seed=attempt).tables["survey"],
    "portfolio": lambda attempt: worlds.shop(n=1000, seed=attempt).tables["transactions"],
    "relationships": lambda attempt: worlds.dyads(n=400, seed=attempt).tables["dyads"],
    "qci": lambda attempt: worlds.firms(seed=attempt, truth={"raters": 2}).tables["assessments"],
}
TYPICAL = [  # what was done, the exercise, and the answer: a mistake by name, or what was typed
    ("The covariance in place of the correlation", "loyalty.pearson", "covariance"),
    ("The curve read from the wrong axis", "portfolio.share", "turned"),
    ("As many orders again", "portfolio.back", "same"),
    ("Who feels much and buys little", "relationships.cut", "answers"),
    ("A claim believed that has nothing to show", "qci.score", "believed"),
    ("r read as a share", "loyalty.elsewhere", "r"),
    ("A comma for the decimals", "qci.halo", (0, 25)),
]

HEAD = """# Exercises, and what they say

<!-- Written by docs/make.py from the exercises themselves; a test compares. Do not edit by hand. -->

An exercise knows the student's own data, and so the number that is right for this student, and the numbers to which
known mistakes lead. The reply names the mistake and leads on, often with the next question; it never shows the number. Below are
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
- Practice is open book. `lab.hint(…)` and `lab.solution(…)` are there to be used; how many hints were, is noted.
- Texts, hints and points stand in `crmlab/desk/exercises/<lesson>.toml`: change them without Python.
- `CRMLAB_STRICT=1` makes a check raise on anything but right. So `make test` proves every solution.
"""
TABLE = """
## The exercises of `{lesson}`

| exercise | goal | points | mistakes it knows |
|---|---|---|---|
"""


def page() -> str:
    return "".join([HEAD.format(student=STUDENT), *_replies(), RULES.format(versions=MOST_VERSIONS, apart=APART),
                    *(_table(lesson.word) for lesson in lessons.every() if book(lesson.word))])


def _replies():
    """Each typical mistake, with what the notebook says to it."""
    tables = {lesson: settled(lesson, draw, STUDENT)[1] for lesson, draw in DRAWS.items()}
    labs = {lesson: crm.lesson(lesson, table, student=STUDENT) for lesson, table in tables.items()}
    for what, exercise, answer in TYPICAL:
        lesson, _, name = exercise.partition(".")
        found = book(lesson)
        posed = found.posed(name, found.desk(tables[lesson]), STUDENT)
        given = _typed(posed.mistakes[answer], posed.words.decimals) if isinstance(answer, str) else answer
        reply = labs[lesson].check(exercise, given)
        shown = ",".join(map(str, given)) if isinstance(given, tuple) else given
        asks = reply.asks.replace("\n", "  \n> ")
        case = "" if reply.shows is None else f"{indent(reply.shows.to_string(index=False), '    ')}\n\n"
        yield f"\n## {what}\n\n> {asks}\n\n{case}    answer = {shown}\n\n{str(reply).splitlines()[-1]}\n"


def _table(lesson: str) -> str:
    found = book(lesson)
    rows = [f"| `{lesson}.{name}` | {words.goal} | {words.points} | "
            f"{', '.join(told['name'] for told in words.mistakes.values())} |\n" for name, words in found.words.items()]
    review = found.said["review"]
    rows.append(f"| `{lesson}.review` | hear when a summary claims too much | {review['points']} | "
                f"{', '.join(dict.fromkeys(line['fault'] for line in review['too_much']))} |\n")
    return "".join([TABLE.format(lesson=lesson), *rows])


def _typed(value, decimals: int):
    """A mistake as a student would type it."""
    numbers = [round(float(number), decimals) if decimals else round(number) for number in value]
    return numbers[0] if len(numbers) == 1 else numbers


if __name__ == "__main__":
    Path(__file__).with_name("teaching.md").write_text(page(), "utf-8")
