"""Markdown -> the tree of plain data that ``report.typ`` sets: no Typst code is ever made from content."""

from collections.abc import Mapping, Sequence
from typing import Any

from sitrep.render import columns, letters
from sitrep.render.document import Token, parse, words

Block = dict[str, Any]
#: Text stands as itself.
Node = Block | str

#: Points of the width of running text.
MEASURE = 400.0
#: Width of a word in running text, in em, beyond which it may be broken anywhere.
LONGEST_WORD = 20.0

_SAFE = ("https://", "http://", "mailto:")


class Renderer:
    """Turns the Markdown of one cell into nodes.

    Parameters
    ----------
    headings
        Level, text and slug of its headings in order, as `sitrep.render.document.number` lists them.
    images
        File name inside the document for each ``attachment:`` of the cell.
    scope
        A name that no other cell has, for the labels of footnotes.
    """

    def __init__(
        self, headings: Sequence[Mapping[str, Any]] = (), images: Mapping[str, str] | None = None, scope: str = ""
    ):
        self._headings = iter(headings)
        self._images = images or {}
        self._scope = scope
        self._notes: dict[str, Token] = {}
        self._told: set[str] = set()

    def render(self, markdown: str) -> list[Block]:
        """Return the blocks of *markdown*."""
        tokens = parse(markdown)
        for token in tokens:
            if token["type"] == "footnotes":
                self._notes = {note["attrs"]["key"]: note for note in token["children"]}
        return self._blocks(tokens)

    def _blocks(self, tokens: Sequence[Token]) -> list[Block]:
        nodes = (self._block(token) for token in tokens)
        return [node for node in nodes if node is not None]

    def _block(self, token: Token) -> Block | None:
        kind, children = token["type"], token.get("children", ())
        if kind in ("paragraph", "block_text"):
            return {"t": "paragraph", "c": self._inlines(children)}
        if kind == "heading":
            known = next(self._headings, None) or {"level": token["attrs"]["level"], "slug": None}
            return {"t": "heading", "level": known["level"], "slug": known["slug"], "c": self._inlines(children)}
        if kind == "list":
            return {
                "t": "list",
                "ordered": token["attrs"]["ordered"],
                "start": token["attrs"].get("start", 1),
                "tight": token["tight"],
                "items": [self._blocks(item["children"]) for item in children],
            }
        if kind == "block_quote":
            return {"t": "quote", "c": self._blocks(children)}
        if kind == "block_code":
            return preformatted(token["raw"])
        if kind == "block_html":
            raw = token["raw"].strip()
            return None if raw.startswith("<!--") else preformatted(raw)
        if kind == "table":
            return self._table(token)
        return {"t": "rule"} if kind == "thematic_break" else None

    def _table(self, token: Token) -> Block:
        head, *bodies = (part["children"] for part in token["children"])
        rows = [row["children"] for body in bodies for row in body]
        fit = columns.fit([words(cell) for cell in head], [[words(cell) for cell in row] for row in rows], MEASURE)
        return {
            "t": "grid",
            "size": fit.size,
            "widths": fit.widths,
            "align": [cell["attrs"]["align"] or "left" for cell in head],
            "head": [self._inlines(cell["children"]) for cell in head],
            "rows": [[self._inlines(cell["children"]) for cell in row] for row in rows],
        }

    def _inlines(self, tokens: Sequence[Token]) -> list[Node]:
        nodes: list[Node] = []
        run: list[Token] = []  # neighbouring text is set as one, so that Arabic words stay together
        for token in tokens:
            if token["type"] in ("text", "literal", "softbreak"):
                run.append(token)
                continue
            nodes += _text("".join(map(words, run)))
            run = []
            nodes += self._inline(token)
        return nodes + _text("".join(map(words, run)))

    def _inline(self, token: Token) -> list[Node]:
        kind, children = token["type"], token.get("children", ())
        if kind in ("emphasis", "strong", "strikethrough"):
            return [{"t": kind, "c": self._inlines(children)}]
        if kind == "codespan":
            return [{"t": "code", "s": letters.breakable(letters.showable(words(token)), LONGEST_WORD)}]
        if kind == "link":
            return link(token["attrs"]["url"], self._inlines(children))
        if kind == "image":
            file = self._images.get(token["attrs"]["url"])
            return [{"t": "image", "file": file, "alt": words(token)}] if file else _text(words(token))
        if kind == "linebreak":
            return [{"t": "break"}]
        if kind == "footnote_ref":
            return self._footnote(token["raw"])
        if kind == "inline_html" and token["raw"].startswith("<!--"):
            return []
        return _text(words(token))

    def _footnote(self, key: str) -> list[Node]:
        label = f"note-{self._scope}-{key}"
        if key in self._told or key not in self._notes:
            return [{"t": "footnote", "label": label, "c": None}]
        self._told.add(key)
        paragraphs = [part for part in self._notes[key]["children"] if "children" in part]
        body = [node for part in paragraphs for node in [*self._inlines(part["children"]), {"t": "break"}]]
        return [{"t": "footnote", "label": label, "c": body[:-1]}]


def text(string: str, room: float = LONGEST_WORD) -> list[Node]:
    """Return *string* as nodes that show it letter by letter; words wider than *room* em may be broken."""
    return _text(string.strip(), room)


def run(string: str) -> list[Node]:
    """Return *string* as `text` does, with a space kept at each of its ends."""
    return _text(string)


def link(url: str, body: list[Node]) -> list[Node]:
    """Return *body* as a link if *url* leads into the document or to the web, else *body* alone."""
    if url.startswith("#") and len(url) > 1:
        return [{"t": "ref", "to": url[1:], "c": body}]
    if url.lower().startswith(_SAFE):
        return [{"t": "link", "to": url, "c": body or _text(url)}]
    return body


def preformatted(string: str) -> Block:
    """Return *string* as lines in a fixed-width face, spaces kept."""
    rows = string.expandtabs(4).rstrip("\n").split("\n")
    return {"t": "lines", "lines": [_line(row) for row in rows]}


def _line(row: str) -> str:
    start = len(row) - len(row.lstrip(" "))
    return "\u00a0" * start + letters.breakable(letters.showable(row).replace("  ", "\u00a0 "), 40.0)


def _text(string: str, room: float = LONGEST_WORD) -> list[Node]:
    """Return *string* as a text node, the spaces at its ends kept (one each)."""
    if not string:
        return []
    shown = letters.directed(letters.breakable(letters.showable(" ".join(string.split())), room))
    before = " " if string[0].isspace() else ""
    after = " " if string[-1].isspace() and shown else ""
    return [before + shown + after]
