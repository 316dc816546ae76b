"""Kernels for rendering: they talk through socket files that only this user can open, never through network ports."""

import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager

from sitrep import shared

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

    #: The variables that tell the kernel where to note what it reads, and where to share what it works out.
    told: Mapping[str, str] = {}

    @classmethod
    def with_files(cls, notes: Path | None, common: Path | None) -> type["LocalKernelManager"]:
        """Return this class for kernels that note what they read in *notes* and share in *common* (`sitrep.shared`)."""
        told = {READS: notes, shared.VARIABLE: common}
        return type(
            cls.__name__, (cls,), {"told": {name: str(path) for name, path in told.items() if path is not None}}
        )

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
        """Tell the kernel its files, and none that this process may have been told."""
        given = options.get("env") or os.environ
        kept = {name: value for name, value in given.items() if name not in {READS, shared.VARIABLE}}
        options["env"] = {**kept, **self.told}
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
    """Append to the file *notes* the path of each file that is opened to read (`shared.listen`), its own folder's left out."""
    file, own = os.open(notes, os.O_WRONLY | os.O_APPEND), f"{Path(notes).parent}{os.sep}"
    seen: set[str] = set()

    def note(path: str) -> None:
        if path not in seen and not path.startswith(own):
            seen.add(path)
            os.write(file, os.fsencode(path) + b"\n")

    shared.listen(note)


if __name__ == "__main__":
    run()
