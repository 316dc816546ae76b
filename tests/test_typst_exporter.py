"""A prepared notebook becomes a tagged PDF that shows everything as text and is the same wherever it is made."""

import base64
import io
import os
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

import nbformat
import pandas as pd
import pypdf
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from nbformat import NotebookNode

from hostile import TEXTS, URLS
from sample_report import code, mention_table, monthly_figure, notebook, report, text
from sitrep.content import Prose, Table, plain
from sitrep.render import columns, document, letters
from sitrep.render.document import DocumentError
from sitrep.render.typst_exporter import TEXT_WIDTH, TypstPDFExporter, _short_address, read

# Marks of direction and of line breaks, which the PDF adds and a reader of its text does not see.
_UNSEEN = re.compile(r"[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def pdf_of(nb: NotebookNode) -> bytes:
    return TypstPDFExporter().from_notebook_node(nb)[0]


def reader(nb: NotebookNode) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(pdf_of(nb)))


def words(nb: NotebookNode) -> str:
    """Return the words of the PDF's pages, every white space one blank."""
    raw = "\n".join(page.extract_text() for page in reader(nb).pages)
    return " ".join(_UNSEEN.sub("", raw).split())


def letters_of(string: str) -> str:
    return "".join(_UNSEEN.sub("", string).split())


def _as_shown(payload: str) -> str:
    return letters.showable(" ".join(payload.split()))


def _has_right_to_left(string: str) -> bool:
    return any(unicodedata.bidirectional(letter) in ("R", "AL") and letter.isalpha() for letter in string)


def structure(pdf: pypdf.PdfReader) -> list[pypdf.generic.DictionaryObject]:
    """Return the elements of the tag tree, in reading order."""
    found = []

    def visit(item: object) -> None:
        item = item.get_object() if hasattr(item, "get_object") else item
        if isinstance(item, pypdf.generic.ArrayObject):
            for part in item:
                visit(part)
        elif isinstance(item, pypdf.generic.DictionaryObject) and "/S" in item:
            found.append(item)
            visit(item.get("/K", pypdf.generic.ArrayObject()))

    visit(pdf.trailer["/Root"]["/StructTreeRoot"]["/K"])
    return found


def links(pdf: pypdf.PdfReader) -> list[pypdf.generic.DictionaryObject]:
    return [
        note.get_object()
        for page in pdf.pages
        for note in page.get("/Annots", ())
        if note.get_object()["/Subtype"] == "/Link"
    ]


@pytest.fixture(scope="module")
def sample() -> pypdf.PdfReader:
    return reader(report())


class TestAccessibility:
    def test_says_that_it_is_pdf_ua_1_tagged_and_titled(self, sample: pypdf.PdfReader) -> None:
        xmp = sample.trailer["/Root"]["/Metadata"].get_object().get_data().decode()
        assert re.search(r"pdfuaid:part(=\"|>)1", xmp)
        assert sample.trailer["/Root"]["/MarkInfo"]["/Marked"]
        assert sample.trailer["/Root"]["/Lang"].startswith("en")
        assert sample.metadata is not None
        assert (sample.metadata.title, sample.metadata.author) == ("Attacks on coalition forces", "sitrep")

    def test_every_figure_has_its_text_alternative(self) -> None:
        nb = notebook(text("# A"), code(monthly_figure("fig-a", alt="Bars one."), monthly_figure("fig-b", alt="كتائب")))
        alts = [item["/Alt"] for item in structure(reader(nb)) if item["/S"] == "/Figure"]
        assert alts == ["Bars one.", "كتائب"]

    def test_tables_have_header_cells_and_headings_have_levels(self, sample: pypdf.PdfReader) -> None:
        kinds = [item["/S"] for item in structure(sample)]
        assert {"/H1", "/H2", "/H3", "/Table", "/TH", "/TD", "/L", "/LI", "/Caption", "/Note"} <= set(kinds)

    def test_headings_are_bookmarks_in_a_tree(self, sample: pypdf.PdfReader) -> None:
        def titles(outline: list) -> list:
            return [titles(item) if isinstance(item, list) else item.title for item in outline]

        assert titles(sample.outline) == ["Briefing", "Escalation", ["By year", ["Small print", "Limits"]]]


