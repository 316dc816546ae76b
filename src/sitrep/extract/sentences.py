"""Divide an article's body into sentences and clauses and find every cue in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from sitrep.articles import Article
from sitrep.phrases import Cue, DatePhrase, Lexicon, Number, Words, find_dates, find_numbers
from sitrep.places import Gazetteer, PlaceSpan

_STOP = re.compile(r"[.!?…]+[\"'”’)\]]*\s+|\n\s*\n")
_DATELINE = re.compile(
    r"\s{0,4}(?:\([^)\n]{1,40}\)\s?)?(?:[A-Z][\w.’'-]{0,20}[,/ ]{0,2}){1,5}(?:\d{1,2}(?:, ?\d{4}| \w{3,9}\.?(?: \d{4})?)?[,/ ]{0,2})?"
    r"(?:\([^)\n]{1,40}\)\s?){0,2}\s?[–—-]{1,2}\s"
)
_DATED_LINE = re.compile(
    r"\s{0,4}\d{1,2}\s\w{3,9}\s20\d{2};\s\w{2,12}:\s|"
    r"\s{0,4}[A-Z][^()\n]{0,40}?(?:\([^)\n]{1,80}\b20\d{2}\)\s|\d{1,2}(?:st|nd|rd|th)?\s\w{3,9},?\s20\d{2}\s?[:–—-]\s)"
)
_ENTRY = re.compile(r"[\s•·*–—\-▪►>\[(]{0,6}(?=(\w{1,12}))")
_STAMP = re.compile(r"\d{1,2}[:.]\d{2}(?:\s?[apAP]\.?[mM]\.?)?(?:\s[A-Z]{2,4})?\s?[-–—:|]\s?")
_ENTRY_END = re.compile(r"[\])]?(?:\.?\s{0,2}[–—:|\n]|\.?\s{1,2}-\s|\.\s|\.?\s*$)")
_LAST_WORD = re.compile(r"([\w.'’-]{1,15})$")
_OPENERS = "\"'“‘([—–-•"
LONGEST = (
    1200  # characters; a longer "sentence" is cut at a space, so that no input makes the work grow faster than itself
)

# What tells of an attack, or of something that must not be taken for one.
TRIGGERS = frozenset({"attack_one", "attack_many", "attack_weak", "hit", "launch", "stop", "blast_one", "blast_many"})
_HEADS = TRIGGERS | {"own_strike", "own_weak"}
_WEAPONS = ("weapon_one", "weapon_many", "weapon_mass")
_WORTH = _HEADS | {
    "hurt",
    "none_hurt",
    "outcome",
    "denial",
    "deny",
    "claim",
    "defence",
    "launcher",
    "toward",
    *_WEAPONS,
}
_DAYS = frozenset({"weekday", "day", "day_late", "day_morning", "month", "fixed"})
_OPENING = frozenset({"after", "following", "as", "when", "while", "before", "hours", "days"})
_NO_ATTACK = ("launcher", "found", "own_strike", "own_weak", "drill", "other_weapon")
_DATED = frozenset({"day", "range", "same_day"})
_THE = frozenset({"the", "these", "those", "their", "its", "all", "other"})
_DEFUSING = frozenset({"defused", "defuse", "defusing", "dismantled", "dismantling"})
_SENT = frozenset({"sent", "dispatched"})
_BEFORE_COMMA = frozenset({"with", "and", "but", "while", "as", "which", "who", "then"})


@dataclass(slots=True)
class Sentence:
    """A sentence with all that was found in it. Positions in words; `start` and `end` in characters of the text."""

    start: int
    end: int
    words: Words
    cues: list[Cue]
    numbers: list[Number]
    dates: list[DatePhrase]
    places: list[PlaceSpan]
    paragraph: int
    post: bool = False
    entry: DatePhrase | None = None  # the day or hour that heads the entry this sentence begins
    clauses: list[Clause] = field(default_factory=list)


@dataclass(slots=True)
class Clause:
    """Words `i` to `j` of a sentence, its cues by kind, and the days it counts from the clause before (None: none)."""

    i: int
    j: int
    cues: dict[str, list[Cue]]
    dates: list[DatePhrase]
    places: list[PlaceSpan]
    after: DatePhrase | None = None
    _triggers: list[Cue] | None = None

    def has(self, *kinds: str) -> bool:
        """Whether any cue of these kinds is in the clause."""
        cues = self.cues
        for kind in kinds:  # noqa: SIM110 (asked hundreds of times an article)
            if kind in cues:
                return True
        return False

    def get(self, *kinds: str) -> list[Cue]:
        """Cues of these kinds, left to right."""
        cues = self.cues
        found: list[Cue] = []
        several = False
        for kind in kinds:
            if kind in cues:
                several = bool(found)
                found = found + cues[kind] if several else cues[kind]
        return sorted(found, key=_position) if several else found

    def triggers(self) -> list[Cue]:
        """Words that tell of an attack."""
        if self._triggers is None:
            self._triggers = self.get(*TRIGGERS) or self._killing()
        return self._triggers

    def _killing(self) -> list[Cue]:
        """ "A drone killed three soldiers": the weapon's deed is the only verb."""
        if any(p.level in ("site", "likely") for p in self.places):  # "the drone attack on X left three hurt"
            attacks = [c for c in self.get("definite") if c.value != "weapon" or self.has("none_hurt", "hurt")]
            if attacks and not (self.has("defence") and any(c.j == attacks[0].i for c in self.get("split"))):
                return attacks[:1]
        if "weapon_mass" in self.cues and any(p.level == "site" for p in self.places):
            return self.cues["weapon_mass"][:1]  # "heavy rocket fire on X"
        weapons = self.get("weapon_one", "weapon_many")
        if weapons and any(p.level == "site" for p in self.places):
            towards = [c for c in self.get("toward") if c.i > weapons[0].i]
            if towards:
                return towards[:1]  # "two drones approached X"
        elif weapons and self.has("the_target", "target") and "toward" in self.cues:
            return [c for c in self.cues["toward"] if c.i > weapons[0].i][
                :1
            ]  # "flew towards a compound at the airport"
        hurt = [c for c in self.get("hurt", "harm") if weapons and 0 <= c.i - weapons[0].j <= 3][:1]
        return hurt or self._weapon_at_site()

    def _weapon_at_site(self) -> list[Cue]:
        """ "A drone was used against the troops at X on Monday": weapon, site and day tell of an attack in any words."""
        weapons = self.get("weapon_one", "weapon_many")
        owned = [w for w in weapons for d in self.dates if d.own and 0 <= w.i - d.j <= 1]
        if owned and any(p.level in ("site", "likely") for p in self.places):
            return owned[:1]  # "a commission will look into Sunday's rockets on X"
        threat = weapons and any(c.i < weapons[0].i for c in self.get("threat", "hypothetical"))
        if (
            not weapons
            or threat
            or self.has(*_NO_ATTACK)
            or not any(d.kind in _DATED and not d.since for d in self.dates)
        ):
            return []
        return weapons[:1] if any(p.level in ("site", "likely") for p in self.places) else []


