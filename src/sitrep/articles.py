"""Read an article: text or HTML, its parts marked, its publication date and language, its duplicates.

Nothing is lost: the blocks of an article joined give its text back, and every position in the text leads to a position
in the file (`Article.locate`). Publication dates come from the text's own header or footer, else from metadata.csv, else
the article is undated and says so: never today's date.
"""

from __future__ import annotations

import html
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pandas as pd

from sitrep.phrases.dates import find_dates
from sitrep.phrases.lexicon import Lexicon, Words, vocabulary

METADATA_COLUMNS = ("file", "source_id", "publisher", "title", "published", "language", "url", "note")
SUFFIXES = (".txt", ".text", ".html", ".htm", ".xhtml", ".md")

_ISO_HEADER = re.compile(r"\s{0,4}date[:\s]{1,3}(\d{4}-\d{2}-\d{2})(?=\s|$)[ \t]?", re.IGNORECASE)
_LABEL = re.compile(
    r"\s{0,9}(?P<label>(?:first |last |date |originally )?(?:published|posted|updated|modified|revised|date|issued|released|"
    r"filed|created|publication date|release date)(?: on| at| online)?)\s{0,3}:?\s",
    re.IGNORECASE,
)
_SCRIPT = re.compile(
    r"function\s?\(|document\.(?:getElement|createElement|write)|console\.log|var \w{1,40}\s?=|\.push\(|</?script|"
    r"window\.\w{1,40}\s?=|\.setAttribute\(|@media\s|!important|\{\s?[\w-]{1,40}:[^}]{1,80};\s?\}"
)
_PLAYER = re.compile(r"cnxps|vidazoo|anyclip|jwplayer|playerId|Video Player|Advertisement\s*$", re.IGNORECASE)
_NEWSLETTER = re.compile(
    r"^\W{0,3}(?:subscribe\b|sign up\b|stay updated|get (?:our|the) (?:newsletter|latest)|join our|follow us|download (?:our|the) app|"
    r"click here to|register (?:now|for)|newsletter|share this|share on|like us|comment(?:s|ing)?\b.{0,20}$|leave a (?:reply|comment)|"
    r"your (?:comment|email)|please enter your|support (?:our|independent))",
    re.IGNORECASE,
)
_CREDIT = re.compile(
    r"\((?:photo )?credit:|\(photo|photo(?:graph)? by|\bphoto: |\[file:|\(file photo|file photo|\(AP photo|getty images|/reuters\)?|/AFP|/AP photo|"
    r"^file ?(?:-|–|photo)|image(?: source| credit)?: |courtesy of|via AP\b|\(reuters/|\bshutterstock|\(supplied\)|\bhandout\b",
    re.IGNORECASE,
)
_CREDIT_WORDS = (
    "photo",
    "credit",
    "file",
    "getty",
    "reuters",
    "/afp",
    "via ap",
    "/ap",
    "courtesy",
    "image",
    "shutter",
    "supplied",
    "handout",
)
_AGENCY_END = re.compile(r"[.)\]]\s{0,2}(?:AFP|AP|Reuters|EPA|Getty|Getty Images|Anadolu|Xinhua)\.?\s*$")
_RELATED = re.compile(
    r"^\W{0,3}(?:read more|read also|also read|related|see also|more on|more from|most read|watch:?|recommended|explainer:|opinion:|tags?:|topics?:|filed under|in this article)\b",
    re.IGNORECASE,
)
_POST = re.compile(r"pic\.(?:twitter|x)\.com/|t\.co/\w|—\s.{1,60}\(@\w{1,30}\)|^@\w{1,30}\s", re.IGNORECASE)
_BYLINE = re.compile(
    r"^\s{0,3}(?:by\s+[A-Z][\w.'’ -]{2,60}|reporting by .{3,200}|editing by .{3,200}|writing by .{3,200}|source: .{2,80})\s*$",
    re.IGNORECASE,
)
_POWERED = re.compile(
    r"^\s{0,3}(?:powered by|machine translat|automated translation|listen to this|advertisement|estimated reading|\d+ min read)",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?…:;][\"'”’)\]]*\s*$")
