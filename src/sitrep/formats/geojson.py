"""GeoJSON: write incidents as points for any map program (RFC 7946)."""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from sitrep.formats.files import replace_text

_DAYS = ("date", "date_start", "date_end")


def write(incidents: pd.DataFrame, path: Path) -> tuple[str, ...]:
    """Write one feature an incident, its columns as properties; return what the format cannot carry.

    Positions are longitude, latitude (WGS 84), the only order and datum that RFC 7946 knows. An incident without
    coordinates keeps its feature, with a null geometry as the RFC provides.
    """
    located = incidents[incidents["latitude"].notna() & incidents["longitude"].notna()]
    collection: dict[str, object] = {"type": "FeatureCollection"}
    if len(located):
        west, east = located["longitude"].min(), located["longitude"].max()
        south, north = located["latitude"].min(), located["latitude"].max()
        collection["bbox"] = [float(degrees) for degrees in (west, south, east, north)]
    collection["features"] = [_feature(row) for row in incidents.to_dict("records")]
    replace_text(path, json.dumps(collection, ensure_ascii=False, allow_nan=False, indent=1) + "\n")
    return (
        f"Incidents without coordinates: {len(incidents) - len(located)}. Their geometry is null; the file keeps them "
        "and a map leaves them out.",
        "Points of sites known to a tenth of a degree look as exact as any: GeoJSON has no word for precision.",
        "Incidents at one site lie on one point; draw counts, not dots.",
    )


def _feature(row: Mapping[Hashable, Any]) -> dict[str, object]:
    """One incident as a feature; lists (weapons, mentions) stay texts with bars, as map programs want them flat."""
    point = None
    if not (pd.isna(row["latitude"]) or pd.isna(row["longitude"])):
        point = {"type": "Point", "coordinates": [row["longitude"], row["latitude"]]}
    properties = {name: _value(name, value) for name, value in row.items() if name not in ("latitude", "longitude")}
    return {"type": "Feature", "id": row["incident_id"], "geometry": point, "properties": properties}


def _value(name: Hashable, value: Any) -> object:
    if pd.isna(value):
        return None
    if name in _DAYS:
        return pd.Timestamp(value).strftime("%Y-%m-%d")
    if isinstance(value, str):
        return value
    number = float(value)
    return int(number) if number.is_integer() else number
