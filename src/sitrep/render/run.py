"""Render a report: notebooks executed with papermill, joined, exported to HTML, PDF and slides, and put in place at once."""

import ctypes
import json
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import papermill
from filelock import FileLock, Timeout
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError

from sitrep import front, study
from sitrep.formats.export import write_csv
from sitrep.parameters import ParameterError, Parameters, read
from sitrep.render import document, manifest, slides_exporter
from sitrep.render.html_exporter import ReportHTMLExporter
from sitrep.render.kernels import LocalKernelManager
from sitrep.render.typst_exporter import TypstPDFExporter
from sitrep.wording import listing

#: The notebooks of each edition, in the order of the document: the judgement first, then what it rests on.
NOTEBOOKS: Mapping[str, tuple[str, ...]] = {
    "full": ("04_briefing", "02_frequency", "03_escalation", "01_incidents", "05_sources"),
    "briefing": ("04_briefing",),
}


class RenderError(RuntimeError):
    """The report could not be rendered; the previous one stays as it was."""


@dataclass(frozen=True)
class Rendered:
    """Where a report lies, what it holds, and what its maker must know of the articles in seeds/."""

    folder: Path
    manifest: dict[str, Any]
    messages: list[str]


def render(name: str, root: Path | None = None, progress: bool = True) -> Rendered:
    """Render the report that ``reports/NAME.yaml`` describes into ``reports/NAME/``.

    Everything is written to a temporary folder beside the report and moved into place by renaming when it is complete;
    a failure leaves the previous report untouched. What was executed before a failure is kept in ``reports/NAME.failed/``.

    Raises
    ------
    ParameterError
        The YAML or the tables refuse a parameter; nothing was run.
    RenderError
        A cell failed (with notebook, cell and error), or another render holds the folder.
    """
    top = study.find_root(root)
    reports = top / "reports"
    source = reports / f"{name}.yaml"
    if not source.is_file() or source.resolve().parent != reports.resolve():
        known = ", ".join(sorted(path.stem for path in reports.glob("*.yaml")))
        raise RenderError(f"reports/{name}.yaml: no such report; there are: {known}")
    parameters = read(source)
    if parameters.audience not in NOTEBOOKS:
        raise ParameterError(
            f"{source}: audience: found {parameters.audience!r}; there are notebooks for {listing(NOTEBOOKS)}"
        )
    the_study = study.load(parameters, top)
    try:
        with (
            FileLock(reports / f".{name}.lock", timeout=0),
            tempfile.TemporaryDirectory(prefix=f".{name}.", dir=reports) as work,
        ):
            built = Path(work) / name
            built.mkdir()
            made_by = _build(top, built, name, parameters, the_study, progress)
            _put_in_place(built, reports / name)
            shutil.rmtree(reports / f"{name}.failed", ignore_errors=True)
    except Timeout:
        raise RenderError(f"reports/{name}: another render of this report is running; wait for it to end") from None
    return Rendered(reports / name, made_by, the_study.intake.messages)


def execute(
    notebook: Path, output: Path, parameters: Mapping[str, Any], root: Path, line: int | None = None
) -> NotebookNode:
    """Execute one notebook with papermill and return it; *line* is the row of its progress bar, None for no bar.

    Raises `RenderError` with the notebook, the cell and the error of a cell that fails, or of a kernel that dies.
    """
    bar = {"desc": f"{notebook.stem:<13}", "position": line, "unit": "cell", "leave": True}
    try:
        return papermill.execute_notebook(
            notebook,
            output,
            parameters=dict(parameters),
            cwd=root,
            kernel_name="python3",
            progress_bar=False if line is None else bar,
            log_output=False,
            kernel_manager_class=LocalKernelManager,
        )
    except PapermillExecutionError as error:
        where = f"{notebook.name}, cell {error.cell_index + 1} ({_first_line(error.source)})"
        raise RenderError(f"{where}: {error.ename}: {error.evalue}") from None
    except DeadKernelError:
        raise RenderError(f"{notebook.name}: its kernel died: killed, or out of memory") from None


