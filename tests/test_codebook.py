"""The code book and the package follow from the tables and are fresh; what only people write is there too."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sitrep import codebook, tables
from sitrep.codebook import write_codebook
from sitrep.tables import TABLES

ROOT = Path(__file__).parent.parent
DATA = ROOT / "data"
SEEDS = ROOT / "seeds"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = tmp_path / "data"
    shutil.copytree(DATA, copy)
    return copy


@pytest.mark.parametrize("name", ["CODEBOOK.md", "datapackage.json"])
def test_the_committed_files_are_fresh(folder: Path, name: str) -> None:
    (folder / name).unlink()
    write_codebook(folder)
    assert (DATA / name).read_bytes() == (folder / name).read_bytes(), "stale: run python -m sitrep.codebook"


def test_a_changed_cell_makes_the_package_stale(folder: Path) -> None:
    path = folder / "mentions.csv"
    path.write_bytes(path.read_bytes().replace(b",rocket,", b",mortar,", 1))
    assert codebook.datapackage(folder) != (DATA / "datapackage.json").read_text(encoding="utf-8")


def test_a_changed_count_makes_the_code_book_stale(folder: Path) -> None:
    path = folder / "actors.csv"
    path.write_text(path.read_text(encoding="utf-8") + "Somebody,Somebody,\n", encoding="utf-8")
    assert codebook.codebook(folder) != (DATA / "CODEBOOK.md").read_text(encoding="utf-8")


def test_the_command_renews_both(folder: Path) -> None:
    for name in ("CODEBOOK.md", "datapackage.json"):
        (folder / name).write_text("old", encoding="utf-8")
    subprocess.run([sys.executable, "-m", "sitrep.codebook", str(folder)], check=True, capture_output=True)
    for name in ("CODEBOOK.md", "datapackage.json"):
        assert (folder / name).read_bytes() == (DATA / name).read_bytes()


def test_every_column_is_in_the_code_book_with_its_values() -> None:
    sections = re.split(r"^## ", (DATA / "CODEBOOK.md").read_text(encoding="utf-8"), flags=re.M)
    for table in TABLES:
        (section,) = [s for s in sections if s.startswith(table.file)]
        assert table.meaning in section
        for column in table.columns:
            (row,) = re.findall(rf"^\| `{column.name}` \|.*$", section, flags=re.M)
            assert all(f"`{value}`" in row for value in column.allowed)
            assert len(re.findall(r"(?<!\\)\|", row)) == 5, "a bar in a cell would break the table"


@pytest.mark.parametrize(
    "words",
    ["one continuous episode", "is a tally and never an incident", "not a census", "7 April 2022, Green Village"],
)
def test_the_prose_that_matters_is_in_the_code_book(words: str) -> None:
    text = " ".join((DATA / "CODEBOOK.md").read_text(encoding="utf-8").split())
    assert words in text


def test_the_package_describes_the_files_as_they_are() -> None:
    package = json.loads((DATA / "datapackage.json").read_text(encoding="utf-8"))
    assert package["licenses"][0]["name"] == "CC-BY-4.0"
    assert {r["path"] for r in package["resources"]} == {p.name for p in DATA.glob("*.csv")}
    for resource in package["resources"]:
        content = (DATA / resource["path"]).read_bytes()
        assert resource["bytes"] == len(content)
        assert resource["hash"] == "sha256:" + hashlib.sha256(content).hexdigest()
        with (DATA / resource["path"]).open(encoding="utf-8", newline="") as stream:
            header = next(csv.reader(stream))
        assert [field["name"] for field in resource["schema"]["fields"]] == header


def test_every_reference_of_the_package_leads_to_a_key() -> None:
    package = json.loads((DATA / "datapackage.json").read_text(encoding="utf-8"))
    fields = {r["name"]: {f["name"] for f in r["schema"]["fields"]} for r in package["resources"]}
    references = [(r["name"], k) for r in package["resources"] for k in r["schema"].get("foreignKeys", [])]
    assert len(references) == sum(bool(column.refers) for table in TABLES for column in table.columns)
    for name, key in references:
        assert key["fields"] in fields[name]
        assert key["reference"]["fields"] in fields[key["reference"]["resource"]]


def test_the_constraints_of_the_package_admit_every_cell_of_the_data() -> None:
    package = json.loads((DATA / "datapackage.json").read_text(encoding="utf-8"))
    for resource in package["resources"]:
        with (DATA / resource["path"]).open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        for field in resource["schema"]["fields"]:
            constraints = field.get("constraints", {})
            cells = [row[field["name"]] for row in rows]
            known = [cell for cell in cells if cell]
            assert len(known) == len(cells) or not constraints.get("required")
            if "pattern" in constraints:
                assert all(re.fullmatch(constraints["pattern"], cell) for cell in known)
            if "enum" in constraints:
                assert set(known) <= {str(value) for value in constraints["enum"]}
            if constraints.get("unique"):
                assert len(set(known)) == len(known)


def test_prose_must_begin_with_a_heading_and_a_paragraph() -> None:
    assert codebook.title_and_description("# A title\n\nOne\nparagraph.\n\nMore.") == ("A title", "One paragraph.")
    with pytest.raises(ValueError, match="heading"):
        codebook.title_and_description("No heading here.")


def test_seed_metadata_agrees_with_the_sources_and_covers_every_seed() -> None:
    with (SEEDS / "metadata.csv").open(encoding="utf-8", newline="") as stream:
        metadata = {row["file"]: row for row in csv.DictReader(stream)}
    assert set(metadata) == {path.name for path in SEEDS.glob("*.txt")}
    sources = tables.read_text(tables.BY_NAME["sources"], DATA / "sources.csv").set_index("source_id")
    for file, row in metadata.items():
        source = sources.loc[row["source_id"]]
        assert source["seed_file"] == file
        for column in ("publisher", "title", "published", "language", "url"):
            assert row[column] == source[column]
        assert row["note"]


def corrections() -> list[list[str]]:
    text = (DATA / "CORRECTIONS.md").read_text(encoding="utf-8").split("## Doubtful")[0]
    rows = [line.strip("|").split(" | ") for line in text.splitlines() if line.startswith("| `")]
    return [[cell.strip("` ") for cell in row] for row in rows]


def test_every_correction_stands_in_the_table_it_names() -> None:
    assert corrections()
    for file, key, column, was, now, why in corrections():
        table = tables.BY_NAME[file.removesuffix(".csv")]
        frame = tables.read_text(table, DATA / file).set_index(table.key, drop=False)
        if column == "(the row)":  # added as a whole
            assert key in frame.index
            continue
        assert frame.loc[key, column] == now, (key, column)
        assert was != now
        assert why


def test_the_seed_articles_are_coded_as_found() -> None:
    """The mentions of the five seed articles are a reference for the reader of articles: no correction touches them."""
    assert not [key for _, key, *_ in corrections() if key.startswith("seed-")]
    mentions = tables.read(DATA).mentions
    seeds = mentions[mentions["source_id"].str.startswith("seed-")]
    assert (len(seeds), seeds["incident_id"].nunique()) == (19, 12)
    assert (seeds["stance"] == "denies").sum() == (seeds["stance"] == "claims").sum() == 1
