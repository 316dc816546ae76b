"""A drawing's SVG as part of an HTML page: inert, small, and in the page's own colours.

Only shapes, text and their looks pass; scripts, links, event handlers, foreign content and addresses outside the
drawing do not. Styles become presentation attributes, so that a page can forbid inline styles.
"""

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from dataclasses import dataclass, field

from markupsafe import Markup

from sitrep import theme

_SVG = "{http://www.w3.org/2000/svg}"
_HREF = ("href", "{http://www.w3.org/1999/xlink}href")


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


ELEMENTS = _names("""
    svg g defs path rect circle ellipse line polyline polygon text tspan use symbol clipPath mask pattern image
    linearGradient radialGradient stop marker
""")
LOOKS = _names("""
    fill fill-opacity fill-rule stroke stroke-width stroke-opacity stroke-linecap stroke-linejoin
    stroke-dasharray stroke-dashoffset stroke-miterlimit opacity clip-path clip-rule mask stop-color stop-opacity
    font-family font-size font-style font-weight text-anchor dominant-baseline visibility display marker-start
    marker-mid marker-end image-rendering
""")
GEOMETRY = _names("""
    id x y x1 y1 x2 y2 cx cy r rx ry fx fy dx dy d points width height viewBox transform offset gradientUnits
    gradientTransform patternUnits patternTransform patternContentUnits clipPathUnits maskUnits markerWidth
    markerHeight refX refY orient preserveAspectRatio spreadMethod
""")
#: Colour of a drawing -> custom property of the page. Of the data colours only the two that are too dark on near-black.
VARIABLES = {**theme.CSS_VARIABLES, theme.BLUE: "--blue", theme.ORANGE: "--orange"}

_PICTURE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]*\Z")
_ELSEWHERE = re.compile(r"url\(\s*(?!#)|javascript:|expression\(|@import", re.I)
_COORDINATES = frozenset({"d", "points", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "width", "height"})
_TRANSLATION = re.compile(r"translate\([^)]*\)")
_DECIMALS = re.compile(r"-?\d+\.\d{3,}")


@dataclass
class Sheet:
    """What the drawings of one page share: each letter's outline is drawn once, by the first drawing that needs it."""

    shared: dict[tuple[tuple[str, str], ...], str] = field(default_factory=dict)
    count: int = 0

    def name(self) -> str:
        """Return an id that no other element of the page has."""
        self.count += 1
        return f"_{self.count:x}"


def inline(svg: str, alt: str, sheet: Sheet | None = None) -> Markup:
    """Return *svg* ready to stand in a page, with *alt* as its text alternative.

    With the *sheet* of its page it uses the letters that earlier drawings of the page have defined.

    Raises
    ------
    ValueError
        *alt* is empty, or *svg* is no SVG.
    """
    if not alt.strip():
        raise ValueError("a drawing has no text alternative")
    try:
        root = ElementTree.fromstring(svg)
    except ElementTree.ParseError as fault:
        raise ValueError(f"a drawing is not well-formed SVG: {fault}") from None
    if root.tag != f"{_SVG}svg":
        raise ValueError(f"a drawing is <{root.tag}>, not <svg>")
    _clean(root)
    _flatten(root)
    if sheet is not None:
        _share(root, sheet)
    width, height = (_pixels(root.attrib.pop(side, "")) for side in ("width", "height"))
    root.attrib |= {"class": "drawing", "role": "img", "aria-label": alt}
    # matplotlib says this in a style sheet for every element; inherited from the root it does the same.
    root.attrib |= {"stroke-linejoin": "round", "stroke-linecap": "butt"}
    if width and height:
        root.attrib |= {"width": width, "height": height}
    return Markup(ElementTree.tostring(root, encoding="unicode").replace(" />", "/>"))


def colour_rules(variables: Mapping[str, str] = VARIABLES) -> str:
    """Return the CSS that lets the colours of drawings follow the page's colour scheme."""
    rules = [".drawing{fill:var(--ink)}"]
    for colour, variable in variables.items():
        # Matplotlib fills groups for words only, and words in the paper's colour stand on a data colour: they stay.
        shape = ":not(g)" if colour == theme.PAPER else ""
        rules.append(f'.drawing {shape}[fill="{colour}" i]{{fill:var({variable})}}')
        rules.append(f'.drawing [stroke="{colour}" i]{{stroke:var({variable})}}')
    return "\n".join(rules)


