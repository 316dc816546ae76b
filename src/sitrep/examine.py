"""The tests a report makes: which dates, on which series, adjusted together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np
import pandas as pd

from sitrep import events, frequency, reconcile, study
from sitrep.escalation import (
    Design,
    Result,
    each_date,
    epochs,
    families,
    follow,
    interruption,
    multiverse,
    rates,
    run,
)
from sitrep.escalation.design import STANDARD
from sitrep.escalation.epochs import Epochs, superposed_epochs
from sitrep.escalation.excitation import Excitation
from sitrep.escalation.excitation import fit as excite
from sitrep.escalation.follow import Follow, follows
from sitrep.escalation.interruption import Interruption, change_points, interrupted
from sitrep.escalation.multiverse import Curve, specification_curve
from sitrep.escalation.nulls import Kept, NotMeasuredError
from sitrep.escalation.overdispersed import beside
from sitrep.escalation.placebo import LEAST_DATES
from sitrep.escalation.rates import ErrorRate
from sitrep.escalation.reference import rank_p
from sitrep.escalation.reporting import robustness
from sitrep.escalation.run import adjusted, run_own_length
from sitrep.escalation.severity import severity

#: Where measured error rates are kept, below the folder of the tables.
CALIBRATION = "calibration"

#: A folder to keep error rates in, or one from which only those kept before are read.
Cache = Kept | Path


@dataclass(frozen=True)
class Examination:
    """All test results of a report.

    Attributes
    ----------
    anniversary
        The anniversaries of ``parameters.anniversary``, summed: the headline, fixed beforehand.
    by_year
        The same dates one by one, for a forest plot; no claim rests on a single year.
    events
        One result for each chosen policy event, in order of time.
    epochs
        Mean counts by day around the anniversaries.
    independent
        The same ratios by the tests that take days for independent (`overdispersed.beside`), three rows a result.
    """

    anniversary: Result
    by_year: list[Result]
    events: list[Result]
    epochs: Epochs
    independent: pd.DataFrame

    @property
    def results(self) -> list[Result]:
        """The headline and the events: everything whose p-values are adjusted together."""
        return [self.anniversary, *self.events]


@study.of_the_whole
def examine(
    report: study.Study, root: Path | None = None, simulations: int = 200, measure: bool = False
) -> Examination:
    """Make every test of *report* on its whole series, whatever period is shown.

    *simulations* is the number of simulated series by which false-positive rates are measured; measured ones are kept
    in the data folder's ``calibration/`` and read from there. Those that decide on the headline and the events are always
    measured; those of what stands beside them only with *measure*, for they take minutes, and are None without.
    """
    p = report.parameters
    table = report.tables.events
    first, last = report.series.index[0], report.series.index[-1]
    everything = events.occurrences(table, first.date(), last.date())
    of_anniversary = everything[(everything["event_id"] == p.anniversary) & everything["family"].notna()]
    chosen = _chosen(report, everything, report.examined)
    options: dict[str, Any] = {
        "seed": p.seed,
        "context": everything,
        "cache": study.find_root(root) / p.data / CALIBRATION,
        "draws": simulations,
    }
    confirmatory = [p.anniversary, *p.confirmatory]
    design, around = Design(p.window, p.baseline), Design(p.anniversary_window, p.baseline)
    if design == around:
        both = pd.concat([of_anniversary, chosen])
        results = run(report.series, both, design, confirmatory=confirmatory, **options)
    else:
        headline = run(report.series, of_anniversary, around, confirmatory=[p.anniversary], **options)
        others = run(report.series, chosen, design, confirmatory=p.confirmatory, **options)
        results = adjusted([*headline, *others])
    family = next(result for result in results if result.event_id == p.anniversary and result.method == "family")
    rest = [result for result in results if result is not family]
    days = list(of_anniversary["date_start"])
    kept = options["cache"] if measure else Kept(options["cache"])
    independent = [
        _with_draws(partial(beside, report.series, part, one, cache=kept, seed=p.seed), simulations // 2)
        for part, one in (([family], around), (rest, design))
        if part
    ]
    return Examination(
        anniversary=family,
        by_year=each_date(report.series, of_anniversary, around),
        events=rest,
        epochs=_epochs(report.series, days, p.baseline, p.draws, p.seed, kept if simulations else None),
        independent=pd.concat(independent, ignore_index=True),
    )


T = TypeVar("T")


def _with_draws(test: Callable[..., T], draws: int) -> T:
    """*test* with its error rates from so many *draws*, or without them where they are not measured."""
    try:
        return test(draws=draws)
    except NotMeasuredError:
        return test(draws=0)


def _table(measure: Callable[..., pd.DataFrame], cache: Cache | None) -> pd.DataFrame | None:
    """The error rates that *measure* gives for a folder *cache*; None without one, and where none are kept in it."""
    if cache is None:
        return None
    try:
        return measure(cache=cache)
    except NotMeasuredError:
        return None


def _epochs(
    series: pd.Series, days: list[pd.Timestamp], reach: int, draws: int, seed: int, cache: Cache | None
) -> Epochs:
    """The superposed epochs, with the error rate of their test where a folder *cache* keeps it."""
    found = superposed_epochs(series, days, reach, reach, draws=draws, seed=seed)
    if found.p_placebo is None:
        return found
    table = _table(partial(epochs.error_rates, series, days, reach, reach, seed=seed), cache)
    if table is None:
        return found
    attacks = rates.activity(series, days, range(-STANDARD.baseline, STANDARD.window))
    return replace(found, error=rates.judge(table, epochs.METHOD, attacks))


def _chosen(report: study.Study, dates: pd.DataFrame, ids: Sequence[str]) -> pd.DataFrame:
    """The dates of *dates* at which the events *ids* are examined: of ours one each, of the user's own all in the series."""
    series = report.series
    own = dates["event_id"].isin(report.own)
    # the anniversary's own family is the headline and is not examined twice
    all_of_own = dates[
        own
        & dates["event_id"].isin(ids)
        & dates["date_start"].between(series.index[0], series.index[-1])
        & ~(dates["family"].notna() & (dates["event_id"] == report.parameters.anniversary))
    ]
    ours = _one_date_each(dates[~own & dates["event_id"].isin(ids)])
    return pd.concat([ours, all_of_own]).sort_values(["date_start", "event_id"], ignore_index=True)


