"""How well the self-exciting model fits: what it expected of each day, the day before, beside what came."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from sitrep.escalation.excitation import Excitation, intensities
from sitrep.escalation.rate_ratio import check_counts

BINS = 10
LAGS = 28


@dataclass(frozen=True)
class Goodness:
    """One-step-ahead fit of a count model.

    `pit`: one row a tenth of the probability integral transform: low, high, share of the known days; a model that fits has a
    tenth in each. `autocorrelation`: one row a lag 1..`LAGS`: lag, counts, residuals (Pearson's). `limit`: 95% of the
    autocorrelations of independent days lie within it on either side. `days`: known days.
    """

    pit: pd.DataFrame
    autocorrelation: pd.DataFrame
    limit: float
    days: int

    @property
    def outside(self) -> tuple[int, int]:
        """Lags at which the autocorrelation of the counts, and of the residuals, lies beyond `limit`."""
        beyond = self.autocorrelation[["counts", "residuals"]].abs() > self.limit
        return int(beyond["counts"].sum()), int(beyond["residuals"].sum())


def one_step_ahead(counts: pd.Series, model: Excitation) -> Goodness:
    """The fit of `model` to the known days of `counts`, each day judged by what came before it only.

    The transform is the nonrandomized one of Czado, Gneiting and Held (2009), "Predictive model assessment for count data",
    since counts have no uniform transform of their own. A pair of days of which one is missing leaves its lag.
    ValueError where no day is known or the counts do not vary.
    """
    y = check_counts(counts).to_numpy()
    known = ~np.isnan(y)
    if not known.any() or not np.nanvar(y):
        raise ValueError("The fit can be judged only where counts are known and vary.")
    mean = intensities(y, model.mu, model.alpha, model.beta, float(np.nanmean(y)))
    residuals = (y - mean) / np.sqrt(mean + mean**2 / model.size)
    share = model.size / (model.size + mean[known])
    below, upto = (stats.nbinom.cdf(y[known] - k, model.size, share) for k in (1, 0))
    edges = np.linspace(0, 1, BINS + 1)
    height = np.clip((edges[:, None] - below) / np.maximum(upto - below, 1e-12), 0, 1).mean(axis=1)
    pit = pd.DataFrame({"low": edges[:-1], "high": edges[1:], "share": np.diff(height)})
    lags = np.arange(1, LAGS + 1)
    table = pd.DataFrame(
        {"lag": lags, "counts": _autocorrelation(y, lags), "residuals": _autocorrelation(residuals, lags)}
    )
    return Goodness(pit, table, float(1.96 / np.sqrt(known.sum())), int(known.sum()))


def _autocorrelation(values: np.ndarray, lags: np.ndarray) -> np.ndarray:
    centred = values - np.nanmean(values)
    variance = float(np.nanmean(centred**2))
    found = []
    for lag in lags:
        products = centred[lag:] * centred[:-lag]
        known = products[~np.isnan(products)]
        found.append(known.mean() / variance if len(known) else 0.0)
    return np.array(found)
