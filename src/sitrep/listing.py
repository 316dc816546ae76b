"""The tables a reader sees: what came in, what was left out and why, incidents, mentions side by side."""

from collections.abc import Hashable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from sitrep import words
from sitrep.bibliography import anchored, mentions_of
from sitrep.content import Prose, Table
from sitrep.escalation import Result, to_frame
from sitrep.escalation.interruption import Interruption
from sitrep.escalation.rates import ErrorRate
from sitrep.escalation.result import LARGEST_REALISTIC_RATIO
from sitrep.intake import Intake
from sitrep.linking import Links
from sitrep.parameters import Parameters
from sitrep.reconcile import QUANTITIES
from sitrep.wording import coded, day, listing, low_high, number, plural, probability, significant, site, span

_said = partial(words.said, "tables")


def _heads(table: str) -> dict[str, str]:
    """The headings of a table's columns."""
    return dict(words.table()["tables"][table]["heads"])


def stages(incidents: pd.DataFrame, mentions: pd.DataFrame, selected: pd.DataFrame, shown: pd.DataFrame) -> Table:
    """From sources to the incidents shown: how many came in and how many each step kept."""
    rows = [
        ("sources", mentions["source_id"].nunique()),
        ("mentions", len(mentions)),
        ("incidents", len(incidents)),
        ("count", len(selected)),
        ("shown", len(shown)),
    ]
    told = words.table()["tables"]["stages"]["steps"]
    frame = pd.DataFrame([(told[key][0], n, told[key][1]) for key, n in rows], columns=["step", "rows", "meaning"])
    labels = _heads("stages")
    frame["rows"] = frame["rows"].map(number)
    return Table("tab-stages", _said("stages", "title"), frame, labels=labels, align={"rows": "right"})


def left_out(incidents: pd.DataFrame, parameters: Parameters, shown: pd.DataFrame) -> Table | Prose:
    """Incidents that the report does not count, each with the first reason that applies."""
    reasons = left_out_reasons(incidents, parameters, shown)
    if reasons.empty:
        return Prose(_said("left_out", "nothing"))
    counted = reasons.value_counts()
    frame = counted.rename_axis("reason").reset_index(name="incidents")
    full = incidents.loc[reasons.index, ["incident_id", "date", "place_id", "status"]].assign(reason=reasons)
    total = _said("left_out", "title", n=plural(len(reasons), "incident"))
    caption = _said("left_out", "caption")
    labels = _heads("left_out")
    return Table("tab-left-out", total, frame, caption, labels, full=full)


def left_out_reasons(incidents: pd.DataFrame, parameters: Parameters, shown: pd.DataFrame) -> pd.Series:
    """Return, for each incident that is not shown, the first reason why, by the index of *incidents*."""
    out = incidents[~incidents["incident_id"].isin(shown["incident_id"])]
    reasons = words.table()["tables"]["words"]["left_out"]
    reason = pd.Series(reasons["days"], index=out.index, dtype="str")
    if parameters.weapons:
        used = (
            out["weapon"].fillna("unknown").str.split("|").map(lambda parts: bool(set(parts) & set(parameters.weapons)))
        )
        reason = reason.mask(~used, reasons["weapon"])
    if parameters.places:
        reason = reason.mask(~out["place_id"].isin(parameters.places), reasons["site"])
    for target in out["target"].unique():
        if target not in parameters.targets:
            reason = reason.mask(
                out["target"] == target, reasons.get(target, reasons["target"].format(what=coded(target)))
            )
    reason = reason.mask(~out["country"].isin(parameters.countries), reasons["country"])
    for status in out["status"].unique():
        if status not in parameters.statuses:
            reason = reason.mask(out["status"] == status, reasons["status"].format(what=coded(status)))
    return reason


def incidents(frame: pd.DataFrame, name: str = "tab-incidents", title: str | None = None) -> Table:
    """Every incident on one line."""
    rows = pd.DataFrame(
        {
            "date": [day(d) for d in frame["date"]],
            "place": [site(name) for name in frame["place_name"]],
            "weapon": [coded(w) for w in frame["weapon"]],
            "munitions": [
                low_high(lo, hi) for lo, hi in zip(frame["munitions_low"], frame["munitions_high"], strict=True)
            ],
            "killed": [low_high(lo, hi) for lo, hi in zip(frame["deaths_low"], frame["deaths_high"], strict=True)],
            "injured": [low_high(lo, hi) for lo, hi in zip(frame["injured_low"], frame["injured_high"], strict=True)],
            "claimed": [coded(c) for c in frame["claimed_by"]],
            "status": [coded(s) for s in frame["status"]],
            "publishers": frame["publishers"].to_numpy(),
        }
    )
    labels = _heads("incidents")
    caption = _said("incidents", "caption")
    align = dict.fromkeys(("munitions", "killed", "injured", "publishers"), "right")
    return Table(name, title or f"{plural(len(frame), 'incident')}", rows, caption, labels, align, full=frame)


