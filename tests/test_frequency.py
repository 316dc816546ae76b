"""Counts that keep zero and missing apart, and intervals that allow for clustering."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitrep import frequency
from sitrep.study import Study

COVERAGE = pd.DataFrame(
    [("2024-01-01", "2024-01-10", "full"), ("2024-01-11", "2024-01-20", "quiet"), ("2024-01-21", "2024-01-25", "thin")],
    columns=["date_start", "date_end", "level"],
).astype({"date_start": "datetime64[s]", "date_end": "datetime64[s]"})


def attacks(*days: str, **columns: object) -> pd.DataFrame:
    frame = pd.DataFrame({"incident_id": [f"i{k}" for k in range(len(days))], "date": pd.to_datetime(list(days))})
    return frame.assign(**columns)


def daily(values: list[float], start: str = "2024-01-01") -> pd.Series:
    return pd.Series(values, index=pd.date_range(start, periods=len(values), name="date"), name="count", dtype=float)


# Zero is known, missing is not


def test_a_searched_day_without_an_attack_is_zero_a_quiet_one_too_a_thin_one_missing() -> None:
    counts = frequency.daily_counts(attacks("2024-01-02", "2024-01-02"), COVERAGE, "2024-01-01", "2024-01-25")
    assert counts["2024-01-02"] == 2
    assert counts["2024-01-03"] == 0
    assert (counts["2024-01-11":"2024-01-20"] == 0).all()
    assert counts["2024-01-21":"2024-01-25"].isna().all()


def test_a_thin_day_is_missing_even_when_an_attack_is_known_on_it() -> None:
    found = attacks("2024-01-22")
    assert frequency.daily_counts(found, COVERAGE, "2024-01-01", "2024-01-25").sum() == 0
    assert frequency.daily_counts(found, COVERAGE, "2024-01-01", "2024-01-25", thin="zero")["2024-01-22"] == 1


def test_a_day_of_which_the_coverage_table_says_nothing_is_thin() -> None:
    assert frequency.levels(COVERAGE, "2023-12-31", "2024-01-26").iloc[[0, -1]].to_list() == ["thin", "thin"]


def test_the_real_series_is_contiguous_and_loses_no_attack_on_a_known_day(overview: Study) -> None:
    series = overview.series
    assert series.index.equals(pd.date_range(series.index[0], series.index[-1], name="date"))
    known = overview.selected["date"].map(overview.level) != "thin"
    assert series.sum() == known.sum()
    assert series.isna().sum() == (overview.level == "thin").sum()


# Periods


def test_weeks_begin_on_monday_and_belong_to_the_day_they_begin_on() -> None:
    weeks = frequency.by_period(daily([1.0] * 14, "2024-01-03"), "W-SUN")  # from a Wednesday
    assert list(weeks.index.day_name()) == ["Monday"] * 3
    assert list(weeks["count"]) == [5, 7, 2]
    assert list(weeks.index.strftime("%Y-%m-%d")) == ["2024-01-01", "2024-01-08", "2024-01-15"]


def test_a_period_is_missing_when_all_its_days_are_and_counted_when_one_is_known() -> None:
    weeks = frequency.by_period(daily([np.nan] * 7 + [np.nan] * 6 + [2.0]), "W-SUN")
    assert weeks["count"].isna().to_list() == [True, False]
    assert weeks["days"].to_list() == [0, 1]


def test_a_rate_needs_half_of_the_whole_period_known() -> None:
    """Days beyond the ends of the series are as unknown as missing ones: the last day of January is no January."""
    months = frequency.by_period(daily([3.0] + [1.0] * 29, "2024-01-31"), "M")
    assert months["calendar_days"].to_list() == [31, 29]
    assert np.isnan(months["rate"].iloc[0])
    assert months["rate"].iloc[1] == 30


def test_periods_add_up_to_the_series(overview: Study) -> None:
    for freq in ("D", "W-SUN", "M", "Y"):
        table = frequency.by_period(overview.series, freq)  # type: ignore[arg-type]
        assert table["count"].sum() == overview.series.sum()
        assert table["days"].sum() == overview.series.notna().sum()


# Rates


@pytest.mark.parametrize(
    ("total", "days", "level", "low", "high"),
    [
        (458, 1972, 0.95, 6.34396513534, 7.63584902171),
        (12, 315, 0.95, 0.590530962735, 1.996341433160),
        (12, 315, 0.90, 0.659448810818, 1.851673269516),
        (1, 14, 0.95, 0.0542524456806, 11.9392358377262),
        (0, 365, 0.95, 0.0, 0.303195571571),
    ],
)
def test_the_exact_interval_is_that_of_r(total: int, days: int, level: float, low: float, high: float) -> None:
    """R 4.2.2: ``print(poisson.test(458, 1972, conf.level = 0.95)$conf.int * 30, digits = 12)`` and so on."""
    counts = daily([float(total)] + [0.0] * (days - 1), "2019-10-01")
    rate = frequency.poisson_rate(counts, level)
    assert (rate.low, rate.high) == pytest.approx((low, high), rel=1e-10)
    assert rate.rate == pytest.approx(total / days * 30)


def test_missing_days_do_not_enter_a_rate() -> None:
    with_gap, without = daily([1, np.nan, np.nan, 0, 1]), daily([1, 0, 1])
    assert frequency.poisson_rate(with_gap) == frequency.poisson_rate(without)
    assert frequency.bootstrap_rate(with_gap) == frequency.bootstrap_rate(without)


def test_no_known_day_gives_no_rate_but_an_error() -> None:
    with pytest.raises(ValueError, match="no known day"):
        frequency.bootstrap_rate(daily([np.nan, np.nan]))


@given(st.lists(st.integers(0, 6), min_size=1, max_size=120))
def test_the_bootstrap_interval_holds_the_rate_and_is_never_narrower_than_the_exact_one(values: list[int]) -> None:
    counts = daily([float(value) for value in values])
    exact, found = frequency.poisson_rate(counts), frequency.bootstrap_rate(counts, draws=99)
    assert found.low <= found.rate <= found.high
    assert found.low <= exact.low + 1e-9
    assert found.high >= exact.high - 1e-9


def test_the_same_seed_gives_the_same_interval_and_another_nearly_so(overview: Study) -> None:
    first, again = (frequency.rate(overview.counts, "bootstrap", seed=1) for _ in range(2))
    other = frequency.rate(overview.counts, "bootstrap", seed=2)
    assert first == again
    assert other.high == pytest.approx(first.high, rel=0.05)


def test_clustering_widens_the_interval_of_the_real_series(overview: Study) -> None:
    exact = frequency.rate(overview.counts, "poisson")
    blocks = frequency.rate(overview.counts, "bootstrap")
    assert blocks.rate == exact.rate
    assert blocks.high - blocks.low > 3 * (exact.high - exact.low)


def campaigns(days: int, length: float, apart: float, rng: np.random.Generator) -> np.ndarray:
    """Daily counts of campaigns: begun at random *apart* days on average, of geometric *length*, one attack a day."""
    burn = int(length * 12)
    intensity = np.zeros(days + burn)
    for start in np.flatnonzero(rng.random(days + burn) < 1 / apart):
        intensity[start : start + rng.geometric(1 / length)] += 1
    return rng.poisson(intensity[burn:]).astype(float)


def coverage_of(method: object, days: int, length: float, apart: float, series: int, seed: int) -> float:
    """Share of simulated series whose interval holds the true rate."""
    rng = np.random.default_rng(seed)
    held = 0
    for _ in range(series):
        found = method(daily(campaigns(days, length, apart, rng).tolist()))  # type: ignore[operator]
        held += found.low <= 30 * length / apart <= found.high
    return held / series


def test_a_years_interval_holds_the_true_rate_where_campaigns_fit_into_blocks() -> None:
    """Campaigns of five days, one a month, over a year: measured 95% for the blocks and 56% for the exact interval."""
    blocks = coverage_of(lambda c: frequency.bootstrap_rate(c, 199), 365, 5, 30, 300, seed=11)
    exact = coverage_of(frequency.poisson_rate, 365, 5, 30, 300, seed=11)
    assert blocks >= 0.9
    assert exact < 0.6


@pytest.mark.long
@pytest.mark.parametrize(
    ("days", "length", "apart", "least"),
    [
        (79, 5, 30, 0.89),
        (365, 5, 30, 0.9),
        (2000, 5, 30, 0.9),
        (365, 14, 90, 0.82),
        (2000, 14, 90, 0.85),
        (365, 30, 200, 0.65),
    ],
)
def test_coverage_of_the_bootstrap_interval(days: int, length: float, apart: float, least: float) -> None:
    """A calibration by 1,000 series each; what a nominal 95% interval was measured to hold, exact Poisson in brackets.

    Campaigns of 5 days, one a month: 92% in 79 days (45%), 94% in a year (49%), 93% in 2,000 days (46%).
    Campaigns of 14 days, one in three months: 85% in a year (29%), 89% in 2,000 days (29%).
    Campaigns of 30 days, which are longer than the blocks, in a year that holds two of them: 70% (21%).
    """
    assert coverage_of(lambda c: frequency.bootstrap_rate(c, 499), days, length, apart, 1000, seed=12) >= least


def test_a_short_series_is_cut_into_four_blocks_and_says_so() -> None:
    found = frequency.bootstrap_rate(daily([1.0, 0, 0, 2, 0, 0, 1] * 6))  # 42 days
    assert found.method == "block bootstrap (10 days)"
    assert found.high > found.low


def test_a_year_with_too_few_known_days_has_a_count_and_no_rate() -> None:
    table = frequency.by_year(daily([np.nan] * 300 + [1.0] * 13 + [np.nan] * 53 + [1.0] * 14)).set_index("year")
    assert table.loc[2024, "count"] == 13
    assert np.isnan(table.loc[2024, "rate"])
    assert table.loc[2025, "rate"] == 30


def test_years_add_up(overview: Study) -> None:
    table = frequency.by_year(overview.counts, "poisson")
    assert table["count"].sum() == overview.counts.sum()
    assert table["calendar_days"].sum() == len(overview.counts)


# Shares


def test_an_attack_with_two_weapons_counts_for_both() -> None:
    found = frequency.by_category(attacks("2024-01-01", "2024-01-02", weapon=["drone|rocket", "rocket"]), "weapon")
    assert found.to_dict() == {"rocket": 2, "drone": 1}


def test_weapon_shares_rest_on_attacks_whose_weapon_is_stated() -> None:
    days = ["2024-01-01", "2024-02-01", "2024-03-01", "2024-04-01", "2024-05-01"]
    mix = frequency.weapon_mix(attacks(*days, weapon=["drone|rocket", "rocket", "unknown", "unknown", "drone"]))
    first, second = mix.iloc[0], mix.iloc[1]
    assert (first["rocket"], first["drone"], first["n"], first["not_stated"]) == (1.0, 0.5, 2, 1)
    assert (second["drone"], second["n"], second["not_stated"]) == (1.0, 1, 1)


def test_the_real_weapon_mix_loses_no_attack(overview: Study) -> None:
    mix = frequency.weapon_mix(overview.shown)
    assert mix["n"].sum() + mix["not_stated"].sum() == len(overview.shown)
    assert (mix.drop(columns=["n", "not_stated"]).fillna(0).sum(axis=1)[mix["n"] > 0] >= 0.999).all()


# Sites


def test_exposure_ends_with_the_day_us_forces_left(overview: Study) -> None:
    """Camp Taji was handed over on 23 August 2020; what fell on it later counts in the raw column only."""
    table = frequency.by_site(overview.shown, overview.tables.places, overview.level).set_index("place_id")
    taji = table.loc["camp-taji"]
    known = overview.level[: taji["us_until"]] != "thin"
    inside = overview.shown[overview.shown["place_id"] == "camp-taji"]
    assert taji["us_until"] == pd.Timestamp("2020-08-23")
    assert taji["held_days"] == known.sum()
    assert taji["incidents"] == len(inside) > taji["held_incidents"]
    assert taji["per_held_year"] == pytest.approx(taji["held_incidents"] / taji["held_days"] * 365.25)


def test_a_site_never_left_is_exposed_on_every_known_day(overview: Study) -> None:
    table = frequency.by_site(overview.shown, overview.tables.places, overview.level).set_index("place_id")
    assert table.loc["us-embassy-baghdad", "held_days"] == (overview.level != "thin").sum()


def test_a_site_left_before_the_period_has_no_rate(overview: Study) -> None:
    later = overview.level["2024-01-01":]
    fallen = overview.shown[overview.shown["date"] < "2020-06-01"].assign(date=pd.Timestamp("2024-02-01"))
    table = frequency.by_site(fallen, overview.tables.places, later).set_index("place_id")
    assert table.loc["camp-taji", "held_days"] == 0
    assert np.isnan(table.loc["camp-taji", "per_held_year"])


def test_a_place_that_is_no_one_site_has_a_count_and_no_rate(overview: Study) -> None:
    table = frequency.by_site(overview.shown, overview.tables.places, overview.level).set_index("place_id")
    assert table.loc["iraq-unspecified", "incidents"] > 0
    assert table.loc["iraq-unspecified", ["held_days", "held_incidents", "per_held_year"]].isna().all()


def test_sites_add_up(overview: Study) -> None:
    table = frequency.by_site(overview.shown, overview.tables.places, overview.level)
    assert table["incidents"].sum() == len(overview.shown)
    assert table["incidents"].is_monotonic_decreasing


# Waiting times


def test_gaps_run_from_one_attack_day_to_the_next_and_never_across_a_missing_day() -> None:
    gaps = frequency.waiting_times(daily([1, 0, 2, 0, np.nan, 0, 1, 1]))
    assert gaps["days"].to_list() == [2, 1]
    assert gaps["run"].nunique() == 2


def test_two_attacks_on_one_day_are_one_attack_day() -> None:
    assert frequency.waiting_times(daily([3, 0, 0, 1]))["days"].to_list() == [3]


def test_fewer_than_two_attack_days_give_no_gap() -> None:
    assert frequency.waiting_times(daily([0, 1, 0])).empty
    assert frequency.waiting_times(daily([0, np.nan])).empty


def test_real_gaps_stay_inside_stretches_of_known_days(overview: Study) -> None:
    for start, days in frequency.waiting_times(overview.counts)[["start", "days"]].itertuples(index=False):
        assert overview.counts[start : start + pd.Timedelta(days=days)].notna().all()


def test_independent_days_would_give_geometric_gaps() -> None:
    expected = frequency.memoryless(daily([1, 0, 0, 0]), 3)
    assert expected.to_list() == pytest.approx([1, 0.75, 0.75**2, 0.75**3])


# Beside an authority's tallies


def tallied(*rows: tuple[str, str, str, int, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["since", "as_of", "scope", "count", "source_id"]).assign(
        authority="the Pentagon"
    )
    return frame.astype({"since": "datetime64[s]", "as_of": "datetime64[s]", "count": "Int64"})


def test_our_count_is_over_the_same_days_and_countries_and_may_exceed_theirs() -> None:
    ours = attacks("2024-01-01", "2024-01-02", "2024-01-03", "2024-01-09", country=["Iraq", "Iraq", "Syria", "Iraq"])
    theirs = tallied(("2024-01-01", "2024-01-03", "all", 2, "a"), ("2024-01-02", "2024-01-03", "iraq", 4, "a"))
    table = frequency.beside_tallies(ours, theirs, "the Pentagon").set_index("scope")
    assert table.loc["all", ["ours", "ratio"]].to_list() == [3, 1.5]
    assert table.loc["iraq", ["ours", "ratio"]].to_list() == [1, 0.25]


def test_a_statement_that_two_sources_carry_is_one_tally() -> None:
    row = ("2024-01-01", "2024-01-03", "all", 2)
    table = frequency.beside_tallies(
        attacks("2024-01-01", country="Iraq"), tallied((*row, "a"), (*row, "b")), "the Pentagon"
    )
    assert table["sources"].to_list() == [2]


def test_an_authority_without_a_tally_gives_no_row(overview: Study) -> None:
    assert frequency.beside_tallies(overview.selected, overview.tables.tallies, "nobody").empty


def test_our_count_beside_the_pentagons_exceeds_one_over_the_campaign(overview: Study) -> None:
    table = frequency.beside_tallies(overview.selected, overview.tables.tallies, overview.parameters.authority)
    largest = table.loc[table["count"].idxmax()]
    between = overview.selected["date"].between(largest["since"], largest["as_of"])
    assert largest["ours"] == between.sum()
    assert largest["ratio"] > 1
