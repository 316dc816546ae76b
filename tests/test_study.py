"""What a report is about: which mentions, incidents and days its parameters let in."""

import shutil
from pathlib import Path

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal, assert_series_equal

from sitrep import parameters, study
from sitrep.parameters import ParameterError
from sitrep.study import Study

ROOT = Path(__file__).parents[1]


def load(**values: object) -> Study:
    return study.load(parameters.validate(values), ROOT)


# Scope


def test_the_seeds_are_a_handful_of_articles_and_no_series_of_days(seeds: Study) -> None:
    assert set(seeds.mentions["source_id"].str.startswith("seed-")) == {True}
    assert len(seeds.shown) == 12
    assert seeds.series.isna().all()
    assert (seeds.level == "thin").all()
    assert not seeds.is_series and not seeds.enough


def test_the_chronology_is_a_series_of_days_with_missing_ones(overview: Study) -> None:
    assert overview.is_series and overview.enough
    assert overview.series.isna().any() and (overview.series == 0).any()


def test_a_period_without_an_attack_on_a_known_day_is_not_enough() -> None:
    assert not load(start="2023-06-01", end="2023-06-30").enough
    only_thin = load(start="2019-10-01", end="2019-11-30")
    assert len(only_thin.shown) > 0
    assert not only_thin.enough


# Selection


def test_each_parameter_narrows_what_counts() -> None:
    found = load(
        countries=["Syria"], targets=["base"], places=["conoco", "al-tanf"], weapons=["drone"], statuses=["reported"]
    ).selected
    assert len(found) > 0
    assert set(found["country"]) == {"Syria"}
    assert set(found["place_id"]) == {"al-tanf", "conoco"}
    assert set(found["status"]) == {"reported"}
    assert found["weapon"].str.split("|").map(lambda used: "drone" in used).all()


def test_road_convoys_stand_apart_unless_they_are_asked_for(overview: Study) -> None:
    assert "convoy" not in set(overview.selected["target"])
    assert set(overview.convoys["target"]) == {"convoy"}
    assert "convoy" in set(load(targets=["base", "diplomatic", "convoy"]).selected["target"])


def test_a_denied_incident_counts_only_where_it_is_asked_for(overview: Study) -> None:
    assert "denied" in set(overview.incidents["status"])
    assert "denied" not in set(overview.selected["status"])


def test_the_period_bounds_what_is_shown_and_not_what_is_tested(overview: Study) -> None:
    report = load(start="2023-10-17", end="2024-02-29")
    assert report.shown["date"].between("2023-10-17", "2024-02-29").all()
    assert_series_equal(report.series, overview.series)
    assert len(report.counts) == 136


def test_counts_and_incidents_shown_agree_on_known_days(overview: Study) -> None:
    for report in (overview, load(start="2023-10-17", end="2024-02-29"), load(thin="zero")):
        known = report.counts[report.shown["date"]].notna().to_numpy()
        assert report.counts.sum() == known.sum()


def test_focus_narrows_the_list_and_nothing_else(overview: Study) -> None:
    report = load(focus="20200103-soleimani")
    assert_frame_equal(report.shown, overview.shown)
    assert_series_equal(report.counts, overview.counts)
    assert_frame_equal(overview.listed, overview.shown)
    anniversary = pd.to_datetime(report.listed["date"].dt.year.astype(str) + "-01-03")
    before = (report.listed["date"] - anniversary).dt.days
    assert (((before >= -28) & (before < 28)) | (before >= 365 - 28)).all()
    assert 0 < len(report.listed) < len(report.shown)


def test_days_listed_are_the_baseline_before_and_as_many_after(overview: Study) -> None:
    chosen = parameters.validate({"focus": "20200103-soleimani", "start": "2020-12-01", "end": "2021-03-31"})
    days = study.days_listed(chosen, overview.tables)
    assert (days[0], days[-1], len(days)) == (pd.Timestamp("2020-12-06"), pd.Timestamp("2021-01-30"), 56)


# Names that the tables must know


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"countries": ["Irak"]}, "countries: found 'Irak'.*nearest: Iraq"),
        ({"places": ["al-tanff"]}, "places: found 'al-tanff'.*nearest: al-tanf"),
        ({"weapons": ["rockets"]}, "weapons: found 'rockets'.*nearest: rocket"),
        ({"events": ["20231007-hamas"], "confirmatory": []}, "events: found '20231007-hamas'.*20231007-hamas-attack"),
        ({"anniversary": "soleimani"}, "anniversary: found 'soleimani'.*20200103-soleimani"),
        ({"focus": "soleimani"}, "focus: found 'soleimani'.*20200103-soleimani"),
        (
            {"authority": "Pentagon press secretary Rider"},
            "authority: found.*Rider'.*nearest: Pentagon press secretary Ryder",
        ),
        ({"start": "2010-01-01", "end": "2010-12-31"}, "the coverage table holds 2019-10-01 to 2026-03-31"),
    ],
)
def test_a_name_that_the_tables_do_not_know_is_refused_with_the_nearest(
    values: dict[str, object], message: str
) -> None:
    with pytest.raises(ParameterError, match=message):
        load(**values)