def side_by_side(
    frame: pd.DataFrame, mentions: pd.DataFrame, sources: pd.DataFrame, name: str, title: str, caption: str = ""
) -> Table:
    """The mentions of the incidents in *frame*, each source beside the others, with its own words and numbers.

    *sources* numbered by `sitrep.bibliography.cited` lead to the bibliography, and incidents to where they are told;
    sources as they stand in their table lead to their address.
    """
    numbered = "number" in sources
    full = mentions_of(frame, mentions).merge(sources, on="source_id")
    full = full.sort_values(["incident_id", "published", "mention_id"], ignore_index=True)
    where = frame.set_index("incident_id")["place_name"]
    rows = pd.DataFrame(
        {
            "incident": [f"{day(pd.Timestamp(i[:8]))}, {site(where[i])}" for i in full["incident_id"]],
            "fold": [f"#{anchored('i', i)}" if numbered else None for i in full["incident_id"]],
            "publisher": [f"{n} {name}" for n, name in zip(full["number"], full["publisher"], strict=True)]
            if numbered
            else full["publisher"],
            "url": "#" + full["anchor"] if numbered else full["url"],
            "stance": [coded(stance) for stance in full["stance"]],
            "dates": [span(a, b) for a, b in zip(full["date_start"], full["date_end"], strict=True)],
            "place": [f"“{text}”" if isinstance(text, str) else "–" for text in full["place_name"]],
            "numbers": [stated(row) for row in full.to_dict("records")],
            "note": full["note"],
        }
    )
    labels = _heads("side_by_side")
    data = _named(full) if numbered else full
    return Table(name, title, rows, caption, labels, link={"incident": "fold", "publisher": "url"}, full=data)


def _named(mentions: pd.DataFrame) -> pd.DataFrame:
    """Mentions with their numbered sources, as the data behind a table has them."""
    return mentions.drop(columns="anchor").rename(columns={"number": "source_number"})


def stated(mention: Mapping[Hashable, Any]) -> str:
    """What one mention states in numbers, with the weapon and who claims it: "14 × rocket; 2 injured; claimed by …"."""
    parts = [text for _, text in stated_parts(mention)]
    claimed = mention.get("claimed_by")
    return "; ".join([*parts, _said("stated", "words", coded=coded(claimed))] if isinstance(claimed, str) else parts)


def stated_parts(mention: Mapping[Hashable, Any]) -> list[tuple[str, str]]:
    """What one mention states, part by part, each after the column it comes from; the weapon goes with its number."""
    weapon = coded(mention["weapon"])
    munitions = low_high(mention["munitions_low"], mention["munitions_high"])
    parts = [("weapon", weapon if munitions == "–" else f"{munitions} × {weapon}")]
    for column, word in (
        ("deaths", "killed"),
        ("injured", "injured"),
        ("us_deaths", _said("stated_parts", "words")),
        ("us_injured", _said("stated_parts", "words_2")),
    ):
        if not pd.isna(mention[column]):
            parts.append((column, f"{mention[column]} {word}"))
    return parts


def disagreeing(frame: pd.DataFrame, mentions: pd.DataFrame) -> pd.DataFrame:
    """Return the incidents of which two mentions state different numbers, the widest gap first.

    A number stated as a range stands for its middle, an open one ("at least five") for the end that is known.
    """
    told = mentions_of(frame, mentions)
    gaps = []
    for low, high in QUANTITIES.values():
        middle = told[list({low, high})].astype("Float64").mean(axis=1)
        found = middle.groupby(told["incident_id"])
        gaps.append(found.max() - found.min())
    gap = pd.concat(gaps, axis=1).max(axis=1).reindex(frame["incident_id"]).set_axis(frame.index).fillna(0)
    return frame.loc[gap[gap > 0].sort_values(ascending=False, kind="stable").index]


def coverage(table: pd.DataFrame) -> Table:
    """The coverage table in words."""
    rows = pd.DataFrame(
        {
            "period": [span(a, b) for a, b in zip(table["date_start"], table["date_end"], strict=True)],
            "level": table["level"],
            "why": table["why"],
        }
    )
    labels = _heads("coverage")
    return Table("tab-coverage", _said("coverage", "title"), rows, labels=labels)


