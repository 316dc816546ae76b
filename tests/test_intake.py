"""A new article in seeds/ enters the report: read, linked to what is known, and set aside in plain sight where it cannot."""

import shutil
from pathlib import Path

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from sitrep import intake, listing, parameters, study, tables
from sitrep.study import Study

ROOT = Path(__file__).parents[1]

#: Tells of an attack that the coder knows: eight rockets inside the Green Village base on 5 January 2022.
KNOWN = (
    "date 2022-01-06 Eight rockets landed inside the Green Village base in eastern Syria on Wednesday, the US-led coalition "
    "said. There were no casualties.\n"
)
#: Tells of an attack on a day without one in the tables.
UNKNOWN = (
    "date 2020-02-07 Two armed drones were shot down near the Ain al-Asad air base in Iraq's Anbar province on Thursday, an "
    "Iraqi security official said.\n"
)
UNDATED = "Two rockets landed at the Ain al-Asad air base in Iraq on Monday, an Iraqi officer said.\n"
PLACELESS = "date 2022-02-11 Two rockets hit a base that houses US troops on Thursday, an officer said.\n"
FRENCH = (
    "date 2022-02-11 Deux roquettes sont tombées jeudi sur la base aérienne d'Aïn al-Assad, dans l'ouest de l'Irak, qui abrite "
    "des soldats américains de la coalition internationale, a indiqué un responsable des services de sécurité.\n"
)


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """A project with the real tables and articles."""
    for name in ("data", "seeds"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("calibration"))
    (tmp_path / "notebooks").mkdir()
    return tmp_path


def drop(top: Path, **articles: str) -> None:
    for name, text in articles.items():
        (top / "seeds" / f"{name}.txt").write_text(text, encoding="utf-8")


def load(top: Path, **values: object) -> Study:
    return study.load(parameters.validate(values), top)


def new_mentions(report: Study) -> pd.DataFrame:
    return report.mentions[report.mentions["mention_id"].isin(report.intake.new["mention_id"])]


# The seeds as they are


def test_the_five_seeds_change_nothing(overview: Study, everything: tables.Tables) -> None:
    assert len(overview.intake.articles) == 5
    assert overview.intake.new.empty and overview.intake.unusable.empty and overview.intake.sources.empty
    assert_frame_equal(overview.tables.mentions, everything.mentions)
    assert_frame_equal(overview.tables.sources, everything.sources)


# New articles


def test_an_article_on_a_known_attack_joins_the_coders_incident(top: Path, overview: Study) -> None:
    drop(top, known=KNOWN)
    report = load(top)
    (mention,) = new_mentions(report).to_dict("records")
    assert mention["incident_id"] == "20220105-green-village-1"
    assert (mention["place_id"], mention["munitions_low"], mention["deaths"]) == ("green-village", 8, 0)
    assert len(report.incidents) == len(overview.incidents)
    row = report.incidents.set_index("incident_id").loc["20220105-green-village-1"]
    assert mention["mention_id"] in row["mention_ids"].split("|")


def test_an_article_on_an_unknown_attack_makes_an_incident(top: Path, overview: Study) -> None:
    drop(top, unknown=UNKNOWN)
    report = load(top)
    (mention,) = new_mentions(report).to_dict("records")
    assert len(report.incidents) == len(overview.incidents) + 1
    incident = report.incidents.set_index("incident_id").loc[mention["incident_id"]]
    assert (incident["date"], incident["place_id"], incident["weapon"]) == (
        pd.Timestamp("2020-02-06"),
        "ain-al-asad",
        "drone",
    )
    assert mention["incident_id"] not in set(overview.incidents["incident_id"])
    assert report.series["2020-02-06"] == overview.series["2020-02-06"] + 1


def test_the_coders_links_stay_as_they_are(top: Path, everything: tables.Tables) -> None:
    drop(top, known=KNOWN, unknown=UNKNOWN)
    mentions = load(top).tables.mentions.iloc[: len(everything.mentions)]
    assert_frame_equal(mentions, everything.mentions)


def test_a_new_article_is_a_source_of_the_seeds_report(top: Path) -> None:
    metadata = top / "seeds" / "metadata.csv"
    row = "unknown.txt,,Example Wire,,2020-02-07,en,https://example.org/a,\n"
    metadata.write_text(metadata.read_text(encoding="utf-8") + row, encoding="utf-8")
    drop(top, unknown=UNKNOWN)
    report = load(top, scope="seeds")
    (source,) = report.intake.sources.to_dict("records")
    assert (source["publisher"], source["url"], source["seed_file"]) == (
        "Example Wire",
        "https://example.org/a",
        "unknown.txt",
    )
    assert source["published"] == pd.Timestamp("2020-02-07")
    assert len(report.mentions) == 20 and len(report.incidents) == 13


