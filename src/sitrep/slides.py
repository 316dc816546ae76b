"""What the slides of a briefing say: one message each, from the same results as the report."""

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pandas as pd

from sitrep import colophon, frequency, narrative, words
from sitrep.charts import drawn
from sitrep.charts import frequency as charts
from sitrep.charts import incidents as attestation
from sitrep.charts.canvas import sized
from sitrep.content import Figure, Slide, plain
from sitrep.escalation import Result
from sitrep.examine import Examination
from sitrep.study import Study
from sitrep.wording import coded, listing, number, plural, significant, site

_LEAD = re.compile(r"(?:\d+\. )?\*\*(?P<lead>.+?)\*\*(?P<rest>.*)", re.S)
_CONFIDENCE = re.compile(r"\((High|Moderate|Low) confidence")
#: As many sites or weapons are named beside a figure.
_NAMED = 4
#: Rows of dates that a slide has room for, and letters of a date's name.
_DATES, _LABEL = 5, 26
#: Inches of a drawing that has a slide for itself, and of one with points beside it: small, so that letters come out large.
_WIDE, _BESIDE = (4.5, 1.93), (3.1, 1.95)

_said = partial(words.said, "deck")


def deck(report: Study, done: Examination | None) -> list[Slide]:
    """Return the slides of *report* in order, the title slide apart; *done* are its tests, None where none were made."""
    slides = [_judgements(report, done)]
    if not report.shown.empty:
        slides += [_monthly(report), _sites(report), _weapons(report), _attested(report)]
    slides += _tests(report, done) if done is not None else [_nothing_tested(report)]
    slides.append(_limits(report))
    if done is not None:
        slides.append(_confidence())
    return [*slides, _sources(report)]


def _judgements(report: Study, done: Examination | None) -> Slide:
    """The bold leads of the key judgements, each with its confidence; those that only label a count stand elsewhere."""
    markdown = narrative.judgements(report, done).markdown
    told = [(_LEAD.match(line), _CONFIDENCE.search(line)) for line in markdown.splitlines()]
    unrated = "" if done is None else "–"
    points = tuple(
        (sure[1] if sure else unrated, lead["lead"].rstrip("."))
        for lead, sure in told
        if lead and not lead["lead"].endswith(":")
    )
    title = _said("judgements", "title") if done else _said("judgements", "title_2")
    return Slide("judgements", title, points, notes=markdown)


def _drawing(size: tuple[float, float], chart: Callable[..., Figure], *args: Any, **options: Any) -> Figure | None:
    """Draw *chart* for a screen; None where there is nothing to draw."""
    with sized(*size):
        shown = drawn(chart, *args, **options)
    return shown if isinstance(shown, Figure) else None


def _monthly(report: Study) -> Slide:
    drawing = _drawing(_WIDE, charts.monthly, report.shown, report.counts, report.level)
    return Slide("by-month", figure=drawing, figures=("fig-monthly", "fig-briefing-monthly"))


def _sites(report: Study) -> Slide:
    counts = report.shown["place_name"].value_counts().head(_NAMED)
    points = tuple((number(n), plain(site(str(name)))) for name, n in counts.items())
    title = _said("sites", "title", list=listing(site(str(name)) for name in counts.index[:2]))
    notes = _said("sites", "notes") + _counted(report.shown["place_name"].value_counts()) + "."
    drawing = _drawing(_BESIDE, charts.site_map, report.shown, named=_NAMED)
    return Slide("where", title, points, drawing, ("fig-map", "fig-briefing-map"), notes)


def _weapons(report: Study) -> Slide:
    used = frequency.by_category(report.shown, "weapon")
    points = tuple((number(n), plain(coded(str(name)))) for name, n in used.head(_NAMED).items())
    notes = (
        _said("weapons", "notes")
        + _counted(used.rename(index=lambda name: coded(str(name))))
        + _said("weapons", "notes_2")
    )
    mix = frequency.weapon_mix(report.shown, charts.step(report.counts))
    drawing = _drawing(_BESIDE, charts.weapons, mix, most=2)
    title = "" if drawing else _said("weapons", "title", attacks=plural(len(report.shown), "attack"))
    return Slide("weapons", title, points, drawing, ("fig-weapons",), notes)


def _attested(report: Study) -> Slide:
    shown = report.shown
    counts = shown["status"].value_counts()
    claimed = int(counts.get("claimed_only", 0))
    points = (
        (number((shown["publishers"] == 1).sum()), _said("attested", "points")),
        (number(counts.get("contested", 0)), _said("attested", "points_2")),
        (number(counts.get("confirmed", 0)), _said("attested", "points_3")),
    )
    title = _said(
        "attested",
        "title",
        n=number(claimed),
        attacks=plural(len(shown), "attack"),
        word="rests" if claimed == 1 else "rest",
    )
    drawing = _drawing(_BESIDE, attestation.attestation, shown)
    return Slide("attested", title, points, drawing, ("fig-attestation",), narrative.counted(report).markdown)


