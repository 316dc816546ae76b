"""Events become dates: by Gregorian year, Hijri year, fortieth day and Quds Day."""

import datetime as dt

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attack_counts import END, START, events
from sitrep.events import (
    KINDS,
    OCCURRENCE_COLUMNS,
    RECURRENCES,
    SELECTIONS,
    TIMINGS,
    occurrences,
    overlaps,
    read_events,
)
from sitrep.tables import EVENTS


def one(
    event_id="e", date="2020-02-29", end=None, recurrence="none", kind="strike", name="An event", timing="reactive"
):
    return pd.DataFrame(
        [
            {
                "event_id": event_id,
                "name": name,
                "date_start": date,
                "date_end": end or date,
                "kind": kind,
                "timing": timing,
                "selection": "listed",
                "recurrence": recurrence,
            }
        ]
    )


def days(frame):
    return [f"{day:%Y-%m-%d}" for day in frame["date_start"]]


def test_an_event_that_does_not_recur_falls_once_and_keeps_its_timing():
    found = occurrences(one(), "2019-01-01", "2025-12-31")
    assert list(found.columns) == OCCURRENCE_COLUMNS
    assert days(found) == ["2020-02-29"]
    assert found["timing"].tolist() == ["reactive"]
    assert found["family"].isna().all()


def test_29_february_falls_on_28_february_in_other_years():
    found = occurrences(one(recurrence="annual"), "2020-01-01", "2024-12-31")
    assert days(found) == ["2020-02-29", "2021-02-28", "2022-02-28", "2023-02-28", "2024-02-29"]


def test_the_3_january_family_begins_in_2021_because_2020_is_the_killing_itself():
    found = occurrences(events(), START, END)
    soleimani = found[found["event_id"] == "20200103-soleimani"]
    alone, family = soleimani[soleimani["family"].isna()], soleimani[soleimani["family"].notna()]
    assert days(alone) == ["2020-01-03"]
    assert alone["timing"].tolist() == ["reactive"]
    assert days(family) == [f"{year}-01-03" for year in range(2021, 2027)]
    assert set(family["timing"]) == {"fixed"}


def test_a_commemoration_is_a_recurrence_itself_so_all_its_years_belong_to_the_family():
    found = occurrences(one(recurrence="annual", kind="commemoration", date="2021-09-11"), "2020-01-01", "2022-12-31")
    assert days(found) == ["2020-09-11", "2021-09-11", "2022-09-11"]
    assert found["family"].notna().all()


def test_ashura_follows_the_hijri_calendar_and_its_name_decides_over_a_sighting_one_day_later():
    """The days the press gives for Ashura lie on these dates or the day after (17 July in 2024)."""
    found = occurrences(events(), "2020-01-01", "2025-12-31")
    ashura = found[found["event_id"] == "20240717-ashura"]
    assert days(ashura) == ["2020-08-29", "2021-08-18", "2022-08-08", "2023-07-28", "2024-07-16", "2025-07-05"]


@pytest.mark.parametrize("offset", [-1, 1])
def test_hijri_dates_move_by_a_day_with_the_sighting(offset):
    plain = occurrences(events(), "2020-03-01", "2025-11-30")
    moved = occurrences(events(), "2020-03-01", "2025-11-30", offset=offset)
    for event_id in ("20240717-ashura", "20240825-arbaeen"):
        before = plain.loc[plain["event_id"] == event_id, "date_start"].reset_index(drop=True)
        after = moved.loc[moved["event_id"] == event_id, "date_start"].reset_index(drop=True)
        assert (after - before == pd.Timedelta(days=offset)).all()


@pytest.mark.parametrize("offset", [-1, 0, 1])
def test_a_killing_remembered_by_the_hijri_calendar_is_no_anniversary_of_itself(offset):
    """3 January 2020 is 8 Jumada al-Ula 1441."""
    killing = one(date="2020-01-03", recurrence="annual_hijri", kind="killing", timing="exogenous")
    found = occurrences(killing, "2019-01-01", "2022-12-31", offset=offset)
    alone, later = found[found["family"].isna()], found[found["family"].notna()]
    assert days(alone) == ["2020-01-03"] and set(alone["timing"]) == {"exogenous"}
    moved = pd.Timedelta(days=offset)
    assert list(later["date_start"] - moved) == [
        pd.Timestamp("2020-12-23"),
        pd.Timestamp("2021-12-12"),
        pd.Timestamp("2022-12-02"),
    ]


