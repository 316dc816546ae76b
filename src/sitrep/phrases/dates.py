"""Date phrases and the publication date give an interval of days: a small grammar of our own.

"on Wednesday" is the latest Wednesday not after publication, the day of publication included; "over the weekend" runs
from Saturday to the Monday after it, because a weekend's attacks are told to the night that ends it; "overnight" is the
day of publication and the day before. Nothing reaches beyond the day of publication. Without a publication date only
complete dates are resolved; the rest stay unresolved and say so.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from sitrep.phrases.lexicon import Cue, Words, vocabulary
from sitrep.phrases.numbers import number_word

_CALENDAR = vocabulary(
    "weekday month part overnight day day_late day_morning day_afternoon day_evening past_day same_day context weekend"
    " fixed week month_ago year_ago ago mod clock"
)
_JOINING = vocabulary(
    "on of the at in about around shortly just after before by past local time and to into or through approximately"
)
_RANGE = frozenset({"to", "into", "and", "through", "or"})
_BEFORE_YEAR = vocabulary("in since during late early of the by until mid through year")
#: What may stand between the parts of one date; the Arabic comma too.
_WITHIN_A_DATE = ("", ",", "،", ".", "-", "/")
_UNITS = {"hour": 0.0, "minute": 0.0, "day": 1.0, "night": 1.0, "week": 7.0, "month": 30.0, "year": 365.0}
_UNIT_WORDS = frozenset(_UNITS) | {f"{unit}s" for unit in _UNITS}
_DIRECTIONS = {"ago": -1, "earlier": -1, "before": -1, "later": 1, "after": 1, "afterwards": 1, "afterward": 1}


class DatePhrase(NamedTuple):
    """A date phrase in words `i` up to `j`.

    `kind`: day, range (2 to 6 days), coarse (week or longer), same_day and context (counted from the attack told
    before, by `offset` days), time (only a part of the day), future, unresolved. `first` and `last` bound the days;
    `prec` is UCDP GED's date_prec. `since` marks the start of a period, `reporting` the date on which somebody spoke.
    """

    i: int
    j: int
    kind: str
    first: date | None = None
    last: date | None = None
    prec: int = 0
    time_of_day: str = ""
    offset: int = 0
    since: bool = False
    rule: str = ""
    own: bool = False  # "Sunday's": the day of what is named next


class _Atom(NamedTuple):
    i: int
    j: int
    type: str  # day, span, part, mod, unresolved, future, same_day, context, coarse, overnight
    first: date | None = None
    last: date | None = None
    text: str = ""
    offset: int = 0
    rule: str = ""


def find_dates(words: Words, cues: list[Cue], published: date | None) -> list[DatePhrase]:
    """Date phrases of a sentence, left to right. `cues` are the lexicon's findings in the same sentence."""
    if published is not None and not 1900 <= published.year <= 2200:
        published = None  # no article's date; counting back from it would leave the calendar
    calendar = {c.i: c for c in cues if c.kind in _CALENDAR}
    atoms = list(_atoms(words, calendar, published))
    return [_phrase(words, group, published) for group in _groups(words, atoms)]


def _atoms(words: Words, calendar: dict[int, Cue], published: date | None) -> Iterator[_Atom]:
    after = 0
    for i in _candidates(words, calendar):
        if i < after:
            continue
        atom = _atom(words, i, calendar, published)
        if atom is not None:
            yield atom
            after = atom.j


def _candidates(words: Words, calendar: dict[int, Cue]) -> list[int]:
    """Words at which a date may begin: calendar words, figures, and the word before "days", "weeks" ..."""
    found = set(calendar)
    found.update(words.figures)
    for i in [i for i, low in enumerate(words.lows) if low in _UNIT_WORDS]:
        found.update((i - 1, i) if i else (i,))
    return sorted(found)


