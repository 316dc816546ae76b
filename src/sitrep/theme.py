"""How every figure looks: one seaborn theme, one palette, one way to save.

The neutral colours are fixed values that the HTML exporter maps to CSS variables, so that figures follow dark mode;
the data colours (Okabe and Ito 2008, safe for colour-blind readers) keep enough contrast on white and near-black.
"""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
import pandas as pd
import seaborn as sns
from cycler import cycler
from matplotlib.figure import Figure as MplFigure

INK = "#1b1f24"  # text and axes
MUTED = "#59636e"  # secondary text, reference lines
GRID = "#d8dde3"
PAPER = "#ffffff"
MISSING = "#e9ecef"  # hatched or blank: not known

#: Neutral colour -> CSS custom property, for exporters that follow the reader's colour scheme.
CSS_VARIABLES = {
    INK: "--ink",
    MUTED: "--muted",
    GRID: "--grid",
    PAPER: "--paper",
    MISSING: "--missing",
}

BLUE = "#0072b2"
ORANGE = "#d55e00"
GREEN = "#009e73"
PINK = "#cc79a7"
AMBER = "#e69f00"
SKY = "#56b4e9"
GREY = "#8a94a0"
PALETTE = (BLUE, ORANGE, GREEN, AMBER, PINK, SKY, GREY)

COUNTRY_COLOURS = {"Iraq": BLUE, "Syria": ORANGE, "Jordan": GREEN}

#: What the countries beyond those with a colour of their own are called together.
OTHERS = "other countries"


def country_colours(countries: pd.Series) -> dict[str, str]:
    """Return a colour for each of *countries*, those of the project first; where they are many, the rarest share grey."""
    often = countries.value_counts().sort_index().sort_values(ascending=False, kind="stable").index
    ours = [name for name in COUNTRY_COLOURS if name in often]
    rest = [str(name) for name in often if name not in ours]
    free = [colour for colour in PALETTE[:-1] if colour not in {COUNTRY_COLOURS[name] for name in ours}]
    own = dict(zip(rest, free, strict=False))
    return {name: COUNTRY_COLOURS[name] for name in ours} | own | ({OTHERS: GREY} if len(rest) > len(free) else {})


WIDTH = 6.69  # inches: 170 mm, the text width of the A4 report, so that figures keep their type size
SANS = ["DejaVu Sans"]  # ships with matplotlib, so that figures are the same on every machine


def settings() -> dict[str, Any]:
    """Return the rc parameters of the theme, for `matplotlib.rc_context`."""
    return {
        **sns.axes_style("ticks"),
        **sns.plotting_context("paper"),
        "font.family": "sans-serif",
        "font.sans-serif": SANS,
        "font.size": 8.5,
        "axes.titlesize": 9.5,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.labelsize": 8.5,
        "xtick.labelsize": 8,
        "ytick.labelsize": 8,
        "legend.fontsize": 8,
        "legend.frameon": False,
        "text.color": INK,
        "axes.labelcolor": INK,
        "axes.edgecolor": MUTED,
        "axes.titlecolor": INK,
        "xtick.color": MUTED,
        "ytick.color": MUTED,
        "xtick.labelcolor": INK,
        "ytick.labelcolor": INK,
        "axes.facecolor": "none",
        "figure.facecolor": "none",
        "savefig.facecolor": "none",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.grid.axis": "y",
        "grid.color": GRID,
        "grid.linewidth": 0.6,
        "axes.axisbelow": True,
        "axes.prop_cycle": cycler(color=PALETTE),
        "hatch.linewidth": 0.6,
        "hatch.color": MUTED,
        "lines.linewidth": 1.6,
        "figure.constrained_layout.use": True,
        "figure.dpi": 100,
        "svg.fonttype": "path",
        "path.simplify": True,
        "timezone": "UTC",  # of dates on an axis; matplotlib's own defaults leave the reader's in place
    }


@contextmanager
def applied(**settings_of_ours: Any) -> Iterator[None]:
    """Draw or save under our theme, with *settings_of_ours* on top, and under nobody else's settings."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(settings() | settings_of_ours)
        yield


def to_svg(figure: MplFigure, name: str) -> str:
    """Return *figure* as an SVG that depends on nothing but its content.

    Ids are prefixed with *name*, so that many figures can stand in one page, and those that nothing refers to are
    dropped; the date, the XML prologue and matplotlib's metadata are left out.
    """
    buffer = io.StringIO()
    # fonts and hatches are looked up when a figure is saved, so the theme must hold then too
    with applied(**{"svg.hashsalt": name}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"\s*<metadata>.*?</metadata>", "", svg, flags=re.S)
    svg = re.sub(r"<!--.*?-->\s*", "", svg, flags=re.S)
    used = set(re.findall(r'href="#([^"]+)"', svg)) | set(re.findall(r"url\(#([^)]+)\)", svg))
    svg = re.sub(
        r' id="([^"]+)"',
        lambda found: f' id="{name}-{found.group(1)}"' if found.group(1) in used else "",
        svg,
    )
    svg = re.sub(r'href="#([^"]+)"', rf'href="#{name}-\1"', svg)
    return re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", svg).strip() + "\n"
