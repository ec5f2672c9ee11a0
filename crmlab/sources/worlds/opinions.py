"""A satisfaction survey of simulated customers."""

import numpy as np
import pandas as pd
from scipy.special import expit

from crmlab.frame.errors import CrmlabError, listed, unknown
from crmlab.measures import tables
from crmlab.sources.worlds.common import Chance, Given, World, provenance, told

TRUTH = {
    "b": Given(0.66, "slope of loyalty on satisfaction, both latent and in standard units",
               "our choice: the observed r comes near .54, which Curtis et al. (2011) report corrected"),
    "moderation": Given(-0.15, "what the slope loses per standard unit of switching cost",
                        "our choice: where leaving costs, satisfaction counts for less"),
    "competition": Given(0.175, "share by which strong competition steepens the slope and little flattens it",
                         "direction after Jones & Sasser (1995), size our choice"),
    "switching": Given(0.20, "slope of loyalty on switching cost", "our choice"),
    "quality": Given(0.65, "correlation of quality and satisfaction, both latent", "our choice"),
    "shape": Given("linear", "form of the relation: linear, diminishing or accelerating",
                   "diminishing for intentions: Mittal & Kamakura (2001)"),
    "bend": Given(0.15, "standardised size of the squared term where the shape is not linear", "our choice"),
    "method": Given(0.25, "loading of every item on the mood in which the form was filled in",
                    "a common method factor (Podsakoff et al. 2003), size our choice"),
    "satisfaction_loading": Given(0.80, "loading of an item on what the items share: construct and mood",
                                  "our choice, for an alpha near .82"),
    "loyalty_loading": Given(0.78, "the same for the items of loyalty and of switching cost",
                             "our choice, for an alpha near .81"),
    "cuts": Given((-3.1, -2.6, -2.2, -1.8, -1.4, -0.9, -0.3, 0.5, 1.3),
                  "where the answer moves from 1 to 2, …, 9 to 10, in standard units",
                  "answers crowd at the top, as Peterson & Wilson (1992) say they do"),
    "clusters": Given(0, "number of branches; 0 for customers who have nothing in common", "our choice"),
    "icc": Given(0.15,
                 "share of satisfaction, and of the rest of loyalty, that a branch shares", "our choice"),
}
BENDS = {"linear": 0, "diminishing": -1, "accelerating": 1}
SWITCHING_CUTS = tuple(np.linspace(-2, 2, 9))  # nothing makes answers about switching cost crowd at one end

MEANINGS = {
    "customer_id": "who answered",
    "satisfaction_1": "All in all I am content with what this firm has done for me so far.",
    "satisfaction_2": "It has met what I had hoped for.",
    "satisfaction_3": "It comes close to the best I can imagine.",
    "loyalty_1": "I mean to stay a customer.",
    "loyalty_2": "Next time I would choose it again.",
    "loyalty_3": "I like dealing with it.",
    "quality_1": "What I get is of good quality.",
    "quality_2": "Service is dependable.",
    "quality_3": "Problems are settled quickly.",
    "switching_1": "Changing to another firm would cost me much time.",
    "switching_2": "Changing to another firm would cost me much money.",
    "switching_3": "Changing would mean getting used to new rules.",
    "competition": "how strong competition is where the customer lives",
    "behaviour": "whether the customer bought again in the next period: 1 yes, 0 no",
    "cluster": "the branch the customer belongs to",
}
CONSTRUCTS = {name: {"items": [f"{name}_{k}" for k in (1, 2, 3)], "reversed": [], "low": 1, "high": 10}
              for name in ("satisfaction", "loyalty", "quality", "switching")}


def survey(n: int = 600, seed: int = 1, truth: dict | None = None) -> World:
    """A satisfaction survey of ``n`` customers who answer twelve questions on scales from 1 to 10.

    Loyalty follows from satisfaction and switching cost; the slope is flatter where switching costs much and
    steeper where competition is strong (Jones & Sasser 1995). Whether the customer buys again depends on
    loyalty and much chance. ``truth`` changes parts of :data:`TRUTH`; the same seed keeps the same customers,
    so that two truths can be compared.

    Returns a :class:`World`. Its table ``survey`` has a row per customer: the items ``satisfaction_1`` to
    ``_3``, the same of ``loyalty``, ``quality`` and ``switching``, ``competition`` (little, strong),
    ``behaviour`` (0, 1) and, with branches, ``cluster``. Its truth adds ``latent_correlation``, that of
    satisfaction and loyalty themselves. At the defaults the observed correlation is .55, the latent one .65,
    alpha .82 and .81; satisfaction has mean 7.7, standard deviation 1.3 and skewness −.75.

    Raises CrmlabError for a part of the truth that does not exist or cannot be.

    >>> world = survey(n=300, seed=1, truth={"b": 0.5})
    >>> world.tables["survey"].shape, round(world.truth["latent_correlation"], 2)
    ((300, 15), 0.49)
    """
    set_ = _checked(n, truth or {})
    draw = Chance("survey", seed, n)
    branch = np.arange(n) % max(set_["clusters"], 1)
    satisfaction, loyalty, switching, strong = _latent(set_, draw, branch)
    frame = pd.DataFrame({"customer_id": [f"C{k:0{len(str(n))}d}" for k in range(1, n + 1)]})
    part = set_["quality"]
    quality = part * satisfaction + np.sqrt(1 - part**2) * draw.normal("quality")
    answers = {"satisfaction": (satisfaction, set_["satisfaction_loading"], set_["cuts"]),
               "loyalty": (loyalty, set_["loyalty_loading"], set_["cuts"]),
               "quality": (quality, set_["satisfaction_loading"], set_["cuts"]),
               "switching": (switching, set_["loyalty_loading"], SWITCHING_CUTS)}
    for name, (latent, loading, cuts) in answers.items():
        frame[CONSTRUCTS[name]["items"]] = _items(latent, loading, set_["method"], cuts, draw, name)
    frame["competition"] = pd.Categorical(np.where(strong, "strong", "little"), ["little", "strong"])
    frame["behaviour"] = (draw.uniform("behaviour") < expit(-1 + 1.1 * loyalty)).astype(int)
    if set_["clusters"]:
        frame["cluster"] = [f"branch {k + 1:0{len(str(set_['clusters']))}d}" for k in branch]
    latent = float(set_["b"] / np.sqrt(_variance(set_)))
    known = {**set_, "cuts": list(set_["cuts"]), "latent_correlation": latent}
    return World({"survey": tables.stamp(frame, _provenance(frame, seed, known))}, known)


