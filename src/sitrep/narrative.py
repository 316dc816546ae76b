"""From results to sentences: what a report says in words, never beyond what its results support."""

from collections.abc import Sequence

import pandas as pd

from sitrep import frequency
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


def counted(report: Study) -> Prose:
    """How many attacks are shown, where and how well attested, in one paragraph."""
    shown = report.shown
    period = span(report.counts.index[0], report.counts.index[-1])
    if shown.empty:
        return Prose(f"No incident in scope counts in the period {period} under these parameters.", "notice")
    by_country = listing(f"{number(n)} in {name}" for name, n in shown["country"].value_counts().items())
    weapons = frequency.by_category(shown, "weapon").drop("unknown", errors="ignore")
    lead = listing(f"{coded(name)} ({number(n)})" for name, n in weapons.head(2).items())
    claimed = int((shown["status"] == "claimed_only").sum())
    text = (
        f"In the period {period} the report counts **{plural(len(shown), 'attack')}**: {by_country}. "
        + (f"The weapons named most often are {lead}. " if lead else "No source states a weapon. ")
        + f"{plural(claimed, 'attack')} {'rests' if claimed == 1 else 'rest'} on the attacker's word alone and "
        f"{number((shown['publishers'] == 1).sum())} on one publisher; for "
        f"{number((shown['status'] == 'confirmed').sum())} an official document is itself among our sources, undisputed."
    )
    if report.is_series and report.counts.notna().any():
        found = rate(report)
        text += (
            f" {number(found.count)} of them fell on the {plural(found.days, 'known day')}: {number(found.rate, 1)} attacks per 30 days "
            f"(95% interval {number(found.low, 1)} to {number(found.high, 1)}, {found.method})."
        )
    return Prose(text)


def rate(report: Study) -> frequency.Rate:
    """The rate over the days shown, with the interval that the parameters choose."""
    p = report.parameters
    return frequency.rate(report.counts, p.interval, p.draws, p.seed)


def interval_name(parameters: Parameters) -> str:
    """The interval's method in words, for captions."""
    if parameters.interval == "poisson":
        return "the exact Poisson method, which takes attacks for independent and is too narrow where they cluster"
    return f"block bootstrap (blocks of up to {frequency.BLOCK_DAYS} days), which allows for clustering"


def why_no_series(report: Study) -> Prose | None:
    """The panel that says why there are no rates, or None where there are."""
    if report.enough:
        return None
    if not report.is_series:
        return Prose(
            "No rate, no calendar and no test in this edition: a handful of articles says nothing about the days that they do not mention, so days "
            "without a known attack would be missing, not zero.",
            "notice",
        )
    return Prose("No attack in scope falls on a day of known coverage, so there is no rate to show.", "notice")


def why_no_tests(report: Study) -> Prose:
    """The panel that stands in place of all tests."""
    if not report.is_series:
        return Prose(
            "Nothing is tested here. The incidents in scope come from a handful of articles, which are no series of days: what happened on the days that "
            "they do not mention is not known, so there is nothing to compare a date with.",
            "notice",
        )
    if not report.parameters.anniversary:
        return Prose(
            "Nothing is tested here, for the parameters name no date. Dates of your own go into a file that `own_events` names; one of them that returns "
            "every year can be the `anniversary`.",
            "notice",
        )
    return Prose(
        f"Nothing is tested here: with {plural(len(report.selected), 'incident')} that count in the whole series there is nothing to compare.",
        "notice",
    )


