"""Portfolio matrices: every customer in one class, at published and hand-made cuts; wallets; proposals; pictures."""

import re

import numpy as np
import pandas as pd
import pytest
from contract import holds
from hypothesis import given, settings
from hypothesis import strategies as st

import crmlab as crm
from crmlab.frame import places
from crmlab.measures import systems, tables
from crmlab.portfolio import accounts, matrix, treatments, wallet_allocation
from crmlab.portfolio.pictures import form_of

CDNOW = places.SHARE / "data" / "cdnow" / "transactions.csv"
UNTIL = pd.Timestamp("1997-09-30")


def message(call) -> str:
    with pytest.raises(crm.CrmlabError) as error:
        call()
    return str(error.value)


@pytest.fixture(scope="module")
def log() -> pd.DataFrame:
    return pd.read_csv(CDNOW, dtype={"customer_id": str}, parse_dates=["date"])


def summarised(log: pd.DataFrame) -> pd.DataFrame:
    """The few columns that accounts needs, counted here in the plainest way."""
    so_far = log[log["date"] <= UNTIL]
    days = so_far.drop_duplicates(["customer_id", "date"]).groupby("customer_id")["date"]
    frame = pd.DataFrame({"value": so_far.groupby("customer_id")["amount"].sum(), "repeats": days.size() - 1,
                          "days_since_last": (UNTIL - days.max()).dt.days}).reset_index()
    return tables.stamp(frame, {"title": "CDNOW, one-tenth sample", "until": "1997-09-30"})


def afterwards(log: pd.DataFrame, ids: pd.Series) -> pd.DataFrame:
    after = log[log["date"] > UNTIL]
    orders = after.drop_duplicates(["customer_id", "date"])["customer_id"].value_counts()
    return pd.DataFrame({"customer_id": ids, "later_orders": ids.map(orders).fillna(0),
                         "later_value": ids.map(after.groupby("customer_id")["amount"].sum()).fillna(0.0)})


@pytest.fixture(scope="module")
def cdnow(log) -> pd.DataFrame:
    return accounts(summarised(log))


@pytest.fixture(scope="module")
def later(log, cdnow) -> pd.DataFrame:
    return afterwards(log, cdnow["customer_id"])


# ---- the customer pyramid ---------------------------------------------------------------------------------


def tiers(*profit: float, **more) -> list[str]:
    return matrix(pd.DataFrame({"profit": profit}), "customer_pyramid", **more).customers["class"].tolist()


def test_the_pyramid_of_a_hundred():
    found = matrix(pd.DataFrame({"profit": np.arange(1.0, 101)}), "customer_pyramid")
    assert found.table[["class", "customers"]].values.tolist() == [
        ["platinum", 5], ["gold", 15], ["iron", 60], ["lead", 20]]
    assert found.cuts == {"profit": (21.0, 81.0, 96.0)}
    assert found.table["value_share"].tolist() == pytest.approx([490 / 5050, 1320 / 5050, 3030 / 5050, 210 / 5050])
    assert "profit 21, 81 and 96 (the top 80 %, the top 20 % and the top 5 %)" in found.settings
    assert found.moves == {"profit": 0.01} and found.tenth["profit"] == pytest.approx(0.09)


def test_who_costs_money_is_lead_whatever_the_rank():
    assert tiers(*[-1.0] * 9, 5.0) == ["lead"] * 9 + ["platinum"]
    assert tiers(5.0, 4.0, -1.0, -2.0, cuts={"profit": (-5, 3, 4.5)}) == ["platinum", "gold", "lead", "lead"]


def test_equal_profits_share_a_tier():
    assert tiers(*[0.0] * 6, *range(1, 5)) == ["iron"] * 8 + ["gold", "platinum"]


