"""Put the comparison of two mentions into plain words, with the values compared."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np

from sitrep.linking.evidence import LEVELS, POINTS, Facts

PLACE_WORDS = {
    "not known": "place not known",
    "same site": "same site",
    "same area": "same governorate",
    "areas meet": "roads through the same governorate",
    "inside": "one place holds the other",
    "in the country": "same country, one site not given",
    "adjoining": "neighbouring sites",
    "told apart": "neighbouring sites told apart by the coder",
}


def words(facts: Facts, i: int, j: int, levels: Mapping[str, int]) -> str:
    """The comparison of mention i with mention j in plain words: what speaks for one attack; after "but", what against."""
    speak_for: list[str] = []
    against: list[str] = []
    for question, names in LEVELS.items():
        level = names[levels[question]]
        if level == "not known" and question != "place":
            continue
        text = _phrase(facts, i, j, question, level)
        if text:
            (against if POINTS[question].get(level, 0.0) < 0 else speak_for).append(text)
    return "; ".join(speak_for) + (" but " if speak_for and against else "") + "; ".join(against)


def _phrase(facts: Facts, i: int, j: int, question: str, level: str) -> str:
    def cells(column: str) -> list[str]:
        return [_plain(facts.texts[column][k]) for k in (i, j)]

    if question == "place":
        return PLACE_WORDS[level]
    if question == "date":
        a, b = window(facts.start[i], facts.end[i]), window(facts.start[j], facts.end[j])
        if level == "same day":
            return f"same day ({a})"
        meet = {
            "across midnight": "one night, two dates",
            "next day": "dates one day apart",
            "a day apart": "a day apart",
        }
        return f"{meet.get(level, 'dates overlap')} ({a} / {b})"
    if question == "part":
        a, b = cells("time_of_day")
        return f"same part of day ({a})" if level == "same" else f"parts of day {level} ({a} / {b})"
    if question == "weapon":
        a, b = cells("weapon")
        kind = {"same": f"same weapon ({a})", "overlap": f"weapons partly the same ({a} / {b})"}
        return kind.get(level, f"{a} and {b} {'are compatible' if level == 'compatible' else 'differ'}")
    if question == "munitions":
        a, b = (_range(facts.munitions_low[k], facts.munitions_high[k]) for k in (i, j))
        kind = {"same few": f"same number ({a})", "same many": f"same number ({a})"}
        verb = {"ranges overlap": "agree", "near": "are near each other", "differ": "differ"}.get(level)
        return kind.get(level, f"numbers {verb} ({a} / {b})")
    if question == "casualties":
        a, b = (_toll(facts.deaths[k], facts.injured[k]) for k in (i, j))
        if level == "none in both":
            return "no casualties in both"
        kind = {"same": "same casualties", "differ": "casualties in both", "some in one only": "casualties in one only"}
        return f"{kind[level]} ({a})" if a == b else f"{kind[level]} ({a} / {b})"
    if question == "outcome":
        a, b = cells("outcome")
        return f"outcomes {level} ({a})" if a == b else f"outcomes {level} ({a} / {b})"
    if question == "claimant":
        a, b = cells("claimed_by")
        return f"same claimant ({a})" if level == "same" else f"claimants differ ({a} / {b})"
    return "" if level == "two sources" else "one source {} it and {} it".format(*cells("stance"))


@cache
def window(start: int, end: int) -> str:
    """Days as a person writes them: "4 July 2021", "3-5 July 2021", "30 June 2021 to 2 July 2021"."""
    first, last = (np.datetime64(int(day), "D").item() for day in (start, end))
    if first == last:
        return f"{first.day} {first:%B %Y}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}-{last.day} {last:%B %Y}"
    return f"{first.day} {first:%B %Y} to {last.day} {last:%B %Y}"


@cache
def _plain(cell: str) -> str:
    return " and ".join(part.replace("_", " ") for part in cell.split("|"))


def _range(low: float, high: float) -> str:
    if np.isnan(low):
        return f"up to {high:.0f}"
    if np.isnan(high):
        return f"at least {low:.0f}"
    return f"{low:.0f}" if low == high else f"{low:.0f} to {high:.0f}"


def _toll(deaths: float, injured: float) -> str:
    parts = [f"{n:.0f} {what}" for n, what in ((deaths, "killed"), (injured, "injured")) if not np.isnan(n)]
    return ", ".join(parts)
