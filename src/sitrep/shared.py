"""What several notebooks of a report, and several reports of a batch, need alike: worked out once, where a render says so.

A render names a private folder in the environment of its kernels (`VARIABLE`); anywhere else everything is worked out
afresh. A result is known by all that it was made from: the name of what makes it, its arguments, and the folder, which
stands for the hashes of all inputs, of the code and of what is installed (`sitrep.render.run`). With it lie the files that
were opened meanwhile, such as measured error rates, with their hashes when they were; it counts while they are the same.

Results are pickled, which is safe only because nobody else can write there: a folder of another user's, or open to others,
is not used. It goes with the process that made it.
"""

import io
import os
import pickle
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from filelock import FileLock

from sitrep import hashes

#: The variable that names the folder.
VARIABLE = "SITREP_SHARED"

#: What belongs to the system or to Python's environment is no input.
SYSTEM = ("/proc/", "/sys/", "/dev/", "/etc/", "/usr/", f"{sys.prefix}{os.sep}", f"{sys.base_prefix}{os.sep}")

T = TypeVar("T")


def once(name: str, made_from: Callable[[], object], make: Callable[[], T], folder: Path | None = None) -> T:
    """Return what *make* gives, or what it gave before from the same, kept in *folder* (`VARIABLE`'s by default).

    *made_from* gives all that the result depends on beside the folder and files, in a form whose `repr` tells it in full.
    Whoever comes second waits for the first.
    """
    place = folder or Path(os.environ.get(VARIABLE) or os.devnull)
    if not _private(place):
        return make()
    path = place / hashes.of(repr((name, made_from())).encode())
    with FileLock(path.with_suffix(".lock")):
        known = _kept(path)
        if known is not None:
            return known[0]
        reads: dict[str, str | None] = {}

        def opened(file: str) -> None:
            if file not in reads:
                reads[file] = hashes.of_file(Path(file))

        with listening(opened):
            value = make()
        unfinished = path.with_suffix(".unfinished")
        try:
            unfinished.write_bytes(pickle.dumps((value, reads), protocol=5))
            unfinished.replace(path)
        except OSError:  # a full disk costs time only
            unfinished.unlink(missing_ok=True)
    return value


def content(value: object) -> str:
    """Return a hash of all that *value* holds, whichever of its parts are one and the same object."""
    held = io.BytesIO()
    pickler = pickle.Pickler(held, protocol=5)
    pickler.fast = True  # parts that are the same object are written out each time, as equal ones are
    pickler.dump(value)
    return hashes.of(held.getvalue())


def _private(folder: Path) -> bool:
    """Whether *folder* is one that only this user can write to."""
    try:
        state = folder.stat()
    except OSError:
        return False
    return stat.S_ISDIR(state.st_mode) and state.st_uid == os.getuid() and not state.st_mode & 0o077


def _kept(path: Path) -> tuple[Any] | None:
    """What is kept in *path*, if the files that it was made from are as they were."""
    with _unheard():
        try:
            value, reads = pickle.loads(path.read_bytes())
        except OSError:
            return None
        if any(hashes.of_file(Path(file)) != digest for file, digest in reads.items()):
            return None
    for file in reads:
        sys.audit("open", file, "r", os.O_RDONLY)  # whoever uses it depends on it
    return (value,)


# What is opened

_listeners: list[Callable[[str], object]] = []
_deaf = threading.local()


@contextmanager
def listening(told: Callable[[str], object]) -> Iterator[None]:
    """Tell *told* the whole path of each file that is opened to read meanwhile; see `listen`."""
    listen(told)
    try:
        yield
    finally:
        _listeners.remove(told)


def listen(told: Callable[[str], object]) -> None:
    """Tell *told* from now on the whole path of each file that is opened to read, the system's own left out.

    What a result depends on is thus seen and not guessed. Libraries that open files by themselves, as DuckDB does, are not
    seen.
    """
    _hook()
    _listeners.append(told)


@cache
def _hook() -> None:
    sys.addaudithook(_heard)  # once, for there is no taking it away


def _heard(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "open" or not _listeners or getattr(_deaf, "now", False):
        return
    if not isinstance(arguments[0], (str, bytes)) or arguments[2] & (os.O_WRONLY | os.O_RDWR):
        return
    path = os.path.abspath(os.fsdecode(arguments[0]))  # noqa: PTH100  # resolve() would open and so be heard
    if not path.startswith(SYSTEM):
        with _unheard():
            for told in _listeners:
                told(path)


@contextmanager
def _unheard() -> Iterator[None]:
    """What this thread opens meanwhile is told to nobody."""
    before, _deaf.now = getattr(_deaf, "now", False), True
    try:
        yield
    finally:
        _deaf.now = before
