"""From a table or articles of a user's own to a data folder that passes its check and renders, saying what was assumed."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import yaml

from sitrep import events as events_module
from sitrep import formats, intake, tables
from sitrep.articles import read_articles
from sitrep.extract import extract_articles
from sitrep.formats.conversion import LOSSES, conform, write_folder
from sitrep.formats.export import csv_text
from sitrep.formats.files import replace_text
from sitrep.formats.scan import alike, refuse
from sitrep.linking import link
from sitrep.names import checked_name
from sitrep.parameters import Parameters
from sitrep.phrases import Lexicon
from sitrep.study import find_root
from sitrep.tables import COUNTRIES, COVERAGE, EVENTS, MENTIONS, PLACES, TALLIES, Fault, Tables, empty
from sitrep.wording import listing, plural

#: What can be brought: the layouts that `sitrep.formats` reads, and a folder of articles.
FORMATS = (*formats.READABLE, "articles")
#: A report compares so many days at least with its default windows; a shorter period gets days not searched in front.
SHORTEST = 36

Span = tuple[pd.Timestamp, pd.Timestamp]


@dataclass(frozen=True)
class Imported:
    """A data folder made of what a user brought.

    tables
        All of them, as `sitrep.check` wants them.
    assumed, losses
        Sentences: what had to be taken for true, and what the file says and the tables do not.
    rejected
        One row a fault, as `sitrep.formats.Conversion` has it: row, column, found, allowed.
    duplicates
        Rows that tell of an attack which the tables joined already hold: mention_id, incident_id, why.
    articles
        The articles brought, to be copied into the folder's ``seeds/``; ``metadata`` what is noted of them.
    messages
        What a user must know of single articles: undated, in another language, told twice.
    brought
        How many mentions came in, in words.
    days, countries, scope
        What a report of these tables shows: from which day to which (None without a row), where, and which mentions.
    folders
        Folders to copy along, by the name they get.
    """

    tables: Tables
    assumed: tuple[str, ...]
    losses: tuple[str, ...]
    rejected: pd.DataFrame
    duplicates: pd.DataFrame
    brought: str
    days: Span | None
    countries: tuple[str, ...]
    scope: str = "chronology"
    articles: tuple[Path, ...] = ()
    metadata: pd.DataFrame = field(default_factory=pd.DataFrame)
    messages: tuple[str, ...] = ()
    folders: dict[str, Path] = field(default_factory=dict)


@dataclass(frozen=True)
class Choice:
    """What of a file is wanted and how it is written: mapping, countries, first and last day, days searched, encoding."""

    mapping: Path | None = None
    country: Sequence[str] | None = None
    start: str | None = None
    end: str | None = None
    covered: tuple[str, ...] = ()
    encoding: str = "utf-8"


def read(file: str, format: str, data: Path, choice: Choice = Choice(), joined: bool = False) -> Imported:
    """Read what a user brought: a table in one of the layouts of `sitrep.formats`, or a folder of articles.

    *data* is the folder whose gazetteer, lexicon and events are used; with *joined* all its tables come in. Raises
    `sitrep.formats.FormatError` (a ValueError) for what cannot be read as that format.
    """
    if format not in FORMATS:
        raise refuse(file, None, "format", format, ", ".join(FORMATS), alike(format, FORMATS))
    for text in choice.covered:
        _span(text)
    if format == "articles":
        given = [name for name in ("mapping", "country", "start", "end") if getattr(choice, name)]
        if given:
            raise refuse(file, None, given[0], "an option for tables", "none of them for articles: the report chooses")
        return of_articles(Path(file), data, choice.covered, joined)
    places = tables.read_table("places", data / "places.csv")
    conversion = formats.read(
        file,
        format,
        choice.mapping,
        choice.country,
        choice.start,
        choice.end,
        encoding=choice.encoding,
        places=places,
        resolve=intake.gazetteer_of(places, intake.lexicon_folder(data)).resolve,
    )
    return of_table(conversion, data, choice.covered, joined)


# --- a table ------------------------------------------------------------------------------------------


def of_table(
    conversion: formats.Conversion,
    data: Path,
    covered: Sequence[str] = (),
    joined: bool = False,
) -> Imported:
    """Complete the tables of a *conversion* with what the file does not tell.

    *data* is the folder whose gazetteer and events are used where the file has rows of its countries; with *joined* all
    its tables come in and the rows of the file are added to them. *covered* are the spans of days that were searched,
    "2020-01-01:2023-12-31"; without them the days from the first to the last row are taken to have been, and this is told.
    """
    base = tables.read(data)
    known = bool(set(base.countries["country"]) & set(conversion.countries["country"]))
    days = _period(conversion.mentions)
    assumed: list[str] = []
    mentions, duplicates = conversion.mentions, _duplicates([])
    with_sources = conversion.sources
    if joined:
        mentions, duplicates = _join(base, conversion, data)
        with_sources = _below(base.sources, conversion.sources, "source_id")
    elif known:
        with_sources = _with_sources_of_events(base, conversion.sources)
    spans = [_span(text) for text in covered]
    coverage = _coverage(days, spans, base.coverage if joined else None)
    if days and not covered:
        period = f"{days[0]:%Y-%m-%d} to {days[1]:%Y-%m-%d}"
        assumed.append(
            f"Every day from the first to the last row, {period}, is taken to have been searched, so that a day without a "
            "row counts as a day without an attack. The file does not say so."
        )
    countries = conversion.countries
    if joined or known:
        countries, widened = _countries(base, conversion)
        assumed += widened
    made = Tables(
        mentions=mentions,
        sources=with_sources,
        events=base.events if joined or known else empty(EVENTS),
        places=_below(base.places, conversion.places, "place_id") if joined or known else conversion.places,
        tallies=base.tallies if joined else empty(TALLIES),
        actors=_below(base.actors, conversion.actors, "name") if joined else conversion.actors,
        coverage=coverage,
        countries=countries,
        overrides=base.overrides if joined else empty(tables.OVERRIDES),
    )
    if not (joined or known):
        assumed.append("The events of this project are of other countries and are left out: name dates of your own.")
    return Imported(
        tables=made,
        assumed=tuple(assumed),
        losses=conversion.losses,
        rejected=conversion.rejected,
        duplicates=duplicates,
        brought=f"{plural(len(conversion.mentions), 'mention')}",
        days=(coverage["date_start"].min(), coverage["date_end"].max()) if joined else days,
        countries=tuple(sorted({*conversion.countries["country"], *(base.countries["country"] if joined else ())})),
        folders=_folders(data, joined),
    )


def _join(base: Tables, conversion: formats.Conversion, data: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The mentions of both, each imported one in the incident of *base* to which it belongs, and a list of those."""
    there = conversion.mentions["mention_id"].isin(base.mentions["mention_id"])
    new = conversion.mentions[~there]
    mentions = pd.concat([base.mentions, new], ignore_index=True).astype(base.mentions.dtypes.to_dict())
    sources = _below(base.sources, conversion.sources, "source_id")
    places = _below(base.places, conversion.places, "place_id")
    gazetteer = intake.gazetteer_of(places, intake.lexicon_folder(data))
    found = link(mentions, sources, places, base.overrides, gazetteer).links
    group = found.set_index("mention_id")["incident_id"]
    mates = intake.joined(new["mention_id"], base.mentions.set_index("mention_id")["incident_id"], group)
    known = mates.dropna()
    held = mentions["mention_id"].map(mates)
    taken = mentions["incident_id"].where(held.isna(), held)
    fresh = mentions["mention_id"].isin(new["mention_id"]) & held.isna()
    mentions["incident_id"] = _unlike(taken, fresh)
    again = conversion.mentions.loc[there, "mention_id"]
    rows = [(mention, base_id, "the same id is there already") for mention, base_id in _held(base, again)]
    rows += [(str(m), str(i), "place, dates and weapon fit: counted as one attack") for m, i in known.items()]
    return mentions, _duplicates(rows)


