"""The class report: what the class took home, what it still mixes up, and what to teach next; nobody is named."""

import html
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from crmlab.desk import report
from crmlab.desk.course.gradebook import misconceptions
from crmlab.desk.course.marking import Paper, goal, named
from crmlab.desk.course.plan import TOLD, Course, Week
from crmlab.desk.exercises.books import Book
from crmlab.frame import picture, places
from crmlab.frame.errors import counted, listed
from crmlab.frame.glossary import percent
from crmlab.frame.stats import wilson

FEW = 5  # counts below it are not told: one could guess who it is
MOST = 8  # misconceptions in the picture
MOST_NEXT = 3  # things to teach next
FORMS = ("html", "pdf")


class Share(NamedTuple):
    """So many of so many."""

    hits: int
    n: int

    @property
    def told(self) -> bool:
        """Whether neither those who did nor those who did not are so few that one could guess them."""
        return min(self.hits, self.n - self.hits) >= FEW

    @property
    def rank(self) -> float:
        """The share as far as it is told: under five is as little as none, nearly all as much as all."""
        return self.hits / self.n if self.told else float(self.hits >= FEW)

    def words(self, interval: bool = True) -> str:
        if self.n < FEW:
            return "too few to tell"
        if self.hits < FEW:
            return f"under {FEW} of {self.n}"
        if self.n - self.hits < FEW:
            return f"nearly all of {self.n}"
        low, high = wilson(self.hits / self.n, self.n)
        share = percent(self.hits / self.n) + (f" [{percent(low)}, {percent(high)}]" if interval else "")
        return share.replace(" ", "\N{NO-BREAK SPACE}")


