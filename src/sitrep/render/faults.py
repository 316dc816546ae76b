"""What can go wrong in a render: each fault with one line of reason, what to do, and an exit code of its own."""

import errno
from pathlib import Path

#: The disk is full, a quota is used up, or a file would grow beyond what is allowed.
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

#: The place may not be written.
FORBIDDEN = {errno.EROFS, errno.EACCES, errno.EPERM}


class RenderError(RuntimeError):
    """The report could not be rendered, for a cell failed or shows what no report may; the previous one stays as it was."""

    exit_code = 3


class BusyError(RenderError):
    """Another render of the same report is running."""

    exit_code = 4


class KernelDiedError(RenderError):
    """A kernel was killed, or the memory did not suffice."""

    exit_code = 5


class CellTimeoutError(RenderError):
    """A cell took longer than allowed."""

    exit_code = 6


class WriteError(RenderError):
    """The report cannot be written: the disk is full, or the folder read-only."""

    exit_code = 7


class InputChangedError(RenderError):
    """An input cannot be read, or was changed or removed while the report was made from it."""

    exit_code = 8


def of_writing(error: OSError, report: str) -> RenderError:
    """Return what *error*, met while *report* was written, means and what to do."""
    kept = "the previous report, if there was one, is as it was"
    reason = error.strerror or str(error)
    if error.errno in FULL:
        return WriteError(f"{report}: cannot be written: {reason}; free some space and render again; {kept}")
    if error.errno in FORBIDDEN:
        return WriteError(f"{report}: cannot be written: {reason}; make the folder writable and render again; {kept}")
    return WriteError(f"{report}: {error}; {kept}")


def of_reading(error: OSError) -> RenderError:
    """Return what *error*, met while the inputs were read, means and what to do."""
    file = Path(error.filename).name if isinstance(error.filename, str) else ""
    where = f"{error.filename}: " if file else ""
    return InputChangedError(f"{where}cannot be read: {error.strerror or error}; put it in its place and render again")
