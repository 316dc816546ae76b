"""Interrupted time series: a step and a change of slope at a date, and a search for breaks that does not know the date.

The regression is a log-linear negative-binomial model of daily counts with a trend, a step at the date and a change of slope
after it; its errors are Newey and West's, which allow for autocorrelation up to a given lag. They still take a count
series to be stationary about its trend, which attacks are not, so the placebo p runs the same regression at other dates.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import ruptures
from scipy import optimize, stats
from scipy.special import gammaln

from sitrep.escalation.excitation import draw_counts, fit, simulate
from sitrep.escalation.nulls import MODELS, Kept
from sitrep.escalation.rate_ratio import Date, check_counts
from sitrep.escalation.rates import ALPHA, ErrorRate, Trial, activity, measured
from sitrep.escalation.reference import rank_p

BREAKS = "breaks"
"""The name of the search for breaks in the table of error rates."""

STEPS = 99
"""Other dates at which the same regression is made, to rank an event's step among theirs."""

LEAST_STEPS = 39
"""With fewer other dates no two-sided rank p can reach 0.05."""

LEAST_ATTACKS = 10
LEAST_DAYS = 14
"""Known days and attacks that a segment needs on each side before a slope is fitted to it."""


@dataclass(frozen=True)
class Interruption:
    """Step and slope at a date. `table`: one row a term: term, ratio (of rates; slopes per 30 days), low, high, p (Newey-West).

    `p_placebo`: rank of the step among the same regression at other dates; None where too few could be fitted, which
    `fitted` and `refused` count. `status` "tested" or "refused" with `reason`.
    """

    table: pd.DataFrame
    date: str
    status: str
    step: float | None
    p_placebo: float | None
    fitted: int
    refused: int
    size: float | None
    reason: str = ""
    error: ErrorRate | None = None
    """How often `p_placebo` cries wolf here, where it was measured (`error_rates`)."""
    error_newey_west: ErrorRate | None = None
    """The same of the Newey-West p of the step."""
    assumptions: tuple[str, ...] = (
        "The log of the rate is a straight line on either side of the date.",
        "Autocorrelation ends at the lag given (Newey-West intervals and p only).",
    )


@dataclass(frozen=True)
class Fit:
    """Coefficients on the log scale, their Newey-West standard errors, and the size of the negative binomial."""

    coefficients: np.ndarray
    errors: np.ndarray
    size: float
    log_likelihood: float


def negative_binomial_fit(y: np.ndarray, design: np.ndarray, lag: int) -> Fit:
    """Negative-binomial regression with log link, as R's MASS::glm.nb, with sandwich::NeweyWest(lag, prewhite = FALSE).

    The size is estimated by maximum likelihood together with the coefficients; the covariance holds it fixed, as R's does.
    ValueError when the fit does not converge: a fit that does not is a refusal, never a figure.
    """

    # The coefficients change little with the size, so each search starts from those of the last.
    near = np.zeros(design.shape[1])
    near[0] = np.log(max(y.mean(), 1e-3))

    def loss(log_size: float) -> float:
        nonlocal near
        near = _coefficients(y, design, float(np.exp(log_size)), near)
        mu = np.exp(design @ near)
        return -_log_likelihood(y, mu, float(np.exp(log_size)))

    try:
        found = optimize.minimize_scalar(loss, bounds=(-4, 10), method="bounded", options={"xatol": 1e-8})
        size = float(np.exp(found.x))
        coefficients = _coefficients(y, design, size, near)
        mu = np.exp(design @ coefficients)
        covariance = newey_west(design, (y - mu) / (1 + mu / size), mu / (1 + mu / size), lag)
    except np.linalg.LinAlgError as error:
        raise ValueError(f"The negative-binomial regression could not be fitted: {error}.") from None
    if not (np.diag(covariance) > 0).all():
        raise ValueError("The negative-binomial regression could not be fitted: a coefficient has no finite error.")
    return Fit(coefficients, np.sqrt(np.diag(covariance)), size, -float(found.fun))


def _coefficients(y: np.ndarray, design: np.ndarray, size: float, start: np.ndarray) -> np.ndarray:
    """Iteratively reweighted least squares with log link; ValueError when 100 steps do not settle it."""
    b = start
    for _ in range(100):
        predictor = np.clip(design @ b, -30, 30)
        mu = np.exp(predictor)
        weights = mu / (1 + mu / size)
        weighted = design * weights[:, None]
        new = np.linalg.solve(design.T @ weighted, weighted.T @ (predictor + (y - mu) / mu))
        if np.abs(new - b).max() < 1e-10 * (1 + np.abs(new).max()):
            return np.asarray(new)
        b = new
    raise ValueError("The negative-binomial regression did not converge.")


