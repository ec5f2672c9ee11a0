"""The same customers under another cut: how many stand on another rung, though none of them has changed."""

import numpy as np

from crmlab.frame import picture
from crmlab.frame.errors import CrmlabError
from crmlab.frame.glossary import number, percent
from crmlab.frame.result import Caption, Result, Sentence, kind
from crmlab.relationships.rungs import PLURAL, Ladder


@kind
class Recut(Result):
    """A row per rung: the share that stood on it under the first cuts, and under the others."""

    changed: float
    moved: str
    h: tuple
    guess: float

    def text(self) -> str:
        gaps = (self.table["share_after"] - self.table["share_before"]).abs()
        most = self.table.loc[gaps.sort_values(ascending=False, kind="stable").index[:2]]
        told = " and ".join(f"{PLURAL[row[1]]} from {percent(row.share_before)} to {percent(row.share_after)}"
                            for row in most.itertuples() if row.share_before != row.share_after)
        said = [f"With {self.moved}, {percent(self.changed)} change their rung" + (f": {told}." if told else ".")]
        if np.isfinite(self.h).all():
            said.append(f"Loevinger's H goes from {number(self.h[0])} to {number(self.h[1])}.")
        off = abs(self.guess / 100 - self.changed)
        close = "close" if off <= 0.05 else "too few" if self.guess / 100 < self.changed else "too many"
        return " ".join([*said, f"You said {self.guess:g} of 100: {close}. No customer has done, felt or said anything new."])

    def caption(self) -> Caption:
        return Caption(f"Another line, and {percent(self.changed)} have another name",
                       f"share of customers on each rung · dot: before · diamond: with {self.moved}",
                       "; ".join(f"{row[1]} {percent(row.share_before)} to {percent(row.share_after)}"
                                 for row in self.table.itertuples()))

    @property
    def size(self):
        return (7.2, 3.4)

    def draw(self, ax) -> None:
        rows = self.table.iloc[::-1]
        for place, row in enumerate(rows.itertuples()):
            ax.plot([row.share_before, row.share_after], [place, place], color=picture.FAINT, lw=5, zorder=1)
            ax.plot(row.share_before, place, "o", color=picture.SECOND, ms=9, zorder=2)
            ax.plot(row.share_after, place, "D", color=picture.ACCENT, ms=7, zorder=3)
        picture.names_down(ax, rows["class"])
        ax.set_xlim(-0.02, None)
        ax.xaxis.set_major_formatter(lambda at, _: percent(at))

    def headline(self) -> dict:
        return {"changed": self.changed, "loevinger_h": self.h[0], "loevinger_h_after": self.h[1]}


def recut(before: Ladder, after: Ladder, guess=...) -> Recut | Sentence:
    """How many customers stand on another rung when the cuts of ``before`` become those of ``after``.

    ``guess`` is the number out of a hundred that you expect; without it nothing is shown, so that the number can
    still surprise. Raises CrmlabError where the two ladders are not of the same customers.

    >>> import crmlab as crm
    >>> scores = crm.score(crm.open_table("dyads", "world:dyads", seed=1))
    >>> five, four = (crm.relationships.ladder(scores, cuts=crm.relationships.Cuts(attitude=a), draws=50) for a in (5, 4))
    >>> recut(five, four)
    Not guessed yet. Put a number from 0 to 100 in place of the dots.
    >>> round(recut(five, four, guess=10).changed, 2)
    0.19
    """
    if guess is ...:
        return Sentence("Not guessed yet. Put a number from 0 to 100 in place of the dots.")
    if not isinstance(guess, int | float) or not 0 <= guess <= 100:
        return Sentence("A guess is a number from 0 to 100, as in 10.")
    first, second = before.customers, after.customers
    if first["customer_id"].tolist() != second["customer_id"].tolist():
        raise CrmlabError("The two ladders are not of the same customers.",
                          f"One has {len(first):,} customers, the other {len(second):,}.",
                          "Make both from the same scores, with other cuts.")
    alike = before.cuts.felt_by == after.cuts.felt_by  # or other pairs of steps make the two H
    table = before.table[["class"]].assign(share_before=before.table["share"], share_after=after.table["share"]).dropna()
    return Recut(title="Another cut", table=table.reset_index(drop=True), source=before.source, guess=float(guess),
                 changed=float((first["class"] != second["class"]).mean()), moved=_moved(before, after),
                 h=tuple(one.order.h.estimate if one.order and alike else np.nan for one in (before, after)),
                 settings="the customers and their answers are the same; only cuts differ")


def _moved(before: Ladder, after: Ladder) -> str:
    pairs = [(name, was, after.cuts.numbers[name]) for name, was in before.cuts.numbers.items()]
    said = [f"the cut of {name.replace('_', ' ')} at {now:.3g} instead of {was:.3g}" for name, was, now in pairs if now != was]
    if before.cuts.felt_by != after.cuts.felt_by:
        said.append("the relation felt by " + " instead of ".join(
            {"both": "both sides", "customer": "the customer alone"}[one.cuts.felt_by] for one in (after, before)))
    return " and ".join(said) or "the same cuts"
