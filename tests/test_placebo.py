"""The placebo test ranks an event among other dates of its own series."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attack_counts import daily_counts
from sitrep.escalation.placebo import LEAST_SPELLS, placebo_recurring, placebo_test
from sitrep.escalation.power import (
    critical_value,
    like_baseline,
    minimum_detectable,
    minimum_detectable_fall,
    power_at,
)
from sitrep.escalation.rate_ratio import log_ratio, windows
from sitrep.escalation.reference import dates_reference, rank_p, separate_spells, shifts_reference


def series(values, start="2020-01-01"):
    return pd.Series(np.asarray(values, float), pd.date_range(start, periods=len(values), name="date"))


def clustered(days=1500, seed=3):
    rng = np.random.default_rng(seed)
    level = np.exp(np.repeat(rng.normal(-1.2, 1.2, days // 30 + 1), 30)[:days])
    return series(rng.poisson(level))


def test_the_rank_counts_every_placebo_date_at_least_as_extreme_and_the_event_itself():
    reference = np.array([1.0, 2.0, 2.0, 3.0, 9.0])
    # Above 2: itself and 2, 2, 3, 9; below: itself and 1, 2, 2.
    assert rank_p(2.0, reference) == pytest.approx(min(1, 2 * 4 / 6))
    assert rank_p(10.0, reference) == pytest.approx(2 * 1 / 6)
    assert rank_p(0.0, reference) == pytest.approx(2 * 1 / 6)
    assert rank_p(9.0, reference, inside=True) == pytest.approx(2 * 1 / 5)


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=200, unique=True))
def test_ranked_among_themselves_dates_reject_at_most_as_often_as_the_level_says(values):
    p = rank_p(np.array(values), np.array(values), inside=True)
    for level in (0.01, 0.05, 0.2):
        assert (p <= level).mean() <= level


def test_only_the_tested_date_leaves_the_placebo_dates_unless_others_are_named():
    at = windows(daily_counts())
    usable = set(np.flatnonzero(at.usable))
    date, other = "2021-06-28", "2020-01-03"
    i, j = at.position(date), at.position(other)
    assert set(dates_reference(at, [date]).position) == usable - {i}
    around = dates_reference(at, [date], excluded=[other], surroundings=7).position
    assert set(around) == usable - {i} - set(range(j - 7, j + 8))


def test_placebo_dates_without_an_attack_are_not_ranked_among():
    at = windows(daily_counts())
    reference = dates_reference(at, ["2021-06-28"])
    assert len(reference) == (at.informative.sum() - 1) < len(reference.position)


def test_what_looks_like_a_rise_to_the_exact_test_is_ordinary_in_a_clustered_series():
    """The week from 3 January 2020: p < 0.001 exact, above 5% among the other dates of the series."""
    result = placebo_test(daily_counts(), "2020-01-03")
    assert result.p < 0.001
    assert 0.05 < result.p_placebo < 0.10
    assert result.judged_on == "dates" and result.p_judged == result.p_placebo


def test_a_reactive_event_is_judged_on_dates_of_a_like_run_up_with_the_naive_figure_beside_it():
    result = placebo_test(daily_counts(), "2021-06-28", reactive=True)
    assert result.judged_on == "run_up" and result.p_judged == result.p_run_up
    assert result.p_placebo is not None and result.run_up_dates < result.placebo_dates
    assert result.spells >= LEAST_SPELLS


def test_a_strike_after_a_burst_is_no_longer_a_fall_once_the_run_up_is_matched():
    """Bursts end by themselves: compared with any date what follows looks like a fall, compared with like dates it is not."""
    rng = np.random.default_rng(7)
    values = rng.poisson(0.15, 6000)
    strikes = range(100, 5940, 100)
    for day in strikes:
        values[day - 10 : day] += rng.poisson(1.5, 10)
    counts = series(values)
    results = [placebo_test(counts, counts.index[day], reactive=True) for day in strikes]
    tested = [r for r in results if r.status == "tested"]
    assert len(tested) > 50
    naive = np.mean([r.p_placebo <= 0.1 and r.estimate < 1 for r in tested])
    matched = np.mean([r.p_run_up <= 0.1 and r.estimate < 1 for r in tested])
    assert naive > 0.2
    assert matched < 0.1


def test_a_reactive_event_with_too_few_like_spells_is_drawn_and_not_tested():
    result = placebo_test(daily_counts(), "2024-02-02", reactive=True)
    assert result.status == "drawn"
    assert result.p is None and result.p_judged is None
    assert f"come from only {result.spells} separate spells" in result.reason
    assert result.spells < LEAST_SPELLS


def test_spells_share_no_day():
    assert separate_spells(np.array([0, 1, 2, 34, 35, 36, 71, 200]), 35) == 4
    assert separate_spells(np.array([]), 35) == 0


def test_a_family_moves_as_one_through_the_year():
    at = windows(daily_counts(thin_as_missing=False))
    dates = [f"{year}-01-03" for year in range(2021, 2026)]
    shifts = shifts_reference(at, dates)
    assert len(shifts.position) == 364 and 0 not in shifts.position
    moved = [pd.Timestamp(date) + pd.Timedelta(days=10) for date in dates]
    ten = list(shifts.position).index(10)
    assert shifts.after[ten] == sum(at.after[at.position(day)] for day in moved)


def test_the_anniversaries_of_3_january_on_the_real_series():
    dates = [f"{year}-01-03" for year in range(2021, 2027)]
    result = placebo_recurring(daily_counts(), dates)
    assert (result.after, result.before) == (25, 52)
    assert result.p < 0.05 < result.p_placebo
    assert "does not show that nothing changed" in result.sentence


def test_a_family_of_which_half_the_dates_are_unknown_is_refused():
    dates = ["2022-06-20", "2022-07-10", "2021-06-20", "2021-08-15"]
    result = placebo_recurring(daily_counts(), dates)
    assert result.status == "refused"
    assert result.reason.startswith("Only 1 of 4 dates")


@pytest.mark.parametrize("counts", [series(np.zeros(400)), series(np.zeros(1))])
def test_a_series_without_attacks_or_days_refuses_clearly(counts):
    result = placebo_test(counts, counts.index[len(counts) // 2])
    assert result.status in ("uninformative", "refused")
    assert result.reason
    assert result.p_placebo is None and result.minimum_detectable is None


def test_too_few_other_dates_are_no_comparison():
    counts = series(np.tile([0, 1, 0], 18))
    result = placebo_test(counts, counts.index[30])
    assert result.status == "drawn"
    assert "are needed before p can reach 0.05" in result.reason


@given(st.integers(-2000, 2000))
def test_moving_all_dates_moves_nothing_else(shift):
    values = clustered(400).to_numpy()
    here, there = series(values), series(values, pd.Timestamp("2020-01-01") + pd.Timedelta(days=shift))
    one, other = placebo_test(here, here.index[200]), placebo_test(there, there.index[200])
    assert one.p_placebo == other.p_placebo
    assert one.minimum_detectable == other.minimum_detectable


def test_every_date_tested_in_turn_rejects_at_the_nominal_rate():
    counts = clustered()
    p = [placebo_test(counts, day).p_placebo for day in counts.index[60:1400:9]]
    known = [x for x in p if x is not None]
    assert len(known) > 100
    assert np.mean(np.array(known) <= 0.05) <= 0.10


def test_power_grows_with_the_ratio_and_reaches_its_aim_at_the_minimum_detectable_one():
    counts = clustered()
    at = windows(counts)
    reference = dates_reference(at, [counts.index[700]])
    before = float(at.before[700])
    found = minimum_detectable(reference, before, 28)
    assert 1 < found < 20
    powers = [power_at(reference, before, 28, ratio) for ratio in (1, 2, 4, 8, 16)]
    assert powers == sorted(powers)
    assert power_at(reference, before, 28, found) == pytest.approx(0.8, abs=0.06)


def test_a_rise_that_large_is_indeed_found_when_it_is_put_into_the_series():
    """Attacks added by hand at dates with a like baseline, each tested afresh."""
    counts = clustered()
    at = windows(counts)
    reference = dates_reference(at, [counts.index[700]])
    ratio = minimum_detectable(reference, float(at.before[700]), 28)
    alike = [t for t in np.flatnonzero(at.usable) if abs(at.before[t] - at.before[700]) <= 0.25 * at.before[700]]
    expected = at.after[alike].mean()
    rng = np.random.default_rng(5)
    found = []
    for t in alike[::7]:
        raised = counts.copy()
        raised.iloc[t] += rng.poisson((ratio - 1) * expected)
        found.append(placebo_test(raised, counts.index[t]).p_placebo <= 0.05)
    assert np.mean(found) == pytest.approx(0.8, abs=0.15)


def test_where_nothing_could_be_found_the_sentence_says_so():
    result = placebo_test(daily_counts(), "2021-11-01")
    assert result.status == "refused"
    pair = placebo_recurring(daily_counts(), ["2024-10-07", "2025-10-07"])
    assert np.isinf(pair.minimum_detectable)
    assert "No realistic rise was detectable" in pair.sentence


def test_a_fall_that_large_is_indeed_found_when_attacks_are_taken_away():
    counts = clustered() * 0 + np.random.default_rng(7).poisson(4.0, len(clustered()))
    at = windows(counts)
    reference, before = dates_reference(at, [counts.index[500]]), float(at.before[500])
    ceased = minimum_detectable_fall(reference, before, 28)
    assert 0 < ceased < 1
    rng = np.random.default_rng(6)
    like = like_baseline(reference, before, 28)
    critical = -critical_value(-reference.ordinary)
    left = rng.binomial(reference.after[like].astype(int), 1 - ceased, (400, len(like)))
    found = log_ratio(left, reference.before[like], reference.days_after[like], reference.days_before[like]) < critical
    assert 0.78 < found.mean() < 0.86