def _held(base: Tables, again: pd.Series) -> list[tuple[str, str]]:
    of = base.mentions.set_index("mention_id")["incident_id"]
    return [(mention, of[mention]) for mention in again]


def _unlike(ids: pd.Series, fresh: pd.Series) -> pd.Series:
    """The ids, those that are *fresh* numbered on where an older incident of the day and site bears the number."""
    taken = set(ids[~fresh])
    result = []
    for name, is_fresh in zip(ids, fresh, strict=True):
        stem, _, number = name.rpartition("-")
        n = int(number)
        while is_fresh and f"{stem}-{n}" in taken:
            n += 1
        result.append(f"{stem}-{n}")
        taken.add(result[-1])
    return pd.Series(result, index=ids.index, dtype="str")


def _duplicates(rows: Sequence[tuple[str, str, str]]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["mention_id", "incident_id", "why"], dtype="str")


def _countries(base: Tables, conversion: formats.Conversion) -> tuple[pd.DataFrame, list[str]]:
    """The countries of both, a box widened where the file has a site outside it, and a sentence on each that was."""
    both = pd.concat([base.countries, conversion.countries])
    lows = both.groupby("country", sort=False)[["latitude_min", "longitude_min"]].min()
    highs = both.groupby("country", sort=False)[["latitude_max", "longitude_max"]].max()
    # a country without coordinates has the whole world for a box, which says nothing
    boxes = lows.join(highs).reset_index()
    old = base.countries.set_index("country")
    imported = conversion.countries.set_index("country")
    told = []
    for number, country in enumerate(boxes["country"]):
        if country not in old.index or country not in imported.index:
            continue
        sites = conversion.places[conversion.places["country"] == country]
        if sites["latitude"].isna().all():
            boxes.loc[number, list(old.columns)] = old.loc[country]
        elif (boxes.loc[number, list(old.columns)].astype(float) != old.loc[country].astype(float)).any():
            told.append(f"Sites of the file lie outside the box of {country}, which was widened to hold them.")
    return conform(boxes, COUNTRIES), told


