"""YAML without surprises: plain values only, no name twice, no anchors, and the line of every fault."""

import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

#: No file of parameters is longer; one that is was meant for something else.
LARGEST = 1_000_000


class YamlError(ValueError):
    """The file is not the plain YAML that is allowed here; the message names file, line and what was found."""


@dataclass(frozen=True)
class Document:
    """The top-level mapping of a file, and the line on which each of its names stands."""

    values: Mapping[str, Any]
    lines: Mapping[str, int]


class _Loader(yaml.SafeLoader):
    """Values as YAML 1.2 reads them: ``no`` and 2024-01-03 are text, 010 is ten; only the plain kinds of values."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()
            raise yaml.MarkedYAMLError(
                problem=f"found the alias *{event.anchor}; write the value out", problem_mark=event.start_mark
            )
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
        seen: dict[Hashable, int] = {}
        for key, _ in node.value:
            name = self.construct_object(key, deep=True)
            line = key.start_mark.line + 1
            if isinstance(name, Hashable) and name in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"found {name!r} a second time, first on line {seen[name]}; once is allowed",
                    problem_mark=key.start_mark,
                )
            if isinstance(name, Hashable):
                seen[name] = line
        return super().construct_mapping(node, deep=deep)

    def refuse(self, node: Any) -> None:
        raise yaml.MarkedYAMLError(
            problem=f"found the tag {node.tag}; plain text, numbers, lists and mappings are allowed",
            problem_mark=node.start_mark,
        )


_Loader.yaml_implicit_resolvers = {}
_PLAIN = ("null", "bool", "int", "float", "str", "seq", "map")
_Loader.yaml_constructors = {
    tag: construct
    for tag, construct in yaml.SafeLoader.yaml_constructors.items()
    if tag in {f"tag:yaml.org,2002:{kind}" for kind in _PLAIN}
} | {None: _Loader.refuse}
_Loader.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(str(node.value)))
_Loader.add_constructor("tag:yaml.org,2002:float", lambda loader, node: float(str(node.value)))


for kind, pattern, starts in (
    ("null", r"(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("bool", r"(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("int", r"[-+]?[0-9]+$", list("-+0123456789")),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*)(?:[eE][-+]?[0-9]+)?$", list("-+.0123456789")),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{kind}", re.compile(pattern), starts)


def read(path: Path) -> Document:
    """Return what the YAML mapping in *path* holds; an empty file holds nothing.

    Raises `YamlError` with file and line for what is no YAML, a name given twice, a tag, an anchor that is used, or
    something other than a mapping at the top; `OSError` where the file cannot be read.
    """
    if path.stat().st_size > LARGEST:
        raise YamlError(f"{path}: found {path.stat().st_size:,} bytes; a file of parameters has at most {LARGEST:,}")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise YamlError(f"{path}: not YAML: byte {error.start} is not UTF-8 text") from None
    return parse(text, str(path))


def parse(text: str, where: str) -> Document:
    """Return what the YAML mapping *text* holds, as `read` does; *where* names it in messages."""
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        values = None if node is None else loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f", line {mark.line + 1}" if mark else ""
        raise YamlError(f"{where}{line}: not YAML as allowed here: {error.problem or error.context}") from None
    except yaml.YAMLError as error:
        raise YamlError(f"{where}: not YAML: {' '.join(str(error).split())}") from None
    except (RecursionError, ValueError):  # nested beyond reason; a number of thousands of digits
        raise YamlError(f"{where}: not YAML as allowed here: nested too deeply or a number too long") from None
    if values is None:
        return Document({}, {})
    if not isinstance(values, dict):
        kind = {"list": "list", "str": "text", "int": "number", "float": "number"}.get(type(values).__name__, "value")
        raise YamlError(f"{where}: found a {kind}; lines of `name: value` are allowed")
    lines = {str(key.value): key.start_mark.line + 1 for key, _ in getattr(node, "value", ())}
    return Document({str(name): value for name, value in values.items()}, lines)
