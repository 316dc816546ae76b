"""The tables a reader sees: every incident and mention once, in words, nothing missing shown as zero."""

import re
from pathlib import Path

import pandas as pd
import pytest

from sitrep import events, examine, frequency, listing, parameters, study
from sitrep.content import MIME, Prose, Table
from sitrep.study import Study


def number(text: str) -> int:
    return int(text.replace(",", ""))


def is_table(content: Table | Prose) -> Table:
    assert isinstance(content, Table)
    return content


def tables_of(report: Study) -> list[Table | Prose]:
    found = [
        listing.stages(report.incidents, report.mentions, report.selected, report.shown),
        listing.left_out(report.incidents, report.parameters, report.shown),
        listing.incidents(report.listed),
        listing.contested(report.incidents, report.mentions, report.tables.sources),
        listing.differing(report.shown, report.mentions, report.tables.sources),
        listing.convoys(report.convoys),
        listing.coverage(report.tables.coverage),
        listing.sites(frequency.by_site(report.shown, report.tables.places, report.level)),
    ]
    return found + (
        [listing.by_year(frequency.by_year(report.counts, "poisson"), report.shown)] if report.enough else []
    )


@pytest.fixture(params=["overview", "seeds"])
def report(request: pytest.FixtureRequest) -> Study:
    found: Study = request.getfixturevalue(request.param)
    return found


def test_every_cell_is_worded(report: Study) -> None:
    for content in tables_of(report):
        payload = content._repr_mimebundle_()[0][MIME]
        if payload["kind"] == "table":
            cells = [cell["text"] for row in payload["rows"] for cell in row]
            assert cells
            assert not {"nan", "NaN", "NaT", "None", "<NA>", ""} & set(cells), payload["id"]
            assert not [text for text in cells if "00:00:00" in text]
            assert payload["csv"].count("\n") > 1


def test_stages_only_ever_narrow(report: Study) -> None:
    steps = listing.stages(report.incidents, report.mentions, report.selected, report.shown).rows["rows"].map(number)
    assert steps.iloc[1:].is_monotonic_decreasing
    assert steps.iloc[-1] == len(report.shown)


# What is left out


def test_every_incident_is_shown_or_left_out_for_one_reason(overview: Study) -> None:
    report = overview
    table = listing.left_out(report.incidents, report.parameters, report.shown)
    assert table.full is not None
    assert table.rows["incidents"].sum() == len(table.full) == len(report.incidents) - len(report.shown)
    assert not set(table.full["incident_id"]) & set(report.shown["incident_id"])


@pytest.mark.parametrize(
    ("values", "place", "reason"),
    [
        ({"places": ["al-tanf"]}, "conoco", "site not chosen"),
        ({"countries": ["Iraq"]}, "conoco", "country not chosen"),
        ({"targets": ["diplomatic"]}, "conoco", "target not chosen: base"),
        ({"weapons": ["ballistic_missile"]}, "conoco", "weapon not chosen"),
        ({"start": "2026-01-01"}, "conoco", "outside the days shown"),
        ({"countries": ["Iraq"], "places": ["al-tanf"], "start": "2026-01-01"}, "conoco", "country not chosen"),
        ({}, "convoy-iraq", "road convoy: a sample, shown apart"),
    ],
)
def test_the_reason_names_the_first_choice_that_excludes(
    overview: Study, values: dict[str, object], place: str, reason: str
) -> None:
    chosen = parameters.validate(values)
    selected = study.select(overview.incidents, chosen)
    shown = selected[selected["date"].between(chosen.start, chosen.end)]
    of_place = overview.incidents[overview.incidents["place_id"] == place]
    of_place = of_place[of_place["status"].isin(chosen.statuses)]
    assert set(listing.left_out_reasons(of_place, chosen, shown)) == {reason}


# Incidents


def test_a_number_nobody_states_is_a_dash_and_none_hurt_is_zero(seeds: Study) -> None:
    rows = listing.incidents(seeds.listed).rows.set_axis(seeds.listed["incident_id"])
    assert rows.loc["20210706-erbil-airport-1", "killed"] == "–"
    assert rows.loc["20220103-baghdad-airport-1", "killed"] == "0"
    assert rows.loc["20210707-ain-al-asad-1", "munitions"] == "14–30"


