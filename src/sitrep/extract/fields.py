"""Read the fields of one attack from a clause: where, when, with what, how many, with what result, who, who says so."""

from __future__ import annotations

import re
from datetime import date, timedelta

from sitrep.extract.draft import Count, Draft
from sitrep.extract.sentences import Clause, Sentence
from sitrep.phrases import Cue, DatePhrase
from sitrep.phrases.lexicon import vocabulary
from sitrep.places import Gazetteer, PlaceSpan, away_from

_WEAPONS = ("weapon_one", "weapon_many", "weapon_mass")
_FROM = re.compile(r"\b(?:from|(?<!\bwent )(?<!\bgo )(?<!\bgoes )(?<!\bgoing )(?<!\bset )off)\b")
_TOWARDS = re.compile(r"\b(?:at|on|into|onto|against|towards?|hit|struck|targeting)\b")
_NEWS_FROM = re.compile(r"\b(?:update|updates|news|report|reports|latest|pictures|footage|word)\s$", re.IGNORECASE)
_DISTANCE = re.compile(r"\b(?:km|kilomet\w+|miles?|met(?:re|er)s)\s$")
_HOSPITAL = re.compile(r"\b(?:hospitals?|clinics?|morgue) (?:in|at) $")
_NOT_A_MODIFIER = vocabulary(
    "of the at with by and in on to from were was that which hit struck after before when said for as killed wounded"
)
_SELF_NAME = re.compile(
    r"(?:calling itself|calls itself|called itself|that calls itself|known as|named|identifying itself as|under the name(?: of)?)\s+"
    r"(?:the\s)?[\"“‘']?((?:[A-Z][\w'’-]{0,30}|al-[A-Z][\w'’-]{0,30}|of|the|al)(?:\s(?:[A-Z][\w'’-]{0,30}|al-[A-Z][\w'’-]{0,30}|of|the|al|to)){0,6})"
)
_NAME_BEFORE = vocabulary(
    "base bases airbase airbases camp garrison centre center compound installation facility outpost military air housing hosting us u.s american"
    " iraqi coalition troops forces advisers near nearby outside towards toward the a an in of at western eastern northern southern"
    " northeastern northwestern northeast region province to site vicinity neighbourhood run used by large joint its belonging oil gas field"
    " that houses which hosts capital known as mission support"
)
_NAME_AFTER = vocabulary(
    "base airbase air camp garrison airport compound province region governorate oil gas field plant outpost military city area district"
    " installation facility landing zone patrol"
)
_WITHIN = vocabulary("in inside across within throughout into at on")
_FINENESS = {"site": 0, "likely": 0, "district": 1, "admin1": 2, "country": 3}
_WEAPON_WORDS = {
    "rocket": "rocket", "rockets": "rocket", "drone": "drone", "drones": "drone", "uav": "drone", "uavs": "drone", "missile": "missile",
    "missiles": "missile", "mortar": "mortar", "rounds": "indirect_fire", "shells": "indirect_fire", "bomb": "ied",
}  # fmt: skip
_NOT_SPOKEN = vocabulary("according is are was were")  # "reports of an attack on Sunday are false"
_PRIOR = vocabulary("after before following days")
_STATEMENTS = vocabulary("statement announcement press briefing tweet post interview report release")
_PLAIN_STOPS = vocabulary("destroyed destroying engaged disrupted defeated neutralized neutralised knocked taken")
_BOTH = vocabulary("both they one all")
_NOTICES = vocabulary("notice message messages communique texts")
_LEADING = vocabulary("the a an in of at to towards toward that which by its as and")


def places(sentence: Sentence, clause: Clause, gazetteer: Gazetteer) -> list[PlaceSpan]:
    """Where the attack was: sites named as targets, one of each; else the narrowest region; else nothing."""
    words = sentence.words
    spans: list[PlaceSpan] = []
    left: PlaceSpan | None = None
    actor: PlaceSpan | None = None
    for p in clause.places:
        if actor is not None and words.text[actor.end : p.start] == " and ":
            continue  # "militias operating in Syria and Iraq"
        if _actor(sentence, p):
            actor = p
            continue
        if p.level == "elsewhere" or _speaks_there(sentence, p):
            continue
        if _origin(sentence, p) or _cared_for(sentence, p):
            left = p
        elif left is None or p.start - left.end > 20 or not gazetteer.contains(p.place_id, left.place_id):
            spans.append(p)  # "withdrawn from X in Anbar" tells of neither
    if len(spans) > 1:  # "a desert base in Jordan near Syria and Iraq"
        spans = [
            p
            for p in spans
            if p.level != "country" or not _NEAR.search(words.text, max(sentence.start, p.start - 24), p.start)
        ] or spans
    alarmed = [p for p in spans if _alarm(sentence, clause, p)]
    if alarmed and (len(alarmed) < len(spans) or clause.has("the_target")):
        spans = [p for p in spans if p not in alarmed]  # "blasts near the airport, and sirens at the consulate"
    if clause.has("the_target"):  # "the base, north-east of Erbil" was named before
        spans = [p for p in spans if p.place_id not in gazetteer.unsure or not away_from(words.text, p.start)]
    named = [p for p in spans if p.level == "site" and p.place_id not in gazetteer.unsure]
    if named:
        areas = {gazetteer.admin1_of(p.place_id) for p in named}
        beside = [p for p in spans if p.level == "likely" and gazetteer.admin1_of(p.place_id) not in areas]
        return [*_targets(sentence, named, gazetteer), *beside]
    generic = [p for p in spans if p.level == "generic"]
    regions = [_outward(words.text, p, gazetteer) for p in spans if p.level != "generic"]
    if generic:
        home = gazetteer.regions_of(generic[0].place_id)
        if all(home & gazetteer.regions_of(p.place_id) for p in regions):
            return generic[:1]
        return []
    if not regions:
        return []
    inner = [
        p
        for p in regions
        if not any(o.place_id != p.place_id and gazetteer.contains(p.place_id, o.place_id) for o in regions)
    ]
    inner = inner or regions
    finest = min(_FINENESS[p.level] for p in inner)
    kept: dict[str, PlaceSpan] = {}
    for p in (p for p in inner if _FINENESS[p.level] == finest):
        if "around" in words.text[max(0, p.start - 8) : p.start]:
            continue
        kept.setdefault(p.place_id, p)
    return list(kept.values())


