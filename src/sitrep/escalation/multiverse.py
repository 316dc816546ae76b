"""The specification curve: one question answered under every defensible choice, with one placebo test for all of them.

Simonsohn, Simmons and Nelson (2020), "Specification curve analysis". No specification is picked afterwards: the joint test asks
whether the median over all of them is larger than at placebo dates, where the same choices are made on the same series.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from sitrep.escalation.design import STANDARD, Design
from sitrep.escalation.nulls import Kept
from sitrep.escalation.rate_ratio import Date, check_counts, count_around, log_ratio
from sitrep.escalation.rates import ErrorRate, Trial, activity, measured
from sitrep.escalation.reference import REACH, rank_p
from sitrep.escalation.result import p_words, ratio_words

Pooling = Literal["summed", "mean_log_ratio"]

WINDOWS = (3, 5, 7, 10, 14)
BASELINES = (14, 21, 28, 42, 56)
POOLING: tuple[Pooling, ...] = ("summed", "mean_log_ratio")
METHOD = "curve"
"""The name of the joint test in the table of error rates."""

LEAST_DRAWS = 39
CHUNK = 2_000
"""Placebo sets are worked off in pieces of this size, so memory does not grow with their number."""


@dataclass(frozen=True)
class Curve:
    """All specifications of one question.

    `table`: one row a specification, in the order of its estimate: subset, window, baseline, pooling, dates (usable), after,
    before, ratio (of the pooled statistic, with its continuity correction), p_placebo (of this specification alone), status
    ("tested", "uninformative", "refused"). `median` is that of the ratios of tested specifications, `p_joint` its two-sided
    rank among the medians at `placebo_sets` sets of other dates, of which each was usable. None where there is none.
    """

    table: pd.DataFrame
    dates: tuple[str, ...]
    median: float | None
    p_joint: float | None
    placebo_sets: int
    placebo_low: float | None
    placebo_high: float | None
    reason: str = ""
    error: ErrorRate | None = None
    """How often the joint test cries wolf here, where it was measured (`error_rates`)."""

    @property
    def sentence(self) -> str:
        """What the curve as a whole shows; a verdict only where the test's error rate is known and holds."""
        tested = int((self.table["status"] == "tested").sum())
        if self.median is None or self.p_joint is None:
            return f"{len(self.table)} specifications, none judged. {self.reason}"
        above = int((self.table["ratio"] > 1).sum())
        verdict = "."
        if self.error is not None and self.error.qualifies:
            verdict = (
                ": more than the series' ordinary ups and downs produce."
                if self.p_joint <= 0.05
                else ": the series' ordinary ups and downs produce as much often enough; that does not show that nothing changed."
            )
        return (
            f"Of {len(self.table)} specifications {tested} could be tested; {above} give a ratio above 1, and their median is "
            f"{ratio_words(self.median)}. At {self.placebo_sets:,} sets of other dates the median lay between "
            f"{ratio_words(self.placebo_low)} and {ratio_words(self.placebo_high)} in 95% of cases "
            f"(joint {p_words(self.p_joint)}){verdict}"
        )

    def _repr_html_(self) -> str:
        return f"<p>{self.sentence}</p>{self.table.to_html(index=False, float_format='{:.2f}'.format)}"


