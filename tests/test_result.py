"""A result says what it found in words that go no further than its figures."""

import math

import pandas as pd
import pytest

from sitrep.escalation.result import Result, p_words, ratio_words, to_frame

TESTED = Result(
    "single",
    "e",
    "An event",
    "tested",
    dates=("2020-01-03",),
    estimate=8.0,
    low=2.14,
    high=36.3,
    p=0.00058,
    p_placebo=0.2,
    p_judged=0.2,
    judged_on="dates",
    p_adjusted=0.4,
    adjustment="Holm's adjustment for 2 confirmatory tests",
    placebo_dates=1331,
    minimum_detectable=9.4,
    minimum_detectable_fall=0.9,
    after=8.0,
    before=4.0,
    days_after=7.0,
    days_before=28.0,
)


def test_a_p_of_a_fifth_is_not_called_no_effect():
    text = TESTED.sentence
    assert "no effect" not in text
    assert "does not show that nothing changed" in text
    assert "p < 0.001" in text and "p = 0.20" in text and "p = 0.40 after Holm's adjustment for 2" in text
    assert "1,331 other dates" in text
    assert text.endswith(
        "No rise smaller than 9.4 times and no fall by less than 90% would have been found reliably "
        "(80% of the time, at 5% before adjustment)."
    )


def test_a_rise_is_only_claimed_on_the_adjusted_value():
    assert "A rise larger" not in TESTED.but(p_judged=0.04, p_adjusted=0.08).sentence
    assert "A rise larger" in TESTED.but(p_judged=0.01, p_adjusted=0.02).sentence
    assert "A fall larger" in TESTED.but(p_judged=0.01, p_adjusted=0.02, estimate=0.2).sentence


def test_nothing_is_claimed_where_no_test_is_relied_on():
    text = TESTED.but(p_judged=None, p_adjusted=None, p_placebo=0.001, reason="It rejects too often.").sentence
    assert "None of these is relied on: It rejects too often." in text
    assert "larger than the series'" not in text


def test_an_exact_p_alone_is_not_to_be_relied_on():
    text = TESTED.but(p_placebo=None, p_judged=None, p_adjusted=None).sentence
    assert "not to be relied on" in text


@pytest.mark.parametrize("status", ["refused", "drawn"])
def test_what_is_not_tested_says_why_and_gives_no_p(status):
    text = Result("single", "e", "An event", status, reason="Because of this.").sentence
    assert "Because of this." in text
    assert "p =" not in text


def test_uninformative_counts_for_nothing():
    text = Result("single", "e", "An event", "uninformative", after=0.0, before=0.0, days_after=7.0, days_before=28.0)
    assert "neither for a change nor against one" in text.sentence


@pytest.mark.parametrize(
    ("rise", "fall", "words"),
    [
        (math.inf, math.inf, "No realistic rise was detectable, and of falls not even the end of all attacks ("),
        (math.inf, 0.8, "No realistic rise was detectable, and no fall by less than 80% ("),
        (3.0, 1.0, "would have been found reliably, and of falls only the end of all attacks ("),
    ],
)
def test_what_could_not_have_been_seen_is_said_of_rises_and_of_falls(rise, fall, words):
    assert words in TESTED.but(minimum_detectable=rise, minimum_detectable_fall=fall).sentence


def test_each_p_in_the_sentence_has_its_measured_error_rate_behind_it():
    text = TESTED.but(
        exact_false_positive_rate=0.17, dates_false_positive_rate=0.05, caveat="One year makes all."
    ).sentence
    assert "p < 0.001 [error rate 17%]" in text and "p = 0.20 [error rate 5%]" in text
    assert "One year makes all." in text


def test_nan_is_never_a_figure():
    with pytest.raises(ValueError, match=r"Result.p is NaN"):
        TESTED.but(p=math.nan)


def test_the_summary_is_one_row_with_a_column_a_field_and_the_frame_stacks_them():
    assert TESTED.summary.shape[0] == 1
    frame = to_frame([TESTED, Result("single", "f", "Another", "refused", reason="x")])
    assert list(frame.columns) == list(TESTED.summary.columns)
    assert frame["estimate"].isna().tolist() == [False, True]
    assert str(frame["spells"].dtype) == "Int64" and str(frame["p"].dtype) == "float64"
    assert to_frame([]).empty
    pd.testing.assert_frame_equal(to_frame([TESTED]), TESTED.summary)


def test_the_notebook_shows_sentence_and_figures_escaped():
    html = TESTED.but(label="<b>A & B</b>")._repr_html_()
    assert "&lt;b&gt;A &amp; B&lt;/b&gt;" in html and "<b>" not in html


@pytest.mark.parametrize(
    ("value", "words"), [(None, "unknown"), (math.inf, "no upper limit"), (0.0, "0.0"), (0.47, "0.47"), (12.6, "13")]
)
def test_ratios_in_words(value, words):
    assert ratio_words(value) == words


@pytest.mark.parametrize(("value", "words"), [(0.0004, "p < 0.001"), (0.0445, "p = 0.044"), (0.164, "p = 0.16")])
def test_p_values_in_words(value, words):
    assert p_words(value) == words
