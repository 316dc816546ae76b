"""Each incident with its mentions side by side, what cannot be true of both, and its place on one small map."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from sitrep import words
from sitrep.bibliography import anchored, bundle, cited, mentions_of, told
from sitrep.charts.locator import locator_of
from sitrep.content import Bundle, Prose
from sitrep.formats.cells import guard
from sitrep.formats.export import csv_text
from sitrep.listing import left_out_reasons, stated_parts
from sitrep.study import Study
from sitrep.wording import coded, day, listing, low_high, plural, site, span

#: Weapons that name a way of attack too loosely to contradict another.
_LOOSE = frozenset({"unknown", "indirect_fire"})

Row = Mapping[Hashable, Any]


@dataclass(frozen=True)
class Said:
    """What one mention says of an incident, as a reader sees it.

    ``source`` is the anchor of its source in the bibliography and ``number`` its number there; ``stance`` is coded, and
    ``differs`` names those of `DIFFERENCES` on which another mention contradicts it.
    """

    source: str
    number: int
    publisher: str
    stance: str
    stance_words: str
    date: str
    place: str
    numbers: Sequence[tuple[str, str]]
    claimed: str
    differs: Sequence[str]


@dataclass(frozen=True)
class Told:
    """One incident as a reader sees it: ``at`` is its place on the map, ``reason`` why it does not count."""

    anchor: str
    incident_id: str
    day: str
    site: str
    country: str
    numbers: str
    harm: int
    status: str
    status_words: str
    reason: str
    at: tuple[int, int] | None
    differs: Sequence[str]
    differ_words: str
    mentions: Sequence[Said]


@dataclass(frozen=True)
class Dossier:
    """Incidents one by one, as exporters read them: ``kind`` "incidents"; ``chart`` is the map that all share."""

    id: str
    title: str
    caption: str
    chart: Mapping[str, Any]
    incidents: Sequence[Told]
    csv: str

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Bundle:
        return bundle("incidents", self.title, asdict(self))


def dossier(report: Study, name: str = "tab-mentions") -> Dossier | Prose:
    """Return all incidents on the days listed, those that do not count included, with the reason why."""
    incidents = told(report)
    if incidents.empty:
        return Prose(words.table()["incidents"]["none"], "notice")
    sources = cited(report).set_index("source_id")
    of_source = sources.to_dict("index")
    mentions = mentions_of(incidents, report.mentions).assign(
        published=lambda frame: sources["published"].reindex(frame["source_id"]).to_numpy()
    )
    mentions = mentions.sort_values(["incident_id", "published", "mention_id"], kind="stable")
    of_incident = {str(key): part.to_dict("records") for key, part in mentions.groupby("incident_id")}
    reasons = left_out_reasons(incidents, report.parameters, report.listed).to_dict()
    chart = locator_of(incidents)
    items = [
        _told(row, of_incident[row["incident_id"]], of_source, reasons.get(at, ""), chart.at)
        for at, row in enumerate(incidents.to_dict("records"))
    ]
    apart = sum(1 for item in items if item.differs)
    full = mentions.drop(columns="published").assign(
        source_number=sources["number"].reindex(mentions["source_id"]).to_numpy()
    )
    title = f"{plural(len(items), 'incident')} with {plural(len(mentions), 'mention')}; on {apart:,} the sources contradict each other"
    caption = words.table()["incidents"]["caption"]
    return Dossier(name, title, caption, chart.drawing, items, csv_text(full, guard))


def _told(row: Row, mentions: Sequence[Row], sources: Mapping[Hashable, Row], reason: str, at: Any) -> Told:
    apart = contradicted(mentions)
    differs = [what for what in DIFFERENCES if apart[what]]
    located: bool = not pd.isna(row["latitude"]) and not pd.isna(row["longitude"])
    return Told(
        anchor=anchored("i", row["incident_id"]),
        incident_id=row["incident_id"],
        day=day(row["date"]),
        site=site(row["place_name"]),
        country=row["country"],
        numbers=_numbers(row),
        harm=sum(_largest(row, what) for what in ("deaths", "injured")),
        status=row["status"],
        status_words=coded(row["status"]),
        reason=reason,
        at=at(row["longitude"], row["latitude"]) if located else None,
        differs=differs,
        differ_words=differ_words(differs),
        mentions=[
            _said(mention, sources[mention["source_id"]], [what for what in DIFFERENCES if place in apart[what]])
            for place, mention in enumerate(mentions)
        ],
    )


def _numbers(row: Row) -> str:
    """Return weapon, killed and injured of an incident, from the lowest to the highest statement: "1–2 × drone; 5 injured"."""
    weapon, munitions = coded(row["weapon"]), low_high(row["munitions_low"], row["munitions_high"])
    own = words.table()["incidents"]
    parts = [weapon if munitions == "–" else f"{munitions} × {weapon}"]
    for what in ("deaths", "injured"):
        if (many := low_high(row[f"{what}_low"], row[f"{what}_high"])) != "–":
            parts.append(own[f"n_{what}"].format(n=many))
    return "; ".join(parts)


def _largest(row: Row, what: str) -> int:
    known = [row[f"{what}_{end}"] for end in ("high", "low") if not pd.isna(row[f"{what}_{end}"])]
    return int(known[0]) if known else 0


def _said(mention: Row, source: Row, differs: list[str]) -> Said:
    return Said(
        source=source["anchor"],
        number=int(source["number"]),
        publisher=source["publisher"],
        stance=mention["stance"],
        stance_words=coded(mention["stance"]),
        date=span(mention["date_start"], mention["date_end"]),
        place=mention["place_name"] if isinstance(mention["place_name"], str) else "",
        numbers=stated_parts(mention),
        claimed=mention["claimed_by"].replace("|", ", ") if isinstance(mention["claimed_by"], str) else "",
        differs=differs,
    )


def contradicted(mentions: Sequence[Row]) -> dict[str, set[int]]:
    """Return, for each of `DIFFERENCES`, the places of the mentions that cannot all be true together.

    Ranges contradict each other where they do not overlap: "at least five" and "14" agree, 5 and 14 do not. What a
    mention leaves open contradicts nothing.
    """
    apart = {what: _apart([read(mention) for mention in mentions]) for what, read in DIFFERENCES.items()}
    # where somebody denies what others tell, the denial stands out, not everything else
    apart["stance"] = {place for place in apart["stance"] if mentions[place]["stance"] == "denies"}
    return apart


def _apart(values: Sequence[tuple[Any, Any] | frozenset[str] | None]) -> set[int]:
    """Return the places of values of which some other is incompatible."""
    known = [(place, value) for place, value in enumerate(values) if value is not None]
    return {place for place, one in known if any(not _compatible(one, other) for _, other in known)}


def _compatible(one: Any, other: Any) -> bool:
    if isinstance(one, frozenset):
        return bool(one & other)
    return bool(one[0] <= other[1] and other[0] <= one[1])


def _days(mention: Row) -> tuple[Any, Any]:
    return mention["date_start"], mention["date_end"]


def _weapons(mention: Row) -> frozenset[str] | None:
    named = frozenset(mention["weapon"].split("|")) - _LOOSE if isinstance(mention["weapon"], str) else frozenset()
    return named or None


def _range(low: str, high: str) -> Any:
    def read(mention: Row) -> tuple[float, float] | None:
        least, most = mention[low], mention[high]
        if pd.isna(least) and pd.isna(most):
            return None
        return (0.0 if pd.isna(least) else float(least), float("inf") if pd.isna(most) else float(most))

    return read


def _stance(mention: Row) -> frozenset[str]:
    return frozenset({"denies"}) if mention["stance"] == "denies" else frozenset({"says"})


#: What mentions can contradict each other on -> how to read it from one: an interval, a set of names, or None.
DIFFERENCES: Mapping[str, Any] = {
    "stance": _stance,
    "date": _days,
    "weapon": _weapons,
    "munitions": _range("munitions_low", "munitions_high"),
    "deaths": _range("deaths", "deaths"),
    "injured": _range("injured", "injured"),
}


def differ_words(differs: Sequence[str]) -> str:
    """Return the sentence that says on what the sources of an incident contradict each other."""
    own = words.table()["incidents"]
    return own["differ"].format(what=listing(own["on"][what] for what in differs)) if differs else ""
