"""Firms that rate how they manage their customers, with or without the halo of their results."""

import numpy as np
import pandas as pd
from scipy.special import ndtr

from crmlab.frame.errors import CrmlabError
from crmlab.measures import tables
from crmlab.measures.scorecard import ELEMENTS, PRACTICES
from crmlab.sources.worlds.common import Chance, Given, World, provenance, told

SET = ("our setting, so that the overall score lies as published ones do, near 35 of 100 points; averages of the elements "
       "were not found")
TRUTH = {
    "ability": Given(0.42, "spread between firms of their ability to manage customers", SET),
    "elements": Given(
        (-0.05, -0.15, 0.0, 0.25, 0.10, -0.15, -0.05, -0.25),
        "how much easier each element comes to firms, in the order of the model",
        SET,
    ),
    "element_noise": Given(0.30, "spread of a firm's elements around its ability", SET),
    "difficulty": Given(0.80, "spread between practices of how hard they are", SET),
    "noise": Given(0.90, "spread of a single answer around what firm, element and practice make of it", SET),
    "level": Given(-1.15, "where the average practice of the average firm stands", SET),
    "cuts": Given((-1.6, -0.7, 0.2, 1.1), "where reality moves from 0 to 1, …, 3 to 4", SET),
    "ahead": Given(0.5, "how far intention runs ahead of reality", SET),
    "evidenced": Given(0.9, "share of the practices at 3 or 4 for which evidence is shown", "our choice"),
    "not_applicable": Given(0.02, "share of the practices that do not apply to a firm", "our choice"),
    "unanswered": Given(
        0.01, "share of the practices of which a rater does not know the reality", "our choice"
    ),
    "between_sectors": Given(
        0.10,
        "share of the variance of ability that the sectors account for, banking on top",
        "direction of published samples, size our choice",
    ),
    "rho": Given(0.40, "correlation of ability and business performance", "our choice; move it and see"),
    "halo": Given(
        0.0,
        "how much a standard unit of performance lifts what raters answer; it has no natural unit",
        "our choice: raters who know the results see good management",
    ),
    "raters": Given(1, "raters per firm", "our choice"),
    "rater_noise": Given(0.7, "the part of the noise that each rater has alone", "our choice"),
    "leniency": Given(0.0, "spread between raters of how kindly they judge", "our choice"),
    "waves": Given(1, "1, or 2 for last year too", "our choice"),
    "progress": Given(0.10, "what the average practice gained within the year", "our choice"),
    "kept": Given(
        0.8, "correlation of a practice, and of an element, with itself a year before", "our choice"
    ),
}
SECTORS = ("banking", "insurance", "telecom", "retail", "utilities")
YEARS = ("2024", "2025")
SHOWN = ("plan and minutes seen", "figures seen", "shown on screen", "shown at work by staff")
IMPORTANCE, EFFORT = (0.05, 0.25, 0.65), (0.3, 0.7)  # of uniform numbers: the steps 0 to 3, and 1 to 3
ELEMENT = np.array([list(ELEMENTS).index(practice.element) for practice in PRACTICES])


def firms(n: int = 60, seed: int = 1, truth: dict | None = None) -> World:
    """Assessments of ``n`` firms on the sixty practices, after the QCi model.

    What is answered rests on the firm's ability, its elements, the difficulty of the practice and chance;
    reality follows intention and never passes it. Performance goes with ability (``rho``), and with ``halo``
    the answers go with performance. ``truth`` changes parts of :data:`TRUTH`; the same seed keeps the same
    firms.

    Returns a :class:`World`. Its table ``assessments`` has a row per firm, rater, practice (and ``wave``);
    its table ``firms`` a row per firm: ``sector``, ``performance``, ``ability``, and in points from 0 to 100
    what the firm would score, without halo, on average over all practices one might ask: each element and
    ``overall``. At the defaults and without the rule of evidence the mean is near 35 points, the standard
    deviation near 10, and intention leads by 11 points.

    Raises CrmlabError for a part of the truth that does not exist or cannot be.

    >>> world = firms(n=20, seed=1, truth={"raters": 2})
    >>> world.tables["assessments"].shape, len(world.tables["firms"])
    ((2400, 11), 20)
    """
    set_ = _checked(n, truth or {})
    draw = Chance("firms", seed, n)
    frame, ability = _firms(draw, set_)
    own = np.array(set_["elements"]) + set_["element_noise"] * draw.normal("elements", n, len(ELEMENTS))
    state = np.sqrt(set_["noise"] ** 2 - set_["rater_noise"] ** 2) * draw.normal(
        "practices", n, len(PRACTICES)
    )
    waves = [_filled_in(frame, ability[:, None] + own[:, ELEMENT] + state, draw, set_, "")]
    if set_["waves"] == 2:
        before, was = _drifted(own, state, draw, set_)
        waves = [
            _filled_in(
                frame, ability[:, None] - set_["progress"] + before[:, ELEMENT] + was, draw, set_, " before"
            ).assign(wave=YEARS[0]),
            waves[0].assign(wave=YEARS[1]),
        ]
        frame["overall_before"] = _expected(ability[:, None] - set_["progress"] + before, set_).mean(axis=1)
    points = _expected(ability[:, None] + own, set_)
    frame = frame.assign(
        ability=ability, **dict(zip(ELEMENTS, points.T, strict=True)), overall=points.mean(axis=1)
    )
    known = {name: list(value) if isinstance(value, tuple) else value for name, value in set_.items()}
    sheets = pd.concat(waves, ignore_index=True)
    return World(
        {"assessments": tables.stamp(sheets, _provenance(sheets, seed, known)), "firms": frame}, known
    )


