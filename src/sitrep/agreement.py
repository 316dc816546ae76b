"""Measure how far two ways of grouping the same mentions agree: B-cubed precision, recall and F1, and where they part.

B-cubed (Bagga and Baldwin 1998): for each mention, precision is the share of its machine group that belongs to its true
group, recall the share of its true group found in its machine group; both are averaged over mentions. Amigo et al.
(2009) show that it meets their four constraints on clustering measures, which purity, pair counts and entropy do not.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Agreement:
    """B-cubed precision, recall and F1 (0..1) over `mentions` mentions; F1 is the harmonic mean of the two means."""

    precision: float
    recall: float
    mentions: int

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return 2 * self.precision * self.recall / (self.precision + self.recall)

    def __str__(self) -> str:
        """The three figures in a line."""
        return (
            f"B-cubed precision {self.precision:.3f}, recall {self.recall:.3f}, F1 {self.f1:.3f} "
            f"over {self.mentions} mentions"
        )


def bcubed(machine: pd.Series, truth: pd.Series) -> Agreement:
    """Compare two groupings of the same mentions, given as group labels on one index (mention ids, say).

    Order and the labels themselves do not matter. Raises ValueError if the indexes differ or repeat, if a label is
    missing, or if there is no mention at all.
    """
    shares = _shares(machine, truth)
    return Agreement(float(shares["precision"].mean()), float(shares["recall"].mean()), len(shares))


def disagreements(machine: pd.Series, truth: pd.Series) -> pd.DataFrame:
    """Where two groupings part, the costliest first: one row a knot of groups that cross each other.

    A knot is the smallest set of mentions that both groupings keep to itself. Columns: mentions, machine_groups,
    true_groups (counts), loss (sum over its mentions of 1 - precision and 1 - recall), machine (labels, bar-separated),
    truth (likewise), kind: "merged" (the machine joined what is apart), "split" (it parted what is one), "crossed".
    """
    shares = _shares(machine, truth)
    shares["knot"] = _knots(shares)
    shares["loss"] = 2 - shares["precision"] - shares["recall"]
    rows = []
    for _, knot in shares.groupby("knot", sort=False):
        machine_groups, true_groups = sorted(set(knot["machine"])), sorted(set(knot["truth"]))
        if len(machine_groups) == len(true_groups) == 1:
            continue
        kind = "merged" if len(machine_groups) == 1 else "split" if len(true_groups) == 1 else "crossed"
        rows.append(
            {
                "mentions": len(knot),
                "machine_groups": len(machine_groups),
                "true_groups": len(true_groups),
                "loss": float(knot["loss"].sum()),
                "kind": kind,
                "machine": "|".join(map(str, machine_groups)),
                "truth": "|".join(map(str, true_groups)),
            }
        )
    columns = ["mentions", "machine_groups", "true_groups", "loss", "kind", "machine", "truth"]
    found = pd.DataFrame(rows, columns=columns)
    return found.sort_values(["loss", "machine"], ascending=[False, True], kind="stable", ignore_index=True)


def _shares(machine: pd.Series, truth: pd.Series) -> pd.DataFrame:
    """Each mention with both labels, its precision and its recall."""
    if machine.index.has_duplicates or truth.index.has_duplicates:
        raise ValueError("a mention is named twice; each grouping must give every mention one label")
    if len(machine) != len(truth) or not machine.index.isin(truth.index).all():
        only = machine.index.symmetric_difference(truth.index)[:3].tolist()
        raise ValueError(f"the two groupings do not hold the same mentions; in one only: {only}")
    if not len(machine):
        raise ValueError("there is no mention to compare")
    both = pd.DataFrame({"machine": machine, "truth": truth.reindex(machine.index)})
    if both.isna().any(axis=None):
        raise ValueError(f"mentions without a group: {both.index[both.isna().any(axis=1)][:3].tolist()}")
    together = both.groupby(["machine", "truth"])["machine"].transform("size")
    both["precision"] = together / both.groupby("machine")["machine"].transform("size")
    both["recall"] = together / both.groupby("truth")["truth"].transform("size")
    return both


def _knots(both: pd.DataFrame) -> list[int]:
    """A number for each mention, equal for mentions that a chain of shared groups connects."""
    parent: dict[tuple[str, object], tuple[str, object]] = {}

    def root(node: tuple[str, object]) -> tuple[str, object]:
        while parent.setdefault(node, node) != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for m, t in zip(both["machine"], both["truth"], strict=True):
        parent[root(("machine", m))] = root(("truth", t))
    number: dict[tuple[str, object], int] = {}
    return [number.setdefault(root(("machine", m)), len(number)) for m in both["machine"]]
