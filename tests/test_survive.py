"""Killed at any moment, a render leaves the old report or the new one; after hundreds of renders nothing is left behind."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from small_project import ROOT, TEMPORARY, small_project, visible

pytestmark = pytest.mark.render

#: Render changed notebooks in child processes and kill each at a random moment; tell what then lies in the folder.
KILLING = """
import hashlib, json, os, random, signal, sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from small_project import write_notebook
from sitrep.render import run

top, times, rng = Path.cwd(), int(sys.argv[2]), random.Random(1)

def render(version, after):
    write_notebook(top, f"print('version {version}.')")
    child = os.fork()
    if child == 0:
        run.render("seeds", top, progress=False)
        os._exit(0)
    until = time.monotonic() + after
    while time.monotonic() < until and not os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
        time.sleep(0.002)
    try:
        os.kill(child, signal.SIGKILL)
    except ProcessLookupError:
        pass
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

def lies_there():
    report = top / "reports" / "seeds"
    manifest = json.loads((report / "manifest.json").read_text(encoding="utf-8"))
    files = {p.relative_to(report).as_posix(): p for p in report.rglob("*") if p.is_file() and p.name != "manifest.json"}
    whole = {name: hashlib.sha256(file.read_bytes()).hexdigest() for name, file in files.items()} == manifest["outputs"]
    html = (report / "report.html").read_text(encoding="utf-8")
    versions = [version for version in range(times + 2) if f"version {version}." in html]
    return whole, versions

begun = time.monotonic()
assert render(0, 600) == 0
took = time.monotonic() - begun
assert lies_there() == (True, [0])
for version in range(1, times + 1):
    status = render(version, rng.uniform(0, 1.2) * took)
    print(json.dumps([version, status, *lies_there()]), flush=True)
assert render(times + 1, 600) == 0
print(json.dumps([times + 1, 0, *lies_there()]), flush=True)
"""

#: Render a changed notebook again and again in this one process; tell what it holds after each.
SOAKING = """
import gc, json, os, sys, threading
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from small_project import write_notebook
from sitrep.render import run, warm

def resident():
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20

top = Path.cwd()
for i in range(int(sys.argv[2])):
    write_notebook(top, f"print({i})")
    done = run.render("seeds", top, progress=False)
    assert not done.unchanged and done.reused == ()
    print(json.dumps([resident(), len(os.listdir("/proc/self/fd")), threading.active_count()]), flush=True)
server = warm._servers.current
children = Path(f"/proc/{server._process.pid}/task/{server._process.pid}/children").read_text()
print(json.dumps([children, os.listdir(os.environ["TMPDIR"])]), flush=True)
"""


def run_script(script: str, top: Path, times: int, **environment: str) -> list[list[object]]:
    """What *script* tells, line by line, of so many renders in *top*."""
    (top / TEMPORARY).mkdir()
    done = subprocess.run(
        [sys.executable, "-c", script, str(ROOT / "tests"), str(times)],
        cwd=top,
        env=os.environ | {"TMPDIR": str(top / TEMPORARY)} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs child processes that are copies of this one")
@pytest.mark.parametrize("times", [5, pytest.param(50, marks=pytest.mark.long)])
def test_killed_at_a_random_moment_a_render_leaves_the_old_report_or_the_new_one_whole(
    tmp_path: Path, times: int
) -> None:
    top = small_project(tmp_path, "print('version 0.')")
    old = 0
    statuses = []
    for version, status, whole, versions in run_script(KILLING, top, times, SITREP_KERNELS="fresh"):
        assert whole, f"a mixture after version {version}"
        assert versions in ([old], [version]), (version, status, versions)
        (old,) = versions  # type: ignore[misc]
        statuses.append(status)
    assert -9 in statuses, "none was killed"
    assert old == times + 1
    assert visible(top / "reports") == ["seeds", "seeds.yaml"]
    assert not (top / "reports" / ".seeds.lock").exists()


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads memory and processes from /proc")
@pytest.mark.parametrize("times", [6, pytest.param(300, marks=pytest.mark.long)])
def test_many_renders_in_one_process_keep_its_memory_and_leave_nothing(tmp_path: Path, times: int) -> None:
    top = small_project(tmp_path, "print(0)")
    *seen, (children, temporary) = run_script(SOAKING, top, times)
    settled = min(len(seen) - 2, 20)
    memory, descriptors, threads = (list(column) for column in zip(*seen[settled:], strict=True))
    assert max(memory) - memory[0] < 8 + 0.05 * len(memory)  # MiB: nothing is kept of a render
    assert descriptors[-1] <= descriptors[0]
    assert threads[-1] <= threads[0]
    assert (children, temporary) == ("", [])
    assert visible(top / "reports") == ["seeds", "seeds.yaml"]
    assert not list((top / "reports").glob(".seeds*"))
