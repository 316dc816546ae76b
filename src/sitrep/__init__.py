"""sitrep: analytical reports on attacks on US and coalition forces in Iraq, Syria and Jordan."""

__version__ = "0.1.0"