def sites(table: pd.DataFrame) -> Table:
    """Attacks per site, raw and per year held; *table* is `frequency.by_site`."""
    rows = pd.DataFrame(
        {
            "site": table["place_name"],
            "country": table["country"],
            "incidents": [number(v) for v in table["incidents"]],
            "until": ["–" if pd.isna(d) else day(d) for d in table["us_until"]],
            "held": [number(v) for v in table["held_incidents"]],
            "days": [number(v) for v in table["held_days"]],
            "rate": [number(v, 1) for v in table["per_held_year"]],
        }
    )
    labels = _heads("sites")
    align = dict.fromkeys(("incidents", "held", "days", "rate"), "right")
    caption = _said("sites", "caption")
    return Table("tab-sites", _said("sites", "title"), rows, caption, labels, align, full=table)


def contested(frame: pd.DataFrame, mentions: pd.DataFrame, sources: pd.DataFrame) -> Table | Prose:
    """Incidents that somebody denies, each with what every source says."""
    chosen = frame[frame["status"].isin(["contested", "denied"])]
    if chosen.empty:
        return Prose(_said("contested", "nothing"), "notice")
    title = _said("contested", "title", n=plural(len(chosen), "incident"))
    caption = _said("contested", "caption")
    return side_by_side(chosen, mentions, sources, "tab-contested", title, caption)


def differing(frame: pd.DataFrame, mentions: pd.DataFrame, sources: pd.DataFrame, most: int = 20) -> Table | Prose:
    """The incidents on whose numbers the sources differ most: each number stated, and how many sources state it."""
    chosen = disagreeing(frame, mentions)
    if chosen.empty:
        return Prose(_said("differing", "nothing"), "notice")
    shown = chosen.head(most)
    told = mentions_of(shown, mentions).merge(sources, on="source_id")
    told = told.sort_values(["incident_id", "published", "mention_id"], ignore_index=True)
    of_incident = dict(list(told.groupby("incident_id")))
    numbered = "number" in sources
    rows = pd.DataFrame(
        {
            "incident": [f"{day(d)}, {site(name)}" for d, name in zip(shown["date"], shown["place_name"], strict=True)],
            "fold": [f"#{anchored('i', name)}" if numbered else None for name in shown["incident_id"]],
            **{
                name: [_statements(of_incident[incident], *ends) for incident in shown["incident_id"]]
                for name, ends in QUANTITIES.items()
            },
        }
    )
    labels = _heads("differing")
    title = _said("differing", "title", n=plural(len(chosen), "incident"))
    if len(chosen) > most:
        title += _said("differing", "most", n=most)
    caption = _said("differing", "caption")
    link = {"incident": "fold"}
    data = _named(told) if numbered else told
    return Table("tab-differing", title, rows, caption, labels, link=link, full=data)


def _statements(told: pd.DataFrame, low: str, high: str) -> str:
    """Each value that mentions state of one quantity, the smallest first, with how many report, claim or deny: "14 (2 r)"."""
    stated = told.dropna(subset=list({low, high}), how="all")
    if stated.empty:
        return "–"
    counts: dict[str, dict[str, int]] = {}
    for row in stated.sort_values([low, high], na_position="first", kind="stable").to_dict("records"):
        stances = counts.setdefault(low_high(row[low], row[high]), {})
        stances[row["stance"]] = stances.get(row["stance"], 0) + 1
    said = []
    for value, stances in counts.items():
        who = ", ".join(f"{n}\u00a0{stance[0]}" for stance, n in sorted(stances.items(), reverse=True))
        said.append(f"{value} ({who})")
    return "; ".join(said)


def convoys(frame: pd.DataFrame) -> Table | Prose:
    """Attacks on road convoys by year: a sample, so counts and no rates."""
    if frame.empty:
        return Prose(_said("convoys", "nothing"), "notice")
    years = frame.assign(year=frame["date"].dt.year).groupby("year")["incident_id"].count()
    rows = pd.DataFrame({"year": years.index.astype(str), "incidents": years.to_numpy()})
    title = _said("convoys", "title", n=plural(len(frame), "attack"))
    caption = _said("convoys", "caption")
    labels = _heads("convoys")
    return Table("tab-convoys", title, rows, caption, labels, full=frame)


