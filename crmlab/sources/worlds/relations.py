"""Simulated relations of a firm with its customers: what they bought, what they feel, what both sides do."""

import numpy as np
import pandas as pd

from crmlab.frame.errors import CrmlabError
from crmlab.measures import tables
from crmlab.sources.worlds.common import Chance, Given, World, provenance, told

TRUTH = {
    "cumulative": Given(1.0, "how far closeness drives every step: 1 a ladder, 0 steps that know nothing of "
                             "each other", "our choice"),
    "never": Given(0.12, "share of prospects who have not bought whatever their closeness", "our choice"),
    "orders": Given(0.6, "logarithm of the mean number of orders at middling closeness", "our choice"),
    "trust_loading": Given(0.75, "loading of the items of trust on closeness", "our choice"),
    "commitment_loading": Given(0.72, "loading of the items of commitment", "our choice"),
    "mutual_loading": Given(0.60, "loading of the items on mutual effort", "our choice"),
    "dimension_loading": Given(0.50, "loading of each of the five dimensions on closeness", "our choice"),
    "waves": Given(2, "dates at which the customers are looked at, 1 or 2", "our choice"),
    "kept": Given(0.8, "correlation of an answer with the one a year before", "our choice"),
    "asymmetry_cost": Given(0.37, "what one-sided dependence costs cooperation, whichever side depends: the "
                                  "latent correlation is its negative; of scores about −0.3", "our choice"),
    "one_attitude": Given(0.8, "latent correlation of trust and commitment: 1 one thing under two names",
                          "our choice: two things close enough to leave open whether they are one"),
    "fairness_trust": Given(0.5, "latent correlation of fairness and trust", "our choice"),
    "reciprocity": Given(0.5, "latent correlation of what one side gives and what it gets", "our choice"),
    "evenness": Given(0.25, "how far commitment narrows the gap between giving and getting: by this much of its "
                            "logarithm per standard deviation; 0 not at all", "our choice"),
}
MEANINGS = {
    "customer_id": "who it is",
    "wave": "when the relation was looked at",
    "orders": "orders so far",
    "days_since_last": "days since the last order; empty for somebody who has not bought",
    "intention_1": "I mean to buy here again.",
    "trust_1": "They keep their word.",
    "trust_2": "They would not use our weakness.",
    "trust_3": "They know their trade.",
    "commitment_1": "We put effort into keeping this relation.",
    "commitment_2": "We see it lasting.",
    "commitment_3": "It would be a loss to end it.",
    "recommend": "How likely are you to recommend it? 0 to 10",
    "referrals": "customers brought along in the last 12 months",
    "joint": "joint activities in the last 12 months: development, reference, council",
    "mutual_1": "Both sides go out of their way for the other.",
    "mutual_2": "What one side gives, the other returns.",
    "cooperation_1": "They play suppliers off against each other (1), or look for what is best for both (7).",
    "cooperation_2": "Each keeps an advantage to itself (1), or shares it (7).",
    "balance_1": "One side decides (1), or both decide (7).",
    "balance_2": "Terms are dictated (1), or agreed between equals (7).",
    "own_dependence_1": "We could hardly do without them.",
    "their_dependence_1": "They could hardly do without us.",
    "social_1": "We only talk business (1), or know each other as people (7).",
    "social_2": "We meet for the matter only (1), or also because we like to (7).",
    "informal_1": "Contact goes by rules and forms (1), or is easy and informal (7).",
    "informal_2": "A question needs a letter (1), or a word in passing (7).",
    "liking_1": "We like the people there.",
    "respect_1": "Each respects the other.",
    "satisfaction_1": "All in all we are content with what this firm has done for us.",
    "satisfaction_2": "It has met what we had hoped for.",
    "satisfaction_3": "It comes close to the best we can imagine.",
    "loyalty_1": "We mean to stay a customer.",
    "loyalty_2": "Next time we would choose it again.",
    "loyalty_3": "We like dealing with it.",
    "roles_1": "We meet in our roles, not as persons.",
    "etiquette_1": "Polite form governs how we deal with each other.",
    "short_term_1": "Once the matter is settled, so is the contact.",
    "fairness_1": "What each side gets is fair for what it gives.",
    "fairness_2": "They treat us by fair procedures.",
    "given_1": "We do more for them than we must.",
    "given_2": "We adapt to what they need.",
    "received_1": "They do more for us than they must.",
    "received_2": "They adapt to what we need.",
}
ITEMS = {"intention": 1, "trust": 3, "commitment": 3, "mutual": 2, "cooperation": 2, "balance": 2,
         "own_dependence": 1, "their_dependence": 1, "social": 2, "informal": 2, "liking": 1, "respect": 1,
         "satisfaction": 3, "loyalty": 3, "roles": 1, "etiquette": 1, "short_term": 1,
         "fairness": 2, "given": 2, "received": 2}
