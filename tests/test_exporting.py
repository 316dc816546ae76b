"""What is handed on: all incidents, those of new articles among them, or a choice by country, day or report."""

import shutil
from pathlib import Path

import pytest

from sitrep import exporting, study

ROOT = Path(__file__).parents[1]
NEW = (
    "date 2020-02-07 Two armed drones were shot down near the Ain al-Asad air base in Iraq's Anbar province on Thursday, an "
    "Iraqi security official said.\n"
)


@pytest.fixture(scope="module")
def top(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the real tables and one new article."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("data", "seeds", "notebooks"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("calibration"))
    (folder / "seeds" / "new.txt").write_text(NEW, encoding="utf-8")
    (folder / "reports").mkdir()
    shutil.copy(ROOT / "reports" / "gaza-war.yaml", folder / "reports")
    return folder


def test_incidents_of_new_articles_are_among_those_exported(top: Path, overview: study.Study) -> None:
    found = exporting.incidents(top / "data")
    new = found[~found["incident_id"].isin(overview.incidents["incident_id"])]
    assert list(new["incident_id"]) == ["20200206-ain-al-asad-1"]


def test_country_and_days_choose(top: Path, overview: study.Study) -> None:
    found = exporting.incidents(top / "data", country=["syria", "Jordan"], start="2024-01-20", end="2024-02-03")
    mine = overview.incidents
    wanted = mine[mine["country"].isin(["Syria", "Jordan"]) & mine["date"].between("2024-01-20", "2024-02-03")]
    assert len(wanted) > 5 and list(found["incident_id"]) == list(wanted["incident_id"])


def test_a_report_by_its_name_gives_what_it_shows(
    top: Path, monkeypatch: pytest.MonkeyPatch, overview: study.Study
) -> None:
    monkeypatch.chdir(top)
    found = exporting.incidents(Path("data"), "gaza-war")
    counted = overview.selected
    shown = counted[counted["date"].between("2023-10-17", "2024-02-29")]
    assert set(found["incident_id"]) == set(shown["incident_id"])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"country": ["Irak"]}, "--country: found 'Irak'; allowed: Iraq, Jordan, Syria"),
        ({"start": "2024-02-30"}, "--start: found '2024-02-30'; allowed: a day as YYYY-MM-DD"),
        ({"end": "soon"}, "--end: found 'soon'; allowed: a day as YYYY-MM-DD"),
        ({"report": "../data/x"}, "name of a report"),
    ],
)
def test_a_choice_that_makes_no_sense_is_refused(
    top: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, object], said: str
) -> None:
    monkeypatch.chdir(top)
    with pytest.raises(ValueError, match=said):
        exporting.incidents(Path("data"), **options)
