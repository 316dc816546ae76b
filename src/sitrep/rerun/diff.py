"""What changed between two renders: parameters, inputs, incidents and judgements."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from rapidfuzz import fuzz

from sitrep import study
from sitrep.names import report_folder
from sitrep.render import manifest
from sitrep.wording import plural

#: Two judgements that share less than this (of 100) once their figures are left out are two, not one that changed.
ALIKE = 60


@dataclass(frozen=True)
class Rendered:
    """One render, as it lies on disk: where, its manifest, and the incidents shown as text."""

    where: str
    manifest: Mapping[str, Any]
    incidents: pd.DataFrame


@dataclass(frozen=True)
class Change:
    """A value that was one thing and is another; None where there was or is none."""

    before: Any
    after: Any


@dataclass(frozen=True)
class Names:
    """Files (or judgements) that came, went, or stand with another content."""

    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Incident:
    """An incident that only one of two renders shows, and why where the parameters tell."""

    incident_id: str
    what: str
    why: str


@dataclass(frozen=True)
class Incidents:
    """What became of the incidents shown.

    ``merged`` and ``split`` map an incident to those it was made of or became, by the mentions they share;
    ``revised`` maps an incident to its fields that differ.
    """

    added: list[Incident]
    removed: list[Incident]
    merged: dict[str, list[str]]
    split: dict[str, list[str]]
    revised: dict[str, dict[str, Change]]


@dataclass(frozen=True)
class Judgements:
    """Key judgements that came, went, or say something else."""

    added: list[str]
    removed: list[str]
    changed: list[Change]


@dataclass(frozen=True)
class Difference:
    """All that differs between two renders."""

    before: str
    after: str
    parameters: dict[str, Change]
    inputs: Names
    code: Names
    versions: dict[str, Change]
    counts: dict[str, Change]
    incidents: Incidents
    judgements: Judgements

    def __bool__(self) -> bool:
        """Whether anything differs."""
        told = asdict(self)
        return any(_any(told[name]) for name in told if name not in ("before", "after"))


def _any(part: Any) -> bool:
    return any(map(_any, part.values())) if isinstance(part, dict) and part else bool(part)


def read(which: str, root: Path | None = None) -> Rendered:
    """Return a render by the NAME of its report, its folder, or its manifest.json.

    Raises ValueError or OSError where there is none.
    """
    given = Path(which)
    if given.name == "manifest.json" or given.is_absolute() or len(given.parts) > 1 or which in (".", ".."):
        folder = given.parent if given.name == "manifest.json" else given
    else:
        folder = report_folder(which, study.find_root(root))
    path = folder / "manifest.json"
    if not path.is_file():
        raise FileNotFoundError(f"{which}: found no {path}; render the report first, or name the folder of a render")
    table = folder / "incidents.csv"
    if not table.is_file():
        raise FileNotFoundError(f"{which}: found no {table} beside the manifest")
    try:
        incidents = pd.read_csv(table, dtype=str, keep_default_na=False)
    except ValueError as error:
        raise ValueError(f"{table}: damaged: {error}; render the report again") from None
    missing = {"incident_id", "mention_ids"} - set(incidents.columns)
    if missing:
        raise ValueError(f"{table}: found no column {', '.join(sorted(missing))}; not the incidents of a report")
    return Rendered(which, manifest.read(path), incidents)


def compare(one: Rendered, other: Rendered) -> Difference:
    """Return what differs between two renders."""
    a, b = one.manifest, other.manifest
    return Difference(
        before=one.where,
        after=other.where,
        parameters=_changes(a["parameters"], b["parameters"]),
        inputs=_names(_inputs(a), _inputs(b)),
        code=_names(a["code"], b["code"]),
        versions=_changes(a["versions"], b["versions"]),
        counts=_changes(a.get("counts", {}), b.get("counts", {})),
        incidents=_incidents(one, other),
        judgements=_judgements(a.get("judgements", []), b.get("judgements", [])),
    )


def _inputs(made: Mapping[str, Any]) -> dict[str, str]:
    """The inputs' hashes; the report's own file under one name, whatever the report is called."""
    own = f"reports/{made.get('report')}.yaml"
    return {"its YAML" if name == own else name: value for name, value in made["inputs"].items()}


def _changes(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Change]:
    names = [*one, *(name for name in other if name not in one)]
    return {name: Change(one.get(name), other.get(name)) for name in names if one.get(name) != other.get(name)}


def _names(one: Mapping[str, str], other: Mapping[str, str]) -> Names:
    return Names(
        added=sorted(other.keys() - one.keys()),
        removed=sorted(one.keys() - other.keys()),
        changed=sorted(name for name in one.keys() & other.keys() if one[name] != other[name]),
    )


def _incidents(one: Rendered, other: Rendered) -> Incidents:
    """Pair incidents by the mentions they share, and by their id where they share none."""
    a = {row["incident_id"]: row for row in one.incidents.to_dict("records")}
    b = {row["incident_id"]: row for row in other.incidents.to_dict("records")}
    of_a = {mention: name for name, row in a.items() for mention in _mentions(row)}
    into: dict[str, set[str]] = defaultdict(set)
    out_of: dict[str, set[str]] = defaultdict(set)
    for name, row in b.items():
        for mention in _mentions(row):
            if mention in of_a:
                into[of_a[mention]].add(name)
                out_of[name].add(of_a[mention])
    for name in a.keys() & b.keys():
        into[name].add(name)
        out_of[name].add(name)
    revised = {}
    for name in b:
        before = name if name in a else next(iter(out_of[name])) if len(out_of[name]) == 1 else None
        if before is not None and (before == name or len(into[before]) == 1):
            fields = _fields(a[before], b[name])
            if fields:
                revised[name] = fields
    return Incidents(
        added=[_incident(b[name], one.manifest["parameters"]) for name in b if not out_of[name]],
        removed=[_incident(a[name], other.manifest["parameters"]) for name in a if not into[name]],
        merged={name: sorted(out_of[name]) for name in b if len(out_of[name]) > 1},
        split={name: sorted(into[name]) for name in a if len(into[name]) > 1},
        revised=revised,
    )


def _mentions(row: Mapping[Any, str]) -> list[str]:
    return [mention for mention in row["mention_ids"].split("|") if mention]


def _fields(before: Mapping[Any, str], after: Mapping[Any, str]) -> dict[str, Change]:
    shared = [name for name in before if name in after]
    return {name: Change(before[name], after[name]) for name in shared if before[name] != after[name]}


def _incident(row: Mapping[Any, str], elsewhere: Mapping[str, Any]) -> Incident:
    """An incident in words, and why the render with the parameters *elsewhere* may not show it."""
    words = [row.get(name, "") for name in ("date", "place_name", "weapon", "status")]
    date = row.get("date", "")
    why = ""
    if date and not elsewhere.get("start", "") <= date <= elsewhere.get("end", "9999"):
        why = "outside the period shown"
    for name, column in (
        ("countries", "country"),
        ("targets", "target"),
        ("statuses", "status"),
        ("places", "place_id"),
    ):
        wanted = elsewhere.get(name)
        if not why and wanted and column in row and row[column] not in wanted:
            why = f"{name} leave it out"
    return Incident(row["incident_id"], ", ".join(filter(None, words)), why)


def _judgements(one: Sequence[str], other: Sequence[str]) -> Judgements:
    """Pair the judgements that say the same but for their figures, best first."""
    gone = [text for text in one if text not in other]
    come = [text for text in other if text not in one]
    scores = [(fuzz.ratio(_bare(a), _bare(b)), i, j) for i, a in enumerate(gone) for j, b in enumerate(come)]
    pairs: dict[int, int] = {}
    for score, i, j in sorted(scores, key=lambda item: (-item[0], item[1], item[2])):
        if score >= ALIKE and i not in pairs and j not in pairs.values():
            pairs[i] = j
    return Judgements(
        added=[text for j, text in enumerate(come) if j not in pairs.values()],
        removed=[text for i, text in enumerate(gone) if i not in pairs],
        changed=[Change(gone[i], come[j]) for i, j in sorted(pairs.items())],
    )


def _bare(text: str) -> str:
    return re.sub(r"[\d.,]+", "", text)


# In words


def told(found: Difference) -> str:
    """Return a difference for people to read, part by part; parts without a difference are left out."""
    lines = [f"{found.before} → {found.after}"]
    lines += _part("Parameters", [_value(name, change) for name, change in found.parameters.items()])
    lines += _part("Inputs", _files(found.inputs))
    lines += _part("Program", [*_files(found.code, most=5), *(_value(*item) for item in found.versions.items())])
    lines += _part("Counts", [_value(name, change) for name, change in found.counts.items()])
    it = found.incidents
    lines += _part(f"Incidents added: {len(it.added)}", [_line(one) for one in it.added], bare=True)
    lines += _part(f"Incidents removed: {len(it.removed)}", [_line(one) for one in it.removed], bare=True)
    lines += _part("Incidents merged", [f"{name} is made of {', '.join(old)}" for name, old in it.merged.items()])
    lines += _part("Incidents split", [f"{name} became {', '.join(now)}" for name, now in it.split.items()])
    revised = [
        f"{name}: {'; '.join(_value(field, change) for field, change in fields.items())}"
        for name, fields in it.revised.items()
    ]
    lines += _part(f"Incidents revised: {len(revised)}", revised, bare=True)
    said = found.judgements
    lines += _part(
        "Judgements",
        [
            *(f"was: {change.before}\n    now: {change.after}" for change in said.changed),
            *(f"gone: {text}" for text in said.removed),
            *(f"new: {text}" for text in said.added),
        ],
    )
    return "\n".join(lines if len(lines) > 1 else [*lines, "no difference"])


def _part(title: str, lines: Iterable[str], bare: bool = False) -> list[str]:
    told = [f"  - {line}" for line in lines]
    if not told:
        return []
    return ["", title if bare else f"{title}: {len(told)}", *told]


def _files(names: Names, most: int = 20) -> list[str]:
    lines = [
        f"{name} {what}"
        for what, group in (("changed", names.changed), ("added", names.added), ("removed", names.removed))
        for name in group
    ]
    return lines if len(lines) <= most else [*lines[:most], f"and {plural(len(lines) - most, 'more file')}"]


def _line(one: Incident) -> str:
    return f"{one.incident_id} ({one.what})" + (f": {one.why}" if one.why else "")


def _value(name: str, change: Change) -> str:
    """One value's change; of a list only what came and went."""
    before, after = (_parts(value) for value in (change.before, change.after))
    if before is not None and after is not None:
        gone, come = ([part for part in one if part not in other] for one, other in ((before, after), (after, before)))
        if gone or come:
            return f"{name}: " + ", ".join([*(f"+ {part}" for part in come), *(f"− {part}" for part in gone)])
    return f"{name}: {_said(change.before)} → {_said(change.after)}"


def _parts(value: Any) -> list[Any] | None:
    if isinstance(value, str) and "|" in value:
        return value.split("|")
    return value if isinstance(value, list) else None


def _said(value: Any) -> str:
    return "nothing" if value in (None, "") else "none" if value == [] else str(value)
