"""The notebooks as they lie in the repository: without outputs, one parameters cell each, and runnable by plain papermill."""

import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import papermill
import pytest
import yaml

from sitrep import parameters
from sitrep.parameters import Parameters

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
NAMES = [path.stem for path in NOTEBOOKS]
#: The smallest report's: quick, and with error rates that are kept.
SMALL = {
    name: str(value) for name, value in yaml.safe_load((ROOT / "reports" / "seeds.yaml").read_text("utf-8")).items()
}


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def tagged(notebook: nbformat.NotebookNode, tag: str) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if tag in cell.metadata.get("tags", ())]


def run_module(*arguments: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *map(str, arguments)], cwd=cwd, capture_output=True, text=True, timeout=300, check=False
    )


# As committed


def test_the_four_notebooks_are_there() -> None:
    assert {"01_incidents", "02_frequency", "03_escalation", "04_briefing"} <= set(NAMES)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_a_notebook_is_valid_and_carries_no_trace_of_a_run(path: Path) -> None:
    notebook = read(path)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.outputs == [] and cell.execution_count is None
        assert set(cell.metadata) <= {"tags", "jp-MarkdownHeadingCollapsed"}  # solutions open folded in the lab
    assert set(notebook.metadata) <= {"kernelspec", "language_info"}
    ids = [cell.id for cell in notebook.cells]
    assert len(ids) == len(set(ids))


@pytest.fixture(scope="module")
def formatted_cell() -> str:
    """The parameters cell as `sitrep params` prints it, formatted as the notebooks are."""
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--config", ROOT / "pyproject.toml", "-"],
        input=parameters.cell(),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_the_parameters_cell_is_the_models_own(path: Path, formatted_cell: str) -> None:
    (cell,) = tagged(read(path), "parameters")
    assert cell.source == formatted_cell


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_the_parameters_are_checked_before_anything_else_runs(path: Path) -> None:
    notebook = read(path)
    codes = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert codes[0].metadata["tags"] == ["parameters"]
    assert "parameters.from_namespace(globals())" in codes[1].source


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_papermill_sees_every_parameter_with_type_and_help(path: Path) -> None:
    found = papermill.inspect_notebook(path)
    assert found.keys() == Parameters.model_fields.keys()
    for name, field in Parameters.model_fields.items():
        assert found[name]["inferred_type_name"] in ("str", "list", "int")
        assert found[name]["help"] == field.description


def test_help_for_a_notebook_lists_the_parameters() -> None:
    done = run_module("papermill", "--help-notebook", NOTEBOOKS[0])
    told = " ".join(done.stdout.split())
    assert done.returncode == 0
    assert "Unable to parse" not in done.stdout + done.stderr
    for name, field in Parameters.model_fields.items():
        assert f"{name}: " in told
        assert str(field.description) in told


# Run by plain papermill


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for what papermill executed."""
    return tmp_path_factory.mktemp("executed")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_a_notebook_runs_in_plain_papermill(path: Path, executed: Path) -> None:
    done = papermill.execute_notebook(
        path, executed / path.name, SMALL, cwd=ROOT, progress_bar=False, kernel_name="python3"
    )
    outputs = [output for cell in done.cells if cell.cell_type == "code" for output in cell.outputs]
    assert outputs
    assert {output.output_type for output in outputs} <= {"display_data", "execute_result"}


@pytest.mark.parametrize(("kind", "start"), [("sitrep-html", b"<!doctype html>"), ("typst-pdf", b"%PDF-")])
def test_an_executed_notebook_converts_by_name(kind: str, start: bytes, executed: Path, tmp_path: Path) -> None:
    source = executed / "01_incidents.ipynb"
    if not source.exists():
        papermill.execute_notebook(NOTEBOOKS[0], source, SMALL, cwd=ROOT, progress_bar=False)
    shutil.copy(source, tmp_path / "one.ipynb")
    done = run_module("nbconvert", "--to", kind, "one.ipynb", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (made,) = set(tmp_path.iterdir()) - {tmp_path / "one.ipynb"}
    assert made.read_bytes()[: len(start)].lower() == start.lower()


def test_papermill_with_a_misspelt_parameter_stops_with_the_right_name(tmp_path: Path) -> None:
    out = tmp_path / "out.ipynb"
    with pytest.raises(papermill.PapermillExecutionError) as error:
        papermill.execute_notebook(NOTEBOOKS[0], out, {"windw": 7}, cwd=ROOT, progress_bar=False, kernel_name="python3")
    assert error.value.ename == "ParameterError"
    assert "unknown parameter 'windw' (did you mean window?)" in error.value.evalue
    after = read(out).cells[error.value.cell_index + 3 :]  # papermill marks the failure with two cells of its own
    assert after and all(not cell.outputs for cell in after if cell.cell_type == "code")
