"""Read one article, sentence by sentence: each clause gives drafts of attacks, a denial, or a reason to set it aside."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, timedelta

from sitrep.articles import Article
from sitrep.extract import fields
from sitrep.extract.draft import Count, Draft, Evidence, weapons_agree
from sitrep.extract.joining import MEMORY, Rejection, Threads, days_apart
from sitrep.extract.judge import LEAD_DAYS, NEWS_DAYS, Context, Verdict, fresh_day, is_denial, judge
from sitrep.extract.sentences import Clause, Sentence, headlines, sentences
from sitrep.phrases import DatePhrase, Lexicon, find_dates
from sitrep.phrases.lexicon import vocabulary
from sitrep.places import Gazetteer, PlaceSpan


@dataclass
class Reading:
    """All that one article says: attacks, in the order told, and what was set aside."""

    attacks: list[Draft] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)


def read(article: Article, gazetteer: Gazetteer, lexicon: Lexicon) -> Reading:
    """Read an article. Its language must be one that the lexicon is for; any other gives nothing but a rejection."""
    if article.language not in (lexicon.language, None):
        return Reading(rejected=[Rejection("language", f"reject.language:{article.language}", 0, len(article.text))])
    reader = _Reader(article, gazetteer)
    for headline in headlines(article, gazetteer, lexicon):
        reader.announce(headline)
    reader.entry_day = _live_day(article)
    body = list(sentences(article, gazetteer, lexicon))
    reader.context.coalition = any(c.kind == "force" for s in body for c in s.cues)
    for sentence in body:
        reader.take(sentence)
    return reader.finish()


def _live_day(article: Article) -> tuple[date, date] | None:
    """The day of a live page, each of whose entries stands under a line with its hour: all are of the day it appeared."""
    hours = sum(b.kind == "heading" and _HOUR.match(article.text, b.start, b.end) is not None for b in article.blocks)
    return (article.published, article.published) if hours >= 3 and article.published is not None else None


_HOUR = re.compile(r"\s{0,4}\d{1,2}[:.]\d{2}(?: ?[ap]\.?m\.?)?(?: ?[a-z]{2,4})?\s{0,9}$", re.IGNORECASE)


class _Reader(Threads):
    """The state of reading: attacks so far, the one last spoken of, the day last named, who is speaking."""

    def __init__(self, article: Article, gazetteer: Gazetteer) -> None:
        super().__init__(gazetteer, article.published)
        self.article = article
        self.vague = gazetteer.unsure | gazetteer.areas
        self.context = Context(gazetteer, article.published)
        self.voice, self.voice_paragraph = "source", -1
        self.voice_name: str | None = None
        self.posts: list[Sentence] = []
        self.topic: Draft | None = None  # the attack that the headline tells of
        self.heard_site: PlaceSpan | None = None  # named in the sentence before, which told of no attack
        self.mentioned: list[PlaceSpan] = []  # sites in the order named, of which "the base" may be one
        self.foreign: list[Draft] = []
        self.pending: Draft | None = None
        self.last_weapons: dict[str, None] = {}
        self.weapon_evidence: list[Evidence] = []
        self.aside_paragraph = -1
        self.heard_in: tuple[int, Sentence] | None = None  # the sentence before, if it told a day and no attack
        self.entry_day: tuple[date, date] | None = None  # that of the entry being read, in a round-up
        self.about: tuple[int, PlaceSpan, DatePhrase] | None = None  # site and day of weapons spoken of, no attack told
        self.remembers = False  # the article marks an anniversary: what it tells without a day may be of years ago
        self.day_voice = "source"
        self.lead_end = 0  # where its first sentences end
        self.strike_day: tuple[date, date] | None = (
            None  # of the coalition's own strikes: "earlier in the day" counts from it
        )

    def announce(self, headline: Sentence) -> None:
        """Read a headline: what it names and tells is known to the sentences below it; it is no telling of its own."""
        self._names(headline)
        if self.topic is not None:
            return
        for clause in headline.clauses:
            span = headline.words.starts[clause.i], headline.words.ends[clause.j - 1]
            if is_denial(headline, clause):
                self._remember(headline, clause, span)
            elif (clause.triggers() or _headline_attack(clause)) and judge(headline, clause, self.context) is None:
                drafts = self._drafts(headline, clause, span)
                self.topic = drafts[0] if len(drafts) == 1 and drafts[0].place is not None else None
                self.context.topic = True
                if len(drafts) == 1 and drafts[0].place is None and drafts[0].weapons:
                    self.pending = drafts[0]  # its day is that of the attack told below
        self.voice, self.voice_name, self.last_weapons, self.weapon_evidence = "source", None, {}, []
        topic = self.topic
        dated = topic is not None and topic.first is not None and topic.last is not None and not topic.soft
        self.last_day = (topic.first, topic.last) if dated else None  # type: ignore[union-attr, assignment]

    def _names(self, sentence: Sentence) -> None:
        """Remember what a sentence names."""
        for place in sentence.places:
            if place.level == "site" and place.place_id not in self.vague:
                self.named.setdefault(place.place_id, place)
                self.context.named.add(place.place_id)
            if place.level == "site":
                self.mentioned.append(place)
        kinds = {c.kind for c in sentence.cues}
        if "force" in kinds:
            self.context.theatre = True
        self.remembers = self.remembers or "anniversary" in kinds or "anniversary" in sentence.words.lows

    def _meant(self, sentence: Sentence, clause: Clause) -> PlaceSpan | None:
        """The site named before that "the airport" or "the base" means, unless it is that of the attack last told."""
        if self.current is None and not clause.places:
            last = next((p for p in reversed(self.mentioned) if p.place_id not in self.vague), None)
            if last is not None and last is self.heard_site:
                return last  # "Sirens sounded at X. Two rockets were shot down."
        for noun in (sentence.words.lows[cue.j - 1] for cue in clause.get("the_target")):
            if noun in _CALLED:  # "the camp", after "Camp Taji" and "the Besmaya base"
                called = [
                    p for p in self.mentioned[-MEMORY:] if noun in self.article.text[p.start : p.end + 12].lower()
                ]
                last = called[-1] if called and called[-1].end <= sentence.words.starts[clause.i] else None
                here = self.current.place if self.current is not None else None
                own = here in {p.place_id for p in called} or noun in self.gazetteer.names.get(here or "", "").lower()
                if last is not None and here is not None and not own:
                    return last
        kinds = {kind for cue in clause.get("the_target") for kind in cue.value.split("|") if kind}
        if not kinds or (self.current is not None and self._kind(self.current.place) in kinds | {""}):
            return None
        for place in reversed(self.mentioned):
            if self._kind(place.place_id) in kinds and place.end <= sentence.words.starts[clause.i]:
                return place
        return None

    def _convoy_of(self, sentence: Sentence, clause: Clause) -> PlaceSpan | None:
        """ "A driver of the coalition died when his vehicle was hit by a device", after an attack on a convoy: another one."""
        ied = any(c.value == "ied" for c in clause.get("weapon_one"))
        ours = ied and clause.has("force") and not _VEHICLES.isdisjoint(sentence.words.lows)
        return self.generic if ours else None

    def _kind(self, place: str | None) -> str:
        return self.gazetteer.kinds.get(place or "", "")

    def take(self, sentence: Sentence) -> None:
        """Read one sentence."""
        if sentence.post:
            self.posts.append(sentence)
            return
        self.context.sentence += 1
        if self.context.sentence <= _LEAD:
            self.lead_end = sentence.end
        if sentence.entry is not None:
            self._begin_entry(sentence.entry)
        self._names(sentence)
        if not sentence.clauses:
            self._day_alone(sentence)
            self._heard_at(sentence, [])
            self._heard(sentence)
            self._place_of_pending(sentence)
            return
        before, before_rejected = len(self.attacks), len(self.rejected)
        touched: list[Draft] = []
        told: list[Clause] = []
        own = False
        aside: Verdict | None = None
        self.context.clause_aside = None
        for whole in sentence.clauses:
            clause = self._counted(sentence, whole)
            verdict = self.context.clause_aside = self._clause(sentence, clause, touched, told)
            self.context.known = bool(self.attacks)
            own = own or (verdict is not None and verdict.reason == "coalition_strike")
            aside = verdict or aside
            if verdict is not None and clause.has("none_hurt"):
                told.append(clause)
        self._heard_at(sentence, touched)
        if not touched:
            if aside is None or aside.reason != "look_back" or aside.rule.endswith(":cue"):
                self._place_of_pending(sentence)
            if (
                self.rejected[-1:]
                and self.rejected[-1].rule == "reject.no_place"
                and len(self.rejected) == before_rejected + 1
            ):
                self._day_alone(sentence)  # "On Tuesday it was the turn of the west."
            if aside is None and len(self.attacks) == before:
                self._heard_about(sentence)
            if published := self.article.published:
                dates = [d for c in sentence.clauses for d in c.dates]
                if dates and all(
                    d.rule == "date.year" and d.last and d.last < published and not d.since for d in dates
                ):
                    self.context.year_sentence = self.context.sentence
        self.context.own_strike = own and not touched
        late = [r for r in self.rejected[before_rejected:] if r.reason == "look_back"]
        if touched:
            self.context.aside = None
        elif late or aside is not None:  # a sentence that tells of no attack at all leaves it as it was
            self.context.aside = Verdict(late[0].reason, late[0].rule) if late else aside
            self.aside_paragraph = sentence.paragraph
        self._people(sentence, told, touched, before)
        if not touched and self.current is not None and self.current.first is None:
            self._own_day(sentence, self.current)
        if touched:
            self.recent = touched
            self.current = touched[-1]
        self.context.known = bool(self.attacks)
        self.context.generic = self.generic is not None
        self.context.known_site = any(a.level == "site" for a in self.attacks)

    def _counted(self, sentence: Sentence, clause: Clause) -> Clause:
        """A clause without the event its day is counted from: "the day before the X incident, rockets fell on Y"."""
        if clause.after is not None or not any(p.kind in ("context", "vague") for p in clause.dates):
            return clause
        came = came_after(sentence, clause, self.article.published)
        if came is not None:
            return narrowed(sentence, clause, came, None)
        front = fronted(sentence, clause)
        if front is None:
            return clause
        phrase, begin = front
        named = {p.place_id for p in clause.places if p.start < sentence.words.starts[begin]}
        told = [a for a in self.attacks if a.place in named and a.first is not None and a.last is not None]
        days = (told[-1].first, told[-1].last) if told else self.last_day or self.strike_day
        if days is None or days[0] is None or days[1] is None:
            return narrowed(sentence, clause, begin, phrase._replace(kind="vague"))
        back = timedelta(days=phrase.offset)
        first, last = days[0] + back, days[1] + back
        kind = "day" if first == last else "range"
        return narrowed(
            sentence, clause, begin, phrase._replace(kind=kind, first=first, last=last, prec=1 + (first != last))
        )

    def _begin_entry(self, head: DatePhrase) -> None:
        """A new entry of a round-up or live blog: its head sets the day, and nothing spoken of before is meant."""
        published = self.article.published
        if head.kind in ("day", "range") and head.first is not None and head.last is not None:
            self.entry_day = (head.first, head.last)
        elif self.entry_day is None and published is not None and head.kind == "time":
            self.entry_day = (published, published)  # a live blog's hours are those of its day
        if self.entry_day is not None:
            self.last_day, self.day_voice = self.entry_day, "source"
        self.current, self.recent, self.pending = None, [], None
        self.last_weapons, self.weapon_evidence = {}, []
        self.context.aside, self.context.own_strike = None, False
        self.voice = "source"

    def _heard(self, sentence: Sentence) -> None:
        """A sentence that tells of no attack: who begins to speak in it."""
        first = next((c for c in sentence.cues if c.kind in ("group", "authority") and c.i <= 6), None)
        if first is None or first.kind != "group":
            pass
        elif any(c.kind == "say" and c.i <= first.j + 2 for c in sentence.cues) or _NOTICES & set(sentence.words.lows):
            self.voice, self.voice_name, self.voice_paragraph = "attacker", first.value, sentence.paragraph
        kinds = {c.kind for c in sentence.cues}
        if self.last_day is None and kinds & _DAY_NAMES and not kinds & {"threat", "say", "own_weak"}:
            self.heard_in = (self.context.sentence, sentence)

    def _place_of_pending(self, sentence: Sentence) -> None:
        """ "A drone hit a desert outpost. The troops were in bed at Tower 22": the site of the attack told before."""
        region = self.current if self.current is not None and self.current.level == "region" else None
        draft = region or (None if self.attacks else self.pending)
        if draft is None or not sentence.words.lows or sentence.words.lows[0] not in _DEFINITE_OPENING:
            return
        sure = {p.place_id: p for p in sentence.places if self._sure(p)}
        spoken = any(c.kind in ("people", "target", "the_target", "definite") for c in sentence.cues)
        towns = {p.place_id: p for p in sentence.places if p.place_id in self.gazetteer.unsure}
        if not sure and len(towns) == 1 and region is not None and any(c.kind == "people" for c in sentence.cues):
            sure = towns  # "the troops were stationed in Erbil"
        if len(sure) != 1 or not spoken or sentence.paragraph - draft.paragraph > 4:
            return
        if region is not None and not self.gazetteer.contains(region.place or "", next(iter(sure))):
            return
        place = next(iter(sure.values()))
        draft.place, draft.place_span, draft.level, draft.anaphoric = place.place_id, place, "site", False
        if place.place_id in self.gazetteer.unsure:
            draft.level, draft.likely = "region", self.gazetteer.airport_of(place.place_id)
        draft.note("place_name", *fields.place_name(sentence, place), "place.words")
        draft.note("place_id", place.start, place.end, "place.told_after")
        if region is not None:
            return
        self.pending = None
        self.attacks.append(draft)
        self.recent, self.current, self.context.known = [draft], draft, True

    def _sure(self, place: PlaceSpan) -> bool:
        return place.level == "likely" or (place.level == "site" and place.place_id not in self.vague)

    def _heard_at(self, sentence: Sentence, touched: list[Draft]) -> None:
        """The site at which alarm was heard, as long as no attack has been told of."""
        named = [p for p in sentence.places if p.level == "site" and p.place_id not in self.vague]
        alarm = any(c.kind in ("defence", "blast_one", "blast_many", "hurt") for c in sentence.cues)
        self.heard_site = named[-1] if len(named) == 1 and alarm and not touched else None
        self.context.heard_site = self.heard_site is not None
        if self.heard_site is not None and self.last_day is None:
            self.heard_in = (self.context.sentence, sentence)

    def _day_alone(self, sentence: Sentence) -> None:
        """ "On Thursday it went on." gives its day to what is told after it."""
        if (
            len(sentence.words) > _SHORT
            or self.last_day is None
            or {c.kind for c in sentence.cues} & (_UNSURE | {"say", "deny"})
        ):
            return
        published = self.article.published
        found = find_dates(sentence.words, sentence.cues, published)
        days = [d for d in found if d.kind == "day" and not d.since]
        if len(days) != 1 or days[0].i > 2 or days[0].first is None or days[0].last is None:
            return
        if published is None or (published - days[0].last).days <= NEWS_DAYS:
            self.last_day, self.day_voice = (days[0].first, days[0].last), "source"

    def _heard_about(self, sentence: Sentence) -> None:
        """Weapons spoken of, with their day, in words that tell no attack: "had no part in the rockets at X on Saturday"."""
        kinds = {c.kind for c in sentence.cues}
        definite = any(sentence.words.lows[c.j - 1] in _ARMS for c in sentence.cues if c.kind == "definite")
        if kinds & _UNSURE or not (kinds & {"weapon_one", "weapon_many"} or definite):
            return
        days = [
            d
            for c in sentence.clauses
            if (d := fresh_day(c, self.article.published)) and not fields.reporting(sentence, d)
        ]
        if len(days) != 1 or days[0].first is None or days[0].last is None:
            return
        named = {p.place_id: p for p in sentence.places if self._sure(p)}
        if len(named) == 1:
            self.about = (self.context.sentence, next(iter(named.values())), days[0])
        elif not named and self.last_day is None and "target" in kinds and not self.attacks:
            self.last_day = (
                days[0].first,
                days[0].last,
            )  # a lead: "drones went after four bases before dawn on Tuesday"

    def _of_those_spoken_of(self, sentence_number: int, draft: Draft) -> None:
        """ "Four of them fell on the air base": those of which the sentence before gave site and day."""
        if self.about is None or self.about[0] != sentence_number - 1 or not draft.definite or draft.new:
            return
        _, site, day = self.about
        if draft.first is not None or (
            draft.place is not None and not self.gazetteer.contains(draft.place, site.place_id)
        ):
            return
        if draft.level != "site" or draft.place is None:
            draft.place, draft.place_span, draft.level, draft.anaphoric = site.place_id, site, "site", False
            draft.note("place_id", site.start, site.end, "place.sentence_before")
        draft.first, draft.last, draft.prec = day.first, day.last, day.prec
        for column in ("date_start", "date_end"):
            draft.note(column, site.start, site.end, "date.sentence_before")

    def _date_by_sentence_before(self, draft: Draft) -> None:
        """ "The luck gave out before dawn on Sunday. A drone flew into ...": the day stands in the sentence before."""
        published = self.article.published
        if self.heard_in is None or self.heard_in[0] != self.context.sentence - 1:
            return
        sentence = self.heard_in[1]
        if sentence.paragraph != draft.paragraph:
            return
        for phrase in find_dates(sentence.words, sentence.cues, published):
            if phrase.kind not in ("day", "range") or phrase.since or phrase.first is None or phrase.last is None:
                continue
            if published is not None and (published - phrase.last).days > NEWS_DAYS:
                continue
            draft.first, draft.last, draft.prec = phrase.first, phrase.last, phrase.prec
            for column in ("date_start", "date_end"):
                draft.note(column, *sentence.words.span(phrase.i, phrase.j), "date.sentence_before")
            return

    # ---- one clause --------------------------------------------------------------------------------------------------

    def _clause(self, sentence: Sentence, clause: Clause, touched: list[Draft], told: list[Clause]) -> Verdict | None:
        span = sentence.words.starts[clause.i], sentence.words.ends[clause.j - 1]
        if is_denial(sentence, clause):
            self._denial(sentence, clause, span, touched)
            return None
        if clause.has("found") and clause.has("launcher") and not clause.has("stop", "hit"):
            return self._reject(Verdict("launcher_found", "reject.launcher"), span)
        triggers = clause.triggers()
        if not triggers and not clause.has("own_strike") and not clause.has("claim"):
            told.append(clause)
            if clause.has("defence", "hurt") and any(p.level == "site" for p in clause.places):
                self._day_of_many(sentence, clause)  # "sirens wailed at X on Tuesday night"
            known = fresh_day(clause, self.article.published) is not None
            if self.current is not None and self.current.first is None and known and clause.has("definite", "hurt"):
                fields.date_of(sentence, clause, self.current, None, self.article.published)
            elif self.current is not None and self.current.prec > 1 and clause.has("definite"):
                self._sharpen(sentence, clause, self.current)
            elif self.current is not None and known and clause.has("definite"):
                self._day_spoken_of(sentence, clause)
            if self.current is not None and clause.has("outcome") and not clause.has("found"):
                fields.outcomes(sentence, clause, self.current)
            return None
        if self._claimed_before(sentence, clause):
            self.rejected.append(Rejection("repeated", "merge.claimed", *span))
            return None
        verdict = judge(sentence, clause, self.context)
        if verdict is not None:
            region = any(p.level in ("admin1", "country", "district") for p in clause.places)
            unplaced = (
                verdict.rule == "reject.no_coalition_target"
                and (clause.has("target") or region)
                and not clause.has("other_target")
            )
            if verdict.reason == "tally" or (
                unplaced and clause.has("weapon_one", "weapon_many", "attack_one", "attack_many", "definite")
            ):
                self._day_of_many(sentence, clause)
            struck = fresh_day(clause, self.article.published) if verdict.reason == "coalition_strike" else None
            if (
                struck is not None
                and not fields.reporting(sentence, struck)
                and struck.first is not None
                and struck.last is not None
            ):
                self.strike_day = (struck.first, struck.last)
                self.context.strike_dated = True
            if verdict.reason == "drill" or verdict.rule == "reject.hearsay":
                self._remember(sentence, clause, span)
            if verdict.rule.startswith(("reject.look_back:date.year", "reject.look_back:year_told")):
                self.context.year_paragraph = sentence.paragraph
            same_story = verdict.rule == "reject.look_back:date.week" and self.context.sentence <= _LEAD
            self.context.looked_back = self.context.looked_back or (verdict.reason == "look_back" and not same_story)
            if verdict.reason in ("coalition_strike", "tally") or triggers:
                return self._reject(verdict, span)
            return None if verdict.reason == "look_back" else verdict
        told.append(clause)
        drafts = self._drafts(sentence, clause, span)
        if self.pending is not None and any(d.place is not None for d in drafts):
            for draft in drafts:
                self.settle(draft, self.pending, alone=len(drafts) == 1)
            self.pending = None
        for draft in drafts:
            self._place(draft, touched)
        return None

    def _day_spoken_of(self, sentence: Sentence, clause: Clause) -> None:
        """ "The attack on Sunday is believed ...": "a day earlier" in what follows counts from it."""
        day = fresh_day(clause, self.article.published)
        if day is not None and day.first is not None and day.last is not None and not fields.reporting(sentence, day):
            self.last_day = (day.first, day.last)

    def _own_day(self, sentence: Sentence, attack: Draft) -> None:
        """ "It was not clear whether the base was the target of Wednesday's attack": the day of the one spoken of."""
        for phrase in (p for c in sentence.clauses for p in c.dates):
            if phrase.kind == "day" and fields.own_day(sentence, phrase) and len(self.attacks) == 1:
                attack.first, attack.last, attack.prec = phrase.first, phrase.last, phrase.prec
                for column in ("date_start", "date_end"):
                    attack.note(column, *sentence.words.span(phrase.i, phrase.j), phrase.rule)
                return

    def _sharpen(self, sentence: Sentence, clause: Clause, attack: Draft) -> None:
        """ "Nobody was hurt in the attack on Saturday night", after a weekend: the day within the days told before."""
        day = fresh_day(clause, self.article.published)
        if day is None or day.kind != "day" or day.first is None or attack.first is None or attack.last is None:
            return
        if attack.first <= day.first <= attack.last and not fields.reporting(sentence, day):
            attack.first, attack.last, attack.prec, attack.soft = day.first, day.first, 1, False
            for column in ("date_start", "date_end"):
                attack.note(column, *sentence.words.span(day.i, day.j), day.rule)

    def _remember(self, sentence: Sentence, clause: Clause, span: tuple[int, int]) -> None:
        """What was heard and was no attack: its place and day are what "there was no attack" speaks of."""
        for place in fields.places(sentence, clause, self.gazetteer)[:1]:
            draft = Draft(*span, sentence.paragraph)
            self._set_place(draft, sentence, clause, place)
            fields.date_of(sentence, clause, draft, self.last_day, self.article.published)
            self.foreign.append(draft)
            if draft.first is not None and draft.last is not None and not (draft.soft or self._counted_from(clause)):
                self.last_day = (draft.first, draft.last)

    def _counted_from(self, clause: Clause) -> bool:
        """Whether a clause counts its day from what was told before: "a day after rumours of an attack"."""
        return self.last_day is not None and any(p.kind == "context" for p in clause.dates)

    def _day_of_many(self, sentence: Sentence, clause: Clause) -> None:
        """Several attacks told together give their day and weapon to those told one by one after them."""
        other = Draft(0, 0, 0)
        fields.weapons(sentence, clause, other, clause.i, clause.j)
        if other.weapons:
            self.last_weapons, self.weapon_evidence = other.weapons, [e for e in other.evidence if e.column == "weapon"]
        self.generic = next((p for p in clause.places if p.level == "generic"), self.generic)
        phrase = fresh_day(clause, self.article.published)
        if phrase is not None and phrase.first is not None and phrase.last is not None:
            self.last_day = (phrase.first, phrase.last)
            self.day_voice = "attacker" if clause.has("group", "claim") else "source"

    def _reject(self, verdict: Verdict, span: tuple[int, int]) -> Verdict:
        self.rejected.append(Rejection(verdict.reason, verdict.rule, *span))
        return verdict

    def _drafts(self, sentence: Sentence, clause: Clause, span: tuple[int, int]) -> list[Draft]:
        """One draft for each place a clause names (one without a place if it names none)."""
        words = sentence.words
        found = fields.places(sentence, clause, self.gazetteer)
        voice, name, where = fields.speaker(sentence, clause, self._voice(sentence))
        if voice == "attacker":
            self.voice, self.voice_name, self.voice_paragraph = (
                voice,
                name or self._voice_name(sentence),
                sentence.paragraph,
            )
            name = self.voice_name
        else:
            self.voice = "source"
        attribution = fields.attribution(sentence, clause) if voice == "source" else None
        the_target = clause.has("the_target")
        it = any(words.lows[c.j : c.j + 1] == ["it"] for c in clause.get("hit"))  # "a drone attacked it"
        it = it or any(
            words.lows[c.i - 1 : c.j] == ["it", "happened"] for c in clause.get("hit") if c.i and clause.has("new")
        )
        new = _new(sentence, clause)
        definite = the_target or clause.has("definite")
        if new and clause.has("the_target") and any(w == "another" for w in sentence.words.lows[clause.i : clause.j]):
            definite = False  # "another drone at the same base"
        if not found and clause.triggers():
            meant = self._meant(sentence, clause) or self._convoy_of(sentence, clause)
            found = [meant] if meant is not None else []
        drafts = []
        begin = clause.i
        no_place: list[PlaceSpan | None] = [None]
        for place in found or no_place:
            draft = Draft(*span, sentence.paragraph, definite=definite, new=new, the_target=the_target or it)
            if place is not None:
                self._set_place(draft, sentence, clause, place)
            else:
                draft.anaphoric = True
            fields.date_of(sentence, clause, draft, self.last_day or self.strike_day, self.article.published)
            if self.entry_day is not None and (draft.first is None or draft.soft):
                self._date_by_entry(draft)
            end = clause.j
            if place is not None and len(found) > 1:
                end = next((k for k in range(len(words)) if words.starts[k] >= place.end), clause.j)
                end = _with_attack_noun(clause, end)
            fields.weapons(sentence, clause, draft, begin, end)
            if len(found) > 1:
                begin = end
                if not draft.weapons:
                    self._all_weapons(sentence, clause, draft)
            if len(found) <= 1 and not draft.weapons and len(sentence.clauses) > 1:
                self._sentence_weapons(sentence, clause, draft)
            if not draft.weapons and voice != "attacker" and _elliptic(sentence, clause):
                draft.weapons = dict(self.last_weapons)  # "several more landed near X", "the second went off near Y"
                draft.evidence += [e._replace(rule="weapon.understood") for e in self.weapon_evidence]
                if draft.weapons and _ORDINALS & set(words.lows[clause.i : clause.i + 3]):
                    draft.munitions = Count(1, 1)
                    draft.note("munitions_low", *words.span(clause.i, min(clause.i + 3, clause.j)), "munitions.ordinal")
            if draft.weapons:
                self.last_weapons, self.weapon_evidence = (
                    draft.weapons,
                    [e for e in draft.evidence if e.column == "weapon"],
                )
            if draft.munitions is None and not draft.weapons:
                fields.bare_number(sentence, clause, draft)
            fields.outcomes(sentence, clause, draft)
            if voice == "attacker":
                if (
                    clause.has("claim")
                    and not clause.has("hit", "launch", "stop")
                    and "another" in words.lows[clause.i : clause.j]
                ):
                    draft.new, draft.munitions = False, None  # "posted a claim with a picture of another rocket"
                draft.new = draft.new and bool(draft.munitions)
                draft.stance = "claims"
                draft.note("stance", *span, "stance.attackers_word")
                if name:
                    draft.claimed_by = name
                    draft.note("claimed_by", *(where or span), "claimed_by.group")
            if attribution:
                draft.attributed_to = attribution[0]
                draft.note("attributed_to", *attribution[1], "attributed_to.blame")
            draft.early = any(w == "initially" for w in words.lows[clause.i : clause.j])
            draft.apart = clause.has("apart")
            draft.same_site = place is None and any(words.lows[c.i + 1] == "same" for c in clause.get("the_target"))
            drafts.append(draft)
        return drafts

    def _date_by_entry(self, draft: Draft) -> None:
        assert self.entry_day is not None
        draft.first, draft.last = self.last_day or self.entry_day
        draft.prec, draft.soft, draft.unresolved = (1 if draft.first == draft.last else 2), False, False
        for column in ("date_start", "date_end"):
            draft.note(column, draft.start, draft.end, "date.entry")

    def _voice(self, sentence: Sentence) -> str:
        return self.voice if 0 <= sentence.paragraph - self.voice_paragraph <= 3 else "source"

    def _voice_name(self, sentence: Sentence) -> str | None:
        return self.voice_name if 0 <= sentence.paragraph - self.voice_paragraph <= 3 else None

    def _set_place(self, draft: Draft, sentence: Sentence, clause: Clause, place: PlaceSpan) -> None:
        vague = place.place_id in self.gazetteer.unsure or place.place_id in self.gazetteer.areas
        sure = place.level in ("site", "generic") and not vague
        draft.place, draft.place_span = place.place_id, place
        if place.level == "likely":
            draft.likely, draft.place = place.place_id, self.gazetteer.admin1_of(place.place_id)
        elif vague or place.level == "admin1":
            airport = any(w in ("airport", "airports") for w in sentence.words.lows[clause.i : clause.j])
            draft.likely = self.gazetteer.airport_of(place.place_id) if airport else None
        draft.level = "site" if sure else "region"
        if not sure:
            draft.region = draft.place
        if place.level == "generic":
            self.generic = place
            regions = [p.place_id for p in clause.places if p.level == "admin1"]
            draft.region = regions[0] if len(regions) == 1 else None
        elif (
            self.generic is not None and place.level == "admin1" and not any(c.kind == "target" for c in sentence.cues)
        ):
            draft.place, draft.level = self.generic.place_id, "site"
        here = sentence.start <= place.start < sentence.end
        start, end = fields.place_name(sentence, place) if here else (place.start, place.end)
        draft.note("place_name", start, end, "place.words")
        draft.note("place_id", place.start, place.end, f"place.{place.level}")

    def _all_weapons(self, sentence: Sentence, clause: Clause, draft: Draft) -> None:
        other = Draft(0, 0, 0)
        fields.weapons(sentence, clause, other, clause.i, clause.j)
        draft.weapons = dict(other.weapons)
        draft.evidence += [e for e in other.evidence if e.column == "weapon"]

    def _sentence_weapons(self, sentence: Sentence, clause: Clause, draft: Draft) -> None:
        """A weapon told in a neighbouring clause that reports no other attack: "when rockets were fired at it"."""
        for other in sentence.clauses:
            if other is not clause and not other.has("own_strike", "launcher") and not other.places:
                fields.weapons(sentence, other, draft, other.i, other.j)

    # ---- joining -----------------------------------------------------------------------------------------------------

    def _place(self, draft: Draft, touched: list[Draft]) -> None:
        """Join a draft to the attack it tells of, or begin a new one."""
        if draft.place is None and draft.first is None and draft.stance == "reports" and self._behind(draft.paragraph):
            self._reject(Verdict("look_back", "reject.look_back:continues"), (draft.start, draft.end))
            return
        published = self.article.published
        if draft.last is not None and published is not None and (published - draft.last).days > LEAD_DAYS:
            self._reject(Verdict("look_back", "reject.look_back:older_than_news"), (draft.start, draft.end))
            return
        if draft.first is not None and published is not None and draft.first > published:
            self._reject(Verdict("look_back", "reject.look_back:counted_from_elsewhere"), (draft.start, draft.end))
            return
        self._of_those_spoken_of(self.context.sentence, draft)
        if draft.first is None and self.last_day is None and not draft.unresolved:
            self._date_by_sentence_before(draft)
        match = self.match(draft, touched)
        headed = self.topic is not None and not self.attacks and weapons_agree(draft.weapons, self.topic.weapons)
        if match is None and draft.place is None and headed and self.topic is not None:
            self.adopt(draft, self.topic)  # the headline names the place
        if match is None and draft.place is None and draft.stance == "claims" and self.current is not None:
            self.adopt(draft, self.current)  # the attacker gives other numbers: told beside the report, not into it
        if match is not None:
            if match in touched and draft.place is None and match.stance == "claims":
                draft.stance = "claims"  # "it said it had sent drones, and that they had hit their targets"
            self.merge(match, draft)
            if draft.first is not None and draft.last is not None and not (draft.soft or draft.said):
                self.last_day = (draft.first, draft.last)  # "the attack on Sunday": "a day earlier" counts from it
            if match not in touched:
                touched.append(match)
            return
        if draft.place is None and draft.new and draft.munitions and draft.time_of_day and self.current is not None:
            self.adopt(draft, self.current)  # "at 5:30 two more drones were shot down"
        if (
            draft.place is None
            and draft.the_target
            and draft.first
            and not draft.soft
            and self.current is not None
            and match is None
        ):
            self.adopt(draft, self.current)  # "on June 28 the same base was attacked"
        if draft.place is None:
            self._reject(Verdict("no_place", "reject.no_place"), (draft.start, draft.end))
            if draft.weapons:
                self.pending = draft
                if draft.first is not None and draft.last is not None:
                    self.last_day = (draft.first, draft.last)
            return
        if (
            draft.first is None
            and not draft.definite
            and self.context.aside is not None
            and self.context.aside.reason == "look_back"
        ):
            self._reject(Verdict("look_back", "reject.look_back:continues"), (draft.start, draft.end))
            return
        reported = self._reported_at(draft) if draft.stance == "claims" and draft.first is None else []
        if len(reported) == 1 and not draft.unresolved:
            draft.first, draft.last = reported[0].first, reported[0].last  # other numbers for the one attack told there
            draft.prec, draft.soft = reported[0].prec, True
        elif draft.first is None and self.last_day is not None and not draft.unresolved:
            draft.first, draft.last = self.last_day
            earlier = [a for a in self.attacks if a not in touched]
            if draft.stance == "claims" and published and earlier and self.day_voice == "source":
                draft.last = max(draft.last, published)  # an attacker's undated claim is not bound to another's report
            draft.prec = 1 if draft.first == draft.last else 2
            draft.soft = True
        self.last_count = draft.munitions
        self.attacks.append(draft)
        touched.append(draft)
        if draft.first is not None and draft.last is not None and not draft.soft:
            self.last_day = (draft.first, draft.last)
            self.day_voice = "attacker" if draft.stance == "claims" else "source"

    def _reported_at(self, draft: Draft) -> list[Draft]:
        """The dated reports of attacks on a draft's site with its kind of weapon."""
        return [
            a
            for a in self.attacks
            if a.place == draft.place and a.stance == "reports" and a.first and weapons_agree(a.weapons, draft.weapons)
        ]

    def _behind(self, paragraph: int) -> bool:
        """Whether the sentence before, in the same paragraph, told of an earlier attack."""
        aside = self.context.aside
        return aside is not None and aside.reason == "look_back" and paragraph == self.aside_paragraph

    # ---- denials, people, posts -----------------------------------------------------------------------------------

    def _denial(self, sentence: Sentence, clause: Clause, span: tuple[int, int], touched: list[Draft]) -> None:
        found = fields.places(sentence, clause, self.gazetteer)
        if _of_foreign_house(sentence, found, self.gazetteer):
            self._reject(Verdict("elsewhere_or_others", "reject.denial_of_others"), span)
            return
        if not sentence.places and not {c.kind for c in sentence.cues} - {"denial"} and not _quoted(sentence):
            self._reject(Verdict("denial", "reject.denial_of_nothing_named"), span)  # "Nothing happened, then."
            return
        if not found:
            found = [p for c in sentence.clauses for p in fields.places(sentence, c, self.gazetteer)]
        if (
            self.current is not None
            and found
            and all(self.gazetteer.contains(p.place_id, self.current.place or "") for p in found)
        ):
            found = []  # "denied any attack in Syria": the one spoken of
        for place in found:
            self._deny(sentence, clause, span, place)
        if not found:
            self._deny(sentence, clause, span, None)

    def _deny(self, sentence: Sentence, clause: Clause, span: tuple[int, int], place: PlaceSpan | None) -> None:
        draft = Draft(*span, sentence.paragraph, stance="denies")
        alarm = self.heard_site.place_id if self.heard_site is not None else None
        spoken_of = {d.place for d in [*self.foreign, self.current] if d is not None}
        if place is None and alarm is not None and alarm not in spoken_of:
            self._reject(
                Verdict("denial", "reject.denial_of_alarm"), span
            )  # "Sirens wailed at X. There was no attack."
            return
        if place is not None:
            self._set_place(draft, sentence, clause, place)
        elif (
            self.current is not None
            and self.current.place_span is not None
            and not self._heard_since(sentence.paragraph)
        ):
            draft.place, draft.level, draft.place_span = self.current.place, self.current.level, self.current.place_span
            draft.evidence += [e for e in self.current.evidence if e.column in ("place_id", "place_name")]
        elif self.foreign:
            heard = self.foreign[-1]
            draft.place, draft.level, draft.place_span = heard.place, heard.level, heard.place_span
            draft.evidence += [e for e in heard.evidence if e.column in ("place_id", "place_name")]
        else:
            self._reject(Verdict("denial", "reject.denial_without_place"), span)
            return
        fields.date_of(sentence, clause, draft, self.last_day, self.article.published)
        said_on = any(e.column == "date_start" and e.rule.endswith(".reported") for e in draft.evidence)
        if said_on and self.last_day is None and draft.first is not None:
            draft.first, draft.prec = (
                draft.first - timedelta(days=1),
                2,
            )  # denied on a day: that day's or the night's before
        elif (draft.first is None or said_on) and self.last_day is not None:
            draft.first, draft.last = self.last_day
            draft.prec, draft.soft = (1 if draft.first == draft.last else 2), True
        fields.weapons(sentence, clause, draft, clause.i, clause.j)
        draft.munitions = None
        draft.evidence = [e for e in draft.evidence if e.column != "munitions_low"]
        draft.note("stance", *span, "stance.denial")
        for other in self.attacks:
            if (
                other.stance == "denies"
                and self.gazetteer.compatible(other.place, draft.place)
                and days_apart(other, draft) <= 1
            ):
                own_day = not said_on and any(e.column == "date_start" for e in draft.evidence)
                if own_day and draft.first is not None and 0 < draft.prec < other.prec:
                    for claim in self.attacks:  # what is denied was claimed for the same day
                        if (
                            claim.soft
                            and claim.stance == "claims"
                            and self.gazetteer.compatible(claim.place, draft.place)
                        ):
                            claim.first, claim.last, claim.prec = draft.first, draft.last, draft.prec
                    other.first, other.last, other.prec = draft.first, draft.last, draft.prec
                    other.evidence += [e for e in draft.evidence if e.column in ("date_start", "date_end")]
                if not other.weapons:
                    other.weapons = draft.weapons
                    other.evidence += [e for e in draft.evidence if e.column == "weapon"]
                self.rejected.append(Rejection("repeated", "merge.same_denial", *span))
                return
        self.attacks.append(draft)
        self.current = self.current or draft

    def _heard_since(self, paragraph: int) -> bool:
        """Whether something that was no attack has been told of after the attack last told, just above."""
        if not self.foreign or self.current is None:
            return False
        return self.current.start < self.foreign[-1].start and paragraph - self.foreign[-1].paragraph <= 2

    def _people(self, sentence: Sentence, told: list[Clause], touched: list[Draft], before: int) -> None:
        """Attach the killed and injured that a sentence tells to the attacks it tells of, else to the last one."""
        there = self._told_at(sentence) if not touched else None
        if there is not None:
            touched = [there]
        if not touched:
            if self.context.aside is not None and sentence.paragraph == self.aside_paragraph:
                return  # they are of what was just set aside
            told = [c for c in told if not self._of_others(sentence, c)]
        if not told:
            return
        counts, where = fields.casualties(sentence, told)
        if not counts:
            return
        hosts = touched or self._spoken_of(sentence)
        for host in hosts:
            if host.stance == "denies":
                continue
            for column, count in counts.items():
                if column not in host.hurt or (host.hurt[column].low or 0) < (count.low or 0):
                    host.hurt[column] = count
            host.evidence += [Evidence(*w) for w in where]

    def _told_at(self, sentence: Sentence) -> Draft | None:
        """The attack on the one site that a sentence without an attack names: "three soldiers at X had minor injuries"."""
        sites = {p.place_id for p in sentence.places if self._sure(p)}
        if len(sites) != 1 or any(
            d.kind in ("day", "range", "coarse", "vague") for c in sentence.clauses for d in c.dates
        ):
            return None
        known = [a for a in self.attacks[-MEMORY:] if a.place in sites and a.stance != "denies"]
        return known[-1] if known and known[-1] is not self.current else None

    def _claimed_before(self, sentence: Sentence, clause: Clause) -> bool:
        """ "The group boasted of both barrages on X": names who claims the attacks told of before."""
        many = clause.get("attack_many")
        group = clause.get("group")
        if not (many and group and clause.has("claim")) or clause.has("no_claim"):
            return False
        sites = {p.place_id for p in clause.places if self._sure(p)}
        known = [a for a in self.attacks[-MEMORY:] if a.place in sites and a.stance == "reports" and not a.claimed_by]
        if not known or any(p.kind in ("day", "range") and not fields.reporting(sentence, p) for p in clause.dates):
            return False
        for attack in known:
            attack.claimed_by = group[0].value
            attack.note("claimed_by", *sentence.words.span(group[0].i, group[0].j), "claimed_by.both")
        return True

    def _of_others(self, sentence: Sentence, clause: Clause) -> bool:
        """Whether a clause without an attack tells of other people's killed: of raids, of another group, day or place."""
        if clause.has("other_attacker", "own_strike", "own_weak", "drill", "other_target") or any(
            p.level == "elsewhere" for p in clause.places
        ):
            return True
        killing = [
            c for c in clause.get("force", "group") if sentence.words.lows[c.j : c.j + 1] in (["killed"], ["wounded"])
        ]
        if killing or any(
            w in ("raid", "raids", "aircraft", "helicopter", "accident")
            for w in sentence.words.lows[clause.i : clause.j]
        ):
            return True
        host = self.current
        if host is None:
            return False
        sure = [p for p in clause.places if p.level == "site" and p.place_id not in self.vague]
        if sure and not any(self.gazetteer.compatible(p.place_id, host.place) for p in sure):
            return True
        for phrase in clause.dates:
            if phrase.kind == "coarse" and not phrase.since:
                return True
            if phrase.kind in ("day", "range") and phrase.last and host.first and phrase.last < host.first:
                return True
        return False

    def _spoken_of(self, sentence: Sentence) -> list[Draft]:
        """The attacks a sentence without an attack of its own speaks of: the last, or the last three of "the three attacks"."""
        many = [c for c in sentence.cues if c.kind == "attack_many"]
        if many:
            for number in sentence.numbers:
                if number.low and not number.article and number.j in (many[0].i, many[0].i - 1):
                    return self.attacks[-number.low :]
        if self.current is None or sentence.paragraph - self.current.paragraph > 6:
            return []
        return (
            self.recent
            if any(w in ("any", "either", "both", "all") for w in sentence.words.lows) and self.recent
            else [self.current]
        )

    def finish(self) -> Reading:
        """Resolve regions to sites the article names, give undated attacks the days its publication allows."""
        _read_posts(self)
        for attack in [a for a in self.attacks if a.start > self.lead_end and self._nowhere(a)]:
            self.attacks.remove(attack)
            self._reject(Verdict("no_place", "reject.no_place:country_and_no_day"), (attack.start, attack.end))
        self.regions()
        published = self.article.published
        if self.remembers:
            for attack in [a for a in self.attacks if a.first is None and not a.unresolved]:
                self.attacks.remove(attack)
                self._reject(Verdict("look_back", "reject.look_back:undated_in_memory"), (attack.start, attack.end))
        for attack in self.attacks:
            if attack.first is None and published is not None and not attack.unresolved:
                attack.first, attack.last, attack.prec = published - timedelta(days=1), published, 2
                attack.note("date_start", attack.start, attack.end, "date.publication")
                attack.note("date_end", attack.start, attack.end, "date.publication")
            elif attack.soft:
                attack.note("date_start", attack.start, attack.end, "date.context")
                attack.note("date_end", attack.start, attack.end, "date.context")
            if "missile" in attack.weapons and attack.weapons.keys() & {"ballistic_missile", "cruise_missile"}:
                del attack.weapons["missile"]
            if "missile" in attack.weapons:
                attack.weapons = {("rocket" if w == "missile" else w): None for w in attack.weapons}
            for column, count in list(attack.hurt.items()):
                if column == "injured" and "deaths" not in attack.hurt and count.low is None:
                    del attack.hurt[column]
        return Reading(self.attacks, self.rejected)

    def _nowhere(self, attack: Draft) -> bool:
        """Whether no more is known of an attack than its country: "they also claimed to have hit forces in Iraq"."""
        if attack.level == "site" or attack.likely or self.gazetteer.levels.get(attack.place or "") != "country":
            return False
        return attack.first is None or (attack.soft and not attack.weapons and attack.stance != "denies")