def tallies(report: Study) -> Figure | Prose:
    """Our count beside one authority's for the same days, or why that cannot be shown."""
    p = report.parameters
    table = tally_table(report)
    if not p.authority:
        return Prose("The parameters name no official count to set beside ours.", "notice")
    if not report.is_series or table.empty:
        return Prose(
            f"No tally of {p.authority} lies wholly in the period shown and can be compared with the incidents in scope.",
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
        "drawn": "drawn but not tested, because the attacks themselves set their date or no fair comparison exists",
        "uninformative": "without a single attack before or after, so that there is nothing to compare",
        "refused": "refused, because too few of their days are known",
    }
    parts = [
        f"{number(n)} {words}"
        for status, words in other.items()
        if (n := sum(1 for r in results if r.status == status))
    ]
    if unsafe:
        parts.insert(
            0,
            f"{number(unsafe)} shown with a p-value but not judged, because no test holds its error rate in windows as busy as theirs",
        )
    found = [r for r in tested if (r.p_adjusted or 1) <= ALPHA]
    text = (
        f"{plural(len(results), 'date or family of dates', 'dates or families of dates')} examined: {number(len(tested))} tested"
        + (f", {listing(parts)}" if parts else "")
        + "."
        + (
            f" After adjustment ({adjustments(results)}) {_standing_out(len(found), len(tested))} from the series' ordinary ups and downs at the 5% level."
            if tested
            else ""
        )
    )
    return Prose(text)


def _standing_out(found: int, tested: int, which: str = "tested") -> str:
    """How many of the dates tested stand out, as the beginning of a sentence or its end."""
    if tested == 1:
        return f"the one date {which} {'stands out' if found else 'does not stand out'}"
    return f"{number(found) if found else 'none'} of the {number(tested)} dates {which} {'stand' if found > 1 else 'stands'} out"


def anniversary(done: Examination) -> Prose:
    """The headline test in one paragraph, with its assumptions."""
    result = done.anniversary
    notes = "\n".join(f"- {plain(text)}" for text in result.assumptions)
    rate = ""
    if result.false_positive_high is not None:
        rate = (
            " Error rates: how often a test rejects without an effect, at a nominal 5%, on series simulated from this one; that of the "
            f"test relied on, made at these very dates, is at most {result.false_positive_high:.1%}."
        )
    reason = f" {plain(result.reason)}" if result.reason and result.reason not in result.sentence else ""
    return Prose(f"{plain(result.sentence)}{rate}{reason}\n\nWhat this takes for granted, and what is near:\n\n{notes}")


def judgements(report: Study, done: Examination | None) -> Prose:
    """The key judgements, bottom line first; every sentence follows from a count or a test result."""
    lines = [_count_judgement(report)]
    if done is not None:
        lines += [_anniversary_judgement(report, done), _events_judgement(done)]
    else:
        lines.append(
            "**Nothing about escalation.** No date was tested."
            if report.is_series
            else "**Nothing about escalation.** A handful of articles is no series of days: whether attacks rose around a date cannot "
            "be tested on them."
        )
    lines.append(_attestation_judgement(report))
    official = _official_judgement(report)
    if official:
        lines.append(official)
    return Prose("\n".join(f"{i}. {line}" for i, line in enumerate(lines, start=1)), "judgements")


