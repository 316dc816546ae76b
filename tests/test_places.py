"""Place names: found on word boundaries, longest first, resolved to the most specific site."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitrep.places import Gazetteer


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return Gazetteer.from_frame(pd.read_csv("data/places.csv", dtype=str))


@pytest.mark.parametrize(
    ("name", "place_id"),
    [
        ("Taiji base north of Baghdad", "camp-taji"),
        ("base near the Conoco oil field", "conoco"),
        ("Al-Nasr camp near Baghdad International Airport", "baghdad-airport"),
        ("Ain al-Assad base, Anbar", "ain-al-asad"),
        ("Ayn al-Asad airbase", "ain-al-asad"),
        ("base aérienne d'Aïn al-Assad", "ain-al-asad"),
        ("At-Tanf base", "al-tanf"),
        ("Ash Shaddadi, Al Hasakah", "al-shaddadi"),
        ("near US Embassy, Green Zone", "us-embassy-baghdad"),
        ("Harir base near Erbil", "harir"),
        ("قاعدة عين الأسد", "ain-al-asad"),
        ("قاعدة الشدّادي", "al-shaddadi"),
        ("قاعدة بلد", "balad-air-base"),
        ("base in the Deir Ezzor region of eastern Syria", "euphrates-base"),
        ("military base in Syria", "syria-unspecified"),
        ("base north of Baghdad", "iraq-unspecified"),
        ("a house in Samarra", None),
        ("", None),
    ],
)
def test_a_short_name_resolves_to_the_most_specific_site(gazetteer, name, place_id):
    assert gazetteer.resolve(name) == place_id


def test_hand_coded_names_resolve_to_the_coders_place_or_to_one_that_contains_it(gazetteer):
    mentions = pd.read_csv("data/mentions.csv", dtype=str)
    machine = [gazetteer.resolve(name) for name in mentions["place_name"]]
    agree = [gazetteer.compatible(a, b) for a, b in zip(machine, mentions["place_id"], strict=True)]
    assert sum(agree) / len(agree) > 0.97
    assert pd.Series(machine).eq(mentions["place_id"]).mean() > 0.78


def test_a_name_is_never_found_inside_a_word(gazetteer):
    assert gazetteer.find("Gazania flowers, Iraqization, Tajikistan, Mosulite, Baladeyat") == []


def test_the_longest_name_wins(gazetteer):
    (span,) = gazetteer.find("rockets hit Baghdad International Airport")
    assert (span.place_id, span.surface) == ("baghdad-airport", "Baghdad International Airport")


def test_a_president_is_not_an_air_base(gazetteer):
    assert [s.place_id for s in gazetteer.find("Bashar al-Assad's forces near Al-Assad Air Base")] == ["ain-al-asad"]


def test_short_acronyms_need_their_capitals(gazetteer):
    assert gazetteer.find("tq and atg are just letters") == []
    assert [s.place_id for s in gazetteer.find("a rocket at TQ")] == ["taqaddum"]


@pytest.mark.parametrize("text", ["بقاعدة التنف", "والتنف", "للتنف", "التَّنف", "التـنـف"])
def test_arabic_prefixes_vowels_and_tatweel_do_not_hide_a_name(gazetteer, text):
    assert [s.place_id for s in gazetteer.find(text)] == ["al-tanf"]


def test_ordinary_arabic_words_are_places_only_when_the_whole_cell_is_a_name(gazetteer):
    assert gazetteer.find("هذا بلد كبير") == []
    assert gazetteer.resolve("بلد") == "balad-air-base"


def test_hierarchy_site_governorate_country(gazetteer):
    assert gazetteer.contains("syria/deir-ez-zor", "green-village")
    assert gazetteer.contains("euphrates-base", "conoco")
    assert gazetteer.contains("syria-unspecified", "euphrates-base")
    assert gazetteer.contains("green-zone", "us-embassy-baghdad")
    assert not gazetteer.contains("green-village", "euphrates-base")
    assert gazetteer.compatible("green-village", "syria/deir-ez-zor")
    assert not gazetteer.compatible("green-village", "conoco")
    assert not gazetteer.compatible("ain-al-asad", "syria-unspecified")
    assert gazetteer.compatible(None, "conoco")


def test_a_misspelt_name_is_suggested_and_not_decided(gazetteer):
    assert gazetteer.resolve("Shaddoodi") is None
    assert "al-shaddadi" in [place for _, place, _ in gazetteer.suggest("Shaddoodi")]


@given(st.text(max_size=300))
def test_every_span_is_what_was_read(gazetteer, text):
    end = 0
    for span in gazetteer.find(text):
        assert text[span.start : span.end] == span.surface
        assert span.start >= end
        end = span.end


def test_another_theatre_is_another_table():
    places = pd.DataFrame(
        [
            {
                "place_id": "fort-x",
                "name": "Fort Xanadu",
                "kind": "base",
                "country": "Ruritania",
                "admin1": "Strelsau",
                "aliases": "Xanadu",
            }
        ]
    )
    regions = pd.DataFrame(
        [
            {
                "region_id": "ruritania",
                "level": "country",
                "name": "Ruritania",
                "aliases": "",
                "stand_ins": "",
                "members": "",
            },
            {
                "region_id": "ruritania/strelsau",
                "level": "admin1",
                "name": "Strelsau",
                "aliases": "",
                "stand_ins": "",
                "members": "",
            },
        ]
    )
    none = pd.DataFrame(columns=["phrase", "place_id", "use"])
    other = Gazetteer.from_frame(places, regions, none, pd.DataFrame(columns=["variant", "standard"]))
    assert other.resolve("the gate of Xanadu in Strelsau") == "fort-x"
    assert other.contains("ruritania", "fort-x")
