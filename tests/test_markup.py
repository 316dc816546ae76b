"""Words of others show in a page as they read, and run nothing."""

import base64
import html
import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostile import TEXTS, URLS
from sitrep.content import plain
from sitrep.render import markup


def seen(shown: str) -> str:
    """Return what a reader sees of *shown*."""
    return html.unescape(re.sub(r"</?(?:bdi|p|a|em)\b[^>]*>", "", shown))


class TestEscape:
    def test_shows_hostile_text_letter_by_letter(self) -> None:
        for text in TEXTS:
            shown = markup.escape(text)
            assert set(re.findall(r"<[^>]*>", shown)) <= {"<bdi>", "</bdi>"}
            assert seen(shown) == markup.visible(text)

    @given(st.text())
    def test_never_lets_markup_through(self, text: str) -> None:
        assert not re.search(r"""["'<>]""", re.sub(r"</?bdi>", "", markup.escape(text)))

    def test_keeps_a_right_to_left_name_apart_from_its_neighbours(self) -> None:
        assert markup.escape("(كتائب حزب الله), 3") == "(<bdi>كتائب حزب الله</bdi>), 3"

    def test_names_marks_that_reorder_or_hide_text_but_keeps_those_of_spelling(self) -> None:
        assert markup.escape("a\u202eb\u200bc") == "a[U+202E]b[U+200B]c"
        assert markup.visible("می\u200cخواهم") == "می\u200cخواهم"


class TestLinks:
    @pytest.mark.parametrize("target", [*URLS, None, 3, ""])
    def test_drop_addresses_that_are_neither_web_pages_nor_anchors(self, target: object) -> None:
        assert markup.safe_link(target) is None
        assert markup.anchor(markup.escape("words"), target) == "words"

    @pytest.mark.parametrize("target", ["#tab-rates", "http://a.org", "HTTPS://a.org/x?y=1&z=ü#top"])
    def test_keep_web_pages_and_anchors(self, target: str) -> None:
        assert markup.safe_link(target) == target
        assert f'href="{html.escape(target)}"' in markup.anchor(markup.escape("x"), target)


class TestDataURI:
    @given(st.text())
    def test_gives_the_content_back(self, content: str) -> None:
        head, _, body = markup.data_uri(content.encode("utf-8", "replace").decode()).partition(",")
        back = base64.b64decode(body).decode() if head.endswith("base64") else unquote(body)
        assert back == content.encode("utf-8", "replace").decode()

    @given(st.text())
    def test_holds_only_letters_of_an_address(self, content: str) -> None:
        uri = markup.data_uri(content.encode("utf-8", "replace").decode())
        assert re.fullmatch(r"[A-Za-z0-9\-._~:/?@!$&()*+,;=%]*", uri)

    def test_takes_the_shorter_way(self) -> None:
        assert "base64" not in markup.data_uri("year,count\n2020,3\n")
        assert "base64" in markup.data_uri("كتائب حزب الله" * 20)


class TestMarkdown:
    def test_shows_escaped_words_letter_by_letter(self) -> None:
        for text in TEXTS:
            shown = markup.markdown(plain(text))
            assert set(re.findall(r"</?(\w+)", shown)) <= {"p", "bdi"}
            # Line ends that are control characters count as spaces in prose.
            assert seen(shown).split() == markup.visible(" ".join(text.split())).split()
            assert seen(markup.markdown(f"{plain(text)} *end*")) == f"{seen(shown).rstrip()} end\n"

    def test_lets_no_raw_html_through(self) -> None:
        own = "p bdi a em strong code del pre span table thead tbody tr th td div h[1-6] ul ol li hr br blockquote sup section"
        for text in TEXTS:
            shown = markup.markdown(text)
            assert not re.search(rf"<(?!/?(?:{own.replace(' ', '|')})\b)", shown)
            assert not re.search(r"<[^>]*\s(?:on\w+|style|src)\s*=", shown)
            assert all(markup.safe_link(html.unescape(url)) for url in re.findall(r'href="([^"]*)"', shown))

    def test_puts_headings_one_level_below_the_title_with_their_anchors(self) -> None:
        shown = markup.markdown("# A *b*\n\n## C", [{"level": 1, "text": "A b", "slug": "a-b"}, {"level": 2, "text": "C", "slug": "c"}])  # fmt: skip
        assert '<h2 id="a-b">A <em>b</em> <a class="anchor" href="#a-b"' in shown
        assert '<h3 id="c">C' in shown

    def test_keeps_footnotes_of_two_texts_apart(self) -> None:
        source = "x[^1]\n\n[^1]: note"
        anchors = [set(re.findall(r'id="([^"]+)"', markup.markdown(source, prefix=prefix))) for prefix in ("1-", "2-")]
        assert len(anchors[0] | anchors[1]) == 4

    def test_shows_an_attached_picture_but_no_other(self) -> None:
        attached = {"a.png": {"image/png": "iVBORw0KGgo="}}
        assert markup.markdown("![A map](attachment:a.png)", attachments=attached) == (
            '<p><img src="data:image/png;base64,iVBORw0KGgo=" alt="A map"></p>\n'
        )
        assert markup.markdown("![A map](https://a.org/b.png)") == "<p>A map</p>\n"

    def test_gives_tables_scopes_and_a_box_that_scrolls(self) -> None:
        shown = markup.markdown("| a | n |\n|---|--:|\n| x | 1 |")
        assert '<th scope="col">a</th>' in shown
        assert '<td class="n">1</td>' in shown
        assert 'tabindex="0"' in shown


class TestCode:
    def test_is_marked_for_colour_and_escaped(self) -> None:
        assert markup.highlighted("x = '<b>'") == (
            """<span class="n">x</span> <span class="o">=</span> <span class="s1">'&lt;b&gt;'</span>"""
        )

    def test_in_an_unknown_language_is_plain(self) -> None:
        assert markup.highlighted("<b>", "no such language") == "&lt;b&gt;"
