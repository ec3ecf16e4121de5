"""Calibration of labels, spans and claims: what is fitted on dev, calibration error, thresholds for an error rate.

``fit_calibration`` and ``fit_thresholds`` are what ``export`` stores in the model; nothing else fits either.

SciPy comes with the train extra and is imported where it is used; scoring only applies what was fitted.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from claimstance import heads
from claimstance.evaluation.overall import is_clean, labels_whole_claims
from claimstance.heads import Head, Level
from claimstance.model.certainty import Calibration, ClaimFit, Decided, SpanFit, decided
from claimstance.model.decoding import candidates, most_likely
from claimstance.model.encoding import EncodedSentence, tokens_of
from claimstance.model.predictor import Predictor
from claimstance.schema import Example, Kind, Prediction

Floats = NDArray[np.floating[Any]]
Bools = NDArray[np.bool_]
FOLDS: Final = 5
TARGET_SLACK: Final = 0.02  # a target that is not shown is lost, and a weak one can be dropped: see needs-review.md
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


def fit_calibration(predictor: Predictor, examples: Sequence[Example]) -> Calibration:
    """Return a temperature for each head that classifies, and for each head of spans how sure its spans are.

    A head that no example labels keeps its raw probabilities.
    """
    encoded = predictor.encoder.encode([example.text for example in examples])
    rows = list(zip(examples, encoded, predictor.logits(encoded), strict=True))
    temperatures = {}
    for head in heads.with_labels():
        found = [pair for row in rows for pair in _labelled_logits(head, *row)]
        logits, gold = [pair[0] for pair in found], [pair[1] for pair in found]
        temperatures[head.name] = fit_temperature(np.stack(logits), np.array(gold)) if gold else 1.0
    raw = {head.name: SpanFit(least=0.0) for head in heads.of_level(Level.SPANS)}
    scored: dict[str, list[tuple[float, bool]]] = {name: [] for name in raw}
    in_gold = dict.fromkeys(raw, 0)
    for example, sentence, of_sentence in rows:
        found_spans = candidates(example.text, sentence.offsets, of_sentence, Calibration(spans=raw))
        for name in scored:
            if name in example.labelled and example.kind is not Kind.OTHER:
                gold_spans = set(heads.gold_spans(heads.by_name()[name], example))
                in_gold[name] += len(gold_spans)
                scored[name] += [(one.probability, (one.span, one.label) in gold_spans) for one in found_spans[name]]
    slack = {heads.TARGET.name: TARGET_SLACK}
    spans = {name: fit_spans(of_head, in_gold[name], slack.get(name, 0.0)) for name, of_head in scored.items()}
    fitted = predictor.with_calibration(Calibration(temperatures, spans))
    decided = claims(examples, fitted.predict([example.text for example in examples]))
    return Calibration(temperatures, spans, fit_claim(decided))


def fit_spans(scored: Sequence[tuple[float, bool]], gold: int, slack: float = 0.0) -> SpanFit:
    """Fit the probability of a span to (score, right) pairs, and the least one at which a span is shown.

    That is the lowest one whose F1, with ``gold`` spans, is at most ``slack`` below the best.

    The raw score stays where the pairs are all right or all wrong, or where a higher score does not mean more.
    """
    from sklearn.linear_model import LogisticRegression

    scores = np.array([score for score, _ in scored])
    right = np.array([found for _, found in scored], dtype=bool)
    if not 0 < right.sum() < len(right):
        return SpanFit()
    clipped = np.clip(scores, 1e-6, 1 - 1e-6)
    fitted = LogisticRegression(C=1e3).fit(np.log(clipped / (1 - clipped))[:, None], right)
    slope, intercept = float(fitted.coef_[0, 0]), float(fitted.intercept_[0])
    if slope <= 0:
        return SpanFit()
    order = np.argsort(-scores, kind="stable")
    f1 = 2 * np.cumsum(right[order]) / (gold + np.arange(1, len(order) + 1))
    best = int(f1.argmax()) if not slack else int(np.flatnonzero(f1 >= f1.max() - slack)[-1])
    border = scores[order[best : best + 2]].mean()  # between the last span that is kept and the first that is not
    fit = SpanFit(slope, intercept)
    return replace(fit, least=fit.probability(float(border)))


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
) -> list[float]:
    """Return the probability below which a claim needs review, for errors of 1 %, 2 % … ``max_error``.

    An error is a claim that is not ``clean``. The probability of each claim comes from a fit to the other articles.
    """
    from sklearn.model_selection import GroupKFold

    found = claims(examples, predictor.predict([example.text for example in examples]))
    errors = [percent / 100 for percent in range(1, int(100 * max_error + 1e-9) + 1)]
    groups = [claim.group for claim in found]
    if not found:
        return [NEVER] * len(errors)
    probabilities = np.array([predictor.calibration.claim.probability(claim.decisions) for claim in found])
    if len(set(groups)) >= FOLDS:
        for seen, held in GroupKFold(FOLDS).split(groups, groups=groups):
            fit = fit_claim([found[i] for i in seen])
            probabilities[held] = [fit.probability(found[i].decisions) for i in held]
    correct = np.array([claim.clean for claim in found])
    return [round(threshold_for_error(probabilities, correct, error, confidence), 6) for error in errors]


@dataclass(frozen=True, slots=True)
class FoundClaim:
    """A claim that was found: its article, what was decided, and whether it is clean."""

    group: str
    decisions: Sequence[Decided]
    clean: bool


def claims(examples: Sequence[Example], predictions: Sequence[Prediction]) -> list[FoundClaim]:
    """Return the claims that were found among examples that label whole claims."""
    return [
        FoundClaim(example.group, decided(prediction, prediction.targets), is_clean(example, prediction))
        for example, prediction in zip(examples, predictions, strict=True)
        if labels_whole_claims(example) and most_likely(prediction.kind) == heads.KIND.labels.index(Kind.CLAIM)
    ]


def fit_claim(found: Sequence[FoundClaim]) -> ClaimFit:
    """Fit the probability that a claim is clean to the log-probabilities of its decisions, those of a kind together.

    A kind whose weight would be negative is left out. Nothing is fitted where all or none are clean.
    """
    from sklearn.linear_model import LogisticRegression

    clean = [claim.clean for claim in found]
    if len(set(clean)) < 2:
        return ClaimFit()
    kinds = sorted({one.kind for claim in found for one in claim.decisions})
    while kinds:
        logs = [[_log(claim, kind) for kind in kinds] for claim in found]
        fitted = LogisticRegression().fit(np.array(logs), clean)
        weights = dict(zip(kinds, map(float, fitted.coef_[0]), strict=True))
        if min(weights.values()) >= 0:
            return ClaimFit(weights, float(fitted.intercept_[0]))
        kinds.remove(min(kinds, key=weights.__getitem__))
    return ClaimFit()


def _log(claim: FoundClaim, kind: str) -> float:
    return sum(one.log for one in claim.decisions if one.kind == kind)
