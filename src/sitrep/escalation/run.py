"""All tests of a report in one call: every event, every family, calibrated on the series and adjusted for their number."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from sitrep.escalation import calibration
from sitrep.escalation.calibration import at_its_dates, exact_at_its_dates, false_positive_rate, family_method
from sitrep.escalation.design import STANDARD, Design
from sitrep.escalation.multiplicity import benjamini_hochberg, holm
from sitrep.escalation.nulls import Kept
from sitrep.escalation.placebo import compare_dates, compare_shifts, judged_on_run_up
from sitrep.escalation.rate_ratio import Date, Windows, recurring_from, windows
from sitrep.escalation.rates import HEADLINE_LIMIT, STRATA, stratum, stratum_words
from sitrep.escalation.result import Result
from sitrep.events import overlaps

INSEPARABLE = 0.5
"""Two windows that share at least this part of their days are reported as inseparable."""

CIRCULAR = "Its date is defined by the attacks themselves, so a test would be circular."
NOT_STATED = "Why the event has its date is not stated; it is taken not to answer attacks."


@dataclass(frozen=True)
class Inseparable:
    """An event whose window covers half or more of another's."""

    name: str
    text: str
    circular: bool


def run(
    counts: pd.Series,
    occurrences: pd.DataFrame,
    design: Design = STANDARD,
    *,
    seed: int = 1,
    confirmatory: Sequence[str] = (),
    context: pd.DataFrame | None = None,
    cache: Kept | Path | str | None = None,
    draws: int = 200,
) -> list[Result]:
    """One result for every date that stands alone and one for every family of recurring dates, in order of first date.

    `counts`: daily, NaN where coverage is thin. `occurrences`: as `sitrep.events.occurrences` gives them. `context`: the
    occurrences of all known events, so that a date that shares its days with an event not asked for is told; `occurrences`
    alone where None. `confirmatory`: ids of the events named beforehand; of an event with anniversaries, the anniversaries.
    `cache`: the folder of calibration tables; None calibrates afresh. `draws`: simulated series a model; 0 leaves the
    false-positive rates out, and without them nothing is a headline.

    The rules, fixed beforehand:

    1. An event defined by the attacks, or sharing half its window with one that is, is drawn and not tested; so is a family
       most of whose attacks lie around such dates. A sum that one date makes most of, and company of other events, is told
       beside the figures (`Result.caveat`).
    2. A date is judged on its rank among all other dates, a family on its rank among joint shifts, a reactive date on its
       rank among dates of a like run-up. A family's error rate is that at its very dates (`calibration.at_its_dates`).
    3. Where the upper limit of that test's false-positive rate, in windows as active as this one, is above 7.5% at a nominal
       5%, a date is judged on dates of a like run-up instead; where that fails too, on nothing.
    4. Confirmatory p-values are adjusted by Holm among themselves, all others by Benjamini and Hochberg among themselves.
    5. A headline is a confirmatory test that is judged and whose false-positive rate is known.

    Raises ValueError for a date outside the series, or a confirmatory id that is unknown or cannot be confirmatory.
    """
    at = windows(counts, design)
    if occurrences.empty or not len(at.dates):
        reason = "No event falls in the period." if len(at.dates) else "The series of counts is empty."
        return [Result("single", "", "No event", "refused", reason=reason)]
    _check_confirmatory(occurrences, confirmatory)
    shared = inseparable(occurrences, occurrences if context is None else context, design.window)
    families = {
        str(family): group.sort_values("date_start")
        for family, group in occurrences[occurrences["family"].notna()].groupby("family", sort=False)
    }
    results = [_single(at, row, shared) for row in occurrences[occurrences["family"].isna()].to_dict("records")] + [
        _family(at, group, shared) for group in families.values()
    ]
    dates = [list(group["date_start"]) for group in families.values()]
    if draws:
        if cache is None:
            table = calibration.calibrate(counts, design, seed, draws, families=dates, ratios=())
        else:
            table = calibration.cached(counts, design, seed, draws, folder=cache, families=dates)
        methods = {family: family_method(days) for family, days in zip(families, dates, strict=True)}
        results = [_calibrated(at, result, table, methods) for result in results]
    chosen = [
        r.but(confirmatory=r.event_id in confirmatory and (r.method == "family" or r.event_id not in families))
        for r in results
    ]
    return sorted(adjusted(chosen), key=lambda r: (r.dates[:1], r.event_id))


