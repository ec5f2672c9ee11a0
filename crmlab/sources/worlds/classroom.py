"""A class that judges the case, half of it after reading that profits rose, half that they fell."""

import numpy as np
import pandas as pd
from scipy.special import ndtr

from crmlab.frame.errors import CrmlabError
from crmlab.measures import casebook, tables
from crmlab.measures.scorecard import scored
from crmlab.sources.worlds.common import Chance, Given, World, provenance, told

TRUTH = {
    "halo": Given(
        0.3,
        "steps by which students who read that profits rose rate higher than those who read that they fell",
        "our choice, modest",
    ),
    "kindness": Given(0.35, "spread between students of how kindly they judge, in steps", "our choice"),
    "noise": Given(
        0.85, "spread of a single answer around what text and student make of it, in steps", "our choice"
    ),
    "unanswered": Given(0.01, "share of the practices that a student leaves open", "our choice"),
}
ARMS = ("rose", "fell")
MEASURES = ("intention", "reality")
TOP = 4


def classroom(n: int = 48, seed: int = 1, truth: dict | None = None) -> World:
    """Students who rate the sixteen practices of the short form after reading one telling of the case.

    Answers lie around our own reading (``data/case/key.csv``), moved by the student's kindness, by chance
    and by the halo of the telling. ``truth`` changes parts of :data:`TRUTH`; the same seed keeps the same
    students.

    Returns a :class:`World`. Its table ``assessments`` has a row per student and practice; its table
    ``students`` a row per student: ``rater``, ``arm``, ``kindness``. Its truth has, beside what was set,
    ``difference``: by how many points students who read that profits rose would on average score the firm
    higher.

    Raises CrmlabError for a part of the truth that does not exist or cannot be, and for fewer than two
    students.

    >>> world = classroom(n=10, seed=1)
    >>> world.tables["assessments"].shape, round(world.truth["difference"], 1)
    ((160, 6), 6.5)
    """
    set_ = _checked(n, truth or {})
    draw = Chance("classroom", seed, n)
    arm = np.array(ARMS, dtype=object)[draw.normal("arm").argsort().argsort() % 2]
    kind = set_["kindness"] * draw.normal("kindness")
    middle = _middle()
    names = [f"student {k:0{len(str(n))}d}" for k in range(1, n + 1)]
    rows = {
        "firm": casebook.told("rose").firm,
        "rater": np.repeat(names, len(middle)),
        "arm": np.repeat(arm, len(middle)),
        "practice": np.tile(middle.index.to_numpy(object), n),
    }
    lift = set_["halo"] * np.where(arm == "rose", 0.5, -0.5)
    for name in MEASURES:
        alone = set_["noise"] * draw.normal(name, n, len(middle))
        felt = middle[name].to_numpy() + (kind + lift)[:, None] + alone
        silent = ndtr(draw.normal(f"unanswered {name}", n, len(middle))) < set_["unanswered"]
        rows[name] = np.where(silent, np.nan, np.clip(np.rint(felt), 0, TOP)).ravel()
    sheets = pd.DataFrame(rows)
    sheets["arm"] = pd.Categorical(sheets["arm"], ARMS)
    known = {**set_, "difference": _difference(middle, set_)}
    students = pd.DataFrame({"rater": names, "arm": pd.Categorical(arm, ARMS), "kindness": kind})
    return World(
        {"assessments": tables.stamp(sheets, _provenance(sheets, seed, known)), "students": students}, known
    )


def _middle() -> pd.DataFrame:
    """Intention and reality of the key, by practice, in steps; with the rule of evidence kept."""
    key = casebook.key()
    card = scored(key)
    return card.practices.set_index("practice").loc[key["practice"], list(MEASURES)] / 25


def _difference(middle: pd.DataFrame, set_: dict) -> float:
    """The difference between the halves in points, as answers cut off at both ends of the scale show it."""
    spread = np.hypot(set_["kindness"], set_["noise"])
    gap = 0.0
    for sign in (0.5, -0.5):
        means = pd.DataFrame(
            {
                name: (
                    ndtr(
                        (middle[name].to_numpy()[:, None] + sign * set_["halo"] - np.arange(TOP) - 0.5)
                        / spread
                    ).sum(axis=1)
                )
                for name in MEASURES
            },
            index=middle.index,
        )
        sheet = means.reset_index().assign(firm="", rater="expected")
        gap += (1 if sign > 0 else -1) * float(scored(sheet).firms["score"].iloc[0])
    return gap


def _checked(n: int, changed: dict) -> dict:
    truth = told("classroom", TRUTH, changed, n, least=2, whom="students", name="A class")
    for name, (low, high) in {
        "halo": (-4, 4),
        "kindness": (0, 4),
        "noise": (0.01, 4),
        "unanswered": (0, 1),
    }.items():
        if not low <= truth[name] <= high:
            raise CrmlabError(
                f"The truth '{name}' lies between {low} and {high}.",
                f"Found {name} = {truth[name]}.",
                "Keep it within.",
            )
    return truth


def _provenance(frame: pd.DataFrame, seed: int, truth: dict) -> dict:
    known = {column.name: column.meaning for column in tables.ASSESSMENTS.columns}
    return provenance("class", "classroom", "No student answered: this class is simulated.", frame, seed, truth,
                      table="assessments", meanings={name: known[name] for name in frame})
