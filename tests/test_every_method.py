"""What holds of every test around a date: it follows its dates, keeps its ratio when counts double, and refuses in words."""

from collections.abc import Callable
from dataclasses import asdict, is_dataclass

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sitrep.escalation import any_series, run
from sitrep.escalation.any_series import escalate
from sitrep.escalation.design import Design
from sitrep.escalation.epochs import superposed_epochs
from sitrep.escalation.excitation import fit
from sitrep.escalation.families import leave_one_out, specifications
from sitrep.escalation.follow import follows
from sitrep.escalation.interruption import change_points, interrupted
from sitrep.escalation.multiverse import specification_curve
from sitrep.escalation.overdispersed import beside
from sitrep.escalation.placebo import placebo_recurring, placebo_test
from sitrep.escalation.rate_ratio import before_after, recurring
from sitrep.escalation.reporting import tally_ratio
from sitrep.escalation.severity import severity
from sitrep.events import occurrences

Figures = dict[str, object]
DAYS = 800
PLACES = (320, 480, 640)
"""Where in the series the dates are; the first stands for a single date."""


def clustered(seed: int = 3, days: int = DAYS) -> pd.Series:
    rng = np.random.default_rng(seed)
    level = np.exp(np.repeat(rng.normal(-0.6, 1, days // 20 + 1), 20)[:days])
    return pd.Series(rng.poisson(level).astype(float), pd.date_range("2020-01-01", periods=days, name="date"))


def at(counts: pd.Series, places: tuple[int, ...] = PLACES) -> list[pd.Timestamp]:
    return [counts.index[place] for place in places]


def events(dates: list[pd.Timestamp], family: bool = False) -> pd.DataFrame:
    frame = pd.DataFrame({"event_id": [f"e{i}" for i in range(len(dates))], "date_start": dates, "date_end": dates})
    frame = frame.assign(name="An event", year=[day.year for day in dates], kind="policy", timing="exogenous")
    frame = frame.assign(selection="listed", family="e0" if family else np.nan)
    return frame.assign(event_id="e0") if family else frame


def figures(result: object) -> Figures:
    """The numbers of a result, its dates and words left out."""
    if not is_dataclass(result) or isinstance(result, type):
        raise TypeError(type(result))
    return {name: value for name, value in asdict(result).items() if isinstance(value, (int, float))}


def of_frame(frame: pd.DataFrame) -> Figures:
    numbers = frame.select_dtypes("number")
    return {
        f"{column} {row}": float(value) for column in numbers for row, value in enumerate(numbers[column].astype(float))
    }


def attacks(counts: pd.Series) -> pd.DataFrame:
    """One incident an attack, each with two munitions, by rocket or drone in turn, at one of two sites."""
    day = np.repeat(counts.index, np.nan_to_num(counts.to_numpy()).astype(int))
    frame = pd.DataFrame({"date": day, "incident_id": [f"i{k:06}" for k in range(len(day))]})
    turn = np.arange(len(day)) % 2
    frame["place_id"], frame["latitude"] = np.where(turn, "a", "b"), 33.0
    frame["weapon"] = np.where(turn, "rocket", "drone")
    return frame.assign(munitions_best=2, injured_best=1, deaths_best=0)


def tallied(counts: pd.Series) -> pd.DataFrame:
    """Daily tallies of an authority as one chain of intervals."""
    return pd.DataFrame(
        {"scope": "all", "includes": "", "since": counts.index[:1].repeat(len(counts)), "date_start": counts.index}
    ).assign(date_end=counts.index, days=1, count=counts.fillna(0).to_numpy())


def after_dates(counts: pd.Series, dates: list[pd.Timestamp]) -> object:
    leading = counts * 0.0
    leading[pd.DatetimeIndex(dates)] = 1.0
    return follows(leading.fillna(0), counts, days=7)


Method = Callable[[pd.Series, list[pd.Timestamp]], Figures]

#: Every test that takes dates, as figures; a single date is the first of those given.
METHODS: dict[str, Method] = {
    "exact, one date": lambda c, d: figures(before_after(c, d[0])),
    "exact, a family": lambda c, d: figures(recurring(c, d)),
    "placebo, one date": lambda c, d: figures(placebo_test(c, d[0])),
    "placebo, a reactive date": lambda c, d: figures(placebo_test(c, d[0], reactive=True)),
    "placebo, a family": lambda c, d: figures(placebo_recurring(c, d)),
    "overdispersed": lambda c, d: of_frame(beside(c, [before_after(c, d[0])], draws=0)),
    "all rules together": lambda c, d: {
        f"{name} {k}": value for k, one in enumerate(run(c, events(d), draws=0)) for name, value in figures(one).items()
    },
    "ways of pooling": lambda c, d: of_frame(specifications(c, d)),
    "without one year": lambda c, d: of_frame(leave_one_out(c, d)),
    "superposed epochs": lambda c, d: of_frame(superposed_epochs(c, d, 7, 7, draws=50).table),
    "specification curve": lambda c, d: of_frame(specification_curve({"all": c}, d, (3, 7), (14, 28)).table),
    "interrupted series": lambda c, d: of_frame(interrupted(c, d[0], 120, placebo_dates=0).table),
    "what follows what": lambda c, d: of_frame(after_dates(c, d).table),
    "severity": lambda c, d: of_frame(severity(attacks(c), c, events(d, family=True), draws=0)),
    "tallies": lambda c, d: figures(tally_ratio(tallied(c), [d[0]])),
}

#: Those whose estimate is a plain ratio of rates: the figures that doubling all counts leaves as they are.
RATIOS: dict[str, tuple[str, ...]] = {
    "exact, one date": ("estimate",),
    "exact, a family": ("estimate",),
    "placebo, one date": ("estimate",),
    "placebo, a family": ("estimate",),
    "overdispersed": ("estimate 0", "low 1", "high 1", "p 1"),
    "all rules together": ("estimate 0", "estimate 1", "estimate 2"),
    "ways of pooling": ("estimate 0", "estimate 1"),
    "without one year": ("estimate 0", "estimate 1", "estimate 2"),
    "what follows what": ("ratio 0", "ratio 6", "placebo_low 0", "placebo_high 6"),
    "severity": ("estimate 0", "estimate 1"),
    "tallies": ("estimate",),
}


def same(one: Figures, other: Figures) -> None:
    assert one.keys() == other.keys()
    for name, value in one.items():
        assert value == pytest.approx(other[name], rel=1e-6, abs=1e-9, nan_ok=True), name


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_a_shift_of_all_dates_shifts_nothing_else(method: Method) -> None:
    counts = clustered()
    counts.iloc[400:420] = np.nan
    moved = counts.set_axis(counts.index - pd.Timedelta(days=1_461))
    same(method(moved, at(moved)), method(counts, at(counts)))


@pytest.mark.parametrize("name", RATIOS)
def test_doubling_all_counts_leaves_uncorrected_ratios(name: str) -> None:
    counts = clustered()
    one, two = METHODS[name](counts, at(counts)), METHODS[name](2 * counts, at(counts))
    for figure in RATIOS[name]:
        assert two[figure] == pytest.approx(one[figure], rel=1e-6), figure
        assert not np.isnan(float(str(one[figure]))), (
            "the figure must be there for its staying the same to say anything"
        )


def test_doubling_all_counts_doubles_the_means_of_superposed_epochs_and_leaves_their_p() -> None:
    counts = clustered()
    one, two = (superposed_epochs(c, at(counts), 7, 7, draws=50) for c in (counts, 2 * counts))
    assert two.p_placebo == one.p_placebo
    np.testing.assert_allclose(two.table["mean"], 2 * one.table["mean"])
    np.testing.assert_allclose(two.table["envelope_high"], 2 * one.table["envelope_high"])


TAKE_ANY_DATE = {"what follows what", "tallies"}
"""The first takes a series of events, the second refuses in words what no tally speaks of."""


@pytest.mark.parametrize("name", [name for name in METHODS if name not in TAKE_ANY_DATE])
@pytest.mark.parametrize("days", [-1, DAYS])
def test_an_event_outside_the_period_is_an_error(name: str, days: int) -> None:
    counts = clustered()
    outside = counts.index[0] + pd.Timedelta(days=days)
    with pytest.raises(ValueError, match=f"{outside:%Y-%m-%d} is outside the series"):
        METHODS[name](counts, [outside, *at(counts)[1:]])


def test_a_date_that_no_tally_speaks_of_is_refused_in_words() -> None:
    counts = clustered()
    result = tally_ratio(tallied(counts), [counts.index[-1] + pd.Timedelta(days=90)])
    assert result.status == "refused" and result.reason.startswith("No tally speaks of the days around")


# Little or nothing to go by

STARVED: dict[str, pd.Series] = {
    "no attack": clustered() * 0,
    "one day": clustered().iloc[:1],
    "no known day": clustered() * np.nan,
    "one attack": (clustered() * 0).where(clustered().index != clustered().index[325], 1.0),
}

RESULTS: dict[str, Callable[[pd.Series, list[pd.Timestamp]], list[object]]] = {
    "exact": lambda c, d: [before_after(c, d[0]), recurring(c, d)],
    "placebo": lambda c, d: [placebo_test(c, d[0]), placebo_test(c, d[0], reactive=True), placebo_recurring(c, d)],
    "all rules together": lambda c, d: [*run(c, events(d), draws=0), *run(c, events(d, family=True), draws=0)],
    "tallies": lambda c, d: [tally_ratio(tallied(c.fillna(0)), [d[0]])],
}


@pytest.mark.parametrize("starved", STARVED.values(), ids=STARVED)
@pytest.mark.parametrize("results", RESULTS.values(), ids=RESULTS)
def test_too_little_is_refused_in_words_and_no_figure_is_nan(results, starved: pd.Series) -> None:
    dates = at(starved) if len(starved) > 1 else [starved.index[0]]
    for result in results(starved, dates):
        assert result.status in ("refused", "uninformative", "drawn", "tested")
        assert result.status == "tested" or result.reason
        assert not any(isinstance(value, float) and np.isnan(value) for value in figures(result).values())
        assert "nan" not in result.sentence.lower().split()
        if starved.sum() == 0:
            assert result.status in ("refused", "uninformative") and result.p_judged is None


@pytest.mark.parametrize("starved", STARVED.values(), ids=STARVED)
def test_what_has_figures_in_a_table_gives_none_and_says_why(starved: pd.Series) -> None:
    dates = at(starved) if len(starved) > 1 else [starved.index[0]]
    pooled = specifications(starved, dates)
    left_out = leave_one_out(starved, dates)
    incidents = severity(attacks(starved), starved, events(dates, family=True), draws=0)
    for table in (pooled, left_out, incidents):
        silent = table[(table["status"] != "tested") & (table["reason"].fillna("") == "")]
        assert silent.empty
    epochs = superposed_epochs(starved, dates, 7, 7, draws=50)
    curve = specification_curve({"all": starved}, dates, (3, 7), (14, 28))
    step = interrupted(starved, dates[0], 120, placebo_dates=0)
    after = after_dates(starved, dates)
    if starved.sum() == 0:
        assert epochs.p_placebo is None and epochs.reason
        assert curve.p_joint is None and curve.reason
        assert after.p_placebo is None and after.reason
    assert step.status == "refused" and step.reason and step.table.empty
    assert change_points(starved).empty
    with pytest.raises(ValueError, match="needs 30 known days and 10 attacks"):
        fit(starved)


def test_without_any_date_every_method_says_that_there_is_none() -> None:
    counts = clustered()
    assert recurring(counts, []).reason and placebo_recurring(counts, []).status == "refused"
    (nothing,) = run(counts, events([]), draws=0)
    assert nothing.reason == "No event falls in the period."
    assert superposed_epochs(counts, [], 7, 7, draws=50).reason == "No date falls in the period."
    assert specification_curve({"all": counts}, []).reason == "No date falls in the period."
    assert tally_ratio(tallied(counts), []).reason == "No date falls in the period."
    assert follows(counts * 0, counts).reason == "There is no leading day in the series."
    assert severity(attacks(counts), counts, events([])).empty and beside(counts, []).empty
    with pytest.raises(ValueError, match="at least one date"):
        specifications(counts, [])


# Whole files: what `sitrep escalate` writes


@pytest.fixture(scope="module", autouse=True)
def _few_simulated_series():
    """How many series error rates are measured on changes no figure that is compared here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(any_series, "SIMULATED", 2)
        yield


def written(folder, counts: pd.Series, dates: list[pd.Timestamp]) -> pd.DataFrame:
    counts.rename("count").astype("Int64").to_csv(folder / "c.csv")
    lines = [f"e{i},{day:%Y-%m-%d}" for i, day in enumerate(dates)]
    (folder / "e.csv").write_text("\n".join(["event_id,date", *lines]) + "\n")
    return escalate(folder / "c.csv", folder / "e.csv")


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> pd.DataFrame:
    counts = clustered(days=300)
    return written(tmp_path_factory.mktemp("whole"), counts, at(counts, (120, 200)))


def test_moving_the_files_dates_moves_nothing_in_what_is_written(whole: pd.DataFrame, tmp_path) -> None:
    counts = clustered(days=300)
    moved = counts.set_axis(counts.index + pd.Timedelta(days=1_000))
    found = written(tmp_path, moved, at(moved, (120, 200)))
    same(of_frame(found), of_frame(whole))
    assert found["status"].tolist() == whole["status"].tolist()


def test_doubling_the_files_counts_leaves_the_ratios_written(whole: pd.DataFrame, tmp_path) -> None:
    counts = clustered(days=300)
    found = written(tmp_path, 2 * counts, at(counts, (120, 200)))
    assert found["estimate"].tolist() == pytest.approx(whole["estimate"].tolist())


@settings(max_examples=25)
@given(
    st.lists(st.one_of(st.integers(0, 6), st.none()), min_size=60, max_size=150),
    st.integers(0, 149),
    st.integers(1, 10),
    st.integers(1, 20),
)
def test_whatever_the_counts_a_date_has_figures_or_a_reason(values, place, window, baseline) -> None:
    counts = pd.Series(
        [np.nan if v is None else float(v) for v in values],
        pd.date_range("2020-01-01", periods=len(values), name="date"),
    )
    dates = events([counts.index[place % len(counts)]])
    (result,) = run(counts, dates, Design(window, baseline), draws=0)
    assert result.status == "tested" or result.reason
    assert not any(isinstance(value, float) and np.isnan(value) for value in figures(result).values())


def test_users_dates_and_ours_are_told_apart_by_nothing_but_their_rows() -> None:
    """The same day, given with the least that a user may write, has the figures of an event of ours."""
    counts = clustered()
    day = at(counts)[0]
    least = pd.DataFrame(
        {"event_id": ["mine"], "name": "mine", "date_start": [day], "date_end": [day], "recurrence": "none"}
    )
    found = occurrences(
        least.reindex(columns=[*least.columns, "kind", "timing", "selection"]), counts.index[0], counts.index[-1]
    )
    (mine,), (ours,) = run(counts, found, draws=0), run(counts, events([day]), draws=0)
    assert figures(mine) == figures(ours)
