"""From results to sentences: what a report says in words, never beyond what its results support."""

from collections.abc import Sequence
from functools import partial

import pandas as pd

from sitrep import frequency, words
from sitrep.agreement import bcubed
from sitrep.charts import drawn
from sitrep.charts import escalation as escalation_charts
from sitrep.charts import frequency as charts
from sitrep.content import Figure, Prose, Table, plain
from sitrep.escalation.excitation import Excitation
from sitrep.escalation.goodness import one_step_ahead
from sitrep.escalation.interruption import Interruption
from sitrep.escalation.rates import ErrorRate
from sitrep.escalation.result import Result, detectable_words
from sitrep.examine import Context, Examination
from sitrep.listing import adjustments, test_results
from sitrep.listing import machine_reading as reading_of_seeds
from sitrep.parameters import Parameters
from sitrep.study import Study
from sitrep.wording import coded, day, listing, month, number, plural, probability, significant, span

#: The level at which a difference is spoken of at all.
ALPHA = 0.05

_said = partial(words.said, "sentences")


def counted(report: Study) -> Prose:
    """How many attacks are shown, where and how well attested, in one paragraph."""
    shown = report.shown
    period = span(report.counts.index[0], report.counts.index[-1])
    if shown.empty:
        return Prose(_said("counted", "words", period=period), "notice")
    by_country = listing(f"{number(n)} in {name}" for name, n in shown["country"].value_counts().items())
    weapons = frequency.by_category(shown, "weapon").drop("unknown", errors="ignore")
    lead = listing(f"{coded(name)} ({number(n)})" for name, n in weapons.head(2).items())
    claimed = int((shown["status"] == "claimed_only").sum())
    text = (
        _said("counted", "text", period=period, attacks=plural(len(shown), "attack"), by_country=by_country)
        + (_said("counted", "text_2", lead=lead) if lead else _said("counted", "text_3"))
        + _said(
            "counted",
            "text_4",
            attacks=plural(claimed, "attack"),
            word="rests" if claimed == 1 else "rest",
            n=number((shown["publishers"] == 1).sum()),
            n_b=number((shown["status"] == "confirmed").sum()),
        )
    )
    if report.is_series and report.counts.notna().any():
        found = rate(report)
        text += _said(
            "counted",
            "text_5",
            n=number(found.count),
            days=plural(found.days, _said("counted", "days")),
            n_b=number(found.rate, 1),
            n_c=number(found.low, 1),
            n_d=number(found.high, 1),
            method=found.method,
        )
    return Prose(text)


def rate(report: Study) -> frequency.Rate:
    """The rate over the days shown, with the interval that the parameters choose."""
    p = report.parameters
    return frequency.rate(report.counts, p.interval, p.draws, p.seed)


def interval_name(parameters: Parameters) -> str:
    """The interval's method in words, for captions."""
    if parameters.interval == "poisson":
        return _said("interval_name", "words")
    return _said("interval_name", "words_2", block_days=frequency.BLOCK_DAYS)


def why_no_series(report: Study) -> Prose | None:
    """The panel that says why there are no rates, or None where there are."""
    if report.enough:
        return None
    if not report.is_series:
        return Prose(
            _said("why_no_series", "words"),
            "notice",
        )
    return Prose(_said("why_no_series", "words_2"), "notice")


def why_no_tests(report: Study) -> Prose:
    """The panel that stands in place of all tests."""
    if not report.is_series:
        return Prose(
            _said("why_no_tests", "words"),
            "notice",
        )
    if not report.parameters.anniversary:
        return Prose(
            _said("why_no_tests", "words_2"),
            "notice",
        )
    return Prose(
        _said("why_no_tests", "words_3", incidents=plural(len(report.selected), "incident")),
        "notice",
    )


def tallies(report: Study) -> Figure | Prose:
    """Our count beside one authority's for the same days, or why that cannot be shown."""
    p = report.parameters
    table = tally_table(report)
    if not p.authority:
        return Prose(_said("tallies", "words"), "notice")
    if not report.is_series or table.empty:
        return Prose(
            _said("tallies", "words_2", authority=p.authority),
            "notice",
        )
    return charts.tallies(table, p.authority)


