"""What a notebook shows: figures, tables and sentences that every exporter can read.

Each object displays itself in JupyterLab and carries, under one MIME type of ours, all that HTML, PDF and slides
need: an id to refer to, a title, a caption, the text alternative, and the data as CSV. Nothing is written to disk from
a notebook; the render collects the data from the executed notebooks.
"""

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure as MplFigure

from sitrep import theme
from sitrep.formats.cells import guard
from sitrep.formats.export import csv_text

#: The MIME type under which exporters find the content. Its JSON has `kind`: "figure", "table", "prose" or "slide".
MIME = "application/vnd.sitrep+json"

Bundle = tuple[dict[str, Any], dict[str, Any]]


def _rounded(data: pd.DataFrame) -> pd.DataFrame:
    """Fractions to six significant digits: more than was measured, and the same on every machine."""
    fractions = data.select_dtypes("float").columns
    return data.assign(**{name: data[name].map(_to_six_digits) for name in fractions})


def _to_six_digits(value: float) -> float:
    return value if value != value or float(value).is_integer() else float(f"{value:.6g}")


@dataclass(frozen=True)
class Figure:
    """One chart: its drawing, the data drawn, and what it says in words.

    Parameters
    ----------
    id
        Anchor in the document and name of the CSV, e.g. ``fig-monthly``.
    title
        The chart's one message, computed from the data.
    figure
        The matplotlib figure; it is closed on construction, so that no notebook shows it twice.
    data
        The data drawn, one row a mark.
    alt
        The text alternative, made from *data*.
    caption
        Source, n and how to read it.
    """

    id: str
    title: str
    figure: MplFigure
    data: pd.DataFrame
    alt: str
    caption: str = ""

    def __post_init__(self) -> None:
        if not self.alt.strip():
            raise ValueError(f"figure {self.id} has no text alternative")
        plt.close(self.figure)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Bundle:
        payload = {
            "kind": "figure",
            "id": self.id,
            "title": self.title,
            "caption": self.caption,
            "alt": self.alt,
            "csv": csv_text(_rounded(self.data), guard),
        }
        return {
            "image/svg+xml": theme.to_svg(self.figure, self.id),
            "text/plain": f"{self.title}\n{self.alt}",
            MIME: payload,
        }, {}


@dataclass(frozen=True)
class Table:
    """A table as the reader sees it: every cell already worded and rounded.

    Parameters
    ----------
    id, title, caption
        As for `Figure`; ids look like ``tab-contested``.
    rows
        The shown cells. Every column becomes text; missing becomes an en dash.
    labels
        Column -> heading; columns that are not named are shown under their own name.
    align
        Column -> "left", "right" or "decimal"; numbers default to "right".
    link
        Column -> column of *rows* that holds its link (``#anchor`` or a web address); that column is not shown.
    full
        The data behind the table for the CSV, when it is more than the rows shown.
    """

    id: str
    title: str
    rows: pd.DataFrame
    caption: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    align: Mapping[str, str] = field(default_factory=dict)
    link: Mapping[str, str] = field(default_factory=dict)
    full: pd.DataFrame | None = None

    def _columns(self) -> list[str]:
        targets = set(self.link.values())
        return [str(name) for name in self.rows.columns if name not in targets]

    def _payload(self) -> dict[str, Any]:
        names = self._columns()
        rows = [
            [_cell(row[name], row[self.link[name]] if name in self.link else None) for name in names]
            for row in self.rows.to_dict("records")
        ]
        columns = [
            {
                "name": name,
                "label": self.labels.get(name, name),
                "align": self.align.get(name, "right" if pd.api.types.is_numeric_dtype(self.rows[name]) else "left"),
            }
            for name in names
        ]
        data = self.rows if self.full is None else self.full
        return {
            "kind": "table",
            "id": self.id,
            "title": self.title,
            "caption": self.caption,
            "columns": columns,
            "rows": rows,
            "csv": csv_text(data, guard),
        }

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Bundle:
        payload = self._payload()
        return {
            "text/html": _html_table(payload),
            "text/plain": f"{self.title} ({len(self.rows)} rows)",
            MIME: payload,
        }, {}


@dataclass(frozen=True)
class Prose:
    """Computed sentences, as Markdown that we wrote; words of sources go through `plain` first.

    ``role`` is "text", "judgements" (the key judgements), "notice" (a panel that says why there is no result) or
    "limits".
    """

    markdown: str
    role: str = "text"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Bundle:
        payload = {"kind": "prose", "role": self.role, "markdown": self.markdown}
        return {"text/markdown": self.markdown, "text/plain": self.markdown, MIME: payload}, {}


@dataclass(frozen=True)
class Slide:
    """One slide of a briefing: one message, what carries it, and what the speaker says beside it.

    Parameters
    ----------
    id
        Its anchor, e.g. ``judgements``.
    title
        The message as plain text; empty where the figure's own title is the message.
    points
        Label and words of each point, as Markdown; a label may be empty, a number or a word.
    figure
        What it shows, drawn for a screen: fewer marks and larger letters than in the report.
    figures
        Ids under which the report may show the same.
    notes
        Markdown for the speaker: the numbers and sources behind. ``[](#id)`` refers to the report.
    """

    id: str
    title: str = ""
    points: tuple[tuple[str, str], ...] = ()
    figure: Figure | None = None
    figures: tuple[str, ...] = ()
    notes: str = ""

    def __post_init__(self) -> None:
        if not self.title and self.figure is None:
            raise ValueError(f"slide {self.id} has no message: give it a title, or a figure")

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Bundle:
        drawing = self.figure
        title = self.title or (drawing.title if drawing else "")
        payload = {
            "kind": "slide",
            "id": self.id,
            "title": title,
            "points": [list(point) for point in self.points],
            "figure": drawing
            and {
                "title": drawing.title,
                "caption": drawing.caption,
                "alt": drawing.alt,
                "svg": theme.to_svg(drawing.figure, f"slide-{drawing.id}"),
            },
            "figures": list(self.figures),
            "notes": self.notes,
        }
        points = "".join(f"\n- {' '.join(filter(None, point))}" for point in self.points)
        text = f"{title}{points}"
        return {"text/markdown": text, "text/plain": text, MIME: payload}, {}


def show(items: Sequence[Figure | Table | Prose | Slide]) -> None:
    """Display several contents, in order."""
    from IPython.display import display

    for item in items:
        display(item)


_MARKDOWN_MARKS = str.maketrans({mark: f"\\{mark}" for mark in r"\`*_{}[]()<>#+-.!|~$@^=:/&"})


def plain(text: str) -> str:
    """Return *text* so that Markdown shows it letter by letter: no link, emphasis or HTML in it comes alive."""
    return " ".join(str(text).split()).translate(_MARKDOWN_MARKS)


def _cell(value: object, target: object) -> dict[str, str]:
    text = "–" if value is None or value is pd.NaT or value is pd.NA or value != value else str(value)
    cell = {"text": text}
    if isinstance(target, str) and target:
        cell["href"] = target
    return cell


def _html_table(payload: Mapping[str, Any]) -> str:
    """Return a plain accessible table, for JupyterLab; the report's exporters make their own from the JSON."""
    head = "".join(f'<th scope="col">{html.escape(c["label"])}</th>' for c in payload["columns"])
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(cell['text'])}</td>" for cell in row) + "</tr>" for row in payload["rows"]
    )
    caption = html.escape(payload["title"])
    return f"<table><caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
