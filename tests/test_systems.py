"""Every system of the register is well-formed, gives the classes its words promise, and agreement is measured right."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2_contingency
from scipy.stats.contingency import association as scipy_association
from sklearn.metrics import adjusted_rand_score

import crmlab as crm
from crmlab.frame import glossary
from crmlab.frame.record import plain
from crmlab.measures import systems, tables
from crmlab.measures.systems import book, crossing

EVIL = ["<script>alert(1)</script>", "=cmd()", "$x^2$", "*a* [b](c)"]
RULED = [key for key, e in book.register().items() if e.rules]
DESCRIBED = {"dwyer_schurr_oh", "cannon_perreault", "ford", "millman_wilson", "reinartz_krafft_hoyer"}
ROOM = {"ladder", "five_dimensions"}


def full(n: int = 400, seed: int = 1) -> pd.DataFrame:
    """A table with every input any system asks for, on scales of 1 to 7, shares, flags and money."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({name: rng.integers(1, 8, n).astype(float) for name in book.meanings()})
    for name in ("share_of_wallet", "ownership"):
        frame[name] = rng.random(n).round(2)
    frame["returned"] = rng.integers(0, 2, n)
    for name in ("profit", "actual_value", "strategic_value", "price", "cost_to_serve"):
        frame[name] = rng.normal(50, 60, n)
    money = {"share_of_wallet", "ownership", "returned", "profit", "actual_value", "strategic_value", "price",
             "cost_to_serve", "orders", "tenure", "duration"}
    scales = {name: {"low": 1, "high": 7} for name in book.meanings() if name not in money}
    return tables.stamp(frame, {"title": "a made table", "scales": scales})


def rows(**columns) -> pd.DataFrame:
    """Hand-made rows; ratings from 1 to 7."""
    frame = pd.DataFrame(columns)
    return tables.stamp(frame, {"title": "by hand", "scales": {name: {"low": 1, "high": 7} for name in frame}})


def classes(table: pd.DataFrame, system: str, **more) -> list[str]:
    return systems.classify(table, system, **more).customers["class"].tolist()


def message(call) -> str:
    with pytest.raises(crm.CrmlabError) as error:
        call()
    return str(error.value)


# ---- the register -----------------------------------------------------------------------------------------


def test_every_system_has_a_rule_or_says_why_not():
    assert set(RULED) | DESCRIBED | ROOM == set(book.register()) and len(RULED) == 21
    for key in DESCRIBED:
        assert book.register()[key].described and not book.register()[key].rules
    for key in ROOM:
        assert book.register()[key].lives.startswith("crm.relationships.")


@pytest.mark.parametrize("key", book.register())
def test_entry_is_well_formed(key):
    e = book.register()[key]
    assert e.name and e.unit and re.search(r"\b(19|20)\d\d$", e.source)
    assert re.search(r"^source|checked in |from memory, to be checked", e.evidence)
    assert all(meaning and not meaning.endswith(".") for meaning in e.classes.values())
    assert {rule.gives for rule in e.rules} == (set(e.classes) if e.rules else set())
    assert set(e.inputs) <= set(book.meanings())
    assert set(e.derived) | set(e.cuts) | set(e.limits) <= set(e.columns) | set(e.inputs)
    assert e.cuts_are == ("crmlab rule" if e.cuts else "")
    for column, spec in e.cuts.items():
        asked = {c.against for rule in e.rules for c in rule.when if c.column == column}
        assert set(spec) == asked & set(book.LEVELS) and list(spec) == sorted(spec, key=book.LEVELS.index)
    named = {c.column for rule in e.rules for c in rule.when if c.against in book.LEVELS}
    assert named == set(e.cuts)


def test_no_input_without_a_system_and_in_order():
    asked = {name for e in book.register().values() for name in e.inputs}
    assert set(book.meanings()) - asked == set()
    assert list(book.meanings()) == sorted(book.meanings())


