"""The placebo test: the same statistic at every other date of the same series, so that clustering is kept.

A date's p-value is its rank among the placebo dates. Nothing is assumed of the counts except that, without an effect, the
event's date is like the dates it is compared with. Where an event answers attacks (a strike after a burst) it is not like
any date, and is compared with dates that had a like run-up.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np
import pandas as pd

from sitrep.escalation.power import minimum_detectable
from sitrep.escalation.rate_ratio import Date, Windows, recurring_from, windows
from sitrep.escalation.reference import (
    REACH,
    STRATA,
    Reference,
    dates_reference,
    like_run_up,
    separate_spells,
    shifts_reference,
    stratum,
)
from sitrep.escalation.result import Result

LEAST_SPELLS = 10
"""Fewer separate spells than this behind run-up-matched placebo dates: drawn, not tested."""

LEAST_DATES = 39
"""With fewer placebo dates no two-sided rank p can reach 0.05: 2/(1+39) is the smallest."""

Comparison = Literal["dates", "run_up", "shifts"]
ASSUMED: dict[Comparison, str] = {
    "dates": "Without an effect, the event's date is like the other dates of this series with about as many attacks around them.",
    "run_up": "Without an effect, the event's date is like the other dates with about as many attacks in the run-up.",
    "shifts": "Without an effect, the dates moved together by the same number of days are like the dates themselves.",
}


def compare(
    result: Result,
    reference: Reference,
    *,
    kind: Comparison = "dates",
    stretch: int = 35,
    seed: int = 1,
) -> Result:
    """`result` with its placebo p, the ordinary range of the ratio and the minimum detectable ratio.

    `stretch` is the length of window and baseline together: placebo dates farther apart share no day, and the number of such
    separate spells is stated. Too few placebo dates, or fewer than `LEAST_SPELLS` spells behind dates matched on the run-up,
    turn the result into "drawn": shown, not tested.
    """
    if result.status != "tested":
        return result
    assert result.after is not None and result.before is not None
    assert result.days_after is not None and result.days_before is not None
    own = tuple(np.array([x]) for x in (result.after, result.before, result.days_after, result.days_before))
    among = reference.comparable(result.after + result.before)
    number, spells = int(among.sum()), separate_spells(reference.position[among], stretch)
    level = STRATA[int(stratum(result.after + result.before))]
    words = {
        "dates": f"{number:,} other dates with {_level_words(level)}"
        if reference.stratified
        else f"{number:,} other dates",
        "run_up": f"{number:,} other dates with a like run-up",
        "shifts": f"{number:,} joint shifts of the dates through the year",
    }[kind]
    drawn = result.but(
        status="drawn",
        p=None,
        placebo_dates=number,
        spells=None if kind == "shifts" else spells,
        comparison=words if kind == "shifts" else f"{words}, from {spells} separate spells",
        assumptions=(*result.assumptions, ASSUMED[kind]),
    )
    if kind == "run_up" and spells < LEAST_SPELLS:
        return drawn.but(
            reason=f"It answers attacks, and dates with as many attacks before come from only {spells} separate "
            f"spells; {LEAST_SPELLS} are needed for a fair comparison."
        )
    if number < LEAST_DATES:
        return drawn.but(
            reason=f"Only {number} dates can be compared with it; {LEAST_DATES} are needed before p can reach 0.05."
        )
    low, high = np.exp(np.quantile(reference.statistic[among], [0.025, 0.975]))
    return drawn.but(
        status="tested",
        p=result.p,
        p_placebo=float(reference.p(*own)[0]),
        placebo_low=float(low),
        placebo_high=float(high),
        minimum_detectable=minimum_detectable(reference, result.before, result.days_before, seed=seed),
    )


def _level_words(level: str) -> str:
    return f"{level.replace('-', ' to ').replace('10+', '10 or more')} attacks around them"


def compare_dates(
    at: Windows,
    result: Result,
    *,
    matched: bool = False,
    stratified: bool = True,
    tolerance: float = 0.25,
    excluded: Iterable[Date] = (),
    surroundings: int = 0,
    seed: int = 1,
) -> Result:
    """`compare` one date's result with the other dates; `matched` with those of a like run-up."""
    if result.status != "tested" or result.before is None or result.days_before is None:
        return result
    reference = dates_reference(at, result.dates, excluded=excluded, surroundings=surroundings, stratified=stratified)
    if matched:
        reference = like_run_up(reference, result.before, result.days_before, tolerance=tolerance)
    stretch = at.window + at.guard + at.baseline
    return compare(result, reference, kind="run_up" if matched else "dates", stretch=stretch, seed=seed)


def refuse_few_dates(result: Result, offered: int) -> Result:
    """A family of which half the dates or fewer can be used is refused, as its shifts are."""
    if result.status == "refused" or 2 * len(result.dates) > offered:
        return result
    return Result(
        result.method,
        result.event_id,
        result.label,
        "refused",
        dates=result.dates,
        timing=result.timing,
        selection=result.selection,
        reason=f"Only {len(result.dates)} of {offered} dates have enough known days around them.",
        assumptions=result.assumptions,
    )


def placebo_test(
    counts: pd.Series,
    date: Date,
    window: int = 7,
    baseline: int = 28,
    guard: int = 0,
    *,
    min_known: float = 0.5,
    matched: bool = False,
    stratified: bool = True,
    tolerance: float = 0.25,
    excluded: Iterable[Date] = (),
    surroundings: int = 0,
    event_id: str = "",
    label: str = "",
    seed: int = 1,
) -> Result:
    """One date against the other dates of the series; `matched` for an event that answers attacks."""
    at = windows(counts, window, baseline, guard, min_known)
    return compare_dates(
        at,
        recurring_from(at, [date], event_id=event_id, label=label, method="single"),
        matched=matched,
        stratified=stratified,
        tolerance=tolerance,
        excluded=excluded,
        surroundings=surroundings,
        seed=seed,
    )


def placebo_recurring(
    counts: pd.Series,
    dates: Iterable[Date],
    window: int = 7,
    baseline: int = 28,
    guard: int = 0,
    *,
    min_known: float = 0.5,
    reach: int = REACH,
    event_id: str = "",
    label: str = "",
    seed: int = 1,
) -> Result:
    """A family of dates, summed, against the same dates moved together through the year."""
    days = list(dates)
    at = windows(counts, window, baseline, guard, min_known)
    result = recurring_from(at, days, event_id=event_id, label=label, method="family")
    result = refuse_few_dates(result, len(days))
    return compare(result, shifts_reference(at, days, reach=reach), kind="shifts", seed=seed)
