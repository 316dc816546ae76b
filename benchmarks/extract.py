"""How fast articles are read, beside spaCy's sentencizer and dateparser.search_dates on the same texts.

Run: python benchmarks/extract.py [REPEATS]. The comparison needs spacy and dateparser (the `bench` extra) and is left
out, saying so, where they are missing. Times are of this process (CPU seconds, one core), the best of a few runs, so that
a busy machine disturbs them least.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd

from sitrep.articles import Article, parse_article
from sitrep.extract.reader import read
from sitrep.phrases import Lexicon
from sitrep.places import Gazetteer

SEEDS = sorted(Path("seeds").glob("*.txt"))


def best(work: Callable[[], object], repeats: int) -> float:
    """CPU seconds of the fastest of several runs."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def main(repeats: int = 30) -> None:
    lexicon = Lexicon.read()
    gazetteer = Gazetteer.from_frame(pd.read_csv("data/places.csv", dtype=str))
    texts = [path.read_text(encoding="utf-8") for path in SEEDS]
    row = {"published": "2022-01-06", "language": "en"}

    def ours() -> list[object]:
        return [read(parse_article(text, "seed.txt", lexicon, row), gazetteer, lexicon) for text in texts]

    articles: list[Article] = [parse_article(text, "seed.txt", lexicon, row) for text in texts]
    extracting = best(lambda: [read(a, gazetteer, lexicon) for a in articles], repeats)
    whole = best(ours, repeats)
    n = len(texts)
    print(
        f"sitrep: {n / whole:8.0f} articles/s and core, reading and extracting ({n / extracting:.0f}/s extracting alone)"
    )
    compare(texts, n / whole, max(1, repeats // 10))
    linearity(lexicon, gazetteer)


def compare(texts: list[str], rate: float, repeats: int) -> None:
    """The usual way: sentences by spaCy, dates by dateparser; it finds no attack, place, weapon or number."""
    try:
        import dateparser.search
        import spacy
    except ImportError as error:
        print(f"spaCy + dateparser: not compared, {error.name} is not installed")
        return
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    base = {"RELATIVE_BASE": pd.Timestamp(date(2022, 1, 6)).to_pydatetime(), "PREFER_DATES_FROM": "past"}

    def theirs() -> int:
        found = 0
        for text in texts:
            for sentence in nlp(text).sents:
                found += len(dateparser.search.search_dates(sentence.text, languages=["en"], settings=base) or [])
        return found

    theirs()
    slow = len(texts) / best(theirs, repeats)
    print(
        f"spaCy sentencizer + dateparser.search_dates: {slow:8.1f} articles/s and core; sitrep is {rate / slow:.0f} times as fast"
    )


def linearity(lexicon: Lexicon, gazetteer: Gazetteer) -> None:
    """Seconds per 100 kB must not grow with the length of one article."""
    story = SEEDS[1].read_text(encoding="utf-8").replace("\n", " ")
    print("one article in one line:")
    for size in (100_000, 400_000, 1_600_000):
        text = (story * (size // len(story) + 1))[:size]
        seconds = best(
            lambda text=text: read(
                parse_article(text, "x.txt", lexicon, {"published": "2022-01-06", "language": "en"}), gazetteer, lexicon
            ),  # type: ignore[misc]
            2,
        )
        print(f"  {size / 1e6:4.1f} MB  {seconds:6.2f} s  {seconds * 100_000 / size:.3f} s per 100 kB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 30)
