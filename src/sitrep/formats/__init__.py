"""The field's own layouts: read UCDP GED, ACLED and plain CSV files as mentions, write incidents for others to use.

Every conversion says what it could not carry. `docs/formats.md` tells which column becomes which.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from pathlib import Path

import pandas as pd

from sitrep.formats import acled, geojson, package, plain, scan, ucdp
from sitrep.formats.conversion import ATTACKED, ATTACKED_SIDE, Conversion, Resolve
from sitrep.formats.location import Location, as_utf8, located
from sitrep.formats.scan import BBox, Filter, FormatError

READABLE = ("ucdp", "acled", "plain")
WRITERS: dict[str, Callable[[pd.DataFrame, Path], tuple[str, ...]]] = {
    "ucdp": ucdp.write,
    "acled": acled.write,
    "geojson": geojson.write,
    "frictionless": package.write,
}


def read(
    path: Path | str,
    format: str,
    mapping: Path | str | None = None,
    country: str | Sequence[str] | None = None,
    start: date | str | None = None,
    end: date | str | None = None,
    *,
    encoding: str = "utf-8",
    bbox: BBox | None = None,
    event_types: str | Sequence[str] | None = None,
    attacked: str | Iterable[str] = ATTACKED,
    places: pd.DataFrame | None = None,
    resolve: Resolve | None = None,
) -> Conversion:
    """Read a file of the field's as sitrep's tables.

    Parameters
    ----------
    path
        A CSV (.csv or .csv.gz) or Parquet file of any size, or its address where fsspec reads such; only the rows wanted
        are held in memory.
    format
        "ucdp", "acled" or "plain".
    mapping
        The YAML file that says what a plain CSV's columns are (see `sitrep.formats.plain.Mapping`); for no other.
    country, start, end, bbox
        The rows wanted: one or several countries as the file writes them (case apart), first and last day, both
        included, and west, south, east, north in degrees.
    encoding
        How a CSV file is written: "utf-8" (with or without byte order mark), "windows-1252" or any other that Python knows.
    event_types
        ACLED's event or sub-event types, or UCDP's types of violence ("1", "2", "3").
    attacked
        Beginnings of the names of actors that are the attacked side.
    places
        The gazetteer, as `sitrep.tables.read` gives it. Sites that it does not know become new rows; without it all do.
    resolve
        What finds the place_id behind a name that is not word for word the gazetteer's, such as the `resolve` of a
        `sitrep.places.Gazetteer`; it is believed only near the coordinates of the file.

    Raises
    ------
    FormatError
        For a file that cannot be read as this format, naming file, row, column, what was found and what is allowed;
        and for a country that no row of the file has. A fault in a single row is no error: it is in `rejected`.
    """
    file = located(path)
    if format not in READABLE:
        raise scan.refuse(file, None, "format", format, ", ".join(READABLE), scan.alike(format, READABLE))
    if (mapping is not None) != (format == "plain"):
        found = "no mapping" if mapping is None else f"a mapping for {format}"
        raise scan.refuse(file, None, "mapping", found, "a mapping for plain, and for no other format")
    names, types = _several(country), _several(event_types)
    wanted = Filter(names, _day(file, "start", start), _day(file, "end", end), _box(file, bbox))
    if wanted.start and wanted.end and wanted.start > wanted.end:
        raise scan.refuse(file, None, "end", str(wanted.end), f"{wanted.start} or later")
    if format == "plain" and types is not None:
        raise scan.refuse(file, None, "event_types", ", ".join(types), "none: a plain file has no types")
    with as_utf8(file, encoding) as text:
        if format == "plain":
            return plain.read(text, Path(str(mapping)), wanted, places, resolve)
        module = ucdp if format == "ucdp" else acled
        result = module.read(text, wanted, types, _several(attacked) or (), places, resolve)
        if names and result.mentions.empty and result.rejected.empty:
            _check_countries(text, names, module.COLUMNS, module.LAYOUT)
        return result


def write(incidents: pd.DataFrame, path: Path | str, format: str) -> tuple[str, ...]:
    """Write incidents (as `sitrep.reconcile.reconcile` gives them) and return what the format cannot carry.

    `format` is "ucdp", "acled" (CSV files), "geojson" or "frictionless" (a zip of CSV and descriptor). The file is
    replaced in one step or left as it was. Raises FormatError for an unknown format or a folder that is not there.
    """
    file = Path(path)
    if format not in WRITERS:
        raise scan.refuse(file, None, "format", format, ", ".join(WRITERS), scan.alike(format, WRITERS))
    if not file.parent.is_dir():
        raise scan.refuse(file, None, "", f"no folder {file.parent}", "a file in a folder that is there")
    return WRITERS[format](incidents, file)


def _several(names: str | Iterable[str] | None) -> tuple[str, ...] | None:
    """One name or several as a tuple; None stays None."""
    return (names,) if isinstance(names, str) else None if names is None else tuple(names)


def _day(file: Location, name: str, day: date | str | None) -> date | None:
    if not isinstance(day, str):
        return day
    try:
        return date.fromisoformat(day)
    except ValueError:
        raise scan.refuse(file, None, name, day, "a date, YYYY-MM-DD") from None


def _box(file: Location, bbox: BBox | None) -> BBox | None:
    if bbox is not None:
        west, south, east, north = bbox
        if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
            raise scan.refuse(file, None, "bbox", str(bbox), "west, south, east, north in degrees, west below east")
    return bbox


def _check_countries(file: Location, names: Sequence[str], known: Iterable[str], layout: scan.Layout) -> None:
    """Raise FormatError if no row of the file is of any of these countries: most likely a name is misspelt."""
    there = scan.countries(file, scan.read_header(file, known), layout)
    if not {name.strip().lower() for name in names} & {name.lower() for name in there}:
        hint = scan.alike(names[0], there)
        raise scan.refuse(file, None, layout.country, ", ".join(names), ", ".join(there) or "no row at all", hint)


__all__ = ["ATTACKED", "ATTACKED_SIDE", "READABLE", "WRITERS", "Conversion", "Filter", "FormatError", "read", "write"]
