"""A prepared notebook as a tagged PDF (PDF/UA-1), typeset by Typst; the same input gives the same bytes everywhere.

What notebooks hold goes to ``report.typ`` as plain data (one JSON document and the figures as SVG, all in memory), so
that no content can run Typst code, read a file or point to one.
"""

import base64
import io
import json
import re
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from importlib.resources import files
from typing import Any

import pikepdf
import typst
from nbconvert.exporters import Exporter
from nbconvert.filters import strip_ansi
from nbformat import NotebookNode

from sitrep import words
from sitrep.content import MIME
from sitrep.render import columns, document, letters
from sitrep.render.document import DocumentError, Heading
from sitrep.render.markdown_typst import MEASURE, Block, Node, Renderer, link, preformatted, run, text

#: Points of a page's text width, and the height that a figure may take of it beside its caption.
TEXT_WIDTH = 482.0
_FIGURE_HEIGHT = 590.0
#: Inches as matplotlib draws a full-width figure -> the text width of the page.
_FIGURE_SCALE = 1.0
#: Height of a line with its share of a row's insets, in sizes of type; a table lower than this stays on one page, in
#: points; and a row of fewer lines is not divided.
_LINE, _KEPT_HEIGHT, _WHOLE_ROW = 1.7, 220.0, 25
#: Lines of contents that still leave room for the text to begin on the same page, and that one page holds.
_SHORT_CONTENTS, _LONGEST_CONTENTS = 14, 40

#: Letters of an address that a printed entry shows: about a line of its column.
_ADDRESS = 48

_IMAGES = {"image/svg+xml": "svg", "image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp"}

Files = dict[str, bytes]


class TypstPDFExporter(Exporter):
    """Exports a notebook to PDF: ``jupyter nbconvert --to typst-pdf NOTEBOOK``."""

    export_from_notebook = "PDF via Typst"
    file_extension = ".pdf"
    output_mimetype = "application/pdf"

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[Any, dict[str, Any]]:
        """Return the PDF of *nb* and nbconvert's resources.

        Raises
        ------
        sitrep.render.document.DocumentError
            The notebook cannot become a document, or Typst refuses it.
        """
        nb, resources = super().from_notebook_node(nb, resources, **kw)
        return typeset(document.prepare(nb)), resources


def typeset(nb: NotebookNode) -> bytes:
    """Return the PDF of a prepared notebook."""
    return _packed(bytes(_compiled(nb, format="pdf", pdf_standards=["ua-1"])))


def _packed(pdf: bytes) -> bytes:
    """Return *pdf* with the objects of its tags and links compressed too, which Typst writes out: half the size."""
    small = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as read:
        read.save(small, object_stream_mode=pikepdf.ObjectStreamMode.generate, deterministic_id=True)
    return small.getvalue()


def pictures(nb: NotebookNode, dots_per_inch: float = 80.0) -> list[bytes]:
    """Return each page of a prepared notebook as PNG, as its PDF has it."""
    shown = _compiled(nb, format="png", ppi=dots_per_inch)
    return [bytes(page) for page in (shown if isinstance(shown, list) else [shown])]


def _compiled(nb: NotebookNode, **options: Any) -> Any:
    tree, figures = read(nb)
    template = files("sitrep.render").joinpath("report.typ").read_bytes()
    # Any: the stubs do not know yet that a dictionary of files may be given
    sources: Any = {"main.typ": template, "document.json": json.dumps(tree, ensure_ascii=False).encode(), **figures}
    made = datetime.fromisoformat(tree["date"]).replace(tzinfo=UTC) if tree["date"] else datetime.fromtimestamp(0, UTC)
    # an empty root: the template can read what is handed over here and nothing of the machine
    with tempfile.TemporaryDirectory() as root:
        try:
            made_of, warnings = typst.compile_with_warnings(
                sources, root=root, font_paths=_fonts(), ignore_system_fonts=True, timestamp=made, **options
            )
        except typst.TypstError as error:
            raise DocumentError(f"the PDF could not be typeset: {error.message} {' '.join(error.hints)}") from error
    if warnings:
        raise DocumentError(f"the PDF was typeset with a warning: {warnings[0].message}")
    return made_of


