"""UCDP GED: read a release's CSV as mentions, write incidents in its columns.

The layout is that of the Georeferenced Event Dataset, Global version 25.1 (the same 49 columns since 2019): Sundberg
and Melander (2013), "Introducing the UCDP Georeferenced Event Dataset", Journal of Peace Research 50(4).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from sitrep.formats.cells import Cells
from sitrep.formats.conversion import ATTACKED, ATTACKED_SIDE, Conversion, Resolve, convert, many, other_side
from sitrep.formats.export import iso_days, losses_of_all, whole, without_denied, write_csv
from sitrep.formats.location import Location
from sitrep.formats.scan import Filter, Layout, read_header, refuse, require, scan

COLUMNS = (
    *("id", "relid", "year", "active_year", "code_status", "type_of_violence", "conflict_dset_id", "conflict_new_id"),
    *("conflict_name", "dyad_dset_id", "dyad_new_id", "dyad_name", "side_a_dset_id", "side_a_new_id", "side_a"),
    *("side_b_dset_id", "side_b_new_id", "side_b", "number_of_sources", "source_article", "source_office"),
    *("source_date", "source_headline", "source_original", "where_prec", "where_coordinates", "where_description"),
    *("adm_1", "adm_2", "latitude", "longitude", "geom_wkt", "priogrid_gid", "country", "country_id", "region"),
    *("event_clarity", "date_prec", "date_start", "date_end", "deaths_a", "deaths_b", "deaths_civilians"),
    *("deaths_unknown", "best", "high", "low", "gwnoa", "gwnob"),
)
REQUIRED = (
    *("id", "type_of_violence", "side_a", "side_b", "where_prec", "where_coordinates", "latitude", "longitude"),
    *("country", "event_clarity", "date_prec", "date_start", "date_end"),
    *("deaths_a", "deaths_b", "deaths_civilians", "deaths_unknown", "best", "high", "low"),
)
PRECISIONS = ("1", "2", "3", "4", "5")
DEATHS = ("deaths_a", "deaths_b", "deaths_civilians", "deaths_unknown", "low", "best", "high")
NOTED = (
    *("relid", "type_of_violence", "conflict_name", "side_a", "side_b", *DEATHS, "number_of_sources", "source_article"),
    *("source_office", "source_original", "where_prec", "where_description", "adm_2"),
)
CARRIED = (
    *("id", "where_coordinates", "adm_1", "latitude", "longitude", "country", "event_clarity", "date_prec"),
    *("date_start", "date_end", "source_date", "source_headline"),
)
LAYOUT = Layout("country", "date_start", "date_end", ("type_of_violence",))

TYPES = {"1": "state-based conflict", "2": "non-state conflict", "3": "one-sided violence"}
ONE_SIDED = "3"
PLACE_KINDS = {"1": "city", "2": "area", "3": "area", "4": "unspecified", "5": "area", "6": "unspecified"}
PLACE_KINDS["7"] = "unspecified"
LONGEST = 366  # days an interval may have

# Gleditsch and Ward's numbers of the three countries covered.
COUNTRY_IDS = {"Iraq": "645", "Syria": "652", "Jordan": "663"}


def read(
    path: Location,
    wanted: Filter,
    event_types: Sequence[str] | None = None,
    attacked: Iterable[str] = ATTACKED,
    gazetteer: pd.DataFrame | None = None,
    resolve: Resolve | None = None,
) -> Conversion:
    """Read a UCDP GED file; `event_types` are values of type_of_violence ("1", "2", "3").

    UCDP names two sides and not who attacked. Where one side's name begins with one of `attacked` (for one-sided
    violence: the civilians), the dead of that side are `deaths` and the other side is `attributed_to`; elsewhere both
    stay empty and everything stands in the note. Aggregates (event_clarity 2) are refused: a count is no incident.
    """
    for name in event_types or ():
        if name not in TYPES:
            raise refuse(path, None, "type_of_violence", name, ", ".join(f"{n} ({w})" for n, w in TYPES.items()))
    header = read_header(path, COLUMNS)
    require(path, header, REQUIRED)
    found = scan(path, header, [*CARRIED, *NOTED], LAYOUT, wanted, event_types)
    cells = found.cells
    cells.without_control_characters()
    ids = cells.unique("id", "[0-9]{1,18}", "a whole number")
    kinds = cells.choice("type_of_violence", tuple(TYPES), required=False)
    cells.fault("event_clarity", cells.column("event_clarity").eq("2"), "1, an event of its own; 2 is an aggregate")
    cells.fault("event_clarity", ~cells.column("event_clarity").isin(["", "1", "2"]), "1")
    precision = cells.choice("where_prec", tuple(PLACE_KINDS))
    dates, raised = _dates(cells)
    deaths = {name: cells.counts(name) for name in DEATHS}
    cells.ordered("low", "best", deaths["low"], deaths["best"])
    cells.ordered("best", "high", deaths["best"], deaths["high"])
    killed, by, unsplit = _attacked_side(cells, kinds, deaths, attacked)
    published, late = _published(cells, dates["date_start"])
    coded = dates.assign(
        source_id="ucdp-" + ids,
        day=dates["date_start"],
        place_name=cells.required("where_coordinates"),
        country=cells.required("country"),
        admin1=cells.column("adm_1"),
        place_kind=precision.map(PLACE_KINDS).fillna("unspecified"),
        deaths=killed,
        attributed_to=by,
        note=cells.noted(NOTED),
        publisher="UCDP GED",
        language="en",
        title=cells.column("source_headline").where(cells.column("source_headline").ne(""), "[UCDP GED " + ids + "]"),
        published=published,
        source_kind="reference",
        **cells.coordinates(),
    )
    sound = cells.sound()
    dropped = [name for name in header.names if name not in {*CARRIED, *NOTED}]
    losses = [
        f"Carried as attacks: {many(sound.sum(), 'row')}. UCDP codes neither who attacked nor whether US or coalition "
        "forces were the target; choose by actor where that matters.",
        f"deaths is known for {many(killed[sound].notna().sum(), 'row')}, those whose attacked side has a count of its "
        "own; low, best and high count the dead of all sides and stand in the note only.",
        f"deaths is empty for {many((unsplit & sound).sum(), 'row')} with civilian or unassigned dead, whom UCDP gives "
        "to neither side.",
        "Weapon, munitions, outcome, injured, part of day and claims are not in UCDP GED: unknown or empty.",
        "Each row is one mention of one publisher, UCDP GED: the sources behind it stand in the note and confirm "
        "nothing on their own.",
        f"Columns not carried: {', '.join(dropped)}." if dropped else "Every column is carried or noted.",
    ]
    if (raised & sound).any():
        losses.append(f"date_prec is raised to what the interval allows in {many((raised & sound).sum(), 'row')}.")
    if (late & sound).any():
        losses.append(
            f"published is empty in {many((late & sound).sum(), 'row')} whose source dates lie before the event."
        )
    return convert(cells, coded, found.rejected(), losses, gazetteer, resolve)


def _dates(cells: Cells) -> tuple[pd.DataFrame, pd.Series]:
    """Interval and precision of each row, and where the precision had to be raised to what the interval allows."""
    start, end = cells.days("date_start"), cells.days("date_end")
    cells.ordered("date_start", "date_end", start, end)
    days = (end - start).dt.days + 1
    cells.fault("date_end", days.gt(LONGEST), f"at most {LONGEST} days from date_start")
    given = cells.choice("date_prec", PRECISIONS)
    prec = pd.to_numeric(given.where(given.isin(PRECISIONS)))
    cells.fault("date_prec", days.eq(1) & prec.gt(1), "1, as date_start and date_end are one day")
    least = pd.Series(np.select([days.le(1), days.le(6), days.le(7), days.le(31)], [1, 2, 3, 4], 5), index=days.index)
    kept = prec.where(prec.ge(least), least).astype("Int64")
    return pd.DataFrame({"date_start": start, "date_end": end, "date_prec": kept}), prec.lt(least)


def _attacked_side(
    cells: Cells, kinds: pd.Series, deaths: dict[str, pd.Series], attacked: Iterable[str]
) -> tuple[pd.Series, pd.Series, pd.Series]:
    """The dead of the attacked side, whom the attack is put down to, and where dead of no side stand in the way."""
    side_a, side_b = cells.column("side_a"), cells.column("side_b")
    is_a, by_b = other_side(side_a, side_b, attacked)
    is_b, by_a = other_side(side_b, side_a, attacked)
    one_sided = kinds.eq(ONE_SIDED)
    unsplit = (deaths["deaths_unknown"].gt(0) | (deaths["deaths_civilians"].gt(0) & ~one_sided)).fillna(False)
    none = pd.Series(pd.NA, index=side_a.index, dtype="Int64")
    killed = deaths["deaths_a"].where(is_a, deaths["deaths_b"].where(is_b, none))
    killed = deaths["deaths_civilians"].where(one_sided, killed).mask(unsplit)
    return killed, side_a.where(one_sided, by_b.where(is_a, by_a)), unsplit.astype(bool)


def _published(cells: Cells, start: pd.Series) -> tuple[pd.Series, pd.Series]:
    """The last of the dates in source_date, and where even that one lies before the event."""
    latest = cells.column("source_date").map(_latest)
    days = pd.to_datetime(latest, format="%Y-%m-%d", errors="coerce").astype("datetime64[us]")
    late = days.lt(start - pd.Timedelta(days=1))
    return days.mask(late), late


def _latest(dates: str) -> str | None:
    return max((part.strip()[:10] for part in dates.split(";") if part.strip()), default=None)


def write(incidents: pd.DataFrame, path: Path) -> tuple[str, ...]:
    """Write incidents in the columns of UCDP GED 25.1; return what they cannot carry."""
    rows, losses = without_denied(incidents)
    best, rounded = whole(rows["deaths_best"])
    by = rows["claimed_by"].fillna(rows["attributed_to"]).fillna("")
    located = rows["latitude"].notna()
    point = "POINT (" + rows["longitude"].astype("str") + " " + rows["latitude"].astype("str") + ")"
    out = {
        "id": pd.Series(range(1, len(rows) + 1), index=rows.index),
        "relid": rows["incident_id"],
        "year": rows["date_start"].dt.year,
        "side_a": ATTACKED_SIDE,
        "side_b": by,
        "dyad_name": (ATTACKED_SIDE + " - " + by).where(by.ne("")),
        "number_of_sources": rows["publishers"],
        "source_article": rows["mention_ids"].str.replace("|", ";"),
        "source_original": rows["status"],
        "where_prec": located.map({True: 2, False: 6}),
        "where_coordinates": rows["place_name"],
        "where_description": rows["place_id"],
        "adm_1": rows["admin1"],
        "latitude": rows["latitude"],
        "longitude": rows["longitude"],
        "geom_wkt": point.where(located),
        "priogrid_gid": _prio_cell(rows["latitude"], rows["longitude"]),
        "country": rows["country"],
        "country_id": rows["country"].map(COUNTRY_IDS),
        "region": rows["country"].map(dict.fromkeys(COUNTRY_IDS, "Middle East")),
        "event_clarity": 1,
        "date_prec": rows["date_prec"],
        "date_start": iso_days(rows["date_start"], " 00:00:00.000"),
        "date_end": iso_days(rows["date_end"], " 00:00:00.000"),
        "deaths_a": best,
        "best": best,
        "high": rows["deaths_high"],
        "low": rows["deaths_low"],
    }
    write_csv(pd.DataFrame({name: out.get(name, "") for name in COLUMNS}, index=rows.index), path)
    return (
        *losses,
        *losses_of_all(rows, rounded),
        "Weapon, outcome, munitions and the injured have no column in UCDP GED.",
        "type_of_violence, active_year, code_status and the numbers of conflict, dyad and sides are UCDP's to give: empty.",
        f'side_a is "{ATTACKED_SIDE}" and side_b the claimant, else whom sources hold responsible; a claim and an '
        "attribution cannot be told apart.",
        "best, low and high are the dead of the attacked side only; deaths_b, deaths_civilians and deaths_unknown are "
        "empty, not zero.",
        "number_of_sources counts publishers, source_article holds the mentions' ids, source_original the status.",
        "where_prec is 2 for every site with coordinates (good to about 25 km), 6 and no coordinates for the others.",
    )


def _prio_cell(latitude: pd.Series, longitude: pd.Series) -> pd.Series:
    """Number of the half-degree PRIO-GRID cell, counted from 90 south, 180 west; missing without coordinates."""
    row = np.floor((latitude + 90) * 2)
    column = np.floor((longitude + 180) * 2)
    return (row * 720 + column + 1).astype("Int64")
