"""Tables of phrases (data/lexicon/*.csv) and the one scan that finds all of them in a sentence.

A table has the columns phrase, kind, value; a bar in `phrase` lists other wordings. Phrases are compared word by word,
in lower case and without possessive endings; at each point the longest phrase wins. The scan is linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

import pandas as pd

WORD = re.compile(r"(?:[A-Za-z]\.){2,}|\d+(?:[.,:]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)*")
PHRASE_TABLES = ("weapons", "attacks", "groups", "forces", "cues", "casualties", "calendar")
_COUNTRY = {"US", "U.S.", "USA", "U.S.A.", "U.S"}
DEFAULT_FOLDER = Path("data/lexicon")
V = TypeVar("V")


class Cue(NamedTuple):
    """A phrase found in a sentence: what it is (`kind`), what it stands for (`value`), words `i` up to `j`."""

    kind: str
    value: str
    i: int
    j: int


# First word, then second word ("" for a phrase of one word), to the phrases that begin so, the longest first.
# An entry is kind, value, and the words it covers: "fell on the base" holds "the base" as well.
Phrases = dict[str, dict[str, list[tuple[list[str], int, tuple[tuple[str, str, int, int], ...]]]]]


class Words:
    """The words of a sentence: where each starts and ends in the text, and its plain form."""

    __slots__ = ("ends", "figures", "lows", "raws", "starts", "text")

    def __init__(self, text: str, start: int, end: int) -> None:
        self.text = text
        starts: list[int] = []
        ends: list[int] = []
        raws: list[str] = []
        lows: list[str] = []
        at = start
        for chunk in text[start:end].split(" "):  # no word holds a blank
            for i, j, raw, low in _WORDS_OF[chunk]:
                starts.append(at + i)
                ends.append(at + j)
                raws.append(raw)
                lows.append(low)
            at += len(chunk) + 1
        self.starts, self.ends, self.raws, self.lows = starts, ends, raws, lows
        self.figures: list[int] = [i for i, low in enumerate(lows) if low < ":"]  # ":" follows "9"

    def __len__(self) -> int:
        return len(self.lows)

    def span(self, i: int, j: int) -> tuple[int, int]:
        """Characters covered by words `i` up to, not including, `j`."""
        return self.starts[i], self.ends[j - 1]


def vocabulary(words: str) -> frozenset[str]:
    """A set of words written as one line."""
    return frozenset(words.split())


def plain(word: str) -> str:
    """A word as tables write it: lower case, no full stops, no possessive; "US" the country is kept from "us"."""
    if word in _COUNTRY:
        return "usa"
    low = word.lower().replace("’", "'").replace(".", "") if not word[0].isdigit() else word
    return low[:-2] if low.endswith("'s") else low


class Remembered(dict[str, V], Generic[V]):
    """What a function gave for each word, as long as there is room; looked up by `[word]`, as fast as a plain dict."""

    def __init__(self, function: Callable[[str], V]) -> None:
        super().__init__()
        self._function = function

    def __missing__(self, word: str) -> V:
        value = self._function(word)
        if len(self) < 100_000 and len(word) < 64:
            self[word] = value
        return value


def _words_of(chunk: str) -> tuple[tuple[int, int, str, str], ...]:
    """The words between two blanks, mostly one: where each starts and ends, as written and in its plain form."""
    return tuple((m.start(), m.end(), m[0], plain(m[0])) for m in WORD.finditer(chunk))


_WORDS_OF = Remembered(_words_of)


@dataclass
class Lexicon:
    """All vocabularies of one language and theatre."""

    phrases: Phrases = field(default_factory=dict)
    numbers: dict[tuple[str, ...], tuple[int | None, int | None]] = field(default_factory=dict)
    number_starts: frozenset[str] = frozenset()
    bounds: dict[tuple[str, ...], str] = field(default_factory=dict)
    abbreviations: frozenset[str] = frozenset()
    languages: dict[str, frozenset[str]] = field(default_factory=dict)
    language: str = "en"

    @classmethod
    def read(cls, folder: Path = DEFAULT_FOLDER) -> Lexicon:
        """Read every table of a folder; a missing table or column is an error that names it."""
        found: dict[tuple[str, ...], list[tuple[str, str]]] = {}
        for name in PHRASE_TABLES:
            for row in _read(folder, name, ("phrase", "kind", "value")):
                for phrase in row["phrase"].split("|"):
                    entry = (row["kind"], row["value"])
                    entries = found.setdefault(_key(phrase), [])
                    if entry not in entries:
                        entries.append(entry)
        for key, entries in found.items():  # "fell short" is an outcome and, by its verb, an attack as well
            told = any(("hit", "") in found.get((word,), []) for word in key)
            if told and any(k == "outcome" for k, _ in entries) and ("hit", "") not in entries:
                entries.append(("hit", ""))
        _inherit(found)
        phrases: Phrases = {}
        for key in sorted(found, key=len, reverse=True):
            if key:
                second = key[1] if len(key) > 1 else ""
                whole = [(kind, value, 0, len(key)) for kind, value in found[key]]
                known = (list(key), len(key), (*whole, *_held(key, found)))
                phrases.setdefault(key[0], {"": []}).setdefault(second, []).append(known)
        numbers = {
            _key(row["phrase"]): (_whole(row["low"]), _whole(row["high"]))
            for row in _read(folder, "numbers", ("phrase", "low", "high"))
        }
        bounds = {_key(r["phrase"]): r["bound"] for r in _read(folder, "number_bounds", ("phrase", "bound"))}
        abbreviations = frozenset(r["phrase"] for r in _read(folder, "abbreviations", ("phrase",)))
        languages = {
            r["language"]: frozenset(r["words"].split()) for r in _read(folder, "languages", ("language", "words"))
        }
        return cls(phrases, numbers, frozenset(key[0] for key in numbers), bounds, abbreviations, languages)

    @cached_property
    def day_words(self) -> frozenset[str]:
        """First words of the names of weekdays and months: with one of them the head of an entry may begin."""
        return frozenset(
            first
            for first, beginnings in self.phrases.items()
            for known in beginnings.values()
            for _, _, entries in known
            for kind, *_ in entries
            if kind in ("weekday", "month")
        )

    def scan(self, words: Words) -> list[Cue]:
        """Every phrase of every table in a sentence, left to right, the longest at each point."""
        cues: list[Cue] = []
        lows, phrases = words.lows, self.phrases
        n, after = len(lows), 0
        new = tuple.__new__  # a quarter of the time of Cue(...), and this is the busiest line
        add = cues.append
        for i in [i for i, low in enumerate(lows) if low in phrases]:
            if i < after:
                continue
            beginning = phrases[lows[i]]
            if i + 1 < n and len(beginning) > 1 and lows[i + 1] in beginning:
                for key, length, entries in beginning[lows[i + 1]]:
                    if length < 3 or lows[i : i + length] == key:
                        after = i + length
                        for kind, value, a, b in entries:
                            add(new(Cue, (kind, value, i + a, i + b)))
                        break
            if after <= i:
                for _, _, entries in beginning[""]:
                    after = i + 1
                    for kind, value, _, _ in entries:
                        add(new(Cue, (kind, value, i, after)))
        return cues


def _inherit(found: dict[tuple[str, ...], list[tuple[str, str]]]) -> None:
    """Give "coalition soldiers" what its words are: forces by the first, people and persons by the last."""
    for key, entries in found.items():
        if len(key) < 2 or not any(kind in ("force", "people", "person") for kind, _ in entries):
            continue
        for word, kinds in ((key[:1], ("force",)), (key[-1:], ("people", "person"))):
            entries += [e for e in found.get(word, []) if e[0] in kinds and e[0] not in {k for k, _ in entries}]


def _held(key: tuple[str, ...], found: dict[tuple[str, ...], list[tuple[str, str]]]) -> list[tuple[str, str, int, int]]:
    """The target that ends a phrase of an outcome: "the base" of "fell on the base"."""
    if not any(kind == "outcome" for kind, _ in found[key]):
        return []
    for a in range(1, len(key)):
        held = [
            (kind, value, a, len(key)) for kind, value in found.get(key[a:], []) if kind in ("the_target", "target")
        ]
        if held:
            return held
    return []


def _key(phrase: str) -> tuple[str, ...]:
    return tuple("usa" if p == "us" else p for p in (plain(w) for w in WORD.findall(phrase)))


def _whole(cell: str) -> int | None:
    return int(cell) if cell else None


def _read(folder: Path, name: str, columns: tuple[str, ...]) -> list[dict[str, str]]:
    path = folder / f"{name}.csv"
    if not path.exists():
        raise FileNotFoundError(f"{path}: this table of the lexicon is missing")
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    missing = [c for c in columns if c not in frame.columns]
    if missing:
        raise ValueError(f"{path}: column {missing[0]!r} is missing; found {', '.join(frame.columns)}")
    return frame.to_dict("records")  # type: ignore[return-value]
