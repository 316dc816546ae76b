"""The incidents to hand on in other layouts: those of a data folder, or those that a report counts."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pandas as pd

from sitrep import intake, parameters, reconcile, study
from sitrep.names import checked_name


def incidents(
    data: Path,
    report: str = "",
    country: Sequence[str] | None = None,
    start: str | None = None,
    end: str | None = None,
) -> pd.DataFrame:
    """Return the incidents of the tables in *data*, new articles included, or those shown by *report*.

    *country*, *start* and *end* (days, both included) choose among them. Raises ValueError for a country that none of
    them lies in or a day that is none.
    """
    if report:
        top = study.find_root()
        found = study.load(parameters.read(top / "reports" / f"{checked_name(report)}.yaml"), top).shown
    else:
        everything, _ = intake.read_all(data)
        mentions = study.undropped(everything.mentions, everything.overrides)
        found = reconcile.reconcile(mentions, everything.sources, everything.places, everything.actors)
    keep = pd.Series(True, index=found.index)
    if country:
        wanted = [name.strip().lower() for name in country]
        there = sorted(found["country"].dropna().unique())
        for name in country:
            if name.strip().lower() not in [known.lower() for known in there]:
                raise ValueError(
                    f"--country: found {name!r}; allowed: {', '.join(there) or 'none, for there is no incident'}"
                )
        keep &= found["country"].str.lower().isin(wanted)
    if start:
        keep &= found["date"] >= _day("--start", start)
    if end:
        keep &= found["date"] <= _day("--end", end)
    return found[keep].reset_index(drop=True)


def _day(option: str, text: str) -> pd.Timestamp:
    try:
        return pd.Timestamp(date.fromisoformat(text))
    except ValueError:
        raise ValueError(f"{option}: found {text!r}; allowed: a day as YYYY-MM-DD") from None