_DATELINE = re.compile(
    r"^[^\n]{0,80}?\((?:[^()\n]{0,60}? )??([A-Z][a-z]{2,8}\.? \d{1,2}, \d{4}|\d{1,2}(?:st|nd|rd|th)? [A-Z][a-z]{2,8},? \d{4})\)"
)
_PLACE_LINE = re.compile(r"\W{0,3}([A-Z][^\n–—]{2,85}?)\s?(?:[–—]|--?\s)")
_EARLIER_LABEL = re.compile(r"\b(?:published|posted|issued|released|created)\b", re.IGNORECASE)
_LATER_LABEL = re.compile(r"\b(?:updated|modified|revised)\b", re.IGNORECASE)
_SEPARATED = re.compile(r"\s[|·•/–—-]\s")
_COPYRIGHT = re.compile(r"(?:©|\(c\)|copyright)\D{0,40}((?:19|20)\d{2})(?!\s?[-–]\s?\d)", re.IGNORECASE)
_NUMERIC = re.compile(r"(?<!\d)(\d{1,2})\s?([./-])\s?(\d{1,2})\s?\2\s?(20\d{2})(?!\d)")
_AMERICAN_CLOCK = re.compile(r"\d ?[ap]\.?m\.? ?\(?[ECMP][SD]?T\b", re.IGNORECASE)
_YEAR_FIRST = re.compile(r"(?<!\d)(20\d{2})([./])(\d{1,2})\2(\d{1,2})(?!\d)")
_STORY_DAYS = 10  # a story's own dates are those of the days before it appeared
_HEADER_BLOCKS = 12  # within so many blocks from the top a line may date the article
_WORD = re.compile(r"[^\W\d_]+")
# Scripts and how much a letter of each says (one Chinese character is about two letters' worth of text).
_SCRIPTS = (
    ("latin", re.compile(r"[A-Za-z\u00c0-\u024f]"), 1),
    ("ar", re.compile(r"[\u0600-\u06ff]"), 1),
    ("ru", re.compile(r"[\u0400-\u052f]"), 1),
    ("he", re.compile(r"[\u0590-\u05ff]"), 1),
    ("ja", re.compile(r"[\u3040-\u30ff]"), 3),
    ("zh", re.compile(r"[\u4e00-\u9fff]"), 2),
    ("ko", re.compile(r"[\uac00-\ud7af]"), 2),
    ("el", re.compile(r"[\u0370-\u03ff]"), 1),
)


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of an article's text: `kind` is body, title, heading, or what it is beside the story."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True)
class Article:
    """One document.

    `text` is what the file says (of HTML: its visible text); `blocks` cover it without gap or overlap. `published` is
    None when nothing says so; `published_from` is "text", "metadata" or None. `language` is an ISO 639-1 code or None.
    """

    path: str
    source_id: str
    text: str
    blocks: tuple[Block, ...]
    title: str | None = None
    published: date | None = None
    published_from: str | None = None
    language: str | None = None
    publisher: str | None = None
    url: str | None = None
    offsets: tuple[tuple[int, int], ...] = field(default=(), repr=False)

    @property
    def body(self) -> list[Block]:
        """The blocks that tell the story."""
        return [b for b in self.blocks if b.kind == "body"]

    def locate(self, position: int) -> int:
        """Where in the decoded file a position of `text` is; the same number for plain text."""
        if not self.offsets:
            return position
        lo, hi = 0, len(self.offsets) - 1
        while lo < hi:
            middle = (lo + hi + 1) // 2
            lo, hi = (middle, hi) if self.offsets[middle][0] <= position else (lo, middle - 1)
        at, raw = self.offsets[lo]
        return raw + position - at

    @property
    def messages(self) -> list[str]:
        """What a reader must know before using what is extracted from this article."""
        said = []
        if self.published is None:
            said.append(
                f"{self.path}: no publication date in the text; phrases such as 'on Wednesday' stay unresolved. "
                f"Add a row for {Path(self.path).name} with its `published` date to metadata.csv beside the article."
            )
        if self.language not in ("en", None):
            said.append(f"{self.path}: language {self.language}; nothing is extracted, only English is.")
        return said


