"""The outputs of the model, one row each.

The network, the training labels, the decoder, the metrics, calibration, export and the behavioural tests are all
built from ``HEADS``: a new output is a new row. What the labels mean is in ``docs/label-guide.md``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from claimstance.schema import Act, CueType, Example, Kind, Span, Stance, Strength


class Level(StrEnum):
    """What one label of a head belongs to."""

    SENTENCE = "sentence"
    TARGET = "target"  # decided by the mean of the logits over the target's tokens
    SPANS = "spans"  # BIO tags over the sentence's tokens


@dataclass(frozen=True, slots=True)
class Head:
    """One output of the model.

    Attributes:
        name: What params, metrics and reports call it.
        labels: In the order of its logits. A head of spans has a begin and an inside tag for each, and one outside tag.
        level: What one label belongs to.
        field: The field of ``Example`` that holds its gold labels.
        output: The tensor that holds its logits; heads of one level may share one, side by side.
        loss_weight: Weight of its loss where ``train.loss_weights`` does not name it.
        metric: Name of its headline metric.
        reviewed: Whether ``needs_review`` can name it.
        at_most: How many spans a sentence can have; None if any number.
    """

    name: str
    labels: tuple[str, ...]
    level: Level
    field: str
    output: str
    loss_weight: float = 1.0
    metric: str = "macro_f1"
    reviewed: bool = False
    at_most: int | None = None

    @property
    def width(self) -> int:
        """Number of logits a sentence or token."""
        return 1 + 2 * len(self.labels) if self.level is Level.SPANS else len(self.labels)


def _labels(enum: type[StrEnum]) -> tuple[str, ...]:
    return tuple(str(label) for label in enum)


def _spans(name: str, field: str, at_most: int) -> Head:
    return Head(name, (name,), Level.SPANS, field, "roles", metric="f1", at_most=at_most)


MAX_TARGETS = 3  # a sentence, after the label guide

KIND = Head("kind", _labels(Kind), Level.SENTENCE, "kind", "kind", reviewed=True)
ACT = Head("act", _labels(Act), Level.SENTENCE, "act", "act", reviewed=True)
STRENGTH = Head("strength", _labels(Strength), Level.SENTENCE, "strength", "strength", reviewed=True)
STANCE = Head("stance", _labels(Stance), Level.TARGET, "targets", "stance", reviewed=True)
SENTIMENT = Head("sentiment", _labels(Stance), Level.TARGET, "targets", "sentiment")  # of NewsMTSC's sentences
CUES = Head("cues", _labels(CueType), Level.SPANS, "cues", "cues", metric="f1")
SOURCE = _spans("source", "source", 1)
TARGET = _spans("target", "targets", MAX_TARGETS)
CONDITION = _spans("condition", "condition", 1)
TRIGGER = _spans("trigger", "trigger", 1)

HEADS: tuple[Head, ...] = (KIND, ACT, STRENGTH, STANCE, SENTIMENT, CUES, SOURCE, TARGET, CONDITION, TRIGGER)


def by_name() -> Mapping[str, Head]:
    """Return every head by its name."""
    return {head.name: head for head in HEADS}


def of_level(*levels: Level) -> tuple[Head, ...]:
    """Return the heads of some levels, in the order of ``HEADS``."""
    return tuple(head for head in HEADS if head.level in levels)


def of_claims() -> tuple[Head, ...]:
    """Return the heads that decide about a claim as a whole, of those that are reviewed."""
    return tuple(head for head in of_level(Level.SENTENCE) if head.reviewed)


def with_labels() -> tuple[Head, ...]:
    """Return the heads that classify: sentences or targets."""
    return of_level(Level.SENTENCE, Level.TARGET)


def outputs() -> dict[str, tuple[Head, ...]]:
    """Return the network's output tensors in order, each with the heads that lie in it side by side."""
    found: dict[str, tuple[Head, ...]] = {}
    for head in HEADS:
        found[head.output] = (*found.get(head.output, ()), head)
    return found


def output_level(output: str) -> Level:
    """Return the level of an output tensor."""
    return outputs()[output][0].level


def output_width(output: str) -> int:
    """Return the size of an output tensor's last dimension."""
    return sum(head.width for head in outputs()[output])


def columns(head: Head) -> slice:
    """Return where a head's logits lie in the last dimension of its output."""
    start = 0
    for other in outputs()[head.output]:
        if other.name == head.name:
            break
        start += other.width
    return slice(start, start + head.width)


def gold_label(head: Head, example: Example) -> str | None:
    """Return an example's label of a sentence head; null where it has none."""
    value = getattr(example, head.field)
    return None if value is None else str(value)


def gold_spans(head: Head, example: Any) -> Iterator[tuple[Span, str]]:
    """Yield the spans and labels of a head of spans; ``example`` is an ``Example`` or an annotated sentence."""
    value = getattr(example, head.field)
    if isinstance(value, Span):
        yield value, head.labels[0]
    elif value is not None:
        yield from ((item.span, str(getattr(item, "type", head.labels[0]))) for item in value)