def _one_date_each(chosen: pd.DataFrame) -> pd.DataFrame:
    """An event's own date where it lies in the series, not its anniversaries; recurring commemorations as they are."""
    alone = chosen[chosen["family"].isna()]
    recurring = chosen[~chosen["event_id"].isin(alone["event_id"])]
    return pd.concat([alone, recurring]).sort_values(["date_start", "event_id"], ignore_index=True)


@dataclass(frozen=True)
class Context:
    """What surrounds the tests: how the answer depends on the way of counting, where the series breaks, what feeds what.

    Attributes
    ----------
    curve
        The anniversary under every combination of window, baseline, subset of incidents and pooling.
    breaks, break_error
        Days on which the rate changes for good, found without knowing any event (`interruption.change_points`), and how often
        that search finds one in series without any; None where that was not measured.
    excitation
        The self-exciting model of the series; None where it cannot be fitted.
    after_strikes, after_attacks
        Attacks in the days after US strikes, and US strikes in the days after attacks.
    pooled_otherwise, without_one_year
        The anniversaries pooled in other ways, and the headline without each year in turn.
    severity
        Munitions, casualties, sites and weapons around the anniversaries, each by itself.
    robustness
        The tests named beforehand on parts of the incidents and on the authority's tallies.
    sightings
        Dates that follow the moon, a day earlier, as computed and a day later (`sightings`).
    lasting
        The chosen events that last longer than the window, over their own length.
    interruptions
        Step and slope at the single events named beforehand.
    """

    curve: Curve
    breaks: pd.DataFrame
    break_error: ErrorRate | None
    excitation: Excitation | None
    after_strikes: Follow
    after_attacks: Follow
    pooled_otherwise: pd.DataFrame
    without_one_year: pd.DataFrame
    severity: pd.DataFrame
    robustness: pd.DataFrame
    sightings: pd.DataFrame
    lasting: list[Result]
    interruptions: list[Interruption]


