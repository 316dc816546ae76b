"""Find and resolve place names: one exact alias table, one hierarchy of site, governorate and country.

Names are compared token by token on word boundaries, so "gaza" is never found inside "gazania". Tokens are folded
first: case, accents and doubled letters go, the spellings table unifies transliterations ("Irbil", "Arbil" = "Erbil"),
and Arabic loses its diacritics, tatweel, hamza carriers and attached prefixes. The longest name wins. Nothing is
matched by similarity: rapidfuzz only suggests names to a person (`Gazetteer.suggest`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from rapidfuzz import fuzz, process

from sitrep.phrases.lexicon import Remembered, Words

# Combining marks are not word characters to Python, but Arabic vowel signs and Latin accents sit inside words.
TOKEN = re.compile(r"\d+|(?:[^\W\d_]|[\u0300-\u036f\u064b-\u065f\u0670])+")
_SEPARATOR = re.compile(r"[\s\-‐‑–'’‘`ʿʾ.\"“”/\u200b-\u200f\u202a-\u202e\u2066-\u2069]{1,4}")
_MARKS = re.compile(r"[\u0300-\u036f\u064b-\u065f\u0670\u0640]")
_DOUBLED = re.compile(r"([a-z])\1+")
_ARABIC = re.compile(r"[\u0600-\u06ff]")
_ARABIC_LETTERS = str.maketrans(
    {"أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ة": "ه", "ؤ": "و", "ئ": "ي", "ک": "ك", "ی": "ي"}
)
_ARABIC_PREFIXES = ("وبال", "وال", "بال", "فال", "كال", "ول", "وب", "لل", "و", "ب", "ف", "ل")
# Assimilated forms of the Arabic article before "sun" letters: at-Tanf, ash-Shaddadi, ar-Rukban, an-Nasr.
_ASSIMILATED = {"t": "at", "sh": "ash", "s": "as", "r": "ar", "n": "an", "d": "ad", "z": "az"}
_BESIDE = re.compile(
    r"\b(?:near|nearby|outside|close to|next to|beside|vicinity of|outskirts of|north of|south of|east of|west of|"
    r"northeast of|northwest of|southeast of|southwest of|km from|قرب|بالقرب من|محيط)\W{1,3}(?:\w+\W{1,2}){0,3}$",
    re.IGNORECASE,
)
_AWAY = re.compile(r"\b(?:(?:north|south|east|west)\w* of|km from|kilomet\w+ from|miles from)\s+$", re.IGNORECASE)
LEXICON = Path("data/lexicon")


class PlaceSpan(NamedTuple):
    """A place name read in a text.

    `text[start:end] == surface`; `place_id` is a row of places.csv or, for a governorate, a country or an area outside
    the theatre, a row of regions.csv such as "syria/deir-ez-zor". `level` is one of site, district, admin1, country,
    elsewhere, generic (a kind of target, such as a convoy, rather than a place), likely (words such as "a base in Erbil",
    which mean this site unless the text names another).
    """

    start: int
    end: int
    place_id: str
    level: str
    surface: str


@dataclass(frozen=True, slots=True)
class _Name:
    """What a name stands for: nothing at all (`place_id` None, a blocked phrase) or a place."""

    place_id: str | None
    level: str
    cased: bool = False


@dataclass
class _Node:
    """A step in the tree of names: the next tokens and the name that ends here."""

    next: dict[str, _Node] = field(default_factory=dict)
    name: _Name | None = None


class Folder:
    """Fold words to the form in which names are compared; remembers what it folded."""

    def __init__(self, spellings: dict[str, str]) -> None:
        self._spellings = {_bare(k): tuple(_bare(w) for w in v.split()) for k, v in spellings.items()}
        self.seen = Remembered(self)

    def __call__(self, word: str) -> tuple[str, ...]:
        """Folded tokens of one word: usually one, two for "airbase" (air, base)."""
        parts = TOKEN.findall(word)
        if len(parts) > 1 and parts[-1] == "s":  # a possessive
            parts = parts[:-1]
        return tuple(token for part in parts for token in self._one(part))

    def _one(self, word: str) -> tuple[str, ...]:
        if len(word) > 4 and word[:2] in ("al", "Al", "el", "El") and word[2].isupper():
            return ("al", _bare(word[2:]))  # "alShaddadi", a lost hyphen
        bare = _bare(word)
        return self._spellings.get(bare, (bare,))


class Gazetteer:
    """Every name of every place, and which place lies in which."""

    def __init__(
        self, places: pd.DataFrame, regions: pd.DataFrame, phrases: pd.DataFrame, spellings: dict[str, str]
    ) -> None:
        self._fold = Folder(spellings)
        self._text, self._name = _Node(), _Node()
        self.levels: dict[str, str] = {}
        self.names: dict[str, str] = {}
        self.kinds: dict[str, str] = {}  # of sites: base, airport, embassy ...
        self._regions_of: dict[str, frozenset[str]] = {}
        self._area: dict[str, str] = {}
        self._stand_in: dict[str, str] = {}
        self.unsure: set[str] = set()  # towns and areas: an attack there need not be on a base
        self.airports: dict[str, str] = {}  # of each governorate, for "the airport in Erbil"
        self.areas: set[str] = set()  # districts that hold other sites, such as the Green Zone
        self._surfaces: dict[str, str] = {}
        self._add_regions(regions)
        self._add_places(places)
        self._add_phrases(phrases)

    @classmethod
    def from_frame(
        cls,
        places: pd.DataFrame,
        regions: pd.DataFrame | None = None,
        phrases: pd.DataFrame | None = None,
        spellings: pd.DataFrame | None = None,
    ) -> Gazetteer:
        """Build from places.csv and the lexicon's regions, place_phrases and spellings (data/lexicon if not given)."""
        spelling_frame = _lexicon("spellings.csv") if spellings is None else spellings
        return cls(
            places,
            _lexicon("regions.csv") if regions is None else regions,
            _lexicon("place_phrases.csv") if phrases is None else phrases,
            dict(zip(spelling_frame["variant"], spelling_frame["standard"], strict=True)),
        )

    # ---- reading -------------------------------------------------------------------------------------------------

    def find(self, text: str) -> list[PlaceSpan]:
        """Places named in running text, left to right, not overlapping, the longest name at each point."""
        return self._scan(self._split(text), self._text)

    def find_in(self, words: Words) -> list[PlaceSpan]:
        """The same of a sentence already divided into words; positions are those of its text."""
        return self._scan(self._folded(words.text, words.raws, words.starts, words.ends), self._text)

    def _split(self, text: str) -> _Tokens:
        matches = list(TOKEN.finditer(text))
        kept = [m for m in matches if m[0] != "s" or not m.start() or text[m.start() - 1] not in "'’"]
        return self._folded(text, [m[0] for m in kept], [m.start() for m in kept], [m.end() for m in kept])

    def resolve(self, name: str | float | None, regions: bool = False) -> str | None:
        """The place a short name stands for: the most specific site, else the stand-in of its region, else None.

        "Taiji base north of Baghdad" is camp-taji; "base in the Deir Ezzor region" is euphrates-base, the row of
        places.csv that stands for an unclear base there. With `regions=True` a name that reaches only a region gives
        the region's own id ("iraq/al-anbar") instead of a stand-in.
        """
        if not isinstance(name, str) or not name.strip():
            return None
        spans = [s for s in self._scan(self._split(name), self._name) if s.level != "elsewhere"]
        generic = [s for s in spans if s.level == "generic"]
        if generic:
            return generic[0].place_id
        if not spans:
            return None
        best = self.most_specific(spans, name)
        if best.level in ("site", "likely"):
            return best.place_id
        if away_from(name, best.start):  # "north of Baghdad" is not in Baghdad
            region = best.place_id.rpartition("/")[0]
            return (region or None) if regions else self.stand_in(region)
        return best.place_id if regions else self.stand_in(best.place_id)

    def most_specific(self, spans: list[PlaceSpan], text: str) -> PlaceSpan:
        """Of several places named together, the one meant: neither holding another of them nor only nearby."""
        inner = [
            s
            for s in spans
            if not any(o.place_id != s.place_id and self.contains(s.place_id, o.place_id) for o in spans)
        ]
        kept = inner or spans
        finest = min(_RANK[s.level] for s in kept)
        kept = [s for s in kept if _RANK[s.level] == finest]
        direct = [s for s in kept if not _BESIDE.search(text[max(0, s.start - 60) : s.start])]
        return (direct or kept)[0]

    def stand_in(self, region_id: str) -> str | None:
        """The row of places.csv used when only this region is known, looking outwards; None if there is none."""
        while region_id:
            if region_id in self._stand_in:
                return self._stand_in[region_id]
            region_id = region_id.rpartition("/")[0]
        return None

    def area_stand_in(self, place_id: str) -> str | None:
        """The row of places.csv for an attack told only by a region or a town: "Erbil" is the area, its site unclear."""
        if self.levels.get(place_id) != "site":
            return self.stand_in(place_id)
        area = self._area.get(place_id)
        return place_id if area is None else self._stand_in.get(area, place_id)

    def airport_of(self, place_id: str) -> str | None:
        """The airport of the governorate that a region or town is or lies in, if there is one in the table."""
        regions = self._regions_of.get(place_id, frozenset())
        return next((self.airports[r] for r in sorted(regions) if r in self.airports), None)

    def admin1_of(self, place_id: str) -> str | None:
        """The governorate in which a place lies."""
        regions = self._regions_of.get(place_id, frozenset())
        return next((r for r in sorted(regions) if self.levels.get(r) == "admin1"), None)

    def suggest(self, name: str, limit: int = 3) -> list[tuple[str, str, float]]:
        """Names that look like this one: (name, place_id, score 0..100). For a person to read; never used to decide."""
        found = process.extract(name, list(self._surfaces), scorer=fuzz.WRatio, limit=limit)
        return [(surface, self._surfaces[surface], float(score)) for surface, score, _ in found]

    # ---- hierarchy -----------------------------------------------------------------------------------------------

    def contains(self, outer: str, inner: str) -> bool:
        """Whether place or region `outer` holds `inner`; a stand-in (syria-unspecified) holds what its region holds."""
        area = self._area.get(outer)
        if area is None or outer == inner or area not in self._regions_of.get(inner, frozenset()):
            return False
        return outer == area or self._area.get(inner) != area

    def compatible(self, a: str | float | None, b: str | float | None) -> bool:
        """Whether two places may be one: the same, or one holds the other. An unknown place is compatible with any."""
        if not isinstance(a, str) or not isinstance(b, str):
            return True
        if a == b or self.contains(a, b) or self.contains(b, a):
            return True
        return a in self._area and self._area[a] == self._area.get(b)  # two stand-ins of one region

    def regions_of(self, place_id: str) -> frozenset[str]:
        """Ids of the regions that hold a place (its own area included)."""
        return self._regions_of.get(place_id, frozenset())

    # ---- building ------------------------------------------------------------------------------------------------

    def _add_regions(self, regions: pd.DataFrame) -> None:
        members: dict[str, set[str]] = {}
        for row in _rows(regions):
            region = row["region_id"]
            self.levels[region], self.names[region] = row["level"], row["name"]
            self._area[region] = region
            self._regions_of[region] = frozenset(_ancestors(region))
            for stand in _cells(row["stand_ins"]):
                self._area[stand] = region
                self._stand_in.setdefault(region, stand)
            for member in _cells(row["members"]):
                members.setdefault(member, set()).update(_ancestors(region))
            aliases = _cells(row["aliases"]) + ([row["name"]] if row["level"] != "district" else [])
            for alias in aliases:
                self._learn(alias, region, row["level"], (self._text, self._name))
        self._members = members

    def _add_places(self, places: pd.DataFrame) -> None:
        by_name = {(name, level): region for region, name in self.names.items() for level in [self.levels[region]]}
        for row in _rows(places):
            place = row["place_id"]
            self.levels[place], self.names[place], self.kinds[place] = "site", row["name"], row.get("kind", "")
            country = by_name.get((row["country"], "country"), "")
            admin1 = by_name.get((row["admin1"], "admin1"), "")
            held = set(_ancestors(admin1)) | set(_ancestors(country)) | self._members.get(place, set())
            if place in self._area:
                held.update(_ancestors(self._area[place]))
            self._regions_of[place] = frozenset(held)
            if row.get("kind") in _TOWNS:
                self.unsure.add(place)
            if row.get("kind") == "district":
                self.areas.add(place)
            if row.get("kind") == "airport" and admin1:
                self.airports.setdefault(admin1, place)
            if row.get("kind") == "unspecified":
                continue
            short = re.split(r"[,(]", row["name"])[0].strip()
            for alias in [short, *_cells(row["aliases"])]:
                self._learn(alias, place, "site", (self._text, self._name))

    def _add_phrases(self, phrases: pd.DataFrame) -> None:
        for row in _rows(phrases):
            place, use = row["place_id"] or None, row["use"]
            if use == "block":
                self._learn(row["phrase"], None, "site", (self._text, self._name))
            elif use == "name":
                self._learn(row["phrase"], None, "site", (self._text,))
                self._learn(row["phrase"], place, "site", (self._name,))
            else:
                level = use if use in ("generic", "likely") else "site"
                self._learn(row["phrase"], place, level, (self._text, self._name))

    def _learn(self, alias: str, place_id: str | None, level: str, trees: tuple[_Node, ...]) -> None:
        tokens = [t for word in TOKEN.findall(alias) for t in self._fold.seen[word]]
        if not tokens:
            return
        if place_id:
            self._surfaces.setdefault(alias, place_id)
        cased = alias.isascii() and alias.isupper() and alias.isalnum() and len(alias) <= 4
        name = _Name(place_id, level, cased)
        turned = _turned(tokens) if level == "site" and place_id else []
        for variant in [*turned, *_variants(tokens)]:
            for tree in trees:
                node = tree
                for token in variant:
                    node = node.next.setdefault(token, _Node())
                if variant not in turned or node.name is None:
                    node.name = name

    def _scan(self, tokens: _Tokens, tree: _Node) -> list[PlaceSpan]:
        text, folded, roots = tokens.text, tokens.folded, tree.next
        found: list[PlaceSpan] = []
        n, after = len(folded), 0
        for i in [i for i, token in enumerate(folded) if token in roots or not token.isascii()]:
            if i < after:
                continue
            node = roots.get(folded[i])
            if node is not None and node.name is None and (i + 1 == n or folded[i + 1] not in node.next):
                continue  # "the", and no name goes on so
            match = self._longest(tokens, i, tree)
            if match is None:
                continue
            name, last, start = match
            if name.level == "likely":  # "a base near Erbil" gives way to "Erbil International Airport"
                name, last, start = self._longer(tokens, i, last, tree) or match
            end = tokens.ends[last]
            if text[end - 2 : end] in _POSSESSIVES:
                end -= 2
            if name.place_id is not None:
                found.append(PlaceSpan(start, end, name.place_id, name.level, text[start:end]))
            after = last + 1
        return found

    def _longer(self, tokens: _Tokens, i: int, last: int, tree: _Node) -> tuple[_Name, int, int] | None:
        """A site's name that begins within a likely place's words and goes on beyond them."""
        for k in range(i + 1, last + 1):
            match = self._longest(tokens, k, tree)
            if match is not None and match[1] > last and match[0].level == "site":
                return match
        return None

    def _folded(self, text: str, raws: list[str], starts: list[int], ends: list[int]) -> _Tokens:
        """Folded tokens of words: one of "base", two of "airbase"; the "s" of a possessive is left out."""
        folded = list(map(self._fold.seen.__getitem__, raws))
        tokens = list(chain.from_iterable(folded))
        if len(tokens) == len(folded):
            return _Tokens(text, tokens, starts, ends)
        where = [k for k, f in enumerate(folded) for _ in f]
        return _Tokens(text, tokens, [starts[k] for k in where], [ends[k] for k in where])

    def _longest(self, tokens: _Tokens, i: int, tree: _Node) -> tuple[_Name, int, int] | None:
        text, folded, ends = tokens.text, tokens.folded, tokens.ends
        first, start = folded[i], tokens.starts[i]
        begins = [(first, start)]
        if first not in tree.next:
            begins = [(stem, start + cut) for stem, cut in _arabic_stems(first) if stem in tree.next]
        best: tuple[_Name, int, int] | None = None
        for token, begin in begins:
            node, j = tree.next.get(token), i
            while node is not None:
                if node.name is not None and (not node.name.cased or text[begin : ends[j]].isupper()):
                    best = (node.name, j, begin)
                j += 1
                node = node.next.get(folded[j]) if j < len(folded) else None
                if node is None or not _joined(text, ends[j - 1], tokens.starts[j]):
                    break
            if best:
                break
        return best


