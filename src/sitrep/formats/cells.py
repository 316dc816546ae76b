"""Text cells to values and back: a cell not written as it must be is a listed fault, never a guess or a blank."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

REJECTED = ("row", "column", "found", "allowed")
MISSING_COORDINATE = "both latitude and longitude, or neither"

_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october")
MONTHS = {name: number for number, name in enumerate((*_MONTHS, "november", "december"), start=1)}

_ISO_DAY = r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[ T]00:00:00(?:\.0+)?)?"
_WORD_DAY = r"([0-9]{1,2})[ -]([A-Za-z]+)[ -]([0-9]{4})"
_COUNT = r"[0-9]{1,9}(?:\.0+)?"
_DEGREES = r"[+-]?[0-9]{1,3}(?:\.[0-9]+)?"

# What a spreadsheet takes for the start of a formula; the full-width forms count in some locales.
_FORMULA = "=+\\-@\t\r\n＝＋－＠"
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_DANGEROUS = re.compile(f"'*[{_FORMULA}]")
_GUARDED = re.compile(f"'+[{_FORMULA}]")


def guard(cell: str) -> str:
    """The cell as it may stand in a CSV that a spreadsheet opens: it cannot start a formula.

    A text that starts with one of = + - @, a tab or a line end (apostrophes before it not counted) gets an apostrophe
    in front, unless it is a number. `unguard` takes exactly that apostrophe away again.
    """
    return f"'{cell}" if _DANGEROUS.match(cell) and not _NUMBER.fullmatch(cell) else cell


def unguard(cell: str) -> str:
    """The cell without the apostrophe that `guard` put there; any other cell as it is."""
    return cell[1:] if _GUARDED.match(cell) else cell


@dataclass
class Cells:
    """The rows read from a file, as text indexed by a number, and the faults found in them so far.

    Cells are stripped of surrounding blanks; a missing cell is "". A row with a fault in any cell is not `sound` and is
    not carried; all its faults are listed.
    """

    text: pd.DataFrame
    faults: list[pd.DataFrame] = field(default_factory=list)

    def column(self, name: str) -> pd.Series:
        """One column as text; all empty if the file does not have it."""
        if name not in self.text:
            return pd.Series("", index=self.text.index, dtype="str")
        return self.text[name]

    def fault(self, name: str, wrong: pd.Series, allowed: str) -> None:
        """List the cells of a column where `wrong` holds, with what is allowed there."""
        if wrong.any():
            found = self.column(name)[wrong]
            rows = {"row": found.index.to_numpy(), "column": name, "found": found.to_numpy(), "allowed": allowed}
            self.faults.append(pd.DataFrame(rows))

    def required(self, name: str) -> pd.Series:
        """One column as text; an empty cell is a fault."""
        cells = self.column(name)
        self.fault(name, cells.eq(""), "not empty")
        return cells

    def unique(self, name: str, form: str, words: str) -> pd.Series:
        """The column of ids: each of the form given, and each once."""
        cells = self.required(name)
        self.fault(name, cells.ne("") & ~cells.str.fullmatch(form), words)
        self.fault(name, cells.ne("") & cells.duplicated(), "each id once")
        return cells

    def choice(self, name: str, allowed: Sequence[str], required: bool = True) -> pd.Series:
        """A column whose cells must be among `allowed` (or empty, if not required)."""
        cells = self.column(name)
        wrong = ~cells.isin(list(allowed))
        self.fault(name, wrong if required else wrong & cells.ne(""), ", ".join(allowed))
        return cells

    def days(self, name: str) -> pd.Series:
        """A column of dates, "2022-01-05" (a midnight behind it is dropped) or "05 January 2022", as datetime64."""
        cells = self.required(name)
        iso = cells.str.extract(f"^{_ISO_DAY}$")
        word = cells.str.extract(f"^{_WORD_DAY}$")
        month = word[1].str.lower().map(MONTHS).astype("Int64").astype("str").str.zfill(2)
        spelled = word[2] + "-" + month + "-" + word[0].str.zfill(2)
        written = (iso[0] + "-" + iso[1] + "-" + iso[2]).fillna(spelled)
        return self._dated(name, cells, written, "%Y-%m-%d", 'a date: "2022-01-05" or "05 January 2022"')

    def days_of_form(self, name: str, form: str) -> pd.Series:
        """A column of dates in one strptime form; an empty cell is a fault."""
        return self._dated(name, self.required(name), self.column(name), form, f"a date written {form}")

    def _dated(self, name: str, cells: pd.Series, written: pd.Series, form: str, allowed: str) -> pd.Series:
        days = pd.to_datetime(written.where(written.ne("")), format=form, errors="coerce").astype("datetime64[us]")
        self.fault(name, cells.ne("") & days.isna(), allowed)
        return days

    def counts(self, name: str) -> pd.Series:
        """A column of whole numbers, 0 or more, as Int64; empty is missing."""
        cells = self.column(name)
        fits = cells.str.fullmatch(_COUNT)
        self.fault(name, cells.ne("") & ~fits, "a whole number, 0 or more")
        return pd.to_numeric(cells.where(fits)).astype("Float64").astype("Int64")

    def degrees(self, name: str, limit: int) -> pd.Series:
        """A column of degrees within plus or minus `limit`, as float64; empty is missing."""
        cells = self.column(name)
        degrees = pd.to_numeric(cells.where(cells.str.fullmatch(_DEGREES))).astype("float64")
        fits = degrees.abs().le(limit)
        self.fault(name, cells.ne("") & ~fits, f"degrees from -{limit} to {limit}, with a decimal point")
        return degrees.where(fits)

    def coordinates(self) -> pd.DataFrame:
        """Latitude and longitude, both or neither."""
        latitude, longitude = self.column("latitude"), self.column("longitude")
        self.fault("latitude", latitude.eq("") & longitude.ne(""), MISSING_COORDINATE)
        self.fault("longitude", longitude.eq("") & latitude.ne(""), MISSING_COORDINATE)
        return pd.DataFrame({"latitude": self.degrees("latitude", 90), "longitude": self.degrees("longitude", 180)})

    def ordered(self, low: str, high: str, lows: pd.Series, highs: pd.Series) -> None:
        """List the cells of `high` that are below their `low`, where both are known."""
        wrong = (highs < lows).fillna(False).astype(bool)
        self.fault(high, wrong, f"{low} or more")

    def noted(self, names: Sequence[str]) -> pd.Series:
        """One text a row: "name: cell" for each of these columns that is not empty, with semicolons between."""
        present = [name for name in names if name in self.text]
        rows = zip(*(self.text[name] for name in present), strict=True)
        notes = ["; ".join(f"{n}: {c}" for n, c in zip(present, row, strict=True) if c) for row in rows]
        return pd.Series(notes or "", index=self.text.index, dtype="str")

    def without_control_characters(self) -> None:
        """List every cell that holds a NUL: other tools would cut it there."""
        for name in self.text.columns:
            self.fault(name, self.text[name].str.contains("\0", regex=False), "text without NUL characters")

    def sound(self) -> pd.Series:
        """For each row, whether no fault was found in it."""
        wrong = {row for fault in self.faults for row in fault["row"]}
        return pd.Series(~self.text.index.isin(list(wrong)), index=self.text.index)


def as_rejected(faults: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Several lists of faults as one frame, by row."""
    frame = pd.concat(faults) if faults else pd.DataFrame(columns=list(REJECTED))
    frame = frame.astype({"row": "Int64", "column": "str", "found": "str", "allowed": "str"})
    return frame.sort_values("row", kind="stable", ignore_index=True)[list(REJECTED)]
