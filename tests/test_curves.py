"""Does the line bend: numbers, a known truth, and a null that does not cry wolf."""

import numpy as np
import pytest
import statsmodels.api as sm

from crmlab.frame import stats
from crmlab.measures import curves


def ratings(seed, n=250, rho=0.7, bend=0.0):
    """Two scores that crowd at the top of a scale from 1 to 10, from a straight or a bent latent relation."""
    rng = np.random.default_rng(seed)
    a = rng.normal(size=n)
    b = rho * a + bend * (a**2 - 1) + np.sqrt(1 - rho**2) * rng.normal(size=n)
    return tuple(np.clip(np.round(3 * (middle + spread * v)) / 3, 1, 10) for v, middle, spread in
                 ((a, 7.6, 1.3), (b, 8.6, 2.4)))


def test_quadratic_is_statsmodels_with_hc3():
    x, y = ratings(1)
    zx, zy = ((v - v.mean()) / v.std() for v in (x, y))
    peer = sm.OLS(zy, sm.add_constant(np.column_stack([zx, zx**2]))).fit(cov_type="HC3")
    mine = curves.quadratic(x, y)
    assert (mine.estimate, mine.error) == pytest.approx((peer.params[2], peer.bse[2]))


def test_batched_hc3_equals_the_single_fit():
    x, y = ratings(2)
    assert curves._quadratic_statistics(x, y) == pytest.approx(curves.quadratic(x, y).statistic)
    k = curves.kink(x, y, 7.0)
    assert abs(curves._hinge_statistics(x, y, np.array([7.0]))[0]) == pytest.approx(k.statistic)


def test_kink_finds_a_kink():
    rng = np.random.default_rng(5)
    x = rng.uniform(1, 10, 2000)
    y = 2 * np.minimum(x, 6) + 0.3 * np.maximum(x - 6, 0) + rng.normal(size=2000)
    found = curves.kink(x, y)
    assert found.knot == pytest.approx(6, abs=0.25)
    assert (found.below, found.above) == pytest.approx((2, 0.3), abs=0.1)


def test_kink_needs_room_on_both_sides():
    assert np.isnan(curves.kink(np.ones(50), np.arange(50.0)).knot)


def test_latent_correlation_shows_as_the_observed_one():
    x, y = ratings(3, n=20_000)
    latent = curves.latent_correlation(x, y)
    assert latent == pytest.approx(0.7, abs=0.02)
    assert latent > np.corrcoef(x, y)[0, 1]


def test_skewed_margins_alone_look_concave_and_the_null_knows():
    """The trap of domain 0.0 (3): taken at face value a straight relation bends far too often."""
    face = honest = 0
    for seed in range(40):
        x, y = ratings(seed)
        seen = curves.quadratic(x, y).statistic
        face += seen < -1.645
        honest += (1 + np.sum(curves.null_statistics(x, y, draws=200, seed=seed) <= seen)) / 201 < 0.05
    assert face >= 6
    assert honest <= 5


def test_a_real_bend_is_found():
    found = 0
    for seed in range(20):
        x, y = ratings(seed, n=500, rho=0.6, bend=-0.25)
        seen = curves.quadratic(x, y).statistic
        found += np.mean(curves.null_statistics(x, y, draws=200, seed=seed) <= seen) < 0.05
    assert found >= 15


def test_searched_kink_does_not_cry_wolf():
    false = 0
    for seed in range(40):
        x, y = ratings(seed, n=150)
        null = curves.null_statistics(x, y, form="kink", draws=100, seed=seed)
        false += (1 + np.sum(null >= curves.kink(x, y).statistic)) / 101 < 0.05
    assert false <= 6


def test_straight_null_is_straight_where_scales_do_not_end():
    rng = np.random.default_rng(0)
    x = rng.normal(size=3000)
    y = 0.6 * x + 0.8 * rng.normal(size=3000)
    at = np.array([-1.0, 0.0, 1.0])
    slopes = np.diff(curves.straight_null(x, y, at))
    assert slopes == pytest.approx([0.6, 0.6], abs=0.12)


def test_a_line_breaks_inside_the_range_only():
    """At a fifth of lowest answers a knot there would be the line itself, with a huge empty t."""
    x = np.repeat([1.0, 4, 5, 6, 10], 20)
    assert curves.knots(x).tolist() == [4, 5, 6]
    y = x + np.random.default_rng(1).normal(size=100)
    assert curves.kink(x, y).statistic < 4
    two = (x > 4).astype(float)
    assert np.isnan(curves.kink(two, y).knot) and not len(curves.null_statistics(two, y, form="kink"))


def test_the_null_keeps_margins_and_correlation():
    x, y = ratings(6, n=400)
    xs, ys = curves.Straight.of(x, y).drawn((200, 400), np.random.default_rng(1))
    r = [np.corrcoef(a, b)[0, 1] for a, b in zip(xs, ys, strict=True)]
    assert np.mean(r) == pytest.approx(np.corrcoef(x, y)[0, 1], abs=0.01)
    levels = np.unique(x)
    assert [np.mean(xs == v) for v in levels] == pytest.approx([np.mean(x == v) for v in levels], abs=0.01)


def test_a_design_without_room_has_no_statistic():
    two = np.tile([1.0, 5.0], 20)
    assert np.isnan(curves._quadratic_statistics(two, np.arange(40.0)))
    assert np.isnan(curves.quadratic(two, np.arange(40.0)).estimate)
    assert np.isnan(curves._quadratic_statistics(np.arange(40.0), np.arange(40.0)))


