"""Say what speaks for and against two mentions describing one attack, in levels and points.

Two mentions are compared on eight questions (place, date, part of day, weapon, munitions, casualties, outcome,
claimant). Each answer is a level with a name, each level has written points (`POINTS`), and the points add up: the
score is the log-odds that the two are one attack, less what it takes to be sure enough. This is the additive model of
Fellegi and Sunter (1969), with weights from a logistic regression rather than from independence. Nothing else is
looked at: not the coder's incident, not the form of any id, not the coder's note.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from sitrep.places import Gazetteer

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Levels = npt.NDArray[np.int8]

NEEDED = (
    "mention_id", "source_id", "date_start", "date_end", "time_of_day", "place_name", "place_id", "weapon",
    "munitions_low", "munitions_high", "outcome", "deaths", "injured", "claimed_by", "stance",
)  # fmt: skip

QUOTED = ("mention_id", "time_of_day", "weapon", "outcome", "claimed_by", "stance")

# Fitted by benchmarks/linking_weights.py (which prints this table) and rounded to a tenth; a level not named is 0.
BASE = -1.8
POINTS: Mapping[str, Mapping[str, float]] = {
    "place": {
        "same site": 2.7, "same area": 1.9, "adjoining": 1.5, "inside": 0.9, "areas meet": 0.7,
        "in the country": 0.5, "told apart": -2.0,
    },
    "date": {
        "same day": 2.2, "day in window": 1.3, "windows overlap": 1.1, "wide windows": -0.2,
        "across midnight": -0.5, "next day": -1.7, "a day apart": -2.3,
    },
    "part": {"same": 1.3, "close": 0.4, "apart": -2.0, "far apart": -2.5},
    "weapon": {"same": 0.8, "compatible": 0.7, "overlap": -0.3, "differ": -2.6},
    "munitions": {"same many": 2.1, "ranges overlap": 1.7, "same few": 0.7, "near": -0.3, "differ": -0.6},
    "casualties": {"same": 3.4, "differ": 2.0, "none in both": 0.8, "some in one only": 0.5},
    "outcome": {"agree": 0.4, "differ": -1.1},
    "claimant": {"differ": -0.8},
    "source": {"report and denial": -0.1, "report and claim": -2.6},
}  # fmt: skip

PLACE = (
    "not known", "same site", "same area", "areas meet", "inside", "in the country", "adjoining", "told apart",
)  # fmt: skip
DATE = (
    "same day", "day in window", "windows overlap", "wide windows", "across midnight", "next day", "a day apart",
)  # fmt: skip
PART = ("not known", "same", "close", "apart", "far apart")
WEAPON = ("not known", "same", "overlap", "compatible", "differ")
MUNITIONS = ("not known", "same few", "same many", "ranges overlap", "near", "differ")
CASUALTIES = ("not known", "same", "none in both", "some in one only", "differ")
OUTCOME = ("not known", "agree", "differ")
CLAIMANT = ("not known", "same", "differ")
SOURCE = ("two sources", "report and denial", "report and claim")
LEVELS: Mapping[str, tuple[str, ...]] = {
    "place": PLACE,
    "date": DATE,
    "part": PART,
    "weapon": WEAPON,
    "munitions": MUNITIONS,
    "casualties": CASUALTIES,
    "outcome": OUTCOME,
    "claimant": CLAIMANT,
    "source": SOURCE,
}

WEAPONS = ("rocket", "mortar", "drone", "ballistic_missile", "cruise_missile", "ied", "small_arms", "indirect_fire")
# Weapons that sources take for one another: "rounds of indirect fire" are rockets or mortars, a missile is either kind.
CONFUSED = (
    ("rocket", "mortar", "indirect_fire"),
    ("rocket", "ballistic_missile", "indirect_fire"),
    ("ballistic_missile", "cruise_missile"),
)
OUTCOMES = ("landed_inside", "landed_outside", "intercepted", "foiled", "failed")
# Local hours each part of day may mean; they overlap because sources do not agree where "early" ends.
HOURS = {
    "night": (0, 4),
    "early_morning": (3, 8),
    "morning": (6, 12),
    "afternoon": (12, 18),
    "evening": (17, 22),
    "late_evening": (20, 25),
}
DAWN, DUSK = 6, 17  # small hours end, evenings begin (the first hours of HOURS decide)
MAX_GAP = 1  # days between two windows: one night told as two dates, local against US time
WIDE = 3  # a window of more days than this says little about the day
KM_PER_DEGREE = 111.0  # of latitude
NEIGHBOURS_KM = 8.0  # sites closer than this are taken for one another by sources
UNDATED = -(10**9)  # the day number of a mention without a date: far from every other
VAGUE = 0.5  # a mention that only says "the capital" must not outvote those that name the site
FEW = 2  # one or two munitions are too common a number to prove much


@dataclass(frozen=True)
class Where:
    """What is known of a mention's place: a site, else the regions it lies in, else only words.

    `place_id` names the incident; `held_by` are the regions that hold the place, `stands_for` those of which any part
    may be meant; `coded` says that a coder chose it. A convoy has no site, only the regions its road runs through.
    """

    place_id: str
    site: str = ""
    stands_for: frozenset[str] = frozenset()
    held_by: frozenset[str] = frozenset()
    convoy: bool = False
    coded: bool = False
    words: str = ""


@dataclass(frozen=True)
class Facts:
    """The mentions as arrays, one entry a mention; days are counted from 1970-01-01, -1 and NaN mean not stated."""

    start: Ints
    end: Ints
    hour_from: Ints
    hour_to: Ints
    place: Ints
    wheres: list[Where]
    weapon: Ints
    munitions_low: Floats
    munitions_high: Floats
    deaths: Floats
    injured: Floats
    outcome: Ints
    claimant: Ints
    stance: Ints
    denies: npt.NDArray[np.bool_]
    source: Ints
    texts: Mapping[str, list[str]]  # the cells quoted in reasons, by column


# ---- reading mentions ------------------------------------------------------------------------------------------------


def gather(mentions: pd.DataFrame, gazetteer: Gazetteer, places: pd.DataFrame) -> Facts:
    """Mentions (columns as in the code book) as arrays. A missing `place_id` is resolved from `place_name` alone.

    Raises ValueError for a missing column, an unknown place_id, a date that cannot be read or a window that ends
    before it starts.
    """
    missing = [column for column in NEEDED if column not in mentions.columns]
    if missing:
        raise ValueError(f"mentions: columns missing: {', '.join(missing)}; needed: {', '.join(NEEDED)}")
    start, end = _days(mentions["date_start"]), _days(mentions["date_end"])
    backwards = np.flatnonzero((end < start) & (end != UNDATED))
    if len(backwards):
        row = mentions.iloc[int(backwards[0])]
        raise ValueError(
            f'mentions: mention {row["mention_id"]}: column date_end: found "{row["date_end"]}"; '
            f"allowed: {row['date_start']} (date_start) or later"
        )
    hours = [HOURS.get(part, (-1, -1)) for part in _texts(mentions["time_of_day"])]
    wheres, place = _wheres(mentions, gazetteer, places)
    return Facts(
        start=start,
        end=np.maximum(start, end),
        hour_from=np.array([h[0] for h in hours], dtype=np.int64),
        hour_to=np.array([h[1] for h in hours], dtype=np.int64),
        place=place,
        wheres=wheres,
        weapon=_bits(mentions["weapon"], WEAPONS),
        munitions_low=_numbers(mentions["munitions_low"]),
        munitions_high=_numbers(mentions["munitions_high"]),
        deaths=_numbers(mentions["deaths"]),
        injured=_numbers(mentions["injured"]),
        outcome=_bits(mentions["outcome"], OUTCOMES),
        claimant=_codes(mentions["claimed_by"]),
        stance=_codes(mentions["stance"]),
        denies=(mentions["stance"] == "denies").to_numpy(dtype=bool),
        source=_codes(mentions["source_id"]),
        texts={column: _texts(mentions[column]) for column in QUOTED},
    )


def _days(dates: pd.Series) -> Ints:
    stamps = pd.to_datetime(dates).to_numpy().astype("datetime64[D]")
    return np.where(np.isnat(stamps), UNDATED, stamps.astype(np.int64))


def _texts(column: pd.Series) -> list[str]:
    return [value if isinstance(value, str) else "" for value in column.tolist()]


def _numbers(column: pd.Series) -> Floats:
    return pd.to_numeric(column).to_numpy(dtype=np.float64, na_value=np.nan)


def _codes(column: pd.Series) -> Ints:
    """Equal numbers for equal text, whatever the case; -1 where empty."""
    known: dict[str, int] = {"": -1}
    return np.array(
        [known.setdefault(text.casefold().strip(), len(known) - 1) for text in _texts(column)], dtype=np.int64
    )


def _bits(column: pd.Series, names: tuple[str, ...]) -> Ints:
    """A bar-separated cell as a set of bits; names not listed ("unknown") set none."""
    bit = {name: 1 << k for k, name in enumerate(names)}
    seen: dict[str, int] = {}
    for cell in set(_texts(column)):
        seen[cell] = sum(bit.get(part, 0) for part in set(cell.split("|")))
    return np.array([seen[cell] for cell in _texts(column)], dtype=np.int64)


# ---- where -----------------------------------------------------------------------------------------------------------


def _wheres(mentions: pd.DataFrame, gazetteer: Gazetteer, places: pd.DataFrame) -> tuple[list[Where], Ints]:
    kinds = dict(zip(places["place_id"], places["kind"], strict=True))
    index: dict[Where, int] = {}
    of: dict[tuple[str, str], int] = {}
    codes = []
    for place_id, name in zip(_texts(mentions["place_id"]), _texts(mentions["place_name"]), strict=True):
        if place_id and place_id not in kinds:
            near = ", ".join(sorted({p for _, p, _ in gazetteer.suggest(place_id)})) or "none"
            raise ValueError(f'mentions: place_id "{place_id}" is not in places.csv; near it: {near}')
        key = (place_id, name)
        if key not in of:
            of[key] = index.setdefault(_where(place_id, name, gazetteer, kinds), len(index))
        codes.append(of[key])
    return list(index), np.array(codes, dtype=np.int64)


def _where(place_id: str, name: str, gazetteer: Gazetteer, kinds: Mapping[str, str]) -> Where:
    coded = bool(place_id)
    found = place_id or gazetteer.resolve(name, regions=True) or ""
    if not found:
        return Where("unspecified", words=" ".join(name.casefold().split()))
    kind = kinds.get(found)
    if kind == "convoy":
        return _region(found, _roads(found, name, gazetteer), gazetteer, coded, convoy=True)
    if kind in ("unspecified", "area"):
        return _region(found, _area(found, kind, gazetteer) or {found}, gazetteer, coded)
    if kind is not None:
        return Where(found, found, _area(found, kind, gazetteer), gazetteer.regions_of(found), coded=coded)
    return _region(gazetteer.stand_in(found) or found.replace("/", "-"), {found}, gazetteer, coded)


def _region(place_id: str, regions: Iterable[str], gazetteer: Gazetteer, coded: bool, convoy: bool = False) -> Where:
    held_by = frozenset(o for r in regions for o in (r, *gazetteer.regions_of(r)))
    return Where(place_id, "", frozenset(regions), held_by, convoy, coded)


def _area(place_id: str, kind: str, gazetteer: Gazetteer) -> frozenset[str]:
    """The regions a vague place stands for ("base in Deir ez-Zor", "Erbil"); none for a plain site."""
    regions = gazetteer.regions_of(place_id)
    own = frozenset(region for region in regions if gazetteer.stand_in(region) == place_id)
    if own or kind not in ("city", "area", "district"):
        return own
    # A second stand-in of its region: known by the sites that it holds.
    finest = max(sorted(regions), key=lambda region: region.count("/"), default="")
    sites = (site for site in gazetteer.levels if finest in gazetteer.regions_of(site))
    return frozenset({finest}) if any(gazetteer.contains(place_id, site) for site in sites) else own


def _roads(place_id: str, name: str, gazetteer: Gazetteer) -> frozenset[str]:
    """The governorates of its country that a convoy's road is said to run through; the country when none is named."""
    country = gazetteer.regions_of(place_id)
    named = {
        region
        for span in gazetteer.find(name)
        for region in gazetteer.regions_of(span.place_id)
        if gazetteer.levels.get(region) == "admin1" and region.partition("/")[0] in country
    }
    return frozenset(named) or country


