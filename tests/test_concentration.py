"""Concentration: Lorenz, Gini, the whale curve, and how much of it is chance."""

import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logit

import crmlab as crm
from crmlab import CrmlabError
from crmlab.frame import stats
from crmlab.frame.result import LeftOut
from crmlab.portfolio import concentration, true_concentration
from crmlab.portfolio.lorenz import Curve, figures, intervals
from crmlab.portfolio.luck import alike, gamma_top, nbd


@pytest.fixture(scope="module")
def master() -> pd.DataFrame:
    return crm.customer_summary(crm.open_table("transactions", "cdnow"))


@pytest.fixture(scope="module")
def calibration() -> pd.DataFrame:
    return crm.customer_summary(crm.open_table("transactions", "cdnow_sample"), until="1997-09-30")


def spenders(n: int, seed: int) -> np.ndarray:
    """What customers of a world like CDNOW have spent: NBD purchases at gamma-gamma prices."""
    chance = stats.rng(seed, "spenders")
    orders = 1 + chance.poisson(chance.gamma(0.385, 1 / 12.07, n) * chance.uniform(66, 78, n))
    return np.round(chance.gamma(6.25 * orders, 1 / chance.gamma(3.74, 1 / 15.44, n)), 2)


def shop(values) -> pd.DataFrame:
    return pd.DataFrame({"customer_id": [str(i) for i in range(len(values))], "value": np.asarray(values, float)})


# ---- the figures ------------------------------------------------------------------------------------------


def test_cdnow(master, calibration):
    """anchors/portfolio.md 3.6, computed there on the shipped data."""
    head = concentration(master).headline()
    assert list(head)[:4] == ["customers", "top10_share", "top20_share", "gini"]
    assert head["customers"] == 23_570
    assert [round(head[name], 4) for name in ("top10_share", "top20_share")] == [0.5094, 0.6778]
    assert round(head["gini"], 5) == 0.63457
    assert round(head["share_for_80"], 3) == 0.326
    result = concentration(calibration)
    head = result.headline()
    assert head["customers"] == 2_357
    assert head["gini"] == pytest.approx(0.58527, abs=1e-5)
    # There 472 whole customers are the best fifth of 2,357; here 471.4 are.
    assert round(float(result.curve.top(472 / 2_357)), 4) == 0.6335
    assert round(head["top20_share"], 4) == 0.6332


def test_the_master_takes_seconds(master):
    start = time.process_time()
    concentration(master)
    assert time.process_time() - start < 8  # 1.3 s on a quiet machine


def test_by_hand():
    # Five customers, 10 in all. The best tenth is half a customer: half of 4, so 20 %.
    curve = Curve.of([4, 3, 2, 1, 0])
    ten, twenty, gini, eighty, peak = figures(curve.values, curve.counts)[0]
    assert [ten, twenty, peak] == pytest.approx([0.2, 0.4, 1.0])
    assert gini == pytest.approx(0.4)
    assert eighty == pytest.approx(0.5)  # 7 of 8 from two customers, the eighth from half of the third


def test_customers_in_part_are_counted_in_part():
    assert concentration(shop([10] + [0] * 10)).headline()["top10_share"] == pytest.approx(1.0)
    assert concentration(shop([10] * 11)).headline()["top20_share"] == pytest.approx(0.2)


def test_whale_curve():
    values = [100, 50, 30, 20, 10, 5, 5, 0, -40, -80]
    result = concentration(shop(values))
    head = result.headline()
    assert head["peak"] == pytest.approx(2.2)
    assert head["gini"] > 1
    assert result.table["term"].tolist()[-1] == "peak"
    assert "2 customers cost money" in result.text() and "no upper bound" in result.text()
    assert "whale curve" in result.figure().alt.lower()


def test_the_whale_of_a_shop_that_knows_its_costs():
    """Margins beside sales: who costs money is counted, and without margins the step says so."""
    summary = crm.customer_summary(crm.open_table("transactions", "world:shop", n=600))
    sales, earned = concentration(summary), concentration(summary, of="margin")
    costly = int((summary["margin"] < 0).sum())
    peak = summary["margin"].clip(lower=0).sum() / summary["margin"].sum()
    assert costly > 20 and earned.costly == costly and not sales.costly
    assert earned.headline()["peak"] == pytest.approx(peak) and earned.headline()["gini"] > sales.headline()["gini"]
    assert earned.caption().finding.startswith(f"{costly} customers cost money: ")
    assert "of the margin" in earned.text() and "of the value" not in earned.text()
    without = concentration(summary.drop(columns="margin"), of="margin")
    assert isinstance(without, LeftOut) and without.text() == (
        "Left out: the log has no column 'margin', and what was paid is not what was earned.")


def test_all_alike():
    result = concentration(shop([7.0] * 30))
    assert result.headline()["gini"] == pytest.approx(0, abs=1e-12)
    assert "nan" not in result.text()


def test_gini_by_its_definition():
    values = spenders(200, 3)
    gaps = np.abs(values[:, None] - values).mean()
    assert Curve.of(values).gini() == pytest.approx(gaps / (2 * values.mean()))


@given(st.lists(st.integers(0, 50), min_size=10, max_size=60).filter(any), st.integers(2, 9))
def test_properties(values, times):
    curve = Curve.of(values)
    found = figures(curve.values, curve.counts)[0]
    assert found[0] <= found[1] + 1e-12 and 0 <= found[2] < 1 and 0.1 <= found[0] + 1e-12
    assert found[4] == pytest.approx(1)
    scaled, doubled = Curve.of(np.multiply(values, times)), Curve.of(np.tile(values, times))
    for other in (scaled, doubled):
        assert figures(other.values, other.counts)[0] == pytest.approx(found)
    assert curve.gini() == pytest.approx(found[2])
    assert curve.top([0.1, 0.2]) == pytest.approx(found[:2])