def _position(cue: Cue) -> int:
    return cue.i


def sentences(article: Article, gazetteer: Gazetteer, lexicon: Lexicon) -> Iterator[Sentence]:
    """Sentences of the body (and posts embedded in it), in order, with their cues."""
    text = article.text
    entry: DatePhrase | None = None
    told = False
    for number, block in enumerate(article.blocks):
        if block.kind in ("heading", "date_line") and told:
            entry = entry_head(text, block.start, block.end, article.published, lexicon)[0] or entry
        if block.kind not in ("body", "embedded_post"):
            continue
        begin = block.start
        if block.kind == "body":
            told = True
            head, begin = entry_head(text, block.start, block.end, article.published, lexicon)
            entry = head or entry
            opening = None
            if head is None:
                opening = _DATELINE.match(text, begin, min(block.end, begin + 90))
                opening = opening or _DATED_LINE.match(text, begin, min(block.end, begin + 140))
            begin = opening.end() if opening else begin  # "ERBIL (Kurdistan 24) -" is where it was written
        for start, end in split(text, begin, block.end, lexicon.abbreviations):
            sentence = analyse(text, start, end, number, article.published, gazetteer, lexicon, block.kind != "body")
            if entry is not None and not sentence.post:
                sentence.entry, entry = entry, None
            yield sentence


