"""The grammar of extraction: words, tables of phrases, numbers and dates. Every vocabulary is a CSV file."""

from sitrep.phrases.dates import DatePhrase, find_dates
from sitrep.phrases.lexicon import Cue, Lexicon, Words
from sitrep.phrases.numbers import Number, find_numbers

__all__ = ["Cue", "DatePhrase", "Lexicon", "Number", "Words", "find_dates", "find_numbers"]
