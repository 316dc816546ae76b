"""What a report's parameters are, for people and editors: a table, a JSON Schema, and a commented YAML to start from."""

import json
import re
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from sitrep import study, tables
from sitrep.names import checked_name
from sitrep.parameters import ParameterError, Parameters, allowed, kind

#: Where editors find the schema, from a report's YAML.
SCHEMA = "schema.json"
FIRST_LINE = f"# yaml-language-server: $schema={SCHEMA}"
WIDTH = 120


def table(width: int = WIDTH) -> str:
    """Return the parameters as a table in text: name, type, default, allowed, meaning; cells wrap within *width*."""
    rows = [
        (name, kind(name), brief(item.default), allowed(name), str(item.description))
        for name, item in Parameters.model_fields.items()
    ]
    heads = ("name", "type", "default", "allowed", "meaning")
    fixed = [max(len(row[i]) for row in [heads, *rows]) for i in (0, 1)]
    free = max(width - sum(fixed) - 8, 45)
    widths = [*fixed, free * 28 // 100, free * 34 // 100, free * 38 // 100]
    lines = [_row(heads, widths), "  ".join("-" * w for w in widths)]
    return "\n".join([*lines, *(_row(row, widths) for row in rows)])


def _row(cells: tuple[str, ...], widths: list[int]) -> str:
    wrapped = [
        textwrap.wrap(cell, width, break_on_hyphens=False) or [""] for cell, width in zip(cells, widths, strict=True)
    ]
    height = max(map(len, wrapped))
    lines = [
        "  ".join((part[i] if i < len(part) else "").ljust(w) for part, w in zip(wrapped, widths, strict=True)).rstrip()
        for i in range(height)
    ]
    return "\n".join(lines)


def brief(value: Any) -> str:
    """Return a default as a reader wants it in a table: short lists in full, long ones by their length."""
    if isinstance(value, list):
        return ", ".join(value) if 0 < len(value) <= 4 else f"{len(value)} named" if value else "none"
    return str(value) if value != "" else "empty"


def schema(data: Path) -> str:
    """Return the JSON Schema of a report's YAML, by which editors complete and check it.

    Names that the tables in *data* hold are offered, and others allowed, for a report may use other tables.
    """
    known = study.known_names(tables.read(data))
    made = Parameters.model_json_schema()
    properties = {name: _property(name, made["properties"][name], known.get(name)) for name in Parameters.model_fields}
    whole = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A report of sitrep",
        "description": "What a report shows and how it tests; what is not set keeps its default.",
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
    }
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def _property(name: str, made: Mapping[str, Any], known: Mapping[str, str] | None) -> dict[str, Any]:
    item = Parameters.model_fields[name]
    kept = {key: value for key, value in made.items() if key not in ("title", "description", "default")}
    told = {"description": f"{item.description}. Allowed: {allowed(name)}.", "default": item.default}
    if known:
        names = {"anyOf": [{"enum": sorted(known)}, {"type": "string"}]}
        kept = kept | {"items": names} if isinstance(item.default, list) else names
    if isinstance(item.default, list):
        kept["uniqueItems"] = True
    return told | kept


def new(name: str, root: Path | None = None) -> Path:
    """Write ``reports/NAME.yaml`` with every parameter, its meaning and its default, and return its path.

    Raises `ParameterError` where there is such a report already, or for a name that is no plain file name.
    """
    reports = study.find_root(root) / "reports"
    path = reports / f"{checked_name(name)}.yaml"
    reports.mkdir(exist_ok=True)
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(template(name))
    except FileExistsError:
        raise ParameterError(
            f"reports/{path.name}: there is such a report already; choose another name, or remove it first"
        ) from None
    return path


def template(name: str) -> str:
    """Return a report's YAML that changes nothing but its title: each parameter as a comment, to be uncommented."""
    title = " ".join(re.split(r"[-_.]+", name)).strip().capitalize() or name
    lines = [
        FIRST_LINE,
        f"# Render with: sitrep render {name}",
        "# Lines such as `#window: 7` show a default. To change one, take away its `#` and write your value.",
        "",
        *_comment("title"),
        f"title: {_yaml(title)}",
    ]
    for field, item in Parameters.model_fields.items():
        if field != "title":
            lines += ["", *_comment(field), *_default(field, item.default)]
    return "\n".join(lines) + "\n"


def _comment(field: str) -> list[str]:
    told = f"{Parameters.model_fields[field].description}. Allowed: {allowed(field)}."
    return [f"# {line}" for line in textwrap.wrap(told, WIDTH - 2, break_on_hyphens=False)]


def _default(field: str, value: Any) -> list[str]:
    if isinstance(value, list) and len(value) > 5:
        return [f"#{field}:", *(f"#  - {_yaml(part)}" for part in value)]
    return [f"#{field}: {_yaml(value)}"]


def _yaml(value: Any) -> str:
    """A value as YAML on one line; a day stands bare, for it is text here."""
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        return value
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10_000)
    return text.removesuffix("\n").removesuffix("\n...")
