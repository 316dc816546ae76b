"""A report is checked against its manifest, and every deviation is told."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sitrep.cli import app
from sitrep.parameters import ParameterError
from sitrep.render import run
from sitrep.rerun import bundle, diff, verify
from sitrep.rerun.verify import Deviation
from small_project import JUDGE, contents, project_of, write_report

pytestmark = pytest.mark.render


@pytest.fixture(scope="module")
def top(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with one rendered report."""
    folder = project_of(tmp_path_factory.mktemp("verify"), "a", code=JUDGE)
    run.render("a", folder, progress=False)
    return folder


def deviations(top: Path) -> list[str]:
    """What deviates, but for the package itself, which someone may be writing while the tests run."""
    return [str(found) for found in verify.verify("a", top) if found.part != "code"]


def test_a_report_just_rendered_is_as_its_manifest_says(top: Path) -> None:
    assert deviations(top) == []


def test_the_manifest_of_a_render_holds_its_judgements(top: Path) -> None:
    said = diff.read("a", top).manifest["judgements"]
    assert said[0].startswith("12 attacks") and len(said) >= 3


def test_a_render_of_the_same_inputs_elsewhere_gives_the_same_bytes(top: Path) -> None:
    before = contents(top)
    assert verify.again("a", top) == []
    page = top / "reports" / "a" / "report.html"
    kept = page.read_bytes()
    page.write_bytes(kept.replace(b"12 attacks", b"21 attacks"))
    assert verify.again("a", top) == [Deviation("output", "report.html", "not what a new render gives")]
    page.write_bytes(kept)
    assert contents(top) == before


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("reports/a/report.html", "output report.html: changed since the render"),
        ("data/mentions.csv", "input data/mentions.csv: changed since the render"),
        ("notebooks/04_briefing.ipynb", "input notebooks/04_briefing.ipynb: changed since the render"),
        ("reports/a.yaml", "input reports/a.yaml: changed since the render"),
    ],
)
def test_a_changed_file_is_told(top: Path, path: str, told: str) -> None:
    kept = (top / path).read_bytes()
    (top / path).write_bytes(kept + b"\n")
    found = deviations(top)
    (top / path).write_bytes(kept)
    assert found == [told]
    assert deviations(top) == []


def test_files_that_came_or_went_are_told(top: Path) -> None:
    (top / "seeds" / "new.txt").write_text("new", encoding="utf-8")
    (top / "reports" / "a" / "stray.txt").write_text("stray", encoding="utf-8")
    gone = top / "reports" / "a" / "incidents.csv"
    kept = gone.read_bytes()
    gone.unlink()
    found = deviations(top)
    gone.write_bytes(kept)
    (top / "seeds" / "new.txt").unlink()
    (top / "reports" / "a" / "stray.txt").unlink()
    assert found == [
        "output incidents.csv: missing",
        "output stray.txt: not there when the report was rendered",
        "input seeds/new.txt: not there when the report was rendered",
    ]


def test_another_program_or_package_is_told(top: Path) -> None:
    path = top / "reports" / "a" / "manifest.json"
    kept = path.read_text(encoding="utf-8")
    doctored = json.loads(kept)
    doctored["code"]["sitrep/cli.py"] = "0" * 64
    doctored["versions"]["pandas"] = "0.1"
    path.write_text(json.dumps(doctored), encoding="utf-8")
    found = [str(deviation) for deviation in verify.verify("a", top)]
    path.write_text(kept, encoding="utf-8")
    assert "code sitrep/cli.py: changed since the render" in found
    assert any(line.startswith("package pandas: rendered with 0.1, here is") for line in found)


def test_why_a_report_is_stale(top: Path) -> None:
    assert "found no manifest.json" in str(verify.stale("b", top))
    kept = (top / "data" / "places.csv").read_bytes()
    (top / "data" / "places.csv").write_bytes(kept + b"\n")
    found = verify.stale("a", top)
    (top / "data" / "places.csv").write_bytes(kept)
    assert found is not None and "changed since the render" in found


def test_the_command_says_each_difference_and_exits_9(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(top)
    page = top / "reports" / "a" / "report.pdf"
    kept = page.read_bytes()
    page.write_bytes(kept[:-1])
    done = CliRunner().invoke(app, ["verify", "a"])
    page.write_bytes(kept)
    assert done.exit_code == 9
    assert "output report.pdf: changed since the render\n" in done.stdout
    assert "sitrep: reports/a: " in done.stderr


@pytest.mark.parametrize(
    ("name", "told"), [("b", "rendered are: a; render it with: sitrep render b"), ("../a", "as the name of a report")]
)
def test_what_is_not_rendered_is_told_in_one_line(top: Path, name: str, told: str) -> None:
    with pytest.raises((OSError, ParameterError), match=told):
        verify.verify(name, top)


def test_a_bundle_holds_all_that_a_render_reads_and_nothing_outside_its_folder(top: Path, tmp_path: Path) -> None:
    names = bundle.files(top, "a")
    assert {"reports/a.yaml", "notebooks/04_briefing.ipynb", "data/mentions.csv", "seeds/metadata.csv"} <= set(names)
    assert "reports/a/report.html" not in names
    for name in ("../x", "/x", "a/../../x", ""):
        with pytest.raises(ValueError, match="leads out of the folder"):
            bundle.unpack({name: b""}, tmp_path / "project")
    assert not (tmp_path / "x").exists()


def test_a_yaml_that_became_wrong_is_told(top: Path) -> None:
    kept = (top / "reports" / "a.yaml").read_bytes()
    write_report(top, "a", window=0)
    found = deviations(top)
    (top / "reports" / "a.yaml").write_bytes(kept)
    assert len(found) == 1 and "allowed: a whole number from 1 to 90" in found[0]
