"""The figures: one function each, which returns the drawing, the data drawn and a text alternative made from it."""