@pytest.mark.parametrize("key", RULED)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_row_has_exactly_one_class(key, seed):
    found = systems.classify(full(seed=seed), key)
    e = book.register()[key]
    assert set(found.customers["class"]) <= set(e.classes)
    assert found.table["rows"].sum() == 400 and found.n == 400
    assert found.table["share"].sum() == pytest.approx(1)
    assert (found.customers["rule"] != "").all()
    if all(rule.when for rule in e.rules) and key not in ("webster", "coviello", "customer_pyramid"):  # by order
        values = full(seed=seed).pipe(systems.applying.looked_at, e)
        at = {name: dict(zip(spec, np.atleast_1d(found.cuts[name]), strict=True)) for name, spec in e.cuts.items()}
        hits = [np.logical_and.reduce([c.holds(values, at) for c in rule.when]) for rule in e.rules]
        assert (np.sum(hits, axis=0) == 1).all()


def test_every_class_can_be_reached():
    for key in RULED:
        assert (systems.classify(full(4000), key).table["rows"] > 0).all(), key


def test_systems_lists_what_the_file_says():
    listed = systems.catalogue()
    assert list(listed) == ["system", "unit", "inputs", "classes", "source", "evidence"]
    assert set(listed) <= set(glossary.COLUMNS)
    assert len(listed) == 28 and listed["system"].is_unique
    one = listed.set_index("system")
    assert one.loc["kraljic", "evidence"] == "source; cuts: crmlab rule"
    assert one.loc["krapfel", "evidence"] == "from memory, to be checked; cuts: crmlab rule"
    assert one.loc["ladder", "inputs"] == "see crm.relationships.ladder"
    assert one.loc["ford", "inputs"] == "described only"


@pytest.mark.parametrize("words", ["__import__('os')", "trust = high", "trust >= high or x", "trust.x > 1", ""])
def test_a_condition_is_a_comparison_and_nothing_else(words):
    assert message(lambda: book.Condition.read(words)) == (
        f"A condition of a system cannot be read. It says '{words}'. "
        "Write it as 'trust >= high', 'profit < 0' or 'this >= that'.")


def test_conditions_forgive_rounding_only():
    values = pd.DataFrame({"trust": [5 - 1e-12, 4.999, 5, 5.001]})
    cuts = {"trust": {"high": 5.0}}
    found = {sign: book.Condition.read(f"trust {sign} high").holds(values, cuts).tolist() for sign in book.SIGNS}
    assert found[">="] == [True, False, True, True] and found["<"] == [False, True, False, False]
    assert found[">"] == [False, False, False, True] and found["<="] == [True, True, True, False]


# ---- hand-made rows ---------------------------------------------------------------------------------------


def test_johnson_selnes():
    table = rows(satisfaction=[4, 5, 5, 6, 2], trust=[7, 4.67, 5, 6, 1], commitment=[7, 7, 4, 5, 7])
    assert classes(table, "johnson_selnes") == ["stranger", "acquaintance", "friend", "partner", "stranger"]
    found = systems.classify(table, "johnson_selnes")
    assert found.customers["rule"].iloc[2] == "satisfaction 5 ≥ 5 and trust 5 ≥ 5 and commitment 4 < 5"


def test_jones_sasser_cuts_at_eight_of_ten():
    table = tables.stamp(pd.DataFrame({"satisfaction": [8, 9, 7.9, 3], "loyalty": [8, 7, 8, 2]}),
                         {"scales": {name: {"low": 1, "high": 10} for name in ("satisfaction", "loyalty")}})
    assert classes(table, "jones_sasser") == ["loyalist", "mercenary", "hostage", "defector"]


def test_kraljic_bensaou_fiocca_and_krapfel():
    high, low = [6, 6, 2, 2], [6, 2, 6, 2]
    for key, axes, names in (
            ("kraljic", ("profit_impact", "supply_risk"), ["strategic", "leverage", "bottleneck", "non-critical"]),
            ("bensaou", ("own_investment", "their_investment"),
             ["strategic partnership", "captive buyer", "captive supplier", "market exchange"]),
            ("fiocca", ("importance", "difficulty"),
             ["key and difficult", "key and easy", "non-key and difficult", "non-key and easy"]),
            ("krapfel", ("relationship_value", "commonality"), ["partner", "rival", "friend", "acquaintance"])):
        assert classes(rows(**dict(zip(axes, (high, low), strict=True))), key) == names


