"""How severe: each measure by itself, missing numbers never zero, and no test that cries wolf on clustered series."""

import numpy as np
import pandas as pd
import pytest

from sitrep.escalation.design import Design
from sitrep.escalation.nulls import JUDGING, MODELS, clustered_rate
from sitrep.escalation.rates import HEADLINE_LIMIT, LEAST_SERIES
from sitrep.escalation.severity import COLUMNS, MEASURES, daily, error_rates, severity
from sitrep.events import occurrences
from sitrep.study import Study


def days(n, start="2020-01-01"):
    return pd.date_range(start, periods=n, name="date")


def attacks(*rows):
    """Rows of (day of 2020, munitions, injured, deaths, weapon, site); a site of None is not named."""
    frame = pd.DataFrame(rows, columns=["day", "munitions_best", "injured_best", "deaths_best", "weapon", "place_id"])
    frame["date"] = pd.Timestamp("2020-01-01") + pd.to_timedelta(frame["day"], unit="D")
    frame["incident_id"] = [f"i{i}" for i in range(len(frame))]
    frame["latitude"] = np.where(frame["place_id"].isna(), np.nan, 33.0)
    number = dict.fromkeys(["munitions_best", "injured_best", "deaths_best"], "Float64")
    return frame.astype(number)


def counted(incidents, n, missing=()):
    counts = incidents["date"].value_counts().reindex(days(n), fill_value=0).astype(float)
    counts.iloc[list(missing)] = np.nan
    return counts


def occasion(*dates, timing="fixed", family=np.nan):
    frame = pd.DataFrame({"date_start": pd.to_datetime(list(dates))})
    frame["date_end"] = frame["date_start"]
    return frame.assign(
        event_id="day",
        name="The day",
        year=frame["date_start"].dt.year,
        kind="policy",
        timing=timing,
        selection="calendar",
        family=family,
    )