def _outward(text: str, place: PlaceSpan, gazetteer: Gazetteer) -> PlaceSpan:
    """ "An air base north of Baghdad" is in Iraq, no more; one south of Mosul is in the province of Mosul."""
    if not away_from(text, place.start) or place.level == "likely":
        return place
    if place.level == "site":
        outer = gazetteer.admin1_of(place.place_id) or ""
        return PlaceSpan(place.start, place.end, outer, "admin1", place.surface) if outer else place
    outer = place.place_id.rpartition("/")[0]
    if not outer:
        return place
    return PlaceSpan(place.start, place.end, outer, "country" if "/" not in outer else "admin1", place.surface)


def _targets(sentence: Sentence, named: list[PlaceSpan], gazetteer: Gazetteer) -> list[PlaceSpan]:
    """Sites aimed at: each once, without those that hold another or only tell where another lies ("X near Y")."""
    kept: list[PlaceSpan] = []
    for p in named:
        same = [k for k in kept if k.place_id == p.place_id]
        if same:
            continue
        if any(gazetteer.contains(p.place_id, o.place_id) for o in named if o.place_id != p.place_id):
            continue
        if kept and _beside(sentence, kept[-1], p):
            continue
        if kept and _owner(sentence, kept[-1], p):
            kept.pop()
        kept.append(p)
    return kept or named[:1]


def _owner(sentence: Sentence, earlier: PlaceSpan, later: PlaceSpan) -> bool:
    """Whether the earlier place only owns what stands at the later: "the embassy's support centre at the airport"."""
    between = sentence.words.text[earlier.end : later.start]
    return (
        between[:2] in ("'s", "’s")
        and len(between) <= 60
        and re.search(r"\b(?:at|in|inside|near)\b", between) is not None
    )


def _beside(sentence: Sentence, earlier: PlaceSpan, later: PlaceSpan) -> bool:
    """Whether the later place only says where the earlier one is: "Harir, near the Erbil airport"."""
    between = sentence.words.text[earlier.end : later.start]
    if len(between) > 60:
        return False
    if not between.strip() and "near" in later.surface:  # "Harir" and "base near Erbil"
        return True
    low = between.lower()
    return any(
        w in low for w in (" near", "close to", "next to", " of ", "from ", "outside", "part of", "located")
    ) and not re.search(r"\band (?:another|at|on|near|the|in|a|an)\b|;", low)


def _origin(sentence: Sentence, place: PlaceSpan) -> bool:
    """Whether a place is where the attack came from: "fired from X", "took off from areas around X"."""
    text, begin = sentence.words.text, max(sentence.start, place.start - 45)
    source = None
    for match in _FROM.finditer(text, begin, place.start):
        source = match
    if source is None:
        return False
    between = text[source.end() : place.start]
    if len(between.split()) > 5 or _TOWARDS.search(between) or _DISTANCE.search(text, begin, source.start()):
        return False
    if _NEWS_FROM.search(text, begin, source.start()):
        return False
    named = any(p is not place and source.end() <= p.start < place.start for p in sentence.places)
    return not named


_NEAR = re.compile(r"\bnear (?:\w{3,12} and )?$")


def _alarm(sentence: Sentence, clause: Clause, place: PlaceSpan) -> bool:
    """Whether a site is named only for the alarm heard there: "sirens sounded at the embassy"."""
    words = sentence.words
    return any(
        words.lows[c.j - 1] in _SIRENS
        and 0 <= place.start - words.ends[c.j - 1] <= 40
        and not any(c.j <= t.i and words.starts[t.i] < place.start for t in clause.triggers())
        for c in clause.get("defence")
    )


_SIRENS = vocabulary("siren sirens alarm alarms")


def _speaks_there(sentence: Sentence, place: PlaceSpan) -> bool:
    """Whether a town is only where somebody speaks: "an official in Baghdad said"."""
    if place.level == "site" and "base" in place.surface:
        return False
    text = sentence.words.text
    if _HOUSE.search(place.surface) and any(
        sentence.words.starts[c.i] - place.end == 1 for c in sentence.cues if c.kind in ("say", "deny")
    ):
        return _WHERE.search(text, max(sentence.start, place.start - 16), place.start) is None  # "the embassy said"
    return _SPEAKS.search(text, max(sentence.start, place.start - 24), place.start) is not None