def read_articles(
    paths: Iterable[str | Path], lexicon: Lexicon | None = None, metadata: pd.DataFrame | None = None
) -> list[Article]:
    """Read files, folders and globs, in a fixed order; `metadata` defaults to each folder's own metadata.csv."""
    lexicon = lexicon or Lexicon.read()
    notes: dict[Path, pd.DataFrame | None] = {}
    articles = []
    for path in expand(paths):
        if metadata is None and path.parent not in notes:
            notes[path.parent] = read_metadata(path.parent / "metadata.csv")
        articles.append(read_article(path, lexicon, metadata if metadata is not None else notes[path.parent]))
    return articles


def expand(paths: Iterable[str | Path]) -> list[Path]:
    """Files named by paths, folders and globs, sorted, each once. A path that names nothing is an error."""
    found: dict[Path, None] = {}
    for given in paths:
        path = Path(given)
        if path.is_dir():
            matches = [p for p in sorted(path.iterdir()) if p.suffix.lower() in SUFFIXES]
        elif path.exists():
            matches = [path]
        else:
            root, pattern = (
                (Path(path.anchor), str(path.relative_to(path.anchor))) if path.anchor else (Path(), str(given))
            )
            matches = sorted(p for p in root.glob(pattern) if p.is_file())
        if not matches and not path.is_dir():
            raise FileNotFoundError(f"{given}: no such file, folder or pattern")
        found.update(dict.fromkeys(matches))
    return list(found)


def read_metadata(path: Path) -> pd.DataFrame | None:
    """The table of what articles do not say themselves, or None if there is none; faults name row and column."""
    if not path.exists():
        return None
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    for column in ("file", "published"):
        if column not in frame.columns:
            raise ValueError(f"{path}: column {column!r} is missing; found {', '.join(frame.columns)}")
    for number, value in enumerate(frame["published"], start=2):
        if value and _iso(value) is None:
            raise ValueError(f"{path}: row {number}, column 'published': found {value!r}, allowed is a date YYYY-MM-DD")
    return frame


def read_article(path: str | Path, lexicon: Lexicon | None = None, metadata: pd.DataFrame | None = None) -> Article:
    """Read one file; see `parse_article`."""
    path = Path(path)
    row: dict[str, str] = {}
    if metadata is not None and len(metadata):
        rows = metadata[metadata["file"] == path.name]
        row = {str(k): v for k, v in rows.iloc[0].items()} if len(rows) else {}
    raw = decode(path.read_bytes())
    is_html = path.suffix.lower() in (".html", ".htm", ".xhtml") or bool(
        re.match(r"\s{0,200}<(?:!doctype|html)", raw, re.IGNORECASE)
    )
    return parse_article(raw, str(path), lexicon or Lexicon.read(), row, is_html)


def parse_article(
    raw: str, path: str, lexicon: Lexicon, metadata: dict[str, str] | None = None, is_html: bool = False
) -> Article:
    """An article from its decoded content. `metadata` is its row of metadata.csv, used for what the text does not say."""
    row = metadata or {}
    offsets: tuple[tuple[int, int], ...] = ()
    found_date: date | None = None
    title: str | None = None
    text = raw
    if is_html:
        text, offsets, blocks, title, found_date = _read_html(raw)
    else:
        blocks = _mark(text, lexicon)
    if title is None:
        title = next((text[b.start : b.end].strip() for b in blocks if b.kind == "title"), None)
    text_date = _published(text, blocks, lexicon) or found_date
    published = text_date or _iso(row.get("published", ""))
    published_from = "text" if text_date else "metadata" if published else None
    body = "".join(text[b.start : b.end] for b in blocks if b.kind in ("body", "title", "heading"))
    return Article(
        path=path,
        source_id=row.get("source_id") or Path(path).stem,
        text=text,
        blocks=blocks,
        title=row.get("title") or title,
        published=published,
        published_from=published_from,
        language=row.get("language") or detect_language(body or text, lexicon),
        publisher=row.get("publisher") or None,
        url=row.get("url") or None,
        offsets=offsets,
    )


