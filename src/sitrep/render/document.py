"""Many executed notebooks -> one document: joined, numbered, cross-referenced and free of traces of the run.

Exporters call `prepare` and then read the notebook: every figure and table payload has its ``number``, every Markdown
cell (``metadata.sitrep.headings``) and every prose payload (``headings``) lists its headings with level, text and slug
in order of appearance, and every ``[](#id)`` has become a link with words. Titles and captions are plain text.
"""

import copy
import html
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mistune
from nbformat import NotebookNode
from nbformat.v4 import new_notebook

from sitrep import words as fixed
from sitrep.content import MIME
from sitrep.render.markup import literal_escapes

#: Cells whose code runs but which are no part of the text.
HIDDEN_TAGS = frozenset({"parameters", "injected-parameters", "setup"})
#: Cells that no output shows.
REMOVE_TAG = "remove"
#: What nbconvert writes for an image without text alternative.
NO_ALT = "No description has been provided for this image"

#: Kinds of content that are numbered.
_NUMBERED = ("figure", "table")
#: Kinds of content whose entries have anchors -> where they are.
_LISTS = {"incidents": "incidents", "sources": "entries"}
_KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
_RUN_METADATA = ("papermill", "execution", "ExecuteTime", "widgets")
_ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]+")
# Code and escapes come first, so that what looks like a link inside them is left alone.
_REFERENCE = re.compile(
    r"(?P<skip>^(?P<fence>`{3,}|~{3,}).*?^(?P=fence)[`~]*|(?P<tick>`+)(?!`).*?(?<!`)(?P=tick)(?!`)|\\.)"
    r"|\[\]\(#(?P<id>[^)\s]+)\)",
    re.S | re.M,
)

Token = dict[str, Any]


class DocumentError(ValueError):
    """The notebooks cannot become a document; the message names the notebook and the cell."""


@dataclass(frozen=True)
class Heading:
    """One heading: its depth in the document (1 = top), its words, its anchor, and the headings below it."""

    level: int
    text: str
    slug: str
    children: tuple["Heading", ...] = ()


def parse(markdown: str) -> list[Token]:
    """Return the syntax tree of *markdown* (CommonMark with tables, footnotes and strikethrough).

    A character after a backslash is a token of its own, "literal", so that nothing around it changes it.
    """
    plugins: list[Any] = ["table", "footnotes", "strikethrough", literal_escapes]
    tokens, _ = mistune.create_markdown(renderer=None, plugins=plugins).parse(markdown)
    return tokens if isinstance(tokens, list) else []


def words(token: Token) -> str:
    """Return the text under *token*, without marks."""
    if token["type"] in ("softbreak", "linebreak"):
        return " "
    if token["type"] == "footnote_ref":
        return ""
    raw = html.unescape(token.get("raw", "")) if token["type"] == "text" else token.get("raw", "")
    return raw + "".join(words(child) for child in token.get("children", ()))


def walk(tokens: Sequence[Token]) -> Iterator[Token]:
    """Yield every token of a syntax tree, parents first, in order of the text."""
    for token in tokens:
        yield token
        yield from walk(token.get("children", ()))


def tags(cell: Mapping[str, Any]) -> frozenset[str]:
    """Return the tags of *cell*."""
    return frozenset(cell["metadata"].get("tags", ()))


