"""A whole render: what it writes, that it can be repeated to the byte, and that no failure costs the old report."""

import hashlib
import json
import os
import re
import sys
import threading
import time
from pathlib import Path

import nbformat
import pandas as pd
import pypdf
import pytest

from sitrep import parameters
from sitrep.parameters import ParameterError
from sitrep.render import run
from sitrep.render.run import NOTEBOOKS, RenderError
from small_project import TEMPORARY, command, contents, project, small_project, visible, write_notebook

pytestmark = pytest.mark.render

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> run.Rendered:
    """The seeds report, rendered once in a folder of its own."""
    return run.render("seeds", project(tmp_path_factory.mktemp("first")), progress=False)


@pytest.fixture(scope="module")
def html(rendered: run.Rendered) -> str:
    return (rendered.folder / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def pdf(rendered: run.Rendered) -> str:
    pages = pypdf.PdfReader(rendered.folder / "report.pdf").pages
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pages))


# What a render writes


def test_a_report_is_a_page_a_pdf_slides_its_data_its_notebooks_and_a_manifest(rendered: run.Rendered) -> None:
    assert visible(rendered.folder) == [
        "data",
        "incidents.csv",
        "manifest.json",
        "notebooks",
        "report.html",
        "report.pdf",
        "slides.html",
    ]
    assert visible(rendered.folder / "notebooks") == [f"{name}.ipynb" for name in sorted(NOTEBOOKS["full"])]
    assert visible(rendered.folder.parent) == ["seeds", "seeds.yaml"]


def test_the_seeds_hold_twelve_incidents_of_nineteen_mentions(rendered: run.Rendered) -> None:
    incidents = pd.read_csv(rendered.folder / "incidents.csv")
    coded = pd.read_csv(ROOT / "data" / "mentions.csv")
    assert len(incidents) == 12
    mentions = incidents["mention_ids"].str.split("|").explode()
    assert len(mentions) == 19 and mentions.is_unique
    assert set(mentions) == set(coded.loc[coded["source_id"].str.startswith("seed-"), "mention_id"])
    assert rendered.manifest["counts"]["incidents shown"] == 12


def test_every_figure_and_table_has_its_data_beside_it(rendered: run.Rendered, html: str) -> None:
    shown = set(re.findall(r'<(?:figure|div|section|table)[^>]*\bid="((?:fig|tab)-[\w-]+)"', html))
    written = {path.stem for path in (rendered.folder / "data").glob("*.csv")}
    assert shown and shown == written
    assert all((rendered.folder / "data" / f"{name}.csv").stat().st_size > 10 for name in written)


def test_the_manifest_holds_the_hash_of_everything_read_and_written(rendered: run.Rendered) -> None:
    manifest = json.loads((rendered.folder / "manifest.json").read_text(encoding="utf-8"))
    top = rendered.folder.parents[1]
    found = {name: hashlib.sha256(text).hexdigest() for name, text in contents(rendered.folder).items()}
    found.pop("manifest.json")
    assert manifest["outputs"] == found
    read = manifest["inputs"]
    for name in read:
        assert read[name] == hashlib.sha256((top / name).read_bytes()).hexdigest()
    assert {
        "data/mentions.csv",
        "data/lexicon/weapons.csv",
        "seeds/metadata.csv",
        "notebooks/01_incidents.ipynb",
        "reports/seeds.yaml",
    } <= read.keys()
    assert {"sitrep/render/report.typ", "sitrep/render/templates/sitrep/report.css", "sitrep/reconcile.py"} <= manifest[
        "code"
    ].keys()
    assert manifest["parameters"] == parameters.read(ROOT / "reports" / "seeds.yaml").model_dump()
    assert manifest["versions"]["pandas"] == pd.__version__


def test_no_output_names_a_place_that_no_seed_names(rendered: run.Rendered, pdf: str) -> None:
    assert "rumaylan" not in pdf.lower()
    for name, text in contents(rendered.folder).items():
        if not name.endswith(".pdf"):
            assert b"rumaylan" not in text.lower(), name


def test_no_output_tells_where_it_was_made(rendered: run.Rendered) -> None:
    top = rendered.folder.parents[1]
    for name, text in contents(rendered.folder).items():
        for folder in (top, ROOT, Path(sys.prefix)):
            assert os.fsencode(folder) not in text, name


def test_a_claim_of_thirty_stands_beside_a_report_of_fourteen(html: str, pdf: str) -> None:
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))
    for text in (words, pdf):
        table = text[text.rindex("differing numbers") :]
        assert re.search(r"7 July 2021, Ain al-Asad air base 14 \(1\sr\); 30 \(1\sc\)", table)
    told = words[words.rindex("differing numbers") :]
    assert re.search(r"reports.{0,80}14 × rocket.*claims.{0,80}30 × rocket.*Brigades to Avenge al-Muhandis", told)


