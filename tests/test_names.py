"""Names of reports cannot leave their folder."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitrep.names import checked_name, report_folder
from sitrep.parameters import ParameterError


@pytest.mark.parametrize("name", ["overview", "iraq-2024", "gaza_war.2", "العراق", "7"])
def test_a_plain_name_is_kept(name: str) -> None:
    assert checked_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../x",
        "a/b",
        "a\\b",
        "/etc/passwd",
        ".hidden",
        "x.yaml",
        "a b",
        "a\nb",
        "a\x00b",
        "-rf",
        "x" * 101,
    ],
)
def test_a_name_that_is_a_path_hidden_or_an_option_is_refused(name: str) -> None:
    with pytest.raises(ParameterError, match="as the name of a report; allowed: letters"):
        checked_name(name)


@given(st.text(max_size=30))
def test_whatever_is_let_through_lies_in_the_folder_of_reports(name: str) -> None:
    try:
        folder = report_folder(name, Path("/project"))
    except ParameterError:
        return
    assert folder.resolve().parent == Path("/project/reports")
