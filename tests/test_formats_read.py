"""Reading the field's layouts: what becomes of each row, what is refused, what is said to be lost."""

import gzip
import json
import re
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sitrep import check as checks
from sitrep import tables
from sitrep.formats import FormatError, acled, read, ucdp
from sitrep.places import Gazetteer
from sitrep.reconcile import reconcile

HERE = Path(__file__).parent / "formats"
DATA = Path(__file__).parent.parent / "data"
GED, CURRENT, OLD = HERE / "ged.csv", HERE / "acled_current.csv", HERE / "acled_old.csv"
PLAIN, MAPPING = HERE / "plain.csv", HERE / "plain.yaml"


@pytest.fixture(scope="module")
def gazetteer() -> pd.DataFrame:
    return tables.read_table("places", DATA / "places.csv")


@pytest.fixture(scope="module")
def resolve(gazetteer):
    lexicon = {name: tables_csv(name) for name in ("regions", "place_phrases", "spellings")}
    return Gazetteer.from_frame(gazetteer, lexicon["regions"], lexicon["place_phrases"], lexicon["spellings"]).resolve


def tables_csv(name: str) -> pd.DataFrame:
    return pd.read_csv(DATA / "lexicon" / f"{name}.csv", dtype="str", keep_default_na=False)


def edited(tmp_path: Path, source: Path, *changes: tuple[str, str]) -> Path:
    text = source.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = tmp_path / source.name
    path.write_text(text, encoding="utf-8", newline="")
    return path


def row_of(frame: pd.DataFrame, source_id: str) -> pd.Series:
    return frame.set_index("source_id").loc[source_id]


# --- UCDP GED -----------------------------------------------------------------------------------------


def test_a_ged_row_becomes_a_mention_with_its_date_place_and_the_dead_of_the_attacked_side(gazetteer):
    result = read(GED, "ucdp", places=gazetteer)
    first = row_of(result.mentions, "ucdp-900001")
    assert first["incident_id"] == "20200311-camp-taji-1"
    assert (first["date_start"], first["date_end"], first["date_prec"]) == (*[pd.Timestamp("2020-03-11")] * 2, 1)
    assert (first["place_name"], first["place_id"]) == ("Camp Taji", "camp-taji")
    assert (first["deaths"], first["attributed_to"], first["stance"]) == (3, "Example militia", "reports")
    assert "source_article" in first["note"] and "best: 3" in first["note"]


def test_ged_dead_of_no_side_leave_deaths_empty_and_never_become_best():
    result = read(GED, "ucdp")
    assert pd.isna(row_of(result.mentions, "ucdp-900002")["deaths"])  # one civilian beside a side's zero
    assert row_of(result.mentions, "ucdp-900003")["deaths"] == 4  # one-sided: the civilians are the attacked side
    assert pd.isna(row_of(result.mentions, "ucdp-900005")["deaths"])  # neither side is a known attacked one
    assert any("civilian or unassigned" in loss for loss in result.losses)


def test_the_attacked_side_is_a_choice_and_not_built_in():
    mine = read(GED, "ucdp", attacked=["Government of Iraq"]).mentions
    assert row_of(mine, "ucdp-900005")["deaths"] == 2
    assert row_of(mine, "ucdp-900005")["attributed_to"] == "Example group"
    assert pd.isna(row_of(mine, "ucdp-900001")["deaths"])
    assert read(GED, "ucdp", attacked="Government of Iraq").mentions.equals(mine)
    nobody = read(GED, "ucdp", attacked=()).mentions
    assert nobody["deaths"].notna().sum() == 1  # one-sided violence alone says who was attacked


def test_a_ged_aggregate_is_refused_because_a_count_is_no_incident():
    result = read(GED, "ucdp")
    assert "ucdp-900004" not in set(result.mentions["source_id"])
    assert result.rejected[["row", "column", "found"]].to_numpy().tolist() == [[5, "event_clarity", "2"]]


def test_ged_sources_name_the_dataset_as_publisher_and_keep_the_headlines():
    source = row_of(read(GED, "ucdp").sources, "ucdp-900001")
    assert source["publisher"] == "UCDP GED"
    assert source["title"] == "Rockets kill three at base;Three dead at Taji"
    assert source["published"] == pd.Timestamp("2020-03-12")


