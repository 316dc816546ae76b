"""Rates after a date against rates before it: counts in windows, exact conditional interval, the pooled statistic."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats
from scipy.special import gammaln, xlog1py, xlogy

from sitrep.escalation.design import STANDARD, Design
from sitrep.escalation.result import Result

Date = dt.date | str | pd.Timestamp

INDEPENDENT = "Attacks come independently at a constant rate on each side of the date (exact interval and p only)."
KNOWN_DAYS = "Days without coverage are missing and leave both the count and the days counted over."


@dataclass(frozen=True)
class Windows:
    """Counts and known days after and before every day of a series; arrays of the series' length.

    With the `design`'s choices the window of day t is t .. t+window-1, its baseline t-guard-baseline .. t-guard-1. `inside` says that both lie within
    the series, `usable` that enough of their days are known as well. Values where not inside are zero. `counts` are the
    series' own, NaN where missing.
    """

    dates: pd.DatetimeIndex
    counts: np.ndarray
    after: np.ndarray
    before: np.ndarray
    days_after: np.ndarray
    days_before: np.ndarray
    inside: np.ndarray
    usable: np.ndarray
    design: Design

    @property
    def informative(self) -> np.ndarray:
        """Usable days with at least one attack before or after."""
        return np.asarray(self.usable & (self.after + self.before > 0))

    @property
    def log_ratio(self) -> np.ndarray:
        """The test statistic at every day; NaN where not usable."""
        values = np.full(len(self.dates), np.nan)
        u = self.usable
        values[u] = log_ratio(self.after[u], self.before[u], self.days_after[u], self.days_before[u])
        return values

    def position(self, date: Date) -> int:
        """Where `date` is in the series; ValueError when it is outside."""
        day = pd.Timestamp(date).normalize()
        if len(self.dates) == 0 or not self.dates[0] <= day <= self.dates[-1]:
            period = f"{self.dates[0]:%Y-%m-%d} to {self.dates[-1]:%Y-%m-%d}" if len(self.dates) else "empty"
            raise ValueError(f"{day:%Y-%m-%d} is outside the series ({period}).")
        return int((day - self.dates[0]).days)

    def refusal(self, i: int) -> str:
        """Why day `i` cannot be used; empty when it can."""
        if self.usable[i]:
            return ""
        if not self.inside[i]:
            return (
                f"The {self.design.baseline} days before and the {self.design.window} days from {self.dates[i]:%Y-%m-%d} "
                f"are not all inside the series ({self.dates[0]:%Y-%m-%d} to {self.dates[-1]:%Y-%m-%d})."
            )
        return (
            f"Around {self.dates[i]:%Y-%m-%d} {self.days_after[i]:.0f} of {self.design.window} days after and "
            f"{self.days_before[i]:.0f} of {self.design.baseline} before are covered by the sources; "
            f"more than {self.design.min_known:.0%} of each are needed."
        )


def check_counts(counts: pd.Series) -> pd.Series:
    """The series as floats, after checking that it is daily, contiguous and nowhere negative or infinite."""
    if len(counts) == 0:
        return pd.Series(dtype=float, index=pd.DatetimeIndex([], name="date"))
    if not isinstance(counts.index, pd.DatetimeIndex):
        raise ValueError(f"counts need a daily DatetimeIndex; found {type(counts.index).__name__}.")
    steps = np.diff(counts.index.to_numpy().astype("datetime64[s]").astype("int64"))
    if len(steps) and not (steps == 86_400).all():
        after = counts.index[int(np.argmax(steps != 86_400))]
        raise ValueError(f"counts must have every day once, in order; the day after {after:%Y-%m-%d} is not next.")
    values = counts.astype("float64")
    bad = (values < 0) | np.isinf(values)
    if bad.any():
        raise ValueError(
            f"counts must be finite and not negative; found {values[bad].iloc[0]} on {bad.idxmax():%Y-%m-%d}."
        )
    return values


def windows(counts: pd.Series, design: Design = STANDARD) -> Windows:
    """Counts and known days after and before every day of the series, by cumulative sums."""
    series = check_counts(counts)
    values = series.to_numpy()
    after, before, days_after, days_before, inside, usable = count_around(values, design)
    dates = pd.DatetimeIndex(series.index)
    return Windows(dates, values, after, before, days_after, days_before, inside, usable, design)


def count_around(values: np.ndarray, design: Design) -> tuple[np.ndarray, ...]:
    """after, before, days_after, days_before, inside and usable of `Windows`, of daily values, NaN where missing.

    `values`: days first, further axes as you like (several series of the same days); the results have its shape, but `inside`
    is of the days alone.
    """
    window, baseline, guard = design.window, design.baseline, design.guard
    n = len(values)
    known = ~np.isnan(values)
    # All days from `first` to `last` have both windows inside the series.
    first, last = baseline + guard, n - window
    inside = np.zeros(n, bool)
    inside[first : last + 1] = True

    def sums(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        after, before = np.zeros(x.shape), np.zeros(x.shape)
        if last >= first:
            total = np.concatenate([np.zeros((1, *x.shape[1:])), np.cumsum(x, axis=0)])
            after[first : last + 1] = total[first + window :] - total[first : last + 1]
            before[first : last + 1] = total[baseline : last - guard + 1] - total[: last - guard - baseline + 1]
        return after, before

    after, before = sums(np.where(known, values, 0.0))
    days_after, days_before = sums(known.astype(float))
    mask = inside.reshape(-1, *(1,) * (values.ndim - 1))
    usable = mask & (days_after > design.min_known * window) & (days_before > design.min_known * baseline)
    return after, before, days_after, days_before, inside, usable


def log_ratio(
    after: np.ndarray | float,
    before: np.ndarray | float,
    days_after: np.ndarray | float,
    days_before: np.ndarray | float,
) -> np.ndarray:
    """log((A+w)/(B+1-w)) + log(D_B/D_A), w = D_A/(D_A+D_B): defined with zeros, and 0 where both counts are 0."""
    a, b = np.asarray(after, float), np.asarray(before, float)
    da, db = np.asarray(days_after, float), np.asarray(days_before, float)
    w = da / (da + db)
    return np.asarray(np.log((a + w) / (b + 1 - w)) + np.log(db / da))


def exact_p(after: np.ndarray, total: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Two-sided exact binomial p of `after` out of `total` at `share`, as R's binom.test and poisson.test sum it.

    All outcomes at most as likely as the observed one (within R's relative 1e-7) are summed. Arrays of one length;
    `total` 0 gives 1. The probabilities fall away on either side of the mode, so the other tail's first outcome is found by
    halving: time and memory do not grow with the counts.
    """
    asked = np.column_stack([np.asarray(x, float).ravel() for x in np.broadcast_arrays(after, total, share)])
    cases, which = np.unique(asked, axis=0, return_inverse=True)
    a, n, s = cases.T

    def log_pmf(k: np.ndarray) -> np.ndarray:
        choose = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
        return np.asarray(choose + xlogy(k, s) + xlog1py(n - k, -s))

    limit = log_pmf(a) + np.log1p(1e-7)
    mode = np.minimum(n, np.floor((n + 1) * s))
    low_side = a <= mode
    # On the other side of the mode: the nearest outcome to it that is as unlikely, between `near` (likelier) and `far`.
    near, far = mode.copy(), np.where(low_side, n + 1, -1.0)
    while (apart := np.abs(far - near) > 1).any():
        middle = np.floor((near + far) / 2)
        likelier = log_pmf(np.clip(middle, 0, n)) > limit
        near, far = np.where(apart & likelier, middle, near), np.where(apart & ~likelier, middle, far)
    below, above = np.where(low_side, a, far), np.where(low_side, far, a)
    p = stats.binom.cdf(below, n, s) + stats.binom.sf(above - 1, n, s)
    # At the mode itself every outcome is at most as likely.
    p = np.where((n == 0) | (log_pmf(mode) <= limit), 1.0, np.minimum(1.0, p))
    return np.asarray(p[which.ravel()])


