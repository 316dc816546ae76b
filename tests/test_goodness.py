"""The fit of the self-exciting model: fair to what it was simulated from, and it tells a model that does not fit."""

import numpy as np
import pandas as pd
import pytest

from attack_counts import daily_counts
from sitrep.escalation.excitation import Excitation, fit, simulate
from sitrep.escalation.goodness import BINS, LAGS, one_step_ahead

MODEL = Excitation(mu=0.2, alpha=0.7, beta=0.8, size=2.0, log_likelihood=0.0, days=0)


@pytest.fixture(scope="module")
def simulated():
    days = pd.date_range("2010-01-01", periods=6000, name="date")
    return pd.Series(simulate(MODEL, 6000, 1, np.random.default_rng(1))[0], days)


def test_counts_from_the_model_itself_have_a_tenth_in_each_tenth_and_residuals_without_memory(simulated):
    found = one_step_ahead(simulated, MODEL)
    assert len(found.pit) == BINS and found.pit["share"].sum() == pytest.approx(1)
    assert found.pit["share"].between(0.085, 0.115).all()
    counts, residuals = found.outside
    assert counts > 10 and residuals <= 4


def test_a_model_without_excitation_leaves_the_memory_in_its_residuals(simulated):
    flat = Excitation(mu=float(simulated.mean()), alpha=0.0, beta=0.8, size=0.3, log_likelihood=0.0, days=0)
    found = one_step_ahead(simulated, flat)
    assert found.outside[1] > 10
    np.testing.assert_allclose(found.autocorrelation["counts"], found.autocorrelation["residuals"], atol=1e-9)


def test_a_model_that_takes_days_for_poisson_is_told_by_the_ends_of_its_transform():
    days = pd.date_range("2010-01-01", periods=6000, name="date")
    wide = Excitation(mu=4.0, alpha=0.0, beta=0.5, size=1.0, log_likelihood=0.0, days=0)
    narrow = Excitation(mu=4.0, alpha=0.0, beta=0.5, size=1e6, log_likelihood=0.0, days=0)
    counts = pd.Series(simulate(wide, 6000, 1, np.random.default_rng(2))[0], days)
    share = one_step_ahead(counts, narrow).pit["share"]
    assert share.iloc[[0, -1]].min() > 1.5 / BINS and share.iloc[4:6].max() < 1 / BINS


def test_the_autocorrelation_is_that_of_pandas_where_every_day_is_known(simulated):
    found = one_step_ahead(simulated, MODEL).autocorrelation.set_index("lag")["counts"]
    assert len(found) == LAGS
    for lag in (1, 7, 28):
        assert found[lag] == pytest.approx(simulated.autocorr(lag), abs=0.01)


def test_missing_days_leave_the_fit_and_add_nothing(simulated):
    holed = simulated.copy()
    holed.iloc[100:400] = np.nan
    found = one_step_ahead(holed, MODEL)
    assert found.days == 5700
    assert not found.autocorrelation.isna().any(axis=None) and not found.pit.isna().any(axis=None)


def test_the_model_of_the_chronology_takes_the_memory_out_of_the_series():
    counts = daily_counts()
    found = one_step_ahead(counts, fit(counts))
    before, after = found.outside
    assert after < before / 2
    assert found.pit["share"].between(0.05, 0.15).all()


@pytest.mark.parametrize("values", [[], [np.nan] * 50, [0.0] * 50, [2.0] * 50])
def test_what_does_not_vary_is_refused_in_words(values):
    counts = pd.Series(np.array(values, float), pd.date_range("2020-01-01", periods=len(values), name="date"))
    with pytest.raises(ValueError, match="known and vary"):
        one_step_ahead(counts, MODEL)
