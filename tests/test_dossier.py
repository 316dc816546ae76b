"""Each incident with its mentions side by side, and the sources that it rests on, numbered, there and back."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sample_report import notebook, text
from sitrep import bibliography, dossier, study
from sitrep.charts.locator import locator
from sitrep.content import MIME
from sitrep.parameters import Parameters
from sitrep.render import document

TOP = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def report() -> study.Study:
    return study.load(Parameters(start="2023-10-17", end="2024-02-29"), TOP)


@pytest.fixture(scope="module")
def told(report: study.Study) -> dossier.Dossier:
    made = dossier.dossier(report)
    assert isinstance(made, dossier.Dossier)
    return made


@pytest.fixture(scope="module")
def sources(report: study.Study) -> bibliography.Bibliography:
    return bibliography.bibliography(report)


def mention(**values: Any) -> dict[str, Any]:
    nothing = dict.fromkeys(("weapon", "munitions_low", "munitions_high", "deaths", "injured"), pd.NA)
    days = {"date_start": pd.Timestamp("2024-01-28"), "date_end": pd.Timestamp("2024-01-28")}
    return {**nothing, **days, "stance": "reports", **values}


class TestIncidents:
    def test_all_of_the_days_are_told_those_that_do_not_count_with_the_reason(
        self, report: study.Study, told: dossier.Dossier
    ) -> None:
        days = report.incidents["date"].between("2023-10-17", "2024-02-29")
        assert [one.incident_id for one in told.incidents] == report.incidents.loc[days, "incident_id"].to_list()
        counted = set(report.shown["incident_id"])
        assert {one.incident_id for one in told.incidents if not one.reason} == counted
        assert all(one.reason for one in told.incidents if one.incident_id not in counted)

    def test_every_mention_stands_once_under_its_incident(self, report: study.Study, told: dossier.Dossier) -> None:
        own = report.mentions.groupby("incident_id").size()
        for one in told.incidents:
            assert len(one.mentions) == own[one.incident_id]

    def test_tower_22_shows_a_denial_and_numbers_that_differ(self, told: dossier.Dossier) -> None:
        (one,) = [one for one in told.incidents if one.incident_id == "20240128-tower-22-1"]
        assert one.status == "contested"
        assert {"stance", "injured"} <= set(one.differs)
        assert [said.stance for said in one.mentions if "stance" in said.differs] == ["denies"]
        injured = {words for said in one.mentions for what, words in said.numbers if what == "injured"}
        assert {"25 injured", "34 injured", "47 injured"} <= injured
        assert one.numbers == "1 × drone; 3 killed; 25–47 injured"

    def test_a_claim_is_a_claim_beside_reports(self, told: dossier.Dossier) -> None:
        both = [one for one in told.incidents if {said.stance for said in one.mentions} == {"claims", "reports"}]
        assert both
        assert all(said.stance_words == said.stance for one in both for said in one.mentions)

    def test_nothing_to_tell_is_said(self, report: study.Study) -> None:
        nothing = dossier.dossier(replace(report, incidents=report.incidents.iloc[:0]))
        assert nothing.role == "notice"  # type: ignore[union-attr]


class TestContradiction:
    @pytest.mark.parametrize(
        ("one", "other", "what"),
        [
            ({"injured": 5}, {"injured": 6}, {"injured"}),
            ({"injured": 5}, {"injured": pd.NA}, set()),
            ({"munitions_low": 5, "munitions_high": pd.NA}, {"munitions_low": 14, "munitions_high": 14}, set()),
            ({"munitions_low": 5, "munitions_high": 8}, {"munitions_low": 9, "munitions_high": 9}, {"munitions"}),
            (
                {"munitions_low": pd.NA, "munitions_high": 8},
                {"munitions_low": 9, "munitions_high": pd.NA},
                {"munitions"},
            ),
            ({"weapon": "drone"}, {"weapon": "rocket|drone"}, set()),
            ({"weapon": "drone"}, {"weapon": "rocket"}, {"weapon"}),
            ({"weapon": "indirect_fire"}, {"weapon": "rocket"}, set()),
            ({"stance": "claims"}, {"stance": "reports"}, set()),
            ({"date_end": pd.Timestamp("2024-01-30")}, {"date_start": pd.Timestamp("2024-01-27")}, set()),
        ],
    )
    def test_is_what_cannot_be_true_of_both(self, one: dict[str, Any], other: dict[str, Any], what: set[str]) -> None:
        found = dossier.contradicted([mention(**one), mention(**other)])
        assert {name for name, places in found.items() if places} == what

    def test_a_denial_stands_out_alone(self) -> None:
        found = dossier.contradicted([mention(), mention(stance="denies"), mention(stance="claims")])
        assert found["stance"] == {1}

    @given(st.lists(st.one_of(st.none(), st.integers(0, 50)), max_size=6))
    def test_one_who_differs_is_never_alone_and_the_silent_never_differ(self, numbers: list[int | None]) -> None:
        found = dossier.contradicted([mention(deaths=pd.NA if n is None else n) for n in numbers])["deaths"]
        assert len(found) != 1
        assert all(numbers[place] is not None for place in found)
        assert bool(found) == (len({n for n in numbers if n is not None}) > 1)


class TestSources:
    def test_are_numbered_by_day_without_a_gap(self, sources: bibliography.Bibliography, report: study.Study) -> None:
        assert [one.number for one in sources.entries] == list(range(1, len(sources.entries) + 1))
        published = bibliography.cited(report)["published"]
        assert published.is_monotonic_increasing

    def test_every_mention_leads_to_its_source_and_every_source_back(
        self, told: dossier.Dossier, sources: bibliography.Bibliography
    ) -> None:
        by_anchor = {one.anchor: one for one in sources.entries}
        for one in told.incidents:
            for said in one.mentions:
                assert (one.anchor, one.incident_id) in by_anchor[said.source].incidents
                assert said.number == by_anchor[said.source].number
                assert said.publisher == by_anchor[said.source].publisher
        back = {anchor for one in sources.entries for anchor, _ in one.incidents}
        assert back == {one.anchor for one in told.incidents}

    def test_sources_of_tallies_and_events_are_there_too(
        self, report: study.Study, sources: bibliography.Bibliography
    ) -> None:
        assert any(not one.incidents for one in sources.entries)
        event = report.tables.events.set_index("event_id").loc["20231007-hamas-attack", "source_id"]
        assert event in set(bibliography.cited(report)["source_id"])

    def test_each_has_what_its_table_says(self, report: study.Study, sources: bibliography.Bibliography) -> None:
        table = report.tables.sources
        urls = set(table["url"].dropna())
        assert all(one.url in urls for one in sources.entries if one.url)
        assert {one.title for one in sources.entries} <= set(table["title"])


@given(st.lists(st.text(max_size=8), min_size=2, max_size=2, unique=True))
def test_no_two_names_share_an_anchor(names: list[str]) -> None:
    one, other = (bibliography.anchored("i", name) for name in names)
    assert one != other
    assert " " not in one and "#" not in one


def test_a_document_resolves_every_way_between_incidents_and_sources(
    told: dossier.Dossier, sources: bibliography.Bibliography
) -> None:
    nb = notebook(text("# A"), _cell(told), _cell(sources))
    made = document.prepare(nb)
    assert set(document.collect_data(made)) == {"tab-mentions.csv", "tab-sources.csv"}
    joined = document.join([("01_incidents", notebook(text("# A"), _cell(told)))], {"title": "A"})
    with pytest.raises(document.DocumentError, match=r"refers to #s\d+, which is not in the document"):
        document.prepare(joined)


def test_a_notebook_alone_leads_to_its_own_list_where_the_sources_are_elsewhere(told: dossier.Dossier) -> None:
    made = document.prepare(notebook(text("# A"), _cell(told)))
    payload = next(document.payloads(made.cells[-1]))
    assert {said["source"] for one in payload["incidents"] for said in one["mentions"]} == {told.id}


def _cell(item: Any) -> Any:
    from nbformat.v4 import new_code_cell, new_output

    cell = new_code_cell("x", execution_count=1)
    cell.outputs = [new_output("display_data", data=item._repr_mimebundle_()[0])]
    assert MIME in cell.outputs[0]["data"]
    return cell


class TestMap:
    def test_places_lie_on_it_in_the_right_order(self) -> None:
        chart = locator()
        tanf, baghdad, erbil = chart.at(38.7, 33.5), chart.at(44.4, 33.3), chart.at(44.0, 36.2)
        assert tanf[0] < erbil[0] < baghdad[0]
        assert erbil[1] < tanf[1] < baghdad[1] <= chart.drawing["height"]

    def test_is_small(self) -> None:
        assert 1_000 < len(locator().drawing["lines"]) < 8_000