def exact_ratio(
    after: float, before: float, days_after: float, days_before: float, level: float = 0.95
) -> tuple[float, float, float, float]:
    """Rate ratio, low, high and two-sided p, conditional on the sum: R's ``poisson.test(c(A, B), c(D_A, D_B))``.

    The interval is Clopper and Pearson's for the share A/(A+B), turned into a ratio. With B = 0 ratio and upper limit are
    infinite; with A = 0 ratio and lower limit are 0. ValueError when both are 0 or a count is not whole.
    """
    if after + before <= 0 or days_after <= 0 or days_before <= 0:
        raise ValueError("A rate ratio needs at least one attack and at least one known day on each side.")
    if after != int(after) or before != int(before):
        raise ValueError(f"Exact counts must be whole; found {after} and {before}.")
    n, alpha, exposure = after + before, 1 - level, days_before / days_after
    low = 0.0 if after == 0 else float(stats.beta.ppf(alpha / 2, after, before + 1))
    high = 1.0 if before == 0 else float(stats.beta.ppf(1 - alpha / 2, after + 1, before))
    share = days_after / (days_after + days_before)
    p = float(exact_p(np.array([after]), np.array([n]), np.array([share]))[0])
    ratio = np.inf if before == 0 else after / before * exposure
    return (
        float(ratio),
        low / (1 - low) * exposure,
        np.inf if high == 1.0 else high / (1 - high) * exposure,
        p,
    )


