"""Figures of what came in: coverage over time, and how well each year's incidents are attested."""

from functools import partial

import numpy as np
import pandas as pd
from matplotlib.patches import Patch

from sitrep import theme, words
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

_said = partial(words.said, "figures")


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
    title = _said(
        "coverage", "title", n=f"{int(days.get('thin', 0)):,}", days=plural(len(level), "day"), share=f"{share:.0%}"
    )
    alt = _said("coverage", "alt", n=listing(thin) or "none") + (
        listing(span(first, last) for first, last, of in spans if of == "quiet") or "none"
    )
    data = pd.DataFrame(spans, columns=["date_start", "date_end", "level"]).merge(
        table.drop(columns=["date_end", "level"]), on="date_start", how="left"
    )
    caption = _said("coverage", "caption")
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
    title = _said(
        "attestation",
        "title",
        claimed=f"{claimed:,}",
        incidents=plural(len(incidents), "incident"),
        word="rests" if claimed == 1 else "rest",
    )
    title += _said(
        "attestation",
        "title_2",
        word=_said("attestation", "word") if confirmed == 1 else _said("attestation", "word_2"),
        confirmed=f"{confirmed:,}",
    )
    alt = _said("attestation", "alt") + "; ".join(
        f"{year}: " + listing(f"{coded(status)} {n}" for status, n in row.items() if n)
        for year, row in zip(table.index, table.to_dict("records"), strict=True)
    )
    caption = _said("attestation", "caption")
    return Figure(name, title, figure, table.reset_index(), alt + ".", caption)


def last_day(incidents: pd.DataFrame) -> str:
    """The day of the latest incident, in words."""
    return day(incidents["date"].max())
