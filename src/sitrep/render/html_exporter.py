"""A prepared notebook as one HTML file that a browser opens with the network off.

The page declares a content-security policy made of the hashes of its own style sheet and scripts; nothing else may
load or run. The template is in ``templates/sitrep``; whatever comes from a notebook passes through
`sitrep.render.markup` and `sitrep.render.inline_svg`.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment
from markupsafe import Markup
from nbconvert.exporters import TemplateExporter
from nbconvert.filters import strip_ansi
from nbformat import NotebookNode
from traitlets import default

from sitrep import words
from sitrep.content import MIME
from sitrep.render import document, inline_svg, markup

TEMPLATES = Path(__file__).parent / "templates"

#: Custom property -> (light, dark). The first ones carry the names of `inline_svg.VARIABLES`.
COLOURS = {
    "--paper": ("#ffffff", "#15181c"),
    "--ink": ("#1b1f24", "#e3e6ea"),
    "--muted": ("#59636e", "#9ea8b3"),
    "--grid": ("#d8dde3", "#363d46"),
    "--missing": ("#e9ecef", "#262c33"),
    "--blue": ("#0072b2", "#459fdb"),
    "--orange": ("#d55e00", "#e97b30"),
    "--raised": ("#f6f7f8", "#1d2126"),
    "--control": ("#767f8a", "#7d8792"),
    "--link": ("#0b558f", "#82bdf0"),
    "--accent": ("#1f4e79", "#8dbbe6"),
    "--warn": ("#94580a", "#dca94f"),
    "--warn-paper": ("#fcf6ea", "#272118"),
    "--target": ("#fff3c9", "#3d3515"),
    "--code-word": ("#7a3e9d", "#cba6ea"),
    "--code-text": ("#0a6640", "#86c99b"),
    "--code-number": ("#93480a", "#e3a871"),
}

#: Words that the page's script puts into the page.
SCRIPT_WORDS = ("filter", "shown", "sort", "months")

#: A table with more rows than this gets a filter, one with more than that a scroll area of its own (on screen only).
FILTER_ROWS, LONG_ROWS = 15, 40
#: Columns whose cells are all shorter than this many characters do not wrap; those with longer ones get room.
SHORT, LONG = 18, 60

_RTL_LANGUAGES = frozenset({"ar", "ckb", "dv", "fa", "he", "ps", "syr", "ur", "yi"})
_NUMBER = re.compile(r"[<>≤≥≈~]?\s*[+−-]?\d[\d,\u2009\u202f ]*(?:\.(?P<decimals>\d+))?%?")
_FIGURE_SPACE, _POINT_SPACE = "\u2007", "\u2008"


class ReportHTMLExporter(TemplateExporter):
    """One self-contained, accessible HTML file; ``jupyter nbconvert --to sitrep-html``."""

    export_from_notebook = "Report (HTML)"
    output_mimetype = "text/html"

    @default("file_extension")
    def _file_extension(self) -> str:
        return ".html"

    @default("template_name")
    def _template_name(self) -> str:
        return "sitrep"

    @default("extra_template_basedirs")
    def _basedirs(self) -> list[str]:
        return [str(TEMPLATES)]

    @default("optimistic_validation")
    def _optimistic_validation(self) -> bool:
        return True  # once, not after each of nbconvert's preprocessors: that took half of the time

    def from_notebook_node(  # type: ignore[override]  # as nbconvert's own template exporter does
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        """Return the page and nbconvert's resources.

        Raises
        ------
        sitrep.render.document.DocumentError
            A cell failed, a figure has no text alternative, or a reference leads nowhere.
        """
        page, resources = super().from_notebook_node(document.prepare(nb), resources, **kw)
        return page, resources

    def _create_environment(self) -> Environment:
        environment = super()._create_environment()
        environment.autoescape = True
        environment.trim_blocks = environment.lstrip_blocks = True
        environment.filters.update(
            shown=markup.escape,
            visible=markup.visible,
            anchor=markup.anchor,
            markdown=markup.markdown,
            highlighted=markup.highlighted,
            data_uri=markup.data_uri,
            drawing=inline_svg.inline,
            tabular=tabular,
            plain_output=plain_output,
            ours=lambda output: output.get("data", {}).get(MIME),
            said=document.meta,
            contents=document.contents,
            blocks=blocks,
            worded=lambda nb: words.table(document.meta(nb).get("lang", words.COMPLETE)),
            script_words=lambda own: json.dumps({name: own[name] for name in SCRIPT_WORDS}),
            worded_with=lambda template, **parts: template.format(**parts),
            direction=lambda lang: "rtl" if lang.split("-")[0] in _RTL_LANGUAGES else "ltr",
        )
        environment.globals.update(assets=assets(), new_sheet=inline_svg.Sheet)
        return environment


@dataclass(frozen=True)
class Assets:
    """The page's own style sheet and scripts, and the policy that lets these run and nothing else."""

    style: Markup
    early: Markup
    script: Markup

    @property
    def policy(self) -> str:
        """Return the value of ``Content-Security-Policy``."""
        scripts = " ".join(_hash(text) for text in (self.early, self.script))
        return (
            f"default-src 'none'; style-src {_hash(self.style)}; script-src {scripts}; img-src data:; "
            "base-uri 'none'; form-action 'none'"
        )


