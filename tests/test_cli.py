"""Every command as a user runs it: what it writes, what it says on which stream, and how it exits."""

import json
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from click.testing import Result
from typer.testing import CliRunner

from sitrep import parameters
from sitrep.cli import app
from sitrep.parameters import Parameters, cell

ROOT = Path(__file__).parents[1]
COMMANDS = [
    "render",
    "params",
    "new",
    "diff",
    "verify",
    "check",
    "extract",
    "link",
    "import",
    "export",
    "escalate",
    "codebook",
]
ARTICLE = "date 2022-01-07 Two drones were shot down near the Ain al-Asad air base in Iraq on Thursday, an Iraqi officer said.\n"


def sitrep(*arguments: str | Path) -> Result:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder outside the project, so that nothing is found by luck."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def tables(work: Path) -> Path:
    """A copy of the tables beside a copy of the articles."""
    shutil.copytree(ROOT / "data", work / "data", ignore=shutil.ignore_patterns("calibration"))
    shutil.copytree(ROOT / "seeds", work / "seeds")
    return work / "data"


# Help


def test_help_lists_every_command() -> None:
    told = sitrep("--help").stdout
    assert all(f" {name} " in told for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_what_it_does(name: str) -> None:
    result = sitrep(name, "--help")
    assert result.exit_code == 0
    assert f" {name} " in result.stdout


def test_an_unknown_command_or_option_is_a_usage_error() -> None:
    assert sitrep("rendr").exit_code == 2
    assert sitrep("check", "--colour").exit_code == 2
    assert sitrep("export", "out.csv").exit_code == 2  # --format is not given


# params


def test_params_prints_every_parameter() -> None:
    assert sitrep("params", "--cell").stdout == cell() + "\n"
    told = sitrep("params").stdout
    assert all(re.search(rf"^{name} ", told, re.M) for name in Parameters.model_fields)


# check


def test_check_of_the_real_tables_finds_no_fault(tables: Path) -> None:
    result = sitrep("check", tables)
    assert (result.exit_code, result.stdout, result.stderr) == (0, f"{tables}: no fault\n", "")


def test_check_names_file_row_column_what_was_found_and_what_is_allowed(tables: Path) -> None:
    path = tables / "mentions.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    header = lines[0].split(",")
    row = dict.fromkeys(header, "") | {
        "mention_id": "m1",
        "source_id": "nobody",
        "incident_id": "20220105-ain-al-asad-1",
        "date_start": "2022-01-06",
        "date_end": "2022-01-05",
        "date_prec": "9",
        "place_name": "the base",
        "place_id": "ain-al-asad",
        "weapon": "catapult",
        "outcome": "unknown",
        "stance": "reports",
    }
    path.write_text("\n".join([lines[0], ",".join(row.values()), *lines[2:]]) + "\n", encoding="utf-8")
    result = sitrep("check", tables)
    assert result.exit_code == 1
    told = [line for line in result.stdout.splitlines() if line.startswith(f"{path}:2:")]
    for column, found, allowed in [
        ("source_id", "nobody", "sources"),
        ("date_prec", "9", "1"),
        ("weapon", "catapult", "rocket"),
        ("date_end", "2022-01-05", "date_start"),
    ]:
        assert any(
            column in line and f'found "{found}"' in line and allowed in line.split("allowed")[1] for line in told
        ), column
    assert result.stderr.startswith(f"sitrep: {tables}: ") and "fault" in result.stderr


def test_check_of_a_folder_without_tables_names_each_missing_file(work: Path) -> None:
    result = sitrep("check", "nowhere")
    assert result.exit_code == 1
    assert 'nowhere/mentions.csv: found "no such file"' in result.stdout


# extract


def test_extract_writes_mentions_and_rejections_with_spans_of_the_file(tables: Path) -> None:
    result = sitrep("extract", "seeds", "--out", "mentions.csv", "--rejected", "rejected.csv")
    assert result.exit_code == 0, result.stderr
    assert result.stdout == ""
    mentions = pd.read_csv("mentions.csv")
    coded = pd.read_csv(tables / "mentions.csv")
    assert list(mentions)[: len(coded.columns)] == list(coded)
    spans = json.loads(mentions.loc[0, "spans"])
    source = pd.read_csv(tables / "sources.csv").set_index("source_id").loc[mentions.loc[0, "source_id"], "seed_file"]
    text = (Path("seeds") / source).read_bytes().decode("utf-8")
    first, last = spans["place_name"][0]
    assert " ".join(text[first:last].split()) == mentions.loc[0, "place_name"]
    assert set(pd.read_csv("rejected.csv")) == {"source_id", "reason", "rule", "start", "end", "text"}


def test_extract_explains_what_was_read_from_where(tables: Path) -> None:
    (tables.parent / "article.txt").write_text(ARTICLE, encoding="utf-8")
    result = sitrep("extract", "article.txt", "--explain")
    assert result.exit_code == 0
    assert "2022-01-06..2022-01-06  ain-al-asad  reports" in result.stdout
    assert "“Two drones”" in result.stdout
    assert "1 article: 1 mention," in result.stderr


def test_extract_needs_the_tables_named_and_nothing_of_the_folder_it_runs_in(
    tables: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tables.parent / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert sitrep("extract", "../seeds", "--data", tables, "--out", "m.csv").exit_code == 0
    assert sitrep("link", "m.csv", "--out", "links.csv", "--data", tables).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing.txt"], "nothing.txt: no such file, folder or pattern"),
        (["seeds", "--out", "nowhere/m.csv"], "nowhere/m.csv: found no folder nowhere"),
        (["seeds", "--out", "m.csv", "--rejected", "nowhere/r.csv"], "nowhere/r.csv: found no folder nowhere"),
        (["seeds", "--out", "m.csv", "--data", "nowhere"], "nowhere"),
    ],
)
def test_extract_that_cannot_be_done_writes_nothing(tables: Path, arguments: list[str], message: str) -> None:
    before = set(tables.parent.rglob("*"))
    result = sitrep("extract", *arguments)
    assert result.exit_code == 1
    assert result.stderr.startswith("sitrep: ") and message in result.stderr and result.stderr.count("\n") == 1
    assert set(tables.parent.rglob("*")) == before