class _Tokens(NamedTuple):
    """Folded tokens and where in the text the word of each stands."""

    text: str
    folded: list[str]
    starts: list[int]
    ends: list[int]


_TOWNS = frozenset({"city", "area", "unspecified"})
_RANK = {"site": 0, "generic": 0, "likely": 1, "district": 2, "admin1": 3, "country": 4, "elsewhere": 5}


_POSSESSIVES = frozenset({"'s", "’s"})


def _joined(text: str, end: int, start: int) -> bool:
    """Whether two tokens may belong to one name: little between them, no comma, no new paragraph."""
    if end >= start:  # two tokens of one word, or "T22"
        return True
    gap = text[end:start]
    if gap in (" ", "-"):
        return True
    return len(gap) <= 4 and _SEPARATOR.fullmatch(gap) is not None and gap.count("\n") < 2


def _bare(word: str) -> str:
    """A word without case, accents, doubled Latin letters, Arabic vowel signs and hamza carriers."""
    if word.isascii():
        return _DOUBLED.sub(r"\1", word.lower())
    if _ARABIC.search(word):
        return _MARKS.sub("", word).translate(_ARABIC_LETTERS)
    plain = _MARKS.sub("", unicodedata.normalize("NFD", word.casefold()))
    return _DOUBLED.sub(r"\1", plain)


