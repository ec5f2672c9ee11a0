"""A course to begin with: a commented course.toml for the lessons that exist, and the secret beside it."""

import datetime as dt
import secrets
from pathlib import Path

from crmlab.desk import lessons
from crmlab.frame import places
from crmlab.frame.errors import CrmlabError

HEAD = """\
# Your course. Change what you like; no Python is needed. Then: crmlab course {file}

[course]
name = "Customer relationship management"
id = "crm"              # a short word; it enters every student's data
run = "{run}"{gap}# so does this: another term, other data
secret = "{secret}"{gap2}# for exams; hand this file to nobody, and do not lose it
# points = "half"       # practice earns points for answering ("answered", if not said), for what is "right", or half for each
# wheel = "https://…"   # where Colab finds crmlab; without it students upload the wheel

# A week may also say:
#   due = 2026-11-30T18:00:00   a date, or a date and an hour
#   points = 10                 if not said, what its exercises are worth; or a word, as above
#   data = "mobi"               if not said, a simulated world, another one for each student
#   core = true                 without what is deeper
#   groups = true               a hand-in counts for the whole group that the roster names
#   goals = ["…", "…"]          if not said, those of the lesson
"""
WEEK = """
[[week]]
week = {week}
lesson = "{lesson}"  # {question}
# due = {due}
"""
TAIL = """
# [[week]]
# week = {week}
# lesson = "exam"       # its name
# kind = "exam"         # right answers earn points; in practice it is the answering that counts
# exam = "exam.toml"    # a part for each question, as in
#                       #   [r1]
#                       #   like = "loyalty.pearson"    the exercise it repeats, on other data
#                       #   points = 4

# Words and points of an exercise, if you want others:
# [exercises."loyalty.pearson"]
# points = 3
# question = "…"
# hints = ["…", "…"]
# mistakes = {{square = "…"}}   # what is said to a mistake that is known
"""


def begin(path: str | Path) -> str:
    """Write the course and its secret; returns what to tell the instructor. What is there is never written over."""
    path = Path(path)
    if path.exists():
        raise CrmlabError(f"'{path}' is there already.", "It is never written over.",
                          "Give the new course another name.")
    secret, today = path.with_suffix(".secret"), dt.date.today()
    run = f"{today.year} {'summer' if 4 <= today.month <= 9 else 'winter'}"
    text = HEAD.format(file=path, run=run, secret=secret.name, gap=" " * max(1, 18 - len(run)),
                       gap2=" " * max(1, 15 - len(secret.name)))
    known = lessons.every()
    for week, one in enumerate(known, 1):
        due = today + dt.timedelta(weeks=week)
        text += WEEK.format(week=week, lesson=one.word, question=one.question, due=due)
    places.write(path, text + TAIL.format(week=len(known) + 1))
    if not secret.exists():
        places.write(secret, secrets.token_urlsafe(32) + "\n", private=True)
    return (f"{path} is a course with {len(known)} lessons; open it in any editor. {secret} is its secret, for exams: "
            f"hand it to nobody, and keep a copy.\nThen say: crmlab course {path}")
