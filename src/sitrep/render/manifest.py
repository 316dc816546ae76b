"""The manifest of a report: what made it, as hashes of every input and output, and the judgements it came to."""

import json
import re
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from sitrep import content, hashes, intake, study
from sitrep.parameters import Parameters

#: Packages whose version can change a number or a byte of the report.
PACKAGES = (
    "sitrep",
    "numpy",
    "scipy",
    "pandas",
    "matplotlib",
    "seaborn",
    "basemap-data",
    "nbconvert",
    "typst",
    "hijridate",
)


def make(
    top: Path,
    built: Path,
    name: str,
    report: study.Study,
    notebooks: Sequence[str],
    joined: NotebookNode,
) -> dict[str, Any]:
    """Return what made the report in *built*: parameters, hashes, versions, and how many rows each step kept."""
    return {
        "report": name,
        "parameters": report.parameters.model_dump(),
        "counts": {
            "sources": int(report.mentions["source_id"].nunique()),
            "mentions": len(report.mentions),
            "incidents": len(report.incidents),
            "incidents that count": len(report.selected),
            "incidents shown": len(report.shown),
            "convoy incidents shown apart": len(report.convoys),
            "known days shown": int(report.counts.notna().sum()),
        },
        "judgements": judgements(joined),
        "versions": versions(),
        "inputs": hashes.of_present(inputs(top, name, report.parameters, notebooks), top),
        "code": code(),
        "outputs": hashes.of_present(hashes.below(built), built),
    }


def inputs(top: Path, name: str, parameters: Parameters, notebooks: Sequence[str]) -> list[Path]:
    """Return every file below *top* that the report *name* is made from, whether it is there or not."""
    data = top / parameters.data
    return [
        top / "reports" / f"{name}.yaml",
        *(top / "notebooks" / f"{notebook}.ipynb" for notebook in notebooks),
        *sorted([*data.glob("*.csv"), *intake.lexicon_folder(data).glob("*.csv")]),
        *sorted(intake.seeds_folder(data).glob("*")),
        top / "CITATION.cff",
        *([top / parameters.own_events] if parameters.own_events else []),
    ]


def code() -> dict[str, str]:
    """Return the hash of every file of this package."""
    package = Path(__file__).parents[1]
    return hashes.of_present(hashes.below(package), package.parent)


def versions() -> dict[str, str]:
    """Return the versions of the packages that can change a byte."""
    return {package: version(package) for package in PACKAGES}


def judgements(joined: NotebookNode) -> list[str]:
    """Return the key judgements of an executed notebook, each a sentence or more of plain text, in their order."""
    payloads = [
        output["data"][content.MIME]
        for cell in joined.cells
        for output in cell.get("outputs", ())
        if content.MIME in output.get("data", {})
    ]
    lines = [
        line
        for payload in payloads
        if payload.get("role") == "judgements"
        for line in str(payload["markdown"]).splitlines()
        if line.strip()
    ]
    return [_plain(re.sub(r"^\s*\d+\.\s+", "", line)) for line in lines]


def _plain(markdown: str) -> str:
    """Markdown as we write it, without its marks."""
    return re.sub(r"\\(.)", r"\1", re.sub(r"(?<!\\)\*+", "", markdown)).strip()


def read(path: Path) -> dict[str, Any]:
    """Return the manifest in *path*, or raise ValueError where that is none."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise ValueError(f"{path}: damaged: not JSON; render the report again") from None
    parts = ("parameters", "inputs", "outputs", "versions", "code")
    if not isinstance(found, dict) or not all(isinstance(found.get(part), Mapping) for part in parts):
        raise ValueError(f"{path}: not the manifest of a report, which holds {', '.join(parts)}")
    return found
