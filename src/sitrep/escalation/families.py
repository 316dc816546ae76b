"""A recurring date by other ways of pooling its years, and without each year in turn: beside the headline, never instead of it.

The headline is the summed statistic (`rate_ratio.recurring`), fixed beforehand. The others are specifications of the same
question on the same windows, and each has its own placebo p among the same joint shifts of the dates:

- "summed": all attacks after over all before; exact conditional interval;
- "mantel_haenszel": each year compared with itself, years weighted by their known days (Rothman and Greenland, "Modern
  Epidemiology", 1998, chapter 15); variance of Greenland and Robins (1985);
- "mean_log_ratio": every informative year counts the same; interval from Student's t over years;
- "random_effects": DerSimonian and Laird (1986), years differ by more than chance; only with five informative years.

The intervals of the second and the fourth take attacks for independent of one another, as the first does. A 0:0 year is
uninformative: it adds nothing to the first two and is no year of the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from sitrep.escalation.design import STANDARD, Design
from sitrep.escalation.nulls import Kept
from sitrep.escalation.placebo import LEAST_DATES
from sitrep.escalation.rate_ratio import Date, Windows, exact_ratio, log_ratio, windows
from sitrep.escalation.rates import Trial, measured
from sitrep.escalation.reference import REACH, rank_p, shifted_sums

LEAST_YEARS = 5
"""The spread between years cannot be estimated from fewer informative ones."""

SPECIFICATIONS = ("summed", "mantel_haenszel", "mean_log_ratio", "random_effects")
COLUMNS = [
    "specification",
    "estimate",
    "low",
    "high",
    "p_placebo",
    "years",
    "informative",
    "shifts",
    "status",
    "reason",
]


@dataclass(frozen=True)
class Years:
    """Counts and known days of sets of dates: arrays of shape (sets, years), zero where a year is not usable."""

    after: np.ndarray
    before: np.ndarray
    days_after: np.ndarray
    days_before: np.ndarray
    usable: np.ndarray

    @property
    def informative(self) -> np.ndarray:
        """Usable years with an attack before or after."""
        return np.asarray(self.usable & (self.after + self.before > 0))

    @property
    def enough(self) -> np.ndarray:
        """Sets of which more than half of the years are usable and one at least is informative."""
        return np.asarray((2 * self.usable.sum(axis=1) > self.usable.shape[1]) & self.informative.any(axis=1))

    @property
    def share(self) -> np.ndarray:
        """The window's share of a year's known days; a half where nothing is known, which then weighs nothing."""
        days = self.days_after + self.days_before
        return np.where(days > 0, self.days_after / np.where(days > 0, days, 1), 0.5)

    def only(self, sets: np.ndarray) -> Years:
        """The sets where `sets` holds."""
        return Years(
            self.after[sets], self.before[sets], self.days_after[sets], self.days_before[sets], self.usable[sets]
        )


def specifications(
    counts: pd.Series,
    dates: Sequence[Date],
    design: Design = STANDARD,
    *,
    level: float = 0.95,
    reach: int = REACH,
) -> pd.DataFrame:
    """One row a specification, in the order of `SPECIFICATIONS`.

    Columns: specification, estimate, low, high (ratio of rates and its interval), p_placebo (two-sided rank among the joint
    shifts of the dates by 1..`reach` days either way at which the specification can be computed), years (usable), informative
    (years with an attack), shifts, status ("tested", "drawn": too few shifts for a p,
    "uninformative", "refused"), reason. Figures are missing where there is none.

    `counts`: daily, NaN where thin. More than half of the dates must be usable. ValueError for a date outside the series, one
    given twice, or no date at all.
    """
    at = windows(counts, design)
    own, shifts = _own(at, dates), _moved(at, dates, reach)
    return pd.DataFrame([_row(name, own, shifts, level) for name in SPECIFICATIONS], columns=COLUMNS)


def leave_one_out(
    counts: pd.Series,
    dates: Sequence[Date],
    design: Design = STANDARD,
    *,
    level: float = 0.95,
    reach: int = REACH,
) -> pd.DataFrame:
    """The headline statistic without each usable date in turn; one row a date left out, in order.

    Columns as `specifications`, with date (the one left out) in place of specification. A date that is not usable has no
    row: the headline is without it already. A placebo p that one year alone makes or breaks rests on that year.
    """
    at = windows(counts, design)
    own = _own(at, dates)
    rows = []
    for k in np.flatnonzero(own.usable[0]):
        others = [day for i, day in enumerate(dates) if i != k]
        row = (
            _row("summed", _own(at, others), _moved(at, others, reach), level)
            if others
            else _refused("summed", 0, 0, 0, "There is no other date.")
        )
        rows.append({**row, "date": pd.Timestamp(dates[k]).normalize()})
    return pd.DataFrame(rows, columns=["date", *COLUMNS[1:]])


def error_rates(
    counts: pd.Series,
    dates: Sequence[Date],
    design: Design = STANDARD,
    *,
    reach: int = REACH,
    cache: Kept | Path | str | None = None,
    draws: int = 1_000,
    seed: int = 1,
) -> pd.DataFrame:
    """How often each specification rejects at a nominal 5% without an effect, and finds a true rise (`rates.measured`).

    `method` is the specification; the stratum is that of all windows together.
    """

    def test(series: pd.Series, days: Sequence[Date], _rng: np.random.Generator) -> Iterator[Trial]:
        at = windows(series, design)
        own, shifts = _own(at, days), _moved(at, days, reach)
        attacks = float((own.after + own.before).sum())
        for name in SPECIFICATIONS:
            p = _placebo(name, own, shifts)[0]
            yield Trial(name, attacks, p, p is not None and bool(STATISTICS[name](own)[0] > 0))

    return measured(
        counts,
        dates,
        test,
        kind="families",
        made_from=(design, reach),
        days=design.window,
        draws=draws,
        seed=seed,
        cache=cache,
    )


def mantel_haenszel(
    after: np.ndarray, before: np.ndarray, days_after: np.ndarray, days_before: np.ndarray, level: float = 0.95
) -> tuple[float, float, float]:
    """Ratio, low and high over the years. Infinite, without an upper limit, when nothing came before; 0 when nothing after.

    With nothing on one side the variance is not defined: low and high are then 0 and infinite.
    """
    days = days_after + days_before
    num, den = float((after * days_before / days).sum()), float((before * days_after / days).sum())
    if num + den == 0:
        raise ValueError("A rate ratio needs at least one attack.")
    if num == 0 or den == 0:
        return (0.0 if num == 0 else np.inf), 0.0, np.inf
    error = np.sqrt(((after + before) * days_after * days_before / days**2).sum() / (num * den))
    reach = float(stats.norm.ppf(0.5 + level / 2) * error)
    return num / den, float(num / den * np.exp(-reach)), float(num / den * np.exp(reach))


def random_effects(
    after: np.ndarray, before: np.ndarray, days_after: np.ndarray, days_before: np.ndarray, level: float = 0.95
) -> tuple[float, float, float, float]:
    """Ratio, low, high and the variance between years (of the log ratio): DerSimonian and Laird over the years given.

    A year with attacks on one side only has a half added to both counts. ValueError with fewer than two years, or one
    without any attack.
    """
    if len(after) < 2 or (after + before == 0).any():
        raise ValueError("Random effects need two years or more, each with an attack.")
    y, v = _log_ratios_with_variance(after, before, days_after, days_before)
    mean, error, between = _dersimonian_laird(y[None, :], v[None, :], np.ones((1, len(y)), bool))
    reach = float(stats.norm.ppf(0.5 + level / 2) * error[0])
    return float(np.exp(mean[0])), float(np.exp(mean[0] - reach)), float(np.exp(mean[0] + reach)), float(between[0])


def _own(at: Windows, dates: Sequence[Date]) -> Years:
    if len(dates) == 0:
        raise ValueError("A family needs at least one date.")
    if len({pd.Timestamp(day).normalize() for day in dates}) < len(dates):
        raise ValueError("A date is given twice; each is counted once.")
    return _years(at, dates, np.array([0]))


def _moved(at: Windows, dates: Sequence[Date], reach: int) -> Years:
    moved = np.concatenate([np.arange(-reach, 0), np.arange(1, reach + 1)])
    shifts = _years(at, dates, moved)
    return shifts.only(shifts.enough)


def _years(at: Windows, dates: Sequence[Date], moved: np.ndarray) -> Years:
    each = [shifted_sums(at, [day], moved) for day in dates]
    after, before, days_after, days_before = (np.column_stack([one[1][k] for one in each]) for k in range(4))
    return Years(after, before, days_after, days_before, np.column_stack([one[2] for one in each]))


def _row(name: str, own: Years, shifts: Years, level: float) -> dict[str, object]:
    years, informative = int(own.usable.sum()), int(own.informative.sum())
    p, number, reason = _placebo(name, own, shifts)
    if 2 * years <= own.usable.shape[1]:
        return _refused(name, years, informative, number, reason)
    if informative == 0:
        return {**_refused(name, years, informative, number, reason), "status": "uninformative"}
    if name == "random_effects" and informative < LEAST_YEARS:
        return _refused(name, years, informative, number, reason)
    used = own.usable[0] if name in ("summed", "mantel_haenszel") else own.informative[0]
    after, before, da, db = (x[0][used] for x in (own.after, own.before, own.days_after, own.days_before))
    if name == "summed":
        estimate, low, high, _ = exact_ratio(after.sum(), before.sum(), da.sum(), db.sum(), level)
    elif name == "mantel_haenszel":
        estimate, low, high = mantel_haenszel(after, before, da, db, level)
    elif name == "mean_log_ratio":
        estimate, low, high = _student(log_ratio(after, before, da, db), level)
    else:
        estimate, low, high, _ = random_effects(after, before, da, db, level)
    figures = (estimate, low, high, np.nan if p is None else p)
    status = "drawn" if p is None else "tested"
    return dict(zip(COLUMNS, (name, *figures, years, informative, number, status, reason), strict=True))


def _refused(name: str, years: int, informative: int, number: int, reason: str) -> dict[str, object]:
    missing = (np.nan,) * 4
    return dict(zip(COLUMNS, (name, *missing, years, informative, number, "refused", reason), strict=True))


def _placebo(name: str, own: Years, shifts: Years) -> tuple[float | None, int, str]:
    """The specification's rank p, among how many shifts, and why there is none."""
    reference = shifts
    if name == "random_effects":
        reference = shifts.only(shifts.informative.sum(axis=1) >= LEAST_YEARS)
    number, years = len(reference.after), own.usable.shape[1]
    if 2 * own.usable.sum() <= years:
        return None, number, f"Only {own.usable.sum()} of {years} dates have enough known days around them."
    if not own.informative.any():
        return None, number, "No attack before or after any of the dates."
    if name == "random_effects" and own.informative.sum() < LEAST_YEARS:
        return None, number, f"Years with an attack: {own.informative.sum()}; {LEAST_YEARS} are needed."
    if number < LEAST_DATES:
        return None, number, f"Only {number} joint shifts of the dates can be compared; {LEAST_DATES} are needed."
    value = STATISTICS[name]
    return float(rank_p(value(own)[0], value(reference))), number, ""


