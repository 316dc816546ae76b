"""The fixed words stand in one file a language: no template, no exporter and no module named here holds any."""

import ast
import re
import string
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from sitrep import words
from sitrep.render import slides_exporter
from sitrep.render.html_exporter import TEMPLATES

RENDER = Path(str(files("sitrep.render")))
PAGES = sorted(path for path in TEMPLATES.rglob("*.j2"))
SCRIPTS = sorted(path for path in (TEMPLATES / "sitrep").glob("*.js"))


class Shown(HTMLParser):
    """Gathers what a reader would see or hear of a page: text, and attributes that are read out."""

    SAID = frozenset({"aria-label", "title", "alt", "placeholder", "value"})

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.said += [value for name, value in attrs if name in self.SAID and value]

    def handle_data(self, data: str) -> None:
        self.said.append(data)


def literal_words(template: str) -> list[str]:
    """Return the words that a Jinja template holds itself, outside expressions and comments."""
    without = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", " ", template, flags=re.S)
    page = Shown()
    page.feed(without)
    page.said = [re.sub(r'^\s*class="\s*"\s*$', "", text) for text in page.said]  # an attribute made by a macro
    return re.findall(r"[^\W\d_]{2,}", " ".join(page.said))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_template_holds_no_words(path: Path) -> None:
    assert literal_words(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("planted", ["<p>Sources</p>", '<a aria-label="Back">x</a>', "{{ a }} of {{ b }}"])
def test_words_in_a_template_would_be_found(planted: str) -> None:
    assert literal_words(planted)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_puts_no_words_of_its_own_into_the_page(path: Path) -> None:
    text = re.sub(r"//.*", "", path.read_text(encoding="utf-8"))
    put = re.findall(r"(?:textContent|title|ariaLabel|innerText)\s*[:=]\s*([\"'`][^\"'`]*[\"'`])", text)
    assert [one for one in put if re.search(r"[A-Za-z]{2}", re.sub(r"\$\{[^}]*\}", "", one))] == []


def test_the_pdfs_template_holds_no_words() -> None:
    source = re.sub(r"(?m)//.*$", "", (RENDER / "report.typ").read_text(encoding="utf-8"))
    strings = re.findall(r'"([^"]*)"', source)
    # names of fonts, files, kinds of node and colours are no words for a reader: those with a space or a capital are
    known = {"Libertinus Serif", "DejaVu Sans", "DejaVu Sans Mono"}
    assert [text for text in strings if re.search(r"[A-Za-z] [A-Za-z]|^[A-Z]", text) and text not in known] == []


def test_the_exporters_hold_no_table_of_words_of_their_own() -> None:
    held = [
        path.name
        for path in sorted(RENDER.glob("*.py"))
        if re.search(r"^_?WORDS\s*[:=]", path.read_text(encoding="utf-8"), flags=re.M)
        and path.name != Path(slides_exporter.__file__).name
    ]
    assert held == []


PACKAGE = Path(str(files("sitrep")))
#: Modules that word what they compute: they take every phrase from the table.
WORDED = [
    PACKAGE / name for name in ("slides.py", "charts/frequency.py", "charts/incidents.py", "charts/escalation.py")
]
#: Arguments that are no words for a reader.
SETTINGS = {"loc", "xycoords", "textcoords"}


def phrases(source: str) -> list[str]:
    """Return the texts of two words or more that the functions of a module hold, what they raise and docstrings apart."""
    found = []

    def look(node: ast.AST) -> None:
        if isinstance(node, ast.Raise) or (isinstance(node, ast.keyword) and node.arg in SETTINGS):
            return
        if isinstance(node, ast.Subscript):  # a name of data, in brackets
            return look(node.value)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.extend([node.value] if re.search(r"[^\W\d_]{2,}[,;:]? [^\W\d_]{2,}", node.value) else [])
        for child in ast.iter_child_nodes(node):
            look(child)

    for function in ast.parse(source).body:
        if isinstance(function, ast.FunctionDef):
            look(function)
    return found


@pytest.mark.parametrize("path", WORDED, ids=lambda path: path.name)
def test_a_module_that_words_results_holds_no_phrase_of_its_own(path: Path) -> None:
    assert phrases(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("planted", ["def f():\n return 'no attack'", "def f(n):\n return f'{n} of the days'"])
def test_a_phrase_in_a_module_would_be_found(planted: str) -> None:
    assert phrases(planted)


def leaves(table: Mapping[str, Any], where: str = "") -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from leaves(value, f"{where}{name}.")
        else:
            yield from ((f"{where}{name}", text) for text in ([value] if isinstance(value, str) else value))


def test_every_word_is_a_text_that_says_something() -> None:
    for name, text in leaves(words.table()):
        assert isinstance(text, str) and text.strip(), name


def test_braces_name_what_is_filled_in() -> None:
    for name, text in leaves(words.table()):
        for _, part, form, _ in string.Formatter().parse(text):
            assert part is None or (re.fullmatch(r"[a-z_]+", part) and not form), name


class TestAnotherLanguage:
    @pytest.fixture
    def translated(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
        monkeypatch.setattr(words, "_file", lambda lang: _english() if lang == "en" else tmp_path / f"{lang}.toml")
        words.table.cache_clear()
        yield tmp_path
        words.table.cache_clear()

    def test_is_one_file_and_says_the_rest_in_english(self, translated: Path) -> None:
        (translated / "ar.toml").write_text('[page]\ncontents = "المحتويات"\n', encoding="utf-8")
        assert words.table("ar-IQ")["page"]["contents"] == "المحتويات"
        assert words.table("ar")["page"]["table"] == "Table"

    def test_may_name_nothing_that_no_page_shows(self, translated: Path) -> None:
        (translated / "fr.toml").write_text('[page]\ncontent = "Sommaire"\n', encoding="utf-8")
        with pytest.raises(ValueError, match=r"words/fr\.toml: page: found content; allowed are skip, contents"):
            words.table("fr")

    def test_without_a_file_is_english(self) -> None:
        assert words.table("xx") is words.table("en")


def _english() -> Any:
    return files("sitrep.words").joinpath("en.toml")
