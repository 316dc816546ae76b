"""The same tests on any daily counts and any dates, from two CSV files, with no other table."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import pandas as pd

from sitrep.escalation.calibration import calibrate, false_positive_rate
from sitrep.escalation.design import Design
from sitrep.escalation.placebo import compare_shifts
from sitrep.escalation.rate_ratio import recurring_from, windows
from sitrep.escalation.reference import circular_reference
from sitrep.escalation.result import Result
from sitrep.escalation.run import run
from sitrep.events import occurrences, read_events

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
    "false_positive_rate",
    "reason",
]
SIMULATED = 100
"""Series a model that false-positive rates are measured on."""


#: A count has at most so many digits: the exact test's memory grows with it, and no day has a million attacks.
DIGITS = 6


def read_counts(path: Path | str) -> pd.Series:
    """Daily counts from a CSV with the columns date and count, one row for every day in any order; an empty count is missing.

    A day without a row is an error, because it could mean no attack as well as not known. Raises ValueError naming file, row,
    column, what was found and what is allowed.
    """
    path = Path(path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = list(csv.reader(file)) or [[]]
    if sorted(header) != ["count", "date"]:
        missing = [name for name in ("date", "count") if name not in header]
        fault = f"the column {missing[0]} is missing" if missing else "there are other columns"
        raise ValueError(f"{path.name}, row 1: {fault}; found {', '.join(header) or 'nothing'}; allowed: date, count.")
    values: dict[pd.Timestamp, float] = {}
    places: dict[pd.Timestamp, int] = {}
    for row, cells in enumerate(rows, start=2):
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
        if count and not (count.isascii() and count.isdecimal() and len(count) <= DIGITS):
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
    `sitrep.escalation.run`); and two for all dates pooled, compared with the same dates moved together around the series
    (`draws` of the shifts where there are more). Adjusted p-values: Benjamini and Hochberg over the events. False-positive
    rates are measured on series simulated from this one, in windows as active as the event's.

    Raises ValueError for a fault in a file, or an event of which no date lies in the series.
    """
    counts = read_counts(counts_csv)
    events = read_events(events_csv)
    start, end = counts.index[0], counts.index[-1]
    found = occurrences(events, start, end)
    found = found[found["date_start"].between(start, end)].reset_index(drop=True)
    outside = sorted(set(events["event_id"]) - set(found["event_id"]))
    if outside:
        raise ValueError(
            f"{Path(events_csv).name}: no date of {', '.join(outside)} lies in the series ({start:%Y-%m-%d} to {end:%Y-%m-%d})."
        )
    design = Design(window, baseline)
    results = run(counts, found, design, seed=seed, draws=SIMULATED)
    rows = [row for result in results for row in _rows(result)]
    return pd.DataFrame(rows + _pooled(counts, found, design, draws, seed), columns=COLUMNS)


def _pooled(counts: pd.Series, found: pd.DataFrame, design: Design, draws: int, seed: int) -> list[dict[str, object]]:
    # Two events of one day are one date: counted twice it would weigh twice.
    dates = sorted(set(found["date_start"]))
    at = windows(counts, design)
    result = recurring_from(at, list(dates), event_id="all events", label="All events", method="pooled")
    if result.status == "tested":
        shifts = circular_reference(at, dates, draws=draws, seed=seed)
        result = compare_shifts(at, result, dates, shifts=shifts)
    if result.status == "tested" and result.after is not None and result.before is not None:
        table = calibrate(counts, design, seed, SIMULATED, pooled=dates, ratios=())
        rate, high = false_positive_rate(table, "pooled", result.after + result.before)
        result = result.but(false_positive_rate=rate, false_positive_high=high)
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
        "false_positive_rate": result.exact_false_positive_rate,
        "reason": "" if result.status == "tested" else result.reason,
    }
    placebo = {
        "method": f"placebo: {result.judged_on.replace('_', ' ')}" if result.judged_on else "placebo",
        "p_placebo": result.p_judged if result.p_judged is not None else result.p_placebo,
        "p_adjusted": result.p_adjusted,
        "minimum_detectable_ratio": result.minimum_detectable,
        "false_positive_rate": result.false_positive_rate,
        "reason": result.reason,
    }
    return [shared | exact, shared | placebo]