_HOUSE = re.compile(r"\b(?:embassy|consulate)$", re.IGNORECASE)
_WHERE = re.compile(r"\b(?:at|near|on|outside|hit|struck|around|towards?)\s(?:the\s)?$")


_SPEAKS = re.compile(
    r"\b(?:officials?|officers?|sources?|spokes\w+|correspondents?|reporters?|journalists?|witness(?:es)?|analysts?)\s(?:in|from)\s$"
)


def _cared_for(sentence: Sentence, place: PlaceSpan) -> bool:
    """Whether a place is where the wounded were brought: "taken to a hospital in Baghdad"."""
    return _HOSPITAL.search(sentence.words.text, max(sentence.start, place.start - 20), place.start) is not None


def _actor(sentence: Sentence, place: PlaceSpan) -> bool:
    """Whether a country is named as one who acts or owns ("bought by Iraq", "Jordan's king"), not as where it was."""
    if place.level != "country":
        return False
    text = sentence.words.text
    before = text[max(sentence.start, place.start - 40) : place.start].lower().split()[-4:]
    if text[place.end : place.end + 2] in ("'s", "’s") and not _WITHIN & set(before[-1:]):
        return True  # "were launched at the base, Iraq's military said"
    if before[-2:] in (["group", "in"], ["operating", "in"], ["groups", "in"]):
        return True
    return not any(w in _WITHIN for w in before)


def place_name(sentence: Sentence, span: PlaceSpan) -> tuple[int, int]:
    """The source's own words for a place: the name with the base, region and hosts said around it."""
    words = sentence.words
    i = next((k for k in range(len(words)) if words.ends[k] > span.start), 0)
    j = next((k for k in range(i, len(words)) if words.ends[k] >= span.end), i) + 1
    text = words.text
    a = i
    while (
        a > 0
        and i - a < 14
        and words.lows[a - 1].replace("usa", "us") in _NAME_BEFORE
        and _near(text, words.ends[a - 1], words.starts[a])
    ):
        a -= 1
    while a < i and words.lows[a] in _LEADING:
        a += 1
    while j < len(words) and words.lows[j] in _NAME_AFTER and _near(text, words.ends[j - 1], words.starts[j]):
        j += 1
    return min(words.starts[a], span.start), max(words.ends[j - 1], span.end)


def _near(text: str, end: int, start: int) -> bool:
    return start - end <= 3 and not any(ch in ",;:—" for ch in text[end:start])


# ---- when ----------------------------------------------------------------------------------------------------------


def date_of(
    sentence: Sentence, clause: Clause, draft: Draft, last_day: tuple[date, date] | None, published: date | None
) -> None:
    """Set a draft's days from the clause's phrases; a date on which somebody spoke counts only when there is no other."""
    phrases = [
        p for p in clause.dates if not p.since and p.kind != "future" and not _of_what_came_before(sentence, clause, p)
    ]
    anchor = clause.triggers()[0].i if clause.triggers() else clause.i
    days = [p for p in phrases if p.kind in ("day", "range")]
    told = [p for p in days if not reporting(sentence, p)]
    if not told and not days and len(sentence.clauses) > 1:
        others = [p for c in sentence.clauses if c.i < clause.i and not c.has("own_strike") and sentence.words.lows[clause.i] not in _PRIOR
                  for p in c.dates if p.kind in ("day", "range") and not p.since]  # fmt: skip
        days = told = others[:1]
        after = [p for p in phrases if p.kind == "context" and p.offset > 0 and p.j > anchor]
        if told and after and told[0].first is not None and told[0].last is not None:
            last_day, days, told = (told[0].first, told[0].last), [], []  # "... on June 27, and X the evening after"
    relative = [p for p in phrases if p.kind in ("same_day", "context")]
    nothing_known = last_day is None and clause.after is None and not told
    if nothing_known and relative and relative[0].kind == "context" and relative[0].offset == -1:
        said = next((p for p in days if p.first is not None and p.last is not None), None)
        if said is not None and said.first is not None and said.last is not None:
            last_day = (said.first, said.last)  # "on Monday denied that X had been hit the night before"
        elif published is not None and relative[0].j > anchor:
            last_day = (published, published)
    behind = [
        p
        for p in relative
        if p.kind == "context" and p.j <= anchor and sentence.words.lows[p.j - 1] in ("after", "before")
    ]
    offset = clause.after if clause.after is not None and clause.after.kind == "context" else None
    if offset is None and behind:
        offset = behind[0]
    if told:
        chosen = min(told, key=lambda p: abs(p.i - anchor))
        counted = _counted_back(chosen, relative, anchor)
        if counted is not None and chosen.first is not None and chosen.last is not None:
            ago = timedelta(days=counted.offset)
            _set_days(draft, sentence, counted, chosen.first + ago, chosen.last + ago)
        else:
            _set(draft, sentence, chosen, "")
        if any(p.kind == "same_day" and p.i > chosen.i for p in relative):
            draft.time_of_day = ""  # "in a call on Friday night about the attack earlier in the day"
        draft.soft = draft.definite and any(chosen.j <= c.i < anchor for c in clause.get("say"))
        draft.soft = draft.soft or (chosen.rule == "date.overnight" and last_day is not None)  # the night spoken of
        if chosen.rule == "date.relative_day" and any(
            q in sentence.words.text[max(0, sentence.start - 2) : sentence.end] for q in '"“”'
        ):
            draft.soft = True  # "today" in a quotation is the speaker's day
            spoke = _day_of_speech(sentence, chosen, published)
            if spoke is not None and published is not None and chosen.first is not None:
                draft.first = draft.last = spoke - (published - chosen.first)
                draft.soft = False
            elif last_day is not None and draft.first is not None and 0 < (draft.first - last_day[1]).days <= 2:
                draft.first, draft.last = last_day
    elif offset is not None and last_day is not None:
        shift = -offset.offset if sentence.words.lows[offset.j - 1] in ("after", "before") else offset.offset
        _set_days(draft, sentence, offset, last_day[0] + timedelta(days=shift), last_day[1] + timedelta(days=shift))
    elif relative and relative[0].kind == "context" and last_day is not None:
        back = timedelta(days=relative[0].offset)
        _set_days(draft, sentence, relative[0], last_day[0] + back, last_day[1] + back)
    elif days and (week := [p for p in phrases if p.rule == "date.week" and p.last == published]):
        _set(draft, sentence, week[0], "")  # "officials said on Thursday of an attack this week"
        draft.soft = True
    elif days:
        _set(draft, sentence, days[0], ".reported")
        draft.said = True
        if any(p.kind == "same_day" for p in phrases):
            draft.time_of_day = ""
    elif any(p.kind == "unresolved" for p in phrases):
        phrase = next(p for p in phrases if p.kind == "unresolved")
        draft.unresolved = True
        draft.note("date_start", *sentence.words.span(phrase.i, phrase.j), f"{phrase.rule}.unresolved")
    times = [p for p in phrases if p.time_of_day and p.kind in ("time", "same_day")]
    if times and not draft.time_of_day:
        draft.time_of_day = times[0].time_of_day
        draft.note("time_of_day", *sentence.words.span(times[0].i, times[0].j), times[0].rule)
    if draft.first is None and (relative or times) and last_day is not None:
        phrase = (relative or times)[0]
        _set_days(draft, sentence, phrase, *last_day)
        draft.soft = not relative


