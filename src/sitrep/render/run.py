"""Render a report: notebooks executed with papermill, joined, exported to HTML, PDF and slides, and put in place at once."""

import ctypes
import json
import os
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sitrep.render.quick  # noqa: F401  # before anything imports jsonschema

# isort: split
import nbformat
import papermill
from nbclient.exceptions import CellTimeoutError as SlowCellError
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines
from papermill.exceptions import PapermillExecutionError

from sitrep import front, hashes, intake, study
from sitrep.formats.export import write_csv
from sitrep.parameters import ParameterError, Parameters, read
from sitrep.render import cache, classroom, document, faults, manifest, slides_exporter, warm
from sitrep.render.faults import CellTimeoutError, InputChangedError, KernelDiedError, RenderError
from sitrep.render.html_exporter import ReportHTMLExporter
from sitrep.render.kernels import LocalKernelManager
from sitrep.render.lock import held
from sitrep.render.typst_exporter import typeset
from sitrep.wording import listing

#: The notebooks of each edition, in the order of the document: the judgement first, then what it rests on.
NOTEBOOKS: Mapping[str, tuple[str, ...]] = {
    "full": ("04_briefing", "02_frequency", "03_escalation", "01_incidents", "05_sources"),
    "briefing": ("04_briefing",),
    # learn first, judge last
    "class": ("01_incidents", "02_frequency", "03_escalation", "04_briefing", "05_sources"),
}

#: The notebooks that take longest begin first, so that none of them runs alone at the end.
LONGEST_FIRST = ("03_escalation", "02_frequency", "01_incidents")

#: Seconds that a cell may take unless another limit is given; measuring error rates anew takes minutes.
TIMEOUT = 1800


@dataclass(frozen=True)
class Rendered:
    """Where a report lies, what it holds, and what its maker must know of the articles in seeds/.

    ``reused`` names the notebooks that had been executed on the same before; ``unchanged`` says that the whole report was
    what its inputs give, and nothing was done.
    """

    folder: Path
    manifest: dict[str, Any]
    messages: list[str]
    reused: tuple[str, ...] = ()
    unchanged: bool = False


def render(
    name: str,
    root: Path | None = None,
    progress: bool = True,
    *,
    use_cache: bool = True,
    timeout: int | None = TIMEOUT,
    workers: int = 2,
    shared: Path | None = None,
) -> Rendered:
    """Render the report that ``reports/NAME.yaml`` describes into ``reports/NAME/``.

    Everything is written to a temporary folder beside the report and moved into place by renaming when it is complete;
    a failure leaves the previous report untouched. What was executed before a failure is kept in ``reports/NAME.failed/``.
    Nothing is done where the report is there and made from the same (`sitrep.render.cache`), and notebooks that were
    executed on the same are not executed again, unless *use_cache* is False. *timeout*: seconds a cell may take, None for
    any. *workers*: notebooks that are executed at a time. *shared*: a private folder (`sitrep.shared`) for what several
    reports need alike; by default each report has its own.

    Raises
    ------
    ParameterError
        The YAML or the tables refuse a parameter; nothing was run.
    RenderError
        A cell failed (with notebook, cell and error), or one of the other faults in `sitrep.render.faults`.
    """
    top = study.find_root(root)
    reports = top / "reports"
    source = reports / f"{name}.yaml"
    if not source.is_file() or source.resolve().parent != reports.resolve():
        known = ", ".join(sorted(path.stem for path in reports.glob("*.yaml")))
        raise RenderError(f"reports/{name}.yaml: no such report; there are: {known}")
    try:
        with held(reports / f".{name}.lock", f"reports/{name}"):
            _sweep(reports, name)
            messages = cache.unchanged(top, name) if use_cache else None
            if messages is not None:
                return Rendered(
                    reports / name, manifest.read(reports / name / "manifest.json"), messages, unchanged=True
                )
            return _render(top, name, source, progress, use_cache, timeout, workers, shared)
    except OSError as error:
        raise faults.of_writing(error, f"reports/{name}") from None