def tally_table(report: Study) -> pd.DataFrame:
    """The authority's tallies that lie wholly in the period shown, with our count beside each.

    Only tallies of the countries that count: the authority's total beside a part of ours would be no comparison. None
    where the report counts only some sites or weapons.
    """
    p = report.parameters
    table = frequency.beside_tallies(report.selected, report.tables.tallies, p.authority)
    scopes = [country.lower() for country in p.countries] + (["all"] if {"Iraq", "Syria"} <= set(p.countries) else [])
    whole = not p.places and not p.weapons
    inside = (table["since"] >= p.start) & (table["as_of"] <= p.end) & table["scope"].isin(scopes)
    return table[inside & whole].reset_index(drop=True)


def judged(result: Result) -> bool:
    """Whether a result may be spoken of as tested: its p-value counts among those adjusted together."""
    return result.status == "tested" and result.p_adjusted is not None


def escalation_overview(done: Examination) -> Prose:
    """How many tests were made and what came of them, before any single one is read."""
    results = done.results
    tested = [r for r in results if judged(r)]
    unsafe = len([r for r in results if r.status == "tested" and not judged(r)])
    other = {
        "drawn": _said("escalation_overview", "other"),
        "uninformative": _said("escalation_overview", "other_2"),
        "refused": _said("escalation_overview", "other_3"),
    }
    parts = [
        f"{number(n)} {words}"
        for status, words in other.items()
        if (n := sum(1 for r in results if r.status == status))
    ]
    if unsafe:
        parts.insert(
            0,
            _said("escalation_overview", "words", n=number(unsafe)),
        )
    found = [r for r in tested if (r.p_adjusted or 1) <= ALPHA]
    text = (
        f"{plural(len(results), 'date or family of dates', 'dates or families of dates')} examined: {number(len(tested))} tested"
        + (f", {listing(parts)}" if parts else "")
        + "."
        + (
            _said(
                "escalation_overview",
                "text",
                adjustments=adjustments(results),
                standing_out=_standing_out(len(found), len(tested)),
            )
            if tested
            else ""
        )
    )
    return Prose(text)


def _standing_out(found: int, tested: int, which: str = "tested") -> str:
    """How many of the dates tested stand out, as the beginning of a sentence or its end."""
    if tested == 1:
        return _said(
            "standing_out",
            "words",
            which=which,
            word=_said("standing_out", "word") if found else _said("standing_out", "word_2"),
        )
    return _said(
        "standing_out",
        "words_2",
        n=number(found) if found else "none",
        n_b=number(tested),
        which=which,
        word="stand" if found > 1 else "stands",
    )


def anniversary(done: Examination) -> Prose:
    """The headline test in one paragraph, with its assumptions."""
    result = done.anniversary
    notes = "\n".join(f"- {plain(text)}" for text in result.assumptions)
    rate = ""
    if result.false_positive_high is not None:
        rate = _said("anniversary", "rate", false_positive_high=f"{result.false_positive_high:.1%}")
    reason = f" {plain(result.reason)}" if result.reason and result.reason not in result.sentence else ""
    return Prose(_said("anniversary", "words", sentence=plain(result.sentence), rate=rate, reason=reason, notes=notes))


def judgements(report: Study, done: Examination | None) -> Prose:
    """The key judgements, bottom line first; every sentence follows from a count or a test result."""
    lines = [_count_judgement(report)]
    if done is not None:
        lines += [_anniversary_judgement(report, done), _events_judgement(done)]
    else:
        lines.append(_said("judgements", "words") if report.is_series else _said("judgements", "words_2"))
    lines.append(_attestation_judgement(report))
    official = _official_judgement(report)
    if official:
        lines.append(official)
    return Prose("\n".join(f"{i}. {line}" for i, line in enumerate(lines, start=1)), "judgements")