def test_the_incident_table_has_one_line_an_incident(report: Study) -> None:
    assert len(listing.incidents(report.listed).rows) == len(report.listed)


# Sources side by side


def test_the_seeds_show_their_denial_and_their_larger_claim_beside_the_others(seeds: Study) -> None:
    denied = is_table(listing.contested(seeds.incidents, seeds.mentions, seeds.tables.sources))
    assert denied.title.startswith("1 incident ")
    assert list(denied.rows["stance"]) == ["reports", "denies"]
    differing = is_table(listing.differing(seeds.shown, seeds.mentions, seeds.tables.sources))
    assert differing.full is not None and {"reports", "claims"} <= set(differing.full["stance"])
    assert "14 (1\u00a0r); 30 (1\u00a0c)" in set(differing.rows["munitions"])


def test_the_sources_own_words_for_the_place_stand_in_quotation_marks(seeds: Study) -> None:
    denied = is_table(listing.contested(seeds.incidents, seeds.mentions, seeds.tables.sources))
    assert set(denied.rows["place"]) == {"“al-Omar base”"}


def test_every_mention_of_a_contested_incident_is_shown(overview: Study) -> None:
    table = is_table(listing.contested(overview.incidents, overview.mentions, overview.tables.sources))
    contested = overview.incidents[overview.incidents["status"].isin(["contested", "denied"])]
    assert table.full is not None
    assert sorted(table.full["mention_id"]) == sorted(contested["mention_ids"].str.split("|").explode())


def test_a_range_in_a_single_source_is_no_disagreement(overview: Study) -> None:
    single = overview.shown[~overview.shown["mention_ids"].str.contains("|", regex=False)]
    assert (single["munitions_low"] < single["munitions_high"]).any()
    assert listing.disagreeing(single, overview.mentions).empty


def test_those_that_differ_most_come_first(overview: Study) -> None:
    """Al-Asad, 8 January 2020: first no casualties, then 110 brain injuries."""
    assert listing.disagreeing(overview.shown, overview.mentions)["incident_id"].iloc[0] == "20200108-ain-al-asad-1"


def test_an_open_number_differs_from_a_smaller_one(overview: Study) -> None:
    """ "At least" leaves high unknown; that five and at least ten differ is seen all the same."""
    incident = overview.shown[overview.shown["mention_ids"].str.contains("|", regex=False)].head(1)
    ids = incident["mention_ids"].item().split("|")[:2]
    told = overview.mentions[overview.mentions["mention_id"].isin(ids)].assign(
        **dict.fromkeys(("deaths", "injured", "us_deaths", "us_injured", "munitions_high"), pd.NA)
    )
    said = incident.assign(mention_ids="|".join(ids))
    assert len(listing.disagreeing(said, told.assign(munitions_low=[5, 10]))) == 1
    assert listing.disagreeing(said, told.assign(munitions_low=[5, 5])).empty


@pytest.mark.parametrize(
    ("mention", "words"),
    [
        ({"weapon": "rocket", "munitions_low": 5, "munitions_high": 8}, "5–8 × rocket"),
        ({"weapon": "drone", "munitions_low": 1, "deaths": 0}, "at least 1 × drone; 0 killed"),
        ({"weapon": "unknown", "us_injured": 3}, "not stated; 3 US injured"),
    ],
)
def test_what_a_mention_states(mention: dict[str, object], words: str) -> None:
    columns = ("munitions_low", "munitions_high", "deaths", "injured", "us_deaths", "us_injured")
    assert listing.stated(dict.fromkeys(columns, pd.NA) | mention) == words


# Nothing to show is said


def test_no_denial_no_difference_and_no_convoy_are_said_in_words(overview: Study) -> None:
    nothing = overview.incidents.iloc[:0]
    for content in (
        listing.contested(nothing, overview.mentions, overview.tables.sources),
        listing.differing(nothing, overview.mentions, overview.tables.sources),
        listing.convoys(nothing),
    ):
        assert isinstance(content, Prose)
        assert content.role == "notice"


# Years and sites


