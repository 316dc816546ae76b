"""Find every fault in a folder of tables at once: shape, types, values, keys between tables, order.

The rules follow from the declarations in :mod:`sitrep.tables`; the few that span rows or tables are the
functions in :data:`RULES`. Cells are checked as the text that stands in the file, so nothing is coerced
before it is judged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from re import fullmatch

import pandas as pd
import pandera.pandas as pa
from rapidfuzz import process

from sitrep.tables import TABLES, WRITTEN, Column, Fault, Table, TableError, ragged, records, well_written

# Days that an interval may have for each date_prec. The lower limit is 2 from precision 2 on, not the
# nominal one, because intervals are clipped to the publication date; one day is always precision 1.
INTERVAL_DAYS = {"1": (1, 1), "2": (2, 6), "3": (2, 7), "4": (2, 31), "5": (2, 366)}

# A page may bear the date of another time zone, so an attack may begin one day after it and no more.
ZONE = timedelta(days=1)

LIKELY = 75.0  # of 100: how alike a known value must be to be suggested for an unknown one


@dataclass(frozen=True)
class Folder:
    """The text of the tables that could be read, by name, each row indexed by its line in the file."""

    path: Path
    frames: dict[str, pd.DataFrame]
    seeds: Path | None = None

    def has(self, table: str, *columns: str) -> bool:
        """Whether the table was read and has these columns."""
        return table in self.frames and set(columns) <= set(self.frames[table].columns)

    def rows(self, table: str, *columns: str) -> Iterator[tuple[int, tuple[str, ...]]]:
        """Line and cells of these columns; nothing where the table or one of them could not be read."""
        if self.has(table, *columns):
            frame = self.frames[table]
            yield from zip(frame.index, zip(*(frame[column] for column in columns), strict=True), strict=True)

    def fault(self, table: str, row: int, column: str, value: str, allowed: str, hint: str = "") -> Fault:
        """A fault in one of the tables."""
        return Fault(str(self.path / f"{table}.csv"), row, column, value, allowed, hint)


def check(folder: Path, seeds: Path | None = None) -> list[Fault]:
    """Every fault of the tables in `folder`, table by table and line by line; an empty list if there is none.

    `seeds`, where given, is the folder in which the files named in sources.seed_file must be.
    """
    folder = Path(folder)
    faults: list[Fault] = []
    frames: dict[str, pd.DataFrame] = {}
    for table in TABLES:
        frame, found = load(table, folder / table.file)
        faults += found
        if frame is not None:
            frames[table.name] = frame
            faults += cell_faults(table, frame, folder / table.file)
    data = Folder(folder, frames, seeds)
    for rule in RULES:
        faults += rule(data)
    order = {str(folder / table.file): number for number, table in enumerate(TABLES)}
    return sorted(faults, key=lambda fault: (order[fault.file], fault.row or 0))


# --- one file -----------------------------------------------------------------------------------------


def load(table: Table, path: Path) -> tuple[pd.DataFrame | None, list[Fault]]:
    """The text of one file and the faults of its shape.

    Rows that do not fit the header and columns that are not declared, or stand there twice, are reported
    and left out, so that the rest can be checked. None if the file cannot be read at all.
    """
    if table.optional and not path.exists():
        return None, []
    try:
        rows = records(path)
    except TableError as error:
        return None, [error.fault]
    names = [column.name for column in table.columns]
    if not rows:
        return None, [Fault(str(path), 1, "", "an empty file", "the header " + ",".join(names))]
    header = rows[0][1]
    faults = [
        Fault(str(path), 1, name, "no such column", "every column declared") for name in names if name not in header
    ]
    for name, times in Counter(header).items():
        if name not in names:
            faults.append(Fault(str(path), 1, name, name, ", ".join(names), suggestion(name, names)))
        elif times > 1:
            faults.append(Fault(str(path), 1, name, f"{times} columns of this name", "one"))
    faults += [ragged(path, line, cells, header) for line, cells in rows[1:] if len(cells) != len(header)]
    whole = [(line, cells) for line, cells in rows[1:] if len(cells) == len(header)]
    lines = pd.Index([line for line, _ in whole], name="line", dtype="int64")
    columns = {
        name: pd.Series([cells[header.index(name)] for _, cells in whole], index=lines, dtype="str")
        for name in names
        if header.count(name) == 1
    }
    return pd.DataFrame(columns, index=lines), faults


def misfits(column: Column, cell: str) -> list[tuple[str, str]]:
    """The values in a cell (not empty) that its column does not allow, each with what is allowed."""
    parts = cell.split("|") if column.many else [cell]
    found = []
    for part in parts:
        if column.many and not part:
            found.append((cell, "no empty value beside a bar"))
        elif not well_written(part, column.kind):
            found.append((part, WRITTEN[column.kind][1]))
        elif column.allowed and part not in column.allowed:
            found.append((part, ", ".join(column.allowed)))
        elif column.form and not fullmatch(column.form[0], part):
            found.append((part, column.form[1]))
    if column.many:
        found += [(part, "each value once") for part, times in Counter(parts).items() if part and times > 1]
    return found


@cache
def schema(table: Table) -> pa.DataFrameSchema:
    """The pandera schema of a table's text: cells required, keys unique, every value as declared."""

    def fits(column: Column) -> pa.Check:
        return pa.Check(lambda cells: cells.map(lambda cell: not misfits(column, cell)), name="fits")

    return pa.DataFrameSchema(
        {
            column.name: pa.Column(
                "str",
                fits(column),
                nullable=not column.required,
                unique=column.name == table.key,
                report_duplicates="exclude_first",
                required=False,  # a missing column is reported with the header
            )
            for column in table.columns
        },
        name=table.name,
    )


