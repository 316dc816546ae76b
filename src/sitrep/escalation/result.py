"""The one form in which every test reports: figures, status, assumptions, and a sentence that says no more than they support."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, replace
from html import escape
from typing import Any, Literal

import pandas as pd

Status = Literal["tested", "uninformative", "refused", "drawn"]

LARGEST_REALISTIC_RATIO = 20.0
"""A rise larger than this is not realistic; a test that would miss it could not have found anything."""


@dataclass(frozen=True)
class Result:
    """What one test of one event (or family of events) found.

    Ratios are rates per known day, after over before. A figure that does not exist is None, never NaN. `status`:

    - "tested": the figures mean what their names say;
    - "uninformative": no attack before or after, so nothing to compare; counts neither for nor against;
    - "refused": too little is known, `reason` says what;
    - "drawn": shown, never tested, `reason` says why; it carries no p-value.
    """

    method: str
    event_id: str
    label: str
    status: Status
    dates: tuple[str, ...] = ()
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    """Of the exact conditional test, which takes attacks for independent of one another."""
    p_placebo: float | None = None
    """Rank among all other dates of the series; of a family, among its joint shifts."""
    p_run_up: float | None = None
    """Rank among the dates with as many attacks before; of single dates only."""
    p_judged: float | None = None
    """The one of the two that is relied on, by rules fixed beforehand; None where neither is trustworthy here."""
    judged_on: str = ""
    """"dates", "run_up", "shifts", or empty."""
    p_adjusted: float | None = None
    """`p_judged` adjusted for the number of tests."""
    adjustment: str = ""
    """How, and over how many tests."""
    placebo_dates: int = 0
    run_up_dates: int = 0
    spells: int | None = None
    """Separate spells that the dates of a like run-up come from."""
    placebo_low: float | None = None
    placebo_high: float | None = None
    """The middle 95% of the ratio at the placebo dates that were relied on."""
    false_positive_rate: float | None = None
    false_positive_high: float | None = None
    """Of p_judged (p_placebo where nothing is judged), measured on series simulated from this one at a nominal 5%, for
    windows as active as this one, and its upper 95% Monte Carlo limit."""
    exact_false_positive_rate: float | None = None
    """The same of the exact test."""
    dates_false_positive_rate: float | None = None
    """The same of the comparison of a single date with all dates, whether it is the one relied on or not."""
    minimum_detectable: float | None = None
    """The smallest ratio found 80% of the time at an unadjusted 5%; infinite when none up to `LARGEST_REALISTIC_RATIO` is."""
    minimum_detectable_fall: float | None = None
    """The smallest share of attacks that must cease to be found so; infinite when not even the end of all would be."""
    after: float | None = None
    before: float | None = None
    days_after: float | None = None
    days_before: float | None = None
    timing: str = ""
    selection: str = ""
    confirmatory: bool = False
    headline: bool = False
    """Confirmatory, and its method's false-positive rate is known to be near the nominal one here."""
    caveat: str = ""
    """What a reader must know beside the figures: one date makes most of a sum, or shares its days with another event."""
    reason: str = ""
    assumptions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, float) and math.isnan(value):
                raise ValueError(f"Result.{field.name} is NaN; a missing figure is None.")

    def but(self, **changes: Any) -> Result:
        """The same result with some fields changed."""
        return replace(self, **changes)

    @property
    def summary(self) -> pd.DataFrame:
        """One row; the columns are the fields, tuples joined by a bar."""
        return to_frame([self])

    @property
    def sentence(self) -> str:
        """Plain words: what was counted, how sure, and what could not have been seen."""
        if self.status == "refused":
            return f"{self.label}: not tested. {self.reason}"
        if self.status == "uninformative":
            return (
                f"{self.label}: {_counted(self)}. With no attack on either side there is nothing to compare; "
                "this counts neither for a change nor against one."
            )
        if self.status == "drawn":
            return f"{self.label}: {_counted(self)}. Shown, not tested. {self.reason}"
        parts = [
            f"{self.label}: {_counted(self)}, {_ratio(self)}.",
            _evidence(self),
            self.caveat,
            detectable_words(self),
        ]
        return " ".join(part for part in parts if part)

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th scope='row'>{escape(name)}</th><td>{escape(value)}</td></tr>"
            for name, value in _shown(self).items()
        )
        notes = "".join(f"<li>{escape(text)}</li>" for text in self.assumptions)
        return f"<p>{escape(self.sentence)}</p><table>{rows}</table>" + (f"<ul>{notes}</ul>" if notes else "")

    def __str__(self) -> str:
        return self.sentence


def to_frame(results: Iterable[Result]) -> pd.DataFrame:
    """One row a result, columns in the order of the fields; None becomes missing, tuples are joined by a bar."""
    names = [field.name for field in fields(Result)]
    frame = pd.DataFrame([asdict(result) for result in results], columns=names)
    for column in names:
        kind = Result.__dataclass_fields__[column].type
        if kind.startswith("tuple"):
            frame[column] = ["|".join(value) for value in frame[column]]
        if kind.startswith(("str", "tuple", "Status")):
            frame[column] = frame[column].astype("str")
        elif kind.startswith("int"):
            frame[column] = frame[column].astype("Int64")
        elif kind == "bool":
            frame[column] = frame[column].astype("bool")
        else:
            frame[column] = frame[column].astype("float64")
    return frame


