"""RFM, named segments, the holdout and the mailing budget."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import crmlab as crm
from crmlab.frame import resample
from crmlab.frame.errors import CrmlabError
from crmlab.frame.result import LeftOut
from crmlab.measures import purchases, tables
from crmlab.portfolio import naming, ranking

SPLIT = "1997-09-30"


@pytest.fixture(scope="module")
def cdnow():
    return crm.open_table("transactions", "cdnow")


@pytest.fixture(scope="module")
def sample():
    return crm.open_table("transactions", "cdnow_sample")


@pytest.fixture(scope="module")
def summary(cdnow):
    return crm.customer_summary(cdnow, until=SPLIT)


@pytest.fixture(scope="module")
def scored(summary):
    return crm.portfolio.rfm(summary)


def frame(days, orders, value):
    return pd.DataFrame({"customer_id": [f"c{k}" for k in range(len(days))], "days_since_last": days, "orders": orders,
                         "value": np.asarray(value, float)})


customers = st.integers(1, 60).flatmap(lambda n: st.tuples(*(st.lists(st.integers(*ends), min_size=n, max_size=n)
                                                             for ends in ((0, 400), (1, 9), (0, 500)))))


# ---- RFM --------------------------------------------------------------------------------------------------


def test_cdnow_scores_by_hand(scored):
    """60 % bought on one day (domain.md 9.3, computed on the shipped data): they leave nobody behind and share score 1."""
    often = scored.table[scored.table["axis"] == "frequency"].set_index("score")
    assert often["customers"].to_dict() == {1: 14119, 3: 4442, 4: 2064, 5: 2945}
    assert often["lowest"].tolist() == [1, 2, 3, 4]
    assert often.loc[1, "share"] == pytest.approx(0.599, abs=0.0005)
    assert "60 % share frequency score 1 (days with a purchase: 1): nobody can cut between equals." in scored.text()


def test_cells_of_one_sum_differ(cdnow, summary):
    """Mean later value of the cells with sum 9, of 50 customers and more (domain.md 9.3: fifths by order of the file)."""
    after = purchases.later(summary, cdnow, after=SPLIT)["later_value"]
    ordered = summary.sort_values("customer_id", kind="stable")
    fifth = [pd.qcut(column.rank(method="first"), 5, labels=False) + 1
             for column in (-ordered["days_since_last"], ordered["orders"], ordered["value"])]
    cell = 100 * fifth[0] + 10 * fifth[1] + fifth[2]
    means = after.loc[ordered.index].groupby(cell).mean()
    published = {324: 8.05, 432: 8.10, 333: 8.96, 243: 12.21, 342: 12.62, 144: 17.01, 225: 25.75}
    assert means[list(published)].round(2).to_dict() == published


@given(customers, st.integers(2, 9))
@settings(max_examples=30, deadline=None)
def test_equal_values_get_equal_scores_and_more_never_less(lists, bins):
    summary = frame(*lists)
    found = crm.portfolio.rfm(summary, bins=bins).customers
    for axis, (column, sign) in {"recency": ("days_since_last", -1), "frequency": ("orders", 1), "monetary": ("value", 1)}.items():
        pairs = pd.DataFrame({"value": sign * summary[column], "score": found[axis]})
        assert pairs.groupby("value")["score"].nunique().max() == 1
        assert pairs.sort_values("value")["score"].is_monotonic_increasing
        assert found[axis].between(1, bins).all()


def test_without_ties_fifths_are_equal():
    n = 100
    found = crm.portfolio.rfm(frame(range(n), range(1, n + 1), range(n))).customers
    for axis in ("recency", "frequency", "monetary"):
        assert found[axis].value_counts().to_dict() == dict.fromkeys(range(1, 6), 20)


def test_order_of_rows_means_nothing(summary):
    some = summary.iloc[:3000]
    mixed = crm.portfolio.rfm(some.sample(frac=1, random_state=3)).customers.set_index("customer_id")["cell"]
    assert (mixed.loc[some["customer_id"]].to_numpy() == crm.portfolio.rfm(some).customers["cell"].to_numpy()).all()


def test_cuts_of_ones_own():
    summary = frame([3, 20, 100], [1, 2, 9], [5, 50, 500])
    found = crm.portfolio.rfm(summary, bins=3, cuts={"recency": [50, 10], "monetary": [50, 400]}, weights=(2, 0, 1)).customers
    assert found["recency"].tolist() == [3, 2, 1]
    assert found["monetary"].tolist() == [1, 2, 3]
    assert found["sum"].tolist() == [7, 6, 5]


@pytest.mark.parametrize(("call", "message"), [
    (dict(cuts={"monetary": [5, 2, 3, 4]}), "rfm: the cuts of monetary do not make 5 scores. Found 5, 2, 3 and 4. Give 4 "
                                             "numbers that rise."),
    (dict(cuts={"recency": [1, 2, 3, 4]}), "rfm: the cuts of recency do not make 5 scores. Found 1, 2, 3 and 4. Give 4 numbers "
                                           "that fall from many days to few."),
    (dict(cuts={"recenty": [1]}), "There is no axis 'recenty'. RFM has: recency, frequency and monetary. Did you mean "
                                  "'recency'?"),
    (dict(bins=1), "rfm: that many scores make no cell. bins is 1. Give 2 to 9."),
    (dict(weights=(1, -1, 1)), "rfm: weights are three numbers from 0. Found (1, -1, 1). Give one each for recency, frequency "
                               "and monetary, as in weights=(2, 1, 1)."),
])
def test_rfm_errors(call, message):
    with pytest.raises(CrmlabError) as caught:
        crm.portfolio.rfm(frame([1, 2], [1, 2], [1, 2]), **call)
    assert str(caught.value) == message


def test_no_summary():
    with pytest.raises(CrmlabError) as caught:
        crm.portfolio.rfm(pd.DataFrame({"customer_id": ["a"], "orders": [1]}))
    assert str(caught.value) == ("That is no summary of customers. There is no column 'days_since_last' and 'value'. Make one "
                                 "with crm.customer_summary(log).")


# ---- named segments ---------------------------------------------------------------------------------------


def test_every_cell_has_one_name_and_every_name_a_cell():
    grid, meanings = naming.board()
    assert grid.shape == (5, 5) and not grid.isna().any().any()
    assert set(grid.to_numpy().ravel()) == set(meanings)


@given(customers, st.integers(2, 9))
@settings(max_examples=15, deadline=None)
def test_segments_cover_everybody_once(lists, bins):
    found = crm.portfolio.segments(crm.portfolio.rfm(frame(*lists), bins=bins))
    assert found.table["customers"].sum() == len(found.customers)
    assert found.table["share"].sum() == pytest.approx(1)
    assert not found.customers["segment"].isna().any()


def test_rule_says_what_it_saw(scored):
    row = crm.portfolio.segments(scored).customers.iloc[0]
    assert re.fullmatch(r"recency \d, frequency and monetary [\d.]+ → row \d, column \d", row["rule"])


# ---- the holdout ------------------------------------------------------------------------------------------


def test_cdnow_ranks_against_later_value(cdnow):
    """Spearman with later value: F .481, −R .431, M .395; 29.9 % bought later (domain.md 9.3)."""
    found = crm.portfolio.holdout(cdnow, draws=20)
    rho = found.table.set_index("rule")["spearman"].round(3)
    assert rho[["bought most often", "bought last", "last period again"]].tolist() == [0.481, 0.431, 0.395]
    assert found.halves.split == SPLIT and found.halves.days == 273
    assert (found.halves.later["later_orders"] > 0).mean() == pytest.approx(0.299, abs=0.0005)
    assert set(found.headline()) == {"spearman_frequency", "spearman_recency", "lift_top20", "naive_lift_top20"}


def test_last_period_again_is_its_own_rule_where_the_past_is_longer(cdnow):
    scores = ranking.halves(cdnow, "1997-12-31").scores
    assert set(scores) == set(ranking.RULES)
    log = cdnow[(cdnow["date"] > pd.Timestamp("1997-12-31") - pd.Timedelta(181, "D")) & (cdnow["date"] <= "1997-12-31")]
    assert scores["last period again"].sum() == pytest.approx(log["amount"].sum())


def by_hand(score, worth, share):
    """Expected worth over all random orders of ties, by many of them."""
    chance, sums = np.random.default_rng(1), []
    for _ in range(4000):
        order = np.lexsort((chance.random(len(score)), -score))
        cut = share * len(score)
        whole = int(cut)
        sums.append(worth[order[:whole]].sum() + (cut - whole) * (worth[order[whole]] if whole < len(score) else 0))
    return np.mean(sums)


def test_caught_is_the_mean_over_random_orders_of_ties():
    score, worth = np.array([3, 3, 3, 2, 2, 1, 0, 0, 0, 0.0]), np.array([5, 1, 0, 8, 2, 0, 1, 0, 0, 3.0])
    for share in (0.1, 0.2, 0.35, 0.5, 1.0):
        assert ranking.caught(score, worth, share)[0] == pytest.approx(by_hand(score, worth, share), abs=0.12)
    assert ranking.caught(score, worth, 1.0)[0] == pytest.approx(worth.sum())


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 50)), min_size=2, max_size=40), st.floats(0.05, 1))
@settings(max_examples=60, deadline=None)
def test_resampled_times_are_repeated_customers(rows, share):
    score, worth = np.array(rows, float).T
    times = np.arange(len(rows)) % 3 + 0.0
    if not times.sum():
        return
    whole = np.repeat(np.arange(len(rows)), times.astype(int))
    assert ranking.caught(score, worth, share, times[None])[0] == pytest.approx(ranking.caught(score[whole], worth[whole], share)[0])


def test_foresight_is_never_beaten_and_blindness_gives_the_share(sample):
    both = ranking.halves(sample)
    worth = both.later["later_value"].to_numpy()
    best = ranking.caught(worth, worth, 0.2)[0]
    assert all(ranking.caught(score, worth, 0.2)[0] <= best + 1e-6 for score in both.scores.values())
    assert ranking.caught(np.zeros_like(worth), worth, 0.2)[0] == pytest.approx(0.2 * worth.sum())


def test_lift_interval_covers_the_truth():
    """Worlds with a known lift: the interval of RFM's lift holds it in about 95 of 100."""
    big = crm.portfolio.holdout(crm.open_table("transactions", "world:shop", n=20_000, seed=99), draws=20)
    truth, inside = big.headline()["naive_lift_top20"], 0
    for seed in range(24):
        log = crm.open_table("transactions", "world:shop", n=600, seed=seed)
        row = crm.portfolio.holdout(log, draws=150).table.set_index("rule").loc["last period again"]
        inside += row["low"] <= truth <= row["high"]
    assert inside >= 19


