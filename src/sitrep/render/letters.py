"""Which letters the PDF can show, in which direction they run, and what stands visibly in for those it cannot show.

The PDF has Libertinus Serif (inside the typst wheel) and DejaVu Sans (inside matplotlib), so that it is the same on
every machine. Between them they hold Latin, Greek, Cyrillic, Arabic, Hebrew and Armenian, but no Chinese or Japanese;
PDF/UA refuses to show a letter without a glyph.
"""

import json
import re
import unicodedata
from functools import lru_cache
from pathlib import Path

import matplotlib
import typst
from matplotlib.ft2font import FT2Font

#: The folder of the fonts that ship with matplotlib.
FONT_FOLDER = Path(matplotlib.get_data_path()) / "fonts" / "ttf"

#: Opens and closes a stretch that keeps its own direction, whatever stands around it (Unicode isolates).
_ISOLATE_RIGHT_TO_LEFT, _END_ISOLATE = "\u2067", "\u2069"
# Marks that would turn the direction of the text around them. They are shown, not obeyed.
_TURNING = re.compile(r"[\u202a-\u202e\u2066-\u2069\u061c]")
# Invisible by design and harmless: soft hyphen, zero-width space, joiners and direction marks, variation selectors.
_UNSEEN = frozenset("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\u2067\u2069\ufeff")
_INVISIBLE = frozenset([0xAD, *range(0x200B, 0x2010), 0x2060, 0xFEFF, *range(0xFE00, 0xFE10)])
_RIGHT_TO_LEFT = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc"
_RIGHT_TO_LEFT_RUN = re.compile(
    rf"[{_RIGHT_TO_LEFT}](?:[{_RIGHT_TO_LEFT}\u200c-\u200f]|[^\w\n]{{1,3}}(?=[{_RIGHT_TO_LEFT}]))*"
)
_SCRIPTS = (
    ("Japanese", re.compile(r"[\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9d]")),
    ("Korean", re.compile(r"[\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]")),
    (
        "Chinese",
        re.compile(r"[\u2e80-\u2fdf\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"),
    ),
)


def showable(text: str) -> str:
    """Return *text* as the PDF shows it.

    What would turn the direction of its surroundings, and control characters, appear by
    code, "[U+202E]"; a stretch in a script without a font is named, "[Chinese characters]"; other characters without
    a glyph appear by name.
    """
    if text.isascii() and text.isprintable():
        return text
    text = _TURNING.sub(lambda found: f"[U+{ord(found[0]):04X}]", text)
    if all(ord(letter) in _glyphs() for letter in text):
        return text
    pieces: list[str] = []
    missing = ""
    for letter in text:
        # punctuation and spaces inside a stretch without glyphs belong to it
        if ord(letter) not in _glyphs() or (missing and not letter.isalnum() and letter not in ".,;:()[]"):
            missing += letter
        else:
            pieces += [_stand_in(missing), letter]
            missing = ""
    return "".join([*pieces, _stand_in(missing)])


def directed(text: str) -> str:
    """Return *text* with each right-to-left stretch isolated, so that numbers and brackets beside it stay in place."""
    return _RIGHT_TO_LEFT_RUN.sub(lambda found: _ISOLATE_RIGHT_TO_LEFT + found[0] + _END_ISOLATE, text)


def is_right_to_left(text: str) -> bool:
    """Return whether the first letter of *text* with a direction runs from right to left."""
    first = next((letter for letter in text if unicodedata.bidirectional(letter) in ("L", "R", "AL")), "a")
    return unicodedata.bidirectional(first) != "L"


def width(text: str) -> float:
    """Return about how wide *text* is set in Libertinus Serif, in em: exact but for kerning and rarer letters."""
    known = _widths()
    return sum(known[letter] if letter in known else _other_width(letter) for letter in text)


def breakable(text: str, room: float) -> str:
    """Return *text* with places to break (zero-width spaces) in words wider than *room*, in em.

    Web addresses are left to Typst, which knows where to break them.
    """

    def split(found: re.Match[str]) -> str:
        word = found[0]
        if width(word) <= room or re.match(r"https?://", word):
            return word
        parts = re.sub(r"([/_.,;|&=?-])(?=\w)", "\\1\u200b", word).split("\u200b")
        return "\u200b".join(part if width(part) <= room else _chunks(part, room / 2) for part in parts)

    surely_narrow = max(0, int(room / max(_widths().values())))
    return re.sub(rf"[^\s\u200b]{{{surely_narrow + 1},}}", split, text)


def _chunks(word: str, room: float) -> str:
    pieces = [""]
    for letter in word:
        # never between a letter and its vowel sign or accent
        if pieces[-1] and width(pieces[-1] + letter) > room and not unicodedata.combining(letter):
            pieces.append("")
        pieces[-1] += letter
    return "\u200b".join(pieces)


def _other_width(letter: str) -> float:
    if letter in _UNSEEN or unicodedata.combining(letter):
        return 0.0
    return 0.55 if letter.islower() else 0.65


@lru_cache(maxsize=1)
def _widths() -> dict[str, float]:
    """Return the width in em of each printable ASCII letter and common sign, as Typst measures it."""
    measured = "".join(map(chr, range(32, 127))) + "\u00a0–—‘’“”…→±×−"
    source = (
        '#set text(font: "Libertinus Serif", size: 100pt, number-width: "tabular", fallback: false)\n'
        f"#context [#metadata({json.dumps(measured, ensure_ascii=False)}.clusters()"
        ".map(letter => measure(text(letter)).width.pt() / 100))<widths>]"
    )
    answer = typst.query(source.encode(), "<widths>", field="value", one=True, ignore_system_fonts=True)
    return dict(zip(measured, json.loads(answer), strict=True))


@lru_cache(maxsize=1)
def _glyphs() -> frozenset[int]:
    """Return the code points that DejaVu Sans shows, upright and bold."""
    faces = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf")
    shared = frozenset.intersection(*(frozenset(FT2Font(str(FONT_FOLDER / face)).get_charmap()) for face in faces))
    return frozenset(code for code in shared if unicodedata.category(chr(code)) not in ("Cc", "Co", "Cn")) | _INVISIBLE


def _stand_in(missing: str) -> str:
    letters = missing.strip()
    if not letters:
        return missing
    tail = missing[len(missing.rstrip()) :]
    for script, pattern in _SCRIPTS:
        if pattern.search(letters):
            return f"[{script} characters]{tail}"
    return "".join(_named(letter) for letter in letters) + tail


def _named(letter: str) -> str:
    if ord(letter) in _glyphs():
        return letter
    name = unicodedata.name(letter, "")
    return f"[U+{ord(letter):04X}{' ' if name else ''}{name}]"
