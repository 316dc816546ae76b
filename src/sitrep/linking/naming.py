"""Order mentions by what they say and name incidents by day and place, so that ids and row order decide nothing."""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt
import pandas as pd

from sitrep.linking import evidence

UNDATED = "undated"  # stands for the day in the name of an incident whose mentions have no date
_BY_CONTENT = (
    "date_start", "date_end", "time_of_day", "place_id", "place_name", "weapon", "munitions_low", "munitions_high",
    "outcome", "deaths", "injured", "us_deaths", "us_injured", "claimed_by", "attributed_to", "stance",
)  # fmt: skip


def canonical_order(mentions: pd.DataFrame, sources: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Positions that sort the mentions by what they say and who says it; ids settle only what is equal in all that."""
    described = mentions[["source_id"]].merge(
        sources[["source_id", "publisher", "published", "title"]], on="source_id", how="left", validate="many_to_one"
    )
    keys = pd.DataFrame({c: mentions[c].astype("str").to_numpy() for c in _BY_CONTENT if c in mentions})
    for column in ("publisher", "published", "title", "source_id"):
        keys[f"source {column}"] = described[column].astype("str").fillna("").to_numpy()
    keys["mention_id"] = mentions["mention_id"].astype("str").to_numpy()
    return keys.fillna("").sort_values(list(keys.columns), kind="stable").index.to_numpy()


def names(facts: evidence.Facts, labels: npt.NDArray[np.int64]) -> list[str]:
    """YYYYMMDD-place-n for each mention: n numbers the incidents of one day and place by part of day, then content."""
    members: dict[int, list[int]] = {}
    for mention, label in enumerate(labels.tolist()):
        members.setdefault(label, []).append(mention)
    same: dict[str, list[int]] = {}
    for label, group in members.items():
        same.setdefault(stem(facts, group), []).append(label)
    name = {}
    for day_and_place, found in same.items():
        for n, label in enumerate(sorted(found, key=lambda label: (_hour(facts, members[label]), label)), start=1):
            name[label] = f"{day_and_place}-{n}"
    return [name[label] for label in labels.tolist()]


def stem(facts: evidence.Facts, group: list[int]) -> str:
    """Day and place of an incident: the day most of the narrowest windows centre on, the place most mentions name."""
    widths = [int(facts.end[m] - facts.start[m]) for m in group]
    days = Counter(int(facts.start[m]) + w // 2 for m, w in zip(group, widths, strict=True) if w == min(widths))
    day = min(days, key=lambda d: (-days[d], d))
    wheres = [facts.wheres[facts.place[m]] for m in group]
    named = [w for w in wheres if w.site] or [w for w in wheres if not w.words] or wheres
    places = Counter(w.place_id for w in named)
    place = min(places, key=lambda p: (-places[p], p))
    when = UNDATED if day <= evidence.UNDATED else f"{np.datetime64(day, 'D').item():%Y%m%d}"
    return f"{when}-{place}"


def _hour(facts: evidence.Facts, group: list[int]) -> int:
    stated = [int(facts.hour_from[m]) for m in group if facts.hour_from[m] >= 0]
    return min(stated, default=24)