def _day_of_speech(sentence: Sentence, chosen: DatePhrase, published: date | None) -> date | None:
    """The day on which a quotation was spoken: " "... in Erbil tonight," he tweeted on Monday"."""
    said = [c for c in sentence.cues if c.kind == "say"]
    for phrase in (p for c in sentence.clauses for p in c.dates):
        if phrase is chosen or phrase.kind != "day" or phrase.first is None or phrase.rule == "date.relative_day":
            continue
        beside = any(-2 <= c.i - phrase.j <= 1 or 0 <= phrase.i - c.j <= 2 for c in said)
        if beside and published is not None and 0 <= (published - phrase.first).days <= 3:
            return phrase.first
    return None


def _counted_back(chosen: DatePhrase, relative: list[DatePhrase], anchor: int) -> DatePhrase | None:
    """ "Investigators met on Friday at the site from which rockets were fired at X two days earlier": counted from the day."""
    return next(
        (
            p
            for p in relative
            if p.kind == "context" and p.offset < 0 and chosen.j <= anchor < p.i and p.i - anchor < anchor - chosen.i
        ),
        None,
    )


def reporting(sentence: Sentence, phrase: DatePhrase) -> bool:
    """Whether a date is that of a statement: "said on Tuesday", "told reporters Thursday"."""
    before = sentence.words.lows[max(0, phrase.i - 4) : phrase.i]
    if own_day(sentence, phrase):
        return False
    if any(k + 1 < phrase.i and before and k >= phrase.i - 3 for k in _told_passively(sentence)):
        return False  # "was reported early on Sunday": the day of what was reported
    if sentence.words.lows[phrase.j : phrase.j + 1] and sentence.words.lows[phrase.j] in _STATEMENTS:
        return True
    if any(
        c.kind == "claim" and 0 <= c.i - phrase.j <= 20 and not _happens(sentence, phrase.j, c.i) for c in sentence.cues
    ):
        return True  # "on Monday a group released a video in which it claimed the attacks on X"
    lows = sentence.words.lows
    spoken = {c.i for c in sentence.cues if c.kind in ("deny", "say", "claim") and lows[c.i] not in _NOT_SPOKEN}
    if phrase.j in spoken:  # "on Tuesday denied"
        return True
    said = {c.i for c in sentence.cues if c.kind in ("say", "deny", "claim", "threat")}
    return any(k in said for k in range(max(0, phrase.i - 4), phrase.i)) and not any(
        w in ("that", "attack", "attacks", "rockets", "drones", "drone", "strike") for w in before
    )


def own_day(sentence: Sentence, phrase: DatePhrase) -> bool:
    """ "Wednesday's attack", "yesterday's rocket fire": the day is the attack's own, whoever speaks of it."""
    return phrase.own and any(
        phrase.j <= c.i <= phrase.j + 2 for c in sentence.cues if c.kind in ("attack_one", "weapon_mass")
    )


