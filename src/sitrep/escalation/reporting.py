"""Whether a finding is one about attacks or about reports of attacks: official tallies, subsets by source, press coverage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from sitrep.escalation.design import STANDARD, Design
from sitrep.escalation.nulls import Kept
from sitrep.escalation.placebo import LEAST_DATES
from sitrep.escalation.rate_ratio import Date, check_counts, exact_ratio, windows
from sitrep.escalation.reference import shifts_reference
from sitrep.escalation.result import Result, to_frame
from sitrep.escalation.run import adjusted, run

COUNTRIES = {
    "all": ("Iraq", "Syria", "Jordan"),
    "iraq": ("Iraq",),
    "syria": ("Syria",),
    "jordan": ("Jordan",),
}

CHAIN = ["scope", "includes", "since"]
"""Tallies that agree in these count the same attacks from the same day on."""

INTERVAL_COLUMNS = [
    *CHAIN,
    "date_start",
    "date_end",
    "days",
    "count",
    "tally",
    "authority",
    "sources",
    "source_id",
]
SET_ASIDE_COLUMNS = ["tally_id", "source_id", "authority", *CHAIN, "as_of", "count", "reason"]

SUBSETS = ("all", "two_publishers", "without_claimed_only", "tally")

ROBUSTNESS_COLUMNS = [
    "subset",
    "incidents",
    "event_id",
    "label",
    "method",
    "status",
    "dates",
    "after",
    "before",
    "days_after",
    "days_before",
    "estimate",
    "low",
    "high",
    "p_placebo",
    "p_judged",
    "judged_on",
    "p_adjusted",
    "false_positive_rate",
    "false_positive_high",
    "minimum_detectable",
    "reason",
    "sentence",
]

NOT_RANKED = (
    "Drawn, not tested: how often a test on tallies would cry wolf cannot be measured on so few and uneven intervals."
)


@dataclass(frozen=True)
class Intervals:
    """One authority's tallies as counts by interval.

    `table`: one row an interval, `INTERVAL_COLUMNS`: date_start and date_end are both counted, `count` is the increment,
    `tally` what the authority had counted by date_end, `sources` how many carry that figure, `source_id` the first of them.
    Chains (scope, includes, since) overlap one another and must not be added up. `set_aside`: the statements that
    contradict those kept, each with the reason.
    """

    table: pd.DataFrame
    set_aside: pd.DataFrame

    def chain(self, since: Date | None = None, includes: str | None = None) -> pd.DataFrame:
        """The intervals of one chain: that of `since` and `includes`, or the one of the most intervals."""
        rows = self.table
        if since is not None:
            rows = rows[rows["since"] == pd.Timestamp(since)]
        if includes is not None:
            rows = rows[rows["includes"] == includes]
        if rows.empty:
            return rows
        sizes = rows.groupby(CHAIN, dropna=False)["count"].agg(["size", "sum"]).sort_values(["size", "sum"])
        wanted = sizes.index[-1]
        keep = np.all([rows[c].fillna("") == ("" if v != v else v) for c, v in zip(CHAIN, wanted, strict=True)], axis=0)
        return rows[keep].reset_index(drop=True)


def intervals(tallies: pd.DataFrame, authority: str | Sequence[str], scope: str = "all") -> Intervals:
    """The cumulative tallies of one named authority as increments.

    `authority`: a name in the tallies table, or several names of the same authority (its spokespersons). Statements are
    compared only where they count the same attacks (scope, includes) from the same day on (since). A cumulative count cannot
    fall, nor be two numbers on one day: of each chain the most days are kept that rise or stay, among equals
    those that the most sources carry, then the lower figures; all others are set aside and listed. No figure is changed.

    ValueError for an authority or a scope that the tallies do not hold.
    """
    names = [authority] if isinstance(authority, str) else list(authority)
    unknown = [name for name in names if name not in set(tallies["authority"])]
    if unknown:
        raise ValueError(f"authority: found {unknown[0]!r}, which the tallies table does not hold.")
    if scope not in COUNTRIES:
        raise ValueError(f"scope: found {scope!r}; allowed: {', '.join(COUNTRIES)}.")
    theirs = tallies[tallies["authority"].isin(names) & (tallies["scope"] == scope)]
    rows: list[dict[str, object]] = []
    aside: list[pd.DataFrame] = []
    for _, chain in theirs.groupby(CHAIN, dropna=False):
        stated = (
            chain.groupby(["as_of", "count"], as_index=False)
            .agg(sources=("source_id", "nunique"), source_id=("source_id", "min"), authority=("authority", "min"))
            .sort_values(["as_of", "count"], ignore_index=True)
        )
        kept = _rising(stated["as_of"].to_numpy(), stated["count"].to_numpy(int), stated["sources"].to_numpy())
        first, before = chain["since"].iloc[0], 0
        same = {column: chain[column].iloc[0] for column in CHAIN}
        records = stated.to_dict("records")
        for one in (records[place] for place in kept):
            rows.append(
                {
                    **same,
                    "date_start": first,
                    "date_end": one["as_of"],
                    "days": (one["as_of"] - first).days + 1,
                    "count": int(one["count"]) - before,
                    "tally": int(one["count"]),
                    "authority": one["authority"],
                    "sources": int(one["sources"]),
                    "source_id": one["source_id"],
                }
            )
            first, before = one["as_of"] + pd.Timedelta(days=1), int(one["count"])
        reasons = _reasons(stated, kept)
        if reasons:
            told = chain.assign(
                reason=[reasons.get((day, int(n)), "") for day, n in zip(chain["as_of"], chain["count"], strict=True)]
            )
            aside.append(told.loc[told["reason"] != "", SET_ASIDE_COLUMNS])
    table = pd.DataFrame(rows, columns=INTERVAL_COLUMNS)
    listed = pd.concat(aside) if aside else pd.DataFrame(columns=SET_ASIDE_COLUMNS)
    return Intervals(
        table.sort_values([*CHAIN, "date_start"], ignore_index=True),
        listed.sort_values(["since", "as_of", "tally_id"], ignore_index=True),
    )


def coverage(table: pd.DataFrame, incidents: pd.DataFrame, counts: pd.Series) -> pd.DataFrame:
    """`Intervals.table` with our own count of each interval.

    Adds ours (`incidents` of the scope's countries on those days), thin (days missing in `counts`) and ratio (ours over
    theirs; missing where theirs is 0). A day's difference in dating moves an attack from one interval to the next.
    """
    series = check_counts(counts)
    ours, thin = [], []
    for first, last, scope in zip(table["date_start"], table["date_end"], table["scope"], strict=True):
        inside = incidents["date"].between(first, last) & incidents["country"].isin(COUNTRIES[scope])
        ours.append(int(inside.sum()))
        thin.append(int((last - first).days + 1 - series[first:last].notna().sum()))
    theirs = table["count"].astype("float64")
    found = table.assign(ours=pd.Series(ours, dtype="Int64"), thin=pd.Series(thin, dtype="Int64"))
    found["ratio"] = found["ours"].astype("float64") / theirs.where(theirs > 0)
    return found


def tally_ratio(
    chain: pd.DataFrame,
    dates: Sequence[Date],
    design: Design = STANDARD,
    *,
    event_id: str = "",
    label: str = "",
) -> Result:
    """The rate ratio on one chain of intervals, summed over the dates.

    Only intervals that lie wholly in a window or wholly in a baseline count; more than `design.min_known` of the days of each must
    be in such intervals. A date is refused where an interval that touches its window is longer than the window: what
    it counts cannot be told from what came before or later. More than half of the dates must be left. It is drawn and not
    tested: an authority's tallies cover too few days, too unevenly, to measure how often a test on them would cry wolf.
    """
    shown = tuple(f"{pd.Timestamp(day):%Y-%m-%d}" for day in dates)
    name = label or event_id or ", ".join(shown)

    def refused(why: str) -> Result:
        return Result("tally", event_id, name, "refused", dates=shown, reason=why)

    if chain.empty or not dates:
        return refused("There is no tally of this authority." if chain.empty else "No date falls in the period.")
    if len(chain.drop_duplicates(CHAIN)) > 1:
        raise ValueError("chain holds several chains of tallies; take one with Intervals.chain.")
    found = [_at(chain, pd.Timestamp(day).normalize(), design) for day in dates]
    used = [one for one in found if not isinstance(one, str)]
    if 2 * len(used) <= len(dates):
        return refused(" ".join(dict.fromkeys(one for one in found if isinstance(one, str))))
    after, before, days_after, days_before = (float(x) for x in np.sum(used, axis=0))
    kept = tuple(day for day, one in zip(shown, found, strict=True) if not isinstance(one, str))
    result = Result(
        "tally",
        event_id,
        name,
        "uninformative",
        dates=kept,
        after=after,
        before=before,
        days_after=days_after,
        days_before=days_before,
        assumptions=("The authority counted alike throughout, and dated its tallies by the day they were stated.",),
    )
    if after + before == 0:
        return result.but(reason="No attack before or after.")
    estimate, low, high, _ = exact_ratio(after, before, days_after, days_before)
    result = result.but(estimate=estimate, low=low, high=high)
    return result.but(status="drawn", reason=NOT_RANKED)


def robustness(
    incidents: pd.DataFrame,
    counts: pd.Series,
    occurrences: pd.DataFrame,
    tallies: pd.DataFrame,
    authority: str | Sequence[str],
    design: Design = STANDARD,
    *,
    confirmatory: Sequence[str],
    of_all: Sequence[Result] | None = None,
    own_design: Mapping[str, Design] | None = None,
    seed: int = 1,
    cache: Kept | Path | str | None = None,
    draws: int = 200,
) -> pd.DataFrame:
    """The headline tests again on parts of the incidents and on the authority's tallies: one row a subset and test.

    `incidents`: those that `counts` counts. `confirmatory`: the events named beforehand; of one with anniversaries, these.
    `of_all`: their results on all incidents, where they were tested already. `own_design`: of events tested with another one.
    Subsets: "all"; "two_publishers", incidents that two publishers or more carry (publishers, not independent sources);
    "without_claimed_only", those that rest on more than the attacker's word; "tally", the chain of the most intervals. The
    days that are missing stay the same: a day on which only a dropped incident is known becomes 0. Each subset is
    calibrated by itself (`cache`, `draws` as in `run`) and adjusted by itself; these are checks of a finding, not new ones.
    """
    series = check_counts(counts)
    chosen = occurrences[occurrences["event_id"].isin(confirmatory)]
    recurring = set(chosen.loc[chosen["family"].notna(), "event_id"])
    chosen = chosen[chosen["family"].notna() | ~chosen["event_id"].isin(recurring)]
    design_of = chosen["event_id"].map(lambda event: (own_design or {}).get(event, design))
    frames = []
    for name, part in subsets(incidents).items():
        if name == "all" and of_all is not None:
            frames.append(_frame(name, len(part), of_all))
            continue
        found = [
            result
            for one in dict.fromkeys(design_of)
            for result in run(
                subset_counts(part, series),
                chosen[design_of == one],
                one,
                seed=seed,
                confirmatory=sorted(set(chosen.loc[design_of == one, "event_id"])),
                context=occurrences,
                cache=cache,
                draws=draws,
            )
        ]
        frames.append(_frame(name, len(part), adjusted(found)))
    if not authority:  # no count to set beside ours, as in tables brought from elsewhere
        return pd.concat(frames, ignore_index=True)
    chain = intervals(tallies, authority).chain()
    official = [
        tally_ratio(
            chain,
            list(group["date_start"]),
            design,
            event_id=str(event_id),
            label=f"{group['name'].iloc[0]}, tallies",
        )
        for event_id, group in chosen.groupby("event_id", sort=False)
    ]
    frames.append(_frame("tally", int(chain["count"].sum()), official))
    return pd.concat(frames, ignore_index=True)


def subsets(incidents: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """All incidents, those of two publishers or more, and those that are not the attacker's word alone."""
    return {
        "all": incidents,
        "two_publishers": incidents[incidents["publishers"] >= 2],
        "without_claimed_only": incidents[incidents["status"] != "claimed_only"],
    }


