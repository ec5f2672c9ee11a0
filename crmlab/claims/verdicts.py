"""Verdicts: one rule decides, one picture shows, one paragraph says it."""

import numpy as np

from crmlab.claims.cautions import caution
from crmlab.claims.declare import SHAPES, Claim, capital
from crmlab.claims.rows import Evidence, PValues
from crmlab.frame import picture
from crmlab.frame.errors import counted, listed
from crmlab.frame.glossary import interval, number, p_clause
from crmlab.frame.result import Caption, LeftOut, Result, Sentence, kind

WORDS = ("supported", "contradicted", "negligible", "undecided", "untested")
NAME = 27  # letters of a claim in one line beside the picture
MARKS = {"supported": (picture.SECOND, "o"), "contradicted": (picture.ACCENT, "v"),
         "negligible": (picture.INK, "s"), "undecided": (picture.GREY, "D"), "untested": (picture.GREY, "")}


def verdict_of(zero: float, claimed: float, equal: float, short: float = 1.0, wrong: bool = False,
               alpha: float = 0.05) -> str:
    """The verdict from adjusted p values: of no effect, the claim's own null, an effect that matters, the size claimed.

    ``wrong`` says that the estimate has the sign the claim excludes; ``short`` is the p value of a size of at least
    what is claimed, where the claim names one. The order is part of the rule: an effect shown to be too small to
    matter is negligible, whatever its sign.

    >>> verdict_of(zero=0.001, claimed=0.0005, equal=0.9)
    'supported'
    >>> verdict_of(zero=0.001, claimed=0.9995, equal=0.9, wrong=True)
    'contradicted'
    >>> verdict_of(zero=0.001, claimed=0.9995, equal=0.9, short=0.0005)
    'contradicted'
    """
    if np.isnan(claimed):
        return "untested"
    if equal < alpha:
        return "negligible"
    if (wrong and zero < alpha) or short < alpha:
        return "contradicted"
    return "supported" if claimed < alpha else "undecided"


def deciding(verdict: str, p: PValues, wrong: bool, sign: int, alpha: float) -> tuple[int, str]:
    """Which of the p values gave the verdict, and the name of its test.

    >>> deciding("contradicted", PValues(0.2, 0.99, 0.4, 0.01), wrong=False, sign=1, alpha=0.05)
    (3, 'one-sided')
    """
    if verdict == "negligible":
        return 2, "equivalence"
    if verdict == "contradicted":
        return (0, "two-sided") if wrong and p.zero < alpha else (3, "one-sided")
    return 1, "one-sided" if sign else "two-sided"