def _of_what_came_before(sentence: Sentence, clause: Clause, phrase: DatePhrase) -> bool:
    """Whether a day is that of another event: "the attack comes after a strike on Thursday"."""
    if phrase.kind not in ("day", "range") or clause.has("new"):
        return False
    lows = sentence.words.lows
    for k in range(clause.i, min(phrase.i, clause.j)):
        if lows[k] in _COMES:
            reach = 3 if lows[k] in ("happened", "occurred") else 5
            after = next(
                (m for m in range(k, min(k + reach, phrase.i)) if lows[m] in ("after", "follows", "followed")), None
            )
            if after is not None and after < phrase.i and any(c.i < k for c in clause.get("definite", "attack_one")):
                return True
    return False


_COMES = vocabulary("comes came come follows followed happened occurred")


def _happens(sentence: Sentence, i: int, j: int) -> bool:
    """Whether an attack is told between two words."""
    return any(c.kind in ("hit", "launch", "stop", "attack_one", "definite") and i <= c.i < j for c in sentence.cues)


def _told_passively(sentence: Sentence) -> list[int]:
    lows = sentence.words.lows
    return [k for k in range(len(lows) - 1) if lows[k] in ("was", "were") and lows[k + 1] in ("reported", "confirmed")]


def _set(draft: Draft, sentence: Sentence, phrase: DatePhrase, suffix: str) -> None:
    draft.first, draft.last, draft.prec = phrase.first, phrase.last, phrase.prec
    span = sentence.words.span(phrase.i, phrase.j)
    for column in ("date_start", "date_end"):
        draft.note(column, *span, phrase.rule + suffix)
    if phrase.time_of_day and not suffix:
        draft.time_of_day = phrase.time_of_day
        draft.note("time_of_day", *span, phrase.rule)


def _set_days(draft: Draft, sentence: Sentence, phrase: DatePhrase, first: date, last: date) -> None:
    draft.first, draft.last, draft.prec = first, last, 1 if first == last else 2
    for column in ("date_start", "date_end"):
        draft.note(column, *sentence.words.span(phrase.i, phrase.j), phrase.rule)


# ---- with what, how many ---------------------------------------------------------------------------------------------


def weapons(sentence: Sentence, clause: Clause, draft: Draft, i: int, j: int) -> None:
    """Weapons and munitions told in words `i` to `j`; "a drone attack" counts none, "three other rockets" adds."""
    words = sentence.words
    attacks = {c.i for c in clause.get("attack_one", "attack_many")}
    low = high = 0
    told = open_end = False
    used: set[int] = set()
    for cue in clause.get(*_WEAPONS):
        if not i <= cue.i < j:
            continue
        weapon = "ied" if cue.value == "unknown" and "bomb" in words.lows[cue.i] else cue.value
        if weapon not in draft.weapons:
            draft.weapons[weapon] = None
            draft.note("weapon", *words.span(cue.i, cue.j), "weapon.word")
        if cue.j in attacks or cue.kind == "weapon_mass":
            continue
        count = _munitions(sentence, clause, cue, draft, used)
        if count is None:
            continue
        if count.low is None and count.high is None:
            open_end = open_end or cue.kind == "weapon_many"
            continue
        told = True
        low += count.low or 0
        open_end = open_end or count.high is None
        high += count.high or 0
    if told:
        draft.munitions = Count(low or None, None if open_end else high)
    for cue in clause.get("attack_one", "attack_many", "definite", "hit"):
        for k, word in enumerate(words.lows[cue.i : cue.j]):
            named = _WEAPON_WORDS.get(word)
            if named and named not in draft.weapons and i <= cue.i < j:
                draft.weapons[named] = None
                draft.note("weapon", *words.span(cue.i + k, cue.i + k + 1), "weapon.attack_word")


def _munitions(sentence: Sentence, clause: Clause, cue: Cue, draft: Draft, used: set[int]) -> Count | None:
    words = sentence.words
    number = None
    for candidate in sentence.numbers:
        if candidate.j <= cue.i and cue.i - candidate.j <= 4:
            between = words.lows[candidate.j : cue.i]
            if not any(w in _NOT_A_MODIFIER for w in between):
                number = candidate
        elif candidate.i > cue.i:
            break
    if number is not None and number.i in used:
        return None
    if number is not None:
        used.add(number.i)
    if number is None:
        ordinal = any(cue.i - 2 <= c.i < cue.i for c in clause.get("new"))
        draft.part = draft.part or (ordinal and cue.kind == "weapon_one")
        return Count(1, 1) if ordinal and cue.kind == "weapon_one" else None
    if number.i and words.lows[number.i - 1] == "the" and cue.kind == "weapon_one":
        return None
    if number.article and (
        cue.kind != "weapon_one" or (cue.j < len(words) and words.lows[cue.j] in ("launcher", "fire", "launch"))
    ):
        return None
    if cue.kind == "weapon_one" and any(cue.i - 2 <= c.i < cue.i for c in clause.get("new")):
        draft.part = True
    alone = words.lows[number.i] == "one" and number.j - number.i == 1
    if alone and (number.i <= clause.i + 1 or _mark(sentence, number.i) == ";"):
        draft.part = True
    draft.note("munitions_low", words.starts[number.i], words.ends[cue.j - 1], "munitions.count")
    if any(number.i <= c.i <= cue.i for c in clause.get("add")):
        draft.adds = True
    return Count(number.low, number.high)


