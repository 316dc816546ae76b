"""What CI says of known holes in the locked packages: silence of the advisories is told, not taken for an answer."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def audit() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit", ROOT / ".ci" / "audit.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def said(*packages: dict[str, Any]) -> str:
    return json.dumps({"dependencies": list(packages), "fixes": []})


CLEAN = {"name": "a", "version": "1", "vulns": []}
HOLED = {"name": "b", "version": "2", "vulns": [{"id": "PYSEC-1", "fix_versions": ["3"]}]}
UNASKED = {"name": "c", "skip_reason": "not found"}


def test_a_known_hole_fails_and_names_the_version_that_mends_it(audit: ModuleType) -> None:
    code, sentence = audit.verdict(said(CLEAN, HOLED, UNASKED))
    assert code == 1 and "b 2: PYSEC-1, mended in 3" in sentence


@pytest.mark.parametrize("answer", [None, said(), said(UNASKED, UNASKED)])
def test_advisories_that_cannot_be_reached_are_told_as_such(audit: ModuleType, answer: str | None) -> None:
    assert audit.verdict(answer) == (0, "pip-audit: the advisories could not be reached from here: NOT audited")


def test_what_was_audited_is_counted_and_so_is_what_was_not(audit: ModuleType) -> None:
    assert audit.verdict(said(CLEAN, UNASKED)) == (0, "pip-audit: no known hole in 1 of 2 packages; 1 NOT audited")
    assert audit.verdict(said(CLEAN)) == (0, "pip-audit: no known hole in 1 of 1 packages")


def test_ci_runs_it() -> None:
    assert ".venv/bin/python .ci/audit.py requirements.txt" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
