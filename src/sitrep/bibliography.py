"""The sources that a report cites: which they are, their numbers, and the incidents that each is cited for.

Sources are numbered by day of publication, so that the press of one day stands together and a source added later moves
few numbers. Every notebook of a report numbers them alike, because all start from the same study.
"""

import html
import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass

import pandas as pd

from sitrep import words
from sitrep.content import MIME, Bundle
from sitrep.formats.cells import guard
from sitrep.formats.export import csv_text
from sitrep.study import Study, days_listed
from sitrep.wording import day, plural


@dataclass(frozen=True)
class Entry:
    """One source: its number, its anchor, and (anchor, id) of the incidents told from it; unknown is the empty text."""

    anchor: str
    number: int
    title: str
    publisher: str
    date: str
    language: str
    url: str
    incidents: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Bibliography:
    """All sources cited, as exporters read them: ``kind`` "sources"."""

    id: str
    title: str
    entries: Sequence[Entry]
    csv: str

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Bundle:
        return bundle("sources", self.title, asdict(self))


def bundle(kind: str, title: str, payload: Mapping[str, object]) -> Bundle:
    """Return what a notebook shows of a list that only the rendered report unfolds, and the payload of *kind*."""
    shown = f"<p><strong>{html.escape(title)}</strong></p>"
    return {"text/html": shown, "text/plain": title, MIME: {"kind": kind, **payload}}, {}


def anchored(prefix: str, name: str) -> str:
    """Return an anchor for *name*: letters, digits and hyphens stay, others become their code, so no two names share one."""
    return f"{prefix}-" + re.sub(r"[^\w-]", lambda found: f".{ord(found[0]):x}.", name)


def told(report: Study) -> pd.DataFrame:
    """Return the incidents that are told one by one: all on the days listed, whether they count or not, by day."""
    days = days_listed(report.parameters, report.tables)
    found = report.incidents[report.incidents["date"].isin(days)]
    return found.sort_values(["date", "incident_id"], kind="stable", ignore_index=True)


def mentions_of(incidents: pd.DataFrame, mentions: pd.DataFrame) -> pd.DataFrame:
    """Return the mentions of *incidents*, in the order of their ``mention_ids``, each under its incident's id."""
    pairs = [
        (incident, mention)
        for incident, ids in zip(incidents["incident_id"], incidents["mention_ids"], strict=True)
        for mention in ids.split("|")
    ]
    frame = pd.DataFrame(pairs, columns=["incident_id", "mention_id"], dtype="str")
    return frame.merge(mentions.drop(columns="incident_id"), on="mention_id")


def cited(report: Study) -> pd.DataFrame:
    """Return the sources that the report cites, in order, with their ``number`` from 1 and their ``anchor``.

    Those are the sources of the incidents told one by one, of the chosen authority's tallies in the period, and of the
    events examined.
    """
    p, tables = report.parameters, report.tables
    used = set(mentions_of(told(report), report.mentions)["source_id"])
    if report.is_series:
        tallies = tables.tallies[
            (tables.tallies["authority"] == p.authority)
            & (tables.tallies["since"] >= p.start)
            & (tables.tallies["as_of"] <= p.end)
        ]
        examined = tables.events[tables.events["event_id"].isin([p.anniversary, *p.events])]
        used |= set(tallies["source_id"].dropna()) | set(examined["source_id"].dropna())
    found = tables.sources[tables.sources["source_id"].isin(used)]
    found = found.sort_values(["published", "publisher", "source_id"], kind="stable", ignore_index=True)
    return found.assign(number=range(1, len(found) + 1), anchor=[f"s{number}" for number in range(1, len(found) + 1)])


def bibliography(report: Study) -> Bibliography:
    """Return the list of all sources cited, each with the incidents told one by one that rest on it."""
    sources, incidents = cited(report), told(report)
    pairs = mentions_of(incidents, report.mentions)[["source_id", "incident_id"]].drop_duplicates()
    uses = pairs.groupby("source_id")["incident_id"].agg(list).to_dict()
    names = words.table()["sources"]["languages"]
    entries = [_entry(row, uses.get(row["source_id"], []), names) for row in sources.to_dict("records")]
    listed = sources.assign(incidents=["|".join(uses.get(name, [])) for name in sources["source_id"]])
    title = f"{plural(len(sources), 'source')}, by day of publication"
    return Bibliography("tab-sources", title, entries, csv_text(listed.drop(columns="anchor"), guard))


def _entry(row: Mapping[Hashable, object], incidents: list[str], languages: Mapping[str, str]) -> Entry:
    language = str(row["language"])
    published = row["published"]
    return Entry(
        anchor=str(row["anchor"]),
        number=int(str(row["number"])),
        title=str(row["title"]),
        publisher=str(row["publisher"]),
        date=day(published) if isinstance(published, pd.Timestamp) and not pd.isna(published) else "",
        language="" if language == "en" else languages.get(language, language),
        url=str(row["url"]) if isinstance(row["url"], str) else "",
        incidents=[(anchored("i", name), name) for name in incidents],
    )
