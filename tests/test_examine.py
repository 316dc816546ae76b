"""The tests a report makes: the same whatever period it shows, adjusted together, and no error at the edges of its settings."""

import ast
import shutil
from pathlib import Path

import nbformat
import pytest
from pandas.testing import assert_frame_equal

from sitrep import examine, parameters, study
from sitrep.content import Figure, Prose, Table
from sitrep.escalation.interruption import STEPS
from sitrep.escalation.multiplicity import holm
from sitrep.examine import Examination
from sitrep.render.run import NOTEBOOKS
from sitrep.study import Study

ROOT = Path(__file__).parents[1]


def load(**values: object) -> Study:
    return study.load(parameters.validate(values), ROOT)


@pytest.fixture(scope="module")
def done(overview: Study) -> Examination:
    """Every test of the defaults, without measured error rates."""
    return examine.examine(overview, ROOT, simulations=0)


# What is tested


def test_every_chosen_event_and_the_anniversary_have_one_result(overview: Study, done: Examination) -> None:
    assert done.anniversary.event_id == overview.parameters.anniversary
    assert done.anniversary.method == "family"
    assert [result.event_id for result in done.events] != []
    assert {result.event_id for result in done.events} == set(overview.parameters.events)
    assert len(done.results) == len(done.events) + 1


def test_the_headline_was_fixed_beforehand_and_is_not_the_killing_itself(done: Examination) -> None:
    assert done.anniversary.confirmatory
    assert done.anniversary.dates[0] == "2021-01-03"
    assert [result.dates[0][:4] for result in done.by_year] == [str(year) for year in range(2021, 2027)]


def test_confirmatory_tests_are_those_named_and_adjusted_together(overview: Study, done: Examination) -> None:
    named = {overview.parameters.anniversary, *overview.parameters.confirmatory}
    assert {result.event_id for result in done.results if result.confirmatory} == named
    judged = [result for result in done.results if result.confirmatory and result.p_judged is not None]
    assert [result.p_adjusted for result in judged] == pytest.approx(holm([r.p_judged for r in judged]).tolist())


def test_tests_use_the_whole_series_whatever_period_is_shown(done: Examination) -> None:
    short = examine.examine(load(start="2023-10-17", end="2024-02-29"), ROOT, simulations=0)
    assert short.anniversary == done.anniversary
    assert short.by_year == done.by_year
    assert [result.p_placebo for result in short.events] == [result.p_placebo for result in done.events]


def test_events_come_in_order_of_time(done: Examination) -> None:
    dates = [result.dates[0] for result in done.events]
    assert dates == sorted(dates)


def test_another_window_for_the_anniversary_leaves_the_events_windows_alone(done: Examination) -> None:
    other = examine.examine(load(anniversary_window=14), ROOT, simulations=0)
    days, before = other.anniversary.days_after, done.anniversary.days_after
    assert days and before and before < days <= 2 * before
    assert [(result.after, result.days_after) for result in other.events] == [
        (result.after, result.days_after) for result in done.events
    ]
    judged = [result for result in other.results if result.confirmatory and result.p_judged is not None]
    assert [result.p_adjusted for result in judged] == pytest.approx(holm([r.p_judged for r in judged]).tolist())


def test_the_seed_decides_every_draw(overview: Study, done: Examination) -> None:
    again = examine.examine(overview, ROOT, simulations=0)
    assert again.results == done.results
    assert_frame_equal(again.epochs.table, done.epochs.table)


def test_a_recurring_event_among_the_chosen_is_tested_as_a_family(overview: Study) -> None:
    some = examine.examine(
        load(events=["20220429-quds-day"], confirmatory=["20220429-quds-day"]), ROOT, simulations=0
    ).events
    assert [(result.event_id, result.method) for result in some] == [("20220429-quds-day", "family")]


def test_own_events_are_examined_on_all_their_dates(tmp_path: Path) -> None:
    for name in ("notebooks", "seeds"):
        (tmp_path / name).mkdir()
    (tmp_path / "data").symlink_to(ROOT / "data")
    (tmp_path / "mine.csv").write_text("event_id,date,recurrence\nmy-day,2020-12-01,annual\nmy-raid,2020-06-26,\n")
    chosen = {"own_events": "mine.csv", "events": ["20201103-us-election"], "confirmatory": ["my-day"]}
    mine = study.load(parameters.validate(chosen), tmp_path)
    found = examine.examine(mine, tmp_path, simulations=0).events
    assert [(r.event_id, r.method, r.confirmatory) for r in found] == [
        ("my-raid", "single", False),
        ("20201103-us-election", "single", False),
        ("my-day", "single", False),
        ("my-day", "family", True),
    ]
    assert found[-1].dates[0] == "2021-12-01" or found[-1].status == "refused"


