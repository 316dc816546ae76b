"""What follows what, against the same days moved around the series."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attack_counts import daily_counts, events
from sitrep.escalation.follow import follows
from sitrep.escalation.rates import ErrorRate


def series(values):
    return pd.Series(np.asarray(values, float), pd.date_range("2020-01-01", periods=len(values), name="date"))


def clustered(days, seed):
    rng = np.random.default_rng(seed)
    return rng.poisson(np.exp(np.repeat(rng.normal(-1, 1, days // 20 + 1), 20)[:days]))


def strikes():
    table = events()
    days = pd.to_datetime(table.loc[(table["kind"] == "strike") & (table["actor"] == "us"), "date_start"])
    counts = daily_counts() * 0
    return counts.fillna(0).add(days.value_counts().reindex(counts.index, fill_value=0))


@given(st.lists(st.integers(0, 3), min_size=150, max_size=200), st.sets(st.integers(0, 149), min_size=5, max_size=20))
def test_rates_by_lag_are_those_counted_by_hand_around_the_circle(values, starts):
    leading = np.zeros(len(values))
    leading[list(starts)] = 1
    found = follows(series(leading), series(values), days=4, least_shift=20)
    if found.status == "refused":
        assert sum(values) == 0
        return
    n = len(values)
    by_hand = [np.mean([values[(s + lag) % n] for s in starts]) for lag in range(1, 5)]
    assert found.table["rate"].tolist() == pytest.approx(by_hand, abs=1e-5)
    assert found.ratio == pytest.approx(np.mean(by_hand) / np.mean(values), abs=1e-4)


def test_a_tie_that_is_there_is_found():
    rng = np.random.default_rng(1)
    strikes_ = (rng.random(1500) < 0.02).astype(float)
    attacks = rng.poisson(0.3, 1500) + np.roll(strikes_, 2) * 3
    found = follows(series(strikes_), series(attacks), days=5)
    assert found.p_placebo < 0.01 and found.ratio > 1.5
    assert found.table.set_index("lag")["ratio"].idxmax() == 2


def test_two_series_that_have_nothing_to_do_with_each_other_rarely_seem_tied_however_clustered():
    p = [follows(series(clustered(900, k) > 1), series(clustered(900, 1000 + k)), days=7).p_placebo for k in range(150)]
    known = np.array([x for x in p if x is not None])
    assert len(known) > 100
    assert np.mean(known <= 0.05) <= 0.11


def test_strikes_follow_attacks_in_the_real_series():
    found = follows(daily_counts(thin_as_missing=False), strikes(), days=7)
    assert found.status == "tested" and found.ratio > 1.5
    verdicts = "which way is not told", "does not show"
    assert not any(words in found.sentence for words in verdicts), "its error rate is not known"
    held, missed = (ErrorRate("follow", "10+", 0.05, upper, found.table) for upper in (0.07, 0.12))
    assert any(words in replace(found, error=held).sentence for words in verdicts)
    assert not any(words in replace(found, error=missed).sentence for words in verdicts)


def test_missing_days_leave_count_and_exposure():
    leading, values = np.zeros(300), np.ones(300)
    leading[[50, 100, 150, 200, 250]] = 1
    values[101:104] = np.nan
    found = follows(series(leading), series(values), days=3)
    assert found.table["rate"].tolist() == pytest.approx([1, 1, 1])


@pytest.mark.parametrize(
    ("leading", "following", "reason"),
    [
        (np.zeros(300), np.ones(300), "no leading day"),
        (np.ones(300), np.zeros(300), "nothing to follow"),
        (np.ones(1), np.ones(1), "Too few known days"),
        (np.ones(300), np.full(300, np.nan), "nothing to follow"),
    ],
)
def test_where_nothing_can_be_tested_the_reason_is_said(leading, following, reason):
    found = follows(series(leading), series(following))
    assert found.status == "refused" and found.p_placebo is None
    assert reason in found.sentence


def test_few_leading_days_are_drawn_and_not_tested():
    leading = np.zeros(300)
    leading[[100, 200]] = 1
    found = follows(series(leading), series(clustered(300, 1)))
    assert found.status == "drawn" and found.p_placebo is None


def test_series_over_different_days_are_an_error():
    with pytest.raises(ValueError, match="different days"):
        follows(series(np.ones(100)), series(np.ones(99)))
