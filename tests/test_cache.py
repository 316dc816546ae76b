"""What is unchanged is not made again; whatever a result depends on, once changed, makes it anew."""

import json
import os
import resource
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sitrep import hashes
from sitrep.render import cache, run, warm
from small_project import command, contents, small_project, write_notebook

pytestmark = pytest.mark.render

READS_MORE = "print(open('more.txt').read(), open('data/calibration/measured.csv').read(), seed)"


class ExecutedError(Exception):
    """Raised instead of executing a notebook."""


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project rendered once, whose notebook reads a file of its own and a measured table."""
    top = small_project(tmp_path_factory.mktemp("first"), READS_MORE)
    (top / "more.txt").write_text("more", encoding="utf-8")
    (top / "data" / "calibration").mkdir(exist_ok=True)
    (top / "data" / "calibration" / "measured.csv").write_text("rate", encoding="utf-8")
    done = run.render("seeds", top, progress=False)
    assert not done.unchanged and done.reused == ()
    yield top
    warm.close()


@pytest.fixture
def top(first: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it elsewhere, in which no notebook may be executed."""

    def refuse(*_: object, **__: object) -> None:
        raise ExecutedError

    monkeypatch.setattr(run, "execute", refuse)
    shutil.copytree(first, tmp_path / "copy")
    return tmp_path / "copy"


def append(path: str, text: str) -> Callable[[Path], None]:
    def change(top: Path) -> None:
        file = top / path
        held = file.read_text(encoding="utf-8") if file.exists() else ""
        file.write_text(held + text, encoding="utf-8")

    return change


def test_a_report_made_from_the_same_is_left_as_it_is_and_its_messages_are_told_again(top: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in (top / "reports" / "seeds").rglob("*")}
    done = run.render("seeds", top, progress=False)
    assert done.unchanged
    assert done.manifest == json.loads((top / "reports" / "seeds" / "manifest.json").read_text(encoding="utf-8"))
    assert before == {path: path.stat().st_mtime_ns for path in (top / "reports" / "seeds").rglob("*")}


def test_the_command_says_so_in_less_than_two_seconds_of_work(top: Path) -> None:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = command(top, "render", "seeds")
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.stdout == "unchanged: reports/seeds is what its inputs give; nothing was run\n"
    assert done.returncode == 0, done.stderr
    assert now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime < 2


CHANGES: dict[str, Callable[[Path], None]] = {
    "a parameter": append("reports/seeds.yaml", "seed: 2\n"),
    "the title": lambda top: _replace(top / "reports/seeds.yaml", "five", "5"),
    "a cell of the notebook": lambda top: write_notebook(top, READS_MORE + "  # said otherwise"),
    "a table": lambda top: (
        (top / "data/actors.csv").write_bytes((top / "data/actors.csv").read_bytes().rstrip()) and None
    ),
    "a new file among the tables": append("data/new.csv", "a\n1\n"),
    "a word of the lexicon": append("data/lexicon/weapons.csv", "\n"),
    "an article": append("seeds/000_571bf6d3d9eef051.txt", "\nMore."),
    "a new article": append("seeds/new.txt", "Nothing happened."),
    "what is noted of the articles": append("seeds/metadata.csv", "\n"),
    "a measured table that was read": append("data/calibration/measured.csv", "s"),
    "a file that a cell reads by itself": append("more.txt", "!"),
    "the citation file": append("CITATION.cff", "\n"),
}


def _replace(file: Path, old: str, new: str) -> None:
    file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


@pytest.mark.parametrize("what", CHANGES)
def test_what_was_changed_is_executed_again(top: Path, what: str) -> None:
    CHANGES[what](top)
    with pytest.raises(ExecutedError):
        run.render("seeds", top, progress=False)


def test_other_code_or_another_version_of_a_library_executes_again(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "environment", lambda: "another")
    with pytest.raises(ExecutedError):
        run.render("seeds", top, progress=False)


def test_the_environment_is_the_packages_code_python_and_all_that_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = cache.environment()
    assert cache.environment() == known
    (tmp_path / "numpy-99.dist-info").mkdir()
    monkeypatch.syspath_prepend(str(tmp_path))
    assert cache.environment() != known
    monkeypatch.undo()
    monkeypatch.setattr("sys.version", "3.99")
    assert cache.environment() != known
    monkeypatch.undo()
    package = tmp_path / "sitrep"
    shutil.copytree(Path(cache.__file__).parents[1], package)
    monkeypatch.setattr(cache, "__file__", str(package / "render" / "cache.py"))
    assert cache.environment() == known
    append("sitrep/wording.py", "\n")(tmp_path)
    assert cache.environment() != known