def decode(data: bytes) -> str:
    """Bytes to text: a byte order mark decides, else UTF-8, else Windows-1252 (its unused bytes become U+FFFD)."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def detect_language(text: str, lexicon: Lexicon) -> str | None:
    """ISO 639-1 code by script, then by the share of each language's commonest words; None if too little is there."""
    sample = text[:4000]
    if sample.isascii():
        script, letters = "latin", len(sample)
    else:
        counts = {name: len(pattern.findall(sample)) * weight for name, pattern, weight in _SCRIPTS}
        script = max(counts, key=lambda k: counts[k])
        letters = counts[script]
    if letters < 8:
        return None
    if script == "ar":
        return "fa" if re.search("[پچژگ]", sample) else "ar"
    if script != "latin":
        return script
    words = _WORD.findall(sample.lower())
    often = Counter(words)
    shares = {code: sum(often[w] for w in common) for code, common in lexicon.languages.items()}
    best = max(shares, key=lambda k: shares[k])
    enough = 1 if best == lexicon.language else 3  # "Al" and "on" are words of several languages
    return best if words and shares[best] >= max(enough, 0.06 * len(words)) else None


# ---- marking ---------------------------------------------------------------------------------------------------------


def _mark(text: str, lexicon: Lexicon) -> tuple[Block, ...]:
    """Divide a plain text into blocks of one kind each."""
    blocks: list[Block] = []
    header = _ISO_HEADER.match(text)
    start = 0
    if header:
        start = header.end()
        blocks.append(Block(0, start, "date_line"))
    first = True
    for a, b in _paragraphs(text, start):
        content = text[a:b].strip()
        kind = _kind(content, lexicon) if content else "blank"
        if first and kind in ("heading", "body"):
            first = False
            kind = "title" if kind == "heading" else kind
        blocks.append(Block(a, b, kind))
    if not any(b.kind == "body" for b in blocks):  # a text all in headlines is told by its headlines
        blocks = [replace(b, kind="body") if b.kind in ("title", "heading") else b for b in blocks]
    return tuple(blocks)


def _paragraphs(text: str, start: int) -> Iterator[tuple[int, int]]:
    """Lines, joined where a paragraph was wrapped at a fixed width; together they cover the text."""
    lines: list[tuple[int, int]] = []
    position = start
    for line in text[start:].splitlines(keepends=True):
        lines.append((position, position + len(line)))
        position += len(line)
    wrapped = [_wrapped(text[a:b], text[c:d]) for (a, b), (c, d) in pairwise(lines)]
    fixed_width = sum(w == "surely" for w in wrapped) >= 3
    k = 0
    while k < len(lines):
        a, b = lines[k]
        while k + 1 < len(lines) and (wrapped[k] == "surely" or (fixed_width and wrapped[k])):
            k += 1
            b = lines[k][1]
        yield a, b
        k += 1


def _wrapped(line: str, following: str) -> str:
    """Whether a line goes on in the next: "surely" where that begins with a small letter, "maybe" where it could."""
    if not 45 <= len(line) <= 150:
        return ""
    content, following = line.strip(), following.strip()
    if not 45 <= len(content) <= 110 or not following or _SENTENCE_END.search(content) or _LABEL.match(following):
        return ""
    return "surely" if following[0].islower() or content[-1] in ",-" else "maybe"


