"""Time and memory from a large UCDP GED file to a rendered report of one country and four months of it.

`python benchmarks/formats.py [MILLIONS ...]` makes a file of so many million rows (1, 3 and 10 if none are given) in the
49 columns of UCDP GED, as CSV and as Parquet, imports one country and four months of each with `sitrep import`, renders
the report that the import writes, and prints seconds by the clock and of the processor and peak memory of each step.
Time should grow with the rows, memory should not; CPU seconds say so on a busy machine too. With `--write` the table goes
into formats.md. Each file is deleted before the next is made; ten million rows take about 6 GB of disk.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb

from sitrep.formats.ucdp import COLUMNS

ROOT = Path(__file__).parents[1]

COUNTRY, START, END = "Iraq", "2020-03-01", "2020-06-30"
LIMIT_GIB = 2.0

# Rows run through 200 countries and 2,400 sites, thirty years of days in the file's order, texts of the usual length.
VALUES = {
    "id": "i",
    "relid": "'REL-' || i",
    "year": "left(day, 4)",
    "active_year": "'True'",
    "code_status": "'Clear'",
    "type_of_violence": "1 + i % 3",
    "conflict_name": "'Government of country ' || i % 200 || ': Government'",
    "dyad_name": "'Government of country ' || i % 200 || ' - Group ' || i % 37",
    "side_a": "'Government of country ' || i % 200",
    "side_b": "'Group ' || i % 37",
    "number_of_sources": "1 + i % 4",
    "source_article": "'\"Agency ' || i % 90 || ',' || day || ',A headline of about the usual length, with a comma\"'",
    "source_office": "'Agency ' || i % 90",
    "source_date": "day",
    "source_headline": "'A headline of about the usual length, with a comma and a number, ' || i",
    "where_prec": "1 + i % 6",
    "where_coordinates": "'Town ' || i % 2400",
    "where_description": "'a village some way off the road to town ' || i % 2400",
    "adm_1": "'Province ' || i % 1200",
    "latitude": "round(29 + (i % 2400) / 300.0, 4)",
    "longitude": "round(39 + (i % 2400) / 300.0, 4)",
    "country": "case i % 200 when 0 then 'Iraq' else 'Country ' || i % 200 end",
    "country_id": "i % 200",
    "region": "'Middle East'",
    "event_clarity": "1",
    "date_prec": "1",
    "date_start": "day || ' 00:00:00.000'",
    "date_end": "day || ' 00:00:00.000'",
    **dict.fromkeys(("deaths_a", "deaths_b", "deaths_civilians", "deaths_unknown", "best", "high", "low"), "0"),
}


def make(path: Path, rows: int) -> None:
    """Write a file of so many rows, CSV or Parquet by its name."""
    columns = ", ".join(f"{VALUES.get(name, 'null')} as {name}" for name in COLUMNS)
    days = "select i, strftime(date '1995-01-01' + ((i * 7919) % 10957)::int, '%Y-%m-%d') as day"
    with duckdb.connect(config={"memory_limit": "1GB"}) as connection:
        source = f"select {columns} from ({days} from range({rows}) as t(i))"
        connection.execute(f"copy ({source}) to '{path}' ({'header' if path.suffix == '.csv' else 'format parquet'})")


@dataclass(frozen=True)
class Cost:
    """What a command took: seconds by the clock, of the processor, and peak memory in GiB."""

    seconds: float
    cpu: float
    gib: float


def cost(command: list[str], folder: Path) -> Cost:
    """Run a command in a folder and measure it; it may end with exit code 0 only."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    told = process.stderr.read().decode() if process.stderr else ""
    _, status, used = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status):
        sys.exit(f"{' '.join(command)}: {told}")
    return Cost(time.perf_counter() - begun, used.ru_utime + used.ru_stime, used.ru_maxrss / 2**20)


def project(folder: Path) -> Path:
    """A project with the real notebooks and tables, and no report."""
    for name in ("notebooks", "data"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copy(ROOT / "CITATION.cff", folder)
    (folder / "reports").mkdir()
    return folder


def measured(rows: int, kind: str) -> list[str]:
    """Make a file, import it, render it; one row of the table."""
    with tempfile.TemporaryDirectory(prefix="sitrep-bench-") as work:
        top = project(Path(work))
        file = top / f"ged.{kind}"
        make(file, rows)
        size = file.stat().st_size / 1e9
        sitrep = [str(Path(sys.executable).with_name("sitrep"))]
        chosen = ["--country", COUNTRY, "--start", START, "--end", END]
        read = cost([*sitrep, "import", str(file), "--format", "ucdp", "--out", "ged", "--report", "ged", *chosen], top)
        mentions = len((top / "ged" / "mentions.csv").read_text(encoding="utf-8").splitlines()) - 1
        drawn = cost([*sitrep, "render", "ged", "--no-progress"], top)
    peak = max(read.gib, drawn.gib)
    if peak > LIMIT_GIB:
        sys.exit(f"peak memory {peak:.2f} GiB is above {LIMIT_GIB} GiB")
    cells = [f"{rows:,}", kind, f"{size:.2f} GB", f"{mentions:,}", f"{read.seconds:.0f}", f"{read.cpu:.1f}"]
    cells += [f"{read.cpu / rows * 1e6:.2f} µs", f"{read.gib:.2f}", f"{drawn.seconds:.0f}", f"{drawn.cpu:.0f}"]
    return [*cells, f"{drawn.gib:.2f}"]


HEAD = (
    *("rows", "file", "size", "rows wanted", "import s", "import CPU s", "CPU a row", "import GiB"),
    *("render s", "render CPU s", "render GiB"),
)


def main(arguments: list[str]) -> None:
    """Measure each size and format and print the table; with --write into formats.md too."""
    millions = [float(argument) for argument in arguments if argument != "--write"] or [1, 3, 10]
    lines = ["| " + " | ".join(HEAD) + " |", "|" + "---:|" * len(HEAD)]
    print("\n".join(lines), flush=True)
    for million in millions:
        for kind in ("csv", "parquet"):
            lines.append("| " + " | ".join(measured(int(million * 1e6), kind)) + " |")
            print(lines[-1], flush=True)
    if "--write" in arguments:
        text = Path(__file__).with_suffix(".md")
        text.write_text(INTRODUCTION + "\n".join(lines) + "\n", encoding="utf-8")


INTRODUCTION = f"""# From a large table to a report

Made by `python benchmarks/formats.py --write`: files in the 49 columns of UCDP GED, of which `sitrep import` takes one
country and four months ({COUNTRY}, {START} to {END}) and `sitrep render` makes the report that the import wrote. CPU
seconds are what to compare: the clock also counts what else the machine was doing. Peak memory is that of the largest
process that each command waited for (a kernel of the render takes about as much again); the limit is {LIMIT_GIB:.0f} GiB.

"""

if __name__ == "__main__":
    main(sys.argv[1:])
