"""Calibration says how often each test rejects when there is nothing to find."""

import numpy as np
import pandas as pd
import pytest

from attack_counts import daily_counts
from sitrep.escalation.calibration import (
    at_its_dates,
    cached,
    calibrate,
    exact_at_its_dates,
    false_positive_rate,
    family_method,
)
from sitrep.escalation.design import Design
from sitrep.escalation.rates import COLUMNS, STRATA, stratum

ANNIVERSARIES = [f"{year}-01-03" for year in range(2021, 2027)]


@pytest.fixture(scope="module")
def table():
    return calibrate(daily_counts(), draws=20, families=[ANNIVERSARIES])


def row(table, method, model, level, ratio=1.0):
    found = table[
        (table["method"] == method)
        & (table["model"] == model)
        & (table["stratum"] == level)
        & (table["ratio"] == ratio)
    ]
    assert len(found) == 1
    return found.iloc[0]


def test_the_exact_test_cries_wolf_where_the_windows_are_busy(table):
    """On the series itself: near nominal over all dates only because most windows are nearly empty."""
    assert row(table, "exact", "series", "1-4")["rate"] < 0.02
    assert row(table, "exact", "series", "10+")["rate"] > 0.2
    assert row(table, "exact", "self_exciting", "10+")["low"] > 0.1
    everything = row(table, "exact", "series", "all")
    over_all_dates = everything["rejected"] / (everything["tested"] + everything["uninformative"])
    assert over_all_dates == pytest.approx(0.066, abs=0.003)


def test_the_exact_test_is_exact_on_poisson_counts(table):
    assert row(table, "exact", "poisson", "all")["high"] <= 0.05


def test_a_placebo_rank_over_all_dates_is_exact_on_the_series_itself(table):
    assert row(table, "dates", "series", "all")["rate"] <= 0.05
    assert row(table, family_method(ANNIVERSARIES), "series", "all")["rate"] <= 0.05


def test_but_rejects_too_often_in_busy_windows_where_a_like_run_up_does_not(table):
    assert row(table, "dates", "self_exciting", "10+")["high"] > 0.075
    assert row(table, "run_up", "self_exciting", "10+")["high"] <= 0.075
    for level in ("1-4", "5-9"):
        assert row(table, "dates", "self_exciting", level)["high"] <= 0.075


def test_a_family_is_judged_at_its_very_dates_where_all_its_shifts_together_reject_5_percent_whatever_the_series(table):
    method = family_method(ANNIVERSARIES)
    for model in ("negative_binomial", "self_exciting"):
        assert row(table, method, model, "all")["rate"] <= 0.05
        placebo, exact = (row(table, name(method), model, "all") for name in (at_its_dates, exact_at_its_dates))
        assert placebo["tested"] == placebo["series"] <= 10 * 20
        assert placebo["low"] < 0.05 < placebo["high"] and exact["low"] > 0.06


def test_refused_and_uninformative_dates_are_counted_apart_from_those_tested(table):
    counts = daily_counts()
    for method in ("exact", "dates", "run_up"):
        found = row(table, method, "series", "all")
        assert found["dates"] == len(counts)
        assert found["refused"] + found["uninformative"] + found["tested"] == len(counts)
    assert row(table, "exact", "series", "0")["tested"] == 0
    assert np.isnan(row(table, "exact", "series", "0")["rate"])


def test_strata_add_up_to_all(table):
    parts = (
        table[table["stratum"] != "all"]
        .groupby(["method", "model", "ratio"])[["uninformative", "tested", "rejected"]]
        .sum()
    )
    whole = table[table["stratum"] == "all"].set_index(["method", "model", "ratio"])
    for column in parts:
        assert (parts[column].sort_index() == whole[column].sort_index()).all()


def test_power_grows_with_the_true_ratio(table):
    for method in ("dates", "run_up", family_method(ANNIVERSARIES)):
        for model in ("poisson", "self_exciting"):
            rates = [row(table, method, model, "all", ratio)["rate"] for ratio in (1.5, 2.0, 3.0)]
            assert rates == sorted(rates)


def test_monte_carlo_limits_hold_the_rate_and_narrow_with_more_series(table):
    few = calibrate(daily_counts(), draws=3)
    for found in (few, table):
        k = found["tested"] > 0
        assert (found.loc[k, "low"] <= found.loc[k, "rate"]).all() and (
            found.loc[k, "rate"] <= found.loc[k, "high"]
        ).all()
    width = [
        row(t, "exact", "self_exciting", "10+")["high"] - row(t, "exact", "self_exciting", "10+")["low"]
        for t in (few, table)
    ]
    assert width[1] < width[0]


def test_the_rate_that_is_reported_is_the_worse_of_the_judging_models_in_the_windows_stratum(table):
    rate, high = false_positive_rate(table, "dates", 12)
    models = [row(table, "dates", model, "10+") for model in ("negative_binomial", "self_exciting")]
    assert high == max(m["high"] for m in models)
    assert rate in [m["rate"] for m in models]
    assert false_positive_rate(table, "dates", 0) == (None, None)


@pytest.mark.parametrize(
    ("attacks", "level"), [(0, "0"), (1, "1-4"), (4, "1-4"), (5, "5-9"), (9, "5-9"), (10, "10+"), (99, "10+")]
)
def test_strata(attacks, level):
    assert STRATA[int(stratum(attacks))] == level


def test_the_same_seed_gives_the_same_table_and_the_cache_gives_it_back(tmp_path):
    counts = daily_counts()
    direct = calibrate(counts, draws=1)
    first = cached(counts, draws=1, folder=tmp_path)
    (path,) = tmp_path.glob("dates-*.csv")
    before = path.read_bytes()
    again = cached(counts, draws=1, folder=tmp_path)
    path.unlink()
    renewed = cached(counts, draws=1, folder=tmp_path)
    assert path.read_bytes() == before
    for table in (first, again, renewed):
        assert list(table.columns) == COLUMNS
        pd.testing.assert_frame_equal(table, direct, rtol=1e-5, check_dtype=False)


def test_what_is_kept_depends_on_everything_that_matters(tmp_path, monkeypatch):
    monkeypatch.setattr("sitrep.escalation.calibration.calibrate", lambda *_, **__: pd.DataFrame(columns=COLUMNS))
    counts = daily_counts()
    other = counts.copy()
    other.iloc[500] += 1
    missing = counts.copy()
    missing.iloc[500] = np.nan
    cases = [
        (counts, {}),
        (counts, {"seed": 2}),
        (counts, {"draws": 100}),
        (counts, {"design": Design(7, 14)}),
        (counts, {"design": Design(tolerance=0.5)}),
        (counts, {"families": [ANNIVERSARIES]}),
        (other, {}),
        (missing, {}),
        (counts.shift(1, freq="D"), {}),
    ]
    for series, options in [*cases, (counts.copy(), {})]:
        cached(series, folder=tmp_path, **options)
    assert len(list(tmp_path.glob("*.csv"))) == len(cases)


def test_a_series_without_attacks_gives_an_empty_table():
    assert calibrate(pd.Series(0.0, pd.date_range("2020-01-01", periods=100)), draws=2).empty
