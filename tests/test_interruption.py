"""Step, slope and breaks: equal to R where R has them, refused where nothing can be fitted."""

import numpy as np
import pandas as pd
import pytest

from attack_counts import daily_counts
from sitrep.escalation.excitation import Excitation, simulate
from sitrep.escalation.interruption import CountCost, change_points, interrupted, negative_binomial_fit

# fmt: off
Y = [0, 1, 0, 2, 1, 0, 0, 3, 1, 0, 2, 0, 1, 1, 0, 4, 2, 0, 1, 0, 3, 5, 2, 6, 1, 4, 7, 2, 3, 5, 0, 8, 4, 3, 6, 2, 9, 5, 4, 3]
# fmt: on


def series(values, start="2020-01-01"):
    return pd.Series(np.asarray(values, float), pd.date_range(start, periods=len(values), name="date"))


def design():
    t = np.arange(40.0)
    return np.column_stack([np.ones(40), t, t >= 20, np.maximum(t - 20, 0)])


def test_coefficients_size_and_errors_are_those_of_glm_nb_and_newey_west():
    """R 4.2.2, MASS 7.3-58.2, sandwich 3.0-2:

    t <- seq_along(y)-1; step <- as.numeric(t>=20); after <- pmax(t-20,0)
    m <- glm.nb(y ~ t + step + after, control=glm.control(maxit=200, epsilon=1e-12))
    coef(m); m$theta; logLik(m); sqrt(diag(NeweyWest(m, lag=7, prewhite=FALSE)))
    """
    found = negative_binomial_fit(np.array(Y, float), design(), lag=7)
    coefficients = [-0.28227215093105, 0.02337294049424, 1.06730674191349, -0.00714812046296]
    errors = [0.2433427878860, 0.0244227917431, 0.3015795073603, 0.0251744080234]
    assert found.coefficients == pytest.approx(coefficients, abs=2e-6)
    assert found.size == pytest.approx(13.0618620548, rel=1e-4)
    assert found.log_likelihood == pytest.approx(-70.6757762316, abs=1e-6)
    assert found.errors == pytest.approx(errors, rel=1e-4)


def test_a_step_that_is_there_is_found_with_its_size():
    rng = np.random.default_rng(1)
    counts = series(rng.poisson(np.where(np.arange(1500) < 750, 1.0, 3.0)))
    found = interrupted(counts, counts.index[750])
    step = found.table.set_index("term").loc["step"]
    assert step["low"] < 3 < step["high"]
    assert found.p_placebo < 0.05


def test_on_clustered_counts_newey_west_errors_reject_too_often_and_the_placebo_does_not():
    rng = np.random.default_rng(2)
    counts = series(rng.poisson(np.exp(np.repeat(rng.normal(0, 1, 80), 25))))
    found = [interrupted(counts, counts.index[i], 120, 7, placebo_dates=60) for i in range(200, 1800, 160)]
    tested = [f for f in found if f.status == "tested"]
    assert len(tested) >= 8
    by_errors = np.mean([f.table.set_index("term").loc["step", "p"] <= 0.05 for f in tested])
    by_placebo = np.mean([f.p_placebo <= 0.05 for f in tested])
    assert by_errors >= 0.3 > 0.15 >= by_placebo


@pytest.mark.parametrize(
    ("counts", "position", "reason"),
    [
        (series(np.zeros(500)), 250, "0 attacks on 180 known days"),
        (series(np.full(500, np.nan)), 250, "0 attacks on 0 known days"),
        (series(np.ones(500)), 100, "not all inside the series"),
        (series(np.ones(1)), 0, "not all inside the series"),
    ],
)
def test_what_cannot_be_fitted_is_refused_in_words(counts, position, reason):
    found = interrupted(counts, counts.index[position])
    assert found.status == "refused" and found.step is None and found.p_placebo is None
    assert reason in found.reason


def test_a_date_outside_the_series_is_an_error():
    with pytest.raises(ValueError, match="2031-01-01 is outside"):
        interrupted(series(np.ones(500)), "2031-01-01")


def test_the_cost_of_a_segment_is_minus_its_log_likelihood_up_to_a_constant():
    from scipy import stats

    y = np.array([0, 2, 5, 1, 0, 3, 3, 9], float)
    for size, law in ((np.inf, stats.poisson(y.mean())), (1.7, stats.nbinom(1.7, 1.7 / (1.7 + y.mean())))):
        cost = CountCost(size).fit(y)
        half = y[:4]
        first = stats.poisson(half.mean()) if np.isinf(size) else stats.nbinom(1.7, 1.7 / (1.7 + half.mean()))
        second = stats.poisson(y[4:].mean()) if np.isinf(size) else stats.nbinom(1.7, 1.7 / (1.7 + y[4:].mean()))
        gain = first.logpmf(half).sum() + second.logpmf(y[4:]).sum() - law.logpmf(y).sum()
        assert cost.error(0, 8) - cost.error(0, 4) - cost.error(4, 8) == pytest.approx(gain)


def test_breaks_are_found_to_the_day_by_a_search_that_does_not_know_them():
    rng = np.random.default_rng(3)
    rate = np.repeat([0.3, 3.0, 0.3], [300, 100, 300])
    counts = series(rng.poisson(rate))
    found = change_points(counts, null="independent", simulations=39)
    assert len(found) == 2
    assert abs((found["date"].iloc[0] - counts.index[300]).days) <= 3
    assert abs((found["date"].iloc[1] - counts.index[400]).days) <= 3


def test_what_excites_itself_breaks_only_for_those_who_take_days_for_independent():
    model = Excitation(mu=0.05, alpha=0.8, beta=0.85, size=1.2, log_likelihood=0.0, days=0)
    simulated = [series(one) for one in simulate(model, 800, 6, np.random.default_rng(9))]
    independent = [len(change_points(one, null="independent", simulations=19)) for one in simulated]
    self_exciting = [len(change_points(one, simulations=19)) for one in simulated]
    assert np.mean(independent) > 3
    assert np.mean(np.array(self_exciting) > 0) <= 0.35


def test_the_campaign_from_october_2023_to_february_2024_is_more_than_the_series_does_by_itself():
    found = change_points(daily_counts(), simulations=39)
    assert [f"{day:%Y-%m-%d}" for day in found["date"]] == ["2023-10-18", "2024-02-11"]


@pytest.mark.parametrize("values", [np.zeros(500), np.ones(10), []])
def test_too_little_for_a_search_gives_no_break(values):
    assert change_points(series(values)).empty
