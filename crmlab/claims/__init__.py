"""The grammar of claims: declare, then test, then read the verdict.

A theory is written down before any data are seen, reads as sentences, says what a study of a given size could
find, and is judged claim by claim: supported, contradicted, negligible, undecided or untested.
"""

import html
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from crmlab.claims.cautions import DESIGNS
from crmlab.claims.declare import Claim, bends, checked, differs, lowers, raises
from crmlab.claims.evidence import evidence
from crmlab.claims.power import Power, power_of
from crmlab.claims.rows import PValues
from crmlab.claims.verdicts import Verdicts, deciding, verdict_of
from crmlab.frame import stats
from crmlab.frame.errors import CrmlabError, counted, listed, unknown
from crmlab.measures import tables

__all__ = [
    "Claim", "Power", "Theory", "Verdicts", "bends", "differs", "lowers", "raises", "theory", "verdict_of",
]

CORRECTIONS = {"holm": "Holm's (1979) correction", "bh": "Benjamini & Hochberg's (1995) correction"}


@dataclass(frozen=True, repr=False)
class Theory:
    """Claims that stand and fall together, and the design of the study that is to judge them."""

    claims: tuple[Claim, ...]
    design: str = "survey"

    def __repr__(self) -> str:
        return "\n".join(f"{place}. {claim} {claim.null}" for place, claim in enumerate(self.claims, 1))

    def _repr_html_(self) -> str:
        items = "".join(f"<li>{html.escape(str(claim))} <small>{html.escape(claim.null)}</small></li>"
                        for claim in self.claims)
        return f'<ol class="crm-theory">{items}</ol>'

    def test(self, scores: pd.DataFrame, alpha: float = 0.05, correction: str = "holm", seed: int = 1,
             draws: int = 2000) -> Verdicts:
        """Judge every claim on these customers.

        Parameters
        ----------
        scores : a row per customer, a column per construct as :func:`crmlab.measures.scales.score` makes
            them, groups as further columns; ``cluster`` and ``weight``, where present, enter every error, and so
            does a ``customer_id`` that stands in several rows.
        alpha : risk, for each kind of verdict, that any claim gets it falsely; intervals hold 1 − alpha each.
        correction : ``"holm"`` (Holm 1979) or ``"bh"`` (Benjamini & Hochberg 1995), over all declared claims.
        draws : straight worlds against which a bend is judged.

        Returns :class:`Verdicts`, a row per claim. A claim whose columns are missing or do not vary is
        untested and still counts as one of the family. Raises CrmlabError for another correction or alpha,
        and for anything but a data frame.

        >>> from crmlab.measures.scales import score
        >>> from crmlab.sources.worlds import survey
        >>> chain = theory(raises("satisfaction", "loyalty", at_least=0.30))
        >>> chain.test(score(survey(seed=1).tables["survey"])).headline()["supported"]
        1
        """
        if correction not in CORRECTIONS:
            raise unknown("correction", correction, "test", CORRECTIONS)
        _check_alpha(alpha)
        if not isinstance(scores, pd.DataFrame):
            raise CrmlabError("A theory is tested on scores.", f"Found a {type(scores).__name__}.",
                              "Give a data frame with a column per construct.")
        if tables.provenance(scores).get("ranks") and not all(claim.ranked for claim in self.claims):
            return theory(*self.claims, design=self.design, ranks=True).test(scores, alpha, correction, seed, draws)
        found = tuple(evidence(claim, scores, alpha, draws, seed) for claim in self.claims)
        adjusted = _adjusted(self.claims, found, correction)
        verdicts = [verdict_of(*ps, judged.wrong, alpha) for ps, judged in zip(adjusted, found, strict=True)]
        rows = [_row(*parts, alpha) for parts in zip(self.claims, found, adjusted, verdicts, strict=True)]
        settings = self._settings(scores, found, alpha, correction, seed)
        return Verdicts(title=f"Verdicts on {counted(len(self.claims), 'claim')}", table=pd.DataFrame(rows),
                        source=tables.provenance(scores), settings=settings, claims=self.claims,
                        evidence=found, design=self.design, alpha=alpha)

    def power(self, n: int, alpha: float = 0.05) -> Power:
        """What a study of ``n`` customers could and could not find, before it is made.

        A row per claim and true size: the probability of each verdict, from the normal distribution of the
        estimate, through the rule that judges the data, with alpha divided by the number of claims (the worst
        case of Holm's correction). Raises CrmlabError below 10 customers and for an alpha that is no risk.

        >>> table = theory(raises("satisfaction", "loyalty")).power(250).table
        >>> table.loc[table["true_size"] == 0.30, "supported"].round(2).tolist()
        [1.0]
        """
        _check_alpha(alpha)
        if not n >= 10:
            raise CrmlabError("That is not a study.", f"n is {n}.", "Give 10 customers or more.")
        return power_of(self.claims, n, alpha)

    def _settings(self, scores, found, alpha, correction, seed) -> str:
        units = dict.fromkeys(claim.grammar.estimand for claim in self.claims)
        directed = any(claim.grammar.sign for claim in self.claims)
        family = counted(len(self.claims), "claim")
        rivals = len({(claim.columns, claim.grammar.unit, claim.sesoi) for claim in self.claims}) < len(self.claims)
        shared = ", tests that rivals share counted once" if rivals else ""
        parts = [*units, f"p adjusted by {CORRECTIONS[correction]} for {family}{shared}, alpha {alpha:g}",
                 "p one-sided where the claim has a direction" if directed else "",
                 f"intervals at {100 * (1 - alpha):g} %, two-sided, not adjusted; {100 * (1 - 2 * alpha):g} % belongs "
                 "to a one-sided test and to equivalence"]
        worlds = dict.fromkeys(judged.against for judged in found if judged.against)
        parts += [f"bends judged against {listed(worlds, quote=False)}, seed {seed}"] if worlds else []
        unit, word = tables.units(scores)
        if unit is not None:
            count = len(np.unique(unit))
            of = "clusters" if word == "cluster" else "customers, who stand in several rows"
            parts.append(f"errors by {count:,} {of}" + (", few: rough" if count < 30 else ""))
        if "wave" in scores and scores["wave"].nunique() == 1:
            parts.append(f"of the wave '{scores['wave'].dropna().iloc[0]}' alone")
        if "weight" in scores:
            parts.append("weighted")
        return " · ".join(filter(None, parts))