@dataclass(frozen=True)
class _Counted:
    """Every day under one window and baseline: usable, after, before, days_after and days_before, side by side by subset.

    The last row, of zeros, stands for dates that left the series. All are zero where not usable.
    """

    days: np.ndarray
    """Shape (days + 1, 5, subsets)."""

    @classmethod
    def of(cls, values: np.ndarray, design: Design) -> _Counted:
        after, before, days_after, days_before, _, usable = count_around(values, design)
        days = np.zeros((len(values) + 1, 5, values.shape[1]))
        days[:-1, 0] = usable
        for k, figure in enumerate((after, before, days_after, days_before), start=1):
            np.multiply(figure, usable, out=days[:-1, k])
        return cls(days)

    def statistics(self, sets: np.ndarray, pooling: Sequence[Pooling]) -> np.ndarray:
        """The pooled statistic of each set of positions: shape (sets, subsets, ways of pooling); NaN where there is none.

        There is none where half the dates or fewer are usable, or without an attack.
        """
        days = self.days
        if "mean_log_ratio" in pooling:
            informative = days[:, 1] + days[:, 2] > 0
            logs = np.zeros(informative.shape)
            logs[informative] = log_ratio(*(days[:, k][informative] for k in range(1, 5)))
            days = np.concatenate([days, informative[:, None], logs[:, None]], axis=1)
        # One gather a date brings all its figures together.
        total = days[sets[:, 0]]
        for k in range(1, sets.shape[1]):
            total += days[sets[:, k]]
        usable, after, before, days_after, days_before, *means = np.moveaxis(total, 1, 0)
        enough = usable > sets.shape[1] / 2
        values = np.full((*enough.shape, len(pooling)), np.nan)
        for k, way in enumerate(pooling):
            number = after + before if way == "summed" else means[0]
            ok = enough & (number > 0)
            values[ok, k] = (
                log_ratio(after[ok], before[ok], days_after[ok], days_before[ok])
                if way == "summed"
                else means[1][ok] / number[ok]
            )
        return values


@dataclass(frozen=True)
class _Grid:
    """All specifications on one set of series: `counted` by window and baseline, in the order of their product."""

    dates: pd.DatetimeIndex
    subsets: tuple[str, ...]
    windows: Sequence[int]
    baselines: Sequence[int]
    pooling: Sequence[Pooling]
    counted: tuple[_Counted, ...]

    @classmethod
    def of(
        cls,
        series: Mapping[str, pd.Series],
        windows: Sequence[int],
        baselines: Sequence[int],
        pooling: Sequence[Pooling],
        min_known: float,
    ) -> _Grid:
        index = next((pd.DatetimeIndex(counts.index) for counts in series.values()), pd.DatetimeIndex([]))
        values = np.column_stack([counts.to_numpy() for counts in series.values()]) if series else np.empty((0, 0))
        designs = [Design(w, b, min_known=min_known) for w, b in product(windows, baselines)]
        counted = tuple(_Counted.of(values, design) for design in designs)
        return cls(index, tuple(series), windows, baselines, pooling, counted)

    def positions(self, days: Sequence[Date]) -> np.ndarray:
        """Where the days are in the series; ValueError for one outside."""
        found = [(pd.Timestamp(day).normalize() - self.dates[0]).days if len(self.dates) else -1 for day in days]
        for day, place in zip(days, found, strict=True):
            if not 0 <= place < len(self.dates):
                raise ValueError(f"{pd.Timestamp(day):%Y-%m-%d} is outside the series.")
        return np.array(found, dtype=int)

    def statistics(self, sets: np.ndarray) -> np.ndarray:
        """Of each set of positions (-1: outside the series) and specification, in the order of `table`."""
        each = np.stack([one.statistics(sets, self.pooling) for one in self.counted], axis=2)
        return np.asarray(each.reshape(len(sets), -1))

    def table(self, positions: np.ndarray) -> pd.DataFrame:
        """What each specification counts around the dates: subset, then window, baseline and way of pooling."""
        own = self.statistics(positions[None, :])[0] if len(positions) and self.counted else np.array([])
        rows: list[tuple[object, ...]] = []
        for s, subset in enumerate(self.subsets):
            for one, (window, baseline) in zip(self.counted, product(self.windows, self.baselines), strict=True):
                used, after, before = one.days[positions, :3, s].sum(axis=0)
                dates = int(used)
                refused = 2 * dates <= len(positions)
                status = "refused" if refused else "uninformative" if after + before == 0 else "tested"
                for way in self.pooling:
                    ratio = np.exp(own[len(rows)]) if len(own) else np.nan
                    rows.append((subset, window, baseline, way, dates, after, before, ratio, np.nan, status))
        columns = [
            "subset",
            "window",
            "baseline",
            "pooling",
            "dates",
            "after",
            "before",
            "ratio",
            "p_placebo",
            "status",
        ]
        return pd.DataFrame(rows, columns=columns)