def relations(wheres: list[Where], gazetteer: Gazetteer, places: pd.DataFrame) -> Iterator[tuple[int, int, str]]:
    """Every two of `wheres` (a <= b, by position) that may be one place, with the answer to the question "place"."""
    near = _neighbours(places)
    at_site: dict[str, list[int]] = {}
    within: dict[str, list[int]] = {}
    for k, where in enumerate(wheres):
        if where.site:
            at_site.setdefault(where.site, []).append(k)
        for region in where.held_by:
            within.setdefault(region, []).append(k)
    pairs: set[tuple[int, int]] = set()
    for a, where in enumerate(wheres):
        others = set(range(len(wheres))) if where.words else {a}
        for region in where.stands_for:
            others.update(within[region])
        for site in (where.site, *near.get(where.site, ())):
            others.update(at_site.get(site, ()))
        pairs.update((min(a, b), max(a, b)) for b in others)
    for a, b in sorted(pairs):
        level = "same site" if a == b and wheres[a].words else _relation(wheres[a], wheres[b], gazetteer, near)
        if level:
            yield a, b, level


def _relation(a: Where, b: Where, gazetteer: Gazetteer, near: Mapping[str, set[str]]) -> str | None:
    """How two places stand to each other, a word of PLACE; None when they cannot be one place."""
    coded = a.coded and b.coded
    if a.words or b.words:
        return "not known"
    if a.site and a.site == b.site:
        return "same site"
    if coded and a.convoy != b.convoy:
        return None
    if not a.stands_for.isdisjoint(b.stands_for) and not (a.site or b.site):
        finest = max(region.count("/") for region in a.stands_for & b.stands_for)
        if finest:
            return "same area" if a.stands_for == b.stands_for else "areas meet"
        return "in the country"
    shared = (a.stands_for & b.held_by) | (b.stands_for & a.held_by)
    if shared:
        level = max((gazetteer.levels.get(region, "country") for region in shared), key=_FINENESS.index)
        if level == "admin1":
            return "inside"
        if level == "country":
            return "in the country"
    elif b.site not in near.get(a.site, ()):
        return None
    return "told apart" if coded else "adjoining"