@pytest.mark.parametrize(("split", "message"), [
    ("1999-01-01", "The split lies outside the log. It is 1999-01-01. Give a day from 1997-01-01 to 1998-06-29."),
    ("last year", "The split is not a day. It reads 'last year'. Write it as in '1997-09-30'."),
])
def test_split_errors(cdnow, split, message):
    with pytest.raises(CrmlabError) as caught:
        crm.portfolio.holdout(cdnow, split=split)
    assert str(caught.value) == message


def quiet_log():
    days = pd.to_datetime(["2024-01-01"] * 30 + ["2024-03-01"])
    return pd.DataFrame({"customer_id": [f"c{k}" for k in range(31)], "date": days, "amount": 5.0})


def test_left_out_where_nobody_bought_after():
    for found in (crm.portfolio.holdout(quiet_log(), split="2024-02-01"), crm.portfolio.mailing(quiet_log(), split="2024-02-01")):
        assert isinstance(found, LeftOut)
        assert found.text() == "Left out: nobody known on 2024-02-01 spent anything after it."
        assert found.reveal("RFM") is found


def test_left_out_with_few_customers():
    log = quiet_log().iloc[20:]
    assert crm.portfolio.holdout(log, split="2024-02-01").text() == (
        "Left out: 10 customers known on 2024-02-01, fewer than 20.")