def _behind(truth: dict) -> list[list]:
    """The correlations of what the scores measure, before mood and answering."""
    r, part, cost = truth["latent_correlation"], truth["quality"], truth["switching"] / np.sqrt(_variance(truth))
    pairs = {("satisfaction", "loyalty"): r, ("quality", "satisfaction"): part, ("quality", "loyalty"): part * r,
             ("switching", "loyalty"): cost, ("switching", "satisfaction"): 0, ("switching", "quality"): 0}
    return [[*pair, float(value)] for pair, value in pairs.items()]


def _rest(truth: dict) -> float:
    """The part of loyalty that neither satisfaction nor switching cost accounts for on its own."""
    return 1 - truth["b"] ** 2 - truth["switching"] ** 2


def _variance(truth: dict) -> float:
    bent = 2 * (BENDS[truth["shape"]] * truth["bend"]) ** 2
    return 1 + (truth["b"] * truth["competition"]) ** 2 + truth["moderation"] ** 2 + bent


def _latent(truth: dict, draw: Chance, branch: np.ndarray):
    icc = truth["icc"] if truth["clusters"] else 0.0
    satisfaction, switching = draw.within("satisfaction", branch, icc), draw.normal("switching")
    strong = draw.uniform("competition") < 0.5
    steeper = 1 + truth["competition"] * np.where(strong, 1, -1)
    slope = truth["b"] * steeper + truth["moderation"] * switching
    bent = BENDS[truth["shape"]] * truth["bend"] * (satisfaction**2 - 1)
    rest = np.sqrt(_rest(truth)) * draw.within("loyalty", branch, icc)
    loyalty = slope * satisfaction + bent + truth["switching"] * switching + rest
    return satisfaction, loyalty / np.sqrt(_variance(truth)), switching, strong


def _items(latent, loading, method, cuts, draw: Chance, name: str) -> np.ndarray:
    # The mood takes its share out of what the items have in common, so alpha does not depend on it.
    shared = np.sqrt(loading**2 - method**2) * latent + method * draw.normal("method")
    own = np.sqrt(1 - loading**2) * draw.normal(f"items of {name}", draw.n, 3)
    return 1 + np.searchsorted(cuts, shared[:, None] + own)


def _checked(n: int, changed: dict) -> dict:
    truth = told("survey", TRUTH, changed, n)
    if truth["shape"] not in BENDS:
        raise unknown("shape", truth["shape"], "The world 'survey'", BENDS)
    loadings = truth["satisfaction_loading"], truth["loyalty_loading"]
    rules = (
        (_rest(truth) >= 0, "Satisfaction and switching cost explain more than all of loyalty.",
         ["b", "switching"], "Keep b² + switching² at 1 or below."),
        (abs(truth["quality"]) <= 1, "A correlation lies between -1 and 1.", ["quality"], "Keep quality within."),
        (abs(truth["method"]) <= min(loadings) and max(loadings) <= 1, "The loadings do not fit together.",
         ["method", "satisfaction_loading", "loyalty_loading"], "Keep method ≤ both loadings ≤ 1."),
        (0 <= truth["icc"] <= 1 and 0 <= truth["clusters"] <= n, "There cannot be such branches.",
         ["n", "clusters", "icc"], "Keep clusters between 0 and n, and icc between 0 and 1."),
        (len(truth["cuts"]) == 9 and list(truth["cuts"]) == sorted(truth["cuts"]),
         "The cuts do not make a scale from 1 to 10.", ["cuts"], "Give nine cuts in rising order."),
    )
    for holds, wrong, names, remedy in rules:
        if not holds:
            found = listed([f"{name} = {({'n': n} | truth)[name]}" for name in names], quote=False)
            raise CrmlabError(wrong, f"Found {found}.", remedy)
    return truth


def _provenance(frame: pd.DataFrame, seed: int, truth: dict) -> dict:
    return provenance("survey", "survey", "Nobody was asked: these customers are simulated.", frame, seed, truth,
                      constructs=CONSTRUCTS, meanings={column: MEANINGS[column] for column in frame},
                      roles=[role for role in tables.ROLES if role in frame], moderator="switching",
                      behind=_behind(truth),
                      runs=[["satisfaction", "loyalty", truth["shape"]]])
