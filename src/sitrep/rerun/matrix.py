"""Many reports from few lines: a YAML with a matrix becomes one report for each combination of its values.

A matrix file is a report's YAML with one more name, ``matrix``::

    title: Attacks in {country}, {year}
    audience: briefing
    matrix:
      country: [iraq, syria]
      year: 2019..2024

An axis is a parameter, with a list of the values it takes in turn; or ``country``, ``target``, ``place``, ``weapon``,
``status``, ``event``, one value of the list of that name; or ``year`` or ``month``, which set start and end. Whole
numbers, years and months may be given as a span, ``2019..2024``. The first axis varies slowest. All other names are
parameters, the same in every report; ``{axis}`` in the title stands for the axis's value.
"""

import calendar
import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sitrep import strict_yaml, study, tables
from sitrep.names import checked_name
from sitrep.parameters import ParameterError, Parameters, completed, kind, shown, validate
from sitrep.wording import plural

#: One value of a parameter that is a list.
ONE_OF = {
    "country": "countries",
    "target": "targets",
    "place": "places",
    "weapon": "weapons",
    "status": "statuses",
    "event": "events",
}
PERIODS = ("year", "month")
#: More reports than this from one file are taken for a slip.
MOST = 100_000
WRITTEN = "# Written by `sitrep batch` from"


@dataclass(frozen=True)
class Planned:
    """A report to render: its name, the YAML it is to have (None: the file that is there), or why it cannot be."""

    name: str
    text: str | None = None
    fault: str = ""


def plan(files: Sequence[str], root: Path | None = None) -> list[Planned]:
    """Return the reports that *files* describe, each once, in order.

    A file is the YAML of a report, in ``reports/`` or elsewhere, a file with a matrix, or the NAME of a report. Raises
    `ParameterError` for a file that is not there or a matrix that cannot be read, all at once; a combination that the
    parameters refuse is planned with its fault, so that it does not hold up the others.
    """
    top = study.find_root(root)
    planned: dict[str, Planned] = {}
    faults = []
    for file in files:
        try:
            for one in _of_file(file, top):
                if planned.setdefault(one.name, one) != one:
                    raise ParameterError(f"{file}: gives a second report {one.name}, unlike the first")
        except (ParameterError, strict_yaml.YamlError, OSError) as error:
            faults.append(str(error))
    if faults:
        raise ParameterError.of("batch", faults) if len(faults) > 1 else ParameterError(faults[0])
    return list(planned.values())


def _of_file(file: str, top: Path) -> list[Planned]:
    path = Path(file)
    if not path.is_file():
        if (top / "reports" / f"{file}.yaml").is_file():
            return [Planned(checked_name(file))]
        raise ParameterError(f"{file}: no such file and no such report; allowed: YAML files and names in reports/")
    name = checked_name(path.stem)
    document = strict_yaml.read(path)
    if "matrix" in document.values:
        return expand(document.values, name, str(path), top)
    if path.resolve().parent == (top / "reports").resolve():
        return [Planned(name)]
    return [_checked(Planned(name, path.read_text(encoding="utf-8")), document.values, str(path), top)]


def expand(values: Mapping[str, Any], stem: str, where: str, root: Path) -> list[Planned]:
    """Return one report for each combination of the matrix in *values*, named after *stem* and its values."""
    axes = _axes(values["matrix"], where, root)
    count = 1
    for choices in axes.values():
        count *= len(choices)
    if count > MOST:
        raise ParameterError(f"{where}: matrix: found {count:,} combinations; at most {MOST:,} are allowed")
    common = {name: value for name, value in values.items() if name != "matrix"}
    planned: dict[str, Planned] = {}
    for combination in itertools.product(*axes.values()):
        chosen = dict(zip(axes, combination, strict=True))
        labels = {axis: _label(value) for axis, value in chosen.items()}
        name = checked_name("-".join([stem, *map(_slug, labels.values())]))
        given = common | _parameters(chosen) | {"title": _title(common.get("title"), labels)}
        if name in planned:
            raise ParameterError(f"{where}: matrix: two combinations would both be called {name}")
        text = f"{WRITTEN} {Path(where).name}; a change here is lost with the next batch.\n" + yaml.safe_dump(
            given, sort_keys=False, allow_unicode=True, width=110
        )
        planned[name] = _checked(Planned(name, text), given, f"{where}, {', '.join(labels.values())}", root)
    return list(planned.values())


def _checked(planned: Planned, given: Mapping[str, Any], where: str, root: Path) -> Planned:
    try:
        validate(completed(given), where, root=root)
    except ParameterError as error:
        return Planned(planned.name, planned.text, str(error))
    return planned


