"""Not only how many: munitions, injured, deaths, sites hit and weapon classes around dates, each tested as it is.

There is no composite index: what weighs how much against what would be a choice without ground. Each measure has its own
placebo test, of the same form as that of the counts: its own statistic at the other dates of the same series.

Missing numbers. A day of thin coverage is missing. So is a day with attacks of which none states the number. Where some
state it, the day's total is theirs, a lower bound. A side of a date (window or baseline) on which half of the attacks or
fewer state the number is not used, at placebo dates neither. A day without an attack is zero munitions, not missing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from sitrep.escalation.design import STANDARD, Design
from sitrep.escalation.multiplicity import benjamini_hochberg
from sitrep.escalation.nulls import MODELS, Kept, null_series, stored
from sitrep.escalation.placebo import LEAST_DATES, LEAST_SPELLS
from sitrep.escalation.power import critical_value, like_rate, smallest_ratio
from sitrep.escalation.rate_ratio import Windows, check_counts, log_ratio, windows
from sitrep.escalation.rates import (
    ALPHA,
    STRATA,
    judge,
    stratum,
    stratum_words,
    summarize,
)
from sitrep.escalation.rates import (
    COLUMNS as RATE_COLUMNS,
)
from sitrep.escalation.reference import REACH, like_run_up, rank_p, separate_spells
from sitrep.escalation.result import LARGEST_REALISTIC_RATIO, p_words, ratio_words
from sitrep.escalation.run import CIRCULAR, circular_company, inseparable

TOTALS = ("munitions", "injured", "deaths", "sites")
"""Per known day; a ratio of rates. `sites`: different sites attacked on a day."""

WEAPONS = ("drone", "rocket", "ballistic_missile")
MEASURES = (*TOTALS, *WEAPONS)
"""The last three are shares of the attacks whose weapon is told; a difference of shares."""

UNTOLD = ("unknown", "indirect_fire")
"""Weapons that say nothing of the class."""

POWER_DRAWS = 2_000
"""Draws that the smallest detectable ratio of a total rests on."""

COLUMNS = [
    "event_id",
    "label",
    "measure",
    "unit",
    "status",
    "dates",
    "after",
    "before",
    "days_after",
    "days_before",
    "attacks_after",
    "attacks_before",
    "stated_after",
    "stated_before",
    "estimate",
    "p_placebo",
    "p_run_up",
    "p_judged",
    "judged_on",
    "p_adjusted",
    "placebo_dates",
    "placebo_low",
    "placebo_high",
    "needed",
    "minimum_detectable",
    "false_positive_rate",
    "false_positive_high",
    "timing",
    "reason",
    "sentence",
]


def daily(incidents: pd.DataFrame, counts: pd.Series) -> pd.DataFrame:
    """The measures by day, over the days of `counts`, whose missing days are missing.

    Columns: attacks; each of `MEASURES` (totals as described above; of a weapon class the number of attacks that used it);
    and "stated_" with each: the attacks of the day that state it (name a site, tell the weapon). Best values are used.
    ValueError for an incident on a known day that `counts` does not hold.
    """
    series = check_counts(counts)
    marks = _Marks.of(incidents, series)
    frame = pd.DataFrame(marks.by_day(marks.day, np.arange(len(marks.day)), ~np.isnan(series.to_numpy())))
    frame.index = series.index
    differ = (frame["attacks"] != series) & series.notna()
    if differ.any():
        day = frame.index[int(differ.to_numpy().argmax())]
        raise ValueError(
            f"incidents and counts do not agree: on {day:%Y-%m-%d} there are {frame['attacks'].loc[day]:.0f} incidents "
            f"and a count of {series.loc[day]:.0f}."
        )
    return frame


def severity(
    incidents: pd.DataFrame,
    counts: pd.Series,
    occurrences: pd.DataFrame,
    design: Design = STANDARD,
    *,
    measures: Sequence[str] = MEASURES,
    context: pd.DataFrame | None = None,
    rates: pd.DataFrame | None = None,
    cache: Kept | Path | str | None = None,
    draws: int = 60,
    seed: int = 1,
) -> pd.DataFrame:
    """One row a measure and event (or family of recurring dates); columns `COLUMNS`.

    `incidents`: those that `counts` (daily, NaN where thin) counts. `occurrences`, `context`: as in `run`, whose rules hold here: a family is ranked among its joint shifts, a date among all
    other dates, a reactive one among dates with as many attacks in the run-up; where the first is known to reject too
    often, the run-up; where both do or the rate is not known, nothing is judged. `rates`: from `error_rates` with
    the same windows and occurrences; measured here with `draws` series a model when None, and kept in the folder `cache`; with 0 there are none.

    `after` and `before` are totals, or attacks with the weapon; `stated_*` of the `attacks_*` attacks give the number.
    `estimate`: ratio of totals per known day, for weapons the difference of shares. `placebo_low`, `placebo_high`: the middle
    95% of it at placebo dates. `needed`: the smallest total after that would have stood out as a rise (p of 0.05 or less),
    infinite where none could. `minimum_detectable`: the smallest true ratio found 80% of the time (`_detectable`), infinite when
    none up to 20 is, missing for a weapon that no attack before used. `p_adjusted`: Benjamini and Hochberg over all judged rows.
    """
    for name in measures:
        if name not in MEASURES:
            raise ValueError(f"measures: found {name!r}; allowed: {', '.join(MEASURES)}.")
    by_day = daily(incidents, counts)
    if occurrences.empty:
        return pd.DataFrame(columns=COLUMNS)
    at = windows(counts, design)
    groups = _groups(occurrences)
    if rates is None and not draws:
        rates = pd.DataFrame(columns=["measure", *RATE_COLUMNS])
    if rates is None:
        rates = error_rates(
            incidents,
            counts,
            occurrences,
            design,
            measures=measures,
            cache=cache,
            draws=draws,
            seed=seed,
        )
    shared = inseparable(occurrences, occurrences if context is None else context, design.window)
    seen = {name: _seen(by_day, name, at) for name in measures}
    rows = []
    for key, group in groups.items():
        told = circular_company(at, str(group[0]["event_id"]), [row["date_start"] for row in group], shared)
        for name in measures:
            rows.append(_row(key, group, seen[name], at, told, rates, seed))
    return _finished(rows)


def error_rates(
    incidents: pd.DataFrame,
    counts: pd.Series,
    occurrences: pd.DataFrame,
    design: Design = STANDARD,
    *,
    measures: Sequence[str] = MEASURES,
    cache: Kept | Path | str | None = None,
    draws: int = 60,
    seed: int = 1,
) -> pd.DataFrame:
    """How often each measure's placebo tests reject at a nominal 5% without an effect.

    On simulated series (`nulls.MODELS`) each attack is given all that is told, or not told, of a real one: the real ones in
    their order, from a random one on, so that heavy tails, gaps in what is stated and the drift from rockets to drones
    stay; on the series itself each attack keeps its own. Columns: measure, then those of `rates.COLUMNS`; method "dates",
    "run_up", or "shifts:" and the family. Read from the folder `cache` where it was measured before on the same.
    """
    families = {
        key: [f"{row['date_start']:%Y-%m-%d}" for row in group]
        for key, group in _groups(occurrences).items()
        if key.startswith("shifts:")
    }
    marks = incidents[["date", "incident_id", "place_id", "latitude", "weapon", *(f"{m}_best" for m in TOTALS[:3])]]
    told = hashlib.sha256(marks.to_csv(index=False).encode()).hexdigest(), check_counts(counts).to_csv()
    asked = (*astuple(design), tuple(measures), draws, seed, sorted(families.items()))
    return stored(
        cache,
        "severity",
        (told, asked),
        lambda: _measured(incidents, counts, families, design, measures, draws, seed),
    )


def _measured(
    incidents: pd.DataFrame,
    counts: pd.Series,
    dates: Mapping[str, Sequence[str]],
    design: Design,
    measures: Sequence[str],
    draws: int,
    seed: int,
) -> pd.DataFrame:
    series = check_counts(counts)
    marks = _Marks.of(incidents, series)
    known = ~np.isnan(series.to_numpy())
    families = {
        key: np.array([(pd.Timestamp(day) - series.index[0]).days for day in days]) for key, days in dates.items()
    }
    rng = np.random.default_rng([seed, 99])
    found: dict[tuple[str, str, str], list[np.ndarray]] = {}
    for model, simulated in null_series(series, draws, seed, MODELS) if len(marks.day) else ():
        attacks = np.repeat(np.arange(len(known)), np.nan_to_num(simulated.to_numpy()).astype(int))
        first = 0 if model == "series" else rng.integers(len(marks.day))
        by_day = marks.by_day(attacks, (first + np.arange(len(attacks))) % len(marks.day), known)
        at = windows(simulated, design)
        for name in measures:
            for method, tally in _tallies(_seen(by_day, name, at), at, families):
                found.setdefault((name, method, model), []).append(tally)
    rows = [
        {"measure": name, **row}
        for (name, method, model), tallies in found.items()
        for row in summarize(method, model, 1.0, np.stack(tallies))
    ]
    return pd.DataFrame(rows, columns=["measure", *RATE_COLUMNS])


@dataclass(frozen=True)
class _Marks:
    """What is told of each attack, in order of day: arrays of one length; NaN where not told. `day` is its place in the series."""

    day: np.ndarray
    totals: Mapping[str, np.ndarray]
    site: np.ndarray
    """Codes of sites; -1 where no site is named."""
    told: np.ndarray
    weapons: Mapping[str, np.ndarray]

    @classmethod
    def of(cls, incidents: pd.DataFrame, series: pd.Series) -> _Marks:
        inside = incidents[incidents["date"].isin(series.index[series.notna()])].sort_values(["date", "incident_id"])
        day = series.index.get_indexer(pd.DatetimeIndex(inside["date"]))
        totals = {name: inside[f"{name}_best"].astype("float64").to_numpy() for name in TOTALS if name != "sites"}
        # A place without coordinates is no site but "somewhere in Iraq".
        site = pd.factorize(inside["place_id"].where(inside["latitude"].notna()))[0]
        used = [set(cell.split("|")) if isinstance(cell, str) else set() for cell in inside["weapon"]]
        told = np.array([bool(one - set(UNTOLD)) for one in used], dtype=bool)
        return cls(day, totals, site, told, {w: np.array([w in one for one in used], dtype=bool) for w in WEAPONS})

    def by_day(self, day: np.ndarray, which: np.ndarray, known: np.ndarray) -> dict[str, np.ndarray]:
        """Daily columns when the attacks `which` happen on `day`; NaN where not `known` or not stated."""
        n = len(known)

        def sums(value: np.ndarray) -> np.ndarray:
            return np.bincount(day, value, minlength=n).astype(float)

        attacks = sums(np.ones(len(day)))
        columns = {"attacks": np.where(known, attacks, np.nan)}

        def add(name: str, total: np.ndarray, stated: np.ndarray) -> None:
            missing = ~known | ((attacks > 0) & (stated == 0))
            columns[name] = np.where(missing, np.nan, total)
            columns[f"stated_{name}"] = np.where(known, stated, np.nan)

        for name, values in self.totals.items():
            chosen = values[which]
            add(name, sums(np.nan_to_num(chosen)), sums(~np.isnan(chosen)))
        named = self.site[which] >= 0
        pairs = np.unique(day[named] * (self.site.max(initial=0) + 1) + self.site[which][named])
        distinct = np.bincount(pairs // (self.site.max(initial=0) + 1), minlength=n).astype(float)
        add("sites", distinct, sums(named))
        for name, used in self.weapons.items():
            add(name, sums(used[which]), sums(self.told[which]))
        return columns


@dataclass(frozen=True)
class _Seen:
    """One measure after and before every day of the series, or summed over sets of dates; arrays of one length.

    `pairs`: columns total, days, stated, attacks; after and before.
    """

    name: str
    after: np.ndarray
    before: np.ndarray
    usable: np.ndarray

    @property
    def share(self) -> bool:
        return self.name in WEAPONS

    @property
    def informative(self) -> np.ndarray:
        if self.share:
            used, told = self.after[:, 0] + self.before[:, 0], self.after[:, 2] + self.before[:, 2]
            both = (self.after[:, 2] > 0) & (self.before[:, 2] > 0)
            # Used by none of the attacks, or by all, a weapon says nothing of a change.
            return np.asarray(self.usable & both & (used > 0) & (used < told))
        return np.asarray(self.usable & (self.after[:, 0] + self.before[:, 0] > 0))

    @property
    def attacks(self) -> np.ndarray:
        return np.asarray(self.after[:, 3] + self.before[:, 3])

    @property
    def statistic(self) -> np.ndarray:
        """What is ranked: the log ratio of totals, or the standardized difference of shares. Only where informative."""
        (a, da, na, _), (b, db, nb, _) = self.after.T, self.before.T
        if not self.share:
            return log_ratio(a, b, da, db)
        pooled = (a + b + 1) / (na + nb + 2)
        return np.asarray((a / na - b / nb) / np.sqrt(pooled * (1 - pooled) * (1 / na + 1 / nb)))

    @property
    def estimate(self) -> np.ndarray:
        (a, da, na, _), (b, db, nb, _) = self.after.T, self.before.T
        if self.share:
            return np.asarray(a / na - b / nb)
        with np.errstate(divide="ignore"):
            return np.asarray((a / da) / (b / db))

    def only(self, mask: np.ndarray) -> _Seen:
        return _Seen(self.name, self.after[mask], self.before[mask], self.usable[mask])

    def summed(self, sets: np.ndarray) -> _Seen:
        """Over each row of `sets` (places in the series, -1 outside); usable where more than half of its dates are."""
        usable = np.append(self.usable, False)[sets]
        after, before = (
            (np.vstack([x, np.zeros(4)])[sets] * usable[:, :, None]).sum(axis=1) for x in (self.after, self.before)
        )
        return _Seen(self.name, after, before, 2 * usable.sum(axis=1) > sets.shape[1])


def _seen(by_day: pd.DataFrame | Mapping[str, np.ndarray], name: str, at: Windows) -> _Seen:
    def around(column: str) -> Windows:
        values = pd.Series(np.asarray(by_day[column], float), index=at.dates)
        return windows(values, at.design)

    total, stated = around(name), around(f"stated_{name}")
    after = np.column_stack([total.after, total.days_after, stated.after, at.after])
    before = np.column_stack([total.before, total.days_before, stated.before, at.before])
    enough = np.ones(len(at.dates), bool)
    for side in (after, before):
        enough &= (side[:, 3] == 0) | (2 * side[:, 2] > side[:, 3])
    return _Seen(name, after, before, total.usable & enough)


def _groups(occurrences: pd.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """Rows by what is tested together: "date:" and place for a date alone, "shifts:" and the family."""
    found: dict[str, list[dict[str, Any]]] = {}
    rows = occurrences.sort_values("date_start").to_dict("records")
    for i, row in enumerate(rows):
        family = row["family"]
        key = f"date:{i}" if family is None or family != family else f"shifts:{family}"
        found.setdefault(key, []).append({str(k): v for k, v in row.items()})
    return found


def _shift_sets(positions: np.ndarray, length: int) -> np.ndarray:
    moved = np.concatenate([np.arange(-REACH, 0), np.arange(1, REACH + 1)])
    every = positions[None, :] + moved[:, None]
    return np.where((every >= 0) & (every < length), every, -1)


def _tallies(seen: _Seen, at: Windows, families: Mapping[str, np.ndarray]) -> Iterator[tuple[str, np.ndarray]]:
    """Method and tally (`rates.summarize`) of every date, and of every joint shift, ranked among its own kind."""
    mask = seen.informative
    dates, position = seen.only(mask), np.flatnonzero(mask)
    refused, nothing = ~seen.usable, seen.usable & ~mask
    none = np.zeros(len(position), bool)
    statistic = dates.statistic
    if len(position) > LEAST_DATES:
        p = rank_p(statistic, statistic, inside=True)
        yield "dates", _tally(seen, refused, nothing, dates, ~none, p)
    p, testable = np.ones(len(position)), none.copy()
    own, days = at.before[mask], at.days_before[mask]
    for before, known in np.unique(np.column_stack([own, days]), axis=0) if len(position) else ():
        near = like_run_up(own, days, before, known, at.design.tolerance)
        if (
            near.sum() > LEAST_DATES
            and separate_spells(position[near], at.design.stretch, LEAST_SPELLS) >= LEAST_SPELLS
        ):
            mine = (own == before) & (days == known)
            testable |= mine
            p[mine] = rank_p(statistic[mine], statistic[near], inside=True)
    yield "run_up", _tally(seen, refused, nothing, dates, testable, p)
    for key, positions in families.items():
        every = seen.summed(_shift_sets(positions, len(at.dates)))
        shifts = every.only(every.informative)
        enough = len(shifts.usable) > LEAST_DATES
        p = rank_p(shifts.statistic, shifts.statistic, inside=True) if enough else np.ones(len(shifts.usable))
        few = every.usable & ~every.informative
        yield key, _tally(every, ~every.usable, few, shifts, np.full(len(shifts.usable), enough), p)


def _tally(
    every: _Seen, refused: np.ndarray, nothing: np.ndarray, dates: _Seen, testable: np.ndarray, p: np.ndarray
) -> np.ndarray:
    """Shape (4, strata + 1); the last column is dates whose activity is not known because they are not usable."""
    level = stratum(dates.attacks)
    kinds = (level[~testable], stratum(every.attacks[nothing]), level[testable], level[testable & (p <= ALPHA)])
    tally = np.stack([np.bincount(kind, minlength=len(STRATA) + 1) for kind in kinds]).astype(float)
    tally[0, -1] = refused.sum()
    return tally


def _row(
    key: str,
    group: list[dict[str, Any]],
    seen: _Seen,
    at: Windows,
    told: str,
    rates: pd.DataFrame,
    seed: int,
) -> dict[str, Any]:
    family = key.startswith("shifts:")
    positions = np.array([at.position(row["date_start"]) for row in group])
    own = seen.summed(positions[None, :])
    name, first = group[0]["name"], pd.Timestamp(group[0]["date_start"])
    timing = "fixed" if family else _text(group[0].get("timing"))
    row: dict[str, Any] = {
        "event_id": str(group[0]["event_id"]),
        "label": f"{name}, {len(group)} dates" if family else f"{name}, {first.day} {first:%B %Y}",
        "measure": seen.name,
        "unit": "difference" if seen.share else "ratio",
        "dates": "|".join(f"{at.dates[i]:%Y-%m-%d}" for i in positions[seen.usable[positions]]),
        "timing": timing,
        "judged_on": "",
        "reason": "",
    }
    if not own.usable[0]:
        attacks = at.after[positions].sum() + at.before[positions].sum()
        where = f"around {len(group)} dates, at half of them or more" if len(group) > 1 else "around the date"
        why = f"Of the {attacks:.0f} attacks {where}, half or fewer state it on one side, or too few days are known."
        return {**row, "status": "refused", "reason": why}
    for side, values in (("after", own.after[0]), ("before", own.before[0])):
        row |= dict(zip((side, f"days_{side}", f"stated_{side}", f"attacks_{side}"), values, strict=True))
    if not own.informative[0]:
        why = "Nothing before or after."
        if seen.share:
            both = min(own.after[0, 2], own.before[0, 2]) > 0
            why = "No attack or every attack used it." if both else "No attack with a known weapon on one side or both."
        return {**row, "status": "uninformative", "reason": why}
    row["estimate"] = float(own.estimate[0])
    if timing == "defined" or told:
        return {**row, "status": "drawn", "reason": told or CIRCULAR}
    if family:
        every, place = seen.summed(_shift_sets(positions, len(at.dates))), np.arange(2 * REACH)
    else:
        every, place = seen, np.arange(len(at.dates))
        every = every.only(place != positions[0])
        place = np.delete(place, positions[0])
    mask = every.informative
    reference = every.only(mask)
    row["placebo_dates"] = int(mask.sum())
    if mask.sum() < LEAST_DATES:
        return {**row, "status": "drawn", "reason": f"Only {mask.sum()} placebo dates; {LEAST_DATES} are needed."}
    row["p_placebo"] = float(rank_p(own.statistic[0], reference.statistic))
    references = {"shifts" if family else "dates": reference}
    if not family:
        i = int(positions[0])
        near = like_run_up(
            at.before[place[mask]], at.days_before[place[mask]], at.before[i], at.days_before[i], at.design.tolerance
        )
        spells = separate_spells(place[mask][near], at.design.stretch)
        if near.sum() >= LEAST_DATES and spells >= LEAST_SPELLS:
            references["run_up"] = reference.only(near)
            row["p_run_up"] = float(rank_p(own.statistic[0], references["run_up"].statistic))
    order = ["shifts"] if family else ["run_up"] if timing == "reactive" else ["dates", "run_up"]
    return {**row, **_judged(row, own, [m for m in order if m in references], references, rates, key, seed)}


def _judged(
    row: Mapping[str, Any],
    own: _Seen,
    order: list[str],
    references: Mapping[str, _Seen],
    rates: pd.DataFrame,
    key: str,
    seed: int,
) -> dict[str, Any]:
    """On the first method whose error rate, in windows as active as this one, is known to be near the nominal one."""
    name = STRATA[int(stratum(own.attacks[0]))]
    failed = "Too few dates with a like run-up." if not order else ""
    figures: dict[str, Any] = {}
    of_measure = rates[rates["measure"] == row["measure"]]
    for method in order:
        error = judge(of_measure, key if method == "shifts" else method, float(own.attacks[0]))
        if error.rate is None or error.upper is None:
            failed = f"The test's error rate in windows of {stratum_words(name)} attacks is not known."
            continue
        figures = {"false_positive_rate": error.rate, "false_positive_high": error.upper}
        if not error.qualifies:
            failed = (
                f"On simulated series without an effect, in windows of {stratum_words(name)} attacks, the test rejects up to "
                f"{error.upper:.1%} of the time at a nominal 5%."
            )
            continue
        p = row["p_run_up"] if method == "run_up" else row["p_placebo"]
        return {
            **figures,
            "status": "tested",
            "judged_on": method,
            "p_judged": p,
            **_span(own, references[method], seed),
        }
    return {**figures, "status": "drawn", "reason": failed}


def _span(own: _Seen, reference: _Seen, seed: int) -> dict[str, Any]:
    """The middle 95% at placebo dates, and the smallest total after that would have stood out."""
    shown = reference.estimate if own.share else np.exp(reference.statistic)
    low, high = np.quantile(shown, [0.025, 0.975])
    critical = critical_value(reference.statistic)
    (_, da, na, _), (b, db, _, _) = own.after[0], own.before[0]
    if own.share:
        tries = np.repeat(own.after, int(na) + 1, axis=0)
        tries[:, 0] = np.arange(int(na) + 1)
        trial = _Seen(own.name, tries, np.repeat(own.before, len(tries), axis=0), np.ones(len(tries), bool))
        out = np.flatnonzero(trial.statistic > critical)
        needed = float(out[0]) if len(out) else np.inf
    else:
        w = da / (da + db)
        needed = float(max(0.0, np.floor(np.exp(critical) * da / db * (b + 1 - w) - w) + 1))
    return {
        "placebo_low": float(low),
        "placebo_high": float(high),
        "needed": needed,
        "minimum_detectable": _detectable(own, reference, critical, needed, seed),
    }


def _detectable(own: _Seen, reference: _Seen, critical: float, needed: float, seed: int) -> float | None:
    """The smallest true ratio that is found with a probability of 80%.

    Of totals: to what really followed placebo dates with a like total before, further such totals are added, drawn from
    them: as many as a Poisson variable with mean (ratio - 1) says. So heavy tails and empty weeks stay in what is judged.
    Of shares: attacks after take the weapon independently with `ratio` times the share before, which makes it a lower bound.
    """
    largest = LARGEST_REALISTIC_RATIO
    if not np.isfinite(critical):
        return np.inf
    if own.share:
        (_, _, na, _), (b, _, nb, _) = own.after[0], own.before[0]
        if b == 0:
            return None

        def power(ratio: float) -> float:
            return float(stats.binom.sf(needed - 1, na, min(1.0, ratio * b / nb))) if np.isfinite(needed) else 0.0
    else:
        rng = np.random.default_rng(seed)
        (a, da, *_), (b, db, *_) = reference.after.T, reference.before.T
        like = like_rate(b / db, float(own.before[0, 0] / own.before[0, 1]))
        w = da[like] / (da[like] + db[like])
        least = np.floor(np.exp(critical) * da[like] / db[like] * (b[like] + 1 - w) - w) + 1
        base = rng.integers(len(like), size=POWER_DRAWS)
        # The further totals come at the times of a Poisson process, so that what is added only grows with the ratio.
        times = np.cumsum(rng.exponential(size=(POWER_DRAWS, 3 * int(largest))), axis=1)
        further = a[like][rng.integers(len(like), size=times.shape)]

        def power(ratio: float) -> float:
            added = np.where(times <= ratio - 1, further, 0.0).sum(axis=1)
            return float((a[like][base] + added >= least[base]).mean())

    return smallest_ratio(power, largest=largest)


def _finished(rows: list[dict[str, Any]]) -> pd.DataFrame:
    judged = [i for i, row in enumerate(rows) if "p_judged" in row]
    for i, p in zip(judged, benjamini_hochberg([rows[i]["p_judged"] for i in judged]), strict=True):
        rows[i]["p_adjusted"] = float(p)
    for row in rows:
        row["sentence"] = _sentence(row, len(judged))
    frame = pd.DataFrame(rows, columns=COLUMNS)
    numbers = [c for c in COLUMNS if c not in ("placebo_dates",) and frame[c].dtype == object and _numeric(frame[c])]
    frame[numbers] = frame[numbers].astype("float64")
    frame["placebo_dates"] = frame["placebo_dates"].astype("Int64")
    return frame


def _numeric(column: pd.Series) -> bool:
    return bool(column.map(lambda v: v is None or isinstance(v, (int, float))).all())


def _sentence(row: Mapping[str, Any], tests: int) -> str:
    what = {"munitions": "munitions", "injured": "injured", "deaths": "deaths", "sites": "sites hit, day by day"}
    weapon = str(row["measure"]).replace("_", " ")
    name = f"{row['label']}, {what.get(row['measure'], f'share of attacks by {weapon}')}"
    if row["status"] == "refused":
        return f"{name}: not tested. {row['reason']}"
    stated = (
        f"stated for {row['stated_after']:.0f} of {row['attacks_after']:.0f} attacks after and {row['stated_before']:.0f} "
        f"of {row['attacks_before']:.0f} before"
    )
    if row["unit"] == "difference":
        counted = f"{row['after']:.0f} of {row['stated_after']:.0f} attacks after, {row['before']:.0f} of {row['stated_before']:.0f} before"
        size = f", a difference of {100 * row.get('estimate', 0):+.0f} percentage points"
    else:
        counted = (
            f"{row['after']:,.0f} in the {row['days_after']:.0f} known days from the date, {row['before']:,.0f} in the "
            f"{row['days_before']:.0f} before ({stated}; partial days are lower bounds)"
        )
        ratio = row.get("estimate")
        size = (
            "" if ratio is None else ", no finite ratio" if np.isinf(ratio) else f", {ratio_words(ratio)} times a day"
        )
    if row["status"] == "uninformative":
        return f"{name}: {counted}. {row['reason']} This counts neither for a change nor against one."
    if row["status"] == "drawn":
        return f"{name}: {counted}{size}. Shown, not judged. {row['reason']}"
    among = {"shifts": "joint shifts of the dates", "dates": "other dates", "run_up": "dates with a like run-up"}
    p = f"Among {among[row['judged_on']]} {p_words(row['p_judged'])}; {p_words(row['p_adjusted'])} adjusted for {tests} tests"
    needed = (
        "No rise of it could have stood out."
        if np.isinf(row["needed"])
        else f"It would have taken {row['needed']:,.0f} after to stand out as a rise."
    )
    detectable = row.get("minimum_detectable")
    if detectable is not None:
        needed += (
            " No realistic rise would have been found reliably."
            if detectable > LARGEST_REALISTIC_RATIO
            else f" No rise smaller than {ratio_words(detectable)} times would have been found reliably."
        )
    verdict = (
        "More than the series' ordinary ups and downs produce."
        if row["p_adjusted"] <= ALPHA
        else "Ordinary ups and downs produce as much often enough; that does not show that nothing changed."
    )
    return f"{name}: {counted}{size}. {p}. {verdict} {needed}"


def _text(value: object) -> str:
    return "" if value is None or value != value else str(value)
