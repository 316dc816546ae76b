"""Rerunning reports: the help on their parameters, new ones, what changed between two, many at once."""