@pytest.mark.parametrize(
    ("change", "column", "found"),
    [
        (("3,0,0,0,3,3,3,2,", "3,0,0,0,3,2,3,2,"), "high", "2"),
        (("2020-03-11 00:00:00.000,3", "2020-02-31 00:00:00.000,3"), "date_end", "2020-02-31 00:00:00.000"),
        (("33.5092,44.2342,POINT", '"33,5",44.2342,POINT'), "latitude", "33,5"),
        (("33.5092,44.2342,POINT", ",44.2342,POINT"), "latitude", ""),
        (("2020-03-11 00:00:00.000,3", "2020-03-10 00:00:00.000,3"), "date_end", "2020-03-10 00:00:00.000"),
        ((",1,1,2020-03-11", ",1,2,2020-03-11"), "date_prec", "2"),
        (("900001,IRQ", "900001x,IRQ"), "id", "900001x"),
        ((",3,0,0,0,3,3,3,2", ',"1,5",0,0,0,3,3,3,2'), "deaths_a", "1,5"),
    ],
)
def test_a_ged_cell_that_cannot_be_read_is_listed_and_its_row_refused(tmp_path, change, column, found):
    result = read(edited(tmp_path, GED, change), "ucdp")
    fault = result.rejected[result.rejected["row"] == 2].iloc[0]
    assert (fault["column"], fault["found"]) == (column, found)
    assert fault["allowed"]
    assert len(result.mentions) == 4


def test_a_ged_id_given_twice_is_refused_the_second_time(tmp_path):
    result = read(edited(tmp_path, GED, ("900002,IRQ", "900001,IRQ")), "ucdp")
    assert result.rejected[["row", "column", "found"]].iloc[0].tolist() == [3, "id", "900001"]


def test_a_precision_finer_than_the_interval_is_raised_and_said(tmp_path):
    result = read(edited(tmp_path, GED, (",1,2,2020-03-13", ",1,1,2020-03-13")), "ucdp")
    assert row_of(result.mentions, "ucdp-900002")["date_prec"] == 2
    assert any("date_prec is raised" in loss and "1 row" in loss for loss in result.losses)


# --- ACLED --------------------------------------------------------------------------------------------


def test_both_acled_layouts_and_both_date_forms_give_the_same_attack(gazetteer, resolve):
    new = read(CURRENT, "acled", places=gazetteer, resolve=resolve).mentions
    old = read(OLD, "acled", places=gazetteer, resolve=resolve).mentions
    same = ["incident_id", "date_start", "date_end", "date_prec", "place_name", "place_id", "weapon", "attributed_to"]
    assert row_of(new, "acled-IRQ90001")[same].tolist() == row_of(old, "acled-IRQ80001")[same].tolist()
    assert row_of(new, "acled-IRQ90001")["incident_id"] == "20220105-ain-al-asad-1"
    assert row_of(old, "acled-IRQ80002")["date_start"] == pd.Timestamp("2022-02-05")


def test_acled_fatalities_are_deaths_and_its_zero_is_not_one():
    result = read(CURRENT, "acled")
    assert row_of(result.mentions, "acled-IRQ90003")["deaths"] == 2
    assert pd.isna(row_of(result.mentions, "acled-IRQ90001")["deaths"])
    assert "fatalities: 0" in row_of(result.mentions, "acled-IRQ90001")["note"]
    assert any("no low and high is made of it" in loss for loss in result.losses)
    assert any("2 rows with fatalities 0" in loss for loss in result.losses)


def test_acled_weapons_are_carried_only_where_the_sub_event_type_is_one_weapon():
    mentions = read(CURRENT, "acled").mentions
    weapons = mentions.set_index("source_id")["weapon"].to_dict()
    assert weapons["acled-IRQ90001"] == "indirect_fire"
    assert weapons["acled-IRQ90002"] == "unknown"  # "Air/drone strike" may be an aircraft
    assert weapons["acled-IRQ90003"] == "ied"


