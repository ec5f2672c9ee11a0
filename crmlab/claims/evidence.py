"""What the data say about one claim: an estimate with its error, and the p values a verdict needs."""

import numpy as np
import pandas as pd

from crmlab.claims.declare import LINKS, Claim
from crmlab.claims.means import differing
from crmlab.claims.rows import Evidence, PValues, Roles, p_values, rows_of
from crmlab.frame import correlations, stats
from crmlab.frame.errors import counted
from crmlab.frame.glossary import number
from crmlab.measures import curves, scales


def evidence(claim: Claim, scores: pd.DataFrame, alpha: float, draws: int, seed: int) -> Evidence:
    """Judge one claim on a frame of scores; intervals have level 1 − alpha."""
    rows, roles, reason = rows_of(claim, scores)
    if reason:
        return Evidence(n=len(rows), reason=reason)
    if claim.by:
        found = differing(claim, rows, roles, alpha)
    elif claim.grammar.unit in LINKS:
        found = _goes_with(claim, rows, roles, alpha)
    else:
        found = _bends(claim, rows, roles, alpha, max(draws, int(4 / alpha)), seed)
    if not found.reason and not np.isfinite([found.low, found.high, *found.p]).all():
        return Evidence(n=len(rows), reason="no error can be computed")
    return found


def _goes_with(claim: Claim, rows: pd.DataFrame, roles: Roles, alpha: float) -> Evidence:
    x, y = (rows[name].to_numpy(float) for name in claim.columns)
    r, error, df = correlations.measured("spearman" if claim.ranked else "pearson", x, y, *roles)
    if abs(r) > stats.PERFECT:
        return Evidence(n=len(x), reason="the two columns say the same")
    z, sign = np.arctanh(r), claim.grammar.sign
    p = p_values(z, error, df, sign, np.arctanh(claim.bound), np.arctanh(claim.sesoi))
    ends = [np.tanh(z + side * stats.critical(level, df) * error) for level in (1 - alpha, 1 - 2 * alpha)
            for side in (-1, 1)]
    low, high, *bounds = map(float, ends)
    return Evidence(len(x), r, low, high, p, wrong=sign * z < 0, bounds=tuple(bounds))


def _bends(claim: Claim, rows: pd.DataFrame, roles: Roles, alpha: float, draws: int, seed: int) -> Evidence:
    x, y = (rows[name].to_numpy(float) for name in claim.columns)
    if claim.shape == "kinked" and any(role is not None for role in roles):
        return Evidence(n=len(x), reason="a kink is not judged for customers in clusters, in several rows or with "
                                         "weights")
    if len(np.unique(x)) < 3:
        return Evidence(n=len(x), reason=f"'{claim.subject}' has two values only, too few for a line to bend")
    answers = tuple(scales.answers(rows, name) for name in claim.columns)
    if claim.shape == "kinked":
        return _kinked(claim, x, y, alpha, draws, seed, answers)
    r, error, df = correlations.measured("pearson", x, y, *roles)
    if abs(r) > stats.PERFECT:
        return Evidence(n=len(x), reason="the two columns say the same")
    # To flatten is to lose slope, whichever way the line runs; a line of no clear way can do neither.
    sign, slope = claim.grammar.sign * (1 if r >= 0 else -1), p_values(np.arctanh(r), error, df, 0, 0.0, 1.0).zero
    bend = curves.bent(x, y, *roles, draws=draws, seed=seed, answers=answers)
    claimed = bend.tails()[0 if sign > 0 else 1]
    p = PValues(max(bend.p, slope), max(claimed, slope), bend.equal(claim.sesoi), 1.0)
    low, high = bend.interval(1 - alpha)
    return Evidence(len(x), bend.estimate, low, high, p, sign * (bend.estimate - bend.centre) < 0, bend.centre,
                    note=_course(x, y, roles, slope < alpha, bend.p < alpha), bounds=bend.interval(1 - 2 * alpha),
                    against=_against(bend.chance, draws, answers))


def _against(chance, draws: int, answers) -> str:
    count = len(chance) or draws  # of clusters or weights only their middle was used
    known = [0 if items is None else items.shape[1] for items in answers]
    return f"{count:,} straight worlds with the margins of " + (
        counted(sum(k or 1 for k in known), "question") if any(known) else "the scores")


def _course(x, y, roles: Roles, clear: bool, bends: bool) -> str:
    """What keeps a line from flattening or steepening as a whole: a turn inside the data, or no clear way at all."""
    place, rises, sure = curves.turn(x, y, *roles)
    if sure:
        first, then = ("rising", "falling") if rises else ("falling", "rising")
        return f"it turns at {number(place, 1)}, {first} before and {then} beyond"
    if clear:
        return f"it bends, and may turn at {number(place, 1)}" if bends and np.isfinite(place) else ""
    return "it neither clearly rises nor clearly falls, so it can neither flatten nor steepen"


def _kinked(claim: Claim, x, y, alpha: float, draws: int, seed: int, answers) -> Evidence:
    """The change of slope at the likeliest kink, its interval as wide as the search for the place asks."""
    chance = np.sort(curves.null_statistics(x, y, form="kink", draws=draws, seed=seed, answers=answers))
    found = curves.kink(curves.standardised(x), curves.standardised(y))
    if not len(chance) or not np.isfinite(found.statistic):
        return Evidence(n=len(x))

    def p_of(t: float) -> float:
        return float((1 + np.sum(chance >= round(t, 8))) / (len(chance) + 1))

    zero = p_of(found.statistic)
    equal = p_of((claim.sesoi - abs(found.difference)) / found.error)
    half = float(chance[::-1][curves.beyond(chance, alpha)]) * found.error
    ends = found.difference - half, found.difference + half
    return Evidence(len(x), found.difference, *ends, PValues(zero, zero, equal, 1.0), bounds=ends,
                    against=_against(chance, draws, answers))
