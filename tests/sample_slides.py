"""The slides of a study, made without running notebooks."""

from collections.abc import Sequence
from typing import Any

from nbformat import NotebookNode

from sample_report import code, monthly_figure, notebook
from sitrep import examine, slides
from sitrep.content import MIME, Slide
from sitrep.examine import Examination
from sitrep.render import document, slides_exporter
from sitrep.study import Study

_TESTS: dict[int, Examination] = {}


def examination(study: Study) -> Examination:
    """Return the tests of *study*, without measured error rates; made once for one study."""
    return _TESTS.get(id(study)) or _TESTS.setdefault(id(study), examine.examine(study, simulations=0))


def payloads(told: Sequence[Slide]) -> list[dict[str, Any]]:
    """Return *told* as an executed notebook holds them."""
    return [slide._repr_mimebundle_()[0][MIME] for slide in told]


def report_of(study: Study) -> NotebookNode:
    """Return the prepared report of *study*, with one figure that a slide shows as well."""
    meta = {
        "title": study.parameters.title,
        "subtitle": "What happened, how often, and whether attacks rise around anniversaries and policy events",
        "facts": [
            ["Period", "2019 to 2026"],
            ["Parameters", "events = 15 values; confirmatory = " + "a-long-name " * 6],
        ],
    }
    return document.prepare(notebook(code(monthly_figure()), **meta))


def page(study: Study, done: Examination | None) -> str:
    """Return the slides of *study* as one HTML page."""
    return slides_exporter.export(payloads(slides.deck(study, done)), report_of(study))
