"""Write a data folder's code book and its Frictionless package from the declarations in :mod:`sitrep.tables`.

`python -m sitrep.codebook [FOLDER]` renews `CODEBOOK.md` and `datapackage.json`. Both follow from the
declared tables, from the data themselves and from `ABOUT.md`, the prose that only a person can write; the
same inputs give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from pathlib import Path
from typing import Any

from sitrep import tables
from sitrep.check import RULES
from sitrep.tables import TABLES, WRITTEN, Column, Table, Tables

LICENCE = {
    "name": "CC-BY-4.0",
    "title": "Creative Commons Attribution 4.0 International",
    "path": "https://creativecommons.org/licenses/by/4.0/",
}
FRICTIONLESS_TYPES = {"text": "string", "date": "date", "count": "integer", "number": "number"}


def write_codebook(folder: Path) -> list[Path]:
    """Write CODEBOOK.md and datapackage.json into a data folder and tell which files were written.

    Raises :class:`sitrep.tables.TableError` if a table cannot be read, FileNotFoundError without ABOUT.md.
    """
    folder = Path(folder)
    written = []
    for name, text in (("CODEBOOK.md", codebook(folder)), ("datapackage.json", datapackage(folder))):
        path = folder / name
        path.write_text(text, encoding="utf-8", newline="\n")
        written.append(path)
    return written


# --- the code book ------------------------------------------------------------------------------------


def codebook(folder: Path) -> str:
    """The code book as Markdown: the prose of ABOUT.md, figures of the data, every column, the checks."""
    data = tables.read(folder)
    parts = [
        (folder / "ABOUT.md").read_text(encoding="utf-8").strip(),
        figures(data),
        "# The tables\n\nAll are CSV in UTF-8 with a header line; the empty cell, and only it, is missing. "
        "A column marked *several* may hold several values with a bar between them.",
        *(section(table, len(getattr(data, table.name))) for table in TABLES),
        checks(),
        "*Written by `python -m sitrep.codebook` from `ABOUT.md`, the tables and their declaration in "
        "`src/sitrep/tables.py`. Change those, not this page.*",
    ]
    return "\n\n".join(parts) + "\n"


def figures(data: Tables) -> str:
    """How much the tables hold, computed from them."""
    mentions, sources = data.mentions, data.sources
    days = tables.typed(mentions["incident_id"].str.replace(r"^(....)(..)(..)-.*$", r"\1-\2-\3", regex=True), "date")
    outside = int(((days < mentions["date_start"]) | (days > mentions["date_end"])).sum())
    stances = mentions["stance"].value_counts()
    lines = [
        f"{len(mentions):,} mentions of {mentions['incident_id'].nunique():,} incidents, "
        f"{days.min():%Y-%m-%d} to {days.max():%Y-%m-%d}, in {mentions['source_id'].nunique():,} sources.",
        f"{len(sources):,} sources of {sources['publisher'].nunique():,} publishers in "
        f"{sources['language'].nunique()} languages; those without a mention carry tallies or events.",
        f"By stance: {', '.join(f'{count:,} {stance}' for stance, count in stances.items())}.",
        f"{int((mentions['date_prec'] == 1).sum()):,} mentions are dated to the day.",
        f"{outside} mentions have an interval that leaves out the day in their incident's id.",
        f"{len(data.events):,} events and {len(data.tallies):,} tallies.",
    ]
    return "## Figures\n\n" + "\n".join(f"- {line}" for line in lines)


def section(table: Table, rows: int) -> str:
    """One table of the code book: what it holds, its key, its columns."""
    key = f" Key: `{table.key}`." if table.key else ""
    optional = " May be absent." if table.optional else ""
    head = f"## {table.file}\n\n{table.meaning} {rows:,} row{'' if rows == 1 else 's'}.{key}{optional}"
    lines = ["| column | holds | empty | meaning |", "|---|---|---|---|"]
    for column in table.columns:
        empty = "no" if column.required else "yes"
        lines.append(f"| `{column.name}` | {holds(column)} | {empty} | {escaped(column.meaning)} |")
    return head + "\n\n" + "\n".join(lines)


def holds(column: Column) -> str:
    """What a cell may hold, in words."""
    if column.allowed:
        words = ", ".join(f"`{value}`" for value in column.allowed)
    elif column.refers:
        words = f"a value of `{column.refers}`"
    elif column.form:
        words = escaped(column.form[1])
    else:
        words = WRITTEN[column.kind][1]
    return f"*several:* {words}" if column.many else words


def checks() -> str:
    """What the checks look for beside single cells, in the first words of each rule."""
    rules = "\n".join(f"- {(rule.__doc__ or '').splitlines()[0]}" for rule in RULES)
    return (
        "# What is checked\n\n`sitrep check` reads every cell as text and reports each fault with file, line, "
        "column, what was found and what is allowed: files that are missing or not UTF-8, headers and rows of "
        "another shape, empty cells that must not be, repeated keys, values of another type or not allowed; "
        f"and\n\n{rules}"
    )


def escaped(text: str) -> str:
    """Text for a cell of a Markdown table."""
    return text.replace("|", r"\|")


# --- the Frictionless package -------------------------------------------------------------------------


def datapackage(folder: Path) -> str:
    """The Frictionless Data Package (specification version 1) of a data folder, as JSON."""
    title, description = title_and_description((folder / "ABOUT.md").read_text(encoding="utf-8"))
    package = {
        "profile": "tabular-data-package",
        "name": re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-"),
        "title": title,
        "description": description,
        "licenses": [LICENCE],
        "sources": [{"title": "Public pages, each a row of sources.csv with its address", "path": "sources.csv"}],
        "resources": [resource(table, folder / table.file) for table in TABLES if (folder / table.file).exists()],
    }
    return json.dumps(package, ensure_ascii=False, indent=2) + "\n"


def title_and_description(about: str) -> tuple[str, str]:
    """The first heading of a Markdown text and the paragraph under it."""
    match = re.match(r"# (.+)\n\n((?:.+\n?)+)", about)
    if match is None:
        raise ValueError("ABOUT.md must begin with a heading and a paragraph under it")
    return match[1].strip(), " ".join(match[2].split())


def resource(table: Table, path: Path) -> dict[str, Any]:
    """One table as a Frictionless resource, with the size and hash of its file."""
    content = path.read_bytes()
    layout: dict[str, Any] = {"fields": [field(column, table) for column in table.columns], "missingValues": [""]}
    if table.key:
        layout["primaryKey"] = table.key
    references = [
        {"fields": column.name, "reference": {"resource": target, "fields": key}}
        for column in table.columns
        for target, _, key in [column.refers.partition(".")]
        if target
    ]
    if references:
        layout["foreignKeys"] = references
    return {
        "profile": "tabular-data-resource",
        "name": table.name,
        "path": table.file,
        "description": table.meaning,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "dialect": {"delimiter": ",", "quoteChar": '"', "doubleQuote": True, "lineTerminator": "\n", "header": True},
        "bytes": len(content),
        "hash": f"sha256:{hashlib.sha256(content).hexdigest()}",
        "schema": layout,
    }


def field(column: Column, table: Table) -> dict[str, Any]:
    """One column as a Frictionless field with the constraints that the specification can express."""
    constraints: dict[str, Any] = {}
    if column.required:
        constraints["required"] = True
    if column.name == table.key:
        constraints["unique"] = True
    if column.allowed and column.many:
        one = "|".join(re.escape(value) for value in column.allowed)
        constraints["pattern"] = rf"({one})(\|({one}))*"
    elif column.allowed:
        constraints["enum"] = [int(v) for v in column.allowed] if column.kind == "count" else list(column.allowed)
    elif column.form:
        constraints["pattern"] = column.form[0]
    elif column.kind == "count":
        constraints["minimum"] = 0
    described: dict[str, Any] = {"name": column.name, "type": FRICTIONLESS_TYPES[column.kind]}
    if column.kind == "date":
        described["format"] = "default"
    described["description"] = column.meaning
    if constraints:
        described["constraints"] = constraints
    return described


if __name__ == "__main__":
    for file in write_codebook(Path(sys.argv[1] if len(sys.argv) > 1 else "data")):
        print(file)
