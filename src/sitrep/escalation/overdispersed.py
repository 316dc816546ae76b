"""Rate ratios whose intervals let days vary more than Poisson days do, and still take them for independent of one another.

Both are the log-linear regression of daily counts on "after the date", whose estimate is the ratio of the two mean rates. They
differ in how the variance grows with the mean: quasi-Poisson in proportion to it, negative binomial with its square. Attacks
come in campaigns, so neither takes the place of the placebo test; beside it they show what clustering alone costs, and each
stands with the rate at which it rejects on series without an effect.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import optimize, stats
from scipy.special import gammaln

from sitrep.escalation.design import STANDARD, Design
from sitrep.escalation.nulls import JUDGING, Kept, clustered_rate, null_series, stored
from sitrep.escalation.rate_ratio import Date, check_counts, windows
from sitrep.escalation.rates import ALPHA, STRATA, stratum
from sitrep.escalation.result import Result

METHODS = ("exact", "quasi_poisson", "negative_binomial")
REGRESSIONS = METHODS[1:]
COLUMNS = [
    "event_id",
    "label",
    "dates",
    "method",
    "estimate",
    "low",
    "high",
    "p",
    "spread",
    "false_positive_rate",
    "false_positive_high",
    "reason",
]

DATES_A_SERIES = 25
"""Dates on which each simulated series is tested, spread over its usable ones: negative-binomial fits take their time."""

LARGEST_SIZE = 1e6
"""A negative binomial of this size is a Poisson for all purposes."""

ONE_SIDED = "No attack on one side: the regression has no finite ratio."


@dataclass(frozen=True)
class Wald:
    """A ratio of rates with its interval and two-sided p. `spread`: the dispersion, or the size of the negative binomial."""

    estimate: float
    low: float
    high: float
    p: float
    spread: float


def quasi_poisson(after: np.ndarray, before: np.ndarray, level: float = 0.95) -> Wald:
    """R's ``glm(y ~ after, family = quasipoisson)`` on daily counts after and before; Student's t on all days less two.

    The dispersion is Pearson's; below one it narrows the interval, as R's does. ValueError without an attack on either side
    or with fewer than three days.
    """
    a, b = _sides(after, before)
    n = len(a) + len(b)
    dispersion = (((a - a.mean()) ** 2).sum() / a.mean() + ((b - b.mean()) ** 2).sum() / b.mean()) / (n - 2)
    error = float(np.sqrt(dispersion * (1 / a.sum() + 1 / b.sum())))
    return _wald(a, b, error, stats.t(n - 2), level, float(dispersion))


def negative_binomial(after: np.ndarray, before: np.ndarray, level: float = 0.95) -> Wald:
    """R's ``MASS::glm.nb(y ~ after)`` on daily counts after and before: size by maximum likelihood, normal interval.

    Days that vary no more than Poisson ones have the largest size, and the Poisson's interval. ValueError as `quasi_poisson`.
    """
    a, b = _sides(after, before)
    y = np.concatenate([a, b])
    mean = np.repeat([a.mean(), b.mean()], [len(a), len(b)])

    def loss(log_size: float) -> float:
        size = np.exp(log_size)
        return float(
            -(gammaln(y + size) - gammaln(size) - size * np.log1p(mean / size) - y * np.log1p(size / mean)).sum()
        )

    found = optimize.minimize_scalar(loss, bounds=(-6, np.log(LARGEST_SIZE)), method="bounded", options={"xatol": 1e-8})
    size = float(np.exp(found.x))
    error = float(np.sqrt(sum((1 + side.mean() / size) / side.sum() for side in (a, b))))
    return _wald(a, b, error, stats.norm, level, size)


def beside(
    counts: pd.Series,
    results: Sequence[Result],
    design: Design = STANDARD,
    *,
    cache: Kept | Path | str | None = None,
    draws: int = 100,
    seed: int = 1,
) -> pd.DataFrame:
    """The tests that take days for independent, for each of `results` that has a ratio: three rows each, columns `COLUMNS`.

    `results`: those of `run` with this `design` on these `counts`; of a family all its days are taken together. The
    false-positive rate of the exact test is the result's; those of the regressions are those of `error_rates` in windows as
    active, the worse of its two models; with `draws` 0 there are none.
    """
    at = windows(counts, design)
    known = ~np.isnan(at.counts)
    rows: list[dict[str, object]] = []
    measured: dict[tuple[str, ...], pd.DataFrame] = {}
    for result in results:
        if result.estimate is None or result.after is None or result.before is None:
            continue
        places = [at.position(day) for day in result.dates]
        after, before = _days(at.counts, known, places, design)
        family = result.dates if result.method == "family" else ()
        if draws and family not in measured:
            measured[family] = error_rates(counts, design, family, cache=cache, draws=draws, seed=seed)
        for method in METHODS:
            row: dict[str, object] = {
                "event_id": result.event_id,
                "label": result.label,
                "dates": "|".join(result.dates),
                "method": method,
                "estimate": result.estimate,
            }
            if method == "exact":
                # of what is drawn and not tested the result carries no p, and none is given here
                row |= {"low": result.low, "high": result.high, "p": result.p}
                row["false_positive_rate"] = result.exact_false_positive_rate
            elif min(result.after, result.before) == 0:
                row["reason"] = ONE_SIDED
            else:
                found = (quasi_poisson if method == "quasi_poisson" else negative_binomial)(after, before)
                row |= {"low": found.low, "high": found.high, "spread": found.spread}
                row["p"] = found.p if result.p is not None else None
            if result.p is None:
                row["reason"] = result.reason
            if family in measured and method in REGRESSIONS:
                row |= _rate(measured[family], method, result.after + result.before)
            rows.append(row)
    frame = pd.DataFrame(rows, columns=COLUMNS)
    numbers = ["estimate", "low", "high", "p", "spread", "false_positive_rate", "false_positive_high"]
    frame[numbers] = frame[numbers].astype("float64")
    return frame


def error_rates(
    counts: pd.Series,
    design: Design = STANDARD,
    dates: Sequence[Date] = (),
    *,
    cache: Kept | Path | str | None = None,
    draws: int = 100,
    seed: int = 1,
) -> pd.DataFrame:
    """How often each regression rejects at a nominal 5% on simulated series without an effect (`null_series`).

    Without `dates`, on `DATES_A_SERIES` single dates of each series, spread over it; with them, on those dates taken together.
    One row a method, model and stratum (attacks before and after together): method, model, stratum, series, tested,
    refused (no attack on one side, so no regression), rejected, rate, low, high (95% Monte Carlo limits over series). Dates
    without an attack on either side count nowhere. Read from the folder `cache` where it was measured before on the same.
    """
    days = tuple(f"{pd.Timestamp(day):%Y-%m-%d}" for day in dates)
    made_from = (check_counts(counts).to_csv(), design, days, draws, seed)
    return stored(cache, "overdispersed", made_from, lambda: _measured(counts, design, days, draws, seed))


def _measured(counts: pd.Series, design: Design, days: Sequence[str], draws: int, seed: int) -> pd.DataFrame:
    found: dict[tuple[str, str], list[np.ndarray]] = {}
    for model, series in null_series(counts, draws, seed):
        at = windows(series, design)
        known = ~np.isnan(at.counts)
        usable = np.flatnonzero(at.usable)
        if days:
            sets = [[k for k in (at.position(day) for day in days) if at.usable[k]]]
        else:
            apart = max(1, len(usable) // DATES_A_SERIES)
            sets = [[int(k)] for k in usable[apart // 2 :: apart]]
        tallies = {method: np.zeros((3, len(STRATA))) for method in REGRESSIONS}
        for places in sets:
            after, before = _days(at.counts, known, places, design)
            if len(after) + len(before) and after.sum() + before.sum() > 0:
                level = int(stratum(float(after.sum() + before.sum())))
                for method, p in _each_p(after, before):
                    kind = 1 if p is None else 0
                    tallies[method][kind, level] += 1
                    tallies[method][2, level] += p is not None and p <= ALPHA
        for method, tally in tallies.items():
            found.setdefault((method, model), []).append(tally)
    rows = []
    for (method, model), every in found.items():
        tallied = np.stack(every)
        for k, name in enumerate(STRATA):
            tested, refused, rejected = tallied[:, 0, k], tallied[:, 1, k], tallied[:, 2, k]
            sums = [int((tested > 0).sum()), *(int(x.sum()) for x in (tested, refused, rejected))]
            rows.append((method, model, name, *sums, *clustered_rate(rejected, tested)))
    columns = ["method", "model", "stratum", "series", "tested", "refused", "rejected", "rate", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


def _each_p(after: np.ndarray, before: np.ndarray) -> Iterator[tuple[str, float | None]]:
    both = min(after.sum(), before.sum()) > 0
    yield "quasi_poisson", quasi_poisson(after, before).p if both else None
    yield "negative_binomial", negative_binomial(after, before).p if both else None


def _days(
    counts: np.ndarray, known: np.ndarray, places: Sequence[int], design: Design
) -> tuple[np.ndarray, np.ndarray]:
    """The known days' counts after and before the dates at `places`, all dates together."""
    after = [np.arange(k, k + design.window) for k in places]
    before = [np.arange(k - design.guard - design.baseline, k - design.guard) for k in places]
    one, other = (np.concatenate(days) if days else np.array([], int) for days in (after, before))
    return counts[one[known[one]]], counts[other[known[other]]]