def _headline_attack(clause: Clause) -> bool:
    """ "Drone slips past defences at X": in a headline a weapon and a site are enough."""
    return clause.has("weapon_one", "weapon_many") and any(p.level in ("site", "likely") for p in clause.places)


def _elliptic(sentence: Sentence, clause: Clause) -> bool:
    """Whether a clause leaves its weapon to be understood from before."""
    lows = sentence.words.lows[clause.i : clause.j]
    return bool(clause.get("hit", "stop")) and any(
        w in ("more", "others", "first", "second", "third", "fourth", "another") for w in lows[:6]
    )


def _with_attack_noun(clause: Clause, end: int) -> int:
    """The end of "the Green Village rocket attack": the weapon behind a name is that place's."""
    for cue in clause.get("attack_one", "attack_many"):
        if end <= cue.i <= end + 1:
            return cue.j
    return end


def fronted(sentence: Sentence, clause: Clause) -> tuple[DatePhrase, int] | None:
    """The days counted at the head of a clause from something named before the comma, and the word after that comma."""
    words = sentence.words
    for phrase in clause.dates:
        if phrase.kind != "context" or phrase.i > clause.i + 1 or words.lows[phrase.j - 1] not in ("after", "before"):
            continue
        for k in range(phrase.j + 1, min(phrase.j + 10, clause.j)):
            if "," not in words.text[words.ends[k - 1] : words.starts[k]]:
                continue
            verbs = any(phrase.j <= c.i < k for c in clause.get("hit", "launch", "stop", "say"))
            return (phrase, k) if not verbs and any(c.i >= k for c in clause.triggers()) else None
    return None