def _atom(words: Words, i: int, calendar: dict[int, Cue], published: date | None) -> _Atom | None:
    word = words.lows[i]
    if word[0].isdigit():
        return _written(words, i, calendar, published) or _clock(words, i, calendar) or _counted(words, i, published)
    cue = calendar.get(i)
    if cue is None:
        return _counted(words, i, published)
    handler = _HANDLERS.get(cue.kind)
    return handler(words, cue, calendar, published) if handler else None


# ---- dates written out ---------------------------------------------------------------------------------------------


def _written(words: Words, i: int, calendar: dict[int, Cue], published: date | None) -> _Atom | None:
    """2022-01-05, 5 January 2022, 5th of January, 5-6 July."""
    lows, n = words.lows, len(words)
    if i + 2 < n and len(lows[i]) == 4 and len(lows[i + 1]) == 2 and len(lows[i + 2]) == 2:
        gaps = words.text[words.ends[i] : words.starts[i + 1]] + words.text[words.ends[i + 1] : words.starts[i + 2]]
        if gaps == "--":
            day = _date(lows[i], lows[i + 1], lows[i + 2])
            if day:
                return _Atom(i, i + 3, "day", day, day, rule="date.iso")
    year_alone, _ = _year(words, i) if i and lows[i - 1] in _BEFORE_YEAR else (None, i)
    if year_alone is not None:
        return _Atom(i, i + 1, "coarse", date(year_alone, 1, 1), date(year_alone, 12, 31), "5", rule="date.year")
    first = _day_number(lows[i])
    if first is None:
        return None
    j, last = _second_day(words, i + 1, first)
    while j < n and lows[j] in ("th", "st", "nd", "rd", "of"):
        j += 1
    month = calendar.get(j)
    if month is None or month.kind != "month" or not words.text[words.starts[j]].isupper():
        return None
    if words.text[words.ends[j - 1] : words.starts[j]].strip() not in _WITHIN_A_DATE:  # "Channel 24 | Nov 3"
        return None
    year, end = _year(words, month.j)
    return _month_day(i, end, int(month.value), first, last, year, published)


def _month(words: Words, cue: Cue, calendar: dict[int, Cue], published: date | None) -> _Atom | None:
    """January 5, January 5-6, January 2022, in January."""
    lows, n, j = words.lows, len(words), cue.j
    if not words.text[words.starts[cue.i]].isupper():
        return None
    month = int(cue.value)
    if j < n and lows[j][0].isdigit():
        first = _day_number(lows[j])
        if first is not None:
            end, last = _second_day(words, j + 1, first)
            while end < n and lows[end] in ("th", "st", "nd", "rd"):
                end += 1
            year, end = _year(words, end)
            return _month_day(cue.i, end, month, first, last, year, published)
    year, end = _year(words, j)
    before = lows[cue.i - 1] if cue.i else ""
    if (
        year is None
        and lows[cue.i] in ("may", "march", "mar", "sun", "sat")
        and before not in ("in", "last", "since", "late", "early", "mid")
    ):
        return None
    if year is None:
        if published is None:
            return _Atom(cue.i, end, "unresolved", rule="date.month")
        year = published.year if month <= published.month else published.year - 1
        if before == "last" and month == published.month:
            year -= 1
    first_day = date(year, month, 1)
    return _Atom(cue.i, end, "coarse", first_day, _month_end(first_day), "4", rule="date.month")


def _month_day(
    i: int, j: int, month: int, first: int, last: int, year: int | None, published: date | None
) -> _Atom | None:
    if year is None and published is None:
        return _Atom(i, j, "unresolved", rule="date.month_day")
    years = [year] if year is not None else [published.year + 1, published.year, published.year - 1]  # type: ignore[union-attr]
    for candidate in years:
        a, b = _date(candidate, month, first), _date(candidate, month, last)
        if a is None or b is None or b < a:
            continue
        if year is None and published is not None and a > published + timedelta(days=1):
            continue
        return _Atom(i, j, "day" if a == b else "span", a, b, rule="date.month_day")
    return None


