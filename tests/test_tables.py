"""What the reader takes for missing, and what the checks find in the real tables after one cell is changed."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sitrep.check import INTERVAL_DAYS, check, misfits, schema
from sitrep.tables import BY_NAME, MENTIONS, TABLES, Fault, TableError, read, read_table, records

ROOT = Path(__file__).parent.parent
DATA = ROOT / "data"
SEEDS = ROOT / "seeds"

MENTION = "seed-thenational-20220106-1#1"  # 5 January 2022, Ain al-Asad, 8 rockets, 0 injured


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the real tables that a test may spoil."""
    copy = tmp_path / "data"
    shutil.copytree(DATA, copy)
    return copy


def rows_of(path: Path) -> list[list[str]]:
    return [cells for _, cells in records(path)]


def write_rows(path: Path, rows: list[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows(rows)


def change(folder: Path, table: str, key: str, **cells: str) -> int:
    """Write other cells into the row with this key (its first cell) and tell the row's line."""
    path = folder / f"{table}.csv"
    rows = rows_of(path)
    header = rows[0]
    number = next(i for i, row in enumerate(rows) if row[0] == key)
    for column, value in cells.items():
        rows[number][header.index(column)] = value
    write_rows(path, rows)
    return records(path)[number][0]


def found(folder: Path, seeds: Path | None = None) -> list[tuple[str, int | None, str, str]]:
    return [(Path(f.file).name, f.row, f.column, f.value) for f in check(folder, seeds)]


# --- reading ------------------------------------------------------------------------------------------


def test_the_delivered_tables_hold_what_the_project_says_they_hold() -> None:
    tables = read(DATA)
    assert (len(tables.mentions), len(tables.sources)) == (2047, 1435)
    assert tables.mentions["incident_id"].nunique() == 622
    assert len(tables.overrides) == 0


def test_every_column_has_its_type_and_only_the_empty_cell_is_missing() -> None:
    tables = read(DATA)
    dtypes = {"text": "str", "date": "datetime64[us]", "count": "Int64", "number": "float64"}
    for table in TABLES:
        frame = getattr(tables, table.name)
        assert list(frame.columns) == [column.name for column in table.columns]
        assert {c.name: str(frame[c.name].dtype) for c in table.columns} == {
            c.name: dtypes[c.kind] for c in table.columns
        }
        path = DATA / table.file
        with path.open(encoding="utf-8", newline="") as stream:
            empty = sum(cell == "" for row in csv.reader(stream) for cell in row)
        assert int(frame.isna().sum().sum()) == empty


@pytest.mark.parametrize("word", ["NA", "None", "null", "nan", "N/A", "-", "<NA>"])
def test_words_that_other_readers_take_for_missing_are_text(folder: Path, word: str) -> None:
    change(folder, "mentions", MENTION, note=word)
    mentions = read(folder).mentions.set_index("mention_id")
    assert mentions.loc[MENTION, "note"] == word


def test_an_unknown_number_stays_unknown_and_a_zero_stays_zero() -> None:
    mentions = read(DATA).mentions.set_index("mention_id")
    assert mentions.loc[MENTION, "injured"] == 0
    assert pd.isna(mentions.loc[MENTION, "us_injured"])


@pytest.mark.parametrize(
    ("column", "value", "allowed"),
    [
        ("date_start", "5 January 2022", "a date, YYYY-MM-DD"),
        ("date_start", "2022-02-30", "a date, YYYY-MM-DD"),
        ("injured", "1.0", "a whole number, 0 or more"),
        ("injured", "-1", "a whole number, 0 or more"),
        ("injured", "two", "a whole number, 0 or more"),
        ("injured", " 2", "a whole number, 0 or more"),
        ("injured", "٣", "a whole number, 0 or more"),
    ],
)
def test_reading_refuses_a_cell_of_another_type(folder: Path, column: str, value: str, allowed: str) -> None:
    line = change(folder, "mentions", MENTION, **{column: value})
    path = folder / "mentions.csv"
    with pytest.raises(TableError) as caught:
        read(folder)
    assert caught.value.fault == Fault(str(path), line, column, value, allowed)
    assert str(caught.value) == f'{path}:{line}: column {column}: found "{value}"; allowed: {allowed}'


def test_reading_refuses_a_ragged_row_a_wrong_header_and_a_missing_file(folder: Path) -> None:
    path = folder / "actors.csv"
    text = path.read_text(encoding="utf-8")
    path.write_text(text + "one cell\n", encoding="utf-8")
    with pytest.raises(TableError, match=r"actors.csv:78: found \"1 cells\"; allowed: \"?3 cells"):
        read(folder)
    path.write_text(text.replace("name,actor", "group,actor", 1), encoding="utf-8")
    with pytest.raises(TableError, match=r"actors.csv:1: found \"group,actor,qualifier\""):
        read(folder)
    path.unlink()
    with pytest.raises(TableError, match="no such file"):
        read(folder)


def test_columns_may_stand_in_any_order(folder: Path) -> None:
    path = folder / "mentions.csv"
    write_rows(path, [row[::-1] for row in rows_of(path)])
    pd.testing.assert_frame_equal(read(folder).mentions, read(DATA).mentions)
    assert check(folder) == []


def test_a_table_with_a_header_alone_is_typed_too(tmp_path: Path) -> None:
    for table in TABLES:
        path = tmp_path / table.file
        path.write_text(",".join(c.name for c in table.columns) + "\n", encoding="utf-8")
        assert (read_table(table.name, path).dtypes == read_table(table.name, DATA / table.file).dtypes).all()


def test_a_column_without_a_value_keeps_its_type(folder: Path) -> None:
    rows = rows_of(folder / "places.csv")
    until = rows[0].index("us_until")
    for row in rows[1:]:
        row[until] = ""
    write_rows(folder / "places.csv", rows)
    assert read(folder).places["us_until"].dtype == read(DATA).places["us_until"].dtype
    assert check(folder) == []


def test_the_overrides_may_be_absent(folder: Path) -> None:
    (folder / "overrides.csv").unlink()
    assert list(read(folder).overrides.columns) == ["action", "mention_id", "incident_id", "reason"]
    assert check(folder) == []


# --- checking: one cell changed, exactly that fault ---------------------------------------------------


def test_the_delivered_tables_have_no_fault() -> None:
    assert [str(fault) for fault in check(DATA, SEEDS)] == []


# table, key of the row, the cells changed, the column and value reported, words of what is allowed
ONE_CELL = [
    # types
    ("mentions", MENTION, {"date_start": "2022-1-5"}, "date_start", "2022-1-5", "YYYY-MM-DD"),
    ("mentions", MENTION, {"date_end": "2022-13-05"}, "date_end", "2022-13-05", "YYYY-MM-DD"),
    ("mentions", MENTION, {"munitions_low": "eight"}, "munitions_low", "eight", "whole number"),
    ("mentions", MENTION, {"injured": "-1"}, "injured", "-1", "0 or more"),
    ("mentions", MENTION, {"injured": "0.5"}, "injured", "0.5", "whole number"),
    ("mentions", MENTION, {"injured": "NA"}, "injured", "NA", "whole number"),
    ("tallies", "voa-20191209-1-t1", {"count": "about 2"}, "count", "about 2", "whole number"),
    ("places", "conoco", {"latitude": "35,33"}, "latitude", "35,33", "decimal"),
    ("places", "conoco", {"latitude": "35.33N"}, "latitude", "35.33N", "decimal"),
    ("places", "besmaya", {"us_until": "July 2020"}, "us_until", "July 2020", "YYYY-MM-DD"),
    ("countries", "Iraq", {"latitude_min": "29°"}, "latitude_min", "29°", "decimal"),
    # required
    ("mentions", MENTION, {"date_start": ""}, "date_start", "", "not empty"),
    ("mentions", MENTION, {"weapon": ""}, "weapon", "", "not empty"),
    ("mentions", MENTION, {"place_id": ""}, "place_id", "", "not empty"),
    ("mentions", MENTION, {"incident_id": ""}, "incident_id", "", "not empty"),
    ("mentions", MENTION, {"stance": ""}, "stance", "", "not empty"),
    ("tallies", "voa-20191209-1-t1", {"count": ""}, "count", "", "not empty"),
    ("actors", "IRGC", {"actor": ""}, "actor", "", "not empty"),
    # allowed values, bar-separated ones each by itself
    ("mentions", MENTION, {"weapon": "rokcet"}, "weapon", "rokcet", "rocket, mortar"),
    ("mentions", MENTION, {"weapon": "drone|rokcet"}, "weapon", "rokcet", "rocket, mortar"),
    ("mentions", MENTION, {"weapon": "rocket|rocket"}, "weapon", "rocket", "once"),
    ("mentions", MENTION, {"weapon": "rocket|"}, "weapon", "rocket|", "no empty value"),
    ("mentions", MENTION, {"weapon": "rocket, drone"}, "weapon", "rocket, drone", "rocket, mortar"),
    ("mentions", MENTION, {"weapon": "Rocket"}, "weapon", "Rocket", "rocket, mortar"),
    ("mentions", MENTION, {"outcome": "landed"}, "outcome", "landed", "landed_inside"),
    ("mentions", MENTION, {"stance": "confirms"}, "stance", "confirms", "reports, claims, denies"),
    ("mentions", MENTION, {"time_of_day": "noon"}, "time_of_day", "noon", "night, early_morning"),
    ("mentions", MENTION, {"date_prec": "0"}, "date_prec", "0", "1, 2, 3, 4, 5"),
    ("sources", "20min-20210708-1", {"kind": "blog"}, "kind", "blog", "wire, newspaper"),
    ("sources", "20min-20210708-1", {"language": "French"}, "language", "French", "two lower-case letters"),
    ("sources", "20min-20210708-1", {"url": "20min.ch"}, "url", "20min.ch", "http"),
    ("events", "20200103-soleimani", {"kind": "murder"}, "kind", "murder", "killing"),
    ("events", "20200103-soleimani", {"actor": "usa"}, "actor", "usa", "us, israel"),
    ("events", "20200103-soleimani", {"timing": "random"}, "timing", "random", "fixed, exogenous"),
    ("events", "20200103-soleimani", {"selection": "picked"}, "selection", "picked", "calendar, listed"),
    ("events", "20200103-soleimani", {"recurrence": ""}, "recurrence", "", "not empty"),
    ("events", "20200103-soleimani", {"recurrence": "yearly"}, "recurrence", "yearly", "none, annual"),
    ("places", "conoco", {"kind": "field"}, "kind", "field", "oilfield"),
    ("places", "conoco", {"target": "army"}, "target", "army", "base, diplomatic"),
    ("places", "conoco", {"aliases": "Koniko||Coneco"}, "aliases", "Koniko||Coneco", "no empty value"),
    ("coverage", "2019-10-01", {"level": "none"}, "level", "none", "full, quiet, thin"),
    ("tallies", "voa-20191209-1-t1", {"scope": "lebanon"}, "scope", "lebanon", "all, iraq, syria, jordan"),
    # ids: unique and in the stated form
    (
        "events",
        "20201107-us-election-called",
        {"event_id": "20201103-us-election"},
        "event_id",
        "20201103-us-election",
        "each once",
    ),
    (
        "mentions",
        MENTION,
        {"mention_id": "seed-thenational-20220106-1"},
        "mention_id",
        "seed-thenational-20220106-1",
        "#n",
    ),
    (
        "mentions",
        MENTION,
        {"mention_id": "bbc-20220106-1#1"},
        "mention_id",
        "bbc-20220106-1#1",
        "seed-thenational-20220106-1#n",
    ),
    (
        "mentions",
        MENTION,
        {"incident_id": "2022-01-05-ain-al-asad"},
        "incident_id",
        "2022-01-05-ain-al-asad",
        "YYYYMMDD",
    ),
    ("mentions", MENTION, {"incident_id": "20220105-ain-al-asad"}, "incident_id", "20220105-ain-al-asad", "YYYYMMDD"),
    ("mentions", MENTION, {"incident_id": "20220231-ain-al-asad-1"}, "incident_id", "20220231-ain-al-asad-1", "exists"),
    ("mentions", MENTION, {"incident_id": "20220105-ain-alasad-1"}, "incident_id", "20220105-ain-alasad-1", "place_id"),
    ("events", "20200103-soleimani", {"event_id": "soleimani"}, "event_id", "soleimani", "YYYYMMDD-words"),
    ("tallies", "voa-20191209-1-t1", {"tally_id": "voa-1"}, "tally_id", "voa-1", "source_id-tN"),
    # keys between tables
    ("mentions", MENTION, {"place_id": "ain-al-assad"}, "place_id", "ain-al-assad", "place_id of places.csv"),
    ("mentions", MENTION, {"claimed_by": "Saryat Qassim"}, "claimed_by", "Saryat Qassim", "name of actors.csv"),
    ("mentions", MENTION, {"attributed_to": "Irn"}, "attributed_to", "Irn", "name of actors.csv"),
    ("events", "20200103-soleimani", {"source_id": "thehill-1"}, "source_id", "thehill-1", "source_id of sources.csv"),
    ("tallies", "voa-20191209-1-t1", {"source_id": "voa"}, "source_id", "voa", "source_id of sources.csv"),
    ("places", "conoco", {"country": "Lebanon"}, "country", "Lebanon", "country of countries.csv"),
    # order
    ("mentions", MENTION, {"date_start": "2022-01-06"}, "date_end", "2022-01-05", "date_start (2022-01-06) or more"),
    ("mentions", MENTION, {"munitions_low": "9"}, "munitions_high", "8", "munitions_low (9) or more"),
    ("mentions", MENTION, {"munitions_low": "10", "munitions_high": "9"}, "munitions_high", "9", "munitions_low (10)"),
    ("mentions", MENTION, {"us_injured": "1"}, "injured", "0", "us_injured (1) or more"),
    ("mentions", MENTION, {"us_deaths": "3"}, "deaths", "0", "us_deaths (3) or more"),
    ("events", "20200103-soleimani", {"date_end": "2020-01-02"}, "date_end", "2020-01-02", "date_start (2020-01-03)"),
    ("tallies", "voa-20191209-1-t1", {"as_of": "2019-10-31"}, "as_of", "2019-10-31", "since (2019-11-01) or more"),
    ("coverage", "2026-03-21", {"date_end": "2026-03-20"}, "date_end", "2026-03-20", "date_start (2026-03-21)"),
    # date_prec and interval
    ("mentions", MENTION, {"date_prec": "2"}, "date_prec", "2", "1 for 2022-01-05 to 2022-01-05, 1 days"),
    ("mentions", MENTION, {"date_start": "2022-01-04"}, "date_prec", "1", "2 or 3 or 4 or 5 for"),
    ("mentions", MENTION, {"date_start": "2021-12-29", "date_prec": "3"}, "date_prec", "3", "4 or 5 for"),
    ("mentions", MENTION, {"date_start": "2021-12-05", "date_prec": "4"}, "date_prec", "4", "5 for"),
    ("mentions", MENTION, {"date_start": "2020-12-05", "date_prec": "5"}, "date_prec", "5", "at most 366 days"),
    # dates of pages
    ("sources", "seed-thenational-20220106-1", {"published": "2022-01-06x"}, "published", "2022-01-06x", "YYYY-MM-DD"),
    (
        "mentions",
        MENTION,
        {"date_start": "2022-01-08", "date_end": "2022-01-08"},
        "date_start",
        "2022-01-08",
        "2022-01-07 or earlier",
    ),
    ("tallies", "voa-20191209-1-t1", {"as_of": "2019-12-11"}, "as_of", "2019-12-11", "2019-12-10 or earlier"),
    # sites
    ("places", "conoco", {"latitude": ""}, "latitude", "", "as longitude has one"),
    ("places", "conoco", {"longitude": ""}, "longitude", "", "as latitude has one"),
    ("places", "conoco", {"latitude": "40.30"}, "latitude", "40.30", "the box of Syria"),
    ("places", "conoco", {"longitude": "44.30"}, "longitude", "44.30", "the box of Syria"),
    ("places", "al-tanf", {"country": "Jordan"}, "latitude", "33.4885", "29.1 to 33.4, the box of Jordan"),
    # spans of coverage
    ("coverage", "2022-02-01", {"date_start": "2022-02-02"}, "date_start", "2022-02-02", "the day after 2022-01-31"),
    ("coverage", "2022-02-01", {"date_start": "2022-01-31"}, "date_start", "2022-01-31", "the day after 2022-01-31"),
]


# each checks all tables anew: the short run takes every third
@pytest.mark.parametrize(
    ("table", "key", "cells", "column", "value", "allowed"),
    [pytest.param(*one, marks=() if place % 3 == 0 else pytest.mark.long) for place, one in enumerate(ONE_CELL)],
)
def test_one_changed_cell_gives_one_fault(
    folder: Path, table: str, key: str, cells: dict[str, str], column: str, value: str, allowed: str
) -> None:
    line = change(folder, table, key, **cells)
    faults = check(folder, SEEDS)
    assert [(f.file, f.row, f.column, f.value) for f in faults] == [(str(folder / f"{table}.csv"), line, column, value)]
    assert allowed in faults[0].allowed


def test_a_misspelt_value_is_told_with_what_may_have_been_meant(folder: Path) -> None:
    line = change(folder, "mentions", MENTION, weapon="rokcet")
    assert [str(fault) for fault in check(folder)] == [
        f'{folder / "mentions.csv"}:{line}: column weapon: found "rokcet"; allowed: rocket, mortar, drone, '
        "ballistic_missile, cruise_missile, ied, small_arms, indirect_fire, unknown (did you mean rocket?)"
    ]


def test_an_unknown_source_is_told_once_a_row_and_suggests_the_nearest(folder: Path) -> None:
    line = change(
        folder, "mentions", MENTION, mention_id="seed-thenatonal-20220106-1#1", source_id="seed-thenatonal-20220106-1"
    )
    faults = check(folder)
    assert [(f.row, f.column, f.hint) for f in faults] == [
        (line, "source_id", "did you mean seed-thenational-20220106-1?")
    ]


def test_a_source_that_is_taken_away_leaves_its_mentions_faulty(folder: Path) -> None:
    path = folder / "sources.csv"
    rows = [row for row in rows_of(path) if row[0] != "seed-thenational-20220106-1"]
    write_rows(path, rows)
    assert {(f.column, f.value) for f in check(folder)} == {("source_id", "seed-thenational-20220106-1")}
    assert len(check(folder)) == 5


def test_a_repeated_key_is_told_at_the_later_row(folder: Path) -> None:
    path = folder / "mentions.csv"
    rows = rows_of(path)
    write_rows(path, [*rows, rows[1]])
    (fault,) = check(folder)
    assert (fault.row, fault.column, fault.value) == (len(rows) + 1, "mention_id", rows[1][0])
    assert fault.hint == "also in line 2"


@pytest.mark.parametrize(("table", "form"), [("sources", "no space, # or bar"), ("places", "lower-case letters")])
def test_ids_that_nothing_refers_to_yet_must_have_their_form_too(folder: Path, table: str, form: str) -> None:
    path = folder / f"{table}.csv"
    rows = rows_of(path)
    write_rows(path, [*rows, ["New one", *rows[1][1:]]])
    (fault,) = check(folder)
    assert (fault.row, fault.value) == (len(rows) + 1, "New one")
    assert form in fault.allowed


def test_empty_keys_are_missing_and_not_repeated(folder: Path) -> None:
    lines = [change(folder, "events", key, event_id="") for key in ("20200103-soleimani", "20201103-us-election")]
    assert sorted(found(folder)) == [("events.csv", line, "event_id", "") for line in sorted(lines)]


def test_a_seed_that_is_not_there_is_a_fault_where_the_seeds_are_given(folder: Path) -> None:
    line = change(folder, "sources", "seed-jpost-20220105-2", seed_file="001_ff319505259e0260.txt")
    (fault,) = check(folder, SEEDS)
    assert (fault.row, fault.column, fault.value) == (line, "seed_file", "001_ff319505259e0260.txt")
    assert fault.hint == "did you mean 001_ff319505259e0261.txt?"
    assert check(folder) == []


def test_overrides_must_name_known_mentions_and_actions(folder: Path) -> None:
    (folder / "overrides.csv").write_text(
        "action,mention_id,incident_id,reason\n"
        f"drop,{MENTION},,told twice\n"
        f"merg,{MENTION},20220105-ain-al-asad-2,one night\n"
        "split,nobody#1,,two sites\n"
        f"split,{MENTION},,\n",
        encoding="utf-8",
    )
    assert found(folder) == [
        ("overrides.csv", 3, "action", "merg"),
        ("overrides.csv", 4, "mention_id", "nobody#1"),
        ("overrides.csv", 5, "reason", ""),
    ]


# --- checking: the shape of files ---------------------------------------------------------------------


def test_missing_files_are_told_one_by_one(tmp_path: Path) -> None:
    assert found(tmp_path) == [(t.file, None, "", "no such file") for t in TABLES if not t.optional]


def test_a_table_that_cannot_be_read_is_one_fault_and_not_one_for_each_reference_to_it(folder: Path) -> None:
    (folder / "sources.csv").unlink()
    assert found(folder) == [("sources.csv", None, "", "no such file")]


def test_bytes_that_are_not_utf_8_are_told_with_their_line(folder: Path) -> None:
    path = folder / "actors.csv"
    path.write_bytes(path.read_bytes() + "Saraya caf\xe9,x,\n".encode("latin-1"))
    assert found(folder) == [("actors.csv", 78, "", "byte 0xe9")]


def test_a_byte_order_mark_and_windows_line_ends_are_read(folder: Path) -> None:
    path = folder / "actors.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert check(folder) == []
    pd.testing.assert_frame_equal(read(folder).actors, read(DATA).actors)


def test_an_unclosed_quotation_is_told(folder: Path) -> None:
    path = folder / "coverage.csv"
    path.write_text(path.read_text(encoding="utf-8") + '2026-04-01,2026-04-02,thin,"pages\n', encoding="utf-8")
    (fault,) = check(folder)
    assert (Path(fault.file).name, fault.row) == ("coverage.csv", 33)


@pytest.mark.parametrize(
    ("spoil", "faults"),
    [
        (lambda header: [h for h in header if h != "actor"], [(1, "actor", "no such column")]),
        (lambda header: [*header, "comment"], [(1, "comment", "comment")]),
        (lambda header: [*header, "actor"], [(1, "actor", "2 columns of this name")]),
        (
            lambda header: ["nmae" if h == "name" else h for h in header],
            [(1, "name", "no such column"), (1, "nmae", "nmae")],
        ),
    ],
    ids=["missing", "extra", "duplicated", "misspelt"],
)
def test_a_wrong_header_is_told(
    folder: Path, spoil: Callable[[list[str]], list[str]], faults: list[tuple[int, str, str]]
) -> None:
    path = folder / "actors.csv"
    rows = rows_of(path)
    header = spoil(rows[0])
    kept = (
        [i for i, name in enumerate(rows[0]) if name in header] if len(header) < len(rows[0]) else range(len(rows[0]))
    )
    body = [[row[i] for i in kept] + [""] * (len(header) - len(list(kept))) for row in rows[1:]]
    write_rows(path, [header, *body])
    assert [(f.row, f.column, f.value) for f in check(folder)] == faults


def test_a_misspelt_column_is_suggested(folder: Path) -> None:
    path = folder / "mentions.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("attributed_to", "attributedto", 1), encoding="utf-8")
    assert [f.hint for f in check(folder)] == ["", "did you mean attributed_to?"]


def test_ragged_rows_are_told_and_the_others_still_checked(folder: Path) -> None:
    path = folder / "coverage.csv"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text + "2026-04-01,2026-04-02,thin\n2026-04-01,2026-04-02,rich,,\n2026-04-01,2026-04-02,rich,\n", "utf-8"
    )
    assert found(folder) == [
        ("coverage.csv", 33, "", "3 cells"),
        ("coverage.csv", 34, "", "5 cells"),
        ("coverage.csv", 35, "level", "rich"),
    ]


def test_rows_are_counted_as_an_editor_counts_lines(folder: Path) -> None:
    change(folder, "mentions", "newarab-20191031-1#2", note='two\nlines and "a quotation"')  # line 2 of the file
    line = change(folder, "mentions", MENTION, weapon="rokcet")
    lines = (folder / "mentions.csv").read_text(encoding="utf-8").splitlines()
    assert found(folder) == [("mentions.csv", line, "weapon", "rokcet")]
    assert lines[line - 1].startswith(MENTION)


def test_all_faults_come_at_once_in_the_order_of_files_and_lines(folder: Path) -> None:
    a = change(folder, "mentions", MENTION, weapon="rokcet", stance="confirms", place_id="nowhere", us_injured="5")
    b = change(folder, "mentions", "newarab-20191031-1#2", date_start="2019-11-01")
    c = change(folder, "places", "conoco", latitude="50", target="army")
    assert found(folder) == [
        ("mentions.csv", b, "date_end", "2019-10-31"),
        ("mentions.csv", a, "weapon", "rokcet"),
        ("mentions.csv", a, "stance", "confirms"),
        ("mentions.csv", a, "injured", "0"),
        ("mentions.csv", a, "place_id", "nowhere"),
        ("places.csv", c, "target", "army"),
        ("places.csv", c, "latitude", "50"),
    ]


def test_pandera_reports_as_many_bad_cells_as_there_are() -> None:
    text = pd.DataFrame([cells for _, cells in records(DATA / "mentions.csv")[1:]], dtype="str")
    text.columns = [column.name for column in MENTIONS.columns]
    text["stance"] = "confirms"
    import pandera.errors

    with pytest.raises(pandera.errors.SchemaErrors) as caught:
        schema(MENTIONS).validate(text.where(text != ""), lazy=True)
    assert len(caught.value.failure_cases) == len(text)


# --- invariants ---------------------------------------------------------------------------------------


@given(
    column=st.sampled_from([c for t in TABLES for c in t.columns if c.many and c.allowed]),
    data=st.data(),
)
def test_any_set_of_allowed_values_fits_and_one_stranger_is_found(column, data) -> None:  # type: ignore[no-untyped-def]
    values = data.draw(st.lists(st.sampled_from(column.allowed), min_size=1, unique=True))
    assert misfits(column, "|".join(values)) == []
    stranger = data.draw(st.text(min_size=1).filter(lambda s: "|" not in s and s not in column.allowed))
    assert [value for value, _ in misfits(column, "|".join([*values, stranger]))] == [stranger]


@given(st.integers(min_value=1, max_value=366))
def test_every_length_of_interval_has_a_precision(days: int) -> None:
    assert any(low <= days <= high for low, high in INTERVAL_DAYS.values())


@given(st.text())
def test_a_count_is_read_only_from_ascii_digits(text: str) -> None:
    fits = misfits(BY_NAME["tallies"].column("count"), text) == [] if text else False
    assert fits == (text.isascii() and text.isdigit() and len(text) <= 9)


def test_another_theatre_needs_other_tables_and_no_other_code(folder: Path) -> None:
    for name, columns in (("countries", ["country"]), ("places", ["country"]), ("tallies", ["scope"])):
        rows = rows_of(folder / f"{name}.csv")
        for row in rows[1:]:
            for column in columns:
                i = rows[0].index(column)
                row[i] = {"Iraq": "Freedonia", "iraq": "freedonia"}.get(row[i], row[i])
        write_rows(folder / f"{name}.csv", rows)
    assert check(folder) == []
    change(folder, "countries", "Freedonia", latitude_min="31")
    assert {(f.column, f.value) for f in check(folder)} == {("latitude", "30.94"), ("latitude", "30.1")}


@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_whatever_stands_in_a_cell_is_judged_and_never_raises(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("any") / "data"
    shutil.copytree(DATA, folder)
    table = data.draw(st.sampled_from(TABLES[2:8]))  # the small ones; all kinds of columns are among them
    rows = rows_of(folder / table.file)
    row = data.draw(st.integers(min_value=1, max_value=len(rows) - 1))
    column = data.draw(st.integers(min_value=0, max_value=len(rows[0]) - 1))
    odd = st.sampled_from(
        ["", " ", "|", "#", "9999-12-31", "0001-01-01", "1e999", "-0", "=1+1", "\x00", "a\r\nb", "NaN"]
    )
    rows[row][column] = data.draw(odd | st.text(st.characters(codec="utf-8")))
    write_rows(folder / table.file, rows)
    for fault in check(folder, SEEDS):
        assert str(fault)
        assert fault.row is not None


def test_a_relative_folder_is_named_as_it_was_given(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = change(folder, "mentions", MENTION, stance="confirms")
    monkeypatch.chdir(folder.parent)
    assert str(check(Path("data"))[0]).startswith(f"{Path('data', 'mentions.csv')}:{line}: ")
