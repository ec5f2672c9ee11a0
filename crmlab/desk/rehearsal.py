"""What a lesson makes of a table, asked of its rooms before anything is run: the same analyses, with few draws."""

from collections.abc import Callable, Iterator
from inspect import signature

import pandas as pd

from crmlab.desk import params
from crmlab.frame.errors import CrmlabError, unknown
from crmlab.frame.result import LeftOut, Result
from crmlab.measures import purchases, scales, tables

FEW_DRAWS = 20


def _few(analysis: Callable, *given, **more) -> Result:
    """The analysis with few draws, where it draws at all."""
    return analysis(*given, **more, **({"draws": FEW_DRAWS} if "draws" in signature(analysis).parameters else {}))


def portfolio(log: pd.DataFrame, split: str | None = None) -> Iterator[tuple[str, Result]]:
    """The steps of the lesson on portfolios, in its order; raises where the lesson would stop."""
    from crmlab import portfolio as room

    summary = purchases.customer_summary(log)
    yield "How few bring how much", _few(room.concentration, summary)
    first = room.halves(log, split)
    segments = room.segments(room.rfm(first.summary))
    yield "Segments", segments
    yield "Groups", room.clusters(first.summary, k=[2], draws=2)
    yield "The mailing", _few(room.mailing, log, split=split)
    yield "The holdout", _few(room.holdout, log, split=split)
    room.ranks(first)
    yield "How much of it is luck", room.true_concentration(summary)
    if "margin" in summary:
        yield "Who earns it", _few(room.concentration, summary, of="margin")
    yield "What the segments did next", _few(room.outcome, segments, first.later)
    accounts = room.accounts(first.summary)
    for name, system in (("The customer pyramid", "customer_pyramid"), ("Value and duration", "reinartz_kumar")):
        yield name, room.matrix(accounts, system, later=first.later)
    yield "Moving between classes", room.migration(*room.periods(log))


def loyalty(survey: pd.DataFrame, drop=(), group: str | None = None) -> Iterator[tuple[str, Result]]:
    """The steps of the lesson on loyalty from which the others follow."""
    from crmlab import loyalty as room

    scores = scales.score(survey, drop=drop)
    yield "The correlation", room.correlation(scores)
    items = scales.reliability(survey, "satisfaction", "loyalty", drop=drop)
    cleaned = scales.score(survey, drop=[*drop, *items.weak])
    yield "The correlation of the better questions", room.correlation(cleaned)
    yield "The shape", room.shape(cleaned)
    yield "Groups", room.groups(cleaned, by=group)


def relationships(dyads: pd.DataFrame) -> Iterator[tuple[str, Result]]:
    """The steps of the lesson on relationships."""
    from crmlab import relationships as room

    scores = scales.score(dyads)
    today = room.latest(scores)
    ladder = _few(room.ladder, scores)
    yield "", ladder
    five = _few(room.dimensions, dyads)
    yield "Whether it is a ladder", room.order(ladder)
    yield "The five dimensions", five
    yield "Who moved", room.movement(scores)
    yield "Primary and secondary relations", room.primary(today)
    yield "Trust, commitment and fairness", _few(room.quality, dyads)
    yield "Giving and getting", room.reciprocity(today)
    yield "Whether the systems agree", _few(room.agreement, today, ladder, five)


def qci(table: pd.DataFrame) -> Iterator[tuple[str, Result]]:
    """The steps of the lesson on quality competitiveness that no firm can do without."""
    from crmlab import qci as room

    yield "The assessment", room.assessment(table)
    yield "The stages", room.stages(table)
    yield "What to do first", room.priorities(table)
    room.firm_scores(table)


def outcome(result: Result) -> str:
    """Whether a step can be seen, in words."""
    return f"left out, {result.reason}." if isinstance(result, LeftOut) else "can be seen."


def refused(lesson: str, bound: dict, defaults: dict) -> None:
    """Raise now what the lesson would raise after its Python has started: about the table, and about names in it.

    ``bound`` are the lesson's parameters. Its table is opened as the lesson opens it, where it is not the one shipped.
    """
    if lesson not in GUARDS or all(bound[name] == defaults[name] for name in bound if name not in ANYTHING):
        return
    from crmlab.sources import opening

    kind, guard = GUARDS[lesson]
    given = {name: bound[name] for name in ("columns", "scale", "missing", "seed") if name in bound}
    if lesson == "qci" and bound["data"] == "world:firms":
        given["truth"] = {"raters": 2, "waves": 2}
    try:
        guard(opening.open_table(kind, bound["data"], **given, **_read(bound.get("reading") or {})), bound)
    except CrmlabError:
        raise
    except Exception:  # what breaks here breaks in the lesson, which tells the cell
        return


def _read(reading: dict) -> dict:
    """The decisions on doubtful lines; a word that is none of them is refused with those that are."""
    for name in reading:
        if name not in params.READING:
            raise unknown("reading", name, "A log", params.READING)
    return reading


def _two(table: pd.DataFrame, bound: dict) -> None:
    tables.needs(table, bound["x"], bound["y"])


def _survey(table: pd.DataFrame, bound: dict) -> None:
    tables.needs(table, "satisfaction", "loyalty")
    scores = scales.score(table, drop=bound["drop_items"])
    if bound["group"] is not None:
        from crmlab.loyalty.whom import chosen

        chosen(scores, bound["group"], "satisfaction", "loyalty")


def _customer(table: pd.DataFrame, bound: dict) -> None:
    from crmlab import relationships as room

    scores, cuts = scales.score(table), room.Cuts(attitude=bound["attitude_cut"])
    if bound["customer"] is not None or bound["attitude_cut"] is not None:
        room.trace(_few(room.ladder, scores, cuts=cuts), bound["customer"])


def _log(table: pd.DataFrame, bound: dict) -> None:
    from crmlab import portfolio as room

    room.halves(table, bound["split"])


def _firm(table: pd.DataFrame, bound: dict) -> None:
    from crmlab.qci.choosing import choose

    choose(table, bound["firm"])


GUARDS = {"start_here": ("survey", _two), "loyalty": ("survey", _survey), "relationships": ("dyads", _customer),
          "portfolio": ("transactions", _log), "qci": ("assessments", _firm)}
ANYTHING = ("seed", "alpha", "student", "target", "arm")  # no name in a table hangs on these
