"""Whether a report is still what its manifest says: outputs unchanged, inputs and program the same, same bytes again."""

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sitrep import hashes, study
from sitrep.names import report_folder
from sitrep.parameters import ParameterError, read
from sitrep.render import manifest
from sitrep.rerun import bundle


@dataclass(frozen=True)
class Deviation:
    """One thing that is not as the manifest says: of which part, its name, and how it deviates."""

    part: str
    name: str
    how: str

    def __str__(self) -> str:
        return f"{self.part} {self.name}: {self.how}"


def verify(name: str, root: Path | None = None) -> list[Deviation]:
    """Return whatever differs between the report *name* and its manifest; nothing where all is as it was.

    Raises ValueError or OSError where there is no such report, or it was not rendered.
    """
    top = study.find_root(root)
    folder, found = _rendered(name, top)
    source = top / "reports" / f"{name}.yaml"
    deviations = _compare("output", found["outputs"], _outputs(folder))
    try:
        parameters = read(source)
    except (ParameterError, OSError) as error:
        return [*deviations, Deviation("input", f"reports/{name}.yaml", str(error))]
    now = hashes.of_present(bundle.inputs(top, name, parameters), top)
    deviations += _compare("input", found["inputs"], now)
    deviations += _compare("code", found["code"], manifest.code())
    for package, before in found["versions"].items():
        after = manifest.versions().get(package)
        if before != after:
            deviations.append(Deviation("package", package, f"rendered with {before}, here is {after}"))
    return deviations


def again(name: str, root: Path | None = None) -> list[Deviation]:
    """Render the report *name* in a temporary folder and return where the outcome is not, byte for byte, what lies here."""
    from sitrep.render import run

    top = study.find_root(root)
    folder, _ = _rendered(name, top)
    with tempfile.TemporaryDirectory(prefix="sitrep-verify-") as work:
        elsewhere = Path(work) / "project"
        bundle.unpack({path: (top / path).read_bytes() for path in bundle.files(top, name)}, elsewhere)
        done = run.render(name, elsewhere, progress=False)
        deviations = _compare("output", _outputs(done.folder), _outputs(folder), "not what a new render gives")
        shutil.rmtree(elsewhere)
    return deviations


def stale(name: str, root: Path | None = None) -> str | None:
    """Return why the report *name* must be rendered (again), or None where it lies there complete and up to date."""
    try:
        deviations = verify(name, root)
    except (OSError, ValueError) as error:
        return str(error)
    if not deviations:
        return None
    more = f" and {len(deviations) - 1} more" if len(deviations) > 1 else ""
    return f"{deviations[0]}{more}"


def _rendered(name: str, top: Path) -> tuple[Path, dict[str, Mapping[str, str]]]:
    folder = report_folder(name, top)
    path = folder / "manifest.json"
    if not path.is_file():
        known = sorted(found.parent.name for found in (top / "reports").glob("*/manifest.json"))
        there = f"rendered are: {', '.join(known)}" if known else "none is rendered"
        raise FileNotFoundError(
            f"reports/{name}: found no manifest.json; {there}; render it with: sitrep render {name}"
        )
    return folder, manifest.read(path)


def _outputs(folder: Path) -> dict[str, str]:
    return hashes.of_present((path for path in hashes.below(folder) if path != folder / "manifest.json"), folder)


def _compare(
    part: str, recorded: Mapping[str, str], there: Mapping[str, str], changed: str = "changed since the render"
) -> list[Deviation]:
    missing = [Deviation(part, name, "missing") for name in recorded if name not in there]
    new = [Deviation(part, name, "not there when the report was rendered") for name in there if name not in recorded]
    other = [Deviation(part, name, changed) for name in recorded if recorded[name] != there.get(name, recorded[name])]
    return sorted([*missing, *new, *other], key=lambda deviation: deviation.name)
