"""Group mentions into incidents from the points of their pairs: average linkage that never breaks a "cannot be one".

Two groups are joined when the weighted mean of the points of all their cross pairs is the highest on the table and above
zero, and no two mentions told apart by their source would meet. The mean, not the best pair, so that a chain of attacks on
following days does not become one incident. Pairs that were not even candidates count as `ABSENT` points each.
Equal means are settled by position, so the caller's order of mentions decides, not chance.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

ABSENT = -6.0  # points for a pair that is no candidate: another place, or dates that do not meet


def group(count: int, i: Ints, j: Ints, points: Floats, weights: Floats, apart: Callable[[int, int], bool]) -> Ints:
    """Labels 0..count-1 of the groups, each named by its first member.

    `i`, `j`, `points`, `weights` are the candidate pairs (i < j, none twice); `apart(a, b)` says that two mentions must
    not meet. A pair that is no candidate weighs 1.
    """
    labels = np.arange(count)
    for members, edges in _components(count, i, j, points):
        for one in _agglomerate(members, i[edges], j[edges], points[edges], weights[edges], apart):
            labels[one] = min(one)
    return labels


def told_apart(source: Ints, i: Ints, j: Ints, points: Floats) -> Callable[[int, int], bool]:
    """Whether one source tells two mentions as two attacks: always, but for its candidate pairs with points above zero.

    A claim told beside a report of the same source may be of that attack or of the next one; however well both fit a
    third mention, the two must fit each other.
    """
    of = source.tolist()
    one = np.flatnonzero((source[i] == source[j]) & (points > 0))
    may = set(zip(i[one].tolist(), j[one].tolist(), strict=True))

    def apart(a: int, b: int) -> bool:
        return of[a] == of[b] and (min(a, b), max(a, b)) not in may

    return apart


def _components(count: int, i: Ints, j: Ints, points: Floats) -> Iterator[tuple[list[int], Ints]]:
    """Members and pairs of each part that positive pairs hold together; groups never reach across parts."""
    good = points > 0
    graph = coo_array((np.ones(good.sum(), dtype=np.int8), (i[good], j[good])), shape=(count, count))
    _, part = connected_components(graph, directed=False)
    inside = np.flatnonzero(part[i] == part[j])
    edges = inside[np.argsort(part[i[inside]], kind="stable")]
    by_part = np.argsort(part, kind="stable")
    sizes = np.bincount(part)
    edge_counts = np.bincount(part[i[inside]], minlength=len(sizes))
    first = np.concatenate([[0], np.cumsum(sizes)])
    first_edge = np.concatenate([[0], np.cumsum(edge_counts)])
    for k in np.flatnonzero(sizes > 1):
        yield by_part[first[k] : first[k + 1]].tolist(), edges[first_edge[k] : first_edge[k + 1]]


def _agglomerate(
    members: list[int], i: Ints, j: Ints, points: Floats, weights: Floats, apart: Callable[[int, int], bool]
) -> list[list[int]]:
    groups: dict[int, list[int]] = {m: [m] for m in members}
    # For each group, by neighbouring group: weighted sum of points, sum of weights, number of candidate pairs.
    between: dict[int, dict[int, tuple[float, float, int]]] = {m: {} for m in members}
    for a, b, p, w in zip(i.tolist(), j.tolist(), points.tolist(), weights.tolist(), strict=True):
        between[a][b] = between[b][a] = (p * w, w, 1)
    age = dict.fromkeys(members, 0)
    heap: list[tuple[float, int, int, int, int]] = []

    def offer(a: int, b: int) -> None:
        total, weight, pairs = between[a][b]
        absent = len(groups[a]) * len(groups[b]) - pairs
        mean = round((total + absent * ABSENT) / (weight + absent), 9)  # equal means must tie, not differ by dust
        if mean > 0:
            a, b = min(a, b), max(a, b)
            heapq.heappush(heap, (-mean, a, b, age[a], age[b]))

    for a in members:
        for b in between[a]:
            if a < b:
                offer(a, b)
    while heap:
        _, a, b, age_a, age_b = heapq.heappop(heap)
        if age.get(a) != age_a or age.get(b) != age_b:
            continue
        if any(apart(x, y) for x in groups[a] for y in groups[b]):
            continue
        for other, (total, weight, pairs) in between.pop(b).items():
            del between[other][b]
            if other != a:
                old = between[a].get(other, (0.0, 0.0, 0))
                between[a][other] = between[other][a] = (old[0] + total, old[1] + weight, old[2] + pairs)
        groups[a] += groups.pop(b)
        del age[b]
        age[a] += 1
        for other in between[a]:
            offer(a, other)
    return list(groups.values())