def test_results(results: Sequence[Result], name: str = "tab-tests", title: str | None = None) -> Table:
    """Every date examined on one line, with its p-values, the measured error rates and what could have been seen."""
    rows = pd.DataFrame(
        {
            "event": [result.label for result in results],
            "counts": [_before_after(result) for result in results],
            "ratio": [_ratio(result) for result in results],
            "p": [_both_p(result) for result in results],
            "adjusted": ["–" if r.p_adjusted is None else probability(r.p_adjusted) for r in results],
            "detectable": [_detectable(result) for result in results],
            "standing": [f"{TIMING_WORDS[result.timing]}; {_standing(result)}" for result in results],
        }
    )
    labels = _heads("test_results")
    caption = ((_said("test_results", "caption")) if name == "tab-tests" else _said("test_results", "caption_2")) + (
        f"Adjusted p: {adjustments(results)}." if adjustments(results) else _said("test_results", "caption_3")
    )
    title = title or f"{plural(len(results), 'date or family of dates', 'dates and families of dates')} examined"
    return Table(name, title, rows, caption, labels, full=to_frame(results))


def adjustments(results: Sequence[Result]) -> str:
    """How p-values were adjusted and over how many tests, in words; empty where none was."""
    return listing(dict.fromkeys(result.adjustment for result in results if result.adjustment))


#: Why an event has the date it has, in words.
TIMING_WORDS = {
    "fixed": "calendar",
    "exogenous": "not an answer to attacks",
    "reactive": "answers attacks",
    "defined": "set by the attacks",
    "": "not stated; taken for no answer to attacks",
}


def _before_after(result: Result) -> str:
    if result.after is None or result.before is None:
        return "–"
    return f"{number(result.before)} ({number(result.days_before or 0)}) → {number(result.after)} ({number(result.days_after or 0)})"


def _ratio(result: Result) -> str:
    if result.estimate is None:
        return "–"
    low = significant(result.low or 0)
    if result.high is None or result.high == float("inf"):
        return _said("ratio", "words", n=significant(result.estimate), low=low)
    return f"{significant(result.estimate)} ({low} to {significant(result.high)})"


def _p(p: float | None, rate: float | None) -> str:
    """A p-value and in brackets its measured error rate; where that is not known the bracket says so."""
    if p is None or pd.isna(p):
        return "–"
    return f"{probability(p)} [{'not known' if rate is None or pd.isna(rate) else f'{rate:.0%}'}]"


def _naive_rate(result: Result) -> float | None:
    """The error rate of the comparison with all dates (of a family, with all joint shifts), relied on or not."""
    return result.false_positive_rate if result.method == "family" else result.dates_false_positive_rate


def _judged_p(result: Result) -> str:
    """The p-value relied on, what it compares with, and its measured error rate."""
    if result.p_judged is None:
        return "none"
    against = {
        "run_up": _said("judged_p", "against"),
        "dates": _said("judged_p", "against_2"),
        "shifts": _said("judged_p", "against_3"),
    }[result.judged_on]
    value, bracket = _p(result.p_judged, result.false_positive_rate).split(" ", 1)
    return f"{value}{against} {bracket}"


def _both_p(result: Result) -> str:
    """The p-value relied on and, where it is another one, that of the comparison with all dates."""
    judged = _judged_p(result)
    if result.p_placebo is None or result.judged_on in ("dates", "shifts"):
        return "–" if judged == "none" else judged
    return _said("both_p", "words", judged=judged, naive=_p(result.p_placebo, _naive_rate(result)))


def _detectable(result: Result) -> str:
    if result.minimum_detectable is None:
        return "–"
    beyond = result.minimum_detectable > LARGEST_REALISTIC_RATIO
    rise = _said("detectable", "rise") if beyond else f"{significant(result.minimum_detectable)} times"
    fall = result.minimum_detectable_fall
    words = (
        _said("detectable", "words")
        if fall is None or fall == float("inf")
        else _said("detectable", "words_2")
        if fall >= 1
        else _said("detectable", "words_3", fall=f"{fall:.0%}")
    )
    return f"{rise}; {words}"


def _standing(result: Result) -> str:
    if result.status != "tested":
        return {
            "drawn": _said("standing", "words", first_sentence=_first_sentence(result.reason)),
            "uninformative": _said("standing", "words_2"),
            "refused": f"refused: {_first_sentence(result.reason)}",
        }[result.status]
    kind = "headline" if result.headline else _said("standing", "kind") if result.confirmatory else "exploratory"
    return ": ".join([kind, *([_first_sentence(result.reason)] if result.reason else [])]) + (
        f". {result.caveat.rstrip('.')}" if result.caveat else ""
    )


def _first_sentence(text: str) -> str:
    """The first sentence; the whole reason stands in the data of the table."""
    return text.split(". ")[0].rstrip(".")