def test_outcome_by_hand(scored, summary, cdnow):
    found = crm.portfolio.outcome(crm.portfolio.segments(scored), purchases.later(summary, cdnow, after=SPLIT))
    named = crm.portfolio.segments(scored).customers
    after = purchases.later(summary, cdnow, after=SPLIT)
    means = after.groupby(named["segment"].to_numpy())["later_value"].mean()
    told = found.table.set_index("segment")["estimate"].dropna()
    pd.testing.assert_series_equal(told.sort_index(), means, check_names=False)
    assert (found.table["customers"] == crm.portfolio.segments(scored).table["customers"]).all()


def test_outcome_wants_the_same_customers(scored, summary, cdnow):
    after = purchases.later(summary, cdnow, after=SPLIT).iloc[2:]
    with pytest.raises(CrmlabError) as caught:
        crm.portfolio.outcome(crm.portfolio.segments(scored), after)
    assert str(caught.value) == ("Some customers of the segments are not in later. 2 customers are missing. Make both from the "
                                 "same summary.")


def test_interval_of_a_skewed_mean_covers():
    """Gamma spending with shape 0.5: the interval of the mean of 60 covers about as it says."""
    chance, inside = np.random.default_rng(5), 0
    for _ in range(1000):
        found = resample.skewed_mean(chance.gamma(0.5, 2.0, 60))
        inside += found.low <= 1.0 <= found.high
    assert 0.90 <= inside / 1000 <= 0.97


