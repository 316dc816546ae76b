"""One call tests every event of a report by rules fixed beforehand."""

import re

import numpy as np
import pandas as pd
import pytest

from attack_counts import END, START, daily_counts, events
from sitrep.escalation import Design, each_date, run, to_frame
from sitrep.escalation.multiplicity import benjamini_hochberg, holm
from sitrep.escalation.placebo import placebo_recurring
from sitrep.escalation.run import run_own_length
from sitrep.events import occurrences


@pytest.fixture(scope="module")
def dates():
    return occurrences(events(), START, END)


CONFIRMATORY = ["20200103-soleimani", "20220429-quds-day", "20200611-strategic-dialogue", "20201103-us-election"]


@pytest.fixture(scope="module")
def results(dates):
    return run(daily_counts(), dates, confirmatory=CONFIRMATORY, draws=20)


def only(results, event_id, method="single"):
    found = [r for r in results if r.event_id == event_id and r.method == method]
    assert len(found) == 1
    return found[0]


def test_every_date_that_stands_alone_and_every_family_has_one_result(dates, results):
    alone = dates["family"].isna().sum()
    families = dates["family"].nunique()
    assert len(results) == alone + families
    assert all(r.status in ("tested", "uninformative", "refused", "drawn") for r in results)
    assert {r.status for r in results} == {"tested", "uninformative", "refused", "drawn"}


def test_what_the_attacks_define_is_drawn_and_never_tested(results):
    for result in results:
        if result.timing == "defined":
            assert result.status in ("drawn", "refused")
            assert result.p is None and result.p_judged is None


def test_what_shares_its_days_with_a_defined_event_is_inseparable_from_it(results):
    result = only(results, "20231017-ahli-hospital-blast")
    assert result.status == "drawn"
    assert "Inseparable from 'Start of the 2023-24 campaign" in result.reason


def test_the_defined_event_need_not_be_asked_for_to_be_told(dates):
    asked = dates[dates["event_id"] == "20231017-ahli-hospital-blast"]
    assert run(daily_counts(), asked, draws=0)[0].status == "tested"
    assert run(daily_counts(), asked, context=dates, draws=0)[0].status == "drawn"


def test_a_family_most_of_whose_attacks_lie_where_they_define_another_event_is_drawn_as_well(dates):
    mine = pd.DataFrame(
        {"event_id": ["mine"], "name": ["My day"], "date_start": ["2020-02-28"], "date_end": ["2020-02-28"]}
    )
    mine = occurrences(mine.assign(kind="policy", timing=np.nan, selection=np.nan, recurrence="annual"), START, END)
    family = mine[mine["family"].notna()]
    (alone,), (told,) = (run(daily_counts(), family, context=context, draws=0) for context in (None, dates))
    assert (
        alone.status == "tested" and alone.caveat == "2026 alone makes 24 of the attacks after and 0 of those before."
    )
    assert told.status == "drawn" and told.p is None
    assert (
        "of its 44 attacks lie around dates that cannot be told apart from ones defined by the attacks" in told.reason
    )


def test_what_makes_most_of_a_sum_and_what_shares_its_days_stand_beside_the_figures(results):
    family = only(results, "20200103-soleimani", "family")
    assert family.caveat in family.sentence
    assert "2024 alone makes 16 of the attacks after and 48 of those before." in family.caveat
    assert "3 of its 4 dates are inseparable from other events (7 in all)." in family.caveat


def test_reactive_events_are_judged_on_dates_of_a_like_run_up(results):
    reactive = [r for r in results if r.timing == "reactive" and r.status == "tested"]
    assert len(reactive) > 10
    assert {r.judged_on for r in reactive} <= {"run_up", ""}


def test_the_killing_and_its_anniversaries_are_two_results(results):
    killing, family = only(results, "20200103-soleimani"), only(results, "20200103-soleimani", "family")
    assert killing.dates == ("2020-01-03",) and not killing.confirmatory
    assert family.confirmatory and family.timing == "fixed"
    assert family.dates[0] == "2021-01-03"


def test_a_busy_window_is_not_judged_on_a_test_that_rejects_too_often_there(results):
    busy = [r for r in results if r.status == "tested" and r.method == "single" and r.after + r.before >= 10]
    assert busy
    assert all(r.judged_on in ("run_up", "") for r in busy)
    for result in busy:
        if result.p_judged is None:
            assert "rejects up to" in result.reason and result.p_adjusted is None


def test_holm_runs_over_the_confirmatory_tests_and_says_how_many(results):
    chosen = [r for r in results if r.confirmatory and r.p_judged is not None]
    assert [r.p_adjusted for r in chosen] == pytest.approx(holm([r.p_judged for r in chosen]).tolist())
    assert {r.adjustment for r in chosen} == {f"Holm's adjustment for {len(chosen)} confirmatory tests"} and len(
        chosen
    ) > 1
    others = [r for r in results if not r.confirmatory and r.p_judged is not None]
    assert {r.adjustment for r in others} == {
        f"Benjamini and Hochberg's adjustment for {len(others)} exploratory tests"
    }


def test_only_confirmatory_tests_with_a_measured_error_rate_are_headlines(dates, results):
    assert {r.event_id for r in results if r.headline} <= set(CONFIRMATORY)
    assert any(r.headline for r in results)
    assert all(r.false_positive_high <= 0.075 for r in results if r.headline)
    assert not any(r.headline for r in run(daily_counts(), dates, confirmatory=CONFIRMATORY, draws=0))


