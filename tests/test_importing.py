"""From a table or articles of one's own to a data folder that passes its check and renders: what is there, assumed, told."""

import csv
import random
import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml

from sitrep import check, colophon, importing, intake, narrative, parameters, study, tables
from sitrep.charts import frequency as charts
from sitrep.formats import FormatError, acled
from sitrep.importing import Choice

ROOT = Path(__file__).parents[1]
DATA = ROOT / "data"
FORMATS = Path(__file__).parent / "formats"
GED, ACLED, PLAIN = FORMATS / "ged.csv", FORMATS / "acled_current.csv", FORMATS / "plain.csv"
MAPPING = FORMATS / "plain.yaml"

#: Six attacks in Mali, a row with a fault, and a count of several events.
MALI = """id,date_start,date_end,date_prec,where_coordinates,country,adm_1,latitude,longitude,where_prec,event_clarity,\
type_of_violence,side_a,side_b,deaths_a,deaths_b,deaths_civilians,deaths_unknown,best,low,high,source_headline,source_date
1,2019-01-10,2019-01-10,1,Gao town,Mali,Gao,16.27,-0.04,1,1,1,Government of Mali,JNIM,3,0,0,0,3,3,3,,
2,2019-02-11,2019-02-11,1,Gao town,Mali,Gao,16.27,-0.04,1,1,1,Government of Mali,JNIM,3,0,0,0,3,3,3,,
3,2019-03-12,2019-03-14,2,Kidal town,Mali,Kidal,18.44,1.41,1,1,1,Government of Mali,JNIM,3,0,0,0,3,3,3,,
4,2019-05-30,2019-05-30,1,Kidal town,Mali,Kidal,18.44,1.41,1,1,1,Government of Mali,JNIM,3,0,0,0,3,3,3,,
5,31/05/2019,2019-05-30,1,Kidal town,Mali,Kidal,18.44,1.41,1,1,1,Government of Mali,JNIM,3,0,0,0,3,3,3,,
6,2019-06-01,2019-06-01,1,Kidal town,Mali,Kidal,18.44,1.41,1,2,1,Government of Mali,JNIM,3,0,0,0,3,3,3,,
"""
ARTICLE = (
    "date 2024-01-09 Three rockets landed near the Ain al-Asad air base in Iraq's Anbar province on Monday, an Iraqi security "
    "official said. No casualties were reported.\n"
)
UNDATED = "Two rockets landed at the Ain al-Asad air base in Iraq on Monday, an Iraqi officer said.\n"