def _firms(draw: Chance, set_: dict) -> tuple[pd.DataFrame, np.ndarray]:
    n, share = draw.n, set_["between_sectors"]
    sector = (draw.uniform("sector") * len(SECTORS)).astype(int)
    lead = np.sqrt(2) * np.linspace(1, -1, len(SECTORS))  # of variance 1 over the sectors
    ability = np.sqrt(share) * lead[sector] + np.sqrt(1 - share) * draw.normal("ability")
    results = set_["rho"] * ability + np.sqrt(1 - set_["rho"] ** 2) * draw.normal("performance")
    names = [f"F{k:0{len(str(n))}d}" for k in range(1, n + 1)]
    frame = pd.DataFrame(
        {
            "firm": names,
            "sector": pd.Categorical(np.array(SECTORS)[sector], SECTORS),
            "performance": results.round(3),
        }
    )
    return frame, set_["ability"] * ability


def _drifted(own: np.ndarray, state: np.ndarray, draw: Chance, set_: dict) -> tuple[np.ndarray, np.ndarray]:
    """Elements and practices a year before, as like to today's as ``kept`` says."""
    kept, fresh, middle = set_["kept"], np.sqrt(1 - set_["kept"] ** 2), np.array(set_["elements"])
    before = (
        middle
        + kept * (own - middle)
        + fresh * set_["element_noise"] * draw.normal("elements before", *own.shape)
    )
    spread = np.sqrt(set_["noise"] ** 2 - set_["rater_noise"] ** 2)
    return before, kept * state + fresh * spread * draw.normal("practices before", *state.shape)


def _filled_in(frame: pd.DataFrame, stands: np.ndarray, draw: Chance, set_: dict, when: str) -> pd.DataFrame:
    """The rows of all raters of one year: firm by firm, rater by rater, practice by practice."""
    n, raters, size = len(frame), set_["raters"], len(PRACTICES)
    hard = set_["difficulty"] * draw.normal("difficulty", size)
    latent = set_["level"] + (stands - hard)[:, None, :] + _judged(frame, draw, set_, when)
    reality, intention = (
        np.searchsorted(set_["cuts"], latent + gap).astype(float) for gap in (0.0, set_["ahead"])
    )

    def spread(chance: np.ndarray) -> np.ndarray:  # what is the same for all raters of a firm
        return np.broadcast_to(chance[:, None, :], latent.shape)

    chances = {
        name: spread(_uniform(draw, name, size))
        for name in ("evidence", "applicable", "importance", "effort")
    }
    applies = chances["applicable"] >= set_["not_applicable"]
    unknown_ = (
        np.stack([_uniform(draw, f"unanswered {k}{when}", size) for k in range(raters)], axis=1)
        < set_["unanswered"]
    )
    words = np.array(SHOWN, dtype=object)[(chances["evidence"] * 1e6).astype(int) % len(SHOWN)]
    shown = applies & ~unknown_ & (reality >= 3) & (chances["evidence"] < set_["evidenced"])
    firm = np.repeat(np.arange(n), raters * size)
    rows = {
        "firm": frame["firm"].to_numpy()[firm],
        "rater": np.tile(np.repeat([f"rater {k + 1}" for k in range(raters)], size), n).astype(object),
        "practice": np.tile([practice.practice for practice in PRACTICES], n * raters).astype(object),
        "intention": np.where(applies, intention, np.nan).ravel(),
        "reality": np.where(applies & ~unknown_, reality, np.nan).ravel(),
        "applicable": applies.astype(int).ravel(),
        "evidence": np.where(shown, words, None).ravel(),
        "importance": np.searchsorted(IMPORTANCE, chances["importance"]).ravel(),
        "effort": 1 + np.searchsorted(EFFORT, chances["effort"]).ravel(),
    }
    return pd.DataFrame(rows).assign(
        sector=frame["sector"].iloc[firm].array, performance=frame["performance"].to_numpy()[firm]
    )


