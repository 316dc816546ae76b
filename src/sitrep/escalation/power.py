"""How large a rise would have been found: the minimum detectable ratio of a placebo test on this very series."""

from __future__ import annotations

import math

import numpy as np
from scipy import stats

from sitrep.escalation.placebo import Reference, rank_p
from sitrep.escalation.rate_ratio import log_ratio

LEAST_LIKE = 30
"""Power is measured on at least this many placebo dates with a like baseline, the nearest first."""


def minimum_detectable(
    reference: Reference,
    before: float,
    days_before: float,
    *,
    power: float = 0.8,
    alpha: float = 0.05,
    largest: float = 20.0,
    draws: int = 20,
    seed: int = 1,
) -> float:
    """The smallest ratio that the test would find with probability `power`; infinite when none up to `largest` is.

    Attacks are added to what really followed the placebo dates with a like baseline: at a true ratio r, Poisson with mean
    (r-1) times what follows such dates on average. What was found is judged against the untouched placebo dates.
    """
    like = _like(reference, before, days_before)
    rng = np.random.default_rng(seed)
    # The same uniforms at every ratio make power a monotone function of it, so bisection is safe.
    uniform = rng.random((draws, len(like)))

    def found(ratio: float) -> float:
        return _power(reference, like, ratio, uniform, alpha)

    if found(largest) < power:
        return math.inf
    low, high = 1.0, largest
    while high / low > 1.01:
        middle = math.sqrt(low * high)
        low, high = (low, middle) if found(middle) >= power else (middle, high)
    return high


def power_at(
    reference: Reference, before: float, days_before: float, ratio: float, *, alpha: float = 0.05, draws: int = 200, seed: int = 1
) -> float:
    """The probability of finding a true `ratio` after a baseline like this one, at level `alpha`."""
    like = _like(reference, before, days_before)
    uniform = np.random.default_rng(seed).random((draws, len(like)))
    return _power(reference, like, ratio, uniform, alpha)


def _like(reference: Reference, before: float, days_before: float) -> np.ndarray:
    rate = before / days_before
    apart = np.abs(reference.before / reference.days_before - rate)
    nearest = np.argsort(apart, kind="stable")
    reach = max(apart[nearest[min(LEAST_LIKE, len(nearest)) - 1]], 0.25 * rate, 1e-12)
    return np.flatnonzero(apart <= reach)


def _power(reference: Reference, like: np.ndarray, ratio: float, uniform: np.ndarray, alpha: float) -> float:
    after, days = reference.after[like], reference.days_after[like]
    expected = after.sum() / days.sum() * days
    total = after + (stats.poisson.ppf(uniform, (ratio - 1) * expected) if ratio > 1 else np.zeros_like(uniform))
    value = log_ratio(total, reference.before[like], days, reference.days_before[like])
    ordinary = reference.ordinary
    found = (rank_p(value, ordinary) <= alpha) & (value > np.median(ordinary)) & (total + reference.before[like] > 0)
    return float(found.mean())