def _first_line(source: str) -> str:
    """By which a reader finds a cell, whose number papermill's own cells shift."""
    return next((line.strip() for line in source.splitlines() if line.strip()), "")


def _build(
    top: Path, built: Path, name: str, parameters: Parameters, the_study: study.Study, progress: bool
) -> dict[str, Any]:
    folder = built / "notebooks"
    folder.mkdir()
    names = NOTEBOOKS[parameters.audience]
    try:
        executed = _execute_all(top, folder, names, parameters, progress)
    except RenderError as error:
        failed = built.parent.parent / f"{name}.failed"
        shutil.rmtree(failed, ignore_errors=True)
        shutil.copytree(folder, failed)
        raise RenderError(f"{error}; what was executed is in {failed.relative_to(top).as_posix()}/") from None
    for notebook_name, notebook in executed:
        nbformat.write(document.scrub(notebook, [top]), folder / f"{notebook_name}.ipynb")
    applicable = [(notebook_name, _applicable(notebook, the_study)) for notebook_name, notebook in executed]
    try:
        joined = document.prepare(document.join(applicable, front.title_block(parameters, the_study)))
    except document.DocumentError as error:
        raise RenderError(str(error)) from None
    _write(built / "report.html", ReportHTMLExporter().from_notebook_node(joined)[0])
    pdf, _ = TypstPDFExporter().from_notebook_node(joined)
    (built / "report.pdf").write_bytes(pdf)
    told = [slide for _, notebook in executed for slide in slides_exporter.slides(notebook)]
    if told:
        _write(built / "slides.html", slides_exporter.export(told, joined))
    (built / "data").mkdir()
    for file, text in document.collect_data(joined).items():
        _write(built / "data" / file, text)
    write_csv(the_study.shown, built / "incidents.csv")
    made_by = manifest.make(top, built, name, the_study, names, joined)
    _write(built / "manifest.json", json.dumps(made_by, indent=2, ensure_ascii=False) + "\n")
    return made_by


def _execute_all(
    top: Path, folder: Path, names: Sequence[str], parameters: Parameters, progress: bool
) -> list[tuple[str, NotebookNode]]:
    """Execute the notebooks side by side, two at a time; they share nothing but the tables they read."""
    values = parameters.model_dump()
    with ThreadPoolExecutor(max_workers=2) as pool:
        jobs = [
            pool.submit(
                execute,
                top / "notebooks" / f"{name}.ipynb",
                folder / f"{name}.ipynb",
                values,
                top,
                line if progress else None,
            )
            for line, name in enumerate(names)
        ]
        try:
            return [(name, job.result()) for name, job in zip(names, jobs, strict=True)]
        except RenderError:
            pool.shutdown(wait=False, cancel_futures=True)  # what has not begun need not begin
            raise


def _applicable(notebook: NotebookNode, the_study: study.Study) -> NotebookNode:
    """The notebook without the sections that have nothing to show or belong to another edition.

    No rates without a series, no tests without data; what is tagged "briefing" stands elsewhere in the full edition.
    """
    there = {
        "series": the_study.enough,
        "tests": the_study.testable,
        "briefing": the_study.parameters.audience == "briefing",
    }
    missing = {tag for tag, shown in there.items() if not shown}
    kept = [cell for cell in notebook.cells if not missing & set(cell.metadata.get("tags", ()))]
    return NotebookNode(notebook | {"cells": kept})


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _put_in_place(built: Path, final: Path) -> None:
    """Swap the finished folder with the old one in one step where the system can, else by two renames."""
    if not final.exists():
        built.rename(final)
        return
    if _exchange(built, final):
        return  # the old report now lies in the temporary folder and goes with it
    old = built.with_name(f"{final.name}.old")
    final.rename(old)
    try:
        built.rename(final)
    except OSError:
        old.rename(final)
        raise


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two folders atomically (Linux ``renameat2``); False where that call does not exist."""
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        return False
    here, exchange = -100, 2  # AT_FDCWD, RENAME_EXCHANGE
    return bool(call(here, os.fsencode(one), here, os.fsencode(other), exchange) == 0)