def came_after(sentence: Sentence, clause: Clause, published: date | None) -> int | None:
    """Where "three rockets fell near X on Tuesday" begins in "the attack came days after three rockets fell ..."."""
    lows = sentence.words.lows
    for phrase in clause.dates:
        if (
            phrase.kind != "vague"
            or lows[phrase.j - 1] != "after"
            or lows[phrase.i - 1 : phrase.i] not in (["came"], ["comes"])
        ):
            continue
        behind = [c.i >= phrase.j for c in clause.triggers()]
        later = [d for d in clause.dates if d.i >= phrase.j and d.kind == "day" and not d.since]
        if behind and all(behind) and later and clause.has("definite", "attack_one"):
            return phrase.j
    return None


def narrowed(sentence: Sentence, clause: Clause, begin: int, phrase: DatePhrase | None) -> Clause:
    """The clause from word `begin` on, with `phrase` for the day that was counted before it."""
    cues = {kind: kept for kind, found in clause.cues.items() if (kept := [c for c in found if c.i >= begin])}
    dates = [*([phrase] if phrase is not None else []), *(d for d in clause.dates if d.i >= begin)]
    places = [p for p in clause.places if p.start >= sentence.words.starts[begin]]
    return Clause(begin, clause.j, cues, dates, places, clause.after)


