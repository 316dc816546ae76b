"""Attack, strike, attack: what follows what, against the same strikes moved around the series.

How many more attacks than usual come in the days after a strike, and how many more strikes in the days after an attack. The
null moves one of the two series in a circle past the other, so both keep their own clustering and only what ties them together is
broken. That strikes follow attacks is no surprise; that attacks then fall may be regression to the mean, which this null, too,
breaks: it says that the two series are tied, not which way, and its sentence says no more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sitrep.escalation.rate_ratio import check_counts
from sitrep.escalation.reference import rank_p
from sitrep.escalation.result import p_words, ratio_words

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

    @property
    def sentence(self) -> str:
        """What the two series show together."""
        if self.status != "tested":
            return f"{self.leads} leading days: not tested. {self.reason}"
        days = len(self.table)
        verdict = (
            "the two are tied more closely than their own clustering produces; which way is not told by this test."
            if (self.p_placebo or 0) <= 0.05
            else "their own clustering produces as much often enough; that does not show that they are unrelated."
        )
        return (
            f"In the {days} days after {self.leads} leading days the rate is {ratio_words(self.ratio)} times the usual "
            f"({self.shifts:,} circular shifts, {p_words(self.p_placebo)}): {verdict}"
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
    with np.errstate(invalid="ignore", divide="ignore"):
        by_lag = total / exposure / usual
        together = total.sum(axis=1) / exposure.sum(axis=1) / usual
    ratio = float(together[0])
    null = together[moved][np.isfinite(together[moved])] if len(moved) else np.array([])
    if not np.isfinite(ratio) or len(null) < 39:
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
