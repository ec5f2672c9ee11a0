"""One cloud with the same margins: what clusters look like where there are none.

K-means always returns clusters, and skewed margins, ties and correlation alone give them handsome
silhouettes. So the clusters found are held against one cloud: a Gaussian copula with the rank correlations of
the data, pressed through the very margins of the data, atoms included. Shuffled columns are the wrong null:
any correlation beats them.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import ndtri
from scipy.stats import rankdata

from crmlab.frame import partition, stats

TERMS = 80  # of the Hermite series; a latent correlation of .95 is then right to the fourth decimal
DEEP = 0.7  # crmlab rule: share of the cloud's customers that may stand between groups (tests/thorough.md)
EMPTY = 0.05  # a valley with fewer is as good as empty
SAME = 1e-8  # what differs by less differs by the last binary digits alone
LEAST_ROOM = 0.005  # smallest eigenvalue of the latent correlations


class Cloud(NamedTuple):
    """Margins and their midranks, each in order; their Hermite series; the correlations of the normals behind."""

    margins: np.ndarray
    ranks: np.ndarray
    series: np.ndarray
    latent: np.ndarray

    @classmethod
    def of(cls, points: np.ndarray) -> "Cloud":
        margins = np.sort(points, axis=0)
        ranks, series = rankdata(margins, axis=0), np.array([_series(column) for column in margins.T])
        return cls(margins, ranks, series, _behind(rankdata(points, axis=0), series))

    def draw(self, chance: np.random.Generator) -> np.ndarray:
        """As many customers as the data have, with exactly their margins.

        A cloud by chance has other rank correlations than the data, so it is turned until it has theirs. What
        is left to chance is what these correlations leave open, and so the test keeps its level although they
        were estimated.
        """
        turn = np.linalg.cholesky(self.latent).T
        normal = chance.normal(size=self.margins.shape) @ turn
        own = _behind(np.take_along_axis(self.ranks, _places(normal), axis=0), self.series)
        turned = normal @ np.linalg.inv(np.linalg.cholesky(own).T) @ turn
        return np.take_along_axis(self.margins, _places(turned), axis=0)


def _places(columns: np.ndarray) -> np.ndarray:
    return np.argsort(np.argsort(columns, axis=0), axis=0)


def _behind(ranks: np.ndarray, series: np.ndarray) -> np.ndarray:
    """Correlations of normals that show as these rank correlations once the margins have cut them.

    Ties weaken a rank correlation, so the latent one is larger; without ties it is 2 sin(πρ/6), Pearson 1907.
    """
    seen, out, powers = np.corrcoef(ranks, rowvar=False), np.eye(len(series)), np.arange(1, TERMS + 1)
    for a, b in zip(*np.triu_indices(len(series), 1), strict=True):
        both, low, high = series[a] * series[b], -0.9999, 0.9999
        for _ in range(30):
            middle = (low + high) / 2
            low, high = (middle, high) if both @ middle**powers < seen[a, b] else (low, middle)
        out[a, b] = out[b, a] = round(middle, 6)
    values, vectors = np.linalg.eigh(out)
    if values[0] >= LEAST_ROOM:
        return out
    out = vectors * np.maximum(values, LEAST_ROOM) @ vectors.T
    return out / np.sqrt(np.outer(np.diag(out), np.diag(out)))


def _series(column: np.ndarray) -> np.ndarray:
    """The midrank of a normal pressed through a margin, as a Hermite series (Mehler 1866), at length 1.

    The rank correlation of two margins is then the sum of ρ to the j times the products of their terms.
    """
    counts = np.unique(column, return_counts=True)[1]
    upto = np.cumsum(counts) / len(column)
    midrank, cut = upto - counts / (2 * len(column)), ndtri(upto[:-1])
    weight = np.diff(midrank) * np.exp(-cut**2 / 2) / np.sqrt(2 * np.pi)
    before, now, terms = np.zeros_like(cut), np.ones_like(cut), np.empty(TERMS)
    for j in range(1, TERMS + 1):
        terms[j - 1] = weight @ now / np.sqrt(j)
        before, now = now, (cut * now - np.sqrt(j - 1) * before) / np.sqrt(j)
    return terms / np.sqrt(np.average((midrank - 0.5) ** 2, weights=counts))


class Search(NamedTuple):
    """Silhouettes by k at the data, in one cloud (draws × k) and over shuffled columns; p values with and
    without regard to the number of k tried; how deep the valleys between the clusters are against the cloud's."""

    ks: tuple[int, ...]
    found: np.ndarray
    null: np.ndarray
    shuffled: np.ndarray
    p: np.ndarray
    p_adjusted: np.ndarray
    valley: np.ndarray

    @property
    def excess(self) -> np.ndarray:
        return np.round(self.found - self.null.mean(axis=0), 9)

    def groups(self, alpha: float, at_least: float) -> np.ndarray:
        """The excess of each k at which groups stand out, −∞ elsewhere."""
        apart = (self.p_adjusted <= alpha) & (self.excess >= at_least) & (self.valley <= DEEP)
        return np.where(apart, self.excess, -np.inf)


