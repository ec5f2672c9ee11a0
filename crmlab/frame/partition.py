"""Partitions: k-means without rounding, and what one measures of a partition.

A point that lies as near to one centre as to another would go where the last binary digit sends it, and that digit
is not the same on every processor. So coordinates are whole numbers of ten-thousandths before anything is compared:
their products and sums are exact in any order, on any number of threads, and ties are decided by a rule.
"""

import warnings
from collections.abc import Sequence
from operator import itemgetter

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture
from threadpoolctl import threadpool_limits

GRID = 10_000  # steps to a unit of the coordinates, which are z-scores
ROWS = 64  # distances are made for so many points at a time, which fits into a cache
STEPS = 300  # of k-means at most
STILL = (0.01 * GRID) ** 2  # centres that all together move by a hundredth at most have arrived
BETWEEN, STEP = (0.3, 0.4, 0.5, 0.6, 0.7), 0.1  # places on the way between centres, and how far round them one counts
SOFT = 0.01  # added to the variances of a mixture (of z-scores), so that ties do not become spikes


def one_thread():
    """Many small products on one thread: threads that wait for each other cost more than they give."""
    return threadpool_limits(1)


def on_grid(points: np.ndarray) -> np.ndarray:
    """Coordinates as whole numbers of ten-thousandths."""
    return np.rint(points * GRID)


def k_means(points: np.ndarray, k: int, chance: np.random.Generator, *, starts: int = 3, weight=None):
    """Centres and labels of the best of some starts of k-means (Lloyd 1982), which begin far apart.

    A start is that of Arthur & Vassilvitskii (2007), the best of a few candidates for each centre.

    >>> from crmlab.frame import stats
    >>> centres, labels = k_means(np.array([[0.0], [1.0], [10.0], [11.0]]), 2, stats.rng(1, "example"))
    >>> sorted(centres.ravel().tolist()), int((labels[:2] == labels[0]).sum())
    ([0.5, 10.5], 2)
    """
    at, weight = on_grid(points), np.ones(len(points)) if weight is None else np.asarray(weight, float)
    square, best = (at**2).sum(axis=1), (np.inf, None, None)
    for _ in range(starts):
        centres = _far_apart(at, square, k, weight, chance)
        labels = _labels(at, centres)
        for _ in range(STEPS):
            centres, before = _means(at, labels, centres, weight), centres
            labels = _labels(at, centres)
            if ((centres - before) ** 2).sum() <= STILL:
                break
        lost = float(weight @ ((at - centres[labels]) ** 2).sum(axis=1))
        best = min(best, (lost, centres, labels), key=itemgetter(0))
    return best[1] / GRID, best[2]


def _far_apart(at: np.ndarray, square: np.ndarray, k: int, weight: np.ndarray, chance) -> np.ndarray:
    """Centres among the points, each drawn in proportion to the squared distance from those before."""
    tries, drawn, near = 1, np.zeros(1, int), np.full(len(at), 1.0)
    centres = np.empty((k, at.shape[1]))
    for place in range(k):
        lost = np.cumsum(near * weight)
        drawn = np.searchsorted(lost, chance.random(tries) * lost[-1], side="right")
        drawn = np.minimum(drawn, len(at) - 1)
        apart = square[drawn, None] - 2 * at[drawn] @ at.T + square
        closer = np.minimum(near, apart) if place else apart
        best = int((closer @ weight).argmin())
        centres[place], near, tries = at[drawn[best]], closer[best], 2 + int(np.log(k))
    return centres