def _second_day(words: Words, j: int, first: int) -> tuple[int, int]:
    """The "-6" of "July 5-6", if it is there: where it ends, and the day."""
    if j < len(words) and words.lows[j][0].isdigit():
        gap = words.text[words.ends[j - 1] : words.starts[j]].strip()
        second = _day_number(words.lows[j])
        if gap in ("-", "–", "—") and second is not None and second > first:
            return j + 1, second
    if j + 1 < len(words) and words.lows[j] in ("to", "and") and words.lows[j + 1].isdigit():
        second = _day_number(words.lows[j + 1])
        if second is not None and 0 < second - first <= 6:
            return j + 2, second
    return j, first


def _year(words: Words, j: int) -> tuple[int | None, int]:
    if j < len(words) and len(words.lows[j]) == 4 and words.lows[j].isdigit():
        year = int(words.lows[j])
        if 1990 <= year <= 2100 and words.text[words.ends[j - 1] : words.starts[j]].strip() in _WITHIN_A_DATE:
            return year, j + 1
    if j + 1 < len(words) and words.lows[j][:2] == "20" and len(words.lows[j]) in (5, 6) and words.lows[j].isdigit():
        return int(words.lows[j][:4]), j + 1  # "5 Jan 20225 Jan 2022": two lines of a page run together
    return None, j


def _clock(words: Words, i: int, calendar: dict[int, Cue]) -> _Atom | None:
    """2:45 pm, 14:45, 2 a.m.: a part of the day."""
    word = words.lows[i]
    hour_text, colon, minutes = word.partition(":")
    if not (hour_text.isascii() and hour_text.isdigit()) or len(hour_text) > 2 or (colon and len(minutes) != 2):
        return None
    hour = int(hour_text)
    suffix = calendar.get(i + 1)
    if suffix is not None and suffix.kind == "clock":
        if hour > 12:
            return None
        hour = hour % 12 + (12 if suffix.value == "pm" else 0)
        return _Atom(i, i + 2, "part", text=part_of_hour(hour), rule="time.clock")
    if not colon or hour > 23:
        return None
    return _Atom(i, i + 1, "part", text=part_of_hour(hour), rule="time.clock")


def part_of_hour(hour: int) -> str:
    """The code book's part of the day for an hour 0..23."""
    for limit, name in ((4, "night"), (7, "early_morning"), (12, "morning"), (17, "afternoon"), (21, "evening")):
        if hour < limit:
            return name
    return "late_evening"


def _counted(words: Words, i: int, published: date | None) -> _Atom | None:
    """Three days ago, two weeks earlier, five days after."""
    word = words.lows[i]
    value = int(word) if word.isascii() and word.isdigit() and len(word) < 4 else number_word(word)
    if value is None and word in ("a", "an"):
        value = 1
    if value is None and word in ("days", "weeks", "months", "years"):
        value, i = 0, i - 1
    if value is None or i + 2 >= len(words):
        return None
    unit = words.lows[i + 1].rstrip("s")
    direction = words.lows[i + 2]
    if unit not in _UNITS or direction not in _DIRECTIONS:
        return None
    i = max(i, 0) if value else i + 1
    end = i + 3 if value else i + 2
    if not value:  # "days after": how many is not said
        return _Atom(i, end, "vague", text=direction, rule="date.vague_offset")
    if i > 0 and value < 10 and words.lows[i - 1] == "twenty":
        i, value = i - 1, 20 + value
    days = _UNITS[unit] * value
    if unit == "hour" and 20 <= value <= 30:
        days = 1.0  # "twenty-four hours before this"
    if direction == "ago":
        if days >= 7:
            return _Atom(i, end, "coarse", *_long_ago(published, days), text="5", rule="date.ago")
        if published is None:
            return _Atom(i, end, "unresolved", rule="date.ago")
        day = published - timedelta(days=days)
        return _Atom(i, end, "day", day, day, rule="date.ago")
    if days >= 20:
        return _Atom(i, end, "vague", text=direction, rule="date.vague_offset")
    return _Atom(i, end, "context", offset=int(days) * _DIRECTIONS[direction], text=direction, rule="date.offset")


