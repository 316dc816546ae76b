"""Score extracted mentions against expected ones: an attack is right if its site and its days are."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

FIELDS = ["weapon", "munitions_low", "munitions_high", "outcome", "deaths", "injured", "claimed_by", "stance"]
COUNTS = {"munitions_low", "munitions_high", "deaths", "injured"}


def expected(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "expected.csv", dtype=str, keep_default_na=False)


def pairs(want: pd.DataFrame, got: pd.DataFrame) -> list[tuple[int, int]]:
    """One-to-one pairs of rows that tell of the same attack, the better agreeing pairs first."""
    candidates = []
    for i, w in enumerate(want.to_dict("records")):
        for j, g in enumerate(got.to_dict("records")):
            if w["source_id"] != g["source_id"] or w["place_id"] != g["place_id"]:
                continue
            if (w["stance"] == "denies") != (g["stance"] == "denies"):
                continue
            if cell(g["date_start"]) != w["date_start"] or cell(g["date_end"]) != w["date_end"]:
                continue
            agree = sum(cell(g[f]) == w[f] for f in FIELDS)
            candidates.append((-agree, i, j))
    taken_w: set[int] = set()
    taken_g: set[int] = set()
    found = []
    for _, i, j in sorted(candidates):
        if i not in taken_w and j not in taken_g:
            taken_w.add(i)
            taken_g.add(j)
            found.append((i, j))
    return found


def cell(value: object) -> str:
    if (
        value is None
        or value is pd.NA
        or value is pd.NaT
        or (isinstance(value, float) and value != value)
        or value == "nan"
    ):
        return ""
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    return str(value)


def score(want: pd.DataFrame, got: pd.DataFrame) -> pd.DataFrame:
    """Precision, recall and F1 of mentions; then, of the mentions found, of each field's values (empty: not stated)."""
    found = pairs(want, got)
    rows = [_row("mention", len(found), len(want), len(got))]
    for field in FIELDS:
        right = told = wanted = 0
        for i, j in found:
            w, g = want.iloc[i][field], cell(got.iloc[j][field])
            w, g = ("" if v == "unknown" else v for v in (w, g))
            wanted += w != ""
            told += g != ""
            right += w == g != ""
        rows.append(_row(field, right, wanted, told))
    return pd.DataFrame(rows).set_index("field")


def _row(field: str, right: int, wanted: int, told: int) -> dict[str, object]:
    precision = right / told if told else float("nan")
    recall = right / wanted if wanted else float("nan")
    f1 = 2 * right / (told + wanted) if told + wanted else float("nan")
    return {
        "field": field,
        "right": right,
        "wanted": wanted,
        "told": told,
        "precision": precision,
        "recall": recall,
        "f1": f1,
    }