def _below(upper: pd.DataFrame, lower: pd.DataFrame, key: str) -> pd.DataFrame:
    """The rows of both, those of *lower* whose key is there already left out."""
    new = lower[~lower[key].isin(upper[key])]
    return pd.concat([upper, new], ignore_index=True).astype(upper.dtypes.to_dict())


def _with_sources_of_events(base: Tables, sources: pd.DataFrame) -> pd.DataFrame:
    """The sources and below them those of the events of *base*; their articles stay where they are."""
    of_events = base.sources[base.sources["source_id"].isin(base.events["source_id"])]
    return _below(sources, of_events.assign(seed_file=pd.Series(None, index=of_events.index, dtype="str")), "source_id")


# --- articles -----------------------------------------------------------------------------------------


def of_articles(folder: Path, data: Path, covered: Sequence[str] = (), joined: bool = False) -> Imported:
    """Make a data folder of the articles in *folder*, read with the gazetteer and lexicon of *data*.

    The articles are kept in it and read anew at every render. Days that they do not mention are not known, unless
    *covered* says which were searched.
    """
    base = tables.read(data)
    lexicon = Lexicon.read(intake.lexicon_folder(data))
    articles = read_articles([folder], lexicon)
    if not articles:
        raise refuse(Path(folder), None, "", "no article", "a folder of text or HTML files (.txt, .html)")
    paths = [Path(article.path) for article in articles]
    _without_namesakes(paths)
    extraction = extract_articles(articles, intake.gazetteer_of(base.places, intake.lexicon_folder(data)), lexicon)
    usable = extraction.mentions.dropna(subset=["date_start", "place_id"])
    days = _period(usable)
    spans = [_span(text) for text in covered]
    coverage = _coverage(days, spans, base.coverage if joined else None, unstated="thin")
    made = replace(
        base,
        mentions=base.mentions if joined else empty(MENTIONS),
        sources=base.sources if joined else _with_sources_of_events(base, base.sources.iloc[:0]),
        tallies=base.tallies if joined else empty(TALLIES),
        coverage=coverage,
        overrides=base.overrides if joined else empty(tables.OVERRIDES),
    )
    assumed = () if covered or joined else ("Days that no article speaks of are not known: no rate and no test.",)
    undated = [Path(a.path).name for a in articles if a.published is None]
    return Imported(
        tables=made,
        assumed=assumed,
        losses=(),
        rejected=pd.DataFrame(columns=["row", "column", "found", "allowed"]),
        duplicates=_duplicates([]),
        brought=(
            f"{plural(len(articles), 'article')}, {plural(len(extraction.mentions), 'mention')} "
            f"({plural(len(usable), 'mention')} with a day and a place), "
            f"{plural(len(extraction.rejected), 'passage')} set aside"
        ),
        days=(coverage["date_start"].min(), coverage["date_end"].max()) if joined else days,
        countries=tuple(sorted(base.countries["country"]))
        if joined
        else tuple(sorted(base.places.loc[base.places["place_id"].isin(usable["place_id"]), "country"].unique())),
        scope="chronology" if covered or joined else "seeds",
        articles=tuple(paths),
        metadata=_metadata(paths, undated),
        messages=tuple(extraction.messages),
        folders=_folders(data, joined),
    )


