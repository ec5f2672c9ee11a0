"""The world of the shop keeps its word: what its purchases show is what its truth says."""

import time

import numpy as np
import pandas as pd
import pytest
from scipy.special import hyp2f1

from crmlab.frame.errors import CrmlabError
from crmlab.measures import tables
from crmlab.sources.opening import open_table
from crmlab.sources.worlds import TRUTH, WORLDS, common, shop
from crmlab.sources.worlds.shops import LINKS, START
from crmlab.sources.worlds.shops import TRUTH as SHOP

R, ALPHA, A, B = (SHOP[name].default for name in ("r", "alpha", "a", "b"))


def both(n=2000, seed=1, **truth) -> tuple[pd.DataFrame, pd.DataFrame]:
    world = shop(n, seed, truth)
    return world.tables["transactions"], world.tables["customers"]


def expected(t: float, r=R, alpha=ALPHA, a=A, b=B) -> float:
    """Mean number of repeat purchases in t weeks after the first, Fader, Hardie & Lee (2005)."""
    shrunk = (alpha / (alpha + t)) ** r * hyp2f1(r, b, a + b - 1, t / (alpha + t))
    return float((a + b - 1) / (a - 1) * (1 - shrunk))


@pytest.fixture(scope="module")
def crowd():
    """Customers who all join on the first day and are followed for 39 weeks and a day."""
    return both(60_000, joining=1 / 7, weeks=39 + 1 / 7)


def test_the_formula_is_the_published_one():
    """E[X(t)] at t = 1/7, 1, 3, 32 and 52 in the tests of lifetimes 0.11.3, from R's BTYD (anchors, 3.1)."""
    fitted = (0.2425945, 4.4136019, 0.7929199, 2.4258881)
    for t, published in {1 / 7: 0.0078, 1: 0.0532, 3: 0.1506, 32: 1.0437, 52: 1.4440}.items():
        assert expected(t, *fitted) == pytest.approx(published, abs=6e-5)


def test_it_buys_as_the_model_says(crowd):
    """Mean repeats, and P(X(39) = 0) = .5737864 (anchors, 3.1, from BTYD)."""
    log, customers = crowd
    counts = log["customer_id"].value_counts().reindex(customers["customer_id"]) - 1
    error = counts.std() / np.sqrt(len(counts))
    assert abs(counts.mean() - expected(39)) < 3 * error
    assert (counts == 0).mean() == pytest.approx(0.5738, abs=0.006)


def test_it_looks_like_cdnow():
    """59.9 % bought on one day only in 39 weeks and repeats were 1.04 a customer (CDNOW sample; anchors, 3.1)."""
    log, customers = both(20_000)
    early = log[log["date"] < pd.Timestamp(START) + pd.Timedelta(weeks=39)]
    days = early.groupby("customer_id")["date"].nunique()
    assert len(days) == len(customers) and (days == 1).mean() == pytest.approx(0.599, abs=0.015)
    assert days.mean() - 1 == pytest.approx(2457 / 2357, abs=0.06)
    assert customers["first_date"].max() == pd.Timestamp(START) + pd.Timedelta(days=83)
    assert log["date"].max() <= pd.Timestamp(START) + pd.Timedelta(days=78 * 7 - 1)


def test_rates_risks_and_values_have_their_moments(crowd):
    _, customers = crowd
    rate, risk, value = (customers[f"true_{name}"] for name in ("rate", "risk", "mean_value"))
    assert rate.mean() == pytest.approx(R / ALPHA, rel=0.03) and rate.std() == pytest.approx(R**0.5 / ALPHA, rel=0.04)
    assert risk.mean() == pytest.approx(A / (A + B), rel=0.02)
    assert risk.var() == pytest.approx(A * B / ((A + B) ** 2 * (A + B + 1)), rel=0.03)
    assert value.mean() == pytest.approx(6.25 * 15.44 / 2.74, rel=0.02)
    assert abs(np.corrcoef(rate, value)[0, 1]) < 0.02  # the model's assumption


def test_spend_scatters_around_the_true_mean(crowd):
    log, customers = crowd
    around = log["amount"] / customers.set_index("customer_id")["true_mean_value"].loc[log["customer_id"]].to_numpy()
    assert around.mean() == pytest.approx(1, abs=0.005) and around.var() == pytest.approx(1 / 6.25, rel=0.03)


def test_who_left_bought_last_on_that_day(crowd):
    log, customers = crowd
    last = log.groupby("customer_id")["date"].max().loc[customers["customer_id"]].to_numpy()
    gone = ~customers["true_alive"].to_numpy()
    assert 0.1 < gone.mean() < 0.4 and customers["true_dropout"].notna().to_numpy().tolist() == gone.tolist()
    assert (customers["true_dropout"].to_numpy()[gone] == last[gone]).all()
    assert (customers["first_date"].to_numpy() <= last).all()


