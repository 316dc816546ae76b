"""The specification curve: one question answered under every defensible choice, with one placebo test for all of them.

Simonsohn, Simmons and Nelson (2020), "Specification curve analysis". No specification is picked afterwards: the joint test asks
whether the median over all of them is larger than at placebo dates, where the same choices are made on the same series.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np
import pandas as pd

from sitrep.escalation.design import Design
from sitrep.escalation.rate_ratio import Date, Windows, check_counts, log_ratio
from sitrep.escalation.rate_ratio import windows as count_windows
from sitrep.escalation.reference import REACH
from sitrep.escalation.result import p_words, ratio_words

Pooling = Literal["summed", "mean_log_ratio"]

LEAST_DRAWS = 39
CHUNK = 2_000
"""Placebo sets are worked off in pieces of this size, so memory does not grow with their number."""


@dataclass(frozen=True)
class Specification:
    """One way of counting: which incidents (`subset`), which days, and how several dates are pooled."""

    subset: str
    window: int
    baseline: int
    pooling: Pooling


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

    @property
    def sentence(self) -> str:
        """What the curve as a whole shows."""
        tested = int((self.table["status"] == "tested").sum())
        if self.median is None or self.p_joint is None:
            return f"{len(self.table)} specifications, none judged. {self.reason}"
        above = int((self.table["ratio"] > 1).sum())
        verdict = (
            "more than the series' ordinary ups and downs produce."
            if self.p_joint <= 0.05
            else "the series' ordinary ups and downs produce as much often enough, which does not show that nothing changed."
        )
        return (
            f"Of {len(self.table)} specifications {tested} could be tested; {above} give a ratio above 1, and their median is "
            f"{ratio_words(self.median)}. At {self.placebo_sets:,} sets of other dates the median lay between "
            f"{ratio_words(self.placebo_low)} and {ratio_words(self.placebo_high)} in 95% of cases "
            f"(joint {p_words(self.p_joint)}): {verdict}"
        )

    def _repr_html_(self) -> str:
        return f"<p>{self.sentence}</p>{self.table.to_html(index=False, float_format='{:.2f}'.format)}"


def specification_curve(
    subsets: Mapping[str, pd.Series],
    dates: Iterable[Date],
    windows: Sequence[int] = (3, 5, 7, 10, 14),
    baselines: Sequence[int] = (14, 21, 28, 42, 56),
    *,
    pooling: Sequence[Pooling] = ("summed", "mean_log_ratio"),
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
    specifications = [
        Specification(name, window, baseline, way)
        for name, window, baseline, way in product(series, windows, baselines, pooling)
    ]
    counted = [
        count_windows(series[s.subset], Design(s.window, s.baseline, min_known=min_known)) for s in specifications
    ]
    days = [pd.Timestamp(date).normalize() for date in dates]
    shown = tuple(f"{day:%Y-%m-%d}" for day in days)
    if not days or not specifications:
        return Curve(
            _table(specifications, counted, np.array([], int)),
            shown,
            None,
            None,
            0,
            None,
            None,
            "No date falls in the period.",
        )
    positions = np.array([counted[0].position(day) for day in days])
    table = _table(specifications, counted, positions)
    own = np.array([_pooled(s, at, positions[None, :])[0] for s, at in zip(specifications, counted, strict=True)])
    if np.isnan(own).all():
        return Curve(table, shown, None, None, 0, None, None, "No specification has attacks on enough known days.")
    medians, larger, smaller, sets = _at_placebo_dates(
        specifications, counted, own, _sets(counted, positions, placebo, draws, seed)
    )
    if len(medians) < LEAST_DRAWS:
        return Curve(
            table, shown, None, None, len(medians), None, None, f"Only {len(medians)} sets of other dates are usable."
        )
    with np.errstate(invalid="ignore"):
        alone = np.minimum(1.0, 2 * (1 + np.minimum(larger, smaller)) / (1 + sets))
    table["p_placebo"] = np.where(np.isnan(own) | (sets < LEAST_DRAWS), np.nan, alone)
    median = float(_row_medians(own[None, :])[0])
    extreme = min((medians >= median - 1e-9).sum(), (medians <= median + 1e-9).sum())
    low, high = np.exp(np.quantile(medians, [0.025, 0.975]))
    return Curve(
        table.sort_values(["ratio", "subset", "window", "baseline"], ignore_index=True),
        shown,
        float(np.exp(median)),
        float(min(1.0, 2 * (1 + extreme) / (1 + len(medians)))),
        len(medians),
        float(low),
        float(high),
    )


def _at_placebo_dates(
    specifications: list[Specification], counted: list[Windows], own: np.ndarray, sets: Iterator[np.ndarray]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Medians over specifications at each placebo set; and by specification, how many sets lie above, below, and are tested."""
    medians = []
    larger, smaller, tested = (np.zeros(len(own)) for _ in range(3))
    for chunk in sets:
        values = np.column_stack([_pooled(s, at, chunk) for s, at in zip(specifications, counted, strict=True)])
        larger += (values >= own - 1e-9).sum(axis=0)
        smaller += (values <= own + 1e-9).sum(axis=0)
        tested += (~np.isnan(values)).sum(axis=0)
        medians.append(_row_medians(values))
    every = np.concatenate(medians) if medians else np.array([])
    return every[~np.isnan(every)], larger, smaller, tested


