"""What all figures share: a canvas in our theme, thin days hatched, events marked."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import matplotlib.dates as mdates
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as MplFigure

from sitrep import theme
from sitrep.content import Figure, Prose


class NothingToDrawError(ValueError):
    """A figure was asked for that would be empty; the message says which and what is lacking."""


def drawn(chart: Callable[..., Figure], *args: Any, **options: Any) -> Figure | Prose:
    """Draw *chart*, or say in a panel what is lacking for it: a report shows no empty figure and hides no absence."""
    try:
        return chart(*args, **options)
    except NothingToDrawError as error:
        lacking = str(error).split(": ", 1)[-1]
        return Prose(f"No figure here: {lacking}.", "notice")


#: Inches of a figure's width below which a legend takes more lines.
NARROW = 4.0

_SIZE: ContextVar[tuple[float, float] | None] = ContextVar("size", default=None)


@contextmanager
def sized(width: float, height: float) -> Iterator[None]:
    """Draw what is drawn in this block in *width* by *height* inches: smaller than a page, its letters grow on a screen."""
    before = _SIZE.set((width, height))
    try:
        yield
    finally:
        _SIZE.reset(before)


@contextmanager
def canvas(height: float, rows: int = 1, columns: int = 1, **options: Any) -> Iterator[tuple[MplFigure, Any]]:
    """Yield a figure of the report's width (or as `sized` says) and its axes, drawn under our theme and nobody else's settings.

    The figure has a canvas of its own: what measures text while drawing must not depend on the backend in use.
    """
    with theme.applied():
        figure = MplFigure(figsize=_SIZE.get() or (theme.WIDTH, height))
        FigureCanvasAgg(figure)
        yield figure, figure.subplots(rows, columns, **options)


def hatch_thin(axes: Axes, level: pd.Series, label: str | None = "coverage thin") -> None:
    """Hatch the runs of days whose coverage is thin: not known, so neither zero nor a count."""
    thin = (level == "thin").to_numpy()
    edges = np.flatnonzero(np.diff(np.concatenate([[0], thin.astype(int), [0]])))
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        axes.axvspan(
            level.index[first],
            level.index[last - 1] + pd.Timedelta(days=1),
            facecolor=theme.MISSING,
            edgecolor=theme.GREY,
            hatch="////",
            linewidth=0,
            zorder=0,
            label=label if first == edges[0] else None,
        )


def year_axis(axes: Axes, first: pd.Timestamp, last: pd.Timestamp) -> None:
    """Label a time axis, *last* included, by years when the span is long, by months or weeks when it is short."""
    axes.set_xlim(mdates.date2num(first), mdates.date2num(last + pd.Timedelta(days=1)))
    days = (last - first).days
    if days > 900:
        axes.xaxis.set_major_locator(mdates.YearLocator())
        axes.xaxis.set_major_formatter(mdates.DateFormatter("%Y"))
    elif days > 120:
        axes.xaxis.set_major_locator(mdates.MonthLocator(interval=1 if days < 300 else 3))
        axes.xaxis.set_major_formatter(mdates.ConciseDateFormatter(axes.xaxis.get_major_locator()))
    else:
        axes.xaxis.set_major_locator(mdates.WeekdayLocator(byweekday=mdates.MO, interval=1 if days < 60 else 2))
        axes.xaxis.set_major_formatter(mdates.DateFormatter("%-d %b"))
