"""A small report made of the real tables, as the exporters' tests use it: figures, tables, prose and code."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from sitrep import theme
from sitrep.bibliography import Bibliography, Entry, anchored
from sitrep.content import Figure, Prose, Table, plain
from sitrep.dossier import Dossier, Said, Told, differ_words
from sitrep.formats.cells import guard
from sitrep.formats.export import csv_text

#: As `sitrep.charts.locator` makes it, with one line.
CHART = {"width": 200, "height": 151, "lines": "M0 0 100 80", "names": [{"name": "Iraq", "at": (130, 100)}]}
DATA = Path(__file__).parents[1] / "data"


def code(
    *items: Figure | Table | Prose | Dossier | Bibliography, source: str = "show(items)", tags: tuple[str, ...] = ()
) -> NotebookNode:
    """Return an executed code cell that shows *items*."""
    cell = new_code_cell(source, execution_count=1, metadata={"tags": list(tags)})
    cell.outputs = [new_output("display_data", data=item._repr_mimebundle_()[0]) for item in items]
    return cell


def text(markdown: str) -> NotebookNode:
    """Return a Markdown cell."""
    return new_markdown_cell(markdown)


def notebook(*cells: NotebookNode, **meta: object) -> NotebookNode:
    """Return a notebook whose document is described by *meta*."""
    return new_notebook(cells=list(cells), metadata=NotebookNode(sitrep=NotebookNode({"title": "Report", **meta})))


def mentions(count: int) -> pd.DataFrame:
    """Return the first *count* mentions with the address of their source; some places are in Arabic."""
    frame = pd.read_csv(DATA / "mentions.csv", dtype=str).head(count)
    sources = pd.read_csv(DATA / "sources.csv", dtype=str)
    return frame.merge(sources[["source_id", "url"]], on="source_id", how="left", validate="m:1")


def monthly_figure(name: str = "fig-monthly", **options: str) -> Figure:
    """Return a chart of the months of all mentions: bars, words, a hatch, a marker and white words on a bar."""
    dates = pd.to_datetime(pd.read_csv(DATA / "mentions.csv", dtype=str)["date_start"].dropna())
    counts = dates.dt.to_period("M").value_counts().sort_index()
    with mpl.rc_context(theme.settings()):
        drawing, axes = plt.subplots(figsize=(theme.WIDTH, 2.6))
        axes.bar(range(len(counts)), counts, color=theme.BLUE)
        axes.axvspan(3, 6, facecolor=theme.MISSING, edgecolor=theme.MUTED, hatch="///")
        axes.plot([10], [20], "o", mfc=theme.PAPER, color=theme.ORANGE)
        axes.text(0, 1, "n", color="white")
        axes.set_ylabel("mentions a month")
    data = pd.DataFrame({"month": counts.index.astype(str), "mentions": counts.to_numpy()})
    peak = counts.idxmax()
    words = {
        "title": f"Most mentions fall in {peak:%B %Y}",
        "alt": f"Bars of mentions a month; the highest, {counts.max()}, is {peak:%B %Y}.",
        "caption": f"n = {counts.sum()} mentions.",
        **options,
    }
    return Figure(name, words["title"], drawing, data, words["alt"], words["caption"])


def mention_table(count: int = 60, name: str = "tab-mentions") -> Table:
    """Return the first *count* mentions with their sources' words."""
    shown = mentions(count)[["mention_id", "date_start", "place_name", "deaths", "note", "url"]]
    shown["deaths"] = pd.to_numeric(shown["deaths"]).astype("Int64")
    return Table(
        name,
        f"The first {count} mentions",
        shown,
        "Deaths: an en dash is not known.",
        labels={"mention_id": "Mention", "date_start": "Date", "place_name": "Place", "deaths": "Deaths"},
        link={"mention_id": "url"},
    )


def rates_table() -> Table:
    """Return a short table with decimals and a link inside the page."""
    countries = ["Iraq", "Syria", "Jordan", "Kuwait", "Turkey"]
    rows = pd.DataFrame({"country": countries, "rate": ["5.2", "12.51", "–", "1", "0.25"], "to": ["#escalation"] * 5})
    return Table("tab-rates", "Attacks a month", rows, align={"rate": "decimal"}, link={"country": "to"})


def lists(payloads: Sequence[str] = ("Ain al-Asad (قاعدة عين الأسد)", "Camp Taji")) -> tuple[Dossier, Bibliography]:
    """Return incidents with mentions that contradict each other, and their sources, each payload in every place for words."""
    incidents, entries = [], []
    for number, payload in enumerate(payloads, start=1):
        one = Said(
            source=f"s{number}",
            number=number,
            publisher=payload,
            stance="reports",
            stance_words="reports",
            date=payload,
            place=payload,
            numbers=[("weapon", payload), ("injured", "5 injured")],
            claimed=payload,
            differs=["injured", "date"],
        )
        other = replace(one, stance="denies", stance_words="denies", numbers=[("injured", "6 injured")], place="")
        incidents.append(
            Told(
                anchor=anchored("i", payload),
                incident_id=payload,
                day="3 January 2024",
                site=payload,
                country="Iraq",
                numbers=payload,
                harm=number,
                status="contested",
                status_words="contested",
                reason=payload,
                at=(100, 80) if number % 2 else None,
                differs=["injured", "date"],
                differ_words=differ_words(["injured", "date"]),
                mentions=[one, other],
            )
        )
        entry = Entry(
            anchor=f"s{number}",
            number=number,
            title=payload,
            publisher=payload,
            date="3 January 2024",
            language=payload,
            url=payload,
            incidents=[(anchored("i", payload), payload)],
        )
        entries.append(entry)
    csv = csv_text(pd.DataFrame({"payload": list(payloads)}), guard)
    return (
        Dossier("tab-told", "Incidents", "How to read them.", CHART, incidents, csv),
        Bibliography("tab-cited", "Sources", entries, csv),
    )


def report() -> NotebookNode:
    """Return the whole sample: two chapters, three levels of headings, every kind of content."""
    judgements = Prose(
        f"1. **No rise** around 3 January.\n2. {plain('كتائب حزب الله')} claimed most.", role="judgements"
    )
    foreign = new_code_cell("print('plain')\nframe", execution_count=2)
    foreign.outputs = [
        new_output("stream", name="stdout", text="plain \x1b[31mred\x1b[0m <b>\n"),
        new_output("execute_result", data={"text/plain": "a  1", "text/html": "<table onclick=alert(1)>"}),
    ]
    return notebook(
        text("# Briefing\n\nSee [](#fig-monthly), [](#tab-rates) and [](#escalation).[^n]\n\n[^n]: A footnote."),
        code(source="window_days = 7  # days", tags=("parameters",)),
        code(judgements, source='from sitrep import narrative\n"""Say it."""\nprint(1.5)'),
        code(monthly_figure()),
        code(rates_table()),
        text(
            "# Escalation\n\n## By year\n\n### Small print\n\n| a | b |\n|---|--:|\n| x | 1 |\n\nEnd.[^n]\n\n[^n]: Another."
        ),
        code(Prose("**Too few incidents to test.**", role="notice"), Prose("### Limits\n\n- One.", role="limits")),
        code(mention_table()),
        code(*lists()),
        foreign,
        title="Attacks on coalition forces",
        subtitle="Sample of the tables",
        facts=[["Period", "2019 to 2026"], ["Group", "كتائب حزب الله"]],
        licence="CC BY 4.0",
    )