def test_years_add_up_to_the_attacks_shown(overview: Study) -> None:
    rows = listing.by_year(frequency.by_year(overview.counts, "poisson"), overview.shown).rows
    assert rows["attacks"].map(number).sum() == len(overview.shown)


def test_us_deaths_that_nobody_states_in_a_year_are_a_dash(overview: Study) -> None:
    of_2024 = overview.shown["date"].dt.year == 2024
    shown = overview.shown[of_2024 | overview.shown["us_deaths_best"].isna()]
    rows = listing.by_year(frequency.by_year(overview.counts, "poisson"), shown).rows.set_index("year")
    assert number(rows.loc["2024", "killed"]) == shown["us_deaths_best"].sum() > 0
    assert set(rows["killed"].drop("2024")) == {"–"}


def test_us_deaths_that_nobody_states_at_all_have_no_column(overview: Study) -> None:
    silent = overview.shown[overview.shown["us_deaths_best"].isna()]
    table = listing.by_year(frequency.by_year(overview.counts, "poisson"), silent)
    assert "killed" not in {*table.rows.columns, *table.labels, *table.align} and "killed" not in table.caption


def test_a_place_that_is_no_site_has_no_rate(overview: Study) -> None:
    table = frequency.by_site(overview.shown, overview.tables.places, overview.level)
    rows = listing.sites(table).rows.set_index("site")
    assert list(rows.loc["Iraq (site not given)", ["held", "days", "rate"]]) == ["–", "–", "–"]


def test_convoys_are_counted_by_year_and_have_no_rate(overview: Study) -> None:
    table = is_table(listing.convoys(overview.convoys))
    assert table.rows["incidents"].sum() == len(overview.convoys)
    assert list(table.rows.columns) == ["year", "incidents"]


# Tests


@pytest.fixture(scope="module")
def done(overview: Study) -> examine.Examination:
    return examine.examine(overview, simulations=0)


P_ALONE = re.compile(r"^<?0\.\d+$")


def test_no_p_stands_without_its_error_rate_or_the_word_that_it_is_not_known(
    overview: Study, done: examine.Examination
) -> None:
    tests = is_table(listing.test_results(done.results)).rows
    several = is_table(listing.independent(done.independent, done.results)).rows
    moon = is_table(listing.sightings(examine.sightings(overview), done.results)).rows
    for cells in (tests["p"], *(several[column] for column in listing.INDEPENDENT_WORDS)):
        assert not [text for text in cells if P_ALONE.match(text)]
        assert [text for text in cells if text.endswith("[not known]")]
    assert all("[" in text for column in listing.OFFSET_WORDS.values() for text in moon[column] if ", p " in text)


def test_a_measured_error_rate_stands_in_brackets(overview: Study, done: examine.Examination) -> None:
    known = [r.but(false_positive_rate=0.06, dates_false_positive_rate=0.08) for r in done.results]
    rows = is_table(listing.test_results(known)).rows
    assert {rate for text in rows["p"] for rate in re.findall(r"\[.*?\]", text)} == {"[6%]", "[8%]"}
    moon = is_table(listing.sightings(examine.sightings(overview), known)).rows
    assert [text for text in moon["as computed"] if text.endswith("[6%]")]


def test_what_is_refused_has_no_figure_and_a_reason(overview: Study) -> None:
    dates = events.occurrences(
        overview.tables.events[overview.tables.events["event_id"] == "20231007-hamas-attack"],
        "2019-10-01",
        "2026-03-31",
    )
    rows = is_table(listing.interrupted(examine.interruptions(overview.series, dates), {})).rows
    assert rows[["step", "slope", "newey_west", "placebo", "others"]].eq("–").all(axis=None)
    assert rows["reason"].str.contains("are needed").all()


def test_no_test_at_all_is_said_in_words(overview: Study) -> None:
    none = load_without_events()
    assert isinstance(listing.sightings(examine.sightings(none), []), Prose)
    assert isinstance(listing.interrupted([], {}), Prose)
    assert isinstance(listing.independent(pd.DataFrame(), []), Prose)


def load_without_events() -> Study:
    return study.load(parameters.validate({"events": [], "confirmatory": []}), Path(__file__).parents[1])
