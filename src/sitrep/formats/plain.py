"""A plain CSV of attacks, one row an attack, read by a mapping in YAML that says which column is what."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from sitrep.check import misfits
from sitrep.formats.cells import Cells
from sitrep.formats.conversion import Conversion, Resolve, convert, many, slug
from sitrep.formats.location import Location
from sitrep.formats.scan import DELIMITERS, Filter, Layout, Scan, alike, read_header, refuse, require, scan
from sitrep.tables import MENTIONS, PLACES, SOURCES, Column

_FROM_MENTIONS = (
    *("date_start", "date_end", "date_prec", "time_of_day", "place_name", "weapon", "munitions_low", "munitions_high"),
    *("outcome", "deaths", "injured", "us_deaths", "us_injured", "claimed_by", "attributed_to", "stance", "note"),
)
_FROM_SOURCES = ("source_id", "publisher", "title", "url", "published", "language")

#: What a mapping may fill: columns of mentions, sources (their kind as source_kind) and places (likewise).
TARGETS: dict[str, Column] = {
    **{name: MENTIONS.column(name) for name in _FROM_MENTIONS},
    **{name: SOURCES.column(name) for name in _FROM_SOURCES},
    "source_kind": SOURCES.column("kind"),
    **{name: PLACES.column(name) for name in ("country", "admin1", "latitude", "longitude", "target")},
    "place_kind": PLACES.column("kind"),
}
NEEDED = ("date_start", "place_name", "country", "publisher", "source_kind", "language")


class Mapping(BaseModel):
    """A mapping as it stands in its file.

    columns
        target: name of the column in the CSV file.
    constants
        target: the one value of all rows, in quotes.
    value_maps
        target: {value in the file: value of the code book}. A value that is not listed must be the code book's own.
    date_format
        How dates are written, in strptime's signs, such as "%d/%m/%Y"; without it ISO or "05 January 2022".
    missing
        What means "not stated" besides the empty cell, such as "n/a".
    delimiter
        Comma, semicolon or tab.
    decimal
        What stands before the decimals of latitude and longitude: "." or ",".
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    columns: dict[str, str]
    constants: dict[str, str] = {}
    value_maps: dict[str, dict[str, str]] = {}
    date_format: str | None = None
    missing: list[str] = []
    delimiter: str = ","
    decimal: Literal[".", ","] = "."


