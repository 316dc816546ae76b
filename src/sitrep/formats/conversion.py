"""From the rows of another format to sitrep's tables: ids, sites, sources, actors, and what could not be carried."""

from __future__ import annotations

import hashlib
import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from sitrep.formats.cells import Cells
from sitrep.formats.export import csv_text
from sitrep.formats.files import replace_text
from sitrep.tables import ACTORS, COUNTRIES, MENTIONS, PLACES, SOURCES, TABLES, Table, Tables, empty, typed

#: What an export calls the attacked side, and what an import takes for it: the beginning of an actor's name.
ATTACKED_SIDE = "US and coalition forces and their hosts"
ATTACKED = (ATTACKED_SIDE, "Government of United States of America", "Military Forces of the United States")

SAME_SITE_KM = 50.0  # a site of the gazetteer lies this near the coordinates given, or is another site

#: How the ids of imported sources begin, so that they are never those of the project's own.
PREFIXES = ("ucdp-", "acled-", "plain-")

#: The file in which an import notes what it assumed and could not carry, one sentence a line.
LOSSES = "losses.txt"

#: What finds the place_id that a short name stands for, such as `sitrep.places.Gazetteer.resolve`.
Resolve = Callable[[str], str | None]

_DEFAULTS = {"weapon": "unknown", "outcome": "unknown", "stance": "reports", "target": "other"}


@dataclass(frozen=True)
class Conversion:
    """What an import gives: sitrep's tables, what they could not carry, and the rows that were refused.

    mentions, sources, places, actors, countries
        Frames with the columns of the code book, ready for `sitrep.reconcile.reconcile`. `places` holds the sites of
        these mentions only: those of the gazetteer given, and new ones with the coordinates of the file.
    losses
        Sentences: what the file says and these tables do not.
    rejected
        One row a fault: row (as a spreadsheet counts, the header being 1), column, found, allowed. A row with a fault
        is in no other table.
    """

    mentions: pd.DataFrame
    sources: pd.DataFrame
    places: pd.DataFrame
    actors: pd.DataFrame
    countries: pd.DataFrame
    losses: tuple[str, ...]
    rejected: pd.DataFrame

    def tables(self) -> Tables:
        """All tables of a data folder: these, and the others empty. Coverage stays empty: the file does not tell it."""
        given = {name: getattr(self, name) for name in ("mentions", "sources", "places", "actors", "countries")}
        return Tables(**{table.name: given.get(table.name, empty(table)) for table in TABLES})

    def save(self, folder: Path) -> list[Path]:
        """Write the tables as a data folder, with rejected.csv and losses.txt; tell which files were written.

        These are tables for `sitrep.tables.read`, not for spreadsheets: cells are written as they are.
        """
        Path(folder).mkdir(parents=True, exist_ok=True)
        texts = {"rejected.csv": csv_text(self.rejected), LOSSES: "".join(f"{line}\n" for line in self.losses)}
        return write_folder(Path(folder), self.tables(), texts)


def write_folder(folder: Path, tables: Tables, texts: Mapping[str, str]) -> list[Path]:
    """Write tables and other *texts* (by file name) into a folder; tell which files were written."""
    files = {table.file: csv_text(getattr(tables, table.name)) for table in TABLES} | dict(texts)
    for name, text in files.items():
        replace_text(folder / name, text)
    return [folder / name for name in files]


