"""Verdicts: one rule decides, one picture shows, one paragraph says it."""

import numpy as np

from crmlab.claims.declare import Claim, capital
from crmlab.claims.evidence import Evidence
from crmlab.frame import picture
from crmlab.frame.errors import counted, listed
from crmlab.frame.glossary import interval, number, p_clause
from crmlab.frame.result import Caption, LeftOut, Result, Sentence, kind

WORDS = ("supported", "contradicted", "negligible", "undecided", "untested")
NAME = 27  # letters of a claim in one line beside the picture
CAUTIONS = {
    "survey": "This is a survey at one time: it shows that the two go together, not that raising one raises "
              "the other.",
    "panel": "The same customers were asked more than once: it shows what came first, not that nothing else "
             "changed in between.",
    "log": "What customers did is judged by what they did later: the order in time is sure, the cause is not, since nothing "
           "was tried.",
    "experiment": "Chance dealt the customers to their groups: a difference is an effect of what was done, "
                  "for customers and a time like these.",
}
MARKS = {"supported": (picture.SECOND, "o"), "contradicted": (picture.ACCENT, "v"),
         "negligible": (picture.INK, "s"), "undecided": (picture.GREY, "D"), "untested": (picture.GREY, "")}


def verdict_of(zero: float, claimed: float, equal: float, wrong: bool, alpha: float = 0.05) -> str:
    """The verdict from adjusted p values: of no effect, the claim's own null, an effect that would matter.

    ``wrong`` says that the estimate has the sign the claim excludes. The order is part of the rule: an effect
    shown to be too small to matter is negligible, whatever its sign.

    >>> verdict_of(zero=0.001, claimed=0.0005, equal=0.9, wrong=False)
    'supported'
    >>> verdict_of(zero=0.001, claimed=0.9995, equal=0.9, wrong=True)
    'contradicted'
    """
    if np.isnan(claimed):
        return "untested"
    if equal < alpha:
        return "negligible"
    if wrong and zero < alpha:
        return "contradicted"
    return "supported" if claimed < alpha else "undecided"


@kind
class Verdicts(Result):
    """A row per claim: its estimate with interval, its p values, and the verdict."""

    claims: tuple[Claim, ...]
    evidence: tuple[Evidence, ...]
    design: str
    alpha: float

    def text(self) -> str:
        fates = map(self._fate, range(len(self.claims)))
        return " ".join([*fates, CAUTIONS[self.design]] if self._tested else fates)

    @property
    def _tested(self) -> bool:
        return any(not found.reason for found in self.evidence)

    @property
    def _shape(self) -> str:
        """A report drops verdicts of which none was reached, as any step that the data do not allow."""
        return super()._shape if self._tested else LeftOut._shape

    def figure(self):
        """The picture; nothing where no claim could be tested, for there is nothing to draw."""
        return super().figure() if self._tested else Sentence()

    def _fate(self, place: int) -> str:
        claim, found, row = self.claims[place], self.evidence[place], self.table.iloc[place]
        opening = f"{capital(claim.words)}: {row['verdict']}"
        if found.reason:
            return f"{opening}, {found.reason}{'' if found.reason.endswith('?') else '.'}"
        size = f"{claim.grammar.unit} = {interval(found.estimate, found.low, found.high)}"
        note = f" ({found.note})" if found.note else ""
        p = f"{'adjusted ' if len(self.claims) > 1 else ''}{p_clause(row['p_adjusted'])}"
        return f"{opening}, {size}, n = {found.n:,}, {p}{note}{self._why(place)}."

    def _why(self, place: int) -> str:
        claim, found, verdict = self.claims[place], self.evidence[place], self.table["verdict"].iloc[place]
        alone = abs(found.null) >= 0.005
        if verdict == "undecided" and claim.at_least and found.low * found.high > 0 and not found.wrong:
            return f": clear of 0, not of {number(claim.bound)}"
        small = f"±{number(claim.sesoi)}{' of that' * alone}"
        margins = f", where the ends of the scale alone would show {number(found.null)}" if alone else ""
        return margins + {
            "supported": "", "contradicted": ": the sign is the other way round",
            "undecided": ": the data do not settle it",
            "negligible": f": shown to lie within {small}, too small to matter",
        }[verdict]

    def headline(self) -> dict:
        verdicts = self.table["verdict"]
        return {word: int((verdicts == word).sum()) for word in WORDS} | {
            "verdicts": dict(zip(self.table["claim"], verdicts, strict=True))}

    def caption(self) -> Caption:
        stroke = " · stroke: claimed at least" if any(claim.at_least for claim in self.claims) else ""
        measure = (f"bar: {100 * (1 - self.alpha):g} % interval · grey: too small to matter{stroke}"
                   f" · n = {self.table['n'].max():,}")
        return Caption(self._finding(), measure, " ".join(map(self._fate, range(len(self.claims)))))

    def _finding(self) -> str:
        verdicts = self.table["verdict"]
        if len(verdicts) == 1:
            return f"{capital(self.claims[0].words)}: {verdicts.iloc[0]}"
        said = [f"{(verdicts == word).sum()} {word}" for word in WORDS if (verdicts == word).any()]
        return f"{counted(len(verdicts), 'claim')}: {listed(said, quote=False)}"

    @property
    def _names(self) -> list[str]:
        tied = "\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}"
        return [capital(claim.words).replace(" = ", tied) for claim in self.claims]

    @property
    def size(self):
        longest = max(map(len, self._names))
        return (7.2, 1.7 + (0.62 + 0.16 * (longest > 3 * NAME)) * len(self.claims))

    def draw(self, ax) -> None:
        picture.names_down(ax, self._names, NAME)
        ax.figure.subplots_adjust(right=1 - 1.75 / self.size[0])
        for place, claim in enumerate(self.claims):
            if not self.evidence[place].reason:
                self._row(ax, place, claim, self.evidence[place])
            self._label(ax, place, claim, self.evidence[place])
        ax.axvline(0, color=picture.GREY, linewidth=1, zorder=2)
        units = list(dict.fromkeys(claim.grammar.unit for claim in self.claims))
        ax.set_xlabel(f"estimate ({listed(units, quote=False)})")
        ax.locator_params(axis="x", nbins=5)

    def _row(self, ax, place: int, claim: Claim, found: Evidence) -> None:
        color, marker = MARKS[self.table["verdict"].iloc[place]]
        ax.fill_betweenx([place - 0.3, place + 0.3], found.null - claim.sesoi, found.null + claim.sesoi,
                         color=picture.FAINT, linewidth=0, zorder=1)
        if claim.at_least:
            ax.plot([claim.bound] * 2, [place - 0.3, place + 0.3], color=picture.INK, linewidth=1.6, zorder=3)
        picture.span(ax, place, found.estimate, found.low, found.high, color, marker)

    def _label(self, ax, place: int, claim: Claim, found: Evidence) -> None:
        verdict = self.table["verdict"].iloc[place]
        right = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points"}
        ax.annotate(verdict, (1, place), (10, -4 if found.reason else 2), color=MARKS[verdict][0],
                    fontweight="bold", **right)
        if not found.reason:
            size = f"{claim.grammar.unit} = {interval(found.estimate, found.low, found.high)}"
            ax.annotate(size, (1, place), (10, -11), color=picture.GREY, fontsize=8.5, **right)