def _render(
    top: Path,
    name: str,
    source: Path,
    progress: bool,
    use_cache: bool,
    timeout: int | None,
    workers: int,
    shared: Path | None,
) -> Rendered:
    """Render, the lock being held."""
    reports = source.parent
    with tempfile.TemporaryDirectory(prefix=f".{name}.", dir=reports, ignore_cleanup_errors=True) as work:
        built = Path(work) / name
        built.mkdir()
        try:
            run = _begin(top, name, source, progress, use_cache, timeout, workers, shared or Path(work))
        except OSError as error:
            if error.filename is None:
                raise
            raise faults.of_reading(error) from None
        made_by, reads, reused = _build(run, built)
        changed = sorted(
            file for file, digest in hashes.of_files(run.inputs, top).items() if digest != run.inputs[file]
        )
        if changed:
            raise InputChangedError(f"{changed[0]}: changed while the report was made from it; render again")
        outputs = hashes.of_files(hashes.below(built), built)
        put_in_place(built, reports / name)
    shutil.rmtree(reports / f"{name}.failed", ignore_errors=True)
    messages = run.study.intake.messages
    cache.remember(top, name, cache.Made(run.inputs, run.folders, reads, run.environment, outputs, messages))
    return Rendered(reports / name, made_by, messages, tuple(reused))


@dataclass(frozen=True)
class _Run:
    """One render: of what, from what, and how. ``shared`` is where what several notebooks need alike is kept."""

    top: Path
    name: str
    parameters: Parameters
    study: study.Study
    inputs: dict[str, str | None]
    folders: dict[str, list[str]]
    environment: str
    progress: bool
    use_cache: bool
    timeout: int | None
    workers: int
    shared: Path

    def key(self, notebook: str) -> str:
        """The name of what *notebook* gives: all but the other notebooks and the words of the YAML around the parameters."""
        own = f"notebooks/{notebook}.ipynb"
        return cache.key(
            {
                "notebook": notebook,
                "parameters": self.parameters.model_dump(),
                "inputs": {own: self.inputs[own]} | _of_the_data(self.inputs, self.name),
                "folders": self.folders,
                "environment": self.environment,
            }
        )


def _begin(
    top: Path,
    name: str,
    source: Path,
    progress: bool,
    use_cache: bool,
    timeout: int | None,
    workers: int,
    shared: Path,
) -> _Run:
    """Read the parameters and the tables."""
    parameters = read(source)
    if parameters.audience not in NOTEBOOKS:
        raise ParameterError(
            f"{source}: audience: found {parameters.audience!r}; there are notebooks for {listing(NOTEBOOKS)}"
        )
    warm.start()  # it imports while the tables are read
    inputs = hashes.of_files(manifest.inputs(top, name, parameters, NOTEBOOKS[parameters.audience]), top)
    data = top / parameters.data
    # the names in the folders of the data, so that a file that comes anew is seen
    folders = cache.listed(top, [data, intake.lexicon_folder(data), intake.seeds_folder(data)])
    environment = cache.environment()
    of_all = {"inputs": _of_the_data(inputs, name), "folders": folders, "environment": environment}
    common = shared / f"shared-{cache.key(of_all)}"
    common.mkdir(mode=0o700, exist_ok=True)
    return _Run(
        top=top,
        name=name,
        parameters=parameters,
        study=study.load(parameters, top, common),
        inputs=inputs,
        folders=folders,
        environment=environment,
        progress=progress,
        use_cache=use_cache,
        timeout=timeout,
        workers=workers,
        shared=common,
    )


def _of_the_data(inputs: Mapping[str, str | None], name: str) -> dict[str, str | None]:
    """Those inputs of the report *name* that are neither its YAML nor a notebook."""
    return {
        file: digest
        for file, digest in inputs.items()
        if file != f"reports/{name}.yaml" and not file.startswith("notebooks/")
    }


