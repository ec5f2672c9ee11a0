"""The class's own halo: one case, two tellings of its profit, and what the class made of it."""

import numpy as np
import pandas as pd

from crmlab.frame import picture, stats
from crmlab.frame.errors import CrmlabError, counted, listed
from crmlab.frame.glossary import number
from crmlab.frame.result import Caption, LeftOut, Result, Sentence, kind
from crmlab.measures.casebook import arm_of, arms
from crmlab.measures.scorecard import ELEMENTS, scored
from crmlab.qci.choosing import choose, latest, small, source
from crmlab.qci.drawing import at_right

FEWEST = 5  # crmlab rule: of fewer students in a group nothing is shown
WHOLE = "Overall"
FEW = 15  # students in the smaller half, below which the text speaks of a small class


@kind
class ClassHalo(Result):
    """A row for the overall score and one per element; ``students`` has the score and the arm of each."""

    firm: str
    students: pd.DataFrame
    out: int
    level: float

    @property
    def whole(self) -> pd.Series:
        return self.table.iloc[0]

    @property
    def sizes(self) -> tuple[int, int]:
        return tuple(int((self.students["arm"] == arm).sum()) for arm in ("rose", "fell"))

    @property
    def clear(self) -> bool:
        return bool(self.whole.low > 0 or self.whole.high < 0)

    def text(self) -> str:
        said = [self._found(), self._judged(), self._elements(), self._out(), self._looked_for(), DEBRIEF]
        said += (
            ["These students are simulated, and the halo was put there."]
            if self.source.get("simulated")
            else []
        )
        return " ".join(part for part in said if part)

    def _looked_for(self) -> str:
        lead = "This is" if self.clear and self.whole.estimate > 0 else "What was looked for is"
        return f"{lead} the halo effect (Rosenzweig 2007): knowing the result, we find its causes."

    def _found(self) -> str:
        row, (rose, fell) = self.whole, self.sizes
        return (
            f"Both halves of the class read the same case of {self.firm} but for two sentences about profit."
            f" The {rose} who read that it rose give the firm {number(row.rose, 1)} points, the {fell} who"
            f" read that it fell {number(row.fell, 1)}: a difference of {number(row.estimate, 1)} points,"
            f" {self.level * 100:g} % interval {number(row.low, 1)} to {number(row.high, 1)}."
        )

    def _judged(self) -> str:
        row = self.whole
        if self.clear and row.estimate > 0:
            return (
                "If chance dealt the tellings, the two sentences did this: they say nothing of how customers"
                " are managed, and the class saw better management all the same."
            )
        if self.clear:
            return (
                "The halves differ the other way round: good news made the class stricter, and no halo was"
                " seen."
            )
        far = max(abs(row.low), abs(row.high))
        small = " It is a small class." if min(self.sizes) < FEW else ""
        return (
            "The interval holds 0: this class shows no halo for sure, and cannot rule out one of"
            f" {number(far, 0)} points either.{small}"
        )

    def _elements(self) -> str:
        rows = self.table.iloc[1:].dropna(subset=["estimate"])
        if len(rows) < 2:
            return ""
        most = rows.loc[rows["estimate"].idxmax()]
        up = int((rows["estimate"] > 0).sum())
        return (
            f"The half with the good news is ahead on {up} of {len(rows)} elements, most on"
            f" {small(most.element)} ({number(most.estimate, 1)} points)."
        )

    def _out(self) -> str:
        return (
            f"{counted(self.out, 'student')} answered fewer than half of the practices, or read neither"
            f" telling, and {'is' if self.out == 1 else 'are'} left out."
            if self.out
            else ""
        )

    def answer(self) -> Sentence:
        row = self.whole
        return Sentence(
            f"{self.caption().finding}: {number(row.rose, 0)} where they said that it rose, {number(row.fell, 0)} where"
            f" they said that it fell, {self.level * 100:g} % interval of the difference {number(row.low, 0)} to"
            f" {number(row.high, 0)}."
        )

    def caption(self) -> Caption:
        row = self.whole
        finding = (
            f"Two sentences about profit moved this class by {number(row.estimate, 0)} points"
            if self.clear
            else "The two sentences about profit did not move this class for sure"
        )
        said = "; ".join(f"{r.element} {number(r.estimate, 0)}" for r in self.table.itertuples())
        rose, fell = self.sizes
        return Caption(
            finding,
            f"{self.source['title']} · points given by {rose} who read “rose” less {fell} who read “fell”",
            f"Differences with intervals: {said}",
        )

    @property
    def size(self):
        return (7.2, 4.9)

    def draw(self, ax) -> None:
        for place, row in enumerate(self.table.itertuples()):
            color = picture.ACCENT if place == 0 else picture.SECOND
            if np.isfinite(row.estimate):
                ax.barh(place, row.estimate, 0.5, color=color, alpha=0.3, zorder=2)
                picture.span(ax, place, row.estimate, row.low, row.high, color, "D" if place == 0 else "o")
                at_right(ax, place, f"{row.rose:.0f} | {row.fell:.0f}", strong=place == 0, gap=8)
        picture.names_down(ax, self.table["element"], 24)
        ax.axhline(0.5, color=picture.FAINT, lw=1)
        ax.axvline(0, color=picture.INK, lw=0.9)
        ends = np.nan_to_num(self.table[["low", "high", "estimate"]].to_numpy(float))
        ax.set_xlim(*picture.room([min(ends.min(), -3), max(ends.max(), 3)]))
        ax.set_xlabel("points; line: interval; at the right the points given after “rose” | “fell”")
        ax.figure.subplots_adjust(right=0.86)

    def headline(self) -> dict:
        rose, fell = self.sizes
        return {
            "difference": float(self.whole.estimate),
            "low": float(self.whole.low),
            "high": float(self.whole.high),
            "n_rose": rose,
            "n_fell": fell,
        }


