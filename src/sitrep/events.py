"""Events as dates in a period: once, every year, every Hijri year, the fortieth day, Quds Day."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import yaml
from hijridate import Gregorian, Hijri

from sitrep.tables import records

RECURRENCES = ("none", "annual", "annual_hijri", "day40", "quds_day")
TIMINGS = ("fixed", "exogenous", "reactive", "defined")
KINDS = ("killing", "strike", "policy", "diplomacy", "war", "truce", "election", "commemoration")
SELECTIONS = ("calendar", "listed", "attack_linked")
DAY40 = 40
"""The fortieth day is 40 days after the date (3 January 2020 gives 12 February 2020): the day itself counts as day 0.
With ``offset=-1`` the day itself counts as day 1."""

RAMADAN = 9
OCCURRENCE_COLUMNS = ["event_id", "name", "date_start", "date_end", "year", "kind", "timing", "selection", "family"]
USER_COLUMNS = ["name", "date_end", "kind", "timing", "selection", "recurrence"]
_HIJRI_MONTHS = {
    "muharram": 1,
    "safar": 2,
    "rabi al-awwal": 3,
    "rabi al-thani": 4,
    "jumada al-ula": 5,
    "jumada al-akhira": 6,
    "rajab": 7,
    "shaban": 8,
    "ramadan": 9,
    "shawwal": 10,
    "dhu al-qada": 11,
    "dhu al-hijja": 12,
}
_NAMED_HIJRI_DAY = re.compile(rf"\b(\d{{1,2}}) ({'|'.join(_HIJRI_MONTHS)})\b", re.IGNORECASE)

Offset = Literal[-1, 0, 1]


def occurrences(events: pd.DataFrame, start: dt.date | str, end: dt.date | str, *, offset: Offset = 0) -> pd.DataFrame:
    """Every date on which the events fall between `start` and `end`, both included.

    `events` has the columns of the events table; the result has one row a date: event_id, name, date_start, date_end
    (local days), year (of date_start), kind, timing, selection, family.

    `family` is the event_id for the dates of a recurring event and missing for a date that stands alone. What an event
    was is no anniversary of itself: a killing or a war recurs from the year after it and its first date stands alone; a
    commemoration is itself a recurrence, so all its years belong to the family. `timing` describes the first date; every
    later recurrence is "fixed", since the calendar made it.

    Conventions: 29 February falls on 28 February in other years. Hijri dates follow the Umm al-Qura calendar; the Hijri day
    is the one that the event's name gives ("Ashura (10 Muharram)"), otherwise that of its date. Day 30 of a month that has
    29 is its 29th. Local sighting may differ by a day: `offset` moves Hijri dates, the bounds of the Ramadan that Quds Day
    ends (it stays a Friday), and the fortieth day by -1 or +1.

    Raises ValueError for an unknown recurrence, an end before its start, or a Hijri name that its own date contradicts.
    """
    first, last = _day(start), _day(end)
    if last < first:
        raise ValueError(f"The period ends ({last}) before it starts ({first}).")
    if offset not in (-1, 0, 1):
        raise ValueError(f"offset is {offset!r}; allowed: -1, 0, 1.")
    rows = [
        row
        for event in events.to_dict("records")
        for row in _dates_of(event, first, last, offset)
        if row["date_start"] <= last and row["date_end"] >= first
    ]
    frame = pd.DataFrame(rows, columns=OCCURRENCE_COLUMNS)
    for column in ("date_start", "date_end"):
        frame[column] = pd.to_datetime(frame[column]).astype("datetime64[s]")
    frame["year"] = frame["year"].astype("int64")
    for column in ("event_id", "name", "kind", "timing", "selection", "family"):
        frame[column] = frame[column].astype("str")
    return frame.sort_values(["date_start", "event_id"], ignore_index=True)


def overlaps(occurrences: pd.DataFrame, window_days: int) -> pd.DataFrame:
    """Pairs of dates whose windows of `window_days` days, counted from date_start, share days.

    One row a pair, in the order of `occurrences`: event_id, date, other_id, other_date, shared_days, share (of the window,
    1 = the same days). What is seen after one of the two cannot be told from what is seen after the other.
    """
    if window_days < 1:
        raise ValueError(f"window_days is {window_days}; allowed: 1 or more.")
    days = pd.to_datetime(occurrences["date_start"]).to_numpy().astype("datetime64[D]").astype(int)
    ids = occurrences["event_id"].to_numpy()
    apart = np.abs(days[:, None] - days[None, :])
    first, second = np.nonzero(np.triu(apart < window_days, k=1))
    shared = window_days - apart[first, second]
    return pd.DataFrame(
        {
            "event_id": ids[first],
            "date": occurrences["date_start"].to_numpy()[first],
            "other_id": ids[second],
            "other_date": occurrences["date_start"].to_numpy()[second],
            "shared_days": shared.astype("int64"),
            "share": shared / window_days,
        }
    )


def read_events(path: Path | str) -> pd.DataFrame:
    """Events of a user's own, from CSV or YAML (a list of mappings).

    Needed: event_id and date (or date_start). Optional: name, date_end, kind, timing, selection, recurrence; actor, source_id
    and note are let pass and not used. What is left out: the name is the event_id, the event lasts one day and does not recur;
    kind, timing and selection stay missing.

    Raises ValueError naming file, row (in YAML the entry), column, what was found and what is allowed.
    """
    return read_located_events(path)[0]


def read_located_events(path: Path | str) -> tuple[pd.DataFrame, list[str]]:
    """`read_events`, and where each event stands in the file ("mine.csv, row 3"), for errors that only show later."""
    path = Path(path)
    rows = _yaml_rows(path) if path.suffix.lower() in {".yaml", ".yml"} else _csv_rows(path)
    seen: dict[str, str] = {}
    for where, row in rows:
        _check_user_row(where, row)
        event_id = row["event_id"]
        if event_id in seen:
            raise ValueError(
                f"{where}, column event_id: found {event_id!r} again ({seen[event_id]}); allowed: each id once."
            )
        seen[event_id] = where.rsplit(", ", 1)[-1]
    if not rows:
        raise ValueError(f"{path.name}: found no event; allowed: one row or more, each with event_id and date.")
    frame = (
        pd.DataFrame([row for _, row in rows]).reindex(columns=["event_id", "date_start", *USER_COLUMNS]).astype("str")
    )
    frame["name"] = frame["name"].fillna(frame["event_id"])
    frame["date_end"] = frame["date_end"].fillna(frame["date_start"])
    frame["recurrence"] = frame["recurrence"].fillna("none")
    for column in ("date_start", "date_end"):
        frame[column] = pd.to_datetime(frame[column], format="%Y-%m-%d").astype("datetime64[s]")
    return frame, [where for where, _ in rows]


def _csv_rows(path: Path) -> list[tuple[str, dict[str, str]]]:
    """Where each row stands, and its cells that are not empty."""
    lines = [(line, cells) for line, cells in records(path) if cells]
    header = ["date_start" if name == "date" else name for name in (lines[0][1] if lines else [])]
    _check_columns(path.name, header)
    rows = []
    for line, cells in lines[1:]:
        if len(cells) != len(header):
            raise ValueError(
                f"{path.name}, row {line}: found {len(cells)} cells; allowed: {len(header)}, as in the header."
            )
        filled = {name: cell.strip() for name, cell in zip(header, cells, strict=True) if cell.strip()}
        rows.append((f"{path.name}, row {line}", filled))
    return rows


def _yaml_rows(path: Path) -> list[tuple[str, dict[str, str]]]:
    """Where each entry stands, and its values as text."""
    try:
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise ValueError(f"{path.name}: found byte {error.object[error.start]:#04x}; allowed: UTF-8 text.") from None
    except (yaml.YAMLError, ValueError) as error:  # a day that does not exist is a ValueError
        raise ValueError(f"{path.name}: not YAML: {error}") from None
    if not isinstance(loaded, list) or not all(isinstance(item, dict) for item in loaded):
        other = [item for item in loaded if not isinstance(item, dict)] if isinstance(loaded, list) else [loaded]
        raise ValueError(
            f"{path.name}: found {_what(other[0])}; allowed: a list of mappings, each with event_id and date."
        )
    rows = []
    for number, item in enumerate(loaded, start=1):
        named = {"date_start" if name == "date" else str(name): value for name, value in item.items()}
        where = f"{path.name}, entry {number}"
        if len(named) < len(item):
            raise ValueError(f"{where}: found both date and date_start; allowed: one of them.")
        for name, value in named.items():
            if isinstance(value, (list, dict)):
                raise ValueError(f"{where}, column {name}: found {_what(value)}; allowed: one value.")
        _check_columns(where, list(named))
        rows.append((where, {name: str(value) for name, value in named.items() if value is not None and value != ""}))
    return rows


def _what(loaded: object) -> str:
    """What stands in a YAML file, in words."""
    words = {dict: "a mapping", list: "a list", type(None): "nothing"}
    return words.get(type(loaded), repr(loaded))


def _check_columns(where: str, names: Sequence[str]) -> None:
    allowed = ["event_id", "date_start", *USER_COLUMNS, "actor", "source_id", "note"]
    words = ", ".join("date" if name == "date_start" else name for name in allowed)
    for column in ("event_id", "date_start"):
        if column not in names:
            shown = "date" if column == "date_start" else column
            raise ValueError(f"{where}: the column {shown} is missing; found {', '.join(names) or 'nothing'}.")
    unknown = sorted(set(names) - set(allowed))
    if unknown:
        raise ValueError(f"{where}: unknown column(s) {', '.join(unknown)}; allowed: {words}.")
    twice = sorted({"date" if n == "date_start" else n for n in names if list(names).count(n) > 1})
    if twice:
        raise ValueError(f"{where}: found {', '.join(twice)} more than once; allowed: each column once.")


def _check_user_row(where: str, row: Mapping[str, str]) -> None:
    if "event_id" not in row:
        raise ValueError(f"{where}, column event_id: empty; allowed: a name of your own.")
    for column in ("date_start", "date_end"):
        cell = row.get(column, "" if column == "date_start" else row.get("date_start", ""))
        if not _is_day(cell):
            shown = "date" if column == "date_start" else column
            raise ValueError(f"{where}, column {shown}: found {cell!r}; allowed: a date as YYYY-MM-DD.")
    if row.get("date_end", row["date_start"]) < row["date_start"]:
        raise ValueError(
            f"{where}, column date_end: found {row['date_end']!r}; allowed: {row['date_start']} (its date) or later."
        )
    choices = {"recurrence": RECURRENCES, "timing": TIMINGS, "kind": KINDS, "selection": SELECTIONS}
    for column, allowed in choices.items():
        if column in row and row[column] not in allowed:
            raise ValueError(f"{where}, column {column}: found {row[column]!r}; allowed: {', '.join(allowed)}.")


def _is_day(cell: str) -> bool:
    """Whether a cell is written YYYY-MM-DD and exists; `date.fromisoformat` takes 20240103 as well."""
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", cell):
        return False
    try:
        dt.date.fromisoformat(cell)
    except ValueError:
        return False
    return True


def _dates_of(event: Mapping[Any, Any], first: dt.date, last: dt.date, offset: int) -> Iterator[dict[str, Any]]:
    start, end = _day(event["date_start"]), _day(event["date_end"])
    recurrence = "none" if _missing(event.get("recurrence")) else event["recurrence"]
    if recurrence not in RECURRENCES:
        raise ValueError(
            f"Event {event['event_id']}, column recurrence: found {recurrence!r}; allowed: {', '.join(RECURRENCES)}."
        )
    if end < start:
        raise ValueError(f"Event {event['event_id']}: date_end {end} is before date_start {start}.")
    length = end - start

    def row(begin: dt.date, finish: dt.date, *, recurring: bool) -> dict[str, Any]:
        return {
            "event_id": event["event_id"],
            "name": event["name"],
            "date_start": begin,
            "date_end": finish,
            "year": begin.year,
            "kind": event.get("kind"),
            "timing": "fixed" if recurring else event.get("timing"),
            "selection": event.get("selection"),
            "family": event["event_id"] if recurring else None,
        }

    if recurrence == "none":
        yield row(start, end, recurring=False)
    elif recurrence == "day40":
        begin = start + dt.timedelta(days=DAY40 + offset)
        yield {**row(begin, begin + length, recurring=True), "family": None}
    elif recurrence == "annual":
        commemoration = event.get("kind") == "commemoration"
        if not commemoration:
            yield row(start, end, recurring=False)
        earliest = first.year - 1 if commemoration else max(start.year + 1, first.year - 1)
        for year in range(earliest, last.year + 1):
            begin = _in_year(start, year)
            yield row(begin, begin + length, recurring=True)
    elif recurrence == "annual_hijri":
        month, day = _hijri_day(event, start)
        commemoration = event.get("kind") == "commemoration"
        if not commemoration:
            yield row(start, end, recurring=False)
        for year in _hijri_years(first, last):
            begin = _from_hijri(year, month, day) + dt.timedelta(days=offset)
            # half a year on, it is no longer the event's own day seen a day early or late
            if commemoration or begin > start + dt.timedelta(days=180):
                yield row(begin, begin + _hijri_length(start, end, year, month, day), recurring=True)
    else:
        for year in _hijri_years(first, last):
            begin = _quds_day(year, offset)
            yield row(begin, begin + length, recurring=True)


def _in_year(day: dt.date, year: int) -> dt.date:
    return day.replace(year=year, day=min(day.day, calendar.monthrange(year, day.month)[1]))


def _hijri_years(first: dt.date, last: dt.date) -> range:
    return range(_to_hijri(first)[0] - 1, _to_hijri(last)[0] + 1)


def _to_hijri(day: dt.date) -> tuple[int, int, int]:
    hijri = Gregorian(day.year, day.month, day.day).to_hijri()
    return hijri.year, hijri.month, hijri.day


def _from_hijri(year: int, month: int, day: int) -> dt.date:
    length: int = Hijri(year, month, 1).month_length()
    gregorian = Hijri(year, month, min(day, length)).to_gregorian()
    return dt.date(gregorian.year, gregorian.month, gregorian.day)


def _hijri_day(event: Mapping[Any, Any], anchor: dt.date) -> tuple[int, int]:
    year, month, day = _to_hijri(anchor)
    named = _NAMED_HIJRI_DAY.search(str(event["name"]))
    if named is None:
        return month, day
    wanted = _HIJRI_MONTHS[named.group(2).lower()], int(named.group(1))
    apart = min(abs((_from_hijri(y, *wanted) - anchor).days) for y in (year - 1, year, year + 1))
    if apart > 2:
        raise ValueError(
            f"Event {event['event_id']}: the name says {named.group(0)}, but {anchor} is {apart} days away from it."
        )
    return wanted


def _hijri_length(start: dt.date, end: dt.date, year: int, month: int, day: int) -> dt.timedelta:
    """The event's length, kept in Hijri days, so that a month-long event ends with its month."""
    if start == end:
        return dt.timedelta(0)
    y0, _, _ = _to_hijri(start)
    y1, m1, d1 = _to_hijri(end)
    return _from_hijri(year + y1 - y0, m1, d1) - _from_hijri(year, month, day)


def _quds_day(year: int, offset: int) -> dt.date:
    last_of_ramadan = _from_hijri(year, RAMADAN, 30) + dt.timedelta(days=offset)
    return last_of_ramadan - dt.timedelta(days=(last_of_ramadan.weekday() - calendar.FRIDAY) % 7)


def _day(value: Any) -> dt.date:
    return pd.Timestamp(value).date()


def _missing(value: Any) -> bool:
    return value is None or value == "" or bool(pd.isna(value))
