"""Names of reports: plain file names that cannot leave their folder."""

import re
from pathlib import Path

from sitrep.parameters import ParameterError

#: Letters and digits of any script, then also dots, dashes and underscores.
_PLAIN = re.compile(r"\w[\w.-]*\Z")
LONGEST = 100


def checked_name(name: str) -> str:
    """Return *name*, or raise `ParameterError` where it is no plain file name: a path, hidden, ``x.yaml``, too long."""
    if not _PLAIN.match(name) or name.endswith((".yaml", ".yml", ".")) or len(name) > LONGEST or ".." in name:
        raise ParameterError(
            f"found {name!r} as the name of a report; allowed: letters, digits, dashes, underscores and dots, "
            f"such as iraq-2024, at most {LONGEST}, without .yaml and without folders"
        )
    return name


def report_folder(name: str, root: Path) -> Path:
    """Return the folder of the report *name* below the project's folder *root*."""
    return root / "reports" / checked_name(name)


def report_yaml(name: str, root: Path) -> Path:
    """Return the YAML of the report *name* below *root*, or raise `ParameterError` where there is none."""
    path = root / "reports" / f"{checked_name(name)}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(other.stem for other in path.parent.glob("*.yaml")))
        raise ParameterError(f"reports/{path.name}: no such report; there are: {known}")
    return path
