"""Rates after a date against before it: counted right, equal to R's poisson.test, refused where too little is known."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from attack_counts import daily_counts
from sitrep.escalation.design import Design
from sitrep.escalation.rate_ratio import before_after, check_counts, exact_p, exact_ratio, log_ratio, recurring, windows


def series(values, start="2020-01-01"):
    return pd.Series(np.asarray(values, float), pd.date_range(start, periods=len(values), name="date"))


INF = math.inf
# R 4.2.2: r <- poisson.test(c(A, B), c(DA, DB)); c(r$estimate, r$conf.int, r$p.value), options(digits=12)
POISSON_TEST = [
    ((8, 4, 7, 28), (8, 2.1432184466, 36.3038543248, 0.00058124288)),
    ((0, 3, 7, 28), (0, 0, 9.67980757341, 1)),
    ((3, 0, 7, 28), (INF, 1.65292542012, INF, 0.008)),
    ((1, 1, 7, 28), (4, 0.0509574683347, 313.987341265, 0.36)),
    ((16, 50, 7, 28), (1.28, 0.680378839237, 2.28546566476, 0.359735074976)),
    ((2, 17, 5, 20), (0.470588235294, 0.0527348520501, 1.98244151432, 0.399951644648)),
    ((120, 300, 7, 28), (1.6, 1.28374864868, 1.98368778109, 2.41437973149e-05)),
    ((28, 57, 42, 168), (1.9649122807, 1.20331859497, 3.14081511158, 0.00607120061192)),
    ((5, 20, 7, 28), (1, 0.293280259975, 2.7457883815, 1)),
]


@pytest.mark.parametrize(("counts", "expected"), POISSON_TEST)
def test_ratio_interval_and_p_are_those_of_poisson_test(counts, expected):
    assert exact_ratio(*counts) == pytest.approx(expected, rel=1e-9)


def test_exact_p_is_that_of_binom_test():
    """R 4.2.2: binom.test(3, 11, 0.2)$p.value"""
    assert exact_p(np.array([3]), np.array([11]), np.array([0.2]))[0] == pytest.approx(0.46849779712, rel=1e-10)


@given(st.integers(0, 60), st.integers(0, 60), st.floats(0.02, 0.98))
def test_exact_p_sums_all_outcomes_at_most_as_likely(after, before, share):
    total = after + before
    each = stats.binom.pmf(np.arange(total + 1), total, share)
    summed = each[each <= each[after] * (1 + 1e-7)].sum()
    assert exact_p(np.array([after]), np.array([total]), np.array([share]))[0] == pytest.approx(summed, rel=1e-6)


def test_exact_p_of_large_counts_takes_no_memory_for_them():
    share = np.full(3, 0.2)
    found = exact_p(np.array([200_000, 201_000, 2_000_000]), np.array([1e6, 1e6, 1e7]), share)
    assert found.tolist() == pytest.approx([1, stats.binomtest(201_000, 10**6, 0.2).pvalue, 1], rel=1e-6)


def test_zero_to_zero_has_no_ratio():
    with pytest.raises(ValueError, match="at least one attack"):
        exact_ratio(0, 0, 7, 28)


def test_windows_count_the_event_day_and_not_a_day_more():
    counts = series(np.arange(20))
    at = windows(counts, Design(window=3, baseline=4, guard=2))
    i = at.position("2020-01-11")
    assert (at.after[i], at.before[i]) == (10 + 11 + 12, 4 + 5 + 6 + 7)
    assert at.inside.tolist() == [6 <= t <= 17 for t in range(20)]


@given(
    st.lists(st.one_of(st.integers(0, 9), st.none()), min_size=20, max_size=60),
    st.integers(1, 8),
    st.integers(1, 9),
    st.integers(0, 3),
)
def test_windows_by_cumulative_sums_are_those_by_slicing(values, window, baseline, guard):
    counts = series([np.nan if v is None else v for v in values])
    at = windows(counts, Design(window, baseline, guard))
    for t in np.flatnonzero(at.inside):
        after, before = counts.iloc[t : t + window], counts.iloc[t - guard - baseline : t - guard]
        assert at.after[t] == after.sum() and at.before[t] == before.sum()
        assert at.days_after[t] == after.count() and at.days_before[t] == before.count()
        assert at.usable[t] == (after.count() > window / 2 and before.count() > baseline / 2)


def test_the_killing_of_soleimani_on_the_real_series():
    """Eight attacks in the week from 3 January 2020, four in the 28 days before; interval and p from R, above."""
    result = before_after(daily_counts(), "2020-01-03")
    assert (result.after, result.before, result.days_after, result.days_before) == (8, 4, 7, 28)
    assert (result.estimate, result.low, result.high, result.p) == pytest.approx(POISSON_TEST[0][1])


def test_missing_days_leave_count_and_exposure():
    values = np.ones(40)
    values[30:33] = np.nan
    result = before_after(series(values), "2020-01-30", Design(min_known=0.3))
    assert (result.after, result.days_after) == (4, 4)
    assert result.estimate == pytest.approx(1.0)


def test_a_window_with_too_few_known_days_is_refused_with_the_reason():
    values = np.ones(40)
    values[30:34] = np.nan
    result = before_after(series(values), "2020-01-30")
    assert result.status == "refused"
    assert "3 of 7 days after and 28 of 28 before" in result.reason
    assert result.p is None and result.estimate is None


@pytest.mark.parametrize("date", ["2020-01-28", "2020-02-04"])
def test_the_edge_of_the_series_is_refused_and_never_padded(date):
    result = before_after(series(np.ones(40)), date)
    assert result.status == "refused"
    assert "not all inside the series (2020-01-01 to 2020-02-09)" in result.reason


@pytest.mark.parametrize("date", ["2019-12-31", "2020-02-10"])
def test_an_event_outside_the_period_is_an_error(date):
    with pytest.raises(ValueError, match=f"{date} is outside the series"):
        before_after(series(np.ones(40)), date)


def test_no_attack_on_either_side_is_uninformative_and_carries_no_p():
    result = before_after(series(np.zeros(60)), "2020-02-01")
    assert result.status == "uninformative"
    assert result.p is None and result.estimate is None


@pytest.mark.parametrize("length", [0, 1])
def test_a_series_of_no_or_one_day_gives_a_clear_answer(length):
    counts = series(np.ones(length)) if length else pd.Series(dtype=float)
    if length:
        assert before_after(counts, "2020-01-01").status == "refused"
    else:
        with pytest.raises(ValueError, match=r"outside the series .empty."):
            before_after(counts, "2020-01-01")


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        (series([1, -2, 3]), "found -2.0 on 2020-01-02"),
        (series([1, np.inf, 3]), "found inf on 2020-01-02"),
        (series([1, 2, 3]).iloc[[0, 2]], "the day after 2020-01-01 is not next"),
        (series([1, 2, 3]).iloc[::-1], "the day after 2020-01-03 is not next"),
        (pd.Series([1.0, 2.0]), "found RangeIndex"),
    ],
)
def test_a_series_that_is_not_daily_counts_is_an_error(counts, message):
    with pytest.raises(ValueError, match=message):
        check_counts(counts)


def test_a_family_sums_its_dates_and_names_those_left_out():
    result = recurring(daily_counts(), [f"{year}-01-03" for year in range(2021, 2027)])
    single = [before_after(daily_counts(), date) for date in result.dates]
    assert result.after == sum(one.after for one in single) == 25
    assert result.before == sum(one.before for one in single) == 52
    assert result.dates == ("2021-01-03", "2022-01-03", "2024-01-03", "2026-01-03")
    assert any("Around 2023-01-03" in text for text in result.assumptions)


def test_a_date_given_twice_is_never_counted_twice():
    with pytest.raises(ValueError, match="given twice"):
        recurring(daily_counts(), ["2022-01-03", "2022-01-03"])


def test_no_date_is_refused():
    assert recurring(daily_counts(), []).status == "refused"


counts_lists = st.lists(st.integers(0, 20), min_size=40, max_size=90)


@given(counts_lists, st.integers(-3000, 3000), st.integers(28, 33))
def test_moving_all_dates_moves_nothing_else(values, shift, position):
    here, there = series(values), series(values, pd.Timestamp("2020-01-01") + pd.Timedelta(days=shift))
    one, other = before_after(here, here.index[position]), before_after(there, there.index[position])
    assert one.but(dates=(), label="", reason="") == other.but(dates=(), label="", reason="")


@given(counts_lists, st.integers(28, 33))
def test_doubling_all_counts_leaves_the_ratio_and_narrows_the_interval(values, position):
    counts = series(values)
    one, two = before_after(counts, counts.index[position]), before_after(2 * counts, counts.index[position])
    assert one.estimate == two.estimate
    if one.estimate is not None:
        assert two.low >= one.low and two.high <= one.high


@given(counts_lists, st.integers(28, 33))
def test_no_figure_is_ever_nan(values, position):
    result = before_after(series(values), series(values).index[position])
    for figure in (result.estimate, result.low, result.high, result.p):
        assert figure is None or not math.isnan(figure)
    if result.status == "tested":
        assert result.low <= result.estimate <= result.high


@given(st.integers(0, 50), st.integers(0, 50), st.integers(1, 30), st.integers(1, 60))
def test_the_statistic_is_finite_zero_without_attacks_and_grows_with_what_follows(a, b, da, db):
    value = float(log_ratio(a, b, da, db))
    assert math.isfinite(value)
    assert float(log_ratio(a + 1, b, da, db)) > value > float(log_ratio(a, b + 1, da, db))
    assert float(log_ratio(0, 0, da, db)) == pytest.approx(0, abs=1e-12)