def convert(
    cells: Cells,
    coded: pd.DataFrame,
    rejected: pd.DataFrame,
    losses: Iterable[str],
    gazetteer: pd.DataFrame | None = None,
    resolve: Resolve | None = None,
) -> Conversion:
    """The rows without a fault as sitrep's tables.

    `coded` has one row a row of the file, with `source_id`, `day` (the day of the incident's id), `place_name`,
    `country` and any other columns of mentions, sources (their `kind` as `source_kind`) and places (`admin1`,
    `latitude`, `longitude`, `place_kind`, `target`). Rows of one source_id are mentions of one document. A site is
    the row of the `gazetteer` whose name or alias is `place_name`, or to which `resolve` leads from it, in the same
    country and within SAME_SITE_KM of the coordinates, else a new row of places.
    """
    sound = coded[cells.sound()].reset_index(drop=True)
    sound = sound.assign(**{name: value for name, value in _DEFAULTS.items() if name not in sound})
    sites, places = _sites(sound, gazetteer, resolve)
    sound = sound.assign(place_id=sites)
    stem = sound["day"].dt.strftime("%Y%m%d") + "-" + sound["place_id"]
    sound["incident_id"] = _numbered(stem, "-")
    sound["mention_id"] = _numbered(sound["source_id"], "#")
    sources = sound.drop_duplicates("source_id").assign(kind=lambda rows: rows["source_kind"])
    new = int((~places["place_id"].isin([] if gazetteer is None else gazetteer["place_id"])).sum())
    said = list(losses)
    if gazetteer is not None and new:
        said.append(f"{new} of {len(places)} sites are not in the gazetteer; they are new rows of places.")
    if len(rejected):
        said.append(
            f"{rejected['row'].nunique()} rows were refused, each with its fault in the list of rejected cells."
        )
    return Conversion(
        mentions=conform(sound, MENTIONS),
        sources=conform(sources, SOURCES),
        places=places,
        actors=_actors(sound),
        countries=_countries(places),
        losses=tuple(said),
        rejected=rejected,
    )


def many(count: float, noun: str) -> str:
    """A whole count and its noun: "1 row", "5 rows"."""
    return f"{int(count):,} {noun}{'' if count == 1 else 's'}"


def slug(name: str) -> str:
    """A name as an id: ASCII letters and digits in words joined by hyphens; a hash where nothing would be left."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:80].strip("-")
    return words or "site-" + hashlib.sha256(name.encode()).hexdigest()[:8]


def other_side(side: pd.Series, opposite: pd.Series, attacked: Iterable[str]) -> tuple[pd.Series, pd.Series]:
    """Whether `side` is an attacked one by its name, and the `opposite` there ("" elsewhere)."""
    known = side.str.startswith(tuple(attacked))
    return known, opposite.where(known, "")


def _numbered(keys: pd.Series, mark: str) -> pd.Series:
    """Each key with its number among its equals, in the order of the file."""
    number = keys.groupby(keys).cumcount() + 1
    return keys + mark + number.astype("str")


def conform(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """The table's columns in its order, typed as `sitrep.tables.read_table` types them; absent ones are missing."""
    columns = {}
    for column in table.columns:
        if column.name not in frame:
            columns[column.name] = typed(pd.Series("", index=frame.index, dtype="str"), column.kind)
        elif column.kind == "text":
            cells = frame[column.name].astype("str")
            columns[column.name] = cells.where(cells.ne(""))
        elif column.kind == "date":
            columns[column.name] = frame[column.name].astype("datetime64[us]")
        else:
            columns[column.name] = frame[column.name].astype("Int64" if column.kind == "count" else "float64")
    return pd.DataFrame(columns).reset_index(drop=True)


# --- sites --------------------------------------------------------------------------------------------


def _sites(
    rows: pd.DataFrame, gazetteer: pd.DataFrame | None, resolve: Resolve | None
) -> tuple[pd.Series, pd.DataFrame]:
    """The place_id of each row, and the rows of places that these ids name."""
    key = ["place_name", "country", "admin1", "latitude", "longitude"]
    rows = rows.assign(**{name: "" for name in ("admin1",) if name not in rows})
    rows = rows.assign(**{name: math.nan for name in ("latitude", "longitude") if name not in rows})
    rows = rows.assign(**{"place_kind": "unspecified"} if "place_kind" not in rows else {})
    rows[["latitude", "longitude"]] = rows[["latitude", "longitude"]].round(5)
    # The most exact kind that any row gives a site is the site's; kinds stand in the code book from exact to vague.
    exactness = {kind: number for number, kind in enumerate(PLACES.column("kind").allowed)}
    ranked = rows.assign(rank=rows["place_kind"].map(exactness)).sort_values("rank", kind="stable")
    sites = ranked.drop_duplicates(key).sort_values(key, kind="stable", ignore_index=True)
    known = _known_sites(sites, gazetteer, resolve)
    taken = set() if gazetteer is None else set(gazetteer["place_id"])
    sites["place_id"] = _new_ids(sites, known, taken)
    new = sites[known.isna()].rename(columns={"place_name": "name", "place_kind": "kind"})
    frames = [conform(new, PLACES)]
    if gazetteer is not None and known.notna().any():
        frames.insert(0, gazetteer[gazetteer["place_id"].isin(known.dropna())][[c.name for c in PLACES.columns]])
    ids = rows.merge(sites[[*key, "place_id"]], on=key, how="left", validate="many_to_one")["place_id"]
    return ids.astype("str"), pd.concat(frames).sort_values("place_id", ignore_index=True)


