"""How often: zero-filled counts, rates with intervals, waiting times, and our count beside an authority's."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from sitrep.reconcile import VAGUE_KINDS

#: Days a bootstrap block spans: four weeks hold campaigns of days to weeks. Longer ones are held only in part.
BLOCK_DAYS = 28

#: A series is cut into at least this many blocks, shorter ones if need be: fewer say nothing about their own spread.
MIN_BLOCKS = 4

#: Fewer known days than this give no rate: a rate per 30 days from less would be an extrapolation.
MIN_DAYS_FOR_RATE = 14


@dataclass(frozen=True)
class Rate:
    """Attacks per 30 known days, with its interval and what it rests on."""

    count: int
    days: int
    rate: float
    low: float
    high: float
    method: str


def levels(coverage: pd.DataFrame, start: str, end: str) -> pd.Series:
    """Return the coverage level (full, quiet, thin) of every day from *start* to *end*, by day.

    A day that no row of *coverage* holds is thin: nothing is known about how it was searched.
    """
    days = pd.date_range(start, end, freq="D", name="date")
    level = pd.Series("thin", index=days, dtype="str", name="level")
    for first, last, name in zip(coverage["date_start"], coverage["date_end"], coverage["level"], strict=True):
        level.loc[first:last] = name
    return level


def daily_counts(
    incidents: pd.DataFrame,
    coverage: pd.DataFrame,
    start: str,
    end: str,
    thin: Literal["missing", "zero"] = "missing",
) -> pd.Series:
    """Return incidents per day from *start* to *end* as floats: 0 where quiet or searched, NaN where not known.

    With ``thin="missing"`` every day of thin coverage is missing, the days with a known attack too: counting only the
    days on which something was found would bias the rate upwards. With ``thin="zero"`` they are counted as they stand.
    """
    level = levels(coverage, start, end)
    found = incidents["date"].value_counts()
    counts = found.reindex(level.index, fill_value=0).astype(float).rename("count")
    return counts.where(level != "thin") if thin == "missing" else counts


def by_period(counts: pd.Series, freq: Literal["D", "W-SUN", "M", "Y"]) -> pd.DataFrame:
    """Return ``count``, known ``days``, all ``calendar_days`` and ``rate`` (per 30 known days) by period start.

    *freq* is a period of pandas: W-SUN is the week that ends on Sunday, so it starts on Monday. A period whose days are
    all missing has no count; the rate needs at least half of the period's days known, those outside *counts* included.
    """
    period = pd.DatetimeIndex(counts.index).to_period(freq)
    grouped = counts.groupby(period)
    table = pd.DataFrame({"count": grouped.sum(min_count=1), "days": grouped.count()})
    periods = pd.PeriodIndex(table.index)
    table["calendar_days"] = (periods.end_time.normalize() - periods.start_time).days + 1
    table["rate"] = (table["count"] / table["days"] * 30).where(table["days"] * 2 >= table["calendar_days"])
    return table.set_axis(periods.start_time.rename("date"))


def poisson_rate(counts: pd.Series, level: float = 0.95) -> Rate:
    """Return the rate with the exact interval (Garwood 1936), right only if attacks fell independently."""
    total, days = _total(counts)
    low, high = _garwood(total, level)
    return _rate(total, days, low, high, "exact Poisson")


def _garwood(total: float, level: float) -> tuple[float, float]:
    """The exact interval of a Poisson mean of which *total* were counted."""
    tail = (1 - level) / 2
    low = stats.chi2.ppf(tail, 2 * total) / 2 if total else 0.0
    return float(low), float(stats.chi2.ppf(1 - tail, 2 * total + 2) / 2)


def bootstrap_rate(
    counts: pd.Series, draws: int = 1999, seed: int = 1, level: float = 0.95, block: int = BLOCK_DAYS
) -> Rate:
    """Return the rate with an interval that allows for clustering within blocks of *block* days.

    A circular block bootstrap (Politis and Romano 1992) of the known days, in their order, gives the variance of the
    total. Its ratio to the total, at least one, is the dispersion: of so many attacks only total / dispersion are worth
    counting as independent, and the exact Poisson interval of that number is scaled back (quasi-Poisson). The
    dispersion is raised by Student's t for the few blocks that it was measured on. A percentile interval is narrower,
    and in short series its width can be nil. The nominal 95% was measured on simulated campaigns: 92 to 94% where they
    last five days, 85 to 89% at fourteen days, 70% where they outlast a block (the exact interval: 21 to 49%).
    """
    total, days = _total(counts)
    known = counts.dropna().to_numpy()
    block = max(1, min(block, days // MIN_BLOCKS))
    totals = _block_totals(known, block, draws, seed)
    freedom = max(days / block - 1, 1.0)
    few = days / block / freedom * (stats.t.ppf((1 + level) / 2, freedom) / stats.norm.ppf((1 + level) / 2)) ** 2
    dispersion = max(1.0, totals.var() / total if total else 1.0) * few
    low, high = _garwood(total / dispersion, level)
    return _rate(total, days, low * dispersion, high * dispersion, f"block bootstrap ({block} days)")


def _block_totals(known: np.ndarray, block: int, draws: int, seed: int) -> np.ndarray:
    """Totals of *draws* series as long as *known*, put together from its blocks; the end joins the beginning."""
    blocks = int(np.ceil(len(known) / block))
    starts = np.random.default_rng(seed).integers(0, len(known), size=(draws, blocks))
    # sums of whole blocks by cumulative sums; the last block is cut so that each draw has the series' length
    circular = np.concatenate([[0.0], np.cumsum(np.concatenate([known, known]))])
    lengths = np.full(blocks, block)
    lengths[-1] = len(known) - block * (blocks - 1)
    totals: np.ndarray = (circular[starts + lengths] - circular[starts]).sum(axis=1)
    return totals


def rate(counts: pd.Series, method: Literal["bootstrap", "poisson"], draws: int = 1999, seed: int = 1) -> Rate:
    """Return the rate of *counts* with the interval that *method* names."""
    return poisson_rate(counts) if method == "poisson" else bootstrap_rate(counts, draws, seed)


def _total(counts: pd.Series) -> tuple[int, int]:
    days = int(counts.notna().sum())
    if days == 0:
        raise ValueError("no known day in the series: a rate needs at least one")
    return int(counts.sum()), days


def _rate(total: int, days: int, low: float, high: float, method: str) -> Rate:
    per = 30 / days
    return Rate(total, days, total * per, float(low * per), float(high * per), method)


def by_year(
    counts: pd.Series, method: Literal["bootstrap", "poisson"] = "bootstrap", draws: int = 1999, seed: int = 1
) -> pd.DataFrame:
    """Return the rate and its interval for each calendar year with at least `MIN_DAYS_FOR_RATE` known days."""
    rows = []
    for _, part in counts.groupby(pd.DatetimeIndex(counts.index).year):
        known = int(part.notna().sum())
        row = {"year": part.index[0].year, "count": part.sum(min_count=1), "days": known, "calendar_days": len(part)}
        if known >= MIN_DAYS_FOR_RATE:
            found = rate(part, method, draws, seed)
            row |= {"rate": found.rate, "low": found.low, "high": found.high}
        rows.append(row)
    columns = ["year", "count", "days", "calendar_days", "rate", "low", "high"]
    return pd.DataFrame(rows).reindex(columns=columns)


def by_category(incidents: pd.DataFrame, column: str) -> pd.Series:
    """Return incidents per value of a bar-separated *column*, most first; one with two values counts for both."""
    parts = incidents[column].dropna().str.split("|").explode()
    return parts.value_counts().sort_index(kind="stable").sort_values(ascending=False, kind="stable")


def weapon_mix(incidents: pd.DataFrame, freq: Literal["Q", "M"] = "Q") -> pd.DataFrame:
    """Return, by quarter or month, the share of incidents in which each weapon was used.

    Incidents whose weapon nobody states are left out of the shares and counted in ``not_stated``; ``n`` is the number
    the shares rest on. Shares of a period add to more than one where incidents had several weapons.
    """
    parts = incidents.assign(weapon=incidents["weapon"].fillna("unknown").str.split("|")).explode("weapon")
    parts["period"] = parts["date"].dt.to_period(freq).dt.start_time
    known = parts[parts["weapon"] != "unknown"]
    n = known.groupby("period")["incident_id"].nunique()
    used = known.pivot_table(index="period", columns="weapon", values="incident_id", aggfunc="nunique", fill_value=0)
    shares = used.div(n, axis=0)
    everything = parts.groupby("period")["incident_id"].nunique()
    shares["n"] = n
    shares = shares.reindex(everything.index)
    shares["n"] = shares["n"].fillna(0).astype(int)
    shares["not_stated"] = everything - shares["n"]
    return shares


def by_site(incidents: pd.DataFrame, places: pd.DataFrame, level: pd.Series) -> pd.DataFrame:
    """Return attacks per site: raw, and per year in which US forces were there and coverage was not thin.

    *level* is the coverage by day (`levels`); a site's exposure ends with its ``us_until``. Only attacks within the
    exposure enter the rate, so the two counts may differ. A place that is no one site ("Iraq, site not given") has no
    exposure and no rate: both are missing.
    """
    known = level.index[level != "thin"]
    until = places.set_index("place_id")["us_until"]
    vague = set(places.loc[places["kind"].isin(VAGUE_KINDS), "place_id"])
    rows = []
    for (place_id, name, country), group in incidents.groupby(["place_id", "place_name", "country"], sort=True):
        left = until.get(place_id)
        held = known if pd.isna(left) else known[known <= left]
        exposed = int(group["date"].isin(held).sum())
        one_site = place_id not in vague
        rows.append(
            {
                "place_id": place_id,
                "place_name": name,
                "country": country,
                "incidents": len(group),
                "us_until": left,
                "held_days": len(held) if one_site else pd.NA,
                "held_incidents": exposed if one_site else pd.NA,
                "per_held_year": exposed / len(held) * 365.25 if one_site and len(held) else np.nan,
            }
        )
    columns = [
        "place_id",
        "place_name",
        "country",
        "incidents",
        "us_until",
        "held_days",
        "held_incidents",
        "per_held_year",
    ]
    table = pd.DataFrame(rows, columns=columns).astype({"held_days": "Int64", "held_incidents": "Int64"})
    return table.sort_values(["incidents", "place_id"], ascending=[False, True], ignore_index=True)


def waiting_times(counts: pd.Series) -> pd.DataFrame:
    """Return the gaps in days from one attack day to the next, none of them across a missing day.

    ``days`` is the gap and ``run`` numbers the stretches of known days it was taken from.
    """
    run = counts.isna().cumsum()[counts.notna()]
    rows = []
    for number, part in counts.dropna().groupby(run):
        attacked = part.index[part > 0]
        rows += [
            {"run": int(number), "start": day, "days": int(gap)}
            for day, gap in zip(attacked[:-1], np.diff(attacked) / np.timedelta64(1, "D"), strict=True)
        ]
    return pd.DataFrame(rows, columns=["run", "start", "days"])


def memoryless(counts: pd.Series, horizon: int) -> pd.Series:
    """Return the share of gaps longer than 0..*horizon* days if attack days fell independently (geometric)."""
    chance = float((counts.dropna() > 0).mean())
    gaps = np.arange(horizon + 1)
    return pd.Series((1 - chance) ** gaps, index=gaps, name="expected")


def beside_tallies(incidents: pd.DataFrame, tallies: pd.DataFrame, authority: str) -> pd.DataFrame:
    """Return the cumulative tallies of one *authority* with our own count for the same days and countries.

    ``ratio`` is ours over theirs; it exceeds one where we hold attacks that the authority does not count. Repeats of
    the same statement (same period, scope and count) are kept once, with the number of sources that carry it.
    """
    countries = {"all": ["Iraq", "Syria", "Jordan"], "iraq": ["Iraq"], "syria": ["Syria"], "jordan": ["Jordan"]}
    keys = ["since", "as_of", "scope", "count"]
    theirs = (
        tallies[tallies["authority"] == authority]
        .groupby(keys, as_index=False)
        .agg(sources=("source_id", "nunique"), source_id=("source_id", "min"))
    )
    ours = [
        int((incidents["date"].between(since, as_of) & incidents["country"].isin(countries[scope])).sum())
        for since, as_of, scope in zip(theirs["since"], theirs["as_of"], theirs["scope"], strict=True)
    ]
    theirs = theirs.assign(ours=pd.Series(ours, dtype="int64"))
    theirs["ratio"] = theirs["ours"] / theirs["count"].astype(float)
    return theirs.sort_values(["as_of", "scope"], ignore_index=True)
