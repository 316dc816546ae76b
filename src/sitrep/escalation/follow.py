"""Attack, strike, attack: what follows what, against the same strikes moved around the series.

How many more attacks than usual come in the days after a strike, and how many more strikes in the days after an attack. The
null moves one of the two series in a circle past the other, so both keep their own clustering and only what ties them together is
broken. That strikes follow attacks is no surprise; that attacks then fall may be regression to the mean, which this null, too,
breaks: it says that the two series are tied, not which way, and its sentence says no more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from sitrep.escalation.nulls import Kept
from sitrep.escalation.rate_ratio import check_counts
from sitrep.escalation.rates import ErrorRate, Trial, activity, measured
from sitrep.escalation.reference import rank_p
from sitrep.escalation.result import p_words, ratio_words

METHOD = "follow"
"""The name of the test in the table of error rates."""

LEAST_SHIFTS = 39
"""With fewer circular shifts no two-sided rank p can reach 0.05."""

LEAST_LEADS = 5
"""Fewer days with a leading event than this are drawn, not tested."""


@dataclass(frozen=True)
class Follow:
    """Rate of what follows in the days after each leading day, as a ratio to its rate over all known days.

    `table`: one row a lag 1..days: lag, rate, ratio, placebo_low, placebo_high (middle 95% of the ratio over circular shifts).
    `ratio` and `p_placebo` are of all lags together. `status` "tested", "drawn" or "refused" with `reason`.
    """

    table: pd.DataFrame
    leads: int
    ratio: float | None
    p_placebo: float | None
    shifts: int
    status: str
    reason: str = ""
    error: ErrorRate | None = None
    """How often `p_placebo` cries wolf here, where it was measured (`error_rates`)."""

    @property
    def sentence(self) -> str:
        """What the two series show together; a verdict only where the test's error rate is known and holds."""
        if self.status != "tested":
            return f"{self.leads} leading days: not tested. {self.reason}"
        days = len(self.table)
        verdict = "."
        if self.error is not None and self.error.qualifies:
            verdict = (
                ": the two are tied more closely than their own clustering produces; which way is not told by this test."
                if (self.p_placebo or 0) <= 0.05
                else ": their own clustering produces as much often enough; that does not show that they are unrelated."
            )
        return (
            f"In the {days} days after {self.leads} leading days the rate is {ratio_words(self.ratio)} times the usual "
            f"({self.shifts:,} circular shifts, {p_words(self.p_placebo)}){verdict}"
        )


def follows(leading: pd.Series, following: pd.Series, days: int = 14, least_shift: int = 60) -> Follow:
    """The rate of `following` on the days 1..`days` after each day on which `leading` is above zero, against circular shifts.

    Both series are daily counts over the same days; days missing in `following` leave count and exposure. The series is
    taken as a circle: the days after its last are its first. All shifts of `leading` by at least `least_shift` days are
    enumerated, so that no shift keeps part of the tie. Raises ValueError when the two cover different days.
    """
    lead, other = check_counts(leading), check_counts(following)
    if not lead.index.equals(other.index):
        raise ValueError("leading and following counts cover different days.")
    starts = np.flatnonzero(lead.to_numpy() > 0)
    empty = pd.DataFrame(columns=["lag", "rate", "ratio", "placebo_low", "placebo_high"])
    y = other.to_numpy()
    n, known = len(y), ~np.isnan(y)
    if not known.any() or np.nansum(y) == 0:
        return Follow(empty, len(starts), None, None, 0, "refused", "There is nothing to follow in the series.")
    if not len(starts):
        return Follow(empty, 0, None, None, 0, "refused", "There is no leading day in the series.")
    usual = float(np.nansum(y) / known.sum())
    total, exposure = _after(np.where(known, y, 0.0), starts, days), _after(known.astype(float), starts, days)
    moved = np.arange(least_shift, n - least_shift)
    ratio, null = _together(total, exposure, usual, moved)
    with np.errstate(invalid="ignore", divide="ignore"):
        by_lag = total / exposure / usual
    if not np.isfinite(ratio) or len(null) < LEAST_SHIFTS:
        return Follow(
            empty, len(starts), None, None, len(null), "refused", "Too few known days follow the leading ones."
        )
    low, high = np.nanquantile(by_lag[moved], [0.025, 0.975], axis=0)
    columns = {
        "lag": np.arange(1, days + 1),
        "rate": by_lag[0] * usual,
        "ratio": by_lag[0],
        "placebo_low": low,
        "placebo_high": high,
    }
    table = pd.DataFrame(columns)
    if len(starts) < LEAST_LEADS:
        return Follow(table, len(starts), ratio, None, len(null), "drawn", f"{LEAST_LEADS} leading days are needed.")
    return Follow(table, len(starts), ratio, float(rank_p(ratio, null)), len(null), "tested")


