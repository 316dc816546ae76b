"""Words that others wrote as HTML that shows them and runs nothing.

Whatever a notebook holds passes through here on its way into a page: text is escaped, marks that reorder or hide text
become visible, right-to-left runs are kept apart from their surroundings, Markdown loses its raw HTML, and links go
to web addresses or to anchors in the page only.
"""

import base64
import html
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlsplit

import mistune
from markupsafe import Markup
from pygments import formatters, highlight, lexers, util  # type: ignore[import-untyped]

# Strong right-to-left letters (Hebrew, Arabic, Syriac, Thaana, N'Ko and their presentation forms).
_RTL = r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]"
_RTL_RUN = re.compile(rf"{_RTL}+(?:[\s\u200c-\u200f\-.،؛]+{_RTL}+)*")
# Embeddings, overrides and isolates reorder the text around them; the others cannot be seen. Joiners and the
# left-to-right and right-to-left marks are part of correct spelling and stay.
_HIDDEN = re.compile("[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200b\u202a-\u202e\u2060\u2066-\u2069\ufeff\ufff9-\ufffb\U000e0001\U000e0020-\U000e007f]")  # fmt: skip
_RASTER = ("image/png", "image/jpeg", "image/gif", "image/webp")


def visible(text: object) -> str:
    """Return *text* with hidden and reordering marks named, e.g. ``[U+202E]``."""
    return _HIDDEN.sub(lambda found: f"[U+{ord(found[0]):04X}]", str(text))


def escape(value: object) -> Markup:
    """Return *value* as it reads: escaped, hidden marks visible, right-to-left runs isolated by ``<bdi>``."""
    escaped = html.escape(visible(value))
    return Markup(escaped if escaped.isascii() else _RTL_RUN.sub(r"<bdi>\g<0></bdi>", escaped))


def safe_link(target: object) -> str | None:
    """Return *target* if it is an anchor in the page or an http(s) address with a host, else None."""
    if not isinstance(target, str) or re.search(r"[\s\x00-\x1f\x7f]", target):
        return None
    if target.startswith("#"):
        return target if len(target) > 1 else None
    try:
        parts = urlsplit(target)
        return target if parts.scheme.lower() in ("http", "https") and parts.hostname else None
    except ValueError:
        return None


def anchor(words: Markup, target: object) -> Markup:
    """Return *words* linked to *target*; words alone where the target is not one that `safe_link` allows."""
    link = safe_link(target)
    if link is None:
        return words
    return Markup(f'<a href="{html.escape(link)}">{words}</a>')


def data_uri(content: str, mime: str = "text/csv") -> str:
    """Return *content* as a data URI, percent-encoded or base64, whichever is shorter."""
    plain = f"data:{mime};charset=utf-8,{quote(content, safe=',;:/?@!$*()-._~=+')}"
    packed = f"data:{mime};charset=utf-8;base64,{base64.b64encode(content.encode()).decode()}"
    return min(plain, packed, key=len)


def highlighted(source: str, language: str = "python") -> Markup:
    """Return *source* with the classes of Pygments, no colours."""
    try:
        lexer = lexers.get_lexer_by_name(language, stripnl=False)
    except util.ClassNotFound:
        return Markup(html.escape(visible(source)))
    return Markup(highlight(visible(source), lexer, formatters.HtmlFormatter(nowrap=True)).rstrip("\n"))


def markdown(
    source: str,
    headings: Sequence[Mapping[str, Any]] = (),
    prefix: str = "",
    attachments: Mapping[str, Mapping[str, str]] | None = None,
    region: str = "Table",
) -> Markup:
    """Return *source* as HTML; raw HTML in it is shown as text.

    Parameters
    ----------
    headings
        Level, text and slug of its headings in order, as `sitrep.render.document.number` lists them. The page's
        title is level 1, so a heading of level 1 becomes ``<h2>``.
    prefix
        Keeps the anchors of footnotes apart from those of other texts in the page.
    attachments
        Name -> MIME type -> base64 of the pictures that the text may show.
    region
        What a table that scrolls is called for a screen reader.
    """
    renderer = _Renderer(headings, prefix, attachments or {}, region)
    render = mistune.create_markdown(
        renderer=renderer, plugins=["table", "footnotes", "strikethrough", literal_escapes]
    )
    # The plugins bring their own anchors, alike in every text of the page.
    renderer.register("footnote_ref", _footnote_ref)
    renderer.register("footnote_item", _footnote_item)
    renderer.register("table", _table)
    renderer.register("table_cell", _table_cell)
    return Markup(render(source))


