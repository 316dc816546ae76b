"""A project in a folder of its own, whole or with one small notebook, and what came of rendering it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from sitrep import parameters

ROOT = Path(__file__).parents[1]
#: Longer than the path of a socket may be.
TEMPORARY = f"tmp-{'x' * 90}"
LEFT_BEHIND = shutil.ignore_patterns("*.lock", ".ipynb_checkpoints")
#: What a short notebook runs that judges, and one that needs no import, where only the rendering matters.
JUDGE = """from sitrep import narrative, parameters, study

report = study.load(parameters.from_namespace(globals()))
narrative.judgements(report, None)"""
QUICK = """from IPython.display import display

said = f"1. **Attacks in {', '.join(countries)}.** From {start} to {end}."
payload = {"kind": "prose", "role": "judgements", "markdown": said}
display({"text/markdown": said, "text/plain": said, "application/vnd.sitrep+json": payload}, raw=True)"""


def project(folder: Path) -> Path:
    """A folder of *folder* with what a render needs, and nothing of an earlier one."""
    for name in ("notebooks", "data", "seeds"):
        shutil.copytree(ROOT / name, folder / name, ignore=LEFT_BEHIND)
    (folder / "reports").mkdir()
    shutil.copy(ROOT / "CITATION.cff", folder)
    shutil.copy(ROOT / "reports" / "seeds.yaml", folder / "reports")
    return folder


def command(top: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run ``sitrep`` in *top*, with a folder of its own for whatever is temporary."""
    (top / TEMPORARY).mkdir(exist_ok=True)
    return subprocess.run(
        [sys.executable, "-c", "from sitrep.cli import app; app()", *arguments],
        cwd=top,
        env=os.environ | {"TMPDIR": str(top / TEMPORARY)} | environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def small_project(folder: Path, code: str) -> Path:
    """A project whose one notebook runs *code*, for a briefing of the seeds."""
    project_of(folder, code=code)
    yaml = folder / "reports" / "seeds.yaml"
    yaml.write_text(yaml.read_text(encoding="utf-8") + "audience: briefing\n", encoding="utf-8")
    return folder


def project_of(folder: Path, *names: str, code: str) -> Path:
    """A project whose one notebook runs *code*, with a briefing of each of the *names*."""
    project(folder)
    shutil.rmtree(folder / "notebooks")
    (folder / "notebooks").mkdir()
    write_notebook(folder, code)
    for name in names:
        write_report(folder, name)
    return folder


def write_report(top: Path, name: str, **values: object) -> None:
    given = {"scope": "seeds", "audience": "briefing", "start": "2021-07-01", "end": "2024-04-30"} | values
    lines = [f"{parameter}: {value}" for parameter, value in given.items()]
    (top / "reports" / f"{name}.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_notebook(top: Path, code: str) -> None:
    cells = [
        new_markdown_cell("# A notebook", id="title"),
        new_code_cell(parameters.cell(), id="parameters", metadata={"tags": ["parameters"]}),
        new_code_cell("_before = 1", id="before"),
        new_code_cell(code, id="code"),
        new_code_cell("_after = 1", id="after"),
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), top / "notebooks" / "04_briefing.ipynb")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def visible(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".lock" and path.name != ".cache")
