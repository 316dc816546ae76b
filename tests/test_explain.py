"""What people and editors are told of the parameters, and the YAML that a new report starts from."""

import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml
from papermill.inspection import inspect_notebook

from sitrep import parameters
from sitrep.parameters import ParameterError, Parameters
from sitrep.rerun import explain

ROOT = Path(__file__).parents[1]
REPORTS = sorted((ROOT / "reports").glob("*.yaml"))
SCHEMA = json.loads((ROOT / "reports" / "schema.json").read_text(encoding="utf-8"))


def project(folder: Path) -> Path:
    for name in ("notebooks", "data", "reports"):
        (folder / name).mkdir()
    return folder


# The table


def test_the_table_has_a_row_for_each_parameter_with_what_is_allowed() -> None:
    lines = explain.table(width=1000).splitlines()
    assert re.split(r"  +", lines[0]) == ["name", "type", "default", "allowed", "meaning"]
    for line, (name, item) in zip(lines[2:], Parameters.model_fields.items(), strict=True):
        assert re.split(r"  +", line) == [
            name,
            parameters.kind(name),
            explain.brief(item.default),
            parameters.allowed(name),
            item.description,
        ]


@pytest.mark.parametrize("width", [80, 120, 200])
def test_the_table_keeps_within_its_width(width: int) -> None:
    assert max(map(len, explain.table(width).splitlines())) <= width


def test_the_table_and_papermill_say_the_same() -> None:
    shown = inspect_notebook(str(ROOT / "notebooks" / "01_incidents.ipynb"))
    lines = explain.table(width=1000).splitlines()[2:]
    assert [line.split()[0] for line in lines] == list(shown)
    for line, told in zip(lines, shown.values(), strict=True):
        assert line.split()[1] == told["inferred_type_name"]
        assert line.endswith(told["help"])


# The schema


def test_the_schema_beside_the_reports_is_up_to_date() -> None:
    committed = (ROOT / "reports" / "schema.json").read_text(encoding="utf-8")
    assert committed == explain.schema(ROOT / "data"), "run: sitrep params --schema > reports/schema.json"


@pytest.mark.parametrize("path", REPORTS, ids=lambda path: path.stem)
def test_the_schema_accepts_the_reports_that_ship_and_they_name_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith(explain.FIRST_LINE + "\n")
    jsonschema.validate(yaml.load(text, yaml.BaseLoader) | {}, {"type": "object"})
    jsonschema.validate(dict(parameters.read(path)), SCHEMA)


@pytest.mark.parametrize(
    "values",
    [
        {"windw": 7},
        {"window": 0},
        {"window": "7"},
        {"start": "1 January 2024"},
        {"targets": ["bases"]},
        {"thin": "none"},
        {"events": "20231007-hamas-attack"},
        {"countries": ["Iraq", "Iraq"]},
    ],
)
def test_the_schema_refuses_what_the_model_refuses(values: dict[str, object]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(values, SCHEMA)
    with pytest.raises(ParameterError):
        parameters.validate(values)


def test_the_schema_offers_the_names_that_the_tables_hold() -> None:
    offered = SCHEMA["properties"]["places"]["items"]["anyOf"][0]["enum"]
    assert "ain-al-asad" in offered
    assert "20231007-hamas-attack" in SCHEMA["properties"]["anniversary"]["anyOf"][0]["enum"]


# A new report


def test_a_new_report_changes_nothing_but_its_title(tmp_path: Path) -> None:
    path = explain.new("iraq-2024", project(tmp_path))
    assert path == tmp_path / "reports" / "iraq-2024.yaml"
    assert parameters.read(path) == Parameters(title="Iraq 2024")


def test_every_line_of_a_new_report_may_be_uncommented(tmp_path: Path) -> None:
    path = explain.new("all", project(tmp_path))
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"^#(?=\S|  - )", "", text, flags=re.M), encoding="utf-8")
    assert parameters.strict_yaml.read(path).values.keys() == Parameters.model_fields.keys()
    assert parameters.read(path) == Parameters(title="All")


def test_a_new_report_tells_the_meaning_of_every_parameter(tmp_path: Path) -> None:
    text = explain.new("x", project(tmp_path)).read_text(encoding="utf-8")
    prose = " ".join(line.removeprefix("# ") for line in text.splitlines() if line.startswith("# "))
    for name, item in Parameters.model_fields.items():
        assert f"{item.description}. Allowed: {parameters.allowed(name)}." in prose
    assert max(map(len, text.splitlines())) <= 120


def test_a_report_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    top = project(tmp_path)
    (top / "reports" / "mine.yaml").write_text("window: 14\n", encoding="utf-8")
    with pytest.raises(ParameterError, match=r"reports/mine\.yaml: there is such a report already"):
        explain.new("mine", top)
    assert (top / "reports" / "mine.yaml").read_text(encoding="utf-8") == "window: 14\n"


def test_a_new_report_cannot_be_written_elsewhere(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="as the name of a report"):
        explain.new("../notebooks/x", project(tmp_path))
    assert list(tmp_path.rglob("*.yaml")) == []
