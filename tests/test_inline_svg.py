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
    assert tags(inline_svg.inline(drawn, "alt")) == tags(drawn)


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
