"""Many reports at once give the same bytes as one after another, and none stops another."""

import csv
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sitrep.cli import app
from sitrep.render import run
from sitrep.rerun import batch
from sitrep.rerun.batch import FAILED, RENDERED, UP_TO_DATE, Outcome
from small_project import QUICK, contents, project_of, write_notebook, write_report

pytestmark = pytest.mark.render


def statuses(outcomes: Sequence[Outcome]) -> dict[str, str]:
    return {outcome.name: outcome.status for outcome in outcomes}


@pytest.fixture(scope="module")
def serial(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose reports were rendered one after another."""
    top = project_of(tmp_path_factory.mktemp("serial"), code=QUICK)
    write_report(top, "m-iraq", countries="[Iraq]")
    write_report(top, "m-syria", countries="[Syria]")
    for name in ("m-iraq", "m-syria"):
        run.render(name, top, progress=False)
    return top


@pytest.fixture(scope="module")
def side_by_side(serial: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Outcome]]:
    """The same reports rendered by two processes at once, with one that cannot be rendered between them."""
    top = project_of(tmp_path_factory.mktemp("batch"), code=QUICK)
    for name in ("m-iraq", "m-syria"):
        (top / "reports" / f"{name}.yaml").write_bytes((serial / "reports" / f"{name}.yaml").read_bytes())
    write_report(top, "bad", window=0)
    return top, batch.batch(["m-iraq", "bad", "m-syria"], batch.on_this_machine(2), top)


def test_one_bad_report_does_not_stop_the_others(side_by_side: tuple[Path, list[Outcome]]) -> None:
    _, outcomes = side_by_side
    assert statuses(outcomes) == {"m-iraq": RENDERED, "bad": FAILED, "m-syria": RENDERED}
    assert "window: found 0; allowed: a whole number from 1 to 90" in outcomes[1].message
    assert all(outcome.seconds > 0 for outcome in outcomes)


def test_reports_rendered_at_once_are_to_the_byte_those_rendered_in_turn(
    serial: Path, side_by_side: tuple[Path, list[Outcome]]
) -> None:
    for name in ("m-iraq", "m-syria"):
        one, other = (contents(top / "reports" / name) for top in (serial, side_by_side[0]))
        # the manifest holds the hash of the package, which someone may be writing while the tests run
        assert one.keys() == other.keys()
        assert [path for path in one if path != "manifest.json" and one[path] != other[path]] == []


def test_resuming_does_only_what_is_missing_or_out_of_date(
    side_by_side: tuple[Path, list[Outcome]], monkeypatch: pytest.MonkeyPatch
) -> None:
    top, _ = side_by_side
    asked: list[str] = []

    def renderer(names: Sequence[str], folder: Path) -> Iterator[Outcome]:
        asked.extend(names)
        yield from (Outcome(name, RENDERED, 0.0, "") for name in names)

    monkeypatch.setattr("sitrep.rerun.verify.manifest.code", dict)  # whatever the package is now
    monkeypatch.setattr("sitrep.rerun.verify._compare", without_code(batch.verify._compare))
    write_report(top, "new")
    done = batch.batch(["m-iraq", "new", "m-syria"], renderer, top, resume=True)
    assert asked == ["new"]
    assert statuses(done) == {"m-iraq": UP_TO_DATE, "new": RENDERED, "m-syria": UP_TO_DATE}
    page = top / "reports" / "m-iraq" / "report.html"
    kept = page.read_bytes()
    page.write_bytes(kept[:-10])
    asked.clear()
    batch.batch(["m-iraq", "m-syria"], renderer, top, resume=True)
    page.write_bytes(kept)
    assert asked == ["m-iraq"]


def without_code(compare):  # type: ignore[no-untyped-def]
    return lambda part, *rest: [] if part == "code" else compare(part, *rest)


@pytest.mark.long
def test_a_process_that_is_killed_costs_one_report(tmp_path: Path) -> None:
    # the first report stops its process from inside the worst way, as the system does when memory ends
    top = project_of(tmp_path, "a", "b", code=QUICK)
    write_notebook(top, f"{QUICK}\nimport time; time.sleep(3)")
    stop = threading.Event()

    def kill_first() -> None:
        while not stop.is_set():
            if (top / "reports" / ".a.lock").exists():
                time.sleep(0.5)
                children = [child for child in multiprocessing.active_children() if child.pid]
                os.kill(min(child.pid for child in children if child.pid), signal.SIGKILL)
                return
            time.sleep(0.05)

    killer = threading.Thread(target=kill_first)
    killer.start()
    try:
        outcomes = batch.batch(["a", "b"], batch.on_this_machine(1), top)
    finally:
        stop.set()
        killer.join()
    assert statuses(outcomes) == {"a": FAILED, "b": RENDERED}
    assert "killed by signal 9" in outcomes[0].message
    assert not (top / "reports" / "a").exists()
    assert multiprocessing.active_children() == []


def test_the_command_prints_a_table_writes_a_csv_and_exits_1_for_a_failure(
    side_by_side: tuple[Path, list[Outcome]], monkeypatch: pytest.MonkeyPatch
) -> None:
    top, outcomes = side_by_side
    monkeypatch.chdir(top)
    monkeypatch.setattr(batch, "on_this_machine", lambda workers: lambda names, folder: iter(outcomes))
    done = CliRunner().invoke(app, ["batch", "m-iraq", "bad", "m-syria", "--csv", "out.csv"])
    assert done.exit_code == 1
    assert "2 rendered, 1 failed" in done.stdout
    rows = list(csv.DictReader((top / "out.csv").read_text(encoding="utf-8").splitlines()))
    assert [(row["name"], row["status"]) for row in rows] == [(one.name, one.status) for one in outcomes]
    assert list(rows[0]) == ["name", "status", "seconds", "message"]
    assert done.stderr == ""  # no bar and no progress where nobody looks


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nothing.yaml"], "no such file and no such report"),
        (["../x"], "no such file and no such report"),
        (["m-iraq", "--csv", "nowhere/out.csv"], "nowhere/out.csv: cannot be written"),
        (["m-iraq", "--scheduler", "tcp://127.0.0.1:1"], "no scheduler answers there"),
    ],
)
def test_what_cannot_be_is_told_in_words(
    side_by_side: tuple[Path, list[Outcome]], monkeypatch: pytest.MonkeyPatch, arguments: list[str], told: str
) -> None:
    monkeypatch.chdir(side_by_side[0])
    monkeypatch.setattr("sitrep.rerun.cluster.PATIENCE", 1)
    done = CliRunner().invoke(app, ["batch", *arguments])
    assert done.exit_code == 1
    assert told in done.stderr
    assert "Traceback" not in done.stderr
