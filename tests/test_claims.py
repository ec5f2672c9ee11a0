"""Claims read as sentences, verdicts follow one rule, and power speaks before the data do."""

import re
from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats
from statsmodels.stats.oneway import anova_oneway

import crmlab as crm
from crmlab import claims
from crmlab.claims import _adjusted, bends, differs, lowers, raises, theory, verdict_of
from crmlab.claims.cautions import DESIGNS, caution
from crmlab.claims.declare import Claim
from crmlab.claims.evidence import evidence
from crmlab.claims.means import Gap
from crmlab.claims.power import Plan, chances
from crmlab.claims.rows import Evidence, PValues, p_values
from crmlab.frame import glossary, stats
from crmlab.frame.errors import CrmlabError
from crmlab.sources.worlds import survey
from crmlab.sources.worlds.opinions import CONSTRUCTS

CAUTION = ("This is a survey at one time: it shows that the two go together, not that raising one raises "
           "the other.")
QUICK = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def scored(n=600, seed=1, **truth) -> pd.DataFrame:
    frame = survey(n, seed, truth).tables["survey"]
    return frame.assign(**{name: frame[spec["items"]].mean(axis=1) for name, spec in CONSTRUCTS.items()})


@pytest.fixture(scope="module")
def scores():
    return scored()


def verdict(claim, frame, draws=99):
    """The verdict on one claim alone, which needs no correction."""
    found = evidence(claim, frame, 0.05, draws, seed=1)
    return verdict_of(*found.p, found.wrong)


# ---- declare ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("claim", "sentence", "null"), [
    (raises("satisfaction", "loyalty", because="Curtis et al. 2011", at_least=0.30),
     "Satisfaction raises loyalty, by at least r = 0.30 (Curtis et al. 2011).",
     "Null: r is 0.30 or below; negligible within r = ±0.10."),
    (raises("satisfaction", "loyalty"), "Satisfaction raises loyalty.",
     "Null: r is 0 or below; negligible within r = ±0.10."),
    (lowers("trust", "switching_cost", at_least=0.2), "Trust lowers switching cost, by at least r = −0.20.",
     "Null: r is −0.20 or above; negligible within r = ±0.10."),
    (bends("satisfaction", "loyalty", because="Mittal & Kamakura 2001"),
     "The line from satisfaction to loyalty flattens (Mittal & Kamakura 2001).",
     "Null: the line is straight, and what bends is the end of the scale; negligible within β = ±0.10."),
    (bends("satisfaction", "loyalty", "kinked"), "The line from satisfaction to loyalty has a kink.",
     "Null: the line is straight, and what bends is the end of the scale; negligible within Δβ = ±0.10."),
    (differs("loyalty", by="contract"), "Loyalty differs by contract.",
     "Null: all groups have the same mean; negligible within d = ±0.20."),
])
def test_claims_read_as_sentences(claim, sentence, null):
    assert (str(claim), claim.null) == (sentence, null)


def test_a_theory_reads_as_sentences():
    chain = theory(raises("a<b", "loyalty"), differs("loyalty", by="contract"))
    assert repr(chain) == ("1. A<b raises loyalty. Null: r is 0 or below; negligible within r = ±0.10.\n"
                           "2. Loyalty differs by contract. Null: all groups have the same mean; "
                           "negligible within d = ±0.20.")
    assert "<li>A&lt;b raises loyalty. <small>" in chain._repr_html_()


@pytest.mark.parametrize(("declare", "message"), [
    (lambda: bends("a", "b", "diminshing"),
     "There is no shape 'diminshing'. bends has: diminishing, accelerating and kinked. "
     "Did you mean 'diminishing'?"),
    (lambda: raises("a", "b", at_least=1.2),
     "at_least is out of range. It is 1.2, with sesoi 0.1. "
     "Give a size from sesoi up to 1, without a sign: the verb says the direction."),
    (lambda: lowers("a", "b", at_least=-0.3),
     "at_least is out of range. It is -0.3, with sesoi 0.1. "
     "Give a size from sesoi up to 1, without a sign: the verb says the direction."),
    (lambda: differs("a", by="b", sesoi=0),
     "The smallest effect of interest is out of range. sesoi is 0. "
     "Say from which size on it matters, as in sesoi=0.10."),
    (lambda: raises("a", "b", sesoi=1.5),
     "The smallest effect of interest is out of range. sesoi is 1.5. "
     "Say from which size on it matters, as in sesoi=0.10."),
    (lambda: raises("a", "a"), "A claim needs two different columns. Both are 'a'. Name another column."),
    (lambda: differs("a", by="a"), "A claim needs two different columns. Both are 'a'. Name another column."),
    (lambda: theory(), "A theory needs at least one claim. It has none. "
                       'Write one, as in theory(raises("satisfaction", "loyalty")).'),
    (lambda: theory("a raises b"), "A theory is made of claims. Found 'a raises b', a str. "
                                   "Write claims with raises, lowers, bends and differs."),
    (lambda: theory(raises("a", "b"), raises("b", "a"), raises("a", "b", at_least=0.2)),
     "A theory makes each claim once. Claims 1 and 3 are the same: a raises b, by at least r = 0.20. "
     "Leave one of them out."),
    (lambda: theory(raises("a", "b"), design="surevy"),
     "There is no design 'surevy'. theory has: survey, panel, log and experiment. Did you mean 'survey'?"),
    (lambda: theory(raises("a", "b")).test(pd.DataFrame(), correction="bonferroni"),
     "There is no correction 'bonferroni'. test has: holm and bh. Use one of these names."),
    (lambda: theory(raises("a", "b")).test(pd.DataFrame(), alpha=5),
     "alpha is not a risk. It is 5. Give a share, as in alpha=0.05."),
    (lambda: theory(raises("a", "b")).test("mobi"), "A theory is tested on scores. Found a str. "
                                                    "Give a data frame with a column per construct."),
    (lambda: theory(raises("a", "b")).power(3), "That is not a study. n is 3. Give 10 customers or more."),
])
def test_refusals(declare, message):
    with pytest.raises(CrmlabError) as refused:
        declare()
    assert str(refused.value) == message


