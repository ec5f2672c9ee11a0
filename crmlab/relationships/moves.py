"""Movement: who stood where at two dates, and which question moved them."""

from typing import ClassVar

import pandas as pd

from crmlab.frame.errors import counted
from crmlab.frame.glossary import percent
from crmlab.frame.result import Caption, LeftOut, Result, kind
from crmlab.measures import tables, transitions
from crmlab.relationships.climbing import QUESTIONS, RUNGS, Cuts, climb


@kind
class Movement(transitions.Transitions):
    """A row per rung before and after; ``customers`` has both rungs and the rule, ``steady`` the long run."""

    names: tuple = RUNGS
    _noun: ClassVar[str] = "rung"

    def _moved(self) -> tuple[float, float]:
        gap = self.customers["after"].map(RUNGS.index) - self.customers["before"].map(RUNGS.index)
        return float((gap > 0).mean()), float((gap < 0).mean())

    def text(self) -> str:
        up, down = self._moved()
        stay = 1 - up - down
        said = [f"Between {self.dates[0]} and {self.dates[1]}, {percent(stay)} of {self.n:,} stayed on their rung, "
                f"{percent(up)} rose and {percent(down)} fell."]
        moved = self.customers[self.customers["question"] != ""]
        if len(moved):
            most = moved["question"].value_counts()
            said.append(f"The question that moved most is \"{most.index[0]}\": {counted(int(most.iloc[0]), 'customer')}.")
        if self.steady:
            said.append(f"If every later period were like this one, the rungs would settle at {self._long_run()}. No period "
                        "is quite like the last, so read it as a direction.")
        if self.n < transitions.FEW:
            said.append("So few customers make no rates.")
        return " ".join(said)

    def caption(self) -> Caption:
        up, down = self._moved()
        return Caption(f"{percent(up)} rose, {percent(down)} fell",
                       f"{self.source.get('title', '')} · n = {self.n:,} · % of each row, {self.dates[0]} to {self.dates[1]}",
                       self._form())

    def headline(self) -> dict:
        up, down = self._moved()
        return {"customers": self.n, "rose": up, "fell": down, "steady": self.steady}


def movement(scores: pd.DataFrame, *, cuts: Cuts | None = None, alpha: float = 0.05) -> Result:
    """The rungs of the same customers at the first and the last ``wave``: shares with Wilson intervals, and why.

    ``customers`` names for each who moved the question whose answer changed. ``steady`` is the distribution at
    which the rungs would settle if every period were like this one. With a single wave the step is left out.

    >>> import crmlab as crm
    >>> moved = movement(crm.score(crm.open_table("dyads", "cdnow")))
    >>> moved.matrix.loc["customer"].round(2).to_dict()
    {'customer': 0.86, 'client': 0.14}
    """
    source = tables.provenance(scores)
    waves = sorted(scores["wave"].dropna().astype(str).unique()) if "wave" in scores.columns else []
    if len(waves) < 2:
        return LeftOut(title="Who moved", table=pd.DataFrame(), source=source,
                       reason="the customers were looked at once; movement needs a column 'wave' with two dates")
    cuts = (cuts or Cuts()).on(source.get("scales", {}))
    sides = [climb(part.set_index("customer_id"), cuts) for part in
             (scores[scores["wave"].astype(str) == wave] for wave in (waves[0], waves[-1]))]
    both = pd.merge(*sides, left_index=True, right_index=True, suffixes=("_before", "_after"))
    customers = pd.DataFrame({"before": both["class_before"], "after": both["class_after"], "rule": both["rule_after"],
                              "question": [_question(*pair) for pair in
                                           zip(both["class_before"], both["class_after"], strict=True)]}).rename_axis("customer_id").reset_index()
    pair = customers["before"], customers["after"]
    return Movement(title="Who moved", table=transitions.rows(*pair, RUNGS, alpha), source=source,
                    dates=(waves[0], waves[-1]), customers=customers, steady=transitions.steady(*pair, RUNGS), n=len(customers),
                    settings="rungs by the rule of the ladder at both dates; Wilson intervals; customers seen at both")


def _question(before: str, after: str) -> str:
    """The lowest question whose answer changed."""
    low, high = sorted((RUNGS.index(before), RUNGS.index(after)))
    return QUESTIONS[RUNGS[low + 1]] if low != high else ""