def specification_curve(
    subsets: Mapping[str, pd.Series],
    dates: Iterable[Date],
    windows: Sequence[int] = WINDOWS,
    baselines: Sequence[int] = BASELINES,
    *,
    pooling: Sequence[Pooling] = POOLING,
    min_known: float = 0.5,
    placebo: Literal["shift", "random"] = "shift",
    draws: int = 10_000,
    seed: int = 1,
) -> Curve:
    """Every combination of subset, window, baseline and pooling on the same dates, and their joint placebo test.

    `subsets`: daily counts by name, all over the same days: all incidents, confirmed ones, one country, another linking, the
    earliest or latest possible dates, ... `placebo`: "shift" moves the dates together by every number of days up to half a
    year (`draws` is not used: all are enumerated); "random" draws `draws` sets of as many dates among the known days.

    A specification needs more than half of the dates usable, at placebo dates too. 0:0 is uninformative and leaves the median.
    Raises ValueError for a date outside the series, or subsets over different days.
    """
    series = {name: check_counts(counts) for name, counts in subsets.items()}
    _check_days(series)
    days = [pd.Timestamp(date).normalize() for date in dates]
    shown = tuple(f"{day:%Y-%m-%d}" for day in days)
    grid = _Grid.of(series, windows, baselines, pooling, min_known)
    positions = grid.positions(days)
    table = grid.table(positions)
    if not days or not len(table):
        return Curve(table, shown, None, None, 0, None, None, "No date falls in the period.")
    own = grid.statistics(positions[None, :])[0]
    if np.isnan(own).all():
        return Curve(table, shown, None, None, 0, None, None, "No specification has attacks on enough known days.")
    medians, larger, smaller, sets = _at_placebo_dates(grid, own, _sets(grid, positions, placebo, draws, seed))
    if len(medians) < LEAST_DRAWS:
        return Curve(
            table, shown, None, None, len(medians), None, None, f"Only {len(medians)} sets of other dates are usable."
        )
    with np.errstate(invalid="ignore"):
        alone = np.minimum(1.0, 2 * (1 + np.minimum(larger, smaller)) / (1 + sets))
    table["p_placebo"] = np.where(np.isnan(own) | (sets < LEAST_DRAWS), np.nan, alone)
    median = float(_row_medians(own[None, :])[0])
    low, high = np.exp(np.quantile(medians, [0.025, 0.975]))
    return Curve(
        table.sort_values(["ratio", "subset", "window", "baseline"], ignore_index=True),
        shown,
        float(np.exp(median)),
        float(rank_p(median, medians)),
        len(medians),
        float(low),
        float(high),
    )


