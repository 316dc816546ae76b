"""The one strict model of a report's parameters: the same in a YAML file, a notebook and on the command line."""

import re
import types
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from rapidfuzz import process

Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]


class ParameterError(ValueError):
    """One or more parameters are unknown, mistyped or out of range; the message lists all of them."""


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
            "20231007-hamas-attack",
            "20231017-campaign-start",
            "20231124-gaza-truce-span",
            "20240104-us-strike-baghdad-abu-taqwa",
            "20240125-hmc-agreed",
            "20240202-us-strikes-iraq-syria",
            "20240927-coalition-end-announced",
            "20241105-us-election",
            "20250613-twelve-day-war",
            "20260228-us-israel-war-on-iran",
        ],
        description="ids of the policy events examined beside 3 January",
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
    audience: Literal["full", "briefing"] = Field("full", description="edition: full, or briefing (two pages)")
    data: str = Field("data", description="folder of the tables, from the project's top folder")

    @field_validator("start", "end")
    @classmethod
    def _is_a_day(cls, value: str) -> str:
        date.fromisoformat(value)
        return value

    @model_validator(mode="after")
    def _agree(self) -> "Parameters":
        faults = []
        if self.start > self.end:
            faults.append(f"start {self.start} is after end {self.end}")
        # a file of the user's own may hold the others: `study.load`, which reads it, checks them then
        if not self.own_events and not set(self.confirmatory) <= set(self.events):
            extra = sorted(set(self.confirmatory) - set(self.events))
            faults.append(f"confirmatory names events that are not among events: {', '.join(extra)}")
        for name, value in self:
            if isinstance(value, list) and len(set(value)) < len(value):
                twice = sorted({part for part in value if value.count(part) > 1})
                faults.append(f"{name} names more than once: {', '.join(twice)}")
        for name in ("countries", "targets", "statuses"):
            if not getattr(self, name):
                faults.append(f"{name} is empty: nothing would count")
        if faults:
            raise ValueError("; ".join(faults))
        return self


def validate(values: Mapping[str, Any], where: str = "parameters") -> Parameters:
    """Return the parameters in *values*, or raise `ParameterError` with every fault at once.

    Each fault says which parameter, what was given and what is allowed; an unknown name comes with the nearest known.
    """
    try:
        return Parameters.model_validate(dict(values))
    except ValidationError as error:
        lines = [_fault(item) for item in error.errors()]
        raise ParameterError(f"{where}: " + "; ".join(lines)) from None


def _fault(item: Any) -> str:
    name = ".".join(str(part) for part in item["loc"])
    if item["type"] == "extra_forbidden":
        nearest = process.extractOne(name, list(Parameters.model_fields), score_cutoff=60)
        hint = f" (did you mean {nearest[0]}?)" if nearest else ""
        return f"unknown parameter {name!r}{hint}; known: {', '.join(Parameters.model_fields)}"
    message = item["msg"].removeprefix("Value error, ")
    return f"{name}: found {item['input']!r}; {message}" if name else message


def from_namespace(namespace: Mapping[str, Any]) -> Parameters:
    """Return the parameters that a notebook's parameters cell has set in *namespace* (its ``globals()``).

    Called first thing after the parameters cell, so that every public plain value is a parameter: one that we do not
    know (a misspelt ``papermill -p``) is an error instead of a silent default.
    """
    skip = {"In", "Out", "exit", "quit", "open"}
    values = {
        name: value
        for name, value in namespace.items()
        if not name.startswith("_")
        and name not in skip
        and not isinstance(value, types.ModuleType)
        and not callable(value)
    }
    return validate(values, "notebook parameters")


def read(path: Path) -> Parameters:
    """Return the parameters in a report's YAML file; what it does not set keeps its default."""
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, ValueError) as error:  # a day that does not exist is a ValueError
        raise ParameterError(f"{path}: not YAML: {error}") from None
    if values is None:
        values = {}
    if not isinstance(values, dict):
        raise ParameterError(f"{path}: found a {type(values).__name__}; a list of `parameter: value` lines is allowed")
    plain = {str(name): _unquote_days(value) for name, value in values.items()}
    if "events" in plain and "confirmatory" not in plain and isinstance(plain["events"], list):
        default = Parameters.model_fields["confirmatory"].default
        plain["confirmatory"] = [event for event in default if event in plain["events"]]
    return validate(plain, str(path))


def _unquote_days(value: Any) -> Any:
    """YAML reads an unquoted 2023-10-17 as a date; a parameter's day is text."""
    return value.isoformat() if type(value) is date else value


def cell() -> str:
    """Return the source of the notebooks' parameters cell: typed, with the meaning of each as a comment."""
    lines = []
    for name, item in Parameters.model_fields.items():
        kind = re.sub(r"[\[].*", "", getattr(item.annotation, "__name__", "str"))
        kind = {"Literal": "str", "Annotated": "str", "Day": "str"}.get(kind, kind)
        lines.append(f"{name}: {kind} = {_literal(item.default)}  # {item.description}")
    return "\n".join(lines)


def _literal(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_literal(part) for part in value) + "]"
    return f'"{value}"' if isinstance(value, str) else repr(value)