def _kind(content: str, lexicon: Lexicon) -> str:
    head = content[:3000]
    if ("(" in head or "{" in head or "<" in head) and _SCRIPT.search(head):
        return "player" if _PLAYER.search(head) and len(content) < 300 else "script"
    label = _LABEL.match(content)
    if label and len(content) < 120 and any(ch.isdigit() for ch in content):
        return "updated_line" if "upd" in label["label"].lower() or "modif" in label["label"].lower() else "date_line"
    if ("@" in head or ".co" in head) and _POST.search(head):
        return "embedded_post"
    if len(content) < 400 and _credited(content):
        return "photo_credit"
    if len(content) < 200:
        if _NEWSLETTER.match(content):
            return "newsletter"
        if _RELATED.match(content):
            return "related_link"
        if _BYLINE.match(content):
            return "byline"
        if _POWERED.match(content):
            return "notice"
        if _only_a_date(content, lexicon):
            return "date_line"
    if not _SENTENCE_END.search(content[-12:]) and len(content) < 220:
        return "heading"
    return "body"


def _credited(content: str) -> bool:
    """Whether a line is a caption: it names a photographer, an agency or a file."""
    low = content.lower()
    if any(word in low for word in _CREDIT_WORDS) and _CREDIT.search(content):
        return True
    return _AGENCY_END.search(content[-20:]) is not None


def _only_a_date(content: str, lexicon: Lexicon) -> bool:
    if len(content) > 60 or not any(ch.isdigit() for ch in content):
        return False
    words = Words(content, 0, len(content))
    found = [d for d in find_dates(words, lexicon.scan(words), None) if d.kind == "day"]
    return bool(found) and len(words) - sum(d.j - d.i for d in found) <= 5


def _published(text: str, blocks: tuple[Block, ...], lexicon: Lexicon) -> date | None:
    """The date a text gives itself: header, "Published" line, a line that is a date, dateline, title, "Updated" line."""
    lines = [b for b in blocks if b.kind == "date_line"]
    updated = [b for b in blocks if b.kind == "updated_line"]
    for block in lines:
        day = _first_date(text[block.start : block.end], lexicon)
        if day:
            return day
    day = _header_date(text, blocks, lexicon) or _masthead_date(text, blocks, lexicon)
    if day:  # a page's own date may be later than its story's "Updated"
        return min([day, *(d for b in updated if (d := _first_date(text[b.start : b.end], lexicon)))])
    latest = _year_end(text, updated, lexicon)
    if latest is not None:  # "Published: 26 January", the year further down
        for block in lines:
            day = _first_date(text[block.start : block.end], lexicon, latest)
            if day:
                return day
    body = next((b for b in blocks if b.kind == "body"), None)
    if body is not None:
        match = _DATELINE.match(text[body.start : body.start + 200].lstrip())
        if match:
            day = _first_date(match.group(1), lexicon)
            if day:
                return day
        day = _dateline_date(text[body.start : min(body.end, body.start + 120)], lexicon, latest)
        if day:
            return day
    for block in [*(b for b in blocks if b.kind == "title"), *updated]:
        day = _first_date(text[block.start : block.end], lexicon)
        if day:
            return day
    return _decided_by_story(text, blocks, lexicon)


def _decided_by_story(text: str, blocks: tuple[Block, ...], lexicon: Lexicon) -> date | None:
    """Of the two readings of a head's 05/01/2022 the one that the story's own "on January 4" precedes by a few days."""
    for block in [b for b in blocks if b.kind not in ("blank", "body")][:_HEADER_BLOCKS]:
        match = _NUMERIC.search(text, block.start, block.end)
        if match is None:
            continue
        a, b, year = int(match.group(1)), int(match.group(3)), match.group(4)
        readings = [day for day in (_iso(f"{year}-{b:02d}-{a:02d}"), _iso(f"{year}-{a:02d}-{b:02d}")) if day]
        told: set[date] = set()
        for part in [b for b in blocks if b.kind == "body"][:30]:
            words = Words(text, part.start, min(part.end, part.start + 2000))
            cues = lexicon.scan(words)
            for day in readings:
                found = [p.last for p in find_dates(words, cues, day) if p.rule == "date.month_day" and p.last]
                if any(0 <= (day - last).days <= _STORY_DAYS for last in found):
                    told.add(day)
        return next(iter(told)) if len(told) == 1 else None
    return None


