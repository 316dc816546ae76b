"""Every figure on many, few and no incidents: drawn without a warning, described in words, the same to the byte."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
import pytest

from sitrep import frequency, parameters, study, theme
from sitrep.charts import frequency as how_often
from sitrep.charts import incidents as what_came_in
from sitrep.charts.canvas import NothingToDrawError
from sitrep.content import Figure
from sitrep.study import Study
from sitrep.wording import site

ROOT = Path(__file__).parents[1]

pytestmark = [
    pytest.mark.filterwarnings("error"),
    pytest.mark.filterwarnings("ignore:Conversion of an array with ndim:DeprecationWarning"),  # inside Basemap
]

#: A plural after the number one.
ONE_MANY = re.compile(r"(?<![\d,.–])\b1 (attacks|incidents|months|weeks|days|gaps|sites|places|times|tallies)\b")

Chart = Callable[[Study], Figure]


def level_shown(report: Study) -> pd.Series:
    return report.level[report.parameters.start : report.parameters.end]


def tallied(report: Study) -> Figure:
    p = report.parameters
    return how_often.tallies(frequency.beside_tallies(report.selected, report.tables.tallies, p.authority), p.authority)


CHARTS: dict[str, Chart] = {
    "coverage": lambda r: what_came_in.coverage(r.level, r.tables.coverage),
    "attestation": lambda r: what_came_in.attestation(r.shown),
    "monthly": lambda r: how_often.monthly(r.shown, r.counts, r.level),
    "weekly": lambda r: how_often.weekly(r.counts, r.level),
    "calendar": lambda r: how_often.calendar(r.counts, r.level, r.shown),
    "waiting": lambda r: how_often.waiting(frequency.waiting_times(r.counts), frequency.memoryless(r.counts, 40)),
    "rates": lambda r: how_often.yearly_rates(frequency.by_year(r.counts, draws=99), "block bootstrap"),
    "sites": lambda r: how_often.sites(frequency.by_site(r.shown, r.tables.places, level_shown(r))),
    "sites-without-rates": lambda r: how_often.sites(
        frequency.by_site(r.shown, r.tables.places, level_shown(r)), rates=False
    ),
    "map": lambda r: how_often.site_map(r.shown),
    "weapons": lambda r: how_often.weapons(frequency.weapon_mix(r.shown)),
    "tallies": tallied,
}


@pytest.fixture(scope="module")
def reports(overview: Study, seeds: Study) -> dict[str, Study]:
    """The reports that the charts must bear, from the whole chronology down to nothing."""

    def between(start: str, end: str) -> Study:
        return replace(
            overview,
            parameters=overview.parameters.model_copy(update={"start": start, "end": end}),
            shown=overview.shown[overview.shown["date"].between(start, end)].reset_index(drop=True),
            counts=overview.counts[start:end],
        )

    one = overview.shown["incident_id"] == "20240128-tower-22-1"
    return {
        "overview": overview,
        "seeds": seeds,
        "campaign": study.load(parameters.read(ROOT / "reports" / "gaza-war.yaml"), ROOT),
        "one month": between("2023-11-01", "2023-11-30"),
        "one week": between("2024-01-15", "2024-01-21"),
        "only thin days": between("2019-10-01", "2019-11-30"),
        "thin as zero": study.load(parameters.validate({"thin": "zero"}), ROOT),
        "one attack": replace(between("2024-01-28", "2024-01-28"), shown=overview.shown[one]),
        "no attack": between("2023-06-01", "2023-06-30"),
    }


#: What has nothing to draw there, and must say so instead.
EMPTY = {
    "seeds": {"weekly", "calendar", "waiting", "rates"},
    "one week": {"rates"},
    "only thin days": {"weekly", "calendar", "waiting", "rates"},
    "one attack": {"waiting", "rates"},
    "no attack": {"attestation", "monthly", "waiting", "sites", "sites-without-rates", "map", "weapons"},
}

RARER = ("one month", "one week", "thin as zero")
"""Choices whose charts only the long run draws; the rarest of all, nothing to draw, stay in the short one."""

CASES = [
    pytest.param(report, chart, id=f"{report} {chart}", marks=pytest.mark.long if report in RARER else ())
    for report in (
        *("overview", "seeds", "campaign", "one month", "one week"),
        *("only thin days", "thin as zero", "one attack", "no attack"),
    )
    for chart in CHARTS
]


@pytest.mark.parametrize(("report", "chart"), CASES)
def test_a_chart_is_drawn_and_described_or_says_that_there_is_nothing_to_draw(
    reports: dict[str, Study], report: str, chart: str
) -> None:
    if chart in EMPTY.get(report, ()):
        with pytest.raises(NothingToDrawError, match=r"^fig-\w+: no "):
            CHARTS[chart](reports[report])
        return
    figure = CHARTS[chart](reports[report])
    svg = theme.to_svg(figure.figure, figure.id)
    assert svg.startswith("<svg")
    assert len(svg) < 400_000  # some fifteen of them stand in one page
    assert len(figure.data) > 0
    words = f"{figure.title} {figure.alt} {figure.caption}"
    for wrong in ("nan", "NaT", "None", "inf ", "<NA>", "_", "  ", "..", "; .", ": ."):
        assert wrong not in words, wrong
    assert figure.alt.endswith(".")
    assert figure.title[0].isupper() or figure.title[0].isdigit()
    assert not figure.title.endswith(".")
    assert not ONE_MANY.search(words)


def test_no_figure_stays_open(overview: Study) -> None:
    before = plt.get_fignums()
    CHARTS["weekly"](overview)
    assert plt.get_fignums() == before


# The same bytes


@pytest.mark.parametrize("chart", CHARTS)
def test_the_same_call_gives_the_same_bytes_whatever_the_readers_settings(overview: Study, chart: str) -> None:
    first = CHARTS[chart](overview)
    expected = theme.to_svg(first.figure, first.id)
    strange = {
        "font.sans-serif": ["DejaVu Serif"],
        "font.family": "monospace",
        "axes.facecolor": "red",
        "savefig.dpi": 300,
        "savefig.bbox": "tight",
        "svg.fonttype": "none",
        "svg.hashsalt": "other",
        "timezone": "Asia/Baghdad",
        "hatch.linewidth": 4,
        "path.simplify": False,
        "text.color": "red",
    }
    with mpl.rc_context(strange):
        again = CHARTS[chart](overview)
        assert theme.to_svg(again.figure, again.id) == expected
    assert again.data.to_csv() == first.data.to_csv()


def test_saving_twice_gives_the_same_bytes(overview: Study) -> None:
    figure = CHARTS["map"](overview)
    assert theme.to_svg(figure.figure, figure.id) == theme.to_svg(figure.figure, figure.id)


def some_figures() -> str:
    """Three figures, which between them hold dates, many cells and a map, as one text."""
    report = study.load(parameters.validate({"start": "2023-10-17", "end": "2024-02-29"}))
    figures = [CHARTS[name](report) for name in ("monthly", "calendar", "map")]
    return "".join(theme.to_svg(figure.figure, figure.id) for figure in figures)


def test_another_time_zone_language_and_hash_seed_give_the_same_bytes() -> None:
    settings = {"TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "2", "LANG": "de_DE.UTF-8", "MPLBACKEND": "svg"}
    command = [sys.executable, "-c", "import test_charts; print(test_charts.some_figures(), end='')"]
    environment = {**os.environ, **settings, "PYTHONPATH": str(ROOT / "tests")}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == some_figures()


def test_ids_of_two_figures_in_one_page_do_not_meet(overview: Study) -> None:
    ids = [
        set(pd.Series([theme.to_svg(figure.figure, figure.id)]).str.extractall(r' id="([^"]+)"')[0])
        for figure in (CHARTS["calendar"](overview), CHARTS["coverage"](overview))
    ]
    assert ids[0] and ids[1]
    assert not ids[0] & ids[1]


# What they say is what they draw


def test_monthly_draws_every_attack_once(overview: Study) -> None:
    data = CHARTS["monthly"](overview).data
    assert data[["Iraq", "Syria", "Jordan"]].sum().sum() == len(overview.shown)
    assert data["thin_days"].sum() == (overview.level == "thin").sum()


def test_monthly_says_nothing_of_empty_months_where_no_day_is_known(seeds: Study) -> None:
    figure = CHARTS["monthly"](seeds)
    assert "coverage had none" not in figure.title
    assert "12 attacks" in figure.caption


def test_weekly_leaves_thin_weeks_missing(overview: Study) -> None:
    data = CHARTS["weekly"](overview).data
    assert data["count"].isna().any()
    assert data["count"].sum() == overview.counts.sum()


def test_the_calendar_shows_attacks_on_thin_days_too(overview: Study) -> None:
    data = CHARTS["calendar"](overview).data
    assert data["attacks"].sum() == len(overview.shown)
    assert (data.loc[data["coverage"] == "thin", "attacks"] > 0).any()


def test_half_of_all_attacks_is_counted_from_the_busiest_day_down() -> None:
    days = pd.Series([5.0, 3.0, 1.0, 1.0, 0.0], index=pd.date_range("2024-01-01", periods=5))
    assert how_often._days_holding_half(days) == 1
    assert how_often._days_holding_half(days[1:]) == 1
    assert how_often._days_holding_half(days[2:]) == 1
    assert how_often._days_holding_half(pd.Series([1.0, 1.0, 1.0])) == 2


def test_the_map_says_how_many_attacks_are_not_on_it(overview: Study) -> None:
    figure = CHARTS["map"](overview)
    missing = int(overview.shown["latitude"].isna().sum())
    assert missing > 0
    assert f"{missing} attack" in figure.caption
    assert figure.data["incidents"].sum() == len(overview.shown) - missing


def test_the_site_most_attacked_is_named_even_when_more_attacks_name_no_site(overview: Study) -> None:
    vague = overview.shown[overview.shown["place_id"] == "iraq-unspecified"]
    named = overview.shown[overview.shown["place_id"] == "camp-taji"].head(2)
    table = frequency.by_site(pd.concat([vague, named]), overview.tables.places, overview.level)
    assert table["place_id"].iloc[0] == "iraq-unspecified"
    assert how_often.sites(table).title.startswith("Camp Taji was attacked most often (2 times)")


def test_a_tie_is_not_called_the_most(overview: Study) -> None:
    two = overview.shown[overview.shown["place_id"].isin(["k1-base", "qasrak"])]
    table = frequency.by_site(two, overview.tables.places, overview.level)
    assert how_often.sites(table).title.startswith("No site was attacked more than 2 times")


def test_an_interval_that_leaves_the_chart_is_named(overview: Study) -> None:
    """A year of 79 known days within one war says next to nothing about its rate."""
    figure = CHARTS["rates"](overview)
    assert "The interval of 2026 goes on beyond the chart" in figure.caption
    assert "2026 had" not in figure.title


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Ain al-Asad air base", "Ain al-Asad air base"),
        ("Al-Omar oil field base, Green Village", "Al-Omar oil field base"),
        ("Iraq (site not given)", "Iraq, site not given"),
        ("Majid al-Tamimi air base (Camp Speicher)", "Majid al-Tamimi air base"),
    ],
)
def test_site(name: str, short: str) -> None:
    assert site(name) == short


def test_every_site_keeps_its_own_short_name(overview: Study) -> None:
    names = overview.tables.places["name"]
    assert names.map(site).is_unique
