"""The form of a relation: does the line bend, and would a straight relation with these margins look bent too?

Ratings crowd at the top of their scale. Where loyalty has nowhere left to rise, even a perfectly straight
relation between what people feel looks like diminishing returns. So every form is judged against its own
null: two normal latents, tied by a straight line, pressed through the margins at hand.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import ndtr

from crmlab.frame import resample, stats

EDGE = 0.10  # a knot has at least a tenth of the customers on either side
MOST_KNOTS = 40  # of more places than these, evenly spread ones are tried
ENOUGH = 40_000_000  # customers × places × worlds a search for the knot may cost


class Fit(NamedTuple):
    """A standardised coefficient of the squared term, its error, and their ratio."""

    estimate: float
    error: float
    statistic: float
    df: float


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
    """Standardised coefficient of x² beside x, with HC3 errors (Long & Ervin 2000) or errors by cluster.

    >>> rng = stats.rng(1, "doc"); x = rng.normal(size=400)
    >>> fit = quadratic(x, x - 0.3 * x**2 + rng.normal(size=400))
    >>> fit.estimate < 0 and fit.statistic < -3
    True
    """
    zx, zy = standardised(x, weight), standardised(y, weight)
    if not stats.full_rank([zx, zx**2]):
        return Fit(*[np.nan] * 4)
    model = stats.regression(zy, [zx, zx**2], cluster, weight)
    df = np.inf if cluster is None else len(np.unique(cluster)) - 1
    return Fit(float(model.params[2]), float(model.bse[2]), float(model.tvalues[2]), float(df))


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
    places = knots(x) if knot is None else np.array([float(knot)])
    t = np.abs(_hinge_statistics(x, y, places)) if len(places) else np.array([np.nan])
    if not np.isfinite(t).any():
        return Kink(*[np.nan] * 6)
    best = float(places[np.nanargmax(t)])
    model = stats.regression(y, [x, np.maximum(x - best, 0)])
    below, difference = float(model.params[1]), float(model.params[2])
    return Kink(best, below, below + difference, difference, float(model.bse[2]),
                float(abs(model.tvalues[2])))


def null_statistics(x, y, *, form: str = "quadratic", draws: int = 2000, seed: int = 1) -> np.ndarray:
    """The statistic of :func:`quadratic` or :func:`kink` in ``draws`` worlds where the relation is straight.

    Each world has two normal latents with a straight relation, cut to the margins of x and y, with a latent
    correlation chosen so that the observed correlation is the one at hand. Margins and correlation then vary
    from world to world as in samples. Worlds without a statistic (a score that does not vary) are left out.
    Of very many customers there are fewer searches for a knot, at least 200.
    """
    places = knots(x)
    if form == "kink":
        if not len(places):
            return np.empty(0)
        draws = min(draws, max(200, ENOUGH // (len(x) * len(places))))
    latent = latent_correlation(x, y, seed)
    chance, out = stats.rng(seed, "margins", form), []
    for part in stats.parts(draws, len(x), 1_000_000):
        xs, ys = _pressed(x, y, latent, (part, len(x)), chance)
        if form == "quadratic":
            out.append(_quadratic_statistics(xs, ys))
        else:
            t = np.stack([np.abs(_hinge_statistics(a, b, places)) for a, b in zip(xs, ys, strict=True)])
            out.append(np.where(np.isfinite(t), t, -np.inf).max(axis=1))
    out = np.concatenate(out)
    return out[np.isfinite(out)]


def latent_correlation(x, y, seed: int = 1, size: int = 40_000) -> float:
    """The correlation of normal latents that shows as the observed one after the margins have cut it."""
    r = resample.correlation("pearson", x, y)
    first, second = stats.rng(seed, "latent").normal(size=(2, size))
    xs, y_sorted = _margin(first, np.sort(x)), np.sort(y)
    low, high = -0.999, 0.999
    for _ in range(24):
        middle = (low + high) / 2
        ys = _margin(middle * first + np.sqrt(1 - middle**2) * second, y_sorted)
        low, high = (middle, high) if np.corrcoef(xs, ys)[0, 1] < r else (low, middle)
    return middle


def straight_null(x, y, at, seed: int = 1, size: int = 200_000) -> np.ndarray:
    """The mean of y near each x that a straight relation with these margins would show."""
    xs, ys = _pressed(x, y, latent_correlation(x, y, seed), (1, size), stats.rng(seed, "straight"))
    levels, where = np.unique(xs[0], return_inverse=True)
    if len(levels) > 100:  # hardly anyone shares a value: averages of sixty equal parts instead
        where = np.argsort(np.argsort(xs[0], kind="stable")) * 60 // size
        levels = np.bincount(where, xs[0]) / np.bincount(where)
    return np.interp(at, levels, np.bincount(where, ys[0]) / np.bincount(where))


def _margin(latent: np.ndarray, ordered: np.ndarray) -> np.ndarray:
    place = (ndtr(latent) * len(ordered)).astype(int)
    return ordered[np.minimum(place, len(ordered) - 1)]


def _pressed(x, y, latent: float, shape, chance):
    first, second = chance.normal(size=shape), chance.normal(size=shape)
    return (_margin(first, np.sort(np.asarray(x, float))),
            _margin(latent * first + np.sqrt(1 - latent**2) * second, np.sort(np.asarray(y, float))))


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
