"""The seven stages of the activity, along the customer's path from targeting to winning back."""

import numpy as np
import pandas as pd

from crmlab.frame import picture
from crmlab.frame.errors import counted, listed
from crmlab.frame.result import Caption, LeftOut, Result, kind
from crmlab.measures.scorecard import STAGES, intervals
from crmlab.qci.choosing import beside, big, settings, small, source
from crmlab.qci.drawing import WIDTH, down


@kind
class Stages(Result):
    """A row per stage in the order of the customer's path; a stage nobody answered has no score."""

    firm: str
    peers: str
    level: float
    short: bool

    @property
    def rows(self) -> pd.DataFrame:
        return self.table[self.table["score"].notna()]

    def text(self) -> str:
        rows = self.rows
        wide, said = rows.loc[rows["gap"].idxmax()], [self._best()]
        if wide.gap >= 0.5:
            said.append(
                f"Plan and deed are {'furthest ' if len(rows) > 1 else ''}apart at {small(wide.stage)}: intention {wide.intention:.0f}, "
                f"reality {wide.reality:.0f}."
            )
        thin = [small(name) for name in rows.loc[rows["practices"] == 1, "stage"]]
        if thin:
            each = "rests" if len(thin) == 1 else "rest"
            borrowed = " its interval borrows" if len(thin) == 1 else " their intervals borrow"
            lent = f";{borrowed} the spread within the other stages" if rows["low"].notna().any() else ""
            said.append(f"{big(listed(thin, 7, quote=False))} {each} on a single practice{lent}.")
        silent = [small(name) for name in self.table.loc[self.table["score"].isna(), "stage"]]
        if silent:
            said.append(
                f"{'The short form does not ask' if self.short else 'Nothing was answered'} about "
                f"{listed(silent, 7, quote=False)}."
            )
        return " ".join(said)

    def _level(self, sign: int) -> list[str]:
        """The stages that stand lowest (−1) or highest (1), level within half a point; none where all are level."""
        scores = sign * self.rows["score"]
        there = self.rows.loc[scores > scores.max() - 0.5, "stage"]
        return [small(name) for name in there] if len(there) < len(scores) else []

    def _best(self) -> str:
        rows = self.rows
        if len(rows) == 1:
            return f"Only {small(rows['stage'].iloc[0])} was answered: {rows['score'].iloc[0]:.0f} of 100 points."
        if not self._level(1):
            return f"Along the customer's path {self.firm} stands level, at {rows['score'].mean():.0f} of 100 points."
        best, worst = (listed(self._level(sign), 7, quote=False) for sign in (1, -1))
        return (
            f"Along the customer's path {self.firm} does best at {best} ({rows['score'].max():.0f} of 100 points) "
            f"and worst at {worst} ({rows['score'].min():.0f})."
        )

    def caption(self) -> Caption:
        rows, best, worst = self.rows, *(listed(self._level(sign), 3, quote=False) for sign in (1, -1))
        finding = (
            f"{big(self.firm)}: strongest at {best}, weakest at {worst}"
            if self._level(1)
            else f"{big(self.firm)}: all stages stand level"
            if len(rows) > 1
            else f"{big(self.firm)}: only {small(rows['stage'].iloc[0])} was answered"
        )
        return Caption(
            finding,
            f"{self.source['title']} · {counted(int(rows['practices'].sum()), 'practice')} of the activity, in points",
            "Stages: " + "; ".join(f"{row.stage} {row.score:.0f}" for row in rows.itertuples()),
        )

    @property
    def size(self):
        return (WIDTH, 4.8)

    def draw(self, ax) -> None:
        worst = [place for place, name in enumerate(self.table["stage"]) if small(name) in self._level(-1)]
        for place, row in enumerate(self.table.itertuples()):
            color = picture.ACCENT if place in worst else picture.SECOND
            if np.isfinite(row.low):
                ax.plot([row.low, row.high], [place, place], color=picture.FAINT, lw=9, zorder=1)
            if np.isfinite(row.score) and np.isfinite(row.comparison):
                ax.plot(
                    [row.comparison] * 2, [place - 0.3, place + 0.3], color=picture.GREY, lw=1.6, zorder=2
                )
            ax.plot([row.reality, row.intention], [place, place], color=color, lw=2, zorder=3)
            ax.plot([row.reality], [place], "o", color=color, ms=8, zorder=4)
            ax.plot([row.intention], [place], "o", mec=color, mfc="white", mew=1.8, ms=8, zorder=4)
        stroke = f" Grey stroke: median of {self.peers}." if self.peers else ""
        field = f" Field: {self.level * 100:g} % interval." if self.table["low"].notna().any() else ""
        down(
            ax,
            self.table["stage"],
            f"Full dot: reality. Open dot: intention. Number: their mean, the score.{stroke}{field}",
            self.table["score"],
            worst,
            "not asked" if self.short else "not answered",
        )

    def headline(self) -> dict:
        rows = self.table.assign(key=list(STAGES)).set_index("key")
        rows = rows[rows["score"].notna()]
        return {
            "stages": rows["score"].to_dict(),
            "gaps": rows["gap"].to_dict(),
            "weakest": rows["score"].idxmin() if len(self._level(-1)) == 1 or len(rows) == 1 else "",
        }



def stages(
    table: pd.DataFrame,
    *,
    firm: str | None = None,
    compare: pd.DataFrame | None = None,
    alpha: float = 0.05,
    draws: int = 2000,
    seed: int = 1,
) -> Stages | LeftOut:
    """The profile of one firm over the seven stages of customer management activity, after the QCi model.

    Arguments as in :func:`assessment`. A row of the table: ``stage``, ``score``, ``low``, ``high``,
    ``intention``, ``reality``, ``gap``, ``comparison`` (median of the other firms), ``quartile``,
    ``practices``. A stage on one practice takes the spread for its interval from the other stages. Left
    out where no practice of the activity was answered.

    >>> import crmlab as crm
    >>> firms = crm.open_table("assessments", "world:firms", seed=1)
    >>> crm.qci.stages(firms, firm="F07", draws=200).table["stage"].tolist()[0]
    'Targeting'
    """
    given = beside(table, firm, compare)
    level, title = 1 - alpha, f"{given.firm} along the customer's path"
    own = given.card.sections.set_index("section")
    if own.loc[list(STAGES), "score"].isna().all():
        return LeftOut(
            title=title,
            table=pd.DataFrame(),
            source=source(table),
            reason="no practice of customer management activity was answered",
        )
    found = intervals(given.card, level=level, draws=draws, seed=seed)
    rows = [{"stage": name, **given.row("sections", key, found)} for key, name in STAGES.items()]
    return Stages(
        title=title,
        table=pd.DataFrame(rows),
        firm=given.firm,
        peers=given.peers,
        level=level,
        short=given.card.short,
        source=source(table),
        settings=settings(given, level, draws, seed),
    )