def _count_judgement(report: Study) -> str:
    shown = report.shown
    if shown.empty:
        return _said("count_judgement", "words")
    period = span(report.counts.index[0], report.counts.index[-1])
    lead = (
        f"**{plural(len(shown), 'attack')} from {period}.**"
        if not report.is_series
        else f"**{plural(len(shown), 'attack')}{', in bursts' if _bursts(report) else ''}.**"
    )
    by_country = shown["country"].value_counts()
    text = lead + (
        f" {listing(f'{number(n)} in {name}' for name, n in by_country.items())}." if len(by_country) > 1 else ""
    )
    if report.is_series and len(shown) >= 20:
        first, last = shortest_half(shown["date"])
        text += _said(
            "count_judgement",
            "text",
            n=f"{(last - first).days + 1:,}",
            span=span(first, last),
            n_b=f"{len(report.counts):,}",
            busiest=_busiest(shown),
            capitalize=confidence_in_counts(report).capitalize(),
        )
    return text


def _bursts(report: Study) -> bool:
    """Whether the daily counts vary at least half as much again as attacks that were independent of each other would."""
    counts = report.counts.dropna()
    return len(counts) > 1 and float(counts.var()) > 1.5 * float(counts.mean())


def _busiest(shown: pd.DataFrame) -> str:
    """The busiest month and the latest one with an attack, with their counts."""
    months = shown["date"].dt.to_period("M").dt.start_time.value_counts().sort_index()
    busiest, latest = months.idxmax(), months.index[-1]
    text = _said("busiest", "text", month=month(busiest), n=number(months.max()))
    return text + (
        _said("busiest", "words", month=month(latest), n=number(months.iloc[-1])) if latest != busiest else "."
    )


def _anniversary_judgement(report: Study, done: Examination) -> str:
    result = done.anniversary
    what = anniversary_name(report)
    days = _said(
        "anniversary_judgement",
        "days",
        n=number(result.after or 0),
        n_b=number(result.days_after or 0),
        n_c=number(result.before or 0),
        n_d=number(result.days_before or 0),
    )
    sure = f" ({confidence_in_test(result).capitalize()} confidence.)"
    if result.p_judged is None or result.p_adjusted is None:
        return _said("anniversary_judgement", "words", what=what, sentence=plain(result.sentence))
    told = _said("anniversary_judgement", "told", years=plural(len(result.dates), "year"), days=days)
    p = f"p = {probability(result.p_judged)}{_rate_words(result)}, {probability(result.p_adjusted)} after {result.adjustment}"
    caveat = f" {plain(result.caveat)}" if result.caveat else ""
    if result.p_adjusted <= ALPHA and result.headline:
        return f"**Attacks {_direction(result)} around {what}.** {told}; placebo {p}.{caveat}{sure}"
    if result.p_adjusted <= ALPHA:
        return _said(
            "anniversary_judgement", "words_2", direction=_direction(result), what=what, told=told, p=p, caveat=caveat
        )
    return _said(
        "anniversary_judgement",
        "words_3",
        what=what,
        told=told,
        n=significant(result.estimate or 0),
        caveat=caveat,
        p=p,
        detectable_words=detectable_words(result),
        sure=sure,
    )


def _events_judgement(done: Examination) -> str:
    tested = [r for r in done.events if judged(r)]
    found = [r for r in tested if (r.p_adjusted or 1) <= ALPHA]
    near = [r for r in tested if r not in found and (r.p_judged or 1) <= ALPHA]
    tail = _untested_words([r for r in done.events if not judged(r)])
    if not done.events:
        return _said("events_judgement", "words")
    if not tested:
        lead = _said("events_judgement", "lead", dates=plural(len(done.events), _said("events_judgement", "dates")))
    elif found:
        names = listing(
            f"{plain(r.label)} ({_direction(r)}, p = {probability(r.p_judged or 1)}{_rate_words(r)}, adjusted {probability(r.p_adjusted or 1)})"
            for r in found
        )
        lead = _said(
            "events_judgement",
            "lead_2",
            standss=plural(len(found), _said("events_judgement", "standss"), _said("events_judgement", "standss_2")),
            n=number(len(tested)),
            names=names,
        )
    else:
        lead = _said("events_judgement", "lead_3", dates=plural(len(tested), _said("events_judgement", "dates")))
    if near:
        names = listing(
            f"{plain(r.label)} (p = {probability(r.p_judged or 1)}{_rate_words(r)}, adjusted {probability(r.p_adjusted or 1)})"
            for r in near
        )
        lead += _said("events_judgement", "lead_4", names=names)
    jumps = [r for r in done.events if r.status == "drawn" and (r.estimate or 0) >= 3 and (r.after or 0) >= 5]
    if jumps:
        names = listing(
            f"{plain(r.label)} ({number(r.before or 0)} in {number(r.days_before or 0)} days → {number(r.after or 0)} in {number(r.days_after or 0)})"
            for r in jumps
        )
        tail += _said("events_judgement", "tail", names=names)
    return _said("events_judgement", "words_2", lead=lead, tail=tail)