def _long_ago(published: date | None, days: float) -> tuple[date | None, date | None]:
    if published is None:
        return None, None
    try:
        day = published - timedelta(days=days)
    except OverflowError:
        return None, None
    return day, day


# ---- dates by name --------------------------------------------------------------------------------------------------


def _weekday(words: Words, cue: Cue, calendar: dict[int, Cue], published: date | None) -> _Atom | None:
    word = words.lows[cue.i]
    if len(word) <= 5 and not words.text[words.starts[cue.i]].isupper():
        return None
    before = words.lows[cue.i - 1] if cue.i else ""
    if before == "next":
        return _Atom(cue.i, cue.j, "future", rule="date.weekday")
    if published is None:
        return _Atom(cue.i, cue.j, "unresolved", rule="date.weekday")
    back = (published.weekday() - int(cue.value)) % 7
    if words.lows[cue.j : cue.j + 2] == ["last", "week"]:
        day = published - timedelta(days=published.weekday() + 7 - int(cue.value))
        return _Atom(cue.i, cue.j + 2, "day", day, day, rule="date.weekday_last_week")
    if before in ("last", "previous") and back <= 1:
        back += 7  # "last Thursday", of a Friday, is not yesterday
    day = published - timedelta(days=back)
    return _Atom(cue.i, cue.j, "day", day, day, rule="date.weekday")


def _relative_day(words: Words, cue: Cue, calendar: dict[int, Cue], published: date | None) -> _Atom | None:
    if published is None:
        return _Atom(cue.i, cue.j, "unresolved", rule="date.relative_day")
    day = published + timedelta(days=int(cue.value))
    part = {
        "day_late": "late_evening",
        "day_morning": "morning",
        "day_afternoon": "afternoon",
        "day_evening": "evening",
    }
    return _Atom(cue.i, cue.j, "day", day, day, part.get(cue.kind, ""), rule="date.relative_day")


def _past_day(words: Words, cue: Cue, calendar: dict[int, Cue], published: date | None) -> _Atom | None:
    if published is None:
        return _Atom(cue.i, cue.j, "unresolved", rule="date.past_day")
    return _Atom(cue.i, cue.j, "span", published - timedelta(days=1), published, rule="date.past_day")


def _fixed(words: Words, cue: Cue, calendar: dict[int, Cue], published: date | None) -> _Atom | None:
    """A feast with its own date: Christmas Day."""
    year, end = _year(words, cue.j)
    month, _, day = cue.value.partition("-")
    return _month_day(cue.i, end, int(month), int(day), int(day), year, published)


def _weekend(words: Words, cue: Cue, calendar: dict[int, Cue], published: date | None) -> _Atom | None:
    if published is None:
        return _Atom(cue.i, cue.j, "unresolved", rule="date.weekend")
    if cue.i and words.lows[cue.i - 1] == "next":
        return _Atom(cue.i, cue.j, "future", rule="date.weekend")
    saturday = published - timedelta(days=(published.weekday() - 5) % 7)
    monday = min(saturday + timedelta(days=2), published)
    return _Atom(cue.i, cue.j, "span", saturday, monday, rule="date.weekend")


def _week(words: Words, cue: Cue, calendar: dict[int, Cue], published: date | None) -> _Atom | None:
    if published is None:
        return _Atom(cue.i, cue.j, "unresolved", rule="date.week")
    monday = published - timedelta(days=published.weekday())
    if cue.value == "0":
        return _Atom(cue.i, cue.j, "coarse", monday, published, "3", rule="date.week")
    return _Atom(cue.i, cue.j, "coarse", monday - timedelta(days=7), monday - timedelta(days=1), "3", rule="date.week")


