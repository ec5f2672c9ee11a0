"""The rungs as five questions, each answered yes, no, or not known, with the values that answered it."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from crmlab.frame.errors import CrmlabError, listed, unknown
from crmlab.measures import tables

RUNGS = ("prospect", "customer", "client", "supporter", "ambassador", "partner")
#: What leads to each rung. The rungs are those of Payne et al. (1993) and Christopher, Payne & Ballantyne (2002).
QUESTIONS = {"customer": "bought once?", "client": "more than one purchase in mind?",
             "supporter": "feels the relationship?", "ambassador": "speaks for us?",
             "partner": "both sides active?"}
#: Whose question it is. Peelen is retold from a summary; he has none between client and supporter.
ASKED_BY = {"customer": "Peelen 2005", "client": "Peelen 2005",
            "supporter": "ours, after Christopher, Payne & Ballantyne 2002, whose supporters like the firm and keep quiet",
            "ambassador": "Christopher, Payne & Ballantyne 2002; that it be felt by both: Peelen 2005",
            "partner": "Peelen 2005"}
FELT_BY = ("customer", "both")
ATTITUDE = ("trust", "commitment")
HIGH = 2 / 3  # crmlab rule: "high" begins at two thirds of a scale, 5 of 7
#: What each question looks at: of every group one column at least, or nobody could answer yes.
INPUTS = {"customer": (("orders",),), "client": (("orders",), ("days_since_last", "intention")), "supporter": (ATTITUDE,),
          "ambassador": (("recommend",), ("referrals",)), "partner": (("joint",), ("mutual",))}
SCALED = {"intention": ("intention",), "attitude": ATTITUDE, "mutual": ("mutual",)}


@dataclass(frozen=True)
class Cuts:
    """Where each answer turns to yes; all of them crmlab rules, none of them nature.

    Where no cut is given for ``intention``, ``attitude`` or ``mutual``, it lies at two thirds of the scale. Whether
    a relation is felt, the ladder asks the ``customer``; with ``felt_by="both"`` it asks as Peelen (2005) does
    before somebody is an ambassador: by both sides, so that mutual effort must reach its cut there too.
    """

    orders: float = 2
    window_days: float = 365
    intention: float | None = None
    attitude: float | None = None
    recommend: float = 9
    referrals: float = 1
    joint: float = 1
    mutual: float | None = None
    felt_by: str = "customer"

    def __post_init__(self):
        if self.felt_by not in FELT_BY:
            raise unknown("side", self.felt_by, "'felt_by'", FELT_BY)

    @property
    def numbers(self) -> dict[str, float]:
        """The cuts alone, by name."""
        return {name: value for name, value in vars(self).items() if name != "felt_by"}

    @property
    def inputs(self) -> dict[str, tuple]:
        """What each question looks at."""
        both = {"ambassador": (*INPUTS["ambassador"], ("mutual",))} if self.felt_by == "both" else {}
        return INPUTS | both

    def on(self, scales: dict) -> "Cuts":
        """The same with every cut filled in; a scale that is not known runs from 1 to 7.

        >>> Cuts(attitude=4).on({"trust": {"low": 0, "high": 9}, "intention": {"low": 0, "high": 9}})
        Cuts(orders=2, window_days=365, intention=6.0, attitude=4, recommend=9, referrals=1, joint=1, mutual=5.0,
             felt_by='customer')
        """
        filled = {}
        for name, constructs in SCALED.items():
            spec = next((scales[c] for c in constructs if c in scales), {"low": 1, "high": 7})
            cut = getattr(self, name)
            if cut is not None and cut > spec["high"]:
                raise CrmlabError(f"The cut of {name} lies above its scale.",
                                  f"It is {cut:g}, and the highest answer is {spec['high']:g}.",
                                  f"Give a cut from {spec['low']:g} to {spec['high']:g}.")
            filled[name] = spec["low"] + HIGH * (spec["high"] - spec["low"]) if cut is None else cut
        return replace(self, **filled)


def asked(dyads: pd.DataFrame) -> list[str]:
    """Which of the constructs that the ladder looks at were asked.

    >>> asked(pd.DataFrame({"orders": [1]}))
    []
    """
    known = tables.provenance(dyads)["constructs"]
    return [name for name in ("intention", *ATTITUDE, "mutual") if name in known]


def latest(scores: pd.DataFrame) -> pd.DataFrame:
    """The customers as they stood at the last ``wave``; all of them where there is but one.

    >>> latest(pd.DataFrame({"wave": ["1997", "1998"], "orders": [1, 2]}))["orders"].tolist()
    [2]
    """
    if "wave" not in scores.columns or scores["wave"].nunique() < 2:
        return scores
    waves = scores["wave"].astype(str)
    return scores[waves == max(waves[scores["wave"].notna()])]


def seen(scores: pd.DataFrame) -> pd.DataFrame:
    """What the five questions look at, a column each; missing where it was not asked.

    Attitude is the mean of trust and commitment, of one of them where the other is missing.
    """
    if "orders" not in scores.columns or scores["orders"].isna().all():
        empty = "The column 'orders' is empty" if "orders" in scores.columns else f"The table has {listed(scores.columns, 12)}"
        raise CrmlabError("The ladder needs to know what was bought.", f"{empty}.",
                          "Give a column of orders, as in columns={'Bestellungen': 'orders'}.")
    names = ("orders", "days_since_last", "intention", "recommend", "referrals", "joint", "mutual", *ATTITUDE)
    frame = pd.DataFrame({name: scores[name].astype(float) if name in scores.columns else np.nan for name in names},
                         index=scores.index)
    frame["attitude"] = frame[list(ATTITUDE)].mean(axis=1)
    return frame


def question(step: str, cuts: "Cuts") -> str:
    """The question that leads to a rung, as it is asked here.

    >>> question("ambassador", Cuts(felt_by="both"))
    'felt by both, and speaks for us?'
    """
    both = step == "ambassador" and cuts.felt_by == "both"
    return "felt by both, and speaks for us?" if both else QUESTIONS[step]


def measured(values: pd.DataFrame, cuts: "Cuts | None" = None) -> tuple[str, ...]:
    """The rungs whose question these data can answer: what it looks at was recorded for somebody.

    >>> measured(seen(pd.DataFrame({"orders": [0, 3], "trust": [5, 6]})))
    ('customer', 'supporter')
    """
    there = {name for name in values if values[name].notna().any()}
    return tuple(step for step, groups in (cuts or Cuts()).inputs.items() if all(there & set(group) for group in groups))


def _at_least(values: np.ndarray, cut: float) -> np.ndarray:
    return np.where(np.isnan(values), np.nan, values >= cut - 1e-9)


def _both(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Yes if both, no if either is no, otherwise not known."""
    return np.where((first == 0) | (second == 0), 0.0, first * second)