def _rate_words(result: Result) -> str:
    """The measured error rate of the test relied on, to stand behind its p-value."""
    rate = result.false_positive_rate
    return "" if rate is None else _said("rate_words", "words", rate=f"{rate:.0%}")


def _untested_words(results: list[Result]) -> str:
    """Why the other events were not judged, counted by reason."""
    reasons = {
        "drawn": _said("untested_words", "reasons"),
        "uninformative": _said("untested_words", "reasons_2"),
        "refused": _said("untested_words", "reasons_3"),
        "tested": _said("untested_words", "reasons_4"),
    }
    counts = {words: sum(1 for r in results if r.status == status) for status, words in reasons.items()}
    told = listing(f"{number(n)} {words}" for words, n in counts.items() if n)
    return _said("untested_words", "words", told=told) if told else ""


def _direction(result: Result) -> str:
    return "rise" if (result.estimate or 0) > 1 else "fall"


def _attestation_judgement(report: Study) -> str:
    shown = report.shown
    if shown.empty:
        return _said("attestation_judgement", "words")
    claimed = int((shown["status"] == "claimed_only").sum())
    single = int((shown["publishers"] == 1).sum())
    contested = int((shown["status"] == "contested").sum())
    return _said(
        "attestation_judgement",
        "words_2",
        n=number(single),
        n_b=number(len(shown)),
        n_c=number(claimed),
        n_d=number(contested),
        word="is" if contested == 1 else "are",
        n_e=number((shown["status"] == "confirmed").sum()),
    )


def _official_judgement(report: Study) -> str | None:
    if not report.is_series:
        return None
    table = tally_table(report)
    if table.empty:
        return None
    largest = table.sort_values(["count", "as_of"]).iloc[-1]
    return _said(
        "official_judgement",
        "words",
        span=span(largest["since"], largest["as_of"]),
        n=number(largest["ours"]),
        authority=plain(report.parameters.authority),
        n_b=number(largest["count"]),
        n_c=number(largest["ratio"], 2),
    )


def shortest_half(dates: pd.Series) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Return the shortest interval of days that holds at least half of *dates*; the earliest if several do."""
    ordered = dates.sort_values().to_list()
    size = (len(ordered) + 1) // 2
    starts = range(len(ordered) - size + 1)
    best = min(starts, key=lambda i: (ordered[i + size - 1] - ordered[i], ordered[i]))
    return ordered[best], ordered[best + size - 1]


def confidence_in_counts(report: Study) -> str:
    """Return high, moderate or low confidence in a count of attacks, by the written rule.

    High: at most 5% of the days shown are thin and our count lies within 20% of the largest tally of the chosen
    authority. Moderate: at most 20% thin and within a factor of two. Low: anything else, or no tally to compare with.
    """
    thin = float((report.level[report.counts.index] == "thin").mean())
    table = tally_table(report)
    if table.empty:
        return "low"
    ratio = float(table.sort_values(["count", "as_of"])["ratio"].iloc[-1])
    if thin <= 0.05 and 1 / 1.2 <= ratio <= 1.2:
        return "high"
    return "moderate" if thin <= 0.2 and 0.5 <= ratio <= 2 else "low"


def confidence_in_test(result: Result) -> str:
    """Return moderate or low confidence in what a test says, by the written rule; no single test earns high.

    A rise or fall: moderate where the test qualifies as a headline and its adjusted p is at most 1%, else low. No rise
    shown: moderate where a doubling would have been found (minimum detectable ratio of two or less), else low.
    """
    if result.p_adjusted is not None and result.p_adjusted <= ALPHA:
        return "moderate" if result.headline and result.p_adjusted <= 0.01 else "low"
    detectable = result.minimum_detectable
    return "moderate" if detectable is not None and detectable <= 2 else "low"


def anniversary_name(report: Study) -> str:
    """The anniversary as a reader names it: its day of the year."""
    events = report.tables.events
    (date,) = events.loc[events["event_id"] == report.parameters.anniversary, "date_start"]
    return day(date).rsplit(" ", 1)[0]


def names_of_dates(report: Study) -> dict[str, str]:
    """What happened, by date (YYYY-MM-DD), of the events examined."""
    table = report.tables.events
    chosen = table[table["event_id"].isin(report.examined)]
    return {f"{date:%Y-%m-%d}": name for date, name in zip(chosen["date_start"], chosen["name"], strict=True)}


def anniversary_figures(report: Study, done: Examination) -> list[Figure | Table | Prose]:
    """The headline in words, each year's days, and each year's ratio."""
    p = report.parameters
    what = anniversary_name(report)
    days = escalation_charts.years(report.series, report.level, done.by_year, p.anniversary_window, p.baseline, what)
    return [anniversary(done), days, anniversary_years(report, done)]


def anniversary_years(report: Study, done: Examination) -> Figure:
    """Each year's ratio around the anniversary."""
    p = report.parameters
    what = anniversary_name(report)
    told = [r for r in done.by_year if r.status == "tested"]
    title = (
        _said("anniversary_years", "title", n=significant(min(r.estimate or 0 for r in told)), largest=_largest(told))
        if told
        else _said("anniversary_years", "title_2")
    )
    caption = _said("anniversary_years", "caption", n=p.anniversary_window - 1, what=what, baseline=p.baseline)
    return escalation_charts.forest(
        done.by_year, title, caption, "fig-anniversary-years", [_year(r) for r in done.by_year], placebo=False
    )