def test_acled_weeks_and_months_become_intervals_and_the_loss_says_so():
    result = read(CURRENT, "acled")
    week, month = row_of(result.mentions, "acled-IRQ90003"), row_of(result.mentions, "acled-SYR90001")
    assert (week["date_start"], week["date_end"]) == (pd.Timestamp("2022-01-05"), pd.Timestamp("2022-01-11"))
    assert (month["date_start"], month["date_end"]) == (pd.Timestamp("2022-01-01"), pd.Timestamp("2022-01-31"))
    assert [week["date_prec"], month["date_prec"]] == [3, 4]
    assert any(loss.startswith("Known to the week or month only: 2 rows") for loss in result.losses)


def test_acled_protests_are_no_attacks_unless_asked_for_and_are_counted():
    assert any("no attacks: 1 Protests" in loss for loss in read(CURRENT, "acled").losses)
    asked = read(CURRENT, "acled", event_types=["Peaceful protest"]).mentions
    assert asked["source_id"].tolist() == ["acled-IRQ90004"]


def test_acled_actors_are_blamed_only_where_one_side_is_known_to_be_attacked():
    by = read(CURRENT, "acled").mentions.set_index("source_id")["attributed_to"]
    assert by["acled-IRQ90001"] == "Example militia"
    assert pd.isna(by["acled-IRQ90002"])  # unidentified: no one
    assert pd.isna(by["acled-SYR90001"])  # a clash of two others


def test_an_unknown_event_type_is_refused_in_a_row_and_an_error_in_a_filter(tmp_path):
    result = read(edited(tmp_path, CURRENT, ("Explosions/Remote violence,Shelling", "Explosion,Shelling")), "acled")
    assert result.rejected[["row", "column", "found"]].iloc[0].tolist() == [2, "event_type", "Explosion"]
    with pytest.raises(FormatError, match="did you mean Battles"):
        read(CURRENT, "acled", event_types=["Battle"])


# --- plain CSV and its mapping ------------------------------------------------------------------------


def test_a_plain_file_is_read_by_its_mapping(gazetteer, resolve):
    result = read(PLAIN, "plain", MAPPING, places=gazetteer, resolve=resolve)
    assert result.mentions["incident_id"].tolist() == ["20220105-ain-al-asad-1", "20220106-green-village-1"]
    assert result.mentions["weapon"].tolist() == ["rocket", "drone|rocket"]
    assert result.mentions["deaths"].tolist() == [0, pd.NA]  # "n/a" is missing, 0 is nobody
    assert result.sources["language"].tolist() == ["de", "de"]


def test_faults_of_a_plain_file_name_the_columns_of_the_file():
    rejected = read(PLAIN, "plain", MAPPING).rejected
    assert rejected[["row", "column", "found"]].to_numpy().tolist() == [
        [4, "Waffe", "Katapult"],
        [4, "Tote", "1,5"],
        [5, "Tag", "31.02.2022"],
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("constants:", "constant:"), "did you mean constants"),
        (("weapon: Waffe", "wepon: Waffe"), "did you mean weapon"),
        (("weapon: Waffe", "weapon: Wafe"), "did you mean Waffe"),
        (("Rakete: rocket", "Rakete: missile"), "missile"),
        (("language: de", "language: German"), "two lower-case letters"),
        (("language: de", "language: no"), "False"),
        (("  note: Anmerkung", "  note: Anmerkung\n  note: Ort"), "twice"),
        (("  publisher: Blatt\n", ""), "publisher"),
        (("  language: de\n", ""), "language"),
        (('delimiter: ";"', 'delimiter: "x"'), "delimiter"),
        (("constants:", "constants:\n  weapon: rocket"), "in columns and in constants"),
    ],
)
def test_a_mapping_is_strict(tmp_path, change, said):
    with pytest.raises(FormatError, match=said):
        read(PLAIN, "plain", edited(tmp_path, MAPPING, change))


def test_a_mapping_may_not_build_objects(tmp_path):
    mapping = tmp_path / "m.yaml"
    mapping.write_text("columns: !!python/object/apply:os.getcwd []\n")
    with pytest.raises(FormatError, match="a mapping in YAML"):
        read(PLAIN, "plain", mapping)


