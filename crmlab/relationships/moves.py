"""Movement: who stood where at two dates, and which question moved them."""

import numpy as np
import pandas as pd
import seaborn as sns

from crmlab.frame import picture, stats
from crmlab.frame.errors import counted
from crmlab.frame.glossary import percent
from crmlab.frame.result import Caption, LeftOut, Result, kind
from crmlab.measures import tables
from crmlab.relationships.climbing import QUESTIONS, RUNGS, Cuts, climb

FEW = 20  # crmlab rule: shares out of fewer customers are shown and not spoken of


@kind
class Movement(Result):
    """A row per rung before and after; ``customers`` has both rungs and the rule, ``steady`` the long run."""

    dates: tuple
    customers: pd.DataFrame
    steady: dict
    n: int

    @property
    def matrix(self) -> pd.DataFrame:
        """Shares of each rung before (rows) that stand on each rung after (columns)."""
        wide = self.table.pivot(index="class", columns="to", values="share")
        return wide.reindex(index=[r for r in RUNGS if r in wide.index], columns=[r for r in RUNGS if r in wide.columns])

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
            long = ", ".join(f"{percent(share)} {name}" for name, share in self.steady.items() if share >= 0.005)
            said.append(f"If every later period were like this one, the rungs would settle at {long}. No period is quite "
                        "like the last, so read it as a direction.")
        if self.n < FEW:
            said.append("So few customers make no rates.")
        return " ".join(said)

    def caption(self) -> Caption:
        up, down = self._moved()
        cells = "; ".join(f"{row[1]} to {row.to} {percent(row.share)}" for row in self.table.itertuples() if row.share >= 0.1)
        return Caption(f"{percent(up)} rose, {percent(down)} fell",
                       f"{self.source.get('title', '')} · n = {self.n:,} · % of each row, {self.dates[0]} to {self.dates[1]}",
                       f"Of those before, after: {cells}")

    @property
    def size(self):
        return (7.2, 1.7 + 0.5 * len(self.matrix))

    def draw(self, ax) -> None:
        matrix = self.matrix
        numbers = matrix.map(lambda share: percent(share) if share >= 0.005 else "")
        sns.heatmap(matrix.fillna(0), ax=ax, cmap=sns.light_palette(picture.SECOND, as_cmap=True), cbar=False, vmin=0,
                    vmax=1, linewidths=1.5, annot=numbers, fmt="", annot_kws={"fontsize": 10}, yticklabels=False)
        picture.room_for_names(ax, matrix.index)
        ax.set_yticks(np.arange(len(matrix)) + 0.5, matrix.index, rotation=0)
        ax.set_xticklabels(matrix.columns, rotation=0)
        ax.tick_params(length=0)
        ax.set_xlabel(f"rung, {self.dates[1]} (rows: {self.dates[0]})")
        ax.set_ylabel("")

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
        return LeftOut(title="Movement", table=pd.DataFrame(), source=source,
                       reason="the customers were looked at once; movement needs a column 'wave' with two dates")
    cuts = (cuts or Cuts()).on(source.get("scales", {}))
    sides = [climb(part.set_index("customer_id"), cuts) for part in
             (scores[scores["wave"].astype(str) == wave] for wave in (waves[0], waves[-1]))]
    both = pd.merge(*sides, left_index=True, right_index=True, suffixes=("_before", "_after"))
    customers = pd.DataFrame({"before": both["class_before"], "after": both["class_after"], "rule": both["rule_after"],
                              "question": [_question(*pair) for pair in
                                           zip(both["class_before"], both["class_after"], strict=True)]})
    rows = _rows(customers, alpha)
    return Movement(title="Who moved", table=pd.DataFrame(rows), source=source, dates=(waves[0], waves[-1]),
                    customers=customers, steady=_steady(customers), n=len(customers),
                    settings="rungs by the rule of the ladder at both dates; Wilson intervals; customers seen at both")


def _question(before: str, after: str) -> str:
    """The lowest question whose answer changed."""
    low, high = sorted((RUNGS.index(before), RUNGS.index(after)))
    return QUESTIONS[RUNGS[low + 1]] if low != high else ""


def _rows(customers: pd.DataFrame, alpha: float) -> list[dict]:
    counts = pd.crosstab(customers["before"], customers["after"])
    rows = []
    for before in (name for name in RUNGS if name in counts.index):
        size = int(counts.loc[before].sum())
        for after in (name for name in RUNGS if name in counts.columns):
            count = int(counts.loc[before, after])
            low, high = stats.wilson(count / size, size, 1 - alpha)
            rows.append({"class": before, "to": after, "customers": count, "share": count / size, "low": low, "high": high})
    return rows


def _steady(customers: pd.DataFrame) -> dict[str, float]:
    """Where a chain with these shares settles; empty where a rung was left by nobody who could come back."""
    names = [name for name in RUNGS if name in set(customers["before"])]
    if set(customers["after"]) - set(names):
        return {}
    shares = pd.crosstab(customers["before"], customers["after"], normalize="index").reindex(index=names, columns=names,
                                                                                             fill_value=0.0).to_numpy()
    values, vectors = np.linalg.eig(shares.T)
    if np.sum(np.abs(values - 1) < 1e-9) != 1:
        return {}
    vector = np.real(vectors[:, np.argmin(np.abs(values - 1))])
    return dict(zip(names, map(float, vector / vector.sum()), strict=True))
