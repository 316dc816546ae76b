"""What the slides say: the report's own judgements and counts, few words, and nothing that the report does not hold."""

import io
import re
from dataclasses import replace

import pikepdf
import pytest

from sample_report import code, notebook, text
from sample_slides import examination
from sitrep import colophon, frequency, front, listing, narrative, slides
from sitrep.content import Slide
from sitrep.examine import Examination
from sitrep.render import document
from sitrep.render.typst_exporter import typeset
from sitrep.study import Study


@pytest.fixture(scope="module")
def done(overview: Study) -> Examination:
    return examination(overview)


@pytest.fixture(scope="module")
def deck(overview: Study, done: Examination) -> list[Slide]:
    return slides.deck(overview, done)


@pytest.fixture(scope="module")
def of_articles(seeds: Study) -> list[Slide]:
    return slides.deck(seeds, None)


def by_id(told: list[Slide]) -> dict[str, Slide]:
    return {slide.id: slide for slide in told}


def test_a_briefing_has_eight_to_twelve_slides_with_the_title_slide(
    deck: list[Slide], of_articles: list[Slide]
) -> None:
    for told in (deck, of_articles):
        assert 8 <= len(told) + 1 <= 12
        assert len(by_id(told)) == len(told)


def test_the_judgements_come_first_word_for_word_with_their_confidence(
    overview: Study, done: Examination, deck: list[Slide]
) -> None:
    first = deck[0]
    told = narrative.judgements(overview, done).markdown
    assert first.id == "judgements" and first.notes == told
    assert len(first.points) == 3
    for confidence, lead in first.points:
        assert f"**{lead}" in told
        line = next(line for line in told.splitlines() if lead in line)
        assert f"({confidence} confidence" in line


def test_every_number_on_a_slide_is_that_of_the_study(overview: Study, done: Examination, deck: list[Slide]) -> None:
    told = by_id(deck)
    shown = overview.shown
    assert dict(told["where"].points).keys() == {str(n) for n in shown["place_name"].value_counts().head(4)}
    claimed = (shown["status"] == "claimed_only").sum()
    assert told["attested"].title.startswith(f"{claimed} of {len(shown)} attacks rest on the attacker's word")
    assert [label for label, _ in told["sources"].points][-1] == f"{len(shown):,}"
    result = done.anniversary
    rate, _, _ = told["anniversary"].points
    assert float(rate[0].rstrip("×")) == pytest.approx(result.estimate or 0, rel=0.05)
    assert f"{result.after:.0f} attacks in {result.days_after:.0f} known days" in rate[1]


def test_events_are_divided_into_judged_and_not(done: Examination, deck: list[Slide]) -> None:
    notes = by_id(deck)["policy-events"].notes.splitlines()[-1]
    judged, not_judged = (int(n) for n in re.findall(r"(\d+) (?:other dates tested|not judged)", notes))
    assert judged + not_judged == len(done.events)
    assert judged == sum(narrative.judged(result) for result in done.events)


def test_articles_alone_are_neither_tested_nor_rated(of_articles: list[Slide]) -> None:
    told = by_id(of_articles)
    assert not {"anniversary", "policy-events", "confidence"} & told.keys()
    assert "nothing-tested" in told
    assert {label for label, _ in told["judgements"].points} == {""}


def test_a_study_without_an_attack_has_slides_all_the_same(overview: Study) -> None:
    empty = replace(overview, shown=overview.shown.iloc[:0], selected=overview.selected.iloc[:0])
    told = by_id(slides.deck(empty, None))
    assert not {"by-month", "where", "weapons", "attested"} & told.keys()
    assert told["judgements"].points[0][1] == "No attack is shown"


def test_a_slide_has_few_words_and_its_notes_the_rest(deck: list[Slide], of_articles: list[Slide]) -> None:
    for slide in (*deck, *of_articles):
        words = re.findall(r"[\w%×]+", " ".join([slide.title, *(" ".join(point) for point in slide.points)]))
        assert len(words) <= 60, (slide.id, len(words))
        assert slide.notes or slide.id == "by-month", slide.id


def test_a_slide_without_message_is_refused() -> None:
    with pytest.raises(ValueError, match="slide x has no message"):
        Slide("x", points=(("1", "attack"),))


def test_the_briefing_itself_is_two_pages(overview: Study, done: Examination) -> None:
    p = overview.parameters
    yearly = frequency.by_year(overview.counts, p.interval, p.draws, p.seed)
    told = [
        narrative.judgements(overview, done),
        colophon.limits(overview, titled=True),
        *narrative.briefing_figures(overview, done),
        listing.by_year(yearly, overview.shown),
    ]
    title = front.title_block(p.model_copy(update={"audience": "briefing"}), overview)
    sheets = typeset(document.prepare(notebook(text("# Key judgements"), *(code(one) for one in told), **title)))
    with pikepdf.open(io.BytesIO(sheets)) as pdf:
        assert len(pdf.pages) == 2
