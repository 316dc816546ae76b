"""The slides in a real browser with the network off: nothing requested, nothing clipped, keys and touch lead on."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from browsing import Reader
from hostile import TEXTS
from sample_report import code, notebook
from sample_slides import examination, payloads
from sample_slides import page as page_of
from sitrep.content import Prose, Slide, plain
from sitrep.render import document, slides_exporter
from sitrep.render.html_exporter import COLOURS
from sitrep.study import Study

SCREEN, SMALL, PHONE = (1280, 720), (1024, 768), (360, 640)


@pytest.fixture(scope="module")
def files(overview: Study, seeds: Study, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("slides")
    pages = {"overview": page_of(overview, examination(overview)), "seeds": page_of(seeds, None)}
    for name, page in pages.items():
        (folder / f"{name}.html").write_text(page, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in pages}


@pytest.fixture
def read(browser: Any, files: dict[str, Path]) -> Iterator[Any]:
    opened: list[Reader] = []

    def open_page(name: str | Path = "overview", size: tuple[int, int] = SCREEN, **options: Any) -> Reader:
        path = name if isinstance(name, Path) else files[name]
        opened.append(Reader(browser, path, viewport={"width": size[0], "height": size[1]}, **options))
        return opened[-1]

    yield open_page
    for reader in opened:
        reader.context.close()


def at(page: Any) -> str:
    """The slide whose top is at the top of the screen."""
    return str(
        page.evaluate(
            "[...document.querySelectorAll('.slide')].find(s => Math.abs(s.getBoundingClientRect().top) < 2)?.id"
        )
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_ask_for_nothing_and_say_nothing(read: Any, files: dict[str, Path], scheme: str) -> None:
    reader = read(color_scheme=scheme)
    for key in ("n", "d", "ArrowRight", "End", "Home", "n", "d"):
        reader.page.keyboard.press(key)
    reader.page.wait_for_timeout(100)
    assert [url.split("#")[0] for url in reader.requests] == [files["overview"].as_uri()]
    assert reader.said == []


class TestMoving:
    def test_keys_lead_from_slide_to_slide(self, read: Any) -> None:
        page = read().page
        count = page.locator(".slide").count()
        for key, place in [
            *(("ArrowRight", 2), ("ArrowDown", 3), (" ", 4), ("PageDown", 5), ("ArrowLeft", 4), ("ArrowUp", 3)),
            *(("PageUp", 2), ("Shift+ ", 1), ("ArrowLeft", 1), ("End", count), ("ArrowRight", count), ("Home", 1)),
        ]:
            page.keyboard.press(key)
            assert at(page) == f"s{place}", key

    def test_the_address_tells_the_slide_and_leads_back_to_it(self, read: Any) -> None:
        reader = read()
        reader.page.keyboard.press("ArrowRight")
        reader.page.keyboard.press("ArrowRight")
        reader.page.wait_for_url("**#s3")
        reader.page.reload()
        reader.page.wait_for_function("Math.abs(document.getElementById('s3').getBoundingClientRect().top) < 2")

    def test_a_screen_reader_is_led_along(self, read: Any) -> None:
        page = read().page
        page.keyboard.press("ArrowRight")
        assert page.evaluate("document.activeElement.id") == "s2"
        name = page.evaluate(
            "document.getElementById(document.activeElement.getAttribute('aria-labelledby')).textContent"
        )
        assert name == "Key judgements, and our confidence in each"

    def test_a_swipe_comes_to_rest_on_a_slide(self, read: Any) -> None:
        page = read(size=PHONE, has_touch=True, is_mobile=True).page
        page.evaluate("scrollBy({top: innerHeight * 0.8, behavior: 'instant'})")
        page.wait_for_function(
            "[...document.querySelectorAll('.slide')].some(s => Math.abs(s.getBoundingClientRect().top) < 2)"
        )
        assert at(page) == "s2"

    def test_without_script_links_lead_on_and_notes_fold_out(self, read: Any) -> None:
        page = read(java_script_enabled=False).page
        page.click("#s1 .foot a")
        page.click("#s2 .foot a >> nth=1")
        assert page.locator("#s3").bounding_box()["y"] == pytest.approx(0, abs=2)
        page.click("#s3 summary")
        assert page.is_visible("#s3 .told")
        assert page.locator("button:visible").count() == 0

    def test_keys_of_folds_and_of_wide_drawings_stay_theirs(self, read: Any) -> None:
        page = read(size=PHONE).page
        page.keyboard.press("ArrowRight")
        page.focus("#s2 summary")
        page.keyboard.press(" ")
        assert page.is_visible("#s2 .told")
        page.keyboard.press(" ")
        page.keyboard.press("ArrowRight")
        assert at(page) == "s3"
        page.focus("#s3 .canvas")
        page.keyboard.press("ArrowRight")
        page.wait_for_function("document.querySelector('#s3 .canvas').scrollLeft > 0")
        assert at(page) == "s3"


class TestNotes:
    def test_n_unfolds_all_notes_and_folds_them(self, read: Any) -> None:
        page = read().page
        page.keyboard.press("ArrowRight")
        page.keyboard.press("n")
        assert page.locator(".notes:not([open])").count() == 0
        assert page.get_attribute("[data-key=n]", "aria-pressed") == "true"
        assert at(page) == "s2" and page.is_visible("#s2 .told")
        page.keyboard.press("n")
        assert page.locator(".notes[open]").count() == 0

    def test_notes_take_their_room_from_the_figure(self, read: Any) -> None:
        page = read().page
        page.keyboard.press("n")
        heights = page.eval_on_selector_all(".slide.figure", "all => all.map(s => s.getBoundingClientRect().height)")
        assert heights and max(heights) <= 720 * 1.35

    def test_each_tells_the_numbers_behind(self, read: Any) -> None:
        page = read().page
        told = page.eval_on_selector_all(".told", "all => all.map(one => one.textContent)")
        assert all(len(text.split()) > 20 for text in told)
        assert any("n = " in text for text in told)


# Nothing clipped


@pytest.mark.parametrize("size", [SCREEN, SMALL, PHONE], ids=["1280x720", "1024x768", "360x640"])
@pytest.mark.parametrize("name", ["overview", "seeds"])
def test_every_slide_fits_its_box(read: Any, name: str, size: tuple[int, int]) -> None:
    page = read(name, size).page
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    slides = page.evaluate(
        """() => [...document.querySelectorAll(".slide")].map(slide => {
            const box = slide.getBoundingClientRect(), clipped = [];
            for (const part of slide.querySelectorAll("h1, h2, dt, dd, li, p, .canvas, .foot")) {
                if (!part.checkVisibility() || part.closest(".notes")) continue;
                const own = part.getBoundingClientRect();
                if (own.left < box.left - 1 || own.right > box.right + 1 || own.top < box.top - 1 || own.bottom > box.bottom + 1
                    || (!part.matches(".canvas") && part.scrollWidth > part.clientWidth + 1)) clipped.push(part.outerHTML.slice(0, 60));
            }
            const parts = [...slide.querySelectorAll("h2, .canvas, .points, .foot")].map(p => p.getBoundingClientRect());
            const overlaps = parts.some((a, i) => parts.slice(i + 1).some(b => a.left < b.right - 1 && b.left < a.right - 1
                && a.top < b.bottom - 1 && b.top < a.bottom - 1));
            return { id: slide.id, height: box.height, clipped, overlaps };
        })"""
    )
    assert len(slides) >= 8
    for slide in slides:
        assert slide["clipped"] == [] and not slide["overlaps"], slide
        assert slide["height"] <= size[1] + 1 or (slide["id"] == "s1" and size == PHONE), slide


@pytest.mark.parametrize("name", ["overview", "seeds"])
def test_words_can_be_read_from_the_last_row(read: Any, name: str) -> None:
    sizes = read(name).page.eval_on_selector_all(
        ".face :is(h1, h2, dt, dd, li, .subtitle)", "all => all.map(one => parseFloat(getComputedStyle(one).fontSize))"
    )
    assert min(sizes) >= 24


@pytest.mark.parametrize("name", ["overview", "seeds"])
def test_letters_of_drawings_can_be_read_from_the_last_row(read: Any, name: str) -> None:
    # matplotlib draws a letter of S points as an outline at the scale S / 100
    sizes = read(name).page.eval_on_selector_all(
        ".drawing",
        """all => all.map(drawing => {
            const scale = drawing.getScreenCTM().a;
            const letters = [...drawing.querySelectorAll("g[transform*='scale']")].map(word => word.getAttribute("transform"));
            return Math.min(...letters.map(text => 100 * scale * text.match(/scale\\(([\\d.]+)/)[1]));
        })""",
    )
    assert len(sizes) >= 4 and min(sizes) >= 24


def test_figures_take_at_least_half_of_the_screen(read: Any) -> None:
    areas = read().page.eval_on_selector_all(
        ".canvas", "all => all.map(one => one.clientWidth * one.clientHeight / innerWidth / innerHeight)"
    )
    assert len(areas) == 6 and min(areas) > 0.4


def test_larger_type_grows_a_slide_instead_of_hiding_words(read: Any) -> None:
    page = read(size=PHONE).page
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    hidden = page.evaluate(
        """() => [...document.querySelectorAll(".slide")].filter(slide =>
            slide.querySelector(".foot").getBoundingClientRect().bottom > slide.getBoundingClientRect().bottom + 1).map(s => s.id)"""
    )
    assert hidden == []


def test_print_one_slide_a_page_with_its_notes(read: Any, tmp_path: Path) -> None:
    pypdf = pytest.importorskip("pypdf")
    page = read(color_scheme="dark").page
    slides = page.locator(".slide").count()
    page.pdf(path=tmp_path / "slides.pdf", prefer_css_page_size=True)
    notes = page.locator(".slide").evaluate_all("all => all.map(one => one.querySelector('.told')?.textContent ?? '')")
    pages = [sheet.extract_text() for sheet in pypdf.PdfReader(tmp_path / "slides.pdf").pages]
    assert len(pages) == len(notes) == slides
    for place, (text, told) in enumerate(zip(pages, notes, strict=True), start=1):
        assert f"{place} / {slides}" in text
        assert " ".join(told.split()[:6]) in " ".join(text.split())


@pytest.mark.parametrize(("scheme", "place"), [("light", 0), ("dark", 1)])
def test_colours_follow_the_system_and_the_key(read: Any, scheme: str, place: int) -> None:
    reader = read(color_scheme=scheme)
    assert reader.colour("body", "backgroundColor") == COLOURS["--paper"][place]
    reader.page.keyboard.press("d")
    assert reader.colour("body", "backgroundColor") == COLOURS["--paper"][1 - place]
    assert reader.colour(".drawing g[fill='#1b1f24']", "fill") == COLOURS["--ink"][1 - place]


def test_hostile_words_run_nowhere(read: Any, tmp_path: Path) -> None:
    bare = document.prepare(notebook(code(Prose("Text.")), title=TEXTS[0], facts=[[text, text] for text in TEXTS[:9]]))
    told = [Slide(f"x{place}", text, ((text, plain(text)),), notes=plain(text)) for place, text in enumerate(TEXTS)]
    path = tmp_path / "hostile.html"
    path.write_text(slides_exporter.export(payloads(told), bare), encoding="utf-8")
    reader = read(path)
    reader.page.keyboard.press("n")
    reader.page.wait_for_timeout(200)
    assert reader.page.evaluate("window.__ran") is None
    assert reader.said == [] and len(reader.requests) == 1
    assert reader.page.locator("img, iframe, object, embed, form, base, video, audio").count() == 0


@pytest.mark.skipif("AXE_PATH" not in os.environ, reason="AXE_PATH names no axe.min.js (npm install axe-core)")
@pytest.mark.parametrize(("scheme", "size"), [("light", SCREEN), ("dark", PHONE)], ids=["light-screen", "dark-phone"])
def test_axe_finds_nothing(read: Any, scheme: str, size: tuple[int, int]) -> None:
    page = read("overview", size, color_scheme=scheme, bypass_csp=True).page
    page.keyboard.press("n")
    page.evaluate(Path(os.environ["AXE_PATH"]).read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert [(fault["id"], [node["html"] for node in fault["nodes"]]) for fault in found["violations"]] == []
