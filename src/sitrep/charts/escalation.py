"""Figures of escalation: the days around a date, rate ratios beside each other, and superposed epochs."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from textwrap import shorten

import matplotlib.transforms as mtransforms
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from sitrep import theme, words
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

_said = partial(words.said, "figures")


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
        grid[-1, 0].set_xlabel(_said("years", "x", what=what))
        keys = [
            Patch(color=theme.GREY, label=_said("years", "label", baseline=baseline)),
            Patch(color=theme.BLUE, label=_said("years", "label_2", window=window)),
            Patch(
                facecolor=theme.MISSING,
                edgecolor=theme.GREY,
                hatch="////",
                linewidth=0,
                label=_said("years", "label_3"),
            ),
        ]
        figure.legend(handles=keys, loc="outside upper left", ncols=3)
    data = pd.concat(rows, ignore_index=True)
    after = {date.year: r.after or 0 for date, r in zip(days, kept, strict=True)}
    total = sum(after.values())
    most = max(after, key=lambda year: after[year])
    known = sum(1 for r in kept if r.status != "refused")
    title = _said(
        "years",
        "title",
        attacks=plural(int(total), "attack"),
        days=plural(window, "day"),
        what=what,
        years=plural(known, "year"),
    )
    if total and len(after) > 1:
        title += _said("years", "title_2", n=number(after[most]), most=most)
    alt = _said("years", "alt", what=what) + "; ".join(f"{r.dates[0][:4]} {_beside(r)}" for r in kept)
    caption = _said("years", "caption")
    return Figure(name, title, figure, data, alt.replace("\n", ", ") + ".", caption)


def _around(series: pd.Series, date: pd.Timestamp, baseline: int, window: int) -> pd.Series:
    days = pd.date_range(date - pd.Timedelta(days=baseline), date + pd.Timedelta(days=window - 1), freq="D")
    return series.reindex(days)


def _beside(result: Result) -> str:
    if result.after is None or result.before is None:
        return _said("beside", "words")
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
            columns = {1 - 1.44 / width: columns[last], last: (_said("forest", "columns"), _p_cell)}
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
        axes.set_xlabel(_said("forest", "x"))
    alt = _said("forest", "alt", ratios=plural(len(results), _said("forest", "ratios"))) + "; ".join(
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
        return _said("p_with_rate", "words", p=probability(p))
    return _said(
        "p_with_rate",
        "words_2",
        p=probability(p),
        rate=f"{error.rate:.0%}",
        word="" if error.qualifies else _said("p_with_rate", "word"),
    )


def _in_words(result: Result) -> str:
    counts = _counts_words(result).replace("→", "before,") + " after" if result.after is not None else ""
    if result.estimate is None or result.status in ("uninformative", "refused"):
        return f"{STATUS_WORDS[result.status]}"
    ratio = f"ratio {significant(result.estimate)}"
    p = "" if result.p_judged is None else f", placebo p {probability(result.p_judged)}"
    return f"{counts}, {ratio}{p}" + ("" if result.status == "tested" else _said("in_words", "words"))


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
        axes.set_xlabel(_said("epochs", "x", what=what))
        axes.set_ylabel(_said("epochs", "y"))
        keys = [
            Patch(color=theme.BLUE, alpha=0.9, label=_said("epochs", "label")),
            Patch(color=theme.GREY, alpha=0.55, label=_said("epochs", "label_2")),
            Patch(color=theme.GREY, alpha=0.2, label=_said("epochs", "label_3")),
        ]
        figure.legend(handles=keys, loc="outside upper center", ncols=3)
    if result.p_placebo is None:
        title = _said("epochs", "title", what=what)
    elif not result.outside:
        title = _said("epochs", "title_2", what=what, p_with_rate=_p_with_rate(result.p_placebo, result.error))
    else:
        lags = ", ".join(f"{lag:+d}" for lag in result.outside)
        title = _said(
            "epochs", "title_3", what=what, lags=lags, p_with_rate=_p_with_rate(result.p_placebo, result.error)
        )
    peak = table.sort_values("mean", kind="stable").iloc[-1]
    before, after = table[table["lag"] < 0]["mean"].mean(), table[table["lag"] >= 0]["mean"].mean()
    alt = _said(
        "epochs",
        "alt",
        min=f"{table['lag'].min():.0f}",
        max=f"{table['lag'].max():+.0f}",
        what=what,
        n=number(before, 2),
        n_b=number(after, 2),
        lag=f"{peak['lag']:+.0f}",
        n_c=number(peak["mean"], 2),
        sentence=result.sentence,
    )
    caption = _said(
        "epochs",
        "caption",
        dates=plural(len(result.dates), "date"),
        placebo_sets=f"{result.placebo_sets:,}",
        told=" ".join(result.assumptions),
    )
    return Figure(name, title, figure, table, alt, caption)


def specification_curve(curve: Curve, what: str, name: str = "fig-curve") -> Figure:
    """Every specification's ratio in order, above; which choices made it, below (Simonsohn, Simmons and Nelson 2020)."""
    table = curve.table[curve.table["status"] == "tested"].reset_index(drop=True)
    if table.empty:
        raise NothingToDrawError(f"{name}: no specification has attacks on enough known days")
    choices = {
        "subset": "incidents",
        "window": _said("specification_curve", "choices"),
        "baseline": _said("specification_curve", "choices_2"),
        "pooling": _said("specification_curve", "choices_3"),
    }
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
        above.set_ylabel(_said("specification_curve", "y"))
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
        below.set_xlabel(_said("specification_curve", "x"))
    above_one = int((table["ratio"] > 1).sum())
    joint = "" if curve.p_joint is None else f" (joint {_p_with_rate(curve.p_joint, curve.error)})"
    title = _said(
        "specification_curve",
        "title",
        above_one=f"{above_one:,}",
        ways=plural(len(table), "way"),
        n=significant(curve.median or 0),
        joint=joint,
    )
    alt = _said(
        "specification_curve",
        "alt",
        what=what,
        n=significant(table["ratio"].min()),
        n_b=significant(table["ratio"].max()),
        sentence=curve.sentence,
    )
    caption = _said("specification_curve", "caption")
    return Figure(name, title, figure, curve.table, alt, caption)


