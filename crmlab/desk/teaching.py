"""The lesson as a companion: it asks, reads answers and knows mistakes; it lays a guess beside the number."""

import os
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from crmlab.desk import progress
from crmlab.desk.course import answers
from crmlab.desk.exercises import watermark
from crmlab.desk.exercises.books import Book, book
from crmlab.desk.exercises.exercise import decided, misread
from crmlab.desk.exercises.kinds import is_open
from crmlab.desk.exercises.reply import OUTCOMES, NotRight, Reply
from crmlab.desk.guesses import Revealed
from crmlab.desk.progress import Progress, State
from crmlab.desk.slips import reading
from crmlab.frame import places
from crmlab.frame.errors import CrmlabError, counted, did_you_mean, listed
from crmlab.frame.glossary import number
from crmlab.frame.result import LeftOut, Result, Sentence

STRICT = "CRMLAB_STRICT"  # set in tests: an answer that is not right then raises
#: What a guess can be about, by the end of its name: which ranges fit, and what to say of others.
GUESSES = (
    (("pearson", "spearman", "kendall", "corrected"), lambda low, high: -1 <= low <= high <= 1,
     "A correlation lies between -1 and 1. Give a range within."),
    (("_share",), lambda low, high: 0 <= low <= high <= 1, "A share lies between 0 and 1. Write 0.45 for 45 %."),
    (("overall",), lambda low, high: 0 <= low and 1 < high <= 100, "Points run from 0 to 100. Write 45 for 45 points."),
)