def test_rows_of_one_document_are_mentions_of_one_source(tmp_path):
    path, mapping = tmp_path / "a.csv", tmp_path / "a.yaml"
    path.write_text(
        "doc,paper,day,site,end\nd1,P,2022-01-05,A,2022-01-07\nd1,P,2022-01-06,B,2022-01-06\nd1,Q,2022-01-06,B,2022-01-06\n"
    )
    mapping.write_text(
        "columns: {source_id: doc, publisher: paper, date_start: day, date_end: end, place_name: site}\n"
        "constants: {country: Iraq, source_kind: wire, language: en}\n"
    )
    result = read(path, "plain", mapping)
    assert result.mentions["mention_id"].tolist() == ["plain-d1#1", "plain-d1#2"]
    assert result.mentions["date_prec"].tolist() == [2, 1]
    assert len(result.sources) == 1
    assert result.rejected[["row", "column", "found"]].to_numpy().tolist() == [[4, "paper", "Q"]]


# --- filters ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        ({"country": "syria"}, {"ucdp-900006"}),
        ({"start": "2020-05-01", "end": date(2020, 7, 3)}, {"ucdp-900003", "ucdp-900005"}),
        ({"start": "2020-03-14", "end": "2020-03-14"}, {"ucdp-900002"}),
        ({"bbox": (44.5, 33.5, 46.0, 35.0)}, {"ucdp-900003"}),
        ({"event_types": ["3"]}, {"ucdp-900003"}),
        ({"country": ["Iraq", "Syria"], "end": "2020-03-12"}, {"ucdp-900001"}),
    ],
)
def test_filters_choose_by_country_period_box_and_type(options, ids):
    assert set(read(GED, "ucdp", **options).mentions["source_id"]) == ids


def test_a_period_filter_reads_dates_in_words_too():
    assert read(OLD, "acled", start="2022-02-01").mentions["source_id"].tolist() == ["acled-IRQ80002"]


def test_a_bad_date_passes_the_filter_so_that_it_is_seen(tmp_path):
    path = edited(tmp_path, CURRENT, ("IRQ90001,2022-01-05", "IRQ90001,01/05/2022"))
    result = read(path, "acled", country="Iraq", start="2022-01-01", end="2022-01-31")
    assert result.rejected[["row", "column", "found"]].to_numpy().tolist() == [[2, "event_date", "01/05/2022"]]


def test_a_country_that_no_row_has_is_an_error_with_a_suggestion():
    with pytest.raises(FormatError, match="did you mean Syria"):
        read(GED, "ucdp", country="Siria")


def test_a_country_without_a_row_in_the_period_is_merely_empty():
    assert read(GED, "ucdp", country="Syria", end="2019-12-31").mentions.empty


@pytest.mark.parametrize("value", ["'; drop table wanted; --", '" or 1=1', "Iraq%", "?", "$1"])
def test_a_filter_value_is_never_a_statement(value):
    with pytest.raises(FormatError, match="country"):
        read(GED, "ucdp", country=value)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"format": "acld"}, "did you mean acled"),
        ({"format": "ucdp", "mapping": MAPPING}, "for no other format"),
        ({"format": "plain"}, "no mapping"),
        ({"format": "ucdp", "start": "2022-02-30"}, "YYYY-MM-DD"),
        ({"format": "ucdp", "start": "2022-02-02", "end": "2022-02-01"}, "2022-02-02 or later"),
        ({"format": "ucdp", "bbox": (10.0, 0.0, 5.0, 1.0)}, "west below east"),
        ({"format": "ucdp", "event_types": ["4"]}, "one-sided"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, said):
    with pytest.raises(FormatError, match=said):
        read(GED, **options)


# --- hostile and broken files -------------------------------------------------------------------------


