"""The figures of escalation: what they draw is in their data, and their titles and alternatives say no more."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sitrep import examine
from sitrep.charts import escalation as charts
from sitrep.charts.canvas import NothingToDrawError
from sitrep.escalation.excitation import Excitation, simulate
from sitrep.escalation.follow import Follow, follows
from sitrep.escalation.goodness import one_step_ahead
from sitrep.escalation.interruption import Interruption, interrupted
from sitrep.escalation.multiverse import specification_curve
from sitrep.escalation.rates import COLUMNS, ErrorRate
from sitrep.study import Study

pytestmark = pytest.mark.filterwarnings("error")

MODEL = Excitation(mu=0.2, alpha=0.7, beta=0.8, size=2.0, log_likelihood=0.0, days=0)
FIVE_PERCENT = ErrorRate("any", "10+", 0.05, 0.07, pd.DataFrame(columns=COLUMNS))


@pytest.fixture(scope="module")
def counts() -> pd.Series:
    days = pd.date_range("2020-01-01", periods=900, name="date")
    return pd.Series(simulate(MODEL, 900, 1, np.random.default_rng(4))[0], days)


@pytest.fixture(scope="module")
def pair(counts: pd.Series) -> tuple[Follow, Follow]:
    strikes = counts * 0.0
    strikes.iloc[60::100] = 1.0
    return follows(strikes, counts), follows(counts, strikes)


def test_attack_and_strike_stand_on_one_axis_each_on_its_side(pair: tuple[Follow, Follow]) -> None:
    figure = charts.follow(*pair)
    sides = figure.data.groupby("what")["lag"].agg(["min", "max"])
    assert sides.loc["US strikes after an attack"].tolist() == [-14, -1]
    assert sides.loc["attacks after a US strike"].tolist() == [1, 14]
    right = figure.data[figure.data["lag"] > 0]
    assert right["ratio"].tolist() == pair[0].table["ratio"].tolist()
    assert pair[0].sentence in figure.alt and pair[1].sentence in figure.alt


def test_without_a_strike_there_is_nothing_to_draw(counts: pd.Series, pair: tuple[Follow, Follow]) -> None:
    with pytest.raises(NothingToDrawError, match="no strike"):
        charts.follow(follows(counts * 0, counts), pair[1])


@pytest.fixture(scope="module")
def step(counts: pd.Series) -> Interruption:
    return replace(interrupted(counts, "2021-01-01", placebo_dates=0), p_placebo=0.4)


def test_the_line_drawn_is_that_of_the_regression(counts: pd.Series, step: Interruption) -> None:
    days = charts.interrupted_days(counts, step).set_index("lag")
    ratio = step.table.set_index("term")["ratio"]
    assert days["fitted"][0] / days["without"][0] == pytest.approx(ratio["step"])
    assert days["fitted"][-30] / days["fitted"][-60] == pytest.approx(ratio["trend"])
    assert days["fitted"][60] / days["fitted"][30] == pytest.approx(ratio["trend"] * ratio["slope after"])
    assert (days["fitted"][days.index < 0] == days["without"][days.index < 0]).all()
    assert days["attacks"][0] == counts["2021-01-01"]


def test_a_fitted_line_has_the_mean_of_what_was_observed_on_either_side(counts: pd.Series, step: Interruption) -> None:
    """The score of the regression: near its fit observed and fitted agree on each side, though not day by day."""
    days = charts.interrupted_days(counts, step)
    sides = days.groupby(days["lag"] >= 0)[["attacks", "fitted"]].mean()
    assert (sides["fitted"] / sides["attacks"]).between(0.75, 1.35).all()


def test_what_could_not_be_fitted_is_not_drawn_and_none_is_said(counts: pd.Series, step: Interruption) -> None:
    refused = interrupted(counts, "2020-01-05", placebo_dates=0)
    assert refused.status == "refused"
    figure = charts.interruptions(counts, [refused, step], {"2021-01-01": "A vote"})
    assert set(figure.data["date"]) == {"2021-01-01"} and "A vote" in figure.alt
    assert "A step can be fitted at 1 date; none of them stands out" in figure.title
    with pytest.raises(NothingToDrawError, match="attacks enough"):
        charts.interruptions(counts, [refused], {})


def test_a_step_that_stands_out_is_counted(counts: pd.Series, step: Interruption) -> None:
    figure = charts.interruptions(counts, [replace(step, p_placebo=0.01), step], {})
    assert "2 dates; 1 of them stands out" in figure.title
    assert "too few other dates" in charts.interruptions(counts, [replace(step, p_placebo=None)], {}).title


def test_the_fit_of_the_model_is_drawn_with_all_its_tenths_and_lags(counts: pd.Series) -> None:
    fit = one_step_ahead(counts, MODEL)
    figure = charts.excitation_fit(fit)
    assert figure.data.groupby("what").size().to_dict() == {"autocorrelation": 28, "transform": 10}
    counted, left = fit.outside
    assert f"at {counted} of 28 distances" in figure.title and figure.title.endswith(f"leaves {left}")


def test_a_p_in_a_title_stands_with_its_error_rate(counts: pd.Series) -> None:
    dates = [counts.index[place] for place in (300, 500, 700)]
    curve = specification_curve({"all": counts}, dates, (3, 7), (14, 28))
    assert "error rate not known" in charts.specification_curve(curve, "the day").title
    told = charts.specification_curve(replace(curve, error=FIVE_PERCENT), "the day")
    assert told.title.endswith("; error rate 5%)")
    unknown = replace(FIVE_PERCENT, rate=None, upper=None)
    assert charts.specification_curve(replace(curve, error=unknown), "the day").title.endswith("error rate not known)")


def test_the_forest_shows_the_error_rate_behind_each_p(overview: Study) -> None:
    results = [
        result.but(false_positive_rate=0.04) if result.p_judged is not None else result
        for result in examine.examine(overview, simulations=0).results
    ]
    figure = charts.forest(results, "Dates", "")
    written = [text.get_text() for axes in figure.figure.axes for text in axes.texts]
    judged = sum(result.p_judged is not None for result in results)
    assert judged > 3 and sum("[4%]" in text for text in written) == judged