def _summed(years: Years) -> np.ndarray:
    return log_ratio(*(x.sum(axis=1) for x in (years.after, years.before, years.days_after, years.days_before)))


def _mantel_haenszel(years: Years) -> np.ndarray:
    """The log ratio, defined with zeros: with all days known it equals the summed statistic."""
    w = years.share
    number = years.usable.sum(axis=1)
    extra = np.where(years.usable, w * (1 - w), 0.0).sum(axis=1) / number
    return np.asarray(np.log(((years.after * (1 - w)).sum(axis=1) + extra) / ((years.before * w).sum(axis=1) + extra)))


def _mean_log_ratio(years: Years) -> np.ndarray:
    informative = years.informative
    w = np.where(informative, years.share, 0.5)
    values = np.log((years.after + w) / (years.before + 1 - w)) + np.log((1 - w) / w)
    return np.asarray(np.where(informative, values, 0.0).sum(axis=1) / informative.sum(axis=1))


def _random_effects(years: Years) -> np.ndarray:
    informative = years.informative
    one = (np.where(informative, x, 1.0) for x in (years.after, years.before, years.days_after, years.days_before))
    return _dersimonian_laird(*_log_ratios_with_variance(*one), informative)[0]


STATISTICS: dict[str, Callable[[Years], np.ndarray]] = {
    "summed": _summed,
    "mantel_haenszel": _mantel_haenszel,
    "mean_log_ratio": _mean_log_ratio,
    "random_effects": _random_effects,
}