def test_byte_order_mark_windows_line_ends_gzip_and_semicolons_make_no_difference(tmp_path):
    plain = read(CURRENT, "acled").mentions
    text = CURRENT.read_text(encoding="utf-8")
    bom = tmp_path / "bom.csv"
    bom.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    zipped = tmp_path / "zipped.csv.gz"
    zipped.write_bytes(gzip.compress(text.encode()))
    for path in (bom, zipped):
        pd.testing.assert_frame_equal(read(path, "acled").mentions, plain)
    frame = pd.read_csv(CURRENT, dtype="str", keep_default_na=False)
    frame.columns = frame.columns.str.upper()
    frame.to_csv(tmp_path / "semi.csv", sep=";", index=False)
    pd.testing.assert_frame_equal(read(tmp_path / "semi.csv", "acled").mentions, plain)


def test_ragged_rows_are_refused_one_by_one_and_shift_no_row_number(tmp_path):
    lines = CURRENT.read_text(encoding="utf-8").splitlines()
    lines.insert(2, "IRQ1,2022-01-01")
    lines.insert(4, lines[1] + ",more,and more")
    lines[5] = lines[5].replace("2022-01-08", "2022-13-08")
    path = tmp_path / "ragged.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    result = read(path, "acled")
    assert result.rejected[["row", "found"]].to_numpy().tolist() == [
        [3, "2 cells"],
        [5, "37 cells"],
        [6, "2022-13-08"],
    ]
    assert len(result.mentions) == 3


def test_row_numbers_are_right_in_a_file_larger_than_one_buffer(tmp_path):
    lines = CURRENT.read_text(encoding="utf-8").splitlines()
    body = [lines[1].replace("IRQ90001", f"IRQ{n}").replace("five rockets", "x" * 900) for n in range(30_000)]
    for at in (10_000, 20_000):
        body[at] = "torn"
    body[29_000] = body[29_000].replace("2022-01-05", "soon")
    path = tmp_path / "long.csv"
    path.write_text("\n".join([lines[0], *body]) + "\n", encoding="utf-8")
    assert read(path, "acled").rejected["row"].tolist() == [10_002, 20_002, 29_002]


def test_bytes_that_are_no_utf8_cost_their_row_only(tmp_path):
    path = tmp_path / "latin.csv"
    path.write_bytes(CURRENT.read_bytes().replace(b"Two armed drones", b"Two armed dr\xf4nes"))
    rejected = read(path, "acled").rejected
    assert rejected[["row", "found"]].to_numpy().tolist() == [[3, "a byte that is not UTF-8"]]


def test_a_nul_in_a_cell_is_refused(tmp_path):
    path = edited(tmp_path, CURRENT, ("Two armed drones", "Two armed\0drones"))
    rejected = read(path, "acled").rejected
    assert rejected[["row", "column"]].to_numpy().tolist() == [[3, "notes"]]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "an empty file"),
        (b"\n\n", "an empty file"),
        (b"id,id\n1,2\n", "2 columns of this name"),
        (b"a,b\n1,2\n", "no such column"),
        (b"PK\x03\x04\xff\xfe\x00,b\n1,2\n", "UTF-8"),
        (b'"id,b\n1,2\n', "quotes closed"),
        ("id,relid\n1,2\n".encode("utf-16"), "UTF-8"),
    ],
)
def test_a_file_that_is_no_table_of_the_format_is_an_error(tmp_path, content, said):
    path = tmp_path / "broken.csv"
    path.write_bytes(content)
    with pytest.raises(FormatError, match=said) as error:
        read(path, "ucdp")
    assert str(path) in str(error.value)


def test_an_open_quote_is_an_error_and_swallows_nothing(tmp_path):
    with pytest.raises(FormatError, match="never closed"):
        read(edited(tmp_path, CURRENT, (',"On 5 January', ',"On 5 January'), ('hurt.",0', "hurt.,0")), "acled")


@pytest.mark.parametrize("ends", ["\r\n" * 2 + "\n" * 4, "\n" * 3 + "\r\n" * 3, "\r" * 6])
def test_line_ends_of_any_kind_lose_no_row(tmp_path, ends):
    marks = re.findall("\r\n|\r|\n", ends)
    lines = CURRENT.read_text(encoding="utf-8").splitlines()
    path = tmp_path / "ends.csv"
    path.write_bytes("".join(line + mark for line, mark in zip(lines, marks, strict=True)).encode())
    assert len(read(path, "acled").mentions) == 4


