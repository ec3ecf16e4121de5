"""Calibration of probabilities: temperatures, calibration error, and thresholds for a maximal error rate.

``fit_temperatures`` and ``fit_thresholds`` are what ``export`` stores in the model; nothing else fits either.

SciPy comes with the train extra and is imported where it is used; scoring only divides by a temperature.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from claimstance import heads
from claimstance.evaluation import metrics
from claimstance.heads import Head, Level
from claimstance.model.encoding import EncodedSentence, tokens_of
from claimstance.model.predictor import Predictor
from claimstance.schema import Example

Floats = NDArray[np.floating[Any]]
Bools = NDArray[np.bool_]
NEVER: Final = 1.01  # above every probability: no decision passes


def fit_temperature(logits: Floats, labels: NDArray[np.integer[Any]]) -> float:
    """Return the temperature, from 1/4 to 8, that minimises the negative log-likelihood of (n, c) logits.

    See Guo et al. 2017. Log-probabilities serve as logits too. The result is 1 without rows.
    """
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    if not len(labels):
        return 1.0

    def loss(log_temperature: float) -> float:
        scaled = log_softmax(logits / np.exp(log_temperature), axis=1)
        return -float(scaled[np.arange(len(labels)), labels].mean())

    return float(np.exp(minimize_scalar(loss, bounds=(np.log(0.25), np.log(8.0)), method="bounded").x))


@dataclass(frozen=True, slots=True)
class CalibrationError:
    """Debiased expected calibration error with its 95 % interval."""

    error: float
    low: float
    high: float
    n: int


def expected_calibration_error(
    probabilities: Floats,
    correct: Bools,
    bins: int = 10,
    bootstrap: int = 500,
    seed: int = 0,
    groups: Sequence[str] | None = None,
) -> CalibrationError:
    """Return the debiased L2 calibration error over equal-mass bins (Kumar, Liang & Ma 2019).

    With few data even a perfectly calibrated model shows a plain binned error well above 0; this estimator does not.
    The interval is the basic (pivotal) bootstrap of the squared error: resamples vary around the biased error of the
    data, so their draws are compared with that error. ``groups`` are drawn whole.
    """
    n = len(probabilities)
    if n == 0:
        return CalibrationError(0.0, 0.0, 0.0, 0)
    squared, biased = _squared_errors(probabilities, correct, bins)
    rng = np.random.default_rng(seed)
    members = _members(n, groups)
    draws = []
    for _ in range(bootstrap):
        rows = np.concatenate([members[i] for i in rng.integers(0, len(members), len(members))])
        draws.append(_squared_errors(probabilities[rows], correct[rows], bins)[0] - biased)
    low, high = squared - np.quantile(draws, [0.975, 0.025]) if draws else (squared, squared)
    return CalibrationError(_root(squared), _root(low), _root(high), n)


def _members(n: int, groups: Sequence[str] | None) -> list[NDArray[np.intp]]:
    """Return the rows of each group; every row is its own group if there are none."""
    names = np.arange(n) if groups is None else np.unique(np.array(groups), return_inverse=True)[1]
    return np.split(np.argsort(names, kind="stable"), np.cumsum(np.bincount(names))[:-1])


def _squared_errors(probabilities: Floats, correct: Bools, bins: int) -> tuple[float, float]:
    """Return the debiased and the biased squared calibration error."""
    debiased = plain = 0.0
    for rows in _bins(probabilities, bins):
        accuracy, m = float(correct[rows].mean()), len(rows)
        gap = (float(probabilities[rows].mean()) - accuracy) ** 2
        bias = accuracy * (1 - accuracy) / (m - 1) if m > 1 else 0.0
        debiased += (gap - bias) * m / len(probabilities)
        plain += gap * m / len(probabilities)
    return debiased, plain


def _bins(probabilities: Floats, bins: int) -> list[NDArray[np.intp]]:
    """Return row numbers in bins of equal mass, of at least two rows each if possible."""
    order = np.argsort(probabilities, kind="stable")
    return np.array_split(order, min(bins, max(1, len(order) // 2)))


def _root(squared: float) -> float:
    return float(np.sqrt(max(0.0, squared)))


def reliability_curve(probabilities: Floats, correct: Bools, bins: int = 10) -> list[dict[str, float]]:
    """Return mean probability, accuracy and n of equal-mass bins, for a plot."""
    return [
        {
            "probability": float(probabilities[rows].mean()),
            "accuracy": float(correct[rows].mean()),
            "n": float(len(rows)),
        }
        for rows in _bins(probabilities, bins)
        if len(rows)
    ]


def threshold_for_error(probabilities: Floats, correct: Bools, max_error: float, confidence: float = 0.95) -> float:
    """Return the smallest threshold with an error of at most ``max_error`` among the decisions at or above it.

    The error is the upper bound of Clopper & Pearson (1934), one-sided, at ``confidence``. ``NEVER`` if no threshold
    reaches it. The bound holds for one threshold; choosing the best of many weakens it, so report
    ``risk_coverage`` on a test set beside it.
    """
    from scipy.stats import beta

    order = np.argsort(-probabilities, kind="stable")
    ranked = probabilities[order]
    errors = np.cumsum(~correct[order])
    kept = np.arange(1, len(order) + 1)
    bounds = beta.ppf(confidence, errors + 1, np.maximum(kept - errors, 0.5))  # 0.5 is replaced below
    bounds = np.where(errors == kept, 1.0, bounds)
    last_of_ties = np.append(ranked[1:] != ranked[:-1], True)[: len(ranked)]
    good = np.flatnonzero((bounds <= max_error) & last_of_ties)
    return float(ranked[good[-1]]) if len(good) else NEVER


def risk_coverage(probabilities: Floats, correct: Bools) -> list[dict[str, float]]:
    """Return the error among the most probable decisions, for each tenth of coverage."""
    order = np.argsort(-probabilities, kind="stable")
    shares = [round(share * len(order) / 10) for share in range(1, 11)]
    return [{"coverage": kept / len(order), "risk": float(1 - correct[order[:kept]].mean())} for kept in shares if kept]


def fit_temperatures(predictor: Predictor, examples: Sequence[Example]) -> dict[str, float]:
    """Return one temperature a calibrated head; 1 where the examples have no label for it."""
    encoded = predictor.encoder.encode([example.text for example in examples])
    rows = list(zip(examples, encoded, predictor.logits(encoded), strict=True))
    temperatures = {}
    for head in heads.HEADS:
        if head.calibrated:
            found = [pair for row in rows for pair in _labelled_logits(head, *row)]
            logits, gold = [pair[0] for pair in found], [pair[1] for pair in found]
            temperatures[head.name] = fit_temperature(np.stack(logits), np.array(gold)) if gold else 1.0
    return temperatures


def _labelled_logits(
    head: Head, example: Example, sentence: EncodedSentence, logits: Mapping[str, Floats]
) -> Iterator[tuple[Floats, int]]:
    """Yield the logits (c,) and the label's index of each labelled decision of a head."""
    values = logits[head.output][..., heads.columns(head)]
    if head.level is Level.SENTENCE:
        if (label := heads.gold_label(head, example)) is not None:
            yield values, head.labels.index(label)
    elif head.name in example.labelled:
        for target in example.targets:
            tokens = tokens_of(target.span, sentence.offsets)
            chosen = values[tokens] if len(tokens) else values  # as in decoding
            yield chosen.mean(axis=0), head.labels.index(target.stance)


def fit_thresholds(
    predictor: Predictor, examples: Sequence[Example], max_error: float, confidence: float
) -> dict[str, list[float]]:
    """Return by head the probability below which a decision needs review, for errors of 1 %, 2 % … ``max_error``."""
    given = [[target.span for target in example.targets] for example in examples]
    predictions = predictor.predict([example.text for example in examples], given)
    errors = [percent / 100 for percent in range(1, int(100 * max_error + 1e-9) + 1)]
    thresholds = {}
    for head in heads.HEADS:
        if head.reviewed:
            found = metrics.decisions(head, examples, predictions)
            thresholds[head.name] = _thresholds(found, errors, confidence)
    return thresholds


def _thresholds(found: Sequence[metrics.Decision], errors: Sequence[float], confidence: float) -> list[float]:
    if not found:
        return [0.0] * len(errors)
    probabilities = np.array([d.probability for d in found])
    correct = np.array([d.gold == d.found for d in found], dtype=bool)
    return [round(threshold_for_error(probabilities, correct, error, confidence), 6) for error in errors]
