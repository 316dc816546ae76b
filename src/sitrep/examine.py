"""The tests a report makes: which dates, on which series, adjusted together."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from sitrep import events, frequency, reconcile, study
from sitrep.escalation import Design, Result, each_date, families, run
from sitrep.escalation.epochs import Epochs, superposed_epochs
from sitrep.escalation.excitation import Excitation
from sitrep.escalation.excitation import fit as excite
from sitrep.escalation.follow import Follow, follows
from sitrep.escalation.interruption import change_points
from sitrep.escalation.multiverse import Curve, specification_curve
from sitrep.escalation.reporting import robustness
from sitrep.escalation.run import adjusted
from sitrep.escalation.severity import severity

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
    around = Design(p.anniversary_window, p.baseline)
    if p.window == p.anniversary_window:
        both = pd.concat([of_anniversary, chosen])
        results = run(report.series, both, Design(p.window, p.baseline), confirmatory=confirmatory, **options)
    else:
        headline = run(report.series, of_anniversary, around, confirmatory=[p.anniversary], **options)
        others = run(report.series, chosen, Design(p.window, p.baseline), confirmatory=p.confirmatory, **options)
        results = adjusted([*headline, *others])
    family = next(result for result in results if result.event_id == p.anniversary and result.method == "family")
    return Examination(
        anniversary=family,
        by_year=each_date(report.series, of_anniversary, around),
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


@dataclass(frozen=True)
class Context:
    """What surrounds the tests: how the answer depends on the way of counting, where the series breaks, what feeds what.

    Attributes
    ----------
    curve
        The anniversary under every combination of window, baseline, subset of incidents and pooling.
    breaks
        Days on which the rate changes for good, found without knowing any event (`interruption.change_points`).
    excitation
        The self-exciting model of the series; None where it cannot be fitted.
    after_strikes, after_attacks
        Attacks in the days after US strikes, and US strikes in the days after attacks.
    pooled_otherwise, without_one_year
        The anniversaries pooled in other ways, and the headline without each year in turn.
    severity
        Munitions, casualties, sites and weapons around the anniversaries, each by itself.
    robustness
        The tests named beforehand on parts of the incidents and on the authority's tallies.
    """

    curve: Curve
    breaks: pd.DataFrame
    excitation: Excitation | None
    after_strikes: Follow
    after_attacks: Follow
    pooled_otherwise: pd.DataFrame
    without_one_year: pd.DataFrame
    severity: pd.DataFrame
    robustness: pd.DataFrame


#: Simulated series by which the penalty for a break is set; the 95% quantile of as many.
BREAK_SIMULATIONS = 39


def surroundings(report: study.Study, root: Path | None = None, simulations: int = 200) -> Context:
    """Return the context of the tests of *report*, on its whole series; *simulations* as for `examine`."""
    p = report.parameters
    table = report.tables.events
    series = report.series
    around = Design(p.anniversary_window, p.baseline)
    dates = events.occurrences(table, series.index[0].date(), series.index[-1].date())
    of_anniversary = dates[(dates["event_id"] == p.anniversary) & dates["family"].notna()]
    days = list(of_anniversary["date_start"])
    named = pd.concat([of_anniversary, _one_date_each(dates[dates["event_id"].isin(p.confirmatory)])])
    of_us = table[(table["kind"] == "strike") & (table["actor"] == "us")]
    strikes = of_us["date_start"].value_counts().reindex(series.index, fill_value=0).astype(float)
    return Context(
        curve=specification_curve(subsets(report), days, seed=p.seed),
        breaks=change_points(series, simulations=BREAK_SIMULATIONS, seed=p.seed) if _enough(series) else pd.DataFrame(),
        excitation=excite(series) if _enough(series) else None,
        after_strikes=follows(strikes, series),
        after_attacks=follows(series.fillna(0), strikes),
        pooled_otherwise=families.specifications(series, days, around),
        without_one_year=families.leave_one_out(series, days, around),
        severity=severity(
            report.selected,
            series,
            of_anniversary,
            around,
            context=dates,
            cache=study.find_root(root) / p.data / CALIBRATION,
            seed=p.seed,
        ),
        robustness=robustness(
            report.selected,
            series,
            named,
            report.tables.tallies,
            p.authority,
            Design(p.window, p.baseline),
            confirmatory=[p.anniversary, *p.confirmatory],
            seed=p.seed,
            cache=study.find_root(root) / p.data / CALIBRATION,
            draws=simulations,
        ),
    )


def _enough(series: pd.Series) -> bool:
    """Whether a self-exciting model can be fitted at all (`excitation.fit` states the bounds)."""
    return int(series.notna().sum()) >= 60 and float(series.sum()) >= 20


def subsets(report: study.Study) -> dict[str, pd.Series]:
    """Return daily counts of the ways of counting that a careful reader would ask for, over the whole series."""
    p, incidents = report.parameters, report.selected
    first, last = report.series.index[0].date().isoformat(), report.series.index[-1].date().isoformat()

    def count(chosen: pd.DataFrame) -> pd.Series:
        return frequency.daily_counts(chosen, report.tables.coverage, first, last, p.thin)

    by_machine = study.select(
        reconcile.reconcile(
            report.mentions, report.tables.sources, report.tables.places, report.tables.actors, report.links.links
        ),
        p,
    )
    chosen = {
        "all that count": report.series,
        "two or more publishers": count(incidents[incidents["publishers"] >= 2]),
        "without the attacker's word alone": count(incidents[incidents["status"] != "claimed_only"]),
        "linked by the machine" if p.link == "coder" else "all, machine's links": count(by_machine),
        "by earliest possible day": count(incidents.assign(date=incidents["date_start"])),
        "by latest possible day": count(incidents.assign(date=incidents["date_end"])),
    }
    for country in p.countries:
        if (incidents["country"] == country).sum() >= 20:
            chosen[f"{country} only"] = count(incidents[incidents["country"] == country])
    return chosen