@pytest.fixture
def top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with the real tables and articles, in which we stand."""
    for name in ("data", "seeds"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("calibration"))
    for name in ("notebooks", "reports"):
        (tmp_path / name).mkdir()
    (tmp_path / "mali.csv").write_text(MALI, encoding="utf-8")
    (tmp_path / "news").mkdir()
    (tmp_path / "news" / "asad.txt").write_text(ARTICLE, encoding="utf-8")
    (tmp_path / "news" / "undated.txt").write_text(UNDATED, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def brought(file: Path | str, format: str, joined: bool = False, **choice: object) -> importing.Imported:
    return importing.read(str(file), format, Path("data"), Choice(**choice), joined)


def written(made: importing.Imported, name: str, title: str = "") -> study.Study:
    """Write the folder and its report, check it, and load the study of the report."""
    path, text = importing.new_report(name, made, Path(name), title)
    importing.write(made, Path(name), report=(path, text))
    folder = Path(name)
    assert check.check(folder, intake.seeds_folder(folder)) == []
    return study.load(parameters.read(path), Path())


# A folder that is complete


@pytest.mark.parametrize(
    ("file", "format", "choice"),
    [(GED, "ucdp", {}), (ACLED, "acled", {}), (PLAIN, "plain", {"mapping": MAPPING}), ("news", "articles", {})],
)
def test_every_import_is_a_folder_without_a_fault_whose_report_loads(top, file, format, choice):
    made = brought(file, format, **choice)
    report = written(made, "mine")
    assert len(report.shown) == len(report.selected) == len(report.incidents) > 0
    assert not report.ours
    assert bool(report.intake.articles) == (format == "articles")  # ours in seeds/ belong to data/
    assert report.imported == (*made.assumed, *made.losses)


def test_another_country_brings_its_own_sites_and_none_of_our_dates(top):
    report = written(brought("mali.csv", "ucdp"), "mali")
    assert set(report.tables.places["country"]) == {"Mali"}
    assert report.parameters.title == "Attacks in Mali, 2019"
    assert report.tables.events.empty and not report.testable
    assert report.intake.articles == []


def test_a_report_of_it_says_nothing_that_is_true_of_our_chronology_only(top):
    report = written(brought("mali.csv", "ucdp"), "mali")
    said = " ".join(
        part.markdown
        for part in (
            colophon.limits(report),
            colophon.methods(report),
            narrative.counted(report),
            narrative.judgements(report, None),
            narrative.why_no_tests(report),
            narrative.linking_agreement(report),
            narrative.tallies(report),
        )
    ).replace("whether US or coalition forces were the target", "")
    for word in ("Iraq", "Syria", "US ", "coalition", "Pentagon", "convoy", "0.1 degree", "read by a coder"):
        assert word not in said, word
    assert "taken to have been searched" in said and "Nothing about escalation" in said
    drawn = charts.monthly(report.shown, report.counts, report.level)
    assert drawn.data["Mali"].sum() == len(report.shown) == 4


def test_a_country_of_ours_brings_our_events_and_gazetteer_but_no_attack_of_ours(top):
    made = brought(ACLED, "acled")
    ours = tables.read(Path("data"))
    assert set(made.tables.mentions["source_id"].str[:6]) == {"acled-"}
    assert set(ours.places["place_id"]) <= set(made.tables.places["place_id"])
    assert len(made.tables.events) == len(ours.events)
    assert made.tables.sources["seed_file"].isna().all() and made.tables.tallies.empty


# Days: missing is not zero, and what is assumed is said


def test_days_searched_are_assumed_from_first_to_last_row_and_that_is_told(top):
    made = brought("mali.csv", "ucdp")
    (first,) = made.tables.coverage.to_dict("records")
    assert (str(first["date_start"].date()), str(first["date_end"].date())) == ("2019-01-10", "2019-05-30")
    assert first["level"] == "full" and "assumed" in first["why"]
    assert "2019-01-10 to 2019-05-30" in made.assumed[0] and "does not say so" in made.assumed[0]


def test_days_stated_as_searched_are_full_and_all_others_missing(top):
    made = brought("mali.csv", "ucdp", covered=("2019-02-01:2019-02-28", "2019-05-01:2019-06-30"))
    report = written(made, "mali")
    assert report.level.value_counts().to_dict() == {"full": 28 + 61, "thin": 22 + 61}
    assert report.counts.notna().sum() == 28 + 30  # the report ends with the last row
    assert not any("taken to have been searched" in line for line in made.assumed)


@pytest.mark.parametrize("covered", ["2019", "2019-02-01:2019-01-01", "2019-02-30:2019-03-01", ":"])
def test_a_span_of_days_that_is_none_is_refused(top, covered):
    with pytest.raises(ValueError, match=r"--covered: found .* allowed: two days with a colon"):
        brought("mali.csv", "ucdp", covered=(covered,))


# Together with the tables that are there


def test_a_row_that_tells_of_a_known_attack_joins_it_and_is_told(top):
    known = tables.read(Path("data")).mentions
    Path("own.csv").write_text(
        "day,site,country,weapon\n2024-01-28,Tower 22,Jordan,drone\n2024-01-27,Tower 22,Jordan,unknown\n",
        encoding="utf-8",
    )
    Path("own.yaml").write_text(
        "columns: {date_start: day, place_name: site, country: country, weapon: weapon}\n"
        "constants: {publisher: P, source_kind: wire, language: en}\n",
        encoding="utf-8",
    )
    made = brought("own.csv", "plain", joined=True, mapping=Path("own.yaml"))
    assert len(made.tables.mentions) == len(known) + 2
    assert list(made.duplicates["mention_id"]) == ["plain-own-row2#1"]
    assert made.duplicates["incident_id"].item() in set(known["incident_id"])
    held = made.tables.mentions.set_index("mention_id")["incident_id"]
    assert held["plain-own-row3#1"] not in set(known["incident_id"])
    assert (held[known["mention_id"]].to_numpy() == known["incident_id"].to_numpy()).all()


def test_the_same_file_joined_twice_adds_nothing_and_says_so(top):
    importing.write(brought(ACLED, "acled", joined=True), Path("both"))
    again = importing.read(str(ACLED), "acled", Path("both"), Choice(), joined=True)
    assert len(again.tables.mentions) == len(tables.read(Path("both")).mentions)
    assert set(again.duplicates["why"]) == {"the same id is there already"}


def test_joined_tables_keep_ours_whole_with_its_coverage_and_articles(top):
    made = brought(ACLED, "acled", joined=True)
    report = written(made, "both")
    ours = tables.read(Path("data"))
    assert report.ours and len(report.intake.articles) == 5
    pd.testing.assert_frame_equal(made.tables.coverage, ours.coverage)
    assert len(made.tables.tallies) == len(ours.tallies)


# Articles


def test_articles_are_kept_read_and_those_without_a_date_get_a_row_to_fill_in(top):
    made = brought("news", "articles")
    assert set(made.tables.coverage["level"]) == {"thin"}  # what articles do not mention is not known
    report = written(made, "mine")
    assert not report.is_series
    assert list(report.shown["place_id"]) == ["ain-al-asad"]
    noted = pd.read_csv("mine/seeds/metadata.csv", dtype="str", keep_default_na=False)
    assert list(noted["file"]) == ["undated.txt"] and list(noted["published"]) == [""]
    assert "undated: fill in the column published of mine/seeds/metadata.csv: undated.txt" in importing.told(
        made, "news", Path("mine")
    )
    noted.assign(published="2024-01-16").to_csv("mine/seeds/metadata.csv", index=False)
    again = study.load(report.parameters.model_copy(update={"end": "2024-02-01"}), Path())
    assert [f"{day:%Y-%m-%d}" for day in again.incidents["date"]] == ["2024-01-08", "2024-01-15"]


def test_two_articles_of_one_name_are_refused(top):
    (top / "more").mkdir()
    shutil.copy("news/asad.txt", "more/asad.txt")
    with pytest.raises(FormatError, match="2 articles of this name"):
        brought("*/*.txt", "articles")


# What stands in the way


def test_a_folder_that_is_there_is_never_overwritten_unless_an_import_made_it(top):
    made = brought("mali.csv", "ucdp")
    with pytest.raises(FormatError, match="a folder with files in it"):
        importing.write(made, Path("data"), again=True)
    importing.write(made, Path("mali"))
    with pytest.raises(FormatError, match="--replace"):
        importing.write(made, Path("mali"))
    (top / "mali" / "old.txt").write_text("from before")
    importing.write(made, Path("mali"), again=True)
    assert not (top / "mali" / "old.txt").exists()


def test_a_failed_import_leaves_nothing_behind(top, monkeypatch):
    made = brought("mali.csv", "ucdp")
    before = sorted(path.name for path in top.iterdir())

    def full(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(importing, "write_folder", full)
    with pytest.raises(OSError, match="No space"):
        importing.write(made, Path("mali"))
    assert sorted(path.name for path in top.iterdir()) == before


def test_the_first_ten_faults_are_printed_with_file_row_column_found_and_allowed(top):
    rows = MALI.splitlines()
    faulty = [rows[0], *(row.replace("16.27", "16,27 x").replace("18.44", "north") for row in rows[1:] * 3)]
    text = "\n".join(f"{n}{row[1:]}" if n else row for n, row in enumerate(faulty))
    Path("faulty.csv").write_text(text.replace("16,27 x", "north"), encoding="utf-8")
    made = brought("faulty.csv", "ucdp")
    lines = importing.told(made, "faulty.csv", Path("out"))
    faults = [line for line in lines if line.startswith("faulty.csv:")]
    assert len(faults) == 10 < len(made.rejected)
    assert faults[0] == (
        'faulty.csv:2: column latitude: found "north"; allowed: degrees from -90 to 90, with a decimal point'
    )
    assert lines[-1] == f"and {len(made.rejected) - 10} more faults: all are in out/rejected.csv"


def test_a_report_is_not_written_over_another_or_for_a_folder_outside_the_project(top, tmp_path_factory):
    made = brought("mali.csv", "ucdp")
    (top / "reports" / "mali.yaml").write_text("title: mine\n")
    with pytest.raises(ValueError, match="there is such a report already"):
        importing.new_report("mali", made, Path("mali"))
    with pytest.raises(ValueError, match="a folder in the project"):
        importing.new_report("other", made, tmp_path_factory.mktemp("elsewhere"))
    with pytest.raises(ValueError, match="name of a report"):
        importing.new_report("../mali", made, Path("mali"))


def test_a_title_with_signs_of_yaml_stays_a_title(top):
    title = 'Attacks: "Mali" #1 & {more}'
    _, text = importing.new_report("mali", brought("mali.csv", "ucdp"), Path("mali"), title)
    assert yaml.safe_load(text)["title"] == title


# Any cells at all: what goes in comes out or is refused

NAUGHTY = [
    '"',
    "''",
    ",",
    "a\nb",
    "\r",
    "\0",
    "=1+1",
    "'=1",
    ";",
    "\t",
    "9" * 30,
    "-1",
    "1e9",
    "NaN",
    "inf",
    "",
    " ",
    "|",
    "#",
    "# 1",
]
NAUGHTY += [
    "0000-00-00",
    "9999-12-31",
    "0001-01-01",
    "2020-02-30",
    "١٢",
    "\u202eabc",
    "x" * 5000,
    "مطار",
    "é",
    "None",
    "TRUE",
]
FILES = {"ucdp": GED, "acled": ACLED, "plain": PLAIN}


def mutated(format: str, rows: int, seed: int, path: Path) -> int:
    """Write a file of so many rows with some cells exchanged; return how many of them are no attacks by their type."""
    chance = random.Random(seed)
    with FILES[format].open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, delimiter=";" if format == "plain" else ",")
        names, real = list(reader.fieldnames or []), list(reader)
    key = {"ucdp": "id", "acled": "event_id_cnty"}.get(format)
    left_out = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, delimiter=";" if format == "plain" else ",")
        writer.writeheader()
        for number in range(rows):
            row = dict(chance.choice(real)) | ({key: str(1000 + number)} if key else {})
            for name in chance.sample(names, chance.randint(0, 3)):
                row[name] = chance.choice(NAUGHTY)
            writer.writerow(row)
            left_out += row.get("event_type", "").strip() in acled.NO_ATTACKS
    return left_out


def check_mutated(format: str, rows: int, seed: int, folder: Path) -> None:
    path, out = folder / "mutated.csv", folder / f"out-{seed}"
    left_out = mutated(format, rows, seed, path)
    made = importing.read(str(path), format, DATA, Choice(mapping=MAPPING if format == "plain" else None))
    assert len(made.tables.mentions) + made.rejected["row"].nunique() + left_out == rows
    importing.write(made, out)
    assert check.check(out) == []
    mentions = out / "mentions.csv"
    lines = list(csv.reader(mentions.open(encoding="utf-8", newline="")))
    chance = random.Random(seed)
    for line in lines[1:]:
        line[chance.randrange(len(line))] = chance.choice(NAUGHTY)
    with mentions.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(lines)
    for fault in check.check(out):
        assert fault.allowed and (fault.row is None or fault.row >= 1)
    shutil.rmtree(out)


@pytest.mark.parametrize("format", FILES)
def test_two_thousand_mutated_rows_come_out_or_are_refused(tmp_path, format):
    check_mutated(format, 667, 1, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("format", FILES)
def test_a_hundred_thousand_mutated_rows_come_out_or_are_refused(tmp_path, format):
    for seed in range(2, 36):
        check_mutated(format, 1000, seed, tmp_path)