# ---- the rule ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("zero", "claimed", "equal", "wrong", "word"), [
    (np.nan, np.nan, np.nan, False, "untested"),
    (0.50, 0.25, 0.01, False, "negligible"),
    (0.01, 0.005, 0.01, False, "negligible"),  # surely above 0, and surely too small to matter
    (0.01, 0.995, 0.01, True, "negligible"),
    (0.01, 0.995, 0.90, True, "contradicted"),
    (0.01, 0.995, 0.90, False, "undecided"),  # clear of 0, not of at_least
    (0.05, 0.975, 0.90, True, "undecided"),
    (0.01, 0.005, 0.90, False, "supported"),
    (0.09, 0.045, 0.90, False, "supported"),
    (0.10, 0.050, 0.90, False, "undecided"),
])
def test_verdict_of(zero, claimed, equal, wrong, word):
    assert verdict_of(zero, claimed, equal, wrong=wrong) == word


def holm(ps, family):
    """Holm's correction for a family that also counts untested claims."""
    order, out = np.argsort(ps), np.empty(len(ps))
    out[order] = np.maximum.accumulate(np.minimum(1, np.sort(ps) * (family - np.arange(len(ps)))))
    return out


@given(st.lists(st.tuples(*[st.floats(0, 1)] * 4, st.booleans()), min_size=1, max_size=6))
def test_a_larger_family_never_decides_what_was_undecided(claims):
    def judged(family):
        *columns, wrong = zip(*claims, strict=True)
        adjusted = [holm(column, family) for column in columns]
        return [verdict_of(*ps, wrong=sign) for *ps, sign in zip(*adjusted, wrong, strict=True)]

    for before, after in zip(judged(len(claims)), judged(2 * len(claims)), strict=True):
        assert before != "undecided" or after == "undecided"


# ---- test -------------------------------------------------------------------------------------------------


def test_raises_agrees_with_scipy(scores):
    found = theory(raises("satisfaction", "loyalty"), raises("satisfaction", "switching")).test(scores)
    table = found.table
    strong, weak = (scipy_stats.pearsonr(scores["satisfaction"], scores[name])
                    for name in ("loyalty", "switching"))
    assert table.loc[0, ["estimate", "low", "high"]].tolist() == pytest.approx(
        [strong.statistic, *strong.confidence_interval()], abs=0.02)  # scipy's supposes normal answers
    assert found.evidence[1].p.zero == pytest.approx(weak.pvalue, abs=0.02)


def test_adjusted_p_is_never_below_p(scores):
    table = theory(raises("satisfaction", "loyalty"), bends("satisfaction", "loyalty"), lowers("loyalty", "switching"),
                   differs("loyalty", by="competition")).test(scores, draws=200).table
    assert (table["p_adjusted"] >= table["p"] - 1e-12).all()


def test_every_verdict_is_reached(scores):
    assert verdict(raises("satisfaction", "loyalty", at_least=0.30), scores) == "supported"
    assert verdict(raises("satisfaction", "loyalty", at_least=0.50), scores) == "undecided"
    assert verdict(raises("satisfaction", "loyalty", at_least=0.70), scores) == "contradicted"
    assert verdict(lowers("satisfaction", "loyalty"), scores) == "contradicted"
    assert verdict(lowers("satisfaction", "loyalty", at_least=0.30), scores) == "contradicted"
    assert verdict(raises("satisfaction", "loyalty", sesoi=0.80), scores) == "negligible"
    assert verdict(raises("trust", "loyalty"), scores) == "untested"


def test_differs_agrees_with_welch(scores):
    found = theory(differs("loyalty", by="competition")).test(scores)
    row, p = found.table.iloc[0], found.evidence[0].p.zero
    little, strong = (scores.loc[scores["competition"] == word, "loyalty"] for word in ("little", "strong"))
    assert p == pytest.approx(scipy_stats.ttest_ind(strong, little, equal_var=False).pvalue)
    pooled = np.sqrt(np.average([little.var(), strong.var()], weights=[len(little) - 1, len(strong) - 1]))
    assert row["estimate"] == pytest.approx((strong.mean() - little.mean()) / pooled)


def test_differs_with_several_groups_takes_the_largest_pair(scores):
    frame = scores.assign(segment=np.resize(["a", "b", "c"], 600))
    frame["loyalty"] += 2.0 * (frame["segment"] == "c")
    frame.loc[:3, "segment"] = "rare"
    found = theory(differs("loyalty", by="segment")).test(frame)
    kept = frame[frame["segment"] != "rare"]
    groups = [part for _, part in kept.groupby("segment")["loyalty"]]
    assert found.table["p"].iloc[0] < 1e-9 and anova_oneway(groups, use_var="unequal").pvalue < 1e-9
    gaps = {pair: abs(groups[pair[0]].mean() - groups[pair[1]].mean()) for pair in combinations(range(3), 2)}
    first, second = ("abc"[place] for place in max(gaps, key=gaps.get))
    assert f"({second} against {first}; left out, fewer than 5 customers: 'rare')" in found.text()
    assert found.table["verdict"].iloc[0] == "supported" and found.table["n"].iloc[0] == 596


def _covers(d, first, second, seed, groups=2):
    chance = stats.rng(seed, "d")
    y = np.concatenate([chance.normal(size=first), d + chance.normal(size=second)])
    frame = pd.DataFrame({"y": y, "x": np.repeat(["a", "b"], [first, second])})
    found = evidence(differs("y", by="x"), frame, 0.05, 99, 1)
    return found.low <= d <= found.high


