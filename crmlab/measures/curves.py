"""The form of a relation: does the line bend, and would a straight relation with these margins look bent too?

Ratings crowd at the top of their scale. Where loyalty has nowhere left to rise, even a perfectly straight
relation between what people feel looks like diminishing returns. So every form is judged against its own
null: two normal latents, tied by a straight line, pressed through the margins at hand.
"""

from itertools import combinations
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri

from crmlab.frame import correlations, stats

EDGE = 0.10  # a knot has at least a tenth of the customers on either side
BESIDE = 10  # crmlab rule: on either side of a turn stand so many customers at least, or units of them
MOST_KNOTS = 40  # of more places than these, evenly spread ones are tried
ENOUGH = 40_000_000  # customers × places or questions × worlds that a null may cost
TERMS = 60  # of Mehler's sum


class Fit(NamedTuple):
    """A standardised coefficient of the squared term, its error, and their ratio."""

    estimate: float
    error: float
    statistic: float
    df: float


class Bend(NamedTuple):
    """A squared term set against straight relations: ``centre`` is what the ends of the scales alone would show.

    ``chance`` holds the statistics of the straight worlds, sorted; it is empty for clusters or weights, which the
    worlds do not know: then only their middle is used.
    """

    estimate: float
    error: float
    statistic: float
    df: float
    centre: float
    chance: np.ndarray

    def tails(self, beyond: float = 0.0) -> tuple[float, float]:
        """One-sided p values of a bend that lies no further up, and no further down, than ``beyond`` the centre."""
        if not len(self.chance):
            t = (self.estimate - self.centre - beyond) / self.error
            return stats.upper_tail(t, self.df), stats.upper_tail(-t, self.df)
        t = round(self.statistic - beyond / self.error, 8)
        counts = np.sum(self.chance >= t), np.sum(self.chance <= t)
        return tuple(float((1 + count) / (len(self.chance) + 1)) for count in counts)

    @property
    def p(self) -> float:
        """Two-sided p of the bend against the ends of the scales."""
        return min(1.0, 2 * min(self.tails()))

    def equal(self, margin: float) -> float:
        """p of a bend that would matter, by two one-sided tests (Schuirmann 1987)."""
        return max(self.tails(margin)[1], self.tails(-margin)[0])

    def interval(self, level: float) -> tuple[float, float]:
        """The bends that the same tests would not refuse: it leaves out the centre where p < 1 − level."""
        if not len(self.chance):
            half = stats.critical(level, self.df) * self.error
            return self.estimate - half, self.estimate + half
        spared = beyond(self.chance, (1 - level) / 2)
        low, high = self.chance[spared], self.chance[::-1][spared]
        return tuple(float(self.centre + (self.statistic - end) * self.error) for end in (high, low))


def beyond(chance: np.ndarray, risk: float) -> int:
    """How many of the draws may lie as far out as the statistic, for a Monte Carlo p below the risk."""
    return max(0, int(np.ceil(round(risk * (len(chance) + 1), 9))) - 2)


class Kink(NamedTuple):
    """Two straight pieces that meet at the knot: slopes below and above, and how sure their difference is."""

    knot: float
    below: float
    above: float
    difference: float
    error: float
    statistic: float


def standardised(values, weight=None) -> np.ndarray:
    values = np.asarray(values, float) - np.average(values, weights=weight)
    return values / np.sqrt(np.average(values**2, weights=weight))


def quadratic(x, y, cluster=None, weight=None) -> Fit:
    """Standardised coefficient of x² beside x, with HC3 errors (Long & Ervin 2000).

    With clusters or weights the error comes from leaving out one unit at a time, with units − 1 degrees of freedom.

    >>> rng = stats.rng(1, "doc"); x = rng.normal(size=400)
    >>> fit = quadratic(x, x - 0.3 * x**2 + rng.normal(size=400))
    >>> fit.estimate < 0 and fit.statistic < -3
    True
    """
    zx, zy = standardised(x, weight), standardised(y, weight)
    if not stats.full_rank([zx, zx**2]):
        return Fit(*[np.nan] * 4)
    if cluster is None and weight is None:
        model = stats.regression(zy, [zx, zx**2])
        return Fit(float(model.params[2]), float(model.bse[2]), float(model.tvalues[2]), np.inf)
    unit = np.arange(len(zx)) if cluster is None else np.unique(cluster, return_inverse=True)[1]
    slope, error = _jackknifed(np.column_stack([np.ones_like(zx), zx, zx**2]), zy, unit, weight)
    return Fit(slope, error, slope / error if error else np.nan, float(unit.max()))