def headlines(article: Article, gazetteer: Gazetteer, lexicon: Lexicon) -> Iterator[Sentence]:
    """The lines that head the story: before its first paragraph, long enough to say something."""
    for number, block in enumerate(article.blocks):
        if block.kind == "body":
            return
        if block.kind in ("title", "heading") and article.text.count(" ", block.start, block.end) >= 3:
            for start, end in split(article.text, block.start, block.end, lexicon.abbreviations):
                yield analyse(article.text, start, end, number, article.published, gazetteer, lexicon)


def entry_head(
    text: str, start: int, end: int, published: date | None, lexicon: Lexicon
) -> tuple[DatePhrase | None, int]:
    """The day or hour that heads an entry of a round-up or live blog ("• Friday, Nov. 10 –", "23:48 -"), and its end."""
    opening = _ENTRY.match(text, start, end)
    if opening is None:
        return None, start
    first = opening.group(1)
    if not first[0].isdigit():
        if first.lower() not in lexicon.day_words:
            return None, start
    elif (stamp := _STAMP.match(text, opening.end(), end)) is not None:
        return DatePhrase(0, 1, "time", rule="time.clock"), stamp.end()
    words = Words(text, opening.end(), min(end, opening.end() + 48))
    phrases = find_dates(words, lexicon.scan(words), published)
    if not phrases or phrases[0].i != 0:
        return None, start
    phrase = phrases[0]
    close = _ENTRY_END.match(text, words.ends[phrase.j - 1], end)
    if close is None or not (phrase.kind in ("day", "range") or phrase.rule == "time.clock"):
        return None, start
    return phrase, close.end()