def _axes(matrix: Any, where: str, root: Path) -> dict[str, list[Any]]:
    """The values of each axis, spans written out; every fault at once."""
    if not isinstance(matrix, dict) or not matrix:
        raise ParameterError(f"{where}: matrix: found {shown(matrix)}; lines of `axis: [value, value]` are allowed")
    faults, axes = [], {}
    sets: dict[str, str] = {}
    for axis, given in matrix.items():
        name = str(axis)
        if name not in ONE_OF and name not in PERIODS and name not in Parameters.model_fields:
            faults.append(
                f"unknown axis {shown(axis)}; allowed: {', '.join([*PERIODS, *ONE_OF])} and the names of parameters"
            )
            continue
        for parameter in ("start", "end") if name in PERIODS else (ONE_OF.get(name, name),):
            if parameter in sets:
                faults.append(f"{name}: sets {parameter}, as the axis {sets[parameter]} does")
            sets[parameter] = name
        try:
            axes[name] = _values(name, given, root)
        except ValueError as error:
            faults.append(f"{name}: {error}")
    if faults:
        raise ParameterError.of(f"{where}: matrix", faults)
    return axes


def _values(axis: str, given: Any, root: Path) -> list[Any]:
    numbers = axis == "year" or (axis in Parameters.model_fields and kind(axis) == "int")
    span = re.fullmatch(r"(\S+)\.\.(\S+)", given) if isinstance(given, str) else None
    if span and numbers:
        values: list[Any] = _whole_span(*span.groups())
    elif span and axis == "month":
        first, last = (_month(part) for part in span.groups())
        values = [f"{n // 12:04d}-{n % 12 + 1:02d}" for n in _whole_span(str(first), str(last))]
    elif isinstance(given, list) and given:
        values = given
    else:
        spans = ", or a span such as 2019..2024" if numbers else ", or 2023-10..2024-02" if axis == "month" else ""
        raise ValueError(f"found {shown(given)}; allowed: a list of values{spans}")
    if axis == "year":
        wrong = [value for value in values if type(value) is not int or not 1900 <= value <= 2199]
        if wrong:
            raise ValueError(f"found {shown(wrong[0])}; allowed: years such as 2024")
    if axis == "month":
        values = [f"{n // 12:04d}-{n % 12 + 1:02d}" for n in map(_month, values)]
    return _as_known(ONE_OF[axis], values, root) if axis in ONE_OF else values


def _whole_span(first: str, last: str) -> list[int]:
    if not (re.fullmatch(r"\d{1,9}", first) and re.fullmatch(r"\d{1,9}", last)):
        raise ValueError(f"found {first}..{last}; allowed: two whole numbers, such as 2019..2024")
    if not 0 <= int(last) - int(first) < MOST:
        raise ValueError(f"found {first}..{last}; allowed: the smaller first, and at most {MOST:,} values")
    return list(range(int(first), int(last) + 1))


def _month(value: Any) -> int:
    """A month as the number of months since the year 0."""
    found = re.fullmatch(r"(\d{4})-(\d{2})", str(value))
    if not found or not 1 <= int(found[2]) <= 12:
        raise ValueError(f"found {shown(value)}; allowed: months as YYYY-MM")
    return int(found[1]) * 12 + int(found[2]) - 1


def _as_known(parameter: str, values: list[Any], root: Path) -> list[Any]:
    """Names as the tables write them, where they differ in capitals only: iraq is Iraq."""
    known = study.known_names(tables.read(root / "data")).get(parameter, {})
    written = {name.casefold(): name for name in known}
    return [written.get(value.casefold(), value) if isinstance(value, str) else value for value in values]


def _parameters(chosen: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for axis, value in chosen.items():
        if axis == "year":
            found |= {"start": f"{value:04d}-01-01", "end": f"{value:04d}-12-31"}
        elif axis == "month":
            year, month = map(int, value.split("-"))
            found |= {"start": f"{value}-01", "end": f"{value}-{calendar.monthrange(year, month)[1]:02d}"}
        elif axis in ONE_OF:
            found[ONE_OF[axis]] = value if isinstance(value, list) else [value]
        else:
            found[axis] = value
    return found


def _title(given: Any, labels: Mapping[str, str]) -> Any:
    """The title with each ``{axis}`` filled in; one that names none, or the default, gets the values at its end."""
    title = Parameters.model_fields["title"].default if given is None else given
    if not isinstance(title, str):
        return title
    filled = re.sub(r"\{(\w+)\}", lambda found: labels.get(found[1], found[0]), title)
    return filled if filled != title else f"{title}: {', '.join(labels.values())}"


def _label(value: Any) -> str:
    return ", ".join(map(_label, value)) if isinstance(value, list) else str(value)


def _slug(label: str) -> str:
    return re.sub(r"[^\w]+", "-", label.casefold()).strip("-") or "none"


def write(planned: Sequence[Planned], root: Path) -> list[Planned]:
    """Write the YAML of each report that has none yet into ``reports/``; return all, with a fault where one is in the way.

    A file that an earlier batch wrote is renewed; one that somebody else wrote stays, and is a fault if it differs.
    """
    done = []
    for one in planned:
        path = root / "reports" / f"{one.name}.yaml"
        fault = one.fault
        if one.text is not None and not fault:
            there = path.read_text(encoding="utf-8") if path.is_file() else None
            if there is not None and there != one.text and not there.startswith(WRITTEN):
                fault = f"reports/{path.name}: there is another report of this name; rename the file of the batch"
            elif there != one.text:
                path.write_text(one.text, encoding="utf-8", newline="\n")
        done.append(Planned(one.name, one.text, fault))
    return done


def told(planned: Sequence[Planned]) -> str:
    """Return how many reports are planned, in words."""
    return plural(len(planned), "report")