def _rate(table: pd.DataFrame, method: str, attacks: float) -> dict[str, object]:
    rows = table[
        (table["method"] == method)
        & (table["stratum"] == STRATA[int(stratum(attacks))])
        & table["model"].isin(JUDGING)
        & (table["tested"] > 0)
    ]
    if rows.empty:
        return {}
    worst = rows.sort_values("high").iloc[-1]
    return {"false_positive_rate": float(worst["rate"]), "false_positive_high": float(worst["high"])}


def _sides(after: np.ndarray, before: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    a, b = np.asarray(after, float), np.asarray(before, float)
    if len(a) + len(b) < 3 or not a.sum() or not b.sum():
        raise ValueError("A regression needs three known days or more, and an attack before and after.")
    return a, b


def _wald(a: np.ndarray, b: np.ndarray, error: float, distribution: object, level: float, spread: float) -> Wald:
    log = float(np.log(a.mean() / b.mean()))
    reach = float(distribution.ppf(0.5 + level / 2)) * error  # type: ignore[attr-defined]
    p = 2 * float(distribution.sf(abs(log) / error)) if error > 0 else float(log == 0)  # type: ignore[attr-defined]
    return Wald(float(np.exp(log)), float(np.exp(log - reach)), float(np.exp(log + reach)), p, spread)
