"""The error rate of a test is measured where nothing is there, by activity, and decides whether the test may be relied on."""

import numpy as np
import pandas as pd
import pytest
import ruptures

from attack_counts import daily_counts
from sitrep.escalation import epochs, follow, interruption, multiverse
from sitrep.escalation.interruption import CountCost, segments
from sitrep.escalation.rates import COLUMNS, LEAST_SERIES, Trial, activity, judge, measured, summarize

ANNIVERSARIES = [f"{year}-01-03" for year in range(2021, 2027)]


def series(values):
    return pd.Series(np.asarray(values, float), pd.date_range("2020-01-01", periods=len(values), name="date"))


def lively(days=700, seed=1):
    return series(
        np.random.default_rng(seed).poisson(np.exp(np.repeat(np.random.default_rng(2).normal(-1, 1, 50), 14)))
    )


def coin(counts, dates, rng):
    """A test that rejects one time in five whatever it sees, and refuses one in four."""
    yield Trial("coin", activity(counts, dates, range(-28, 7)), None if rng.random() < 0.25 else rng.random() / 4)


def rates(test, dates=("2020-05-01", "2021-05-01"), draws=300, **options):
    return measured(lively(), dates, test, kind="test", made_from="", days=7, draws=draws, **options)


def test_a_rate_is_what_it_is_known_to_be_and_refusals_are_no_non_rejections():
    table = rates(coin)
    assert list(table.columns) == COLUMNS
    chosen = table[(table["stratum"] == "all") & (table["ratio"] == 1)].set_index("model")
    for model in ("negative_binomial", "self_exciting"):
        row = chosen.loc[model]
        assert row["low"] <= 0.2 <= row["high"]
        assert row["refused"] + row["tested"] == row["dates"] == 300
        assert row["refused"] == pytest.approx(75, abs=30)
    found = judge(table, "coin", 20)
    assert found.known and not found.qualifies
    assert "more than the 7.5% allowed, so its p is shown and not relied on" in found.sentence


def test_a_test_that_keeps_its_level_qualifies_and_says_its_power():
    def careful(counts, dates, rng):
        near = activity(counts, dates, range(7))
        yield Trial("careful", 20.0, 0.01 if rng.random() < 0.03 or near > 25 else 0.5)

    found = judge(rates(careful, ratios=(2.0, 20.0)), "careful", 20)
    assert found.qualifies and found.rate < 0.075
    assert found.power[20.0] > found.power[2.0] >= 0
    assert "finds a doubling" in found.sentence


def test_too_few_series_in_the_stratum_leave_the_rate_unknown():
    found = judge(rates(coin, draws=LEAST_SERIES - 1), "coin", 20)
    assert not found.known and not found.qualifies and found.rate is None
    assert "could not be measured" in found.sentence
    assert not judge(rates(coin), "another", 20).known


def test_no_rejection_in_many_tests_of_few_series_proves_no_low_rate():
    tallies = np.zeros((20, 4, 4))
    tallies[:, 2, 3] = 500
    row = summarize("m", "self_exciting", 1.0, tallies)[3]
    assert row["rate"] == 0 and row["high"] == pytest.approx(0.139, abs=0.001)


def test_a_series_without_attacks_gives_no_rate():
    assert measured(lively() * 0, ["2020-05-01"], coin, kind="test", made_from="", days=7, draws=5).empty


def test_every_test_of_the_report_has_a_rate_for_its_own_dates_on_all_four_models():
    counts = daily_counts()
    strikes = series(np.zeros(len(counts))).set_axis(counts.index)
    strikes.iloc[::170] = 1
    tables = {
        "curve": multiverse.error_rates({"all": counts}, ANNIVERSARIES, (7,), (28,), draws=4),
        "epochs": epochs.error_rates(counts, ANNIVERSARIES, draws=4),
        "follow": follow.error_rates(strikes, counts, draws=4),
    }
    for method, table in tables.items():
        chosen = table[(table["method"] == method) & (table["stratum"] == "all") & (table["ratio"] == 1)]
        assert set(chosen["model"]) == {"poisson", "negative_binomial", "self_exciting", "series"}
        assert (chosen["tested"] + chosen["refused"] + chosen["uninformative"] == chosen["dates"]).all()
        assert (chosen.loc[chosen["model"] == "self_exciting", "tested"] > 0).all()


@pytest.mark.long
def test_the_step_of_an_interrupted_series_is_too_often_significant_by_its_own_error_and_less_by_its_rank():
    table = interruption.error_rates(daily_counts(), ["2021-10-10", "2024-09-27"], draws=30)
    chosen = table[(table["model"] == "self_exciting") & (table["stratum"] == "all") & (table["ratio"] == 1)]
    by_method = chosen.set_index("method")["rate"]
    assert by_method["newey_west"] > 0.15 > by_method["placebo"]


def test_the_curve_of_one_specification_rejects_as_the_family_does():
    """The same simulated series, the same statistic: only the seed's path differs, so the decision must not."""
    counts = daily_counts(thin_as_missing=False)
    single = multiverse.specification_curve({"all": counts}, ANNIVERSARIES, [7], [28], pooling=["summed"])
    table = multiverse.error_rates({"all": counts}, ANNIVERSARIES, [7], [28], pooling=["summed"], draws=40)
    own = table[(table["model"] == "series") & (table["stratum"] == "all") & (table["ratio"] == 1)].iloc[0]
    assert single.p_joint is not None and own["rate"] <= 0.2


@pytest.mark.parametrize("size", [np.inf, 1.3])
@pytest.mark.parametrize("penalty", [2.0, 8.0])
def test_the_search_for_breaks_finds_what_the_search_of_ruptures_finds(size, penalty):
    y = lively().to_numpy()[:300]
    theirs = ruptures.Pelt(custom_cost=CountCost(size), min_size=14, jump=1).fit(y).predict(pen=penalty)
    assert segments(y, size, 14, penalty) == theirs
