"""Where a table lies and how it is written: a path or an address that fsspec knows, UTF-8 or another encoding."""

from __future__ import annotations

import codecs
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import IO, Any, cast

from sitrep.tables import Fault, TableError


class FormatError(TableError):
    """A file cannot be read or written in a format; `fault` and the message say where, what was found, what may be."""


PARQUET = (".parquet", ".parq", ".pq")
#: Files of spreadsheet programs.
WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".ods")


@dataclass(frozen=True)
class Remote:
    """A file at an address such as s3://bucket/ged.parquet: as much of a Path as reading needs."""

    address: str

    def __str__(self) -> str:
        return self.address

    @property
    def suffix(self) -> str:
        """The ending of the file's name."""
        return PurePosixPath(self.address).suffix

    @property
    def stem(self) -> str:
        """The file's name without its ending."""
        return PurePosixPath(self.address).stem

    @property
    def name(self) -> str:
        """The file's name."""
        return PurePosixPath(self.address).name

    @property
    def filesystem(self) -> Any:
        """The fsspec filesystem behind the address."""
        import fsspec  # type: ignore[import-untyped]

        return fsspec.url_to_fs(self.address)[0]

    def is_file(self) -> bool:
        """Whether there is a file at the address."""
        return bool(self.filesystem.isfile(self.address))

    def open(self, mode: str = "rb") -> IO[bytes]:
        """The file, opened for reading."""
        return cast(IO[bytes], self.filesystem.open(self.address, mode))


Location = Path | Remote


def located(file: Path | str) -> Location:
    """Return the path, or what stands for it where *file* is an address with "://".

    Raises FormatError where nothing installed here reads such an address.
    """
    if "://" not in str(file):
        return Path(file)
    remote = Remote(str(file))
    try:
        _ = remote.filesystem
    except (ImportError, ValueError) as error:
        raise FormatError(Fault(str(file), None, "", str(error), "a path, or an address that fsspec reads")) from None
    return remote


@contextmanager
def as_utf8(file: Location, encoding: str) -> Iterator[Location]:
    """The file itself, or a copy of it in UTF-8 where it is written otherwise; its name stays the same.

    Raises FormatError for an encoding that does not exist or does not fit, under the file's own name.
    """
    try:
        name = codecs.lookup(encoding).name
    except LookupError:
        raise FormatError(Fault(str(file), None, "encoding", encoding, "such as utf-8 or windows-1252")) from None
    if name == "utf-8":
        yield file
        return
    with tempfile.TemporaryDirectory(prefix="sitrep-") as folder:
        copy = Path(folder) / file.name
        decoder = codecs.getincrementaldecoder(name)()
        try:
            with file.open("rb") as given, copy.open("w", encoding="utf-8", newline="") as written:
                while piece := given.read(1 << 20):
                    written.write(decoder.decode(piece))
                written.write(decoder.decode(b"", final=True))
        except UnicodeError as error:
            raise FormatError(Fault(str(file), None, "encoding", str(error), f"text in {encoding}")) from None
        except OSError as error:
            raise FormatError(
                Fault(str(file), None, "", error.strerror or str(error), "a file that can be read")
            ) from None
        try:
            yield copy
        except FormatError as error:
            raise FormatError(replace(error.fault, file=str(file))) from None
