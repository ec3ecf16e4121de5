"""Probabilities that mean what they say: temperatures, calibration error, and thresholds for a promised error rate.

SciPy comes with the train extra and is imported where it is used; scoring only divides by a temperature.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Bools = NDArray[np.bool_]
NEVER = 1.01  # a threshold above every probability: no answer is sure enough


def fit_temperature(logits: Floats, labels: NDArray[np.integer[Any]]) -> float:
    """The temperature that minimises the negative log-likelihood of (n, c) logits (Guo et al. 2017)."""
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    def loss(log_temperature: float) -> float:
        scaled = log_softmax(logits / np.exp(log_temperature), axis=1)
        return -float(scaled[np.arange(len(labels)), labels].mean())

    return float(np.exp(minimize_scalar(loss, bounds=(np.log(0.25), np.log(8.0)), method="bounded").x))


@dataclass(frozen=True, slots=True)
class CalibrationError:
    """Expected calibration error, its bias removed, with a 95 % bootstrap interval."""

    error: float
    low: float
    high: float
    n: int


def expected_calibration_error(
    probabilities: Floats, correct: Bools, bins: int = 10, bootstrap: int = 500, seed: int = 0
) -> CalibrationError:
    """Debiased L2 calibration error over equal-mass bins (Kumar, Liang & Ma 2019), so that few data do not look bad."""
    n = len(probabilities)
    if n == 0:
        return CalibrationError(0.0, 0.0, 0.0, 0)
    rng = np.random.default_rng(seed)
    samples = [rng.integers(0, n, n) for _ in range(bootstrap)]
    draws = [_debiased(probabilities[rows], correct[rows], bins) for rows in samples]
    low, high = (float(q) for q in np.quantile(draws, [0.025, 0.975])) if draws else (0.0, 0.0)
    return CalibrationError(_debiased(probabilities, correct, bins), low, high, n)


def _debiased(probabilities: Floats, correct: Bools, bins: int) -> float:
    squared = 0.0
    for rows in np.array_split(np.argsort(probabilities, kind="stable"), min(bins, max(1, len(probabilities) // 2))):
        accuracy, m = float(correct[rows].mean()), len(rows)
        gap = (float(probabilities[rows].mean()) - accuracy) ** 2
        bias = accuracy * (1 - accuracy) / (m - 1) if m > 1 else 0.0
        squared += (gap - bias) * m / len(probabilities)
    return float(np.sqrt(max(0.0, squared)))


def reliability_curve(probabilities: Floats, correct: Bools, bins: int = 10) -> list[dict[str, float]]:
    """Mean probability, accuracy and n of equal-mass bins, for a plot."""
    order = np.array_split(np.argsort(probabilities, kind="stable"), min(bins, max(1, len(probabilities))))
    return [
        {"probability": float(probabilities[rows].mean()), "accuracy": float(correct[rows].mean()), "n": float(len(rows))}
        for rows in order
        if len(rows)
    ]


def threshold_for_error(probabilities: Floats, correct: Bools, max_error: float, confidence: float = 0.95) -> float:
    """The smallest threshold above which the error's upper bound (Clopper & Pearson 1934) is at most ``max_error``.

    ``NEVER`` if no threshold reaches it.
    """
    from scipy.stats import beta

    order = np.argsort(-probabilities, kind="stable")
    errors = np.cumsum(~correct[order])
    kept = np.arange(1, len(order) + 1)
    bounds = beta.ppf(confidence, errors + 1, kept - errors)
    bounds = np.where(errors == kept, 1.0, bounds)
    good = np.flatnonzero(bounds <= max_error)
    return float(probabilities[order][good[-1]]) if len(good) else NEVER


def risk_coverage(probabilities: Floats, correct: Bools) -> list[dict[str, float]]:
    """The error among the surest share of answers, for each tenth of coverage."""
    order = np.argsort(-probabilities, kind="stable")
    shares = [round(share * len(order) / 10) for share in range(1, 11)]
    return [
        {"coverage": kept / len(order), "risk": float(1 - correct[order[:kept]].mean())} for kept in shares if kept
    ]
