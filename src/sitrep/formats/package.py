"""Frictionless Data Package: write incidents as one zip of incidents.csv and the datapackage.json that describes it."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path

import pandas as pd

from sitrep.formats.cells import guard
from sitrep.formats.export import csv_text
from sitrep.formats.files import replace_bytes

_DATES = ("date", "date_start", "date_end")
_NUMBERS = ("latitude", "longitude")
_INTEGERS = ("date_prec", "publishers")
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the zip format's first moment: the same incidents give the same bytes

_MEANINGS = {
    "incident_id": "YYYYMMDD-place-n",
    "date": "local day of the attack, as in the id",
    "date_prec": "UCDP GED: 1 the day, 2 within two to six days, 3 the week, 4 the month, 5 longer",
    "weapon": "several with a bar",
    "outcome": "several with a bar",
    "publishers": "publishers that tell of it; not independent confirmations",
    "status": "confirmed, reported, claimed_only, contested or denied",
    "mention_ids": "the mentions it rests on, with bars",
}


def write(incidents: pd.DataFrame, path: Path) -> tuple[str, ...]:
    """Write all columns of the incidents; return what the format cannot carry."""
    table = csv_text(incidents, guard).encode("utf-8")
    descriptor = {
        "profile": "tabular-data-package",
        "name": "incidents",
        "resources": [
            {
                "name": "incidents",
                "path": "incidents.csv",
                "profile": "tabular-data-resource",
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "bytes": len(table),
                "hash": "sha256:" + hashlib.sha256(table).hexdigest(),
                "schema": {
                    "fields": [_field(str(name)) for name in incidents.columns],
                    "missingValues": [""],
                    "primaryKey": "incident_id",
                },
            }
        ],
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        text = json.dumps(descriptor, ensure_ascii=False, indent=2) + "\n"
        for name, content in (("datapackage.json", text.encode("utf-8")), ("incidents.csv", table)):
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content, zipfile.ZIP_DEFLATED)
    replace_bytes(path, packed.getvalue())
    return (
        "The mentions and sources behind the incidents are in the data folder's own package, named by mention_ids.",
    )


def _field(name: str) -> dict[str, str]:
    field = {"name": name, "type": _type(name)}
    return field | ({"description": _MEANINGS[name]} if name in _MEANINGS else {})


def _type(name: str) -> str:
    if name in _DATES:
        return "date"
    if name in _NUMBERS or name.endswith("_best"):
        return "number"
    return "integer" if name in _INTEGERS or name.endswith(("_low", "_high")) else "string"
