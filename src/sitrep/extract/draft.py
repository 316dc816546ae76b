"""What one clause says of one attack, and how several such drafts become one mention."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from sitrep.places import PlaceSpan

SAID_DAYS = 2  # a statement speaks of an attack up to so many days before
STORY_DAYS = 7  # ... and of "the attack", known already, up to so many
LIKE_WEAPONS = (
    frozenset({"rocket", "indirect_fire", "mortar", "missile", "unknown"}),
    frozenset({"ballistic_missile", "cruise_missile", "missile", "rocket", "unknown"}),
    frozenset({"drone", "missile", "unknown"}),
    frozenset({"ied", "unknown"}),
)


class Evidence(NamedTuple):
    """Where a value was read: the column it fills, the characters of the text, the rule that read it."""

    column: str
    start: int
    end: int
    rule: str


@dataclass(slots=True)
class Count:
    """A count as told: `low` and `high`, None where not stated."""

    low: int | None
    high: int | None


@dataclass(slots=True)
class Draft:
    """An attack as read so far. `place` is a gazetteer id (a site or a region); `soft` marks a date taken from context."""

    start: int
    end: int
    paragraph: int
    place: str | None = None
    level: str | None = None
    place_span: PlaceSpan | None = None
    region: str | None = None
    likely: str | None = None  # the site its words mean if no other is named
    first: date | None = None
    last: date | None = None
    prec: int = 0
    soft: bool = False
    time_of_day: str = ""
    weapons: dict[str, None] = field(default_factory=dict)
    munitions: Count | None = None
    outcomes: dict[str, None] = field(default_factory=dict)
    hurt: dict[str, Count] = field(default_factory=dict)
    claimed_by: str | None = None
    attributed_to: str | None = None
    stance: str = "reports"
    anaphoric: bool = False
    definite: bool = False
    new: bool = False
    adds: bool = False
    early: bool = False  # "initially said": the first word on it, corrected since
    part: bool = False  # "a second rocket": counted within a number told before
    the_target: bool = False  # "the base": the one told of before
    same_site: bool = False  # "the same base"
    unresolved: bool = False
    apart: bool = False  # on a hotel or another house of the town
    said: bool = False  # its day is that of a statement, which may be a day or two after the attack
    evidence: list[Evidence] = field(default_factory=list)

    def note(self, column: str, start: int, end: int, rule: str) -> None:
        """Remember where a value was read."""
        self.evidence.append(Evidence(column, start, end, rule))


def weapons_agree(a: dict[str, None], b: dict[str, None]) -> bool:
    """Whether two sets of weapons may be one attack's: they meet, one is unknown, or both are alike (rockets, rounds)."""
    if not a or not b or a.keys() & b.keys():
        return True
    return any(x in like and y in like for like in LIKE_WEAPONS for x in a for y in b)


def dates_agree(a: Draft, b: Draft) -> bool:
    """Whether two drafts' days overlap; an unknown day agrees with any."""
    if a.first is None or b.first is None or a.last is None or b.last is None:
        return True
    if a.said != b.said:
        said, other = (a, b) if a.said else (b, a)
        if 0 <= (said.first - other.last).days <= (STORY_DAYS if said.definite else SAID_DAYS):  # type: ignore[operator]
            return True
    if a.soft and max((a.first - b.last).days, (b.first - a.last).days) <= 1:
        return True
    if a.soft and a.definite:  # "on Wednesday he spoke of the attack on X": the day is not the attack's
        return True
    return a.first <= b.last and b.first <= a.last


def numbers_agree(a: Count | None, b: Count | None) -> bool:
    """Whether two counts can both be true."""
    if a is None or b is None:
        return True
    low = max(a.low or 0, b.low or 0)
    high = min(a.high if a.high is not None else 10**9, b.high if b.high is not None else 10**9)
    return low <= high
