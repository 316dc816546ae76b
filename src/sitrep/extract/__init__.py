"""An article gives mentions: each attack it tells of, every value with the words and the rule that gave it.

What looks like an attack and is none (a look-back, a tally, a threat, a drill, the coalition's own strikes, an attack
elsewhere) goes to the table of rejections with its reason. Nothing here is learned: each rule has a name, and the
vocabulary is tables (data/lexicon, data/places.csv).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from sitrep.articles import Article, find_duplicates, read_articles
from sitrep.extract.draft import Draft
from sitrep.extract.reader import Reading, read
from sitrep.phrases import Lexicon
from sitrep.places import Gazetteer

MENTION_COLUMNS = [
    *("mention_id", "source_id", "incident_id", "date_start", "date_end", "date_prec", "time_of_day", "place_name"),
    *("place_id", "weapon", "munitions_low", "munitions_high", "outcome", "deaths", "injured", "us_deaths"),
    *("us_injured", "claimed_by", "attributed_to", "stance", "note"),
]
REJECTED_COLUMNS = ["source_id", "reason", "rule", "start", "end", "text"]
_COUNTS = ["munitions_low", "munitions_high", "deaths", "injured", "us_deaths", "us_injured"]

__all__ = ["Extraction", "explain", "extract", "extract_articles", "extract_paths"]


@dataclass(frozen=True)
class Extraction:
    """What was extracted.

    `mentions`: the columns of mentions.csv, then `spans` (JSON: column to [[start, end], ...], characters of the file)
    and `rules` (JSON: column to the rule's name). `rejected`: source_id, reason, rule, start, end, text. `messages`: what
    a reader must know (undated articles, languages not read, duplicates).
    """

    mentions: pd.DataFrame
    rejected: pd.DataFrame
    messages: list[str] = field(default_factory=list)


def extract(article: Article, gazetteer: Gazetteer, lexicon: Lexicon) -> Extraction:
    """Mentions and rejections of one article."""
    return _frames([article], gazetteer, lexicon, {})


def extract_articles(articles: list[Article], gazetteer: Gazetteer, lexicon: Lexicon) -> Extraction:
    """Mentions and rejections of many articles; an article that repeats another gives none and is listed as rejected."""
    return _frames(articles, gazetteer, lexicon, find_duplicates(articles))


def extract_paths(
    paths: Iterable[str | Path],
    gazetteer: Gazetteer,
    lexicon: Lexicon,
    metadata: pd.DataFrame | None = None,
) -> Extraction:
    """Read files, folders and globs and extract from all of them."""
    return extract_articles(read_articles(paths, lexicon, metadata), gazetteer, lexicon)


def _frames(articles: list[Article], gazetteer: Gazetteer, lexicon: Lexicon, repeats: dict[str, str]) -> Extraction:
    mentions: list[dict[str, Any]] = []
    rejected: list[tuple[Any, ...]] = []
    messages: list[str] = []
    for article in articles:
        messages += article.messages
        first = repeats.get(article.source_id)
        if first is not None:
            messages.append(f"{article.path}: the same story as {first}; counted once, there.")
            rejected.append(
                (article.source_id, "duplicate", f"duplicate_of:{first}", 0, len(article.text), article.title or "")
            )
            continue
        reading = read(article, gazetteer, lexicon)
        mentions += _rows(article, reading, gazetteer)
        for r in reading.rejected:
            rejected.append(
                (
                    article.source_id,
                    r.reason,
                    r.rule,
                    article.locate(r.start),
                    article.locate(r.end),
                    article.text[r.start : r.end][:500],
                )
            )
    table = pd.DataFrame(mentions, columns=[*MENTION_COLUMNS, "spans", "rules"])
    return Extraction(_typed(table), pd.DataFrame(rejected, columns=REJECTED_COLUMNS), messages)


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    for column in ("date_start", "date_end"):
        table[column] = pd.to_datetime(table[column]).astype("datetime64[us]")
    for column in [*_COUNTS, "date_prec"]:
        table[column] = table[column].astype("Int64")
    for column in table.columns.difference([*_COUNTS, "date_prec", "date_start", "date_end"]):
        table[column] = table[column].astype("str")
    return table


def _rows(article: Article, reading: Reading, gazetteer: Gazetteer) -> list[dict[str, Any]]:
    rows = []
    for number, attack in enumerate(reading.attacks, start=1):
        spans: dict[str, list[list[int]]] = {}
        rules: dict[str, str] = {}
        for e in attack.evidence:
            spans.setdefault(e.column, []).append([article.locate(e.start), article.locate(e.end)])
            rules[e.column] = e.rule
        rows.append(
            {
                "mention_id": f"{article.source_id}#{number}",
                "source_id": article.source_id,
                "incident_id": None,
                "date_start": attack.first,
                "date_end": attack.last,
                "date_prec": attack.prec or None,
                "time_of_day": attack.time_of_day or None,
                "place_name": _place_name(article, attack),
                "place_id": _place_id(attack, gazetteer),
                "weapon": "|".join(attack.weapons) or "unknown",
                "munitions_low": attack.munitions.low if attack.munitions else None,
                "munitions_high": attack.munitions.high if attack.munitions else None,
                "outcome": "|".join(attack.outcomes) or "unknown",
                **{
                    c: attack.hurt[c].low if c in attack.hurt else None
                    for c in ("deaths", "injured", "us_deaths", "us_injured")
                },
                "claimed_by": attack.claimed_by,
                "attributed_to": attack.attributed_to,
                "stance": attack.stance,
                "note": None,
                "spans": json.dumps(spans, separators=(",", ":")),
                "rules": json.dumps(rules, separators=(",", ":")),
            }
        )
    return rows


def _place_name(article: Article, attack: Draft) -> str | None:
    for e in attack.evidence:
        if e.column == "place_name":
            return " ".join(article.text[e.start : e.end].split())
    return None


def _place_id(attack: Draft, gazetteer: Gazetteer) -> str | None:
    if attack.place is None:
        return None
    if gazetteer.levels.get(attack.place) == "site" and (attack.apart or attack.place not in gazetteer.unsure):
        return attack.place
    return gazetteer.area_stand_in(attack.place)


def explain(article: Article, extraction: Extraction) -> str:
    """The article's facts for a person: each mention with the words it was read from, then what was set aside and why."""
    lines = [f"{article.path}", f"  title      {article.title or '-'}"]
    lines.append(f"  published  {article.published or 'not known'} ({article.published_from or 'nothing says so'})")
    lines += [f"  ! {message}" for message in article.messages]
    mine = extraction.mentions[extraction.mentions["source_id"] == article.source_id]
    reverse = _reverse(article)
    for row in mine.to_dict("records"):
        lines.append("")
        lines.append(
            f"  {row['mention_id']}  {_day(row['date_start'])}..{_day(row['date_end'])}  {row['place_id']}  {row['stance']}"
        )
        rules = json.loads(row["rules"])
        for column, spans in json.loads(row["spans"]).items():
            quoted = " | ".join(f"{start}-{end} “{' '.join(reverse(start, end).split())[:80]}”" for start, end in spans)
            value = row.get(column)
            lines.append(f"    {column:<15} {_plain(value):<28} {rules[column]:<26} {quoted}")
    refused = extraction.rejected[extraction.rejected["source_id"] == article.source_id]
    if len(refused):
        lines += ["", "  set aside"]
        for row in refused.to_dict("records"):
            lines.append(
                f"    {row['reason']:<20} {row['rule']:<38} {row['start']}-{row['end']} “{' '.join(row['text'].split())[:90]}”"
            )
    return "\n".join(lines)


def _reverse(article: Article) -> Any:
    """Positions of the file back to the article's text."""
    if not article.offsets:
        return lambda start, end: article.text[start:end]
    index = {article.locate(k): k for k in range(len(article.text) + 1)}
    return lambda start, end: article.text[index.get(start, 0) : index.get(end, 0)]


def _day(value: Any) -> str:
    return "?" if pd.isna(value) else f"{value:%Y-%m-%d}"


def _plain(value: Any) -> str:
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return "-"
    return f"{value:%Y-%m-%d}" if hasattr(value, "strftime") else str(value)