def run_own_length(
    counts: pd.Series,
    occurrences: pd.DataFrame,
    design: Design = STANDARD,
    *,
    seed: int = 1,
    confirmatory: Sequence[str] = (),
    context: pd.DataFrame | None = None,
    cache: Kept | Path | str | None = None,
    draws: int = 60,
) -> list[Result]:
    """`run` for the events that last (Ramadan, a truce, a war): the window is all days of the event, by its dates,
    whatever the design's.

    Occurrences of one day are left out; the dates of a family share the shortest of their lengths (29 days for Ramadan), so
    that every year is asked of the same window. Each length is calibrated by itself; p-values are adjusted over all
    lengths together. Rules, parameters and errors are those of `run`; none of one length gives a refusal.
    """
    if not occurrences.empty:
        _check_confirmatory(occurrences, confirmatory)
    days = (pd.to_datetime(occurrences["date_end"]) - pd.to_datetime(occurrences["date_start"])).dt.days + 1
    days = days.groupby(occurrences["family"].fillna("")).transform("min").where(occurrences["family"].notna(), days)
    results: list[Result] = []
    for length, group in occurrences[days > 1].groupby(days[days > 1]):
        window = int(str(length))
        found = run(
            counts,
            group,
            design.but(window=window),
            seed=seed,
            confirmatory=[event for event in confirmatory if event in set(group["event_id"])],
            context=occurrences if context is None else context,
            cache=cache,
            # what the attacks define is drawn whatever its error rate
            draws=0 if (group["timing"] == "defined").all() else draws,
        )
        results += [result.but(label=f"{result.label}, its own {window} days") for result in found]
    if not results:
        return [Result("single", "", "No event", "refused", reason="No event in the period lasts longer than a day.")]
    return sorted(adjusted(results), key=lambda r: (r.dates[:1], r.event_id))


def each_date(
    counts: pd.Series,
    occurrences: pd.DataFrame,
    design: Design = STANDARD,
) -> list[Result]:
    """The exact rate ratio of every occurrence by itself, for a forest plot by year; no placebo, so no claim by year."""
    at = windows(counts, design)
    return [_counted(at, row) for row in occurrences.to_dict("records")]


def _counted(at: Windows, row: Mapping[Hashable, Any]) -> Result:
    day = pd.Timestamp(row["date_start"])
    label = f"{row['name']}, {day.day} {day:%B %Y}"
    result = recurring_from(at, [day], event_id=str(row["event_id"]), label=label, method="single")
    return result.but(timing=_text(row["timing"]), selection=_text(row["selection"]), dates=(f"{day:%Y-%m-%d}",))


def _single(
    at: Windows,
    row: Mapping[Hashable, Any],
    shared: Mapping[tuple[str, str], list[Inseparable]],
) -> Result:
    result = _counted(at, row)
    if not result.timing:
        result = result.but(assumptions=(*result.assumptions, NOT_STATED))
    result = _in_company(at, result, shared)
    if result.status not in ("tested", "uninformative"):
        return result
    if result.timing == "defined":
        return result.but(status="drawn", p=None, reason=CIRCULAR)
    circular = circular_company(at, result.event_id, result.dates, shared)
    if circular:
        return result.but(status="drawn", p=None, reason=circular)
    return compare_dates(at, result, reactive=result.timing == "reactive")


