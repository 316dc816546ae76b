"""What is told of two renders: parameters, inputs, incidents and judgements, and nothing where nothing changed."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from sitrep import content
from sitrep.parameters import Parameters
from sitrep.render import manifest
from sitrep.rerun import diff
from sitrep.rerun.diff import Change

COLUMNS = ["incident_id", "date", "place_name", "country", "target", "status", "deaths_best", "mention_ids"]


def render(folder: Path, incidents: list[tuple[str, ...]], **given: Any) -> diff.Rendered:
    """A render on disk, as `run.render` leaves it."""
    folder.mkdir(parents=True)
    made = {
        "report": "r",
        "parameters": Parameters().model_dump(),
        "counts": {"incidents": len(incidents)},
        "judgements": ["Twelve attacks, in bursts."],
        "versions": {"pandas": "3.0"},
        "inputs": {"data/mentions.csv": "aa", "reports/r.yaml": "bb"},
        "code": {"sitrep/study.py": "cc"},
        "outputs": {},
    }
    (folder / "manifest.json").write_text(json.dumps(made | given), encoding="utf-8")
    pd.DataFrame(incidents, columns=COLUMNS).to_csv(folder / "incidents.csv", index=False)
    return diff.read(str(folder))


def row(name: str, mentions: str, deaths: str = "", country: str = "Iraq", date: str = "2021-07-05") -> tuple[str, ...]:
    return (name, date, "Ain al-Asad", country, "base", "reported", deaths, mentions)


@pytest.fixture
def before(tmp_path: Path) -> diff.Rendered:
    return render(tmp_path / "a", [row("i1", "m1|m2"), row("i2", "m3"), row("i3", "m4"), row("i4", "m5|m6")])


def test_two_equal_renders_do_not_differ(before: diff.Rendered) -> None:
    found = diff.compare(before, before)
    assert not found
    assert diff.told(found).endswith("no difference")


def test_an_incident_that_came_and_one_that_went(before: diff.Rendered, tmp_path: Path) -> None:
    after = render(tmp_path / "b", [row("i1", "m1|m2"), row("i2", "m3"), row("i4", "m5|m6"), row("i9", "m9")])
    found = diff.compare(before, after)
    assert found
    assert [one.incident_id for one in found.incidents.added] == ["i9"]
    assert [one.incident_id for one in found.incidents.removed] == ["i3"]
    assert not (found.incidents.merged or found.incidents.split or found.incidents.revised)


def test_two_incidents_whose_mentions_are_now_one_are_merged_and_not_removed(
    before: diff.Rendered, tmp_path: Path
) -> None:
    after = render(tmp_path / "b", [row("i1", "m1|m2|m3"), row("i3", "m4"), row("i4", "m5|m6")])
    found = diff.compare(before, after).incidents
    assert found.merged == {"i1": ["i1", "i2"]}
    assert found.removed == [] and found.added == []
    assert found.revised == {"i1": {"mention_ids": Change("m1|m2", "m1|m2|m3")}}


def test_an_incident_whose_mentions_are_now_two_is_split(before: diff.Rendered, tmp_path: Path) -> None:
    after = render(
        tmp_path / "b", [row("i1", "m1"), row("i1b", "m2"), row("i2", "m3"), row("i3", "m4"), row("i4", "m5|m6")]
    )
    found = diff.compare(before, after).incidents
    assert found.split == {"i1": ["i1", "i1b"]}
    assert found.added == [] and found.merged == {}


def test_a_revised_incident_tells_each_field_from_what_to_what(before: diff.Rendered, tmp_path: Path) -> None:
    rows = [row("i1", "m1|m2", "2"), row("renamed", "m3"), row("i3", "m4"), row("i4", "m5|m6")]
    found = diff.compare(before, render(tmp_path / "b", rows))
    assert found.incidents.revised == {
        "i1": {"deaths_best": Change("", "2")},
        "renamed": {"incident_id": Change("i2", "renamed")},
    }
    assert "i1: deaths_best: nothing → 2" in diff.told(found)


def test_why_an_incident_is_gone_is_told_where_the_parameters_tell(before: diff.Rendered, tmp_path: Path) -> None:
    later = Parameters(start="2022-01-01").model_dump()
    found = diff.compare(before, render(tmp_path / "b", [], parameters=later))
    assert {one.why for one in found.incidents.removed} == {"outside the period shown"}
    syria = Parameters(countries=["Syria"]).model_dump()
    found = diff.compare(before, render(tmp_path / "c", [], parameters=syria))
    assert {one.why for one in found.incidents.removed} == {"countries leave it out"}


def test_parameters_inputs_program_and_counts(before: diff.Rendered, tmp_path: Path) -> None:
    chosen = Parameters(window=14, countries=["Iraq", "Jordan"]).model_dump()
    after = render(
        tmp_path / "b",
        [row("i1", "m1|m2"), row("i2", "m3"), row("i3", "m4"), row("i4", "m5|m6")],
        parameters=chosen,
        report="other",
        inputs={"data/mentions.csv": "xx", "reports/other.yaml": "bb", "seeds/new.txt": "dd"},
        versions={"pandas": "3.1"},
    )
    found = diff.compare(before, after)
    assert found.parameters["window"] == Change(7, 14)
    assert found.inputs == diff.Names(added=["seeds/new.txt"], changed=["data/mentions.csv"])
    told = diff.told(found)
    for line in ("window: 7 → 14", "countries: − Syria", "data/mentions.csv changed", "pandas: 3.0 → 3.1"):
        assert f"  - {line}" in told
    assert "Counts" not in told and "Judgements" not in told


def test_a_judgement_with_other_figures_changed_and_another_is_new(before: diff.Rendered, tmp_path: Path) -> None:
    said = ["Nineteen attacks, in bursts.", "Around 3 January no rise is shown."]
    found = diff.compare(before, render(tmp_path / "b", [], judgements=said)).judgements
    assert found.changed == [Change("Twelve attacks, in bursts.", "Nineteen attacks, in bursts.")]
    assert found.added == ["Around 3 January no rise is shown."] and found.removed == []


def test_a_render_is_found_by_folder_and_by_manifest(before: diff.Rendered) -> None:
    again = diff.read(f"{before.where}/manifest.json")
    assert again.manifest == before.manifest and again.incidents.equals(before.incidents)


def test_what_is_no_render_is_refused_in_words(before: diff.Rendered, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="render the report first"):
        diff.read(str(tmp_path / "nowhere"))
    (tmp_path / "a" / "manifest.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ValueError, match="not the manifest of a report"):
        diff.read(before.where)
    (tmp_path / "a" / "manifest.json").write_text("{", encoding="utf-8")
    with pytest.raises(ValueError, match="damaged"):
        diff.read(before.where)


def test_the_manifest_keeps_the_judgements_in_plain_words() -> None:
    def shown(role: str, text: str) -> Any:
        return new_output("display_data", data={content.MIME: {"kind": "prose", "role": role, "markdown": text}})

    said = shown("judgements", "1. **Twelve attacks.** Ain al\\-Asad \\(8\\)\\.\n2. Nothing else.")
    cells = [new_code_cell("", outputs=[shown("text", "no"), said])]
    assert manifest.judgements(new_notebook(cells=cells)) == ["Twelve attacks. Ain al-Asad (8).", "Nothing else."]