class TestText:
    def test_the_document_reads_in_order(self) -> None:
        shown = words(report())
        order = [
            *("Attacks on coalition forces", "Sample of the tables", "Period 2019 to 2026", "Contents", "Briefing"),
            *("Escalation", "Briefing", "See Figure 1", "No rise around 3 January.", "Figure 1. Most mentions fall in"),
            *("Table 1. Attacks a month", "Escalation", "By year", "Too few incidents to test.", "Limits"),
            *("Table 2. The first 60 mentions", "Deaths: an en dash is not known.", "plain red <b>", "a 1"),
        ]
        place = 0
        for piece in order:
            place = shown.find(piece, place)
            assert place >= 0, piece
            place += len(piece)

    def test_code_and_hidden_cells_are_not_shown(self) -> None:
        shown = words(report())
        assert "window_days" not in shown
        assert "narrative" not in shown
        assert "removed" not in words(notebook(text("# A"), code(Prose("removed"), tags=("remove",))))

    def test_references_and_links_lead_somewhere(self, sample: pypdf.PdfReader) -> None:
        inside = [note for note in links(sample) if "/Dest" in note or note.get("/A", {}).get("/S") == "/GoTo"]
        outside = {note["/A"]["/URI"] for note in links(sample) if note.get("/A", {}).get("/S") == "/URI"}
        assert len(inside) >= 6  # contents, three references, three cells of a table
        assert outside
        assert all(re.match("https?://", uri) for uri in outside)

    def test_pages_are_numbered_and_named_from_the_second_on(self, sample: pypdf.PdfReader) -> None:
        pages = [page.extract_text() for page in sample.pages]
        for number, page in enumerate(pages, start=1):
            assert f"page {number} of {len(pages)}" in page
        assert all("Attacks on coalition forces" in page for page in pages[1:])

    def test_long_tables_repeat_their_header(self) -> None:
        pages = [page.extract_text() for page in reader(notebook(text("# A"), code(mention_table(90)))).pages]
        assert len(pages) > 2
        assert all("Mention" in page and "Deaths" in page for page in pages)

    def test_facts_and_title_of_a_single_notebook_come_from_itself(self) -> None:
        nb = nbformat.v4.new_notebook(cells=[text("# Incidents & more\n\nText.")])
        pdf = reader(nb)
        assert pdf.metadata is not None
        assert pdf.metadata.title == "Incidents & more"
        assert pdf.pages[0].extract_text().count("Incidents") == 1

    def test_images_attached_to_a_cell_are_shown_with_their_words(self) -> None:
        cell = text("# A\n\n![A red dot](attachment:dot.svg)")
        svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><circle cx="4" cy="4" r="3"/></svg>'
        cell["attachments"] = {"dot.svg": {"image/svg+xml": base64.b64encode(svg).decode()}}
        alts = [item["/Alt"] for item in structure(reader(notebook(cell))) if item["/S"] == "/Figure"]
        assert alts == ["A red dot"]


class TestScripts:
    def test_arabic_is_shaped_and_runs_from_right_to_left(self) -> None:
        nb = notebook(text("# A\n\nAt " + plain("عين الأسد") + " 12 rockets"))
        tree, _ = read(document.prepare(nb))
        assert tree["blocks"][1]["blocks"][0]["c"] == ["At \u2067عين الأسد\u2069 12 rockets"]
        assert "ﻋ" not in words(nb)  # text, not presentation forms
        assert set("عينالأسد") <= set(words(nb))

    def test_what_has_no_letters_in_the_fonts_is_named_and_explained(self) -> None:
        nb = notebook(text("# A\n\nTitle: 黎巴嫩广场电视台：两架无人机 (2023), 米軍の基地, end"))
        shown = words(nb)
        assert "Title: [Chinese characters](2023), [Japanese characters], end" in shown.replace(" (2023)", "(2023)")
        assert "no letters for some scripts" in shown
        assert "no letters for some scripts" not in words(notebook(text("# A")))

    def test_marks_that_turn_text_around_are_shown_by_code(self) -> None:
        assert letters.showable("a\u202eb\u2066") == "a[U+202E]b[U+2066]"
        assert letters.showable("\x07🚀") == "[U+0007][U+1F680 ROCKET]"

    @given(st.text(max_size=60))
    @settings(deadline=None)
    @example("漢")
    def test_what_is_shown_always_has_letters(self, string: str) -> None:
        shown = letters.showable(string)
        assert letters.showable(shown) == shown

    @given(st.text(max_size=200), st.floats(1, 30))
    @settings(deadline=None)
    def test_places_to_break_change_no_letter(self, string: str, room: float) -> None:
        assert letters.breakable(string, room).replace("\u200b", "") == string.replace("\u200b", "")