@kind
class Verdicts(Result):
    """A row per claim: its estimate with interval, its p values, and the verdict."""

    claims: tuple[Claim, ...]
    evidence: tuple[Evidence, ...]
    design: str
    alpha: float

    def text(self) -> str:
        fates = [self._fate(place) + self._truth(claim) for place, claim in enumerate(self.claims)]
        if not self._tested:
            return " ".join(fates)
        idle = sum(bool(found.reason) for found in self.evidence)
        lost = [f"{counted(idle, 'claim')} could not be tested and still {'counts' if idle == 1 else 'count'} in the "
                "correction."] if idle else []
        return " ".join([*fates, *lost, caution(self.design, self.claims, self.table["verdict"], self.evidence)])

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
        note = f" ({found.note})" if claim.by else ""
        named = [word for word in ("adjusted" * (len(self.claims) > 1), row["test"]) if word not in ("", "two-sided")]
        p = " ".join([*named, p_clause(row["p_adjusted"])])
        inner = f" (interval at {self._inner_level} %: {self._inner(place)})" if self._one_sided(place) else ""
        return f"{opening}, {self._size_of(place)}, n = {found.n:,}, {p}{inner}{note}{self._why(place)}."

    def _truth(self, claim: Claim) -> str:
        """What holds in a simulated world, where it says so of these two scores."""
        behind = {frozenset(pair): r for *pair, r in self.source.get("behind", ())}.get(frozenset(claim.columns))
        runs = {tuple(pair): form for *pair, form in self.source.get("runs", ())}.get(claim.columns)
        if claim.shape and runs:
            return f" In this world the line {SHAPES.get(runs, 'is straight')}."
        known = behind is not None and claim.grammar.unit == "r"
        return f" In this world the truth behind the two scores is r = {number(behind)}." if known else ""

    @property
    def _inner_level(self) -> str:
        return f"{100 * (1 - 2 * self.alpha):g}"

    def _size_of(self, place: int) -> str:
        claim, found = self.claims[place], self.evidence[place]
        ends = found.estimate, found.low, found.high
        return f"{claim.grammar.unit} = {interval(*ends, _digits(found.low, found.high, self._marks(place)))}"

    def _inner(self, place: int) -> str:
        low, high = self.evidence[place].bounds
        digits = _digits(low, high, self._marks(place))
        return f"{number(low, digits)} to {number(high, digits)}"

    def _marks(self, place: int) -> list[float]:
        """What the interval is held against: no effect and the bound, or the sizes too small to matter."""
        claim, found = self.claims[place], self.evidence[place]
        if self.table["verdict"].iloc[place] == "negligible":
            return [found.null - claim.sesoi, found.null + claim.sesoi]
        return [found.null, *([claim.bound] if claim.at_least else [])]

    def _one_sided(self, place: int) -> bool:
        """Whether the two-sided interval does not show what the test of the verdict has shown."""
        claim, found, row = self.claims[place], self.evidence[place], self.table.iloc[place]
        if row["verdict"] == "negligible":
            low, high = self._marks(place)
            return not low <= found.low <= found.high <= high
        target = found.null + (claim.bound if row["test"] == "one-sided" else 0.0)
        return row["verdict"] in ("supported", "contradicted") and found.low <= target <= found.high

    def _why(self, place: int) -> str:
        claim, found, verdict = self.claims[place], self.evidence[place], self.table["verdict"].iloc[place]
        alone = abs(found.null) >= 0.005
        margins = f", where the ends of the scale alone would show {number(found.null)}" if alone else ""
        small = f"±{number(claim.sesoi)}{' of that' * alone}"
        within = "no two groups differ by more than that, too small to matter" if claim.by else "too small to matter"
        course = f": {found.note}" if claim.shape and found.note else ""
        if verdict in ("contradicted", "undecided"):
            return f"{margins}: {self._against(place) if verdict == 'contradicted' else self._open(place)}"
        return margins + (course if verdict == "supported" else f": shown to lie within {small}, {within}")

    def _against(self, place: int) -> str:
        claim, found = self.claims[place], self.evidence[place]
        if self.table["test"].iloc[place] == "two-sided":
            other = {"diminishing": "it steepens instead", "accelerating": "it flattens instead"}
            return found.note or other[claim.shape] if claim.shape else "the sign is the other way round"
        clear = claim.grammar.sign * (found.low if claim.grammar.sign > 0 else found.high) > 0
        return "in the direction claimed, but smaller than claimed" if clear else "smaller than claimed"

    def _open(self, place: int) -> str:
        claim, found = self.claims[place], self.evidence[place]
        alone = verdict_of(*found.p, found.wrong, self.alpha)
        if alone != "undecided":
            return f"by itself it would be {alone}, among {len(self.claims)} claims it stays open"
        if claim.at_least and found.low * found.high > 0 and not found.wrong:
            return f"clear of 0, not of {number(claim.bound)}"
        return found.note if claim.shape and found.note else "the data do not settle it"

    @property
    def _printed(self):
        """A page shows the p that decides; the one before its correction stands in the files."""
        return self.table.drop(columns="p")

    def headline(self) -> dict:
        verdicts = self.table["verdict"]
        return {word: int((verdicts == word).sum()) for word in WORDS} | {
            "verdicts": dict(zip(self.table["claim"], verdicts, strict=True))}

    def caption(self) -> Caption:
        stroke = " · stroke: claimed at least" if any(claim.at_least for claim in self.claims) else ""
        inner = any(map(self._one_sided, range(len(self.claims))))
        thick = f" · thick: {self._inner_level} %, where a one-sided test or equivalence decides" if inner else ""
        measure = (f"bar: {100 * (1 - self.alpha):g} % interval{thick} · grey: too small to matter{stroke}"
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
        if self._one_sided(place):
            ax.plot(found.bounds, [place, place], color=color, linewidth=5, solid_capstyle="butt", zorder=3)

    def _label(self, ax, place: int, claim: Claim, found: Evidence) -> None:
        verdict = self.table["verdict"].iloc[place]
        right = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points"}
        ax.annotate(verdict, (1, place), (10, -4 if found.reason else 2), color=MARKS[verdict][0],
                    fontweight="bold", **right)
        if not found.reason:
            ax.annotate(self._size_of(place), (1, place), (10, -11), color=picture.GREY, fontsize=8.5, **right)
        if not found.reason and self._one_sided(place):
            said = f"{self._inner_level} %: {self._inner(place)}"
            ax.annotate(said, (1, place), (10, -22), color=picture.GREY, fontsize=8.5, **right)


def _digits(low: float, high: float, marks: list[float]) -> int:
    """Two, or as many as keep each end on its side of what it is held against."""
    def sides(digits):
        return [np.sign(round(end, digits) - round(mark, digits)) for end in (low, high) for mark in marks]

    exact = [np.sign(end - mark) for end in (low, high) for mark in marks]
    return next((digits for digits in (2, 3, 4) if sides(digits) == exact), 2)
