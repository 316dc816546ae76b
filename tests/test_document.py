"""Many executed notebooks become one document: joined, numbered, referred to, and the same after every run."""

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat import NotebookNode, validate
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from sitrep.content import MIME, Figure, Prose, Table, plain
from sitrep.render import document
from sitrep.render.document import DocumentError


def figure(name: str, alt: str = "A line that rises.") -> Figure:
    drawing, axes = plt.subplots(figsize=(3, 2))
    axes.plot([1, 2])
    return Figure(name, "Attacks rose", drawing, pd.DataFrame({"month": ["2021-01"], "count": [3]}), alt)


def table(name: str, **options: object) -> Table:
    rows = pd.DataFrame({"site": ["Taji"], "attacks": [4]})
    return Table(name, "Sites", options.pop("rows", rows), **options)  # type: ignore[arg-type]


def code(*items: Figure | Table | Prose, source: str = "show(items)", tags: tuple[str, ...] = ()) -> NotebookNode:
    cell = new_code_cell(source, execution_count=1)
    cell.metadata["tags"] = list(tags)
    cell.outputs = [new_output("display_data", data=item._repr_mimebundle_()[0]) for item in items]
    return cell


def text(markdown: str) -> NotebookNode:
    return new_markdown_cell(markdown)


def notebook(*cells: NotebookNode, **metadata: object) -> NotebookNode:
    return new_notebook(cells=list(cells), metadata=NotebookNode(metadata))


def joined(*cells: NotebookNode) -> NotebookNode:
    return document.join([("01_incidents", notebook(*cells))], {"title": "Report"})


class TestJoin:
    def test_keeps_the_order_of_notebooks_and_cells_and_says_where_each_cell_is_from(self) -> None:
        report = document.join(
            [("04_briefing", notebook(text("a"), text("b"))), ("01_incidents", notebook(text("c")))],
            {"title": "Report", "facts": [["Period", "2021"]]},
        )
        assert [cell.source for cell in report.cells] == ["a", "b", "c"]
        assert [(cell.metadata.sitrep.notebook, cell.metadata.sitrep.cell) for cell in report.cells] == [
            ("04_briefing", 1),
            ("04_briefing", 2),
            ("01_incidents", 1),
        ]
        assert report.metadata.sitrep == {"title": "Report", "facts": [["Period", "2021"]]}
        validate(report)

    def test_cell_ids_are_unique_and_the_same_every_time(self) -> None:
        def ids() -> list[str]:  # each cell gets a new random id from nbformat
            report = document.join([(name, notebook(text("a"), text("b"))) for name in ("01_x", "02_x")], {})
            return [cell.id for cell in report.cells]

        assert ids() == ids()
        assert len(set(ids())) == 4

    def test_keeps_attachments(self) -> None:
        cell = text("![A map of Iraq](attachment:map.png)")
        cell["attachments"] = {"map.png": {"image/png": "iVBORw0KGgo="}}
        assert joined(cell).cells[0].attachments == {"map.png": {"image/png": "iVBORw0KGgo="}}

    def test_leaves_out_cells_tagged_remove(self) -> None:
        assert joined(code(figure("fig-a"), tags=("remove",)), text("b")).cells[0].source == "b"

    def test_leaves_the_notebooks_it_was_given_alone(self) -> None:
        given_cell = code(figure("fig-a"))
        before = given_cell.copy()
        document.prepare(joined(given_cell, text("[](#fig-a)")))
        assert given_cell == before
        assert "number" not in given_cell.outputs[0].data[MIME]

    def test_refuses_notebooks_that_are_numbered_already(self) -> None:
        with pytest.raises(DocumentError, match="01_incidents is numbered already"):
            document.join([("01_incidents", document.prepare(notebook(text("# A"))))], {})


