"""The real tables and the reports' studies, read once a run; frames are shared, so no test may change them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytest
from hypothesis import settings

from browsing import ARGUMENTS, CHROMIUM
from sitrep import parameters, study, tables

mpl.use("Agg")

# how long an example takes says more of the machine than of the code
settings.register_profile("sitrep", deadline=None)
settings.load_profile("sitrep")

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def everything() -> tables.Tables:
    return tables.read(ROOT / "data")


@pytest.fixture(scope="session")
def overview() -> study.Study:
    """The study of the defaults: the whole chronology."""
    return study.load(parameters.validate({}), ROOT)


@pytest.fixture(scope="session")
def seeds() -> study.Study:
    """The study of the five seed articles."""
    return study.load(parameters.read(ROOT / "reports" / "seeds.yaml"), ROOT)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium, a module at a time: while it runs, nothing else may run a loop of events."""
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed (make install-dev)")
    if CHROMIUM is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()