def test_krapfel_modes():
    table = rows(commonality=[6, 6, 6, 2, 2, 2], power=[1, 4, 6, 1, 4, 6])
    assert classes(table, "krapfel_modes") == ["accommodate", "collaborate", "administer", "submit", "negotiate",
                                               "dominate"]


def test_money_is_cut_at_the_median():
    table = pd.DataFrame({"profit": [900.0, 800, -50, 10], "duration": [40.0, 2, 30, 1]})
    found = systems.classify(table, "reinartz_kumar")
    assert found.customers["class"].tolist() == ["true friend", "butterfly", "barnacle", "stranger"]
    assert found.cuts == {"profit": 405.0, "duration": 16.0}
    table = pd.DataFrame({"price": [90.0, 80, 20, 10], "cost_to_serve": [40.0, 2, 30, 1]})
    assert classes(table, "shapiro") == ["carriage trade", "passive", "aggressive", "bargain basement"]
    table = pd.DataFrame({"actual_value": [-5.0, 50, 3, -1, 2], "strategic_value": [1.0, 1, 90, 80, 2]})
    assert classes(table, "peppers_rogers") == ["below zero", "most valuable", "most valuable", "most growable",
                                                "most valuable"]


def test_dick_basu_and_the_stages_of_loyalty():
    table = pd.DataFrame({"relative_attitude": [6.0, 6, 2, 2], "repeat_patronage": [9.0, 0, 8, 1]})
    assert classes(table, "dick_basu", cuts={"relative_attitude": 5}) == [
        "true loyalty", "latent loyalty", "spurious loyalty", "no loyalty"]
    table = rows(cognitive=[4, 5, 5, 5, 5], affective=[7, 4, 5, 5, 5], conative=[7, 7, 4, 5, 5], action=[7, 7, 7, 4, 5])
    assert classes(table, "loyalty_stages") == ["none", "cognitive", "affective", "conative", "action"]


def test_jackson_and_webster():
    table = rows(switching_cost=[2, 6, 6, 2], share_of_wallet=[0.3, 0.95, 0.95, 0.95], returned=[1, 0, 1, 0])
    assert classes(table, "jackson") == ["always a share", "lost for good", "intermediate", "intermediate"]
    table = rows(orders=[1, 3, 3, 3, 3, 3], tenure=[1, 1, 9, 9, 9, 9], mutual_dependence=[2, 2, 2, 6, 6, 6],
                 integration=[2, 2, 2, 2, 6, 6], ownership=[0, 0, 0, 0, 0.1, 0.6])
    assert classes(table, "webster", cuts={"tenure": 5}) == list(book.register()["webster"].classes)


def test_derived_columns():
    table = rows(primary=[5, 4, 3], secondary=[4.5, 4, 4])
    assert classes(table, "primary_secondary") == ["primary", "mixed", "secondary"]
    table = rows(solidarity=[1, 4, 7], role_integrity=[2, 4, 7], flexibility=[1, 4, 5], mutuality=[2, 4, 5])
    assert classes(table, "macneil") == ["discrete", "between", "relational"]
    found = systems.classify(table, "macneil")
    assert found.cuts == {"norms": (3.0, 5.0)} and found.customers["rule"].iloc[0] == "norms 1.5 < 3"


def test_coviello_names_the_strongest_practice():
    table = rows(transaction_practice=[5, 1, 1, 1, 4], database_practice=[1, 5, 1, 1, 4],
                 interaction_practice=[1, 1, 5, 1, 4], network_practice=[1, 1, 1, 5, 4])
    found = systems.classify(table, "coviello")
    assert found.customers["class"].tolist() == ["transaction", "database", "interaction", "network", "transaction"]
    assert found.moves == {} and np.isnan(found.headline()["moved_by_next_score"])
    assert found.customers["rule"].iloc[3].startswith("no rule above fits: transaction_practice 1 and ")


# ---- gaps, cuts and messages ------------------------------------------------------------------------------


