"""Daily counts of attacks on bases and diplomatic sites, straight from the tables, for tests on the real series."""

from functools import cache
from pathlib import Path

import pandas as pd

DATA = Path(__file__).parent.parent / "data"
START, END = "2019-10-01", "2026-03-31"


@cache
def daily_counts(*, thin_as_missing: bool = True) -> pd.Series:
    mentions = pd.read_csv(DATA / "mentions.csv").merge(pd.read_csv(DATA / "places.csv")[["place_id", "target"]])
    incidents = mentions[mentions["target"].isin(["base", "diplomatic"])].drop_duplicates("incident_id")
    days = pd.to_datetime(incidents["incident_id"].str[:8])
    period = pd.date_range(START, END, name="date")
    counts = days.value_counts().reindex(period, fill_value=0).astype(float)
    if thin_as_missing:
        coverage = pd.read_csv(DATA / "coverage.csv")
        for row in coverage[coverage["level"] == "thin"].itertuples():
            counts.loc[row.date_start : row.date_end] = float("nan")
    return counts


def events() -> pd.DataFrame:
    return pd.read_csv(DATA / "events.csv")