def bare_number(sentence: Sentence, clause: Clause, draft: Draft) -> None:
    """ "At least two were fired": of the weapons told before."""
    for number in sentence.numbers:
        fired = any(c.i - 2 <= number.j < c.i for c in clause.get("launch"))
        if fired and clause.i <= number.i and not number.article and sentence.words.lows[number.j] in ("was", "were"):
            draft.munitions = Count(number.low, number.high)
            draft.note("munitions_low", *sentence.words.span(number.i, number.j), "munitions.of_those_told")
            return


def outcomes(sentence: Sentence, clause: Clause, draft: Draft) -> None:
    """What became of the munitions, as far as the clause says."""
    words = sentence.words
    for cue in clause.get("outcome", "stop"):
        if (
            cue.kind == "stop"
            and not clause.has(*_WEAPONS, "attack_one", "definite")
            and cue.value != "foiled"
            and not draft.anaphoric
        ):
            continue
        if (
            cue.kind == "stop"
            and words.lows[cue.i] in _PLAIN_STOPS
            and not (clause.has(*_WEAPONS, "definite") or words.lows[clause.i] in _BOTH)
        ):
            continue
        if cue.value == "landed_outside" and _where_downed(sentence, clause, cue):
            continue
        if any(w in ("not", "never", "without", "none") for w in words.lows[max(clause.i, cue.i - 3) : cue.i]):
            continue
        if cue.value and cue.value not in draft.outcomes:
            draft.outcomes[cue.value] = None
            draft.note("outcome", *words.span(cue.i, cue.j), "outcome.phrase")
    if draft.outcomes.keys() <= {"intercepted"} and draft.weapons.keys() != {"ied"}:
        _landing(sentence, clause, draft)


def _where_downed(sentence: Sentence, clause: Clause, cue: Cue) -> bool:
    """ "Shot down in an uninhabited area", "its wreckage fell on open ground": no munition came down by itself."""
    before = sentence.words.lows[clause.i : cue.i]
    stopped = any(0 < cue.i - c.j <= 4 for c in clause.get("stop")) and sentence.words.lows[cue.i] not in _LANDINGS
    return stopped or not _DEBRIS.isdisjoint(before)


def _landing(sentence: Sentence, clause: Clause, draft: Draft) -> None:
    """Where a munition came down, by the words after the verb: "fell on open ground", "slammed into the barracks"."""
    words, lows = sentence.words, sentence.words.lows
    if draft.outcomes and "before" in lows[clause.i : clause.j]:
        return  # "shot down before it reached the base"
    for cue in clause.get("hit"):
        if (
            lows[cue.i] not in _LANDINGS
            or lows[cue.j : cue.j + 1] == ["over"]
            or any(w in _DEBRIS for w in lows[max(clause.i, cue.i - 3) : cue.i])
        ):
            continue
        behind = [p for p in clause.places if p.level == "site" and 0 < p.start - words.ends[cue.i] <= 40]
        upon = bool(behind) and (lows[cue.i] in _STRIKES or _upon(lows, cue))
        tail = [
            lows[k]
            for k in range(cue.i + 1, min(cue.j + 8, clause.j))
            if not any(p.level == "site" and p.start <= words.starts[k] < p.end for p in clause.places)
            and not (upon and words.starts[k] > behind[0].end)  # "hit the K-1 base near Kirkuk"
        ]
        side = next((w for w in tail if w in _OUTSIDE or w in _INSIDE), None)
        if side == "near" and any(w in ("runway", "hangar", "barracks", "quarters", "depot", "store") for w in tail):
            side = "inside"  # what stands on a base
        if side in _OUTSIDE:
            outcome = "landed_outside"
        elif side is not None or (upon and clause.has(*_WEAPONS, "definite")):
            outcome = "landed_inside"
        else:
            continue
        if outcome not in draft.outcomes:
            draft.outcomes[outcome] = None
            draft.note("outcome", *words.span(cue.i, cue.j), "outcome.verb")


def _upon(lows: list[str], landing: Cue) -> bool:
    """ "came down on X", "landed in X": the place behind the verb is where it fell."""
    return lows[landing.j - 1] in _INTO or lows[landing.j : landing.j + 1] in (
        ["on"],
        ["in"],
        ["into"],
        ["inside"],
        ["within"],
    )


_INTO = vocabulary("on in into inside within onto")
_LANDINGS = vocabulary(
    "hit hits hitting struck strikes landed lands fell falls falling slammed slams crashed crashes crashing impacted impacts exploded"
    " explodes detonated dropped came come rained ploughed plowed rammed smacked smashed plunged splashed flew"
)
_STRIKES = vocabulary("hit hits hitting struck slammed crashed impacted ploughed plowed rammed smacked smashed")
_DEBRIS = vocabulary("none wreckage debris fragments shrapnel splinters remains parts pieces")
_OUTSIDE = vocabulary(
    "near outside around close nearby vicinity beside open empty field fields farmland desert river perimeter edge outskirts"
    " neighbourhood neighborhood village house houses home homes residential street road scrubland wasteland orchard vacant"
    " uninhabited hill hillside lake beyond short park school mosque restaurant shop farm canal waste metres meters yards"
)
_INSIDE = vocabulary(
    "base airbase camp compound garrison embassy facility runway hangar barracks quarters building canteen dormitory inside within"
    " warehouse store depot outpost post airfield airport consulate headquarters installation complex site tents"
)


