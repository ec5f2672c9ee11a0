"""The defence: one question of sixty seconds for each student, about the own numbers, to be asked aloud."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from crmlab.desk.course.feedback import shown
from crmlab.desk.course.marking import Mark, Paper, decides, named
from crmlab.desk.course.plan import Course, Week
from crmlab.desk.exercises.books import Book
from crmlab.desk.exercises.exercise import Posed
from crmlab.frame import stats
from crmlab.frame.cells import word
from crmlab.frame.glossary import number


class Question(NamedTuple):
    """What to ask, and what a good answer holds; for the one who asks alone."""

    exercise: str
    question: str
    good_answer: str


def question(paper: Paper, book: Book, course: Course, week: Week) -> tuple[str, ...]:
    """The question of one hand-in, drawn by lot among what the student has answered; the same at every call."""
    student = paper.handed.student
    chance = stats.rng(0, "defence", course.id, course.run, week.lesson, student.id)
    marks = [mark for mark in paper.marks.values() if mark.answered]
    drawn = marks[chance.integers(len(marks))] if marks else None
    return student.id, student.name, *(_asked(drawn, paper, book, chance) if drawn else _silent(paper, book))


def questions(papers: Mapping[str, Paper], book: Book, course: Course, week: Week) -> pd.DataFrame:
    """A question per hand-in."""
    return table([question(paper, book, course, week) for paper in papers.values()])


def table(rows: list[tuple[str, ...]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["student", "name", *Question._fields])


def _silent(paper: Paper, book: Book) -> Question:
    """For who answered nothing that earns points: nothing at all, or nothing that can be read."""
    name = next(iter(book.words))
    unread = any(mark.reply.outcome == "kind" for mark in paper.marks.values())
    what = "What you answered could not be read." if unread else "You left the exercises open."
    words, posed = book.words[name], paper.truth.posed.get(name)
    asks = (f"How would you {words.goal}, and what is it good for?" if words.goal else
            f"{(posed.filled if posed else str)(words.question)} How would you go about it, and what is it good for?")
    return Question(f"{book.lesson}.{name}", f"{what} {asks}", "An own example, and the first step in the right place.")


def _asked(mark: Mark, paper: Paper, book: Book, chance) -> Question:
    """What is asked follows from the kind of the exercise, and never from the shape of the answer."""
    name = mark.exercise.partition(".")[2]
    posed = paper.truth.posed.get(name)
    if posed is None:
        return _words(mark, paper)
    if posed.shows is not None and "case" in posed.shows:
        return _case(mark, posed, chance)
    who = "You" if paper.handed.owner.id == paper.handed.student.id else "Your group"
    if decides(name, book):
        return _choice(mark, posed, who, chance)
    if posed.words.kind not in ("number", "numbers") or not posed.mistakes:
        return Question(mark.exercise, f"{posed.filled(posed.words.question)} {who} answered "
                        f"{shown(mark.answer, posed.words.decimals)[:80]}. Why not otherwise?", _hints(posed))
    return _right(mark, posed, who, chance) if mark.reply.code == "right" else _wrong(mark, posed, who, book)


def _hints(posed: Posed, most: int | None = None) -> str:
    return " ".join(map(posed.filled, posed.words.hints[:most])) or "What was done step by step, and what it rests on."


def _says(posed: Posed, mistake: str) -> str:
    """What is to be said of a known mistake; of one without words, its name."""
    told = posed.words.mistakes.get(mistake, {})
    return f"It is {posed.filled(told.get('name') or mistake)}. {posed.filled(told.get('says', ''))}".strip()


def _right(mark: Mark, posed: Posed, who: str, chance) -> Question:
    """Somebody with the same data made a mistake: which?"""
    name = list(posed.mistakes)[chance.integers(len(posed.mistakes))]
    decimals, gap = posed.words.decimals, np.abs(posed.truth.to_numpy() - posed.mistakes[name].to_numpy())
    at = int(np.argmax(gap))  # where there are several, the one that the mistake changes most
    mine, other = (number(float(values.iloc[at]), decimals) for values in (posed.truth, posed.mistakes[name]))
    which = f" ({posed.truth.index[at]})" if len(posed.truth) > 1 else ""
    return Question(mark.exercise, f"{posed.filled(posed.words.question)} {who} found {mine}{which}. Somebody with the "
                    f"same data comes with {other}. What did they do, and why is it not what was asked?",
                    _says(posed, name))


def _wrong(mark: Mark, posed: Posed, who: str, book: Book) -> Question:
    truth = ", ".join(number(float(value), posed.words.decimals) for value in posed.truth)
    known = named(mark.exercise, book).get(mark.reply.mistake)
    why = f"It is {posed.filled(known['name'])}. {posed.filled(known['says'])}" if known else _hints(posed)
    wrote = shown(mark.answer, posed.words.decimals)[:80]
    return Question(mark.exercise, f"{posed.filled(posed.words.question)} {who} wrote {wrote}. Say step by step how "
                    "you came to it, and what it says about these customers.", f"Asked was {truth}. {why}")


def _case(mark: Mark, posed: Posed, chance) -> Question:
    """One of the cases that were to be judged."""
    at = int(chance.integers(len(posed.truth)))
    case = ", ".join(f"{name} {value}" for name, value in posed.shows.iloc[at].items())
    return Question(mark.exercise, f"Take this one: {case}. {posed.filled(posed.words.question)} What is it, and what "
                    "would have to be otherwise for it to be something else?",
                    f"It is {word(list(posed.truth)[at])}. {_hints(posed, 1)}")


def _choice(mark: Mark, posed: Posed, who: str, chance) -> Question:
    chosen = str(mark.answer["choice"])
    others = [name for name in posed.words.options if name != chosen]
    other = others[chance.integers(len(others))]
    right = "" if posed.truth == [chosen] else f" What these data carry is '{posed.truth[0]}'."
    return Question(mark.exercise, f"{who} chose '{chosen[:40]}'. What would you have to see in your data to choose "
                    f"'{other}'?",
                    f"Something that could be seen, and its size. Against '{other}' now: "
                    f"{posed.filled(posed.words.mistakes.get(other, {}).get('says', ''))}{right}")


def _words(mark: Mark, paper: Paper) -> Question:
    """The summary of which two sentences claim too much, or a text."""
    summary = paper.truth.summary
    if mark.exercise.endswith(".review") and summary:
        line = summary.lines[summary.truth[0] - 1]
        return Question(mark.exercise, f"'{line.text}' May one say so? What could one say instead?", line.why)
    return Question(mark.exercise, "Say the point of your text in one sentence. On which number does it rest?",
                    "One sentence, and a number with its interval.")
