"""All tests of a report in one call: every event, every family, adjusted for their number and calibrated on the series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from sitrep.escalation import calibration
from sitrep.escalation.calibration import HEADLINE_LIMIT, false_positive_rate, family_method
from sitrep.escalation.multiplicity import benjamini_hochberg, holm
from sitrep.escalation.placebo import compare, compare_dates, refuse_few_dates
from sitrep.escalation.rate_ratio import Date, Windows, recurring_from, windows
from sitrep.escalation.reference import shifts_reference
from sitrep.escalation.result import Result
from sitrep.events import overlaps

INSEPARABLE = 0.5
"""Two windows that share at least this part of their days are reported as inseparable."""


@dataclass(frozen=True)
class _Test:
    """One event or family on its way to a result, with the name of the method it is calibrated under."""

    result: Result
    method: str


def run(
    counts: pd.Series,
    occurrences: pd.DataFrame,
    window: int = 7,
    baseline: int = 28,
    *,
    guard: int = 0,
    min_known: float = 0.5,
    seed: int = 1,
    confirmatory: Sequence[str] = (),
    context: pd.DataFrame | None = None,
    tolerance: float = 0.25,
    cache: Path | str | None = None,
    draws: int = 200,
) -> list[Result]:
    """One result for every date that stands alone and one for every family of recurring dates, in the order of `occurrences`.

    `counts`: daily, NaN where coverage is thin. `occurrences`: as `sitrep.events.occurrences` gives them. `context`: the
    occurrences of all known events, so that a date that shares its days with an untested event is told; `occurrences` alone
    where None. `confirmatory`: ids of the events named beforehand; of an event with anniversaries, the anniversaries.
    `cache`: the folder of calibration tables; None calibrates afresh. `draws`: simulated series a model; 0 leaves the
    false-positive rates out, and without them nothing is a headline.

    Rules: an event defined by the attacks, or sharing half its window with one that is, is drawn and not tested. A reactive
    event is compared with dates of a like run-up (`tolerance`), any other with dates of like activity, a family with joint
    shifts of its dates. p-values of confirmatory events are adjusted by Holm among themselves, all others by Benjamini and
    Hochberg among themselves. A headline is a confirmatory test whose false-positive rate in its stratum has an upper limit
    of at most 7.5%.

    Raises ValueError for a date outside the series, or a confirmatory id that is unknown or cannot be confirmatory.
    """
    at = windows(counts, window, baseline, guard, min_known)
    if occurrences.empty or not len(at.dates):
        reason = "No event falls in the period." if len(at.dates) else "The series of counts is empty."
        return [Result("single", "", "No event", "refused", reason=reason)]
    chosen = _confirmatory(occurrences, confirmatory)
    shared = _shared(occurrences, occurrences if context is None else context, window)
    tests: list[_Test] = []
    families: list[list[Date]] = []
    for (event_id, family), group in occurrences.groupby(["event_id", "family"], sort=False, dropna=False):
        if pd.isna(family):
            tests += [
                _single(at, row, shared.get((event_id, row.date_start), []), tolerance, seed)
                for row in group.itertuples()
            ]
        else:
            dates: list[Date] = list(group["date_start"])
            families.append(dates)
            tests.append(_family(at, group, dates, shared, seed))
    table = _calibration(counts, window, baseline, seed, draws, cache, guard, min_known, families, tolerance)
    results = [_calibrated(test, table) for test in tests]
    with_family = set(occurrences.loc[occurrences["family"].notna(), "event_id"])
    return _adjusted(
        [
            result.but(
                confirmatory=result.event_id in chosen
                and (result.method == "family" or result.event_id not in with_family)
            )
            for result in results
        ]
    )


def each_date(
    counts: pd.Series,
    occurrences: pd.DataFrame,
    window: int = 7,
    baseline: int = 28,
    *,
    guard: int = 0,
    min_known: float = 0.5,
) -> list[Result]:
    """The exact rate ratio of every occurrence by itself, for a forest plot by year; no placebo, so no claim by year."""
    at = windows(counts, window, baseline, guard, min_known)
    return [
        recurring_from(at, [row.date_start], event_id=row.event_id, label=_label(row), method="single").but(
            timing=_text(row.timing), selection=_text(row.selection)
        )
        for row in occurrences.itertuples()
    ]


def _single(at: Windows, row: object, shares: list[str], tolerance: float, seed: int) -> _Test:
    date, timing = row.date_start, _text(row.timing)  # type: ignore[attr-defined]
    result = recurring_from(at, [date], event_id=row.event_id, label=_label(row), method="single")  # type: ignore[attr-defined]
    result = result.but(timing=timing, selection=_text(row.selection))  # type: ignore[attr-defined]
    result = result.but(assumptions=(*result.assumptions, *(text for text in shares if not text.startswith("!"))))
    circular = [text[1:] for text in shares if text.startswith("!")]
    if timing == "defined" and result.status in ("tested", "uninformative"):
        why = "Its date is defined by the attacks themselves, so a test would be circular."
        return _Test(result.but(status="drawn", p=None, reason=why), "")
    if circular and result.status == "tested":
        return _Test(result.but(status="drawn", p=None, reason=" ".join(circular)), "")
    if not timing:
        note = "Why the event has its date is not stated; it is taken not to answer attacks."
        result = result.but(assumptions=(*result.assumptions, note))
    matched = timing == "reactive"
    return _Test(
        compare_dates(at, result, matched=matched, tolerance=tolerance, seed=seed),
        "placebo_run_up" if matched else "placebo",
    )


def _family(at: Windows, group: pd.DataFrame, dates: list[Date], shared: dict, seed: int) -> _Test:
    first = group.iloc[0]
    years = group["year"]
    label = f"{first['name']}, {len(dates)} dates {years.min()} to {years.max()}"
    result = recurring_from(at, dates, event_id=first["event_id"], label=label, method="family")
    result = result.but(timing="fixed", selection=_text(first["selection"]))
    told = [text.lstrip("!") for date in dates for text in shared.get((first["event_id"], date), [])]
    result = refuse_few_dates(result.but(assumptions=(*result.assumptions, *told)), len(dates))
    return _Test(compare(result, shifts_reference(at, dates), kind="shifts", seed=seed), family_method(dates))


def _shared(occurrences: pd.DataFrame, context: pd.DataFrame, window: int) -> dict[tuple[str, pd.Timestamp], list[str]]:
    """By event and date: sentences on events that share days with it; those that forbid a test begin with "!"."""
    everything = pd.concat([occurrences, context]).drop_duplicates(["event_id", "date_start"]).reset_index(drop=True)
    timing = {(row.event_id, row.date_start): _text(row.timing) for row in everything.itertuples()}
    names = dict(zip(everything["event_id"], everything["name"], strict=True))
    found: dict[tuple[str, pd.Timestamp], list[str]] = {}
    pairs = overlaps(everything, window)
    for row in pairs[pairs["share"] >= INSEPARABLE].itertuples():
        for mine, other in (
            ((row.event_id, row.date), (row.other_id, row.other_date)),
            ((row.other_id, row.other_date), (row.event_id, row.date)),
        ):
            circular = timing[other] == "defined" and timing[mine] != "defined"
            text = (
                f"Inseparable from {names[other[0]]!r} ({other[1]:%Y-%m-%d}): {row.shared_days} of {window} days are shared"
                + (", and that date is defined by the attacks." if circular else ".")
            )
            found.setdefault(mine, []).append(("!" if circular else "") + text)
    return found


def _confirmatory(occurrences: pd.DataFrame, ids: Sequence[str]) -> set[str]:
    for event_id in ids:
        rows = occurrences[occurrences["event_id"] == event_id]
        if rows.empty:
            known = ", ".join(sorted(set(occurrences["event_id"])))
            raise ValueError(f"confirmatory: no event {event_id!r} in the period; there are {known}.")
        rows = rows[rows["family"].notna()] if rows["family"].notna().any() else rows
        if (rows["selection"] == "attack_linked").any() or (rows["timing"] == "defined").any():
            raise ValueError(
                f"confirmatory: {event_id!r} was chosen because of attacks or is defined by them; it cannot be confirmatory."
            )
    return set(ids)


def _calibration(
    counts: pd.Series,
    window: int,
    baseline: int,
    seed: int,
    draws: int,
    cache: Path | str | None,
    guard: int,
    min_known: float,
    families: list[list[Date]],
    tolerance: float,
) -> pd.DataFrame | None:
    if draws == 0:
        return None
    options = {"guard": guard, "min_known": min_known, "families": families, "tolerance": tolerance}
    if cache is None:
        return calibration.calibrate(counts, window, baseline, seed, draws, **options)  # type: ignore[arg-type]
    return calibration.cached(counts, window, baseline, seed, draws, folder=cache, **options)


def _calibrated(test: _Test, table: pd.DataFrame | None) -> Result:
    result = test.result
    if result.status != "tested" or table is None or result.after is None or result.before is None:
        return result
    attacks = result.after + result.before
    rate, high = false_positive_rate(table, test.method, attacks)
    exact, _ = false_positive_rate(table, "exact", attacks)
    if result.method == "family":
        exact = None
    return result.but(false_positive_rate=rate, false_positive_high=high, exact_false_positive_rate=exact)


def _adjusted(results: list[Result]) -> list[Result]:
    tested = [i for i, r in enumerate(results) if r.status == "tested" and r.p_placebo is not None]
    for chosen, adjust, name in ((True, holm, "Holm's"), (False, benjamini_hochberg, "Benjamini and Hochberg's")):
        places = [i for i in tested if results[i].confirmatory is chosen]
        values = adjust([results[i].p_placebo or 0.0 for i in places])
        kind = "confirmatory" if chosen else "exploratory"
        words = f"{name} adjustment for {len(places)} {kind} test{'s' if len(places) != 1 else ''}"
        for i, value in zip(places, values, strict=True):
            results[i] = _judged(results[i].but(p_adjusted=float(value), adjustment=words))
    return results


def _judged(result: Result) -> Result:
    if not result.confirmatory:
        return result
    high = result.false_positive_high
    if high is None:
        return result.but(reason="No headline: the false-positive rate of this test was not measured here.")
    if high > HEADLINE_LIMIT:
        return result.but(
            reason=f"No headline: on simulated series this test rejects up to {high:.1%} of the time at a nominal 5%."
        )
    return result.but(headline=True)


def _label(row: object) -> str:
    return f"{row.name}, {row.date_start.day} {row.date_start:%B %Y}"  # type: ignore[attr-defined]


def _text(value: object) -> str:
    return "" if value is None or value != value else str(value)