def read(nb: NotebookNode) -> tuple[dict[str, Any], Files]:
    """Return what ``report.typ`` needs of a prepared notebook: the document as plain data, and its figures by file."""
    meta = document.meta(nb)
    lexicon = words.table(str(meta.get("lang", words.COMPLETE)))
    reader = _Reader(lexicon)
    blocks = [block for cell in nb.cells for block in reader.cell(cell)]
    tree = {
        "words": lexicon["page"],
        "title": str(meta.get("title", "")),
        "shown_title": text(str(meta.get("title", ""))),
        "subtitle": text(str(meta.get("subtitle", "") or "")),
        "lang": meta.get("lang", "en"),
        "date": meta.get("date"),
        "keywords": [str(word) for word in meta.get("keywords", ())],
        "facts": [[text(str(label)), text(str(value))] for label, value in meta.get("facts", ())],
        "licence": text(str(meta.get("licence", "") or "")),
        "outline": _outline(document.contents(nb)),
        "width": TEXT_WIDTH,
        "measure": MEASURE,
        "blocks": _grouped(blocks),
    }
    tree["stand_ins"] = " characters]" in json.dumps(tree["blocks"], ensure_ascii=False)
    return tree, reader.files


class _Reader:
    """Reads cells one after the other and gathers their figures."""

    def __init__(self, lexicon: words.Words) -> None:
        self.files: Files = {}
        self._words = lexicon
        self._cells = 0

    def cell(self, cell: NotebookNode) -> list[Block]:
        self._cells += 1
        if document.tags(cell) & document.HIDDEN_TAGS or cell.cell_type == "raw":
            return []
        if cell.cell_type == "markdown":
            images = {f"attachment:{name}": self._attachment(name, data) for name, data in _attached(cell)}
            known = cell.metadata.get("sitrep", {}).get("headings", ())
            return Renderer(known, images, str(self._cells)).render(cell.source)
        return [
            node for place, output in enumerate(cell.outputs) for node in self._output(output, f"{self._cells}-{place}")
        ]

    def _output(self, output: NotebookNode, scope: str) -> list[Block]:
        if output.output_type == "stream":
            return [preformatted(strip_ansi(output.text))]
        data = output.get("data", {})
        payload = data.get(MIME)
        if payload is None:
            if "text/markdown" in data:
                return Renderer((), {}, scope).render(data["text/markdown"])
            return [preformatted(strip_ansi(data["text/plain"]))] if data.get("text/plain") else []
        if payload["kind"] == "prose":
            blocks = Renderer(payload.get("headings", ()), {}, scope).render(payload["markdown"])
            role = payload.get("role", "text")
            return blocks if role == "text" else [{"t": "panel", "role": role, "blocks": blocks}]
        if payload["kind"] == "figure":
            return [self._figure(payload, data["image/svg+xml"])]
        if payload["kind"] == "incidents":
            return [_dossier(payload, self._words["incidents"])]
        if payload["kind"] == "sources":
            return [_bibliography(payload, self._words["sources"])]
        return [_table(payload)] if payload["kind"] == "table" else []

    def _figure(self, payload: Mapping[str, Any], svg: str) -> Block:
        file = f"figure-{payload['number']}.svg"
        self.files[file] = svg.encode()
        return {
            **_caption(payload),
            "t": "figure",
            "file": file,
            "width": _shown_width(svg),
            "alt": payload["alt"],
        }

    def _attachment(self, name: str, data: Mapping[str, str]) -> str:
        kind = next((kind for kind in data if kind in _IMAGES), None)
        if kind is None:
            raise DocumentError(f"attachment {name} is {', '.join(data)}; allowed are {', '.join(_IMAGES)}")
        file = f"attachment-{len(self.files)}.{_IMAGES[kind]}"
        content = data[kind]
        is_text = kind == "image/svg+xml" and content.lstrip().startswith("<")
        self.files[file] = content.encode() if is_text else base64.b64decode(content)
        return file