def _month_ago(words: Words, cue: Cue, calendar: dict[int, Cue], published: date | None) -> _Atom | None:
    if published is None:
        return _Atom(cue.i, cue.j, "unresolved", rule="date.month_ago")
    first = published.replace(day=1)
    if cue.value == "0":
        return _Atom(cue.i, cue.j, "coarse", first, published, "4", rule="date.month_ago")
    last = first - timedelta(days=1)
    return _Atom(cue.i, cue.j, "coarse", last.replace(day=1), last, "4", rule="date.month_ago")


def _year_ago(words: Words, cue: Cue, calendar: dict[int, Cue], published: date | None) -> _Atom | None:
    if published is None:
        return _Atom(cue.i, cue.j, "unresolved", rule="date.year_ago")
    year = published.year + int(cue.value)
    return _Atom(
        cue.i, cue.j, "coarse", date(year, 1, 1), min(date(year, 12, 31), published), "5", rule="date.year_ago"
    )


def _part(words: Words, cue: Cue, calendar: dict[int, Cue], published: date | None) -> _Atom | None:
    return _Atom(cue.i, cue.j, "part", text=cue.value, rule="time.part")


def _overnight(words: Words, cue: Cue, calendar: dict[int, Cue], published: date | None) -> _Atom | None:
    return _Atom(cue.i, cue.j, "overnight", text="night", rule="date.overnight")


def _mod(words: Words, cue: Cue, calendar: dict[int, Cue], published: date | None) -> _Atom | None:
    return _Atom(cue.i, cue.j, "mod", text=cue.value)


def _same_day(words: Words, cue: Cue, calendar: dict[int, Cue], published: date | None) -> _Atom | None:
    part = "late_evening" if "night" in words.lows[cue.i : cue.j] else ""
    return _Atom(cue.i, cue.j, "same_day", text=part, rule="date.same_day")


def _context(words: Words, cue: Cue, calendar: dict[int, Cue], published: date | None) -> _Atom | None:
    direction = "after" if words.lows[cue.j - 1] in ("after", "before") else "earlier"
    return _Atom(cue.i, cue.j, "context", offset=int(cue.value), text=direction, rule="date.offset")


_HANDLERS = {
    "weekday": _weekday,
    "month": _month,
    "day": _relative_day,
    "day_late": _relative_day,
    "day_morning": _relative_day,
    "day_afternoon": _relative_day,
    "day_evening": _relative_day,
    "past_day": _past_day,
    "weekend": _weekend,
    "fixed": _fixed,
    "week": _week,
    "month_ago": _month_ago,
    "year_ago": _year_ago,
    "part": _part,
    "overnight": _overnight,
    "mod": _mod,
    "same_day": _same_day,
    "context": _context,
}


# ---- joining ---------------------------------------------------------------------------------------------------------

_DATED = frozenset({"day", "span", "coarse", "unresolved", "future", "same_day", "context", "vague"})


def _groups(words: Words, atoms: list[_Atom]) -> Iterator[list[_Atom]]:
    """Atoms that make one phrase: "early" "Wednesday" "morning"; "Saturday night into Sunday"."""
    group: list[_Atom] = []
    for atom in atoms:
        if group and not _continues(words, group, atom):
            yield group
            group = []
        group.append(atom)
    if group:
        yield group