def _clean(element: ElementTree.Element) -> None:
    """Drop what may not stay below *element*, and namespaces: HTML knows SVG without them."""
    element.tag = element.tag.removeprefix(_SVG)
    for child in list(element):
        if child.tag.startswith(_SVG) and child.tag.removeprefix(_SVG) in ELEMENTS:
            _clean(child)
        else:
            element.remove(child)
    element.tail = None
    if element.tag not in ("text", "tspan"):
        element.text = None
    element.attrib = _attributes(element.tag, element.attrib)


def _flatten(element: ElementTree.Element) -> None:
    """Drop groups that say nothing, and let a group say what all the marks in it have in common."""
    children: list[ElementTree.Element] = []
    for child in element:
        _flatten(child)
        children += list(child) if child.tag == "g" and not child.attrib else [child]
    element[:] = children
    if element.tag != "g" or len(children) < 2 or {child.tag for child in children} != {"use"}:
        return
    for look in ("fill", "stroke", "stroke-width"):
        values = {child.get(look) for child in children}
        # words in the paper's colour keep it for themselves: see `colour_rules`
        if len(values) == 1 and None not in values and theme.PAPER not in values and look not in element.attrib:
            element.set(look, str(children[0].get(look)))
            for child in children:
                del child.attrib[look]


def _share(root: ElementTree.Element, sheet: Sheet) -> None:
    """Give every id a short name of the page's own, and drop outlines that the page holds already."""
    names: dict[str, str] = {}
    for definitions in root.iter("defs"):
        for child in list(definitions):
            own = child.attrib.get("id")
            if own is None or child.tag != "path":
                continue
            outline = tuple(sorted((name, value) for name, value in child.attrib.items() if name != "id"))
            if outline in sheet.shared:
                definitions.remove(child)
            names[own] = sheet.shared.setdefault(outline, sheet.name())
    for element in root.iter():
        own = element.attrib.get("id")
        if own is not None:
            names.setdefault(own, sheet.name())
    for element in root.iter():
        for name, value in element.attrib.items():
            if name == "id":
                element.set(name, names[value])
            elif name == "href" and value.startswith("#"):
                element.set(name, f"#{names.get(value[1:], value[1:])}")
            elif "url(#" in value:
                element.set(
                    name, re.sub(r"url\(#([^)]+)\)", lambda found: f"url(#{names.get(found[1], found[1])})", value)
                )


def _attributes(tag: str, given: Mapping[str, str]) -> dict[str, str]:
    """Return the attributes that may stay, styles taken apart (they win over attributes, as they do in CSS)."""
    kept = {name: value for name, value in given.items() if name in LOOKS or name in GEOMETRY}
    for declaration in given.get("style", "").split(";"):
        name, _, value = declaration.partition(":")
        if name.strip() in LOOKS:
            kept[name.strip()] = value.strip()
    for name in _COORDINATES & kept.keys():
        kept[name] = " ".join(_DECIMALS.sub(_round, kept[name]).split())
    if "transform" in kept:
        kept["transform"] = _TRANSLATION.sub(lambda found: _DECIMALS.sub(_round, found[0]), kept["transform"])
    target = next((given[name] for name in _HREF if name in given), "")
    if target.startswith("#") and tag == "use":
        kept["href"] = target
    elif tag == "image" and _PICTURE.match(target):
        kept["href"] = "".join(target.split())
    return {name: value for name, value in kept.items() if not _ELSEWHERE.search(value)}


def _round(number: re.Match[str]) -> str:
    """Return a coordinate to a hundredth of a point, less than any screen or printer shows."""
    return f"{round(float(number[0]), 2) + 0.0:.2f}".rstrip("0").rstrip(".")


def _pixels(length: str) -> str:
    found = re.fullmatch(r"([\d.]+)(pt|px)?", length)
    return f"{float(found[1]) * (4 / 3 if found[2] == 'pt' else 1):.0f}" if found else ""