_FINENESS = ("elsewhere", "country", "admin1", "district")


def _neighbours(places: pd.DataFrame) -> dict[str, set[str]]:
    """For each site the others within NEIGHBOURS_KM, by the places' coordinates."""
    known = places[places["latitude"].notna() & (places["kind"] != "area")]
    ids = known["place_id"].to_numpy()
    latitude, longitude = _numbers(known["latitude"]), _numbers(known["longitude"])
    order = np.argsort(latitude, kind="stable")
    reach = NEIGHBOURS_KM / KM_PER_DEGREE
    last = np.searchsorted(latitude[order], latitude[order] + reach, side="right")
    near: dict[str, set[str]] = {}
    for position, stop in enumerate(last):
        here, others = order[position], order[position + 1 : stop]
        north = latitude[others] - latitude[here]
        east = (longitude[others] - longitude[here]) * np.cos(np.radians(latitude[here]))
        for other in others[np.hypot(north, east) <= reach]:
            near.setdefault(ids[here], set()).add(ids[other])
            near.setdefault(ids[other], set()).add(ids[here])
    return near


# ---- candidates ------------------------------------------------------------------------------------------------------


def candidates(facts: Facts, gazetteer: Gazetteer, places: pd.DataFrame) -> tuple[Ints, Ints, Levels]:
    """Every two mentions (i < j) whose places may be one and whose dates lie at most MAX_GAP days apart.

    Returns i, j and the level of "place". Two undated mentions are never candidates, nor are two mentions of one source
    that may not be one attack (:func:`may_share`).
    """
    order = np.argsort(facts.place, kind="stable")
    bounds = np.searchsorted(facts.place[order], np.arange(len(facts.wheres) + 1))
    groups = []
    for k in range(len(facts.wheres)):
        group = order[bounds[k] : bounds[k + 1]]
        group = group[facts.start[group] != UNDATED]
        groups.append(group[np.argsort(facts.start[group], kind="stable")])
    found_i, found_j, found_level = [], [], []
    for a, b, level in relations(facts.wheres, gazetteer, places):
        i, j = _overlaps(facts, groups[a], groups[b], a == b)
        found_i.append(np.minimum(i, j))
        found_j.append(np.maximum(i, j))
        found_level.append(np.full(len(i), PLACE.index(level), dtype=np.int8))
    none = np.empty(0, dtype=np.int64)
    i, j = np.concatenate([none, *found_i]), np.concatenate([none, *found_j])
    place = np.concatenate([none.astype(np.int8), *found_level])
    keep = (facts.source[i] != facts.source[j]) | may_share(facts, i, j)
    i, j, place = i[keep], j[keep], place[keep]
    by_row = np.lexsort((j, i))
    return i[by_row], j[by_row], place[by_row]