def test_a_stray_carriage_return_is_an_error_that_says_so(tmp_path):
    path = tmp_path / "stray.csv"
    path.write_bytes(CURRENT.read_bytes().replace(b"Two armed", b"Two\rarmed"))
    with pytest.raises(FormatError, match="one kind of line end"):
        read(path, "acled")


def test_blank_lines_and_line_ends_in_quotes_shift_no_row_number(tmp_path):
    lines = CURRENT.read_text(encoding="utf-8").splitlines()
    lines[1] = lines[1].replace("five rockets", "five\n\nrockets")
    lines[3] = lines[3].replace("2022-01-08", "soon")
    path = tmp_path / "blank.csv"
    path.write_text("\n".join([*lines[:2], "", "", lines[2], "torn", *lines[3:], ""]), encoding="utf-8")
    result = read(path, "acled")
    assert result.rejected[["row", "found"]].to_numpy().tolist() == [[6, "1 cells"], [7, "soon"]]
    assert len(result.mentions) == 3


def test_a_row_of_ten_megabytes_costs_itself_only(tmp_path):
    path = edited(tmp_path, CURRENT, ("five rockets", "x" * 10_000_000))
    result = read(path, "acled")
    assert result.rejected[["row", "found"]].to_numpy().tolist() == [[2, "a longer row"]]
    assert len(result.mentions) == 3


def test_names_of_files_and_columns_are_only_names(tmp_path):
    path = tmp_path / "a[1]*?'; drop--.csv"
    path.write_text(
        CURRENT.read_text(encoding="utf-8")
        .replace("population_best", "x\"');drop table wanted;--", 1)
        .replace('x"', "x"),
        encoding="utf-8",
    )
    (tmp_path / "a1b.csv").write_text("another file that the name would match\n")
    assert len(read(path, "acled").mentions) == 4
    with pytest.raises(FormatError, match="no such file"):
        read(tmp_path / "*.csv", "acled")
    with pytest.raises(FormatError, match=r"nowhere://example\.org"):
        read("nowhere://example.org/ged.csv", "ucdp")


def test_values_of_any_shape_are_carried_as_text(tmp_path):
    hostile = "=cmd|' /C calc'!A1 <script>alert(1)</script> ../../etc \u202egnp"
    path = edited(tmp_path, CURRENT, ("Two armed drones were shot down.", hostile))
    assert hostile in row_of(read(path, "acled").mentions, "acled-IRQ90002")["note"]


# --- sites, and the rest of sitrep --------------------------------------------------------------------


def test_a_site_that_the_gazetteer_lacks_becomes_a_row_with_its_coordinates(gazetteer):
    places = read(GED, "ucdp", places=gazetteer).places.set_index("place_id")
    assert places.loc["camp-taji", "name"] == "Camp Taji" and places.loc["camp-taji", "target"] == "base"
    new = places.loc["palmyra"]
    assert (new["country"], new["latitude"], new["longitude"], new["kind"]) == ("Syria", 34.55, 38.28, "city")


def test_a_namesake_far_away_or_abroad_is_another_site(tmp_path, gazetteer):
    far = edited(tmp_path, GED, ("33.5092,44.2342,POINT", "36.5,43.0,POINT"))
    assert row_of(read(far, "ucdp", places=gazetteer).mentions, "ucdp-900001")["place_id"] == "camp-taji-baghdad"
    abroad = edited(tmp_path, GED, (",178289,Iraq", ",178289,Jordan"))
    assert row_of(read(abroad, "ucdp", places=gazetteer).mentions, "ucdp-900001")["place_id"] != "camp-taji"


def test_names_without_a_latin_letter_still_make_an_id(tmp_path):
    path = edited(tmp_path, GED, (",Palmyra,", ",تدمر,"))
    first, second = (read(path, "ucdp").mentions["place_id"].iloc[-1] for _ in range(2))
    assert first == second and first.startswith("site-")