def _header_date(text: str, blocks: tuple[Block, ...], lexicon: Lexicon) -> date | None:
    """A full date in a line of the head: "Masthead | 13 Nov. 2023 | 3 min read", "Saturday 7 March 2026. Live"."""
    later: date | None = None
    for block in [b for b in blocks if b.kind != "blank"][:_HEADER_BLOCKS]:
        content = text[block.start : block.end].strip()
        if block.kind == "body" and len(content) > 160:
            break
        if block.kind not in ("heading", "byline", "body", "updated_line") or not any(ch.isdigit() for ch in content):
            continue
        earlier = _EARLIER_LABEL.search(content)
        if earlier:
            day = _first_date(content[earlier.end() :], lexicon)
            if day:
                return day
        day = _first_date(content, lexicon)
        if day is None or block.kind == "updated_line":
            continue
        if _LATER_LABEL.search(content):
            later = later or day
        elif (block.kind != "body" and _SEPARATED.search(content)) or _begins_with_date(content, lexicon):
            return day
    return later


def _masthead_date(text: str, blocks: tuple[Block, ...], lexicon: Lexicon) -> date | None:
    """A full date that a page sets between its title and its story: "By our correspondent · October 20, 2023 at 6 a.m."."""
    titles = [k for k, b in enumerate(blocks) if b.kind == "title"]
    for block in blocks[titles[0] + 1 :] if titles else ():
        if block.kind == "body":
            return None
        content = text[block.start : block.end].strip()
        if block.kind != "notice" or len(content) > 160 or not any(ch.isdigit() for ch in content):
            continue
        if _SEPARATED.search(content) or _begins_with_date(content, lexicon):
            day = _first_date(content, lexicon)
            if day:
                return day
    return None


def _begins_with_date(content: str, lexicon: Lexicon) -> bool:
    words = Words(content, 0, min(len(content), 60))
    found = find_dates(words, lexicon.scan(words), None)
    if not found or found[0].i != 0 or found[0].kind != "day":
        return len(content) < 60 and (_NUMERIC.search(content) or _YEAR_FIRST.search(content)) is not None
    rest = content[words.ends[found[0].j - 1] :].lstrip()
    return not rest[:1].isalpha() or len(rest) < 30


def _dateline_date(opening: str, lexicon: Lexicon, latest: date | None) -> date | None:
    """The date of "ERBIL, Iraq, July 14, 2025 (Agency) -"; without a year the one last before `latest`."""
    match = _PLACE_LINE.match(opening)
    if match is None:
        return None
    line = match.group(1)
    words = Words(line, 0, len(line))
    if any(line[a].islower() and low not in ("of", "the", "and", "al", "local", "time") for a, low in
           zip(words.starts, words.lows, strict=True)):  # fmt: skip
        return None
    for phrase in find_dates(words, lexicon.scan(words), latest):
        if phrase.i and phrase.kind == "day" and phrase.rule == "date.month_day":
            return phrase.first
    return None


def _year_end(text: str, updated: list[Block], lexicon: Lexicon) -> date | None:
    """The latest day that a date without its year can be: that of an "Updated" line, else the end of the copyright's year."""
    for block in updated:
        day = _first_date(text[block.start : block.end], lexicon)
        if day:
            return day
    match = _COPYRIGHT.search(text[:400]) or _COPYRIGHT.search(text[-600:])
    return date(int(match.group(1)), 12, 31) if match else None