def _without_namesakes(paths: Sequence[Path]) -> None:
    names = [path.name for path in paths]
    for path in paths:
        if names.count(path.name) > 1:
            raise refuse(path, None, "", f"{names.count(path.name)} articles of this name", "each name once")


def _metadata(paths: Sequence[Path], undated: Sequence[str]) -> pd.DataFrame:
    """What the metadata.csv beside the articles says, with a row to fill in for each one that bears no date."""
    columns = ["file", "source_id", "publisher", "title", "published", "language", "url", "note"]
    frames = [
        pd.read_csv(file, dtype="str", keep_default_na=False)
        for file in dict.fromkeys(path.parent / "metadata.csv" for path in paths)
        if file.is_file()
    ]
    told = pd.concat(frames) if frames else pd.DataFrame(columns=columns, dtype="str")
    open_ = [name for name in undated if name not in set(told["file"])]
    below = pd.DataFrame({"file": open_, "note": "no date in the text: fill in published, YYYY-MM-DD"}, dtype="str")
    return pd.concat([told, below], ignore_index=True).fillna("")


# --- days ---------------------------------------------------------------------------------------------


def _period(mentions: pd.DataFrame) -> Span | None:
    """The first day and the last on which an incident can fall; None without a mention."""
    if mentions.empty:
        return None
    own = mentions["incident_id"] if "incident_id" in mentions else pd.Series(dtype="str")
    days = pd.to_datetime(own.str[:8], format="%Y%m%d", errors="coerce").dropna() if len(own) else own
    first = min([mentions["date_start"].min(), *([days.min()] if len(days) else [])])
    last = max([mentions["date_end"].max(), *([days.max()] if len(days) else [])])
    return first, last


def _span(text: str) -> Span:
    """ "2020-01-01:2023-12-31" as two days; ValueError says what is allowed."""
    first, _, last = text.partition(":")
    try:
        span = pd.Timestamp(date.fromisoformat(first)), pd.Timestamp(date.fromisoformat(last))
    except ValueError:
        span = None
    if span is None or span[0] > span[1]:
        raise ValueError(f"--covered: found {text!r}; allowed: two days with a colon, such as 2020-01-01:2023-12-31")
    return span


def _coverage(
    days: Span | None, stated: Sequence[Span], base: pd.DataFrame | None, unstated: str = "full"
) -> pd.DataFrame:
    """The coverage table: what *base* says, then what was stated, then what is assumed of the days with rows.

    A day of which nothing is known is thin. Without a row and a statement the table is empty.
    """
    assumed = (
        "assumed at import: from the first to the last row of the file, which does not say which days were searched"
    )
    layers: list[tuple[Span, str, str]] = []
    if days is not None:
        why = assumed if unstated == "full" else "articles say nothing about days that they do not mention"
        beyond = ("thin", "outside the days stated as searched") if stated else (unstated, why)
        layers.append((days, *beyond))
    layers += [(span, "full", "stated at import as searched") for span in stated]
    if base is not None:
        told = zip(base["date_start"], base["date_end"], base["level"], base["why"], strict=True)
        layers += [((first, last), level, "" if pd.isna(why) else why) for first, last, level, why in told]
    if not layers:
        return empty(COVERAGE)
    first, last = min(span[0] for span, _, _ in layers), max(span[1] for span, _, _ in layers)
    first = min(first, last - timedelta(days=SHORTEST - 1))
    index = pd.date_range(first, last, freq="D")
    which = pd.Series(-1, index=index)
    for number, (span, _, _) in enumerate(layers):
        which[span[0] : span[1]] = number
    runs = (which != which.shift()).cumsum()
    unknown = ("thin", "not known whether anybody searched")
    rows = []
    for _, run in which.groupby(runs):
        number = int(run.iloc[0])
        level, why = unknown if number < 0 else layers[number][1:]
        rows.append({"date_start": run.index[0], "date_end": run.index[-1], "level": level, "why": why})
    return conform(pd.DataFrame(rows), COVERAGE)