CONSTRUCTS = {name: {"items": [f"{name}_{k + 1}" for k in range(count)], "reversed": [], "low": 1, "high": 7}
              for name, count in ITEMS.items()}
#: How far satisfaction, loyalty and the signs of a primary relation go with closeness, and those of a secondary
#: one against it.
KINDS = {"satisfaction": 0.75, "loyalty": 0.70, "liking": 0.60, "respect": 0.55, "roles": -0.45, "etiquette": -0.35, "short_term": -0.50}
DIMENSION_ITEM, TILT = 0.85, 0.5  # loading of an item on its dimension; how far asymmetry tilts dependence
EXCHANGE, EXCHANGE_ITEM = 0.5, 0.75  # how far closeness drives all that is exchanged; loading of an item of it


def dyads(n: int = 1000, seed: int = 1, truth: dict | None = None) -> World:
    """The relations of a firm with ``n`` customers and prospects, a row each at each of two dates.

    One closeness drives orders, trust, commitment, recommendation, joint activities and mutual effort; the
    part ``cumulative`` of the truth says how far. At 0 each follows a closeness of its own, and no step
    follows from another but by definition. ``truth`` changes parts of :data:`TRUTH`.

    Returns a :class:`World`. Its table ``dyads`` has ``orders``, ``days_since_last`` (days, missing without
    orders), ``recommend`` (0–10), ``referrals``, ``joint`` (counts in 12 months) and items on scales from 1
    to 7 for intention, trust, commitment and mutual effort, for the five dimensions, for primary and
    secondary relations, and for fairness and what either side gives. Which side depends more knows nothing of
    closeness; that one side does costs cooperation. Raises CrmlabError for a part of the truth that does not exist or lies outside 0 to 1.

    >>> dyads(n=200, seed=1).tables["dyads"].shape
    (400, 43)
    """
    set_ = _checked(n, truth or {})
    draw = Chance("dyads", seed, n)

    def closeness(step: str) -> np.ndarray:
        share = set_["cumulative"]
        own = draw.normal(f"closeness of {step}")
        return np.sqrt(share) * draw.normal("closeness") + np.sqrt(1 - share) * own

    frame = pd.DataFrame({"customer_id": [f"C{k:0{len(str(n))}d}" for k in range(1, n + 1)]})
    buys = draw.count("orders", np.exp(set_["orders"] + 0.7 * closeness("orders")))
    frame["orders"] = np.where(draw.uniform("never") < set_["never"], 0, buys)
    gap = np.ceil(draw.uniform("gap") * 900 / np.maximum(frame["orders"], 1))
    frame["days_since_last"] = pd.Series(gap).where(frame["orders"] > 0)
    for name in ("intention", "trust", "commitment", "mutual"):
        loading = set_.get(f"{name}_loading", 0.75)
        felt = _attitude(name, draw, closeness, set_) if name in ("trust", "commitment") else closeness(name)
        own = np.sqrt(1 - loading**2) * draw.normal(f"items of {name}", n, ITEMS[name])
        answer = 4.5 + 1.25 * (loading * felt[:, None] + own)
        frame[CONSTRUCTS[name]["items"]] = np.clip(np.round(answer), 1, 7).astype(int)
    heart = closeness("advocacy")
    recommend = 7.2 + 1.9 * (0.7 * heart + 0.71 * draw.normal("recommend"))
    frame["recommend"] = np.clip(np.round(recommend), 0, 10).astype(int)
    frame["referrals"] = draw.count("referrals", np.exp(-1.6 + 0.9 * heart))
    frame["joint"] = draw.count("joint", np.exp(-2.2 + 1.2 * closeness("mutual")))
    _describe(frame, draw, closeness, set_)
    _exchange(frame, draw, closeness, set_)
    waves = [frame.assign(wave="this year")]
    if set_["waves"] == 2:
        waves.insert(0, _before(frame, draw, set_["kept"]).assign(wave="last year"))
    frame = pd.concat(waves, ignore_index=True)[list(MEANINGS)]
    return World({"dyads": tables.stamp(frame, _provenance(frame, seed, set_))}, set_)


