"""Every fault of a render is one line that says what to do, has an exit code of its own, and costs no report."""

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from sitrep.render import faults, run, warm
from sitrep.render.faults import CellTimeoutError, InputChangedError, KernelDiedError, RenderError, WriteError
from sitrep.render.lock import held
from sitrep.rerun import batch, explain
from small_project import command, contents, small_project, visible, write_notebook

pytestmark = pytest.mark.render

OLD = {"report.html": b"the old report"}


@pytest.fixture(scope="module", autouse=True)
def no_server_left() -> Iterator[None]:
    yield
    warm.close()


def with_old_report(folder: Path, code: str) -> Path:
    top = small_project(folder, code)
    (top / "reports" / "seeds").mkdir()
    (top / "reports" / "seeds" / "report.html").write_bytes(OLD["report.html"])
    return top


def executed_cells(top: Path) -> list[bool]:
    kept = nbformat.read(top / "reports" / "seeds.failed" / "04_briefing.ipynb", as_version=4)
    return [bool(cell.execution_count) for cell in kept.cells if cell.cell_type == "code"]


def test_each_fault_has_a_code_of_its_own_and_the_help_of_the_command_tells_them(tmp_path: Path) -> None:
    kinds = [RenderError, *RenderError.__subclasses__()]
    codes = [kind.exit_code for kind in kinds]
    assert len(set(codes)) == len(codes) and not {0, 1, 2} & set(codes)
    said = " ".join(command(tmp_path, "render", "--help", COLUMNS="200").stdout.split())
    for code in codes:
        assert f" {code} " in said


@pytest.mark.parametrize(
    ("code", "kind", "reason"),
    [
        (
            "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
            KernelDiedError,
            "its kernel died: killed, or out of",
        ),
        ("held = bytearray(10**15)", KernelDiedError, "out of memory; free some, or choose a shorter period"),
        ("import time; time.sleep(600)", CellTimeoutError, "took longer than 10 seconds; allow more with --timeout"),
        ("raise OSError('the reason')", RenderError, "OSError: the reason"),
    ],
)
def test_what_stops_a_cell_is_told_in_one_line_and_what_was_executed_is_kept(
    tmp_path: Path, code: str, kind: type[RenderError], reason: str
) -> None:
    top = with_old_report(tmp_path, code)
    with pytest.raises(RenderError) as caught:
        run.render("seeds", top, progress=False, timeout=10 if kind is CellTimeoutError else run.TIMEOUT)
    told = str(caught.value)
    assert type(caught.value) is kind
    assert "\n" not in told and reason in told and code[:20] in told and "04_briefing.ipynb" in told
    assert told.endswith("what was executed is in reports/seeds.failed/")
    kept = executed_cells(top)[2:]
    # of a killed kernel the cell before may still be on its way to the file
    assert kept[0] and not kept[-1] and (kept[1] or kind is KernelDiedError)
    assert contents(top / "reports" / "seeds") == OLD
    assert visible(top / "reports") == ["seeds", "seeds.failed", "seeds.yaml"]


def limit_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))


