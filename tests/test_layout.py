"""The rules of the repository: everything locked, nothing of one machine in it, every command and entry point there."""

import re
import subprocess
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
TARGETS = ["report", "reports", "test", "test-long", "lint", "lab", "codebook", "calibrate", "lock", "clean"]
LARGEST = 4 * 2**20


@pytest.fixture(scope="module")
def committed() -> list[Path]:
    """The files under version control, as they lie here."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("not a git checkout, so there is no telling what is committed")
    return [path for name in done.stdout.split("\0") if name and (path := ROOT / name).is_file()]


# What must be there


@pytest.mark.parametrize(
    "name",
    [
        *("README.md", "CHANGELOG.md", "LICENSE", "CITATION.cff", "Makefile", "requirements.txt", "pyproject.toml"),
        *(".ci/run", ".pre-commit-config.yaml", "data/LICENSE", "data/CODEBOOK.md", "data/datapackage.json"),
        *("seeds/metadata.csv", "reports/overview.yaml", "reports/seeds.yaml", "reports/gaza-war.yaml"),
        "reports/soleimani-anniversary.yaml",
    ],
)
def test_a_file_that_readers_and_tools_look_for_is_there(name: str) -> None:
    assert (ROOT / name).stat().st_size > 0


def test_the_version_is_the_same_everywhere() -> None:
    version = PROJECT["project"]["version"]
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))["version"] == version
    assert f"## {version}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_every_link_of_the_readme_within_the_repository_leads_somewhere() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = {target.split("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text)}
    wanted = {target for target in targets if target and "://" not in target}
    # a report that is not rendered yet is there as what `make reports` renders
    there = {target for target in wanted if (ROOT / target).exists()} | {
        target
        for target in wanted
        if target.startswith("reports/") and (ROOT / target).parent.with_suffix(".yaml").exists()
    }
    assert wanted and sorted(wanted - there) == []


# The lock


def locked() -> dict[str, str]:
    """Each requirement of the lock by its normalized name: its lines."""
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    blocks = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.M)
    return {normalized(block): block for block in blocks if block and not block.startswith("#")}


def normalized(requirement: str) -> str:
    name = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert name, requirement
    return re.sub(r"[-_.]+", "-", name[0]).lower()


def test_the_lock_pins_every_package_by_hash() -> None:
    for name, lines in locked().items():
        assert re.match(r"[A-Za-z0-9._\[\]-]+==\S+", lines), name
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", lines), name


def test_the_lock_covers_every_direct_dependency() -> None:
    project = PROJECT["project"]
    direct = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    assert sorted({normalized(name) for name in direct} - locked().keys()) == []


def test_what_builds_the_package_is_locked_too() -> None:
    assert {normalized(name) for name in PROJECT["build-system"]["requires"]} <= locked().keys()


def test_every_dependency_says_what_it_is_for() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    listed = text[text.index("dependencies = [") : text.index("[project.scripts]")]
    for line in listed.splitlines():
        if line.strip().startswith('"'):
            assert re.search(r"# \S", line), line


# Nothing of one machine


def test_no_committed_file_tells_of_a_machine_or_a_registry(committed: list[Path]) -> None:
    # written in parts, so that this file does not hold what it forbids
    folder = rf"(?<![\w.:/~-])/(?:{'|'.join(['wo' + 'rk', 'ho' + 'me', 'Us' + 'ers', 'ro' + 'ot'])})/[\w.-]+"
    registry = "|".join(
        ["pypi" + r"\.org/simple", "pythonhosted" + r"\.org", "index" + "-url [a-z]+:", "extra-index" + "-url"]
    )
    forbidden = re.compile(f"{folder}|{registry}")
    found = []
    for path in committed:
        if path.suffix in (".pdf", ".png"):
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        found += [f"{path.relative_to(ROOT)}: {match[0]}" for match in forbidden.finditer(text)]
    assert found == []


def test_no_committed_file_is_a_trace_of_a_run(committed: list[Path]) -> None:
    parts = {part for path in committed for part in path.relative_to(ROOT).parts}
    assert not parts & {".venv", "__pycache__", ".ipynb_checkpoints", ".pytest_cache", ".hypothesis"}
    assert not [path.name for path in committed if path.suffix in (".lock", ".pyc", ".orig", ".rej")]


def test_no_file_of_data_or_reports_is_too_large_to_open(committed: list[Path]) -> None:
    large = [
        path.relative_to(ROOT).as_posix()
        for path in committed
        if path.relative_to(ROOT).parts[0] in ("data", "reports", "seeds") and path.stat().st_size > LARGEST
    ]
    assert large == []


# Commands and entry points


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_of_the_makefile_is_there_and_listed(target: str) -> None:
    # "-n" prints what would run and runs nothing; "-o" leaves the environment as it is
    done = subprocess.run(
        ["make", "-n", "-o", ".venv/.ready", target], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert re.search(rf"^{target}:.* ## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)


def test_make_alone_lists_every_target() -> None:
    told = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert all(re.search(rf"^{target}\s", told, re.M) for target in TARGETS)


def test_the_targets_of_the_makefile_are_those_tested_here() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert set(re.findall(r"^([a-z-]+):.* ## ", text, re.M)) == {*TARGETS, "help"}


def test_ci_runs_what_a_developer_runs() -> None:
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    lines = script.read_text(encoding="utf-8").splitlines()
    assert "make test" in lines and "make lint" in lines


@pytest.mark.parametrize(
    ("group", "name"),
    [
        ("console_scripts", "sitrep"),
        *(("nbconvert.exporters", name) for name in PROJECT["project"]["entry-points"]["nbconvert.exporters"]),
    ],
)
def test_an_entry_point_leads_to_what_is_declared(group: str, name: str) -> None:
    declared = PROJECT["project"]["scripts"] | PROJECT["project"]["entry-points"]["nbconvert.exporters"]
    (found,) = [point for point in entry_points(group=group, name=name) if point.dist and point.dist.name == "sitrep"]
    assert found.value == declared[name]
    assert callable(found.load())
