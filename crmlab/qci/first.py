"""What to do first: the practices that matter, lie far from the target and cost little."""

import textwrap

import numpy as np
import pandas as pd

from crmlab.frame import picture
from crmlab.frame.errors import CrmlabError, counted, listed
from crmlab.frame.glossary import number
from crmlab.frame.result import Bullets, Caption, LeftOut, Result, kind
from crmlab.measures.scorecard import ELEMENTS
from crmlab.qci.choosing import TEXTS, beside, big, small, source
from crmlab.qci.drawing import WIDTH, at_right, explain

TOP = 10
QUICK_GAP = 25  # points: meant by one step more than done
PLANNED = 50  # points: planned at least; what is only talked about is not meant yet
WORTH = ("importance", "effort", "reach")


@kind
class Priorities(Result):
    """A row for each of the ten practices to begin with; ``practices`` has all below the target, in order."""

    firm: str
    target: float
    practices: pd.DataFrame
    asked: tuple
    unweighed: int

    @property
    def quick(self) -> pd.DataFrame:
        """Quick wins: little effort, planned at least, and meant by a step more than done."""
        return self.practices[self.practices["quick"]]

    def text(self) -> str:
        first = self.practices.iloc[0]
        said = []
        said.append(
            f"{counted(len(self.practices), 'practice')} of {self.firm}"
            f" {'lies' if len(self.practices) == 1 else 'lie'} below the target of {self.target:g} points and"
            f" {'matters' if len(self.practices) == 1 else 'matter'}. First comes {_quoted(first.practice)}"
            f" ({first.score:.0f} points){self._tied()}."
        )
        said.append(self._quick())
        lacking = [name for name in ("importance", "effort") if name not in self.asked]
        if lacking:
            said.append(
                f"The table does not tell {listed(lacking, quote=False)}, so all practices count alike in"
                " this; the order is that of"
                f" {'the distance to the target' if len(lacking) == 2 else 'what is told'}."
            )
        if self.unweighed:
            said.append(
                f"{counted(self.unweighed, 'practice')} without importance or effort took the middle of the"
                " others."
            )
        said.append(
            "The rule is a crmlab rule, and its inputs are judgements: a list to argue about, not an order to"
            " obey."
        )
        return " ".join(said)

    def answer(self) -> Bullets:
        """What comes first, three quick wins, and what comes next where there are fewer; each with its reason."""
        first, quick = self.practices.index[0], list(self.quick.index)
        wins = [key for key in quick if key != first][:3]
        others = [key for key in self.practices.index[1:] if key not in quick][: max(0, 2 - len(wins))]
        name = "Top priority, and a quick win" if first in quick else "Top priority"
        lines = [(name, first), *(("Quick win", key) for key in wins), *(("Next", key) for key in others)]
        return Bullets("\n".join(f"{name}: {self._reason(key)}" for name, key in lines))

    def _reason(self, key: str) -> str:
        row = self.practices.loc[key]
        worth = [
            f"{name} {number(row[name], 1).removesuffix('.0')} of 3" for name in ("importance", "effort") if name in self.asked
        ]
        sides = [f"{row.score:.0f} points", f"meant {row.intention:.0f}", f"done {row.reality:.0f}"]
        return f"{_quoted(row.practice)} ({small(row.element)}; {', '.join([*sides, *worth])})."

    def _tied(self) -> str:
        alike = int((self.practices["priority"] == self.practices["priority"].iloc[0]).sum()) - 1
        return (
            "; another counts as much, and comes second by the order of the form"
            if alike == 1
            else f"; {alike} others count as much, and follow in the order of the form"
            if alike
            else ""
        )

    def _quick(self) -> str:
        if "effort" not in self.asked:
            return "Quick wins cannot be told, since no effort was given."
        if not len(self.quick):
            return (
                "There is no quick win: nothing that is meant a step more than it is done comes with little"
                " effort."
            )
        names = listed([_quoted(text) for text in self.quick["practice"].head(3)], quote=False)
        more = f" and {len(self.quick) - 3} more" if len(self.quick) > 3 else ""
        names = (
            names if not more else ", ".join(_quoted(text) for text in self.quick["practice"].head(3)) + more
        )
        return (
            f"{counted(len(self.quick), 'quick win')}, little effort and already meant by a step more than"
            f" done: {names}."
        )

    def caption(self) -> Caption:
        finding = f"{big(self.firm)}: begin with “{self.practices['practice'].iloc[0].rstrip('.')}”"
        rows = self.table
        return Caption(
            finding,
            f"{self.source['title']} · priority of the first {len(rows)} practices",
            "; ".join(f"{row.practice.rstrip('.')} {row.priority:.0f}" for row in rows.itertuples()),
        )

    @property
    def size(self):
        return (WIDTH, 1.9 + 0.45 * len(self.table))

    def draw(self, ax) -> None:
        rows = self.practices.head(TOP)
        for place, row in enumerate(rows.itertuples()):
            ax.barh(place, row.priority, 0.6, color=picture.ACCENT if row.quick else picture.QUIET, zorder=2)
            at_right(ax, place, f"{row.score:.0f}")
        picture.names_down(
            ax, [textwrap.shorten(text.rstrip("."), 56, placeholder=" …") for text in rows["practice"]], 29
        )
        ax.set_xlim(0, rows["priority"].max() * 1.04)
        ax.figure.subplots_adjust(right=1 - 0.5 / WIDTH)
        accent = " Red: quick win." if rows["quick"].any() else ""
        key = f"Bar: priority, {_rule(self.asked)}.{accent} At the right: score in points, target {self.target:g}."
        explain(ax.figure, key)

    def headline(self) -> dict:
        return {
            "first": self.practices.index[0],
            "order": ", ".join(self.practices.index[:TOP]),
            "quick_wins": ", ".join(self.quick.index),
            "below": len(self.practices),
            "target": self.target,
        }


