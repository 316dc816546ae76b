"""Any daily counts and any dates, from two CSV files."""

import numpy as np
import pandas as pd
import pytest

from attack_counts import daily_counts
from sitrep.escalation.any_series import COLUMNS, escalate, read_counts
from sitrep.escalation.rate_ratio import before_after


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("any")
    counts = daily_counts().rename("count")
    counts.astype("Int64").to_csv(folder / "counts.csv")
    (folder / "events.csv").write_text(
        "event_id,date,recurrence,timing\n"
        "soleimani,2020-01-03,annual,exogenous\n"
        "strikes,2021-06-28,none,reactive\n"
        "dialogue,2020-06-11,none,\n"
    )
    return folder


@pytest.fixture(scope="module")
def table(files):
    return escalate(files / "counts.csv", files / "events.csv")


def test_a_row_an_event_and_method_and_all_events_pooled(table):
    assert list(table.columns) == COLUMNS
    assert table["event_id"].value_counts().to_dict() == {"soleimani": 4, "strikes": 2, "dialogue": 2, "all events": 2}
    assert (table.groupby(["event_id", "dates"])["method"].nunique() == 2).all()


def test_figures_are_those_of_the_same_functions(table):
    exact = table[(table["event_id"] == "dialogue") & (table["method"] == "exact")].iloc[0]
    result = before_after(daily_counts(), "2020-06-11")
    assert (exact["estimate"], exact["low"], exact["high"], exact["p"]) == pytest.approx(
        (result.estimate, result.low, result.high, result.p)
    )


def test_what_answers_attacks_is_compared_with_a_like_run_up(table):
    methods = table.loc[table["event_id"] == "strikes", "method"].tolist()
    assert methods == ["exact", "placebo: run up"]


def test_every_p_has_its_false_positive_rate_beside_it(table):
    for column in ("p", "p_placebo"):
        told = table[table[column].notna()]
        assert len(told) == 5 and told["false_positive_rate"].notna().all()


def test_a_row_without_a_figure_says_why(table):
    assert table.loc[table["p_adjusted"].isna(), "reason"].str.len().gt(0).all()
    pooled = table[table["event_id"] == "all events"]
    assert pooled["reason"].str.contains("not pooled, because they answer attacks or are not tested: 1").any()
    assert not pooled["dates"].str.contains("2021-06-28").any()


def test_an_empty_count_is_missing_and_never_zero_and_rows_come_in_any_order(tmp_path):
    (tmp_path / "c.csv").write_text("\ufeffcount,date\n0,2020-01-03\n3,2020-01-01\n,2020-01-02\n", encoding="utf-8")
    counts = read_counts(tmp_path / "c.csv")
    assert counts.isna().tolist() == [False, True, False]
    assert counts.dropna().tolist() == [3, 0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("date,count\n2020-01-01,two\n", "c.csv, row 2, column count: found 'two'; allowed"),
        ("date,count\n2020-01-01,-1\n", "row 2, column count: found '-1'"),
        ("date,count\n1/2/2020,1\n", "row 2, column date: found '1/2/2020'"),
        ("date,count\n2020-01-01,1\n2020-01-01,2\n", "row 3, column date: 2020-01-01 is there twice"),
        (
            "date,count\n2020-01-01,1\n2020-01-05,1\n",
            "row 3, column date: 2020-01-02 is not there before it; allowed: a row",
        ),
        ("date,count\n20200101,1\n", "row 2, column date: found '20200101'; allowed: a day as YYYY-MM-DD"),
        ("date,count\n2020-02-30,1\n", "row 2, column date: found '2020-02-30'"),
        ("date,count\n2020-01-01,1.5\n", "row 2, column count: found '1.5'; allowed: a whole number"),
        ("date,count\n2020-01-01,nan\n", "row 2, column count: found 'nan'"),
        ("date,count\n2020-01-01\n", "row 2: found 1 cells; allowed: 2"),
        ("date,count,note\n2020-01-01,1,x\n", "row 1: there are other columns; found date, count, note"),
        ("", "row 1: the column date is missing; found nothing"),
        ("day,count\n2020-01-01,1\n", "column date is missing; found day, count"),
        ("date,count\n", "no day is there"),
    ],
)
def test_a_fault_in_the_counts_is_named(tmp_path, text, message):
    (tmp_path / "c.csv").write_text(text)
    with pytest.raises(ValueError, match=message):
        read_counts(tmp_path / "c.csv")