def test_an_undated_article_is_told_with_what_to_add_where(tables: Path) -> None:
    (tables.parent / "undated.txt").write_text(ARTICLE.removeprefix("date 2022-01-07 "), encoding="utf-8")
    result = sitrep("extract", "undated.txt", "--out", "m.csv")
    assert "undated.txt: no publication date" in result.stderr and "metadata.csv" in result.stderr


# link


def test_what_extract_writes_link_reads(tables: Path) -> None:
    (tables.parent / "article.txt").write_text(ARTICLE, encoding="utf-8")
    sitrep("extract", "seeds", "article.txt", "--out", "mentions.csv")
    result = sitrep("link", "mentions.csv", "--out", "links.csv")
    assert result.exit_code == 0, result.stderr
    links = pd.read_csv("links.csv")
    assert list(links) == ["mention_id", "incident_id", "score", "reasons", "review"]
    assert set(links["mention_id"]) == set(pd.read_csv("mentions.csv")["mention_id"])
    assert f"{len(links)} mentions in {links['incident_id'].nunique()} incidents" in result.stdout


@pytest.mark.parametrize("name", ["data/places.csv", "nowhere.csv"])
def test_link_refuses_what_are_no_mentions(tables: Path, name: str) -> None:
    result = sitrep("link", name, "--out", "links.csv")
    assert result.exit_code == 1
    assert result.stderr.startswith(f"sitrep: {name}")
    assert not Path("links.csv").exists()


# import and export


@pytest.mark.parametrize(
    ("file", "options", "exit_code"),
    [
        ("ged.csv", ["--format", "ucdp"], 1),
        ("acled_old.csv", ["--format", "acled"], 0),
        ("acled_current.csv", ["--format", "acled"], 0),
        ("plain.csv", ["--format", "plain", "--mapping", ROOT / "tests" / "formats" / "plain.yaml"], 1),
    ],
)
def test_import_makes_tables_that_pass_their_check(
    tables: Path, file: str, options: list[str | Path], exit_code: int
) -> None:
    result = sitrep("import", ROOT / "tests" / "formats" / file, "--out", "mine", *options)
    rejected = pd.read_csv("mine/rejected.csv")
    assert result.exit_code == exit_code == int(len(rejected) > 0), result.stderr
    assert "not carried: " in result.stderr
    assert result.stdout.startswith(f"mine: {len(pd.read_csv('mine/mentions.csv'))} mention")
    assert sitrep("check", "mine").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.csv", "--format", "ucdp"], "nowhere.csv"),
        (["data/mentions.csv", "--format", "ucdp"], "data/mentions.csv"),
        (["data/mentions.csv", "--format", "gde"], '"gde"'),
        (["data/mentions.csv", "--format", "plain"], "mapping"),
    ],
)
def test_import_of_something_else_is_refused_and_writes_nothing(
    tables: Path, arguments: list[str], message: str
) -> None:
    result = sitrep("import", *arguments, "--out", "mine")
    assert result.exit_code == 1
    assert result.stderr.startswith("sitrep: ") and message in result.stderr
    assert not Path("mine").exists()


