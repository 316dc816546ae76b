"""Read the rows wanted out of a CSV or Parquet file of any size: DuckDB filters, every cell stays text, no row is lost unsaid."""

from __future__ import annotations

import csv
import gzip
import io
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import IO, TextIO, cast

import duckdb
import numpy as np
import pandas as pd
from rapidfuzz import process

from sitrep.formats.cells import Cells, as_rejected, unguard
from sitrep.formats.location import PARQUET, WORKBOOKS, FormatError, Location, Remote
from sitrep.tables import Fault

MEMORY = "1GB"  # what DuckDB may hold before it spills to disk
HEADER_LIMIT = 1 << 20  # characters in which the header must end
LINE_LIMIT = 1 << 22  # bytes a row may have
DELIMITERS = (",", ";", "\t")

BBox = tuple[float, float, float, float]


def refuse(path: Location | str, row: int | None, column: str, found: str, allowed: str, hint: str = "") -> FormatError:
    """The error for one fault of a whole file."""
    return FormatError(Fault(str(path), row, column, found, allowed, hint))


@dataclass(frozen=True)
class Header:
    """The names in a file's first row, as they stand there and in lower case, and what separates them."""

    names: tuple[str, ...]
    delimiter: str

    def position(self, name: str) -> int:
        """Where the column stands; ValueError if it is not there."""
        return self.names.index(name)


@dataclass(frozen=True)
class Filter:
    """The rows wanted. Everything left None is not filtered on.

    `country` compares without regard to case; `start` and `end` (inclusive) keep a row whose interval meets the period;
    `bbox` is west, south, east, north in degrees. A cell that cannot be read never fails a filter: its row comes
    through, so that the fault is listed.
    """

    country: tuple[str, ...] | None = None
    start: date | None = None
    end: date | None = None
    bbox: BBox | None = None


@dataclass(frozen=True)
class Layout:
    """Where a format keeps what is filtered on: its columns for country, first day, last day and types."""

    country: str
    date_start: str
    date_end: str
    types: tuple[str, ...] = ()
    date_form: str | None = None


def read_header(path: Location, known: Iterable[str] = (), delimiter: str | None = None, fold: bool = True) -> Header:
    """The header of a CSV file.

    Without `delimiter`, that of comma, semicolon and tab is taken that yields most of the `known` names. `fold` takes
    the names in lower case (older releases shout). Raises FormatError when the file is missing, no text, not UTF-8,
    empty, or names a column twice.
    """
    if not path.is_file():
        raise refuse(path, None, "", "no such file", "a CSV file, .csv or .csv.gz, or a Parquet file")
    if path.suffix.lower() in WORKBOOKS:
        raise refuse(path, None, "", f"a workbook, {path.suffix}", "a CSV file: in the spreadsheet, save as CSV UTF-8")
    if is_parquet(path):
        return _parquet_header(path, fold)
    try:
        with _opened(path, newline="") as file:
            start = file.read(HEADER_LIMIT)
    except (OSError, EOFError) as error:
        raise refuse(path, None, "", str(error), "a CSV file, .csv or .csv.gz") from None
    if not start.strip():
        raise refuse(path, 1, "", "an empty file", "a header and rows")
    candidates = [_first_record(path, start, mark) for mark in ([delimiter] if delimiter else DELIMITERS)]
    wanted = set(known)
    header = max(candidates, key=lambda h: len(wanted & {n.strip().lower() for n in h.names}))
    names = tuple(name.strip().lower() if fold else name.strip() for name in header.names)
    for name in names:
        if any("\ud800" <= letter <= "\udfff" or letter == "\0" for letter in name):
            allowed = "names in UTF-8 text; unpack the file first, or name its encoding (windows-1252)"
            raise refuse(path, 1, "", repr(name)[:60], allowed)
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise refuse(path, 1, twice[0], f"{names.count(twice[0])} columns of this name", "one")
    return Header(names, header.delimiter)


def is_parquet(path: Location) -> bool:
    """Whether the file is Parquet, by its name."""
    return path.suffix.lower() in PARQUET


def _parquet_header(path: Location, fold: bool) -> Header:
    with tempfile.TemporaryDirectory(prefix="sitrep-") as spill, _connect(spill, path) as connection:
        try:
            found = connection.execute("select * from read_parquet(?) limit 0", [_literal(path)]).description
        except duckdb.Error as error:
            raise refuse(path, None, "", _reason(error), "a Parquet file") from None
    names = tuple(name.strip().lower() if fold else name.strip() for name, *_ in found)
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise refuse(path, 1, twice[0], f"{names.count(twice[0])} columns of this name", "one")
    return Header(names, ",")