class TestHostile:
    def test_every_payload_is_shown_letter_by_letter_in_tables_prose_titles_and_printed_text(self) -> None:
        # right-to-left words come out of a PDF in the order of its drawing: they are looked at below
        payloads = [text for text in TEXTS if not _has_right_to_left(text)]
        rows = pd.DataFrame({"n": range(len(payloads)), "payload": payloads})
        printed = code()
        printed.outputs = [nbformat.v4.new_output("stream", name="stdout", text="#read(1)\n$x$ @y <z>\n")]
        nb = notebook(
            text("# A"),
            code(Table("tab-a", "#read(1) $x$ @a", rows, "*x* #eval(1)", labels={"n": "#let", "payload": "<l>"})),
            code(Prose("\n\n".join(plain(payload) for payload in payloads if payload.strip()))),
            printed,
            title="#read(1) [x] $y$ \\",
            facts=[["#a", "@b <c>"]],
        )
        shown = letters_of(words(nb))
        for sample in ("#read(1)$x$@a", "*x*#eval(1)", "#read(1)$x$@y<z>", "#read(1)[x]$y$\\", "#a@b<c>"):
            assert sample in shown
        # a word broken at the end of a line may have got a hyphen
        shown = shown.replace("-", "")
        lost = [text for text in payloads if shown.count(letters_of(_as_shown(text)).replace("-", "")) < 2]
        assert lost == []

    def test_right_to_left_payloads_lose_no_letter(self) -> None:
        payloads = [text for text in TEXTS if _has_right_to_left(text)]
        assert payloads
        for payload in payloads:
            shown = words(notebook(text("# A"), code(Table("tab-a", "t", pd.DataFrame({"x": [payload]})))))
            # brackets are mirrored where the text runs from right to left
            assert {letter for letter in _as_shown(payload) if letter.isalnum()} <= set(shown)

    @pytest.mark.parametrize(
        "payload",
        ['#read("/etc/passwd")', "#panic()", '#image("x")', "$ x $", "@ref", "<label>", "= A", "\\", '"', "#"],
    )
    def test_typst_code_is_text_in_every_place(self, payload: str) -> None:
        nb = notebook(
            text(f"# {plain(payload)}\n\n`{payload}`\n\n```\n{payload}\n```\n\n| {plain(payload)} |\n|---|\n| x |"),
            code(Table("tab-a", payload, pd.DataFrame({payload: [payload]}), payload)),
            title=payload,
            subtitle=payload,
            facts=[[payload, payload]],
            licence=payload,
        )
        assert letters_of(words(nb)).count(letters_of(payload)) >= 12

    def test_no_link_leads_to_a_script_or_a_file(self) -> None:
        rows = pd.DataFrame({"a": [f"x{n}" for n in range(len(URLS))], "to": URLS})
        safe = rows[~rows["to"].str.startswith("#")]
        markdown = "\n\n".join(f"[y]({url})" for url in URLS if re.fullmatch(r"[\w:/.\-]+", url))
        found = links(reader(notebook(text(f"# A\n\n{markdown}"), code(Table("tab-a", "t", safe, link={"a": "to"})))))
        assert all(re.match(r"(https?://|mailto:)", note["/A"]["/URI"].lower()) for note in found if "/A" in note)

    def test_ansi_colours_of_printed_text_are_dropped(self) -> None:
        printed = code()
        printed.outputs = [nbformat.v4.new_output("stream", name="stdout", text="\x1b[31mred\x1b[0m")]
        assert "red" in words(notebook(text("# A"), printed))
        assert "[31m" not in words(notebook(text("# A"), printed))


