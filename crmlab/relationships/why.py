"""Why a customer stands on a rung, and whether the rungs form a ladder."""

import numpy as np
import pandas as pd

from crmlab.frame import picture
from crmlab.frame.errors import CrmlabError, did_you_mean, listed
from crmlab.frame.glossary import number, p_clause
from crmlab.frame.result import Caption, LeftOut, Result, kind
from crmlab.relationships.climbing import RUNGS, question
from crmlab.relationships.rungs import MOKKEN, Ladder

MOSTLY = 0.1  # crmlab rule: where the ladder adds less than this share of its reproducibility, chance made the most
ANSWERS = {"yes": (picture.SECOND, "o"), "no": (picture.ACCENT, "D"), "not known": (picture.GREY, "s"),
           "not asked": (picture.FAINT, "s"), "not reached": (picture.FAINT, "o")}


@kind
class Trace(Result):
    """A row per question: the answer for one customer, and the values that gave it."""

    who: str
    place: str
    lacks: str

    def text(self) -> str:
        said = f"Customer {self.who} is a {self.place}."
        stop = self.table[self.table["verdict"] != "yes"]
        if not len(stop):
            return f"{said} There is no higher rung."
        row = stop.iloc[0]
        why = f"{row['rule'] or self.lacks}." + (f" For the next rung: {self.lacks}." if row["verdict"] == "no" else "")
        why = {"not asked": "these data do not answer it."}.get(row["verdict"], why)
        return f"{said} The climb ends at the question \"{row['term']}\": {why}"

    def caption(self) -> Caption:
        return Caption(f"Why customer {self.who} is a {self.place}", "the five questions of the ladder, from the bottom up",
                       "; ".join(f"{row.term} {row.verdict}" for row in self.table.itertuples()))

    def headline(self) -> dict:
        return {"customer": self.who, "rung": self.place, "next": self.lacks}

    @property
    def size(self):
        return (7.2, 3.4)

    def draw(self, ax) -> None:
        for place, row in enumerate(self.table.itertuples()):
            color, marker = ANSWERS[row.verdict]
            ax.plot(0.05 + 0.03 * place, place, marker, color=color, ms=11, zorder=3)
            quiet = row.verdict in ("not asked", "not reached")
            ax.annotate(f"{row.term}  {row.verdict}", (0.09 + 0.03 * place, place + 0.13), va="center",
                        fontweight="normal" if quiet else "bold", color=picture.GREY if quiet else picture.INK)
            ax.annotate(row.rule, (0.09 + 0.03 * place, place - 0.22), va="center", color=picture.GREY, fontsize=9.5)
        ax.set_xlim(0, 1)
        ax.set_ylim(-0.6, 4.6)
        ax.set_axis_off()


def trace(ladder: Ladder, customer: str | None = None) -> Trace:
    """The five questions for one customer, with the values that answered them.

    ``customer`` is a customer_id; without it the first by name who feels the relationship, or the first of all.
    Raises CrmlabError for a customer who is not there.

    >>> import crmlab as crm
    >>> found = crm.relationships.ladder(crm.score(crm.open_table("dyads", "world:dyads", seed=1)), draws=100)
    >>> trace(found, "C0003").text()
    'Customer C0003 is a supporter. The climb ends at the question "speaks for us?": recommend 6 < 9; referrals 0 < 1. \
For the next rung: recommend 6, needs 9 and referrals 0, needs 1.'
    """
    customers, ids = ladder.customers, ladder.customers["customer_id"]
    if customer is not None and str(customer) not in set(ids):
        raise CrmlabError(f"There is no customer '{customer}'.", f"The table has {listed(ids, 4)}.",
                          did_you_mean(customer, ids) or "Use one of these.")
    felt = ids[customers["class"].isin(RUNGS[3:])]
    who = str(customer) if customer is not None else min(felt if len(felt) else ids)
    at = int(np.flatnonzero(ids == who)[0])
    row = customers.iloc[at]
    return Trace(title="One customer and the rule", table=_questions(ladder, at), who=ids.iloc[at],
                 place=row["class"], lacks=row["next"], source=ladder.source, settings=ladder.settings)


def _questions(ladder: Ladder, at: int) -> pd.DataFrame:
    climbed, out = RUNGS.index(ladder.customers["class"].iloc[at]), []
    for place, step in enumerate(RUNGS[1:]):
        known = {1.0: "yes", 0.0: "no"}.get(ladder.answers[step].iloc[at], "not known")
        if step not in ladder.measured and known != "no":
            known = "not asked"
        elif place > climbed:
            known = "not reached"
        out.append({"term": question(step, ladder.cuts), "verdict": known, "rule": ladder.spelled.iloc[at].get(step, "")})
    return pd.DataFrame(out)