def literal_escapes(md: mistune.Markdown) -> None:
    r"""Mistune plugin: a character after a backslash is that character.

    Mistune itself may join it with the text behind it, and ``\&\#106;`` (the words "&#106;") would become "j".
    """

    def literal(inline: mistune.InlineParser, found: re.Match[str], state: mistune.InlineState) -> int:
        state.append_token({"type": "literal", "raw": re.sub(r"\\(.)", r"\1", found[0])})
        return found.end()

    md.inline.register("escape", md.inline.specification["escape"], literal)
    if md.renderer is not None:
        md.renderer.register("literal", lambda renderer, text: escape(text))


class _Renderer(mistune.HTMLRenderer):
    """Mistune's HTML with our text, links, pictures and headings."""

    def __init__(
        self,
        headings: Sequence[Mapping[str, Any]],
        prefix: str,
        attachments: Mapping[str, Mapping[str, str]],
        region: str,
    ) -> None:
        super().__init__(escape=True)
        self.prefix, self.attachments, self.region = prefix, attachments, region
        self._headings = iter(headings)

    def text(self, text: str) -> str:
        # CommonMark resolves entities (&amp; is &), so that they are not escaped twice.
        return escape(html.unescape(text))

    def codespan(self, text: str) -> str:
        return f"<code>{escape(text)}</code>"

    def inline_html(self, raw: str) -> str:
        return escape(raw)

    def block_html(self, raw: str) -> str:
        return f"<p>{escape(raw.strip())}</p>\n"

    def block_code(self, code: str, info: str | None = None) -> str:
        language = info.split()[0] if info and info.split() else "text"
        return f'<pre class="code" tabindex="0"><code>{highlighted(code, language)}</code></pre>\n'

    def link(self, text: str, url: str, title: str | None = None) -> str:
        return anchor(Markup(text), html.unescape(url))

    def image(self, text: str, url: str, title: str | None = None) -> str:
        alt = Markup(text).striptags()
        bundle = self.attachments.get(url.removeprefix("attachment:"), {})
        mime = next((kind for kind in _RASTER if kind in bundle), None)
        if mime is None:
            return text
        packed = re.sub(r"[^A-Za-z0-9+/=]", "", bundle[mime])
        return f'<img src="data:{mime};base64,{packed}" alt="{html.escape(alt)}">'

    def heading(self, text: str, level: int, **attrs: Any) -> str:
        known = next(self._headings, None)
        if known is None:
            level = min(level + 1, 6)
            return f"<h{level}>{text}</h{level}>\n"
        level, slug = min(known["level"] + 1, 6), html.escape(known["slug"])
        label = html.escape(visible(known["text"]))
        link = f'<a class="anchor" href="#{slug}" aria-label="#, {label}">#</a>'
        return f'<h{level} id="{slug}">{text} {link}</h{level}>\n'


def _footnote_ref(renderer: _Renderer, key: str, index: int) -> str:
    name = f"{renderer.prefix}{index}"
    return f'<sup id="_ref-{name}"><a href="#_note-{name}">{index}</a></sup>'


def _footnote_item(renderer: _Renderer, text: str, key: str, index: int) -> str:
    name = f"{renderer.prefix}{index}"
    back = f' <a href="#_ref-{name}" aria-label="↩ {index}">↩</a>'
    body = text.rstrip()
    body = f"{body[:-4]}{back}</p>" if body.endswith("</p>") else body + back
    return f'<li id="_note-{name}">{body}</li>\n'


def _table(renderer: _Renderer, text: str) -> str:
    name = html.escape(renderer.region)
    return f'<div class="scroll" role="group" aria-label="{name}" tabindex="0"><table>{text}</table></div>\n'


def _table_cell(renderer: _Renderer, text: str, align: str | None = None, head: bool = False) -> str:
    side = ' class="n"' if align == "right" else ""
    return f'<th scope="col"{side}>{text}</th>\n' if head else f"<td{side}>{text}</td>\n"
