"""Placebo dates: the other dates of the series that an event is ranked among, and the rank's p-value."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from sitrep.escalation.rate_ratio import Date, Windows, log_ratio

REACH = 182
"""Joint shifts go this many days to either side, so together they cover the year."""


@dataclass(frozen=True)
class Reference:
    """Placebo dates (or joint shifts of a family) and their counts; arrays of one length.

    `position` is the day's place in the series, or the shift in days. Dates without any attack before or after belong to the
    reference, because power must know how often nothing follows, but nothing is ranked among them: the event itself would
    be uninformative there.
    """

    position: np.ndarray
    after: np.ndarray
    before: np.ndarray
    days_after: np.ndarray
    days_before: np.ndarray

    @property
    def informative(self) -> np.ndarray:
        """Which placebo dates have an attack before or after."""
        return np.asarray(self.after + self.before > 0)

    @property
    def statistic(self) -> np.ndarray:
        """The test statistic at each placebo date."""
        return log_ratio(self.after, self.before, self.days_after, self.days_before)

    @property
    def ordinary(self) -> np.ndarray:
        """The test statistic at the informative placebo dates: what an event is ranked among."""
        return np.asarray(self.statistic[self.informative])

    def __len__(self) -> int:
        return int(self.informative.sum())

    def only(self, mask: np.ndarray) -> Reference:
        """The placebo dates where `mask` holds."""
        return replace(
            self,
            position=self.position[mask],
            after=self.after[mask],
            before=self.before[mask],
            days_after=self.days_after[mask],
            days_before=self.days_before[mask],
        )

    def spells(self, stretch: int) -> int:
        """How many of the informative dates can be picked that are `stretch` days or more apart, so share no day."""
        return separate_spells(self.position[self.informative], stretch)


def rank_p(values: np.ndarray | float, reference: np.ndarray, *, inside: bool = False) -> np.ndarray:
    """Two-sided rank p: twice the smaller of (1 + #{reference >= value})/(1+n) and (1 + #{reference <= value})/(1+n).

    Twice the smaller tail, not the rank of the absolute value, because the statistic is skewed. `inside`: the values are
    members of the reference, so each is counted once only. Phipson and Smyth (2010) on why 1 is added.
    """
    ordered = np.sort(reference)
    x = np.asarray(values, float)
    one, n = (0, len(ordered)) if inside else (1, len(ordered) + 1)
    tiny = 1e-9
    at_least = one + len(ordered) - np.searchsorted(ordered, x - tiny, side="left")
    at_most = one + np.searchsorted(ordered, x + tiny, side="right")
    return np.asarray(np.minimum(1.0, 2 * np.minimum(at_least, at_most) / n))


def dates_reference(
    at: Windows, tested: Iterable[Date], *, excluded: Iterable[Date] = (), surroundings: int = 0
) -> Reference:
    """Every usable day of the series but the tested event's own dates.

    `excluded` takes further events out, with `surroundings` days on either side of each.
    """
    mask = at.usable.copy()
    mask[[at.position(date) for date in tested]] = False
    for date in excluded:
        i = at.position(date)
        mask[max(0, i - surroundings) : i + surroundings + 1] = False
    return Reference(np.flatnonzero(mask), at.after[mask], at.before[mask], at.days_after[mask], at.days_before[mask])


def like_run_up(
    before: np.ndarray, days_before: np.ndarray, own_before: float, own_days: float, tolerance: float
) -> np.ndarray:
    """Which dates had as many attacks before as the tested one, within a tolerance.

    Counts are compared per known day, scaled to `own_days`; allowed apart: `tolerance` times the count, at least one attack.
    """
    scaled = before / days_before * own_days
    return np.asarray(np.abs(scaled - own_before) <= max(1.0, tolerance * own_before) + 1e-9)


def separate_spells(positions: np.ndarray, stretch: int, most: float = float("inf")) -> int:
    """How many of the days can be picked that are at least `stretch` days apart: the separate spells they come from.

    Counting stops at `most`.
    """
    days = np.sort(positions).tolist()
    count, i = 0, 0
    while i < len(days) and count < most:
        count += 1
        i = bisect_left(days, days[i] + stretch, i)
    return count


def shifts_reference(at: Windows, dates: Iterable[Date], *, reach: int = REACH) -> Reference:
    """A family's dates moved together by -reach..reach days, the unmoved set left out: summed counts for each shift.

    The same shift applies in every year, so a burst in one year enters the shifts that touch it and no more. A shift counts
    when more than half of its dates are usable, the rule that the family itself must meet.
    """
    moved, sums, enough = shifted_sums(at, dates, np.arange(-reach, reach + 1))
    keep = enough & (moved != 0)
    return Reference(moved[keep], *(x[keep] for x in sums))


def circular_reference(at: Windows, dates: Iterable[Date], *, draws: int = 9_999, seed: int = 1) -> Reference:
    """A set of dates moved together around the whole series, whose end joins its start: all shifts, or `draws` of them.

    For dates of any spacing: what clusters stays as near together as it was.
    """
    moved = np.arange(1, len(at.dates))
    if len(moved) > draws:
        moved = np.sort(np.random.default_rng(seed).choice(moved, draws, replace=False))
    _, sums, enough = shifted_sums(at, dates, moved, around=True)
    return Reference(moved[enough], *(x[enough] for x in sums))


def shifted_sums(
    at: Windows, dates: Iterable[Date], moved: np.ndarray, *, around: bool = False
) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray], np.ndarray]:
    """The shifts `moved`, the summed (after, before, days_after, days_before) at each, and whether it has enough dates.

    `around`: what is moved over the end comes in again at the start; otherwise it is lost.
    """
    positions = np.array([at.position(date) for date in dates], dtype=int)
    length = len(at.dates)
    sums = [np.zeros(len(moved)) for _ in range(4)]
    usable_dates = np.zeros(len(moved))
    for position in positions:
        days = position + moved
        inside = np.full(len(moved), True) if around else (days >= 0) & (days < length)
        days = days % length if around else np.where(inside, days, 0)
        usable = inside & at.usable[days]
        usable_dates += usable
        for total, x in zip(sums, (at.after, at.before, at.days_after, at.days_before), strict=True):
            total += np.where(usable, x[days], 0.0)
    a, b, da, db = sums
    return moved, (a, b, da, db), usable_dates > len(positions) / 2
