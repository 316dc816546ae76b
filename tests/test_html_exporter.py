"""A notebook becomes one HTML file that needs nothing else, hides nothing and tells everything in words too."""

import base64
import hashlib
import itertools
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import matplotlib.pyplot as plt
import nbconvert
import nbformat
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbformat import NotebookNode

from hostile import TEXTS, URLS
from sample_report import code, lists, mention_table, monthly_figure, notebook, report, text
from sitrep import theme
from sitrep.content import MIME, Figure, Prose, Table, plain
from sitrep.render.document import DocumentError
from sitrep.render.html_exporter import COLOURS, ReportHTMLExporter, align_decimals, blocks, colour_properties


class Page(HTMLParser):
    """Every start tag with its attributes, and the text of every element that holds text alone."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        if self.tags:
            self.texts.append((self.tags[-1][0], data))

    def all(self, tag: str, **wanted: str) -> list[dict[str, str]]:
        return [a for name, a in self.tags if name == tag and all(a.get(k) == v for k, v in wanted.items())]


def export(nb: NotebookNode, **config: object) -> str:
    page, _ = ReportHTMLExporter(**config).from_notebook_node(nb)
    return str(page)


@pytest.fixture(scope="module")
def source() -> str:
    return export(report())


@pytest.fixture(scope="module")
def page(source: str) -> Page:
    return Page(source)


class TestFile:
    def test_is_found_by_nbconvert(self) -> None:
        assert nbconvert.get_exporter("sitrep-html") is ReportHTMLExporter
        assert ReportHTMLExporter().file_extension == ".html"

    def test_loads_nothing(self, page: Page) -> None:
        assert not [a["src"] for _, a in page.tags if "src" in a]
        assert [a["href"] for a in page.all("link")] == ["data:,"]
        assert not {"iframe", "object", "embed", "base", "form"} & {tag for tag, _ in page.tags}

    def test_tells_the_sites_it_links_to_nothing(self, page: Page) -> None:
        assert {"name": "referrer", "content": "no-referrer"} in page.all("meta")

    def test_declares_by_hash_what_it_holds(self, source: str, page: Page) -> None:
        policy = next(a["content"] for a in page.all("meta") if a.get("http-equiv") == "Content-Security-Policy")
        rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
        assert rules["default-src"] == "'none'"
        assert "unsafe" not in policy
        for tag, rule in (("style", "style-src"), ("script", "script-src")):
            held = re.findall(rf"<{tag}>(.*?)</{tag}>", source, flags=re.S)
            hashes = [base64.b64encode(hashlib.sha256(part.encode()).digest()).decode() for part in held]
            assert rules[rule] == " ".join(f"'sha256-{value}'" for value in hashes)

    def test_has_no_style_or_handler_attributes(self, page: Page) -> None:
        assert not [(tag, name) for tag, a in page.tags for name in a if name == "style" or name.startswith("on")]

    def test_carries_nothing_of_jupyter(self, source: str) -> None:
        assert not re.search(r"mathjax|require\.js|jp-|jupyter|cdn", source, flags=re.I)

    def test_is_small(self, source: str) -> None:
        assert len(source.encode()) < 250_000

    @pytest.mark.long  # test_render does so with a whole report
    def test_is_the_same_in_another_process_and_time_zone(self, source: str, tmp_path: Path) -> None:
        nbformat.write(report(), tmp_path / "sample.ipynb")
        script = (
            "import sys, nbformat; from sitrep.render.html_exporter import ReportHTMLExporter as E;"
            "sys.stdout.buffer.write(E().from_notebook_node(nbformat.read('sample.ipynb', 4))[0].encode())"
        )
        done = subprocess.run(
            [sys.executable, "-c", script],
            cwd=tmp_path,
            env={**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"},
            capture_output=True,
            check=True,
        )
        assert done.stdout.decode() == source


class TestStructure:
    def test_has_a_language_a_title_and_facts(self, source: str, page: Page) -> None:
        assert page.all("html") == [{"lang": "en", "dir": "ltr"}]
        assert "<title>Attacks on coalition forces</title>" in source
        assert '<h1>Attacks on coalition forces</h1>\n<p class="subtitle">Sample of the tables</p>' in source
        assert "<dt>Period</dt><dd>2019 to 2026</dd>" in source

    def test_follows_the_direction_of_its_language(self) -> None:
        assert '<html lang="ar" dir="rtl">' in export(notebook(text("مرحبا"), lang="ar"))

    def test_ids_are_unique_and_every_reference_leads_to_one(self, page: Page) -> None:
        ids = [a["id"] for _, a in page.tags if "id" in a]
        assert len(ids) == len(set(ids))
        targets = {unquote(a["href"][1:]) for a in page.all("a") if a["href"].startswith("#")}
        named = {name for _, a in page.tags for name in a.get("aria-labelledby", "").split()}
        assert {"fig-monthly", "tab-rates", "escalation", "by-year", "small-print", "limits"} <= targets
        assert targets | named <= set(ids)

    def test_skips_no_level_of_headings(self, page: Page) -> None:
        levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h\d", tag)]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after <= before + 1 for before, after in itertools.pairwise(levels))

    def test_says_figure_and_table_with_their_numbers(self, source: str) -> None:
        assert re.search(r"<figcaption[^>]*><b>Figure 1\.</b> Most mentions fall in", source)
        assert re.search(r"<caption><span[^>]*><b>Table 2\.</b> The first 60 mentions", source)
        assert '<a href="#fig-monthly">Figure 1</a>' in source

    def test_tells_each_figure_in_words_twice(self, source: str, page: Page) -> None:
        drawings = page.all("svg", **{"class": "drawing", "role": "img"})
        assert len(drawings) == 1
        assert drawings[0]["aria-label"].startswith("Bars of mentions a month")
        assert f"<summary>Text description</summary><p>{drawings[0]['aria-label']}</p>" in source

    def test_gives_the_data_of_figures_and_tables(self, page: Page) -> None:
        shown = monthly_figure()
        links = {a["download"]: a["href"] for a in page.all("a") if "download" in a}
        assert set(links) == {"fig-monthly.csv", "tab-rates.csv", "tab-mentions.csv"}
        head, _, body = links["fig-monthly.csv"].partition(",")
        assert head == "data:text/csv;charset=utf-8"
        assert unquote(body) == shown.data.to_csv(index=False, lineterminator="\n")

    def test_tables_have_captions_scopes_and_a_box_that_the_keyboard_reaches(self, page: Page) -> None:
        assert all(a.get("scope") in ("col", "row") for a in page.all("th"))
        assert len(page.all("caption")) == 2
        assert all(a["tabindex"] == "0" for a in page.all("div") if a.get("class", "").startswith("scroll"))
        assert [a["class"] for a in page.all("div") if "long" in a.get("class", "")] == ["scroll long"]

    def test_folds_code_behind_what_it_shows_with_the_parameters(self, source: str, page: Page) -> None:
        folds = page.all("details", **{"class": "code"})
        assert len(folds) == 7
        assert not [fold for fold in folds if "open" in fold]
        assert re.findall(r"<summary>Code <span>(.*?)</span>", source)[:2] == ["cells 2 to 3", "cell 4"]
        assert '<span class="n">window_days</span>' in source

    def test_leaves_code_out_when_asked(self) -> None:
        assert 'class="code"' not in export(report(), exclude_input=True).split("</style>")[1]

    def test_shows_what_matters_in_boxes(self, page: Page) -> None:
        boxes = [a["class"] for a in page.all("div") if a.get("class", "").startswith("prose ")]
        assert boxes == ["prose judgements", "prose notice", "prose limits"]


class TestContent:
    def test_other_html_is_not_let_in(self, source: str) -> None:
        assert "alert(1)" not in source
        assert '<pre class="output" tabindex="0" role="group" aria-label="Output">a  1</pre>' in source

    def test_streams_lose_their_terminal_colours(self, source: str) -> None:
        assert "plain red &lt;b&gt;</pre>" in source

    def test_an_image_without_words_is_refused(self) -> None:
        cell = code(monthly_figure())
        cell.outputs[0].data[MIME]["alt"] = " "
        with pytest.raises(DocumentError, match="no text alternative"):
            export(notebook(cell))

    def test_a_reference_to_nowhere_is_refused(self) -> None:
        with pytest.raises(DocumentError, match="fig-none"):
            export(notebook(text("[](#fig-none)")))

    def test_cells_link_nowhere_but_to_web_pages_and_anchors(self) -> None:
        targets = [url for url in URLS if url != "#"]
        rows = pd.DataFrame({"site": ["words"] * len(targets), "to": targets})
        shown = export(notebook(code(Table("tab-a", "A", rows, link={"site": "to"}))))
        assert shown.count('<th scope="row" class="s">words</th>') == len(targets)

    def test_hostile_text_stays_text_wherever_it_stands(self) -> None:
        shown = Page(export(hostile_report()))
        markdown = {"blockquote", "hr", "em", "br", "del"}
        allowed = {tag for tag, _ in Page(export(report())).tags} | markdown
        assert {tag for tag, _ in shown.tags} <= allowed
        assert len(shown.all("script")) == 2
        assert not [name for _, a in shown.tags for name in a if name.startswith("on") or name in ("style", "src")]

    def test_right_to_left_names_are_isolated_in_cells(self) -> None:
        rows = pd.DataFrame({"place": ["Taji (قاعدة التاجي)"]})
        assert "Taji (<bdi>قاعدة التاجي</bdi>)" in export(notebook(code(Table("tab-a", "A", rows))))

    def test_cells_can_be_referred_to(self) -> None:
        cell = code(Table("tab-a", "A", pd.DataFrame({"source": ["first", "second"]})), Prose("[](#src-1)"))
        cell.outputs[0].data[MIME]["rows"][0][0]["id"] = "src-1"
        shown = export(notebook(cell))
        assert '<th scope="row" class="s" id="src-1">first</th>' in shown
        assert '<a href="#src-1">first</a>' in shown


class TestBlocks:
    @given(st.lists(st.sampled_from(["text", "silent", "shows"])))
    def test_show_every_cell_in_order_and_fold_all_code_once_behind_it(self, kinds: list[str]) -> None:
        make = {"text": lambda: text("a"), "silent": code, "shows": lambda: code(Prose("b"))}
        made = list(blocks(notebook(*(make[kind]() for kind in kinds))))
        assert [place for kind, part in made if kind == "shown" for place, _ in part] == list(range(1, len(kinds) + 1))
        folded = [place for kind, part in made if kind == "code" for place, _ in part]
        assert folded == [place for place, kind in enumerate(kinds, start=1) if kind != "text"]
        for kind, part in made:
            assert kind == "shown" or sum(bool(cell.outputs) for _, cell in part) <= 1


class TestDecimals:
    def test_points_stand_in_one_line(self) -> None:
        assert align_decimals(["5", "0.25", "–", "1,234.5", "3 of 4"]) == [
            "5\u2008\u2007\u2007",
            "0.25",
            "–",
            "1,234.5\u2007",
            "3 of 4",
        ]

    @given(st.lists(st.decimals(-1000, 1000, places=None, allow_nan=False).map(lambda d: f"{d:f}"), min_size=1))
    def test_every_number_ends_equally_far_behind_its_point(self, texts: list[str]) -> None:
        behind = [len(text.replace("\u2008", ".").partition(".")[2]) for text in align_decimals(texts)]
        assert len(set(behind)) == 1
        assert [text.rstrip("\u2007\u2008") for text in align_decimals(texts)] == texts


class TestColours:
    @staticmethod
    def contrast(one: str, two: str) -> float:
        """Return the contrast ratio of WCAG 2.2."""

        def luminance(colour: str) -> float:
            parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
            red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
            return 0.2126 * red + 0.7152 * green + 0.0722 * blue

        light, dark = sorted((luminance(one), luminance(two)), reverse=True)
        return (light + 0.05) / (dark + 0.05)

    @pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
    @pytest.mark.parametrize("name", ["--ink", "--muted", "--link", "--accent", "--warn", "--code-word", "--code-text", "--code-number"])  # fmt: skip
    def test_words_stand_out_from_every_ground(self, name: str, scheme: int) -> None:
        for ground in ("--paper", "--raised", "--warn-paper", "--target"):
            assert self.contrast(COLOURS[name][scheme], COLOURS[ground][scheme]) >= 4.5, ground

    @pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
    def test_edges_of_controls_stand_out(self, scheme: int) -> None:
        assert self.contrast(COLOURS["--control"][scheme], COLOURS["--paper"][scheme]) >= 3

    def test_the_light_scheme_is_that_of_the_figures(self) -> None:
        for colour, variable in theme.CSS_VARIABLES.items():
            assert COLOURS[variable][0] == colour

    def test_every_colour_has_both_schemes(self) -> None:
        assert colour_properties({"--a": ("#000000", "#ffffff")}) == (
            ":root{--a:#000000;}\n@supports (color:light-dark(#000,#fff)){:root{--a:light-dark(#000000,#ffffff);}}"
        )


def hostile_report() -> NotebookNode:
    """Return a report that has every hostile text in a cell, and in turn in every other place that takes words."""
    rows = pd.DataFrame({"n": range(len(TEXTS)), "text": TEXTS, "again": TEXTS})
    cells = [code(Table("tab-hostile", TEXTS[0], rows, TEXTS[1], labels={"text": TEXTS[2]}))]
    for number, payload in enumerate(TEXTS):
        cells.append(code(Prose(f"{plain(payload)} **end**"), source=payload))
        cells.append(text(f"## {plain(payload)}"))
        if number % 40 == 0:
            drawing, axes = plt.subplots(figsize=(2, 1))
            axes.set_title(payload[:30].replace("$", ""))
            cells.append(code(Figure(f"fig-{number}", payload, drawing, rows.head(2), payload + "words", payload)))
    cells.append(code(*lists(TEXTS)))
    # Markdown that we would not write: links to nowhere and pictures are refused before, the rest has to be harmless.
    cells += [text(payload) for payload in TEXTS if "](" not in payload and "![" not in payload]
    return notebook(*cells, title=TEXTS[0], subtitle=TEXTS[3], facts=[[payload, payload] for payload in TEXTS[:60]])


def test_a_long_table_keeps_every_row() -> None:
    shown = Page(export(notebook(code(mention_table(700)))))
    assert len(shown.all("tr")) == 701
