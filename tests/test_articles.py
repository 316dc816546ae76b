"""Articles: what is story and what stands beside it, when it was published, which tell the same story."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitrep.articles import (
    Article,
    decode,
    detect_language,
    find_duplicates,
    parse_article,
    read_article,
    read_articles,
    read_metadata,
)
from sitrep.phrases import Lexicon

LEXICON = Lexicon.read()
SEEDS = Path("seeds")


def article(text: str, **row: str) -> Article:
    return parse_article(text, "story.txt", LEXICON, row)


def marked(a: Article, kind: str) -> list[str]:
    return [a.text[b.start : b.end].strip() for b in a.blocks if b.kind == kind]


@pytest.mark.parametrize("path", sorted(SEEDS.glob("*.txt")), ids=lambda p: p.name[:3])
def test_blocks_cover_a_seed_without_gap_or_overlap(path):
    a = read_article(path, LEXICON)
    assert "".join(a.text[b.start : b.end] for b in a.blocks) == path.read_bytes().decode("utf-8")


@pytest.mark.parametrize(
    ("prefix", "published", "source"),
    [
        ("000", date(2022, 1, 5), "text"),
        ("001", date(2022, 1, 5), "metadata"),
        ("002", date(2021, 7, 7), "text"),
        ("003", date(2022, 1, 6), "text"),
        ("004", date(2024, 4, 22), "metadata"),
    ],
)
def test_the_seeds_publication_dates_and_where_they_come_from(prefix, published, source):
    a = next(a for a in read_articles([SEEDS], LEXICON) if Path(a.path).name.startswith(prefix))
    assert (a.published, a.published_from, a.language) == (published, source, "en")


def test_an_undated_article_says_what_to_add_where():
    a = article("Rockets hit Camp Taji.\n\nThree rockets hit Camp Taji on Monday, the army said.\n")
    assert (a.published, a.published_from) == (None, None)
    assert "story.txt" in a.messages[0]
    assert "metadata.csv" in a.messages[0]


@pytest.mark.parametrize(
    "header",
    [
        " date 2022-01-05 ",
        "Published: 5 January 2022\n\n",
        "Posted Jan 5, 2022 7:37 AM CST\n\n",
        "Wed, 5 Jan 2022 10:04 UTC\n\n",
        "January 5, 2022\n\n",
        "BAGHDAD (Jan. 5, 2022) - ",
        "Rockets land near base\n05-01-2022\n\n",
        "Rockets land near base\n2022/01/05\n\n",
        "Rockets land near base\n05-Jan-2022\n\n",
        "Rockets land near base\nWednesday 05/01/2022\n\n",
        "Rockets land near base\n01/05/2022 09:10 AM EST\n\n",
        "News | Conflict\nPublished On 5 Jan 20225 Jan 2022\n\n",
        "Rockets land near base\n2022-01-05T09:48:00+00:00\n\n",
    ],
)
def test_a_date_in_the_header_is_read(header):
    a = article(header + "Rockets hit Camp Taji on Tuesday, the army said in a statement.\n")
    assert (a.published, a.published_from) == (date(2022, 1, 5), "text")


def test_a_date_of_two_readings_is_decided_by_the_story_or_not_at_all():
    head = "Rockets land near base\nIssued on: 05/01/2022 - 10:11\n\n"
    assert article(head + "Rockets hit Camp Taji on January 4, the army said in a statement.\n").published == date(
        2022, 1, 5
    )
    assert article(head + "Rockets hit Camp Taji on Tuesday, the army said in a statement.\n").published is None


def test_an_updated_line_dates_an_article_that_has_no_other_date():
    a = article("Rockets hit Camp Taji, the army said.\n\nUpdated: January 06, 2022, 12:38 AM")
    assert a.published == date(2022, 1, 6)
    assert marked(a, "updated_line") == ["Updated: January 06, 2022, 12:38 AM"]


def test_what_stands_beside_the_story_is_kept_and_marked():
    a = read_article(SEEDS / "000_571bf6d3d9eef051.txt", LEXICON)
    assert any("clic" in t or "anyclip" in t for t in marked(a, "script"))
    assert marked(a, "player")[0].startswith("cnxps")
    assert marked(a, "embedded_post")[0].startswith("سقوط")
    b = read_article(SEEDS / "001_ff319505259e0261.txt", LEXICON)
    assert "Subscribe to The Jerusalem Post Newsletter" in marked(b, "newsletter")
    assert any("photo credit" in t for t in marked(b, "photo_credit"))
    assert all("credit:" not in t for t in marked(b, "body"))


def test_a_story_wrapped_at_a_fixed_width_is_one_paragraph():
    a = article(
        "date 2022-01-05 Rockets hit a base that houses troops of the coalition in\nwestern Iraq on Tuesday, the army said in a statement.\n"
    )
    assert len(marked(a, "body")) == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings_are_told_apart(encoding):
    text = "The base’s perimeter – “hit” by rockets.\r\n"
    assert decode(text.encode(encoding)) == text


def test_windows_line_ends_are_kept_and_do_no_harm():
    a = article("date 2022-01-05 Rockets hit Camp Taji.\r\n\r\nNo one was hurt.\r\n")
    assert [b.kind for b in a.blocks if b.kind != "blank"] == ["date_line", "body", "body"]
    assert "\r\n" in a.text


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Rockets were fired at the base on Monday, and the army said that no one was hurt.", "en"),
        (
            "Une roquette a été tirée sur la base, selon les autorités, et elle n'a pas fait de victime dans le camp.",
            "fr",
        ),
        ("Der Angriff auf die Basis wurde von der Miliz verübt und ist nicht der erste in dem Jahr.", "de"),
        ("أعلنت المقاومة الإسلامية في العراق استهداف قاعدة عين الأسد", "ar"),
        ("Ракеты попали на базу в Ираке", "ru"),
        ("7 7 7", None),
    ],
)
def test_language_by_script_and_common_words(text, language):
    assert detect_language(text, LEXICON) == language


def test_a_language_that_is_not_read_is_reported():
    a = article("date 2023-11-14 أعلنت المقاومة الإسلامية في العراق استهداف قاعدة عين الأسد بطائرة مسيرة.")
    assert a.language == "ar"
    assert any("language ar" in m for m in a.messages)


HTML = """<!doctype html><html><head><title>Rockets hit base | Daily</title>
<meta property="article:published_time" content="2022-01-05T10:00:00Z"></head><body>
<nav><a href="/">Home</a></nav><article><h1>Rockets hit base</h1>
<p>Five rockets were fired at <a href="#">Ain al-Asad</a> air base in western Iraq on Wednesday &amp; no one was hurt, the coalition said.</p>
<p>The coalition said that it was looking into the attack, the third in a week on a base that houses its troops.</p>
<figure><figcaption>A soldier at the base. Photo: Staff</figcaption></figure></article>
<script>var x = 1;</script><footer>Subscribe</footer></body></html>"""


def test_html_gives_its_story_its_date_and_places_in_the_file(tmp_path):
    path = tmp_path / "page.html"
    path.write_text(HTML, encoding="utf-8")
    a = read_article(path, LEXICON)
    assert (a.published, a.published_from) == (date(2022, 1, 5), "text")
    body = " ".join(marked(a, "body"))
    assert "Five rockets" in body
    assert "& no one" in body
    assert "Photo: Staff" not in body
    assert "var x" not in a.text
    at = a.text.index("Ain al-Asad")
    assert HTML[a.locate(at) :].startswith("Ain al-Asad")


def test_a_page_without_dated_tags_is_dated_by_the_line_between_its_title_and_its_story(tmp_path):
    page = HTML.replace('<meta property="article:published_time" content="2022-01-05T10:00:00Z">', "")
    line = '<div class="meta">By our correspondents &middot; January 6, 2022 at 6:02 a.m. EST</div>'
    path = tmp_path / "page.html"
    for raw, day in (
        (page.replace("</h1>", f"</h1>{line}"), date(2022, 1, 6)),
        (page.replace("</footer>", f"</footer>{line}"), None),
    ):
        path.write_text(raw, encoding="utf-8")
        assert read_article(path, LEXICON).published == day


def test_the_same_story_under_two_mastheads_is_found_and_different_ones_are_not():
    wire = (SEEDS / "002_66e9cc6d0f1db5b5.txt").read_text(encoding="utf-8")
    copies = [
        parse_article(wire, "a.txt", LEXICON, {"source_id": "a"}),
        parse_article(
            "Another Herald\n\n" + wire.replace("Hundreds of US troops", "Some US troops"),
            "b.txt",
            LEXICON,
            {"source_id": "b"},
        ),
        parse_article(wire[: len(wire) // 2], "c.txt", LEXICON, {"source_id": "c"}),
    ]
    assert find_duplicates(copies) == {"b": "a", "c": "a"}
    assert find_duplicates(read_articles([SEEDS], LEXICON)) == {}


def test_metadata_faults_name_row_and_column(tmp_path):
    path = tmp_path / "metadata.csv"
    path.write_text("file,published\na.txt,5 January\n")
    with pytest.raises(ValueError, match=r"row 2, column 'published': found '5 January'"):
        read_metadata(path)
    path.write_text("name,published\na.txt,2022-01-05\n")
    with pytest.raises(ValueError, match="column 'file' is missing"):
        read_metadata(path)


def test_a_path_that_names_nothing_is_an_error_and_a_glob_is_sorted():
    with pytest.raises(FileNotFoundError, match=r"nowhere\.txt"):
        read_articles(["nowhere.txt"], LEXICON)
    assert [Path(a.path).name[:3] for a in read_articles(["seeds/00*.txt"], LEXICON)] == [
        "000",
        "001",
        "002",
        "003",
        "004",
    ]


def test_the_texts_own_date_comes_before_the_metadatas():
    a = article("date 2022-01-05 Rockets hit Camp Taji.", published="2021-01-01", source_id="x")
    assert (a.published, a.source_id) == (date(2022, 1, 5), "x")


@given(st.text(max_size=600))
def test_nothing_of_any_text_is_lost(text):
    a = article(text)
    assert "".join(a.text[b.start : b.end] for b in a.blocks) == text


@given(st.binary(max_size=300))
def test_any_bytes_can_be_read(data):
    assert isinstance(decode(data), str)


def test_the_seeds_table_and_the_metadata_agree():
    sources = pd.read_csv("data/sources.csv", dtype=str).dropna(subset=["seed_file"]).set_index("seed_file")
    for a in read_articles([SEEDS], LEXICON):
        row = sources.loc[Path(a.path).name]
        assert (a.source_id, str(a.published)) == (row["source_id"], row["published"])


@pytest.mark.parametrize(
    "head",
    [
        "Published: November 14, 2023",
        "Last updated 14 November 2023 14:05 GMT",
        "14 Nov 2023 |",
        "Tuesday, 14 November 2023",
        "Saturday the desk writes\nTuesday 14 November 2023. All times local. This page is no longer being updated.",
        "2023-11-14T10:05:00+03:00",
        "Posted on November 14, 2023 by the desk",
        "The Observer | Tuesday, Nov. 14, 2023 | 3 min read",
        "The Courier - Published Nov 14, 2023 18:25 - Updated: Nov 15, 2023 19:02",
        "Updated: Nov 15, 2023 | Published: Nov 14, 2023",
        "Channel 24 | Nov 14, 2023 / 10:12 AM",
        "14 November، 2023",
        "14.11.2023",
        "11/14/2023",
        "BAGHDAD, Nov 14, 2023 (Agency) - Rockets fell.",
        "Updated 15 November 2023\n\nBAGHDAD, Nov 14 (Agency) - Rockets fell.",
        "BAGHDAD, Nov 14 (Agency) - Rockets fell.\n\n© 2023 Agency",
    ],
)
def test_the_usual_heads_date_an_article(head):
    text = f"Rockets strike a base in Iraq\n\n{head}\n\nThe base was hit on Monday, on the third day of 3 January 2020, he said.\n"
    assert parse_article(text, "a.txt", LEXICON).published == date(2023, 11, 14)


@pytest.mark.parametrize("head", ["Nov. 14", "05/01/2022", "ERBIL (Agency) — Rockets hit on January 5, 2022 the base."])
def test_a_head_that_leaves_the_day_open_dates_nothing(head):
    assert parse_article(f"Rockets strike a base\n\n{head}\n\nThe base was hit.\n", "a.txt", LEXICON).published is None
