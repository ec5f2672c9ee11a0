"""Feedback: one page for each student, in one file, with what was answered, what came of it, and where to look."""

import html
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version

from crmlab.desk import report
from crmlab.desk.course.gradebook import total
from crmlab.desk.course.marking import Mark, Paper, flags, goal
from crmlab.desk.course.plan import TOLD, Course, Week
from crmlab.desk.exercises.books import Book
from crmlab.desk.exercises.reply import OUTCOMES
from crmlab.frame.errors import counted
from crmlab.frame.result import unbroken

LONGEST = 400  # signs of an answer that are shown
_version = cache(version)  # to look it up takes as long as to judge a paper
STYLE = """
.score { font: 600 1.15rem/1.4 var(--plain); margin-bottom: 2rem; }
.one { border-top: 1px solid var(--line); padding: 1.2rem 0 .3rem; break-inside: avoid; }
.one h2 { font: 600 1rem/1.4 var(--plain); margin: 0 0 .5rem; display: flex; gap: 1rem; }
.one h2 { justify-content: space-between; overflow-wrap: anywhere; }
.one h2 span { color: var(--grey); font-weight: 400; white-space: nowrap; }
.said { font-size: .95em; color: var(--grey); }
.reply { border-left: 3px solid var(--line); padding-left: .9rem; }
.right .reply { border-color: #2a6f97; }
.wrong .reply, .close .reply { border-color: var(--accent); }
code { font-size: .9em; overflow-wrap: anywhere; }
@media (max-width: 40rem) { .one h2 { display: block; } .one h2 span { display: block; } }
"""


def page(paper: Paper, book: Book, course: Course, week: Week, comments: Mapping[str, list[str]] | None = None) -> str:
    """A student's page. It never holds the value that was asked for."""
    student = paper.handed.student
    title = f"{week.lesson}: what became of your answers"
    right = sum(mark.reply.code == "right" for mark in paper.marks.values())
    unread = _unread(paper, week, comments or {})
    rule = TOLD[_earned(week)] + (_scale(paper, week) if week.kind == "exam" else "")
    rule += " What is not right yet, try again: the hints are still there." * (week.kind == "practice")
    rule += " A person will still read what you answered in words, and give the points for it." * bool(unread)
    late = " It came after the time it was due." if paper.handed.late else ""
    whose = " · ".join(filter(None, [course.name, course.run, student.name, student.id]))
    parts = [f"<h1>{_text(title.capitalize())}</h1>",
             f'<div class="crm-subtitle"><p>{_text(whose)}</p></div>',
             f'<p class="score">{total(paper, week):g} of {week.points:g} points{" so far" * bool(unread)}. {right} of '
             f"{counted(len(paper.marks), 'exercise')} right.</p>", f"<p>{rule}{late}</p>"]
    parts += [f"<p>{_other_data(paper)}</p>"] * any(one.problem == "other data" for one in flags(paper, course))
    parts += [_one(mark, paper, book, week, (comments or {}).get(mark.exercise, []), mark.exercise in unread)
              for mark in paper.marks.values()]
    stamp = f"crmlab {_version('crmlab')} · judged on the data handed out to {paper.handed.owner.id}"
    return report.page(report.Head(title, stamp), "\n".join(parts), STYLE)


def _unread(paper: Paper, week: Week, comments: Mapping[str, list[str]]) -> set[str]:
    """The answers in words for which a person has yet to give points."""
    if _earned(week) == "answered":
        return set()
    return {exercise for exercise, mark in paper.marks.items()
            if mark.reply.outcome == "noted" and mark.worth and exercise not in comments}


def _earned(week: Week) -> str:
    return "right" if week.kind == "exam" else week.earned or "answered"


def _scale(paper: Paper, week: Week) -> str:
    """How the points of the questions become those of the exam, where these are not the same."""
    worth, points = (sum(getattr(mark, part) for mark in paper.marks.values()) for part in ("worth", "points"))
    if worth in (0, week.points):
        return ""
    return f" The questions add up to {points:.4g} of {worth:g}; of {week.points:g} that is {total(paper, week):g}."


