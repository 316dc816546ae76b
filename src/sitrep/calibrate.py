"""Renew all measured error rates: every report's tests made again, with nothing of what was measured before.

    python -m sitrep.calibrate

The rates are kept by series and method in the data folder's ``calibration/``; whatever no report asks for any more goes.
"""

import shutil
import time
from pathlib import Path

from sitrep import examine, parameters, study


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
            report = study.load(p, top)
            if report.testable:
                examine.examine(report, top)
                examine.surroundings(report, top)
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
