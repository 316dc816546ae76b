"""The placebo test: the same statistic at every other date of the same series, so that clustering is kept.

A date's p-value is its rank among the placebo dates. Nothing is assumed of the counts except that, without an effect, the
event's date is like the dates it is compared with. Where an event answers attacks (a strike after a burst) it is not like
any date, and is compared with dates that had a like run-up.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sitrep.escalation.rate_ratio import Date, Windows, log_ratio, recurring_from, windows
from sitrep.escalation.result import LARGEST_REALISTIC_RATIO, Result

LEAST_SPELLS = 10
"""Fewer separate spells than this behind run-up-matched placebo dates: drawn, not tested."""

LEAST_DATES = 39
"""With fewer placebo dates no two-sided rank p can reach 0.05: 2/(1+39) is the smallest."""

EXCHANGEABLE = "Without an effect, the event's date is like any other date of this series with an attack before or after."
MATCHED = "Without an effect, the event's date is like the other dates with as many attacks in the run-up."
SHIFTED = "Without an effect, the dates moved together by the same number of days are like the dates themselves."


@dataclass(frozen=True)
class Reference:
    """Placebo dates (or joint shifts of a family) and their counts; arrays of one length.

    `position` is the day's place in the series, or the shift in days. Dates without any attack before or after belong to it,
    because power must know how often nothing follows, but are no part of the `ordinary` statistics.
    """

    position: np.ndarray
    after: np.ndarray
    before: np.ndarray
    days_after: np.ndarray
    days_before: np.ndarray
    spells: int | None = None

    @property
    def informative(self) -> np.ndarray:
        """Which placebo dates have an attack before or after, as every tested event has."""
        return np.asarray(self.after + self.before > 0)

    @property
    def ordinary(self) -> np.ndarray:
        """The test statistic at each informative placebo date."""
        k = self.informative
        return log_ratio(self.after[k], self.before[k], self.days_after[k], self.days_before[k])

    def __len__(self) -> int:
        return int(self.informative.sum())

    def only(self, mask: np.ndarray, spells: int | None = None) -> Reference:
        """The placebo dates where `mask` holds."""
        kept = (x[mask] for x in (self.position, self.after, self.before, self.days_after, self.days_before))
        return Reference(*kept, spells=spells)


def rank_p(values: np.ndarray | float, reference: np.ndarray, *, inside: bool = False) -> np.ndarray:
    """Two-sided rank p: twice the smaller of (1 + #{reference >= value})/(1+n) and (1 + #{reference <= value})/(1+n).

    Twice the smaller tail, not the rank of the absolute value, because the statistic is skewed. `inside`: the values are
    members of the reference, so each is counted once only.
    """
    ordered = np.sort(reference)
    x = np.asarray(values, float)
    one, n = (0, len(ordered)) if inside else (1, len(ordered) + 1)
    tiny = 1e-9
    at_least = one + len(ordered) - np.searchsorted(ordered, x - tiny, side="left")
    at_most = one + np.searchsorted(ordered, x + tiny, side="right")
    return np.asarray(np.minimum(1.0, 2 * np.minimum(at_least, at_most) / n))


def dates_reference(
    at: Windows,
    tested: Iterable[Date],
    *,
    excluded: Iterable[Date] = (),
    surroundings: int = 0,
) -> Reference:
    """Every usable day of the series but the tested event's own dates.

    `excluded` takes further events out, with `surroundings` days on either side of each.
    """
    mask = at.usable.copy()
    mask[[at.position(date) for date in tested]] = False
    for date in excluded:
        i = at.position(date)
        mask[max(0, i - surroundings) : i + surroundings + 1] = False
    return Reference(
        np.flatnonzero(mask), at.after[mask], at.before[mask], at.days_after[mask], at.days_before[mask]
    )


def like_run_up(
    reference: Reference, before: float, days_before: float, *, tolerance: float = 0.25, stretch: int = 35
) -> Reference:
    """The placebo dates whose run-up is like the tested one's: as many attacks before, within a tolerance.

    The count is compared per known day and scaled to `days_before`; allowed apart: `tolerance` times the count, at least
    one attack. Spells are counted greedily: a date more than `stretch` days (window and baseline together) after the first
    date of a spell begins the next, so spells share no day.
    """
    scaled = reference.before / reference.days_before * days_before
    near = np.abs(scaled - before) <= max(1.0, tolerance * before) + 1e-9
    informative = reference.position[near & reference.informative]
    return reference.only(near, spells=separate_spells(informative, stretch))


def separate_spells(positions: np.ndarray, stretch: int) -> int:
    """How many of the days can be picked that are at least `stretch` days apart: the separate spells they come from."""
    days = np.sort(positions)
    count, i = 0, 0
    while i < len(days):
        count += 1
        i = int(np.searchsorted(days, days[i] + stretch))
    return count


def shifts_reference(at: Windows, dates: Iterable[Date], *, reach: int = 182) -> Reference:
    """A family's dates moved together by -reach..reach days, the unmoved set left out: summed counts for each shift.

    The same shift applies in every year, so a burst in one year enters the shifts that touch it and no more. A shift counts
    when more than half of its dates are usable, the rule that the family itself must meet.
    """
    moved, sums, enough = shifted_sums(at, dates, reach=reach)
    keep = enough & (moved != 0)
    return Reference(moved[keep], *(x[keep] for x in sums))


def shifted_sums(
    at: Windows, dates: Iterable[Date], *, reach: int = 182
) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray], np.ndarray]:
    """Shifts -reach..reach, the summed (after, before, days_after, days_before) at each, and whether it has enough dates."""
    positions = np.array([at.position(date) for date in dates], dtype=int)
    moved = np.arange(-reach, reach + 1)
    days = positions[None, :] + moved[:, None]
    inside = (days >= 0) & (days < len(at.dates))
    days = np.where(inside, days, 0)
    usable = inside & at.usable[days]
    a, b, da, db = (
        np.where(usable, x[days], 0.0).sum(axis=1) for x in (at.after, at.before, at.days_after, at.days_before)
    )
    return moved, (a, b, da, db), usable.sum(axis=1) > len(positions) / 2


def compare(
    result: Result,
    reference: Reference,
    *,
    assumption: str = EXCHANGEABLE,
    power: float = 0.8,
    alpha: float = 0.05,
    seed: int = 1,
) -> Result:
    """`result` with its placebo p, the ordinary range of the ratio and the minimum detectable ratio.

    Too few placebo dates, or too few spells behind matched ones, turn it into "drawn": shown, not tested.
    """
    if result.status != "tested":
        return result
    drawn = result.but(
        status="drawn", p=None, placebo_dates=len(reference), spells=reference.spells, assumptions=(*result.assumptions, assumption)
    )
    if reference.spells is not None and reference.spells < LEAST_SPELLS:
        return drawn.but(
            reason=f"Dates with as many attacks before come from only {reference.spells} separate spells; "
            f"{LEAST_SPELLS} are needed for a fair comparison."
        )
    if len(reference) < LEAST_DATES:
        return drawn.but(
            reason=f"Only {len(reference)} dates can be compared with it; {LEAST_DATES} are needed before p can reach 0.05."
        )
    assert result.after is not None and result.before is not None
    assert result.days_after is not None and result.days_before is not None
    own = log_ratio(result.after, result.before, result.days_after, result.days_before)
    ordinary = reference.ordinary
    low, high = np.exp(np.quantile(ordinary, [0.025, 0.975]))
    # Imported here because power builds on this module.
    from sitrep.escalation.power import minimum_detectable

    return drawn.but(
        status="tested",
        p=result.p,
        p_placebo=float(rank_p(own, ordinary)),
        placebo_low=float(low),
        placebo_high=float(high),
        minimum_detectable=minimum_detectable(
            reference, result.before, result.days_before, power=power, alpha=alpha, largest=LARGEST_REALISTIC_RATIO, seed=seed
        ),
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
    tolerance: float = 0.25,
    excluded: Iterable[Date] = (),
    surroundings: int = 0,
    event_id: str = "",
    label: str = "",
    seed: int = 1,
) -> Result:
    """One date against every other date of the series; `matched` for an event that answers attacks."""
    at = windows(counts, window, baseline, guard, min_known)
    result = recurring_from(at, [date], event_id=event_id, label=label, method="placebo")
    reference = dates_reference(at, [date], excluded=excluded, surroundings=surroundings)
    if matched and result.before is not None and result.days_before is not None:
        reference = like_run_up(
            reference, result.before, result.days_before, tolerance=tolerance, stretch=window + guard + baseline
        )
    return compare(result, reference, assumption=MATCHED if matched else EXCHANGEABLE, seed=seed)


def placebo_recurring(
    counts: pd.Series,
    dates: Iterable[Date],
    window: int = 7,
    baseline: int = 28,
    guard: int = 0,
    *,
    min_known: float = 0.5,
    reach: int = 182,
    event_id: str = "",
    label: str = "",
    seed: int = 1,
) -> Result:
    """A family of dates, summed, against the same dates moved together through the year."""
    days = list(dates)
    at = windows(counts, window, baseline, guard, min_known)
    result = recurring_from(at, days, event_id=event_id, label=label, method="placebo_shifts")
    if result.dates and len(result.dates) * 2 <= len(days):
        return Result(
            result.method,
            event_id,
            result.label,
            "refused",
            dates=result.dates,
            reason=f"Only {len(result.dates)} of {len(days)} dates have enough known days around them.",
        )
    return compare(result, shifts_reference(at, days, reach=reach), assumption=SHIFTED, seed=seed)
