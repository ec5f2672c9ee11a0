"""A mailing budget: whom to write to, and what those customers spent afterwards."""

import matplotlib as mpl
import numpy as np
import pandas as pd

from crmlab.frame import picture, stats
from crmlab.frame.errors import CrmlabError, counted, did_you_mean, listed
from crmlab.frame.glossary import in_money, money, number, percent
from crmlab.frame.result import Caption, LeftOut, Result, Sentence, kind
from crmlab.measures import tables
from crmlab.portfolio.ranking import RULES, Halves, caught, halves, ranks, too_little, weighted

BLIND, MINE = "drawn by lot", "your weights"


@kind
class Mailing(Result):
    """A row per rule one may pick; what came of each is kept until :meth:`reveal`."""

    halves: Halves
    letters: int
    draws: int
    seed: int

    def text(self) -> str:
        return (f"It is {self.halves.split}. You know {counted(len(self.halves.summary), 'customer')} and may write to "
                f"{self.letters:,} of them. Pick the rule that chooses whom: {listed(self.table['rule'], 9, quote=False)}; or "
                "weigh recency, frequency and monetary value yourself, as in {'recency': 2, 'frequency': 1, 'monetary': 1}.")

    def caption(self) -> Caption:
        return Caption(f"{self.letters:,} letters, {counted(len(self.halves.summary), 'customer')}",
                       f"{self.source.get('title', '')} · as known on {self.halves.split}",
                       " ".join(f"{row.rule}: {row.meaning}." for row in self.table.itertuples()))

    @property
    def size(self):
        return (7.2, 1.2 + 0.36 * len(self.table))

    def draw(self, ax) -> None:
        for place, row in enumerate(self.table.itertuples()):
            ax.annotate(row.rule, (0.27, place), ha="right", va="center", fontweight="bold")
            ax.annotate(row.meaning, (0.3, place), va="center", fontsize=9.5)
        ax.set_ylim(len(self.table) - 0.4, -0.6)
        ax.set_axis_off()

    def reveal(self, pick) -> Result | Sentence:
        """What the customers of every rule spent afterwards, yours marked; dots for "not yet"."""
        if pick is ... or pick == "":
            return Sentence("Not picked yet. Put the name of a rule in place of the dots.")
        names = {rule.casefold(): rule for rule in self.halves.scores}
        scores = dict(self.halves.scores)
        if isinstance(pick, str):
            mine = names.get(pick.strip().casefold())
            if mine is None:
                return Sentence(f"There is no rule '{pick}'. The rules are {listed(scores, 9, quote=False)}. "
                                f"{did_you_mean(pick, scores)}".strip())
        else:
            try:
                scores[MINE] = self._own(weighted(pick, self.halves.scores))
            except CrmlabError as error:
                return Sentence(error)
            mine = MINE
        return _posted(self, scores, mine)

    def _own(self, weights) -> np.ndarray:
        known = ranks(self.halves)
        return np.column_stack([-known["silence"], known["frequency"], known["past_value"]]) @ np.asarray(weights)