def cell_faults(table: Table, frame: pd.DataFrame, path: Path) -> list[Fault]:
    """The faults that pandera finds in single cells and in the key, all at once."""
    known = frame.where(frame != "")
    try:
        schema(table).validate(known, lazy=True)
    except pa.errors.SchemaErrors as error:
        cases = error.failure_cases
    else:
        return []
    faults = []
    for name, rule, line, value in zip(
        cases["column"], cases["check"], cases["index"], cases["failure_case"], strict=True
    ):
        column = table.column(name)
        row = int(line)
        if rule == "not_nullable":
            faults.append(Fault(str(path), row, name, "", "not empty"))
        elif rule == "field_uniqueness":
            first = frame.index[frame[name] == value][0]
            faults.append(Fault(str(path), row, name, value, "each once", f"also in line {first}"))
        elif rule == "fits":
            faults += [
                Fault(str(path), row, name, part, allowed, suggestion(part, column.allowed))
                for part, allowed in misfits(column, value)
            ]
        else:
            raise RuntimeError(f"{path}:{row}: column {name}: the check {rule} itself failed: {value}")
    return faults


def suggestion(value: str, known: Iterable[str]) -> str:
    """ "did you mean X?" for the known value most like this one; "" where none is like it."""
    best = process.extractOne(value, list(known), score_cutoff=LIKELY)
    return f"did you mean {best[0]}?" if best else ""


# --- within a row -------------------------------------------------------------------------------------


def order_faults(data: Folder) -> Iterator[Fault]:
    """Pairs out of order: starts after ends, lows above highs, US dead among fewer dead."""
    for table in TABLES:
        for first, second in table.ordered:
            kind = table.column(first).kind
            for line, (low, high) in data.rows(table.name, first, second):
                if not (low and high and well_written(low, kind) and well_written(high, kind)):
                    continue
                wrong = low > high if kind == "date" else float(low) > float(high)
                if wrong:
                    yield data.fault(table.name, line, second, high, f"{first} ({low}) or more")


def together_faults(data: Folder) -> Iterator[Fault]:
    """One of a pair without the other: a latitude and no longitude."""
    for table in TABLES:
        for pair in table.together:
            for line, cells in data.rows(table.name, *pair):
                for missing, present in ((0, 1), (1, 0)):
                    if not cells[missing] and cells[present]:
                        yield data.fault(
                            table.name, line, pair[missing], "", f"a value, as {pair[present]} has one, or neither"
                        )


def precision_faults(data: Folder) -> Iterator[Fault]:
    """Intervals of a length that their date_prec cannot have."""
    for line, (prec, start, end) in data.rows("mentions", "date_prec", "date_start", "date_end"):
        if prec not in INTERVAL_DAYS or not (real_date(start) and real_date(end)) or start > end:
            continue
        days = (date.fromisoformat(end) - date.fromisoformat(start)).days + 1
        shortest, longest = INTERVAL_DAYS[prec]
        if not shortest <= days <= longest:
            possible = [p for p, (low, high) in INTERVAL_DAYS.items() if low <= days <= high]
            allowed = " or ".join(possible) or f"an interval of at most {INTERVAL_DAYS['5'][1]} days"
            yield data.fault("mentions", line, "date_prec", prec, f"{allowed} for {start} to {end}, {days} days")


def mention_id_faults(data: Folder) -> Iterator[Fault]:
    """Mention ids that do not begin with the id of their source."""
    for line, (mention, source) in data.rows("mentions", "mention_id", "source_id"):
        if "#" in mention and mention.rpartition("#")[0] != source:
            yield data.fault("mentions", line, "mention_id", mention, f"{source}#n, after its source_id")


# --- between rows and tables --------------------------------------------------------------------------