def _choice(column: str, value: object) -> str:
    words = {"summed": _said("choice", "words"), "mean_log_ratio": _said("choice", "words_2")}
    if column in ("window", "baseline"):
        return f"{value} days {'after' if column == 'window' else 'before'}"
    return words.get(str(value), str(value))


def follow(after_strikes: Follow, after_attacks: Follow, name: str = "fig-follow") -> Figure:
    """Attack, strike, attack on one axis: strikes after attacks to the left, attacks after strikes to the right."""
    if after_strikes.table.empty or after_attacks.table.empty:
        raise NothingToDrawError(f"{name}: no strike and no attack to follow")
    left = after_attacks.table.assign(lag=-after_attacks.table["lag"], what=_said("follow", "what")).iloc[::-1]
    right = after_strikes.table.assign(what=_said("follow", "what_2"))
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
            (-0.4, _said("follow", "words"), "right"),
            (0.4, _said("follow", "words_2"), "left"),
        ):
            axes.text(x, tallest * 1.14, words, ha=align, va="center", fontsize=8, fontweight="bold")
        axes.set_xlabel(_said("follow", "x"))
        axes.set_ylabel(_said("follow", "y"))
        axes.xaxis.get_major_locator().set_params(integer=True)
    told = [
        _said("follow", "told", what=what, n=significant(one.ratio))
        for what, one in ((_said("follow", "told_2"), after_attacks), (_said("follow", "told_3"), after_strikes))
        if one.ratio is not None
    ]
    days = max(len(left), len(right))
    title = _said("follow", "title", days=days, list=listing(told)) if told else _said("follow", "title_2")
    alt = _said("follow", "alt", sentence=after_attacks.sentence, sentence_b=after_strikes.sentence)
    caption = _said("follow", "caption", n=number(after_attacks.leads), n_b=number(after_strikes.leads))
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
            axes.set_xlabel(_said("interruptions", "x"))
        for axes in grid[:, 0]:
            axes.set_ylabel("attacks a day")
        keys = [
            Patch(color=theme.GREY, alpha=0.45, label=_said("interruptions", "label")),
            Line2D([], [], color=theme.BLUE, label="fitted"),
            Line2D([], [], color=theme.ORANGE, linestyle=(0, (4, 2)), label=_said("interruptions", "label_2")),
        ]
        figure.legend(handles=keys, loc="outside upper center", ncols=3)
    ranked = [one for one in told if one.p_placebo is not None]
    out = sum((one.p_placebo or 0) <= 0.05 for one in ranked)
    title = _said("interruptions", "title", dates=plural(len(told), "date")) + (
        _said("interruptions", "title_2", n=number(out) if out else "none", word="stand" if out > 1 else "stands")
        if ranked
        else _said("interruptions", "title_3")
    )
    alt = _said("interruptions", "alt") + "; ".join(
        f"{names.get(one.date, '')}, {one.date}: step {significant(one.step or 0)} times"
        + ("" if one.p_placebo is None else f", placebo p {probability(one.p_placebo)}")
        for one in told
    )
    caption = _said("interruptions", "caption")
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
        left.set_xlabel(_said("excitation_fit", "x"))
        left.set_ylabel(_said("excitation_fit", "y"))
        right.axhspan(-fit.limit, fit.limit, color=theme.GREY, alpha=0.25, linewidth=0)
        right.axhline(0, color=theme.MUTED, linewidth=0.9)
        right.plot(
            table["lag"],
            table["counts"],
            color=theme.ORANGE,
            marker="o",
            markersize=2.5,
            label=_said("excitation_fit", "label"),
        )
        right.plot(
            table["lag"],
            table["residuals"],
            color=theme.BLUE,
            marker="o",
            markersize=2.5,
            label=_said("excitation_fit", "label_2"),
        )
        right.set_xlabel(_said("excitation_fit", "x_2"))
        right.set_ylabel("autocorrelation")
        right.legend(loc="upper right")
    counts, residuals = fit.outside
    title = _said("excitation_fit", "title", n=number(counts), n_b=len(table), n_c=number(residuals))
    alt = _said(
        "excitation_fit",
        "alt",
        min=f"{pit['share'].min():.0%}",
        max=f"{pit['share'].max():.0%}",
        n=f"{table['counts'].iloc[0]:.2f}",
        n_b=f"{table['residuals'].iloc[0]:.2f}",
        limit=f"{fit.limit:.2f}",
    )
    caption = _said("excitation_fit", "caption", days=plural(fit.days, _said("excitation_fit", "days")), n=len(table))
    data = pd.concat(
        [pit.assign(what="transform"), table.assign(what="autocorrelation", limit=fit.limit)], ignore_index=True
    )
    return Figure(name, title, figure, data, alt, caption)