@settings(max_examples=20)
@given(st.lists(st.integers(-3, 12), min_size=2, max_size=60).filter(lambda values: len(set(values)) > 1))
def test_tiers_are_a_partition_in_order(profit):
    found = matrix(pd.DataFrame({"profit": np.array(profit, float)}), "customer_pyramid")
    classes = found.customers["class"].to_numpy()
    assert found.table["customers"].sum() == len(profit) and found.table["share"].sum() == pytest.approx(1)
    place = {name: k for k, name in enumerate(found.table["class"])}
    ordered = [place[name] for _, name in sorted(zip(profit, classes, strict=True), reverse=True)]
    assert ordered == sorted(ordered)
    for value in set(profit):
        assert len({name for at, name in zip(profit, classes, strict=True) if at == value}) == 1
    if sum(profit) > 0:
        assert found.table["value_share"].sum() == pytest.approx(1)


@settings(max_examples=20)
@given(st.integers(20, 150), st.floats(0.01, 100))
def test_without_ties_a_tier_has_the_share_it_is_named_by(n, unit):
    found = matrix(pd.DataFrame({"profit": unit * np.arange(n)}), "customer_pyramid").table.set_index("class")
    above = found["share"].cumsum()
    for name, share in (("platinum", 0.05), ("gold", 0.2), ("iron", 0.8)):
        assert abs(above[name] - share) <= 0.5 / n + 1e-9


def test_cdnow_pyramid(cdnow, later):
    """Reference computed by hand on the shipped sample to 1997-09-30 (domain.md 9.3: concentrated, top 20 % 63 %)."""
    found = matrix(cdnow, "customer_pyramid", later=later)
    table = found.table.set_index("class")
    assert table["customers"].tolist() == [118, 353, 1406, 480]
    assert table["value_share"].iloc[:2].sum() == pytest.approx(0.6335, abs=0.001)  # anchors/portfolio.md 3.6: 63.35 %
    assert table["bought_later"].is_monotonic_decreasing and table["later_mean"].is_monotonic_decreasing
    everyone = (table["bought_later"] * table["customers"]).sum() / 2357
    assert everyone == pytest.approx((later["later_orders"] > 0).mean())


# ---- the other matrices -----------------------------------------------------------------------------------


def test_reinartz_and_kumar_by_hand():
    frame = pd.DataFrame({"customer_id": list("abcd"), "profit": [900.0, 800, -50, 10], "duration": [40.0, 2, 30, 1]})
    found = matrix(frame, "reinartz_kumar")
    assert found.customers["class"].tolist() == ["true friend", "butterfly", "barnacle", "stranger"]
    assert found.customers["customer_id"].tolist() == list("abcd")
    assert found.table["value_share"].tolist() == pytest.approx([900 / 1660, 800 / 1660, -50 / 1660, 10 / 1660])
    assert "25 % barnacle with −3 % of the value" in found.text()


def test_butterflies_flew_and_barnacles_stayed(cdnow, later):
    """On CDNOW: barnacles come back more often than butterflies, and true friends most; butterflies spend more."""
    table = matrix(cdnow, "reinartz_kumar", later=later).table.set_index("class")
    bought, spent = table["bought_later"], table["later_mean"]
    assert bought["true friend"] > bought["barnacle"] > bought["butterfly"] > bought["stranger"]
    assert spent["true friend"] > spent["butterfly"] > spent["barnacle"] > spent["stranger"]
    assert table["customers"].tolist() == [819, 360, 377, 801]


def test_the_other_rule_in_textbooks_foretells_less(log, cdnow, later):
    """(day of last purchase / days observed) ^ purchases, beside days since the last purchase: Spearman with spending."""
    whole = (UNTIL - log["date"].min()).days
    active = ((whole + cdnow["duration"]) / whole) ** (cdnow["repeat_patronage"] + 1)
    hiatus, textbook = (axis.corr(later["later_value"], method="spearman") for axis in (cdnow["duration"], active))
    assert hiatus > 0.4 and textbook < 0.3


