"""The one strict model of a report's parameters: the same in a YAML file, a notebook and on the command line."""

import reprlib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal, get_args, get_origin

from annotated_types import Ge, Le
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from rapidfuzz import process

from sitrep import strict_yaml

Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]


class ParameterError(ValueError):
    """One or more parameters are unknown, mistyped or out of range; the message lists all of them."""

    @classmethod
    def of(cls, where: str, faults: Sequence[str]) -> "ParameterError":
        """Return the error that tells *faults* of *where*: one in a line, several in a list."""
        if len(faults) == 1:
            return cls(f"{where}: {faults[0]}")
        return cls("\n  ".join([f"{where}: {len(faults)} faults:", *faults]))


class Parameters(BaseModel):
    """What a report shows and how it tests. Field order is the order of the notebooks' parameters cell."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    title: str = Field(
        "Attacks on US and coalition forces in Iraq, Syria and Jordan", description="title of the report"
    )
    start: Day = Field("2019-10-01", description="first day shown, YYYY-MM-DD")
    end: Day = Field("2026-03-31", description="last day shown, YYYY-MM-DD")
    scope: Literal["chronology", "seeds"] = Field(
        "chronology", description="which mentions count: the whole chronology, or only the articles in seeds/"
    )
    link: Literal["coder", "machine"] = Field(
        "coder", description="who decides which mentions describe one incident: the coder or the machine"
    )
    focus: str = Field(
        "",
        description="event id: list only incidents around its anniversaries (baseline days either side); empty for all",
    )
    countries: list[str] = Field(["Iraq", "Syria", "Jordan"], description="countries that count")
    targets: list[Literal["base", "diplomatic", "convoy", "other"]] = Field(
        ["base", "diplomatic"], description="kinds of target that count: base, diplomatic, convoy, other"
    )
    places: list[str] = Field([], description="site ids that count; empty for all")
    weapons: list[str] = Field([], description="weapons that count; empty for all")
    statuses: list[Literal["confirmed", "reported", "claimed_only", "contested", "denied"]] = Field(
        ["confirmed", "reported", "claimed_only", "contested"],
        description="statuses that count: confirmed, reported, claimed_only, contested, denied",
    )
    events: list[str] = Field(
        [
            "20200105-iraqi-parliament-vote",
            "20201103-us-election",
            "20210225-us-strike-syria",
            "20210627-us-strikes-iraq-syria",
            "20210726-us-iraq-end-combat-agreement",
            "20211010-iraq-election",
            "20211209-end-combat-mission",
            "20220402-ramadan",
            "20220429-quds-day",
            "20231007-hamas-attack",
            "20231017-campaign-start",
            "20231124-gaza-truce-span",
            "20240104-us-strike-baghdad-abu-taqwa",
            "20240125-hmc-agreed",
            "20240202-us-strikes-iraq-syria",
            "20240717-ashura",
            "20240825-arbaeen",
            "20240927-coalition-end-announced",
            "20241105-us-election",
            "20250613-twelve-day-war",
            "20260228-us-israel-war-on-iran",
        ],
        description="ids of the events examined beside 3 January",
    )
    own_events: str = Field(
        "",
        description="CSV or YAML file of your own dates, from the project's top folder; empty for none",
    )
    confirmatory: list[str] = Field(
        [
            "20201103-us-election",
            "20210726-us-iraq-end-combat-agreement",
            "20211010-iraq-election",
            "20211209-end-combat-mission",
            "20231007-hamas-attack",
            "20240125-hmc-agreed",
            "20240927-coalition-end-announced",
            "20241105-us-election",
        ],
        description="those of them named beforehand as headline tests; the others are exploratory",
    )
    anniversary: str = Field("20200103-soleimani", description="id of the event whose anniversaries are tested")
    window: int = Field(7, ge=1, le=90, description="days after an event, its own day included")
    baseline: int = Field(28, ge=1, le=365, description="days before an event that it is compared with")
    anniversary_window: int = Field(
        7, ge=1, le=90, description="days after an anniversary, its own day included, that count as after"
    )
    thin: Literal["missing", "zero"] = Field(
        "missing", description="days of thin coverage: missing (left out of rates and tests), or zero (as they stand)"
    )
    interval: Literal["bootstrap", "poisson"] = Field(
        "bootstrap", description="interval of a rate: block bootstrap (allows for clustering) or exact Poisson"
    )
    authority: str = Field(
        "Pentagon press secretary Ryder", description="the authority whose tallies stand beside our count"
    )
    draws: int = Field(1999, ge=99, le=99_999, description="random draws for intervals and envelopes")
    seed: int = Field(1, ge=0, description="seed of every random draw")
    audience: Literal["full", "briefing", "class"] = Field(
        "full", description="edition: full, briefing (two pages), or class (with exercises)"
    )
    data: str = Field("data", description="folder of the tables, from the project's top folder")

    @field_validator("start", "end")
    @classmethod
    def _is_a_day(cls, value: str) -> str:
        date.fromisoformat(value)
        return value

    @field_validator("title")
    @classmethod
    def _is_a_line(cls, value: str) -> str:
        if not value.strip() or not value.isprintable():
            raise ValueError("empty, or with line breaks")
        return value

    @field_validator("data")
    @classmethod
    def _is_inside(cls, value: str) -> str:
        path = PurePosixPath(value)
        if not path.parts or path.is_absolute() or ".." in path.parts or "\\" in value or not value.isprintable():
            raise ValueError("outside the project")
        return value

    @model_validator(mode="after")
    def _agree(self) -> "Parameters":
        faults = contradictions(dict(self))
        if faults:
            raise ValueError("; ".join(faults))
        return self


def contradictions(values: Mapping[str, Any]) -> list[str]:
    """Return what does not fit together in *values*, each of the right type; what is absent contradicts nothing."""
    faults = []
    if {"start", "end"} <= values.keys():
        start, end = values["start"], values["end"]
        if start > end:
            faults.append(f"start {start} is after end {end}; allowed: a start on or before the end")
        elif values.get("scope") == "chronology":
            days = (date.fromisoformat(end) - date.fromisoformat(start)).days + 1
            faults += [
                f"{name}: found {values[name]} days, but the period {start} to {end} has {days}; "
                f"allowed: at most {days}, or a longer period"
                for name in ("window", "anniversary_window")
                if values.get(name, 0) > days
            ]
    # a file of the user's own may hold the others: `study.load`, which reads it, checks them then
    if {"confirmatory", "events", "own_events"} <= values.keys() and not values["own_events"]:
        extra = sorted(set(values["confirmatory"]) - set(values["events"]))
        if extra:
            faults.append(f"confirmatory names events that are not among events: {', '.join(extra)}")
    for name, value in values.items():
        if isinstance(value, list):
            twice = sorted({part for part in value if value.count(part) > 1})
            if twice:
                faults.append(f"{name} names more than once: {', '.join(twice)}")
            if not value and name in ("countries", "targets", "statuses"):
                faults.append(f"{name} is empty, so that nothing would count; allowed: {allowed(name)}, at least one")
    return faults


#: Parameters whose values are names in a table of the data folder: which ones.
NAMES_IN_TABLES: Mapping[str, str] = {
    "countries": "countries of places.csv",
    "places": "site ids of places.csv",
    "weapons": "weapons of mentions.csv",
    "events": "event ids of events.csv",
    "confirmatory": "event ids among events",
    "anniversary": "an event id of events.csv, or nothing for no tests",
    "focus": "an event id of events.csv, or nothing",
    "authority": "an authority of tallies.csv",
}


def allowed(name: str) -> str:
    """Return in plain words what the parameter *name* may be."""
    item = Parameters.model_fields[name]
    if name in NAMES_IN_TABLES:
        return f"a list of {NAMES_IN_TABLES[name]}" if isinstance(item.default, list) else NAMES_IN_TABLES[name]
    if item.annotation is int:
        low = next((part.ge for part in item.metadata if isinstance(part, Ge)), None)
        high = next((part.le for part in item.metadata if isinstance(part, Le)), None)
        return f"a whole number from {low}{'' if high is None else f' to {high}'}{' on' if high is None else ''}"
    if name in ("start", "end"):
        return "a day as YYYY-MM-DD"
    if name == "own_events":
        return "a CSV or YAML file in the project, or nothing"
    if name == "data":
        return "a folder in the project, such as data"
    inner = get_args(item.annotation)
    if get_origin(item.annotation) is list:
        choices = get_args(inner[0])
        return f"a list of {', '.join(choices)}" if choices else "a list of texts"
    return " or ".join(inner) if inner else "text on one line"


def kind(name: str) -> str:
    """Return the type of the parameter *name* as the notebooks state it: str, int or list."""
    return type(Parameters.model_fields[name].default).__name__


def validate(
    values: Mapping[str, Any],
    where: str = "parameters",
    lines: Mapping[str, int] | None = None,
    root: Path | None = None,
) -> Parameters:
    """Return the parameters in *values*, or raise `ParameterError` with every fault at once.

    Each fault says which parameter, what was given and what is allowed; an unknown name comes with the nearest known.
    *lines* are the lines of a file on which the parameters stand. Where something is wrong and *root* lies in a project,
    its tables are asked too, so that a misspelt site is told together with a mistyped number; where nothing is wrong,
    `study.load` asks them.
    """
    try:
        return Parameters.model_validate(dict(values))
    except ValidationError as error:
        found = [(str(item["loc"][0]), _fault(item)) for item in error.errors() if item["loc"]]
    bad = {name for name, _ in found}
    defaults = {name: item.default for name, item in Parameters.model_fields.items()}
    right = {name: values.get(name, default) for name, default in defaults.items() if name not in bad}
    faults = [f"line {lines[name]}: {text}" if lines and name in lines else text for name, text in found]
    faults += contradictions(right)
    if root is not None:
        faults += _unknown_names(right, root)
    raise ParameterError.of(where, faults)


def _fault(item: Any) -> str:
    name = str(item["loc"][0])
    if item["type"] == "extra_forbidden":
        nearest = process.extractOne(name, list(Parameters.model_fields), score_cutoff=60)
        hint = f" (did you mean {nearest[0]}?)" if nearest else ""
        return f"unknown parameter {shown(name)}{hint}; allowed: {', '.join(Parameters.model_fields)}"
    return f"{name}: found {shown(item['input'])}; allowed: {allowed(name)}"


def shown(value: object) -> str:
    """Return *value* as it may stand in a message: its beginning only where it is long or deep."""
    brief = reprlib.Repr()
    brief.maxlevel, brief.maxstring, brief.maxother, brief.maxlong = 2, 80, 80, 80
    text = brief.repr(value)
    return text if len(text) <= 160 else f"{text[:157]}..."


def _unknown_names(right: Mapping[str, Any], root: Path) -> list[str]:
    """The names that the tables of the project around *root* do not hold; none where there are no such tables."""
    from sitrep import study, tables

    try:
        folder = study.find_root(root) / right.get("data", "data")
        return study.unknown_names(right, tables.read(folder)) if folder.is_dir() else []
    except (OSError, ValueError):  # that the tables are at fault is for the check of the tables to tell
        return []


def from_namespace(namespace: Mapping[str, Any]) -> Parameters:
    """Return the parameters that a notebook's parameters cell has set in *namespace* (its ``globals()``).

    Every public plain value is a parameter: one that we do not know (a misspelt ``papermill -p``) is an error instead
    of a silent default. Frames and other objects are what the notebook made when it ran before, and no parameters.
    """
    values = {
        name: value
        for name, value in namespace.items()
        if name in Parameters.model_fields
        or (not name.startswith("_") and name not in {"In", "Out"} and isinstance(value, PLAIN | None))
    }
    return validate(values, "notebook parameters", root=Path.cwd())


#: What a parameters cell can set: what papermill passes, and what YAML and JSON know.
PLAIN = str | int | float | list | tuple | set | dict | date


def read(path: Path) -> Parameters:
    """Return the parameters in a report's YAML file; what it does not set keeps its default."""
    try:
        document = strict_yaml.read(path)
    except strict_yaml.YamlError as error:
        raise ParameterError(str(error)) from None
    return validate(completed(document.values), str(path), document.lines, path.parent)


def completed(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return *values* with the default headline tests cut to the chosen events, where only those are given."""
    plain = dict(values)
    if "events" in plain and "confirmatory" not in plain and isinstance(plain["events"], list):
        default = Parameters.model_fields["confirmatory"].default
        plain["confirmatory"] = [event for event in default if event in plain["events"]]
    return plain


def cell() -> str:
    """Return the source of the notebooks' parameters cell: typed, with the meaning of each as a comment."""
    lines = [
        f"{name}: {kind(name)} = {_literal(item.default)}  # {item.description}"
        for name, item in Parameters.model_fields.items()
    ]
    return "\n".join(lines)


def _literal(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_literal(part) for part in value) + "]"
    return f'"{value}"' if isinstance(value, str) else repr(value)