def test_a_denial_stands_beside_the_report_it_denies(html: str, pdf: str, rendered: run.Rendered) -> None:
    contested = pd.read_csv(rendered.folder / "data" / "tab-contested.csv")
    assert list(contested["stance"]) == ["reports", "denies"]
    assert set(contested["incident_id"]) == {"20210704-green-village-1"}
    whole_words = re.sub(r"(?<=[a-z])- (?=[a-z])", "", pdf)
    for text in (html, whole_words):
        assert "US military says no attack took place on Sunday" in text
        assert "Two rockets over the weekend according to the SDF and an activist" in text


def test_numbers_that_sources_state_differently_are_all_there(rendered: run.Rendered) -> None:
    mentions = pd.read_csv(ROOT / "data" / "mentions.csv")
    shown = pd.read_csv(rendered.folder / "data" / "tab-differing.csv")
    of_seeds = mentions[mentions["source_id"].str.startswith("seed-")]
    for column in ("munitions_low", "deaths", "injured"):
        stated = of_seeds.dropna(subset=column).groupby("incident_id")[column].nunique()
        for incident in stated.index[stated > 1]:
            said = of_seeds.loc[of_seeds["incident_id"] == incident, ["mention_id", column]]
            there = shown.set_index("mention_id")[column]
            for mention, value in said.dropna().itertuples(index=False):
                assert there[mention] == value


# The same bytes, wherever and whenever


def test_another_folder_time_zone_locale_and_hash_seed_give_the_same_bytes(
    rendered: run.Rendered, tmp_path: Path
) -> None:
    top = project(tmp_path / "a folder with spaces and ü")
    done = command(
        top,
        "render",
        "seeds",
        TZ="Pacific/Kiritimati",
        PYTHONHASHSEED="7",
        LC_ALL="C",
        LANG="tr_TR.UTF-8",
        COLUMNS="60",
        SITREP_KERNELS="fresh",
    )
    assert done.returncode == 0, done.stderr
    assert (
        done.stdout
        == f"reports/seeds: report.html, report.pdf and {len(rendered.manifest['outputs']) - 2} more files\n"
    )
    for name in NOTEBOOKS["full"]:
        assert f"{name}" in done.stderr  # its bar
    first, second = contents(rendered.folder), contents(top / "reports" / "seeds")
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []
    assert list((top / TEMPORARY).iterdir()) == []


def test_whatever_ran_it_and_however_the_bytes_are_the_same(rendered: run.Rendered, tmp_path: Path) -> None:
    """Executed before, by one worker at a time, and in kernels from nothing: each gives what warm kernels gave."""
    top, first = rendered.folder.parents[1], contents(rendered.folder)
    first_of_all = rendered.folder.rename(tmp_path / "first")
    reused = run.render("seeds", top, progress=False)
    assert set(reused.reused) == set(NOTEBOOKS["full"]) and not reused.unchanged
    assert contents(reused.folder) == first
    alone = run.render("seeds", top, progress=False, use_cache=False, workers=1)
    assert alone.reused == ()
    assert contents(alone.folder) == contents(first_of_all) == first


# Failures


def test_a_failed_cell_stops_the_render_and_leaves_the_old_report(tmp_path: Path) -> None:
    top = small_project(tmp_path, "raise ValueError('the reason')")
    old = top / "reports" / "seeds"
    old.mkdir()
    (old / "report.html").write_bytes(b"the old report")
    done = command(top, "render", "seeds", "--no-progress")
    assert done.returncode == RenderError.exit_code == 3
    # papermill puts the parameters given into a cell of their own, the third
    assert done.stderr == (
        "sitrep: 04_briefing.ipynb, cell 5 (raise ValueError('the reason')): ValueError: the reason; "
        "what was executed is in reports/seeds.failed/\n"
    )
    assert done.stdout == ""
    assert contents(old) == {"report.html": b"the old report"}
    assert visible(top / "reports") == ["seeds", "seeds.failed", "seeds.yaml"]
    kept = nbformat.read(top / "reports" / "seeds.failed" / "04_briefing.ipynb", as_version=4)
    run_cells = [cell.execution_count is not None for cell in kept.cells if cell.cell_type == "code"]
    assert run_cells[-3:] == [True, True, False]
    assert list((top / TEMPORARY).iterdir()) == []
    assert kernels_in(top) == []


