"""The page of slides: the report's own figures, escaped words, one policy, and no empty panel."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat import NotebookNode
from nbformat.v4 import new_notebook

from hostile import TEXTS
from sample_report import code, monthly_figure, notebook
from sample_slides import payloads
from sitrep.content import Prose, Slide, plain
from sitrep.render import document, slides_exporter
from sitrep.render.html_exporter import ReportHTMLExporter
from test_html_exporter import Page

TEXT = Slide("limits", "A chronology, no census", (("", "402 days are missing"),), notes="See [](#fig-monthly).")
FIGURE = Slide("by-month", figure=monthly_figure(), figures=("fig-other", "fig-monthly"))
POINTS = Slide("numbers", "Counts", (("478", "attacks"), ("12", "*not* judged")))


@pytest.fixture(scope="module")
def report() -> NotebookNode:
    facts = [["Period", "2019 to 2026"]]
    return document.prepare(notebook(code(monthly_figure()), title="Attacks", subtitle="Sample", facts=facts))


def export(report: NotebookNode, *told: Slide) -> str:
    return slides_exporter.export(payloads(told), report)


def messages(page: str) -> list[str]:
    return re.findall(r"<h2[^>]*>([^<]+)</h2>", page)


def test_slides_come_in_order_numbered_after_the_title(report: NotebookNode) -> None:
    page = export(report, TEXT, FIGURE, POINTS)
    assert re.findall(r'<section [^>]*id="(s\d+)"', page) == ["s1", "s2", "s3", "s4"]
    assert re.findall(r'class="place">([^<]+)<', page) == ["1 / 4", "2 / 4", "3 / 4", "4 / 4"]
    assert messages(page) == [TEXT.title, monthly_figure().title, POINTS.title]


def test_a_figure_has_its_words_and_leads_to_the_same_in_the_report(report: NotebookNode) -> None:
    page = export(report, FIGURE)
    drawing = re.search(r"<svg.*?</svg>", page, re.S)
    assert drawing and f'aria-label="{monthly_figure().alt}"' in drawing[0]
    assert '<a href="report.html#fig-monthly">Figure 1</a> in the report' in page


def test_a_figure_that_the_report_does_not_hold_is_shown_without_a_link(report: NotebookNode) -> None:
    page = export(report, Slide("by-month", figure=monthly_figure(), figures=("fig-other",)))
    assert 'class="canvas"' in page and "report.html#" not in page
    assert monthly_figure().alt in page


def test_notes_name_what_the_report_holds(report: NotebookNode) -> None:
    page = export(report, TEXT, Slide("x", "X", notes="See [](#tab-lost)."))
    assert "<p>See <em>Figure 1</em>.</p>" in page
    assert "<p>See <em>tab-lost</em>.</p>" in page


def test_labelled_points_are_a_list_of_terms_and_others_a_plain_list(report: NotebookNode) -> None:
    page = export(report, POINTS, TEXT)
    assert "<dt>478</dt><dd>attacks</dd>" in page
    assert "<dt>12</dt><dd><em>not</em> judged</dd>" in page
    assert "<li>402 days are missing</li>" in page


def test_the_policy_names_the_hashes_of_what_the_page_holds(report: NotebookNode) -> None:
    page = export(report, TEXT)
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy.startswith("default-src &#39;none&#39;;") or policy.startswith("default-src 'none';")
    assert policy.count("sha256-") == 3
    assert not re.search(r"\son[a-z]+=|\sstyle=|javascript:", page.split("<body")[1].split("<script>")[0])


def test_slides_are_told_by_cells_of_their_tag_and_no_other() -> None:
    tagged, other = code(TEXT, tags=("slides", "remove")), code(Prose("Text."))
    assert [told["id"] for told in slides_exporter.slides(new_notebook(cells=[tagged, other]))] == ["limits"]


def test_cells_of_slides_are_no_part_of_the_report() -> None:
    nb = notebook(code(TEXT, tags=("slides", "remove")), code(Prose("Text.")))
    page = ReportHTMLExporter().from_notebook_node(nb)[0]
    assert TEXT.title not in page and "Text." in page


def test_the_same_slides_give_the_same_bytes(report: NotebookNode) -> None:
    assert export(report, TEXT, FIGURE) == export(report, TEXT, FIGURE)


@settings(max_examples=25)
@given(st.sampled_from(TEXTS), st.text(min_size=1))
def test_hostile_words_stay_words(hostile: str, random: str) -> None:
    text = hostile + random
    bare = document.prepare(notebook(code(Prose("Text.")), title=text or "x", facts=[[text, text]]))
    slide = Slide("x", text, ((text, plain(text)), ("1", plain(text))), notes=plain(text))
    page = Page(export(bare, slide))
    assert len(page.all("script")) == 2 and len(page.all("style")) == 1
    allowed = {"html", "head", "meta", "title", "link", "script", "style", "body", "main", "section", "div", "h1", "h2"}
    allowed |= {
        "p",
        "dl",
        "dt",
        "dd",
        "a",
        "span",
        "button",
        "kbd",
        "nav",
        "details",
        "summary",
        "bdi",
        "ul",
        "li",
        "br",
    }
    assert {tag for tag, _ in page.tags} <= allowed