def _count_judgement(report: Study) -> str:
    shown = report.shown
    if shown.empty:
        return "**No attack is shown** under these parameters."
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
        text += (
            f" Half of them fell in the {(last - first).days + 1:,} days {span(first, last)}, of {len(report.counts):,} days shown."
            f"{_busiest(shown)} ({confidence_in_counts(report).capitalize()} confidence.)"
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
    text = f" The busiest month was {month(busiest)} ({number(months.max())})"
    return text + (
        f"; the latest with any attack, {month(latest)}, had {number(months.iloc[-1])}." if latest != busiest else "."
    )


def _anniversary_judgement(report: Study, done: Examination) -> str:
    result = done.anniversary
    what = anniversary_name(report)
    days = f"{number(result.after or 0)} attacks in {number(result.days_after or 0)} known days from the date on, {number(result.before or 0)} in the {number(result.days_before or 0)} before"
    sure = f" ({confidence_in_test(result).capitalize()} confidence.)"
    if result.p_judged is None or result.p_adjusted is None:
        return f"**Around {what} nothing can be said.** {plain(result.sentence)}"
    told = f"Over {plural(len(result.dates), 'year')} with known days: {days}"
    p = f"p = {probability(result.p_judged)}{_rate_words(result)}, {probability(result.p_adjusted)} after {result.adjustment}"
    caveat = f" {plain(result.caveat)}" if result.caveat else ""
    if result.p_adjusted <= ALPHA and result.headline:
        return f"**Attacks {_direction(result)} around {what}.** {told}; placebo {p}.{caveat}{sure}"
    if result.p_adjusted <= ALPHA:
        return (
            f"**A {_direction(result)} around {what} stands out, by a test whose error rate here is not known.** {told}; placebo {p}.{caveat} "
            "It is shown and not relied on. (Low confidence.)"
        )
    return (
        f"**No rise around {what} is shown, and none is ruled out.** {told}, {significant(result.estimate or 0)} times the rate.{caveat} The same dates moved together "
        f"through the year give a ratio as far from one, up or down, often enough ({p}). {detectable_words(result)}{sure}"
    )


def _events_judgement(done: Examination) -> str:
    tested = [r for r in done.events if judged(r)]
    found = [r for r in tested if (r.p_adjusted or 1) <= ALPHA]
    near = [r for r in tested if r not in found and (r.p_judged or 1) <= ALPHA]
    tail = _untested_words([r for r in done.events if not judged(r)])
    if not done.events:
        return "**No other date is examined.**"
    if not tested:
        lead = f"**None of the {plural(len(done.events), 'other date')} examined can be tested.**"
    elif found:
        names = listing(
            f"{plain(r.label)} ({_direction(r)}, p = {probability(r.p_judged or 1)}{_rate_words(r)}, adjusted {probability(r.p_adjusted or 1)})"
            for r in found
        )
        lead = f"**{plural(len(found), 'other date stands', 'other dates stand')} out of {number(len(tested))} tested**: {names}."
    else:
        lead = (
            f"**None of the {plural(len(tested), 'other date')} tested stands out** once their number is allowed for."
        )
    if near:
        names = listing(
            f"{plain(r.label)} (p = {probability(r.p_judged or 1)}{_rate_words(r)}, adjusted {probability(r.p_adjusted or 1)})"
            for r in near
        )
        lead += f" Below 5% before adjustment only: {names}."
    jumps = [r for r in done.events if r.status == "drawn" and (r.estimate or 0) >= 3 and (r.after or 0) >= 5]
    if jumps:
        names = listing(
            f"{plain(r.label)} ({number(r.before or 0)} in {number(r.days_before or 0)} days → {number(r.after or 0)} in {number(r.days_after or 0)})"
            for r in jumps
        )
        tail += f" Among those drawn only are the steepest rises: {names}."
    return f"{lead}{tail} The tests use the whole chronology. (Low confidence: single dates carry little power.)"


def _rate_words(result: Result) -> str:
    """The measured error rate of the test relied on, to stand behind its p-value."""
    rate = result.false_positive_rate
    return "" if rate is None else f" [error rate {rate:.0%}]"


def _untested_words(results: list[Result]) -> str:
    """Why the other events were not judged, counted by reason."""
    reasons = {
        "drawn": "drawn only, because the attacks themselves set their date or no fair comparison exists",
        "uninformative": "without an attack on either side",
        "refused": "with too few known days",
        "tested": "in windows so busy that no test holds its error rate",
    }
    counts = {words: sum(1 for r in results if r.status == status) for status, words in reasons.items()}
    told = listing(f"{number(n)} {words}" for words, n in counts.items() if n)
    return f" Not judged: {told}." if told else ""


def _direction(result: Result) -> str:
    return "rise" if (result.estimate or 0) > 1 else "fall"


def _attestation_judgement(report: Study) -> str:
    shown = report.shown
    if shown.empty:
        return "**Nothing to attest.**"
    claimed = int((shown["status"] == "claimed_only").sum())
    single = int((shown["publishers"] == 1).sum())
    contested = int((shown["status"] == "contested").sum())
    return (
        f"**How well attested:** {number(single)} of {number(len(shown))} attacks come from one publisher, {number(claimed)} from the attacker's word "
        f"alone, {number(contested)} {'is' if contested == 1 else 'are'} contested, and for {number((shown['status'] == 'confirmed').sum())} an official document is itself among our sources, undisputed."
    )


def _official_judgement(report: Study) -> str | None:
    if not report.is_series:
        return None
    table = tally_table(report)
    if table.empty:
        return None
    largest = table.sort_values(["count", "as_of"]).iloc[-1]
    return (
        f"**Beside the official count:** for {span(largest['since'], largest['as_of'])} we hold {number(largest['ours'])} attacks where "
        f"{plain(report.parameters.authority)} counts {number(largest['count'])}, a ratio of {number(largest['ratio'], 2)}."
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
        f"Rate ratios by year run from {significant(min(r.estimate or 0 for r in told))} to {_largest(told)}"
        if told
        else "No year has enough known days with an attack"
    )
    caption = (
        f"Days 0 to {p.anniversary_window - 1} from {what} against the {p.baseline} days before. Lines: exact 95% interval if attacks were independent of each "
        "other, which they are not: too narrow, and no claim rests on a single year. Beyond the axis: arrow."
    )
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
    which = "named beforehand and tested" if beforehand else "tested, the anniversary among them,"
    title = _standing_out(found, len(tested), which if len(tested) > 1 else which.split(",")[0]) + " after adjustment"
    title = f"{title[0].upper()}{title[1:]}" if tested else "No date can be tested"
    caption = (
        "Points: rate after over rate before; lines: exact 95% interval if attacks were independent; grey bars: the middle 95% of that ratio at the placebo "
        "dates. Orange: named beforehand, blue: exploratory; hollow: drawn, not tested. Right: attacks before → after, placebo p [how often the test "
        "rejects without an effect, at a nominal 5%], below it adjusted for the number of tests"
        + (f": {adjustments(results)}." if tested else ".")
    )
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
    return Prose(
        "**In counts.** *High*: at most 5% of the days shown are thinly covered and our count lies within 20% of the largest tally of the chosen authority. "
        "*Moderate*: at most 20%, and within a factor of two. *Low*: anything else.\n\n"
        "**In tests.** A rise or fall is *moderate* where the test qualifies as a headline and its adjusted p-value is at most 1%, else *low*. That no rise "
        "is shown is *moderate* where a doubling would have been found, else *low*. No single test earns *high*.\n\n"
        "**A headline** is a test named beforehand whose rate of false alarms, measured on series simulated from this one, has an upper limit of at most 7.5% "
        "at a nominal 5% in windows as busy as its own."
    )


def other_explanations(done: Examination | None) -> Prose:
    """What else could make a count rise near a date, as a list."""
    lines = [
        "**Choice.** Events that came into the table because attacks had drawn attention to them are exploratory, whatever their p-value.",
        "**Company.** Dates that share their days with other events cannot be told apart from them; the table of tests says so.",
    ]
    if done is not None:
        lines.insert(
            0,
            "**Coverage.** Around an anniversary more is written, and so more is found. [](#tab-press) sets the number of publishers per attack near the "
            "anniversaries beside that on other days.",
        )
    return Prose("\n".join(f"- {line}" for line in lines))


def reading_agreement(report: Study) -> Prose:
    """How far the machine's reading of the articles in seeds/ agrees with the coder's."""
    reading = reading_of_seeds(report.intake, report.tables.mentions)
    found = report.intake.extraction.mentions
    if reading.empty and not report.intake.articles:
        return Prose("No articles belong to these tables, so nothing was read by the machine.")
    if reading.empty:
        return Prose(
            "None of the articles in seeds/ was read by the coder, so there is nothing to compare the machine's reading with."
        )
    return Prose(
        f"Of {plural(len(reading), 'mention')} that the coder found in the articles in seeds/, the machine reads {number(reading['agrees'].sum())} with the same "
        f"day, site and stance; it reads {plural(len(found), 'mention')} in all and sets {plural(len(report.intake.extraction.rejected), 'passage')} aside."
    )


def linking_agreement(report: Study) -> Prose:
    """How far the machine's linking agrees with the coder's, by B-cubed, and which of the two this report uses."""
    machine = report.links.links.set_index("mention_id")["incident_id"]
    if not report.ours:
        how = (
            "each row is an incident of its own"
            if report.parameters.link == "coder"
            else "the machine linked the mentions"
        )
        return Prose(
            f"No coder has linked these mentions: {how}. The machine's own linking makes {plural(machine.nunique(), 'incident')} of "
            f"{plural(len(machine), 'mention')}."
        )
    coder = report.mentions.set_index("mention_id")["incident_id"].reindex(machine.index)
    both = coder.notna() & ~coder.index.isin(report.intake.new["mention_id"])
    figure = bcubed(machine[both], coder[both])
    used = "the coder's" if report.parameters.link == "coder" else "the machine's"
    return Prose(
        f"This report uses **{used}** links. Over {plural(figure.mentions, 'mention')} the machine's own linking agrees with the coder's with a B-cubed "
        f"precision of {figure.precision:.3f}, a recall of {figure.recall:.3f} and an F1 of {figure.f1:.3f}: it makes {number(machine.nunique())} incidents where the "
        f"coder has {number(coder.nunique())}. One is perfect agreement; the coder's links are a judgement, not the truth."
    )


def question(report: Study) -> Prose:
    """What is asked, what a reader would expect, and what others found."""
    what = anniversary_name(report)
    return Prose(
        f"**The question.** Do attacks rise around {what}, and after the {number(len(report.examined))} other dates that this report examines: strikes, agreements, "
        "elections, wars, and days of remembrance?\n\n"
        "**What a reader would expect.** Warnings are given before anniversaries, so most would expect a rise. Others who counted found none: Reese, Ruby and Pape (2017) found "
        "violence lower by up to 41% on major Islamic holidays and no systematic surge, and RAND (PE-173, 2016) no increase on significant dates."
    )


def clustering(context: Context) -> Prose:
    """How far attacks bring about attacks, beside what others found."""
    model = context.excitation
    if model is None:
        return Prose(
            "The attacks are too few for a self-exciting model, so nothing is said of how they feed on themselves."
        )
    return Prose(
        f"A self-exciting model of the daily counts puts **{model.share_triggered:.0%}** of attacks down to earlier attacks{_interval_of(model)}, nine tenths of them within "
        f"{number(model.duration())} days. Lewis and others (2012) found 37 to 50% of events, lasting up to two to six weeks. In such a series a "
        "burst needs no event to set it off. The model describes how counts follow counts; what drives both, such as a campaign's end, counts in it as excitation."
    )


def _interval_of(model: Excitation) -> str:
    if model.alpha_low is None or model.alpha_high is None:
        return ""
    return f" (95% interval {model.alpha_low:.0%} to {model.alpha_high:.0%}, somewhat too narrow, for it takes the model for true)"


def excitation_fit(report: Study, context: Context) -> Figure | Prose:
    """Whether the self-exciting model fits, drawn; or why there is none."""
    if context.excitation is None:
        return Prose("No figure here: there is no model whose fit could be drawn.", "notice")
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
        else f" In simulated series without a break, as busy as this one, the search finds one in {error.rate:.0%} of cases (upper limit {error.upper or 1:.0%})."
    )
    if not len(found):
        return Prose(
            f"A search that knows no event finds no break beyond what a series that feeds on itself produces.{often}"
        )
    told = listing(
        f"{day(when)} (from {number(before * 30, 1)} to {number(after * 30, 1)} attacks per 30 days)"
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
        f"{number(len(on_dates)) if on_dates else 'None'} of them {'lies' if len(on_dates) < 2 else 'lie'} within {NEAR} days of a date examined"
        + (f": {'; '.join(on_dates)}" if on_dates else "")
        + f". Of all known days {is_near.mean():.0%} lie as near to one."
    )
    return Prose(
        f"A search that knows no event, with a penalty set by series that rise and fall by themselves, finds {plural(len(found), 'break')}: {told}.{often} {lies} A break says that "
        "the rate changed about then, not why."
    )


