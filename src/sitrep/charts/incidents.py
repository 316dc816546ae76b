"""Figures of what came in: coverage over time, and how well each year's incidents are attested."""

import numpy as np
import pandas as pd
from matplotlib.patches import Patch

from sitrep import theme
from sitrep.charts.canvas import canvas, year_axis
from sitrep.content import Figure
from sitrep.reconcile import STATUSES
from sitrep.wording import coded, day, listing, plural, span

LEVEL_COLOURS = {"full": theme.BLUE, "quiet": theme.SKY, "thin": theme.MISSING}
LEVEL_WORDS = {
    "full": "searched and found as well as elsewhere",
    "quiet": "a source says that attacks had stopped",
    "thin": "not known",
}
STATUS_COLOURS = {
    "confirmed": "#08519c",
    "reported": "#6baed6",
    "claimed_only": theme.AMBER,
    "contested": theme.ORANGE,
    "denied": theme.GREY,
}


def coverage(level: pd.Series, table: pd.DataFrame, name: str = "fig-coverage") -> Figure:
    """One bar of the period, coloured by how well it is covered; *table* is the coverage table."""
    runs = (level != level.shift()).cumsum()
    spans = [(part.index[0], part.index[-1], str(part.iloc[0])) for _, part in level.groupby(runs)]
    with canvas(1.15) as (figure, axes):
        for first, last, name_of_level in spans:
            axes.axvspan(
                first,
                last + pd.Timedelta(days=1),
                facecolor=LEVEL_COLOURS[name_of_level],
                hatch="////" if name_of_level == "thin" else None,
                edgecolor=theme.GREY,
                linewidth=0,
            )
        year_axis(axes, level.index[0], level.index[-1])
        axes.set(ylim=(0, 1), yticks=[])
        axes.grid(visible=False)
        axes.spines["left"].set_visible(False)
        keys = [
            Patch(
                facecolor=colour,
                edgecolor=theme.GREY,
                linewidth=0,
                hatch="////" if key == "thin" else None,
                label=f"{key}: {LEVEL_WORDS[key]}",
            )
            for key, colour in LEVEL_COLOURS.items()
        ]
        figure.legend(handles=keys, loc="outside upper center", ncols=3)
    days = level.value_counts()
    share = days.get("thin", 0) / len(level)
    thin = [span(first, last) for first, last, of in spans if of == "thin"]
    title = f"{plural(int(days.get('thin', 0)), 'day')} of {len(level):,} ({share:.0%}) are thinly covered and left out of rates and tests"
    alt = f"Bar of the period in three kinds of coverage. Thin: {listing(thin) or 'none'}. Quiet: " + (
        listing(span(first, last) for first, last, of in spans if of == "quiet") or "none"
    )
    data = pd.DataFrame(spans, columns=["date_start", "date_end", "level"]).merge(
        table.drop(columns=["date_end", "level"]), on="date_start", how="left"
    )
    caption = (
        "A quiet day counts as zero, a thin one as missing. Source: data/coverage.csv, which says why for each period."
    )
    return Figure(name, title, figure, data, alt + ".", caption)


def attestation(incidents: pd.DataFrame, name: str = "fig-attestation") -> Figure:
    """Incidents by year and status: how much rests on the attacker's word alone."""
    years = sorted(incidents["date"].dt.year.unique())
    table = (
        incidents.assign(year=incidents["date"].dt.year)
        .pivot_table(index="year", columns="status", values="incident_id", aggfunc="count", fill_value=0)
        .reindex(columns=[status for status in STATUSES if status in set(incidents["status"])])
    )
    with canvas(0.75 + 0.3 * len(years)) as (figure, axes):
        left = np.zeros(len(table))
        for status in table:
            values = table[status].to_numpy()
            axes.barh(table.index.astype(str), values, left=left, color=STATUS_COLOURS[status], height=0.68)
            left += values
        for position, total in enumerate(left):
            axes.annotate(
                f"{total:,.0f}", (total, position), xytext=(3, 0), textcoords="offset points", va="center", fontsize=7.5
            )
        axes.invert_yaxis()
        axes.grid(visible=False)
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel("incidents")
        axes.set_xlim(0, max(left) * 1.08)
        axes.xaxis.get_major_locator().set_params(integer=True)
        keys = [Patch(color=STATUS_COLOURS[status], label=coded(status)) for status in table]
        figure.legend(handles=keys, loc="outside upper center", ncols=5)
    total = table.sum()
    claimed, confirmed = int(total.get("claimed_only", 0)), int(total.get("confirmed", 0))
    title = f"{claimed:,} of {plural(len(incidents), 'incident')} rest on the attacker's word alone; official sources confirm {confirmed:,} in our mentions"
    if not claimed and not confirmed:
        title = f"{plural(len(incidents), 'incident')}: none rests on the attacker's word alone, none is confirmed by an official source"
    alt = "Bars of incidents by year and status: " + "; ".join(
        f"{year}: " + listing(f"{coded(s)} {row[s]}" for s in table if row[s]) for year, row in table.iterrows()
    )
    caption = "Confirmed: an official source itself is among the mentions. Reported is not confirmed. Contested: somebody denies it."
    return Figure(name, title, figure, table.reset_index(), alt + ".", caption)


def last_day(incidents: pd.DataFrame) -> str:
    """The day of the latest incident, in words."""
    return day(incidents["date"].max())