def test_without_metadata_the_file_stands_for_the_publisher(top: Path) -> None:
    drop(top, unknown=UNKNOWN)
    (source,) = load(top).intake.sources.to_dict("records")
    assert source["publisher"] == "unknown.txt"


def test_the_machine_links_new_articles_as_well(top: Path) -> None:
    drop(top, known=KNOWN)
    report = load(top, link="machine")
    (mention,) = report.intake.new["mention_id"]
    (mates,) = report.incidents.loc[
        report.incidents["mention_ids"].str.split("|").map(lambda ids: mention in ids), "mention_ids"
    ]
    assert "seed-jpost-20220105-2#3" in mates


def test_two_articles_on_one_unknown_attack_make_one_incident(top: Path, overview: Study) -> None:
    other = (
        "date 2020-02-08 Air defences at the Ain al-Asad base in western Iraq intercepted a pair of drones late on "
        "February 6, the coalition said.\n"
    )
    drop(top, unknown=UNKNOWN, other=other)
    report = load(top)
    assert len(report.intake.new) == 2
    assert len(report.incidents) == len(overview.incidents) + 1


def test_a_hand_made_table_row_for_a_file_takes_the_place_of_the_machines_reading(top: Path) -> None:
    drop(top, unknown=UNKNOWN)
    sources = top / "data" / "sources.csv"
    row = "unknown-1,Example Wire,A title,,2020-02-07,en,newspaper,unknown.txt\n"
    sources.write_text(sources.read_text(encoding="utf-8") + row, encoding="utf-8")
    assert load(top).intake.new.empty


# What cannot be counted


def test_a_mention_without_a_day_is_set_aside_and_kept_visible(top: Path, overview: Study) -> None:
    drop(top, undated=UNDATED)
    report = load(top)
    assert len(report.intake.unusable) == 1
    assert report.intake.new.empty
    assert_frame_equal(report.incidents, overview.incidents)
    row = listing.articles_read(report.intake, report.tables.mentions).rows.set_index("file").loc["undated.txt"]
    assert (row["published"], row["read"]) == ("not known", "1")


def test_an_attack_without_a_place_is_set_aside_with_that_reason(top: Path, overview: Study) -> None:
    drop(top, placeless=PLACELESS)
    report = load(top)
    assert report.intake.new.empty
    assert_frame_equal(report.incidents, overview.incidents)
    aside = report.intake.extraction.rejected
    assert list(aside.loc[aside["source_id"] == "placeless", "reason"]) == ["no_place"]
    assert "names no place that the gazetteer knows" in set(listing.set_aside(report.intake).rows["reason"])


def test_an_undated_article_says_what_to_add_where(top: Path) -> None:
    drop(top, undated=UNDATED)
    (message,) = load(top).intake.extraction.messages
    assert "undated.txt: no publication date" in message and "metadata.csv" in message


def test_an_article_in_another_language_is_told_and_not_read(top: Path) -> None:
    drop(top, french=FRENCH)
    report = load(top)
    assert any("french.txt: language fr" in message for message in report.intake.extraction.messages)
    assert report.intake.new.empty and report.intake.unusable.empty


def test_the_same_story_twice_counts_once_and_is_told(top: Path) -> None:
    drop(top, known=KNOWN, unknown=UNKNOWN, unknown_again=UNKNOWN)
    report = load(top)
    assert len(report.intake.new) == 2
    assert any("unknown_again.txt: the same story as" in message for message in report.intake.extraction.messages)
    assert (report.intake.extraction.rejected["reason"] == "duplicate").sum() == 1


def test_the_known_seeds_under_another_name_count_once(top: Path, overview: Study) -> None:
    first = sorted((top / "seeds").glob("*.txt"))[0]
    shutil.copy(first, top / "seeds" / "zz_copy.txt")
    report = load(top)
    assert report.intake.new.empty
    assert_frame_equal(report.incidents, overview.incidents)


def test_no_article_and_no_folder_are_no_error(top: Path, overview: Study) -> None:
    shutil.rmtree(top / "seeds")
    report = load(top)
    assert report.intake.articles == [] and report.intake.new.empty
    assert_frame_equal(report.incidents, overview.incidents)


# Where the words come from


def test_nothing_is_read_from_the_folder_a_report_is_made_in(
    top: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    drop(top, known=KNOWN)
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    report = load(top, link="machine")
    assert len(report.intake.new) == 1 and len(report.links.links) == len(report.mentions)


def test_tables_without_a_lexicon_use_the_projects(top: Path) -> None:
    (top / "mine").mkdir()
    assert intake.lexicon_folder(top / "mine") == top / "data" / "lexicon"
    (top / "mine" / "lexicon").mkdir()
    assert intake.lexicon_folder(top / "mine") == top / "mine" / "lexicon"
