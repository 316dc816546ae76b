"""Every table of the chronology, declared once: its columns, what they mean and what they may hold.

The reader below, the checks (:mod:`sitrep.check`), the code book and the Frictionless package
(:mod:`sitrep.codebook`) all follow from the declarations in :data:`TABLES`.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Literal

import pandas as pd

Kind = Literal["text", "date", "count", "number"]

# How a cell of each kind is written. Nothing else is read, so nothing is coerced.
WRITTEN: dict[Kind, tuple[str, str]] = {
    "text": (r"(?s).+", "text"),
    "date": (r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "a date, YYYY-MM-DD"),
    "count": (r"[0-9]{1,9}", "a whole number, 0 or more"),
    "number": (r"-?[0-9]+(\.[0-9]+)?", "a decimal number"),
}


@dataclass(frozen=True)
class Column:
    """One column: its name, what it means, and what a cell may hold.

    `required` forbids the empty cell, the only spelling of "missing". `many` means several values with a
    bar between them; `allowed` and `form` (a regular expression that must match all of it, and the same
    in words) then hold for each value. `refers` names the column, "table.column", whose values are the
    only ones allowed.
    """

    name: str
    meaning: str
    kind: Kind = "text"
    required: bool = False
    allowed: tuple[str, ...] = ()
    many: bool = False
    form: tuple[str, str] | None = None
    refers: str = ""


@dataclass(frozen=True)
class Table:
    """One table: its columns, its key, the pairs in order (first <= second) and those known only together."""

    name: str
    meaning: str
    columns: tuple[Column, ...]
    key: str = ""
    ordered: tuple[tuple[str, str], ...] = ()
    together: tuple[tuple[str, str], ...] = ()
    optional: bool = False

    @property
    def file(self) -> str:
        """Name of the table's file inside a data folder."""
        return f"{self.name}.csv"

    def column(self, name: str) -> Column:
        """The declaration of one column; KeyError if there is none of that name."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.file} has no column {name}")


SLUG = (r"[a-z0-9]+(-[a-z0-9]+)*", "lower-case letters and digits, in words joined by hyphens")

MENTIONS = Table(
    "mentions",
    "What one source says about one incident: its own words for the place, its own numbers.",
    (
        Column(
            "mention_id",
            "the source's id, #, and a number within the source",
            required=True,
            form=(r"[^\s#|]+#[1-9][0-9]*", "source_id#n"),
        ),
        Column("source_id", "the document", required=True, refers="sources.source_id"),
        Column(
            "incident_id",
            "the coder's link to an incident: its local day, its site, a number",
            required=True,
            form=(r"[0-9]{8}-[a-z0-9]+(-[a-z0-9]+)*-[1-9][0-9]*", "YYYYMMDD-place-n"),
        ),
        Column("date_start", "first local date the mention allows", "date", required=True),
        Column("date_end", "last local date the mention allows", "date", required=True),
        Column(
            "date_prec",
            "how exactly the date is known (UCDP GED): 1 the day, 2 within two to six days, 3 the week, "
            "4 the month, 5 longer",
            "count",
            required=True,
            allowed=("1", "2", "3", "4", "5"),
        ),
        Column(
            "time_of_day",
            "night is 00 to 04 local time, early_morning 04 to 07, late_evening 21 to 24; filled unevenly, "
            "so publish no shares of it without saying so",
            allowed=("night", "early_morning", "morning", "afternoon", "evening", "late_evening"),
        ),
        Column("place_name", "the site in the source's own words", required=True),
        Column("place_id", "the coder's site", required=True, refers="places.place_id"),
        Column(
            "weapon",
            "what was used; unknown includes not said",
            required=True,
            many=True,
            allowed=(
                "rocket",
                "mortar",
                "drone",
                "ballistic_missile",
                "cruise_missile",
                "ied",
                "small_arms",
                "indirect_fire",
                "unknown",
            ),
        ),
        Column("munitions_low", "fewest munitions the source allows", "count"),
        Column("munitions_high", 'most munitions it allows; "at least five" is low 5, high empty', "count"),
        Column(
            "outcome",
            "what became of the munitions; unknown includes not coded",
            required=True,
            many=True,
            allowed=("landed_inside", "landed_outside", "intercepted", "foiled", "failed", "unknown"),
        ),
        Column("deaths", 'killed on the attacked side; "no casualties" is 0, not stated is empty', "count"),
        Column("injured", "injured on the attacked side; likewise", "count"),
        Column("us_deaths", "Americans among the killed", "count"),
        Column("us_injured", "Americans among the injured; often empty where it is 0", "count"),
        Column("claimed_by", "the group that claimed the attack", refers="actors.name"),
        Column(
            "attributed_to",
            "whom the source, or an official in it, holds responsible; with the qualifier it gives",
            refers="actors.name",
        ),
        Column(
            "stance",
            "reports; claims (the attacker's word, or an unverified claim only); denies (an authority says "
            "that it did not happen)",
            required=True,
            allowed=("reports", "claims", "denies"),
        ),
        Column("note", "the coder's words"),
    ),
    key="mention_id",
    ordered=(
        ("date_start", "date_end"),
        ("munitions_low", "munitions_high"),
        ("us_deaths", "deaths"),
        ("us_injured", "injured"),
    ),
)

SOURCES = Table(
    "sources",
    "The documents that were read.",
    (
        Column("source_id", "its id", required=True, form=(r"[^\s#|]+", "no space, # or bar")),
        Column("publisher", "who published it; agency copy stands under the masthead that carried it", required=True),
        Column("title", "its title; in brackets where the coder's own, marked where rebuilt from the address"),
        Column("url", "its address", form=(r"https?://\S+", "an address, http:// or https://")),
        Column("published", "the date of publication; empty makes it an undated document", "date"),
        Column("language", "ISO 639-1 code", required=True, form=(r"[a-z]{2}", "two lower-case letters")),
        Column(
            "kind",
            "what sort of publisher",
            required=True,
            allowed=(
                "wire",
                "newspaper",
                "broadcaster",
                "official",
                "monitor",
                "thinktank",
                "aggregator",
                "reference",
            ),
        ),
        Column("seed_file", "its file in the seeds folder, for the articles whose text is at hand"),
    ),
    key="source_id",
)

EVENTS = Table(
    "events",
    "Dates of interest: anniversaries, strikes, policy, war, truces. US and coalition strikes are here.",
    (
        Column("event_id", "a date and a few words", required=True, form=(r"[0-9]{8}-[a-z0-9-]+", "YYYYMMDD-words")),
        Column("name", "what happened", required=True),
        Column("date_start", "first local date", "date", required=True),
        Column("date_end", "last local date", "date", required=True),
        Column(
            "kind",
            "what sort of event",
            required=True,
            allowed=("killing", "strike", "policy", "diplomacy", "war", "truce", "election", "commemoration"),
        ),
        Column("actor", "who struck or killed, for those kinds", allowed=("us", "israel", "iran", "unknown")),
        Column(
            "timing",
            "why the date is what it is: fixed (calendar, election); exogenous (no answer to attacks on US "
            "forces); reactive (an answer to them: most US strikes, warnings, departures); defined (by the "
            "attacks themselves or the attackers' word, so circular as a test). Of the first date only: later "
            "anniversaries of any event are fixed",
            required=True,
            allowed=("fixed", "exogenous", "reactive", "defined"),
        ),
        Column(
            "selection",
            "how it came into this table: calendar; listed (any timeline of US, Iraqi and Iranian relations "
            "would have it); attack_linked (met in pages about an attack, so chosen on the outcome and never a "
            "headline test)",
            required=True,
            allowed=("calendar", "listed", "attack_linked"),
        ),
        Column(
            "recurrence",
            "how it returns; Hijri days are anchored by name (Ashura 10 Muharram, Arbaeen 20 Safar), Quds Day "
            "is the last Friday of Ramadan and computed",
            required=True,
            allowed=("none", "annual", "annual_hijri", "day40", "quds_day"),
        ),
        Column("source_id", "the document", required=True, refers="sources.source_id"),
        Column("note", "the coder's words"),
    ),
    key="event_id",
    ordered=(("date_start", "date_end"),),
)

PLACES = Table(
    "places",
    "The sites attacked, and the vague places that sources name instead of one.",
    (
        Column("place_id", "its id", required=True, form=SLUG),
        Column("name", "its name in reports", required=True),
        Column(
            "kind",
            "what sort of place",
            required=True,
            allowed=(
                "base",
                "airport",
                "oilfield",
                "embassy",
                "district",
                "city",
                "area",
                "border_crossing",
                "convoy",
                "unspecified",
            ),
        ),
        Column(
            "target",
            "what an attack there is counted as",
            required=True,
            allowed=("base", "diplomatic", "convoy", "other"),
        ),
        Column("country", "its country", required=True, refers="countries.country"),
        Column("admin1", "governorate; empty where the place is not one site"),
        Column("latitude", "degrees north, WGS 84", "number"),
        Column("longitude", "degrees east, WGS 84", "number"),
        Column("us_until", "the day US or coalition forces left, where an event says so", "date"),
        Column("aliases", "other names, Arabic ones too", many=True),
    ),
    key="place_id",
    together=(("latitude", "longitude"),),
)

TALLIES = Table(
    "tallies",
    "Cumulative counts of attacks as authorities, monitors and newsrooms gave them. Never incidents.",
    (
        Column("tally_id", "its id", required=True, form=(r"[^\s|]+[-#]t[1-9][0-9]*", "source_id-tN or source_id#tN")),
        Column("source_id", "the document", required=True, refers="sources.source_id"),
        Column("since", "first date counted", "date", required=True),
        Column("as_of", "last date counted", "date", required=True),
        Column(
            "scope", "all, or the one country counted, in lower case", required=True, form=(r"[a-z]+", "lower case")
        ),
        Column("count", "attacks counted", "count", required=True),
        Column("includes", "what is counted, in words", required=True, many=True),
        Column(
            "authority",
            "who counted; authorities differ in what they count, and the claims of armed groups and of the "
            "Syrian Observatory are no official counts",
            required=True,
        ),
        Column("note", "the coder's words"),
    ),
    key="tally_id",
    ordered=(("since", "as_of"),),
)

ACTORS = Table(
    "actors",
    "One spelling for every group that mentions name.",
    (
        Column("name", "as written in claimed_by or attributed_to", required=True),
        Column("actor", "the group it stands for; unnamed armed groups invents no one", required=True),
        Column("qualifier", "who says so, how surely"),
    ),
    key="name",
)

COVERAGE = Table(
    "coverage",
    "How well each span of days was searched. The spans follow one another without gap or overlap.",
    (
        Column("date_start", "first day", "date", required=True),
        Column("date_end", "last day", "date", required=True),
        Column(
            "level",
            "full: searched and found as well as elsewhere; quiet: a source says that attacks had stopped; "
            "thin: not known, so a day without an attack there is missing and not zero",
            required=True,
            allowed=("full", "quiet", "thin"),
        ),
        Column("why", "on what grounds"),
    ),
    key="date_start",
    ordered=(("date_start", "date_end"),),
)

COUNTRIES = Table(
    "countries",
    "The countries covered, each with the box its sites must lie in: its extreme points rounded outward to "
    "a tenth of a degree.",
    (
        Column("country", "its name", required=True),
        Column("latitude_min", "southern limit, degrees north", "number", required=True),
        Column("latitude_max", "northern limit", "number", required=True),
        Column("longitude_min", "western limit, degrees east", "number", required=True),
        Column("longitude_max", "eastern limit", "number", required=True),
    ),
    key="country",
    ordered=(("latitude_min", "latitude_max"), ("longitude_min", "longitude_max")),
)

OVERRIDES = Table(
    "overrides",
    "An analyst's corrections to the linking of mentions, obeyed by it. Empty as delivered.",
    (
        Column(
            "action",
            "merge: put the mention into the incident named; split: take it out of its incident, into the one "
            "named or one of its own; drop: leave it out",
            required=True,
            allowed=("merge", "split", "drop"),
        ),
        Column("mention_id", "the mention", required=True, refers="mentions.mention_id"),
        Column("incident_id", "the incident"),
        Column("reason", "why, in words", required=True),
    ),
    optional=True,
)

TABLES: tuple[Table, ...] = (
    MENTIONS,
    SOURCES,
    EVENTS,
    PLACES,
    TALLIES,
    ACTORS,
    COVERAGE,
    COUNTRIES,
    OVERRIDES,
)
BY_NAME: dict[str, Table] = {table.name: table for table in TABLES}


@dataclass(frozen=True)
class Tables:
    """All tables of one data folder, typed: one frame an attribute, columns as declared."""

    mentions: pd.DataFrame
    sources: pd.DataFrame
    events: pd.DataFrame
    places: pd.DataFrame
    tallies: pd.DataFrame
    actors: pd.DataFrame
    coverage: pd.DataFrame
    countries: pd.DataFrame
    overrides: pd.DataFrame


@dataclass(frozen=True)
class Fault:
    """One thing wrong with a table: where it stands, what was found and what is allowed.

    `row` is the line number in the file as an editor shows it (the header is line 1), None for a fault of
    the whole file; `column` is "" for a fault of the whole row; `hint` says what may have been meant.
    """

    file: str
    row: int | None
    column: str
    value: str
    allowed: str
    hint: str = ""

    def __str__(self) -> str:
        place = self.file if self.row is None else f"{self.file}:{self.row}"
        column = f" column {self.column}:" if self.column else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f'{place}:{column} found "{self.value}"; allowed: {self.allowed}{hint}'


class TableError(ValueError):
    """A table cannot be read; `fault` and the message say where, what was found and what is allowed."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault))
        self.fault = fault


