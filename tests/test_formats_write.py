"""Writing incidents in the field's layouts: what stands where, what is said to be lost, and what comes back."""

import csv
import hashlib
import io
import json
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sitrep import tables
from sitrep.formats import ATTACKED_SIDE, WRITERS, FormatError, acled, read, ucdp, write
from sitrep.formats.cells import guard, unguard
from sitrep.formats.export import csv_text
from sitrep.reconcile import reconcile

DATA = Path(__file__).parent.parent / "data"


@pytest.fixture(scope="module")
def folder() -> tables.Tables:
    return tables.read(DATA)


@pytest.fixture(scope="module")
def incidents(folder) -> pd.DataFrame:
    return reconcile(folder.mentions, folder.sources, folder.places, folder.actors)


def rows_of(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype="str", keep_default_na=False)


# --- round trips --------------------------------------------------------------------------------------


def test_incidents_through_ucdp_and_back_keep_dates_place_and_deaths(tmp_path, folder, incidents):
    write(incidents, tmp_path / "ged.csv", "ucdp")
    back = read(tmp_path / "ged.csv", "ucdp", places=folder.places)
    assert back.rejected.empty
    sent = incidents[incidents["status"] != "denied"].reset_index(drop=True)
    came = back.mentions
    assert len(came) == len(sent) > 500
    for name in ("date_start", "date_end"):
        assert came[name].eq(sent[name]).all(), name
    assert came["place_id"].tolist() == sent["place_id"].tolist()
    whole = sent["deaths_best"].isna() | sent["deaths_best"].mod(1).eq(0)
    assert came["deaths"][whole].astype("Float64").equals(sent["deaths_best"][whole].astype("Float64"))
    by = sent["claimed_by"].fillna(sent["attributed_to"])
    assert came["attributed_to"].fillna("").tolist() == by.fillna("").tolist()


def test_incidents_through_acled_and_back_keep_days_place_and_every_death_above_zero(tmp_path, folder, incidents):
    write(incidents, tmp_path / "acled.csv", "acled")
    back = read(tmp_path / "acled.csv", "acled", places=folder.places)
    assert back.rejected.empty
    sent = incidents[incidents["status"] != "denied"].reset_index(drop=True)
    came = back.mentions
    day = sent["date_prec"].eq(1)
    assert came["date_start"][day].eq(sent["date"][day]).all()
    assert came["place_id"].tolist() == sent["place_id"].tolist()
    deadly = sent["deaths_best"].ge(1).fillna(False) & sent["deaths_best"].mod(1).eq(0).fillna(False)
    assert deadly.sum() > 10
    assert came["deaths"][deadly].astype("Float64").tolist() == sent["deaths_best"][deadly].tolist()
    assert came["deaths"][~deadly & sent["deaths_best"].fillna(0).eq(0)].isna().all()


def test_what_comes_back_reconciles_into_as_many_incidents(tmp_path, folder, incidents):
    write(incidents, tmp_path / "ged.csv", "ucdp")
    back = read(tmp_path / "ged.csv", "ucdp", places=folder.places)
    again = reconcile(back.mentions, back.sources, back.places, back.actors)
    assert len(again) == incidents["status"].ne("denied").sum()
    assert again["country"].value_counts().to_dict() == (
        incidents.loc[incidents["status"] != "denied", "country"].value_counts().to_dict()
    )


# --- the layouts --------------------------------------------------------------------------------------


def test_the_ucdp_file_has_its_columns_and_leaves_empty_what_is_not_known(tmp_path, incidents):
    losses = write(incidents, tmp_path / "ged.csv", "ucdp")
    rows = rows_of(tmp_path / "ged.csv")
    assert tuple(rows.columns) == ucdp.COLUMNS
    assert rows["side_a"].eq(ATTACKED_SIDE).all()
    sent = incidents[incidents["status"] != "denied"].reset_index(drop=True)
    assert rows["best"].eq("").tolist() == sent["deaths_best"].isna().tolist()
    assert rows["high"].eq("").tolist() == sent["deaths_high"].isna().tolist()
    assert rows[["deaths_b", "deaths_civilians", "deaths_unknown"]].eq("").all(axis=None)
    assert rows["date_start"].str.fullmatch(r"\d{4}-\d\d-\d\d 00:00:00\.000").all()
    assert all(loss.endswith(".") for loss in losses)