def _year(result: Result) -> str:
    return result.label.rsplit(" ", 1)[-1]


def _largest(results: list[Result]) -> str:
    largest = max(r.estimate or 0 for r in results)
    return "infinity" if largest == float("inf") else significant(largest)


def events_figure(results: list[Result], name: str = "fig-events", labels: Sequence[str] | None = None) -> Figure:
    """The forest plot over dates examined, such as the headline and all policy events; *labels* in place of their names."""
    tested = [r for r in results if judged(r)]
    found = sum(1 for r in tested if (r.p_adjusted or 1) <= ALPHA)
    beforehand = all(r.confirmatory for r in results)
    which = _said("events_figure", "which") if beforehand else _said("events_figure", "which_2")
    title = _standing_out(found, len(tested), which if len(tested) > 1 else which.split(",")[0]) + _said(
        "events_figure", "title"
    )
    title = f"{title[0].upper()}{title[1:]}" if tested else _said("events_figure", "title_2")
    caption = _said("events_figure", "caption") + (f": {adjustments(results)}." if tested else ".")
    return escalation_charts.forest(results, title, caption, name, labels)


def briefing_figures(report: Study, done: Examination | None) -> list[Figure | Table | Prose]:
    """The two figures of the briefing: how often, and what was tested; where there is no series, sites and map."""
    if report.shown.empty:
        return []
    if done is None:
        by_site = frequency.by_site(report.shown, report.tables.places, report.level)
        return [
            charts.sites(by_site, rates=False, name="fig-briefing-sites"),
            drawn(charts.site_map, report.shown, "fig-briefing-map"),
        ]
    # the dates named beforehand, as far as there is anything to draw; all others stand in the chapter on escalation
    chosen = [r for r in done.results if r.confirmatory and r.estimate is not None]
    figure = events_figure(chosen, "fig-briefing-events") if chosen else why_no_tests(report)
    return [drawn(charts.monthly, report.shown, report.counts, report.level, "fig-briefing-monthly", 2.1), figure]


def confidence_rules() -> Prose:
    """How the confidence beside a judgement is arrived at."""
    return Prose(_said("confidence_rules", "words"))


def other_explanations(done: Examination | None) -> Prose:
    """What else could make a count rise near a date, as a list."""
    lines = [
        _said("other_explanations", "lines"),
        _said("other_explanations", "lines_2"),
    ]
    if done is not None:
        lines.insert(
            0,
            _said("other_explanations", "words"),
        )
    return Prose("\n".join(f"- {line}" for line in lines))


