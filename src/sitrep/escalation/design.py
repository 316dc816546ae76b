"""Which days are compared: window, baseline, guard days, and when a day is known well enough."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Design:
    """The choices that every test around a date shares, fixed before looking.

    `window`: days from the date on that count as after, its own day included. `baseline`: days before it that it is compared
    with, which end `guard` days before the date. `min_known`: a date is usable when more than this share of both its window
    and its baseline is known. `tolerance`: a run-up is like another when its attacks differ by at most this share of them,
    one attack at least.

    Raises ValueError for a value out of range.
    """

    window: int = 7
    baseline: int = 28
    guard: int = 0
    min_known: float = 0.5
    tolerance: float = 0.25

    def __post_init__(self) -> None:
        for name, least in (("window", 1), ("baseline", 1), ("guard", 0)):
            value = getattr(self, name)
            if value < least:
                raise ValueError(f"{name} is {value}; allowed: {least} or more.")
        if not 0 <= self.min_known <= 1:
            raise ValueError(f"min_known is {self.min_known}; allowed: a share from 0 to 1.")
        if self.tolerance < 0:
            raise ValueError(f"tolerance is {self.tolerance}; allowed: 0 or more.")

    @property
    def stretch(self) -> int:
        """Days from the first of the baseline to the last of the window; dates as far apart share no day."""
        return self.baseline + self.guard + self.window

    def but(self, **changes: int | float) -> Design:
        """The same design with some choices changed."""
        return replace(self, **changes)  # type: ignore[arg-type]


STANDARD = Design()
"""Seven days against the 28 before, fixed beforehand."""
