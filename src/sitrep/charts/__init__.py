"""The figures: one function each, which returns the drawing, the data drawn and a text alternative made from it."""

from sitrep.charts.canvas import NothingToDrawError, drawn

__all__ = ["NothingToDrawError", "drawn"]
