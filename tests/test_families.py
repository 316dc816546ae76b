"""A family's other specifications: equal to R, ranked among the same shifts, right about their error rate."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attack_counts import daily_counts
from sitrep.escalation.families import (
    SPECIFICATIONS,
    error_rates,
    leave_one_out,
    mantel_haenszel,
    random_effects,
    specifications,
)
from sitrep.escalation.nulls import JUDGING, null_series, rate_with_limits
from sitrep.escalation.placebo import placebo_recurring

ANNIVERSARIES = [f"{year}-01-03" for year in range(2021, 2027)]
AFTER, BEFORE = np.array([9.0, 4, 0, 7, 12, 3]), np.array([14.0, 22, 5, 0, 31, 18])
DAYS_AFTER, DAYS_BEFORE = np.array([7.0, 7, 6, 7, 7, 5]), np.array([28.0, 28, 28, 20, 28, 28])


def series(values, start="2015-01-01"):
    return pd.Series(np.asarray(values, float), pd.date_range(start, periods=len(values), name="date"))


def lively(seed=1, years=8):
    rng = np.random.default_rng(seed)
    return series(rng.poisson(np.repeat(rng.gamma(0.7, 1.0, years * 53), 7)))


def six_years():
    """The years above as daily counts around 1 July 2015 to 2020; every day but those counted in is missing or empty."""
    counts = series(np.zeros(6 * 365 + 2))
    dates = [f"{year}-07-01" for year in range(2015, 2021)]
    for day, a, b, da, db in zip(
        map(pd.Timestamp, dates), AFTER, BEFORE, DAYS_AFTER.astype(int), DAYS_BEFORE.astype(int), strict=True
    ):
        counts[day], counts[day - pd.Timedelta(days=1)] = a, b
        counts[day + pd.Timedelta(days=da) : day + pd.Timedelta(days=6)] = np.nan
        counts[day - pd.Timedelta(days=28) : day - pd.Timedelta(days=db + 1)] = np.nan
    return counts, dates


# Numbers computed elsewhere


def test_mantel_haenszel_is_that_of_r():
    """R 4.2.2, base, and metafor 3.8-1 to the same twelve digits:

    a <- c(9,4,0,7,12,3); b <- c(14,22,5,0,31,18); t1 <- c(7,7,6,7,7,5); t0 <- c(28,28,28,20,28,28); t <- t1+t0
    num <- sum(a*t0/t); den <- sum(b*t1/t); se <- sqrt(sum((a+b)*t1*t0/t^2)/(num*den))
    num/den * exp(c(0,-1,1)*qnorm(.975)*se)
    rma.mh(x1i=a, x2i=b, t1i=t1, t2i=t0, measure="IRR", correct=FALSE)
    """
    found = mantel_haenszel(AFTER, BEFORE, DAYS_AFTER, DAYS_BEFORE)
    assert found == pytest.approx((1.63029100529, 1.09455170378, 2.42825327735), rel=1e-11)


def test_random_effects_are_those_of_metafor():
    """metafor 3.8-1: r <- rma(measure="IRR", x1i=a, x2i=b, t1i=t1, t2i=t0, method="DL");
    exp(c(r$beta, r$ci.lb, r$ci.ub)); r$tau2. The second set has less spread than chance: tau2 is 0."""
    found = random_effects(AFTER, BEFORE, DAYS_AFTER, DAYS_BEFORE)
    assert found == pytest.approx((1.530668710152, 0.766909362072, 3.055050330730, 0.326081718592), rel=1e-11)
    even = random_effects(
        np.array([5.0, 6, 4, 7, 5]), np.array([20.0, 24, 16, 27, 21]), np.full(5, 7.0), np.full(5, 28.0)
    )
    assert even == pytest.approx((1.000237285500, 0.656057820975, 1.524979346818, 0.0), rel=1e-11)


def test_the_specifications_of_a_series_are_those_of_its_yearly_counts():
    """mean log-ratio in R: y <- log((a+t1/t)/(b+1-t1/t)) + log(t0/t1); exp(c(mean(y), t.test(y)$conf.int)).

    The summed ratio: poisson.test(c(35, 90), c(39, 160)), estimate 1.595442.
    """
    counts, dates = six_years()
    table = specifications(counts, dates).set_index("specification")
    assert list(table.index) == list(SPECIFICATIONS)
    figures = table[["estimate", "low", "high"]]
    assert figures.loc["mantel_haenszel"].tolist() == pytest.approx([1.63029100529, 1.09455170378, 2.42825327735])
    assert figures.loc["mean_log_ratio"].tolist() == pytest.approx([1.47799347134, 0.23822813394, 9.16963359946])
    assert figures.loc["random_effects"].tolist() == pytest.approx([1.530668710152, 0.766909362072, 3.055050330730])
    assert figures.loc["summed", "estimate"] == pytest.approx(35 / 90 * 160 / 39)
    assert table["years"].tolist() == [6, 6, 6, 6]


# The same shifts as the headline


def test_the_summed_specification_is_the_headline():
    headline = placebo_recurring(daily_counts(), ANNIVERSARIES)
    row = specifications(daily_counts(), ANNIVERSARIES).iloc[0]
    assert row[["estimate", "low", "high", "p_placebo"]].tolist() == pytest.approx(
        [headline.estimate, headline.low, headline.high, headline.p_placebo]
    )
    assert row["shifts"] == headline.placebo_dates


@given(st.integers(0, 2**16))
def test_with_every_day_known_mantel_haenszel_is_the_summed_ratio_and_has_its_p(seed):
    table = specifications(lively(seed), [f"{year}-06-0{year - 2014}" for year in range(2015, 2022)], reach=60)
    first, second = table.iloc[0], table.iloc[1]
    assert first["status"] == second["status"] == "tested"
    assert second["estimate"] == pytest.approx(first["estimate"])
    assert second["p_placebo"] == pytest.approx(first["p_placebo"])


@given(st.integers(0, 2**16))
def test_a_shift_of_all_dates_shifts_nothing_else(seed):
    counts = lively(seed, 6)
    dates = pd.DatetimeIndex([f"{year}-04-10" for year in range(2015, 2020)])
    later = counts.set_axis(counts.index + pd.Timedelta(days=40))
    moved = specifications(later, list(dates + pd.Timedelta(days=40)), reach=50)
    pd.testing.assert_frame_equal(moved, specifications(counts, list(dates), reach=50))


def test_a_date_on_which_the_rate_rises_every_year_is_found_by_every_specification():
    counts = lively(3)
    dates = [f"{year}-05-01" for year in range(2015, 2023)]
    for day in map(pd.Timestamp, dates):
        counts[day : day + pd.Timedelta(days=6)] += 6
    table = specifications(counts, dates)
    assert (table["p_placebo"] < 0.02).all() and (table["low"] > 1).all()


# Leave one year out


def test_leaving_a_year_out_is_the_headline_of_the_other_years():
    table = leave_one_out(daily_counts(), ANNIVERSARIES)
    without = placebo_recurring(daily_counts(), [day for day in ANNIVERSARIES if day != "2024-01-03"])
    row = table[table["date"] == "2024-01-03"].iloc[0]
    assert [row["estimate"], row["p_placebo"]] == pytest.approx([without.estimate, without.p_placebo])


def test_only_years_that_the_headline_uses_can_be_left_out():
    table = leave_one_out(daily_counts(), ANNIVERSARIES)
    assert [day.year for day in table["date"]] == [2021, 2022, 2024, 2026]
    assert (table["years"] == 3).all()


# Refusals


def test_random_effects_are_refused_with_fewer_than_five_informative_years():
    row = specifications(daily_counts(), ANNIVERSARIES).iloc[3]
    assert row["status"] == "refused" and np.isnan(row["estimate"]) and np.isnan(row["p_placebo"])
    assert row["reason"] == "Years with an attack: 3; 5 are needed."


def test_no_attack_is_uninformative_and_no_known_day_refused():
    dates = [f"{year}-05-01" for year in range(2015, 2020)]
    empty = specifications(series(np.zeros(2000)), dates)
    assert set(empty["status"]) == {"uninformative"}
    unknown = specifications(series(np.full(2000, np.nan)), dates)
    assert set(unknown["status"]) == {"refused"}
    assert unknown["reason"].str.startswith("Only 0 of 5 dates").all()
    assert empty["estimate"].isna().all() and unknown["estimate"].isna().all()


def test_one_date_alone_has_no_interval_over_years_and_no_other_to_leave_out():
    table = specifications(lively(), ["2017-05-01"]).set_index("specification")
    assert table["status"].to_dict() == {
        "summed": "tested",
        "mantel_haenszel": "tested",
        "mean_log_ratio": "tested",
        "random_effects": "refused",
    }
    assert np.isnan(table.loc["mean_log_ratio", "low"])
    assert leave_one_out(lively(), ["2017-05-01"])["reason"].tolist() == ["There is no other date."]


@pytest.mark.parametrize(
    ("dates", "message"),
    [([], "at least one date"), (["2017-05-01"] * 2, "given twice"), (["2031-05-01"], "outside the series")],
)
def test_dates_that_make_no_family_are_an_error(dates, message):
    with pytest.raises(ValueError, match=message):
        specifications(lively(), dates)


# Error rate


@pytest.fixture(scope="module")
def rates():
    counts = daily_counts(thin_as_missing=False)
    return error_rates(counts, [f"{year}-07-03" for year in range(2020, 2026)], draws=500)


def test_on_self_exciting_series_every_specification_rejects_near_its_level(rates):
    chosen = rates[rates["stratum"].eq("all") & rates["ratio"].eq(1)].set_index(["method", "model"])
    for name in ("summed", "mantel_haenszel", "mean_log_ratio"):
        for model in ("negative_binomial", "self_exciting"):
            assert chosen.loc[(name, model), "low"] <= 0.05
            assert chosen.loc[(name, model), "high"] <= 0.1


def test_random_effects_are_tested_where_five_years_have_an_attack(rates):
    chosen = rates[
        (rates["method"] == "random_effects")
        & (rates["stratum"] == "all")
        & (rates["ratio"] == 1)
        & rates["model"].isin(JUDGING)
    ]
    assert (chosen["tested"] > 100).all() and (chosen["tested"] == chosen["series"]).all()


def test_simulated_series_keep_the_missing_days_and_the_mean():
    counts = daily_counts()
    for _, one in null_series(counts, 3):
        assert one.index.equals(counts.index)
        assert (one.isna() == counts.isna()).all()
    many = [one.mean() for _, one in null_series(counts, 60, models=["negative_binomial"])]
    assert np.mean(many) == pytest.approx(counts.mean(), rel=0.05)
    assert not list(null_series(counts * 0, 3))


def test_limits_are_wilsons():
    """R 4.2.2: prop.test(7, 100, correct=FALSE)$conf.int"""
    assert rate_with_limits(7, 100) == pytest.approx((0.07, 0.03431926107, 0.13749514739), rel=1e-9)
    assert np.isnan(rate_with_limits(0, 0)).all()


def test_rates_measured_once_are_read_again(tmp_path, monkeypatch):
    counts, dates = daily_counts(), ANNIVERSARIES
    fresh = error_rates(counts, dates, draws=6)
    first = error_rates(counts, dates, draws=6, cache=tmp_path)
    pd.testing.assert_frame_equal(first, fresh, rtol=1e-5, check_dtype=False)
    monkeypatch.setattr("sitrep.escalation.rates.simulate", None)
    pd.testing.assert_frame_equal(error_rates(counts, dates, draws=6, cache=tmp_path), first)
    with pytest.raises(TypeError):
        error_rates(counts, dates, draws=7, cache=tmp_path)