# ---- killed and injured ---------------------------------------------------------------------------------------------

_BE = vocabulary("was were been are is be have has had")


def casualties(sentence: Sentence, clauses: list[Clause]) -> tuple[dict[str, Count], list[tuple[str, int, int, str]]]:
    """Killed and injured told in these clauses, and where: "no casualties" is zero of both."""
    counts: dict[str, Count] = {}
    where: list[tuple[str, int, int, str]] = []
    for clause in clauses:
        for cue in clause.get("none_hurt"):
            for column in ("deaths", "injured") if cue.value == "both" else (cue.value,):
                if column not in counts:
                    counts[column] = Count(0, 0)
                    where.append((column, *sentence.words.span(cue.i, cue.j), "casualties.none"))
        previous = clause.i
        for cue in clause.get("hurt"):
            if cue.value == "both" or clause.has("unknown_hurt"):
                continue
            found = _hurt(sentence, clause, cue, previous)
            previous = cue.j
            if found is None:
                continue
            count, american, start, end = found
            column = cue.value
            if column in counts and counts[column].low != 0:
                continue
            counts[column] = count
            where.append((column, start, end, "casualties.count"))
            if american is not None:
                counts[f"us_{column}"] = american
                where.append((f"us_{column}", start, end, "casualties.count"))
    return counts, where


def _hurt(sentence: Sentence, clause: Clause, cue: Cue, previous: int) -> tuple[Count, Count | None, int, int] | None:
    lows = sentence.words.lows
    passive = cue.i > 0 and any(w in _BE for w in lows[max(0, cue.i - 2) : cue.i])
    right = _people(sentence, clause, cue.j, min(clause.j, cue.j + 12), after=True)
    left = _people(sentence, clause, previous, cue.i, after=False)
    order = (
        (left, right)
        if passive
        or "injuries" in lows[cue.i : cue.j]
        or "injury" in lows[cue.i : cue.j]
        or lows[cue.i] in ("dead", "hurt", "died", "injuries")
        else (right, left)
    )
    return order[0] or order[1]


def _mark(sentence: Sentence, k: int) -> str:
    """The mark before a word."""
    words = sentence.words
    return words.text[words.ends[k - 1] : words.starts[k]].strip() if k else ""


def _people(
    sentence: Sentence, clause: Clause, i: int, j: int, after: bool
) -> tuple[Count, Count | None, int, int] | None:
    """People counted between two words: "two women and three children" is five."""
    words = sentence.words
    stops = [c.i for c in clause.get("hurt", "hit", "launch", "stop") if i <= c.i < j]
    if after and stops:
        j = min(stops)
        if words.lows[j - 1] in _BE:  # "a girl died in the street, seven people were hurt": the seven are the hurt
            j = max((k for k in range(i, j) if words.lows[k] == "and" or _mark(sentence, k) in (",", ";")), default=i)
    if not after and stops:
        i = max(stops) + 1
    if not after:  # "killed three and left 25 more injured", "four rockets or five; two soldiers were wounded"
        i = max((k for k in range(i + 1, j) if _mark(sentence, k) == ";"), default=i)
        i = max((k + 1 for k in range(i, j) if words.lows[k] in ("left", "leaving", "leaves")), default=i)
    persons = [c.i for c in clause.get("person") if i <= c.i < j]
    weapons_at = [c.i for c in clause.get(*_WEAPONS, "attack_many", "attack_one") if i <= c.i < j]
    low = high = 0
    found: list[int] = []
    parts: list[int] = []
    open_end = False
    last = i
    for number in sentence.numbers:
        if not i <= number.i < j or (number.low is None and number.high is None):
            continue
        if any(number.j <= w <= number.j + 3 for w in weapons_at):
            continue
        if words.lows[number.j : number.j + 1] in (["family"], ["household"]) or (
            words.lows[number.j : number.j + 1] == ["of"] and words.lows[number.j + 1 : number.j + 2] in _PART
        ):
            continue  # "killed five members of one family, three of them children"
        reach = number.j + (2 if number.article else 4)
        reach = min(reach, next((k - 1 for k in range(number.j, reach + 1) if k < j and _mark(sentence, k)), reach))
        person = any(number.j <= p <= reach for p in persons)
        if number.article and any(number.j <= c.i <= reach for c in clause.get("target")):
            continue  # "a base housing US troops" counts nobody
        bare = (after and number.i - i <= 1 and not number.article) or (
            not after
            and not number.article
            and words.lows[number.j : number.j + 1]
            and (words.lows[number.j] in _BE or number.j >= j - 1)
        )
        if not person and not bare:
            continue
        if found and number.i - last > 7:
            break
        low += number.low or 0
        high += number.high or 0
        parts.append(number.low or 0)
        open_end = open_end or number.high is None
        found += [number.i, number.j]
        last = number.j
    if not found:
        return None
    nations = [(n, words.lows[j]) for n, j in zip(parts, found[1::2], strict=True) if words.lows[j : j + 1]]
    americans = [n for n, word in nations[1:] if word in _AMERICANS]
    named = bool(americans) or any(word in _NATIONS for _, word in nations[1:])
    part_of_first = sum(parts[1:]) == parts[0] and len(parts) > 2
    comma = len(parts) > 1 and _LISTED.search(words.text, words.starts[found[1]], words.starts[found[2]]) is not None
    if comma and (part_of_first or (named and sum(parts[1:]) <= parts[0])):
        low, high = parts[0], parts[0]  # "three personnel, two Americans and a Briton"
    near = words.lows[min(found) : min(max(found) + 4, len(words))]
    count = Count(low or None, None if open_end else high)
    american = count if any(w in _AMERICANS for w in near) else None
    if americans and low == parts[0]:
        american = Count(sum(americans), sum(americans))
    return (
        count,
        american,
        words.starts[min(found)],
        words.ends[max(found) - 1],
    )