def subset_counts(incidents: pd.DataFrame, counts: pd.Series) -> pd.Series:
    """Daily counts of `incidents` on the days of `counts`, missing where `counts` is."""
    found = incidents["date"].value_counts().reindex(counts.index, fill_value=0).astype("float64")
    return found.where(counts.notna()).rename("count")


def publishers_around(
    incidents: pd.DataFrame,
    counts: pd.Series,
    occurrences: pd.DataFrame,
    design: Design = STANDARD,
) -> pd.DataFrame:
    """Publishers per incident around each date, or the dates of a family together: does coverage rise where attacks do?

    One row a date or family: event_id, label, dates (usable), incidents_after, incidents_before, publishers_after,
    publishers_before (per incident), ratio, placebo_low, placebo_high (the middle 95% of the ratio at other dates, or
    joint shifts), status ("drawn"; "uninformative" without an incident on each side; "refused"). There is no p-value: it
    is shown to judge the counts by. More publishers per incident around an anniversary would say that attacks were
    looked for harder there, and found.
    """
    series = check_counts(counts)
    day = pd.DatetimeIndex(incidents["date"])
    carried = incidents["publishers"].astype("float64").groupby(day).sum().reindex(series.index, fill_value=0.0)
    at = windows(series, design)
    press = windows(carried.where(series.notna()), design)
    rows: list[dict[str, object]] = []
    alone = occurrences["family"].isna()
    groups = [group for _, group in occurrences[~alone].groupby("family", sort=False)]
    groups += [occurrences.loc[[i]] for i in occurrences.index[alone]]
    for group in groups:
        dates = list(group["date_start"])
        first = pd.Timestamp(dates[0])
        family = bool(group["family"].notna().iloc[0])
        used = [i for i in (at.position(d) for d in dates) if at.usable[i]]
        row: dict[str, object] = {
            "event_id": group["event_id"].iloc[0],
            "label": f"{group['name'].iloc[0]}, " + (f"{len(dates)} dates" if family else f"{first.day} {first:%B %Y}"),
            "dates": len(used),
        }
        if 2 * len(used) <= len(dates):
            rows.append({**row, "status": "refused"})
            continue
        after, before = at.after[used].sum(), at.before[used].sum()
        row |= {"incidents_after": after, "incidents_before": before}
        if not after or not before:
            rows.append({**row, "status": "uninformative"})
            continue
        row |= {"publishers_after": press.after[used].sum() / after}
        row |= {"publishers_before": press.before[used].sum() / before, "status": "drawn"}
        row["ratio"] = (press.after[used].sum() / after) / (press.before[used].sum() / before)
        if family:
            here, there = shifts_reference(at, dates), shifts_reference(press, dates)
            sums = here.after, here.before, there.after, there.before
        else:
            sums = tuple(x[at.usable] for x in (at.after, at.before, press.after, press.before))
        both = (sums[0] > 0) & (sums[1] > 0)
        a, b, pa, pb = (x[both] for x in sums)
        if len(a) >= LEAST_DATES:
            row["placebo_low"], row["placebo_high"] = np.quantile((pa / a) / (pb / b), [0.025, 0.975])
        rows.append(row)
    columns = ["event_id", "label", "dates", "incidents_after", "incidents_before", "publishers_after"]
    columns += ["publishers_before", "ratio", "placebo_low", "placebo_high", "status"]
    return pd.DataFrame(rows, columns=columns)