def by_year(table: pd.DataFrame, incidents_shown: pd.DataFrame, name: str = "tab-years") -> Table:
    """Attacks, rate and losses by year; *table* is `frequency.by_year`."""
    year = incidents_shown["date"].dt.year
    total = incidents_shown.groupby(year)["incident_id"].count()
    killed = incidents_shown.groupby(year)["us_deaths_best"].sum(min_count=1)
    claimed = incidents_shown[incidents_shown["status"] == "claimed_only"].groupby(year)["incident_id"].count()
    years = table["year"].to_list()
    rows = pd.DataFrame(
        {
            "year": [str(y) for y in years],
            "attacks": [number(total.get(y, 0)) for y in years],
            "days": [f"{number(d)} of {number(n)}" for d, n in zip(table["days"], table["calendar_days"], strict=True)],
            "rate": [
                "–" if pd.isna(r) else f"{number(r, 1)} ({number(low, 1)}–{number(high, 1)})"
                for r, low, high in zip(table["rate"], table["low"], table["high"], strict=True)
            ],
            "claimed": [number(claimed.get(y, 0)) for y in years],
            "killed": [number(killed.get(y, float("nan"))) for y in years],
        }
    )
    labels = _heads("by_year")
    caption = _said("by_year", "caption")
    if killed.isna().all():
        rows, labels = rows.drop(columns="killed"), {key: text for key, text in labels.items() if key != "killed"}
    else:
        caption += " " + _said("by_year", "killed")
    align = dict.fromkeys([key for key in labels if key != "year"], "right")
    return Table(name, _said("by_year", "title"), rows, caption, labels, align, full=table)


def press(selected: pd.DataFrame, by_year: Sequence[Result], window: int) -> Table:
    """Publishers per attack near the anniversaries and elsewhere: whether more is written, and so more found."""
    near = pd.Series(False, index=selected.index)
    for result in by_year:
        for text in result.dates:
            date = pd.Timestamp(text)
            near |= selected["date"].between(date - pd.Timedelta(days=window), date + pd.Timedelta(days=window - 1))
    rows = []
    for where, part in (
        (_said("press", "near", n=window), selected[near]),
        (_said("press", "far"), selected[~near]),
    ):
        single = f"{(part['publishers'] == 1).mean():.0%}" if len(part) else "–"
        rows.append(
            (
                where,
                number(len(part)),
                number(part["publishers"].mean(), 1),
                number(part["publishers"].median()),
                single,
            )
        )
    frame = pd.DataFrame(rows, columns=["where", "attacks", "mean", "median", "single"])
    labels = _heads("press")
    align = dict.fromkeys(("attacks", "mean", "median", "single"), "right")
    caption = _said("press", "caption")
    return Table("tab-press", _said("press", "title"), frame, caption, labels, align)


#: Why the machine set a passage aside, in words.
REJECTION_WORDS = words.table()["tables"]["words"]["rejection"]


def articles_read(intake: Intake, mentions: pd.DataFrame) -> Table:
    """The articles in seeds/, one line each: when published, what was read, what the coder read in them."""
    found = intake.extraction.mentions.groupby("source_id").size()
    aside = intake.extraction.rejected.groupby("source_id").size()
    coded = mentions[~mentions["mention_id"].isin(intake.new["mention_id"])].groupby("source_id").size()
    same = machine_reading(intake, mentions).groupby("source_id")["agrees"].sum()
    rows = pd.DataFrame(
        [
            {
                "file": Path(article.path).name,
                "title": article.title or "–",
                "published": _said("articles_read", "rows") if article.published is None else day(article.published),
                "read": number(found.get(article.source_id, 0)),
                "aside": number(aside.get(article.source_id, 0)),
                "coder": number(coded.get(article.source_id, float("nan"))),
                "same": number(same.get(article.source_id, float("nan"))),
            }
            for article in intake.articles
        ]
    )
    labels = _heads("articles_read")
    title = _said("articles_read", "title", n=plural(len(rows), "article"))
    align = dict.fromkeys(("read", "aside", "coder", "same"), "right")
    caption = _said("articles_read", "caption")
    if len(intake.unusable):
        caption += " " + _said("articles_read", "unusable", n=plural(len(intake.unusable), "mention"))
    told = intake.extraction.messages
    if told:
        caption += " " + " ".join(told)
    return Table("tab-articles", title, rows, caption, labels, align, full=intake.extraction.mentions)


