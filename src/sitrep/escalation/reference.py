"""Placebo dates: the other dates of the series that an event is ranked among, and the rank's p-value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from sitrep.escalation.rate_ratio import Date, Windows, log_ratio

REACH = 182
"""Joint shifts go this many days to either side, so together they cover the year."""

STRATA = ("0", "1-4", "5-9", "10+")


def stratum(attacks: np.ndarray | float) -> np.ndarray:
    """The activity of a window, attacks before and after together, as the place of its name in `STRATA`."""
    return np.asarray(np.searchsorted([1, 5, 10], np.asarray(attacks, float), side="right"))


@dataclass(frozen=True)
class Reference:
    """Placebo dates (or joint shifts of a family) and their counts; arrays of one length.

    `position` is the day's place in the series, or the shift in days. `stratified`: a date is ranked among the placebo dates
    of its own activity only. Dates without any attack before or after belong to the reference, because power must know how
    often nothing follows, but nothing is ranked among them.
    """

    position: np.ndarray
    after: np.ndarray
    before: np.ndarray
    days_after: np.ndarray
    days_before: np.ndarray
    stratified: bool = False

    @property
    def statistic(self) -> np.ndarray:
        """The test statistic at each placebo date."""
        return log_ratio(self.after, self.before, self.days_after, self.days_before)

    @property
    def stratum(self) -> np.ndarray:
        """The activity of each placebo date."""
        return stratum(self.after + self.before)

    def comparable(self, attacks: float) -> np.ndarray:
        """Which placebo dates a window with `attacks` before and after is ranked among."""
        return self.stratum == stratum(attacks) if self.stratified else self.stratum > 0

    def p(self, after: np.ndarray, before: np.ndarray, days_after: np.ndarray, days_before: np.ndarray) -> np.ndarray:
        """Two-sided rank p of each window among the placebo dates; 1 where there is no attack."""
        return ranked(self, after, before, days_after, days_before, inside=False)

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


def ranked(
    reference: Reference,
    after: np.ndarray,
    before: np.ndarray,
    days_after: np.ndarray,
    days_before: np.ndarray,
    *,
    inside: bool,
) -> np.ndarray:
    """`Reference.p`, which calibration also wants for the reference's own dates (`inside`)."""
    value, own = log_ratio(after, before, days_after, days_before), stratum(after + before)
    theirs, statistic = reference.stratum, reference.statistic
    p = np.ones(value.shape)
    if not reference.stratified:
        p[own > 0] = rank_p(value[own > 0], statistic[theirs > 0], inside=inside)
        return p
    for level in range(1, len(STRATA)):
        mine = own == level
        if mine.any():
            p[mine] = rank_p(value[mine], statistic[theirs == level], inside=inside)
    return p


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
    stratified: bool = True,
) -> Reference:
    """Every usable day of the series but the tested event's own dates.

    `excluded` takes further events out, with `surroundings` days on either side of each. `stratified`: the event will be
    ranked among the dates with about as many attacks before and after together (1-4, 5-9, 10 or more), the total that the
    exact test conditions on too. Ranked among all dates, the busy ones would be called extreme too often, because a large
    ratio needs many attacks.
    """
    mask = at.usable.copy()
    mask[[at.position(date) for date in tested]] = False
    for date in excluded:
        i = at.position(date)
        mask[max(0, i - surroundings) : i + surroundings + 1] = False
    return Reference(
        np.flatnonzero(mask),
        at.after[mask],
        at.before[mask],
        at.days_after[mask],
        at.days_before[mask],
        stratified=stratified,
    )


def like_run_up(reference: Reference, before: float, days_before: float, *, tolerance: float = 0.25) -> Reference:
    """The placebo dates whose run-up is like the tested one's: as many attacks before, within a tolerance.

    The count is compared per known day and scaled to `days_before`; allowed apart: `tolerance` times the count, at least
    one attack. What is matched on the run-up is not stratified as well.
    """
    scaled = reference.before / reference.days_before * days_before
    near = np.abs(scaled - before) <= max(1.0, tolerance * before) + 1e-9
    return replace(reference.only(near), stratified=False)


def separate_spells(positions: np.ndarray, stretch: int) -> int:
    """How many of the days can be picked that are at least `stretch` days apart: the separate spells they come from."""
    days = np.sort(positions)
    count, i = 0, 0
    while i < len(days):
        count += 1
        i = int(np.searchsorted(days, days[i] + stretch))
    return count


def shifts_reference(at: Windows, dates: Iterable[Date], *, reach: int = REACH) -> Reference:
    """A family's dates moved together by -reach..reach days, the unmoved set left out: summed counts for each shift.

    The same shift applies in every year, so a burst in one year enters the shifts that touch it and no more. A shift counts
    when more than half of its dates are usable, the rule that the family itself must meet.
    """
    moved, sums, enough = shifted_sums(at, dates, reach=reach)
    keep = enough & (moved != 0)
    return Reference(moved[keep], *(x[keep] for x in sums))


def shifted_sums(
    at: Windows, dates: Iterable[Date], *, reach: int = REACH
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