def reading_agreement(report: Study) -> Prose:
    """How far the machine's reading of the articles in seeds/ agrees with the coder's."""
    reading = reading_of_seeds(report.intake, report.tables.mentions)
    found = report.intake.extraction.mentions
    if reading.empty and not report.intake.articles:
        return Prose(_said("reading_agreement", "words"))
    if reading.empty:
        return Prose(_said("reading_agreement", "words_2"))
    return Prose(
        _said(
            "reading_agreement",
            "words_3",
            mentions=plural(len(reading), "mention"),
            n=number(reading["agrees"].sum()),
            mentions_b=plural(len(found), "mention"),
            passages=plural(len(report.intake.extraction.rejected), "passage"),
        )
    )


def linking_agreement(report: Study) -> Prose:
    """How far the machine's linking agrees with the coder's, by B-cubed, and which of the two this report uses."""
    machine = report.links.links.set_index("mention_id")["incident_id"]
    if not report.ours:
        how = (
            _said("linking_agreement", "how")
            if report.parameters.link == "coder"
            else _said("linking_agreement", "how_2")
        )
        return Prose(
            _said(
                "linking_agreement",
                "words",
                how=how,
                incidents=plural(machine.nunique(), "incident"),
                mentions=plural(len(machine), "mention"),
            )
        )
    coder = report.mentions.set_index("mention_id")["incident_id"].reindex(machine.index)
    both = coder.notna() & ~coder.index.isin(report.intake.new["mention_id"])
    figure = bcubed(machine[both], coder[both])
    used = (
        _said("linking_agreement", "used")
        if report.parameters.link == "coder"
        else _said("linking_agreement", "used_2")
    )
    return Prose(
        _said(
            "linking_agreement",
            "words_2",
            used=used,
            mentions=plural(figure.mentions, "mention"),
            precision=f"{figure.precision:.3f}",
            recall=f"{figure.recall:.3f}",
            f=f"{figure.f1:.3f}",
            n=number(machine.nunique()),
            n_b=number(coder.nunique()),
        )
    )


def question(report: Study) -> Prose:
    """What is asked, what a reader would expect, and what others found."""
    what = anniversary_name(report)
    return Prose(_said("question", "words", what=what, n=number(len(report.examined))))


def clustering(context: Context) -> Prose:
    """How far attacks bring about attacks, beside what others found."""
    model = context.excitation
    if model is None:
        return Prose(_said("clustering", "words"))
    return Prose(
        _said(
            "clustering",
            "words_2",
            share_triggered=f"{model.share_triggered:.0%}",
            interval_of=_interval_of(model),
            n=number(model.duration()),
        )
    )


def _interval_of(model: Excitation) -> str:
    if model.alpha_low is None or model.alpha_high is None:
        return ""
    return _said("interval_of", "words", alpha_low=f"{model.alpha_low:.0%}", alpha_high=f"{model.alpha_high:.0%}")


def excitation_fit(report: Study, context: Context) -> Figure | Prose:
    """Whether the self-exciting model fits, drawn; or why there is none."""
    if context.excitation is None:
        return Prose(_said("excitation_fit", "words"), "notice")
    return escalation_charts.excitation_fit(one_step_ahead(report.series, context.excitation))


#: A break so many days from a date or nearer is said to fall on it.
NEAR = 7


def breaks(report: Study, context: Context, done: Examination) -> Prose:
    """Where the rate changes for good, by a search that knows no date, and whether that is near any date examined."""
    found = context.breaks
    error = context.break_error
    often = (
        ""
        if error is None or error.rate is None
        else _said("breaks", "often", rate=f"{error.rate:.0%}", n=f"{error.upper or 1:.0%}")
    )
    if not len(found):
        return Prose(_said("breaks", "words", often=often))
    told = listing(
        _said("breaks", "told", day=day(when), n=number(before * 30, 1), n_b=number(after * 30, 1))
        for when, before, after in zip(found["date"], found["rate_before"], found["rate_after"], strict=True)
    )
    dates = sorted({pd.Timestamp(text) for result in done.results for text in result.dates})
    known = report.series.index[report.series.notna()]
    is_near = pd.Series([min((abs((when - date).days) for date in dates), default=NEAR + 1) <= NEAR for when in known])
    near = [(when, _nearest(when, done.results)) for when in found["date"]]
    on_dates = [
        f"{day(when)} is {_apart(when, date)} {plain(result.label)}"
        for when, (date, result) in near
        if abs((when - date).days) <= NEAR
    ]
    lies = (
        _said(
            "breaks",
            "lies",
            n=number(len(on_dates)) if on_dates else "None",
            word="lies" if len(on_dates) < 2 else "lie",
            near=NEAR,
        )
        + (f": {'; '.join(on_dates)}" if on_dates else "")
        + _said("breaks", "lies_2", mean=f"{is_near.mean():.0%}")
    )
    return Prose(_said("breaks", "words_2", breaks=plural(len(found), "break"), told=told, often=often, lies=lies))


