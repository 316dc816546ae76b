"""From mentions to incidents: one row an attack, with what its sources agree and disagree on."""

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import mean, median
from typing import Any

import pandas as pd

Count = int | None

#: Quantities with a low, a best and a high, and the mention columns that carry them.
QUANTITIES: Mapping[str, tuple[str, str]] = {
    "munitions": ("munitions_low", "munitions_high"),
    "deaths": ("deaths", "deaths"),
    "injured": ("injured", "injured"),
    "us_deaths": ("us_deaths", "us_deaths"),
    "us_injured": ("us_injured", "us_injured"),
}

STATUSES = ("confirmed", "reported", "claimed_only", "contested", "denied")

#: Place kinds that name no site; shown only where no mention names one.
VAGUE_KINDS = ("unspecified", "area")


class LinkError(ValueError):
    """A mention has no incident, or a link names a mention that is not there."""


def reconcile(
    mentions: pd.DataFrame,
    sources: pd.DataFrame,
    places: pd.DataFrame,
    actors: pd.DataFrame,
    links: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return one row an incident, ordered by day and id.

    Parameters
    ----------
    mentions, sources, places, actors
        Tables as `sitrep.tables.read` gives them. *mentions* are those in scope: what the report may say, and no more.
    links
        Optional frame with ``mention_id`` and ``incident_id``, such as the machine's own linking. Without it the
        mentions' own ``incident_id``, the coder's judgement, links them.

    Returns
    -------
    DataFrame with ``incident_id``, ``date`` (the day in the id), ``date_start``/``date_end`` (union of the mentions'
    intervals), ``date_prec`` (of the most precise mention), place columns, ``weapon``, ``outcome``, low/best/high of
    each of `QUANTITIES`, ``claimed_by``, ``attributed_to``, ``publishers``, ``status`` and ``mention_ids``.

    Raises
    ------
    LinkError
        If a mention is linked to no incident.

    Notes
    -----
    ``best`` is the median of the mentions' best: the middle of low and high where a mention gives both, else the one
    it gives. What only the attacker says enters low and high, and ``best`` only where nobody else gives a number: a
    claim confirms nothing by itself. ``high`` is unknown while the largest statement is open ("at least five"), ``low``
    while the smallest one is ("up to twelve").
    """
    linked = _with_incident(mentions, links)
    if linked.empty:
        return pd.DataFrame(columns=_COLUMNS)
    linked = _enrich(linked, sources, places, actors)
    groups: dict[str, list[dict[str, Any]]] = {}
    for mention in _records(linked):
        groups.setdefault(mention["incident_id"], []).append(mention)
    incidents = pd.DataFrame([_incident(name, groups[name]) for name in sorted(groups)])
    incidents = incidents.astype(dict.fromkeys(("weapon", "outcome", "claimed_by", "attributed_to"), "str"))
    incidents["incident_id"] = _ids_in_scope(incidents)
    for name in QUANTITIES:
        incidents = incidents.astype({f"{name}_low": "Int64", f"{name}_best": "Float64", f"{name}_high": "Int64"})
    incidents = incidents.merge(_place_columns(places), on="place_id", how="left", validate="many_to_one")
    return incidents.sort_values(["date", "incident_id"], ignore_index=True)[_COLUMNS]


def canonical_actors(names: pd.Series, actors: pd.DataFrame) -> pd.Series:
    """Return *names* in the one spelling of ``actors.csv``; a name that is not there stays as it is."""
    spelling = dict(zip(actors["name"], actors["actor"], strict=True))
    return names.map(lambda name: spelling.get(name, name), na_action="ignore")


def status(stances: Sequence[str], official: Sequence[bool]) -> str:
    """Return an incident's status from its mentions' stances and whether each comes from an official source.

    denied: every mention denies it; contested: some deny it; confirmed: an official source reports it; claimed_only:
    only the attacker's word; else reported. A dispute weighs more than a confirmation, because it must stay visible.
    """
    if "denies" in stances:
        return "denied" if set(stances) == {"denies"} else "contested"
    if any(known and stance == "reports" for known, stance in zip(official, stances, strict=True)):
        return "confirmed"
    return "claimed_only" if set(stances) == {"claims"} else "reported"


def low_best_high(stated: Sequence[tuple[int | None, int | None, str]]) -> tuple[Count, float | None, Count]:
    """Return low, best and high from each mention's (low, high, stance); see `reconcile` for the rule."""
    known = [(low, high, stance) for low, high, stance in stated if low is not None or high is not None]
    if not known:
        return None, None, None
    others = [item for item in known if item[2] != "claims"] or known
    best = median(mean(end for end in (low, high) if end is not None) for low, high, _ in others)
    lows = [low for low, _, _ in known if low is not None]
    highs = [high for _, high, _ in known if high is not None]
    open_below = not lows or min(highs, default=min(lows)) < min(lows)
    open_above = not highs or max(lows, default=max(highs)) > max(highs)
    return None if open_below else min(lows), float(best), None if open_above else max(highs)


_QUANTITY_COLUMNS = [f"{name}_{part}" for name in QUANTITIES for part in ("low", "best", "high")]
_COLUMNS = [
    *("incident_id", "date", "date_start", "date_end", "date_prec", "place_id", "place_name", "country", "admin1"),
    *("latitude", "longitude", "target", "weapon", "outcome"),
    *_QUANTITY_COLUMNS,
    *("claimed_by", "attributed_to", "publishers", "status", "mention_ids"),
]


def _with_incident(mentions: pd.DataFrame, links: pd.DataFrame | None) -> pd.DataFrame:
    if links is not None:
        unknown = sorted(set(links["mention_id"]) - set(mentions["mention_id"]))
        if unknown:
            raise LinkError(f"links name mentions that are not among the mentions: {', '.join(unknown[:5])}")
        chosen = links[["mention_id", "incident_id"]]
        mentions = mentions.drop(columns="incident_id", errors="ignore").merge(chosen, on="mention_id", how="left")
    loose = mentions.loc[mentions["incident_id"].isna(), "mention_id"]
    if len(loose):
        raise LinkError(f"mentions without an incident: {', '.join(loose[:5])}; link them or drop them with a reason")
    return mentions


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain dicts with None for missing: ten times faster to walk than frames, and just as clear."""
    plain = frame.astype(object).where(frame.notna(), None)
    return [{str(key): value for key, value in row.items()} for row in plain.to_dict("records")]


def _enrich(mentions: pd.DataFrame, sources: pd.DataFrame, places: pd.DataFrame, actors: pd.DataFrame) -> pd.DataFrame:
    of_source = sources.set_index("source_id")
    vague = set(places.loc[places["kind"].isin(VAGUE_KINDS), "place_id"])
    return mentions.assign(
        publisher=mentions["source_id"].map(of_source["publisher"]),
        official=mentions["source_id"].map(of_source["kind"]).eq("official"),
        vague=mentions["place_id"].isin(vague),
        claimed_by=canonical_actors(mentions["claimed_by"], actors),
        attributed_to=canonical_actors(mentions["attributed_to"], actors),
    )


def _incident(name: str, group: list[dict[str, Any]]) -> dict[str, object]:
    def column(key: str) -> list[Any]:
        return [mention[key] for mention in group]

    row: dict[str, object] = {
        "incident_id": name,
        "date": pd.Timestamp(name[:8]),
        "date_start": min(column("date_start")),
        "date_end": max(column("date_end")),
        "date_prec": min(column("date_prec")),
        "place_id": _place(group),
        "weapon": _union(column("weapon")),
        "outcome": _union(column("outcome")),
        "claimed_by": _union(column("claimed_by")),
        "attributed_to": _union(column("attributed_to")),
        "publishers": len(set(column("publisher"))),
        "status": status(column("stance"), column("official")),
        "mention_ids": "|".join(sorted(column("mention_id"))),
    }
    for quantity, (low, high) in QUANTITIES.items():
        parts = low_best_high(list(zip(column(low), column(high), column("stance"), strict=True)))
        row |= {f"{quantity}_{part}": value for part, value in zip(("low", "best", "high"), parts, strict=True)}
    return row


def _place(group: list[dict[str, Any]]) -> str | None:
    """The site that most mentions name; vague places only where no mention names a site; ties by name."""
    places = [mention["place_id"] for mention in group if mention["place_id"] is not None]
    named = [mention["place_id"] for mention in group if mention["place_id"] is not None and not mention["vague"]]
    counts = Counter(named or places)
    return min(counts, key=lambda place: (-counts[place], place)) if counts else None


def _union(cells: Sequence[str | None]) -> str | None:
    """The set of all bar-separated parts; "unknown" only where nothing else is said; missing if nothing is."""
    parts = {part for cell in cells if cell is not None for part in cell.split("|") if part}
    return "|".join(sorted(parts - {"unknown"} or parts)) or None


def _ids_in_scope(incidents: pd.DataFrame) -> list[str]:
    """Ids whose place is one that the mentions in scope name; what a wider reading knew is not repeated here."""
    taken: set[str] = set()
    names = []
    for name, place in zip(incidents["incident_id"], incidents["place_id"], strict=True):
        stem, number = name[:9] + place, int(name.rsplit("-", 1)[1])
        if name[9:].rsplit("-", 1)[0] == place:
            stem = name.rsplit("-", 1)[0]
        while f"{stem}-{number}" in taken:
            number += 1
        taken.add(f"{stem}-{number}")
        names.append(f"{stem}-{number}")
    return names


def _place_columns(places: pd.DataFrame) -> pd.DataFrame:
    wanted = ["place_id", "name", "country", "admin1", "latitude", "longitude", "target"]
    return places[wanted].rename(columns={"name": "place_name"})
