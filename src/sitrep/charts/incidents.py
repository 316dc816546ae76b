"""Figures of what came in: coverage over time, and how well each year's incidents are attested."""

import numpy as np
import pandas as pd
from matplotlib.patches import Patch

from sitrep import theme
from sitrep.charts.canvas import NARROW, NothingToDrawError, canvas, year_axis
from sitrep.content import Figure
from sitrep.reconcile import STATUSES
from sitrep.wording import coded, day, listing, plural, span

LEVEL_COLOURS = {"full": theme.BLUE, "quiet": theme.SKY, "thin": theme.MISSING}
LEVEL_WORDS = {
    "full": "searched as well as elsewhere",
    "quiet": "attacks said to have stopped",
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
    title = f"Coverage is thin on {int(days.get('thin', 0)):,} of {plural(len(level), 'day')} ({share:.0%})"
    alt = f"Bar of the period in three kinds of coverage. Thin: {listing(thin) or 'none'}. Quiet: " + (
        listing(span(first, last) for first, last, of in spans if of == "quiet") or "none"
    )
    data = pd.DataFrame(spans, columns=["date_start", "date_end", "level"]).merge(
        table.drop(columns=["date_end", "level"]), on="date_start", how="left"
    )
    caption = "A quiet day counts as zero; a thin one is missing, unless the report's parameters say zero. Source: the table coverage.csv, which says why for each period."
    return Figure(name, title, figure, data, alt + ".", caption)


def attestation(incidents: pd.DataFrame, name: str = "fig-attestation") -> Figure:
    """Incidents by year and status: how much rests on the attacker's word alone."""
    if incidents.empty:
        raise NothingToDrawError(f"{name}: no incident to show")
    table = pd.crosstab(incidents["date"].dt.year.rename("year"), incidents["status"])
    table = table[[status for status in STATUSES if status in table]]
    with canvas(0.75 + 0.3 * len(table)) as (figure, axes):
        left = np.zeros(len(table))
        for status, values in table.items():
            axes.barh(table.index.astype(str), values, left=left, color=STATUS_COLOURS[str(status)], height=0.68)
            left += values.to_numpy()
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
        keys = [Patch(color=STATUS_COLOURS[str(status)], label=coded(status)) for status in table]
        figure.legend(handles=keys, loc="outside upper center", ncols=2 if figure.get_figwidth() < NARROW else 5)
    claimed, confirmed = ((incidents["status"] == status).sum() for status in ("claimed_only", "confirmed"))
    title = f"{claimed:,} of {plural(len(incidents), 'incident')} {'rests' if claimed == 1 else 'rest'} on the attacker's word alone; "
    title += f"{'an official source confirms' if confirmed == 1 else 'official sources confirm'} {confirmed:,} in our mentions"
    alt = "Bars of incidents by year and status: " + "; ".join(
        f"{year}: " + listing(f"{coded(status)} {n}" for status, n in row.items() if n)
        for year, row in zip(table.index, table.to_dict("records"), strict=True)
    )
    caption = "Confirmed: an official source itself is among the mentions. Reported is not confirmed. Contested: somebody denies it."
    return Figure(name, title, figure, table.reset_index(), alt + ".", caption)


def last_day(incidents: pd.DataFrame) -> str:
    """The day of the latest incident, in words."""
    return day(incidents["date"].max())