def before_after(
    counts: pd.Series,
    date: Date,
    design: Design = STANDARD,
    *,
    event_id: str = "",
    label: str = "",
) -> Result:
    """Days 0..window-1 from `date` against days -baseline..-1 (moved back by `guard` days): the exact conditional test.

    `counts` are daily, NaN where nothing is known. Raises ValueError when `date` lies outside the series.
    """
    at = windows(counts, design)
    return recurring_from(at, [date], event_id=event_id, label=label, method="single")


def recurring(
    counts: pd.Series,
    dates: Iterable[Date],
    design: Design = STANDARD,
    *,
    event_id: str = "",
    label: str = "",
) -> Result:
    """All dates of one family together: summed attacks after against summed attacks before, fixed as the headline beforehand.

    Dates whose days are not known or not inside the series drop out and are named in the assumptions.
    """
    at = windows(counts, design)
    return recurring_from(at, list(dates), event_id=event_id, label=label, method="family")


def recurring_from(at: Windows, dates: list[Date], *, event_id: str, label: str, method: str) -> Result:
    """`recurring` on windows already counted."""
    days = [pd.Timestamp(date).normalize() for date in dates]
    if len(set(days)) < len(days):
        raise ValueError("A date is given twice; each is counted once.")
    shown = tuple(f"{day:%Y-%m-%d}" for day in days)
    name = label or event_id or ", ".join(shown)
    if not days:
        return Result(method, event_id, name or "No event", "refused", reason="No date falls in the period.")
    positions = [at.position(day) for day in days]
    used = [i for i in positions if at.usable[i]]
    left_out = [at.refusal(i) for i in positions if not at.usable[i]]
    if not used:
        return Result(method, event_id, name, "refused", dates=shown, reason=" ".join(left_out))
    after, before = float(at.after[used].sum()), float(at.before[used].sum())
    days_after, days_before = float(at.days_after[used].sum()), float(at.days_before[used].sum())
    result = Result(
        method,
        event_id,
        name,
        "uninformative",
        dates=tuple(f"{at.dates[i]:%Y-%m-%d}" for i in used),
        after=after,
        before=before,
        days_after=days_after,
        days_before=days_before,
        assumptions=(INDEPENDENT, KNOWN_DAYS, *(f"Left out: {why}" for why in left_out)),
    )
    if after + before == 0:
        return result.but(reason="No attack before or after.")
    estimate, low, high, p = exact_ratio(after, before, days_after, days_before)
    return result.but(status="tested", estimate=estimate, low=low, high=high, p=p)
