"""A row per customer: published numbers, a plain groupby as judge, and what must never change the counts."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import crmlab as crm
from crmlab.frame.errors import CrmlabError
from crmlab.measures import tables
from crmlab.measures.purchases import later

CDNOW = Path(__file__).parent.parent / "data" / "cdnow" / "transactions.csv"
OPEN = "Open the log with crm.open_table('transactions', …), which reads it and checks it."
START = pd.Timestamp("2024-01-01")


@pytest.fixture(scope="module")
def cdnow():
    return pd.read_csv(CDNOW, dtype={"customer_id": str}, parse_dates=["date"])


def log(*lines) -> pd.DataFrame:
    """A log of (customer, day, amount)."""
    ids, days, amounts = zip(*lines, strict=True)
    return pd.DataFrame({"customer_id": ids, "date": START + pd.to_timedelta(days, unit="D"), "amount": amounts})


def by_groups(frame: pd.DataFrame, until=None) -> pd.DataFrame:
    """The same summary, as one would write it without hurry."""
    until = frame["date"].max() if until is None else pd.Timestamp(until)
    frame = frame[frame["date"] <= until]
    daily = frame[frame["amount"] >= 0].groupby(["customer_id", "date"], as_index=False)["amount"].sum()
    first = daily.groupby("customer_id")["date"].transform("min")
    days = daily.groupby("customer_id")["date"]
    table = pd.DataFrame({"orders": days.size(), "repeats": days.size() - 1,
                          "active_days": (days.max() - days.min()).dt.days,
                          "age_days": (until - days.min()).dt.days,
                          "days_since_last": (until - days.max()).dt.days})
    table["value"] = frame.groupby("customer_id")["amount"].sum()
    table["mean_value"] = daily[daily["date"] > first].groupby("customer_id")["amount"].mean()
    order = [name for name in frame["customer_id"].unique() if name in table.index]
    return table.loc[order].rename_axis("customer_id").reset_index()


def same(mine: pd.DataFrame, theirs: pd.DataFrame, **how) -> None:
    pd.testing.assert_frame_equal(mine, theirs, check_dtype=False, check_index_type=False, atol=1e-9, **how)


LOGS = st.lists(st.tuples(st.sampled_from(["ann", "bob", "cy", "dee", "eve"]), st.integers(0, 30),
                          st.integers(-2_000, 9_000).map(lambda cents: cents / 100)), min_size=1, max_size=40)
KINDS = {
    "text": lambda ids: ids,
    "objects": lambda ids: ids.astype(object),
    "categories": lambda ids: ids.astype(pd.CategoricalDtype(["zoe", *sorted(set(ids)), "abe"])),
    "close numbers": lambda ids: ids.map({"ann": -3, "bob": 5, "cy": 0, "dee": 1, "eve": 4}).astype("int64"),
    "far numbers": lambda ids: ids.map({"ann": 10**15, "bob": 5, "cy": 0, "dee": -1, "eve": 4}).astype("int64"),
    "short numbers": lambda ids: ids.map({"ann": -128, "bob": 127, "cy": 0, "dee": 1, "eve": 4}).astype("int8"),
    "numbers or missing": lambda ids: ids.map({"ann": 1, "bob": 2, "cy": 3, "dee": 4, "eve": 5}).astype("Int64"),
}


def test_cdnow_as_published(cdnow):
    """Fader, Hardie & Lee (2005), calibration to 1997-09-30; the counts as lifetimes 0.11.3 and CLVTools give them."""
    summary = crm.customer_summary(cdnow, until="1997-09-30")
    assert len(summary) == 2_357 and summary["repeats"].sum() == 2_457
    assert (summary["age_days"] / 7).agg(["min", "max"]).round(3).tolist() == [27.0, 38.857]
    assert (summary["repeats"] > 0).sum() == 946
    assert summary["mean_value"].mean() == pytest.approx(35.0778, abs=5e-5)
    assert later(summary, cdnow, after="1997-09-30")["later_orders"].sum() == 1_882
    assert crm.customer_summary(cdnow)["orders"].sum() == 6_696


def test_cdnow_by_groups(cdnow):
    for until in (None, "1997-09-30", "1997-01-01", "1999-12-31"):
        same(crm.customer_summary(cdnow, until=until), by_groups(cdnow, until))


@pytest.mark.slow
def test_lifetimes_live(cdnow):
    utils = pytest.importorskip("lifetimes.utils")
    peer = utils.summary_data_from_transaction_data(cdnow, "customer_id", "date", "amount",
                                                    observation_period_end="1997-09-30")
    mine = crm.customer_summary(cdnow, until="1997-09-30").set_index("customer_id").loc[peer.index]
    for name, theirs in {"repeats": "frequency", "active_days": "recency", "age_days": "T"}.items():
        assert (mine[name] == peer[theirs]).all()
    assert np.allclose(mine["mean_value"].fillna(0), peer["monetary_value"], rtol=1e-12)


@given(LOGS, st.sampled_from(sorted(KINDS)), st.integers(-1, 35) | st.none())
def test_any_log_is_summarised_as_by_groups(lines, kind, day):
    frame = log(*lines)
    frame["customer_id"] = KINDS[kind](frame["customer_id"])
    until = None if day is None else START + pd.Timedelta(days=day)
    if not (frame["amount"] >= 0).where(frame["date"] <= (until or frame["date"].max()), False).any():
        with pytest.raises(CrmlabError, match="Nobody has bought by"):
            crm.customer_summary(frame, until=until)
        return
    before = frame.copy()
    summary = crm.customer_summary(frame, until=until)
    plain = frame.assign(customer_id=frame["customer_id"].astype(object))
    same(summary.astype({"customer_id": object}), by_groups(plain, until))
    pd.testing.assert_frame_equal(frame, before)
    only_refunds = frame[frame["date"] <= (until or frame["date"].max())]["customer_id"].nunique() - len(summary)
    assert len(tables.provenance(summary)["notes"]) == (only_refunds > 0)


@settings(max_examples=40)
@given(LOGS.filter(lambda lines: max(line[2] for line in lines) >= 0), st.randoms(use_true_random=False))
def test_the_order_of_lines_says_nothing(lines, chance):
    summary = crm.customer_summary(log(*lines)).set_index("customer_id")
    chance.shuffle(lines)
    again = crm.customer_summary(log(*lines)).set_index("customer_id")
    same(again.loc[summary.index], summary)


@settings(max_examples=40)
@given(LOGS.filter(lambda lines: max(line[2] for line in lines) >= 0))
def test_paying_twice_at_the_till_says_nothing(lines):
    halves = [(name, day, amount / 2) for name, day, amount in lines for _ in range(2)]
    same(crm.customer_summary(log(*halves)), crm.customer_summary(log(*lines)))


@settings(max_examples=40)
@given(LOGS.filter(lambda lines: max(line[2] for line in lines) >= 0), st.integers(0, 30))
def test_sooner_and_later_add_up(lines, day):
    frame, cut = log(*lines), START + pd.Timedelta(days=day)
    bought = (frame["amount"] >= 0) & (frame["date"] <= cut)
    if cut >= frame["date"].max() or not bought.any():
        return
    summary, whole = crm.customer_summary(frame, until=cut), crm.customer_summary(frame).set_index("customer_id")
    after = later(summary, frame, after=cut)
    total = whole.loc[summary["customer_id"]].reset_index()
    assert after["customer_id"].tolist() == summary["customer_id"].tolist()
    assert (summary["orders"] + after["later_orders"]).tolist() == total["orders"].tolist()
    assert np.allclose(summary["value"] + after["later_value"], total["value"])


@settings(max_examples=40)
@given(LOGS.filter(lambda lines: max(line[2] for line in lines) >= 0))
def test_the_days_of_a_summary_fit_together(lines):
    s = crm.customer_summary(log(*lines))
    assert (s["active_days"] + s["days_since_last"] == s["age_days"]).all()
    assert (s["repeats"] <= s["active_days"]).all() and (s["mean_value"].isna() == (s["repeats"] == 0)).all()


def test_a_free_sample_is_a_purchase_and_a_refund_is_none():
    s = crm.customer_summary(log(("ann", 0, 19.99), ("ann", 0, 30.01), ("ann", 4, 0.0), ("ann", 6, -20.0)))
    assert s.loc[0, ["orders", "active_days", "days_since_last", "value", "mean_value"]].tolist() == [2, 4, 2, 30, 0]


def test_refunds_only_are_left_out_and_counted():
    summary = crm.customer_summary(log(("ann", 0, 5.0), ("bob", 1, -5.0), ("cy", 2, -1.0), ("dee", 9, 3.0)),
                                   until="2024-01-05")
    assert summary["customer_id"].tolist() == ["ann"]
    prov = tables.provenance(summary)
    assert prov["notes"] == ["2 customers with refunds only left out"] and prov["until"] == "2024-01-05"


def test_provenance_travels():
    frame = tables.stamp(log(("ann", 0, 5.0), ("ann", 9, 5.0), ("bob", 9, 5.0)), {"title": "a shop", "notes": ["n"]})
    summary = crm.customer_summary(frame, until="2024-01-02")
    assert tables.provenance(summary)["title"] == "a shop"
    after = tables.provenance(later(summary, frame, after="2024-01-02"))
    assert (after["after"], after["until"]) == ("2024-01-02", "2024-01-10")
    assert after["notes"] == ["n", "1 customer who came later left out"]
    assert tables.provenance(frame)["notes"] == ["n"]


def test_later_ends_where_it_is_told():
    frame = log(("ann", 0, 5.0), ("ann", 3, 7.0), ("ann", 4, -2.0), ("ann", 5, 9.0), ("bob", 1, 1.0))
    after = later(crm.customer_summary(frame, until="2024-01-02"), frame, after="2024-01-02", until="2024-01-05")
    assert after.values.tolist() == [["ann", 1, 5.0], ["bob", 0, 0.0]]
    refund = later(crm.customer_summary(frame), frame, after="2024-01-04", until="2024-01-05")
    assert refund["later_orders"].tolist() == [0, 0] and refund["later_value"].tolist() == [-2.0, 0.0]


def test_dates_of_any_age_and_unit():
    for unit in ("s", "ms", "us", "ns"):
        frame = log(("ann", -30_000, 5.0), ("ann", -29_999, 5.0)).astype({"date": f"datetime64[{unit}]"})
        assert crm.customer_summary(frame)["active_days"].tolist() == [1]
    frame = pd.DataFrame({"customer_id": np.arange(2_000) % 1_000, "amount": 1.0,
                          "date": np.repeat(np.array([0, 2**62], "M8[s]"), 1_000)})
    assert (crm.customer_summary(frame)["active_days"] == 2**62 // 86_400).all()
    evening = log(("ann", 0.99, 5.0), ("ann", 1.01, 5.0), ("ann", 1.5, 5.0))
    assert crm.customer_summary(evening)[["orders", "active_days"]].values.tolist() == [[2, 1]]


def test_keys_wider_than_32_bits():
    far = log(("ann", -90_000, 1.0), ("bob", 0, 2.0), ("ann", 0, 4.0))
    many = pd.DataFrame({"customer_id": [f"c{k}" for k in range(60_000)], "date": START, "amount": 1.0})
    summary = crm.customer_summary(pd.concat([far, many])).set_index("customer_id")
    assert summary.loc["ann", "active_days"] == 90_000 and summary["orders"].sum() == 60_003


GOOD = log(("ann", 0, 5.0), ("bob", 1, 6.0))
ERRORS = {
    "no column": (GOOD.rename(columns={"amount": "amuont"}), None,
                  "transactions: there is no column 'amount'. It has customer_id, date and amuont. "
                  "Did you mean 'amuont'?"),
    "no columns": (pd.DataFrame(), None,
                   "transactions: there are no columns 'customer_id', 'date' and 'amount'. It has none at all. "
                   + OPEN),
    "no lines": (GOOD.iloc[:0], None,
                 "transactions: the log is empty. It has its columns, but no line. Look at the file, and at what was "
                 "left out of it."),
    "a gap": (GOOD.assign(amount=[5.0, None]), None,
              "transactions: column 'amount' has gaps. It is empty in 1 line of 2. " + OPEN),
    "a day missing": (GOOD.assign(date=[START, pd.NaT]), None,
                      "transactions: column 'date' has gaps. It is empty in 1 line of 2. " + OPEN),
    "an id missing": (GOOD.assign(customer_id=[None, None]), None,
                      "transactions: column 'customer_id' has gaps. It is empty in 2 lines of 2. " + OPEN),
    "text for days": (GOOD.astype({"date": object}), None,
                      "transactions: column 'date' does not hold days without a time zone. It holds object. " + OPEN),
    "a time zone": (GOOD.assign(date=GOOD["date"].dt.tz_localize("Europe/Berlin").astype("M8[ns, Europe/Berlin]")),
                    None, "transactions: column 'date' does not hold days without a time zone. It holds "
                    "datetime64[ns, Europe/Berlin]. " + OPEN),
    "text for amounts": (GOOD.assign(amount=["5", "6"]).astype({"amount": object}), None,
                         "transactions: column 'amount' does not hold numbers. It holds object. " + OPEN),
    "too early": (GOOD, "2023-12-31",
                  "Nobody has bought by 2023-12-31. The first purchase is of 2024-01-01. Give a later day to until."),
    "refunds only": (log(("ann", 0, -5.0)), None,
                     "Nobody has bought by 2024-01-01. The log has refunds only. Look at the signs of the amounts."),
    "refunds before": (log(("ann", 0, -5.0), ("ann", 3, 5.0)), "2024-01-02",
                       "Nobody has bought by 2024-01-02. The first purchase is of 2024-01-04. Give a later day to "
                       "until."),
    "no day": (GOOD, "Easter", "until is not a day. It reads 'Easter'. Write it as in '1997-09-30'."),
    "no table": ([1, 2], None, "The log is no table. It is a list. Give a pandas table or, with crmlab[big] "
                               "installed, an Ibis table."),
}


@pytest.mark.parametrize("case", ERRORS)
def test_errors(case):
    frame, until, message = ERRORS[case]
    with pytest.raises(CrmlabError) as error:
        crm.customer_summary(frame, until=until)
    assert str(error.value) == message


LATER_ERRORS = {
    "no time": (GOOD[["customer_id"]], GOOD, "2024-01-02",
                "There is no time left to look at. It would begin after 2024-01-02 and end with 2024-01-02. Give an "
                "earlier day to after, or a later one to until."),
    "twice": (pd.concat([GOOD, GOOD]), GOOD, "2024-01-01",
              "The summary has customers twice. They are 'ann' and 'bob'. Give one row per customer."),
    "strangers": (pd.DataFrame({"customer_id": ["zoe"]}), GOOD, "2024-01-01",
                  "The summary and the log have no customer in common. The summary begins with 'zoe', the log with "
                  "'ann'. Give the log that the summary was made from."),
}


@pytest.mark.parametrize("case", LATER_ERRORS)
def test_errors_of_later(case):
    summary, frame, after, message = LATER_ERRORS[case]
    with pytest.raises(CrmlabError) as error:
        later(summary, frame, after=after)
    assert str(error.value) == message


def test_ibis_is_not_imported_for_a_plain_log():
    code = ("import sys, pandas as pd, crmlab as crm; crm.customer_summary(pd.DataFrame({'customer_id': [1], "
            "'date': pd.to_datetime(['2024-01-01']), 'amount': [1.0]})); print('ibis' in sys.modules)")
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_a_log_opened_until_a_day_is_seen_to_its_end():
    rows = pd.DataFrame({"customer_id": list("ab" * 6), "date": pd.date_range("2024-01-01", periods=12).strftime("%Y-%m-%d"),
                         "amount": 5.0})
    log = crm.open_table("transactions", rows, until="2024-01-31")
    assert crm.customer_summary(log)["days_since_last"].tolist() == [20, 19]
    assert crm.customer_summary(log, until="2024-01-12")["days_since_last"].tolist() == [1, 0]


def test_margins_are_summed_where_the_log_has_them():
    log = crm.open_table("transactions", "world:shop", n=50, seed=3)
    found = crm.customer_summary(log, until="2024-09-30")
    by_hand = log[log["date"] <= "2024-09-30"].groupby("customer_id")["margin"].sum()
    assert found.set_index("customer_id")["margin"].to_dict() == pytest.approx(by_hand.to_dict())
    assert "margin" not in crm.customer_summary(log.drop(columns="margin"))


def test_a_missing_margin_is_not_counted_as_nothing():
    log = pd.DataFrame({"customer_id": ["A", "A", "B"], "amount": [10.0, 5, 20], "margin": [2.0, None, 7.0],
                        "date": pd.to_datetime(["2024-01-03"] * 3)})
    assert crm.customer_summary(log)["margin"].isna().tolist() == [True, False]