def records(path: Path) -> list[tuple[int, list[str]]]:
    """The cells of a CSV file as text, each record with the number of the line on which it starts.

    Line numbers are an editor's, for a quoted cell may span several lines. Raises TableError when the file
    is missing, is not UTF-8 or breaks the rules of quoting.
    """
    if not path.is_file():
        raise TableError(Fault(str(path), None, "", "no such file", "a CSV file"))
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise TableError(Fault(str(path), line, "", f"byte {error.object[error.start]:#04x}", "UTF-8 text")) from None
    found: list[tuple[int, list[str]]] = []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    try:
        for cells in reader:
            found.append((line, cells))
            line = reader.line_num + 1
    except csv.Error as error:
        raise TableError(Fault(str(path), line, "", str(error), "CSV, quoted cells closed")) from None
    return found


def read_text(table: Table, path: Path) -> pd.DataFrame:
    """One table as text: declared columns in declared order, "" where empty, indexed by line number.

    Raises TableError for a header that is not the declared one (any order) or a row that does not fit it.
    """
    rows = records(path)
    header = rows[0][1] if rows else []
    names = [column.name for column in table.columns]
    if sorted(header) != sorted(names):
        raise TableError(Fault(str(path), 1, "", ",".join(header), ",".join(names)))
    for line, cells in rows[1:]:
        if len(cells) != len(header):
            raise TableError(ragged(path, line, cells, header))
    lines = pd.Index([line for line, _ in rows[1:]], name="line", dtype="int64")
    frame = pd.DataFrame([cells for _, cells in rows[1:]], columns=header, index=lines, dtype="str")
    return frame[names]


