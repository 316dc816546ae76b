"""Time and memory of linking from 2,000 to 100,000 mentions, beside recordlinkage and splink on the same blocks.

    python benchmarks/linking.py [--peers PYTHON] [--sizes 10000,100000]

The table is the real one repeated: up to ten theatres, each with places, regions and sources of its own, then seven years
later the same again, so that the number of mentions at one place and time stays as it is. Each figure comes from a
process of its own; CPU seconds are the ones to compare, as others may be using the machine. The peers run under PYTHON (recordlinkage needs an older pandas than this package); one that is not
installed there is said to be skipped. They get the same candidate pairs (recordlinkage) or the same rule for them
(splink), compare the same eight fields, learn their weights without labels, and join pairs by connected components, as
both do by default. They give no reasons and keep no two mentions of a source apart.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

DATA = Path(__file__).parents[1] / "data"
THEATRES = 10
YEARS = 7
FIELDS = ("place_id", "weapon", "time_of_day", "outcome", "claimed_by")
COUNTS = ("munitions_low", "deaths", "injured")


def enlarge(size: int):
    """Mentions, sources, places and regions of about `size` mentions; the first copy is the real table."""
    import pandas as pd

    from sitrep.tables import read

    tables = read(DATA)
    regions = pd.read_csv(DATA / "lexicon" / "regions.csv", dtype=str, keep_default_na=False)
    copies = -(-size // len(tables.mentions))
    mentions, sources, places, areas = [], [], [], []
    for copy in range(copies):
        theatre, era = copy % THEATRES, copy // THEATRES
        mark = f"x{theatre}" if theatre else ""
        later = pd.DateOffset(years=YEARS * era)
        m = tables.mentions.copy()
        for column in ("mention_id", "source_id", "incident_id"):
            m[column] = m[column] + f"@{copy}"
        m["place_id"] = m["place_id"] + mark
        for column in ("date_start", "date_end"):
            m[column] = m[column] + later
        mentions.append(m)
        sources.append(tables.sources.assign(source_id=tables.sources["source_id"] + f"@{copy}"))
        if era == 0:
            p = tables.places.assign(longitude=tables.places["longitude"] + 20 * theatre)
            for column in ("place_id", "country", "admin1"):
                p[column] = p[column] + mark
            places.append(p)
            r = regions.assign(name=regions["name"] + mark, aliases="" if theatre else regions["aliases"])
            first, slash, rest = (regions["region_id"].str.partition("/")[k] for k in range(3))
            r["region_id"] = first + mark + slash + rest
            for column in ("stand_ins", "members"):
                r[column] = ["|".join(c + mark for c in cell.split("|") if c) for cell in regions[column]]
            areas.append(r)
    joined = [pd.concat(frames, ignore_index=True) for frames in (mentions, sources, places, areas)]
    joined[0] = joined[0].iloc[:size] if size < len(joined[0]) else joined[0]
    return joined


def measure_sitrep(size: int, folder: Path) -> dict[str, float]:
    import pandas as pd

    from sitrep.agreement import bcubed
    from sitrep.linking import evidence, link
    from sitrep.places import Gazetteer

    mentions, sources, places, regions = enlarge(size)
    lexicon = {
        name: pd.read_csv(DATA / "lexicon" / f"{file}.csv", dtype=str, keep_default_na=False)
        for name, file in {"phrases": "place_phrases", "spellings": "spellings"}.items()
    }
    gazetteer = Gazetteer.from_frame(places, regions, **lexicon)
    began, spent = time.perf_counter(), time.process_time()
    found = link(mentions, sources, places, gazetteer=gazetteer)
    seconds, cpu = time.perf_counter() - began, time.process_time() - spent
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    facts = evidence.gather(mentions, gazetteer, places)
    i, j, _ = evidence.candidates(facts, gazetteer, places)
    np.save(folder / "pairs.npy", np.column_stack([i, j]))
    mentions.assign(start=facts.start, end=facts.end).to_csv(folder / "mentions.csv", index=False)
    f1 = bcubed(found.links.set_index("mention_id")["incident_id"], mentions.set_index("mention_id")["incident_id"]).f1
    return {"mentions": len(mentions), "pairs": len(i), "seconds": seconds, "cpu": cpu, "mib": peak, "f1": f1}


def measure_recordlinkage(size: int, folder: Path) -> dict[str, float]:
    import pandas as pd
    import recordlinkage

    mentions = pd.read_csv(folder / "mentions.csv", low_memory=False)
    i, j = np.load(folder / "pairs.npy").T
    began, spent = time.perf_counter(), time.process_time()
    compare = recordlinkage.Compare()
    compare.exact("start", "start")
    for field in FIELDS:
        compare.exact(field, field)
    for field in COUNTS:
        compare.numeric(field, field, method="gauss", scale=2.0)
    vectors = compare.compute(pd.MultiIndex.from_arrays([i, j]), mentions)
    matches = recordlinkage.ECMClassifier(binarize=0.8).fit_predict(vectors)
    labels = components(len(mentions), matches.get_level_values(0), matches.get_level_values(1))
    return finish(began, spent, labels, mentions, len(i))


def measure_splink(size: int, folder: Path) -> dict[str, float]:
    import pandas as pd
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    mentions = pd.read_csv(folder / "mentions.csv", low_memory=False)
    mentions["unique_id"] = np.arange(len(mentions))
    keep = ["unique_id", "start", "end", *FIELDS, *COUNTS]
    began, spent = time.perf_counter(), time.process_time()
    blocks = 'l.place_id = r.place_id and l.start <= r."end" + 1 and r.start <= l."end" + 1'
    settings = SettingsCreator(
        link_type="dedupe_only",
        blocking_rules_to_generate_predictions=[blocks],
        comparisons=[cl.ExactMatch(field) for field in ("start", *FIELDS[1:], *COUNTS)],
    )
    api = DuckDBAPI()
    frame = mentions[keep]
    linker = Linker(
        api.register(frame) if hasattr(api, "register") else frame,
        settings,
        *([] if hasattr(api, "register") else [api]),
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("place_id", "start"))
    predicted = linker.inference.predict(threshold_match_probability=0.5)
    pairs = predicted.as_pandas_dataframe()[["unique_id_l", "unique_id_r"]]
    labels = components(len(mentions), pairs["unique_id_l"], pairs["unique_id_r"])
    return finish(began, spent, labels, mentions, len(np.load(folder / "pairs.npy")))


def components(count: int, i, j):
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(i), dtype=np.int8), (np.asarray(i), np.asarray(j))), shape=(count, count))
    return connected_components(graph, directed=False)[1]


def finish(began: float, spent: float, labels, mentions, pairs: int) -> dict[str, float]:
    seconds, cpu = time.perf_counter() - began, time.process_time() - spent
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    truth = mentions["incident_id"].factorize()[0]
    both = np.unique(np.column_stack([labels, truth]), axis=0, return_counts=True)
    (machine, true), together = both[0].T, both[1]
    precision = (together**2 / np.bincount(labels)[machine]).sum() / len(labels)
    recall = (together**2 / np.bincount(truth)[true]).sum() / len(labels)
    f1 = 2 * precision * recall / (precision + recall)
    return {"mentions": len(mentions), "pairs": pairs, "seconds": seconds, "cpu": cpu, "mib": peak, "f1": f1}


CHILDREN = {"sitrep": measure_sitrep, "recordlinkage": measure_recordlinkage, "splink": measure_splink}


def run(python: str, library: str, size: int, folder: Path) -> dict[str, float] | str:
    """The figures of one library from a process of its own, or why there are none."""
    command = [python, __file__, "--child", library, "--sizes", str(size), "--folder", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=DATA.parent)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        return "skipped: not installed" if "ModuleNotFoundError" in last else f"failed: {last}"
    return dict(json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", default=sys.executable, help="interpreter that has recordlinkage and splink")
    parser.add_argument("--sizes", default="2047,10000,20000,50000,100000")
    parser.add_argument("--child", choices=CHILDREN, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    sizes = [int(size) for size in given.sizes.split(",")]
    if given.child:
        print(json.dumps(CHILDREN[given.child](sizes[0], given.folder)))
        return
    print(
        "| mentions | candidate pairs | by | seconds | CPU seconds | CPU us a mention | MiB | CPU, times ours | B-cubed F1 |"
    )
    print("|---:|---:|---|---:|---:|---:|---:|---:|---:|")
    per_mention = {}
    for size in sizes:
        with tempfile.TemporaryDirectory() as name:
            ours = run(sys.executable, "sitrep", size, Path(name))
            if isinstance(ours, str):
                sys.exit(f"sitrep {ours}")
            per_mention[size] = ours["cpu"] / ours["mentions"]
            rows = {"sitrep": ours} | {k: run(given.peers, k, size, Path(name)) for k in CHILDREN if k != "sitrep"}
        for library, row in rows.items():
            if isinstance(row, str):
                print(f"| {size:,} | | {library} | {row} | | | | | |")
                continue
            ratio = row["cpu"] / ours["cpu"]
            print(
                f"| {row['mentions']:,} | {row['pairs']:,} | {library} | {row['seconds']:.2f} | {row['cpu']:.2f} "
                f"| {1e6 * row['cpu'] / row['mentions']:.0f} | {row['mib']:.0f} | {ratio:.1f} | {row['f1']:.3f} |",
                flush=True,
            )
    first, last = min(s for s in sizes if s >= 10_000 or s == max(sizes)), max(sizes)
    print(
        f"\nCost of a mention at {last:,} against {first:,}: {per_mention[last] / per_mention[first]:.2f} times (1 = linear)."
    )


if __name__ == "__main__":
    main()