def kernels_in(top: Path) -> list[str]:
    """Processes that still work in *top* (Linux; elsewhere nothing is found)."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink().is_relative_to(top):
                found.append((process / "cmdline").read_text())
        except OSError:
            continue  # gone, or not ours to look at
    return found


def test_what_was_kept_of_a_failure_goes_with_the_next_success(tmp_path: Path) -> None:
    top = small_project(tmp_path, "raise ValueError('the reason')")
    with pytest.raises(RenderError, match=r"04_briefing\.ipynb, cell 5 .*ValueError: the reason"):
        run.render("seeds", top, progress=False)
    write_notebook(top, "print('well')")
    run.render("seeds", top, progress=False)
    assert visible(top / "reports") == ["seeds", "seeds.yaml"]
    assert "well" in (top / "reports" / "seeds" / "report.html").read_text(encoding="utf-8")


def test_a_cell_that_no_report_may_show_stops_the_render_as_well(tmp_path: Path) -> None:
    top = small_project(tmp_path, "import sys; print('a warning', file=sys.stderr)")
    with pytest.raises(RenderError, match=r"04_briefing, cell 5: wrote to stderr.*a warning"):
        run.render("seeds", top, progress=False)
    assert "seeds" not in visible(top / "reports")


def test_a_kernel_that_dies_is_told_in_one_line(tmp_path: Path) -> None:
    top = small_project(tmp_path, "import os; os._exit(1)")
    with pytest.raises(
        RenderError, match=r"^04_briefing\.ipynb .import os; os\._exit.1..: its kernel died: killed, or out of memory"
    ):
        run.render("seeds", top, progress=False)
    assert visible(top / "reports") == ["seeds.failed", "seeds.yaml"]


def test_a_second_render_of_the_same_report_is_refused_while_one_runs(tmp_path: Path) -> None:
    wait = "import pathlib, time\npathlib.Path('runs').touch()\nwhile not pathlib.Path('go').exists():\n    time.sleep(0.02)"
    top = small_project(tmp_path, wait)
    first = threading.Thread(target=run.render, args=("seeds", top, False))
    first.start()
    try:
        until = time.monotonic() + 60
        while not (top / "runs").exists() and time.monotonic() < until:
            time.sleep(0.02)
        with pytest.raises(
            RenderError, match=r"reports/seeds: another render of this report is running .process \d+, since 20.*; wait"
        ):
            run.render("seeds", top, progress=False)
    finally:
        (top / "go").touch()
        first.join()
    assert (top / "reports" / "seeds" / "report.html").is_file()


def test_what_must_be_known_of_the_articles_is_told_with_the_report(tmp_path: Path) -> None:
    top = small_project(tmp_path, "print('well')")
    article = "Two rockets landed at the Ain al-Asad air base in Iraq on Monday, an Iraqi officer said.\n"
    (top / "seeds" / "undated.txt").write_text(article, encoding="utf-8")
    no_date, not_counted = run.render("seeds", top, progress=False).messages
    assert "undated.txt: no publication date" in no_date and "metadata.csv" in no_date
    assert not_counted == "undated#1: not counted, for it names no day"


# What is refused before anything runs


@pytest.fixture
def idle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project in which no kernel may start."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a kernel was started")

    monkeypatch.setattr(run, "execute", refuse)
    return project(tmp_path)


@pytest.mark.parametrize("name", ["sedes", "../seeds", "nested/seeds", "seeds.yaml", "", "."])
def test_an_unknown_report_is_told_with_those_there_are(idle: Path, name: str) -> None:
    with pytest.raises(RenderError, match=r"no such report; there are: seeds$"):
        run.render(name, idle)


@pytest.mark.parametrize(
    ("yaml", "message"),
    [
        ("title: [unclosed", r"seeds\.yaml, line 1: not YAML"),
        ("- a list", r"seeds\.yaml: found a list"),
        ("windw: 7", r"unknown parameter 'windw' \(did you mean window\?\)"),
        ("window: seven", r"window: found 'seven'"),
        ("window: 0", r"window: found 0; allowed: a whole number from 1 to 90"),
        ("start: 2024-01-02\nend: 2024-01-01", r"start 2024-01-02 is after end 2024-01-01"),
        ("events: [20231007-hamas]\nconfirmatory: []", r"events: found '20231007-hamas'.*20231007-hamas-attack"),
        ("places: [al-tanff]", r"places: found 'al-tanff'.*nearest: al-tanf"),
        ("data: elsewhere", r"elsewhere"),
    ],
)
def test_a_parameter_that_cannot_be_is_refused_before_a_kernel_starts(idle: Path, yaml: str, message: str) -> None:
    (idle / "reports" / "seeds.yaml").write_text(yaml, encoding="utf-8")
    with pytest.raises((ParameterError, OSError, ValueError), match=message):
        run.render("seeds", idle)
    assert visible(idle / "reports") == ["seeds.yaml"]


def test_an_audience_without_notebooks_is_refused(idle: Path) -> None:
    allowed = set(parameters.Parameters.model_fields["audience"].annotation.__args__)
    assert NOTEBOOKS.keys() <= allowed
    for audience in allowed - NOTEBOOKS.keys():
        (idle / "reports" / "seeds.yaml").write_text(f"audience: {audience}", encoding="utf-8")
        with pytest.raises(ParameterError, match=f"found '{audience}'; there are notebooks for full and briefing"):
            run.render("seeds", idle)