def ragged(path: Path, line: int, cells: list[str], header: list[str]) -> Fault:
    """The fault of a row that has more or fewer cells than the header."""
    return Fault(str(path), line, "", f"{len(cells)} cells", f"{len(header)} cells, as in the header")


def well_written(cell: str, kind: Kind) -> bool:
    """Whether a cell (not empty) is written as its kind demands and, for a date, exists."""
    if kind == "text":
        return True
    if not re.fullmatch(WRITTEN[kind][0], cell):
        return False
    if kind == "date":
        try:
            date.fromisoformat(cell)
        except ValueError:
            return False
    return True


def typed(cells: pd.Series, kind: Kind) -> pd.Series:
    """Text cells as values: datetime64, Int64, float64 or str; the empty cell, and only it, is missing.

    The cells must be :func:`well_written`.
    """
    known = cells.where(cells != "")
    if kind == "date":
        return pd.to_datetime(known, format="%Y-%m-%d").astype("datetime64[us]")
    if kind == "count":
        return pd.to_numeric(known).astype("Int64")
    if kind == "number":
        return pd.to_numeric(known).astype("float64")
    return known


def read_table(name: str, path: Path) -> pd.DataFrame:
    """Read one table (`name` as in :data:`TABLES`) from a CSV file, typed.

    Dates are datetime64, counts Int64, degrees float64, all else str with NaN for the empty cell, which
    alone is missing: "NA" and "none" are text. Raises TableError at the first cell that does not fit its
    type; :func:`sitrep.check.check` lists all faults.
    """
    table = BY_NAME[name]
    text = read_text(table, path)
    values = {}
    for column in table.columns:
        cells = text[column.name]
        for line, cell in zip(cells.index, cells, strict=True):
            if cell and not well_written(cell, column.kind):
                raise TableError(Fault(str(path), line, column.name, cell, WRITTEN[column.kind][1]))
        values[column.name] = typed(cells, column.kind)
    return pd.DataFrame(values).reset_index(drop=True)


def empty(table: Table) -> pd.DataFrame:
    """The table without a row, columns typed as :func:`read_table` does."""
    return pd.DataFrame({column.name: typed(pd.Series([], dtype="str"), column.kind) for column in table.columns})


def read(folder: Path) -> Tables:
    """Read all tables of a data folder, typed. Raises TableError as :func:`read_table` does.

    An optional table (overrides) that is not there is empty; any other missing one is an error.
    """
    folder = Path(folder)
    frames = {}
    for field in fields(Tables):
        table = BY_NAME[field.name]
        path = folder / table.file
        frames[field.name] = empty(table) if table.optional and not path.exists() else read_table(table.name, path)
    return Tables(**frames)
