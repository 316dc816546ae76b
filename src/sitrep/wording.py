"""Dates, numbers and lists in words: one style for sentences, captions, tables and axis labels."""

from collections.abc import Iterable
from datetime import date

import pandas as pd

MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)

#: Values of coded columns as a reader should see them.
NAMES = {
    "rocket": "rocket",
    "mortar": "mortar",
    "drone": "drone",
    "ballistic_missile": "ballistic missile",
    "cruise_missile": "cruise missile",
    "ied": "roadside bomb",
    "small_arms": "small arms",
    "indirect_fire": "indirect fire",
    "unknown": "not stated",
    "landed_inside": "landed inside",
    "landed_outside": "landed outside",
    "claimed_only": "claimed only",
    "reports": "reports",
    "claims": "claims",
    "denies": "denies",
    "diplomatic": "diplomatic site",
    "early_morning": "early morning",
    "late_evening": "late evening",
}


def day(value: date | pd.Timestamp) -> str:
    """Return a date as 3 January 2024."""
    return f"{value.day} {MONTHS[value.month - 1]} {value.year}"


def month(value: date | pd.Timestamp) -> str:
    """Return a month as January 2024."""
    return f"{MONTHS[value.month - 1]} {value.year}"


def span(first: date | pd.Timestamp, last: date | pd.Timestamp) -> str:
    """Return an interval of days without repeating what both ends share: 3–5 July 2021."""
    if first == last:
        return day(first)
    if first.year != last.year:
        return f"{day(first)} – {day(last)}"
    if first.month != last.month:
        return f"{first.day} {MONTHS[first.month - 1]} – {day(last)}"
    return f"{first.day}–{day(last)}"


def number(value: float | int, digits: int = 0) -> str:
    """Return a number with thousands separated and *digits* decimals; infinity as a word, missing as an en dash."""
    if pd.isna(value):
        return "–"
    if value in (float("inf"), float("-inf")):
        return "no upper limit" if value > 0 else "no lower limit"
    return f"{value:,.{digits}f}"


def significant(value: float, digits: int = 2) -> str:
    """Return *value* with about *digits* significant digits and no exponent: 0.034, 1.7, 23."""
    if pd.isna(value):
        return "–"
    if value in (float("inf"), float("-inf")) or value == 0:
        return "0" if value == 0 else "∞" if value > 0 else "−∞"
    magnitude = len(str(int(abs(value)))) if abs(value) >= 1 else 0
    decimals = max(0, digits - magnitude)
    while 0 < abs(value) < 10 ** -(decimals - digits + 1) and decimals < 6:
        decimals += 1
    return f"{value:,.{decimals}f}"


def probability(p: float) -> str:
    """Return a p-value: two decimals, three below 0.1, and a bound below 0.001."""
    if pd.isna(p):
        return "–"
    if p < 0.001:
        return "<0.001"
    return f"{p:.3f}" if p < 0.1 else f"{p:.2f}"


def plural(count: int, one: str, many: str | None = None) -> str:
    """Return a count with its noun: 1 attack, 1,204 attacks."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def listing(items: Iterable[str]) -> str:
    """Return items as a list in words: a, b and c."""
    words = list(items)
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def coded(cell: object) -> str:
    """Return a coded, perhaps bar-separated cell in words; missing as an en dash."""
    if not isinstance(cell, str) or not cell:
        return "–"
    return ", ".join(NAMES.get(part, part.replace("_", " ")) for part in cell.split("|"))


def low_high(low: object, high: object) -> str:
    """Return a stated quantity: 8, 5–8, at least 5; missing as an en dash."""
    if pd.isna(low) and pd.isna(high):  # type: ignore[call-overload]
        return "–"
    if pd.isna(high):  # type: ignore[call-overload]
        return f"at least {int(low)}"  # type: ignore[call-overload]
    if pd.isna(low):  # type: ignore[call-overload]
        return f"at most {int(high)}"  # type: ignore[call-overload]
    return f"{int(low)}" if low == high else f"{int(low)}–{int(high)}"  # type: ignore[call-overload]


def site(name: str) -> str:
    """The part of a site's name before the first comma or bracket, for labels; "site not given" stays."""
    if "(site not given)" in name:
        return name.replace(" (site not given)", ", site not given")
    return name.split(",")[0].split(" (")[0].split(" and coalition")[0]