def test_gaps_are_flagged_and_never_guessed():
    table = rows(satisfaction=[2, np.nan, 6, 6], trust=[np.nan, np.nan, 6, 2], commitment=[5, 5, 6, 6])
    found = systems.classify(table, "johnson_selnes")
    assert found.customers["class"].tolist() == ["not known", "not known", "partner", "acquaintance"]
    assert found.customers["rule"].tolist()[:2] == ["trust not measured", "satisfaction and trust not measured"]
    assert found.table.iloc[-1]["class"] == "not known" and np.isnan(found.table.iloc[-1]["share"])
    assert "2 customers have no class (most often: " in found.text() and found.n == 2
    assert found.headline()["not_known"] == 2


def test_next_attainable_score_moves_those_on_the_edge():
    table = rows(profit_impact=[4, 4, 5, 6], supply_risk=[6, 6, 6, 6])
    assert systems.classify(table, "kraljic").moves == {"profit_impact": 0.5, "supply_risk": 0.0}


def test_a_scale_that_is_not_recorded_is_cut_at_the_median_and_says_so():
    table = pd.DataFrame({"profit_impact": [10.0, 20, 80, 90], "supply_risk": [1.0, 1, 1, 5]})
    found = systems.classify(table, "kraljic")
    assert found.cuts == {"profit_impact": 50.0, "supply_risk": 5.0}  # not 1, or all would be high
    assert "cuts (crmlab rule): profit_impact 50 (the median: no scale recorded)" in found.settings
    given = systems.classify(table, "kraljic", cuts={"profit_impact": 15})
    assert "profit_impact 15 (as given)" in given.settings
    again = systems.classify(table, "kraljic", cuts=given.cuts)
    assert again.customers.equals(given.customers)


def test_clusters_and_weights_count():
    table = rows(satisfaction=[6, 2] * 30, loyalty=[6] * 60)
    alone = systems.classify(table, "jones_sasser").table
    together = systems.classify(table.assign(cluster=np.repeat(range(6), 10), satisfaction=[6, 6, 6, 6, 2, 6] * 10),
                                "jones_sasser").table
    assert alone["share"].iloc[0] == 0.5 and together["share"].iloc[0] == pytest.approx(5 / 6)
    weighted = systems.classify(table.assign(weight=[3.0, 1.0] * 30), "jones_sasser").table
    assert weighted["share"].iloc[0] == pytest.approx(0.75)
    nobody = systems.classify(table.assign(weight=[1.0, 0.0] * 30), "jones_sasser").table
    assert nobody["share"].iloc[0] == 1
    assert message(lambda: systems.classify(table.assign(weight=0), "jones_sasser")) == (
        "Nobody counts. Every row with an answer has a weight of 0 or none. "
        "Give weights above 0, or leave the column 'weight' out.")


def test_messages():
    table = pd.DataFrame({"satisfactoin": [1.0], "Trust": [2.0], "age": [3]})
    assert message(lambda: systems.classify(table, "johnson_selnes")) == (
        "Johnson & Selnes needs 'satisfaction', 'trust' and 'commitment', and 'satisfaction', 'trust' and 'commitment' "
        "are missing. The table has satisfactoin, Trust and age. If the nearest columns are meant, rename them: "
        "table.rename(columns={'satisfactoin': 'satisfaction', 'Trust': 'trust'}).")
    assert message(lambda: systems.classify(pd.DataFrame({"a": [1]}), "shapiro")) == (
        "Shapiro et al. needs 'price' and 'cost_to_serve', and 'price' and 'cost_to_serve' are missing. "
        "The table has a. Map the columns when you open the table, as in columns={'Q1': 'price'}.")
    assert message(lambda: systems.classify(table, "kralic")).startswith("There is no system 'kralic'. The register has: ")
    assert message(lambda: systems.classify(table, "kralic")).endswith("Did you mean 'kraljic'?")
    assert message(lambda: systems.classify(table, "ladder")) == (
        "'ladder' is not one of the simple rules. It lives in its room, as crm.relationships.ladder. "
        "Call crm.relationships.ladder(scores) there, and hand its classes on with extra={'ladder': …}.")
    assert message(lambda: systems.classify(table, "ford")).startswith(
        "'ford' is described only and cannot be applied. The reason: its stages are a course of years. Systems with a rule are ")