def test_quds_day_is_the_last_friday_of_ramadan():
    found = occurrences(events(), "2020-01-01", "2026-03-31")
    quds = found[found["event_id"] == "20220429-quds-day"]
    # The dates of the marches as the press reported them.
    assert days(quds)[:6] == ["2020-05-22", "2021-05-07", "2022-04-29", "2023-04-14", "2024-04-05", "2025-03-28"]
    assert (quds["date_start"].dt.day_name() == "Friday").all()


@pytest.mark.parametrize("offset", [-1, 0, 1])
def test_quds_day_stays_a_friday_whatever_the_sighting(offset):
    found = occurrences(one(recurrence="quds_day"), "2000-01-01", "2050-01-01", offset=offset)
    assert (found["date_start"].dt.day_name() == "Friday").all()
    assert found["date_start"].diff().dropna().dt.days.isin([350, 357]).all()


def test_the_fortieth_day_is_forty_days_after_and_carries_no_family():
    found = occurrences(events(), START, END)
    fortieth = found[found["event_id"] == "20200103-soleimani-day40"]
    assert days(fortieth) == ["2020-02-12"]
    assert fortieth["timing"].tolist() == ["fixed"]
    assert fortieth["family"].isna().all()


def test_ramadan_ends_with_its_month_whether_that_has_29_or_30_days():
    ramadan = one(recurrence="annual_hijri", kind="commemoration", date="2020-04-24", end="2020-05-23", name="Ramadan")
    found = occurrences(ramadan, "2020-01-01", "2023-12-31")
    lengths = ((found["date_end"] - found["date_start"]).dt.days + 1).tolist()
    assert days(found) == ["2020-04-24", "2021-04-13", "2022-04-02", "2023-03-23"]
    assert lengths == [30, 30, 30, 29]


def test_an_event_with_a_length_belongs_to_a_period_that_it_only_reaches_into():
    truce = one(date="2022-10-28", end="2023-10-17")
    assert len(occurrences(truce, "2023-01-01", "2023-12-31")) == 1
    assert len(occurrences(truce, "2023-10-18", "2023-12-31")) == 0


def test_no_event_gives_an_empty_table_with_all_columns():
    found = occurrences(one(), "2010-01-01", "2010-12-31")
    assert found.empty
    assert list(found.columns) == OCCURRENCE_COLUMNS


def test_overlaps_tell_which_events_share_days():
    found = occurrences(events(), START, END)
    pairs = overlaps(found, 7)
    october = pairs[pairs["date"].between("2023-10-17", "2023-10-17") & (pairs["other_date"] == "2023-10-18")]
    assert set(october["shared_days"]) == {6}
    assert (overlaps(found, 1)["shared_days"] == 1).all()


@given(st.lists(st.integers(0, 400), min_size=2, max_size=6, unique=True), st.integers(1, 40))
def test_overlaps_are_exactly_the_pairs_nearer_than_the_window(offsets, window):
    start = pd.Timestamp("2021-01-01")
    frame = pd.DataFrame(
        {"event_id": [f"e{i}" for i in offsets], "date_start": [start + pd.Timedelta(days=i) for i in offsets]}
    )
    expected = {(a, b) for i, a in enumerate(offsets) for b in offsets[i + 1 :] if abs(a - b) < window}
    found = overlaps(frame, window)
    assert {(int(x[1:]), int(y[1:])) for x, y in zip(found["event_id"], found["other_id"], strict=True)} == expected


@given(st.dates(dt.date(1990, 1, 1), dt.date(2040, 12, 31)), st.sampled_from(["annual", "annual_hijri", "quds_day"]))
def test_a_recurring_event_falls_once_in_each_of_its_years(anchor, recurrence):
    found = occurrences(one(date=str(anchor), recurrence=recurrence, kind="commemoration"), "2000-01-01", "2030-12-31")
    gaps = found["date_start"].diff().dropna().dt.days
    year = (365, 366) if recurrence == "annual" else (347, 361)
    assert gaps.between(*year).all()
    assert 29 <= len(found) <= 33


def test_a_name_that_contradicts_its_date_is_an_error():
    wrong = one(recurrence="annual_hijri", date="2024-07-25", name="Ashura (10 Muharram)")
    with pytest.raises(ValueError, match=r"10 Muharram.*2024-07-25 is 9 days away"):
        occurrences(wrong, "2024-01-01", "2024-12-31")


def test_an_unknown_recurrence_is_an_error_that_says_what_is_allowed():
    with pytest.raises(ValueError, match="found 'yearly'; allowed: none, annual"):
        occurrences(one(recurrence="yearly"), "2020-01-01", "2020-12-31")