class TestColumns:
    @given(
        st.integers(1, 14).flatmap(
            lambda count: st.lists(st.lists(st.text("ab 1-é", max_size=80), min_size=count, max_size=count), max_size=8)
        )
    )
    @settings(deadline=None)
    def test_a_table_never_leaves_the_page(self, rows: list[list[str]]) -> None:
        heads = ["heading"] * (len(rows[0]) if rows else 3)
        fit = columns.fit(heads, rows, TEXT_WIDTH)
        assert sum(fit.widths) <= TEXT_WIDTH + 0.1
        assert min(fit.widths) > columns.INSET
        assert len(fit.lines) == len(rows)

    def test_a_small_table_keeps_its_size_and_short_columns_their_words(self) -> None:
        small = columns.fit(["site", "n"], [["Taji", "1"]], TEXT_WIDTH)
        assert small.size == columns.SIZES[0]
        assert sum(small.widths) < 100
        long = columns.fit(["date", "words"], [["2021-01-03", "many words " * 60]], TEXT_WIDTH)
        assert long.rooms[0] >= letters.width("2021-01-03")
        assert long.widths[1] > 4 * long.widths[0]

    def test_decimals_stand_in_line(self) -> None:
        rows = pd.DataFrame({"rate": ["5.2", "12.51", "7", "–", "1,234.5"]})
        table = Table("tab-a", "t", rows, align={"rate": "decimal"})
        tree, _ = read(document.prepare(notebook(text("# A"), code(table))))
        pads = [row[0]["pad"] for row in tree["blocks"][1]["rows"]]
        assert pads == pytest.approx([0.465, 0.0, 1.15, 1.15, 0.465])


class TestRefusals:
    def test_a_figure_without_alt_is_refused(self) -> None:
        cell = code(monthly_figure())
        cell.outputs[0].data["application/vnd.sitrep+json"]["alt"] = ""
        with pytest.raises(DocumentError, match="fig-monthly has no text alternative"):
            pdf_of(notebook(text("# A"), cell))

    def test_an_attachment_that_is_no_picture_is_named(self) -> None:
        cell = text("# A\n\n![x](attachment:a.pdf)")
        cell["attachments"] = {"a.pdf": {"application/pdf": "JVBERi0="}}
        with pytest.raises(DocumentError, match=r"attachment a\.pdf is application/pdf"):
            pdf_of(notebook(cell))


_EXPORT = """
import sys, nbformat
from sitrep.render.typst_exporter import TypstPDFExporter
open(sys.argv[2], "wb").write(TypstPDFExporter().from_notebook_node(nbformat.read(sys.argv[1], 4))[0])
"""


class TestReproducible:
    def test_the_same_bytes_in_another_folder_and_time_zone(self, tmp_path: Path) -> None:
        nbformat.write(report(), tmp_path / "report.ipynb")
        (tmp_path / "elsewhere").mkdir()
        environment = {**os.environ, "TZ": "America/Los_Angeles", "PYTHONHASHSEED": "2", "SOURCE_DATE_EPOCH": "2"}
        command = [sys.executable, "-c", _EXPORT, "../report.ipynb", "report.pdf"]
        subprocess.run(command, check=True, cwd=tmp_path / "elsewhere", env=environment)
        assert [path.name for path in (tmp_path / "elsewhere").iterdir()] == ["report.pdf"]
        assert (tmp_path / "elsewhere" / "report.pdf").read_bytes() == pdf_of(report())

    def test_the_date_is_the_documents_own_or_none_of_today(self) -> None:
        dated = reader(notebook(text("# A"), date="2026-03-31"))
        assert dated.metadata is not None
        assert dated.metadata["/CreationDate"].startswith("D:20260331")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://www.rudaw.net/english/1234", "rudaw.net/english/1234"),
        ("https://example.org/%D8%A7%D9%84/1", "example.org/…"),
        ("http://example.org/story?id=77", "example.org/story…"),
        (f"https://example.org/{'long-' * 20}", f"example.org/{'long-' * 20}"[:48] + "…"),
        ("#notes", "#notes"),
        ("", ""),
    ],
)
def test_a_printed_address_is_short_and_free_of_escapes(url: str, shown: str) -> None:
    assert _short_address(url) == shown