def test_a_remark_in_the_yaml_makes_a_new_manifest_from_notebooks_executed_before(top: Path) -> None:
    before = contents(top / "reports" / "seeds")
    append("reports/seeds.yaml", "# a remark\n")(top)
    done = run.render("seeds", top, progress=False)
    assert done.reused == ("04_briefing",) and not done.unchanged
    after = contents(done.folder)
    assert [name for name in before if before[name] != after[name]] == ["manifest.json"]


def test_where_only_another_notebook_changed_this_one_is_not_executed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "NOTEBOOKS", {"briefing": ("04_briefing", "05_more")})
    top = small_project(tmp_path, "print('first')")
    shutil.copy(top / "notebooks" / "04_briefing.ipynb", top / "notebooks" / "05_more.ipynb")
    write_notebook(top, "print('second')")
    run.render("seeds", top, progress=False)
    write_notebook(top, "print('third')")
    done = run.render("seeds", top, progress=False)
    assert done.reused == ("05_more",)
    html = (done.folder / "report.html").read_text(encoding="utf-8")
    assert "third" in html and "second" not in html


def test_a_report_that_was_tampered_with_or_removed_is_made_again_without_executing(top: Path) -> None:
    whole = contents(top / "reports" / "seeds")
    append("reports/seeds/report.html", "more")(top)
    assert run.render("seeds", top, progress=False).reused == ("04_briefing",)
    assert contents(top / "reports" / "seeds") == whole
    shutil.rmtree(top / "reports" / "seeds")
    assert not run.render("seeds", top, progress=False).unchanged
    assert contents(top / "reports" / "seeds") == whole


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "no JSON"])
def test_a_damaged_entry_counts_as_none(top: Path, damage: str) -> None:
    (entry,) = (top / "reports" / ".cache" / "notebooks").glob("*.entry")
    text = entry.read_bytes()
    entry.write_bytes(
        {"cut": text[:-10], "flipped": text[:-9] + b"~" + text[-8:], "empty": b"", "no JSON": b"[]\n" + text}[damage]
    )
    shutil.rmtree(top / "reports" / "seeds")
    with pytest.raises(ExecutedError):
        run.render("seeds", top, progress=False)


def test_a_damaged_note_of_a_whole_report_counts_as_none(top: Path) -> None:
    for text in ("", "[]", '{"inputs": {}}', "\0"):
        (top / "reports" / ".cache" / "seeds.json").write_text(text, encoding="utf-8")
        assert cache.unchanged(top, "seeds") is None


def test_without_the_cache_everything_is_executed(top: Path) -> None:
    with pytest.raises(ExecutedError):
        run.render("seeds", top, progress=False, use_cache=False)


def test_a_name_that_leaves_the_folder_finds_no_note(top: Path) -> None:
    assert cache.unchanged(top, "../.cache/seeds") is None
    assert cache.unchanged(top, "seeds") is not None


def test_what_is_kept_is_bounded_and_the_longest_unused_goes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "LARGEST", 3500)
    for i in range(3):
        cache.keep(tmp_path, f"k{i}", "x" * 1000, {})
        os.utime(tmp_path / cache.FOLDER / "notebooks" / f"k{i}.entry", (i, i))
    assert cache.executed(tmp_path, "k0") == ("x" * 1000, {})  # now the one used last
    cache.keep(tmp_path, "k3", "x" * 1000, {})
    assert [i for i in range(4) if cache.executed(tmp_path, f"k{i}")] == [0, 2, 3]


def test_what_a_killed_process_left_half_written_goes_after_a_while(tmp_path: Path) -> None:
    cache.keep(tmp_path, "one", "text", {})
    left = tmp_path / cache.FOLDER / "notebooks" / "tmpleft"
    left.touch()
    os.utime(left, (0, 0))
    cache.keep(tmp_path, "two", "text", {})
    assert sorted(path.name for path in left.parent.iterdir()) == ["one.entry", "two.entry"]


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(tmp_path: Path) -> None:
    (tmp_path / "reports").write_text("a file, not a folder", encoding="utf-8")
    cache.keep(tmp_path, "one", "text", {})
    cache.remember(tmp_path, "seeds", cache.Made({}, {}, {}, "", {}, []))
    assert cache.executed(tmp_path, "one") is None and cache.unchanged(tmp_path, "seeds") is None


def test_an_entry_holds_only_while_the_files_it_read_are_the_same(tmp_path: Path) -> None:
    outside: Any = tmp_path / "outside.csv"
    outside.write_text("1", encoding="utf-8")
    top = tmp_path / "top"
    cache.keep(top, "one", "text", hashes.of_files([outside, top / "not there"], top))
    assert cache.executed(top, "one") is not None
    (top / "not there").write_text("now it is", encoding="utf-8")
    assert cache.executed(top, "one") is None
    (top / "not there").unlink()
    outside.write_text("2", encoding="utf-8")
    assert cache.executed(top, "one") is None
