"""What ``export`` fits on dev and stores in the model: temperatures, and thresholds for ``needs_review``.

This is the only place that fits either; evaluation measures what the model folder holds.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from claimstance import heads
from claimstance.evaluation import calibration, metrics
from claimstance.heads import Head, Level
from claimstance.model.decoding import Floats
from claimstance.model.encoding import EncodedSentence, tokens_of
from claimstance.model.predictor import Predictor
from claimstance.schema import Example


def fit_temperatures(predictor: Predictor, examples: Sequence[Example]) -> dict[str, float]:
    """Return one temperature a calibrated head; 1 where the examples have no label for it."""
    encoded = predictor.encoder.encode([example.text for example in examples])
    rows = list(zip(examples, encoded, predictor.logits(encoded), strict=True))
    temperatures = {}
    for head in heads.HEADS:
        if head.calibrated:
            found = [pair for row in rows for pair in _labelled_logits(head, *row)]
            logits, gold = [pair[0] for pair in found], [pair[1] for pair in found]
            temperatures[head.name] = calibration.fit_temperature(np.stack(logits), np.array(gold)) if gold else 1.0
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
    return [round(calibration.threshold_for_error(probabilities, correct, error, confidence), 6) for error in errors]
