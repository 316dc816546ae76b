"""A project whose report is one short notebook: rendered in seconds, so that many can be."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from sitrep import parameters

ROOT = Path(__file__).parents[1]
CODE = """from sitrep import listing, narrative, parameters, study

report = study.load(parameters.from_namespace(globals()))
narrative.judgements(report, None)"""
#: Without any import, where only the rendering matters.
QUICK = """from IPython.display import display

said = f"1. **Attacks in {', '.join(countries)}.** From {start} to {end}."
payload = {"kind": "prose", "role": "judgements", "markdown": said}
display({"text/markdown": said, "text/plain": said, "application/vnd.sitrep+json": payload}, raw=True)"""


def small_project(folder: Path, *names: str, code: str = CODE) -> Path:
    """Return *folder* with the tables, the articles, and for each name a report of what they say in a short notebook."""
    shutil.copytree(ROOT / "data", folder / "data", ignore=shutil.ignore_patterns("calibration", "*.lock"))
    shutil.copytree(ROOT / "seeds", folder / "seeds")
    (folder / "notebooks").mkdir()
    (folder / "reports").mkdir()
    write_notebook(folder, code)
    for name in names:
        write_report(folder, name)
    return folder


def write_notebook(top: Path, code: str) -> None:
    cells = [
        new_markdown_cell("# Key judgements", id="title"),
        new_code_cell(parameters.cell(), id="parameters", metadata={"tags": ["parameters"]}),
        new_code_cell(code, id="code"),
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), top / "notebooks" / "04_briefing.ipynb")


def write_report(top: Path, name: str, **values: object) -> None:
    given = {"scope": "seeds", "audience": "briefing", "start": "2021-07-01", "end": "2024-04-30"} | values
    lines = [f"{parameter}: {value}" for parameter, value in given.items()]
    (top / "reports" / f"{name}.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def command(top: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run ``sitrep`` in *top* as a user does."""
    return subprocess.run(
        [sys.executable, "-c", "from sitrep.cli import app; app()", *arguments],
        cwd=top,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