def test_later_is_counted_by_hand():
    frame = pd.DataFrame({"customer_id": list("abcd"), "profit": [9.0, 8, 1, 2], "duration": [9.0, 1, 9, 1]})
    later = pd.DataFrame({"customer_id": list("dcba"), "later_orders": [0, 2, 0, 1], "later_value": [0.0, 5, 0, 7]})
    found = matrix(frame, "reinartz_kumar", later=later)
    assert found.table["bought_later"].tolist() == [1, 0, 1, 0] and found.table["later_mean"].tolist() == [7, 0, 5, 0]
    assert "What they did next, as share that bought (interval) and mean spent: true friend 100 % (" in found.text()


def test_gaps_and_weights_count():
    frame = pd.DataFrame({"profit": [9.0, np.nan, 1, 1], "duration": [9.0, 1, 9, 1], "weight": [2.0, 1, 1, 1]})
    found = matrix(frame, "reinartz_kumar", cuts={"profit": 5, "duration": 5})
    assert found.n == 3 and found.table["share"].iloc[0] == pytest.approx(0.5)
    assert found.table["value_share"].iloc[:4].tolist() == pytest.approx([18 / 20, 0, 1 / 20, 1 / 20])
    assert "1 customer has no class (most often: profit not measured)" in found.text()


def test_scales_are_not_moved_by_a_tenth():
    frame = tables.stamp(pd.DataFrame({"importance": [1, 4, 6, 7], "difficulty": [1, 6, 2, 7]}),
                         {"scales": {name: {"low": 1, "high": 7} for name in ("importance", "difficulty")}})
    found = matrix(frame, "fiocca")
    assert found.tenth == {} and found.worth == "" and "value_share" not in found.table
    assert found.customers["class"].tolist() == ["non-key and easy", "non-key and difficult", "key and easy", "key and difficult"]


def test_how_each_system_is_drawn():
    drawn = {key: form_of(e) for key, e in systems.book.register().items() if e.rules}
    assert {key for key, form in drawn.items() if form == "quadrants"} == {
        "reinartz_kumar", "shapiro", "fiocca", "dick_basu", "jones_sasser", "kraljic", "bensaou", "krapfel"}
    assert [key for key, form in drawn.items() if form == "pyramid"] == ["customer_pyramid"]


# ---- accounts and messages --------------------------------------------------------------------------------


def test_accounts_say_what_they_are(cdnow):
    assert list(cdnow) == ["customer_id", "profit", "duration", "repeat_patronage"]
    assert set(systems.applicable(cdnow)) == {"reinartz_kumar", "customer_pyramid"}
    source = tables.provenance(cdnow)
    assert source["axes"]["profit"]["label"] == "sales so far (no costs known)"
    assert source["notes"] == ["duration: days since the last purchase on 1997-09-30, with a minus (crmlab rule)"]
    summary = pd.DataFrame({"customer_id": ["a"], "value": [9.0], "margin": [2.0], "repeats": [0], "days_since_last": [3]})
    before = summary.copy()
    assert accounts(summary)["profit"].tolist() == [2.0]
    pd.testing.assert_frame_equal(summary, before)
    assert message(lambda: accounts(summary.drop(columns=["value", "repeats"]))) == (
        "This is no summary of customers: 'value' and 'repeats' are missing. It has customer_id, margin and "
        "days_since_last. Make one from a log of purchases with crm.customer_summary(log).")


def test_shares_of_margin_are_called_so():
    """Where a log knows its margins, the pyramid shares these out: what costs money is no share of what was paid."""
    summary = crm.customer_summary(crm.open_table("transactions", "world:shop", n=400))
    known, unknown = (matrix(accounts(one), "customer_pyramid") for one in (summary, summary.drop(columns="margin")))
    lead = known.table.set_index("class").loc["lead", "value_share"]
    assert lead < 0 and f"{abs(100 * lead):.0f} % of the margin" in known.text() and "of the value" not in known.text()
    assert "of the value" in unknown.text() and "of the margin" not in unknown.caption().alt


