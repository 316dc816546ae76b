"""Text that tries to be something else goes from an article or a cell to page, PDF and CSV, and is text everywhere."""

import csv
import io
import re
from pathlib import Path

import pandas as pd
import pytest

from hostile import TEXTS, URLS
from sample_report import code, lists, notebook, text
from sitrep import bibliography, tables
from sitrep.articles import read_articles
from sitrep.content import MIME, Table
from sitrep.extract import extract_articles
from sitrep.intake import gazetteer_of, lexicon_folder
from sitrep.phrases.lexicon import Lexicon
from sitrep.render import document
from sitrep.render.typst_exporter import read
from test_html_exporter import Page, export
from test_typst_exporter import _as_shown, _has_right_to_left, letters_of, links, reader, words

TOP = Path(__file__).parents[1]
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def test_there_are_enough_payloads_of_every_kind() -> None:
    assert len(TEXTS) >= 200
    kinds = (
        "<script",
        "onerror=",
        "javascript:",
        '#read("',
        "\\input{",
        "=HYPERLINK(",
        "\u202e",
        "\u200b",
        "**bold**",
        "{{ ",
    )
    assert all(any(kind in payload for payload in TEXTS) for kind in kinds)


class TestLists:
    """Incidents and sources, with a payload wherever words of others can stand."""

    def test_a_page_gets_no_element_from_them(self) -> None:
        benign = Page(export(notebook(text("# A"), code(*lists(["words", "more"])))))
        shown = Page(export(notebook(text("# A"), code(*lists(TEXTS)))))
        assert {tag for tag, _ in shown.tags} <= {tag for tag, _ in benign.tags} | {"bdi"}
        assert not [name for _, a in shown.tags for name in a if name.startswith("on") or name in ("style", "src")]

    def test_a_source_leads_to_web_addresses_only(self) -> None:
        shown = Page(export(notebook(text("# A"), code(*lists(URLS)))))
        away = {a["href"] for tag, a in shown.tags if tag == "a" and not a["href"].startswith(("#", "data:text/csv"))}
        assert away <= {'https://198.51.100.1/" onmouseover="window.__ran=1'}

    def test_a_pdf_shows_every_letter_and_leads_nowhere_else(self) -> None:
        chosen = dict.fromkeys(TEXTS[::7] + TEXTS[-60:])
        payloads = [payload for payload in chosen if not _has_right_to_left(payload)]
        nb = notebook(text("# A"), code(*lists(payloads)))
        pdf = reader(nb)
        shown = letters_of(words(nb)).replace("-", "")
        assert [one for one in payloads if letters_of(_as_shown(one)).replace("-", "") not in shown] == []
        addresses = [str(note["/A"]["/URI"]) for note in links(pdf) if "/A" in note and "/URI" in note["/A"]]
        assert all(address.lower().startswith(("http://", "https://", "mailto:")) for address in addresses)

    def test_nothing_of_them_is_typst_code(self) -> None:
        tree, _ = read(document.prepare(notebook(text("# A"), code(*lists(TEXTS)))))
        kinds = set()

        def visit(node: object) -> None:
            if isinstance(node, dict):
                kinds.add(node.get("t"))
                for value in node.values():
                    visit(value)
            elif isinstance(node, list):
                for value in node:
                    visit(value)

        visit(tree["blocks"])
        assert kinds <= {None, "heading", "text", "link", "ref", "underline", "dossier", "bibliography"}


@pytest.mark.parametrize("payload", TEXTS, ids=range(len(TEXTS)))
def test_a_csv_cell_is_the_payload_and_starts_no_formula(payload: str) -> None:
    frame = pd.DataFrame({"words": [payload, "next"], payload or "name": ["a", "b"]})
    (bundle, _) = Table("tab-a", "A", frame)._repr_mimebundle_()
    rows = list(csv.reader(io.StringIO(bundle[MIME]["csv"], newline="")))
    assert len(rows) == 3  # no payload makes a row or takes one away
    cell = rows[1][0]
    assert cell in (payload, f"'{payload}")
    assert not cell.startswith(_FORMULA) or re.fullmatch(r"[+-]?\d+(\.\d+)?", cell)


class TestArticles:
    """A payload inside an article that tells of an attack, read by the machine and shown with its words."""

    @pytest.fixture(scope="class")
    @classmethod
    def extraction(cls, tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
        folder = tmp_path_factory.mktemp("articles")
        chosen = TEXTS[::9] + TEXTS[-60:]
        for number, payload in enumerate(chosen):
            (folder / f"{number:03d}.txt").write_text(
                f"Rockets hit base {payload}\n\nBAGHDAD, January 4, 2024 (Reuters) - Three rockets hit the Ain al-Asad air "
                f"base in Iraq on Wednesday, wounding two soldiers. {payload} The {payload} group claimed it.\n",
                encoding="utf-8",
            )
        words_of = lexicon_folder(TOP / "data")
        lexicon = Lexicon.read(words_of)
        gazetteer = gazetteer_of(tables.read(TOP / "data").places, words_of)
        return extract_articles(read_articles([folder], lexicon), gazetteer, lexicon)

    def test_most_are_read_all_the_same(self, extraction) -> None:  # type: ignore[no-untyped-def]
        assert extraction.mentions["source_id"].nunique() > 0

    def test_what_is_read_stays_text_in_page_and_csv(self, extraction) -> None:  # type: ignore[no-untyped-def]
        shown_tables = [
            Table(f"tab-{name}", name, frame.astype("str"))
            for name, frame in (("read", extraction.mentions), ("aside", extraction.rejected))
        ]
        shown = Page(export(notebook(text("# A"), code(*shown_tables))))
        benign = Page(export(notebook(text("# A"), code(Table("tab-a", "A", pd.DataFrame({"a": ["x"], "b": ["y"]}))))))
        assert {tag for tag, _ in shown.tags} <= {tag for tag, _ in benign.tags} | {"bdi"}
        for table in shown_tables:
            for row in csv.reader(io.StringIO(table._repr_mimebundle_()[0][MIME]["csv"], newline="")):
                assert all(not cell.startswith(_FORMULA) or re.fullmatch(r"[+-]?\d+(\.\d+)?", cell) for cell in row)


def test_an_anchor_is_never_markup() -> None:
    for payload in TEXTS:
        assert re.fullmatch(r"[\w.-]+", bibliography.anchored("i", payload))
