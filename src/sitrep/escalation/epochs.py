"""Superposed epochs: the mean daily count by days from the event, with a bootstrap band and placebo envelopes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from sitrep.escalation.design import STANDARD
from sitrep.escalation.nulls import Kept
from sitrep.escalation.rate_ratio import Date, check_counts
from sitrep.escalation.rates import ALPHA, ErrorRate, Trial, activity, measured
from sitrep.escalation.reference import REACH, rank_p
from sitrep.escalation.result import p_words

METHOD = "epochs"
"""The name of the test of the whole curve in the table of error rates."""

LEAST_SETS = 39
"""Fewer sets of placebo dates cannot show a 95% envelope."""


@dataclass(frozen=True)
class Epochs:
    """Mean counts by lag around a set of dates. Lag 0 is the event's day.

    `table`: one row a lag: lag, mean (attacks a known day), known (events whose day is known), low and high (bootstrap over
    events; missing with fewer than three), placebo_mean, placebo_low, placebo_high (95%, each lag by itself), envelope_low,
    envelope_high (95%, all lags together), p (two-sided rank of each lag by itself, not to be read across lags). `p_placebo` is that of the whole curve; None where no envelope could be drawn,
    `reason` says why.
    """

    table: pd.DataFrame
    dates: tuple[str, ...]
    placebo_sets: int
    p_placebo: float | None
    reason: str
    assumptions: tuple[str, ...]
    error: ErrorRate | None = None
    """How often `p_placebo` cries wolf here, where it was measured (`error_rates`)."""

    @property
    def sentence(self) -> str:
        """What the curve shows, against what sets of other dates show."""
        count = f"{len(self.dates)} date{'s' if len(self.dates) != 1 else ''}"
        if self.p_placebo is None:
            return f"Mean daily attacks around {count}. No placebo envelope: {self.reason}"
        days = ", ".join(f"{lag:+d}" for lag in self.outside) if self.outside else "no day"
        return (
            f"Mean daily attacks around {count}, compared with {self.placebo_sets:,} sets of other dates: {p_words(self.p_placebo)} "
            f"for the curve as a whole; outside the 95% envelope of all lags together on {days}."
        )

    @property
    def outside(self) -> list[int]:
        """The lags at which the curve leaves the envelope of all lags together."""
        beyond = (self.table["mean"] > self.table["envelope_high"]) | (self.table["mean"] < self.table["envelope_low"])
        return [int(lag) for lag in self.table.loc[beyond, "lag"]]

    def _repr_html_(self) -> str:
        return f"<p>{self.sentence}</p>{self.table.to_html(index=False, float_format='{:.2f}'.format)}"


def superposed_epochs(
    counts: pd.Series,
    dates: Iterable[Date],
    before: int = 28,
    after: int = 28,
    *,
    placebo: Literal["shift", "random"] = "shift",
    draws: int = 999,
    seed: int = 1,
) -> Epochs:
    """Mean count by lag -before..after over `dates`, and the same over sets of placebo dates.

    `placebo`: "shift" moves all dates together by up to half a year either way, so that the distances between them and the
    clustering stay; "random" draws as many dates at random, the classical test (Haurwitz and Brier 1981; `sea` of the R
    package dplR). The bootstrap resamples whole epochs, so clustering within one stays. The envelope of all lags is the
    directional quantile envelope of Myllymäki et al. (2017): deviations in units of the distance from the mean to the
    pointwise 2.5% or 97.5% quantile, of all curves, the observed one among them. Left out of what it is measured by, it would
    deviate more than the others for that alone (9% of true nulls rejected at 5%). The curve leaves the envelope where p is at
    most 0.05, and only there.

    Missing days leave their lag's mean. Days beyond the series' edge are missing too, never padded. Raises ValueError for a
    date outside the series.
    """
    series = check_counts(counts)
    values = series.to_numpy()
    days = [pd.Timestamp(date).normalize() for date in dates]
    for day in days:
        if len(series) == 0 or not series.index[0] <= day <= series.index[-1]:
            raise ValueError(f"{day:%Y-%m-%d} is outside the series.")
    positions = np.array([(day - series.index[0]).days for day in days], dtype=int)
    lags = np.arange(-before, after + 1)
    rng = np.random.default_rng(seed)
    epochs = _epochs(values, positions[None, :], lags)[0]
    table = pd.DataFrame({"lag": lags, "mean": _mean(epochs), "known": (~np.isnan(epochs)).sum(axis=0)})
    table["low"], table["high"] = _bootstrap(epochs, draws, rng)
    for column in ("placebo_mean", "placebo_low", "placebo_high", "envelope_low", "envelope_high", "p"):
        table[column] = np.nan
    shown = tuple(f"{day:%Y-%m-%d}" for day in days)
    assumptions = (
        "Without an effect, the dates are like the sets of dates they are compared with.",
        "Days without coverage are missing and leave the mean of their lag.",
    )

    def without(reason: str) -> Epochs:
        return Epochs(table, shown, 0, None, reason, assumptions)

    if not days:
        return without("No date falls in the period.")
    if np.isnan(table["mean"]).any():
        return without("At some lags no day is known for any of the dates.")
    if not np.nansum(values):
        return without("There is no attack in the series.")
    if placebo == "shift":
        sets = _shifted(positions)
    else:
        inside = np.arange(before, len(values) - after)
        if len(inside) == 0:
            return without("The series is shorter than one epoch.")
        sets = rng.choice(inside, (draws, len(positions)))
    curves = _curves(values, sets, lags)
    curves = curves[~np.isnan(curves).any(axis=1)]
    if len(curves) < LEAST_SETS:
        return without(f"Only {len(curves)} sets of other dates are known at every lag; {LEAST_SETS} are needed.")
    p, factor, (centre, low, high) = _joint(table["mean"].to_numpy(), curves)
    table["placebo_mean"], table["placebo_low"], table["placebo_high"] = centre, low, high
    table["envelope_low"] = np.maximum(0.0, centre - factor * (centre - low))
    table["envelope_high"] = centre + factor * (high - centre)
    table["p"] = [float(rank_p(mean, curves[:, i])) for i, mean in enumerate(table["mean"])]
    return Epochs(table, shown, len(curves), p, "", assumptions)


def error_rates(
    counts: pd.Series,
    dates: Sequence[Date],
    before: int = 28,
    after: int = 28,
    *,
    cache: Kept | Path | str | None = None,
    draws: int = 2_000,
    seed: int = 1,
) -> pd.DataFrame:
    """How often the p of the whole curve (of "shift") rejects at a nominal 5% without an effect, and finds a true rise.

    The rise lasts seven days from each date on; the stratum is that of these and the 28 before.
    """
    lags = np.arange(-before, after + 1)

    def test(series: pd.Series, days: Sequence[pd.Timestamp], _rng: np.random.Generator) -> Iterator[Trial]:
        attacks = activity(series, days, range(-STANDARD.baseline, STANDARD.window))
        values = series.to_numpy()
        positions = np.array([(day - series.index[0]).days for day in days], dtype=int)
        mean = _curves(values, positions[None, :], lags)[0]
        curves = _curves(values, _shifted(positions), lags)
        curves = curves[~np.isnan(curves).any(axis=1)]
        if np.isnan(mean).any() or len(curves) < LEAST_SETS or not np.nansum(values):
            yield Trial(METHOD, attacks, None)
            return
        week = (lags >= 0) & (lags < STANDARD.window)
        yield Trial(METHOD, attacks, _joint(mean, curves)[0], bool(mean[week].mean() > curves[:, week].mean()))

    return measured(
        counts,
        dates,
        test,
        kind="epochs",
        made_from=(before, after),
        days=STANDARD.window,
        draws=draws,
        seed=seed,
        cache=cache,
    )


def _shifted(positions: np.ndarray) -> np.ndarray:
    """The dates moved together by up to half a year either way: shape (shifts, dates)."""
    moved = np.concatenate([np.arange(-REACH, 0), np.arange(1, REACH + 1)])
    return np.asarray(positions[None, :] + moved[:, None])


def _joint(mean: np.ndarray, curves: np.ndarray) -> tuple[float, float, tuple[np.ndarray, ...]]:
    """p of the whole curve, the deviation beyond which p is at most 5%, and centre, low and high of each lag."""
    every = np.vstack([mean, curves])
    low, high = np.quantile(every, [0.025, 0.975], axis=0)
    centre = every.mean(axis=0)
    deviation = _deviation(every, centre, low, high)
    p = float((deviation >= deviation[0] - 1e-9).mean())
    return p, float(np.sort(deviation)[-1 - int(ALPHA * len(every) + 1e-9)]), (centre, low, high)


def _epochs(values: np.ndarray, sets: np.ndarray, lags: np.ndarray) -> np.ndarray:
    """Counts of shape (sets, dates, lags); NaN beyond the edges."""
    days = sets[:, :, None] + lags
    inside = (days >= 0) & (days < len(values))
    return np.where(inside, values[np.where(inside, days, 0)], np.nan)


def _curves(values: np.ndarray, sets: np.ndarray, lags: np.ndarray) -> np.ndarray:
    """Mean by lag of each set, a date at a time so that memory does not grow with their number."""
    padded = np.append(np.nan_to_num(values), 0.0)
    known = np.append(~np.isnan(values), False)
    total, number = np.zeros((len(sets), len(lags))), np.zeros((len(sets), len(lags)))
    for date in sets.T:
        days = date[:, None] + lags
        days[(days < 0) | (days >= len(values))] = len(values)
        total += padded[days]
        number += known[days]
    return np.where(number > 0, total / np.maximum(number, 1), np.nan)


def _mean(epochs: np.ndarray) -> np.ndarray:
    known = (~np.isnan(epochs)).sum(axis=0)
    total = np.nansum(epochs, axis=0)
    return np.where(known > 0, total / np.maximum(known, 1), np.nan)


def _bootstrap(epochs: np.ndarray, draws: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    missing = np.full(epochs.shape[1], np.nan)
    if len(epochs) < 3 or np.isnan(_mean(epochs)).any():
        return missing, missing
    chosen = rng.integers(0, len(epochs), (draws, len(epochs)))
    means = np.stack([_mean(epochs[rows]) for rows in chosen])
    low, high = np.nanquantile(means, [0.025, 0.975], axis=0)
    return low, high


def _deviation(curves: np.ndarray, centre: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """The largest deviation of each curve, upward in units of high - centre, downward of centre - low."""
    tiny = 1e-12
    above = (curves - centre) / np.maximum(high - centre, tiny)
    below = (centre - curves) / np.maximum(centre - low, tiny)
    # Where placebo curves never leave zero there is no downward scale, and no downward deviation either.
    below = np.where(centre - low > tiny, below, 0.0)
    return np.asarray(np.maximum(above, below).max(axis=1))
