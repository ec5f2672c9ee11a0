"""What it would take for a small study to find a large correlation: luck, truth, or a halo in the raters."""

import numpy as np
import pandas as pd

from crmlab.frame import picture
from crmlab.frame.errors import CrmlabError, listed
from crmlab.frame.exact import correlations
from crmlab.frame.glossary import number, percent
from crmlab.frame.result import Caption, Result, kind

TRUTHS = (0.3, 0.5, 0.65)
HALOS = (0.0, 0.25, 0.5)
EVEN = 0.5  # "every second study"


@kind
class Halo(Result):
    """A row per assumed truth without halo, then per halo.

    With ``truth_needed``, or with ``halo_needed``, half of the studies reach the mark.
    """

    truth: float
    firms: int
    mark: float
    truth_needed: float
    halo_needed: float

    @property
    def lifted(self) -> pd.DataFrame:
        """The rows of the chosen truth, a halo each."""
        return self.table[self.table["true_size"] == self.truth].drop_duplicates("halo").sort_values("halo")

    def text(self) -> str:
        plain = self.table[self.table["halo"] == 0].sort_values("true_size")
        lucky = [
            f"{percent(row.reached)} where the truth is {number(row.true_size)}" for row in plain.itertuples()
        ]
        return (
            f"A study of {self.firms} firms without any halo finds r = {number(self.mark)} or more in"
            f" {listed(lucky, 9, quote=False)}. For every second study to find it, the truth would have to be"
            f" {number(self.truth_needed)}. {self._lifted()} The halo is given as the share of the variance"
            " of the scores that is there only because raters know the results, since it has no unit of its"
            " own. This says what it would take, and not what happened in any study: nobody has measured the"
            " halo of a published one."
        )

    def _lifted(self) -> str:
        rows = self.lifted[self.lifted["halo"] > 0]
        said = [
            f"with a halo of {percent(row.halo)} it is {percent(row.reached)}" for row in rows.itertuples()
        ]
        needed = (
            f"half of the studies reach it at a halo of {percent(self.halo_needed)}"
            if self.halo_needed > 0
            else "half of the studies reach it without any"
        )
        return f"Where the truth is {number(self.truth)}, {listed([*said, needed], 9, quote=False)}."

    def caption(self) -> Caption:
        rows = self.lifted
        low, high = rows.iloc[0], rows.iloc[-1]
        finding = (
            f"What it would take: {percent(low.reached)} of studies of {self.firms} reach r ="
            f" {number(self.mark)} without halo"
            + (f", {percent(high.reached)} with one of {percent(high.halo)}" if len(rows) > 1 else "")
        )
        return Caption(
            finding,
            f"computed, no data · true correlation {number(self.truth)} · r over studies of {self.firms}"
            " firms",
            "Distributions of r, by halo: "
            + "; ".join(f"{percent(row.halo)}: middle {number(row.estimate)}" for row in rows.itertuples()),
        )

    @property
    def size(self):
        return (7.2, 4.4)

    def draw(self, ax) -> None:
        rows = list(self.lifted.itertuples())
        step, places = 1.0, range(len(rows))
        for place, row in zip(places, rows, strict=True):
            found = correlations(row.estimate, self.firms)
            foot, height = (len(rows) - 1 - place) * step, found.density / found.density.max() * 0.82
            past = found.r >= self.mark
            ax.fill_between(found.r, foot, foot + height, color=picture.QUIET, alpha=0.45, lw=0, zorder=2)
            ax.fill_between(found.r[past], foot, foot + height[past], color=picture.ACCENT, lw=0, zorder=3)
            ax.plot(found.r, foot + height, color=picture.INK, lw=1.2, zorder=4)
            ax.annotate(
                percent(row.reached),
                (1.02, foot + 0.12),
                color=picture.ACCENT,
                fontweight="bold",
                annotation_clip=False,
            )
        picture.names_down(
            ax, [f"halo {percent(row.halo)}" if row.halo else "no halo" for row in reversed(rows)]
        )
        ax.set_ylim(-0.08, len(rows))
        ax.set_xlim(min(-0.4, self.truth - 0.6), 1)
        picture.reference(ax, self.truth, style_=":")
        picture.reference(ax, self.mark, color=picture.ACCENT)
        for at, words, side, color in (
            (self.truth, f"truth {number(self.truth)}", "right", picture.GREY),
            (self.mark, f"r = {number(self.mark)}", "right", picture.ACCENT),
        ):
            ax.annotate(
                words,
                (at, len(rows) - 0.02),
                (-5, 0),
                textcoords="offset points",
                ha=side,
                va="top",
                color=color,
                fontsize=9.5,
            )
        ax.set_xlabel("correlation that a study finds; at the right the share of studies that reach the mark")
        ax.figure.subplots_adjust(right=0.89)

    def headline(self) -> dict:
        reached = {number(row.halo): float(row.reached) for row in self.lifted.itertuples()}
        return {
            "truth": self.truth,
            "firms": self.firms,
            "mark": self.mark,
            "reached": reached,
            "truth_needed": self.truth_needed,
            "halo_needed": self.halo_needed,
        }