class _UniqueKeys(yaml.SafeLoader):
    """Safe YAML in which a key given twice is an error, not silently the last one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key} stands there twice", node.start_mark
                )
        return super().construct_mapping(node, deep)


def read_mapping(path: Path) -> Mapping:
    """Read a mapping; FormatError names the file, the key, what was found and what is allowed."""
    try:
        given = yaml.load(path.read_text(encoding="utf-8"), _UniqueKeys)
    except OSError:
        raise refuse(path, None, "", "no such file", "a mapping in YAML") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise refuse(path, None, "", " ".join(str(error).split()), "a mapping in YAML, each key once") from None
    try:
        mapping = Mapping.model_validate(given)
    except ValidationError as error:
        fault = error.errors()[0]
        key = ".".join(str(part) for part in fault["loc"])
        if fault["type"] == "extra_forbidden":
            known = list(Mapping.model_fields)
            raise refuse(path, None, key, "an unknown key", ", ".join(known), alike(key, known)) from None
        raise refuse(path, None, key, repr(fault["input"])[:80], f"{fault['msg']} (texts in quotes)") from None
    _check_targets(path, mapping)
    return mapping


def _check_targets(path: Path, mapping: Mapping) -> None:
    sections: dict[str, Iterable[str]] = {
        "columns": mapping.columns,
        "constants": mapping.constants,
        "value_maps": mapping.value_maps,
    }
    for section, targets in sections.items():
        for name in targets:
            if name not in TARGETS:
                raise refuse(
                    path, None, f"{section}.{name}", "an unknown target", ", ".join(TARGETS), alike(name, TARGETS)
                )
    for name in mapping.columns.keys() & mapping.constants.keys():
        raise refuse(path, None, name, "in columns and in constants", "in one of them")
    for name in NEEDED:
        if name not in {*mapping.columns, *mapping.constants}:
            raise refuse(path, None, name, "neither in columns nor in constants", "a column or a constant for it")
    if mapping.delimiter not in DELIMITERS:
        raise refuse(path, None, "delimiter", repr(mapping.delimiter), 'one of "," ";" "\\t"')
    for name, value in mapping.constants.items():
        for found, allowed in _misfits(name, value):
            raise refuse(path, None, f"constants.{name}", found, allowed)
    for name, values in mapping.value_maps.items():
        if name not in mapping.columns:
            raise refuse(path, None, f"value_maps.{name}", "a target without a column", ", ".join(mapping.columns))
        for value in values.values():
            for found, allowed in _misfits(name, value):
                raise refuse(path, None, f"value_maps.{name}", found, allowed)


def _misfits(target: str, value: str) -> list[tuple[str, str]]:
    return misfits(TARGETS[target], value) if value else []


def read(
    path: Location,
    mapping_file: Path,
    wanted: Filter,
    gazetteer: pd.DataFrame | None = None,
    resolve: Resolve | None = None,
) -> Conversion:
    """Read a plain CSV by its mapping; each row is one mention of one attack.

    Without a column for date_end it is date_start, and without one for date_prec that is what the interval allows at
    least. Without source_id each row is a document of its own, named by the file and the row.
    """
    mapping = read_mapping(mapping_file)
    header = read_header(path, mapping.columns.values(), mapping.delimiter, fold=False)
    require(path, header, list(mapping.columns.values()))
    if wanted.bbox is not None and not {"latitude", "longitude"} <= mapping.columns.keys():
        raise refuse(mapping_file, None, "columns", "no latitude and longitude", "both, for a filter by bbox")
    start = mapping.columns.get("date_start", "")
    country = mapping.columns.get("country", "")
    layout = Layout(country, start, mapping.columns.get("date_end", start), date_form=mapping.date_format)
    if not start:
        raise refuse(mapping_file, None, "date_start", "a constant", "a column")
    columns = list(dict.fromkeys(mapping.columns.values()))
    found = scan(path, header, columns, layout, wanted, degrees=_degrees(mapping))
    cells = Cells(_as_targets(found.cells.text, mapping))
    if _outside(mapping, wanted):
        cells = Cells(cells.text.iloc[:0])
    cells.without_control_characters()
    coded = _coded(cells, mapping, found)
    unread = [name for name in header.names if name not in mapping.columns.values()]
    sound = cells.sound()
    losses = [
        f"Carried as attacks, one mention each: {many(sound.sum(), 'row')}. The file is taken at its word.",
        f"Columns not carried: {', '.join(unread)}." if unread else "Every column is carried.",
    ]
    empty = [name for name in TARGETS if name not in {*mapping.columns, *mapping.constants}]
    losses.append(f"Not in the mapping, so unknown, empty or derived: {', '.join(empty)}.")
    rejected = found.rejected(cells)
    rejected["column"] = rejected["column"].replace(mapping.columns)
    return convert(cells, coded, rejected, losses, gazetteer, resolve)


def _outside(mapping: Mapping, wanted: Filter) -> bool:
    """Whether the country is a constant, and one that is not wanted."""
    country = mapping.constants.get("country")
    if country is None or wanted.country is None:
        return False
    return country.lower() not in [name.strip().lower() for name in wanted.country]


def _degrees(mapping: Mapping) -> tuple[str, str]:
    return mapping.columns.get("latitude", "latitude"), mapping.columns.get("longitude", "longitude")


def _as_targets(text: pd.DataFrame, mapping: Mapping) -> pd.DataFrame:
    """The cells under the targets' names, with missing marks emptied, values translated and constants added."""
    columns = {}
    for target, name in mapping.columns.items():
        cells = text[name].where(~text[name].isin(mapping.missing), "")
        columns[target] = cells.replace(mapping.value_maps.get(target, {}))
        if mapping.decimal == "," and TARGETS[target].kind == "number":
            columns[target] = columns[target].str.replace(",", ".", regex=False)
    constants = {name: pd.Series(value, index=text.index, dtype="str") for name, value in mapping.constants.items()}
    return pd.DataFrame({**columns, **constants}, index=text.index)