def _labels(at: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """The nearest centre of each point; of two as near, the first."""
    return ((centres**2).sum(axis=1) - 2 * at @ centres.T).argmin(axis=1)


def _means(at: np.ndarray, labels: np.ndarray, centres: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """The mean of each cluster on the grid; an empty one stays where it is."""
    size = np.bincount(labels, weight, len(centres))[:, None]
    sums = np.column_stack([np.bincount(labels, weight * column, len(centres)) for column in at.T])
    return np.where(size > 0, np.rint(sums / np.maximum(size, 1)), centres)


def nearest(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """The nearest centre of each point."""
    return _labels(on_grid(points), on_grid(centres))


def silhouettes(points: np.ndarray, partitions: Sequence[np.ndarray]) -> np.ndarray:
    """The mean silhouette (Rousseeuw 1987) of several partitions, from one pass over the distances.

    >>> silhouettes(np.array([[0.0], [1.0], [10.0], [11.0]]), [np.array([0, 0, 1, 1])]).round(3).tolist()
    [0.9]
    """
    at, counts = on_grid(points), [np.bincount(labels) for labels in partitions]
    square, edge = (at**2).sum(axis=1), np.cumsum([0, *map(len, counts)])
    member = np.zeros((len(at), edge[-1]))
    for labels, start in zip(partitions, edge, strict=False):
        member[np.arange(len(at)), labels + start] = 1
    sums = np.empty_like(member)
    for start in range(0, len(at), ROWS):
        some = slice(start, start + ROWS)
        apart = at[some] @ (-2 * at.T)
        apart += square[some, None]
        apart += square
        np.sqrt(np.maximum(apart, 0, out=apart), out=apart)
        sums[some] = np.rint(apart, out=apart) @ member
    return np.array([_silhouette(sums[:, a:b], labels, size) for labels, size, a, b in
                     zip(partitions, counts, edge, edge[1:], strict=False)])


def _silhouette(sums: np.ndarray, labels: np.ndarray, size: np.ndarray) -> float:
    if len(size) < 2:
        return np.nan
    row = np.arange(len(labels))
    own = sums[row, labels] / np.maximum(size[labels] - 1, 1)
    other = sums / np.maximum(size, 1)
    other[:, size == 0] = np.inf
    other[row, labels] = np.inf
    other = other.min(axis=1)
    widest = np.maximum(np.maximum(own, other), 1)
    return round(float(np.where(size[labels] > 1, (other - own) / widest, 0).mean()), 9)


def valley(points: np.ndarray, centres: np.ndarray, labels: np.ndarray) -> float:
    """How many stand between a cluster and the next one, at the thinnest place, against the thinner of both middles.

    The way from centre to centre has length 1; the mean over the customers. Slices of one crowd have about 1.

    >>> line = np.arange(40.0)[:, None] + np.repeat([0, 30], 20)[:, None]
    >>> valley(line, np.array([[9.5], [59.5]]), np.repeat([0, 1], 20))
    0.0
    """
    at, middle, size = on_grid(points), on_grid(centres), np.bincount(labels, minlength=len(centres))
    apart = ((middle[:, None] - middle) ** 2).sum(axis=2)
    apart[(apart == 0) | (size == 0)] = np.inf
    low = np.zeros(len(size))
    for one in np.flatnonzero(size):
        other = apart[:, one].argmin()
        if np.isinf(apart[other, one]):
            continue
        way = middle[other] - middle[one]
        along = (at[(labels == one) | (labels == other)] - middle[one]) @ way / apart[other, one]
        middles = [(np.abs(along - end) < 1.5 * STEP).sum() / 1.5 for end in (0, 1)]
        low[one] = min((np.abs(along - place) < STEP).sum() for place in BETWEEN) / max(min(middles), 1)
    return round(float(low @ size / size.sum()), 9)


def agreement(one: np.ndarray, other: np.ndarray) -> float:
    """The adjusted Rand index (Hubert & Arabie 1985): 1 for the same partition, 0 for what chance gives.

    >>> agreement(np.array([0, 0, 1, 1]), np.array([1, 1, 0, 0]))
    1.0
    """
    return float(adjusted_rand_score(one, other))


def mixture_bic(points: np.ndarray, k: int, chance: np.random.Generator) -> float:
    """Schwarz' (1978) criterion of a mixture of k normals, as in Fraley & Raftery (2002); lower is better.

    It begins with the clusters of k-means.
    """
    centres, labels = k_means(points, k, chance, starts=1)
    size = np.bincount(labels, minlength=k) + 1e-9
    apart = points - centres[labels]
    spread = np.array([apart[labels == one].T @ apart[labels == one] for one in range(k)]) / size[:, None, None]
    fit = GaussianMixture(k, reg_covar=SOFT, max_iter=60, tol=1e-3, weights_init=size / size.sum(), means_init=centres,
                          precisions_init=np.linalg.inv(spread + SOFT * np.eye(points.shape[1])),
                          init_params="random_from_data", random_state=1)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return round(float(fit.fit(points).bic(points)), 4)
