"""What a class practises on: two made-up series, one with a planted effect, and the small helpers of the exercises.

Neither series is of this world: both run over years to come and were drawn at random by `make`. Their attacks follow one
another as real ones do, so that most fall in a few bursts. In one of them attacks are more frequent after the made-up
dates; `docs/class.md` and the solutions say in which.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from sitrep import study, theme
from sitrep.charts.canvas import canvas, year_axis
from sitrep.content import Figure, Prose, Table
from sitrep.escalation.any_series import read_counts
from sitrep.escalation.result import Result
from sitrep.events import read_events
from sitrep.formats.export import write_csv
from sitrep.frequency import Rate
from sitrep.listing import stated
from sitrep.render.document import slug
from sitrep.study import Study
from sitrep.wording import coded, number, plural, probability, significant, span
from sitrep.wording import day as dated

#: The names of the two series; they say nothing.
SERIES = ("alder", "birch")
#: Where they lie, below the folder of the tables.
FOLDER = "class"

START, DAYS = "2061-01-01", 4 * 365 + 1
#: A day's expected attacks: so many by themselves, and this share of each earlier attack, spread over the days after it.
BY_ITSELF, SHARE_FOLLOWING, FADING = 0.03, 0.88, 0.2
#: The rate that both series have without an effect, in attacks a day.
TRUE_RATE = BY_ITSELF / (1 - SHARE_FOLLOWING)

_MARK = "Made-up data for practice"


@dataclass(frozen=True)
class Recipe:
    """How one series is drawn: its seed, and by how much the rate rises on the seven days from each date on."""

    seed: int
    ratio: float


#: The seed of the one without an effect was chosen among 120 because the naive test rejects there; see `docs/class.md`.
RECIPES: Mapping[str, Recipe] = {"alder": Recipe(93, 1.0), "birch": Recipe(41, 3.0)}
DATES_SEED, DATES, APART, WINDOW = 7, 12, 70, 7


def make(name: str) -> pd.Series:
    """Draw the series *name* anew: daily counts, every day known. The files in ``data/class/`` hold the same."""
    recipe = RECIPES[name]
    rng = np.random.default_rng(recipe.seed)
    counts = pd.Series(process(1, DAYS, rng)[0], index=_days())
    after = pd.DatetimeIndex(np.concatenate([pd.date_range(day, periods=WINDOW) for day in make_dates()]))
    counts[after] += rng.poisson((recipe.ratio - 1) * TRUE_RATE, len(after))
    return counts


def make_dates() -> list[pd.Timestamp]:
    """Draw the made-up dates anew: spread over the series, no two near each other."""
    rng = np.random.default_rng(DATES_SEED)
    while True:
        days = np.sort(rng.integers(60, DAYS - 60, DATES))
        if (np.diff(days) >= APART).all():
            return [_days()[day] for day in days]


def process(draws: int, days: int, rng: np.random.Generator) -> np.ndarray:
    """Return *draws* series of *days* daily counts in which attacks bring about attacks (Hawkes 1971, by day).

    A day's count is Poisson with mean `BY_ITSELF` plus `SHARE_FOLLOWING` of each earlier attack, fading by `FADING` a day.
    """
    counts = np.zeros((draws, days))
    following = np.full(draws, TRUE_RATE - BY_ITSELF)
    for day in range(days):
        counts[:, day] = rng.poisson(BY_ITSELF + following)
        following += FADING * (SHARE_FOLLOWING * counts[:, day] - following)
    return counts


def plant(counts: pd.Series, dates: Sequence[pd.Timestamp], ratio: float, seed: int = 1) -> pd.Series:
    """Return *counts* with attacks added on the `WINDOW` days from each date on, as many as a rate *ratio* times higher.

    What is added is Poisson, with mean (ratio - 1) times the mean rate of *counts*.
    """
    rng = np.random.default_rng(seed)
    after = pd.DatetimeIndex(np.concatenate([pd.date_range(day, periods=WINDOW) for day in dates])).unique()
    planted = counts.copy()
    planted[after] += rng.poisson((ratio - 1) * float(counts.mean()), len(after))
    return planted


def after_bursts(counts: pd.Series, most: int = 6) -> list[pd.Timestamp]:
    """Return the days that follow the *most* busiest weeks of *counts*, at least `APART` days from each other."""
    run_up = counts.rolling(7).sum().shift(1).iloc[60:-60]
    chosen: list[pd.Timestamp] = []
    for day in run_up.sort_values(ascending=False, kind="stable").index:
        if len(chosen) < most and all(abs((day - other).days) >= APART for other in chosen):
            chosen.append(day)
    return sorted(chosen)


def by_run_up(counts: pd.Series, window: int = 28) -> list[dict[str, object]]:
    """Return, for days with no, few or many attacks in the week before, the rates before and on the *window* days after."""
    before = counts.rolling(7).sum().shift(1)
    after = counts[::-1].rolling(window).sum()[::-1]
    known = before.notna() & after.notna()
    groups = {"0": before == 0, "1–2": before.between(1, 2), "3–5": before.between(3, 5), "6 or more": before >= 6}
    return [
        {
            "attacks in the week before": label,
            "days of the series": int((chosen & known).sum()),
            "per 30 days, before": float(before[chosen & known].mean() / 7 * 30),
            "per 30 days, after": float(after[chosen & known].mean() / window * 30),
        }
        for label, chosen in groups.items()
        if (chosen & known).any()
    ]


def read(name: str) -> pd.Series:
    """Return the daily counts of the made-up series *name* from its file, every day known."""
    if name not in SERIES:
        raise ValueError(f"made-up series: found {name!r}; allowed: {', '.join(SERIES)}")
    return read_counts(_folder() / f"made-up-{name}.csv")


def dates() -> list[pd.Timestamp]:
    """Return the made-up dates, from their file."""
    return list(read_events(_folder() / "made-up-dates.csv")["date_start"])


def write(folder: Path) -> None:
    """Write both series and the dates to *folder*, as they lie in ``data/class/``."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in SERIES:
        counts = make(name).astype(int).rename("count").reset_index()
        write_csv(counts.assign(date=counts["date"].dt.strftime("%Y-%m-%d")), folder / f"made-up-{name}.csv")
    days = [f"{day:%Y-%m-%d}" for day in make_dates()]
    events = pd.DataFrame({"event_id": [f"made-up-{place:02d}" for place in range(1, len(days) + 1)], "date": days})
    write_csv(events, folder / "made-up-dates.csv")


