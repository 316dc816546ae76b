"""The same tests on any daily counts and any dates, from two CSV files, with no other table."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from sitrep.escalation.calibration import at_its_dates, calibrate_at_dates, exact_at_its_dates, false_positive_rate
from sitrep.escalation.design import Design
from sitrep.escalation.placebo import compare_shifts
from sitrep.escalation.rate_ratio import recurring_from, windows
from sitrep.escalation.reference import circular_reference
from sitrep.escalation.result import Result
from sitrep.escalation.run import run
from sitrep.events import occurrences, read_located_events
from sitrep.tables import records

COLUMNS = [
    "event_id",
    "dates",
    "method",
    "status",
    "after",
    "before",
    "days_after",
    "days_before",
    "estimate",
    "low",
    "high",
    "p",
    "p_placebo",
    "p_adjusted",
    "minimum_detectable_ratio",
    "minimum_detectable_fall",
    "false_positive_rate",
    "reason",
]
SIMULATED = 100
"""Series a model that false-positive rates are measured on."""

DIGITS = 6
"""A count has at most so many: no day has a million attacks."""

COUNT = re.compile(rf"\d{{1,{DIGITS}}}(\.0+)?", re.ASCII)
"""A whole number, also as programs write one that has gaps in its column: 3.0."""

NOT_RELIED_ON = "Takes attacks for independent of one another; shown, not relied on and not adjusted."


def read_counts(path: Path | str) -> pd.Series:
    """Daily counts from a CSV with the columns date and count, one row for every day in any order; an empty count is missing.

    A day without a row is an error, because it could mean no attack as well as not known. Raises ValueError naming file, row,
    column, what was found and what is allowed.
    """
    path = Path(path)
    (_, header), *rows = records(path) or [(1, [])]
    if sorted(header) != ["count", "date"]:
        missing = [name for name in ("date", "count") if name not in header]
        fault = f"the column {missing[0]} is missing" if missing else "there are other columns"
        raise ValueError(f"{path.name}, row 1: {fault}; found {', '.join(header) or 'nothing'}; allowed: date, count.")
    values: dict[pd.Timestamp, float] = {}
    places: dict[pd.Timestamp, int] = {}
    for row, cells in rows:
        if not cells:
            continue
        if len(cells) != 2:
            raise ValueError(f"{path.name}, row {row}: found {len(cells)} cells; allowed: 2, a date and a count.")
        day, count = (cells[header.index(name)].strip() for name in ("date", "count"))
        date = _day(day, f"{path.name}, row {row}")
        if date in values:
            raise ValueError(
                f"{path.name}, row {row}, column date: {day} is there twice (row {places[date]}); allowed: each day once."
            )
        if count and not COUNT.fullmatch(count):
            raise ValueError(
                f"{path.name}, row {row}, column count: found {count!r}; allowed: a whole number from 0 to {10**DIGITS - 1:,}, or "
                "nothing."
            )
        values[date], places[date] = float(count) if count else float("nan"), row
    if not values:
        raise ValueError(f"{path.name}: no day is there; allowed: one row a day.")
    counts = pd.Series(values).sort_index()
    every = pd.date_range(counts.index[0], counts.index[-1], name="date")
    if len(every) > len(counts):
        gap = next(day for day in every if day not in values)
        row = places[counts.index[counts.index > gap][0]]
        raise ValueError(
            f"{path.name}, row {row}, column date: {gap:%Y-%m-%d} is not there before it; allowed: a row for every day, with "
            "0 where there was no attack and an empty count where nothing is known."
        )
    return counts.reindex(every)


def _day(text: str, where: str) -> pd.Timestamp:
    try:
        if len(text) != len("YYYY-MM-DD"):
            raise ValueError
        return pd.Timestamp(dt.date.fromisoformat(text))
    except ValueError:
        raise ValueError(f"{where}, column date: found {text!r}; allowed: a day as YYYY-MM-DD.") from None


def escalate(
    counts_csv: Path | str,
    events_csv: Path | str,
    window: int = 7,
    baseline: int = 28,
    draws: int = 9_999,
    seed: int = 1,
) -> pd.DataFrame:
    """Test every event of `events_csv` (event_id, date[, recurrence, timing, ...]) on the counts of `counts_csv` (date, count).

    Two rows an event or family, columns `COLUMNS`: the exact test, and the placebo test that its rules choose (see
    `sitrep.escalation.run`); and two for the dates of all events pooled, compared with the same dates moved together around the
    series (`draws` of the shifts where there are more). Events that answer attacks or are defined by them are not pooled: after a
    burst attacks fall by themselves. Adjusted p-values: Benjamini and Hochberg over the events; the pooled test is one more
    question and not among them. False-positive rates are measured on series simulated from this one, in windows as active as
    the event's. Where a row lacks a figure its `reason` says why.

    Raises ValueError for a fault in a file, a number out of range, or events of which no date lies in the series: all of them.
    """
    for name, value, least in (("draws", draws, 1), ("seed", seed, 0)):
        if value < least:
            raise ValueError(f"{name} is {value}; allowed: {least} or more.")
    design = Design(window, baseline)
    counts = read_counts(counts_csv)
    events, places = read_located_events(events_csv)
    start, end = counts.index[0], counts.index[-1]
    found = occurrences(events, start, end)
    found = found[found["date_start"].between(start, end)].reset_index(drop=True)
    outside = [
        f"{place}, {event_id} ({date:%Y-%m-%d})"
        for place, event_id, date in zip(places, events["event_id"], events["date_start"], strict=True)
        if event_id not in set(found["event_id"])
    ]
    if outside:
        raise ValueError(f"No date lies in the series ({start:%Y-%m-%d} to {end:%Y-%m-%d}): {'; '.join(outside)}.")
    results = run(counts, found, design, seed=seed, draws=SIMULATED)
    rows = [row for result in results for row in _rows(result)]
    return pd.DataFrame(rows + _pooled(counts, results, design, draws, seed), columns=COLUMNS)


def _pooled(
    counts: pd.Series, results: Sequence[Result], design: Design, draws: int, seed: int
) -> list[dict[str, object]]:
    chosen = [r for r in results if r.status != "drawn" and r.timing != "reactive"]
    # Two events of one day are one date: counted twice it would weigh twice.
    dates = sorted({pd.Timestamp(day) for result in chosen for day in result.dates})
    if len(chosen) < 2 or len(dates) < 2:
        why = "Nothing to pool: fewer than two events, or one date, that are tested and do not answer attacks."
        return _rows(Result("pooled", "all events", "All events", "refused", reason=why))
    at = windows(counts, design)
    result = recurring_from(at, list(dates), event_id="all events", label="All events", method="pooled")
    if result.status == "tested":
        shifts = circular_reference(at, dates, draws=draws, seed=seed)
        result = compare_shifts(at, result, dates, shifts=shifts)
    if result.status == "tested" and result.after is not None and result.before is not None:
        table = calibrate_at_dates(counts, {"pooled": dates}, design, seed, around=True)
        attacks = result.after + result.before
        rate, high = false_positive_rate(table, at_its_dates("pooled"), attacks)
        exact, _ = false_positive_rate(table, exact_at_its_dates("pooled"), attacks)
        left_out = len(results) - len(chosen)
        result = result.but(
            false_positive_rate=rate,
            false_positive_high=high,
            exact_false_positive_rate=exact,
            reason="One question more, not among those adjusted."
            + (f" Events not pooled, because they answer attacks or are not tested: {left_out}." if left_out else ""),
        )
    return _rows(result)


def _rows(result: Result) -> list[dict[str, object]]:
    shared = {
        name: getattr(result, name) for name in ("event_id", "status", "after", "before", "days_after", "days_before")
    }
    shared |= {"dates": "|".join(result.dates), "estimate": result.estimate}
    exact = {
        "method": "exact",
        "low": result.low,
        "high": result.high,
        "p": result.p,
        "false_positive_rate": result.exact_false_positive_rate if result.p is not None else None,
        "reason": NOT_RELIED_ON if result.status == "tested" else result.reason,
    }
    placebo = {
        "method": f"placebo: {result.judged_on.replace('_', ' ')}" if result.judged_on else "placebo",
        "p_placebo": result.p_judged if result.p_judged is not None else result.p_placebo,
        "p_adjusted": result.p_adjusted,
        "minimum_detectable_ratio": result.minimum_detectable,
        "minimum_detectable_fall": result.minimum_detectable_fall,
        "false_positive_rate": result.false_positive_rate,
        "reason": " ".join(part for part in (result.reason, result.caveat) if part),
    }
    return [shared | exact, shared | placebo]