def _tests(report: Study, done: Examination) -> list[Slide]:
    result = done.anniversary
    lines = narrative.judgements(report, done).markdown.splitlines()
    anniversary, events = (_LEAD.match(line) for line in lines[1:3])
    assert anniversary and events  # both are always said, as the second and third judgement
    points: list[tuple[str, str]] = []
    if result.p_judged is not None and result.estimate is not None:
        points = [
            (
                f"{significant(result.estimate)}×",
                _said(
                    "tests",
                    "points",
                    n=number(result.after or 0),
                    n_b=number(result.days_after or 0),
                    n_c=number(result.before or 0),
                    n_d=number(result.days_before or 0),
                ),
            ),
            (f"{result.p_judged:.0%}", _said("tests", "points_2")),
        ]
        if result.minimum_detectable is not None and result.minimum_detectable != float("inf"):
            points.append(
                (
                    f"{significant(result.minimum_detectable)}×",
                    _said("tests", "words"),
                )
            )
    by_year = _drawing(_BESIDE, narrative.anniversary_years, report, done)
    return [
        Slide("anniversary", _words(anniversary["lead"]), tuple(points), by_year, ("fig-anniversary-years",), lines[1]),
        _events(_words(events["lead"]), lines[2], done),
        Slide(
            "other-explanations",
            _said("tests", "words_2"),
            (
                ("Coverage", _said("tests", "words_3")),
                ("Choice", _said("tests", "words_4")),
                ("Company", _said("tests", "words_5")),
            ),
            notes=narrative.other_explanations(done).markdown,
        ),
    ]


def _events(title: str, told: str, done: Examination) -> Slide:
    """The dates named beforehand, then others tested, as many as there is room for; how many there are is told."""
    judged = [r for r in done.events if narrative.judged(r)]
    counts = (
        (number(len(judged)), _said("events", "counts")),
        (number(len(done.events) - len(judged)), _said("events", "counts_2")),
    )
    named = [r for r in done.results if r.confirmatory and r.estimate is not None]
    shown = [*named, *(r for r in judged if not r.confirmatory)][:_DATES]
    labels = [_short(r) for r in shown]
    drawing = _drawing(_WIDE, narrative.events_figure, shown, "fig-briefing-events", labels) if shown else None
    notes = f"{told}\n\n" + "; ".join(f"{label} {words}" for label, words in counts) + "."
    return Slide("policy-events", title, () if drawing else counts, drawing, ("fig-briefing-events",), notes)


def _short(result: Result) -> str:
    """The first words of what was tested, and the year of a single date: what a row on a screen has room for."""
    name = re.split("[,;]", result.label)[0]
    cut = name if len(name) <= _LABEL else name[:_LABEL].rsplit(" ", 1)[0] + " …"
    return f"{cut}, {result.dates[0][:4]}" if len(result.dates) == 1 else cut


def _nothing_tested(report: Study) -> Slide:
    return Slide(
        "nothing-tested",
        _said("nothing_tested", "words"),
        (
            ("", _said("nothing_tested", "words_2")),
            ("", _said("nothing_tested", "words_3")),
        ),
        notes=narrative.why_no_tests(report).markdown,
    )


def _limits(report: Study) -> Slide:
    points = [
        ("", _said("limits", "points")),
        ("", _said("limits", "points_2", word=_said("limits", "word") if report.ours else "")),
    ]
    if report.is_series:
        thin = int((report.level[report.counts.index] == "thin").sum())
        treated = _said("limits", "treated") if report.parameters.thin == "missing" else _said("limits", "treated_2")
        points.insert(
            0, ("", _said("limits", "words", n=number(thin), days=plural(len(report.counts), "day"), treated=treated))
        )
        if report.testable:
            points.append(("", _said("limits", "words_2")))
        title = _said("limits", "title")
    else:
        points.insert(0, ("", _said("limits", "words_3")))
        title = _said("limits", "title_2")
    return Slide("limits", title, tuple(points), notes=colophon.limits(report).markdown)


def _confidence() -> Slide:
    return Slide(
        "confidence",
        _said("confidence", "words"),
        (
            ("High", _said("confidence", "words_2")),
            (
                "Moderate",
                _said("confidence", "words_3"),
            ),
            ("Low", _said("confidence", "words_4")),
        ),
        notes=narrative.confidence_rules().markdown,
    )


def _sources(report: Study) -> Slide:
    sources = report.tables.sources.set_index("source_id")["publisher"]
    read = report.mentions["source_id"].dropna().unique()
    publishers = sources.reindex(read).value_counts()
    steps = (
        (number(len(read)), _said("sources", "steps")),
        (number(len(report.mentions)), _said("sources", "steps_2")),
        (number(len(report.incidents)), _said("sources", "steps_3")),
        (number(len(report.shown)), _said("sources", "steps_4")),
    )
    notes = _said("sources", "notes", counted=_counted(publishers))
    return Slide("sources", _said("sources", "words"), steps, notes=notes)


def _counted(counts: pd.Series, most: int = 12) -> str:
    """The largest counts by name, and how many the others make."""
    told = [f"{plain(str(name))} {number(n)}" for name, n in counts.head(most).items()]
    rest = counts.iloc[most:]
    return "; ".join(told) + (f"; {number(len(rest))} others {number(rest.sum())}" if len(rest) else "")


def _words(markdown: str) -> str:
    """Markdown of ours as plain text: no escapes, no full stop or colon at the end."""
    return re.sub(r"\\(.)", r"\1", markdown).rstrip(".:")
