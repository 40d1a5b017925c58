"""Means over seeds and paired bootstrap intervals: pure functions."""

import numpy as np


def summary(values):
    """Mean, spread and the values themselves; standard deviation with n - 1."""
    values = np.asarray(values, dtype=float)
    spread = float(values.std(ddof=1)) if len(values) > 1 else None
    return {"mean": round(float(values.mean()), 3), "worst": round(float(values.min()), 3),
            "standard_deviation": None if spread is None else round(spread, 3),
            "per_seed": [round(float(v), 3) for v in values]}


def paired(values, reference, draws=10_000):
    """Differences seed by seed and the bootstrap 95 % interval of their mean.

    With three seeds the interval can be no wider than the differences' range: it says what these
    seeds say and little more.
    """
    differences = np.asarray(values, dtype=float) - np.asarray(reference, dtype=float)
    generator = np.random.default_rng(0)
    picks = generator.integers(0, len(differences), size=(draws, len(differences)))
    low, high = np.percentile(differences[picks].mean(axis=1), [2.5, 97.5])
    return {"differences": [round(float(d), 3) for d in differences],
            "mean": round(float(differences.mean()), 3),
            "interval_95": [round(float(low), 3), round(float(high), 3)],
            "excludes_0": bool(low > 0 or high < 0)}
