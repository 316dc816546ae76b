"""How long reports take, against a loop of papermill, nbconvert to HTML and nbconvert to webpdf over the same notebooks.

    .venv/bin/python benchmarks/reports.py --out benchmarks/reports.md

takes about eleven minutes on two idle cores; `--theirs-of-many 20` lets the loop make all twenty reports too, half an hour more.

Works in a copy of the project in a temporary folder; writes a table of ratios. Both sides execute the same notebooks with
the same parameters and write HTML and PDF; the executed cells' outputs are compared and must be equal. "Peak memory" is the
largest sum, over the processes of one side, of the memory that is theirs (proportional set size), read twice a second.
"CPU" is the processor time of all of them: on a machine that does other things too, the ratio to trust.

The loop is what one writes in a shell: for each notebook of a report `papermill`, `nbconvert --to html` and
`nbconvert --to webpdf`, as processes. The twenty reports are a matrix of months, all on the one series of attacks; both sides
work on two at a time. The loop has no idea of what is unchanged: its figures for a changed parameter stand for that, too.
webpdf needs a Chromium; the one on the PATH is used. Error rates of the tests, which are measured once a series and kept, are
there before either side begins. Quarto is measured where its command is installed.
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import yaml

from sitrep import parameters
from sitrep.render import classroom, document
from sitrep.render.run import NOTEBOOKS
from sitrep.rerun import matrix

ROOT = Path(__file__).parents[1]

#: nbconvert, with the Chromium that is installed instead of one that playwright would download.
NBCONVERT = """
import shutil, sys
from playwright.async_api import BrowserType
launch = BrowserType.launch
async def installed(self, **options):
    return await launch(self, **(options | {"executable_path": shutil.which("chromium")}))