def may_share(facts: Facts, i: Ints, j: Ints) -> npt.NDArray[np.bool_]:
    """Whether two mentions of one source may be one attack: only as a report beside its claim or its denial."""
    return np.asarray(facts.stance[i] != facts.stance[j])


def _overlaps(facts: Facts, a: Ints, b: Ints, same: bool) -> tuple[Ints, Ints]:
    """Pairs from two groups, each sorted by first day, whose windows overlap or lie at most MAX_GAP days apart."""
    i, j = _starting_within(facts, a, b, from_next=same)
    if same:
        return i, j
    back_j, back_i = _starting_within(facts, b, a, strictly=True)
    return np.concatenate([i, back_i]), np.concatenate([j, back_j])


def _starting_within(
    facts: Facts, a: Ints, b: Ints, from_next: bool = False, strictly: bool = False
) -> tuple[Ints, Ints]:
    """Pairs in which the second starts on or after the first's first day and at most MAX_GAP days after its last."""
    starts = facts.start[b]
    if from_next:
        first = np.arange(1, len(a) + 1)
    else:
        first = np.searchsorted(starts, facts.start[a], side="right" if strictly else "left")
    stop = np.searchsorted(starts, facts.end[a] + MAX_GAP, side="right")
    count = np.maximum(stop - first, 0)
    ends = np.cumsum(count)
    inside = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - count, count)
    return np.repeat(a, count), b[np.repeat(first, count) + inside]


