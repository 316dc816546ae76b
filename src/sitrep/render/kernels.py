"""Kernels for rendering: they talk through socket files that only this user can open, never through network ports."""

import sys
import tempfile
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager


class LocalKernelManager(AsyncKernelManager):
    """A kernel with sockets in a private folder of its own, which goes when the kernel goes.

    It runs in the interpreter that renders, whatever kernels are registered under the name "python3" on the machine.
    """

    def __init__(self, **options: Any) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="sitrep-")  # mode 0700, and short: socket paths are limited
        super().__init__(transport="ipc", ip=f"{self._folder.name}/k", **options)

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