@pytest.mark.parametrize("format", ["ucdp", "acled", "geojson", "frictionless"])
def test_export_says_what_it_cannot_carry(tables: Path, format: str) -> None:
    result = sitrep("export", "out", "--format", format)
    assert result.exit_code == 0, result.stderr
    assert "not carried: " in result.stderr
    assert Path("out").exists()


@pytest.mark.parametrize(("out", "format"), [("out", "gde"), ("nowhere/out", "ucdp")])
def test_export_that_cannot_be_done_writes_nothing(tables: Path, out: str, format: str) -> None:
    result = sitrep("export", out, "--format", format)
    assert result.exit_code == 1
    assert result.stderr.startswith("sitrep: ") and "allowed" in result.stderr
    assert not Path(out).exists() and not Path("nowhere").exists()


# escalate


def test_escalate_tests_any_counts_around_any_dates(work: Path) -> None:
    days = pd.date_range("2020-01-01", "2023-12-31", name="date")
    pd.DataFrame({"count": days.day % 3}, index=days).to_csv("counts.csv")
    Path("events.csv").write_text("event_id,date\nvote,2022-05-15\n", encoding="utf-8")
    result = sitrep("escalate", "counts.csv", "--events", "events.csv", "--out", "results.csv")
    assert result.exit_code == 0, result.stderr
    results = pd.read_csv("results.csv")
    assert set(results["event_id"]) == {"vote", "all events"}
    assert result.stdout.startswith(f"results.csv: {len(results)} result")


def test_escalate_refuses_what_is_no_series(work: Path) -> None:
    Path("counts.csv").write_text("date,count\n2022-01-01,many\n", encoding="utf-8")
    Path("events.csv").write_text("event_id,date\nvote,2022-05-15\n", encoding="utf-8")
    result = sitrep("escalate", "counts.csv", "--events", "events.csv", "--out", "results.csv")
    assert result.exit_code == 1
    assert result.stderr.startswith("sitrep: counts.csv") and "many" in result.stderr
    assert not Path("results.csv").exists()


# codebook and render


def test_codebook_writes_what_is_committed(tables: Path) -> None:
    for name in ("CODEBOOK.md", "datapackage.json"):
        (tables / name).unlink()
    result = sitrep("codebook", tables)
    assert result.exit_code == 0, result.stderr
    for name in ("CODEBOOK.md", "datapackage.json"):
        assert (tables / name).read_bytes() == (ROOT / "data" / name).read_bytes()


def test_render_outside_a_project_says_where_to_start(work: Path) -> None:
    result = sitrep("render", "overview")
    assert result.exit_code == 1
    assert "holds notebooks/ and data/; start from the project's folder" in result.stderr


# own data, in three commands


def test_an_import_writes_a_folder_and_a_report_that_are_ready_to_render(tables: Path) -> None:
    Path("notebooks").mkdir(exist_ok=True)
    result = sitrep(
        *("import", ROOT / "tests" / "formats" / "acled_current.csv", "--format", "acled", "--out", "mine"),
        *("--report", "own", "--title", "Mine: all", "--covered", "2020-01-01:2024-12-31"),
    )
    assert result.exit_code == 0, result.stderr
    assert result.stdout.endswith("reports/own.yaml: written; next: sitrep render own\n")
    assert parameters.read(Path("reports/own.yaml")).title == "Mine: all"
    assert sitrep("check", "mine").exit_code == 0
    again = sitrep("import", ROOT / "tests" / "formats" / "ged.csv", "--format", "ucdp", "--out", "mine")
    assert again.exit_code == 1 and "--replace" in again.stderr


def test_export_chooses_by_country_and_day(tables: Path) -> None:
    result = sitrep("export", "out.csv", "--format", "ucdp", "--country", "jordan", "--start", "2024-01-01")
    assert result.exit_code == 0, result.stderr
    assert set(pd.read_csv("out.csv")["country"]) == {"Jordan"}
    assert sitrep("export", "out.csv", "--format", "ucdp", "--country", "Jordn").exit_code == 1


@pytest.mark.parametrize(
    ("name", "message"),
    [("nothing", "reports/nothing.yaml: no such report; there are: seeds"), ("../data/x", "as the name of a report")],
)
def test_calibrate_refuses_what_is_no_report(tables: Path, name: str, message: str) -> None:
    (tables.parent / "notebooks").mkdir()
    (tables.parent / "reports").mkdir()
    shutil.copy(ROOT / "reports" / "seeds.yaml", tables.parent / "reports")
    result = sitrep("calibrate", name)
    assert result.exit_code == 1
    assert message in result.stderr and result.stderr.count("\n") == 1
