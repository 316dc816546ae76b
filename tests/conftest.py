"""The real tables and the reports' studies, read once a run; frames are shared, so no test may change them."""

from pathlib import Path

import matplotlib as mpl
import pytest
from hypothesis import settings

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