# --- the folder and its report ------------------------------------------------------------------------


def _folders(data: Path, joined: bool) -> dict[str, Path]:
    """Folders to copy along: the lexicon where it is the data folder's own, and with *joined* its articles."""
    lexicon, seeds = intake.lexicon_folder(data), intake.seeds_folder(data)
    return {"lexicon": lexicon} | ({"seeds": seeds} if joined and seeds.is_dir() else {})


def write(made: Imported, out: Path, again: bool = False, report: tuple[Path, str] | None = None) -> None:
    """Write the folder in one step, and *report* (a path and its text) beside it.

    A folder that is there is an error, unless it came from an import and *again* is set.
    """
    out = Path(out)
    imported = (out / LOSSES).is_file()
    if out.exists() and any(out.iterdir() if out.is_dir() else [out]) and not (again and imported):
        hint = "give another name, or --replace" if imported else "give another name"
        raise refuse(out, None, "", "a folder with files in it", f"a folder that is not there yet ({hint})")
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent) as work:
        built = Path(work) / out.name
        built.mkdir()
        for name, folder in made.folders.items():
            shutil.copytree(folder, built / name)
        texts = {
            "rejected.csv": csv_text(made.rejected),
            "duplicates.csv": csv_text(made.duplicates),
            LOSSES: "".join(f"{line}\n" for line in (*made.assumed, *made.losses)),
            "ABOUT.md": _about(made, out.name),
        }
        write_folder(built, made.tables, texts)
        if made.articles:
            _copy_articles(made, built / "seeds")
        built.chmod(0o755)
        if out.exists():
            out.rename(Path(work) / "old")
        built.rename(out)
    if report is not None:
        report[0].parent.mkdir(exist_ok=True)
        replace_text(*report)


def _copy_articles(made: Imported, seeds: Path) -> None:
    seeds.mkdir(exist_ok=True)
    for path in made.articles:
        if (seeds / path.name).exists():
            raise refuse(path, None, "", "an article of this name among those joined", "a name of its own")
        shutil.copyfile(path, seeds / path.name)
    noted = seeds / "metadata.csv"
    there = [pd.read_csv(noted, dtype="str", keep_default_na=False)] if noted.is_file() else []
    together = pd.concat([*there, made.metadata], ignore_index=True).fillna("")
    noted.write_text(csv_text(together), encoding="utf-8", newline="\n")


def _about(made: Imported, name: str) -> str:
    told = "".join(f"- {line}\n" for line in (*made.assumed, *made.losses)) or "- Nothing.\n"
    return f"# {name}\n\nTables made by `sitrep import`: {made.brought}.\n\n## Assumed, and not carried\n\n{told}"


def report(name: str, made: Imported, data: str, title: str = "") -> str:
    """Return a report's YAML for the tables of an import: its period, countries, targets, and the dates to test in it."""
    of_places = made.tables.places.set_index("place_id")["target"]
    used = made.tables.mentions["place_id"].map(of_places).dropna()
    held = set(used) if len(used) else set(of_places)
    countries = list(made.countries) or sorted(made.tables.places["country"].unique())
    values: dict[str, object] = {"title": title or _title(made)}
    if made.days:
        # a report shows a week at least; days in front of the first row are thin
        start = min(made.days[0], made.days[1] - timedelta(days=Parameters().window - 1))
        values |= {"start": f"{start:%Y-%m-%d}", "end": f"{made.days[1]:%Y-%m-%d}"}
    values |= {
        "data": data,
        "scope": made.scope,
        "link": "machine" if made.articles else "coder",
        "countries": countries,
        "targets": [kind for kind in PLACES.column("target").allowed if kind in held],
        **_dates(made),
    }
    lines = [
        "# yaml-language-server: $schema=schema.json",
        f"# Render with: sitrep render {name}. Every parameter: sitrep params.",
        *(f"{key}: {_yaml(value)}" for key, value in values.items()),
    ]
    return "\n".join(lines) + "\n"


