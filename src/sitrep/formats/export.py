"""What the writers share: cells as text, CSV that starts no formula, and the sentences on what is lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from sitrep.formats.cells import guard
from sitrep.formats.files import replace_text


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame as CSV for spreadsheets: UTF-8, missing cells empty, no cell that starts a formula."""
    replace_text(path, csv_text(frame, guard))


def csv_text(frame: pd.DataFrame, change: Callable[[str], str] = str) -> str:
    """A frame as the text of a CSV file, each cell (and name) changed by a function such as `guard`."""
    names = [change(str(name)) for name in frame.columns]
    columns = [as_text(frame[name]).map(change) for name in frame.columns]
    return "".join(",".join(map(_quoted, row)) + "\n" for row in [names, *zip(*columns, strict=True)])


def _quoted(cell: str) -> str:
    """The cell in quotes where it needs them. Python's csv leaves a lone carriage return bare, which ends a row."""
    return '"' + cell.replace('"', '""') + '"' if re.search('[",\r\n]', cell) else cell


def as_text(column: pd.Series) -> pd.Series:
    """Values as they are written: days in ISO, numbers in their shortest form, missing as the empty text."""
    if pd.api.types.is_datetime64_any_dtype(column):
        return iso_days(column)
    return pd.Series(["" if pd.isna(value) else _plain(value) for value in column], index=column.index, dtype="str")


def _plain(value: object) -> str:
    return np.format_float_positional(value, trim="-") if isinstance(value, float) else str(value)


def iso_days(days: pd.Series, suffix: str = "") -> pd.Series:
    """Days as YYYY-MM-DD and a suffix; missing as the empty text."""
    return (days.dt.strftime("%Y-%m-%d") + suffix).fillna("").astype("str")


def whole(best: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Counts as whole numbers, halves upward, and where they were not whole before."""
    known = best.astype("Float64")
    rounded = pd.Series(np.floor(known + 0.5), index=best.index).astype("Int64")
    return rounded, (known != rounded).fillna(False).astype(bool)


def without_denied(incidents: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """The incidents that a format without a word for denial may carry, and the sentence on those left out."""
    denied = incidents["status"].eq("denied")
    rows = incidents[~denied].reset_index(drop=True)
    ids = ", ".join(incidents.loc[denied, "incident_id"])
    return rows, [f"Left out, for the format cannot say that an attack was denied: {ids}."] if ids else []


def losses_of_all(rows: pd.DataFrame, rounded: pd.Series) -> list[str]:
    """The sentences that hold for both event formats."""
    doubtful = rows["status"].value_counts()
    counted = [f"{doubtful[name]} {name}" for name in ("claimed_only", "contested") if name in doubtful]
    losses = [f"Incidents of doubtful status stand among the others: {', '.join(counted)}."] if counted else []
    if rounded.any():
        ids = ", ".join(rows.loc[rounded, "incident_id"])
        losses.append(f"The best number of deaths lay between two whole numbers and is rounded up for {ids}.")
    missing = int(rows["deaths_best"].isna().sum())
    losses.append(f"Incidents without a number of deaths: {missing}. The cell is empty, which is not zero.")
    losses.append("US casualties are not told apart; the sources' disagreement is in the mentions, not here.")
    return losses
