"""A rule, its trace, its cut and its retest."""

import numpy as np
import pandas as pd
import pytest

from crmlab.frame.errors import CrmlabError
from crmlab.measures import rules

AT = {"satisfaction": 8, "loyalty": 8}
FOUR = pd.DataFrame({"satisfaction": [9, 8, 7.67, 2, np.nan], "loyalty": [8, 7.5, 10, 3, 9]})


def test_classes_and_the_rule_that_fired():
    assert rules.classify(FOUR, rules.APOSTLE, AT).tolist()[:4] == ["loyalist", "mercenary", "hostage",
                                                                    "defector"]
    assert pd.isna(rules.classify(FOUR, rules.APOSTLE, AT).iloc[4])
    assert rules.trace(FOUR, rules.APOSTLE, AT).iloc[2] == "satisfaction 7.67 < 8 and loyalty 10 ≥ 8"


@pytest.mark.parametrize(("low", "high", "cut"), [(1, 10, 8), (1, 7, 1 + 6 * 7 / 9), (0, 10, 70 / 9)])
def test_cut_is_the_same_share_of_every_scale(low, high, cut):
    scales = {name: {"low": low, "high": high} for name in AT}
    assert rules.cuts(rules.APOSTLE, scales)["loyalty"] == pytest.approx(cut)


def test_next_attainable_score_moves_those_on_the_edge():
    scores = pd.DataFrame({"satisfaction": [7, 7, 8, 9], "loyalty": [9, 9, 9, 9]})
    assert rules.neighbours(scores["satisfaction"], 8) == (7, 8, 9)
    assert rules.moved_by_next_score(scores, rules.APOSTLE, AT) == 0.5


def test_retest_agreement_against_a_simulated_second_survey():
    rng = np.random.default_rng(8)
    n, rho = 60_000, {"satisfaction": 0.8, "loyalty": 0.6}
    true = rng.multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], size=n)

    def asked():
        said = {name: 7 + np.sqrt(r) * true[:, k] + np.sqrt(1 - r) * rng.normal(size=n)
                for k, (name, r) in enumerate(rho.items())}
        return (pd.DataFrame(said) * 2).round() / 2

    first, second = asked(), asked()
    same = (rules.classify(first, rules.APOSTLE, AT) == rules.classify(second, rules.APOSTLE, AT)).mean()
    assert rules.retest_agreement(first, rules.APOSTLE, AT, rho) == pytest.approx(same, abs=0.02)


def test_retest_is_not_known_without_reliability():
    assert np.isnan(rules.retest_agreement(FOUR.dropna(), rules.APOSTLE, AT,
                                           {"satisfaction": 0.8, "loyalty": np.nan}))


def test_weights_are_repeated_customers():
    rng = np.random.default_rng(1)
    scores = pd.DataFrame(rng.integers(1, 11, (80, 2)).astype(float), columns=["satisfaction", "loyalty"])
    weight = rng.integers(1, 4, 80)
    many, rho = scores.loc[scores.index.repeat(weight)], {"satisfaction": 0.8, "loyalty": 0.7}
    assert rules.moved_by_next_score(scores, rules.APOSTLE, AT, weight) == pytest.approx(
        rules.moved_by_next_score(many, rules.APOSTLE, AT))
    assert rules.retest_agreement(scores, rules.APOSTLE, AT, rho, weight) == pytest.approx(
        rules.retest_agreement(many, rules.APOSTLE, AT, rho))


def test_a_cut_of_another_score_is_refused():
    with pytest.raises(CrmlabError) as error:
        rules.cuts(rules.APOSTLE, {name: {"low": 1, "high": 10} for name in AT}, {"loyality": 7})
    assert str(error.value) == ("There is no cut 'loyality'. The classification has: satisfaction and "
                                "loyalty. Did you mean 'loyalty'?")