def assets() -> Assets:
    """Read the style sheet and the scripts, colours filled in."""
    folder = TEMPLATES / "sitrep"
    read = {name: (folder / name).read_text(encoding="utf-8") for name in ("report.css", "early.js", "report.js")}
    style = f"{colour_properties()}\n{read['report.css']}\n{inline_svg.colour_rules()}\n"
    return Assets(Markup(style), Markup(read["early.js"]), Markup(read["report.js"]))


def colour_properties(colours: Mapping[str, tuple[str, str]] = COLOURS) -> str:
    """Return the CSS that declares every colour for the light and the dark scheme."""
    light = "".join(f"{name}:{pair[0]};" for name, pair in colours.items())
    both = "".join(f"{name}:light-dark({pair[0]},{pair[1]});" for name, pair in colours.items())
    # Browsers before 2024 do not know light-dark() and stay light.
    return f":root{{{light}}}\n@supports (color:light-dark(#000,#fff)){{:root{{{both}}}}}"


def blocks(nb: NotebookNode) -> Iterator[tuple[str, list[tuple[int, NotebookNode]]]]:
    """Yield what the page shows in order: ("shown", one cell) and ("code", the cells behind what was just shown).

    Cells come with their place in the notebook, from 1. Code stands after what it shows, and neighbouring cells that
    show nothing share one fold with it, so that the text is not riddled with folds.
    """
    waiting: list[tuple[int, NotebookNode]] = []
    for place, cell in enumerate(nb.cells, start=1):
        if cell.cell_type != "code":
            folded, waiting = waiting, []
        elif cell.outputs and any(earlier.outputs for _, earlier in waiting):
            folded, waiting = waiting, [(place, cell)]
        else:
            folded, waiting = [], [*waiting, (place, cell)]
        if folded:
            yield "code", folded
        yield "shown", [(place, cell)]
    if waiting:
        yield "code", waiting


def tabular(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return columns (label, class) and rows (text, href, id, class of each cell) of a table payload, as laid out.

    Classes: "n" for numbers (right, tabular figures), "s" for short cells that do not wrap, "l" for long ones, "m" between.
    """
    columns, laid_out = [], []
    for place, column in enumerate(payload["columns"]):
        texts = [row[place]["text"] for row in payload["rows"]]
        if column["align"] == "decimal":
            texts = align_decimals(texts)
        kind = _column_class(column["align"], texts)
        columns.append({"label": column["label"], "kind": kind})
        laid_out.append(
            [{**row[place], "text": text, "kind": kind} for row, text in zip(payload["rows"], texts, strict=True)]
        )
    rows = [list(row) for row in zip(*laid_out, strict=True)]
    return {"columns": columns, "rows": rows, "filter": len(rows) > FILTER_ROWS, "long": len(rows) > LONG_ROWS}


def align_decimals(texts: Sequence[str]) -> list[str]:
    """Return *texts* with invisible figures behind the shorter numbers, so that decimal points stand in one line.

    Right-aligned in tabular figures, "3" among "0.25"s gets the width of ".00". Cells that are no plain number stay.
    """
    found = [_NUMBER.fullmatch(text) for text in texts]
    decimals = [len(number["decimals"] or "") if number else 0 for number in found]
    most = max(decimals, default=0)

    def padded(text: str, own: int) -> str:
        missing = _FIGURE_SPACE * (most - own)
        return text + (missing if own or not missing else _POINT_SPACE + missing)

    return [padded(text, own) if number else text for text, number, own in zip(texts, found, decimals, strict=True)]


def plain_output(output: Mapping[str, Any]) -> str:
    """Return what an output that is not ours says as plain text; HTML, images and widgets are not let in."""
    text = output["text"] if output.get("output_type") == "stream" else output.get("data", {}).get("text/plain", "")
    return str(strip_ansi(text)).rstrip()


def _column_class(align: str, texts: Sequence[str]) -> str:
    if align in ("right", "decimal"):
        return "n"
    longest = max(map(len, texts), default=0)
    return "l" if longest > LONG else "s" if longest <= SHORT else "m"


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
