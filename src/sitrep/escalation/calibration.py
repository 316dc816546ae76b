"""How often each p-value cries wolf on series like this one, and how often it finds a true rise.

Models of a series without effect: homogeneous Poisson; independent negative binomial days; self-exciting counts, all fitted
to the series; and the series itself with every date taken as an event. Simulated series keep the missing days of the real
one. In every simulated series every usable date is tested, so a rate rests on many dates, and its Monte Carlo limits are
computed over series, which are independent, not over dates, which are not.

A placebo p ranks a date among the dates of the same series. Over all of them it is exact by construction; what calibration
can tell is whether it stays near its level at dates with few or many attacks in the window, which are the ones that get tested.

So it is with the joint shifts of a family: over all of them ("shifts:...") about 5% are rejected whatever the series. They tell
the power; what judges a family is one test a simulated series, on its very dates ("family:...").
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from sitrep.escalation.design import STANDARD, Design
from sitrep.escalation.nulls import JUDGING, MODELS, Kept, simulate, stored
from sitrep.escalation.placebo import LEAST_DATES, LEAST_SPELLS
from sitrep.escalation.rate_ratio import Date, Windows, check_counts, count_around, exact_p, log_ratio, windows
from sitrep.escalation.rates import (
    ALPHA,
    COLUMNS,
    POWER_RATIOS,
    STRATA,
    judge,
    stratum,
    summarize,
)
from sitrep.escalation.reference import REACH, Reference, like_run_up, rank_p, separate_spells, shifted_sums

FAMILY_TIMES = 10
"""A family gives one test a simulated series where single dates give hundreds, so it is simulated so many times as often."""

CIRCLE = 400
"""Shifts around the series that dates are compared with here, spread evenly over all of them."""

RUN_UPS = 200
"""Of a series with more different run-ups than this, where counts are large, so many are tried, spread evenly over them."""

CHUNK = 500
"""Series that are worked off together, so memory does not grow with their number."""

RECENT = 3
"""A simulated reactive event may follow any day with an attack in the last three, as strikes do."""


def calibrate(
    counts: pd.Series,
    design: Design = STANDARD,
    seed: int = 1,
    draws: int = 200,
    *,
    families: Sequence[Sequence[Date]] = (),
    ratios: Sequence[float] = POWER_RATIOS,
) -> pd.DataFrame:
    """Rejection rates at a nominal 5% of every method, model and stratum, and power at the true `ratios`.

    One row a method, model, ratio and stratum ("all" as well); columns `COLUMNS`. Methods: "exact"; "dates" (rank among all
    dates); "run_up" (among dates of a like run-up); "run_up_reactive" (the same, of dates that follow an attack within three
    days) and, for each of `families`, `family_method` of it. `dates` is what was offered, `refused` had too few known days or
    too few placebo dates, `uninformative` no attack: neither counts as a non-rejection. `low` and `high` are 95% Monte Carlo
    limits; on the series itself, which is enumerated, they equal the rate. Of each family there are also `at_its_dates` of
    it, the placebo test at the very dates, and `exact_at_its_dates`, from `calibrate_at_dates`.
    """
    series = check_counts(counts)
    rows: list[dict[str, object]] = []
    for model in MODELS:
        rng = np.random.default_rng([seed, MODELS.index(model)])
        found: dict[tuple[str, float], list[np.ndarray]] = {}
        for values in simulate(series, model, draws, rng):
            at = windows(pd.Series(values, index=series.index), design)
            for key, tally in _tallies(at, rng, families, ratios):
                found.setdefault(key, []).append(tally)
        for (method, ratio), tallies in found.items():
            rows += summarize(method, model, ratio, np.stack(tallies))
    at_dates = calibrate_at_dates(
        series, {family_method(family): family for family in families}, design, seed, FAMILY_TIMES * draws
    )
    table = pd.DataFrame(rows, columns=COLUMNS)
    return pd.concat([table, at_dates], ignore_index=True) if len(at_dates) else table


def calibrate_at_dates(
    counts: pd.Series,
    sets: Mapping[str, Sequence[Date]],
    design: Design = STANDARD,
    seed: int = 1,
    draws: int = 1_000,
    *,
    around: bool = False,
) -> pd.DataFrame:
    """Rejection rates at a nominal 5% of sets of dates taken together, each made once a simulated series, on the very dates.

    `sets`: dates by name. `draws`: series of each of the two models that judge. `around`: joint shifts go around the series, as in
    `circular_reference`; otherwise through the year. Columns `COLUMNS`, methods `at_its_dates` and `exact_at_its_dates`.
    """
    series = check_counts(counts)
    days = windows(series, design)
    positions = {method: np.array([days.position(day) for day in dates]) for method, dates in sets.items()}
    rows: list[dict[str, object]] = []
    for model in JUDGING if sets else ():
        found: dict[str, list[np.ndarray]] = {}
        simulated = simulate(series, model, draws, np.random.default_rng([seed, MODELS.index(model), 11]))
        for start in range(0, len(simulated), CHUNK):
            counted = count_around(simulated[start : start + CHUNK].T, design)
            for method, places in positions.items():
                for name, tally in _one_test_each(counted, places, around):
                    found.setdefault(name(method), []).append(tally)
        for method, tallies in found.items():
            rows += summarize(method, model, 1.0, np.concatenate(tallies))
    return pd.DataFrame(rows, columns=COLUMNS)


def cached(
    counts: pd.Series,
    design: Design = STANDARD,
    seed: int = 1,
    draws: int = 200,
    *,
    folder: Kept | Path | str,
    families: Sequence[Sequence[Date]] = (),
) -> pd.DataFrame:
    """`calibrate`, read from `folder` when series, method and parameters are the same; computed and written there otherwise."""
    dates = [[f"{pd.Timestamp(day):%Y-%m-%d}" for day in family] for family in families]
    made_from = (check_counts(counts).to_csv(), design, seed, draws, dates)
    return stored(folder, "dates", made_from, lambda: calibrate(counts, design, seed, draws, families=families))


def false_positive_rate(table: pd.DataFrame, method: str, attacks: float) -> tuple[float | None, float | None]:
    """Rate and upper Monte Carlo limit of `method` in the stratum of a window with `attacks`: the worst of `JUDGING`."""
    found = judge(table, method, attacks)
    return found.rate, found.upper


def family_method(dates: Sequence[Date]) -> str:
    """The name under which a family is calibrated."""
    return f"shifts:{pd.Timestamp(dates[0]):%Y-%m-%d}x{len(dates)}"


def at_its_dates(method: str) -> str:
    """The name of a family's placebo test at its very dates, the one that judges it; `method` from `family_method`."""
    return f"family:{method}"


