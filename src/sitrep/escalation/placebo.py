"""The placebo test: the same statistic at every other date of the same series, so that clustering is kept.

A date's p-value is its rank among the placebo dates. Nothing is assumed of the counts except that, without an effect, the
event's date is like the dates it is compared with. An event that answers attacks (a strike after a burst) is not like any
date: what follows a burst falls by regression to the mean alone. It is compared with dates that had a like run-up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from sitrep.escalation.design import STANDARD, Design
from sitrep.escalation.power import minimum_detectable, minimum_detectable_fall
from sitrep.escalation.rate_ratio import Date, Windows, log_ratio, recurring_from, windows
from sitrep.escalation.reference import REACH, Reference, dates_reference, like_run_up, rank_p, shifts_reference
from sitrep.escalation.result import Result

LEAST_SPELLS = 10
"""Fewer separate spells than this behind dates of a like run-up: nothing is tested against them."""

LEAST_DATES = 39
"""With fewer placebo dates no two-sided rank p can reach 0.05: 2/(1+39) is the smallest."""

ANY_DATE = "Without an effect, the event's date is like the other dates of this series with an attack before or after."
LIKE_RUN_UP = "Without an effect, the event's date is like the other dates with about as many attacks in the run-up."
ANY_SHIFT = "Without an effect, the dates moved together by the same number of days are like the dates themselves."


def placebo_test(
    counts: pd.Series,
    date: Date,
    design: Design = STANDARD,
    *,
    reactive: bool = False,
    excluded: Iterable[Date] = (),
    surroundings: int = 0,
    event_id: str = "",
    label: str = "",
) -> Result:
    """One date against the other dates of the series; `reactive` for an event that answers attacks.

    Only the date itself is left out of the placebo dates unless `excluded` names others, with `surroundings` days on either
    side. Raises ValueError for a date outside the series.
    """
    at = windows(counts, design)
    result = recurring_from(at, [date], event_id=event_id, label=label, method="single")
    return compare_dates(
        at,
        result,
        reactive=reactive,
        excluded=excluded,
        surroundings=surroundings,
    )


def placebo_recurring(
    counts: pd.Series,
    dates: Iterable[Date],
    design: Design = STANDARD,
    *,
    reach: int = REACH,
    event_id: str = "",
    label: str = "",
) -> Result:
    """A family of dates, summed, against the same dates moved together through the year."""
    days = list(dates)
    at = windows(counts, design)
    result = recurring_from(at, days, event_id=event_id, label=label, method="family")
    return compare_shifts(at, result, days, reach=reach)


def compare_dates(
    at: Windows,
    result: Result,
    *,
    reactive: bool = False,
    excluded: Iterable[Date] = (),
    surroundings: int = 0,
) -> Result:
    """A single date's result with its p among all other dates and its p among dates of a like run-up.

    The first is judged, for a reactive event the second, with the first (the naive figure) beside it. Where too few dates
    can be compared, or fewer than `LEAST_SPELLS` separate spells had a run-up like a reactive event's, the result is "drawn".
    """
    if result.status != "tested" or result.before is None or result.days_before is None:
        return result
    every = dates_reference(at, result.dates, excluded=excluded, surroundings=surroundings)
    alike = every.only(
        like_run_up(every.before, every.days_before, result.before, result.days_before, at.design.tolerance)
    )
    spells = alike.spells(at.design.stretch)
    compared = result.but(placebo_dates=len(every), run_up_dates=len(alike), spells=spells)
    enough_alike = spells >= LEAST_SPELLS and len(alike) >= LEAST_DATES
    if reactive and not enough_alike:
        return compared.but(
            status="drawn",
            p=None,
            assumptions=(*result.assumptions, LIKE_RUN_UP),
            reason=f"It answers attacks, and the {len(alike)} dates with as many attacks before come from only {spells} "
            f"separate spells; {LEAST_SPELLS} are needed for a fair comparison.",
        )
    if len(every) < LEAST_DATES:
        return _too_few(compared, len(every), "dates")
    statistic = _statistic(result)
    p_run_up = float(rank_p(statistic, alike.ordinary)) if enough_alike else None
    compared = compared.but(p_run_up=p_run_up, p_placebo=float(rank_p(statistic, every.ordinary)))
    reference = alike if reactive else every
    compared = compared.but(
        judged_on="run_up" if reactive else "dates",
        p_judged=compared.p_run_up if reactive else compared.p_placebo,
        assumptions=(*result.assumptions, LIKE_RUN_UP if reactive else ANY_DATE),
    )
    return _with_power(compared, reference)


def judged_on_run_up(at: Windows, result: Result) -> Result:
    """A result of `compare_dates`, judged on the dates of a like run-up instead of all dates, where there are enough."""
    if result.p_run_up is None or result.before is None or result.days_before is None:
        return result.but(judged_on="", p_judged=None)
    every = dates_reference(at, result.dates)
    alike = every.only(
        like_run_up(every.before, every.days_before, result.before, result.days_before, at.design.tolerance)
    )
    assumptions = (*(text for text in result.assumptions if text != ANY_DATE), LIKE_RUN_UP)
    return _with_power(result.but(judged_on="run_up", p_judged=result.p_run_up, assumptions=assumptions), alike)


def compare_shifts(
    at: Windows, result: Result, dates: Sequence[Date], *, shifts: Reference | None = None, reach: int = REACH
) -> Result:
    """A family's result with its p among joint shifts. Refused where half the dates or fewer can be used.

    `shifts`: other joint shifts than those through the year.
    """
    if result.status == "refused":
        return result
    if 2 * len(result.dates) <= len(dates):
        why = f"Only {len(result.dates)} of {len(dates)} dates have enough known days around them."
        figures = ("estimate", "low", "high", "p", "after", "before", "days_after", "days_before")
        return result.but(status="refused", reason=why, caveat="", **dict.fromkeys(figures))
    if result.status != "tested":
        return result
    shifts = shifts_reference(at, dates, reach=reach) if shifts is None else shifts
    compared = result.but(placebo_dates=len(shifts), assumptions=(*result.assumptions, ANY_SHIFT))
    if len(shifts) < LEAST_DATES:
        return _too_few(compared, len(shifts), "joint shifts of the dates")
    p = float(rank_p(_statistic(result), shifts.ordinary))
    return _with_power(compared.but(p_placebo=p, p_judged=p, judged_on="shifts"), shifts)


def _too_few(result: Result, number: int, what: str) -> Result:
    reason = f"Only {number} {what} can be compared with it; {LEAST_DATES} are needed before p can reach 0.05."
    return result.but(status="drawn", p=None, reason=reason)


def _statistic(result: Result) -> float:
    assert result.after is not None and result.before is not None
    assert result.days_after is not None and result.days_before is not None
    return float(log_ratio(result.after, result.before, result.days_after, result.days_before))


def _with_power(result: Result, reference: Reference) -> Result:
    assert result.before is not None and result.days_before is not None
    low, high = np.exp(np.quantile(reference.ordinary, [0.025, 0.975]))
    return result.but(
        placebo_low=float(low),
        placebo_high=float(high),
        minimum_detectable=minimum_detectable(reference, result.before, result.days_before),
        minimum_detectable_fall=minimum_detectable_fall(reference, result.before, result.days_before),
    )