def covered(worlds: int, n: int) -> np.ndarray:
    """Shares of worlds whose interval holds the value of the population: top 10 %, top 20 %, Gini, for 80 %."""
    whole = Curve.of(spenders(1_000_000, 0))
    truth = figures(whole.values, whole.counts)[0]
    found = [intervals(Curve.of(spenders(n, 100 + seed)), 0.95)[:4] for seed in range(worlds)]
    return np.mean([[i.low <= at <= i.high for i, at in zip(four, truth, strict=False)] for four in found], axis=0)


def test_intervals_cover():
    assert (covered(150, 400) >= 0.88).all()  # below it once in 3,000 at .95


# ---- what is chance ---------------------------------------------------------------------------------------


def test_nbd_of_cdnow(calibration):
    """anchors/portfolio.md 3.1: NBD r .384766, alpha 12.072023 weeks, log-likelihood −9763.6576."""
    fit = nbd(calibration["repeats"], calibration["age_days"] / 7)
    assert [fit.r, fit.alpha] == pytest.approx([0.384766, 12.072023], abs=5e-5)
    assert fit.log_likelihood == pytest.approx(-9763.6576, abs=1e-3)
    days = nbd(calibration["repeats"], calibration["age_days"])
    assert [days.r, days.alpha / 7] == pytest.approx([fit.r, fit.alpha], rel=1e-4)


def test_nbd_finds_its_truth():
    found = []
    for seed in range(40):
        chance = stats.rng(seed, "nbd")
        time_ = chance.uniform(20, 60, 1_500)
        found.append(nbd(chance.poisson(chance.gamma(0.8, 1 / 15, 1_500) * time_), time_))
    r = np.array([fit.r for fit in found])
    assert r.mean() == pytest.approx(0.8, abs=0.03)
    z = (np.log(r) - np.log(0.8)) / [fit.error for fit in found]
    assert 0.7 < z.std() < 1.3


def test_gamma_top_against_rates():
    rates = stats.rng(1, "rates").gamma(0.385, 1, 400_000)
    assert gamma_top([0.1, 0.2, 0.5], 0.385) == pytest.approx(Curve.of(rates).top([0.1, 0.2, 0.5]), abs=0.004)
    assert gamma_top(0.2, 1.0) == pytest.approx(0.2 * (1 - np.log(0.2)))


def test_chance_alone_against_simulation():
    chance = stats.rng(1, "alike")
    time_ = chance.integers(100, 400, 300_000).astype(float)
    counts = chance.poisson(0.006 * time_)
    assert alike(counts, time_).top([0.1, 0.2, 0.5]) == pytest.approx(Curve.of(counts).top([0.1, 0.2, 0.5]), abs=0.004)


def test_customers_who_are_all_alike_are_called_so():
    rejected = 0
    for seed in range(40):
        counts = stats.rng(seed, "one rate").poisson(1.5, 400)
        rejected += nbd(counts, np.full(400, 200.0)).p <= 0.05
    assert rejected <= 5
    counts = stats.rng(2, "one rate").poisson(1.5, 400)
    text = true_concentration(pd.DataFrame({"repeats": counts, "age_days": 200})).text()
    assert "cannot be seen in these data" in text


def test_true_concentration_of_cdnow(master):
    head = true_concentration(master).headline()
    assert head["top20_chance"] < head["top20_true"] < head["top20_seen"]
    assert head["top20_seen"] == pytest.approx(Curve.of(master["repeats"]).top(0.2))


def test_left_out():
    nobody = true_concentration(pd.DataFrame({"repeats": [0] * 12, "age_days": [9] * 12}))
    assert isinstance(nobody, LeftOut) and nobody.text() == "Left out: nobody bought a second time."
    loss = concentration(shop([-1.0] * 12))
    assert loss.text() == "Left out: all customers together bring −12.00, and of that nobody has a share."


@pytest.mark.parametrize(("table", "message"), [
    (pd.DataFrame({"customer_id": ["1"], "amount": [2.0]}),
     "The customer summary has no column 'value'. It has customer_id and amount. "
     "Make it from a log of transactions with crm.customer_summary(log)."),
    (shop([1.0] * 11 + [np.nan]), "The column 'value' must hold a number for every customer. 1 row has none: 11. "
                                  "Leave these customers out, or give them a number, and say so."),
    (shop([1.0] * 4), "There are too few customers to speak of shares. The summary has 4 customers. Give at least 10."),
])
def test_errors(table, message):
    with pytest.raises(CrmlabError) as error:
        concentration(table)
    assert str(error.value) == message


def test_impossible_counts():
    with pytest.raises(CrmlabError) as error:
        true_concentration(pd.DataFrame({"repeats": [0] * 10 + [2], "age_days": [5] * 10 + [0]}))
    assert str(error.value) == ("Repeat purchases are whole numbers over a time that has passed. Row 10 has 2 in 0 days. "
                                "Make the summary from a log of transactions with crm.customer_summary(log).")


def test_an_interval_is_that_of_leaving_out_customers_by_hand():
    """The same from a loop that takes each customer out of the list, ties and all."""
    values = np.append(spenders(40, 5), [20.0, 20.0, 20.0])
    found = intervals(Curve.of(values), 0.95)
    for place in range(4):
        left = [figures(c.values, c.counts)[0, place] for c in (Curve.of(np.delete(values, k)) for k in range(len(values)))]
        error, df = stats.jackknife(np.log(left) - np.log1p(-np.array(left)))
        middle, half = logit(found[place].estimate), stats.critical(0.95, df) * error
        assert found[place][1:] == pytest.approx(expit([middle - half, middle + half]))