def test_two_attacks_at_one_site_on_one_day_are_numbered(tmp_path):
    path = edited(tmp_path, GED, ("1,2,2020-03-13 00:00:00.000,2020-03-14", "1,1,2020-03-11 00:00:00.000,2020-03-11"))
    ids = read(path, "ucdp").mentions["incident_id"].tolist()[:2]
    assert ids == ["20200311-camp-taji-1", "20200311-camp-taji-2"]


@pytest.mark.parametrize(
    ("path", "format", "mapping"),
    [(GED, "ucdp", None), (CURRENT, "acled", None), (OLD, "acled", None), (PLAIN, "plain", MAPPING)],
)
def test_an_import_is_a_data_folder_without_a_fault_and_reconciles(tmp_path, gazetteer, resolve, path, format, mapping):
    result = read(path, format, mapping, places=gazetteer, resolve=resolve)
    result.save(tmp_path / "out")
    assert checks.check(tmp_path / "out") == []
    folder = tables.read(tmp_path / "out")
    pd.testing.assert_frame_equal(folder.mentions, result.mentions)
    pd.testing.assert_frame_equal(folder.places, result.places)
    incidents = reconcile(folder.mentions, folder.sources, folder.places, folder.actors)
    assert incidents["incident_id"].is_unique and len(incidents) == len(result.mentions)
    assert incidents["publishers"].eq(1).all()
    assert (tmp_path / "out" / "losses.txt").read_text().splitlines() == list(result.losses)


def test_the_same_file_gives_the_same_bytes(tmp_path, gazetteer):
    for name in ("one", "two"):
        read(GED, "ucdp", places=gazetteer).save(tmp_path / name)
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


def test_the_layouts_written_and_read_are_the_published_ones():
    assert len(ucdp.COLUMNS) == len(set(ucdp.COLUMNS)) == 49
    assert set(ucdp.COLUMNS) == set(GED.read_text().splitlines()[0].split(","))
    assert ",".join(acled.COLUMNS) == CURRENT.read_text().splitlines()[0]
    assert json.dumps(list(ucdp.COLUMNS)) == json.dumps(GED.read_text().splitlines()[0].split(","))


# --- other files than CSV in UTF-8 --------------------------------------------------------------------


def as_parquet(source: Path, path: Path) -> Path:
    """The file as Parquet, its columns typed as DuckDB finds them."""
    duckdb.execute(f"copy (select * from read_csv('{source}')) to '{path}' (format parquet)")
    return path


def test_parquet_gives_what_the_csv_of_the_same_rows_gives(tmp_path, gazetteer):
    for source, format in ((GED, "ucdp"), (CURRENT, "acled")):
        path = as_parquet(source, tmp_path / f"{source.stem}.parquet")
        csv, parquet = (read(file, format, country="Iraq", places=gazetteer) for file in (source, path))
        pd.testing.assert_frame_equal(parquet.mentions.drop(columns="note"), csv.mentions.drop(columns="note"))
        assert (
            parquet.rejected[["row", "column"]].to_numpy().tolist()
            == csv.rejected[["row", "column"]].to_numpy().tolist()
        )


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" + b"\0" * 100 + b"PAR1", b"id,date_start\n1,2\n"])
def test_a_file_that_is_parquet_by_name_only_is_an_error(tmp_path, content):
    (tmp_path / "a.parquet").write_bytes(content)
    with pytest.raises(FormatError, match="a Parquet file"):
        read(tmp_path / "a.parquet", "ucdp")


def test_an_address_is_read_where_fsspec_knows_it():
    fsspec = pytest.importorskip("fsspec")
    fsspec.filesystem("memory").pipe("/sitrep/ged.csv", GED.read_bytes())
    pd.testing.assert_frame_equal(read("memory://sitrep/ged.csv", "ucdp").mentions, read(GED, "ucdp").mentions)
    with pytest.raises(FormatError, match="no such file"):
        read("memory://sitrep/other.csv", "ucdp")


EXCEL = "Tag;Ort;Land;Breite;Länge\r\n05.01.2022;Odesa – Süd;Ukraine;46,4;30,73\r\n"
EXCEL_MAPPING = """columns: {date_start: Tag, place_name: Ort, country: Land, latitude: Breite, longitude: Länge}
constants: {publisher: Excel, source_kind: newspaper, language: de}
date_format: "%d.%m.%Y"
delimiter: ";"
decimal: ","
"""