def bent(x, y, cluster=None, weight=None, *, draws: int = 2000, seed: int = 1, answers=(None, None)) -> Bend:
    """:func:`quadratic` against :func:`null_statistics`: whether the line bends more than its scales make it."""
    fit = quadratic(x, y, cluster, weight)
    chance = np.sort(null_statistics(x, y, draws=draws, seed=seed, answers=answers))
    if cluster is None and weight is None:
        return Bend(*fit, float(np.median(chance)) * fit.error if len(chance) else np.nan, chance)
    return Bend(*fit, float(np.median(chance)) * quadratic(x, y).error if len(chance) else np.nan, np.empty(0))


def _jackknifed(columns, y, unit, weight) -> tuple[float, float]:
    """The last coefficient of least squares, and its error from leaving out one unit at a time (Tukey 1958)."""
    weighted = columns if weight is None else columns * np.asarray(weight, float)[:, None]
    across, along = (np.zeros((unit.max() + 1, *shape)) for shape in ((columns.shape[1],) * 2, columns.shape[1:]))
    np.add.at(across, unit, weighted[:, :, None] * columns[:, None, :])
    np.add.at(along, unit, weighted * y[:, None])
    try:
        left = np.linalg.solve(across.sum(0) - across, (along.sum(0) - along)[..., None])[:, -1, 0]
        whole = np.linalg.solve(across.sum(0), along.sum(0))[-1]
    except np.linalg.LinAlgError:  # one unit alone decides
        return np.nan, np.nan
    return float(whole), float(np.sqrt((len(left) - 1) / len(left) * ((left - left.mean()) ** 2).sum()))


def turn(x, y, cluster=None, weight=None) -> tuple[float, bool, bool]:
    """Where the fitted curve turns, whether y rises before, and whether two lines on either side surely part ways.

    By the two lines of Simonsohn (2018), set apart at the turn of the fitted parabola: lines that meet there would let
    a curve that rises and then stays level fall. There is no turn where fewer than a tenth of the customers lie on
    either side of it, and no sure one where fewer than ten units do.

    >>> x = np.linspace(0, 10, 200); place, rises, sure = turn(x, (x - 4) ** 2 + np.sin(7 * x))
    >>> round(place, 1), rises, sure
    (4.0, False, True)
    """
    middle, spread = float(np.mean(x)), float(np.std(x))
    x, y = (np.asarray(x, float) - middle) / spread, standardised(y)
    line, square = stats.regression(y, [x, x**2], cluster, weight).params[1:]
    place = -line / (2 * square) if square else np.nan
    unit = np.arange(len(x)) if cluster is None else np.asarray(cluster)
    sides = (x < place, x > place)
    if not min(np.mean(side) for side in sides) >= EDGE:
        return np.nan, bool(line > 0), False
    many = min(len(np.unique(unit[side])) for side in sides) >= BESIDE
    apart = [np.minimum(x - place, 0), np.maximum(x - place, 0), (x > place).astype(float)]
    t = stats.regression(y, apart, cluster, weight).tvalues[1:3] if stats.full_rank(apart) else np.zeros(2)
    sure = many and min(np.abs(t)) > stats.critical(0.90) and t[0] * t[1] < 0
    return float(place * spread + middle), bool(square < 0), bool(sure)


def knots(x) -> np.ndarray:
    """Where a line may break: distinct values inside the range, a tenth of the customers on either side."""
    low, high = np.quantile(x, [EDGE, 1 - EDGE])
    places = np.unique(x)[1:-1]
    places = places[(places >= low) & (places <= high)]
    if len(places) <= MOST_KNOTS:
        return places
    return places[np.linspace(0, len(places) - 1, MOST_KNOTS).round().astype(int)]