def weekly(name: str) -> Figure:
    """The made-up series *name* by week, its made-up dates marked."""
    counts, days = read(name), dates()
    by_week = counts.resample("W-MON", label="left", closed="left").sum()
    with canvas(2.0) as (figure, axes):
        axes.bar(pd.DatetimeIndex(by_week.index) + pd.Timedelta(days=3), by_week, width=6, color=theme.BLUE)
        for day in days:
            axes.axvline(day, color=theme.ORANGE, linewidth=0.9, linestyle=(0, (3, 2)), zorder=0)
        year_axis(axes, counts.index[0], counts.index[-1])
        axes.set_ylabel("attacks a week")
    quiet, most = int((by_week == 0).sum()), int(by_week.max())
    return Figure(
        f"fig-class-{name}",
        f"{_MARK}, “{name}”: {plural(int(counts.sum()), 'attack')} in {plural(len(counts), 'day')}; {number(quiet)} weeks without any, the busiest with {most}",
        figure,
        by_week.rename("attacks").reset_index().assign(series=name),
        f"Bars of made-up attacks a week in the series {name}, 2061 to 2064, in bursts: {quiet} of {len(by_week)} weeks have none, the busiest {most}. "
        f"Broken lines mark {plural(len(days), 'made-up date')}.",
        f"{_MARK}: no attack here ever happened. Broken lines: the {len(days)} made-up dates. Source: data/class/.",
    )


def table(rows: Sequence[Mapping[str, object]], title: str, caption: str = "") -> Table:
    """Show *rows* as a table of the report; numbers are rounded as the report rounds them."""
    frame = pd.DataFrame([{key: _worded(value) for key, value in row.items()} for row in rows])
    numeric = {key for row in rows for key, value in row.items() if isinstance(value, float | int)}
    return Table(f"tab-class-{slug(title)}", title, frame, caption, align=dict.fromkeys(numeric, "right"))


