"""Predictions for tests, written with the names of their fields."""

import dataclasses

from claimstance import heads
from claimstance.heads import Level
from claimstance.schema import FoundSpan, PredictedTarget, Prediction

SINGLE = ("source", "trigger", "condition")


def make_prediction(kind=(1.0, 0.0), act=(1.0, 0, 0, 0, 0, 0, 0), strength=(1.0, 0, 0, 0), **fields):
    return changed(Prediction({"kind": kind, "act": act, "strength": strength}), **fields)


def changed(prediction, **fields):
    """The prediction with some fields replaced, each named as ``Prediction`` reads them."""
    labels, spans, rest = dict(prediction.labels), dict(prediction.spans), {}
    for name, value in fields.items():
        if name in labels:
            labels[name] = value
        elif name in SINGLE:
            spans[name] = () if value is None else (FoundSpan(value, name),)
        elif name == "cues":
            spans[name] = tuple(FoundSpan(cue.span, str(cue.type)) for cue in value)
        else:
            rest[name] = value
    return dataclasses.replace(prediction, labels=labels, spans=spans, **rest)


def perfect(example):
    """The prediction that is certain of every gold label."""
    targets = tuple(
        PredictedTarget(t.span, {"stance": one_hot(heads.STANCE, t.stance), "sentiment": (0.0, 0.0, 1.0)})
        for t in example.targets
    )
    labels = {head.name: one_hot(head, heads.gold_label(head, example)) for head in heads.of_level(Level.SENTENCE)}
    spans = {
        head.name: tuple(FoundSpan(*pair) for pair in heads.gold_spans(head, example))
        for head in heads.of_level(Level.SPANS)
    }
    return Prediction(labels, spans, targets, targets)


def one_hot(head, label):
    return tuple(1.0 if name == label else 0.0 for name in head.labels)