def _sets(counted: list[Windows], positions: np.ndarray, placebo: str, draws: int, seed: int) -> Iterator[np.ndarray]:
    """Placebo sets as positions, `CHUNK` at a time; -1 where a date would leave the series."""
    length = len(counted[0].dates)
    if placebo == "shift":
        moved = np.concatenate([np.arange(-REACH, 0), np.arange(1, REACH + 1)])
        every = positions[None, :] + moved[:, None]
        yield np.where((every >= 0) & (every < length), every, -1)
        return
    known = np.flatnonzero(np.logical_or.reduce([at.usable for at in counted]))
    rng = np.random.default_rng(seed)
    for start in range(0, draws if len(known) else 0, CHUNK):
        yield rng.choice(known, (min(CHUNK, draws - start), len(positions)))


def _pooled(specification: Specification, at: Windows, sets: np.ndarray) -> np.ndarray:
    """The pooled statistic of each set of positions; NaN where half the dates or fewer are usable, or there is no attack."""
    summed = specification.pooling == "summed"
    # One row a day, and a last row of zeros for dates that left the series; one gather brings a date's figures together.
    if summed:
        days = np.column_stack([at.usable, at.after, at.before, at.days_after, at.days_before])
        days[~at.usable] = 0.0
    else:
        days = np.column_stack([at.usable, at.informative, np.where(at.informative, at.log_ratio, 0.0)])
    days = np.vstack([days, np.zeros(days.shape[1])])
    total = days[sets[:, 0]]
    for k in range(1, sets.shape[1]):
        total += days[sets[:, k]]
    enough = total[:, 0] > sets.shape[1] / 2
    value = np.full(len(sets), np.nan)
    if summed:
        ok = enough & (total[:, 1] + total[:, 2] > 0)
        value[ok] = log_ratio(*total[ok, 1:].T)
    else:
        ok = enough & (total[:, 1] > 0)
        value[ok] = total[ok, 2] / total[ok, 1]
    return value


def _row_medians(values: np.ndarray) -> np.ndarray:
    """Medians along rows, NaN left out; much faster than nanmedian, because a sort puts NaN last."""
    ordered = np.sort(values, axis=1)
    number = (~np.isnan(ordered)).sum(axis=1)
    rows = np.arange(len(values))
    middle = (
        ordered[rows, np.maximum(number - 1, 0) // 2] + ordered[rows, np.minimum(number // 2, values.shape[1] - 1)]
    ) / 2
    return np.where(number > 0, middle, np.nan)


def _table(specifications: list[Specification], counted: list[Windows], positions: np.ndarray) -> pd.DataFrame:
    rows = []
    for s, at in zip(specifications, counted, strict=True):
        used = positions[at.usable[positions]]
        after, before = at.after[used].sum(), at.before[used].sum()
        value = _pooled(s, at, positions[None, :])[0] if len(positions) else np.nan
        refused = 2 * len(used) <= len(positions)
        status = "refused" if refused else "uninformative" if after + before == 0 else "tested"
        rows.append(
            (s.subset, s.window, s.baseline, s.pooling, len(used), after, before, np.exp(value), np.nan, status)
        )
    columns = ["subset", "window", "baseline", "pooling", "dates", "after", "before", "ratio", "p_placebo", "status"]
    return pd.DataFrame(rows, columns=columns)


def _check_days(series: Mapping[str, pd.Series]) -> None:
    first: str | None = None
    for name, counts in series.items():
        if first is None:
            first = name
        elif not counts.index.equals(series[first].index):
            raise ValueError(f"subset {name!r} covers other days than {first!r}; all subsets need the same.")
