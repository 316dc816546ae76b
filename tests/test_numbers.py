"""Counts in words and figures: the lowest and highest that the wording allows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitrep.phrases import Lexicon, Words, find_numbers
from sitrep.phrases.lexicon import WORD, plain

LEXICON = Lexicon.read()


def numbers(text: str) -> list[tuple[int | None, int | None]]:
    return [(n.low, n.high) for n in find_numbers(Words(text, 0, len(text)), LEXICON)]


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("14 rockets", 14, 14),
        ("five Katyusha rockets", 5, 5),
        ("twenty-five rockets", 25, 25),
        ("at least one rocket", 1, None),
        ("at least 25 Katyusha rockets", 25, None),
        ("more than a dozen ballistic missiles", 12, None),
        ("up to six drones", None, 6),
        ("no fewer than four", 4, None),
        ("between five and seven rockets", 5, 7),
        ("two or three militants", 2, 3),
        ("5-7 rockets", 5, 7),
        ("dozens of rockets", 24, None),
        ("a pair of drones", 2, 2),
        ("3,000 troops", 3000, 3000),
        ("a drone", 1, 1),
    ],
)
def test_a_count_has_the_bounds_its_wording_gives(text, low, high):
    assert numbers(text) == [(low, high)]


@pytest.mark.parametrize("text", ["several rockets", "a number of rockets"])
def test_words_that_state_no_number_state_none(text):
    assert numbers(text) == [(None, None)]


def test_calibres_years_clock_times_and_distances_are_no_counts():
    assert numbers("five 122mm rockets in 2020 at 5:30 a.m. from 25 km away") == [(5, 5)]


@given(st.text(max_size=200))
def test_bounds_are_ordered_in_any_text(text):
    words = Words(text, 0, len(text))
    for n in find_numbers(words, LEXICON):
        assert 0 <= n.i < n.j <= len(words)
        assert n.low is None or n.high is None or n.low <= n.high


@given(
    st.one_of(
        st.text(st.sampled_from("aZ.s' 09,:-_’é٣²\n"), max_size=40),  # where the two ways to divide could part
        st.text(max_size=40),
    ),
    st.integers(0, 10),
)
def test_words_stand_where_the_one_pattern_finds_them_ascii_or_not(text: str, start: int) -> None:
    words = Words(text, start, len(text))
    found = list(WORD.finditer(text, start, len(text)))
    assert words.raws == [m[0] for m in found]
    assert [words.span(k, k + 1) for k in range(len(words))] == [m.span() for m in found]
    assert words.lows == [plain(m[0]) for m in found]
    assert words.figures == [k for k, m in enumerate(found) if plain(m[0])[0] in "0123456789"]
