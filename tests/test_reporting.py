"""Tallies as increments, our count beside them, and whether findings survive another choice of sources."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitrep.escalation.rate_ratio import before_after
from sitrep.escalation.reporting import (
    ROBUSTNESS_COLUMNS,
    SUBSETS,
    coverage,
    intervals,
    publishers_around,
    robustness,
    subset_counts,
    subsets,
    tally_ratio,
)
from sitrep.events import occurrences
from sitrep.study import Study

RYDER = "Pentagon press secretary Ryder"
PENTAGON = [RYDER, "Deputy Pentagon press secretary Singh", "Pentagon"]
SOHR = "Syrian Observatory for Human Rights"


def tallies(*rows, authority="the Pentagon", since="2024-01-01"):
    """Rows of (as_of day of January 2024, count) or (day, count, source)."""
    frame = pd.DataFrame([(*row, f"s{i}")[:3] for i, row in enumerate(rows)], columns=["day", "count", "source_id"])
    frame["as_of"] = pd.Timestamp("2023-12-31") + pd.to_timedelta(frame["day"], unit="D")
    frame["tally_id"] = [f"t{i}" for i in range(len(frame))]
    return frame.assign(
        since=pd.Timestamp(since), scope="all", includes="Iraq|Syria", authority=authority, note=np.nan
    ).astype({"count": "Int64"})


# Increments


def test_cumulative_counts_become_increments_that_meet_without_gap():
    table = intervals(tallies((3, 5), (10, 5), (12, 9)), "the Pentagon").table
    assert table["count"].tolist() == [5, 0, 4]
    assert [f"{day:%d}" for day in table["date_start"]] == ["01", "04", "11"]
    assert table["days"].tolist() == [3, 7, 2]


def test_a_figure_that_falls_is_set_aside_and_listed_and_none_is_changed():
    found = intervals(tallies((3, 5), (6, 90), (9, 8), (12, 9)), "the Pentagon")
    assert found.table["tally"].tolist() == [5, 8, 9]
    assert found.set_aside[["tally_id", "reason"]].to_numpy().tolist() == [
        ["t1", "Exceeds 8, the later count of 2024-01-09."]
    ]
    low = intervals(tallies((3, 5), (4, 6), (6, 2), (9, 8)), "the Pentagon").set_aside
    assert low["reason"].tolist() == ["Falls below 5, the count of 2024-01-03."]


def test_of_two_figures_for_one_day_the_one_that_more_sources_carry_is_kept():
    found = intervals(tallies((3, 6, "a"), (3, 5, "b"), (3, 6, "c"), (9, 7)), "the Pentagon")
    assert found.table["tally"].tolist() == [6, 7] and found.table["sources"].tolist() == [2, 1]
    assert found.set_aside["reason"].tolist() == ["The same day is also given as 6."]
    tied = intervals(tallies((3, 6), (3, 5)), "the Pentagon")
    assert tied.table["tally"].tolist() == [5]


def test_counts_from_another_day_on_or_of_other_attacks_are_not_mixed():
    other = tallies((20, 3), since="2024-01-15")
    found = intervals(pd.concat([tallies((3, 5), (12, 9)), other]), "the Pentagon")
    assert found.table["count"].tolist() == [5, 4, 3]
    assert found.chain()["count"].tolist() == [5, 4]
    assert found.chain(since="2024-01-15")["count"].tolist() == [3]
    assert found.chain(since="2023-01-01").empty


@given(st.lists(st.tuples(st.integers(1, 60), st.integers(0, 100)), min_size=1, max_size=20))
def test_whatever_was_stated_the_increments_are_not_negative_and_add_up_to_the_last_tally(rows):
    found = intervals(tallies(*rows), "the Pentagon")
    assert (found.table["count"] >= 0).all()
    assert found.table["count"].sum() == found.table["tally"].iloc[-1]
    assert found.table["days"].sum() == (found.table["date_end"].iloc[-1] - pd.Timestamp("2024-01-01")).days + 1
    stated = tallies(*rows)
    kept = set(zip(found.table["date_end"], found.table["tally"], strict=True))
    listed = set(found.set_aside["tally_id"])
    for day, count, name in zip(stated["as_of"], stated["count"], stated["tally_id"], strict=True):
        assert ((day, count) in kept) != (name in listed)


@pytest.mark.parametrize(
    ("authority", "scope", "message"), [("nobody", "all", "found 'nobody'"), (RYDER, "moon", "allowed: all, iraq")]
)
def test_an_authority_or_a_scope_that_is_not_there_is_an_error(overview: Study, authority, scope, message):
    with pytest.raises(ValueError, match=message):
        intervals(overview.tables.tallies, authority, scope)


def test_the_pentagons_tallies_of_the_campaign(overview: Study):
    """Read from the table: 55 for 14 November by four sources, 56 by two."""
    found = intervals(overview.tables.tallies, PENTAGON)
    chain = found.chain()
    assert chain["tally"].iloc[[0, -1]].tolist() == [13, 140]
    assert f"{chain['since'].iloc[0]:%Y-%m-%d}" == "2023-10-17"
    aside = found.set_aside[found.set_aside["as_of"] == "2023-11-14"]
    assert aside["count"].tolist() == [56, 56]
    assert set(aside["reason"]) == {"The same day is also given as 55."}


# Our count beside


def test_our_count_by_interval_adds_up_to_our_count_of_the_whole(overview: Study):
    chain = intervals(overview.tables.tallies, SOHR, "syria").chain()
    table = coverage(chain, overview.selected, overview.series)
    ours = overview.selected[
        (overview.selected["country"] == "Syria")
        & overview.selected["date"].between(chain["date_start"].min(), chain["date_end"].max())
    ]
    assert table["ours"].sum() == len(ours)
    assert table.loc[table["count"] == 0, "ratio"].isna().all()
    assert table["thin"].sum() == overview.series["2023-10-19":"2024-10-28"].isna().sum()


# Rate ratio on tallies


def daily_tallies(counts, since="2024-01-01"):
    return tallies(*[(i + 1, int(n)) for i, n in enumerate(np.cumsum(counts))], since=since)


def test_daily_tallies_give_the_ratio_of_daily_counts():
    counts = np.random.default_rng(1).poisson(1.0, 60)
    chain = intervals(daily_tallies(counts), "the Pentagon").chain()
    series = pd.Series(counts.astype(float), pd.date_range("2024-01-01", periods=60, name="date"))
    ours, theirs = before_after(series, "2024-02-05"), tally_ratio(chain, ["2024-02-05"])
    assert (theirs.after, theirs.before, theirs.estimate, theirs.low) == (
        ours.after,
        ours.before,
        ours.estimate,
        ours.low,
    )
    assert theirs.status == "drawn" and theirs.p is None
    assert "Drawn, not tested" in theirs.reason


def test_even_a_long_chain_gives_no_p_for_its_error_rate_is_not_measured():
    counts = np.random.default_rng(2).poisson(0.7, 500)
    counts[300:307] += 9
    chain = intervals(daily_tallies(counts), "the Pentagon").chain()
    found = tally_ratio(chain, [pd.Timestamp("2024-01-01") + pd.Timedelta(days=300)])
    assert found.status == "drawn" and found.estimate > 5
    assert found.p is None and found.p_placebo is None and found.p_judged is None


def test_an_interval_longer_than_the_window_is_refused():
    chain = intervals(tallies(*[(i, i) for i in range(1, 36)], (45, 50)), "the Pentagon").chain()
    found = tally_ratio(chain, ["2024-02-05"])
    assert found.status == "refused" and found.estimate is None
    assert "covers the 10 days 2024-02-05 to 2024-02-14, more than the window of 7" in found.reason


def test_an_interval_across_the_date_belongs_to_neither_side():
    rows = [(i, i) for i in range(1, 34)] + [(37, 60)] + [(i, i + 30) for i in range(38, 45)]
    found = tally_ratio(intervals(tallies(*rows), "the Pentagon").chain(), ["2024-02-05"])
    assert (found.days_after, found.days_before) == (5, 26)
    assert found.after == 12


def test_days_that_no_tally_speaks_of_are_refused_and_chains_are_not_mixed():
    found = intervals(pd.concat([tallies((3, 5)), tallies((20, 3), since="2024-01-15")]), "the Pentagon")
    assert tally_ratio(found.chain(), ["2025-02-05"]).reason == "No tally speaks of the days around 2025-02-05."
    assert tally_ratio(found.chain().iloc[:0], ["2025-02-05"]).status == "refused"
    with pytest.raises(ValueError, match="several chains"):
        tally_ratio(found.table, ["2024-01-20"])


# Robustness


def test_subsets_leave_out_what_they_say_and_keep_the_missing_days(overview: Study):
    parts = subsets(overview.selected)
    assert (parts["two_publishers"]["publishers"] >= 2).all()
    assert "claimed_only" not in set(parts["without_claimed_only"]["status"])
    for part in parts.values():
        counts = subset_counts(part, overview.series)
        assert (counts.isna() == overview.series.isna()).all()
        known = part["date"].isin(overview.series.index[overview.series.notna()])
        assert counts.sum() == known.sum()
    assert subset_counts(parts["all"], overview.series).equals(overview.series.rename("count"))


@pytest.fixture(scope="module")
def dates(overview: Study) -> pd.DataFrame:
    return occurrences(overview.tables.events, overview.series.index[0], overview.series.index[-1])


def test_the_headline_tests_are_repeated_on_every_subset(overview: Study, dates):
    table = robustness(
        overview.selected,
        overview.series,
        dates,
        overview.tables.tallies,
        RYDER,
        confirmatory=["20200103-soleimani", "20220429-quds-day"],
        draws=0,
    )
    assert list(table.columns) == ROBUSTNESS_COLUMNS
    assert table.groupby("subset", sort=False).size().to_dict() == dict.fromkeys(SUBSETS, 2)
    all_ = table[table["subset"] == "all"].set_index("event_id")
    assert set(all_["method"]) == {"family"}
    two = table[table["subset"] == "two_publishers"].set_index("event_id")
    assert (two["after"] <= all_["after"]).all() and (two["before"] < all_["before"]).any()
    official = table[table["subset"] == "tally"]
    assert set(official["status"]) == {"refused"} and (official["reason"] != "").all()


def test_publishers_per_incident_are_shown_with_their_ordinary_range(overview: Study, dates):
    chosen = dates[dates["event_id"].isin(["20200103-soleimani", "20231017-ahli-hospital-blast"])]
    table = publishers_around(overview.selected, overview.series, chosen).set_index("label")
    killing = table.loc["Killing of Soleimani and al-Muhandis, 3 January 2020"]
    week = overview.selected[overview.selected["date"].between("2020-01-03", "2020-01-09")]
    assert killing["incidents_after"] == len(week)
    assert killing["publishers_after"] == pytest.approx(week["publishers"].mean())
    assert killing["placebo_low"] < 1 < killing["placebo_high"]
    blast = table[table["event_id"] == "20231017-ahli-hospital-blast"].iloc[0]
    assert blast["status"] == "uninformative" and np.isnan(blast["ratio"])
    assert not any(column.startswith("p_") for column in table.columns)