def test_a_file_larger_than_allowed_is_told_as_a_full_disk_is(tmp_path: Path) -> None:
    top = with_old_report(tmp_path, "print('x' * 100_000)")
    done = subprocess.run(
        [sys.executable, "-c", "from sitrep.cli import app; app()", "render", "seeds", "--no-progress"],
        cwd=top,
        preexec_fn=limit_files,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == WriteError.exit_code
    assert done.stderr.startswith(
        "sitrep: reports/seeds: cannot be written: File too large; free some space and render"
    )
    assert done.stderr.count("\n") == 1
    assert contents(top / "reports" / "seeds") == OLD


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one MiB, where this user may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    if (
        mount is None
        or subprocess.run(
            [mount, "-t", "tmpfs", "-o", "size=1m", "none", folder], capture_output=True, check=False
        ).returncode
    ):
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def on_disk(disk: Path, folder: Path, code: str) -> Path:
    """A project whose reports lie on *disk*."""
    top = with_old_report(folder / "project", code)
    shutil.copytree(top / "reports", disk, dirs_exist_ok=True)
    shutil.rmtree(top / "reports")
    (top / "reports").symlink_to(disk)
    return top


def test_a_full_disk_costs_no_report(small_disk: Path, tmp_path: Path) -> None:
    top = on_disk(small_disk, tmp_path, "print('x' * 3_000_000)")
    with pytest.raises(
        WriteError, match=r"^reports/seeds: cannot be written: No space left on device; free some space"
    ):
        run.render("seeds", top, progress=False)
    assert contents(small_disk / "seeds") == OLD
    assert visible(small_disk) == ["seeds", "seeds.yaml"]
    write_notebook(top, "print('little')")
    run.render("seeds", top, progress=False)
    assert b"little" in contents(small_disk / "seeds")["report.html"]


def test_a_folder_that_may_only_be_read_is_told(small_disk: Path, tmp_path: Path) -> None:
    top = on_disk(small_disk, tmp_path, "print('little')")
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with pytest.raises(WriteError, match=r"^reports/seeds: cannot be written: Read-only .*; make the folder writable"):
        run.render("seeds", top, progress=False)
    assert contents(small_disk / "seeds") == OLD


def test_in_a_read_only_folder_a_new_report_and_a_batch_say_so_in_a_line(small_disk: Path, tmp_path: Path) -> None:
    top = on_disk(small_disk, tmp_path, "print(1)")
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with pytest.raises(OSError, match="Read-only file system"):
        explain.new("another", top)
    status, told, _ = batch.attempt("seeds", top)
    assert status == batch.FAILED
    assert told.startswith("reports/seeds: cannot be written: Read-only file system; make the folder writable")
    assert contents(small_disk / "seeds") == OLD


@pytest.mark.parametrize(
    "arguments",
    [
        ["render", "seeds", "--no-progress"],
        pytest.param(["batch", "seeds", "--workers", "1"], marks=pytest.mark.long),
    ],
)
def test_a_render_that_is_asked_to_end_leaves_nothing_behind(tmp_path: Path, arguments: list[str]) -> None:
    top = with_old_report(tmp_path, "open('begun', 'w').close(); import time; time.sleep(600)")
    script = "from sitrep.cli import app\nif __name__ == '__main__':\n    app()"
    (tmp_path / "command.py").write_text(script, encoding="utf-8")
    with subprocess.Popen([sys.executable, tmp_path / "command.py", *arguments], cwd=top) as process:
        try:
            until = time.monotonic() + 300
            while not (top / "begun").exists() and process.poll() is None and time.monotonic() < until:
                time.sleep(0.05)
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 128 + signal.SIGTERM
        finally:
            process.kill()
    assert (top / "begun").exists()
    assert not list((top / "reports").glob(".seeds*"))
    assert contents(top / "reports" / "seeds") == OLD


@pytest.mark.parametrize("table", ["mentions", "places"])
def test_a_table_that_is_not_there_is_told_before_anything_runs(
    tmp_path: Path, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "execute", lambda *_: pytest.fail("a kernel was started"))
    top = with_old_report(tmp_path, "print(1)")
    (top / "data" / f"{table}.csv").unlink()
    with pytest.raises((OSError, ValueError, RenderError), match=rf"{table}\.csv"):
        run.render("seeds", top, progress=False)
    assert contents(top / "reports" / "seeds") == OLD


@pytest.mark.parametrize(
    "code", ["import os; os.remove('data/tallies.csv')", "open('seeds/metadata.csv', 'a').write('\\n')"]
)
def test_an_input_that_vanishes_or_changes_meanwhile_makes_no_report(tmp_path: Path, code: str) -> None:
    top = with_old_report(tmp_path, code)
    with pytest.raises(InputChangedError, match=r"\.csv: changed while the report was made from it; render again"):
        run.render("seeds", top, progress=False)
    assert contents(top / "reports" / "seeds") == OLD


def test_an_input_that_cannot_be_read_is_named() -> None:
    told = str(faults.of_reading(PermissionError(13, "Permission denied", "data/mentions.csv")))
    assert told == "data/mentions.csv: cannot be read: Permission denied; put it in its place and render again"


# Locks and leftovers


def test_a_lock_says_who_holds_it_and_is_gone_afterwards(tmp_path: Path) -> None:
    lock = tmp_path / ".seeds.lock"
    with held(lock, "reports/seeds"):
        with (
            pytest.raises(
                faults.BusyError, match=rf"running \(process {os.getpid()}, since \d{{4}}-\d\d-\d\d .*\); wait"
            ),
            held(lock, "reports/seeds"),
        ):
            pass
        assert lock.exists()
    assert not lock.exists()


def test_the_lock_of_a_process_that_was_killed_holds_nothing(tmp_path: Path) -> None:
    lock = tmp_path / ".seeds.lock"
    script = (
        "import pathlib, sys, time\nfrom sitrep.render.lock import held\n"
        "with held(pathlib.Path(sys.argv[1]), 'reports/seeds'):\n    print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(lock)], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        with pytest.raises(faults.BusyError, match=f"process {holder.pid},"), held(lock, "reports/seeds"):
            pass
        holder.send_signal(signal.SIGKILL)
    assert lock.exists()
    with held(lock, "reports/seeds"):
        assert str(os.getpid()) in lock.read_text(encoding="utf-8")
    assert not lock.exists()


def test_what_a_killed_render_left_is_swept_and_an_old_report_set_aside_comes_back(tmp_path: Path) -> None:
    reports = tmp_path / "reports"
    kept = [".seeds.txt", ".seeds.1.abcd1234", ".others.abcd1234", "seeds.yaml"]
    for name in (*kept, ".seeds.abcd1234", ".seeds.x_y_z_12/seeds.old"):
        (reports / name).mkdir(parents=True)
    (reports / ".seeds.x_y_z_12" / "seeds.old" / "report.html").write_bytes(OLD["report.html"])
    run._sweep(reports, "seeds")
    assert visible(reports) == sorted([*kept, "seeds"])
    assert contents(reports / "seeds") == OLD


# Nothing given by a user is run


NASTY = [
    '"; open("hacked", "w"); "',
    "'''\"\"\"\nopen('hacked', 'w')\n#",
    "\\",
    "\\\"; open('hacked', 'w') #",
    "a\u2028open('hacked', 'w')\r\nopen('hacked', 'w')",
    "{{ ''.__class__ }} %s {0} ${PATH} `id`",
    "كتائب\x00\x1b[31m\U0001f680\ud7ff",
]


def test_a_parameter_is_text_to_the_notebook_whatever_it_holds(tmp_path: Path) -> None:
    top = small_project(
        tmp_path, "import pathlib; pathlib.Path('seen').write_text(repr((title, places)), encoding='utf-8')"
    )
    values = {"title": "".join(NASTY), "places": NASTY}
    run.execute(top / "notebooks" / "04_briefing.ipynb", top / "out.ipynb", values, top)
    assert (top / "seen").read_text(encoding="utf-8") == repr((values["title"], NASTY))
    assert not (top / "hacked").exists()


def test_no_code_of_ours_reads_what_python_would_run() -> None:
    package = Path(run.__file__).parents[1]
    for path in package.rglob("*.py"):
        if path.name == "shared.py":
            continue  # what it reads was written by the same render: test_shared.py
        text = path.read_text(encoding="utf-8")
        for word in ("pickle", "unsafe_load", "full_load", "FullLoader", "yaml.Loader", "marshal", "shelve", "joblib"):
            assert word not in text, f"{path}: {word}"
