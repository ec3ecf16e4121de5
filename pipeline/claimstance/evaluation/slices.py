"""Accuracy of whole rows, and of slices of a test set (quoted, negated, long, by subject …)."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np

from claimstance import heads
from claimstance.evaluation import metrics
from claimstance.evaluation.spans import span_counts, span_f1
from claimstance.schema import Example, Kind, Prediction, Span
from claimstance.scoring.holders import how_quoted
from claimstance.segmentation.quotations import quotations

LONG: Final = 30  # words
MIN_CLAIMS: Final = 20  # in a slice that is shown
NEGATED: Final = re.compile(
    r"\b(?:no|not|never|none|neither|nor|nobody|nothing|without|cannot)\b|n['’]t\b", re.IGNORECASE
)
Pair = tuple[Example, Prediction]


def rows_right(examples: Sequence[Example], predictions: Sequence[Prediction]) -> dict[str, Any]:
    """Return the share of claims right in all decisions (gold targets given), and in all fields including spans."""
    claims = [pair for pair in zip(examples, predictions, strict=True) if pair[0].kind is Kind.CLAIM]
    decided = [_all_decided(*pair) for pair in claims]
    fields = [right and _all_spans(*pair) for right, pair in zip(decided, claims, strict=True)]
    return {"claims": len(claims), "decisions": float(np.mean(decided)), "all_fields": float(np.mean(fields))}


def _all_decided(example: Example, prediction: Prediction) -> bool:
    decided = [head for head in heads.HEADS if head.reviewed]
    return all(d.gold == d.found for head in decided for d in metrics.decisions(head, [example], [prediction]))


def _all_spans(example: Example, prediction: Prediction) -> bool:
    same = all(getattr(example, name) == getattr(prediction, name) for name in ("source", "condition", "trigger"))
    cues = [{(cue.span, cue.type) for cue in side.cues} for side in (example, prediction)]
    targets: list[set[Span]] = [{target.span for target in side.targets} for side in (example, prediction)]
    return same and cues[0] == cues[1] and targets[0] == targets[1]


def by_slice(examples: Sequence[Example], predictions: Sequence[Prediction]) -> dict[str, dict[str, Any]]:
    """Return accuracy of act, strength and stance, and F1 of target and cue spans, in each slice with enough claims."""
    slices: dict[str, list[Pair]] = {}
    for example, prediction in zip(examples, predictions, strict=True):
        if example.kind is Kind.CLAIM:
            for name in slices_of(example):
                slices.setdefault(name, []).append((example, prediction))
    return {name: _scores(pairs) for name, pairs in sorted(slices.items()) if len(pairs) >= MIN_CLAIMS}


def slices_of(example: Example) -> Iterator[str]:
    """Yield the slices that a claim belongs to."""
    quotes = quotations(example.text)
    yield f"quoted: {how_quoted(example.text, quotes, example.source)}"
    yield "negated" if NEGATED.search(example.text) else "not negated"
    yield f"{LONG} words or more" if len(example.text.split()) >= LONG else f"under {LONG} words"
    yield f"targets: {min(len(example.targets), 2)}{' or more' if len(example.targets) > 1 else ''}"
    if example.subject is not None:
        yield f"subject: {example.subject}"
    if example.style is not None:
        yield f"style: {example.style}"


def _scores(pairs: Sequence[Pair]) -> dict[str, Any]:
    examples, predictions = [e for e, _ in pairs], [p for _, p in pairs]
    result: dict[str, Any] = {"claims": len(pairs)}
    for head in (heads.ACT, heads.STRENGTH, heads.STANCE):
        found = metrics.decisions(head, examples, predictions)
        result[head.name] = float(np.mean([d.gold == d.found for d in found])) if found else None
    targets = [({(t.span, "") for t in e.targets}, {(t.span, "") for t in p.targets}) for e, p in pairs]
    cues = [({(c.span, str(c.type)) for c in e.cues}, {(c.span, str(c.type)) for c in p.cues}) for e, p in pairs]
    for name, spans in (("target_span", targets), ("cues", cues)):
        result[name] = float(span_f1(span_counts(spans).sum(axis=0, keepdims=True))[0])
    return result
