"""The exploring notebook: a control for each parameter, figures that follow it, faults told in place."""

from datetime import date
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from sitrep import parameters
from sitrep.content import Figure, Prose
from sitrep.explore import GROUPS, Explorer, as_yaml
from sitrep.parameters import Parameters

ROOT = Path(__file__).parents[1]
NOTEBOOK = ROOT / "notebooks" / "explore.ipynb"
SHORT = Parameters(start="2023-11-01", end="2023-11-30", draws=99)


@pytest.fixture(scope="module")
def explorer() -> Explorer:
    return Explorer(SHORT, ROOT)


def figure(explorer: Explorer, name: str) -> Figure:
    return next(item for item in explorer.shown if isinstance(item, Figure) and item.id == name)


def test_every_parameter_that_changes_a_figure_has_a_control(explorer: Explorer) -> None:
    """The title, the edition and the folder of the tables are for the report; the rest can be set."""
    left = Parameters.model_fields.keys() - explorer.controls.keys()
    assert left <= {"title", "audience", "data", "lang"}
    assert set(explorer.controls) == {name for group in GROUPS.values() for name in group}


def test_the_controls_stand_as_the_parameters_cell_says(explorer: Explorer) -> None:
    assert parameters.validate(explorer.values()) == SHORT
    assert explorer.fault == ""


def test_a_changed_control_redraws_with_other_data_and_a_fault_is_told_in_place(explorer: Explorer) -> None:
    before = figure(explorer, "fig-monthly").data
    explorer.controls["countries"].value = ("Syria",)
    after = figure(explorer, "fig-monthly").data
    assert "Iraq" in before.columns and "Iraq" not in after.columns
    assert after["Syria"].sum() == before["Syria"].sum() > 0
    said = explorer.shown[0]
    assert isinstance(said, Prose) and "in Syria" in said.markdown and "in Iraq" not in said.markdown
    # a fault leaves the figures as they are, and goes with its cause
    explorer.controls["end"].value = date(2023, 10, 1)
    assert "start 2023-11-01 is after end 2023-10-01" in explorer.fault
    assert "role='alert'" in explorer._message.value and "is after end" in explorer._message.value
    assert figure(explorer, "fig-monthly").data.equals(after)
    explorer.controls["end"].value = date(2023, 11, 30)
    assert explorer.fault == "" and "alert" not in explorer._message.value
    # an unknown name comes with the nearest, and cannot bring markup along
    explorer.controls["focus"].value = "<b>soleimani"
    assert "nearest: 20200103-soleimani" in explorer.fault
    assert "<b>" not in explorer._message.value
    explorer.controls["focus"].value = ""
    assert explorer.fault == ""


@pytest.mark.parametrize(
    "chosen", [SHORT, Parameters(), Parameters(events=["20231007-hamas-attack"], confirmatory=[], places=["al-tanf"])]
)
def test_the_yaml_shown_gives_the_same_parameters(chosen: Parameters, tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_text(as_yaml(chosen), encoding="utf-8")
    assert parameters.read(path) == chosen


@pytest.mark.long
def test_the_notebook_executes_and_shows_its_controls() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    cell = next(cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", ()))
    cell.source += '\nstart, end, draws = "2023-11-01", "2023-11-30", 99'
    done = NotebookClient(notebook, resources={"metadata": {"path": str(NOTEBOOK.parent)}}, timeout=300).execute()
    outputs = [output for cell in done.cells if cell.cell_type == "code" for output in cell.outputs]
    assert {output.output_type for output in outputs} <= {"display_data", "execute_result"}
    assert any("application/vnd.jupyter.widget-view+json" in output.data for output in outputs)
    state = done.metadata["widgets"]["application/vnd.jupyter.widget-state+json"]["state"]
    assert {"DatePickerModel", "SelectMultipleModel", "TagsInputModel", "OutputModel"} <= {
        model["model_name"] for model in state.values()
    }