def _nearest(when: pd.Timestamp, results: Sequence[Result]) -> tuple[pd.Timestamp, Result]:
    """The examined date nearest to a day, and the first result that has it."""
    pairs = [(pd.Timestamp(text), result) for result in results for text in result.dates]
    return min(pairs, key=lambda pair: abs((when - pair[0]).days))


def _apart(when: pd.Timestamp, date: pd.Timestamp) -> str:
    days = (when - date).days
    return "the day of" if not days else f"{plural(abs(days), 'day')} {'after' if days > 0 else 'before'}"


def interruption(context: Context) -> Prose:
    """What the step at a date says, and what it does not."""
    told = [one for one in context.interruptions if one.status == "tested"]
    if not told:
        return Prose("At no single date named beforehand are there attacks enough on both sides to fit a step.")
    strong = [one for one in told if _step_p(one) <= ALPHA]
    ranked = [one for one in told if one.p_placebo is not None]
    stand = [one for one in ranked if (one.p_placebo or 1) <= ALPHA]
    text = (
        f"At {number(len(told))} of {plural(len(context.interruptions), 'single date')} named beforehand a step and a change of slope can be fitted. Newey-West errors, which allow for "
        f"autocorrelation, call the step significant at {number(len(strong)) if strong else 'none'} of them; ranked among the steps fitted at other dates, "
        f"{number(len(stand)) if stand else 'none'} of {number(len(ranked))} {'stand' if len(stand) > 1 else 'stands'} out. "
        "The regression takes the series to follow a straight line on either side; it does not, so this is shown and no headline rests on it."
    )
    errors = [
        one.error_newey_west
        for one in told
        if one.error_newey_west is not None and one.error_newey_west.rate is not None
    ]
    if errors:
        worst = max(errors, key=lambda error: error.rate or 0)
        text += f" On series without any effect the Newey-West test of the step rejects {worst.rate:.0%} of the time at a nominal 5%."
    return Prose(text)


