"""Kernels that are forked from a warm process start at once, share nothing, and leave nothing behind."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import papermill
import pytest
from jupyter_client.kernelspec import KernelSpecManager
from nbformat.v4 import new_code_cell, new_notebook

from sitrep.render import warm
from sitrep.render.kernels import LocalKernelManager

pytestmark = [
    pytest.mark.skipif(not warm.available(), reason="no process can be forked safely here"),
]


@pytest.fixture(scope="module", autouse=True)
def nothing_left() -> Iterator[None]:
    yield
    warm.close()


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> Iterator[warm.Servers]:
    """Servers that import next to nothing, and so start quickly."""
    servers = warm.Servers(("ipykernel.kernelapp",))
    monkeypatch.setattr(warm, "_servers", servers)
    yield servers
    servers.close()


async def asked(code: str, cwd: Path | None = None, env: dict[str, str] | None = None) -> tuple[str, Any]:
    """Return what a new kernel prints when it runs *code*, and its manager."""
    manager = LocalKernelManager()
    options: dict[str, Any] = {"cwd": str(cwd)} if cwd else {}
    await manager.start_kernel(env=os.environ | (env or {}), **options)
    client = manager.client()
    client.start_channels()
    said: list[str] = []
    try:
        await client.wait_for_ready(timeout=120)
        await client.execute_interactive(
            code, output_hook=lambda message: said.append(str(message["content"].get("text", message["content"])))
        )
    finally:
        client.stop_channels()
        await manager.shutdown_kernel(now=True)
    return "".join(text for text in said if "execution_state" not in text and "'code':" not in text).strip(), manager


def ask(code: str, **options: Any) -> str:
    return asyncio.run(asked(code, **options))[0]


def processes_of(parent: int) -> list[int]:
    """The children of *parent*, those that have ended and were not fetched included."""
    found = []
    for state in Path("/proc").glob("[0-9]*/stat"):
        try:
            after_name = state.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(after_name[1]) == parent:
            found.append(int(state.parent.name))
    return found


def test_a_kernel_has_the_libraries_before_its_notebook_asks_for_them() -> None:
    assert ask("import sys; print('pandas' in sys.modules, 'sitrep.examine' in sys.modules)") == "True True"


def test_kernels_share_no_variable_module_environment_folder_or_setting(tmp_path: Path) -> None:
    look = (
        "import os, sys, matplotlib, pandas, sitrep.wording, warnings, locale, decimal\n"
        "print('left' in globals(), hasattr(sitrep.wording, 'left'), os.environ.get('LEFT'), os.getcwd(),"
        " matplotlib.rcParams['font.size'], pandas.get_option('display.max_rows'), len(warnings.filters),"
        " 'left' in sys.modules, sys.path[-1], locale.setlocale(locale.LC_ALL), decimal.getcontext().prec, os.umask(0o22))"
    )
    before = ask(look)
    ask(
        "import os, sys, matplotlib, pandas, sitrep.wording, warnings, locale, decimal\n"
        "left = 1; sitrep.wording.left = 1; os.environ['LEFT'] = '1'; os.chdir('/'); sys.modules['left'] = sys\n"
        "matplotlib.rcParams['font.size'] = 33; pandas.set_option('display.max_rows', 3); sys.path.append('left')\n"
        "warnings.simplefilter('ignore'); locale.setlocale(locale.LC_ALL, 'C'); decimal.getcontext().prec = 3; os.umask(0)"
    )
    assert ask(look) == before
    assert "left" not in before and before.startswith("False False None")


def test_kernels_have_random_states_of_their_own() -> None:
    code = "import random, numpy; print(random.random(), numpy.random.rand(), numpy.random.default_rng().random())"
    drawn = [ask(code).split() for _ in range(3)]
    for numbers in zip(*drawn, strict=True):
        assert len(set(numbers)) == 3


def test_a_kernel_has_the_folder_and_environment_that_it_is_given(tmp_path: Path) -> None:
    code = "import os, time, tempfile; print(os.getcwd(), os.environ['A'], 'B' in os.environ, time.tzname[0])"
    assert ask(code, cwd=tmp_path, env={"A": "1", "TZ": "Asia/Baghdad"}) == f"{tmp_path} 1 False +03"
    assert ask(code, cwd=tmp_path, env={"A": "2", "TZ": "UTC"}) == f"{tmp_path} 2 False UTC"


def test_what_a_library_reads_when_imported_holds_for_the_kernels_that_are_given_it(
    bare: warm.Servers,
) -> None:
    code = "import sys; print(sys.flags.hash_randomization, hash('a'))"
    fixed = [ask(code, env={"PYTHONHASHSEED": "5"}) for _ in range(2)]
    assert fixed[0] == fixed[1] != ask(code, env={"PYTHONHASHSEED": "6"})


def test_a_changed_file_of_the_package_is_imported_anew(bare: warm.Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    code = "import os; print(os.getppid())"
    first, again = ask(code), ask(code)
    monkeypatch.setattr(warm, "_code", lambda: ("changed",))
    assert first == again != ask(code)


def test_what_the_server_forks_is_made_by_one_thread() -> None:
    assert ask("import os; print(len(os.listdir(f'/proc/{os.getppid()}/task')))") == "1"


def test_a_fresh_kernel_computes_what_a_warm_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "import os, sys, numpy as np, matplotlib, matplotlib.pyplot as plt, io, hashlib\n"
        "rng = np.random.default_rng(1); a = rng.normal(size=(300, 300))\n"
        "figure, axes = plt.subplots(); axes.plot(a[0]); file = io.BytesIO(); figure.savefig(file, format='png')\n"
        "print(np.linalg.det(a), hashlib.sha256(file.getvalue()).hexdigest(), matplotlib.get_backend(), sys.path,"
        " os.environ['OMP_NUM_THREADS'], sys.flags.safe_path, __name__)"
    )
    forked = ask(code)
    monkeypatch.setenv("SITREP_KERNELS", "fresh")
    assert ask(code) == forked


def test_without_a_server_a_kernel_is_started_from_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError("no more processes")

    monkeypatch.setattr(warm.Server, "fork", refuse)
    assert ask("import sys; print('pandas' in sys.modules)") == "False"


def test_a_folder_that_is_not_there_is_told_as_for_a_fresh_kernel(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        ask("1", cwd=tmp_path / "nowhere")


def test_a_server_that_cannot_import_is_not_tried_again(bare: warm.Servers) -> None:
    bare.libraries = ("no_such_library",)
    assert [ask("print(1)"), ask("print(2)")] == ["1", "2"]
    assert bare.current is not None and bare.current.failed
    with pytest.raises(warm.UnavailableError):
        bare.get(os.environ)


def test_how_a_kernel_ended_is_known() -> None:
    async def killed() -> tuple[int | None, int]:
        manager = LocalKernelManager()
        await manager.start_kernel()
        kernel = manager.provisioner.process
        assert await manager.is_alive() and kernel.poll() is None
        os.kill(kernel.pid, signal.SIGKILL)
        status = kernel.wait(timeout=20)
        assert not await manager.is_alive()
        await manager.shutdown_kernel(now=True)
        return kernel.poll(), status

    assert asyncio.run(killed()) == (-signal.SIGKILL, -signal.SIGKILL)


def test_kernels_leave_no_process_no_descriptor_and_no_folder(bare: warm.Servers) -> None:
    _, manager = asyncio.run(asked("print(1)"))
    descriptors = len(list(Path("/proc/self/fd").iterdir()))
    server = bare.current
    assert server is not None
    for _ in range(5):
        _, manager = asyncio.run(asked("print(1)"))
        assert not Path(manager.ip).parent.exists()
    assert processes_of(server._process.pid) == []
    assert len(list(Path("/proc/self/fd").iterdir())) <= descriptors
    bare.close()
    assert not Path(f"/proc/{server._process.pid}").exists()


def test_the_server_and_its_kernels_end_with_a_process_that_is_killed() -> None:
    script = (
        "import asyncio, time\n"
        "from sitrep.render import warm\n"
        "from sitrep.render.kernels import LocalKernelManager\n"
        "warm._servers.libraries = ['ipykernel.kernelapp']\n"
        "async def main():\n"
        "    manager = LocalKernelManager(); await manager.start_kernel()\n"
        "    print(manager.provisioner.pid, manager.ip, flush=True); time.sleep(60)\n"
        "asyncio.run(main())"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as client:
        assert client.stdout is not None
        kernel, address = client.stdout.readline().split()
        (server,) = processes_of(client.pid)
        assert int(kernel) in processes_of(server)
        client.kill()
    left = [Path(f"/proc/{kernel}"), Path(f"/proc/{server}"), Path(address).parent]
    until = time.monotonic() + 20
    while any(path.exists() for path in left) and time.monotonic() < until:
        time.sleep(0.05)
    assert [path for path in left if path.exists()] == []


def test_a_server_that_nobody_needs_ends_at_once_even_while_it_imports() -> None:
    servers = warm.Servers()
    server = servers.get(os.environ)
    servers.close()
    assert server._process.returncode == -signal.SIGTERM


def test_plain_papermill_can_use_it_by_the_kernel_named_sitrep(tmp_path: Path) -> None:
    spec = KernelSpecManager().get_kernel_spec("sitrep")
    assert spec.metadata["kernel_provisioner"]["provisioner_name"] == "sitrep-warm"
    cells = [
        new_code_cell("word = 'default'", metadata={"tags": ["parameters"]}),
        new_code_cell("import sys; print(word, 'sitrep.examine' in sys.modules)"),
    ]
    kernel = {"name": "sitrep", "display_name": "sitrep", "language": "python"}
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), tmp_path / "in.ipynb")
    for word in ("first", "second"):
        done = papermill.execute_notebook(
            tmp_path / "in.ipynb", tmp_path / "out.ipynb", {"word": word}, kernel_name="sitrep", progress_bar=False
        )
        assert done.cells[-1].outputs[0].text == f"{word} True\n"