def search(points: np.ndarray, ks: tuple[int, ...], *, draws: int = 99, shuffles: int = 5,
           seed: int = 1) -> Search:
    """The silhouettes of k-means for each k, against one cloud with the same margins and rank correlations.

    Each silhouette is standardised by mean and spread over data and draws together, and the largest over k
    is compared with the largest of each draw (Westfall & Young 1993): trying many k costs nothing extra.
    """
    cloud, chance, deal = Cloud.of(points), stats.rng(seed, "one cloud"), stats.rng(seed, "shuffled columns")
    found, valley = _measured(points, ks, stats.rng(seed, "starts"))
    null, valleys = np.array([_measured(cloud.draw(chance), ks, chance) for _ in range(draws)]).swapaxes(0, 1)
    shuffled = np.array([_measured(deal.permuted(points, axis=0), ks, deal)[0] for _ in range(shuffles)])
    everything = np.vstack([found, null])
    spread = everything.std(axis=0)
    scores = (everything - everything.mean(axis=0)) / np.where(spread > SAME, spread, np.inf)
    largest = scores.max(axis=1)
    return Search(ks, found, null, shuffled.mean(axis=0), (scores >= scores[0] - SAME).mean(axis=0),
                  (largest[:, None] >= scores[0] - SAME).mean(axis=0),
                  np.round(valley / np.maximum(valleys.mean(axis=0), EMPTY), 9))


def _measured(points: np.ndarray, ks: tuple[int, ...], chance: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Silhouettes and valleys of the clusters of k-means, for each k."""
    found = [partition.k_means(points, k, chance) for k in ks]
    valleys = np.array([partition.valley(points, *one) for one in found])
    return partition.silhouettes(points, [labels for _, labels in found]), valleys


def stability(points: np.ndarray, ks: tuple[int, ...], pairs: int, chance: np.random.Generator) -> np.ndarray:
    """Mean adjusted Rand index, by k, of two bootstrap solutions applied to all (Dolnicar & Leisch 2010)."""
    size, out = len(points), np.empty((pairs, len(ks)))
    for pair in range(pairs):
        drawn = [np.bincount(chance.integers(0, size, size), minlength=size).astype(float) for _ in range(2)]
        for place, k in enumerate(ks):
            one, other = (partition.nearest(points, _centres(points, weight, k, chance)) for weight in drawn)
            out[pair, place] = partition.agreement(one, other)
    return out.mean(axis=0).round(9)


def _centres(points: np.ndarray, weight: np.ndarray, k: int, chance: np.random.Generator) -> np.ndarray:
    held = weight > 0
    return partition.k_means(points[held], k, chance, weight=weight[held])[0]


def preferred(points: np.ndarray, ks: tuple[int, ...], chance: np.random.Generator) -> tuple[np.ndarray, int]:
    """BIC of a mixture of normals for each k, and the k it asks for, which may be 1."""
    bic = np.array([partition.mixture_bic(points, k, chance) for k in (1, *ks)])
    return bic[1:], (1, *ks)[int(bic.argmin())]
