"""Renewing measured error rates: all of them, nothing left over, and what was there before put back when it fails."""

from pathlib import Path

import pytest

from sitrep import calibrate, examine, study


class Untested:
    testable = True


@pytest.fixture
def top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of three reports, one of them no series, with one table that no report asks for any more."""
    for folder in ("notebooks", "reports", "data/calibration"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "data/calibration/dates-old.csv").write_text("old")
    for name in ("first", "second"):
        (tmp_path / f"reports/{name}.yaml").write_text(f"title: {name}\n")
    (tmp_path / "reports/seeds.yaml").write_text("scope: seeds\n")
    monkeypatch.setattr(study, "load", lambda *_: Untested())
    monkeypatch.setattr(examine, "examine", lambda *_, measure: None)
    return tmp_path


def writes(name: str):
    def surroundings(_report: object, _done: object, root: Path, measure: bool) -> None:
        assert measure  # a render only reads them
        folder = root / "data/calibration"
        folder.mkdir(exist_ok=True)
        (folder / name).write_text("new")

    return surroundings


def test_what_is_measured_anew_takes_the_place_of_all_that_was_kept(top: Path, monkeypatch):
    monkeypatch.setattr(examine, "surroundings", writes("curve-new.csv"))
    assert calibrate.renew(top) == {"first": 1, "second": 0}
    assert [path.name for path in (top / "data").rglob("*") if path.is_file()] == ["curve-new.csv"]


def test_a_failure_puts_back_what_was_kept(top: Path, monkeypatch):
    def fails(_report: object, _done: object, root: Path, measure: bool) -> None:
        writes("half.csv")(_report, _done, root, measure)
        raise RuntimeError("stopped")

    monkeypatch.setattr(examine, "surroundings", fails)
    with pytest.raises(RuntimeError, match="stopped"):
        calibrate.renew(top)
    assert [path.name for path in (top / "data").rglob("*") if path.is_file()] == ["dates-old.csv"]