class TestCheck:
    def test_an_error_in_a_cell_is_named(self) -> None:
        cell = code()
        cell.outputs = [new_output("error", ename="KeyError", evalue="'deaths'", traceback=[])]
        with pytest.raises(DocumentError, match="01_incidents, cell 2: failed with KeyError: 'deaths'"):
            joined(text("# A"), cell)

    def test_a_warning_is_an_error(self) -> None:
        cell = code()
        cell.outputs = [new_output("stream", name="stderr", text="\nFutureWarning: soon\n")]
        with pytest.raises(DocumentError, match=r"cell 1: wrote to stderr.*FutureWarning: soon"):
            joined(cell)

    def test_printed_text_is_no_error(self) -> None:
        cell = code()
        cell.outputs = [new_output("stream", name="stdout", text="12 incidents\n")]
        assert joined(cell).cells[0].outputs[0].text == "12 incidents\n"

    def test_a_figure_without_alt_is_an_error(self) -> None:
        cell = code(figure("fig-a"))
        cell.outputs[0].data[MIME]["alt"] = " "
        with pytest.raises(DocumentError, match="cell 1: fig-a has no text alternative"):
            joined(cell)

    def test_an_image_that_is_no_figure_is_an_error(self) -> None:
        cell = code()
        cell.outputs = [new_output("display_data", data={"image/png": "iVBORw0KGgo="})]
        with pytest.raises(DocumentError, match="an image has no text alternative"):
            joined(cell)

    @pytest.mark.parametrize("data", [{"text/html": f'<img alt="{document.NO_ALT}">'}, {"text/plain": document.NO_ALT}])
    def test_nbconverts_filler_for_missing_alt_is_an_error(self, data: dict[str, str]) -> None:
        cell = code()
        cell.outputs = [new_output("display_data", data=data)]
        with pytest.raises(DocumentError, match="no text alternative"):
            document.prepare(notebook(cell))

    @pytest.mark.parametrize(
        ("markdown", "fault"),
        [
            ("![](attachment:a.png)", "no text alternative"),
            ("![A map](https://example.org/a.png)", "not an attachment"),
            ("![A map](../a.png)", "not an attachment"),
        ],
    )
    def test_images_in_markdown_need_words_and_come_with_the_notebook(self, markdown: str, fault: str) -> None:
        cell = text(markdown)
        cell["attachments"] = {"a.png": {"image/png": "iVBORw0KGgo="}}
        with pytest.raises(DocumentError, match=fault):
            joined(cell)

    def test_a_hidden_cell_that_shows_a_figure_is_an_error(self) -> None:
        with pytest.raises(DocumentError, match="tagged setup but shows fig-a"):
            joined(code(figure("fig-a"), tags=("setup",)))


class TestScrub:
    def test_timing_versions_and_random_ids_go_while_execution_counts_stay(self) -> None:
        cell = code(source="x = 1", tags=("injected-parameters",))
        cell.metadata["papermill"] = {"duration": 0.1, "start_time": "2025-01-01T00:00:00"}
        cell.metadata["execution"] = {"iopub.execute_input": "2025-01-01T00:00:00"}
        nb = notebook(
            cell,
            papermill={"duration": 1.5},
            kernelspec={"name": "warm-7", "display_name": "Warm 7"},
            language_info={"name": "python", "version": "3.11.2"},
        )
        clean = document.scrub(nb)
        assert clean.metadata == {
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
            "language_info": {"name": "python"},
        }
        assert clean.cells[0].metadata == {"tags": ["injected-parameters"]}
        assert clean.cells[0].id == "injected-parameters"
        assert clean.cells[0].execution_count == 1

    def test_memory_addresses_and_the_folders_of_this_machine_go(self, tmp_path) -> None:
        cell = code(source=f'data = "{tmp_path}/data"')
        cell.outputs = [
            new_output("stream", name="stdout", text=f"read {tmp_path}/data/mentions.csv in {tmp_path}\n"),
            new_output("execute_result", data={"text/plain": "<Axes at 0x7f3a10b2c>"}),
        ]
        clean = document.scrub(notebook(cell), folders=[tmp_path]).cells[0]
        assert clean.source == 'data = "data"'
        assert clean.outputs[0].text == "read data/mentions.csv in .\n"
        assert clean.outputs[1].data["text/plain"] == "<Axes at 0x…>"

    def test_scrubbing_twice_changes_nothing(self) -> None:
        once = document.scrub(notebook(code(figure("fig-a")), text("# A"), title="T"))
        assert document.scrub(once) == once


