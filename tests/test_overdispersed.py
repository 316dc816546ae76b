"""Rate ratios that let days vary more than Poisson days: equal to R's, and cried wolf with in campaigns all the same."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attack_counts import daily_counts
from sitrep.escalation import run
from sitrep.escalation.overdispersed import METHODS, beside, error_rates, negative_binomial, quasi_poisson
from sitrep.escalation.rate_ratio import before_after
from sitrep.events import occurrences

# R 4.2.2, MASS 7.3-58.2, options(digits=10), y = c(before, after), after = rep(0:1, c(28, 7)):
#   m <- glm(y ~ after, family = quasipoisson); s <- summary(m); b <- coef(s)[2, ]
#   exp(b[1]); exp(b[1] + c(-1, 1) * qt(.975, m$df.residual) * b[2]); b[4]; s$dispersion
#   n <- glm.nb(y ~ after); b <- coef(summary(n))[2, ]
#   exp(b[1]); exp(b[1] + c(-1, 1) * qnorm(.975) * b[2]); b[4]; n$theta
# fmt: off
RISE = ([0,0,1,0,2,0,0,0,0,3,1,0,0,0,0,0,1,0,0,0,0,2,0,0,0,0,1,0], [4,0,2,1,0,0,3])
FALL = ([5,0,0,0,7,1,0,0,0,0,0,2,0,9,0,0,0,1,0,0,0,0,0,0,3,0,0,0], [0,0,1,0,0,0,0])
# fmt: on
OF_R = [
    (quasi_poisson, RISE, (3.636363636, 1.173042976, 11.27251155, 0.02657863715, 1.619835161)),
    (quasi_poisson, FALL, (0.1428571427, 0.001780538288, 11.4617941, 0.3731428433, 4.48501533)),
    (negative_binomial, RISE, (3.636363636, 1.041899385, 12.6913795, 0.0429367119, 0.8274949667)),
    (negative_binomial, FALL, (0.1428571429, 0.007781767337, 2.62256148, 0.1899944486, 0.1527849833)),
]


@pytest.mark.parametrize(("method", "days", "expected"), OF_R)
def test_ratio_interval_p_and_spread_are_those_of_r(method, days, expected):
    before, after = (np.array(side, float) for side in days)
    found = method(after, before)
    assert (found.estimate, found.low, found.high, found.p, found.spread) == pytest.approx(expected, rel=2e-4)


@pytest.mark.parametrize("method", [quasi_poisson, negative_binomial])
@pytest.mark.parametrize(("after", "before"), [([0] * 7, [1] * 28), ([1] * 7, [0] * 28), ([], [1, 2]), ([1], [1])])
def test_without_an_attack_on_both_sides_there_is_no_regression(method, after, before):
    with pytest.raises(ValueError, match="an attack before and after"):
        method(np.array(after, float), np.array(before, float))


COUNTED = st.lists(st.integers(0, 9), min_size=3, max_size=30).filter(any)


@given(COUNTED, COUNTED)
def test_no_figure_is_ever_nan_and_the_interval_holds_the_ratio(after, before):
    for method in (quasi_poisson, negative_binomial):
        found = method(np.array(after, float), np.array(before, float))
        assert not any(math.isnan(x) for x in (found.estimate, found.low, found.high, found.p, found.spread))
        assert found.low <= found.estimate * (1 + 1e-12) and found.estimate <= found.high * (1 + 1e-12)
        assert 0 <= found.p <= 1


@given(COUNTED, COUNTED)
def test_doubling_all_counts_leaves_the_ratio_and_the_quasi_poisson_interval(after, before):
    a, b = np.array(after, float), np.array(before, float)
    one, two = quasi_poisson(a, b), quasi_poisson(2 * a, 2 * b)
    assert (two.estimate, two.low, two.high, two.p) == pytest.approx((one.estimate, one.low, one.high, one.p))
    assert two.spread == pytest.approx(2 * one.spread)


def test_days_that_vary_as_poisson_days_have_the_poisson_interval():
    rng = np.random.default_rng(1)
    after, before = rng.poisson(3.0, 700).astype(float), rng.poisson(3.0, 2800).astype(float)
    error = np.sqrt(1 / after.sum() + 1 / before.sum())
    for method in (quasi_poisson, negative_binomial):
        found = method(after, before)
        assert np.log(found.high / found.low) / (2 * 1.96 * error) == pytest.approx(1, abs=0.05)


def dates(*days):
    return pd.DataFrame(
        {"event_id": [f"e{i}" for i in range(len(days))], "name": "An event", "date_start": days}
    ).assign(date_end=days, kind="policy", timing="exogenous", selection="listed", recurrence="none")


@pytest.fixture(scope="module")
def table():
    counts = daily_counts()
    found = occurrences(dates("2021-06-28", "2023-10-26", "2020-09-15"), counts.index[0], counts.index[-1])
    results = [result.but(exact_false_positive_rate=0.2) for result in run(counts, found, draws=0)]
    return beside(counts, results, draws=6)


def test_each_result_has_the_three_tests_with_the_same_ratio_and_a_measured_error_rate(table):
    assert table.groupby("event_id")["method"].agg(list).map(tuple).unique().tolist() == [METHODS]
    spread = table.groupby("event_id")["estimate"].agg(["min", "max"])
    assert (spread["min"] == spread["max"]).all()
    shown = table[table["p"].notna()]
    assert len(shown) and shown["false_positive_rate"].notna().all()
    assert set(shown.loc[shown["method"] == "exact", "false_positive_rate"]) == {0.2}, "one place measures it"


def test_the_exact_row_is_that_of_the_exact_test_and_the_others_are_wider(table):
    counts = daily_counts()
    single = before_after(counts, "2023-10-26")
    rows = table[table["dates"] == "2023-10-26"].set_index("method")
    assert rows.loc["exact", ["low", "high", "p"]].tolist() == pytest.approx([single.low, single.high, single.p])
    width = np.log(rows["high"] / rows["low"])
    assert width["quasi_poisson"] > width["exact"]


def test_dates_of_a_family_are_taken_together_and_a_side_without_attack_is_refused_in_words():
    counts = pd.Series(0.0, pd.date_range("2020-01-01", periods=900, name="date"))
    counts.iloc[::9] = 1.0
    counts["2021-03-01":"2021-03-07"] = 0.0
    (one,) = run(counts, occurrences(dates("2021-03-01"), counts.index[0], counts.index[-1]), draws=0)
    found = beside(counts, [one], draws=0)
    assert found.set_index("method")["p"].notna().tolist() == [True, False, False]
    assert found["reason"].iloc[1].startswith("No attack on one side")


def test_in_campaigns_the_regressions_reject_a_true_null_too_often():
    """On self-exciting series fitted to the chronology, in windows of ten attacks or more: why neither is relied on."""
    rates = error_rates(daily_counts(), draws=20)
    busy = rates[(rates["stratum"] == "10+") & (rates["model"] == "self_exciting")].set_index("method")
    assert (busy["rate"] > 0.075).all()
    assert (rates["rejected"] <= rates["tested"]).all()


def test_rates_measured_once_are_read_again(tmp_path):
    counts = daily_counts().iloc[:700]
    first = error_rates(counts, draws=2, cache=tmp_path)
    (file,) = tmp_path.glob("overdispersed-*.csv")
    kept = file.stat().st_mtime_ns
    pd.testing.assert_frame_equal(error_rates(counts, draws=2, cache=tmp_path), first, rtol=1e-5)
    assert file.stat().st_mtime_ns == kept
