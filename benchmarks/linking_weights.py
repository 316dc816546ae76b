"""Fit the points of `sitrep.linking.evidence` on the hand-coded table and say how well they do on what was held out.

    python benchmarks/linking_weights.py

Model: logistic regression of "the coder made the two mentions one incident" on the levels of the eight questions
(one-hot, ridge 1, base free), over all candidate pairs of data/mentions.csv, once with the coder's places and once with
places resolved from the words alone, so that one table of points serves both. Each pair weighs 1/d(i) + 1/d(j), d the
number of candidate pairs of a mention: incidents told by many sources must not outvote the rest. The base is then moved
by the shift that gives the best B-cubed F1. Held out: eight blocks of time with equally many mentions; a block is linked
with points, and shift, from the other seven.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import minimize

from sitrep.agreement import bcubed
from sitrep.linking import clusters, evidence
from sitrep.places import Gazetteer
from sitrep.tables import read

BLOCKS = 8
RIDGE = 1.0
SHIFTS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5)


class Problem:
    """One way of knowing the places: its pairs, one-hot levels, answers and weights."""

    def __init__(self, mentions: pd.DataFrame, places: pd.DataFrame) -> None:
        gazetteer = Gazetteer.from_frame(places)
        self.facts = evidence.gather(mentions, gazetteer, places)
        self.i, self.j, place = evidence.candidates(self.facts, gazetteer, places)
        self.levels = evidence.compare(self.facts, self.i, self.j, place)
        self.columns = [(q, name) for q, names in evidence.LEVELS.items() for name in names[q != "date" :]]
        self.x = np.column_stack(
            [np.ones(len(self.i))] + [self.levels[q] == evidence.LEVELS[q].index(name) for q, name in self.columns]
        ).astype(float)
        truth = mentions["incident_id"].to_numpy()
        self.y = (truth[self.i] == truth[self.j]).astype(float)
        degree = np.bincount(np.concatenate([self.i, self.j]), minlength=len(mentions))
        self.w = 2 * (1 / degree[self.i] + 1 / degree[self.j])
        order = np.argsort(mentions["date_start"].to_numpy(), kind="stable")
        self.block = np.empty(len(mentions), dtype=int)
        self.block[order] = np.arange(len(mentions)) * BLOCKS // len(mentions)
        self.truth = truth

    def link(self, points: np.ndarray) -> np.ndarray:
        apart = clusters.told_apart(self.facts.source, self.i, self.j, points)
        return clusters.group(len(self.truth), self.i, self.j, points, evidence.weight(self.levels), apart)


def fit(x: np.ndarray, y: np.ndarray, w: np.ndarray) -> np.ndarray:
    def loss(beta: np.ndarray) -> tuple[float, np.ndarray]:
        z = x @ beta
        value = (w * (np.logaddexp(0, z) - y * z)).sum() + RIDGE * (beta[1:] ** 2).sum() / 2
        slope = x.T @ (w * (1 / (1 + np.exp(-z)) - y))
        slope[1:] += RIDGE * beta[1:]
        return value, slope

    return minimize(loss, np.zeros(x.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 2000}).x


def train(problems: list[Problem], held: int | None) -> np.ndarray:
    """Points (base first) from all blocks but `held`, base shifted for the best mean F1 on those blocks."""
    rows = [
        np.ones(len(p.i), bool) if held is None else (p.block[p.i] != held) & (p.block[p.j] != held) for p in problems
    ]
    beta = fit(
        np.concatenate([p.x[r] for p, r in zip(problems, rows, strict=True)]),
        np.concatenate([p.y[r] for p, r in zip(problems, rows, strict=True)]),
        np.concatenate([p.w[r] for p, r in zip(problems, rows, strict=True)]),
    )
    best = (-1.0, beta)
    for shift in SHIFTS:
        moved = beta.copy()
        moved[0] += shift
        f1 = 0.0
        for p in problems:
            keep = np.ones(len(p.truth), bool) if held is None else p.block != held
            f1 += bcubed(pd.Series(p.link(p.x @ moved)[keep]), pd.Series(p.truth[keep])).f1
        best = max(best, (f1, moved), key=lambda pair: pair[0])
    return best[1]


def main() -> None:
    tables = read(Path("data"))
    blanked = tables.mentions.assign(place_id=pd.Series(np.nan, index=tables.mentions.index, dtype="str"))
    names = ("coder's places", "places from words")
    problems = [Problem(tables.mentions, tables.places), Problem(blanked, tables.places)]
    held = [np.empty(len(p.truth), dtype=int) for p in problems]
    for block in range(BLOCKS):
        beta = train(problems, block)
        for p, labels in zip(problems, held, strict=True):
            labels[p.block == block] = p.link(p.x @ beta)[p.block == block]
    for name, p, labels in zip(names, problems, held, strict=True):
        print(f"held out, {name}: {bcubed(pd.Series(labels), pd.Series(p.truth))}")
    beta = train(problems, None)
    rounded = np.round(beta, 1)
    for name, p in zip(names, problems, strict=True):
        print(f"fitted, {name}: {bcubed(pd.Series(p.link(p.x @ beta)), pd.Series(p.truth))}")
        print(f"rounded, {name}: {bcubed(pd.Series(p.link(p.x @ rounded)), pd.Series(p.truth))}")
    print(f"BASE = {rounded[0]}\nPOINTS = {{")
    for question in evidence.LEVELS:
        cells = [f'"{n}": {v}' for (q, n), v in zip(problems[0].columns, rounded[1:], strict=True) if q == question]
        print(f'    "{question}": {{{", ".join(cells)}}},')
    print("}")


if __name__ == "__main__":
    main()
