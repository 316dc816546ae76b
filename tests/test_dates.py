"""Date phrases against a publication date: the days they allow, and what stays unresolved."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitrep.phrases import DatePhrase, Lexicon, Words, find_dates

LEXICON = Lexicon.read()
THURSDAY = date(2022, 1, 6)


def phrases(text: str, published: date | None = THURSDAY) -> list[DatePhrase]:
    words = Words(text, 0, len(text))
    return find_dates(words, LEXICON.scan(words), published)


def only(text: str, published: date | None = THURSDAY) -> DatePhrase:
    found = phrases(text, published)
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize(
    ("text", "first", "last", "time_of_day"),
    [
        ("on Wednesday evening", "2022-01-05", "2022-01-05", "evening"),
        ("Early Wednesday morning", "2022-01-05", "2022-01-05", "early_morning"),
        ("Late Tuesday", "2022-01-04", "2022-01-04", "late_evening"),
        ("late on Sunday", "2022-01-02", "2022-01-02", "late_evening"),
        ("on Tuesday night", "2022-01-04", "2022-01-04", "late_evening"),
        ("Earlier on Wednesday", "2022-01-05", "2022-01-05", ""),
        ("before dawn on Monday", "2022-01-03", "2022-01-03", "early_morning"),
        ("at approximately 2 a.m. on Jan. 5", "2022-01-05", "2022-01-05", "night"),
        ("on June 27", "2021-06-27", "2021-06-27", ""),
        ("July 5-6", "2021-07-05", "2021-07-06", ""),
        ("January 5, 2022", "2022-01-05", "2022-01-05", ""),
        ("5 January", "2022-01-05", "2022-01-05", ""),
        ("2022-01-05", "2022-01-05", "2022-01-05", ""),
        ("Wednesday, January 5", "2022-01-05", "2022-01-05", ""),
        ("over the weekend", "2022-01-01", "2022-01-03", ""),
        ("overnight", "2022-01-05", "2022-01-06", "night"),
        ("Saturday night into Sunday", "2022-01-01", "2022-01-02", ""),
        ("between Friday and Sunday", "2021-12-31", "2022-01-02", ""),
        ("yesterday evening", "2022-01-05", "2022-01-05", "evening"),
        ("three days ago", "2022-01-03", "2022-01-03", ""),
        ("last month", "2021-12-01", "2021-12-31", ""),
        ("last week", "2021-12-27", "2022-01-02", ""),
        ("in May", "2021-05-01", "2021-05-31", ""),
        ("in March 2020", "2020-03-01", "2020-03-31", ""),
    ],
)
def test_a_phrase_gives_the_days_it_allows(text, first, last, time_of_day):
    found = only(text)
    assert (str(found.first), str(found.last), found.time_of_day) == (first, last, time_of_day)


def test_a_weekday_is_the_day_of_publication_when_published_that_day():
    assert only("on Thursday").first == THURSDAY
    assert only("last Thursday").first == THURSDAY - timedelta(days=7)


@pytest.mark.parametrize(
    ("text", "prec"), [("on Monday", 1), ("over the weekend", 2), ("last week", 3), ("last month", 4), ("in 2020", 5)]
)
def test_precision_is_ucdps(text, prec):
    assert only(text).prec == prec


def test_hours_and_days_counted_from_the_attack_before_keep_their_count():
    assert only("hours earlier").kind == "same_day"
    assert (only("two days later").kind, only("two days later").offset) == ("context", 2)
    assert only("days later").kind == "vague"


def test_since_marks_the_start_of_a_period_not_the_day_of_an_attack():
    assert only("since October 17").since


@pytest.mark.parametrize(
    "text", ["on Wednesday", "over the weekend", "overnight", "yesterday", "last month", "June 27"]
)
def test_without_a_publication_date_relative_phrases_stay_unresolved(text):
    found = only(text, published=None)
    assert (found.kind, found.first) == ("unresolved", None)


@pytest.mark.parametrize("text", ["on January 5, 2022", "5 January، 2022", "Channel 24 | Jan 5, 2022 / 10:12 AM"])
def test_without_a_publication_date_a_complete_date_is_still_read(text):
    assert date(2022, 1, 5) in [phrase.first for phrase in phrases(text, published=None)]


@pytest.mark.parametrize(
    "text", ["a second bomb", "they may strike", "march on the embassy", "he sat down", "a 122 mm rocket"]
)
def test_ordinary_words_are_no_dates(text):
    assert phrases(text) == []


@given(
    st.sampled_from(["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]),
    st.dates(date(1990, 1, 8), date(2099, 1, 1)),
)
def test_a_weekday_is_within_the_seven_days_up_to_publication(day, published):
    found = only(f"rockets fell on {day}", published)
    assert found.first is not None
    assert timedelta() <= published - found.first < timedelta(days=7)
    assert found.first.strftime("%A") == day


@given(st.text(max_size=200), st.dates(date(1, 1, 1), date(9999, 12, 31)) | st.none())
def test_any_text_and_any_date_give_ordered_intervals(text, published):
    for found in phrases(text, published):
        if found.first is not None and found.last is not None:
            assert found.first <= found.last