def _first_record(path: Location, start: str, delimiter: str) -> Header:
    lines = io.StringIO(start, newline="")
    try:
        names = next(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise refuse(path, 1, "", str(error), "a row of column names, their quotes closed") from None
    if len(start) == HEADER_LIMIT and lines.tell() >= len(start):
        raise refuse(path, 1, "", f"a header of more than {HEADER_LIMIT:,} characters", "a row of column names")
    return Header(tuple(names), delimiter)


def require(path: Location, header: Header, names: Sequence[str]) -> None:
    """Raise FormatError for the first of `names` that the header lacks."""
    for name in names:
        if name not in header.names:
            raise refuse(path, 1, name, "no such column", "every one of " + ", ".join(names), alike(name, header.names))


def alike(value: str, known: Iterable[str]) -> str:
    """ "did you mean X?" for the known name most like this one; "" where none is like it."""
    best = process.extractOne(value, list(known), score_cutoff=75.0)
    return f"did you mean {best[0]}?" if best else ""


@dataclass(frozen=True)
class Scan:
    """What came out of a file.

    `cells` are the rows wanted, numbered by their place among the rows that fit the header, `left_out` the number of
    rows left out by type, `torn` the rows that do not fit.
    """

    path: Location
    cells: Cells
    left_out: dict[str, int]
    torn: pd.DataFrame

    def rows(self, numbers: pd.Index | pd.Series) -> np.ndarray:
        """The row, as a spreadsheet counts, of each number in `cells`: header, torn and blank rows are counted too."""
        skipped = np.array(sorted({*self.torn["row"], *self._blank}), dtype="int64")
        positions = np.asarray(numbers, dtype="int64") + 1
        return positions + np.searchsorted(skipped - np.arange(len(skipped)), positions, side="right")

    def rejected(self, cells: Cells | None = None) -> pd.DataFrame:
        """Faults of `cells` (those read, unless others were made of them) and torn rows together, by row."""
        faults = (self.cells if cells is None else cells).faults
        return as_rejected([self.torn, *(fault.assign(row=self.rows(fault["row"])) for fault in faults)])

    @cached_property
    def _blank(self) -> list[int]:
        return [] if is_parquet(self.path) else blank_rows(self.path)


def blank_rows(path: Location) -> list[int]:
    """The empty lines outside quotes, which DuckDB does not count, by their row.

    The file is read a second time, so this is asked only when a row number is needed.
    """
    blank, row, quoted = [], 0, False
    with _opened(path) as file:
        for line in file:
            row += not quoted
            if line == "\n" and not quoted:
                blank.append(row)
            quoted ^= line.count('"') % 2 == 1
    return blank


def _opened(path: Location, newline: str | None = None) -> TextIO:
    """The file as text; bytes that are not UTF-8 come as surrogates."""
    raw = cast(IO[bytes], gzip.GzipFile(fileobj=path.open("rb")) if path.suffix == ".gz" else path.open("rb"))
    return io.TextIOWrapper(raw, encoding="utf-8-sig", errors="surrogateescape", newline=newline)


def scan(
    path: Location,
    header: Header,
    columns: Sequence[str],
    layout: Layout,
    wanted: Filter,
    types: Sequence[str] | None = None,
    not_types: Sequence[str] = (),
    degrees: tuple[str, str] = ("latitude", "longitude"),
) -> Scan:
    """The rows of a CSV or Parquet file that pass a filter, as text.

    `columns` are read where the header has them. `types` keeps only rows with one of these values in one of the
    layout's type columns; `not_types` leaves rows out whose first type column has one of these and counts them. Rows
    with more or fewer cells than the header, not in UTF-8 or longer than LINE_LIMIT are listed in `torn`. Memory is
    bounded by MEMORY plus the rows wanted.
    """
    read = [name for name in columns if name in header.names]
    cell = {name: f"c{header.position(name)}" for name in header.names}
    conditions, values = _conditions(cell, layout, wanted, degrees)
    if types is not None:
        tests = " or ".join(f"list_contains(?, trim({cell[name]}))" for name in layout.types if name in cell)
        conditions.append(f"({tests})")
        values += [list(types)] * tests.count("?")
    kind = f"trim({cell[layout.types[0]]})" if layout.types and layout.types[0] in cell else "null"
    picked = ", ".join(f"{cell[name]} as c{number}" for number, name in enumerate(read))
    statement = f"create temp table wanted as select number, {kind} as kind, {picked} from ({_rows(path, header)})" + (
        " where " + " and ".join(conditions)
    )
    with tempfile.TemporaryDirectory(prefix="sitrep-") as spill, _connect(spill, path) as connection:
        try:
            connection.execute(statement, [*_arguments(path, header), *values])
        except duckdb.Error as error:
            allowed = "a Parquet file" if is_parquet(path) else "CSV with one kind of line end and closed quotes"
            raise refuse(path, None, "", _reason(error), allowed) from None
        # One row a line: DuckDB lists every column that a short row lacks.
        errors = (
            "select line, any_value(error_type), any_value(csv_line) from reject_errors group by line order by line"
        )
        torn = [] if is_parquet(path) else connection.execute(errors).fetchall()
        counted = "select kind, count(*) from wanted where list_contains(?, kind) group by kind order by kind"
        left_out = dict(connection.execute(counted, [list(not_types)]).fetchall())
        kept = "select * exclude (kind) from wanted where kind is null or not list_contains(?, kind) order by number"
        frame = connection.execute(kept, [list(not_types)]).df()
    for line, _, text in torn:
        if "\n" in text.strip("\r\n") and text.count('"') % 2:
            raise refuse(path, line, "", "a quoted cell that is never closed", "a closing quote")
    frame.columns = pd.Index(["number", *read])
    text = frame.set_index("number").astype("str").fillna("")
    for name in read:
        text[name] = text[name].map(_clean)
    return Scan(path, Cells(text), left_out, _torn_rows(torn, len(header.names)))


def countries(path: Location, header: Header, layout: Layout) -> list[str]:
    """The countries that the file has rows of."""
    with tempfile.TemporaryDirectory(prefix="sitrep-") as spill, _connect(spill, path) as connection:
        column = f"trim(c{header.position(layout.country)})"
        statement = f"select distinct {column} from ({_rows(path, header)}) where {column} <> '' order by 1"
        return [name for (name,) in connection.execute(statement, _arguments(path, header)).fetchall()]


def _rows(path: Location, header: Header) -> str:
    """SQL for all rows of a file as text, numbered; `_arguments` are its parameters.

    The names in the file never enter the statement: columns are c0, c1, ... and all values are parameters.
    """
    names = [f"c{number}" for number in range(len(header.names))]
    if is_parquet(path):
        texts = ", ".join(f"cast({name} as varchar) as {name}" for name in names)
        return (
            f"select number + 1 as number, {texts} from read_parquet(?, file_row_number = true) "
            f"as rows({', '.join(names)}, number)"
        )
    columns = "{" + ", ".join(f"'{name}': 'VARCHAR'" for name in names) + "}"
    return (
        "select row_number() over () as number, * from read_csv(?, auto_detect = false, header = true, "
        f"columns = {columns}, delim = ?, quote = '\"', escape = '\"', strict_mode = true, store_rejects = true, "
        f"max_line_size = {LINE_LIMIT})"
    )


def _arguments(path: Location, header: Header) -> list[object]:
    return [_literal(path)] if is_parquet(path) else [_literal(path), header.delimiter]


def _connect(spill: str, path: Location) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(
        config={
            "memory_limit": MEMORY,
            "temp_directory": spill,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
    )
    if isinstance(path, Remote):
        connection.register_filesystem(path.filesystem)
    return connection


def _conditions(
    cell: dict[str, str], layout: Layout, wanted: Filter, degrees: tuple[str, str]
) -> tuple[list[str], list[object]]:
    conditions: list[str] = ["true"]
    values: list[object] = []
    if wanted.country is not None and layout.country in cell:
        country = f"lower(trim(coalesce({cell[layout.country]}, '')))"
        conditions.append(f"({country} = '' or list_contains(?, {country}))")
        values.append([name.strip().lower() for name in wanted.country])
    for limit, column, sign in ((wanted.start, layout.date_end, ">="), (wanted.end, layout.date_start, "<=")):
        if limit is not None:
            day, forms = _day(f"trim({cell[column]})", layout.date_form)
            conditions.append(f"coalesce({day} {sign} ?, true)")
            values += [*forms, limit]
    if wanted.bbox is not None:
        west, south, east, north = wanted.bbox
        for column, low, high in ((degrees[1], west, east), (degrees[0], south, north)):
            conditions.append(f"coalesce(try_cast({cell[column]} as double) between ? and ?, true)")
            values += [low, high]
    return conditions, values


def _day(cell: str, form: str | None) -> tuple[str, list[object]]:
    """SQL for the day in a cell, null where it cannot be read, and the parameters in it."""
    if form is not None:
        return f"try_strptime({cell}, ?)::date", [form]
    return f"coalesce(try_cast(left({cell}, 10) as date), try_strptime({cell}, ?)::date)", [["%d %B %Y", "%d-%B-%Y"]]


def _literal(path: Location) -> str:
    """The path with the signs that DuckDB would expand taken literally."""
    plain = str(path) if isinstance(path, Remote) else str(path.resolve())
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in plain)


def _reason(error: duckdb.Error) -> str:
    """The first line of DuckDB's message, without its name for the error."""
    return str(error).splitlines()[0].removeprefix("Invalid Input Error: ")


_TORN = {
    "INVALID ENCODING": ("a byte that is not UTF-8", "UTF-8 text, or another encoding named at import (windows-1252)"),
    "LINE SIZE OVER MAXIMUM": ("a longer row", f"a row of at most {LINE_LIMIT:,} bytes"),
    "UNQUOTED VALUE": ("a quoted cell with text behind its closing quote", "quotes doubled inside a quoted cell"),
}


def _torn_rows(torn: list[tuple[int, str, str]], width: int) -> pd.DataFrame:
    rows = []
    for line, kind, text in torn:
        found, allowed = _TORN.get(kind, (_cells(text), f"{width} cells, as in the header"))
        rows.append({"row": line, "column": "", "found": found, "allowed": allowed})
    return as_rejected([pd.DataFrame(rows)]) if rows else as_rejected([])


def _cells(row: str) -> str:
    try:
        return f"{len(next(csv.reader([row.strip()]), []))} cells"
    except csv.Error:  # a cell longer than Python's csv takes
        return "another number of cells"


def _clean(cell: str) -> str:
    return unguard(cell).strip()
