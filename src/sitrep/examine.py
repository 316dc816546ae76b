"""The tests a report makes: which dates, on which series, adjusted together."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from sitrep import events, study
from sitrep.escalation import Result, each_date, run
from sitrep.escalation.epochs import Epochs, superposed_epochs
from sitrep.escalation.run import _adjusted as adjusted

#: Where measured error rates are kept, below the folder of the tables.
CALIBRATION = "calibration"


@dataclass(frozen=True)
class Examination:
    """All test results of a report.

    Attributes
    ----------
    anniversary
        The anniversaries of ``parameters.anniversary``, summed: the headline, fixed beforehand.
    by_year
        The same dates one by one, for a forest plot; no claim rests on a single year.
    events
        One result for each chosen policy event, in order of time.
    epochs
        Mean counts by day around the anniversaries.
    """

    anniversary: Result
    by_year: list[Result]
    events: list[Result]
    epochs: Epochs

    @property
    def results(self) -> list[Result]:
        """The headline and the events: everything whose p-values are adjusted together."""
        return [self.anniversary, *self.events]


def examine(report: study.Study, root: Path | None = None, simulations: int = 200) -> Examination:
    """Make every test of *report* on its whole series, whatever period is shown.

    *simulations* is the number of simulated series by which false-positive rates are measured; measured ones are kept
    in the data folder's ``calibration/`` and read from there.
    """
    p = report.parameters
    table = report.tables.events
    first, last = report.series.index[0], report.series.index[-1]
    everything = events.occurrences(table, first.date(), last.date())
    of_anniversary = everything[(everything["event_id"] == p.anniversary) & everything["family"].notna()]
    chosen = _one_date_each(everything[everything["event_id"].isin(p.events)])
    options: dict[str, Any] = {
        "seed": p.seed,
        "context": everything,
        "cache": study.find_root(root) / p.data / CALIBRATION,
        "draws": simulations,
    }
    confirmatory = [p.anniversary, *p.confirmatory]
    if p.window == p.anniversary_window:
        both = pd.concat([of_anniversary, chosen])
        results = run(report.series, both, p.window, p.baseline, confirmatory=confirmatory, **options)
    else:
        headline = run(
            report.series, of_anniversary, p.anniversary_window, p.baseline, confirmatory=[p.anniversary], **options
        )
        others = run(report.series, chosen, p.window, p.baseline, confirmatory=p.confirmatory, **options)
        results = adjusted([*headline, *others])
    family = next(result for result in results if result.event_id == p.anniversary and result.method == "family")
    return Examination(
        anniversary=family,
        by_year=each_date(report.series, of_anniversary, p.anniversary_window, p.baseline),
        events=[result for result in results if result is not family],
        epochs=superposed_epochs(
            report.series, list(of_anniversary["date_start"]), p.baseline, p.baseline, draws=p.draws, seed=p.seed
        ),
    )


def _one_date_each(chosen: pd.DataFrame) -> pd.DataFrame:
    """An event's own date where it lies in the series, not its anniversaries; recurring commemorations as they are."""
    alone = chosen[chosen["family"].isna()]
    recurring = chosen[~chosen["event_id"].isin(alone["event_id"])]
    return pd.concat([alone, recurring]).sort_values(["date_start", "event_id"], ignore_index=True)