def halo(
    truth: float = 0.4, *, n: int = 21, mark: float = 0.8, halos: tuple = HALOS, truths: tuple = TRUTHS
) -> Halo:
    """What it would take for a study of ``n`` firms to find r of ``mark`` or more: luck, truth or halo.

    Scores and performance are bivariate normal over firms, as the firm level of ``world:firms`` nearly is,
    and r has its exact distribution (Hotelling 1953). With a halo, raters lift the scores in step with
    performance; ``halos`` are the shares of the variance of scores that this adds. What it leaves
    unexplained shrinks by that share, so that the reported correlation is √(truth² + halo · (1 − truth²)).
    It shows what it would take; it explains no published figure. ``truth`` is the correlation of scores
    without halo.

    A row of the table: ``true_size``, ``halo``, ``estimate`` (the correlation that scores with this halo
    have), ``low`` and ``high`` (where 95 of 100 studies find r), ``reached``.

    Raises CrmlabError for a truth that is no correlation from 0 to below 1, a halo that is no share, and n
    below 5.

    >>> found = halo(0.5)
    >>> [round(share, 3) for share in found.headline()["reached"].values()]
    [0.012, 0.11, 0.492]
    """
    _checked(truth, n, mark, halos, truths)
    pairs = dict.fromkeys(
        [
            *((value, 0.0) for value in sorted({*truths, truth})),
            *((truth, float(share)) for share in sorted(halos)),
        ]
    )
    rows = []
    for value, share in pairs:
        shown = reported(value, share)
        found = correlations(shown, n)
        low, high = found.quantile([0.025, 0.975])
        rows.append(
            {
                "true_size": value,
                "halo": share,
                "estimate": shown,
                "low": float(low),
                "high": float(high),
                "reached": found.above(mark),
            }
        )
    even = _even(mark, n)
    needed = (even**2 - truth**2) / (1 - truth**2)
    return Halo(
        title="What it would take",
        table=pd.DataFrame(rows),
        truth=float(truth),
        firms=int(n),
        mark=float(mark),
        truth_needed=even,
        halo_needed=float(max(needed, 0.0)),
        source={"title": "computed, no data"},
        settings=(
            "exact distribution of r for bivariate normal scores (Hotelling 1953); the halo adds to scores in"
            " step with performance; low and high hold 95 of 100 studies"
        ),
    )


def reported(truth: float, share: float) -> float:
    """The correlation that scores have when a halo makes this share of their variance.

    >>> reported(0.0, 0.25), round(reported(0.6, 0.5), 3)
    (0.5, 0.825)
    """
    return float(np.sqrt(truth**2 + share * (1 - truth**2)))


def _even(mark: float, n: int) -> float:
    """The correlation at which half of the studies reach the mark, by halving."""
    low, high = 0.0, 1 - 1e-6
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if correlations(middle, n).above(mark) > EVEN else (middle, high)
    return float((low + high) / 2)


def _checked(truth, n, mark, halos, truths) -> None:
    for name, values in (("truth", (truth,)), ("truths", truths), ("halos", halos), ("mark", (mark,))):
        for value in values:
            if not 0 <= value < 1:
                raise CrmlabError(
                    f"halo: {name} lies between 0 and 1.", f"Found {value}.", "Keep it from 0 to below 1."
                )
    if not n >= 5 or n != int(n):
        raise CrmlabError(
            "halo: a study has 5 firms at least.", f"Found n = {n}.", "Give a whole number of 5 or more."
        )