def test_all_unknown_names_are_told_at_once() -> None:
    with pytest.raises(ParameterError) as error:
        load(countries=["Irak"], places=["al-tanff"], authority="nobody")
    for name in ("Irak", "al-tanff", "nobody"):
        assert name in str(error.value)


# Where the tables are


def test_the_root_is_found_from_a_folder_below(tmp_path: Path) -> None:
    for name in ("notebooks", "data"):
        (tmp_path / name).mkdir()
    below = tmp_path / "reports" / "overview"
    below.mkdir(parents=True)
    assert study.find_root(below) == tmp_path


def test_a_rendered_reports_notebooks_run_from_where_they_lie(tmp_path: Path) -> None:
    report = tmp_path / "reports" / "class"
    for top in (tmp_path, report):
        for name in ("notebooks", "data"):
            (top / name).mkdir(parents=True)
    (report / "manifest.json").write_text("{}", encoding="utf-8")
    assert study.find_root(report / "notebooks") == tmp_path


def test_no_root_is_an_error_that_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no folder here or above holds notebooks/ and data/"):
        study.find_root(tmp_path)


def test_other_tables_of_the_same_form_can_be_named(tmp_path: Path, seeds: Study) -> None:
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "data").mkdir()
    shutil.copytree(ROOT / "data", tmp_path / "other")
    shutil.copytree(ROOT / "seeds", tmp_path / "seeds")
    again = study.load(parameters.validate({"scope": "seeds", "data": "other"}), tmp_path)
    assert_frame_equal(again.incidents, seeds.incidents)


# Dates of the user's own


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """A project with our tables and nothing else."""
    for name in ("notebooks", "seeds"):
        (tmp_path / name).mkdir()
    (tmp_path / "data").symlink_to(ROOT / "data")
    return tmp_path


def with_own(top: Path, text: str, file: str = "mine.csv", **values: object) -> Study:
    (top / file).write_text(text, encoding="utf-8")
    return study.load(parameters.validate({"own_events": file, **values}), top)


def test_own_events_stand_below_ours_and_are_examined_beside_those_chosen(top: Path) -> None:
    found = with_own(top, "event_id,date,recurrence\nmy-day,2021-05-01,annual\nmy-raid,2020-06-26,\n")
    assert found.own == ("my-day", "my-raid")
    assert found.examined == [*found.parameters.events, "my-day", "my-raid"]
    below = found.tables.events.tail(2)
    assert below["event_id"].tolist() == ["my-day", "my-raid"] and below["timing"].isna().all()
    assert_frame_equal(found.tables.events.iloc[:-2], load().tables.events)
    assert found.tables.events.dtypes.to_dict() == load().tables.events.dtypes.to_dict()


def test_without_a_file_there_are_none(overview: Study) -> None:
    assert overview.own == () and overview.examined == overview.parameters.events


def test_an_own_event_may_be_named_beforehand_and_may_be_the_anniversary(top: Path) -> None:
    text = "- {event_id: my-day, date: 2020-05-01, recurrence: annual, timing: fixed}\n"
    found = with_own(top, text, "mine.yaml", events=[], confirmatory=["my-day"], anniversary="my-day")
    assert found.parameters.confirmatory == ["my-day"] and found.examined == ["my-day"]


@pytest.mark.parametrize(
    ("text", "values", "message"),
    [
        (
            "event_id,date\nmy-day,1.5.2021\n",
            {},
            "own_events: mine.csv, row 2, column date: found '1.5.2021'; allowed",
        ),
        (
            "event_id,date\nmy-day,2031-05-01\n",
            {},
            "my-day: no date of it lies in the chronology, 2019-10-01 to 2026-03-31",
        ),
        ("event_id,date\n20200103-soleimani,2021-05-01\n", {}, "found '20200103-soleimani', which is an event of ours"),
        (
            "event_id,date\nmy-day,2021-05-01\n",
            {"confirmatory": ["my-dat"]},
            "confirmatory: found 'my-dat'.*nearest: my-day",
        ),
    ],
)
def test_a_fault_in_own_events_stops_before_anything_runs(
    top: Path, text: str, values: dict[str, object], message: str
) -> None:
    with pytest.raises(ParameterError, match=message):
        with_own(top, text, **values)


@pytest.mark.parametrize("path", ["nowhere.csv", "/etc/hostname", "../outside.csv", "data"])
def test_own_events_must_be_a_file_in_the_project(top: Path, path: str) -> None:
    with pytest.raises(ParameterError, match="the path of a CSV or YAML file in the project's folder is allowed"):
        study.load(parameters.validate({"own_events": path}), top)