# ---- comparing -------------------------------------------------------------------------------------------------------


def compare(facts: Facts, i: Ints, j: Ints, place: Levels) -> dict[str, Levels]:
    """The level of each question for each pair, as positions in LEVELS."""
    return {
        "place": place,
        "date": _date(facts, i, j),
        "part": _part(facts, i, j),
        "weapon": _weapon(facts, i, j),
        "munitions": _munitions(facts, i, j),
        "casualties": _casualties(facts, i, j),
        "outcome": _sets(facts.outcome, i, j),
        "claimant": _claimant(facts, i, j),
        "source": _source(facts, i, j),
    }


def score(levels: Mapping[str, Levels]) -> Floats:
    """Points for each pair: BASE and, for each question, those of its level. Above 0 speaks for one attack."""
    total = np.full(len(levels["place"]), BASE)
    for question, names in LEVELS.items():
        points = np.array([POINTS[question].get(name, 0.0) for name in names])
        total += points[levels[question]]
    return np.round(total, 9)


def weight(levels: Mapping[str, Levels]) -> Floats:
    """How much each pair counts in the mean of two groups: VAGUE where the place of one is not a site, else 1."""
    plain = [PLACE.index(name) for name in ("same site", "same area", "told apart")]
    return np.where(np.isin(levels["place"], plain), 1.0, VAGUE)


def _first_true(names: tuple[str, ...], *cases: tuple[str, npt.NDArray[np.bool_]]) -> Levels:
    """The level of the first case that holds; the last case is the answer to all that remain."""
    conditions = [condition for _, condition in cases]
    return np.select(conditions, [names.index(name) for name, _ in cases]).astype(np.int8)


def _date(facts: Facts, i: Ints, j: Ints) -> Levels:
    gap = np.maximum(facts.start[i], facts.start[j]) - np.minimum(facts.end[i], facts.end[j])
    width_i, width_j = facts.end[i] - facts.start[i], facts.end[j] - facts.start[j]
    # One night told as two dates, or local against US time: then the later date is that of the small hours.
    first, second = np.where(facts.start[i] <= facts.start[j], (i, j), (j, i))
    before, after = _hour_if_one_day(facts, first), _hour_if_one_day(facts, second)
    small_hours = (after >= 0) & (after < DAWN)
    daylight = (after >= DAWN) | ((before >= 0) & (before < DUSK))
    return _first_true(
        DATE,
        ("a day apart", (gap > 0) & daylight),
        ("across midnight", (gap > 0) & small_hours),
        ("next day", gap > 0),
        ("same day", np.maximum(width_i, width_j) == 0),
        ("day in window", np.minimum(width_i, width_j) == 0),
        ("wide windows", np.maximum(width_i, width_j) > WIDE),
        ("windows overlap", gap <= 0),
    )


