"""Means over seeds and paired t intervals: pure functions."""

import numpy as np

# Student's t at 0.975 for 1, 2, ... degrees of freedom.
T_975 = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)


def summary(values):
    """Mean, spread and the values themselves; standard deviation with n - 1."""
    values = np.asarray(values, dtype=float)
    spread = float(values.std(ddof=1)) if len(values) > 1 else None
    return {"mean": round(float(values.mean()), 3), "worst": round(float(values.min()), 3),
            "standard_deviation": None if spread is None else round(spread, 3),
            "per_seed": [round(float(v), 3) for v in values]}


def interval(differences):
    """The 95 % t interval of the mean of up to ten differences; none of one."""
    n = len(differences)
    if n < 2:
        return None
    half = T_975[n - 2] * float(np.std(differences, ddof=1)) / n ** 0.5
    mean = float(np.mean(differences))
    return [round(mean - half, 3), round(mean + half, 3)]


def paired(values, reference):
    """Differences seed by seed, their mean and its 95 % interval."""
    differences = np.asarray(values, dtype=float) - np.asarray(reference, dtype=float)
    bounds = interval(differences)
    return {"differences": [round(float(d), 3) for d in differences],
            "mean": round(float(differences.mean()), 3),
            "interval_95": bounds,
            "excludes_0": bounds is not None and bool(bounds[0] > 0 or bounds[1] < 0)}