def _coded(cells: Cells, mapping: Mapping, found: Scan) -> pd.DataFrame:
    coded: dict[str, pd.Series] = {}
    for name, column in TARGETS.items():
        if name not in cells.text:
            continue
        if column.required and column.kind != "date":
            cells.required(name)
        if column.kind == "date":
            coded[name] = _days(cells, name, mapping.date_format)
        elif column.kind == "count":
            coded[name] = cells.counts(name)
        if column.kind == "text" or column.allowed:
            _check_vocabulary(cells, name)
            coded.setdefault(name, cells.column(name))
    start = coded["date_start"]
    coded.setdefault("date_end", start)
    cells.ordered("date_start", "date_end", start, coded["date_end"])
    for low, high in MENTIONS.ordered[1:]:
        if low in coded and high in coded:
            cells.ordered(low, high, coded[low], coded[high])
    coded["date_prec"] = _precision(cells, start, coded["date_end"], coded.get("date_prec"))
    if "source_id" not in coded:
        rows = pd.Series(found.rows(cells.text.index), index=cells.text.index).astype("str")
        coded["source_id"] = slug(found.path.stem) + "-row" + rows
    coded["source_id"] = "plain-" + coded["source_id"]
    coded["day"] = start
    _check_sources(cells, coded)
    return pd.DataFrame({**coded, **cells.coordinates()}, index=cells.text.index)


def _days(cells: Cells, name: str, form: str | None) -> pd.Series:
    """A column of dates; only date_start and date_end must be there, another may be empty."""
    if TARGETS[name].required:
        return cells.days(name) if form is None else cells.days_of_form(name, form)
    known = Cells(cells.text[cells.column(name).ne("")], cells.faults)
    return (known.days(name) if form is None else known.days_of_form(name, form)).reindex(cells.text.index)


def _check_vocabulary(cells: Cells, name: str) -> None:
    """List the cells that the code book does not allow."""
    column = cells.column(name)
    for value in column.unique():
        for found, allowed in _misfits(name, value):
            hint = alike(found, TARGETS[name].allowed)
            cells.fault(name, column.eq(value), f"{allowed}{f' ({hint})' if hint else ''}")
            break


def _precision(cells: Cells, start: pd.Series, end: pd.Series, given: pd.Series | None) -> pd.Series:
    """The precision given where it fits the interval, and without one the least that the interval allows."""
    days = (end - start).dt.days + 1
    least = pd.cut(days, [0, 1, 6, 7, 31, 366], labels=[1, 2, 3, 4, 5]).astype("Int64")
    cells.fault("date_end" if "date_end" in cells.text else "date_start", days.gt(366), "at most 366 days")
    if given is None:
        return least
    wrong = (given.lt(least) | (days.eq(1) & given.gt(1))).fillna(False).astype(bool)
    cells.fault(
        "date_prec", wrong, "the precision of its interval: 1 for a day, 2 to 6 days, 3 to 7, 4 to 31, 5 longer"
    )
    return given.fillna(least)


def _check_sources(cells: Cells, coded: dict[str, pd.Series]) -> None:
    """List the rows that describe a document otherwise than the first row with its source_id."""
    described = pd.DataFrame({n: coded[n] for n in (*_FROM_SOURCES, "source_kind") if n in coded})
    first = described.drop_duplicates("source_id").set_index("source_id")
    for name in first.columns:
        before = pd.Series(described["source_id"].map(first[name]), index=described.index)
        other = described[name].ne(before) & ~(described[name].isna() & before.isna())
        cells.fault(name, other, "what the first row with this source_id says")
