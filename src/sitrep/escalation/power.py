"""How large a rise would have been found: power and minimum detectable ratio of a placebo test on this very series."""

from __future__ import annotations

import math

import numpy as np
from scipy import stats

from sitrep.escalation.rate_ratio import log_ratio
from sitrep.escalation.reference import Reference, rank_p
from sitrep.escalation.result import LARGEST_REALISTIC_RATIO

LEAST_LIKE = 30
"""Power is measured on at least this many placebo dates with a like baseline, the nearest first."""

STEP = 1.1
"""The minimum detectable ratio is stated to within this factor, and rounded up."""


def minimum_detectable(
    reference: Reference,
    before: float,
    days_before: float,
    *,
    power: float = 0.8,
    alpha: float = 0.05,
    largest: float = LARGEST_REALISTIC_RATIO,
    draws: int = 20,
    seed: int = 1,
) -> float:
    """The smallest ratio from which on the test finds a rise with probability `power`; infinite when none up to `largest` is.

    Attacks are added to what really followed the placebo dates with a like baseline: at a true ratio r, Poisson with mean
    (r-1) times what follows such dates on average, so the clustering of the series stays in what is judged.
    """
    like = like_baseline(reference, before, days_before)
    # The same uniforms at every ratio, so that power grows smoothly with it.
    uniform = np.random.default_rng(seed).random((draws, len(like)))
    found = math.inf
    ratio = largest
    while ratio > 1 and _power(reference, like, ratio, uniform, alpha) >= power:
        found, ratio = ratio, ratio / STEP
    return found


def power_at(
    reference: Reference,
    before: float,
    days_before: float,
    ratio: float,
    *,
    alpha: float = 0.05,
    draws: int = 200,
    seed: int = 1,
) -> float:
    """The probability of finding a true rise by `ratio` after a baseline like this one, at level `alpha`."""
    like = like_baseline(reference, before, days_before)
    uniform = np.random.default_rng(seed).random((draws, len(like)))
    return _power(reference, like, ratio, uniform, alpha)


def like_baseline(reference: Reference, before: float, days_before: float) -> np.ndarray:
    """Places of the placebo dates whose rate before is within a quarter of this one, or the `LEAST_LIKE` nearest."""
    rate = before / days_before
    apart = np.abs(reference.before / reference.days_before - rate)
    nearest = np.sort(apart)[: min(LEAST_LIKE, len(apart))]
    return np.flatnonzero(apart <= max(nearest[-1], 0.25 * rate) + 1e-12)


def _power(reference: Reference, like: np.ndarray, ratio: float, uniform: np.ndarray, alpha: float) -> float:
    after, before = reference.after[like], reference.before[like]
    days_after, days_before = reference.days_after[like], reference.days_before[like]
    expected = after.sum() / days_after.sum() * days_after
    total = after + (stats.poisson.ppf(uniform, (ratio - 1) * expected) if ratio > 1 else np.zeros_like(uniform))
    value = log_ratio(total, before, days_after, days_before)
    rise = (total / days_after > before / days_before) & (total + before > 0)
    return float(((rank_p(value, reference.ordinary) <= alpha) & rise).mean())
