"""Whether attacks rise around dates: tests that keep the clustering of the series and say what they could have seen."""

from sitrep.escalation.design import Design
from sitrep.escalation.result import Result, to_frame
from sitrep.escalation.run import adjusted, each_date, run

__all__ = ["Design", "Result", "adjusted", "each_date", "run", "to_frame"]
