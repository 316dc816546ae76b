"""Figures of escalation: the days around a date, rate ratios beside each other, and superposed epochs."""

from collections.abc import Callable, Mapping, Sequence
from textwrap import shorten

import matplotlib.transforms as mtransforms
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from sitrep import theme
from sitrep.charts.canvas import NothingToDrawError, canvas, hatch_thin
from sitrep.content import Figure
from sitrep.escalation import Result, to_frame
from sitrep.escalation.epochs import Epochs
from sitrep.escalation.follow import Follow
from sitrep.escalation.goodness import Goodness
from sitrep.escalation.interruption import Interruption
from sitrep.escalation.multiverse import Curve
from sitrep.escalation.rates import ErrorRate
from sitrep.wording import listing, number, plural, probability, significant

#: Ratios beyond these are drawn as arrows at the edge of the axis.
SMALLEST, LARGEST = 1 / 16, 16

STATUS_WORDS = {
    "tested": "tested",
    "drawn": "drawn, not tested",
    "uninformative": "no attack before or after",
    "refused": "too few known days",
}


def years(
    series: pd.Series,
    level: pd.Series,
    results: Sequence[Result],
    window: int,
    baseline: int,
    what: str,
    name: str = "fig-anniversary-days",
) -> Figure:
    """Daily counts around each anniversary, one strip a year; *results* hold one date each (`escalation.each_date`)."""
    days = [pd.Timestamp(result.dates[0]) for result in results if result.dates]
    kept = [result for result in results if result.dates]
    rows = []
    tallest = max(1.0, max(_around(series, date, baseline, window).max() for date in days))
    with canvas(0.55 + 0.62 * len(days), rows=len(days), sharey=True, squeeze=False) as (figure, grid):
        for axes, date, result in zip(grid[:, 0], days, kept, strict=True):
            part = _around(series, date, baseline, window)
            lags, days_shown = np.arange(-baseline, window), pd.DatetimeIndex(part.index)
            is_after = lags >= 0
            hatched = level.reindex(part.index, fill_value="thin").set_axis(part.index)
            hatch_thin(axes, hatched, label=None)
            axes.axvspan(date, date + pd.Timedelta(days=window), color=theme.SKY, alpha=0.25, linewidth=0)
            for mask, colour in ((~is_after, theme.GREY), (is_after, theme.BLUE)):
                axes.bar(days_shown[mask] + pd.Timedelta(hours=12), part[mask], width=0.8, color=colour)
            axes.set_xlim(date - pd.Timedelta(days=baseline), date + pd.Timedelta(days=window))
            axes.set_ylim(0, tallest * 1.1)
            axes.yaxis.get_major_locator().set_params(integer=True, nbins=3)
            ticks = list(range(-(baseline // 7) * 7, window + 1, 7))
            last = axes is grid[-1, 0]
            axes.set_xticks(
                [date + pd.Timedelta(days=lag) for lag in ticks],
                [f"{lag:+d}" if lag else "0" for lag in ticks] if last else [],
            )
            axes.set_ylabel(str(date.year), rotation=0, ha="right", va="center", fontweight="bold", labelpad=8)
            axes.annotate(_beside(result), (1.01, 0.5), xycoords="axes fraction", va="center", fontsize=7.5)
            rows.append(pd.DataFrame({"year": date.year, "lag": lags, "date": part.index, "attacks": part.to_numpy()}))
        grid[-1, 0].set_xlabel(f"days from {what}")
        keys = [
            Patch(color=theme.GREY, label=f"{baseline} days before"),
            Patch(color=theme.BLUE, label=f"{window} days from the date on"),
            Patch(facecolor=theme.MISSING, edgecolor=theme.GREY, hatch="////", linewidth=0, label="coverage thin"),
        ]
        figure.legend(handles=keys, loc="outside upper left", ncols=3)
    data = pd.concat(rows, ignore_index=True)
    after = {date.year: r.after or 0 for date, r in zip(days, kept, strict=True)}
    total = sum(after.values())
    most = max(after, key=lambda year: after[year])
    known = sum(1 for r in kept if r.status != "refused")
    title = f"{plural(int(total), 'attack')} in the {plural(window, 'day')} from {what} on, over {plural(known, 'year')} with enough known days"
    if total and len(after) > 1:
        title += f"; {number(after[most])} of them in {most}"
    alt = f"Daily attacks around {what}, one strip a year: " + "; ".join(f"{r.dates[0][:4]} {_beside(r)}" for r in kept)
    caption = (
        "Attacks that count, by day. Right: attacks before and after with the known days of each. Years differ in how much attacks "
        "cluster, so a count by eye is no test."
    )
    return Figure(name, title, figure, data, alt.replace("\n", ", ") + ".", caption)


def _around(series: pd.Series, date: pd.Timestamp, baseline: int, window: int) -> pd.Series:
    days = pd.date_range(date - pd.Timedelta(days=baseline), date + pd.Timedelta(days=window - 1), freq="D")
    return series.reindex(days)


def _beside(result: Result) -> str:
    if result.after is None or result.before is None:
        return "not enough known days"
    return f"before {number(result.before)} in {number(result.days_before or 0)} d\nafter {number(result.after)} in {number(result.days_after or 0)} d"


def forest(
    results: Sequence[Result],
    title: str,
    caption: str,
    name: str = "fig-forest",
    labels: Sequence[str] | None = None,
    placebo: bool = True,
) -> Figure:
    """Rate ratios beside each other on a log scale, with exact intervals; what was not tested stands as words.

    With *placebo* the placebo p-value (adjusted where several were tested) stands at the right, and a grey bar shows the
    middle 95% of the same ratio at the placebo dates.
    """
    names = list(labels) if labels is not None else [result.label for result in results]
    with canvas(0.8 + 0.31 * len(results)) as (figure, axes):
        # the words at the right have a margin of their own: the layout must not shrink the axes for them twice
        width = figure.get_figwidth()
        figure.set_layout_engine("constrained", rect=(0, 0, 1 - (1.5 if placebo else 0.87) / width, 1))
        axes.axvline(1, color=theme.MUTED, linewidth=0.9, zorder=1)
        side = mtransforms.blended_transform_factory(figure.transFigure, axes.transData)
        last = 1 - 0.8 / width
        columns: dict[float, tuple[str, Callable[[Result], str]]] = {last: ("before\n→ after", _counts_words)}
        if placebo:
            columns = {1 - 1.44 / width: columns[last], last: ("p [error rate]\n(adjusted)", _p_cell)}
        for row, result in enumerate(results):
            _forest_row(axes, row, result, placebo)
        for at, (head, words) in columns.items():
            texts = [axes.text(at, -0.9, head, transform=side, va="center", fontsize=7, fontweight="bold")]
            texts += [
                axes.text(at, row, words(result), transform=side, va="center", fontsize=7, linespacing=1.05)
                for row, result in enumerate(results)
            ]
            for text in texts:
                text.set_in_layout(False)
        axes.set_xscale("log")
        axes.set_xlim(SMALLEST / 1.15, LARGEST * 1.15)
        ticks = [1 / 16, 1 / 4, 1, 4, 16]
        axes.set_xticks(ticks, ["1/16", "1/4", "1", "4", "16"])
        axes.set_xticks([], minor=True)
        axes.set_yticks(range(len(results)), [_wrap(text) for text in names])
        axes.set_ylim(len(results) - 0.4, -1.3)
        axes.grid(visible=False)
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel("rate after / rate before (log scale)")
    alt = f"Forest plot of {plural(len(results), 'rate ratio')}: " + "; ".join(
        f"{text}: {_in_words(result)}" for text, result in zip(names, results, strict=True)
    )
    return Figure(name, title, figure, to_frame(results), alt + ".", caption)


def _forest_row(axes: Axes, row: int, result: Result, placebo: bool) -> None:
    if result.estimate is None or result.status in ("uninformative", "refused"):
        blank = {"facecolor": theme.PAPER, "edgecolor": "none", "pad": 1}
        axes.text(
            1,
            row,
            f" {STATUS_WORDS[result.status]} ",
            ha="center",
            va="center",
            fontsize=7.5,
            color=theme.MUTED,
            bbox=blank,
        )
        return
    if placebo and result.placebo_low is not None and result.placebo_high is not None:
        low, high = (
            float(np.clip(edge, SMALLEST / 1.15, LARGEST * 1.15)) for edge in (result.placebo_low, result.placebo_high)
        )
        axes.barh(row, high - low, left=low, height=0.62, color=theme.GREY, alpha=0.3, linewidth=0, zorder=0)
    colour = theme.ORANGE if result.confirmatory else theme.BLUE
    low = max(result.low or SMALLEST / 1.15, SMALLEST / 1.15)
    high = min(result.high if result.high is not None else LARGEST, LARGEST * 1.15)
    axes.plot([low, high], [row, row], color=colour, linewidth=1.3, solid_capstyle="butt")
    inside = SMALLEST <= result.estimate <= LARGEST
    at = min(max(result.estimate, SMALLEST), LARGEST)
    mark = "o" if inside else ">" if result.estimate > 1 else "<"
    tested = result.status == "tested"
    axes.plot(at, row, mark, color=colour, markersize=5.5, markerfacecolor=colour if tested else theme.PAPER, zorder=3)


def _counts_words(result: Result) -> str:
    if result.after is None or result.before is None:
        return "–"
    return f"{number(result.before)} → {number(result.after)}"


def _p_cell(result: Result) -> str:
    """The p relied on with its error rate, and below it the adjusted one."""
    if result.p_judged is None:
        return "–"
    rate = "" if result.false_positive_rate is None else f" [{result.false_positive_rate:.0%}]"
    adjusted = "" if result.p_adjusted is None else f"\n({probability(result.p_adjusted)})"
    return f"{probability(result.p_judged)}{rate}{adjusted}"


def _p_with_rate(p: float, error: ErrorRate | None) -> str:
    """A p-value in a title, with the measured error rate of its test."""
    if error is None or error.rate is None:
        return f"p = {probability(p)}; error rate not known"
    return f"p = {probability(p)}; error rate {error.rate:.0%}{'' if error.qualifies else ', not relied on'}"


def _in_words(result: Result) -> str:
    counts = _counts_words(result).replace("→", "before,") + " after" if result.after is not None else ""
    if result.estimate is None or result.status in ("uninformative", "refused"):
        return f"{STATUS_WORDS[result.status]}"
    ratio = f"ratio {significant(result.estimate)}"
    p = "" if result.p_judged is None else f", placebo p {probability(result.p_judged)}"
    return f"{counts}, {ratio}{p}" + ("" if result.status == "tested" else ", not tested")


def _wrap(text: str, width: int = 38) -> str:
    """Break a long label once, at the space nearest to its middle."""
    if len(text) <= width:
        return text
    spaces = [at for at, letter in enumerate(text) if letter == " "]
    cut = min(spaces, key=lambda at: abs(at - len(text) / 2))
    return text[:cut] + "\n" + text[cut + 1 :]


def epochs(result: Epochs, what: str, name: str = "fig-epochs") -> Figure:
    """Mean daily attacks by days from the dates, with what sets of other dates give."""
    table = result.table
    with canvas(2.9) as (figure, axes):
        if table["envelope_high"].notna().any():
            axes.fill_between(
                table["lag"], table["envelope_low"], table["envelope_high"], color=theme.GREY, alpha=0.18, linewidth=0
            )
            axes.fill_between(
                table["lag"], table["placebo_low"], table["placebo_high"], color=theme.GREY, alpha=0.3, linewidth=0
            )
            axes.plot(table["lag"], table["placebo_mean"], color=theme.MUTED, linewidth=1, linestyle=(0, (4, 2)))
        if table["low"].notna().any():
            axes.fill_between(table["lag"], table["low"], table["high"], color=theme.BLUE, alpha=0.2, linewidth=0)
        axes.plot(table["lag"], table["mean"], color=theme.BLUE, marker="o", markersize=2.5, linewidth=1.2)
        axes.axvline(0, color=theme.MUTED, linewidth=0.9, linestyle=(0, (3, 2)))
        axes.set_xlim(table["lag"].min(), table["lag"].max())
        axes.set_ylim(0, None)
        axes.set_xlabel(f"days from {what}")
        axes.set_ylabel("mean attacks a day")
        keys = [
            Patch(color=theme.BLUE, alpha=0.9, label="observed, with bootstrap band"),
            Patch(color=theme.GREY, alpha=0.55, label="other dates, 95% day by day"),
            Patch(color=theme.GREY, alpha=0.2, label="95% of all days together"),
        ]
        figure.legend(handles=keys, loc="outside upper center", ncols=3)
    if result.p_placebo is None:
        title = f"Mean daily attacks around {what}: no placebo envelope could be drawn"
    elif not result.outside:
        title = f"Around {what} the mean daily count stays inside what sets of other dates give ({_p_with_rate(result.p_placebo, result.error)})"
    else:
        lags = ", ".join(f"{lag:+d}" for lag in result.outside)
        title = f"Around {what} the mean daily count leaves the envelope of other dates on day {lags} ({_p_with_rate(result.p_placebo, result.error)})"
    peak = table.sort_values("mean", kind="stable").iloc[-1]
    before, after = table[table["lag"] < 0]["mean"].mean(), table[table["lag"] >= 0]["mean"].mean()
    alt = (
        f"Line of mean daily attacks from {table['lag'].min():.0f} to {table['lag'].max():+.0f} days around {what}: on average {number(before, 2)} a day before "
        f"and {number(after, 2)} from the date on; the highest day is {peak['lag']:+.0f} with {number(peak['mean'], 2)}. {result.sentence}"
    )
    caption = f"n = {plural(len(result.dates), 'date')}, {result.placebo_sets:,} placebo sets: all dates moved together by up to half a year. {' '.join(result.assumptions)}"
    return Figure(name, title, figure, table, alt, caption)


def specification_curve(curve: Curve, what: str, name: str = "fig-curve") -> Figure:
    """Every specification's ratio in order, above; which choices made it, below (Simonsohn, Simmons and Nelson 2020)."""
    table = curve.table[curve.table["status"] == "tested"].reset_index(drop=True)
    if table.empty:
        raise NothingToDrawError(f"{name}: no specification has attacks on enough known days")
    choices = {"subset": "incidents", "window": "days after", "baseline": "days before", "pooling": "pooled by"}
    rows = [(column, value) for column in choices for value in dict.fromkeys(table.sort_values(column)[column])]
    heights = [2.2, 0.14 * len(rows) + 0.3]
    with canvas(sum(heights) + 0.4, rows=2, sharex=True, height_ratios=heights) as (figure, (above, below)):
        x = np.arange(len(table))
        if curve.placebo_low is not None and curve.placebo_high is not None:
            above.axhspan(curve.placebo_low, curve.placebo_high, color=theme.GREY, alpha=0.2, linewidth=0)
        above.axhline(1, color=theme.MUTED, linewidth=0.9)
        if curve.median is not None:
            above.axhline(curve.median, color=theme.ORANGE, linewidth=1, linestyle=(0, (4, 2)))
        alone = table["p_placebo"] <= 0.05
        above.plot(x[~alone], table["ratio"][~alone], "o", color=theme.BLUE, markersize=2.6)
        above.plot(x[alone], table["ratio"][alone], "o", color=theme.ORANGE, markersize=3.4)
        above.set_yscale("log")
        ticks = [1 / 4, 1 / 2, 1, 2, 4, 8]
        above.set_yticks(ticks, ["1/4", "1/2", "1", "2", "4", "8"])
        above.set_yticks([], minor=True)
        edges = [table["ratio"].min(), table["ratio"].max(), curve.placebo_low or 1, curve.placebo_high or 1]
        above.set_ylim(min(edges) * 0.9, max(edges) * 1.1)
        above.set_ylabel("rate ratio")
        for position, (column, value) in enumerate(rows):
            chosen = (table[column] == value).to_numpy()
            below.plot(
                x[chosen], np.full(chosen.sum(), position), "|", color=theme.INK, markersize=4.5, markeredgewidth=0.7
            )
        below.set_yticks(range(len(rows)), [_choice(column, value) for column, value in rows], fontsize=7)
        below.set_ylim(len(rows) - 0.5, -0.5)
        below.grid(visible=False)
        below.tick_params(axis="y", length=0)
        below.set_xlim(-1, len(table))
        below.set_xlabel("specifications, in order of their ratio")
    above_one = int((table["ratio"] > 1).sum())
    joint = "" if curve.p_joint is None else f" (joint {_p_with_rate(curve.p_joint, curve.error)})"
    title = f"{above_one:,} of {plural(len(table), 'way')} of counting give a ratio above one; their median is {significant(curve.median or 0)}{joint}"
    alt = f"Specification curve around {what}: ratios from {significant(table['ratio'].min())} to {significant(table['ratio'].max())}. {curve.sentence}"
    caption = (
        "Each point is one way of counting, its choices below it. Grey band: the middle 95% of the median at other sets of dates; dashed: the median here. The "
        "ways share most of their attacks, so that many points on one side are no more evidence than a few: the joint p-value is of the whole curve."
    )
    return Figure(name, title, figure, curve.table, alt, caption)


def _choice(column: str, value: object) -> str:
    words = {"summed": "summed counts", "mean_log_ratio": "mean of log ratios"}
    if column in ("window", "baseline"):
        return f"{value} days {'after' if column == 'window' else 'before'}"
    return words.get(str(value), str(value))


def follow(after_strikes: Follow, after_attacks: Follow, name: str = "fig-follow") -> Figure:
    """Attack, strike, attack on one axis: strikes after attacks to the left, attacks after strikes to the right."""
    if after_strikes.table.empty or after_attacks.table.empty:
        raise NothingToDrawError(f"{name}: no strike and no attack to follow")
    left = after_attacks.table.assign(lag=-after_attacks.table["lag"], what="US strikes after an attack").iloc[::-1]
    right = after_strikes.table.assign(what="attacks after a US strike")
    with canvas(2.7) as (figure, axes):
        for side, colour in ((left, theme.ORANGE), (right, theme.BLUE)):
            axes.fill_between(
                side["lag"], side["placebo_low"], side["placebo_high"], color=theme.GREY, alpha=0.25, linewidth=0
            )
            axes.plot(side["lag"], side["ratio"], color=colour, marker="o", markersize=3)
        axes.axhline(1, color=theme.MUTED, linewidth=0.9)
        axes.axvline(0, color=theme.MUTED, linewidth=0.9, linestyle=(0, (3, 2)))
        tallest = max(float(part[column].max()) for part in (left, right) for column in ("ratio", "placebo_high"))
        axes.set_ylim(0, tallest * 1.22)
        axes.set_xlim(left["lag"].min() - 0.5, right["lag"].max() + 0.5)
        for x, words, align in (
            (-0.4, "attack first, then strike", "right"),
            (0.4, "strike first, then attack", "left"),
        ):
            axes.text(x, tallest * 1.14, words, ha=align, va="center", fontsize=8, fontweight="bold")
        axes.set_xlabel("days from the US strike to the attack")
        axes.set_ylabel("times the usual rate")
        axes.xaxis.get_major_locator().set_params(integer=True)
    told = [
        f"{what} {significant(one.ratio)} times as often as usual"
        for what, one in (("US strikes after attacks", after_attacks), ("attacks after US strikes", after_strikes))
        if one.ratio is not None
    ]
    days = max(len(left), len(right))
    title = (
        f"In the {days} days after the other: {listing(told)}"
        if told
        else "Too few strikes or attacks to say what follows what"
    )
    alt = (
        f"Ratio to the usual rate by days between attack and strike. US strikes after an attack: {after_attacks.sentence} "
        f"Attacks after a US strike: {after_strikes.sentence}"
    )
    caption = (
        f"Left, orange: the rate of US strikes so many days after a day with an attack (n = {number(after_attacks.leads)} such days). Right, blue: the rate of "
        f"attacks so many days after a strike (n = {number(after_strikes.leads)}). Grey: the middle 95% when one series is moved past the other in a circle, each "
        "keeping its own clustering. Strikes answer attacks and both fall into the same campaigns, so that neither side shows what caused what."
    )
    return Figure(name, title, figure, pd.concat([left, right], ignore_index=True), alt, caption)


def interruptions(
    series: pd.Series, found: Sequence[Interruption], names: Mapping[str, str], name: str = "fig-interrupted"
) -> Figure:
    """Observed, fitted, and what the line before would have gone on to, around each date at which a step could be fitted.

    *names*: what happened, by date. Observed are means of seven days, counted from the date either way.
    """
    told = [one for one in found if one.status == "tested"]
    if not told:
        raise NothingToDrawError(f"{name}: around no date named beforehand are there attacks enough on both sides")
    rows = -(-len(told) // 2)
    parts = []
    with canvas(0.55 + 1.45 * rows, rows=rows, columns=min(2, len(told)), squeeze=False) as (figure, grid):
        for axes, one in zip(grid.flat, told, strict=False):
            day = pd.Timestamp(one.date)
            part = interrupted_days(series, one)
            weeks = part.groupby(part["lag"] // 7)["attacks"].mean()
            axes.bar(weeks.index * 7 + 3.5, weeks, width=6.2, color=theme.GREY, alpha=0.45, linewidth=0)
            after = part["lag"] >= 0
            axes.plot(part["lag"][~after], part["fitted"][~after], color=theme.BLUE, linewidth=1.3)
            axes.plot(part["lag"][after], part["fitted"][after], color=theme.BLUE, linewidth=1.3)
            axes.plot(
                part["lag"][after], part["without"][after], color=theme.ORANGE, linewidth=1.2, linestyle=(0, (4, 2))
            )
            axes.axvline(0, color=theme.MUTED, linewidth=0.9, linestyle=(0, (3, 2)))
            axes.set_ylim(0, max(float(weeks.max()), 0.1) * 1.15)
            axes.set_xlim(part["lag"].min(), part["lag"].max() + 1)
            axes.set_xticks(range(-180, 181, 90) if part["lag"].min() <= -180 else axes.get_xticks())
            axes.set_title(
                _wrap(f"{shorten(names.get(one.date, ''), 58, placeholder=' …')}, {day.day} {day:%b %Y}", 40),
                fontsize=7.5,
            )
            parts.append(part.assign(date=one.date))
        for axes in list(grid.flat)[len(told) :]:
            axes.set_visible(False)
        for axes in grid[-1]:
            axes.set_xlabel("days from the date")
        for axes in grid[:, 0]:
            axes.set_ylabel("attacks a day")
        keys = [
            Patch(color=theme.GREY, alpha=0.45, label="observed, mean of seven known days"),
            Line2D([], [], color=theme.BLUE, label="fitted"),
            Line2D([], [], color=theme.ORANGE, linestyle=(0, (4, 2)), label="the line before, gone on"),
        ]
        figure.legend(handles=keys, loc="outside upper center", ncols=3)
    ranked = [one for one in told if one.p_placebo is not None]
    out = sum((one.p_placebo or 0) <= 0.05 for one in ranked)
    title = f"A step can be fitted at {plural(len(told), 'date')}; " + (
        f"{number(out) if out else 'none'} of them {'stand' if out > 1 else 'stands'} out from the steps at other dates"
        if ranked
        else "there are too few other dates to say whether they are large"
    )
    alt = "Attacks a day around each date with a step and a change of slope fitted: " + "; ".join(
        f"{names.get(one.date, '')}, {one.date}: step {significant(one.step or 0)} times"
        + ("" if one.p_placebo is None else f", placebo p {probability(one.p_placebo)}")
        for one in told
    )
    caption = (
        "Negative-binomial regression with a trend, a step and a change of slope at the date, on the known days of half a year either side. The dashed line is what the "
        "trend before would have come to, not what would have happened: attacks come in campaigns, which no straight line goes on from. It may leave the panel."
    )
    return Figure(name, title, figure, pd.concat(parts, ignore_index=True), alt + ".", caption)


def interrupted_days(series: pd.Series, one: Interruption, span: int = 180) -> pd.DataFrame:
    """Per day around a fitted date: lag, attacks (missing where not known), fitted, and without the step and its slope."""
    ratio = one.table.set_index("term")["ratio"]
    days = pd.date_range(pd.Timestamp(one.date) - pd.Timedelta(days=span), periods=2 * span, name="day")
    lag = np.arange(-span, span)
    before = ratio["level"] * ratio["trend"] ** (lag / 30)
    change = np.where(lag >= 0, ratio["step"] * ratio["slope after"] ** (lag / 30), 1.0)
    return pd.DataFrame(
        {
            "day": days,
            "lag": lag,
            "attacks": series.reindex(days).to_numpy(),
            "fitted": before * change,
            "without": before,
        }
    )


def excitation_fit(fit: Goodness, name: str = "fig-excitation") -> Figure:
    """Whether the self-exciting model fits: its probability integral transform, and what memory it leaves in the residuals."""
    pit, table = fit.pit, fit.autocorrelation
    with canvas(2.5, columns=2) as (figure, (left, right)):
        left.bar(
            pit["low"],
            pit["share"],
            width=pit["high"] - pit["low"],
            align="edge",
            color=theme.SKY,
            edgecolor=theme.PAPER,
        )
        left.axhline(1 / len(pit), color=theme.MUTED, linewidth=0.9, linestyle=(0, (3, 2)))
        left.set_xlim(0, 1)
        left.set_xlabel("where the day falls in what was expected of it")
        left.set_ylabel("share of known days")
        right.axhspan(-fit.limit, fit.limit, color=theme.GREY, alpha=0.25, linewidth=0)
        right.axhline(0, color=theme.MUTED, linewidth=0.9)
        right.plot(table["lag"], table["counts"], color=theme.ORANGE, marker="o", markersize=2.5, label="daily counts")
        right.plot(
            table["lag"],
            table["residuals"],
            color=theme.BLUE,
            marker="o",
            markersize=2.5,
            label="what the model leaves",
        )
        right.set_xlabel("days apart")
        right.set_ylabel("autocorrelation")
        right.legend(loc="upper right")
    counts, residuals = fit.outside
    title = f"Beyond chance, days resemble earlier ones at {number(counts)} of {len(table)} distances; the self-exciting model leaves {number(residuals)}"
    alt = (
        f"Left: histogram of where each day falls in what the model expected of it; a tenth of the days in each tenth would be a perfect fit, and the shares run "
        f"from {pit['share'].min():.0%} to {pit['share'].max():.0%}. Right: autocorrelation of daily counts and of the residuals by days apart; at one day "
        f"{table['counts'].iloc[0]:.2f} and {table['residuals'].iloc[0]:.2f}, with chance limits of {fit.limit:.2f}."
    )
    caption = (
        f"n = {plural(fit.days, 'known day')}, each judged by the days before it only. Left: level bars are a good fit, a hump or raised ends are not. Right, grey: 95% of what "
        f"independent days give, so that one or two of {len(table)} distances lie outside by chance."
    )
    data = pd.concat(
        [pit.assign(what="transform"), table.assign(what="autocorrelation", limit=fit.limit)], ignore_index=True
    )
    return Figure(name, title, figure, data, alt, caption)
