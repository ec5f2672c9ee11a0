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
    model = stats.regression(zy, [zx, zx**2], cluster, weight)
    df = np.inf if cluster is None else len(np.unique(cluster)) - 1
    return Fit(float(model.params[2]), float(model.bse[2]), float(model.tvalues[2]), float(df))


def knots(x) -> np.ndarray:
    """Places where a line may break: distinct values with at least a tenth of the customers on either side."""
    low, high = np.quantile(x, [EDGE, 1 - EDGE])
    return np.unique(x)[(np.unique(x) >= low) & (np.unique(x) <= high)]


def kink(x, y, knot: float | None = None) -> Kink:
    """The best place for a line to break, or the break at a given knot; the statistic is the largest |t|."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    places = knots(x) if knot is None else np.array([float(knot)])
    if not len(places) or np.ptp(x) == 0:
        return Kink(*[np.nan] * 6)
    t = _hinge_statistics(x, y[None, :], places)[0]
    best = float(places[np.nanargmax(np.abs(t))])
    model = stats.regression(y, [x, np.maximum(x - best, 0)])
    below, difference = float(model.params[1]), float(model.params[2])
    return Kink(best, below, below + difference, difference, float(model.bse[2]), float(abs(model.tvalues[2])))


def null_statistics(x, y, *, form: str = "quadratic", draws: int = 2000, seed: int = 1) -> np.ndarray:
    """The statistic of :func:`quadratic` or :func:`kink` in ``draws`` worlds where the relation is straight.

    Each world has two normal latents with a straight relation, cut to the margins of x and y, with a latent
    correlation chosen so that the observed correlation is the one at hand.
    """
    latent = latent_correlation(x, y, seed)
    chance, out = stats.rng(seed, "margins", form), []
    for part in stats.parts(draws, len(x)):
        xs, ys = _pressed(x, y, latent, (part, len(x)), chance)
        if form == "quadratic":
            out.append(_quadratic_statistics(xs, ys))
        else:
            places = knots(x)
            out.append(np.array([np.nanmax(np.abs(_hinge_statistics(a, b[None, :], places)))
                                 for a, b in zip(xs, ys, strict=True)]))
    return np.concatenate(out)


def latent_correlation(x, y, seed: int = 1, size: int = 40_000) -> float:
    """The correlation of normal latents that shows as the observed one after the margins have cut it."""
    r = resample.correlation("pearson", x, y)
    first, second = stats.rng(seed, "latent").normal(size=(2, size))
    x_sorted, y_sorted, xs = np.sort(x), np.sort(y), _margin(first, np.sort(x))
    low, high = -0.999, 0.999
    for _ in range(24):
        middle = (low + high) / 2
        ys = _margin(middle * first + np.sqrt(1 - middle**2) * second, y_sorted)
        low, high = (middle, high) if np.corrcoef(xs, ys)[0, 1] < r else (low, middle)
    return middle if len(x_sorted) else np.nan


def straight_null(x, y, at, seed: int = 1, size: int = 200_000) -> np.ndarray:
    """The mean of y near each x that a straight relation with these margins would show."""
    xs, ys = _pressed(x, y, latent_correlation(x, y, seed), (1, size), stats.rng(seed, "straight"))
    levels, where = np.unique(xs[0], return_inverse=True)
    mean = np.bincount(where, ys[0]) / np.bincount(where)
    return np.interp(at, levels, mean)


def _margin(latent: np.ndarray, ordered: np.ndarray) -> np.ndarray:
    place = (ndtr(latent) * len(ordered)).astype(int)
    return ordered[np.minimum(place, len(ordered) - 1)]


def _pressed(x, y, latent: float, shape, chance):
    first, second = chance.normal(size=shape), chance.normal(size=shape)
    return (_margin(first, np.sort(np.asarray(x, float))),
            _margin(latent * first + np.sqrt(1 - latent**2) * second, np.sort(np.asarray(y, float))))


def _hc3_last(design: np.ndarray, y: np.ndarray) -> np.ndarray:
    """t of the last coefficient with HC3 errors, for a stack of regressions (…, n, k)."""
    inverse = np.linalg.pinv(np.swapaxes(design, -1, -2) @ design)
    half = design @ inverse
    coefficient = np.swapaxes(half, -1, -2) @ y[..., None]
    residual = y - (design @ coefficient)[..., 0]
    leverage = np.minimum((half * design).sum(-1), 1 - 1e-9)
    meat = (half[..., -1] * residual / (1 - leverage)) ** 2
    with np.errstate(invalid="ignore", divide="ignore"):
        return coefficient[..., -1, 0] / np.sqrt(meat.sum(-1))


def _quadratic_statistics(xs, ys) -> np.ndarray:
    centred = xs - xs.mean(axis=1, keepdims=True)
    return _hc3_last(np.stack([np.ones_like(centred), centred, centred**2], axis=-1), ys)


def _hinge_statistics(x, ys, places) -> np.ndarray:
    """t of the break, rows of ys × places, for one x."""
    hinge = np.maximum(x[None, :] - places[:, None], 0)
    design = np.stack([np.ones_like(hinge), np.broadcast_to(x - x.mean(), hinge.shape), hinge], axis=-1)
    return np.stack([_hc3_last(design, np.broadcast_to(y, hinge.shape)) for y in ys])