def _other_data(paper: Paper) -> str:
    return ("These answers seem to come from other data than those handed out to "
            f"{'you' if paper.handed.owner.id == paper.handed.student.id else 'your group'}, and were judged on the ones "
            "handed out. Open that notebook again, leave its data, seed and name as they are, and answer with what it "
            "shows.")


def _one(mark: Mark, paper: Paper, book: Book, week: Week, comments: list[str], unread: bool) -> str:
    name, reply = mark.exercise.partition(".")[2], mark.reply
    symbol, word = OUTCOMES[reply.outcome]
    points = f"{mark.points:g} of {mark.worth:g} points" if mark.worth else "not counted"
    points = f"{mark.worth:g} points, not read yet" if unread else points
    asks = f'<p class="said">{_text(reply.asks)}</p>' if reply.asks else ""
    shows = f'<div class="scroll">{reply.shows.to_html(index=False, border=0)}</div>' if reply.shows is not None else ""
    decimals = getattr(book.words.get(name), "decimals", 2)
    answer = "" if reply.outcome == "todo" else f"<p>You answered: {answered(mark.answer, decimals)}</p>"
    if _earned(week) != "answered":  # the points stand above
        comments = comments[1:]
    words = [f"<p><b>Comment:</b> {_text(comment)}</p>" for comment in comments]
    score = f" {mark.right} of {mark.parts} parts are right." if mark.parts > 1 and week.kind == "exam" else ""
    says = "" if week.kind == "exam" else _text(reply.says[:5 * LONGEST])
    helped = reply.outcome in ("wrong", "close", "kind") and week.kind == "practice"
    hints = book.said[name].get("hints", []) if helped else []
    filled = paper.truth.posed[name].filled if name in paper.truth.posed else str
    look = "".join(f"<li>{_text(filled(hint))}</li>" for hint in hints)
    return "\n".join(filter(None, [
        f'<section class="one {reply.outcome}">',
        f"<h2>{_text(goal(mark.exercise, book))}<span>{points}</span></h2>", asks, shows, answer,
        f'<div class="reply"><p><b>{symbol} {word}</b>{score} {says}</p></div>',
        f"<p>Where to look:</p>\n<ul>{look}</ul>" if look else "",
        *words, "</section>"]))


def answered(answer, decimals: int = 2) -> str:
    """An answer as a reader meets it, escaped. See :func:`shown`.

    >>> answered([0.6249999, "<b>"]), answered({"choice": "pilot"})
    ('<code>0.625, “&lt;b&gt;”</code>', 'choice: <code>“pilot”</code>')
    """
    if isinstance(answer, dict):
        return "; ".join(f"{_text(str(key))}: {answered(value, decimals)}" for key, value in list(answer.items())[:12])
    words = shown(answer, decimals)
    return f"<code>{html.escape(words[:LONGEST])}{'…' * (len(words) > LONGEST)}</code>"


def shown(answer, decimals: int = 2) -> str:
    """An answer in words: numbers with at most two decimals more than asked, texts in quotation marks.

    >>> shown([0.6180339887498949, 2, "r"]), shown({"a": 0.5})
    ('0.618, 2, “r”', 'a: 0.5')
    """
    if isinstance(answer, dict):
        return "; ".join(f"{key}: {shown(value, decimals)}" for key, value in answer.items())
    if isinstance(answer, list):
        return ", ".join(shown(part, decimals) for part in answer[:20])
    if isinstance(answer, str):
        return f"“{answer}”"
    return str(round(answer, decimals + 2)) if isinstance(answer, float) else str(answer)


def _text(words: str) -> str:
    """Escaped words, with their lines and their `code`."""
    parts = words.split("`")
    return "".join(f"<code>{html.escape(part)}</code>" if at % 2 else unbroken(part)
                   for at, part in enumerate(parts)).replace("\n", "<br>\n")