class Lesson:
    """A lesson at one student's desk. See :func:`lesson`."""

    def __init__(self, name: str, table: pd.DataFrame | None = None, student: str | None = None,
                 practice: bool = True, kept: State | None = None, **choices):
        self.name, self.student, self.practice = name, student or "", practice
        self._table, self._choices, self._made = table, choices, {}
        self._all = kept or State()
        self._guesses = self._all.guesses
        self._book: Book | None = book(name)
        self._state = {one: self._begun(one) for one in (self._book.ids() if self._book else self._all.exercises)}

    # ---- exercises

    def ask(self, exercise: str) -> Reply:
        """The question, in the version that is yours."""
        return self._safely(exercise, lambda name: self._asked(name, Reply("told")))

    def check(self, exercise: str, answer: Any = ...) -> Reply:
        """Whether the answer is right; if not, which mistake it looks like. It never shows the value itself."""
        return self._settle(exercise, answer, lambda name: self._asked(name, self._posed(name).judge(answer)))

    def hint(self, exercise: str, number: int | None = None) -> Reply:
        """The next hint, or the one of that number."""
        return self._safely(exercise, lambda name: self._hint(name, number))

    def solution(self, exercise: str) -> Reply:
        """One way to the answer, for practice. Try first: what one has found oneself one keeps."""
        return self._safely(exercise, self._solution)

    def review(self, too_much: Any = ...) -> Reply:
        """Five sentences about your results; name the two that claim too much."""
        def judged(name: str) -> Reply:
            summary = self._summary(name)
            return summary.judge(too_much).asking(summary.asks)
        return self._settle(f"{self.name}.review", too_much, judged)

    def decide(self, exercise: str, choice: Any = ..., number: Any = ..., because: Any = ...,
               would_change_if: Any = ...) -> Reply:
        """A decision with its number, its reason and what would change your mind; a person reads the words."""
        given = {"choice": choice, "number": number, "because": because, "would_change_if": would_change_if}
        return self._settle(exercise, given, lambda name: self._decided(name, given))

    def text(self, exercise: str, words: Any = ...) -> Reply:
        """An answer in words, noted for a person to read."""
        def noted(name: str) -> Reply:
            said = self._book.words[name]
            fault = said.fault(text=words)
            reply = Reply("todo") if is_open(words) else Reply("kind", fault) if fault else Reply(
                "noted", f"{counted(len(words.split()), 'word')}. A person reads them, no rule.")
            return reply.asking(said.question)
        return self._settle(exercise, words, noted)

    def progress(self) -> Reply:
        """Where you stand: each exercise with its outcome, and the points so far."""
        if not self._state:
            return Reply("told", f"The lesson '{self.name}' has no exercises.")
        points = {one: self._book.worth(one) for one in self._state}
        rows = [{"exercise": one, "outcome": " ".join(OUTCOMES[state.code.partition(":")[0]]),
                 "points": f"{points[one] if state.code in ('right', 'noted') else 0} of {points[one]}",
                 "hints": state.hints} for one, state in self._state.items()]
        done = [one for one, state in self._state.items() if state.code in ("right", "noted")]
        return Reply("told", f"{len(done)} of {counted(len(rows), 'exercise')} done, "
                     f"{sum(points[one] for one in done)} of {sum(points.values())} points.", shows=pd.DataFrame(rows))

    def adapt(self, words: dict | None = None, without: Iterable[str] = ()) -> None:
        """Speak in the words of a course, and leave out what it does not ask; a lesson that was handed out says so."""
        self._book, self._made = self._book.reworded(words or {}), {}
        self._state = {one: state for one, state in self._state.items() if one not in without}

    def note(self, exercise: str, answer: Any = ..., **form) -> Reply:
        """Note an answer without judging it, as in an exam. Say it again to change it.

        ``form`` says what it must look like: the notebook of an exam has it.
        """
        if self._book:
            return Reply("kind", f'Here answers are checked: `lab.check("{exercise}", answer)`.')
        state = self._state.setdefault(str(exercise), self._begun(str(exercise)))
        if is_open(answer):
            state.code, state.answer = "todo", None
            return Reply("todo")
        state.tries += 1
        fault = misread(answer, **form)
        state.code, state.answer = "kind" if fault else "noted", answers.as_read(answer)
        return Reply(state.code, fault or f"Your answer: {state.answer}")

    def submit(self, course: str = "", run: str = "", attempt: int = 0, **settings) -> answers.Submitted | None:
        """Write what was answered to answers.json beside the notebook, and show it for the notebook to carry.

        The last cell of a lesson that was handed out says it. In a run of crmlab nothing is written.
        """
        if places.running():
            return None
        handed = answers.envelope(self.name, self.student, self._table, self.record(), self._guesses, course=course,
                                  run=run, attempt=attempt, kind="practice" if self.practice else "exam",
                                  settings=settings | self._choices)
        return answers.submitted(handed, Path.cwd())

    def record(self) -> dict[str, dict]:
        """What was answered, by exercise: outcome, first outcome, tries, hints and the answer as it was read."""
        return {one: asdict(state) for one, state in self._state.items()}

    # ---- what lies behind

    def _begun(self, exercise: str) -> Progress:
        return self._all.exercises.setdefault(exercise, Progress())

    @property
    def _desk(self) -> Any:
        if self._table is None:
            raise CrmlabError("The lesson was opened without its data.", "No table was given.",
                              f"Open it with them, as in crm.lesson('{self.name}', survey).")
        if watermark.found(self._table):
            raise CrmlabError("These data are those of an exam.", "Nothing is asked, checked or solved on them here.",
                              "Note your answers in the notebook of the exam, and practise on data of your own.")
        return self._kept("", lambda: self._book.desk(self._table, **self._choices))

    def _kept(self, name: str, make: Callable) -> Any:
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]

    def _posed(self, name: str):
        return self._kept(name, lambda: self._book.posed(name, self._desk, self.student))

    def _summary(self, name: str):
        return self._kept(name, lambda: self._book.summary(self._desk, self.student))

    def _asked(self, name: str, reply: Reply) -> Reply:
        posed = self._posed(name)
        if reply.code == "wrong":
            says = f'{reply.says} A hint: `lab.hint("{self.name}.{name}")`.'
            reply = Reply(reply.code, says.strip())
        return reply.asking(posed.question, posed.shows)

    def _hint(self, name: str, number: int | None) -> Reply:
        said, state = self._said(name), self._state[f"{self.name}.{name}"]
        hints, last = said["hints"], len(said["hints"])
        place = min(max(number or state.hints + 1, 1), last)
        state.hints = max(state.hints, place)
        term = said.get("see", "")
        look = f"\nGlossary, {term}: {self._book.terms[term]}." if term and place == 1 else ""
        more = "" if place < last else " That was the last one."
        filled = hints[place - 1] if name == "review" else self._posed(name).filled(hints[place - 1])
        return Reply("hint", f"{place} of {last}: {filled}{more}{look}")

    def _solution(self, name: str) -> Reply:
        if not self.practice:
            return Reply("left_out", "There are no solutions in an exam.")
        self._state[f"{self.name}.{name}"].solution_seen = True
        if name == "review":
            return Reply("told", "\n".join(f"{place}. {line.text} {line.why}" for place, line in
                                           enumerate(self._summary(name).lines, 1) if line.fault))
        posed = self._posed(name)
        if not posed.words.solution:
            return Reply("told", "This one has no line of code. Ask for the hints, and tell a neighbour why you "
                                 "chose so.")
        return Reply("told", f"One way:\n{posed.filled(posed.words.solution).strip()}")

    def _said(self, name: str) -> dict:
        return self._book.said[name]

    def _decided(self, name: str, given: dict) -> Reply:
        posed, part = self._posed(name), f"{name}_number"
        asks = "\n".join([posed.question, self._posed(part).question,
                          f"Say why, and what would change your mind, in at most {posed.words.most_words} words each."])
        return decided(given, posed, self._posed(part))[0].asking(asks)

    def _settle(self, exercise: str, answer: Any, judge: Callable) -> Reply:
        """Judge, note what came of it, and raise where that is asked for."""
        reply = self._safely(exercise, judge)
        state = self._state.get(exercise)
        if state and reply.code not in ("todo", "left_out"):
            state.tries += 1
            state.first = state.first or reply.code
            state.code, state.answer = reply.code, answers.as_read(answer, self._made.get(exercise.partition(".")[2]))
        if os.environ.get(STRICT) and reply.outcome not in ("right", "noted", "left_out"):
            raise NotRight(f"{exercise}: {reply!r}")
        return reply

    def _safely(self, exercise: str, act: Callable) -> Reply:
        """A student never meets an error here: what goes wrong becomes a sentence."""
        name = str(exercise).removeprefix(f"{self.name}.")
        if f"{self.name}.{name}" not in self._state:
            near = did_you_mean(str(exercise), self._state) or f"There are {listed(self._state, 12) or 'none'}."
            return Reply("kind", f"There is no exercise '{exercise}' in the lesson '{self.name}'. {near}")
        if not self._book:
            return Reply("told", "In an exam nothing is checked. Note your answer with `lab.note`.")
        try:
            return act(name)
        except CrmlabError as why:
            return Reply("left_out", str(why))
        except Exception as why:  # an answer may be any object, and its methods may do anything
            return Reply("kind", f"This answer could not be read ({type(why).__name__}). Put a number or words in "
                                 "its place.")

    # ---- guesses

    def predict(self, exercise: str, low=..., high=...) -> Sentence:
        """Note a range you are 90 % sure of, before looking. Say it again to change it."""
        if low is ... or (high is ... and not isinstance(low, tuple)):
            if exercise in self._guesses:
                return Sentence(f"Your guess stands: {' to '.join(map(number, self._guesses[exercise]))}. Put two numbers "
                                "in place of the dots to change it.")
            return Sentence("No guess yet. Put two numbers in place of the dots, the range you are 90 % sure of.")
        numbers = [value for value in (low, high) if isinstance(value, int | float) and value == value]
        pairs = [side for side in (low, high) if isinstance(side, tuple) and len(side) in (2, 4)
                 and all(type(part) is int for part in side)]
        if pairs:
            return Sentence(reading.told((str(a), str(b)) for side in pairs for a, b in zip(side[::2], side[1::2], strict=True)))
        if len(numbers) < 2:
            return Sentence("A guess is two numbers, as in low=0.2, high=0.5. Write 0.2 with a point, not a comma.")
        if low > high:
            low, high = high, low
        for names, fits, says in GUESSES:
            if exercise.endswith(names) and not fits(low, high):
                comma = type(low) is int is type(high) and low == 0 and names[0] != "overall"
                return Sentence(reading.told([("0", str(high))]) + " A guess is two such numbers." if comma else says)
        self._guesses[exercise] = (float(low), float(high))
        return Sentence(f"Noted: you are 90 % sure that it lies between {number(low)} and {number(high)}.")

    def reveal(self, exercise: str, result: Result) -> Result:
        """Lay the noted guess beside the estimate that the result has for it; a step left out stays left out.

        Raises CrmlabError where the result has no such number with an interval.
        """
        if isinstance(result, LeftOut):
            return result
        term, head = exercise.split(".")[-1], result.headline()
        if f"{term}_low" not in head:
            known = [key.removesuffix("_low") for key in head if key.endswith("_low")]
            raise CrmlabError(f"The result has no '{term}' with an interval.", f"It has {listed(known) or 'none'}.",
                              "Reveal one of these.")
        rows = [{"term": "the data", "estimate": head[term], "low": head[f"{term}_low"],
                 "high": head[f"{term}_high"]}]
        if exercise in self._guesses:
            low, high = self._guesses[exercise]
            rows.insert(0, {"term": "your guess", "estimate": (low + high) / 2, "low": low, "high": high})
        return Revealed(title="Your guess and the data", table=pd.DataFrame(rows), source=result.source,
                        label=result.title[0].lower() + result.title[1:])


def lesson(name: str, table: pd.DataFrame | None = None, *, student: str | None = None, practice: bool = True,
           **choices) -> Lesson:
    """The companion of a lesson: it notes guesses, asks, and judges answers on your own data.

    ``table`` is what the lesson opened; ``student`` draws the versions and cases that are yours; ``choices`` are the
    parameters on which an answer hangs, as in ``drop=drop_items``. In an open notebook the same lesson, said again,
    keeps what was answered and guessed.

    >>> lesson("loyalty").predict("loyalty.pearson", low=0.2, high=0.5)
    Noted: you are 90 % sure that it lies between 0.20 and 0.50.
    """
    return Lesson(name, table, student, practice, progress.state(name, student, table, practice, choices), **choices)
