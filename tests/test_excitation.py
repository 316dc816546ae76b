"""The self-exciting model finds the parameters it was simulated from and lets missing days pass."""

import numpy as np
import pandas as pd
import pytest

from attack_counts import daily_counts
from sitrep.escalation.excitation import Excitation, draw_counts, fit, intensities, simulate

TRUE = Excitation(mu=0.5, alpha=0.6, beta=0.7, size=3.0, log_likelihood=0.0, days=0)


def series(values):
    return pd.Series(np.asarray(values, float), pd.date_range("2000-01-01", periods=len(values), name="date"))


def test_simulated_counts_have_the_mean_of_the_theory():
    counts = simulate(TRUE, 4000, 20, np.random.default_rng(1))
    assert counts.mean() == pytest.approx(TRUE.mu / (1 - TRUE.alpha), rel=0.05)


def test_negative_binomial_counts_have_their_mean_and_variance():
    counts = draw_counts(np.full(400_000, 2.0), 1.5, np.random.default_rng(1))
    assert counts.mean() == pytest.approx(2.0, rel=0.02)
    assert counts.var() == pytest.approx(2 + 4 / 1.5, rel=0.03)


def test_the_fit_finds_what_the_counts_were_simulated_from():
    counts = series(simulate(TRUE, 6000, 1, np.random.default_rng(2))[0])
    found = fit(counts)
    assert found.alpha == pytest.approx(TRUE.alpha, abs=0.1)
    assert found.beta == pytest.approx(TRUE.beta, abs=0.1)
    assert found.mu == pytest.approx(TRUE.mu, abs=0.15)
    assert found.size == pytest.approx(TRUE.size, rel=0.3)
    assert found.duration() == pytest.approx(np.log(0.1) / np.log(0.7), rel=0.35)


def test_counts_that_excite_nothing_are_not_said_to():
    counts = series(np.random.default_rng(3).poisson(1.0, 4000))
    assert fit(counts).share_triggered < 0.1


def test_missing_days_change_the_fit_little():
    values = simulate(TRUE, 6000, 1, np.random.default_rng(2))[0]
    values[2000:2400] = np.nan
    values[3000:3010] = np.nan
    assert fit(series(values)).alpha == pytest.approx(TRUE.alpha, abs=0.1)


def test_the_intensity_is_that_of_the_formula():
    y = np.array([2.0, 0.0, np.nan, 1.0])
    rates = intensities(y, mu=0.5, alpha=0.6, beta=0.7, start=1.0)
    s = 1.0
    for t, count in enumerate(y):
        assert rates[t] == pytest.approx(0.5 + 0.6 * s)
        s = 0.7 * s + 0.3 * (rates[t] if np.isnan(count) else count)


def test_attacks_in_the_real_series_excite_further_ones():
    found = fit(daily_counts())
    assert 0.5 < found.share_triggered < 0.95
    assert 5 < found.duration() < 60


@pytest.mark.parametrize("values", [np.zeros(100), np.ones(20), np.full(100, np.nan)])
def test_too_little_to_fit_is_an_error(values):
    with pytest.raises(ValueError, match="needs 30 known days and 10 attacks"):
        fit(series(values))
