"""Movement between periods: hand-made and published counts, who is seen once only, and what chance alone does."""

import re
from importlib.metadata import distributions

import numpy as np
import pandas as pd
import pytest
from contract import holds
from hypothesis import given, settings
from hypothesis import strategies as st

import crmlab as crm
from crmlab.frame import places, stats
from crmlab.measures import tables, transitions
from crmlab.portfolio import matrix, migration, periods

CDNOW = places.SHARE / "data" / "cdnow" / "transactions.csv"


def message(call) -> str:
    with pytest.raises(crm.CrmlabError) as error:
        call()
    return str(error.value)


def classed(**classes) -> pd.DataFrame:
    return pd.DataFrame({"customer_id": list(classes), "class": list(classes.values())})


@pytest.fixture(scope="module")
def log() -> pd.DataFrame:
    frame = pd.read_csv(CDNOW, dtype={"customer_id": str}, parse_dates=["date"])
    return tables.stamp(frame, {"title": "CDNOW, one-tenth sample"})


def by_tenth(period: pd.DataFrame) -> pd.DataFrame:
    """The tenth that spent most, the others that bought, and the silent."""
    top = period["value"].rank(method="min", ascending=False) <= len(period) / 10
    return period.assign(**{"class": np.where(top, "top tenth", np.where(period["orders"] > 0, "others", "silent"))})


# ---- counting ---------------------------------------------------------------------------------------------


def test_by_hand():
    found = migration(classed(a="gold", b="gold", c="iron", d="iron", e="iron"),
                      classed(b="iron", a="gold", c="iron", d="gold", f="iron"))
    assert found.matrix.to_dict("index") == {
        "gold": {"gold": 0.5, "iron": 0.5, "not seen again": 0},
        "iron": {"gold": pytest.approx(1 / 3), "iron": pytest.approx(1 / 3), "not seen again": pytest.approx(1 / 3)},
        "first seen": {"gold": 0, "iron": 1, "not seen again": 0}}
    assert found.stayed == 0.5 and found.n == 6
    assert found.headline() == {"customers": 6, "stayed": 0.5, "first_seen": 1, "not_seen_again": 1,
                                "steady": {"gold": pytest.approx(0.5), "iron": pytest.approx(0.5)}}
    assert found.text() == (
        "50 % of 4 customers known at both dates kept their tier. First seen in the later period: 1; not seen again: 1. "
        "If every later period were like this one, the tiers would settle at 50 % gold, 50 % iron. No period is quite "
        "like the last, so read it as a direction. So few customers make no rates.")
    row = found.table.set_index(["class", "to"]).loc[("gold", "iron")]
    assert (row["low"], row["high"]) == pytest.approx(stats.wilson(0.5, 2))


def test_an_order_is_kept():
    frame = classed(a="iron", b="gold")
    frame["class"] = pd.Categorical(frame["class"], ["platinum", "gold", "iron"])
    assert list(migration(frame, frame).matrix) == ["gold", "iron"]
    accounts = pd.DataFrame({"customer_id": list("abcd"), "profit": [9.0, 8, 1, 2], "duration": [9.0, 1, 9, 1]})
    one, two = matrix(accounts, "reinartz_kumar"), matrix(accounts.assign(duration=[1.0, 9, 9, 1]), "reinartz_kumar")
    moved = migration(one, two)
    assert list(moved.matrix) == ["true friend", "butterfly", "barnacle", "stranger"] and moved.stayed == 0.5


def test_nobody_in_both():
    found = migration(classed(a="gold"), classed(b="gold"))
    assert found.text() == "Nobody was seen in both periods, so nothing can be said of movement."
    assert found.steady == {} and np.isnan(found.stayed) and found.figure().alt.endswith(".")


@settings(max_examples=20)
@given(st.dictionaries(st.integers(0, 30), st.sampled_from("abc"), min_size=1),
       st.dictionaries(st.integers(0, 30), st.sampled_from("abc"), min_size=1))
def test_everybody_is_counted_once(one, two):
    sides = [pd.DataFrame({"customer_id": list(side), "class": list(side.values())}) for side in (one, two)]
    found = migration(*sides)
    assert found.table["customers"].sum() == len(set(one) | set(two)) == found.n
    assert found.table.groupby("class")["share"].sum().to_numpy() == pytest.approx(1)
    assert ((found.table["low"] <= found.table["share"] + 1e-9) & (found.table["share"] <= found.table["high"] + 1e-9)).all()


def test_intervals_cover():
    """Wilson's interval of a share of movers out of 60 of them, 2,000 times: about 95 %."""
    moved = np.random.default_rng(1).binomial(60, 0.3, 2000)
    hits = {k: low <= 0.3 <= high for k in range(61) for low, high in [stats.wilson(k / 60, 60)]}
    assert np.mean([hits[k] for k in moved]) == pytest.approx(0.95, abs=0.02)


