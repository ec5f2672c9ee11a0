"""The purchases of simulated customers of a shop: of each is known how often, until when, and for how much."""

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from crmlab.frame.errors import CrmlabError
from crmlab.measures import tables
from crmlab.sources.worlds.common import Chance, Given, World, provenance, told

BUYING = "Fader, Hardie & Lee (2005), CDNOW, weeks"
SPENDING = "Fader & Hardie (2013), CDNOW, US dollars"
TRUTH = {
    "r": Given(0.243, "shape of the purchase rates: the smaller, the less alike the customers", BUYING),
    "alpha": Given(4.414, "scale of the purchase rates; their mean is r / alpha a week", BUYING),
    "a": Given(0.793, "dropout after a purchase: its mean is a / (a + b); 0 if nobody ever leaves", BUYING),
    "b": Given(2.426, "the other side of dropout", BUYING),
    "p": Given(6.25, "shape of what one customer spends from time to time", SPENDING),
    "q": Given(3.74, "shape of the mean spend across customers, above 1", SPENDING),
    "gamma": Given(15.44, "scale of the mean spend; its mean is p gamma / (q - 1)", SPENDING),
    "heterogeneity": Given(1.0, "how much customers differ: 1 as above, 0 all alike, with the same means",
                           "our choice"),
    "groups": Given(1, "groups of customers that are truly distinct, in which nobody leaves; 1 is a "
                       "continuum", "our choice"),
    "separation": Given(3.0, "times as often as the group before a group buys, for so much less each time; "
                             "the first as against the rate above", "our choice"),
    "within": Given(0.02, "share of the differences that is left inside each of several groups",
                    "our choice"),
    "joining": Given(12, "weeks in which the customers come for the first time", "as in the CDNOW sample"),
    "weeks": Given(78, "weeks that are looked at", "as in the CDNOW sample"),
}
START = np.datetime64("2024-01-01")
MEANINGS = {"customer_id": "who bought", "date": "the day of the purchase", "amount": "what was paid",
            "margin": "what is left of it at the customer's net price after the cost to serve"}
#: What hangs together among customers beyond their purchases, our choice: each follows another in normal
#: scores, with this correlation. Size is the mean score of purchase rate and spend.
LINKS = {
    "price": ("size", -0.4),  # large customers bargain
    "cost_to_serve": ("price", 0.3),
    "share_of_wallet": ("size", 0.5),
    "relative_attitude": ("share_of_wallet", 0.4),  # low enough for spurious and latent loyalty
    "importance": ("size", 0.7),
    "difficulty": ("cost_to_serve", 0.4),
    "business_attractiveness": ("size", 0.6),
    "relation_strength": ("relative_attitude", 0.5),
}


def shop(n: int = 2000, seed: int = 1, truth: dict | None = None) -> World:
    """The purchases of ``n`` customers who join in the first weeks and are followed to the end.

    The model BG/NBD (Fader, Hardie & Lee 2005): while alive a customer buys at a rate of the own, and may
    leave after each repeat purchase; rates and risks differ between customers. Spend is gamma-gamma (Fader &
    Hardie 2013). At the defaults there is one continuum of customers and no group; ``groups`` makes some that
    are truly distinct. ``truth`` changes parts of :data:`TRUTH`; another truth meets the same customers.

    Returns a :class:`World` with two tables. ``transactions`` has a row per purchase: ``customer_id``,
    ``date``, ``amount``, ``margin``. ``customers`` has a row per customer: ``first_date``, ``true_rate``
    (purchases a week), ``true_risk`` (probability to leave after a repeat purchase), ``true_dropout`` (the
    date, missing while alive), ``true_alive`` (at the end), ``true_mean_value``, ``true_group`` (from 0), and
    for portfolio matrices ``price`` (net, as a multiple of the list price), ``cost_to_serve`` (all costs, in
    the same unit), ``share_of_wallet`` (0 to 1) and ratings from 1 to 7: ``relative_attitude``,
    ``importance``, ``difficulty``, ``business_attractiveness`` and ``relation_strength``. How these hang
    together stands in ``LINKS``.

    Raises CrmlabError for a part of the truth that does not exist or cannot be.

    >>> world = shop(n=500, seed=1)
    >>> world.tables["transactions"]["customer_id"].nunique(), len(world.tables["customers"])
    (500, 500)
    """
    set_ = _checked(n, truth or {})
    draw = Chance("shop", seed, n)
    customers = _customers(set_, draw)
    days = 7 * set_["weeks"] - 1 - customers["joined"].to_numpy()  # left after the first purchase
    who, after, left = _repeats(customers, days, draw)
    joined = customers.pop("joined").to_numpy()
    customers["first_date"] = _date(joined)
    customers["true_dropout"] = pd.Series(_date(joined + left)).where(left >= 0)
    customers["true_alive"] = left < 0
    rows = pd.DataFrame({"who": np.append(np.arange(n), who), "day": np.append(joined, joined[who] + after)})
    rows["amount"] = _amounts(customers["true_mean_value"].to_numpy()[rows["who"]], set_["p"], draw)
    log = _log(rows, customers)
    order = ["customer_id", "first_date", *[name for name in customers if name.startswith("true")], *LINKS]
    return World({"transactions": tables.stamp(log, _provenance(log, seed, set_)),
                  "customers": tables.stamp(customers[order], {
                      **_provenance(customers, seed, set_), "table": "survey", "meanings": {}})}, set_)


def _date(day: np.ndarray) -> np.ndarray:
    return (START + day).astype("datetime64[s]")