def machine_reading(intake: Intake, mentions: pd.DataFrame) -> pd.DataFrame:
    """Return the coder's mentions of the articles in seeds/ with ``agrees``: whether the machine reads the same attack there.

    The same means one mention of the same article with the same interval, place and stance; each counts once.
    """
    keys = ["source_id", "date_start", "date_end", "place_id", "stance"]
    ids = {article.source_id for article in intake.articles}
    coded = mentions[mentions["source_id"].isin(ids) & ~mentions["mention_id"].isin(intake.new["mention_id"])].copy()
    machine = intake.extraction.mentions
    coded["turn"] = coded.groupby(keys, dropna=False).cumcount()
    found = machine.assign(turn=machine.groupby(keys, dropna=False).cumcount())[[*keys, "turn"]].drop_duplicates()
    for column in ("date_start", "date_end"):
        found[column] = pd.to_datetime(found[column]).astype(coded[column].dtype)
    merged = coded.merge(found.assign(agrees=True), on=[*keys, "turn"], how="left")
    return merged.assign(agrees=merged["agrees"].eq(True))


def set_aside(intake: Intake) -> Table | Prose:
    """Passages that look like attacks and are none, by reason, each reason with an example in the source's words."""
    rejected = intake.extraction.rejected
    if rejected.empty:
        return Prose(_said("set_aside", "nothing"))
    rows = (
        rejected.groupby("reason", sort=True)
        .agg(passages=("text", "size"), example=("text", "first"))
        .sort_values("passages", ascending=False, kind="stable")
        .reset_index()
    )
    rows["reason"] = [REJECTION_WORDS.get(reason, reason.replace("_", " ")) for reason in rows["reason"]]
    rows["example"] = ["“" + shortened(text) + "”" for text in rows["example"]]
    labels = _heads("set_aside")
    caption = _said("set_aside", "caption")
    return Table(
        "tab-set-aside",
        _said("set_aside", "title", n=plural(len(rejected), "passage")),
        rows,
        caption,
        labels,
        full=rejected,
    )


def shortened(text: str, most: int = 150) -> str:
    """The beginning of a text, cut at a word."""
    flat = " ".join(text.split())
    return flat if len(flat) <= most else flat[:most].rsplit(" ", 1)[0] + " …"


def doubtful_links(links: Links, most: int = 15) -> Table | Prose:
    """Pairs of mentions that are nearly one incident, or nearly two: for an editor to decide in data/overrides.csv."""
    pairs = links.pairs
    if pairs.empty:
        return Prose(_said("doubtful_links", "nothing"))
    rows = pd.DataFrame(
        {
            "one": pairs["mention_id_a"],
            "other": pairs["mention_id_b"],
            "decided": [_said("doubtful_links", "one" if linked else "two") for linked in pairs["linked"]],
            "score": [number(score, 1) for score in pairs["score"]],
            "reasons": pairs["reasons"],
        }
    ).head(most)
    labels = _heads("doubtful_links")
    title = _said("doubtful_links", "title", n=plural(len(pairs), "pair"))
    if len(pairs) > most:
        title += _said("doubtful_links", "most", n=most)
    caption = _said("doubtful_links", "caption")
    return Table("tab-review", title, rows, caption, labels, align={"score": "right"}, full=pairs)


#: The tests that take days for independent of one another, in words.
INDEPENDENT_WORDS = words.table()["tables"]["words"]["independent"]


def independent(frame: pd.DataFrame, results: Sequence[Result]) -> Table | Prose:
    """The same ratios by tests that take days for independent, each p with its error rate, beside the one relied on."""
    tested = [result for result in results if result.p is not None]
    if not tested:
        return Prose(_said("independent", "nothing"), "notice")
    cells = {
        (row["event_id"], row["dates"], row["method"]): _p(row["p"], row["false_positive_rate"])
        for row in frame.to_dict("records")
    }
    rows = pd.DataFrame(
        {
            "event": [result.label for result in tested],
            "ratio": ["–" if r.estimate is None else significant(r.estimate) for r in tested],
            **{
                method: [cells.get((r.event_id, "|".join(r.dates), method), "–") for r in tested]
                for method in INDEPENDENT_WORDS
            },
            "judged": [_judged_p(result) for result in tested],
        }
    )
    labels = {
        "event": _said("independent", "labels"),
        "ratio": _said("independent", "labels_2"),
        **{method: _said("independent", "labels_3", words=words) for method, words in INDEPENDENT_WORDS.items()},
        "judged": _said("independent", "labels_4"),
    }
    caption = _said("independent", "caption")
    title = _said("independent", "title")
    return Table(
        "tab-independent",
        title,
        rows,
        caption,
        labels,
        dict.fromkeys(["ratio", *INDEPENDENT_WORDS], "right"),
        full=frame,
    )