def rate_row(what: str, found: Rate) -> dict[str, object]:
    """One row of `table` for a rate: attacks, days, and attacks per 30 days with its interval."""
    return {
        "what": what,
        "attacks": found.count,
        "days": found.days,
        "per 30 days": found.rate,
        "low": found.low,
        "high": found.high,
    }


def test_row(what: str, result: Result) -> dict[str, object]:
    """One row of `table` for a test: attacks before and after, ratio, the naive and the placebo p-value."""
    return {
        "what": what,
        "before": result.before,
        "after": result.after,
        "ratio": result.estimate,
        "naive p": _p(result.p),
        "placebo p": _p(result.p_judged),
    }


def claim_and_denial(report: Study) -> Table | Prose:
    """The mentions of one attack that somebody claims and somebody denies: of those there are, the one with the fewest."""
    stances = report.mentions.groupby("incident_id")["stance"].agg(set)
    both = [name for name, told in stances.items() if {"claims", "denies"} <= told]
    mentions = report.mentions[report.mentions["incident_id"].isin(both)]
    if mentions.empty:
        return Prose("No attack in scope is both claimed and denied.", "notice")
    counted = mentions["incident_id"].value_counts().sort_index()
    chosen = mentions[mentions["incident_id"] == counted.idxmin()].merge(report.tables.sources, on="source_id")
    rows = [
        {
            "document": f"{one['publisher']}, {dated(one['published'])}",
            "stance": coded(one["stance"]),
            "date": span(one["date_start"], one["date_end"]),
            "place": one["place_name"],
            "weapon": coded(one["weapon"]),
            "claimed by": coded(one["claimed_by"]),
            "coder's note": one["note_x"] if "note_x" in one else one["note"],
        }
        for one in chosen.to_dict("records")
    ]
    return table(rows, "What the documents say of one attack")


def close_calls(report: Study) -> pd.DataFrame:
    """Return two pairs of mentions that the machine found hard: the one it joined and the one it kept apart most narrowly."""
    pairs = report.links.pairs
    nearest = pairs.assign(apart=pairs["score"].abs()).sort_values(["apart", "mention_id_a", "mention_id_b"])
    joined = nearest[nearest["linked"] & (nearest["score"] > 0)]
    apart = nearest[~nearest["linked"] & (nearest["score"] < 0)]
    return pd.concat([joined.head(1), apart.head(1)], ignore_index=True)


def pair(report: Study, number_of_pair: int) -> Table | Prose:
    """The two mentions of one of the `close_calls` (1 or 2) side by side, without the machine's answer."""
    calls = close_calls(report)
    if len(calls) < number_of_pair:
        return Prose("The mentions in scope are too few for this exercise.", "notice")
    row = calls.iloc[number_of_pair - 1]
    wanted = [row["mention_id_a"], row["mention_id_b"]]
    found = report.mentions.set_index("mention_id").loc[wanted]
    return table(
        [
            {
                "mention": mention,
                "date": span(one["date_start"], one["date_end"]),
                "place": one["place_name"],
                "weapon": coded(one["weapon"]),
                "states": stated(one.to_dict()),
                "claimed by": coded(one["claimed_by"]),
            }
            for mention, one in found.iterrows()
        ],
        f"Pair {number_of_pair}: one attack or two?",
    )


def close_call_reasons(report: Study) -> Table | Prose:
    """What the machine decided on each of the `close_calls`, with its points and its reasons."""
    calls = close_calls(report)
    if calls.empty:
        return Prose("The mentions in scope are too few for this exercise.", "notice")
    rows = [
        {
            "pair": str(place),
            "decided": "one attack" if call["linked"] else "two attacks",
            "points": float(call["score"]),
            "reasons": call["reasons"],
        }
        for place, call in enumerate(calls.to_dict("records"), start=1)
    ]
    return table(rows, "What the machine decided on the two pairs")


def _folder() -> Path:
    return study.find_root() / "data" / FOLDER


def _days() -> pd.DatetimeIndex:
    return pd.date_range(START, periods=DAYS, name="date")


def _p(p: float | None) -> str:
    return "–" if p is None else probability(p)


def _worded(value: object) -> object:
    if value is None or value != value:
        return None
    if isinstance(value, float):
        return number(value) if value.is_integer() else significant(value)
    return number(value) if isinstance(value, int) else value


if __name__ == "__main__":
    write(_folder())