def key_faults(data: Folder) -> Iterator[Fault]:
    """Cells that refer to nothing: a mention of an unknown source, place or actor."""
    for table in TABLES:
        for column in table.columns:
            target, _, key = column.refers.partition(".")
            if not (target and data.has(target, key)):
                continue
            known = set(data.frames[target][key]) - {""}
            for line, (cell,) in data.rows(table.name, column.name):
                if cell and cell not in known:
                    allowed = f"a {key} of {target}.csv"
                    yield data.fault(table.name, line, column.name, cell, allowed, suggestion(cell, sorted(known)))


def incident_id_faults(data: Folder) -> Iterator[Fault]:
    """Incident ids whose day does not exist or whose place is not in the gazetteer."""
    known = sorted(place for _, (place,) in data.rows("places", "place_id"))
    for line, (incident,) in data.rows("mentions", "incident_id"):
        parts = fullmatch(r"([0-9]{4})([0-9]{2})([0-9]{2})-(.+)-[0-9]+", incident)
        if parts is None:
            continue
        if not real_date("-".join(parts.group(1, 2, 3))):
            yield data.fault("mentions", line, "incident_id", incident, "YYYYMMDD-place-n with a day that exists")
        if known and parts[4] not in known:
            allowed = "YYYYMMDD-place-n with a place_id of places.csv"
            yield data.fault("mentions", line, "incident_id", incident, allowed, suggestion(parts[4], known))


def publication_faults(data: Folder) -> Iterator[Fault]:
    """Attacks, and counts of attacks, dated later than a page that tells of them can be."""
    published = {
        source: date.fromisoformat(day)
        for _, (source, day) in data.rows("sources", "source_id", "published")
        if real_date(day)
    }
    for table, column in (("mentions", "date_start"), ("tallies", "as_of")):
        for line, (source, day) in data.rows(table, "source_id", column):
            if source in published and real_date(day) and date.fromisoformat(day) - published[source] > ZONE:
                allowed = f"{published[source] + ZONE} or earlier, the day after its source was published"
                yield data.fault(table, line, column, day, allowed)


def scope_faults(data: Folder) -> Iterator[Fault]:
    """Tallies of a country that is not covered."""
    if data.has("countries", "country"):
        known = ["all", *(country.lower() for country in data.frames["countries"]["country"])]
        for line, (scope,) in data.rows("tallies", "scope"):
            if scope and scope not in known:
                yield data.fault("tallies", line, "scope", scope, ", ".join(known), suggestion(scope, known))


def box_faults(data: Folder) -> Iterator[Fault]:
    """Sites outside the box of their country."""
    limits = ("latitude_min", "latitude_max", "longitude_min", "longitude_max")
    boxes = {
        country: tuple(map(float, cells))
        for _, (country, *cells) in data.rows("countries", "country", *limits)
        if all(cell and well_written(cell, "number") for cell in cells)
    }
    for line, (country, *degrees) in data.rows("places", "country", "latitude", "longitude"):
        if country not in boxes:
            continue
        south, north, west, east = boxes[country]
        for column, cell, low, high in (("latitude", degrees[0], south, north), ("longitude", degrees[1], west, east)):
            if cell and well_written(cell, "number") and not low <= float(cell) <= high:
                yield data.fault("places", line, column, cell, f"{low} to {high}, the box of {country}")


def coverage_faults(data: Folder) -> Iterator[Fault]:
    """Spans of coverage that overlap or leave days out."""
    spans = sorted(
        (date.fromisoformat(start), date.fromisoformat(end), line)
        for line, (start, end) in data.rows("coverage", "date_start", "date_end")
        if real_date(start) and real_date(end) and start <= end
    )
    for (_, before, above), (start, _, line) in pairwise(spans):
        if start - before != timedelta(days=1):
            allowed = f"the day after {before}, where the span of line {above} ends (no gap, no overlap)"
            yield data.fault("coverage", line, "date_start", str(start), allowed)


def seed_faults(data: Folder) -> Iterator[Fault]:
    """Seed files that are named and not there."""
    if data.seeds is not None:
        for line, (name,) in data.rows("sources", "seed_file"):
            if name and not (data.seeds / name).is_file():
                there = sorted(path.name for path in data.seeds.glob("*") if path.is_file())
                yield data.fault("sources", line, "seed_file", name, f"a file of {data.seeds}", suggestion(name, there))


def real_date(cell: str) -> bool:
    """Whether the cell holds a date that exists."""
    return bool(cell) and well_written(cell, "date")


RULES: tuple[Callable[[Folder], Iterator[Fault]], ...] = (
    order_faults,
    together_faults,
    precision_faults,
    mention_id_faults,
    key_faults,
    incident_id_faults,
    publication_faults,
    scope_faults,
    box_faults,
    coverage_faults,
    seed_faults,
)