def test_prio_grid_cells_count_half_degrees_from_the_south_west(tmp_path, incidents):
    write(incidents, tmp_path / "ged.csv", "ucdp")
    rows = rows_of(tmp_path / "ged.csv").drop_duplicates("where_description").set_index("where_description")
    # Erbil, 36.2376 N 43.9632 E: row 252, column 447 from 90 S 180 W, so 252 * 720 + 447 + 1.
    assert rows.loc["erbil-airport", "priogrid_gid"] == "181888"
    assert rows.loc["iraq-unspecified", ["priogrid_gid", "geom_wkt", "where_prec"]].tolist() == ["", "", "6"]


def test_the_acled_file_types_each_event_by_its_weapon(tmp_path, incidents):
    write(incidents, tmp_path / "acled.csv", "acled")
    rows = rows_of(tmp_path / "acled.csv").set_index("event_id_cnty")
    assert (*rows.reset_index().columns,) == acled.COLUMNS
    sent = incidents.set_index("incident_id").loc[rows.index]
    assert rows.loc[sent["weapon"].eq("ied"), "sub_event_type"].eq("Remote explosive/landmine/IED").all()
    assert rows.loc[sent["weapon"].eq("unknown"), "sub_event_type"].eq("").all()
    nobody = sent["claimed_by"].isna() & sent["attributed_to"].isna()
    assert rows.loc[nobody, "actor1"].str.startswith("Unidentified Armed Group (").all()
    assert rows["notes"].str.contains("status: ").all()


@pytest.mark.parametrize("format", ["ucdp", "acled"])
def test_a_denied_attack_is_not_handed_on_as_one_that_happened(tmp_path, incidents, format):
    denied = incidents.loc[incidents["status"] == "denied", "incident_id"].tolist()
    if not denied:
        incidents = incidents.assign(status=["denied", *incidents["status"].iloc[1:]])
        denied = [incidents["incident_id"].iloc[0]]
    losses = write(incidents, tmp_path / "out.csv", format)
    said = next(loss for loss in losses if "denied" in loss)
    text = (tmp_path / "out.csv").read_text(encoding="utf-8")
    for name in denied:
        assert name in said and name not in text


def test_geojson_follows_rfc_7946(tmp_path, incidents):
    losses = write(incidents, tmp_path / "out.geojson", "geojson")
    collection = json.loads((tmp_path / "out.geojson").read_text(encoding="utf-8"))
    assert collection["type"] == "FeatureCollection" and "crs" not in collection
    west, south, east, north = collection["bbox"]
    features = collection["features"]
    assert [feature["id"] for feature in features] == incidents["incident_id"].tolist()
    points = [feature["geometry"] for feature in features]
    for point in filter(None, points):
        longitude, latitude = point["coordinates"]
        assert point["type"] == "Point" and west <= longitude <= east and south <= latitude <= north
        assert 34 < longitude < 49 and 29 < latitude < 38  # longitude first
    assert points.count(None) == incidents["latitude"].isna().sum() > 0
    assert f"without coordinates: {points.count(None)}." in losses[0]
    first = features[0]["properties"]
    assert first["date"] == incidents["date"].iloc[0].strftime("%Y-%m-%d")
    missing = incidents["deaths_best"].isna().tolist()
    assert [feature["properties"]["deaths_best"] is None for feature in features] == missing