def _arabic_stems(token: str) -> Iterator[tuple[str, int]]:
    """An Arabic word without attached prefixes (و ب ل ف and the article after them), and how many characters went."""
    if not token or not "\u0600" <= token[0] <= "\u06ff":
        return
    for prefix in _ARABIC_PREFIXES:
        if token.startswith(prefix) and len(token) > len(prefix) + 2:
            rest = token[len(prefix) :]
            if prefix == "لل":
                yield "ال" + rest, 1
            elif prefix.endswith("ال"):
                yield "ال" + rest, len(prefix) - 2
            yield rest, len(prefix)


def _variants(tokens: list[str]) -> Iterator[list[str]]:
    """A name as given, with the article assimilated (at-Tanf) and with an inner article left out (Ain Asad)."""
    yield tokens
    for i, token in enumerate(tokens[:-1]):
        if token == "al":
            for letters, article in _ASSIMILATED.items():
                if tokens[i + 1].startswith(letters):
                    yield [*tokens[:i], article, *tokens[i + 1 :]]
            if i:
                yield [*tokens[:i], *tokens[i + 1 :]]


def _turned(tokens: list[str]) -> list[list[str]]:
    """A name said the other way round: "Balad air base" is "the air base of Balad", "the base at Balad"."""
    for kind in (["air", "base"], ["military", "base"], ["base"], ["camp"], ["garrison"]):
        rest = tokens[: -len(kind)]
        if rest and tokens[-len(kind) :] == kind and rest[-1] not in ("air", "military", "joint"):
            return [[*said, word, *rest] for said in (kind, kind[-1:]) for word in ("of", "at", "in")]
    return []


def away_from(text: str, start: int) -> bool:
    """Whether the place that starts here only gives a direction: "north of Baghdad", "60 km from Erbil"."""
    return _AWAY.search(text[max(0, start - 20) : start]) is not None


def _ancestors(region: str) -> Iterator[str]:
    while region:
        yield region
        region = region.rpartition("/")[0]


def _cells(value: str) -> list[str]:
    return [part.strip() for part in value.split("|") if part.strip()]


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return frame.astype(object).where(frame.notna(), "").to_dict("records")  # type: ignore[return-value]


def _lexicon(name: str) -> pd.DataFrame:
    path = LEXICON / name
    if not path.exists():
        raise FileNotFoundError(f"{path}: not found; run from the project's folder or pass the table")
    return pd.read_csv(path, dtype=str, keep_default_na=False)
