"""From results to sentences: what a report says in words, never beyond what its results support."""

from sitrep import frequency
from sitrep.charts import frequency as charts
from sitrep.content import Figure, Prose
from sitrep.parameters import Parameters
from sitrep.study import Study
from sitrep.wording import coded, day, listing, number, plural, span


def counted(report: Study) -> Prose:
    """How many attacks are shown, where and how well attested, in one paragraph."""
    shown = report.shown
    period = span(report.counts.index[0], report.counts.index[-1])
    if shown.empty:
        return Prose(f"No incident in scope counts in the period {period} under these parameters.", "notice")
    by_country = listing(f"{number(n)} in {name}" for name, n in shown["country"].value_counts().items())
    weapons = frequency.by_category(shown, "weapon")
    lead = listing(f"{coded(name)} ({number(n)})" for name, n in weapons.head(2).items())
    text = (
        f"In the period {period} the report counts **{plural(len(shown), 'attack')}**: {by_country}. The weapons named most often "
        f"are {lead}. {plural(int((shown['status'] == 'claimed_only').sum()), 'attack')} rest on the attacker's word alone and "
        f"{number((shown['publishers'] == 1).sum())} on one publisher; in our mentions an official source itself confirms "
        f"{number((shown['status'] == 'confirmed').sum())}."
    )
    if report.is_series and report.counts.notna().any():
        found = rate(report)
        text += (
            f" Over {plural(found.days, 'known day')} that is {number(found.rate, 1)} attacks per 30 days "
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
    return f"block bootstrap (blocks of {frequency.BLOCK_DAYS} days), which allows for clustering"


def no_series(what: str) -> Prose:
    """The panel that stands where a figure needs a series of days and there is none."""
    return Prose(
        f"No figure of {what}: the incidents in scope are too few, or come from articles that say nothing about the days "
        "they do not mention. Days without a known attack would be missing, not zero.",
        "notice",
    )


def tallies(report: Study) -> Figure | Prose:
    """Our count beside one authority's for the same days, or why that cannot be shown."""
    p = report.parameters
    table = frequency.beside_tallies(report.selected, report.tables.tallies, p.authority)
    table = table[(table["since"] >= p.start) & (table["as_of"] <= p.end)].reset_index(drop=True)
    if not report.is_series or table.empty:
        return Prose(
            f"No tally of {p.authority} lies wholly in the period shown and can be compared with the incidents in scope.",
            "notice",
        )
    return charts.tallies(table, p.authority)


def last_known(report: Study) -> str:
    """The last day shown whose coverage is not thin."""
    return day(report.counts.dropna().index[-1])