#: A date that follows the moon, a day off either way, in words.
OFFSET_WORDS = {-1: "a day earlier", 0: "as computed", 1: "a day later"}


def sightings(frame: pd.DataFrame, results: Sequence[Result]) -> Table | Prose:
    """Dates that hang on the sighting of the moon, tested on the days either side as well."""
    if frame.empty:
        return Prose(_said("sightings", "nothing"))
    found = {result.event_id: result for result in results}
    rows = []
    for event_id, group in frame.groupby("event_id", sort=False):
        result = found.get(str(event_id))
        rate = None if result is None else _naive_rate(result)
        by_offset = {int(row["offset"]): row for row in group.to_dict("records")}
        cells = {
            words: _sighted(by_offset[offset], rate) for offset, words in OFFSET_WORDS.items() if offset in by_offset
        }
        relied = result is not None and result.p_judged is not None
        rows.append(
            {
                "event": by_offset[0]["label"] if 0 in by_offset else event_id,
                **cells,
                "relied": "yes" if relied else "no",
            }
        )
    labels = {
        "event": "Date",
        **{words: words.capitalize() for words in OFFSET_WORDS.values()},
        "relied": _said("sightings", "labels"),
    }
    caption = _said("sightings", "caption")
    title = _said("sightings", "title")
    return Table("tab-sightings", title, pd.DataFrame(rows), caption, labels, full=frame)


def _sighted(row: Mapping[Hashable, Any], rate: float | None) -> str:
    if row["status"] == "refused":
        return _said("sighted", "words")
    if pd.isna(row["estimate"]):
        return f"{number(row['before'])} → {number(row['after'])}"
    p = "" if pd.isna(row["p_placebo"]) else f", p {_p(row['p_placebo'], rate)}"
    return f"{number(row['before'])} → {number(row['after'])}: {significant(row['estimate'])}×{p}"


def interrupted(found: Sequence[Interruption], names: Mapping[str, str]) -> Table | Prose:
    """Step and slope at each date named beforehand, with both p-values, their error rates, and what was refused."""
    if not found:
        return Prose(_said("interrupted", "nothing"), "notice")
    rows, full = [], []
    for one in found:
        day_of = pd.Timestamp(one.date)
        row = {"event": f"{names.get(one.date, one.date)}, {day(day_of)}"}
        row |= dict.fromkeys(["step", "slope", "newey_west", "placebo", "others"], "–")
        if one.status == "tested":
            terms = {term["term"]: term for term in one.table.rename(columns={"ratio": "estimate"}).to_dict("records")}
            row |= {
                "step": _interval(terms["step"]),
                "slope": _interval(terms["slope after"]),
                "newey_west": _p(terms["step"]["p"], _rate_of(one.error_newey_west)),
                "placebo": _p(one.p_placebo, _rate_of(one.error)),
                "others": f"{number(one.fitted)} ({number(one.refused)})",
            }
        row["reason"] = one.reason or "–"
        rows.append(row)
        full.append(one.table.assign(date=one.date, p_placebo=one.p_placebo, fitted=one.fitted, refused=one.refused))
    labels = _heads("interrupted")
    caption = _said("interrupted", "caption")
    title = _said("interrupted", "title", dates=plural(len(found), _said("interrupted", "dates")))
    return Table("tab-interrupted", title, pd.DataFrame(rows), caption, labels, full=pd.concat(full, ignore_index=True))


def _rate_of(error: ErrorRate | None) -> float | None:
    return None if error is None else error.rate


#: Ways of pooling the years of a family, in words.
POOLING_WORDS = words.table()["tables"]["words"]["pooling"]


def pooled_otherwise(specifications: pd.DataFrame, left_out: pd.DataFrame) -> Table:
    """The anniversaries pooled in other ways, and the headline without each year in turn."""
    parts = [
        specifications.assign(way=[POOLING_WORDS.get(name, name) for name in specifications["specification"]]),
        left_out.assign(way=[_said("pooled_otherwise", "way", year=date.year) for date in left_out["date"]]),
    ]
    full = pd.concat(parts, ignore_index=True)
    rows = pd.DataFrame(
        {
            "way": full["way"],
            "ratio": [_interval(row) for row in full.to_dict("records")],
            "p": [_p(p, rate) for p, rate in zip(full["p_placebo"], _column(full, "false_positive_rate"), strict=True)],
            "years": [
                f"{number(n)} ({number(told)})" for n, told in zip(full["years"], full["informative"], strict=True)
            ],
            "reason": _or_dashes(full["reason"]),
        }
    )
    labels = _heads("pooled_otherwise")
    caption = _said("pooled_otherwise", "caption")
    title = _said("pooled_otherwise", "title")
    return Table("tab-pooled", title, rows, caption, labels, {"p": "right", "years": "right"}, full=full)