def ratio_words(value: float | None) -> str:
    """A ratio as a reader wants it: two figures below ten, whole from ten on, and words for the ends."""
    if value is None:
        return "unknown"
    if math.isinf(value):
        return "no upper limit"
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}" if value >= 1 or value == 0 else f"{value:.2f}"


def p_words(value: float | None) -> str:
    """A p-value in words: "p = 0.16", "p < 0.001"."""
    if value is None:
        return "p not computed"
    if value < 0.001:
        return "p < 0.001"
    return f"p = {value:.3f}" if value < 0.0995 else f"p = {value:.2f}"


def _number(value: float | None) -> str:
    return "?" if value is None else f"{value:,.0f}"


def _counted(result: Result) -> str:
    attacks = "attack" if result.after == 1 else "attacks"
    return (
        f"{_number(result.after)} {attacks} in the {_number(result.days_after)} known days from the date"
        f"{'s' if len(result.dates) > 1 else ''}, {_number(result.before)} in the {_number(result.days_before)} before"
    )


def _ratio(result: Result) -> str:
    if result.estimate is None:
        return "no ratio can be formed"
    interval = (
        f"at least {ratio_words(result.low)}"
        if result.high is not None and math.isinf(result.high)
        else f"{ratio_words(result.low)} to {ratio_words(result.high)}"
    )
    size = "no finite ratio" if math.isinf(result.estimate) else f"{ratio_words(result.estimate)} times the rate before"
    return f"{size} (95% interval if attacks were independent: {interval})"


def _evidence(result: Result) -> str:
    exact = (
        "The exact test, which takes attacks for independent, gives "
        f"{_p_and_rate(result.p, result.exact_false_positive_rate)}"
    )
    if result.p_placebo is None:
        return f"{exact}; no placebo test was made, so this figure is not to be relied on."
    family = result.method == "family"
    what = "joint shifts of the dates" if family else "other dates"
    rate = result.false_positive_rate if family else result.dates_false_positive_rate
    text = f"{exact}; among {result.placebo_dates:,} {what} {_p_and_rate(result.p_placebo, rate)}"
    if result.p_run_up is not None:
        text += (
            f"; among {result.run_up_dates:,} of them with a like run-up, from {result.spells} separate spells, "
            f"{_p_and_rate(result.p_run_up, result.false_positive_rate if result.judged_on == 'run_up' else None)}"
        )
    if result.p_judged is None:
        return f"{text}. None of these is relied on: {result.reason}"
    if result.judged_on == "run_up":
        text += (
            " (the last is relied on)"
            if result.timing != "reactive"
            else " (the last is relied on: the event answers attacks)"
        )
    judged = result.p_judged
    if result.p_adjusted is not None:
        text += f"; {p_words(result.p_adjusted)} after {result.adjustment}"
        judged = result.p_adjusted
    if judged <= 0.05:
        direction = "rise" if (result.estimate or 0) > 1 else "fall"
        verdict = f"A {direction} larger than the series' ordinary ups and downs produce."
    else:
        verdict = (
            "The series' ordinary ups and downs produce as much often enough; that does not show that nothing changed."
        )
    return f"{text}. {verdict}"


def _p_and_rate(p: float | None, rate: float | None) -> str:
    return p_words(p) + ("" if rate is None else f" [error rate {rate:.0%}]")


def detectable_words(result: Result) -> str:
    """What the test could not have seen, as a sentence; empty where it was not made."""
    rise, fall = result.minimum_detectable, result.minimum_detectable_fall
    if rise is None or fall is None:
        return ""
    end = "not even the end of all attacks" if math.isinf(fall) else "only the end of all attacks"
    if rise > LARGEST_REALISTIC_RATIO:
        text = "No realistic rise was detectable"
        text += f", and of falls {end}" if fall >= 1 else f", and no fall by less than {fall:.0%}"
    elif fall >= 1:
        text = f"No rise smaller than {ratio_words(rise)} times would have been found reliably, and of falls {end}"
    else:
        text = f"No rise smaller than {ratio_words(rise)} times and no fall by less than {fall:.0%} would have been found reliably"
    return f"{text} (80% of the time, at 5% before adjustment)."


def _shown(result: Result) -> dict[str, str]:
    values = {
        "status": result.status,
        "dates": ", ".join(result.dates),
        "rate ratio": ratio_words(result.estimate) if result.estimate is not None else "",
        "p, exact": p_words(result.p) if result.p is not None else "",
        "p, placebo": p_words(result.p_placebo) if result.p_placebo is not None else "",
        "p, adjusted": p_words(result.p_adjusted) if result.p_adjusted is not None else "",
        "false-positive rate here": "" if result.false_positive_rate is None else f"{result.false_positive_rate:.1%}",
        "minimum detectable ratio": ""
        if result.minimum_detectable is None
        else "beyond 20"
        if result.minimum_detectable > LARGEST_REALISTIC_RATIO
        else ratio_words(result.minimum_detectable),
    }
    return {name: value for name, value in values.items() if value}
