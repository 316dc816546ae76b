"""Error rates and speed of the escalation tests on a large, strongly clustered series.

    python benchmarks/escalation.py [FOLDER]

FOLDER (or the environment variable SITREP_IRAQ_DATA) holds insurgencies.csv.gz (68,573 insurgent attacks in Iraq, 23 February 2007 to 5 July 2008: one row an attack, with a
column `date`): the data set `insurgencies` of the R package geocausal 0.4.2 (github.com/mmukaigawara/geocausal, MIT licence),
dates converted from days since 1970. In R: install.packages("geocausal"), then
`write.csv(transform(geocausal::insurgencies, date = as.Date(date, origin = "1970-01-01")), gzfile("insurgencies.csv.gz"))`.
It is no part of the project. Without it the benchmark says so and measures nothing. escalation.md holds what it printed and what that means.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from sitrep.escalation import any_series
from sitrep.escalation.design import Design
from sitrep.escalation.excitation import Excitation, simulate
from sitrep.escalation.multiverse import specification_curve
from sitrep.escalation.placebo import placebo_recurring, placebo_test
from sitrep.escalation.rate_ratio import exact_p, log_ratio, windows
from sitrep.escalation.reference import rank_p

ROWS = 68_573
WINDOWS, BASELINES = (3, 5, 7, 10, 14), (14, 21, 28, 35, 42)
LOOP_DRAWS = 3
"""The pandas loop is timed on this many placebo sets and scaled; all of them would take hours."""

PERMUTATION_DRAWS = 100
"""Likewise `permutation_test`."""


def load(folder: Path) -> tuple[pd.Series, dict[str, pd.Series]]:
    """Daily counts of all attacks, and of the kinds of attack the data set tells apart."""
    attacks = pd.read_csv(folder / "insurgencies.csv.gz", usecols=["date", "type"], parse_dates=["date"])
    if len(attacks) != ROWS:
        raise SystemExit(f"insurgencies.csv.gz has {len(attacks):,} rows; the figures below are for {ROWS:,}.")
    days = pd.date_range(attacks["date"].min(), attacks["date"].max(), name="date")

    def daily(rows: pd.DataFrame) -> pd.Series:
        return rows["date"].value_counts().reindex(days, fill_value=0).astype(float)

    kinds = {str(kind): daily(rows) for kind, rows in attacks.groupby("type")}
    return daily(attacks), kinds


def false_positives(counts: pd.Series, trials: int = 2_000, seed: int = 1) -> pd.DataFrame:
    """How often each test rejects at 5% with three random dates, where nothing happened at all.

    A: seven days from each of three dates against all other days of the series; B: against the 28 days before each. The
    statistic is the corrected log rate ratio of the sums. "Days resampled" draws both groups from all days as if days were
    independent and ranks the statistic (400 draws); "interval of resampled days" resamples each group and asks whether the
    95% percentile interval of the ratio holds 1; the placebo ranks it among 9,999 sets of three random dates.
    """
    rng = np.random.default_rng(seed)
    y = counts.to_numpy()
    at = windows(counts)

    def random_dates(among: np.ndarray, number: int) -> np.ndarray:
        return np.stack([rng.choice(among, 3, replace=False) for _ in range(number)])

    anywhere, inside = np.arange(len(y) - 6), np.flatnonzero(at.inside)
    a = _rates_against_all(y, random_dates(anywhere, trials), random_dates(anywhere, 9_999), rng)
    b = _rates_before(at, random_dates(inside, trials), random_dates(inside, 9_999))
    rows = [("7 days after 3 dates against all other days", *a), ("7 days after 3 dates against the 28 before", *b)]
    columns = ["design", "exact Poisson test", "days resampled", "interval of resampled days", "placebo (9,999 sets)"]
    return pd.DataFrame(rows, columns=columns)


def _rates_against_all(
    y: np.ndarray, sets: np.ndarray, placebo: np.ndarray, rng: np.random.Generator
) -> tuple[float, float, float, float]:
    def split(chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        mask = np.zeros(len(y), bool)
        for start in chosen:
            mask[start : start + 7] = True
        return y[mask], y[~mask]

    def ratio(chosen: np.ndarray) -> float:
        after, other = split(chosen)
        return float(log_ratio(after.sum(), other.sum(), len(after), len(other)))

    parts = [split(chosen) for chosen in sets]
    a, b = np.array([p[0].sum() for p in parts]), np.array([p[1].sum() for p in parts])
    share = np.array([len(p[0]) / len(y) for p in parts])
    exact = np.mean(_exact(a, b, share) <= 0.05)
    own = np.array([ratio(chosen) for chosen in sets])
    resampled = np.mean([_resampled_p(y, len(p[0]), value, rng) <= 0.05 for p, value in zip(parts, own, strict=True)])
    interval = np.mean([_interval_excludes_one(after, other, rng) for after, other in parts])
    reference = np.array([ratio(chosen) for chosen in placebo])
    return exact, resampled, interval, np.mean(rank_p(own, reference) <= 0.05)


def _rates_before(at, sets: np.ndarray, placebo: np.ndarray) -> tuple[float, float, float, float]:
    def sums(chosen: np.ndarray) -> list[np.ndarray]:
        return [x[chosen].sum(axis=1) for x in (at.after, at.before, at.days_after, at.days_before)]

    a, b, da, db = sums(sets)
    exact = np.mean(_exact(a, b, da / (da + db)) <= 0.05)
    return exact, np.nan, np.nan, np.mean(rank_p(log_ratio(a, b, da, db), log_ratio(*sums(placebo))) <= 0.05)


def _exact(a: np.ndarray, b: np.ndarray, share: np.ndarray) -> np.ndarray:
    return np.concatenate([exact_p(a[i : i + 1], (a + b)[i : i + 1], share[i : i + 1]) for i in range(len(a))])


def _resampled_p(y: np.ndarray, days: int, value: float, rng: np.random.Generator, draws: int = 400) -> float:
    after, other = (rng.choice(y, (draws, k)).sum(axis=1) for k in (days, len(y) - days))
    return float(rank_p(value, log_ratio(after, other, days, len(y) - days)))


def _interval_excludes_one(after: np.ndarray, other: np.ndarray, rng: np.random.Generator, draws: int = 400) -> bool:
    means = [rng.choice(x, (draws, len(x))).mean(axis=1) for x in (after, other)]
    low, high = np.quantile(means[0] / means[1], [0.025, 0.975])
    return not low <= 1 <= high


def speed(subsets: dict[str, pd.Series], draws: int = 10_000, seed: int = 1) -> pd.DataFrame:
    """One specification curve of 200 points and its joint placebo p, by three roads to the same statistic."""
    index = next(iter(subsets.values())).index
    dates = index[[100, 200, 300]]

    def ours(number: int = draws) -> float:
        curve = specification_curve(
            subsets, dates, WINDOWS, BASELINES, pooling=["summed"], placebo="random", draws=number, seed=seed
        )
        assert curve.p_joint is not None and len(curve.table) == 200
        return curve.p_joint

    first, last = max(BASELINES), len(index) - max(WINDOWS)
    inside = np.arange(first, last + 1)
    own = index.get_indexer(dates)
    rng = np.random.default_rng(seed)

    def loop(number: int = LOOP_DRAWS) -> float:
        def median(positions: np.ndarray) -> float:
            values = []
            for counts in subsets.values():
                for window in WINDOWS:
                    for baseline in BASELINES:
                        after = before = 0.0
                        for t in positions:
                            after += counts.iloc[t : t + window].sum()
                            before += counts.iloc[t - baseline : t].sum()
                        values.append(float(log_ratio(after, before, 3 * window, 3 * baseline)))
            return float(np.median(values))

        return float(rank_p(median(own), np.array([median(rng.choice(inside, 3)) for _ in range(number)])))

    arrays = [counts.to_numpy() for counts in subsets.values()]

    def by_permutation(number: int = PERMUTATION_DRAWS) -> float:
        def statistic(chosen: np.ndarray, _rest: np.ndarray) -> float:
            values = []
            for y in arrays:
                for window in WINDOWS:
                    for baseline in BASELINES:
                        after = sum(y[t : t + window].sum() for t in chosen)
                        before = sum(y[t - baseline : t].sum() for t in chosen)
                        values.append(
                            np.log((after + window / (window + baseline)) / (before + baseline / (window + baseline)))
                            + np.log(baseline / window)
                        )
            return float(np.median(values))

        rest = np.setdiff1d(inside, own)
        found = stats.permutation_test(
            (own, rest), statistic, n_resamples=number, permutation_type="independent", rng=rng, vectorized=False
        )
        return float(found.pvalue)

    rows = []
    for name, run, number in (
        ("sitrep.escalation.multiverse", ours, draws),
        ("scipy.stats.permutation_test", by_permutation, PERMUTATION_DRAWS),
        ("loop over pandas slices", loop, LOOP_DRAWS),
    ):
        seconds, p = _timed(run)
        rows.append((name, number, seconds, seconds * draws / number, p))
    table = pd.DataFrame(rows, columns=["method", "sets timed", "seconds", f"seconds for {draws:,}", "p"])
    table["times slower"] = table.iloc[:, 3] / table.iloc[0, 3]
    return table


def scaling(subsets: dict[str, pd.Series]) -> pd.DataFrame:
    """Time and peak memory of the curve by placebo sets and by days."""
    index = next(iter(subsets.values())).index
    rows = []
    for days, draws in ((1, 5_000), (1, 10_000), (1, 20_000), (1, 40_000), (4, 10_000), (16, 10_000)):
        long = pd.date_range(index[0], periods=days * len(index), name="date")
        repeated = {name: pd.Series(np.tile(x.to_numpy(), days), long) for name, x in subsets.items()}

        def run(repeated: dict = repeated, draws: int = draws) -> float | None:
            return specification_curve(
                repeated, index[[100, 200, 300]], WINDOWS, BASELINES, pooling=["summed"], placebo="random", draws=draws
            ).p_joint

        seconds, _ = _timed(run)
        tracemalloc.start()
        run()
        peak = tracemalloc.get_traced_memory()[1] / 2**20
        tracemalloc.stop()
        rows.append((days * len(index), draws, seconds, peak))
    return pd.DataFrame(rows, columns=["days", "placebo sets", "seconds", "peak MB"])


def bootstraps(counts: pd.Series, trials: int = 1_500, seed: int = 5, draws: int = 400) -> pd.DataFrame:
    """How often "a bootstrap of independent days" rejects a true null at 5%, by what may be meant by it.

    Seven days from each of three random dates against all other days, as in `false_positives`.
    """
    y, rng = counts.to_numpy(), np.random.default_rng(seed)
    hits: dict[str, int] = {}

    def count(name: str, rejected: bool) -> None:
        hits[name] = hits.get(name, 0) + int(rejected)

    for _ in range(trials):
        mask = np.zeros(len(y), bool)
        for start in rng.choice(len(y) - 6, 3, replace=False):
            mask[start : start + 7] = True
        a, b = y[mask], y[~mask]
        ratio, null = a.mean() / b.mean(), _means(y, len(a), draws, rng) / _means(y, len(b), draws, rng)
        count("both groups from all days, two-sided p of the ratio", rank_p(ratio, null) <= 0.05)
        count("the same, one-sided (rise)", (1 + (null >= ratio).sum()) / (1 + draws) <= 0.05)
        own = _means(a, len(a), draws, rng)
        ratios = own / _means(b, len(b), draws, rng)
        low, high = np.quantile(ratios, [0.025, 0.975])
        count("each group from itself, percentile interval of the ratio", not low <= 1 <= high)
        count("the same, basic interval", not low <= 2 * ratio - 1 <= high)
        count("the same, lower limit of 90% above 1 (rise)", np.quantile(ratios, 0.05) > 1)
        low, high = np.quantile(own, [0.025, 0.975])
        count("days after from themselves, against the mean of the others", not low <= b.mean() <= high)
        medians = np.median(rng.choice(a, (draws, len(a))), axis=1)
        low, high = np.quantile(medians, [0.025, 0.975])
        count("the same with medians", not low <= np.median(y) <= high)
        shuffled = np.stack([rng.permutation(y)[: len(a)] for _ in range(199)]).mean(axis=1)
        count("days shuffled between the groups, two-sided p", rank_p(a.mean(), shuffled) <= 0.05)
    return pd.DataFrame([(name, k / trials) for name, k in hits.items()], columns=["days resampled", "rejects"])


def _means(y: np.ndarray, size: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    return rng.choice(y, (draws, size)).mean(axis=1)


def agreement(subsets: dict[str, pd.Series], draws: int = 999) -> pd.DataFrame:
    """p of the same statistic by the same three roads, on a grid small enough for the slowest: one subset, 2 x 2 choices."""
    counts = next(iter(subsets.values()))
    dates, windows_, baselines = counts.index[[100, 200, 300]], (5, 10), (14, 28)
    y, own = counts.to_numpy(), np.array([100, 200, 300])
    inside = np.arange(max(baselines), len(y) - max(windows_) + 1)

    def median(chosen: np.ndarray, take: Callable[[int, int], float]) -> float:
        values = []
        for window in windows_:
            for baseline in baselines:
                after = sum(take(t, t + window) for t in chosen)
                before = sum(take(t - baseline, t) for t in chosen)
                values.append(float(log_ratio(after, before, 3 * window, 3 * baseline)))
        return float(np.median(values))

    def by_array(start: int, stop: int) -> float:
        return float(y[start:stop].sum())

    def by_pandas(start: int, stop: int) -> float:
        return float(counts.iloc[start:stop].sum())

    curve = specification_curve(
        {"all": counts}, dates, windows_, baselines, pooling=["summed"], placebo="random", draws=draws, seed=1
    )
    rng = np.random.default_rng(2)
    permuted = stats.permutation_test(
        (own, np.setdiff1d(inside, own)),
        lambda chosen, _rest: median(chosen, by_array),
        n_resamples=draws,
        permutation_type="independent",
        rng=rng,
        vectorized=False,
    )
    loop = rank_p(median(own, by_pandas), np.array([median(rng.choice(inside, 3), by_pandas) for _ in range(draws)]))
    p = [float(curve.p_joint or np.nan), float(permuted.pvalue), float(loop)]
    table = pd.DataFrame(
        {"method": ["sitrep.escalation.multiverse", "scipy.stats.permutation_test", "pandas loop"], "p": p}
    )
    # A two-sided rank p is twice a share, so its error is twice that of a share.
    table["Monte Carlo error (1.96 s.e.)"] = [1.96 * 2 * np.sqrt(x / 2 * (1 - x / 2) / draws) for x in p]
    return table


def end_to_end(series: int = 200, days: int = 1_500, seed: int = 11) -> pd.DataFrame:
    """`sitrep escalate` on self-exciting series without an effect, with a random date and a random yearly date in each.

    Without measured error rates, so that every p is counted: with them the busy windows would be judged on a like run-up or not
    at all.
    """
    any_series.SIMULATED = 0
    model = Excitation(mu=0.1, alpha=0.6, beta=0.8, size=1.5, log_likelihood=0.0, days=0)
    rng = np.random.default_rng(seed)
    index = pd.date_range("2019-01-01", periods=days, name="date")
    p: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        counts_csv, events_csv = Path(folder) / "counts.csv", Path(folder) / "events.csv"
        for values in simulate(model, days, series, rng):
            pd.Series(values.astype(int), index, name="count").to_csv(counts_csv)
            once, yearly = index[rng.integers(60, days - 60)], index[rng.integers(60, 360)]
            events_csv.write_text(
                f"event_id,date,recurrence\nonce,{once:%Y-%m-%d},none\nyearly,{yearly:%Y-%m-%d},annual\n"
            )
            table = any_series.escalate(counts_csv, events_csv, seed=1)
            for row in table.to_dict("records"):
                kind = f"{row['event_id']}, {row['method']}"
                value = row["p"] if row["method"] == "exact" else row["p_placebo"]
                if not pd.isna(value):
                    p.setdefault(kind, []).append(float(value))
    rows = [(kind, len(found), float(np.mean(np.array(found) <= 0.05))) for kind, found in p.items()]
    return pd.DataFrame(rows, columns=["test", "tested", "p at most 0.05"])


def holidays(counts: pd.Series) -> pd.DataFrame:
    """The holidays of 2007, seven days from each (Ramadan: its 30 days) against the 28 before."""
    dates = {"Eid al-Fitr 2007": "2007-10-13", "Eid al-Adha 2007": "2007-12-20"}
    rows = [(name, placebo_test(counts, date)) for name, date in dates.items()]
    rows.append(("both Eids", placebo_recurring(counts, dates.values())))
    rows.append(("Ramadan 2007", placebo_test(counts, "2007-09-13", Design(window=30))))
    return pd.DataFrame(
        [(name, r.after, r.before, r.estimate, r.p, r.p_placebo, r.minimum_detectable, r.status) for name, r in rows],
        columns=["event", "after", "before", "ratio", "p, exact", "p, placebo", "minimum detectable", "status"],
    )


def _timed(run: Callable[[], object]) -> tuple[float, object]:
    start = time.perf_counter()
    value = run()
    return time.perf_counter() - start, value


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("SITREP_IRAQ_DATA", ""))
    if not (folder / "insurgencies.csv.gz").exists():
        print("Skipped: insurgencies.csv.gz is not there. See the top of this file for where it comes from.")
        return
    counts, kinds = load(folder)
    autocorrelation = np.corrcoef(counts[:-1], counts[1:])[0, 1]
    print(
        f"{counts.sum():,.0f} attacks on {len(counts)} days; variance/mean {counts.var() / counts.mean():.0f}, "
        f"lag-1 autocorrelation {autocorrelation:.2f}\n"
    )
    pd.set_option("display.width", 200, "display.max_columns", 20, "display.precision", 3)
    print("Rejections at a nominal 5%, three random dates, 2,000 trials, no effect:")
    print(false_positives(counts).to_string(index=False), "\n")
    print(bootstraps(counts).to_string(index=False), "\n")
    print(
        "Holidays of 2007. Reese, Ruby and Pape (2017) found violence down on major Islamic holidays, no systematic surge:"
    )
    print(holidays(counts).to_string(index=False), "\n")
    largest = dict(sorted(kinds.items(), key=lambda item: -item[1].sum())[:7])
    subsets = {"all": counts, **largest}
    while len(subsets) < 8:
        subsets[f"all {len(subsets)}"] = counts
    print(
        f"A curve of {len(subsets)} subsets x {len(WINDOWS)} windows x {len(BASELINES)} baselines, 10,000 placebo sets:"
    )
    print(speed(subsets).to_string(index=False), "\n")
    print(scaling(subsets).to_string(index=False), "\n")
    print("The same p by all three, one subset, 2 windows x 2 baselines, 999 draws:")
    print(agreement(subsets).to_string(index=False), "\n")
    print("`sitrep escalate` end to end, 200 self-exciting series without an effect:")
    print(end_to_end().to_string(index=False))


if __name__ == "__main__":
    main()
