"""One firm on the eight elements: where it stands, what it means to do and does, and who it is set beside."""

import numpy as np
import pandas as pd
from matplotlib.patches import Rectangle

from crmlab.frame import picture
from crmlab.frame.errors import counted, listed
from crmlab.frame.glossary import number
from crmlab.frame.result import Caption, Heading, Result, Sentence, kind
from crmlab.frame.stats import Interval
from crmlab.measures.scorecard import BANDS, ELEMENTS, Scorecard, band, intervals
from crmlab.qci.choosing import Beside, beside, big, settings, small, source, spelled
from crmlab.qci.drawing import WIDTH, down

QUARTERS = {1: "lowest", 2: "second", 3: "third", 4: "highest"}
WHOLE = "Overall"
FEW = 5  # practices that a sentence names


@kind
class Assessment(Result):
    """A row per element and one for the whole; ``card`` is the firm's scorecard, down to the practices.

    ``apart`` is the gap of the whole with its interval, ``others`` has the middle half of the firms compared with, per element; ``compared`` how many they are,
    and ``peers`` the same in words.
    """

    firm: str
    card: Scorecard
    others: pd.DataFrame
    apart: Interval
    compared: int
    peers: str
    level: float
    first_of: int
    same_rule: bool

    @property
    def whole(self) -> pd.Series:
        return self.table.iloc[-1]

    @property
    def elements(self) -> pd.DataFrame:
        """The elements with a score, by their keys."""
        rows = self.table.iloc[:-1].assign(key=list(ELEMENTS)).set_index("key")
        return rows[rows["score"].notna()]

    def _level(self, sign: int) -> list[str]:
        """The elements that stand lowest (−1) or highest (1), level within half a point; none where all are level."""
        scores = sign * self.elements["score"]
        there = scores[scores > scores.max() - 0.5].index.tolist()
        return there if len(there) < len(scores) or len(scores) == 1 else []

    @property
    def weakest(self) -> list[str]:
        return self._level(-1)

    def text(self) -> str:
        said = (self._first, self._stands, self._among, self._gap, self._weakest, self._unevidenced, self._open, self._raters)
        return " ".join(filter(None, (part() for part in said)))

    def name(self) -> Heading:
        """The firm, as the title of its report."""
        return Heading(big(self.firm))

    def answer(self) -> Sentence:
        row, raters = self.whole, int(self.card.firms["raters"].iloc[0])
        ends = f" ({self.level * 100:g} % interval {row.low:.0f} to {row.high:.0f})" if np.isfinite(row.low) else ""
        among = f", in the {QUARTERS[int(row.quartile)]} quarter of {self.peers}" if self.compared else ""
        gap = (
            "intention and reality are level"
            if abs(row.gap) < 0.5
            else f"what is meant is {abs(row.gap):.0f} points {'ahead of' if row.gap > 0 else 'behind'} what is done"
        )
        return Sentence(
            f"{big(self.firm)} scores {row.score:.0f} of 100 points{ends}: {band(row.score)}{among}; {gap}; judged by"
            f" {counted(raters, 'rater')}."
        )

    def _first(self) -> str:
        return f"No firm was named: this is the first of {self.first_of} firms in the table." if self.first_of else ""

    def _stands(self) -> str:
        row = self.whole
        if not np.isfinite(row.low):
            return f"{big(self.firm)} scores {row.score:.0f} of 100 points: {band(row.score)}, by our bands. Too little was answered for an interval."
        ends = [band(row.low), band(row.high)]
        reach = "" if ends[0] == ends[1] else f"; the interval reaches from {ends[0]} to {ends[1]}"
        return (
            f"{big(self.firm)} scores {row.score:.0f} of 100 points, {self.level * 100:g} % interval {row.low:.0f} to {row.high:.0f} (other practices of the same kind might have put it anywhere within): "
            f"{band(row.score)}, by our bands{reach}."
        )

    def _among(self) -> str:
        if not self.compared:
            return "There are too few other firms for a comparison."
        low, middle, high = self.others.loc[WHOLE, ["low", "middle", "high"]]
        unlike = "" if self.same_rule else " Evidence was asked of one side only, so the two are not on one scale."
        return (
            f"That is in the {QUARTERS[int(self.whole.quartile)]} quarter of the {self.peers} compared with, whose "
            f"middle half lies between {low:.0f} and {high:.0f} points (median {middle:.0f}).{unlike}"
        )

    def _gap(self) -> str:
        gap = self.whole.gap
        if abs(gap) < 0.5:
            return "What is meant is also done: intention and reality are level."
        ahead = "What is meant runs ahead of what is done" if gap > 0 else "More is done than was ever meant"
        sides = f"intention {self.whole.intention:.0f}, reality {self.whole.reality:.0f}"
        told = round(self.whole.intention) - round(self.whole.reality) == round(gap)
        return f"{ahead}: {sides}, a gap of {abs(gap):.0f} points{'' if told else ' before rounding'}{self._gap_reach()}."

    def _gap_reach(self) -> str:
        _, low, high = self.apart
        if not np.isfinite(low) or high - low < 0.5:
            return ""
        doubt = "; with other practices there might be none" if low <= 0 <= high else ""
        return f", interval {number(low, 0)} to {number(high, 0)}{doubt}"

    def _weakest(self) -> str:
        rows = self.elements
        if len(rows) < 2:
            return f"Only {rows['element'].iloc[0]} was answered."
        if not self.weakest:
            return f"All elements stand level, at {rows['score'].mean():.0f} points: none is weakest or strongest."
        low, best = (rows.loc[self._level(sign)] for sign in (-1, 1))
        if len(low) > 1 or len(best) > 1:
            return f"{_extreme('weakest', low)}, {_extreme('strongest', best, 'the')}."
        low, best = low.iloc[0], best.iloc[0]
        above = int((rows["score"] < low.high).sum()) - 1 if np.isfinite(low.high) else 0
        sure = (
            f"; with other practices it might have been another, since its interval reaches {low.high:.0f} points, "
            f"above {above} of the other scores"
            if above > 0
            else ""
        )
        among = f" (the others' median is {low.comparison:.0f})" if np.isfinite(low.comparison) else ""
        return (
            f"The weakest element is {small(low.element)} with {low.score:.0f} points{among}, the strongest "
            f"{small(best.element)} with {best.score:.0f}{sure}."
        )

    def _keys(self, where: pd.Series) -> list[str]:
        return self.card.practices.loc[where, "practice"].tolist()

    def _unevidenced(self) -> str:
        lacking = self._keys(self.card.practices["unevidenced"])
        if not lacking:
            return ""
        named = '; '.join(map(spelled, lacking))
        if self.card.firms["raters"].iloc[0] > 1:
            return (f"For {counted(len(lacking), 'practice')} at least one rater said that it is in place and showed no "
                    f"evidence; such an answer counts as partly in place: {named}.")
        count = "counts" if len(lacking) == 1 else "count"
        return (
            f"{counted(len(lacking), 'practice')} said to be in place showed no evidence and {count} "
            f"as partly in place: {named}."
        )

    def _open(self) -> str:
        missing, out = (
            self._keys(self.card.practices["status"] == status) for status in ("missing", "not applicable")
        )
        asked = len(self.card.practices)
        said = [
            f"{len(keys)}{of} {words[len(keys) > 1]}" + (f" ({'; '.join(map(spelled, keys))})" if len(keys) <= FEW else "")
            for keys, of, words in (
                (missing, f" of {asked} practices", ("lacks an answer", "lack an answer")),
                (out, "", ("does not apply", "do not apply")),
            )
            if keys
        ]
        them = "it" if len(missing) + len(out) == 1 else "them"
        return f"{' and '.join(said)}; the scores leave {them} out." if said else ""

    def _raters(self) -> str:
        raters = int(self.card.firms["raters"].iloc[0])
        return (
            "One person judged; nobody can tell what another would have said."
            if raters == 1
            else (f"The scores are means over {raters} raters.")
        )

    def caption(self) -> Caption:
        rows = self.elements
        scored = int(self.card.firms["scored"].iloc[0])
        said = "; ".join(f"{row.element} {row.score:.0f}" for row in rows.itertuples())
        low = [small(name) for name in rows.loc[self.weakest, "element"]]
        worst = f"; weakest: {listed(low, 3, quote=False)}" if len(rows) > 1 and low else ""
        return Caption(
            f"{big(self.firm)} scores {self.whole.score:.0f} of 100 points{worst}",
            f"{self.source['title']} · score of each element · {scored} of {len(self.card.practices)} practices",
            f"Bars: {said}",
        )

    @property
    def size(self):
        return (WIDTH, 5.3)

    def draw(self, ax) -> None:
        rows = self.table.iloc[:-1].assign(key=list(ELEMENTS))
        for place, row in enumerate(rows.itertuples()):
            self._band(ax, place, row.element)
            if np.isfinite(row.score):
                color = picture.ACCENT if row.key in self.weakest else picture.QUIET
                ax.barh(place, row.score, 0.46, color=color, zorder=2)
                ax.plot([row.reality] * 2, [place - 0.23, place + 0.23], color="white", lw=2.4, zorder=3)
            if np.isfinite(row.low):
                ax.plot([row.low, row.high], [place, place], color=picture.INK, lw=1.4, zorder=4)
        interval = f" Line: {self.level * 100:g} % interval." if rows["low"].notna().any() else ""
        field = f" Grey field: middle half of {self.peers}." if self.compared else ""
        down(
            ax,
            rows["element"],
            f"Bar: score, the mean of intention and reality. White mark: reality alone.{interval}{field}",
            rows["score"],
            [list(ELEMENTS).index(key) for key in self.weakest],
            "not answered",
        )

    def _band(self, ax, place: int, element: str) -> None:
        if self.compared:
            low, high = self.others.loc[element, ["low", "high"]]
            ax.add_patch(Rectangle((low, place - 0.4), high - low, 0.8, color=picture.FAINT, zorder=1, lw=0))

    def headline(self) -> dict:
        return {
            "overall": float(self.whole.score),
            "overall_low": float(self.whole.low),
            "overall_high": float(self.whole.high),
            "elements": self.elements["score"].to_dict(),
            "gap": float(self.whole.gap),
            "weakest": self.card.firms["weakest"].iloc[0],
            "quartile": float(self.whole.quartile),
            "band": band(self.whole.score),
        }



