"""Claims as values: a subject, a verb, an object, a source, and the size that would matter."""

from dataclasses import dataclass
from typing import NamedTuple

from crmlab.frame.errors import CrmlabError, unknown
from crmlab.frame.glossary import number

SHAPES = {"diminishing": "flattens", "accelerating": "steepens", "kinked": "has a kink"}


class Verb(NamedTuple):
    """What a verb needs and means: its unit, its direction (0 for none), its null in words, its estimand."""

    unit: str
    sign: int
    null: str
    estimand: str


LINKS = ("r", "rho")  # units of a link between two scores
RANKS = "rho is the rank correlation of the scores (Spearman 1904)"
STRAIGHT = "the line is straight, and what bends is the end of the scale"
VERBS = {
    "raises": Verb("r", 1, "r is 0 or below", "r is the correlation of the scores as observed"),
    "lowers": Verb("r", -1, "r is 0 or above", "r is the correlation of the scores as observed"),
    "diminishing": Verb("β", -1, STRAIGHT, "β is the standardised coefficient of the squared score"),
    "accelerating": Verb("β", 1, STRAIGHT, "β is the standardised coefficient of the squared score"),
    "kinked": Verb("Δβ", 0, STRAIGHT, "Δβ is the change of the standardised slope at the likeliest kink"),
    "differs": Verb("d", 0, "all groups have the same mean",
                    "d is the difference of two means in pooled standard deviations"),
}


@dataclass(frozen=True)
class Claim:
    """One sentence about customers that data may support or contradict.

    Made by :func:`raises`, :func:`lowers`, :func:`bends` and :func:`differs`. ``sesoi`` is the smallest
    effect size of interest: below it an effect is too small to matter. A ``ranked`` claim is judged by the rank
    correlation.
    """

    verb: str
    subject: str
    object: str
    because: str = ""
    at_least: float | None = None
    sesoi: float = 0.10
    shape: str = ""
    by: str = ""
    ranked: bool = False

    def __post_init__(self):
        if len(set(self.columns)) < 2:
            raise CrmlabError("A claim needs two different columns.", f"Both are '{self.object}'.",
                              "Name another column.")
        if not self.sesoi > 0 or (self.grammar.unit in LINKS and self.sesoi >= 1):
            raise CrmlabError("The smallest effect of interest is out of range.", f"sesoi is {self.sesoi}.",
                              "Say from which size on it matters, as in sesoi=0.10.")
        if self.at_least is not None and not self.sesoi <= self.at_least < 1:
            raise CrmlabError("at_least is out of range.", f"It is {self.at_least}, with sesoi {self.sesoi}.",
                              "Give a size from sesoi up to 1, without a sign: the verb says the direction.")

    @property
    def grammar(self) -> Verb:
        verb = VERBS[self.shape or self.verb]
        if not self.ranked or verb.unit != "r":
            return verb
        return verb._replace(unit="rho", null=verb.null.replace("r is", "rho is"), estimand=RANKS)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the scores that the claim speaks of."""
        return (self.object, self.by) if self.by else (self.subject, self.object)

    @property
    def words(self) -> str:
        """The claim without its source, as it reads inside a sentence."""
        subject, object_, by = (name.replace("_", " ") for name in (self.subject, self.object, self.by))
        if self.verb == "differs":
            return f"{object_} differs by {by}"
        if self.verb == "bends":
            return f"the line from {subject} to {object_} {SHAPES[self.shape]}"
        size = f", by at least {self.grammar.unit} = {number(self.bound)}" if self.at_least else ""
        return f"{subject} {self.verb} {object_}{size}"

    @property
    def null(self) -> str:
        """What holds if the claim does not, and what would be too small to matter."""
        verb, null = self.grammar, self.grammar.null
        if self.at_least:
            null = f"{verb.unit} is {number(self.bound)} or {'below' if verb.sign > 0 else 'above'}"
        return f"Null: {null}; negligible within {verb.unit} = ±{number(self.sesoi)}."

    @property
    def bound(self) -> float:
        """The size the claim is tested against: 0, or the signed ``at_least``."""
        return self.grammar.sign * (self.at_least or 0.0)

    def __str__(self) -> str:
        source = f" ({self.because})" if self.because else ""
        return f"{capital(self.words)}{source}."

    __repr__ = __str__


def capital(sentence: str) -> str:
    """
    >>> capital("the eCRM level differs")
    'The eCRM level differs'
    """
    return sentence[:1].upper() + sentence[1:]


def raises(subject: str, object: str, because: str = "", at_least: float | None = None,
           sesoi: float = 0.10) -> Claim:
    """The claim that more of one score goes with more of another; judged by the observed correlation r.

    ``at_least`` asks for more than a sign: r above that size. Raises CrmlabError for a size out of range.

    >>> raises("satisfaction", "loyalty", because="Curtis et al. 2011", at_least=0.30)
    Satisfaction raises loyalty, by at least r = 0.30 (Curtis et al. 2011).
    """
    return Claim("raises", subject, object, because, at_least, sesoi)


def lowers(subject: str, object: str, because: str = "", at_least: float | None = None,
           sesoi: float = 0.10) -> Claim:
    """The claim that more of one score goes with less of another; judged by the observed correlation r.

    ``at_least`` is a size without a sign. Raises CrmlabError for a size out of range.

    >>> lowers("trust", "switching", at_least=0.20).words
    'trust lowers switching, by at least r = −0.20'
    """
    return Claim("lowers", subject, object, because, at_least, sesoi)


def bends(subject: str, object: str, shape: str = "diminishing", because: str = "",
          sesoi: float = 0.10) -> Claim:
    """The claim that a relation is not straight: ``"diminishing"``, ``"accelerating"`` or ``"kinked"``.

    Judged against straight relations with the same margins, since ratings that crowd at the top look bent
    anyway. Raises CrmlabError for another shape.

    >>> bends("satisfaction", "loyalty", because="Mittal & Kamakura 2001")
    The line from satisfaction to loyalty flattens (Mittal & Kamakura 2001).
    """
    if shape not in SHAPES:
        raise unknown("shape", shape, "bends", SHAPES)
    return Claim("bends", subject, object, because, None, sesoi, shape=shape)


def differs(object: str, by: str, because: str = "", sesoi: float = 0.20) -> Claim:
    """The claim that groups of customers differ in the mean of a score; it says nothing about the direction.

    ``by`` names the column that holds the groups. Judged by Cohen's d (1988) of two groups, or of the two of
    several groups that lie furthest apart.

    >>> differs("loyalty", by="contract").null
    'Null: all groups have the same mean; negligible within d = ±0.20.'
    """
    return Claim("differs", "", object, because, None, sesoi, by=by)


def checked(claims: tuple) -> tuple[Claim, ...]:
    """The claims of a theory, if they are claims, at least one, and no two the same."""
    if not claims:
        raise CrmlabError("A theory needs at least one claim.", "It has none.",
                          'Write one, as in theory(raises("satisfaction", "loyalty")).')
    for claim in claims:
        if not isinstance(claim, Claim):
            raise CrmlabError("A theory is made of claims.", f"Found {claim!r}, a {type(claim).__name__}.",
                              "Write claims with raises, lowers, bends and differs.")
    seen = {}
    for place, claim in enumerate(claims, 1):
        key = (claim.verb, claim.columns, claim.shape)
        if key in seen:
            raise CrmlabError("A theory makes each claim once.",
                              f"Claims {seen[key]} and {place} are the same: {claim.words}.",
                              "Leave one of them out.")
        seen[key] = place
    return tuple(claims)
