"""The same batch on a Dask cluster: every report arrives, once and whole, whatever becomes of a worker."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sitrep import hashes
from sitrep.examine import CALIBRATION
from sitrep.render import manifest, run
from sitrep.rerun import batch, bundle, cluster, remote
from sitrep.rerun.batch import FAILED, RENDERED, Outcome
from small_project import QUICK, ROOT, contents, project_of, write_notebook, write_report

pytest.importorskip("distributed", reason="the extra `dask` is not installed")
pytestmark = pytest.mark.render

Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a part of Dask as a process on loopback; all are ended with the test."""
    begun: list[subprocess.Popen[bytes]] = []

    def begin(*arguments: str) -> subprocess.Popen[bytes]:
        log = (tmp_path / f"{len(begun)}.log").open("wb")
        folder = tmp_path / f"process-{len(begun)}"  # no folder of ours
        folder.mkdir()
        begun.append(subprocess.Popen([sys.executable, "-m", *arguments], cwd=folder, stdout=log, stderr=log))
        return begun[-1]

    yield begin
    for process in begun:
        process.kill()
    for process in begun:
        process.wait()


@pytest.fixture
def scheduler(start: Start, tmp_path: Path) -> str:
    """The address of a scheduler on loopback."""
    told = tmp_path / "scheduler.json"
    start(
        *("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0"),
        *("--no-dashboard", "--scheduler-file", str(told)),
    )
    until = time.monotonic() + 60
    while not (told.exists() and told.stat().st_size):
        assert time.monotonic() < until, "no scheduler started"
        time.sleep(0.1)
    return str(json.loads(told.read_text(encoding="utf-8"))["address"])


def worker(start: Start, scheduler: str, name: str) -> subprocess.Popen[bytes]:
    return start(
        *("distributed.cli.dask_worker", scheduler, "--host", "127.0.0.1", "--nthreads", "1"),
        *("--no-nanny", "--no-dashboard", "--name", name),
    )


def project(folder: Path, *names: str) -> Path:
    top = project_of(folder, code=QUICK)
    for i, name in enumerate(names):
        write_report(top, name, start=f"2021-07-{i + 1:02d}")
    return top


def whole(folder: Path) -> bool:
    """Whether a report's files are those that its manifest names."""
    files = contents(folder)
    made = json.loads(files.pop("manifest.json"))
    return bool(made["outputs"] == {path: hashes.of(content) for path, content in files.items()})


def test_a_worker_with_no_folder_of_ours_gives_the_bytes_that_a_render_here_gives(
    start: Start, scheduler: str, tmp_path: Path
) -> None:
    top = project(tmp_path / "project", "a")
    worker(start, scheduler, "one")
    write_report(top, "bad", window=0)
    outcomes = batch.batch(["a", "bad"], cluster.on_cluster(scheduler), top)
    assert [(one.name, one.status) for one in outcomes] == [("a", RENDERED), ("bad", FAILED)], outcomes
    assert "allowed: a whole number from 1 to 90" in outcomes[1].message
    arrived = contents(top / "reports" / "a")
    assert whole(top / "reports" / "a")
    run.render("a", top, progress=False)
    here = contents(top / "reports" / "a")
    # the manifest holds the hash of the package, which someone may be writing while the tests run
    assert arrived.keys() == here.keys()
    assert [path for path in here if path != "manifest.json" and here[path] != arrived[path]] == []


@pytest.mark.long
def test_all_reports_arrive_once_and_whole_though_a_worker_is_killed(
    start: Start, scheduler: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"r{i}" for i in range(9)]
    top = project(tmp_path / "project", *names)
    write_notebook(top, f"{QUICK}\nimport time; time.sleep(2)")  # so that each worker has one in its hands
    workers = [worker(start, scheduler, str(i)) for i in range(3)]
    placed: list[str] = []
    put = run.put_in_place

    def counted(built: Path, final: Path) -> None:
        placed.append(final.name)
        put(built, final)

    monkeypatch.setattr(run, "put_in_place", counted)
    heard: list[Outcome] = []

    def kill_one(outcome: Outcome) -> None:
        heard.append(outcome)
        if len(heard) == 2:
            workers[0].kill()

    outcomes = batch.batch(names, cluster.on_cluster(scheduler), top, heard=kill_one)
    assert {one.name: (one.status, one.message) for one in outcomes} == dict.fromkeys(names, (RENDERED, ""))
    assert sorted(placed) == names
    assert sorted(one.name for one in heard) == names
    assert workers[0].poll() is not None and all(one.poll() is None for one in workers[1:])
    assert all(whole(top / "reports" / name) for name in names)
    assert not [path for path in (top / "reports").iterdir() if path.is_dir() and path.name not in names]


def test_the_scheduler_which_reads_the_tasks_imports_next_to_nothing() -> None:
    code = "import sys, sitrep.rerun.remote; sys.exit(len({'pandas', 'nbconvert', 'matplotlib'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_worker_is_given_every_error_rate_that_a_render_here_would_read() -> None:
    kept = {path.relative_to(ROOT).as_posix() for path in (ROOT / "data" / CALIBRATION).glob("*.csv")}
    assert kept and kept <= set(bundle.files(ROOT, "overview"))


def test_inputs_that_arrive_damaged_are_not_rendered() -> None:
    status, message, _, files = remote.render("a", {"data/x.csv": "0" * 64}, {"0" * 64: b"other"}, manifest.code())
    assert (status, message, files) == (FAILED, "1 inputs arrived damaged", {})


def test_a_worker_with_another_package_does_not_render() -> None:
    status, message, _, _ = remote.render("a", {}, {}, {"sitrep/cli.py": "0" * 64})
    assert status == FAILED and "the worker has another sitrep" in message


@pytest.mark.parametrize("torn", ["missing", "cut", "added", "no manifest", "another report", "outside"])
def test_a_report_that_arrives_torn_is_not_put_in_place(tmp_path: Path, torn: str) -> None:
    (tmp_path / "reports" / "a").mkdir(parents=True)
    (tmp_path / "reports" / "a" / "report.html").write_bytes(b"old")
    files = {"report.html": b"new", "data/x.csv": b"1"}
    made = {"report": "a", "outputs": {path: hashes.of(content) for path, content in files.items()}}
    match torn:
        case "missing":
            del files["data/x.csv"]
        case "cut":
            files["report.html"] = b"ne"
        case "added":
            files["more"] = b""
        case "another report":
            made["report"] = "b"
        case "outside":
            files["../x"] = b""
            made["outputs"] = {path: hashes.of(content) for path, content in files.items()}
    if torn != "no manifest":
        files["manifest.json"] = json.dumps(made).encode()
    status, message = cluster._take("a", tmp_path, files)
    assert status == FAILED and "arrived damaged" in message
    assert contents(tmp_path / "reports" / "a") == {"report.html": b"old"}
    assert not (tmp_path / "reports" / "x").exists() and not (tmp_path / "x").exists()
