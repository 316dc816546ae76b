"""Tell for each mention why it is where it is, how sure that is, and which pairs a person should look at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from sitrep.linking import evidence
from sitrep.linking.clusters import ABSENT
from sitrep.linking.words import words

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

REVIEW = 2.0  # a link with fewer points is listed for review (on the coded table two in five of these are wrong)
NEARLY = -1.0  # so are two incidents whose mean points are above this
DROPPED = -1


@dataclass(frozen=True)
class Links:
    """What :func:`link` found.

    `links`: one row a mention, in the order given: mention_id, incident_id (YYYYMMDD-place-n, the machine's), score (mean
    points with the other mentions of its incident; missing when it is alone or an analyst put it there), reasons (plain
    words), review (a person should look).

    `pairs`: the review band, most doubtful first: mention_id_a, mention_id_b, incident_id_a, incident_id_b, score (mean
    points of the first with the incident of the second), linked, reasons. One row for each doubtful link (with the
    closest mention of its incident) and for each two incidents that were nearly one (with the closest two mentions).
    """

    links: pd.DataFrame
    pairs: pd.DataFrame


def explain(
    facts: evidence.Facts,
    ids: list[str | None],
    why: Mapping[int, str],
    i: Ints,
    j: Ints,
    points: Floats,
    weights: Floats,
    levels: Mapping[str, npt.NDArray[np.int8]],
    order: Ints,
    apart: Callable[[int, int], bool],
) -> Links:
    """Links in the caller's order of rows, from the pairs and their points.

    `ids`: each mention's incident, None where dropped; `why`: the analyst's reason, by mention; `order`: the caller's
    position of each mention.
    """
    labels, names = _labels(ids)
    own = labels[i] == labels[j]
    kept = (labels[i] != DROPPED) & (labels[j] != DROPPED)
    within, outside = np.flatnonzero(own & kept), np.flatnonzero(~own & kept)
    score = _support(labels, i[within], j[within], points[within], weights[within])
    friend, rival = _closest(len(ids), i, j, points, within), _closest(len(ids), i, j, points, outside)

    def told(pair: int) -> str:
        return words(facts, int(i[pair]), int(j[pair]), {q: int(levels[q][pair]) for q in levels})

    def other(mention: int, pair: int) -> int:
        return int(j[pair] if i[pair] == mention else i[pair])

    def reason(mention: int) -> str:
        if mention in why:
            return f"an analyst's override: {why[mention]}"
        if friend[mention] >= 0:
            pair = int(friend[mention])
            return f"as in {mention_ids[other(mention, pair)]}: {told(pair)}"
        if rival[mention] < 0:
            return "alone: no other mention of an attack there within a day"
        pair = int(rival[mention])
        parted = " (its source tells the two apart)" if apart(int(i[pair]), int(j[pair])) else ""
        return f"alone: the closest, {mention_ids[other(mention, pair)]}, does not fit{parted}: {told(pair)}"

    mention_ids = facts.texts["mention_id"]
    doubtful = [m for m in range(len(ids)) if m not in why and friend[m] >= 0 and score[m] < REVIEW]
    rows = [
        (mention_ids[m], mention_ids[other(m, int(friend[m]))], ids[m], ids[m], score[m], True, told(int(friend[m])))
        for m in doubtful
    ]
    flagged = set(doubtful)
    for pair, mean in _near_misses(labels, i, j, points, weights, outside, facts):
        a, b = int(i[pair]), int(j[pair])
        if a in why or b in why:
            continue
        flagged |= {a, b}
        rows.append((mention_ids[a], mention_ids[b], ids[a], ids[b], mean, False, told(pair)))
    present = [m for m in np.argsort(order).tolist() if ids[m] is not None]
    links = pd.DataFrame(
        {
            "mention_id": pd.Series([mention_ids[m] for m in present], dtype="str"),
            "incident_id": pd.Series([names[labels[m]] for m in present], dtype="str"),
            "score": np.array([np.nan if m in why else score[m] for m in present], dtype=np.float64),
            "reasons": pd.Series([reason(m) for m in present], dtype="str"),
            "review": np.array([m in flagged for m in present], dtype=bool),
        }
    )
    columns = ["mention_id_a", "mention_id_b", "incident_id_a", "incident_id_b", "score", "linked", "reasons"]
    pairs = pd.DataFrame(rows, columns=columns)
    nearest = pairs["score"].abs().sort_values(kind="stable").index
    return Links(links, pairs.loc[nearest].reset_index(drop=True))


def _labels(ids: list[str | None]) -> tuple[Ints, list[str]]:
    number: dict[str, int] = {}
    labels = [DROPPED if name is None else number.setdefault(name, len(number)) for name in ids]
    return np.array(labels, dtype=np.int64), list(number)


def _support(labels: Ints, i: Ints, j: Ints, points: Floats, weights: Floats) -> Floats:
    """Mean points of each mention with the others of its incident; missing where there is no other."""
    count = len(labels)

    def both(values: Floats) -> Floats:
        return np.asarray(np.bincount(i, values, count) + np.bincount(j, values, count))

    kept = labels != DROPPED
    others = np.where(kept, np.bincount(labels[kept], minlength=1)[labels] - 1, 0)
    absent = others - both(np.ones(len(i)))
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (both(points * weights) + absent * ABSENT) / (both(weights) + absent)
    return np.where(others > 0, np.round(mean, 9) + 0.0, np.nan)


def _closest(count: int, i: Ints, j: Ints, points: Floats, among: Ints) -> Ints:
    """For each mention the pair, of those `among`, with the most points; -1 where it has none."""
    mention = np.concatenate([i[among], j[among]])
    pair = np.concatenate([among, among])
    order = np.lexsort((pair, -points[pair], mention))
    first = np.unique(mention[order], return_index=True)
    best = np.full(count, -1, dtype=np.int64)
    best[first[0]] = pair[order][first[1]]
    return best


def _near_misses(
    labels: Ints, i: Ints, j: Ints, points: Floats, weights: Floats, among: Ints, facts: evidence.Facts
) -> list[tuple[int, float]]:
    """The closest pair of each two incidents that nearly were one and that no source tells apart, with the mean."""
    a, b = np.minimum(labels[i[among]], labels[j[among]]), np.maximum(labels[i[among]], labels[j[among]])
    sizes = np.bincount(labels[labels != DROPPED], minlength=1)
    between = pd.DataFrame({"a": a, "b": b, "points": points[among], "weight": weights[among], "pair": among})
    between["total"] = between["points"] * between["weight"]
    found = between.sort_values(["points", "pair"], ascending=[False, True], kind="stable").groupby(["a", "b"])
    table = found.agg(
        total=("total", "sum"), weight=("weight", "sum"), pairs=("pair", "size"), closest=("pair", "first")
    ).reset_index()
    absent = sizes[table["a"]] * sizes[table["b"]] - table["pairs"]
    table["mean"] = ((table["total"] + absent * ABSENT) / (table["weight"] + absent)).round(9) + 0.0
    table = table[table["mean"] > NEARLY]
    teller: dict[int, set[tuple[int, int]]] = {}
    wanted = set(table["a"]) | set(table["b"])
    for label, source, stance in zip(labels.tolist(), facts.source.tolist(), facts.stance.tolist(), strict=True):
        if label in wanted:
            teller.setdefault(label, set()).add((source, stance))
    rows = zip(table["a"].tolist(), table["b"].tolist(), table["closest"].tolist(), table["mean"].tolist(), strict=True)
    return [(closest, mean) for a, b, closest, mean in rows if teller[a].isdisjoint(teller[b])]