def steps(values: pd.DataFrame, cuts: Cuts) -> pd.DataFrame:
    """The five questions for every customer: 1 yes, 0 no, missing for not known."""
    seen_ = {name: values[name].to_numpy(float) for name in values}

    def reached(name: str) -> np.ndarray:
        return _at_least(seen_[name], getattr(cuts, name))

    recent = _at_least(-seen_["days_since_last"], -cuts.window_days)
    lasting = np.fmax(recent, reached("intention"))  # missing where neither is known
    speaks = _both(reached("recommend"), reached("referrals"))
    return pd.DataFrame({
        "customer": _at_least(seen_["orders"], 1),
        "client": _both(reached("orders"), lasting),
        "supporter": reached("attitude"),
        "ambassador": _both(speaks, reached("mutual")) if cuts.felt_by == "both" else speaks,
        "partner": _both(reached("joint"), reached("mutual")),
    }, index=values.index)


def rung(answers: pd.DataFrame) -> np.ndarray:
    """How many questions in a row are answered yes, from the bottom: 0 prospect to 5 partner."""
    return np.cumprod(answers.fillna(0).to_numpy(), axis=1).sum(axis=1).astype(int)


def climb(scores: pd.DataFrame, cuts: Cuts | None = None) -> pd.DataFrame:
    """The rung of every customer, the rule that fired, what the next rung asks, and what is not known.

    Returns a frame with ``class`` (a rung), ``rule`` (the questions answered, with values), ``next`` (what is
    missing for the next rung), ``flag`` (what was not measured; never guessed) and ``steps`` (the rule, question by
    question), a row per customer.

    >>> one = pd.DataFrame({"orders": [2], "days_since_last": [30], "trust": [5], "commitment": [5],
    ...                     "recommend": [8], "referrals": [0]})
    >>> climb(one)["class"].tolist(), climb(one)["next"].tolist()
    (['supporter'], ['recommend 8, needs 9 and referrals 0, needs 1'])
    """
    values = seen(scores)
    cuts = (cuts or Cuts()).on(tables.provenance(scores).get("scales", {}))
    answers = steps(values, cuts)
    at = rung(answers)
    rows = [_one(row, answer, k, cuts) for row, answer, k in
            zip(values.to_dict("records"), answers.to_numpy(), at, strict=True)]
    return pd.DataFrame(rows, index=scores.index)


