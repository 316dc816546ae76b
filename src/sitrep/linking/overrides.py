"""Obey an analyst's corrections to the linking (data/overrides.csv), or say exactly why one cannot be obeyed."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pandas as pd
from rapidfuzz import process

from sitrep.tables import Fault

FILE = "overrides.csv"
ACTIONS = ("merge", "split", "drop")
COLUMNS = ("action", "mention_id", "incident_id", "reason")


class OverrideError(ValueError):
    """Overrides that cannot be obeyed; `faults` and the message say where, what was found and what is allowed."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults


def obey(
    overrides: pd.DataFrame | None, mention_ids: list[str], ids: list[str], stem: Callable[[int], str]
) -> tuple[list[str | None], dict[int, str]]:
    """The incident of each mention after the overrides (None: dropped), and the analyst's reason, by position.

    merge puts a mention into the incident named; split takes it into the incident named or, when none is, into a new one
    called `stem`-n with the next free n; drop leaves it out. Rows are obeyed in order; an incident made by an earlier row
    is known to later ones. No other incident changes its id. Raises OverrideError listing every row at fault.
    """
    final: list[str | None] = list(ids)
    why: dict[int, str] = {}
    if overrides is None or not len(overrides):
        return final, why
    if missing := [column for column in COLUMNS if column not in overrides.columns]:
        raise OverrideError([Fault(FILE, 1, "", ",".join(overrides.columns), f"also {', '.join(missing)}")])
    position = {mention_id: m for m, mention_id in enumerate(mention_ids)}
    known = set(ids)
    faults: list[Fault] = []
    for line, row in enumerate(overrides[list(COLUMNS)].to_dict("records"), start=2):
        action, mention_id, incident_id, reason = (row[c] if isinstance(row[c], str) else "" for c in COLUMNS)
        own = final[position[mention_id]] if mention_id in position else None
        wrong = _wrong(action, mention_id, incident_id, reason, position, known, own)
        if not wrong and position[mention_id] in why:
            wrong = ("mention_id", mention_id, "one override a mention; an earlier line has this one", "")
        if wrong:
            column, value, allowed, hint = wrong
            faults.append(Fault(FILE, line, column, value, allowed, hint))
            continue
        mention = position[mention_id]
        why[mention] = reason
        if action == "drop":
            final[mention] = None
        else:
            final[mention] = incident_id or _free(stem(mention), known)
            known.add(str(final[mention]))
    if faults:
        raise OverrideError(faults)
    return final, why


def _wrong(
    action: str,
    mention_id: str,
    incident_id: str,
    reason: str,
    position: dict[str, int],
    known: set[str],
    own: str | None,
) -> tuple[str, str, str, str] | None:
    """Column, value found, what is allowed and a hint, if a row cannot be obeyed; `own`: the mention's incident."""
    if action not in ACTIONS:
        return "action", action, ", ".join(ACTIONS), ""
    if mention_id not in position:
        return "mention_id", mention_id, "a mention_id of the mentions linked", _nearest(mention_id, position)
    if not reason.strip():
        return "reason", reason, "the reason in words", ""
    if action == "merge" and not incident_id:
        return "incident_id", "", "the incident to merge into", ""
    if incident_id and incident_id not in known:
        return "incident_id", incident_id, "an incident_id made by the linking", _nearest(incident_id, known)
    if action == "drop" and incident_id not in ("", own):
        return "incident_id", incident_id, f"empty, or {own}, in which the mention is", ""
    if action == "split" and incident_id == own:
        return "incident_id", incident_id, "empty, or another incident than the one to split from", ""
    return None


def _nearest(value: str, known: Iterable[str]) -> str:
    close = [name for name, _, _ in process.extract(value, sorted(known), limit=3)]
    return f"nearest: {', '.join(close)}" if close else ""


def _free(stem: str, known: set[str]) -> str:
    n = 1
    while f"{stem}-{n}" in known:
        n += 1
    return f"{stem}-{n}"