class SavingOnce(NBClientEngine):
    """papermill's engine, which writes the notebook when it ends, however it ends, and not before and after every cell."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: NotebookExecutionManager, kernel_name: str, **options: Any) -> None:
        """Execute with nowhere to write to; what calls this writes at the end."""
        output, nb_man.output_path = nb_man.output_path, None
        try:
            super().execute_managed_notebook(nb_man, kernel_name, **options)
        finally:
            nb_man.output_path = output


papermill_engines.register("saving-once", SavingOnce)


def execute(
    notebook: Path,
    output: Path,
    parameters: Mapping[str, Any],
    root: Path,
    line: int | None = None,
    timeout: int | None = TIMEOUT,
    notes: Path | None = None,
    shared: Path | None = None,
) -> NotebookNode:
    """Execute one notebook with papermill and return it; *line* is the row of its progress bar, None for no bar.

    In the file *notes* the kernel notes what it reads; in *shared* it finds and leaves what others need alike. Raises `RenderError` with the notebook, the cell and the error of a
    cell that fails or takes longer than *timeout* seconds, or of a kernel that dies.
    """
    if notes is not None:
        notes.touch()
    nbformat.write(
        classroom.for_edition(nbformat.read(notebook, as_version=4), parameters.get("audience", "full")), output
    )
    bar = {"desc": f"{notebook.stem:<13}", "position": line, "unit": "cell", "leave": True}
    try:
        return papermill.execute_notebook(
            output,
            output,
            parameters=dict(parameters),
            cwd=root,
            engine_name="saving-once",
            kernel_name="python3",
            progress_bar=False if line is None else bar,
            log_output=False,
            kernel_manager_class=LocalKernelManager.with_files(notes, shared),
            start_timeout=180,
            execution_timeout=timeout,
        )
    except PapermillExecutionError as error:
        where = f"{notebook.name}, cell {error.cell_index + 1} ({_first_line(error.source)})"
        if error.ename == "MemoryError":
            raise KernelDiedError(f"{where}: out of memory; free some, or choose a shorter period") from None
        raise RenderError(f"{where}: {error.ename}: {error.evalue}") from None
    except SlowCellError:
        cell = _first_line(_running(output))
        raise CellTimeoutError(
            f"{notebook.name} ({cell}): took longer than {timeout} seconds; allow more with --timeout"
        ) from None
    except DeadKernelError:
        raise KernelDiedError(
            f"{notebook.name} ({_first_line(_running(output))}): its kernel died: killed, or out of memory; "
            "free some memory and render again"
        ) from None


def _running(output: Path) -> str:
    """The source of the cell at which the notebook in *output* stopped: the last that was begun."""
    try:
        cells = nbformat.read(output, as_version=4).cells
    except (OSError, ValueError):
        return ""
    begun = [cell.source for cell in cells if cell.metadata.get("papermill", {}).get("start_time")]
    return begun[-1] if begun else ""


def _first_line(source: str) -> str:
    """By which a reader finds a cell, whose number papermill's own cells shift."""
    return next((line.strip() for line in source.splitlines() if line.strip()), "")


def _build(run: _Run, built: Path) -> tuple[dict[str, Any], dict[str, str | None], list[str]]:
    """Make the report in *built*; return its manifest, what the kernels read, and the notebooks that were there before."""
    top, name, parameters, the_study = run.top, run.name, run.parameters, run.study
    folder = built / "notebooks"
    folder.mkdir()
    names = NOTEBOOKS[parameters.audience]
    try:
        done = _execute_all(run, folder, names)
    except (RenderError, OSError) as error:
        failed = top / "reports" / f"{name}.failed"
        kept = _kept(folder, failed)
        if isinstance(error, OSError):
            error = faults.of_writing(error, f"reports/{name}")
        where = f"; what was executed is in {failed.relative_to(top).as_posix()}/" if kept else ""
        raise type(error)(f"{error}{where}") from None
    executed = [(notebook_name, one.notebook) for notebook_name, one in zip(names, done, strict=True)]
    applicable = [
        (notebook_name, classroom.with_code_shown(_applicable(notebook, the_study)))
        for notebook_name, notebook in executed
    ]
    try:
        joined = document.prepare(document.join(applicable, front.title_block(parameters, the_study)))
    except document.DocumentError as error:
        raise RenderError(str(error)) from None
    _write_documents(built, joined, [slide for _, notebook in executed for slide in slides_exporter.slides(notebook)])
    (built / "data").mkdir()
    for file, text in document.collect_data(joined).items():
        _write(built / "data" / file, text)
    write_csv(the_study.shown, built / "incidents.csv")
    made_by = manifest.make(top, built, name, the_study, names, joined)
    _write(built / "manifest.json", json.dumps(made_by, indent=2, ensure_ascii=False) + "\n")
    reads = {file: digest for one in done for file, digest in one.reads.items()}
    return made_by, reads, [notebook_name for notebook_name, one in zip(names, done, strict=True) if one.reused]


