"""Sentences that follow from results: every number in them is one of the study's."""

import re
from dataclasses import fields, replace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitrep import colophon, events, examine, frequency, narrative
from sitrep.content import Figure, Prose, Table
from sitrep.escalation.interruption import interrupted
from sitrep.escalation.multiverse import specification_curve
from sitrep.escalation.rates import ErrorRate
from sitrep.escalation.run import run_own_length
from sitrep.study import Study


def test_the_count_and_its_parts_are_those_of_the_study(overview: Study) -> None:
    text = narrative.counted(overview).markdown
    shown = overview.shown
    assert f"**{len(shown)} attacks**" in text
    for country, n in shown["country"].value_counts().items():
        assert f"{n} in {country}" in text
    assert f"{(shown['status'] == 'claimed_only').sum()} attacks rest on the attacker's word alone" in text


def test_the_rate_is_said_with_its_interval_and_method(overview: Study) -> None:
    found = frequency.rate(overview.counts, "bootstrap", 1999, 1)
    text = narrative.counted(overview).markdown
    assert f"{found.rate:.1f} attacks per 30 days" in text
    assert f"95% interval {found.low:.1f} to {found.high:.1f}, {found.method}" in text


def test_a_handful_of_articles_has_a_count_and_no_rate(seeds: Study) -> None:
    text = narrative.counted(seeds).markdown
    assert "**12 attacks**" in text
    assert "per 30" not in text


def test_nothing_counted_is_a_notice(overview: Study) -> None:
    said = narrative.counted(replace(overview, shown=overview.shown.iloc[:0]))
    assert said.role == "notice"


def test_the_interval_is_named_by_its_method(overview: Study) -> None:
    p = overview.parameters
    assert str(frequency.BLOCK_DAYS) in narrative.interval_name(p)
    assert "too narrow" in narrative.interval_name(p.model_copy(update={"interval": "poisson"}))


# Official tallies


def test_tallies_are_shown_only_where_they_lie_wholly_in_the_period(overview: Study) -> None:
    assert isinstance(narrative.tallies(overview), Figure)
    later = overview.parameters.model_copy(update={"start": "2024-02-01"})
    assert narrative.tally_table(replace(overview, parameters=later)).empty
    assert isinstance(narrative.tallies(replace(overview, parameters=later)), Prose)


# Key judgements


def test_without_a_series_the_judgements_say_that_escalation_cannot_be_tested(seeds: Study) -> None:
    said = narrative.judgements(seeds, None)
    assert said.role == "judgements"
    assert "**Nothing about escalation.**" in said.markdown
    assert "p =" not in said.markdown


def test_judgements_are_numbered_from_one(seeds: Study) -> None:
    numbers = re.findall(r"^(\d+)\. ", narrative.judgements(seeds, None).markdown, flags=re.M)
    assert numbers == [str(n) for n in range(1, len(numbers) + 1)]


@given(
    st.lists(st.dates(pd.Timestamp("2020-01-01").date(), pd.Timestamp("2021-12-31").date()), min_size=1, max_size=30)
)
def test_the_shortest_half_holds_half_and_no_shorter_one_does(days: list[object]) -> None:
    dates = pd.Series(pd.to_datetime(pd.Series(days)))
    first, last = narrative.shortest_half(dates)
    assert dates.between(first, last).sum() * 2 >= len(dates)
    for start in dates:
        assert dates.between(start, start + (last - first) - pd.Timedelta(days=1)).sum() * 2 < len(dates)