def test_events_outside_the_series_are_all_named_before_anything_is_tested(files, tmp_path):
    (tmp_path / "e.csv").write_text("event_id,date\nearly,2001-09-11\ninside,2021-01-03\nlate,2031-01-01\n")
    told = r"No date lies in the series .*: e.csv, row 2, early \(2001-09-11\); e.csv, row 4, late \(2031-01-01\)"
    with pytest.raises(ValueError, match=told):
        escalate(files / "counts.csv", tmp_path / "e.csv")


def test_counts_that_another_program_wrote_as_3_0_are_whole_and_other_encodings_are_named(tmp_path):
    (tmp_path / "c.csv").write_text("date,count\n2020-01-01,3.0\n2020-01-02,\n")
    assert read_counts(tmp_path / "c.csv").iloc[0] == 3
    (tmp_path / "c.csv").write_text("date,count\n2020-01-01,3\n", encoding="utf-16")
    with pytest.raises(ValueError, match="UTF-8 text"):
        read_counts(tmp_path / "c.csv")


@pytest.mark.parametrize(("name", "value"), [("seed", -1), ("draws", 0), ("window", 0), ("baseline", 0)])
def test_a_number_out_of_range_is_named(files, name, value):
    with pytest.raises(ValueError, match=f"{name} is {value}; allowed: {0 if name == 'seed' else 1} or more"):
        escalate(files / "counts.csv", files / "events.csv", **{name: value})


def test_one_date_is_not_tested_twice_under_another_name(files, tmp_path):
    (tmp_path / "e.csv").write_text("event_id,date\ndialogue,2020-06-11\n")
    pd.read_csv(files / "counts.csv").head(400).to_csv(tmp_path / "c.csv", index=False)
    table = escalate(tmp_path / "c.csv", tmp_path / "e.csv").set_index("event_id")
    assert table.loc["dialogue", "p_placebo"].notna().sum() == 1
    assert set(table.loc["all events", "status"]) == {"refused"} and table.loc["all events", "p"].isna().all()


@pytest.mark.parametrize(("days", "count"), [(400, 0), (1, 3)])
def test_zeros_or_one_day_give_a_refusal_in_words(tmp_path, days, count):
    dates = pd.date_range("2020-01-01", periods=days).strftime("%Y-%m-%d")
    pd.DataFrame({"date": dates, "count": count}).to_csv(tmp_path / "c.csv", index=False)
    (tmp_path / "e.csv").write_text(f"event_id,date\nx,{dates[days // 2]}\n")
    table = escalate(tmp_path / "c.csv", tmp_path / "e.csv")
    assert set(table["status"]) <= {"refused", "uninformative"}
    assert table["reason"].str.len().gt(0).all()
    assert table[["p", "p_placebo"]].isna().all(axis=None)


def test_dates_moved_together_keep_the_error_rate_where_the_exact_test_loses_it():
    """Pooled over five dates on clustered counts without any effect."""
    from sitrep.escalation.placebo import compare_shifts
    from sitrep.escalation.rate_ratio import recurring_from, windows
    from sitrep.escalation.reference import circular_reference

    exact, placebo = [], []
    for seed in range(120):
        rng = np.random.default_rng(seed)
        level = np.exp(np.repeat(rng.normal(0, 1, 40), 20))
        counts = pd.Series(rng.poisson(level).astype(float), pd.date_range("2020-01-01", periods=800, name="date"))
        at = windows(counts)
        dates = list(counts.index[rng.choice(np.arange(30, 780), 5, replace=False)])
        result = recurring_from(at, dates, event_id="", label="", method="pooled")
        result = compare_shifts(at, result, dates, shifts=circular_reference(at, dates))
        exact.append(result.p)
        placebo.append(result.p_placebo)
    assert np.mean(np.array(exact) <= 0.05) > 0.3
    assert np.mean(np.array(placebo) <= 0.05) <= 0.10