def test_messages_about_values_and_cuts():
    table = rows(satisfaction=[1, 6], loyalty=[6, 2])
    assert message(lambda: systems.classify(table.astype(object).replace(6, "n/a"), "jones_sasser")) == (
        "jones_sasser: the column 'satisfaction' holds text. 1 row cannot be read as a number, such as 'n/a'. "
        "Say which words mean missing when you open the table, with missing=[…].")
    assert message(lambda: systems.classify(table * np.nan, "jones_sasser")) == (
        "jones_sasser: nobody can be classified. Satisfaction and loyalty not measured. "
        "It needs 'satisfaction' and 'loyalty' in one row.")
    assert message(lambda: systems.classify(table, "jones_sasser", cuts={"trust": 5})) == (
        "There is no cut 'trust'. Jones & Sasser has: satisfaction and loyalty. Use one of these names.")
    assert message(lambda: systems.classify(table, "jones_sasser", cuts={"loyalty": "high"})) == (
        "The cut of 'loyalty' is one number. Found 'high'. Write cuts={'loyalty': 5}.")
    modes = rows(commonality=[1, 6], power=[6, 2])
    assert message(lambda: systems.classify(modes, "krapfel_modes", cuts={"power": 4})) == (
        "The cut of 'power' is two numbers, (low, high). Found 4. Write cuts={'power': (3, 5)}.")
    flat = pd.DataFrame({"price": [5.0, 5], "cost_to_serve": [1.0, 2]})
    assert message(lambda: systems.classify(flat, "shapiro")) == (
        "No middle divides 'price'. It has 1 value here. Say where to cut, as in cuts={'price': …}.")
    percent = rows(switching_cost=[2, 6], share_of_wallet=[30, 95], returned=[1, 0])
    assert message(lambda: systems.classify(percent, "jackson")) == (
        "jackson: 'share_of_wallet' lies between 0 and 1. 2 rows lie outside, such as 30. "
        "Divide by 100 if these are per cent: share_of_wallet is a share.")
    half = tables.stamp(rows(primary=[1, 6], secondary=[6, 2]), {"scales": {"primary": {"low": 1, "high": 7}}})
    assert classes(half, "primary_secondary") == ["secondary", "primary"]
    norms = pd.DataFrame({name: [1.0, 5] for name in book.entry("macneil").inputs})
    norms = tables.stamp(norms, {"scales": {"mutuality": {"low": 1, "high": 10}, "solidarity": {"low": 1, "high": 7}}})
    assert message(lambda: systems.classify(norms, "macneil")) == (
        "macneil: 'norms' is made of answers on different scales. It takes mean of solidarity, role_integrity, "
        "flexibility, mutuality. Bring them to one scale first.")


# ---- agreement --------------------------------------------------------------------------------------------


def pair(x, y, **more):
    return systems.agreement(pd.DataFrame(index=range(len(x))), ["x", "y"], extra={"x": x, "y": y}, **more).pairs[0]


def test_v_and_rand_against_scipy_and_sklearn():
    rng = np.random.default_rng(3)
    x = rng.integers(0, 5, 300)
    y = np.where(rng.random(300) < 0.5, x % 3, rng.integers(0, 3, 300))
    two, table = pair(x, y, draws=200), pd.crosstab(x, y)
    phi, n, (r, c) = chi2_contingency(table, correction=False)[0] / 300, 300, table.shape
    phi = max(0, phi - (r - 1) * (c - 1) / (n - 1))  # Bergsma 2013
    expected = np.sqrt(phi / min(r - (r - 1) ** 2 / (n - 1) - 1, c - (c - 1) ** 2 / (n - 1) - 1))
    assert two.v.estimate == pytest.approx(expected)
    assert two.rand.estimate == pytest.approx(adjusted_rand_score(x, y))
    plain_v = scipy_association(table.to_numpy())
    assert two.v.estimate < plain_v < two.v.estimate + 0.05
    large = crossing.association(table.to_numpy(float)[None] * 1e6)[0]
    assert large == pytest.approx(plain_v, abs=1e-5)