def _step_p(one: Interruption) -> float:
    return float(one.table.set_index("term")["p"]["step"])


def lasting(context: Context) -> list[Table | Prose]:
    """The events that last longer than the window, over all their days; the families among them in words as well."""
    if not context.lasting:
        return [Prose("None of the dates examined lasts longer than the window.")]
    parts: list[Table | Prose] = []
    for result in context.lasting:
        if result.method == "family" and result.estimate is not None:
            parts.append(Prose(plain(result.sentence)))
    title = f"{plural(len(context.lasting), 'event that lasts', 'events that last')} longer than the window, over {'its' if len(context.lasting) == 1 else 'their'} own days"
    return [*parts, test_results(context.lasting, "tab-lasting", title)]


def following(context: Context) -> Prose:
    """Attack, strike, attack, in words, each with the error rate of its test."""
    parts = [
        f"After US strikes: {plain(context.after_strikes.sentence)}{error_words(context.after_strikes.error, context.after_strikes.p_placebo)}",
        f"After attacks: {plain(context.after_attacks.sentence)}{error_words(context.after_attacks.error, context.after_attacks.p_placebo)}",
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
        return " How often this test cries wolf on this series was not measured, so its p is not relied on; `sitrep calibrate` measures it."
    return f" {plain(error.sentence)}"