def test_the_package_describes_the_table_beside_it(tmp_path, incidents):
    write(incidents, tmp_path / "out.zip", "frictionless")
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        descriptor = json.loads(archive.read("datapackage.json"))
        table = archive.read("incidents.csv")
    resource = descriptor["resources"][0]
    assert resource["hash"] == "sha256:" + hashlib.sha256(table).hexdigest() and resource["bytes"] == len(table)
    header, *rows = csv.reader(io.StringIO(table.decode("utf-8")))
    assert [field["name"] for field in resource["schema"]["fields"]] == header == list(incidents.columns)
    assert len(rows) == len(incidents)
    types = {field["name"]: field["type"] for field in resource["schema"]["fields"]}
    for name, kind in types.items():
        cells = [row[header.index(name)] for row in rows if row[header.index(name)]]
        convert = {"integer": int, "number": float, "date": pd.Timestamp, "string": str}[kind]
        for cell in cells:
            convert(cell)


@pytest.mark.parametrize("format", sorted(WRITERS))
def test_the_same_incidents_give_the_same_bytes_whole_or_not_at_all(tmp_path, incidents, format, monkeypatch):
    target = tmp_path / "out"
    write(incidents, target, format)
    before = target.read_bytes()
    write(incidents, target, format)
    assert target.read_bytes() == before

    def fail(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="disk is full"):
        write(incidents.head(1), target, format)
    assert target.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_no_incidents_at_all_still_make_a_file_of_each_format(tmp_path, incidents):
    for format in WRITERS:
        write(incidents.iloc[:0], tmp_path / format, format)
    assert rows_of(tmp_path / "ucdp").empty
    assert json.loads((tmp_path / "geojson").read_text())["features"] == []


def test_an_unknown_format_or_folder_is_an_error(tmp_path, incidents):
    with pytest.raises(FormatError, match="did you mean geojson"):
        write(incidents, tmp_path / "x", "geo-json")
    with pytest.raises(FormatError, match="no folder"):
        write(incidents, tmp_path / "nowhere" / "x", "ucdp")


# --- formulas -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("cell", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "'=1", "＝1", "-"])
def test_a_cell_that_could_start_a_formula_gets_an_apostrophe(cell):
    assert guard(cell) == "'" + cell
    assert unguard(guard(cell)) == cell


@pytest.mark.parametrize("cell", ["-5", "+3.5", "-1e-5", "", "base", "a=b", "'tis", " =1", "2022-01-05"])
def test_numbers_and_other_texts_stay_as_they_are(cell):
    assert guard(cell) == cell == unguard(cell)


texts = st.text(st.sampled_from("=+-@'\t\r\n0159.e,\"; aβ＝") | st.characters(exclude_categories=["Cs"]), max_size=12)


@settings(deadline=None)
@given(texts)
def test_any_text_survives_the_guard_and_starts_no_formula(cell):
    guarded = guard(cell)
    assert unguard(guarded) == cell
    if guarded[:1] in set("=+-@\t\r"):
        float(guarded)  # only a number may start so


@settings(deadline=None)
@given(st.lists(st.tuples(texts, texts), max_size=5))
def test_any_table_survives_the_csv(rows):
    frame = pd.DataFrame(rows, columns=["=a", "b"], dtype="str")
    header, *cells = csv.reader(io.StringIO(csv_text(frame, guard), newline=""))
    assert header == ["'=a", "b"]
    assert [tuple(map(unguard, row)) for row in cells] == rows


def test_a_hostile_place_name_leaves_as_text_and_comes_back_as_it_was(tmp_path, incidents):
    hostile = '=HYPERLINK("http://x","y")'
    sent = incidents[incidents["status"] != "denied"].head(3).assign(place_name=hostile)
    write(sent, tmp_path / "ged.csv", "ucdp")
    assert rows_of(tmp_path / "ged.csv")["where_coordinates"].eq("'" + hostile).all()
    assert read(tmp_path / "ged.csv", "ucdp").mentions["place_name"].eq(hostile).all()
