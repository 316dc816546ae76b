"""Type size and column widths of a table that must fit the page: nothing clipped, short columns never starved."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sitrep.render.letters import width

#: Sizes to try, in points, the most readable first.
SIZES = (9.0, 8.5, 8.0)
#: White space on both sides of a cell together, in points.
INSET = 8.0
#: Letters of a word beyond which it may be broken to keep a table on the page: what is tried, the gentlest first.
LONGEST_KEPT = (14, 10, 7)
#: Lines a table row may take on average: smaller type is used to get to the first; if none does, to get to
#: the second; else the size is taken that makes the table lowest.
_FEW_LINES, _ENOUGH_LINES = 2.0, 3.0
_BOLD = 1.14  # headings are bold, hence wider
_SAFETY = 1.03  # kerning, and letters of other faces
_STEPS = 120
#: Of what is spare, how much may go first to columns that little keeps from standing on one line.
_SHARES = (0.5, 0.1)
# Where a line may end: between words, and at signs inside a word, but not inside a number or a date.
_BREAKS = re.compile(r"[\s/_|]+|(?<=[^\W\d])[-.](?=\w)")

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Fit:
    """How a table is set.

    Parameters
    ----------
    size
        Type size in points.
    widths
        Width of each column in points, its insets included.
    rooms
        Width of the widest word that each column holds unbroken, in em of *size*.
    lines
        About how many lines each row takes.
    """

    size: float
    widths: tuple[float, ...]
    rooms: tuple[float, ...]
    lines: tuple[int, ...]


def fit(heads: Sequence[str], rows: Sequence[Sequence[str]], available: float) -> Fit:
    """Return the most readable setting of a table in *available* points.

    A table that fits without wrapping keeps its natural widths, stretched evenly by at most a third. Else every column
    gets room for its longest word, then columns of short cells what puts these on one line, and the rest is handed out in small
    steps, each to the column that takes most off the table's height. Smaller type is used only where rows would
    otherwise be tall.
    """
    cells = np.array([[width(text) for text in row] for row in rows], float).reshape(len(rows), len(heads))
    head_widths = np.array([_BOLD * width(head) for head in heads])
    natural = _SAFETY * np.vstack([head_widths, cells]).max(axis=0)
    for kept in LONGEST_KEPT:
        least = _least(heads, rows, kept)
        found = []
        for size in SIZES:
            room = (available - INSET * len(heads)) / size
            if natural.sum() <= room:
                stretch = min(room / natural.sum(), 4 / 3) if natural.sum() else 1.0
                found.append(_fitted(size, natural * stretch, cells))
            elif least.sum() <= room:
                # the heading counts as often as it is likely to be repeated
                counted = np.vstack([cells, *[head_widths] * (1 + len(rows) // 25)])
                found.append(_fitted(size, _shared(least, natural, cells, counted, room), cells))
        for most in (_FEW_LINES, _ENOUGH_LINES):
            for candidate in found:
                if sum(candidate.lines) <= most * len(rows):
                    return candidate
        if found:
            return min(found, key=lambda candidate: sum(candidate.lines) * candidate.size)
    return _fitted(SIZES[-1], least * room / least.sum(), cells)


def _shared(least: Floats, natural: Floats, body: Floats, cells: Floats, room: float) -> Floats:
    """Return widths that use up *room*, starting from *least*, so that the rows together become low.

    *cells* are those of the *body* and the headings; a heading takes no room that a cell could use, it wraps. How much
    goes to keeping short cells on one line is tried out: where one column holds long sentences, little is best.
    """
    one_line = np.maximum(least, _SAFETY * body.max(axis=0, initial=0.0))
    tried = [_handed_out(_on_one_line(least, one_line, room, share), natural, cells, room) for share in _SHARES]
    return min(tried, key=lambda widths: _lines(body, widths).sum())


def _handed_out(least: Floats, natural: Floats, cells: Floats, room: float) -> Floats:
    """Return *least* with the rest of *room*, in small steps, each to the column that takes most off the table's height."""
    widths = least.copy()
    step = (room - least.sum()) / _STEPS
    for _ in range(_STEPS):
        heights = cells / widths
        tallest = heights.max(axis=1, keepdims=True)
        # what a row would lose if this column grew, were it alone: it counts only where the column is near the tallest
        gain = np.where(heights >= 0.9 * tallest, heights - cells / (widths + step), 0.0).sum(axis=0)
        gain[widths >= natural] = 0.0
        widths[int(gain.argmax()) if gain.any() else int((natural - widths).argmax())] += step
    return widths


def _on_one_line(least: Floats, natural: Floats, room: float, share: float) -> Floats:
    """Return *least*, with columns that little keeps from standing on one line given it, from a *share* of what is spare."""
    widths, spare = least.copy(), (room - least.sum()) * share
    for column in np.argsort(natural - least, kind="stable"):
        cost = natural[column] - least[column]
        if cost > spare:
            break
        widths[column] = max(natural[column], least[column])
        spare -= max(cost, 0.0)
    return widths


def _fitted(size: float, widths: Floats, cells: Floats) -> Fit:
    return Fit(
        size,
        tuple(round(float(em) * size + INSET, 2) for em in widths),
        tuple(round(float(em), 2) for em in widths),
        tuple(int(lines) for lines in _lines(cells, widths)),
    )


def _lines(cells: Floats, widths: Floats) -> Floats:
    # lines are rarely filled to the end: words do not break where it suits
    filled = np.where(cells > widths, 1.1 * cells, cells)
    return np.ceil(filled / np.maximum(widths, 0.1) - 1e-9).max(axis=1, initial=1.0)


def _least(heads: Sequence[str], rows: Sequence[Sequence[str]], kept: int) -> Floats:
    """Return the width of each column's longest word, in em, no word counted beyond *kept* letters."""
    widths = [
        max(_BOLD * _longest_word([head], kept), _longest_word([row[at] for row in rows], kept))
        for at, head in enumerate(heads)
    ]
    return _SAFETY * np.array(widths)


def _longest_word(texts: Sequence[str], kept: int) -> float:
    return max((width(word[:kept]) for text in texts for word in _BREAKS.split(text)), default=0.5)