@dataclass(frozen=True, eq=False)
class ClassReport:
    """What stands in the report of one lesson."""

    course: Course
    week: Week
    book: Book
    papers: Mapping[str, Paper]
    students: int

    @property
    def exam(self) -> bool:
        """Whether nothing was checked on the way, so that there is no first try."""
        return self.week.kind == "exam"

    @cached_property
    def goals(self) -> dict[str, tuple[Share, Share]]:
        """By exercise that a rule can judge: right at the first try, and at hand-in."""
        out = {}
        for exercise in self.course.asked(self.week.lesson):
            marks = [paper.marks[exercise] for paper in self.papers.values()]
            if all(mark.reply.outcome in ("noted", "left_out", "todo") for mark in marks):
                continue
            last = [mark.reply.code == "right" for mark in marks]
            first = [mark.first == "right" and now for mark, now in zip(marks, last, strict=True)]
            out[exercise] = Share(sum(first), len(marks)), Share(sum(last), len(marks))
        return out

    def calibration(self) -> Share:
        held = [one for paper in self.papers.values() for one in paper.held.values()]
        return Share(sum(held), len(held))

    @cached_property
    def mistakes(self) -> pd.DataFrame:
        """Known mistakes that enough students made, the most frequent at hand-in first; small counts are noughts."""
        table = misconceptions(self.papers, self.book)
        counts = table[["first_try", "at_hand_in"]]
        table[counts.columns] = counts.where(counts >= FEW, 0)
        return table[(table[counts.columns] > 0).any(axis=1)]

    def text(self, folder: Path) -> str:
        """The report as markdown; its pictures go into the folder."""
        title = f"{self.week.lesson.capitalize()}: what the class took home"
        sub = " · ".join(filter(None, [self.course.name, self.course.run, f"{len(self.papers)} of "
                                       f"{counted(self.students, 'student')}"]))
        front = [_p("crm-answer", self._answer()), self._before_after(folder), self._calibrated(),
                 *self._next()]
        parts = [f"# {title}", report.raw(f'<p class="crm-subtitle">{html.escape(sub)}</p>'),
                 f"{report.FENCE} front", *filter(None, front), report.FENCE,
                 "## Goals reached", self._goals_picture(folder), self._goals_table(),
                 _p("crm-note", self._note())]
        return "\n\n".join(filter(None, parts)) + "\n"

    def _note(self) -> str:
        record = "" if self.exam else (" Right at the first try is what the students' own record says; right at "
                                       "hand-in was judged again.")
        return (f"{TOLD[self.week.earned or 'answered']} Shares of those who handed in, with Wilson's 95 % interval "
                f"(1927).{record} Counts under {FEW}, and "
                "what would give them away, are not told.")

    def _answer(self) -> str:
        said = f"{len(self.papers)} of {counted(self.students, 'student')} handed in."
        if len(self.papers) < FEW or not self.goals:
            return f"{said} That is too few to tell more without telling on somebody."
        first, last = zip(*self.goals.values(), strict=True)
        before, after = (percent(sum(one.hits for one in some) / sum(one.n for one in some)) for some in (first, last))
        if self.exam:
            return f"{said} Of their answers {after} are right."
        return f"{said} Of their answers {before} were right at the first try, and {after} at hand-in."

    def _calibrated(self) -> str:
        held = self.calibration()
        if held.n < FEW:
            return ""
        least = f"Ranges meant to hold the number nine times in ten held it in {held.words()}"
        if not held.told:
            return f"{least} guesses."
        least += f" of {counted(held.n, 'guess', 'guesses')}."
        low, high = wilson(held.hits / held.n, held.n)
        moral = (" The class is too sure: worth a minute, with the ranges on the board." if high < 0.9 else
                 " The class is less sure than it might be." if low > 0.9 else " That is about what was promised.")
        return least + moral

    def _next(self) -> list[str]:
        """Mistakes that are left, then those that were made first; the goal that fewest reached is among the three."""
        out, told = [], set()
        for column, words in (("at_hand_in", "hand in" if self.exam else "still hand in"), ("first_try", "began with")):
            for row in self.mistakes.sort_values(column, ascending=False, kind="stable").to_dict("records"):
                if row[column] and row["exercise"] not in told:
                    told.add(row["exercise"])
                    says = _once(row["name"], named(row["exercise"], self.book)[row["mistake"]]["says"])
                    said = [f"{row[column]} of {len(self.papers)} {words} {row['name']}.", says]
                    out.append((row["exercise"], *(self._filled(row["exercise"], one) for one in said)))
        last = {exercise: share for exercise, (_, share) in self.goals.items()}
        ranked = sorted((one for one in last if last[one].rank < 1), key=lambda one: last[one].rank)
        ranked = ranked if any(share.told for share in last.values()) else []
        goals = [(one, f"Reached by {last[one].words(False)}.", "") for one in ranked if one not in told]
        if ranked and ranked[0] not in [exercise for exercise, *_ in out[:MOST_NEXT]]:
            out = out[:MOST_NEXT - 1]
        out = (out + [one for one in goals if one[0] not in [exercise for exercise, *_ in out]])[:MOST_NEXT]
        if not out:
            return ["### What to teach next", "Too few handed in to say."]
        lines = [[html.escape(words) for words in (self._goal(exercise), *said)] for exercise, *said in out]
        items = "".join(f"<li><b>{goal}.</b> {said} <em>{says}</em></li>" for goal, said, says in lines)
        return [f"### {('One thing', 'Two things', 'Three things')[len(out) - 1]} to teach next",
                report.raw(f"<ol>{items}</ol>")]

    def _goal(self, exercise: str) -> str:
        return goal(exercise, self.book)

    def _filled(self, exercise: str, words: str) -> str:
        """The words with the names of one student's version, so that they can be read."""
        name = exercise.partition(".")[2]
        posed = next((paper.truth.posed[name] for paper in self.papers.values() if name in paper.truth.posed), None)
        return posed.filled(words) if posed else words

    # ---- pictures and tables

    def _before_after(self, folder: Path) -> str:
        table = self.mistakes
        if table.empty:
            return ""
        before, after = table[["first_try", "at_hand_in"]].sum()
        table = table.head(MOST)
        counts = table[["first_try", "at_hand_in"]].to_numpy()
        found = f"Known mistakes: {after}" if self.exam else (
            f"Known mistakes: {before} at the first try, {after} at hand-in")
        measure = f"the most frequent; students who made it, of {len(self.papers)}; counts under {FEW} are drawn as 0"
        with picture.style():
            fig, ax = picture.canvas(found, measure, (7.2, 1.3 + 0.42 * len(table)))
            for at, (one, other) in enumerate(counts):
                if not self.exam:
                    ax.plot([one, other], [at, at], color=picture.FAINT, lw=4, zorder=1)
                    ax.plot(one, at, marker="o", color=picture.QUIET, markersize=8, mfc="white", mew=1.8, zorder=2)
                ax.plot(other, at, marker="D", color=picture.ACCENT, markersize=7, zorder=3)
            ax.set_xlim(left=-0.02 * counts.max())
            ax.set_xlabel("students" if self.exam else "students: ○ first try, ◆ at hand-in")
            picture.names_down(ax, [self._filled(row.exercise, row.name) for row in table.itertuples()])
        fig.alt = "Known mistakes at the first try and at hand-in: " + "; ".join(
            f"{row.name}: {_few(row.first_try)}, then {_few(row.at_hand_in)}" for row in table.itertuples()) + "."
        return _drawn(fig, folder, "mistakes")

    def _goals_picture(self, folder: Path) -> str:
        goals = {exercise: share for exercise, (_, share) in self.goals.items() if share.told}
        if not goals:
            return ""
        found = f"Most reached: {self._extreme(max)}; least: {self._extreme(min)}" if len(goals) > 1 else (
            f"{self._goal(*goals)}: {next(iter(goals.values())).words(False)}")
        more = len(self.goals) - len(goals)
        measure = (f"share right at hand-in with 95 % interval, n = {len(self.papers)}"
                   + f"; {more} more in the table" * bool(more))
        with picture.style():
            fig, ax = picture.canvas(found, measure, (7.2, 1.3 + 0.42 * len(goals)))
            for at, share in enumerate(goals.values()):
                reached = share.hits / share.n
                picture.span(ax, at, *(100 * value for value in (reached, *wilson(reached, share.n))))
            ax.set_xlim(0, 100)
            ax.set_xlabel("right at hand-in, %")
            picture.names_down(ax, [self._goal(exercise) for exercise in goals])
        fig.alt = "Share right at hand-in: " + "; ".join(
            f"{self._goal(exercise)} {share.words()}" for exercise, share in goals.items()) + "."
        return _drawn(fig, folder, "goals")

    def _extreme(self, end: Callable) -> str:
        """The goal that most or fewest reached, among all of them; what is not told cannot be told apart."""
        ranks = {exercise: share.rank for exercise, (_, share) in self.goals.items()}
        there = [exercise for exercise, rank in ranks.items() if rank == end(ranks.values())]
        return self._goal(there[0]) if len(there) == 1 else f"{len(there)} goals alike"

    def _goals_table(self) -> str:
        if not any(share.told for pair in self.goals.values() for share in pair):
            return _p("crm-answer", self._goals_in_words())
        rows = [("goal", "right at first try", "right at hand-in [interval]")]
        rows += [(self._goal(exercise), first.words(False), last.words())
                 for exercise, (first, last) in self.goals.items()]
        head, *body = [[cell for at, cell in enumerate(row) if at != 1 or not self.exam] for row in rows]
        lines = "\n".join(_row("td", row) for row in body)
        return report.raw(f"<table>\n<thead>\n{_row('th', head)}\n</thead>\n<tbody>\n{lines}\n</tbody>\n</table>")

    def _goals_in_words(self) -> str:
        """The goals of a class so small that of none of them a share is told."""
        groups = {}
        for exercise, (_, share) in self.goals.items():
            groups.setdefault(share.words(), []).append(self._goal(exercise))
        return " ".join(f"Right at hand-in, {words}: "
                        f"{'every goal' if len(groups) == 1 else listed(goals, 30, quote=False)}."
                        for words, goals in groups.items())