def test_messages():
    frame = pd.DataFrame({"customer_id": list("abc"), "profit": [1.0, 2, 3]})
    known = pd.DataFrame({"customer_id": list("ab"), "later_orders": [0, 1], "later_value": [0.0, 1]})
    assert message(lambda: matrix(frame, "customer_pyramid", later=known)) == (
        "Of some customers it is not known what they did later. 1 customer is not in it, such as 'c'. "
        "Who bought nothing later stands there with 0 orders; make it from the same summary.")
    assert message(lambda: matrix(frame, "customer_pyramid", later=pd.concat([known, known]))) == (
        "Some customers stand in what came later more than once. They are 'a' and 'b'. "
        "Give one row a customer, with orders and spending summed.")
    assert message(lambda: matrix(frame, "customer_pyramid", later=known[["customer_id"]])) == (
        "What came later needs 'customer_id', 'later_orders' and 'later_value', and the frame 'customer_id'. "
        "'later_orders' and 'later_value' are missing. Make it with crm.measures.purchases.later(summary, log, after=…).")
    assert message(lambda: matrix(frame[["profit"]], "customer_pyramid", later=known)) == (
        "What came later needs 'customer_id', 'later_orders' and 'later_value', and the frame 'customer_id'. "
        "The frame has no 'customer_id'. Make it with crm.measures.purchases.later(summary, log, after=…).")
    assert message(lambda: matrix(frame, "customer_pyramid", cuts={"profit": 2})) == (
        "The cut of 'profit' is three numbers, (low, high, top). Found 2. Write cuts={'profit': (3, 5, 9)}.")
    alike = matrix(frame.assign(profit=1.0), "customer_pyramid")
    assert alike.text() == "Left out: no rank divides 'profit'; it has 1 value here." and alike.figure().alt
    assert message(lambda: matrix(frame, "reinartz_kumar")) == (
        "Reinartz & Kumar needs 'profit' and 'duration', and 'duration' is missing. The table has customer_id and profit. "
        "Map the columns when you open the table, as in columns={'Q1': 'duration'}.")


# ---- the wallet allocation rule ---------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "shares"), [(1, [1]), (2, [0.667, 0.333]), (3, [0.5, 0.333, 0.167])])
def test_published_wallet_shares(n, shares):
    """Keiningham, Aksoy, Buoye & Cooil 2011, Harvard Business Review 89(10): two and three brands."""
    ratings = pd.DataFrame({f"brand {k}": [10.0 - k] for k in range(n)})
    assert wallet_allocation(ratings).customers.iloc[0].round(3).tolist() == shares


def test_ties_share_the_mean_rank_and_unused_brands_nothing():
    found = wallet_allocation(pd.DataFrame({"a": [5, 9.0], "b": [5, np.nan], "c": [np.nan, 8.0]}))
    assert found.customers.round(3).values.tolist() == [[0.5, 0.5, 0], [0.667, 0, 0.333]]
    assert found.table["customers"].tolist() == [2, 1, 1]
    assert found.table["first"].tolist() == [0.5, 0, 0]
    assert found.table["estimate"].tolist() == pytest.approx([7 / 12, 0.5, 1 / 3])


@settings(max_examples=20)
@given(st.lists(st.lists(st.one_of(st.none(), st.integers(1, 5)), min_size=4, max_size=4), min_size=1, max_size=20))
def test_a_wallet_is_a_wallet(rows):
    ratings = pd.DataFrame(rows, columns=list("abcd"), dtype=float).dropna(how="all")
    brands = [name for name in ratings if ratings[name].notna().any()]
    if brands:
        shares = wallet_allocation(ratings, brands).customers
        assert np.allclose(shares.sum(axis=1), 1) and (shares.to_numpy() >= 0).all()


def test_wallet_messages():
    ratings = pd.DataFrame({"we": [9.0, 8], "they": ["7", "good"], "nobody": [np.nan, np.nan]})
    assert message(lambda: wallet_allocation(ratings)) == (
        "The ratings of 'they' hold text. They must be numbers, higher for more content. "
        "Say which words mean missing when you open the table, with missing=[…].")
    assert message(lambda: wallet_allocation(ratings, ["we", "nobody"])) == (
        "Nobody uses 'nobody'. Its column is blank. Leave it out of brands.")
    assert message(lambda: wallet_allocation(ratings, ["us"])) == (
        "There is no column for 'us'. The table has we, they and nobody. "
        "Give a column of ratings per brand, blank where it is not used.")