def test_a_period_that_ends_before_it_starts_is_an_error():
    with pytest.raises(ValueError, match=r"ends .2019-01-01. before it starts"):
        occurrences(one(), "2020-01-01", "2019-01-01")


def test_users_bring_their_own_events_in_csv_or_yaml(tmp_path):
    (tmp_path / "mine.csv").write_text("event_id,date,recurrence\nvote,2020-01-05,annual\nraid,2020-06-26,\n")
    (tmp_path / "mine.yaml").write_text(
        "- {event_id: vote, date: 2020-01-05, recurrence: annual}\n- {event_id: raid, date: 2020-06-26}\n"
    )
    from_csv, from_yaml = read_events(tmp_path / "mine.csv"), read_events(tmp_path / "mine.yaml")
    pd.testing.assert_frame_equal(from_csv, from_yaml)
    assert days(occurrences(from_csv, "2020-01-01", "2021-12-31")) == ["2020-01-05", "2020-06-26", "2021-01-05"]
    assert from_csv["timing"].isna().all()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("event_id,date\nvote,5.1.2020\n", r"mine.csv, row 2, column date: found '5.1.2020'; allowed: a date"),
        ("event_id,date,recurrence\nvote,2020-01-05,weekly\n", "row 2, column recurrence: found 'weekly'; allowed"),
        ("event_id\nvote\n", "column date is missing"),
        ("event_id,date,colour\nvote,2020-01-05,red\n", "unknown column.* colour"),
        ("event_id,date\n,2020-01-05\n", "row 2, column event_id: empty"),
        ("event_id,date\na,20200105\n", "row 2, column date: found '20200105'; allowed: a date"),
        ("event_id,date\na,2020-02-30\n", "row 2, column date: found '2020-02-30'; allowed: a date"),
        ("event_id,date\na,\n", "row 2, column date: found ''; allowed: a date"),
        (
            "event_id,date,date_end\na,2020-01-05,2020-01-04\n",
            "row 2, column date_end: found '2020-01-04'; allowed: 2020-01-05",
        ),
        (
            "event_id,date\na,2020-01-05\na,2020-01-06\n",
            r"row 3, column event_id: found 'a' again .row 2.; allowed: each id once",
        ),
        (
            "event_id,date,timing\na,2020-01-05,soon\n",
            "column timing: found 'soon'; allowed: fixed, exogenous, reactive, defined",
        ),
        ("event_id,date,kind\na,2020-01-05,raid\n", "column kind: found 'raid'; allowed: killing"),
        ("event_id,date,selection\na,2020-01-05,mine\n", "column selection: found 'mine'; allowed: calendar"),
        ("event_id,date\na,2020-01-05,annual\n", "row 2: found 3 cells; allowed: 2"),
        ("event_id,date,date\na,2020-01-05,2020-01-06\n", "date more than once; allowed: each column once"),
        ("event_id,date\n", "found no event; allowed: one row or more"),
        ("", "column event_id is missing; found nothing"),
    ],
)
def test_a_fault_in_a_users_events_names_file_row_and_column(tmp_path, text, message):
    (tmp_path / "mine.csv").write_text(text)
    with pytest.raises(ValueError, match=message):
        read_events(tmp_path / "mine.csv")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "- {event_id: a, date: 2020-01-05}\n- {event_id: b, date: soon}\n",
            "mine.yaml, entry 2, column date: found 'soon'",
        ),
        ("a: 2020-01-05\n", "found a mapping; allowed: a list of mappings"),
        ("- {event_id: a, date: 2020-01-05, names: [x]}\n", "entry 1, column names: found a list; allowed: one value"),
        (
            "- {event_id: a, date: 2020-01-05, colour: red}\n",
            r"entry 1: unknown column.s. colour; allowed: event_id, date, name",
        ),
        ("- {event_id: a, date: 2020-01-05, date_start: 2020-01-05}\n", "entry 1: found both date and date_start"),
        ("- {event_id: a, date: 2020-02-30}\n", "mine.yaml: not YAML"),
        ("[", "mine.yaml: not YAML"),
    ],
)
def test_a_fault_in_a_users_yaml_names_file_entry_and_column(tmp_path, text, message):
    (tmp_path / "mine.yaml").write_text(text)
    with pytest.raises(ValueError, match=message):
        read_events(tmp_path / "mine.yaml")


def test_what_a_user_may_write_is_what_the_table_of_events_allows():
    allowed = {column.name: column.allowed for column in EVENTS.columns}
    assert (allowed["kind"], allowed["selection"]) == (KINDS, SELECTIONS)
    assert (allowed["timing"], allowed["recurrence"]) == (TIMINGS, RECURRENCES)