def newey_west(design: np.ndarray, residuals: np.ndarray, weights: np.ndarray, lag: int) -> np.ndarray:
    """Covariance of coefficients from scores design * residuals, Bartlett weights up to `lag`, without small-sample factor."""
    scores = design * residuals[:, None]
    meat = scores.T @ scores
    for k in range(1, lag + 1):
        cross = scores[k:].T @ scores[:-k]
        meat += (1 - k / (lag + 1)) * (cross + cross.T)
    bread = np.linalg.inv((design * weights[:, None]).T @ design)
    return np.asarray(bread @ meat @ bread)


def interrupted(
    counts: pd.Series,
    date: Date,
    span: int = 180,
    lag: int = 28,
    *,
    season: bool = False,
    weekday: bool = False,
    placebo_dates: int = STEPS,
) -> Interruption:
    """Step and slope at `date`, fitted to the known days within `span` days on either side.

    `season` adds a yearly sine and cosine, `weekday` six day-of-week terms. The placebo runs the same regression at
    the `other_dates`; those that are refused are counted. Raises ValueError for a date outside the series.
    """
    series = check_counts(counts)
    day = pd.Timestamp(date).normalize()
    if len(series) == 0 or not series.index[0] <= day <= series.index[-1]:
        raise ValueError(f"{day:%Y-%m-%d} is outside the series.")
    shown = f"{day:%Y-%m-%d}"
    position = int((day - series.index[0]).days)
    names, empty = _terms(season, weekday), pd.DataFrame(columns=["term", "ratio", "low", "high", "p"])
    try:
        own = _fit_at(series, position, span, lag, season, weekday)
    except ValueError as error:
        return Interruption(empty, shown, "refused", None, None, 0, 0, None, str(error))
    scale = np.where([name in ("trend", "slope after") for name in names], 30.0, 1.0)
    b, e = own.coefficients * scale, own.errors * scale
    table = pd.DataFrame(
        {
            "term": names,
            "ratio": np.exp(b),
            "low": np.exp(b - 1.96 * e),
            "high": np.exp(b + 1.96 * e),
            "p": 2 * stats.norm.sf(np.abs(b / e)),
        }
    )
    step = names.index("step")
    steps, refused = [], 0
    for other in other_dates(len(series), span, placebo_dates):
        if other == position:
            continue
        try:
            steps.append(_fit_at(series, int(other), span, lag, season, weekday).coefficients[step])
        except ValueError:
            refused += 1
    p = float(rank_p(own.coefficients[step], np.array(steps))) if len(steps) >= LEAST_STEPS else None
    reason = "" if p is not None else f"Only {len(steps)} other dates could be fitted."
    return Interruption(
        table, shown, "tested", float(np.exp(own.coefficients[step])), p, len(steps), refused, own.size, reason
    )