def _extreme(word: str, rows: pd.DataFrame, article: str = "The") -> str:
    """The weakest or the strongest elements, as many as stand level."""
    names = listed([small(name) for name in rows["element"]], len(rows), quote=False)
    noun, each = ("elements are", " each") if len(rows) > 1 else ("element is", "")
    return f"{article} {word} {noun} {names} with {rows['score'].mean():.0f} points{each}"


def assessment(
    table: pd.DataFrame,
    *,
    firm: str | None = None,
    compare: pd.DataFrame | None = None,
    weights: dict | None = None,
    alpha: float = 0.05,
    draws: int = 2000,
    seed: int = 1,
) -> Assessment:
    """Where one firm stands on the eight elements, after the QCi model (Woodcock, Stone & Foss 2003).

    ``table`` is a table of assessments; of several firms, name one (else the first is shown, and the text
    says so); of several waves its last counts. The scores are those of
    :func:`crmlab.measures.scorecard.scored`. The firm is set beside the other firms of the table, or
    beside those of ``compare``, on the practices it answered itself; of fewer than 8 others no quarters
    are made (crmlab rule). The bands are crmlab rules as well. Intervals take the practices for a sample
    of possible ones (:func:`crmlab.measures.scorecard.intervals`); in worlds of firms the one of the
    whole covers in about 95 of 100 firms, those of elements, on four to nine practices, in 87 to 95.

    A row of the table: ``element``, ``score``, ``low``, ``high``, ``intention``, ``reality``, ``gap``
    (points), ``comparison`` (median of the others), ``quartile`` (4 is the highest), ``practices`` (those
    scored).

    >>> import crmlab as crm
    >>> firms = crm.open_table("assessments", "world:firms", seed=1)
    >>> crm.qci.assessment(firms, firm="F07", draws=200).headline()["band"]
    'developing'
    """
    given = beside(table, firm, compare, weights)
    level = 1 - alpha
    found = intervals(given.card, level=level, draws=draws, seed=seed)
    names = {**ELEMENTS, "overall": WHOLE}
    rows = [{"element": name, **given.row("elements", key, found)} for key, name in names.items()]
    return Assessment(
        title=f"How {given.firm} manages its customers",
        table=pd.DataFrame(rows),
        firm=given.firm,
        card=given.card,
        others=_halves(given, names),
        apart=intervals(given.card, "gap", level=level, draws=draws, seed=seed)["overall"],
        compared=len(given.compared),
        peers=given.peers,
        level=level,
        first_of=given.first_of,
        same_rule=given.others is None or given.others.rule == given.card.rule,
        source=source(table),
        settings=f"{settings(given, level, draws, seed)}; {_bands()}" + "; quartile 4 is the highest" * bool(len(given.compared)),
    )


def _bands() -> str:
    """Where each band ends, since a word without its edge cannot be checked."""
    *low, (_, top) = BANDS
    return f"bands (crmlab rule): {', '.join(f'{name} below {edge:g}' for edge, name in low)}, {top} from {low[-1][0]:g} on"


def _halves(given: Beside, names: dict) -> pd.DataFrame:
    """The middle half of the other firms, a row per element and one for the whole."""
    rows = {}
    for key, name in names.items():
        others = given.compared if key == "overall" else given.beside("elements", key)
        rows[name] = np.quantile(others, [0.25, 0.5, 0.75]) if len(others) else np.full(3, np.nan)
    return pd.DataFrame(rows, index=["low", "middle", "high"]).T