def _family(at: Windows, group: pd.DataFrame, shared: Mapping[tuple[str, str], list[Inseparable]]) -> Result:
    event_id, name = str(group["event_id"].iloc[0]), group["name"].iloc[0]
    dates: list[Date] = list(group["date_start"])
    years = group["year"]
    result = recurring_from(at, dates, event_id=event_id, label=name, method="family")
    number = f"{len(result.dates)} of {len(dates)}" if 0 < len(result.dates) < len(dates) else f"{len(dates)}"
    span = f"{years.min()} to {years.max()}" if len(dates) > 1 else f"{years.min()}"
    result = result.but(label=f"{name}, {number} date{'s' if len(dates) != 1 else ''} {span}")
    result = _in_company(at, result, shared).but(timing="fixed", selection=_text(group["selection"].iloc[0]))
    circular = circular_company(at, event_id, result.dates, shared)
    if circular and result.status == "tested":
        return result.but(status="drawn", p=None, reason=circular)
    return compare_shifts(at, result, dates)


def _in_company(at: Windows, result: Result, shared: Mapping[tuple[str, str], list[Inseparable]]) -> Result:
    """The result with its caveat: which date makes most of the sum, and which share their days with other events."""
    told = {day: shared.get((result.event_id, day), []) for day in result.dates}
    with_company = [day for day, others in told.items() if others]
    every = [one for others in told.values() for one in others]
    parts = []
    if len(result.dates) > 1 and result.status == "tested":
        attacks = {day: (at.after[at.position(day)], at.before[at.position(day)]) for day in result.dates}
        most = max(attacks, key=lambda day: sum(attacks[day]))
        if 2 * sum(attacks[most]) > sum(map(sum, attacks.values())):
            after, before = attacks[most]
            parts.append(f"{most[:4]} alone makes {after:.0f} of the attacks after and {before:.0f} of those before.")
    if every and len(result.dates) > 1:
        are = "is" if len(with_company) == 1 else "are"
        parts.append(
            f"{len(with_company)} of its {len(result.dates)} dates {are} inseparable from other events ({len(every)} in all)."
        )
    elif every:
        more = f" and {len(every) - 1} more" if len(every) > 1 else ""
        parts.append(f"Inseparable from {every[0].name}{more}.")
    return result.but(caveat=" ".join(parts), assumptions=(*result.assumptions, *(one.text for one in every)))


def circular_company(
    at: Windows, event_id: str, dates: Sequence[Date], shared: Mapping[tuple[str, str], list[Inseparable]]
) -> str:
    """Why dates are drawn and not tested: most of their attacks lie where the attacks define another event. Empty otherwise."""
    attacks = {f"{pd.Timestamp(day):%Y-%m-%d}": at.after[i] + at.before[i] for day in dates for i in [at.position(day)]}
    circular = {day: one.text for day in attacks for one in shared.get((event_id, day), [])[::-1] if one.circular}
    if not circular:
        return ""
    total, theirs = sum(attacks.values()), sum(attacks[day] for day in circular)
    if len(attacks) == 1:
        return next(iter(circular.values()))
    if 2 * theirs <= total:
        return ""
    return (
        f"{theirs:.0f} of its {total:.0f} attacks lie around dates that cannot be told apart from ones defined by the attacks. "
        + " ".join(circular.values())
    )


def inseparable(
    occurrences: pd.DataFrame, context: pd.DataFrame, window: int
) -> dict[tuple[str, str], list[Inseparable]]:
    """By event and date: the events that share half its window or more."""
    everything = pd.concat([occurrences, context]).drop_duplicates(["event_id", "date_start"], ignore_index=True)
    day = everything["date_start"].dt.strftime("%Y-%m-%d")
    timing = dict(zip(zip(everything["event_id"], day, strict=True), everything["timing"].map(_text), strict=True))
    names = dict(zip(everything["event_id"], everything["name"], strict=True))
    pairs = overlaps(everything, window)
    found: dict[tuple[str, str], list[Inseparable]] = {}
    for pair in pairs[pairs["share"] >= INSEPARABLE].to_dict("records"):
        first = str(pair["event_id"]), f"{pair['date']:%Y-%m-%d}"
        second = str(pair["other_id"]), f"{pair['other_date']:%Y-%m-%d}"
        for mine, other in ((first, second), (second, first)):
            circular = timing[other] == "defined" and timing[mine] != "defined"
            name = f"'{names[other[0]]}' ({other[1]})"
            text = f"Inseparable from {name}: {pair['shared_days']} of {window} days are shared" + (
                ", and that date is defined by the attacks." if circular else "."
            )
            found.setdefault(mine, []).append(Inseparable(name, text, circular))
    return found


