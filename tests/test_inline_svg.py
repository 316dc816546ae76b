"""A drawing becomes part of the page: complete, inert, with words, in the page's colours."""

import re
import xml.etree.ElementTree as ElementTree

import pytest

from sample_report import monthly_figure
from sitrep import theme
from sitrep.render import inline_svg

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 9 9">'


@pytest.fixture(scope="module")
def drawn() -> str:
    bundle, _ = monthly_figure()._repr_mimebundle_()
    return str(bundle["image/svg+xml"])


def tags(svg: str) -> list[str]:
    found = (element.tag.rpartition("}")[2] for element in ElementTree.fromstring(svg).iter())
    return [tag for tag in found if tag != "style"]


def test_keeps_every_mark_of_a_matplotlib_drawing(drawn: str) -> None:
    kept = [tag for tag in tags(inline_svg.inline(drawn, "alt")) if tag != "g"]
    assert kept == [tag for tag in tags(drawn) if tag != "g"]


def test_keeps_only_groups_that_say_something_of_their_marks(drawn: str) -> None:
    root = ElementTree.fromstring(inline_svg.inline(drawn, "alt"))
    assert all(group.attrib for group in root.iter("g"))


def test_what_all_marks_of_a_group_share_is_said_once() -> None:
    marks = '<use href="#a" x="{0}" fill="#0072b2"/>'
    svg = (
        f'{HEAD}<defs><path id="a" d="M0 0"/></defs><g clip-path="url(#c)">{marks.format(1)}{marks.format(2)}</g></svg>'
    )
    shown = inline_svg.inline(svg, "alt")
    assert shown.count("#0072b2") == 1
    assert ElementTree.fromstring(shown).find("g").get("fill") == "#0072b2"  # type: ignore[union-attr]


class TestSheet:
    def test_drawings_of_one_page_draw_each_letter_once_and_find_it(self, drawn: str) -> None:
        sheet = inline_svg.Sheet()
        first, second = inline_svg.inline(drawn, "one", sheet), inline_svg.inline(drawn, "two", sheet)
        alone = inline_svg.inline(drawn, "two")
        assert len(second) < 0.8 * len(alone)
        ids = re.findall(r'\bid="([^"]+)"', first + second)
        assert len(ids) == len(set(ids))
        assert set(re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', first + second)) <= {
            *((name, "") for name in ids),
            *(("", name) for name in ids),
        }

    def test_every_mark_keeps_its_outline(self, drawn: str) -> None:
        sheet = inline_svg.Sheet()
        shown = "".join(inline_svg.inline(drawn, "alt", sheet) for _ in range(2))
        alone = inline_svg.inline(drawn, "alt")

        def outlines(svg: str) -> list[str | None]:
            root = ElementTree.fromstring(f"<page>{svg}</page>")
            known = {element.get("id"): element.get("d") for element in root.iter("path") if element.get("id")}
            return [known[str(use.get("href"))[1:]] for use in root.iter("use")]

        assert outlines(shown) == 2 * outlines(alone)


def test_keeps_every_look_as_an_attribute(drawn: str) -> None:
    before = sorted(value for style in re.findall(r'style="([^"]*)"', drawn) for value in style.split("; "))
    shown = inline_svg.inline(drawn, "alt")
    for look in set(before):
        name, _, value = look.partition(": ")
        assert f'{name}="{value}"' in shown
    assert "style" not in shown


def test_moves_no_point_by_more_than_a_hundredth(drawn: str) -> None:
    def points(svg: str) -> list[float]:
        paths = re.findall(r' d="([^"]*)"', svg)
        return [float(value) for path in paths for value in re.findall(r"-?\d+(?:\.\d+)?", path)]

    assert points(inline_svg.inline(drawn, "alt")) == pytest.approx(points(drawn), abs=0.005001)


def test_refers_only_to_what_it_holds(drawn: str) -> None:
    shown = inline_svg.inline(drawn, "alt")
    targets = set(re.findall(r'href="#([^"]+)"', shown)) | set(re.findall(r"url\(#([^)]+)\)", shown))
    assert targets
    assert targets <= set(re.findall(r' id="([^"]+)"', shown))


def test_is_an_image_with_words_and_a_size(drawn: str) -> None:
    root = ElementTree.fromstring(inline_svg.inline(drawn, 'Bars & "words" <b>'))
    assert (root.get("role"), root.get("aria-label")) == ("img", 'Bars & "words" <b>')
    assert float(root.attrib["width"]) == pytest.approx(theme.WIDTH * 96, abs=1)


@pytest.mark.parametrize("alt", ["", " \n"])
def test_without_words_is_refused(drawn: str, alt: str) -> None:
    with pytest.raises(ValueError, match="no text alternative"):
        inline_svg.inline(drawn, alt)


@pytest.mark.parametrize(("svg", "message"), [("<svg><g></svg>", "not well-formed"), ("<div/>", "<div>, not <svg>")])
def test_what_is_no_drawing_is_refused(svg: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        inline_svg.inline(svg, "alt")


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>",
        "<foreignObject><body xmlns='http://www.w3.org/1999/xhtml' onload='alert(1)'/></foreignObject>",
        "<a href='javascript:alert(1)'><rect/></a>",
        "<g onclick='alert(1)'/>",
        "<animate onbegin='alert(1)'/>",
        "<set attributeName='href' to='javascript:alert(1)'/>",
        "<image href='http://198.51.100.1/alert'/>",
        "<image href='data:image/svg+xml,alert'/>",
        "<use xlink:href='http://198.51.100.1/alert#x'/>",
        "<path fill='url(http://198.51.100.1/alert)'/>",
        "<path style='fill: url(http://198.51.100.1/alert); behavior: url(alert)'/>",
        "<style>@import 'http://198.51.100.1/alert'</style>",
        "<iframe xmlns='http://www.w3.org/1999/xhtml' src='alert'/>",
        "<g xmlns='http://example.org/'><script>alert(1)</script></g>",
    ],
)
def test_lets_nothing_run_or_load(inside: str) -> None:
    assert "alert" not in inline_svg.inline(f"{HEAD}{inside}</svg>", "words")


def test_neutral_colours_follow_the_page_but_white_words_stay_white() -> None:
    rules = inline_svg.colour_rules()
    for colour, variable in theme.CSS_VARIABLES.items():
        assert f'[stroke="{colour}" i]{{stroke:var({variable})}}' in rules
    assert f':not(g)[fill="{theme.PAPER}" i]' in rules
