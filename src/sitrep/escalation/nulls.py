"""Series without an effect that are otherwise like a given one, and the error rate measured on them."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
from filelock import FileLock
from scipy import stats

from sitrep.escalation import excitation
from sitrep.escalation.rate_ratio import check_counts

VERSION = "3"
"""Part of a stored table's name: raised whenever a method or a model changes."""

MODELS = ("poisson", "negative_binomial", "self_exciting", "series")
"""Homogeneous Poisson; independent overdispersed days; days that follow one another, all fitted to the given series; and the
series itself, whose dates are then moved."""

JUDGING = ("negative_binomial", "self_exciting")
"""The models a method is judged on; on the series itself a placebo is exact by construction."""


def simulate(series: pd.Series, model: str, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Series without effect, one a row; days missing in `series` are missing in them. The series itself is one row.

    A model that cannot be fitted gives none, and a series without an attack gives none at all.
    """
    values = series.to_numpy()
    known = ~np.isnan(values)
    if not known.any() or not np.nansum(values):
        return np.empty((0, len(values)))
    if model == "series":
        return np.asarray(values[None, :])
    mean, variance = float(np.nanmean(values)), float(np.nanvar(values))
    shape = (draws, len(values))
    if model == "poisson":
        drawn = rng.poisson(mean, shape).astype(float)
    elif model == "negative_binomial":
        size = mean**2 / (variance - mean) if variance > mean else excitation.LARGEST_SIZE
        drawn = excitation.draw_counts(np.full(shape, mean), size, rng)
    else:
        fitted = _fitted(values.tobytes())
        if fitted is None:
            return np.empty((0, len(values)))
        drawn = excitation.simulate(fitted, len(values), draws, rng)
    drawn[:, ~known] = np.nan
    return drawn


@lru_cache(maxsize=16)
def _fitted(values: bytes) -> excitation.Excitation | None:
    """The self-exciting model of daily counts, which every method asks for again; None where it cannot be fitted."""
    counts = np.frombuffer(values)
    try:
        return excitation.fit(pd.Series(counts, pd.date_range("2000-01-01", periods=len(counts))))
    except ValueError:
        return None


def null_series(
    counts: pd.Series, draws: int, seed: int = 1, models: Sequence[str] = JUDGING
) -> Iterator[tuple[str, pd.Series]]:
    """`draws` series of each of `models`, with the model's name."""
    series = check_counts(counts)
    for model in models:
        for one in simulate(series, model, draws, np.random.default_rng([seed, MODELS.index(model)])):
            yield model, pd.Series(one, index=series.index)


def rate_with_limits(rejected: int, tested: int, level: float = 0.95) -> tuple[float, float, float]:
    """Share rejected with Wilson's interval, for independent tests; missing when none was made."""
    if tested == 0:
        return np.nan, np.nan, np.nan
    z = float(stats.norm.ppf(0.5 + level / 2))
    share = rejected / tested
    centre = (share + z**2 / (2 * tested)) / (1 + z**2 / tested)
    reach = z / (1 + z**2 / tested) * np.sqrt(share * (1 - share) / tested + z**2 / (4 * tested**2))
    return share, max(0.0, float(centre - reach)), min(1.0, float(centre + reach))


def clustered_rate(rejected: np.ndarray, tested: np.ndarray) -> tuple[float, float, float]:
    """Share rejected, with 95% limits over series, which are independent, not over the tests within one; missing when none.

    `rejected` and `tested`: one number a series. Where nothing is rejected the spread says nothing, and the upper limit is
    that of none in as many independent tests as there are series, at one-sided 95%.
    """
    total = float(tested.sum())
    if total == 0 or len(tested) < 2:
        return np.nan, np.nan, np.nan
    rate = float(rejected.sum()) / total
    if rate == 0:
        return 0.0, 0.0, 1 - 0.05 ** (1 / int((tested > 0).sum()))
    spread = rejected - rate * tested
    error = float(np.sqrt((spread**2).sum() * len(tested) / (len(tested) - 1))) / total
    return rate, max(0.0, rate - 1.96 * error), min(1.0, rate + 1.96 * error)


class NotMeasuredError(LookupError):
    """The table asked for was not measured before, and measuring it now was not asked for."""


@dataclass(frozen=True)
class Kept:
    """A folder of tables measured before, to which none is added: measuring one can take minutes."""

    folder: Path


def stored(
    folder: Kept | Path | str | None, kind: str, made_from: object, make: Callable[[], pd.DataFrame]
) -> pd.DataFrame:
    """The table that `make` makes, read from `folder` when it was made there before from the same; made anew without a folder.

    `made_from`: all that the table depends on, in a form whose `repr` tells it in full. The file's name is `kind` and a
    hash of it, so a change makes another file; deleting it renews it. Raises `NotMeasuredError` where `folder` is `Kept` and
    has no such table.
    """
    if folder is None:
        return make()
    key = hashlib.sha256(repr((VERSION, kind, made_from)).encode()).hexdigest()[:16]
    if isinstance(folder, Kept):
        try:
            return pd.read_csv(folder.folder / f"{kind}-{key}.csv", dtype={"stratum": str})
        except FileNotFoundError:
            raise NotMeasuredError(kind) from None
    path = Path(folder) / f"{kind}-{key}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    # Notebooks that run side by side wait for the first instead of measuring twice.
    with FileLock(path.with_suffix(".lock")):
        if not path.exists():
            with tempfile.NamedTemporaryFile("w", dir=folder, delete=False, encoding="utf-8", newline="") as file:
                make().to_csv(file, index=False, float_format="%.6g", lineterminator="\n")
            Path(file.name).chmod(0o644)
            Path(file.name).replace(path)
    return pd.read_csv(path, dtype={"stratum": str})