def test_what_hangs_together_is_as_stated():
    _, customers = both(60_000)
    scores = customers.assign(cost_to_serve=np.log(customers["cost_to_serve"]))
    for name, (cause, link) in LINKS.items():
        if cause != "size":
            assert scores[name].corr(scores[cause], method="spearman") == pytest.approx(link, abs=0.04), name
    size = (scores["true_rate"].rank() + scores["true_mean_value"].rank()).rank()
    for name, link in {name: link for name, (cause, link) in LINKS.items() if cause == "size"}.items():
        assert size.corr(scores[name], method="spearman") == pytest.approx(link, abs=0.05), name
    ratings = customers[[name for name in LINKS if name not in ("price", "cost_to_serve", "share_of_wallet")]]
    assert ratings.isin(range(1, 8)).all(axis=None) and customers["share_of_wallet"].between(0, 1).all()


def test_margin_is_what_price_leaves_after_the_cost_to_serve():
    log, customers = both(300)
    known = customers.set_index("customer_id").loc[log["customer_id"]]
    left = 1 - (known["cost_to_serve"] / known["price"]).to_numpy()
    assert np.allclose(log["margin"], log["amount"] * left, atol=0.0051) and 0 < (log["margin"] < 0).mean() < 0.3


def test_without_heterogeneity_all_are_alike():
    _, alike = both(500, heterogeneity=0)
    _, default = both(500)
    assert (alike[["true_rate", "true_risk", "true_mean_value"]].std() < 1e-12).all()
    assert alike["true_rate"][0] == pytest.approx(R / ALPHA) and (default["true_group"] == 0).all()
    _, half = both(20_000, heterogeneity=0.5)
    assert half["true_rate"].var() == pytest.approx(R / ALPHA**2 / 2, rel=0.1)
    assert half["true_mean_value"].mean() == pytest.approx(35.22, rel=0.02)


def test_groups_are_truly_distinct():
    log, customers = both(900, groups=3)
    group = customers.set_index("customer_id")["true_group"]
    orders = log["customer_id"].value_counts().groupby(group)
    assert group.value_counts(normalize=True).between(0.28, 0.39).all() and customers["true_alive"].all()
    assert orders.mean().pct_change().dropna().between(1.6, 2.2).all()
    spend = log.groupby("customer_id")["amount"].mean()
    cuts = spend.groupby(group).agg(["min", "max"]).sort_index(ascending=False)
    assert (cuts["max"].to_numpy()[:-1] < cuts["min"].to_numpy()[1:]).all()  # no two groups overlap


def test_another_truth_meets_the_same_customers():
    (log, customers), (dear, _), (leaving, others) = both(400), both(400, gamma=30.0), both(400, a=2.0)
    assert log[["customer_id", "date"]].equals(dear[["customer_id", "date"]])
    assert np.allclose(dear["amount"] / log["amount"], 30 / 15.44, rtol=0.01)
    assert customers["true_rate"].equals(others["true_rate"]) and len(leaving) < len(log)
    assert log.equals(both(400)[0]) and not log.equals(both(400, seed=2)[0])


def test_the_edition_enters_the_seed(monkeypatch):
    before = both(50)[0]
    monkeypatch.setattr(common, "EDITION", common.EDITION + 1)
    assert not both(50)[0].equals(before)


def test_it_opens_as_a_table():
    table = open_table("transactions", "world:shop", n=300, seed=2, truth={"groups": 2})
    prov = tables.provenance(table)
    assert table["customer_id"].nunique() == 300 and list(table) == ["customer_id", "date", "amount", "margin"]
    assert prov["simulated"] and prov["truth"]["groups"] == 2 and prov["title"] == "simulated shop, edition 1, seed 2"
    assert set(prov["meanings"]) == set(table) and not prov["dropped"]
    assert WORLDS["shop"] is shop and all(given.meaning and given.source for given in SHOP.values()) and TRUTH != SHOP


def test_twenty_thousand_customers_at_once():
    start = time.perf_counter()
    both(20_000)
    assert time.perf_counter() - start < 2


@pytest.mark.parametrize(("n", "truth", "message"), [
    (10, {"gama": 3}, "There is no truth 'gama'. The world 'shop' has: r, alpha, a, b, p, q, gamma, heterogeneity, "
                      "groups, separation, within, joining and weeks. Did you mean 'gamma'?"),
    (0, {}, "A world needs customers. Found n = 0. Give n of 1 or more."),
    (10, {"q": 1.0}, "The truth 'q' is too small. Found q = 1.0. Keep it above 1."),
    (10, {"a": -1}, "The truth 'a' is too small. Found a = -1. Keep it at 0 or above."),
    (10, {"groups": 20}, "There cannot be such groups. Found groups = 20 and n = 10. Give a whole number of at most n."),
    (10, {"groups": 1.5}, "There cannot be such groups. Found groups = 1.5 and n = 10. Give a whole number of at most "
                          "n."),
    (10, {"weeks": 10}, "Customers join before the end. Found joining = 12 and weeks = 10. Keep joining below weeks.")])
def test_refusals(n, truth, message):
    with pytest.raises(CrmlabError) as refused:
        shop(n, 1, truth)
    assert str(refused.value) == message