def _before(frame: pd.DataFrame, draw: Chance, kept: float) -> pd.DataFrame:
    """The same customers a year before: fewer orders, and answers that have drifted since."""
    out = frame.copy()
    out["orders"] = draw.thinned("orders before", frame["orders"].to_numpy(), 0.7)
    gap = np.ceil(draw.uniform("gap before") * 900 / np.maximum(out["orders"], 1))
    out["days_since_last"] = pd.Series(gap).where(out["orders"] > 0)
    for name in ("referrals", "joint"):
        out[name] = draw.thinned(f"{name} before", frame[name].to_numpy(), kept)
    ends = {"recommend": (0, 10)} | {item: (1, 7) for spec in CONSTRUCTS.values() for item in spec["items"]}
    for item, (low, high) in ends.items():
        now = frame[item].to_numpy(float)
        drift = np.sqrt(1 - kept**2) * now.std() * draw.normal(f"{item} before")
        out[item] = np.clip(np.round(now.mean() + kept * (now - now.mean()) + drift), low, high).astype(int)
    return out


def _describe(frame: pd.DataFrame, draw: Chance, closeness, set_: dict) -> None:
    """Write the items of the five dimensions, and of primary and secondary relations, into the frame."""
    latent, dependence = _dimensions(draw, closeness, set_)
    for name, values in latent.items():
        frame[CONSTRUCTS[name]["items"]] = _answers(draw, name, values, DIMENSION_ITEM)
    for name, values in dependence.items():
        frame[f"{name}_1"] = _on_scale(values)
    for name, loading in KINDS.items():
        frame[CONSTRUCTS[name]["items"]] = _answers(draw, name, np.sign(loading) * closeness(name), abs(loading))


def _attitude(name: str, draw: Chance, closeness, set_: dict) -> np.ndarray:
    """Latent trust, or latent commitment: the same, but for what the truth sets apart."""
    if name == "trust":
        return closeness("attitude")
    one = set_["one_attitude"]
    return one * closeness("attitude") + np.sqrt(1 - one**2) * draw.normal("commitment alone")


def _exchange(frame: pd.DataFrame, draw: Chance, closeness, set_: dict) -> None:
    """Write the items of fairness, and of what either side gives, into the frame.

    All are drawn given trust and commitment, which so stay as they were. What both sides give together and the
    gap between them do not correlate, which makes their correlation the one that was set; the gap shrinks with
    commitment and keeps its variance.
    """
    trust, commitment = (_attitude(name, draw, closeness, set_) for name in ("trust", "commitment"))
    drawn, evenness, both = set_["fairness_trust"], set_["evenness"], set_["reciprocity"]
    fairness = drawn * trust + np.sqrt(1 - drawn**2) * draw.normal("fairness")
    together = EXCHANGE * closeness("exchange") + np.sqrt(1 - EXCHANGE**2) * draw.normal("exchange")
    gap = np.exp(-evenness * commitment - evenness**2) * draw.normal("gap")
    together, gap = np.sqrt((1 + both) / 2) * together, np.sqrt((1 - both) / 2) * gap
    for name, values in (("fairness", fairness), ("given", together + gap), ("received", together - gap)):
        frame[CONSTRUCTS[name]["items"]] = _answers(draw, name, values, EXCHANGE_ITEM)


