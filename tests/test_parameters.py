"""The one model of parameters: strict about names, types, ranges and dates, and every fault told at once."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sitrep import parameters
from sitrep.parameters import ParameterError, Parameters, validate

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def refused(**values: object) -> str:
    with pytest.raises(ParameterError) as error:
        validate(values)
    return str(error.value)


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "report.yaml"
    path.write_text(text, encoding="utf-8")
    return path


# What is refused


def test_an_unknown_name_is_refused_with_the_nearest_known_and_all_known() -> None:
    message = refused(windw=7)
    assert "unknown parameter 'windw' (did you mean window?)" in message
    assert "baseline" in message


def test_a_name_like_no_other_gets_no_guess() -> None:
    assert "did you mean" not in refused(zzz=1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("window", "7"),
        ("window", True),
        ("window", 7.0),
        ("window", None),
        ("seed", "1"),
        ("draws", False),
        ("title", 2024),
        ("start", 20240101),
        ("countries", "Iraq"),
        ("events", ("20231007-hamas-attack",)),
        ("places", [1]),
        ("thin", 0),
    ],
)
def test_a_wrong_type_is_refused_and_never_coerced(name: str, value: object) -> None:
    message = refused(**{name: value})
    assert name in message
    assert repr(value[0] if isinstance(value, list) else value) in message


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("window", 0, "a whole number from 1 to 90"),
        ("window", 91, "a whole number from 1 to 90"),
        ("baseline", 366, "a whole number from 1 to 365"),
        ("anniversary_window", -1, "a whole number from 1 to 90"),
        ("draws", 98, "a whole number from 99 to 99999"),
        ("seed", -1, "a whole number from 0 on"),
        ("targets", ["bases"], "a list of base, diplomatic, convoy, other"),
        ("statuses", ["rumoured"], "a list of confirmed, reported, claimed_only, contested, denied"),
        ("thin", "none", "missing or zero"),
        ("scope", "all", "chronology or seeds"),
        ("interval", "normal", "bootstrap or poisson"),
        ("audience", "public", "full or briefing"),
    ],
)
def test_a_value_out_of_range_is_refused_with_what_is_allowed(name: str, value: object, allowed: str) -> None:
    assert allowed in refused(**{name: value})


@pytest.mark.parametrize("day", ["2024-02-30", "2024-13-01", "2024-1-1", "1 January 2024", "2024-01-01T00:00", ""])
def test_a_day_that_does_not_exist_or_is_written_otherwise_is_refused(day: str) -> None:
    assert repr(day) in refused(start=day)


def test_a_period_that_ends_before_it_starts_is_refused() -> None:
    assert "start 2024-02-01 is after end 2024-01-31" in refused(start="2024-02-01", end="2024-01-31")


def test_a_confirmatory_event_must_be_among_the_events() -> None:
    message = refused(events=["20231007-hamas-attack"], confirmatory=["20241105-us-election"])
    assert "confirmatory names events that are not among events: 20241105-us-election" in message


@pytest.mark.parametrize("name", ["countries", "targets", "statuses"])
def test_an_empty_choice_that_would_count_nothing_is_refused(name: str) -> None:
    assert f"{name} is empty" in refused(**{name: []})


def test_a_value_named_twice_is_refused() -> None:
    twice = ["20231007-hamas-attack", "20231007-hamas-attack"]
    assert "events names more than once: 20231007-hamas-attack" in refused(events=twice, confirmatory=[])


def test_all_faults_are_told_at_once() -> None:
    message = refused(windw=7, baseline="28", seed=-1, thin="none")
    for part in ("windw", "baseline: found '28'", "seed: found -1", "thin: found 'none'"):
        assert part in message


def test_all_contradictions_are_told_at_once() -> None:
    message = refused(start="2024-02-01", end="2024-01-31", countries=[], confirmatory=["x"])
    for part in ("is after end", "countries is empty", "confirmatory names"):
        assert part in message


def test_mistyped_values_contradictions_and_unknown_names_are_told_together() -> None:
    given = {"window": "7", "start": "2024-02-01", "end": "2024-01-31", "countries": [], "places": ["al-tanff"]}
    with pytest.raises(ParameterError) as error:
        validate(given, "r.yaml", {"window": 3}, ROOT)
    head, *faults = str(error.value).split("\n  ")
    assert head == "r.yaml: 4 faults:"
    assert faults[0] == "line 3: window: found '7'; allowed: a whole number from 1 to 90"
    assert faults[1].startswith("start 2024-02-01 is after end 2024-01-31")
    assert faults[2].startswith("countries is empty")
    assert faults[3].startswith("places: found 'al-tanff'") and "al-tanf" in faults[3].split("nearest: ")[1]


def test_a_site_by_its_name_leads_to_its_id() -> None:
    with pytest.raises(ParameterError, match=r"found 'Ain al-Asad air base'.*nearest: ain-al-asad"):
        validate({"places": ["Ain al-Asad air base"], "seed": -1}, root=ROOT)


def test_a_contradiction_of_values_that_are_wrong_themselves_is_not_told() -> None:
    assert "after end" not in refused(start="2024-02-30", end="2024-01-31")


@pytest.mark.parametrize("name", ["window", "anniversary_window"])
def test_a_window_longer_than_the_period_is_refused(name: str) -> None:
    period = {"start": "2024-01-01", "end": "2024-01-10", "window": 1, "anniversary_window": 1}
    validate(period | {name: 10})
    message = refused(**period | {name: 11})
    assert message == (
        f"parameters: {name}: found 11 days, but the period 2024-01-01 to 2024-01-10 has 10; "
        "allowed: at most 10, or a longer period"
    )


@pytest.mark.parametrize("folder", ["/etc", "../other", "a/../../b", "", "a\\b", "a\nb"])
def test_a_data_folder_outside_the_project_is_refused(folder: str) -> None:
    assert "allowed: a folder in the project" in refused(data=folder)


@pytest.mark.parametrize("title", ["", "  ", "two\nlines", "a\x00b"])
def test_a_title_is_one_line_of_text(title: str) -> None:
    assert "allowed: text on one line" in refused(title=title)


def test_what_is_given_is_told_in_brief_however_long() -> None:
    assert len(refused(window="x" * 10_000)) < 300
    assert len(refused(window=[[["x" * 100] * 100] * 100] * 100)) < 1000


@pytest.mark.parametrize("name", Parameters.model_fields)
def test_what_is_allowed_is_told_in_plain_words(name: str) -> None:
    told = parameters.allowed(name)
    assert told and not set(told) & set("^$[]{}\\")


def test_a_refusal_shows_no_foreign_words_or_links() -> None:
    message = refused(windw=7, window="7")
    assert "pydantic" not in message
    assert "http" not in message


# Reports in YAML


def test_unquoted_days_in_yaml_are_days(tmp_path: Path) -> None:
    found = parameters.read(written(tmp_path, "start: 2023-10-17\nend: '2024-02-29'\n"))
    assert (found.start, found.end) == ("2023-10-17", "2024-02-29")


def test_what_yaml_does_not_set_keeps_its_default(tmp_path: Path) -> None:
    assert parameters.read(written(tmp_path, "")) == Parameters()
    assert parameters.read(written(tmp_path, "window: 14\n")).baseline == 28


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- window: 7\n", "found a list"),
        ("window: [7\n", "not YAML"),
        ("window: '7'\n", "window: found '7'"),
        ("start: 2023-10-17 12:00:00\n", "start: found '2023-10-17 12:00:00'; allowed: a day as YYYY-MM-DD"),
        ("seed: yes\n", "seed: found 'yes'"),
        ("1: 2\n", "unknown parameter '1'"),
    ],
)
def test_a_bad_yaml_is_refused_with_its_path(tmp_path: Path, text: str, message: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(ParameterError) as error:
        parameters.read(path)
    assert message in str(error.value)
    assert str(path) in str(error.value)


@pytest.mark.parametrize("path", sorted((ROOT / "reports").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_reports_that_ship_are_valid(path: Path) -> None:
    assert parameters.read(path).title


# The notebooks


def test_a_misspelt_papermill_parameter_is_refused_in_the_notebook() -> None:
    """papermill only warns of an unknown ``-p``: it is then one more name in the notebook's globals."""
    namespace: dict[str, object] = {"__name__": "__main__", "In": [""], "Out": {}, "_": "", "json": json, "exit": exit}
    exec(parameters.cell(), namespace)
    assert parameters.from_namespace(namespace) == Parameters()
    namespace["basline"] = 14
    with pytest.raises(ParameterError, match=r"unknown parameter 'basline' \(did you mean baseline\?\)"):
        parameters.from_namespace(namespace)


