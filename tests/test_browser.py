"""The page in a real browser with the network off: nothing requested, nothing said, nothing lost.

Needs Chromium (``apt-get install chromium``); the accessibility check also needs axe-core, whose ``axe.min.js`` the
environment variable AXE_PATH names.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from browsing import PHONE, WIDE, Reader
from hostile import TEXTS
from sample_report import code, mentions, monthly_figure, notebook, report
from sitrep.bibliography import anchored
from sitrep.content import Table
from sitrep.render.html_exporter import COLOURS
from sitrep.render.markup import visible
from test_html_exporter import export, hostile_report


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(export(report()), encoding="utf-8")
    return path


@pytest.fixture
def read(browser: Any, file: Path) -> Iterator[Any]:
    opened: list[Reader] = []

    def open_page(path: Path = file, **options: Any) -> Reader:
        opened.append(Reader(browser, path, **options))
        return opened[-1]

    yield open_page
    for reader in opened:
        reader.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_asks_for_nothing_and_says_nothing(read: Any, file: Path, scheme: str, viewport: dict[str, int]) -> None:
    reader = read(color_scheme=scheme, viewport=viewport)
    for button in reader.page.query_selector_all("button"):
        button.evaluate("element => element.click()")
    reader.page.evaluate("scrollTo(0, document.body.scrollHeight)")
    reader.page.wait_for_timeout(100)
    assert reader.requests == [file.as_uri()]
    assert reader.said == []


@pytest.mark.parametrize("width", [320, 360, 768, 1024, 1360])
def test_never_scrolls_sideways(read: Any, width: int) -> None:
    reader = read(viewport={"width": width, "height": 740})
    reader.page.click("[data-switch=code]")
    assert reader.page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_policy_stands_between_the_page_and_anything_new(read: Any) -> None:
    reader = read()
    reader.page.evaluate(
        """() => {
            document.body.insertAdjacentHTML("beforeend", '<img src="https://198.51.100.1/x.png" onerror="window.__ran=1">');
            const script = document.createElement("script");
            script.textContent = "window.__ran = 1";
            document.body.append(script);
        }"""
    )
    reader.page.wait_for_timeout(100)
    assert reader.page.evaluate("window.__ran") is None
    assert sum("Content Security Policy" in line for line in reader.said) == 3  # picture, handler, script


class TestReading:
    def test_every_reference_leads_somewhere(self, read: Any) -> None:
        lost = """() => [...document.querySelectorAll("a[href^='#']")]
            .map(link => decodeURIComponent(link.hash.slice(1))).filter(id => !document.getElementById(id))"""
        assert read().page.evaluate(lost) == []

    def test_contents_lead_to_a_section_and_mark_it(self, read: Any) -> None:
        page = read(viewport={"width": 1360, "height": 500}).page
        page.click(".contents a[href='#by-year']")
        page.wait_for_timeout(200)
        assert page.get_attribute(".contents a[href='#by-year']", "aria-current") == "location"
        assert page.eval_on_selector("#by-year", "heading => heading.getBoundingClientRect().top < innerHeight / 3")
        page.evaluate("scrollTo({top: 0, behavior: 'instant'})")
        page.wait_for_timeout(200)
        assert page.get_attribute(".contents a[href='#by-year']", "aria-current") is None
        assert len(page.query_selector_all("[aria-current]")) <= 1
        page.evaluate("scrollTo({top: document.body.scrollHeight, behavior: 'instant'})")
        page.wait_for_timeout(200)
        assert page.get_attribute(".contents [aria-current]", "href") == "#limits"

    def test_contents_fold_on_a_phone_and_close_behind_the_reader(self, read: Any) -> None:
        page = read(viewport=PHONE).page
        assert not page.is_visible(".contents a")
        page.click(".contents summary")
        page.click(".contents a[href='#escalation']")
        assert not page.is_visible(".contents a")
        page.wait_for_timeout(200)
        bar = page.eval_on_selector(".side", "side => side.getBoundingClientRect().bottom")
        heading = page.eval_on_selector("#escalation", "heading => heading.getBoundingClientRect().top")
        assert bar <= heading < PHONE["height"] / 2

    def test_code_is_folded_and_opens_one_by_one_or_all_at_once(self, read: Any) -> None:
        page = read().page
        assert not page.query_selector("details.code[open]")
        page.click("details.code summary")
        assert len(page.query_selector_all("details.code[open]")) == 1
        page.click("[data-switch=code]")
        assert not page.query_selector("details.code:not([open])")
        assert page.get_attribute("[data-switch=code]", "aria-pressed") == "true"
        page.click("[data-switch=code]")
        assert not page.query_selector("details.code[open]")

    def test_the_data_of_a_figure_is_one_click_away(self, read: Any) -> None:
        page = read(accept_downloads=True).page
        with page.expect_download() as download:
            page.click("#fig-monthly a[download]")
        assert download.value.suggested_filename == "fig-monthly.csv"
        saved = Path(download.value.path()).read_bytes()
        assert saved == monthly_figure().data.to_csv(index=False, lineterminator="\n").encode()

    def test_all_is_there_without_script(self, read: Any) -> None:
        page = read(java_script_enabled=False).page
        assert page.locator("#tab-mentions tbody tr").count() == 60
        assert page.is_visible(".contents a")
        assert page.locator("button:visible").count() == 0


class TestFolds:
    NAME = anchored("i", "Camp Taji")
    FOLD = f"[id='{NAME}']"

    def test_open_and_close_by_keyboard(self, read: Any) -> None:
        page = read().page
        page.focus(f"{self.FOLD} summary")
        page.keyboard.press("Enter")
        assert page.is_visible(f"{self.FOLD} li")
        page.keyboard.press(" ")
        assert not page.is_visible(f"{self.FOLD} li")

    def test_open_for_a_link_that_leads_into_them(self, read: Any) -> None:
        page = read().page
        assert not page.is_visible(f"{self.FOLD} li")
        page.focus(f"#s2 a[href='#{self.NAME}']")
        page.keyboard.press("Enter")
        page.wait_for_selector(f"{self.FOLD} li", state="visible")
        assert page.locator(f"{self.FOLD} summary").bounding_box()["y"] < WIDE["height"]
        page.click(f"{self.FOLD} a[href='#s2'] >> nth=0")
        assert page.locator("#s2").bounding_box()["y"] < WIDE["height"]


class TestColours:
    @pytest.mark.parametrize(("scheme", "place"), [("light", 0), ("dark", 1)])
    def test_follow_the_system_figures_too(self, read: Any, scheme: str, place: int) -> None:
        reader = read(color_scheme=scheme)
        assert reader.colour("body", "backgroundColor") == COLOURS["--paper"][place]
        assert reader.colour(".drawing g[fill='#1b1f24']", "fill") == COLOURS["--ink"][place]
        assert reader.colour(".drawing g[fill='#ffffff']", "fill") == "#ffffff"

    def test_can_be_chosen_and_are_remembered(self, read: Any) -> None:
        reader = read(color_scheme="light")
        reader.page.click("[data-switch=theme]")
        assert reader.page.get_attribute("[data-switch=theme]", "aria-pressed") == "true"
        reader.page.reload()
        assert reader.colour("body", "backgroundColor") == COLOURS["--paper"][1]
        reader.page.click("[data-switch=theme]")
        assert reader.colour("body", "backgroundColor") == COLOURS["--paper"][0]


class TestTables:
    @staticmethod
    def column(page: Any, name: str, place: int) -> list[str]:
        rows = page.query_selector_all(f"#{name} tbody tr:not([hidden])")
        return [row.evaluate("(row, place) => row.cells[place].textContent.trim()", place) for row in rows]

    def test_sort_numbers_by_size_with_what_is_missing_last(self, read: Any) -> None:
        page = read().page
        head = page.locator("#tab-rates thead th").nth(1)
        for direction, order in [
            ("ascending", ["0.25", "1", "5.2", "12.51", "–"]),
            ("descending", ["12.51", "5.2", "1", "0.25", "–"]),
            (None, ["5.2", "12.51", "–", "1", "0.25"]),
        ]:
            head.locator("button").click()
            assert self.column(page, "tab-rates", 1) == order
            assert head.get_attribute("aria-sort") == direction

    def test_sort_words_and_dates_and_come_back(self, read: Any) -> None:
        page = read().page
        original = self.column(page, "tab-mentions", 1)
        button = page.locator("#tab-mentions thead button").nth(1)
        button.click()
        assert self.column(page, "tab-mentions", 1) == sorted(original)
        button.click()
        assert self.column(page, "tab-mentions", 1) == sorted(original, reverse=True)
        button.click()
        assert self.column(page, "tab-mentions", 1) == original

    def test_sort_said_dates_by_time_and_identifiers_as_words(self, read: Any, tmp_path: Path) -> None:
        dates = ["3 January 2021", "12–13 March 2020", "28 February 2020", "August 2020", "9 August 2020"]
        names = ["2020-010", "2020-002", "2021-001", "2020-001", "2019-001"]
        path = tmp_path / "dates.html"
        path.write_text(export(notebook(code(Table("tab-d", "D", pd.DataFrame({"date": dates, "name": names}))))))
        page = read(path).page
        page.locator("thead button").nth(0).click()
        assert self.column(page, "tab-d", 0) == [dates[place] for place in (2, 1, 3, 4, 0)]
        page.locator("thead button").nth(1).click()
        assert self.column(page, "tab-d", 1) == sorted(names)

    def test_show_only_rows_with_all_the_words_asked_for(self, read: Any) -> None:
        page = read().page
        assert page.locator("#tab-rates input").count() == 0
        page.fill("#tab-mentions input", "TAJI 2019-10")
        shown = mentions(60)
        words = shown[["mention_id", "date_start", "place_name", "deaths", "note"]].fillna("").agg(" ".join, axis=1)
        expected = int((words.str.contains("taji", case=False) & words.str.contains("2019-10")).sum())
        assert 0 < expected < 60
        assert len(self.column(page, "tab-mentions", 0)) == expected
        assert page.inner_text("#tab-mentions [role=status]") == f"{expected} of 60 rows"
        page.fill("#tab-mentions input", "")
        assert len(self.column(page, "tab-mentions", 0)) == 60

    def test_long_ones_scroll_in_their_box_with_the_heading_in_sight(self, read: Any) -> None:
        page = read().page
        box = "#tab-mentions .scroll"
        page.eval_on_selector(box, "box => box.scrollTop = 1500")
        top = page.eval_on_selector(box, "box => box.getBoundingClientRect().top")
        head = page.eval_on_selector(f"{box} thead th", "head => head.getBoundingClientRect().top")
        assert head == pytest.approx(top, abs=1)


class TestPrint:
    def test_is_light_and_complete_even_from_a_dark_filtered_page(self, read: Any) -> None:
        reader = read(color_scheme="dark")
        reader.page.fill("#tab-mentions input", "taji")
        reader.page.emulate_media(media="print")
        assert reader.colour("body", "color") == COLOURS["--ink"][0]
        assert reader.page.locator("#tab-mentions tbody tr:visible").count() == 60
        box = reader.page.eval_on_selector("#tab-mentions .scroll", "b => [b.scrollHeight, b.clientHeight]")
        assert box[0] == box[1]
        assert not reader.page.is_visible(".side")
        assert not reader.page.is_visible("details.code")

    def test_fits_the_paper(self, read: Any) -> None:
        page = read(viewport={"width": 665, "height": 900}).page  # A4 between its margins, in CSS pixels
        page.emulate_media(media="print")
        assert page.evaluate("document.documentElement.scrollWidth") <= 665


def test_the_keyboard_reaches_everything_and_shows_where_it_is(read: Any) -> None:
    page = read().page
    wanted = page.evaluate(
        """() => [...document.querySelectorAll("a[href], button, input, summary, [tabindex='0']")]
            .filter(element => element.checkVisibility()).length"""
    )
    page.evaluate("window.seen = new Set()")
    for _ in range(wanted + 5):
        page.keyboard.press("Tab")
        focus = page.evaluate(
            """() => {
                const at = document.activeElement;
                if (at === document.body || window.seen.has(at)) return null;
                window.seen.add(at);
                const box = at.getBoundingClientRect(), style = getComputedStyle(at);
                return { what: at.outerHTML.slice(0, 80), outlined: style.outlineStyle !== "none", size: box.width * box.height,
                    inside: box.left >= 0 && box.top < innerHeight && box.bottom > 0 };
            }"""
        )
        if focus is not None:
            assert focus["outlined"], focus
            assert focus["size"] > 0, focus
            assert focus["inside"], focus
    assert page.evaluate("window.seen.size") >= wanted


def test_hostile_text_is_shown_and_runs_nowhere(read: Any, tmp_path: Path) -> None:
    path = tmp_path / "hostile.html"
    path.write_text(export(hostile_report()), encoding="utf-8")
    reader = read(path)
    page = reader.page
    for button in page.query_selector_all("button"):
        button.evaluate("element => element.click()")
    page.evaluate("[...document.querySelectorAll('details')].forEach(fold => fold.open = true)")
    page.wait_for_timeout(300)
    assert page.evaluate("window.__ran") is None
    assert reader.said == []
    assert reader.requests == [path.as_uri()]
    assert page.locator("script").count() == 2
    assert page.locator("img, iframe, object, embed, form, base, video, audio, svg script").count() == 0
    cells = page.evaluate(
        """() => [...document.querySelectorAll("#tab-hostile tbody tr")]
            .map(row => [Number(row.cells[0].textContent), row.cells[1].textContent])"""
    )
    assert [shown for _, shown in sorted(cells)] == [visible(text) for text in TEXTS]
    prose = page.evaluate("[...document.querySelectorAll('.prose.text')].map(part => part.textContent)")
    headings = page.evaluate("[...document.querySelectorAll('main h2')].map(heading => heading.textContent)")
    for shown in (prose, headings):
        assert len(shown) >= len(TEXTS)
    for text, said in zip(TEXTS, prose, strict=True):
        assert said.split() == [*visible(" ".join(text.split())).split(), "end"]


@pytest.mark.skipif("AXE_PATH" not in os.environ, reason="AXE_PATH names no axe.min.js (npm install axe-core)")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_axe_finds_nothing(read: Any, scheme: str, viewport: dict[str, int]) -> None:
    page = read(color_scheme=scheme, viewport=viewport, bypass_csp=True).page
    page.evaluate("[...document.querySelectorAll('details')].forEach(fold => fold.open = true)")
    page.evaluate(Path(os.environ["AXE_PATH"]).read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert [(fault["id"], [node["html"] for node in fault["nodes"]]) for fault in found["violations"]] == []


SHIPPED = [
    pytest.param(path, id=f"{path.parent.name}/{path.stem}", marks=[pytest.mark.long] if path.stem == "report" else [])
    for path in sorted((Path(__file__).parents[1] / "reports").glob("*/*.html"))
]


@pytest.mark.skipif("AXE_PATH" not in os.environ, reason="AXE_PATH names no axe.min.js (npm install axe-core)")
@pytest.mark.parametrize("path", SHIPPED)
def test_axe_finds_nothing_in_what_is_shipped(read: Any, path: Path) -> None:
    page = read(path, color_scheme="light", bypass_csp=True).page
    page.evaluate(Path(os.environ["AXE_PATH"]).read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    page.emulate_media(color_scheme="dark")  # changes colours and nothing else
    found += page.evaluate("axe.run(document, {runOnly: ['color-contrast'], resultTypes: ['violations']})")[
        "violations"
    ]
    assert [(fault["id"], [node["html"][:200] for node in fault["nodes"][:3]]) for fault in found] == []
