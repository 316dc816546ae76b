"""How large a rise or fall would have been found: power and smallest detectable change of a placebo test on this very series."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy import stats

from sitrep.escalation.reference import Reference
from sitrep.escalation.result import LARGEST_REALISTIC_RATIO

LEAST_LIKE = 30
"""Power is measured on at least this many placebo dates with a like baseline, the nearest first."""

PRECISION = 1.01
"""The minimum detectable ratio is stated to within this factor, and rounded up."""


def minimum_detectable(
    reference: Reference,
    before: float,
    days_before: float,
    *,
    power: float = 0.8,
    alpha: float = 0.05,
    largest: float = LARGEST_REALISTIC_RATIO,
) -> float:
    """The smallest ratio that the test finds with probability `power`; infinite when none up to `largest` is.

    See `power_at` for what a true ratio means here.
    """
    return smallest_ratio(
        lambda ratio: power_at(reference, before, days_before, ratio, alpha=alpha), power=power, largest=largest
    )


def minimum_detectable_fall(
    reference: Reference, before: float, days_before: float, *, power: float = 0.8, alpha: float = 0.05
) -> float:
    """The smallest share of attacks that must cease for the test to find a fall with probability `power`; at level `alpha`.

    1 when only their end would be found, infinite when not even that. From what really followed the placebo dates with a like
    baseline each attack is taken away with that probability. Computed exactly, rounded up to a hundredth.
    """
    like = like_baseline(reference, before, days_before)
    after, days_after, days_before_ = (x[like] for x in (reference.after, reference.days_after, reference.days_before))
    critical = -critical_value(-reference.ordinary, alpha)
    if not math.isfinite(critical):
        return math.inf
    w = days_after / (days_after + days_before_)
    # The largest count after which the statistic is below the critical value; negative where none is.
    most = np.ceil(np.exp(critical) * days_after / days_before_ * (reference.before[like] + 1 - w) - w) - 1
    for ceased in np.arange(1, 101) / 100:
        if float(stats.binom.cdf(most, after, 1 - ceased).mean()) >= power:
            return float(ceased)
    return math.inf


def smallest_ratio(
    power_of: Callable[[float], float], *, power: float = 0.8, largest: float = LARGEST_REALISTIC_RATIO
) -> float:
    """The smallest ratio from 1 on whose power, which never falls with it, is `power`; infinite when none up to `largest` is."""
    if power_of(largest) < power:
        return math.inf
    low, high = 1.0, largest
    while high / low > PRECISION:
        middle = math.sqrt(low * high)
        low, high = (low, middle) if power_of(middle) >= power else (middle, high)
    return high


def power_at(reference: Reference, before: float, days_before: float, ratio: float, *, alpha: float = 0.05) -> float:
    """The probability of finding a true rise by `ratio` after a baseline like this one, at level `alpha`.

    Attacks are added to what really followed the placebo dates with a like baseline: Poisson with mean (ratio - 1) times what
    follows such dates on average. The clustering of the series so stays in what is judged; only what is added is Poisson.
    Found is what ranks high enough among the untouched placebo dates. Computed exactly, without draws.
    """
    if ratio < 1:
        raise ValueError(f"ratio is {ratio}; the power to find a rise needs 1 or more.")
    like = like_baseline(reference, before, days_before)
    after, days_after, days_before_ = (x[like] for x in (reference.after, reference.days_after, reference.days_before))
    w = days_after / (days_after + days_before_)
    critical = critical_value(reference.ordinary, alpha)
    # The smallest count after which the statistic exceeds the critical value.
    needed = np.floor(np.exp(critical) * days_after / days_before_ * (reference.before[like] + 1 - w) - w) + 1
    added = (ratio - 1) * after.sum() / days_after.sum() * days_after
    return float(stats.poisson.sf(needed - after - 1, added).mean()) if math.isfinite(critical) else 0.0


def critical_value(ordinary: np.ndarray, alpha: float = 0.05) -> float:
    """A statistic above this has a two-sided rank p of at most `alpha`, as a rise; infinite when too few dates allow none."""
    n = len(ordinary)
    most = math.floor(alpha * (1 + n) / 2 + 1e-9) - 1
    return float(np.sort(ordinary)[n - 1 - most]) + 1e-9 if 0 <= most < n else math.inf


def like_baseline(reference: Reference, before: float, days_before: float) -> np.ndarray:
    """Places of the placebo dates whose rate before is within a quarter of this one, or the `LEAST_LIKE` nearest."""
    return like_rate(reference.before / reference.days_before, before / days_before)


def like_rate(rates: np.ndarray, rate: float) -> np.ndarray:
    """Places of the `rates` within a quarter of `rate`, or of the `LEAST_LIKE` nearest."""
    apart = np.abs(rates - rate)
    nearest = np.sort(apart)[: min(LEAST_LIKE, len(apart))]
    return np.flatnonzero(apart <= max(nearest[-1], 0.25 * rate) + 1e-12)
