"""Kernels for rendering: they talk through socket files that only this user can open, never through network ports."""

import tempfile
from typing import Any

from jupyter_client.manager import AsyncKernelManager


class LocalKernelManager(AsyncKernelManager):  # type: ignore[misc]
    """A kernel with sockets in a private folder of its own, which goes when the kernel goes."""

    def __init__(self, **options: Any) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="sitrep-")  # mode 0700, and short: socket paths are limited
        super().__init__(transport="ipc", ip=f"{self._folder.name}/k", **options)

    async def cleanup_resources(self, restart: bool = False) -> None:
        """Remove the sockets, and the folder unless the kernel starts again."""
        await self._async_cleanup_resources(restart=restart)
        if not restart:
            self._folder.cleanup()