def _on_scale(values: np.ndarray) -> np.ndarray:
    return np.clip(np.round(4.2 + 1.4 * values), 1, 7).astype(int)


def _answers(draw: Chance, name: str, latent: np.ndarray, loading: float) -> np.ndarray:
    """Answers from 1 to 7 to the items of a latent score, each with an error of its own."""
    own = np.sqrt(1 - loading**2) * draw.normal(f"items of {name}", draw.n, ITEMS[name])
    return _on_scale(loading * latent[:, None] + own)


def _dimensions(draw: Chance, closeness, set_: dict) -> tuple[dict, dict]:
    """Four latent dimensions, and both sides' dependence as it is felt.

    Dependence felt as one-sided lowers cooperation, so it is drawn first; the difference of the sides is
    normal with a known spread, which makes its size exactly standard.
    """
    loading, cost = set_["dimension_loading"], set_["asymmetry_cost"]

    def driven(name: str, taken: float = 0.0) -> np.ndarray:
        rest = np.sqrt(max(1 - loading**2 - taken**2, 0.0))
        return loading * closeness(name) + rest * draw.normal(f"dimension {name}")

    common, tilt = np.sqrt(1 - TILT**2) * driven("interdependence"), TILT * draw.normal("asymmetry")
    error = np.sqrt(1 - DIMENSION_ITEM**2)
    own = DIMENSION_ITEM * (common + tilt) + error * draw.normal("items of own_dependence")
    their = DIMENSION_ITEM * (common - tilt) + error * draw.normal("items of their_dependence")
    one_sided = np.abs(own - their) / np.sqrt(4 * (DIMENSION_ITEM * TILT)**2 + 2 * error**2)
    one_sided = (one_sided - np.sqrt(2 / np.pi)) / np.sqrt(1 - 2 / np.pi)
    latent = {"cooperation": driven("cooperation", cost) - cost * one_sided,
              **{name: driven(name) for name in ("balance", "social", "informal")}}
    return latent, {"own_dependence": own, "their_dependence": their}


def _checked(n: int, changed: dict) -> dict:
    truth = told("dyads", TRUTH, changed, n)
    if truth["waves"] not in (1, 2):
        raise CrmlabError("A world has one or two waves.", f"Found waves = {truth['waves']}.", "Give 1 or 2.")
    for name in truth.keys() - {"orders", "waves"}:
        if not 0 <= truth[name] <= 1:
            raise CrmlabError(f"The truth '{name}' is a share.", f"Found {name} = {truth[name]}.",
                              "Keep it between 0 and 1.")
    return truth


def _behind(truth: dict) -> list[list]:
    """The correlations of what is measured, before answering.

    Chance is a part of ``recommend`` and ``orders``, which are no scores; the mean of the orders is lognormal.
    """
    one, fair, same = truth["one_attitude"], truth["fairness_trust"], truth["cumulative"]
    mean, square, buys = np.exp(truth["orders"] + 0.7**2 / 2), np.exp(2 * truth["orders"] + 2 * 0.7**2), 1 - truth["never"]
    bought = same * buys * 0.7 * mean / np.sqrt(buys * (mean + square) - (buys * mean) ** 2)
    told_ = same * 0.7 / np.hypot(0.7, 0.71)
    trust = {"fairness": fair, "satisfaction": same, "loyalty": same, "mutual": same, "recommend": told_, "orders": bought}
    pairs = {("trust", "commitment"): one, ("given", "received"): truth["reciprocity"], ("satisfaction", "loyalty"): same}
    pairs |= {("trust", name): value for name, value in trust.items()}
    pairs |= {("commitment", name): one * value for name, value in trust.items()}
    return [[*pair, float(value)] for pair, value in pairs.items()]


def _provenance(frame: pd.DataFrame, seed: int, truth: dict) -> dict:
    return provenance("relations", "dyads", "Nobody was asked: these customers are simulated.", frame, seed, truth, table="dyads",
                      roles=["wave"], constructs=CONSTRUCTS, meanings=MEANINGS,
                      behind=_behind(truth))