# What surrounds the tests


@pytest.fixture(scope="module")
def context(overview: Study, done: Examination) -> examine.Context:
    return examine.surroundings(overview, done, ROOT, simulations=0)


def test_dates_of_the_moon_are_tested_on_three_days_and_as_computed_they_are_the_results(
    context: examine.Context, done: Examination
) -> None:
    table = context.sightings
    assert all(group["offset"].tolist() == [-1, 0, 1] for _, group in table.groupby("event_id"))
    results = {result.event_id: result for result in done.events}
    for row in table[table["offset"] == 0].to_dict("records"):
        result = results[row["event_id"]]
        assert (row["status"], row["dates"]) == (result.status, "|".join(result.dates))
        if result.status == "tested":
            assert (row["after"], row["before"], row["p_placebo"]) == (result.after, result.before, result.p_placebo)
    assert set(table["event_id"]) == {"20220402-ramadan", "20220429-quds-day", "20240717-ashura", "20240825-arbaeen"}


def test_what_lasts_longer_than_the_window_is_tested_over_its_own_days(context: examine.Context) -> None:
    assert {r.event_id: r.label.rsplit(", ", 1)[-1] for r in context.lasting} == {
        "20220402-ramadan": "its own 29 days",
        "20231124-gaza-truce-span": "its own 8 days",
        "20250613-twelve-day-war": "its own 12 days",
        "20260228-us-israel-war-on-iran": "its own 39 days",
    }
    assert not any(r.confirmatory for r in context.lasting), "the test over the window is the one named beforehand"
    ramadan = next(r for r in context.lasting if r.event_id == "20220402-ramadan")
    assert ramadan.status == "drawn", "most of its attacks are those of the war that the attacks date"
    assert "defined by the attacks" in ramadan.reason


def test_a_step_is_ranked_among_the_same_regression_at_other_dates(overview: Study, context: examine.Context) -> None:
    assert [one.date for one in context.interruptions] == [
        f"{e[:4]}-{e[4:6]}-{e[6:8]}" for e in overview.parameters.confirmatory
    ]
    for one in context.interruptions:
        if one.status == "refused":
            assert one.reason and one.p_placebo is None
        else:
            assert one.p_placebo is not None and 0 < one.p_placebo <= 1
            assert one.fitted + one.refused >= STEPS - 1
    assert {one.status for one in context.interruptions} == {"tested", "refused"}


def test_independent_tests_stand_beside_every_result_with_a_ratio(done: Examination) -> None:
    with_ratio = {(r.event_id, "|".join(r.dates)) for r in done.results if r.estimate is not None}
    assert set(zip(done.independent["event_id"], done.independent["dates"], strict=True)) == with_ratio
    exact = done.independent[done.independent["method"] == "exact"].set_index("event_id")["p"]
    for result in done.results:
        if result.p is not None:
            assert exact[result.event_id] == result.p


# Measured error rates


def test_the_measured_error_rates_of_the_defaults_ship_with_the_data(overview: Study, tmp_path: Path) -> None:
    top = tmp_path
    (top / "notebooks").mkdir()
    shutil.copytree(ROOT / "data" / examine.CALIBRATION, top / "data" / examine.CALIBRATION)
    kept = {path.name for path in (top / "data" / examine.CALIBRATION).glob("*.csv")}
    done = examine.examine(overview, top)
    assert {path.name for path in (top / "data" / examine.CALIBRATION).glob("*.csv")} == kept
    assert done.anniversary.false_positive_rate is not None
    assert done.anniversary.minimum_detectable is not None


def test_rates_of_what_stands_beside_the_tests_are_read_where_kept_and_else_not_measured(
    overview: Study, tmp_path: Path
) -> None:
    (tmp_path / "notebooks").mkdir()
    kept = ROOT / "data" / examine.CALIBRATION
    bare = tmp_path / "data" / examine.CALIBRATION
    bare.mkdir(parents=True)
    for path in kept.glob("dates-*.csv"):
        shutil.copy(path, bare)
    before = sorted(bare.glob("*.csv"))
    without = examine.examine(overview, tmp_path)
    assert without.anniversary.false_positive_rate is not None
    assert without.epochs.error is None
    rates = without.independent.set_index("method")["false_positive_rate"]
    assert rates.drop("exact").isna().all() and rates["exact"].notna().any(), (
        "the exact test's comes with the main table"
    )
    assert sorted(bare.glob("*.csv")) == before
    shutil.copytree(kept, bare, dirs_exist_ok=True)
    read = examine.examine(overview, tmp_path)
    assert read.epochs.error is not None
    assert read.independent["false_positive_rate"].notna().any()
    assert read.anniversary == without.anniversary