def _continues(words: Words, group: list[_Atom], atom: _Atom) -> bool:
    between = words.lows[group[-1].j : atom.i]
    gap = words.text[words.ends[group[-1].j - 1] : words.starts[atom.i]]
    if len(between) > 4 or len(gap) > 30 or any(w not in _JOINING for w in between) or ";" in gap or "." in gap.strip():
        return False
    days = [a for a in group if a.type in _DATED]
    if not days or atom.type not in _DATED:
        return not (atom.type in ("mod", "part") and "," in gap and days)
    if days[-1].rule == "date.ago" and days[-1].type == "coarse" and atom.rule in ("date.relative_day", "date.weekday"):
        return "," not in gap  # "five years ago today", "two years ago on Friday": the day's name, not a day of now
    if atom.type == "day" and days[-1].type == "day":
        if any(w in _RANGE for w in between) and len(days) == 1:
            return bool(days[-1].first and atom.first and 0 < abs((atom.first - days[-1].first).days) <= 6)
        return not between and {days[-1].rule, atom.rule} == {"date.weekday", "date.month_day"}
    return False


def _phrase(words: Words, group: list[_Atom], published: date | None) -> DatePhrase:
    i, j = group[0].i, group[-1].j
    dated = [a for a in group if a.type in _DATED]
    mods = [a.text for a in group if a.type == "mod"]
    overnight = any(a.type == "overnight" for a in group)
    time = _time_of_day(group, dated, mods)
    since = i > 0 and "since" in words.lows[max(0, i - 3) : i]
    if not dated and overnight:
        if published is None:
            return DatePhrase(i, j, "unresolved", time_of_day="night", rule="date.overnight")
        return DatePhrase(i, j, "range", published - timedelta(days=1), published, 2, "night", rule="date.overnight")
    if not dated:
        return DatePhrase(i, j, "time", time_of_day=time, rule=group[-1].rule or "time.part")
    main = dated[-1] if dated[-1].rule == "date.month_day" else dated[0]
    if main.type in ("unresolved", "future", "same_day", "context", "vague"):
        return DatePhrase(i, j, main.type, time_of_day=time or main.text * (main.type == "same_day"), offset=main.offset,
                          since=since, rule=main.rule)  # fmt: skip
    if main.type == "coarse":
        return DatePhrase(i, j, "coarse", main.first, main.last, int(main.text), time, since=since, rule=main.rule)
    first, last = main.first, main.last
    if len(dated) > 1 and dated[0].rule == dated[-1].rule:
        first, last = min(a.first for a in dated if a.first), max(a.last for a in dated if a.last)
        time = "" if any(a.type == "part" for a in group) else time
    if first is None or last is None:
        return DatePhrase(i, j, "unresolved", time_of_day=time, rule=main.rule)
    if overnight and last == published:
        first = first - timedelta(days=1)
    elif overnight:
        last = last + timedelta(days=1)
    if published is not None and first <= published:
        last = min(last, published)
    prec = 1 if first == last else 2 if (last - first).days < 6 else 3
    return DatePhrase(i, j, "day" if prec == 1 else "range", first, last, prec, time, since=since, rule=main.rule,
                      own=words.raws[j - 1][-2:] in ("'s", "’s"))  # fmt: skip


def _time_of_day(group: list[_Atom], dated: list[_Atom], mods: list[str]) -> str:
    parts = [a.text for a in group if a.type == "part"]
    clock = [a.text for a in group if a.rule == "time.clock"]
    if clock:
        return clock[0]
    if any(a.type == "overnight" for a in group):
        return "night"
    if parts:
        part = parts[0]
        if part == "morning" and "early" in mods:
            return "early_morning"
        if part == "evening" and "late" in mods:
            return "late_evening"
        return part
    own = next((a.text for a in dated if a.type == "day" and a.text), "")
    if own:
        return own
    if "early" in mods and any(a.type == "day" for a in dated):
        return "early_morning"
    if "late" in mods and any(a.type == "day" for a in dated):
        return "late_evening"
    return ""


def _day_number(word: str) -> int | None:
    return int(word) if word.isascii() and word.isdigit() and len(word) <= 2 and 1 <= int(word) <= 31 else None


def _date(year: int | str, month: int | str, day: int | str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _month_end(first: date) -> date:
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return following - timedelta(days=1)
