"""Link mentions that describe the same attack into incidents, each link with its points and its reasons in words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from sitrep.linking import clusters, evidence
from sitrep.linking.naming import canonical_order, names, stem
from sitrep.linking.overrides import obey
from sitrep.linking.reasons import REVIEW, Links, explain
from sitrep.places import Gazetteer
from sitrep.tables import MENTIONS, WRITTEN, Fault, TableError, ragged, read_table, records, typed, well_written

__all__ = ["REVIEW", "Links", "link", "link_csv"]


def link(
    mentions: pd.DataFrame,
    sources: pd.DataFrame,
    places: pd.DataFrame,
    overrides: pd.DataFrame | None = None,
    gazetteer: Gazetteer | None = None,
) -> Links:
    """Group mentions into incidents.

    `mentions`, `sources`, `places`, `overrides`: columns as in the code book. `incident_id` and `note`, if there, are not
    looked at; ids serve only to tell rows and sources apart, so their form and the order of rows do not matter. A missing
    `place_id` is resolved from `place_name` by `gazetteer` (built from `places` when not given).

    Candidates are pairs whose places may be one and whose dates lie at most a day apart (:mod:`.evidence`); their points
    are averaged between groups, and groups joined while the mean is above zero (:mod:`.clusters`). Two mentions of one
    source are never one attack, unless they differ in stance (a report and its denial) and fit each other. Overrides are obeyed last and
    leave the ids of all other incidents as they were.

    Raises ValueError for missing columns, repeated mention ids, unknown places, and overrides that cannot be obeyed.
    """
    repeated = mentions["mention_id"][mentions["mention_id"].duplicated()]
    if len(repeated):
        raise ValueError(f'mentions: mention_id "{repeated.iloc[0]}" stands twice; each must be unique')
    gazetteer = gazetteer or Gazetteer.from_frame(places)
    order = canonical_order(mentions, sources)
    facts = evidence.gather(mentions.iloc[order].reset_index(drop=True), gazetteer, places)
    i, j, place = evidence.candidates(facts, gazetteer, places)
    levels = evidence.compare(facts, i, j, place)
    points, weights = evidence.score(levels), evidence.weight(levels)
    apart = clusters.told_apart(facts.source, i, j, points)
    labels = clusters.group(len(order), i, j, points, weights, apart)
    found = names(facts, labels)
    final, why = obey(overrides, facts.texts["mention_id"], found, lambda m: stem(facts, [m]))
    return explain(facts, final, why, i, j, points, weights, levels, order, apart)


def link_csv(
    mentions_path: Path, out_path: Path, data: Path = Path("data"), gazetteer: Gazetteer | None = None
) -> Links:
    """Link the mentions of one CSV file and write mention_id, incident_id, score, reasons, review to another.

    The mentions may have more columns than the code book's (as `sitrep extract` writes them) and may lack incident_id
    and place_id. Sources, places and overrides (if there) are read from the folder `data`. Raises TableError or
    ValueError for what cannot be read.
    """
    data, out_path = Path(data), Path(out_path)
    overrides = data / "overrides.csv"
    found = link(
        _read_mentions(Path(mentions_path)),
        read_table("sources", data / "sources.csv"),
        read_table("places", data / "places.csv"),
        read_table("overrides", overrides) if overrides.exists() else None,
        gazetteer,
    )
    out_path.parent.mkdir(parents=True, exist_ok=True)
    found.links.to_csv(out_path, index=False, lineterminator="\n", float_format="%.2f")
    return found


def _read_mentions(path: Path) -> pd.DataFrame:
    """The columns that linking looks at, typed; an absent place_id is empty."""
    (_, header), *rows = records(path) or [(1, [])]
    for name in evidence.NEEDED:
        if name not in header and name != "place_id":
            raise TableError(Fault(str(path), 1, "", ",".join(header), f"a header with the column {name}"))
    wanted = [column for column in MENTIONS.columns if column.name in header]
    values: dict[str, pd.Series] = {}
    for column in wanted:
        at = header.index(column.name)
        cells = []
        for line, row in rows:
            if len(row) != len(header):
                raise TableError(ragged(path, line, row, header))
            if row[at] and not well_written(row[at], column.kind):
                raise TableError(Fault(str(path), line, column.name, row[at], WRITTEN[column.kind][1]))
            cells.append(row[at])
        values[column.name] = typed(pd.Series(cells, dtype="str"), column.kind)
    values.setdefault("place_id", pd.Series([np.nan] * len(rows), dtype="str"))
    return pd.DataFrame(values)