def _write_documents(built: Path, joined: NotebookNode, slides: Sequence[Mapping[str, Any]]) -> None:
    """Write HTML, PDF and slides; the PDF, which takes longest, beside the others: Typst lets Python run meanwhile."""
    with ThreadPoolExecutor(1) as pool:
        pdf = pool.submit(typeset, joined)
        _write(built / "report.html", ReportHTMLExporter().from_notebook_node(joined)[0])
        if slides:
            _write(built / "slides.html", slides_exporter.export(slides, joined))
        (built / "report.pdf").write_bytes(pdf.result())


@dataclass(frozen=True)
class _Executed:
    """An executed notebook, the files that it read, and whether it had been executed before."""

    notebook: NotebookNode
    reads: dict[str, str | None]
    reused: bool


def _execute_all(run: _Run, folder: Path, names: Sequence[str]) -> list[_Executed]:
    """Execute the notebooks side by side; they share nothing but the tables they read."""
    with ThreadPoolExecutor(run.workers) as pool:
        jobs: dict[str, Future[_Executed]] = {}
        for name in (*(n for n in LONGEST_FIRST if n in names), *(n for n in names if n not in LONGEST_FIRST)):
            jobs[name] = pool.submit(_executed, run, folder, name, names.index(name))
        try:
            return [jobs[name].result() for name in names]
        except BaseException as error:
            pool.shutdown(wait=False, cancel_futures=True)  # what has not begun need not begin
            if not isinstance(error, Exception):
                warm.close()  # we are to end: what runs need not go on
            raise


def _executed(run: _Run, folder: Path, name: str, line: int) -> _Executed:
    """One notebook, executed now or before, written to *folder* without a word of where that is."""
    key = run.key(name) if run.use_cache else ""
    known = cache.executed(run.top, key) if key else None
    written = folder / f"{name}.ipynb"
    if known is not None:
        text, reads = known
    else:
        notes = folder.parent.parent / f"{name}.reads"
        source, values = run.top / "notebooks" / f"{name}.ipynb", run.parameters.model_dump()
        bar = line if run.progress else None
        done = execute(source, written, values, run.top, bar, run.timeout, notes, run.shared)
        text, reads = nbformat.writes(document.scrub(done, [run.top])) + "\n", cache.noted(run.top, notes)
        if key:
            cache.keep(run.top, key, text, reads)
    _write(written, text)
    return _Executed(nbformat.reads(text, as_version=4), reads, known is not None)


def _kept(folder: Path, failed: Path) -> bool:
    """Keep what was executed in *folder* for a look; False where even that cannot be written."""
    try:
        shutil.rmtree(failed, ignore_errors=True)
        shutil.copytree(folder, failed)
    except OSError:
        shutil.rmtree(failed, ignore_errors=True)
        return False
    return True


def _applicable(notebook: NotebookNode, the_study: study.Study) -> NotebookNode:
    """The notebook without the sections that have nothing to show or belong to another edition.

    No rates without a series, no tests without data; what is tagged "briefing" stands elsewhere in the full edition, and
    what is tagged "ours" is true of the project's own chronology only; no reading of articles where there are none.
    """
    there = {
        "series": the_study.enough,
        "tests": the_study.testable,
        "briefing": the_study.parameters.audience == "briefing",
        "ours": the_study.ours,
        "articles": bool(the_study.intake.articles),
    }
    missing = {tag for tag, shown in there.items() if not shown}
    kept = [cell for cell in notebook.cells if not missing & set(cell.metadata.get("tags", ()))]
    return NotebookNode(notebook | {"cells": kept})


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _sweep(reports: Path, name: str) -> None:
    """Remove what a render of *name* that was killed has left; put the old report back if it lies there."""
    for left in reports.iterdir():
        if not re.fullmatch(rf"\.{re.escape(name)}\.[a-z0-9_]{{8}}", left.name):
            continue
        old = left / f"{name}.old"
        if old.is_dir() and not (reports / name).exists():
            old.rename(reports / name)
        shutil.rmtree(left, ignore_errors=True)


def put_in_place(built: Path, final: Path) -> None:
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