def _first_date(text: str, lexicon: Lexicon, latest: date | None = None) -> date | None:
    words = Words(text, 0, min(len(text), 300))
    for phrase in find_dates(words, lexicon.scan(words), latest):
        if latest is not None and phrase.rule != "date.month_day":
            continue
        if phrase.kind == "day" and phrase.first is not None:
            return phrase.first
    return _numeric_date(text[:160])


def _numeric_date(text: str) -> date | None:
    """14.11.2023, 14-11-2023, 14/11/2023 or 11/14/2023, 2023/11/14.

    With stops or hyphens the day comes first. 05/01/2022 may be two days and is none, unless an American clock ("7:33 AM
    EST") or a weekday beside it decides.
    """
    match = _YEAR_FIRST.search(text)
    if match is not None:
        return _iso(f"{match.group(1)}-{int(match.group(3)):02d}-{int(match.group(4)):02d}")
    match = _NUMERIC.search(text)
    if match is None:
        return None
    a, b, year = int(match.group(1)), int(match.group(3)), match.group(4)
    day_first, month_first = _iso(f"{year}-{b:02d}-{a:02d}"), _iso(f"{year}-{a:02d}-{b:02d}")
    if match.group(2) in ".-" or day_first is None or month_first is None or a == b:
        return day_first or month_first
    if _AMERICAN_CLOCK.search(text):
        return month_first
    beside = [day for day in (day_first, month_first) if day.strftime("%a").lower() in text.lower()]
    return beside[0] if len(beside) == 1 else None


def _iso(value: str) -> date | None:
    try:
        return date.fromisoformat(value.strip()[:10]) if value.strip() else None
    except ValueError:
        return None


# ---- HTML ------------------------------------------------------------------------------------------------------------

_BREAKS = vocabulary(
    "p div br li ul ol h1 h2 h3 h4 h5 h6 tr td th table section article header footer nav aside figure figcaption blockquote main form"
)
_SILENT = frozenset({"script", "style", "noscript", "template", "svg", "head"})
_KIND_OF_TAG = {
    "figcaption": "photo_credit",
    "nav": "related_link",
    "footer": "notice",
    "aside": "related_link",
    "blockquote": "",
}