@pytest.mark.parametrize(
    ("encoding", "written"), [("utf-8", "utf-8-sig"), ("windows-1252", "cp1252"), ("utf-16", "utf-16")]
)
def test_what_excel_saves_is_read_by_its_encoding_with_decimal_commas(tmp_path, encoding, written):
    path, mapping = tmp_path / "excel.csv", tmp_path / "excel.yaml"
    path.write_bytes(EXCEL.encode(written))
    mapping.write_text(EXCEL_MAPPING, encoding="utf-8")
    result = read(path, "plain", mapping, encoding=encoding)
    assert result.mentions["place_name"].tolist() == ["Odesa – Süd"]
    assert result.places[["latitude", "longitude"]].to_numpy().tolist() == [[46.4, 30.73]]


def test_an_encoding_that_does_not_fit_is_told_under_the_files_own_name(tmp_path):
    path = tmp_path / "excel.csv"
    path.write_bytes(EXCEL.encode("cp1252"))
    with pytest.raises(FormatError, match=r"excel\.csv.*or name its encoding \(windows-1252\)"):
        read(path, "ucdp")
    with pytest.raises(FormatError, match=r"excel\.csv.*text in utf-16"):
        read(path, "ucdp", encoding="utf-16")
    with pytest.raises(FormatError, match=r'excel\.csv.*"excel".*such as utf-8'):
        read(path, "ucdp", encoding="excel")
    with pytest.raises(FormatError, match=r"excel\.csv:1: column id"):
        read(path, "ucdp", encoding="cp1252")


@pytest.mark.parametrize("name", ["a.xlsx", "a.XLS", "a.ods"])
def test_a_workbook_is_refused_with_what_to_do(tmp_path, name):
    (tmp_path / name).write_bytes(b"PK\x03\x04")
    with pytest.raises(FormatError, match="save as CSV UTF-8"):
        read(tmp_path / name, "ucdp")


# --- any bytes at all ---------------------------------------------------------------------------------

NAUGHTY = [b'"', b'""', b",", b"\n", b"\r", b"\r\n", b"\0", b"\xff", b"=1", b"'", b";", b"\t", b"9" * 30, b"-1", b"1e9"]
NAUGHTY += [b"NaN", b"inf", b"0000-00-00", b"9999-12-31", b"\xd9\xa1\xd9\xa2", b"\xe2\x80\xae", b"|", b"#", b"x" * 5000]

CASES = st.sampled_from(
    [(GED, "ucdp", None), (CURRENT, "acled", None), (OLD, "acled", None), (PLAIN, "plain", MAPPING)]
)
CHANGES = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 8), st.sampled_from(NAUGHTY)), min_size=1, max_size=4)


def check_mutated(folder: Path, case: tuple, changes: list) -> None:
    """A file with bytes exchanged is read or refused; what is read is in order and counts each row once at most."""
    source, format, mapping = case
    content = bytearray(source.read_bytes())
    for where, width, bytes_ in changes:
        at = int(where * len(content))
        content[at : at + width] = bytes_
    path = folder / "mutated.csv"
    path.write_bytes(content)
    try:
        result = read(path, format, mapping)
    except FormatError as error:
        assert str(path) in str(error)
        return
    rows = set(result.rejected["row"])
    assert len(result.mentions) + len(rows) <= content.count(b"\n") + content.count(b"\r")
    assert result.rejected["allowed"].ne("").all()
    assert result.mentions["mention_id"].is_unique and result.places["place_id"].is_unique
    result.save(folder / "out")
    tables.read(folder / "out")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(CASES, CHANGES)
def test_a_mutated_file_is_read_or_refused_and_never_breaks(tmp_path, case, changes):
    check_mutated(tmp_path, case, changes)


@pytest.mark.long
@settings(max_examples=10_000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(CASES, CHANGES)
def test_ten_thousand_mutated_files_are_read_or_refused_and_never_break(tmp_path, case, changes):
    check_mutated(tmp_path, case, changes)