def _of_foreign_house(sentence: Sentence, found: list[PlaceSpan], gazetteer: Gazetteer) -> bool:
    """Whether another country's mission in a town is spoken of: "Turkey's consulate in Mosul"."""
    if any(p.place_id not in gazetteer.unsure for p in found) or any(c.kind == "force" for c in sentence.cues):
        return False
    text = sentence.words.text
    return any(p.level == "elsewhere" and _MISSION.match(text, p.end) is not None for p in sentence.places)


def _quoted(sentence: Sentence) -> bool:
    return any(q in sentence.words.text[max(0, sentence.start - 2) : sentence.end + 2] for q in '"“”')


_MISSION = re.compile(r"(?:['’]s)? (?:consulate|embassy|mission)\b")
_ARMS = vocabulary("rockets rocket drones drone missiles missile mortars shells projectiles")
_UNSURE = frozenset(
    {"threat", "hypothetical", "own_weak", "own_strike", "drill", "lookback", "tally", "other_attacker", "launcher"}
)
_NOTICES = vocabulary("statement statements notice notices communique communiques claims messages post")
_DEFINITE_OPENING = vocabulary("the they it their that this")
_DAY_NAMES = vocabulary("weekday day day_late day_morning month")
_LEAD = 3  # sentences; what is told later without site and day is hardly the news
_SHORT = 10  # words of a sentence that is little more than its day
_CALLED = vocabulary("camp field garrison airport embassy consulate")  # not every base is called so
_VEHICLES = vocabulary("vehicle vehicles truck lorry")
_ORDINALS = vocabulary("first second third fourth")


