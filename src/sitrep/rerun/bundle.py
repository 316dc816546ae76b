"""All that one report needs, as files that can be carried elsewhere: a project's folder in small."""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from sitrep.examine import CALIBRATION
from sitrep.parameters import Parameters, read
from sitrep.render import manifest
from sitrep.render.run import NOTEBOOKS


def inputs(top: Path, name: str, parameters: Parameters) -> list[Path]:
    """Return every file that the report *name* is made from."""
    return manifest.inputs(top, name, parameters, NOTEBOOKS[parameters.audience])


def files(top: Path, name: str) -> list[str]:
    """Return the paths below *top* of what rendering the report *name* reads, all error rates measured before included.

    Those of the headline would only be measured again, but without the others the report would read "not known" where a
    render here reads a rate.
    """
    parameters = read(top / "reports" / f"{name}.yaml")
    measured = sorted((top / parameters.data / CALIBRATION).glob("*.csv"))
    found = [path for path in [*inputs(top, name, parameters), *measured] if path.is_file()]
    return [path.relative_to(top).as_posix() for path in found]


def unpack(contents: Mapping[str, bytes], folder: Path) -> None:
    """Write files by their paths below *folder*, which becomes a project's folder; see `write`."""
    for needed in ("notebooks", "data", "reports"):
        (folder / needed).mkdir(parents=True, exist_ok=True)
    write(contents, folder)


def write(contents: Mapping[str, bytes], folder: Path) -> None:
    """Write files by their paths below *folder*; ValueError for a path that leads out of it."""
    for name, content in contents.items():
        parts = PurePosixPath(name)
        if parts.is_absolute() or ".." in parts.parts or not parts.parts:
            raise ValueError(f"{name}: leads out of the folder")
        path = folder / parts
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
