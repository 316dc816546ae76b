"""Kernels for rendering: they talk through socket files that only this user can open, never through network ports."""

import os
import sys
import tempfile
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager

#: Bytes of a temporary folder's path that leave room for a socket in it: systems allow about 104 in all.
LONGEST = 80


class LocalKernelManager(AsyncKernelManager):
    """A kernel with sockets in a private folder of its own, which goes when the kernel goes.

    It runs in the interpreter that renders, whatever kernels are registered under the name "python3" on the machine.
    """

    def __init__(self, **options: Any) -> None:
        usual = tempfile.gettempdir()
        short = usual if len(os.fsencode(usual)) <= LONGEST else "/tmp"
        self._folder = tempfile.TemporaryDirectory(prefix="sitrep-", dir=short)  # mode 0700
        own = {"ip": f"{self._folder.name}/k", "connection_file": f"{self._folder.name}/kernel.json"}
        super().__init__(transport="ipc", **own, **options)

    @property
    def kernel_spec(self) -> KernelSpec:
        """How the kernel is started: by this very file. -P: not with the project's folder before the libraries."""
        # each shutdown begins with an interrupt, which an idle kernel would report as an error
        argv = [sys.executable, "-P", "-m", __name__, "-f", "{connection_file}", "--log-level=CRITICAL"]
        return KernelSpec(argv=argv, display_name="Python 3", language="python")

    async def _async_cleanup_resources(self, restart: bool = False) -> None:
        """Remove the sockets, and the folder unless the kernel starts again."""
        await super()._async_cleanup_resources(restart=restart)
        if not restart:
            self._folder.cleanup()

    cleanup_resources = _async_cleanup_resources


def run() -> None:
    """Be a kernel. The one TCP port of ipykernel's own, through which forked children would print, is left out."""
    from ipykernel import kernelapp

    class Output(kernelapp.IOPubThread):
        def __init__(self, socket: Any, pipe: bool = False, session: Any = None) -> None:
            super().__init__(socket, pipe=False, session=session)

    kernelapp.IOPubThread = Output  # type: ignore[misc]
    kernelapp.IPKernelApp.launch_instance()


if __name__ == "__main__":
    run()