def _customers(set_: dict, draw: Chance) -> pd.DataFrame:
    """What is true of each customer before the first purchase; ``joined`` is a day."""
    several = set_["groups"] > 1
    differ = set_["heterogeneity"] * (set_["within"] if several else 1)
    group = np.minimum((draw.uniform("group") * set_["groups"]).astype(int), set_["groups"] - 1)
    often = float(set_["separation"]) ** (group + several)
    frame = pd.DataFrame({"customer_id": [f"C{k:0{len(str(draw.n))}d}" for k in range(1, draw.n + 1)]})
    frame["joined"] = (draw.uniform("joined") * 7 * set_["joining"]).astype(int)
    frame["true_rate"] = often * set_["r"] / set_["alpha"] * draw.gamma("rate", _over(set_["r"], differ))
    frame["true_risk"] = 0.0 if several else _risk(set_, differ, draw)
    # Dividing q - 1 and gamma by the same number keeps the mean spend and shrinks the differences.
    shape = 1 + _over(set_["q"] - 1, differ)
    mean = set_["p"] * set_["gamma"] / (set_["q"] - 1)
    spend = mean * (1 - 1 / shape) / draw.gamma("spend", shape)
    frame["true_mean_value"] = spend / often
    frame["true_group"] = group
    scores = (ndtri(draw.uniform("rate")) - ndtri(draw.uniform("spend"))) / np.sqrt(2)
    return frame.assign(**_besides(scores, draw))


def _over(shape: float, differ: float) -> float:
    return shape / differ if differ else np.inf


def _risk(set_: dict, differ: float, draw: Chance) -> np.ndarray:
    if not differ or not set_["a"]:
        return np.full(draw.n, set_["a"] / (set_["a"] + set_["b"]))
    return draw.beta("risk", set_["a"] / differ, set_["b"] / differ)


def _besides(size: np.ndarray, draw: Chance) -> dict:
    """What a firm knows or judges beyond purchases."""
    scores = {"size": size}
    for name, (cause, link) in LINKS.items():
        scores[name] = link * scores[cause] + np.sqrt(1 - link**2) * draw.normal(name)
    known = {name: np.clip(np.round(4.2 + 1.4 * scores[name]), 1, 7).astype(int) for name in LINKS}
    return known | {"price": np.maximum(0.88 + 0.06 * scores["price"], 0.5).round(3),
                    "cost_to_serve": (0.62 * np.exp(0.3 * scores["cost_to_serve"])).round(3),
                    "share_of_wallet": ndtr(scores["share_of_wallet"]).round(3)}


def _repeats(customers: pd.DataFrame, days: np.ndarray, draw: Chance) -> tuple[np.ndarray, ...]:
    """Customer and day after the first of each repeat purchase, and the day of leaving, −1 for those alive."""
    counts = draw.count("repeats", customers["true_rate"].to_numpy() * days / 7)
    who = np.repeat(np.arange(len(counts)), counts)
    after = np.ceil(draw.uniform("days", len(who)) * days[who]).astype(int)
    after = after[np.lexsort((after, who))]
    nth = np.arange(len(who)) - np.repeat(np.cumsum(counts) - counts, counts) + 1
    with np.errstate(divide="ignore"):
        last = np.ceil(np.log(draw.uniform("leaving")) / np.log1p(-customers["true_risk"].to_numpy()))
    last = np.maximum(last, 1)
    left = np.full(len(counts), -1)
    final = nth == last[who]
    left[who[final]] = after[final]
    kept = nth <= last[who]
    return who[kept], after[kept], left


def _amounts(means: np.ndarray, shape: float, draw: Chance) -> np.ndarray:
    return np.maximum(draw.amounts("amounts", shape, len(means)) * means, 0.01).round(2)


def _log(rows: pd.DataFrame, customers: pd.DataFrame) -> pd.DataFrame:
    """The purchases in the order of the days."""
    rows = rows.sort_values(["day", "who"], kind="stable")
    who = rows["who"].to_numpy()
    share = 1 - (customers["cost_to_serve"] / customers["price"]).to_numpy()[who]
    return pd.DataFrame({
        "customer_id": customers["customer_id"].to_numpy()[who],
        "date": _date(rows["day"].to_numpy()),
        "amount": rows["amount"].to_numpy(), "margin": (rows["amount"].to_numpy() * share).round(2)})


def _checked(n: int, changed: dict) -> dict:
    truth = told("shop", TRUTH, changed, n)
    least = dict.fromkeys(TRUTH, 0.0) | {"q": 1.0}
    for name in truth:
        zero = name in ("a", "heterogeneity", "within")
        if not (truth[name] > least[name] or zero and truth[name] == 0):
            raise CrmlabError(f"The truth '{name}' is too small.", f"Found {name} = {truth[name]}.",
                              f"Keep it {'at 0 or above' if zero else f'above {least[name]:g}'}.")
    if truth["groups"] != int(truth["groups"]) or truth["groups"] > n:
        raise CrmlabError("There cannot be such groups.", f"Found groups = {truth['groups']} and n = {n}.",
                          "Give a whole number of at most n.")
    if truth["joining"] >= truth["weeks"]:
        raise CrmlabError("Customers join before the end.",
                          f"Found joining = {truth['joining']} and weeks = {truth['weeks']}.",
                          "Keep joining below weeks.")
    return truth


def _provenance(frame: pd.DataFrame, seed: int, truth: dict) -> dict:
    return provenance("shop", "shop", "Nobody bought anything: these customers are simulated.", frame, seed, truth,
                      table="transactions", meanings=MEANINGS, currency="EUR")
