"""Likeness: wrong answers of one student that are right on the data of another. A reason to talk, no verdict."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from crmlab.desk.course.marking import Paper
from crmlab.desk.exercises.books import Book
from crmlab.desk.exercises.exercise import Posed
from crmlab.desk.exercises.kinds import is_open

RARE = 0.1  # so many pairs luck alone may give in a class


class Likeness(NamedTuple):
    """Wrong answers of a student that are right for another; ``chance``: how many such pairs luck alone would give."""

    student: str
    other: str
    exercises: tuple[str, ...]
    chance: float


def likenesses(papers: Mapping[str, Paper], book: Book) -> list[Likeness]:
    """Students several of whose wrong numbers are right on one other student's data; for the instructor alone.

    Each number is weighed by the share of the class whose truth it hits: one hit proves nothing where many have a
    similar truth. Kept is what luck would hardly do once in a class of that size. It is a reason to talk, no verdict.
    """
    ids, expected, hits = list(papers), {}, {}
    for name, words in book.words.items():
        if words.kind not in ("number", "numbers"):
            continue
        for student, hit, rarity in _elsewhere(ids, papers, name):
            for other in hit:
                expected[student, other] = expected.get((student, other), 1.0) * rarity
                hits.setdefault((student, other), []).append(name)
    wrong = max(len({student for student, _ in hits}), 1)
    found = [Likeness(student, other, tuple(hits[student, other]), chance * len(ids) * wrong)
             for (student, other), chance in expected.items() if len(hits[student, other]) > 1]
    best = {}
    for one in sorted(found, key=lambda one: one.chance):
        if one.chance < RARE:
            best.setdefault(one.student, one)
    return list(best.values())


def _elsewhere(ids: list[str], papers: Mapping[str, Paper], name: str) -> Iterator[tuple[str, list[str], float]]:
    """For each student with a wrong number: who it would be right for, and how rare such a hit is."""
    posed = {one: papers[one].truth.posed.get(name) for one in ids}
    sizes = {len(one.truth) for one in posed.values() if one is not None}
    for size in sizes:
        with_it = [one for one in ids if posed[one] is not None and len(posed[one].truth) == size]
        truth = np.array([posed[one].truth.to_numpy(float) for one in with_it])
        for student in with_it:
            value = _number(papers[student], name, posed[student])
            if value is None:
                continue
            close = np.abs(truth - value) <= posed[student].words.reader().tolerance
            mine = with_it.index(student)
            if close[mine].all():
                continue
            close[mine] = False
            hit = [with_it[at] for at in np.flatnonzero(close.all(axis=1))]
            yield student, hit, float(np.prod(np.maximum(close.sum(axis=0), 1) / len(with_it)))


def _number(paper: Paper, name: str, posed: Posed) -> np.ndarray | None:
    """What was handed in for a number; that of a decision stands within its answer."""
    marks = {exercise.partition(".")[2]: mark for exercise, mark in paper.marks.items()}
    mark = marks.get(name) or marks.get(name.removesuffix("_number"))
    answer = mark and mark.answer
    try:
        answer = answer if name in marks else answer["number"]
        return None if is_open(answer) else posed.words.reader().read(answer, posed.truth)
    except Exception:  # whatever an answer looks like, it is like nobody's then
        return None