def _hour_if_one_day(facts: Facts, k: Ints) -> Ints:
    """First hour of the part of day, -1 where it or the day is not stated."""
    return np.where(facts.start[k] == facts.end[k], facts.hour_from[k], -1)


def _part(facts: Facts, i: Ints, j: Ints) -> Levels:
    stated = (facts.hour_from[i] >= 0) & (facts.hour_from[j] >= 0)
    stated &= (facts.start[i] == facts.end[i]) & (facts.start[j] == facts.end[j])
    from_i, from_j = facts.start[i] * 24 + facts.hour_from[i], facts.start[j] * 24 + facts.hour_from[j]
    to_i, to_j = facts.start[i] * 24 + facts.hour_to[i], facts.start[j] * 24 + facts.hour_to[j]
    hours = np.maximum(from_i, from_j) - np.minimum(to_i, to_j)
    return _first_true(
        PART,
        ("not known", ~stated),
        ("same", (from_i == from_j) & (to_i == to_j)),
        ("close", hours <= 2),
        ("apart", hours <= 6),
        ("far apart", hours > 6),
    )


def _weapon(facts: Facts, i: Ints, j: Ints) -> Levels:
    a, b = facts.weapon[i], facts.weapon[j]
    confused = np.zeros(len(i), dtype=bool)
    for family in CONFUSED:
        mask = sum(1 << WEAPONS.index(name) for name in family)
        confused |= ((a & mask) > 0) & ((b & mask) > 0)
    return _first_true(
        WEAPON,
        ("not known", (a == 0) | (b == 0)),
        ("same", a == b),
        ("overlap", (a & b) > 0),
        ("compatible", confused),
        ("differ", ~confused),
    )


def _munitions(facts: Facts, i: Ints, j: Ints) -> Levels:
    """Numbers as ranges: "at least five" may be up to three times that, "up to five" at least one."""
    stated = ~np.isnan(facts.munitions_low) | ~np.isnan(facts.munitions_high)
    low = np.where(np.isnan(facts.munitions_low), 1.0, facts.munitions_low)
    high = np.where(np.isnan(facts.munitions_high), 3 * low, facts.munitions_high)
    exact = (low[i] == high[i]) & (low[j] == high[j]) & (low[i] == low[j])
    larger, smaller = np.maximum(low[i], low[j]), np.minimum(high[i], high[j])
    close = (larger - smaller <= 1) | (larger <= 1.5 * smaller)
    return _first_true(
        MUNITIONS,
        ("not known", ~(stated[i] & stated[j])),
        ("same few", exact & (low[i] <= FEW)),
        ("same many", exact),
        ("ranges overlap", larger <= smaller),
        ("near", close),
        ("differ", ~close),
    )


def _casualties(facts: Facts, i: Ints, j: Ints) -> Levels:
    both = [(count[i], count[j]) for count in (facts.deaths, facts.injured)]
    equal = np.any([(a == b) & (a > 0) for a, b in both], axis=0)
    differ = np.any([(a > 0) & (b > 0) & (a != b) for a, b in both], axis=0)
    one_only = np.any([(np.minimum(a, b) == 0) & (np.maximum(a, b) > 0) for a, b in both], axis=0)
    none = np.any([(a == 0) & (b == 0) for a, b in both], axis=0)
    return _first_true(
        CASUALTIES,
        ("same", equal),
        ("differ", differ),
        ("some in one only", one_only),
        ("none in both", none),
        ("not known", np.ones(len(i), dtype=bool)),
    )


def _sets(bits: Ints, i: Ints, j: Ints) -> Levels:
    agree = (bits[i] & bits[j]) > 0
    return _first_true(OUTCOME, ("not known", (bits[i] == 0) | (bits[j] == 0)), ("agree", agree), ("differ", ~agree))


def _claimant(facts: Facts, i: Ints, j: Ints) -> Levels:
    a, b = facts.claimant[i], facts.claimant[j]
    return _first_true(CLAIMANT, ("not known", (a < 0) | (b < 0)), ("same", a == b), ("differ", a != b))


def _source(facts: Facts, i: Ints, j: Ints) -> Levels:
    denied = facts.denies[i] != facts.denies[j]
    return _first_true(
        SOURCE,
        ("two sources", facts.source[i] != facts.source[j]),
        ("report and denial", denied),
        ("report and claim", ~denied),
    )