# The edges of the settings: every figure, table and sentence of the four notebooks can be made

EDGES: dict[str, dict[str, object]] = {
    "one country with few attacks, thin days as zero": {"countries": ["Jordan"], "thin": "zero"},
    "a single day, exact intervals": {
        "start": "2023-10-17",
        "end": "2023-10-17",
        "interval": "poisson",
        "window": 1,
        "anniversary_window": 1,
    },
    "only what is denied": {"statuses": ["denied"]},
    "a rare weapon, short windows": {"weapons": ["small_arms"], "window": 1, "anniversary_window": 1, "baseline": 1},
    "only thin days": {"start": "2019-10-01", "end": "2019-11-30"},
}

FURTHER_EDGES: dict[str, dict[str, object]] = {
    "the machine's links": {"link": "machine"},
    "a month without attacks, and no event": {
        "start": "2023-06-01",
        "end": "2023-06-30",
        "events": [],
        "confirmatory": [],
    },
    "the seeds as the machine links them": {"scope": "seeds", "link": "machine"},
    "around the anniversaries, none confirmatory": {"focus": "20200103-soleimani", "confirmatory": []},
    "one site": {"places": ["tower-22"]},
    "convoys": {"targets": ["convoy"]},
    "exact intervals": {"interval": "poisson"},
    "long windows": {"window": 90, "anniversary_window": 90, "baseline": 365},
    "another authority": {"authority": "Syrian Observatory for Human Rights"},
    "another anniversary": {"anniversary": "20220429-quds-day"},
    "a month as the anniversary": {"anniversary": "20220402-ramadan", "events": [], "confirmatory": []},
}


def shown_by_the_notebooks(report: Study) -> list[object]:
    """Run the code cells of the four notebooks on *report*, without measured error rates; return what they show."""
    shown: list[object] = []
    for name in NOTEBOOKS["full"]:
        notebook = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
        scope = dict(report.parameters.model_dump())
        for cell in notebook.cells:
            if cell.cell_type != "code" or "parameters" in cell.metadata.get("tags", ()):
                continue
            code = cell.source.replace("study.load(parameters.from_namespace(globals()))", "given")
            for call in ("examine.examine(report", "examine.surroundings(report, tests"):
                code = code.replace(f"{call})", f"{call}, root, simulations=0)")
            code = code.replace("from sitrep.content import show\n", "")
            scope |= {"given": report, "root": ROOT, "show": shown.extend}
            shown.append(run_cell(code, scope))
    return [item for item in shown if item is not None]


def run_cell(code: str, scope: dict[str, object]) -> object:
    """Run a cell and return the value of its last line, as a notebook shows it."""
    tree = ast.parse(code)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), scope)
    return eval(compile(ast.Expression(last.value), "cell", "eval"), scope) if last else None


def check_the_notebooks(values: dict[str, object]) -> None:
    for item in shown_by_the_notebooks(load(**values, draws=99)):
        if isinstance(item, Prose):
            assert "nan" not in item.markdown.lower().split()
        elif isinstance(item, Table):
            assert not item.rows.astype(str).isin(["nan", "NaN", "NaT", "None"]).any(axis=None)
        elif isinstance(item, Figure):
            assert item.alt and "nan" not in item.alt.lower().split()
        else:  # slides and lists of sources, which the exporters unfold
            assert item._repr_mimebundle_()  # type: ignore[attr-defined]


@pytest.mark.parametrize("values", EDGES.values(), ids=EDGES.keys())
def test_the_notebooks_run_at_the_edges_of_the_settings(values: dict[str, object]) -> None:
    check_the_notebooks(values)


@pytest.mark.long
@pytest.mark.parametrize("values", FURTHER_EDGES.values(), ids=FURTHER_EDGES.keys())
def test_the_notebooks_run_at_further_edges_of_the_settings(values: dict[str, object]) -> None:
    check_the_notebooks(values)