def _nearest(when: pd.Timestamp, results: Sequence[Result]) -> tuple[pd.Timestamp, Result]:
    """The examined date nearest to a day, and the first result that has it."""
    pairs = [(pd.Timestamp(text), result) for result in results for text in result.dates]
    return min(pairs, key=lambda pair: abs((when - pair[0]).days))


def _apart(when: pd.Timestamp, date: pd.Timestamp) -> str:
    days = (when - date).days
    return _said("apart", "words") if not days else f"{plural(abs(days), 'day')} {'after' if days > 0 else 'before'}"


def interruption(context: Context) -> Prose:
    """What the step at a date says, and what it does not."""
    told = [one for one in context.interruptions if one.status == "tested"]
    if not told:
        return Prose(_said("interruption", "words"))
    strong = [one for one in told if _step_p(one) <= ALPHA]
    ranked = [one for one in told if one.p_placebo is not None]
    stand = [one for one in ranked if (one.p_placebo or 1) <= ALPHA]
    text = _said(
        "interruption",
        "text",
        n=number(len(told)),
        dates=plural(len(context.interruptions), _said("interruption", "dates")),
        n_b=number(len(strong)) if strong else "none",
        n_c=number(len(stand)) if stand else "none",
        n_d=number(len(ranked)),
        word="stand" if len(stand) > 1 else "stands",
    )
    errors = [
        one.error_newey_west
        for one in told
        if one.error_newey_west is not None and one.error_newey_west.rate is not None
    ]
    if errors:
        worst = max(errors, key=lambda error: error.rate or 0)
        text += _said("interruption", "text_2", rate=f"{worst.rate:.0%}")
    return Prose(text)


def _step_p(one: Interruption) -> float:
    return float(one.table.set_index("term")["p"]["step"])


def lasting(context: Context) -> list[Table | Prose]:
    """The events that last longer than the window, over all their days; the families among them in words as well."""
    if not context.lasting:
        return [Prose(_said("lasting", "words"))]
    parts: list[Table | Prose] = []
    for result in context.lasting:
        if result.method == "family" and result.estimate is not None:
            parts.append(Prose(plain(result.sentence)))
    title = _said(
        "lasting",
        "title",
        lastss=plural(len(context.lasting), _said("lasting", "lastss"), _said("lasting", "lastss_2")),
        word="its" if len(context.lasting) == 1 else "their",
    )
    return [*parts, test_results(context.lasting, "tab-lasting", title)]


def following(context: Context) -> Prose:
    """Attack, strike, attack, in words, each with the error rate of its test."""
    parts = [
        _said(
            "following",
            "parts",
            sentence=plain(context.after_strikes.sentence),
            error_words=error_words(context.after_strikes.error, context.after_strikes.p_placebo),
        ),
        _said(
            "following",
            "parts_2",
            sentence=plain(context.after_attacks.sentence),
            error_words=error_words(context.after_attacks.error, context.after_attacks.p_placebo),
        ),
    ]
    return Prose("\n\n".join(parts))


def curve(context: Context) -> Prose:
    """The specification curve in words, with the error rate of its joint test."""
    return Prose(f"{plain(context.curve.sentence)}{error_words(context.curve.error, context.curve.p_joint)}")


def error_words(error: ErrorRate | None, p: float | None) -> str:
    """How often a test cries wolf, as a sentence to follow its own; nothing where there was no test."""
    if p is None:
        return ""
    if error is None:
        return _said("error_words", "words")
    return f" {plain(error.sentence)}"