def kink(x, y, knot: float | None = None) -> Kink:
    """The best place for a line to break, or the break at a given knot; the statistic is the largest |t|."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    middle, y = x.mean(), y - y.mean()  # scores far from 0 would swallow the digits
    x = x - middle
    places = knots(x) if knot is None else np.array([float(knot) - middle])
    t = np.abs(_hinge_statistics(x, y, places)) if len(places) else np.array([np.nan])
    if not np.isfinite(t).any():
        return Kink(*[np.nan] * 6)
    best = float(places[np.nanargmax(t)])
    model = stats.regression(y, [x, np.maximum(x - best, 0)])
    below, difference = float(model.params[1]), float(model.params[2])
    return Kink(best + middle, below, below + difference, difference, float(model.bse[2]),
                float(abs(model.tvalues[2])))


def null_statistics(x, y, *, form: str = "quadratic", draws: int = 2000, seed: int = 1,
                    answers=(None, None)) -> np.ndarray:
    """The statistic of :func:`quadratic` or :func:`kink` in ``draws`` worlds where the relation is straight.

    Each world has normal latents with straight relations, one behind every question (``answers``: customers ×
    questions of x and of y) or, where these are not known, one behind each score. Every latent is cut to its own
    margin, with latent correlations that show as the observed ones; scores are the means of the answers.
    Margins and correlations then vary from world to world as in samples. Worlds without a statistic (a score
    that does not vary) are left out. Of very many customers there are fewer worlds, at least 500, and fewer
    searches for a knot, at least 200.
    """
    middle = np.mean(x), np.mean(y)  # scores far from 0 would swallow the digits
    worlds, places = Straight.of(x, y, answers), knots(np.asarray(x, float) - middle[0])
    if form == "kink":
        if not len(places):
            return np.empty(0)
        draws = min(draws, max(200, ENOUGH // (len(x) * len(places))))
    draws = min(draws, max(500, ENOUGH // (len(x) * worlds.width)))
    chance, out = stats.rng(seed, "margins", form), []
    for part in stats.parts(draws, len(x) * worlds.width, 1_000_000):
        xs, ys = worlds.drawn((part, len(x)), chance)
        if form == "quadratic":
            out.append(_quadratic_statistics(xs, ys))
        else:
            t = np.stack([np.abs(_hinge_statistics(a - middle[0], b - middle[1], places))
                          for a, b in zip(xs, ys, strict=True)])
            out.append(np.where(np.isfinite(t), t, -np.inf).max(axis=1))
    out = np.concatenate(out)
    return out[np.isfinite(out)].round(8)


class Straight(NamedTuple):
    """Normal latents with straight relations, one behind each question, and the margins that cut them."""

    margins: tuple  # of each question, what was answered, sorted
    mixed: np.ndarray  # turns independent normals into the latents
    asked: np.ndarray  # customers × questions: whether answered
    first: int  # questions of x; the others are of y

    @property
    def width(self) -> int:
        return len(self.margins)

    @classmethod
    def of(cls, x, y, answers=(None, None)) -> "Straight":
        sides = [np.asarray(score, float)[:, None] if items is None else np.asarray(items, float)
                 for score, items in zip((x, y), answers, strict=True)]
        items = np.hstack(sides)
        asked = np.isfinite(items)
        asked = asked[np.lexsort(asked.T)]  # the order of the customers says nothing
        latent = np.eye(items.shape[1])
        for a, b in combinations(range(len(latent)), 2):
            both = np.isfinite(items[:, a]) & np.isfinite(items[:, b])
            latent[a, b] = latent[b, a] = latent_correlation(items[both, a], items[both, b])
        lack = max(0.0, 1e-6 - np.linalg.eigvalsh(latent)[0])  # pairs of correlations need not fit together
        mixed = np.linalg.cholesky((latent + lack * np.eye(len(latent))) / (1 + lack))
        return cls(tuple(np.sort(item[np.isfinite(item)]) for item in items.T), mixed, asked, sides[0].shape[1])

    def drawn(self, shape, chance) -> tuple[np.ndarray, np.ndarray]:
        """Scores x and y of worlds × customers."""
        latent = chance.normal(size=(*shape, self.width)) @ self.mixed.T
        items = np.stack([_margin(latent[..., k], margin) for k, margin in enumerate(self.margins)], axis=-1)
        asked = self.asked[np.arange(shape[-1]) % len(self.asked)]
        sides = slice(None, self.first), slice(self.first, None)
        return tuple(items[..., 0] if len(items.T) == 1 else (items * known).sum(-1) / known.sum(-1)
                     for items, known in ((items[..., side], asked[..., side]) for side in sides))


def latent_correlation(x, y) -> float:
    """The correlation of normal latents that shows as the observed one after the margins have cut it.

    By Mehler's (1866) formula: a correlation ρ of the latents shows as the sum of a_k b_k ρ^k, where a and b
    are the coefficients of the two cuts on Hermite polynomials.
    """
    if min(np.ptp(x), np.ptp(y)) == 0:
        return 0.0
    shown = _hermite(np.sort(x)) * _hermite(np.sort(y))
    r, low, high, power = correlations.correlation("pearson", x, y), -0.999, 0.999, np.arange(1, TERMS + 1)
    for _ in range(24):
        middle = (low + high) / 2
        low, high = (middle, high) if shown @ middle**power < r else (low, middle)
    return round(middle, 6)


def _hermite(ordered: np.ndarray) -> np.ndarray:
    """Of the standardised cut of a normal latent, its coefficients on normalised Hermite polynomials."""
    levels, count = np.unique(ordered, return_counts=True)
    cut = ndtri(np.cumsum(count)[:-1] / len(ordered))
    weight = np.diff(levels) * np.exp(-(cut**2) / 2) / np.sqrt(2 * np.pi) / ordered.std()
    before, now, out = np.zeros_like(cut), np.ones_like(cut), []
    for k in range(1, TERMS + 1):
        out.append(weight @ now / np.sqrt(k))
        before, now = now, (cut * now - np.sqrt(k - 1) * before) / np.sqrt(k)
    return np.array(out)


def straight_null(x, y, at, seed: int = 1, size: int = 200_000, answers=(None, None)) -> np.ndarray:
    """The mean of y near each x that a straight relation with these margins would show."""
    xs, ys = Straight.of(x, y, answers).drawn((1, size), stats.rng(seed, "straight"))
    levels, where = np.unique(xs[0], return_inverse=True)
    if len(levels) > 100:  # hardly anyone shares a value: averages of sixty equal parts instead
        where = np.argsort(np.argsort(xs[0], kind="stable")) * 60 // size
        levels = np.bincount(where, xs[0]) / np.bincount(where)
    return np.interp(at, levels, np.bincount(where, ys[0]) / np.bincount(where))


def _margin(latent: np.ndarray, ordered: np.ndarray) -> np.ndarray:
    place = (ndtr(latent) * len(ordered)).astype(int)
    return ordered[np.minimum(place, len(ordered) - 1)]


def _hc3_last(x: np.ndarray, last: np.ndarray, y: np.ndarray) -> np.ndarray:
    """t of ``last`` beside a constant and x with HC3 errors, along the last axis; missing where it cannot be.

    By Frisch & Waugh (1933): what x leaves of the last column, against what x leaves of y.
    """
    x, whole, y = (v - v.mean(axis=-1, keepdims=True) for v in (x, last, y))
    with np.errstate(invalid="ignore", divide="ignore"):
        across = (x**2).sum(-1, keepdims=True)
        rest, left = (v - x * ((x * v).sum(-1, keepdims=True) / across) for v in (whole, y))
        size = (rest**2).sum(-1, keepdims=True)
        slope = (rest * left).sum(-1, keepdims=True) / size
        leverage = np.minimum(1 / x.shape[-1] + x**2 / across + rest**2 / size, 1 - 1e-9)
        error = rest * (left - slope * rest) / (1 - leverage)
        variance, size = (error**2).sum(-1), size[..., 0]
        sound = (size > 1e-9 * (whole**2).sum(-1)) & (variance > 1e-20 * size * (y**2).sum(-1))
        return slope[..., 0] * size / np.sqrt(np.where(sound, variance, np.nan))


def _quadratic_statistics(xs, ys) -> np.ndarray:
    return _hc3_last(xs, (xs - xs.mean(axis=-1, keepdims=True)) ** 2, ys)


def _hinge_statistics(x, y, places) -> np.ndarray:
    """t of the break at each of the places."""
    return _hc3_last(x, np.maximum(x - places[:, None], 0), y)
