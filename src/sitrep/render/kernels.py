"""Kernels for rendering: they talk through socket files that only this user can open, never through network ports."""

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager

#: Bytes of a temporary folder's path that leave room for a socket in it: systems allow about 104 in all.
LONGEST = 80

#: How the name of a kernel's private folder begins.
PREFIX = "sitrep-"

#: Sums in linear algebra depend in their last bit on the number of threads; a report must not depend on the machine's.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

#: The variable that names a file in which a kernel notes every file that it opens to read.
READS = "SITREP_READS"


class LocalKernelManager(AsyncKernelManager):
    """A kernel with sockets in a private folder of its own, which goes when the kernel goes.

    It runs in the interpreter that renders, whatever kernels are registered under the name "python3" on the machine.
    """

    #: The file in which the kernel notes what it reads; none by default.
    notes: Path | None = None

    @classmethod
    def noting(cls, notes: Path) -> type["LocalKernelManager"]:
        """Return this class for kernels that note what they read in the file *notes*."""
        return type(cls.__name__, (cls,), {"notes": notes})

    def __init__(self, **options: Any) -> None:
        usual = tempfile.gettempdir()
        short = usual if len(os.fsencode(usual)) <= LONGEST else "/tmp"
        self._folder = tempfile.TemporaryDirectory(prefix=PREFIX, dir=short)  # mode 0700
        own = {"ip": f"{self._folder.name}/k", "connection_file": f"{self._folder.name}/kernel.json"}
        super().__init__(transport="ipc", **own, **options)

    @property
    def kernel_spec(self) -> KernelSpec:
        """How the kernel is started: by this very file. -P: not with the project's folder before the libraries."""
        # each shutdown begins with an interrupt, which an idle kernel would report as an error
        argv = [sys.executable, "-P", "-m", __name__, "-f", "{connection_file}", "--log-level=CRITICAL"]
        warm = {"kernel_provisioner": {"provisioner_name": "sitrep-warm"}}
        return KernelSpec(argv=argv, display_name="Python 3", language="python", metadata=warm)

    async def _async_pre_start_kernel(self, **options: Any) -> Any:
        """Tell the kernel where to note what it reads."""
        if self.notes is not None:
            options["env"] = {**(options.get("env") or os.environ), READS: str(self.notes)}
        return await super()._async_pre_start_kernel(**options)

    pre_start_kernel = _async_pre_start_kernel

    async def _async_cleanup_resources(self, restart: bool = False) -> None:
        """Remove the sockets, and the folder unless the kernel starts again."""
        await super()._async_cleanup_resources(restart=restart)
        if not restart:
            self._folder.cleanup()

    cleanup_resources = _async_cleanup_resources


def run() -> None:
    """Be a kernel. The one TCP port of ipykernel's own, through which forked children would print, is left out."""
    os.environ.update(ONE_THREAD)
    if notes := os.environ.pop(READS, ""):
        _note_reads(notes)
    from ipykernel import kernelapp

    class Output(kernelapp.IOPubThread):
        def __init__(self, socket: Any, pipe: bool = False, session: Any = None) -> None:
            super().__init__(socket, pipe=False, session=session)

    kernelapp.IOPubThread = Output  # type: ignore[misc]
    kernelapp.IPKernelApp.launch_instance()


def _note_reads(notes: str) -> None:
    """Append to the file *notes* the path of each file that is opened to read, the environment's own left out.

    What a notebook's result depends on is thus seen and not guessed (`sitrep.render.cache`). Libraries that open files
    by themselves, as DuckDB does, are not seen.
    """
    notebook_of = os.open(notes, os.O_WRONLY | os.O_APPEND)
    own = {f"{folder}{os.sep}" for folder in (sys.prefix, sys.base_prefix, Path(notes).parent)}
    prefixes = ("/proc/", "/sys/", "/dev/", "/etc/", "/usr/", *own)
    seen: set[str] = set()

    def note(event: str, arguments: tuple[Any, ...]) -> None:
        if event != "open" or not isinstance(arguments[0], (str, bytes)) or arguments[2] & (os.O_WRONLY | os.O_RDWR):
            return
        path = os.path.abspath(os.fsdecode(arguments[0]))  # noqa: PTH100  # resolve() would open and so note
        if path not in seen and not path.startswith(prefixes):
            seen.add(path)
            os.write(notebook_of, os.fsencode(path) + b"\n")

    sys.addaudithook(note)


if __name__ == "__main__":
    run()
