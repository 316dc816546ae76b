"""What a report is about: from its parameters and the tables to the frames that every notebook uses."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from functools import cached_property, wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import pandas as pd
from rapidfuzz import fuzz

from sitrep import events as events_module
from sitrep import frequency, hashes, intake, linking, reconcile, tables
from sitrep.formats.conversion import LOSSES, PREFIXES
from sitrep.parameters import ParameterError, Parameters
from sitrep.places import Gazetteer
from sitrep.root import find_root as find_root
from sitrep.shared import content, once
from sitrep.wording import coded

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Study:
    """The frames of one report.

    Attributes
    ----------
    parameters
        As given.
    tables
        The tables as read, every row.
    mentions
        Mentions in scope, those of new articles in seeds/ included.
    intake
        What the machine read from the articles in seeds/.
    incidents
        All incidents in scope, whatever their place, target, status or day.
    selected
        Those that the parameters let count, over the whole chronology: what the tests use.
    shown
        Those of *selected* on the days shown: what the figures, rates and shares rest on.
    listed
        Those of *shown* that are listed one by one: all, or with ``focus`` those around its anniversaries.
    convoys
        Attacks on road convoys on the days shown, which are a sample and stand apart.
    level
        Coverage level by day, over the whole chronology; thin throughout where the scope is no series of days.
    series
        Daily counts of *selected* over the whole chronology; NaN = missing.
    counts
        The part of *series* that is shown.
    own
        Ids of the events in the user's own file, which stand in ``tables.events`` below ours.
    ours
        Whether the project's own chronology is among the tables, alone or with what was added.
    imported
        What the import that made the tables assumed and could not carry, one sentence each.
    """

    parameters: Parameters
    tables: tables.Tables
    mentions: pd.DataFrame
    intake: intake.Intake
    incidents: pd.DataFrame
    selected: pd.DataFrame
    shown: pd.DataFrame
    listed: pd.DataFrame
    convoys: pd.DataFrame
    level: pd.Series
    series: pd.Series
    counts: pd.Series
    own: tuple[str, ...] = ()
    ours: bool = True
    imported: tuple[str, ...] = ()

    @property
    def examined(self) -> list[str]:
        """The ids of the events examined beside the anniversary: the parameters' and those of the user's own file."""
        return [*self.parameters.events, *self.own]

    @cached_property
    def links(self) -> linking.Links:
        """The machine's own linking of the mentions in scope, whoever's linking the report uses."""
        return machine_links(self.tables, self.mentions, self.intake.gazetteer)

    @property
    def is_series(self) -> bool:
        """Whether days without an attack are known: true of the chronology, not of a handful of articles."""
        return self.parameters.scope == "chronology"

    @property
    def as_of(self) -> pd.Timestamp:
        """The day of the latest source of these mentions; where no source bears a date, the last day of the series."""
        sources = self.tables.sources
        last = sources.loc[sources["source_id"].isin(self.mentions["source_id"]), "published"].max()
        return self.series.index[-1] if pd.isna(last) else last

    @property
    def enough(self) -> bool:
        """Whether there is anything to count by day: an attack on a day that is known."""
        return self.is_series and float(self.counts.sum()) > 0

    @property
    def testable(self) -> bool:
        """Whether the whole series holds anything to test, and a date to test is named."""
        return self.is_series and bool(self.parameters.anniversary) and float(self.series.sum()) > 0


#: Parameters that say what is shown and how: no test depends on them.
OF_THE_SHOWN = ("title", "start", "end", "focus", "interval", "audience")


def load(parameters: Parameters, root: Path | None = None, folder: Path | None = None) -> Study:
    """Read the tables and return the study of *parameters*.

    Raises `ParameterError` for a country, place, weapon, event or authority that the tables do not know, with the
    nearest names; the tables are those in ``parameters.data`` below *root* (the project's top folder by default). *folder*:
    where it may lie, made before (`shared.once`).
    """
    top = find_root(root)
    as_given = _all_shown(parameters)
    whole = once("study", lambda: (as_given.model_dump(), str(top)), lambda: _whole(as_given, top), folder)
    _check_names(parameters, whole.tables, whole.own)
    return _showing(whole, parameters)


def of_the_whole(test: Callable[Concatenate[Study, P], T]) -> Callable[Concatenate[Study, P], T]:
    """Give *test* the study with everything shown, so that what it finds cannot depend on what is; see `shared.once`."""

    @wraps(test)
    def tested(report: Study, *given: P.args, **named: P.kwargs) -> T:
        whole = _showing(report, _all_shown(report.parameters))
        settings = whole.parameters.model_dump(), whole.own, os.getcwd()  # noqa: PTH109
        return once(
            test.__qualname__,
            lambda: (settings, _content(whole), content((given, named))),
            lambda: test(whole, *given, **named),
        )

    return tested


def _content(report: Study) -> list[tuple[str, str]]:
    """The columns, types and a hash of the values of every frame that a test may use."""
    of_tables = [getattr(report.tables, item.name) for item in fields(report.tables)]
    frames = [*of_tables, report.mentions, report.incidents, report.selected, report.level, report.series]
    return [
        (
            str(frame.dtypes),
            hashes.of(pd.util.hash_pandas_object(frame).to_numpy().tobytes()),
        )
        for frame in frames
    ]


def _all_shown(parameters: Parameters) -> Parameters:
    return parameters.model_copy(update={name: Parameters.model_fields[name].default for name in OF_THE_SHOWN})


def _showing(report: Study, parameters: Parameters) -> Study:
    """*report* with what these *parameters* show of it."""
    shown = _between(report.selected, parameters.start, parameters.end)
    convoys = report.incidents[report.incidents["target"] == "convoy"]
    return replace(
        report,
        parameters=parameters,
        shown=shown,
        listed=shown[shown["date"].isin(days_listed(parameters, report.tables))].reset_index(drop=True),
        convoys=_between(convoys, parameters.start, parameters.end),
        counts=report.series[parameters.start : parameters.end],
    )


def _whole(parameters: Parameters, top: Path) -> Study:
    """The study of *parameters*, made from the tables."""
    everything = tables.read(top / parameters.data)
    everything, own = _with_own_events(everything, parameters, top)
    found = intake.read_seeds(
        intake.seeds_folder(top / parameters.data), everything, intake.lexicon_folder(top / parameters.data)
    )
    ours = bool((~everything.mentions["source_id"].str.startswith(PREFIXES)).any())
    with_mentions, with_sources, _ = intake.with_new(everything, found)
    everything = replace(everything, mentions=with_mentions, sources=with_sources)
    mentions = undropped(in_scope(everything, parameters.scope), everything.overrides)
    links = machine_links(everything, mentions, found.gazetteer).links if parameters.link == "machine" else None
    incidents = reconcile.reconcile(mentions, everything.sources, everything.places, everything.actors, links)
    selected = select(incidents, parameters)
    first, last = whole_period(everything)
    # a handful of articles says nothing about the days that they do not mention
    coverage = everything.coverage if parameters.scope == "chronology" else everything.coverage.iloc[:0]
    series = frequency.daily_counts(selected, coverage, first, last, parameters.thin)
    return Study(
        parameters=parameters,
        tables=everything,
        mentions=mentions,
        intake=found,
        incidents=incidents,
        selected=selected,
        shown=selected,
        listed=selected,
        convoys=incidents,
        level=frequency.levels(coverage, first, last),
        series=series,
        counts=series,
        own=own,
        ours=ours,
        imported=_imported(top / parameters.data),
    )


def _imported(data: Path) -> tuple[str, ...]:
    """What `sitrep import` noted in the folder that it made; nothing for other folders."""
    file = data / LOSSES
    return tuple(file.read_text(encoding="utf-8").splitlines()) if file.is_file() else ()


def _with_own_events(
    everything: tables.Tables, parameters: Parameters, top: Path
) -> tuple[tables.Tables, tuple[str, ...]]:
    """The tables with the events of ``own_events`` below ours, and their ids.

    Raises `ParameterError` for a file that cannot be read, an id that is one of ours, or an event of which no date lies in
    the chronology.
    """
    if not parameters.own_events:
        return everything, ()
    path = top / parameters.own_events
    if not path.resolve().is_relative_to(top.resolve()) or not path.is_file():
        raise ParameterError(
            f"own_events: found {parameters.own_events!r}; the path of a CSV or YAML file in the project's folder is allowed"
        )
    try:
        found = events_module.read_events(path)
    except ValueError as error:
        raise ParameterError(f"own_events: {error}") from None
    faults = [
        f"{path.name}: event_id: found {event!r}, which is an event of ours; an id of its own is allowed"
        for event in found["event_id"]
        if event in set(everything.events["event_id"])
    ]
    first, last = whole_period(everything)
    dates = events_module.occurrences(found, first, last)
    inside = set(dates.loc[dates["date_start"].between(first, last), "event_id"])
    faults += [
        f"{path.name}: event_id {event}: no date of it lies in the chronology, {first} to {last}"
        for event in found["event_id"]
        if event not in inside
    ]
    if faults:
        raise ParameterError("own_events: " + "; ".join(faults))
    columns = everything.events.columns
    below = found.reindex(columns=columns).astype(everything.events.dtypes.to_dict())
    joined = pd.concat([everything.events, below], ignore_index=True)
    return replace(everything, events=joined), tuple(found["event_id"])


def machine_links(everything: tables.Tables, mentions: pd.DataFrame, gazetteer: Gazetteer) -> linking.Links:
    """Return the machine's linking of *mentions*, made over all mentions so that a choice of scope changes no link."""
    found = linking.link(everything.mentions, everything.sources, everything.places, everything.overrides, gazetteer)
    wanted = set(mentions["mention_id"])
    pairs = found.pairs
    return linking.Links(
        found.links[found.links["mention_id"].isin(wanted)].reset_index(drop=True),
        pairs[pairs["mention_id_a"].isin(wanted) & pairs["mention_id_b"].isin(wanted)].reset_index(drop=True),
    )


def undropped(mentions: pd.DataFrame, overrides: pd.DataFrame) -> pd.DataFrame:
    """The mentions that no row of the overrides drops, whoever's links the report uses."""
    dropped = overrides.loc[overrides["action"] == "drop", "mention_id"]
    return mentions[~mentions["mention_id"].isin(dropped)].reset_index(drop=True)


def _between(incidents: pd.DataFrame, start: str, end: str) -> pd.DataFrame:
    return incidents[incidents["date"].between(start, end)].reset_index(drop=True)


def in_scope(everything: tables.Tables, scope: str) -> pd.DataFrame:
    """Return the mentions that *scope* lets in."""
    if scope == "chronology":
        return everything.mentions
    seeds = everything.sources.loc[everything.sources["seed_file"].notna(), "source_id"]
    return everything.mentions[everything.mentions["source_id"].isin(seeds)].reset_index(drop=True)


def select(incidents: pd.DataFrame, parameters: Parameters) -> pd.DataFrame:
    """Return the incidents that count: by country, target, place, weapon and status."""
    keep = (
        incidents["country"].isin(parameters.countries)
        & incidents["target"].isin(parameters.targets)
        & incidents["status"].isin(parameters.statuses)
    )
    if parameters.places:
        keep &= incidents["place_id"].isin(parameters.places)
    if parameters.weapons:
        keep &= (
            incidents["weapon"]
            .fillna("unknown")
            .str.split("|")
            .map(lambda used: bool(set(used) & set(parameters.weapons)))
        )
    return incidents[keep].reset_index(drop=True)


def whole_period(everything: tables.Tables) -> tuple[str, str]:
    """Return the first and last day that the coverage table speaks of."""
    coverage = everything.coverage
    if coverage.empty:
        raise ParameterError("coverage.csv: no row; a report needs to know from which day to which the tables speak")
    return coverage["date_start"].min().date().isoformat(), coverage["date_end"].max().date().isoformat()


def days_listed(parameters: Parameters, everything: tables.Tables) -> pd.DatetimeIndex:
    """Return the days whose incidents are listed: the period, or with ``focus`` those around each anniversary in it."""
    days = pd.date_range(parameters.start, parameters.end, freq="D", name="date")
    if not parameters.focus:
        return days
    chosen = everything.events[everything.events["event_id"] == parameters.focus]
    wanted = pd.DatetimeIndex([])
    for day in events_module.occurrences(chosen, parameters.start, parameters.end)["date_start"]:
        first = day - timedelta(days=parameters.baseline)
        last = day + timedelta(days=max(parameters.baseline, parameters.anniversary_window) - 1)
        wanted = wanted.union(pd.date_range(first, last, freq="D"))
    return days[days.isin(wanted)]


def _check_names(parameters: Parameters, everything: tables.Tables, own: Sequence[str] = ()) -> None:
    """Refuse names that the tables do not hold, all at once, each with the nearest known."""
    faults = unknown_names(dict(parameters), everything, own)
    if faults:
        raise ParameterError.of("parameters", faults)


def unknown_names(values: Mapping[str, Any], everything: tables.Tables, own: Sequence[str] = ()) -> list[str]:
    """Return a sentence for each name in the parameters *values* that the tables do not hold, with the nearest known.

    Also for a period outside the coverage table, and for a window and baseline longer than all its days. *own* are the
    ids of the events of the user's own file.
    """
    folder = values.get("data", "the data folder")
    faults = []
    for name, known in known_names(everything).items():
        if name == "confirmatory":
            if not own:  # then `parameters.contradictions` has told
                continue
            known = {event: meaning for event, meaning in known.items() if event in {*values.get("events", ()), *own}}
        given = values.get(name) or []
        for value in [given] if isinstance(given, str) else given:
            if value not in known:
                near = ", ".join(nearest(value, known))
                faults.append(f"{name}: found {value!r}, which the tables in {folder} do not know; nearest: {near}")
    first, last = whole_period(everything)
    if {"start", "end"} <= values.keys() and (values["end"] < first or values["start"] > last):
        faults.append(
            f"start, end: found {values['start']} to {values['end']}; the coverage table holds {first} to {last}"
        )
    days = (pd.Timestamp(last) - pd.Timestamp(first)).days + 1
    faults += [
        f"{name}, baseline: found {values[name]} and {values['baseline']} days; the coverage table holds {days}"
        for name in ("window", "anniversary_window")
        if {name, "baseline"} <= values.keys() and values[name] + values["baseline"] > days
    ]
    return faults


def known_names(everything: tables.Tables) -> dict[str, dict[str, str]]:
    """Return for each parameter that names something in the tables what it may name, with its meaning in words."""
    weapons = sorted(set(everything.mentions["weapon"].dropna().str.split("|").explode()))
    of_events = everything.events.drop_duplicates("event_id").set_index("event_id")["name"].to_dict()
    sites = everything.places.set_index("place_id")["name"].to_dict()
    return {
        "countries": {name: name for name in sorted(everything.places["country"].dropna().unique())},
        "places": sites,
        "weapons": {name: coded(name) for name in weapons},
        "events": of_events,
        "confirmatory": of_events,
        "anniversary": of_events,
        "focus": of_events,
        "authority": {name: name for name in sorted(everything.tallies["authority"].dropna().unique())},
    }


def nearest(value: str, known: Mapping[str, str], limit: int = 3) -> list[str]:
    """Return the names in *known* that look most like *value*, by themselves or by their meaning."""
    wanted = value.casefold()
    score = {
        name: max(fuzz.WRatio(wanted, name.casefold()), fuzz.WRatio(wanted, meaning.casefold()))
        for name, meaning in known.items()
    }
    return sorted(score, key=lambda name: (-score[name], name))[:limit]
