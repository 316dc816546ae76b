"""A matrix becomes one report for each combination, and what is wrong with it is told at once."""

from pathlib import Path
from typing import Any

import pytest

from sitrep import parameters
from sitrep.parameters import ParameterError
from sitrep.rerun import matrix
from sitrep.rerun.matrix import Planned, expand, plan

ROOT = Path(__file__).parents[1]


def names(given: Any, **common: Any) -> list[str]:
    return [one.name for one in expand(common | {"matrix": given}, "m", "m.yaml", ROOT)]


def read(planned: Planned, folder: Path) -> parameters.Parameters:
    assert planned.text is not None and planned.fault == ""
    path = folder / f"{planned.name}.yaml"
    path.write_text(planned.text, encoding="utf-8")
    return parameters.read(path)


def refused(given: Any, **common: Any) -> str:
    with pytest.raises(ParameterError) as error:
        expand(common | {"matrix": given}, "m", "m.yaml", ROOT)
    return str(error.value)


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """A project with the real tables and no report."""
    for name in ("notebooks", "data"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "reports").mkdir()
    return tmp_path


def test_countries_by_years_are_one_report_each(tmp_path: Path) -> None:
    given = {"matrix": {"country": ["iraq", "syria"], "year": "2019..2024"}, "window": 14}
    planned = expand(given, "m", "m.yaml", ROOT)
    assert len(planned) == 12
    assert [one.name for one in planned[:2]] == ["m-iraq-2019", "m-iraq-2020"]
    last = read(planned[-1], tmp_path)
    assert last.countries == ["Syria"]  # as the tables write it
    assert (last.start, last.end) == ("2024-01-01", "2024-12-31")
    assert last.window == 14
    assert last.title.endswith(": Syria, 2024")


def test_any_parameter_is_an_axis(tmp_path: Path) -> None:
    assert names({"window": [7, 14], "thin": ["missing", "zero"]}) == [
        "m-7-missing",
        "m-7-zero",
        "m-14-missing",
        "m-14-zero",
    ]
    assert names({"seed": "1..3"}) == ["m-1", "m-2", "m-3"]
    both = expand({"matrix": {"countries": [["Iraq"], ["Iraq", "Syria"]]}}, "m", "m.yaml", ROOT)
    assert both[1].name == "m-iraq-syria"
    assert read(both[1], tmp_path).countries == ["Iraq", "Syria"]


def test_months_may_cross_the_year(tmp_path: Path) -> None:
    planned = expand({"matrix": {"month": "2023-11..2024-02"}}, "m", "m.yaml", ROOT)
    assert [one.name for one in planned] == ["m-2023-11", "m-2023-12", "m-2024-01", "m-2024-02"]
    last = read(planned[-1], tmp_path)
    assert (last.start, last.end) == ("2024-02-01", "2024-02-29")


def test_the_title_takes_the_values_where_it_names_them(tmp_path: Path) -> None:
    given = {"title": "Attacks in {country} in {year}, {sic}", "matrix": {"country": ["Iraq"], "year": [2024]}}
    assert read(expand(given, "m", "m.yaml", ROOT)[0], tmp_path).title == "Attacks in Iraq in 2024, {sic}"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([], "matrix: found []; lines of `axis: [value, value]` are allowed"),
        ({}, "matrix: found {}"),
        ({"contry": ["iraq"]}, "unknown axis 'contry'; allowed: year, month, country"),
        ({"country": "iraq"}, "country: found 'iraq'; allowed: a list of values"),
        ({"year": "2024..2019"}, "year: found 2024..2019; allowed: the smaller first"),
        ({"year": "1..999999999"}, "at most 100,000 values"),
        ({"year": ["2024"]}, "year: found '2024'; allowed: years such as 2024"),
        ({"month": ["2024-13"]}, "month: found '2024-13'; allowed: months as YYYY-MM"),
        ({"year": [2024], "start": ["2024-01-01"]}, "start: sets start, as the axis year does"),
        ({"country": ["Iraq"], "countries": [["Iraq"]]}, "countries: sets countries, as the axis country does"),
        ({"window": []}, "window: found []"),
        ({"seed": "1..1000", "window": "1..90", "baseline": "1..365"}, "found 32,850,000 combinations"),
        ({"country": ["Iraq", "iraq"]}, "two combinations would both be called m-iraq"),
    ],
)
def test_a_matrix_that_cannot_be_is_refused(given: Any, message: str) -> None:
    assert message in refused(given)


def test_all_faults_of_a_matrix_are_told_at_once() -> None:
    message = refused({"contry": ["iraq"], "year": "2024", "month": ["x"]})
    for part in ("unknown axis 'contry'", "year: found '2024'", "month: found 'x'"):
        assert part in message


def test_a_combination_that_the_parameters_refuse_holds_up_no_other() -> None:
    planned = expand({"matrix": {"window": [7, 0], "country": ["Iraq", "Irak"]}}, "m", "m.yaml", ROOT)
    faults = {one.name: one.fault for one in planned}
    assert "window: found 0; allowed: a whole number from 1 to 90" in faults["m-0-iraq"]
    assert faults["m-7-iraq"] == ""


def test_files_elsewhere_reports_and_names_are_planned_once_each(top: Path, tmp_path: Path) -> None:
    (top / "reports" / "a.yaml").write_text("window: 7\n", encoding="utf-8")
    (top / "mine.yaml").write_text("window: 14\n", encoding="utf-8")
    planned = plan(["a", str(top / "reports" / "a.yaml"), str(top / "mine.yaml")], top)
    assert planned == [Planned("a"), Planned("mine", "window: 14\n")]
    matrix.write(planned, top)
    assert (top / "reports" / "mine.yaml").read_text(encoding="utf-8") == "window: 14\n"


def test_files_that_are_not_there_are_told_all_at_once(top: Path) -> None:
    with pytest.raises(ParameterError) as error:
        plan(["x.yaml", "../y"], top)
    assert str(error.value).count("no such file and no such report") == 2


def test_a_report_that_somebody_wrote_is_not_overwritten(top: Path) -> None:
    (top / "reports" / "m-7.yaml").write_text("window: 30\n", encoding="utf-8")
    done = matrix.write(expand({"matrix": {"window": [7, 14]}}, "m", "m.yaml", ROOT), top)
    assert "there is another report of this name" in done[0].fault and done[1].fault == ""
    assert (top / "reports" / "m-7.yaml").read_text(encoding="utf-8") == "window: 30\n"


def test_what_a_batch_wrote_the_next_one_renews(top: Path) -> None:
    for baseline in (28, 56):
        planned = expand({"baseline": baseline, "matrix": {"window": [7]}}, "m", "m.yaml", ROOT)
        assert matrix.write(planned, top)[0].fault == ""
    assert parameters.read(top / "reports" / "m-7.yaml").baseline == 56