def _judged(frame: pd.DataFrame, draw: Chance, set_: dict, when: str) -> np.ndarray:
    """What raters add: the halo of the firm's results, their own leniency, and noise."""
    shape = len(frame), set_["raters"]
    lift = set_["halo"] * frame["performance"].to_numpy()[:, None, None]
    kind = set_["leniency"] * draw.normal(f"leniency{when}", *shape)[:, :, None]
    alone = [draw.normal(f"rater {k}{when}", shape[0], len(PRACTICES)) for k in range(shape[1])]
    return lift + kind + set_["rater_noise"] * np.stack(alone, axis=1)


def _uniform(draw: Chance, step: str, size: int) -> np.ndarray:
    return ndtr(draw.normal(step, draw.n, size))


def _expected(stands: np.ndarray, set_: dict) -> np.ndarray:
    """Points of a firm's elements on average over difficulty, noise and what is evidenced."""
    spread = np.hypot(set_["difficulty"], set_["noise"])
    reached = ndtr((set_["level"] + stands[..., None] - np.array(set_["cuts"])) / spread)
    meant = ndtr((set_["level"] + set_["ahead"] + stands[..., None] - np.array(set_["cuts"])) / spread)
    reality = reached[..., :2].sum(axis=-1) + set_["evidenced"] * reached[..., 2:].sum(axis=-1)
    return 25 * (meant.sum(axis=-1) + reality) / 2


def _checked(n: int, changed: dict) -> dict:
    truth = told("firms", TRUTH, changed, n, whom="firms")
    for name in ("evidenced", "not_applicable", "unanswered", "between_sectors", "rho", "kept"):
        if not 0 <= truth[name] <= 1:
            raise CrmlabError(
                f"The truth '{name}' lies between 0 and 1.",
                f"Found {name} = {truth[name]}.",
                "Keep it within.",
            )
    for name, known, remedy in (("raters", (1, 2, 3), "Give 1, 2 or 3."), ("waves", (1, 2), "Give 1 or 2.")):
        if truth[name] not in known:
            raise CrmlabError(
                f"A world of firms has no such number of {name}.", f"Found {name} = {truth[name]}.", remedy
            )
    if not 0 <= truth["rater_noise"] <= truth["noise"]:
        raise CrmlabError(
            "The noise of one rater is a part of the noise.",
            f"Found rater_noise = {truth['rater_noise']} and noise = {truth['noise']}.",
            "Keep rater_noise between 0 and noise.",
        )
    if (
        len(truth["elements"]) != len(ELEMENTS)
        or len(truth["cuts"]) != 4
        or sorted(truth["cuts"]) != list(truth["cuts"])
    ):
        raise CrmlabError(
            "The elements or the cuts do not fit the form.",
            f"Found {len(truth['elements'])} elements and cuts = {list(truth['cuts'])}.",
            f"Give {len(ELEMENTS)} elements, and four cuts in rising order.",
        )
    return truth


def _behind(truth: dict) -> list[list]:
    """How performance correlates with ability, and with what each element has of its own."""
    def with_noise(noise: float) -> float:
        spread = np.hypot(truth["ability"], noise)
        return float(truth["rho"] * truth["ability"] / spread) if spread else 0.0

    whole, own = with_noise(truth["element_noise"] / np.sqrt(len(ELEMENTS))), with_noise(truth["element_noise"])
    return [[name, "performance", whole] for name in ("overall", "intention", "reality")] + [
        [name, "performance", own] for name in ELEMENTS]


def _provenance(frame: pd.DataFrame, seed: int, truth: dict) -> dict:
    known = {column.name: column.meaning for column in tables.ASSESSMENTS.columns}
    return provenance("firms", "firms", "Nobody was assessed: these firms are simulated.", frame, seed, truth,
                      table="assessments", meanings={name: known[name] for name in frame},
                      roles=[role for role in ("wave",) if role in frame], behind=_behind(truth))
