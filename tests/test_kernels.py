"""Kernels of a render listen on no network port, and leave nothing behind."""

import asyncio
import stat
import sys
from pathlib import Path

import pytest

from sitrep.render.kernels import LocalKernelManager


def listening(pid: int) -> set[str]:
    """The inodes of TCP sockets that listen and belong to *pid*."""
    own = {
        link.removeprefix("socket:[").rstrip("]")
        for entry in Path(f"/proc/{pid}/fd").iterdir()
        if (link := str(entry.readlink())).startswith("socket:")
    }
    rows = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]]
    return own & {row[9] for row in rows if row[3] == "0A"}


async def run_and_stop(manager: LocalKernelManager) -> dict[str, object]:
    """Start the kernel, let it answer once, and tell what it looked like while it lived and what is left after it."""
    folder = Path(manager.ip).parent
    await manager.start_kernel()
    client = manager.client()
    client.start_channels()
    try:
        await client.wait_for_ready(timeout=60)
        pid = manager.provisioner.pid
        seen = {
            "transport": manager.transport,
            "mode": stat.S_IMODE(folder.stat().st_mode) & 0o777,
            "sockets": [path for path in folder.iterdir() if path.is_socket()],
            "tcp": listening(pid),
            "pid": pid,
        }
    finally:
        client.stop_channels()
        await manager.shutdown_kernel(now=True)
    return seen | {"folder": folder, "connection_file": Path(manager.connection_file)}


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="reads open ports from /proc, which is not here")
def test_a_kernel_talks_through_files_that_only_its_user_can_open_and_takes_them_with_it() -> None:
    seen = asyncio.run(run_and_stop(LocalKernelManager(kernel_name="python3")))
    assert seen["transport"] == "ipc"
    assert seen["mode"] == 0o700
    assert len(seen["sockets"]) == 5
    assert seen["tcp"] == set()
    assert not seen["folder"].exists()
    assert not seen["connection_file"].exists()
    assert not Path(f"/proc/{seen['pid']}").exists()


def test_a_kernel_runs_in_the_interpreter_that_renders_whatever_is_registered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shadow = tmp_path / "kernels" / "python3"
    shadow.mkdir(parents=True)
    (shadow / "kernel.json").write_text('{"argv": ["false"], "display_name": "no Python", "language": "python"}')
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    assert LocalKernelManager(kernel_name="python3").kernel_spec.argv[0] == sys.executable


def test_two_kernels_share_no_folder() -> None:
    one, other = LocalKernelManager(), LocalKernelManager()
    assert Path(one.ip).parent != Path(other.ip).parent


def test_the_folder_stays_while_a_kernel_starts_again() -> None:
    manager = LocalKernelManager()
    folder = Path(manager.ip).parent
    asyncio.run(manager.cleanup_resources(restart=True))
    assert folder.is_dir()
    asyncio.run(manager.cleanup_resources())
    assert not folder.exists()