_PART = (["them"], ["whom"], ["these"])
_LISTED = re.compile("[,:—–]")
_AMERICANS = vocabulary("usa american americans")
_NATIONS = vocabulary("briton britons british iraqi iraqis french danish dutch filipino turkish foreign foreigners")


# ---- who ------------------------------------------------------------------------------------------------------------


def speaker(sentence: Sentence, clause: Clause, voice: str) -> tuple[str, str | None, tuple[int, int] | None]:
    """Who tells: "attacker" or "source", the attacker's name if given, and where. `voice` is who told the sentence before."""
    words = sentence.words
    cues = clause.get(
        "group", "armed", "backed", "force", "authority", "say", "claim", "partisan", "state", "other_attacker", "blame"
    )
    if clause.has("no_claim"):
        return "source", None, None
    actor: Cue | None = None
    for cue in cues:
        if cue.kind in ("group", "armed", "backed", "force", "authority", "state", "partisan", "other_attacker"):
            if not (
                actor is not None
                and actor.kind == "group"
                and cue.kind in ("backed", "armed", "state")
                and cue.i - actor.j <= 8
            ):
                actor = cue
            continue
        if cue.kind == "blame" or actor is None:
            continue
        attacker = actor.kind == "group" or (
            actor.kind in ("armed", "backed", "partisan") and (cue.kind == "claim" or words.lows[cue.i] in _ASSERTING)
        )
        if attacker and (cue.kind == "claim" or _own_words(words.lows, cue, clause)):
            name, span = _name(sentence, clause, actor)
            return "attacker", name, span
    if (
        voice == "attacker"
        and words.lows
        and words.lows[0] in ("it", "they", "the", "its", "according", "earlier", "in")
        and clause.has("say", "armed", "claim")
        and (not clause.has("force", "authority") or words.lows[0] == "it")
    ):
        return "attacker", None, None
    if voice == "attacker" and not clause.has("force", "authority"):
        goes_on = clause.i > 0 and words.lows[clause.i] in ("which", "that") and not clause.has("say")
        if goes_on or any(w in _NOTICES for w in words.lows):
            return "attacker", None, None
    return "source", None, None


_ASSERTING = vocabulary("said says announced claimed wrote posted stated declared asserted")


def _own_words(lows: list[str], cue: Cue, clause: Clause) -> bool:
    """Whether what is said is the speaker's own act: "said it had attacked", "announced the targeting of"."""
    tail = lows[cue.j : min(cue.j + 9, clause.j)]
    return any(
        w
        in (
            "it",
            "its",
            "they",
            "their",
            "we",
            "fighters",
            "mujahideen",
            "targeting",
            "attacking",
            "responsibility",
            "having",
            "members",
        )
        for w in tail
    ) or any(cue.j <= c.i for c in clause.triggers())


def _name(sentence: Sentence, clause: Clause, actor: Cue) -> tuple[str | None, tuple[int, int] | None]:
    words = sentence.words
    named = clause.get("group")
    if named:
        best = min(named, key=lambda c: abs(c.i - actor.i))
        return best.value, words.span(best.i, best.j)
    match = _SELF_NAME.search(words.text, words.starts[clause.i], words.ends[clause.j - 1])
    if match:
        return match.group(1), match.span(1)
    return None, None


def attribution(sentence: Sentence, clause: Clause) -> tuple[str, tuple[int, int]] | None:
    """Whom the source or its officials hold responsible, if the clause says so."""
    actors = clause.get("group", "backed", "state", "armed")
    if not actors:
        return None
    words = sentence.words
    blame = clause.get("blame")
    launch = [c for c in clause.get("launch", "hit") if not any(c.i - 3 <= p.i < c.i for p in clause.get("passive"))]
    controlled = [
        k
        for k in range(clause.i, clause.j - 1)
        if words.lows[k] in ("controlled", "held") and words.lows[k + 1] == "by"
    ]
    for actor in actors:
        if actor.kind == "armed" and words.lows[actor.i : actor.j] in (
            ["group"],
            ["the", "group"],
            ["umbrella", "group"],
        ):
            continue
        held = any(abs(actor.i - b.i) <= 10 for b in blame) or any(0 < actor.i - k <= 3 for k in controlled)
        acts = any(0 < c.i - actor.j <= 2 for c in launch) and actor.kind != "group"
        if held or acts:
            return actor.value, words.span(actor.i, actor.j)
    return None
