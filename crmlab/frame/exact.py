"""The exact distribution of a sample correlation, for those who would rather not wait for a simulation."""

from typing import NamedTuple

import numpy as np
from scipy.special import gammaln, hyp2f1

from crmlab.frame.errors import CrmlabError

REACH, POINTS = 11, 4_001  # standard errors of Fisher's z to both sides, and points between them


class Correlations(NamedTuple):
    """The correlations that samples of one size show: values of r, their density, the share below."""

    r: np.ndarray
    density: np.ndarray
    below: np.ndarray

    def above(self, mark: float) -> float:
        """The share of samples whose r is ``mark`` or more."""
        return float(1 - np.interp(mark, self.r, self.below, left=0, right=1))

    def quantile(self, share) -> np.ndarray:
        return np.interp(share, self.below, self.r)


def correlations(rho: float, n: int) -> Correlations:
    """How r falls over samples of ``n`` from a bivariate normal with correlation ``rho`` (Hotelling 1953).

    Raises CrmlabError below n = 5 and for a ``rho`` that is no correlation, or a perfect one.

    >>> found = correlations(0.5, 21)
    >>> round(found.above(0.8), 4), [round(float(r), 2) for r in found.quantile([0.025, 0.975])]
    (0.0119, [0.1, 0.77])
    """
    if not abs(rho) < 1 or not n >= 5:
        raise CrmlabError(
            "A sample correlation needs a truth between −1 and 1 and 5 pairs at least.",
            f"Found a truth of {rho} and n = {n}.",
            "Keep both within.",
        )
    z = np.arctanh(rho) + np.linspace(-REACH, REACH, POINTS) / np.sqrt(n - 3)
    r, left = np.tanh(z), -2 * np.log(np.cosh(z))  # log(1 − r²), also where r is 1 to all digits
    log = (
        np.log(n - 2)
        + gammaln(n - 1)
        - gammaln(n - 0.5)
        - 0.5 * np.log(2 * np.pi)
        + (n - 1) / 2 * np.log1p(-(rho**2))
        + (n - 4) / 2 * left
        - (n - 1.5) * np.log1p(-rho * r)
        + np.log(hyp2f1(0.5, 0.5, n - 0.5, (rho * r + 1) / 2))
    )
    each = np.exp(log + left)  # per step of z
    below = np.concatenate([[0], np.cumsum((each[1:] + each[:-1]) / 2 * np.diff(z))])
    return Correlations(r, np.exp(log), below / below[-1])