@pytest.mark.parametrize(
    ("factor", "thin", "confidence"),
    [(1.0, 0, "high"), (1.5, 0, "moderate"), (3.0, 0, "low"), (0.9, 40, "low"), (1.0, 10, "moderate")],
)
def test_confidence_in_counts_follows_the_written_rule(
    overview: Study, factor: float, thin: int, confidence: str
) -> None:
    """A hundred days shown, *thin* of them thin; the authority's largest tally is our own count over *factor*."""
    table = narrative.tally_table(overview).sort_values(["count", "as_of"])
    largest = table.iloc[-1]
    tally = overview.tables.tallies
    same = (tally["since"] == largest["since"]) & (tally["as_of"] == largest["as_of"])
    same &= (tally["scope"] == largest["scope"]) & (tally["authority"] == overview.parameters.authority)
    said = tally[same].head(1).assign(count=round(int(largest["ours"]) / factor))
    level = overview.level.where(overview.level != "thin", "full")
    counts = overview.counts["2023-10-17":"2024-01-24"]
    level[counts.index[:thin]] = "thin"
    report = replace(overview, tables=replace(overview.tables, tallies=said), level=level, counts=counts)
    assert narrative.confidence_in_counts(report) == confidence


def test_no_tally_to_compare_with_leaves_low_confidence(overview: Study) -> None:
    report = replace(overview, tables=replace(overview.tables, tallies=overview.tables.tallies.iloc[:0]))
    assert narrative.confidence_in_counts(report) == "low"


# Limits


def test_limits_say_how_many_days_are_missing_and_that_reported_is_not_confirmed(overview: Study) -> None:
    said = colophon.limits(overview)
    assert said.role == "limits"
    assert f"{(overview.level == 'thin').sum()} days of 2,374 are thinly covered" in said.markdown
    assert "*Reported* is not *confirmed*" in said.markdown
    assert "not a census" in said.markdown


def test_limits_of_a_few_articles_speak_of_no_test(seeds: Study) -> None:
    text = colophon.limits(seeds).markdown
    assert "Tests compare" not in text and "confidence is stated" not in text
    assert "only what a handful of articles say" in text


def test_no_sentence_shows_a_missing_number(overview: Study, seeds: Study) -> None:
    for report in (overview, seeds):
        said = (narrative.counted(report), colophon.limits(report), narrative.judgements(report, None))
        text = " ".join(prose.markdown for prose in said)
        assert not re.search(r"\b(nan|NaN|NaT|None|inf)\b", text)


# Escalation


@pytest.fixture(scope="module")
def done(overview: Study) -> examine.Examination:
    return examine.examine(overview, simulations=0)


def test_the_question_names_the_day_and_counts_the_other_dates(overview: Study) -> None:
    text = narrative.question(overview).markdown
    assert "around 3 January" in text and f"the {len(overview.examined)} other dates" in text


def context_of(**parts: object) -> examine.Context:
    """A context of which only *parts* are asked for."""
    missing = {field.name: None for field in fields(examine.Context)}
    return examine.Context(**{**missing, **parts})  # type: ignore[arg-type]


def a_break(day: str) -> pd.DataFrame:
    return pd.DataFrame({"date": [pd.Timestamp(day)], "rate_before": [0.1], "rate_after": [2.0], "gain": [9.0]})


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("2023-10-18", "1 of them lies within 7 days of a date examined: 18 October 2023 is 1 day after Start of the"),
        ("2022-08-20", "None of them lies within 7 days of a date examined"),
    ],
)
def test_a_break_is_set_beside_the_nearest_date_and_what_chance_gives(
    overview: Study, done: examine.Examination, day: str, words: str
) -> None:
    text = narrative.breaks(overview, context_of(breaks=a_break(day)), done).markdown
    assert words in text.replace("\\", "")
    assert re.search(r"Of all known days \d+% lie as near to one", text)
    assert "not why" in text


def test_no_break_is_said_with_the_rate_of_false_ones(overview: Study, done: examine.Examination) -> None:
    error = ErrorRate("breaks", "10+", 0.03, 0.09, pd.DataFrame())
    context = context_of(breaks=pd.DataFrame(), break_error=error)
    text = narrative.breaks(overview, context, done).markdown
    assert "finds no break" in text and "finds one in 3% of cases (upper limit 9%)" in text


