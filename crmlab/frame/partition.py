"""Partitions: the door to scikit-learn's clusterings, and what one measures of a partition."""

import warnings
from collections.abc import Sequence

import numpy as np
from sklearn.cluster import k_means as _k_means
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture
from threadpoolctl import threadpool_limits

ROWS = 256  # distances are made for so many points at a time, which fits into a cache
SOFT = 0.01  # added to the variances of a mixture (of z-scores), so that ties do not become spikes


def k_means(points: np.ndarray, k: int, chance: np.random.Generator, *, starts: int = 3, weight=None):
    """Centres and labels of the best of some starts of k-means (Lloyd 1982, Arthur & Vassilvitskii 2007).

    >>> from crmlab.frame import stats
    >>> centres, labels = k_means(np.array([[0.0], [1.0], [10.0], [11.0]]), 2, stats.rng(1, "example"))
    >>> sorted(centres.ravel().tolist()), int((labels[:2] == labels[0]).sum())
    ([0.5, 10.5], 2)
    """
    start = int(chance.integers(2**31))
    with warnings.catch_warnings(), threadpool_limits(1):  # threads that wait for each other cost more than they give
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer distinct points than k: fewer clusters
        return _k_means(points, k, sample_weight=weight, n_init=starts, random_state=start)[:2]


def nearest(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """The nearest centre of each point."""
    return np.argmin((centres**2).sum(axis=1) - 2 * points @ centres.T, axis=1)


def silhouettes(points: np.ndarray, partitions: Sequence[np.ndarray]) -> np.ndarray:
    """The mean silhouette (Rousseeuw 1987) of several partitions, from one pass over the distances.

    >>> silhouettes(np.array([[0.0], [1.0], [10.0], [11.0]]), [np.array([0, 0, 1, 1])]).round(3).tolist()
    [0.9]
    """
    points = points.astype(np.float32)
    square, counts = (points**2).sum(axis=1), [np.bincount(labels) for labels in partitions]
    edge = np.cumsum([0, *map(len, counts)])
    member = np.zeros((len(points), edge[-1]), np.float32)
    for labels, start in zip(partitions, edge, strict=False):
        member[np.arange(len(points)), labels + start] = 1
    sums = np.empty_like(member)
    for start in range(0, len(points), ROWS):
        some = slice(start, start + ROWS)
        apart = points[some] @ (-2 * points.T) + square[some, None] + square
        sums[some] = np.sqrt(np.maximum(apart, 0)) @ member
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
    widest = np.maximum(np.maximum(own, other), 1e-12)
    return float(np.where(size[labels] > 1, (other - own) / widest, 0).mean())


def agreement(one: np.ndarray, other: np.ndarray) -> float:
    """The adjusted Rand index (Hubert & Arabie 1985): 1 for the same partition, 0 for what chance gives.

    >>> agreement(np.array([0, 0, 1, 1]), np.array([1, 1, 0, 0]))
    1.0
    """
    return float(adjusted_rand_score(one, other))


def mixture_bic(points: np.ndarray, k: int, chance: np.random.Generator) -> float:
    """Schwarz' (1978) criterion of a mixture of k normals, as in Fraley & Raftery (2002); lower is better."""
    fit = GaussianMixture(k, reg_covar=SOFT, max_iter=60, tol=1e-3, random_state=int(chance.integers(2**31)))
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return float(fit.fit(points).bic(points))