def test_the_long_run_is_a_fixed_point():
    rng = np.random.default_rng(4)
    before = pd.Series(rng.choice(list("abc"), 3000))
    after = pd.Series(np.where(rng.random(3000) < 0.6, before, rng.choice(list("abc"), 3000, p=[0.5, 0.3, 0.2])))
    long = transitions.steady(before, after, tuple("abc"))
    shares = pd.crosstab(before, after, normalize="index").to_numpy()
    assert np.array(list(long.values())) @ shares == pytest.approx(list(long.values()))
    assert list(long.values()) == pytest.approx([0.5, 0.3, 0.2], abs=0.03)


# ---- periods of a log -------------------------------------------------------------------------------------


def test_equal_windows_of_cdnow(log):
    before, after = periods(log, "1997-04-01")
    assert [tables.provenance(side)["period"] for side in (before, after)] == [
        "1997-04-01 to 1997-11-14", "1997-11-15 to 1998-06-30"]
    assert len(before) == len(after) == 2357
    silent = before["class"] == "silent"
    assert silent.mean() == pytest.approx(0.664, abs=0.001)  # the sample; 65.6 % in the master
    assert (before.loc[silent, "value"] == 0).all() and (before.loc[~silent, "orders"] > 0).all()
    table = before.loc[~silent, "class"].value_counts(normalize=True)
    assert table[["platinum", "gold", "iron", "lead"]].tolist() == pytest.approx([0.05, 0.15, 0.6, 0.2], abs=0.01)


def test_published_fall_of_the_top_tenth():
    """domain.md 9.3 and P20, CDNOW master: 246 to 142, the base 34.2 to 26.4; 65.6 % silent, 12.1 % of them return."""
    folder = next((found.locate_file("lifetimes/datasets") for found in distributions(name="lifetimes")), None)
    if folder is None:
        pytest.skip("the package lifetimes, which carries the master file, is not here")
    master = pd.read_csv(folder / "CDNOW_master.txt", sep=r"\s+", skiprows=1, header=None, dtype={0: str, 1: str},
                         names=["customer_id", "date", "cds", "amount"])
    master["date"] = pd.to_datetime(master["date"].astype(str), format="%Y%m%d")
    check_master(master)


def check_master(master: pd.DataFrame) -> None:
    found = migration(*map(by_tenth, periods(master, "1997-04-01")))
    means = found.means.set_index("class")
    assert found.n == 23_570
    assert means.loc["top tenth", ["value_before", "value_after"]].tolist() == pytest.approx([246.4, 142.4], abs=0.1)
    assert means.loc["silent", ["value_before", "value_after"]].tolist() == pytest.approx([0, 6.8], abs=0.05)
    share = means["customers"] / found.n
    assert share["silent"] == pytest.approx(0.656, abs=0.001)
    assert [(share * means[name]).sum() for name in ("value_before", "value_after")] == pytest.approx([34.2, 26.4], abs=0.05)
    assert 1 - found.matrix.loc["silent", "silent"] == pytest.approx(0.121, abs=0.001)
    buyers = found.customers[found.customers["before"] != "silent"]
    kept = (buyers["before"] == buyers["after"]).mean()  # to be silent twice is no loyalty
    assert found.caption().finding.startswith(f"{100 * kept:.0f} % of the buyers kept their tier")
    fall = means.loc["top tenth"]
    assert fall["orders_before"] > 1.5 * fall["orders_after"]  # 4.9 to 3.0 …
    assert fall["orders_expected"] == pytest.approx(fall["orders_after"], rel=0.1)  # … and chance alone would do 3.2


def test_refunds_are_no_purchase_and_newcomers_are_first_seen():
    log = pd.DataFrame({"customer_id": ["a", "a", "a", "b", "b", "c", "d"], "amount": [5.0, -5, 7, 5, 0, 9, -4],
                        "date": pd.to_datetime(["2024-01-01", "2024-02-01", "2024-03-01", "2024-01-05", "2024-02-02",
                                                "2024-03-05", "2024-03-05"])})
    before, after = periods(log, "2024-01-20")
    assert before[["customer_id", "orders", "value"]].values.tolist() == [["a", 0, -5.0], ["b", 1, 0.0]]
    assert before["class"].tolist() == ["silent", "iron"]
    assert after[["customer_id", "orders", "value"]].values.tolist() == [["a", 1, 7.0], ["b", 0, 0.0], ["c", 1, 9.0]]


# ---- chance -----------------------------------------------------------------------------------------------