def payloads(cell: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the figures, tables and prose that *cell* shows, in order."""
    for output in cell.get("outputs", ()):
        payload = output.get("data", {}).get(MIME)
        if payload is not None:
            yield payload


def meta(nb: NotebookNode) -> dict[str, Any]:
    """Return what is known of the document: title, subtitle, lang, facts, …"""
    return dict(nb.metadata.get("sitrep", {}))


def scrub(nb: NotebookNode, folders: Sequence[Path] = ()) -> NotebookNode:
    """Return *nb* without anything that differs from one run or machine to the next.

    Timings, kernel names and versions, and random cell ids go; memory addresses are blanked; paths inside *folders*
    become relative to them. Execution counts stay.
    """
    nb = copy.deepcopy(nb)
    language = {k: v for k, v in nb.metadata.get("language_info", {"name": "python"}).items() if k != "version"}
    sitrep = nb.metadata.get("sitrep")
    title = nb.metadata.get("title")
    nb.metadata = NotebookNode(kernelspec=NotebookNode(_KERNEL), language_info=NotebookNode(language))
    if title is not None:
        nb.metadata.title = title
    if sitrep is not None:
        nb.metadata.sitrep = sitrep
    roots = sorted((str(folder.absolute()) for folder in folders), key=len, reverse=True)

    def clean(text: str) -> str:
        for root in roots:
            text = text.replace(root + "/", "").replace(root, ".")
        return _ADDRESS.sub("at 0x…", text)

    for cell in nb.cells:
        for key in _RUN_METADATA:
            cell.metadata.pop(key, None)
        if "injected-parameters" in tags(cell) and "sitrep" not in cell.metadata:
            cell.id = "injected-parameters"  # papermill gives it a random one; a joined cell has its own already
        cell.source = clean(cell.source)
        for output in cell.get("outputs", ()):
            if output.get("output_type") == "stream":
                output.text = clean(output.text)
            for kind, value in output.get("data", {}).items():
                if isinstance(value, str) and kind.startswith("text/"):
                    output.data[kind] = clean(value)
    return nb


def join(notebooks: Sequence[tuple[str, NotebookNode]], meta: Mapping[str, Any]) -> NotebookNode:
    """Return one notebook of all cells of *notebooks* (name, executed notebook), in order.

    *meta* becomes ``metadata.sitrep``: title, subtitle, lang, facts (label, value), date, audience, licence, … Each
    cell carries ``metadata.sitrep`` with its notebook's name and its place in it (from 1). Cells tagged "remove" are
    left out.

    Raises
    ------
    DocumentError
        A cell failed, wrote to stderr, or shows an image without text alternative.
    """
    joined = new_notebook()
    for name, nb in notebooks:
        if nb.metadata.get("sitrep", {}).get("numbered"):
            raise DocumentError(f"{name} is numbered already: join notebooks before they are prepared")
        clean = scrub(nb)
        joined.metadata = clean.metadata
        for place, cell in enumerate(clean.cells, start=1):
            if REMOVE_TAG in tags(cell):
                continue
            cell.metadata.sitrep = NotebookNode(notebook=name, cell=place)
            cell.id = f"{slug(name)[:48]}-{place:03d}"
            joined.cells.append(cell)
    joined.metadata.pop("title", None)
    joined.metadata.sitrep = NotebookNode(copy.deepcopy(dict(meta)))
    check(joined)
    return joined


def check(nb: NotebookNode) -> None:
    """Raise `DocumentError` for whatever a report must not show: errors, warnings, images without words."""
    for position, cell in enumerate(nb.cells, start=1):
        where = _where(cell, position)
        if cell.cell_type == "markdown":
            _check_images(cell.source, where, cell.get("attachments", {}))
        for output in cell.get("outputs", ()):
            _check_output(output, where)
        shown = [payload for payload in payloads(cell) if payload["kind"] in _NUMBERED]
        if shown and tags(cell) & HIDDEN_TAGS:
            raise DocumentError(f"{where}: is tagged {', '.join(sorted(tags(cell)))} but shows {shown[0]['id']}")


def number(nb: NotebookNode) -> NotebookNode:
    """Return *nb* with numbered figures and tables, headings with anchors, and references that have words.

    ``[](#fig-monthly)`` becomes ``[Figure 3](#fig-monthly)``, ``[](#some-heading)`` the heading's words. Done once:
    a numbered notebook comes back as it is.

    Raises
    ------
    DocumentError
        An id is used twice, or a link points to an id that is not in the document; of a notebook that is a document by
        itself only those in its text.
    """
    return nb if meta(nb).get("numbered") else _number(copy.deepcopy(nb))


def _number(nb: NotebookNode) -> NotebookNode:
    """Number *nb* itself, as `number` does a copy."""
    joined = any(cell.metadata.get("sitrep", {}).get("notebook") for cell in nb.cells)
    names = _number_contents(nb)
    names |= _anchor_headings(nb, names)
    for position, cell in enumerate(nb.cells, start=1):
        where = _where(cell, position)
        if cell.cell_type == "markdown":
            cell.source = _resolve(cell.source, names, where)
        for output in cell.get("outputs", ()):
            payload = output.get("data", {}).get(MIME)
            if payload is None:
                continue
            if payload["kind"] == "prose":
                payload["markdown"] = _resolve(payload["markdown"], names, where)
                output.data["text/markdown"] = payload["markdown"]
            if not joined:
                _stay_inside(payload, names)
            for href in _links(payload):
                _known(href[1:], names, where)
    nb.metadata.setdefault("sitrep", NotebookNode())["numbered"] = True
    return nb


def prepare(nb: NotebookNode) -> NotebookNode:
    """Return *nb* as exporters want it: checked, scrubbed, titled and numbered. Doing it twice changes nothing.

    A notebook without a title in its metadata takes it from its first heading, which then leaves the text.
    """
    if meta(nb).get("numbered"):
        return nb
    nb = scrub(nb)
    nb.cells = [cell for cell in nb.cells if REMOVE_TAG not in tags(cell)]
    check(nb)
    own = nb.metadata.setdefault("sitrep", NotebookNode())
    if not own.get("title"):
        own["title"] = nb.metadata.get("title") or _take_title(nb)
    own.setdefault("lang", "en")
    return _number(nb)


def contents(nb: NotebookNode, depth: int = 3) -> tuple[Heading, ...]:
    """Return the tree of headings of a prepared notebook down to *depth* levels."""
    flat = [entry for entry in headings(nb) if entry["level"] <= depth]

    def below(entries: list[dict[str, Any]], level: int) -> tuple[Heading, ...]:
        starts = [at for at, entry in enumerate(entries) if entry["level"] == level]
        stops = [*starts[1:], len(entries)]
        return tuple(
            Heading(level, entries[at]["text"], entries[at]["slug"], below(entries[at + 1 : stop], level + 1))
            for at, stop in zip(starts, stops, strict=False)
        )

    return below(flat, 1)


def headings(nb: NotebookNode) -> list[dict[str, Any]]:
    """Return level, text and slug of all headings of a prepared notebook, in order."""
    return [dict(entry) for cell in nb.cells for group in _heading_groups(cell) for entry in group.get("headings", ())]


def collect_data(nb: NotebookNode) -> dict[str, str]:
    """Return the CSV of every figure and table, under the name of its file."""
    return {
        f"{payload['id']}.csv": payload["csv"]
        for cell in nb.cells
        for payload in payloads(cell)
        if payload.get("id") is not None and payload.get("csv") is not None
    }


def slug(text: str) -> str:
    """Return *text* as an anchor: lower case, letters and digits of any script, hyphens between words."""
    return "-".join(re.findall(r"[^\W_]+", re.sub(r"['’]", "", text.lower()))) or "section"


def _where(cell: Mapping[str, Any], position: int) -> str:
    own = cell["metadata"].get("sitrep", {})
    return f"{own.get('notebook', 'notebook')}, cell {own.get('cell', position)}"


def _check_output(output: Mapping[str, Any], where: str) -> None:
    kind = output.get("output_type")
    if kind == "error":
        raise DocumentError(f"{where}: failed with {output.get('ename')}: {output.get('evalue')}")
    if kind == "stream" and output.get("name") == "stderr":
        line = next((line for line in output["text"].splitlines() if line.strip()), "")
        raise DocumentError(f"{where}: wrote to stderr, which a report must not show: {line.strip()}")
    data = output.get("data", {})
    payload = data.get(MIME, {})
    texts = [output.get("text", ""), *data.values(), payload.get("alt"), payload.get("markdown")]
    if any(isinstance(text, str) and NO_ALT in text for text in texts):
        raise DocumentError(f"{where}: an image has no text alternative ({NO_ALT!r})")
    if any(name.startswith("image/") for name in data) and not str(payload.get("alt", "")).strip():
        name = payload.get("id", "an image")
        raise DocumentError(f"{where}: {name} has no text alternative: show it as a sitrep.content.Figure with alt")
    if payload.get("kind") == "figure" and "image/svg+xml" not in data:
        raise DocumentError(f"{where}: figure {payload.get('id')} has no SVG")
    if payload.get("kind") == "prose":
        _check_images(payload["markdown"], where, {})


def _check_images(markdown: str, where: str, attachments: Mapping[str, Any]) -> None:
    for token in walk(parse(markdown)) if "![" in markdown else ():
        if token["type"] != "image":
            continue
        url = token["attrs"]["url"]
        if not words(token).strip():
            raise DocumentError(f"{where}: image {url} has no text alternative")
        if url.removeprefix("attachment:") not in attachments:
            raise DocumentError(f"{where}: image {url} is not an attachment of its cell, so the report would lack it")


def _number_contents(nb: NotebookNode) -> dict[str, str]:
    """Number figures and tables in place; return every id with the words that refer to it."""
    names: dict[str, str] = {}
    counts = dict.fromkeys(_NUMBERED, 0)
    called = fixed.table(meta(nb).get("lang", fixed.COMPLETE))["page"]

    def claim(name: str, text: str, where: str) -> None:
        if name in names:
            raise DocumentError(f"{where}: id {name!r} is used twice")
        names[name] = text

    for position, cell in enumerate(nb.cells, start=1):
        for payload in payloads(cell):
            kind = payload["kind"]
            if kind in _LISTS:
                claim(payload["id"], payload["title"], _where(cell, position))
                for entry in payload[_LISTS[kind]]:
                    claim(entry["anchor"], entry.get("incident_id") or entry["title"], _where(cell, position))
            if kind not in _NUMBERED:
                continue
            counts[kind] += 1
            payload["number"] = counts[kind]
            claim(payload["id"], f"{called[kind]} {counts[kind]}", _where(cell, position))
            for part in (part for row in payload.get("rows", ()) for part in row if part.get("id")):
                claim(part["id"], part["text"], _where(cell, position))
    return names


def _heading_groups(cell: NotebookNode) -> Iterator[dict[str, Any]]:
    """Yield the places that hold headings: a Markdown cell's own metadata, or each prose payload."""
    if cell.cell_type == "markdown":
        yield cell.metadata.setdefault("sitrep", NotebookNode())
    yield from (payload for payload in payloads(cell) if payload["kind"] == "prose")


def _anchor_headings(nb: NotebookNode, taken: Mapping[str, str]) -> dict[str, str]:
    """List headings in place, each with a slug of its own and a level that never skips one."""
    anchors: dict[str, str] = {}
    depth: list[int] = []
    for cell in nb.cells:
        if tags(cell) & HIDDEN_TAGS:
            continue
        for group in _heading_groups(cell):
            found = []
            markdown = cell.source if cell.cell_type == "markdown" else group["markdown"]
            for token in walk(parse(markdown)):
                if token["type"] != "heading":
                    continue
                level, text = token["attrs"]["level"], words(token).strip()
                depth = [*(above for above in depth if above < level), level]
                name = _unique(slug(text), lambda name: name in taken or name in anchors)
                anchors[name] = text
                found.append(NotebookNode(level=len(depth), text=text, slug=name))
            group["headings"] = found
    return anchors


def _unique(name: str, used: Callable[[str], bool]) -> str:
    candidate, count = name, 1
    while used(candidate):
        count += 1
        candidate = f"{name}-{count}"
    return candidate


def _known(name: str, names: Mapping[str, str], where: str) -> str:
    if name not in names:
        raise DocumentError(f"{where}: refers to #{name}, which is not in the document")
    return names[name]


def _resolve(markdown: str, names: Mapping[str, str], where: str) -> str:
    def word(found: re.Match[str]) -> str:
        if found["id"] is None:
            return found[0]
        text = re.sub(r"([\\`*_\[\]<>])", r"\\\1", _known(found["id"], names, where))
        return f"[{text}](#{found['id']})"

    resolved = _REFERENCE.sub(word, markdown)
    for token in walk(parse(resolved)) if "](#" in resolved else ():
        if token["type"] == "link" and token["attrs"]["url"].startswith("#"):
            _known(token["attrs"]["url"][1:], names, where)
    return resolved


def _stay_inside(payload: dict[str, Any], names: Mapping[str, str]) -> None:
    """Take from a table or list what leads to another notebook, where one notebook is a document by itself.

    A source that is numbered elsewhere leads to the head of the list instead.
    """
    for row in payload.get("rows", ()):
        for part in row:
            if part.get("href", "").startswith("#") and part["href"][1:] not in names:
                del part["href"]
    for one in payload.get("incidents", ()):
        for said in one["mentions"]:
            if said["source"] not in names:
                said["source"] = payload["id"]
    for one in payload.get("entries", ()):
        one["incidents"] = [[anchor, name] for anchor, name in one["incidents"] if anchor in names]


def _links(payload: Mapping[str, Any]) -> Iterator[str]:
    """Yield every address within the document that a table or a list leads to."""
    yield from (f"#{said['source']}" for one in payload.get("incidents", ()) for said in one["mentions"])
    yield from (f"#{anchor}" for one in payload.get("entries", ()) for anchor, _ in one["incidents"])
    for row in payload.get("rows", ()):
        yield from (part["href"] for part in row if part.get("href", "").startswith("#"))


def _take_title(nb: NotebookNode) -> str:
    """Return the words of the first heading and take it out of the text, so that it is not said twice."""
    for cell in nb.cells:
        if cell.cell_type != "markdown" or tags(cell) & HIDDEN_TAGS:
            continue
        blocks = [token for token in parse(cell.source) if token["type"] != "blank_line"]
        for place, token in enumerate(blocks):
            if token["type"] == "heading":
                if place == 0 and token.get("style") == "atx":
                    cell.source = cell.source.lstrip().partition("\n")[2]
                return words(token).strip()
    return str(fixed.table(meta(nb).get("lang", fixed.COMPLETE))["page"]["untitled"])