class _Visible(HTMLParser):
    """The visible text of a page, with the place in the source where each piece stands."""

    def __init__(self, raw: str) -> None:
        super().__init__(convert_charrefs=False)
        self._lines = [0]
        for match in re.finditer("\n", raw):
            self._lines.append(match.end())
        self.pieces: list[tuple[int, str]] = []
        self.length = 0
        self.breaks: list[tuple[int, str]] = []  # where in the text a block ends, and what the next one is
        self._silent = 0
        self._stack: list[str] = []
        self.title: list[str] = []
        self._in_title = False

    def _raw(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column

    def _break(self) -> None:
        self.breaks.append((self.length, next((_KIND_OF_TAG[t] for t in self._stack if _KIND_OF_TAG.get(t)), "")))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_title = tag == "title"
        if tag in _SILENT:
            self._silent += 1
        if tag in _BREAKS:
            if tag in _KIND_OF_TAG:
                self._stack.append(tag)
            self._break()

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False
        if tag in _SILENT and self._silent:
            self._silent -= 1
        if tag in _BREAKS:
            if tag in self._stack:
                self._stack.remove(tag)
            self._break()

    def _add(self, data: str, raw: int) -> None:
        if self._in_title:
            self.title.append(data)
        elif not self._silent and data:
            self.pieces.append((raw, data))
            self.length += len(data)

    def handle_data(self, data: str) -> None:
        self._add(data, self._raw())

    def handle_entityref(self, name: str) -> None:
        self._add(html.unescape(f"&{name};"), self._raw())

    def handle_charref(self, name: str) -> None:
        self._add(html.unescape(f"&#{name};"), self._raw())


def _read_html(
    raw: str,
) -> tuple[str, tuple[tuple[int, int], ...], tuple[Block, ...], str | None, date | None]:
    """Visible text, offsets, blocks, title and date of a page; trafilatura says which blocks are the story."""
    import trafilatura  # slow to import, and needed for HTML only

    parser = _Visible(raw)
    parser.feed(raw)
    parser.close()
    text = "".join(data for _, data in parser.pieces)
    offsets, at = [], 0
    for where, data in parser.pieces:
        offsets.append((at, where))
        at += len(data)
    story = trafilatura.bare_extraction(raw, include_comments=False, with_metadata=True)
    known = _squeeze(getattr(story, "text", None) or "")
    cuts = sorted({0, len(text), *(position for position, _ in parser.breaks)})
    tags = dict(parser.breaks)
    title = (getattr(story, "title", None) or "".join(parser.title)).strip() or None
    marked = []
    for a, b in pairwise(cuts):
        content = _squeeze(text[a:b])
        if not content:
            kind = "blank"
        elif tags.get(a):
            kind = tags[a]
        elif title and content == _squeeze(title):
            kind = "title"
        elif known and content in known:
            kind = _page_kind(text[a:b].strip())
        else:
            kind = "notice" if known else _page_kind(text[a:b].strip())
        marked.append(Block(a, b, kind))
    published = _iso(getattr(story, "date", None) or "") if _states_a_date(raw) else None
    return text, tuple(offsets) or ((0, 0),), tuple(marked) or (Block(0, len(text), "body"),), title, published


def _page_kind(content: str) -> str:
    if len(content) < 400 and _credited(content):
        return "photo_credit"
    if _POST.search(content[:2000]):
        return "embedded_post"
    if len(content) < 200 and _NEWSLETTER.match(content):
        return "newsletter"
    if len(content) < 220 and not _SENTENCE_END.search(content[-12:]):
        return "heading"
    return "body"


def _states_a_date(raw: str) -> bool:
    """Whether a page carries its date in its own head or in a time element; trafilatura guesses otherwise."""
    return bool(
        re.search(
            r"<time\b|(?:published|datePublished|date)[\w:._-]{0,30}[\"'][^>]{0,80}\d{4}-\d{2}-\d{2}", raw[:400_000]
        )
    )


def _squeeze(text: str) -> str:
    return re.sub(r"\W+", "", text).casefold()


# ---- duplicates -----------------------------------------------------------------------------------------------------

_SKETCH = 64
_SHINGLE = 4


def find_duplicates(articles: list[Article], threshold: float = 0.8) -> dict[str, str]:
    """Articles that repeat an earlier one (the same wire story under two mastheads): source_id to the first's source_id.

    Two bodies are the same story when the smaller one's four-word shingles are contained in the other's by `threshold`.
    Candidates share one of each body's 64 lowest shingle hashes (Broder's bottom-k sketch), so the cost grows with the
    number of articles, not with its square.
    """
    seen: dict[int, list[int]] = {}
    shingles: list[frozenset[int]] = []
    first_of: dict[str, str] = {}
    for number, article in enumerate(articles):
        mine = _shingles(article)
        shingles.append(mine)
        votes: dict[int, int] = {}
        sketch = sorted(mine)[:_SKETCH]
        for value in sketch:
            for other in seen.get(value, ())[:20]:
                votes[other] = votes.get(other, 0) + 1
        for other in sorted(votes, key=lambda k: (-votes[k], k))[:5]:
            theirs = shingles[other]
            if len(mine & theirs) >= threshold * min(len(mine), len(theirs)) and min(len(mine), len(theirs)) >= 8:
                first = articles[other].source_id
                first_of[article.source_id] = first_of.get(first, first)
                break
        else:
            for value in sketch:
                seen.setdefault(value, []).append(number)
    return first_of


def _shingles(article: Article) -> frozenset[int]:
    words = _WORD.findall(" ".join(article.text[b.start : b.end] for b in article.body).casefold())
    return frozenset(
        zlib.crc32(" ".join(words[k : k + _SHINGLE]).encode()) for k in range(max(0, len(words) - _SHINGLE + 1))
    )
