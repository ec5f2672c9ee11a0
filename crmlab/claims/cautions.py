"""The caution that closes a text: what a design and these verdicts show, and what they do not."""

from collections.abc import Iterable

from crmlab.claims.declare import LINKS, Claim
from crmlab.claims.rows import Evidence
from crmlab.frame.errors import listed

DESIGNS = ("survey", "panel", "log", "experiment")
#: What may be shown, in the order of the sentence.
SHOWN = {
    "with": "that scores go together", "against": "that scores go against each other",
    "differ": "that groups differ", "form": "how a line runs", "small": "that a size is too small to matter",
    "less": "that a link is smaller than claimed",
}


def shown(claims: Iterable[Claim], verdicts: Iterable[str], evidence: Iterable[Evidence]) -> set[str]:
    """What the verdicts show, as keys of :data:`SHOWN`; nothing where all are undecided or untested."""
    found = set()
    for claim, verdict, one in zip(claims, verdicts, evidence, strict=True):
        clear = one.low * one.high > 0
        if verdict == "negligible":
            found.add("small")
        elif claim.grammar.unit not in LINKS:
            if verdict in ("supported", "contradicted"):
                found.add("differ" if claim.by else "form")
        elif verdict == "supported" or clear and (verdict == "contradicted" or (
                verdict == "undecided" and claim.at_least)):
            found.add("with" if (claim.grammar.sign > 0) != one.wrong else "against")
        if verdict == "contradicted" and claim.at_least and not (one.wrong and clear):
            found.add("less")
    return found


def caution(design: str, claims: Iterable[Claim], verdicts: Iterable[str], evidence: Iterable[Evidence]) -> str:
    """One sentence, true of these verdicts in this design.

    >>> caution("survey", [], [], [])
    'This is a survey at one time: even a clear result would not show that changing one thing changes another.'
    """
    found = shown(claims := list(claims), verdicts, evidence)
    said = listed([words for key, words in SHOWN.items() if key in found], quote=False)
    if len(claims) == 1:
        said = said.replace("scores go", "the two go")
    return {"survey": _survey, "panel": _panel, "log": _log, "experiment": _experiment}[design](found, said)


def _survey(found: set[str], said: str) -> str:
    if not found:
        return ("This is a survey at one time: even a clear result would not show that changing one thing changes "
                "another.")
    ending = {"with": "raising one raises the other", "against": "raising one lowers the other"}
    one = ending.get(*found, "changing one thing changes another") if len(found) == 1 else (
        "changing one thing changes another")
    return f"This is a survey at one time: it shows {said}, not that {one}."


def _panel(found: set[str], said: str) -> str:
    if not found:
        return ("The same customers were asked more than once, but no earlier answer was set against a later one: what "
                "came first cannot be told.")
    return (f"The same customers were asked more than once, but no earlier answer was set against a later one: it "
            f"shows {said}, not what came first.")


def _log(found: set[str], said: str) -> str:
    if not found:
        return ("What customers did is judged by what they did later: the order in time is sure, but nothing was "
                "shown, and a cause could not be, since nothing was tried.")
    return ("What customers did is judged by what they did later: the order in time is sure, the cause is not, since "
            "nothing was tried.")


def _experiment(found: set[str], said: str) -> str:
    if not found:
        return ("Chance dealt the customers to their groups: a difference between these groups would be an effect of "
                "what was done, but none was shown.")
    if "differ" in found:
        return ("Chance dealt the customers to their groups: a difference between these groups is an effect of what "
                "was done, for customers and a time like these.")
    return (f"Chance dealt the customers to their groups, not their answers: it shows {said}, and what caused it only "
            "where one of the two was dealt.")