@pytest.mark.parametrize("make", [lambda c: c.gamma(0.5, 2.0, 60), lambda c: c.normal(5, 1, 25), lambda c: c.lognormal(0, 1.2, 90)])
def test_interval_of_a_skewed_mean_is_what_many_draws_come_to(make):
    chance = np.random.default_rng(8)
    values = make(chance)
    drawn = chance.choice(values, (50_000, len(values))).mean(axis=1)
    left = (values.sum() - values) / (len(values) - 1)
    wanted = resample.bca(values.mean(), drawn, left)
    spread = values.std() / len(values) ** 0.5
    assert resample.skewed_mean(values) == pytest.approx(wanted, abs=0.1 * spread)


def test_mean_without_an_interval():
    for values in ([], [3.0] * 4, [0.1 + 0.2, 0.3] * 20):
        assert np.isnan(resample.skewed_mean(values).low)


# ---- the mailing budget -----------------------------------------------------------------------------------


def test_mailing_says_nothing_of_the_future_before_the_pick(sample):
    budget = crm.portfolio.mailing(sample)
    assert list(budget.table.columns) == ["rule", "meaning"]
    assert budget.reveal(...) == "Not picked yet. Put the name of a rule in place of the dots."
    assert budget.reveal({"recentcy": 1}).startswith("That is no rule. Found {'recentcy': 1}.")


def test_naive_rule_wins_the_budget_on_cdnow(cdnow):
    """500 letters: RFM cannot tell its best cell apart, the plain value of the last period can."""
    found = crm.portfolio.mailing(cdnow, draws=50).reveal("RFM")
    rows = found.table.set_index("rule")["estimate"]
    assert found.headline()["best_rule"] == "last period again"
    assert rows["last period again"] > 1.5 * rows["RFM"] > 1.5 * 4 * rows["drawn by lot"]
    assert found.best > rows.max()


def test_own_weights_are_a_rule(sample):
    budget = crm.portfolio.mailing(sample, draws=20)
    value = budget.reveal({"monetary": 3}).table.set_index("rule")["estimate"]
    assert value["your weights"] == pytest.approx(value["last period again"])  # the stretch before is all there was
    mixed = budget.reveal({"recency": 2, "frequency": 1}).table.set_index("rule")["estimate"]
    assert mixed["your weights"] != pytest.approx(value["your weights"])


def test_a_rule_that_is_not_offered_is_not_named(sample):
    said = crm.portfolio.mailing(sample, draws=20).reveal(3)
    assert said == ("That is no rule. Found 3. Name one of 'RFM', 'bought most often', 'bought last' and 'last period again', or "
                    "weights from 0 as in {'recency': 2, 'frequency': 1}.")


def test_budget_shrinks_with_the_customers():
    log = crm.open_table("transactions", "world:shop", n=300, seed=2)
    assert crm.portfolio.mailing(log).letters == len(ranking.halves(log).summary) // 5
    with pytest.raises(CrmlabError) as caught:
        crm.portfolio.mailing(log, letters=0)
    assert str(caught.value) == "mailing: that is no budget. letters is 0. Give 1 or more."


@pytest.mark.parametrize(("customers", "says"), [(1, "There is 1 cell."), (2, "There is 1 cell."), (40, "There are 40 cells")])
def test_one_cell_is_one(customers, says):
    """Customers who are all alike share a cell; nothing stands for "1 different cell"."""
    day = pd.Timestamp("2024-06-30")
    spread = np.arange(customers) if customers > 2 else np.zeros(customers, int)
    summary = tables.stamp(pd.DataFrame({
        "customer_id": [f"c{k}" for k in range(customers)], "days_since_last": 10 + spread, "orders": 1 + spread % 7,
        "value": 5.0 + 3 * (spread % 11)}), {"title": "made", "until": f"{day:%Y-%m-%d}"})
    text = crm.portfolio.rfm(summary).text()
    assert re.search(says.replace("40", r"\d+"), text) and "1 cells" not in text and "1 different cell" not in text
