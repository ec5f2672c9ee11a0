"""Beside the peers, run live: extra `peers`, never imported by the package (make thorough)."""

import pytest

import crmlab as crm
from crmlab.frame import correlations

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def pingouin():
    return pytest.importorskip("pingouin")


@pytest.fixture(scope="module")
def mobi():
    return crm.open_table("survey", "mobi")


@pytest.mark.parametrize("construct", ["satisfaction", "loyalty", "image", "quality", "value", "expectation"])
def test_alpha(pingouin, mobi, construct):
    items = crm.reliability(mobi, construct)
    peer = pingouin.cronbach_alpha(mobi[items.table["item"].tolist()])[0]
    assert items.scales[construct]["alpha"] == pytest.approx(peer, abs=1e-12)


@pytest.mark.parametrize("method", ["pearson", "spearman", "kendall"])
def test_correlation(pingouin, mobi, method):
    scores = crm.score(mobi, drop=["CUSL2"])
    name = f"{method.capitalize()} {correlations.NAMES[method]}"
    mine = crm.loyalty.correlation(scores).table.set_index("method")["estimate"][name]
    peer = pingouin.corr(scores["satisfaction"], scores["loyalty"], method=method)["r"].iloc[0]
    assert mine == pytest.approx(peer, abs=1e-12)