def _attached(cell: NotebookNode) -> Sequence[tuple[str, Mapping[str, str]]]:
    return sorted(cell.get("attachments", {}).items())


def _caption(payload: Mapping[str, Any]) -> Block:
    return {
        "id": payload["id"],
        "number": payload["number"],
        "title": text(payload["title"]),
        "note": text(payload.get("caption", "")),
    }


def _table(payload: Mapping[str, Any]) -> Block:
    heads = [str(column["label"]) for column in payload["columns"]]
    aligns = [column.get("align", "left") for column in payload["columns"]]
    fit = columns.fit(heads, [[part["text"] for part in row] for row in payload["rows"]], TEXT_WIDTH)
    pads = [_decimal_pads([row[at]["text"] for row in payload["rows"]], align) for at, align in enumerate(aligns)]
    return {
        **_caption(payload),
        "t": "table",
        "size": fit.size,
        "widths": fit.widths,
        "align": ["left" if align == "left" else "right" for align in aligns],
        "head": [text(head, room / 1.14) for head, room in zip(heads, fit.rooms, strict=True)],
        "keep": sum(fit.lines) * fit.size * _LINE < _KEPT_HEIGHT,
        "rows": [
            [_cell(part, room, pad[at]) for part, room, pad in zip(row, fit.rooms, pads, strict=True)]
            for at, row in enumerate(payload["rows"])
        ],
        "whole": [lines < _WHOLE_ROW for lines in fit.lines],
    }


def _dossier(payload: Mapping[str, Any], own: Mapping[str, Any]) -> Block:
    """Return the incidents with their mentions, each mention a line; a date is told where it is not the incident's own."""
    items = []
    for one in payload["incidents"]:
        reason = own["left_out"].format(why=one["reason"]) if one["reason"] else ""
        notes = " ".join(part for part in (f"{one['incident_id']}.", reason, one["differ_words"]) if part)
        items.append(
            {
                "id": one["anchor"],
                "head": text(f"{one['day']}, {one['site']}, {one['country']}"),
                "line": text(f"{one['numbers']}. {one['status_words'].capitalize()}. {notes}"),
                "said": [_said(said, one["day"], own) for said in one["mentions"]],
            }
        )
    return {
        "t": "dossier",
        "id": payload["id"],
        "title": text(payload["title"]),
        "note": text(payload["caption"]),
        "items": items,
    }


def _said(said: Mapping[str, Any], day: str, own: Mapping[str, Any]) -> list[Node]:
    differs = said["differs"]
    parts = [(said["stance_words"], "stance" in differs)]
    if said["date"] != day or "date" in differs:
        parts.append((said["date"], "date" in differs))
    parts += [
        (words_, what in differs or (what == "weapon" and "munitions" in differs)) for what, words_ in said["numbers"]
    ]
    if said["place"]:
        parts.append((own["place"].format(words=said["place"]), False))
    if said["claimed"]:
        parts.append((own["claimed"].format(who=said["claimed"]), False))
    nodes = link(f"#{said['source']}", text(f"{said['number']} {said['publisher']}"))
    plain = ": "
    for place, (shown, marked) in enumerate(parts):
        plain += "; " if place else ""
        if marked:
            nodes = [*nodes, *run(plain), {"t": "underline", "c": text(shown)}]
            plain = ""
        else:
            plain += shown
    return [*nodes, *run(f"{plain}.")]