def _rule(asked: tuple) -> str:
    """How the priority is reckoned, from what was told."""
    times = ["importance"] * ("importance" in asked) + ["distance to the target"] + ["reach"] * ("reach" in asked)
    return " × ".join(times) + " / effort" * ("effort" in asked)


def _quoted(text: str) -> str:
    return f"“{text.rstrip('.')}”"


def priorities(table: pd.DataFrame, *, firm: str | None = None, target: float = 65) -> Priorities | LeftOut:
    """What one firm should do first, by a crmlab rule: importance × (target − score) × reach / effort.

    ``table`` is a table of assessments; several raters are averaged. Importance goes from 0 to 3 and effort
    from 1 to 3; without the columns all practices count alike, and the text says so. A column ``reach``
    (how many customers a practice touches) enters where there is one. Practices at the target, or of no
    importance, stay out. A quick win takes effort 1 (the mean of the raters below 1.5) and is meant by 25
    points, one step, more than it is done.

    A row of the table: ``practice`` in words, ``element``, ``score``, ``gap``, ``priority``, and
    ``importance``, ``effort`` and ``reach`` where given. Left out where nothing lies below the target.
    Raises CrmlabError for a target outside 0 to 100 and for a reach below 0.

    >>> import crmlab as crm
    >>> firms = crm.open_table("assessments", "world:firms", seed=1)
    >>> crm.qci.priorities(firms, firm="F07").headline()["first"]
    'PO3'
    """
    if not 0 < target <= 100:
        raise CrmlabError(
            "priorities: the target is a score in points.",
            f"Found {target}.",
            "Give more than 0 and at most 100.",
        )
    given = beside(table, firm)
    title, from_ = f"What {given.firm} should do first", source(table)
    rows, asked, unweighed = _weighed(given.card.practices, given.rows)
    rows["distance"] = target - rows["score"]
    rows["priority"] = rows["importance"] * rows["distance"] * rows["reach"] / rows["effort"]
    rows["quick"] = ("effort" in asked) & (rows["effort"] < 1.5) & (rows["gap"] >= QUICK_GAP)
    rows["quick"] &= rows["intention"] >= PLANNED
    rows = rows[(rows["distance"] > 0) & (rows["priority"] > 0)].sort_values(
        "priority", ascending=False, kind="stable"
    )
    if not len(rows):
        return LeftOut(
            title=title,
            table=pd.DataFrame(),
            source=from_,
            reason=f"no practice that matters lies below the target of {target:g} points",
        )
    shown = ["practice", "element", "score", "gap", *asked, "priority"]
    return Priorities(
        title=title,
        table=rows[shown].head(TOP).reset_index(drop=True),
        firm=given.firm,
        target=float(target),
        practices=rows,
        asked=asked,
        unweighed=unweighed,
        source=from_,
        settings=(
            f"crmlab rule: {_rule(asked)}; quick win: effort below 1.5, intention of 50 points or more and 25 above"
            " reality; equal priorities in the order of the form"
        ),
    )


def _weighed(practices: pd.DataFrame, answers: pd.DataFrame) -> tuple[pd.DataFrame, tuple, int]:
    """The scored practices by key, with their worth: 1 where the table has none, the median where a gap is."""
    rows = practices[practices["status"] == "scored"].set_index("practice")
    rows = rows.assign(practice=rows.index.map(TEXTS), element=rows["element"].map(ELEMENTS))
    asked = tuple(name for name in WORTH if name in answers and answers[name].notna().any())
    if "reach" in asked and not (
        pd.api.types.is_numeric_dtype(answers["reach"]) and (answers["reach"].dropna() >= 0).all()
    ):
        raise CrmlabError(
            "priorities: reach counts customers.",
            "Column 'reach' has words or numbers below 0.",
            "Give numbers of 0 or more.",
        )
    open_ = np.zeros(len(rows), bool)
    for name in WORTH:
        if name in asked:
            mean = answers.groupby("practice")[name].mean().reindex(rows.index)
            open_ |= mean.isna().to_numpy()
            rows[name] = mean.fillna(mean.median())
        else:
            rows[name] = 1.0
    return rows, asked, int(open_.sum())
