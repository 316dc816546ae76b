"""How often a test cries wolf on series like this one, and how often it finds a true rise: the one table that says so, and its rule.

Each test is made as in the report, on the very dates, but on series without an effect (`nulls.MODELS`); on the series
itself the dates are moved around it together by a random number of days. Power: attacks are added after the dates, Poisson
with mean (ratio - 1) times what the series has a day. A test that is refused, or has no attack to compare, counts apart:
never as one that did not reject.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from sitrep.escalation.nulls import JUDGING, MODELS, Kept, clustered_rate, rate_with_limits, simulate, stored
from sitrep.escalation.rate_ratio import Date, check_counts

STRATA = ("0", "1-4", "5-9", "10+")
"""The activity of a window: attacks before and after together. That the sum holds what is tested does no harm: which test is
relied on, and its error rate, are both taken at the same sum, so that a rule which holds its level at each sum holds it
over all (the exact test, too, is made at the sum given). Power counts the sum without the rise."""

ALPHA = 0.05
HEADLINE_LIMIT = 0.075
"""A method qualifies where the upper 95% Monte Carlo limit of its rate at a nominal 5% is at most this."""

POWER_RATIOS = (1.5, 2.0, 3.0)
POWER_MODELS = ("self_exciting", "series")
"""Where power is measured: on series that cluster as this one does, and on this one."""

LESSER = 0.2
"""Power, and the models on which nothing is judged, need no narrow limits: the part of the draws they are measured on."""

LEAST_SERIES = 20
"""An error rate from fewer simulated series with a test in the stratum is not known."""

COLUMNS = [
    "method",
    "model",
    "ratio",
    "stratum",
    "series",
    "dates",
    "refused",
    "uninformative",
    "tested",
    "rejected",
    "rate",
    "low",
    "high",
]


class Trial(NamedTuple):
    """One test of one series: by which method, with how many attacks in its windows, and its p; None where there was none."""

    method: str
    attacks: float
    p: float | None
    rise: bool = True


Test = Callable[[pd.Series, list[pd.Timestamp], np.random.Generator], Iterable[Trial]]
"""All tests of one series around the dates given."""


@dataclass(frozen=True)
class ErrorRate:
    """How often a test rejects at a nominal 5% without an effect, in windows as active as those of the test it stands beside.

    `rate` and `upper`, its 95% Monte Carlo limit, are of the worse of `JUDGING`; None where fewer than `LEAST_SERIES`
    series gave a test. `table`: all rates and powers measured, columns `COLUMNS`.
    """

    method: str
    stratum: str
    rate: float | None
    upper: float | None
    table: pd.DataFrame

    @property
    def known(self) -> bool:
        """Whether it could be measured."""
        return self.upper is not None

    @property
    def qualifies(self) -> bool:
        """Whether the test may be relied on here: known, and its upper limit at most `HEADLINE_LIMIT`."""
        return self.upper is not None and self.upper <= HEADLINE_LIMIT

    @property
    def power(self) -> dict[float, float]:
        """The share of true rises by each ratio that is found, on self-exciting series; whatever their activity."""
        rows = self.table[
            (self.table["method"] == self.method)
            & (self.table["model"] == POWER_MODELS[0])
            & (self.table["stratum"] == "all")
            & (self.table["ratio"] > 1)
            & (self.table["tested"] > 0)
        ]
        return dict(zip(rows["ratio"].astype(float), rows["rate"].astype(float), strict=True))

    @property
    def sentence(self) -> str:
        """The rate in words, with what follows from it."""
        if self.rate is None or self.upper is None:
            return "How often this test cries wolf on series like this one could not be measured; its p is shown and not relied on."
        text = (
            f"On simulated series without an effect, with {stratum_words(self.stratum)} attacks in the windows, this test rejects "
            f"{self.rate:.1%} of the time at a nominal 5% (upper limit {self.upper:.1%})"
        )
        if not self.qualifies:
            return f"{text}: more than the {HEADLINE_LIMIT:.1%} allowed, so its p is shown and not relied on."
        found = self.power.get(2.0)
        return f"{text}." + ("" if found is None else f" It finds a doubling {found:.0%} of the time.")


def stratum(attacks: np.ndarray | float) -> np.ndarray:
    """The place in `STRATA` of windows with so many attacks."""
    return np.asarray(np.searchsorted([1, 5, 10], np.asarray(attacks, float), side="right"))


def stratum_words(name: str) -> str:
    """A stratum as a reader wants it: "1 to 4", "10 or more"."""
    return name.replace("-", " to ").replace("10+", "10 or more")


def measured(
    counts: pd.Series,
    dates: Sequence[Date],
    test: Test,
    *,
    kind: str,
    made_from: object,
    days: int,
    first: int = 0,
    draws: int = 1_000,
    seed: int = 1,
    ratios: Sequence[float] = POWER_RATIOS,
    models: Sequence[str] = MODELS,
    cache: Kept | Path | str | None = None,
) -> pd.DataFrame:
    """Rates of `test` on `draws` series of each of `JUDGING`, on a part of them (`LESSER`) of the other models and with a rise.

    Columns `COLUMNS`. A true rise lasts `days` from the day `first` after each date on. Stored in the folder `cache` by `kind`, the series, the dates, the
    numbers here, and `made_from`: whatever else the test depends on.
    """
    series = check_counts(counts)
    own = [pd.Timestamp(day).normalize() for day in dates]
    asked = (
        series.to_csv(),
        [f"{day:%Y-%m-%d}" for day in own],
        first,
        days,
        draws,
        seed,
        tuple(ratios),
        tuple(models),
        made_from,
    )
    return stored(
        cache, kind, asked, lambda: _measure(series, own, test, range(first, first + days), draws, seed, ratios, models)
    )


def judge(table: pd.DataFrame, method: str, attacks: float) -> ErrorRate:
    """The error rate of `method` in windows with so many attacks: the worst of `JUDGING`."""
    name = STRATA[int(stratum(attacks))]
    rows = table[
        (table["method"] == method)
        & (table["ratio"] == 1.0)
        & (table["stratum"] == name)
        & table["model"].isin(JUDGING)
        & (table["tested"] > 0)
        & (table["series"] >= LEAST_SERIES)
    ]
    if rows.empty:
        return ErrorRate(method, name, None, None, table)
    worst = rows.sort_values("high").iloc[-1]
    return ErrorRate(method, name, float(worst["rate"]), float(worst["high"]), table)


def summarize(method: str, model: str, ratio: float, tallies: np.ndarray) -> list[dict[str, object]]:
    """A row for each stratum and one for all, from tallies of shape (series, 4, strata or more).

    The four are refused, uninformative, tested and rejected; further strata count to "all" only. Limits are over series: Wilson's
    where each gave one test, else from the spread between them. The series itself is enumerated or drawn from itself, so
    its limits equal the rate.
    """
    rows = []
    for place, name in enumerate((*STRATA, "all")):
        part = tallies.sum(axis=2) if name == "all" else tallies[:, :, place]
        refused, uninformative, tested, rejected = (int(x) for x in part.sum(axis=0))
        if model == "series":
            rate = rejected / tested if tested else np.nan
            limits = rate, rate, rate
        elif part[:, 2].max(initial=0) <= 1:
            limits = rate_with_limits(rejected, tested)
        else:
            limits = clustered_rate(part[:, 3], part[:, 2])
        number = int((part[:, 2] > 0).sum())
        found = (number, refused + uninformative + tested, refused, uninformative, tested, rejected, *limits)
        rows.append(dict(zip(COLUMNS, (method, model, ratio, name, *found), strict=True)))
    return rows


def activity(series: pd.Series, dates: Sequence[Date], days: range) -> float:
    """Attacks on the `days` from each date on, each day once: what `Trial.attacks` asks for."""
    return float(np.nansum(series.to_numpy()[_around(series, dates, days)]))


def _measure(
    series: pd.Series,
    dates: list[pd.Timestamp],
    test: Test,
    days: range,
    draws: int,
    seed: int,
    ratios: Sequence[float],
    models: Sequence[str],
) -> pd.DataFrame:
    rows: list[dict[str, object]] = []
    lesser = min(draws, max(LEAST_SERIES, round(LESSER * draws)))
    for model in models:
        rng = np.random.default_rng([seed, MODELS.index(model), 7])
        found: dict[tuple[str, float], list[np.ndarray]] = {}
        several = _without_effect(series, dates, model, draws if model in JUDGING else lesser, rng)
        for number, (one, moved) in enumerate(several):
            # The stratum is that of the counts without effect, so that power and false positives speak of the same.
            levels: list[int] = []
            for ratio in (1.0, *(ratios if model in POWER_MODELS and number < lesser else ())):
                raised = one if ratio == 1 else _raised(one, moved, days, ratio, rng)
                tallies: dict[str, np.ndarray] = {}
                for place, trial in enumerate(test(raised, moved, rng)):
                    if ratio == 1:
                        levels.append(int(stratum(trial.attacks)))
                    tally = tallies.setdefault(trial.method, np.zeros((4, len(STRATA))))
                    kind = 2 if trial.p is not None else 0 if trial.attacks else 1
                    tally[kind, levels[place]] += 1
                    tally[3, levels[place]] += trial.p is not None and trial.p <= ALPHA and (ratio == 1 or trial.rise)
                for method, tally in tallies.items():
                    found.setdefault((method, ratio), []).append(tally)
        for (method, ratio), every in found.items():
            rows += summarize(method, model, ratio, np.stack(every))
    return pd.DataFrame(rows, columns=COLUMNS)


def _without_effect(
    series: pd.Series, dates: list[pd.Timestamp], model: str, draws: int, rng: np.random.Generator
) -> Iterator[tuple[pd.Series, list[pd.Timestamp]]]:
    """Series and dates: simulated ones with the very dates; the series itself with the dates moved around it together."""
    simulated = simulate(series, model, draws, rng)
    if model != "series":
        for values in simulated:
            yield pd.Series(values, index=series.index), dates
        return
    length = len(series)
    positions = np.array([(day - series.index[0]).days for day in dates], dtype=int)
    shifts = np.arange(1, length)
    if len(shifts) > draws:
        shifts = np.sort(rng.choice(shifts, draws, replace=False))
    for shift in shifts if len(simulated) else ():
        yield series, [series.index[place] for place in np.sort((positions + shift) % length)]


def _around(series: pd.Series, dates: Sequence[Date], days: range) -> np.ndarray:
    inside = np.zeros(len(series), bool)
    for day in dates:
        place = (pd.Timestamp(day).normalize() - series.index[0]).days
        inside[max(place + days.start, 0) : max(place + days.stop, 0)] = True
    return inside


def _raised(
    series: pd.Series, dates: list[pd.Timestamp], days: range, ratio: float, rng: np.random.Generator
) -> pd.Series:
    """The series with attacks added on the `days` from each date on; a missing day stays missing."""
    values = series.to_numpy().copy()
    raised = _around(series, dates, days)
    values[raised] += rng.poisson((ratio - 1) * float(np.nanmean(values)), int(raised.sum()))
    return pd.Series(values, index=series.index)