DEBRIEF = (
    "Staw (1975) told"
    " groups at random that they had done well or badly, and they described their own work accordingly. To"
    " talk about: which sentence of an interview did you read one way, and your neighbour the other? And what"
    " would an assessment be worth whose raters all know the results?"
)


def class_halo(table: pd.DataFrame, *, firm: str | None = None, alpha: float = 0.05) -> ClassHalo | LeftOut:
    """How much two sentences about profit moved a class that judged the case: ``rose`` less ``fell``.

    ``table`` is a table of assessments with a column ``arm`` (rose or fell) and a rater per student. Each
    student's practices are scored first; the students are the units, so that their sixteen answers do not
    count as sixteen (Welch 1947). The intervals of elements are not corrected for their number. Students
    who answered fewer than half of the practices asked, or have no arm, are left out and counted; groups of
    fewer than five students are not shown.

    In worlds of classes the interval covers in 95 of 100, with 12 students as with 48; the halo that
    ``world:classroom`` has unless told otherwise, some 6 points, shows itself clear of 0 in about 70 of 100
    classes of 48, and in about 20 of 100 classes of 12.

    A row of the table: ``element`` (first the whole), ``rose`` and ``fell`` (mean points), ``estimate``
    (their difference), ``low``, ``high``, ``n`` (students). Left out without two arms of five students.
    Raises CrmlabError for other arms, and for a student who stands in both.

    >>> import crmlab as crm
    >>> found = class_halo(crm.open_table("assessments", "case"))
    >>> found.headline()["n_rose"], found.headline()["n_fell"]
    (24, 24)
    """
    name, _ = choose(table, firm)
    title, from_, level = "What two sentences about profit did to this class", source(table), 1 - alpha
    if "arm" not in table:
        return LeftOut(
            title=title,
            table=pd.DataFrame(),
            source=from_,
            reason="the table has no column 'arm' that tells who read what",
        )
    own = latest(table)
    own = own[own["firm"] == name]
    arm = _dealt(own)
    card = scored(own.drop(columns=["wave", "arm"], errors="ignore").assign(firm=own["rater"]))
    asked = own["practice"].nunique()
    firms = card.firms.set_index("firm")
    students = pd.DataFrame({"arm": arm.reindex(firms.index), "score": firms["score"]})
    keep = students["arm"].notna() & (2 * firms["scored"] >= asked) & students["score"].notna()
    students = students[keep]
    wide = card.elements.pivot(index="firm", columns="element", values="score").loc[students.index]
    sizes = {word: int((students["arm"] == word).sum()) for word in arms()}
    if min(sizes.values()) < FEWEST:
        return LeftOut(
            title=title,
            table=pd.DataFrame(),
            source=from_,
            reason=f"a half of the class has fewer than {FEWEST} students, and so small a group is not shown",
        )
    rows = [_row(WHOLE, students["score"], students["arm"], level)]
    rows += [_row(ELEMENTS[key], wide[key], students["arm"], level) for key in ELEMENTS]
    return ClassHalo(
        title=title,
        table=pd.DataFrame(rows),
        firm=name,
        students=students.rename_axis("rater").reset_index(),
        out=int((~keep).sum()),
        level=level,
        source=from_,
        settings=(
            f"a score per student, students as units; Welch's interval at {level * 100:g} %; elements not"
            f" corrected for their number; groups under {FEWEST} are not shown"
        ),
    )


def _dealt(own: pd.DataFrame) -> pd.Series:
    """The arm of each student; missing where none is said."""
    words = own["arm"].astype(object)
    said = words.map(arm_of, na_action="ignore")
    strange = words[words.notna() & said.isna()].unique()
    if len(strange):
        raise CrmlabError(
            "class_halo: the column 'arm' tells which telling a student read.",
            f"It has {listed(strange)}.",
            f"Write {' or '.join(arms())}.",
        )
    each = said.groupby(own["rater"]).nunique()
    if (each > 1).any():
        raise CrmlabError(
            "class_halo: a student reads one telling.",
            f"{listed(each.index[each > 1])} stand in both.".replace(
                "' stand", "' stands" if (each > 1).sum() == 1 else "' stand"
            ),
            "Correct the column 'arm', or tell the students apart.",
        )
    return said.groupby(own["rater"]).first()


def _row(name: str, scores: pd.Series, arm: pd.Series, level: float) -> dict:
    rose, fell = (scores[(arm == word) & scores.notna()].to_numpy(float) for word in ("rose", "fell"))
    if min(len(rose), len(fell)) < FEWEST:
        return {
            "element": name,
            "rose": np.nan,
            "fell": np.nan,
            "estimate": np.nan,
            "low": np.nan,
            "high": np.nan,
            "n": 0,
        }
    return {
        "element": name,
        "rose": rose.mean(),
        "fell": fell.mean(),
        **stats.welch(rose, fell, level)._asdict(),
        "n": len(rose) + len(fell),
    }