@pytest.mark.parametrize(
    ("event_id", "message"),
    [
        ("nobody", "no event 'nobody' in the period; there are"),
        ("20231017-campaign-start", "cannot be confirmatory"),
        ("20210627-us-strikes-iraq-syria", "cannot be confirmatory"),
    ],
)
def test_what_cannot_be_confirmatory_is_an_error(dates, event_id, message):
    with pytest.raises(ValueError, match=message):
        run(daily_counts(), dates, confirmatory=[event_id], draws=0)


def test_results_fit_one_table_without_a_nan_that_was_computed(results):
    frame = to_frame(results)
    tested = frame[frame["status"] == "tested"]
    assert tested[["estimate", "low", "high", "p", "p_placebo"]].notna().all(axis=None)
    assert frame.loc[frame["status"] != "tested", ["p", "p_placebo", "p_judged"]].isna().all(axis=None)


def test_every_sentence_stands_without_claiming_that_nothing_happened(results):
    for result in results:
        assert "no effect" not in result.sentence.lower()
        assert not re.search(r"\bnan\b", result.sentence)


def test_no_event_and_no_day_are_refused_in_words(dates):
    nothing = run(daily_counts(), dates.iloc[:0])
    assert [r.status for r in nothing] == ["refused"]
    assert nothing[0].reason == "No event falls in the period."
    assert run(pd.Series(dtype=float), dates)[0].reason == "The series of counts is empty."


@pytest.mark.parametrize("length", [1, 400])
def test_a_series_of_zeros_is_refused_or_uninformative_throughout(dates, length):
    counts = pd.Series(0.0, pd.date_range("2021-01-03", periods=length, name="date"))
    inside = dates[dates["date_start"].between(counts.index[0], counts.index[-1])]
    found = run(counts, inside, draws=3)
    assert found
    assert {r.status for r in found} <= {"refused", "uninformative", "drawn"}


def test_an_event_outside_the_period_is_an_error(dates):
    counts = daily_counts().loc["2021-01-01":"2021-12-31"]
    with pytest.raises(ValueError, match="outside the series"):
        run(counts, dates, draws=0)


def test_one_event_alone_needs_no_company(dates):
    found = run(daily_counts(), dates[dates["event_id"] == "20200611-strategic-dialogue"], draws=0)
    assert [r.status for r in found] == ["tested"]
    assert found[0].p_adjusted == found[0].p_judged


def test_each_date_gives_the_years_of_a_family_for_a_forest_plot(dates):
    family = dates[dates["family"] == "20200103-soleimani"]
    found = each_date(daily_counts(), family)
    assert [r.dates[0][:4] for r in found] == [str(year) for year in range(2021, 2027)]
    assert [r.status for r in found] == ["tested", "tested", "refused", "tested", "refused", "uninformative"]
    assert all(r.p_placebo is None for r in found)


def test_a_timing_that_is_not_stated_is_said(dates):
    unknown = dates[dates["event_id"] == "20200611-strategic-dialogue"].assign(timing=np.nan)
    (result,) = run(daily_counts(), unknown, draws=0)
    assert any("not stated" in text for text in result.assumptions)


# An event's own length


@pytest.fixture(scope="module")
def ramadans():
    first = pd.DataFrame(
        {
            "event_id": ["ramadan"],
            "name": ["Ramadan (1 Ramadan)"],
            "date_start": ["2020-04-24"],
            "date_end": ["2020-05-23"],
            "kind": ["commemoration"],
            "timing": ["fixed"],
            "selection": ["calendar"],
            "recurrence": ["annual_hijri"],
        }
    )
    return occurrences(first, START, END)


def test_ramadan_is_tested_over_the_days_that_all_its_years_have(ramadans):
    lengths = (ramadans["date_end"] - ramadans["date_start"]).dt.days + 1
    assert set(lengths) == {29, 30}
    (found,) = run_own_length(daily_counts(), ramadans, draws=0)
    same = placebo_recurring(daily_counts(), list(ramadans["date_start"]), Design(window=29))
    assert (found.after, found.before, found.p_placebo) == (same.after, same.before, same.p_placebo)
    assert found.label.endswith("its own 29 days")


def test_only_what_lasts_longer_than_a_day_has_a_length_of_its_own(dates):
    found = run_own_length(daily_counts(), dates, draws=0)
    lasting = dates[dates["date_end"] > dates["date_start"]]
    assert {r.event_id for r in found} == set(lasting["event_id"])
    truce = only(found, "20231124-gaza-truce-span")
    assert truce.days_after == 8 and truce.label.endswith("its own 8 days")
    assert all(r.p is None for r in found if r.timing == "defined")
    judged = [r for r in found if r.p_judged is not None]
    assert [r.p_adjusted for r in judged] == pytest.approx(benjamini_hochberg([r.p_judged for r in judged]).tolist())


def test_an_event_that_outlasts_the_series_is_refused(dates):
    war = dates[dates["event_id"] == "20260228-us-israel-war-on-iran"]
    (result,) = run_own_length(daily_counts(), war, draws=0)
    assert result.status == "refused" and "not all inside the series" in result.reason


def test_no_event_that_lasts_is_refused_in_words(dates):
    (nothing,) = run_own_length(daily_counts(), dates[dates["date_end"] == dates["date_start"]], draws=0)
    assert nothing.reason == "No event in the period lasts longer than a day."
    with pytest.raises(ValueError, match="no event 'nobody'"):
        run_own_length(daily_counts(), dates, confirmatory=["nobody"], draws=0)
