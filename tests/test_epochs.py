"""Superposed epochs: the mean by lag, and envelopes from other dates of the same series."""

import numpy as np
import pandas as pd
import pytest

from attack_counts import daily_counts
from sitrep.escalation.epochs import _joint, superposed_epochs


def series(values, start="2020-01-01"):
    return pd.Series(np.asarray(values, float), pd.date_range(start, periods=len(values), name="date"))


def test_means_and_p_by_lag_are_those_of_dplr_sea():
    """The same input in R 4.2.2 through `sea` of dplR (OpenDendro/dplR, R/sea.R), with 50,000 resamples:

    t <- 1:300; key <- c(40,95,150,201,260)
    y <- 6 + 3*sin(1.3*t) + 2*sin(0.37*t*t); for (k in key) y[k+0:2] <- y[k+0:2] + 3
    set.seed(1); sea(data.frame(y, row.names=t), key, lag=5, resample=50000)[, c("se.unscaled", "p")]

    """
    t = np.arange(1, 301)
    key = np.array([40, 95, 150, 201, 260])
    y = 6 + 3 * np.sin(1.3 * t) + 2 * np.sin(0.37 * t * t)
    for k in key:
        y[k - 1 : k + 2] += 3
    counts = series(y)
    found = superposed_epochs(counts, counts.index[key - 1], 5, 5, placebo="random", draws=50_000).table
    means = [6.6252522, 6.6732649, 6.1303848, 6.4206445, 6.9203103, 8.6038717, 7.6030473, 9.3083836]
    means += [6.2584593, 6.0208949, 5.1899313]
    dplr = [0.70076, 0.68616, 0.94900, 0.84960, 0.52728, 0.03748, 0.21996, 0.00764, 0.94440, 0.88744, 0.39148]
    assert found["mean"].tolist() == pytest.approx(means, abs=1e-7)
    # sea also draws dates less than five days from the edges, and both draw at random.
    assert found["p"].tolist() == pytest.approx(dplr, abs=0.02)


def test_on_the_real_series_the_week_of_3_january_is_counted_by_lag():
    counts = daily_counts(thin_as_missing=False)
    dates = [f"{year}-01-03" for year in range(2021, 2026)]
    epochs = superposed_epochs(counts, dates)
    by_hand = [counts[pd.DatetimeIndex(dates) + pd.Timedelta(days=lag)].mean() for lag in range(-28, 29)]
    assert epochs.table["mean"].tolist() == pytest.approx(by_hand)
    assert epochs.placebo_sets == 364
    assert 0 < epochs.p_placebo <= 1


def test_the_envelope_of_all_lags_holds_the_pointwise_one_and_95_percent_of_placebo_curves():
    counts = daily_counts(thin_as_missing=False)
    table = superposed_epochs(counts, [f"{year}-01-03" for year in range(2021, 2026)]).table
    assert (table["envelope_high"] >= table["placebo_high"] - 1e-9).all()
    assert (table["envelope_low"] <= table["placebo_low"] + 1e-9).all()


def test_whichever_curve_is_the_observed_one_the_whole_curve_rejects_at_its_level():
    rng = np.random.default_rng(4)
    curves = rng.poisson(np.exp(rng.normal(-1, 1, (120, 1))), (120, 20)).astype(float)
    p = [_joint(one, np.delete(curves, i, axis=0))[0] for i, one in enumerate(curves)]
    assert np.mean(np.array(p) <= 0.05) <= 0.05


@pytest.mark.parametrize("raised", [0, 1, 4])
def test_the_curve_leaves_the_envelope_where_p_is_at_most_5_percent_and_only_there(raised):
    counts = series(np.random.default_rng(2).poisson(1.0, 900))
    counts.iloc[[300, 302, 600, 602]] += raised
    found = superposed_epochs(counts, counts.index[[300, 600]], 7, 7)
    assert bool(found.outside) == (found.p_placebo <= 0.05)


def test_missing_days_leave_the_mean_of_their_lag():
    values = np.ones(900)
    values[400] = np.nan
    values[500] = 5
    counts = series(values)
    table = superposed_epochs(counts, [counts.index[400], counts.index[500]], 3, 3).table
    at_zero = table[table["lag"] == 0].iloc[0]
    assert (at_zero["mean"], at_zero["known"]) == (5, 1)


def test_the_same_seed_gives_the_same_figures():
    counts = daily_counts()
    dates = ["2021-06-28", "2021-02-26", "2023-03-24"]
    one, two = (superposed_epochs(counts, dates, 7, 7, placebo="random", seed=3).table for _ in range(2))
    pd.testing.assert_frame_equal(one, two)


@pytest.mark.parametrize(
    ("counts", "dates", "reason"),
    [
        (series(np.zeros(900)), [400], "no attack in the series"),
        (series(np.ones(900)), [], "No date falls"),
        (series(np.full(900, np.nan)), [400], "no day is known"),
        (series(np.ones(1)), [0], "no day is known"),
    ],
)
def test_where_no_envelope_can_be_drawn_the_reason_is_said(counts, dates, reason):
    epochs = superposed_epochs(counts, counts.index[dates])
    assert epochs.p_placebo is None
    assert reason in epochs.reason and reason in epochs.sentence


def test_a_date_outside_the_series_is_an_error():
    with pytest.raises(ValueError, match="2019-01-01 is outside"):
        superposed_epochs(series(np.ones(100)), ["2019-01-01"])
