"""The specification curve: every combination counted as by hand, one joint p over all of them."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from attack_counts import daily_counts
from sitrep.escalation.design import Design
from sitrep.escalation.multiverse import specification_curve
from sitrep.escalation.placebo import placebo_recurring
from sitrep.escalation.rate_ratio import before_after
from sitrep.escalation.rates import ErrorRate

ANNIVERSARIES = [f"{year}-01-03" for year in range(2021, 2026)]


def series(values):
    return pd.Series(np.asarray(values, float), pd.date_range("2018-01-01", periods=len(values), name="date"))


def clustered(days=1500, seed=3):
    rng = np.random.default_rng(seed)
    return series(rng.poisson(np.exp(np.repeat(rng.normal(-1, 1.2, days // 30 + 1), 30)[:days])))


@pytest.fixture(scope="module")
def curve():
    subsets = {"thin missing": daily_counts(), "thin zero": daily_counts(thin_as_missing=False)}
    return specification_curve(subsets, ANNIVERSARIES)


def test_every_combination_is_there_once(curve):
    assert len(curve.table) == 2 * 5 * 5 * 2
    assert not curve.table.duplicated(["subset", "window", "baseline", "pooling"]).any()
    assert curve.table["ratio"].is_monotonic_increasing


def test_a_specification_counts_what_the_single_tests_count(curve):
    row = curve.table.query("subset == 'thin zero' and window == 5 and baseline == 14 and pooling == 'summed'").iloc[0]
    singles = [before_after(daily_counts(thin_as_missing=False), date, Design(5, 14)) for date in ANNIVERSARIES]
    after, before = sum(s.after for s in singles), sum(s.before for s in singles)
    assert (row["after"], row["before"], row["dates"]) == (after, before, 5)
    w = 5 / 19
    assert row["ratio"] == pytest.approx((after + w) / (before + 1 - w) * 14 / 5)


def test_one_specification_alone_has_the_p_of_the_placebo_test():
    counts = daily_counts(thin_as_missing=False)
    single = specification_curve({"all": counts}, ANNIVERSARIES, [7], [28], pooling=["summed"])
    test = placebo_recurring(counts, ANNIVERSARIES)
    assert single.p_joint == pytest.approx(test.p_placebo)
    assert single.table["p_placebo"].tolist() == pytest.approx([test.p_placebo])
    assert single.placebo_sets == test.placebo_dates


def test_the_anniversaries_of_3_january_lie_above_1_throughout_and_that_is_ordinary(curve):
    assert (curve.table["ratio"] > 1).all()
    assert curve.median > 1.5
    assert curve.p_joint > 0.05
    assert "ups and downs" not in curve.sentence, "no verdict from a test whose error rate is not known"
    rates = ErrorRate("curve", "10+", 0.05, 0.07, curve.table)
    assert "does not show that nothing changed" in replace(curve, error=rates).sentence


def test_the_joint_p_finds_a_rise_that_is_there():
    counts = clustered()
    dates = counts.index[[300, 700, 1100]]
    for day in dates:
        counts.loc[day : day + pd.Timedelta(days=2)] += 15
    found = specification_curve({"all": counts}, dates, [3, 7], [14, 28])
    assert found.p_joint < 0.02


def test_the_joint_p_rejects_at_most_at_its_level_when_nothing_is_there():
    p = []
    for seed in range(60):
        counts = clustered(900, seed)
        dates = counts.index[[250, 500, 650]]
        p.append(
            specification_curve(
                {"all": counts}, dates, [3, 7], [14, 28], placebo="random", draws=400, seed=seed
            ).p_joint
        )
    assert np.mean(np.array(p) <= 0.05) <= 0.15
    assert 0.3 < np.mean(p) < 0.7


def test_random_and_shifted_sets_agree_where_both_are_fair():
    counts = clustered()
    dates = counts.index[[300, 700, 1100]]
    shift = specification_curve({"all": counts}, dates, [7], [28])
    random = specification_curve({"all": counts}, dates, [7], [28], placebo="random", draws=4000)
    assert shift.median == random.median
    assert shift.p_joint == pytest.approx(random.p_joint, abs=0.25)


def test_the_same_seed_gives_the_same_curve_whatever_the_size_of_its_pieces(monkeypatch):
    counts = clustered()
    dates = counts.index[[300, 700]]
    options = {"placebo": "random", "draws": 900, "seed": 4}
    one = specification_curve({"all": counts}, dates, [7], [28], **options)
    monkeypatch.setattr("sitrep.escalation.multiverse.CHUNK", 70)
    two = specification_curve({"all": counts}, dates, [7], [28], **options)
    assert one.p_joint == two.p_joint


def test_doubling_all_counts_changes_the_ratios_only_by_their_correction():
    counts = clustered()
    dates = counts.index[[300, 700, 1100]]
    one, two = (specification_curve({"all": k * counts}, dates, [7], [28], pooling=["summed"]) for k in (1, 2))
    assert two.median == pytest.approx(one.median, rel=0.1)


@pytest.mark.parametrize(
    ("counts", "dates", "reason"),
    [
        (series(np.zeros(900)), [400], "No specification has attacks"),
        (series(np.full(900, np.nan)), [400], "No specification has attacks"),
        (series(np.ones(1)), [0], "No specification has attacks"),
        (series(np.ones(900)), [], "No date falls"),
    ],
)
def test_where_nothing_can_be_judged_the_reason_is_said(counts, dates, reason):
    curve = specification_curve({"all": counts}, counts.index[dates])
    assert curve.p_joint is None and curve.median is None
    assert reason in curve.sentence


def test_subsets_over_other_days_are_an_error():
    with pytest.raises(ValueError, match="'b' covers other days than 'a'"):
        specification_curve({"a": series(np.ones(100)), "b": series(np.ones(99))}, ["2018-02-01"])


def test_a_date_outside_the_series_is_an_error():
    with pytest.raises(ValueError, match="outside the series"):
        specification_curve({"a": series(np.ones(100))}, ["2030-01-01"])