@kind
class Posted(Result):
    """A row per rule: what the customers it chose spent afterwards, the lot with its interval, and hindsight."""

    yours: str
    letters: int
    split: str
    days: int
    best: float
    tied: int

    def text(self) -> str:
        rows = self.table.set_index("rule")["estimate"]
        mine, blind = rows[self.yours], rows[BLIND]
        place = int((rows > mine).sum()) + 1
        ahead = "no rule here did better" if place == 1 else (
            f"“{rows.idxmax()}” did better with {money(rows.max(), self.source)}")
        ratio = f", {number(mine / blind, 1)} times what the lot would bring" if blind > 0 else ""
        return (f"The {self.letters:,} customers chosen by “{self.yours}” spent {money(mine, self.source)} in the "
                f"{counted(self.days, 'day')} after {self.split}{ratio}; {ahead}. With perfect foresight it would have been "
                f"{money(self.best, self.source)}. {self._ties()}But nobody wrote to them: this is what they spent anyway. What a letter adds, only a "
                "group that gets none can tell.")

    def _ties(self) -> str:
        """Why a rule of a few scores must guess among its best."""
        if self.tied <= self.letters:
            return ""
        return (f"RFM gives {self.tied:,} customers its highest score and cannot tell them apart: who of them gets a letter, "
                "chance must say. ")

    def caption(self) -> Caption:
        mine = float(self.table.set_index("rule").loc[self.yours, "estimate"])
        share = percent(mine / self.best) if self.best > 0 else "–"
        said = "; ".join(f"{row.rule}: {number(row.estimate, 0)}" for row in self.table.itertuples())
        return Caption(f"“{self.yours.capitalize() if self.yours.islower() else self.yours}” found {share} of what hindsight finds",
                       f"{self.source.get('title', '')} · value of {self.letters:,} chosen customers in the {self.days} days after "
                       f"{self.split}", said)

    @property
    def size(self):
        return (7.2, 1.7 + 0.42 * len(self.table))

    def draw(self, ax) -> None:
        rows = self.table.sort_values("estimate", ascending=False, kind="stable").reset_index(drop=True)
        for place, row in rows.iterrows():
            mine = row["rule"] == self.yours
            color = picture.ACCENT if mine else picture.GREY if row["rule"] == BLIND else picture.QUIET
            ax.barh(place, row["estimate"], 0.6, color=color, zorder=3)
            if np.isfinite(row["low"]):
                ax.plot([row["low"], row["high"]], [place, place], color=picture.INK, lw=2, zorder=4)
            ax.annotate(number(row["estimate"], 0), (max(row["estimate"], np.nan_to_num(row["high"])), place), (6, 0),
                        textcoords="offset points", va="center", fontweight="bold" if mine else "normal")
        picture.names_down(ax, [f"{row.rule} (yours)" if row.rule == self.yours else row.rule for row in rows.itertuples()])
        ax.set_xlim(min(0.0, float(rows["estimate"].min())), float(rows["estimate"].max()) * 1.14 or 1.0)
        ax.xaxis.set_major_locator(mpl.ticker.MaxNLocator(5))
        ax.xaxis.set_major_formatter(lambda value, _: number(value, 0))
        ax.set_xlabel(in_money("value afterwards (the line: 95 % of all lots)", self.source))

    def headline(self) -> dict:
        rows = self.table.set_index("rule")["estimate"]
        return {"letters": self.letters, "yours": float(rows[self.yours]), "lot": float(rows[BLIND]), "hindsight": self.best,
                "best_rule": rows.idxmax()}


def mailing(log: pd.DataFrame, *, split: str | None = None, letters: int = 500, draws: int = 1000, seed: int = 1) -> Result:
    """A budget of ``letters`` and a log cut at ``split``: pick a rule, then :meth:`Mailing.reveal` what it found.

    With fewer than five customers for a letter, a fifth of the customers is written to. Equal scores share what is
    left of the budget (the mean over a random order). Left out where nobody bought after the split.

    >>> import crmlab as crm
    >>> log = crm.open_table("transactions", "cdnow_sample")
    >>> mailing(log).reveal("bought lost")
    There is no rule 'bought lost'. The rules are RFM, bought most often, bought last and last period again. Did you
    mean 'bought last'?
    """
    if letters < 1:
        raise CrmlabError("mailing: that is no budget.", f"letters is {letters}.", "Give 1 or more.")
    both, source = halves(log, split), tables.provenance(log)
    why = too_little(both)
    if why:
        return LeftOut(title="A mailing budget", table=pd.DataFrame(), source=source, reason=why)
    rows = [{"rule": rule, "meaning": RULES[rule]} for rule in both.scores]
    return Mailing(title="A mailing budget", table=pd.DataFrame(rows), source=source, halves=both, draws=draws, seed=seed,
                   letters=min(letters, len(both.summary) // 5), settings=f"judged {both.split}; equal scores count with their mean, as over all orders of chance")


def _posted(mailing_: Mailing, scores: dict, mine: str) -> Posted:
    both, letters = mailing_.halves, mailing_.letters
    worth = both.later["later_value"].to_numpy()
    share, nothing = letters / len(worth), (float("nan"), float("nan"))
    found = {rule: (float(caught(score, worth, share)[0]), *nothing) for rule, score in scores.items()}
    chance = stats.rng(mailing_.seed, "mailing")
    held = np.sort(worth)
    lots = [held[chance.choice(len(worth), letters, replace=False)].sum() for _ in range(mailing_.draws)]
    found[BLIND] = (letters * float(worth.mean()), *map(float, np.quantile(lots, [0.025, 0.975])))
    meanings = {**RULES, MINE: "ranks of recency, frequency and value, weighed by you", BLIND: "any customer as likely as any other"}
    rows = [{"rule": rule, "meaning": meanings[rule], "estimate": at, "low": low, "high": high, "unit": "value afterwards"}
            for rule, (at, low, high) in found.items()]
    tied = int((both.scores["RFM"] == both.scores["RFM"].max()).sum())
    return Posted(title="What the chosen customers spent", table=pd.DataFrame(rows), source=mailing_.source, yours=mine, tied=tied,
                  letters=letters, split=both.split, days=both.days, best=float(np.sort(worth)[::-1][:letters].sum()),
                  settings=f"{mailing_.settings}; the lot from {mailing_.draws:,} drawings, seed {mailing_.seed}")