def error_rates(
    subsets: Mapping[str, pd.Series],
    dates: Sequence[Date],
    windows: Sequence[int] = WINDOWS,
    baselines: Sequence[int] = BASELINES,
    *,
    pooling: Sequence[Pooling] = POOLING,
    min_known: float = 0.5,
    cache: Kept | Path | str | None = None,
    draws: int = 600,
    seed: int = 1,
) -> pd.DataFrame:
    """How often the joint p of the curve (of "shift") rejects at a nominal 5% without an effect, and finds a true rise.

    The first of `subsets` is the series that others are parts of. On a simulated series each attack belongs to the other
    subsets as an attack of the real series did: the real ones in their order, from a random one on, each with the
    chance that the day's counts give. The stratum is that of the attacks seven days after and 28 before in the first subset.
    """
    series = {name: check_counts(counts) for name, counts in subsets.items()}
    _check_days(series)
    every = np.column_stack([counts.to_numpy() for counts in series.values()])
    # One row a real attack, in order of time: the chance of being in each subset.
    real = np.nan_to_num(every[:, 0]).astype(int)
    with np.errstate(invalid="ignore", divide="ignore"):
        chance = np.repeat(np.minimum(1.0, np.nan_to_num(every) / every[:, :1]), real, axis=0)
    missing = np.isnan(every)

    def test(one: pd.Series, days: Sequence[Date], rng: np.random.Generator) -> Iterator[Trial]:
        values = np.nan_to_num(one.to_numpy()).astype(int)
        day = np.repeat(np.arange(len(values)), values)
        which = (rng.integers(len(chance)) + np.arange(len(day))) % len(chance)
        member = rng.random((len(day), every.shape[1])) < chance[which]
        member[:, 0] = True
        parts = np.column_stack([np.bincount(day, inside, len(values)) for inside in member.T.astype(float)])
        parts[missing] = np.nan
        grid = _Grid.of({name: pd.Series(parts[:, k], one.index) for k, name in enumerate(series)}, *asked)
        positions = grid.positions(days)
        attacks = activity(one, days, range(-STANDARD.baseline, STANDARD.window))
        own = grid.statistics(positions[None, :])[0]
        if np.isnan(own).all():
            yield Trial(METHOD, attacks, None)
            return
        medians = np.concatenate(
            [_row_medians(grid.statistics(sets)) for sets in _sets(grid, positions, "shift", 0, seed)]
        )
        medians = medians[~np.isnan(medians)]
        median = float(_row_medians(own[None, :])[0])
        p = float(rank_p(median, medians)) if len(medians) >= LEAST_DRAWS else None
        yield Trial(METHOD, attacks, p, median > 0)

    asked = (tuple(windows), tuple(baselines), tuple(pooling), min_known)
    made_from = (asked, list(series), [counts.to_csv() for counts in series.values()])
    first = next(iter(series.values()))
    return measured(
        first,
        dates,
        test,
        kind="curve",
        made_from=made_from,
        days=STANDARD.window,
        draws=draws,
        seed=seed,
        cache=cache,
    )


def _at_placebo_dates(
    grid: _Grid, own: np.ndarray, sets: Iterator[np.ndarray]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Medians over specifications at each placebo set; and by specification, how many sets lie above, below, and are tested."""
    medians = []
    larger, smaller, tested = (np.zeros(len(own)) for _ in range(3))
    for chunk in sets:
        values = grid.statistics(chunk)
        larger += (values >= own - 1e-9).sum(axis=0)
        smaller += (values <= own + 1e-9).sum(axis=0)
        tested += (~np.isnan(values)).sum(axis=0)
        medians.append(_row_medians(values))
    every = np.concatenate(medians) if medians else np.array([])
    return every[~np.isnan(every)], larger, smaller, tested


def _sets(grid: _Grid, positions: np.ndarray, placebo: str, draws: int, seed: int) -> Iterator[np.ndarray]:
    """Placebo sets as positions, `CHUNK` at a time; -1 where a date would leave the series."""
    length = len(grid.dates)
    if placebo == "shift":
        moved = np.concatenate([np.arange(-REACH, 0), np.arange(1, REACH + 1)])
        every = positions[None, :] + moved[:, None]
        yield np.where((every >= 0) & (every < length), every, -1)
        return
    known = np.flatnonzero(np.logical_or.reduce([one.days[:-1, 0].any(axis=1) for one in grid.counted]))
    rng = np.random.default_rng(seed)
    for start in range(0, draws if len(known) else 0, CHUNK):
        yield rng.choice(known, (min(CHUNK, draws - start), len(positions)))


def _row_medians(values: np.ndarray) -> np.ndarray:
    """Medians along rows, NaN left out; much faster than nanmedian, because a sort puts NaN last."""
    ordered = np.sort(values, axis=1)
    number = (~np.isnan(ordered)).sum(axis=1)
    rows = np.arange(len(values))
    middle = (
        ordered[rows, np.maximum(number - 1, 0) // 2] + ordered[rows, np.minimum(number // 2, values.shape[1] - 1)]
    ) / 2
    return np.where(number > 0, middle, np.nan)


def _check_days(series: Mapping[str, pd.Series]) -> None:
    first: str | None = None
    for name, counts in series.items():
        if first is None:
            first = name
        elif not counts.index.equals(series[first].index):
            raise ValueError(f"subset {name!r} covers other days than {first!r}; all subsets need the same.")