def theory(*claims: Claim, design: str = "survey", ranks: bool = False) -> Theory:
    """Put claims together as one theory, to be read, planned for and tested.

    ``design`` is ``"survey"`` (at one time), ``"panel"``, ``"log"`` (earlier deeds, later deeds) or ``"experiment"``;
    it writes the caution that closes every text. With ``ranks`` links are judged by Spearman's rho, which a few very
    large values cannot bend; a table of ranks is always judged so. Raises CrmlabError without claims, for the same
    claim twice, and for another design.

    >>> theory(raises("satisfaction", "loyalty", because="Curtis et al. 2011", at_least=0.30))
    1. Satisfaction raises loyalty, by at least r = 0.30 (Curtis et al. 2011). Null: r is 0.30 or below;
    negligible within r = ±0.10.
    """
    if design not in DESIGNS:
        raise unknown("design", design, "theory", DESIGNS)
    whole = checked(claims)
    return Theory(tuple(replace(claim, ranked=True) for claim in whole) if ranks else whole, design)


def _check_alpha(alpha: float) -> None:
    if not 0 < alpha < 1:
        raise CrmlabError("alpha is not a risk.", f"It is {alpha}.", "Give a share, as in alpha=0.05.")


def _adjusted(claims, found, correction: str) -> np.ndarray:
    """The p values of each claim, corrected for their number: of no effect and of too small an effect rivals share a test.

    Whether a line bends at all, and whether it bends too little to matter, is one question for "it flattens" and for
    "it steepens", so it is counted once.
    """
    tests = {claim: (claim.columns, claim.grammar.unit, claim.sesoi) for claim in claims}
    out = np.empty((len(claims), len(PValues._fields)))
    for place, name in enumerate(PValues._fields):
        keys = [tests[claim] if name in ("zero", "equal") else claim for claim in claims]
        first = {key: getattr(judged.p, name) for key, judged in reversed(list(zip(keys, found, strict=True)))}
        corrected = dict(zip(first, stats.adjusted(list(first.values()), correction), strict=True))
        out[:, place] = [corrected[key] for key in keys]
    return out


def _row(claim, found, adjusted, verdict, alpha) -> dict:
    # p and p_adjusted belong to the same test, the one that gave the verdict.
    place, test = deciding(verdict, PValues(*adjusted), found.wrong, claim.grammar.sign, alpha)
    return {
        "claim": claim.words, "verdict": verdict, "estimate": found.estimate, "low": found.low, "high": found.high,
        "unit": claim.grammar.unit, "n": found.n, "test": "" if found.reason else test, "p": found.p[place],
        "p_adjusted": adjusted[place], "because": claim.because,
    }
