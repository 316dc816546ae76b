"""Time and memory of importing one country and period out of a large UCDP GED file.

`python benchmarks/formats.py [MILLIONS ...]` makes a file of so many million rows (1, 3 and 10 if none are given) in the
49 columns of UCDP GED, imports one country and four months of it in a process of its own, and prints seconds and peak
memory. Time should grow with the rows, memory should not; CPU seconds say so on a busy machine too. Each file is
deleted before the next is made; ten million rows take about 6 GB of disk.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from sitrep.formats import read
from sitrep.formats.ucdp import COLUMNS

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
    """Write a file of so many rows."""
    columns = ", ".join(f"{VALUES.get(name, 'null')} as {name}" for name in COLUMNS)
    days = "select i, strftime(date '1995-01-01' + ((i * 7919) % 10957)::int, '%Y-%m-%d') as day"
    with duckdb.connect(config={"memory_limit": "1GB"}) as connection:
        source = f"select {columns} from ({days} from range({rows}) as t(i))"
        connection.execute(f"copy ({source}) to '{path}' (header)")


def measure(path: Path) -> dict[str, float]:
    """Import in this process: rows carried, seconds by the clock and of the processor, peak memory in GiB."""
    begun, busy = time.perf_counter(), time.process_time()
    conversion = read(path, "ucdp", country=COUNTRY, start=START, end=END)
    seconds, cpu = time.perf_counter() - begun, time.process_time() - busy
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return {"mentions": len(conversion.mentions), "seconds": seconds, "cpu": cpu, "gib": peak}


def main(millions: list[float]) -> None:
    print(f"{'rows':>12} {'file GB':>8} {'mentions':>9} {'seconds':>8} {'CPU s':>7} {'CPU us/row':>11} {'peak GiB':>9}")
    worst = 0.0
    for million in millions:
        rows = int(million * 1e6)
        with tempfile.TemporaryDirectory(prefix="sitrep-bench-") as folder:
            path = Path(folder) / "ged.csv"
            make(path, rows)
            command = [sys.executable, __file__, "--measure", str(path)]
            out = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            size = path.stat().st_size / 1e9
        worst = max(worst, out["gib"])
        print(
            f"{rows:>12,} {size:>8.2f} {out['mentions']:>9,} {out['seconds']:>8.1f} {out['cpu']:>7.1f} "
            f"{out['cpu'] / rows * 1e6:>11.2f} {out['gib']:>9.2f}",
            flush=True,
        )
    if worst > LIMIT_GIB:
        sys.exit(f"peak memory {worst:.2f} GiB is above {LIMIT_GIB} GiB")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        print(json.dumps(measure(Path(sys.argv[2]))))
    else:
        main([float(argument) for argument in sys.argv[1:]] or [1, 3, 10])