def _yaml(value: object) -> str:
    if isinstance(value, str) and len(value) == 10 and value[:4].isdigit():
        return value  # a day stands bare
    return (
        yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10_000).removesuffix("\n...\n").strip()
    )


def _title(made: Imported) -> str:
    where = (
        listing(made.countries) if 0 < len(made.countries) <= 4 else plural(len(made.countries), "country", "countries")
    )
    if made.days is None:
        return f"Attacks in {where}"
    first, last = made.days[0].year, made.days[1].year
    return f"Attacks in {where}, {first}" + (f" to {last}" if last > first else "")


def _dates(made: Imported) -> dict[str, object]:
    """The default dates that lie in the series, and the authority whose count may stand beside it."""
    default = Parameters()
    authorities = set(made.tables.tallies["authority"])
    values: dict[str, object] = {} if default.authority in authorities else {"authority": ""}
    coverage = made.tables.coverage
    if coverage.empty or made.tables.events.empty:
        return values | {"events": [], "confirmatory": [], "anniversary": ""}
    first, last = coverage["date_start"].min().date(), coverage["date_end"].max().date()
    first += timedelta(days=default.baseline)
    last -= timedelta(days=default.window - 1)
    dates = events_module.occurrences(made.tables.events, first, last) if first < last else pd.DataFrame()
    inside = dates[dates["date_start"].between(str(first), str(last))] if len(dates) else dates
    alone = set(inside.loc[inside["family"].isna(), "event_id"]) if len(inside) else set()
    families = set(inside.loc[inside["family"].notna(), "event_id"]) if len(inside) else set()
    recurring = set(made.tables.events.loc[made.tables.events["kind"] == "commemoration", "event_id"])
    chosen = [event for event in default.events if event in alone | (families & recurring)]
    return values | {
        "events": chosen,
        "confirmatory": [event for event in default.confirmatory if event in chosen],
        "anniversary": default.anniversary if default.anniversary in families else "",
    }


def new_report(name: str, made: Imported, out: Path, title: str = "") -> tuple[Path, str]:
    """Return the path and the text of ``reports/NAME.yaml`` for an import into *out*.

    Raises ValueError where there is such a report already, where *out* lies outside the project, or where nothing came in.
    """
    top = find_root()
    path = top / "reports" / f"{checked_name(name)}.yaml"
    if path.exists():
        raise ValueError(
            f"reports/{path.name}: there is such a report already; choose another name, or remove it first"
        )
    folder = Path(out).resolve()
    if not folder.is_relative_to(top):
        raise ValueError(f"--report: found the folder {out}; allowed: a folder in the project, {top}")
    if made.days is None:
        raise ValueError("--report: nothing came in, so there is nothing to report; import without --report to see why")
    return path, report(name, made, folder.relative_to(top).as_posix(), title)


#: How many faults are printed; all are in rejected.csv.
SHOWN = 10


def told(made: Imported, file: str, out: Path) -> list[str]:
    """Return what the user must know, a line each: losses, assumptions, duplicates, articles, and the first faults."""
    lines = [line if line.startswith("Carried") else f"not carried: {line}" for line in made.losses]
    lines += [f"assumed: {line}" for line in made.assumed]
    if any("first to the last row" in line for line in made.assumed):
        lines.append(f"  If that is not so: --covered FROM:TO, or edit {out}/coverage.csv.")
    lines += made.messages
    noted = made.metadata
    undated = list(noted.loc[noted["published"].eq(""), "file"]) if "published" in noted else []
    if undated:
        lines.append(f"undated: fill in the column published of {out}/seeds/metadata.csv: {listing(undated)}")
        lines.append("  What they tell of may lie outside the period of the report: then set its start and end.")
    if len(made.duplicates):
        lines.append(f"told before: {plural(len(made.duplicates), 'mention')}, listed in {out}/duplicates.csv")
    faults = made.rejected.head(SHOWN).to_dict("records")
    lines += [str(Fault(str(file), row["row"], row["column"], row["found"], row["allowed"])) for row in faults]
    if len(made.rejected) > SHOWN:
        lines.append(f"and {plural(len(made.rejected) - SHOWN, 'more fault')}: all are in {out}/rejected.csv")
    return lines