def _bibliography(payload: Mapping[str, Any], own: Mapping[str, Any]) -> Block:
    entries = []
    for one in payload["entries"]:
        language = f" ({one['language']})" if one["language"] else ""
        nodes = [*text(one["title"]), *run(f". {one['publisher']}, {one['date']}{language}. ")]
        shown = text(_short_address(one["url"])) or text(own["no_address"])
        # an address never leads into the report
        nodes += shown if one["url"].startswith("#") else link(one["url"], shown)
        if one["incidents"]:
            # as words: incidents stand by day, which their ids tell, and a link each would double the time and the size
            lead = own["cited_in" if len(one["incidents"]) == 1 else "cited_in_many"]
            nodes += run(f" {lead} {', '.join(name for _, name in one['incidents'])}.")
        entries.append({"id": one["anchor"], "number": str(one["number"]), "c": nodes})
    return {"t": "bibliography", "id": payload["id"], "title": text(payload["title"]), "entries": entries}


def _short_address(url: str) -> str:
    """Return as much of an address as helps a reader of print: no escapes, no more than a line; its link leads on."""
    plain = re.sub(r"^https?://(www\.)?", "", url)
    readable = re.split(r"[%?]", plain, maxsplit=1)[0][:_ADDRESS]
    return plain if readable == plain else f"{readable}…"


def _cell(part: Mapping[str, str], room: float, pad: float) -> Block:
    lines = [text(line, room) for line in part["text"].split("\n")]
    body = lines[0] + [node for line in lines[1:] for node in [{"t": "break"}, *line]]
    return {
        "c": link(part["href"], body) if part.get("href") else body,
        "id": part.get("id"),
        "pad": pad,
        "rtl": letters.is_right_to_left(part["text"]),
    }


def _decimal_pads(cells: Sequence[str], align: str) -> list[float]:
    """Return the space after each right-aligned cell, in em, that brings the decimal points of a column in line."""
    if align != "decimal":
        return [0.0] * len(cells)
    tails = [_after_units(cell) for cell in cells]
    widest = max(map(letters.width, tails), default=0.0)
    return [round(widest - letters.width(tail), 3) for tail in tails]


def _after_units(cell: str) -> str:
    """Return what stands to the right of the units of the first number of *cell*: ".5 (0.9 to 2)" of "1.5 (0.9 to 2)"."""
    found = re.match(r"\D*?\d[\d,\u00a0\u2009\u202f]*(?!\d)", cell)
    return cell[found.end() :] if found else ""


def _grouped(blocks: Sequence[Block]) -> list[Block]:
    """Put neighbouring blocks of running text together, so that they share one measure."""
    grouped: list[Block] = []
    for block in blocks:
        if block["t"] in ("heading", "figure", "table", "panel", "grid", "dossier", "bibliography"):
            grouped.append(block)
        elif grouped and grouped[-1]["t"] == "prose":
            grouped[-1]["blocks"].append(block)
        else:
            grouped.append({"t": "prose", "blocks": [block]})
    return grouped


def _outline(tree: Sequence[Heading]) -> dict[str, Any]:
    """Return how deep the printed contents go: as many levels, up to three, as one page holds."""
    levels = [heading.level for heading in _flat(tree)]
    counts = {depth: sum(level <= depth for level in levels) for depth in (1, 2, 3)}
    depth = max((depth for depth in counts if counts[depth] <= _LONGEST_CONTENTS), default=1)
    entries = counts[depth]
    return {"depth": depth if entries > 2 else 0, "own_page": entries > _SHORT_CONTENTS}


def _flat(tree: Sequence[Heading]) -> list[Heading]:
    return [below for heading in tree for below in (heading, *_flat(heading.children))]


def _shown_width(svg: str) -> float:
    """Return the width of a figure on the page: all at one scale, so that their type is alike, unless it is too large."""
    found = re.search(r'<svg[^>]*?\sviewBox="[\d.-]+ [\d.-]+ ([\d.]+) ([\d.]+)"', svg)
    if found is None:
        return TEXT_WIDTH
    width, height = float(found.group(1)), float(found.group(2))
    return width * min(_FIGURE_SCALE, TEXT_WIDTH / width, _FIGURE_HEIGHT / height)


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[letters.FONT_FOLDER])