def test_the_sentence_on_steps_counts_those_that_either_test_calls_significant(overview: Study) -> None:
    step = interrupted(overview.series, "2024-01-25", placebo_dates=0)
    refused = interrupted(overview.series, "2023-10-07", placebo_dates=0)
    assert (step.status, refused.status) == ("tested", "refused")
    text = narrative.interruption(context_of(interruptions=[replace(step, p_placebo=0.6), refused])).markdown
    assert "At 1 of 2 single dates" in text
    assert "significant at 1 of them" in text and "none of 1 stands out" in text and "no headline rests on it" in text
    assert "At no single date" in narrative.interruption(context_of(interruptions=[refused])).markdown


def test_a_test_that_rejects_too_often_is_shown_and_not_relied_on() -> None:
    curve = specification_curve(
        {"all": pd.Series(1.0, pd.date_range("2020-01-01", periods=600, name="date"))}, ["2021-01-01"]
    )
    too_often = ErrorRate(
        "curve", "10+", 0.12, 0.14, pd.DataFrame(columns=["method", "model", "stratum", "ratio", "tested"])
    )
    text = narrative.curve(context_of(curve=replace(curve, error=too_often))).markdown.replace("\\", "")
    assert "rejects 12.0% of the time" in text and "its p is shown and not relied on" in text


def test_the_judgement_on_the_anniversary_gives_p_with_error_rate_adjustment_and_what_it_could_have_seen(
    overview: Study, done: examine.Examination
) -> None:
    told = done.anniversary.but(false_positive_rate=0.05, false_positive_high=0.06, headline=True)

    def judgement(**changes: object) -> str:
        said = narrative.judgements(overview, replace(done, anniversary=told.but(**changes)))
        return said.markdown.splitlines()[1].replace("\\", "")

    ordinary = judgement()
    assert "No rise around 3 January is shown, and none is ruled out" in ordinary
    assert "[error rate 5%]" in ordinary and told.adjustment in ordinary
    assert "2024 alone makes" in ordinary and "no fall by less than" in ordinary
    assert "**Attacks rise around 3 January.**" in judgement(p_judged=0.001, p_adjusted=0.003)
    unknown = judgement(p_judged=0.001, p_adjusted=0.003, false_positive_rate=None, headline=False)
    assert "by a test whose error rate here is not known" in unknown and "not relied on" in unknown
    assert "No rise" not in unknown.split("No rise smaller")[0]


def test_one_count_of_tests_stands_in_figure_and_judgement(overview: Study, done: examine.Examination) -> None:
    tested = sum(narrative.judged(result) for result in done.results)
    others = sum(narrative.judged(result) for result in done.events)
    assert (
        f"None of the {tested} dates tested, the anniversary among them, stands out"
        in narrative.events_figure(done.results).title
    )
    assert f"None of the {others} other dates tested stands out" in narrative.judgements(overview, done).markdown
    one = [result for result in done.results if narrative.judged(result)][:1]
    assert narrative.events_figure(one).title.endswith("does not stand out after adjustment")
    drawn = [result for result in done.events if result.status == "drawn"]
    said = narrative.judgements(overview, replace(done, events=drawn)).markdown
    assert f"None of the {len(drawn)} other dates examined can be tested" in said
    assert f"{len(drawn)} drawn only, because the attacks themselves set their date" in said


def test_what_lasts_and_is_drawn_says_why_in_words(overview: Study) -> None:
    ramadan = overview.tables.events[overview.tables.events["event_id"] == "20220402-ramadan"]
    dates = events.occurrences(ramadan, overview.series.index[0], overview.series.index[-1])
    lasting = run_own_length(overview.series, dates, draws=0)
    text, table = narrative.lasting(context_of(lasting=lasting))
    assert isinstance(text, Prose) and isinstance(table, Table)
    assert "2026 alone makes 43 of the attacks after and 0 of those before" in text.markdown
    (none,) = narrative.lasting(context_of(lasting=[]))
    assert isinstance(none, Prose)