def _check_confirmatory(occurrences: pd.DataFrame, ids: Sequence[str]) -> None:
    for event_id in ids:
        rows = occurrences[occurrences["event_id"] == event_id]
        if rows.empty:
            known = ", ".join(sorted(set(occurrences["event_id"])))
            raise ValueError(f"confirmatory: no event {event_id!r} in the period; there are {known}.")
        rows = rows[rows["family"].notna()] if rows["family"].notna().any() else rows
        if (rows["selection"] == "attack_linked").any() or (rows["timing"] == "defined").any():
            raise ValueError(
                f"confirmatory: {event_id!r} was chosen because of attacks or is defined by them; "
                "it cannot be confirmatory."
            )


def _calibrated(at: Windows, result: Result, table: pd.DataFrame, families: Mapping[str, str]) -> Result:
    """The result with its false-positive rates, judged on another test or on none where its own rejects too often."""
    if result.status != "tested" or result.after is None or result.before is None:
        return result
    attacks = result.after + result.before
    if result.method == "family":
        name = families[result.event_id]
        exact, _ = false_positive_rate(table, exact_at_its_dates(name), attacks)
        return _with_rate(result.but(exact_false_positive_rate=exact), table, at_its_dates(name), attacks)
    exact, _ = false_positive_rate(table, "exact", attacks)
    every, _ = false_positive_rate(table, "dates", attacks)
    result = result.but(exact_false_positive_rate=exact, dates_false_positive_rate=every)
    if result.judged_on == "run_up":
        return _with_rate(result, table, "run_up_reactive", attacks)
    other = judged_on_run_up(at, result)
    judged = _with_rate(result, table, "dates", attacks)
    if judged.p_judged is not None:
        # A larger rise would have put the window into a stratum where the other test is the one relied on.
        rises = [x for x in (judged.minimum_detectable, other.minimum_detectable) if x is not None]
        falls = [x for x in (judged.minimum_detectable_fall, other.minimum_detectable_fall) if x is not None]
        return judged.but(minimum_detectable=max(rises, default=None), minimum_detectable_fall=max(falls, default=None))
    if other.p_judged is None:
        return judged
    other = _with_rate(other, table, "run_up", attacks)
    return other if other.p_judged is not None else judged


def _with_rate(result: Result, table: pd.DataFrame, method: str, attacks: float) -> Result:
    rate, high = false_positive_rate(table, method, attacks)
    result = result.but(false_positive_rate=rate, false_positive_high=high)
    if high is None or high <= HEADLINE_LIMIT:
        return result
    name = stratum_words(STRATA[int(stratum(attacks))])
    return result.but(
        judged_on="",
        p_judged=None,
        minimum_detectable=None,
        minimum_detectable_fall=None,
        reason=f"In windows of {name} attacks the test rejects up to {high:.1%} of true nulls at a nominal 5%"
        + (", and too few separate spells had a like run-up." if result.method == "single" else "."),
    )


def adjusted(results: list[Result]) -> list[Result]:
    """The results with `p_judged` adjusted for how many are judged: Holm among the confirmatory ones, Benjamini and
    Hochberg among all others. For results of several calls of `run` that one report shows together.
    """
    changed = list(results)
    for chosen, adjust, name in ((True, holm, "Holm's"), (False, benjamini_hochberg, "Benjamini and Hochberg's")):
        places = [i for i, r in enumerate(results) if r.confirmatory is chosen and r.p_judged is not None]
        values = adjust([r.p_judged for r in (results[i] for i in places) if r.p_judged is not None])
        kind = "confirmatory" if chosen else "exploratory"
        words = f"{name} adjustment for {len(places)} {kind} test{'s' if len(places) != 1 else ''}"
        for i, value in zip(places, values, strict=True):
            known = results[i].false_positive_high is not None
            changed[i] = results[i].but(
                p_adjusted=float(value), adjustment=words, headline=results[i].confirmatory and known
            )
    return changed


def _text(value: object) -> str:
    return "" if value is None or value != value else str(value)