def _new(sentence: Sentence, clause: Clause) -> bool:
    """Whether a clause announces a further attack: "another drone", "hours later", "in a separate incident".

    "A second rocket fell near ..." counts on within one attack.
    """
    lows = sentence.words.lows
    things = clause.get("attack_one", "attack_weak", "blast_one", "weapon_one", "weapon_many")
    said = {c.i for c in clause.get("say", "claim", "deny")}
    for cue in clause.get("new"):
        word = lows[cue.i]
        if word == "another" and cue.i and lows[cue.i - 1] == "yet":
            continue  # "yet another drone attack on X": more of the same, in a comment on it
        if word == "another" and any(c.i < cue.i for c in clause.get("weapon_one", "weapon_many")):
            continue  # "a drone struck the radar and another fell near a generator"
        if word in _ORDINALS or word == "another":
            thing = next((c for c in things if cue.j <= c.i <= cue.j + 2), None)
            if thing is not None and not (word in _ORDINALS and thing.kind == "weapon_one"):
                return True
        elif word == "separate" and any(n.j == cue.i for n in sentence.numbers if not n.article):
            continue  # "two separate attacks" counts, it does not go on
        elif not (word == "later" and cue.j in said):
            return True
    return False


def _read_posts(reader: _Reader) -> None:
    """A post embedded beside the text names a place and how many fell there: evidence for that place's attack."""
    for post in reader.posts[:MEMORY]:
        for place in post.places:
            count, start, end = _post_count(post)
            if place.level != "site" or count is None:
                continue
            for attack in reader.attacks:
                if attack.place == place.place_id and attack.munitions is None and attack.stance != "denies":
                    attack.munitions = Count(count, None)
                    attack.note("munitions_low", start, end, "munitions.embedded_post")


_POST_COUNTS = {"صاروخ": 1, "صاروخا": 1, "صاروخين": 2, "صاروخان": 2}


def _post_count(post: Sentence) -> tuple[int | None, int, int]:
    for k, word in enumerate(post.words.lows):
        if word in _POST_COUNTS:
            return _POST_COUNTS[word], *post.words.span(k, k + 1)
    return None, 0, 0