def _column(frame: pd.DataFrame, name: str) -> pd.Series:
    """A column, or a missing value in every row where the frame has none."""
    return frame[name] if name in frame else pd.Series(float("nan"), index=frame.index)


def _or_dashes(texts: pd.Series) -> list[str]:
    return [text if isinstance(text, str) and text else "–" for text in texts]


def _interval(row: Mapping[Hashable, Any]) -> str:
    if pd.isna(row["estimate"]):
        return "–"
    return f"{significant(row['estimate'])} ({significant(row['low'])} to {significant(row['high'])})"


#: What is measured beside the number of attacks, in words.
MEASURE_WORDS = words.table()["tables"]["words"]["measure"]


def severity(frame: pd.DataFrame) -> Table:
    """Not only how many: each measure around the anniversaries, tested as it is."""
    rows = pd.DataFrame(
        {
            "measure": [MEASURE_WORDS.get(name, name) for name in frame["measure"]],
            "totals": [
                "–" if pd.isna(before) else f"{number(before)} → {number(after)}"
                for before, after in zip(frame["before"], frame["after"], strict=True)
            ],
            "estimate": [_severity_estimate(row) for row in frame.to_dict("records")],
            "p": [_p(p, rate) for p, rate in zip(frame["p_judged"], frame["false_positive_rate"], strict=True)],
            "adjusted": [probability(p) for p in frame["p_adjusted"]],
            "needed": [_needed(row) for row in frame.to_dict("records")],
            "reason": _or_dashes(frame["reason"]),
        }
    )
    labels = _heads("severity")
    caption = _said("severity", "caption")
    judged = int(frame["p_judged"].notna().sum())
    if judged:
        caption += _said("severity", "caption_2", measures=plural(judged, "measure"))
    return Table("tab-severity", _said("severity", "title"), rows, caption, labels, {"p": "right"}, full=frame)


def _needed(row: Mapping[Hashable, Any]) -> str:
    """The smallest total after that would have stood out as a rise."""
    if pd.isna(row["needed"]):
        return "–"
    return "none" if row["needed"] == float("inf") else f"{number(row['needed'])} after"


def _severity_estimate(row: dict[Hashable, Any]) -> str:
    if pd.isna(row["estimate"]):
        return "–"
    return (
        _said("severity_estimate", "words", n=f"{100 * row['estimate']:+.0f}")
        if row["unit"] == "difference"
        else f"{significant(row['estimate'])} times"
    )


#: Parts of the incidents on which the headline tests are repeated, in words.
SUBSET_WORDS = words.table()["tables"]["words"]["subset"]


def robustness(frame: pd.DataFrame) -> Table:
    """The tests named beforehand, repeated on other choices of sources; what can be judged with none is left to the data."""
    events = list(dict.fromkeys(frame.loc[frame["p_judged"].notna(), "event_id"]))
    frame, full = frame[frame["before"].notna()], frame
    order = {name: place for place, name in enumerate(SUBSET_WORDS)}
    shown = frame[frame["event_id"].isin(events)].sort_values(
        ["event_id", "subset"], key=lambda cells: cells.map(order) if cells.name == "subset" else cells, kind="stable"
    )
    names = frame[frame["subset"] == "all"].set_index("event_id")["label"]
    rows = pd.DataFrame(
        {
            "event": shown["event_id"].map(names),
            "subset": [SUBSET_WORDS.get(name, name) for name in shown["subset"]],
            "counts": [
                "–" if pd.isna(before) else f"{number(before)} → {number(after)}"
                for before, after in zip(shown["before"], shown["after"], strict=True)
            ],
            "ratio": ["–" if pd.isna(r) else significant(r) for r in shown["estimate"]],
            "p": [_p(*pair) for pair in zip(shown["p_judged"], shown["false_positive_rate"], strict=True)],
            "adjusted": [probability(p) for p in shown["p_adjusted"]],
        }
    )
    labels = _heads("robustness")
    caption = _said("robustness", "caption")
    align = dict.fromkeys(("ratio", "p", "adjusted"), "right")
    return Table(
        "tab-robustness",
        _said("robustness", "title"),
        rows,
        caption,
        labels,
        align,
        full=full,
    )
