"""What stands behind a report is said in plain words, and what it says of itself can be checked."""

import hashlib
from pathlib import Path

import pytest
import yaml

from sitrep import colophon, front, study
from sitrep.parameters import Parameters

TOP = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def overview() -> study.Study:
    return study.load(Parameters(), TOP)


@pytest.fixture(scope="module")
def seeds() -> study.Study:
    return study.load(Parameters(scope="seeds", window=14), TOP)


def test_methods_name_the_parameters_in_use(overview: study.Study) -> None:
    said = colophon.methods(overview).markdown
    p = overview.parameters
    assert f"{p.window} days from an event on" in said
    assert p.authority in said
    assert f"seed {p.seed}" in said
    assert "{" not in said


def test_methods_that_a_report_does_not_use_are_left_out(overview: study.Study, seeds: study.Study) -> None:
    whole, few = colophon.methods(overview).markdown, colophon.methods(seeds).markdown
    for label in ("Placebo", "Rates", "Official counts", "Power"):
        assert f"**{label}.**" in whole
        assert f"**{label}.**" not in few
    assert "**Status.**" in few


def test_limits_tell_the_thin_days_of_the_days_shown(overview: study.Study, seeds: study.Study) -> None:
    thin = int((overview.level[overview.counts.index] == "thin").sum())
    assert (
        f"{thin} days of {len(overview.counts):,} are thinly covered: missing, not zero"
        in colophon.limits(overview).markdown
    )
    assert "census" not in colophon.limits(seeds).markdown
    assert colophon.limits(seeds).role == "limits"


def test_terms_of_tests_stand_only_where_there_are_tests(overview: study.Study, seeds: study.Study) -> None:
    assert "Placebo p-value" in colophon.glossary(overview).markdown
    assert "p-value" not in colophon.glossary(seeds).markdown
    assert "**Claim.**" in colophon.glossary(seeds).markdown


class TestCitation:
    def test_names_authors_title_version_and_day_of_the_data(self, overview: study.Study) -> None:
        said = colophon.citation(overview, TOP).markdown.replace("\\", "")
        facts = yaml.safe_load((TOP / "CITATION.cff").read_text(encoding="utf-8"))
        assert facts["authors"][0]["name"] in said
        assert overview.parameters.title in said
        assert f"{facts['title'].split(':')[0]} {facts['version']}" in said
        assert dict(front.title_block(overview.parameters, overview)["facts"])["Data as of"] in said

    def test_tells_the_parameters_that_differ(self, overview: study.Study, seeds: study.Study) -> None:
        assert "parameters: all as by default" in colophon.citation(overview, TOP).markdown
        said = colophon.citation(seeds, TOP).markdown.replace("\\", "")
        assert "scope = seeds" in said and "window = 14" in said

    def test_the_fingerprint_follows_every_file_that_numbers_come_from(self, tmp_path: Path) -> None:
        for folder in ("data", "data/lexicon", "seeds"):
            (tmp_path / folder).mkdir()
        files = ["data/mentions.csv", "data/lexicon/cues.csv", "seeds/one.txt"]
        for file in files:
            (tmp_path / file).write_text(file, encoding="utf-8")
        lines = sorted((file, hashlib.sha256(file.encode()).hexdigest()) for file in files)
        whole = "".join(f"{digest}  {file}\n" for file, digest in lines)
        assert colophon.fingerprint(tmp_path) == hashlib.sha256(whole.encode()).hexdigest()
        (tmp_path / "data" / "README.md").write_text("no number comes from here", encoding="utf-8")
        assert colophon.fingerprint(tmp_path) == hashlib.sha256(whole.encode()).hexdigest()
        (tmp_path / "seeds" / "one.txt").write_text("changed", encoding="utf-8")
        assert colophon.fingerprint(tmp_path) != hashlib.sha256(whole.encode()).hexdigest()


class TestChanges:
    def test_are_those_of_the_data_folder_with_the_corrections_counted(self, overview: study.Study) -> None:
        said = colophon.changes(overview, TOP).markdown
        rows = colophon.corrections(TOP / "data")
        listed = [
            line
            for line in (TOP / "data" / "CORRECTIONS.md").read_text(encoding="utf-8").splitlines()
            if line.startswith("| `") and line.count("|") == 7
        ]
        assert len(rows) == len(listed) > 0
        assert f"{len(rows)} cells in " in said
        assert "**0.1.0**" in said
        assert not any(line.startswith("#") for line in said.splitlines())

    def test_a_folder_that_keeps_none_is_told(self, overview: study.Study, tmp_path: Path) -> None:
        (tmp_path / "data").mkdir()
        (tmp_path / "notebooks").mkdir()
        assert "nothing is known of earlier releases" in colophon.changes(overview, tmp_path).markdown


def test_the_title_block_tells_confidence_in_a_line(overview: study.Study, seeds: study.Study) -> None:
    whole, few = (dict(front.title_block(one.parameters, one)["facts"]) for one in (overview, seeds))
    assert whole["Confidence"].startswith("High, moderate or low, by written rules")
    assert few["Confidence"].startswith("None is stated")
    assert whole["Parameters"] == "all as by default"
    assert "scope = seeds" in few["Parameters"]