def exact_at_its_dates(method: str) -> str:
    """The name of its exact test."""
    return f"exact:{method}"


_Tally = np.ndarray
"""Shape (4, 5): refused, uninformative, tested and rejected dates, by stratum; the last column is dates whose activity is
not known because they are not usable."""


def _tallies(
    at: Windows,
    rng: np.random.Generator,
    families: Iterable[Sequence[Date]],
    ratios: Sequence[float],
) -> Iterator[tuple[tuple[str, float], _Tally]]:
    u = at.usable
    dates = Reference(np.flatnonzero(u), at.after[u], at.before[u], at.days_after[u], at.days_before[u])
    unusable = int((~u).sum())
    share = dates.days_after / (dates.days_after + dates.days_before)
    run_ups, which = np.unique(np.column_stack([dates.before, dates.days_before]), axis=0, return_inverse=True)
    chosen = np.unique(np.linspace(0, len(run_ups) - 1, min(RUN_UPS, len(run_ups))).astype(int))
    tried = np.isin(which.ravel(), chosen)
    groups = list(_run_up_groups(at, dates, run_ups[chosen]))
    answering = _follow_attack(at, dates)
    year = np.arange(-REACH, REACH + 1)
    sets = {family_method(family): shifted_sums(at, family, year) for family in families}
    shifted = {
        method: (Reference(moved[enough], *(x[enough] for x in sums)), int((~enough).sum()))
        for method, (moved, sums, enough) in sets.items()
    }
    for ratio in (1.0, *ratios):
        after = _raised(dates, ratio, rng)
        yield ("exact", ratio), _tally(dates, after, ratio, exact_p(after, after + dates.before, share), unusable)
        yield ("dates", ratio), _tally(dates, after, ratio, _rank(dates, after, ratio), unusable)
        p, testable = _run_up_p(dates, after, ratio, groups)
        yield ("run_up", ratio), _tally(dates, after, ratio, p, unusable, offered=tried, testable=testable)
        yield (
            ("run_up_reactive", ratio),
            _tally(dates, after, ratio, p, 0, offered=answering & tried, testable=testable),
        )
        for method, (shifts, few) in shifted.items():
            raised = _raised(shifts, ratio, rng)
            yield (method, ratio), _tally(shifts, raised, ratio, _rank(shifts, raised, ratio), few)


