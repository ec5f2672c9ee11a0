"""One firm out of a table of assessments, and the firms it is set beside."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from crmlab.frame.errors import CrmlabError, counted, unknown
from crmlab.measures import tables
from crmlab.measures.scorecard import PRACTICES, Scorecard, scored

TEXTS = {practice.practice: practice.statement for practice in PRACTICES}
FEWEST_FIRMS = 8  # crmlab rule: of fewer firms no quarters are made


class Beside(NamedTuple):
    """A firm, its scorecard, and that of those beside it on the practices that this firm answered."""

    firm: str
    rows: pd.DataFrame
    card: Scorecard
    others: Scorecard | None
    first_of: int  # how many firms there were where none was named, else 0
    where: str  # what the others are called, where they come from elsewhere
    simulated: bool  # the others

    @property
    def score(self) -> float:
        return float(self.card.firms["score"].iloc[0])

    @property
    def compared(self) -> np.ndarray:
        """Scores of the firms beside it; none where they are too few."""
        return np.zeros(0) if self.others is None else self.others.firms["score"].dropna().to_numpy()

    def beside(self, frame: str, key: str) -> np.ndarray:
        """Scores of the firms beside it for one of its elements or sections."""
        if self.others is None:
            return np.zeros(0)
        rows = getattr(self.others, frame)
        return rows.loc[rows[frame.removesuffix("s")] == key, "score"].dropna().to_numpy()

    def row(self, frame: str, key: str, found: dict) -> dict:
        """Score, interval, both sides of the score, and where it lies among the others."""
        whole = key == "overall"
        rows = getattr(self.card, frame)
        own = self.card.firms.iloc[0] if whole else rows[rows[frame.removesuffix("s")] == key].iloc[0]
        others = self.compared if whole else self.beside(frame, key)
        low, high = found[key][1:] if key in found else (np.nan, np.nan)
        return {
            "score": float(own["score"]),
            "low": low,
            "high": high,
            **{name: float(own[name]) for name in ("intention", "reality", "gap")},
            "comparison": float(np.median(others)) if len(others) else np.nan,
            "quartile": quarter(own["score"], others),
            "practices": int(own["scored" if whole else "practices"]),
        }

    @property
    def peers(self) -> str:
        """How many firms stand beside it, and whether they are real."""
        return counted(len(self.compared), "simulated firm" if self.simulated else "firm") if len(self.compared) else ""


def choose(table: pd.DataFrame, firm: str | None) -> tuple[str, int]:
    """The firm's name, and of how many it is the first by name, where none was named."""
    refuse(table)
    names = list(table["firm"].unique())
    if firm is not None and str(firm) not in names:
        raise unknown("firm", firm, "The table", names[:30])
    first_of = len(names) if firm is None and len(names) > 1 else 0
    return min(names) if firm is None else str(firm), first_of


def beside(
    table: pd.DataFrame, firm: str | None, compare: pd.DataFrame | None = None, weights: dict | None = None
) -> Beside:
    """The firm's last assessment, and those of the others in the table or of all in ``compare``.

    Raises CrmlabError where the table is no table of assessments, or the firm does not stand in it.
    """
    refuse(compare)
    chosen, first_of = choose(table, firm)
    last = latest(table)
    rows = last[last["firm"] == chosen]
    card = scored(rows, weights)
    answered = card.practices.loc[card.practices["status"] == "scored", "practice"]
    if not len(answered):
        raise CrmlabError(
            f"qci: no practice of '{chosen}' can be scored.",
            "None applies and has both intention and reality.",
            "Fill in both for one at least.",
        )
    pool = last[last["firm"] != chosen] if compare is None else latest(compare)
    pool = pool[pool["practice"].isin(answered)]
    others = scored(pool, weights, among=answered) if len(pool) else None
    if others is not None and others.firms["score"].notna().sum() < FEWEST_FIRMS:
        others = None
    where = source(table if compare is None else compare)
    return Beside(chosen, rows, card, others, first_of, "" if compare is None else where["title"], where["simulated"])


def latest(table: pd.DataFrame) -> pd.DataFrame:
    """The last wave of each firm, or the table where there are no waves."""
    if "wave" not in table:
        return table
    order = (
        table["wave"].cat.codes
        if isinstance(table["wave"].dtype, pd.CategoricalDtype)
        else (pd.factorize(table["wave"], sort=True)[0])
    )
    order = pd.Series(np.asarray(order), index=table.index)
    return table[order == order.groupby(table["firm"]).transform("max")]


def quarter(score: float, others: np.ndarray) -> float:
    """In which quarter of the others a score lies; 4 is the highest, missing without others.

    >>> quarter(42, np.array([20, 30, 35, 41])), quarter(42, np.zeros(0))
    (4.0, nan)
    """
    if not len(others) or not np.isfinite(score):
        return np.nan
    return float(1 + (score >= np.quantile(others, [0.25, 0.5, 0.75])).sum())


def settings(given: Beside, level: float, draws: int, seed: int) -> str:
    """How the scores were made, and so why another tool may differ."""
    card = given.card
    rule = (
        "reality of 3 or 4 without evidence counts as 2"
        if card.rule
        else "the form asks for no evidence, so none was required"
    )
    form = "short form" if card.short else "form of 60"
    wave = f"assessment of {card.firms['wave'].iloc[0]}; " if "wave" in card.firms else ""
    weights = {name: weight for name, weight in card.weights.items() if weight != 1}
    said = (
        f"weights {', '.join(f'{name} {weight:g}' for name, weight in weights.items())}"
        if weights
        else ("elements count alike")
    )
    where = f" ({given.where})" if given.where else ""
    others = f"; the others{where} are scored on the practices this firm answered" if given.others else ""
    return (
        f"{wave}{form} after the QCi model, in our words; {rule}; {said}; {level * 100:g} % intervals over "
        f"practices seen as a sample of possible ones, raters as they are, {draws:,} draws, seed {seed}"
        f"{others}"
    )


def source(table: pd.DataFrame) -> dict:
    return tables.provenance(table)


def small(name: str) -> str:
    """A name inside a sentence.

    >>> small("Process management")
    'process management'
    """
    return name[0].lower() + name[1:]


def big(name: str) -> str:
    """A name at the head of a sentence.

    >>> big("our firm")
    'Our firm'
    """
    return name[:1].upper() + name[1:]


def spelled(key: str) -> str:
    """A practice with its key and its words.

    >>> spelled("AP5")
    'AP5, lifetime value is estimated and watched'
    """
    return f"{key}, {small(TEXTS[key]).rstrip('.')}"


def refuse(table: pd.DataFrame | None) -> None:
    """The error for a table that is none of assessments."""
    needed = ("firm", "practice", "intention", "reality")
    lacking = [] if table is None else [name for name in needed if name not in table]
    if lacking:
        raise CrmlabError(
            "qci: this is no table of assessments.",
            f"There is no column '{lacking[0]}'.",
            'Open it with crm.open_table("assessments", …).',
        )
