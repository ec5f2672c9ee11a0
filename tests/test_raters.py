"""Agreement against published examples, named, and against a peer, live."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from crmlab.frame import stats
from crmlab.frame.errors import CrmlabError
from crmlab.measures.raters import icc, kappa, kappas

#: Shrout & Fleiss (1979), table 2: six targets judged by four judges.
JUDGES = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float)
#: Cohen (1968), table 1: shares of 200 cases that two judges diagnose, and how grave each disagreement is.
DIAGNOSES = np.array([[0.44, 0.07, 0.09], [0.05, 0.20, 0.05], [0.01, 0.03, 0.06]])
GRAVE = np.array([[0, 1, 3], [1, 0, 6], [3, 6, 0]])


def test_shrout_and_fleiss_1979():
    """ICC(2,1) = .29 and ICC(2,4) = .62; the mean squares of their table 3 are 11.24, 32.49 and 1.02."""
    found = icc(JUDGES)
    assert found.single.estimate == pytest.approx(0.29, abs=0.005)
    assert found.mean.estimate == pytest.approx(0.62, abs=0.005)
    assert (found.between, found.raters, found.rest) == pytest.approx((11.24, 32.49, 1.02), abs=0.005)


def test_intervals_of_the_same_data():
    """As R's psych::ICC prints them for ICC2 and ICC2k: .019 to .761, and .071 to .927."""
    found = icc(JUDGES)
    assert found.single[1:] == pytest.approx((0.019, 0.761), abs=0.0006)
    assert found.mean[1:] == pytest.approx((0.071, 0.927), abs=0.0006)


def test_cohen_1968():
    """Weighted kappa .348 with his weights; unweighted .492."""
    assert float(kappa(DIAGNOSES, GRAVE)) == pytest.approx(0.348, abs=0.0005)
    assert float(kappa(DIAGNOSES, 1 - np.eye(3))) == pytest.approx(0.492, abs=0.0005)


pair = st.tuples(st.integers(0, 4), st.integers(0, 4))


@given(st.lists(pair, min_size=3, max_size=60).filter(lambda rows: len({v for row in rows for v in row}) > 1))
def test_quadratic_kappa_is_that_of_scikit_learn(rows):
    first, second = np.array(rows).T
    mine = kappas(np.array(rows), range(5), draws=0).estimate
    assert mine == pytest.approx(cohen_kappa_score(first, second, weights="quadratic", labels=list(range(5))))


@given(st.lists(pair, min_size=3, max_size=60))
def test_kappa_does_not_ask_who_came_first_nor_where_the_scale_begins(rows):
    ratings = np.array(rows, float)
    at = kappas(ratings, range(5), draws=0).estimate
    assert kappas(ratings[:, ::-1], range(5), draws=0).estimate == pytest.approx(at, nan_ok=True)
    assert kappas(ratings + 1, range(1, 6), draws=0).estimate == pytest.approx(at, nan_ok=True)
    assert np.isnan(at) or -1 <= at <= 1 + 1e-12


def test_quadratic_kappa_is_nearly_an_intraclass_correlation():
    """Fleiss & Cohen (1973): but for terms of the order 1/n it is ICC(2,1) of the same answers."""
    chance = stats.rng(1, "fleiss and cohen")
    true = chance.normal(size=800)
    ratings = np.searchsorted([-1, -0.3, 0.4, 1.2], true[:, None] + 0.6 * chance.normal(size=(800, 2)) + [0, 0.3])
    assert kappas(ratings, range(5), draws=0).estimate == pytest.approx(icc(ratings).single.estimate, abs=0.004)


def test_the_mean_over_pairs():
    chance = stats.rng(2, "pairs")
    ratings = chance.integers(0, 5, size=(40, 3)).astype(float)
    two = [kappas(ratings[:, [a, b]], range(5), draws=0).estimate for a, b in ((0, 1), (0, 2), (1, 2))]
    assert kappas(ratings, range(5), draws=0).estimate == pytest.approx(np.mean(two))


def test_a_pair_shares_what_both_have_rated():
    whole = np.array([[0, 1], [1, 1], [2, 2], [3, 4], [4, 4.0]])
    gaps = np.vstack([whole, [[np.nan, 3], [2, np.nan]]])
    assert kappas(gaps, range(5), draws=0).estimate == pytest.approx(kappas(whole, range(5), draws=0).estimate)


def test_perfect_agreement_and_none():
    same = np.repeat(np.arange(5.0)[:, None], 2, axis=1)
    assert kappas(same, range(5), draws=0).estimate == 1
    assert np.isnan(kappas(np.full((5, 2), 3.0), range(5), draws=0).estimate)
    assert icc(same).single.estimate == 1 and np.isnan(icc(same).single.low)
    assert np.isnan(icc(np.full((5, 2), 3.0)).single.estimate)
    assert np.isnan(kappas(same[:, :1], range(5)).estimate)  # one rater makes no pair


def judged(seed: int, n: int, k: int, step: str) -> np.ndarray:
    chance = stats.rng(seed, step)
    return chance.normal(size=(n, 1)) + 0.5 * chance.normal(size=(1, k)) + chance.normal(size=(n, k))


def test_intervals_of_icc_cover():
    """The truth is 1 / (1 + 0.25 + 1); McGraw & Wong's intervals are approximate."""
    truth, hits, means = 1 / 2.25, [], []
    for seed in range(300):
        found = icc(judged(seed, 30, 4, "cover"))
        hits.append(found.single.low <= truth <= found.single.high)
        means.append(found.mean.low <= 4 * truth / (1 + 3 * truth) <= found.mean.high)
    assert 0.92 <= np.mean(hits) <= 0.985 and hits == means


def test_the_interval_of_kappa_covers():
    def drawn(seed, n):
        chance = stats.rng(seed, "kappa cover")
        return np.searchsorted([-1, -0.3, 0.4, 1.2], chance.normal(size=(n, 1)) + 0.7 * chance.normal(size=(n, 2)))

    truth = float(kappa(np.histogram2d(*drawn(10_000, 400_000).T, bins=np.arange(-0.5, 5))[0]))
    hits = [low <= truth <= high for _, low, high in (kappas(drawn(seed, 60), range(5), draws=400) for seed in range(150))]
    assert 0.88 <= np.mean(hits) <= 0.99


def test_peer():
    """ICC2 and ICC2k beside pingouin's, where it is installed (extra `peers`)."""
    pingouin = pytest.importorskip("pingouin")
    import pandas as pd

    ratings = judged(3, 12, 3, "peer")
    long = pd.DataFrame(ratings).stack().rename_axis(["thing", "rater"]).rename("score").reset_index()
    peer = pingouin.intraclass_corr(long, targets="thing", raters="rater", ratings="score")["ICC"].to_numpy()
    mine = icc(ratings)
    assert (mine.single.estimate, mine.mean.estimate) == pytest.approx((peer[1], peer[4]), abs=1e-6)


def test_refusals():
    with pytest.raises(CrmlabError) as refused:
        kappas([[0, 7], [1, 1]], range(5))
    assert str(refused.value) == "kappa: a rating is no step of the scale. Found 7. The steps are 0 to 4."
    with pytest.raises(CrmlabError) as refused:
        icc([[1.0, np.nan], [2, 2]])
    assert str(refused.value) == ("icc: it takes two raters and two things at least, and no gaps. "
                                  "Found 2 things, 2 raters and 1 gap. Leave out what not all have rated.")
