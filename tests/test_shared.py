"""What is alike is worked out once, where a render says so, and never taken from what was made from something else."""

import pickle
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from sitrep import shared, study
from sitrep.parameters import Parameters
from sitrep.shared import once
from small_project import ROOT


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A private folder, named as a render names it."""
    (tmp_path / "shared").mkdir(mode=0o700)
    monkeypatch.setenv(shared.VARIABLE, str(tmp_path / "shared"))
    return tmp_path / "shared"


class Maker:
    """Makes 1, 2, 3 …, reading a file where it is given one."""

    def __init__(self, file: Path | None = None) -> None:
        self.file, self.made = file, 0

    def __call__(self) -> tuple[int, str]:
        self.made += 1
        return self.made, self.file.read_text(encoding="utf-8") if self.file and self.file.exists() else ""


def test_the_same_is_made_once_and_everything_else_anew(folder: Path) -> None:
    make = Maker()
    assert [once(name, lambda given=given: given, make)[0] for name, given in (("a", 1), ("a", 1), ("a", 2), ("b", 1))] == [
        1, 1, 2, 3
    ]  # fmt: skip


def test_without_a_folder_all_is_made_anew(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make = Maker()
    once("a", lambda: 1, make)
    monkeypatch.delenv(shared.VARIABLE)
    assert once("a", lambda: 1, make)[0] == 2
    assert once("a", lambda: 1, make, folder)[0] == 1


def test_a_folder_that_others_may_write_to_is_not_read(folder: Path) -> None:
    make = Maker()
    once("a", lambda: 1, make)
    folder.chmod(0o770)
    assert once("a", lambda: 1, make)[0] == 2


def test_a_link_to_somewhere_else_is_followed_to_who_owns_it(folder: Path, tmp_path: Path) -> None:
    open_to_all = tmp_path / "open"
    open_to_all.mkdir(mode=0o777)
    open_to_all.chmod(0o777)
    (tmp_path / "link").symlink_to(open_to_all)
    once("a", lambda: 1, Maker(), tmp_path / "link")
    assert list(open_to_all.iterdir()) == []


@pytest.mark.parametrize("before", ["one", None], ids=["changed", "new"])
@pytest.mark.parametrize("after", ["two", None], ids=["present", "gone"])
def test_a_file_that_was_opened_must_be_as_it_was(
    folder: Path, tmp_path: Path, before: str | None, after: str | None
) -> None:
    file = tmp_path / "rates.csv"

    def put(text: str | None) -> None:
        file.unlink(missing_ok=True)
        if text is not None:
            file.write_text(text, encoding="utf-8")

    def make() -> str | None:
        try:
            return file.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    put(before)
    assert once("a", lambda: 1, make) == before
    put(after)
    assert once("a", lambda: 1, make) == after


def test_a_file_changed_while_something_is_made_from_it_makes_that_stale(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "rates.csv"
    file.write_text("one", encoding="utf-8")

    def make() -> str:
        read = file.read_text(encoding="utf-8")
        file.write_text("two", encoding="utf-8")
        return read

    assert once("a", lambda: 1, make) == "one"
    assert once("a", lambda: 1, Maker(file)) == (1, "two")


def test_who_takes_what_is_there_depends_on_the_files_it_was_made_from(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "rates.csv"
    file.write_text("one", encoding="utf-8")
    for _ in range(2):
        heard: list[str] = []
        with shared.listening(heard.append):
            assert once("outer", lambda: 1, lambda: once("inner", lambda: 1, Maker(file)))[1] == "one"
        assert set(heard) == {str(file)}
    once("another", lambda: 1, lambda: once("inner", lambda: 1, Maker(file)))  # opens nothing itself
    file.write_text("two", encoding="utf-8")
    assert once("another", lambda: 1, lambda: once("inner", lambda: 1, Maker(file)))[1] == "two"


def test_what_fails_leaves_nothing_and_may_be_tried_again(folder: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        once("a", lambda: 1, lambda: 1 // 0)
    assert once("a", lambda: 1, lambda: 2) == 2


def test_two_processes_make_it_once(folder: Path, tmp_path: Path) -> None:
    script = """
import os, sys, time
from sitrep.shared import once

def make():
    time.sleep(0.3)
    return os.getpid()

print(once("a", lambda: 1, make))
"""
    both = [subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = {process.communicate()[0] for process in both}
    assert len(said) == 1


@pytest.fixture(scope="module")
def overview() -> study.Study:
    return study.load(Parameters(), ROOT)


NUMBERS = iter(range(100))


@study.of_the_whole
def attacks(report: study.Study, others: pd.DataFrame | None = None) -> tuple[int, int]:
    """What is shown, and a number that is another one each time it is counted."""
    return len(report.shown) + (0 if others is None else len(others)), next(NUMBERS)


def test_a_test_is_given_everything_whatever_is_shown(overview: study.Study) -> None:
    part = study.load(Parameters(start="2023-10-17", end="2024-02-29", title="Else", audience="briefing"), ROOT)
    assert 0 < len(part.shown) < len(overview.shown)
    assert attacks(part)[0] == attacks(overview)[0] == len(overview.selected)


def test_reports_of_other_dates_share_and_those_of_other_attacks_do_not(overview: study.Study, folder: Path) -> None:
    part = study.load(Parameters(start="2023-10-17", end="2024-02-29", title="Else"), ROOT)
    whole = attacks(overview)
    assert attacks(part) == whole
    assert attacks(overview) == whole
    changed: list[Callable[[study.Study], study.Study]] = [
        lambda one: replace(one, parameters=one.parameters.model_copy(update={"seed": 2})),
        lambda one: replace(one, selected=one.selected.assign(munitions_best=one.selected["munitions_best"] + 1)),
        lambda one: replace(one, series=one.series + 1),
        lambda one: replace(one, tables=replace(one.tables, tallies=one.tables.tallies.iloc[1:])),
    ]
    assert len({whole, *(attacks(change(overview)) for change in changed)}) == 5
    long = pd.DataFrame({"a": range(1000)})
    other = long.assign(a=long["a"].where(long["a"] != 500, 0))  # which looks the same when printed
    assert attacks(overview, long) == attacks(overview, long.copy()) != attacks(overview, other)


def test_what_was_loaded_from_there_is_what_the_tables_give(overview: study.Study, folder: Path) -> None:
    first, second = (study.load(Parameters(), ROOT) for _ in range(2))
    assert len(list(folder.glob("*.lock"))) == 1
    for one in (first, second):
        assert study._content(one) == study._content(overview)
        assert one.intake.messages == overview.intake.messages
    assert len(pickle.dumps(second)) > 1_000_000