def _once(name: str, says: str) -> str:
    """What is said of a mistake, without a first sentence that only names it again."""
    first, _, rest = says.partition(". ")
    filler = {"that", "is", "are", "those"}
    again = set(first.casefold().split()) - filler <= set(name.casefold().split())
    return rest if rest and again else says


def written(found: ClassReport, folder: Path) -> list[Path]:
    """Write class.html and class.pdf into the folder."""
    report.ready(FORMS)
    course = " ".join(filter(None, [found.course.id, found.course.run]))
    head = report.Head(f"{found.week.lesson}: what the class took home",
                       f"crmlab {version('crmlab')} · course {course} · nobody is named, no count under {FEW} told")
    with tempfile.TemporaryDirectory() as name:
        pictures = Path(name)
        text = found.text(pictures)
        return [places.write(folder / f"class.{form}", report.WRITERS[form](text, head, pictures), private=True)
                for form in FORMS]


def _few(count: int) -> str:
    return str(count) if count >= FEW else f"under {FEW}"


def _row(tag: str, cells: list[str]) -> str:
    return f"<tr>{''.join(f'<{tag}>{html.escape(cell)}</{tag}>' for cell in cells)}</tr>"


def _p(kind: str, words: str) -> str:
    return report.raw(f'<p class="{kind}">{html.escape(words)}</p>')


def _drawn(fig, folder: Path, name: str) -> str:
    (folder / f"{name}.svg").write_bytes(fig.bytes("svg"))
    return report.raw(f'<p><img src="{name}.svg" alt="{html.escape(fig.alt)}"></p>')