def many(seed=1, n=900, rise_at=None, munitions=lambda rng, size: 1 + rng.pareto(1.5, size).astype(int)):
    """Clustered attacks with heavy-tailed munitions."""
    rng = np.random.default_rng(seed)
    day = np.repeat(np.arange(n), rng.poisson(np.repeat(rng.gamma(0.8, 0.6, n // 10 + 1), 10)[:n]))
    fired = munitions(rng, len(day)).astype(float)
    if rise_at is not None:
        fired[(day >= rise_at) & (day < rise_at + 7)] += 400
    weapon = np.where(rng.random(len(day)) < 0.5, "drone", "rocket")
    site = rng.choice(["a", "b", "c"], len(day))
    return attacks(*zip(day, fired, fired * 0, fired * 0, weapon, site, strict=True))


NO_ERROR = pd.DataFrame(
    [
        (name, method, "self_exciting", 1.0, stratum, 100, 1000, 50, 0.05, 0.04, 0.06)
        for name in MEASURES
        for method in ("dates", "run_up", "shifts:day")
        for stratum in ("0", "1-4", "5-9", "10+")
    ],
    columns=["measure", "method", "model", "ratio", "stratum", "series", "tested", "rejected", "rate", "low", "high"],
)


# By day


def test_a_number_that_nobody_states_is_missing_and_a_day_without_attack_is_zero():
    incidents = attacks((1, None, 0, 0, "drone", "a"), (3, 4, None, 0, "rocket", "a"), (3, None, 2, 0, "unknown", None))
    frame = daily(incidents, counted(incidents, 6, missing=[5]))
    assert frame["attacks"].tolist()[:5] == [0, 1, 0, 2, 0]
    assert np.isnan(frame["munitions"].iloc[1]) and frame["munitions"].iloc[0] == 0
    assert frame["munitions"].iloc[3] == 4 and frame["stated_munitions"].iloc[3] == 1
    assert frame["injured"].iloc[3] == 2 and frame["injured"].iloc[1] == 0
    assert frame.iloc[5].isna().all()


def test_sites_are_counted_once_a_day_and_weapons_by_attack():
    incidents = attacks(
        (2, 1, 0, 0, "drone|rocket", "a"), (2, 1, 0, 0, "drone", "a"), (2, 1, 0, 0, "indirect_fire", "b")
    )
    row = daily(incidents, counted(incidents, 4)).iloc[2]
    assert row["sites"] == 2 and row["stated_sites"] == 3
    assert (row["drone"], row["rocket"], row["ballistic_missile"]) == (2, 1, 0)
    assert row["stated_drone"] == 2


def test_a_day_whose_only_attack_names_no_site_has_no_number_of_sites():
    incidents = attacks((2, 1, 0, 0, "drone", None))
    assert np.isnan(daily(incidents, counted(incidents, 4))["sites"].iloc[2])


def test_incidents_that_are_not_those_counted_are_an_error():
    incidents = attacks((2, 1, 0, 0, "drone", "a"))
    with pytest.raises(ValueError, match="on 2020-01-03 there are 1 incidents and a count of 0"):
        daily(incidents, counted(incidents, 4) * 0)


def test_the_totals_of_the_chronology_are_those_of_its_incidents(overview: Study):
    frame = daily(overview.selected, overview.series)
    known = overview.selected[overview.selected["date"].isin(overview.series.index[overview.series.notna()])]
    assert frame["attacks"].sum() == len(known)
    assert frame["munitions"].sum() == known["munitions_best"].sum()
    assert frame["injured"].sum() == known["injured_best"].sum()
    assert frame["drone"].sum() == known["weapon"].str.contains("drone").sum()


# Tests


def test_a_burst_of_munitions_without_more_attacks_is_seen_in_munitions_alone():
    incidents = many(rise_at=450)
    when = occasion(days(900)[450])
    table = severity(incidents, counted(incidents, 900), when, rates=NO_ERROR).set_index("measure")
    assert table.loc["munitions", "p_placebo"] < 0.02 and table.loc["munitions", "estimate"] > 5
    assert table.loc["sites", "p_placebo"] > 0.05
    assert table.loc["deaths", "status"] == "uninformative"


def test_a_shift_from_rockets_to_drones_is_a_difference_of_shares():
    incidents = many()
    at = (incidents["day"] >= 300) & (incidents["day"] < 314)
    incidents.loc[at, "weapon"] = "drone"
    incidents.loc[(incidents["day"] >= 272) & (incidents["day"] < 300), "weapon"] = "rocket"
    table = severity(incidents, counted(incidents, 900), occasion(days(900)[300]), Design(window=14), rates=NO_ERROR)
    table = table.set_index("measure")
    assert table.loc["drone", "estimate"] == 1.0 and table.loc["rocket", "estimate"] == -1.0
    assert table.loc["drone", "p_placebo"] < 0.05
    assert "+100 percentage points" in table.loc["drone", "sentence"]


def test_a_weapon_that_no_attack_used_is_uninformative():
    incidents = many()
    table = severity(incidents, counted(incidents, 900), occasion(days(900)[450]), rates=NO_ERROR).set_index("measure")
    assert table.loc["ballistic_missile", "status"] == "uninformative"
    assert table.loc["ballistic_missile", "reason"] == "No attack or every attack used it."


def test_where_half_of_the_attacks_do_not_state_a_number_nothing_is_tested():
    incidents = many()
    busy = int(counted(incidents, 900).to_numpy()[40:-7].argmax()) + 40
    incidents.loc[(incidents["day"] == busy), "munitions_best"] = pd.NA
    incidents = incidents[(incidents["day"] <= busy) | (incidents["day"] >= busy + 7)]
    row = severity(incidents, counted(incidents, 900), occasion(days(900)[busy]), rates=NO_ERROR).iloc[0]
    assert row["status"] == "refused" and np.isnan(row["after"])
    assert "half or fewer state it" in row["reason"]


def test_what_would_have_stood_out_is_the_smallest_total_that_does():
    incidents = many()
    counts, when = counted(incidents, 900), occasion(days(900)[200])
    row = severity(incidents, counts, when, measures=["munitions"], rates=NO_ERROR).iloc[0]
    first = incidents.index[(incidents["day"] >= 200) & (incidents["day"] < 207)][0]
    for total, below in ((row["needed"], True), (row["needed"] - 1, False)):
        raised = incidents.copy()
        raised.loc[first, "munitions_best"] += total - row["after"]
        # The reference changes with neighbouring dates, so the p-value is near 0.05 on either side, not exactly there.
        p = severity(raised, counts, when, measures=["munitions"], rates=NO_ERROR).iloc[0]["p_placebo"]
        assert p == pytest.approx(0.05, abs=0.03), below


def test_a_family_is_ranked_among_joint_shifts_and_a_reactive_date_among_like_run_ups():
    incidents = many(n=1500)
    counts = counted(incidents, 1500)
    family = occasion("2021-05-01", "2022-05-01", "2023-05-01", family="day")
    assert set(severity(incidents, counts, family, rates=NO_ERROR)["judged_on"]) <= {"shifts", ""}
    reactive = severity(incidents, counts, occasion("2021-05-01", timing="reactive"), rates=NO_ERROR)
    assert set(reactive["judged_on"]) <= {"run_up", ""} and (reactive["judged_on"] == "run_up").any()


def test_an_event_that_the_attacks_define_is_drawn():
    incidents = many()
    table = severity(incidents, counted(incidents, 900), occasion(days(900)[450], timing="defined"), rates=NO_ERROR)
    assert set(table["status"]) <= {"drawn", "uninformative"} and table["p_judged"].isna().all()


@pytest.mark.parametrize("change", [{"high": 0.2}, {"series": LEAST_SERIES - 1}])
def test_a_test_that_rejects_too_often_or_is_not_calibrated_judges_nothing(change):
    incidents = many()
    when = occasion(days(900)[450])
    table = severity(incidents, counted(incidents, 900), when, rates=NO_ERROR.assign(**change))
    assert table["p_judged"].isna().all() and set(table["status"]) <= {"drawn", "uninformative"}


def test_no_event_no_attack_and_an_unknown_measure():
    incidents = many()
    counts = counted(incidents, 900)
    assert severity(incidents, counts, occasion().iloc[:0]).columns.tolist() == COLUMNS
    nothing = severity(incidents.iloc[:0], counts * 0, occasion(days(900)[450]), draws=2)
    assert set(nothing["status"]) == {"uninformative"}
    with pytest.raises(ValueError, match="found 'fear'; allowed: munitions"):
        severity(incidents, counts, occasion(days(900)[450]), measures=["fear"])
    with pytest.raises(ValueError, match="outside the series"):
        severity(incidents, counts, occasion("2031-01-01"), rates=NO_ERROR)


# Error rate


@pytest.fixture(scope="module")
def chosen(overview: Study) -> pd.DataFrame:
    dates = occurrences(overview.tables.events, overview.series.index[0], overview.series.index[-1])
    return dates[dates["event_id"].isin(["20200103-soleimani", "20220429-quds-day", "20201103-us-election"])]


@pytest.fixture(scope="module")
def rates(overview: Study, chosen) -> pd.DataFrame:
    measures = ["munitions", "injured", "sites", "drone"]
    return error_rates(overview.selected, overview.series, chosen, measures=measures, draws=LEAST_SERIES + 4)


def test_on_clustered_series_with_heavy_tails_what_is_judged_rejects_near_its_level(rates):
    """Over all dates, and in the strata where it is relied on; the others are refused (next test)."""
    everything = rates[rates["stratum"] == "all"]
    assert set(everything["model"]) == set(MODELS)
    everything = everything[everything["model"].isin(JUDGING)]
    assert (everything.loc[everything["tested"] > 0, "high"] <= HEADLINE_LIMIT).all()
    assert everything.set_index(["measure", "method", "model"]).loc[("munitions", "dates", "self_exciting"), "rate"] > 0


def test_rates_measured_once_are_read_again(tmp_path, monkeypatch):
    incidents = many(n=400)
    when, counts = occasion("2020-05-01", "2021-01-01", family="day"), counted(incidents, 400)
    options = {"measures": ["munitions"], "draws": 2, "cache": tmp_path}
    first = error_rates(incidents, counts, when, **options)
    assert len(first) > 0
    monkeypatch.setattr("sitrep.escalation.severity.null_series", None)
    pd.testing.assert_frame_equal(error_rates(incidents, counts, when, **options), first)
    changed = incidents.assign(munitions_best=incidents["munitions_best"] + 1)
    with pytest.raises(TypeError):
        error_rates(changed, counts, when, **options)


def test_what_is_judged_on_the_chronology_has_a_measured_error_rate_below_the_limit(overview, chosen, rates):
    table = severity(
        overview.selected, overview.series, chosen, rates=rates, measures=["munitions", "injured", "sites", "drone"]
    )
    judged = table[table["p_judged"].notna()]
    assert len(judged) > 0 and (judged["false_positive_high"] <= HEADLINE_LIMIT).all()
    assert set(judged["status"]) == {"tested"}
    assert not table["sentence"].str.contains(r"\bnan\b").any()
    assert not table["sentence"].str.contains("no effect").any()


def test_limits_over_series_are_wider_where_tests_within_one_go_together():
    together = clustered_rate(np.array([10.0, 0, 0, 0]), np.full(4, 10.0))
    apart = clustered_rate(np.array([3.0, 2, 3, 2]), np.full(4, 10.0))
    assert together[0] == apart[0] == 0.25
    assert together[2] - together[1] > 5 * (apart[2] - apart[1])
    assert np.isnan(clustered_rate(np.zeros(3), np.zeros(3))).all()


def test_no_rejection_in_few_series_does_not_prove_a_low_rate():
    """R 4.2.2: binom.test(0, 20, alternative = "less")$conf.int gives 0 to 0.1391083."""
    assert clustered_rate(np.zeros(20), np.full(20, 500.0)) == pytest.approx((0, 0, 0.1391083), abs=1e-7)