# ---- proposals --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("system", ["reinartz_kumar", "customer_pyramid"])
def test_every_class_has_its_proposal(system):
    assert treatments(system).table["class"].tolist() == list(systems.entry(system).classes)


def test_proposals_are_proposals():
    found = treatments("rfm")
    assert found.table["class"].tolist() == ["champions", "loyal", "promising", "new", "needs attention", "at risk",
                                             "cannot lose", "asleep"]
    for system in ("rfm", "reinartz_kumar", "customer_pyramid"):
        lines = treatments(system).table.drop(columns="class").to_numpy().ravel()
        assert all(line and line[0].islower() and not line.endswith(".") for line in lines)
        assert not any(re.search(r"\b(will|always|never|guarantee)", line) for line in lines)
    assert "crmlab rules" in found.text() and "drawn by lot" in found.text()
    assert message(lambda: treatments("shapiro")) == (
        "There is no set of proposals 'shapiro'. The book has: reinartz_kumar, customer_pyramid and rfm. "
        "Use one of these names.")


# ---- the contract -----------------------------------------------------------------------------------------


def made(n: int = 240, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    scores = {name: rng.integers(1, 8, n).astype(float) for name in
              ("importance", "difficulty", "relative_attitude", "satisfaction", "trust", "commitment", "loyalty")}
    frame = pd.DataFrame({"customer_id": [f"c{k}" for k in range(n)], "profit": rng.gamma(0.5, 80, n) - 20,
                          "duration": -rng.integers(0, 200, n).astype(float), "price": rng.normal(100, 30, n),
                          "cost_to_serve": rng.gamma(1, 30, n), "repeat_patronage": rng.poisson(1, n), **scores})
    return tables.stamp(frame, {"title": "a made table", "scales": {name: {"low": 1, "high": 7} for name in scores}})


def next_(frame: pd.DataFrame) -> pd.DataFrame:
    number = frame["customer_id"].str[1:].astype(int)
    return pd.DataFrame({"customer_id": frame["customer_id"], "later_orders": number % 3, "later_value": number % 7.0})


ANALYSES = {
    **{key: lambda f, key=key: matrix(f, key) for key in
       ("reinartz_kumar", "customer_pyramid", "shapiro", "dick_basu", "johnson_selnes")},
    "followed": lambda f: matrix(f, "reinartz_kumar", later=next_(f)),
    "pyramid followed": lambda f: matrix(f, "customer_pyramid", later=next_(f)),
    "bars with value": lambda f: matrix(f, "johnson_selnes", later=next_(f)),
    "few": lambda f: matrix(f.nsmallest(6, "price"), "reinartz_kumar"),
    "few in a pyramid": lambda f: matrix(f.nsmallest(3, "price"), "customer_pyramid"),
    "one cut far out": lambda f: matrix(f, "shapiro", cuts={"price": 400, "cost_to_serve": 1}),
    "gaps": lambda f: matrix(f.assign(profit=f["profit"].where(f["trust"] > 2)), "reinartz_kumar"),
    "losses": lambda f: matrix(f.assign(profit=-f["profit"].abs()), "customer_pyramid"),
    "no scales": lambda f: matrix(pd.DataFrame(f.to_dict("list")), "fiocca"),
    "wallets": lambda f: wallet_allocation(f[["importance", "trust", "satisfaction"]]),
    "hostile brands": lambda f: wallet_allocation(pd.DataFrame({"<script>alert(1)</script>": [1.0], "$x^2$": [2.0]})),
    "proposals": lambda f: treatments("rfm"),
    "proposals for tiers": lambda f: treatments("customer_pyramid"),
}


@pytest.mark.parametrize("name", ANALYSES)
def test_contract(name):
    holds(ANALYSES[name], made())
