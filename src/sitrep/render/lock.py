"""One render at a time in a report's folder: a lock that says who holds it and that a killed process does not keep."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from sitrep.render.faults import BusyError

try:
    import fcntl
except ImportError:  # no such locks on this system
    fcntl = None  # type: ignore[assignment]


@contextmanager
def held(path: Path, report: str) -> Iterator[None]:
    """Hold the lock file *path* for *report*, and remove it at the end; raise `BusyError` where another process has it.

    The system gives a lock up with the process that held it, however that ended; so a file left behind holds nothing.
    """
    if fcntl is None:
        try:
            with FileLock(path, timeout=0):
                yield
        except Timeout:
            raise BusyError(_busy(report, "")) from None
        return
    file = _taken(path, report)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)  # while it is still ours
        os.close(file)


def _taken(path: Path, report: str) -> int:
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            who = os.read(file, 200).decode(errors="replace").strip()
            os.close(file)
            raise BusyError(_busy(report, who)) from None
        except BaseException:
            os.close(file)
            raise
        try:
            ours = os.path.samestat(os.fstat(file), path.stat())
        except FileNotFoundError:
            ours = False
        if ours:
            os.ftruncate(file, 0)
            os.write(file, f"process {os.getpid()}, since {datetime.now():%Y-%m-%d %H:%M:%S}\n".encode())
            return file
        os.close(file)  # its holder has just removed it: another file, or none, has its name


def _busy(report: str, who: str) -> str:
    return f"{report}: another render of this report is running{f' ({who})' if who else ''}; wait for it to end"