def _rising(days: np.ndarray, counts: np.ndarray, sources: np.ndarray) -> list[int]:
    """The longest choice of one figure a day that never falls; then of the most sources, then of the lower figures."""
    best: list[tuple[int, int, int]] = []
    previous: list[int] = []
    for i in range(len(days)):
        options = [(best[j], j) for j in range(i) if days[j] < days[i] and counts[j] <= counts[i]]
        (length, carried, total), j = max(options, default=((0, 0, 0), -1))
        best.append((length + 1, carried + int(sources[i]), total - int(counts[i])))
        previous.append(j)
    path: list[int] = []
    at = max(range(len(best)), key=best.__getitem__, default=-1)
    while at >= 0:
        path.append(at)
        at = previous[at]
    return path[::-1]


def _reasons(stated: pd.DataFrame, kept: Sequence[int]) -> dict[tuple[pd.Timestamp, int], str]:
    """Why each figure that is not kept contradicts one that is."""
    taken = [(stated["as_of"].iloc[i], int(stated["count"].iloc[i])) for i in kept]
    found = {}
    for i in sorted(set(range(len(stated))) - set(kept)):
        day, count = stated["as_of"].iloc[i], int(stated["count"].iloc[i])
        same = next((n for d, n in taken if d == day), None)
        higher = next(((d, n) for d, n in taken if d < day and n > count), None)
        lower = next(((d, n) for d, n in taken if d > day and n < count), None)
        if same is not None:
            why = f"The same day is also given as {same}."
        elif higher is not None:
            why = f"Falls below {higher[1]}, the count of {higher[0]:%Y-%m-%d}."
        elif lower is not None:
            why = f"Exceeds {lower[1]}, the later count of {lower[0]:%Y-%m-%d}."
        else:
            why = "Contradicts another figure that was set aside."
        found[(day, count)] = why
    return found