def test_identical_systems_agree_whatever_the_names():
    x = np.repeat(["a", "b", "c", "d"], [40, 30, 20, 10])
    two = pair(x, pd.Series(x).map({"a": "w", "b": "x", "c": "y", "d": "z"}), draws=200)
    assert two.v.estimate == pytest.approx(1) and two.rand.estimate == pytest.approx(1)
    assert np.isnan(two.v.low) and np.isnan(two.rand.high)
    merged = pair(x, np.where(np.isin(x, ["c", "d"]), "low", x), draws=200)
    assert merged.v.estimate == pytest.approx(1) and merged.rand.estimate < 1


def test_independent_systems_do_not_agree():
    found = [pair(rng.integers(0, 6, 400), rng.integers(0, 4, 400), draws=300, seed=seed)
             for seed in range(60) for rng in [np.random.default_rng(seed)]]
    assert abs(np.mean([two.rand.estimate for two in found])) < 0.003
    assert np.mean([two.v.estimate for two in found]) < 0.04
    assert np.mean([two.v.low == 0 for two in found]) >= 0.95
    assert np.mean([two.rand.low <= 0 <= two.rand.high for two in found]) >= 0.95


def test_intervals_cover_a_known_agreement():
    cells = 0.55 * np.outer([0.3, 0.3, 0.2, 0.2], [0.25] * 4) + 0.45 * np.diag([0.3, 0.3, 0.2, 0.2])
    truth = [float(measure(cells[None] * 1e9)[0]) for measure in (crossing.association, crossing.rand)]
    hits = []
    for seed in range(100):
        cell = np.random.default_rng(seed).choice(16, 250, p=cells.ravel())
        two = pair(cell // 4, cell % 4, draws=300, seed=seed)
        hits.append([at.low <= true <= at.high for at, true in zip((two.v, two.rand), truth, strict=True)])
    assert np.all(np.mean(hits, axis=0) >= 0.88)


def test_clusters_widen_and_weights_shift():
    rng = np.random.default_rng(2)
    x = np.repeat(rng.integers(0, 3, 40), 10)
    y = np.where(np.repeat(rng.random(40) < 0.5, 10), x, np.repeat(rng.integers(0, 3, 40), 10))
    table = pd.DataFrame({"cluster": np.repeat(range(40), 10)})
    extra = {"x": x, "y": y}
    one, many = (systems.agreement(t, extra=extra, draws=400).pairs[0] for t in (table[[]], table))
    assert many.v.estimate == pytest.approx(one.v.estimate)
    assert many.v.high - many.v.low > 1.5 * (one.v.high - one.v.low)
    few = systems.agreement(pd.DataFrame({"cluster": np.repeat(range(4), 100)}), extra=extra, draws=400).pairs[0]
    assert np.isnan(few.v.low)
    same = systems.agreement(pd.DataFrame({"weight": (x == y).astype(float)}), extra=extra, draws=400).pairs[0]
    assert same.n == (x == y).sum() and same.rand.estimate == pytest.approx(1)


def test_only_rows_that_both_classify_count():
    x = ["a", "b"] * 20
    y = ["a", "b"] * 15 + ["not known", None] * 5
    assert pair(x, y, draws=200).n == 30
    assert np.isnan(pair(x[:9], x[:9]).v.estimate) and np.isnan(pair(x, ["a"] * 40).v.estimate)
    nothing = systems.agreement(pd.DataFrame(index=range(40)), extra={"x": x, "y": ["a"] * 40})
    assert nothing.text() == ("No two systems can be compared: too few rows in common, or everybody in one class.")
    assert nothing.figure().alt.endswith(".") and nothing._repr_html_()


def test_text_names_the_ends_and_what_is_built_in():
    table = full()
    found = systems.agreement(table, ["shapiro", "turnbull_zolkiewski", "kraljic"], draws=200)
    assert found.text().startswith("3 systems on 400 rows. Most alike are Shapiro et al. and Turnbull & Zolkiewski, "
                                   "Cramér's V = 1.00 (adjusted Rand ")
    assert "Both look at price and cost_to_serve, so part of it is built in. Least alike are " in found.text()
    assert found.text().endswith("Systems agree where their cuts fall alike in these answers. That is agreement of "
                                 "cuts, not evidence that the classes exist in nature.")
    assert systems.agreement(table, ["jones_sasser", "johnson_selnes"], draws=200).text().startswith(
        "2 systems on 400 customers. Jones & Sasser and Johnson & Selnes: Cramér's V = ")


def test_agreement_messages():
    table = rows(satisfaction=[1, 6], loyalty=[6, 2])
    assert message(lambda: systems.agreement(table)) == (
        "Agreement needs at least two systems. Found 'jones_sasser'. "
        "Name two whose inputs the table has, or hand classes over with extra={'mine': …}.")
    assert message(lambda: systems.agreement(table, extra={"mine": ["a"]})) == (
        "The classes 'mine' do not fit the table. It has 1 class for 2 rows. "
        "Give a class for every row, in the table's order and with its index.")
    assert message(lambda: systems.agreement(table, extra={"mine": pd.Series(["a", "b"], index=[1, 0])})) == (
        "The classes 'mine' do not fit the table. Its index names other rows than the table's. "
        "Give a class for every row, in the table's order and with its index.")
    assert message(lambda: systems.agreement(table, ["mien", "jones_sasser"], extra={"mine": ["a", "b"]})) == (
        "There is no system 'mien'. The classes handed over are 'mine'. Did you mean 'mine'?")
    assert message(lambda: systems.agreement(table, extra={"Jones & Sasser": ["a", "b"]})) == (
        "Two systems are called 'Jones & Sasser'. The names are 'Jones & Sasser' and 'Jones & Sasser'. "
        "Give the classes of your own another name in extra.")


# ---- the contract -----------------------------------------------------------------------------------------

ANALYSES = {
    "classify": lambda t: systems.classify(t, "johnson_selnes"),
    "eight classes": lambda t: systems.classify(t, "turnbull_zolkiewski"),
    "with gaps": lambda t: systems.classify(t.mask(t["trust"] == 1), "johnson_selnes"),
    "dots": lambda t: systems.agreement(t, ["own", "johnson_selnes", "jones_sasser", "fiocca"], draws=200,
                                        extra={"own": np.resize(EVIL, len(t))}),
    "map": lambda t: systems.agreement(t, RULED[:8], draws=120),
    "hostile names": lambda t: systems.agreement(t, [EVIL[0], EVIL[2], "kraljic"], draws=200, extra={
        EVIL[0]: np.resize(EVIL, len(t)), EVIL[2]: np.resize(EVIL[:3], len(t))}),
}


@pytest.mark.parametrize("name", ANALYSES)
def test_contract(name, tmp_path):
    table = full(240)
    before = table.copy(deep=True)
    result, again = ANALYSES[name](table), ANALYSES[name](table)
    pd.testing.assert_frame_equal(table, before)
    assert table.attrs == before.attrs
    assert set(result.table.columns) <= set(glossary.COLUMNS)
    assert result._repr_html_() == again._repr_html_()
    assert result.text().endswith(".") and "nan" not in result.text().lower().split()
    assert not re.search(r"  |\.\.|\bNone\b", result.text())
    assert len(result.headline()) <= 10
    json.dumps(plain(result.headline()), allow_nan=False)
    picture, twin = result.figure(), again.figure()
    assert picture.alt.endswith(".") and len(picture.alt) > 30
    assert picture.bytes("svg") == twin.bytes("svg")
    drawn = picture.get_tightbbox(picture.canvas.get_renderer())
    assert drawn.x0 > -0.01 and drawn.y0 > -0.01
    assert drawn.x1 < picture.get_figwidth() + 0.01 and drawn.y1 < picture.get_figheight() + 0.01
    result.save(tmp_path)
    assert json.loads((tmp_path / "result.json").read_text())["text"] == result.text()


def test_values_of_the_data_appear_as_text():
    page = ANALYSES["hostile names"](full(240))._repr_html_()
    assert "<script" not in page and "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "$x^2$" in page


def test_names_and_editions_are_those_of_the_sources():
    found = book.register()
    assert "custom supply" in found["cannon_perreault"].classes and "customer supply" not in found["cannon_perreault"].classes
    assert found["jones_sasser"].classes["loyalist"].endswith("at the extreme, an apostle, wins others for us")
    for name in ("five_dimensions", "primary_secondary"):
        assert found[name].source == "Peelen 2005" and "summary of the first edition" in found[name].evidence
