"""How the mentions of one attack become one incident, on the real mentions where they show it."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from sitrep import reconcile
from sitrep.reconcile import LinkError, low_best_high, status
from sitrep.study import Study
from sitrep.tables import Tables

SEED_INCIDENTS = [
    "20210704-green-village-1",
    "20210706-erbil-airport-1",
    "20210707-ain-al-asad-1",
    "20210707-green-village-1",
    "20220103-baghdad-airport-1",
    "20220104-ain-al-asad-1",
    "20220105-ain-al-asad-1",
    "20220105-ain-al-asad-2",
    "20220105-baghdad-airport-1",
    "20220105-conoco-1",
    "20220105-green-village-1",
    "20240421-syria-unspecified-1",
]

RUMAYLAN = "rumaylan"


def of(report: Study, incident: str) -> pd.Series:
    return report.incidents.set_index("incident_id").loc[incident]


def rebuilt(tables: Tables, mentions: pd.DataFrame, links: pd.DataFrame | None = None) -> pd.DataFrame:
    return reconcile.reconcile(mentions, tables.sources, tables.places, tables.actors, links)


@pytest.fixture(scope="module")
def seed_like(seeds: Study) -> dict[str, object]:
    """One real mention as a row to vary."""
    return seeds.mentions.iloc[0].to_dict()


def mentions_like(row: dict[str, object], *changes: dict[str, object]) -> pd.DataFrame:
    rows = [row | {"mention_id": f"{row['source_id']}#{i}"} | change for i, change in enumerate(changes, start=1)]
    return pd.DataFrame(rows).astype(
        dict.fromkeys(
            ("munitions_low", "munitions_high", "deaths", "injured", "us_deaths", "us_injured", "date_prec"), "Int64"
        )
    )


# What five articles say


def test_the_seeds_hold_exactly_twelve_incidents_of_nineteen_mentions(seeds: Study) -> None:
    assert list(seeds.incidents["incident_id"]) == SEED_INCIDENTS
    assert len(seeds.mentions) == 19
    assert sum(len(ids.split("|")) for ids in seeds.incidents["mention_ids"]) == 19


def test_the_seeds_never_say_rumaylan(seeds: Study) -> None:
    """The chronology knows which base was hit on 21 April 2024; no seed does, so neither the id nor the place may tell."""
    shown = of(seeds, "20240421-syria-unspecified-1")
    assert (shown["place_name"], shown["country"]) == ("Syria (site not given)", "Syria")
    assert pd.isna(shown["latitude"])
    text = seeds.incidents.to_csv() + seeds.mentions.drop(columns="incident_id").to_csv()
    assert RUMAYLAN not in text.lower()


def test_the_whole_chronology_does_say_it(overview: Study) -> None:
    assert "20240421-rumaylan-1" in set(overview.incidents["incident_id"])


def test_an_attackers_larger_number_stands_beside_the_others_and_is_not_best(seeds: Study) -> None:
    """Fourteen rockets by the reports, thirty by the group that claims them."""
    shown = of(seeds, "20210707-ain-al-asad-1")
    assert (shown["munitions_low"], shown["munitions_best"], shown["munitions_high"]) == (14, 14.0, 30)
    assert shown["claimed_by"] == "Brigades to Avenge al-Muhandis"
    assert shown["status"] == "reported"


def test_a_denial_makes_the_incident_contested_and_keeps_it(seeds: Study) -> None:
    shown = of(seeds, "20210704-green-village-1")
    assert shown["status"] == "contested"
    assert (shown["munitions_low"], shown["munitions_high"]) == (2, 2)


def test_the_interval_is_the_union_and_the_day_is_that_of_the_id(seeds: Study) -> None:
    """One article says "over the weekend" (3 to 5 July), the other mention Sunday the 4th."""
    shown = of(seeds, "20210704-green-village-1")
    days = shown[["date_start", "date", "date_end"]]
    assert list(days) == [pd.Timestamp("2021-07-03"), pd.Timestamp("2021-07-04"), pd.Timestamp("2021-07-05")]
    assert shown["date_prec"] == 1


def test_the_place_is_the_site_that_most_mentions_name(seeds: Study) -> None:
    """One article says "base in the Deir Ezzor region", two say Green Village; one says Baghdad, two the airport."""
    assert of(seeds, "20220105-green-village-1")["place_id"] == "green-village"
    assert of(seeds, "20220105-baghdad-airport-1")["place_id"] == "baghdad-airport"


def test_a_vague_place_gives_way_to_a_site_even_when_more_mentions_name_it(
    everything: Tables, seed_like: dict[str, object]
) -> None:
    named = [{"place_id": "baghdad"}, {"place_id": "baghdad"}, {"place_id": "camp-taji"}]
    only_vague = [{"place_id": "baghdad"}, {"place_id": "baghdad"}]
    assert rebuilt(everything, mentions_like(seed_like, *named))["place_id"].item() == "camp-taji"
    assert rebuilt(everything, mentions_like(seed_like, *only_vague))["place_id"].item() == "baghdad"


def test_publishers_are_counted_once_each(seeds: Study) -> None:
    """Three mentions in two articles of the Jerusalem Post and one of The National."""
    assert of(seeds, "20220105-baghdad-airport-1")["publishers"] == 2


def test_weapon_is_the_set_of_all_and_unknown_only_where_nothing_is_known(seeds: Study) -> None:
    assert of(seeds, "20220105-green-village-1")["weapon"] == "indirect_fire|rocket"
    assert of(seeds, "20210704-green-village-1")["weapon"] == "rocket"
    assert of(seeds, "20220105-conoco-1")["outcome"] == "unknown"


# The whole chronology


def test_every_mention_is_in_exactly_one_incident(overview: Study) -> None:
    ids = overview.incidents["mention_ids"].str.split("|").explode()
    assert sorted(ids) == sorted(overview.mentions["mention_id"])


def test_the_coders_links_are_kept(overview: Study) -> None:
    coder = overview.mentions.set_index("mention_id")["incident_id"]
    for incident, ids in zip(overview.incidents["incident_id"], overview.incidents["mention_ids"], strict=True):
        assert set(coder[ids.split("|")]) == {incident}


@pytest.mark.parametrize("quantity", reconcile.QUANTITIES)
def test_low_best_and_high_are_in_order(overview: Study, quantity: str) -> None:
    low, best, high = (overview.incidents[f"{quantity}_{part}"].astype("Float64") for part in ("low", "best", "high"))
    assert (low <= best).fillna(True).all()
    assert (best <= high).fillna(True).all()
    assert (best.notna() | (low.isna() & high.isna())).all()


def test_ids_are_unique_and_begin_with_the_day(overview: Study) -> None:
    ids = overview.incidents["incident_id"]
    assert ids.is_unique
    assert list(ids.str[:8]) == list(overview.incidents["date"].dt.strftime("%Y%m%d"))


def test_the_table_is_ordered_by_day(overview: Study) -> None:
    assert overview.incidents["date"].is_monotonic_increasing


def test_every_actor_stands_in_its_one_spelling(overview: Study) -> None:
    spelt = set(overview.tables.actors["actor"])
    for column in ("claimed_by", "attributed_to"):
        assert set(overview.incidents[column].dropna().str.split("|").explode()) <= spelt


def test_confirmed_means_that_an_official_source_reports_it(overview: Study) -> None:
    kinds = overview.mentions.merge(overview.tables.sources, on="source_id").set_index("mention_id")
    confirmed = overview.incidents[overview.incidents["status"] == "confirmed"]
    assert len(confirmed) > 0
    for ids in confirmed["mention_ids"].str.split("|"):
        told = kinds.loc[ids]
        assert ((told["kind"] == "official") & (told["stance"] == "reports")).any()


@settings(max_examples=8)
@given(seed=st.integers(0, 10_000))
def test_the_order_of_mentions_does_not_matter(overview: Study, seed: int) -> None:
    part = overview.mentions.iloc[:250]
    expected = rebuilt(overview.tables, part)
    assert_frame_equal(rebuilt(overview.tables, part.sample(frac=1, random_state=seed)), expected)


def test_no_mention_gives_no_incident_but_all_columns(overview: Study) -> None:
    nothing = rebuilt(overview.tables, overview.mentions.iloc[:0])
    assert list(nothing.columns) == list(overview.incidents.columns)
    assert nothing.empty


# Links other than the coder's


def test_other_links_take_the_place_of_the_coders(seeds: Study) -> None:
    links = seeds.mentions[["mention_id"]].assign(incident_id="20220105-ain-al-asad-1")
    one = rebuilt(seeds.tables, seeds.mentions, links)
    assert len(one) == 1
    assert len(one["mention_ids"].item().split("|")) == 19


def test_a_mention_without_a_link_is_an_error_that_names_it(seeds: Study) -> None:
    links = seeds.mentions[["mention_id", "incident_id"]].iloc[1:]
    with pytest.raises(LinkError, match=r"without an incident: seed-jpost-20210707-1#4"):
        rebuilt(seeds.tables, seeds.mentions, links)


def test_a_link_to_a_mention_that_is_not_there_is_an_error(seeds: Study) -> None:
    links = pd.DataFrame({"mention_id": ["nobody-1#1"], "incident_id": ["20220105-ain-al-asad-1"]})
    with pytest.raises(LinkError, match="nobody-1#1"):
        rebuilt(seeds.tables, seeds.mentions, links)


def test_two_ids_that_come_to_the_same_place_and_day_stay_apart(
    everything: Tables, seed_like: dict[str, object]
) -> None:
    """Two incidents of one night whose mentions in scope name only "Syria": the second takes the next number."""
    frame = mentions_like(
        seed_like,
        {"incident_id": "20240421-rumaylan-1", "place_id": "syria-unspecified"},
        {"incident_id": "20240421-conoco-1", "place_id": "syria-unspecified"},
    )
    assert list(rebuilt(everything, frame)["incident_id"]) == [
        "20240421-syria-unspecified-1",
        "20240421-syria-unspecified-2",
    ]


# Low, best and high


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        pytest.param([], (None, None, None), id="nothing stated is missing, not zero"),
        pytest.param([(None, None, "reports")], (None, None, None), id="a mention without a number says nothing"),
        pytest.param([(0, 0, "reports")], (0, 0.0, 0), id="no casualties is zero"),
        pytest.param([(5, None, "reports")], (5, 5.0, None), id="at least five: high unknown"),
        pytest.param([(None, 12, "reports")], (None, 12.0, 12), id="up to twelve: low unknown"),
        pytest.param([(5, 8, "reports")], (5, 6.5, 8), id="a range: its middle is best"),
        pytest.param(
            [(2, 2, "reports"), (3, 3, "reports"), (9, 9, "reports")], (2, 3.0, 9), id="best is the median of mentions"
        ),
        pytest.param([(5, None, "reports"), (8, 8, "reports")], (5, 6.5, 8), id="eight closes at least five"),
        pytest.param(
            [(9, None, "reports"), (8, 8, "reports")], (8, 8.5, None), id="at least nine stays open over eight"
        ),
        pytest.param([(None, 5, "reports"), (8, 8, "reports")], (None, 6.5, 8), id="up to five stays open under eight"),
        pytest.param([(14, 14, "reports"), (30, 30, "claims")], (14, 14.0, 30), id="a claim moves the ends, not best"),
        pytest.param([(30, 30, "claims")], (30, 30.0, 30), id="a claim alone is all there is"),
        pytest.param([(None, None, "reports"), (30, 30, "claims")], (30, 30.0, 30), id="a claim fills in for silence"),
    ],
)
def test_low_best_high(stated: list[tuple[int | None, int | None, str]], expected: tuple[object, ...]) -> None:
    assert low_best_high(stated) == expected


number = st.none() | st.integers(0, 60)
mention = st.tuples(number, number, st.sampled_from(["reports", "claims", "denies"])).map(
    lambda m: (min(m[0], m[1]), max(m[0], m[1]), m[2]) if m[0] is not None and m[1] is not None else m
)


@given(st.lists(mention, max_size=8), st.randoms())
def test_low_best_high_are_ordered_whatever_is_said_and_in_whatever_order(
    stated: list[tuple[int | None, int | None, str]], random: object
) -> None:
    low, best, high = low_best_high(stated)
    shuffled = stated.copy()
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert low_best_high(shuffled) == (low, best, high)
    assert low is None or best is None or low <= best
    assert high is None or best is None or best <= high


# Status: a dispute outweighs a confirmation, which outweighs a report, which outweighs a claim


@pytest.mark.parametrize(
    ("stances", "official", "expected"),
    [
        (["reports"], [False], "reported"),
        (["reports"], [True], "confirmed"),
        (["claims"], [False], "claimed_only"),
        (["claims"], [True], "claimed_only"),
        (["claims", "reports"], [False, False], "reported"),
        (["claims", "reports"], [True, False], "reported"),
        (["denies", "reports"], [True, False], "contested"),
        (["denies", "reports"], [False, True], "contested"),
        (["denies", "claims"], [True, False], "contested"),
        (["denies", "denies"], [True, False], "denied"),
    ],
)
def test_status(stances: list[str], official: list[bool], expected: str) -> None:
    assert status(stances, official) == expected