#: Simulated series by which the penalty for a break is set; the 95% quantile of as many.
BREAK_SIMULATIONS = 39

#: Simulated series by which the error rates of severity, and those of windows of another length, are measured.
SEVERITY_SIMULATIONS = LENGTH_SIMULATIONS = 60


@study.of_the_whole
def surroundings(
    report: study.Study, done: Examination, root: Path | None = None, simulations: int = 200, measure: bool = False
) -> Context:
    """Return what surrounds the tests *done* of *report*, on its whole series; *simulations* and *measure* as for `examine`."""
    p = report.parameters
    table = report.tables.events
    series = report.series
    around = Design(p.anniversary_window, p.baseline)
    dates = events.occurrences(table, series.index[0].date(), series.index[-1].date())
    of_anniversary = dates[(dates["event_id"] == p.anniversary) & dates["family"].notna()]
    days = list(of_anniversary["date_start"])
    chosen, confirmatory = _chosen(report, dates, report.examined), _chosen(report, dates, p.confirmatory)
    named = pd.concat([of_anniversary, confirmatory])
    folder = study.find_root(root) / p.data / CALIBRATION
    cache = folder if measure else Kept(folder)
    lasts = chosen[(chosen["date_end"] - chosen["date_start"]).dt.days + 1 > p.window]
    measured = cache if simulations else None
    pooled = families.specifications(series, days, around), families.leave_one_out(series, days, around)
    if measured is not None:
        pooled = _pooled_with_rates(series, days, around, *pooled, measured, p.seed, done.anniversary)
    of_us = table[(table["kind"] == "strike") & (table["actor"] == "us")]
    strikes = of_us["date_start"].value_counts().reindex(series.index, fill_value=0).astype(float)
    return Context(
        curve=_curve(subsets(report), days, p.seed, measured),
        breaks=change_points(series, simulations=BREAK_SIMULATIONS, seed=p.seed) if _enough(series) else pd.DataFrame(),
        break_error=_break_error(series, p.seed, measured) if _enough(series) else None,
        excitation=excite(series) if _enough(series) else None,
        after_strikes=_follows(strikes, series, "following", p.seed, measured),
        after_attacks=_follows(series.fillna(0), strikes, "leading", p.seed, measured),
        pooled_otherwise=pooled[0],
        without_one_year=pooled[1],
        severity=_with_draws(
            partial(
                severity, report.selected, series, of_anniversary, around, context=dates, cache=measured, seed=p.seed
            ),
            min(simulations, SEVERITY_SIMULATIONS),
        ),
        robustness=_with_draws(
            partial(
                robustness,
                report.selected,
                series,
                named,
                report.tables.tallies,
                p.authority,
                Design(p.window, p.baseline),
                confirmatory=[p.anniversary, *p.confirmatory],
                of_all=[result for result in done.results if result.confirmatory],
                own_design={p.anniversary: around},
                seed=p.seed,
                cache=cache,
            ),
            simulations,
        ),
        sightings=sightings(report),
        lasting=_with_draws(
            partial(
                run_own_length, series, lasts, Design(p.window, p.baseline), seed=p.seed, context=dates, cache=cache
            ),
            min(simulations, LENGTH_SIMULATIONS),
        )
        if len(lasts)
        else [],
        interruptions=interruptions(series, confirmatory, p.seed, measured),
    )


def _curve(counts: dict[str, pd.Series], days: list[pd.Timestamp], seed: int, cache: Cache | None) -> Curve:
    """The specification curve, with the error rate of its joint test where a folder *cache* keeps it."""
    found = specification_curve(counts, days, seed=seed)
    if found.p_joint is None:
        return found
    table = _table(partial(multiverse.error_rates, counts, days, seed=seed), cache)
    if table is None:
        return found
    first = next(iter(counts.values()))
    attacks = rates.activity(first, days, range(-STANDARD.baseline, STANDARD.window))
    return replace(found, error=rates.judge(table, multiverse.METHOD, attacks))


