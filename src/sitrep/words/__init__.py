"""The fixed words of every page and table, one file a language, so that a translation is one more file.

``words/en.toml`` is complete and says what each group is for; another language may leave words out, which then stand in
English. Names in braces are filled in by the code that computes them (`sitrep.narrative`, `sitrep.charts`, …).
"""

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

#: The language whose file is complete.
COMPLETE = "en"

Words = Mapping[str, Any]


@lru_cache
def table(lang: str = COMPLETE) -> Words:
    """Return the words of *lang* ("en", "ar-IQ", …), by group; those that its file lacks are in English.

    Raises
    ------
    ValueError
        The file of *lang* names a word or a group that ``en.toml`` does not know, so nothing would ever show it.
    """
    short = lang.lower().split("-")[0]
    if lang == COMPLETE:
        return _read(COMPLETE)
    if short == COMPLETE or not _file(short).is_file():
        return table(COMPLETE)
    return _laid_over(_read(COMPLETE), _read(short), f"words/{short}.toml")


def said(group: str, of: str, what: str, /, **filled: object) -> str:
    """Return a fixed text by its place in the table, what stands in braces filled in."""
    return str(table()[group][of][what]).format(**filled)


def languages() -> list[str]:
    """Return the languages that there is a file for."""
    return sorted(
        path.name.removesuffix(".toml") for path in files(__package__).iterdir() if path.name.endswith("toml")
    )


def _laid_over(complete: Words, own: Words, where: str) -> dict[str, Any]:
    unknown = sorted(set(own) - set(complete))
    if unknown:
        raise ValueError(f"{where}: found {', '.join(unknown)}; allowed are {', '.join(complete)}")
    return {
        name: _laid_over(value, own[name], f"{where}: {name}")
        if isinstance(value, dict) and name in own
        else own.get(name, value)
        for name, value in complete.items()
    }


def _file(lang: str) -> Any:
    return files(__package__).joinpath(f"{lang}.toml")


def _read(lang: str) -> dict[str, Any]:
    return tomllib.loads(_file(lang).read_text(encoding="utf-8"))
