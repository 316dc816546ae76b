"""Adjusts p-values for the number of tests made: Holm (any error) and Benjamini and Hochberg (share of false findings)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def holm(p: Sequence[float]) -> np.ndarray:
    """Holm's step-down adjusted p-values, as R's ``p.adjust(p, "holm")``; controls the chance of any false finding."""
    values = _checked(p)
    order = np.argsort(values, kind="stable")
    steps = np.maximum.accumulate(values[order] * (len(values) - np.arange(len(values))))
    return _restored(np.minimum(1.0, steps), order)


def benjamini_hochberg(p: Sequence[float]) -> np.ndarray:
    """Step-up adjusted p-values, as R's ``p.adjust(p, "BH")``; controls the expected share of false findings."""
    values = _checked(p)
    order = np.argsort(-values, kind="stable")
    n = len(values)
    steps = np.minimum.accumulate(values[order] * n / (n - np.arange(n)))
    return _restored(np.minimum(1.0, steps), order)


def _checked(p: Sequence[float]) -> np.ndarray:
    values = np.asarray(p, float)
    if not ((values >= 0) & (values <= 1)).all():
        raise ValueError("p-values must lie between 0 and 1; a test that gave none is left out beforehand.")
    return values


def _restored(adjusted: np.ndarray, order: np.ndarray) -> np.ndarray:
    values = np.empty_like(adjusted)
    values[order] = adjusted
    return values