@pytest.mark.parametrize(("d", "first", "second"), [(2.0, 15, 15), (0.0, 15, 15), (1.0, 40, 12)])
def test_the_interval_of_d_knows_that_the_deviation_is_estimated(d, first, second):
    """At d = 2 and 15 + 15 it held .88; of 1,500 worlds it now holds .94 to .95."""
    assert np.mean([_covers(d, first, second, seed) for seed in range(100)]) > 0.89


@pytest.mark.parametrize(("d", "size", "unit"), [(1.0, 30, 1), (2.0, 30, 1), (0.5, 100, 1), (1.0, 60, 3)])
def test_the_interval_of_d_allows_for_a_few_large_scores(d, size, unit):
    """Of lognormal scores it held .73 to .89; of 2,000 worlds it now holds .89 to .93, and p stays Welch's."""
    held = 0
    for seed in range(80):
        chance = stats.rng(seed, "large")
        large = np.repeat(np.exp(chance.normal(size=2 * size // unit)), unit) / np.sqrt((np.e - 1) * np.e)
        frame = pd.DataFrame({"y": large + d * np.repeat([0, 1], size), "x": np.repeat(["a", "b"], size),
                              "customer_id": np.arange(2 * size) // unit})
        found = evidence(differs("y", by="x"), frame, 0.05, 99, 1)
        held += found.low <= d <= found.high
        assert (found.p.zero < 0.05) == (not found.low <= 0 <= found.high)
    assert held > 64
    assert found.note == ("b against a; the scores are skewed, and the interval supposes that few among all are much "
                          "further out than these")


def test_the_widest_of_many_pairs_is_shown_with_an_interval_for_all():
    """Chosen after looking, an interval for one pair left out 0 in 69 % of worlds without any difference."""
    out = 0
    for seed in range(50):
        chance = stats.rng(seed, "many")
        frame = pd.DataFrame({"y": chance.normal(size=90), "x": np.resize(list("abcdef"), 90)})
        found = evidence(differs("y", by="x"), frame, 0.05, 99, 1)
        assert (found.p.zero < 0.05) == (not found.low <= 0 <= found.high)
        out += found.p.zero < 0.05
    assert out <= 6


@pytest.mark.parametrize("roles", [{}, {"cluster": np.arange(150) % 30}, {"weight": np.resize([1.0, 2.0, 0.5], 150)}])
def test_intervals_of_gaps_leave_out_zero_where_their_p_is_small(roles):
    for shift in np.linspace(0, 1, 12):
        chance = stats.rng(3, "gap")
        frame = pd.DataFrame({"y": chance.normal(size=150), "x": np.resize(["a", "b"], 150)}).assign(**roles)
        frame["y"] += shift * (frame["x"] == "b")
        found = evidence(differs("y", by="x"), frame, 0.05, 99, 1)
        assert (found.p.zero < 0.05) == (not found.low <= 0 <= found.high)
        assert (found.p.equal < 0.05) == (found.bounds[0] > -0.2 and found.bounds[1] < 0.2)


def test_differs_respects_clusters():
    frame = scored(500, clusters=25, icc=0.6)
    frame["half"] = np.where(frame["cluster"] < "branch 13", "north", "south")
    naive, aware = (theory(differs("loyalty", by="half")).test(part).table.iloc[0]
                    for part in (frame.drop(columns="cluster"), frame))
    assert aware["high"] - aware["low"] > 1.5 * (naive["high"] - naive["low"])
    frame["third"] = np.resize(["a", "b", "c"], 500)
    assert 0 < theory(differs("loyalty", by="third")).test(frame).table["p"].iloc[0] < 1


def test_bends_finds_its_direction():
    frame = scored(1500, shape="diminishing", bend=0.25)
    found = theory(bends("satisfaction", "loyalty"), bends("satisfaction", "loyalty", "accelerating"),
                   bends("satisfaction", "loyalty", "kinked")).test(frame, draws=300)
    assert found.table["verdict"].tolist() == ["supported", "contradicted", "supported"]
    clustered = frame.assign(cluster=np.arange(1500) % 50)
    found = theory(bends("satisfaction", "loyalty"), bends("satisfaction", "loyalty", "kinked")).test(
        clustered, draws=300)
    assert found.table["verdict"].tolist() == ["supported", "untested"]
    assert "bends judged against 300 straight worlds with the margins of the scores, seed 1" in found.settings
    assert "errors by 50 clusters" in found.settings


# ---- to flatten is to lose slope, whichever way the line runs -----------------------------------------------


def run(falls=False, steepens=False, n=500, seed=1, noise=0.6):
    """A line over 1 to 10 that rises or falls, and flattens or steepens."""
    chance = stats.rng(seed, "run")
    x = chance.uniform(1, 10, n)
    rise = np.log(x) if not steepens else -np.log(11 - x)
    return pd.DataFrame({"satisfaction": x, "complaints": (-1 if falls else 1) * 2 * rise + noise * chance.normal(size=n)})


@pytest.mark.parametrize("steepens", [False, True])
@pytest.mark.parametrize("falls", [False, True])
@pytest.mark.parametrize("shape", ["diminishing", "accelerating"])
def test_a_bend_is_read_from_the_slope(shape, falls, steepens):
    claim = bends("satisfaction", "complaints", shape, sesoi=0.05)
    found = theory(claim).test(run(falls, steepens), draws=199)
    holds = steepens == (shape == "accelerating")
    assert found.table["verdict"].tolist() == ["supported" if holds else "contradicted"]
    assert holds or f": it {'steepens' if steepens else 'flattens'} instead." in found.text()
    given = run(falls, steepens).assign(cluster=np.arange(500) % 50)  # judged by another road
    assert verdict(claim, given) == ("supported" if holds else "contradicted")


@pytest.mark.parametrize(("turn", "ending"), [
    (5.5, "one-sided p > .999: it turns at 5.5, falling before and rising beyond."),
    (4.0, ": it turns at 4.0, falling before and rising beyond."),
])
def test_a_turn_inside_the_data_is_said(turn, ending):
    frame = run()
    frame["complaints"] = (frame["satisfaction"] - turn) ** 2 + stats.rng(1, "u").normal(size=500) / 5
    text = theory(bends("satisfaction", "complaints")).test(frame, draws=199).text()
    assert ending in text and "steepens instead" not in text
    over = theory(bends("satisfaction", "complaints")).test(frame.assign(complaints=-frame["complaints"]), draws=199)
    assert f"it turns at {turn:.1f}, rising before and falling beyond." in over.text()


@pytest.mark.parametrize("claim", [bends("satisfaction", "complaints", "kinked"), bends("satisfaction", "complaints")])
@pytest.mark.parametrize("sesoi", [0.01, 0.9])
def test_every_fate_of_a_bend_is_said(claim, sesoi):
    for noise in (0.2, 5.0):
        text = theory(replace(claim, sesoi=sesoi)).test(run(noise=noise, n=120), draws=99).text()
        assert text.startswith(claim.words.capitalize()[:8]) and text.endswith(".") and "nan" not in text


def test_a_line_of_no_clear_way_can_neither_flatten_nor_steepen():
    chance = stats.rng(2, "flat")
    frame = pd.DataFrame({"satisfaction": chance.normal(size=80), "loyalty": chance.normal(size=80)})
    for shape in ("diminishing", "accelerating"):
        assert verdict(bends("satisfaction", "loyalty", shape, sesoi=0.01), frame) == "undecided"


def test_a_score_far_from_zero_is_judged_alike():
    near, far = run(), run().assign(**{name: run()[name] + 1e9 for name in ("satisfaction", "complaints")})
    frames = [frame.assign(half=np.resize(["a", "b"], 500)) for frame in (near, far)]
    for claim in (bends("satisfaction", "complaints"), bends("satisfaction", "complaints", "kinked"),
                  raises("satisfaction", "complaints"), differs("complaints", by="half")):
        one, other = (evidence(claim, frame, 0.05, 99, 1) for frame in frames)
        assert one[:4] == pytest.approx(other[:4], abs=1e-5)


# ---- who counts -------------------------------------------------------------------------------------------


def panel(seed, customers=60, waves=6, r=0.0):
    """Customers asked again and again, who answer much as they did before."""
    chance = stats.rng(seed, "panel")
    x, y = (np.repeat(chance.normal(size=customers), waves) + 0.5 * chance.normal(size=customers * waves)
            for _ in range(2))
    return pd.DataFrame({"customer_id": np.repeat(np.arange(customers), waves), "satisfaction": x,
                         "loyalty": y + r * x, "half": np.repeat(np.resize(["a", "b"], customers), waves)})


@pytest.mark.parametrize("claim", [raises("satisfaction", "loyalty"), lowers("satisfaction", "loyalty"),
                                   differs("loyalty", by="half"), bends("satisfaction", "loyalty", sesoi=0.01)])
def test_waves_of_one_customer_are_no_strangers(claim):
    false = sum(verdict(claim, panel(seed)) in ("supported", "contradicted") for seed in range(40))
    assert false <= 8  # nominal 3; taken as strangers nearly 20


def test_customers_in_several_rows_are_told():
    found = theory(raises("satisfaction", "loyalty")).test(panel(1))
    assert "errors by 60 customers, who stand in several rows" in found.settings
    apart = panel(1).assign(customer_id=range(360))
    assert "errors by" not in theory(raises("satisfaction", "loyalty")).test(apart).settings
    few = panel(1, customers=8, waves=5)
    assert theory(raises("satisfaction", "loyalty")).test(few).text() == (
        "Satisfaction raises loyalty: untested, only 8 customers answered, fewer than 10.")
    last = panel(1).assign(wave="2026").drop_duplicates("customer_id")
    assert "of the wave '2026' alone" in theory(raises("satisfaction", "loyalty")).test(last).settings


@pytest.mark.parametrize(("column", "values", "reason"), [
    ("weight", [-1.0, *[1.0] * 29], "column 'weight' holds 1 number below 0"),
    ("weight", [1e6, 1e6, *[1e-3] * 28], "the weights leave the worth of 2 customers, fewer than 10"),
    ("weight", [np.inf, *[1.0] * 29], "column 'weight' holds 1 infinite number"),
    ("weight", [0.0] * 25 + [1.0] * 5, "only 5 customers answered, fewer than 10"),
    ("weight", ["a"] * 30, "column 'weight' holds no numbers"),
    ("loyalty", [np.inf, -np.inf, *range(28)], "column 'loyalty' holds 2 infinite numbers"),
])
@pytest.mark.parametrize("claim", [raises("satisfaction", "loyalty"), bends("satisfaction", "loyalty"),
                                   differs("loyalty", by="half")])
def test_weights_and_scores_that_mean_nothing_are_reasons(claim, column, values, reason):
    frame = pd.DataFrame({"satisfaction": np.arange(30) % 7.0, "loyalty": np.arange(30) % 11.0,
                          "half": np.resize(["a", "b"], 30)})
    assert theory(claim).test(frame.assign(**{column: values})).text().endswith(f": untested, {reason}.")


def test_a_weight_of_nought_is_nobody():
    frame = panel(1).drop_duplicates("customer_id").assign(weight=[0.0] * 10 + [1.0] * 50)
    assert theory(raises("satisfaction", "loyalty")).test(frame).table["n"].tolist() == [50]


# ---- intervals and what they say ---------------------------------------------------------------------------


def made(claim, z, error, df=40.0, alpha=0.05):
    """The evidence of an estimate with this Fisher z and error, or of a d with this error."""
    if claim.by:
        gap = Gap((0, 1), z, error**2, 0.0, error**2 / 20, df, (2 * error, df))
        zero = min(1.0, 2 * stats.upper_tail(abs(gap.t()), df))
        spans = [gap.covering(1 - alpha, 2), gap.interval(stats.critical(1 - 2 * alpha, df))]
        return Evidence(100, z, *spans[0], PValues(zero, zero, gap.equal(claim.sesoi), 1.0), note="b against a", bounds=spans[1])
    sign = claim.grammar.sign
    p = p_values(z, error, df, sign, np.arctanh(claim.bound), np.arctanh(claim.sesoi))
    ends = np.tanh([z + side * stats.critical(level, df) * error for level in (0.95, 0.9) for side in (-1, 1)])
    return Evidence(100, np.tanh(z), *ends[:2], p, sign * z < 0, bounds=tuple(ends[2:]))


def printed(text):
    """The intervals a fate prints: the two-sided one, and the one of its test where that is beside it."""
    said = text.replace("−", "-")
    found = re.findall(r"\[(-?[\d.]+), (-?[\d.]+)\]", said) + re.findall(r"interval at 90 %: (-?[\d.]+) to (-?[\d.]+)", said)
    return [(float(low), float(high)) for low, high in found]


@pytest.mark.parametrize("family", [1, 4])
@pytest.mark.parametrize("claim", [raises("x", "y"), lowers("x", "y"), raises("x", "y", at_least=0.3),
                                   lowers("x", "y", at_least=0.3), raises("x", "y", at_least=0.1), differs("y", by="x")])
def test_no_sentence_denies_its_interval(claim, family, monkeypatch):
    others = [raises(f"a{k}", "b") for k in range(family - 1)]
    dull = Evidence(100, 0.05, -0.2, 0.3, PValues(0.6, 0.3, 0.4, 1.0), bounds=(-0.15, 0.25))
    for z in np.linspace(-0.6, 0.6, 19):
        for error in (0.01, 0.04, 0.1, 0.3):
            one = made(claim, z, error)
            monkeypatch.setattr(claims, "evidence", lambda c, *_, one=one: one if c == claim else dull)
            found = theory(claim, *others).test(pd.DataFrame())
            fate, verdict_ = found._fate(0), found.table["verdict"].iloc[0]
            fits(claim, fate, verdict_, printed(fate))
            closing = found.text()[len(fate):]
            assert "go together" not in closing or one.estimate > 0
            assert "go against" not in closing or one.estimate < 0
            assert verdict_ != "undecided" or "smaller than claimed" not in closing and "small to matter" not in closing


def fits(claim, fate, verdict_, spans):
    sign, bound, (low, high) = claim.grammar.sign, claim.bound, spans[0]
    clear = any(span[0] > bound if sign > 0 else span[1] < bound for span in spans) if sign else not low <= 0 <= high
    if verdict_ == "supported":
        assert clear, fate
    elif verdict_ == "negligible":
        assert any(-claim.sesoi <= span[0] and span[1] <= claim.sesoi for span in spans), fate
    elif "the sign is the other way round" in fate:
        assert high < 0 if sign > 0 else low > 0, fate
    elif verdict_ == "contradicted":
        assert any(span[1] < bound if sign > 0 else span[0] > bound for span in spans), fate
        assert "in the direction claimed" not in fate or (low > 0 if sign > 0 else high < 0), fate
    else:
        reasons = ("clear of 0, not of", "by itself it would be")
        assert any(reason in fate for reason in reasons) or low <= 0 <= high or (
            claim.at_least and sign * (low + high) < 0 and low <= bound <= high), fate


def test_the_interval_of_the_test_stands_beside_the_two_sided_one():
    chance = stats.rng(7, "doc")
    x = chance.normal(size=100)
    frame = pd.DataFrame({"x": x, "y": 0.18 * x + chance.normal(size=100)})
    seen = theory(raises("x", "y")).test(frame)
    assert seen.table["test"].tolist() == ["one-sided"]
    row = seen.table.iloc[0]
    if row["low"] < 0 and row["verdict"] == "supported":
        assert "one-sided p = " in seen.text() and "(interval at 90 %: " in seen.text()
    assert "p one-sided where the claim has a direction" in seen.settings


def test_refuted_sizes_are_contradicted_in_their_own_words():
    chance = stats.rng(1, "refuted")
    x = chance.normal(size=5000)
    frame = pd.DataFrame({"x": x, "y": 0.16 * x + chance.normal(size=5000), "turned": -0.16 * x + chance.normal(size=5000),
                          "nothing": chance.normal(size=5000)})
    said = theory(raises("x", "y", at_least=0.3)).test(frame).text()
    assert said.startswith("X raises y, by at least r = 0.30: contradicted, r = 0.1")
    assert "one-sided p < .001: in the direction claimed, but smaller than claimed." in said
    assert said.endswith("it shows that the two go together and that a link is smaller than claimed, not that changing one "
                         "thing changes another.")
    assert "but smaller than claimed" in theory(lowers("x", "turned", at_least=0.3)).test(frame).text()
    assert ": the sign is the other way round." in theory(raises("x", "turned", at_least=0.3)).test(frame).text()
    none = theory(raises("x", "nothing", at_least=0.3, sesoi=0.01)).test(frame).text()
    assert ": smaller than claimed." in none and "direction" not in none and "go together" not in none
    assert verdict(raises("x", "nothing", at_least=0.3), frame) == "negligible"  # comes first


def test_a_simulated_world_says_its_truth():
    frame = scored(300, shape="diminishing")
    text = theory(raises("satisfaction", "loyalty"), bends("satisfaction", "loyalty"), raises("quality", "loyalty"),
                  bends("loyalty", "satisfaction")).test(frame, draws=99).text()
    assert text.count("In this world") == 3 and " In this world the truth behind the two scores is r = 0.6" in text
    assert " In this world the line flattens." in text
    assert "In this world" not in theory(raises("satisfaction", "loyalty")).test(pd.DataFrame(frame.to_dict())).text()


# ---- the closing caution ------------------------------------------------------------------------------------

SURVEY, PANEL = "This is a survey at one time: ", ("The same customers were asked more than once, but no earlier answer was set "
                                                "against a later one: ")
CLEAR, OPEN = Evidence(100, 0.3, 0.2, 0.4), Evidence(100, 0.03, -0.1, 0.2)


@pytest.mark.parametrize(("design", "claim", "verdict_", "one", "closing"), [
    ("survey", raises("x", "y"), "supported", CLEAR, SURVEY + "it shows that the two go together, not that raising one raises the other."),
    ("survey", lowers("x", "y"), "supported", CLEAR._replace(estimate=-0.3, low=-0.4, high=-0.2),
     SURVEY + "it shows that the two go against each other, not that raising one lowers the other."),
    ("survey", lowers("x", "y"), "contradicted", CLEAR._replace(wrong=True),
     SURVEY + "it shows that the two go together, not that raising one raises the other."),
    ("survey", raises("x", "y"), "undecided", OPEN,
     SURVEY + "even a clear result would not show that changing one thing changes another."),
    ("survey", raises("x", "y"), "negligible", OPEN,
     SURVEY + "it shows that a size is too small to matter, not that changing one thing changes another."),
    ("survey", differs("y", by="x"), "supported", CLEAR,
     SURVEY + "it shows that groups differ, not that changing one thing changes another."),
    ("survey", differs("y", by="x"), "undecided", OPEN,
     SURVEY + "even a clear result would not show that changing one thing changes another."),
    ("survey", bends("x", "y"), "contradicted", CLEAR,
     SURVEY + "it shows how a line runs, not that changing one thing changes another."),
    ("panel", raises("x", "y"), "supported", CLEAR, PANEL + "it shows that the two go together, not what came first."),
    ("panel", raises("x", "y"), "undecided", OPEN, PANEL + "what came first cannot be told."),
    ("log", raises("x", "y"), "supported", CLEAR,
     "What customers did is judged by what they did later: the order in time is sure, the cause is not, since nothing was tried."),
    ("log", raises("x", "y"), "undecided", OPEN,
     "What customers did is judged by what they did later: the order in time is sure, but nothing was shown, and a cause could "
     "not be, since nothing was tried."),
    ("experiment", differs("y", by="x"), "supported", CLEAR,
     "Chance dealt the customers to their groups: a difference between these groups is an effect of what was done, for "
     "customers and a time like these."),
    ("experiment", differs("y", by="x"), "undecided", OPEN,
     "Chance dealt the customers to their groups: a difference between these groups would be an effect of what was done, but "
     "none was shown."),
])
def test_a_caution_is_true_of_its_verdict(design, claim, verdict_, one, closing):
    assert caution(design, [claim], [verdict_], [one]) == closing


@pytest.mark.parametrize("design", DESIGNS)
def test_no_caution_shows_what_no_verdict_showed(design):
    for claim in (raises("x", "y"), lowers("x", "y"), differs("y", by="x"), bends("x", "y"), raises("x", "y", at_least=0.3)):
        for word in ("undecided", "untested", "negligible"):
            closing = caution(design, [claim], [word], [OPEN])
            assert "go together" not in closing and "go against" not in closing and "groups differ" not in closing


@pytest.mark.parametrize(("frame", "reason"), [
    ({"satisfaction": range(20)}, "there is no column 'loyalty'."),
    ({"satisfaction": range(20), "loyality": range(20)},
     "there is no column 'loyalty'. Did you mean 'loyality'?"),
    ({"satisfaction": range(20), "loyalty_1": range(20)},
     "there is no column 'loyalty', only its items: turn them into scores first."),
    ({"satisfaction": range(20), "loyalty": ["a"] * 20}, "column 'loyalty' holds no numbers."),
    ({"satisfaction": range(5), "loyalty": range(5)}, "only 5 customers answered, fewer than 10."),
    ({"satisfaction": range(20), "loyalty": [1] * 20}, "all customers have the same value of 'loyalty'."),
    ({"satisfaction": range(20), "loyalty": range(20)}, "the two columns say the same."),
    ({"satisfaction": range(20), "loyalty": [1, 2] * 10, "cluster": [1, 2] * 10},
     "there are only 2 clusters, fewer than 5."),
])
def test_untested_says_why(frame, reason):
    found = theory(raises("satisfaction", "loyalty")).test(pd.DataFrame(frame))
    assert found.text() == f"Satisfaction raises loyalty: untested, {reason}"  # and no caution about a survey
    assert not found.figure()  # an empty axis says nothing


@pytest.mark.parametrize(("claim", "frame", "reason"), [
    (differs("y", by="x"), {"y": range(12), "x": ["a"] * 10 + ["b"] * 2},
     "fewer than two groups of 'x' have 5 customers or more"),
    (differs("y", by="x"), {"y": [k % 7 for k in range(306)], "x": [k // 6 for k in range(306)]},
     "'x' has 51 groups, more than 50: too many to compare two by two"),
    (differs("y", by="x"), {"y": [1] * 6 + [2] * 6, "x": ["a"] * 6 + ["b"] * 6},
     "customers within a group do not differ"),
    (bends("x", "y"), {"y": range(0, 24, 2), "x": range(12)}, "the two columns say the same"),
    (bends("x", "y"), {"y": range(12), "x": [1, 2] * 6},
     "'x' has two values only, too few for a line to bend"),
])
def test_untested_for_lack_of_differences(claim, frame, reason):
    assert evidence(claim, pd.DataFrame(frame), 0.05, 99, 1).reason == reason


def test_undecided_says_what_is_clear():
    frame = scored(600, b=0.40)
    text = theory(raises("satisfaction", "loyalty", at_least=0.30)).test(frame).text()
    assert text.startswith("Satisfaction raises loyalty, by at least r = 0.30: undecided, r = 0.3")
    assert f": clear of 0, not of 0.30. In this world the truth behind the two scores is r = 0.39. {CAUTION}" in text


def test_an_untested_claim_counts_as_one_of_the_family(scores):
    claim = raises("satisfaction", "behaviour")
    alone = theory(claim).test(scores).table["p_adjusted"].iloc[0]
    beside = theory(claim, raises("trust", "loyalty")).test(scores)
    assert beside.table["p_adjusted"].iloc[0] == pytest.approx(2 * alone)
    assert np.isnan(beside.table["p_adjusted"].iloc[1])
    by_bh = theory(claim, raises("trust", "loyalty")).test(scores, correction="bh")
    assert by_bh.table["p_adjusted"].iloc[0] == pytest.approx(2 * alone)


def test_weights_count(scores):
    heavy = scores.assign(weight=np.where(scores["satisfaction"] > 8, 5.0, 1.0))
    claim = theory(raises("satisfaction", "loyalty"))
    assert claim.test(heavy).table["estimate"].iloc[0] != claim.test(scores).table["estimate"].iloc[0]
    assert "weighted" in claim.test(heavy).settings


@QUICK
@given(seed=st.integers(0, 50), scale=st.floats(0.1, 50), shift=st.floats(-100, 100))
def test_neither_order_nor_scale_of_scores_matters(seed, scale, shift):
    frame = scored(60, seed)
    shuffled = frame.sample(frac=1, random_state=seed)
    x, y = frame["satisfaction"], frame["loyalty"]
    scaled = frame.assign(satisfaction=scale * x, loyalty=scale * y + shift)
    for claim in (raises("satisfaction", "loyalty"), lowers("switching", "loyalty"),
                  bends("satisfaction", "loyalty"), differs("loyalty", by="competition")):
        assert verdict(claim, shuffled) == verdict(claim, scaled) == verdict(claim, frame)


@QUICK
@given(seed=st.integers(0, 50))
def test_turning_a_score_swaps_raises_and_lowers(seed):
    frame = scored(60, seed)
    turned = frame.assign(loyalty=11 - frame["loyalty"])
    for x in ("satisfaction", "switching"):
        assert verdict(raises(x, "loyalty"), frame) == verdict(lowers(x, "loyalty"), turned)
        assert verdict(lowers(x, "loyalty"), frame) == verdict(raises(x, "loyalty"), turned)


def test_few_false_verdicts_where_nothing_is():
    def rate(claim, word, **truth):
        return sum(verdict(claim, scored(250, seed, **truth)) == word for seed in range(40))

    assert rate(raises("satisfaction", "loyalty"), "supported", b=0.0, method=0.0) <= 7
    assert rate(bends("satisfaction", "loyalty", "accelerating"), "supported") <= 7
    assert rate(differs("loyalty", by="competition"), "supported") <= 7
    assert rate(raises("satisfaction", "loyalty", at_least=0.30), "supported") >= 35


# ---- what one reads and sees ------------------------------------------------------------------------------


def test_text_is_one_paragraph_with_every_fate(scores):
    chain = theory(raises("satisfaction", "loyalty", at_least=0.30), lowers("satisfaction", "loyalty"),
                   raises("trust", "loyalty"), design="experiment")
    assert chain.test(scores).text() == (
        "Satisfaction raises loyalty, by at least r = 0.30: supported, r = 0.50 [0.44, 0.56], n = 600, "
        "adjusted one-sided p < .001. In this world the truth behind the two scores is r = 0.65. Satisfaction lowers loyalty: contradicted, r = 0.50 [0.44, 0.56], n = 600, "
        "adjusted p < .001: the sign is the other way round. In this world the truth "
        "behind the two scores is r = 0.65. Trust raises loyalty: untested, there is no "
        "column 'trust'. 1 claim could not be tested and still counts in the correction. Chance dealt the "
        "customers to their groups, not their answers: it shows that scores go together, and what caused it only "
        "where one of the two was dealt.")


LONG = "a_construct_with_a_very_long_name_that_nobody_would_choose"
CLAIMS = (raises("satisfaction", "loyalty", because="Curtis et al. 2011", at_least=0.30),
          bends("satisfaction", "loyalty"), lowers("satisfaction", "loyalty"), raises("trust", "loyalty"),
          differs("loyalty", by="competition"), raises(LONG, "loyalty"), differs(LONG, by="competition"),
          raises("satisfaction", "behaviour"))


@pytest.mark.parametrize("result", [
    *(pytest.param(lambda s, k=k: theory(*CLAIMS[:k]).test(s.assign(**{LONG: s["switching"]}), draws=99),
                   id=f"{k} verdicts") for k in (1, 3, 8)),
    *(pytest.param(lambda s, k=k: theory(*CLAIMS[:k]).power(250), id=f"power of {k}") for k in (1, 8)),
])
def test_results_keep_the_contract(result, scores, tmp_path):
    before = scores.copy()
    found = result(scores)
    pd.testing.assert_frame_equal(scores, before)
    assert set(found.table.columns) <= set(glossary.COLUMNS) and found.text().endswith(".")
    assert found._repr_html_() == found._repr_html_() and len(found.headline()) <= 10
    image = found.figure()
    assert image.alt.endswith(".") and found.figure().bytes("svg") == image.bytes("svg")
    assert (found.save(tmp_path) / "table.csv").exists()
    nothing_overlaps(image)


def nothing_overlaps(image):
    image.draw_without_rendering()
    axes = image.axes[0]
    texts = [text for text in [*image.texts, *axes.texts, *axes.get_yticklabels(), *axes.get_xticklabels(),
                               axes.xaxis.label] if text.get_text().strip()]
    boxes = [text.get_window_extent() for text in texts]
    for text, box in zip(texts, boxes, strict=True):
        assert image.bbox.x0 <= box.x0 and box.x1 <= image.bbox.x1 + 1, text.get_text()
        assert image.bbox.y0 <= box.y0 and box.y1 <= image.bbox.y1, text.get_text()
    for one, other in combinations(range(len(texts)), 2):
        assert not boxes[one].shrunk(0.98, 0.9).overlaps(boxes[other].shrunk(0.98, 0.9)), (
            texts[one].get_text(), texts[other].get_text())


# ---- power ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("r", "n"), [(0.10, 782), (0.20, 194), (0.30, 84)])
def test_power_agrees_with_known_sizes(r, n):
    """n for 80 % power at two-sided .05 (Cohen 1988), which is one-sided .025."""
    plan = Plan("r", sign=1, bound=0.0, sesoi=0.001, alpha=0.025)
    assert chances(plan, n, r)["supported"] == pytest.approx(0.80, abs=0.005)


def test_power_of_two_groups_agrees_with_cohen():
    assert chances(Plan("d", 0, 0.0, 0.01, 0.05), 128, 0.5)["supported"] == pytest.approx(0.80, abs=0.01)


def test_power_gives_each_verdict_its_probability():
    table = theory(*CLAIMS).power(250).table
    assert np.allclose(table[["supported", "negligible", "contradicted", "undecided"]].sum(axis=1), 1)
    nothing = table[table["true_size"] == 0]
    assert (nothing["supported"] <= 0.05 / len(CLAIMS)).all()
    assert (table.loc[table["unit"] == "d", "contradicted"] == 0).all()
    lowering = table[table["claim"] == "satisfaction lowers loyalty"]
    assert lowering["true_size"].tolist() == [0, -0.1, -0.3, -0.5] and lowering["supported"].iloc[-1] > 0.99
    assert 0.25 in theory(raises("a", "b", at_least=0.25)).power(250).table["true_size"].tolist()


def test_power_says_what_the_study_cannot_reach():
    assert theory(raises("satisfaction", "loyalty")).power(250).text() == (
        "This is what 250 customers can show. The claim that satisfaction raises loyalty would be supported "
        "in 47 of 100 studies if the true r is 0.10, in nearly all if it is 0.30 and in nearly all if it is "
        "0.50. If it is 0, the verdict 'negligible' could not be reached: to reach it in 80 of 100 needs "
        "about 860 customers.")
    more = theory(raises("satisfaction", "loyalty")).power(1500).text()
    assert more.endswith("the verdict 'negligible' would be reached in 97 of 100 studies.")


def test_power_of_a_bend_promises_no_more_than_happens():
    """Promised for a line that explains little; where r is .5 more is found (.72 promised, about .8 found)."""
    promised = chances(Plan("β", -1, 0.0, 0.02, 0.05), 250, -0.10)["supported"]
    chance, claim, found = stats.rng(1, "bend"), bends("x", "y", sesoi=0.02), 0
    for seed in range(60):
        x = chance.normal(size=250)
        y = 0.5 * x - 0.10 * (x**2 - 1) + np.sqrt(0.73) * chance.normal(size=250)
        found += verdict(claim, pd.DataFrame({"x": x, "y": y})) == "supported"
    assert 0.65 < promised < 0.80 and found / 60 > promised - 0.1


def test_power_is_what_happens():
    promised = theory(raises("satisfaction", "loyalty")).power(80).table.set_index("true_size")
    chance, claim = stats.rng(1, "power"), raises("satisfaction", "loyalty")
    draws = chance.multivariate_normal([0, 0], [[1, 0.3], [0.3, 1]], (300, 80))
    seen = np.mean([verdict(claim, pd.DataFrame(xy, columns=["satisfaction", "loyalty"])) == "supported"
                    for xy in draws])
    assert seen == pytest.approx(promised.loc[0.30, "supported"], abs=0.07)


def test_claims_are_values():
    assert raises("a", "b") == Claim("raises", "a", "b") and len({raises("a", "b"), raises("a", "b")}) == 1


def test_rivals_share_a_test():
    """Whether a bend is too small to matter is asked once, however many claims name its direction."""
    scores = crm.score(crm.open_table("survey", "mobi"), drop=["CUSL2"])
    flat, steep = (crm.bends("satisfaction", "loyalty", shape) for shape in ("diminishing", "accelerating"))
    both = crm.theory(flat, steep).test(scores)
    assert both.settings.count("tests that rivals share counted once") == 1
    alone = crm.theory(flat).test(scores)
    for mine, other in ((both, alone), (crm.theory(crm.raises("satisfaction", "loyalty"), flat, steep).test(scores),
                                        crm.theory(crm.raises("satisfaction", "loyalty"), flat).test(scores))):
        p = {row.claim: row for row in mine.table.itertuples()}
        assert p[steep.words].verdict in ("negligible", "undecided", "contradicted")
        found = mine.evidence[list(p).index(flat.words)].p, other.evidence[-1].p
        assert found[0].equal == found[1].equal
    claims, judged = (flat, steep), both.evidence
    corrected = _adjusted(claims, judged, "holm")
    assert corrected[0, 0] == corrected[1, 0] == judged[0].p.zero and corrected[0, 2] == judged[0].p.equal
    assert corrected[:, 1].min() == pytest.approx(min(1, 2 * min(one.p.claimed for one in judged)))


def test_a_claim_and_its_picture_agree_that_a_line_may_turn():
    """Beside the caption 'may turn at 3.7' the verdict said 'it steepens instead'."""
    chance = np.random.default_rng(4)
    x = chance.uniform(1, 7, 20)
    frame = pd.DataFrame({"satisfaction": x, "loyalty": np.where(x < 5, 0.97 * x, 25.5 - 4.13 * x) + 0.5 * chance.normal(size=20)})
    text = theory(bends("satisfaction", "loyalty")).test(frame, draws=199).text()
    assert "flattens: contradicted" in text and ": it bends, and may turn at 3.8." in text
    caption = crm.loyalty.shape(frame, draws=199).caption()
    assert caption.finding == "The line bends, and may turn at 3.8"