def test_many_places_are_thinned():
    x = np.random.default_rng(2).normal(size=20_000)
    places = curves.knots(x)
    assert len(places) == curves.MOST_KNOTS and np.mean(x < places[0]) == pytest.approx(0.1, abs=0.001)


# ---- questions of unlike margins --------------------------------------------------------------------------


def asked(seed, n=250, odd="none"):
    """Six crowded questions about two things tied by a straight line; some may belong to neither."""
    rng = np.random.default_rng(seed)
    a = rng.normal(size=n)
    sides = []
    for latent in (a, 0.6 * a + 0.8 * rng.normal(size=n)):
        felt = 0.8 * latent[:, None] + 0.6 * rng.normal(size=(n, 3))
        sides.append(np.clip(np.round(8 + 1.8 * felt), 1, 10))
    if odd in ("x", "both"):
        sides[0][:, 1] = rng.integers(1, 11, n)
    if odd in ("y", "both"):
        sides[1][:, 2] = rng.integers(1, 11, n)
    return sides


@pytest.mark.parametrize("odd", ["none", "x", "y"])
def test_an_odd_question_fools_nobody(odd):
    """By the margins of the scores alone a question that belongs nowhere makes straight lines flatten."""
    alone = behind = 0
    for seed in range(24):
        answers = asked(seed, 600, odd)
        x, y = (items.mean(axis=1) for items in answers)
        alone += curves.bent(x, y, draws=99, seed=seed).tails()[1] < 0.05
        behind += curves.bent(x, y, draws=99, seed=seed, answers=answers).tails()[1] < 0.05
    assert behind <= 4 and (odd != "x" or alone >= 5)


def test_missing_answers_are_missing_in_the_worlds():
    x, y = asked(1)
    x[:80, 0] = np.nan
    xs, _ = curves.Straight.of(np.nanmean(x, axis=1), y.mean(axis=1), (x, y)).drawn((50, 250), np.random.default_rng(1))
    assert np.isfinite(xs).all() and xs.var() == pytest.approx(np.nanmean(x, axis=1).var(), rel=0.1)


def test_the_order_of_customers_says_nothing():
    answers = asked(3)
    mixed = np.random.default_rng(1).permutation(250)
    one, other = ([items.mean(axis=1) for items in sides] for sides in (answers, [a[mixed] for a in answers]))
    null = [curves.null_statistics(x, y, draws=50, answers=sides) for (x, y), sides in
            ((one, answers), (other, [a[mixed] for a in answers]))]
    assert np.array_equal(*null)


@pytest.mark.parametrize("given", [{"cluster": np.arange(250) % 40}, {"weight": np.ones(250)}])
def test_errors_of_units_are_near_those_of_customers(given):
    x, y = (items.mean(axis=1) for items in asked(5))
    alone, units = curves.quadratic(x, y), curves.quadratic(x, y, **given)
    assert units.estimate == pytest.approx(alone.estimate) and units.error == pytest.approx(alone.error, rel=0.3)
    assert units.df == len(np.unique(given.get("cluster", np.arange(250)))) - 1


def test_an_interval_of_a_bend_leaves_out_the_centre_where_its_p_is_small():
    for seed in range(40):
        bend = curves.bent(*(items.mean(axis=1) for items in asked(seed, 80)), draws=199, seed=seed)
        for level in (0.95, 0.9, 0.5):
            low, high = bend.interval(level)
            assert (bend.p < 1 - level) == (not low <= bend.centre <= high)


@pytest.mark.parametrize("offset", [1e6, -1e9])
def test_scores_far_from_zero_bend_alike(offset):
    x, y = ratings(4)
    near, far = curves.kink(x, y), curves.kink(x + offset, y + offset)
    assert [far.knot - offset, *far[1:]] == pytest.approx(list(near), abs=1e-5)
    assert curves.turn(x + offset, y + offset)[1:] == curves.turn(x, y)[1:]
    assert curves.quadratic(x + offset, y + offset) == pytest.approx(curves.quadratic(x, y), rel=1e-5)


@pytest.mark.parametrize("name", ["levels off", "kinks to level", "decays", "ten steps"])
def test_a_line_that_becomes_level_does_not_turn(name):
    """Two lines that meet at the turn of the parabola let it fall: 'rises up to 5.3 and falls beyond'."""
    turned = 0
    for seed in range(40):
        chance = stats.rng(seed, "level")
        x = chance.uniform(1, 7, 200)
        y = {"levels off": 3 * (1 - np.exp((1 - x) / 1.2)), "kinks to level": np.minimum(x, 3),
             "decays": 3 * np.exp((1 - x) / 1.2), "ten steps": np.round(3 * np.log(x))}[name]
        turned += curves.turn(x, y + 0.4 * chance.normal(size=200))[2]
    assert turned <= 6


@pytest.mark.parametrize("way", [1, -1])
def test_a_line_that_turns_is_seen_to(way):
    chance = stats.rng(1, "turns")
    x = chance.uniform(1, 7, 200)
    y = way * np.where(x < 5, x, 20 - 3 * x) + 0.4 * chance.normal(size=200)
    place, rises, sure = curves.turn(x, y)
    assert 3.5 < place < 5.5 and rises == (way > 0) and sure


@pytest.mark.parametrize("repeated", [1, 3])
def test_three_customers_beyond_it_make_no_turn(repeated):
    """Of 25 rows three lay beyond the turn of the fitted curve, so alike that they seemed sure."""
    for seed in range(30):
        chance = stats.rng(seed, "few")
        x, y = chance.normal(size=(2, 25))
        place, _, sure = curves.turn(x, y, np.arange(25) // repeated if repeated > 1 else None)
        assert not sure or min((x < place).sum(), (x > place).sum()) >= 10