def _log_ratios_with_variance(
    after: np.ndarray, before: np.ndarray, days_after: np.ndarray, days_before: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    half = np.where((after == 0) | (before == 0), 0.5, 0.0)
    a, b = after + half, before + half
    return np.log(a / b) + np.log(days_before / days_after), 1 / a + 1 / b


def _dersimonian_laird(
    y: np.ndarray, v: np.ndarray, informative: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean, its standard error and the variance between years, by row."""
    w = np.where(informative, 1 / v, 0.0)
    total = w.sum(axis=1)
    fixed = (w * y).sum(axis=1) / total
    q = (w * (y - fixed[:, None]) ** 2).sum(axis=1)
    spread = total - (w**2).sum(axis=1) / total
    between = np.maximum(0.0, (q - (informative.sum(axis=1) - 1)) / np.where(spread > 0, spread, 1.0))
    w = np.where(informative, 1 / (v + between[:, None]), 0.0)
    return (w * y).sum(axis=1) / w.sum(axis=1), 1 / np.sqrt(w.sum(axis=1)), between


def _student(y: np.ndarray, level: float) -> tuple[float, float, float]:
    """Mean and Student interval of log ratios, as ratios; without an interval from one year."""
    mean = float(y.mean())
    if len(y) < 2:
        return float(np.exp(mean)), np.nan, np.nan
    reach = float(stats.t.ppf(0.5 + level / 2, len(y) - 1) * y.std(ddof=1) / np.sqrt(len(y)))
    return float(np.exp(mean)), float(np.exp(mean - reach)), float(np.exp(mean + reach))
