"""The slides of a report as one HTML file: a screen a slide, drawings with large letters, notes for the speaker.

Cells tagged ``slides`` of the executed notebooks say what each slide holds (`sitrep.content.Slide`), drawings included;
nothing is computed again. The page scrolls from slide to slide by itself, so that it
works without its script, and declares the same kind of content-security policy as the report.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup
from nbformat import NotebookNode

from sitrep import words
from sitrep.content import plain
from sitrep.render import document, inline_svg, markup
from sitrep.render.html_exporter import TEMPLATES, Assets, colour_properties

#: Cells of a notebook that hold slides; they are tagged "remove" as well, and so no part of the report.
TAG = "slides"
#: Where the report lies, as seen from the slides.
REPORT = "report.html"

#: Width over height of a drawing below which points stand beside it, and from which on they have room below it.
TALL = 1.9
_VIEW_BOX = re.compile(r'viewBox="[\d.-]+ [\d.-]+ ([\d.]+) ([\d.]+)"')
_REFERENCE = re.compile(r"\[\]\(#(?P<id>[^)\s]+)\)")


@dataclass(frozen=True)
class Shown:
    """One slide as laid out: layout is "figure", "beside" or "text".

    *figure* has title, caption, alt and svg; *same* is the id and the name of the report's figure of the same.
    """

    id: str
    title: str
    points: Sequence[tuple[str, str]]
    layout: str
    figure: Mapping[str, str] | None
    same: tuple[str, str] | None
    notes: str


def slides(nb: NotebookNode) -> Iterator[dict[str, Any]]:
    """Yield the slides that the cells of an executed notebook hold, in order."""
    for cell in nb.cells:
        if TAG in document.tags(cell):
            yield from (payload for payload in document.payloads(cell) if payload["kind"] == "slide")


def export(told: Sequence[Mapping[str, Any]], report: NotebookNode) -> str:
    """Return the page that shows the slides *told*; what they refer to is named as in the prepared *report*."""
    meta = document.meta(report)
    page_words = words.table(str(meta.get("lang", words.COMPLETE)))
    own = {**page_words["slides"], **{kind: page_words["page"][kind] for kind in ("figure", "table")}}
    names = _names(report, own)
    shown = [_laid_out(payload, names) for payload in told]
    style, early, script = _sheets()
    return (
        _environment()
        .get_template("index.html.j2")
        .render(
            meta=meta,
            slides=shown,
            words=own,
            sheet=inline_svg.Sheet(),
            assets=Assets(style, early, script),
            report=REPORT,
        )
    )


def _names(report: NotebookNode, own: Mapping[str, str]) -> dict[str, str]:
    """What the report calls the figures and tables that notes may refer to."""
    return {
        payload["id"]: f"{own[payload['kind']]} {payload['number']}"
        for cell in report.cells
        for payload in document.payloads(cell)
        if payload["kind"] in ("figure", "table")
    }


def _laid_out(payload: Mapping[str, Any], names: Mapping[str, str]) -> Shown:
    figure = payload["figure"]
    points = [(label, words) for label, words in payload["points"]]
    layout = "text" if figure is None else "beside" if points and _shape(figure["svg"]) < TALL else "figure"
    same = next((name for name in payload["figures"] if name in names), None)
    notes = _referring(payload["notes"], names)
    return Shown(payload["id"], payload["title"], points, layout, figure, same and (same, names[same]), notes)


def _shape(svg: str) -> float:
    """Width over height of a drawing; a wide one where it does not say."""
    found = _VIEW_BOX.search(svg)
    return float(found[1]) / float(found[2]) if found else 2 * TALL


def _referring(notes: str, names: Mapping[str, str]) -> str:
    """Notes whose references name what the report holds; what it does not hold is called by its id."""
    return _REFERENCE.sub(lambda found: f"*{plain(names.get(found['id'], found['id']))}*", notes)


@lru_cache(maxsize=1)
def _sheets() -> tuple[Markup, Markup, Markup]:
    """The page's style sheet, with the colours of the report, and its scripts."""
    css, script = ((TEMPLATES / "slides" / name).read_text(encoding="utf-8") for name in ("slides.css", "slides.js"))
    early = (TEMPLATES / "sitrep" / "early.js").read_text(encoding="utf-8")
    return Markup(f"{colour_properties()}\n{css}\n{inline_svg.colour_rules()}\n"), Markup(early), Markup(script)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(TEMPLATES) / "slides"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        shown=markup.escape,
        visible=markup.visible,
        drawing=inline_svg.inline,
        markdown=markup.markdown,
        inline=_inline,
    )
    return environment


def _inline(text: str) -> Markup:
    """One paragraph of Markdown without its paragraph tags."""
    return Markup(re.sub(r"\A<p>(.*)</p>\Z", r"\1", str(markup.markdown(text)).strip(), flags=re.S))
