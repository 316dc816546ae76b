"""ACLED: read an export (old and current columns) as mentions, write incidents in its columns.

The layout is that of the Armed Conflict Location & Event Data codebook (2024), the old one that of exports until 2022:
Raleigh, Linke, Hegre and Karlsen (2010), "Introducing ACLED", Journal of Peace Research 47(5).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from sitrep.formats.cells import Cells
from sitrep.formats.conversion import ATTACKED, ATTACKED_SIDE, Conversion, Resolve, convert, many, other_side
from sitrep.formats.export import iso_days, losses_of_all, whole, without_denied, write_csv
from sitrep.formats.location import Location
from sitrep.formats.scan import Filter, Layout, alike, read_header, refuse, require, scan

COLUMNS = (
    *("event_id_cnty", "event_date", "year", "time_precision", "disorder_type", "event_type", "sub_event_type"),
    *("actor1", "assoc_actor_1", "inter1", "actor2", "assoc_actor_2", "inter2", "interaction", "civilian_targeting"),
    *("iso", "region", "country", "admin1", "admin2", "admin3", "location", "latitude", "longitude", "geo_precision"),
    *("source", "source_scale", "notes", "fatalities", "tags", "timestamp"),
    *("population_1km", "population_2km", "population_5km", "population_best"),
)
OLD_COLUMNS = ("data_id", "event_id_no_cnty", "iso3")
REQUIRED = (
    *("event_id_cnty", "event_date", "time_precision", "event_type", "sub_event_type", "actor1", "actor2", "country"),
    *("location", "latitude", "longitude", "geo_precision", "fatalities"),
)
NOTED = (
    *("event_type", "sub_event_type", "actor1", "assoc_actor_1", "actor2", "assoc_actor_2", "civilian_targeting"),
    *("fatalities", "time_precision", "geo_precision", "admin2", "admin3", "source", "source_scale", "tags", "notes"),
)
CARRIED = ("event_id_cnty", "event_date", "country", "admin1", "location", "latitude", "longitude", "timestamp")
LAYOUT = Layout("country", "event_date", "event_date", ("event_type", "sub_event_type"))

REMOTE = "Explosions/Remote violence"
ATTACKS: dict[str, tuple[str, ...]] = {
    "Battles": ("Armed clash", "Government regains territory", "Non-state actor overtakes territory"),
    REMOTE: (
        *("Chemical weapon", "Air/drone strike", "Suicide bomb", "Shelling/artillery/missile attack"),
        *("Remote explosive/landmine/IED", "Grenade"),
    ),
    "Violence against civilians": ("Sexual violence", "Attack", "Abduction/forced disappearance"),
}
NO_ATTACKS: dict[str, tuple[str, ...]] = {
    "Protests": ("Peaceful protest", "Protest with intervention", "Excessive force against protesters"),
    "Riots": ("Violent demonstration", "Mob violence"),
    "Strategic developments": (
        *("Agreement", "Arrests", "Change to group/activity", "Disrupted weapons use"),
        *("Headquarters or base established", "Looting/property destruction"),
        *("Non-violent transfer of territory", "Other"),
    ),
}
TYPES = {**ATTACKS, **NO_ATTACKS}

# Only where the sub-event type is one weapon of the code book; an "Air/drone strike" may be an aircraft's.
WEAPONS = {"Shelling/artillery/missile attack": "indirect_fire", "Remote explosive/landmine/IED": "ied"}
PLACE_KINDS = {"1": "city", "2": "area", "3": "area"}
DAY, WEEK, MONTH = "1", "2", "3"

SHELLING = ("Explosions/Remote violence", "Shelling/artillery/missile attack")
AS_EVENT = {
    "rocket": SHELLING,
    "mortar": SHELLING,
    "ballistic_missile": SHELLING,
    "cruise_missile": SHELLING,
    "indirect_fire": SHELLING,
    "drone": (REMOTE, "Air/drone strike"),
    "ied": (REMOTE, "Remote explosive/landmine/IED"),
    "small_arms": ("Battles", "Armed clash"),
}
TIME_PRECISION = {1: DAY, 2: WEEK, 3: WEEK, 4: MONTH, 5: MONTH}
ISO = {"Iraq": "368", "Syria": "760", "Jordan": "400"}


def read(
    path: Location,
    wanted: Filter,
    event_types: Sequence[str] | None = None,
    attacked: Iterable[str] = ATTACKED,
    gazetteer: pd.DataFrame | None = None,
    resolve: Resolve | None = None,
) -> Conversion:
    """Read an ACLED export; `event_types` are event or sub-event types, without them those that are attacks.

    `fatalities` becomes `deaths` where it is above 0, never a low and a high. ACLED writes 0 both for nobody killed and
    for nothing said, so 0 becomes missing. `attributed_to` is the actor beside one whose name begins with one of
    `attacked` or "Civilians", or the only actor of remote violence; ACLED does not say which of two attacked.
    """
    _check_types(path, event_types)
    header = read_header(path, (*COLUMNS, *OLD_COLUMNS))
    require(path, header, REQUIRED)
    skipped = () if event_types is not None else tuple(NO_ATTACKS)
    found = scan(path, header, [*CARRIED, *NOTED], LAYOUT, wanted, event_types, skipped)
    cells = found.cells
    cells.without_control_characters()
    ids = cells.unique("event_id_cnty", r"[^\s#|]+", "no space, # or bar")
    cells.choice("event_type", tuple(TYPES))
    precision = cells.choice("geo_precision", tuple(PLACE_KINDS))
    dates, guessed = _dates(cells)
    fatalities = cells.counts("fatalities")
    by = _responsible(cells, attacked)
    coded = dates.assign(
        source_id="acled-" + ids,
        place_name=cells.required("location"),
        country=cells.required("country"),
        admin1=cells.column("admin1"),
        place_kind=precision.map(PLACE_KINDS).fillna("unspecified"),
        weapon=cells.column("sub_event_type").map(WEAPONS).fillna("unknown"),
        deaths=fatalities.mask(fatalities.eq(0)),
        attributed_to=by,
        note=cells.noted(NOTED),
        publisher="ACLED",
        language="en",
        title="[ACLED " + ids + ": " + cells.column("source") + "]",
        published=_uploaded(cells, dates["day"]),
        source_kind="reference",
        **cells.coordinates(),
    )
    sound = cells.sound()
    zeros = int((fatalities.eq(0) & sound).sum())
    dropped = [name for name in header.names if name not in {*CARRIED, *NOTED}]
    losses = [
        f"Carried as attacks: {many(sound.sum(), 'row')}. ACLED does not say whether US or coalition forces were the "
        "target, nor which of two actors attacked.",
        "fatalities is carried as deaths: one number for all sides together, and no low and high is made of it.",
        f"deaths is empty in {many(zeros, 'row')} with fatalities 0, which ACLED writes for nobody killed and for "
        "nothing said alike; the 0 stands in the note.",
        'Weapon is carried for shelling and explosives only ("Air/drone strike" may be an aircraft); munitions, '
        "outcome, injured, part of day and claims are not in ACLED: unknown or empty.",
        "Each row is one mention of one publisher, ACLED: the sources behind it stand in the note and confirm nothing "
        "on their own.",
        f"Columns not carried: {', '.join(dropped)}." if dropped else "Every column is carried or noted.",
    ]
    if (guessed & sound).any():
        losses.append(
            f"Known to the week or month only: {many((guessed & sound).sum(), 'row')}. Three days on either side of the day "
            "coded, or its calendar month, stand for the interval that ACLED does not give."
        )
    if found.left_out:
        counts = ", ".join(f"{count} {name}" for name, count in found.left_out.items())
        losses.append(
            f"Left out, for these event types are no attacks: {counts}. Name them in event_types to have them."
        )
    return convert(cells, coded, found.rejected(), losses, gazetteer, resolve)


def _check_types(path: Location, event_types: Sequence[str] | None) -> None:
    known = [*TYPES, *(sub for subs in TYPES.values() for sub in subs)]
    for name in event_types or ():
        if name not in known:
            raise refuse(path, None, "event_type", name, ", ".join(known), alike(name, known))


def _dates(cells: Cells) -> tuple[pd.DataFrame, pd.Series]:
    """Day, interval and precision of each row, and where the interval is made from the precision."""
    day = cells.days("event_date")
    precision = cells.choice("time_precision", (DAY, WEEK, MONTH))
    week, month = precision.eq(WEEK), precision.eq(MONTH)
    start = day.mask(week, day - pd.Timedelta(days=3)).mask(month, day.dt.to_period("M").dt.start_time)
    end = day.mask(week, day + pd.Timedelta(days=3)).mask(month, day.dt.to_period("M").dt.end_time.dt.normalize())
    prec = precision.map({DAY: 1, WEEK: 3, MONTH: 4}).astype("Int64")
    return pd.DataFrame({"day": day, "date_start": start, "date_end": end, "date_prec": prec}), week | month


def _responsible(cells: Cells, attacked: Iterable[str]) -> pd.Series:
    """Whom the event can be put down to without guessing who attacked; "" for nobody or nobody identified."""
    first, second = cells.column("actor1"), cells.column("actor2")
    sides = (*attacked, "Civilians")
    is_second, by_first = other_side(second, first, sides)
    _, by_second = other_side(first, second, sides)
    alone = second.eq("") & cells.column("event_type").eq(REMOTE) & ~first.str.startswith(sides)
    by = by_first.where(is_second, by_second).mask(alone, first)
    return by.mask(by.str.startswith("Unidentified"), "")


def _uploaded(cells: Cells, day: pd.Series) -> pd.Series:
    """The day (UTC) on which ACLED put the row into its present form; missing if that is before the event."""
    seconds = pd.to_numeric(cells.column("timestamp").where(cells.column("timestamp").str.fullmatch("[0-9]{9,11}")))
    uploaded = pd.to_datetime(seconds, unit="s").dt.normalize()
    return uploaded.mask(uploaded < day - pd.Timedelta(days=1))


def write(incidents: pd.DataFrame, path: Path) -> tuple[str, ...]:
    """Write incidents in ACLED's current columns; return what they cannot carry."""
    rows, losses = without_denied(incidents)
    best, rounded = whole(rows["deaths_best"])
    weapon = rows["weapon"].fillna("unknown").str.split("|").str[0]
    kind = weapon.map({name: types[0] for name, types in AS_EVENT.items()})
    sub_kind = weapon.map({name: types[1] for name, types in AS_EVENT.items()})
    unidentified = "Unidentified Armed Group (" + rows["country"] + ")"
    out = {
        "event_id_cnty": rows["incident_id"],
        "event_date": iso_days(rows["date"]),
        "year": rows["date"].dt.year,
        "time_precision": rows["date_prec"].astype("Int64").map(TIME_PRECISION),
        "disorder_type": "Political violence",
        "event_type": kind.fillna(REMOTE),
        "sub_event_type": sub_kind,
        "actor1": rows["claimed_by"].fillna(rows["attributed_to"]).fillna(unidentified),
        "actor2": ATTACKED_SIDE,
        "iso": rows["country"].map(ISO),
        "region": rows["country"].map(dict.fromkeys(ISO, "Middle East")),
        "country": rows["country"],
        "admin1": rows["admin1"],
        "location": rows["place_name"],
        "latitude": rows["latitude"],
        "longitude": rows["longitude"],
        "geo_precision": rows["latitude"].notna().map({True: 2, False: 3}),
        "source": rows["mention_ids"].str.replace("|", "; "),
        "notes": _notes(rows),
        "fatalities": best,
    }
    write_csv(pd.DataFrame({name: out.get(name, "") for name in COLUMNS}, index=rows.index), path)
    several = int(rows["weapon"].str.contains("|", regex=False, na=False).sum())
    unknown = int(kind.isna().sum())
    return (
        *losses,
        *losses_of_all(rows, rounded),
        "The low and the high number of deaths have no column in ACLED.",
        "Status, weapons, outcome, munitions and the injured stand in notes, as text.",
        f"Incidents with several weapons have the event type of the first one: {several}.",
        f"Incidents of unknown weapon are {REMOTE} without a sub-event type: {unknown}.",
        "Attacks intercepted or foiled keep their weapon's event type; ACLED would code some as Disrupted weapons use.",
        f'actor1 is the claimant, else whom sources hold responsible, else ACLED\'s "Unidentified Armed Group"; actor2 '
        f'is "{ATTACKED_SIDE}".',
        "A date known to less than the day stands as one day with time_precision 2 (up to a week) or 3.",
        "inter1, inter2, interaction, tags, timestamp and population are ACLED's to give: empty. source holds the "
        "mentions' ids.",
    )


def _notes(rows: pd.DataFrame) -> pd.Series:
    """Status, weapon, outcome, munitions and injured of each incident in words."""

    def span(name: str) -> pd.Series:
        low, high = (rows[f"{name}_{end}"].astype("str").replace("<NA>", "?") for end in ("low", "high"))
        return (low + " to " + high).mask(low.eq("?") & high.eq("?"), "not stated")

    fields = {"status": rows["status"], "weapon": rows["weapon"], "outcome": rows["outcome"]}
    fields |= {"munitions": span("munitions"), "injured": span("injured")}
    parts = [f"{name}: " + column.fillna("unknown").astype("str") for name, column in fields.items()]
    return pd.Series([". ".join(cells) + "." for cells in zip(*parts, strict=True)], index=rows.index, dtype="str")
