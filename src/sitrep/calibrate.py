"""Measure how often the tests of a report cry wolf, which takes minutes and which a render therefore only reads.

    python -m sitrep.calibrate

renews all: every report's tests made again, with nothing of what was measured before. The rates are kept by series and
method in the data folder's ``calibration/``; whatever no report asks for any more goes.
"""

import shutil
import time
from pathlib import Path

from sitrep import examine, parameters, study


def measure(p: parameters.Parameters, root: Path | None = None) -> bool:
    """Measure the error rates that a report of *p* prints and that are not kept yet; whether it tests anything at all."""
    report = study.load(p, root)
    if report.testable:
        done = examine.examine(report, root, measure=True)
        examine.surroundings(report, done, root, measure=True)
    return report.testable


def renew(root: Path | None = None) -> dict[str, int]:
    """Measure the error rates that the reports in ``reports/`` need; by report, how many tables were measured.

    What was kept before is put back when anything fails.
    """
    top = study.find_root(root)
    reports = {path.stem: parameters.read(path) for path in sorted((top / "reports").glob("*.yaml"))}
    chosen = {name: p for name, p in reports.items() if p.scope == "chronology"}
    folders = sorted({top / p.data / examine.CALIBRATION for p in chosen.values()})
    aside = {folder: folder.with_name(f"{folder.name}.before") for folder in folders if folder.exists()}
    for folder, before in aside.items():
        shutil.rmtree(before, ignore_errors=True)
        folder.rename(before)
    made: dict[str, int] = {}
    try:
        for name, p in chosen.items():
            measure(p, top)
            made[name] = sum(len(list(folder.glob("*.csv"))) for folder in folders) - sum(made.values())
    except BaseException:
        for folder, before in aside.items():
            shutil.rmtree(folder, ignore_errors=True)
            before.rename(folder)
        raise
    for before in aside.values():
        shutil.rmtree(before)
    return made


if __name__ == "__main__":
    start = time.process_time()
    for report_name, number in renew().items():
        print(f"{report_name}: {number} tables measured")
    print(f"{time.process_time() - start:.0f} seconds of computing")
