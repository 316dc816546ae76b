"""What need not be done again: a report whose inputs are as they were, and notebooks that were executed on the same.

A result is known by all that it was made from: notebook, parameters, every file of the data and the articles by its
hash, the package's code, Python and the versions of all that is installed. Beyond that, a kernel notes every file that
it really opened (`kernels`), and the result holds only while these are the same too: measured error rates, or a table of
the user's own that a new cell reads. Whatever does not match, or is damaged, counts as not there.

This module imports nothing large, so that an unchanged report costs little more than Python's start.
"""

import contextlib
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sitrep import hashes

#: The folder of what is kept, below the project's top folder.
FOLDER = Path("reports", ".cache")

#: Bytes of executed notebooks that are kept; those longest unused go first.
LARGEST = 512 * 2**20

#: Folders of the data that hold what is made from the rest.
MADE = {"calibration"}


@dataclass(frozen=True)
class Made:
    """What a report was made from and is.

    ``inputs`` and ``reads`` give the hash of each file by its path, None for one that was not there; ``folders`` the
    names in each folder of inputs, so that a new file counts; ``outputs`` the hashes of the report's own files.
    """

    inputs: dict[str, str | None]
    folders: dict[str, list[str]]
    reads: dict[str, str | None]
    environment: str
    outputs: dict[str, str | None]
    messages: list[str]


def listed(top: Path, folders: Iterable[Path]) -> dict[str, list[str]]:
    """Return the names in each folder, without hidden ones and what is made from the others."""
    found = {}
    for folder in folders:
        names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
        kept = (name for name in names if not name.startswith(".") and name not in MADE and not name.endswith(".lock"))
        found[hashes.name(top, folder)] = sorted(kept)
    return found


def environment() -> str:
    """Return a hash of the package's code, of Python and of the names and versions of all that is installed."""
    package = Path(__file__).parents[1]
    installed = {
        entry
        for folder in sys.path
        if folder and Path(folder).is_dir()
        for entry in os.listdir(folder)  # noqa: PTH208  # names suffice
        if entry.endswith((".dist-info", ".egg-info"))
    }
    parts = [
        sys.version,
        platform.machine(),
        sys.platform,
        sorted(installed),
        hashes.of_files(hashes.below(package), package),
    ]
    return hashes.of(json.dumps(parts).encode())


def key(parts: Mapping[str, Any]) -> str:
    """Return a name for a result that was made from *parts*."""
    return hashes.of(json.dumps(parts, sort_keys=True).encode())


# Whole reports


def unchanged(top: Path, name: str) -> list[str] | None:
    """Return the messages that came with the report *name* if its files and all that they were made from are the same.

    None where anything differs, is missing or damaged.
    """
    if name != Path(name).name:
        return None  # no report has such a name
    try:
        made = Made(**json.loads(_stamp(top, name).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    report = top / "reports" / name
    same = (
        _same(top, made.inputs)
        and listed(top, (top / folder for folder in made.folders)) == made.folders
        and _same(top, made.reads)
        and bool(made.outputs)
        and _same(report, made.outputs)
        and made.environment == environment()
    )
    return made.messages if same else None


def remember(top: Path, name: str, made: Made) -> None:
    """Keep what the report *name* was made from."""
    with contextlib.suppress(OSError):  # nothing is lost but time
        _write(_stamp(top, name), json.dumps(asdict(made), ensure_ascii=False))


def _stamp(top: Path, name: str) -> Path:
    return top / FOLDER / f"{name}.json"


def _same(top: Path, known: Mapping[str, str | None]) -> bool:
    return all(hashes.of_file(top / file) == digest for file, digest in known.items())


# Executed notebooks


def executed(top: Path, name: str) -> tuple[str, dict[str, str | None]] | None:
    """Return the executed notebook kept under the key *name*, and the files it read with their hashes, if these still hold."""
    path = _entry(top, name)
    try:
        head, _, text = path.read_text(encoding="utf-8").partition("\n")
        said = json.loads(head)
        if said["sha256"] != hashes.of(text.encode()) or not _same(top, said["reads"]):
            return None
        os.utime(path)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return text, said["reads"]


def keep(top: Path, name: str, text: str, reads: Mapping[str, str | None]) -> None:
    """Keep an executed notebook under the key *name*, with the files it read; let those longest unused go."""
    head = json.dumps({"sha256": hashes.of(text.encode()), "reads": reads}, ensure_ascii=False)
    with contextlib.suppress(OSError):
        _write(_entry(top, name), f"{head}\n{text}")
        _prune(_entry(top, name).parent)


def _entry(top: Path, name: str) -> Path:
    return top / FOLDER / "notebooks" / f"{name}.entry"


def _prune(folder: Path) -> None:
    states = {path: path.stat() for path in folder.iterdir() if path.is_file()}
    size = 0
    for path, state in sorted(states.items(), key=lambda item: -item[1].st_mtime_ns):
        size += state.st_size
        # what a killed process left half written is of no use
        if size > LARGEST or (path.suffix != ".entry" and time.time() - state.st_mtime > 3600):
            path.unlink(missing_ok=True)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8", newline="\n") as file:
        try:
            file.write(text)
            file.close()
            Path(file.name).replace(path)
        except OSError:
            Path(file.name).unlink(missing_ok=True)
            raise


# What a kernel read


def noted(top: Path, notes: Path) -> dict[str, str | None]:
    """Return the hashes of the files that a kernel noted in *notes*.

    Left out are hidden files, those of this package (which `environment` has), and what is only temporary.
    """
    package, temporary = Path(__file__).parents[1], Path(tempfile.gettempdir()).resolve()
    found = set()
    for line in notes.read_text(encoding="utf-8", errors="surrogateescape").splitlines():
        path = Path(line)
        below = path.is_relative_to(top)
        parts = path.relative_to(top).parts if below else path.parts
        hidden = any(part.startswith(".") or part == "__pycache__" for part in parts)
        if not hidden and not path.is_relative_to(package) and (below or not path.is_relative_to(temporary)):
            found.add(path)
    return hashes.of_files(sorted(path for path in found if not path.is_dir()), top)
