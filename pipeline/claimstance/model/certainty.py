"""How sure the model is: of a label, of a span, and of a whole claim. ``export`` fits all of it on dev."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import exp, log
from typing import Final

import numpy as np
from numpy.typing import NDArray

from claimstance import heads
from claimstance.schema import PredictedTarget, Prediction, Probabilities

Floats = NDArray[np.float32]
MISSED: Final = "missed"
_NEVER_QUITE: Final = 1e-6  # keeps a logit finite


@dataclass(frozen=True, slots=True)
class SpanFit:
    """From the score of a span to the probability that it is exactly right (Platt 1999).

    Attributes:
        slope, intercept: Of the score's logit.
        least: A span with a lower probability is dropped. The default suits raw scores: on dev every head but cues
            has its best F1 between 0.13 and 0.29.
    """

    slope: float = 1.0
    intercept: float = 0.0
    least: float = 0.25

    def probability(self, score: float) -> float:
        score = min(max(score, _NEVER_QUITE), 1 - _NEVER_QUITE)
        return 1 / (1 + exp(-self.slope * log(score / (1 - score)) - self.intercept))


@dataclass(frozen=True, slots=True)
class ClaimFit:
    """From the probabilities of a claim's decisions to the probability that all of it is right: a logistic regression.

    Attributes:
        weights: Of the log-probability of each kind of decision; one that is not named does not count.
        intercept: Null where nothing was fitted: the decisions then count as independent.
    """

    weights: Mapping[str, float] = field(default_factory=dict)
    intercept: float | None = None

    def contribution(self, decision: "Decided") -> float:
        """Return what a decision adds to the log-odds of the claim, 0 or less."""
        weight = 1.0 if self.intercept is None else self.weights.get(decision.kind, 0.0)
        return weight * decision.log

    def probability(self, decisions: Sequence["Decided"]) -> float:
        total = sum(map(self.contribution, decisions))
        return exp(total) if self.intercept is None else 1 / (1 + exp(-self.intercept - total))


@dataclass(frozen=True, slots=True)
class Calibration:
    """What was fitted on dev.

    Attributes:
        temperatures: By head, what its logits are divided by (Guo et al. 2017).
        spans: By head of spans, how it turns scores into probabilities.
        claim: How sure a whole claim is.
    """

    temperatures: Mapping[str, float] = field(default_factory=dict)
    spans: Mapping[str, SpanFit] = field(default_factory=dict)
    claim: ClaimFit = field(default_factory=ClaimFit)

    def of_spans(self, head: str) -> SpanFit:
        return self.spans.get(head) or SpanFit()

    def probabilities(self, choices: Sequence["Choice"]) -> list[Probabilities]:
        """Return the calibrated probabilities of each choice, in one call: numpy is slow for a few numbers."""
        widest = max(len(choice.logits) for choice in choices)
        dtype = choices[0].logits.dtype
        rows = np.full((len(choices), widest), -np.inf, dtype=dtype)  # exp(-inf) adds nothing to a sum
        for row, choice in zip(rows, choices, strict=True):
            row[: len(choice.logits)] = choice.logits
        rows /= np.array([[self.temperatures.get(choice.head, 1.0)] for choice in choices], dtype=dtype)
        softened = softmax(rows).tolist()
        return [tuple(row[: len(choice.logits)]) for row, choice in zip(softened, choices, strict=True)]


@dataclass(frozen=True, slots=True)
class Choice:
    """A choice between the labels of one head, for the sentence or one target."""

    head: str
    logits: Floats  # (c,)


def softmax(logits: Floats, axis: int = -1) -> Floats:
    powers = np.exp(logits - logits.max(axis=axis, keepdims=True))
    return np.asarray(powers / powers.sum(axis=axis, keepdims=True), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision of a claim, in the field of the row that shows it, and the probability that it is right."""

    field: str
    probability: float
    missed: bool = False  # that nothing was overlooked is a kind of decision of its own

    @property
    def kind(self) -> str:
        return MISSED if self.missed else self.field

    @property
    def log(self) -> float:
        return log(max(self.probability, _NEVER_QUITE))


def decided(prediction: Prediction, targets: Sequence[PredictedTarget], find_targets: bool = True) -> list[Decided]:
    """Return each decision of a claim.

    A source that was not found is right with the probability that there is none; likewise for further targets.

    Args:
        prediction: Of the sentence.
        targets: Those that it is judged toward; a given one has no probability of its own.
        find_targets: Whether the model finds them.
    """
    found = [Decided(head.name, max(prediction.labels[head.name])) for head in heads.of_claims()]
    source = prediction.spans.get(heads.SOURCE.name)
    found.append(Decided("source", source[0].probability if source else 1 - prediction.missed.get("source", 0.0)))
    if find_targets:
        found.append(Decided("target", 1 - prediction.missed.get("target", 0.0), missed=True))
    for target in targets:
        if target.probability is not None:
            found.append(Decided("target", target.probability))
        found.append(Decided("stance", max(target.stance)))
    return found


def to_review(decisions: Sequence[Decided], fit: ClaimFit, threshold: float) -> Iterator[Decided]:
    """Yield the decisions that lower a claim's probability most, as few as leave the others above the threshold."""
    rest = sorted(decisions, key=fit.contribution)
    while rest and fit.probability(rest) < threshold:
        yield rest.pop(0)