def other_dates(length: int, span: int, number: int = STEPS) -> np.ndarray:
    """Places of about `number` days spread evenly over a series of `length` days, `span` days or more from its ends."""
    inside = np.arange(span, length - span)
    apart = max(1, len(inside) // max(number, 1))
    return inside[apart // 2 :: apart] if number else inside[:0]


def error_rates(
    counts: pd.Series,
    dates: Sequence[Date],
    span: int = 180,
    lag: int = 28,
    *,
    season: bool = False,
    weekday: bool = False,
    placebo_dates: int = STEPS,
    cache: Kept | Path | str | None = None,
    draws: int = 40,
    seed: int = 1,
) -> pd.DataFrame:
    """How often the step at each of `dates` is found significant at a nominal 5% without an effect, and with a true step.

    Methods "newey_west" (the step's own p) and "placebo" (its rank among the same regression at the
    `other_dates`, as in `interrupted`). The stratum is that of the attacks within `span` days;
    a date without ten attacks on either side is refused.
    """
    term = _terms(season, weekday).index("step")

    def fitted(series: pd.Series, place: int) -> Fit | None:
        try:
            return _fit_at(series, place, span, lag, season, weekday)
        except ValueError:
            return None

    def test(series: pd.Series, days: Sequence[pd.Timestamp], _rng: np.random.Generator) -> Iterator[Trial]:
        grid = {int(place): fitted(series, int(place)) for place in other_dates(len(series), span, placebo_dates)}
        steps = {place: one.coefficients[term] for place, one in grid.items() if one is not None}
        for day in days:
            place = (day - series.index[0]).days
            own = fitted(series, place)
            attacks = activity(series, [day], range(-span, span))
            others = np.array([step for other, step in steps.items() if other != place])
            step = own.coefficients[term] if own is not None else 0.0
            p = 2 * float(stats.norm.sf(abs(step / own.errors[term]))) if own is not None else None
            yield Trial("newey_west", attacks, p, step > 0)
            ranked = own is not None and len(others) >= LEAST_STEPS
            yield Trial("placebo", attacks, float(rank_p(step, others)) if ranked else None, step > 0)

    return measured(
        counts,
        dates,
        test,
        kind="interruption",
        made_from=(span, lag, season, weekday, placebo_dates),
        days=span,
        draws=draws,
        seed=seed,
        cache=cache,
    )


def _terms(season: bool, weekday: bool) -> list[str]:
    return (
        ["level", "trend", "step", "slope after"]
        + (["sine of the year", "cosine of the year"] if season else [])
        + ([f"weekday {k}" for k in range(1, 7)] if weekday else [])
    )


def _fit_at(series: pd.Series, position: int, span: int, lag: int, season: bool, weekday: bool) -> Fit:
    start, stop = position - span, position + span
    if start < 0 or stop > len(series):
        raise ValueError(f"The {span} days before and after are not all inside the series.")
    part = series.iloc[start:stop]
    known = part.notna().to_numpy()
    t = np.arange(-span, span, dtype=float)
    after = t >= 0
    y = part.to_numpy()
    for side, name in ((after, "after"), (~after, "before")):
        days, attacks = int((known & side).sum()), float(np.nansum(y[side]))
        if days < LEAST_DAYS or attacks < LEAST_ATTACKS:
            raise ValueError(
                f"{attacks:.0f} attacks on {days} known days {name} the date; {LEAST_ATTACKS} on {LEAST_DAYS} are needed."
            )
    columns = [np.ones(len(t)), t, after.astype(float), np.where(after, t, 0.0)]
    if season:
        year = 2 * np.pi * pd.DatetimeIndex(part.index).dayofyear.to_numpy() / 365.25
        columns += [np.sin(year), np.cos(year)]
    if weekday:
        columns += [(pd.DatetimeIndex(part.index).dayofweek == k).astype(float) for k in range(1, 7)]
    design = np.column_stack(columns)
    return negative_binomial_fit(y[known], design[known], lag)


def _log_likelihood(y: np.ndarray, mu: np.ndarray, size: float) -> float:
    return float(
        (
            gammaln(y + size)
            - gammaln(size)
            - gammaln(y + 1)
            + size * np.log(size / (size + mu))
            + y * np.log(mu / (size + mu))
        ).sum()
    )


class CountCost(ruptures.base.BaseCost):
    """Cost of a segment of counts for `ruptures`: minus its largest log-likelihood, Poisson or negative binomial of given size.

    ruptures has no cost for counts of its own.
    """

    model = "counts"
    min_size = 2

    def __init__(self, size: float = np.inf) -> None:
        self.size = size

    def fit(self, signal: np.ndarray) -> CountCost:
        """Take the counts."""
        self.signal = np.asarray(signal, float).reshape(-1, 1)
        self._total = np.concatenate([[0.0], np.cumsum(self.signal)])
        return self

    def error(self, start: int, end: int) -> float:
        """Minus the log-likelihood of counts start..end-1 at their own mean, terms that no segmentation changes left out."""
        days, total = end - start, float(self._total[end] - self._total[start])
        if total <= 0:
            return 0.0
        mean = total / days
        if math.isinf(self.size):
            return total - total * math.log(mean)
        return (total + days * self.size) * math.log1p(mean / self.size) - total * math.log(mean / self.size)


def change_points(
    counts: pd.Series,
    *,
    shortest: int = 14,
    null: Literal["self_exciting", "independent"] = "self_exciting",
    alpha: float = 0.05,
    simulations: int = 99,
    seed: int = 1,
) -> pd.DataFrame:
    """Days on which the rate changes for good, by exact search (`segments`, every day a candidate), dates of events unknown to it.

    Missing days are taken out before the search, so a break is a known day. The cost is negative binomial with the size of
    the days about a 29-day running mean. The penalty is the 1-`alpha` quantile of what the best single break gains in
    `simulations` series of the same length without a break: "self_exciting" counts fitted to this series, which already rise and
    fall by themselves, or "independent" days, for which every burst is a break. Columns: date (first day of the segment),
    rate_before, rate_after (attacks a known day), gain (in log-likelihood, of this break alone). Empty when there is none.
    ValueError when the self-exciting model cannot be fitted.
    """
    series = check_counts(counts).dropna()
    columns = ["date", "rate_before", "rate_after", "gain"]
    y = series.to_numpy()
    if len(y) < 4 * shortest or y.sum() < LEAST_ATTACKS:
        return pd.DataFrame(columns=columns)
    size = _local_size(y)
    rng = np.random.default_rng(seed)
    if null == "self_exciting":
        steady = simulate(fit(counts), len(y), simulations, rng)
    else:
        steady = draw_counts(np.full((simulations, len(y)), y.mean()), size, rng)
    penalty = float(np.quantile([_best_gain(one, _local_size(one), shortest) for one in steady], 1 - alpha))
    ends = [0, *segments(y, size, shortest, max(penalty, 1e-6))]
    cost = CountCost(size).fit(y)
    rows = []
    for left, break_, right in zip(ends, ends[1:], ends[2:], strict=False):
        gain = cost.error(left, right) - cost.error(left, break_) - cost.error(break_, right)
        rows.append((series.index[break_], y[left:break_].mean(), y[break_:right].mean(), gain))
    return pd.DataFrame(rows, columns=columns)


def segments(y: np.ndarray, size: float, shortest: int, penalty: float) -> list[int]:
    """Ends of the segments, each `shortest` days or longer, that minimize cost plus `penalty` a break.

    Optimal partitioning (Jackson and others 2005), all starts of a day's last segment at once: what `ruptures.Pelt` finds
    with `CountCost` and jump 1, a hundred times faster.
    """
    n, total = len(y), np.concatenate([[0.0], np.cumsum(y)])
    best, last = np.full(n + 1, np.inf), np.zeros(n + 1, dtype=int)
    best[0] = -penalty
    for end in range(shortest, n + 1):
        starts = np.arange(end - shortest + 1)
        cost = best[starts] + _segment_cost(total[end] - total[starts], end - starts, size) + penalty
        last[end] = int(cost.argmin())
        best[end] = cost[last[end]]
    ends = [n]
    while last[ends[-1]] > 0:
        ends.append(int(last[ends[-1]]))
    return ends[::-1]


def _best_gain(y: np.ndarray, size: float, shortest: int) -> float:
    """What the best single break gains, every day tried at once."""
    days, total = np.arange(shortest, len(y) - shortest + 1), np.cumsum(y)
    left = total[days - 1]
    both = _segment_cost(left, days, size) + _segment_cost(total[-1] - left, len(y) - days, size)
    return float(_segment_cost(total[-1:], np.array([len(y)]), size)[0] - both.min())


def _segment_cost(total: np.ndarray, days: np.ndarray, size: float) -> np.ndarray:
    """Minus the largest log-likelihood of segments with so many attacks on so many days, up to what no segmentation changes."""
    mean = np.where(total > 0, total, 1) / days
    if np.isinf(size):
        cost = total - total * np.log(mean)
    else:
        cost = (total + days * size) * np.log1p(mean / size) - total * np.log(mean / size)
    return np.asarray(np.where(total > 0, cost, 0.0))


def break_rates(
    counts: pd.Series,
    *,
    shortest: int = 14,
    alpha: float = ALPHA,
    simulations: int = 39,
    cache: Kept | Path | str | None = None,
    draws: int = 40,
    seed: int = 1,
) -> pd.DataFrame:
    """How often `change_points` ("self_exciting") finds a break at all in simulated series without one.

    There is no p; a break found counts as a rejection at `alpha`, all else as none. The
    stratum is that of the whole series.
    """

    def test(one: pd.Series, _days: Sequence[pd.Timestamp], rng: np.random.Generator) -> Iterator[Trial]:
        attacks = float(one.sum())
        try:
            found = change_points(
                one, shortest=shortest, alpha=alpha, simulations=simulations, seed=int(rng.integers(2**31))
            )
        except ValueError:
            yield Trial(BREAKS, attacks, None)
            return
        yield Trial(BREAKS, attacks, 0.0 if len(found) else 1.0)

    return measured(
        counts,
        [],
        test,
        kind="breaks",
        made_from=(shortest, alpha, simulations),
        days=0,
        ratios=(),
        models=MODELS[:3],
        draws=draws,
        seed=seed,
        cache=cache,
    )


def _local_size(y: np.ndarray, width: int = 29) -> float:
    """Moment estimate of the size about a running mean, so that changes of the rate are not taken for overdispersion."""
    mean = pd.Series(y).rolling(width, center=True, min_periods=width // 2).mean().to_numpy()
    excess = float(((y - mean) ** 2 * width / (width - 1) - mean).sum())
    return float((mean**2).sum() / excess) if excess > 0 else np.inf
