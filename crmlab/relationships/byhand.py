"""Ten customers to classify by hand, before the rule is met."""

import textwrap

import numpy as np
import pandas as pd

from crmlab.frame import picture, stats
from crmlab.frame.errors import counted, did_you_mean, listed
from crmlab.frame.result import Caption, Result, Sentence, kind
from crmlab.measures import tables
from crmlab.relationships.climbing import QUESTIONS, RUNGS, Cuts, climb, latest, seen

HOW_MANY = 10


@kind
class Cases(Result):
    """Ten customers in one line each; ``rule`` keeps what the rule says until you have answered."""

    rule: pd.DataFrame

    def text(self) -> str:
        return (f"Read each line and put the customer on a rung: {listed(RUNGS, 6, quote=False)}. Trust your judgement; "
                "there is no cut to look up.")

    def caption(self) -> Caption:
        return Caption(f"{counted(len(self.table), 'customer')} to place by hand", self.source.get("title", ""),
                       " ".join(f"{r.case}: {r.customer}" for r in self.table.itertuples()))

    def draw(self, ax) -> None:
        for place, row in enumerate(self.table.itertuples()):
            ax.annotate(f"{row.case}", (-0.03, place), va="center", ha="right", fontweight="bold")
            ax.annotate("\n".join(textwrap.wrap(row.customer, 86)), (0, place), va="center", fontsize=9.5)
        ax.set_xlim(-0.06, 1)
        ax.set_ylim(len(self.table) - 0.4, -0.6)
        ax.set_axis_off()

    @property
    def size(self):
        return (7.2, 1.0 + 0.45 * len(self.table))

    def compare(self, mine) -> Result | Sentence:
        """Your rungs beside the rule's, in order of the cases; dots for "not yet"."""
        given = list(mine) if isinstance(mine, list | tuple) else []
        if not given or any(answer is ... for answer in given):
            return Sentence(f"Not answered yet. Put {len(self.table)} rungs in place of the dots.")
        words = [str(answer).strip().lower() for answer in given]
        for word in words:
            if word not in RUNGS:
                return Sentence(f"'{word}' is no rung. The rungs are {listed(RUNGS, 6, quote=False)}. "
                                f"{did_you_mean(word, RUNGS)}".strip())
        if len(words) != len(self.table):
            return Sentence(f"There are {len(self.table)} customers, and you named {counted(len(words), 'rung')}.")
        stops = [_stop(row) for row in self.rule.to_dict("records")]
        table = pd.DataFrame({"case": self.table["case"], "yours": words, "rule_says": self.rule["class"].to_numpy(),
                              "rule": stops})
        return Compared(title="You and the rule", table=table, source=self.source,
                        settings=f"{self.settings}, at most two of each rung")


@kind
class Compared(Result):
    """A row per case: your rung, the rule's, and the question at which its climb stopped."""

    def text(self) -> str:
        same = int((self.table["yours"] == self.table["rule_says"]).sum())
        gap = self._gap()
        if same == len(self.table):
            return f"You and the rule agree on all {same}. Now ask which cut you had in mind."
        way = "higher" if gap.mean() > 0 else "lower" if gap.mean() < 0 else "sometimes higher, sometimes lower"
        worst = self.table.loc[gap.abs().idxmax()]
        return (f"You and the rule agree on {same} of {len(self.table)}; where you part, you place customers {way}. The "
                f"widest gap is case {worst['case']}: {worst['yours']} for you, {worst['rule_says']} for the rule "
                f"({worst['rule']}). Neither is nature: the rule has cuts, and you have yours.")

    def _gap(self) -> pd.Series:
        order = {name: place for place, name in enumerate(RUNGS)}
        return self.table["yours"].map(order) - self.table["rule_says"].map(order)

    def caption(self) -> Caption:
        same = int((self.table["yours"] == self.table["rule_says"]).sum())
        return Caption(f"You and the rule agree on {same} of {len(self.table)}", "dot: you · diamond: the rule",
                       "; ".join(f"case {r.case}: you {r.yours}, rule {r[3]}" for r in self.table.itertuples()))

    def draw(self, ax) -> None:
        order = {name: place for place, name in enumerate(RUNGS)}
        for row in self.table.itertuples():
            mine, rule = order[row.yours], order[row[3]]
            ax.plot([row.case, row.case], [mine, rule], color=picture.FAINT, lw=3, zorder=1)
            ax.plot(row.case, rule, "D", color=picture.ACCENT, ms=8, zorder=3)
            ax.plot(row.case, mine, "o", color=picture.SECOND, ms=11 if mine == rule else 8, zorder=2)
        ax.set_yticks(range(len(RUNGS)), RUNGS)
        ax.set_xticks(self.table["case"])
        picture.room_for_names(ax, RUNGS)
        ax.set_ylim(-0.5, 5.5)
        ax.set_xlabel("case")


def cases(scores: pd.DataFrame, *, cuts: Cuts | None = None, seed: int = 1) -> Cases:
    """Ten customers of all rungs in one line each, to be placed by hand before the rule is met.

    >>> import crmlab as crm
    >>> ten = cases(crm.score(crm.open_table("dyads", "world:dyads", seed=1)))
    >>> ten.compare([...] * 10)
    Not answered yet. Put 10 rungs in place of the dots.
    """
    source, scores = tables.provenance(scores), latest(scores)
    if "customer_id" in scores:  # drawn from an order of their own, not from that of the rows
        scores = scores.sort_values("customer_id", kind="stable")
    found = climb(scores, cuts)
    chance, some = stats.rng(seed, "cases"), []
    for place in chance.permutation(len(found)):
        if (found["class"].iloc[some] == found["class"].iloc[place]).sum() < 2:
            some.append(int(place))
        if len(some) == HOW_MANY:
            break
    tops = {name: f" of {spec['high']:g}" for name, spec in source.get("scales", {}).items()} | {"recommend": " of 10"}
    lines = [_line(row, tops) for row in seen(scores).iloc[some].to_dict("records")]
    table = pd.DataFrame({"case": np.arange(1, len(some) + 1), "customer": lines})
    return Cases(title="Ten customers", table=table, rule=found.iloc[some], source=source,
                 settings=f"ten customers drawn with seed {seed}")


def _stop(row: dict) -> str:
    """The question that ended the climb, with what the rule saw there."""
    step = next(iter(RUNGS[RUNGS.index(row["class"]) + 1:]), None)
    return f"{QUESTIONS[step]} {row['steps'][step] or 'not known'}" if step else "five times yes"


def _line(row: dict, tops: dict) -> str:
    said = ["never bought" if not row["orders"] else counted(int(row["orders"]), "order")]
    said += [f"the last {row['days_since_last']:.0f} days ago"] if row["days_since_last"] == row["days_since_last"] else []
    for name, words in (("intention", "means to return"), ("trust", "trust"), ("commitment", "commitment"),
                        ("recommend", "recommends"), ("mutual", "mutual effort")):
        if row[name] == row[name]:
            said.append(f"{words} {row[name]:.2g}{tops.get(name, '')}")
    for name, one in (("referrals", "referral"), ("joint", "joint activity")):
        if row[name] == row[name] and row[name] > 0:
            said.append(counted(int(row[name]), one, "joint activities" if name == "joint" else None))
    return ", ".join(said)