def _one_test_each(
    counted: Sequence[np.ndarray], positions: np.ndarray, around: bool
) -> Iterator[tuple[Callable[[str], str], np.ndarray]]:
    """Tallies, one a series, of the dates' placebo and exact p; `counted` from `count_around` of all series."""
    length, number = counted[0].shape
    year = np.concatenate([np.arange(-REACH, 0), np.arange(1, REACH + 1)])
    circle = np.unique(np.linspace(1, length - 1, min(CIRCLE, length - 1)).astype(int))
    moved = np.concatenate([[0], circle if around else year])
    after, before, days_after, days_before, used = (np.zeros((len(moved), number)) for _ in range(5))
    usable = counted[5].astype(float)
    for position in positions:
        days = position + moved
        inside = np.full(len(moved), True) if around else (days >= 0) & (days < length)
        days = days % length
        weight = usable[days] * inside[:, None]
        used += weight
        for total, x in zip((after, before, days_after, days_before), counted, strict=False):
            total += x[days] * weight
    enough = used > len(positions) / 2
    compared = enough & (after + before > 0)
    statistic = np.full(after.shape, np.nan)
    statistic[compared] = log_ratio(after[compared], before[compared], days_after[compared], days_before[compared])
    others = compared[1:].sum(axis=0)
    with np.errstate(invalid="ignore"):
        larger = 1 + (statistic[1:] >= statistic[0] - 1e-9).sum(axis=0)
        smaller = 1 + (statistic[1:] <= statistic[0] + 1e-9).sum(axis=0)
    p = np.minimum(1.0, 2 * np.minimum(larger, smaller) / (1 + others))
    total = after[0] + before[0]
    exact = np.ones(number)
    ok = compared[0]
    exact[ok] = exact_p(after[0, ok], total[ok], days_after[0, ok] / (days_after[0, ok] + days_before[0, ok]))
    level, each = stratum(total), np.arange(number)
    for name, tested, rejected in (
        (at_its_dates, ok & (others >= LEAST_DATES), p <= ALPHA),
        (exact_at_its_dates, ok, exact <= ALPHA),
    ):
        tally = np.zeros((number, 4, len(STRATA)))
        kind = np.where(tested, 2, np.where(enough[0] & (total == 0), 1, 0))
        tally[each, kind, level] = 1
        tally[each, 3, level] = tested & rejected
        yield name, tally


def _rank(reference: Reference, after: np.ndarray, ratio: float) -> np.ndarray:
    """Every placebo date's own p, with what followed it replaced by `after`."""
    own = log_ratio(after, reference.before, reference.days_after, reference.days_before)
    return rank_p(own, reference.ordinary, inside=ratio == 1)


def _raised(dates: Reference, ratio: float, rng: np.random.Generator) -> np.ndarray:
    """What followed, with attacks added: `ratio` times what follows a baseline of the same stratum on average."""
    if ratio == 1:
        return dates.after
    level = stratum(dates.before)
    attacks = np.bincount(level, dates.after, minlength=len(STRATA))
    days = np.bincount(level, dates.days_after, minlength=len(STRATA))
    rate = attacks / np.maximum(days, 1)
    return np.asarray(dates.after + rng.poisson((ratio - 1) * rate[level] * dates.days_after))


def _tally(
    dates: Reference,
    after: np.ndarray,
    ratio: float,
    p: np.ndarray,
    unusable: int,
    offered: np.ndarray | None = None,
    testable: np.ndarray | None = None,
) -> _Tally:
    """Strata are those of the counts without effect, so that power and false positives speak of the same dates."""
    everyone = np.ones(len(p), bool)
    offered = everyone if offered is None else offered
    testable = everyone if testable is None else testable
    informative = after + dates.before > 0
    tested = offered & informative & testable
    rejected = tested & (p <= ALPHA)
    if ratio > 1:
        rejected &= after / dates.days_after > dates.before / dates.days_before
    level = stratum(dates.after + dates.before)
    kinds = (offered & informative & ~testable, offered & ~informative, tested, rejected)
    tally = np.stack([np.bincount(level[kind], minlength=len(STRATA) + 1) for kind in kinds]).astype(float)
    tally[0, -1] = unusable
    return tally


def _run_up_groups(at: Windows, dates: Reference, run_ups: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Dates of each of the `run_ups` (attacks, known days), with the statistics of the dates that had a like one, where enough."""
    statistic, informative = dates.statistic, dates.informative
    for before, days in run_ups:
        near = informative & like_run_up(dates.before, dates.days_before, before, days, at.design.tolerance)
        if (
            near.sum() > LEAST_DATES
            and separate_spells(dates.position[near], at.design.stretch, LEAST_SPELLS) >= LEAST_SPELLS
        ):
            yield (dates.before == before) & (dates.days_before == days), statistic[near]


def _run_up_p(
    dates: Reference, after: np.ndarray, ratio: float, groups: Iterable[tuple[np.ndarray, np.ndarray]]
) -> tuple[np.ndarray, np.ndarray]:
    p, testable = np.ones(len(after)), np.zeros(len(after), bool)
    own = log_ratio(after, dates.before, dates.days_after, dates.days_before)
    for mine, statistic in groups:
        testable |= mine
        p[mine] = rank_p(own[mine], statistic, inside=ratio == 1)
    return p, testable


def _follow_attack(at: Windows, dates: Reference) -> np.ndarray:
    """Dates with an attack in the `RECENT` days before, as a strike in answer would have."""
    attacks = np.concatenate([[0.0], np.cumsum(np.nan_to_num(at.counts))])
    return np.asarray(attacks[dates.position] - attacks[np.maximum(dates.position - RECENT, 0)] > 0)
