"""Is it the questionnaire talking? What a habit of answering may have done to the link."""

import numpy as np
import pandas as pd

from crmlab.frame import picture, stats
from crmlab.frame.errors import counted
from crmlab.frame.glossary import number, percent
from crmlab.frame.result import Caption, Result, kind
from crmlab.loyalty.pairs import FEWEST, data_words, left_out
from crmlab.measures import scales, tables

FEWEST_ITEMS = 4  # the same answer to fewer questions is no straight line


@kind
class Method(Result):
    """A row per check for what a common questionnaire alone may have done."""

    observed: float
    harman: float
    straight: int
    items: int
    n: int
    needed: dict
    names: tuple

    def text(self) -> str:
        said = [f"Harman's first factor carries {percent(self.harman)} of the variance of all items. That "
                "settles nothing: honest answers to related questions share a first factor too, and the test "
                "does not tell one from the other."]
        if self.observed > 0:
            said.append("A better question is what it would take. A method factor that every item loads on "
                        f"with {number(self.needed['half'])} would halve the link, one with "
                        f"{number(self.needed['all'])} would explain all of r = {number(self.observed)} "
                        "between single answers.")
        else:
            how = "go rather against each other" if self.observed < -0.05 else "hardly go together"
            said.append(f"Single answers to {self.names[0]} and {self.names[1]} {how} (mean r = "
                        f"{number(self.observed)}), so there is no link that a common habit could have made; "
                        "it may rather have hidden one that runs the other way.")
        if self.items >= FEWEST_ITEMS:
            lines = "nobody" if not self.straight else counted(self.straight, "customer")
            said.append(f"{lines.capitalize()} gave the same answer to every question.")
        return " ".join(said)

    def caption(self) -> Caption:
        made = self.observed > 0
        end = f"to 0 at a loading of {number(self.needed['all'])}" if made else "further below 0 with one"
        return Caption("How strong a habit of answering would it take?" if made else
                       "There is no link that a habit of answering could have made",
                       f"{data_words(self.source)} · n = {self.n:,} · mean r of single answers that a common "
                       "method factor would leave",
                       f"From {number(self.observed)} without a method factor {end}")

    def draw(self, ax) -> None:
        most = min(self.needed["all"], 0.999) if self.observed > 0 else np.sqrt((1 + self.observed) / 2)
        loading = np.linspace(0, most, 200)  # below 0 as far as a correlation goes
        left = (self.observed - loading**2) / (1 - loading**2)
        ax.plot(loading, left, color=picture.ACCENT, lw=2.6)
        ax.fill_between(loading, 0, left, color=picture.ACCENT, alpha=0.10, lw=0)
        ax.axhline(0, color=picture.GREY, lw=1)
        if self.observed > 0:
            half, late = self.needed["half"], self.needed["half"] > 0.6
            ax.plot([half], [self.observed / 2], "o", color=picture.SECOND, ms=7)
            ax.annotate(f"half is gone at {number(half)}", (half, self.observed / 2),
                        (-8, -14) if late else (8, 6),
                        textcoords="offset points", color=picture.SECOND, ha="right" if late else "left")
        ax.set_xlim(0, 1)
        ax.set_ylim(min(0, left.min() * 1.05), max(0.05, self.observed * 1.15))
        ax.set_xlabel("loading of every item on a common method factor")
        ax.set_ylabel("correlation left over")

    def headline(self) -> dict:
        return {"harman_share": self.harman, "loading_that_halves": self.needed["half"],
                "loading_that_explains_all": self.needed["all"], "straight_liners": self.straight,
                "n": self.n}


def common_method(survey: pd.DataFrame, x: str = "satisfaction", y: str = "loyalty", *, drop=()) -> Result:
    """What a common questionnaire may have done: Harman's share, and the method factor it would take.

    If every item (reversed ones turned) loads on one method factor with λ, the mean correlation m between
    items of x and y keeps (m − λ²)/(1 − λ²) (Lindell & Whitney 2001); where m is not above 0 there is nothing
    that such a factor could have made. Harman's one-factor share is shown because people ask for it, not
    because it answers (Podsakoff et al. 2003). Straight-liners gave one and the same answer on the sheet,
    before any item is turned. Where fewer than ten customers answered every item, the step is left out and
    says so.

    >>> import crmlab as crm
    >>> m = common_method(crm.open_table("survey", "world:survey", seed=1))
    >>> 0 < m.needed["half"] < m.needed["all"] < 1
    True
    """
    title = "Is it the questionnaire talking?"
    tables.needs(survey, x, y)
    kept = scales.kept_items(survey, drop)
    items = pd.concat([scales.turned(survey, spec) for spec in kept.values()], axis=1).dropna()
    if len(items) < FEWEST:
        return left_out(title, survey, f"{counted(len(items), 'customer')} answered every item, and {FEWEST} "
                                       "are the least")
    moving = items.loc[:, items.std() > 1e-9]
    sides = [[item for item in kept[name]["items"] if item in moving] for name in (x, y)]
    if not all(sides):
        return left_out(title, survey, f"every item of {x if not sides[0] else y} has the same answer "
                                       "throughout")
    m = float(moving.corr().loc[sides[0], sides[1]].to_numpy().mean())
    share = stats.first_component_share(moving.to_numpy(float))
    needed = _needed(m)
    straight = int((survey.loc[items.index, items.columns].nunique(axis=1) == 1).sum())
    rows = [("Harman: share of the first factor over all items", share),
            (f"mean correlation of a {x} item with a {y} item", m),
            ("method loading that would halve it", needed["half"]),
            ("method loading that would explain all of it", needed["all"])]
    return Method(title=title,
                  table=pd.DataFrame([{"term": t, "estimate": v, "n": len(items)} for t, v in rows]),
                  observed=m, harman=share, straight=straight if items.shape[1] >= FEWEST_ITEMS else 0,
                  items=items.shape[1], n=len(items), needed=needed, names=(x, y),
                  source=tables.provenance(survey),
                  settings=f"{counted(items.shape[1], 'item')}, customers who answered all of them")


def _needed(m: float) -> dict[str, float]:
    """The loading on a common method factor that would halve a mean correlation m, and explain it."""
    if m <= 0:
        return {"all": np.nan, "half": np.nan}
    return {"all": float(np.sqrt(m)), "half": float(np.sqrt(m / 2 / (1 - m / 2)))}
