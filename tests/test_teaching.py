"""The class edition: what the made-up series are, what the exercises lean on, and that other editions are spared of it."""

import itertools
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell

from sample_report import notebook
from sitrep import frequency, teaching
from sitrep.escalation import Design
from sitrep.escalation.placebo import placebo_recurring
from sitrep.escalation.rate_ratio import recurring
from sitrep.render import classroom, document
from sitrep.render.html_exporter import ReportHTMLExporter
from sitrep.render.typst_exporter import read as read_for_print
from sitrep.study import Study

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("0*.ipynb"))


def class_cells(tag: str) -> list[nbformat.NotebookNode]:
    cells = [cell for path in NOTEBOOKS for cell in nbformat.read(path, as_version=4).cells]
    return [cell for cell in cells if {"class", tag} <= document.tags(cell)]


# The made-up series


def test_the_files_are_what_the_seeds_draw(tmp_path: Path) -> None:
    teaching.write(tmp_path)
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert made == {path.name: path.read_bytes() for path in (ROOT / "data" / "class").iterdir()}


def test_they_run_over_years_to_come_so_that_nobody_takes_them_for_real() -> None:
    for name in teaching.SERIES:
        assert teaching.read(name).index[0] > pd.Timestamp("2060-12-31")
        assert "made-up" in teaching.weekly(name).caption.lower()


def test_one_holds_an_effect_and_the_naive_test_cannot_tell_which() -> None:
    results = {name: placebo_recurring(teaching.read(name), teaching.dates()) for name in teaching.SERIES}
    assert all((result.p or 1) < 0.001 for result in results.values())
    assert (results["alder"].p_judged or 0) > 0.15
    assert (results["birch"].p_judged or 1) < 0.01


def test_the_process_has_its_stated_rate_and_comes_in_bursts() -> None:
    drawn = teaching.process(60, 2000, np.random.default_rng(3))[:, 200:]
    assert drawn.mean() == pytest.approx(teaching.TRUE_RATE, rel=0.1)
    weeks = drawn[:, : 1800 // 7 * 7].reshape(60, -1, 7).sum(axis=2)
    assert weeks.var() / weeks.mean() > 3


def test_a_planted_rise_stands_on_the_days_from_each_date_on_and_nowhere_else() -> None:
    counts, dates = teaching.read("alder"), teaching.dates()
    more = teaching.plant(counts, dates, 5, seed=4) - counts
    after = np.concatenate([pd.date_range(day, periods=teaching.WINDOW) for day in dates])
    assert more.drop(pd.DatetimeIndex(after)).eq(0).all()
    assert more.sum() == pytest.approx(4 * counts.mean() * len(after), rel=0.3)
    assert teaching.plant(counts, dates, 1).equals(counts)


def test_an_unknown_series_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"found 'cedar'; allowed: alder, birch"):
        teaching.read("cedar")


# What the solutions say


def test_leaving_out_is_near_the_truth_when_a_quiet_spell_is_not_what_is_lost() -> None:
    counts = teaching.read("alder")
    lost = counts.copy()
    lost["2062-10":"2063-03"] = float("nan")
    truth, missing, zero = (frequency.rate(series, "poisson").rate for series in (counts, lost, lost.fillna(0)))
    assert zero < missing < truth


def test_strikes_after_bursts_seem_to_work_though_nothing_does() -> None:
    counts = teaching.read("alder")
    result = recurring(counts, teaching.after_bursts(counts, 6), Design(window=28, baseline=7))
    assert (result.estimate or 1) < 0.5 and (result.p or 1) < 0.001
    by_run_up = teaching.by_run_up(counts)
    change = [float(row["per 30 days, after"]) - float(row["per 30 days, before"]) for row in by_run_up]  # type: ignore[arg-type]
    assert change[0] > 0 > change[-1]


def test_the_pairs_to_link_are_one_of_each_kind(overview: Study) -> None:
    calls = teaching.close_calls(overview)
    assert list(calls["linked"]) == [True, False]
    assert "decided" not in teaching.pair(overview, 1).rows  # type: ignore[union-attr]


def test_where_there_is_too_little_a_panel_says_so(seeds: Study) -> None:
    for shown in (teaching.pair(seeds, 2), teaching.claim_and_denial(seeds)):
        assert hasattr(shown, "rows") or shown.role == "notice"


# The cells


def test_there_are_ten_exercises_each_with_a_solution() -> None:
    told = [line for path in NOTEBOOKS for cell in nbformat.read(path, as_version=4).cells
            if "class" in document.tags(cell) for line in cell.source.splitlines() if line.startswith("###")]  # fmt: skip
    numbers = [int(line.split()[2].rstrip(".")) for line in told if line.startswith("### Exercise")]
    assert numbers == list(range(1, 11))
    assert sum(line.startswith("#### Solution: ") for line in told) == len(numbers)


def test_solutions_come_folded_in_the_lab() -> None:
    heads = [cell for cell in class_cells("solution") if cell.source.startswith("#### Solution")]
    assert len(heads) == 10
    assert all(cell.metadata["jp-MarkdownHeadingCollapsed"] is True for cell in heads)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_what_comes_after_a_solution_begins_with_a_heading_that_ends_its_fold(path: Path) -> None:
    cells = nbformat.read(path, as_version=4).cells
    for own, following in itertools.pairwise(cells):
        if "solution" in document.tags(own) and "solution" not in document.tags(following):
            assert following.source.startswith(("## ", "### ")) or "slides" in document.tags(following)


@pytest.mark.parametrize("audience", ["full", "briefing"])
def test_other_editions_do_not_even_run_the_cells_of_the_class(audience: str) -> None:
    for path in NOTEBOOKS:
        nb = nbformat.read(path, as_version=4)
        kept = classroom.for_edition(nb, audience)
        assert not any("class" in document.tags(cell) for cell in kept.cells)
        assert len(classroom.for_edition(nb, "class").cells) == len(nb.cells) >= len(kept.cells)


def test_code_of_an_exercise_is_text_and_a_solution_folds() -> None:
    nb = classroom.with_code_shown(
        notebook(
            new_markdown_cell("### Exercise 1", metadata={"tags": ["class"]}),
            new_code_cell("ask = '```'", metadata={"tags": ["class", "exercise"]}),
            new_markdown_cell("#### Solution: yes", metadata={"tags": ["class", "solution"]}),
            new_code_cell("answer = 42", metadata={"tags": ["class", "solution"]}),
            new_markdown_cell("## Next"),
        )
    )
    page = ReportHTMLExporter().from_notebook_node(nb)[0]
    before, _, rest = page.partition('<details class="solution">')
    folded, _, after = rest.partition("</details>")
    assert "Exercise 1" in before and "ask" in before.split("<main")[1]
    assert "<strong>Solution: yes.</strong>" in folded and "answer" in folded and 'class="code"' not in after
    assert "Next" in after and "<details" not in after.split("</main>")[0]
    lines = [
        node["lines"] for node in _walk(read_for_print(document.prepare(nb))[0]["blocks"]) if node.get("t") == "lines"
    ]
    assert lines == [["ask = '```'"], ["answer = 42"]]


def _walk(nodes: list[dict]) -> list[dict]:  # type: ignore[type-arg]
    return [one for node in nodes for one in (node, *_walk(node.get("blocks", [])))]
