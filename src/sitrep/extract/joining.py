"""Which attack does a draft tell of? Join it there, or let it stand by itself; never by similarity, always by rule."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from sitrep.extract.draft import Count, Draft, dates_agree, numbers_agree, weapons_agree
from sitrep.places import Gazetteer, PlaceSpan

MEMORY = 40  # attacks of one article that a later sentence is compared with; keeps a chronology's cost linear
_CLOSE_TIMES = (
    {"evening", "late_evening"},
    {"night", "early_morning"},
    {"late_evening", "night"},
    {"early_morning", "morning"},
)


class Rejection(NamedTuple):
    """A stretch of text that was not counted as an attack: why, and by which rule."""

    reason: str
    rule: str
    start: int
    end: int


class Threads:
    """The attacks of one article so far, the one last spoken of, the day last named."""

    def __init__(self, gazetteer: Gazetteer, published: date | None) -> None:
        self.gazetteer, self.published = gazetteer, published
        self.attacks: list[Draft] = []
        self.rejected: list[Rejection] = []
        self.current: Draft | None = None
        self.recent: list[Draft] = []
        self.last_day: tuple[date, date] | None = None
        self.last_count: Count | None = None
        self.generic: PlaceSpan | None = None
        self.named: dict[str, PlaceSpan] = {}

    def settle(self, draft: Draft, pending: Draft, alone: bool) -> None:
        """An attack told first without its place: "ten rockets were fired at a base on Monday. They hit X." """
        if draft.paragraph - pending.paragraph > 4 or not dates_agree(draft, pending) or draft.new:
            return
        if not weapons_agree(draft.weapons, pending.weapons) or not numbers_agree(draft.munitions, pending.munitions):
            return
        if draft.first is None or draft.soft:
            draft.first, draft.last, draft.prec, draft.soft = pending.first, pending.last, pending.prec, pending.soft
        draft.time_of_day = draft.time_of_day or pending.time_of_day
        draft.weapons.update(pending.weapons)
        if draft.munitions is None and alone:
            draft.munitions = pending.munitions
        draft.claimed_by = draft.claimed_by or pending.claimed_by
        draft.attributed_to = draft.attributed_to or pending.attributed_to
        draft.evidence = pending.evidence + draft.evidence

    def adopt(self, draft: Draft, attack: Draft) -> None:
        """Give a draft without a place the place (and, if it has none, the day) of the attack last spoken of."""
        draft.place, draft.level, draft.place_span, draft.region = (
            attack.place,
            attack.level,
            attack.place_span,
            attack.region,
        )
        draft.evidence += [e for e in attack.evidence if e.column in ("place_id", "place_name")]
        if draft.first is None:
            draft.first, draft.last, draft.prec, draft.soft = attack.first, attack.last, attack.prec, True

    def match(self, draft: Draft, touched: list[Draft]) -> Draft | None:
        """The attack already told that this draft tells of again, the best first."""
        best: tuple[int, Draft] | None = None
        for age, attack in enumerate(reversed(self.attacks[-MEMORY:])):
            score = self._score(draft, attack, touched)
            if score is not None and (best is None or score - age > best[0]):
                best = (score - age, attack)
        return best[1] if best else None

    def _score(self, draft: Draft, attack: Draft, touched: list[Draft]) -> int | None:
        if (attack.stance == "denies") != (draft.stance == "denies"):
            return None
        if draft.place is not None and attack.apart != draft.apart and draft.place != attack.place:
            return None
        if draft.place is None:
            return self._score_without_place(draft, attack, touched)
        if not self.gazetteer.compatible(draft.place, attack.place):
            return None
        same = draft.place == attack.place
        if not same and draft.level == attack.level == "site":
            return None
        if same and draft.region and attack.region and draft.region != attack.region and self.generic is not None:
            return None  # two convoys in two provinces
        if attack in touched and same and not draft.definite and draft.new:
            return None
        if attack in touched and not same and attack.paragraph == draft.paragraph and attack.level == "site":
            return None
        if not dates_agree(draft, attack) or not self._times_agree(draft, attack) or self._too_early(draft, attack):
            return None
        first_word = draft.early and not draft.new
        dayless = (draft.first is None or draft.soft) and not draft.new
        other_version = dayless and (
            (draft.the_target and attack is self.current) or (draft.definite and not same and len(self.attacks) == 1)
        )
        other_version = other_version or first_word
        if not weapons_agree(draft.weapons, attack.weapons) and not other_version:
            return None
        counts = numbers_agree(draft.munitions, attack.munitions) or part_of(draft, attack) or other_version
        if not counts and (draft.stance != attack.stance or (draft.new and not draft.definite)):
            return None
        if draft.new and not draft.definite and not draft.adds and (draft.munitions or not same):
            return None
        if not same and not draft.definite and not counts:
            return None
        return 50 + 20 * same + 10 * bool(draft.weapons.keys() & attack.weapons.keys()) + 8 * counts

    def _score_without_place(self, draft: Draft, attack: Draft, touched: list[Draft]) -> int | None:
        if draft.new and not draft.definite and draft.munitions and draft.first and not draft.soft:
            return None
        if not dates_agree(draft, attack) or not weapons_agree(draft.weapons, attack.weapons):
            return None
        if self._too_early(draft, attack):
            return None
        if draft.same_site and self.current is not None and attack.place != self.current.place:
            return None  # "the same base had been hit on Friday" is the one last spoken of
        if (
            draft.stance == "claims"
            and attack.stance == "reports"
            and not numbers_agree(draft.munitions, attack.munitions)
        ):
            return None
        if draft.new and not draft.definite and draft.munitions and not self._times_agree(draft, attack):
            return None
        recent = attack in touched if touched else attack is self.current or attack in self.recent
        if not recent and not (draft.definite or draft.stance == "claims"):
            return None
        return 20 + 20 * recent + 15 * bool(draft.weapons.keys() & attack.weapons.keys())

    def _too_early(self, draft: Draft, attack: Draft) -> bool:
        """An attack told without its day is news of the last days: not the one of a day well before publication."""
        if attack.first is not None or draft.last is None or self.published is None:
            return False
        days = 2 if attack.weapons else 7  # "warned against answering an attack on X": told fully further down
        return (self.published - draft.last).days > days and not draft.definite

    def _times_agree(self, draft: Draft, attack: Draft) -> bool:
        a, b = draft.time_of_day, attack.time_of_day
        if not a or not b or a == b or draft.definite:
            return True
        if draft.new:
            return False
        told, before = draft.munitions, attack.munitions
        if told is not None and before is not None and told.low == before.low and (told.low or 0) > 2:
            return draft.place == attack.place  # one number of rockets on one site and day, whatever the hour
        return {a, b} in _CLOSE_TIMES

    def merge(self, attack: Draft, draft: Draft) -> None:
        """Add what a later draft says to an attack; what was told first stays unless the later is more exact."""
        if draft.place is not None and draft.level == "site" and attack.level != "site":
            attack.region = attack.region or attack.place
            attack.place, attack.level, attack.place_span = draft.place, draft.level, draft.place_span
            self._take(attack, draft, "place_id")
        elif draft.level == "region" and attack.level == "site" and attack.region is None:
            attack.region = draft.place
        elif (
            draft.level == "region"
            and attack.level == "region"
            and draft.place
            and attack.place
            and self.gazetteer.contains(attack.place, draft.place)
        ):
            attack.place, attack.place_span = draft.place, draft.place_span
            attack.likely = draft.likely or attack.likely
            self._take(attack, draft, "place_id", "place_name")
        sharper = attack.first is None or (attack.soft and draft.first is not None and not draft.soft) or (
            attack.said and draft.first is not None and not draft.said and not draft.soft
        ) or (
            draft.first is not None and not draft.soft and not draft.said and 0 < draft.prec < attack.prec
        )  # fmt: skip
        if attack.time_of_day == "night" and draft.time_of_day == "late_evening" and attack.prec == 2:
            sharper = attack.soft  # "last night" is the night told before by both its days
        if sharper and draft.first is not None:
            attack.first, attack.last, attack.prec, attack.soft = draft.first, draft.last, draft.prec, draft.soft
            attack.said = draft.said
            self._take(attack, draft, "date_start", "date_end")
            if attack.last is not None and not attack.soft:
                self.last_day = (attack.first, attack.last)
        if draft.time_of_day and not attack.time_of_day:
            attack.time_of_day = draft.time_of_day
            self._take(attack, draft, "time_of_day")
        alike = weapons_agree(draft.weapons, attack.weapons)
        for weapon in draft.weapons:
            if (weapon == "missile" and attack.weapons) or not alike:
                continue
            if weapon not in attack.weapons:
                attack.weapons[weapon] = None
                self._take(attack, draft, "weapon")
        self._merge_munitions(attack, draft)
        for outcome in draft.outcomes:
            attack.outcomes.setdefault(outcome)
        self._take(attack, draft, "outcome")
        if draft.claimed_by and not attack.claimed_by:
            attack.claimed_by = draft.claimed_by
            self._take(attack, draft, "claimed_by")
        if draft.attributed_to and not attack.attributed_to:
            attack.attributed_to = draft.attributed_to
            self._take(attack, draft, "attributed_to")
        if attack.stance == "claims" and draft.stance == "reports":
            attack.stance = "reports"
        self.rejected.append(Rejection("repeated", "merge.same_attack", draft.start, draft.end))

    def _merge_munitions(self, attack: Draft, draft: Draft) -> None:
        if draft.munitions is None or draft.part or not weapons_agree(draft.weapons, attack.weapons):
            return
        old, told = attack.munitions, draft.munitions
        if not draft.adds:
            self.last_count = told
        if old is None or (old.high is None and told.high is not None and numbers_agree(old, told)):
            attack.munitions = told
        elif draft.adds and old.low is not None and told.low is not None and self.last_count in (None, old):
            high = old.high + told.high if old.high is not None and told.high is not None else None
            attack.munitions = Count(old.low + told.low, high)
        else:
            return
        self._take(attack, draft, "munitions_low")

    def _take(self, attack: Draft, draft: Draft, *columns: str) -> None:
        attack.evidence += [e for e in draft.evidence if e.column in columns]

    def regions(self) -> None:
        """ "A base in Anbar" is the site the article itself calls so, else the only site it names there, else the region."""
        calls: dict[str, set[str]] = {}
        for attack in self.attacks:
            if attack.level == "site" and attack.region and attack.place:
                calls.setdefault(attack.region, set()).add(attack.place)
        taken = {a.place for a in self.attacks if a.level == "site"}
        for attack in self.attacks:
            if attack.level == "site" or attack.place is None:
                continue
            area = attack.place
            known = calls.get(area, set())
            if len(known) == 1:
                self._resolve(attack, next(iter(known)), "place.called_so")
                continue
            if attack.likely:
                attack.place, attack.level = attack.likely, "site"
                continue
            inside = [s for s in self.named if s not in taken and self.gazetteer.contains(area, s)]
            if len(inside) == 1 and (self.gazetteer.levels.get(area) != "site" or area in self.gazetteer.areas):
                self._resolve(attack, inside[0], "place.only_site_named")

    def _resolve(self, attack: Draft, site: str, rule: str) -> None:
        attack.place, attack.level = site, "site"
        span = self.named.get(site)
        if span is not None:
            attack.note("place_id", span.start, span.end, rule)


def part_of(draft: Draft, attack: Draft) -> bool:
    """Whether a draft counts on within an attack: "one rocket was intercepted, a second fell near ..."."""
    if not draft.part or attack.munitions is None or draft.munitions is None:
        return False
    return (attack.munitions.low or 0) >= (draft.munitions.low or 0)


def days_apart(a: Draft, b: Draft) -> int:
    """Days between two drafts' intervals; 0 if they meet or one is unknown."""
    if a.first is None or b.first is None or a.last is None or b.last is None:
        return 0
    return max(0, (a.first - b.last).days, (b.first - a.last).days)