def _known_sites(sites: pd.DataFrame, gazetteer: pd.DataFrame | None, resolve: Resolve | None) -> pd.Series:
    """For each site the place_id of the gazetteer that bears its name, in its country, near enough; else missing.

    A name or alias itself may stand without coordinates; what `resolve` finds must be near those of the file, if any.
    """
    if gazetteer is None:
        return pd.Series(None, index=sites.index, dtype="str")
    places = gazetteer.set_index("place_id")[["country", "latitude", "longitude"]].to_dict("index")
    named: dict[str, list[str]] = {}
    for place_id, name, aliases in zip(gazetteer["place_id"], gazetteer["name"], gazetteer["aliases"], strict=True):
        for text in {name, *(aliases.split("|") if isinstance(aliases, str) else [])}:
            named.setdefault(_fold(text), []).append(place_id)
    found: list[str | None] = []
    for name, country, latitude, longitude in zip(
        sites["place_name"], sites["country"], sites["latitude"], sites["longitude"], strict=True
    ):
        exact = named.get(_fold(name), [])
        resolved = None if resolve is None else resolve(name)
        near = []
        for place_id in [*exact, *([resolved] if resolved in places else [])]:
            km = _km(latitude, longitude, places[place_id]["latitude"], places[place_id]["longitude"])
            unplaced = math.isnan(km) and (place_id in exact or math.isnan(latitude))
            if places[place_id]["country"] == country and (km <= SAME_SITE_KM or unplaced):
                near.append(place_id)
        found.append(near[0] if near else None)
    return pd.Series(found, index=sites.index, dtype="str")


def _new_ids(sites: pd.DataFrame, known: pd.Series, taken: set[str]) -> list[str]:
    """The known id, or one made of the name; where that is taken, of name and governorate, then with a number."""
    ids = []
    for number, site in enumerate(sites.itertuples()):
        if isinstance(known.iloc[number], str):
            ids.append(str(known.iloc[number]))
            continue
        name = slug(str(site.place_name))
        candidates = [name, f"{name}-{slug(str(site.admin1 or site.country))}"]
        candidates += [f"{candidates[1]}-{n}" for n in range(2, 2 + len(sites))]
        ids.append(next(candidate for candidate in candidates if candidate not in taken))
        taken.add(ids[-1])
    return ids


def _fold(name: str) -> str:
    return " ".join(re.findall(r"\w+", name.casefold()))


def _km(latitude: float, longitude: float, to_latitude: float, to_longitude: float) -> float:
    """Great-circle distance in km; NaN where a coordinate is missing."""
    north, east = math.radians(to_latitude - latitude), math.radians(to_longitude - longitude)
    across = math.cos(math.radians(latitude)) * math.cos(math.radians(to_latitude))
    return 2 * 6371.0 * math.asin(math.sqrt(math.sin(north / 2) ** 2 + across * math.sin(east / 2) ** 2))


# --- the small tables ---------------------------------------------------------------------------------


def _actors(rows: pd.DataFrame) -> pd.DataFrame:
    """Every name that the mentions give, standing for itself."""
    columns = [rows[name] for name in ("claimed_by", "attributed_to") if name in rows]
    names = sorted({name for column in columns for name in column if name})
    frame = pd.DataFrame({"name": names, "actor": names}, dtype="str")
    return conform(frame, ACTORS)


def _countries(places: pd.DataFrame) -> pd.DataFrame:
    """The countries of these sites, each with the box of its own sites, outward to a tenth of a degree."""
    box = places.groupby("country").agg(
        latitude_min=("latitude", "min"),
        latitude_max=("latitude", "max"),
        longitude_min=("longitude", "min"),
        longitude_max=("longitude", "max"),
    )
    limits = {"latitude_min": -90.0, "latitude_max": 90.0, "longitude_min": -180.0, "longitude_max": 180.0}
    for name, limit in limits.items():
        away = math.floor if limit < 0 else math.ceil
        box[name] = [limit if math.isnan(value) else away(value * 10) / 10 for value in box[name]]
    return conform(box.reset_index(), COUNTRIES)
