"""Dates, numbers and lists as a reader sees them."""

from datetime import date

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitrep import wording
from sitrep.study import Study

INFINITY = float("inf")
NOTHING = float("nan")


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("2024-01-03", "2024-01-03", "3 January 2024"),
        ("2021-07-03", "2021-07-05", "3–5 July 2021"),
        ("2024-01-28", "2024-02-02", "28 January – 2 February 2024"),
        ("2023-12-31", "2024-01-01", "31 December 2023 – 1 January 2024"),
        ("2023-07-03", "2024-07-05", "3 July 2023 – 5 July 2024"),
    ],
)
def test_an_interval_does_not_repeat_what_both_ends_share(first: str, last: str, words: str) -> None:
    assert wording.span(pd.Timestamp(first), pd.Timestamp(last)) == words
    assert wording.span(date.fromisoformat(first), date.fromisoformat(last)) == words


def test_a_month_has_no_day() -> None:
    assert wording.month(pd.Timestamp("2024-01-03")) == "January 2024"


@pytest.mark.parametrize(
    ("value", "digits", "words"),
    [
        (1234, 0, "1,234"),
        (2.25, 1, "2.2"),
        (0, 0, "0"),
        (NOTHING, 0, "–"),
        (pd.NA, 0, "–"),
        (INFINITY, 1, "no upper limit"),
        (-INFINITY, 1, "no lower limit"),
    ],
)
def test_number(value: float, digits: int, words: str) -> None:
    assert wording.number(value, digits) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.0341, "0.034"),
        (1.74, "1.7"),
        (23.4, "23"),
        (1234.5, "1,234"),
        (0.5, "0.50"),
        (0.00012, "0.00012"),
        (-0.0341, "-0.034"),
        (0, "0"),
        (INFINITY, "∞"),
        (-INFINITY, "−∞"),
        (NOTHING, "–"),
    ],
)
def test_significant(value: float, words: str) -> None:
    assert wording.significant(value) == words


@given(st.floats(1e-4, 1e6))
def test_significant_stays_within_five_percent_and_has_no_exponent(value: float) -> None:
    words = wording.significant(value)
    assert "e" not in words
    assert float(words.replace(",", "")) == pytest.approx(value, rel=0.0501)


@pytest.mark.parametrize(
    ("p", "words"),
    [(0.0004, "<0.001"), (0.001, "0.001"), (0.0341, "0.034"), (0.341, "0.34"), (1.0, "1.00"), (NOTHING, "–")],
)
def test_probability(p: float, words: str) -> None:
    assert wording.probability(p) == words


def test_a_p_value_is_never_shown_as_zero() -> None:
    assert wording.probability(0.0) == "<0.001"


@pytest.mark.parametrize(("count", "words"), [(0, "0 attacks"), (1, "1 attack"), (1204, "1,204 attacks")])
def test_plural(count: int, words: str) -> None:
    assert wording.plural(count, "attack") == words


def test_an_irregular_plural_is_given() -> None:
    assert [wording.plural(n, "tally", "tallies") for n in (1, 2)] == ["1 tally", "2 tallies"]


@pytest.mark.parametrize(
    ("items", "words"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_listing(items: list[str], words: str) -> None:
    assert wording.listing(iter(items)) == words


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (8, 8, "8"),
        (5, 8, "5–8"),
        (5, pd.NA, "at least 5"),
        (pd.NA, 12, "at most 12"),
        (pd.NA, pd.NA, "–"),
        (0, 0, "0"),
    ],
)
def test_not_stated_is_a_dash_and_no_casualties_is_zero(low: object, high: object, words: str) -> None:
    assert wording.low_high(low, high) == words


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("drone|ied", "drone, roadside bomb"),
        ("landed_inside", "landed inside"),
        ("unknown", "not stated"),
        ("a_new_code", "a new code"),
        (NOTHING, "–"),
        ("", "–"),
        (None, "–"),
    ],
)
def test_coded(cell: object, words: str) -> None:
    assert wording.coded(cell) == words


def test_no_code_of_the_tables_reaches_a_reader_with_its_underscore(overview: Study) -> None:
    for column in ("weapon", "outcome", "status"):
        assert not overview.incidents[column].map(wording.coded).str.contains("_").any()