def _at(chain: pd.DataFrame, day: pd.Timestamp, design: Design) -> tuple[float, float, float, float] | str:
    """Counts and days after and before, from whole intervals; or why they cannot be had."""
    until = day - pd.Timedelta(days=design.guard)
    first, last = until - pd.Timedelta(days=design.baseline), day + pd.Timedelta(days=design.window - 1)
    starts, ends = chain["date_start"].to_numpy(), chain["date_end"].to_numpy()
    days, counts = chain["days"].to_numpy(int), chain["count"].to_numpy(int)
    if not ((ends >= first) & (starts <= last)).any():
        return f"No tally speaks of the days around {day:%Y-%m-%d}."
    long = np.flatnonzero((ends >= day) & (starts <= last) & (days > design.window))
    if len(long):
        one = chain.iloc[long[0]]
        return (
            f"Around {day:%Y-%m-%d} a tally covers the {one['days']} days {one['date_start']:%Y-%m-%d} to "
            f"{one['date_end']:%Y-%m-%d}, more than the window of {design.window}."
        )
    after, before = (starts >= day) & (ends <= last), (starts >= first) & (ends < until)
    days_after, days_before = float(days[after].sum()), float(days[before].sum())
    if days_after <= design.min_known * design.window or days_before <= design.min_known * design.baseline:
        return (
            f"Around {day:%Y-%m-%d} whole intervals cover {days_after:.0f} of {design.window} days after and {days_before:.0f} of "
            f"{design.baseline} before."
        )
    return float(counts[after].sum()), float(counts[before].sum()), days_after, days_before


def _frame(subset: str, incidents: int, results: Sequence[Result]) -> pd.DataFrame:
    frame = to_frame(results)
    frame["subset"], frame["incidents"] = subset, incidents
    frame["sentence"] = [result.sentence for result in results]
    return frame[ROBUSTNESS_COLUMNS]
