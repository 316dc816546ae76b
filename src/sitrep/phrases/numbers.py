"""Numbers in words and figures, as the lowest and highest count that the wording allows.

"14" is 14 to 14; "at least five" is 5 and no upper bound; "between five and seven" 5 to 7; "dozens" and the like come
from data/lexicon/numbers.csv. Number words are read by text2num.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from text_to_num import text2num

from sitrep.phrases.lexicon import Lexicon, Words, vocabulary

# What follows a figure that counts no munitions and no people.
_UNITS = vocabulary(
    "mm millimeter millimetre cm km kilometer kilometers kilometre kilometres meter meters metre metres miles mile percent"
    " am pm kg kilograms pounds feet years year months month weeks week days day hours hour minutes minute th rd nd st"
    " million billion others' countries"
)
_RANGE_WORDS = frozenset({"to", "or", "and"})


class Number(NamedTuple):
    """A count in words `i` up to `j`: `low` and `high` (None: not stated); `word` is False for a bare article."""

    i: int
    j: int
    low: int | None
    high: int | None
    article: bool = False


@lru_cache(maxsize=20_000)
def number_word(word: str) -> int | None:
    """The value of one number word ("seven", "twenty"), else None."""
    if not word.isalpha() or len(word) > 12:
        return None
    try:
        return int(text2num(word, "en"))
    except ValueError:
        return None


@lru_cache(maxsize=5_000)
def _compound(words: tuple[str, ...]) -> int | None:
    try:
        return int(text2num(" ".join(words), "en"))
    except ValueError:
        return None


_NUMBER_WORDS = frozenset(
    word
    for word in vocabulary(
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
        " eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand"
    )
    if number_word(word) is not None
)


def find_numbers(words: Words, lexicon: Lexicon) -> list[Number]:
    """Counts in a sentence, left to right; years, calibres, distances, percentages and clock times are left out."""
    found: list[Number] = []
    lows, n, after = words.lows, len(words), 0
    starts = lexicon.number_starts
    begins = [i for i, low in enumerate(lows) if low in starts or low in _NUMBER_WORDS]
    for i in sorted(begins + words.figures) if words.figures else begins:
        if i < after:
            continue
        number = _at(words, i, lexicon)
        if number is None:
            continue
        number = _with_range(words, number, lexicon)
        after = number.j
        if after < n and lows[after] in _UNITS:
            continue
        found.append(_with_bound(words, number, lexicon))
    return found


def _at(words: Words, i: int, lexicon: Lexicon) -> Number | None:
    lows = words.lows
    for length in (3, 2, 1) if lows[i] in lexicon.number_starts else ():
        vague = lexicon.numbers.get(tuple(lows[i : i + length])) if i + length <= len(lows) else None
        if vague is not None:
            after = lows[i + length : i + length + 1]
            if length == 1 and after and lexicon.numbers.get((lows[i], after[0])):
                continue
            return Number(i, i + length, *vague, article=lows[i] in ("a", "an") and length == 1)
    word = lows[i]
    if word[0].isdigit():
        value = _figure(word)
        return None if value is None else Number(i, i + 1, value, value)
    value = number_word(word)
    if value is None or (word == "one" and lows[i + 1 : i + 2] == ["way"]):  # "one-way drones"
        return None
    j = i + 1
    while j < len(lows) and j - i < 5 and number_word(lows[j]) is not None and words.starts[j] - words.ends[j - 1] <= 1:
        j += 1
    whole = _compound(tuple(lows[i:j])) if j > i + 1 else value
    if whole is None:
        return Number(i, i + 1, value, value)
    return Number(i, j, whole, whole)


@lru_cache(maxsize=5_000)
def _figure(word: str) -> int | None:
    """A figure that can be a count: not a year, a clock time, a decimal or an absurdity."""
    digits = word.replace(",", "")
    if not digits.isascii() or not digits.isdigit() or len(digits) > 6:
        return None
    value = int(digits)
    if "," not in word and 1900 <= value <= 2099:
        return None
    return value


def _with_range(words: Words, number: Number, lexicon: Lexicon) -> Number:
    """Widen to "five to seven", "two or three", "5-7"."""
    lows, j = words.lows, number.j
    if number.low is None or number.article:
        return number
    between = number.i > 0 and lows[number.i - 1] == "between"
    gap = words.text[words.ends[j - 1] : words.starts[j]] if j < len(words) else ""
    if j < len(words) and gap.strip() in ("-", "–", "‐") and lows[j][0].isdigit():
        other = _at(words, j, lexicon)
    elif j + 1 < len(words) and lows[j] in _RANGE_WORDS and (lows[j] != "and" or between):
        other = _at(words, j + 1, lexicon)
    else:
        return number
    if other is None or other.low is None or other.article or other.low <= number.low or other.low > number.low * 4:
        return number
    return Number(number.i, other.j, number.low, other.high)


def _with_bound(words: Words, number: Number, lexicon: Lexicon) -> Number:
    """Apply "at least", "up to", "about" standing just before."""
    for length in (3, 2, 1):
        i = number.i - length
        if i < 0:
            continue
        bound = lexicon.bounds.get(tuple(words.lows[i : number.i]))
        if bound is None or (bound == "about" and number.low is None):
            continue
        if bound == "low":
            return Number(i, number.j, number.low, None)
        if bound == "high":
            return Number(i, number.j, None, number.high)
        return Number(i, number.j, number.low, number.high)
    return number