@kind
class Order(Result):
    """A row per measure of the ladder, as found and as chance would give it."""

    h: tuple
    p: float
    level: float
    customers: int
    rests: str

    def text(self) -> str:
        rows = self.table.set_index("term")["estimate"]
        more = round(rows["reproducibility, found"], 2) - round(rows["reproducibility, by chance"], 2)  # as printed
        verdict = ("That is more order than the definitions force: who stands high has mostly said yes below, too"
                   if self.p < 1 - self.level else
                   "That is no more order than the definitions force: call it a classification, not a ladder")
        return (f"Reproducibility is {number(rows['reproducibility, found'])}, but steps that know nothing of each other "
                f"would give {number(rows['reproducibility, by chance'])}; the ladder adds {number(more)}. Beyond the "
                f"definitions H is {number(self.h[0])}, interval {number(self.h[1])} to {number(self.h[2])}, "
                f"{p_clause(self.p)}. {verdict}. {self.rests}").strip()

    def caption(self) -> Caption:
        rows = self.table.set_index("term")["estimate"]
        added = rows["reproducibility, found"] - rows["reproducibility, by chance"]
        finding = ("The steps line up no better than their definitions force" if not self.p < 1 - self.level else
                   "A high reproducibility is mostly definition" if added < MOSTLY * rows["reproducibility, found"] else
                   "The steps line up beyond what their definitions force")
        return Caption(finding,
                       f"n = {self.customers:,} · H: 0 is chance, strokes at {listed([f'{at:g} {word}' for at, word in MOKKEN[::-1]], quote=False)}"
                       ", 1 is perfect",
                       "; ".join(f"{term} {number(value)}" for term, value in rows.items()))

    @property
    def size(self):
        return (7.2, 3.0)

    def headline(self) -> dict:
        rows = self.table["estimate"]
        return {"customers": self.customers, "reproducibility": rows[0], "reproducibility_null": rows[1],
                "loevinger_h": self.h[0], "loevinger_h_low": self.h[1], "loevinger_h_high": self.h[2], "p": self.p}

    def draw(self, ax) -> None:
        for place, row in enumerate(self.table.itertuples()):
            chance = "chance" in row.term
            color = picture.QUIET if chance else picture.ACCENT if row.term.startswith("Loevinger") else picture.SECOND
            if np.isfinite(row.low):
                picture.span(ax, place, row.estimate, row.low, row.high, color=color)
            else:
                ax.plot([0, row.estimate], [place, place], color=color, lw=3)
                ax.plot(row.estimate, place, "s" if chance else "o", color=color, ms=8)
            ax.annotate(number(row.estimate), (max(row.estimate, row.high if row.high == row.high else 0), place), (9, 0),
                        textcoords="offset points", va="center", color=color)
            if row.term.startswith("Loevinger"):
                for cut, _ in MOKKEN:
                    ax.plot([cut, cut], [place - 0.24, place + 0.24], color=picture.GREY, lw=1.1, zorder=1)
        picture.names_down(ax, self.table["term"])
        ax.set_xlim(min(0, np.nanmin(self.table["low"].fillna(0)) - 0.02), 1.08)


def order(ladder: Ladder) -> Result:
    """Whether the steps form a ladder: Guttman's reproducibility beside chance, and Loevinger's H.

    Left out, and said so, where the five answers are not known, or of too few, or only of those who answer one alike.

    >>> import crmlab as crm
    >>> order(crm.relationships.ladder(crm.score(crm.open_table("dyads", "world:dyads", seed=1)), draws=100)).h[1] > 0.3
    True
    """
    o = ladder.order
    if o is None:
        return LeftOut(title="Is it a ladder?", table=pd.DataFrame(), source=ladder.source,
                       reason=ladder.unseen)
    rows = [("reproducibility, found", o.reproducibility, np.nan, np.nan),
            ("reproducibility, by chance", o.reproducibility_null, np.nan, np.nan),
            ("Loevinger's H, beyond definition", *o.h)]
    table = pd.DataFrame(rows, columns=["term", "estimate", "low", "high"]).assign(n=o.customers)
    return Order(title="Is it a ladder?", table=table, h=tuple(o.h), p=o.p, level=ladder.level, customers=o.customers,
                 rests=ladder.rests, source=ladder.source, settings=ladder.settings)