def _conditions(row: dict, step: str, cuts: Cuts) -> list[tuple[str, float, float]]:
    """What a question looks at: name, value, cut."""
    if step == "customer":
        return [("orders", row["orders"], 1)]
    if step == "client":
        return [("orders", row["orders"], cuts.orders)]
    if step == "supporter":
        return [("attitude", row["attitude"], cuts.attitude)]
    names = ("recommend", "referrals") if step == "ambassador" else ("joint", "mutual")
    names += ("mutual",) * (step == "ambassador" and cuts.felt_by == "both")
    return [(name, row[name], getattr(cuts, name)) for name in names]


def _lasting(row: dict, cuts: Cuts) -> str:
    days, mean = row["days_since_last"], row["intention"]
    if days <= cuts.window_days:
        return f"last order {days:g} days ago, within {cuts.window_days:g}"
    if mean >= cuts.intention:
        return f"intention {mean:.3g} ≥ {cuts.intention:.3g}"
    parts = [f"last order {days:g} days ago, beyond {cuts.window_days:g}"] if days == days else []
    return " and ".join(parts + ([f"intention {mean:.3g} < {cuts.intention:.3g}"] if mean == mean else []))


def _one(row: dict, answers: np.ndarray, at: int, cuts: Cuts) -> dict:
    said, lacking = {}, []
    for place, step in enumerate(RUNGS[1:at + 2]):
        parts = []
        for name, value, cut in _conditions(row, step, cuts):
            if value == value:
                parts.append(f"{name} {value:.3g} {'≥' if value >= cut - 1e-9 else '<'} {cut:.3g}")
            if place == at and not value >= cut - 1e-9:
                lacking.append(f"{name} {value:.3g}, needs {cut:.3g}" if value == value else f"{name} not measured")
        if step == "client" and row["orders"] >= cuts.orders:
            parts.append(_lasting(row, cuts))
            if place == at:
                lacking.append("an order within the window, or the intention to buy again" if parts[-1] else
                               "days since the last order and intention not measured")
        said[step] = "; ".join(part for part in parts if part)
    return {"class": RUNGS[at], "rule": "; ".join(part for part in said.values() if part), "next": " and ".join(lacking),
            "flag": _flag(row, answers, at), "steps": said}


def _flag(row: dict, answers: np.ndarray, at: int) -> str:
    """What was not measured although the class may hang on it."""
    missing = [name for name in ATTITUDE if row[name] != row[name]]
    if len(missing) == len(ATTITUDE):
        return "attitude not measured" if at >= 2 else ""
    if missing and at >= 2:
        return f"{missing[0]} missing"
    if at < 5 and np.isnan(answers[at]):
        return f"{RUNGS[at + 1]} not measured"
    return ""