BrowserType.launch = installed
from nbconvert.nbconvertapp import main
main()
"""


@dataclass
class Run:
    """Seconds by the clock and of the processors, and peak memory, of one side."""

    seconds: float = 0.0
    cpu: float = 0.0
    mib: float = 0.0


def tree(parent: int) -> list[int]:
    """*parent* and all processes below it."""
    children: dict[int, list[int]] = {}
    for state in Path("/proc").glob("[0-9]*/stat"):
        try:
            children.setdefault(int(state.read_text().rpartition(")")[2].split()[1]), []).append(int(state.parent.name))
        except OSError:
            continue
    found, todo = [], [parent]
    while todo:
        found.append(todo.pop())
        todo += children.get(found[-1], [])
    return found


def mib(process: int) -> float:
    try:
        text = Path(f"/proc/{process}/smaps_rollup").read_text()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")) / 1024


def cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@contextmanager
def measured() -> Iterator[Run]:
    """Time what is done, and watch the memory of the processes that it starts."""
    run, stop = Run(), threading.Event()

    def watch() -> None:
        while not stop.wait(0.5):
            run.mib = max(run.mib, sum(map(mib, set(tree(os.getpid())) - {os.getpid()})))

    watcher = threading.Thread(target=watch)
    watcher.start()
    begun, used = time.perf_counter(), cpu_of_children()
    try:
        yield run
    finally:
        run.seconds, run.cpu = time.perf_counter() - begun, cpu_of_children() - used
        stop.set()
        watcher.join()


def call(arguments: Sequence[str | Path], top: Path) -> None:
    done = subprocess.run(arguments, cwd=top, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, arguments))[:300]}\n{done.stderr[-3000:]}")


def ours(top: Path, *arguments: str) -> None:
    call([sys.executable, str(top / "command.py"), *arguments], top)


def theirs(top: Path, name: str) -> None:
    """The loop over one report."""
    chosen = parameters.read(top / "reports" / f"{name}.yaml")
    out = top / "theirs" / name
    out.mkdir(parents=True, exist_ok=True)
    (out / "parameters.yaml").write_text(yaml.safe_dump(chosen.model_dump()), encoding="utf-8")
    for notebook in NOTEBOOKS[chosen.audience]:
        executed = out / f"{notebook}.ipynb"
        papermill: list[str | Path] = [
            sys.executable,
            "-m",
            "papermill",
            "-k",
            "python3",
            "--no-progress-bar",
            "-f",
            out / "parameters.yaml",
        ]
        call([*papermill, f"notebooks/{notebook}.ipynb", executed], top)
        for form in ("html", "webpdf"):
            convert = [sys.executable, "-c", NBCONVERT, "--to", form, "--disable-chromium-sandbox", "--log-level=ERROR"]
            call([*convert, executed], top)


def outputs(file: Path, top: Path) -> list[Any]:
    """What the cells of an executed notebook show, without what papermill notes of time and place."""
    notebook = document.scrub(nbformat.read(file, as_version=4), [top])
    return [
        {"data": output.get("data"), "text": output.get("text")}
        for cell in notebook.cells
        for output in cell.get("outputs", ())
    ]


def same(top: Path, name: str) -> bool:
    """Whether both sides show the same in every cell."""
    mine, other = top / "reports" / name / "notebooks", top / "theirs" / name
    files = sorted(mine.glob("*.ipynb"))
    return bool(files) and all(outputs(file, top) == outputs(other / file.name, top) for file in files)


def copy(folder: Path) -> Path:
    top = folder / "project"
    for name in ("notebooks", "data", "seeds"):
        shutil.copytree(ROOT / name, top / name, ignore=shutil.ignore_patterns("*.lock", ".ipynb_checkpoints"))
    for notebook in (top / "notebooks").glob("*.ipynb"):  # the cells of the class are run in its edition only
        nbformat.write(classroom.for_edition(nbformat.read(notebook, as_version=4), "full"), notebook)
    (top / "reports").mkdir()
    (top / "command.py").write_text(
        "from sitrep.cli import app\n\nif __name__ == '__main__':\n    app()\n", encoding="utf-8"
    )
    for file in (*(ROOT / "reports").glob("*.yaml"), ROOT / "CITATION.cff"):
        shutil.copy(file, top / file.relative_to(ROOT))
    return top


def change(file: Path, **values: Any) -> None:
    given = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    file.write_text(yaml.safe_dump(given | values), encoding="utf-8")


def pair(mine: Callable[[], None], other: Callable[[], None]) -> tuple[Run, Run]:
    with measured() as first:
        mine()
    with measured() as second:
        other()
    return first, second


def row(what: str, mine: Run, other: Run, note: str) -> str:
    return (
        f"| {what} | {mine.seconds:.1f} | {other.seconds:.1f} | **{other.seconds / mine.seconds:.1f}** "
        f"| {mine.cpu:.1f} | {other.cpu:.1f} | **{other.cpu / mine.cpu:.1f}** "
        f"| {mine.mib:.0f} | {other.mib:.0f} | {note} |"
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--report", default="overview", help="the report rendered cold")
    options.add_argument("--months", default="2022-08..2024-03", help="the months of the reports rendered together")
    options.add_argument("--theirs-of-many", type=int, default=4, help="how many of them the loop makes; then scaled")
    options.add_argument("--out", type=Path)
    given = options.parse_args()
    lines = [
        "| what | sitrep, s | loop, s | times faster | sitrep, CPU s | loop, CPU s | times less | sitrep, MiB | loop, MiB | |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|---|",
    ]

    def told(line: str) -> None:
        lines.append(line)
        print(line, flush=True)

    with tempfile.TemporaryDirectory(prefix="reports-") as folder:
        top, name = copy(Path(folder)), given.report
        (top / "reports" / "month.yaml").write_text(
            yaml.safe_dump({"title": "Attacks, {month}", "matrix": {"month": given.months}}), encoding="utf-8"
        )
        months = [each.name for each in matrix.write(matrix.plan([str(top / "reports" / "month.yaml")], top), top)]
        one = months[-1]

        def equal(*reports: str) -> str:
            return "outputs equal" if all(same(top, report) for report in reports) else "OUTPUTS DIFFER"

        def forget(*reports: str) -> None:
            for path in (top / "reports" / ".cache", *(top / "reports" / report for report in reports)):
                shutil.rmtree(path, ignore_errors=True)

        def render(*reports: str) -> Callable[[], None]:
            return lambda: ours(top, "render", "--no-progress", *reports)

        render(one)()  # so that both sides find the error rates of the tests measured
        planned = (top / "reports" / f"{one}.yaml").read_text(encoding="utf-8")
        change(top / "reports" / f"{one}.yaml", interval="poisson")
        mine, other = pair(render(one), lambda: theirs(top, one))
        changed = row("one month, a parameter changed", mine, other, equal(one))
        with measured() as again:
            render(one)()
        told(row(f"`{name}`, cold", *pair(render(name), lambda: theirs(top, name)), equal(name)))
        told(changed)
        told(row("one month, unchanged", again, other, "the loop's figures are those of the row above"))

        (top / "reports" / f"{one}.yaml").write_text(
            planned, encoding="utf-8"
        )  # a batch refuses what was changed by hand
        forget(*months)
        some = months[: given.theirs_of_many]
        with measured() as mine:
            ours(top, "batch", "reports/month.yaml", "--workers", "2")
        with measured() as other, ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda report: theirs(top, report), some))
        other.seconds *= len(months) / len(some)
        other.cpu *= len(months) / len(some)
        scaled = "" if len(some) == len(months) else f"; the loop's seconds are those of {len(some)}, scaled"
        told(row(f"{len(months)} months, two at a time", mine, other, equal(*some) + scaled))
    if not shutil.which("quarto"):
        told(
            "| Quarto | | | | | | | | | not installed: its package fetches a program from elsewhere while it is installed |"
        )
    if given.out:
        given.out.write_text(f"# {__doc__}\n" + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