def steady_habits(n=20_000, r=0.8, mean=1.6, seed=3, base=1.0):
    """Customers whose habits never change: Poisson orders around gamma rates, in two periods."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(r, mean / r, n)
    sides = [rng.poisson(rate), rng.poisson(rate * base)]
    ids = [f"c{k}" for k in range(n)]
    return [pd.DataFrame({"customer_id": ids, "orders": x, "value": 10.0 * x, "class": np.select(
        [x >= 6, x >= 2, x >= 1], ["many", "some", "one"], "silent")}) for x in sides]


@pytest.mark.parametrize("base", [1.0, 0.7])
def test_what_chance_does_is_foretold(base):
    """Where nobody changes, the extreme class still falls by half, and just as far as foretold."""
    means = migration(*steady_habits(base=base)).means.set_index("class")
    assert means.loc["many", "orders_after"] < 0.75 * means.loc["many", "orders_before"]
    assert means.loc["silent", "orders_after"] > 0
    assert means["orders_after"].to_numpy() == pytest.approx(means["orders_expected"].to_numpy(), rel=0.06)


def test_customers_who_are_all_alike_are_expected_alike():
    x = np.random.default_rng(1).poisson(2, 4000)
    frame = pd.DataFrame({"customer_id": range(4000), "orders": x, "class": np.where(x > 3, "many", "few")})
    again = frame.assign(orders=np.random.default_rng(2).poisson(2, 4000))
    means = migration(frame, again).means
    assert means["orders_expected"].tolist() == pytest.approx([2, 2], abs=0.2)


def test_text_tells_the_fall_beside_the_base():
    text = migration(*steady_habits(n=3000)).text()
    assert re.search(r"A class named by an extreme of one period falls back in the next by chance alone: many bought "
                     r"\d\.\d times a customer before and \d\.\d after\. Had every habit stayed as it was, apart from what the "
                     r"whole base did \(\d\.\d\d to \d\.\d\d\), \d\.\d would be expected\.", text)


# ---- messages and the contract ----------------------------------------------------------------------------


def test_messages(log):
    assert message(lambda: migration(classed(a="x").drop(columns="class"), classed(a="x"))) == (
        "The classes before need 'customer_id' and 'class'. The frame has customer_id. "
        "Give what crm.portfolio.matrix returned, made from a frame with customer_id.")
    twice = pd.DataFrame({"customer_id": ["a", "a"], "class": ["x", "y"]})
    assert message(lambda: migration(classed(a="x"), twice)) == (
        "Some customers have several classes after. They are 'a'. Give one row a customer.")
    assert message(lambda: migration(classed(a="x"))) == (
        "This is no log of purchases: 'date' and 'amount' are missing. It has customer_id and class. "
        "Open one with crm.open_table('transactions', …), or give classes before and after.")
    assert message(lambda: periods(log, "1998-06-30")) == (
        "The log leaves no two periods. It runs from 1997-01-01 to 1998-06-30, and the start is 1998-06-30. "
        "Choose a start inside it, days before its end.")
    assert message(lambda: periods(log.iloc[:0])) == (
        "The log leaves no two periods. It is empty. Open a log of more days.")


SEGMENTS = ["champions", "loyal", "promising", "new", "needs attention", "at risk", "cannot lose", "asleep", "<script>x</script>"]
ANALYSES = {
    "log": migration,
    "tenths": lambda log: migration(*map(by_tenth, periods(log))),
    "few": lambda log: migration(classed(a="gold", b="iron"), classed(a="iron", c="gold")),
    "segments": lambda log: migration(*(pd.DataFrame({"customer_id": range(seed, 300 + seed), "class": np.random.default_rng(
        seed).choice(SEGMENTS, 300)}) for seed in (1, 5))),
}


@pytest.mark.parametrize("name", ANALYSES)
def test_contract(name, log):
    holds(ANALYSES[name], log)


def test_segments_tiers_and_classes_keep_their_names():
    """RFM makes segments, the pyramid tiers, all other systems classes; no sentence mixes them."""
    log = crm.open_table("transactions", "world:shop", seed=1)
    first = crm.portfolio.halves(log, None)
    accounts = crm.portfolio.accounts(first.summary)
    pyramid = crm.portfolio.matrix(accounts, "customer_pyramid", later=first.later)
    moved = crm.portfolio.migration(*crm.portfolio.periods(log))
    for result in (pyramid, moved, crm.portfolio.treatments("customer_pyramid"), crm.portfolio.treatments("rfm")):
        said = f"{result.text()} {result.caption().finding}"
        assert not re.search(r"\b(class|classes)\b", said), said
    assert "8 segments" in crm.portfolio.treatments("rfm").text() and "4 tiers" in crm.portfolio.treatments("customer_pyramid").text()
    assert "4 classes" in crm.portfolio.treatments("reinartz_kumar").text()