def split(text: str, start: int, end: int, abbreviations: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Character ranges of sentences; a full stop after "Gen." or before a small letter ends none."""
    begin = start
    for match in _STOP.finditer(text, start, end):
        stop = match.end()
        if stop >= end:
            break
        if match.group()[0] == "." and not _ends(text, match.start(), stop, abbreviations):
            continue
        yield from _cut(text, begin, stop)
        begin = stop
    if begin < end and not text[begin:end].isspace():
        yield from _cut(text, begin, end)


def _ends(text: str, dot: int, following: int, abbreviations: frozenset[str]) -> bool:
    next_char = text[following]
    if next_char.islower():
        return False
    last = _LAST_WORD.search(text, max(0, dot - 15), dot)
    if last is None:
        return True
    word = last.group().casefold()
    if word in ("u.s", "u.k", "u.n", "a.m", "p.m"):
        # "2 a.m. The base" ends a sentence; "U.S. Central Command" does not
        return word[0] in "ap" and next_char.isupper()
    return not (word in abbreviations or (len(word) == 1 and word.isalpha()))


def _cut(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while end - start > LONGEST:
        space = text.rfind(" ", start + LONGEST // 2, start + LONGEST)
        middle = space + 1 if space > 0 else start + LONGEST
        yield start, middle
        start = middle
    while start < end and (text[start].isspace() or text[start] in _OPENERS):
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if end > start:
        yield start, end


def analyse(
    text: str,
    start: int,
    end: int,
    paragraph: int,
    published: date | None,
    gazetteer: Gazetteer,
    lexicon: Lexicon,
    post: bool = False,
) -> Sentence:
    """Find cues, numbers, dates and places of one sentence and divide it into clauses."""
    words = Words(text, start, end)
    cues = lexicon.scan(words)
    kinds = {c.kind for c in cues}
    if "hit" in kinds and "targets" in words.lows:
        cues = [c for c in cues if not (words.lows[c.i] == "targets" and c.i and words.lows[c.i - 1] in _THE)]
        kinds = {c.kind for c in cues}
    if "weapon_many" in kinds and "target" in words.lows:  # "two drones target X"
        ends = {c.j for c in cues if c.kind == "weapon_many"}
        verbs = [Cue("hit", "", k, k + 1) for k in ends if words.lows[k : k + 1] == ["target"]]
        cues = sorted([*cues, *verbs], key=_position) if verbs else cues
        kinds = {c.kind for c in cues}
    if "hypothetical" in kinds or "launch" in kinds:
        cues = [c for c in cues if not (c.kind == "hypothetical" and text[words.starts[c.i]] == "M")]
        cues = [c for c in cues if c.kind != "launch" or _launches(c, cues, words)]
        kinds = {c.kind for c in cues}
    if "stop" in kinds and not _DEFUSING.isdisjoint(words.lows):  # a charge laid for somebody, not a rocket left over
        charge = any(c.value == "ied" for c in cues)
        cues = [c for c in cues if charge or words.lows[c.i] not in _DEFUSING]
        kinds = {c.kind for c in cues}
    worth = not kinds.isdisjoint(_WORTH) or ("definite" in kinds and not kinds.isdisjoint(_DAYS))
    places = gazetteer.find_in(words)
    if places and "group" in kinds:  # "... Resistance in Iraq"
        groups = [words.span(c.i, c.j) for c in cues if c.kind == "group"]
        places = [p for p in places if not any(a <= p.start and p.end <= b for a, b in groups)]
    numbers = find_numbers(words, lexicon) if worth else []
    dates = find_dates(words, cues, published) if worth else []
    sentence = Sentence(start, end, words, cues, numbers, dates, places, paragraph, post)
    sentence.clauses = list(_clauses(sentence)) if worth else []
    return sentence


def _launches(launch: Cue, cues: list[Cue], words: Words) -> bool:
    """Whether a weapon or an attack is launched, rather than a search or an inquiry."""
    if words.lows[launch.j - 1] in _SENT:  # "sent drones", not "sent troops after the drones"
        return any(c.kind in ("weapon_one", "weapon_many") and 0 <= c.i - launch.j <= 2 for c in cues)
    return any(
        c.kind
        in (
            "weapon_one",
            "weapon_many",
            "weapon_mass",
            "attack_one",
            "attack_many",
            "definite",
            "own_strike",
            "own_weak",
        )
        and launch.i - 12 <= c.i <= launch.i + 8
        for c in cues
    )


def _clauses(sentence: Sentence) -> Iterator[Clause]:
    """Divide where both sides tell of something: "rockets hit X, and drones hit Y"; "strikes came after rockets hit X"."""
    words = sentence.words
    heads = [c.i for c in sentence.cues if c.kind in _HEADS]
    cuts: list[tuple[int, DatePhrase | None]] = [(0, None)]
    if len(heads) > 1:
        dated = {
            d.j - 1: d
            for d in sentence.dates
            if d.kind in ("context", "vague") and words.lows[d.j - 1] in ("after", "before")
        }
        times = {d.i for d in sentence.dates if d.kind in ("time", "day", "range")}
        for at, phrase in _boundaries(sentence, dated, times):
            if at > cuts[-1][0] and any(cuts[-1][0] <= h < at for h in heads) and any(h >= at for h in heads):
                cuts.append((at, phrase))
    for (i, phrase), (j, _) in zip(cuts, [*cuts[1:], (len(words), None)], strict=True):
        if i >= j:
            continue
        cues: dict[str, list[Cue]] = {}
        for cue in sentence.cues:
            if i <= cue.i < j:
                cues.setdefault(cue.kind, []).append(cue)
        first, last = words.starts[i], words.ends[j - 1]
        yield Clause(
            i,
            j,
            cues,
            [d for d in sentence.dates if i <= d.i < j and d is not phrase],
            [p for p in sentence.places if first <= p.start < last],
            phrase,
        )


def _boundaries(
    sentence: Sentence, dated: dict[int, DatePhrase], times: set[int]
) -> Iterator[tuple[int, DatePhrase | None]]:
    """Words at which a clause may begin, left to right."""
    words, text = sentence.words, sentence.words.text
    at: dict[int, DatePhrase | None] = {}
    for last, phrase in dated.items():
        at[last + 1] = phrase
    for cue in sentence.cues:
        if cue.kind == "split" and (cue.j not in times or words.lows[cue.i] in ("in", "to")) and cue.j - 1 not in dated:
            at.setdefault(cue.i, None)
    starts, ends = words.starts, words.ends
    for k in range(1, len(words)):
        if starts[k] - ends[k - 1] < 2:
            continue
        gap = text[ends[k - 1] : starts[k]]
        if ";" in gap or (gap[0] == "," and words.lows[k] in _BEFORE_COMMA):
            at.setdefault(k, None)
    if (
        words.lows[0] in _OPENING
    ):  # "After a rocket attack on X on Wednesday, jets struck Y": at the comma before the second
        heads = [c.i for c in sentence.cues if c.kind in _HEADS][:2]
        commas = [k for k in range(heads[0] + 1, heads[1] + 1) if "," in text[words.ends[k - 1] : words.starts[k]]]
        if commas:
            at.setdefault(commas[-1], None)
    for k in sorted(at):
        if k < len(words):
            yield k, at[k]