def error_rates(
    leading: pd.Series,
    following: pd.Series,
    days: int = 14,
    least_shift: int = 60,
    *,
    simulated: Literal["leading", "following"] = "following",
    cache: Kept | Path | str | None = None,
    draws: int = 1_000,
    seed: int = 1,
) -> pd.DataFrame:
    """How often `follows` rejects at a nominal 5% where the two series have nothing to do with each other, and finds a tie.

    `simulated`: which of the two are the attacks, of which series are simulated; the days of the other stay. A true rise is
    one of attacks in the days after (or, where attacks lead, before) each day of the other; the stratum is that of these days.
    """
    lead, other = check_counts(leading), check_counts(following)
    attacks, fixed = (lead, other) if simulated == "leading" else (other, lead)
    first = -days if simulated == "leading" else 1
    events = np.nan_to_num(fixed.to_numpy())
    places = np.flatnonzero(events > 0)

    def test(series: pd.Series, moved: Sequence[pd.Timestamp], _rng: np.random.Generator) -> Iterator[Trial]:
        near = activity(series, moved, range(first, first + days))
        values, dates = series.to_numpy(), np.zeros(len(series))
        dates[[(day - series.index[0]).days for day in moved]] = events[places]
        y, starts = (dates, np.flatnonzero(values > 0)) if simulated == "leading" else (values, np.flatnonzero(dates))
        known = ~np.isnan(y)
        if len(starts) < LEAST_LEADS or not np.nansum(y):
            yield Trial(METHOD, near, None)
            return
        total, exposure = _after(np.where(known, y, 0.0), starts, days), _after(known.astype(float), starts, days)
        ratio, null = _together(
            total, exposure, float(np.nansum(y) / known.sum()), np.arange(least_shift, len(y) - least_shift)
        )
        tested = np.isfinite(ratio) and len(null) >= LEAST_SHIFTS
        yield Trial(METHOD, near, float(rank_p(ratio, null)) if tested else None, ratio > 1)

    return measured(
        attacks,
        [fixed.index[place] for place in places],
        test,
        kind="follow",
        made_from=(simulated, events[places].tolist(), days, least_shift),
        days=days,
        first=first,
        draws=draws,
        seed=seed,
        cache=cache,
    )


def _together(total: np.ndarray, exposure: np.ndarray, usual: float, moved: np.ndarray) -> tuple[float, np.ndarray]:
    """The ratio of all lags together, unmoved and at the shifts `moved` where it can be had."""
    with np.errstate(invalid="ignore", divide="ignore"):
        together = total.sum(axis=1) / exposure.sum(axis=1) / usual
    return float(together[0]), together[moved][np.isfinite(together[moved])] if len(moved) else np.array([])


def _after(values: np.ndarray, starts: np.ndarray, days: int) -> np.ndarray:
    """Sums of `values` 1..days after the starts moved around by 0..n-1: shape (n, days), by the fast Fourier transform.

    The circular cross-correlation gives every shift at once; what is moved over the end comes in again at the start.
    """
    n = len(values)
    leads = np.bincount(starts, minlength=n).astype(float)
    spectrum = np.conj(np.fft.rfft(leads)) * np.fft.rfft(values)
    sums = np.fft.irfft(spectrum, n)
    # sums[d] is the sum of values d days after the starts; moving the starts by m and looking lag days on is d = m + lag.
    index = (np.arange(n)[:, None] + np.arange(1, days + 1)[None, :]) % n
    return np.asarray(np.round(sums, 6)[index])
