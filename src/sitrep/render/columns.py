"""Type size and column widths of a table that must fit the page: nothing clipped, short columns never starved."""

from collections.abc import Sequence
from dataclasses import dataclass

#: Sizes to try, in points, the most readable first.
SIZES = (9.0, 8.5, 8.0, 7.5, 7.0)
#: White space on both sides of a cell together, in points.
INSET = 8.0
#: Words longer than this may be broken to save a table from running out of the page.
LONGEST_KEPT = 14

_NARROW = frozenset("iljtf.,:;|!'’()[]/ ‐-")
_WIDE = frozenset("mwMW@%&—")


@dataclass(frozen=True)
class Fit:
    """Type size in points, width of each column in points, and the longest word each column holds unbroken."""

    size: float
    widths: tuple[float, ...]
    longest: tuple[int, ...]


def width(text: str) -> float:
    """Return about how wide *text* is set in Libertinus Serif, in em; a little too wide rather than too narrow."""
    return sum(_letter(letter) for letter in text)


def fit(heads: Sequence[str], rows: Sequence[Sequence[str]], available: float) -> Fit:
    """Return the widest readable setting of a table in *available* points.

    A table that fits without wrapping keeps its natural widths, stretched evenly by at most a third. Else every column
    gets room for its longest word, and what is left goes to the columns by how much they would like to have.
    """
    natural, least = [], []
    for place, head in enumerate(heads):
        cells = [row[place] for row in rows]
        tokens = [word for text in cells for word in text.split()]
        # the heading is bold: a tenth wider
        natural.append(max([1.1 * width(head), *map(width, cells)]))
        least.append(max([1.1 * _least(head.split()), _least(tokens)]))
    for size in SIZES:
        room = available - INSET * len(heads)
        if sum(natural) * size <= room:
            stretch = min(room / (sum(natural) * size), 4 / 3) if sum(natural) else 1.0
            return _fitted(size, [size * em * stretch for em in natural])
        if sum(least) * size <= room and _lines(natural, least, rows, room / size) <= 4:
            break
    if sum(least) * size > room:
        total = sum(least)
        return _fitted(size, [room * em / total for em in least])
    spare = room / size - sum(least)
    wish = [(want - need) ** 0.75 for want, need in zip(natural, least, strict=True)]
    total = sum(wish) or 1.0
    return _fitted(size, [size * (need + spare * part / total) for need, part in zip(least, wish, strict=True)])


def _fitted(size: float, widths: Sequence[float]) -> Fit:
    return Fit(
        size,
        tuple(round(points + INSET, 2) for points in widths),
        tuple(max(4, int(points / (0.56 * size))) for points in widths),
    )


def _lines(natural: Sequence[float], least: Sequence[float], rows: Sequence[Sequence[str]], room: float) -> float:
    """Return about how many lines the tallest column's middle cell takes when the columns share *room* em."""
    spare = room - sum(least)
    wish = [(want - need) ** 0.75 for want, need in zip(natural, least, strict=True)]
    total = sum(wish) or 1.0
    lines = []
    for place, (need, part) in enumerate(zip(least, wish, strict=True)):
        lengths = sorted(width(row[place]) for row in rows)
        lines.append(lengths[len(lengths) // 2] / max(need + spare * part / total, 0.1) if lengths else 0.0)
    return max(lines, default=0.0)


def _least(tokens: Sequence[str]) -> float:
    return max((width(word[:LONGEST_KEPT]) for word in tokens), default=0.0)


def _letter(letter: str) -> float:
    if letter in _NARROW:
        return 0.34
    if letter in _WIDE:
        return 0.9
    if letter.isdigit():
        return 0.48
    if "a" <= letter <= "z":
        return 0.52
    return 0.7