def test_a_mistyped_value_and_an_unknown_site_get_one_message_in_yaml_and_notebook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    for name in ("notebooks", "data"):
        (tmp_path / name).symlink_to(ROOT / name)
    with pytest.raises(ParameterError) as in_yaml:
        parameters.read(written(tmp_path, "window: 0\nplaces: [al-tanff]\n"))
    with pytest.raises(ParameterError) as in_notebook:
        parameters.from_namespace({"window": 0, "places": ["al-tanff"]})
    told = [str(error.value).split("\n  ")[1:] for error in (in_yaml, in_notebook)]
    assert told[0][0] == f"line 1: {told[1][0]}"
    assert told[1][0] == "window: found 0; allowed: a whole number from 1 to 90"
    assert "al-tanf" in told[1][1]


def test_a_notebook_may_run_again_after_an_edit_of_its_parameters() -> None:
    """What its cells made before, frames and other objects, is then among the globals and is no parameter."""
    namespace: dict[str, object] = {"window": 14, "report": object(), "tests": Parameters(), "by_site": json}
    assert parameters.from_namespace(namespace).window == 14
    for plain in (7, "7", [7], {"a": 1}, None, 0.5):
        with pytest.raises(ParameterError, match="unknown parameter 'windw'"):
            parameters.from_namespace({"windw": plain})


def test_the_parameters_cell_sets_every_parameter_to_its_default() -> None:
    namespace: dict[str, object] = {}
    exec(parameters.cell(), namespace)
    assert validate({name: namespace[name] for name in Parameters.model_fields}) == Parameters()


@pytest.fixture(scope="module")
def formatted_cell() -> str:
    """The parameters cell as `ruff format` leaves it in a notebook, which ends no cell with a line break."""
    command = [sys.executable, "-m", "ruff", "format", "--line-length", "120", "-"]
    return subprocess.run(command, input=parameters.cell(), capture_output=True, text=True, check=True).stdout.rstrip()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_notebook_has_the_one_parameters_cell(path: Path, formatted_cell: str) -> None:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    tagged = [cell for cell in cells if "parameters" in cell["metadata"].get("tags", [])]
    assert ["".join(cell["source"]) for cell in tagged] == [formatted_cell]


def test_papermill_shows_type_and_help_of_every_parameter() -> None:
    """What ``papermill --help-notebook`` prints, read by papermill itself from the first notebook."""
    from papermill.inspection import inspect_notebook

    shown = inspect_notebook(str(NOTEBOOKS[0]))
    assert list(shown) == list(Parameters.model_fields)
    for name, field in Parameters.model_fields.items():
        assert shown[name]["help"] == field.description
        assert shown[name]["inferred_type_name"] == type(field.default).__name__