class TestNumbers:
    def test_figures_and_tables_count_apart_in_order_of_appearance(self) -> None:
        report = document.number(
            joined(code(figure("fig-a"), table("tab-a"), figure("fig-b")), text("x"), code(table("tab-b")))
        )
        shown = [(part["id"], part["number"]) for cell in report.cells for part in document.payloads(cell)]
        assert shown == [("fig-a", 1), ("tab-a", 1), ("fig-b", 2), ("tab-b", 2)]

    def test_an_id_used_twice_is_an_error(self) -> None:
        with pytest.raises(DocumentError, match="cell 2: id 'fig-a' is used twice"):
            document.number(joined(code(figure("fig-a")), code(figure("fig-a"))))

    def test_references_get_words_in_cells_and_in_prose_before_or_after_the_figure(self) -> None:
        report = document.number(
            joined(
                text("See [](#fig-b) and [the sites](#tab-a).\n\n## Limits *and* such"),
                code(figure("fig-a"), figure("fig-b"), table("tab-a"), Prose("As [](#tab-a) and [](#limits-and-such)")),
            )
        )
        assert report.cells[0].source.startswith("See [Figure 2](#fig-b) and [the sites](#tab-a).")
        prose = report.cells[1].outputs[3].data
        assert prose[MIME]["markdown"] == "As [Table 1](#tab-a) and [Limits and such](#limits-and-such)"
        assert prose["text/markdown"] == prose[MIME]["markdown"]

    @pytest.mark.parametrize("markdown", ["`[](#fig-z)`", "```\n[](#fig-z)\n```", r"\[](#fig-z)", plain("[](#fig-z)")])
    def test_code_and_escaped_text_hold_no_references(self, markdown: str) -> None:
        assert document.number(joined(text(markdown))).cells[0].source == markdown

    @pytest.mark.parametrize("markdown", ["[](#fig-z)", "[see](#fig-z)"])
    def test_a_reference_to_nothing_is_an_error_that_names_the_cell(self, markdown: str) -> None:
        with pytest.raises(DocumentError, match="01_incidents, cell 2: refers to #fig-z, which is not in the document"):
            document.number(joined(text("# A"), text(markdown)))
        with pytest.raises(DocumentError, match="cell 1: refers to #fig-z"):
            document.number(joined(code(Prose(markdown))))

    def test_links_in_tables_must_lead_somewhere(self) -> None:
        rows = pd.DataFrame({"site": ["Taji"], "to": ["#taji"]})
        sites = table("tab-a", rows=rows, link={"site": "to"})
        assert document.number(joined(code(sites), text("# Taji")))
        with pytest.raises(DocumentError, match="refers to #taji"):
            document.number(joined(code(sites)))

    def test_numbering_twice_changes_nothing(self) -> None:
        once = document.prepare(joined(text("[](#fig-a)\n\n# H"), code(figure("fig-a"))))
        assert document.number(once) == once
        assert document.prepare(once) == once

    @given(st.lists(st.sampled_from(["fig", "tab"]), max_size=12))
    @settings(deadline=None, max_examples=30)
    def test_every_content_is_numbered_without_gaps(self, kinds: list[str]) -> None:
        cells = []
        for place, kind in enumerate(kinds):
            payload = {"kind": "figure" if kind == "fig" else "table", "id": f"{kind}-{place}", "alt": "x"}
            cell = code()
            cell.outputs = [new_output("display_data", data={MIME: payload, "image/svg+xml": "<svg/>"})]
            cells.append(cell)
        report = document.number(joined(*cells))
        for kind in ("fig", "tab"):
            numbers = [
                part["number"] for cell in report.cells for part in document.payloads(cell) if part["id"][:3] == kind
            ]
            assert numbers == list(range(1, len(numbers) + 1))


class TestHeadings:
    def test_contents_is_a_tree_of_three_levels_across_cells_and_prose(self) -> None:
        report = document.prepare(joined(text("# A\n\n## B\n\n### C\n\n#### D"), code(Prose("## E")), text("# F")))
        (a, f) = document.contents(report)
        assert (a.level, a.text, a.slug, f.text, f.children) == (1, "A", "a", "F", ())
        assert [child.text for child in a.children] == ["B", "E"]
        assert [(child.text, child.level, child.children) for child in a.children[0].children] == [("C", 3, ())]

    def test_same_words_get_different_anchors_also_beside_ids_of_figures(self) -> None:
        report = document.prepare(joined(text("# Limits\n\n# Limits\n\n# fig-a"), code(figure("fig-a"))))
        assert [entry["slug"] for entry in document.headings(report)] == ["limits", "limits-2", "fig-a-2"]

    def test_levels_never_skip_one(self) -> None:
        report = document.prepare(joined(text("## A\n\n#### B\n\n### C\n\n# D")))
        assert [entry["level"] for entry in document.headings(report)] == [1, 2, 2, 1]

    def test_a_comment_in_code_is_no_heading(self) -> None:
        assert document.headings(document.prepare(joined(text("```\n# no\n```\n\n# yes"))))[0]["text"] == "yes"

    def test_arabic_headings_have_anchors(self) -> None:
        assert document.slug("قاعدة عين الأسد") == "قاعدة-عين-الأسد"


class TestPrepare:
    def test_one_notebook_takes_its_title_from_its_first_heading_and_says_it_once(self) -> None:
        nb = document.prepare(notebook(text("# Incidents & more\n\nText"), text("## Sources")))
        assert document.meta(nb)["title"] == "Incidents & more"
        assert [entry["text"] for entry in document.headings(nb)] == ["Sources"]

    def test_a_title_in_the_metadata_comes_first(self) -> None:
        nb = document.prepare(notebook(text("# Incidents"), title="The report"))
        assert document.meta(nb)["title"] == "The report"
        assert document.headings(nb)[0]["text"] == "Incidents"

    def test_data_is_collected_under_the_names_of_its_files(self) -> None:
        report = document.prepare(joined(code(figure("fig-a"), table("tab-a"), Prose("x"))))
        assert document.collect_data(report) == {
            "fig-a.csv": "month,count\n2021-01,3\n",
            "tab-a.csv": "site,attacks\nTaji,4\n",
        }
