"""YAML without surprises: what is read, and what is refused with its line."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitrep import strict_yaml
from sitrep.strict_yaml import YamlError, parse


def refused(text: str) -> str:
    with pytest.raises(YamlError) as error:
        parse(text, "r.yaml")
    return str(error.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("true", True),
        ("2024-01-03", "2024-01-03"),
        ("010", 10),
        ("1:10", "1:10"),
        ("-3", -3),
        ("1.5", 1.5),
        ("'7'", "7"),
        ("~", None),
        ("", None),
        ("[a, 1]", ["a", 1]),
        ("{b: 2}", {"b": 2}),
    ],
)
def test_values_are_read_as_a_reader_would(text: str, value: object) -> None:
    found = parse(f"a: {text}\n", "r.yaml").values["a"]
    assert found == value and type(found) is type(value)


def test_each_name_has_its_line() -> None:
    assert parse("# c\na: 1\n\nb:\n  - 2\nc: 3\n", "r.yaml").lines == {"a": 2, "b": 4, "c": 6}


def test_an_empty_file_holds_nothing() -> None:
    assert parse("# nothing\n", "r.yaml").values == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", "r.yaml, line 3: not YAML as allowed here: found 'a' a second time, first on line 1"),
        ("a:\n  - b: 1\n    b: 2\n", "line 3: not YAML as allowed here: found 'b' a second time"),
        ("a: !!python/object/apply:os.system [id]\n", "line 1: not YAML as allowed here: found the tag"),
        ("a: 1\nb: !mine 2\n", "line 2: not YAML as allowed here: found the tag !mine"),
        ("a: !!binary aaaa\n", "found the tag"),
        ("a: &x [1]\nb: *x\n", "line 2: not YAML as allowed here: found the alias *x; write the value out"),
        ("a: [1\n", "line 2: not YAML"),
        ("a: 1\n---\nb: 2\n", "another document"),
        ("- a\n", "r.yaml: found a list; lines of `name: value` are allowed"),
        ("text\n", "r.yaml: found a text"),
        ("a: \x00\n", "not YAML"),
        ("[" * 5000, "nested too deeply"),
        (f"a: {'9' * 10_000}", "a number too long"),
    ],
)
def test_what_is_not_plain_is_refused_with_its_line(text: str, message: str) -> None:
    assert message in refused(text)


def test_a_bomb_of_anchors_costs_nothing() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 30)]
    assert "line 2" in refused("\n".join(lines))


def test_a_file_that_is_no_text_or_too_large_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_bytes(b"a: \xff\xfe")
    with pytest.raises(YamlError, match="byte 3 is not UTF-8"):
        strict_yaml.read(path)
    path.write_bytes(b"#" * (strict_yaml.LARGEST + 1))
    with pytest.raises(YamlError, match=r"found 1,000,001 bytes"):
        strict_yaml.read(path)


@given(st.text(alphabet="ab:-[]{}&*!<>|'\"#, \n\t0123456789~?%@`", max_size=60))
def test_any_text_is_read_or_refused_and_nothing_else(text: str) -> None:
    try:
        assert isinstance(parse(text, "r.yaml").values, dict)
    except YamlError as error:
        assert str(error).startswith("r.yaml")
