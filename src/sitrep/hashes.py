"""Which files lie in a folder, and what is in them: SHA-256 in hexadecimal. It imports nothing large."""

import hashlib
from collections.abc import Iterable
from pathlib import Path


def of(content: bytes) -> str:
    """Return the hash of some bytes."""
    return hashlib.sha256(content).hexdigest()


def of_file(path: Path) -> str | None:
    """Return the hash of a file, None where there is none to read."""
    try:
        return of(path.read_bytes())
    except OSError:
        return None


def of_files(files: Iterable[str | Path], top: Path) -> dict[str, str | None]:
    """Return the hash of each of *files*, by its path below *top*; the whole path of what does not lie there."""
    return {name(top, Path(file)): of_file(top / file) for file in files}


def of_present(files: Iterable[str | Path], top: Path) -> dict[str, str]:
    """Return `of_files` without those that are not there."""
    return {file: digest for file, digest in of_files(files, top).items() if digest is not None}


def below(folder: Path) -> list[Path]:
    """Return every file below *folder*, sorted, without what Python compiles beside its own."""
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and "__pycache__" not in path.parts]


def name(top: Path, path: Path) -> str:
    """Return the path of a file or folder below *top* with slashes, the whole one where it does not lie there."""
    whole = top / path
    return whole.relative_to(top).as_posix() if whole.is_relative_to(top) else whole.as_posix()
