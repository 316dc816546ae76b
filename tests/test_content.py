"""What a notebook shows, as JupyterLab and every exporter read it."""

import io
import json

import matplotlib.pyplot as plt
import mistune
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitrep.content import MIME, Figure, Prose, Table, plain


def drawn() -> Figure:
    figure, axes = plt.subplots()
    axes.plot([1, 2])
    return Figure(
        "fig-line", "A line rises", figure, pd.DataFrame({"x": [0, 1], "y": [1, 2]}), "Line from 1 to 2.", "n = 2."
    )


def test_a_figure_carries_what_every_exporter_needs() -> None:
    bundle, _ = drawn()._repr_mimebundle_()
    assert bundle["image/svg+xml"].startswith("<svg")
    assert bundle["text/plain"] == "A line rises\nLine from 1 to 2."
    assert bundle[MIME] == {
        "kind": "figure",
        "id": "fig-line",
        "title": "A line rises",
        "caption": "n = 2.",
        "alt": "Line from 1 to 2.",
        "csv": "x,y\n0,1\n1,2\n",
    }


@pytest.mark.parametrize("alt", ["", " \n"])
def test_a_figure_without_a_text_alternative_is_refused(alt: str) -> None:
    figure, _ = plt.subplots()
    with pytest.raises(ValueError, match="fig-x has no text alternative"):
        Figure("fig-x", "t", figure, pd.DataFrame(), alt)
    plt.close(figure)


def test_a_figure_is_closed_so_that_no_notebook_shows_it_twice() -> None:
    before = plt.get_fignums()
    drawn()
    assert plt.get_fignums() == before


def table() -> Table:
    rows = pd.DataFrame(
        {"site": ["A <b>", "B"], "n": [1, 2], "seen": [pd.NaT, "x"], "url": ["https://example.org/a", None]}
    )
    return Table("tab-sites", "Two sites", rows, labels={"site": "Site"}, link={"site": "url"})


def test_a_tables_cells_are_text_and_missing_is_a_dash() -> None:
    payload = table()._repr_mimebundle_()[0][MIME]
    assert payload["rows"] == [
        [{"text": "A <b>", "href": "https://example.org/a"}, {"text": "1"}, {"text": "–"}],
        [{"text": "B"}, {"text": "2"}, {"text": "x"}],
    ]


@pytest.mark.parametrize("missing", [None, float("nan"), pd.NA, pd.NaT])
def test_every_kind_of_missing_is_a_dash(missing: object) -> None:
    rows = pd.DataFrame({"a": pd.Series([missing], dtype=object)})
    assert Table("tab-a", "t", rows)._repr_mimebundle_()[0][MIME]["rows"] == [[{"text": "–"}]]


def test_numbers_stand_right_unless_told_otherwise_and_links_are_no_column() -> None:
    columns = table()._repr_mimebundle_()[0][MIME]["columns"]
    assert columns == [
        {"name": "site", "label": "Site", "align": "left"},
        {"name": "n", "label": "n", "align": "right"},
        {"name": "seen", "label": "seen", "align": "left"},
    ]


def test_a_tables_csv_is_the_full_data_where_there_is_more() -> None:
    full = pd.DataFrame({"a": [1, 2, 3]})
    payload = Table("tab-a", "t", full.head(1), full=full)._repr_mimebundle_()[0][MIME]
    assert len(payload["rows"]) == 1
    assert len(pd.read_csv(io.StringIO(payload["csv"]))) == 3


def test_a_table_in_jupyterlab_lets_no_markup_through() -> None:
    shown = table()._repr_mimebundle_()[0]["text/html"]
    assert "A &lt;b&gt;" in shown
    assert '<th scope="col">Site</th>' in shown
    assert "<caption>Two sites</caption>" in shown


def test_prose_says_its_role() -> None:
    bundle, _ = Prose("**No** figure.", "notice")._repr_mimebundle_()
    assert bundle[MIME] == {"kind": "prose", "role": "notice", "markdown": "**No** figure."}
    assert bundle["text/markdown"] == "**No** figure."


def test_every_bundle_can_be_written_into_a_notebook() -> None:
    for content in (drawn(), table(), Prose("x")):
        json.dumps(content._repr_mimebundle_()[0])


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp", "Cs"]), max_size=60))
def test_a_sources_words_show_letter_by_letter_in_markdown(text: str) -> None:
    """Nothing in them becomes a heading, list, link, emphasis or HTML."""
    (paragraph,) = mistune.create_markdown(renderer="ast")("Said: " + plain(text))
    assert paragraph["type"] == "paragraph"
    assert {child["type"] for child in paragraph["children"]} == {"text"}
    assert "".join(child["raw"] for child in paragraph["children"]) == ("Said: " + " ".join(text.split())).rstrip()
