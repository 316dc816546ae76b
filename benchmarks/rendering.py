"""Time and size from executed notebooks to documents: ours beside nbconvert's own HTML and its PDF by a browser.

`python benchmarks/rendering.py [REPORT]` reads the executed notebooks in reports/REPORT/ (overview if none is given; `make
report` makes them), exports them once as HTML, PDF and slides, then once with nbconvert's `html` and `webpdf` exporters
(the latter needs Playwright and a Chromium, which CHROMIUM may name), and prints seconds by the clock and of the
processor, bytes, requests that the page makes in a browser with the network off, and what axe-core finds (AXE_PATH names
its axe.min.js). What is not installed is said. With `--write` the table goes into rendering.md.

Quarto is no row: its PyPI package is a downloader of programs from elsewhere.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode

from sitrep import front, parameters, study
from sitrep.render import classroom, document, run, slides_exporter
from sitrep.render.html_exporter import ReportHTMLExporter
from sitrep.render.typst_exporter import TypstPDFExporter

ROOT = Path(__file__).parents[1]
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")


@dataclass(frozen=True)
class Row:
    """One export: seconds by the clock and of this process, bytes, and what a browser and axe-core say of it."""

    name: str
    clock: float
    processor: float
    size: int
    requests: str = "–"
    violations: str = "–"

    def __str__(self) -> str:
        cells = (self.name, f"{self.clock:.1f}", f"{self.processor:.1f}", f"{self.size / 1e6:.2f}")
        return f"| {' | '.join(cells)} | {self.requests} | {self.violations} |"


def executed(name: str) -> tuple[list[tuple[str, NotebookNode]], dict[str, object]]:
    """Return the notebooks that a report was made of, without what other editions show, and what stands above it."""
    chosen = parameters.read(ROOT / "reports" / f"{name}.yaml")
    folder = ROOT / "reports" / name / "notebooks"
    found = [
        (notebook, classroom.for_edition(nbformat.read(folder / f"{notebook}.ipynb", as_version=4), chosen.audience))
        for notebook in run.NOTEBOOKS[chosen.audience]
    ]
    return found, front.title_block(chosen, study.load(chosen, ROOT))


def timed(name: str, export: Callable[[], str | bytes], folder: Path, suffix: str) -> Row:
    """Export once and return the row; the file is written for the browser to look at."""
    clock, processor = time.perf_counter(), time.process_time()
    made = export()
    clock, processor = time.perf_counter() - clock, time.process_time() - processor
    data = made.encode() if isinstance(made, str) else made
    path = folder / f"{name.replace(' ', '-').replace(',', '')}.{suffix}"
    path.write_bytes(data)
    seen = looked_at(path) if suffix == "html" else {}
    return Row(name, clock, processor, len(data), **seen)


def looked_at(path: Path) -> dict[str, str]:
    """Return what the page asks for and what axe-core finds in it, in a browser with the network off."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return {"requests": "no Playwright", "violations": "no Playwright"}
    if CHROMIUM is None:
        return {"requests": "no Chromium", "violations": "no Chromium"}
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_context(offline=True, bypass_csp=True).new_page()
        page.set_default_timeout(600_000)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri(), wait_until="domcontentloaded")
        page.wait_for_timeout(1000)
        found = "no AXE_PATH"
        if "AXE_PATH" in os.environ:
            page.evaluate(Path(os.environ["AXE_PATH"]).read_text(encoding="utf-8"))
            faults = page.evaluate("axe.run(document, {resultTypes: ['violations']}).then(r => r.violations)")
            found = f"{len(faults)} rules, {sum(len(fault['nodes']) for fault in faults)} places" if faults else "0"
        browser.close()
    asked = [url for url in asked if not url.startswith(("file:", "data:", "blob:"))]
    return {"requests": str(len(asked)), "violations": found}


def rows(name: str, folder: Path) -> list[Row]:
    """Return one row an exporter."""
    notebooks, about = executed(name)
    made: list[Row] = []
    clock, processor = time.perf_counter(), time.process_time()
    joined = document.prepare(document.join(notebooks, about))
    made.append(Row("joined, checked and numbered", time.perf_counter() - clock, time.process_time() - processor, 0))
    made.append(timed("our HTML", lambda: ReportHTMLExporter().from_notebook_node(joined)[0], folder, "html"))
    made.append(timed("our PDF", lambda: TypstPDFExporter().from_notebook_node(joined)[0], folder, "pdf"))
    told = [slide for _, notebook in notebooks for slide in slides_exporter.slides(notebook)]
    made.append(timed("our slides", lambda: slides_exporter.export(told, joined), folder, "html"))
    plain = document.join(notebooks, about)
    made.append(timed("nbconvert html", lambda: HTMLExporter().from_notebook_node(plain)[0], folder, "html"))
    made.append(timed("nbconvert webpdf", lambda: webpdf(plain), folder, "pdf"))
    return made


def webpdf(notebook: NotebookNode) -> bytes:
    """Return nbconvert's HTML printed by the browser, as its webpdf exporter prints it."""
    from playwright.sync_api import sync_playwright

    page_text = HTMLExporter().from_notebook_node(notebook)[0]
    with tempfile.TemporaryDirectory() as work, sync_playwright() as driver:
        path = Path(work) / "page.html"
        path.write_text(page_text, encoding="utf-8")
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_context(offline=True).new_page()
        page.set_default_timeout(600_000)
        page.goto(path.as_uri(), wait_until="domcontentloaded")
        printed = page.pdf(print_background=True)
        browser.close()
    return printed


def main(arguments: list[str]) -> None:
    """Print the table; with --write put it into rendering.md."""
    name = next((one for one in arguments if not one.startswith("-")), "overview")
    with tempfile.TemporaryDirectory() as folder:
        found = rows(name, Path(folder))
    load = f"{os.getloadavg()[0]:.1f}"
    lines = [
        f"# From executed notebooks to documents: reports/{name}",
        "",
        f"One run on {os.cpu_count()} cores, load {load} at its end. Seconds by the clock and of the process itself (a browser's or",
        "another program's are in the clock only). Requests: what the page asks for beyond its own file.",
        "",
        "| export | seconds | CPU seconds | MB | requests | axe-core |",
        "|---|--:|--:|--:|--:|---|",
        *map(str, found),
        "",
        "nbconvert's pages are one notebook with code shown and tables as they stand in JupyterLab: no contents, no numbers, no",
        "references, no incidents or sources told one by one; its PDF is its page printed by a browser, neither tagged by us nor the same",
        "bytes twice. Quarto is no row: its PyPI package only downloads the program from elsewhere.",
    ]
    text = "\n".join(lines) + "\n"
    print(text)
    if "--write" in arguments:
        (ROOT / "benchmarks" / "rendering.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