def _break_error(series: pd.Series, seed: int, cache: Cache | None) -> ErrorRate | None:
    """How often the search for breaks finds one where there is none, where a folder *cache* keeps it."""
    table = _table(partial(interruption.break_rates, series, simulations=BREAK_SIMULATIONS, seed=seed), cache)
    return None if table is None else rates.judge(table, interruption.BREAKS, float(series.sum()))


def _follows(
    leading: pd.Series, following: pd.Series, simulated: Literal["leading", "following"], seed: int, cache: Cache | None
) -> Follow:
    """What follows what, with the error rate of the test where a folder *cache* keeps it; *simulated* are the attacks."""
    found = follows(leading, following)
    if found.p_placebo is None:
        return found
    table = _table(partial(follow.error_rates, leading, following, simulated=simulated, seed=seed), cache)
    if table is None:
        return found
    days = len(found.table)
    attacks, fixed = (leading, following) if simulated == "leading" else (following, leading)
    near = range(-days, 0) if simulated == "leading" else range(1, 1 + days)
    active = rates.activity(attacks, list(fixed.index[fixed > 0]), near)
    return replace(found, error=rates.judge(table, follow.METHOD, active))


def _pooled_with_rates(
    series: pd.Series,
    days: list[pd.Timestamp],
    design: Design,
    specifications: pd.DataFrame,
    left_out: pd.DataFrame,
    cache: Cache,
    seed: int,
    headline: Result,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The two tables of pooling with the error rates of their tests; that of a sum, with a year less too, is the *headline*'s."""
    table = _table(partial(families.error_rates, series, days, design, seed=seed), cache)
    if table is None:
        table = pd.DataFrame(columns=rates.COLUMNS)
    attacks = rates.activity(series, days, range(-design.guard - design.baseline, design.window))
    judged = [rates.judge(table, method, attacks) for method in specifications["specification"]]
    measured = [
        (headline.false_positive_rate, headline.false_positive_high)
        if one.method == "summed"
        else (one.rate, one.upper)
        for one in judged
    ]
    found = specifications.assign(false_positive_rate=np.nan, false_positive_high=np.nan)
    found[["false_positive_rate", "false_positive_high"]] = pd.DataFrame(measured, dtype="float64").to_numpy()
    return found, left_out.assign(
        false_positive_rate=np.float64(
            headline.false_positive_rate if headline.false_positive_rate is not None else np.nan
        ),
        false_positive_high=np.float64(
            headline.false_positive_high if headline.false_positive_high is not None else np.nan
        ),
    )


#: Recurrences whose day hangs on the sighting of the moon, or on how one counts to forty.
A_DAY_OFF = ("annual_hijri", "quds_day", "day40")


def sightings(report: study.Study) -> pd.DataFrame:
    """The chosen events whose day may be a day off, tested a day earlier, as computed, and a day later.

    One row an event and offset: event_id, label, offset (-1, 0, 1), and of its `Result` dates, before, after, days_before,
    days_after, estimate, low, high, p_placebo, status, reason. They repeat one test on nearly the same days: checks of it, no
    further chances, and so not adjusted.
    """
    p, table, series = report.parameters, report.tables.events, report.series
    first, last = series.index[0].date(), series.index[-1].date()
    moved = table[table["recurrence"].isin(A_DAY_OFF) & table["event_id"].isin([p.anniversary, *report.examined])]
    others = events.occurrences(table[~table["event_id"].isin(moved["event_id"])], first, last)
    rows = []
    for offset in (-1, 0, 1):
        dates = events.occurrences(moved, first, last, offset=offset)
        dates = dates[dates["date_start"].between(series.index[0], series.index[-1])]
        for event_id, group in dates.groupby("event_id", sort=True):
            design = Design(p.anniversary_window if event_id == p.anniversary else p.window, p.baseline)
            told = {"event_id": str(event_id), "label": str(group["name"].iloc[0])}
            group = group[group["family"].notna()] if group["family"].notna().any() else group
            result = run(series, group, design, context=others, draws=0)[0]
            rows.append(
                {**told, "offset": offset, "dates": "|".join(result.dates)} | {c: getattr(result, c) for c in SIGHTED}
            )
    frame = pd.DataFrame(rows, columns=["event_id", "label", "offset", "dates", *SIGHTED])
    figures = SIGHTED[: SIGHTED.index("status")]
    return frame.astype(dict.fromkeys(figures, "float64")).sort_values(["event_id", "offset"], ignore_index=True)


SIGHTED = [
    "before", "after", "days_before", "days_after", "estimate", "low", "high", "p_placebo", "status", "reason"
]  # fmt: skip


def interruptions(
    series: pd.Series, dates: pd.DataFrame, seed: int = 1, cache: Cache | None = None
) -> list[Interruption]:
    """Step and slope at each date that stands alone, ranked among the steps at other dates of the series.

    The regressions at other dates (`interruption.other_dates`) are the same for every event, so they are fitted once; fits that
    fail are counted as refused. With a folder *cache* the error rates of both tests are measured, or read from there.
    """
    alone = dates[dates["family"].isna()] if len(dates) else dates
    found = [interrupted(series, day, SPAN, placebo_dates=0) for day in alone["date_start"]]
    if not any(one.status == "tested" for one in found):
        return found
    others = series.index[interruption.other_dates(len(series), SPAN)]
    steps = {day: interrupted(series, day, SPAN, placebo_dates=0).step for day in others}
    ranked = [_ranked(one, steps) if one.status == "tested" else one for one in found]
    table = _table(partial(interruption.error_rates, series, list(alone["date_start"]), seed=seed), cache)
    if table is None:
        return ranked
    return [_with_rates(one, series, table) for one in ranked]


def _with_rates(one: Interruption, series: pd.Series, table: pd.DataFrame) -> Interruption:
    if one.status != "tested":
        return one
    attacks = rates.activity(series, [pd.Timestamp(one.date)], range(-SPAN, SPAN))
    by_method = {method: rates.judge(table, method, attacks) for method in ("placebo", "newey_west")}
    return replace(one, error=by_method["placebo"], error_newey_west=by_method["newey_west"])


#: Days on either side of a date to which a step is fitted.
SPAN = 180


def _ranked(one: Interruption, steps: dict[pd.Timestamp, float | None]) -> Interruption:
    others = [step for day, step in steps.items() if f"{day:%Y-%m-%d}" != one.date]
    fitted = np.log([step for step in others if step is not None])
    refused = len(others) - len(fitted)
    assert one.step is not None
    if len(fitted) < LEAST_DATES:
        return replace(
            one, fitted=len(fitted), refused=refused, reason=f"Only {len(fitted)} other dates could be fitted."
        )
    p = float(rank_p(np.log(one.step), fitted))
    return replace(one, p_placebo=p, fitted=len(fitted), refused=refused, reason="")


def _enough(series: pd.Series) -> bool:
    """Whether a self-exciting model can be fitted at all (`excitation.fit` states the bounds)."""
    return int(series.notna().sum()) >= 60 and float(series.sum()) >= 20


def subsets(report: study.Study) -> dict[str, pd.Series]:
    """Return daily counts of the ways of counting that a careful reader would ask for, over the whole series."""
    p, incidents = report.parameters, report.selected
    first, last = report.series.index[0].date().isoformat(), report.series.index[-1].date().isoformat()

    def count(chosen: pd.DataFrame) -> pd.Series:
        return frequency.daily_counts(chosen, report.tables.coverage, first, last, p.thin)

    by_machine = study.select(
        reconcile.reconcile(
            report.mentions, report.tables.sources, report.tables.places, report.tables.actors, report.links.links
        ),
        p,
    )
    chosen = {
        "all that count": report.series,
        "two or more publishers": count(incidents[incidents["publishers"] >= 2]),
        "without the attacker's word alone": count(incidents[incidents["status"] != "claimed_only"]),
        "linked by the machine" if p.link == "coder" else "all, machine's links": count(by_machine),
        "by earliest possible day": count(incidents.assign(date=incidents["date_start"])),
        "by latest possible day": count(incidents.assign(date=incidents["date_end"])),
    }
    for country in p.countries:
        if (incidents["country"] == country).sum() >= 20:
            chosen[f"{country} only"] = count(incidents[incidents["country"] == country])
    return chosen
