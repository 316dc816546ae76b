"""Is a clause a report of an attack on US or coalition forces? If not, what is it? One small test a reason."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

from sitrep.extract import fields
from sitrep.extract.sentences import Clause, Sentence
from sitrep.phrases import Cue, DatePhrase
from sitrep.phrases.lexicon import vocabulary
from sitrep.places import Gazetteer

NEWS_DAYS = 7  # an attack told longer after the fact is a look-back, not news ...
LAST_WEEK = 10  # ... "on Friday last week" is still told as news
EARLIER_DAYS = 6  # "six days earlier" is an attack before the news
LEAD_DAYS = 30  # ... unless the article opens with it
_TRANSITIVE = vocabulary(
    "hit hits hitting struck striking targeted targeting attacked attacking shelled bombed pounded fired firing launched"
    " launching lobbed"
)
_ACTORS = frozenset(
    {"force", "group", "backed", "armed", "state", "weapon_one", "weapon_many", "weapon_mass", "attack_one", "attack_many",
     "other_attacker", "blast_one", "authority"}
)  # fmt: skip


@dataclass(slots=True)
class Verdict:
    """Why a clause is no report of an attack: the reason listed in the table of rejections and the rule that said so."""

    reason: str
    rule: str


@dataclass(slots=True)
class Context:
    """What the article has established before this clause."""

    gazetteer: Gazetteer
    published: date | None
    sentence: int = 0  # how many have been read
    known: bool = False  # an attack has been reported
    looked_back: bool = False  # an earlier attack has been told
    generic: bool = False  # convoys have been told of, whose places are provinces
    named: set[str] = field(default_factory=set)  # sites named so far
    known_site: bool = False
    own_strike: bool = False  # the sentence before told of the coalition's own strikes
    aside: Verdict | None = None  # why the whole sentence before was set aside
    clause_aside: Verdict | None = None  # why the clause before in this sentence was set aside
    strike_dated: bool = False  # the day of the coalition's own strikes is known
    year_paragraph: int = -1  # the paragraph in which an attack of a past year was last told
    year_sentence: int = -1  # the sentence that told of a past year and of no attack: what came days later was then
    heard_site: bool = False  # the sentence before told of alarm at a site
    topic: bool = False  # the headline tells of an attack
    theatre: bool = False  # US or coalition forces have been named
    coalition: bool = False  # the article names them somewhere


def judge(sentence: Sentence, clause: Clause, context: Context) -> Verdict | None:
    """None for a report of an attack; else the first reason that holds, the surest first."""
    for test in _TESTS:
        verdict = test(sentence, clause, context)
        if verdict is not None:
            return verdict
    return None


_UNDECIDED = frozenset({"not", "nor", "neither", "confirming", "without", "or"})


def is_denial(sentence: Sentence, clause: Clause) -> bool:
    """An authority says that an attack did not happen (denying one's own part in it is no denial)."""
    if clause.has("denial"):
        return True
    for cue in clause.get("weapon_many", "weapon_one", "blast_many", "blast_one"):
        if (
            cue.i > clause.i
            and sentence.words.lows[cue.i - 1] == "no"
            and (clause.has("launch") or "occurred" in sentence.words.lows)
        ):
            return True
    for cue in clause.get("deny"):
        if set(sentence.words.lows[max(0, cue.i - 6) : cue.i]) & _UNDECIDED:
            continue  # "have not issued a statement confirming or denying it"
        tail = [c for c in clause.get("not_denial") if cue.j <= c.i <= cue.j + 8]
        if not tail and any(c.i > cue.i for c in clause.triggers()):
            return True
        if _report_denied(sentence, clause, cue):
            return True
    return False


_TALK = vocabulary("reports claims rumours rumors talk allegations")


def _report_denied(sentence: Sentence, clause: Clause, deny: Cue) -> bool:
    """ "State media reported a rocket attack on X on Sunday, which the US military denied": the whole report is."""
    lows = sentence.words.lows
    if clause.triggers() and lows[clause.i] in _TALK and lows[clause.i + 1 : clause.i + 2] == ["of"]:
        return lows[deny.i] in ("is", "are", "was", "were")  # "Reports of an attack on X are false"
    which = next((k for k in range(max(clause.i, deny.i - 7), deny.i) if lows[k] == "which"), None)
    if which is None or deny.j < clause.j or clause.has("not_denial"):
        return False
    official = any(which < c.i < deny.i for c in clause.get("force", "authority"))
    reports = [c for c in clause.get("say") if lows[c.i] in ("reported", "report", "announced")]
    attacks = [c for c in clause.get("attack_one") if c.j <= which]
    return official and any(0 < a.i - r.j <= 2 for r in reports for a in attacks)


def fresh_day(clause: Clause, published: date | None, window: int = NEWS_DAYS) -> DatePhrase | None:
    """A day in the clause within the news window, if it has one."""
    for phrase in clause.dates:
        if phrase.since or phrase.kind not in ("day", "range"):
            continue
        days = max(window, LAST_WEEK) if phrase.rule == "date.weekday_last_week" else window
        if published is None or (phrase.last and phrase.last >= published - timedelta(days=days)):
            return phrase
    return None


def sites(clause: Clause) -> list[str]:
    """Ids of the sites named in a clause."""
    return [p.place_id for p in clause.places if p.level == "site"]


# ---- one test a reason ---------------------------------------------------------------------------------------------


def _drill(sentence: Sentence, clause: Clause, context: Context) -> Verdict | None:
    if clause.has("drill") and not fresh_attack_noun(clause):
        return Verdict("drill", "reject.drill")
    drill = any(c.kind == "drill" for c in sentence.cues)
    if drill and all(c.kind in ("blast_one", "blast_many") for c in clause.triggers()):
        return Verdict("drill", "reject.drill:sentence")
    return None


def fresh_attack_noun(clause: Clause) -> bool:
    """A weapon that hits: stronger than the word "exercise" beside it."""
    return (
        clause.has("hit", "launch")
        and clause.has("weapon_one", "weapon_many")
        and not clause.has("blast_many", "blast_one")
    )


def _own_strike(sentence: Sentence, clause: Clause, context: Context) -> Verdict | None:
    for cue in clause.get("own_strike"):
        said = sentence.words.lows[cue.i : cue.j]
        if len(said) > 1 or said[0] not in _ANSWERS or _doer(clause, cue) not in _ATTACKERS:
            return Verdict("coalition_strike", "reject.own_strike")
    if any(sentence.words.lows[max(0, c.i - 2) : c.i].count("by") for c in clause.get("own_weapon")):
        return Verdict("coalition_strike", "reject.own_weapon")  # "was blown up by a Reaper drone"
    triggers = clause.triggers()
    first = triggers[0] if triggers else None
    weak = clause.get("own_weak")
    home = first and first.kind == "stop" and _passive(clause, first)  # "drones near X, home of F-16s, were shot down"
    weapons = clause.get("weapon_many", "weapon_one", "weapon_mass")
    if weak and not (first and weapons and (first.i < weak[0].i or (home and weapons[0].i < weak[0].i))):
        return Verdict("coalition_strike", "reject.own_aircraft")
    if first and context.own_strike and first.kind == "attack_many" and "strike" in sentence.words.lows[first.j - 1]:
        return Verdict("coalition_strike", "reject.own_strike_again")
    for trigger in clause.get("hit", "launch"):
        if (
            sentence.words.lows[trigger.i] in _TRANSITIVE
            and not _passive(clause, trigger)
            and _doer(clause, trigger) == "force"
        ):
            return Verdict("coalition_strike", "reject.own_forces_act")
    return None


_ANSWERS = vocabulary("responded responding retaliated retaliation retaliatory")
_ATTACKERS = frozenset({"group", "backed", "armed", "state"})


def _passive(clause: Clause, trigger: Cue) -> bool:
    return any(trigger.i - 3 <= c.i < trigger.i for c in clause.get("passive"))


def _doer(clause: Clause, trigger: Cue) -> str | None:
    """The kind of the nearest actor before a verb; None when somebody only speaks in between."""
    before = [c for c in clause.get(*_ACTORS) if c.i < trigger.i]
    if not before:
        return None
    nearest = before[-1]
    if any(nearest.i < c.i < trigger.i for c in clause.get("say", "blame", "claim", "deny")):
        return None
    if nearest.kind == "force" and any(c.i < nearest.i for c in clause.get("target", "weapon_many", "weapon_one")):
        return None  # "a base housing US troops ...", "rockets aimed at US forces ..."
    if nearest.kind == "force" and any(
        0 <= nearest.i - c.j <= 1 and not _passive(clause, c) for c in clause.get("hit")
    ):
        return None  # "attacked US bases, striking three facilities"
    return nearest.kind


def _others_attack(sentence: Sentence, clause: Clause, context: Context) -> Verdict | None:
    others = [c for c in clause.get("other_attacker") if not _fought(sentence, c)]
    triggers = clause.triggers()
    if others and triggers and others[0].i < triggers[-1].i and not clause.has("group", "backed"):
        sure = [s for s in sites(clause) if s not in context.gazetteer.unsure]
        if not sure or _doer(clause, triggers[-1]) == "other_attacker":
            return Verdict("elsewhere_or_others", "reject.other_attacker")
    return None


def _fought(sentence: Sentence, group: Cue) -> bool:
    """Whether a group is only whom the coalition fights: "the coalition against the so-called Islamic State"."""
    return not _FIGHTS.isdisjoint(sentence.words.lows[max(0, group.i - 4) : group.i])


_HOSTS = vocabulary("hosts hosting houses housing where")
_FIGHTS = vocabulary("against fighting combating battling defeat")


def _elsewhere(sentence: Sentence, clause: Clause, context: Context) -> Verdict | None:
    levels = {p.level for p in clause.places}
    if _bound_elsewhere(sentence, clause) and not any(s not in context.gazetteer.unsure for s in sites(clause)):
        return Verdict("elsewhere_or_others", "reject.bound_elsewhere")
    away = (p.start for p in clause.places if p.level == "elsewhere")
    if any(_MISSION_OF.search(sentence.words.text, max(sentence.start, at - 24), at) for at in away):
        return Verdict("elsewhere_or_others", "reject.foreign_mission")
    if "elsewhere" in levels and not levels & {"site", "admin1", "country", "district"}:
        if clause.has("definite", "the_target") or clause.has("claim") or _only_behind(sentence, clause):
            return None
        return Verdict("elsewhere_or_others", "reject.elsewhere")
    others = clause.get("other_target")
    sure = [s for s in sites(clause) if s not in context.gazetteer.unsure]
    hosted = bool(others) and not _HOSTS.isdisjoint(sentence.words.lows[max(0, others[0].i - 3) : others[0].i])
    if others and not sure and (hosted or not any(c.i < others[0].i for c in clause.get("force"))):
        return Verdict("elsewhere_or_others", "reject.other_target")
    return None


def _bound_elsewhere(sentence: Sentence, clause: Clause) -> bool:
    """Weapons on their way to another country: "two drones launched towards Israel were shot down over Iraq"."""
    words = sentence.words
    return clause.has("weapon_one", "weapon_many") and any(
        p.level == "elsewhere" and _ON_THE_WAY.search(words.text, max(sentence.start, p.start - 16), p.start)
        for p in clause.places
    )


_MISSION_OF = re.compile(r"\b(?:consulate|embassy|mission) of (?:the )?$")
_ON_THE_WAY = re.compile(r"\b(?:towards?|bound for|(?:headed|heading|route) (?:to|for))\s$")


def _only_behind(sentence: Sentence, clause: Clause) -> bool:
    """The country elsewhere is named for something said or wanted, not for where it happened."""
    lows = sentence.words.lows[clause.i : clause.j]
    return clause.has("force") and clause.has("target", "people") and "in" not in lows


def _threat(sentence: Sentence, clause: Clause, context: Context) -> Verdict | None:
    triggers = clause.triggers()
    cues = clause.get("threat", "hypothetical")
    lows = sentence.words.lows
    if triggers and lows[0] in _COMMANDS and lows[1:2] not in (["by"], ["on"], ["at"], ["near"]):
        return Verdict("threat", "reject.threat:command")  # "Hit them hard"
    if not triggers or not cues:
        return None
    before = [c for c in cues if c.i < triggers[0].i and not _possible_else(sentence, clause, c)]
    if not before:
        return None
    dated = fresh_day(clause, context.published)
    if dated is not None and dated.own and 0 <= triggers[0].i - dated.j <= 1:
        return None
    happened = clause.has("hit", "launch", "stop") and dated is not None and clause.has("weapon_one", "weapon_many")
    if happened and before[-1].kind == "hypothetical":
        return None
    reason = "threat" if before[-1].kind == "threat" else "hypothetical"
    return Verdict(reason, f"reject.{reason}")


def _possible_else(sentence: Sentence, clause: Clause, cue: Cue) -> bool:
    """ "A group with possible ties to Iran": what is possible is no attack."""
    if sentence.words.lows[cue.i] not in ("possible", "potential"):
        return False
    return not any(
        cue.j <= c.i <= cue.j + 3 for c in (*clause.triggers(), *clause.get("weapon_one", "weapon_many", "hurt"))
    )


def _last_time(sentence: Sentence, clause: Clause, context: Context) -> Verdict | None:
    """ "The last time missiles were fired at them was in 2020": whatever else it names, it was before."""
    lows = sentence.words.lows[clause.i : clause.j]
    if clause.triggers() and any(lows[k : k + 2] == ["last", "time"] for k in range(min(6, len(lows)))):
        return Verdict("look_back", "reject.look_back:last_time")
    return None


def _launch_site(sentence: Sentence, clause: Clause, context: Context) -> Verdict | None:
    """ "The lorry from which the rockets were launched was found in Nineveh": where they came from, not where they fell."""
    lows = sentence.words.lows
    launches = clause.get("launch")
    if (
        not launches
        or len(launches) < len(clause.triggers())
        or any(s not in context.gazetteer.unsure for s in sites(clause))
    ):
        return None
    if any(lows[k : k + 2] == ["from", "which"] for k in range(max(0, launches[0].i - 7), launches[0].i)):
        return Verdict("launcher_found", "reject.launch_site")
    return None


def _hearsay(sentence: Sentence, clause: Clause, context: Context) -> Verdict | None:
    """ "There was talk on social media of a drone at X": nobody tells it."""
    lows = sentence.words.lows[clause.i : clause.j]
    if "alarm" in lows[1:] and lows[lows.index("alarm", 1) - 1] == "false" and not clause.has("hit", "launch", "stop"):
        return Verdict("hypothetical", "reject.false_alarm")
    for k, low in enumerate(lows):
        if (
            low in ("talk", "rumours", "rumors", "chatter")
            and "of" in lows[k + 1 : k + 5]
            and not clause.has("hit", "launch")
        ):
            return Verdict("hypothetical", "reject.hearsay")
    return None


_COMMANDS = vocabulary("hit strike bomb attack destroy fire")


def _anchored_aside(sentence: Sentence, clause: Clause, context: Context) -> Verdict | None:
    """ "US jets hit ... two days after drones hit X": told only to date something that was set aside."""
    aside = context.clause_aside is not None and context.clause_aside.reason in ("coalition_strike", "look_back")
    dateless = fresh_day(clause, context.published) is None
    named, definite = set(sites(clause)) - context.gazetteer.unsure, clause.has("definite")
    behind = clause.i > 0 and clause.after is None and sentence.words.lows[clause.i] in ("after", "following")
    if dateless and behind and named and not definite:
        return Verdict("look_back", "reject.look_back:before_that")
    placed = definite or any(p.level in ("site", "likely", "generic") for p in clause.places)
    if dateless and clause.after is not None and (aside or not placed):
        return Verdict("look_back", "reject.look_back:anchored")
    if context.clause_aside is not None and sentence.words.lows[clause.i] in ("which", "who"):
        return Verdict(context.clause_aside.reason, "reject.continues")
    return None


def _look_back(sentence: Sentence, clause: Clause, context: Context) -> Verdict | None:
    opening = context.sentence <= 4 and not context.known and not context.looked_back
    behind = context.clause_aside
    if any(
        p is not None
        and p.kind == "context"
        and abs(p.offset) >= EARLIER_DAYS
        and sentence.words.lows[p.j - 1] in ("after", "earlier", "before")  # "six days after a strike on X"
        for p in (*clause.dates, clause.after)
    ):
        return Verdict("look_back", "reject.look_back:days_earlier")
    if _answered(sentence, clause, context):
        return Verdict("look_back", "reject.look_back:answered")
    if clause.has("anniversary"):
        return Verdict("look_back", "reject.look_back:anniversary")
    if _previous(sentence, clause) and fresh_day(clause, context.published) is None:
        return Verdict("look_back", "reject.look_back:previous")
    told_back = behind is not None and behind.reason == "look_back"
    if told_back and not clause.dates and sentence.words.lows[clause.i] in ("and", "while"):
        return Verdict("look_back", "reject.look_back:same_sentence")
    fresh = fresh_day(clause, context.published, LEAD_DAYS if opening else NEWS_DAYS)
    if fresh is not None and (
        _in_another_year(sentence, clause, context, fresh) or _weekday_of_long_ago(clause, context, fresh)
    ):
        return Verdict("look_back", "reject.look_back:year_told")
    if context.year_sentence == context.sentence - 1 and any(p.kind == "context" and p.offset for p in clause.dates):
        return Verdict("look_back", "reject.look_back:days_from_year")
    if fresh is not None:
        return None
    aside = context.clause_aside or context.aside
    told_before = aside is not None and (
        aside.reason == "look_back" or (aside.reason == "coalition_strike" and not context.strike_dated)
    )
    for phrase in clause.dates:
        if phrase.kind == "vague" and _of_another_event(sentence, clause, phrase):
            continue
        if phrase.kind == "vague" or (told_before and phrase.kind in ("context", "same_day")):
            return Verdict("look_back", f"reject.look_back:{phrase.rule}")
        if phrase.kind == "coarse" and not phrase.since:
            return Verdict("look_back", f"reject.look_back:{phrase.rule}")
        if phrase.kind in ("day", "range"):
            return Verdict("look_back", "reject.look_back:older_than_news")
    if clause.after is not None and clause.after.kind == "vague":
        return Verdict("look_back", "reject.look_back:vague_offset")
    if clause.has("lookback") and not any(p.kind in ("context", "same_day") for p in clause.dates):
        return Verdict("look_back", "reject.look_back:cue")
    return None


def _previous(sentence: Sentence, clause: Clause) -> bool:
    """ "After previous rocket and drone attacks on X": the attacks told are those before the news."""
    lows = sentence.words.lows
    for cue in clause.get("attack_many"):
        before = lows[max(clause.i, cue.i - 4) : cue.i]
        if ("followed" in before or "follows" in before) and "by" not in before:
            return True  # "it followed attacks on Y"
    return any(
        lows[k] in ("previous", "prior") for c in clause.get("attack_many") for k in range(max(clause.i, c.i - 4), c.j)
    )


def _of_another_event(sentence: Sentence, clause: Clause, phrase: DatePhrase) -> bool:
    """Whether days counted vaguely are those of a killing told after the attack: "... the assassination days earlier"."""
    last = max((c.i for c in clause.triggers()), default=phrase.i)
    return any(w in _KILLINGS for w in sentence.words.lows[last : phrase.i])


_KILLINGS = vocabulary("assassination killing death")


def _answered(sentence: Sentence, clause: Clause, context: Context) -> bool:
    """Whether an attack of days ago is told only as what somebody answered: "raids in response to the drone that hit X"."""
    triggers = clause.triggers()
    before = [c for c in clause.get("answer") if triggers and c.i < triggers[0].i]
    if not before or context.published is None:
        return False
    fresh = fresh_day(clause, context.published)
    old = fresh is None or fresh.last is None or (context.published - fresh.last).days >= EARLIER_DAYS
    return old and fresh is not None


def _in_another_year(sentence: Sentence, clause: Clause, context: Context, fresh: DatePhrase) -> bool:
    """Whether a day that looks recent belongs to a year told beside it: "on the day itself in 2022 ..., and on 5 January"."""
    named = any(len(w) == 4 and w.isdigit() for w in sentence.words.lows[fresh.i : fresh.j])
    if context.published is None or named or fresh.rule != "date.month_day":
        return False
    if sentence.paragraph == context.year_paragraph:
        return True
    triggers = clause.triggers()
    anchor = triggers[0].i if triggers else clause.i
    return any(
        p.kind == "coarse"
        and p.last is not None
        and (context.published - p.last).days >= 0
        and p.rule in ("date.year", "date.year_ago")
        and abs(p.i - anchor) < abs(fresh.i - anchor)
        for p in clause.dates
    )


def _weekday_of_long_ago(clause: Clause, context: Context, fresh: DatePhrase) -> bool:
    """Whether a weekday only repeats a day of long ago told just before it: "one year ago today, on a Friday evening"."""
    if context.published is None or fresh.rule != "date.weekday":
        return False
    return any(
        p.rule == "date.ago"
        and p.last is not None
        and (context.published - p.last).days > LEAD_DAYS
        and 0 <= fresh.i - p.j <= 6
        and not any(p.j <= c.i < fresh.i for c in (*clause.triggers(), *clause.get("say")))
        for p in clause.dates
    )


def _continues(sentence: Sentence, clause: Clause, context: Context) -> Verdict | None:
    """ "That was in response to ..." goes on about what the sentence before was set aside for."""
    if context.aside is None or (clause.i != 0 and not any(c.kind == "split" for c in sentence.cues)):
        return None
    lows = sentence.words.lows
    silent = not (sites(clause) or clause.has("definite", "claim", "the_target"))
    if context.own_strike and lows[0] == "the" and silent and fresh_day(clause, context.published) is None:
        return Verdict("coalition_strike", "reject.continues")
    if lows[0] == "when" and context.aside.reason == "look_back" and fresh_day(clause, context.published) is None:
        return Verdict("look_back", "reject.continues")
    if context.aside.rule == "reject.bound_elsewhere" and any(c.i <= 1 for c in clause.get("definite")):
        return Verdict(context.aside.reason, "reject.continues")  # "The drones were shot down by forces at ..."
    pointing = (
        lows[0] in ("that", "those", "this", "these")
        and len(lows) > 1
        and lows[1] in ("was", "were", "came", "followed", "attack")
    )
    if pointing and fresh_day(clause, context.published) is None:
        return Verdict(context.aside.reason, "reject.continues")
    return None


def _relative_clause(sentence: Sentence, clause: Clause, context: Context) -> Verdict | None:
    """ "a drone assault that killed three": an attack known by what it did, told without its day, is an earlier one."""
    if not context.known or fresh_day(clause, context.published) is not None or clause.has("definite"):
        return None
    lows = sentence.words.lows
    for cue in clause.get("attack_one"):
        if lows[cue.j : cue.j + 1] in (["that"], ["which"]) and any(
            cue.j < h.i <= cue.j + 3 for h in clause.get("hurt")
        ):
            return Verdict("look_back", "reject.look_back:relative_clause")
    return None


def _tally(sentence: Sentence, clause: Clause, context: Context) -> Verdict | None:
    plural = clause.get("attack_many", "attack_weak", "blast_many")
    named = [s for s in sites(clause) if s not in context.gazetteer.unsure]
    single = clause.has("weapon_one", "weapon_many") and clause.has("hit", "launch", "stop")
    counted = any(
        n.j == c.i or n.j == c.i - 1
        for n in sentence.numbers
        if not n.article
        for c in plural
        if c.kind == "attack_many"
    )
    old = fresh_day(clause, context.published) is None and any(p.kind == "day" and not p.since for p in clause.dates)
    if old and plural and context.known:
        return Verdict("look_back", "reject.look_back:older_than_news")
    if any(p.since for p in clause.dates) and (counted or clause.has("tally")):
        return Verdict("tally", "reject.tally:since")
    times = [c for c in clause.get("tally") if sentence.words.lows[c.i] in ("times", "occasions")]
    for cue in times:  # "40 times this year, three times at X in May alone"
        period = any(p.kind == "coarse" and 0 <= p.i - cue.j <= 6 for p in clause.dates)
        many = any(0 <= cue.i - n.j <= 1 and (n.low or 0) > 1 and not n.article for n in sentence.numbers)
        if many and (period or not named):
            return Verdict("tally", "reject.tally:times")
    fresh = fresh_day(clause, context.published)
    if (
        fresh and clause.has("tally") and _us_sentence(sentence)
    ):  # "a rocket attack at a base on Monday, in a recent uptick"
        single = single or any(c.i < clause.get("tally")[0].i for c in clause.get("attack_one"))
    if clause.has("tally") and not (named and fresh) and not (single and (named or fresh)):
        return Verdict("tally", "reject.tally:cue")
    again = [c for c in clause.get("tally") if sentence.words.lows[c.j - 1] in _REPEATEDLY]
    if again and not any(p.kind in ("day", "range", "same_day", "context") for p in clause.dates):
        return Verdict("tally", "reject.tally:repeatedly")  # "have been attacked several times before"
    verbs = clause.has("hit", "launch", "stop", "hurt") or any(p.kind in ("same_day", "context") for p in clause.dates)
    if not fresh and not verbs and _counted_nouns(sentence, clause) and (counted or _after_tally(context)):
        return Verdict("tally", "reject.tally:list")
    convoys = [p for p in clause.places if p.level == "generic" and p.surface.lower().endswith("s")]
    if convoys and any(
        (n.low or 0) > 1 and 0 <= convoys[0].start - sentence.words.ends[n.j - 1] <= 25 for n in sentence.numbers
    ):
        return Verdict("tally", "reject.tally:convoys")
    lows = sentence.words.lows
    if not named and any(lows[c.i - 1 : c.i + 2] == ["the", "targeting", "of"] for c in clause.get("hit") if c.i):
        return Verdict(
            "tally", "reject.tally:the_targeting_of"
        )  # "called the targeting of diplomatic missions an insult"
    if counted and not named and not single:
        return Verdict("tally", "reject.tally:count")
    if not clause.dates and any(sentence.words.lows[c.j : c.j + 1] == ["have"] for c in clause.get("attack_many")):
        return Verdict("tally", "reject.tally:have_been")  # "drone and rocket attacks have targeted the airport"
    one = single and (fresh is not None or not clause.has("blame"))
    definite = any(c.value != "weapon" for c in clause.get("definite"))
    first_one = fresh is not None and plural and any(c.i < plural[0].i for c in clause.get("attack_one", "definite"))
    one = one or bool(first_one)  # "a drone strike on a base on Wednesday, the day of the attacks in Iraq"
    if plural and plural[0].kind == "attack_many" and not named and not one and not definite:
        return Verdict("tally", "reject.tally:plural")
    countries = {p.place_id for p in clause.places if p.level == "country"}
    if len(countries) > 1:  # those struck, not those whose militias or borders are named
        struck = fields.places(sentence, clause, context.gazetteer)
        countries = {p.place_id for p in struck if p.level == "country"}
    if any(p.level in ("admin1", "district") for p in clause.places):
        countries = set()
    if len(countries) > 1 and not named and not first_one and (not fresh or clause.has("attack_many", "target")):
        return Verdict("tally", "reject.tally:countries")
    return None


_REPEATEDLY = vocabulary("times repeatedly frequently regularly routinely occasions daily")


def _counted_nouns(sentence: Sentence, clause: Clause) -> bool:
    """ "33 attacks on X base", "One attack on Y base"."""
    nouns = clause.get("attack_one", "attack_many")
    return any(0 <= c.i - n.j <= 2 for n in sentence.numbers if not n.article for c in nouns)


def _after_tally(context: Context) -> bool:
    return context.aside is not None and context.aside.reason == "tally"


def _bystanders(sentence: Sentence, clause: Clause, context: Context) -> Verdict | None:
    """No US or coalition target, nothing that points back to one."""
    sure = [s for s in sites(clause) if s not in context.gazetteer.unsure]
    convoy = context.theatre and any(p.level == "generic" for p in clause.places)
    if sure or (convoy and (context.generic or context.topic or _us_sentence(sentence) or _supplies(sentence))):
        return None
    if context.coalition and any(p.level == "likely" for p in clause.places):  # "a base near X"
        return None
    if _us_target(clause) or (_us_sentence(sentence) and clause.has("target", "people")):
        return None
    told = [
        p.place_id for p in clause.places if p.level in ("admin1", "district") or p.place_id in context.gazetteer.unsure
    ]
    if clause.has("weapon_many", "weapon_one") and any(
        context.gazetteer.contains(a, s) for a in told for s in context.named
    ):
        return None
    if context.known and clause.i == 0 and _pronoun(sentence) and clause.has("hit", "stop"):
        return None  # "They came down in farmland, said an official in Salah al-Din"
    if _other_name(sentence, clause):
        return Verdict("elsewhere_or_others", "reject.other_name")
    if (context.known or context.heard_site) and (clause.has("the_target", "definite") or not clause.places):
        return None
    if context.topic and clause.has("target", "the_target", "people"):
        return None
    if (
        any(p.level in ("site", "admin1", "country", "district") for p in clause.places)
        and context.known_site
        and clause.has("target")
    ):
        return None
    return Verdict("elsewhere_or_others", "reject.no_coalition_target")


def _pronoun(sentence: Sentence) -> bool:
    """Whether a sentence begins with what was told of before: "they", "both", "one of them"."""
    lows = sentence.words.lows
    return lows[0] in ("they", "both", "all", "none", "most") or lows[1:3] == ["of", "them"]


def _supplies(sentence: Sentence) -> bool:
    """Whether a convoy carries supplies: those of the coalition are known by it."""
    return not _SUPPLIES.isdisjoint(sentence.words.lows)


_SUPPLIES = vocabulary("supply supplies logistics logistic logistical support equipment contractor contractors")


def _other_name(sentence: Sentence, clause: Clause) -> bool:
    """Whether the target has a name of its own that is no known site: "the Khurmala oil field"."""
    words = sentence.words
    for cue in clause.get("target"):
        k = cue.i - 1
        if k <= 0 or not words.text[words.starts[k]].isupper() or words.lows[k] in _NO_NAME:
            continue
        at = words.starts[k]
        if any(p.start <= at < p.end for p in sentence.places) or any(c.i <= k < c.j for c in sentence.cues):
            continue
        return True
    return False


_NO_NAME = vocabulary("international air military joint camp base")


def _us_target(clause: Clause) -> bool:
    return clause.has("force") and clause.has("target", "people", "the_target")


def _us_sentence(sentence: Sentence) -> bool:
    return any(c.kind == "force" for c in sentence.cues)


_TESTS: tuple[Callable[[Sentence, Clause, Context], Verdict | None], ...] = (
    _drill,
    _last_time,
    _own_strike,
    _others_attack,
    _elsewhere,
    _threat,
    _hearsay,
    _launch_site,
    _continues,
    _relative_clause,
    _anchored_aside,
    _tally,
    _look_back,
    _bystanders,
)
